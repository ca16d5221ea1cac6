"""Parts of a network, and networks left on disk."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

import eh_access as eh
from eh_access.network.area import ElsewhereError
from eh_access.network.io import clip_mapped, clip_network, read_mapped, write_mapped
from toys import STREET, at, toy_network

CORNER = (331_500.0, 188_000.0)


@pytest.fixture(scope="module")
def newport() -> eh.Network:
    return eh.read_network("newport")


@pytest.fixture(scope="module")
def around() -> shapely.Polygon:
    return shapely.Point(CORNER).buffer(1500)


def values(network: eh.Network) -> dict[str, Any]:
    return {item.name: getattr(network, item.name) for item in fields(network)}


def assert_same(one: eh.Network, other: eh.Network) -> None:
    for name, value in values(one).items():
        if name in ("_memory", "heights"):
            continue
        if isinstance(value, np.ndarray):
            assert np.array_equal(value, values(other)[name]), name
        elif name == "covered":
            assert value.equals(values(other)[name])
        else:
            assert value == values(other)[name], name
    assert one.heights is not None
    assert other.heights is not None
    assert np.array_equal(one.heights.metres, other.heights.metres, equal_nan=True)
    assert np.array_equal(one.heights.start, other.heights.start)


def test_a_network_left_on_disk_is_the_same(newport: eh.Network, tmp_path: Path) -> None:
    write_mapped(newport, tmp_path)
    assert_same(newport, read_mapped(tmp_path))


def test_of_a_clipped_network_every_street_touches_and_none_is_missing(
    newport: eh.Network, around: shapely.Polygon
) -> None:
    part = clip_network(newport, around)
    parts = np.split(newport.geometry_xy, newport.geometry_start[1:-1])
    touching = [row for row, xy in enumerate(parts) if around.intersects(shapely.LineString(xy))]
    assert 100 < len(touching) < newport.edge_count / 2
    assert np.array_equal(part.edge_way, newport.edge_way[touching])
    assert np.array_equal(part.length_m, newport.length_m[touching])
    assert np.array_equal(part.geometry_xy, np.concatenate([parts[row] for row in touching]))
    for ends in ("edge_from", "edge_to"):
        here, there = getattr(part, ends), getattr(newport, ends)[touching]
        assert np.array_equal(part.node_x[here], newport.node_x[there])
    assert [part.tag_sets[row] for row in part.edge_tags] == [
        newport.tag_sets[row] for row in newport.edge_tags[touching]
    ]
    names = [part.names[row] if row >= 0 else "" for row in part.edge_name]
    assert names == [newport.names[row] if row >= 0 else "" for row in newport.edge_name[touching]]


def test_clipped_to_all_of_it_a_network_is_the_same(newport: eh.Network) -> None:
    everywhere = shapely.box(0, 0, 700_000, 1_300_000)
    assert_same(newport, clip_network(newport, everywhere))


@pytest.mark.parametrize("radius_m", [150, 1500, 9000])
@pytest.mark.parametrize("corner", [CORNER, (330_000.0, 185_000.0)])
def test_of_a_folder_as_much_is_cut_as_of_the_whole(
    newport: eh.Network, tmp_path: Path, corner: tuple[float, float], radius_m: float
) -> None:
    write_mapped(newport, tmp_path)
    around = shapely.Point(corner).buffer(radius_m)
    assert_same(clip_network(newport, around), clip_mapped(tmp_path, around))


def test_a_street_longer_than_a_square_is_cut_from_the_folder_too(tmp_path: Path) -> None:
    write_mapped(toy_network([(0, 1, None, STREET)], [(0, 0), (18_000, 0)]), tmp_path)
    assert clip_mapped(tmp_path, at(9000, 0).buffer(50)).edge_way.tolist() == [1]
    for beside in (at(9000, 400), at(9000, 40_000)):
        with pytest.raises(ElsewhereError):
            clip_mapped(tmp_path, beside.buffer(50))


def test_an_area_without_streets_is_refused(newport: eh.Network) -> None:
    with pytest.raises(ElsewhereError, match="no street lies in the area"):
        clip_network(newport, shapely.box(100_000, 100_000, 100_100, 100_100))

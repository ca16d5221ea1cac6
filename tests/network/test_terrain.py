"""Heights of the ground, and streets laid on it."""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from eh_access.errors import SourceError
from eh_access.network.build import RawWays, build_network
from eh_access.network.cost import level_for_want_of_heights
from eh_access.network.io import read_about, read_network_file, write_archive, write_network
from eh_access.network.model import Heights, Network
from eh_access.network.terrain import Terrain, read_terrain, with_heights, write_terrain
from eh_access.provenance import Provenance

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
PATH = {"highway": "footway"}


def ground(height_m: object, *, cell_m: float = 50.0, west: float = 0.0) -> Terrain:
    heights = np.array(height_m, dtype=np.float32)
    return Terrain(height_m=heights, west=west, south=0.0, cell_m=cell_m)


def streets(*ways: tuple[list[tuple[int, float, float]], dict[str, str]]) -> Network:
    raw = RawWays(crs="EPSG:27700")
    for number, (line, tags) in enumerate(ways, 1):
        raw.add(number, line, tags=tags)
    return build_network(raw)


def along(network: Network, way: int) -> list[float]:
    """Return the heights along the one edge of a way, in the way's direction."""
    assert network.heights is not None
    (edge,) = np.flatnonzero(network.edge_way == way).tolist()
    return [round(float(m), 2) for m in network.heights.along(edge)]


@given(
    st.integers(2, 5),
    st.integers(2, 5),
    st.integers(0, 2**31),
    st.lists(st.tuples(st.floats(-20, 320), st.floats(-20, 320)), min_size=1, max_size=20),
)
def test_heights_between_points_are_scipy_s(
    rows: int, columns: int, seed: int, places: list[tuple[float, float]]
) -> None:
    heights = np.random.default_rng(seed).uniform(-5, 300, (rows, columns)).astype(np.float32)
    terrain = Terrain(height_m=heights, west=10.0, south=20.0, cell_m=50.0)
    x, y = 10.0 + 50.0 * np.arange(columns), 20.0 + 50.0 * np.arange(rows)
    oracle = RegularGridInterpolator((y, x), heights, bounds_error=False, fill_value=np.nan)
    xy = np.array(places)
    np.testing.assert_allclose(terrain.height_at(xy), oracle(xy[:, ::-1]), atol=1e-4)
    assert terrain.bounds == (10.0, 20.0, x[-1], y[-1])


def test_a_street_is_cut_into_pieces_of_about_fifty_metres_along_its_course() -> None:
    # round a corner: 100 m east on the level, then 100 m north up 10 m
    hill = ground([[0, 0, 0], [5, 5, 5], [10, 10, 10]])
    network = with_heights(streets(([(1, 0, 0), (2, 100, 0), (3, 100, 100)], PATH)), hill)
    assert along(network, 1) == [0.0, 0.0, 0.0, 5.0, 10.0]


def test_short_streets_are_one_piece() -> None:
    network = with_heights(streets(([(1, 0, 0), (2, 10, 0)], PATH)), ground([[0, 10], [0, 10]]))
    assert along(network, 1) == [0.0, 2.0]


VALLEY = ground([[20, 0, 20], [20, 0, 20]], cell_m=100.0)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (PATH, [20.0, 10.0, 0.0, 10.0, 20.0]),
        (PATH | {"bridge": "yes"}, [20.0] * 5),
        (PATH | {"bridge": "viaduct"}, [20.0] * 5),
        (PATH | {"tunnel": "yes"}, [20.0] * 5),
        (PATH | {"bridge": "no"}, [20.0, 10.0, 0.0, 10.0, 20.0]),
        (PATH | {"tunnel": "building_passage"}, [20.0, 10.0, 0.0, 10.0, 20.0]),
    ],
)
def test_bridges_and_tunnels_run_straight(tags: dict[str, str], expected: list[float]) -> None:
    assert along(with_heights(streets(([(1, 0, 50), (2, 200, 50)], tags)), VALLEY), 1) == expected


def test_a_bridge_of_several_pieces_runs_straight_across_all_of_them() -> None:
    bridge = PATH | {"bridge": "yes"}
    ramp = ground([[20, 0, 40], [20, 0, 40]], cell_m=100.0)
    network = with_heights(
        streets(
            ([(1, 0, 50), (2, 50, 50)], bridge),
            ([(2, 50, 50), (3, 150, 50)], bridge | {"lit": "yes"}),
            ([(3, 150, 50), (4, 200, 50)], bridge),
            ([(0, 0, 0), (1, 0, 50)], PATH),
            ([(4, 200, 50), (5, 200, 0)], PATH),
        ),
        ramp,
    )
    assert along(network, 1) == [20.0, 25.0]
    assert along(network, 2) == [25.0, 30.0, 35.0]
    assert along(network, 3) == [35.0, 40.0]


def test_a_gate_on_a_bridge_does_not_bring_it_down_to_the_river() -> None:
    raw = RawWays(crs="EPSG:27700")
    bridge = PATH | {"bridge": "yes"}
    raw.add(1, [(1, 0.0, 50.0), (2, 100.0, 50.0)], tags=bridge)
    raw.add(2, [(2, 100.0, 50.0), (3, 200.0, 50.0)], tags=bridge)
    raw.barriers[2] = {"barrier": "gate", "point": "yes"}
    network = with_heights(build_network(raw), VALLEY)
    assert (along(network, 1), along(network, 2)) == ([20.0] * 3, [20.0] * 3)
    assert (network.length_m == 0).sum() == 2


def test_streets_that_leave_the_grid_are_unknown_and_counted() -> None:
    network = with_heights(
        streets(([(1, 0, 0), (2, 100, 0)], PATH), ([(2, 100, 0), (3, 150, 0)], PATH)),
        ground([[0, 5, 10], [0, 5, 10]]),
    )
    assert along(network, 1) == [0.0, 5.0, 10.0]
    unknown = level_for_want_of_heights(network)
    assert network.edge_way[unknown].tolist() == [2]


def test_source_travels_with_the_streets_and_is_not_repeated() -> None:
    source = Provenance(title="OS Terrain 50", publisher="OS", licence="OGL")
    terrain = replace(ground([[0, 5], [0, 5]]), provenance=source)
    once = with_heights(streets(([(1, 0, 0), (2, 40, 0)], PATH)), terrain)
    twice = with_heights(once, terrain)
    assert once.provenance == twice.provenance == (source,)
    assert once.heights is not None
    assert once.heights.source == "OS Terrain 50"


def test_laying_streets_on_the_ground_leaves_the_network_alone() -> None:
    flat = streets(([(1, 0, 0), (2, 40, 0)], PATH))
    raised = with_heights(flat, ground([[0, 5], [0, 5]]))
    assert flat.heights is None
    assert raised.length_m.tolist() == flat.length_m.tolist()


def test_heights_survive_the_network_file(tmp_path: Path) -> None:
    network = with_heights(
        streets(([(1, 0, 0), (2, 90, 33)], PATH), ([(2, 90, 33), (3, 400, 0)], PATH)),
        ground([[0, -5.3, 310.7], [2.2, 5, 10]]),
    )
    again = read_network_file(write_network(network, tmp_path / "hills.npz"))
    assert again.heights is not None
    assert network.heights is not None
    np.testing.assert_array_equal(again.heights.metres, network.heights.metres)
    np.testing.assert_array_equal(again.heights.start, network.heights.start)
    assert np.isnan(again.heights.metres).any()


@given(st.lists(st.lists(st.floats(-100, 500), min_size=2, max_size=6), min_size=1, max_size=8))
def test_steps_are_those_of_walking_it(profiles: list[list[float]]) -> None:
    start = np.concatenate([[0], np.cumsum([len(row) for row in profiles])])
    heights = Heights(start, np.concatenate(profiles).astype(np.float32))
    steps = [np.diff(heights.along(edge).astype(float)) for edge in range(len(profiles))]
    assert heights.steps().tolist() == np.concatenate(steps).tolist()


def test_a_grid_is_the_same_when_read_again_and_the_same_bytes(tmp_path: Path) -> None:
    terrain = ground([[0.1, np.nan], [419.9, -4.0]])
    first = write_terrain(terrain, tmp_path / "a.npz")
    assert first.read_bytes() == write_terrain(terrain, tmp_path / "b.npz").read_bytes()
    again = read_terrain(first)
    np.testing.assert_array_equal(again.height_m, terrain.height_m)
    assert again.bounds == terrain.bounds


@pytest.mark.parametrize("kind", ["c16", "f8", "U3", "M8[s]", "?"])
def test_heights_that_are_no_whole_numbers_are_one_message(tmp_path: Path, kind: str) -> None:
    path = write_terrain(ground([[0, 1], [2, 3]]), tmp_path / "a.npz")
    with zipfile.ZipFile(path) as archive:
        about = read_about(archive)
    write_archive(path, about, {"height_dm": np.zeros((2, 2)).astype(kind)})
    with pytest.raises(SourceError, match=r"a\.npz: the grid of heights is damaged"):
        read_terrain(path)


def test_a_damaged_grid_is_named(tmp_path: Path) -> None:
    whole = write_terrain(ground([[0, 1], [2, 3]]), tmp_path / "a.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"cut\.npz.*damaged"):
        read_terrain(tmp_path / "cut.npz")
    streets_file = write_network(streets(([(1, 0, 0), (2, 9, 0)], PATH)), tmp_path / "n.npz")
    with pytest.raises(SourceError, match="no grid of heights"):
        read_terrain(streets_file)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared source data is not here")
def test_the_grids_that_ship_are_the_tiles_heights(tmp_path: Path) -> None:
    path = ROOT / "tools/build_terrain.py"
    spec = importlib.util.spec_from_file_location("build_terrain", path)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    sys.modules["build_terrain"] = tool
    spec.loader.exec_module(tool)
    for made in tool.build(SHARED, tmp_path):
        shipped = ROOT / "data/terrain" / made.name
        assert made.read_bytes() == shipped.read_bytes()
        assert shipped.stat().st_size < 1_000_000
    # one cell read by hand: the 3rd of the last row of a tile lies 125 m east, 25 m north of its
    # corner
    last = (SHARED / "data/newport/terrain50/ST38.asc").read_text().splitlines()[-1].split()
    newport = read_terrain(ROOT / "data/terrain/newport.npz")
    at = newport.height_at(np.array([[330_125.0, 180_025.0]]))
    assert at.tolist() == pytest.approx([float(last[2])])


def test_newport_s_streets_lie_on_its_hills() -> None:
    network = read_network_file(ROOT / "data/networks/newport.npz")
    heights = network.heights
    assert heights is not None
    assert not level_for_want_of_heights(network).any()
    # each edge begins and ends at the height of its nodes, whichever edge one comes by
    ends = {}
    for nodes, points in (
        (network.edge_from, heights.start[:-1]),
        (network.edge_to, heights.start[1:] - 1),
    ):
        for node, metres in zip(nodes.tolist(), heights.metres[points].tolist(), strict=True):
            assert ends.setdefault(node, metres) == metres
    # marsh by the sea; Christchurch and the ridge at its edge stand at more than 100 m
    assert -5 < heights.metres.min() < 10
    assert 100 < heights.metres.max() < 150

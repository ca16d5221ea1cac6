"""Damaged files of streets: one message that names the file, whatever is wrong in it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import osmnx
import pytest

from eh_access.errors import EhAccessError
from eh_access.network.io import read_network_file, write_archive, write_network
from eh_access.network.osm import read_network
from eh_access.sources.openstreetmap import keep, recall
from osm_text import ROAD, graph, node, way, write

STAMP = "timestamp='2024-01-01T00:00:00Z'"


def a_map(folder: Path) -> str:
    nodes = (node(1, 0, 0), node(2, 400, 0, tags={"barrier": "gate"}), node(3, 800, 0))
    return write(folder, *nodes, way(10, [1, 2, 3], ROAD, more=f"version='1' {STAMP}")).read_text()


@pytest.mark.parametrize(
    ("part", "others"),
    [
        (STAMP, ["timestamp='9999-99-99T00:00:00Z'", "timestamp='x'", "timestamp=''"]),
        ('id="1"', ['id="x"', 'id=""', 'id="99999999999999999999999"', 'id="1.5"']),
        ('lat="', ['lat="x', 'lat="9', 'lat="NaN', 'lat="1e309']),
        ('ref="1"', ['ref="x"', 'ref=""', 'ref="99999999999999999999"']),
        ("30 mph", ["x" * 3000, "&#0;", "&none;"]),
        ("<nd", ["<", "<way><nd", "<relation><nd"]),
    ],
    ids=["timestamp", "id", "place", "reference", "long tag", "nesting"],
)
def test_a_map_damaged_anywhere_is_one_message(
    tmp_path: Path, part: str, others: list[str]
) -> None:
    whole = a_map(tmp_path)
    for other in others:
        path = tmp_path / "town.osm"
        path.write_text(whole.replace(part, other, 1))
        with pytest.raises(EhAccessError, match=r"town\.osm: "):
            read_network(path)


@pytest.mark.parametrize("tag", ['<tag k="a" v="b"/>', '<tag k="a" v="b &gt; c"></tag>\n'])
@pytest.mark.parametrize("point", [2, 3])
def test_points_after_a_tag_are_not_lost_without_a_word(
    tmp_path: Path, tag: str, point: int
) -> None:
    whole, nd = a_map(tmp_path), f'<nd ref="{point}"/>'
    path = tmp_path / "town.osm"
    path.write_text(whole.replace(nd, tag + nd))
    with pytest.raises(EhAccessError, match=r"town\.osm: tags stand between the points"):
        read_network(path)


@pytest.mark.parametrize("share", [0.3, 0.8, 0.99])
def test_a_packed_map_cut_off_is_one_message(tmp_path: Path, share: float) -> None:
    packed = gzip.compress(a_map(tmp_path).encode())
    path = tmp_path / "town.osm.gz"
    path.write_bytes(packed[: int(len(packed) * share)])
    with pytest.raises(EhAccessError, match=r"town\.osm\.gz: "):
        read_network(path)


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("epsg:4326", "epsg:99999"),
        ("epsg:4326", "nowhere"),
        ('<edge source="1"', '<hyperedge><endpoint node="1"/></hyperedge><edge source="1"'),
        ('key="d', 'key="zz'),
        ('attr.type="string"', 'attr.type="potato"'),
        ("utf-8", "udf-8"),
        ("</graph>", ""),
    ],
)
def test_graphml_damaged_anywhere_is_one_message(tmp_path: Path, part: str, other: str) -> None:
    path = tmp_path / "town.graphml"
    osmnx.save_graphml(graph({1: (0, 0), 2: (400, 0)}, [(1, 2, ROAD)]), path)
    text = path.read_text()
    assert part in text
    path.write_text(text.replace(part, other))
    with pytest.raises(EhAccessError, match=r"town\.graphml: "):
        read_network(path)


def about(**changes: object) -> dict[str, Any]:
    whole = {
        "format": "eh_access network",
        "version": 2,
        "tag_sets": [{"highway": "residential"}],
        "names": [],
        "provenance": [],
        "covered_wkb": None,
        "heights_source": None,
        "not_recorded": [],
    }
    return whole | changes


ONE = {
    **{name: [0] for name in ("edge_from", "edge_tags", "edge_way", "inner_count")},
    "edge_to": [2],
    "edge_name": [1],
    "inner_step_cm": [],
    "node_x_cm": [0, 0],
    "node_y_cm": [0, 100],
}
"""A street from one node to the other, as small whole numbers folded into bytes."""


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tag_sets": [7]},
        {"tag_sets": [{"highway": 7}]},
        {"tag_sets": 7},
        {"names": [None]},
        {"provenance": [{"title": "x", "potato": 1}]},
        {"provenance": ["x"]},
        {"covered_wkb": "zz"},
        {"covered_wkb": 7},
        {"not_recorded": None},
        {"shortfalls": [{"kind": "x"}]},
        {"shortfalls": 3},
        {"heights_source": "x"},
        {"version": [2]},
    ],
)
def test_a_network_file_of_wrong_kinds_is_one_message(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    arrays = {name: np.array(rows, dtype=np.uint8) for name, rows in ONE.items()}
    path = write_archive(tmp_path / "town.npz", about(**changes), arrays)
    if not changes:
        assert read_network_file(path).edge_count == 1
        return
    with pytest.raises(EhAccessError, match=r"town\.npz: "):
        read_network_file(path)


@pytest.mark.parametrize("what", ["list", "not json", "no street", "text"])
def test_stored_streets_that_cannot_be_read_are_fetched_again(tmp_path: Path, what: str) -> None:
    street = read_network(graph({1: (0, 0), 2: (400, 0)}, [(1, 2, ROAD)]))
    keep(street, tmp_path, "k")
    assert recall(tmp_path, "k") is not None
    path = tmp_path / "k.npz"
    if what == "text":
        path.write_text("x")
    else:
        content = {"list": [1], "not json": "{", "no street": about(tag_sets=[])}[what]
        write_archive(path, {}, {"about2": np.zeros(1)})
        text = content if isinstance(content, str) else json.dumps(content)
        arrays = {name: np.array(rows, dtype=np.uint8) for name, rows in ONE.items()}
        arrays["about"] = np.frombuffer(text.encode(), dtype=np.uint8)
        write_archive(path, {}, arrays)
    from eh_access.provenance import file_sha256  # noqa: PLC0415 - beside its use

    (tmp_path / "k.sha256").write_text(file_sha256(path))  # a right digest of wrong content
    assert recall(tmp_path, "k") is None
    write_network(street, path)

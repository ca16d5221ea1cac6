"""What is cut out of an extract is what the reader of streets would have found there."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from eh_access.network.osm import read_network
from eh_access.sources.geofabrik import cut_streets
from osm_text import EAST, NORTH, PATH, ROAD, node, relation, way, write

AREA = shapely.box(EAST - 50, NORTH - 50, EAST + 500, NORTH + 150)
PLACES = {1: (0, 0), 2: (100, 0), 3: (200, 50), 4: (200, -40), 5: (300, 0), 6: (9_000, 0)}
PLACES |= {7: (9_100, 0), 8: (9_100, 90), 9: (100, 100), 10: (300, 100)}
RING = {"type": "multipolygon"}


def test_a_square_drawn_as_a_relation_and_a_platform_are_cut_out_too(tmp_path: Path) -> None:
    parts = [node(number, x, y) for number, (x, y) in PLACES.items()]
    parts += [
        way(10, [1, 2], PATH),
        way(11, [3, 5], PATH),
        way(12, [9, 10], {"railway": "platform"}),
        way(13, [1, 9], PATH),
        way(14, [9, 5], {"railway": "rail"}),  # nothing to walk on
        way(15, [6, 7], ROAD),  # far away
        way(20, [2, 3, 4, 2], {}),
        way(21, [6, 7, 8, 6], {}),  # a square far away
        relation(1, {20: "outer"}, {**RING, "highway": "pedestrian"}),
        relation(2, {21: "outer"}, {**RING, "highway": "pedestrian"}),
        relation(3, {20: "outer"}, {**RING, "building": "yes"}),
    ]
    extract, cut = write(tmp_path, *parts), tmp_path / "cut.osm.pbf"
    cut_streets([extract], AREA, cut)
    whole, part = read_network(extract), read_network(cut)
    # four ways of 100, 111.8, 200 and 141.4 m, and the square: 111.8 + 90 + 107.7 m
    assert part.to_frame()["length_m"].sum() == pytest.approx(862.7, abs=1)
    # far away, a road of 100 m and a square of 100 + 90 + 134.5 m
    assert whole.to_frame()["length_m"].sum() == pytest.approx(862.7 + 424.5, abs=2)

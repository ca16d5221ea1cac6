"""What a reader drops, adds or lacks is counted; minutes are those worked by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import pandas as pd
import pytest
from shapely.geometry import MultiLineString, Point

from eh_access.errors import InputError, SourceError
from eh_access.modes import CYCLE, DRIVE, PUSHCHAIR, WALK
from eh_access.network.cost import edge_cost
from eh_access.network.describe import gaps
from eh_access.network.io import read_network_file, write_network
from eh_access.network.model import Network
from eh_access.network.osm import read_network
from eh_access.network.rules import evaluate, number_in
from eh_access.network.snapping import snap
from osm_text import PATH, ROAD, graph, minutes, node, points, relation, way, write
from toys import doubts_about

# 80 m a minute on foot; by car 0.8 of the limit

L_SHAPE = (node(1, 0, 0), node(2, 400, 0), node(3, 800, 0), node(4, 800, 400))
ROADS = (way(10, [1, 2, 3], ROAD), way(11, [3, 4], ROAD))


def counted(network: Network) -> dict[str, int]:
    return {item.kind: item.count for item in network.shortfalls}


# ------------------------------------------------------------------ points and their places
@pytest.mark.parametrize(
    "objects",
    [
        (*L_SHAPE, node(-5, 400, 200), *ROADS, way(-12, [1, -5, 4], PATH)),
        (*ROADS, way(12, [1, 5, 4], PATH), node(5, 400, 200), *L_SHAPE),
        (node(-5, 400, 200), way(-12, [1, -5, 4], PATH), *ROADS, *L_SHAPE),
        (*L_SHAPE, *ROADS, way(12, [1, 5, 4], PATH), node(5, 400, 200)),
        (*L_SHAPE, node(-5, 400, 200, more="version='1'"), way(7, [1, -5, 4], PATH), *ROADS),
    ],
    ids=["drawn in JOSM", "ways first", "both", "one node last", "negative point, positive way"],
)
def test_a_new_path_is_walked_wherever_its_points_stand(
    tmp_path: Path, objects: tuple[str, ...]
) -> None:
    network = read_network(write(tmp_path, *objects))
    # 5 m and twice hypot(400, 200) m
    assert minutes(network, (0, 5), (800, 400)) == 11.21
    assert network.shortfalls == ()


def test_a_negative_barrier_stops_cars(tmp_path: Path) -> None:
    bollard = node(-2, 400, 0, tags={"barrier": "bollard"})
    town = (node(1, 0, 0), bollard, node(3, 800, 0), node(4, 0, 800), node(5, 800, 800))
    ways = (way(10, [1, -2, 3], ROAD), way(11, [1, 4, 5, 3], ROAD))
    network = read_network(write(tmp_path, *town, *ways))
    # round three sides: 2,400 m less 10 m twice beside the road's ends
    assert minutes(network, (10, 0), (790, 0), DRIVE) == 3.76


def many_points(lost: int) -> tuple[str, ...]:
    nodes = [node(number, 10 * number, 0) for number in range(1, 101 - lost)]
    return (*nodes, way(10, range(1, 101), ROAD), way(11, [1, 2], PATH))


@pytest.mark.parametrize("lost", [1, 5, 10])
def test_points_without_a_place_are_counted(tmp_path: Path, lost: int) -> None:
    network = read_network(write(tmp_path, *many_points(lost)))
    assert counted(network) == {"points-without-place": lost}


@pytest.mark.parametrize("lost", [12, 30, 90])
def test_too_many_points_without_a_place_are_refused(tmp_path: Path, lost: int) -> None:
    with pytest.raises(InputError, match=rf"town\.osm: {lost} of 102 points of its ways have no"):
        read_network(write(tmp_path, *many_points(lost)))


# ------------------------------------------------------------------ deleted, repeated, older
@pytest.mark.parametrize(
    "gone",
    [
        way(12, [1, 4], PATH, more="visible='false' version='3'"),
        way(12, [1, 4], PATH, more="action='delete' version='3'"),
        way(12, [1, 4], PATH, more='version="3" action = "delete"'),
    ],
    ids=["invisible", "deleted in JOSM", "otherwise written"],
)
def test_what_was_deleted_is_not_walked(tmp_path: Path, gone: str) -> None:
    network = read_network(write(tmp_path, *L_SHAPE, *ROADS, gone))
    assert minutes(network, (0, 5), (800, 400)) == pytest.approx(1205 / 80, abs=0.01)
    assert counted(network) == {"deleted-objects": 1}


def test_a_deleted_gate_stands_no_more(tmp_path: Path) -> None:
    gate = node(2, 400, 0, tags={"barrier": "bollard"}, more="action='delete'")
    network = read_network(write(tmp_path, node(1, 0, 0), gate, node(3, 800, 0), ROADS[0]))
    assert minutes(network, (0, 5), (800, 0), DRIVE) == 1.31


ROW = tuple(node(number + 1, 50 * number, 0) for number in range(17))
WHOLE = way(10, range(1, 18), ROAD)


@pytest.mark.parametrize(
    "objects",
    [
        (*ROW, WHOLE, WHOLE),
        (*ROW, *ROW, WHOLE, WHOLE, WHOLE),
        (*ROW, way(10, range(5, 18), ROAD), WHOLE),
        (*ROW, WHOLE, way(10, range(1, 9), ROAD)),
    ],
    ids=["twice", "three times", "first cut short", "then cut short"],
)
def test_a_street_that_stands_twice_is_one(tmp_path: Path, objects: tuple[str, ...]) -> None:
    network = read_network(write(tmp_path, *objects))
    assert network.edge_count == 1
    # 800 m at 0.8 of 30 mph, and 5 m on foot
    assert minutes(network, (0, 5), (800, 0), DRIVE) == 1.31
    assert counted(network) == {
        "repeated-objects": len(objects) - len(ROW) * (len(objects) // 17) - 1
    }


def test_of_two_versions_the_newer_counts(tmp_path: Path) -> None:
    old = way(12, [1, 4], {**PATH, "access": "no"}, more="version='1'")
    new = way(12, [1, 4], PATH, more="version='2'")
    for order in ((old, new), (new, old)):
        network = read_network(write(tmp_path, *L_SHAPE, *ROADS, *order))
        assert minutes(network, (0, 0), (800, 400)) == pytest.approx(894.43 / 80, abs=0.01)
        assert counted(network) == {"several-versions": 1}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version='1'", "version='7'"),
        ("timestamp='2020-01-01T00:00:00Z'", "timestamp='2021-01-01T00:00:00Z'"),
    ],
)
def test_of_two_places_of_a_point_the_newer_counts(
    tmp_path: Path, old: str, new: str, suffix: str, order: tuple[int, int]
) -> None:
    versions = node(2, 400, 0, more=old), node(2, 400, 300, more=new)
    ends = node(1, 0, 0), node(3, 800, 0)
    written = write(tmp_path, *(versions[n] for n in order), *ends, ROADS[0])
    path = tmp_path / f"town2{suffix}"
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in osmium.FileProcessor(str(written)):
            writer.add(thing)
    network = read_network(path)
    # twice hypot(400, 300) m
    assert minutes(network, (0, 0), (800, 0)) == 12.5
    assert counted(network) == {"several-versions": 1}


@pytest.mark.parametrize(
    "last",
    [
        way(12, [], {}, more="version='2' visible='false'"),
        way(12, [1, 4], {"waterway": "ditch"}, more="version='2'"),
        way(12, [], {}, more="version='2'"),
    ],
    ids=["deleted", "no street any more", "without tags"],
)
def test_a_street_that_was_taken_away_is_not_walked(tmp_path: Path, last: str) -> None:
    first = way(12, [1, 4], PATH, more="version='1' visible='true'")
    for order in ((first, last), (last, first)):
        network = read_network(write(tmp_path, *L_SHAPE, *ROADS, *order))
        assert minutes(network, (0, 5), (800, 400)) == pytest.approx(1205 / 80, abs=0.01)
        assert sum(counted(network).values()) == 1


@pytest.mark.parametrize(
    "more", ["visible='false'", "action='delete'", "version='2' visible='false'"]
)
def test_a_street_through_a_point_that_is_gone_goes_on_and_it_is_counted(
    tmp_path: Path, more: str
) -> None:
    gone = node(2, 400, 0, tags={"barrier": "bollard"}, more=more)
    network = read_network(write(tmp_path, node(1, 0, 0), gone, node(3, 800, 0), ROADS[0]))
    assert minutes(network, (0, 5), (800, 0), DRIVE) == 1.31
    assert counted(network) == {"deleted-objects": 1}


@pytest.mark.parametrize(
    "parts",
    [
        (range(1, 10), range(9, 18)),
        (range(9, 18), range(1, 10)),
        (range(1, 12), range(6, 18)),
        (range(1, 5), range(14, 18), range(4, 15)),
    ],
    ids=["halves", "last half first", "overlapping", "three"],
)
def test_parts_of_a_street_that_extracts_cut_are_one(
    tmp_path: Path, parts: tuple[range, ...]
) -> None:
    cut = [way(10, part, ROAD, more="version='4'") for part in parts]
    network = read_network(write(tmp_path, *ROW, *cut))
    assert network.edge_count == 1
    assert minutes(network, (0, 5), (800, 0), DRIVE) == 1.31
    assert counted(network) == {"repeated-objects": len(parts) - 1}


@pytest.mark.parametrize("bare", [[], [1]], ids=["no points", "one point"])
@pytest.mark.parametrize("first", [True, False])
def test_a_street_without_a_line_that_stands_twice_is_one_repeated(
    tmp_path: Path, bare: list[int], *, first: bool
) -> None:
    twice = [way(12, bare, PATH)] * 2
    network = read_network(write(tmp_path, *L_SHAPE, *ROADS, *twice))
    assert minutes(network, (0, 5), (800, 400)) == pytest.approx(1205 / 80, abs=0.01)
    assert counted(network) == {"repeated-objects": 1}
    # of a street in parts, one may be without points
    parts = [way(12, bare, PATH), way(12, [1, 4], PATH)][:: 1 if first else -1]
    network = read_network(write(tmp_path, *L_SHAPE, *ROADS, *parts))
    assert minutes(network, (0, 0), (800, 400)) == pytest.approx(894.43 / 80, abs=0.01)
    assert counted(network) == {"repeated-objects": 1}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("version='1'", '<node id="2" version="2" visible="false"/>'),
        ("version='1'", node(2, 400, 0, more="version='2' visible='false'")),
        ("version='1' visible='true'", '<node id="2" version="1" visible="false"/>'),
        ("", '<node id="2" visible="false"/>'),
    ],
    ids=["without a place", "at another place", "of one version", "without versions"],
)
def test_a_point_that_is_gone_keeps_the_place_it_had(
    tmp_path: Path, first: str, last: str, order: tuple[int, int]
) -> None:
    versions = node(2, 400, 300, tags={"barrier": "bollard"}, more=first), last
    ends = node(1, 0, 0), node(3, 800, 0)
    network = read_network(write(tmp_path, *(versions[n] for n in order), *ends, ROADS[0]))
    # twice hypot(400, 300) m, and for cars no bollard on the way
    assert minutes(network, (0, 0), (800, 0)) == 12.5
    assert minutes(network, (0, 0), (800, 0), DRIVE) < 2
    assert counted(network) == {"deleted-objects": 1}


def test_a_map_without_times_has_no_date(tmp_path: Path) -> None:
    network = read_network(write(tmp_path, *L_SHAPE, *ROADS))
    assert network.provenance[0].date == ""


def test_a_history_is_refused(tmp_path: Path) -> None:
    past = [way(20 + n, [1, 2], PATH, more=f"version='{v}'") for n in range(20) for v in (1, 2)]
    with pytest.raises(InputError, match=r"town\.osm: objects stand in it in several versions"):
        read_network(write(tmp_path, *L_SHAPE, *past))
    with pytest.raises(SourceError, match="not a kind of file"):
        read_network(write(tmp_path, *L_SHAPE, *past, name="town.osh"))


def test_counts_are_kept_in_a_saved_network(tmp_path: Path) -> None:
    network = read_network(write(tmp_path, *many_points(3)))
    saved = read_network_file(write_network(network, tmp_path / "town.npz"))
    assert saved.shortfalls == network.shortfalls != ()


@pytest.mark.parametrize("sign", ["\u202e", "\u2067", "\x9b", "&#10;"])
def test_names_hold_nothing_nobody_sees(tmp_path: Path, sign: str) -> None:
    named = way(10, [1, 2, 3], {**ROAD, "name": f"High{sign} Street"})
    network = read_network(write(tmp_path, *L_SHAPE, named))
    assert network.names in {("High\ufffd Street",), ("High  Street",)}
    assert counted(network) == {"names-cleaned": 1}


# ------------------------------------------------------------------ squares and platforms
CORNERS = {1: (0, 0), 2: (100, 0), 5: (300, 0), 9: (200, 0), 7: (100, 50), 8: (100, -50)}
SQUARE = tuple(
    node(number, x, y)
    for number, (x, y) in {
        **CORNERS,
        3: (200, 50),
        4: (200, -50),
        10: (0, 600),
        11: (300, 600),
    }.items()
)
AROUND = (way(10, [1, 2], PATH), way(11, [9, 5], PATH), way(12, [1, 10, 11, 5], ROAD))
RING = (7, 2, 8, 4, 9, 3, 7)
PLAZA = {"type": "multipolygon", "highway": "pedestrian"}


@pytest.mark.parametrize(
    "drawn",
    [
        (way(20, RING, {"highway": "pedestrian", "area": "yes"}),),
        (way(20, RING, {}), relation(1, {20: "outer"}, PLAZA)),
        (
            way(20, RING[:4], {}),
            way(21, RING[3:], {}),
            relation(1, {20: "outer", 21: "outer"}, PLAZA),
        ),
        (way(-20, RING, {"source": "survey"}), relation(1, {-20: ""}, PLAZA)),
        (way(20, RING, {}), relation(1, {20: "outer"}, {**PLAZA, "highway": "footway"})),
        (way(20, RING, {"railway": "platform"}),),
        (
            way(20, RING, {}),
            relation(1, {20: "outer"}, {"type": "multipolygon", "railway": "platform"}),
        ),
    ],
    ids=[
        "way",
        "relation",
        "two ways",
        "drawn in JOSM",
        "footway",
        "platform",
        "platform relation",
    ],
)
def test_people_walk_round_the_edge_of_a_square_however_drawn(
    tmp_path: Path, drawn: tuple[str, ...]
) -> None:
    network = read_network(write(tmp_path, *SQUARE, *AROUND, *drawn))
    # 95 + 50 + 100 + 50 + 95 m
    assert minutes(network, (5, 0), (295, 0)) == 4.88


@pytest.mark.parametrize(
    "other",
    [
        relation(1, {20: "outer"}, {"type": "multipolygon", "building": "yes"}),
        relation(1, {20: "outer"}, {"type": "route", "highway": "pedestrian"}),
        relation(1, {20: "outer"}, {**PLAZA, "access": "no"}),
    ],
    ids=["building", "no area", "closed"],
)
def test_other_relations_are_no_squares(tmp_path: Path, other: str) -> None:
    network = read_network(write(tmp_path, *SQUARE, *AROUND, way(20, RING, {}), other))
    assert minutes(network, (5, 0), (295, 0)) == 18.88


# minutes over the square, 95 + 50 + 100 + 50 + 95 m, and by the street, 5 + 600 + 300 + 600 + 5 m
OVER, ROUND = 4.88, 18.88
V1, V2 = "version='1'", "version='2'"
DRAWN = way(20, RING, {}, more=V1)
IS_SQUARE = relation(1, {20: "outer"}, PLAZA, more=V1)
TWO = relation(1, {20: "outer", 21: "outer"}, PLAZA, more=V1)
GONE, NO_SQUARE = "version='2' visible='false'", {**PLAZA, "highway": "construction"}


@pytest.mark.parametrize("order", [1, -1], ids=["oldest first", "newest first"])
@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
@pytest.mark.parametrize(
    ("objects", "expected", "counts"),
    [
        ((DRAWN, DRAWN, IS_SQUARE), OVER, {"repeated-objects": 1}),
        ((DRAWN, IS_SQUARE, IS_SQUARE), OVER, {"repeated-objects": 1}),
        (
            (way(20, RING[:4], {}, more=V1), way(20, RING[3:], {}, more=V1), IS_SQUARE),
            OVER,
            {"repeated-objects": 1},
        ),
        (
            (way(20, RING[:3], {}), way(20, RING[2:6], {}), way(20, RING[4:], {}), IS_SQUARE),
            OVER,
            {"repeated-objects": 2},
        ),
        ((DRAWN, way(20, RING, {}, more=V2), IS_SQUARE), OVER, {"several-versions": 1}),
        ((DRAWN, way(20, RING[:2], {}, more=V2), IS_SQUARE), ROUND, {"several-versions": 1}),
        (
            (way(20, RING[:2], {}, more=V1), way(20, RING, {}, more=V2), IS_SQUARE),
            OVER,
            {"several-versions": 1},
        ),
        (
            (
                *(way(20, RING[:4], {}, more=v) for v in (V1, V2)),
                *(way(21, RING[3:], {}, more=v) for v in (V1, V2)),
                TWO,
            ),
            OVER,
            {"several-versions": 2},
        ),
        (
            (
                way(20, RING, {**PATH, "access": "no"}, more=V1),
                way(20, RING, {}, more=V2),
                IS_SQUARE,
            ),
            OVER,
            {"several-versions": 1},
        ),
        (
            (DRAWN, way(20, RING, {**PATH, "access": "no"}, more=V2), IS_SQUARE),
            ROUND,
            {"several-versions": 1},
        ),
        (
            (DRAWN, IS_SQUARE, relation(1, {20: "outer"}, {"type": "multipolygon"}, more=V2)),
            ROUND,
            {"several-versions": 1},
        ),
        ((DRAWN, IS_SQUARE, relation(1, {}, {}, more=V2)), ROUND, {"several-versions": 1}),
        (
            (DRAWN, IS_SQUARE, relation(1, {20: ""}, {**PLAZA, "type": "site"}, more=V2)),
            ROUND,
            {"several-versions": 1},
        ),
        (
            (DRAWN, IS_SQUARE, relation(1, {20: ""}, {**PLAZA, "access": "no"}, more=V2)),
            ROUND,
            {"several-versions": 1},
        ),
        ((DRAWN, IS_SQUARE, relation(1, {99: ""}, PLAZA, more=V2)), ROUND, {"several-versions": 1}),
        (
            (DRAWN, relation(1, {99: ""}, PLAZA, more=V1), relation(1, {20: ""}, PLAZA, more=V2)),
            OVER,
            {"several-versions": 1},
        ),
        (
            (
                *(way(20 + n, part, {}) for n, part in enumerate((RING[:4], RING[3:]))),
                *(relation(1, {20 + n: "outer"}, PLAZA) for n in (0, 1)),
            ),
            OVER,
            {"repeated-objects": 1},
        ),
        (
            (
                way(-20, RING, {}, more=V1),
                way(-20, RING, {}, more=V2),
                relation(-1, {-20: ""}, PLAZA, more=V1),
            ),
            OVER,
            {"several-versions": 1},
        ),
        (
            (
                way(-20, RING, {}),
                relation(-1, {-20: ""}, PLAZA, more=V1),
                relation(-1, {}, {}, more=V2),
            ),
            ROUND,
            {"several-versions": 1},
        ),
    ],
    ids=[
        "ring twice",
        "relation twice",
        "halves",
        "overlapping parts",
        "ring of two versions",
        "ring cut short",
        "ring made whole",
        "two rings of two versions",
        "street that became a ring",
        "ring that became a street",
        "relation without highway",
        "empty relation",
        "no multipolygon",
        "closed square",
        "another ring",
        "the ring at last",
        "relation in parts",
        "negative ids",
        "negative relation",
    ],
)
def test_a_square_is_settled_as_streets_are(
    tmp_path: Path,
    objects: tuple[str, ...],
    expected: float,
    counts: dict[str, int],
    order: int,
    suffix: str,
) -> None:
    path = write(tmp_path, *SQUARE, *AROUND, *objects[::order])
    if suffix != ".osm":
        written, path = path, tmp_path / f"square{suffix}"
        with osmium.SimpleWriter(str(path)) as writer:
            for thing in osmium.FileProcessor(str(written)):
                writer.add(thing)
    network = read_network(path)
    assert minutes(network, (5, 0), (295, 0)) == expected
    assert counted(network) == counts


@pytest.mark.parametrize("order", [1, -1], ids=["oldest first", "newest first"])
@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ((way(20, RING, {}, more="visible='false'"), IS_SQUARE), ROUND),
        ((way(20, RING, {}, more="action='delete'"), IS_SQUARE), ROUND),
        ((way(-20, RING, {}, more="action='delete'"), relation(1, {-20: ""}, PLAZA)), ROUND),
        ((DRAWN, way(20, [], {}, more=GONE), IS_SQUARE), ROUND),
        ((way(20, RING, {}), way(20, [], {}, more="visible='false'"), IS_SQUARE), ROUND),
        ((way(20, RING, PATH), way(20, [], {}, more="visible='false'")), ROUND),
        ((way(20, [], {}, more="version='0' visible='false'"), DRAWN, IS_SQUARE), OVER),
        ((DRAWN, relation(1, {20: ""}, PLAZA, more="action='delete'")), ROUND),
        ((DRAWN, relation(1, {20: ""}, PLAZA, more="visible='false'")), ROUND),
        ((DRAWN, IS_SQUARE, relation(1, {}, {}, more=GONE)), ROUND),
        ((DRAWN, IS_SQUARE, relation(1, {}, {}, more=f"{V1} visible='false'")), ROUND),
        ((DRAWN, IS_SQUARE, relation(1, {20: ""}, PLAZA, more=GONE)), ROUND),
    ],
)
def test_a_square_that_was_deleted_is_not_walked(
    tmp_path: Path, objects: tuple[str, ...], expected: float, order: int
) -> None:
    network = read_network(write(tmp_path, *SQUARE, *AROUND, *objects[::order]))
    assert minutes(network, (5, 0), (295, 0)) == expected
    assert counted(network) == {"deleted-objects": 1}


# ------------------------------------------------------------------ histories in any order
FAR = (
    *(node(100 + n, 50 * n, 500) for n in range(30)),
    *(way(900 + n, [100 + n, 101 + n], ROAD) for n in range(29)),
)
"""Streets enough beside the others that nothing is refused for its share."""


def history(chance: random.Random) -> list[str]:
    """Return points, streets and squares in up to three versions, some gone, cut or repeated."""

    def versions(most: int) -> list[str]:
        return [
            f"version='{number}'" + " visible='false'" * (chance.random() < 0.2)
            for number in chance.sample((1, 2, 3), chance.randint(1, most))
        ]

    objects = []
    for point in range(1, 7):
        for more in versions(2):
            tags = chance.choice(({}, {}, {}, {"barrier": "gate"}))
            place = 100 * point + chance.choice((0, 0, 20)), chance.choice((0, 0, 30))
            whole, bare = node(point, *place, tags=tags, more=more), f'<node id="{point}" {more}/>'
            objects.append(bare if chance.random() < 0.1 else whole)
    for street in (10, 11, 12):
        for more in versions(3):
            tags = chance.choice((ROAD, PATH, {}, {"waterway": "ditch"}))
            start, end = sorted(chance.choices(range(1, 7), k=2))
            refs = [*range(start, end + 1)][: chance.choice((0, 9, 9, 9))]
            cut = chance.randint(0, len(refs))
            parts = chance.choice(([refs], [refs], [refs] * 2, [refs[: cut + 1], refs[cut:]]))
            objects += [way(street, part, tags, more=more) for part in parts]
    for square in (1, 2):
        for more in versions(2):
            rings = dict.fromkeys(chance.sample((10, 11, 12), chance.randint(0, 2)), "outer")
            tags = chance.choice((PLAZA, PLAZA, {"type": "multipolygon"}))
            objects.append(relation(square, rings, tags, more=more))
    return objects


@pytest.mark.parametrize("seed", range(80))
def test_the_order_of_versions_changes_nothing(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    objects = history(chance)
    outcomes = []
    for order in (objects, objects[::-1], *(chance.sample(objects, len(objects)) for _ in "ab")):
        try:
            network = read_network(write(tmp_path, *FAR, *order))
        except InputError as error:
            outcomes.append((str(error),))
            continue
        lines = zip(network.edge_way.tolist(), network.length_m.round(3).tolist(), strict=True)
        outcomes.append((sorted(lines), network.node_count, counted(network)))
    assert outcomes == [outcomes[0]] * len(outcomes)


# ------------------------------------------------------------------ where one can join
LANE = (
    node(1, -1000, 250),
    node(2, 1000, 250),
    node(3, 1000, 0),
    node(4, -1000, 0),
    node(5, -1000, -2000),
    node(6, -1000, -2500),
)
FERRY = {"route": "ferry", "duration": "00:20", "foot": "yes"}


@pytest.mark.parametrize(
    ("tags", "joined"),
    [
        (FERRY, False),
        ({**PATH, "bridge": "yes"}, False),
        ({**PATH, "tunnel": "yes"}, False),
        ({**PATH, "bridge": "viaduct"}, False),
        ({**PATH, "tunnel": "building_passage"}, True),
        ({**PATH, "bridge": "boardwalk"}, True),
        ({**PATH, "bridge": "no"}, True),
    ],
    ids=["ferry", "bridge", "tunnel", "viaduct", "passage", "boardwalk", "no bridge"],
)
def test_a_home_joins_what_it_can_step_onto(
    tmp_path: Path, tags: dict[str, str], *, joined: bool
) -> None:
    ways = (way(10, [1, 2, 3], ROAD), way(11, [3, 4, 5], tags), way(12, [5, 6], ROAD))
    network = read_network(write(tmp_path, *LANE, *ways))
    got = minutes(network, (-900, 60), (-1000, -2500))
    # by the lane: 190 m to it, 1,900 + 250 m to the way, 4,000 m along it or 20 minutes, 500 m
    along = 20.0 if tags is FERRY else 4000 / 80
    straight = (60 + 100 + 2000 + 500) / 80
    assert got == pytest.approx(straight if joined else (2340 + 500) / 80 + along, abs=0.02)


@pytest.mark.parametrize("kind", ["motorway", "motorway_link", "trunk"])
def test_nobody_joins_a_motorway_from_beside_it(tmp_path: Path, kind: str) -> None:
    fast = {"highway": kind, "oneway": "no"} | ({"motorroad": "yes"} if kind == "trunk" else {})
    ways = (way(10, [1, 2, 3], ROAD), way(11, [3, 4], fast))
    network = read_network(write(tmp_path, *LANE[:4], *ways))
    at = snap(points(home=(-900, 20)), network, DRIVE)
    assert at.offset_m.tolist() == pytest.approx([230.0], abs=0.1)


def test_the_free_end_of_a_pier_is_joined(tmp_path: Path) -> None:
    pier = {**PATH, "bridge": "yes"}
    town = (node(1, 0, 0), node(2, 500, 0), node(3, 500, 300))
    network = read_network(write(tmp_path, *town, way(10, [1, 2], ROAD), way(11, [2, 3], pier)))
    # from beyond its head along all of it; from beside its middle by the nearer of street and head
    assert minutes(network, (500, 310), (400, 0)) == pytest.approx(410 / 80, abs=0.01)
    assert minutes(network, (520, 160), (400, 0)) == pytest.approx(
        (np.hypot(20, 140) + 400) / 80, abs=0.01
    )


# ------------------------------------------------------------------ numbers
def limit(network: Network) -> float:
    """Return the miles an hour of the longest street."""
    cost = edge_cost(network, replace(DRIVE, junction_delay_s=0.0))
    row = int(np.argmax(network.length_m))
    km_h = network.length_m[row] / (cost.forward_ds[row] / 10) * 3.6
    return round(km_h / 0.8 / 1.609344)


@pytest.mark.parametrize(
    ("text", "mph"),
    [
        *(("5030", 30), ("300 mph", 30), ("-20", 30), ("0", 30), ("0 mph", 30), ("1e9", 30)),
        *(("71 mph", 30), ("999999999999", 30), ("20 mph", 20), ("112", 70), ("70 mph", 70)),
        *(("30 mph;20 mph", 20), ("20;5030", 12)),
        *(
            ("20 MPH", 20),
            ("20 Mph;50 mph", 20),
            ("10 Knots", 12),
            ("300 MPH", 30),
            ("32 KM/H", 20),
        ),
    ],
)
def test_a_limit_no_road_has_is_the_class_s_own(tmp_path: Path, text: str, mph: int) -> None:
    town = (node(1, 0, 0), node(2, 2000, 0))
    tags = {"highway": "residential", "maxspeed": text}
    network = read_network(write(tmp_path, *town, way(10, [1, 2], tags)))
    assert limit(network) == mph
    assert ("speed limit out of bounds" in doubts_about(network, DRIVE)) == (mph == 30)


@pytest.mark.parametrize(
    ("what", "key", "text"),
    [
        *[("slope", "incline", text) for text in ("500%", "-101 %", "3:1", "60°", "1:0", "1e9")],
        *[("width", "width", text) for text in ("0", "-2 m", "1 mm", "5030", "0'")],
        *[("width", key, "0.01 m") for key in ("est_width", "maxwidth:physical")],
        *[("speed limit", "maxspeed", text) for text in ("5030", "0 mph", "300 mph;999 mph")],
        *[("speed limit", f"maxspeed:{way}", "-20") for way in ("forward", "backward")],
    ],
)
def test_a_number_no_street_has_changes_nothing_and_is_counted(
    tmp_path: Path, what: str, key: str, text: str
) -> None:
    town = (node(1, 0, 0), node(2, 800, 0))
    tags = {**PATH, "surface": "asphalt"}
    plain, odd = (
        read_network(write(tmp_path, *town, way(10, [1, 2], tags | more)))
        for more in ({}, {key: text})
    )
    assert minutes(odd, (0, 0), (800, 0), PUSHCHAIR) == minutes(plain, (0, 0), (800, 0), PUSHCHAIR)
    assert f"{what} out of bounds" not in doubts_about(plain, PUSHCHAIR)
    assert doubts_about(odd, PUSHCHAIR)[f"{what} out of bounds"] == odd.edge_count


@pytest.mark.parametrize(
    ("key", "text", "number"),
    [
        ("maxspeed", "30 MPH", 30 * 1.609344),
        ("maxspeed", "48 Kph", 48.0),
        ("width", "6 FT 6 IN", 6.5 * 0.3048),
        ("width", "80 CM", 0.8),
        ("width", "2 Metres", 2.0),
    ],
)
def test_a_unit_is_read_in_any_case(key: str, text: str, number: float) -> None:
    assert number_in(key, text) == pytest.approx(number)
    notes = evaluate({**ROAD, key: text}, DRIVE).counted
    assert not [note for note in notes if "out of bounds" in note]


@pytest.mark.parametrize("text", ["survey 2019", "sign", "up", "narrow", "none", "2.5", "20"])
@pytest.mark.parametrize("key", ["source:maxspeed", "incline", "width", "maxspeed:type"])
def test_what_is_no_number_or_a_sound_one_is_not_out_of_bounds(key: str, text: str) -> None:
    notes = evaluate({**PATH, key: text}, PUSHCHAIR).counted
    assert not [note for note in notes if "out of bounds" in note]


@pytest.mark.parametrize("duration", ["99999", "00:01", "0", "soon", "-5", "P9D"])
def test_a_ferry_whose_crossing_time_none_can_have_is_left_out_and_counted(
    tmp_path: Path, duration: str
) -> None:
    ferry = {**FERRY, "duration": duration}
    ways = (way(10, [1, 2, 3], ROAD), way(11, [3, 4, 5], ferry), way(12, [5, 6], ROAD))
    network = read_network(write(tmp_path, *LANE, *ways))
    assert minutes(network, (900, 250), (-1000, -2500)) == np.inf
    assert counted(network) == {"untimed-ferries": 1}


@pytest.mark.parametrize("value", ["potato", "-5", "1e9", "nan"])
def test_a_map_cannot_set_the_speed_of_a_ferry(tmp_path: Path, value: str) -> None:
    ways = [
        (way(10, [1, 2, 3], ROAD), way(11, [3, 4, 5], FERRY | more), way(12, [5, 6], ROAD))
        for more in ({}, {"ferry:km_h": value})
    ]
    own, theirs = (read_network(write(tmp_path, *LANE, *each)) for each in ways)
    assert own.tag_sets == theirs.tag_sets


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"maxspeed": ["5 mph", "30 mph"]}, ("maxspeed", "5 mph")),
        ({"maxspeed": ["100", "20"]}, ("maxspeed", "20")),
        ({"maxspeed": np.array(["GB:nsl_single", "40 mph"])}, ("maxspeed", "40 mph")),
        ({"maxspeed": ["signals", "50 mph", "9 mph"]}, ("maxspeed", "9 mph")),
        ({"width": ["10", "2.5 m"]}, ("width", "2.5 m")),
        ({"incline": ["5%", "12%"]}, ("incline", "12%")),
    ],
)
def test_of_merged_numbers_the_stricter_counts(
    values: dict[str, object], kept: tuple[str, str]
) -> None:
    network = read_network(
        graph({1: (0, 0), 2: (900, 0)}, [(1, 2, {"highway": "residential", **values})])
    )
    assert network.tag_sets[0].get(kept[0]) == kept[1]


NULLS = [None, float("nan"), pd.NA, pd.NaT, [], np.array([]), [None], {np.nan}]


@pytest.mark.parametrize("null", NULLS)
def test_every_form_of_null_is_no_tag(null: object) -> None:
    network = read_network(
        graph(
            {1: (0, 0), 2: (900, 0)},
            [(1, 2, {"highway": "residential", "maxspeed": null, "name": null})],
        )
    )
    assert network.tag_sets == ({"highway": "residential"},)
    assert network.names == ()


@pytest.mark.parametrize("null", NULLS)
def test_every_form_of_null_bars_nobody_and_bends_nothing(null: object) -> None:
    street = {"highway": "residential", "maxspeed": "30 mph", "geometry": null}
    made = graph({1: (0, 0), 2: (400, 0), 3: (800, 0)}, [(1, 2, street), (2, 3, street)])
    made.nodes[2].update(barrier=null, kerb=null, highway=null)
    network = read_network(made)
    assert network.tag_sets == ({"highway": "residential", "maxspeed": "30 mph"},)
    assert minutes(network, (0, 0), (800, 0)) == 10.0
    assert "barriers" in gaps(network, DRIVE)


def test_of_several_barriers_at_a_node_of_a_graph_one_counts() -> None:
    street = {"highway": "residential", "maxspeed": "30 mph"}
    made = graph({1: (0, 0), 2: (400, 0), 3: (800, 0)}, [(1, 2, street), (2, 3, street)])
    made.nodes[2]["barrier"] = ["bollard", None]
    assert {"barrier": "bollard", "point": "yes"} in read_network(made).tag_sets


# ------------------------------------------------------------------ open at times
@pytest.mark.parametrize(
    ("closed", "opened"),
    [
        ({"access": "no", "access:conditional": "yes @ (08:00-18:00)"}, True),
        ({"access": "private", "access:conditional": "permissive @ (Mo-Fr)"}, True),
        ({"foot": "no", "foot:conditional": "no @ wet; yes @ (Apr-Oct)"}, True),
        ({"access": "no", "foot:conditional": "yes @ (sunrise-sunset)"}, True),
        ({"access": "no", "access:conditional": "yes @ (weight &lt; 3.5)"}, False),
        ({"access": "no", "access:conditional": "delivery @ (08:00-18:00)"}, False),
        ({"access": "no"}, False),
    ],
)
def test_open_at_times_is_like_closed_at_times(
    tmp_path: Path, closed: dict[str, str], *, opened: bool
) -> None:
    path = way(12, [1, 4], {**PATH, **closed})
    network = read_network(write(tmp_path, *L_SHAPE, *ROADS, path))
    assert (minutes(network, (0, 0), (800, 400)) < 12) == opened
    doubts = doubts_about(network, WALK)
    assert doubts.get("open or closed at certain times, not followed", 0) == int(opened)


# ------------------------------------------------------------------ graphs
TOWN = {1: (0.0, 0.0), 2: (400.0, 0.0), 3: (800.0, 0.0), 4: (0.0, 800.0)}


def a_graph(*, directed: bool = True, **tags: object) -> nx.MultiGraph:
    street = {"highway": "residential", "maxspeed": "30 mph", **tags}
    return graph(TOWN, [(1, 2, street), (2, 3, street), (1, 4, street)], directed=directed)


@pytest.mark.parametrize(
    ("made", "lacking"),
    [
        (a_graph(), {"who may use a way", "barriers", "one-way streets"}),
        (
            a_graph(access="yes"),
            {"who may walk, cycle or drive along a way", "barriers", "one-way streets"},
        ),
        (a_graph(oneway=True), {"who may use a way", "barriers"}),
        (
            a_graph(directed=False, oneway=True),
            {"who may use a way", "barriers", "one-way streets"},
        ),
        (a_graph(directed=False), {"who may use a way", "barriers", "one-way streets"}),
    ],
    ids=["as osmnx saves it", "with access", "one-ways kept", "undirected", "undirected, none"],
)
def test_a_graph_says_which_tags_no_edge_has(made: nx.MultiGraph, lacking: set[str]) -> None:
    network = read_network(made)
    assert lacking == set(gaps(network, DRIVE)) - {"surfaces", "speed limits"}
    assert "one-way streets" not in gaps(network, WALK)


@pytest.mark.parametrize("mode", [DRIVE, CYCLE], ids=["drive", "cycle"])
@pytest.mark.parametrize(
    "tags", [{"oneway": True}, {"junction": "roundabout"}, {"highway": "trunk", "oneway": True}]
)
def test_streets_of_an_undirected_graph_go_both_ways(tags: dict[str, object], mode: object) -> None:
    network = read_network(a_graph(directed=False, **tags))
    there = minutes(network, (10, 0), (700, 0), mode)  # type: ignore[arg-type]
    assert there == minutes(network, (700, 0), (10, 0), mode) < np.inf  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "crs", ["epsg:4326", 4326, {"init": "epsg:4326"}, {"proj": "longlat", "datum": "WGS84"}]
)
@pytest.mark.filterwarnings("ignore:.*init.*:FutureWarning")
def test_a_graph_states_its_crs_in_any_form(crs: object) -> None:
    made = a_graph()
    made.graph["crs"] = crs
    assert minutes(read_network(made), (0, 0), (800, 0)) == 10.0


@pytest.mark.parametrize("crs", [{"a": 1}, [4326, 1], float("nan"), "epsg:-1", {}])
def test_a_crs_that_is_none_is_refused(crs: object) -> None:
    made = a_graph()
    made.graph["crs"] = crs
    with pytest.raises(InputError, match=r"the graph's CRS is .*, which is none; set graph\.graph"):
        read_network(made)


@pytest.mark.parametrize(
    ("osmid", "way_id"),
    [(10**30, 0), ("--5", 0), ("-5", -5), ("²", 0), ("", 0), ([10**30, 7], 7), (-(10**19), 0)],
)
def test_what_is_no_id_of_a_way_is_none(osmid: object, way_id: int) -> None:
    network = read_network(a_graph(osmid=osmid))
    assert set(network.edge_way.tolist()) == {way_id}
    assert minutes(network, (0, 0), (800, 0)) == 10.0


@pytest.mark.parametrize(
    "course", [Point(0, 0), MultiLineString([[(0, 0), (1, 1)]]), "LINESTRING (0 0, 1 1)", [1, 2]]
)
def test_a_geometry_that_is_no_line_is_refused(course: object) -> None:
    with pytest.raises(InputError, match=r"the geometry of edge 9 is a \w+; give a LineString"):
        read_network(a_graph(osmid=9, geometry=course))


def test_a_place_beyond_all_numbers_is_refused() -> None:
    made = a_graph()
    made.nodes[1]["x"] = 10**400
    with pytest.raises(InputError, match="1 nodes have no x and y that are numbers"):
        read_network(made)

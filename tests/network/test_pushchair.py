"""What stops and slows a pushchair on real ways, and the pace of a toddler on foot."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import pytest

from eh_access.errors import NotFoundError
from eh_access.modes import MODES, PUSHCHAIR, TODDLER, WALK, TravelMode, get_mode
from eh_access.network.build import RawWays, build_network, kept_point_tags
from eh_access.network.cost import SLOPE_UNKNOWN, edge_cost
from eh_access.network.model import CLOSED_DS, Network
from eh_access.network.rules import evaluate

FOOTWAY = {"highway": "footway", "surface": "asphalt"}
PLAIN = {"highway": "residential"}
LEVEL_PUSHCHAIR = PUSHCHAIR.without_hills()


def town(way: dict[str, str], point: dict[str, str] | None = None) -> Network:
    """Return a short cut of 100 m from 1 to 3 and a road round it of 300 m.

    1 ---2--- 3      way, with a point at 2
    |         |
    4 ------- 5      road
    """
    raw = RawWays(crs="EPSG:27700")
    raw.add(1, [(1, 0.0, 100.0), (2, 50.0, 100.0), (3, 100.0, 100.0)], tags=way)
    round_it = [(1, 0.0, 100.0), (4, 0.0, 0.0), (5, 100.0, 0.0), (3, 100.0, 100.0)]
    raw.add(2, round_it, tags=PLAIN)
    if point is not None and (kept := kept_point_tags(point)):
        raw.barriers[2] = kept
    return build_network(raw)


def metres(network: Network, mode: TravelMode) -> float:
    """Return the metres of the quickest way from 1 to 3, by networkx."""
    cost = edge_cost(network, mode)
    graph = nx.MultiDiGraph()
    for edge in range(network.edge_count):
        start, end = int(network.edge_from[edge]), int(network.edge_to[edge])
        length = float(network.length_m[edge])
        for a, b, ds in (
            (start, end, cost.forward_ds[edge]),
            (end, start, cost.backward_ds[edge]),
        ):
            if ds < CLOSED_DS:
                graph.add_edge(a, b, ds=int(ds), metres=length)
    found = {(x, y): i for i, (x, y) in enumerate(zip(network.node_x, network.node_y, strict=True))}
    best = nx.shortest_path(graph, found[0.0, 100.0], found[100.0, 100.0], weight="ds")
    return sum(
        min(graph[a][b].values(), key=lambda arc: arc["ds"])["metres"] for a, b in pairwise(best)
    )


@pytest.mark.parametrize(
    "way",
    [
        {"highway": "steps"},
        {"highway": "steps", "ramp": "no"},
        {"highway": "steps", "ramp:bicycle": "yes"},
        {"highway": "path", "width": "0.6"},
        {"highway": "path", "est_width": "0.5"},
        {"highway": "path", "maxwidth:physical": "0.65 m"},
        {"highway": "footway", "wheelchair": "no"},
        {"highway": "footway", "stroller": "no"},
        {"highway": "path", "smoothness": "very_horrible"},
        {"highway": "path", "sac_scale": "mountain_hiking"},
    ],
)
def test_ways_a_pushchair_goes_round(way: dict[str, str]) -> None:
    network = town(way)
    assert metres(network, WALK.without_hills()) == pytest.approx(100)
    assert metres(network, LEVEL_PUSHCHAIR) == pytest.approx(300)


@pytest.mark.parametrize(
    "point",
    [
        {"barrier": "kissing_gate"},
        {"barrier": "stile"},
        {"barrier": "turnstile"},
        {"barrier": "full-height_turnstile"},
        {"barrier": "cycle_barrier"},
        {"barrier": "motorcycle_barrier"},
        {"barrier": "bollard", "maxwidth:physical": "0.6"},
        {"barrier": "gate", "wheelchair": "no"},
        {"barrier": "gate", "width": "0.6"},
        {"kerb": "raised"},
        {"highway": "crossing", "kerb": "raised"},
        {"barrier": "kerb", "kerb": "regular"},
    ],
)
def test_points_a_pushchair_goes_round(point: dict[str, str]) -> None:
    network = town(FOOTWAY, point)
    assert metres(network, WALK.without_hills()) == pytest.approx(100)
    assert metres(network, LEVEL_PUSHCHAIR) == pytest.approx(300)


@pytest.mark.parametrize(
    ("point", "doubt"),
    [
        ({"barrier": "kissing_gate", "wheelchair": "yes"}, ""),
        ({"barrier": "cycle_barrier", "stroller": "limited"}, ""),
        ({"highway": "crossing", "kerb": "lowered"}, ""),
        ({"highway": "crossing", "kerb": "flush"}, ""),
        ({"barrier": "gate"}, "gate or bollards of unknown width"),
        ({"barrier": "bollard"}, "gate or bollards of unknown width"),
        ({"barrier": "hampshire_gate"}, "gate or bollards of unknown width"),
        ({"highway": "crossing"}, "kerb at a crossing unknown"),
        ({"barrier": "kerb"}, "kerb of unknown height"),
        ({"barrier": "yes"}, "barrier of unknown kind, taken as passable"),
    ],
)
def test_points_a_pushchair_passes_and_what_is_counted(point: dict[str, str], doubt: str) -> None:
    network = town(FOOTWAY, point)
    assert metres(network, LEVEL_PUSHCHAIR) == pytest.approx(100)
    assert (doubt in edge_cost(network, LEVEL_PUSHCHAIR).notes) == bool(doubt)


@pytest.mark.parametrize(
    ("way", "speed"),
    [
        (FOOTWAY, 3.6),
        ({"highway": "footway", "surface": "gravel"}, 3.6 * 0.7),
        ({"highway": "footway", "surface": "grass"}, 3.6 * 0.5),
        ({"highway": "footway", "surface": "sett"}, 3.6 * 0.85),
        ({"highway": "footway", "smoothness": "bad"}, 3.6 * 0.7),
        ({"highway": "steps", "ramp": "yes"}, 3.6 * 0.5),
        ({**FOOTWAY, "incline": "9%"}, 3.6 * 0.8),
        ({**FOOTWAY, "incline": "-16%"}, 3.6 * 0.6),
    ],
)
def test_how_quickly_a_pushchair_gets_along(way: dict[str, str], speed: float) -> None:
    network = town(way)
    cost = edge_cost(network, LEVEL_PUSHCHAIR)
    ours = network.edge_way == 1
    assert cost.forward_ds[ours].sum() / 10 == pytest.approx(100 / (speed / 3.6), abs=0.1)


@pytest.mark.parametrize(
    ("way", "doubt"),
    [
        ({"highway": "footway"}, "surface unknown"),
        ({"highway": "path", "surface": "asphalt"}, "width unknown"),
        ({"highway": "footway", "wheelchair": "limited"}, "passable with wheels only"),
        ({**FOOTWAY, "incline": "up"}, "slope not given"),
        (PLAIN, SLOPE_UNKNOWN),
    ],
)
def test_what_is_unknown_is_passable_and_counted(way: dict[str, str], doubt: str) -> None:
    network = town(way)
    assert metres(network, PUSHCHAIR) == pytest.approx(100)
    assert any(told.startswith(doubt) for told in edge_cost(network, PUSHCHAIR).notes)


def test_a_toddler_walks_where_people_walk_at_half_the_pace() -> None:
    for tags in ({"highway": "steps"}, FOOTWAY, {"highway": "motorway"}):
        slow, brisk = evaluate(tags, TODDLER), evaluate(tags, WALK)
        assert slow.forward_km_h == brisk.forward_km_h / 2
    assert TODDLER.walk_speed_km_h == TODDLER.speed_km_h == 2.4
    assert "assumption" in TODDLER.source


def test_a_toddler_s_pace_is_a_setting() -> None:
    slower = TODDLER.with_speed(1.8)
    assert (slower.speed_km_h, slower.walk_speed_km_h) == (1.8, 1.8)
    assert get_mode("toddler") == TODDLER
    assert "toddler" not in MODES  # a pace, not a further way of travelling
    with pytest.raises(NotFoundError, match="toddler"):
        get_mode("todler")

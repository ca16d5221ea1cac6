"""What stops and slows a pushchair on real ways, and the pace of a toddler on foot."""

from __future__ import annotations

import pytest

from eh_access.errors import NotFoundError
from eh_access.modes import MODES, PUSHCHAIR, TODDLER, WALK, get_mode
from eh_access.network.cost import SLOPE_UNKNOWN, edge_cost
from eh_access.network.rules import evaluate
from toys import doubts_about
from ways import PLAIN, metres, town

FOOTWAY = {"highway": "footway", "surface": "asphalt"}
LEVEL_PUSHCHAIR = PUSHCHAIR.without_hills()


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
    assert (doubt in doubts_about(network, LEVEL_PUSHCHAIR)) == bool(doubt)


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
    assert any(told.startswith(doubt) for told in doubts_about(network, PUSHCHAIR))


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

"""Hills in the cost of streets: up is slower than down, level ground is as if there were none."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError
from eh_access.modes import CYCLE, DRIVE, PUSHCHAIR, WALK, TravelMode
from eh_access.network.build import RawWays, build_network
from eh_access.network.cost import (
    FUNCTIONS,
    SLOPE_UNKNOWN,
    bicycle,
    edge_cost,
    tobler,
)
from eh_access.network.describe import describe
from eh_access.network.model import Network
from eh_access.network.terrain import Terrain, with_heights
from toys import doubts_about

PATH = {"highway": "residential", "surface": "asphalt"}
MINDING = (WALK, PUSHCHAIR, CYCLE)
STEEPEST = 0.4


def street(tags: dict[str, str] | None = None, *, metres: float = 100.0) -> Network:
    raw = RawWays(crs="EPSG:27700")
    raw.add(1, [(1, 0.0, 0.0), (2, metres, 0.0)], tags=PATH if tags is None else tags)
    return build_network(raw)


def rising(slope: float, *, cell_m: float = 400.0) -> Terrain:
    """Return ground that rises evenly to the east."""
    heights = np.array([[50.0, 50.0 + slope * cell_m]] * 2, dtype=np.float32)
    return Terrain(height_m=heights, west=0.0, south=0.0, cell_m=cell_m)


def seconds(network: Network, mode: TravelMode) -> tuple[float, float]:
    """Return the seconds uphill (eastwards) and down along a network of one street."""
    cost = edge_cost(network, mode)
    times = cost.forward_ds[0] / 10, cost.backward_ds[0] / 10
    return times if network.node_x[network.edge_to[0]] > 0 else times[::-1]


def test_a_hill_worked_by_hand() -> None:
    # 100 m up 10%: 75 s on the level; Tobler gives exp(-3.5 x 0.1) of the level speed
    up, down = seconds(with_heights(street(), rising(0.1)), WALK)
    assert up == pytest.approx(75 / math.exp(-0.35), abs=0.1)
    assert up == pytest.approx(106.4, abs=0.1)
    # down 10% is 5% beyond his best slope, as the level is 5% short of it: as quick as level
    assert down == pytest.approx(75.0, abs=0.1)
    # with a pushchair 100 s on the level; 1.3 times the weight to lift, and nothing gained down
    up, down = seconds(with_heights(street(), rising(0.1)), PUSHCHAIR)
    assert up == pytest.approx(100 * math.exp(3.5 * 1.3 * 0.1), abs=0.1)
    assert down == pytest.approx(100.0, abs=0.1)


def test_tobler_s_own_figures() -> None:
    # his function gives 5.04 km/h on the level and 6 at best
    published = {0.0: 5.036742, -0.05: 6.0, 0.05: 4.228, 0.5: 0.875}
    for slope, km_h in published.items():
        assert tobler(np.array([slope]))[0] * 5.036742 == pytest.approx(km_h, rel=1e-3)


@pytest.mark.parametrize("mode", MINDING, ids=lambda mode: mode.name)
def test_up_differs_from_down_and_both_from_no_hills(mode: TravelMode) -> None:
    hill = with_heights(street(), rising(0.12))
    up, down = seconds(hill, mode)
    level, _ = seconds(hill, mode.without_hills())
    assert up > max(down, level)
    assert up != level
    assert seconds(street(), mode)[0] == level


def test_driving_minds_no_hills() -> None:
    hill = with_heights(street(), rising(0.12))
    assert seconds(hill, DRIVE) == seconds(street(), DRIVE)


@given(st.floats(-5, 400), st.sampled_from(MINDING), st.floats(20, 390))
def test_flat_ground_changes_nothing(height: float, mode: TravelMode, metres: float) -> None:
    flat = Terrain(
        height_m=np.full((2, 2), height, dtype=np.float32), west=0.0, south=-1.0, cell_m=400.0
    )
    bare = street(metres=metres)
    cost, plain = edge_cost(with_heights(bare, flat), mode), edge_cost(bare, mode)
    assert cost.forward_ds.tolist() == plain.forward_ds.tolist()
    assert cost.backward_ds.tolist() == plain.backward_ds.tolist()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6), st.sampled_from(MINDING))
def test_steeper_is_never_quicker_uphill(slopes: list[float], mode: TravelMode) -> None:
    times = [seconds(with_heights(street(), rising(slope)), mode)[0] for slope in sorted(slopes)]
    assert all(a <= b for a, b in pairwise(times))


@given(st.lists(st.floats(0.051, 1), min_size=2, max_size=6), st.sampled_from((WALK, PUSHCHAIR)))
def test_past_the_gentle_descent_steeper_is_never_quicker_downhill(
    slopes: list[float], mode: TravelMode
) -> None:
    times = [seconds(with_heights(street(), rising(slope)), mode)[1] for slope in sorted(slopes)]
    assert all(a <= b for a, b in pairwise(times))


@given(st.floats(-1, 1))
def test_a_pushchair_gains_less_and_loses_more_than_a_walker(slope: float) -> None:
    at = np.array([slope])
    assert FUNCTIONS["pushchair"](at)[0] <= min(tobler(at)[0], 1.0)
    assert tobler(at)[0] <= math.exp(3.5 * 0.05) + 1e-12
    assert 0.25 <= bicycle(at)[0] <= 1.25


def test_cliffs_are_cut_off() -> None:
    at_cut = seconds(with_heights(street(), rising(STEEPEST)), WALK)
    assert seconds(with_heights(street(), rising(3.0)), WALK) == pytest.approx(at_cut, abs=0.1)


def test_a_street_over_a_hill_is_not_taken_as_level() -> None:
    # up 10 m and down again over 200 m: its ends are level, its pieces are not
    top = Terrain(
        height_m=np.array([[0, 10, 0]] * 2, dtype=np.float32), west=0.0, south=0.0, cell_m=100.0
    )
    over = seconds(with_heights(street(metres=200.0), top), WALK)
    assert over[0] == pytest.approx((106.4 + 75.0), abs=0.2)
    assert over[0] == over[1]


@pytest.mark.parametrize(
    ("tagged", "up", "down"),
    [("10%", 0.1, -0.1), ("-10%", -0.1, 0.1), ("0%", 0.0, 0.0), ("1:10", 0.1, -0.1)],
)
def test_a_tagged_slope_counts_before_the_grid(tagged: str, up: float, down: float) -> None:
    network = with_heights(street({**PATH, "incline": tagged}), rising(0.3))
    for mode in (WALK, PUSHCHAIR):
        level = seconds(network, mode.without_hills())[0]
        if mode is PUSHCHAIR:  # where hills do not count, the rules slow steep streets
            level = 100.0
        speed = FUNCTIONS[mode.hill_function]
        forward, backward = seconds(network, mode)
        assert forward == pytest.approx(level / speed(np.array([up]))[0], abs=0.1)
        assert backward == pytest.approx(level / speed(np.array([down]))[0], abs=0.1)


def test_a_slope_said_in_words_leaves_it_to_the_grid() -> None:
    named = with_heights(street({**PATH, "incline": "up"}), rising(0.1))
    assert seconds(named, PUSHCHAIR) == seconds(with_heights(street(), rising(0.1)), PUSHCHAIR)
    assert doubts_about(named, PUSHCHAIR) == {}
    assert "slope not given" in doubts_about(street({**PATH, "incline": "up"}), PUSHCHAIR)


@pytest.mark.parametrize("incline", ["500%", "-101%", "60°", "3:1"])
@pytest.mark.parametrize("mode", MINDING, ids=lambda mode: mode.name)
def test_a_slope_none_has_leaves_it_to_the_grid_and_is_counted(
    mode: TravelMode, incline: str
) -> None:
    odd = with_heights(street({**PATH, "incline": incline}), rising(0.1))
    assert seconds(odd, mode) == seconds(with_heights(street(), rising(0.1)), mode)
    assert doubts_about(odd, mode) == {"slope out of bounds": 1}


@pytest.mark.parametrize(
    ("tags", "slope", "counted"),
    [
        ({}, 0.39, False),
        ({}, 0.41, True),
        ({}, -3.0, True),
        ({"incline": "45°"}, 0.1, True),
        ({"incline": "-60%"}, 0.1, True),
        ({"incline": "40%"}, 3.0, False),
        ({"highway": "elevator"}, 3.0, False),
    ],
)
def test_what_is_taken_as_less_steep_is_counted(
    tags: dict[str, str], slope: float, *, counted: bool
) -> None:
    cliff = with_heights(street({**PATH, **tags}), rising(slope))
    doubts = {"steeper than 40%, taken as 40%": 1} if counted else {}
    assert doubts_about(cliff, WALK) == doubts
    assert dict(describe(cliff, modes=[WALK]).doubts[["doubt", "edges"]].to_numpy()) == doubts
    assert doubts_about(cliff, DRIVE).keys().isdisjoint(doubts)


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "steps", "conveying": "yes"},
        {"highway": "elevator"},
        {"route": "ferry", "foot": "yes", "duration": "PT40S"},
    ],
)
def test_those_who_are_carried_mind_no_slope(tags: dict[str, str]) -> None:
    raised = with_heights(street(tags), rising(0.3))
    assert seconds(raised, WALK) == seconds(street(tags), WALK)
    assert SLOPE_UNKNOWN not in doubts_about(street(tags), WALK)


def test_streets_without_heights_are_level_and_say_so() -> None:
    bare = street()
    assert doubts_about(bare, WALK) == {SLOPE_UNKNOWN: 1}
    assert doubts_about(bare, WALK.without_hills()) == {}
    assert SLOPE_UNKNOWN not in doubts_about(bare, DRIVE)
    facts = dict(describe(bare).facts())
    assert "every street is level" in facts["Slopes"]
    told = dict(describe(with_heights(bare, rising(0.1))).facts())["Slopes"]
    assert "steeper than 10.0%" in told


def test_a_hill_changes_which_way_is_quickest() -> None:
    # straight over the hill 200 m, or round it 240 m: the detour wins once the hill is steep
    raw = RawWays(crs="EPSG:27700")
    raw.add(1, [(1, 0.0, 50.0), (2, 200.0, 50.0)], tags=PATH)
    raw.add(2, [(1, 0.0, 50.0), (3, 0.0, 30.0), (4, 200.0, 30.0), (2, 200.0, 50.0)], tags=PATH)
    bare = build_network(raw)
    ridge = np.zeros((6, 11), dtype=np.float32)
    ridge[3:, 4:7] = 15.0
    hill = with_heights(bare, Terrain(height_m=ridge, west=0.0, south=0.0, cell_m=20.0))
    for network, best in ((bare, 1), (hill, 2)):
        cost = edge_cost(network, WALK)
        assert network.edge_way[cost.forward_ds.argmin()] == best


def test_a_mode_s_hills_must_be_known() -> None:
    with pytest.raises(InputError, match=r"no hill function 'toblr'.*tobler"):
        replace(WALK, hill_function="toblr")

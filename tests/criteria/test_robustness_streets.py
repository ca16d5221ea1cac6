"""On real streets: minutes in proportion to speed against minutes searched for at that speed."""

from __future__ import annotations

import numpy as np
import pytest

from eh_access.criteria.criterion import Case, Side
from eh_access.criteria.evaluate import Setting
from eh_access.criteria.judge import judge
from eh_access.criteria.sensitivity import robustness, sampled_sites
from eh_access.measures.scenarios import BASELINE, Close, Scenario, apply_scenario
from eh_access.modes import PUSHCHAIR, WALK, TravelMode
from eh_access.network.model import Network
from eh_access.network.osm import read_network
from eh_access.routing.matrix import travel_time_matrix
from eh_access.sources.bundled import load_origins, load_sites, network_path
from toy_borough import criterion

HOMES = load_origins("newport_postcode").iloc[::12]
SITES = load_sites("newport_sites")
FEWER = Scenario("fewer", "Three fewer", tuple(Close(site) for site in SITES.index[:3]))


@pytest.fixture(scope="module")
def streets() -> Network:
    return read_network(network_path("newport"))


def side(streets: Network, scenario: Scenario, mode: TravelMode) -> Side:
    sites = apply_scenario(SITES, scenario)
    return Side(
        sites=sites, times={mode.name: travel_time_matrix(streets, HOMES, sites, mode=mode)}
    )


def case_at(streets: Network, mode: TravelMode) -> Case:
    return Case(
        scenario="fewer",
        origins=HOMES,
        before=side(streets, BASELINE, mode),
        after=side(streets, FEWER, mode),
    )


@pytest.mark.parametrize(
    ("mode", "setting"),
    [
        (WALK, Setting(walk_speed_km_h=4.0)),
        (PUSHCHAIR, Setting(pushchair_speed_km_h=4.8)),
    ],
    ids=["walk", "pushchair"],
)
def test_speeds_need_no_search_of_their_own(
    streets: Network, mode: TravelMode, setting: Setting
) -> None:
    speed = setting.walk_speed_km_h or setting.pushchair_speed_km_h or mode.speed_km_h
    items = [
        criterion(id="near", mode=mode.name, cutoff_min=20.0),
        criterion(id="added", mode=mode.name, measure="added_time", added_min=5.0),
    ]
    case, afresh = case_at(streets, mode), case_at(streets, mode.with_speed(speed))
    main, other = (held.after.times[mode.name].minutes for held in (case, afresh))
    both = np.isfinite(main) & np.isfinite(other)
    apart = np.abs(main[both] * (mode.speed_km_h / speed) - other[both])
    # each edge is rounded to a decisecond on its own; hundreds of them part by a few seconds
    assert apart.max() < 0.1
    frame = robustness(items, {"oa": [case]}, settings=[setting], sweeps=()).frame
    for row, item in zip(frame.itertuples(), items, strict=True):
        verdict = judge(item, afresh)
        # one home in 400 may lie within those seconds of the limit
        assert row.value == pytest.approx(verdict.value, abs=0.01)
        assert row.baseline_value == pytest.approx(verdict.baseline_value, abs=0.01)


def test_sampled_places_are_reached_along_streets_in_one_go(streets: Network) -> None:
    rough = SITES.copy()
    rough.loc[rough.index[4], ["location_basis", "location_radius_m"]] = ["estimate", 400.0]
    drawn = sampled_sites(rough, seed=3, count=8)
    there = travel_time_matrix(streets, HOMES, drawn, mode=WALK)
    before, after = (
        Side(
            sites=apply_scenario(rough, scenario),
            times={"walk": travel_time_matrix(streets, HOMES, rough, mode=WALK)},
        )
        for scenario in (BASELINE, FEWER)
    )
    case = Case(scenario="fewer", origins=HOMES, before=before, after=after)
    item = criterion(cutoff_min=15.0)
    found = robustness(
        [item],
        {"postcode": [case]},
        settings=[Setting()],
        positions={"baseline": Side(sites=drawn, times={"walk": there})},
        sweeps=(),
    )
    frame = found.frame[found.frame["kind"] == "position"]
    moved = rough.copy()
    for number, value in zip(frame["number"], frame["value"], strict=True):
        moved.loc[[rough.index[4]], "geometry"] = drawn.geometry.iloc[number - 1]
        sites = apply_scenario(moved, FEWER)
        times = travel_time_matrix(streets, HOMES, sites, mode=WALK)
        afresh = Case(
            scenario="fewer",
            origins=HOMES,
            before=before,
            after=Side(sites=sites, times={"walk": times}),
        )
        assert value == pytest.approx(judge(item, afresh).value)

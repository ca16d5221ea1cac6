"""On real streets: minutes in proportion to speed against minutes searched for at that speed."""

from __future__ import annotations

import numpy as np
import pytest

from eh_access.criteria.criterion import Case, Side
from eh_access.criteria.evaluate import Assumptions, evaluate
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
    ("mode", "assumed"),
    [
        (WALK, Assumptions(walk_speed_km_h=4.0)),
        (PUSHCHAIR, Assumptions(pushchair_speed_km_h=4.8)),
    ],
    ids=["walk", "pushchair"],
)
def test_speeds_need_no_search_of_their_own(
    streets: Network, mode: TravelMode, assumed: Assumptions
) -> None:
    speed = assumed.walk_speed_km_h or assumed.pushchair_speed_km_h or mode.speed_km_h
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
    for item in items:
        varied, searched = evaluate(item, case, assumed), evaluate(item, afresh)
        # one home in 400 may lie within those seconds of the limit
        assert float(varied.value) == pytest.approx(float(searched.value), abs=0.01)
        assert float(varied.baseline_value) == pytest.approx(
            float(searched.baseline_value), abs=0.01
        )

from __future__ import annotations

import math
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from eh_access.criteria.criterion import Case, Criterion, Likelihood, Outcome
from eh_access.criteria.draws import (
    ABSENT,
    Pooling,
    Simulation,
    SourceKind,
    draw_sites,
    draw_weights,
    sample_id,
    sampled_sites,
)
from eh_access.criteria.judge import judge
from eh_access.criteria.uncertainty import (
    Uncertainty,
    likelihood_of,
    simulate,
    spread_of,
    weigh,
)
from eh_access.errors import InputError
from eh_access.measures.scenarios import (
    BASELINE,
    Close,
    Move,
    Scenario,
    SetHours,
    apply_scenario,
    rough_areas,
)
from eh_access.publish.numbers import in_100
from toy_borough import EVERY, SEVEN, case_of, criterion, estimated_side, origins, sites

ROUGH = {"basis": {"B": "estimate", "C": "estimate"}, "radius_m": {"B": 1500.0, "C": 600.0}}
CLOSED = Scenario("closed", "B is gone", (Close("B"),))
TEN = Scenario("ten", "B keeps ten hours", (SetHours("B", 10.0),))
SEED = 7


def case_at(
    scenario: Scenario,
    table: gpd.GeoDataFrame,
    *,
    people: gpd.GeoDataFrame | None = None,
    gone: tuple[str, ...] = (),
) -> Case:
    """Return a scenario, some sites not being there at all."""
    homes = origins() if people is None else people
    start = table.assign(is_open=~table.index.isin(list(gone)))
    changes = tuple(change for change in scenario.changes if change.site_id not in gone)
    before, after = (
        estimated_side(homes, apply_scenario(start, Scenario(name, "", which)))
        for name, which in (("baseline", ()), (scenario.name, changes))
    )
    return Case(scenario=scenario.name, origins=homes, before=before, after=after)


def simulation_of(
    table: gpd.GeoDataFrame, *, draws: int = 100, sd: float = 0.0, unknown: bool = True
) -> Simulation:
    people = origins()
    places = sampled_sites(table, seed=SEED, count=16, origins=people if unknown else None)
    sampled = {"baseline": estimated_side(people, places)} if len(places) else {}
    return Simulation(
        doubts=draw_sites(table, sampled.get("baseline"), seed=SEED, draws=draws),
        sampled=sampled,
        weights=draw_weights(people, sd=sd, seed=SEED, draws=draws),
        draws=draws,
    )


def doubtful(**existence: float) -> gpd.GeoDataFrame:
    """Return the toy's centres: B and C known roughly, D not at all."""
    table = sites(
        basis={"B": "estimate", "C": "estimate", "D": "unknown"},
        radius_m={"B": 1500.0, "C": 600.0, "D": math.nan},
    )
    return table.assign(existence=pd.Series(existence).reindex(table.index).fillna(1.0))


# ---- against the same worked out afresh --------------------------------------------------------


@pytest.mark.parametrize("scenario", [CLOSED, TEN], ids=lambda item: item.name)
@pytest.mark.parametrize("name", [name for name in EVERY if name != "no-car"])
def test_every_draw_is_the_study_with_sites_as_drawn(name: str, scenario: Scenario) -> None:
    """Sites are moved, put or taken away in the tables, and all is worked out from there."""
    table, item = doubtful(A=0.7, D=0.6), EVERY[name]
    places = sampled_sites(table, seed=SEED, count=16, origins=origins())
    simulation = simulation_of(table)
    found = simulate([item], [case_at(scenario, table)], simulation).of(scenario.name, name)
    assert found is not None
    states = simulation.states
    assert set(states) == {"A", "B", "C", "D"}
    for draw in range(12):
        moved = table.assign(location_basis="surveyed")
        for site in "BCD":
            if states[site][draw] > 0:
                at = places.geometry[sample_id(site, states[site][draw] - 1)]
                moved.loc[[site], "geometry"] = at
        gone = tuple(site for site in "ABCD" if states[site][draw] == ABSENT)
        nowhere = moved.index[moved.geometry.isna()]
        moved.loc[nowhere, "geometry"] = shapely.Point(440_000, 390_000)  # it is closed
        assert set(nowhere) <= set(gone)
        afresh = judge(item, case_at(scenario, moved, gone=gone))
        assert found.draws.value[draw] == pytest.approx(afresh.value, abs=1e-9)


@pytest.mark.parametrize(
    "name",
    ["walk-30", "walk-30-fall", "pushchair-added", "deprived-slope", "deprived-fall", "hours"],
)
def test_counts_as_drawn_are_those_of_a_study_that_has_them(name: str) -> None:
    simulation = simulation_of(sites(), sd=5.0)
    assert simulation.weights is not None
    case = case_at(CLOSED, sites())
    found = simulate([EVERY[name]], [case], simulation).of("closed", name)
    assert found is not None
    for draw in range(10):
        people = origins().assign(weight=simulation.weights[draw])
        afresh = judge(EVERY[name], case_at(CLOSED, sites(), people=people))
        assert found.draws.value[draw] == pytest.approx(afresh.value)


def test_a_site_that_a_scenario_moves_is_where_it_moves_to() -> None:
    table = sites(**ROUGH)
    move = Scenario("move", "C moves", (Move("C", 448_000.0, 390_500.0),))
    found = simulate([criterion()], [case_at(move, table)], simulation_of(table)).of(
        "move", "walk-30"
    )
    assert found is not None
    start = case_at(move, table)
    alone = simulate(
        [criterion()],
        [case_at(move, table)],
        simulation_of(sites(basis={"B": "estimate"}, radius_m={"B": 1500.0})),
    ).of("move", "walk-30")
    assert alone is not None
    np.testing.assert_allclose(found.draws.value, alone.draws.value)
    assert start.after.sites.geometry["C"].x == 448_000.0


# ---- by hand -----------------------------------------------------------------------------------


def only_b(chance: float, *, draws: int = 1000, **keys: object) -> tuple[Uncertainty, Criterion]:
    """Return what comes of B being there with a chance, and nothing closing."""
    table = sites().assign(existence=[1.0, chance, 1.0, 1.0])
    item = criterion(threshold=0.9, **keys)
    case = case_of(Scenario("d", "D is open", ()), table=table)
    return simulate([item], [case], simulation_of(table, draws=draws)), item


def test_a_site_that_may_not_be_there_by_hand() -> None:
    """All are near a centre if B is there, 80% if not: met as often as it is there."""
    found, _ = only_b(0.6)
    one = found.of("d", "walk-30")
    assert one is not None
    there = int((one.draws.value == 1.0).sum())
    assert set(one.draws.value.round(9)) == {0.8, 1.0}
    assert 550 < there < 650  # 600 give or take three standard errors
    assert one.probability == (1 + there) / 1002
    assert one.likelihood is Likelihood.TOO_CLOSE
    (source,) = found.sources
    assert (source.kind, source.site_id) == (SourceKind.EXISTENCE, "B")
    assert (source.low, source.high, source.share) == pytest.approx((0.8, 1.0, 1.0))
    assert source.right_now == there / 1000
    assert source.right_then == pytest.approx(1.0, abs=0.02)
    assert found.first is source


@pytest.mark.parametrize(
    ("chance", "outcome"),
    [(0.5, Outcome.TOO_CLOSE), (0.85, Outcome.TOO_CLOSE), (0.95, Outcome.MET)],
)
def test_an_outcome_is_called_from_90_in_100(chance: float, outcome: Outcome) -> None:
    found, item = only_b(chance)
    table = sites().assign(existence=[1.0, chance, 1.0, 1.0])
    verdict = judge(item, case_of(Scenario("d", "D", ()), table=table))
    assert verdict.outcome is Outcome.MET
    sure = weigh(verdict, found.of("d", "walk-30"))
    assert sure.outcome is outcome
    assert sure.probability == pytest.approx(chance, abs=0.05)
    assert weigh(verdict, None) is verdict


def test_what_the_draws_contradict_is_too_close_to_call() -> None:
    # the value takes B to be there; hardly any draw does
    found, item = only_b(0.04)
    verdict = judge(item, case_of(Scenario("d", "D", ())))
    assert verdict.outcome is Outcome.MET
    assert weigh(verdict, found.of("d", "walk-30")).outcome is Outcome.TOO_CLOSE


def test_within_the_margin_it_is_too_close_whatever_the_draws_say() -> None:
    found, item = only_b(0.99, margin=0.1)
    verdict = judge(item, case_of(Scenario("d", "D", ())))
    assert weigh(verdict, found.of("d", "walk-30")).outcome is Outcome.TOO_CLOSE


def test_missed_before_needs_the_draws_too() -> None:
    # before, 80% without B and all with it; after, B is gone
    table = sites().assign(existence=[1.0, 0.5, 1.0, 1.0])
    item = criterion(threshold=1.0, cutoff_min=20.0)
    verdict = judge(item, case_of(CLOSED, table=table))
    assert verdict.not_met_before
    uncertain = simulate([criterion()], [case_of(CLOSED, table=table)], simulation_of(table))
    one = uncertain.of("closed", "walk-30")
    assert one is not None
    assert 0.4 < one.probability_before < 0.6
    assert not weigh(verdict, one).not_met_before


@pytest.mark.parametrize(
    ("chance", "word", "printed"),
    [
        (0.9991, "almost certainly", "more than 99 in 100"),
        (0.99, "almost certainly", "99 in 100"),
        (0.8999, "likely", "89 in 100"),
        (0.90, "very likely", "90 in 100"),
        (0.66, "likely", "66 in 100"),
        (0.6599, "too close to call", "65 in 100"),
        (0.0099, "too close to call", "fewer than 1 in 100"),
    ],
)
def test_chances_in_words(chance: float, word: str, printed: str) -> None:
    assert likelihood_of(chance) == word
    assert in_100(chance) == printed


def test_a_spread_is_of_figures_that_were_drawn() -> None:
    spread = spread_of(np.arange(1.0, 101.0))
    assert (spread.low, spread.median, spread.high) == (5.0, 50.0, 95.0)
    assert spread_of(np.array([1.0, math.inf])).high == math.inf


@pytest.mark.parametrize("hidden", [1, 50, 100])
def test_where_one_draw_is_hidden_so_is_the_spread(hidden: int) -> None:
    draws = np.arange(1.0, 101.0)
    draws[:hidden] = math.nan
    spread = spread_of(draws)
    assert np.isnan([spread.low, spread.median, spread.high]).all()
    # nor is a part of a hidden range, or a hidden part, "0%"
    whole = spread_of(np.arange(1.0, 101.0))
    assert math.isnan(whole.share_of(spread.width))
    assert math.isnan(spread.share_of(whole.width))
    assert spread_of(np.ones(100)).share_of(0.0) == 0.0


# ---- what is drawn -----------------------------------------------------------------------------


def test_counts_keep_their_mean_and_their_error() -> None:
    people = origins()
    drawn = draw_weights(people, sd=3.0, seed=1, draws=4000)
    assert drawn is not None
    assert (drawn >= 0).all()
    np.testing.assert_allclose(drawn.mean(axis=0), people["weight"], rtol=0.05)
    areas = pd.DataFrame(drawn.T, index=people.index).groupby(people["area_id"]).sum()
    np.testing.assert_allclose(areas.std(axis=1), 3.0, rtol=0.05)
    # of W2's 30 ten live at each of three houses: a Dirichlet of ten, ten and ten
    share = drawn[:, 4] / drawn[:, 3:6].sum(axis=1)
    assert share.std() == pytest.approx(math.sqrt(2 / 9 / 31), rel=0.05)
    assert draw_weights(people, sd=0.0, seed=1) is None


def test_areas_of_a_pool_have_any_small_counts_that_come_to_its_sum() -> None:
    """Three pooled areas of two homes each, 18 people in all, and one with its own count of 40."""
    people = gpd.GeoDataFrame(
        {"weight": [3.0] * 6 + [20.0] * 2, "area_id": list("AABBCCDD")},
        geometry=gpd.points_from_xy(range(8), range(8)),
        crs="EPSG:27700",
    ).rename_axis("origin_id")
    pools = pd.Series({"A": "ward", "B": "ward", "C": "ward", "D": ""})
    pooling = Pooling(units=people["area_id"], pools=pools, most=9.0)
    drawn = draw_weights(people, sd=1.0, seed=1, draws=4000, pooling=pooling)
    assert drawn is not None
    areas = pd.DataFrame(drawn.T, index=people.index).groupby(people["area_id"]).sum().T
    np.testing.assert_allclose(areas[["A", "B", "C"]].sum(axis=1), 18.0)
    assert areas[["A", "B", "C"]].to_numpy().max() <= 9.0 + 1e-9
    np.testing.assert_allclose(areas[["A", "B", "C"]].mean(), 6.0, atol=0.15)
    assert areas["A"].min() < 1.0  # an even spread is but one way of many
    assert areas["D"].mean() == pytest.approx(40.0, abs=0.1)
    assert areas["D"].std() == pytest.approx(1.0, rel=0.05)
    # as many as there is room for leave but one way
    full = people.assign(weight=[4.5] * 6 + [20.0] * 2)
    drawn = draw_weights(full, sd=1.0, seed=1, draws=50, pooling=pooling)
    assert drawn is not None
    np.testing.assert_allclose(drawn[:, :6].reshape(50, 3, 2).sum(axis=2), 9.0)


def test_draws_of_one_thing_hang_on_nothing_else() -> None:
    people = origins()
    shuffled = people.iloc[::-1]
    drawn, again = (draw_weights(some, sd=5.0, seed=1, draws=9) for some in (people, shuffled))
    assert drawn is not None
    assert again is not None
    np.testing.assert_array_equal(drawn, again[:, ::-1])
    table = doubtful(A=0.5, D=0.6)
    both = draw_sites(table, None, seed=1)
    (alone,) = draw_sites(table.loc[["D"]], None, seed=1)
    assert [item.site_id for item in both] == ["A", "D"]
    np.testing.assert_array_equal(both[1].exists, alone.exists)


def test_a_site_of_unknown_place_is_put_where_people_are_and_not_beside_another() -> None:
    table = sites(basis={"D": "unknown"})
    drawn = sampled_sites(table, seed=3, count=4000, origins=origins())
    assert set(drawn["sample_of"]) == {"D"}
    houses = ((drawn.geometry.x - 440_000) / 960 + 1).round().astype(int)
    share = houses.value_counts(normalize=True)
    # a kilometre from A (h01), B (h04) and C (h08): h06, and h10 to h12
    free = {6: 10.0, 10: 5.0, 11: 5.0, 12: 10.0}
    assert set(share.index) == set(free)
    for house, weight in free.items():
        assert share[house] == pytest.approx(weight / 30, abs=0.03)


def test_stated_places_stand_in_for_a_circle() -> None:
    stated = {"B": [(441_000.0, 390_000.0), (445_000.0, 390_000.0)]}
    drawn = sampled_sites(sites(**ROUGH), seed=3, count=10, stated=stated)
    eastings = drawn.loc[drawn["sample_of"] == "B"].geometry.x
    assert eastings.value_counts().to_dict() == {441_000.0: 5, 445_000.0: 5}


def test_places_off_the_streets_are_not_drawn() -> None:
    table = sites(**ROUGH)
    side = estimated_side(origins(), sampled_sites(table, seed=5, count=4))
    side.times["walk"].site_status.loc["B#002", "status"] = "off_network"
    (doubt, _) = draw_sites(table, side, seed=5, draws=90)
    assert doubt.places is not None
    assert np.bincount(doubt.places).tolist() == [0, 30, 30, 0, 30]


# ---- properties --------------------------------------------------------------------------------


def test_before_and_after_are_alike_in_one_draw() -> None:
    table = doubtful(B=0.5, C=0.5, D=0.5)
    case = case_at(Scenario("same", "Nothing"), table)
    found = simulate(list(SEVEN.values()), [case], simulation_of(table, sd=5.0))
    for name in ("pushchair-added", "deprived-not-worse", "even-spread"):
        one = found.of("same", name)
        assert one is not None
        assert not one.draws.value.any()
    one = found.of("same", "walk-30")
    assert one is not None
    assert one.value == one.baseline


def test_two_runs_are_alike() -> None:
    table = doubtful(A=0.5, D=0.6)
    cases = [case_at(BASELINE, table), case_at(CLOSED, table)]
    first, second = (
        simulate(list(SEVEN.values()), cases, simulation_of(table, sd=5.0), modes={"walk": 30.0})
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(first.frame, second.frame)
    pd.testing.assert_frame_equal(first.sources_frame, second.sources_frame)
    pd.testing.assert_frame_equal(first.headlines_frame, second.headlines_frame)


def test_knowing_what_does_not_matter_settles_nothing() -> None:
    # whether A is there decides; where C is within 600 m does not
    table = doubtful(A=0.5)
    item = criterion(cutoff_min=14.0, threshold=0.35)
    found = simulate([item], [case_at(CLOSED, table)], simulation_of(table, draws=1000))
    gain: Mapping[tuple[str, str], float] = {
        (source.kind, source.site_id): source.right_then - source.right_now
        for source in found.sources
    }
    assert all(0 <= value <= 0.5 for value in gain.values())
    assert found.frame["probability_met"].between(1 / 1002, 1001 / 1002).all()


def test_headline_figures_are_those_of_the_comparison() -> None:
    table = sites().assign(existence=[1.0, 1.0, 0.5, 1.0])
    cases = [case_at(BASELINE, table), case_at(CLOSED, table)]
    found = simulate([], cases, simulation_of(table), modes={"walk": 30.0}, loser_min=5.0)
    figures = {item.figure: item for item in found.headlines}
    near = judge(criterion(), cases[1])
    longer = judge(criterion(measure="added_time", added_min=5.0), cases[1])
    assert figures["share_within"].value == pytest.approx(near.value)
    assert figures["share_within_before"].value == pytest.approx(near.baseline_value)
    assert figures["share_longer"].value == pytest.approx(longer.value)
    assert all(
        item.spread.low <= item.spread.median <= item.spread.high for item in found.headlines
    )


def test_one_doubt_alone_makes_the_whole_range_of_a_headline_figure() -> None:
    table = sites()
    known = table[table.geometry.notna()].assign(
        location_basis="surveyed", location_radius_m=0.0, existence=1.0
    )
    doubtful = str(known.index[0])
    known.loc[doubtful, "existence"] = 0.5
    cases = [case_at(BASELINE, known), case_at(CLOSED, known)]
    found = simulate([], cases, simulation_of(known, unknown=False), modes={"walk": 30.0})
    moving = [item for item in found.headlines if item.spread.high > item.spread.low]
    assert moving
    for item in moving:
        (part,) = item.parts
        assert (part.kind, part.site_id, part.share) == ("existence", doubtful, 1.0)
        assert (part.low, part.high) == (item.spread.low, item.spread.high)
    frame = found.headline_parts_frame
    assert len(frame) == len(found.headlines)


# ---- places ------------------------------------------------------------------------------------


def test_samples_fill_the_disc_evenly() -> None:
    start = sites(**ROUGH)
    drawn = sampled_sites(start, seed=11, count=4000)
    for site, radius in ROUGH["radius_m"].items():
        away = drawn[drawn["sample_of"] == site].distance(start.geometry[site])
        assert away.max() <= radius
        # in an even disc a share s of the points lies within sqrt(s) of the radius
        assert np.median(away) == pytest.approx(radius * math.sqrt(0.5), rel=0.03)
        east = drawn[drawn["sample_of"] == site].geometry.x - start.geometry[site].x
        assert abs(east.mean()) < radius * 0.03


def test_places_stop_at_the_areas_edge_and_fill_what_is_left() -> None:
    start = sites(**ROUGH)
    at = start.geometry["B"]
    east = shapely.box(at.x - 200, at.y - 5000, at.x + 5000, at.y + 5000)
    drawn = sampled_sites(start.loc[["B"]], seed=11, count=4000, within=east)
    assert drawn.within(east).all()
    assert len(drawn) == 4000
    # evenly: as many in each half of what is left as its share of the land
    left = at.buffer(1500, quad_segs=64).intersection(east)
    near = left.intersection(at.buffer(700, quad_segs=64))
    assert drawn.within(near).mean() == pytest.approx(near.area / left.area, abs=0.02)
    # an area around the whole disc changes no draw, and one that the site is not in bounds nothing
    free = sampled_sites(start.loc[["B"]], seed=11, count=50)
    wide, elsewhere = at.buffer(9000), shapely.box(0, 0, 1, 1)
    for within in (wide, elsewhere):
        again = sampled_sites(start.loc[["B"]], seed=11, count=50, within=within)
        assert again.geometry.geom_equals(free.geometry).all()


def test_the_circle_drawn_is_where_places_are_tried() -> None:
    start = sites(**ROUGH)
    at = start.geometry["B"]
    east = shapely.box(at.x - 200, at.y - 5000, at.x + 5000, at.y + 5000)
    areas = rough_areas(start, east)
    assert set(areas.index) == {"B", "C"}
    drawn = sampled_sites(start.loc[["B"]], seed=11, count=500, within=east)
    assert drawn.within(areas["B"].buffer(10)).all()  # a circle of straight pieces
    half = np.pi * 1500**2 / 2 + 2 * 200 * 1500
    assert areas["B"].area == pytest.approx(half, rel=0.02)


def test_a_site_s_samples_are_its_own() -> None:
    start = sites(**ROUGH)
    drawn = sampled_sites(start, seed=11, count=5)
    shuffled = sampled_sites(start.iloc[[3, 1, 0, 2]], seed=11, count=5)
    alone = sampled_sites(start.loc[["C"]], seed=11, count=5)
    assert drawn.geometry.equals(shuffled.geometry)
    assert drawn.loc[alone.index].geometry.equals(alone.geometry)
    other = sampled_sites(start, seed=12, count=5)
    assert not drawn.geometry.geom_equals(other.geometry).any()


def test_nothing_is_sampled_where_all_is_known() -> None:
    known = sites(basis={"B": "unknown", "C": "postcode"}, radius_m={"C": 99.0})
    assert sampled_sites(known, seed=1).empty
    rough = sites(basis={"B": "unknown", "C": "postcode"}, radius_m={"C": 150.0})
    assert set(sampled_sites(rough, seed=1)["sample_of"]) == {"C"}


def test_there_must_be_a_sample() -> None:
    with pytest.raises(InputError, match="count is 0; give 1 or more"):
        sampled_sites(sites(), seed=1, count=0)

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eh_access.criteria.criterion import Case, Criterion, JudgeSettings, Outcome, Side, Verdict
from eh_access.criteria.judge import judge
from eh_access.errors import InputError
from eh_access.measures.scenarios import BASELINE, Close, Move, Scenario, SetHours, apply_scenario
from strategies_analysis import World, some_of, worlds
from toy_borough import (
    CENTRES,
    FALLS,
    SEVEN,
    case_of,
    criterion,
    origins,
    side,
    sites,
    times,
    times_of,
)

CLOSED = Scenario("closed", "B is gone", (Close("B"),))
SAME = Scenario("same", "Nothing")
INF = math.inf


# ---- thresholds, margins and the baseline ------------------------------------------------------


@pytest.mark.parametrize(
    ("threshold", "margin", "outcome"),
    [  # without B, 80% are within 30 minutes
        (0.8, 0.0, Outcome.MET),  # exactly enough
        (0.81, 0.0, Outcome.NOT_MET),
        (0.81, 0.01, Outcome.TOO_CLOSE),
        (0.79, 0.01, Outcome.TOO_CLOSE),
        (0.8, 0.01, Outcome.TOO_CLOSE),
        (0.82, 0.01, Outcome.NOT_MET),
        (0.78, 0.01, Outcome.MET),
    ],
)
def test_thresholds(threshold: float, margin: float, outcome: Outcome) -> None:
    assert judge(criterion(threshold=threshold, margin=margin), case_of(CLOSED)).outcome is outcome


@pytest.mark.parametrize(
    ("allowed", "margin", "outcome"),
    [(20.0, 0.0, Outcome.MET), (19.0, 0.0, Outcome.NOT_MET), (19.0, 1.0, Outcome.TOO_CLOSE)],
)
def test_a_fall_has_an_outcome_of_its_own(allowed: float, margin: float, outcome: Outcome) -> None:
    item = FALLS["walk-30-fall"].model_copy(update={"threshold": allowed, "margin": margin})
    assert judge(item, case_of(CLOSED)).outcome is outcome
    assert judge(criterion(threshold=0.5), case_of(CLOSED)).outcome is Outcome.MET


def test_nothing_changed_is_never_too_close() -> None:
    item = criterion(measure="group_gap", group="no-car-fifth", threshold=0.0, margin=0.5)
    assert judge(item, case_of(SAME)).outcome is Outcome.MET
    strict = criterion(measure="group_gap", group="no-car-fifth", threshold=-1.0, margin=0.5)
    assert judge(strict, case_of(SAME)).outcome is Outcome.NOT_MET


def test_not_met_before_either() -> None:
    # within 20 minutes: before all but h06 and h10 (15), after without h03, h04, h05 (25) as well
    verdict = judge(criterion(cutoff_min=20.0), case_of(CLOSED))
    assert (verdict.value, verdict.baseline_value) == (pytest.approx(0.6), pytest.approx(0.85))
    assert verdict.outcome is Outcome.NOT_MET
    assert verdict.not_met_before
    assert verdict.worsened_by == pytest.approx(0.25)
    assert verdict.sentence.endswith(
        "25 of them were nearer before. Not met before either: 60% against at least 90%, 85% "
        "before; it becomes worse by 25 points."
    )


def test_not_met_before_and_unchanged() -> None:
    verdict = judge(criterion(cutoff_min=20.0), case_of(SAME))
    assert verdict.not_met_before
    assert verdict.worsened_by == 0
    assert verdict.sentence.endswith("85% before; it does not change.")


def test_a_baseline_too_close_to_call_was_not_missed() -> None:
    # 85% before is within 6 points of 90%; 60% after is not
    verdict = judge(criterion(cutoff_min=20.0, margin=0.06), case_of(CLOSED))
    assert verdict.outcome is Outcome.NOT_MET
    assert not verdict.not_met_before
    assert "before either" not in verdict.sentence


def test_nothing_is_said_of_before_where_nothing_can_be_said() -> None:
    # on foot 10 of 30 before: but the bus is missing, before and after
    item = SEVEN["no-car"].model_copy(update={"cutoff_min": 5.0})
    for scenario in (SAME, CLOSED):
        verdict = judge(item, case_of(scenario))
        assert (verdict.baseline_value, verdict.indication) == (pytest.approx(1 / 3), None)
        assert not verdict.not_met_before


def test_the_baseline_itself_has_no_before() -> None:
    verdict = judge(criterion(cutoff_min=20.0), case_of(BASELINE))
    assert verdict.outcome is Outcome.NOT_MET
    assert not verdict.not_met_before


def test_baseline_speaks_of_how_things_are() -> None:
    verdict = judge(criterion(cutoff_min=20.0), case_of(BASELINE))
    assert verdict.sentence == (
        "15 of 100 under-fives (15%) are more than 20 minutes on foot from a centre. Not met: "
        "85% against at least 90%."
    )


def test_getting_better() -> None:
    start = sites().assign(is_open=[True, False, True, True])
    opened = Scenario("back", "B again", (SetHours("B", 30.0),))
    before = side(apply_scenario(start, BASELINE))
    after = side(apply_scenario(start.assign(is_open=True), opened))
    case = Case(scenario="back", origins=origins(), before=before, after=after)
    verdict = judge(criterion(threshold=1.0, cutoff_min=24.0), case)
    assert (verdict.value, verdict.baseline_value) == (1.0, 0.8)
    assert verdict.worsened_by == pytest.approx(-0.2)
    assert "0 of 100 under-fives (0%)" in verdict.sentence
    assert "20 others would be nearer than before" in verdict.sentence


# ---- estimates ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(SEVEN))
@pytest.mark.parametrize("scenario", [BASELINE, CLOSED], ids=lambda item: item.name)
def test_estimates_only_indicate(name: str, scenario: Scenario) -> None:
    real = judge(SEVEN[name], case_of(scenario))
    verdict = judge(SEVEN[name], case_of(scenario, estimated=True))
    assert verdict.outcome is Outcome.CANNOT_SAY
    assert verdict.basis == "estimated"
    assert verdict.reason.startswith("travel times are straight-line estimates")
    assert verdict.value == real.value
    if real.outcome is Outcome.CANNOT_SAY:  # a missing bus is no estimate: it points nowhere
        assert verdict.indication is None
    else:
        assert verdict.indication is real.outcome
        assert f"The figures point to: {real.outcome}" in verdict.sentence


def test_one_estimated_side_is_enough() -> None:
    case = case_of(CLOSED)
    mixed = replace(case, after=side(case.after.sites, estimated=True))
    assert judge(criterion(), mixed).basis == "estimated"


def test_estimates_stand_in_for_distances() -> None:
    case = case_of(CLOSED, estimated=True)
    bare = replace(
        case,
        before=replace(case.before, distances={}),
        after=replace(case.after, distances={}),
    )
    assert judge(SEVEN["pram-2500"], bare).value == judge(SEVEN["pram-2500"], case).value == 0.8


# ---- what is missing ---------------------------------------------------------------------------


def without(case: Case, **tables: object) -> Case:
    return replace(case, before=replace(case.before, **tables), after=replace(case.after, **tables))


@pytest.mark.parametrize(
    ("name", "tables", "told"),
    [
        ("walk-30", {"times": {}}, "times on foot are missing"),
        ("pram-2500", {"distances": {}}, r"distances by street \(with a pushchair\) are missing"),
        ("sessions", {"times_back": {}}, "times home from the sites on foot are missing"),
        ("walk-30", {"times": {"walk": times(cutoff_min=29.0)}}, "times on foot end at 29 minutes"),
        # 2,500 m are 41.7 minutes with a pushchair
        (
            "pram-2500",
            {"distances": {"pushchair": times("pushchair", cutoff_min=41.0)}},
            "times with a pushchair end at 41 minutes",
        ),
    ],
)
def test_missing_times(name: str, tables: dict[str, object], told: str) -> None:
    verdict = judge(SEVEN[name], without(case_of(CLOSED), **tables))
    assert verdict.outcome is Outcome.CANNOT_SAY
    assert verdict.indication is None
    assert math.isnan(verdict.value)
    assert pd.Series([verdict.reason]).str.contains(told).all()
    assert verdict.reason in verdict.sentence


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("deprived-not-worse", "imd_decile"),
        ("no-car", "no_car_share"),
        ("even-spread", "ward_code"),
    ],
)
def test_missing_columns(name: str, column: str) -> None:
    for people in (origins().drop(columns=column), origins().assign(**{column: None})):
        verdict = judge(SEVEN[name], case_of(CLOSED, people=people))
        assert verdict.outcome is Outcome.CANNOT_SAY
        assert verdict.reason == f"the column '{column}' of the origins is missing"


def test_nobody_in_the_group() -> None:
    people = origins().assign(imd_decile=10)
    verdict = judge(SEVEN["deprived-not-worse"], case_of(CLOSED, people=people))
    assert verdict.outcome is Outcome.CANNOT_SAY
    assert verdict.reason.startswith("there are no under-fives in areas among the most deprived")
    assert "not known" not in verdict.sentence


def test_means_that_cannot_be_compared() -> None:
    cut = times().minutes.copy()
    cut[[0, 3]] = INF  # h01 elsewhere and h04 in the deprived ward lose all reach
    case = case_of(SAME)
    case = replace(case, after=replace(case.after, times={"walk": times_of(cut)}))
    verdict = judge(SEVEN["deprived-not-worse"], case)
    assert verdict.outcome is Outcome.CANNOT_SAY
    assert "mean times cannot be compared" in verdict.reason


def test_a_group_that_loses_all_reach_fares_worse() -> None:
    cut = times().minutes.copy()
    cut[3] = INF
    case = case_of(SAME)
    case = replace(case, after=replace(case.after, times={"walk": times_of(cut)}))
    verdict = judge(SEVEN["deprived-not-worse"], case)
    assert verdict.value == INF
    assert verdict.outcome is Outcome.NOT_MET


def with_bus(case: Case, minutes: float) -> Case:
    bus = {"transit": times_of(np.full((12, 4), minutes))}
    return replace(
        case,
        before=replace(case.before, times={**case.before.times, **bus}),
        after=replace(case.after, times={**case.after.times, **bus}),
    )


def test_bus_counts_where_it_is_quicker() -> None:
    verdict = judge(SEVEN["no-car"], with_bus(case_of(CLOSED), 25.0))
    assert (verdict.value, verdict.outcome, verdict.reason) == (1.0, Outcome.MET, "")
    assert "on foot or by bus" in verdict.sentence
    slow = judge(SEVEN["no-car"], with_bus(case_of(CLOSED), 31.0))
    assert slow.value == pytest.approx(1 / 3)
    assert slow.outcome is Outcome.NOT_MET


def test_met_on_foot_alone_needs_no_bus() -> None:
    verdict = judge(SEVEN["no-car"], case_of(SAME))
    assert verdict.outcome is Outcome.MET
    assert verdict.reason == "times by bus or train are missing; it is met without them"


def test_how_far_a_share_falls_needs_the_bus() -> None:
    # 100% on foot, but with a bus the share might have fallen from more to less
    item = FALLS["walk-30-fall"].model_copy(update={"also_modes": ("transit",)})
    assert judge(item, case_of(SAME)).outcome is Outcome.CANNOT_SAY


# ---- sites whose place is an estimate or unknown -----------------------------------------------


@pytest.mark.parametrize("basis", ["surveyed", "postcode", "street", "estimate"])
def test_every_rough_place_is_named_whatever_it_is_inferred_from(basis: str) -> None:
    table = sites(basis={"A": basis}, radius_m={"A": 400.0})
    verdict = judge(criterion(threshold=0.9), case_of(CLOSED, table=table))
    assert (verdict.value, verdict.outcome) == (0.8, Outcome.NOT_MET)  # where it is drawn
    assert verdict.reason == "known only roughly: Centre A (known to within 400 m)"
    assert math.isnan(verdict.probability)  # nothing was drawn


@pytest.mark.parametrize(("radius", "told"), [(99.9, ""), (100.0, "within 100 m)")])
def test_a_postcode_near_enough_is_not_rough(radius: float, told: str) -> None:
    table = sites(basis={"A": "postcode"}, radius_m={"A": radius})
    verdict = judge(criterion(threshold=0.9), case_of(CLOSED, table=table))
    assert verdict.reason.endswith(told)
    assert bool(verdict.reason) == bool(told)


def test_many_rough_places_are_counted_not_all_named() -> None:
    radius = {"A": 150.0, "B": 120.0, "C": 300.0, "D": 110.0}
    table = sites(basis=dict.fromkeys("ABCD", "postcode"), radius_m=radius)
    verdict = judge(criterion(threshold=0.5), case_of(SAME, table=table))
    assert verdict.reason == (
        "known only roughly: Centre C (known to within 300 m), Centre A (known to within 150 m), "
        "Centre B (known to within 120 m) and 1 more (to within 110 m or better)"
    )


def test_site_moved_to_a_rough_place_is_an_estimate() -> None:
    moved = Scenario("m", "M", (Move("A", 440_000.0, 390_000.0, 500.0),))
    verdict = judge(criterion(), case_of(moved))
    assert "Centre A (known to within 500 m)" in verdict.reason


def test_unknown_site_is_left_out_of_the_value() -> None:
    # without D: h04, h05 (20), and h11, h12 (15) are too far: 65%
    table = sites(basis={"D": "unknown"}, radius_m={"D": math.nan})
    verdict = judge(criterion(), case_of(CLOSED, table=table))
    assert (verdict.value, verdict.outcome) == (pytest.approx(0.65), Outcome.NOT_MET)
    assert verdict.reason == (
        "it is not known where Centre D is; the value leaves it out, which overstates the harm"
    )
    gone = Scenario("g", "G", (Close("D"),))
    closed = judge(FALLS["walk-30-fall"], case_of(gone, table=table))
    assert closed.value == 0  # h11, h12 are not served either way
    assert "understates the harm" in closed.reason


# ---- who is left out ---------------------------------------------------------------------------


def test_origins_off_the_streets_count_as_out_of_reach_and_are_told() -> None:
    minutes = times().minutes.copy()
    minutes[0] = INF
    table = times_of(minutes)
    table.origin_status.loc["h01", "status"] = "off_network"
    verdict = judge(criterion(), without(case_of(SAME), times={"walk": table}))
    assert verdict.value == 0.9
    assert verdict.reason == (
        "10 under-fives could not be placed on the streets and count as out of reach"
    )


def test_trips_that_touch_the_rim_are_told() -> None:
    rim = np.array([True, *[False] * 11])
    case = without(case_of(SAME), times={"walk": times(touches_rim=rim)})
    assert "the trips of 10 under-fives touch the rim" in judge(criterion(), case).reason


def test_unknown_group_members_are_told() -> None:
    people = origins().assign(imd_decile=[None, 5, 5, 1, 1, 1, 2, 9, 9, 7, 7, 7])
    verdict = judge(SEVEN["deprived-not-worse"], case_of(CLOSED, people=people))
    assert verdict.reason == "10 under-fives whose 'imd_decile' is not known are left out"


def test_lost_reach_is_told() -> None:
    cut = times("pushchair").minutes.copy()
    cut[3] = INF
    case = case_of(SAME)
    lost = times_of(cut, mode=times("pushchair").mode)
    case = replace(case, after=replace(case.after, times={"pushchair": lost}))
    verdict = judge(SEVEN["pushchair-added"], case)
    assert verdict.value == 0.1
    assert "10 of them could no longer reach one within 200 minutes" in verdict.sentence


def test_other_units_and_places() -> None:
    settings = JudgeSettings(unit="postcodes", place="office")
    verdict = judge(criterion(), replace(case_of(CLOSED), settings=settings))
    assert verdict.sentence.startswith(
        "20 of 100 postcodes (20%) would be more than 30 minutes on foot from an office;"
    )


# ---- cases and rows ----------------------------------------------------------------------------


def test_case_names_every_fault() -> None:
    table = apply_scenario(sites(), BASELINE)
    few = times_of(times().minutes[:, :2], centres=["A", "B"])
    with pytest.raises(InputError) as caught:
        Case(
            scenario="s",
            origins=origins().drop("h12"),
            before=Side(sites=table, times={"walk": few}),
            after=Side(sites=table, times={"walk": times(direction="from_sites")}),
        )
    told = "\n".join(caught.value.faults)
    assert "before.times['walk'] lacks the open sites ['C', 'D']" in told
    assert "after.times['walk'] goes from_sites; give times to_sites" in told
    assert "before.times['walk'] is not of the same origins" in told


# ---- properties --------------------------------------------------------------------------------


def of_world(world: World, before: list[str], after: list[str], name: str = "s") -> Case:
    """Return a case of a random world in which some sites are open before, and some after."""
    table = sites().iloc[[0] * len(world.sites)]
    table = table.set_index(pd.Index(world.sites, name="site_id")).assign(name=world.sites)
    home = times_of(
        world.times.minutes,
        houses=world.times.origin_ids.tolist(),
        centres=world.sites,
        direction="from_sites",
    )
    sides = [
        Side(
            sites=table.assign(is_open=table.index.isin(chosen)),
            times={"walk": world.times},
            times_back={"walk": home},
            distances={"walk": world.times},
        )
        for chosen in (before, after)
    ]
    return Case(scenario=name, origins=world.origins, before=sides[0], after=sides[1])


ANY: tuple[Criterion, ...] = (
    criterion(),
    criterion(measure="coverage_distance", within_m=2000.0),
    criterion(measure="added_time", added_min=10.0, threshold=0.05),
    criterion(measure="area_loss", by="ward_code", cutoff_min=30.0, threshold=15.0),
    criterion(measure="hours_reachable", cutoff_min=30.0, min_hours=30.0),
)


def by_hand(item: Criterion, world: World, before: list[str], after: list[str]) -> float:
    """Return a criterion's value the slow way: one origin at a time, in plain Python."""
    told = []
    for number, (_, origin) in enumerate(world.origins.iterrows()):
        row = dict(zip(world.sites, world.times.minutes[number].tolist(), strict=True))
        old = round(600 * min((row[site] for site in before), default=INF), 3)
        new = round(600 * min((row[site] for site in after), default=INF), 3)
        near = sum(round(600 * row[site], 3) <= 18_000 for site in after)
        told.append((origin["weight"], origin["ward_code"], old, new, near))
    whole = sum(row[0] for row in told)
    if item.measure == "area_loss":
        falls = [0.0]
        for ward in {row[1] for row in told}:
            mine = [row for row in told if row[1] == ward]
            if sum(row[0] for row in mine) > 0:
                lost = sum(row[0] * ((row[2] <= 18_000) - (row[3] <= 18_000)) for row in mine)
                falls.append(100 * lost / sum(row[0] for row in mine))
        return max(falls)
    if item.measure == "added_time":
        held = sum(w for w, _, old, new, _ in told if new > old and new - old > 6000)
    elif item.measure == "hours_reachable":  # 25 hours a site
        held = sum(w for w, *_, near in told if 25 * near >= 30)
    elif item.measure == "coverage_distance":  # 2,000 m are 25 minutes
        held = sum(w for w, _, _, new, _ in told if new <= 15_000)
    else:
        held = sum(w for w, _, _, new, _ in told if new <= 18_000)
    return held / whole


@settings(max_examples=40)
@given(worlds(), st.data())
def test_values_equal_the_slow_way(world: World, data: st.DataObject) -> None:
    before, after = data.draw(some_of(world)), data.draw(some_of(world))
    nobody = world.origins["weight"].sum() == 0
    case = of_world(world, before, after)
    for item in ANY:
        verdict = judge(item, case)
        if nobody and math.isnan(verdict.value):
            assert verdict.outcome is Outcome.CANNOT_SAY
        elif not nobody:
            assert verdict.value == pytest.approx(by_hand(item, world, before, after))


@settings(max_examples=40)
@given(worlds())
def test_an_empty_scenario_changes_nothing(world: World) -> None:
    case = of_world(world, world.sites, world.sites)
    for item in ANY:
        verdict = judge(item, case)
        assert verdict.worsened_by == 0 or math.isnan(verdict.value)
        if item.kind.of_change and not math.isnan(verdict.value):
            assert verdict.outcome is Outcome.MET


@settings(max_examples=40)
@given(worlds(), st.data())
def test_closing_more_is_never_better(world: World, data: st.DataObject) -> None:
    many = data.draw(some_of(world))
    few = [site for site in many if data.draw(st.booleans())]
    mild, harsh = (of_world(world, world.sites, chosen) for chosen in (many, few))
    for item in ANY:
        one, other = judge(item, mild), judge(item, harsh)
        sign = 1 if item.better == "higher" else -1
        assert math.isnan(one.value) or sign * (one.value - other.value) >= -1e-9


@settings(max_examples=40)
@given(worlds(), st.data())
def test_shuffling_everything_changes_nothing(world: World, data: st.DataObject) -> None:
    after = data.draw(some_of(world))
    order = data.draw(st.permutations(range(len(world.origins))))
    turned = World(world.times, world.origins.iloc[order])
    for item in ANY:
        one = judge(item, of_world(world, world.sites, after))
        other = judge(item, of_world(turned, world.sites, after[::-1]))
        assert same(one, other)


def same(one: Verdict, other: Verdict) -> bool:
    """Tell whether two verdicts say the same, the last bits of sums aside."""
    values = (one.value, other.value)
    close = all(map(math.isnan, values)) or math.isclose(*values, abs_tol=1e-9)
    return close and (one.outcome, one.reason) == (other.outcome, other.reason)


def test_judging_twice_gives_the_same_bytes() -> None:
    found = [
        repr([(vars(judge(item, case_of(CLOSED))), item) for item in SEVEN.values()])
        for _ in range(2)
    ]
    assert found[0] == found[1]
    assert list(CENTRES) == sites().index.tolist()  # and the borough itself is untouched

"""The toy borough of tests/toy_borough.py, every figure worked out on paper there and here."""

from __future__ import annotations

import pytest

from eh_access.criteria.criterion import Outcome
from eh_access.criteria.judge import judge
from eh_access.measures.basic import (
    coverage,
    coverage_by,
    cumulative_opportunities,
    nearest,
    nth_nearest,
)
from eh_access.measures.comparison import compare
from eh_access.measures.equity import fifths, gap
from eh_access.measures.opening_hours import hours_reachable
from eh_access.measures.scenarios import BASELINE, Close, Scenario, SetHours, apply_scenario
from toy_borough import (
    CENTRES,
    EVERY,
    FALLS,
    HOUSES,
    SEVEN,
    case_of,
    criterion,
    origins,
    sites,
    times,
)

CLOSED = Scenario("closed", "B is gone", (Close("B"),))
SESSIONS = Scenario("sessions", "B keeps ten hours", (SetHours("B", 10.0),))
MILD = Scenario("mild", "A is gone", (Close("A"),))
WITHOUT_B = ["A", "C", "D"]


# ---- measures ----------------------------------------------------------------------------------


def test_time_to_the_nearest() -> None:
    found = nearest(times())
    assert found["minutes"].tolist() == [0, 12, 12, 0, 12, 24, 12, 0, 12, 24, 12, 0]
    # h06 is 24 minutes from B and from C, h10 from C and from D: the id that sorts first
    assert "".join(found["site_id"]) == "AABBBBCCCCDD"


def test_time_to_the_second_nearest() -> None:
    # h01: B at 36; h02: A 12, B 24; h03: B 12, A 24; h04: A 36; h05: C 36; h06: the other, 24;
    # h07: B 36; h08: B and D 48; h09: D 36; h10: the other, 24; h11: C 36; h12: C 48
    expected = [36, 24, 24, 36, 36, 24, 36, 48, 36, 24, 36, 48]
    assert nth_nearest(times(), 2).tolist() == expected


def test_sites_within_half_an_hour() -> None:
    # within 30 minutes is within two steps of a centre
    expected = [1, 2, 2, 1, 1, 2, 1, 1, 1, 2, 1, 1]
    assert cumulative_opportunities(times(), cutoff_min=30.0).tolist() == expected


def test_coverage_before_and_after() -> None:
    assert coverage(times(), origins(), cutoff_min=30.0) == 1.0
    # without B, h04 and h05 are 36 minutes away: 100 - 10 - 10
    assert coverage(times(), origins(), cutoff_min=30.0, sites=WITHOUT_B) == 0.8
    # exactly 36 minutes is within 36 minutes
    assert coverage(times(), origins(), cutoff_min=36.0, sites=WITHOUT_B) == 1.0


def test_coverage_by_ward() -> None:
    table = coverage_by(times(), origins(), "ward_code", cutoff_min=30.0, sites=WITHOUT_B)
    assert table["weight"].tolist() == [20, 30, 30, 20]
    assert table["covered_weight"].tolist() == [20, 10, 30, 20]  # of W2 only h06
    assert table["share"].tolist() == [1, pytest.approx(1 / 3), 1, 1]


def test_hours_within_reach() -> None:
    table = apply_scenario(sites(), SESSIONS)
    hours = hours_reachable(
        times(),
        table,
        cutoff_min=30.0,
        full_hours=25.0,
        times_back=times(direction="from_sites"),
    )
    # h02 and h03 reach A and B; h04 and h05 B alone; h06 B and C; h10 C and D
    assert hours.tolist() == [25, 35, 35, 10, 10, 35, 25, 25, 25, 50, 25, 25]
    both_ways = hours_reachable(
        times(),
        table,
        cutoff_min=30.0,
        full_hours=25.0,
        times_back=times(direction="from_sites"),
        there_and_back="total",
    )
    # 24 minutes each way is 48 in all: only centres within one step are left
    assert both_ways.tolist() == [25, 25, 10, 10, 10, 0, 25, 25, 25, 0, 25, 25]


# ---- before and after --------------------------------------------------------------------------


def test_who_loses() -> None:
    comparison = compare(times(), times(), origins(), sites_after=WITHOUT_B, loser_min=5.0)
    assert comparison.frame["change_min"].tolist() == [0, 0, 12, 36, 24, 0, 0, 0, 0, 0, 0, 0]
    losers = comparison.losers()
    assert losers.index.tolist() == ["h04", "h05", "h03"]
    assert losers["site_after"].tolist() == ["A", "C", "A"]
    assert comparison.winners().empty


def test_summary_of_all() -> None:
    row = compare(times(), times(), origins(), sites_after=WITHOUT_B).summary().loc["all"]
    assert row["weight"] == row["finite_weight"] == 100
    assert row["weight_loses"] == 25  # 5 + 10 + 10
    assert row["weight_unchanged"] == 75
    # before: 12 min for 5 + 5 + 10 + 10 + 10 + 5 = 45, 24 min for 10 + 5 = 15
    assert row["mean_before_min"] == (12 * 45 + 24 * 15) / 100 == 9.0
    # added: 12 x 5 + 36 x 10 + 24 x 10 = 660
    assert row["mean_change_min"] == 6.6
    assert row["mean_after_min"] == pytest.approx(15.6)
    # 75 of 100 gain nothing; up to 80 gain 12, up to 90 gain 24, the rest 36
    assert row["median_change_min"] == 0
    assert row["p90_change_min"] == 24
    assert row["worst_change_min"] == 36


def test_summary_by_ward() -> None:
    table = compare(times(), times(), origins(), sites_after=WITHOUT_B).summary("ward_code")
    assert table["share_loses"].tolist() == [0.25, pytest.approx(2 / 3), 0, 0]
    assert table["mean_change_min"].tolist() == [3, 20, 0, 0]  # 60 / 20, 600 / 30


# ---- groups ------------------------------------------------------------------------------------


def test_fifths_of_areas_without_cars() -> None:
    # from most to fewest: W2 begins at 0, W3 at 30, W4 at 60, W1 at 80 of 100
    found = fifths(origins(), "no_car_share", first="high")
    assert found.groupby(origins()["ward_code"]).first().tolist() == [5, 1, 2, 4]


def test_gap_between_deprived_and_others() -> None:
    found = gap(compare(times(), times(), origins(), sites_after=WITHOUT_B), "most-deprived-fifth")
    # deciles 1 and 2 are h04 to h07, 40 of weight: (360 + 240) / 40; elsewhere 60 / 60
    assert (found.inside_weight, found.elsewhere_weight) == (40, 60)
    assert (found.inside_min, found.elsewhere_min, found.gap_min) == (15, 1, 14)


# ---- the seven criteria ------------------------------------------------------------------------


def test_baseline_meets_everything() -> None:
    case = case_of(BASELINE)
    outcomes = {name: judge(item, case).outcome for name, item in EVERY.items()}
    assert set(outcomes.values()) == {Outcome.MET}


@pytest.mark.parametrize(
    ("name", "value", "baseline", "outcome"),
    [
        ("walk-30", 0.8, 1.0, Outcome.NOT_MET),
        ("walk-30-fall", 20.0, 0.0, Outcome.NOT_MET),  # 5 points are allowed
        ("pram-2500", 0.8, 1.0, Outcome.NOT_MET),  # h04 and h05 are 2,880 m away
        # a pushchair takes 16 minutes a step: h03 +16, h04 +48, h05 +32; 25 of 100
        ("pushchair-added", 0.25, 0.0, Outcome.NOT_MET),
        ("deprived-not-worse", 14.0, 0.0, Outcome.NOT_MET),
        # of W2 (30) only h06 (10) is within 30 minutes; a bus might help, but there is none
        # weight x added minutes is 600 in decile 1 (weight 30) and 60 in decile 5 (20), none
        # elsewhere; the mean decile is 4.7, and weight x decile squared, centred, comes to 961:
        # (600 x 1 + 60 x 5 - 660 x 4.7) / 961 minutes for each decile up
        ("deprived-slope", 2202 / 961, 0.0, Outcome.NOT_MET),
        # of the deprived (h04 to h07, 40) h04 and h05 lose theirs, nobody elsewhere
        ("deprived-fall", 50.0, 0.0, Outcome.NOT_MET),
        # hours within 24 minutes: B's 25 go from h02 to h06 (40), 1,000 of 3,125 in all
        ("hours", 0.32, 0.0, Outcome.NOT_MET),
        ("no-car", 1 / 3, 1.0, Outcome.CANNOT_SAY),
        ("even-spread", 100 * 2 / 3, 0.0, Outcome.NOT_MET),  # W2, from 30 of 30 to 10 of 30
        ("sessions", 0.8, 1.0, Outcome.NOT_MET),
    ],
)
def test_closing_b(name: str, value: float, baseline: float, outcome: Outcome) -> None:
    verdict = judge(EVERY[name], case_of(CLOSED))
    assert verdict.value == pytest.approx(value)
    assert verdict.baseline_value == pytest.approx(baseline)
    assert verdict.outcome is outcome
    assert verdict.basis == "streets"


@pytest.mark.parametrize(
    ("name", "value", "outcome"),
    [
        ("walk-30", 0.8, Outcome.NOT_MET),  # ten hours are not full time
        ("walk-30-fall", 0.0, Outcome.MET),  # but the centre is there
        ("deprived-slope", 0.0, Outcome.MET),
        ("deprived-fall", 0.0, Outcome.MET),
        ("hours", 0.192, Outcome.NOT_MET),  # 15 of B's 25 go: 600 of 3,125
        ("pram-2500", 1.0, Outcome.MET),  # but the centre is there
        ("pushchair-added", 0.0, Outcome.MET),
        ("deprived-not-worse", 0.0, Outcome.MET),
        ("no-car", 1.0, Outcome.MET),  # on foot alone
        ("even-spread", 0.0, Outcome.MET),
        ("sessions", 1.0, Outcome.MET),  # exactly ten hours at B
    ],
)
def test_ten_hours_at_b(name: str, value: float, outcome: Outcome) -> None:
    verdict = judge(EVERY[name], case_of(SESSIONS))
    assert (verdict.value, verdict.outcome) == (pytest.approx(value), outcome)


def test_exactly_the_minutes_stated_are_not_more_than_stated() -> None:
    # without B the house h03 (weight 5) has 12 minutes more, h05 (10) has 24 and h04 (10) has 36
    for added_min, share in ((11.9, 0.25), (12.0, 0.2), (24.0, 0.1)):
        asked = criterion(measure="added_time", added_min=added_min, threshold=0.5)
        assert judge(asked, case_of(CLOSED)).value == share


def test_closing_a_fails_the_fall_though_not_the_threshold() -> None:
    # h01 (10) is then 36 minutes from B, h02 24: coverage 0.9 is the threshold itself, within the
    # margin; but it falls by 10 points and 5 are allowed
    fall = judge(FALLS["walk-30-fall"], case_of(MILD))
    assert (fall.value, fall.outcome) == (pytest.approx(10), Outcome.NOT_MET)
    verdict = judge(SEVEN["walk-30"], case_of(MILD))
    assert (verdict.value, verdict.outcome) == (pytest.approx(0.9), Outcome.TOO_CLOSE)
    assert judge(criterion(sites="full_time"), case_of(MILD)).outcome is Outcome.MET


def test_sentences_count_people() -> None:
    verdict = judge(SEVEN["walk-30"], case_of(CLOSED))
    assert verdict.sentence == (
        "20 of 100 under-fives (20%) would be more than 30 minutes on foot from a full-time "
        "centre; all of them were nearer before. Not met: 80% against at least 90%."
    )
    assert judge(FALLS["walk-30-fall"], case_of(CLOSED)).sentence == (
        "20 of 100 under-fives (20%) would no longer be within 30 minutes on foot of a centre. "
        "Not met: 20 points against at most 5 points."
    )
    assert judge(FALLS["deprived-fall"], case_of(CLOSED)).sentence == (
        "In areas among the most deprived fifth in England the share within 30 minutes on foot of "
        "a centre would fall by 50 points, elsewhere by 0 points. Not met: 50 points against at "
        "most 0 points."
    )
    assert judge(FALLS["deprived-slope"], case_of(CLOSED)).sentence == (
        "The trip on foot to the nearest centre would take 20 minutes longer on average in decile "
        "of deprivation 1 and no longer on average in decile of deprivation 9: 2.3 minutes longer "
        "for each decile of deprivation down the scale. Not met: 2.3 minutes against at most 0 "
        "minutes."
    )
    assert judge(FALLS["hours"], case_of(CLOSED)).sentence == (
        "On average under-fives would have 21.2 opening hours a week within 30 minutes on foot, "
        "there and back (each way); 31.2 before. Full hours of unknown number count as 25. "
        "Not met: 32% against at most 10%."
    )
    # h04 and h05 are 2,880 m from A and C, the others at most 1,920: street and line are one here
    assert "In a straight line 80% are within it, 100% before." in (
        judge(SEVEN["pram-2500"], case_of(CLOSED)).sentence
    )
    assert judge(SEVEN["even-spread"], case_of(CLOSED)).sentence == (
        "2 Ward would lose most: the share of its under-fives within 30 minutes on foot of a "
        "centre would fall by 66.7 points, from 100% to 33%; 1 of 4 wards would lose more than "
        "15 points. Not met: 66.7 points against at most 15 points."
    )
    assert judge(SEVEN["deprived-not-worse"], case_of(CLOSED)).sentence == (
        "In areas among the most deprived fifth in England the trip on foot to the nearest centre "
        "would take 15 minutes longer on average (40 under-fives), elsewhere 1 minute longer (60). "
        "Not met: 14 minutes against at most 0 minutes."
    )
    assert judge(SEVEN["no-car"], case_of(CLOSED)).sentence == (
        "In the areas with most households without a car (about a fifth of those counted here, "
        "not of the areas), 20 of 30 under-fives (67%) would be more than 30 minutes on foot from "
        "a centre; all of them were nearer before. "
        "Cannot say: times by bus or train are missing (there is no timetable)."
    )


def test_evidence_recomputes_every_value() -> None:
    case = case_of(CLOSED)
    evidence = {name: judge(item, case).evidence for name, item in SEVEN.items()}
    for name in ("walk-30", "pram-2500", "sessions", "no-car", "pushchair-added"):
        rows = evidence[name]
        assert rows.index.tolist() == HOUSES
        share = rows.loc[rows["counts"], "weight"].sum() / rows["weight"].sum()
        assert share == pytest.approx(judge(SEVEN[name], case).value)
    inside, elsewhere = evidence["deprived-not-worse"]["mean_change_min"]
    assert inside - elsewhere == 14
    assert evidence["even-spread"]["fall_points"].iloc[0] == pytest.approx(200 / 3)
    assert evidence["even-spread"].index.tolist() == ["W2", "W1", "W3", "W4"]


def test_every_single_closure_ranked_by_mean_time() -> None:
    # added minutes x weight when one closes. A: h01 36 x 10 + h02 12 x 5 = 420. B: 660.
    # C: h07 12 -> B 36: 24 x 10; h08 0 -> 48: 480; h09 12 -> D 36: 240; h06, h10 unchanged: 960.
    # D: h12 0 -> C 48: 480; h11 12 -> C 36: 24 x 5 = 120; h10 unchanged: 600.
    added = {}
    for centre in CENTRES:
        rest = [other for other in CENTRES if other != centre]
        summary = compare(times(), times(), origins(), sites_after=rest).summary()
        added[centre] = summary.loc["all", "mean_change_min"] * 100
    assert added == {
        "A": pytest.approx(420),
        "B": pytest.approx(660),
        "C": pytest.approx(960),
        "D": pytest.approx(600),
    }


def test_table_of_verdicts() -> None:
    case = case_of(CLOSED)
    found = [judge(item, case) for item in SEVEN.values()]
    assert [verdict.criterion.id for verdict in found] == list(SEVEN)
    outcomes = [verdict.outcome.value for verdict in found]
    assert outcomes == ["not met"] * 4 + ["cannot say"] + ["not met"] * 2
    # nothing is estimated, and a bus is not guessed
    assert all(verdict.indication is None for verdict in found)

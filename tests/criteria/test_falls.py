"""Falls, slopes and hours: properties, and the same figures by other arithmetic."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from eh_access.criteria.criterion import Criterion, JudgeSettings, Outcome, Reason, ReasonKind
from eh_access.criteria.evaluate import Assumptions, counted_by, evaluate
from eh_access.criteria.judge import judge
from eh_access.errors import InputError
from eh_access.measures.scenarios import Close, Scenario, SetHours
from eh_access.privacy.policy import Policy
from eh_access.study.redact import redact_verdict
from toy_borough import FALLS, SEVEN, case_of, criterion, origins, sites

CLOSED = Scenario("closed", "B is gone", (Close("B"),))
TEN = Scenario("ten", "B keeps ten hours", (SetHours("B", 10.0),))
SLOPE, FALL, GAP, HOURS = (
    FALLS[name] for name in ("deprived-slope", "walk-30-fall", "deprived-fall", "hours")
)
Doubles = NDArray[np.float64]
minutes = st.lists(st.sampled_from([0.0, 12.0, 24.0, 30.0, 36.0, 75.0]), min_size=12, max_size=12)
weights = st.lists(st.integers(0, 9), min_size=12, max_size=12)
deciles = st.lists(st.integers(1, 10), min_size=12, max_size=12)


def people(load: list[int], steps: list[int]) -> gpd.GeoDataFrame:
    return origins().assign(weight=np.array(load, float), imd_decile=steps)


def value(
    item: Criterion, homes: gpd.GeoDataFrame, before: list[float], after: list[float]
) -> float:
    figures = np.array(before), np.array(after)
    return float(item.kind.value(item, *figures, counted_by(item, homes, JudgeSettings())))


@given(load=weights, steps=deciles, before=minutes, after=minutes)
def test_the_slope_is_that_of_a_weighted_straight_line(
    load: list[int], steps: list[int], before: list[float], after: list[float]
) -> None:
    homes, weight = people(load, steps), np.array(load, float)
    found = value(SLOPE, homes, before, after)
    if len({step for step, many in zip(steps, load, strict=True) if many}) < 2:
        assert np.isnan(found)
        return
    change = np.array(after) - np.array(before)
    line = np.polyfit(np.array(steps, float), change, 1, w=np.sqrt(weight))
    assert found == pytest.approx(-line[0], abs=1e-8)
    # as many minutes more for everybody change no slope; the scale upside down turns its sign
    assert value(SLOPE, homes, before, [m + 7 for m in after]) == pytest.approx(found, abs=1e-8)
    mirrored = people(load, [11 - step for step in steps])
    assert value(SLOPE, mirrored, before, after) == pytest.approx(-found, abs=1e-8)
    assert value(SLOPE, homes, before, before) == 0


@given(load=weights, before=minutes, after=minutes)
def test_a_fall_is_the_share_before_less_the_share_after(
    load: list[int], before: list[float], after: list[float]
) -> None:
    assume(sum(load))
    homes = people(load, [1] * 12)
    near = SEVEN["walk-30"]
    fall = value(FALL, homes, before, after)
    was, now = (value(near, homes, side, side) for side in (before, after))
    assert fall == pytest.approx((was - now) * 100)
    assert value(FALL, homes, after, before) == pytest.approx(-fall)


@given(load=weights, steps=deciles, before=minutes, after=minutes)
def test_the_fall_of_all_lies_between_the_groups_falls(
    load: list[int], steps: list[int], before: list[float], after: list[float]
) -> None:
    homes = people(load, steps)
    group = np.array(steps) <= 2
    assume(homes["weight"][group].sum() and homes["weight"][~group].sum())
    inside, elsewhere = (
        value(FALL, homes[part], *(list(np.array(side)[part]) for side in (before, after)))
        for part in (group, ~group)
    )
    assert value(GAP, homes, before, after) == pytest.approx(inside - elsewhere)
    whole = value(FALL, homes, before, after)
    assert min(inside, elsewhere) - 1e-9 <= whole <= max(inside, elsewhere) + 1e-9


@given(load=weights, before=minutes, after=minutes, times=st.floats(0.1, 10))
def test_hours_lost_do_not_hang_on_the_length_of_an_hour(
    load: list[int], before: list[float], after: list[float], times: float
) -> None:
    homes = people(load, [1] * 12)
    assume((homes["weight"] * before).sum() > 0)
    lost = value(HOURS, homes, before, after)
    assert lost <= 1
    longer = value(HOURS, homes, [h * times for h in before], [h * times for h in after])
    assert longer == pytest.approx(lost)
    assert value(HOURS, homes, before, [0.0] * 12) == 1
    assert value(HOURS, homes, before, before) == 0


def test_hours_kept_at_a_site_are_a_setting() -> None:
    """B's 25 hours reach h02 to h06 (40 of 100); all hours within reach are 3,125."""
    for kept in range(11):
        found = evaluate(HOURS, case_of(TEN), Assumptions(agreed_hours=float(kept)))
        assert float(found.value) == pytest.approx(40 * (25 - kept) / 3125)
    closed = evaluate(HOURS, case_of(CLOSED))
    none = evaluate(HOURS, case_of(TEN), Assumptions(agreed_hours=0.0))
    assert float(none.value) == float(closed.value)


def test_hours_where_none_were_within_reach_say_so() -> None:
    case = case_of(CLOSED)
    nobody = case.origins.assign(weight=[0.0] * 3 + [1.0] + [0.0] * 8)  # h04, at B's door
    alone = HOURS.model_copy(update={"cutoff_min": 1.0})
    assert judge(alone, replace(case, origins=nobody)).value == 1
    away = case.origins.assign(weight=[0.0] * 4 + [1.0] + [0.0] * 7)  # h05, 12 minutes away
    verdict = judge(alone, replace(case, origins=away))
    assert verdict.outcome is Outcome.CANNOT_SAY
    assert verdict.reason == "nobody has any opening hours within reach before"


def test_one_decile_has_no_slope_and_says_so() -> None:
    case = case_of(CLOSED)
    verdict = judge(SLOPE, replace(case, origins=case.origins.assign(imd_decile=4)))
    assert verdict.outcome is Outcome.CANNOT_SAY
    assert verdict.reasons == (
        Reason(kind=ReasonKind.ONE_STEP, decisive=True, column="imd_decile"),
    )
    assert "all under-fives have one value of 'imd_decile'" in verdict.sentence


def test_a_slope_over_words_is_refused() -> None:
    words = criterion(measure="slope", by="ward_name", threshold=0.0)
    with pytest.raises(InputError, match="the column 'ward_name' holds no numbers"):
        judge(words, case_of(CLOSED))


def test_evidence_recomputes_falls_slopes_and_hours() -> None:
    case = case_of(CLOSED)
    evidence = {name: judge(item, case).evidence for name, item in FALLS.items()}
    rows = evidence["walk-30-fall"]
    assert rows.loc[rows["counts"]].index.tolist() == ["h04", "h05"]
    assert evidence["deprived-fall"]["fall_points"].tolist() == [50, 0]
    steps = evidence["deprived-slope"]
    assert steps.index.tolist() == [1, 2, 5, 7, 9]
    assert steps["mean_change_min"].tolist() == [20, 0, 3, 0, 0]
    assert (evidence["hours"]["before_hours"] * evidence["hours"]["weight"]).sum() == 3125


def test_the_straight_line_stands_beside_and_judges_nothing() -> None:
    # C moves to h09, 1,200 m to the side of the road: no table of times knows of it
    table = sites()
    item = SEVEN["pram-2500"].model_copy(update={"within_m": 2900.0})
    verdict = judge(item, case_of(CLOSED, table=table))
    assert verdict.straight_line == (1.0, 1.0)  # h04 and h05 are 2,880 m away
    table = table.set_geometry(
        gpd.points_from_xy([440_000, 442_880, 442_000, 450_560], [390_000] * 2 + [391_200, 390_000])
    ).set_crs("EPSG:27700", allow_override=True)
    aside = judge(item, case_of(CLOSED, table=table))
    assert (aside.value, aside.outcome) == (verdict.value, verdict.outcome)
    away = np.hypot(
        case_of(CLOSED).origins.geometry.x.to_numpy()[:, None] - [440_000.0, 442_000.0, 450_560.0],
        np.array([0.0, 1200.0, 0.0]),
    ).min(axis=1)
    near = away <= 2900
    weight = origins()["weight"].to_numpy()
    assert aside.straight_line is not None
    assert aside.straight_line[0] == pytest.approx(weight[near].sum() / weight.sum())
    assert aside.evidence["after_straight_m"].tolist() == pytest.approx(away.tolist())
    assert judge(SEVEN["walk-30"], case_of(CLOSED)).straight_line is None


def test_a_fall_of_private_counts_is_that_of_the_shares_shown() -> None:
    """No count is a multiple of five, and each is rounded to one before a share is taken."""
    homes = origins()
    case = case_of(CLOSED, people=homes.assign(weight=2.0 * homes["weight"] - 3.0))
    case = replace(case, settings=replace(case.settings, round_to=5.0))
    exact = judge(FALL, case)
    told = redact_verdict(exact, Policy(threshold=5, round_to=5, least_base=5))
    load = exact.evidence["weight"]
    before, after = (load[exact.evidence[f"counted_{when}"]].sum() for when in ("before", "after"))
    was, now, whole = (5 * round(count / 5) for count in (before, after, load.sum()))
    assert (before, after, load.sum()) != (was, now, whole)
    assert told.value == pytest.approx(100 * was / whole - 100 * now / whole)

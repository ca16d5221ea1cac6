"""The gate: what is computed is exact, what comes out is masked, and no mask comes off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eh_access.criteria.criterion import Outcome, Verdict
from eh_access.criteria.draws import Simulation, SourceKind
from eh_access.criteria.judge import judge
from eh_access.criteria.sensitivity import sensitivity
from eh_access.criteria.uncertainty import Draws, Simulated, Source, Uncertainty
from eh_access.facts import Count, note
from eh_access.measures.scenarios import Close, Scenario
from eh_access.privacy.policy import PUBLIC, Policy
from eh_access.study.findings import FRAGILITY_COLUMNS, summarise_fragility
from eh_access.study.redact import (
    coarsening,
    redact_count,
    redact_notes,
    redact_sensitivity,
    redact_tables,
    redact_uncertainty,
    redact_verdict,
)
from toy_borough import FALLS, SEVEN, case_of, criterion, origins

CLOSED = Scenario("closed", "B is gone", (Close("B"),))
TEN = Policy(least_base=10)
EVERY = SEVEN | FALLS
loads = st.lists(st.integers(0, 40), min_size=12, max_size=12)


def verdict_of(name: str, load: list[int]) -> Verdict:
    case = case_of(CLOSED, people=origins().assign(weight=np.array(load, float)))
    shared = replace(case.settings, least_weight=TEN.least_base)
    return judge(EVERY[name], replace(case, settings=shared))


def test_figures_of_a_public_study_come_out_as_they_went_in() -> None:
    verdict = judge(SEVEN["walk-30"], case_of(CLOSED))
    assert redact_verdict(verdict, PUBLIC) is verdict


@pytest.mark.parametrize("name", list(EVERY))
@settings(max_examples=20, deadline=None)
@given(load=loads)
def test_nothing_small_comes_out_of_the_gate(name: str, load: list[int]) -> None:
    exact = verdict_of(name, load)
    told = redact_verdict(exact, TEN)
    # what was judged stays judged: the gate takes figures away and changes no outcome
    assert (told.outcome, told.indication) == (exact.outcome, exact.indication)
    for figure, count in told.counts.items():
        was = exact.counts[figure]
        assert was.part is not None
        assert count.part is None or count.part % 5 == 0
        assert (count.part is None) == (0 < was.part < 10 or 0 < was.whole - was.part < 10)
    for reason, was_one in zip(told.reasons, exact.reasons, strict=True):
        assert reason.weight is None or reason.weight % 5 == 0
        assert (reason.weight is None) == (0 < (was_one.weight or 0.0) < 10)
    kind, whole = told.criterion.kind, exact.weight
    if not exact.has_value or kind.unit == "min":
        return
    if kind.unit == "points":
        assert np.isnan(told.value) or told.value % 5 == 0
    else:
        # a share is of counts rounded to five, of ten or more, and so is all but it
        part = round(exact.value * whole, 6)
        if 0 < part < 10 or 0 < whole - part < 10:
            assert np.isnan(told.value)
        differs = abs(exact.value - exact.baseline_value) * whole
        if not kind.of_change and 1e-6 < differs < 10 - 1e-6:
            assert np.isnan(told.value)
            assert "value" in told.hidden
    assert ("value" in told.hidden) == (np.isnan(told.value) and not np.isnan(exact.value))


@pytest.mark.parametrize(
    ("exact", "threshold", "shown"),
    [
        (0.0, 0.0, 0.0),  # nobody loses, and that is told
        (1.9, 5.0, np.nan),  # not "0 points" where somebody does
        (1.9, 0.0, np.nan),  # nor "not met: 0 against at most 0"
        (16.0, 15.0, np.nan),  # nor "not met: 15 against at most 15"
        (14.0, 15.0, 15.0),
        (18.0, 15.0, 20.0),
        (-16.0, 0.0, -15.0),
    ],
)
def test_no_change_reads_as_none_or_as_passing_what_it_fails(
    exact: float, threshold: float, shown: float
) -> None:
    item = FALLS["walk-30-fall"].model_copy(update={"threshold": threshold})
    verdict = replace(judge(item, case_of(CLOSED)), value=exact)
    told = redact_verdict(verdict, TEN)
    np.testing.assert_equal(told.value, shown)
    assert told.hidden == (frozenset({"value", "worsened_by"}) if np.isnan(shown) else frozenset())


def test_a_hidden_difference_of_falls_is_said_to_be_too_small() -> None:
    item = FALLS["deprived-fall"]
    verdict = judge(item, case_of(CLOSED))
    rows = verdict.evidence.assign(fall_points=[15.9, 14.0])
    told = redact_verdict(replace(verdict, value=1.9, evidence=rows), TEN)
    assert told.outcome is verdict.outcome
    assert "15 points, elsewhere by 15 points; how they differ is too small" in told.sentence
    assert " 0 points against" not in told.sentence


def test_a_worst_fall_just_above_the_threshold_is_not_printed_as_at_it() -> None:
    item = SEVEN["even-spread"].model_copy(update={"threshold": 15.0})
    verdict = judge(item, case_of(CLOSED))
    first = verdict.evidence["fall_points"].to_numpy(dtype=float).copy()
    first[0] = 16.0
    rows = verdict.evidence.assign(fall_points=first)
    verdict = replace(verdict, value=16.0, outcome=Outcome.NOT_MET, evidence=rows)
    told = redact_verdict(verdict, TEN).sentence
    assert "by 15 points" not in told
    assert "no ward would lose more" not in told
    assert "Not met: [c] against at most 15 points" in told


@given(part=st.floats(0, 900), rest=st.floats(0, 900))
def test_a_count_and_all_but_it_are_ten_or_more_or_none(part: float, rest: float) -> None:
    count = redact_count(Count(unit="families", part=part, whole=part + rest), TEN)
    if 1e-5 < part < 9.999 or 1e-5 < rest < 9.999:
        assert count.part is None or count.all_but
    if count.part is not None:
        assert count.part % 5 == 0


def test_notes_on_places_where_nobody_lives_are_left_out() -> None:
    empty = note("info", "rim", count=Count(unit="families", part=0.0, whole=90.0), label="on foot")
    few = note("info", "never-reached", weight=4.0, limit=0)
    assert redact_notes([empty, few], PUBLIC) == (empty, few)
    (told,) = redact_notes([empty, few], TEN)
    assert dict(told.facts) == {"weight": None, "limit": 10}


def test_no_sensitivity_row_shows_what_the_verdict_hides() -> None:
    items = [criterion(threshold=0.75), FALLS["walk-30-fall"]]
    exact = sensitivity(items, [case_of(CLOSED)])
    told = redact_sensitivity(exact, items, TEN)
    pd.testing.assert_series_equal(told.frame["outcome"], exact.frame["outcome"])
    shares = told.frame[told.frame["criterion"] == "walk-30"]
    weight = exact.weight.loc[shares.index]
    part = exact.frame.loc[shares.index, "value"] * weight
    small = ((part > 1e-6) & (part < 10)) | ((weight - part > 1e-6) & (weight - part < 10))
    assert shares.loc[small, "value"].isna().all()
    assert not told.frame["value"].equals(exact.frame["value"])


def test_a_range_is_hidden_where_any_draw_of_it_is() -> None:
    # Of 600 families 540 before; after, 500 in nine draws and in the last 535: five fewer.
    few = np.array([500.0] * 9 + [535.0])
    drawn = {"near": few, "far": np.array([500.0] * 10)}

    def draws(after: np.ndarray) -> Draws:
        return Draws(value=after / 600, before=np.full(10, 0.9), weight=np.full(10, 600.0))

    shared = {"scenario": "closed", "criterion": "walk-30"}
    chances = {"met": np.zeros(10, bool), "probability": 1 / 12, "probability_before": 11 / 12}
    told = {}
    for name, after in drawn.items():
        one = Simulated(**shared, **chances, mode="walk", draws=draws(after))
        place = {"kind": SourceKind.PLACE, "site_id": "B", "name": "B"}
        rest = {"whole": one.value.width, "right_now": 1.0, "right_then": 1.0}
        part = Source(**shared, **place, **rest, draws=draws(after))
        simulation = Simulation(doubts=(), sampled={}, draws=10)
        exact = Uncertainty(
            draws=10, simulated=(one,), sources=(part,), headlines=(), simulation=simulation
        )
        told[name] = redact_uncertainty(exact, [SEVEN["walk-30"]], TEN)
    ranges = ["low", "median", "high"]
    before = [f"baseline_{name}" for name in ranges]
    for name, shown in told.items():
        row, hidden = shown.frame.iloc[0], name == "near"
        assert row[ranges].isna().all() == row[ranges].isna().any() == hidden
        assert row[before].tolist() == [0.9, 0.9, 0.9]
        assert shown.sources_frame.loc[0, ["low", "high", "share"]].isna().all() == hidden
        assert shown.first is not None
    assert told["far"].frame["median"].tolist() == [500 / 600]


def test_sets_are_ranked_by_no_more_than_is_shown() -> None:
    assert coarsening(PUBLIC) is None
    coarsen = coarsening(TEN)
    assert coarsen is not None
    share = type("M", (), {"unit": "share", "whole": 100.0})()
    points = type("M", (), {"unit": "points", "whole": np.nan})()
    assert coarsen(share, np.array([0.51, 0.52, 0.53])).tolist() == [0.5, 0.5, 0.55]
    assert coarsen(points, np.array([1.9, 3.0])).tolist() == [0.0, 5.0]


# ---- journeys by timetable ---------------------------------------------------------------------


def hidden_table(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    shown, _ = redact_tables({name: frame}, TEN)
    return shown[name]


def test_few_with_one_limit_in_the_way_of_a_visit_cannot_be_worked_out() -> None:
    limits = pd.DataFrame(
        {
            "scenario": ["baseline"] * 4,
            "limit": ["none", "no_way_there", "too_long_there", "no_way_home"],
            "weight": 600.0,
            "weight_stopped": [500.0, 60.0, 37.0, 3.0],
        }
    )
    limits = limits.assign(share_stopped=limits["weight_stopped"] / 600)
    shown = hidden_table("limits", limits)
    few = shown["limit"] == "no_way_home"
    assert shown.loc[few, ["weight_stopped", "share_stopped"]].isna().all(axis=None)
    # another is hidden with it, else what is left of the whole would say it
    assert shown["weight_stopped"].isna().sum() > 1
    assert (shown["weight_stopped"].dropna() % 5 == 0).all()
    assert redact_tables({"limits": limits}, PUBLIC)[0]["limits"] is limits


def test_few_who_can_be_at_a_session_by_bus_alone_are_hidden() -> None:
    def sessions(by_bus: float) -> pd.DataFrame:
        some = np.array([400.0, by_bus])
        columns = {"weight": 600.0, "weight_any": some, "share_any": some / 600}
        modes = {"scenario": "baseline", "mode": ["walk", "transit"], "mean_sessions": [3.0, 3.01]}
        return hidden_table("sessions", pd.DataFrame(modes | columns))

    shown = sessions(404.0)
    assert shown[["weight_any", "share_any"]].isna().sum().tolist() == [1, 1]
    # times 600 a mean is a count of sessions, and 6 of them may be one family's
    assert shown["mean_sessions"].isna().all()
    assert sessions(440.0)["weight_any"].tolist() == [400.0, 440.0]


def test_a_share_hidden_in_the_curve_is_not_printed_as_none() -> None:
    curve = pd.DataFrame(
        {
            "scenario": "closed",
            "mode": "walk",
            "sites": "open",
            "cutoff_min": [10, 20],
            "weight": 600.0,
            "within_after": [300.0, 304.0],
        }
    )
    curve = curve.assign(within_share_after=curve["within_after"] / 600)
    shown = hidden_table("curve.csv", curve)
    assert shown["within_share_after"].isna().tolist() == [False, True]
    assert shown["within_after"].isna().tolist() == [False, True]


def test_few_who_ride_are_hidden_with_all_that_is_told_of_their_journeys() -> None:
    journeys = pd.DataFrame(
        {
            "scenario": ["baseline"],
            "sites": ["open"],
            "weight": [600.0],
            "within_p10": [408.0],
            "within_p50": [404.0],
            "within_p90": [401.0],
            "weight_by_vehicle": [4.0],
            "weight_on_foot": [560.0],
            "weight_unreached": [36.0],
            "mean_ride_min": [12.0],
            "mean_sessions": [2.0],
        }
    )
    shares = {f"share_within_p{part}": journeys[f"within_p{part}"] / 600 for part in (10, 50, 90)}
    shown = hidden_table("transit.csv", journeys.assign(**shares)).iloc[0]
    gone = ["weight_by_vehicle", "within_p10", "within_p90", "share_within_p10"]
    gone += ["share_within_p90", "mean_ride_min", "mean_sessions"]
    assert shown[gone].isna().all()
    assert shown["within_p50"] == 405.0


@pytest.mark.parametrize(("weight", "policy"), [(600.0, PUBLIC), (600.0, TEN), (8.0, TEN)])
def test_fragility_is_the_middle_and_nine_in_ten_of_what_may_be_shown(
    weight: float, policy: Policy
) -> None:
    asked = SEVEN["walk-30"]
    # as promised, then twenty draws: 0.500, 0.505, ..., 0.595
    values = [0.8, *(0.5 + step / 200 for step in range(20))]
    drawn = pd.DataFrame(
        {
            "scenario": "closed",
            "criterion": asked.id,
            "draw": range(-1, 20),
            "value": values,
            "baseline_value": values,
            "outcome": ["met", *["met"] * 5, *["not met"] * 15],
        }
    )[list(FRAGILITY_COLUMNS)]
    told = summarise_fragility(drawn, pd.Series(weight, drawn.index), [asked], policy).iloc[0]
    assert (told["draws"], told["draws_same"], told["outcome"]) == (20, 5, "met")
    figures = told[["value", "low", "median", "high"]].astype(float).tolist()
    if policy is PUBLIC:
        # by hand: the first, the tenth and the nineteenth of twenty
        assert figures == pytest.approx([0.8, 0.5, 0.545, 0.59])
    elif weight < policy.threshold:
        assert np.isnan(figures).all()
    else:
        # of 600: 480, 300, 327 and 354, to the nearest five
        assert figures == pytest.approx([480 / 600, 300 / 600, 325 / 600, 355 / 600])

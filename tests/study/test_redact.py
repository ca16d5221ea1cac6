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
    shared = replace(case.settings, least_weight=TEN.least_base, round_to=TEN.round_to)
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
        falls = falls_of(told, exact)
        if kind.name == "fall_gap":
            np.testing.assert_allclose(told.value, falls[0] - falls[1])
        elif kind.name == "coverage_fall" or np.isfinite(told.value):
            np.testing.assert_allclose(
                told.value,
                max(np.nanmax([*falls, -np.inf]), 0.0) if kind.name == "area_loss" else falls[0],
            )
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


def falls_of(told: Verdict, exact: Verdict) -> list[float]:
    """The falls by group or area that follow from shares as they are shown; NaN of hidden ones."""
    rows = told.evidence
    if "name" in rows or "counts" not in rows:
        falls = 100 * (rows["share_before"] - rows["share_after"])
        ends = [exact.evidence[f"share_{when}"] for when in ("before", "after")]
        none = np.isclose(*ends).tolist()  # it may be told that nobody loses
        none = pd.Series(none, exact.evidence.index).reindex(falls.index)
        return falls.where(~none, 0.0).tolist()
    load = exact.evidence["weight"].to_numpy(dtype=float)
    counts = [load[exact.evidence[f"counted_{when}"]].sum() for when in ("before", "after")]
    before, after = (float(TEN.share(count, load.sum())) for count in counts)
    if counts[0] == counts[1]:
        return [0.0]
    return [np.nan if TEN.small(counts[0] - counts[1]) else 100 * (before - after)]


@pytest.mark.parametrize("name", list(FALLS))
@settings(max_examples=40, deadline=None)
@given(load=loads)
def test_an_outcome_of_a_fall_is_that_of_the_figure_shown(name: str, load: list[int]) -> None:
    item = EVERY[name].model_copy(update={"margin": 0.0})
    case = case_of(CLOSED, people=origins().assign(weight=np.array(load, float)))
    shared = replace(case.settings, least_weight=TEN.least_base, round_to=TEN.round_to)
    told = redact_verdict(judge(item, replace(case, settings=shared)), TEN)
    pointed = told.indication or told.outcome
    if item.kind.unit == "points" and not np.isnan(told.value):
        assert (pointed is Outcome.MET) == (told.value <= item.threshold + 1e-9)


def fall_verdict(rows: pd.DataFrame) -> Verdict:
    verdict = judge(FALLS["deprived-fall"], case_of(CLOSED))
    return replace(verdict, value=0.5, evidence=verdict.evidence.assign(**rows))


def test_a_difference_of_falls_is_hidden_with_a_share_of_either_side() -> None:
    shares = {"share_before": [0.8, 0.6], "share_after": [0.65, 0.45]}
    open_ = redact_verdict(fall_verdict({"weight": [200.0, 400.0], **shares}), TEN)
    assert open_.value == 0.5
    assert "value" not in open_.hidden
    # 196 of 200 are near before: four are not
    few = {"weight": [200.0, 400.0], **shares, "share_before": [0.98, 0.6]}
    told = redact_verdict(fall_verdict(few), TEN)
    assert told.hidden == {"value", "worsened_by"}
    assert "fall by [c], elsewhere by 15 points; how they differ would tell of too few" in (
        told.sentence
    )


def test_the_worst_fall_is_told_where_an_area_that_falls_as_far_is() -> None:
    verdict = judge(SEVEN["even-spread"], case_of(CLOSED))
    rows = verdict.evidence.head(2).assign(
        name=["Secret", "Told"],
        weight=[30.0, 40.0],
        share_before=[28 / 30, 1.0],  # but two are near before
        share_after=[0.0, 0.0],
        fall_points=[100.0, 100.0],
    )
    told = redact_verdict(replace(verdict, value=100.0, evidence=rows), TEN)
    assert told.value == 100.0
    assert told.sentence.startswith("Of the wards that can be shown, Told would lose most")
    assert "at least 1 of 2" in told.sentence
    rows = rows.assign(share_after=[0.0, 0.25], fall_points=[100.0, 75.0])
    told = redact_verdict(replace(verdict, value=100.0, evidence=rows), TEN)
    assert np.isnan(told.value)
    assert "100" not in told.sentence


def test_hidden_hours_lost_do_not_follow_from_the_means() -> None:
    verdict = judge(EVERY["hours"], case_of(CLOSED))
    shown = redact_verdict(replace(verdict, value=0.5, weight=100.0), TEN)
    assert "[c]" not in shown.sentence
    told = redact_verdict(replace(verdict, value=0.05, weight=100.0), TEN)
    assert "would have [c] opening hours" in told.sentence


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
    assert coarsen(share, np.array([0.51, 0.52, 0.53])).tolist() == [0.5, 0.5, 0.55]


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

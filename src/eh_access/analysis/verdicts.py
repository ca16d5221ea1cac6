"""Judging: a criterion and a case in, a verdict with its reasons out.

A verdict never says more than its inputs carry. With straight-line times it says which outcome the
figures point to; when it turns on a place that is only estimated, or not known, it names the site.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from eh_access.analysis.arrays import ROUNDING
from eh_access.analysis.criteria import Criterion, Outcome, Verdict
from eh_access.analysis.evidence import evidence_of
from eh_access.analysis.judgements import Finding, judgement, published
from eh_access.analysis.question import Question, ask, missing_inputs, missing_modes
from eh_access.analysis.readings import LEVELS, grade
from eh_access.analysis.reasons import (
    Reasons,
    left_out,
    no_value,
    not_without,
    on_estimates,
    on_unknowns,
)
from eh_access.analysis.sentences import Telling, sentence
from eh_access.analysis.views import tables_for
from eh_access.modes import MODES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.analysis.case import Case
    from eh_access.routing.types import TravelTimes

    Floats = NDArray[np.float64]

HARDLY = 1e-6
"""Stands for a change that may not be told: it has a direction and no size."""
ESTIMATED = "travel times are straight-line estimates"
ROW_COLUMNS = (
    "scenario",
    "criterion",
    "mode",
    "value",
    "baseline_value",
    "threshold",
    "outcome",
    "basis",
    "indication",
    "reason",
    "sentence",
    "not_met_before",
    "worsened_by",
)


def judge(criterion: Criterion, case: Case) -> Verdict:
    """Return what a criterion says of a scenario.

    Parameters
    ----------
    criterion
        What is asked.
    case
        The scenario beside the baseline, with the minutes there are.

    Returns
    -------
    Verdict
        With an outcome always; an input that is missing makes it "cannot say", never an error.

    Examples
    --------
    >>> import datetime as dt
    >>> import geopandas as gpd
    >>> from eh_access.analysis.case import Case, Side
    >>> from eh_access.analysis.scenarios import Close, Scenario, apply_scenario
    >>> from eh_access.routing.estimate import estimate_travel_times
    >>> def at(ids, eastings, **columns):
    ...     places = gpd.points_from_xy(eastings, [390_000] * len(ids))
    ...     return gpd.GeoDataFrame(columns, geometry=places, index=ids, crs="EPSG:27700")
    >>> homes = at(["a", "b"], [440_565, 442_435], weight=[30.0, 10.0])
    >>> sites = at(
    ...     ["west", "east"],
    ...     [440_000, 443_000],
    ...     name=["West", "East"],
    ...     hours_per_week=np.nan,
    ...     location_basis="surveyed",
    ...     location_radius_m=0.0,
    ...     is_open=True,
    ... )
    >>> times = {"walk": estimate_travel_times(homes, sites, mode=MODES["walk"])}
    >>> closing = apply_scenario(sites, Scenario(name="one", label="One", changes=(Close("east"),)))
    >>> case = Case(
    ...     scenario="one",
    ...     origins=homes,
    ...     before=Side(sites=sites, times=times),
    ...     after=Side(sites=closing, times=times),
    ... )
    >>> criterion = Criterion(
    ...     id="walk-30",
    ...     title="A 30-minute walk",
    ...     measure="coverage",
    ...     mode="walk",
    ...     cutoff_min=30.0,
    ...     threshold=0.9,
    ...     source="an example",
    ...     set_by="nobody",
    ...     set_on=dt.date(2025, 1, 6),
    ... )
    >>> verdict = judge(criterion, case)
    >>> verdict.value, str(verdict.outcome), str(verdict.indication)  # the minutes are estimates
    (0.75, 'cannot say', 'not met')
    """
    missing = missing_inputs(criterion, case)
    if missing:
        return _without(criterion, case, missing)
    question = ask(criterion, case)
    reading = question.reading()
    pointed = LEVELS[int(grade(criterion, reading))]
    reasons = _reasons(question, case, pointed)
    policy = case.settings.policy
    exact = (reading.value, reading.baseline_value)
    value, baseline = (float(part) for part in published(criterion, *exact, question.base, policy))
    finding = Finding(
        value=value,
        baseline_value=baseline,
        outcome=Outcome.CANNOT_SAY if reasons.causes else pointed,
        indication=_indication(reasons, pointed),
        not_met_before=_not_met_before(question, case, pointed, pointless=reasons.pointless),
        worsened_by=_worsened(criterion, (value, baseline), exact),
        is_baseline=case.is_baseline,
        causes=tuple(reasons.causes),
    )
    before, after = question.figures()
    evidence = evidence_of(question, case.origins, before=before, after=after)
    telling = Telling(
        question=question,
        case=case,
        before=before,
        after=after,
        travel=_travel(criterion, case),
        search_min=min(table.cutoff_min for table in _tables(criterion, case)),
        evidence=evidence,
    )
    nothing = math.isnan(float(reading.value))
    told = judgement(criterion, finding) if nothing else sentence(telling, finding)
    return _verdict(
        criterion, case, finding, sentence=told, evidence=evidence, reason=reasons.text()
    )


def verdict_row(verdict: Verdict) -> dict[str, object]:
    """Return a verdict as a row of a table."""
    return {
        "scenario": verdict.scenario,
        "criterion": verdict.criterion.id,
        "mode": verdict.mode,
        "value": verdict.value,
        "baseline_value": verdict.baseline_value,
        "threshold": verdict.threshold,
        "outcome": verdict.outcome.value,
        "basis": verdict.basis,
        "indication": verdict.indication.value if verdict.indication else "",
        "reason": verdict.reason,
        "sentence": verdict.sentence,
        "not_met_before": verdict.not_met_before,
        "worsened_by": verdict.worsened_by,
    }


def verdicts_frame(verdicts: Iterable[Verdict]) -> pd.DataFrame:
    """Return verdicts as a table, one row each."""
    return pd.DataFrame([verdict_row(verdict) for verdict in verdicts], columns=list(ROW_COLUMNS))


def _reasons(question: Question, case: Case, pointed: Outcome) -> Reasons:
    """Gather what a verdict stands on, the gravest first."""
    criterion = question.criterion
    reasons = Reasons()
    if pointed is Outcome.CANNOT_SAY:
        reasons.causes.append(no_value(question, case))
        reasons.pointless = True
    if _estimated(criterion, case):
        reasons.causes.append(ESTIMATED)
    not_without(reasons, criterion, missing_modes(criterion, case), pointed)
    if pointed is not Outcome.CANNOT_SAY:
        on_estimates(reasons, question, pointed)
        on_unknowns(reasons, question, case, pointed)
    left_out(reasons, question, case, _tables(criterion, case))
    if case.settings.moved:
        reasons.notes.append(case.settings.moved)
    return reasons


def _worsened(
    criterion: Criterion, told: tuple[float, float], exact: tuple[Floats, Floats]
) -> float:
    """Return by how much the published value is worse; where that is hidden, which way it goes."""
    sign = -1.0 if criterion.better == "higher" else 1.0
    worse = sign * (told[0] - told[1]) + 0.0
    true = sign * float(exact[0] - exact[1])
    return math.copysign(HARDLY, true) if math.isnan(worse) and abs(true) > ROUNDING else worse


def _indication(reasons: Reasons, pointed: Outcome) -> Outcome | None:
    return pointed if reasons.causes and not reasons.pointless else None


def _without(criterion: Criterion, case: Case, missing: list[str]) -> Verdict:
    """Return the verdict on a criterion of which inputs are missing."""
    finding = Finding(
        value=math.nan,
        baseline_value=math.nan,
        outcome=Outcome.CANNOT_SAY,
        indication=None,
        not_met_before=False,
        worsened_by=math.nan,
        is_baseline=case.is_baseline,
        causes=tuple(missing),
    )
    return _verdict(
        criterion,
        case,
        finding,
        sentence=judgement(criterion, finding),
        evidence=pd.DataFrame(),
        reason="; ".join(missing),
    )


def _verdict(
    criterion: Criterion,
    case: Case,
    finding: Finding,
    *,
    sentence: str,
    evidence: pd.DataFrame,
    reason: str,
) -> Verdict:
    basis: Literal["streets", "estimated"] = "streets"
    if _estimated(criterion, case):
        basis = "estimated"
    return Verdict(
        criterion=criterion,
        scenario=case.scenario,
        mode=criterion.mode,
        value=finding.value,
        baseline_value=finding.baseline_value,
        threshold=criterion.threshold,
        outcome=finding.outcome,
        indication=finding.indication,
        basis=basis,
        reason=reason,
        sentence=sentence,
        not_met_before=finding.not_met_before,
        worsened_by=finding.worsened_by,
        evidence=evidence,
    )


def _not_met_before(question: Question, case: Case, pointed: Outcome, *, pointless: bool) -> bool:
    """Return whether the baseline is itself not met, wherever its sites may be."""
    if case.is_baseline or pointless or pointed is not Outcome.NOT_MET:
        return False
    earlier = question.earlier()
    if earlier.outcome() is not Outcome.NOT_MET:
        return False
    reasons = Reasons()
    on_estimates(reasons, earlier, Outcome.NOT_MET)
    on_unknowns(reasons, earlier, case, Outcome.NOT_MET)
    return not reasons.causes


def _tables(criterion: Criterion, case: Case) -> list[TravelTimes]:
    tables = []
    for side in (case.before, case.after):
        tables += tables_for(criterion, side)
        if criterion.measure == "hours_reachable" and criterion.mode in side.times_back:
            tables.append(side.times_back[criterion.mode])
    return tables


def _estimated(criterion: Criterion, case: Case) -> bool:
    return bool(np.any([table.estimated for table in _tables(criterion, case)]))


def _travel(criterion: Criterion, case: Case) -> str:
    """Return how people travel, in words: "on foot or by bus"."""
    modes = [criterion.mode]
    modes += [m for m in criterion.also_modes if m not in missing_modes(criterion, case)]
    labels = {table.mode.name: table.mode.label for table in _tables(criterion, case)}
    known = {name: mode.label for name, mode in MODES.items()} | labels
    return " or ".join(known.get(mode, f"by {mode}") for mode in modes)

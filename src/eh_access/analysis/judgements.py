"""What follows from a criterion's value, in words: met, not met, not met before either."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.criteria import Outcome
from eh_access.analysis.hiding import blurred
from eh_access.analysis.numerals import amount, shown
from eh_access.analysis.policy import HIDDEN_MARK, Policy
from eh_access.analysis.readings import POINTS, Base

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    from eh_access.analysis.criteria import Criterion


@dataclass(frozen=True, eq=False, kw_only=True)
class Finding:
    """What there is to say of a criterion."""

    value: float  # in the measure's unit
    baseline_value: float
    outcome: Outcome  # as in the verdict
    indication: Outcome | None
    not_met_before: bool
    worsened_by: float
    is_baseline: bool  # whether it is of the baseline itself, so that there is no before to tell of
    causes: tuple[str, ...]  # why nothing can be said, in clauses; empty unless that is the outcome


def published(
    criterion: Criterion, value: Floats, baseline: Floats, base: Base, policy: Policy
) -> tuple[Floats, Floats]:
    """Return a criterion's values as they are published."""
    if policy.public:
        return value, baseline
    whole = float(base.weights.sum())
    if criterion.spec.unit == "points":
        return policy.points(value), baseline
    if criterion.spec.unit != "share":
        return value, baseline
    told = blurred(value, whole, policy)
    if criterion.spec.of_change:
        return told, baseline
    differ = policy.small((value - baseline) * whole)
    return np.where(differ, np.nan, told), blurred(baseline, whole, policy)


def judgement(criterion: Criterion, finding: Finding) -> str:
    """Return what follows from the facts."""
    if finding.outcome is not Outcome.CANNOT_SAY:
        return f"{_verdict(criterion, finding, finding.outcome)}."
    causes = "; ".join(finding.causes)
    if finding.indication is None:
        return f"Cannot say: {causes}."
    pointed = _verdict(criterion, finding, finding.indication)
    return f"Cannot say: {causes}. The figures point to: {pointed[0].lower()}{pointed[1:]}."


def _verdict(criterion: Criterion, finding: Finding, outcome: Outcome) -> str:
    unit = criterion.spec.unit
    value = _shown(finding.value, criterion)
    bound = "at least" if criterion.better == "higher" else "at most"
    against = f"{value} against {bound} {shown(criterion.threshold, unit)}"
    word = outcome.value.capitalize()
    if outcome is Outcome.MARGINAL:
        word = f"Marginal, within {shown(criterion.margin, unit, plain=True)} of the line"
    told = f"{word}: {against}{_fall(criterion, finding)}"
    if finding.is_baseline or not finding.not_met_before or math.isnan(finding.worsened_by):
        return told
    before = _shown(finding.baseline_value, criterion)
    change = _worse(criterion, finding.worsened_by)
    return f"Not met before either: {against}, {before} before; {change}"


def _shown(value: float, criterion: Criterion) -> str:
    """Return a value as it is printed; one of which there is an outcome is there, if hidden."""
    if math.isnan(value):
        return HIDDEN_MARK
    return shown(value, criterion.spec.unit, near=criterion.threshold)


def _fall(criterion: Criterion, finding: Finding) -> str:
    """Return what the second test found, where there is one."""
    if criterion.max_fall_points is None or math.isnan(finding.value):
        return ""
    fall = (finding.baseline_value - finding.value) * POINTS
    if finding.is_baseline or math.isnan(fall):
        return ""
    allowed = f"{criterion.max_fall_points:g} allowed"
    if fall <= 0:
        return "; the share does not fall"
    was = shown(finding.baseline_value, "share")
    return f"; down {shown(fall, 'points', near=criterion.max_fall_points)} from {was} ({allowed})"


def _worse(criterion: Criterion, worsened_by: float) -> str:
    size = shown(abs(worsened_by), criterion.spec.unit, plain=True)
    if amount(size) == 0:
        return "it does not change" if worsened_by == 0 else "it hardly changes"
    allowed = criterion.max_fall_points
    more = f" ({allowed:g} allowed)" if allowed is not None and worsened_by > 0 else ""
    return f"it becomes {'worse' if worsened_by > 0 else 'better'} by {size}{more}"

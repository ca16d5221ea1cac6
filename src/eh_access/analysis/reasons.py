"""Why a verdict cannot be given, and what must be said beside one that can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.criteria import Outcome
from eh_access.analysis.doubts import (
    places_tried,
    turning_sites,
    turning_unknowns,
    uncertain_sites,
    unknown_sites,
)
from eh_access.analysis.equality import GROUPS
from eh_access.analysis.numerals import number
from eh_access.analysis.views import tables_for

if TYPE_CHECKING:
    import pandas as pd

    from eh_access.analysis.case import Case
    from eh_access.analysis.criteria import Criterion
    from eh_access.analysis.question import Question
    from eh_access.routing.types import TravelTimes

MOST_NAMED = 3
"""Of the roughly known sites that nothing turns on, so many are named."""


@dataclass
class Reasons:
    """What was found while judging, in clauses."""

    causes: list[str] = field(default_factory=list)  # any of these makes the outcome "cannot say"
    # what is left out or estimated without changing the outcome
    notes: list[str] = field(default_factory=list)
    # whether the figures point to no outcome at all: something is missing, or they would point
    # elsewhere if a site stood elsewhere
    pointless: bool = False

    def text(self) -> str:
        """Return all of them in one line, causes first."""
        return "; ".join([*self.causes, *self.notes])


def no_value(question: Question, case: Case) -> str:
    """Return why a criterion has no value."""
    base, group, unit = question.base, question.criterion.group, case.settings.unit
    where = f"in {GROUPS[group].words}" if group else "here"
    if base.few:
        return f"there are too few {unit} {where} to publish anything about"
    if not base.weights.sum() > 0:
        return f"there are no {unit} {where}"
    if group and not base.elsewhere.sum() > 0:
        return f"there are no {unit} elsewhere to compare with"
    return "on both sides some are out of reach, so that their mean times cannot be compared"


def not_without(
    reasons: Reasons, criterion: Criterion, modes: Sequence[str], pointed: Outcome
) -> None:
    """Add what follows when the times of a further mode are missing."""
    # More ways to travel can only bring sites nearer, so that a share reached without them is
    # reached. How far it falls is another matter.
    if not modes:
        return
    named = " and ".join(modes)
    if pointed is Outcome.MET and criterion.max_fall_points is None:
        reasons.notes.append(f"{named} times are missing; it is met without them")
        return
    reasons.causes.append(f"{named} times are missing (there is no timetable)")
    reasons.pointless = True


def on_estimates(reasons: Reasons, question: Question, pointed: Outcome) -> None:
    """Add what follows from sites whose place is known only roughly."""
    radius = uncertain_sites(question)
    if radius.empty:
        return
    turning = turning_sites(question, radius.index, pointed)
    if turning:
        told = _listed(_placed(question, turning, radius))
        be = "is" if len(turning) == 1 else "are"
        reasons.causes.append(f"it turns on where {told} {be}")
        reasons.pointless = True
    steady = radius[~radius.index.isin(turning)].sort_values(ascending=False, kind="stable")
    if len(steady):
        named = _placed(question, steady.index[:MOST_NAMED].tolist(), radius)
        more = steady.iloc[MOST_NAMED:]
        if len(more):
            named.append(f"{len(more)} more (to within {more.max():,.0f} m or better)")
        told = f"known only roughly, but nothing turns on it: {_listed(named)}"
        reasons.notes.append(told)


def on_unknowns(reasons: Reasons, question: Question, case: Case, pointed: Outcome) -> None:
    """Add what follows from sites whose place nobody knows: they are left out."""
    unknown = unknown_sites(question)
    if unknown.empty:
        return
    mode = tables_for(question.criterion, case.after)[0].mode
    turning = turning_unknowns(question, unknown.index, case, mode=mode, outcome=pointed)
    for site, row in unknown.iterrows():
        effect = "overstates the harm" if row["open_after"] else "understates the harm"
        if case.is_baseline:
            effect = "understates what is near"
        told = f"it is not known where {row['name']} is; it is left out, which {effect}"
        if site in turning:
            reasons.causes.append(f"{told}, and its place could change the outcome")
            reasons.pointless = True
        else:
            tried = f"(at {number(len(places_tried(case.origins)))} places)"
            reasons.notes.append(f"{told}, but the outcome stands wherever it was tried {tried}")


def left_out(
    reasons: Reasons, question: Question, case: Case, tables: Iterable[TravelTimes]
) -> None:
    """Add who is left out, or may have been cut short."""
    base, unit, origins = question.base, case.settings.unit, case.origins
    policy = case.settings.policy
    weights = base.weights + base.elsewhere
    if base.unknown_weight > 0:
        criterion = question.criterion
        column = GROUPS[criterion.group].column if criterion.group else criterion.by
        count = number(base.unknown_weight, policy)
        told = f"{count} {unit} whose '{column}' is not known are left out"
        reasons.notes.append(told)
    off = np.zeros(len(origins), dtype=bool)
    rim = np.zeros(len(origins), dtype=bool)
    for table in tables:
        rows = table.origin_ids.get_indexer(origins.index)
        status = table.origin_status["status"].isin(["off_network", "no_location"])
        off |= status.to_numpy(dtype=bool)[rows]
        if table.touches_rim is not None:
            rim |= table.touches_rim[rows]
    if weights[off].sum() > 0:
        told = f"{number(weights[off].sum(), policy)} {unit} could not be placed on the streets"
        reasons.notes.append(f"{told} and count as out of reach")
    if weights[rim].sum() > 0:
        count = number(weights[rim].sum(), policy)
        told = f"the trips of {count} {unit} touch the rim of the streets"
        reasons.notes.append(f"{told} known and may be shorter in truth")


def _placed(question: Question, sites: Sequence[str], radius: pd.Series) -> list[str]:
    """Return "A (known to within 1,500 m)" for each site."""
    names = {
        site: name
        for view in (question.before, question.after)
        for site, name in zip(view.sites.ids, view.sites.names, strict=True)
    }
    return [f"{names[site]} (known to within {radius[site]:,.0f} m)" for site in sites]


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))

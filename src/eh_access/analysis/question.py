"""A criterion asked of a case, once everything it needs is known to be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eh_access.analysis.aligning import metres_per_minute
from eh_access.analysis.equality import GROUPS
from eh_access.analysis.readings import LEVELS, Base, Readings, base_of, grade, read
from eh_access.analysis.views import View, look, tables_for

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from eh_access.analysis.case import Case, Side
    from eh_access.analysis.criteria import Criterion, Outcome


@dataclass(frozen=True, eq=False, kw_only=True)
class Question:
    """A criterion asked of a case, everything it needs taken out of the tables."""

    criterion: Criterion  # what is asked
    before: View  # what it sees of both sides
    after: View
    base: Base  # whom it counts

    def figures(
        self, shift: Mapping[str, int] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what each origin has before and after, sites shifted alike on both sides."""
        moved = shift or {}
        return self.before.figure(moved), self.after.figure(moved)

    def reading(self, shift: Mapping[str, int] | None = None) -> Readings:
        """Return the criterion's value, sites shifted alike on both sides."""
        return read(self.criterion, *self.figures(shift), self.base)

    def outcome(self, shift: Mapping[str, int] | None = None) -> Outcome:
        """Return the outcome the figures point to, sites shifted alike on both sides."""
        return LEVELS[int(grade(self.criterion, self.reading(shift)))]

    def earlier(self) -> Question:
        """Return the same criterion asked of the baseline itself."""
        return replace(self, after=self.before)


def ask(criterion: Criterion, case: Case) -> Question:
    """Return a criterion asked of a case; its inputs must be there."""
    return Question(
        criterion=criterion,
        before=look(criterion, case, case.before),
        after=look(criterion, case, case.after),
        base=base_of(criterion, case.origins, case.settings.policy),
    )


def missing_inputs(criterion: Criterion, case: Case) -> list[str]:
    """Return which inputs a criterion lacks, in plain words; empty when it has them all."""
    missing: dict[str, None] = {}
    for side in (case.before, case.after):
        missing |= dict.fromkeys(_missing_on(criterion, side))
    columns = [criterion.by] if criterion.by else []
    columns += [GROUPS[criterion.group].column] if criterion.group else []
    for column in columns:
        if column not in case.origins.columns or case.origins[column].isna().all():
            missing[f"the column '{column}' of the origins is missing"] = None
    return list(missing)


def _missing_on(criterion: Criterion, side: Side) -> Iterator[str]:
    tables = tables_for(criterion, side)
    if criterion.measure == "coverage_distance":
        if not tables:
            yield f"distances by street ({criterion.mode}) are missing"
    elif criterion.mode not in side.times:
        yield f"{criterion.mode} times are missing"
    if criterion.measure == "hours_reachable":
        if criterion.mode not in side.times_back:
            yield f"{criterion.mode} times home from the sites are missing"
        else:
            tables = [*tables, side.times_back[criterion.mode]]
    for table in tables:
        reach = criterion.cutoff_min or 0.0
        if criterion.within_m is not None:
            reach = criterion.within_m / metres_per_minute(table)
        if table.cutoff_min < reach:
            yield f"{table.mode.name} times end at {table.cutoff_min:g} minutes, below the cutoff"


def missing_modes(criterion: Criterion, case: Case) -> list[str]:
    """Return the further modes of which a side has no times."""
    sides = (case.before, case.after)
    return [mode for mode in criterion.also_modes if any(mode not in side.times for side in sides)]

"""The share of people whose trip grows by more than so many minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eh_access.criteria.criterion import register
from eh_access.criteria.kinds import ByOrigin
from eh_access.measures.basic import HALF_DECISECOND_MIN, change_of

if TYPE_CHECKING:
    import pandas as pd

    from eh_access.criteria.criterion import Bools, Counted, Criterion, Doubles


@register
class AddedTime(ByOrigin):
    """Share whose time grows by more than ``added_min``."""

    name = "added_time"
    better = "lower"
    needs = ("added_min",)
    of_change = True

    def counts(self, criterion: Criterion, before: Doubles, after: Doubles) -> Bools:
        """Return whose time grows by too much."""
        return change_of(before, after) > (criterion.added_min or 0.0) + HALF_DECISECOND_MIN

    def evidence(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> pd.DataFrame:
        """Return every origin's change, too."""
        rows = super().evidence(criterion, before, after, counted)
        return rows.assign(change_min=change_of(before, after))

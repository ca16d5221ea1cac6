"""How many minutes more are added to a group's trips than to everyone else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eh_access.criteria.criterion import register
from eh_access.criteria.kinds import Gap
from eh_access.measures.basic import change_of, mean_of, means_of

if TYPE_CHECKING:
    from eh_access.criteria.criterion import Counted, Criterion, Doubles


@register
class GroupGap(Gap):
    """Mean added minutes in ``group``, less the mean elsewhere."""

    name = "group_gap"
    unit = "min"
    needs = ("group",)

    def change(
        self, _criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the mean added minutes of those who reach a site before or after."""
        return means_of(change_of(before, after), _reaching(before, after, counted.weights))

    def row(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> dict[str, float]:
        """Return the mean minutes before and after, and of what is added."""
        load = _reaching(before, after, counted.weights)
        return {
            "weight": float(load.sum()),
            "mean_before_min": mean_of(before, load),
            "mean_after_min": mean_of(after, load),
            "mean_change_min": float(self.change(criterion, before, after, counted)),
        }


def _reaching(before: Doubles, after: Doubles, weights: Doubles) -> Doubles:
    """Return the weights of those who reach a site before or after, else 0."""
    return np.where(np.isfinite(before) | np.isfinite(after), weights, 0.0)

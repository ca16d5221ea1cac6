"""The share of people with so many opening hours a week within reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eh_access.criteria.criterion import register
from eh_access.criteria.kinds import ByOrigin
from eh_access.measures.basic import ROUNDING

if TYPE_CHECKING:
    from eh_access.criteria.criterion import Bools, Criterion, Doubles


@register
class HoursReachable(ByOrigin):
    """Share with at least ``min_hours`` a week within ``cutoff_min``, there and back."""

    name = "hours_reachable"
    needs = ("cutoff_min", "min_hours")
    may = ("there_and_back",)
    figure = "hours"

    def counts(self, criterion: Criterion, _before: Doubles, after: Doubles) -> Bools:
        """Return which origins have enough hours."""
        return np.asarray(after >= (criterion.min_hours or 0.0) - ROUNDING)

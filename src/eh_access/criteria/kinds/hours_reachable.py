"""The share of people with so many opening hours a week within reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eh_access.criteria.criterion import Criterion, register
from eh_access.criteria.kinds.coverage import Share
from eh_access.measures.basic import ROUNDING

if TYPE_CHECKING:
    from numpy.typing import NDArray


@register
class HoursReachable(Share):
    """Share with at least ``min_hours`` a week within ``cutoff_min``, there and back."""

    name = "hours_reachable"
    needs = ("cutoff_min", "min_hours")
    may = ("there_and_back",)
    figure = "hours"
    defaults = (("there_and_back", "each_way"),)

    def served(self, criterion: Criterion, figure: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which origins have enough hours."""
        return np.asarray(figure >= (criterion.min_hours or 0.0) - ROUNDING)

"""The share of people within so many metres of a site by street."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eh_access.criteria.criterion import Criterion, register
from eh_access.criteria.kinds.coverage import Share
from eh_access.measures.basic import within

if TYPE_CHECKING:
    from numpy.typing import NDArray

HALF_DECIMETRE_M = 0.05
"""What half a decisecond is in metres, at the pace of a pushchair."""


@register
class CoverageDistance(Share):
    """Share of weight within ``within_m`` metres by street."""

    name = "coverage_distance"
    needs = ("within_m",)
    figure = "m"

    def served(self, criterion: Criterion, figure: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which origins are near enough."""
        return within(figure, criterion.within_m or np.inf, spare=HALF_DECIMETRE_M)

"""The share of people within so many metres of a site by street."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eh_access.criteria.criterion import register
from eh_access.criteria.kinds import ByOrigin
from eh_access.measures.basic import within

if TYPE_CHECKING:
    from eh_access.criteria.criterion import Bools, Criterion, Doubles

HALF_DECIMETRE_M = 0.05
"""What half a decisecond is in metres, at the pace of a pushchair."""


@register
class CoverageDistance(ByOrigin):
    """Share of weight within ``within_m`` metres by street."""

    name = "coverage_distance"
    needs = ("within_m",)
    figure = "m"

    def counts(self, criterion: Criterion, _before: Doubles, after: Doubles) -> Bools:
        """Return which origins are near enough."""
        return within(after, criterion.within_m or np.inf, spare=HALF_DECIMETRE_M)

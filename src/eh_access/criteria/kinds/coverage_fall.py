"""How many points the share of people near a site falls by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eh_access.criteria.criterion import register
from eh_access.criteria.kinds import POINTS, ByOrigin, near
from eh_access.measures.basic import shares_where

if TYPE_CHECKING:
    import pandas as pd

    from eh_access.criteria.criterion import Bools, Counted, Criterion, Doubles


def fall_points(criterion: Criterion, before: Doubles, after: Doubles, counted: Counted) -> Doubles:
    """Return by how many points the share within the cutoff falls; below 0 it rises."""
    was, now = (
        shares_where(near(criterion, figure), counted.weights, round_to=counted.round_to)
        for figure in (before, after)
    )
    return np.asarray((was - now) * POINTS)


@register
class CoverageFall(ByOrigin):
    """Fall of the share within ``cutoff_min`` of a site, in points; of a group, if one is named."""

    name = "coverage_fall"
    unit = "points"
    better = "lower"
    needs = ("cutoff_min",)
    may = ("group", "also_modes")
    of_change = True

    def counts(self, criterion: Criterion, before: Doubles, after: Doubles) -> Bools:
        """Return which origins are near a site no more."""
        return near(criterion, before) & ~near(criterion, after)

    def value(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the fall."""
        return fall_points(criterion, before, after, counted)

    def evidence(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> pd.DataFrame:
        """Return which origins are near a site before and after, too."""
        rows = super().evidence(criterion, before, after, counted)
        return rows.assign(
            counted_before=near(criterion, before), counted_after=near(criterion, after)
        )

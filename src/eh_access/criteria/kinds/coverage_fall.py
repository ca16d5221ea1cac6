"""How many points the share of people near a site falls by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import Counted, Criterion, Kind, register
from eh_access.measures.basic import shares_where, within

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]

POINTS = 100.0


def fall_points(criterion: Criterion, before: Doubles, after: Doubles, weights: Doubles) -> Doubles:
    """Return by how many points the share within the cutoff falls; below 0 it rises."""
    was, now = (
        shares_where(within(figure, criterion.cutoff_min or np.inf), weights)
        for figure in (before, after)
    )
    return np.asarray((was - now) * POINTS)


@register
class CoverageFall(Kind):
    """Fall of the share within ``cutoff_min`` of a site, in points; of a group, if one is named."""

    name = "coverage_fall"
    unit = "points"
    better = "lower"
    needs = ("cutoff_min",)
    may = ("group", "also_modes")
    of_change = True

    def value(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the fall."""
        return fall_points(criterion, before, after, counted.weights)

    def evidence(
        self,
        criterion: Criterion,
        origins: gpd.GeoDataFrame,
        before: Doubles,
        after: Doubles,
        counted: Counted,
    ) -> pd.DataFrame:
        """Return what every origin has before and after, and whether it counts as lost."""
        limit = criterion.cutoff_min or np.inf
        was, now = within(before, limit), within(after, limit)
        return pd.DataFrame(
            {
                "weight": counted.weights,
                "before_min": before,
                "after_min": after,
                "counted_before": was,
                "counted_after": now,
                "counts": was & ~now,
            },
            index=origins.index,
        )

"""The share of people whose trip grows by more than so many minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from eh_access.criteria.criterion import Counted, Criterion, Kind, register
from eh_access.measures.basic import HALF_DECISECOND_MIN, change_of, shares_where

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]


@register
class AddedTime(Kind):
    """Share whose time grows by more than ``added_min``."""

    name = "added_time"
    unit = "share"
    better = "lower"
    needs = ("added_min",)
    of_change = True

    def value(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the share whose time grows by too much."""
        more = change_of(before, after) > (criterion.added_min or 0.0) + HALF_DECISECOND_MIN
        return shares_where(more, counted.weights)

    def evidence(
        self,
        criterion: Criterion,
        origins: gpd.GeoDataFrame,
        before: Doubles,
        after: Doubles,
        counted: Counted,
    ) -> pd.DataFrame:
        """Return every origin's change, and whether it counts as too much."""
        change = change_of(before, after)
        return pd.DataFrame(
            {
                "weight": counted.weights,
                "before_min": before,
                "after_min": after,
                "change_min": change,
                "counts": change > (criterion.added_min or 0.0) + HALF_DECISECOND_MIN,
            },
            index=origins.index,
        )

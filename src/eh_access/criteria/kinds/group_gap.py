"""How many minutes more are added to a group's trips than to everyone else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import Counted, Criterion, Kind, register
from eh_access.measures.basic import change_of, mean_of, means_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]


@register
class GroupGap(Kind):
    """Mean added minutes in ``group``, less the mean elsewhere."""

    name = "group_gap"
    unit = "min"
    better = "lower"
    needs = ("group",)
    of_change = True
    compares = True

    def value(
        self, _criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the difference of means, infinities included."""
        reached = np.isfinite(before) | np.isfinite(after)
        change = change_of(before, after)
        inside = means_of(change, np.where(reached, counted.weights, 0.0))
        elsewhere = means_of(change, np.where(reached, counted.elsewhere, 0.0))
        with np.errstate(invalid="ignore"):
            return np.asarray(inside - elsewhere)

    def evidence(
        self,
        criterion: Criterion,
        _origins: gpd.GeoDataFrame,
        before: Doubles,
        after: Doubles,
        counted: Counted,
    ) -> pd.DataFrame:
        """Return the means in the group and elsewhere."""
        reached = np.isfinite(before) | np.isfinite(after)
        change = change_of(before, after)
        rows = []
        for weights in (counted.weights, counted.elsewhere):
            load = np.where(reached, weights, 0.0)
            rows.append(
                {
                    "weight": float(load.sum()),
                    "mean_before_min": mean_of(before, load),
                    "mean_after_min": mean_of(after, load),
                    "mean_change_min": mean_of(change, load),
                }
            )
        return pd.DataFrame(rows, index=pd.Index([criterion.group, "elsewhere"], name="group"))

"""How many points more a group's share near a site falls than elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import Counted, Criterion, Kind, register
from eh_access.criteria.kinds.coverage_fall import fall_points
from eh_access.measures.basic import shares_where, within

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]


@register
class FallGap(Kind):
    """Fall of the share within ``cutoff_min`` in ``group``, less the fall elsewhere, in points."""

    name = "fall_gap"
    unit = "points"
    better = "lower"
    needs = ("group", "cutoff_min")
    may = ("also_modes",)
    of_change = True
    compares = True

    def value(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the difference of falls."""
        inside, elsewhere = (
            fall_points(criterion, before, after, weights)
            for weights in (counted.weights, counted.elsewhere)
        )
        return np.asarray(inside - elsewhere)

    def evidence(
        self,
        criterion: Criterion,
        _origins: gpd.GeoDataFrame,
        before: Doubles,
        after: Doubles,
        counted: Counted,
    ) -> pd.DataFrame:
        """Return the shares before and after in the group and elsewhere."""
        limit = criterion.cutoff_min or np.inf
        rows = []
        for weights in (counted.weights, counted.elsewhere):
            load = float(weights.sum())
            was, now = (
                float(shares_where(within(figure, limit), weights)) for figure in (before, after)
            )
            fall = float(fall_points(criterion, before, after, weights))
            rows.append(
                {"weight": load, "share_before": was, "share_after": now, "fall_points": fall}
            )
        return pd.DataFrame(rows, index=pd.Index([criterion.group, "elsewhere"], name="group"))

"""How far the opening hours within reach fall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import Counted, Criterion, Kind, register
from eh_access.measures.basic import means_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]


@register
class HoursFall(Kind):
    """Fall of the mean opening hours a week within ``cutoff_min``, as a share of those before."""

    name = "hours_fall"
    unit = "share"
    better = "lower"
    needs = ("cutoff_min",)
    may = ("there_and_back",)
    figure = "hours"
    of_change = True
    defaults = (("there_and_back", "each_way"),)

    def value(
        self, _criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the share of hours that is lost; NaN where there were none."""
        was, now = (means_of(figure, counted.weights) for figure in (before, after))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(was > 0, (was - now) / was, np.nan))

    def evidence(
        self,
        _criterion: Criterion,
        origins: gpd.GeoDataFrame,
        before: Doubles,
        after: Doubles,
        counted: Counted,
    ) -> pd.DataFrame:
        """Return every origin's hours a week before and after, and whether it has fewer."""
        return pd.DataFrame(
            {
                "weight": counted.weights,
                "before_hours": before,
                "after_hours": after,
                "counts": after < before,
            },
            index=origins.index,
        )

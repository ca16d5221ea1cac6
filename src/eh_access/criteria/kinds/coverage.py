"""The share of people within so many minutes of a site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import Counted, Criterion, Kind, register
from eh_access.measures.basic import shares_where, within

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Doubles = NDArray[np.float64]


class Share(Kind):
    """A share of the people counted: of those who have what is asked for."""

    unit = "share"
    better = "higher"

    def served(self, criterion: Criterion, figure: Doubles) -> Bools:
        """Return which origins have what is asked for."""
        return within(figure, criterion.cutoff_min or np.inf)

    def value(
        self, criterion: Criterion, _before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the share served."""
        return shares_where(self.served(criterion, after), counted.weights)

    def evidence(
        self,
        criterion: Criterion,
        origins: gpd.GeoDataFrame,
        before: Doubles,
        after: Doubles,
        counted: Counted,
    ) -> pd.DataFrame:
        """Return what every origin has before and after, and whether it counts as served."""
        return pd.DataFrame(
            {
                "weight": counted.weights,
                f"before_{self.figure}": before,
                f"after_{self.figure}": after,
                "counted_before": self.served(criterion, before),
                "counts": self.served(criterion, after),
            },
            index=origins.index,
        )


@register
class Coverage(Share):
    """Share of weight within ``cutoff_min`` of a site."""

    name = "coverage"
    needs = ("cutoff_min",)
    may = ("also_modes",)

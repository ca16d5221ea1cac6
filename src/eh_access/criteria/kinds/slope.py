"""How many more minutes are added for each step of deprivation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import Kind, register
from eh_access.measures.basic import change_of, sums_by

if TYPE_CHECKING:
    from eh_access.criteria.criterion import Counted, Criterion, Doubles


@register
class Slope(Kind):
    """Weighted slope of added minutes down the numbers in ``by``: low is the worse off.

    A cut between groups can change sign with where it is made; a slope uses the whole scale.
    """

    name = "slope"
    unit = "min"
    better = "lower"
    needs = ("by",)
    of_change = True
    ordered = True

    def value(
        self, _criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the minutes more for each step down; NaN where a change has no bound."""
        # every origin of a step has the same number, so sums by step give the slope over origins
        load, added = _sums(before, after, counted)
        steps = counted.areas.to_numpy(dtype=np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            centred = steps - ((load * steps).sum(axis=-1) / load.sum(axis=-1))[..., None]
            slope = -(centred * added).sum(axis=-1) / (load * centred**2).sum(axis=-1)
        return np.where(np.isfinite(slope), slope + 0.0, np.nan)

    def evidence(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> pd.DataFrame:
        """Return the weight and the mean added minutes at every step."""
        load, added = _sums(before, after, counted)
        with np.errstate(invalid="ignore"):
            rows = {"weight": load, "mean_change_min": added / load}
        return pd.DataFrame(rows, index=counted.areas.rename(criterion.by))


def _sums(before: Doubles, after: Doubles, counted: Counted) -> tuple[Doubles, Doubles]:
    """Return at every step who reaches a site before or after, and the minutes added to all."""
    before, after = before[..., counted.order], after[..., counted.order]
    reached = np.isfinite(before) | np.isfinite(after)
    load = np.where(reached, counted.weights[..., counted.order], 0.0)
    with np.errstate(invalid="ignore"):
        added = np.where(reached, change_of(before, after) * load, 0.0)
        return sums_by(counted.starts, load), sums_by(counted.starts, added)

"""How far the opening hours within reach fall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eh_access.criteria.criterion import register
from eh_access.criteria.kinds import ByOrigin
from eh_access.measures.basic import means_of

if TYPE_CHECKING:
    from eh_access.criteria.criterion import Bools, Counted, Criterion, Doubles


@register
class HoursFall(ByOrigin):
    """Fall of the mean opening hours a week within ``cutoff_min``, as a share of those before."""

    name = "hours_fall"
    better = "lower"
    needs = ("cutoff_min",)
    may = ("there_and_back",)
    figure = "hours"
    of_change = True

    def counts(self, _criterion: Criterion, before: Doubles, after: Doubles) -> Bools:
        """Return which origins have fewer hours."""
        return np.asarray(after < before)

    def value(
        self, _criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the share of hours that is lost; NaN where there were none."""
        was, now = (means_of(figure, counted.weights) for figure in (before, after))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(was > 0, (was - now) / was, np.nan))

"""The compiled inner loop of branch and bound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eh_access.compiled import njit

Floats = NDArray[np.float64]


@njit(fastmath=True)
def sum_least(each: Floats, rows: NDArray[np.intp], held: Floats, weights: Floats) -> Floats:
    """Return the sum of weight times the lesser of what is held and what a row costs, by row."""
    sums = np.zeros(len(rows))
    for place in range(len(rows)):
        costs = each[rows[place]]
        for origin in range(len(held)):
            sums[place] += weights[origin] * min(held[origin], costs[origin])
    return sums

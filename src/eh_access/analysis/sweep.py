"""Trying sets of sites one by one, compiled.

Both functions look at each origin's least minutes over a set and what is there anyhow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eh_access._compiled import njit

Floats = NDArray[np.float64]


@njit()
def evaluate(minutes: Floats, base: Floats, weights: Floats, sets: NDArray[np.int64]) -> Floats:
    """Return the weight that reaches nothing, the sum of weight times minutes, the most minutes."""
    count, chosen = sets.shape
    origins = len(base)
    found = np.zeros((3, count))
    # least[place] is over what is there anyhow and the first so many of the set: neighbours in
    # the list begin alike, so that only the last rows are new
    least = np.empty((chosen + 1, origins))
    least[0] = base
    for number in range(count):
        first = 0
        if number > 0:
            while first < chosen and sets[number, first] == sets[number - 1, first]:
                first += 1
        for place in range(first, chosen):
            row, known, new = minutes[sets[number, place]], least[place], least[place + 1]
            for origin in range(origins):
                new[origin] = min(known[origin], row[origin])
        last = least[chosen]
        worst, lost, total = -1.0, 0.0, 0.0
        for origin in range(origins):
            if weights[origin] > 0:
                here = last[origin]
                if here == np.inf:
                    lost += weights[origin]
                else:
                    total += weights[origin] * here
                worst = max(worst, here)
        found[0, number], found[1, number], found[2, number] = lost, total, worst
    return found


@njit()
def tail(
    minutes: Floats,
    base: Floats,
    weights: Floats,
    sets: NDArray[np.int64],
    below: Floats,
) -> tuple[Floats, Floats]:
    """Return the most minutes below a bound, and how much weight has exactly so many."""
    count, chosen = sets.shape
    origins = len(base)
    most = np.empty(count)
    load = np.empty(count)
    for number in range(count):
        worst, held = -1.0, 0.0
        for origin in range(origins):
            least = base[origin]
            for place in range(chosen):
                least = min(least, minutes[sets[number, place], origin])
            if weights[origin] > 0 and not least >= below[number]:
                if least > worst:
                    worst, held = least, weights[origin]
                elif least == worst:
                    held += weights[origin]
        most[number] = worst
        load[number] = held
    return most, load

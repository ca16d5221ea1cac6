"""Compiled searches over sets of sites."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eh_access.compiled import njit

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


SAME = 1e-9
"""Sums that differ by a billionth of their size are one, as in ``optimum.least``."""


@njit()
def best_within(
    costs: Floats,
    start: Floats,
    weights: Floats,
    limits: Floats,
    choose: int,
    budget: float,
) -> tuple[NDArray[np.int64], Floats, float]:
    """Return the candidates that make the first sum least while the others keep within limits."""
    keys, candidates, origins = costs.shape
    paid = np.empty((choose, keys, origins))
    sums = np.empty((choose, keys))
    gains = np.empty((choose, keys, candidates))
    able = np.empty((choose, candidates), dtype=np.int64)
    count, at = np.zeros(choose, dtype=np.int64), np.zeros(choose, dtype=np.int64)
    chosen, best_set = np.full(choose, -1), np.full(choose, -1)
    best_sums, bar = np.full(keys, np.inf), limits[0]
    paid[0], able[0], count[0] = start, np.arange(candidates), candidates
    for key in range(keys):
        sums[0, key] = (weights[key] * start[key]).sum()
    floor = _with_all(costs[0], start[0], weights[0])
    depth, fresh = 0, True
    while depth >= 0:
        left = choose - depth
        if fresh:
            budget -= float(count[depth]) * origins * keys
            if budget < 0:
                break
            _look(costs, weights, paid[depth], able[depth], count[depth], gains[depth])
            _sort(able[depth], count[depth], gains[depth])
            fresh = False
            # a choice that breaks a limit whatever follows has nothing left to try
            able_to = _can_keep(sums[depth], gains[depth], count[depth], left, limits)
            at[depth] = 0 if able_to else count[depth]
        place = at[depth]
        bound = max(sums[depth, 0] - gains[depth, 0, place : place + left].sum(), floor)
        # gains are sorted: where this place cannot do better, none that follows can
        if place + left > count[depth] or bound >= bar - SAME * max(abs(bar), 1.0):
            depth -= 1
            continue
        at[depth] += 1
        row = able[depth, place]
        chosen[depth] = row
        if left > 1:
            _add(costs, weights, row, paid[depth], paid[depth + 1], sums[depth + 1])
            count[depth + 1] = count[depth] - place - 1
            able[depth + 1, : count[depth + 1]] = able[depth, place + 1 : count[depth]]
            depth, fresh = depth + 1, True
        elif _keeps(sums[depth], gains[depth, :, place], limits):
            bar = sums[depth, 0] - gains[depth, 0, place]
            best_set[:] = chosen
            best_sums[:] = sums[depth] - gains[depth, :, place]
    return best_set, best_sums, budget


@njit()
def _with_all(costs: Floats, start: Floats, weights: Floats) -> float:
    """Return the sum with every candidate there: no choice does better."""
    total = 0.0
    for origin in range(len(start)):
        least = start[origin]
        for candidate in range(len(costs)):
            least = min(least, costs[candidate, origin])
        total += weights[origin] * least
    return total


@njit()
def _add(
    costs: Floats, weights: Floats, row: int, paid: Floats, after: Floats, sums: Floats
) -> None:
    """Write what each origin pays once one more candidate is there, and the sums of it."""
    keys, _, origins = costs.shape
    for key in range(keys):
        total = 0.0
        for origin in range(origins):
            least = min(paid[key, origin], costs[key, row, origin])
            after[key, origin] = least
            total += weights[key, origin] * least
        sums[key] = total


@njit()
def _keeps(sums: Floats, gains: Floats, limits: Floats) -> bool:
    """Whether every sum but the first is within its limit once some gains are taken off."""
    for key in range(1, len(sums)):
        if sums[key] - gains[key] > limits[key] + SAME * max(abs(limits[key]), 1.0):
            return False
    return True


@njit(fastmath=True)  # the order of a sum matters in the last digits alone
def _look(
    costs: Floats,
    weights: Floats,
    paid: Floats,
    able: NDArray[np.int64],
    count: int,
    gains: Floats,
) -> None:
    """Write what each candidate alone would take off each sum."""
    keys, _, origins = costs.shape
    for key in range(keys):
        for number in range(count):
            row = able[number]
            gain = 0.0
            for origin in range(origins):
                saved = paid[key, origin] - costs[key, row, origin]
                gain += weights[key, origin] * max(saved, 0.0)
            gains[key, number] = gain


@njit()
def _sort(able: NDArray[np.int64], count: int, gains: Floats) -> None:
    """Put the candidates that take most off the first sum first; equals stay in their order."""
    keys = len(gains)
    held = np.empty(keys)
    for number in range(1, count):
        row = able[number]
        for key in range(keys):
            held[key] = gains[key, number]
        place = number
        while place > 0 and gains[0, place - 1] < held[0]:
            able[place] = able[place - 1]
            for key in range(keys):
                gains[key, place] = gains[key, place - 1]
            place -= 1
        able[place] = row
        for key in range(keys):
            gains[key, place] = held[key]


@njit()
def _can_keep(sums: Floats, gains: Floats, count: int, left: int, limits: Floats) -> bool:
    """Whether the sums with limits can still fall within them."""
    most = np.empty(left)
    for key in range(1, len(sums)):
        most[:] = 0.0
        for number in range(count):
            gain = gains[key, number]
            place = left - 1
            if gain <= most[place]:
                continue
            while place > 0 and most[place - 1] < gain:
                most[place] = most[place - 1]
                place -= 1
            most[place] = gain
        if sums[key] - most.sum() > limits[key] + SAME * max(abs(limits[key]), 1.0):
            return False
    return True

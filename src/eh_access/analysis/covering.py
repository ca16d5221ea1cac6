"""Choices that bring everyone within so many minutes: the least minutes, and all such choices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from itertools import combinations
from operator import and_
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.optimum import (
    Objective,
    Problem,
    Solution,
    figures_of,
    worst_off_first,
)
from eh_access.analysis.ranking import least
from eh_access.errors import EhAccessError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

MOST_TIES = 300_000
"""Sets that serve the worst off equally well are compared one by one up to so many."""


class GaveUpError(EhAccessError):
    """A search took more steps than it was given."""


def least_radius(problem: Problem, can: Callable[[float], bool]) -> float:
    """Return the least minutes within which a choice brings everyone with weight."""
    counted = problem.weights > 0
    usual = np.minimum(problem.minutes, problem.base)[:, counted]
    levels = np.unique(usual)
    levels = levels[levels >= usual.min(axis=0).max(initial=0.0)]  # nobody can do better alone
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if can(float(levels[middle])) else (middle + 1, high)
    return float(levels[low]) if len(levels) else -1.0


def best_within_radius(
    problem: Problem, objective: Objective, radius: float, *, method: str
) -> Solution | None:
    """Return the best of the choices that serve the worst off equally well."""
    listed = list(covering_sets(problem, radius, most=MOST_TIES + 1))
    if len(listed) > MOST_TIES:
        return None
    ordered = sorted(tuple(sorted(chosen)) for chosen in listed)
    sets = np.array(ordered, dtype=np.int64).reshape(len(ordered), problem.choose)
    rows = np.arange(len(sets))
    if objective == "lexicographic":
        rows = worst_off_first(problem, sets, rows)
    best = int(rows[least([figures_of(problem, sets[rows]).total])[0]])
    chosen = tuple(int(row) for row in sets[best])
    return Solution(chosen=chosen, value=radius, bound=radius, proven=True, method=method)


def covering_sets(
    problem: Problem, radius: float, *, most: int, steps: float = np.inf
) -> Iterator[tuple[int, ...]]:
    """Yield every choice that brings everyone with weight within a radius, each once."""
    groups = distinct_of(problem.minutes <= radius, problem.base <= radius, problem.weights)
    able = [mask_of(near) for near in groups]
    count = len(problem.minutes)
    everyone = (1 << count) - 1
    serves = [
        sum(1 << number for number, near in enumerate(groups) if near[row]) for row in range(count)
    ]
    made = 0
    stack: list[tuple[tuple[int, ...], int, int]] = [((), (1 << len(groups)) - 1, 0)]
    while stack:
        steps -= 1
        if steps < 0:
            raise GaveUpError(f"more partial choices of {problem.choose} than could be tried")
        chosen, open_groups, barred = stack.pop()
        left = problem.choose - len(chosen)
        if open_groups == 0:
            spare = [row for row in bits_of(everyone & ~barred) if row not in chosen]
            for rest in combinations(spare, left):
                if made >= most:
                    return
                made += 1
                yield (*chosen, *rest)
            continue
        if left == 0:
            continue
        free = [able[number] & ~barred for number in bits_of(open_groups)]
        among = min(free, key=int.bit_count)  # one of these must be chosen
        if left == 1:
            among = reduce(and_, free)
        for row in bits_of(among):
            stack.append(((*chosen, row), open_groups & ~serves[row], barred))
            barred |= 1 << row


def distinct_of(near: Bools, already: Bools, weights: Floats) -> list[Bools]:
    """Return the sets of candidates that origins not served already depend on."""
    counted = near[:, (weights > 0) & ~already]
    columns = {column.tobytes(): column for column in np.ascontiguousarray(counted.T)}
    masks = {mask_of(column): column for column in columns.values()}
    kept: list[int] = []
    for mask in sorted(masks, key=lambda held: (held.bit_count(), held)):
        if not any(smaller & mask == smaller for smaller in kept):
            kept.append(mask)
    return [masks[mask] for mask in kept]


def mask_of(flags: Bools) -> int:
    """Return flags as the bits of a number, the first the lowest."""
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def bits_of(mask: int) -> list[int]:
    """Return which bits of a number are set, the lowest first: what `mask_of` was given."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found

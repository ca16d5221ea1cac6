"""Choosing sites by integer programming, with a proof of how good the choice is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.optimum import (
    SPARE,
    Objective,
    Problem,
    Solution,
    figures_of,
    least,
    value_of,
    worst_off_first,
)
from eh_access.analysis.program import Program, distinct_of, missed_of
from eh_access.errors import EhAccessError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Sets = NDArray[np.int64]

NOT_COMPARED = "of those that serve the worst off as well, the least mean: the rest not compared"
PROOF = 1e-6
"""A choice within a millionth of the bound is the best: the solver's arithmetic goes no further."""
MOST_TIES = 300_000
"""Sets that serve the worst off equally well are compared one by one up to so many."""


def solve_by_program(problem: Problem, objective: Objective) -> Solution:
    """Return the best choice by integer programming.

    Parameters
    ----------
    problem, objective
        As for ``optimum.solve``.

    Returns
    -------
    Solution
        Proven, unless the time was up first.
    """
    if not (problem.weights > 0).any():  # every choice is as good as any other
        first = np.arange(problem.choose, dtype=np.int64)
        value = value_of(problem, first, objective)
        return _told(problem, tuple(range(problem.choose)), value, value)
    fewest = _fewest_unreached(problem)
    if objective == "p_median":
        return _least_total(problem, fewest, objective)
    if objective == "maximal_cover":
        return _most_covered(problem, fewest)
    radius = _least_radius(problem) if fewest == 0 else np.inf
    if np.isfinite(radius):
        listed = _sets_within(problem, radius)
        if listed is not None:
            return _best_listed(problem, listed, objective, radius)
    # the worst off are what was asked; the mean only settles ties
    told = _least_total(problem, fewest, "p_centre", radius=radius)
    told = _solution(problem, told.chosen, radius, "p_centre")
    if objective == "lexicographic":
        return replace(told, proven=False, method=f"integer program; {NOT_COMPARED}")
    return told


def _least_total(
    problem: Problem,
    fewest: float,
    objective: Objective,
    *,
    radius: float = np.inf,
    uncovered: float = np.inf,
) -> Solution:
    """Return the least sum of minutes among choices that keep within limits."""
    program = Program(len(problem.minutes), problem.choose, problem.time_limit_s)
    cost, constant = _median_rows(problem, program, fewest)
    if np.isfinite(radius):
        for near in distinct_of(
            problem.minutes <= radius, (problem.base <= radius), problem.weights
        ):
            program.covering(near)
    if np.isfinite(uncovered):
        _cover_rows(problem, program, uncovered)
    found = program.minimise(cost)
    chosen, bound = found if found is not None else (_greedy(problem), 0.0)
    return _solution(problem, chosen, bound + constant, objective)


def _most_covered(problem: Problem, fewest: float) -> Solution:
    """Return the most weight covered; of equal choices the least sum of minutes."""
    program = Program(len(problem.minutes), problem.choose, problem.time_limit_s)
    cost = missed_of(program, problem.covers, problem.covered, problem.cover_weights)
    if fewest > 0 or np.isinf(problem.minutes).any():
        _reach_rows(problem, program, fewest)
    found = program.minimise(cost)
    chosen, bound = found if found is not None else (_greedy(problem), 0.0)
    first = _solution(problem, chosen, bound, "maximal_cover")
    if not first.proven:
        return first
    second = _least_total(problem, fewest, "maximal_cover", uncovered=first.value)
    kept = second if second.value <= first.value * (1 + SPARE) + SPARE else first
    return _solution(problem, kept.chosen, first.bound, "maximal_cover")


def _least_radius(problem: Problem) -> float:
    """Return the least minutes within which a choice brings everyone with weight."""
    counted = problem.weights > 0
    base = problem.base[counted]
    minutes = problem.minutes[:, counted]
    usual = np.minimum(minutes, base)
    levels = np.unique(usual)
    levels = levels[levels >= usual.min(axis=0).max(initial=0.0)]  # nobody can do better alone
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high) // 2
        program = Program(len(minutes), problem.choose, problem.time_limit_s)
        radius = levels[middle]
        for near in distinct_of(minutes <= radius, base <= radius, problem.weights[counted]):
            program.covering(near)
        found = program.minimise({})
        if found is None and program.timed_out:
            raise EhAccessError(
                f"no answer within {problem.time_limit_s:g} seconds; give a longer time_limit_s"
            )
        if found is None:
            low = middle + 1
        else:
            high = middle
    return float(levels[low])


def _sets_within(problem: Problem, radius: float) -> Sets | None:
    """Return every choice that brings everyone within a radius; None if they are too many."""
    sets = list(covering_sets(problem, radius, most=MOST_TIES + 1))
    if len(sets) > MOST_TIES:
        return None
    rows = sorted(tuple(sorted(chosen)) for chosen in sets)
    return np.array(rows, dtype=np.int64).reshape(len(rows), problem.choose)


def _best_listed(problem: Problem, sets: Sets, objective: Objective, radius: float) -> Solution:
    """Return the best of the choices that serve the worst off equally well."""
    rows = np.arange(len(sets))
    if objective == "lexicographic":
        rows = worst_off_first(problem, sets, rows)
    best = int(rows[least([figures_of(problem, sets[rows]).total])[0]])
    chosen = tuple(int(row) for row in sets[best])
    return Solution(
        chosen=chosen, value=radius, bound=radius, proven=True, method="integer program"
    )


def covering_sets(problem: Problem, radius: float, *, most: int) -> Iterator[tuple[int, ...]]:
    """Yield every choice that brings everyone with weight within a radius, each once.

    Parameters
    ----------
    problem
        What is to be chosen.
    radius
        Minutes.
    most
        Stop after so many.

    Yields
    ------
    tuple of int
        Rows of candidates.
    """
    groups = distinct_of(problem.minutes <= radius, problem.base <= radius, problem.weights)
    count = len(problem.minutes)
    masks = [
        sum(1 << number for number, near in enumerate(groups) if near[row]) for row in range(count)
    ]
    able = [frozenset(np.flatnonzero(near).tolist()) for near in groups]
    made = 0
    stack: list[tuple[tuple[int, ...], int, frozenset[int]]] = [
        ((), (1 << len(groups)) - 1, frozenset())
    ]
    while stack:
        chosen, open_groups, barred = stack.pop()
        left = problem.choose - len(chosen)
        if open_groups == 0:
            spare = [row for row in range(count) if row not in barred and row not in chosen]
            for rest in combinations(spare, left):
                if made >= most:
                    return
                made += 1
                yield (*chosen, *rest)
            continue
        if left == 0:
            continue
        group = min(
            (number for number in range(len(groups)) if open_groups >> number & 1),
            key=lambda number: len(able[number] - barred),
        )
        tried: set[int] = set()
        for row in sorted(able[group] - barred):
            stack.append(((*chosen, row), open_groups & ~masks[row], barred | tried))
            tried.add(row)


def _median_rows(
    problem: Problem, program: Program, fewest: float
) -> tuple[dict[int, float], float]:
    """Add the rows of the p-median; return the cost of each helper, and what is paid anyhow."""
    counted = (problem.weights > 0) & (
        np.minimum(problem.minutes.min(axis=0), problem.base) < np.inf
    )
    minutes, base = problem.minutes[:, counted], problem.base[counted]
    weights = problem.weights[counted]
    order = np.argsort(minutes, axis=0, kind="stable")
    last = len(minutes) - problem.choose  # of so many more than this, one is always chosen
    shared: dict[int, int] = {}
    cost: dict[int, float] = {}
    lost: dict[int, float] = {}
    constant = 0.0
    for origin in range(len(base)):
        column, limit = minutes[:, origin], base[origin]
        load = float(weights[origin])
        constant += load * float(min(column[order[0, origin]], limit))
        before, passed = -1, 0
        for place in range(last):
            row = int(order[place, origin])
            here = float(column[row])
            if here >= limit or here == np.inf:
                break
            passed |= 1 << row
            following = float(min(column[order[place + 1, origin]], limit))
            if passed not in shared:
                shared[passed] = program.helper()
                columns = [shared[passed], row, *([before] if before >= 0 else [])]
                factors = [1.0, 1.0, *([-1.0] if before >= 0 else [])]
                program.at_least(columns, factors, 0.0 if before >= 0 else 1.0)
            before = shared[passed]
            if following == np.inf:
                lost[before] = lost.get(before, 0.0) + load
                cost[before] = cost.get(before, 0.0) - load * here  # who is lost pays nothing
            else:
                cost[before] = cost.get(before, 0.0) + load * (following - here)
    if lost:
        # no more of them than must be
        columns = list(lost)
        room = fewest - _hopeless(problem) + SPARE * float(problem.weights.sum())
        program.at_least(columns, [-lost[column] for column in columns], -room)
    return cost, constant


def _fewest_unreached(problem: Problem) -> float:
    """Return the least weight that any choice leaves without reach."""
    if not np.isinf(np.where(problem.weights > 0, problem.minutes, 0.0)).any():
        return 0.0 if problem.choose or np.isfinite(problem.base).all() else float("inf")
    program = Program(len(problem.minutes), problem.choose, problem.time_limit_s)
    reach = np.isfinite(problem.minutes)
    cost = missed_of(program, reach, np.isfinite(problem.base), problem.weights)
    found = program.minimise(cost)
    chosen = found[0] if found is not None else _greedy(problem)
    return float(figures_of(problem, np.array([chosen], dtype=np.int64)).unreached[0])


def _hopeless(problem: Problem) -> float:
    """Return the weight that no candidate reaches, whatever is chosen."""
    reached = np.isfinite(np.minimum(problem.minutes.min(axis=0), problem.base))
    return float(problem.weights[~reached].sum())


def _reach_rows(problem: Problem, program: Program, fewest: float) -> None:
    """Leave no more without reach than must be."""
    lost = missed_of(
        program, np.isfinite(problem.minutes), np.isfinite(problem.base), problem.weights
    )
    _at_most(program, lost, fewest, problem)


def _cover_rows(problem: Problem, program: Program, uncovered: float) -> None:
    """Leave no more uncovered than must be."""
    missed = missed_of(program, problem.covers, problem.covered, problem.cover_weights)
    _at_most(program, missed, uncovered, problem)


def _at_most(program: Program, missed: dict[int, float], limit: float, problem: Problem) -> None:
    if missed:
        room = limit + SPARE * float(problem.weights.sum())
        program.at_least(list(missed), [-load for load in missed.values()], -room)


def _greedy(problem: Problem) -> tuple[int, ...]:
    """Return a choice made one at a time: what there is when the time is up."""
    chosen: list[int] = []
    for _ in range(problem.choose):
        rest = [row for row in range(len(problem.minutes)) if row not in chosen]
        found = figures_of(problem, np.array([[*chosen, row] for row in rest], dtype=np.int64))
        chosen.append(rest[int(least([found.unreached, found.total])[0])])
    return tuple(sorted(chosen))


def _solution(
    problem: Problem, chosen: tuple[int, ...], bound: float, objective: Objective
) -> Solution:
    value = value_of(problem, np.array(chosen, dtype=np.int64), objective)
    return _told(problem, chosen, value, bound)


def _told(problem: Problem, chosen: tuple[int, ...], value: float, bound: float) -> Solution:
    room = PROOF * max(abs(value), float(problem.weights.sum()))
    proven = value <= bound + room
    return Solution(
        chosen=chosen,
        value=value,
        bound=value if proven else bound,
        proven=proven,
        method="integer program",
    )

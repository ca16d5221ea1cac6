"""Choosing sites by integer programming, with a proof of how good the choice is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.covering import best_within_radius, distinct_of, least_radius
from eh_access.analysis.optimum import (
    SPARE,
    Objective,
    Problem,
    Solution,
    figures_of,
    value_of,
)
from eh_access.analysis.program import Program, missed_of
from eh_access.analysis.ranking import least
from eh_access.errors import EhAccessError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

METHOD = "integer program"
NOT_COMPARED = "of those that serve the worst off as well, the least mean: the rest not compared"
PROOF = 1e-6
"""A choice within a millionth of the bound is the best: the solver's arithmetic goes no further."""


def solve_by_program(problem: Problem, objective: Objective) -> Solution:
    """Return the best choice by integer programming."""
    if not (problem.weights > 0).any():  # every choice is as good as any other
        first = np.arange(problem.choose, dtype=np.int64)
        value = value_of(problem, first, objective)
        return _told(problem, tuple(range(problem.choose)), value, value)
    problem = problem.asked(objective)
    if objective == "p_median":
        return _least_total(problem, 0.0, objective)
    if objective == "maximal_cover":
        return _most_covered(problem)
    fewest = _fewest_unreached(problem)
    radius = np.inf
    if fewest == 0:
        radius = least_radius(problem, lambda minutes: _can_by_program(problem, minutes))
    if np.isfinite(radius):
        listed = best_within_radius(problem, objective, radius, method=METHOD)
        if listed is not None:
            return listed
    # the worst off are what was asked; the mean only settles ties
    told = _least_total(problem, fewest, "p_centre", radius=radius)
    told = _solution(problem, told.chosen, radius, "p_centre")
    if objective == "lexicographic":
        return replace(told, proven=False, method=f"{METHOD}; {NOT_COMPARED}")
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


def _most_covered(problem: Problem) -> Solution:
    """Return the most weight covered; of equal choices the least sum of minutes."""
    program = Program(len(problem.minutes), problem.choose, problem.time_limit_s)
    cost = missed_of(program, problem.covers, problem.covered, problem.cover_weights)
    found = program.minimise(cost)
    chosen, bound = found if found is not None else (_greedy(problem), 0.0)
    first = _solution(problem, chosen, bound, "maximal_cover")
    if not first.proven:
        return first
    second = _least_total(problem, 0.0, "maximal_cover", uncovered=first.value)
    kept = second if second.value <= first.value * (1 + SPARE) + SPARE else first
    return _solution(problem, kept.chosen, first.bound, "maximal_cover")


def _can_by_program(problem: Problem, radius: float) -> bool:
    program = Program(len(problem.minutes), problem.choose, problem.time_limit_s)
    for near in distinct_of(problem.minutes <= radius, problem.base <= radius, problem.weights):
        program.covering(near)
    found = program.minimise({})
    if found is None and program.timed_out:
        raise EhAccessError(
            f"no answer within {problem.time_limit_s:g} seconds; give a longer time_limit_s"
        )
    return found is not None


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


def _cover_rows(problem: Problem, program: Program, uncovered: float) -> None:
    """Leave no more uncovered than must be."""
    missed = missed_of(program, problem.covers, problem.covered, problem.cover_weights)
    if missed:
        room = uncovered + SPARE * float(problem.weights.sum())
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
    whole = float(problem.weights.sum())
    held = problem.minutes[np.isfinite(problem.minutes)]
    # the spare in "no more without reach than must be" may save that much of somebody's minutes
    room = max(PROOF * max(abs(value), whole), 2 * SPARE * whole * float(held.max(initial=0.0)))
    proven = value <= bound + room
    return Solution(
        chosen=chosen,
        value=value,
        bound=value if proven else bound,
        proven=proven,
        method=METHOD,
    )

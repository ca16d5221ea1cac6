"""Choosing k of n sites: every set tried, branch and bound, or integer programming, by size.

All give the best there is. A few sites of many are found by branch and bound. Integer programs go
to HiGHS through ``scipy.optimize.milp`` and come back with a bound that proves how far from the
best the answer can be.

The p-median is put as Elloumi (2010) does: for each origin one variable per further candidate it
might have to go to, and origins that would go through the same candidates in the same order share
them. That is a tenth of the usual formulation, and its relaxation is as tight.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Literal

import numpy as np

from eh_access.analysis.ranking import least

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Sets = NDArray[np.int64]

Objective = Literal["p_median", "p_centre", "maximal_cover", "lexicographic"]
OBJECTIVES: tuple[Objective, ...] = ("p_median", "p_centre", "maximal_cover", "lexicographic")
MOST_LISTED = 20_000
"""So many sets are tried one by one, in less time than any cleverer way takes to begin."""
MOST_BRANCHED = 5
"""Up to so many sites are found by branch and bound: its bound grows loose when they are many."""

SPARE = 1e-7
"""What the solver's arithmetic may lose, as a share of the whole."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem:
    """What is to be chosen, as plain arrays."""

    minutes: Floats  # float64 (candidates, origins); inf out of reach
    # float64 (origins,): minutes to the nearest site that is there anyhow, inf if none is
    base: Floats
    weights: Floats  # float64 (origins,)
    # bool (candidates, origins) and (origins,) in ``covered``: who is within the cutoff
    covers: NDArray[np.bool_]
    covered: NDArray[np.bool_]
    cover_weights: Floats  # float64 (origins,): what covering each counts
    choose: int  # how many candidates
    # what who reaches nothing counts with in a mean: how far the search went. One number, or
    # float64 (origins,)
    limit_min: float | Floats
    time_limit_s: float = 60.0  # for each integer program
    listed: int = MOST_LISTED  # up to so many sets are tried one by one
    branched: int = MOST_BRANCHED  # up to so many sites are sought by branch and bound

    @property
    def sets(self) -> int:
        """How many sets there are."""
        return comb(len(self.minutes), self.choose)

    def asked(self, objective: Objective) -> Problem:
        """Return it as an objective sees it: in a mean, who reaches nothing is at the limit."""
        if objective not in ("p_median", "maximal_cover"):
            return self
        minutes, base = (np.minimum(held, self.limit_min) for held in (self.minutes, self.base))
        return replace(self, minutes=minutes, base=base)


@dataclass(frozen=True, kw_only=True)
class Solution:
    """The best choice."""

    chosen: tuple[int, ...]  # rows of the candidates, sorted
    # what was made least: the sum of weight times minutes, the most minutes, or the weight not
    # covered. For the lexicographic choice the most minutes
    value: float
    bound: float  # no choice can do better than this
    proven: bool  # whether the choice is proven the best
    method: str  # ``"every set tried"``, ``"branch and bound"`` or ``"integer program"``

    @property
    def gap(self) -> float:
        """How far the value can be from the best, as a share of it; 0 if proven."""
        if self.proven or self.value == self.bound:
            return 0.0
        return abs(self.value - self.bound) / max(abs(self.value), SPARE)


@dataclass(frozen=True, eq=False)
class Figures:
    """What sets achieve; each float64 (sets,)."""

    unreached: Floats  # weight that reaches nothing
    total: Floats  # weight times minutes of the rest
    worst: Floats  # the most minutes of anyone with weight


def solve(problem: Problem, objective: Objective) -> Solution:
    """Return the best choice."""
    # Each objective goes by its own aim alone. Of choices that are equally good the one that
    # leaves the fewest without reach and the least sum of minutes is taken; if that ties too,
    # where every set was tried, the one that sorts first.
    if problem.sets <= problem.listed:
        return try_every_set(problem, objective)
    if problem.choose <= problem.branched:
        from eh_access.analysis.branching import solve_by_bounds  # noqa: PLC0415 - it needs this

        found = solve_by_bounds(problem, objective)
        if found is not None:
            return found
    from eh_access.analysis.integer import solve_by_program  # noqa: PLC0415 - loads the solver

    return solve_by_program(problem, objective)


def try_every_set(problem: Problem, objective: Objective) -> Solution:
    """Return the best choice by trying every set."""
    problem = problem.asked(objective)
    sets = every_set(len(problem.minutes), problem.choose)
    found = figures_of(problem, sets)
    best = least(_keys(problem, sets, found, objective))
    if objective == "lexicographic":
        best = worst_off_first(problem, sets, best)
        best = best[least([found.total[best]])]
    at = int(best[0])
    value = value_of(problem, sets[at], objective)
    return Solution(
        chosen=tuple(sorted(int(site) for site in sets[at])),
        value=value,
        bound=value,
        proven=True,
        method="every set tried",
    )


def every_set(candidates: int, choose: int) -> Sets:
    """Return every set of rows, in the order they sort."""
    count = comb(candidates, choose)
    flat = (row for chosen in combinations(range(candidates), choose) for row in chosen)
    return np.fromiter(flat, dtype=np.int64, count=count * choose).reshape(count, choose)


def figures_of(problem: Problem, sets: Sets) -> Figures:
    """Return what sets achieve."""
    from eh_access.analysis.sweep import evaluate  # noqa: PLC0415 - compiled when first used

    minutes = np.ascontiguousarray(problem.minutes)
    lost, total, worst = evaluate(minutes, problem.base, problem.weights, sets)
    return Figures(lost, total, worst)


def uncovered_of(problem: Problem, sets: Sets) -> Floats:
    """Return the weight that sets leave uncovered."""
    from eh_access.analysis.sweep import evaluate  # noqa: PLC0415 - compiled when first used

    missed = np.where(problem.covers, 0.0, 1.0)
    found = evaluate(missed, np.where(problem.covered, 0.0, 1.0), problem.cover_weights, sets)
    return np.asarray(found[1])


def worst_off_first(problem: Problem, sets: Sets, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which sets are best for the worst off, then for the next worst, and so on down."""
    from eh_access.analysis.sweep import tail  # noqa: PLC0415 - compiled when first used

    minutes = np.ascontiguousarray(problem.minutes)
    below = np.full(len(rows), np.nan)  # nothing is below NaN, so the first look sees all
    while len(rows) > 1:
        worst, load = tail(minutes, problem.base, problem.weights, sets[rows], below)
        kept = least([worst, load])
        rows, below = rows[kept], worst[kept]
        if below[0] < 0:  # no minutes are left to compare
            break
    return rows


def _keys(problem: Problem, sets: Sets, found: Figures, objective: Objective) -> list[Floats]:
    if objective == "p_median":
        return [found.total]
    if objective == "maximal_cover":
        return [uncovered_of(problem, sets), found.total]
    if objective == "p_centre":
        return [found.worst, found.unreached, found.total]
    return [found.worst, found.unreached]


def value_of(problem: Problem, chosen: Sets, objective: Objective) -> float:
    """Return what an objective makes least, for one set."""
    sets = chosen.reshape(1, -1)
    if objective == "maximal_cover":
        return float(uncovered_of(problem, sets)[0])
    found = figures_of(problem.asked(objective), sets)
    return float((found.total if objective == "p_median" else found.worst)[0])

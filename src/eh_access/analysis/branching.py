"""The best few of many sites by branch and bound: proven, and quicker than trying every set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.covering import (
    GaveUpError,
    best_within_radius,
    covering_sets,
    least_radius,
)
from eh_access.analysis.optimum import Objective, Problem, Solution, value_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Rows = NDArray[np.int64]

METHOD = "branch and bound"
BUDGET = 2e10
"""So many single costs may be looked at, some twenty seconds' work; beyond, it is given up."""
STEPS = 200_000
"""So many partial choices may be looked at for each number of minutes, some ten seconds' work."""


@dataclass(frozen=True, eq=False)
class Key:
    """One sum over origins of the least each pays; less is better."""

    costs: Floats  # float64 (candidates, origins), finite
    start: Floats  # float64 (origins,): what each pays with no candidate, and how much it counts
    weights: Floats


@dataclass
class _Search:
    """One problem, searched again and again out of one budget; ``left`` below 0 means given up."""

    choose: int
    left: float

    def least(self, key: Key, kept: Sequence[tuple[Key, float]] = ()) -> tuple[Rows, float] | None:
        """Return the choice that makes a key least while others stay at most what they are."""
        from eh_access.analysis.descent import best_within  # noqa: PLC0415 - compiled when used

        keys = [key, *(held for held, _ in kept)]
        counted = np.any([(held.weights > 0) & (held.start > 0) for held in keys], axis=0)
        gain = np.any([(held.costs < held.start)[:, counted].any(axis=1) for held in keys], axis=0)
        rows = np.sort(np.argsort(~gain, kind="stable")[: max(int(gain.sum()), self.choose)])
        found, sums, self.left = best_within(
            np.stack([held.costs[np.ix_(rows, counted)] for held in keys]),
            np.stack([held.start[counted] for held in keys]),
            np.stack([held.weights[counted] for held in keys]),
            np.array([np.inf, *(limit for _, limit in kept)]),
            self.choose,
            self.left,
        )
        within = found[0] >= 0 and self.left >= 0
        return (np.sort(rows[found]), float(sums[0])) if within else None


def solve_by_bounds(problem: Problem, objective: Objective) -> Solution | None:
    """Return the best choice by branch and bound."""
    search = _Search(problem.choose, BUDGET)
    if objective in ("p_centre", "lexicographic"):
        return _worst_off(problem, objective, search)
    asked = problem.asked(objective)
    chosen = _best(asked, objective, search)
    return None if chosen is None else _told(asked, chosen, objective)


def _best(problem: Problem, objective: Objective, search: _Search) -> Rows | None:
    """Return the choice of the least mean, or of the most covered and then the least mean."""
    kept: list[tuple[Key, float]] = []
    if objective == "maximal_cover":
        cover = _key(~problem.covers, ~problem.covered, problem.cover_weights)
        found = search.least(cover)
        if found is None:
            return None
        kept = [(cover, found[1])]
    last = search.least(Key(problem.minutes, problem.base, problem.weights), kept)
    return None if last is None else last[0]


def _worst_off(problem: Problem, objective: Objective, search: _Search) -> Solution | None:
    """Return the best choice for the worst off; None if some of them are out of any reach."""
    reach = _key(np.isinf(problem.minutes), np.isinf(problem.base), problem.weights)
    fewest = search.least(reach)
    if fewest is None or fewest[1] > 0:
        return None

    def can(radius: float) -> bool:
        found = covering_sets(problem, radius, most=1, steps=STEPS)
        return next(found, None) is not None

    try:
        radius = least_radius(problem, can)
        return best_within_radius(problem, objective, radius, method=METHOD)
    except GaveUpError:
        return None


def _key(costs: Bools, start: Bools, weights: Floats) -> Key:
    return Key(costs.astype(np.float64), start.astype(np.float64), weights)


def _told(problem: Problem, chosen: Rows, objective: Objective) -> Solution:
    value = value_of(problem, chosen, objective)
    return Solution(
        chosen=tuple(int(row) for row in chosen),
        value=value,
        bound=value,
        proven=True,
        method=METHOD,
    )

"""Choose the best k of n sites, proven: every set where few, else HiGHS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice
from math import comb
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from eh_access.planning.alternatives import least

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

Objective = Literal["p_median", "maximal_cover"]
OBJECTIVES: Mapping[Objective, str] = {
    "p_median": "shortest mean trip",
    "maximal_cover": "most within the cutoff",
}
MOST_LISTED = 20_000
"""So many sets are tried one by one, in less time than any cleverer way takes to begin."""
MOST_BRANCHED = 5
"""Up to so many sites are found by branch and bound: its bound grows loose when they are many."""
MOST_STEPS = 50_000
"""So many partial choices are looked at, some ten seconds' work; beyond, it is given up."""
EVERY_SET = "every set tried"
BRANCHES = "branch and bound"
PROGRAM = "integer program"
SPARE = 1e-7
"""What the solver's arithmetic may lose, as a share of the whole."""
SAME = 1e-9
"""Sums that differ by a billionth of their size are one, as in ``alternatives.least``."""
PROOF = 1e-6
"""A choice within a millionth of the bound is the best: the solver's arithmetic goes no further."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem:
    """What is to be chosen, as plain arrays."""

    minutes: Floats  # float64 (candidates, origins); inf out of reach
    # float64 (origins,): minutes to the nearest site that is there anyhow, inf if none is
    base: Floats
    weights: Floats  # number for each origin
    # bool (candidates, origins) and (origins,) in ``covered``: who is within the cutoff
    covers: Bools
    covered: Bools
    cover_weights: Floats  # float64 (origins,): what covering each counts
    choose: int  # how many candidates
    # what who reaches nothing counts with in a mean: how far the search went. One number, or
    # number for each origin
    limit_min: float | Floats
    time_limit_s: float = 60.0  # for each integer program

    @property
    def sets(self) -> int:
        """How many sets there are."""
        return comb(len(self.minutes), self.choose)

    def costs(self, objective: Objective) -> list[Cost]:
        """Return what an objective makes least: first its aim, then what settles ties."""
        trip = Cost.of(
            np.minimum(self.minutes, self.limit_min),
            np.minimum(self.base, self.limit_min),
            self.weights,
        )
        if objective == "p_median":
            return [trip]
        return [Cost.of(~self.covers, ~self.covered, self.cover_weights), trip]


@dataclass(frozen=True, eq=False)
class Cost:
    """A sum over origins of weight times the least that a chosen site costs each."""

    each: Floats  # float64 (candidates, origins)
    base: Floats  # float64 (origins,): with no candidate chosen
    weights: Floats
    fixed: float  # of the origins for whom no candidate does better than what is there anyhow

    @classmethod
    def of(cls, each: Floats | Bools, base: Floats | Bools, weights: Floats) -> Cost:
        """Return a cost over the origins whose share of it depends on the choice."""
        costs, start = each.astype(np.float64), base.astype(np.float64)
        open_ = (weights > 0) & (costs.min(axis=0, initial=np.inf) < start)
        fixed = float(start[~open_] @ weights[~open_])
        return cls(np.ascontiguousarray(costs[:, open_]), start[open_], weights[open_], fixed)

    def with_chosen(self, chosen: Sequence[int]) -> Floats:
        """Return the least of each origin with some candidates chosen."""
        least_each = self.each[list(chosen)].min(axis=0, initial=np.inf)
        return np.asarray(np.minimum(self.base, least_each))

    def total(self, chosen: Sequence[int]) -> float:
        """Return the sum for one choice."""
        return float(self.with_chosen(chosen) @ self.weights) + self.fixed

    def totals(self, choose: int) -> Floats:
        """Return the sum for every set, in the order sets sort."""
        if choose == 0:
            return np.array([self.total(())])
        blocks = []
        for chosen in combinations(range(len(self.each)), choose - 1):
            rest = self.each[chosen[-1] + 1 if chosen else 0 :]
            blocks.append(np.minimum(rest, self.with_chosen(chosen)) @ self.weights)
        return np.concatenate(blocks) + self.fixed


@dataclass(frozen=True, kw_only=True)
class Solution:
    """The best choice."""

    chosen: tuple[int, ...]  # rows of the candidates, sorted
    value: float  # what was made least: the sum of weight times minutes, or the weight not covered
    bound: float  # no choice can do better than this
    proven: bool  # whether the choice is proven the best
    method: str

    @property
    def gap(self) -> float:
        """How far the value can be from the best, as a share of it; 0 if proven."""
        if self.proven or self.value == self.bound:
            return 0.0
        return abs(self.value - self.bound) / max(abs(self.value), SPARE)


def solve(problem: Problem, objective: Objective) -> Solution:
    """Return the best choice; of equal ones that of the shortest mean trip."""
    if problem.sets <= MOST_LISTED:
        return try_every_set(problem, objective)
    branched = solve_branches(problem, objective) if problem.choose <= MOST_BRANCHED else None
    return branched if branched is not None else solve_program(problem, objective)


def try_every_set(problem: Problem, objective: Objective) -> Solution:
    """Return the best choice by trying every set; of equal ones the set that sorts first."""
    costs = problem.costs(objective)
    place = int(least([cost.totals(problem.choose) for cost in costs])[0])
    sets = combinations(range(len(problem.minutes)), problem.choose)
    chosen = next(islice(sets, place, None))
    value = costs[0].total(chosen)
    return Solution(chosen=chosen, value=value, bound=value, proven=True, method=EVERY_SET)


def solve_branches(problem: Problem, objective: Objective) -> Solution | None:
    """Return the best choice by branch and bound; None if that takes too many steps."""
    kept: list[tuple[Cost, float]] = []
    chosen: tuple[int, ...] | None = None
    for cost in problem.costs(objective):
        chosen = Branches(cost, kept, problem.choose).search()
        if chosen is None:
            return None
        kept.append((cost, cost.total(chosen) + SAME * max(cost.total(chosen), 1.0)))
    value = kept[0][0].total(chosen or ())
    return Solution(
        chosen=tuple(sorted(chosen or ())), value=value, bound=value, proven=True, method=BRANCHES
    )


class Branches:
    """A search for the set of the least cost among those that keep other costs within limits."""

    # What a site takes off a sum of least costs never grows when more sites are there (the sum is
    # submodular: Nemhauser and Wolsey 1981). So from a partial choice the sum falls by no more
    # than the largest gains of as many single sites as are still to be chosen.

    def __init__(self, cost: Cost, kept: Sequence[tuple[Cost, float]], choose: int) -> None:
        self.costs = [cost, *(held for held, _ in kept)]
        self.limits = [limit - held.fixed for held, limit in kept]
        self.choose = choose
        self.best = np.inf
        self.chosen: tuple[int, ...] | None = None
        self.steps = 0

    def search(self) -> tuple[int, ...] | None:
        """Return the best set; None if it takes too many steps."""
        self._extend((), [cost.base for cost in self.costs], np.arange(len(self.costs[0].each)))
        return self.chosen if self.steps <= MOST_STEPS else None

    def _extend(self, chosen: tuple[int, ...], held: list[Floats], rows: NDArray[np.intp]) -> None:
        """Try every set that begins with a choice and goes on with some of the rows."""
        from eh_access.planning.kernels import sum_least  # noqa: PLC0415 - compiled when used

        self.steps += 1
        if self.steps > MOST_STEPS:
            return
        left = self.choose - len(chosen)
        sums = [
            sum_least(cost.each, rows, least, cost.weights)
            for cost, least in zip(self.costs, held, strict=True)
        ]
        order = np.argsort(sums[0], kind="stable")
        rows, sums = rows[order], [each[order] for each in sums]
        now = [least @ cost.weights for cost, least in zip(self.costs, held, strict=True)]
        fits = np.ones(len(rows), dtype=bool)
        for each, start, limit in zip(sums[1:], now[1:], self.limits, strict=True):
            most = np.sort(start - each)[len(each) - left + 1 :].sum()
            fits &= each - most <= limit
        gains = np.concatenate([[0.0], np.cumsum(now[0] - sums[0])])
        for place in range(len(rows) - left + 1):
            # the rows after this one gain the less, the later they come
            if sums[0][place] - gains[place + left] + gains[place + 1] >= self.best * (1 - SAME):
                return
            if not fits[place]:
                continue
            more = (*chosen, int(rows[place]))
            if left == 1:
                self.best, self.chosen = float(sums[0][place]), more
                return
            nearer = [
                np.minimum(least, cost.each[rows[place]])
                for cost, least in zip(self.costs, held, strict=True)
            ]
            self._extend(more, nearer, rows[place + 1 :])


def solve_program(problem: Problem, objective: Objective) -> Solution:
    """Return the best choice by integer programming."""
    costs = problem.costs(objective)
    if objective == "p_median":
        program = Program(problem)
        return _solution(problem, costs[0], program.minimise(_add_trips(program, costs[0])))
    cover, trip = costs
    program = Program(problem)
    missed = _add_missed(program, cover)
    first = _solution(problem, cover, program.minimise(missed))
    room = first.value - cover.fixed + SPARE * float(problem.weights.sum())
    program.leave(first.chosen)
    other = program.minimise(missed)
    if not first.proven or other is None or other[1] > room:
        return first
    # others cover as many: of these the shortest mean trip
    program = Program(problem)
    missed = _add_missed(program, cover)
    program.at_least(list(missed), [-load for load in missed.values()], -room)
    minimum = program.minimise(_add_trips(program, trip))
    if minimum is None or cover.total(minimum[0]) > first.value * (1 + SPARE) + SPARE:
        return first
    return _solution(problem, cover, (minimum[0], first.bound - cover.fixed))


def _solution(
    problem: Problem, cost: Cost, minimum: tuple[tuple[int, ...], float] | None
) -> Solution:
    chosen, bound = minimum if minimum is not None else (_greedy(cost, problem.choose), 0.0)
    value, bound = cost.total(chosen), bound + cost.fixed
    proven = value <= bound + PROOF * max(abs(value), float(problem.weights.sum()))
    return Solution(
        chosen=chosen,
        value=value,
        bound=value if proven else bound,
        proven=proven,
        method=PROGRAM,
    )


def _greedy(cost: Cost, choose: int) -> tuple[int, ...]:
    """Return a choice made one at a time: what there is when the time is up."""
    chosen: list[int] = []
    for _ in range(choose):
        sums = np.minimum(cost.each, cost.with_chosen(chosen)) @ cost.weights
        sums[chosen] = np.inf
        chosen.append(int(sums.argmin()))
    return tuple(sorted(chosen))


@dataclass(eq=False)
class Program:
    """An integer program: first a variable for each candidate, then helpers from 0 to 1."""

    problem: Problem
    helpers: int = 0
    paid: float = 0.0  # whatever is chosen
    rows: list[tuple[list[int], list[float], float]] = field(default_factory=list)

    def helper(self) -> int:
        """Add a variable from 0 to 1; return its number."""
        self.helpers += 1
        return len(self.problem.minutes) + self.helpers - 1

    def at_least(self, columns: list[int], factors: list[float], bound: float) -> None:
        """Add a row: factors times columns is at least a bound."""
        self.rows.append((columns, factors, bound))

    def leave(self, chosen: Sequence[int]) -> None:
        """Add a row: not this choice."""
        columns = sorted(set(range(len(self.problem.minutes))) - set(chosen))
        self.at_least(columns, [1.0] * len(columns), 1.0)

    def minimise(self, cost: dict[int, float]) -> tuple[tuple[int, ...], float] | None:
        """Return the best choice of candidates and the bound; None if none was found."""
        from scipy import sparse  # noqa: PLC0415 - keeps starting quick
        from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - as above

        candidates, choose = len(self.problem.minutes), self.problem.choose
        size = candidates + self.helpers
        price = np.zeros(size)
        price[list(cost)] = list(cost.values())
        scale = float(np.abs(price).max(initial=0.0)) or 1.0
        whole = np.concatenate([np.ones(candidates), np.zeros(self.helpers)])
        lengths = [len(columns) for columns, _, _ in self.rows]
        matrix = sparse.csr_array(
            (
                np.array([factor for _, factors, _ in self.rows for factor in factors]),
                np.array([column for columns, _, _ in self.rows for column in columns], dtype=int),
                np.concatenate([[0], np.cumsum(lengths, dtype=int)]),
            ),
            shape=(len(self.rows), size),
        )
        limits: list[Any] = [LinearConstraint(whole[None, :], choose, choose)]
        if self.rows:
            limits.append(LinearConstraint(matrix, lb=[bound for _, _, bound in self.rows]))
        result = milp(
            price / scale,
            constraints=limits,
            bounds=Bounds(0, 1),
            integrality=whole,
            options={"time_limit": self.problem.time_limit_s, "mip_rel_gap": 0.0},
        )
        if result.x is None:
            return None
        chosen = tuple(int(row) for row in np.flatnonzero(result.x[:candidates] > 0.5))  # noqa: PLR2004 - one or nought
        bound = result.mip_dual_bound if result.mip_dual_bound is not None else result.fun
        return chosen, float(bound) * scale + self.paid


def _add_missed(program: Program, cover: Cost) -> dict[int, float]:
    """Add a helper for each group of origins that the same candidates cover: 1 if none does."""
    near, group = np.unique(cover.each < cover.base, axis=1, return_inverse=True)
    loads = np.bincount(group.ravel(), weights=cover.weights, minlength=near.shape[1])
    cost = {}
    for covers, load in zip(near.T, loads, strict=True):
        missed = program.helper()
        columns = [*np.flatnonzero(covers).tolist(), missed]
        program.at_least(columns, [1.0] * len(columns), 1.0)
        cost[missed] = float(load)
    return cost


def _add_trips(program: Program, trip: Cost) -> dict[int, float]:
    """Add Elloumi's (2010) rows of the p-median; return what each helper costs."""
    # A helper is 1 if none of an origin's nearest so many candidates is chosen: then it goes on
    # to the next, or to what is there anyhow. Origins that pass the same candidates share it.
    order = np.argsort(trip.each, axis=0, kind="stable")
    last = len(trip.each) - program.problem.choose  # of so many more than this, one is chosen
    cost: dict[int, float] = {}
    shared: dict[int, int] = {}
    for origin, (limit, load) in enumerate(zip(trip.base, trip.weights, strict=True)):
        minutes = trip.each[order[:, origin], origin]
        program.paid += float(load * minutes[0])
        before: list[int] = []
        passed = 0
        for place in range(last):
            if minutes[place] >= limit:
                break
            row = int(order[place, origin])
            passed |= 1 << row
            if passed not in shared:
                shared[passed] = program.helper()
                factors = [1.0, 1.0, *(-1.0 for _ in before)]
                program.at_least([shared[passed], row, *before], factors, 1.0 - len(before))
            before = [shared[passed]]
            more = load * (min(minutes[place + 1], limit) - minutes[place])
            cost[shared[passed]] = cost.get(shared[passed], 0.0) + float(more)
    return cost

"""Choose k of n sites with proof: enumeration, branch and bound, HiGHS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import combinations
from math import comb
from operator import and_
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from eh_access.errors import EhAccessError
from eh_access.planning.alternatives import least

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Sets = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Rows = NDArray[np.int64]

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
    weights: Floats  # number for each origin
    # bool (candidates, origins) and (origins,) in ``covered``: who is within the cutoff
    covers: NDArray[np.bool_]
    covered: NDArray[np.bool_]
    cover_weights: Floats  # float64 (origins,): what covering each counts
    choose: int  # how many candidates
    # what who reaches nothing counts with in a mean: how far the search went. One number, or
    # number for each origin
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
        found = solve_by_bounds(problem, objective)
        if found is not None:
            return found

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
    from eh_access.planning.kernels import evaluate  # noqa: PLC0415 - compiled when first used

    minutes = np.ascontiguousarray(problem.minutes)
    lost, total, worst = evaluate(minutes, problem.base, problem.weights, sets)
    return Figures(lost, total, worst)


def uncovered_of(problem: Problem, sets: Sets) -> Floats:
    """Return the weight that sets leave uncovered."""
    from eh_access.planning.kernels import evaluate  # noqa: PLC0415 - compiled when first used

    missed = np.where(problem.covers, 0.0, 1.0)
    found = evaluate(missed, np.where(problem.covered, 0.0, 1.0), problem.cover_weights, sets)
    return np.asarray(found[1])


def worst_off_first(problem: Problem, sets: Sets, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which sets are best for the worst off, then for the next worst, and so on down."""
    from eh_access.planning.kernels import tail  # noqa: PLC0415 - compiled when first used

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


TIME_LIMIT = 1
"""How ``scipy.optimize.milp`` says that the time was up."""


@dataclass(eq=False)
class Program:
    """An integer program: first a variable for each candidate, then helpers from 0 to 1."""

    candidates: int
    choose: int
    time_limit_s: float
    helpers: int = 0
    timed_out: bool = False
    rows: list[tuple[list[int], list[float], float]] = field(default_factory=list)

    def helper(self) -> int:
        """Add a variable from 0 to 1; return its number."""
        self.helpers += 1
        return self.candidates + self.helpers - 1

    def at_least(self, columns: list[int], factors: list[float], bound: float) -> None:
        """Add a row: factors times columns is at least a bound."""
        self.rows.append((columns, factors, bound))

    def covering(self, near: Bools, missed: int | None = None) -> None:
        """Add a row: one of some candidates is chosen, or the helper ``missed`` is 1."""
        columns = np.flatnonzero(near).tolist() + ([] if missed is None else [missed])
        self.at_least(columns, [1.0] * len(columns), 1.0)

    def minimise(self, cost: dict[int, float]) -> tuple[tuple[int, ...], float] | None:
        """Return the best choice of candidates and the bound; None if there is none."""
        size = self.candidates + self.helpers
        price = np.zeros(size)
        price[list(cost)] = list(cost.values())
        scale = float(np.abs(price).max(initial=0.0)) or 1.0  # a cost may be a saving
        whole = np.concatenate([np.ones(self.candidates), np.zeros(self.helpers)])
        lengths = [len(columns) for columns, _, _ in self.rows]
        matrix = sparse.csr_array(
            (
                np.array([factor for _, factors, _ in self.rows for factor in factors]),
                np.array([column for columns, _, _ in self.rows for column in columns], dtype=int),
                np.concatenate([[0], np.cumsum(lengths, dtype=int)]),
            ),
            shape=(len(self.rows), size),
        )
        limits: list[Any] = [LinearConstraint(whole[None, :], self.choose, self.choose)]
        if self.rows:
            limits.append(LinearConstraint(matrix, lb=[bound for _, _, bound in self.rows]))
        told = milp(
            price / scale,
            constraints=limits,
            bounds=Bounds(0, 1),
            integrality=whole,
            options={"time_limit": self.time_limit_s, "mip_rel_gap": 0.0},
        )
        self.timed_out = told.status == TIME_LIMIT
        if told.x is None:
            return None
        chosen = tuple(int(row) for row in np.flatnonzero(told.x[: self.candidates] > 0.5))  # noqa: PLR2004 - one or nought
        bound = told.mip_dual_bound if told.mip_dual_bound is not None else told.fun
        return chosen, float(bound) * scale


def missed_of(program: Program, near: Bools, already: Bools, weights: Floats) -> dict[int, float]:
    """Add a helper for each group of origins that depend on the same candidates."""
    loads: dict[bytes, float] = {}
    groups: dict[bytes, Bools] = {}
    for origin in np.flatnonzero((weights > 0) & ~already):
        key = near[:, origin].tobytes()
        loads[key] = loads.get(key, 0.0) + float(weights[origin])
        groups[key] = near[:, origin]
    cost: dict[int, float] = {}
    for key, load in loads.items():
        missed = program.helper()
        program.covering(groups[key], missed)
        cost[missed] = load
    return cost


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


BRANCHING_METHOD = "branch and bound"
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
        from eh_access.planning.kernels import best_within  # noqa: PLC0415 - compiled when used

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
    return None if chosen is None else _branching_told(asked, chosen, objective)


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
        return best_within_radius(problem, objective, radius, method=BRANCHING_METHOD)
    except GaveUpError:
        return None


def _key(costs: Bools, start: Bools, weights: Floats) -> Key:
    return Key(costs.astype(np.float64), start.astype(np.float64), weights)


def _branching_told(problem: Problem, chosen: Rows, objective: Objective) -> Solution:
    value = value_of(problem, chosen, objective)
    return Solution(
        chosen=tuple(int(row) for row in chosen),
        value=value,
        bound=value,
        proven=True,
        method=BRANCHING_METHOD,
    )

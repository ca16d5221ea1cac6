"""An integer program about choosing sites, as it grows; solved by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]


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

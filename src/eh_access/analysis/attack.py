"""What a clever reader could work out about hidden counts from everything that is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from eh_access.errors import EhAccessError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROUNDS = 4
INFEASIBLE = 2
UNBOUNDED = 3


@dataclass(frozen=True)
class Line:
    """Cells of which the first is the sum of the others."""

    total: int  # number of a cell
    parts: tuple[int, ...]  # numbers of cells

    @property
    def cells(self) -> tuple[int, ...]:
        """All of them, the total first."""
        return (self.total, *self.parts)


@dataclass(frozen=True)
class Secret:
    """A quantity that must not be worked out: one cell, or one less another."""

    plus: int  # numbers of cells; ``minus`` -1 for none
    minus: int = -1

    @property
    def cells(self) -> tuple[int, ...]:
        """The cells it is of."""
        return (self.plus,) if self.minus < 0 else (self.plus, self.minus)


@dataclass(frozen=True, eq=False)
class Puzzle:
    """What a reader does not know, and what ties it together."""

    unknown: tuple[int, ...]  # numbers of hidden cells that depend on one another
    lines: tuple[Line, ...]  # the lines they are in
    lows: Floats  # what is known of each anyhow
    highs: Floats
    # of all cells. Those not among the unknown are known to the last digit: what rounding hides
    # besides is not counted on
    values: Sequence[float]

    def ranges(self, secrets: Sequence[Secret], enough: float) -> Iterator[tuple[Secret, Line]]:
        """Yield each secret that can be told more closely than allowed, with a line that tells it."""
        seen = self._glances(secrets)
        for secret in secrets:
            low, high = seen[secret]
            if high - low >= enough:
                continue
            cost = self._cost({secret: 1.0})
            least, most = self._solve(cost), self._solve(-cost)
            if (-most[0]) - least[0] >= enough - 1e-6:
                continue
            pull = np.maximum(np.abs(least[2]), np.abs(most[2]))
            # of equal pulls the line that comes first, so that two runs hide the same
            at = int(np.argmax(np.round(pull, 6))) if len(pull) else 0
            yield secret, self.lines[at]

    def bounds(self, secret: Secret) -> tuple[float, float]:
        """Return the least and the most a secret can be."""
        cost = self._cost({secret: 1.0})
        known = sum(
            sign * self.values[cell]
            for cell, sign in zip(secret.cells, (1, -1), strict=False)
            if cell not in self.unknown
        )
        return self._solve(cost)[0] + known, -self._solve(-cost)[0] + known

    def _glances(self, secrets: Sequence[Secret]) -> dict[Secret, tuple[float, float]]:
        """Return ranges seen on a few looks that move all secrets at once: most are wide enough."""
        seen = dict.fromkeys(secrets, (np.inf, -np.inf))
        signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(ROUNDS, len(secrets)))
        for row in [*signs, *-signs] if len(secrets) > ROUNDS else []:
            cost = self._cost(dict(zip(secrets, row, strict=True)))
            point = self._solve(cost)[1]
            if point is None:
                continue
            for secret in secrets:
                value = float(self._cost({secret: 1.0}) @ point)
                low, high = seen[secret]
                seen[secret] = (min(low, value), max(high, value))
        return seen

    def _cost(self, factors: Mapping[Secret, float]) -> Floats:
        cost = np.zeros(len(self.unknown))
        place = {cell: number for number, cell in enumerate(self.unknown)}
        for secret, factor in factors.items():
            for cell, sign in zip(secret.cells, (1.0, -1.0), strict=False):
                if cell in place:
                    cost[place[cell]] += sign * factor
        return cost

    def _solve(self, cost: Floats) -> tuple[float, Floats | None, Floats]:
        """Return the least of a cost, where it is reached, and how hard each line pulls."""
        matrix, sums = self._system()
        told = linprog(
            cost,
            A_eq=matrix if len(self.lines) else None,
            b_eq=sums if len(self.lines) else None,
            bounds=np.stack([self.lows, self.highs], axis=1),
            method="highs",
        )
        if told.status == UNBOUNDED:
            return -np.inf, None, np.zeros(len(self.lines))
        if told.x is None:
            raise EhAccessError(
                "the tables to be protected contradict one another: rows do not add up to their "
                "totals; check them"
            )
        pull = told.eqlin.marginals if len(self.lines) else np.zeros(0)
        return float(told.fun), np.asarray(told.x), np.asarray(pull)

    def _system(self) -> tuple[sparse.csr_array, Floats]:
        place = {cell: number for number, cell in enumerate(self.unknown)}
        rows, columns, factors = [], [], []
        sums = np.zeros(len(self.lines))
        for number, line in enumerate(self.lines):
            for cell, sign in zip(line.cells, (1.0, *([-1.0] * len(line.parts))), strict=True):
                if cell in place:
                    rows.append(number)
                    columns.append(place[cell])
                    factors.append(sign)
                else:
                    sums[number] -= sign * self.values[cell]
        shape = (len(self.lines), len(self.unknown))
        return sparse.csr_array((factors, (rows, columns)), shape=shape), sums

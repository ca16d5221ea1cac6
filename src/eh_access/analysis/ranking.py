"""Ranks, the choices nothing betters, and which measures say something of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MOSTLY = 0.5
"""A measure with one value for more than this share of all sets tells few of them apart."""
NEARLY = 0.99
"""From this rank correlation two measures say nearly the same."""


def ranks_of(costs: Floats) -> NDArray[np.int64]:
    """Return the rank of each value in its column: 1 is the least, ties share the lowest rank."""
    ranks = np.empty(costs.shape, dtype=np.int64)
    for column in range(costs.shape[1]):
        values = costs[:, column]
        ranks[:, column] = np.searchsorted(np.sort(values), values, side="left") + 1
    return ranks


def ties_of(costs: Floats) -> NDArray[np.int64]:
    """Return how many others share the rank of each value in its column."""
    ties = np.empty(costs.shape, dtype=np.int64)
    for column in range(costs.shape[1]):
        values = costs[:, column]
        held = np.sort(values)
        above = np.searchsorted(held, values, side="right")
        ties[:, column] = above - np.searchsorted(held, values, side="left") - 1
    return ties


def least(keys: list[Floats]) -> NDArray[np.intp]:
    """Return the rows that are least by the first key, of those by the second, and so on."""
    rows = np.arange(len(keys[0]))
    for key in keys:
        values = key[rows]
        best = values.min()
        if np.isfinite(best):
            rows = rows[values <= best + 1e-9 * max(abs(best), 1.0)]
    return rows


def pareto(costs: Floats) -> NDArray[np.bool_]:
    """Return the choices that no other betters: as good on every measure and better on one."""
    if not len(costs):
        return np.zeros(0, dtype=bool)
    level = ranks_of(costs).astype(np.float64)  # order is all that counts, and ranks are finite
    # a choice can only be bettered by one of a lower sum of ranks, so the front grows in order
    order = np.argsort(level.sum(axis=1), kind="stable")
    front = np.empty_like(level)
    size = 0
    best = np.zeros(len(costs), dtype=bool)
    for row in order:
        known = front[:size]
        bettered = (known <= level[row]).all(axis=1) & (known < level[row]).any(axis=1)
        if not bettered.any():
            front[size] = level[row]
            size += 1
            best[row] = True
    return best


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the columns of a table of costs tell apart; made by `told_apart`."""

    counted: tuple[int, ...]  # columns that say something of their own
    constant: tuple[int, ...]  # columns with one value for every choice
    same_as: dict[int, int]  # columns that rank every choice as an earlier one does, by that one
    # counted columns with one value for most choices, by the share of choices that have it
    saturated: dict[int, float]
    # pairs of counted columns that rank nearly alike, with their rank correlation
    alike: dict[tuple[int, int], float]


def told_apart(costs: Floats) -> Told:
    """Return which columns say something of their own about the choices."""
    ranks = ranks_of(costs)
    count, columns = ranks.shape
    if count < 2:  # noqa: PLR2004 - one choice is like no other
        return Told(counted=tuple(range(columns)), constant=(), same_as={}, saturated={}, alike={})
    constant = tuple(column for column in range(columns) if (ranks[:, column] == 1).all())
    counted: list[int] = []
    same_as: dict[int, int] = {}
    for column in range(columns):
        if column in constant:
            continue
        twins = (held for held in counted if (ranks[:, held] == ranks[:, column]).all())
        twin = next(twins, None)
        if twin is None:
            counted.append(column)
        else:
            same_as[column] = twin
    most = {
        column: int(np.unique(ranks[:, column], return_counts=True)[1].max()) for column in counted
    }
    shares = {column: number / count for column, number in most.items()}
    return Told(
        counted=tuple(counted),
        constant=constant,
        same_as=same_as,
        saturated={column: share for column, share in shares.items() if share > MOSTLY},
        alike=_alike(ranks, counted),
    )


def _alike(ranks: NDArray[np.int64], counted: list[int]) -> dict[tuple[int, int], float]:
    """Return which columns rank nearly alike: Spearman's correlation, ties at their mean rank."""
    # an equal number before and after: the mean of the lowest and the highest rank of a tie
    middle = (ranks - ranks_of(-ranks.astype(np.float64))).astype(np.float64)
    middle -= middle.mean(axis=0)
    length = np.sqrt((middle**2).sum(axis=0))
    found = {}
    for place, one in enumerate(counted):
        for other in counted[place + 1 :]:
            close = float(middle[:, one] @ middle[:, other] / (length[one] * length[other]))
            if close >= NEARLY:
                found[one, other] = close
    return found

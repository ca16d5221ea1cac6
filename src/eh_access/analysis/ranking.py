"""Ranks, the choices nothing betters, and how far one choice is from the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def ranks_of(costs: Floats) -> NDArray[np.int64]:
    """Return the rank of each value in its column: 1 is the least, ties share the lowest rank.

    Parameters
    ----------
    costs
        (sets, measures), lower is better; inf ranks last. No NaN.

    Returns
    -------
    numpy.ndarray
        int64 (sets, measures).

    Examples
    --------
    >>> ranks_of(np.array([[5.0], [2.0], [5.0], [9.0]])).ravel().tolist()
    [2, 1, 2, 4]
    """
    ranks = np.empty(costs.shape, dtype=np.int64)
    for column in range(costs.shape[1]):
        values = costs[:, column]
        ranks[:, column] = np.searchsorted(np.sort(values), values, side="left") + 1
    return ranks


def pareto(costs: Floats) -> NDArray[np.bool_]:
    """Return the choices that no other betters: as good on every measure and better on one.

    Parameters
    ----------
    costs
        (sets, measures), lower is better; inf is allowed. No NaN.

    Returns
    -------
    numpy.ndarray
        bool (sets,).

    Examples
    --------
    >>> pareto(np.array([[1.0, 9.0], [9.0, 1.0], [9.0, 9.0], [1.0, 9.0]])).tolist()
    [True, True, False, True]
    """
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

"""The arithmetic under every measure, on plain arrays, so that thousands of runs stay cheap.

Minutes come from the search as whole deciseconds (600 to the minute) kept in 32 bits. A limit is
therefore compared with half a decisecond to spare: a trip of exactly 30 minutes is within 30
minutes, one of a decisecond more is not, whatever the rounding of the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
    Doubles = NDArray[np.float64]
    Bools = NDArray[np.bool_]

HALF_DECISECOND_MIN = 0.5 / 600
"""Half of the smallest difference the search can make, in minutes."""

ROUNDING = 1e-9
"""What sums of weights may lose in their last bits, as a share of the whole."""


def within(values: Floats, limit: float, *, spare: float = HALF_DECISECOND_MIN) -> Bools:
    """Return where values are at most a limit, half a decisecond spared."""
    return np.asarray(values <= limit + spare)


def nearest_minutes(minutes: Floats, columns: NDArray[np.intp]) -> Doubles:
    """Return the least of some columns in each row."""
    least = minutes[:, columns].min(axis=1, initial=np.inf)
    return np.asarray(least, dtype=np.float64)


def change_of(before: Doubles, after: Doubles) -> Doubles:
    """Return after less before, 0 where both are out of reach; never NaN."""
    change = np.zeros(np.broadcast_shapes(before.shape, after.shape))
    np.subtract(after, before, out=change, where=np.isfinite(before) | np.isfinite(after))
    return change


def shares_where(condition: Bools, weights: Doubles) -> Doubles:
    """Return the share of weight for which a condition holds, for many settings at once."""
    held = np.where(condition, weights, 0.0).sum(axis=-1)
    whole = weights.sum()
    return np.asarray(held / whole if whole > 0 else np.full(held.shape, np.nan))


def share_where(condition: Bools, weights: Doubles) -> float:
    """Return the share of weight for which a condition holds."""
    return float(shares_where(condition, weights))


def means_of(values: Doubles, weights: Doubles) -> Doubles:
    """Return weighted means, infinities included, for many settings at once."""
    counted = weights > 0
    with np.errstate(invalid="ignore"):
        total = np.where(counted, values * weights, 0.0).sum(axis=-1)
        return np.asarray(total / np.where(counted, weights, 0.0).sum(axis=-1))


def mean_of(values: Doubles, weights: Doubles) -> float:
    """Return the weighted mean, infinities included."""
    return float(means_of(values, weights))


def quantile_of(values: Doubles, weights: Doubles, share: float) -> float:
    """Return the least value that a share of the weight is at or below."""
    # No value is made up between two others, so the result is some origin's own and infinite
    # values are handled (Hyndman and Fan 1996, type 1: the inverse of the distribution function).
    counted = weights > 0
    if not counted.any():
        return float("nan")
    kept, load = values[counted], weights[counted]
    order = np.argsort(kept, kind="stable")
    reached = np.cumsum(load[order])
    at = int(np.searchsorted(reached, (share - ROUNDING) * reached[-1], side="left"))
    return float(kept[order][min(at, len(kept) - 1)])


def sums_by(starts: NDArray[np.intp], values: Doubles) -> Doubles:
    """Return sums of each run of neighbours: the areas of origins sorted by area."""
    return np.asarray(np.add.reduceat(values, starts, axis=-1), dtype=np.float64)

"""How much a gap between groups owes to which areas happen to be there: a bootstrap over areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eh_access.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]

COVERED_SHARE = 0.95
FEWEST_AREAS = 5
"""A group in fewer areas than this gets no interval: too few to draw from."""

COVERS = (
    "Intervals are 95% percentile intervals of a weighted bootstrap: whole areas are drawn with "
    "replacement, before and after alike, and the gap worked out again each time. They cover how "
    "far a gap hangs on which areas happen to be there. They do not cover errors of the travel "
    "times, of the weights, of where sites and families are, or of who belongs to which group. "
    f"A group found in fewer than {FEWEST_AREAS} areas gets none."
)
"""What the intervals stand for, to be printed beside them."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GroupGaps:
    """The gap in a mean between each group and everybody else known, with its interval."""

    # float64 (groups,): the mean in the group less the mean elsewhere; NaN where one of the two
    # has no weight
    gap: Doubles
    low: Doubles  # float64 (groups,): the ends of the interval; NaN where there is none
    high: Doubles


def drawn_areas(areas: int, *, seed: int, resamples: int) -> Doubles:
    """Return how often each area is drawn in each resample."""
    if resamples < 1:
        raise InputError(f"resamples is {resamples}; give 1 or more, 1000 is usual")
    if not areas:
        return np.zeros((resamples, 0))
    drawn = np.random.default_rng(seed).multinomial(areas, np.full(areas, 1 / areas), resamples)
    return drawn.astype(np.float64)


def gaps_between(
    values: Doubles,
    weights: Doubles,
    *,
    groups: NDArray[np.intp],
    areas: NDArray[np.intp],
    drawn: Doubles,
    count: int,
) -> GroupGaps:
    """Return every group's gap to everybody else, and how far it hangs on the areas."""
    known = (groups >= 0) & (areas >= 0) & (weights > 0)
    columns = drawn.shape[1]
    cell = groups[known] * columns + areas[known]
    size = count * columns
    load = _sums(cell, weights[known], size).reshape(count, columns)
    held = _sums(cell, (weights * values)[known], size).reshape(count, columns)
    once = np.ones((1, columns))
    spread = _gaps(held, load, drawn)
    enough = (load > 0).sum(axis=1) >= FEWEST_AREAS
    ends = np.full((2, count), np.nan)
    tail = (1 - COVERED_SHARE) / 2
    for group in np.flatnonzero(enough):
        told = spread[:, group][np.isfinite(spread[:, group])]
        if len(told):
            ends[:, group] = np.quantile(told, [tail, 1 - tail])
    return GroupGaps(gap=_gaps(held, load, once)[0], low=ends[0], high=ends[1])


def _sums(cell: NDArray[np.intp], values: Doubles, size: int) -> Doubles:
    return np.bincount(cell, values, size).astype(np.float64)


def _gaps(held: Doubles, load: Doubles, drawn: Doubles) -> Doubles:
    """Return gaps (resamples, groups) from sums by group and area."""
    inside, weight = drawn @ held.T, drawn @ load.T
    other, other_weight = _others(inside), _others(weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        near = np.where(weight > 0, inside / weight, np.nan)
        far = np.where(other_weight > 0, other / other_weight, np.nan)
    return np.asarray(near - far)


def _others(sums: Doubles) -> Doubles:
    """Return, for each group, the sum of all the other groups; 0 exactly where all are 0."""
    count = sums.shape[1]
    others = 1.0 - np.eye(count)
    return np.asarray(sums @ others)

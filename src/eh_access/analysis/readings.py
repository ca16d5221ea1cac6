"""From what each origin has, before and after, to a criterion's value and its outcome.

All of it works on (..., origins), so that many positions of a site are read at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.arrays import (
    HALF_DECISECOND_MIN,
    ROUNDING,
    change_of,
    means_of,
    shares_where,
    sums_by,
    within,
)
from eh_access.analysis.criteria import Outcome
from eh_access.analysis.equality import group_members
from eh_access.analysis.policy import PUBLIC, Policy

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.analysis.criteria import Criterion

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

LEVELS = (Outcome.MET, Outcome.MARGINAL, Outcome.NOT_MET, Outcome.CANNOT_SAY)
"""Outcomes by grade: the worse of two is the higher."""

MET, MARGINAL, NOT_MET, NO_VALUE = range(len(LEVELS))
POINTS = 100.0
HALF_DECIMETRE_M = 0.05
"""What half a decisecond is in metres, at the pace of a pushchair."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Base:
    """Whom a criterion counts."""

    weights: Floats  # float64 (origins,), 0 for those outside the group where there is one
    elsewhere: Floats  # float64 (origins,), weights of those known to be outside the group, else 0
    unknown_weight: float  # weight left out, as its group or its area is not known
    # origins sorted by area, those without weight or area left out; where each area begins
    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    areas: pd.Index  # the areas' names, sorted; empty unless the criterion tells areas apart
    few: bool = False  # whether there are too few to publish anything about: nobody is then counted
    policy: Policy = PUBLIC  # how counts are kept from identifying anybody


@dataclass(frozen=True, eq=False, kw_only=True)
class Readings:
    """Values of a criterion, of shape (...): one for each setting tried."""

    value: Floats  # after and before, in the measure's unit; NaN where there is none
    baseline_value: Floats
    changed: Bools  # whether anything at all changed


def base_of(criterion: Criterion, origins: gpd.GeoDataFrame, policy: Policy = PUBLIC) -> Base:
    """Return whom a criterion counts."""
    weights = origins["weight"].to_numpy(dtype=np.float64)
    known = np.ones(len(weights), dtype=bool)
    inside = known
    order, starts, areas = np.arange(0), np.arange(0), pd.Index([])
    if criterion.group is not None:
        member = group_members(origins, criterion.group)
        known = member.notna().to_numpy(dtype=bool)
        inside = member.fillna(value=False).to_numpy(dtype=bool)
    if criterion.by is not None:
        codes, areas = pd.factorize(origins[criterion.by], sort=True)
        known = codes >= 0
        sums = np.bincount(codes[known], weights=weights[known], minlength=len(areas))
        many = known & ~policy.few(np.append(sums, 0.0))[codes]  # code -1 is the last
        counted = np.flatnonzero(many & (weights > 0))
        order = counted[np.argsort(codes[counted], kind="stable")]
        present, starts = np.unique(codes[order], return_index=True)
        areas = pd.Index(areas)[present]
    held, rest = np.where(inside & known, weights, 0.0), np.where(~inside & known, weights, 0.0)
    compared = criterion.measure == "group_gap"
    apart = criterion.by is not None and not policy.public
    few = bool(
        policy.few(held.sum())
        or (compared and policy.few(rest.sum()))
        or (apart and not len(order))
    )
    return Base(
        weights=np.zeros_like(held) if few else held,
        elsewhere=np.zeros_like(rest) if few else rest,
        unknown_weight=float(weights[~known].sum()),
        order=order,
        starts=starts,
        areas=areas,
        few=few,
        policy=policy,
    )


def served(criterion: Criterion, figure: Floats) -> Bools:
    """Return which origins have what a criterion asks for."""
    if criterion.min_hours is not None:
        return np.asarray(figure >= criterion.min_hours - ROUNDING)
    if criterion.within_m is not None:
        return within(figure, criterion.within_m, spare=HALF_DECIMETRE_M)
    return within(figure, criterion.cutoff_min or np.inf)


def area_shares(criterion: Criterion, figure: Floats, base: Base) -> Floats:
    """Return the share served in each area."""
    load = base.weights[base.order]
    held = np.where(served(criterion, figure)[..., base.order], load, 0.0)
    return sums_by(base.starts, held) / sums_by(base.starts, load)


def read(criterion: Criterion, before: Floats, after: Floats, base: Base) -> Readings:
    """Return a criterion's value before and after."""
    none = np.zeros(before.shape[:-1])
    baseline = none
    if criterion.measure == "added_time":
        more = change_of(before, after) > (criterion.added_min or 0.0) + HALF_DECISECOND_MIN
        value = shares_where(more, base.weights)
    elif criterion.measure == "group_gap":
        value = _gap(before, after, base)
    elif criterion.measure == "area_loss":
        value = _most_lost(criterion, before, after, base)
    else:
        value = shares_where(served(criterion, after), base.weights)
        baseline = shares_where(served(criterion, before), base.weights)
    return Readings(
        value=np.asarray(value),
        baseline_value=np.asarray(baseline),
        changed=np.asarray((before != after).any(axis=-1)),
    )


def _most_lost(criterion: Criterion, before: Floats, after: Floats, base: Base) -> Floats:
    """Return the largest fall of any area in points; NaN when there is no area with weight."""
    if base.areas.empty:
        return np.full(before.shape[:-1], np.nan)
    lost = area_shares(criterion, before, base) - area_shares(criterion, after, base)
    return np.asarray(np.maximum(lost.max(axis=-1), 0.0) * POINTS)


def _gap(before: Floats, after: Floats, base: Base) -> Floats:
    """Return the mean added minutes in the group less those elsewhere, infinities included."""
    reached = np.isfinite(before) | np.isfinite(after)
    change = change_of(before, after)
    inside = means_of(change, np.where(reached, base.weights, 0.0))
    elsewhere = means_of(change, np.where(reached, base.elsewhere, 0.0))
    with np.errstate(invalid="ignore"):
        return np.asarray(inside - elsewhere)


def grade(criterion: Criterion, readings: Readings) -> NDArray[np.int_]:
    """Return the outcome of each reading, as a place in `LEVELS`."""
    # Met: the threshold is reached. Marginal: within the margin of it on either side. Where
    # nothing changes, a measure of change is met or not, never marginal. With ``max_fall_points``
    # the outcome is the worse of the two tests.
    sign = 1.0 if criterion.better == "higher" else -1.0
    room = sign * (readings.value - criterion.threshold)
    still = ~readings.changed if criterion.spec.of_change else np.zeros_like(readings.changed)
    first = _graded(room, criterion.margin, still)
    if criterion.max_fall_points is None:
        return first
    fall = (readings.baseline_value - readings.value) * POINTS
    second = _graded(criterion.max_fall_points - fall, criterion.margin * POINTS, fall <= 0)
    return np.maximum(first, second)


def _graded(room: Floats, margin: float, never_marginal: Bools) -> NDArray[np.int_]:
    """Return grades from how much room is left; below 0 the test is failed."""
    passed = np.where(room >= -ROUNDING, MET, NOT_MET)
    close = (np.abs(room) <= margin + ROUNDING) & (margin > 0) & ~never_marginal
    return np.where(np.isnan(room), NO_VALUE, np.where(close, MARGINAL, passed))

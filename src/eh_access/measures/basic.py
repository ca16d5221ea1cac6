"""How near services are: one function a measure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from eh_access.arguments import check_arguments, check_ids, number
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.tables import weighted

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.routing.travel_times import TravelTimes

    Floats = NDArray[np.floating[Any]]
    Doubles = NDArray[np.float64]
    Bools = NDArray[np.bool_]

METRES_PER_KM = 1000.0
MINUTES_PER_HOUR = 60.0


def weights_of(times: TravelTimes, origins: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the weights of a table's origins, in the table's order; one each without a column."""
    weights: NDArray[np.float64] = weighted(origins)["weight"].to_numpy(dtype=np.float64)
    return weights[rows_of(times, origins)]


def rows_of(times: TravelTimes, origins: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Return where each of a table's origins stands in another table."""
    check_ids("origins", origins.index)
    rows: NDArray[np.intp] = origins.index.get_indexer(times.origin_ids)
    if len(origins) != len(times.origin_ids) or (rows < 0).any():
        lacking = times.origin_ids[rows < 0].tolist()
        spare = origins.index.difference(times.origin_ids).tolist()
        raise InputError(
            f"the origins are not those of the travel times ({len(origins)} and "
            f"{len(times.origin_ids)}; for example {(lacking + spare)[:3]}); use the table the "
            "times were worked out for"
        )
    return rows


def grouping(by: str | pd.Series, columns: pd.DataFrame, index: pd.Index) -> pd.Series:
    """Return a grouping as a column in the order of some origins."""
    if isinstance(by, str):
        if by not in columns.columns:
            raise NotFoundError(f"origins have no column '{by}': {did_you_mean(by, columns)}")
        by = columns[by]
    lacking = index.difference(by.index).tolist()
    if lacking:
        raise InputError(f"the groups lack {len(lacking)} origins, for example {lacking[:3]}")
    return by.reindex(index)


def metres(times: TravelTimes) -> NDArray[np.float64]:
    """Return distances by street, from times at one constant speed."""
    # Distances are searched for like times, on level streets at the mode's speed everywhere; what
    # comes back is minutes, and this turns them into metres.
    if times.mode.uses_road_speeds:
        raise InputError(
            f"minutes by {times.mode.name} are at each road's own speed and give no distance; "
            "use a mode of one speed, such as walk"
        )
    return times.minutes.astype(np.float64) * metres_per_minute(times)


def metres_per_minute(times: TravelTimes) -> float:
    """Return the speed of a table's mode in metres a minute."""
    return times.mode.speed_km_h * METRES_PER_KM / MINUTES_PER_HOUR


HALF_DECISECOND_MIN = 0.5 / 600
"""Half of the smallest difference the search can make, in minutes."""

ROUNDING = 1e-9
HALF = 0.5 + 1e-6
"""What sums of weights may lose in their last bits, as a share of the whole."""


def within(values: Floats, limit: float, *, spare: float = HALF_DECISECOND_MIN) -> Bools:
    """Return where values are at most a limit, within half a decisecond."""
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


def rounded_to(step: float, counts: Doubles) -> Doubles:
    """Return counts to the nearest multiple of a step, halves up."""
    # what falls short of a half by the noise of a sum is a half
    return np.asarray(np.floor(counts / step + HALF) * step)


def shares_where(condition: Bools, weights: Doubles, *, round_to: float = 0.0) -> Doubles:
    """Return the share of weight for which a condition holds, for many settings at once."""
    held = np.where(condition, weights, 0.0).sum(axis=-1)
    whole = weights.sum(axis=-1)
    if round_to > 0:
        held, whole = (rounded_to(round_to, counts) for counts in (held, whole))
    return np.asarray(held / np.where(whole > 0, whole, np.nan))


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


def searched(cutoff_min: float, far_min: float, *, name: str = "cutoff_min") -> float:
    """Return a cutoff, if times were worked out as far as that."""
    minutes = number(name, cutoff_min, low=0, unit="minutes")
    if minutes > far_min:
        raise InputError(
            f"{name} is {minutes:g}, and times were worked out to {far_min:g} "
            "minutes; give no more than that, or work them out further"
        )
    return minutes


SiteIds: TypeAlias = Sequence[Hashable] | pd.Index
ThereAndBack = Literal["each_way", "total"]


@check_arguments
def weighted_mean(values: pd.Series, weights: pd.Series) -> float:
    """Return a mean in which each row counts by its weight.

    Parameters
    ----------
    values, weights
        Aligned on their index.

    Returns
    -------
    float
        Infinite if any value with weight is; NaN if there is no weight.

    Examples
    --------
    >>> weighted_mean(pd.Series([1.0, 4.0]), pd.Series([2.0, 1.0]))
    2.0
    """
    aligned = weights.reindex(values.index)
    return mean_of(values.to_numpy(np.float64), aligned.to_numpy(np.float64))


@check_arguments
def weighted_quantile(values: pd.Series, weights: pd.Series, share: float) -> float:
    """Return the least value that a share of the weight is at or below.

    Parameters
    ----------
    values, weights
        Aligned on their index.
    share
        0 to 1; 0.5 is the median.

    Returns
    -------
    float
        A value of some row, never one between two; NaN if there is no weight.

    Examples
    --------
    >>> weighted_quantile(pd.Series([1.0, 4.0, 9.0]), pd.Series([1.0, 1.0, 1.0]), 0.5)
    4.0
    """
    aligned = weights.reindex(values.index)
    return quantile_of(values.to_numpy(np.float64), aligned.to_numpy(np.float64), share)


@check_arguments
def nearest(times: TravelTimes, *, sites: SiteIds | None = None) -> pd.DataFrame:
    """Return each origin's nearest site and the minutes to it.

    Parameters
    ----------
    times
        Travel times.
    sites
        The sites that are open; None means all.

    Returns
    -------
    pandas.DataFrame
        Index ``origin_id``; ``minutes`` (inf if none) and ``site_id`` ("" if none). Of sites
        equally near, the one whose id sorts first.

    Examples
    --------
    >>> from eh_access import example_trips
    >>> homes, sites, times = example_trips()
    >>> nearest(times, sites=["west"]).round(1)
       minutes site_id
    a     10.0    west
    b     38.0    west
    """
    return times.nearest(sites)


@check_arguments
def nth_nearest(times: TravelTimes, n: int, *, sites: SiteIds | None = None) -> pd.Series:
    """Return the minutes to the n-th nearest site: how much choice is left.

    Parameters
    ----------
    times
        Travel times.
    n
        1 for the nearest.
    sites
        The sites that are open; None means all.

    Returns
    -------
    pandas.Series
        Minutes by ``origin_id``; inf where fewer than n sites are reached.

    Raises
    ------
    InputError
        If n is less than 1.

    Examples
    --------
    >>> from eh_access import example_trips
    >>> homes, sites, times = example_trips()
    >>> nth_nearest(times, 2).round(2).tolist()
    [38.05, 38.05]
    """
    if n < 1:
        raise InputError(f"n is {n}; give 1 for the nearest, 2 for the second nearest")
    chosen = times.minutes[:, times.columns_of(sites)].astype(np.float64)
    least = np.full(len(chosen), np.inf)
    if n <= chosen.shape[1]:
        least = np.partition(chosen, n - 1, axis=1)[:, n - 1]
    return pd.Series(least, index=times.origin_ids, name="minutes")


@check_arguments
def coverage(
    times: TravelTimes,
    origins: gpd.GeoDataFrame,
    *,
    cutoff_min: float,
    sites: SiteIds | None = None,
) -> float:
    """Return the share of weight within a cutoff of a site.

    Parameters
    ----------
    times, origins
        Of the same origins, in any order.
    cutoff_min
        Minutes; exactly as many is within.
    sites
        The sites that are open; None means all.

    Returns
    -------
    float
        0 to 1. Weight out of reach counts as not covered. NaN if there is no weight at all.

    Raises
    ------
    InputError
        If the origins are not those of the times.

    Examples
    --------
    >>> from eh_access import example_trips
    >>> homes, sites, times = example_trips()
    >>> coverage(times, homes, cutoff_min=30), coverage(times, homes, cutoff_min=30, sites=["west"])
    (1.0, 0.75)
    """
    least = nearest_minutes(times.minutes, times.columns_of(sites))
    near = within(least, searched(cutoff_min, times.cutoff_min))
    return share_where(near, weights_of(times, origins))


@check_arguments
def coverage_by(
    times: TravelTimes,
    origins: gpd.GeoDataFrame,
    by: str | pd.Series,
    *,
    cutoff_min: float,
    sites: SiteIds | None = None,
) -> pd.DataFrame:
    """Return coverage in each group.

    Parameters
    ----------
    times, origins
        Of the same origins, in any order.
    by
        A column of ``origins``, or a Series indexed by ``origin_id``.
    cutoff_min
        Minutes; exactly as many is within.
    sites
        The sites that are open; None means all.

    Returns
    -------
    pandas.DataFrame
        Index the groups, sorted, those of unknown group last; ``origins`` (how many), ``weight``,
        ``covered_weight``, ``share`` (NaN where there is no weight).

    Examples
    --------
    >>> from eh_access import example_trips
    >>> homes, sites, times = example_trips()
    >>> ward = pd.Series(["North", "South"], index=homes.index, name="ward")
    >>> coverage_by(times, homes, ward, cutoff_min=30, sites=["west"])
           origins  weight  covered_weight  share
    ward
    North        1    30.0            30.0    1.0
    South        1    10.0             0.0    0.0
    """
    least = nearest_minutes(times.minutes, times.columns_of(sites))
    near = within(least, searched(cutoff_min, times.cutoff_min))
    weights = weights_of(times, origins)
    rows = pd.DataFrame(
        {"origins": 1, "weight": weights, "covered_weight": np.where(near, weights, 0.0)},
        index=times.origin_ids,
    )
    groups = grouping(by, origins, times.origin_ids)
    table = rows.groupby(groups, dropna=False, observed=True, sort=True).sum()
    whole = table["weight"].where(table["weight"] > 0)
    return table.assign(share=table["covered_weight"] / whole)


@check_arguments
def cumulative_opportunities(
    times: TravelTimes, *, cutoff_min: float, sites: SiteIds | None = None
) -> pd.Series:
    """Return how many sites each origin has within a cutoff.

    Parameters
    ----------
    times
        Travel times.
    cutoff_min
        Minutes; exactly as many is within.
    sites
        The sites that are open; None means all.

    Returns
    -------
    pandas.Series
        Counts by ``origin_id``; 0 where none is reached.

    Examples
    --------
    >>> from eh_access import example_trips
    >>> homes, sites, times = example_trips()
    >>> cumulative_opportunities(times, cutoff_min=40).tolist()
    [2, 2]
    """
    limit = searched(cutoff_min, times.cutoff_min)
    reached = within(times.minutes[:, times.columns_of(sites)], limit)
    return pd.Series(reached.sum(axis=1), index=times.origin_ids, name="sites")

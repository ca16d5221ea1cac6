"""How near services are: one function for each measure, all on the same table of minutes.

Out of reach is infinite minutes and no opportunity; an origin out of reach stays in every total.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd

from eh_access.analysis.aligning import grouping, weights_of
from eh_access.analysis.arrays import (
    mean_of,
    nearest_minutes,
    quantile_of,
    share_where,
    within,
)
from eh_access.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.routing.types import TravelTimes

SiteIds: TypeAlias = Sequence[Hashable] | pd.Index
ThereAndBack = Literal["each_way", "total"]


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
    return share_where(within(least, cutoff_min), weights_of(times, origins))


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
    weights = weights_of(times, origins)
    rows = pd.DataFrame(
        {
            "origins": 1,
            "weight": weights,
            "covered_weight": np.where(within(least, cutoff_min), weights, 0.0),
        },
        index=times.origin_ids,
    )
    groups = grouping(by, origins, times.origin_ids)
    table = rows.groupby(groups, dropna=False, observed=True, sort=True).sum()
    whole = table["weight"].where(table["weight"] > 0)
    return table.assign(share=table["covered_weight"] / whole)


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
    reached = within(times.minutes[:, times.columns_of(sites)], cutoff_min)
    return pd.Series(reached.sum(axis=1), index=times.origin_ids, name="sites")

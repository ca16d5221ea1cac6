"""Sessions, not buildings: how many opening hours a week a family can get to, and home from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.arrays import within
from eh_access.analysis.scenarios import open_sites
from eh_access.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.analysis.measures import ThereAndBack
    from eh_access.routing.types import TravelTimes


def hours_reachable(
    times: TravelTimes,
    sites: gpd.GeoDataFrame,
    *,
    cutoff_min: float,
    full_hours: float,
    times_back: TravelTimes | None = None,
    there_and_back: ThereAndBack = "each_way",
) -> pd.Series:
    """Return the opening hours a week that each origin can reach.

    Hours of several sites add up, though a family can be in one place at a time and two sites may
    be open at once: without a timetable this is the most there can be.

    Parameters
    ----------
    times
        From origins to sites.
    sites
        From ``apply_scenario``: those that are open count, with ``hours_per_week``. A site said to
        have up to so many hours counts with all of them.
    cutoff_min
        Minutes; exactly as many is within.
    full_hours
        How many hours a week stand for "full hours, number unknown" (NaN).
    times_back
        From the sites home. None: only the way there is asked for.
    there_and_back
        ``"each_way"``: each way within the cutoff. ``"total"``: both together.

    Returns
    -------
    pandas.Series
        Hours a week by ``origin_id``; 0 where none is reached.

    Raises
    ------
    InputError
        If the times home are not of the same origins.
    NotFoundError
        If an open site is not in the times.

    Examples
    --------
    >>> from eh_access import example_trips
    >>> homes, sites, times = example_trips()
    >>> hours = sites.assign(is_open=True, hours_per_week=[10.0, np.nan])  # NaN: full hours
    >>> hours_reachable(times, hours, cutoff_min=30, full_hours=25).tolist()
    [10.0, 25.0]
    """
    chosen = open_sites(sites, full_time=False, full_time_from_hours=full_hours)
    there = times.minutes[:, times.columns_of(chosen)].astype(np.float64)
    back = None
    if times_back is not None:
        rows = times_back.origin_ids.get_indexer(times.origin_ids)
        if (rows < 0).any():
            raise InputError("the times home are not of the same origins as the times there")
        back = times_back.minutes[rows][:, times_back.columns_of(chosen)].astype(np.float64)
    stated = sites.loc[chosen, "hours_per_week"].to_numpy(dtype=np.float64, na_value=np.nan)
    weekly = weekly_hours(stated, full_hours)
    hours = reached(there, back, cutoff_min, there_and_back=there_and_back) @ weekly
    return pd.Series(hours, index=times.origin_ids, name="hours_per_week")


def weekly_hours(stated: NDArray[np.float64], full_hours: float) -> NDArray[np.float64]:
    """Return hours a week, full hours as a number."""
    return np.where(np.isnan(stated), full_hours, stated)


def reached(
    there: NDArray[np.float64],
    back: NDArray[np.float64] | None,
    cutoff_min: float,
    *,
    there_and_back: ThereAndBack,
) -> NDArray[np.bool_]:
    """Return which sites can be got to, and home from, in time."""
    if back is None:
        return within(there, cutoff_min)
    if there_and_back == "total":
        return within(there + back, cutoff_min)
    return within(there, cutoff_min) & within(back, cutoff_min)

"""Sessions, not buildings: what a family can be at from its beginning to its end, and be home.

Hours alone are counted in ``hours``; here are sessions of known days and times. See
``three_readings`` for closures beside cuts in hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.arrays import HALF_DECISECOND_MIN, within
from eh_access.analysis.hours import weekly_hours
from eh_access.analysis.scenarios import open_sites
from eh_access.analysis.windows import Timetable, check_windows, clock_min
from eh_access.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.routing.types import TravelTimes

    Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Day:
    """When a family can be away from home, and how long it stays."""

    # when it can leave home at the earliest, and must be home at the latest. By itself 07:30 to
    # 19:30: the minister's court benchmark asked for a round trip inside it
    leaves: str = "07:30"
    home: str = "19:30"
    # how long a session lasts where a site is open for longer: so many minutes of a window count
    # as all of it. By itself a window counts from opening to closing
    stay_min: float = np.inf

    def __post_init__(self) -> None:
        faults = []
        if self.begins_min >= self.ends_min:
            faults.append(f"the day from {self.leaves} to {self.home} ends before it begins")
        if not self.stay_min > 0:
            faults.append(f"stay_min is {self.stay_min:g}; give minutes above 0")
        if faults:
            raise InputError(faults)

    @property
    def begins_min(self) -> int:
        """Minutes after midnight from which a family can be away."""
        return clock_min(self.leaves)

    @property
    def ends_min(self) -> int:
        """Minutes after midnight by which it must be home."""
        return clock_min(self.home)


def whole_sessions(
    times: TravelTimes,
    times_back: TravelTimes,
    sites: gpd.GeoDataFrame,
    timetable: Timetable,
    *,
    cutoff_min: float = np.inf,
    day: Day | None = None,
) -> pd.DataFrame:
    """Return the sessions each family can be at from beginning to end, there and back in a day.

    A session counts if each way takes no longer than the cutoff, leaving home no earlier than the
    day begins is in time for its beginning, and setting off at its end is home before the day is
    over. Nothing is said of how many of them a family could go to: two may be at one time.

    Parameters
    ----------
    times, times_back
        To the sites and home from them, of the same origins.
    sites
        From ``apply_scenario``: those that are open count.
    timetable
        Windows by site; open sites that are not in it have no known sessions.
    cutoff_min
        The most minutes each way; exactly as many is within.
    day
        When a family can be away, and for how long a stay; None for 07:30 to 19:30 and all of it.

    Returns
    -------
    pandas.DataFrame
        By ``origin_id``: ``sessions`` and ``hours`` a week that can be attended whole;
        ``sessions_within`` those of sites within the cutoff, whatever the day allows;
        ``sites_without_timetable`` how many open sites within the cutoff have no known sessions,
        so that there may be more.

    Raises
    ------
    InputError
        If windows overlap, the day ends before it begins, or the tables are of other origins or
        run the wrong way.
    NotFoundError
        If an open site is not in the times.

    Examples
    --------
    >>> from eh_access import WALK, apply_scenario, BASELINE, estimate_travel_times
    >>> from eh_access import load_origins, load_sites
    >>> from eh_access.analysis.windows import Window
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> to, home = (
    ...     estimate_travel_times(homes, centres, mode=WALK, direction=way)
    ...     for way in ("to_sites", "from_sites")
    ... )
    >>> timetable = {"wath-victoria": [Window("mon", "09:30", "11:30")]}
    >>> sites = apply_scenario(centres, BASELINE)
    >>> found = whole_sessions(to, home, sites, timetable, cutoff_min=30)
    >>> sorted(found["sessions"].unique().tolist())
    [0, 1]
    """
    told = day or Day()
    begins, ends = told.begins_min, told.ends_min
    faults = [
        f"the times are {table.direction}; give times {way}"
        for table, way in ((times, "to_sites"), (times_back, "from_sites"))
        if table.direction != way
    ]
    if faults:
        raise InputError(faults)
    ordered = check_windows(timetable)
    chosen = open_sites(sites, full_time=False, full_time_from_hours=0.0)
    there, back = _both_ways(times, times_back, chosen)
    near = within(np.maximum(there, back), cutoff_min) & np.isfinite(there + back)
    count, hours = np.zeros(there.shape), np.zeros(there.shape)
    every = np.zeros(there.shape)
    for column, site in enumerate(chosen):
        for window in ordered.get(site, ()):
            comes = np.maximum(window.opens_min, begins + there[:, column])
            goes = np.minimum(window.closes_min, ends - back[:, column])
            enough = goes - comes >= min(told.stay_min, window.minutes) - HALF_DECISECOND_MIN
            fits = near[:, column] & enough
            count[:, column] += fits
            hours[:, column] += fits * window.minutes / 60
            every[:, column] += near[:, column]
    untold = np.array([site not in ordered for site in chosen], dtype=bool)
    return pd.DataFrame(
        {
            "sessions": count.sum(axis=1).astype(int),
            "hours": hours.sum(axis=1),
            "sessions_within": every.sum(axis=1).astype(int),
            "sites_without_timetable": near[:, untold].sum(axis=1).astype(int),
        },
        index=times.origin_ids,
    )


def _both_ways(
    times: TravelTimes, times_back: TravelTimes, chosen: pd.Index
) -> tuple[Doubles, Doubles]:
    """Return minutes there and back for the same origins and sites, in one order."""
    rows = times_back.origin_ids.get_indexer(times.origin_ids)
    if (rows < 0).any() or len(times_back.origin_ids) != len(times.origin_ids):
        raise InputError("the times home are not of the same origins as the times there")
    there = times.minutes[:, times.columns_of(chosen)]
    back = times_back.minutes[rows][:, times_back.columns_of(chosen)]
    return there.astype(np.float64), back.astype(np.float64)


def nearest_open_for(
    times: TravelTimes, sites: gpd.GeoDataFrame, *, min_hours: float, full_hours: float
) -> pd.DataFrame:
    """Return each origin's nearest site that is open at least so many hours a week.

    Parameters
    ----------
    times
        Travel times.
    sites
        From ``apply_scenario``, with ``hours_per_week``.
    min_hours
        Hours a week; exactly as many is enough.
    full_hours
        How many hours stand for "full hours, number unknown" (NaN).

    Returns
    -------
    pandas.DataFrame
        Index ``origin_id``; ``minutes`` (inf if none) and ``site_id`` ("" if none).

    Raises
    ------
    InputError
        If ``min_hours`` is not above 0.
    NotFoundError
        If such a site is not in the times.

    Examples
    --------
    >>> from eh_access import WALK, Scenario, SetHours, apply_scenario, estimate_travel_times
    >>> from eh_access import load_origins, load_sites
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, centres, mode=WALK)
    >>> fewer = apply_scenario(centres, Scenario("fewer", "Fewer", (SetHours("arnold", 10),)))
    >>> found = nearest_open_for(times, fewer, min_hours=15, full_hours=25)
    >>> "arnold" in set(found["site_id"])
    False
    """
    if not min_hours > 0:
        raise InputError(f"min_hours is {min_hours}; give hours a week above 0")
    return times.nearest(open_for(sites, min_hours, full_hours))


def open_for(sites: gpd.GeoDataFrame, min_hours: float, full_hours: float) -> pd.Index:
    """Return the open sites of at least so many hours a week."""
    chosen = open_sites(sites, full_time=False, full_time_from_hours=full_hours)
    stated = sites.loc[chosen, "hours_per_week"].to_numpy(dtype=np.float64, na_value=np.nan)
    enough: pd.Index = chosen[weekly_hours(stated, full_hours) >= min_hours]
    return enough

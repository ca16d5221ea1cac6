"""Sessions, not buildings: what a family can be at from its beginning to its end, and be home.

Hours alone are counted in ``hours``; here are sessions of known days and times, and the readings
that set a closure beside a cut in hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.arrays import HALF_DECISECOND_MIN, within
from eh_access.analysis.comparison import compare
from eh_access.analysis.hours import hours_reachable, weekly_hours
from eh_access.analysis.measures import coverage, weighted_mean
from eh_access.analysis.scenarios import open_sites
from eh_access.analysis.windows import Timetable, check_windows, clock_min
from eh_access.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.analysis.case import Case
    from eh_access.routing.types import TravelTimes

    Doubles = NDArray[np.float64]

DAY = ("07:30", "19:30")
"""From when to when a family can be away: the minister's court benchmark asked for a round trip
inside it."""


def whole_sessions(
    times: TravelTimes,
    times_back: TravelTimes,
    sites: gpd.GeoDataFrame,
    timetable: Timetable,
    *,
    cutoff_min: float = np.inf,
    day: tuple[str, str] = DAY,
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
        When a family can leave home at the earliest, and must be home at the latest.

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
    begins, ends = clock_min(day[0]), clock_min(day[1])
    faults = [] if begins < ends else [f"the day from {day[0]} to {day[1]} ends before it begins"]
    faults += [
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
            leaves, home = window.opens_min - there[:, column], window.closes_min + back[:, column]
            early = leaves >= begins - HALF_DECISECOND_MIN
            fits = near[:, column] & early & within(home, ends)
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
    return times.nearest(_open_for(sites, min_hours, full_hours))


def _open_for(sites: gpd.GeoDataFrame, min_hours: float, full_hours: float) -> pd.Index:
    """Return the open sites of at least so many hours a week."""
    chosen = open_sites(sites, full_time=False, full_time_from_hours=full_hours)
    stated = sites.loc[chosen, "hours_per_week"].to_numpy(dtype=np.float64, na_value=np.nan)
    return chosen[weekly_hours(stated, full_hours) >= min_hours]


READINGS = ("any hours", "at least {hours:g} hours a week", "full-time hours")
"""What "open" can be taken to mean, the loosest first."""


def readings_table(
    cases: Iterable[Case],
    *,
    mode: str = "walk",
    cutoff_min: float = 30.0,
    min_hours: float = 10.0,
    loser_min: float = 5.0,
) -> pd.DataFrame:
    """Return scenarios beside one another for the same families, by what "open" is taken to mean.

    A centre that keeps ten hours a week is no loss to those who ask whether anything is open, and
    as good as gone to those who ask for full-time hours. Both readings stand side by side, and a
    scenario that closes it altogether beside them.

    Parameters
    ----------
    cases
        Scenarios of one study, in the order wanted: of the same origins and one baseline.
    mode
        How people travel, by name.
    cutoff_min
        Minutes within which a site is near.
    min_hours
        Hours a week for the reading between the two.
    loser_min
        More minutes than this lost make a loser.

    Returns
    -------
    pandas.DataFrame
        One row per scenario and reading: ``scenario``, ``mode``, ``reading``, ``sites`` (how many
        count), ``weight``, ``weight_within``, ``share_within``, ``share_within_before``,
        ``weight_loses``, ``share_loses``, ``mean_min`` and ``mean_before_min`` (over
        ``finite_weight``, those reached before and after), ``mean_change_min``,
        ``mean_hours_within`` (hours a week of all open sites within the cutoff, there and back
        where times home are given; the same for every reading) and ``estimated``.

    Raises
    ------
    InputError
        If the cases are of other origins than the first, or lack times by the mode.

    Examples
    --------
    >>> readings_table([]).columns[:3].tolist()
    ['scenario', 'mode', 'reading']
    """
    held = list(cases)
    faults = [
        f"case '{case.scenario}': no times by {mode}"
        for case in held
        if not (mode in case.before.times and mode in case.after.times)
    ]
    faults += [
        f"case '{case.scenario}' is of other families than '{held[0].scenario}'"
        for case in held[1:]
        if not case.origins.index.equals(held[0].origins.index)
    ]
    if faults:
        raise InputError(faults)
    rows = [
        row for case in held for row in _readings_of(case, mode, cutoff_min, min_hours, loser_min)
    ]
    return pd.DataFrame(rows, columns=list(READING_COLUMNS))


READING_COLUMNS = (
    "scenario",
    "mode",
    "reading",
    "sites",
    "weight",
    "weight_within",
    "share_within",
    "share_within_before",
    "weight_loses",
    "share_loses",
    "finite_weight",
    "mean_min",
    "mean_before_min",
    "mean_change_min",
    "mean_hours_within",
    "estimated",
)


def _readings_of(
    case: Case, mode: str, cutoff_min: float, min_hours: float, loser_min: float
) -> list[dict[str, object]]:
    full = case.settings.full_time_from_hours
    before, after = case.before.times[mode], case.after.times[mode]
    hours = hours_reachable(
        after,
        case.after.sites.loc[_placed(case.after.sites, case.after.sites.index)],
        cutoff_min=cutoff_min,
        full_hours=full,
        times_back=case.after.times_back.get(mode),
    )
    mean_hours = weighted_mean(hours, case.origins["weight"])
    rows = []
    for reading, least in zip(READINGS, (0.0, min_hours, full), strict=True):
        chosen = [_open_for(side.sites, least, full) for side in (case.before, case.after)]
        known = [_placed(side.sites, ids) for side, ids in zip((case.before, case.after), chosen)]
        compared = compare(
            before,
            after,
            case.origins,
            sites_before=known[0],
            sites_after=known[1],
            loser_min=loser_min,
        )
        told = compared.summary().iloc[0]
        share, was = (
            coverage(table, case.origins, cutoff_min=cutoff_min, sites=ids)
            for table, ids in ((after, known[1]), (before, known[0]))
        )
        rows.append(
            {
                "scenario": case.scenario,
                "mode": mode,
                "reading": reading.format(hours=min_hours),
                "sites": len(chosen[1]),
                "weight": told["weight"],
                "weight_within": share * told["weight"],
                "share_within": share,
                "share_within_before": was,
                "weight_loses": told["weight_loses"],
                "share_loses": told["share_loses"],
                "finite_weight": told["finite_weight"],
                "mean_min": told["mean_after_min"],
                "mean_before_min": told["mean_before_min"],
                "mean_change_min": told["mean_change_min"],
                "mean_hours_within": mean_hours,
                "estimated": compared.estimated,
            }
        )
    return rows


def _placed(sites: gpd.GeoDataFrame, ids: Sequence[str] | pd.Index) -> pd.Index:
    """Return those whose place is known; nobody can travel to the others."""
    chosen = pd.Index(ids)
    return chosen[(sites.loc[chosen, "location_basis"] != "unknown").to_numpy(dtype=bool)]

"""Opening hours and sessions a family can attend."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from eh_access.arguments import check_arguments
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.measures.basic import within
from eh_access.measures.scenarios import open_sites
from eh_access.tables import row_numbers

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.measures.basic import ThereAndBack
    from eh_access.routing.travel_times import TravelTimes

    Doubles = NDArray[np.float64]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")


def clock_min(text: str) -> int:
    """Return a time of day as minutes after midnight."""
    match = _CLOCK.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is not None:
        hours, minutes = int(match[1]), int(match[2])
        if minutes < MINUTES_PER_HOUR and hours * MINUTES_PER_HOUR + minutes <= MINUTES_PER_DAY:
            return hours * MINUTES_PER_HOUR + minutes
    raise InputError(f"'{text}' is no time of day; write it as 09:30, from 00:00 to 24:00")


@dataclass(frozen=True, order=True)
class Window:
    """A session: a site is open on one weekday from one time to another.

    Parameters
    ----------
    weekday
        One of `WEEKDAYS`; a longer name (``"Monday"``) is shortened.
    opens, closes
        Times of day, ``"09:30"``. One that goes on past midnight is given as two.

    Raises
    ------
    InputError
        If there is no such weekday, a time is none, or it closes before it opens.

    Examples
    --------
    >>> Window("Monday", "09:30", "11:30")
    Window(weekday='mon', opens='09:30', closes='11:30')
    >>> Window("mon", "09:30", "11:30").minutes
    120
    """

    weekday: str
    opens: str
    closes: str

    def __post_init__(self) -> None:
        faults = []
        day = str(self.weekday).strip().lower()[:3]
        if day not in WEEKDAYS:
            faults.append(f"no weekday '{self.weekday}': {did_you_mean(day, WEEKDAYS)}")
        times: list[int] = []
        for field in ("opens", "closes"):
            try:
                times.append(clock_min(getattr(self, field)))
            except InputError as error:
                faults += [f"{field}: {fault}" for fault in error.faults]
        if len(times) == len(("opens", "closes")) and times[1] <= times[0]:
            faults.append(
                f"closes at {self.closes}, not after it opens at {self.opens}; a session past "
                "midnight is given as two"
            )
        if faults:
            raise InputError(faults)
        # a frozen window takes one spelling, once, before anyone sees it
        object.__setattr__(self, "weekday", day)
        for field, value in zip(("opens", "closes"), times, strict=True):
            object.__setattr__(self, field, f"{value // 60:02d}:{value % 60:02d}")

    @property
    def day(self) -> int:
        """0 for Monday to 6 for Sunday."""
        return WEEKDAYS.index(self.weekday)

    @property
    def opens_min(self) -> int:
        """Minutes after midnight at which it opens."""
        return clock_min(self.opens)

    @property
    def closes_min(self) -> int:
        """Minutes after midnight at which it closes."""
        return clock_min(self.closes)

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return self.closes_min - self.opens_min


Openings: TypeAlias = Mapping[str, Sequence[Window]]
"""The windows of each site by ``site_id``; a site that is not in it has no known timetable."""


def hours_of(windows: Iterable[Window]) -> float:
    """Return how many hours a week windows make."""
    held = sorted(windows, key=_order)
    faults = list(_overlaps(held))
    if faults:
        raise InputError(faults)
    return sum(window.minutes for window in held) / MINUTES_PER_HOUR


def check_windows(timetable: Openings, *, source: str = "timetable") -> dict[str, list[Window]]:
    """Return a timetable in order, once nothing in it contradicts itself."""
    ordered = {site: sorted(timetable[site], key=_order) for site in sorted(timetable)}
    faults = [
        f"{source}, site '{site}': {fault}"
        for site, windows in ordered.items()
        for fault in _overlaps(windows)
    ]
    if faults:
        raise InputError(faults)
    return ordered


def _order(window: Window) -> tuple[int, int, int]:
    return window.day, window.opens_min, window.closes_min


def _overlaps(ordered: Sequence[Window]) -> Iterator[str]:
    """Yield each window that begins before one sorted ahead of it has ended."""
    for number, second in enumerate(ordered):
        earlier = [window for window in ordered[:number] if window.day == second.day]
        first = max(earlier, key=lambda window: window.closes_min, default=None)
        if first is not None and second.opens_min < first.closes_min:
            yield (
                f"{first.weekday} {first.opens}-{first.closes} and {second.opens}-"
                f"{second.closes} overlap; join them or correct one"
            )


WINDOW_COLUMNS = ("site_id", "weekday", "from", "to")
SAME_HOURS = 1e-6


@check_arguments
def windows_from_frame(
    frame: pd.DataFrame, *, source: str = "timetable"
) -> dict[str, list[Window]]:
    """Return a timetable from a table with one row for each window.

    Parameters
    ----------
    frame
        Columns ``site_id``, ``weekday``, ``from`` and ``to``.
    source
        What to call it in messages.

    Returns
    -------
    dict of str to list of Window
        As from `check_windows`.

    Raises
    ------
    InputError
        Every column that is missing, every row that is no window, every overlap.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame([("library", "mon", "09:30", "11:30")], columns=WINDOW_COLUMNS)
    >>> windows_from_frame(rows)
    {'library': [Window(weekday='mon', opens='09:30', closes='11:30')]}
    """
    missing = [name for name in WINDOW_COLUMNS if name not in frame.columns]
    if missing:
        raise InputError(f"{source}: no column '{name}'; add it" for name in missing)
    faults: list[str] = []
    timetable: dict[str, list[Window]] = {}
    rows = frame[list(WINDOW_COLUMNS)]
    bare = rows.isna().to_numpy(dtype=bool) | (rows.astype(str) == "").to_numpy(dtype=bool)
    for row, lacks, (site, *cells) in zip(
        row_numbers(frame), bare, rows.itertuples(index=False), strict=True
    ):
        absent = [*itertools.compress(WINDOW_COLUMNS, lacks)]
        faults += [f"{source}, row {row}, {name}: is empty; fill it in" for name in absent]
        given = zip(cells, lacks[1:], ("mon", "00:00", "24:00"), strict=True)
        try:  # the row's other cells may be wrong as well
            window = Window(*(usual if empty else cell for cell, empty, usual in given))
        except InputError as error:
            at = f"{source}, row {row} (site_id '{site}')"
            faults += [f"{at}{_of_column(text)}" for text in error.faults]
        else:
            if not absent:
                timetable.setdefault(str(site), []).append(window)
    try:
        ordered = check_windows(timetable, source=source)
    except InputError as error:
        faults += error.faults
    if faults:
        raise InputError(faults)
    return ordered


def _of_column(fault: str) -> str:
    """Return a fault of a window by the column it stands in."""
    for field, column in (("opens", "from"), ("closes", "to")):
        if fault.startswith(f"{field}: "):
            return f", {column}: {fault.removeprefix(f'{field}: ')}"
    return f": {fault}"


@check_arguments
def with_hours(
    sites: gpd.GeoDataFrame, timetable: Openings, *, source: str = "timetable"
) -> gpd.GeoDataFrame:
    """Return sites whose ``hours_per_week`` are those of their windows.

    Parameters
    ----------
    sites
        Index ``site_id``, with ``hours_per_week`` (NaN where not known).
    timetable
        Windows by site. A site that is not in it keeps the hours its row states.
    source
        What to call the timetable in messages.

    Returns
    -------
    geopandas.GeoDataFrame
        A new table.

    Raises
    ------
    NotFoundError
        If the timetable names sites that are not there.
    InputError
        If windows overlap, or make other hours than the row states.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"hours_per_week": [float("nan"), 10.0]}, index=["library", "hall"])
    >>> with_hours(sites, {"library": [Window("mon", "09:30", "11:30")]})["hours_per_week"].tolist()
    [2.0, 10.0]
    """
    if "hours_per_week" not in sites.columns:
        raise InputError("sites: no column 'hours_per_week'; add it, empty where not known")
    unknown = [site for site in sorted(timetable) if site not in sites.index]
    if unknown:
        raise NotFoundError(
            "\n".join(f"{source}: no site '{s}': {did_you_mean(s, sites.index)}" for s in unknown)
        )
    hours = {site: hours_of(held) for site, held in check_windows(timetable, source=source).items()}
    stated = sites["hours_per_week"].astype(float)
    faults = [
        f"{source}, site '{site}': its windows make {made:g} hours a week, its row states "
        f"{stated[site]:g}; keep one of the two"
        for site, made in hours.items()
        if not (math.isnan(stated[site]) or abs(stated[site] - made) < SAME_HOURS)
    ]
    if faults:
        raise InputError(faults)
    return sites.assign(hours_per_week=[hours.get(site, stated[site]) for site in sites.index])


@check_arguments
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
    near = reached(there, back, cutoff_min, there_and_back=there_and_back)
    hours = near @ weekly_hours(sites.loc[chosen], full_hours)
    return pd.Series(hours, index=times.origin_ids, name="hours_per_week")


def weekly_hours(sites: gpd.GeoDataFrame, full_hours: float) -> NDArray[np.float64]:
    """Return hours a week, full hours as a number."""
    stated = pd.Series(sites.get("hours_per_week", np.nan), sites.index)
    return stated.to_numpy(float, na_value=full_hours)


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


@check_arguments
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
    enough: pd.Index = chosen[weekly_hours(sites.loc[chosen], full_hours) >= min_hours]
    return enough

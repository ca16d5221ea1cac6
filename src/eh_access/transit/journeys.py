"""Travel times by timetable: exact percentiles over a window, by arrival or departure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from eh_access.arguments import SearchOptions, check_arguments, instance, number
from eh_access.errors import InputError
from eh_access.routing.matrix import DS_PER_MIN
from eh_access.routing.search import checked_options
from eh_access.routing.threads import side_by_side
from eh_access.routing.travel_times import (
    NO_LOCATION,
    OFF_NETWORK,
    OK,
    UNREACHED,
    TravelTimes,
    with_unreached,
)
from eh_access.transit.timetable import BOARD, Timetable
from eh_access.transit.walks import NEVER, Pairs, Walks, changes, usable

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from eh_access.transit.scan import Connections, Links, Profile

By: TypeAlias = Literal["arrival", "departure"]
Window: TypeAlias = "str | tuple[str, str]"

MEDIAN = 50.0
PERCENTILES = (10.0, 50.0, 90.0)
HOUR_DS = 36_000
LATEST_H = 48
MOST_BOARDINGS = 8
"""With how many it is looked whether more changes would do."""
DAY_DS = 24 * HOUR_DS
_CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::([0-5][0-9]))?")


class Status(IntEnum):
    """How a family gets to a site at the percentile judged by, or why it does not."""

    BY_TRANSIT = 0
    ON_FOOT = 1  # walking all the way is as quick or quicker
    TOO_SELDOM = 2  # within the longest journey for too little of the window
    TOO_LONG = 3  # beyond the longest journey
    TOO_MANY_CHANGES = 4
    NO_SERVICE = 5  # stops are near, and no way leads there that day
    NO_STOP_NEAR_ORIGIN = 6
    NO_STOP_NEAR_SITE = 7
    OFF_NETWORK = 8  # origin or site lies on no street
    NO_LOCATION = 9


@dataclass(frozen=True, eq=False, kw_only=True)
class TransitTimes:
    """Travel times by timetable between every origin and every site.

    By arrival, a time is a deadline at the site less the last moment to leave home for it, being
    early included. By departure, it is the coming there less a moment of leaving home, the first
    wait included. A percentile is the least time, in tenths of a second, within which so much of
    the window lies; every moment counts, none is sampled. Walking all the way is an alternative at
    any moment.

    Parameters
    ----------
    minutes
        float32 (origins, sites, percentiles), ``inf`` where a journey takes no longer than the
        longest for less of the window.
    share_reachable
        float32 (origins, sites): for how much of the window it takes no longer than the longest.
    percentiles, judged
        The percentiles, and which of them the columns of a journey are of.
    window
        Clock times of the deadlines or departures.
    by
        ``"arrival"`` or ``"departure"``; on the way home, at the site the other way round.
    timetable, walks
        What was asked of.

    Examples
    --------
    >>> from eh_access import example_buses, find_walks, transit_times
    >>> network, homes, sites, timetable = example_buses()
    >>> walks = find_walks(network, timetable, homes, sites)
    >>> transit_times(timetable, walks, window="10:00").to_frame()[["site_id", "status"]]
              site_id      status
    origin_id
    a            west     on_foot
    a            east  by_transit
    b            west     on_foot
    b            east     on_foot
    """

    minutes: NDArray[np.float32]
    share_reachable: NDArray[np.float32]
    percentiles: tuple[float, ...]
    judged: float
    window: tuple[str, str]
    by: By
    timetable: Timetable
    walks: Walks
    leave_ds: NDArray[np.int32]  # of the journey judged by: NEVER on foot, or none
    reach_ds: NDArray[np.int32]
    moment_ds: NDArray[np.int32]  # its deadline or departure
    options: SearchOptions

    @property
    def judged_min(self) -> NDArray[np.float32]:
        """Minutes at the percentile judged by, float32 (origins, sites)."""
        return self.minutes[:, :, self.percentiles.index(self.judged)]

    def to_travel_times(self, percentile: float | None = None) -> TravelTimes:
        """Return the minutes at one percentile as travel times of the mode "transit".

        Parameters
        ----------
        percentile
            One of ``percentiles``; None for the one judged by.

        Returns
        -------
        TravelTimes
            For every measure and criterion there is.

        Raises
        ------
        InputError
            If the percentile was not asked for.
        """
        wanted = self.judged if percentile is None else float(percentile)
        if wanted not in self.percentiles:
            raise InputError(f"percentile is {percentile}; there are {list(self.percentiles)}")
        minutes = np.ascontiguousarray(self.minutes[:, :, self.percentiles.index(wanted)])
        walking = self.walks.walking
        far = walking.origin_status["status"] == UNREACHED
        placed = walking.origin_status.assign(
            status=walking.origin_status["status"].mask(far, OK),
            reason=walking.origin_status["reason"].mask(far, ""),
        )
        of_day = f"{self.by} {'-'.join(dict.fromkeys(self.window))} on {self.timetable.date}"
        return TravelTimes(
            minutes=minutes,
            origin_status=with_unreached(placed, minutes, self.walks.limits.longest_min),
            site_status=walking.site_status,
            mode=replace(walking.mode, name="transit", label=_label(walking.mode.label)),
            cutoff_min=self.walks.limits.longest_min,
            direction=walking.direction,
            method=f"by timetable and {walking.mode.label}, {of_day}, percentile {wanted:g}",
            touches_rim=walking.touches_rim,
            provenance=(*walking.provenance, *self.timetable.provenance),
        )

    @cached_property
    def journeys(self) -> dict[str, NDArray[np.float32]]:
        """Parts of the journey judged by, float32 (origins, sites) each, inf where there is none.

        ``changes``; ``walk_min``, ``ride_min``; ``wait_min``, everything else on the way, changing
        and boarding included; ``spare_min``, from being there to the deadline, or from the moment
        of the window to leaving home. The four together are the travel time.
        """
        return _journeys(self)

    @cached_property
    def status(self) -> NDArray[np.uint8]:
        """`Status` of every pair, uint8 (origins, sites)."""
        return _statuses(self)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per pair, with what each percentile and each part of the journey is.

        Returns
        -------
        pandas.DataFrame
            Index ``origin_id``: ``site_id``, ``travel_time_p10_min`` and so on, ``walk_all_min``,
            ``share_reachable``, ``status``, and the parts of the journey judged by: ``changes``,
            ``walk_min``, ``ride_min``, ``wait_min``, ``spare_min``, ``leaves`` and ``arrives``
            (clock times).
        """
        origins, sites, _ = self.minutes.shape
        walking = self.walks.walking
        names = np.array([status.name.lower() for status in Status])
        columns: dict[str, Any] = {"site_id": np.tile(walking.site_ids.to_numpy(), origins)}
        for number_of, percentile in enumerate(self.percentiles):
            name = f"travel_time_p{percentile:02g}_min"
            columns[name] = self.minutes[:, :, number_of].ravel()
        columns["walk_all_min"] = walking.minutes.ravel()
        columns["share_reachable"] = self.share_reachable.ravel()
        columns["status"] = names[self.status.ravel()]
        columns |= {name: part.ravel() for name, part in self.journeys.items()}
        columns["leaves"] = [clock(ds) for ds in self.leave_ds.ravel().tolist()]
        columns["arrives"] = [clock(ds) for ds in self.reach_ds.ravel().tolist()]
        index = pd.Index(np.repeat(walking.origin_ids.to_numpy(), sites), name="origin_id")
        return pd.DataFrame(columns, index=index)


def _label(on_foot: str) -> str:
    return "by bus or train where quicker" + ("" if on_foot == "on foot" else f", {on_foot}")


@check_arguments
def transit_times(  # noqa: PLR0913 - what a window is has this many sides
    timetable: Timetable,
    walks: Walks,
    *,
    window: Window,
    by: By = "arrival",
    percentiles: Sequence[float] = PERCENTILES,
    judged: float = MEDIAN,
    options: SearchOptions | None = None,
) -> TransitTimes:
    """Compute travel times by timetable, exactly over a window of the day.

    Parameters
    ----------
    timetable
        What runs, from `read_timetable`, changed or not.
    walks
        From `find_walks`, for the timetable's stops. They say which way families travel, how far
        they walk, how often they change and how long a journey may be.
    window
        Deadlines or departures: ``("09:30", "10:30")``, or one moment, ``"10:00"``. Hours past 24
        are those of the next morning. There is no default.
    by
        ``"arrival"``: be there by a deadline of the window. ``"departure"``: leave at a moment of
        it.
    percentiles
        From 0 to 100, of the window; of one moment all are the same.
    judged
        The percentile the parts of a journey and the status are of; it is added if it is not
        among them.
    options
        Only how many threads: changes no result.

    Returns
    -------
    TransitTimes
        The times; their parts are worked out when asked for.

    Raises
    ------
    InputError
        If the window or a percentile is none, or the walks are not of this timetable's stops.

    Examples
    --------
    >>> from eh_access import example_buses, find_walks
    >>> network, homes, sites, timetable = example_buses()
    >>> walks = find_walks(network, timetable, homes, sites)
    >>> transit_times(timetable, walks, window="10:00").judged_min.round(1).tolist()
    [[2.0, 33.0], [22.0, 28.0]]
    """
    options = checked_options(options)
    instance("timetable", timetable, Timetable, give="read_timetable(...)")
    instance("walks", walks, Walks, give="find_walks(...)")
    t0, t1 = parse_window(window)
    if by not in ("arrival", "departure"):
        raise InputError(f"by is '{by}'; choose arrival or departure")
    asked = [number("percentiles", q, low=0, high=100) for q in (*percentiles, judged)]
    wanted = tuple(sorted(set(asked)))
    search = Search(timetable, walks, boardings=walks.limits.max_changes + 1)
    width = t1 - t0
    needs = np.array([max(1, math.ceil(q / 100 * width - 1e-9)) for q in wanted], np.int64)
    origins, sites = walks.walking.minutes.shape
    result = np.full((sites, len(wanted), origins), NEVER, np.int32)
    within = np.zeros((sites, origins), np.int64)
    trips = np.full((3, sites, origins), NEVER, np.int32)
    direct, longest = walks.direct_ds, walks.limits.ds("longest_min")
    forward = search.direction == 1
    moments = (t0, t1) if forward else (-t1, -t0)
    # mirrored, a departure from the site is an arrival at it
    by_arrival = (by == "arrival") == forward

    def fill(site: int, profile: Profile) -> None:
        from eh_access.transit.scan import summarise  # noqa: PLC0415 - compiled code

        first, last = (
            (moments[0] - longest, moments[1]) if by_arrival else (moments[0], moments[1] + longest)
        )
        search.scan(site, profile, first, last, longest)
        rank, events = ranked(profile)
        summarise(
            profile, rank, events, search.access, np.ascontiguousarray(direct[:, site]),
            (*moments, by_arrival), (needs, wanted.index(float(judged))), longest,
            (result[site].T, within[site], trips[0, site], trips[1, site], trips[2, site]),
        )  # fmt: skip

    search.each_site(fill, options)
    leave, reach, moment = (np.ascontiguousarray(values.T) for values in trips)
    if not forward:
        leave, reach = (np.where(v < NEVER, -v, v).astype(np.int32) for v in (reach, leave))
        moment = np.where(moment < NEVER, -moment, moment).astype(np.int32)
    return TransitTimes(
        minutes=_minutes(np.moveaxis(result, 2, 0)),
        share_reachable=(within.T / max(width, 1)).astype(np.float32),
        percentiles=wanted,
        judged=float(judged),
        window=(clock(t0), clock(t1)),
        by=by,
        timetable=timetable,
        walks=walks,
        leave_ds=leave,
        reach_ds=reach,
        moment_ds=moment,
        options=options,
    )  # fmt: skip


def _minutes(ds: NDArray[np.int32]) -> NDArray[np.float32]:
    minutes = np.ascontiguousarray(ds).astype(np.float32) / np.float32(DS_PER_MIN)
    minutes[ds >= NEVER] = np.inf
    return minutes


def span_of(times: TransitTimes, longest: int) -> tuple[int, int]:
    """Return between which moments of the searched day journeys of a window can run."""
    t0, t1 = parse_window(times.window)
    if times.walks.direction == "from_sites":
        t0, t1 = -t1, -t0
    if (times.by == "arrival") == (times.walks.direction == "to_sites"):
        return t0 - longest, t1
    return t0, t1 + longest


def _journeys(times: TransitTimes) -> dict[str, NDArray[np.float32]]:
    """Trace the journey judged by of every pair, and add up its parts."""
    walks = times.walks
    search = Search(times.timetable, walks, boardings=walks.limits.max_changes + 1)
    longest = walks.limits.ds("longest_min")
    span = span_of(times, longest)
    trip = (times.leave_ds, times.reach_ds)
    if search.direction == -1:
        trip = tuple(np.where(v < NEVER, -v, v).astype(np.int32) for v in trip[::-1])  # type: ignore[assignment]
    sums = np.zeros((*times.leave_ds.shape[::-1], 3), np.int64)

    def fill(site: int, profile: Profile) -> None:
        from eh_access.transit.scan import trace_all  # noqa: PLC0415 - compiled code

        search.scan(site, profile, *span, longest)
        wanted = (*(np.ascontiguousarray(v[:, site]) for v in trip), search.change_walk)
        trace_all(
            search.connections, search.index, search.changes, search.egress[site], profile,
            search.access, wanted, sums[site],
        )  # fmt: skip

    search.each_site(fill, times.options)
    count, walk, ride = np.moveaxis(sums, 0, 1).astype(np.float64).transpose(2, 0, 1)
    rides = times.leave_ds < NEVER
    total = np.where(rides, times.reach_ds.astype(np.int64) - times.leave_ds, 0)
    walk -= np.where(rides, search.allowance, 0)
    judged = times.judged_min.astype(np.float64)
    on_foot = ~rides & np.isfinite(judged)
    parts = {
        "changes": count,
        "walk_min": np.where(on_foot, judged, walk / DS_PER_MIN),
        "ride_min": ride / DS_PER_MIN,
        "wait_min": (total - walk - ride) * rides / DS_PER_MIN,
        "spare_min": np.where(rides, judged - total / DS_PER_MIN, 0),
    }
    none = ~np.isfinite(judged)
    return {
        name: np.where(none, np.inf, np.where(np.abs(part) < 1e-4, 0, part)).astype(np.float32)  # noqa: PLR2004 - what float32 leaves of nothing
        for name, part in parts.items()
    }


def _statuses(times: TransitTimes) -> NDArray[np.uint8]:
    """Say of every pair how it is reached, or what is in the way."""
    walks = times.walks
    boardings = walks.limits.max_changes + 1
    search = Search(times.timetable, walks, boardings=max(MOST_BOARDINGS, boardings))
    span = span_of(times, DAY_DS)
    shape = times.leave_ds.shape
    status = np.full(shape, Status.NO_SERVICE, np.uint8)
    lost = ~np.isfinite(times.judged_min)

    def fill(site: int, profile: Profile) -> None:
        from eh_access.transit.scan import leave_by  # noqa: PLC0415 - compiled code

        if not lost[:, site].any():
            return
        search.scan(site, profile, *span, DAY_DS)
        leave = np.empty((shape[0], 1), np.int32)
        for k, reason in (
            (search.boardings, Status.TOO_MANY_CHANGES),
            (boardings, Status.TOO_LONG),
        ):
            leave_by(profile, k - 1, search.access, np.array([span[1]], np.int32), leave)
            status[leave[:, 0] >= span[0], site] = reason

    search.each_site(fill, times.options)
    status[np.diff(search.access.start) == 0] = Status.NO_STOP_NEAR_ORIGIN
    status[:, (search.egress >= NEVER).all(axis=1)] = Status.NO_STOP_NEAR_SITE
    status[times.share_reachable > 0] = Status.TOO_SELDOM
    for word, reason in ((OFF_NETWORK, Status.OFF_NETWORK), (NO_LOCATION, Status.NO_LOCATION)):
        status[(walks.walking.origin_status["status"] == word).to_numpy()] = reason
        status[:, (walks.walking.site_status["status"] == word).to_numpy()] = reason
    status[~lost] = np.where(times.leave_ds < NEVER, Status.BY_TRANSIT, Status.ON_FOOT)[~lost]
    return status


class Search:
    """Everything scans from the sites of some walks need, the way families travel."""

    # for the way home the whole day is mirrored, so that it leads to the site as well

    def __init__(self, timetable: Timetable, walks: Walks, *, boardings: int) -> None:
        from eh_access.transit.scan import Connections  # noqa: PLC0415 - compiled code

        timetable = usable(timetable, walks.walking.mode, walks.limits)
        self.check(timetable, walks)
        self.direction = 1 if walks.direction == "to_sites" else -1
        day = timetable if self.direction == 1 else timetable.mirrored
        self.boardings = boardings
        self.connections: Connections = Connections(
            day.frm, day.to, day.dep_ds, day.arr_ds, day.run, day.flag
        )
        self.day, self.runs, self.stops = day, timetable.runs, len(timetable.stops)
        self.allowance = walks.limits.ds("allowance_s")
        pairs, walked = changes(timetable, walks)
        if self.direction == -1:
            order = np.lexsort((pairs.frm, pairs.to))
            pairs = Pairs(pairs.to[order], pairs.frm[order], pairs.ds[order])
            walked = walked[order]
        self.changes, self.change_walk = links(pairs, self.stops), walked
        turned = np.lexsort((pairs.frm, pairs.to))
        self.changed_from = links(
            Pairs(pairs.to[turned], pairs.frm[turned], pairs.ds[turned]), self.stops
        )
        # whoever boards is at the stop a little before: at the origin's end on the way there, at
        # the site's on the way home
        origins, sites = walks.walking.minutes.shape
        before = self.allowance if self.direction == 1 else 0
        access = walks.access._replace(ds=walks.access.ds + before)
        self.access: Links = links(access, origins)
        self.egress = np.full((sites, self.stops), NEVER, np.int32)
        self.egress[walks.egress.frm, walks.egress.to] = walks.egress.ds + self.allowance - before
        boards = np.bincount(day.frm[day.flag & BOARD > 0], minlength=self.stops)
        self.slot = np.concatenate([[0], np.cumsum(boards)]).astype(np.int64)

    @cached_property
    def index(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Connections by stop and departure, where each stop's begin, and each one's following."""
        day = self.day
        by_run = np.lexsort((day.place, day.run))
        following = np.full(len(by_run), -1, np.int64)
        same = day.run[by_run][1:] == day.run[by_run][:-1]
        following[by_run[:-1][same]] = by_run[1:][same]
        by_stop = np.lexsort((day.place, day.dep_ds, day.frm))
        start = np.searchsorted(day.frm[by_stop], np.arange(self.stops + 1))
        return by_stop.astype(np.int64), start.astype(np.int64), following

    @staticmethod
    def check(timetable: Timetable, walks: Walks) -> None:
        """Raise InputError unless walks were found for the stops of a timetable."""
        if not timetable.stops.index.equals(walks.stops):
            raise InputError("the walks are of other stops than the timetable; find them again")
        lost = timetable.served[~walks.searched[timetable.served]]
        if len(lost):
            raise InputError(
                f"stop '{timetable.stops.index[lost[0]]}' is called at, and no walks to it were "
                "found; give find_walks this timetable, too"
            )

    def profile(self) -> Profile:
        """Return room for the result of a scan."""
        from eh_access.transit.scan import Profile  # noqa: PLC0415 - compiled code

        rows = int(self.slot[-1])
        return Profile(
            self.slot[:-1],
            np.zeros(self.stops, np.int64),
            np.empty(rows, np.int32),
            np.empty((rows, self.boardings), np.int32),
        )

    def scan(self, site: int, profile: Profile, first: int, last: int, longest: int) -> None:
        """Fill in a profile of what leaves after a moment and is at a site by another."""
        from eh_access.transit import scan  # noqa: PLC0415 - compiled code

        dep = self.connections.dep
        span = (int(np.searchsorted(dep, first)), int(np.searchsorted(dep, last, side="right")))
        room = (np.empty((self.runs, self.boardings), np.int32), np.empty(self.stops, np.bool_))
        scan.scan(
            self.connections, span, self.changes, self.changed_from, self.egress[site],
            (last, longest), profile, room,
        )  # fmt: skip

    def each_site(self, work: Callable[[int, Profile], None], options: SearchOptions) -> None:
        """Do some work for every site, on as many threads as there may be."""
        workers = min(options.workers, max(len(self.egress), 1))

        def some(worker: int) -> None:
            profile = self.profile()
            for site in range(worker, len(self.egress), workers):
                work(site, profile)

        side_by_side(some, range(workers), workers=workers)


def links(pairs: Pairs, count: int) -> Links:
    """Return sorted pairs as rows of each of so many places."""
    from eh_access.transit.scan import Links  # noqa: PLC0415 - compiled code

    start = np.concatenate([[0], np.cumsum(np.bincount(pairs.frm, minlength=count))])
    return Links(start.astype(np.int64), pairs.to.astype(np.int32), pairs.ds.astype(np.int32))


def ranked(profile: Profile) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the moments at which one can be at the site, and which each row of a profile is."""
    arrive = profile.arrive[:, -1]
    filled = filled_rows(profile)
    events = np.unique(arrive[filled])
    events = events[events < NEVER].astype(np.int32)
    rank = np.full(len(arrive), -1, np.int32)
    rank[filled] = np.where(arrive[filled] < NEVER, np.searchsorted(events, arrive[filled]), -1)
    return rank, events


def filled_rows(profile: Profile) -> NDArray[np.int64]:
    """Return the rows of a profile that a scan has filled in."""
    count = profile.count
    first = np.repeat(profile.slot - (np.cumsum(count) - count), count)
    return np.asarray(first + np.arange(len(first)))


def parse_window(window: Window) -> tuple[int, int]:
    """Return a window in deciseconds after midnight; InputError if it is none."""
    ends = (window, window) if isinstance(window, str) else tuple(window)
    if len(ends) != len(("from", "to")):
        raise InputError(f'window is {window!r}; give two clock times, ("09:30", "10:30"), or one')
    t0, t1 = (clock_ds(text) for text in ends)
    if t1 < t0:
        raise InputError(
            f"window {ends[0]} to {ends[1]} ends before it begins; past midnight: 25:30"
        )
    return t0, t1


def clock_ds(text: str) -> int:
    """Return a clock time in deciseconds after midnight."""
    match = _CLOCK.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None or int(match[1]) >= LATEST_H:
        raise InputError(f"'{text}' is no time of day; write it as 09:30, from 00:00 to 47:59")
    return (int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)) * 10


def clock_without_seconds(text: str, *, later: bool = False) -> str:
    """Write a clock time as the last whole minute before it, or the first after."""
    if not text:
        return ""
    minutes, seconds = divmod(clock_ds(text), DS_PER_MIN)
    return clock(int(minutes + (later and seconds > 0)) * DS_PER_MIN)


def clock(ds: int) -> str:
    """Write deciseconds after midnight as a clock time, "" for never."""
    if abs(ds) >= NEVER:
        return ""
    seconds = abs(ds) // 10
    hours, rest = divmod(seconds, 3600)
    return f"{'-' if ds < 0 else ''}{hours:02d}:{rest // 60:02d}" + (
        f":{rest % 60:02d}" if rest % 60 else ""
    )

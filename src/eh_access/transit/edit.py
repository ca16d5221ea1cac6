"""Change a timetable: withdraw a route, close a stop, add a line or departures."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from eh_access.arguments import check_arguments, number
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.transit.gates import FAST_BUS_KM_H, HOUR_DS, ROUNDED_S
from eh_access.transit.journeys import clock_ds, transit_times
from eh_access.transit.timetable import (
    ALIGHT,
    ARRAYS,
    BOARD,
    Timetable,
    in_order,
    keep_connections,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.transit.journeys import By, Window
    from eh_access.transit.walks import Walks

DS_PER_MIN = 600
LEAST_SHARED = 0.5
"""Of a trip's hops, how many another's must have to run the same way."""


@dataclass(frozen=True)
class WithdrawRoute:
    """A route no longer runs."""

    route_id: str


@dataclass(frozen=True)
class CloseStop:
    """Vehicles pass a stop without calling; their times stay."""

    stop_id: str


@dataclass(frozen=True, kw_only=True)
class AddLine:
    """A new line, or further departures of one there is.

    Parameters
    ----------
    route_id
        Its id; one that is there already gets more departures.
    stops
        Ids of its stops in order.
    minutes
        Minutes from the first stop to each, the first 0.
    first, last
        Clock times of the first departure and of the last at most.
    every_min
        Minutes from one departure to the next.
    name
        What people call it; "" for the id.
    both_ways
        Whether it runs back likewise, from the last stop at the same times.
    """

    route_id: str
    stops: tuple[str, ...]
    minutes: tuple[float, ...]
    first: str
    last: str
    every_min: float
    name: str = ""
    both_ways: bool = True


@dataclass(frozen=True, kw_only=True)
class SetFrequency:
    """A route runs every so many minutes each way, from its first departure that day to its last.

    Trips that share half of their hops from stop to stop run the same way, wherever they begin and
    end. A departure calls where the last one before it that was there did, and takes as long.
    """

    route_id: str
    every_min: float


TimetableChange: TypeAlias = WithdrawRoute | CloseStop | AddLine | SetFrequency


@check_arguments
def change_timetable(timetable: Timetable, changes: Sequence[TimetableChange]) -> Timetable:
    """Return a timetable with changes made to it, one after another.

    Parameters
    ----------
    timetable
        The timetable; it is untouched.
    changes
        What changes: `WithdrawRoute`, `CloseStop`, `AddLine`, `SetFrequency`.

    Returns
    -------
    Timetable
        A new one of the same stops.

    Raises
    ------
    NotFoundError
        If it has no such route or stop.
    InputError
        If a line's times run backwards, or a frequency is none.

    Examples
    --------
    >>> from eh_access import example_timetable
    >>> change_timetable(example_timetable(), [SetFrequency(route_id="1", every_min=15)])
    <Timetable: Tuesday 13 June 2023, 14 trips of 1 routes, 3 stops>
    """
    for change in changes:
        match change:
            case WithdrawRoute(route_id):
                keep = ~_of_route(timetable, route_id)
                timetable = keep_connections(timetable, keep)
            case CloseStop(stop_id):
                timetable = _without_stop(timetable, _stop(timetable, stop_id))
            case AddLine():
                timetable = _with_line(timetable, change)
            case SetFrequency():
                timetable = _with_frequency(timetable, change)
            case _:
                raise InputError(f"{change!r} is no change of a timetable; give one of its kinds")
    return timetable


def _of_route(timetable: Timetable, route_id: str) -> NDArray[np.bool_]:
    """Return which connections are of a route; NotFoundError if there is none such."""
    if route_id not in timetable.routes.index:
        hint = did_you_mean(route_id, timetable.routes.index)
        raise NotFoundError(f"no route '{route_id}': {hint}")
    of_trip = (timetable.trips["route_id"] == route_id).to_numpy()
    return np.asarray(of_trip[timetable.trip])


def _stop(timetable: Timetable, stop_id: str) -> int:
    if stop_id not in timetable.stops.index:
        raise NotFoundError(f"no stop '{stop_id}': {did_you_mean(stop_id, timetable.stops.index)}")
    return int(timetable.stops.index.get_indexer(pd.Index([stop_id]))[0])


def _without_stop(timetable: Timetable, stop: int) -> Timetable:
    flag = timetable.flag.copy()
    flag[timetable.frm == stop] &= ~np.uint8(BOARD)
    flag[timetable.to == stop] &= ~np.uint8(ALIGHT)
    return replace(timetable, flag=flag)


def _with_line(timetable: Timetable, line: AddLine) -> Timetable:
    """Add the departures of a line."""
    every = number("every_min", line.every_min, low=0, high=1440, may_be_low=False, unit="minutes")
    stops = np.array([_stop(timetable, stop) for stop in line.stops])
    offsets = np.rint(np.array(line.minutes, float) * DS_PER_MIN).astype(np.int64)
    if (
        len(stops) != len(offsets)
        or len(stops) < len(("from", "to"))
        or (np.diff(offsets) < 0).any()
    ):
        raise InputError(
            f"line '{line.route_id}': give two stops or more, and for each its minutes from the "
            "first, which never fall"
        )
    first, last = clock_ds(line.first), clock_ds(line.last)
    if last < first:
        raise InputError(
            f"line '{line.route_id}': its last departure, {line.last}, is before its first, "
            f"{line.first}"
        )
    km = np.hypot(*np.diff(timetable.stops[["x_m", "y_m"]].to_numpy(float)[stops], axis=0).T) / 1000
    hours = np.diff(offsets) / HOUR_DS + ROUNDED_S / 3600
    if (km > FAST_BUS_KM_H * hours).any():
        hop = int((km > FAST_BUS_KM_H * hours).argmax())
        raise InputError(
            f"line '{line.route_id}': from stop '{line.stops[hop]}' to '{line.stops[hop + 1]}' are "
            f"{km[hop]:.1f} km in {np.diff(offsets)[hop] / DS_PER_MIN:g} minutes, faster than "
            "buses go; correct its minutes or stops"
        )
    starts = np.arange(first, last + 1, round(every * DS_PER_MIN))
    ways = [(stops, offsets - offsets[0])]
    if line.both_ways:
        ways.append((stops[::-1], offsets[-1] - offsets[::-1]))
    runs = [(way, gaps + start) for way, gaps in ways for start in starts]
    if line.route_id not in timetable.routes.index:
        row = {"name": line.name or line.route_id, "operator": "", "kind": 3}
        added = pd.DataFrame([row], index=pd.Index([line.route_id], name="route_id"))
        timetable = replace(timetable, routes=pd.concat([timetable.routes, added]))
    return _with_runs(timetable, line.route_id, runs)


def _with_frequency(timetable: Timetable, change: SetFrequency) -> Timetable:
    """Put the departures of a route at even distances, those of the date's own timetable."""
    every = number(
        "every_min", change.every_min, low=0, high=1440, may_be_low=False, unit="minutes"
    )
    mine = _of_route(timetable, change.route_id)
    today = (timetable.trips["day"] == 0).to_numpy()[timetable.trip]
    rows = np.flatnonzero(mine & today)
    rows = rows[np.lexsort((timetable.place[rows], timetable.trip[rows]))]
    trips = np.split(rows, np.flatnonzero(np.diff(timetable.trip[rows])) + 1)
    parts = []
    for way in _ways(timetable, trips) if len(rows) else ():
        way.sort(key=lambda trip: int(timetable.dep_ds[trip[0]]))
        starts = np.array([timetable.dep_ds[trip[0]] for trip in way], np.int64)
        for start in np.arange(starts[0], starts[-1] + 1, round(every * DS_PER_MIN)):
            model = int(np.searchsorted(starts, start, side="right")) - 1
            trip, later = way[model], int(start - starts[model])
            moments = timetable.dep_ds[trip] + later, timetable.arr_ds[trip] + later
            parts.append((timetable.frm[trip], timetable.to[trip], *moments, timetable.flag[trip]))
    return _added(keep_connections(timetable, ~(mine & today)), change.route_id, parts)


def _ways(timetable: Timetable, trips: Iterable[NDArray[np.intp]]) -> list[list[NDArray[np.intp]]]:
    """Return the trips of each way a route runs: out, back, and what has little of either."""
    ways: list[tuple[set[tuple[int, int]], list[NDArray[np.intp]]]] = []
    for trip in sorted(trips, key=len, reverse=True):  # the whole way first, then its parts
        hops = set(zip(timetable.frm[trip].tolist(), timetable.to[trip].tolist(), strict=True))
        for known, of_way in ways:
            if len(hops & known) >= LEAST_SHARED * len(hops):
                of_way.append(trip)
                break
        else:
            ways.append((hops, [trip]))
    return [of_way for _, of_way in ways]


def _with_runs(
    timetable: Timetable,
    route_id: str,
    runs: list[tuple[NDArray[np.intp], NDArray[np.int64]]],
) -> Timetable:
    """Add vehicles that call at stops at moments."""
    parts = [
        (stops[:-1], stops[1:], at[:-1], at[1:], np.full(len(at) - 1, BOARD | ALIGHT, np.uint8))
        for stops, at in runs
    ]
    return _added(timetable, route_id, parts)


def _added(
    timetable: Timetable, route_id: str, parts: Sequence[tuple[NDArray[np.integer[Any]], ...]]
) -> Timetable:
    """Add vehicles: stops from and to, departures, arrivals and flags of each."""
    if not parts:
        return timetable
    frm, to, dep, arr, flag = (np.concatenate(part) for part in zip(*parts, strict=True))
    lengths = np.array([len(part[0]) for part in parts])
    number_of = np.repeat(np.arange(len(parts)), lengths)
    place = np.arange(len(frm)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    trips = pd.DataFrame(
        {
            "trip_id": [f"{route_id} added {n + 1}" for n in range(len(parts))],
            "route_id": route_id,
            "headsign": [str(timetable.stops["name"].iloc[int(part[1][-1])]) for part in parts],
            "wheelchair": 0,
            "day": 0,
        }
    )
    more = {
        "frm": frm, "to": to, "dep_ds": dep, "arr_ds": arr, "flag": flag, "place": place,
        "run": number_of + timetable.runs, "trip": number_of + len(timetable.trips),
    }  # fmt: skip
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(timetable, name), more[name]]).astype(
            getattr(timetable, name).dtype
        )
        for name in ARRAYS
    }
    both = pd.concat([timetable.trips, trips], ignore_index=True)
    return in_order(replace(timetable, trips=both, **joined))


@check_arguments
def lose_departures(timetable: Timetable, *, share: float = 0.1, seed: int = 0) -> Timetable:
    """Return a timetable of which each route has lost some departures, drawn at random.

    Parameters
    ----------
    timetable
        The timetable; it is untouched.
    share
        Which part of each route's departures is lost, rounded up: of few at least one, if any is.
    seed
        Of the draw: the same one loses the same departures of a route, whatever others there are.

    Returns
    -------
    Timetable
        A new one.

    Raises
    ------
    InputError
        If the share is not from 0 to 1.

    Examples
    --------
    >>> from eh_access import example_timetable
    >>> lose_departures(example_timetable(), share=0.25, seed=1)
    <Timetable: Tuesday 13 June 2023, 6 trips of 1 routes, 3 stops>
    """
    number("share", share, low=0, high=1)
    lost = np.zeros(len(timetable.trips), bool)
    today = timetable.trips.iloc[timetable.of_the_day]
    for route, rows in today.groupby("route_id").groups.items():
        # each route's own draw: whatever becomes of another, it loses the same
        rng = np.random.default_rng([seed, zlib.crc32(str(route).encode())])
        count = int(np.ceil(share * len(rows) - 1e-9))
        lost[rng.choice(rows.to_numpy(), count, replace=False)] = True
    return keep_connections(timetable, ~lost[timetable.trip])


@check_arguments
def fragility(  # noqa: PLR0913 - the arguments of transit_times, and of the draws
    timetable: Timetable,
    walks: Walks,
    *,
    window: Window,
    by: By = "arrival",
    percentile: float = 50.0,
    share: float = 0.1,
    draws: int = 50,
    seed: int = 0,
) -> pd.DataFrame:
    """Find how each origin's time to its nearest site changes when departures are lost.

    A timetable is a promise: in each draw every route loses a part of its departures.

    Parameters
    ----------
    timetable, walks, window, by
        As for `transit_times`.
    percentile
        Of the window.
    share, draws, seed
        Which part of departures is lost, how often that is drawn, and the seed of the first draw.

    Returns
    -------
    pandas.DataFrame
        By origin: ``minutes`` by the timetable, ``p50_min`` and ``p90_min`` over the draws (``inf``
        where out of reach), and ``share_longer``, in how many draws it takes longer.

    Raises
    ------
    InputError
        As for `transit_times`, or if a number is out of range.

    Examples
    --------
    >>> from eh_access import example_buses, find_walks
    >>> network, homes, sites, timetable = example_buses()
    >>> walks = find_walks(network, timetable, homes, sites.loc[["east"]])
    >>> fragility(timetable, walks, window="10:00", share=0.25, draws=8)
       minutes  p50_min  p90_min  share_longer
    a     33.0     33.0     48.0          0.25
    b     28.0     28.0     28.0          0.00
    """
    number("draws", draws, low=1, high=10_000, whole=True)

    def nearest(changed: Timetable) -> NDArray[np.float64]:
        times = transit_times(
            changed, walks, window=window, by=by, percentiles=[percentile], judged=percentile
        )
        least: NDArray[np.float32] = times.judged_min.min(axis=1, initial=np.inf)
        return least.astype(np.float64)

    promised = nearest(timetable)
    drawn = np.array(
        [nearest(lose_departures(timetable, share=share, seed=seed + n)) for n in range(draws)]
    )
    columns = {
        "minutes": promised,
        **{
            f"p{q}_min": np.quantile(drawn, q / 100, axis=0, method="inverted_cdf")
            for q in (50, 90)
        },
        "share_longer": (drawn > promised).mean(axis=0),
    }
    return pd.DataFrame(columns, index=walks.walking.origin_ids)

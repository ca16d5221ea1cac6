"""Change a timetable: withdraw a route, close a stop, add a line or departures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from eh_access.arguments import check_arguments, number
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.transit.journeys import DAY_DS, clock_ds, transit_times
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
    """A route runs every so many minutes from its first departure to its last.

    Each of its ways through its stops keeps them and the time a ride takes at that time of day.
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
    """Put the departures of a route at even distances."""
    every = number(
        "every_min", change.every_min, low=0, high=1440, may_be_low=False, unit="minutes"
    )
    mine = _of_route(timetable, change.route_id)
    today = mine & (timetable.dep_ds >= 0) & (timetable.dep_ds < DAY_DS)
    rows = np.flatnonzero(mine & np.isin(timetable.trip, timetable.trip[today]))
    rows = rows[np.lexsort((timetable.place[rows], timetable.trip[rows]))]
    patterns: dict[bytes, list[NDArray[np.intp]]] = {}
    for trip in np.split(rows, np.flatnonzero(np.diff(timetable.trip[rows])) + 1):
        path = np.append(timetable.frm[trip], timetable.to[trip[-1:]])
        patterns.setdefault(path.tobytes() + timetable.flag[trip].tobytes(), []).append(trip)
    runs, flags = [], []
    for trips in patterns.values():
        trips.sort(key=lambda trip: int(timetable.dep_ds[trip[0]]))
        starts = np.array([timetable.dep_ds[trip[0]] for trip in trips], np.int64)
        for start in np.arange(starts[0], starts[-1] + 1, round(every * DS_PER_MIN)):
            model = int(np.searchsorted(starts, start, side="right")) - 1
            trip = trips[model]
            runs.append((trip, int(start - starts[model])))
            flags.append(timetable.flag[trip])
    kept = keep_connections(timetable, ~np.isin(np.arange(len(mine)), rows))
    return _added(
        kept,
        change.route_id,
        [
            (
                timetable.frm[trip], timetable.to[trip],
                timetable.dep_ds[trip] + later, timetable.arr_ds[trip] + later, flag,
            )
            for (trip, later), flag in zip(runs, flags, strict=True)
        ],
    )  # fmt: skip


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
        Which part of each route's departures is lost; of few at least one, if any is.
    seed
        Of the draw: the same one loses the same departures.

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
    rng = np.random.default_rng(seed)
    lost = np.zeros(len(timetable.trips), bool)
    today = timetable.trips.iloc[timetable.of_the_day]
    for _, rows in sorted(today.groupby("route_id").groups.items()):
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
    a     33.0     33.0     48.0         0.125
    b     28.0     28.0     28.0         0.000
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

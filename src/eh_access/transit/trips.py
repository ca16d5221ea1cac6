"""One trip by timetable, explained in legs."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd

from eh_access.arguments import check_arguments
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.transit.journeys import Search, clock, clock_ds, span_of
from eh_access.transit.walks import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.transit.journeys import TransitTimes
    from eh_access.transit.scan import Profile
    from eh_access.transit.timetable import Timetable
    from eh_access.transit.walks import Walks

DS_PER_MIN = 600
Ends: TypeAlias = tuple[Literal["walk", "ride"], str, str]


@dataclass(frozen=True, kw_only=True)
class Leg:
    """A part of a trip: a walk, or a ride in one vehicle."""

    kind: Literal["walk", "ride"]
    start: str  # stop id, or the id of the origin or site
    end: str
    leaves: str  # clock times
    arrives: str
    minutes: float
    start_name: str = ""
    end_name: str = ""
    route: str = ""
    operator: str = ""
    headsign: str = ""
    trip_id: str = ""


@dataclass(frozen=True, kw_only=True)
class TransitTrip:
    """One trip between an origin and a site.

    Parameters
    ----------
    legs
        Walks and rides in order; what lies between two is waiting. None: there is no such trip.
    leaves, arrives
        Clock times, "" where there is no trip.
    minutes
        From leaving to arriving.
    changes
        From one vehicle to another.
    walk_min, ride_min, wait_min
        Minutes of each; together they are ``minutes``.

    Examples
    --------
    >>> from eh_access import example_buses, explain_trip, find_walks
    >>> network, homes, sites, timetable = example_buses()
    >>> walks = find_walks(network, timetable, homes, sites)
    >>> trip = explain_trip(timetable, walks, "a", "east", arrive_by="10:00")
    >>> trip.leaves, trip.arrives, trip.minutes
    ('09:27', '09:41', 14.0)
    >>> trip.to_frame()[["kind", "route", "start", "end", "leaves", "arrives"]]
       kind route     start       end leaves arrives
    0  walk               a  west_end  09:27   09:29
    1  ride     1  west_end  east_end  09:30   09:41
    2  walk        east_end      east  09:41   09:41
    """

    legs: tuple[Leg, ...]
    leaves: str = ""
    arrives: str = ""
    minutes: float = np.inf
    changes: int = 0
    walk_min: float = 0.0
    ride_min: float = 0.0
    wait_min: float = 0.0

    def to_frame(self) -> pd.DataFrame:
        """Return one row per leg."""
        return pd.DataFrame([vars(leg) for leg in self.legs], columns=list(Leg.__annotations__))


@dataclass(frozen=True, kw_only=True)
class JudgedTrip(TransitTrip):
    """The trip a window's travel time is of: with ``spare_min`` its ``minutes`` are that time."""

    moment: str  # clock time of its deadline or departure
    spare_min: float  # from being there to the deadline, or from the departure to leaving home


@check_arguments
def explain_trip(
    timetable: Timetable,
    walks: Walks,
    origin: Hashable,
    site: Hashable,
    *,
    arrive_by: str | None = None,
    depart_after: str | None = None,
) -> TransitTrip:
    """Explain the best trip between an origin and a site in legs.

    Parameters
    ----------
    timetable, walks
        As for `transit_times`; walks of the way home explain the way home.
    origin, site
        Ids.
    arrive_by
        Be there by: the trip that leaves last.
    depart_after
        Leave no earlier: the trip that is there first and, of these, leaves last.

    Returns
    -------
    TransitTrip
        Of trips that leave and arrive at the same moments, the one with fewest changes, then least
        walking to the first stop. A walk all the way if that is as good. Without legs if none is
        within the limits.

    Raises
    ------
    NotFoundError
        If there is no such origin or site.
    InputError
        Unless one of the two times is given.

    Examples
    --------
    >>> from eh_access import example_buses, find_walks
    >>> network, homes, sites, timetable = example_buses()
    >>> walks = find_walks(network, timetable, homes, sites)
    >>> trip = explain_trip(timetable, walks, "a", "east", depart_after="09:00")
    >>> [leg.kind for leg in trip.legs], trip.wait_min
    (['walk', 'ride', 'walk'], 1.0)
    """
    if (arrive_by is None) == (depart_after is None):
        raise InputError("give either arrive_by or depart_after, a clock time such as '10:00'")
    home, door = _row(walks.walking.origin_ids, origin), _row(walks.walking.site_ids, site)
    search = Search(timetable, walks, boardings=walks.limits.max_changes + 1)
    forward = search.direction == 1
    moment = clock_ds(str(arrive_by if depart_after is None else depart_after))
    moment *= search.direction
    is_deadline = (depart_after is None) == forward
    longest = walks.limits.ds("longest_min")
    span = (moment - longest, moment) if is_deadline else (moment, moment + longest)
    profile = search.profile()
    search.scan(door, profile, *span, longest)
    rows = slice(search.access.start[home], search.access.start[home + 1])
    near = (search.access.stop[rows], search.access.ds[rows])
    walk = int(walks.direct_ds[home, door])
    deadline = moment if is_deadline else _earliest(profile, near, moment)
    leave = _latest(profile, near, deadline)
    best = deadline - leave if is_deadline else deadline - moment
    names = (str(origin), str(site))
    if walk <= min(best, longest):
        start = moment - walk if is_deadline else moment
        return _on_foot(names if forward else names[::-1], (start, start + walk), search.direction)
    if best > longest:
        return TransitTrip(legs=())
    return _explained(search, profile, door, (*near, leave, deadline), names)


def judged_trips(
    times: TransitTimes, pairs: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], JudgedTrip]:
    """Explain the journeys judged by of some rows of origins and sites; none of walks."""
    walks = times.walks
    search = Search(times.timetable, walks, boardings=walks.limits.max_changes + 1)
    sign, longest, profile = search.direction, walks.limits.ds("longest_min"), search.profile()
    by_site: dict[int, list[int]] = {}
    for home, door in pairs:
        if times.leave_ds[home, door] < NEVER:
            by_site.setdefault(door, []).append(home)
    trips = {}
    for door, homes in by_site.items():
        search.scan(door, profile, *span_of(times, longest), longest)
        for home in homes:
            rows = slice(search.access.start[home], search.access.start[home + 1])
            near = (search.access.stop[rows], search.access.ds[rows])
            leave, reach, moment = (
                int(ds[home, door]) for ds in (times.leave_ds, times.reach_ds, times.moment_ds)
            )
            ends = [leave, reach][::sign]
            names = (str(walks.walking.origin_ids[home]), str(walks.walking.site_ids[door]))
            trip = (*near, sign * ends[0], sign * ends[1])
            explained = _explained(search, profile, door, trip, names)
            trips[home, door] = JudgedTrip(
                **vars(explained),
                moment=clock(moment),
                spare_min=max(moment - reach, leave - moment) / DS_PER_MIN,
            )
    return trips


def _row(ids: pd.Index, wanted: Hashable) -> int:
    """Return the row of an id."""
    row = int(ids.get_indexer(pd.Index([wanted]))[0])
    if row < 0:
        raise NotFoundError(f"no '{wanted}': {did_you_mean(str(wanted), ids)}")
    return row


def _earliest(profile: Profile, near: tuple[NDArray[np.int32], ...], moment: int) -> int:
    """Return the first moment one can be at the site leaving at a moment."""
    from eh_access.transit.scan import arrival_at  # noqa: PLC0415 - compiled code

    last = profile.arrive.shape[1] - 1
    ways = [
        int(arrival_at(profile, stop, moment + walk, last))
        for stop, walk in zip(*near, strict=True)
    ]
    return min(ways, default=NEVER)


def _latest(profile: Profile, near: tuple[NDArray[np.int32], ...], deadline: int) -> int:
    """Return the last moment one can leave to be at the site by a deadline."""
    from eh_access.transit.scan import latest_row  # noqa: PLC0415 - compiled code

    last = profile.arrive.shape[1] - 1
    rows = [int(latest_row(profile, stop, deadline, last)) for stop in near[0]]
    return max(
        (
            int(profile.ready[row] - walk)
            for row, walk in zip(rows, near[1], strict=True)
            if row >= 0
        ),
        default=-NEVER,
    )


def _on_foot(names: tuple[str, str], at: tuple[int, int], direction: int) -> TransitTrip:
    """Return a walk all the way."""
    start, end = at if direction == 1 else (-at[1], -at[0])
    leg = _leg("walk", names, (start, end))
    minutes = leg.minutes
    return TransitTrip(
        legs=(leg,), leaves=leg.leaves, arrives=leg.arrives, minutes=minutes, walk_min=minutes
    )


def _leg(
    kind: Literal["walk", "ride"], ends: tuple[str, str], at: tuple[int, int], **about: str
) -> Leg:
    return Leg(
        kind=kind, start=ends[0], end=ends[1],
        leaves=clock(at[0]), arrives=clock(at[1]), minutes=(at[1] - at[0]) / DS_PER_MIN, **about,
    )  # fmt: skip


def _explained(
    search: Search,
    profile: Profile,
    door: int,
    trip: tuple[NDArray[np.int32], NDArray[np.int32], int, int],
    names: tuple[str, str],
) -> TransitTrip:
    """Trace a trip and name its parts; the mirrored way home is turned round again."""
    from eh_access.transit.scan import trace  # noqa: PLC0415 - compiled code

    day, forward = search.day, search.direction == 1
    rides = np.empty((search.boardings, 3), np.int64)
    count, first, last = trace(
        search.connections, search.index, search.changes, search.egress[door], profile, trip, rides
    )
    # allowances are waiting: at the origin's end on the way there, at the site's on the way home
    first -= search.allowance if forward else 0
    last -= 0 if forward else search.allowance
    ids = day.stops.index
    spots: list[tuple[int, int, int]] = []
    legs: list[tuple[Ends, tuple[int, int], int]] = []
    for board, alight, change in rides[:count].tolist():
        walked = int(search.change_walk[change]) if change >= 0 else 0
        spots.append((board, alight, walked))
    start = int(day.dep_ds[spots[0][0]]) - first - (search.allowance if forward else 0)
    legs.append((("walk", names[0], ids[day.frm[spots[0][0]]]), (start, start + first), -1))
    for number, (board, alight, walked) in enumerate(spots):
        left, came = int(day.dep_ds[board]), int(day.arr_ds[alight])
        ends = (ids[day.frm[board]], ids[day.to[alight]])
        legs.append((("ride", *ends), (left, came), board if forward else alight))
        if number + 1 < count and day.frm[spots[number + 1][0]] != day.to[alight]:
            other = ids[day.frm[spots[number + 1][0]]]
            # turned round, one walks straight from the vehicle to the stop, and then waits
            leaves = came if forward else int(day.dep_ds[spots[number + 1][0]]) - walked
            legs.append((("walk", ends[1], other), (leaves, leaves + walked), -1))
    came = int(day.arr_ds[spots[-1][1]]) + (0 if forward else search.allowance)
    legs.append((("walk", ids[day.to[spots[-1][1]]], names[1]), (came, came + last), -1))
    return _added_up(
        [_named(day, *leg, forward=forward) for leg in legs][:: search.direction], count
    )


def _named(
    day: Timetable,
    ends: Ends,
    at: tuple[int, int],
    connection: int,
    *,
    forward: bool,
) -> tuple[Leg, tuple[int, int]]:
    """Return a leg with its names and the moments it lasts between."""
    kind, start, end = ends
    if not forward:
        start, end, at = end, start, (-at[1], -at[0])
    names = day.stops["name"]
    about = {"start_name": str(names.get(start, "")), "end_name": str(names.get(end, ""))}
    if connection >= 0:
        trip = day.trips.iloc[day.trip[connection]]
        route = day.routes.loc[trip["route_id"]]
        about |= {
            "route": str(route["name"]),
            "operator": str(route["operator"]),
            "headsign": str(trip["headsign"]),
            "trip_id": str(trip["trip_id"]),
        }
    return _leg(kind, (start, end), at, **about), at


def _added_up(legs: list[tuple[Leg, tuple[int, int]]], rides: int) -> TransitTrip:
    """Return the trip its legs make."""
    first, last = legs[0][1][0], legs[-1][1][1]
    minutes = {
        kind: sum(leg.minutes for leg, _ in legs if leg.kind == kind) for kind in ("walk", "ride")
    }
    total = (last - first) / DS_PER_MIN
    return TransitTrip(
        legs=tuple(leg for leg, _ in legs),
        leaves=clock(first),
        arrives=clock(last),
        minutes=total,
        changes=rides - 1,
        walk_min=minutes["walk"],
        ride_min=minutes["ride"],
        wait_min=total - minutes["walk"] - minutes["ride"],
    )

"""There and back: who can be at a whole session and get home."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import pandas as pd

from eh_access.arguments import SearchOptions, check_arguments, instance, number
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.routing.matrix import DS_PER_MIN
from eh_access.routing.search import checked_options
from eh_access.routing.travel_times import TravelTimes
from eh_access.transit.journeys import Search, clock, clock_ds
from eh_access.transit.walks import NEVER, Walks, as_timetables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.transit.scan import Profile
    from eh_access.transit.timetable import Timetable

DAY = ("07:30", "19:30")
"""The minister's court benchmark asked for a round trip inside it."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NEVER_DS = 2 * NEVER


class Window(Protocol):
    """An opening window as `measures.opening_hours.Window` has it."""

    @property
    def day(self) -> int:
        """0 for Monday to 6 for Sunday."""

    @property
    def opens_min(self) -> int:
        """Minutes after midnight."""

    @property
    def closes_min(self) -> int:
        """Minutes after midnight."""


Ways: TypeAlias = Walks | TravelTimes


class Barrier(IntEnum):
    """The first limit that keeps a family from a session."""

    NONE = 0  # it can be there for the whole session and be home in time
    NO_WAY_THERE = 1
    TOO_LONG_THERE = 2  # longer than the limit each way
    DAY_BEGINS_LATER = 3  # it would have to leave before the day begins
    NO_WAY_HOME = 4
    TOO_LONG_HOME = 5
    DAY_ENDS_EARLIER = 6  # it would be home after the day has ended


@dataclass(frozen=True, eq=False, kw_only=True)
class Visits:
    """Of every origin and session, whether and how a family can be there and back.

    Parameters
    ----------
    sessions
        One row each: ``site_id``, ``weekday``, ``opens``, ``closes``, ``hours``.
    leave_min, home_min
        float64 (origins, sessions), minutes after midnight: the last moment to leave home, and the
        first to be home again; -inf and inf where there is no way.
    out_min, back_min
        float64 (origins, sessions): minutes from leaving home to the beginning, and from the end to
        being home, of the stay where that is shorter; inf where there is no way.
    each_way_min
        The most minutes of either.
    spare_min
        Of those, the minutes to be there before the beginning, and to set off after the end.
    barrier
        uint8 (origins, sessions): `Barrier`.
    out_on_foot, home_on_foot
        bool (origins, sessions): whether walking all the way is as good as any bus.
    origin_ids
        Ids of the origins.
    """

    sessions: pd.DataFrame
    leave_min: NDArray[np.float64]
    home_min: NDArray[np.float64]
    out_min: NDArray[np.float64]
    back_min: NDArray[np.float64]
    each_way_min: float
    spare_min: tuple[float, float]
    barrier: NDArray[np.uint8]
    out_on_foot: NDArray[np.bool_]
    home_on_foot: NDArray[np.bool_]
    origin_ids: pd.Index

    @property
    def possible(self) -> NDArray[np.bool_]:
        """Whether nothing is in the way, bool (origins, sessions)."""
        return np.asarray(self.barrier == Barrier.NONE)

    def per_origin(self, sites: Iterable[str] | None = None) -> pd.DataFrame:
        """Return how many sessions a week each family can be at.

        Parameters
        ----------
        sites
            Count sessions of these sites only, those that are open, say; None for all.

        Returns
        -------
        pandas.DataFrame
            By ``origin_id``: ``sessions`` and ``hours`` a week that can be attended whole, and
            ``sessions_within``, those with either way within the limit, whatever the day allows.
            Two may be at one time.
        """
        counted = np.ones(len(self.sessions), bool)
        if sites is not None:
            counted = self.sessions["site_id"].isin(list(sites)).to_numpy()
        possible = self.possible[:, counted]
        near = np.maximum(self.out_min, self.back_min)[:, counted] <= self.each_way_min
        return pd.DataFrame(
            {
                "sessions": possible.sum(axis=1),
                "hours": possible @ self.sessions["hours"].to_numpy(float)[counted],
                "sessions_within": near.sum(axis=1),
            },
            index=self.origin_ids,
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per origin and session.

        Returns
        -------
        pandas.DataFrame
            Index ``origin_id``: the session, ``out_leave`` and ``home_at`` (clock times),
            ``out_min`` (from leaving home to the beginning), ``home_min`` (from the end to
            being home), ``away_min``, ``out_by`` and ``home_by`` (``on_foot`` or
            ``by_vehicle``), ``possible`` and ``barrier``.
        """
        origins, count = self.leave_min.shape
        table = self.sessions.iloc[np.tile(np.arange(count), origins)].reset_index(drop=True)
        names = np.array([barrier.name.lower() for barrier in Barrier])
        by = np.array(["by_vehicle", "on_foot"])
        with np.errstate(invalid="ignore"):
            away = self.home_min - self.leave_min
        columns = {
            "out_leave": [_clock(m) for m in self.leave_min.ravel().tolist()],
            "home_at": [_clock(m) for m in self.home_min.ravel().tolist()],
            "out_min": self.out_min.ravel(),
            "home_min": self.back_min.ravel(),
            "away_min": away.ravel(),
            "out_by": by[self.out_on_foot.astype(int).ravel()],
            "home_by": by[self.home_on_foot.astype(int).ravel()],
            "possible": self.possible.ravel(),
            "barrier": names[self.barrier.ravel()],
        }
        table = table.assign(**columns)
        table.index = pd.Index(np.repeat(self.origin_ids.to_numpy(), count), name="origin_id")
        return table


def _clock(minutes: float) -> str:
    return clock(round(minutes * DS_PER_MIN)) if np.isfinite(minutes) else ""


def join_visits(parts: Sequence[Visits]) -> Visits:
    """Return the sessions of several answers about the same families as one."""
    names = ("leave_min", "home_min", "out_min", "back_min", "barrier")
    columns: dict[str, Any] = {
        name: np.hstack([getattr(part, name) for part in parts])
        for name in (*names, "out_on_foot", "home_on_foot")
    }
    sessions = pd.concat([part.sessions for part in parts], ignore_index=True)
    return replace(parts[0], sessions=sessions, **columns)


@check_arguments
def visits(  # noqa: PLR0913 - what a visit is has this many sides
    windows: Mapping[str, Sequence[Window]],
    there: Ways,
    back: Ways,
    *,
    timetable: Timetable | Sequence[Timetable] = (),
    day: tuple[str, str] = DAY,
    each_way_min: float = 60.0,
    settle_min: float = 5.0,
    leave_min: float = 5.0,
    stay_min: float | None = None,
    options: SearchOptions | None = None,
) -> Visits:
    """Find the sessions each family can be at from beginning to end, and get home from.

    One measure for every mode: on foot, by car, by timetable.

    Parameters
    ----------
    windows
        Opening windows by site, as `windows_from_frame` returns them.
    there, back
        By timetable: walks from `find_walks`, to the sites and from them. By any other mode: travel
        times to the sites and from them. Walking all the way is always an alternative to a bus.
    timetable
        What runs on each weekday on which there are sessions; none for other modes.
    day
        No leaving home before, no coming home after.
    each_way_min
        Most minutes from leaving home to the beginning, and from the end to being home.
    settle_min, leave_min
        Minutes to be there before the beginning, and to set off after the end.
    stay_min
        How long a session lasts where a site is open for longer: of such a window a family stays so
        long, as early as its day lets it. None: from opening to closing. Not by timetable.
    options
        Only how many threads: changes no result.

    Returns
    -------
    Visits
        For every origin and session the first limit in the way, if any. Of ways there the one that
        leaves last is taken, of ways home the one that is home first, so that no other would do
        where these do not.

    Raises
    ------
    InputError
        If a weekday has sessions and no timetable, the ways are of other origins or directions, a
        stay is asked for by timetable, or a number is out of range.
    NotFoundError
        If there is no such site.

    Examples
    --------
    >>> from eh_access import Window, example_buses, find_walks
    >>> network, homes, sites, timetable = example_buses()
    >>> ways = [
    ...     find_walks(network, timetable, homes, sites, direction=way)
    ...     for way in ("to_sites", "from_sites")
    ... ]
    >>> windows = {"east": [Window("tue", "09:45", "10:20"), Window("tue", "10:15", "11:00")]}
    >>> found = visits(windows, *ways, timetable=timetable, each_way_min=45)
    >>> found.to_frame()[["opens", "out_leave", "home_at", "barrier"]]
               opens out_leave home_at        barrier
    origin_id
    a          09:45     08:57   10:43  too_long_there
    a          10:15     09:27   11:53  too_long_there
    b          09:45     09:12   10:38           none
    b          10:15     09:42   11:33           none
    """
    options = checked_options(options)
    sessions = _sessions(windows, there, back)
    begins, ends = (clock_ds(text) for text in day)
    if begins >= ends:
        raise InputError(f"the day from {day[0]} to {day[1]} ends before it begins")
    limits = {"each_way_min": each_way_min, "settle_min": settle_min, "leave_min": leave_min}
    each_way, settle, leaving = (
        round(number(name, value, low=0, high=720, unit="minutes") * DS_PER_MIN)
        for name, value in limits.items()
    )
    opens, closes = (sessions[name].to_numpy(np.int64) for name in ("opens_ds", "closes_ds"))
    comes, goes = opens, closes
    if stay_min is not None:
        stay = number("stay_min", stay_min, low=0, high=1440, may_be_low=False, unit="minutes")
        if isinstance(there, Walks) or isinstance(back, Walks):
            raise InputError("stay_min is for ways along streets; by timetable give whole sessions")
        stays = np.minimum(closes - opens, round(stay * DS_PER_MIN))
        earliest = begins + settle + _walks_ds(there, sessions)
        comes = np.clip(earliest, opens, closes - stays)
        goes = comes + stays
    leave, out_on_foot = _edges(there, sessions, comes - settle, timetable, options)
    home, home_on_foot = _edges(back, sessions, goes + leaving, timetable, options)
    barrier = np.select(
        [
            leave <= -NEVER,
            comes - leave > each_way,
            leave < begins,
            home >= NEVER,
            home - goes > each_way,
            home > ends,
        ],
        [barrier for barrier in Barrier if barrier],
        Barrier.NONE,
    )
    shown = pd.DataFrame(
        {
            "site_id": sessions["site_id"],
            "weekday": [WEEKDAYS[number_of] for number_of in sessions["day"]],
            "opens": [clock(ds) for ds in opens.tolist()],
            "closes": [clock(ds) for ds in closes.tolist()],
            "hours": (closes - opens) / (60 * DS_PER_MIN),
        }
    )
    return Visits(
        sessions=shown,
        leave_min=np.where(leave <= -NEVER, -np.inf, leave / DS_PER_MIN),
        home_min=np.where(home >= NEVER, np.inf, home / DS_PER_MIN),
        out_min=np.where(leave <= -NEVER, np.inf, (comes - leave) / DS_PER_MIN),
        back_min=np.where(home >= NEVER, np.inf, (home - goes) / DS_PER_MIN),
        each_way_min=each_way / DS_PER_MIN,
        spare_min=(settle / DS_PER_MIN, leaving / DS_PER_MIN),
        barrier=barrier.astype(np.uint8),
        out_on_foot=out_on_foot,
        home_on_foot=home_on_foot,
        origin_ids=_times(there).origin_ids,
    )


def _times(ways: Ways, name: str = "ways") -> TravelTimes:
    times = ways.walking if isinstance(ways, Walks) else ways
    return instance(name, times, TravelTimes, give="find_walks(...) or travel_time_matrix(...)")


def _sessions(windows: Mapping[str, Sequence[Window]], there: Ways, back: Ways) -> pd.DataFrame:
    """Return one row per session, once the ways fit one another."""
    if not isinstance(windows, Mapping):
        kind = type(windows).__name__
        raise InputError(f"windows is a {kind}; give windows by site: windows_from_frame(...)")
    to, home = _times(there, "there"), _times(back, "back")
    if (to.direction, home.direction) != ("to_sites", "from_sites"):
        raise InputError(
            f"the ways are {to.direction} and {home.direction}; give to_sites, then from_sites"
        )
    if not (to.origin_ids.equals(home.origin_ids) and to.site_ids.equals(home.site_ids)):
        raise InputError("the ways there and home are not of the same origins and sites")
    unknown = [site for site in windows if site not in to.site_ids]
    if unknown:
        raise NotFoundError(f"no site '{unknown[0]}': {did_you_mean(unknown[0], to.site_ids)}")
    rows = [
        (site, to.site_ids.get_loc(site), window.day, window.opens_min, window.closes_min)
        for site in sorted(windows)
        for window in sorted(windows[site], key=lambda w: (w.day, w.opens_min, w.closes_min))
    ]
    table = pd.DataFrame(rows, columns=["site_id", "site", "day", "opens_ds", "closes_ds"])
    return table.assign(
        opens_ds=table["opens_ds"] * DS_PER_MIN, closes_ds=table["closes_ds"] * DS_PER_MIN
    )


def _walks_ds(ways: Ways, sessions: pd.DataFrame) -> NDArray[np.int64]:
    """Return walks all the way to each session's site, or from it; `NEVER_DS` where none is."""
    minutes = _times(ways).minutes.astype(np.float64)[:, sessions["site"].to_numpy(int)]
    reached = np.isfinite(minutes)
    walks = np.rint(np.where(reached, minutes, 0) * DS_PER_MIN).astype(np.int64)
    return np.where(reached, walks, NEVER_DS)


def _edges(
    ways: Ways,
    sessions: pd.DataFrame,
    moments: NDArray[np.int64],
    timetable: Timetable | Sequence[Timetable],
    options: SearchOptions,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the last leaving for a moment at the site or the first coming home, and if on foot."""
    times = _times(ways)
    sign = 1 if times.direction == "to_sites" else -1
    walk = _walks_ds(ways, sessions)
    # mirrored on the way home, so that both look for the last moment to leave
    best = np.where(walk < NEVER_DS, sign * moments - walk, -NEVER_DS)
    on_foot = np.ones(best.shape, bool)
    if isinstance(ways, Walks):
        by_day = {one.date.weekday(): one for one in as_timetables(timetable)}
        missing = sorted(set(sessions["day"]) - set(by_day))
        if missing:
            names = ", ".join(WEEKDAYS[weekday] for weekday in missing)
            raise InputError(f"there are sessions on {names}; give a timetable of each weekday")
        riding = np.full(best.shape, -NEVER_DS)
        for weekday, rows in sessions.groupby("day").groups.items():
            _ride(
                by_day[int(str(weekday))], ways, sessions.loc[rows], sign * moments, riding, options
            )
        longest = ways.limits.ds("longest_min")
        riding[sign * moments - riding > longest] = -NEVER_DS
        best[sign * moments - best > longest] = -NEVER_DS
        on_foot = best >= riding
        best = np.maximum(best, riding)
    return sign * best, on_foot


def _ride(
    timetable: Timetable,
    walks: Walks,
    sessions: pd.DataFrame,
    moments: NDArray[np.int64],
    riding: NDArray[np.int64],
    options: SearchOptions,
) -> None:
    """Fill in the last leaving by timetable for the sessions of one weekday."""
    search = Search(timetable, walks, boardings=walks.limits.max_changes + 1)
    longest = walks.limits.ds("longest_min")
    of_site = dict(iter(sessions.groupby("site").groups.items()))

    def fill(site: int, profile: Profile) -> None:
        from eh_access.transit.scan import leave_by  # noqa: PLC0415 - compiled code

        if site not in of_site:
            return
        rows = of_site[site].to_numpy()
        deadlines = moments[rows].astype(np.int32)
        search.scan(site, profile, int(deadlines.min()) - longest, int(deadlines.max()), longest)
        leave = np.empty((riding.shape[0], len(rows)), np.int32)
        leave_by(profile, search.boardings - 1, search.access, deadlines, leave)
        riding[:, rows] = np.where(leave > -NEVER, leave, -NEVER_DS)

    search.each_site(fill, options)

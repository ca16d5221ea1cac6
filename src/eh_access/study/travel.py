"""Every travel time a study needs, computed once by mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import Side
from eh_access.measures.opening_hours import WEEKDAYS, Window
from eh_access.measures.scenarios import BASELINE
from eh_access.modes import LABELS, TRANSIT, VISIT, get_mode
from eh_access.routing.estimate import estimate_travel_times
from eh_access.routing.matrix import travel_time_matrix
from eh_access.routing.travel_times import OK, UNREACHED, Direction

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.criteria.criterion import Figure
    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.routing.travel_times import TravelTimes
    from eh_access.study.config import Study
    from eh_access.transit.journeys import TransitTimes
    from eh_access.transit.timetable import Timetable
    from eh_access.transit.visits import Visits
    from eh_access.transit.walks import Walks

WALK = "walk"
NO_SESSION = "no session can be attended whole, there and back"
Progress = Callable[[str], None]


def silent(_stage: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Travel:
    """Travel times to every site, whether it is open or not."""

    times: Mapping[str, TravelTimes]  # to the sites, by mode
    # home from them, for the modes in which a criterion asks for there and back
    times_back: Mapping[str, TravelTimes]
    # by the shortest way, for the modes in which a criterion asks for metres; as times at the
    # mode's one speed (see ``analysis.aligning.metres``). Empty for estimates, whose minutes are
    # distances already
    distances: Mapping[str, TravelTimes]
    network: Network | None = None  # the streets they follow; None for estimates
    buses: Timetable | None = None  # what runs; None where there is no timetable, or no streets
    by_timetable: TransitTimes | None = None  # what the times of the mode "transit" are made of
    walks_home: Walks | None = None  # where sessions are asked for by timetable

    def side(self, sites: gpd.GeoDataFrame) -> Side:
        """Return these times with the sites of one scenario, for judging."""
        return Side(
            sites=sites,
            times=self.times,
            times_back=self.times_back,
            distances=self.distances,
        )


def changed_ways(travel: Mapping[str, Travel]) -> dict[str, Travel]:
    """Return the travel of the scenarios that change streets or timetable."""
    base = travel[BASELINE.name]
    return {
        name: own
        for name, own in travel.items()
        if own.network is not base.network or own.buses is not base.buses
    }


def on_streets(times: Mapping[str, TravelTimes]) -> dict[str, TravelTimes]:
    """Return the tables of those modes that follow streets all the way, or estimate them."""
    return {name: table for name, table in times.items() if name not in {TRANSIT, VISIT}}


def compute_travel_times(
    study: Study,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    network: Network | None,
    buses: Timetable | None,
    progress: Progress = silent,
) -> Travel:
    """Return the travel times of a study."""
    modes = study.settings.travel_modes()

    def minutes(mode: TravelMode, direction: Direction = "to_sites") -> TravelTimes:
        way = "" if direction == "to_sites" else ", and home again"
        progress(f"Working out travel times {mode.label}{way}")
        return times_by(mode, origins, sites, network=network, study=study, direction=direction)

    back = _modes_of(study, "hours")
    if study.data.timetable is not None:  # a whole session is there and back
        back = tuple(dict.fromkeys((*back, session_mode(study))))
    far = () if network is None else _modes_of(study, "m")
    travel = Travel(
        times={name: minutes(mode) for name, mode in modes.items()},
        times_back={name: minutes(modes[name], "from_sites") for name in back},
        distances={name: minutes(modes[name].level()) for name in far},
        network=network,
    )
    if buses is None or network is None:  # families walk to stops, along streets
        return travel
    progress("Working out travel times by bus and train")
    return with_buses(study, travel, buses, origins, sites)


def with_buses(
    study: Study,
    travel: Travel,
    buses: Timetable,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    same_walks: bool = False,
) -> Travel:
    """Return the same travel but for what goes by timetable, which is of another one."""
    from eh_access.transit.journeys import transit_times  # noqa: PLC0415 - loads numba

    asked, network = study.transit, travel.network
    if asked is None or network is None:
        return travel
    there = home = None
    if same_walks and travel.by_timetable is not None:
        there, home = travel.by_timetable.walks, travel.walks_home
    by_timetable = transit_times(
        buses,
        there or find_family_walks(study, buses, network, origins, sites),
        window=asked.window,
        by=asked.by,
        percentiles=asked.percentiles,
        judged=asked.percentile,
    )
    tables = {TRANSIT: by_timetable.to_travel_times()}
    if asked.sessions:
        home = home or find_family_walks(study, buses, network, origins, sites, "from_sites")
        tables[VISIT] = _visit_times(study, by_timetable, home)
    return replace(
        travel,
        times={**travel.times, **tables},
        buses=buses,
        by_timetable=by_timetable,
        walks_home=home,
    )


def find_family_walks(
    study: Study,
    buses: Timetable,
    network: Network,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    direction: Direction = "to_sites",
) -> Walks:
    """Return the walks of journeys as a study's families walk."""
    from eh_access.transit.walks import find_walks  # noqa: PLC0415 - loads numba

    asked = study.transit
    assert asked is not None  # noqa: S101 - there is a timetable
    mode = study.settings.travel_modes().get(asked.walking, get_mode(asked.walking))
    return find_walks(
        network, buses, origins, sites, mode=mode, limits=asked.limits(), direction=direction
    )


def find_visits(
    study: Study,
    there: Walks | TravelTimes,
    home: Walks | TravelTimes,
    windows: Mapping[str, Sequence[Window]],
    timetables: Sequence[Timetable] = (),
) -> Visits:
    """Return who can be at sessions, there and back, within the study's day and limits."""
    from eh_access.transit.visits import visits  # noqa: PLC0415 - loads numba

    asked, transit = study.sessions, study.transit
    # a table of sessions has limits of its own along streets; all others are those of a visit
    own = study.data.timetable is not None and not timetables
    return visits(
        windows,
        there,
        home,
        timetable=timetables,
        day=asked.day,
        each_way_min=study.session_min if own or transit is None else transit.each_way_min,
        stay_min=asked.stay_min if own else None,
    )


def find_visits_of_a_week(
    study: Study,
    network: Network,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    windows: Mapping[str, Sequence[Window]],
    week: Sequence[Timetable],
) -> Visits:
    """Return who can be at sessions, each by what runs on its own weekday."""
    from eh_access.transit.visits import join_visits  # noqa: PLC0415 - loads numba

    parts = []
    for buses in week:  # each has stops, and so walks, of its own
        there, home = (
            find_family_walks(study, buses, network, origins, sites, direction)
            for direction in get_args(Direction)
        )
        day = buses.date.weekday()
        held = {site: [one for one in asked if one.day == day] for site, asked in windows.items()}
        parts.append(find_visits(study, there, home, held, [buses]))
    return join_visits(parts)


def sessions_of_the_day(study: Study, buses: Timetable, sites: pd.Index) -> dict[str, list[Window]]:
    """Return the sessions that a study asks of every site on the date of its timetable."""
    asked, day = study.transit, WEEKDAYS[buses.date.weekday()]
    held = [Window(day, *times) for times in asked.sessions] if asked is not None else []
    return {str(site): held for site in sites}


def _visit_times(study: Study, by_timetable: TransitTimes, home: Walks) -> TravelTimes:
    """Return the minutes out and home again of a visit for a whole session.

    Of a site's sessions that a family can be at from beginning to end and be home from in time,
    each way on foot or by timetable, the one with the shortest ways counts; none is ``inf``.
    """
    asked, buses, there = study.transit, by_timetable.timetable, by_timetable.walks
    assert asked is not None  # noqa: S101 - there is a timetable
    walking = there.walking
    windows = sessions_of_the_day(study, buses, walking.site_ids)
    visited = find_visits(study, there, home, windows, [buses])
    ways = np.where(visited.possible, visited.out_min + visited.back_min, np.inf)
    column = walking.site_ids.astype(str).get_indexer(
        pd.Index(visited.sessions["site_id"].astype(str))
    )
    minutes = np.full(walking.minutes.shape, np.inf, dtype=np.float32)
    for session, site in enumerate(column):
        minutes[:, site] = np.minimum(minutes[:, site], ways[:, session])
    times = by_timetable.to_travel_times()
    reached = np.isfinite(minutes).any(axis=1)
    placed = times.origin_status["status"].isin((OK, UNREACHED)).to_numpy()
    status = times.origin_status.assign(
        status=times.origin_status["status"].mask(placed, np.where(reached, OK, UNREACHED)),
        reason=times.origin_status["reason"].mask(placed, np.where(reached, "", NO_SESSION)),
    )
    sessions = ", ".join("-".join(held) for held in asked.sessions)
    return replace(
        times,
        minutes=minutes,
        origin_status=status,
        mode=replace(times.mode, name=VISIT, label=LABELS[VISIT]),
        cutoff_min=2 * asked.each_way_min,
        method=f"out and home together, {times.mode.label}, sessions {sessions} on "
        f"{by_timetable.timetable.date}",
    )


def times_by(
    mode: TravelMode,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    network: Network | None,
    study: Study,
    direction: Direction = "to_sites",
) -> TravelTimes:
    """Return a study's travel times along streets by one mode, between any places."""
    cutoff_min = study.settings.search_min
    if network is None:
        return estimate_travel_times(
            origins, sites, mode=mode, cutoff_min=cutoff_min, direction=direction
        )
    return travel_time_matrix(
        network, origins, sites, mode=mode, cutoff_min=cutoff_min, direction=direction
    )


def session_mode(study: Study) -> str:
    """Return the mode for sessions: on foot, else the study's first."""
    return WALK if WALK in study.settings.modes else study.settings.modes[0]


def _modes_of(study: Study, figure: Figure) -> tuple[str, ...]:
    """Return the modes of criteria that ask for one kind of figure, in the study's order."""
    wanted = {
        mode
        for criterion in study.criteria
        if criterion.kind.figure == figure
        for mode in (criterion.mode, *criterion.also_modes)
    }
    return tuple(mode for mode in study.settings.modes if mode in wanted)


def with_columns(base: TravelTimes, moved: TravelTimes) -> TravelTimes:
    """Return a table in which some sites' columns are replaced by those of another."""
    columns = base.columns_of(moved.site_ids)
    minutes = base.minutes.copy()
    minutes[:, columns] = moved.minutes
    status = base.site_status.copy()
    status.loc[moved.site_ids] = moved.site_status
    return replace(base, minutes=minutes, site_status=status, touches_rim=_either_rim(base, moved))


def side_by_side(base: TravelTimes, more: TravelTimes) -> TravelTimes:
    """Return two tables of the same origins side by side."""
    kept = base.origin_status["status"] != UNREACHED
    return replace(
        base,
        minutes=np.hstack([base.minutes, more.minutes]),
        origin_status=base.origin_status.where(kept, more.origin_status),
        site_status=pd.concat([base.site_status, more.site_status]),
        touches_rim=_either_rim(base, more),
    )


def _either_rim(base: TravelTimes, other: TravelTimes) -> NDArray[np.bool_] | None:
    rims = base.touches_rim, other.touches_rim
    return rims[0] if rims[0] is None or rims[1] is None else rims[0] | rims[1]


Merge = Callable[["TravelTimes", "TravelTimes"], "TravelTimes"]
"""`with_columns` or `side_by_side`."""


def joined_travel(base: Travel, other: Travel, merge: Merge) -> Travel:
    """Return the travel to the sites of two."""

    def each(
        old: Mapping[str, TravelTimes], new: Mapping[str, TravelTimes]
    ) -> dict[str, TravelTimes]:
        return {name: merge(times, new[name]) for name, times in old.items()}

    was, more = base.by_timetable, other.by_timetable
    home, more_home = base.walks_home, other.walks_home
    return replace(
        base,
        times=each(base.times, other.times),
        times_back=each(base.times_back, other.times_back),
        distances=each(base.distances, other.distances),
        by_timetable=None if was is None or more is None else journeys_to(was, more, merge),
        walks_home=None
        if home is None or more_home is None
        else _joined_walks(home, more_home, merge),
    )


def journeys_to(base: TransitTimes, other: TransitTimes, merge: Merge) -> TransitTimes:
    """Return journeys to the sites of two tables; where both have one, those of the other."""
    walks = _joined_walks(base.walks, other.walks, merge)
    columns = walks.walking.columns_of(other.walks.walking.site_ids)

    def placed(old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        whole = np.empty((len(old), len(walks.walking.site_ids), *old.shape[2:]), old.dtype)
        whole[:, : old.shape[1]] = old
        whole[:, columns] = new
        return whole

    arrays = ("minutes", "share_reachable", "leave_ds", "reach_ds", "moment_ds")
    own: dict[str, Any] = {
        name: placed(getattr(base, name), getattr(other, name)) for name in arrays
    }
    return replace(base, walks=walks, **own)


def _joined_walks(base: Walks, other: Walks, merge: Merge) -> Walks:
    from eh_access.transit.walks import joined  # noqa: PLC0415 - loads numba

    walking = merge(base.walking, other.walking)
    return joined(base, other, walking, walking.columns_of(other.walking.site_ids))

"""Every travel time a study needs, computed once by mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import Side
from eh_access.routing.estimate import estimate_travel_times
from eh_access.routing.matrix import travel_time_matrix
from eh_access.routing.travel_times import UNREACHED

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.criteria.criterion import Figure
    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.routing.travel_times import Direction, TravelTimes
    from eh_access.study.config import Study

WALK = "walk"
Progress = Callable[[str], None]


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

    def side(self, sites: gpd.GeoDataFrame) -> Side:
        """Return these times with the sites of one scenario, for judging."""
        return Side(
            sites=sites,
            times=self.times,
            times_back=self.times_back,
            distances=self.distances,
        )


def compute_travel_times(
    study: Study,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    network: Network | None,
    progress: Progress,
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
    return Travel(
        times={name: minutes(mode) for name, mode in modes.items()},
        times_back={name: minutes(modes[name], "from_sites") for name in back},
        distances={name: minutes(modes[name].level()) for name in far},
        network=network,
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
    """Return a study's travel times by one mode, between any places."""
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
    rim = base.touches_rim
    if rim is not None and moved.touches_rim is not None:
        rim = rim | moved.touches_rim
    return replace(base, minutes=minutes, site_status=status, touches_rim=rim)


def with_moved(base: Travel, moved: Travel) -> Travel:
    """Return the times of a scenario that moves sites: only their columns are new."""
    return _merged(base, moved, with_columns)


def with_more(base: Travel, more: Travel) -> Travel:
    """Return the times to the sites of two tables together."""
    return _merged(base, more, _beside)


def _beside(base: TravelTimes, more: TravelTimes) -> TravelTimes:
    """Join two tables of the same origins side by side."""
    kept = base.origin_status["status"] != UNREACHED
    rim = base.touches_rim
    if rim is not None and more.touches_rim is not None:
        rim = rim | more.touches_rim
    return replace(
        base,
        minutes=np.hstack([base.minutes, more.minutes]),
        origin_status=base.origin_status.where(kept, more.origin_status),
        site_status=pd.concat([base.site_status, more.site_status]),
        touches_rim=rim,
    )


def _merged(
    base: Travel, other: Travel, merge: Callable[[TravelTimes, TravelTimes], TravelTimes]
) -> Travel:
    def each(
        old: Mapping[str, TravelTimes], new: Mapping[str, TravelTimes]
    ) -> dict[str, TravelTimes]:
        return {name: merge(times, new[name]) for name, times in old.items()}

    return Travel(
        times=each(base.times, other.times),
        times_back=each(base.times_back, other.times_back),
        distances=each(base.distances, other.distances),
        network=base.network,
    )

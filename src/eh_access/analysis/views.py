"""What one criterion sees of a case, as arrays: minutes, metres or hours, one value per origin.

Everything a verdict needs is taken out of the tables once, so that the same question can be asked
again with sites a little nearer, a little farther, or somewhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.aligning import metres, metres_per_minute
from eh_access.analysis.hours import reached, weekly_hours
from eh_access.analysis.rough import rough_radius_m

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from eh_access.analysis.case import Case, Side
    from eh_access.analysis.criteria import Criterion
    from eh_access.modes import TravelMode
    from eh_access.routing.types import TravelTimes

ROAD_SPEED_KM_H = 112.0
"""The highest speed limit in Britain: no drive between two places is quicker than a straight line
at this speed."""

METRES_PER_KM_H = 1000.0 / 60.0


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteList:
    """Sites as plain columns, in one order."""

    ids: pd.Index  # sorted
    names: NDArray[np.object_]  # what they are called
    hours: NDArray[np.float64]  # hours a week, full hours as a number
    # how far each may be from where it is drawn, from `rough_radius_m`
    radius_m: NDArray[np.float64]

    def where(self, chosen: NDArray[np.bool_]) -> SiteList:
        """Return some of them."""
        return SiteList(
            ids=self.ids[chosen],
            names=self.names[chosen],
            hours=self.hours[chosen],
            radius_m=self.radius_m[chosen],
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class View:
    """One side of a case, as one criterion sees it."""

    criterion: Criterion  # the criterion
    sites: SiteList  # the open sites that count and whose place is known
    # the open sites that count and whose place nobody knows: they are left out of ``there``
    unknown: SiteList
    # float64 (origins, sites), minutes or metres; ``back`` only where the criterion needs it
    there: NDArray[np.float64]
    back: NDArray[np.float64] | None
    # float64 (sites,): by how much, in the same unit, each may be nearer or farther than said
    slack: NDArray[np.float64]

    def figure(self, shift: Mapping[str, int]) -> NDArray[np.float64]:
        """Return what each origin has: minutes or metres to the nearest, or hours a week."""
        moved = np.array([shift.get(site, 0) for site in self.sites.ids]) * self.slack
        there = np.maximum(self.there + moved, 0.0)
        if self.criterion.measure != "hours_reachable":
            return np.asarray(there.min(axis=1, initial=np.inf))
        back = None if self.back is None else np.maximum(self.back + moved, 0.0)
        hours = np.where(self._reached(there, back), self.sites.hours, 0.0)
        return np.asarray(hours.sum(axis=1))

    def figures_alone(self, site_id: str) -> NDArray[np.float64]:
        """Return what each origin has with one site nearer by its slack, then with it farther."""
        found = np.flatnonzero(self.sites.ids == site_id)
        if not len(found):
            return np.broadcast_to(self._drawn, (2, len(self._drawn)))
        at = int(found[0])
        moved = np.array([[-1.0], [1.0]]) * self.slack[at]
        there = np.maximum(self.there[:, at] + moved, 0.0)
        if self.criterion.measure != "hours_reachable":
            nearest, first, second = self._two_nearest
            return np.asarray(np.minimum(np.where(nearest == at, second, first), there))
        back = None if self.back is None else np.maximum(self.back[:, at] + moved, 0.0)
        now = self._reached(self.there[:, at], None if self.back is None else self.back[:, at])
        less = np.where(now, self.sites.hours[at], 0.0)
        return self._drawn - less + np.where(self._reached(there, back), self.sites.hours[at], 0.0)

    @cached_property
    def _drawn(self) -> NDArray[np.float64]:
        """What each origin has with every site where it is drawn."""
        return self.figure({})

    @cached_property
    def _two_nearest(self) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
        """Which site is nearest to each origin, how far it is, and how far the nearest other."""
        nearest = self.there.argmin(axis=1)
        others = self.there.copy()
        others[np.arange(len(others)), nearest] = np.inf
        return nearest, self.there.min(axis=1), others.min(axis=1)

    def figure_with(
        self, site_id: str, figure: NDArray[np.float64], away: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return what each origin would have if a site of unknown place stood somewhere."""
        if site_id not in self.unknown.ids:
            return np.broadcast_to(figure, away.shape)
        if self.criterion.measure != "hours_reachable":
            return np.minimum(figure, away)
        hours = self.unknown.hours[self.unknown.ids.get_loc(site_id)]
        return figure + np.where(self._reached(away, away), hours, 0.0)

    def _reached(
        self, there: NDArray[np.float64], back: NDArray[np.float64] | None
    ) -> NDArray[np.bool_]:
        return reached(
            there,
            back,
            self.criterion.cutoff_min or np.inf,
            there_and_back=self.criterion.there_and_back or "each_way",
        )


def look(criterion: Criterion, case: Case, side: Side) -> View:
    """Return what a criterion sees of one side of a case; its inputs must be there."""
    counted, nowhere = _counted(criterion, case, side)
    sites = counted.where(~nowhere)
    tables = tables_for(criterion, side)
    rows = case.origins.index
    if criterion.measure == "coverage_distance":
        there = _block(tables[0], metres(tables[0]), rows, sites.ids)
        per_metre = 1.0
    else:
        blocks = [_block(table, table.minutes, rows, sites.ids) for table in tables]
        there = reduce(np.minimum, blocks)
        per_metre = 1.0 / metres_per_minute(tables[0])
    back = None
    if criterion.measure == "hours_reachable":
        home = side.times_back[criterion.mode]
        back = _block(home, home.minutes, rows, sites.ids)
    return View(
        criterion=criterion,
        sites=sites,
        unknown=counted.where(nowhere),
        there=there,
        back=back,
        slack=sites.radius_m * case.settings.detour * per_metre,
    )


def tables_for(criterion: Criterion, side: Side) -> list[TravelTimes]:
    """Return the tables a criterion reads on one side, its own mode first; absent ones left out."""
    if criterion.measure == "coverage_distance":
        table = side.distances_by(criterion.mode)
        return [] if table is None else [table]
    modes = (criterion.mode, *criterion.also_modes)
    return [side.times[mode] for mode in modes if mode in side.times]


def _counted(criterion: Criterion, case: Case, side: Side) -> tuple[SiteList, NDArray[np.bool_]]:
    """Return the open sites that count, and of which the place is unknown."""
    ids = case.open_sites(side, full_time=criterion.sites == "full_time")
    rows = side.sites.index.get_indexer(ids)
    basis = side.sites["location_basis"].to_numpy(dtype=object)[rows]
    stated = side.sites["hours_per_week"].to_numpy(dtype=np.float64, na_value=np.nan)[rows]
    counted = SiteList(
        ids=ids,
        names=side.sites["name"].to_numpy(dtype=object)[rows],
        hours=weekly_hours(stated, case.settings.full_time_from_hours),
        radius_m=rough_radius_m(side.sites)[rows],
    )
    return counted, basis == "unknown"


def straight_pace(criterion: Criterion, mode: TravelMode) -> float:
    """Return the figures' unit for each metre in a straight line: no way is shorter."""
    if criterion.measure == "coverage_distance":
        return 1.0
    by_road = mode.uses_road_speeds or criterion.also_modes
    speed_km_h = ROAD_SPEED_KM_H if by_road else mode.speed_km_h
    return 1.0 / (speed_km_h * METRES_PER_KM_H)


def _block(
    times: TravelTimes, values: NDArray[np.floating], origins: pd.Index, sites: pd.Index
) -> NDArray[np.float64]:
    """Return the rows of origins and the columns of sites, in their order."""
    chosen = values[:, times.columns_of(sites)].astype(np.float64)
    if times.origin_ids.equals(origins):
        return chosen
    return np.asarray(chosen[times.origin_ids.get_indexer(origins)])

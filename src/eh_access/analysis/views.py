"""What one criterion sees of a case, as arrays: minutes, metres or hours, one value per origin.

Everything a verdict needs is taken out of the tables once, so that the same question can be asked
again with sites a little nearer, a little farther, or somewhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.aligning import metres, metres_per_minute
from eh_access.analysis.hours import reached, weekly_hours

if TYPE_CHECKING:
    import geopandas as gpd
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
class View:
    """One side of a case, as one criterion sees it.

    Parameters
    ----------
    criterion
        The criterion.
    sites
        The open sites that count and whose place is known, sorted by id.
    unknown
        The open sites that count and whose place nobody knows: they are left out of ``there``.
    there, back
        float64 (origins, sites), minutes or metres; ``back`` only where the criterion needs it.
    slack
        float64 (sites,): by how much, in the same unit, each may be nearer or farther than said.
    full_hours
        What full hours of unknown number count as.
    """

    criterion: Criterion
    sites: gpd.GeoDataFrame
    unknown: gpd.GeoDataFrame
    there: NDArray[np.float64]
    back: NDArray[np.float64] | None
    slack: NDArray[np.float64]
    full_hours: float

    def figure(self, shift: Mapping[str, int]) -> NDArray[np.float64]:
        """Return what each origin has: minutes or metres to the nearest, or hours a week.

        Parameters
        ----------
        shift
            +1 or -1 by site id: taken to be farther or nearer by its slack.

        Returns
        -------
        numpy.ndarray
            float64 (origins,).
        """
        moved = np.array([shift.get(site, 0) for site in self.sites.index]) * self.slack
        there = np.maximum(self.there + moved, 0.0)
        if self.criterion.measure != "hours_reachable":
            return np.asarray(there.min(axis=1, initial=np.inf))
        back = None if self.back is None else np.maximum(self.back + moved, 0.0)
        weekly = weekly_hours(self.sites, self.full_hours)
        return np.asarray(np.where(self._reached(there, back), weekly, 0.0).sum(axis=1))

    def figure_with(
        self, site_id: str, figure: NDArray[np.float64], away: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return what each origin would have if a site of unknown place stood somewhere.

        Parameters
        ----------
        site_id
            The site; one that does not count on this side changes nothing.
        figure
            What each origin has without it.
        away
            (places, origins): how far it would be, there as well as back.

        Returns
        -------
        numpy.ndarray
            (places, origins).
        """
        if site_id not in self.unknown.index:
            return np.broadcast_to(figure, away.shape)
        if self.criterion.measure != "hours_reachable":
            return np.minimum(figure, away)
        weekly = weekly_hours(self.unknown.loc[[site_id]], self.full_hours)[0]
        return figure + np.where(self._reached(away, away), weekly, 0.0)

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
    """Return what a criterion sees of one side of a case; its inputs must be there.

    Parameters
    ----------
    criterion, case
        What is asked, of what.
    side
        ``case.before`` or ``case.after``.

    Returns
    -------
    View
        Rows in the order of ``case.origins``.
    """
    counted = case.open_sites(side, full_time=criterion.sites == "full_time")
    nowhere = (counted["location_basis"] == "unknown").to_numpy(dtype=bool)
    sites, ids = counted[~nowhere], counted.index[~nowhere]
    tables = tables_for(criterion, side)
    rows = case.origins.index
    if criterion.measure == "coverage_distance":
        there = _block(tables[0], metres(tables[0]), rows, ids)
        per_metre = 1.0
    else:
        blocks = [_block(table, table.minutes, rows, ids) for table in tables]
        there = reduce(np.minimum, blocks)
        per_metre = 1.0 / metres_per_minute(tables[0])
    back = None
    if criterion.measure == "hours_reachable":
        home = side.times_back[criterion.mode]
        back = _block(home, home.minutes, rows, ids)
    return View(
        criterion=criterion,
        sites=sites,
        unknown=counted[nowhere],
        there=there,
        back=back,
        slack=radii(sites) * case.settings.detour * per_metre,
        full_hours=case.settings.full_time_from_hours,
    )


def tables_for(criterion: Criterion, side: Side) -> list[TravelTimes]:
    """Return the tables a criterion reads on one side, its own mode first; absent ones left out.

    Parameters
    ----------
    criterion
        What is asked.
    side
        ``case.before`` or ``case.after``.

    Returns
    -------
    list of TravelTimes
        Times, or distances; not the times home.
    """
    if criterion.measure == "coverage_distance":
        table = side.distances_by(criterion.mode)
        return [] if table is None else [table]
    modes = (criterion.mode, *criterion.also_modes)
    return [side.times[mode] for mode in modes if mode in side.times]


def radii(sites: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return how far each site may be from where it is drawn, in metres.

    Parameters
    ----------
    sites
        With ``location_basis`` and ``location_radius_m``.

    Returns
    -------
    numpy.ndarray
        float64 (sites,): the radius of those whose place is an estimate, else 0. A postcode or a
        street is near enough.
    """
    estimate = (sites["location_basis"] == "estimate").to_numpy(dtype=bool)
    radius = sites["location_radius_m"].to_numpy(dtype=np.float64, na_value=0.0)
    return np.where(estimate, np.nan_to_num(radius), 0.0)


def straight_pace(criterion: Criterion, mode: TravelMode) -> float:
    """Return the figures' unit for each metre in a straight line: no way is shorter.

    Parameters
    ----------
    criterion
        What is asked.
    mode
        How people travel.

    Returns
    -------
    float
        Minutes a metre; 1 for distances.
    """
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

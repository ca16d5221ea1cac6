"""The labelled estimate for when there are no streets: a straight line made longer.

Fitted on OpenStreetMap's streets in Newport; see docs/method/estimate.md for how well it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from eh_access.errors import InputError
from eh_access.routing.engine import check_direction
from eh_access.routing.types import NO_LOCATION, OK, UNREACHED, Direction, TravelTimes

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode

WALK_FIXED_M = 122.0
WALK_FACTOR = 1.20
DRIVE_FIXED_MIN = 0.76
DRIVE_MIN_PER_KM = 1.77
DS_PER_MIN = 600
CRS = "EPSG:27700"

ACCURACY = (
    "INDICATIVE: no street network was used. Travel times are estimated from straight lines "
    "(walking metres = 122 + 1.20 x straight line; driving minutes = 0.76 + 1.77 x km). On foot, "
    "against real streets, half of such estimates were off by 10% or more and one in ten by 34% "
    "or more, usually too short; the time to the nearest of twelve places was off by 3.5 minutes "
    "on average and one in ten by more than 8 minutes, mostly beside rivers, railways and main "
    "roads. The change in that time when three of twelve close was off by 0.7 minutes on average, "
    "and 96% of homes were rightly classed as having more than five minutes added or not. With a "
    "pushchair, at 3.6 km/h, the same metres take a third longer, and these errors are a third "
    "larger: 4.7, 10.7 and 0.9 minutes. By car they were not measured."
)
"""How far the estimate can be trusted, in the worse of the figures measured (docs/method)."""
CHANGE_ERROR_MIN = 0.7
"""How far off the change in minutes on foot is on average, as `ACCURACY` says."""
CHANGE_ERROR_SHARE = 0.04
"""The share of homes wrongly classed by minutes added, as `ACCURACY` says."""


def estimate_travel_times(
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode,
    cutoff_min: float = 120.0,
    direction: Direction = "to_sites",
) -> TravelTimes:
    """Estimate the minutes between every origin and every site from straight lines.

    Parameters
    ----------
    origins, sites
        Points; their index holds the ids. Any CRS. A site without a point is out of reach.
    mode
        On foot or with a pushchair (metres at the mode's speed), or by car. Nothing was fitted
        for bicycles.
    cutoff_min
        Estimates longer than this many minutes count as out of reach.
    direction
        Recorded; a straight line is as long both ways.

    Returns
    -------
    TravelTimes
        With ``estimated=True``, which every output made from it must carry. Rounded to the
        decisecond like times along streets.

    Raises
    ------
    InputError
        If the mode has no estimate, the cutoff is not above 0 or the direction does not exist.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from eh_access.modes import WALK
    >>> home = gpd.GeoDataFrame(geometry=gpd.points_from_xy([443000], [392000]), crs="EPSG:27700")
    >>> site = gpd.GeoDataFrame(geometry=gpd.points_from_xy([444000], [392000]), crs="EPSG:27700")
    >>> times = estimate_travel_times(home, site, mode=WALK)
    >>> round(float(times.minutes[0, 0]), 3), times.estimated  # (122 + 1200 m) / 80 m per minute
    (16.525, True)
    """
    check_direction(direction)
    if not cutoff_min > 0:
        raise InputError(f"cutoff_min is {cutoff_min}; give minutes above 0")
    line_m = _straight_m(origins, sites)
    if mode.rules in ("foot", "pushchair"):
        minutes = (WALK_FIXED_M + WALK_FACTOR * line_m) / (mode.speed_km_h * 1000 / 60)
    elif mode.uses_road_speeds:
        minutes = DRIVE_FIXED_MIN + DRIVE_MIN_PER_KM * line_m / 1000
    else:
        raise InputError(
            f"there is no estimate {mode.label}: none was fitted; use walk, pushchair or drive, "
            "or give a street network"
        )
    minutes = np.floor((minutes + mode.parking_s / 60) * DS_PER_MIN + 0.5) / DS_PER_MIN
    minutes[~(minutes <= cutoff_min)] = np.inf
    reached = np.asarray(np.isfinite(minutes).any(axis=1), dtype=np.bool_)
    return TravelTimes(
        minutes=minutes.astype(np.float32),
        origin_status=_status(origins, reached=reached, cutoff_min=cutoff_min),
        site_status=_status(sites, reached=None, cutoff_min=cutoff_min),
        mode=mode,
        cutoff_min=float(cutoff_min),
        direction=direction,
        estimated=True,
        method=f"straight-line estimate {mode.label}: no street network was used",
        touches_rim=np.zeros(len(origins), dtype=np.bool_),
    )


def _straight_m(origins: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return straight-line metres (origins, sites); inf where a point is missing."""
    ends = []
    for table, name in ((origins, "origins"), (sites, "sites")):
        if table.crs is None:
            raise InputError(f"{name}: no CRS; call set_crs('{CRS}') if the points are in metres")
        points = table.geometry.to_crs(CRS).to_numpy()
        ends.append(np.stack([shapely.get_x(points), shapely.get_y(points)], axis=1))
    gap = ends[0][:, None, :] - ends[1][None, :, :]
    line_m: NDArray[np.float64] = np.hypot(gap[..., 0], gap[..., 1])
    return np.where(np.isnan(line_m), np.inf, line_m)


def _status(
    table: gpd.GeoDataFrame, *, reached: NDArray[np.bool_] | None, cutoff_min: float
) -> pd.DataFrame:
    points = table.geometry
    missing = (points.isna() | points.is_empty).to_numpy()
    status = np.where(missing, NO_LOCATION, OK).astype(object)
    reason = np.where(missing, "its location is not known", "").astype(object)
    if reached is not None:
        lost = ~missing & ~reached
        status[lost] = UNREACHED
        reason[lost] = f"no site within {cutoff_min:g} minutes"
    offset_m = np.where(missing, np.nan, 0.0)
    return pd.DataFrame(
        {"status": status, "reason": reason, "offset_m": offset_m}, index=table.index
    )

"""The labelled estimate for when there are no streets: a straight line made longer.

Fitted on OpenStreetMap's streets in Newport; docs/method/estimate.md says how well it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.arguments import check_arguments
from eh_access.errors import InputError
from eh_access.modes import DRIVE, PUSHCHAIR, WALK, as_mode
from eh_access.network.snapping import coordinates
from eh_access.routing.matrix import DS_PER_MIN
from eh_access.routing.search import check_direction
from eh_access.routing.travel_times import NO_LOCATION, OK, Direction, TravelTimes, with_unreached
from eh_access.tables import CRS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode

WALK_FIXED_M = 122.0
WALK_FACTOR = 1.20
DRIVE_FIXED_MIN = 2.36
DRIVE_MIN_PER_KM = 2.08


@dataclass(frozen=True)
class EstimateError:
    """How far off estimates are when three of eleven or twelve places close, against streets."""

    # minutes to the nearest place: off by so much on average, and in one case of ten
    nearest_min: float
    worst_tenth_min: float
    change_min: float  # the minutes added: off by so much on average over all homes
    affected_min: float  # the same for homes whose nearest place closes
    # the share of those with more than five minutes added whom the estimate finds
    detected_share: float
    wrong_share: float  # the share of all homes on the wrong side of five minutes added


MEASURED: Mapping[str, tuple[TravelMode, EstimateError]] = MappingProxyType(
    {
        "foot": (WALK, EstimateError(3.5, 8.0, 1.1, 3.9, 0.86, 0.04)),
        "pushchair": (PUSHCHAIR, EstimateError(5.1, 12.2, 1.9, 7.0, 0.85, 0.05)),
        "motorcar": (DRIVE, EstimateError(1.2, 2.0, 0.3, 1.2, 0.78, 0.03)),
    }
)
"""For each kind of street rules the mode measured and the worse of Newport and Rotherham
(``benchmarks/estimate_errors.py``). On foot the time to the nearest is Rutland's, worse still; by
car the share found is Rotherham's, since in Newport hardly anybody has five minutes added."""


ACCURACY: Mapping[str, float | EstimateError] = MappingProxyType(
    {
        "walk_fixed_m": WALK_FIXED_M,
        "walk_factor": WALK_FACTOR,
        "drive_fixed_min": DRIVE_FIXED_MIN,
        "drive_min_per_km": DRIVE_MIN_PER_KM,
        "walk": MEASURED["foot"][1],
        "push": MEASURED["pushchair"][1],
        "drive": MEASURED["motorcar"][1],
    }
)
"""How times are estimated and how far that can be trusted, by the names that sentences use."""


def estimate_error(mode: TravelMode) -> EstimateError:
    """Return how far off estimates are for a mode: slower people are off by more minutes."""
    if mode.rules not in MEASURED:
        raise InputError(
            f"there is no estimate {mode.label}: none was fitted; use walk, pushchair or drive, "
            "or give a street network"
        )
    measured, error = MEASURED[mode.rules]
    if mode.uses_road_speeds:
        return error
    times_as_slow = measured.speed_km_h / mode.speed_km_h
    minutes = {name: value for name, value in vars(error).items() if name.endswith("_min")}
    return replace(error, **{name: value * times_as_slow for name, value in minutes.items()})


@check_arguments
def estimate_travel_times(
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode | str,
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
    >>> by_car = estimate_travel_times(home, site, mode=DRIVE)
    >>> round(float(by_car.minutes[0, 0]), 3)  # 2.36 minutes, and 2.08 for the kilometre
    4.44
    """
    mode = as_mode(mode)
    check_direction(direction)
    if not cutoff_min > 0:
        raise InputError(f"cutoff_min is {cutoff_min}; give minutes above 0")
    estimate_error(mode)  # refuses a mode for which nothing was fitted
    line_m = straight_line_m(origins, sites)
    if mode.uses_road_speeds:
        minutes = DRIVE_FIXED_MIN + DRIVE_MIN_PER_KM * line_m / 1000
    else:
        minutes = (WALK_FIXED_M + WALK_FACTOR * line_m) / (mode.speed_km_h * 1000 / 60)
    minutes = np.floor((minutes + mode.parking_s / 60) * DS_PER_MIN + 0.5) / DS_PER_MIN
    minutes[~(minutes <= cutoff_min)] = np.inf
    return TravelTimes(
        minutes=minutes.astype(np.float32),
        origin_status=with_unreached(_status(origins), minutes, cutoff_min),
        site_status=_status(sites),
        mode=mode,
        cutoff_min=float(cutoff_min),
        direction=direction,
        estimated=True,
        method=f"straight-line estimate {mode.label}: no street network was used",
        touches_rim=np.zeros(len(origins), dtype=np.bool_),
    )


def straight_line_m(origins: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return straight-line metres (origins, sites); inf where a point is missing."""
    ends = []
    for table, name in ((origins, "origins"), (sites, "sites")):
        if table.crs is None:
            raise InputError(f"{name}: no CRS; call set_crs('{CRS}') if the points are in metres")
        ends.append(coordinates(table.geometry))
    gap = ends[0][:, None, :] - ends[1][None, :, :]
    line_m: NDArray[np.float64] = np.hypot(gap[..., 0], gap[..., 1])
    return np.where(np.isnan(line_m), np.inf, line_m)


def _status(table: gpd.GeoDataFrame) -> pd.DataFrame:
    missing = (table.geometry.isna() | table.geometry.is_empty).to_numpy()
    columns = {
        "status": np.where(missing, NO_LOCATION, OK).astype(object),
        "reason": np.where(missing, "its location is not known", "").astype(object),
        "offset_m": np.where(missing, np.nan, 0.0),
    }
    return pd.DataFrame(columns, index=table.index)

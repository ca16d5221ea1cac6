"""Putting tables of one study side by side: the same origins in the same order, metres, groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eh_access.errors import InputError, NotFoundError, did_you_mean

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from eh_access.routing.types import TravelTimes

METRES_PER_KM = 1000.0
MINUTES_PER_HOUR = 60.0


def weights_of(times: TravelTimes, origins: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the weights of a table's origins, in the table's order."""
    weights: NDArray[np.float64] = origins["weight"].to_numpy(dtype=np.float64)
    return weights[rows_of(times, origins)]


def rows_of(times: TravelTimes, origins: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Return where each of a table's origins stands in another table."""
    rows: NDArray[np.intp] = origins.index.get_indexer(times.origin_ids)
    if len(origins) != len(times.origin_ids) or (rows < 0).any():
        lacking = times.origin_ids[rows < 0].tolist()
        spare = origins.index.difference(times.origin_ids).tolist()
        raise InputError(
            f"the origins are not those of the travel times ({len(origins)} and "
            f"{len(times.origin_ids)}; for example {(lacking + spare)[:3]}); use the table the "
            "times were worked out for"
        )
    return rows


def grouping(by: str | pd.Series, columns: pd.DataFrame, index: pd.Index) -> pd.Series:
    """Return a grouping as a column in the order of some origins."""
    if isinstance(by, str):
        if by not in columns.columns:
            raise NotFoundError(f"origins have no column '{by}': {did_you_mean(by, columns)}")
        by = columns[by]
    lacking = index.difference(by.index).tolist()
    if lacking:
        raise InputError(f"the groups lack {len(lacking)} origins, for example {lacking[:3]}")
    return by.reindex(index)


def metres(times: TravelTimes) -> NDArray[np.float64]:
    """Return distances by street, from times at one constant speed."""
    # Distances are searched for like times, on level streets at the mode's speed everywhere; what
    # comes back is minutes, and this turns them into metres.
    if times.mode.uses_road_speeds:
        raise InputError(
            f"minutes by {times.mode.name} are at each road's own speed and give no distance; "
            "use a mode of one speed, such as walk"
        )
    return times.minutes.astype(np.float64) * metres_per_minute(times)


def metres_per_minute(times: TravelTimes) -> float:
    """Return the speed of a table's mode in metres a minute."""
    return times.mode.speed_km_h * METRES_PER_KM / MINUTES_PER_HOUR

"""Which sites are known only roughly: their radius tells, whatever a place is inferred from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

ROUGH_FROM_M = 100.0
"""A place known to within this, or worse, is rough, however it is known: over a minute's walk."""


def rough_radius_m(sites: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return how far each site may be from where it is drawn, if far enough to be tried."""
    basis = sites["location_basis"].to_numpy(dtype=object)
    radius = np.nan_to_num(
        sites["location_radius_m"].to_numpy(dtype=np.float64, na_value=np.nan), nan=0.0
    )
    rough = (basis == "estimate") | ((basis != "unknown") & (radius >= ROUGH_FROM_M))
    return np.where(rough, radius, 0.0)


def rough_areas(sites: gpd.GeoDataFrame, within: BaseGeometry) -> gpd.GeoSeries:
    """Return where each site known only roughly may be."""
    radius_m = rough_radius_m(sites)
    chosen = radius_m > 0
    discs = sites.geometry[chosen].buffer(radius_m[chosen])
    inside = sites.geometry[chosen].intersects(within)
    return discs.where(~inside, discs.intersection(within))

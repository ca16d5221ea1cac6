"""An area given by a caller, as one polygon on the British National Grid."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from eh_access.errors import InputError
from eh_access.tables import CRS, GRID_EXTENT_M

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

EAST_M, NORTH_M = GRID_EXTENT_M[2:]

OFF_GRID_FAULT = (
    f"lie outside the British National Grid ({CRS}, eastings 0 to {EAST_M:,.0f}, northings 0 to "
    f"{NORTH_M:,.0f}), where its metres do not hold; give streets of Great Britain"
)
DEGREES = 180.0


class ElsewhereError(InputError):
    """Streets that all lie outside the area asked for."""


def off_grid(x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which places lie outside the extent of the British National Grid."""
    return ~((x_m >= 0) & (x_m <= EAST_M) & (y_m >= 0) & (y_m <= NORTH_M))


def as_polygon(area: gpd.GeoDataFrame | gpd.GeoSeries | BaseGeometry) -> BaseGeometry:
    """Join an area into one polygon in EPSG:27700."""
    if isinstance(area, BaseGeometry):
        polygon = area
        if max(abs(bound) for bound in polygon.bounds or (0.0,)) <= DEGREES:
            raise InputError(
                "area: a bare geometry must be in metres on the British National Grid, and this "
                "one looks like degrees; give a GeoDataFrame with its CRS instead"
            )
    else:
        if getattr(area, "crs", None) is None:
            raise InputError("area: it has no CRS; set it, for example area.set_crs('EPSG:4326')")
        polygon = area.to_crs(CRS).union_all()
    if not polygon.is_valid:
        polygon = shapely.make_valid(polygon)
    if polygon.is_empty or polygon.area <= 0:
        raise InputError("area: it holds no polygon; give the area's outline")
    return polygon


def to_degrees(area: BaseGeometry) -> BaseGeometry:
    """Turn a geometry in EPSG:27700 into longitude and latitude."""
    return shapely.transform(area, projection(CRS, "EPSG:4326").transform, interleaved=False)


@cache
def projection(source: str, target: str) -> Transformer:
    """Return what turns eastings (or longitudes) and northings of one system into another's."""
    return Transformer.from_crs(source, target, always_xy=True)

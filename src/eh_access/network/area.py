"""An area given by a caller, as one polygon on the British National Grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from eh_access.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

CRS = "EPSG:27700"
DEGREES = 180.0


def as_polygon(area: gpd.GeoDataFrame | gpd.GeoSeries | BaseGeometry) -> BaseGeometry:
    """Join an area into one polygon in EPSG:27700.

    Parameters
    ----------
    area
        Polygons in any CRS, or one geometry that is in EPSG:27700 already.

    Returns
    -------
    shapely.geometry.base.BaseGeometry
        A valid polygon or multipolygon, in metres.

    Raises
    ------
    InputError
        If it has no CRS, holds no polygon, or is in degrees where metres are needed.

    Examples
    --------
    >>> as_polygon(shapely.box(330000, 185000, 331000, 186000)).area
    1000000.0
    """
    if isinstance(area, BaseGeometry):
        polygon = area
        if max(abs(bound) for bound in polygon.bounds or (0.0,)) <= DEGREES:
            raise InputError(
                "area: a bare geometry must be in metres on the British National Grid, and this "
                "one looks like degrees; give a GeoDataFrame with its CRS instead"
            )
    else:
        if area.crs is None:
            raise InputError("area: it has no CRS; set it, for example area.set_crs('EPSG:4326')")
        polygon = area.to_crs(CRS).union_all()
    if not polygon.is_valid:
        polygon = shapely.make_valid(polygon)
    if polygon.is_empty or polygon.area <= 0:
        raise InputError("area: it holds no polygon; give the area's outline")
    return polygon


def to_degrees(area: BaseGeometry) -> BaseGeometry:
    """Turn a geometry in EPSG:27700 into longitude and latitude."""
    transformer = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    return shapely.transform(area, transformer.transform, interleaved=False)

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
    """Return how far each site may be from where it is drawn, if far enough to be tried.

    Parameters
    ----------
    sites
        With ``location_basis`` and ``location_radius_m``.

    Returns
    -------
    numpy.ndarray
        float64 (sites,): the radius of those known only roughly (to within `ROUGH_FROM_M` or
        worse, whatever that is inferred from) and of every estimate; 0 for the rest, and for those
        whose place is not known at all.

    Examples
    --------
    >>> import pandas as pd
    >>> basis = ["postcode", "postcode", "estimate", "unknown"]
    >>> sites = pd.DataFrame(
    ...     {"location_basis": basis, "location_radius_m": [99.0, 150.0, 50.0, np.nan]}
    ... )
    >>> rough_radius_m(sites).tolist()
    [0.0, 150.0, 50.0, 0.0]
    """
    basis = sites["location_basis"].to_numpy(dtype=object)
    radius = np.nan_to_num(
        sites["location_radius_m"].to_numpy(dtype=np.float64, na_value=np.nan), nan=0.0
    )
    rough = (basis == "estimate") | ((basis != "unknown") & (radius >= ROUGH_FROM_M))
    return np.where(rough, radius, 0.0)


def rough_areas(sites: gpd.GeoDataFrame, within: BaseGeometry) -> gpd.GeoSeries:
    """Return where each site known only roughly may be.

    Parameters
    ----------
    sites
        In metres (EPSG:27700), with ``location_basis`` and ``location_radius_m``.
    within
        The study's area: a site drawn in it lies in it.

    Returns
    -------
    geopandas.GeoSeries
        The disc around each such site, without what lies outside the area; of a site drawn outside
        it, the whole disc. Sites whose place is known well, or not at all, are left out.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> site = gpd.GeoDataFrame(
    ...     {"location_basis": ["estimate"], "location_radius_m": [100.0]},
    ...     geometry=[shapely.Point(0, 0)],
    ... )
    >>> west = shapely.box(-200, -200, 0, 200)
    >>> float(round(rough_areas(site, west).area[0] / 100**2, 1))  # half of pi
    1.6
    """
    radius_m = rough_radius_m(sites)
    chosen = radius_m > 0
    discs = sites.geometry[chosen].buffer(radius_m[chosen])
    inside = sites.geometry[chosen].intersects(within)
    return discs.where(~inside, discs.intersection(within))

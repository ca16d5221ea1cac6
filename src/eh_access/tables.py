"""What a table of areas, sites or origins must hold; every fault is gathered, then raised once.

Rows are counted from 1, the header not included, in the order the table came in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access._checking import (
    CRS,
    Check,
    begin,
    build_points,
    finish,
    points_in_place,
    read_geometry,
    read_numbers,
    require_text,
)
from eh_access.errors import did_you_mean

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = [
    "AREA_COLUMNS",
    "CRS",
    "LOCATION_BASES",
    "MAX_OUTSIDE_M",
    "ORIGIN_COLUMNS",
    "SITE_COLUMNS",
    "check_areas",
    "check_origins",
    "check_sites",
    "points_from_columns",
]

MAX_OUTSIDE_M = 5000.0
"""How far outside the study area a point may lie unless told otherwise, in metres."""

LOCATION_BASES = ("surveyed", "postcode", "street", "estimate", "unknown")
"""How a site's place is known, from best to worst."""

AREA_COLUMNS = ("area_id", "name", "geometry")
SITE_COLUMNS = (
    "site_id",
    "name",
    "kind",
    "locality",
    "hours_per_week",
    "location_basis",
    "location_radius_m",
    "existence",
    "geometry",
)
ORIGIN_COLUMNS = ("origin_id", "weight", "area_id", "weight_basis", "geometry")


def check_areas(frame: gpd.GeoDataFrame, *, source: str = "areas") -> gpd.GeoDataFrame:
    """Return a table of areas that keeps the contract.

    Parameters
    ----------
    frame
        One row per area: ``area_id`` (column or index, unique), ``name``, polygons in any CRS.
        Other columns are kept.
    source
        What to call the table in messages, for example the file's name.

    Returns
    -------
    geopandas.GeoDataFrame
        A new table in EPSG:27700, index ``area_id`` (text).

    Raises
    ------
    InputError
        If anything is missing, repeated or not a valid polygon: every fault is listed.

    Examples
    --------
    >>> square = gpd.GeoSeries([shapely.box(440000, 390000, 441000, 391000)], crs=CRS)
    >>> areas = check_areas(gpd.GeoDataFrame({"area_id": ["a"], "name": ["A"]}, geometry=square))
    >>> float(areas.area["a"])
    1000000.0
    """
    check = begin(frame, "area_id", ["name"], source)
    require_text(check, ["name"])
    geometry = read_geometry(check)
    if geometry is not None:
        missing = np.asarray(geometry.isna() | geometry.is_empty, dtype=bool)
        check.rows(missing, "geometry", "there is no polygon; give one")
        polygon = np.isin(geometry.geom_type, ["Polygon", "MultiPolygon"])
        kinds = geometry.geom_type[~missing & ~polygon]
        wrong = [f"is a {kind}; an area is a Polygon or a MultiPolygon" for kind in kinds]
        check.rows(~missing & ~polygon, "geometry", wrong)
        invalid = ~missing & polygon & ~np.asarray(geometry.is_valid, dtype=bool)
        reasons = [
            f"the polygon is not valid ({reason}); repair it, for example with make_valid()"
            for reason in shapely.is_valid_reason(geometry.to_numpy()[invalid])
        ]
        check.rows(invalid, "geometry", reasons)
    check.done()
    return finish(check, geometry)


def check_sites(
    frame: pd.DataFrame,
    *,
    source: str = "sites",
    within: BaseGeometry | None = None,
    max_outside_m: float = MAX_OUTSIDE_M,
) -> gpd.GeoDataFrame:
    """Return a table of sites that keeps the contract.

    Parameters
    ----------
    frame
        One row per site, points in any CRS, or a plain table with ``easting`` and ``northing``.
        Needs ``site_id`` (column or index, unique), ``name``, ``location_basis`` (one of
        `LOCATION_BASES`) and ``location_radius_m`` (may be empty only if the basis is unknown).
        ``kind``, ``locality`` and ``hours_per_week`` (0 to 168; empty means full hours, number
        unknown) are added empty if absent; ``existence`` (above 0, up to 1: how likely it is that
        the site was there at all) is 1 where absent or empty. Other columns are kept.
    source
        What to call the table in messages.
    within
        The study area in EPSG:27700.
    max_outside_m
        How far outside it a site may lie, in metres.

    Returns
    -------
    geopandas.GeoDataFrame
        A new table in EPSG:27700, index ``site_id`` (text). The geometry is None only where
        ``location_basis`` is "unknown".

    Raises
    ------
    InputError
        If anything is missing, repeated, out of range or out of place: every fault is listed.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "site_id": ["park-view", "valley"],
    ...         "name": ["Park View", "Valley"],
    ...         "location_basis": ["estimate", "unknown"],
    ...         "location_radius_m": [1500.0, None],
    ...         "easting": [440585.0, None],
    ...         "northing": [393055.0, None],
    ...     }
    ... )
    >>> check_sites(table).loc["valley", "geometry"] is None
    True
    """
    check = begin(frame, "site_id", ["name", "location_basis", "location_radius_m"], source)
    for column in ("kind", "locality", "hours_per_week"):
        if column not in check.frame:
            check.frame[column] = np.nan if column == "hours_per_week" else pd.NA
    require_text(check, ["name", "location_basis"])
    unknown = np.zeros(len(check.frame), dtype=bool)
    if "location_basis" in check.frame:
        basis = check.frame["location_basis"]
        unknown = np.asarray(basis == "unknown", dtype=bool)
        odd = np.asarray(basis.notna() & ~basis.isin(LOCATION_BASES), dtype=bool)
        told = [
            f"'{word}' is no basis; {did_you_mean(str(word), LOCATION_BASES)}"
            for word in basis[odd]
        ]
        check.rows(odd, "location_basis", told)
    read_numbers(check, ["hours_per_week", "hours_per_week_after"], may_miss=True)
    read_numbers(check, ["location_radius_m"], may_miss=unknown)
    _read_existence(check)
    geometry = read_geometry(check)
    if geometry is not None:
        points_in_place(
            check, geometry, may_miss=unknown, within=within, max_outside_m=max_outside_m
        )
    check.done()
    return finish(check, geometry)


def _read_existence(check: Check) -> None:
    """Read how likely each site is to have been there: certain unless stated."""
    if "existence" not in check.frame:
        check.frame["existence"] = 1.0
    read_numbers(check, ["existence"], may_miss=True)
    existence = check.frame["existence"].fillna(1.0)
    never = np.asarray(existence == 0, dtype=bool)
    check.rows(never, "existence", "is 0; give a number above 0, up to 1, or leave the site out")
    check.frame["existence"] = existence


def check_origins(
    frame: pd.DataFrame,
    *,
    source: str = "origins",
    within: BaseGeometry | None = None,
    max_outside_m: float = MAX_OUTSIDE_M,
) -> gpd.GeoDataFrame:
    """Return a table of origins that keeps the contract.

    Parameters
    ----------
    frame
        One row per origin, points in any CRS, or a plain table with ``easting`` and ``northing``.
        Needs ``origin_id`` (column or index, unique) and ``weight`` (0 or more, for example
        children under five). ``area_id`` is added empty if absent, ``weight_basis`` as "not
        stated". ``imd_decile`` (1 to 10) and ``no_car_share`` (0 to 1) are checked where given:
        whole columns may be left out, single values may not. Other columns are kept.
    source
        What to call the table in messages.
    within
        The study area in EPSG:27700.
    max_outside_m
        How far outside it an origin may lie, in metres.

    Returns
    -------
    geopandas.GeoDataFrame
        A new table in EPSG:27700, index ``origin_id`` (text).

    Raises
    ------
    InputError
        If anything is missing, repeated, out of range or out of place: every fault is listed.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"origin_id": ["a"], "weight": [-1], "easting": [390000], "northing": [440000]}
    ... )
    >>> check_origins(table, within=shapely.box(430000, 380000, 460000, 410000))
    Traceback (most recent call last):
    ...
    eh_access.errors.InputError: 2 faults:
      1. origins, row 1 (origin_id 'a'), weight: is -1; give a number from 0 to 1,000,000,000
      2. origins, row 1 (origin_id 'a'), geometry: 390000, 440000 lies 50.0 km outside the
         study area; easting and northing look swapped: exchange them
    """
    check = begin(frame, "origin_id", ["weight"], source)
    for column, value in (("area_id", pd.NA), ("weight_basis", "not stated")):
        if column not in check.frame:
            check.frame[column] = value
    require_text(check, ["weight_basis"])
    read_numbers(check, ["weight", "imd_decile", "no_car_share"], may_miss=False)
    geometry = read_geometry(check)
    if geometry is not None:
        nowhere = np.zeros(len(check.frame), dtype=bool)
        points_in_place(
            check, geometry, may_miss=nowhere, within=within, max_outside_m=max_outside_m
        )
    check.done()
    if "imd_decile" in check.frame:
        check.frame["imd_decile"] = check.frame["imd_decile"].astype("int64")
    return finish(check, geometry)


def points_from_columns(
    frame: pd.DataFrame,
    *,
    x: str = "easting",
    y: str = "northing",
    crs: str = CRS,
    source: str = "table",
) -> gpd.GeoDataFrame:
    """Return a table with points built from two columns of coordinates.

    Parameters
    ----------
    frame
        Any table; it is not changed.
    x, y
        Names of the two columns. They give way to ``geometry`` so that nothing can go stale.
    crs
        Coordinate system of the numbers, for example "EPSG:4326" for longitude and latitude.
    source
        What to call the table in messages.

    Returns
    -------
    geopandas.GeoDataFrame
        Same rows and index; geometry None where both coordinates are missing.

    Raises
    ------
    InputError
        If a column is missing, holds something other than numbers, or one of a pair is missing.

    Examples
    --------
    >>> points_from_columns(pd.DataFrame({"easting": [1.0], "northing": [2.0]})).geometry.x[0]
    np.float64(1.0)
    """
    check = Check(source, "", frame.copy())
    points = build_points(check, x, y, crs)
    check.done()
    return gpd.GeoDataFrame(check.frame.drop(columns=[x, y]), geometry=points)

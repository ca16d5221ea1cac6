"""Shapes as short lists of whole numbers: degrees in steps of 0.00001 (about a metre), as steps.

A ring or line is ``[lat0, lon0, dlat1, dlon1, ...]``: the first point, then the way to each next
one. It is a third of the length of the same shape in GeoJSON, and a page decodes it in five lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from eh_access.tables import CRS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from eh_access.network.model import Network

STEPS_PER_DEGREE = 100_000
DEGREES = "EPSG:4326"
MAX_STREET_POINTS = 120_000
STREET_CLASSES: tuple[tuple[str, ...], ...] = (
    ("motorway", "trunk", "primary", "secondary", "motorway_link", "trunk_link"),
    ("tertiary", "primary_link", "secondary_link"),
    ("unclassified", "residential", "living_street", "tertiary_link"),
    ("pedestrian", "footway", "path", "cycleway", "bridleway", "steps", "track"),
)
"""Kinds of street in the order in which a crowded map keeps them."""


def to_degrees(shapes: Iterable[BaseGeometry | None]) -> gpd.GeoSeries:
    """Return shapes on the British National Grid in degrees.

    Parameters
    ----------
    shapes
        Geometries in EPSG:27700, None where a place is not known.

    Returns
    -------
    GeoSeries
        The same in EPSG:4326, in the order given.
    """
    return gpd.GeoSeries(list(shapes), crs=CRS).to_crs(DEGREES)


def line_steps(lonlat: NDArray[np.float64]) -> list[int]:
    """Return one line or ring as steps.

    Parameters
    ----------
    lonlat
        float64 (points, 2): longitude and latitude in degrees.

    Returns
    -------
    list of int
        ``[lat0, lon0, dlat1, dlon1, ...]`` in steps of 0.00001 degree; points that fall together
        are given once.

    Examples
    --------
    >>> line_steps(np.array([[-1.30000, 53.40000], [-1.29998, 53.40001]]))
    [5340000, -130000, 1, 2]
    """
    grid = np.rint(np.asarray(lonlat)[:, ::-1] * STEPS_PER_DEGREE).astype(np.int64)
    moves = np.vstack([grid[:1], np.diff(grid, axis=0)])
    keep = np.ones(len(moves), dtype=bool)
    keep[1:] = moves[1:].any(axis=1)
    return [int(value) for value in moves[keep].ravel()]


def polygon_steps(shape: BaseGeometry) -> list[list[list[int]]]:
    """Return a polygon or several as parts, each a list of rings (the outer first) as steps.

    Parameters
    ----------
    shape
        Polygon or MultiPolygon in degrees.

    Returns
    -------
    list
        Parts, rings, steps.

    Examples
    --------
    >>> polygon_steps(shapely.box(0, 0, 1e-5, 1e-5))
    [[[0, 1, 1, 0, 0, -1, -1, 0, 0, 1]]]
    """
    return [
        [line_steps(shapely.get_coordinates(ring)) for ring in (part.exterior, *part.interiors)]
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon" and not part.is_empty
    ]


def lines(shapes: Iterable[BaseGeometry]) -> list[list[int]]:
    """Return lines, in one piece or several, as steps.

    Parameters
    ----------
    shapes
        LineStrings and MultiLineStrings in EPSG:27700.

    Returns
    -------
    list
        One list of steps for each piece.

    Examples
    --------
    >>> len(lines([shapely.MultiLineString([[(0, 0), (9, 9)], [(90, 0), (99, 9)]])]))
    2
    """
    parts = shapely.get_parts(list(to_degrees(shapes)))
    return [line_steps(shapely.get_coordinates(part)) for part in parts]


def simplified(shapes: Iterable[BaseGeometry], *, within_m: float) -> list[BaseGeometry]:
    """Return polygons with fewer points, still fitting their neighbours.

    Parameters
    ----------
    shapes
        Polygons in EPSG:27700 that may share borders.
    within_m
        How much detail may go, in metres (the square root of the area of the bends taken away).

    Returns
    -------
    list of BaseGeometry
        In the order given; a polygon too small to be simplified stays as it is.
    """
    given = list(shapes)
    coarse = shapely.coverage_simplify(np.array(given, dtype=object), within_m)
    return [
        new if not new.is_empty and new.is_valid else old
        for new, old in zip(coarse, given, strict=True)
    ]


def street_lines(network: Network, *, within_m: float = 8.0) -> list[dict[str, Any]]:
    """Return streets for a map's base, main roads first, as many as a page can carry.

    Parameters
    ----------
    network
        The streets.
    within_m
        How far a simplified street may run from the true one, in metres.

    Returns
    -------
    list of dict
        One per kind of street, ``{"width": pixels, "lines": [steps, ...]}``; the minor kinds are
        left out where all together would make the page too large.
    """
    classes = np.array([tags.get("highway", "") for tags in network.tag_sets], dtype=object)
    of_edge = classes[network.edge_tags]
    layers: list[dict[str, Any]] = []
    points = 0
    for rank, kinds in enumerate(STREET_CLASSES):
        chosen = np.flatnonzero(np.isin(of_edge.astype(str), kinds))
        lines = _joined(network, chosen, within_m=within_m)
        points += sum(shapely.get_num_coordinates(line) for line in lines)
        if points > MAX_STREET_POINTS:
            break
        in_degrees = to_degrees(lines)
        steps = [line_steps(shapely.get_coordinates(line)) for line in in_degrees]
        if steps:
            layers.append({"width": (1.8, 1.2, 0.7, 0.4)[rank], "lines": steps})
    return layers


def _joined(network: Network, edges: NDArray[np.intp], *, within_m: float) -> list[BaseGeometry]:
    """Return edges as lines, those that meet end to end made one, with fewer points."""
    if len(edges) == 0:
        return []
    start = network.geometry_start
    pieces = [network.geometry_xy[start[edge] : start[edge + 1]] for edge in edges]
    lines = [shapely.LineString(piece) for piece in pieces if len(piece) > 1]
    merged = shapely.line_merge(shapely.MultiLineString(lines))
    return list(shapely.get_parts(shapely.simplify(merged, within_m)))

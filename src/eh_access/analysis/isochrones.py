"""Isochrones: the land within so many minutes of a site, along streets and a little way off."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import contourpy
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.analysis.reach import Pieces, Stand, reached_legs, reached_pieces
from eh_access.errors import InputError
from eh_access.routing.matrix import node_times
from eh_access.routing.types import NO_LOCATION, OFF_NETWORK, OK, UNREACHED, Direction

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network

    Draw = Callable[[Pieces], BaseGeometry]

log = logging.getLogger(__name__)

CRS = "EPSG:27700"
CELLS_PER_REACH = 5
"""The raster's points lie this many times closer than one may go off the street."""

LEAST_OFF_STREET_M = 25.0
"""Below this the raster would grow too large; buffers have no such limit."""

ARC_SEGMENTS = 16
"""Straight lines to a quarter circle of a buffer."""

REASONS = {
    NO_LOCATION: "its location is not known",
    OFF_NETWORK: "it is too far from any street",
    UNREACHED: "not even its own street is within the cutoff",
}


def isochrones(  # noqa: PLR0913 - the field's own argument list, and how to draw
    network: Network,
    sites: gpd.GeoDataFrame,
    *,
    mode: TravelMode,
    cutoffs_min: Iterable[float],
    max_off_street_m: float = 100.0,
    direction: Direction = "to_sites",
    method: Literal["contour", "edges"] = "contour",
) -> gpd.GeoDataFrame:
    """Return the land from which each site can be reached within each cutoff.

    Land belongs to it if somebody can walk from there to a street, at the mode's walking speed
    and for no more than ``max_off_street_m``, and travel on to the site, all within the cutoff.
    Land further than that from a reached street (rivers, railways, fields) is outside, also where
    it is surrounded: holes are kept.

    Parameters
    ----------
    network
        The streets.
    sites
        Sites with ``site_id`` as index, and points.
    mode
        How people travel.
    cutoffs_min
        Minutes, each above 0.
    max_off_street_m
        Metres one may go off the street; 25 or more for the contour.
    direction
        ``"to_sites"``, or ``"from_sites"`` for the way home.
    method
        ``"contour"`` draws the rim on a raster of points ``max_off_street_m / 5`` apart (20 m
        unless told otherwise), and is right to within that distance; ``"edges"`` buffers every
        reached part of a street exactly (arcs as 16 straight lines to a quarter circle), and
        takes many times as long.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per site and cutoff, sites in the order given, cutoffs rising: ``site_id``,
        ``cutoff_min``, ``mode``, ``status`` and ``geometry`` (EPSG:27700; valid, and each within
        that of any longer cutoff). Where ``status`` is ``"no_location"``, ``"off_network"`` or
        ``"unreached"`` (not even the site's own street is within the cutoff) it is empty.

    Raises
    ------
    InputError
        If there is no cutoff or one is not above 0, ``max_off_street_m`` is too small, or the
        method does not exist.

    Notes
    -----
    The surface contoured is the least, over all reached places on streets, of the distance to
    the place less the metres left to walk from there; its zero line is the isochrone. Both
    methods draw the same land: the union of discs round every reached place.

    What is returned draws itself as any GeoDataFrame does. Longer cutoffs cover shorter ones unless
    they are drawn first: ``land.iloc[::-1].plot("cutoff_min", cmap="Blues_r", legend=True)``, and
    ``explore`` in the same way.

    Examples
    --------
    >>> from eh_access import WALK, load_sites, read_network
    >>> places = load_sites("newport_sites").head(1)
    >>> land = isochrones(read_network("newport"), places, mode=WALK, cutoffs_min=[15, 30])
    >>> land["cutoff_min"].tolist(), bool(land.area[0] < land.area[1])
    ([15.0, 30.0], True)
    """
    cutoffs = _checked(cutoffs_min, max_off_street_m, method)
    node_min, doors = node_times(
        network, sites, mode=mode, cutoff_min=cutoffs[-1], direction=direction
    )
    cell_m = max_off_street_m / CELLS_PER_REACH
    draw: Draw = _buffers if method == "edges" else partial(_contour, cell_m=cell_m)
    walk_m_per_min = mode.walk_speed_km_h * 1000 / 60
    rows: list[tuple[Any, ...]] = []
    for number, site in enumerate(sites.index):
        if doors.status[number] != OK:
            rows += [(site, cutoff, doors.status[number], shapely.Polygon()) for cutoff in cutoffs]
            continue
        stand = Stand(
            int(doors.edge[number]),
            float(doors.fraction[number]),
            float(doors.offset_m[number]) / walk_m_per_min + mode.parking_s / 60,
        )
        legs = reached_legs(network, node_min[:, number], stand, mode=mode, direction=direction)
        for cutoff in cutoffs:
            pieces = reached_pieces(
                network,
                legs,
                cutoff_min=cutoff,
                walk_m_per_min=walk_m_per_min,
                max_off_street_m=max_off_street_m,
            )
            status = OK if len(pieces) else UNREACHED
            rows.append((site, cutoff, status, draw(pieces) if len(pieces) else shapely.Polygon()))
    return _frame(rows, mode)


def _checked(cutoffs_min: Iterable[float], max_off_street_m: float, method: str) -> list[float]:
    """Return the cutoffs, each once and rising; raise with all that is wrong."""
    cutoffs = sorted({float(cutoff) for cutoff in cutoffs_min})
    faults = [
        f"cutoffs_min holds {cutoff}; give minutes above 0"
        for cutoff in cutoffs
        if not 0 < cutoff < np.inf
    ]
    if not cutoffs:
        faults.append("cutoffs_min is empty; give at least one number of minutes")
    if method not in {"contour", "edges"}:
        faults.append(f"method is '{method}'; choose contour or edges")
    least = LEAST_OFF_STREET_M if method == "contour" else 0.0
    if not (max_off_street_m > 0 and least <= max_off_street_m < np.inf):
        remedy = f"{least:g} metres or more, or method='edges'" if least else "metres above 0"
        faults.append(f"max_off_street_m is {max_off_street_m}; give {remedy}")
    if faults:
        raise InputError(faults)
    return cutoffs


def _frame(rows: list[tuple[Any, ...]], mode: TravelMode) -> gpd.GeoDataFrame:
    """Return the rows as a table, and say which sites have no land."""
    table = pd.DataFrame(rows, columns=["site_id", "cutoff_min", "status", "geometry"])
    table.insert(2, "mode", mode.name)
    for status, sites in table.groupby("status", sort=True)["site_id"]:
        if status != OK:
            named = ", ".join(str(site) for site in sites.unique())
            log.warning("no isochrone %s for %s: %s", mode.label, named, REASONS[str(status)])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=CRS)


def _contour(pieces: Pieces, *, cell_m: float) -> BaseGeometry:
    """Draw the zero line of the surface of metres to the rim."""
    from eh_access.analysis.surface import BEYOND_CELLS, paint  # noqa: PLC0415 - loads numba

    xy = pieces.ends.reshape(-1, 2)
    margin_m = pieces.radius_m.max() + (BEYOND_CELLS + 1) * cell_m
    # whole multiples of the cell, so that every cutoff is drawn on the same points
    low = np.floor((xy.min(axis=0) - margin_m) / cell_m)
    columns, rows = (np.ceil((xy.max(axis=0) + margin_m) / cell_m) - low).astype(int) + 1
    surface = np.full((rows, columns), BEYOND_CELLS * cell_m)
    paint(surface, (low[0] * cell_m, low[1] * cell_m), cell_m, pieces.ends, pieces.radius_m)
    generator = contourpy.contour_generator(
        (low[0] + np.arange(columns)) * cell_m,
        (low[1] + np.arange(rows)) * cell_m,
        surface,
        fill_type=contourpy.FillType.OuterOffset,
    )
    outlines: Any = generator.filled(-np.inf, 0.0)
    return _land(list(_polygons(*outlines)))


def _polygons(
    points: list[NDArray[np.float64]], offsets: list[NDArray[np.uint32]]
) -> Iterator[BaseGeometry]:
    """Yield contourpy's outlines, each with its holes, as polygons."""
    for outline, starts in zip(points, offsets, strict=True):
        shell, *holes = (outline[a:b] for a, b in pairwise(starts))
        yield shapely.Polygon(shell, holes)


def _buffers(pieces: Pieces) -> BaseGeometry:
    """Draw the union of what each piece reaches: the hull of the discs at its two ends."""
    begin, end = (
        shapely.buffer(
            shapely.points(pieces.ends[:, at]), pieces.radius_m[:, i], quad_segs=ARC_SEGMENTS
        )
        for i, at in ((0, slice(0, 2)), (1, slice(2, 4)))
    )
    pairs = shapely.geometrycollections(np.column_stack([begin, end]))
    return _land([shapely.union_all(shapely.convex_hull(pairs))])


def _land(polygons: list[BaseGeometry]) -> BaseGeometry:
    """Return polygons as one valid shape; rings that only touch are taken apart."""
    whole = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
    whole = shapely.remove_repeated_points(whole)
    if not whole.is_valid:
        parts = shapely.get_parts(shapely.make_valid(whole))
        whole = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])  # noqa: PLR2004 - areas
    return whole

"""Isochrones as a map page carries them: worked out once, with fewer points, clipped to the map.

Only where there are streets. Times estimated from straight lines have no isochrones: a circle
round a place says nothing about rivers and railways, which is what an isochrone is for.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from eh_access.analysis.isochrones import isochrones
from eh_access.publish import geojson
from eh_access.tables import CRS

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.study.results import StudyResult

CUTOFFS_MIN = (10, 20, 30, 45, 60)
WALK_DETAIL_M, DRIVE_DETAIL_M = 20.0, 40.0
"""How far a line drawn may run from the true one: a page is looked at, not measured on."""

CELLS = 1.5
"""The raster's points lie so many times further apart than a line may run from the true one."""

BEYOND_M = 1000.0
"""How far beyond the study's area land is kept."""

Shape = list[list[str]]
"""Parts, each of rings as encoded polylines."""

NumberedShape = list[list[int | str]]
"""The same, rings that several shapes share by their number."""


def isochrone_shapes(result: StudyResult) -> dict[str, Any] | None:
    """Return the land within each cutoff of each site, by mode, as encoded polylines."""
    if result.network is None:
        return None
    sites = result.sites.sort_index()
    shapes = {name: shapes_of(result, sites, name) for name in result.modes}
    rings, numbered = _shared(shapes)
    return {
        "cutoffs": list(CUTOFFS_MIN),
        "detail_m": {name: _detail_m(times.mode) for name, times in result.times.items()},
        "rings": rings,
        "modes": numbered,
    }


def _shared(
    shapes: dict[str, list[list[Shape]]],
) -> tuple[list[str], dict[str, list[list[NumberedShape]]]]:
    """Return the rings in more than one shape, and the shapes with their numbers in place."""
    times = Counter(
        ring
        for of_mode in shapes.values()
        for of_site in of_mode
        for shape in of_site
        for part in shape
        for ring in part
    )
    rings = [ring for ring, count in times.items() if count > 1]
    number = {ring: at for at, ring in enumerate(rings)}
    return rings, {
        mode: [
            [[[number.get(ring, ring) for ring in part] for part in shape] for shape in of_site]
            for of_site in of_mode
        ]
        for mode, of_mode in shapes.items()
    }


def moved_shapes(
    result: StudyResult, scenario: str, site: str, place: shapely.Point
) -> dict[str, list[Shape]]:
    """Return the land within each cutoff of a site under a scenario that moves it or its streets."""
    if result.network is None:
        return {}
    there = gpd.GeoDataFrame(index=result.sites.index[[0]].map({result.sites.index[0]: site}))
    there = there.set_geometry([place], crs=CRS)
    streets = result.network_for(scenario)
    return {name: shapes_of(result, there, name, streets)[0] for name in result.modes}


def shapes_of(
    result: StudyResult, sites: gpd.GeoDataFrame, mode_name: str, streets: Network | None = None
) -> list[list[Shape]]:
    """Return shapes of one mode, for each site one for each cutoff; on the study's own streets."""
    mode = result.times[mode_name].mode
    placed = sites[sites.geometry.notna()]
    by_site = _drawn(result, placed, mode, streets or result.network)
    return [by_site.get(site, [[] for _ in CUTOFFS_MIN]) for site in sites.index]


def _drawn(
    result: StudyResult, sites: gpd.GeoDataFrame, mode: TravelMode, streets: Network | None
) -> dict[str, list[Shape]]:
    if streets is None or sites.empty:
        return {}
    detail_m = _detail_m(mode)
    land = isochrones(
        streets,
        sites,
        mode=mode,
        cutoffs_min=CUTOFFS_MIN,
        cell_m=CELLS * detail_m,
        area=result.borough.buffer(BEYOND_M),
    )
    tidy = [simpler(shape, detail_m) for shape in land.geometry]
    steps = geojson.encoded_polygons(tidy)
    found: dict[str, list[Shape]] = {}
    for site, shape in zip(land["site_id"], steps, strict=True):
        found.setdefault(str(site), []).append(shape)
    return found


def _detail_m(mode: TravelMode) -> float:
    return DRIVE_DETAIL_M if mode.uses_road_speeds else WALK_DETAIL_M


def simpler(shape: BaseGeometry, detail_m: float) -> BaseGeometry:
    """Return a shape with fewer points, without the parts and holes too small to be seen."""
    least_m2 = 10 * detail_m**2
    kept = []
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon" and part.area >= least_m2:
            rings = shapely.get_rings(part)
            large = shapely.area(shapely.polygons(rings[1:])) >= least_m2
            kept.append(shapely.polygons(rings[0], rings[1:][large]))
    coarse = shapely.simplify(shapely.MultiPolygon(kept), detail_m, preserve_topology=False)
    return shapely.orient_polygons(coarse)

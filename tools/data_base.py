"""What Newport's map is drawn on: water, rivers, coast and railways, from the street extract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import osmium
import shapely
from osmium.geom import WKBFactory

from data_write import to_grid, write_geojson

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

LEAST_WATER_M2 = 4_000.0
DETAIL_DEGREES = 0.0001
"""About 10 m: a base is looked at, not measured on."""

LINES = {
    ("waterway", "river"): "river",
    ("waterway", "canal"): "river",
    ("natural", "coastline"): "coast",
    ("railway", "rail"): "rail",
}
NAMES = {"water": "Water", "river": "Rivers and canals", "coast": "Coast", "rail": "Railways"}


def build(extract: Path, area: shapely.Polygon, out: Path) -> None:
    """Write ``boundaries/newport_base.geojson``.

    Parameters
    ----------
    extract
        OpenStreetMap, as .osm.pbf.
    area
        The covered area, in degrees: nothing is kept outside.
    out
        The repository's data folder.
    """
    found = _shapes(extract)
    rows = []
    for kind, shapes in found.items():
        whole = shapely.union_all(shapes)
        drawn = whole if kind == "water" else shapely.line_merge(whole)
        simple = shapely.simplify(shapely.intersection(drawn, area), DETAIL_DEGREES)
        if not simple.is_empty:
            rows.append(({"area_id": kind, "name": NAMES[kind], "kind": kind}, simple))
    write_geojson(rows, out / "boundaries" / "newport_base.geojson", name="newport_base")


def _shapes(extract: Path) -> dict[str, list[BaseGeometry]]:
    """Return shapes in degrees by kind; small ponds, sidings and tunnels are left out."""
    found: dict[str, list[BaseGeometry]] = {kind: [] for kind in NAMES}
    factory = WKBFactory()
    for item in osmium.FileProcessor(str(extract)).with_locations().with_areas():
        if isinstance(item, osmium.osm.Area) and _is_water(item):
            shape = shapely.from_wkb(factory.create_multipolygon(item))
            if shapely.transform(shape, to_grid).area >= LEAST_WATER_M2:
                found["water"].append(shape)
        elif isinstance(item, osmium.osm.Way) and "tunnel" not in item.tags:
            for (key, value), kind in LINES.items():
                if item.tags.get(key) == value and "service" not in item.tags:
                    found[kind].append(shapely.from_wkb(factory.create_linestring(item)))
    return found


def _is_water(item: osmium.osm.Area) -> bool:
    tags = item.tags
    return tags.get("natural") == "water" or tags.get("waterway") in {"dock", "riverbank"}

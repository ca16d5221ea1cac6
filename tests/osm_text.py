"""OpenStreetMap files for tests: places in metres from a corner in Newport."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import networkx as nx
from pyproj import Transformer
from shapely.geometry import Point

from eh_access import travel_time_matrix
from eh_access.modes import WALK, TravelMode
from eh_access.network.model import Network

EAST, NORTH = 331_000.0, 188_000.0
ROAD: Mapping[str, str] = {"highway": "residential", "maxspeed": "30 mph"}
PATH: Mapping[str, str] = {"highway": "footway"}
TO_DEGREES = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)

Tags = Mapping[str, str]
Way = tuple[int, Sequence[int], Tags]


def degrees(x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of a place in metres from the corner."""
    lon, lat = TO_DEGREES.transform(EAST + x, NORTH + y)
    return float(lon), float(lat)


def node(number: int, x: float, y: float, *, tags: Tags | None = None, more: str = "") -> str:
    """Return a node; ``more`` are further attributes."""
    lon, lat = degrees(x, y)
    return f'<node id="{number}" lat="{lat:.7f}" lon="{lon:.7f}" {more}>{tagged(tags or {})}</node>'


def way(number: int, refs: Sequence[int], tags: Tags, *, more: str = "") -> str:
    """Return a way."""
    points = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{number}" {more}>{points}{tagged(tags)}</way>'


def relation(number: int, members: Mapping[int, str], tags: Tags, *, more: str = "") -> str:
    """Return a relation of ways, each with its role."""
    inside = "".join(f'<member type="way" ref="{r}" role="{role}"/>' for r, role in members.items())
    return f'<relation id="{number}" {more}>{inside}{tagged(tags)}</relation>'


def tagged(tags: Tags) -> str:
    """Return tags."""
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())


def write(folder: Path, *objects: str, name: str = "town.osm") -> Path:
    """Write a map of objects in the order given."""
    path = folder / name
    lines = "\n".join(objects)
    path.write_text(
        f'<?xml version="1.0"?>\n<osm version="0.6">\n{lines}\n</osm>', encoding="utf-8"
    )
    return path


def points(**places: tuple[float, float]) -> gpd.GeoDataFrame:
    """Return points by id, in metres from the corner."""
    shapes = [Point(EAST + x, NORTH + y) for x, y in places.values()]
    return gpd.GeoDataFrame(geometry=shapes, index=list(places), crs="EPSG:27700")


def minutes(
    network: Network,
    home: tuple[float, float],
    site: tuple[float, float],
    mode: TravelMode = WALK,
) -> float:
    """Return the minutes from a home to a site."""
    times = travel_time_matrix(network, points(home=home), points(site=site), mode=mode)
    return round(float(times.minutes[0, 0]), 2)


def graph(
    nodes: Mapping[int, tuple[float, float]],
    edges: Sequence[tuple[int, int, Mapping[str, object]]],
    *,
    directed: bool = True,
) -> nx.MultiGraph:
    """Return a graph as osmnx makes them; two-way streets stand in it once each way."""
    made = (nx.MultiDiGraph if directed else nx.MultiGraph)(crs="epsg:4326")
    for number, (x, y) in nodes.items():
        lon, lat = degrees(x, y)
        made.add_node(number, x=lon, y=lat)
    for row, (start, end, tags) in enumerate(edges):
        kept = {"osmid": row + 1, "oneway": False, "reversed": False, **tags}
        made.add_edge(start, end, **kept)
        if directed and not kept["oneway"]:
            made.add_edge(end, start, **{**kept, "reversed": True})
    return made

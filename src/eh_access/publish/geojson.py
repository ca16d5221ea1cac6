"""Shapes as encoded polylines: text of a sixth of GeoJSON's length, which a page decodes itself.

A line or ring is the first point and then the way to each next one, latitude before longitude, in
steps of 0.00001 degree (about a metre). Each number is written in groups of five bits, the lowest
first: Google's encoded polyline algorithm, which other programs read as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
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
GROUP_BITS, MOST_GROUPS = 5, 6
FIRST_SIGN = ord("?")
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
    """Return shapes on the British National Grid in degrees."""
    return gpd.GeoSeries(list(shapes), crs=CRS).to_crs(DEGREES)


def encoded_lines(shapes: Iterable[BaseGeometry]) -> list[str]:
    """Return lines, in one piece or several, as encoded polylines."""
    return encode(shapely.get_parts(to_degrees(shapes).to_numpy()))


def encoded_polygons(shapes: Iterable[BaseGeometry]) -> list[list[list[str]]]:
    """Return polygons, in one piece or several, as encoded polylines."""
    placed = to_degrees(shapes).to_numpy()
    parts, shape = shapely.get_parts(placed, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    found: list[list[list[str]]] = [[] for _ in placed]
    of_part: list[list[str]] = [[] for _ in parts]
    for number, owner in enumerate(shape):
        found[owner].append(of_part[number])
    for owner, text in zip(part, encode(rings), strict=True):
        of_part[owner].append(text)
    return found


def encode(lines: NDArray[np.object_]) -> list[str]:
    """Return lines or rings as encoded polylines."""
    lonlat, line = shapely.get_coordinates(lines, return_index=True)
    grid = np.rint(lonlat[:, ::-1] * STEPS_PER_DEGREE).astype(np.int64)
    begins = np.diff(line, prepend=-1) > 0
    moves = np.where(begins[:, None], grid, np.diff(grid, axis=0, prepend=0))
    kept = begins | moves.any(axis=1)
    numbers = np.bincount(line[kept], minlength=len(lines)).cumsum() * 2
    moves = moves[kept].ravel()
    bits = (moves << 1) ^ (moves >> 63)  # the sign goes last
    rest = bits[:, None] >> (GROUP_BITS * np.arange(MOST_GROUPS))
    used = rest > 0
    used[:, 0] = True
    more = rest >> GROUP_BITS > 0
    signs = (rest & 31 | more << GROUP_BITS) + FIRST_SIGN
    text = signs[used].astype(np.uint8).tobytes().decode("ascii")
    ends = np.concatenate([[0], used.sum(axis=1).cumsum()])
    return [text[a:b] for a, b in pairwise([0, *ends[numbers]])]


def simplified(shapes: Iterable[BaseGeometry], *, within_m: float) -> list[BaseGeometry]:
    """Return polygons with fewer points, still fitting their neighbours."""
    given = list(shapes)
    coarse = shapely.coverage_simplify(np.array(given, dtype=object), within_m)
    return [
        new if not new.is_empty and new.is_valid else old
        for new, old in zip(coarse, given, strict=True)
    ]


def street_lines(network: Network, *, within_m: float = 8.0) -> list[dict[str, Any]]:
    """Return streets for a map's base, main roads first, as many as a page can carry."""
    kind = np.array([tags.get("highway", "") for tags in network.tag_sets])
    edges = edge_lines(network)
    layers: list[dict[str, Any]] = []
    points = 0
    for width, kinds in zip((1.8, 1.2, 0.7, 0.4), STREET_CLASSES, strict=True):
        chosen = np.isin(kind, kinds)[network.edge_tags]
        lines = joined(edges[chosen], within_m=within_m)
        points += int(shapely.get_num_coordinates(lines).sum())
        if points > MAX_STREET_POINTS:
            break
        if len(lines):
            layers.append({"width": width, "lines": encoded_lines(lines)})
    return layers


def edge_lines(network: Network) -> NDArray[np.object_]:
    """Return every edge of a network as a line (EPSG:27700)."""

    def make() -> NDArray[np.object_]:
        edge = np.repeat(np.arange(network.edge_count), np.diff(network.geometry_start))
        lines: NDArray[np.object_] = shapely.linestrings(network.geometry_xy, indices=edge)
        return lines

    return network.remember("lines", make)


def joined(lines: NDArray[np.object_], *, within_m: float) -> NDArray[np.object_]:
    """Return lines with fewer points, those that meet end to end made one."""
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    # each by itself: to keep all clear of one another costs a hundred times as much
    found: NDArray[np.object_] = shapely.simplify(merged, within_m, preserve_topology=False)
    return found

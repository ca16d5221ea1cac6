"""Small networks whose minutes can be worked out by hand.

Walking is 4.8 km/h, that is 80 metres a minute, so that lengths in multiples of 80 m give whole
minutes: 80 m = 1 min = 600 ds. All toys are built near one place in Rotherham so that they pass
for British National Grid coordinates; ``at(x, y)`` is the point x metres east and y metres north
of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point

from eh_access.network.build import RawWays, build_network
from eh_access.network.describe import describe
from eh_access.network.model import Network
from eh_access.provenance import Provenance

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from eh_access.modes import TravelMode

EAST, NORTH = 440_000.0, 390_000.0
CORNER = np.array([EAST, NORTH])
CRS = "EPSG:27700"
METRES_PER_MINUTE = 80.0
STREET: Mapping[str, str] = {"highway": "residential"}
PATH: Mapping[str, str] = {"highway": "footway"}
STEPS: Mapping[str, str] = {"highway": "steps"}
MOTORWAY: Mapping[str, str] = {"highway": "motorway"}
ONE_WAY: Mapping[str, str] = {"highway": "residential", "oneway": "yes"}

Edge = tuple[int, int, float | None, Mapping[str, str]]
XY = tuple[float, float]


def toy_network(
    edges: Sequence[Edge],
    xy: Sequence[XY],
    *,
    bends: Mapping[int, Sequence[XY]] | None = None,
    names: Sequence[str] | None = None,
    covered: BaseGeometry | None = None,
) -> Network:
    """Build a network by hand.

    Each edge is (node from, node to, metres or None to measure its line, tags). ``xy`` gives the
    nodes, ``bends`` the vertices between the ends of an edge, ``names`` a street name per edge
    ("" for none); all coordinates are relative to ``at(0, 0)``.
    """
    points = np.array(xy, dtype=np.float64).reshape(-1, 2) + CORNER
    lines = []
    for number, (u, v, _, _) in enumerate(edges):
        between = np.array((bends or {}).get(number, ()), dtype=np.float64).reshape(-1, 2)
        lines.append(np.vstack([points[u], between + CORNER, points[v]]))
    lengths = [
        LineString(line).length if metres is None else metres
        for line, (_, _, metres, _) in zip(lines, edges, strict=True)
    ]
    tag_rows = [tuple(sorted(tags.items())) for _, _, _, tags in edges]
    tag_sets = sorted(set(tag_rows))
    called = list(names or [""] * len(edges))
    known = sorted(set(called) - {""})
    return Network(
        node_x=points[:, 0].copy(),
        node_y=points[:, 1].copy(),
        edge_from=np.array([edge[0] for edge in edges], dtype=np.int32),
        edge_to=np.array([edge[1] for edge in edges], dtype=np.int32),
        length_m=np.array(lengths, dtype=np.float64),
        edge_tags=np.array([tag_sets.index(row) for row in tag_rows], dtype=np.int32),
        tag_sets=tuple(dict(row) for row in tag_sets),
        edge_way=np.arange(1, len(edges) + 1, dtype=np.int64),
        edge_name=np.array([known.index(n) if n else -1 for n in called], dtype=np.int32),
        names=tuple(known),
        geometry_start=np.cumsum([0, *map(len, lines)]).astype(np.int64),
        geometry_xy=np.vstack(lines) if lines else np.empty((0, 2)),
        covered=covered,
        provenance=(Provenance(title="A toy", publisher="the tests", licence="none"),),
    )


def at(x: float, y: float) -> Point:
    """Return the point x metres east and y metres north of the toys' corner."""
    return Point(EAST + x, NORTH + y)


def points_at(*xy: XY | None) -> gpd.GeoSeries:
    """Return points, None where a place is not known."""
    return gpd.GeoSeries([None if place is None else at(*place) for place in xy], crs=CRS)


def sites_at(places: Mapping[str, XY | None]) -> gpd.GeoDataFrame:
    """Return sites with every column the contract asks for; None is a place not known."""
    basis = ["unknown" if place is None else "surveyed" for place in places.values()]
    return gpd.GeoDataFrame(
        {
            "name": [f"Site {name}" for name in places],
            "kind": "childrens_centre",
            "locality": pd.Series([pd.NA] * len(places), dtype="string").to_numpy(),
            "hours_per_week": np.full(len(places), np.nan),
            "location_basis": basis,
            "location_radius_m": [np.nan if b == "unknown" else 0.0 for b in basis],
        },
        geometry=list(points_at(*places.values())),
        index=pd.Index(list(places), name="site_id"),
        crs=CRS,
    )


def origins_at(
    places: Mapping[str, XY], *, weight: float | Sequence[float] = 1.0, area: str = "area-1"
) -> gpd.GeoDataFrame:
    """Return origins with the columns the contract asks for."""
    return gpd.GeoDataFrame(
        {"weight": weight, "area_id": area, "weight_basis": "by hand"},
        geometry=list(points_at(*places.values())),
        index=pd.Index(list(places), name="origin_id"),
        crs=CRS,
    )


def diamond() -> Network:
    """Two ways round, of 4 and 5 minutes.

    ::

                   1 (96, 128)
          e0 160 m / \\ e1 160 m      0 -> 3 over 1: 160 + 160 = 320 m = 4 min
                  /   \\
                 0     3 (192, 0)    0 -> 3 over 2: 200 + 200 = 400 m = 5 min
                 |     |
                 +- 2 -+             1 -> 2 over 0 or over 3: 160 + 200 = 360 m = 4.5 min
          e2 200 m (96, -104) e3 200 m
    """
    return toy_network(
        [(0, 1, None, STREET), (1, 3, None, STREET), (0, 2, None, STREET), (2, 3, None, STREET)],
        [(0, 0), (96, 128), (96, -104), (192, 0)],
        bends={2: [(0, -104)], 3: [(192, -104)]},
    )


def one_way_loop() -> Network:
    """A block that cars may drive round one way only (0 -> 1 -> 2 -> 3 -> 0); walkers go both ways.

    ::

        3 <--- e2 160 m ---- 2          by car 0 -> 1 is 160 m, but 1 -> 0 is
        |                    ^          160 + 160 + 160 = 480 m
        e3 160 m          e1 160 m      on foot both are 160 m = 2 min
        v                    |
        0 ---- e0 160 m ---> 1
    """
    return toy_network(
        [(u, (u + 1) % 4, None, ONE_WAY) for u in range(4)],
        [(0, 0), (160, 0), (160, 160), (0, 160)],
    )


def two_islands() -> Network:
    """A triangle, the main part, and a lone street 400 m to the east of it that nothing joins.

    ::

        2
        | \\ e1 (226.27 m)               5
        e2  \\                           | e3 160 m
        0 --- 1                         4
          e0 160 m               (560, 0)

    Node 3 is a crossing no street touches.
    """
    return toy_network(
        [(0, 1, None, STREET), (1, 2, None, STREET), (2, 0, None, STREET), (4, 5, None, STREET)],
        [(0, 0), (160, 0), (0, 160), (-500, -500), (560, 0), (560, 160)],
    )


def parallel_edges() -> Network:
    """Three streets between the same two crossings: straight, round the corner, and steps.

    ::

            (0, 80)---e1 320 m---(160, 80)      e0 160 m = 2 min, e1 320 m = 4 min,
              |                     |           e2 240 m of steps = 3 min, drawn 80 m south
              0 -----e0 160 m------ 1           1 - 2 (e3) is 80 m = 1 min
              |                     |
            (0,-40)--e2 steps----(160,-40)
    """
    return toy_network(
        [(0, 1, None, STREET), (0, 1, None, STREET), (0, 1, None, STEPS), (1, 2, None, STREET)],
        [(0, 0), (160, 0), (240, 0)],
        bends={1: [(0, 80), (160, 80)], 2: [(0, -40), (160, -40)]},
    )


def dead_end() -> Network:
    """A street with a lane off its middle that ends blind.

    ::

        0 --- e0 160 m --- 1 --- e1 160 m --- 2
                           |
                        e2 240 m
                           |
                           3 (160, -240)      0 -> 3: 400 m = 5 min; 3 -> 2: 5 min
    """
    return toy_network(
        [(0, 1, None, STREET), (1, 2, None, STREET), (1, 3, None, STREET)],
        [(0, 0), (160, 0), (320, 0), (160, -240)],
    )


def one_long_street() -> Network:
    """One street of 800 m = 10 min, for two points on one edge.

    ::

        0 ------------ e0 800 m ------------ 1
    """
    return toy_network([(0, 1, None, STREET)], [(0, 0), (800, 0)])


def crossroads() -> Network:
    """Four streets of 160 m = 2 min meeting at node 0, for many points on one node.

    ::

                2
                | e1
        3 - e2 -0- e0 - 1
                | e3
                4
    """
    return toy_network(
        [(0, 1, None, STREET), (0, 2, None, STREET), (0, 3, None, STREET), (0, 4, None, STREET)],
        [(0, 0), (160, 0), (0, 160), (-160, 0), (0, -160)],
    )


def grid_town(
    columns: int, rows: int, *, block_m: float = 160.0, tags: Mapping[str, str] = STREET
) -> Network:
    """A town of square blocks: the way between two crossings is the sum of east and north."""
    xy = [(c * block_m, r * block_m) for r in range(rows) for c in range(columns)]
    east = [(r * columns + c, r * columns + c + 1) for r in range(rows) for c in range(columns - 1)]
    north = [
        (r * columns + c, (r + 1) * columns + c) for r in range(rows - 1) for c in range(columns)
    ]
    return toy_network([(u, v, None, tags) for u, v in east + north], xy)


def gated(barrier: dict[str, str]) -> Network:
    """A path of 100 m with a gate half way, and a street round it of 300 m."""
    raw = RawWays(crs="EPSG:27700")
    path = {"highway": "footway", "name": "Park Path"}
    raw.add(1, [(1, 0.0, 0.0), (2, 50.0, 0.0), (3, 100.0, 0.0)], tags=path)
    corners = [(1, 0.0, 0.0), (4, 0.0, 100.0), (5, 100.0, 100.0), (3, 100.0, 0.0)]
    raw.add(2, corners, tags={"highway": "residential"})
    raw.barriers[2] = {**barrier, "point": "yes"}
    return build_network(raw)


def doubts_about(network: Network, mode: TravelMode) -> dict[str, int]:
    """Return how many of the streets open to a mode each doubt touches."""
    doubts = describe(network, modes=[mode]).doubts
    return dict(zip(doubts["doubt"], doubts["edges"], strict=True))

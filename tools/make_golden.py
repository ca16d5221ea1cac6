"""Work out Newport walking minutes without the library, for the tests to hold it against.

Streets are read from the OpenStreetMap extract by pyosmium, cut at every vertex, and searched by
networkx; points go to the nearest piece of street by shapely. Nothing of eh_access is imported:
the tag rules are written out again here, on foot only and on level ground. The extract is not part
of the repository (see ../shared/data); the result, tests/golden/newport_walk.csv, is.

    python tools/make_golden.py [--shared ../shared]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import pandas as pd
import shapely
from pyproj import Transformer

ROOT = Path(__file__).resolve().parent.parent
WALK_M_PER_MIN = 4.8 * 1000 / 60
EVERY = 40  # each 40th postcode
ROADS = [
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
    "pedestrian",
    "footway",
    "path",
    "steps",
    "cycleway",
    "bridleway",
    "track",
    "corridor",
    "elevator",
    "platform",
]
CLOSED = [
    "no",
    "private",
    "permit",
    "residents",
    "employees",
    "military",
    "agricultural",
    "forestry",
    "delivery",
    "emergency",
]
OPEN = ["yes", "designated", "permissive", "official", "public", "destination", "customers"]
RIGHTS_OF_WAY = [
    "public_footpath",
    "public_bridleway",
    "restricted_byway",
    "byway_open_to_all_traffic",
    "public_footway",
    "public_cycleway",
]
WALLS = ["wall", "fence", "hedge", "retaining_wall", "city_wall", "guard_rail", "ditch"]
BY_THE_SIDE = [
    "bollard",
    "lift_gate",
    "swing_gate",
    "height_restrictor",
    "block",
    "cycle_barrier",
    "toll_booth",
    "chain",
    "rising_bollard",
    "bus_trap",
    "kerb",
]


def walkable(tags: dict[str, str]) -> bool:
    """Whether people may walk along a way."""
    open_ = tags.get("highway") in ROADS and tags.get("motorroad") != "yes"
    if tags.get("access") in CLOSED:
        open_ = False
    if tags.get("designation") in RIGHTS_OF_WAY:
        open_ = True
    if "foot" in tags:
        open_ = tags["foot"] in OPEN or (open_ and tags["foot"] not in CLOSED)
    return open_ and "highway" in tags and tags.get("construction") not in ("yes", "major")


def blocked(tags: dict[str, str]) -> bool:
    """Whether nobody on foot gets past a point on a way."""
    shut = tags.get("barrier") in WALLS or tags.get("locked") == "yes"
    if tags.get("access") in CLOSED and tags.get("barrier") not in BY_THE_SIDE:
        shut = "barrier" in tags
    return tags.get("foot") in CLOSED or (shut and tags.get("foot") not in OPEN)


def streets(extract: Path) -> tuple[nx.Graph, np.ndarray, list[tuple[object, object]]]:
    """Return the graph of all vertices, and the pieces of street with their two ends.

    Each way has its own copy of a blocked vertex, joined to nothing else.
    """
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True).transform
    shut: set[int] = set()
    ways: list[tuple[int, list[tuple[int, float, float]]]] = []
    reader = osmium.FileProcessor(str(extract)).with_locations()
    for thing in reader:
        tags = dict(thing.tags)
        if thing.is_node() and blocked(tags) and tags:
            shut.add(thing.id)
        elif thing.is_way() and walkable(tags):
            places = [(n.ref, n.lon, n.lat) for n in thing.nodes if n.location.valid()]
            ways.append((thing.id, places))
    graph, pieces, ends = nx.Graph(), [], []
    for way, places in ways:
        east, north = to_metres([p[1] for p in places], [p[2] for p in places])
        names = [(way, p[0]) if p[0] in shut else p[0] for p in places]
        for k in range(len(places) - 1):
            metres = float(np.hypot(east[k + 1] - east[k], north[k + 1] - north[k]))
            if metres == 0:
                graph.add_edge(names[k], names[k + 1], m=0.0)
                continue
            known = graph.get_edge_data(names[k], names[k + 1])
            if known is None or known["m"] > metres:
                graph.add_edge(names[k], names[k + 1], m=metres)
            pieces.append(((east[k], north[k]), (east[k + 1], north[k + 1])))
            ends.append((names[k], names[k + 1]))
    return graph, shapely.linestrings(np.array(pieces)), ends


def place(
    graph: nx.Graph, points: gpd.GeoSeries, lines: np.ndarray, ends: list[tuple[object, object]]
) -> list[tuple[float, dict[object, float]]]:
    """Return each point's metres to its street and from there to the street's two ends."""
    main = max(nx.connected_components(graph), key=len)
    usable = np.array([u in main for u, _ in ends])
    tree = shapely.STRtree(lines[usable])
    numbers = np.flatnonzero(usable)
    found = []
    for point in points:
        number = numbers[tree.nearest(point)]
        line, (u, v) = lines[number], ends[number]
        along = float(shapely.line_locate_point(line, point))
        found.append((float(line.distance(point)), {u: along, v: float(line.length) - along}))
    return found


def main() -> None:
    """Write tests/golden/newport_walk.csv."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    shared = parser.parse_args().shared
    graph, lines, ends = streets(shared / "data" / "newport" / "newport-2023-06-13.osm.pbf")
    homes = pd.read_csv(ROOT / "data" / "origins" / "newport_postcode.csv").iloc[::EVERY]
    sites = pd.read_csv(ROOT / "data" / "sites" / "newport_sites.csv")
    points = {
        name: place(graph, gpd.points_from_xy(t["easting"], t["northing"]), lines, ends)
        for name, t in (("homes", homes), ("sites", sites))
    }
    rows = []
    for site, (site_off, site_ends) in zip(sites["site_id"], points["sites"], strict=True):
        graph.add_node("site")
        for node, metres in site_ends.items():
            graph.add_edge("site", node, m=metres)
        reached = nx.single_source_dijkstra_path_length(graph, "site", weight="m")
        graph.remove_node("site")
        for home, (off, home_ends) in zip(homes["origin_id"], points["homes"], strict=True):
            metres = min(reached.get(n, np.inf) + m for n, m in home_ends.items()) + off + site_off
            rows.append((home, site, round(metres / WALK_M_PER_MIN, 3)))
    table = pd.DataFrame(rows, columns=["origin_id", "site_id", "minutes"])
    out = ROOT / "tests" / "golden" / "newport_walk.csv"
    table.sort_values(["origin_id", "site_id"]).to_csv(out, index=False, lineterminator="\n")
    print(f"{len(table)} pairs written to {out.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

"""Minutes on foot to the nearest centre, worked out again from the OpenStreetMap file by networkx.

Nothing of the library reads the streets here, joins them, places anybody on them or searches: the
graph is made of the file's own nodes, one edge from each to the next, as long as the line between
them on the National Grid.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import pytest
import shapely
from pyproj import Transformer

import eh_access as eh

ROOT = Path(__file__).parent.parent
STREETS = ROOT.parent / "shared/data/rotherham/streets/rotherham-2021-08.osm.pbf"
METRES_A_MINUTE = 80.0  # 4.8 km/h
ON_FOOT = {
    "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link", "tertiary",
    "tertiary_link", "unclassified", "residential", "living_street", "service", "road",
    "pedestrian", "footway", "path", "steps", "cycleway", "bridleway", "track",
}  # fmt: skip
HOMES = 200
SEED = 2021


class Paths:
    """A plain graph of where one may walk, and the segments one may stand on."""

    def __init__(self, source: Path) -> None:
        degrees: dict[int, tuple[float, float]] = {}
        steps: list[tuple[int, int]] = []
        for way in osmium.FileProcessor(str(source)).with_locations():
            if isinstance(way, osmium.osm.Way) and way.tags.get("highway") in ON_FOOT:
                refs = [node.ref for node in way.nodes]
                degrees |= {node.ref: (node.lon, node.lat) for node in way.nodes}
                steps += pairwise(refs)
        to_metres = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
        x, y = to_metres.transform(*np.array(list(degrees.values())).T)
        at = dict(zip(degrees, zip(x, y, strict=True), strict=True))
        graph = nx.Graph()
        graph.add_weighted_edges_from(
            (a, b, float(np.hypot(at[a][0] - at[b][0], at[a][1] - at[b][1]))) for a, b in steps
        )
        # the main part: nobody begins on a path that leads nowhere
        self.graph = graph.subgraph(max(nx.connected_components(graph), key=len)).copy()
        self.ends = list(self.graph.edges)
        self.lines = shapely.linestrings([[at[a], at[b]] for a, b in self.ends])
        self.tree = shapely.STRtree(self.lines)

    def place(self, name: object, point: shapely.Point) -> float:
        """Add a place, joined to both ends of the nearest segment; return its leg in metres."""
        nearest = self.tree.nearest(point)
        line, leg = self.lines[nearest], float(self.lines[nearest].distance(point))
        along = line.project(point)
        for end, part in zip(self.ends[nearest], (along, line.length - along), strict=True):
            self.graph.add_edge(name, end, weight=leg + part)
        return leg


@pytest.mark.skipif(not STREETS.is_file(), reason="../shared/data is not beside the checkout")
def test_minutes_to_the_nearest_centre_are_those_of_a_plain_graph_of_the_file() -> None:
    homes = eh.load_origins("rotherham_oa").sample(HOMES, random_state=SEED)
    centres = eh.load_sites("rotherham_centres")
    centres = centres[~(centres.geometry.isna() | centres.geometry.is_empty)]
    ours = eh.travel_time_matrix(
        eh.read_network("rotherham"), homes, centres, mode=eh.WALK.without_hills()
    )
    paths = Paths(STREETS)
    doors = [("centre", name) for name in centres.index]
    door_m = [paths.place(door, at) for door, at in zip(doors, centres.geometry, strict=True)]
    reached_m = nx.multi_source_dijkstra_path_length(paths.graph, set(doors))
    nearest_m, leg_m = [], []
    for name, at in homes.geometry.items():
        home = ("home", name)
        leg_m.append(paths.place(home, at))
        steps = paths.graph[home].items()
        nearest_m.append(min(reached_m[end] + step["weight"] for end, step in steps))
    off_m = np.abs(ours.minutes.min(axis=1) * METRES_A_MINUTE - nearest_m)
    assert np.ptp(nearest_m) > 5000  # near and far: nobody agrees by standing beside a centre
    assert (off_m <= np.array(leg_m) + max(door_m)).all()
    # and better than that: what ships is drawn more coarsely, but its streets are as long
    assert off_m.max() < 5
    assert off_m.mean() < 1

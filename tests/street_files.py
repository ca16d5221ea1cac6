"""A row of three streets anywhere, in every form in which streets may be given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import osmnx

from eh_access.network.io import write_network
from eh_access.network.osm import read_network

STEP_DEGREES = 0.002
NODES = 4


def osm_text(lon: float, lat: float, *, with_nodes: bool = True) -> str:
    """Return OpenStreetMap XML."""
    nodes = [
        f'<node id="{number}" lon="{lon + number * STEP_DEGREES}" lat="{lat}"/>'
        for number in range(1, NODES + 1)
    ]
    ways = [
        f'<way id="{number}"><nd ref="{number}"/><nd ref="{number + 1}"/>'
        '<tag k="highway" v="residential"/></way>'
        for number in range(1, NODES)
    ]
    return '<osm version="0.6">' + "".join([*(nodes if with_nodes else []), *ways]) + "</osm>"


def street_graph(lon: float, lat: float) -> Any:  # noqa: ANN401 - a networkx graph
    """Return the streets as osmnx has them."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for number in range(1, NODES + 1):
        graph.add_node(number, x=lon + number * STEP_DEGREES, y=lat)
    for number in range(1, NODES):
        told = {"osmid": number, "highway": "residential", "oneway": False, "length": 130.0}
        graph.add_edge(number, number + 1, **told, reversed=False)
        graph.add_edge(number + 1, number, **told, reversed=True)
    return graph


def write_streets(folder: Path, kind: str, lon: float, lat: float) -> Path:
    """Write the streets as ``osm``, ``graphml`` or ``npz``."""
    path = folder / f"streets.{kind}"
    if kind == "osm":
        path.write_text(osm_text(lon, lat), encoding="utf-8")
    elif kind == "graphml":
        osmnx.save_graphml(street_graph(lon, lat), path)
    else:
        write_network(read_network(street_graph(lon, lat)), path)
    return path

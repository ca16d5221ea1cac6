"""Made-up ways for tests: by hand, or any that Hypothesis can think of."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from eh_access.modes import TravelMode
from eh_access.network.build import RawWays, build_network, kept_point_tags
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS, Network
from eh_access.network.rules import evaluate

EAST, NORTH = 440_000.0, 390_000.0
GRID = 4
STEP_M = 97.31

PLAIN = {"highway": "residential"}

Way = tuple[list[int], Mapping[str, str]]

TAGS: tuple[Mapping[str, str], ...] = (
    {"highway": "residential"},
    {"highway": "residential", "oneway": "yes"},
    {"highway": "residential", "oneway": "-1", "name": "Against"},
    {"highway": "footway"},
    {"highway": "steps"},
    {"highway": "path", "surface": "gravel"},
    {"highway": "primary", "maxspeed": "40 mph", "name": "High Street"},
    {"highway": "service", "access": "private"},
    {"highway": "motorway"},
)
BARRIERS: tuple[Mapping[str, str], ...] = (
    {"barrier": "bollard", "point": "yes"},
    {"barrier": "stile", "point": "yes"},
    {"barrier": "gate", "access": "private", "point": "yes"},
    {"kerb": "raised", "point": "yes"},
)


def place(ref: int) -> tuple[float, float]:
    """Return where a point is: on a grid, a little askew so that no two edges are equally long."""
    row, column = divmod(ref, GRID)
    askew = (ref * 7919) % 101 / 10
    return EAST + column * STEP_M + askew, NORTH + row * STEP_M - askew / 2


def raw_ways(
    ways: Sequence[Way], *, barriers: Mapping[int, Mapping[str, str]] | None = None
) -> RawWays:
    """Return ways through grid points, numbered from 1."""
    raw = RawWays(crs="EPSG:27700")
    for number, (refs, tags) in enumerate(ways, 1):
        raw.add(number, [(ref, *place(ref)) for ref in refs], tags=tags)
    raw.barriers.update(barriers or {})
    return raw


def some_ways() -> st.SearchStrategy[list[Way]]:
    """Return lists of ways: crossing, looping, doubling back, parallel, in any direction."""
    refs = st.lists(st.integers(0, GRID * GRID - 1), min_size=2, max_size=6)
    way = st.tuples(refs, st.sampled_from(TAGS))
    return st.lists(way, min_size=1, max_size=8)


def street_by_street(ways: Sequence[Way], mode: TravelMode) -> nx.DiGraph:
    """Return each step of each way as an arc of exact seconds: no noding, no rounding."""
    graph = nx.DiGraph()
    for refs, tags in ways:
        cost = evaluate(tags, mode)
        for a, b in itertools.pairwise(refs):
            metres = float(np.hypot(*np.subtract(place(a), place(b))))
            for u, v, km_h in ((a, b, cost.forward_km_h), (b, a, cost.backward_km_h)):
                seconds = metres / (km_h / 3.6) if km_h else np.inf
                if a != b and seconds < graph.get_edge_data(u, v, {"s": np.inf})["s"]:
                    graph.add_edge(u, v, s=seconds)
    return graph


def node_of(network: Network, ref: int) -> int | None:
    """Return the node at a grid point, if it is a node."""
    at = np.hypot(*(np.array([network.node_x, network.node_y]).T - place(ref)).T) < 0.02
    return int(np.flatnonzero(at)[0]) if at.any() else None


def arcs_graph(network: Network, mode: TravelMode) -> nx.DiGraph:
    """Return the network's open edges as arcs of deciseconds."""
    cost = edge_cost(network, mode)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(network.node_count))
    for edge in range(network.edge_count):
        u, v = int(network.edge_from[edge]), int(network.edge_to[edge])
        for a, b, ds in ((u, v, cost.forward_ds[edge]), (v, u, cost.backward_ds[edge])):
            if ds < CLOSED_DS and ds < graph.get_edge_data(a, b, {"ds": CLOSED_DS})["ds"]:
                graph.add_edge(a, b, ds=int(ds))
    return graph


def streets(network: Network) -> Counter[tuple[object, ...]]:
    """Return all that is known of each edge, whatever the numbering and order."""
    rows = []
    for edge in range(network.edge_count):
        lo, hi = network.geometry_start[edge : edge + 2]
        name = int(network.edge_name[edge])
        rows.append(
            (
                network.geometry_xy[lo:hi].round(2).tobytes(),
                int(network.edge_way[edge]),
                tuple(sorted(network.tag_sets[network.edge_tags[edge]].items())),
                network.names[name] if name >= 0 else "",
            )
        )
    return Counter(rows)


def town(way: dict[str, str], point: dict[str, str] | None = None) -> Network:
    """Return a short cut of 100 m from 1 to 3 and a road round it of 300 m.

    1 ---2--- 3      way, with a point at 2
    |         |
    4 ------- 5      road
    """
    raw = RawWays(crs="EPSG:27700")
    raw.add(1, [(1, 0.0, 100.0), (2, 50.0, 100.0), (3, 100.0, 100.0)], tags=way)
    round_it = [(1, 0.0, 100.0), (4, 0.0, 0.0), (5, 100.0, 0.0), (3, 100.0, 100.0)]
    raw.add(2, round_it, tags=PLAIN)
    if point is not None and (kept := kept_point_tags(point)):
        raw.barriers[2] = kept
    return build_network(raw)


def metres(network: Network, mode: TravelMode) -> float:
    """Return the metres of the quickest way from 1 to 3, by networkx."""
    cost = edge_cost(network, mode)
    graph = nx.MultiDiGraph()
    for edge in range(network.edge_count):
        start, end = int(network.edge_from[edge]), int(network.edge_to[edge])
        length = float(network.length_m[edge])
        for a, b, ds in (
            (start, end, cost.forward_ds[edge]),
            (end, start, cost.backward_ds[edge]),
        ):
            if ds < CLOSED_DS:
                graph.add_edge(a, b, ds=int(ds), metres=length)
    found = {(x, y): i for i, (x, y) in enumerate(zip(network.node_x, network.node_y, strict=True))}
    best = nx.shortest_path(graph, found[0.0, 100.0], found[100.0, 100.0], weight="ds")
    return sum(
        min(graph[a][b].values(), key=lambda arc: arc["ds"])["metres"]
        for a, b in itertools.pairwise(best)
    )

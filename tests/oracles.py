"""Other people's searches on the same streets, to hold ours against."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra

from eh_access.modes import TravelMode
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS, Network
from eh_access.network.snapping import Snapped, snap

DS_PER_MIN = 600


def arcs(network: Network, mode: TravelMode) -> list[tuple[int, int, int]]:
    """List (from, to, deciseconds) of every way a mode may go, parallel ones included."""
    cost = edge_cost(network, mode)
    found = []
    for e in range(network.edge_count):
        u, v = int(network.edge_from[e]), int(network.edge_to[e])
        if cost.forward_ds[e] < CLOSED_DS:
            found.append((u, v, int(cost.forward_ds[e])))
        if cost.backward_ds[e] < CLOSED_DS:
            found.append((v, u, int(cost.backward_ds[e])))
    return found


def scipy_minutes(
    network: Network, mode: TravelMode, nodes: list[int], direction: str
) -> np.ndarray:
    """Minutes from (or to) some nodes to (or from) every node, by scipy: nodes x nodes given.

    scipy keeps a stored zero in a sparse graph as an arc that costs nothing, as gates do.
    """
    best: dict[tuple[int, int], int] = {}
    for u, v, ds in arcs(network, mode):
        key = (v, u) if direction == "to_sites" else (u, v)
        best[key] = min(ds, best.get(key, CLOSED_DS))
    tail, head = np.array(list(best), dtype=np.int64).reshape(-1, 2).T
    size = (network.node_count, network.node_count)
    graph = sp.coo_array((np.array(list(best.values()), dtype=float), (tail, head)), shape=size)
    return dijkstra(graph.tocsr(), indices=nodes).T / DS_PER_MIN


def networkx_minutes(  # noqa: C901 - one plain graph, built step by step
    network: Network,
    mode: TravelMode,
    homes: Snapped,
    doors: Snapped,
) -> np.ndarray:
    """Minutes from homes to doors, each put on its street as a node of its own, by networkx.

    Each edge with points on it is cut at them; a piece costs its share of the edge, unrounded.
    """
    cost = edge_cost(network, mode)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(network.node_count))

    def join(u: object, v: object, seconds: float) -> None:
        if not graph.has_edge(u, v) or graph[u][v]["ds"] > seconds:
            graph.add_edge(u, v, ds=seconds)

    on_edge: dict[int, list[tuple[float, str]]] = {}
    for kind, places in (("home", homes), ("door", doors)):
        for k in range(len(places)):
            graph.add_node(f"{kind} {k}")
            if places.edge[k] >= 0:
                on_edge.setdefault(int(places.edge[k]), []).append(
                    (float(places.fraction[k]), f"{kind} {k}")
                )
    for e in range(network.edge_count):
        u, v = int(network.edge_from[e]), int(network.edge_to[e])
        stops = [(0.0, u), *sorted(on_edge.get(e, [])), (1.0, v)]
        for (start, a), (end, b) in itertools.pairwise(stops):
            here = end == start  # two points at one place need no street between them
            if here or cost.forward_ds[e] < CLOSED_DS:
                join(a, b, (end - start) * cost.forward_ds[e])
            if here or cost.backward_ds[e] < CLOSED_DS:
                join(b, a, (end - start) * cost.backward_ds[e])
    walk_ds_per_m = 36.0 / mode.walk_speed_km_h
    minutes = np.full((len(homes), len(doors)), np.inf)
    for home in range(len(homes)):
        reached = nx.single_source_dijkstra_path_length(graph, f"home {home}", weight="ds")
        for door in range(len(doors)):
            if f"door {door}" in reached:
                walks = homes.offset_m[home] + doors.offset_m[door]
                total = reached[f"door {door}"] + walks * walk_ds_per_m
                minutes[home, door] = total / DS_PER_MIN
    return minutes


def snapped_pairs(network: Network, mode: TravelMode, origins: object, sites: object) -> np.ndarray:
    """Minutes between two tables of points by `networkx_minutes`."""
    return networkx_minutes(
        network,
        mode,
        snap(origins.geometry, network, mode),  # type: ignore[attr-defined]
        snap(sites.geometry, network, mode),  # type: ignore[attr-defined]
    )

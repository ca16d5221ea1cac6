"""The same question put to other programs: seconds from every node to each of some sites.

Each function takes a scipy matrix of deciseconds and the sites' node numbers, and returns a
``float64`` array (nodes, sites) with ``inf`` where there is no way. Preparing (``build``) and
asking (``ask``) are separate, so that each can be timed. The programs are imported inside: only
``make bench`` installs them. Licences: pandana AGPL-3.0 and igraph GPL-2.0-or-later, so for
comparison only; scipy and networkx BSD, networkit and pyroutingkit MIT, rustworkx Apache-2.0,
RoutingKit and routingkit-cch BSD. OSRM and Valhalla have wheels for another Python: agreement.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

NO_WAY_PANDANA = 4_000_000
"""Costs above this mean "no way" to pandana (it says 4294967.295)."""
NO_WAY_NETWORKIT = 1e300
"""And to networkit (it says the largest float)."""
Matrix = sparse.csr_array
Answer = np.ndarray


@dataclass(frozen=True)
class Peer:
    """A program to compare with.

    Parameters
    ----------
    name
        For the table.
    build
        From the matrix and the nodes' positions to whatever the program asks of.
    ask
        From that and the sites to the answer.
    repeats
        How often to ask; the slow ones less often.
    most_sites
        Ask for no more sites than this and multiply: for programs that would take minutes.
    """

    name: str
    build: Callable[[Matrix, np.ndarray], Any]
    ask: Callable[[Any, Sequence[int]], Answer]
    repeats: int = 5
    most_sites: int = 10**9


def towards(matrix: Matrix) -> Matrix:
    """Return the matrix with every arc turned round: searches from sites then lead to them."""
    return matrix.T.tocsr()


def _scipy_ask(matrix: Matrix, sites: Sequence[int]) -> Answer:
    return sparse.csgraph.dijkstra(matrix, directed=True, indices=list(sites)).T


def _networkx_build(matrix: Matrix, _xy: np.ndarray) -> Any:
    import networkx as nx

    return nx.from_scipy_sparse_array(towards(matrix), create_using=nx.DiGraph)


def _networkx_ask(graph: Any, sites: Sequence[int]) -> Answer:
    import networkx as nx

    answer = np.full((graph.number_of_nodes(), len(sites)), np.inf)
    for column, site in enumerate(sites):
        for node, cost in nx.single_source_dijkstra_path_length(graph, site).items():
            answer[node, column] = cost
    return answer


def _pandana_build(matrix: Matrix, xy: np.ndarray) -> Any:
    import pandana
    import pandas as pd

    arcs = towards(matrix).tocoo()
    nodes = pd.RangeIndex(len(xy))
    return pandana.Network(
        pd.Series(xy[:, 0], index=nodes),
        pd.Series(xy[:, 1], index=nodes),
        pd.Series(arcs.row.astype(np.int64)),
        pd.Series(arcs.col.astype(np.int64)),
        pd.DataFrame({"cost": arcs.data.astype(np.float64)}),
        twoway=False,
    )


def _pandana_ask(network: Any, sites: Sequence[int]) -> Answer:
    nodes = network.node_ids.to_numpy()
    # what shortest_path_lengths calls, without its slow warning about every pair that has no way
    found = network.net.shortest_path_distances(
        np.repeat(np.asarray(sites, dtype=np.int64), len(nodes)), np.tile(nodes, len(sites)), 0
    )
    answer = np.asarray(found, dtype=np.float64).reshape(len(sites), len(nodes)).T
    return np.where(answer > NO_WAY_PANDANA, np.inf, answer)


def _igraph_build(matrix: Matrix, _xy: np.ndarray) -> Any:
    import igraph

    arcs = matrix.tocoo()
    edges = np.column_stack([arcs.row, arcs.col])
    graph = igraph.Graph(n=matrix.shape[0], edges=edges, directed=True)
    graph.es["cost"] = arcs.data
    return graph


def _igraph_ask(graph: Any, sites: Sequence[int]) -> Answer:
    return np.array(graph.distances(source=list(sites), weights="cost", mode="in")).T


def _networkit_build(matrix: Matrix, _xy: np.ndarray) -> Any:
    import networkit

    arcs = towards(matrix).tocoo()
    coo = (arcs.data.astype(float), (arcs.row.astype(np.uint64), arcs.col.astype(np.uint64)))
    return networkit.GraphFromCoo(coo, n=matrix.shape[0], weighted=True, directed=True)


def _networkit_ask(graph: Any, sites: Sequence[int]) -> Answer:
    import networkit

    networkit.setNumberOfThreads(1)
    search = networkit.distance.SPSP(graph, list(sites))
    search.run()
    answer = np.asarray(search.getDistances(asarray=True)).T
    return np.where(answer > NO_WAY_NETWORKIT, np.inf, answer)


def _rustworkx_build(matrix: Matrix, _xy: np.ndarray) -> Any:
    import rustworkx

    arcs = towards(matrix).tocoo()
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(matrix.shape[0]))
    ends = zip(arcs.row.tolist(), arcs.col.tolist(), arcs.data.tolist(), strict=True)
    graph.add_edges_from(list(ends))
    return graph


def _rustworkx_ask(graph: Any, sites: Sequence[int]) -> Answer:
    import rustworkx

    answer = np.full((graph.num_nodes(), len(sites)), np.inf)
    for column, site in enumerate(sites):
        found = rustworkx.dijkstra_shortest_path_lengths(graph, int(site), float)
        nodes = np.fromiter(found.keys(), dtype=np.int64, count=len(found))
        answer[nodes, column] = np.fromiter(found.values(), dtype=np.float64, count=len(found))
        answer[site, column] = 0.0  # it leaves out the node it begins at
    return answer


def _degrees(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return latitudes and longitudes of a sort: they only help to find the order of nodes."""
    return 50 + xy[:, 1] / 111_320, xy[:, 0] / 70_000


def _routingkit_cch_build(matrix: Matrix, xy: np.ndarray) -> Any:
    import routingkit_cch

    arcs = towards(matrix).tocoo()  # "matrix" leads to the sites, as the question does
    ends = arcs.col.tolist(), arcs.row.tolist()
    degrees = [numbers.tolist() for numbers in _degrees(xy)]
    order = routingkit_cch.compute_order_inertial(len(xy), *ends, *degrees)
    hierarchy = routingkit_cch.CCH(order, *ends, False)
    metric = routingkit_cch.CCHMetric(hierarchy, np.rint(arcs.data).astype(int).tolist())
    return routingkit_cch.CCHManyToOne(metric, list(range(len(xy))))


def _routingkit_cch_ask(from_all: Any, sites: Sequence[int]) -> Answer:
    found = np.array([from_all.distances_to(int(site)) for site in sites], dtype=np.float64).T
    return np.where(np.isnan(found), np.inf, found)


def _pyroutingkit_build(matrix: Matrix, xy: np.ndarray) -> Any:
    import pyroutingkit

    arcs = towards(matrix).tocoo()
    hierarchy = pyroutingkit.CCH()
    ends = arcs.row.astype(np.uint32), arcs.col.astype(np.uint32)
    degrees = [numbers.astype(np.float32) for numbers in _degrees(xy)]
    hierarchy.build_topology(*ends, *degrees, node_count=len(xy))
    hierarchy.customize_weights(np.rint(arcs.data).astype(np.uint32))
    return hierarchy


def _pyroutingkit_ask(hierarchy: Any, sites: Sequence[int]) -> Answer:
    import pyroutingkit

    every = np.arange(hierarchy.node_count, dtype=np.uint32)
    found = hierarchy.distances_many_to_many(np.asarray(sites, dtype=np.uint32), every).T
    return np.where(found >= pyroutingkit.INF_WEIGHT, np.inf, found.astype(np.float64))


PEERS = (
    Peer("scipy", lambda matrix, _xy: towards(matrix), _scipy_ask),
    Peer("pyroutingkit", _pyroutingkit_build, _pyroutingkit_ask),
    Peer("routingkit-cch", _routingkit_cch_build, _routingkit_cch_ask, repeats=3),
    Peer("networkit", _networkit_build, _networkit_ask, repeats=2, most_sites=20),
    Peer("pandana", _pandana_build, _pandana_ask, repeats=1, most_sites=2),
    Peer("igraph", _igraph_build, _igraph_ask, repeats=2, most_sites=20),
    Peer("rustworkx", _rustworkx_build, _rustworkx_ask, repeats=2, most_sites=10),
    Peer("networkx", _networkx_build, _networkx_ask, repeats=1, most_sites=4),
)

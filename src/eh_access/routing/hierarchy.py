"""The customisable contraction hierarchy: sort the streets once, then every question is a sweep.

Nodes are numbered from the top of the hierarchy down: removing node 0, 1, 2, ... cuts the town into
ever smaller parts. Seen the other way, nodes are taken out one after another from the last to the
first, and the neighbours that are left are joined by a shortcut. Three steps follow:

1. **Topology** (once for the streets, whatever the mode): which shortcuts there are. Every node's
   *upper* neighbours have smaller numbers; the greatest of them is its parent in a tree.
2. **Metric** (once for each mode): what every arc and shortcut costs, from the triangles below it,
   then which arcs no shortest way needs, from the triangles above it.
3. **Sweep** (for each batch of sites): climb from each site to the root of the tree, then go
   through all nodes in order, each taking the best of its upper neighbours. The sites of a batch
   stand side by side in one row of memory, so one pass over the streets serves them all.

Sources: Dibbelt, Strasser and Wagner, "Customizable Contraction Hierarchies", ACM Journal of
Experimental Algorithmics 21 (2016); Delling, Goldberg, Nowatzyk and Werneck, "PHAST: hardware-
accelerated shortest path trees", Journal of Parallel and Distributed Computing 73 (2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eh_access._compiled import njit
from eh_access.network.model import CLOSED_DS

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Topology:
    """Arcs and shortcuts of a street network, whatever they cost.

    Parameters
    ----------
    start
        int64 (nodes + 1,), where each node's arcs to its upper neighbours begin.
    upper
        int32 (arcs,), the upper neighbours, ascending within a node.
    parent
        int32 (nodes,), the greatest upper neighbour, -1 at a root.
    below_start, below_node, below_arc
        The same arcs listed by their upper end: the lower ends, ascending, and the arc numbers.
    edge_arc
        int32 (edges,), the arc each edge lies on, -1 for an edge from a node to itself.
    edge_climbs
        bool (edges,), whether ``edge_from -> edge_to`` leads upward.
    """

    start: NDArray[np.int64]
    upper: NDArray[np.int32]
    parent: NDArray[np.int32]
    below_start: NDArray[np.int64]
    below_node: NDArray[np.int32]
    below_arc: NDArray[np.int32]
    edge_arc: NDArray[np.int32]
    edge_climbs: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Metric:
    """What the arcs of a topology cost one mode in one direction of travel.

    Parameters
    ----------
    topology
        The arcs.
    climb_ds, descend_ds
        int32 (arcs,), deciseconds from the lower to the upper end, and back.
    sweep_start
        int32 (nodes + 1,), where each node's entries in ``sweep_arcs`` begin.
    sweep_arcs
        int32 (entries, 2): upper neighbour and deciseconds down from it, only where some shortest
        way needs them.
    """

    topology: Topology
    climb_ds: NDArray[np.int32]
    descend_ds: NDArray[np.int32]
    sweep_start: NDArray[np.int32]
    sweep_arcs: NDArray[np.int32]


@njit()
def _adjacency(nodes: Any, edge_from: Any, edge_to: Any) -> Any:
    """Each node's upper neighbours by a single edge, in compressed rows (repeats included)."""
    start = np.zeros(nodes + 1, dtype=np.int64)
    for e in range(len(edge_from)):
        low = max(edge_from[e], edge_to[e])
        if edge_from[e] != edge_to[e]:
            start[low + 1] += 1
    for v in range(nodes):
        start[v + 1] += start[v]
    at = start[:nodes].copy()
    heads = np.empty(start[nodes], dtype=np.int32)
    for e in range(len(edge_from)):
        if edge_from[e] != edge_to[e]:
            low, high = max(edge_from[e], edge_to[e]), min(edge_from[e], edge_to[e])
            heads[at[low]] = high
            at[low] += 1
    return start, heads


@njit()
def _eliminate(nodes: Any, start: Any, heads: Any) -> Any:
    """Take nodes out from the last to the first; return their upper neighbours and parents.

    A node's upper neighbours are those it has by an edge and those its children in the tree had,
    itself left out.
    """
    begin = np.zeros(nodes, dtype=np.int64)
    count = np.zeros(nodes, dtype=np.int64)
    room = np.empty(4 * len(heads) + 1024, dtype=np.int32)
    parent = np.full(nodes, -1, dtype=np.int32)
    child = np.full(nodes, -1, dtype=np.int32)
    sibling = np.full(nodes, -1, dtype=np.int32)
    seen = np.full(nodes, -1, dtype=np.int32)
    used = np.int64(0)
    for v in range(nodes - 1, -1, -1):
        most = np.int64(start[v + 1] - start[v])
        c = child[v]
        while c >= 0:
            most += count[c]
            c = sibling[c]
        if used + most > len(room):
            larger = np.empty(2 * len(room) + most, dtype=np.int32)
            larger[:used] = room[:used]
            room = larger
        begin[v] = used
        seen[v] = v
        for k in range(start[v], start[v + 1]):
            if seen[heads[k]] != v:
                seen[heads[k]] = v
                room[used] = heads[k]
                used += 1
        c = child[v]
        while c >= 0:
            for k in range(begin[c], begin[c] + count[c]):
                if seen[room[k]] != v:
                    seen[room[k]] = v
                    room[used] = room[k]
                    used += 1
            c = sibling[c]
        count[v] = used - begin[v]
        room[begin[v] : used].sort()
        if count[v] > 0:
            up = room[used - 1]
            parent[v] = up
            sibling[v] = child[up]
            child[up] = v
    upper_start = np.zeros(nodes + 1, dtype=np.int64)
    for v in range(nodes):
        upper_start[v + 1] = upper_start[v] + count[v]
    upper = np.empty(upper_start[nodes], dtype=np.int32)
    for v in range(nodes):
        upper[upper_start[v] : upper_start[v + 1]] = room[begin[v] : begin[v] + count[v]]
    return upper_start, upper, parent


@njit()
def _list_below(start: Any, upper: Any) -> Any:
    """List the arcs by their upper end."""
    nodes = len(start) - 1
    below_start = np.zeros(nodes + 1, dtype=np.int64)
    for u in upper:
        below_start[u + 1] += 1
    for v in range(nodes):
        below_start[v + 1] += below_start[v]
    at = below_start[:nodes].copy()
    below_node = np.empty(len(upper), dtype=np.int32)
    below_arc = np.empty(len(upper), dtype=np.int32)
    for v in range(nodes):
        for k in range(start[v], start[v + 1]):
            u = upper[k]
            below_node[at[u]] = v
            below_arc[at[u]] = k
            at[u] += 1
    return below_start, below_node, below_arc


@njit()
def _arcs_of_edges(start: Any, upper: Any, edge_from: Any, edge_to: Any) -> Any:
    """Find the arc of every edge by bisection among its lower end's upper neighbours."""
    edge_arc = np.full(len(edge_from), -1, dtype=np.int32)
    for e in range(len(edge_from)):
        low, high = max(edge_from[e], edge_to[e]), min(edge_from[e], edge_to[e])
        if low != high:
            row = upper[start[low] : start[low + 1]]
            edge_arc[e] = start[low] + np.searchsorted(row, high)
    return edge_arc


@njit()
def _customise(topology: Any, edges: Any, climb_ds: Any, descend_ds: Any) -> None:
    """Give every arc its edges' cost, then the cost of the way through each node below it."""
    start, upper, below_start, below_node, below_arc = topology
    edge_arc, edge_climbs, forward_ds, backward_ds = edges
    climb_ds[:] = CLOSED_DS
    descend_ds[:] = CLOSED_DS
    for e in range(len(edge_arc)):
        arc = edge_arc[e]
        if arc >= 0:
            up, down = forward_ds[e], backward_ds[e]
            if not edge_climbs[e]:
                up, down = down, up
            climb_ds[arc] = min(climb_ds[arc], up)
            descend_ds[arc] = min(descend_ds[arc], down)
    nodes = len(start) - 1
    arc_to = np.full(nodes, -1, dtype=np.int64)
    for b in range(nodes - 1, -1, -1):
        for k in range(start[b], start[b + 1]):
            arc_to[upper[k]] = k
        for q in range(below_start[b], below_start[b + 1]):
            # v is below b; every other upper neighbour a < b of v is one of b's too
            leg = np.int64(below_arc[q])
            b_to_v, v_to_b = descend_ds[leg], climb_ds[leg]
            k = start[below_node[q]]
            while upper[k] < b:
                arc = arc_to[upper[k]]
                climb_ds[arc] = min(climb_ds[arc], b_to_v + climb_ds[k])
                descend_ds[arc] = min(descend_ds[arc], descend_ds[k] + v_to_b)
                k += 1


@njit()
def _prune(topology: Any, climb_ds: Any, descend_ds: Any, needed: Any) -> None:
    """Make every arc's cost the true shortest time, and drop those another way serves as well.

    Of two arcs that serve one another equally well (a gate costs nothing) one must stay.
    """
    start, upper = topology
    nodes = len(start) - 1
    arc_to = np.full(nodes, -1, dtype=np.int64)
    needed[:] = True
    for v in range(nodes):
        for k in range(start[v], start[v + 1]):
            arc_to[upper[k]] = k
        for low in range(start[v], start[v + 1]):
            b = upper[low]
            for rung in range(start[b], start[b + 1]):
                high = arc_to[upper[rung]]
                if high < 0:
                    continue
                # v's neighbours b and a (a above b): v-b directly or by a, v-a directly or by b
                climb_ds[low] = min(climb_ds[low], climb_ds[high] + descend_ds[rung])
                climb_ds[high] = min(climb_ds[high], climb_ds[low] + climb_ds[rung])
                by_a = climb_ds[rung] + descend_ds[high]
                if by_a < descend_ds[low] or (by_a == descend_ds[low] and needed[high]):
                    descend_ds[low] = by_a
                    needed[low] = False
                by_b = descend_ds[rung] + descend_ds[low]
                if by_b < descend_ds[high] or (by_b == descend_ds[high] and needed[low]):
                    descend_ds[high] = by_b
                    needed[high] = False
        for k in range(start[v], start[v + 1]):
            arc_to[upper[k]] = -1


@njit()
def _pack(start: Any, upper: Any, descend_ds: Any, needed: Any) -> Any:
    """Put the arcs a sweep needs together, each node's after the last's."""
    nodes = len(start) - 1
    count = 0
    for k in range(len(upper)):
        if needed[k] and descend_ds[k] < CLOSED_DS:
            count += 1
    sweep_start = np.zeros(nodes + 1, dtype=np.int32)
    sweep_arcs = np.empty((count, 2), dtype=np.int32)
    at = 0
    for v in range(nodes):
        for k in range(start[v], start[v + 1]):
            if needed[k] and descend_ds[k] < CLOSED_DS:
                sweep_arcs[at, 0] = upper[k]
                sweep_arcs[at, 1] = descend_ds[k]
                at += 1
        sweep_start[v + 1] = at
    return sweep_start, sweep_arcs


def build_topology(
    nodes: int, edge_from: NDArray[np.int32], edge_to: NDArray[np.int32]
) -> Topology:
    """Find every shortcut of a street network whose nodes are numbered from the top down.

    Parameters
    ----------
    nodes
        How many nodes there are.
    edge_from, edge_to
        int32 (edges,), the nodes each edge joins.

    Returns
    -------
    Topology
        Arcs and shortcuts. Its size depends on the numbering: see ``network.ordering``.

    Examples
    --------
    >>> import numpy as np
    >>> ends = np.array([1, 2], dtype=np.int32), np.array([3, 3], dtype=np.int32)
    >>> topology = build_topology(4, *ends)  # taking node 3 out joins 2 and 1
    >>> topology.upper.tolist(), topology.parent.tolist()
    ([1, 1, 2], [-1, -1, 1, 2])
    """
    start, upper, parent = _eliminate(nodes, *_adjacency(nodes, edge_from, edge_to))
    below_start, below_node, below_arc = _list_below(start, upper)
    return Topology(
        start=start,
        upper=upper,
        parent=parent,
        below_start=below_start,
        below_node=below_node,
        below_arc=below_arc,
        edge_arc=_arcs_of_edges(start, upper, edge_from, edge_to),
        edge_climbs=edge_from > edge_to,
    )


def customise(
    topology: Topology, forward_ds: NDArray[np.int32], backward_ds: NDArray[np.int32]
) -> Metric:
    """Work out what every arc and shortcut costs.

    Parameters
    ----------
    topology
        The arcs.
    forward_ds, backward_ds
        int32 (edges,), deciseconds along each edge and back, ``CLOSED_DS`` where closed. Swap the
        two for times *to* the places a sweep starts from.

    Returns
    -------
    Metric
        Ready for sweeps.
    """
    climb_ds = np.empty(len(topology.upper), dtype=np.int32)
    descend_ds = np.empty_like(climb_ds)
    needed = np.empty(len(climb_ds), dtype=np.bool_)
    below = (topology.below_start, topology.below_node, topology.below_arc)
    edges = (topology.edge_arc, topology.edge_climbs, forward_ds, backward_ds)
    _customise((topology.start, topology.upper, *below), edges, climb_ds, descend_ds)
    _prune((topology.start, topology.upper), climb_ds, descend_ds, needed)
    sweep_start, sweep_arcs = _pack(topology.start, topology.upper, descend_ds, needed)
    return Metric(topology, climb_ds, descend_ds, sweep_start, sweep_arcs)

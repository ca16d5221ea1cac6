"""The customisable contraction hierarchy: sort the streets once, then every question is a sweep.

Nodes are numbered from the top of the hierarchy down: removing node 0, 1, 2, ... cuts the town into
ever smaller parts. Seen the other way, nodes are taken out one after another from the last to the
first, and the neighbours that are left are joined by a shortcut. Three steps follow:

1. **Topology** (once for the streets, whatever the mode): which shortcuts there are. Every node's
   *upper* neighbours have smaller numbers; the greatest of them is its parent in a tree.
2. **Metric** (once for each mode): what every arc and shortcut costs, from the triangles below it.
   Which arcs no shortest way needs could be told from the triangles above; leaving them out takes
   twice as long as all else and saves too little (docs/decisions/0006).
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

from eh_access.compiled import njit
from eh_access.network.model import CLOSED_DS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.routing.engine.topology import Topology

Arcs = tuple["NDArray[np.int32]", "NDArray[np.int32]"]


@dataclass(frozen=True, eq=False)
class Metric:
    """What the arcs of a topology cost one mode in one direction of travel."""

    topology: Topology  # the arcs
    # the arcs that are open, to go up and down by: each a pair of int32 arrays, (nodes + 1,),
    # where each node's entries begin, and (entries, 2), deciseconds after the upper neighbour's
    # ``Topology.work_row``
    climb: Arcs
    sweep: Arcs


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
    arc_to = np.full(nodes, -1, dtype=np.int32)
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
def _pack(start: Any, upper: Any, row: Any, cost_ds: Any) -> Any:
    """Put the arcs that are open together, each node's after the last's."""
    nodes = len(start) - 1
    count = 0
    for k in range(len(upper)):
        if cost_ds[k] < CLOSED_DS:
            count += 1
    packed_start = np.zeros(nodes + 1, dtype=np.int32)
    packed = np.empty((count, 2), dtype=np.int32)
    at = 0
    for v in range(nodes):
        for k in range(start[v], start[v + 1]):
            if cost_ds[k] < CLOSED_DS:
                packed[at, 0] = row[upper[k]]
                packed[at, 1] = cost_ds[k]
                at += 1
        packed_start[v + 1] = at
    return packed_start, packed


def customise(
    topology: Topology, forward_ds: NDArray[np.int32], backward_ds: NDArray[np.int32]
) -> Metric:
    """Compute the cost of every arc and shortcut."""
    climb_ds = np.empty(len(topology.upper), dtype=np.int32)
    descend_ds = np.empty_like(climb_ds)
    below = (topology.below_start, topology.below_node, topology.below_arc)
    edges = (topology.edge_arc, topology.edge_climbs, forward_ds, backward_ds)
    _customise((topology.start, topology.upper, *below), edges, climb_ds, descend_ds)
    return Metric(
        topology=topology,
        climb=_pack(topology.start, topology.upper, topology.work_row, climb_ds),
        sweep=_pack(topology.start, topology.upper, topology.work_row, descend_ds),
    )

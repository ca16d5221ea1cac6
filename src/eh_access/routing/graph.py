"""The arcs one mode may use, as arrays a search can run along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.routing.travel_times import Direction


@dataclass(frozen=True, eq=False)
class SearchGraph:
    """Arcs leaving each node, in compressed rows."""

    start: NDArray[np.int32]  # int32 (nodes + 1,), where each node's arcs begin
    arcs: NDArray[np.int32]  # int32 (arcs, 2): the node an arc leads to, and its deciseconds

    @property
    def longest_ds(self) -> int:
        """Deciseconds of the dearest arc."""
        return int(self.arcs[:, 1].max()) if len(self.arcs) else 0


def search_graph(network: Network, mode: TravelMode, *, direction: Direction) -> SearchGraph:
    """Return the graph in which a search from a site finds the times wanted."""
    # Times *to* a site are found by one search from it along every arc backwards.

    def make() -> SearchGraph:
        cost = edge_cost(network, mode)
        tail = np.concatenate([network.edge_from, network.edge_to])
        head = np.concatenate([network.edge_to, network.edge_from])
        weight = np.concatenate([cost.forward_ds, cost.backward_ds])
        usable = weight < CLOSED_DS
        tail, head, weight = tail[usable], head[usable], weight[usable]
        if direction == "to_sites":
            tail, head = head, tail
        order = np.lexsort((weight, head, tail))
        counts = np.bincount(tail, minlength=network.node_count)
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        arcs = np.stack([head[order], weight[order]], axis=1).astype(np.int32)
        return SearchGraph(start=start, arcs=np.ascontiguousarray(arcs))

    return network.remember(("search_graph", mode, direction), make)

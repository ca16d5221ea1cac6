"""The rim of the streets known: beyond it a shorter way may exist that nobody has looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS
from eh_access.routing.graph import search_graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.routing.trips import Trips

RIM_M = 100.0
"""Metres from the edge of the area covered within which a node may have lost a street."""


def rim_nodes(network: Network, mode: TravelMode) -> NDArray[np.int32]:
    """Return the nodes at which streets may have been cut off."""
    if network.covered is None:
        return np.empty(0, dtype=np.int32)
    covered = network.covered

    def make() -> NDArray[np.int32]:
        main = edge_cost(network, mode).main
        nodes = np.unique(np.concatenate([network.edge_from[main], network.edge_to[main]]))
        inner = covered.buffer(-RIM_M)
        shapely.prepare(inner)
        inside = shapely.contains_xy(inner, network.node_x[nodes], network.node_y[nodes])
        return np.asarray(nodes[~inside], dtype=np.int32)

    return network.remember(("rim", mode), make)


def touches_rim(
    trips: Trips, pairs_ds: NDArray[np.int32], rim_ds: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Say of each origin whether a way over the rim could be quicker than the one found."""
    # Such a way takes at least the time from the origin to the nearest node of the rim and from
    # the rim to the site nearest to it; if that is no quicker than the time found, or beyond the
    # cutoff, nothing beyond the rim can matter.
    from eh_access.routing import queue  # noqa: PLC0415 - compiled code is loaded when used

    if not rim_ds.size:
        return np.zeros(len(pairs_ds), dtype=np.bool_)
    rim = rim_nodes(trips.network, trips.mode)
    seeds = np.stack([rim, np.zeros_like(rim)], axis=1)[None]
    graph = search_graph(trips.network, trips.mode, direction=trips.direction)
    to_rim = queue.search_from(graph, seeds, limit_ds=trips.limit_ds, workers=1)[0]
    node, node_ds = trips.home_ends
    either = np.where(node >= 0, np.minimum(to_rim[node], CLOSED_DS - 1) + node_ds, CLOSED_DS)
    over_rim = either.min(axis=1).astype(np.int64) + rim_ds.min().astype(np.int64)
    best = np.minimum(pairs_ds.min(axis=1).astype(np.int64), trips.limit_ds + 1)
    return np.asarray((over_rim < best) & (node >= 0).any(axis=1), dtype=np.bool_)

"""What every edge costs a mode: the rules applied once to each set of tags, then spread out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from eh_access.network.model import CLOSED_DS, EdgeCost, Network
from eh_access.network.rules import evaluate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode

DS_PER_S = 10
KM_H_PER_M_S = 3.6


def edge_cost(network: Network, mode: TravelMode) -> EdgeCost:
    """Work out what each edge costs a mode, both ways; remembered by the network.

    Parameters
    ----------
    network
        The streets.
    mode
        The way of travelling.

    Returns
    -------
    EdgeCost
        Deciseconds, rounded to the nearest and at least 1 on an edge that has a length; 0 on an
        edge that stands for a barrier the mode may pass; ``CLOSED_DS`` where it may not go.

    Raises
    ------
    NotFoundError
        If the mode names rules that are not in the table.

    Examples
    --------
    >>> from eh_access.modes import WALK
    >>> from eh_access.network.build import build_network
    >>> from eh_access.network.raw import RawWays
    >>> raw = RawWays(crs="EPSG:27700")
    >>> raw.add(7, [(1, 0.0, 0.0), (2, 80.0, 0.0)], tags={"highway": "footway"})
    >>> edge_cost(build_network(raw), WALK).forward_ds.tolist()
    [600]
    """
    return network.remember(("cost", mode), lambda: _edge_cost(network, mode))


def _edge_cost(network: Network, mode: TravelMode) -> EdgeCost:
    costs = [evaluate(tags, mode) for tags in network.tag_sets]
    forward_km_h = np.array([cost.forward_km_h for cost in costs], dtype=np.float64)
    backward_km_h = np.array([cost.backward_km_h for cost in costs], dtype=np.float64)
    forward = _deciseconds(network.length_m, forward_km_h[network.edge_tags])
    backward = _deciseconds(network.length_m, backward_km_h[network.edge_tags])
    is_open = (forward < CLOSED_DS) | (backward < CLOSED_DS)
    notes: Counter[str] = Counter()
    used = np.bincount(network.edge_tags[is_open], minlength=len(costs))
    for cost, edges in zip(costs, used.tolist(), strict=True):
        for doubt in cost.counted if edges else ():
            notes[doubt] += edges
    main = _main_part(network, forward, backward) & is_open & (network.length_m > 0)
    for array in (forward, backward, main):
        array.flags.writeable = False
    return EdgeCost(forward, backward, main, dict(sorted(notes.items())))


def _deciseconds(
    length_m: NDArray[np.float64], speed_km_h: NDArray[np.float64]
) -> NDArray[np.int32]:
    out = np.full(len(length_m), CLOSED_DS, dtype=np.int32)
    may_go = speed_km_h > 0
    exact = length_m[may_go] / (speed_km_h[may_go] / KM_H_PER_M_S) * DS_PER_S
    out[may_go] = np.where(length_m[may_go] > 0, np.maximum(np.rint(exact), 1), 0)
    return out


def _main_part(
    network: Network, forward: NDArray[np.int32], backward: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Mark edges within the largest set of nodes that can all reach each other."""
    labels = strong_parts(network, forward, backward)
    main = np.bincount(labels).argmax() if len(labels) else -1
    inside: NDArray[np.bool_] = labels == main
    return inside[network.edge_from] & inside[network.edge_to]


def strong_parts(
    network: Network, forward: NDArray[np.int32], backward: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Find the sets of nodes that can all reach each other.

    Parameters
    ----------
    network
        The streets.
    forward, backward
        int32 (edges,), deciseconds; ``CLOSED_DS`` where closed.

    Returns
    -------
    numpy.ndarray
        int32 (nodes,), the same number for nodes that can reach each other both ways.
    """
    from scipy.sparse import coo_array  # noqa: PLC0415 - keeps importing the package quick
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    ahead, back = forward < CLOSED_DS, backward < CLOSED_DS
    tail = np.concatenate([network.edge_from[ahead], network.edge_to[back]])
    head = np.concatenate([network.edge_to[ahead], network.edge_from[back]])
    n = network.node_count
    links = coo_array((np.ones(len(tail), dtype=np.int32), (tail, head)), shape=(n, n)).tocsr()
    labels: NDArray[np.int32] = connected_components(links, directed=True, connection="strong")[1]
    return labels

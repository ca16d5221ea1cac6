"""The streets as one sparse matrix, as other programs want them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eh_access.errors import InputError
from eh_access.network.cost import DS_PER_S, edge_cost
from eh_access.network.model import CLOSED_DS

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from eh_access.modes import TravelMode
    from eh_access.network.model import Direction, Network


def street_matrix(network: Network, mode: TravelMode, *, direction: Direction) -> csr_array:
    """Return the seconds of every street; what `Network.to_csr` hands out."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - keeps importing the package quick

    if direction not in ("to_sites", "from_sites"):
        raise InputError(f"direction is '{direction}'; choose to_sites or from_sites")
    cost = edge_cost(network, mode)
    tail = np.concatenate([network.edge_from, network.edge_to])
    head = np.concatenate([network.edge_to, network.edge_from])
    if direction == "to_sites":
        tail, head = head, tail
    ds = np.concatenate([cost.forward_ds, cost.backward_ds])
    usable = np.flatnonzero((ds < CLOSED_DS) & (tail != head))
    order = usable[np.lexsort((ds[usable], head[usable], tail[usable]))]
    tail, head, ds = tail[order], head[order], ds[order]
    first = np.ones(len(tail), dtype=bool)  # of parallel streets: the cheapest comes first
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    tail, head, ds = tail[first], head[first], ds[first]
    counts = np.bincount(tail, minlength=network.node_count)
    start = np.concatenate([[0], np.cumsum(counts)])
    size = (network.node_count, network.node_count)
    return csr_array((ds / DS_PER_S, head, start), shape=size)

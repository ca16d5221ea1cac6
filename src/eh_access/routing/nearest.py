"""The nearest site of every node, in one sweep whatever the number of sites.

Time and site travel together as one number: deciseconds times 2**32 plus the site's number. The
lesser of two such numbers is the nearer site, and of sites equally near the one that comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from eh_access._compiled import njit
from eh_access.network.model import CLOSED_DS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.routing.hierarchy import Metric

SHIFT = 32
FAR = np.int64(CLOSED_DS) << SHIFT


@njit()
def _climb(arcs: Any, parent: Any, seeds: Any, key: Any) -> None:
    """Climb from all seeds together: each node on the way is visited once, lower ones first."""
    start, entries = arcs
    nodes = len(parent)
    seen = np.zeros(nodes, dtype=np.uint8)
    key[:] = FAR
    for site in range(len(seeds)):
        for k in range(seeds.shape[1]):
            v = np.int64(seeds[site, k, 0])
            if v < 0:
                continue
            key[v] = min(key[v], (np.int64(seeds[site, k, 1]) << SHIFT) + site)
            while v >= 0 and seen[v] == 0:
                seen[v] = 1
                v = np.int64(parent[v])
    for low in range(nodes - 1, -1, -1):
        if seen[low]:
            for k in range(start[low], start[low + 1]):
                u = entries[k, 0]
                key[u] = min(key[u], key[low] + (np.int64(entries[k, 1]) << SHIFT))


@njit()
def _sweep(arcs: Any, key: Any) -> None:
    """Come down to every node."""
    start, entries = arcs
    for v in range(len(key)):
        best = key[v]
        for k in range(start[v], start[v + 1]):
            best = min(best, key[entries[k, 0]] + (np.int64(entries[k, 1]) << SHIFT))
        key[v] = best


def nearest_keys(metric: Metric, seeds: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return every node's nearest site and the deciseconds to it, as one number.

    Parameters
    ----------
    metric
        A customised hierarchy.
    seeds
        int32 (sites, k, 2): the nodes next to each site and the deciseconds to it; -1 as node
        where there are fewer.

    Returns
    -------
    numpy.ndarray
        int64 (nodes,): ``deciseconds << SHIFT | site``; ``FAR`` or more where none is reached.
    """
    key = np.empty(len(metric.topology.parent), dtype=np.int64)
    _climb(metric.climb, metric.topology.parent, seeds, key)
    _sweep(metric.sweep, key)
    return key

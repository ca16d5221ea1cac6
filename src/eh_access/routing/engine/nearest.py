"""The nearest site of every node, in one sweep whatever the number of sites.

Time and site travel together as one number: deciseconds times 2**32 plus the site's number. The
lesser of two such numbers is the nearer site, and of sites equally near the one that comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from eh_access.compiled import njit
from eh_access.network.model import CLOSED_DS
from eh_access.routing.engine.sweep import ways_up
from eh_access.routing.search import NONE, SHIFT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.routing.engine.hierarchy import Metric

FAR = np.int64(CLOSED_DS) << SHIFT
DS_PER_MIN = np.float32(600)


@njit()
def _climb(arcs: Any, tree: Any, ways: Any, seeds: Any, climbed: Any) -> None:
    """Climb from all seeds together: each node on the way is visited once, lower ones first."""
    # The arguments are those of `sweep.climb`, with a number for a row.
    start, entries = arcs
    top, work_row = tree
    slot, nodes = ways
    climbed[:] = FAR
    for site in range(len(seeds)):
        for k in range(seeds.shape[1]):
            v = np.int64(seeds[site, k, 0])
            if v >= 0:
                own = (np.int64(seeds[site, k, 1]) << SHIFT) + site
                climbed[slot[v]] = min(climbed[slot[v]], own)
    for at in range(len(nodes)):
        v = np.int64(nodes[at])
        here, apart = climbed[slot[v]], v - np.int64(work_row[v])
        for k in range(start[v], start[v + 1]):
            upper = np.int64(entries[k, 0])
            row = 1 + upper if upper < top else np.int64(slot[upper + apart])
            climbed[row] = min(climbed[row], here + (np.int64(entries[k, 1]) << SHIFT))


@njit()
def _sweep(arcs: Any, tree: Any, climbed: Any, work: Any, key: Any) -> None:
    """Sweep down to every node, in a table small enough for the cache."""
    # The top of the tree is one more branch: its rows are the first of the table.
    start, entries = arcs
    top, branches = tree
    slot, begin = climbed
    for branch in range(-1, len(branches)):
        at_top = branch < 0
        first, last = (0, len(top)) if at_top else (branches[branch, 0], branches[branch, 1])
        row = np.int64(0 if at_top else len(top))
        for place in range(np.int64(first), np.int64(last)):
            v = np.int64(top[place]) if at_top else place
            best = begin[slot[v]] if slot[v] else FAR
            for k in range(start[v], start[v + 1]):
                best = min(best, work[entries[k, 0]] + (np.int64(entries[k, 1]) << SHIFT))
            work[row] = best
            key[v] = best
            row += 1


@njit()
def _split(key: Any, minutes: Any, which: Any) -> None:
    for k in range(len(key)):
        reached = key[k] < NONE
        minutes[k] = np.float32(key[k] >> SHIFT) / DS_PER_MIN if reached else np.float32(np.inf)
        which[k] = np.int32(key[k] & 0xFFFFFFFF) if reached else np.int32(-1)


def nearest_keys(metric: Metric, seeds: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return every node's nearest site and the deciseconds to it, as one number."""
    tree = metric.topology
    slot, nodes, rows = ways_up(tree.parent, tree.top, tree.work_row, seeds)
    climbed = np.empty(rows, dtype=np.int64)
    _climb(metric.climb, (len(tree.top), tree.work_row), (slot, nodes), seeds, climbed)
    key = np.empty(len(tree.parent), dtype=np.int64)
    work = np.empty(tree.work_rows, dtype=np.int64)
    _sweep(metric.sweep, (tree.top, tree.branches), (slot, climbed), work, key)
    return key


def minutes_and_site(key: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Take such numbers apart."""
    minutes = np.empty(len(key), dtype=np.float32)
    which = np.empty(len(key), dtype=np.int32)
    _split(key, minutes, which)
    return minutes, which

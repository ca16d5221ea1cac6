"""Before and after a sweep: the nodes its climb visits, and the best end of each place."""

from __future__ import annotations

from typing import Any

import numpy as np

from eh_access._compiled import njit
from eh_access.routing.sweep import FAR


@njit()
def ways_up(parent: Any, top: Any, work_row: Any, seeds: Any) -> Any:
    """List the nodes on the ways from all seeds to the root of the tree, the lowest first."""
    slot = np.zeros(len(parent), dtype=np.int32)
    count = 0
    for site in range(len(seeds)):
        for k in range(seeds.shape[1]):
            v = np.int64(seeds[site, k, 0])
            while v >= 0 and slot[v] == 0:
                slot[v] = 1
                count += 1
                v = np.int64(parent[v])
    nodes = np.empty(count + 1, dtype=np.int32)  # written without asking, so one to spare
    at, rows = 0, 1 + len(top)
    for node in range(len(parent) - 1, -1, -1):
        nodes[at] = node
        at += slot[node]
    for node in nodes[:count]:
        if work_row[node] < len(top):
            slot[node] = 1 + work_row[node]
        else:
            slot[node] = rows
            rows += 1
    return slot, nodes[:count], rows


@njit()
def rows_of(wanted: Any, nodes: int) -> Any:
    """Return the row each node goes to (-1."""
    # none; its last, if wanted twice), and if all are once.
    # ``wanted`` is int64 (rows,), the node of each row; the rows returned are int32 (nodes,).
    place = np.full(nodes, -1, dtype=np.int32)
    once = True
    for row in range(len(wanted)):
        once = once and place[wanted[row]] < 0
        place[wanted[row]] = row
    return place, once


@njit()
def gather(times: Any, row: Any, leg_ds: Any, out: Any) -> None:
    """Write the deciseconds of places (rows) and sites (lanes), the best of each place's ends."""
    sites = out.shape[1]
    best = np.empty(times.shape[1], dtype=np.float32)
    for place in range(len(row)):
        best[:] = FAR
        for end in range(row.shape[1]):
            r = np.int64(row[place, end])
            if r >= 0:
                leg = np.float32(leg_ds[place, end])
                for lane in range(sites):
                    best[lane] = min(best[lane], times[r, lane] + leg)
        for lane in range(sites):
            out[place, lane] = np.int32(best[lane])

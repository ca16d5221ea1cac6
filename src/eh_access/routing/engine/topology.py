"""Which arcs and shortcuts a hierarchy has, whatever they cost: once for the streets.

Nodes are taken out one after another, from the last to the first, and the neighbours that are left
are joined by a shortcut. See routing/hierarchy.py for what it is good for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eh_access.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

BRANCH_NODES = 2048
"""Nodes of a branch that is swept at one go: with 64 sites it fills half the second cache."""


@dataclass(frozen=True, eq=False)
class Topology:
    """Arcs and shortcuts of a street network, whatever they cost."""

    # int64 (nodes + 1,), where each node's arcs to its upper neighbours begin
    start: NDArray[np.int64]
    upper: NDArray[np.int32]  # int32 (arcs,), the upper neighbours, ascending within a node
    parent: NDArray[np.int32]  # int32 (nodes,), the greatest upper neighbour, -1 at a root
    # the same arcs listed by their upper end: the lower ends, ascending, and the arc numbers
    below_start: NDArray[np.int64]
    below_node: NDArray[np.int32]
    below_arc: NDArray[np.int32]
    # int32 (edges,), the arc each edge lies on, -1 for an edge from a node to itself
    edge_arc: NDArray[np.int32]
    edge_climbs: NDArray[np.bool_]  # bool (edges,), whether ``edge_from -> edge_to`` leads upward
    # the tree cut up for sweeping: int32 nodes at its top, ascending, and int32 (branches, 2)
    # first and one past the last node of each branch below them
    top: NDArray[np.int32]
    branches: NDArray[np.int32]
    # int32 (nodes,), each node's row in the table a sweep works in: those at the top come first,
    # then the nodes of one branch (all branches use the same rows)
    work_row: NDArray[np.int32]
    work_rows: int  # how many rows that table has


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
    """Take nodes out from the last to the first; return their upper neighbours and parents."""
    # A node's upper neighbours are those it has by an edge and those its children in the tree
    # had, itself left out.
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
def _cut_up(parent: Any, most: Any) -> Any:
    """Cut the tree into branches of at most so many nodes, and the nodes above them."""
    # A branch serves only if its nodes have consecutive numbers, as they have where nodes were
    # numbered branch by branch. Nothing outside a branch ever looks at a node inside.
    nodes = len(parent)
    size = np.ones(nodes, dtype=np.int64)
    last = np.arange(nodes)
    for v in range(nodes - 1, -1, -1):
        if parent[v] >= 0:
            size[parent[v]] += size[v]
            last[parent[v]] = max(last[parent[v]], last[v])
    top = np.empty(nodes, dtype=np.int32)
    branches = np.empty((nodes, 2), dtype=np.int32)
    work_row = np.empty(nodes, dtype=np.int32)
    at_top, count, longest, v = 0, 0, 0, 0
    while v < nodes:
        if size[v] <= most and last[v] - v + 1 == size[v]:
            branches[count] = v, v + size[v]
            count += 1
            longest = max(longest, size[v])
            v += size[v]
        else:
            top[at_top] = v
            work_row[v] = at_top
            at_top += 1
            v += 1
    for first, end in branches[:count]:
        for v in range(first, end):
            work_row[v] = at_top + v - first
    return top[:at_top].copy(), branches[:count].copy(), work_row, at_top + longest


def build_topology(
    nodes: int, edge_from: NDArray[np.int32], edge_to: NDArray[np.int32]
) -> Topology:
    """Find every shortcut of a street network whose nodes are numbered from the top down."""
    start, upper, parent = _eliminate(nodes, *_adjacency(nodes, edge_from, edge_to))
    below_start, below_node, below_arc = _list_below(start, upper)
    top, branches, work_row, work_rows = _cut_up(parent, BRANCH_NODES)
    return Topology(
        start=start,
        upper=upper,
        parent=parent,
        below_start=below_start,
        below_node=below_node,
        below_arc=below_arc,
        edge_arc=_arcs_of_edges(start, upper, edge_from, edge_to),
        edge_climbs=edge_from > edge_to,
        top=top,
        branches=branches,
        work_row=work_row,
        work_rows=int(work_rows),
    )

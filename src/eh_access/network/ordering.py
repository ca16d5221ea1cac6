"""Numbering nodes in the order the search engine sweeps them: the town's hinges first.

The engine takes nodes out one after another, from the last to the first, and joins the neighbours
that are left (routing/hierarchy.py). A good order leaves few joins. Minimum degree, which SuperLU
in scipy applies to sparse matrices for just this purpose, left a tenth fewer than nested dissection
by METIS and needs no new dependency; numbering the tree it gives branch by branch then puts nodes
that are worked on together next to each other in memory (docs/decisions/0007, with the figures).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from eh_access.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit()
def _parents(start: Any, neighbours: Any) -> Any:
    """Return each node's parent in the tree of a sweep, -1 at a root (Liu, 1990, algorithm 4.2)."""
    # Nodes are numbered from the top down; a node's parent is the last of the nodes above it that
    # it is joined to once all nodes below have been taken out.
    nodes = len(start) - 1
    parent = np.full(nodes, -1, dtype=np.int64)
    highest = np.full(nodes, -1, dtype=np.int64)  # shortcut to the top of the branch so far
    for v in range(nodes - 1, -1, -1):
        for k in range(start[v], start[v + 1]):
            u = np.int64(neighbours[k])
            if u <= v:
                continue
            while highest[u] != -1 and highest[u] != v:
                above = highest[u]
                highest[u] = v
                u = above
            if highest[u] == -1:
                highest[u] = v
                if u != v:
                    parent[u] = v
    return parent


@njit()
def _branch_by_branch(parent: Any) -> Any:
    """Return the nodes in an order that goes down each branch of the tree before the next."""
    nodes = len(parent)
    child = np.full(nodes, -1, dtype=np.int64)
    sibling = np.full(nodes, -1, dtype=np.int64)
    for v in range(nodes - 1, -1, -1):
        if parent[v] >= 0:
            sibling[v] = child[parent[v]]
            child[parent[v]] = v
    order = np.empty(nodes, dtype=np.int64)
    waiting = np.empty(nodes, dtype=np.int64)
    placed = 0
    for root in range(nodes):
        if parent[root] >= 0:
            continue
        waiting[0] = root
        count = 1
        while count > 0:
            count -= 1
            v = waiting[count]
            order[placed] = v
            placed += 1
            branch = child[v]
            while branch >= 0:
                waiting[count] = branch
                count += 1
                branch = sibling[branch]
    return order


def order_nodes(
    nodes: int, edge_from: NDArray[np.int32], edge_to: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Return the order in which nodes are numbered."""
    from scipy.sparse.linalg import splu  # noqa: PLC0415 - only building a network needs it

    if nodes == 0:
        return np.empty(0, dtype=np.int64)
    joins = sp.coo_array(
        (np.ones(len(edge_from)), (edge_from, edge_to)), shape=(nodes, nodes)
    ).tocsr()
    joins = ((joins + joins.T) != 0).astype(np.float64)
    joins.setdiag(0.0)
    joins.eliminate_zeros()
    laplacian = sp.diags_array(joins.sum(axis=1) + 1.0) - joins
    factors = splu(
        sp.csc_matrix(laplacian),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    number = nodes - 1 - np.asarray(factors.perm_c, dtype=np.int64)  # the last taken out is node 0
    old = np.empty(nodes, dtype=np.int64)
    old[number] = np.arange(nodes)
    renumbered = joins[old][:, old].tocsr()
    order = _branch_by_branch(_parents(renumbered.indptr, renumbered.indices))
    return np.asarray(old[order], dtype=np.int64)

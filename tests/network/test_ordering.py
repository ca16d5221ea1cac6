"""The order of nodes: the same each time, every node once, and good for the engine."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from eh_access.network.model import Network
from eh_access.network.ordering import order_nodes
from eh_access.routing.engine.topology import build_topology
from strategies_routing import towns
from toys import grid_town


@settings(max_examples=60)
@given(town=towns())
def test_every_node_once_and_the_same_each_time(town: Network) -> None:
    ends = town.edge_from, town.edge_to
    order = order_nodes(town.node_count, *ends)
    assert sorted(order.tolist()) == list(range(town.node_count))
    assert np.array_equal(order, order_nodes(town.node_count, *ends))


@settings(max_examples=60)
@given(town=towns())
def test_each_branch_of_the_tree_has_consecutive_numbers(town: Network) -> None:
    order = order_nodes(town.node_count, town.edge_from, town.edge_to)
    new = np.empty(town.node_count, dtype=np.int32)
    new[order] = np.arange(town.node_count)
    tree = build_topology(town.node_count, new[town.edge_from], new[town.edge_to])
    size = np.ones(town.node_count, dtype=np.int64)
    for v in range(town.node_count - 1, -1, -1):
        if tree.parent[v] >= 0:
            assert tree.parent[v] < v
            size[tree.parent[v]] += size[v]
    for v in range(town.node_count):  # all of a branch lies between its top and its top + its size
        below = [u for u in range(town.node_count) if on_path(tree.parent, u, v)]
        assert below == list(range(v, v + size[v]))


def on_path(parent: np.ndarray, node: int, top: int) -> bool:
    """Whether the way from a node to its root passes ``top``."""
    while node >= 0 and node != top:
        node = int(parent[node])
    return node == top


def test_far_fewer_shortcuts_than_by_chance() -> None:
    town = grid_town(25, 25)
    by_chance = np.random.default_rng(1).permutation(town.node_count)
    arcs = {}
    for name, order in (
        ("ours", order_nodes(town.node_count, town.edge_from, town.edge_to)),
        ("chance", by_chance),
    ):
        new = np.empty(town.node_count, dtype=np.int32)
        new[order] = np.arange(town.node_count)
        tree = build_topology(town.node_count, new[town.edge_from], new[town.edge_to])
        arcs[name] = len(tree.upper)
    assert arcs["ours"] * 3 < arcs["chance"]

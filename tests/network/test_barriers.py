"""Gates, bollards, stiles and kerbs: who is stopped, and who walks by."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.modes import CYCLE, DRIVE, MODES, PUSHCHAIR, WALK, TravelMode
from eh_access.network.build import build_network, kept_point_tags
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS, Network
from eh_access.network.rules import evaluate
from ways import BARRIERS, GRID, Way, arcs_graph, place, raw_ways, some_ways

ROAD = {"highway": "residential"}
FOOT = {"highway": "footway"}
POINT = {"point": "yes"}
RAISED = {"kerb": "raised", **POINT}


def passes(network: Network, mode: TravelMode, start: int, goal: int) -> bool:
    """Tell whether any end of any street at one grid point reaches any at another."""
    graph = arcs_graph(network, mode)
    xy = np.column_stack([network.node_x, network.node_y])
    here, there = (
        np.flatnonzero(np.hypot(*(xy - place(ref)).T) < 0.02).tolist() for ref in (start, goal)
    )
    assert here
    assert there
    return any(nx.has_path(graph, a, b) for a in here for b in there)


@pytest.mark.parametrize(
    ("barrier", "passing"),
    [
        ({"barrier": "bollard"}, {"walk", "pushchair", "wheelchair", "cycle"}),
        ({"barrier": "gate"}, {"walk", "pushchair", "wheelchair", "cycle", "drive"}),
        ({"barrier": "gate", "access": "private"}, set()),
        (
            {"barrier": "gate", "access": "private", "foot": "yes"},
            {"walk", "pushchair", "wheelchair"},
        ),
        (
            {"barrier": "lift_gate", "access": "private"},
            {"walk", "pushchair", "wheelchair", "cycle"},
        ),
        ({"barrier": "stile"}, {"walk"}),
        ({"barrier": "cycle_barrier"}, {"walk", "cycle"}),
        ({"barrier": "fence"}, set()),
    ],
)
def test_a_barrier_in_the_middle_of_a_road(barrier: dict[str, str], passing: set[str]) -> None:
    network = build_network(raw_ways([([0, 1, 2], ROAD)], barriers={1: {**barrier, **POINT}}))
    assert {name for name, mode in MODES.items() if passes(network, mode, 0, 2)} == passing


def test_both_sides_of_a_barrier_can_still_be_reached() -> None:
    barriers = {1: {"barrier": "bollard", **POINT}}
    network = build_network(
        raw_ways([([0, 1, 2], ROAD), ([2, 6, 5, 4, 0], ROAD)], barriers=barriers)
    )
    assert passes(network, DRIVE, 0, 2), "the long way round"
    cost = edge_cost(network, DRIVE)
    streets = network.length_m > 0
    assert cost.main[streets].all()
    assert not cost.main[~streets].any(), "nothing is placed on a barrier"
    assert (cost.forward_ds[~streets] == CLOSED_DS).all()
    assert (edge_cost(network, WALK).forward_ds[~streets] == 0).all()


def test_each_way_that_ends_at_a_barrier_gets_an_end_of_its_own() -> None:
    # three ways meet at a gate: no two of them are joined but through it
    ways: list[Way] = [([0, 5], ROAD), ([5, 10], ROAD), ([5, 6], FOOT)]
    network = build_network(raw_ways(ways, barriers={5: {"barrier": "stile", **POINT}}))
    assert (network.length_m == 0).sum() == 3
    assert network.node_count == 3 + 3 + 1
    assert (network.edge_way[network.length_m == 0] == 0).all()
    assert not passes(network, PUSHCHAIR, 0, 10)
    assert not passes(network, PUSHCHAIR, 0, 6)
    assert passes(network, WALK, 0, 6)


def test_a_barrier_where_a_way_ends_for_good_changes_nothing() -> None:
    ways: list[Way] = [([0, 1, 2], ROAD)]
    network = build_network(raw_ways(ways, barriers={2: {"barrier": "gate", **POINT}}))
    assert network.edge_count == 1


def test_a_raised_kerb_stops_those_who_leave_the_road_not_those_on_it() -> None:
    # road 0-1-2 crossed at 1 by a footway 5-1 on one side
    ways: list[Way] = [([0, 1, 2], ROAD), ([5, 1], FOOT)]
    network = build_network(raw_ways(ways, barriers={1: RAISED}))
    assert passes(network, PUSHCHAIR, 0, 2)
    assert not passes(network, PUSHCHAIR, 0, 5)
    assert passes(network, WALK, 0, 5)
    assert passes(network, CYCLE, 0, 5)


def test_a_kerb_on_a_footway_stands_in_it() -> None:
    network = build_network(
        raw_ways([([0, 1, 2], FOOT)], barriers={1: {"kerb": "raised", **POINT}})
    )
    assert not passes(network, PUSHCHAIR, 0, 2)
    assert passes(network, WALK, 0, 2)


def test_a_kerb_on_a_road_alone_is_nothing() -> None:
    network = build_network(
        raw_ways([([0, 1, 2], ROAD)], barriers={1: {"kerb": "raised", **POINT}})
    )
    assert network.edge_count == 1


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        ({}, {}),
        ({"highway": "traffic_signals"}, {}),
        ({"highway": "crossing"}, {"crossing": "yes", "point": "yes"}),
        ({"highway": "crossing", "kerb": "flush"}, {}),
        ({"highway": "crossing", "kerb": "raised"}, {"kerb": "raised", "point": "yes"}),
        ({"barrier": "kerb"}, {"barrier": "kerb", "point": "yes"}),
        ({"barrier": "kerb", "kerb": "lowered"}, {}),
        ({"kerb": "raised"}, {"kerb": "raised", "point": "yes"}),
        (
            {"barrier": "gate", "kerb": "lowered", "material": "wood"},
            {"barrier": "gate", "kerb": "lowered", "point": "yes"},
        ),
        ({"access": "private", "entrance": "main"}, {}),
    ],
)
def test_which_points_may_stand_in_the_way(tags: dict[str, str], kept: dict[str, str]) -> None:
    assert kept_point_tags(tags) == kept


@given(some_ways(), st.dictionaries(st.integers(0, GRID * GRID - 1), st.sampled_from(BARRIERS)))
def test_barriers_only_ever_close_and_cost_no_time(
    ways: list[Way], barriers: dict[int, dict[str, str]]
) -> None:
    if not any(evaluate(tags, WALK).is_open and len(set(refs)) > 1 for refs, tags in ways):
        return
    free = build_network(raw_ways(ways))
    barred = build_network(raw_ways(ways, barriers=barriers))
    assert barred.length_m.sum() == pytest.approx(free.length_m.sum())
    for mode in (WALK, replace(DRIVE, junction_delay_s=0)):
        before, after = arcs_graph(free, mode), arcs_graph(barred, mode)
        closed_at = {ref for ref, tags in barriers.items() if not evaluate(tags, mode).is_open}
        start = int(free.edge_from[0])
        at = np.column_stack([free.node_x, free.node_y])
        barred_at = np.column_stack([barred.node_x, barred.node_y])
        reach = nx.single_source_dijkstra_path_length(before, start, weight="ds")
        copies = np.flatnonzero(np.hypot(*(barred_at - at[start]).T) < 0.02).tolist()
        again = nx.multi_source_dijkstra_path_length(after, set(copies), weight="ds")
        for node in range(free.node_count):
            ends = np.flatnonzero(np.hypot(*(barred_at - at[node]).T) < 0.02).tolist()
            best = min((again[end] for end in ends if end in again), default=None)
            if best is not None:
                # cut at a barrier, an edge is rounded once more
                assert best >= reach[node] - len(barriers)
            if not closed_at:
                assert (best is None) == (node not in reach)

"""What holds of the engines whatever the streets: choice, threads, shapes, determinism."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eh_access.arguments import SearchOptions
from eh_access.errors import InputError
from eh_access.modes import DRIVE, MODES, WALK
from eh_access.network.model import Network
from eh_access.routing import search
from eh_access.routing.engine import batches, sweep
from eh_access.routing.engine.hierarchy import customise
from eh_access.routing.engine.topology import build_topology
from eh_access.routing.search import Job, choose, deciseconds, minutes_from_nodes
from oracles import arcs, scipy_minutes
from strategies_routing import towns
from toys import STREET, grid_town, parallel_edges, toy_network

DIRECTIONS = ("from_sites", "to_sites")


@settings(max_examples=60)
@given(town=towns(), data=st.data())
def test_the_matrix_handed_out_holds_what_the_engine_uses(
    town: Network, data: st.DataObject
) -> None:
    mode = data.draw(st.sampled_from(list(MODES.values())))
    cheapest: dict[tuple[int, int], int] = {}
    for u, v, ds in arcs(town, mode):
        cheapest[u, v] = min(ds, cheapest.get((u, v), ds))
    matrix = town.to_csr(mode).tocoo()
    ours = {
        (int(u), int(v)): ds
        for u, v, ds in zip(matrix.row, matrix.col, np.rint(matrix.data * 10), strict=True)
    }
    assert ours == cheapest
    turned = town.to_csr(mode, direction="to_sites")
    assert np.array_equal(turned.toarray(), town.to_csr(mode).toarray().T)


def test_of_parallel_streets_the_cheapest_and_a_gate_that_costs_nothing() -> None:
    assert parallel_edges().to_csr(WALK).toarray()[0, 1] == 120.0
    gate = toy_network([(0, 1, 0.0, STREET)], [(0, 0), (0, 0)])
    matrix = gate.to_csr(WALK)
    assert matrix.nnz == 2
    assert matrix.data.tolist() == [0.0, 0.0]
    with pytest.raises(InputError, match="direction is 'both'"):
        gate.to_csr(WALK, direction="both")  # type: ignore[arg-type]


@pytest.mark.parametrize("sites", [1, 15, 16, 17, 40, 48, 64, 65, 130])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_any_number_of_sites_against_scipy(sites: int, direction: str) -> None:
    town = grid_town(13, 11)
    nodes = np.random.default_rng(sites).integers(0, town.node_count, sites).tolist()
    theirs = scipy_minutes(town, DRIVE, nodes, direction)
    for name in ("queue", "hierarchy"):
        options = SearchOptions(engine=name)  # type: ignore[arg-type]
        ours = town.one_to_all(nodes, mode=DRIVE, direction=direction, options=options)  # type: ignore[arg-type]
        assert ours.shape == (town.node_count, sites)
        assert ours.dtype == np.float32
        assert np.array_equal(np.rint(ours * 600), np.rint(theirs * 600))
        some = [5, 0, 5, 142]
        how = {"mode": DRIVE, "direction": direction, "options": options}
        assert np.array_equal(town.one_to_all(nodes, rows=some, **how), ours[some])  # type: ignore[arg-type]


@pytest.mark.parametrize("how", [sweep.AS_MINUTES, sweep.PAST_CACHE])
def test_minutes_are_deciseconds_divided_and_rounded_once(how: int) -> None:
    """A road of nodes a decisecond apart, and sites 131,072 ds apart: every number turns up."""
    nodes = 1 << 17
    every = np.arange(nodes - 1, dtype=np.int32)
    tree = build_topology(nodes, every, every + 1)
    one_ds = np.ones(nodes - 1, dtype=np.int32)
    metric = customise(tree, one_ds, one_ds)
    seeds = np.zeros((20, 1, 2), dtype=np.int32)
    seeds[:, 0, 1] = nodes * np.arange(20)  # each site's lane takes up where the last leaves off
    rows = batches.aligned_rows(nodes, 24)
    batches.sweep_batch(metric, seeds, rows, how=how)
    every_ds = np.arange(20 * nodes, dtype=np.float32).reshape(20, nodes).T
    assert np.array_equal(rows[:, :20], every_ds / np.float32(600))


def test_nodes_found_sooner_again_and_again_do_not_overflow_the_queue() -> None:
    """A street along which each node has a shorter way to a hub than the last, inside one bucket.

    Each time, the hub and all its neighbours wait once more: far oftener than there are streets.
    """
    bucket, steps, leaves = 64, 12, 400
    hub = steps + 1
    ds = [(i, i + 1, 1) for i in range(steps)]
    ds += [(i, hub, bucket - 2 - 4 * i) for i in range(steps + 1)]
    ds += [(hub, hub + 1 + leaf, 2 * bucket + leaf % 7) for leaf in range(leaves)]
    ds += [(hub + leaves, hub + leaves + 1, 1024 * bucket - 1)]  # makes buckets 64 ds wide
    streets = [(u, v, cost / 10 * 4.8 / 3.6, STREET) for u, v, cost in ds]
    town = toy_network(streets, [(0, 0)] * (hub + leaves + 2))
    found = [
        town.one_to_all([0] * 3, mode=WALK, options=SearchOptions(engine=name, threads=1))
        for name in ("queue", "hierarchy")
    ]
    assert np.array_equal(*found)
    assert np.isfinite(found[0]).all()


@pytest.mark.parametrize("past_bytes", [0, 1 << 40])
def test_several_batches_however_they_are_written(
    past_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "PAST_CACHE_BYTES", past_bytes)
    monkeypatch.setattr(batches, "CELLS_PER_WORKER", 64)
    town = grid_town(20, 17)
    nodes = np.random.default_rng(5).integers(0, town.node_count, 203).tolist()
    rows = np.random.default_rng(6).integers(0, town.node_count, 500)
    options = SearchOptions(engine="hierarchy", threads=2)
    expected = town.one_to_all(nodes, mode=WALK, options=SearchOptions(engine="queue"))
    assert np.array_equal(town.one_to_all(nodes, mode=WALK, options=options), expected)
    some = town.one_to_all(nodes, mode=WALK, options=options, rows=rows)
    assert np.array_equal(some, expected[rows])


def test_rows_that_begin_inside_half_a_line_are_refused() -> None:
    town = grid_town(3, 3)
    metric = search.metric(town, WALK, direction="from_sites")
    crooked = batches.aligned_rows(town.node_count + 1, 8).ravel()[1:].view()[: 8 * 9].reshape(9, 8)
    with pytest.raises(ValueError, match="aligned_rows"):
        batches.sweep_batch(metric, np.zeros((1, 1, 2), dtype=np.int32), crooked)


@settings(max_examples=40)
@given(town=towns(), order=st.randoms(use_true_random=False))
def test_any_order_of_nodes_gives_the_same_minutes(town: Network, order: object) -> None:
    """Orders that go down no branch at a time leave more loose nodes, and no other answer."""
    number = list(range(town.node_count))
    order.shuffle(number)  # type: ignore[attr-defined]
    new = np.array(number, dtype=np.int32)
    mixed_from, mixed_to = new[town.edge_from], new[town.edge_to]
    tree = build_topology(town.node_count, mixed_from, mixed_to)
    covered = [v for first, last in tree.branches for v in range(first, last)] + tree.top.tolist()
    assert sorted(covered) == list(range(town.node_count))
    cost = search.edge_cost(town, DRIVE)
    metric = customise(tree, cost.forward_ds, cost.backward_ds)
    seeds = np.zeros((town.node_count, 1, 2), dtype=np.int32)
    seeds[:, 0, 0] = new
    ours = batches.minutes_everywhere(metric, seeds, workers=2)[new]
    theirs = scipy_minutes(town, DRIVE, list(range(town.node_count)), "from_sites")
    assert np.array_equal(np.rint(ours * 600), np.rint(theirs * 600))


@pytest.mark.parametrize("name", ["queue", "hierarchy"])
def test_several_callers_at_once_get_what_one_gets(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "CELLS_PER_WORKER", 64)  # so that small jobs use threads too
    town = grid_town(30, 30)
    nodes = list(range(0, 900, 13))
    options = SearchOptions(engine=name, threads=2)  # type: ignore[arg-type]

    def ask(_: int) -> np.ndarray:
        return minutes_from_nodes(town, nodes, mode=WALK, options=options)

    alone = SearchOptions(engine=name, threads=1)  # type: ignore[arg-type]
    expected = minutes_from_nodes(town, nodes, mode=WALK, options=alone)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(ask, range(24)):
            assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", ["queue", "hierarchy"])
def test_nothing_beyond_the_limit_and_all_that_is_within(name: str) -> None:
    town = grid_town(8, 8)
    seeds = np.zeros((3, 1, 2), dtype=np.int32)
    seeds[:, 0, 0] = 0, 20, 63
    every = np.arange(town.node_count, dtype=np.int32)[:, None]
    options = SearchOptions(engine=name)  # type: ignore[arg-type]
    whole, bounded = (
        deciseconds(
            town,
            WALK,
            Job(seeds=seeds, places=(every, np.zeros_like(every)), direction="to_sites", **limit),
            options=options,
        )
        for limit in ({}, {"limit_ds": 4800})
    )
    assert np.array_equal(bounded, np.where(whole <= 4800, whole, search.CLOSED_DS))
    assert (bounded == 4800).any()


def test_the_choice_of_engine_is_logged_and_follows_what_is_ready(
    caplog: pytest.LogCaptureFixture,
) -> None:
    town, auto = grid_town(4, 4), SearchOptions()
    with caplog.at_level(logging.INFO):
        assert choose(town, WALK, "to_sites", search.HIERARCHY_PAYS_FROM - 1, auto) == "queue"
        assert choose(town, WALK, "to_sites", search.HIERARCHY_PAYS_FROM, auto) == "hierarchy"
        search.topology(town)
        assert choose(town, WALK, "to_sites", search.CUSTOMISING_PAYS_FROM, auto) == "hierarchy"
        search.metric(town, WALK, direction="to_sites")
        assert choose(town, WALK, "to_sites", 1, auto) == "hierarchy"
        assert choose(town, WALK, "from_sites", 1, auto) == "queue"
    assert "not sorted yet" in caplog.text
    assert "sorted for this mode already" in caplog.text

"""How long our own engine takes, part by part, on one network."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import eh_access as eh
from eh_access.arguments import SearchOptions
from eh_access.network.cost import edge_cost
from eh_access.routing.engine.batches import aligned_rows, lanes_for, manner_of_writing, sweep_batch
from eh_access.routing.engine.hierarchy import customise
from eh_access.routing.matrix import nearest_from_nodes
from eh_access.routing.search import metric, minutes_from_nodes, topology

ONE = SearchOptions(engine="hierarchy", threads=1)
TWO = SearchOptions(engine="hierarchy", threads=2)
QUEUE = SearchOptions(engine="queue", threads=1)
SEED = 20181022


@dataclass(frozen=True)
class Spent:
    """Seconds of some runs, and of the processor in them where that was measured."""

    seconds: tuple[float, ...]
    processor: tuple[float, ...] = ()

    @property
    def least(self) -> float:
        """The quickest run: what the machine can do when nothing disturbs it."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """The middle run."""
        return statistics.median(self.seconds)

    def both(self) -> str:
        """Return the same with the median of the processor's time."""
        return f"{self.ms()}; processor {statistics.median(self.processor) * 1e3:,.0f}"

    def ms(self) -> str:
        """Return the median, and the least in brackets, in milliseconds."""
        return f"{self.median * 1e3:,.2f} ({self.least * 1e3:,.2f})"


def timed(work: Callable[[], Any], repeats: int = 1) -> tuple[Spent, Any]:
    """Return the seconds of each run, and the last result."""
    seconds, processor, result = [], [], None
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        result = work()
        seconds.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    return Spent(tuple(seconds), tuple(processor)), result


def paired(works: Sequence[Callable[[], Any]], rounds: int, each: Sequence[int]) -> list[Spent]:
    """Time several works by turns, so that a busy moment falls on all of them.

    ``each`` says how often each is run in a round.
    """
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for number, work in enumerate(works):
            seconds[number] += timed(work, each[number])[0].seconds
    return [Spent(tuple(runs)) for runs in seconds]


def chosen_sites(network: eh.Network, count: int) -> np.ndarray:
    """Return nodes to search from, the same each time."""
    rng = np.random.default_rng(SEED)
    return np.sort(rng.choice(network.node_count, min(count, network.node_count), replace=False))


def write_floor_ns(rows: int, lanes: int) -> tuple[float, float]:
    """Return nanoseconds to write one float32: into memory held already, and into fresh memory."""
    table = aligned_rows(rows, lanes)
    held, _ = timed(lambda: table.fill(1.0), 9)
    fresh, _ = timed(lambda: aligned_rows(rows, lanes).fill(1.0), 5)
    return held.least / table.size * 1e9, fresh.least / table.size * 1e9


def peak_mb(work: Callable[[], Any]) -> float:
    """Return the most extra memory some work held at once, its result included, in megabytes."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


@dataclass(frozen=True)
class Parts:
    """What getting ready and asking take on one network, walking from the sites."""

    network: eh.Network
    sites: np.ndarray
    topology: Spent
    customise: Spent
    ask: Spent
    nearest: Spent
    queue_per_site: Spent


def measure(network: eh.Network, sites: int, *, repeats: int) -> Parts:
    """Time each part on one network."""
    chosen = chosen_sites(network, sites)
    cost = edge_cost(network, eh.WALK)
    minutes_from_nodes(network, chosen, mode=eh.WALK, options=ONE)
    nearest_from_nodes(network, chosen, mode=eh.WALK)
    minutes_from_nodes(network, chosen[:1], mode=eh.WALK, options=QUEUE)
    few = max(3, repeats // 5)
    tree = topology(network)
    from eh_access.routing.engine.topology import build_topology

    return Parts(
        network=network,
        sites=chosen,
        topology=timed(
            lambda: build_topology(network.node_count, network.edge_from, network.edge_to), few
        )[0],
        customise=timed(lambda: customise(tree, cost.forward_ds, cost.backward_ds), few)[0],
        ask=timed(lambda: minutes_from_nodes(network, chosen, mode=eh.WALK, options=ONE), repeats)[
            0
        ],
        nearest=timed(lambda: nearest_from_nodes(network, chosen, mode=eh.WALK), few)[0],
        queue_per_site=timed(
            lambda: minutes_from_nodes(network, chosen[:1], mode=eh.WALK, options=QUEUE), few
        )[0],
    )


def sweep_into_held_memory(network: eh.Network, sites: np.ndarray, repeats: int) -> Spent:
    """Time the engine alone, writing where somebody has written before."""
    sorted_streets = metric(network, eh.WALK, direction="from_sites")
    rows = aligned_rows(network.node_count, lanes_for(len(sites)))
    seeds = np.zeros((len(sites), 1, 2), dtype=np.int32)
    seeds[:, 0, 0] = sites
    return timed(
        lambda: sweep_batch(sorted_streets, seeds, rows, how=manner_of_writing(rows)), repeats
    )[0]

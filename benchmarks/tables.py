"""The tables of docs/benchmarks.md, each worked out by one function."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import dijkstra

import eh_access as eh
from eh_access.network.cost import edge_cost
from eh_access.network.edit import AddLink, CloseStreet, change_streets
from eh_access.network.io import read_network_file, write_network
from eh_access.routing.engine.hierarchy import customise
from eh_access.routing.matrix import nearest_from_nodes
from eh_access.routing.search import metric, minutes_from_nodes, topology
from measure import (
    ONE,
    QUEUE,
    SEED,
    TWO,
    Spent,
    chosen_sites,
    paired,
    peak_mb,
    sweep_into_held_memory,
    timed,
    write_floor_ns,
)

if TYPE_CHECKING:
    from peers import Peer

Rows = list[tuple[str, ...]]
DS_PER_S = 10
LARGE = 1_000_000
"""Nodes from which on the bar beside the speed of memory holds."""
BARS_FROM = 75_000
"""Nodes from which on the bars of speed hold."""
OWN_ORDER = "a caller's own node order (`rows=`)"
"""The row whose bar holds on small networks too."""
BEST_LIBRARY = 20
"""How many times the best other library we mean to be."""
DS_PER_MIN = 600
WALK = eh.WALK


def verdict(value: float, bar: float, *, least: bool = True) -> str:
    """Say whether a bar is met: at least so much, or at most."""
    met = value >= bar if least else value <= bar
    return f"{'at least' if least else 'at most'} {bar:g}: {'met' if met else 'missed'}"


def differences_ds(ours_min: np.ndarray, truth_s: np.ndarray) -> float:
    """Return the largest difference in deciseconds; inf where only one finds a way."""
    reached = np.isfinite(truth_s)
    if not np.array_equal(reached, np.isfinite(ours_min)):
        return float("inf")
    ours, truth = ours_min[reached] * DS_PER_MIN, truth_s[reached] * DS_PER_S
    return float(np.abs(np.rint(ours) - np.rint(truth)).max(initial=0.0))


def exactness(networks: Sequence[tuple[str, eh.Network, int]]) -> Rows:
    """Hold every mode, both directions and both engines against scipy."""
    rows: Rows = []
    for name, network, count in networks:
        sites = chosen_sites(network, count)
        worst = 0.0
        for mode in eh.MODES.values():
            for direction in ("from_sites", "to_sites"):
                matrix = network.to_csr(mode, direction=direction)
                truth = dijkstra(matrix, indices=sites).T
                for options in (ONE, QUEUE):
                    ours = minutes_from_nodes(
                        network, sites, mode=mode, direction=direction, options=options
                    )
                    worst = max(worst, differences_ds(ours, truth))
        cases = f"{len(eh.MODES)} modes, 2 directions, 2 engines, {len(sites)} sites"
        rows.append((name, f"{network.node_count:,}", cases, f"{worst:g}"))
    return rows


def against_scipy(network: eh.Network, rounds: int, mode: eh.TravelMode = WALK) -> Rows:
    """Time our engine and scipy by turns on one network, 40 sites, one thread."""
    sites = chosen_sites(network, 40)
    matrix = network.to_csr(mode)
    cost = edge_cost(network, mode)
    tree = topology(network)
    # where each node of a caller's own numbering stands in ours
    own = np.random.default_rng(SEED).permutation(network.node_count)

    def ask() -> np.ndarray:
        return minutes_from_nodes(network, sites, mode=mode, options=ONE)

    def ask_after_change() -> np.ndarray:
        network._memory["metric", mode, "from_sites"] = customise(  # noqa: SLF001 - timed apart
            tree, cost.forward_ds, cost.backward_ds
        )
        return ask()

    nearest_from_nodes(network, sites, mode=mode)
    spent = paired(
        [
            lambda: dijkstra(matrix, indices=sites),
            ask,
            lambda: minutes_from_nodes(network, sites, mode=mode, options=ONE, rows=own),
            ask_after_change,
            lambda: dijkstra(matrix, indices=sites, min_only=True),
            lambda: nearest_from_nodes(network, sites, mode=mode),
            lambda: minutes_from_nodes(network, sites, mode=mode, options=TWO),
        ],
        rounds,
        (1, 15, 7, 3, 3, 7, 7),
    )
    scipy, ours, ordered, changed, min_only, nearest, two = spent
    cells = network.node_count * len(sites)
    table = [
        ("scipy `dijkstra`", scipy, None, 0.0),
        ("engine order", ours, scipy, 200.0),
        (OWN_ORDER, ordered, scipy, 80.0),
        ("costs worked out anew, then engine order", changed, scipy, 15.0),
        ("scipy `dijkstra(min_only=True)`", min_only, None, 0.0),
        ("nearest only, with which it is", nearest, min_only, 8.0),
        ("engine order, two threads", two, scipy, 0.0),
    ]
    return [
        (
            name,
            one.ms(),
            f"{one.median / cells * 1e9:.2f} ({one.least / cells * 1e9:.2f})",
            "" if peer is None else f"{ratio(peer, one)}",
            verdict(peer.median / one.median, bar) if peer and bar else "",
        )
        for name, one, peer, bar in table
    ]


def ratio(peer: Spent, ours: Spent) -> str:
    """Return the ratio of medians, and of the least of each in brackets."""
    return f"{peer.median / ours.median:,.0f} ({peer.least / ours.least:,.0f})"


def against_peers(network: eh.Network, peers: Sequence[Peer]) -> Rows:
    """Time everybody on one network: 40 sites, one thread, walking to the sites."""
    sites = chosen_sites(network, 40)
    matrix = network.to_csr(WALK)
    matrix.data *= DS_PER_S
    xy = np.column_stack([network.node_x, network.node_y])
    metric(network, WALK, direction="to_sites")
    ours: dict[str, Spent] = {}
    answer = np.empty(0)
    for name, options in (("hierarchy", ONE), ("queue", QUEUE)):
        minutes_from_nodes(network, sites, mode=WALK, direction="to_sites", options=options)
        ours[name], answer = timed(
            lambda options=options: minutes_from_nodes(
                network, sites, mode=WALK, direction="to_sites", options=options
            ),
            15 if name == "hierarchy" else 3,
        )
    rows: Rows = [(f"eh_access, {name}", "", one.ms(), "", "") for name, one in ours.items()]
    best = ours["hierarchy"]
    quickest = (np.inf, 0)
    for peer in peers:
        build, graph = timed(lambda peer=peer: peer.build(matrix, xy))
        asked = sites[: peer.most_sites].tolist()
        spent, found = timed(lambda: peer.ask(graph, asked), peer.repeats)  # noqa: B023
        factor = len(sites) / len(asked)
        reached = np.isfinite(found)
        same = np.array_equal(reached, np.isfinite(answer[:, : len(asked)])) and np.allclose(
            found[reached], answer[:, : len(asked)][reached] * DS_PER_MIN, rtol=0, atol=0.5
        )
        note = f"{len(asked)} sites asked, times {factor:g}" if factor > 1 else ""
        seconds = Spent(tuple(s * factor for s in spent.seconds))
        times = f"{seconds.median / best.median:,.0f}"
        agreed = "same answer" if same else "ANOTHER ANSWER"
        quickest = min(quickest, (seconds.median / best.median, len(rows)))
        rows.append(
            (
                peer.name,
                f"{build.median * 1e3:,.0f}",
                seconds.ms(),
                times,
                "; ".join(x for x in (agreed, note) if x),
            )
        )
    times, row = quickest
    if network.node_count >= BARS_FROM:
        bar = f"{rows[row][-1]}; the best of them: {verdict(times, BEST_LIBRARY)}"
        rows[row] = (*rows[row][:-1], bar)
    return rows


def at_the_floor(network: eh.Network, sites: int, repeats: int) -> Rows:
    """Set nanoseconds per node and site beside what writing the answer alone takes."""
    chosen = chosen_sites(network, sites)
    cells = network.node_count * len(chosen)
    ours, _ = timed(lambda: minutes_from_nodes(network, chosen, mode=WALK, options=ONE), repeats)
    held = sweep_into_held_memory(network, chosen, repeats)
    floor, fresh = write_floor_ns(network.node_count, sites)
    size = f"{network.node_count:,} nodes, {sites} sites"

    def row(what: str, seconds: float, least: float) -> tuple[str, ...]:
        ns = seconds / cells * 1e9
        return (
            size,
            what,
            f"{ns:.2f}",
            f"{least:.2f}",
            f"{ns / least:.1f}",
            verdict(ns / least, 3, least=False) if network.node_count >= LARGE else "",
        )

    return [
        row("into memory held already", held.least, floor),
        row("into fresh memory, as a user asks", ours.least, fresh),
    ]


def scenarios(network: eh.Network) -> Rows:
    """Time changed streets from the change to the answer."""
    sites = chosen_sites(network, 40)
    topology(network)
    x, y = network.node_x[0], network.node_y[0]
    changes = {
        "one street closed": [CloseStreet(edges=(network.edge_count // 2,))],
        "a footbridge added": [AddLink(start=(x, y), end=(x + 80, y + 80), max_join_m=200.0)],
    }
    rows: Rows = []
    for name, change in changes.items():
        parts: dict[str, list[float]] = {}
        for _ in range(5):
            clock = time.perf_counter()

            def lap(part: str) -> None:
                nonlocal clock
                now = time.perf_counter()
                parts.setdefault(part, []).append(now - clock)  # noqa: B023
                clock = now

            after = change_streets(network, change)
            lap("change")
            edge_cost(after, WALK)
            lap("rules and costs")
            topology(after)
            lap("shortcuts")
            metric(after, WALK, direction="from_sites")
            lap("customise")
            minutes_from_nodes(after, sites, mode=WALK, options=ONE)
            lap("40 sites")
        medians = {part: statistics.median(runs) * 1e3 for part, runs in parts.items()}
        said = ", ".join(f"{part} {ms:,.1f}" for part, ms in medians.items())
        rows.append((name, f"{network.node_count:,}", f"{sum(medians.values()):,.0f}", said))
    return rows


def loading(networks: Sequence[tuple[str, eh.Network, float]], newport: Path) -> Rows:
    """Time reading saved networks."""
    rows: Rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, network, bar_ms in networks:
            path = newport if name == "Newport" else Path(folder) / "network.npz"
            if name != "Newport":
                write_network(network, path)
            read_network_file(path)
            spent, _ = timed(lambda path=path: read_network_file(path), 7)
            size = f"{path.stat().st_size / 1e6:,.1f} MB"
            held = verdict(spent.median * 1e3, bar_ms, least=False)
            rows.append((name, f"{network.node_count:,}", size, spent.ms(), held))
    return rows


def memory(network: eh.Network) -> Rows:
    """Return the most extra memory of the main jobs."""
    sites = chosen_sites(network, 40)
    fresh = change_streets(network, [CloseStreet(edges=(0,))])
    edge_cost(fresh, WALK)
    jobs: list[tuple[str, Callable[[], object]]] = [
        ("topology, if not known yet", lambda: topology(change_free(fresh))),
        ("customise", lambda: metric(fresh, WALK, direction="from_sites")),
        ("40 sites, all nodes", lambda: minutes_from_nodes(network, sites, mode=WALK, options=ONE)),
        ("nearest of 40 sites, all nodes", lambda: nearest_from_nodes(network, sites, mode=WALK)),
    ]
    return [(name, f"{network.node_count:,}", f"{peak_mb(work):,.0f} MB") for name, work in jobs]


def change_free(network: eh.Network) -> eh.Network:
    """Return the same streets with nothing remembered."""
    from dataclasses import replace

    return replace(network, _memory={})

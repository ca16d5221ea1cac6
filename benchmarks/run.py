"""Time eh_access beside its peers, in one run, and write docs/benchmarks.md.

``make bench`` installs the peers and runs this. ``--quick`` leaves out the slow programs and the
commands and writes nothing: a look while working.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

import eh_access as eh
from commands import command_rows
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS
from eh_access.routing.engine import SearchOptions, minutes_from_nodes
from eh_access.sources import bundled
from machine import describe_machine, versions
from peers import PEERS, Answer, Peer

ROOT = Path(__file__).resolve().parent.parent
SITES = 40
OUR_REPEATS = 51
BARS = {"scipy": {1: 4.0, 2: 8.0}, "pandana": {1: 10.0}, "networkx": {1: 60.0}}
OURS = (
    SearchOptions(engine="hierarchy", threads=1),
    SearchOptions(engine="hierarchy", threads=2),
    SearchOptions(engine="queue", threads=1),
    SearchOptions(engine="queue", threads=2),
)
DS_PER_MIN = 600


@dataclass(frozen=True)
class Timed:
    """Seconds of one program, and what it answered."""

    name: str
    build_s: float
    ask_s: float
    answer: Answer
    note: str = ""

    @property
    def total_s(self) -> float:
        """Seconds of building and asking once."""
        return self.build_s + self.ask_s


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds some work took, and its result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def time_peer(peer: Peer, matrix: Any, xy: np.ndarray, sites: Sequence[int]) -> Timed:
    """Time one peer: median of several asks."""
    build_s, graph = timed(lambda: peer.build(matrix, xy))
    asked = list(sites)[: peer.most_sites]
    runs = [timed(lambda: peer.ask(graph, asked)) for _ in range(peer.repeats)]
    factor = len(sites) / len(asked)
    note = f"{len(asked)} sites, times {factor:g}" if factor > 1 else ""
    return Timed(
        peer.name, build_s, statistics.median(run[0] for run in runs) * factor, runs[-1][1], note
    )


def time_ours(path: Path, mode: eh.TravelMode, sites: np.ndarray, options: SearchOptions) -> Timed:
    """Time our own search: building from streets that were just read, then the median ask."""
    arguments = {"mode": mode, "direction": "to_sites", "options": options}
    minutes_from_nodes(eh.read_network(path), sites, **arguments)  # compiles, if nothing has
    network = eh.read_network(path)
    edge_cost(network, mode)  # what the tags cost is asked for by all, peers included
    first_s, _ = timed(lambda: minutes_from_nodes(network, sites, **arguments))
    runs = [
        timed(lambda: minutes_from_nodes(network, sites, **arguments)) for _ in range(OUR_REPEATS)
    ]
    seconds = statistics.median(run[0] for run in runs)
    threads = f"{options.threads} thread{'s' if options.threads != 1 else ''}"
    name = f"eh_access, {options.engine}, {threads}"
    return Timed(name, max(0.0, first_s - seconds), seconds, runs[-1][1] * DS_PER_MIN)


def differences_ds(answer: Answer, truth: Answer) -> float:
    """Return the largest difference in deciseconds; inf where only one finds a way."""
    truth = truth[:, : answer.shape[1]]
    reached = np.isfinite(truth)
    if not np.array_equal(reached, np.isfinite(answer)):
        return float("inf")
    return float(np.abs(np.rint(answer[reached]) - truth[reached]).max(initial=0.0))


def matrix_of(network: eh.Network, mode: eh.TravelMode) -> sparse.csr_array:
    """Return the streets as the peers want them: deciseconds, the least of parallel arcs."""
    cost = edge_cost(network, mode)
    tail = np.concatenate([network.edge_from, network.edge_to])
    head = np.concatenate([network.edge_to, network.edge_from])
    weight = np.concatenate([cost.forward_ds, cost.backward_ds])
    usable = (weight < CLOSED_DS) & (tail != head)
    arcs = pd.DataFrame({"tail": tail[usable], "head": head[usable], "ds": weight[usable]})
    least = arcs.groupby(["tail", "head"], sort=True)["ds"].min().reset_index()
    ends = (least["tail"].to_numpy(), least["head"].to_numpy())
    size = (network.node_count, network.node_count)
    return sparse.coo_array((least["ds"].to_numpy(dtype=np.float64), ends), shape=size).tocsr()


def bars_met(one: Timed, options: SearchOptions, theirs: Sequence[Timed]) -> str:
    """Return the bars one of our rows is held to, with what it reached."""
    parts = []
    for peer in theirs:
        bar = BARS.get(peer.name, {}).get(options.threads or 0)
        if bar is not None and options.engine == "hierarchy":
            peer_s = peer.total_s if peer.name == "pandana" else peer.ask_s
            ratio = peer_s / one.ask_s
            verdict = "met" if ratio >= bar else "missed"
            parts.append(f"{ratio:,.0f} x {peer.name} (bar {bar:g}: {verdict})")
    return ", ".join(parts)


def matrix_rows(mode: eh.TravelMode, *, quick: bool) -> tuple[str, list[list[str]]]:
    """Time everybody on one mode; return a line about the network, and the table's rows."""
    path = bundled.network_path("newport")
    network = eh.read_network(path)
    matrix = matrix_of(network, mode)
    xy = np.column_stack([network.node_x, network.node_y])
    chosen = np.random.default_rng(20181022).choice(network.node_count, SITES, replace=False)
    sites = np.sort(chosen)
    peers = PEERS[:1] if quick else PEERS
    theirs = [time_peer(peer, matrix, xy, sites.tolist()) for peer in peers]
    ours = [(time_ours(path, mode, sites, options), options) for options in OURS]
    rows = [(one, bars_met(one, options, theirs)) for one, options in ours]
    rows += [(one, one.note) for one in theirs]
    truth = theirs[0]
    about = f"{network.node_count:,} nodes, {matrix.nnz:,} arcs, {SITES} sites"
    return about, [
        [
            one.name,
            f"{one.build_s * 1e3:,.1f}",
            f"{one.ask_s * 1e3:,.2f}",
            f"{truth.ask_s / one.ask_s:,.2f}",
            f"{differences_ds(one.answer, truth.answer):g}",
            note,
        ]
        for one, note in rows
    ]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


HEAD = (
    "program",
    "build, ms",
    "ask, ms",
    "times as fast as scipy",
    "largest difference from scipy, deciseconds",
    "",
)
INTRODUCTION = """# Benchmarks

Written by `make bench`, which runs it all anew: ours and the peers in one run on one machine,
medians throughout. Timings vary between machines, ratios much less. No test is timed.

*Build* is what a program does once for a mode before it can be asked (compiling left out), *ask*
the times from every node to all sites. Against pandana the bar counts its build, against the others
not. Where a program was asked for fewer sites, its time is multiplied and the table says so.

"""


def main() -> int:
    """Time everything and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="scipy alone, and write nothing")
    options = parser.parse_args()
    parts = [INTRODUCTION, f"Machine: {describe_machine()}.\n\n"]
    parts.append(
        f"With eh-access {eh.__version__}, {versions('numba', 'numpy', 'scipy')}"
        + ("" if options.quick else f", {versions('pandana', 'networkx', 'igraph', 'networkit')}")
        + ".\n"
    )
    for mode in (eh.WALK, eh.DRIVE):
        about, rows = matrix_rows(mode, quick=options.quick)
        parts.append(f"\n## Every node of Newport to {SITES} sites, {mode.label}\n\n{about}.\n\n")
        parts.append(table(HEAD, rows) + "\n")
    if not options.quick:
        parts.append("\n## What a user waits for\n\n")
        parts.append(table(("what", "measured", "bar"), command_rows()) + "\n")
    page = "".join(parts)
    print(page)
    if not options.quick:
        (ROOT / "docs" / "benchmarks.md").write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

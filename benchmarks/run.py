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

import eh_access as eh
from commands import command_rows
from machine import describe_machine, versions
from peers import PEERS, Answer, Peer

ROOT = Path(__file__).resolve().parent.parent
SITES = 40
BARS = {"scipy": {1: 4.0, 2: 8.0}, "pandana": {1: 10.0}, "networkx": {1: 60.0}}
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


def time_ours(network: eh.Network, mode: eh.TravelMode, sites: np.ndarray, threads: int) -> Timed:
    """Time our own search on some threads, from a cold start of the mode and then again."""
    import numba

    numba.set_num_threads(threads)
    fresh = eh.read_network("newport")
    build_s, _ = timed(lambda: fresh.one_to_all(sites[:1], mode=mode, direction="to_sites"))
    network.one_to_all(sites, mode=mode, direction="to_sites")
    runs = [
        timed(lambda: network.one_to_all(sites, mode=mode, direction="to_sites")) for _ in range(15)
    ]
    seconds = statistics.median(run[0] for run in runs)
    name = f"eh_access, {threads} thread{'s' if threads > 1 else ''}"
    return Timed(name, build_s, seconds, runs[-1][1] * DS_PER_MIN)


def differences_ds(answer: Answer, truth: Answer) -> float:
    """Return the largest difference in deciseconds; inf where only one finds a way."""
    truth = truth[:, : answer.shape[1]]
    reached = np.isfinite(truth)
    if not np.array_equal(reached, np.isfinite(answer)):
        return float("inf")
    return float(np.abs(np.rint(answer[reached]) - truth[reached]).max(initial=0.0))


def matrix_rows(mode: eh.TravelMode, *, quick: bool) -> tuple[str, list[list[str]]]:
    """Time everybody on one mode; return a line about the network, and the table's rows."""
    network = eh.read_network("newport")
    matrix = network.to_csr(mode)
    xy = np.column_stack([network.node_x, network.node_y])
    chosen = np.random.default_rng(20181022).choice(network.node_count, SITES, replace=False)
    sites = np.sort(chosen)
    peers = PEERS[:1] if quick else PEERS
    theirs = [time_peer(peer, matrix, xy, sites.tolist()) for peer in peers]
    truth = theirs[0]
    ours = [time_ours(network, mode, sites, threads) for threads in (1, 2)]
    rows = []
    for one in [*ours, *theirs]:
        bars = [
            f"{BARS[other][threads]:g} x {other}"
            for threads, mine in enumerate(ours, 1)
            for other in BARS
            if one is mine and threads in BARS[other]
        ]
        rows.append(
            [
                one.name,
                f"{one.build_s * 1e3:,.1f}",
                f"{one.ask_s * 1e3:,.2f}",
                f"{truth.ask_s / one.ask_s:,.2f}",
                f"{one.total_s / ours[0].ask_s:,.0f}" if one not in ours else "",
                f"{differences_ds(one.answer, truth.answer):g}",
                one.note or ("bar: " + ", ".join(bars) if bars else ""),
            ]
        )
    about = f"{network.node_count:,} nodes, {matrix.nnz:,} arcs, {SITES} sites"
    return about, rows


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


HEAD = (
    "program",
    "build, ms",
    "ask, ms",
    "times as fast as scipy",
    "build + ask, in our asks (1 thread)",
    "largest difference from scipy, deciseconds",
    "",
)
INTRODUCTION = """# Benchmarks

Written by `make bench`, which runs all of it anew: ours and the peers in one run on one machine,
medians throughout. Timings vary from machine to machine; the ratios much less. No test is timed.

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

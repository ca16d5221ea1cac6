"""Time eh_access beside its peers, in one run, and write docs/benchmarks.md.

``make bench`` installs the peers and runs this. ``--quick`` takes smaller networks and scipy alone,
``--only report map`` the parts named; both write nothing: a look while working.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

import eh_access as eh
import growth
import tables
from commands import command_rows
from eh_access.sources import bundled
from isochrones import isochrone_rows
from machine import describe_machine, len_of_affinity, versions
from peers import PEERS
from reports import bus_rows, report_growth, report_rows
from synthetic import synthetic_town
from transit import transit_rows

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
SIZES = (10_000, 30_000, 75_000, 100_000, 300_000, 1_000_000)
QUICK_SIZES = (10_000, 75_000)
BUSY = 0.7
"""Other people's work per core above which the page says that the machine was busy."""

INTRODUCTION = """# Benchmarks

Written by `make bench`, which runs it all anew: ours and the peers in one run on one machine. Times
are milliseconds, the median of many runs and in brackets the least; where two programs are compared
they ran by turns. Timings vary between machines, ratios less. No test is timed.

The streets are Newport's (OpenStreetMap) and made-up towns that are like roads
(`benchmarks/synthetic.py`). One thread unless stated. Licences of the peers: pandana AGPL-3.0 and
igraph GPL-2.0-or-later (so for comparison only), scipy, networkx and RoutingKit BSD,
networkit and pyroutingkit MIT, rustworkx
Apache-2.0. Compiling (once, kept in the user's cache) is left out but in the last table.

"""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


@cache
def town(size: int) -> eh.Network:
    """Make a town of so many nodes, once."""
    return tell(f"town of {size:,}", lambda: synthetic_town(size))


def engine(*, quick: bool = False) -> list[str]:
    """Time the search: beside scipy and others, its parts, its memory."""
    newport_path = bundled.network_path("newport")
    newport = eh.read_network(newport_path)
    middle, largest = town(75_000), town(max(QUICK_SIZES if quick else SIZES))
    held = {10_000: 8, 75_000: 8} if quick else {10_000: 8, 100_000: 8, 1_000_000: 2}
    exact = [("Newport", newport, 40)]
    exact += [("a made-up town", town(size), count) for size, count in held.items()]
    return [
        "\n## Against scipy, 40 sites\n\n",
        (
            "Every node of a made-up town of "
            f"{middle.node_count:,} nodes and {middle.edge_count:,} streets, 40 sites, walking; "
            "*ns* is nanoseconds per node and site.\n\n"
        ),
        table(
            ("what", "ms", "ns", "times as fast", "bar"),
            tell("against scipy", lambda: tables.against_scipy(middle, 3 if quick else 9)),
        ),
        *newport_against_scipy(newport),
        (
            "\n## Against other libraries\n\n40 sites, walking to them; *build* is what a program "
            "does before it can be asked.\n\n"
        ),
        table(
            ("program", "build, ms", "ask, ms", "times our hierarchy's", ""),
            tell("peers", lambda: tables.against_peers(middle, PEERS[:1] if quick else PEERS)),
        ),
        "\n## Beside the speed of memory\n\nThe floor: what writing as many numbers takes.\n\n",
        table(
            ("job", "", "ns per node and site", "floor, ns", "times the floor", "bar"),
            tell(
                "floor",
                lambda: [
                    row
                    for streets in dict.fromkeys((middle, largest))
                    for sites in (40, 64)
                    for row in tables.at_the_floor(streets, sites, 15)
                ],
            ),
        ),
        "\n## Changed streets, from the change to the answer\n\n",
        table(
            ("change", "nodes", "ms in all", "of which"),
            tell("scenarios", lambda: tables.scenarios(middle)),
        ),
        "\n## Exact\n\n",
        table(
            ("streets", "nodes", "cases", "largest difference from scipy, deciseconds"),
            tell("exactness", lambda: tables.exactness(exact)),
        ),
        "\n## Reading a saved network\n\n",
        table(
            ("streets", "nodes", "file", "ms", "bar, ms"),
            tell(
                "loading",
                lambda: tables.loading(
                    [("Newport", newport, 50.0), ("a made-up town", largest, 1000.0)], newport_path
                ),
            ),
        ),
        "\n## Extra memory\n\n",
        table(
            ("job", "nodes", "at most"),
            tell(
                "memory",
                lambda: [r for t in dict.fromkeys((middle, largest)) for r in tables.memory(t)],
            ),
        ),
    ]


def newport_against_scipy(newport: eh.Network) -> list[str]:
    """Time a small network, where fixed costs count, on foot and by car."""
    nodes = f"{newport.node_count:,} nodes"
    parts = [
        f"\nThe same on Newport ({nodes}); of the bars only that of a caller's own order holds:\n"
    ]
    for mode in (eh.WALK, eh.DRIVE):
        rows = tell(
            f"Newport {mode.label}", lambda mode=mode: tables.against_scipy(newport, 9, mode)
        )
        kept = [(*row[:4], row[4] if row[0] == tables.OWN_ORDER else "") for row in rows]
        parts += ["\n", table((f"what, {mode.label}", "ms", "ns", "times as fast", "bar"), kept)]
    return parts


def drawn(*, quick: bool = False) -> list[str]:
    """Time drawing isochrones."""
    return [
        "\n## Isochrones\n\nNewport, from streets to finished areas.\n\n",
        table(
            ("what", "measured", "bar"),
            tell("isochrones", lambda: isochrone_rows(truth=not quick)),
        ),
    ]


def waiting() -> list[str]:
    """Time what a user waits for."""
    return [
        "\n## What a user waits for\n\n",
        table(("what", "measured", "bar"), tell("commands", command_rows)),
    ]


def reported() -> list[str]:
    """Time a whole report beside its run, and how that grows."""
    return [
        (
            "\n## A whole report\n\nRotherham on its own streets, every output written. Before "
            "isochrones were painted once, a report took 30 times its run in processor time.\n\n"
        ),
        table(("what", "measured", "bar"), tell("report", report_rows)),
        (
            "\nWith schools and the like counted as sites beside the twelve centres, and with "
            "every postcode an origin:\n\n"
        ),
        table(
            ("sites", "origins", "`run_study`", "whole report", "processor time"),
            tell("growth of a report", report_growth),
        ),
    ]


def ridden() -> list[str]:
    """Time journeys by timetable."""
    return [
        (
            "\n## Journeys by timetable\n\nNewport's 2,227 homes and 12 sites: walks of 20 minutes "
            "at most, three rides, beside cafein in the same run; two threads each. The county is "
            "made up, its walks are straight lines.\n\n"
        ),
        table(
            ("what", "measured", "bar"), tell("timetables", lambda: [*transit_rows(), *bus_rows()])
        ),
    ]


def clicked() -> list[str]:
    """Time the map in a browser; where there is none, say so."""
    if importlib.util.find_spec("playwright") is None:
        rows = [("clicks on the map", "not timed: playwright is not installed", "")]
    else:
        from map_click import map_click_rows

        rows = tell("map", map_click_rows)
    return [
        "\n## A click on the map\n\nIn Chromium, from the click to the next frame drawn.\n\n",
        table(("what", "measured", "bar"), rows),
    ]


def batched() -> list[str]:
    """Time many studies at once."""
    from batches import batch_rows

    return [
        (
            "\n## Many studies\n\n`eh-access batch`: four real councils, and a made-up England on "
            "real streets (`benchmarks/england.py`).\n\n"
        ),
        table(("what", "measured", "bar"), tell("batches", batch_rows)),
    ]


def grown() -> list[str]:
    """Draw how cost grows."""
    towns = [town(size) for size in SIZES]
    size = tell("growth by size", lambda: growth.by_size(towns, 40))
    growth.draw(
        size, PICTURES / "growth_nodes.svg", across="nodes", title="Cost by size of the town"
    )
    sites = tell("growth by sites", lambda: growth.by_sites(town(75_000)))
    growth.draw(
        sites, PICTURES / "growth_sites.svg", across="sites", title="Cost by sites, 75,000 nodes"
    )
    return [
        (
            "\n## How cost grows\n\nQueue and scipy are timed on a few sites and multiplied.\n\n"
            "![Milliseconds by nodes, 10,000 to 1 million](pictures/growth_nodes.svg)\n\n"
            "![Milliseconds by sites, 1 to 1,000](pictures/growth_sites.svg)\n\n"
        ),
        _growth_table("nodes", size),
        "\n",
        _growth_table("sites", sites),
    ]


def _growth_table(what: str, lines: dict[str, growth.Line]) -> str:
    counts = [x for x, _ in next(iter(lines.values()))]
    rows = [
        (f"{count:,.0f}", *(f"{line[k][1]:,.1f}" for line in lines.values()))
        for k, count in enumerate(counts)
    ]
    return table((what, *lines), rows)


def tell(what: str, work: Callable[[], T]) -> T:
    """Do some work and say how long it took."""
    start = time.perf_counter()
    result = work()
    print(f"{what}: {time.perf_counter() - start:.1f} s", file=sys.stderr, flush=True)
    return result


def load_now() -> float:
    """Return how many processes want a core, ours included; 0 where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


PARTS: dict[str, Callable[[], list[str]]] = {
    "engine": engine,
    "isochrones": drawn,
    "growth": grown,
    "waiting": waiting,
    "report": reported,
    "transit": ridden,
    "map": clicked,
    "batch": batched,
}
QUICK_PARTS = {
    "engine": partial(engine, quick=True),
    "isochrones": partial(drawn, quick=True),
}


def main() -> int:
    """Time everything and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under a minute; writes nothing")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="these alone; writes nothing")
    asked = parser.parse_args()
    quick, parts = asked.quick, QUICK_PARTS if asked.quick else PARTS
    chosen = [name for name in parts if not asked.only or name in asked.only]
    before = load_now()
    body = "".join(text for name in chosen for text in parts[name]())
    loads = (before, load_now())
    named = (
        ("numba", "numpy", "scipy")
        if quick or "engine" not in chosen
        else (
            "numba",
            "numpy",
            "scipy",
            "pandana",
            "pyroutingkit",
            "routingkit-cch",
            "networkit",
            "igraph",
            "rustworkx",
            "networkx",
        )
    )
    page = f"{INTRODUCTION}Machine: {describe_machine()}.\n"
    page += f"With eh-access {eh.__version__}, {versions(*named)}.\n"
    cores = len_of_affinity()
    if min(loads) / cores > BUSY:
        page += (
            f"\n**The machine was busy** (load {loads[0]:.1f} before, "
            f"{loads[1]:.1f} after, on {cores} cores), so that medians and what outgrows the cache "
            "are worse than they would be: the least, in brackets, is nearer the truth.\n"
        )
    page += body
    print(page)
    if not quick and not asked.only:
        (ROOT / "docs" / "benchmarks.md").write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

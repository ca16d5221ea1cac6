"""Route random pairs of places through OSRM, Valhalla and this library, and compare.

``python benchmarks/agreement.py --engines PYTHON`` prints the tables of
``docs/method/agreement.md``. PYTHON is an interpreter in which ``osrm-bindings`` and ``pyvalhalla``
are installed; they need CPython 3.12 or later and may live in an environment of their own. Engines
that are absent are named and left out.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import Transformer

import eh_access as eh
from agreement_files import plain_way, write_plain, write_profile
from agreement_reasons import THEIR_OWN, Streets, reason_of
from eh_access.network.cost import edge_cost
from eh_access.network.rules import POINT_KEY, evaluate
from eh_access.network.snapping import edge_lines
from eh_access.routing.route import find_way

if TYPE_CHECKING:
    from eh_access.network.snapping import Snapped

SEED = 20181022
PAIRS = 1000
WORST = 20
TAIL = 0.01
SOURCE = Path(__file__).parents[2] / "shared/data/newport/newport-2023-06-13.osm.pbf"
ENGINES = ("osrm", "valhalla")
NAMES = {"osrm": "OSRM", "valhalla": "Valhalla"}
Trip = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """One engine under one set of rules, beside ours."""

    name: str
    engine: str
    mode: eh.TravelMode
    rules: str
    files: str = "source"
    profile: str = ""
    costing: str = ""
    options: tuple[tuple[str, Any], ...] = ()


LEVEL_WALK = eh.WALK.without_hills()
FREE_DRIVE = replace(eh.DRIVE, junction_delay_s=0.0)
UNIFORM = replace(FREE_DRIVE, name="uniform", label="by car, shortest")
SHORTEST = (("shortest", True),)
COMPARISONS = (
    Comparison("walk-osrm", "osrm", LEVEL_WALK, "aligned", "plain-walk", "plain"),
    Comparison(
        "walk-valhalla", "valhalla", LEVEL_WALK, "aligned", "plain-walk", "", "pedestrian", SHORTEST
    ),
    Comparison("walk-osrm-own", "osrm", LEVEL_WALK, THEIR_OWN, costing="foot"),
    Comparison("walk-valhalla-own", "valhalla", LEVEL_WALK, THEIR_OWN, costing="pedestrian"),
    Comparison("drive-osrm", "osrm", FREE_DRIVE, "aligned", "plain-drive", "plain"),
    Comparison(
        "drive-osrm-turns", "osrm", FREE_DRIVE, "aligned, turns", "plain-drive", "restricted"
    ),
    Comparison("drive-osrm-own", "osrm", eh.DRIVE, THEIR_OWN, costing="car"),
    Comparison("drive-valhalla-own", "valhalla", eh.DRIVE, THEIR_OWN, costing="auto"),
    Comparison("drive-osrm-free", "osrm", FREE_DRIVE, "their own; we wait nowhere", costing="car"),
    Comparison(
        "drive-valhalla-free", "valhalla", FREE_DRIVE, "their own; we wait nowhere", costing="auto"
    ),
    Comparison(
        "drive-valhalla", "valhalla", UNIFORM, "aligned, shortest", "uniform-drive", "", "auto",
        SHORTEST,
    ),
)  # fmt: skip


def places(network: eh.Network, mode: eh.TravelMode, count: int) -> Snapped:
    """Return random places on the main part of a mode's streets, each metre as likely."""
    rng = np.random.default_rng(SEED)
    main = np.flatnonzero(edge_cost(network, mode).main)
    share = network.length_m[main] / network.length_m[main].sum()
    edge = main[rng.choice(len(main), size=count, p=share)]
    at = rng.uniform(0.0, 1.0, count)
    xy = [
        line.interpolate(t, normalized=True)
        for line, t in zip(edge_lines(network)[edge], at, strict=True)
    ]
    return eh.snap(np.array([(p.x, p.y) for p in xy]), network, mode)


def degrees(network: eh.Network, at: Snapped) -> np.ndarray:
    """Return longitude and latitude of places."""
    points = [
        line.interpolate(t, normalized=True)
        for line, t in zip(edge_lines(network)[at.edge], at.fraction, strict=True)
    ]
    to_degrees = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform([p.x for p in points], [p.y for p in points])
    return np.column_stack([lon, lat])


def ours(network: eh.Network, mode: eh.TravelMode, starts: Snapped, ends: Snapped) -> list[Trip]:
    """Route every pair through this library."""
    trips = []
    for k in range(len(starts)):
        way = find_way(network, mode, one(starts, k), one(ends, k))
        if way is None:
            raise SystemExit(f"pair {k} of the main part has no way {mode.label}")
        on_ways = [
            (int(network.edge_way[piece.edge]), piece.metres(network)) for piece in way.pieces
        ]
        seconds = sum(piece.ds for piece in way.pieces) / 10
        trips.append({"metres": sum(m for _, m in on_ways), "seconds": seconds, "ways": on_ways})
    return trips


def uniform(network: eh.Network, mode: eh.TravelMode) -> eh.Network:
    """Return the same streets, as open as they are to a mode, with one speed everywhere."""
    sets = []
    for tags in network.tag_sets:
        cost = evaluate(tags, mode)
        plain = plain_way(cost, "residential") if cost.is_open else {"highway": "proposed"}
        sets.append(tags if POINT_KEY in tags else plain)
    return replace(network, tag_sets=tuple(sets), _memory={})


def one(at: Snapped, k: int) -> Snapped:
    """Return one of some places."""
    return replace(at, **{name: value[k : k + 1] for name, value in vars(at).items()})


def theirs(python: str, jobs: list[dict[str, Any]]) -> dict[str, Any]:
    """Route every pair through the engines, in the Python that has them."""
    script = Path(__file__).with_name("agreement_engines.py")
    done = subprocess.run(
        [python, str(script)], input=json.dumps(jobs), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"the engines failed:\n{done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def prepared(source: Path, folder: Path) -> dict[str, str]:
    """Write the files the engines read."""
    return {
        "source": str(source),
        "plain-walk": str(write_plain(source, folder / "walk.osm.pbf", LEVEL_WALK)),
        "plain-drive": str(write_plain(source, folder / "drive.osm.pbf", FREE_DRIVE)),
        "uniform-drive": str(
            write_plain(source, folder / "uniform.osm.pbf", UNIFORM, restrictions=False)
        ),
        "plain": str(write_profile(folder / "plain.lua", restrictions=False)),
        "restricted": str(write_profile(folder / "restricted.lua", restrictions=True)),
        "": "",
    }


def differences(mine: list[Trip], found: list[Trip | None], what: str) -> np.ndarray:
    """Return ours less theirs over theirs for every pair both answered; NaN for the rest."""
    return np.array(
        [
            (own[what] - other[what]) / other[what] if other and other[what] > 0 else np.nan
            for own, other in zip(mine, found, strict=True)
        ]
    )


def summary(case: Comparison, mine: list[Trip], found: list[Trip | None]) -> list[str]:
    """Return the row of one comparison."""
    metres, seconds = (differences(mine, found, what) for what in ("metres", "seconds"))
    answered = np.isfinite(metres)
    off, signed = np.abs(metres[answered]), np.median(metres[answered])
    return [
        case.mode.label,
        NAMES[case.engine],
        case.rules,
        f"{answered.sum():,}",
        f"{np.median(off):.2%}",
        f"{np.quantile(off, 0.9):.2%}",
        f"{signed:+.2%}",
        f"{np.median(seconds[answered]):+.1%}",
        f"{np.quantile(np.abs(seconds[answered]), 0.9):.1%}",
    ]


def print_kinds(
    case: Comparison, mine: list[Trip], found: list[Trip | None], streets: Streets
) -> None:
    """Print what explains the pairs that differ by more than a hundredth."""
    off = np.abs(differences(mine, found, "metres"))
    kinds: Counter[str] = Counter()
    for k in np.flatnonzero(off > TAIL).tolist():
        other = found[k]
        if other is not None:
            kinds[kind_of(reason_of(mine[k], other, streets, case))] += 1
    print(
        f"\n{case.mode.label}, {NAMES[case.engine]}, {case.rules}: {sum(kinds.values())} pairs ",
        end="",
    )
    print(f"differ by more than {TAIL:.0%}:", "; ".join(f"{n} {k}" for k, n in kinds.most_common()))


def kind_of(reason: str) -> str:
    """Return the kind of a reason: its own words without the metres and the lesser causes."""
    first = re.sub(r"[\d,]+ m ", "", reason.rsplit("; ", maxsplit=1)[-1])
    kind, _, what = first.partition(": ")
    moved = "other places, " if "begin or end" in reason else ""
    return moved + (what.split(", ")[0] if kind.startswith("closed") else kind)


def worst(
    case: Comparison, mine: list[Trip], found: list[Trip | None], streets: Streets
) -> Iterable[list[str]]:
    """Return the rows of the pairs furthest apart, with what explains each."""
    off = np.nan_to_num(np.abs(differences(mine, found, "metres")), nan=-1.0)
    for k in np.argsort(-off, kind="stable")[:WORST].tolist():
        own, other = mine[k], found[k]
        if other is not None:
            yield [
                str(k),
                f"{own['metres']:,.0f}",
                f"{other['metres']:,.0f}",
                f"{own['metres'] / other['metres'] - 1:+.0%}",
                reason_of(own, other, streets, case),
            ]


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    """Lay out a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> int:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--streets", type=Path, default=SOURCE)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--only", default="", help="comparisons whose name holds this")
    given = parser.parse_args()
    if not given.streets.exists():
        print(f"{given.streets}: there is no such file; give --streets")
        return 1
    network, streets = eh.read_network(given.streets), Streets.read(given.streets)
    cases = [case for case in COMPARISONS if given.only in case.name]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = prepared(given.streets, folder)
        mine, jobs = {}, []
        for case in cases:
            base = LEVEL_WALK if case.mode.rules == LEVEL_WALK.rules else eh.DRIVE
            at = places(network, base, 2 * given.pairs)
            halves = [replace(at, **{k: v[s::2] for k, v in vars(at).items()}) for s in (0, 1)]
            lon_lat = degrees(network, at).reshape(-1, 4).round(7).tolist()
            (folder / case.name).mkdir()
            roads = uniform(network, case.mode) if case.mode is UNIFORM else network
            mine[case.name] = ours(roads, case.mode, *halves)
            jobs.append(
                {
                    "name": case.name,
                    "engine": case.engine,
                    "streets": files[case.files],
                    "profile": files[case.profile],
                    "costing": case.costing,
                    "options": dict(case.options),
                    "folder": str(folder / case.name),
                    "pairs": lon_lat,
                }
            )
        answer = theirs(given.engines, jobs)
    report(cases, mine, answer, streets)
    return 0


def mark_turns(runs: dict[str, list[Trip | None]]) -> None:
    """Mark the pairs by car that forbidden turns send another way: OSRM with and without them."""
    free, bound = runs.get("drive-osrm", []), runs.get("drive-osrm-turns", [])
    for k, (one_way, other) in enumerate(zip(free, bound, strict=False)):
        turned = bool(one_way and other and abs(one_way["seconds"] - other["seconds"]) > 1)
        for name, trips in runs.items():
            if name.startswith("drive") and trips[k]:
                trips[k] |= {"turned": turned}  # type: ignore[operator]


def report(
    cases: list[Comparison], mine: dict[str, Any], answer: dict[str, Any], streets: Streets
) -> None:
    """Print what was found."""
    for engine in ENGINES:
        version = answer["engines"].get(engine, "absent: not installed for this Python")
        print(f"{NAMES[engine]}: {version}")
    mark_turns(answer["runs"])
    ran = [case for case in cases if case.name in answer["runs"]]
    head = ["mode", "engine", "rules", "pairs", "metres: median", "90th percentile", "ours longer"]
    head += ["seconds: ours longer", "90th percentile"]
    print(table(head, [summary(c, mine[c.name], answer["runs"][c.name]) for c in ran]))
    for case in ran:
        found = answer["runs"][case.name]
        for trip in itertools.filterfalse(lambda trip: trip is None, found):
            streets.add_ways(trip)
        print_kinds(case, mine[case.name], found, streets)
        if "free" in case.name:
            continue
        print(f"\n{case.mode.label}, {NAMES[case.engine]}, {case.rules}: furthest apart")
        head = ["pair", "ours, m", "theirs, m", "difference", "why"]
        print(table(head, worst(case, mine[case.name], found, streets)))


if __name__ == "__main__":
    sys.exit(main())

"""What a whole report costs beside its run: time, processor time, files; and how that grows.

``python benchmarks/reports.py`` prints the rows; ``report_rows`` and ``report_growth`` give them to
the page. Each report is a process of its own, so that nothing is remembered from the last.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from commands import python
from eh_access.sources import bundled

REPORT = """
import json, os, sys, time
from pathlib import Path
import eh_access as eh
from eh_access.study.opening import open_study
name, origins = sys.argv[1:]
seconds = lambda: (time.perf_counter(), time.process_time())
begun = seconds()
study, inputs = open_study(name, origins=origins or None)
streets = eh.find_streets(study, inputs.borough, offline=True)
result = eh.run_study(study, inputs=inputs, streets=streets)
run = seconds()
eh.write_outputs(result, eh.find_findings(result), Path("results"))
done = seconds()
print(json.dumps({
    "run_s": run[0] - begun[0], "run_cpu_s": run[1] - begun[1],
    "all_s": done[0] - begun[0], "all_cpu_s": done[1],
    "sites": len(result.sites), "origins": len(result.origins),
    "bytes": {path.name: path.stat().st_size for path in Path("results").iterdir()},
}))
"""
MOST_BUSES = 1.5
MOST_RUNS, MOST_RUNS_CPU, MOST_COMPILING_S = 4.0, 5.0, 15.0
"""In processor time a report took 30 times its run before; a sixth of that is 5."""
MOST_MB = {"map.html": 4.0, "results.gpkg": 12.0, "report.html": 2.0}
GROWN_SITES = (12, 24, 60)
Rows = list[tuple[str, str, str]]


@dataclass(frozen=True)
class Report:
    """What one report took, and the size of what it wrote."""

    run_s: float
    run_cpu_s: float
    all_s: float
    all_cpu_s: float
    sites: int
    origins: int
    bytes: dict[str, int]


def write_report(study: str = "rotherham", origins: str = "", **environment: str) -> Report:
    """Write a report into a folder that is then removed, in a new process."""
    with tempfile.TemporaryDirectory() as folder:
        said = python(REPORT, study, origins, folder=folder, **environment)[1]
        return Report(**json.loads(said.splitlines()[-1]))


def report_rows() -> Rows:
    """Return rows of what was measured, and the bar."""
    with tempfile.TemporaryDirectory() as cache:
        first = write_report(NUMBA_CACHE_DIR=cache)
        warm = write_report(NUMBA_CACHE_DIR=cache)
    compiling_s = first.all_s - warm.all_s
    rows = [
        ("reading, routing and judging (`run_study`)", f"{warm.run_s:.1f} s", ""),
        _row("the whole report, times that", warm.all_s / warm.run_s, MOST_RUNS, ""),
        _row("in processor time, times that", warm.all_cpu_s / warm.run_cpu_s, MOST_RUNS_CPU, ""),
        ("processor time of the whole report", f"{warm.all_cpu_s:.1f} s", ""),
        _row("the first run takes longer by", compiling_s, MOST_COMPILING_S, " s"),
    ]
    rows += [
        _row(f"`{name}`", warm.bytes[name] / 1e6, most, " MB") for name, most in MOST_MB.items()
    ]
    return [*rows, ("`report.docx`", f"{warm.bytes['report.docx'] / 1e6:.2f} MB", "")]


def _row(what: str, value: float, most: float, unit: str) -> tuple[str, str, str]:
    verdict = "met" if value <= most else "missed"
    return what, f"{value:.1f}{unit}", f"at most {most:g}{unit}: {verdict}"


def report_growth() -> list[tuple[str, str, str, str, str]]:
    """Return what a report costs with more sites and with more origins."""
    with tempfile.TemporaryDirectory() as folder:
        cases = [(study_of(count, Path(folder)), "") for count in GROWN_SITES]
        cases.append((cases[0][0], "postcode"))
        grown = [write_report(study, origins) for study, origins in cases]
    return [
        (
            f"{report.sites}",
            f"{report.origins:,}",
            f"{report.run_s:.1f} s",
            f"{report.all_s:.1f} s",
            f"{report.all_cpu_s:.1f} s",
        )
        for report in grown
    ]


def without_buses(folder: Path) -> str:
    """Write Newport's study as it would be without a timetable."""
    text = bundled.study_path("newport").read_text(encoding="utf-8").replace('"../', '"bundled:')
    head, *criteria = re.split(r"(?=\[\[(?:criterion|note)\]\]\n)", text)
    head = re.sub(r"\[transit\]\n.*?\n(?=\[\[)", "", head, flags=re.DOTALL)
    kept = [part for part in criteria if '"visit"' not in part and '"transit"' not in part]
    made = folder / "study.toml"
    made.write_text(head + "".join(kept), encoding="utf-8")
    return str(made)


def bus_rows() -> Rows:
    """Return what counting buses adds to a report of Newport."""
    with tempfile.TemporaryDirectory() as folder:
        plain = without_buses(Path(folder))
        for study in ("newport", plain):  # compiles, once
            write_report(study)
        spent = [(write_report("newport"), write_report(plain)) for _ in range(3)]
    buses, none = (
        min(report.all_cpu_s for report in reports) for reports in zip(*spent, strict=True)
    )
    return [
        ("Newport's report with its buses, processor time", f"{buses:.1f} s", ""),
        ("the same without a timetable", f"{none:.1f} s", ""),
        _row("with, times without", buses / none, MOST_BUSES, ""),
    ]


def study_of(count: int, folder: Path) -> str:
    """Write Rotherham's study with schools and the like beside its centres, so many in all."""
    shipped = bundled.study_path("rotherham")
    centres = pd.read_csv(shipped.parent / "../sites/rotherham_centres.csv", dtype=str)
    venues = pd.read_csv(shipped.parent / "../sites/rotherham_candidates.csv", dtype=str)
    added = venues.head(count - len(centres))
    added = added.assign(site_id="site-" + added["site_id"])  # a venue to choose keeps its own
    pd.concat([centres, added]).to_csv(folder / f"sites_{count}.csv", index=False)
    text = shipped.read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)["data"]
    named = {key: path for key, path in data.items() if isinstance(path, str)} | data["origins"]
    for path in named.values():
        text = text.replace(f'"{path}"', f'"{(shipped.parent / path).resolve().as_posix()}"')
    ours = (shipped.parent / data["sites"]).resolve().as_posix()
    text = text.replace(f'"{ours}"', f'"sites_{count}.csv"')
    # words that count the centres would be refused beside another number of them
    for words in (": from twelve to nine", "twelve registered ", "All twelve "):
        text = text.replace(words, "All " if words.startswith("All") else "")
    made = folder / f"study_{count}.toml"
    made.write_text(text, encoding="utf-8")
    return str(made)


if __name__ == "__main__":
    for row in [*report_rows(), *bus_rows(), *report_growth()]:
        print(" | ".join(row))
    sys.exit(0)

"""How long a user waits: importing, the first answer with and without compiled code, the report."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEAVY = ("folium", "osmnx", "matplotlib")
IMPORT = f"""
import sys, time
start = time.perf_counter()
import eh_access
print(time.perf_counter() - start, [name for name in {HEAVY} if name in sys.modules])
"""
FIRST_ANSWER = """
import time
import eh_access as eh
network = eh.read_network("newport")
origins, sites = eh.load_origins("newport_postcode"), eh.load_sites("newport_sites")
start = time.perf_counter()
eh.travel_time_matrix(network, origins, sites, mode=eh.WALK)
print(time.perf_counter() - start)
"""
CLI = "import sys; from eh_access.cli import main; sys.exit(main())"


def python(code: str, *arguments: str, folder: str, **environment: str) -> tuple[float, str]:
    """Run code in a new interpreter; return the seconds it took and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        message = f"{arguments or code}\n{done.stdout}\n{done.stderr}"
        raise RuntimeError(message)
    return seconds, done.stdout


def time_import(repeats: int = 7) -> tuple[float, str]:
    """Return the median seconds of importing the package, and what heavy it loaded."""
    with tempfile.TemporaryDirectory() as folder:
        said = [python(IMPORT, folder=folder)[1].split(" ", 1) for _ in range(repeats)]
    return statistics.median(float(seconds) for seconds, _ in said), said[-1][1].strip()


def time_first_answers() -> tuple[float, float, int]:
    """Return seconds of the first answer without and with compiled code, and files it added.

    The first process begins with an empty cache of compiled code, the second with what that one
    left there. If it compiled anything, it would add files.
    """
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "compiled"
        cold = float(python(FIRST_ANSWER, folder=folder, NUMBA_CACHE_DIR=str(cache))[1])
        left = {path: path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file()}
        warm = float(python(FIRST_ANSWER, folder=folder, NUMBA_CACHE_DIR=str(cache))[1])
        after = {path: path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file()}
    return cold, warm, sum(after[path] != left.get(path) for path in after)


def time_report(*options: str, study: str = "rotherham", **environment: str) -> float:
    """Return the seconds of ``eh-access report`` into a new folder, start to end."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ("report", study, "--out", "results", *options)
        return python(CLI, *arguments, folder=folder, **environment)[0]


def report_words(*options: str, study: str = "rotherham", **environment: str) -> str:
    """Return how long a report took; one that fails must not take the other figures with it."""
    try:
        return f"{time_report(*options, study=study, **environment):.1f} s"
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return "failed"


def command_rows() -> list[tuple[str, str, str]]:
    """Return rows of what was timed, how long it took, and the bar."""
    seconds, loaded = time_import()
    rows = [
        ("`import eh_access`, median of 7", f"{seconds:.2f} s", "under 0.5 s"),
        ("of folium, osmnx, matplotlib it loads", loaded, "none"),
    ]
    cold, warm, added = time_first_answers()
    rows += [
        ("first walking table of Newport, nothing compiled yet", f"{cold:.1f} s", ""),
        ("the same in the next process", f"{warm:.2f} s", "under 1 s"),
        ("files of compiled code that one added", str(added), "0"),
    ]
    with tempfile.TemporaryDirectory() as cache:
        # an empty cache of compiled code, as after installation
        first = report_words(NUMBA_CACHE_DIR=cache)
    rows += [
        ("`eh-access report`, nothing compiled yet", first, ""),
        ("`eh-access report`, again", report_words(), ""),
        ("`eh-access report --streets estimate`", report_words("--streets", "estimate"), ""),
        ("`eh-access report newport`", report_words(study="newport"), ""),
    ]
    return rows

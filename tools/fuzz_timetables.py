"""Compare journeys by timetable with the oracle of the tests, on many made-up feeds and on Newport.

    python tools/fuzz_timetables.py [--towns 150] [--queries 1000]

`make test` takes a few of them. Exits with 1 where an answer differs.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import get_args

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from eh_access.transit.timetable import Unknown  # noqa: E402 - found by the line above
from timetable_check import Tally, compare_newport, compare_town  # noqa: E402 - same
from timetable_feeds import hostile, write_feed  # noqa: E402 - same

DATES = ("2023-06-13", "2023-06-17", "2023-06-18", "2023-08-28", "2023-06-12")
"""A Tuesday, a Saturday, a Sunday, a bank holiday, a Monday."""


def main() -> int:
    """Compare, and print how many answers there were and which differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--towns", type=int, default=150)
    parser.add_argument("--first", type=int, default=0, help="the first town's seed")
    parser.add_argument("--queries", type=int, default=1000, help="on Newport")
    given = parser.parse_args()
    towns, wheels, newport = Tally(), Tally(), Tally()
    start = time.perf_counter()
    for seed in range(given.first, given.first + given.towns):
        with tempfile.TemporaryDirectory() as folder:
            town = write_feed(Path(folder), hostile(seed))
            compare_town(town, seed, towns, queries=1)
            for unknown in get_args(Unknown):
                compare_town(town, seed, wheels, queries=1, unknown=unknown)
    _report(f"{given.towns} made-up towns", towns, start)
    _report("of them by wheelchair", wheels, start)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(ROOT / "data" / "timetables" / "newport.zip") as archive:
            archive.extractall(folder)
        each = -(-given.queries // len(DATES))
        for seed, date in enumerate(DATES if given.queries else ()):
            day = dt.date.fromisoformat(date)
            compare_newport(Path(folder), day, newport, queries=2 * each, seed=seed)
    _report("Newport", newport, start)
    return int(bool(towns.differ or wheels.differ or newport.differ))


def _report(what: str, tally: Tally, start: float) -> None:
    print(
        f"{what}: {tally.answers:,} answers, {tally.reached:,} of them times or truths, "
        f"{len(tally.differ)} differ; {time.perf_counter() - start:.0f} s",
        flush=True,
    )
    for line in tally.differ[:10]:
        print(f"    {line}")


if __name__ == "__main__":
    sys.exit(main())

"""Break one rule of journeys by timetable at a time, and see whether the oracle notices.

    python tools/break_timetable_rules.py [--towns 20] [--only WORDS]

Each rule is a piece of the library's text and what it is replaced by, in a copy of ``src``. The
oracle of the tests is asked about made-up feeds, one after another, until an answer differs. Exits
with 1 unless it notices every rule. The last results are in docs/method/transit.md.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RULES: tuple[tuple[str, str, str, str], ...] = (
    ("pickup types are ignored", "timetable", '~here["pickup"].isin(no)', '~here["pickup"].isin(())'),
    ("drop-off types are ignored", "timetable", '~there["drop_off"].isin(no)', '~there["drop_off"].isin(())'),
    ("stops to be phoned for count", "timetable", "(1,) if on_request else (1, 2)", "(1,)"),
    ("3, tell the driver, is no", "timetable", "(1,) if on_request else (1, 2)", "(1, 2, 3)"),
    ("no trips of the day before", "timetable", "DAYS = (-1, 0, 1)", "DAYS = (0, 1)"),
    ("no trips of the day after", "timetable", "DAYS = (-1, 0, 1)", "DAYS = (-1, 0)"),
    ("removals of calendar_dates are ignored", "feed", 'return on - set(today["service_id"][today["exception_type"] == "2"])', "return on"),
    ("additions of calendar_dates are ignored", "feed", 'on |= set(today["service_id"][today["exception_type"] == "1"])', "pass"),
    ("weekdays are ignored", "feed", 'runs & (calendar[WEEKDAYS[date.weekday()]] == "1")', "runs"),
    ("blocks are ignored", "timetable", "return (~joins).cumsum() - 1", "return joins.astype(int) * 0 + np.arange(len(joins))"),
    ("blocks join at any stop", "timetable", '& (last["to"] == ends["from"])', ""),
    ("blocks join trips that overlap", "timetable", '& (last["stops"] <= ends["starts"])', ""),
    ("blocks join trips of two days", "timetable", '(ends[["block", "day"]] == last[["block", "day"]])', '(ends[["block"]] == last[["block"]])'),
    ("blocks join trips of one service alone", "timetable", "joins = same", 'service = trips["service_id"].to_numpy()[ends["trip"]]; joins = same & (service == np.roll(service, 1))'),
    ("headways are ignored", "timetable", "fixed = np.setdiff1d(np.arange(len(trips)), row)", "fixed, which = np.arange(len(trips)), which[:0]; at = at[:0]"),
    ("the last of a headway is left out", "timetable", "-(-(end - start) // headway)", "(end - start - 1) // headway"),
    ("a headway's trip also runs as stated", "timetable", "fixed = np.setdiff1d(np.arange(len(trips)), row)", "fixed = np.arange(len(trips))"),
    ("times between timepoints are the last one's", "feed", "spread = dep[before] + (arr[after] - dep[before]) * (place - before) // steps", "spread = dep[before]"),
    ("order inside a moment is lost", "timetable", "np.lexsort((timetable.run, timetable.place, timetable.dep_ds))", "np.lexsort((timetable.run, -timetable.place, timetable.dep_ds))"),
    ("stop_sequence is ignored", "feed", 'np.lexsort((numbers_of(calls["stop_sequence"], 0), trip))', "np.lexsort((np.arange(len(trip)), trip))"),
    ("a forbidden transfer is taken", "walks", "kept = kind != FORBIDDEN", "kept = kind >= 0"),
    ("min_transfer_time is ignored", "walks", "[kind == TIMED, kind == LEAST]", "[kind == TIMED, kind == 9]"),
    ("timed transfers are ignored", "walks", "[kind == TIMED, kind == LEAST]", "[kind == 9, kind == LEAST]"),
    ("transfers of single routes count for all", "timetable", '(rules[narrow] == "").all(axis=1) & ', ""),
    ("rules of a station go before a stop's", "timetable", "ascending=[False, True]", "ascending=[True, True]"),
    ("rules of stations are ignored", "timetable", 'pd.concat([stop, inside[inside.index != ""]])', "stop"),
    ("no allowance at a change", "walks", 'np.maximum(walk, 0) + walks.limits.ds("allowance_s")', "np.maximum(walk, 0)"),
    ("no allowance at the first boarding", "journeys", "access = walks.access._replace(ds=walks.access.ds + before)", "access = walks.access"),
    ("no allowance on the way home", "journeys", "walks.egress.ds + self.allowance - before", "walks.egress.ds"),
    ("one boarding too many", "scan", "best[r, k] = arrive[i, k - 1]", "best[r, k] = arrive[i, k]"),
    ("alighting where it is forbidden", "scan", "if flag[c] & 2:\n            s = to[c]\n            a", "if flag[c] >= 0:\n            s = to[c]\n            a"),
    ("boarding where it is forbidden", "scan", "if flag[c] & 1:\n            s = frm[c]", "if flag[c] >= 0:\n            s = frm[c]"),
    ("a change may be missed by a moment", "scan", "ready[i] < t:", "ready[i] <= t:"),
    ("a change may be made a moment late", "scan", "ready[i] < t:", "ready[i] < t - 600:"),
    ("changes back are not turned round", "scan", "useful[changed_from.stop[e]] = True", "useful[s] = True"),
    ("a later departure replaces an earlier one", "scan", "j = i if not is_first and ready[i] == d else i + 1", "j = i if not is_first else i + 1"),
    ("walking at a moment is no alternative", "scan", "return min(x, walk)", "return x"),
    ("the longest journey is twice as long", "journeys", 'direct, longest = walks.direct_ds, walks.limits.ds("longest_min")', 'direct, longest = walks.direct_ds, 2 * walks.limits.ds("longest_min")'),
    ("mirrored, flags stay", "timetable", "flag=flag,\n                transfers", "flag=self.flag,\n                transfers"),
    ("mirrored, changes stay", "journeys", "pairs = Pairs(pairs.to[order], pairs.frm[order], pairs.ds[order])", "pairs = Pairs(pairs.frm, pairs.to, pairs.ds); order = np.arange(len(order))"),
    ("stops that take no wheelchair count", "timetable", "stops[timetable.frm] * np.uint8(BOARD) | ", "np.uint8(BOARD) | "),
    ("one alights from a wheelchair anywhere", "timetable", " | stops[timetable.to] * np.uint8(ALIGHT)", " | np.uint8(ALIGHT)"),
    ("trips that take no wheelchair count", "timetable", "keep_connections(timetable, trips[timetable.trip])", "timetable"),
    ("a station has no word on wheelchairs", "timetable", "np.where(own > 0, own, of_station)", "own"),
    ("a station's word goes before its stop's", "timetable", "np.where(own > 0, own, of_station)", "np.where(of_station > 0, of_station, own)"),
    ("what says nothing takes no wheelchair", "timetable", 'bad = (NO,) if unknown == "usable" else (NO, 0)', "bad = (NO, 0)"),
    ("what says nothing takes one though told not to", "timetable", 'bad = (NO,) if unknown == "usable" else (NO, 0)', "bad = (NO,)"),
    ("by wheelchair one rides what there is", "walks", "if mode.by_wheelchair else timetable", "if False else timetable"),
    ("nobody stays seated in a wheelchair", "timetable", "(place[1:] != place[:-1] + 1)", '(held["trip"][order][1:] != held["trip"][order][:-1])'),
    ("a wheelchair stays seated across what takes none", "timetable", "| (place[1:] != place[:-1] + 1)", ""),
    ("legs end anywhere", "scan", "if egress[q] < NEVER and arr[d] + egress[q] == goal:", "if egress[q] < NEVER:"),
)  # fmt: skip
"""What the rule is, the module, its text, and the text that breaks it."""

TRY = """
import sys, tempfile
from pathlib import Path
from timetable_check import Tally, compare_town
from timetable_feeds import hostile, write_feed
for seed in range(int(sys.argv[1])):
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        town = write_feed(Path(folder), hostile(seed))
        for unknown in (None, "usable", "unusable"):
            compare_town(town, seed, tally, queries=1, unknown=unknown)
    if tally.differ:
        print(f"{len(tally.differ)} of {tally.answers} answers, town {seed + 1}")
        sys.exit(1)
"""


def main() -> int:
    """Break each rule and print what the oracle says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--towns", type=int, default=20)
    parser.add_argument("--only", default="", help="rules whose description holds this")
    given = parser.parse_args()
    chosen = [rule for rule in RULES if given.only in rule[0]]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source)
        if (answer := ask(source, min(given.towns, 3))) is not None:
            raise SystemExit(f"the answers differ without any edit ({answer}); mend that first")
        missed = 0
        for what, module, text, broken in chosen:
            path = source / "eh_access" / "transit" / f"{module}.py"
            before, times = path.read_text("utf-8"), path.stat()
            if text not in before:
                raise SystemExit(f"{what}: its text is no longer in {module}.py")
            path.write_text(before.replace(text, broken), "utf-8")
            answer = ask(source, given.towns)
            path.write_text(before, "utf-8")
            # compiled code is kept by the time of its file
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            missed += answer is None
            print(f"| {what} | {answer or '**not noticed**'} |", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} noticed")
    return int(missed > 0)


def ask(source: Path, towns: int) -> str | None:
    """Return how the answers differ, or None where they do not."""
    paths = os.pathsep.join([str(source), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, "-c", TRY, str(towns)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.returncode:
        return None
    return done.stdout.strip() or f"ended with {(done.stderr.strip().splitlines() or ['?'])[-1]}"


if __name__ == "__main__":
    sys.exit(main())

"""Make small wrong edits one at a time, and see whether the tests notice.

    python tools/mutation_check.py [--checkout FOLDER] [--room ROOM] [--out FILE]

The edits are listed in ``tools/mutants.toml``. Each is made in a temporary copy of ``src``, found
by its text and not by its file, so that the same edits serve before and after code has moved.
A mutant is caught when a test fails, survives when none does, and is not found when its line is
not there exactly once. The exit code is 1 unless all are caught.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MUTANTS = Path(__file__).with_name("mutants.toml")
PASSED, FAILED, ERROR = 0, 1, 2
LONGEST_S = 900.0
HEAVY = ("geopandas", "scipy.sparse.csgraph", "numba", "pydantic", "matplotlib")
"""Loaded once, before the first test: what is not under test need not be loaded for each mutant."""


def main() -> int:
    """Try every mutant, print what became of it and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkout", type=Path, default=ROOT, help="whose code and tests")
    parser.add_argument("--room", help="only the mutants of one room")
    parser.add_argument("--only", help="only mutants whose description holds this")
    parser.add_argument("--out", type=Path, help="where to keep the results, as JSON")
    options = parser.parse_args()
    mutants = tomllib.loads(MUTANTS.read_text("utf-8"))["mutant"]
    chosen = [
        mutant
        for mutant in mutants
        if options.room in (None, mutant["room"]) and (options.only or "") in mutant["what"]
    ]
    if not chosen:
        raise SystemExit("no mutant is so named")
    for name in HEAVY:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(options.checkout / "src", source)
        (source.parent / "data").symlink_to(options.checkout.resolve() / "data")
        results = []
        checkout = options.checkout.resolve()
        wanted = {test for mutant in chosen for test in tests_of(mutant, source, checkout)}
        if fails(sorted(wanted), source, checkout, loud=True):
            raise SystemExit("the tests fail without any edit; mend that first")
        for mutant in chosen:
            outcome = try_mutant(mutant, source, checkout)
            results.append({"room": mutant["room"], "what": mutant["what"], "outcome": outcome})
            print(f"{outcome:<10} {mutant['room']}: {mutant['what']}", flush=True)
    if options.out is not None:
        options.out.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    counts = Counter(result["outcome"] for result in results)
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())))
    return int(counts["caught"] < len(results))


def try_mutant(mutant: dict[str, Any], source: Path, checkout: Path) -> str:
    """Return "caught", "survived" or "not found"."""
    place = find_place(mutant, source)
    if place is None:
        return "not found"
    path, number, new = place
    tests = tests_of(mutant, source, checkout)
    before, times = path.read_text("utf-8"), path.stat()
    lines = before.splitlines(keepends=True)
    indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
    lines[number] = f"{indent}{new}\n"
    path.write_text("".join(lines), "utf-8")
    try:
        failed = fails(tests, source, checkout)
    finally:
        path.write_text(before, "utf-8")
        # compiled code is kept by the time of its file: put back, it need not be compiled again
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return "caught" if failed else "survived"


def find_place(mutant: dict[str, Any], source: Path) -> tuple[Path, int, str] | None:
    """Return file, place and replacement of a mutant's line, as it is or as it was."""
    for line, new in (("line", "to"), ("was", "was_to")):
        place = find_line(mutant[line], source) if line in mutant else None
        if place is not None:
            return (*place, mutant[new])
    return None


def find_line(line: str, source: Path) -> tuple[Path, int] | None:
    """Return the one file and place of a line, spaces aside; None unless it is there once."""
    wanted = " ".join(line.split())
    places = [
        (path, number)
        for path in sorted(source.rglob("*.py"))
        for number, text in enumerate(path.read_text("utf-8").splitlines())
        if " ".join(text.split()) == wanted
    ]
    return places[0] if len(places) == 1 else None


def tests_of(mutant: dict[str, Any], source: Path, checkout: Path) -> list[str]:
    """Return the files of tests that should notice, wherever a version keeps them."""
    place = find_place(mutant, source)
    if place is None:
        return []
    tests = [
        path
        for name in mutant["tests"]
        for path in sorted((checkout / "tests").rglob(name))
        if not {"publish", "study"} & set(path.parts)
    ]
    room = place[0].relative_to(source).parts[1]
    examples = checkout / "tests" / room / "examples.txt"
    return [*map(str, tests), str(place[0]), *([str(examples)] if examples.is_file() else [])]


def fails(tests: list[str], source: Path, checkout: Path, *, loud: bool = False) -> bool:
    """Return whether any test fails; each mutant is tried in a process of its own."""
    # A fork has the heavy libraries loaded already, and nothing of the library under test.
    process = multiprocessing.get_context("fork").Process(
        target=_run_tests, args=(tests, source, checkout), kwargs={"loud": loud}
    )
    process.start()
    process.join(LONGEST_S)
    if process.is_alive():  # an edit that makes a loop endless is noticed by waiting
        process.kill()
        process.join()
        return True
    if process.exitcode not in {PASSED, FAILED, ERROR}:
        raise SystemExit(f"tests could not be run ({process.exitcode}): {tests}")
    return process.exitcode != PASSED


def _run_tests(tests: list[str], source: Path, checkout: Path, *, loud: bool) -> None:
    import pytest  # noqa: PLC0415 - in the process that needs it

    os.chdir(checkout)
    os.environ["PYTHONPATH"] = str(source)
    sys.path.insert(0, str(source))
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        code = pytest.main(
            [
                *tests,
                *("-x", "-q", "--no-header", "-m", "not slow", "--hypothesis-seed=0"),
                *("-p", "no:cacheprovider", "-c", f"{checkout}/pyproject.toml"),
                f"--rootdir={checkout}",
            ]
        )
    import eh_access  # noqa: PLC0415 - which copy was tested

    if not str(eh_access.__file__).startswith(str(source)):
        os._exit(70)
    if loud:
        print(heard.getvalue())
        sys.stdout.flush()
    os._exit(int(code))


if __name__ == "__main__":
    sys.exit(main())

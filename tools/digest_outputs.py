"""Digest every output of four runs, so that a change of structure can be seen to change nothing.

    python tools/digest_outputs.py [--out FILE] [--against FILE]

The runs: Rotherham, Newport, Rotherham with a private list of families, Newport with opening hours.
With ``--against`` it says which outputs differ from an earlier file of digests (exit code 1).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
FAMILIES = 603
DAYS = ("mon", "tue", "wed", "thu", "fri")


def main() -> int:
    """Run, digest, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--against", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        digests = _digests(Path(folder))
    text = json.dumps(digests, indent=1, sort_keys=True) + "\n"
    if options.out is not None:
        options.out.write_text(text, "utf-8")
    if options.against is None:
        print(text if options.out is None else f"Written to {options.out}")
        return 0
    before = json.loads(options.against.read_text("utf-8"))
    different = sorted(
        f"{run}/{name}"
        for run in before.keys() | digests.keys()
        for name in before.get(run, {}).keys() | digests.get(run, {}).keys()
        if before.get(run, {}).get(name) != digests.get(run, {}).get(name)
    )
    print("\n".join(different) or "every output is the same")
    return int(bool(different))


def _digests(folder: Path) -> dict[str, dict[str, str]]:
    """Return sha256 by run and output."""
    families = folder / "families.csv"
    table = pd.read_csv(DATA / "origins/rotherham_postcode.csv")
    some = table.sample(FAMILIES, random_state=11).sort_values("origin_id")
    some.rename(columns={"origin_id": "postcode"})[["postcode"]].to_csv(families, index=False)
    runs = {
        "rotherham": ["rotherham"],
        "newport": ["newport"],
        "families": ["rotherham", "--families", str(families)],
        "timetable": [str(_with_timetable(folder))],
    }
    return {name: _run(arguments, folder / name) for name, arguments in runs.items()}


def _with_timetable(folder: Path) -> Path:
    """Write Newport's study with made-up opening hours, and return its path."""
    sites = pd.read_csv(DATA / "sites/newport_sites.csv")["site_id"]
    rows = [
        (site, day, f"{9 + number % 4:02d}:00", f"{12 + number % 5:02d}:30")
        for number, site in enumerate(sites)
        for day in DAYS
    ]
    hours = pd.DataFrame(rows, columns=["site_id", "weekday", "from", "to"])
    hours.to_csv(folder / "hours.csv", index=False)
    study = folder / "timetable.toml"
    _call(["study", "newport", "--out", str(study)])
    text = study.read_text("utf-8").replace("[data]\n", '[data]\ntimetable = "hours.csv"\n', 1)
    study.write_text(text, "utf-8")
    return study


def _run(arguments: list[str], out: Path) -> dict[str, str]:
    """Return the digest of each output of one run."""
    _call(["report", *arguments, "--out", str(out), "--quiet"])
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def _call(arguments: list[str]) -> None:
    """Run the command line with a fixed clock."""
    clock = {**os.environ, "SOURCE_DATE_EPOCH": "0"}
    subprocess.run([sys.executable, "-m", "eh_access", *arguments], check=True, env=clock)


if __name__ == "__main__":
    sys.exit(main())

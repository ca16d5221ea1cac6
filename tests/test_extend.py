"""What docs/how-to/extend.md adds is added to a copy of the library, and seen in a run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from study_files import TO_NEWPORT, moved, write_study
from xlsx import sheets_of

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "how-to" / "extend.md"
BLOCK = re.compile(r'^```\w+ title="([^" ]+)( \(add\))?"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
LIBRARIES = """\
Reference,Library name,Status,Weekly hours,Easting,Northing
WEST,West Library,Open,20,329000,184000
EAST,East Library,Open,30,333000,184000
OLD,Old Library,Closed,0,331000,184000
"""
FROM_LIBRARIES = """
import sys
from pathlib import Path
from eh_access.sources.libraries import read_libraries
sites = read_libraries(sys.argv[1])
table = sites.drop(columns="geometry").assign(easting=sites.geometry.x, northing=sites.geometry.y)
table.to_csv(sys.argv[2])
"""
RULES = """
from eh_access.modes import get_mode
from eh_access.network.rules import RuleTable, rule_table
rules = rule_table().sets[get_mode("scooter").rules]
print(rules.label, "|", rules.ways[-1].reason)
"""


def blocks() -> list[tuple[str, bool, str]]:
    """Return (file, whether it is added to one that is there, text) of every block of the guide."""
    return [(name, bool(add), text) for name, add, text in BLOCK.findall(GUIDE.read_text("utf-8"))]


@dataclass(frozen=True)
class Extended:
    """A copy of the library with the guide's additions, and what it wrote of the toy study."""

    source: Path
    out: Path
    has_kinds: bool

    def run(self, *arguments: object) -> str:
        """Run Python with this copy of the library."""
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(self.source)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Extended:
    folder = tmp_path_factory.mktemp("extended")
    package = folder / "src" / "eh_access"
    shutil.copytree(ROOT / "src" / "eh_access", package)
    (folder / "data").symlink_to(ROOT / "data")
    for name, add, text in blocks():
        path = package / name
        assert path.exists() == add, name
        path.parent.mkdir(exist_ok=True)
        path.write_text(path.read_text("utf-8") + text if add else text, "utf-8")
    has_kinds = (package / "criteria" / "kinds" / "coverage.py").is_file()
    made = Extended(folder / "src", folder / "out", has_kinds)
    study = moved(write_study(folder / "toy"), **TO_NEWPORT)
    study.change("study.toml", '[streets]\nsource = "estimate"\n', "")
    study.change("study.toml", '["walk", "pushchair"]', '["walk", "scooter"]')
    if has_kinds:
        criterion = study.toml.read_text("utf-8").split("[[criterion]]")[1]
        kept = criterion.replace('"walk-30"', '"kept"').replace('"coverage"', '"kept"')
        with study.toml.open("a", encoding="utf-8") as file:
            file.write(f"\n[[criterion]]{kept}")
    (folder / "libraries.csv").write_text(LIBRARIES, "utf-8")
    made.run("-c", FROM_LIBRARIES, folder / "libraries.csv", study.path / "sites.csv")
    made.run("-m", "eh_access", "report", study.toml, "--out", made.out, "--quiet")
    return made


def test_the_guide_has_one_block_or_more_for_each_of_six_things() -> None:
    rooms = {name.split("/")[0] for name, _, _ in blocks()}
    assert rooms == {"criteria", "modes.toml", "network", "publish", "measures", "sources"}
    assert len(blocks()) == 10


def test_a_kind_of_criterion_is_judged(extended: Extended) -> None:
    if not extended.has_kinds:
        pytest.skip("criteria/kinds is not there yet")
    rows = pd.read_csv(extended.out / "origins.csv")
    on_foot = rows[rows["mode"] == "walk"].set_index(["scenario", "origin_id"])
    near = on_foot["minutes"] <= 30
    before, after = near.loc["baseline"], near.loc["one-less"]
    weight = on_foot["weight"].loc["baseline"]
    verdicts = pd.read_csv(extended.out / "verdicts.csv").set_index(["scenario", "criterion"])
    value = verdicts.loc[("one-less", "kept"), "value"]
    assert value == pytest.approx(weight[before & after].sum() / weight[before].sum())


def test_a_mode_is_in_every_table(extended: Extended) -> None:
    origins = (extended.out / "origins.csv").read_text("utf-8").splitlines()
    modes = {line.split(",")[origins[0].split(",").index("mode")] for line in origins[1:]}
    assert modes == {"walk", "scooter"}
    assert "by mobility scooter" in (extended.out / "annex.html").read_text("utf-8")


def test_a_mode_has_streets_of_its_own(extended: Extended) -> None:
    assert extended.run("-c", RULES).strip() == "by mobility scooter | steps"


def test_an_output_is_written_listed_and_digested(extended: Extended) -> None:
    text = (extended.out / "verdicts.md").read_text("utf-8")
    assert "| one-less | Near on foot |" in text
    report = (extended.out / "annex.html").read_text("utf-8")
    assert '<a href="verdicts.md">verdicts.md</a>: the verdicts, to paste into a paper' in report
    manifest = json.loads((extended.out / "manifest.json").read_text("utf-8"))
    assert "verdicts.md" in manifest["outputs"]


def test_a_measure_is_in_the_workbook(extended: Extended) -> None:
    """Weights 30, 10, 20 by minutes: half is reached at the first, nine tenths at the last."""
    rows = pd.read_csv(extended.out / "origins.csv")
    rows = rows[(rows["scenario"] == "baseline") & (rows["mode"] == "walk")].sort_values("minutes")
    reached = rows["weight"].cumsum() / rows["weight"].sum()
    median, slow = (rows["minutes"][reached >= share - 1e-9].iloc[0] for share in (0.5, 0.9))
    _, cells = sheets_of(extended.out / "tables.xlsx")["spread"]
    numbers = [cell for cell in cells.values() if isinstance(cell, float)]
    assert any(number == pytest.approx(slow - median, abs=0.05) for number in numbers)


def test_a_section_is_in_the_report(extended: Extended) -> None:
    report = (extended.out / "annex.html").read_text("utf-8")
    assert report.count('<h2 id="spread">How far apart</h2>') == 1
    assert report.index('id="spread"') < report.index('id="data"')


def test_a_source_fills_the_study_s_sites(extended: Extended) -> None:
    report = (extended.out / "annex.html").read_text("utf-8")
    assert "West Library" in report
    assert "Old Library" not in report

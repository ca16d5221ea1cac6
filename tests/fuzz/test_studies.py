"""What `check` passes `report` runs, and what it refuses it refuses in words: studies gone wrong.

A seeded sample here; ``make fuzz`` tries 1,000 and runs every one that passes.
"""

from __future__ import annotations

import os
import random
import shutil
import traceback
from collections import Counter
from pathlib import Path

import pytest

from eh_access.errors import EhAccessError
from eh_access.publish.interactive import external_references
from eh_access.publish.outputs import write_outputs
from eh_access.study.findings import find_findings
from eh_access.study.opening import check_study, open_study
from eh_access.study.run import run_study
from study_files import StudyFolder, with_few_draws, write_study

STUDIES = int(os.environ.get("EH_ACCESS_FUZZ_STUDIES", "60"))
WHOLE = "EH_ACCESS_FUZZ_STUDIES" in os.environ
RUNS = STUDIES if WHOLE else 3
"""A run takes some seconds, a check some hundredths of one."""
PARTS = 8 if WHOLE else 1
"""Parts may run side by side."""

SEED = 20181022
ODD = [
    *("0", "-1", "1", "3", "1e308", "nan", "inf", "-0.0", "99999999999999999999", "0.5", "168"),
    *("true", '""', '" "', '"x"', '"east"', '"west"', '"hall"', '"walk"', '"pushchair"', '"drive"'),
    *("[]", "{}", '["link"]', '["east"]', '["hall"]', '[["east"]]', "[1, 2]", '["walk", "walk"]'),
    *("2020-01-01", "2999-12-31", "10:00:00", '"$("', '"bootstrap."', '"</script>"', '"=1+1"'),
    *(
        '"\\u202e"',
        '"\\u0000"',
        '"\u00e4\u00f6\U0001f600"',
        f'"{"long " * 60}"',
        '"../x"',
        '"areas.geojson"',
    ),
]
ADDED = [
    "[sessions]\nvenues = [1, 2]\n",
    '[sessions]\nday = ["19:00", "08:00"]\n',
    '[decision]\ntitle = "$( bootstrap."\n',
    '[[note]]\ntext = "L.AwesomeMarkers $("\n',
    '[[scenario]]\nname = "hall"\nlabel = "Hall"\nopen = ["hall"]\n',
    '[[scenario]]\nname = "both"\nlabel = "Both"\nopen = ["hall", "shed"]\nclose = ["east"]\n',
    '[[scenario]]\nname = "hours"\nlabel = "Hours"\nset_hours = { east = 0, hall = 5 }\n',
    """[[scenario]]\nname = "moved"\nlabel = "Moved"
move = [{ site = "east", easting = 441000, northing = 390000 }]\n""",
    '[[scenario]]\nname = "streets"\nlabel = "S"\nstreets = [{ change = "close", street = "A" }]\n',
    "[simulation]\nexistence = { west = 0.5 }\n",
    "[simulation]\nplaces = { east = [[441000, 390000]] }\n",
    "[disclosure]\nhide_below = 5\nround_to = 5\n",
    '[youth]\nweight = "weight"\nunit = "people"\n',
]
CANDIDATES = """\
site_id,name,kind,hours_per_week,easting,northing,location_basis,location_radius_m
hall,Hall,hall,,442000,390000,surveyed,10
shed,Shed,hall,,443000,390000,estimate,300
lost,Lost,hall,,,,unknown,
"""


def mutated(folder: Path, number: int) -> StudyFolder:
    """Return the toy study with one to three things gone wrong, the same for the same number."""
    chance = random.Random(SEED + number)
    shutil.rmtree(folder, ignore_errors=True)
    toy = write_study(folder)
    (toy.path / "candidates.csv").write_text(CANDIDATES, encoding="utf-8")
    toy.change("study.toml", "[data]", '[data]\ncandidates = "candidates.csv"')
    for _ in range(chance.choice([1, 1, 2, 3])):
        name = chance.choice(["study.toml"] * 5 + ["sites.csv", "origins.csv", "candidates.csv"])
        path = toy.path / name
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(change(lines, chance, name)) + "\n", encoding="utf-8")
    return toy


def change(lines: list[str], chance: random.Random, name: str) -> list[str]:
    """Return the lines of a file with one change."""
    place, how = chance.randrange(len(lines)), chance.random()
    line = lines[place]
    key, sign, _ = line.partition(" = ")
    if how < 0.12:
        new = []
    elif how < 0.2:
        new = [line, line]
    elif how < 0.25:
        new = [line[: len(line) // 2]]
    elif name != "study.toml":
        cells = line.split(",")
        cells[chance.randrange(len(cells))] = chance.choice([*ODD, ""]).strip('"')
        new = [",".join(cells)]
    elif how < 0.5:
        return [*lines, *chance.choice(ADDED).splitlines()]
    elif how < 0.6:
        new = [line.replace("e", "", 1)]
    else:
        new = [f"{key} = {chance.choice(ODD)}" if sign else line]
    return [*lines[:place], *new, *lines[place + 1 :]]


def passes(toy: StudyFolder) -> bool:
    """Return whether a study is sound; whatever is wrong must be a fault in words."""
    try:
        check_study(toy.toml)
    except EhAccessError:
        return False
    return True


def report(toy: StudyFolder, out: Path) -> None:
    """Do what the command does."""
    study, inputs = open_study(toy.toml)
    result = run_study(study, inputs=inputs)
    write_outputs(result, find_findings(result), out)


def more(name: str, changes: str) -> str:
    """Return a scenario."""
    return f'[[scenario]]\nname = "{name}"\nlabel = "{name}"\n{changes}\n'


CODE = (
    "$( is no sign of ours",
    "bootstrap.min, glyphicon fa-home",
    "L.AwesomeMarkers.icon and L.map(",
    "jQuery(document); <i class='fa'>",
    "</script><script>start(1)",
)
SESSIONS = "[sessions]\nvenues = [1]\n"
AGREED = {
    "venues open already are offered": SESSIONS
    + more("one", 'open = ["hall"]')
    + more("both", 'open = ["hall", "shed"]')
    + more("in-place", 'open = ["hall"]\nclose = ["west"]')
    + more("for-hours", 'open = ["hall"]\nset_hours = { hall = 3 }'),
    "candidates without a place": SESSIONS
    + more("one", 'open = ["lost"]')
    + more("in-place", 'open = ["lost"]\nclose = ["west"]')
    + more("both", 'open = ["lost", "hall"]'),
    "no candidate has a place": more("one", 'open = ["hall", "lost"]'),
    "words like code": f'[decision]\ntitle = "{CODE[0]}"\n'
    + "".join(f'[[note]]\ntext = "{words}"\n' for words in CODE)
    + more("one", f'open = ["hall"]\nnote = "{CODE[3]}"'),
}


@pytest.mark.parametrize("name", AGREED)
def test_studies_that_were_checked_and_not_run(tmp_path: Path, name: str) -> None:
    toy = write_study(tmp_path / "study")
    rows = CANDIDATES
    if name == "no candidate has a place":
        rows = rows.replace("442000,390000", ",").replace("443000,390000", ",")
        rows = rows.replace("surveyed,10", "unknown,").replace("estimate,300", "unknown,")
    if name == "words like code":
        rows = rows.replace("Hall", f'"{CODE[1]}"').replace("Shed", CODE[2])
        toy.change("sites.csv", "West Centre", CODE[4])
        toy.change("study.toml", "The west closed", CODE[0])
    (toy.path / "candidates.csv").write_text(rows, encoding="utf-8")
    toy.change("study.toml", "[data]", '[data]\ncandidates = "candidates.csv"')
    with toy.toml.open("a", encoding="utf-8") as file:
        file.write("\n" + AGREED[name])
    check_study(toy.toml)
    study, inputs = open_study(toy.toml)
    result = run_study(with_few_draws(study), inputs=inputs)
    findings = find_findings(result)
    if name == "words like code":  # which only pages could take for it
        write_outputs(result, findings, tmp_path / "out")
        page = (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
        assert not external_references(page)


@pytest.mark.parametrize("part", range(PARTS))
def test_what_check_passes_report_runs(tmp_path: Path, part: int) -> None:
    outcomes: Counter[str] = Counter()
    faults = []
    numbers = range(part, STUDIES, PARTS)
    for number in numbers:
        toy = mutated(tmp_path / "study", number)
        try:
            sound = passes(toy)
            outcomes["sound" if sound else "refused"] += 1
            if sound and outcomes["run"] < RUNS:
                outcomes["run"] += 1
                report(toy, tmp_path / "out")
            elif not sound:
                with pytest.raises(EhAccessError):
                    report(toy, tmp_path / "never")
        except Exception:  # noqa: BLE001 - whatever it is, the count goes on
            text = toy.toml.read_text("utf-8", errors="replace")
            faults.append(f"study {number} of seed {SEED}:\n{text}\n{traceback.format_exc()}")
    print(dict(outcomes))  # noqa: T201 - make fuzz shows it
    assert not faults, f"{len(faults)} of {len(numbers)}\n" + "\n\n".join(faults[:20])
    assert outcomes["sound"] > len(numbers) // 10, outcomes
    assert outcomes["refused"] > len(numbers) // 3, outcomes
    assert not (tmp_path / "never").exists()

"""What docs/architecture.md says of the code is true of it."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PACKAGE = ROOT / "src" / "eh_access"
STEPS = re.findall(r"^\| \d+ \| `(eh_access\.[\w.]+)` \|", TEXT, re.MULTILINE)


def test_the_way_of_a_number_has_its_steps() -> None:
    assert len(STEPS) >= 15


@pytest.mark.parametrize("step", STEPS)
def test_every_function_on_the_way_is_there(step: str) -> None:
    parts = step.split(".")
    while not (PACKAGE.parent / "/".join(parts)).with_suffix(".py").is_file():
        parts.pop()
    thing: object = importlib.import_module(".".join(parts))
    for name in step.split(".")[len(parts) :]:
        thing = getattr(thing, name)
    assert callable(thing)


def test_the_map_s_own_function_is_there() -> None:
    [(name, file)] = re.findall(r"^\| \d+ \| `(\w+)` in `(\w+\.js)`", TEXT, re.MULTILINE)
    [path] = PACKAGE.rglob(file)
    assert f"function {name}(" in path.read_text("utf-8")


def test_every_room_is_named() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms == set(re.findall(r"^\| `(\w+)` \| [A-Z]", TEXT, re.MULTILINE))


def test_the_picture_shows_the_imports_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    picture = importlib.import_module("draw_architecture")
    drawn = re.search(r"<title id=.title.>(.*)</title>", picture.draw(*picture.count_imports()))
    assert drawn is not None
    assert drawn[0] in (ROOT / "docs" / "pictures" / "architecture.svg").read_text("utf-8")


def test_one_criterion_is_judged_by_few_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    called = importlib.import_module("measure_code").trace(ROOT / "src")
    names = [line for line in called if line.startswith(("criteria/", "measures/", "routing/"))]
    assert 10 < len(names) < 25
    assert len({line.split()[0] for line in names}) <= 5


ERRORS_PUT_TOGETHER = {
    "criteria/criterion.py": 1,
    "criteria/schema.py": 1,
    "criteria/sensitivity.py": 1,
    "measures/catchments.py": 3,
    "network/area.py": 1,
    "network/edit.py": 1,
    "network/io.py": 1,
    "routing/estimate.py": 1,
}
"""Sentences that are gathered into an error before it is raised."""


def test_no_sentence_stands_below_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    count = importlib.import_module("measure_code").english_strings
    rooms = ("network", "routing", "measures", "criteria", "planning", "privacy")
    found = {
        path.relative_to(PACKAGE).as_posix(): count(ast.parse(path.read_text("utf-8")))
        for room in rooms
        for path in (PACKAGE / room).rglob("*.py")
    }
    assert {name: number for name, number in found.items() if number} == ERRORS_PUT_TOGETHER

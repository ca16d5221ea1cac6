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


def test_no_sentence_stands_outside_the_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    code = importlib.import_module("measure_code")
    assert code.english_outside_templates(code.read_trees(PACKAGE)) == {}
    sentence = "a sentence of far more than eight words that is for people to read"
    for text, count in (
        (f"x = {sentence!r}", 1),
        (f"faults = [{sentence!r}]", 0),
        (f"raise ValueError({sentence!r})", 0),
        (f"def f():\n    return {sentence!r}", 1),
        (f"def f():\n    {sentence!r}\n    yield {sentence!r}", 1),
        (f"show(Text({sentence!r}))", 1),
        ("x = f'a sentence of {n} parts, of which {k} are known, the rest not'", 1),
        (f"log.warning({sentence!r})", 0),
        (f"x = '<p>{sentence}</p>'", 0),
    ):
        assert code.english_strings(ast.parse(text)) == count


DIALECT = {"said", "told", "found", "able", "nowhere", "look", "ask", "work_out"}


def names_given(tree: ast.Module) -> set[str]:
    """Return every name that a module gives: to functions, classes, arguments and variables."""
    nodes = list(ast.walk(tree))
    given = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    given |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    given |= {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return {name.strip("_").lower() for name in given}


@pytest.mark.parametrize("room", sorted({path.parent for path in PACKAGE.rglob("*.py")}))
def test_names_are_nouns_of_the_field(room: Path) -> None:
    given = {
        path.name: names_given(ast.parse(path.read_text("utf-8"))) for path in room.glob("*.py")
    }
    assert not {name: names & DIALECT for name, names in given.items() if names & DIALECT}


def test_names_of_every_kind_are_seen() -> None:
    source = (
        "class Look:\n    def ask(self, told: int) -> None:\n        _found = [said for said in ()]"
    )
    assert names_given(ast.parse(source)) >= {"look", "ask", "told", "found", "said"}

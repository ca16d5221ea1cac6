"""The notebooks run from top to bottom, away from the checkout, and are kept without results."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXPECTED = [
    "01_the_question",
    "02_real_streets",
    "03_fairness",
    "04_every_alternative",
    "05_how_sure_are_we",
    "06_publish_a_map",
    "07_your_own_area",
    "08_by_bus",
]
TOOL = ROOT / "tools" / "run_notebooks.py"
SHARING = f"""
import sys
sys.path.append({str(ROOT)!r})
import eh_access
from conftest import SHARED, remembering
for name in SHARED:
    setattr(eh_access, name, remembering(getattr(eh_access, name)))
"""


def run(path: Path, out: Path) -> subprocess.CompletedProcess[str]:
    # a process of its own: the kernel speaks through sockets, which the suite blocks
    command = [sys.executable, str(TOOL), "--out", str(out), str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def outputs(path: Path) -> list[dict[str, object]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


def test_the_notebooks_are_all_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == EXPECTED


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_without_results(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert outputs(path) == []
    assert [cell.get("execution_count") for cell in cells if cell["cell_type"] == "code"] == [
        None
    ] * sum(cell["cell_type"] == "code" for cell in cells)


def written(path: Path, cells: list[dict[str, object]]) -> Path:
    """Write a notebook of these cells."""
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def code(name: str, source: str) -> dict[str, object]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, object]]]:
    """Return what each notebook shows: one after another, each of them with nothing defined.

    They share a kernel and one run of a study that ships, as examples do.
    """
    folder = tmp_path_factory.mktemp("notebooks")
    cells = [code("shared", SHARING)]
    begins = {}
    for number, path in enumerate(NOTEBOOKS):
        begins[path.stem] = len(cells) + 1
        cells.append(code(f"reset-{number}", "%reset -f"))
        own = json.loads(path.read_text(encoding="utf-8"))["cells"]
        cells += [{**cell, "id": f"{number}-{place}"} for place, cell in enumerate(own)]
    done = run(written(folder / "all.ipynb", cells), folder)
    assert done.returncode == 0, done.stderr
    ran = json.loads((folder / "all" / "all.ipynb").read_text(encoding="utf-8"))["cells"]
    ends = [*list(begins.values())[1:], len(cells) + 1]
    return {
        name: [output for cell in ran[begin : end - 1] for output in cell.get("outputs", [])]
        for (name, begin), end in zip(begins.items(), ends, strict=True)
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_notebook_runs_and_shows_a_map(
    name: str, shown: dict[str, list[dict[str, object]]]
) -> None:
    pages = [
        "".join(data["text/html"])
        for output in shown[name]
        if isinstance(data := output.get("data"), dict) and "text/html" in data
    ]
    assert any("<iframe" in page or "leaflet" in page.lower() for page in pages)
    assert any("<table" in page for page in pages)
    warned = ["".join(output["text"]) for output in shown[name] if output.get("name") == "stderr"]
    # on a machine that has run nothing yet, that code is compiled is said once
    assert [text for text in warned if not text.startswith("compiling (once)")] == []


def test_a_cell_that_fails_is_reported_with_its_error(tmp_path: Path) -> None:
    path = written(tmp_path / "broken.ipynb", [code("one", "1 / 0")])
    done = run(path, tmp_path / "out")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr

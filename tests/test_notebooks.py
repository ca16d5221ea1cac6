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


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_shows_a_map(path: Path, tmp_path: Path) -> None:
    done = run(path, tmp_path)
    assert done.returncode == 0, done.stderr
    shown = outputs(tmp_path / path.stem / path.name)
    pages = [
        "".join(data["text/html"])
        for output in shown
        if isinstance(data := output.get("data"), dict) and "text/html" in data
    ]
    assert any("<iframe" in page or "leaflet" in page.lower() for page in pages)
    assert any("<table" in page for page in pages)
    warned = ["".join(output["text"]) for output in shown if output.get("name") == "stderr"]
    # on a machine that has run nothing yet, that code is compiled is said once
    assert [text for text in warned if not text.startswith("compiling (once)")] == []


def test_a_cell_that_fails_is_reported_with_its_error(tmp_path: Path) -> None:
    broken = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": "one",
                "metadata": {},
                "outputs": [],
                "source": "1 / 0",
            }
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = tmp_path / "broken.ipynb"
    path.write_text(json.dumps(broken), encoding="utf-8")
    done = run(path, tmp_path / "out")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr

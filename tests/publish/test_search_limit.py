"""A study that searches no further than half an hour shows nothing beyond it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from study_cli import run_cli
from study_files import write_study


def test_nothing_is_shown_beyond_the_search(tmp_path: Path) -> None:
    toy = write_study(tmp_path / "toy")
    toy.change("study.toml", "[settings]", "[settings]\nsearch_min = 30")
    out = tmp_path / "out"
    assert run_cli("report", toy.toml, "--out", out, "--offline").code == 0
    curve = pd.read_csv(out / "curve.csv")
    assert set(curve["cutoff_min"]) == {10, 15, 20, 30}
    page = (out / "map.html").read_text(encoding="utf-8")
    assert page.count('"most":30') == 2
    assert '"most":60' not in page

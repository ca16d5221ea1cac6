"""A study that searches no further than half an hour shows nothing beyond it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from eh_access.publish.context import changes_shaded, report
from eh_access.publish.document import markdown
from eh_access.publish.tabulations import area_changes, display_areas, tabulate
from eh_access.study.config import load_study
from eh_access.study.run import run_study
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


def test_those_who_lose_reach_are_named_and_shaded(tmp_path: Path) -> None:
    toy = write_study(tmp_path / "toy")
    toy.change("study.toml", "[settings]", "[settings]\nsearch_min = 45")
    result = run_study(load_study(toy.toml))
    frame = result.comparisons_full_time["one-less", "walk"].frame
    shown = display_areas(result.origins, result.areas)
    by_area = frame.groupby(shown.area_of_origin)["weight"].sum()
    gone = frame[frame["outcome"] == "loses_all"]
    assert 0 < gone["weight"].sum() < frame["weight"].sum()
    answer = markdown(report(result, tabulate(result)))
    number = f"{gone['weight'].sum():,.0f}"
    assert re.search(rf"(about )?{number} of them could reach none any more", answer)
    changes = area_changes(
        result.comparisons_full_time, "walk", shown, cutoff_min=30.0, policy=result.study.policy
    )["one-less"]
    shaded = changes_shaded(changes, public=True)["change_min"]
    finite = frame[np.isfinite(frame["change_min"]) & np.isfinite(frame["before_min"])]
    reached = by_area.index.isin(shown.area_of_origin[finite.index])
    lost = by_area.index.isin(shown.area_of_origin[gone.index])
    assert (lost & ~reached).any()
    assert set(shaded.index[np.isinf(shaded)]) == set(by_area.index[lost & ~reached])
    assert shaded.notna().all()


def test_areas_with_nobody_in_reach_both_times_are_shaded_unless_that_may_be_hidden() -> None:
    areas = pd.DataFrame(
        {"weight": [4.0, 4.0, 4.0, 0.0], "weight_loses_all": [0.0, 2.0, 1.0, 0.0]}
    ).assign(change_min=[np.nan, np.nan, 3.0, np.nan])
    inf, nan = np.inf, np.nan
    for public, expected in ((True, [0.0, inf, 3.0, nan]), (False, [nan, nan, 3.0, nan])):
        shaded = changes_shaded(areas, public=public)["change_min"]
        np.testing.assert_array_equal(shaded, expected)

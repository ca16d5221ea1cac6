"""The map in a notebook that was saved as HTML: it answers with no kernel and no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from eh_access.measures.comparison import compare
from eh_access.measures.scenarios import open_sites
from eh_access.notebook import Page
from map_study import toy_result

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from eh_access.study.result import StudyResult

from browser.opened import written


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    return toy_result(tmp_path_factory.mktemp("toy"))


def test_centres_minutes_and_mode_are_picked_and_figures_follow(
    chromium: Browser, toy: StudyResult, tmp_path: Path
) -> None:
    shown = Page(written(toy, tmp_path).read_text(encoding="utf-8"))
    saved = tmp_path / "notebook.html"
    saved.write_text(f"<!DOCTYPE html><body>{shown._repr_html_()}</body>", encoding="utf-8")
    context = chromium.new_context(offline=True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(saved.as_uri())
    frame = page.frame_locator("iframe")
    frame.locator("#facts tbody tr").first.wait_for()
    frame.locator("#scenario").select_option("baseline")
    frame.locator("#count").select_option("any")
    frame.locator('input[name="mode"][value="walk"]').check(force=True)
    frame.locator("#minutes-number").fill("20")
    high = page.locator("iframe").bounding_box()["height"]  # type: ignore[index]
    last = frame.locator("#switches").bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= high  # nothing to scroll for
    before = open_sites(toy.sites, full_time=False, full_time_from_hours=0.0)
    gone = str(before[0])
    frame.locator(f'#centres button[data-key="{gone}"]').click()
    times = toy.times["walk"]
    found = compare(times, times, toy.origins, sites_before=before, sites_after=before.drop(gone))
    near = found.curve([20.0]).iloc[0]
    expect(frame.locator("#share-before")).to_have_text(f"{100 * near['within_share_before']:.1f}%")
    expect(frame.locator("#share-after")).to_have_text(f"{100 * near['within_share_after']:.1f}%")
    added = found.summary().iloc[0]["mean_change_min"]
    expect(frame.locator("#mean-added")).to_have_text(f"{added:+.1f}")
    assert added > 0
    assert all(url.startswith(("file:", "about:", "data:", "blob:")) for url in asked)
    context.close()

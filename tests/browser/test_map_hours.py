"""The hours kept where a scenario cuts them: a slider, and every figure that follows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from browser.opened import Opened, written
from eh_access.criteria.criterion import Case, JudgeSettings, Side
from eh_access.criteria.evaluate import Assumptions, evaluate
from eh_access.criteria.judge import judge
from eh_access.criteria.uncertainty import outcomes_drawn, weigh
from eh_access.measures.scenarios import Scenario, SetHours, apply_scenario
from eh_access.publish.writers.map import render_map
from eh_access.study.findings import find_maps
from map_study import toy_result

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from eh_access.study.result import StudyResult

JUDGED = "() => start.api.data.criteria.map(criterion => Criteria.judge(start.api, criterion))"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    return toy_result(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def toy_page(toy: StudyResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(toy, tmp_path_factory.mktemp("toy-page"))


@pytest.fixture
def opened(chromium: Browser, toy_page: Path) -> Iterator[Opened]:
    page = Opened(chromium, toy_page, link="#scenario=sessions&count=any&mode=walk&minutes=20")
    yield page
    page.check()
    page.close()


def test_every_yardstick_follows_the_hours_as_the_library_does(
    opened: Opened, toy: StudyResult
) -> None:
    before = Side(sites=toy.sites, times=toy.times, times_back=toy.times_back)
    for kept in (0, 3, 9, 10):
        opened.page.fill("#kept-number", str(kept))
        sites = apply_scenario(toy.sites, Scenario("own", "Own", (SetHours("b", float(kept)),)))
        after = Side(sites=sites, times=toy.times, times_back=toy.times_back)
        settings = JudgeSettings(place="centre")
        case = Case(
            scenario="own", origins=toy.origins, before=before, after=after, settings=settings
        )
        for criterion, shown in zip(toy.study.criteria, opened.page.evaluate(JUDGED), strict=True):
            verdict = judge(criterion, case)
            assert shown["value"] == pytest.approx(verdict.value, abs=1e-9), (kept, criterion.id)
            assert shown["outcome"] == verdict.outcome.value, (kept, criterion.id)
            assert shown["indication"] == (verdict.indication or ""), (kept, criterion.id)


def test_with_no_hours_the_figures_are_those_of_closing(opened: Opened, toy: StudyResult) -> None:
    assert opened.text("#loses") == "0"
    opened.page.fill("#kept-number", "0")
    kept_none = opened.big()
    row = toy.comparisons["close-b", "walk"].summary().iloc[0]
    assert kept_none["added"] == f"{row['mean_change_min']:+.1f}"
    link = "#scenario=close-b&count=any&mode=walk&minutes=20"
    opened.page.evaluate("link => { location.hash = link; }", link)
    expect(opened.page.locator("#kept-part")).to_be_hidden()
    assert opened.big() == kept_none
    opened.page.evaluate("link => { location.hash = link; }", link.replace("close-b", "sessions"))
    expect(opened.page.locator("#kept-part")).to_be_visible()
    opened.page.fill("#kept-number", "0")
    assert "open no hours a week" in opened.text("#centres")
    assert "no hours a week kept" in opened.text("#summary")
    # full-time cover stays what it was: neither ten hours nor none are full-time
    opened.switch(count="full")
    without = opened.big()
    opened.page.fill("#kept-number", "10")
    assert opened.big() == without


def test_the_slider_goes_by_keys_and_a_link_brings_it_back(
    chromium: Browser, toy_page: Path, opened: Opened
) -> None:
    page = opened.page
    page.focus("#kept")
    page.keyboard.press("ArrowLeft")
    assert page.input_value("#kept-number") == "9"
    assert page.get_attribute("#kept", "aria-valuetext") == "9 hours a week"
    page.keyboard.press("Home")
    link = opened.link("kept=0")
    again = Opened(chromium, toy_page, link=link)
    assert again.page.input_value("#kept") == "0"
    assert again.big() == opened.big()
    again.close()
    page.keyboard.press("End")  # as many as the scenario says is the scenario
    expect(page.locator("#own-word")).to_have_text("")
    assert page.is_disabled("#reset")
    page.keyboard.press("ArrowLeft")
    page.click("#reset")
    assert page.input_value("#kept") == "10"
    # what is no number of hours, or more than were agreed, changes nothing
    for wrong in ("", "11", "-1", "2.3"):
        page.fill("#kept-number", wrong)
        expect(page.locator("#own-word")).to_have_text("")
        expect(page.locator("#kept-hint")).to_contain_text("Give hours from 0 to 10")
    page.fill("#kept-number", "1")
    expect(page.locator("#own-word")).to_contain_text("1 hour a week kept")
    expect(page.locator("#kept-hint")).not_to_contain_text("Give")
    opened.switch(scenario="close-b")
    expect(page.locator("#kept-part")).to_be_hidden()


def test_the_scenario_file_holds_the_hours(opened: Opened) -> None:
    opened.page.fill("#kept-number", "4")
    text = opened.page.evaluate("() => Controls.toml()")
    assert 'set_hours = { "b" = 4 }' in text
    assert "changed by hand" in text


@pytest.mark.parametrize("neighbours", [False, True])
def test_every_step_says_what_the_library_says_how_sure_it_is_included(
    chromium: Browser, rotherham_page: Path, rotherham: StudyResult, *, neighbours: bool
) -> None:
    result = rotherham.with_neighbours if neighbours else rotherham
    (case,) = (case for case in result.cases() if case.scenario == "deregister-sessions")
    link = "#scenario=deregister-sessions" + "&neighbours=counted" * neighbours
    page = Opened(chromium, rotherham_page, link=link)
    cut = case.after.sites.index[case.after.sites["hours_per_week"] == 10]
    assert len(cut) == 3
    seen = set()
    for kept in (0, 5, 10) if neighbours else range(11):
        page.page.fill("#kept-number", str(kept))
        page.settle()
        shown = page.page.eval_on_selector_all(
            "#criteria tbody .outcome", "nodes => nodes.map(node => node.textContent)"
        )
        sites = apply_scenario(
            case.after.sites, Scenario("own", "Own", tuple(SetHours(s, float(kept)) for s in cut))
        )
        other = dataclasses.replace(case, after=dataclasses.replace(case.after, sites=sites))
        drawn = outcomes_drawn(rotherham.study.criteria, other, result.uncertainty.simulation)
        for criterion, outcome in zip(rotherham.study.criteria, shown, strict=True):
            verdict = weigh(judge(criterion, other), drawn[criterion.id])
            assert outcome == verdict.outcome.value, (kept, criterion.id)
        seen |= set(shown)
    assert "too close to call" in seen
    assert "as the study found" in page.text("#criteria-word")
    page.check()
    page.close()


@pytest.mark.parametrize("kept", [0.0, 5.0, 10.0])
def test_rotherhams_opening_hours_are_those_of_the_sensitivity(
    chromium: Browser, rotherham_page: Path, rotherham: StudyResult, kept: float
) -> None:
    page = Opened(chromium, rotherham_page, link="#scenario=deregister-sessions")
    page.page.fill("#kept-number", f"{kept:g}")
    case = next(case for case in rotherham.cases() if case.scenario == "deregister-sessions")
    shown = page.page.evaluate(JUDGED)
    for criterion, found in zip(rotherham.study.criteria, shown, strict=True):
        if criterion.sites == "open":
            value = float(evaluate(criterion, case, Assumptions(agreed_hours=kept)).value)
            assert found["value"] == pytest.approx(value, abs=1e-6)
    page.check()
    page.close()


def test_hours_that_the_study_has_not_judged_are_worked_out_and_said_to_be(
    chromium: Browser, toy: StudyResult, tmp_path: Path
) -> None:
    path = tmp_path / "map.html"
    # as of counts that are protected: no verdict is stored for other hours than the study's
    maps = dataclasses.replace(find_maps(toy), hours_kept=())
    path.write_text(render_map(toy, maps), encoding="utf-8")
    opened = Opened(chromium, path, link="#scenario=sessions")
    before = Side(sites=toy.sites, times=toy.times, times_back=toy.times_back)
    (item,) = (each for each in toy.study.criteria if each.measure == "hours_fall")
    row = f'#criteria tr[data-criterion="{item.id}"]'
    said = set()
    for kept in (0, 3, 10):
        opened.page.fill("#kept-number", str(kept))
        opened.settle()
        sites = apply_scenario(toy.sites, Scenario("own", "Own", (SetHours("b", float(kept)),)))
        after = Side(sites=sites, times=toy.times, times_back=toy.times_back)
        case = Case(scenario="own", origins=toy.origins, before=before, after=after)
        lost = f"{100 * judge(item, case).value:.1f}".removesuffix(".0") + "%"
        assert lost in opened.text(row).replace(".0%", "%"), kept
        said.add(lost)
        word = opened.text("#criteria-word")
        worked_out = "worked out in this page" in word and f"“{item.label}”" in word
        assert worked_out == (kept != 10)
        # full-time sites are the same ones: of those the study's own verdicts stand
        assert "as the study found" in word
    assert len(said) == 3
    opened.check()
    opened.close()

"""The switch that counts neighbours' sites: every figure of the page is then the library's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browser.opened import Opened, written
from browser.test_map_browser import SWITCHES, expected
from eh_access.study.config import load_study
from eh_access.study.result import StudyResult
from eh_access.study.run import run_study
from map_study import EAST, NORTH, study_text, write_tables

if TYPE_CHECKING:
    from playwright.sync_api import Browser

APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
THEIRS = f"a neighbour{APOSTROPHE}s"
HEADER = "site_id,name,hours_per_week,easting,northing,location_basis,location_radius_m"
NEIGHBOURS = (
    f"aa,<b>Over</b>,,{EAST - 300},{NORTH + 1500},surveyed,10",
    # a few hours only, and known to within a street
    f"n8,Eight Hours,8,{EAST + 3300},{NORTH + 600},postcode,150",
    f"z,Somewhere North,,{EAST + 1500},{NORTH + 3900},estimate,700",
    # as b, in a mirror: exactly as near to some home, and its id sorts first
    f"ab,Twin,,{EAST - 200},{NORTH + 2300},surveyed,10",
)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    """The map's study with four neighbours."""
    folder = tmp_path_factory.mktemp("toy")
    write_tables(folder)
    (folder / "neighbours.csv").write_text("\n".join([HEADER, *NEIGHBOURS, ""]), "utf-8")
    text = study_text().replace("[data]", '[data]\nneighbours = "neighbours.csv"', 1)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return run_study(load_study(folder))


@pytest.fixture
def opened(
    chromium: Browser, toy: StudyResult, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opened]:
    page = Opened(chromium, written(toy, tmp_path_factory.mktemp("map")))
    yield page
    page.check()
    page.close()


@pytest.fixture
def page(chromium: Browser, rotherham_page: Path) -> Iterator[Opened]:
    found = Opened(chromium, rotherham_page)
    yield found
    found.check()
    found.close()


def count_them(opened: Opened) -> None:
    opened.page.check("#neighbours")


def widened(result: StudyResult) -> StudyResult:
    assert result.with_neighbours is not None
    return result.with_neighbours


@pytest.mark.parametrize(("scenario", "switches"), SWITCHES)
def test_every_figure_is_the_librarys_with_and_without(
    page: Opened, rotherham: StudyResult, scenario: str, switches: dict[str, Any]
) -> None:
    page.switch(scenario=scenario, **switches)
    assert page.big() == expected(rotherham, rotherham.scenario_sites[scenario], **switches)
    count_them(page)
    wider = widened(rotherham)
    told = expected(wider, wider.scenario_sites[scenario], **switches)
    assert page.big() == told
    assert f"neighbours{APOSTROPHE} centres counted" in page.text("#summary")
    page.page.uncheck("#neighbours")
    assert page.big() == expected(rotherham, rotherham.scenario_sites[scenario], **switches)


@pytest.mark.parametrize("counted", [False, True])
def test_yardsticks_worked_out_in_the_page_are_the_librarys(
    opened: Opened, toy: StudyResult, *, counted: bool
) -> None:
    if counted:
        count_them(opened)
    found = widened(toy) if counted else toy
    judge = "() => start.api.data.criteria.map(criterion => Criteria.judge(start.api, criterion))"
    for scenario in toy.scenario_names:
        opened.switch(scenario=scenario)
        opened.settle()
        verdicts = found.verdicts_for(scenario)
        # what the page says is the library's own verdict, word for word
        shown = opened.rows("criteria")
        assert [row[2] for row in shown] == [verdict.sentence for verdict in verdicts]
        for ours, theirs in zip(opened.page.evaluate(judge), verdicts, strict=True):
            if "lacks what it needs" in ours["why"]:
                continue
            assert ours["value"] == pytest.approx(theirs.value, abs=1e-6), theirs.criterion.id
            assert ours["outcome"] == str(theirs.outcome)
            assert ours["indication"] == str(theirs.indication or "")


def test_closing_one_by_hand_counts_neighbours_too(opened: Opened, toy: StudyResult) -> None:
    """Closed by hand is the scenario in which the same one closes."""
    count_them(opened)
    opened.switch(scenario="close-b")
    wanted = opened.big(), [row[1] for row in opened.rows("criteria")]
    opened.switch(scenario="baseline")
    opened.page.click('#centres button[data-key="b"]')
    opened.settle()
    assert (opened.big(), [row[1] for row in opened.rows("criteria")]) == wanted
    assert widened(toy).verdicts_for("close-b")[0].value != toy.verdicts_for("close-b")[0].value


def test_whose_each_home_is_follows_the_library(opened: Opened, toy: StudyResult) -> None:
    count_them(opened)
    alike = widened(toy).times["walk"].to_wide()
    alike = alike.index[(alike["ab"] == alike["b"]) & (alike["b"] == alike.min(axis=1))]
    assert len(alike)
    assert (
        widened(toy).nearest("baseline", "walk", full_time=False)["site_id"][alike] == "ab"
    ).all()
    for scenario in toy.scenario_names:
        opened.switch(scenario=scenario, count="any")
        ids = opened.page.evaluate(
            """() => [...start.api.now.after.site]
                .map(s => (s < 0 ? '' : start.api.data.sites[s].id))"""
        )
        nearest = widened(toy).nearest(scenario, "walk", full_time=False)
        assert ids == nearest["site_id"].tolist()


def test_postcodes_of_a_study_by_postcode(opened: Opened, toy: StudyResult) -> None:
    count_them(opened)
    opened.switch(scenario="close-b", count="any")
    for code in toy.origins.index[::5]:
        check_postcode(opened, widened(toy), code, "close-b", full_time=False)


def test_postcodes_where_origins_are_areas(
    page: Opened, rotherham: StudyResult, by_postcode: StudyResult
) -> None:
    """The page has only the nearest neighbours of each; the library's answer is of all."""
    by_postcode = widened(by_postcode)
    count_them(page)
    page.switch(scenario="deregister-sessions")
    codes = by_postcode.origins.index
    whose = by_postcode.nearest("deregister-sessions", "walk", full_time=True)["site_id"]
    over = codes[whose.isin(rotherham.neighbours.index)]
    assert len(over) > 50
    for code in [*over[:: len(over) // 6], *codes[:: len(codes) // 5]]:
        check_postcode(page, by_postcode, code, "deregister-sessions", full_time=True)


def check_postcode(
    opened: Opened, result: StudyResult, code: str, scenario: str, *, full_time: bool
) -> None:
    names = result.sites["name"]
    for mode, row in zip(result.modes, opened.look_up(code), strict=True):
        for when, cell in (("baseline", row[1]), (scenario, row[2])):
            minutes, site = result.nearest(when, mode, full_time=full_time).loc[code]
            if math.isinf(minutes):
                assert cell == "none reached"
                continue
            told, name = cell.split("\n")[0].split(" minutes, ")
            assert name == names[site]
            assert float(told) == pytest.approx(minutes, abs=0.0502)  # one decimal


def test_they_have_a_mark_and_a_row_of_their_own_and_cannot_be_closed(
    opened: Opened, toy: StudyResult
) -> None:
    marks = opened.page.locator('.leaflet-marker-icon[role="img"]')
    assert marks.count() == 4
    # own sites keep their letters; neighbours are numbered by id
    assert marks.first.inner_text() == "1"
    assert "not counted" in str(marks.first.get_attribute("aria-label"))
    assert f"{THEIRS}, not counted" in opened.text("#legend")
    for name in ("Over", "Eight Hours", "Twin"):
        assert name in opened.text("#neighbours-hint")
    opened.switch(rows="centre")
    rows = {row[0]: row for row in opened.rows()}
    assert rows["1 <b>Over</b>"][1:4] == [f"{THEIRS}, not counted", "0", "0"]
    count_them(opened)
    rows = {row[0]: row for row in opened.rows()}
    assert rows["1 <b>Over</b>"][1] == f"{THEIRS}, counted"
    assert float(rows["1 <b>Over</b>"][2]) > 0
    assert f"{THEIRS}, counted, open 8 hours a week" in rows["3 Eight Hours"][1]
    assert opened.page.locator("#centres button").count() == len(toy.sites)
    before = opened.big()
    opened.page.click('.leaflet-marker-icon[data-site="aa"]')
    assert opened.big() == before
    expect(marks.first.locator(".centre")).to_have_class("centre neighbour counted")


def test_the_switch_by_keyboard_and_by_link(
    chromium: Browser, rotherham_page: Path, page: Opened
) -> None:
    before = page.big(), page.rows()
    page.page.focus("#neighbours")
    page.page.keyboard.press(" ")
    after = page.big(), page.rows()
    assert after != before
    link = page.link("neighbours=counted")
    again = Opened(chromium, rotherham_page, link=link)
    assert (again.big(), again.rows()) == after
    assert again.page.is_checked("#neighbours")
    again.check()
    again.close()
    page.page.keyboard.press(" ")
    assert (page.big(), page.rows()) == before


@pytest.mark.parametrize("size", [(1440, 900), (360, 800)], ids=["desk", "phone"])
def test_the_switch_is_accessible(
    chromium: Browser, rotherham_page: Path, size: tuple[int, int]
) -> None:
    opened = Opened(chromium, rotherham_page, size=size, link="#neighbours=counted")
    found = Axe().run(opened.page)
    serious = [item["id"] for item in found.response["violations"]]
    assert serious == []
    box = opened.page.locator("label:has(#neighbours)").bounding_box()
    assert box is not None
    assert box["height"] >= 24
    opened.check()
    opened.close()


def test_without_neighbours_there_is_no_switch(chromium: Browser, tmp_path: Path) -> None:
    write_tables(tmp_path)
    (tmp_path / "study.toml").write_text(study_text(), encoding="utf-8")
    opened = Opened(
        chromium, written(run_study(load_study(tmp_path)), tmp_path), link="#neighbours=counted"
    )
    assert not opened.page.is_visible("#neighbours")
    assert THEIRS not in opened.text("#legend")
    assert "counted" not in opened.text("#summary")
    opened.check()
    opened.close()

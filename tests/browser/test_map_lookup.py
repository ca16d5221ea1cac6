"""Postcodes looked up where origins are areas, and the map's areas by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browser.opened import Opened, written
from eh_access.measures.scenarios import open_sites, rough_radius_m
from eh_access.routing.matrix import travel_time_matrix
from eh_access.study.config import load_study
from eh_access.study.result import StudyResult
from eh_access.study.run import run_study
from map_study import toy_result

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from eh_access.modes import TravelMode

SCENARIO = "deregister-sessions"
AREA = ".leaflet-areas-pane g > path"


@pytest.fixture
def opened(chromium: Browser, rotherham_page: Path) -> Iterator[Opened]:
    page = Opened(chromium, rotherham_page)
    yield page
    page.check()
    page.close()


def full_time(result: StudyResult, scenario: str) -> pd.Index:
    enough = result.study.settings.full_time_from_hours
    return open_sites(
        result.scenario_sites[scenario], full_time=True, full_time_from_hours=enough
    ).sort_values()


def metres_by_street(result: StudyResult, code: str, site: str, mode: TravelMode) -> float:
    """Return the length of the shortest way, searched from this one place to this one site."""
    assert result.network is not None
    way = travel_time_matrix(
        result.network,
        result.origins.loc[[code]],
        result.sites.loc[[site]],
        mode=mode.level(),
        cutoff_min=600,
    )
    return float(way.minutes[0, 0]) * mode.speed_km_h * 1000 / 60


def check_answer(
    page: Opened, result: StudyResult, code: str, sites: tuple[pd.Index, pd.Index]
) -> None:
    """Compare each row of the answer with the library's minutes to the sites before and after."""
    names = result.sites["name"]
    for mode, row in zip(result.modes, page.look_up(code), strict=True):
        times = result.times[mode]
        before, after = (
            times.select(chosen).to_wide().loc[code].sort_values(kind="stable") for chosen in sites
        )
        told = [cell.split("\n") for cell in row]
        assert told[1][0] == f"{before.iloc[0]:.1f} minutes, {names[before.index[0]]}"
        assert told[2][0] == f"{after.iloc[0]:.1f} minutes, {names[after.index[0]]}"
        assert float(told[3][0]) == pytest.approx(after.iloc[0] - before.iloc[0], abs=0.0502)
        assert told[4][0] == f"{after.iloc[1]:.1f} minutes, {names[after.index[1]]}"
        if mode == "drive":
            assert len(told[2]) == 1  # a car's minutes say nothing of metres
            continue
        number, unit = told[2][1].split()  # "about" stands before an estimate alone
        metres = float(number) * {"km": 1000, "m": 1}[unit]
        wanted = metres_by_street(result, code, after.index[0], times.mode)
        assert metres == pytest.approx(wanted, abs=51)


def check_doubts(
    page: Opened, result: StudyResult, code: str, sites: tuple[pd.Index, pd.Index]
) -> None:
    """The answer says of each site it names, and of no other, how roughly its place is known."""
    named: set[str] = set()
    for mode in result.modes:
        before, after = (
            result.times[mode].select(chosen).to_wide().loc[code].sort_values(kind="stable").index
            for chosen in sites
        )
        named |= {before[0], *after[:2]}
    told = page.text("#postcode-answer")
    radius_m = pd.Series(rough_radius_m(result.sites), result.sites.index)
    for site, name in result.sites["name"].items():
        said = f"{name} (within {radius_m[site]:,.0f} m)" in told
        assert said == (site in named and radius_m[site] > 0), name


def test_ten_postcodes_are_the_librarys_where_origins_are_areas(
    opened: Opened, by_postcode: StudyResult
) -> None:
    sites = full_time(by_postcode, "baseline"), full_time(by_postcode, SCENARIO)
    for code in by_postcode.origins.index[:: len(by_postcode.origins) // 10][:10]:
        check_answer(opened, by_postcode, code, sites)
        check_doubts(opened, by_postcode, code, sites)
        assert opened.text("#postcode-answer caption").startswith(f"{code}, to a full-time centre")
    assert "INDICATIVE" not in opened.text("#postcode-answer caption")


def test_the_answer_follows_a_press_and_a_scenario(
    opened: Opened, by_postcode: StudyResult
) -> None:
    before, after = full_time(by_postcode, "baseline"), full_time(by_postcode, SCENARIO)
    times = by_postcode.times["walk"].select(after).nearest(after)
    code = times.index[times["site_id"] == "arnold"][0]
    opened.look_up(code)
    shown = opened.rows("postcode-answer")
    opened.page.click('#centres button[data-key="arnold"]')
    assert opened.rows("postcode-answer") != shown
    check_answer(opened, by_postcode, code, (before, after.drop("arnold")))
    assert "with your changes" in opened.text("#postcode-answer caption")
    opened.switch(scenario="baseline")
    check_answer(opened, by_postcode, code, (before, before))


@pytest.mark.parametrize("typed", ["s601ab", " S60  1AB ", "s60-1ab"])
def test_however_a_postcode_is_typed_it_is_found(opened: Opened, typed: str) -> None:
    opened.page.fill("#postcode", typed)
    opened.page.press("#postcode", "Enter")
    assert opened.text("#postcode-answer caption").startswith("S60 1AB,")


@pytest.mark.parametrize(
    ("typed", "told"), [("ZZ9 9ZZ", "not among"), ("E00038789", "not among"), ("", "Type a")]
)
def test_what_is_not_known_says_so(opened: Opened, typed: str, told: str) -> None:
    opened.look_up("S60 1AB")
    opened.page.fill("#postcode", typed)
    opened.page.click("#postcode-form button")
    expect(opened.page.locator("#postcode-answer")).to_contain_text(told)
    opened.switch(mode="drive")
    assert opened.page.locator("#postcode-answer table").count() == 0


def test_without_postcodes_there_is_no_look_up(chromium: Browser, tmp_path: Path) -> None:
    toy = toy_result(tmp_path)
    table = pd.read_csv(tmp_path / "origins.csv")
    named = table.assign(origin_id=[f"place {number}" for number in range(len(table))])
    named.to_csv(tmp_path / "origins.csv", index=False)
    page = Opened(chromium, written(run_study(load_study(toy.study.folder)), tmp_path))
    assert page.page.is_hidden("#postcode-part")
    page.check()
    page.close()


def test_an_answer_on_a_phone_needs_no_scrolling_sideways(
    chromium: Browser, rotherham_page: Path
) -> None:
    page = Opened(chromium, rotherham_page, size=(360, 780))
    page.look_up("S60 1AB")
    wide = "node => [node.scrollWidth, node.clientWidth]"
    inner, outer = page.page.eval_on_selector("#postcode-answer .scroll", wide)
    assert inner <= outer
    found = Axe().run(page.page).response["violations"]
    assert [item["id"] for item in found] == []
    page.check()
    page.close()


def label(page: Opened) -> str:
    found: str = page.page.evaluate("document.activeElement.getAttribute('aria-label') || ''")
    return found


def test_all_areas_are_one_stop_of_the_tab_key(opened: Opened, rotherham: StudyResult) -> None:
    opened.page.focus("#tiles")
    stops = []
    for _ in range(60):
        opened.page.keyboard.press("Tab")
        stops.append(opened.page.evaluate("document.activeElement.tagName.toLowerCase()"))
        if opened.page.evaluate("document.activeElement.id") == "postcode":
            break
    else:
        pytest.fail("the tab key did not come to what follows the map")
    assert stops.count("path") == 1
    assert opened.page.locator(AREA).count() == len(rotherham.areas)


def test_arrow_keys_go_from_area_to_area_and_say_what_is_there(
    opened: Opened, rotherham: StudyResult
) -> None:
    names = set(rotherham.areas["name"])
    opened.page.focus(f'{AREA}[tabindex="0"]')
    middle = opened.page.evaluate("map => map.getCenter()", opened.page.evaluate_handle("eh_map"))
    seen = []
    for _ in range(30):
        opened.page.keyboard.press("ArrowUp")
        name, _, words = label(opened).partition(": ")
        assert name in names
        assert words.endswith("minutes")
        seen.append(name)
    assert seen[-1] == seen[-2]  # the northern edge
    northings = rotherham.areas.set_index("name").geometry.representative_point().y
    climbed = list(dict.fromkeys(seen))
    assert len(climbed) > 3
    assert northings[climbed].is_monotonic_increasing
    expect(opened.page.locator(".leaflet-tooltip", has_text=seen[-1])).to_have_count(1)
    assert opened.page.locator(".leaflet-leaders-pane path[stroke='#12436D']").count() == 1
    now = opened.page.evaluate("map => map.getCenter()", opened.page.evaluate_handle("eh_map"))
    assert now == middle  # the arrow keys did not move the map as well
    opened.page.keyboard.press("Escape")
    expect(opened.page.locator(".leaflet-tooltip", has_text=seen[-1])).to_have_count(0)
    opened.page.keyboard.press("Tab")
    assert opened.page.locator(".leaflet-leaders-pane path[stroke='#12436D']").count() == 0
    opened.page.keyboard.press("Shift+Tab")
    assert label(opened).startswith(seen[-1])  # the stop is where it was left


def test_what_is_said_of_an_area_follows_the_switches(opened: Opened) -> None:
    opened.page.focus(f'{AREA}[tabindex="0"]')
    before = label(opened)
    opened.switch(view="coverage")
    opened.page.focus(f'{AREA}[tabindex="0"]')
    assert label(opened) != before
    assert "within reach" in label(opened)

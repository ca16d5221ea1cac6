"""Every switch by mouse and by keyboard; real streets; accessibility; paper, phones, contrast."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browser.opened import Opened, written
from eh_access.criteria.criterion import Case, JudgeSettings, Side
from eh_access.criteria.judge import judge
from eh_access.measures.scenarios import Close, Scenario, apply_scenario, open_sites
from eh_access.modes import TRANSIT, VISIT
from eh_access.study.challenge import read_challenge
from eh_access.study.config import load_study
from eh_access.study.inputs import read_inputs
from eh_access.study.result import StudyResult
from eh_access.study.run import run_study
from eh_access.transit.journeys import clock
from eh_access.transit.trips import explain_trip
from eh_access.transit.walks import NEVER
from study_files import with_few_draws

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from eh_access.transit.journeys import TransitTimes

CLOSED = ("gaer-community-centre", "rogerstone-library", "somerton-rascal-hope-centre")
BY_HAND = "newport-central-library"


@pytest.fixture(scope="module")
def newport_page(newport: StudyResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(newport, tmp_path_factory.mktemp("newport"))


@pytest.fixture
def opened(chromium: Browser, rotherham_page: Path) -> Iterator[Opened]:
    page = Opened(chromium, rotherham_page)
    yield page
    page.check()
    page.close()


@pytest.fixture
def streets(chromium: Browser, newport_page: Path) -> Iterator[Opened]:
    page = Opened(chromium, newport_page)
    yield page
    page.check()
    page.close()


def keys(page: Page, selector: str, *pressed: str) -> None:
    page.focus(selector)
    for key in pressed:
        page.keyboard.press(key)


def by_label(page: Page, name: str, value: str) -> None:
    page.click(f'label:has(input[name="{name}"][value="{value}"])')


# what is switched by mouse, by keys, and which of map, table and summary must answer
BY_MOUSE: dict[str, Any] = {
    "scenario": lambda page: page.select_option("#scenario", "baseline"),
    "mode": lambda page: by_label(page, "mode", "drive"),
    "minutes": lambda page: page.click("#minutes", position={"x": 5, "y": 10}),
    "who": lambda page: page.select_option("#who", "no-car-fifth"),
    "count": lambda page: page.select_option("#count", "any"),
    "view": lambda page: by_label(page, "view", "catchments"),
    "centre on the map": lambda page: page.click('.leaflet-marker-icon[data-site="arnold"]'),
    "centre in the list": lambda page: page.click('#centres button[data-key="arnold"]'),
}
BY_KEYS: dict[str, Any] = {
    "scenario": lambda page: keys(page, "#scenario", "Home"),
    "mode": lambda page: keys(page, 'input[name="mode"][value="walk"]', "ArrowRight"),
    "minutes": lambda page: keys(page, "#minutes", "Home"),
    "who": lambda page: keys(page, "#who", "ArrowDown"),
    "count": lambda page: keys(page, "#count", "ArrowUp"),
    "view": lambda page: keys(page, 'input[name="view"][value="coverage"]', "ArrowLeft"),
    "centre on the map": lambda page: keys(
        page, '.leaflet-marker-icon[data-site="arnold"]', "Enter"
    ),
    "centre in the list": lambda page: keys(page, '#centres button[data-key="arnold"]', " "),
}


@pytest.mark.parametrize("how", [BY_MOUSE, BY_KEYS], ids=["mouse", "keyboard"])
def test_each_switch_changes_map_table_and_summary(
    chromium: Browser, rotherham_page: Path, how: dict[str, Any]
) -> None:
    # dots are the view in which the map answers to every one of them, the minutes too
    link = "view=coverage&scenario=deregister-sessions&minutes=30&who=all&count=full&mode=walk"
    opened = Opened(chromium, rotherham_page, link=f"#{link}")
    for switch, press in how.items():
        opened.page.evaluate("link => { location.hash = link; }", link)
        expect(opened.page.locator("#summary")).not_to_contain_text("with your")
        opened.settle()
        before = opened.picture(), opened.rows(), opened.text("#summary")
        press(opened.page)
        after = opened.picture(), opened.rows(), opened.text("#summary")
        assert after[0] != before[0], f"{switch}: the map"
        if switch != "view":
            assert after[1] != before[1], f"{switch}: the table"
            assert after[2] != before[2], f"{switch}: the summary"
            # what is read out follows when the reader has stopped pressing
            expect(opened.page.locator("#announce")).to_have_text(after[2])
    opened.check()
    opened.close()


def test_asking_for_a_group_changes_colours_labels_and_catchments(opened: Opened) -> None:
    for view in ("change", "catchments"):
        opened.switch(view=view, who="all")
        everyone = opened.picture()
        opened.switch(who="most-deprived-fifth")
        assert opened.picture() != everyone
        assert "there" in opened.text("#legend")
    assert "most deprived" in opened.text("#facts caption")
    assert "most deprived" in opened.text("#big-share-label")


def test_the_file_of_a_scenario_made_by_hand_is_one_that_challenge_takes(
    opened: Opened, tmp_path: Path
) -> None:
    opened.switch(scenario="deregister-sessions")
    opened.page.click('#centres button[data-key="arnold"]')
    with opened.page.expect_download() as waiting:
        opened.page.click("#save-toml")
    saved = tmp_path / "theirs.toml"
    waiting.value.save_as(saved)
    study = load_study("rotherham")
    both = read_challenge(saved, study, read_inputs(study))
    (name,) = both.theirs
    (theirs,) = [item for item in both.study.scenarios if item.name == name]
    assert theirs.close == ("arnold",)
    assert set(theirs.set_hours) == {"park-view", "broom-valley", "wath-victoria"}


def test_ten_postcodes_are_the_librarys_on_streets(streets: Opened, newport: StudyResult) -> None:
    scenario = "illustrative-closed"
    before = {mode: newport.nearest("baseline", mode, full_time=True) for mode in newport.modes}
    after = {mode: newport.nearest(scenario, mode, full_time=True) for mode in newport.modes}
    left = sorted(set(newport.sites.index) - set(CLOSED))
    names = newport.sites["name"]
    streets.switch(scenario=scenario)
    for postcode in newport.origins.index[:: len(newport.origins) // 10][:10]:
        rows = streets.look_up(postcode)
        for mode, row in zip(newport.modes, rows, strict=True):
            minutes = newport.times[mode].select(left).to_wide().loc[postcode].sort_values()
            was, site_before = before[mode].loc[postcode]
            now, site_after = after[mode].loc[postcode]
            told = [cell.split("\n")[0] for cell in row]
            if minutes.iloc[0] == float("inf"):
                assert told[2] == "none reached"
                continue
            assert told[1] == f"{was:.1f} minutes, {names[site_before]}"
            assert told[2] == f"{now:.1f} minutes, {names[site_after]}"
            assert float(told[3]) == pytest.approx(now - was, abs=0.0501)
            assert told[4] == f"{minutes.iloc[1]:.1f} minutes, {names[minutes.index[1]]}"
        pushed = newport.distances["pushchair"]
        shortest = pushed.to_wide().loc[postcode, after["pushchair"].loc[postcode, "site_id"]]
        length = rows[1][2].split("\n")[1]
        number, unit = length.split()
        metres = float(number) * {"km": 1000, "m": 1}[unit]
        assert metres == pytest.approx(shortest * pushed.mode.speed_km_h * 1000 / 60, abs=51)
        assert "\n" not in rows[2][2]  # a car's minutes say nothing of metres
    assert "by car" in streets.text("#postcode-answer .hint")


def test_yardsticks_by_hand_on_streets_are_the_librarys(
    streets: Opened, newport: StudyResult
) -> None:
    streets.page.select_option("#scenario", "illustrative-closed")
    streets.page.click(f'#centres button[data-key="{BY_HAND}"]')
    changes = (*(Close(site) for site in CLOSED), Close(BY_HAND))
    sites = apply_scenario(newport.sites, Scenario("own", "Own", changes))
    sides = [
        Side(
            sites=table,
            times=newport.times,
            times_back=newport.times_back,
            distances=newport.distances,
        )
        for table in (newport.sites, sites)
    ]
    settings = JudgeSettings(unit="postcodes", place="site")
    case = Case(
        scenario="own", origins=newport.origins, before=sides[0], after=sides[1], settings=settings
    )
    shown = streets.page.evaluate(
        "() => start.api.data.criteria.map(criterion => Criteria.judge(start.api, criterion))"
    )
    measures = {criterion.measure for criterion in newport.study.criteria}
    assert {"coverage_distance", "coverage_fall", "hours_fall"} <= measures
    for criterion, found in zip(newport.study.criteria, shown, strict=True):
        verdict = judge(criterion, case)
        assert found["value"] == pytest.approx(verdict.value, abs=1e-9), criterion.id
        assert found["outcome"] == verdict.outcome.value, criterion.id


def test_isochrones_answer_to_minutes_and_to_a_closed_site(streets: Opened) -> None:
    streets.switch(view="isochrones", scenario="baseline", minutes=30)
    whole = streets.inked("isochrones")
    assert "10, 20 and 30 minutes" in streets.text("#legend h3")
    streets.switch(minutes=10)
    assert 0 < streets.inked("isochrones") < whole / 2
    streets.switch(minutes=35)
    assert "none is stored for 35" in streets.text("#legend h3")
    assert streets.inked("isochrones") == whole
    plain = streets.picture()
    streets.page.click('.leaflet-marker-icon[data-site="duffryn-community-centre"]')
    # the land is still painted, but as lost
    assert streets.picture() != plain
    assert streets.inked("isochrones") == pytest.approx(whole, rel=0.03)


def test_an_estimate_offers_no_isochrones_and_says_why(
    chromium: Browser, estimate_page: Path
) -> None:
    opened = Opened(chromium, estimate_page)
    assert opened.page.locator('input[name="view"][value="isochrones"]').count() == 0
    assert "need streets" in opened.text("#isochrones-word")
    opened.close()


@pytest.mark.parametrize(
    ("study", "width"),
    [("rotherham_page", 360), ("rotherham_page", 1440), ("newport_page", 1440)],
)
def test_axe_finds_nothing(
    chromium: Browser, request: pytest.FixtureRequest, study: str, width: int
) -> None:
    page = Opened(chromium, request.getfixturevalue(study), size=(width, 800))
    if study == "newport_page":
        page.look_up("NP20 4UR")
    page.settle()
    found = Axe().run(page.page).response["violations"]
    page.check()
    page.close()
    assert [(item["id"], item["nodes"][0]["html"][:120]) for item in found] == []


def test_four_times_as_large_nothing_is_cut_off(chromium: Browser, rotherham_page: Path) -> None:
    # a window of 1280 x 1024 at 400 % is one of 320 x 256 (WCAG 1.4.10)
    page = Opened(chromium, rotherham_page, size=(320, 256))
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 320
    clipped = page.page.evaluate(
        """() => [...document.querySelectorAll('h1, h2, dt, dd, p, label, button, li')]
          .filter(node => node.offsetParent)
          .filter(node => !node.closest('.scroll, .hidden, .leaflet-container'))
          .filter(node => !node.matches('.unless-wrong:not(.wrong)'))
          .filter(node => node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0
            && getComputedStyle(node).display !== 'inline' && !node.classList.contains('hidden'))
          .map(node => node.outerHTML.slice(0, 80))"""
    )
    assert clipped == []
    page.check()
    page.close()


def test_in_forced_colours_the_map_keeps_its_own(chromium: Browser, rotherham_page: Path) -> None:
    page = Opened(chromium, rotherham_page)
    page.page.emulate_media(forced_colors="active")
    kept = page.page.evaluate(
        """() => ['.swatch', '.centre', '.leaflet-container'].map(
            name => getComputedStyle(document.querySelector(name)).forcedColorAdjust)"""
    )
    assert kept == ["none"] * 3
    outlined = page.page.evaluate(
        "() => getComputedStyle(document.querySelector('.choice label:has(:checked)')).outlineStyle"
    )
    assert outlined == "solid"
    page.check()
    page.close()


def test_nothing_moves_by_itself_where_less_motion_is_asked_for(opened: Opened) -> None:
    moving = opened.page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(node => {
            const style = getComputedStyle(node);
            return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0;
        }).map(node => node.outerHTML.slice(0, 80))"""
    )
    assert moving == []


def test_areas_show_through_the_streets_on_paper(streets: Opened, tmp_path: Path) -> None:
    streets.settle()
    streets.page.pdf(path=tmp_path / "n.pdf", prefer_css_page_size=True, print_background=True)
    assert (tmp_path / "n.pdf").read_bytes().count(b"/Type /Page\n") == 1
    streets.page.emulate_media(media="print")
    blend = "name => getComputedStyle(document.querySelector(name)).mixBlendMode"
    assert streets.page.evaluate(blend, ".leaflet-streets-pane") == "multiply"


def test_opening_a_closed_centre_gives_back_what_closing_it_took(streets: Opened) -> None:
    streets.switch(scenario="illustrative-closed")
    for site in CLOSED:
        streets.page.click(f'#centres button[data-key="{site}"]')
    assert streets.big()["loses"] == "0"
    assert streets.big()["before"] == streets.big()["after"]


def test_the_first_screen_has_the_figures_and_the_map(opened: Opened) -> None:
    low = opened.page.evaluate(
        """() => ['#loses', '#banner strong', '.map-frame'].map(
            name => document.querySelector(name).getBoundingClientRect().bottom)"""
    )
    assert max(low) <= 900


def test_each_mode_offers_its_own_minutes(streets: Opened, newport: StudyResult) -> None:
    criterion = next(item for item in newport.study.criteria if item.mode == VISIT)
    streets.switch(scenario="illustrative-closed", count="any", mode="walk", minutes=45)
    streets.switch(mode="pushchair")
    assert streets.page.input_value("#minutes-number") == "45"  # the same choice is offered
    streets.switch(mode=VISIT)
    field = streets.page.locator("#minutes-number")
    assert [field.get_attribute(name) for name in ("min", "max", "step")] == ["20", "120", "5"]
    assert field.input_value() == f"{criterion.cutoff_min:g}" == "120"
    verdict = next(
        item
        for item in newport.verdicts_for("illustrative-closed")
        if item.criterion.id == criterion.id
    )
    assert streets.big()["after"] == f"{100 * verdict.value:.1f}%"
    streets.switch(minutes=30)
    less = streets.big()["after"]
    assert float(less.removesuffix("%")) < 100 * verdict.value
    streets.page.fill("#minutes-number", "33")
    assert "Give whole minutes from 20 to 120; 30 stay chosen." in streets.text("#minutes-hint")
    again = streets.link("mode=visit&minutes=30")
    streets.page.evaluate("link => { location.hash = link; }", again.replace("=30", "=115"))
    expect(streets.page.locator("#minutes")).to_have_js_property("value", "115")
    streets.switch(mode="walk")
    assert streets.page.input_value("#minutes-number") == "30"
    streets.switch(view="isochrones", mode=VISIT)
    assert "No land is drawn" in streets.text("#legend h3")


def test_percentiles_of_the_page_are_the_librarys(streets: Opened, newport: StudyResult) -> None:
    scenario = "illustrative-closed"
    streets.switch(scenario=scenario, count="full", mode=TRANSIT, minutes=20)
    seen = set()
    for percentile in ("10", "50", "90"):
        streets.switch(percentile=percentile)
        assert newport.by_timetable is not None
        minutes = newport.by_timetable.to_travel_times(float(percentile)).to_wide()
        before, after = (
            minutes[open_sites(sites, full_time=True, full_time_from_hours=25)].min(axis=1)
            for sites in (newport.sites, newport.scenario_sites[scenario])
        )
        known = np.isfinite(before) & np.isfinite(after)
        told = streets.big()
        assert told["before"] == f"{100 * (before <= 20 + 1e-3).mean():.1f}%"
        assert told["after"] == f"{100 * (after <= 20 + 1e-3).mean():.1f}%"
        assert float(told["added"]) == pytest.approx((after - before)[known].mean(), abs=0.0501)
        seen.add(tuple(told.values()))
        assert f"percentile={percentile}" in streets.link(f"percentile={percentile}")
    assert len(seen) > 1
    streets.switch(mode="walk")
    assert not streets.page.is_visible("#percentile")


def riders(result: StudyResult) -> tuple[TransitTimes, pd.DataFrame, np.ndarray]:
    """Return the times by timetable, everyone's nearest after, its column, and who rides to it."""
    times = result.by_timetable
    assert times is not None
    after = result.nearest("illustrative-closed", TRANSIT, full_time=True)
    after = after.assign(site=times.walks.walking.site_ids.get_indexer(after["site_id"]))
    return times, after, times.leave_ds[np.arange(len(after)), after["site"]] < NEVER


def test_a_postcode_is_told_its_journey_in_legs(streets: Opened, newport: StudyResult) -> None:
    times, after, rides = riders(newport)
    streets.switch(scenario="illustrative-closed", count="full")
    assert 0 < rides.sum() < 50
    names, early = newport.sites["name"], []
    for home in np.flatnonzero(rides)[::3]:
        postcode, site = after.index[home], after["site_id"].iloc[home]
        row = streets.look_up(postcode)[newport.modes.index(TRANSIT)]
        moment = clock(times.moment_ds[home, after["site"].iloc[home]])
        trip = explain_trip(times.timetable, times.walks, postcode, site, arrive_by=moment)
        told = streets.page.locator("#postcode-answer .journey").last.inner_text()
        ride = next(leg for leg in trip.legs if leg.kind == "ride")
        assert f"to be there by {moment}: leave home at {trip.leaves}" in told
        assert f"line {ride.route} at {ride.leaves} from {ride.start_name}" in told
        minutes = row[2].split()[0]  # those of the table, though the journey takes fewer
        before_time = float(minutes) - trip.minutes
        assert told.endswith(f"From {trip.leaves} to {moment} is {minutes} minutes.")
        there = f"and be at {names[site]} at {trip.arrives}"
        if f"{there}." not in told:
            spare = told.partition(f"{there}, ")[2].partition(" minutes before time. ")[0]
            assert float(spare) == pytest.approx(before_time, abs=0.11)
            early.append(before_time)
        else:
            assert before_time == pytest.approx(0, abs=0.11)
    assert max(early) > 1
    streets.look_up(after.index[~rides][0])
    assert streets.page.locator("#postcode-answer .journey").count() == 0


def test_a_look_up_says_for_how_much_of_the_time_its_minutes_are(streets: Opened) -> None:
    streets.switch(mode=TRANSIT)
    answers = []
    for percentile in ("10", "90"):
        streets.switch(percentile=percentile)
        answers.append((streets.look_up("NP20 3PR"), streets.text("#postcode-answer")))
    assert answers[0] == answers[1]  # the switch is of the map: these are those judged by
    heads = [row[0] for row in answers[0][0]]
    assert [head for head in heads if "of the time" in head] == [
        "by bus or train where quicker: enough half of the time"
    ]


def test_a_window_of_departures_tells_the_wait_at_home(chromium: Browser, tmp_path: Path) -> None:
    study = with_few_draws(load_study("newport"))
    assert study.transit is not None
    leaving = study.transit.model_copy(update={"arrive": None, "depart": ("09:30", "10:30")})
    result = run_study(study.model_copy(update={"transit": leaving}))
    times, after, rides = riders(result)
    page = Opened(chromium, written(result, tmp_path))
    page.switch(scenario="illustrative-closed", count="full")
    trips = pd.Series(times.journeys["spare_min"][np.arange(len(after)), after["site"]])
    home = int(trips.where(rides).idxmax())
    leave, reach, moment = (
        clock(ds[home, after["site"].iloc[home]])
        for ds in (times.leave_ds, times.reach_ds, times.moment_ds)
    )
    row = page.look_up(after.index[home])[result.modes.index(TRANSIT)]
    told = page.page.locator("#postcode-answer .journey").last.inner_text()
    assert trips[home] > 1
    wait = f"{trips[home]:.1f} minutes before leaving: leave home at {leave} and walk"
    assert f"free to leave at {moment}, {wait}" in told
    assert told.endswith(f"at {reach}. From {moment} to {reach} is {row[2].split()[0]} minutes.")
    page.check()
    page.close()

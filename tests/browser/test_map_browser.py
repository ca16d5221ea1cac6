"""The map page as its readers meet it, against the library's own figures."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from browser.opened import Opened, written
from eh_access.criteria.criterion import Case, JudgeSettings, Side
from eh_access.criteria.judge import judge
from eh_access.measures.basic import coverage
from eh_access.measures.comparison import Comparison, compare
from eh_access.measures.equity import group_members
from eh_access.measures.scenarios import (
    Close,
    Open,
    Scenario,
    apply_scenario,
    open_sites,
    rough_radius_m,
)
from eh_access.publish import numbers
from eh_access.publish.charts import CHANGE
from eh_access.publish.context import answer_sentence
from eh_access.publish.criteria_words import how_sure
from eh_access.study.config import load_study, scenario_of
from eh_access.study.result import StudyResult
from map_study import FORMULA, IMAGE, SCRIPT_END, study_text, toy_result

if TYPE_CHECKING:
    import geopandas as gpd
    from playwright.sync_api import Browser

FULL, ANY = "full", "any"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    return toy_result(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def toy_page(toy: StudyResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(toy, tmp_path_factory.mktemp("map"))


@pytest.fixture
def page(chromium: Browser, rotherham_page: Path) -> Iterator[Opened]:
    opened = Opened(chromium, rotherham_page)
    yield opened
    opened.check()
    opened.close()


@pytest.fixture
def toy_opened(chromium: Browser, toy_page: Path) -> Iterator[Opened]:
    opened = Opened(chromium, toy_page)
    yield opened
    opened.check()
    opened.close()


def serving(result: StudyResult, sites: gpd.GeoDataFrame, count: str) -> list[str]:
    enough = result.study.settings.full_time_from_hours
    chosen = open_sites(sites, full_time=count == FULL, full_time_from_hours=enough)
    return chosen.tolist()


def compared(
    result: StudyResult, sites: gpd.GeoDataFrame, *, mode: str, count: str, who: str
) -> Comparison:
    members = result.origins.index
    if who != "all":
        inside = group_members(result.origins, who).fillna(value=False).to_numpy(dtype=bool)
        members = members[inside]
    weight = result.origins["weight"].where(result.origins.index.isin(members), 0.0)
    return compare(
        result.times[mode],
        result.times[mode],
        result.origins.assign(weight=weight),
        sites_before=serving(result, result.sites, count),
        sites_after=serving(result, sites, count),
        loser_min=result.study.settings.loser_min,
    )


def expected(
    result: StudyResult, sites: gpd.GeoDataFrame, *, mode: str, minutes: int, count: str, who: str
) -> dict[str, str]:
    """Return the page's large figures from the library's own functions."""
    found = compared(result, sites, mode=mode, count=count, who=who)
    weights = found.frame[["weight"]]
    shares = [
        coverage(
            result.times[mode],
            result.origins.assign(weight=weights["weight"]),
            cutoff_min=minutes,
            sites=serving(result, table, count),
        )
        for table in (result.sites, sites)
    ]
    row = found.summary().iloc[0]
    added = row["mean_change_min"]
    return {
        "before": numbers.percent(shares[0]),
        "after": numbers.percent(shares[1]),
        "added": f"{added:+.1f}" if round(added, 1) else "0.0",
        "loses": in_prose(row["weight_loses"]),
    }


def in_prose(weight: float) -> str:
    """The large figure is told as the sentence has it: to three significant figures."""
    rounded = float(f"{weight:.3g}")
    return f"{'' if abs(rounded - weight) < 1e-6 else 'about '}{rounded:,.0f}"


SWITCHES = [
    ("deregister-closed", {"mode": "walk", "minutes": 30, "count": FULL, "who": "all"}),
    ("deregister-closed", {"mode": "pushchair", "minutes": 45, "count": ANY, "who": "all"}),
    (
        "deregister-closed",
        {"mode": "walk", "minutes": 20, "count": FULL, "who": "most-deprived-fifth"},
    ),
    ("deregister-closed", {"mode": "drive", "minutes": 10, "count": FULL, "who": "no-car-fifth"}),
    ("deregister-sessions", {"mode": "walk", "minutes": 30, "count": FULL, "who": "no-car-fifth"}),
    ("deregister-sessions", {"mode": "walk", "minutes": 30, "count": ANY, "who": "all"}),
    ("baseline", {"mode": "walk", "minutes": 60, "count": FULL, "who": "all"}),
]


@pytest.mark.parametrize(("scenario", "switches"), SWITCHES)
def test_every_switch_gives_the_librarys_figures(
    page: Opened, rotherham: StudyResult, scenario: str, switches: dict[str, Any]
) -> None:
    page.switch(scenario=scenario, **switches)
    assert page.big() == expected(rotherham, rotherham.scenario_sites[scenario], **switches)


def test_closing_a_centre_on_the_map_gives_the_librarys_figures(
    page: Opened, rotherham: StudyResult
) -> None:
    page.switch(scenario="baseline")
    untouched = page.big()
    page.page.click('.leaflet-marker-icon[data-site="wath-victoria"]')
    sites = apply_scenario(rotherham.sites, Scenario("s", "S", (Close("wath-victoria"),)))
    told = expected(rotherham, sites, mode="walk", minutes=30, count=FULL, who="all")
    assert page.big() == told
    assert told != untouched
    expect(page.page.locator("#summary")).to_contain_text("with your")
    page.page.click('.leaflet-marker-icon[data-site="wath-victoria"]')
    assert page.big() == untouched


def test_a_centre_is_closed_from_the_list_and_from_the_map_by_keyboard(page: Opened) -> None:
    page.switch(scenario="baseline")
    untouched = page.big()
    button = '#centres button[data-key="park-view"]'
    page.page.focus(button)
    page.page.keyboard.press("Enter")
    closed = page.big()
    assert closed != untouched
    assert page.page.get_attribute(button, "aria-pressed") == "false"
    assert page.page.evaluate("document.activeElement.dataset.key") == "park-view"
    page.page.focus('.leaflet-marker-icon[data-site="park-view"]')
    page.page.keyboard.press("Enter")
    assert page.big() == untouched
    assert page.page.evaluate("document.activeElement.dataset.site") == "park-view"


def test_minutes_and_mode_change_by_keys(page: Opened) -> None:
    before = page.big()
    page.page.focus("#minutes")
    for _ in range(5):
        page.page.keyboard.press("ArrowRight")
    assert page.page.input_value("#minutes-number") == "35"
    assert "35 min" in page.text("#facts thead")
    assert page.big() != before
    page.page.focus('input[name="mode"][value="walk"]')
    page.page.keyboard.press("ArrowRight")
    assert page.page.is_checked('input[name="mode"][value="pushchair"]')
    assert "with a pushchair" in page.text("#facts caption")
    expect(page.page.locator("#summary")).to_contain_text("with a pushchair")


@pytest.mark.parametrize("text", ["9", "61", "30.5", "-20", ""])
def test_minutes_out_of_bounds_change_nothing(page: Opened, text: str) -> None:
    before = page.big()
    page.page.fill("#minutes-number", text)
    assert page.big() == before
    assert "Give whole minutes from 10 to 60; 30 stay chosen." in page.text("#minutes-hint")
    page.page.focus("#who")
    expect(page.page.locator("#minutes-hint")).to_have_text("From 10 to 60")
    assert page.page.input_value("#minutes-number") == "30"


def test_wards_in_the_table_are_the_librarys(page: Opened, rotherham: StudyResult) -> None:
    sites = rotherham.scenario_sites["deregister-closed"]
    found = compared(rotherham, sites, mode="walk", count=FULL, who="all").summary("ward_name")
    rows = page.rows()
    assert [row[0] for row in rows] == found.index.tolist()
    for row, (_, ward) in zip(rows, found.iterrows(), strict=True):
        assert row[1] == numbers.whole(ward["weight"])
        assert row[4] == f"{ward['mean_before_min']:.1f}"
        assert row[5] == f"{ward['mean_after_min']:.1f}"
        assert float(row[6]) == pytest.approx(ward["mean_change_min"], abs=0.0500001)
        assert row[7] == numbers.whole(ward["weight_loses"])


def test_the_table_is_sorted_filtered_and_saved(page: Opened) -> None:
    page.page.click("#facts thead th:nth-child(8) button")
    losses = [float(row[7].replace(",", "")) for row in page.rows()]
    assert losses == sorted(losses, reverse=True)
    assert page.page.get_attribute("#facts thead th:nth-child(8)", "aria-sort") == "descending"
    page.page.fill("#filter", "wath")
    assert [row[0] for row in page.rows()] == ["Wath"]
    with page.page.expect_download() as waiting:
        page.page.click("#save-csv")
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    head, row, *rest = text.splitlines()
    assert head.startswith('"Ward","under-fives","Within 30 min before","Within 30 min after"')
    assert row.startswith('"Wath",')
    assert rest == []


def test_classes_of_change_are_those_of_the_printed_map(toy_opened: Opened) -> None:
    toy_opened.switch(view="change")
    legend = toy_opened.text("#legend")
    assert all(label in legend for label in CHANGE.labels[:-1])
    bounds, labels = toy_opened.page.evaluate("[start.api.data.change.bounds, Draw.CHANGE]")
    assert tuple(bounds) == CHANGE.bounds
    assert [item["label"] for item in labels] == [*CHANGE.labels_apart]


def test_the_three_figures_say_which_centres_count(toy_opened: Opened, toy: StudyResult) -> None:
    word = toy.study.site_word
    for count, told in ((FULL, f"full-time {word}"), (ANY, f"open {word}")):
        toy_opened.switch(count=count)
        for name in ("share", "added", "loses"):
            assert told in toy_opened.text(f"#big-{name}-label")


@pytest.mark.parametrize("view", ["change", "catchments", "coverage"])
def test_every_view_has_a_legend_and_draws(page: Opened, view: str) -> None:
    page.switch(view=view)
    assert page.text("#legend h3")
    assert page.page.eval_on_selector_all(".area-label", "list => list.length") > 10 or (
        view == "coverage"
    )


def test_verdicts_are_the_librarys_words(page: Opened, rotherham: StudyResult) -> None:
    page.switch(scenario="deregister-sessions")
    told = rotherham.verdicts_for("deregister-sessions")
    rows = page.rows("criteria")
    assert [row[0] for row in rows] == [
        f"{verdict.criterion.label}\n{verdict.criterion.title}" for verdict in told
    ]
    assert [row[2] for row in rows] == [verdict.sentence for verdict in told]
    assert [row[1].split("\n")[0] for row in rows] == [verdict.outcome.value for verdict in told]


def test_answer_certainty_and_curve_are_the_librarys(page: Opened, rotherham: StudyResult) -> None:
    page.switch(scenario="deregister-sessions", mode="walk", count=FULL)
    assert page.text("#answer").endswith(f" answer: {answer_sentence(rotherham)}")
    told = [how_sure(verdict) for verdict in rotherham.verdicts_for("deregister-sessions")]
    assert all(told)
    assert [row[1].split("\n")[1:] for row in page.rows("criteria")] == [[words] for words in told]
    rows = page.page.eval_on_selector_all(
        "#curve-table tbody tr", "rows => rows.map(row => [...row.cells].map(c => c.textContent))"
    )
    shown = {row[0]: row[1:] for row in rows}
    curve = rotherham.comparisons_full_time["deregister-sessions", "walk"].curve()
    assert len(curve) == 6
    for row in curve.itertuples():
        shares = (row.within_share_before, row.within_share_after)
        assert shown[f"{row.cutoff_min:g}"] == [f"{100 * share:.1f}%" for share in shares]


def metres_told(words: str) -> float:
    """Return "about 1.9 km" or "640 m" in metres."""
    number, unit = words.removeprefix("about ").split()
    return float(number) * {"km": 1000.0, "m": 1.0}[unit]


CHOICES = [
    ("baseline", (Close("b"),)),
    ("close-b", (Close("b"), Close("c"))),
    ("sessions", (Close("a"),)),
    ("close-b", (Open("b"), Close("u"))),
]


@pytest.mark.parametrize(("scenario", "changes"), CHOICES)
def test_yardsticks_of_a_scenario_made_by_hand_are_the_librarys(
    toy_opened: Opened, toy: StudyResult, scenario: str, changes: tuple[Close | Open, ...]
) -> None:
    config = next(item for item in toy.study.scenarios if item.name == scenario)
    own = {change.site_id: change for change in scenario_of(config).changes}
    own |= {change.site_id: change for change in changes}
    toy_opened.switch(scenario=scenario)
    pressed = '#centres button[data-key="{}"]'
    for change in changes:
        is_open = toy_opened.page.get_attribute(pressed.format(change.site_id), "aria-pressed")
        if (is_open == "true") != isinstance(change, Open):
            toy_opened.page.click(pressed.format(change.site_id))
    sites = apply_scenario(toy.sites, Scenario("own", "Own", tuple(own.values())))
    case = Case(
        scenario="own",
        origins=toy.origins,
        before=Side(sites=toy.sites, times=toy.times, times_back=toy.times_back),
        after=Side(sites=sites, times=toy.times, times_back=toy.times_back),
        settings=JudgeSettings(place="centre"),
    )
    script = "() => start.api.data.criteria.map(criterion => Criteria.judge(start.api, criterion))"
    found = toy_opened.page.evaluate(script)
    assert len(found) == len(toy.study.criteria) == 11
    for criterion, shown in zip(toy.study.criteria, found, strict=True):
        verdict = judge(criterion, case)
        assert shown["value"] == pytest.approx(verdict.value, abs=1e-9), criterion.id
        assert shown["baseline"] == pytest.approx(verdict.baseline_value, abs=1e-9), criterion.id
        assert shown["outcome"] == verdict.outcome.value, criterion.id
        assert shown["indication"] == (verdict.indication or ""), criterion.id


def test_a_moved_centre_gives_the_librarys_figures(toy_opened: Opened, toy: StudyResult) -> None:
    toy_opened.switch(scenario="move-b", mode="walk", minutes=20, count=FULL)
    row = toy.comparisons_full_time["move-b", "walk"].summary().iloc[0]
    assert toy_opened.text("#mean-added") == f"{row['mean_change_min']:+.1f}"
    assert toy_opened.text("#loses") == in_prose(row["weight_loses"])


def test_hostile_names_are_shown_as_text(toy_opened: Opened) -> None:
    page = toy_opened.page
    assert page.inner_text("h1") == f"A toy {IMAGE}"
    assert page.inner_text("#place") == f"Toytown {SCRIPT_END}"
    assert page.inner_text("#question") == "Does {{ 7 * 7 }} stand as it is written?"
    assert IMAGE in page.inner_text("#centres")
    assert SCRIPT_END in page.inner_text("#facts tbody")
    assert SCRIPT_END in page.inner_text("#scenario")
    page.hover('.leaflet-marker-icon[data-site="a"]')
    assert IMAGE in page.inner_text(".leaflet-tooltip")
    assert page.eval_on_selector_all("img[src='x']", "list => list.length") == 0


def test_a_formula_in_a_name_does_not_reach_a_spreadsheet_as_one(toy_opened: Opened) -> None:
    toy_opened.switch(rows="centre")
    with toy_opened.page.expect_download() as waiting:
        toy_opened.page.click("#save-csv")
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    assert FORMULA in text
    assert f'"{FORMULA}' not in text


def test_the_scenario_file_is_one_the_library_reads(toy_opened: Opened, tmp_path: Path) -> None:
    toy_opened.switch(scenario="sessions")
    for site in ("a", "c"):
        toy_opened.page.click(f'#centres button[data-key="{site}"]')
    with toy_opened.page.expect_download() as waiting:
        toy_opened.page.click("#save-toml")
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    (table,) = tomllib.loads(text)["scenario"]
    assert set(table["close"]) == {"a", "c"}
    assert table["set_hours"] == {"b": 10}
    (tmp_path / "study.toml").write_text(f"{study_text()}\n{text}", encoding="utf-8")
    assert load_study(tmp_path).scenarios[-1].close == ("a", "c")


def test_a_link_brings_the_same_page_back(chromium: Browser, toy_page: Path) -> None:
    first = Opened(chromium, toy_page)
    first.switch(scenario="close-b", mode="drive", minutes=14, count=ANY, view="coverage")
    first.page.click('#centres button[data-key="a"]')
    link = first.link("close=a")
    told = first.big()
    second = Opened(chromium, toy_page, link=link)
    assert second.big() == told
    assert second.page.is_checked('input[name="view"][value="coverage"]')
    assert second.page.input_value("#minutes-number") == "14"
    for opened in (first, second):
        opened.check()
        opened.close()


def test_a_link_can_ask_only_for_what_the_page_offers(chromium: Browser, toy_page: Path) -> None:
    link = "#scenario=%3Cscript%3E&mode=__proto__&minutes=999&who=x&close=nowhere&view=constructor"
    opened = Opened(chromium, toy_page, link=link)
    assert opened.page.input_value("#minutes-number") == "20"
    assert opened.page.is_checked('input[name="mode"][value="walk"]')
    opened.check()
    opened.close()


def test_postcodes_are_looked_up_in_the_page(toy_opened: Opened, toy: StudyResult) -> None:
    before = toy.nearest("baseline", "walk", full_time=True)
    after = toy.nearest("close-b", "walk", full_time=True)
    toy_opened.switch(scenario="close-b")
    for postcode in toy.origins.index[::3]:
        row = toy_opened.look_up(postcode)[0]
        for cell, nearest in ((row[1], before), (row[2], after)):
            minutes, site = nearest.loc[postcode]
            name = toy.sites.loc[site, "name"]
            told, length = cell.split("\n")
            assert told == f"{minutes:.1f} minutes, {name}"
            # on foot an estimate is metres at 80 m a minute
            assert metres_told(length) == pytest.approx(80 * minutes, abs=50)
    toy_opened.page.fill("#postcode", "ZZ9 9ZZ")
    toy_opened.page.press("#postcode", "Enter")
    assert "not among" in toy_opened.text("#postcode-answer")


def test_an_estimate_cannot_be_missed(toy_opened: Opened) -> None:
    assert toy_opened.text("#banner").startswith("INDICATIVE")
    assert toy_opened.page.eval_on_selector_all(".badge", "list => list.length") >= 3
    assert "INDICATIVE" in toy_opened.text("#facts caption")
    expect(toy_opened.page.locator("#summary")).to_contain_text("estimate")


def test_on_streets_nothing_is_called_an_estimate(page: Opened) -> None:
    assert "INDICATIVE" not in page.page.inner_text("body")
    assert "INDICATIVE" not in page.text("#facts caption")


def test_on_real_streets_nothing_is_indicative(page: Opened) -> None:
    assert "INDICATIVE" not in page.text("body")
    for credit in ("OpenStreetMap contributors", "OpenMapTiles"):
        expect(page.page.locator("#map-credits")).to_contain_text(credit)


def test_sites_of_uncertain_place_wear_a_circle_and_unknown_ones_are_named(
    page: Opened, rotherham: StudyResult
) -> None:
    estimated = (rough_radius_m(rotherham.sites) > 0).sum()
    circles = page.page.eval_on_selector_all(".leaflet-circles-pane path", "list => list.length")
    assert circles == estimated
    unknown = rotherham.sites[rotherham.sites["location_basis"] == "unknown"]["name"]
    assert len(unknown)
    for name in unknown:
        assert name in page.text("#unplaced")
        assert name in page.text("#centres")


@pytest.mark.parametrize("width", [320, 360, 768, 1440])
def test_nothing_runs_over_the_side(chromium: Browser, rotherham_page: Path, width: int) -> None:
    opened = Opened(chromium, rotherham_page, size=(width, 800))
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    panel, shown = (
        opened.page.eval_on_selector(name, "node => node.getBoundingClientRect().top")
        for name in ("#panel", "#map-part")
    )
    assert (panel < shown) == (width < 900)
    opened.check()
    opened.close()


def test_targets_are_24_pixels_at_least(page: Opened) -> None:
    small = page.page.evaluate(
        """() => [...document.querySelectorAll(
            'button, select, input:not([type=radio]), .choice label, .leaflet-bar a, '
            + '.leaflet-marker-icon[data-site]')]
          .filter(node => node.offsetParent !== null)
          .map(node => [node.outerHTML.slice(0, 80), node.getBoundingClientRect()])
          .filter(([, box]) => box.width < 24 || box.height < 24)
          .map(([html]) => html)"""
    )
    assert small == []


def test_it_prints_to_one_page(page: Opened, tmp_path: Path) -> None:
    page.page.pdf(path=tmp_path / "map.pdf", prefer_css_page_size=True, print_background=True)
    content = (tmp_path / "map.pdf").read_bytes()
    assert content.count(b"/Type /Page\n") == 1
    assert len(content) < 1_000_000


def test_tiles_are_asked_for_only_when_the_reader_asks(
    chromium: Browser, rotherham_page: Path
) -> None:
    opened = Opened(chromium, rotherham_page)
    opened.page.click("#home")
    opened.check()
    opened.page.check("#tiles")
    expect(opened.page.locator("#tiles-word")).to_contain_text("cannot be reached")
    assert all(url.startswith("https://tile.openstreetmap.org/") for url in opened.asked)
    assert opened.asked
    opened.close()

from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from eh_access.criteria.criterion import Outcome, Verdicts
from eh_access.publish.attribution import credit_lines
from eh_access.publish.context import Pages, annex, facts_by_test, pages_of, reasons_grid
from eh_access.publish.criteria_words import verdict_fact
from eh_access.publish.interactive import external_references
from eh_access.publish.notes import note_text
from eh_access.publish.table import Table
from eh_access.publish.tabulations import tabulate
from eh_access.publish.wording import Wording
from eh_access.publish.writers.html import page as page_of
from eh_access.publish.writers.html import render_report
from eh_access.routing.estimate import MEASURED
from eh_access.study.result import StudyResult
from map_study import IMAGE

Element = dict[str, Any]
VOID = {"meta", "link", "img", "br"}
HEADINGS = ("h1", "h2", "h3", "h4")


class Reader(HTMLParser):
    """Keeps the page's elements in order, with the text inside each."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Element] = []
        self.stack: list[Element] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = {"tag": tag, "attrs": dict(attrs), "text": "", "inside": list(self.stack)}
        self.found.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop()["tag"] != tag:
            self.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        for element in self.stack:
            element["text"] += data

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.found if element["tag"] in tags]


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.fixture(scope="module")
def page(toy: StudyResult) -> str:
    return render_report(toy)


@pytest.fixture(scope="module")
def annex_page(toy: StudyResult) -> str:
    return annex_of(toy)


def annex_of(result: StudyResult) -> str:
    document = annex(result, tabulate(result))
    return page_of(document, Wording.of(result), result.provenance, contents=True)


@pytest.fixture(scope="module", params=["report", "annex"])
def reader(request: pytest.FixtureRequest, page: str, annex_page: str) -> Reader:
    """Return both pages, one after the other."""
    return read(page if request.param == "report" else annex_page)


@pytest.fixture(scope="module")
def four_pages(page: str) -> Reader:
    return read(page)


@pytest.fixture(scope="module")
def behind(annex_page: str) -> Reader:
    return read(annex_page)


def text_of(reader: Reader) -> str:
    (body,) = reader.all("body")
    return " ".join(body["text"].split())


def test_nothing_would_be_fetched(page: str, annex_page: str) -> None:
    assert external_references(page) == external_references(annex_page) == ()


def test_two_runs_give_the_same_page(toy: StudyResult, page: str, annex_page: str) -> None:
    assert render_report(toy) == page
    assert annex_of(toy) == annex_page


def test_elements_close_in_order(reader: Reader) -> None:
    assert reader.faults == []
    assert reader.stack == []


def test_language_and_title(reader: Reader) -> None:
    (html,) = reader.all("html")
    (title,) = reader.all("title")
    assert html["attrs"]["lang"] == "en-GB"
    assert title["text"].startswith("INDICATIVE")


def test_headings_skip_no_level(reader: Reader) -> None:
    levels = [HEADINGS.index(element["tag"]) for element in reader.all(*HEADINGS)]
    assert levels[0] == 0
    assert levels.count(0) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_table_has_a_caption_and_every_heading_a_scope(reader: Reader) -> None:
    captions = reader.all("caption")
    assert len(captions) == len(reader.all("table")) > 0
    assert all(caption["text"].strip() for caption in captions)
    assert {cell["attrs"].get("scope") for cell in reader.all("th")} == {"col", "row"}


def test_no_cell_is_blank(reader: Reader) -> None:
    assert [cell for cell in reader.all("td", "th") if not cell["text"].strip()] == []


def test_every_figure_states_its_finding(four_pages: Reader, behind: Reader) -> None:
    images = [*four_pages.all("img"), *behind.all("img")]
    assert len(images) >= 3
    for image in images:
        assert re.search(r"\d", image["attrs"]["alt"])
    first = four_pages.all("img")[0]["attrs"]["alt"]
    assert first.startswith("Map of small areas. In ")


def test_figures_are_drawings_inside_the_page(reader: Reader) -> None:
    for image in reader.all("img"):
        kind, _, data = image["attrs"]["src"].partition(",")
        assert kind == "data:image/svg+xml;base64"
        assert ET.fromstring(base64.b64decode(data)).tag.endswith("svg")  # noqa: S314 - our own


def test_links_lead_somewhere(reader: Reader) -> None:
    names = [element["attrs"]["id"] for element in reader.found if "id" in element["attrs"]]
    assert len(names) == len(set(names))
    inner = [link["attrs"]["href"][1:] for link in reader.all("a")]
    assert all(
        name in names
        for name, link in zip(inner, reader.all("a"), strict=True)
        if link["attrs"]["href"].startswith("#")
    )
    assert reader.all("a")[0]["attrs"]["class"] == "skip"


def test_files_beside_the_report_are_links(behind: Reader, four_pages: Reader) -> None:
    linked = {item["attrs"]["href"] for item in behind.all("a")}
    assert {"map.html", "report.docx", "tables.xlsx", "results.gpkg", "manifest.json"} <= linked
    assert {"annex.html", "map.html"} <= {item["attrs"]["href"] for item in four_pages.all("a")}


def test_the_report_links_into_the_annex(four_pages: Reader, behind: Reader) -> None:
    there = {element["attrs"]["id"] for element in behind.found if "id" in element["attrs"]}
    asked = [item["attrs"]["href"] for item in four_pages.all("a")]
    into = {href.split("#")[1] for href in asked if href.startswith("annex.html#")}
    assert into
    assert into <= there


def pages_behind(result: StudyResult) -> Pages:
    """Return what facts of the annex are taken from, without tables."""
    study, provenance = result.study, result.provenance
    return pages_of(study, Wording.of(result), {}, provenance)


def test_each_verdict_is_told_once_and_each_reason_once(toy: StudyResult, behind: Reader) -> None:
    body = text_of(behind)
    for sentence in {verdict_fact(item) for item in toy.verdicts if item.scenario != "baseline"}:
        assert " ".join(sentence.split()) in body
    told = [
        (row["title"], line["fact"])
        for row in facts_by_test(pages_behind(toy), toy.study.criteria, toy.verdicts)
        for line in row["lines"]
    ]
    assert len(set(told)) == len(told)
    grid = reasons_grid(pages_behind(toy), toy.verdicts)
    assert grid is not None
    reasons = [str(row[1]) for row in grid.rows]
    assert len(reasons) == len(set(reasons))
    compared = [item for item in toy.verdicts if item.scenario != "baseline"]
    rest = [clause for item in compared for clause in item.reason.split("; ")]
    assert all(clause.lower() in " ".join(reasons).lower() for clause in rest if clause)


def test_names_from_files_stay_text(page: str, annex_page: str, reader: Reader) -> None:
    assert IMAGE not in page
    assert IMAGE not in annex_page
    assert reader.all("script") == []
    (heading,) = reader.all("h1")
    assert heading["text"].startswith(f"A toy {IMAGE}")
    assert "{{ 7 * 7 }}" in page


def test_an_estimate_says_so_in_full(toy: StudyResult, reader: Reader, behind: Reader) -> None:
    accuracy = Wording.of(toy).accuracy
    banner = next(item for item in reader.found if item["attrs"].get("class") == "banner")
    assert "INDICATIVE" in banner["text"]
    walk = MEASURED["foot"][1]
    for figure in (
        "10% or more",
        "34% or more",
        f"{walk.affected_min:g} on average",
        f"{walk.detected_share:.0%} were found",
    ):
        assert figure in accuracy
    assert " ".join(accuracy.split()) in text_of(behind)
    links = [item for item in reader.all("a") if item["attrs"]["href"].endswith("#accuracy")]
    assert links


def test_the_answer_promises_nothing_on_estimates(four_pages: Reader) -> None:
    (box,) = [item for item in four_pages.found if item["attrs"].get("class") == "answer"]
    first = next(item["text"] for item in four_pages.all("p") if box in item["inside"])
    assert first.startswith(("It looks like", "Too close", "It cannot be said"))


def test_the_sentences_figures_are_the_tables(
    toy_tables: Mapping[str, Table], four_pages: Reader
) -> None:
    (box,) = [item for item in four_pages.found if item["attrs"].get("class") == "answer"]
    row = {"scenario": "B moves", "mode": "on foot", "sites": "full-time only"}
    for when in ("before", "after"):
        assert (
            f"{toy_tables['within'].where(**row).frame[f'within_share_{when}'].item():.1f}%"
            in box["text"]
        )
    loses = toy_tables["added_time"].where(**row).frame["weight_loses"].item()
    assert loses < 1000  # so that rounding leaves every digit
    assert f"{loses:,.0f} under-fives" in box["text"]


def test_warnings_are_printed_as_they_stand(
    toy: StudyResult, four_pages: Reader, behind: Reader
) -> None:
    warnings = [n for n in toy.notes if n.level == "warning" and n.topic != "estimated"]
    told = [item["text"] for item in behind.all("li")]
    assert warnings
    assert all(note_text(note) in told for note in warnings)
    assert "2 of 4 centres are known only roughly" in text_of(four_pages)


def test_every_credit_is_printed(toy: StudyResult, reader: Reader) -> None:
    (body,) = reader.all("body")
    assert all(line in body["text"] for line in credit_lines(toy.provenance))


def test_the_words_of_a_careful_analyst(four_pages: Reader, behind: Reader) -> None:
    assert not re.search(r"\baccessible\b", text_of(four_pages) + text_of(behind))
    assert "IMD) is not a protected characteristic" in text_of(behind)
    for reader in (four_pages, behind):
        assert all(word in text_of(reader) for word in ("disabled", "ethnic", "pregnant", "single"))


def test_cells_agree_with_the_shared_tables(
    toy_tables: Mapping[str, Table], behind: Reader
) -> None:
    cells = {item["text"] for item in behind.all("td")}
    changed = toy_tables["within"].folded("{} left out".format)
    assert 0 < len(changed.frame) < len(toy_tables["within"].frame)
    for row in changed.rows():
        assert set(row[3:]) <= cells


def test_on_streets_there_is_no_banner_and_verdicts_are_outcomes(toy: StudyResult) -> None:
    verdicts = tuple(
        dataclasses.replace(item, outcome=Outcome.MET, indication=None, basis="streets", reasons=())
        for item in toy.verdicts
    )
    found = read(
        render_report(dataclasses.replace(toy, estimated=False, verdicts=Verdicts(verdicts)))
    )
    assert not [item for item in found.found if item["attrs"].get("class") == "banner"]
    assert "INDICATIVE" not in found.all("title")[0]["text"]
    assert any("tag met" in item["attrs"].get("class", "") for item in found.found)


def test_a_study_without_groups_says_so(toy: StudyResult) -> None:
    bare = toy.origins.drop(columns=["imd_decile", "no_car_share", "ward_name"])
    without = dataclasses.replace(toy, origins=bare)
    assert "This study has no figures by group" in text_of(read(annex_of(without)))
    assert "no figures by deprivation or cars" in text_of(read(render_report(without)))


def test_only_a_baseline_is_nothing_to_compare(toy: StudyResult) -> None:
    alone = dataclasses.replace(
        toy,
        study=toy.study.model_copy(update={"scenarios": toy.study.scenarios[:1]}),
        scenario_sites={"baseline": toy.scenario_sites["baseline"]},
        comparisons={},
        comparisons_full_time={},
        verdicts=Verdicts(),
    )
    found = read(render_report(alone))
    assert "no scenario was assessed beside the baseline" in text_of(found)
    assert found.all("img") == []
    assert "No scenario was assessed beside the baseline" in text_of(read(annex_of(alone)))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("--ink", "#ffffff"),
        ("--blue", "#ffffff"),
        ("--grey", "#ffffff"),
        ("--ink", "--pale"),
        ("#ffffff", "--blue"),
        ("#000000", "--orange"),
        ("--ink", "#fff7f2"),
    ],
)
def test_text_can_be_read(page: str, ink: str, ground: str) -> None:
    known = dict(re.findall(r"(--\w+):(#[0-9a-f]{6})", page))
    light = sorted(luminance(known.get(colour, colour)) for colour in (ink, ground))
    assert (light[1] + 0.05) / (light[0] + 0.05) >= 4.5

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

from eh_access.criteria.criterion import Outcome
from eh_access.publish.attribution import credit_lines
from eh_access.publish.criteria_words import verdict_fact
from eh_access.publish.interactive import external_references
from eh_access.publish.notes import note_text
from eh_access.publish.prose import in_words, reasons
from eh_access.publish.report import render_report
from eh_access.publish.table import Table
from eh_access.publish.wording import Wording
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
def reader(page: str) -> Reader:
    return read(page)


def test_nothing_would_be_fetched(page: str) -> None:
    assert external_references(page) == ()


def test_two_runs_give_the_same_page(toy: StudyResult, page: str) -> None:
    assert render_report(toy) == page


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
    assert len(captions) == len(reader.all("table")) > 5
    assert all(caption["text"].strip() for caption in captions)
    assert {cell["attrs"].get("scope") for cell in reader.all("th")} == {"col", "row"}


def test_no_cell_is_blank(reader: Reader) -> None:
    assert [cell for cell in reader.all("td", "th") if not cell["text"].strip()] == []


def test_every_figure_states_its_finding(reader: Reader) -> None:
    images = reader.all("img")
    assert len(images) == 2
    for image in images:
        assert re.search(r"\d", image["attrs"]["alt"])
        assert "under-fives" in image["attrs"]["alt"].lower()


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


def test_files_beside_the_report_are_links(reader: Reader) -> None:
    beside = [item["attrs"]["href"] for item in reader.all("a") if item["text"].endswith("xlsx")]
    assert beside == ["tables.xlsx"]
    linked = {item["attrs"]["href"] for item in reader.all("a")}
    assert {"map.html", "report.docx", "results.gpkg", "manifest.json"} <= linked


def test_the_contents_come_before_the_map(page: str) -> None:
    assert page.index("<nav") < page.index("<figure") < page.index('id="criteria"')


def test_each_verdict_is_told_once_and_each_reason_once(toy: StudyResult, reader: Reader) -> None:
    body = next(item for item in reader.all("body"))["text"]
    for sentence in {verdict_fact(item) for item in toy.verdicts if item.scenario != "baseline"}:
        assert sentence in body
    lines = [line for row in in_words(toy) for line in row.lines]
    assert len({(row.id, text) for row in in_words(toy) for _, text in row.lines}) == len(lines)
    told = [reason for _, reason in reasons(toy)]
    assert len(told) == len(set(told))
    compared = [item for item in toy.verdicts if item.scenario != "baseline"]
    rest = [clause for item in compared for clause in item.reason.split("; ")]
    assert all(clause.lower() in " ".join(told).lower() for clause in rest if clause)


def test_names_from_files_stay_text(page: str, reader: Reader) -> None:
    assert IMAGE not in page
    assert reader.all("script") == []
    (heading,) = reader.all("h1")
    assert heading["text"] == f"A toy {IMAGE}"
    assert "{{ 7 * 7 }}" in page


def test_an_estimate_says_so_in_full(toy: StudyResult, reader: Reader) -> None:
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
        assert figure in banner["text"]
    (link,) = [item for item in reader.all("a") if item["attrs"]["href"] == "#accuracy"][:1]
    assert link["text"] == "How far off, in full"
    assert accuracy in next(item for item in reader.all("body"))["text"]


def test_the_answer_comes_in_three_sentences_that_promise_nothing(reader: Reader) -> None:
    (box,) = [item for item in reader.found if item["attrs"].get("class") == "answer"]
    sentences = [item["text"] for item in reader.all("p") if box in item["inside"]]
    assert len(sentences) == 3
    assert sentences[0].startswith("It cannot be said for certain")
    assert ["(estimated" in sentence for sentence in sentences] == [False, True, False]
    listed = [item["text"] for item in reader.all("li") if box in item["inside"]]
    assert sum(int(text.split()[0]) for text in listed) == int(
        sentences[0].split(" criteri")[0].split()[-1]
    )


def test_the_sentences_figures_are_the_tables(
    toy_tables: Mapping[str, Table], reader: Reader
) -> None:
    (box,) = [item for item in reader.found if item["attrs"].get("class") == "answer"]
    row = {"scenario": "B moves", "mode": "on foot", "sites": "full-time only"}
    for when in ("before", "after"):
        assert f"{toy_tables['within'].cell(f'within_share_{when}', **row):.1f}%" in box["text"]
    loses = toy_tables["added_time"].cell("weight_loses", **row)
    assert loses < 1000  # so that rounding leaves every digit
    assert f"{loses:,.0f} under-fives" in box["text"]


def test_warnings_are_printed_as_they_stand(toy: StudyResult, reader: Reader) -> None:
    told = [item["text"] for item in reader.all("li") if item["attrs"].get("class") == "loud"]
    warnings = [n for n in toy.notes if n.level == "warning" and n.topic != "estimated"]
    (rough,) = [note_text(n) for n in warnings if n.topic == "estimated-site"]
    expected = [note_text(n) for n in warnings if n.topic != "estimated-site"]
    assert expected
    assert told[:-1] == expected
    assert told[-1].startswith("2 of 4 centres are known only roughly, Centre B least well")
    (body,) = reader.all("body")
    assert rough in body["text"]


def test_every_credit_is_printed(toy: StudyResult, reader: Reader) -> None:
    (body,) = reader.all("body")
    assert all(line in body["text"] for line in credit_lines(toy.provenance))


def test_the_words_of_a_careful_analyst(reader: Reader) -> None:
    (body,) = reader.all("body")
    assert not re.search(r"\baccessible\b", body["text"])
    assert "IMD) is not a protected characteristic" in body["text"]
    assert all(word in body["text"] for word in ("disabled", "ethnic", "pregnant", "single"))


def test_cells_agree_with_the_shared_tables(
    toy_tables: Mapping[str, Table], reader: Reader
) -> None:
    cells = {item["text"] for item in reader.all("td")}
    for row in toy_tables["within"].rows():
        assert set(row[3:]) <= cells


def test_on_streets_there_is_no_banner_and_verdicts_are_outcomes(toy: StudyResult) -> None:
    verdicts = tuple(
        dataclasses.replace(item, outcome=Outcome.MET, indication=None, basis="streets", reasons=())
        for item in toy.verdicts
    )
    found = read(render_report(dataclasses.replace(toy, estimated=False, verdicts=verdicts)))
    assert not [item for item in found.found if item["attrs"].get("class") == "banner"]
    assert "INDICATIVE" not in found.all("title")[0]["text"]
    assert any("tag met" in item["attrs"].get("class", "") for item in found.found)


def test_a_study_without_groups_says_so(toy: StudyResult) -> None:
    bare = toy.origins.drop(columns=["imd_decile", "no_car_share", "ward_name"])
    found = read(render_report(dataclasses.replace(toy, origins=bare)))
    assert "This study has no figures by group" in found.all("body")[0]["text"]
    assert len(found.all("img")) == 1


def test_only_a_baseline_is_nothing_to_compare(toy: StudyResult) -> None:
    alone = dataclasses.replace(
        toy,
        scenario_sites={"baseline": toy.scenario_sites["baseline"]},
        comparisons={},
        comparisons_full_time={},
        verdicts=(),
    )
    found = read(render_report(alone))
    assert "No scenario was assessed beside the baseline" in found.all("body")[0]["text"]
    assert found.all("img") == []


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

"""The four pages: plain words, four sheets of paper, and the same for any study."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from eh_access.publish.context import annex, report
from eh_access.publish.document import Bullets, Document, PageBreak, Paragraph, markdown, plain
from eh_access.publish.numbers import short_name
from eh_access.publish.tabulations import further_tables, tabulate
from eh_access.publish.wording import Wording
from eh_access.publish.writers.html import page
from eh_access.study.findings import Findings, find_findings
from eh_access.study.result import StudyResult
from pages import printed_pages

TEMPLATES = Path(__file__).parents[2] / "src/eh_access/publish/templates"
VOWELS = re.compile(r"[aeiouy]+")
WORD = re.compile(r"[A-Za-z][A-Za-z'\u2019-]*")
GRADE = 10.0
MOST_WORDS = 30


def syllables(word: str) -> int:
    """Return about how many syllables a word has: its groups of vowels, a silent e left out."""
    return max(len(VOWELS.findall(word.lower().removesuffix("e"))), 1)


def sentences(text: str) -> list[list[str]]:
    found = [WORD.findall(part) for part in re.split(r"(?<=[.?!:;])\s", text)]
    return [words for words in found if words]


def grade(text: str) -> float:
    """Return the Flesch-Kincaid grade (Kincaid and others, 1975)."""
    parts = sentences(text)
    words = [word for part in parts for word in part]
    return 0.39 * len(words) / len(parts) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def pages_of(document: Document) -> Iterator[list[str]]:
    """Yield the paragraphs and lines of each page."""
    texts: list[str] = []
    for block in document.blocks:
        if isinstance(block, PageBreak):
            yield texts
            texts = []
        elif isinstance(block, Paragraph):
            texts.append(plain(block.text))
        elif isinstance(block, Bullets):
            texts += [plain(item) for item in block.items]
    yield texts


def made(result: StudyResult, findings: Findings) -> Document:
    return report(result, {**tabulate(result), **further_tables(result, findings)}, findings)


@pytest.fixture(scope="module", params=["rotherham", "newport"])
def document(request: pytest.FixtureRequest) -> tuple[Document, StudyResult]:
    if request.param == "rotherham":
        result = request.getfixturevalue("on_streets")
        return made(result, request.getfixturevalue("found_on_streets")), result
    result = request.getfixturevalue("newport")
    return made(result, find_findings(result)), result


def test_the_grade_of_texts_worked_by_hand() -> None:
    # 6 words, 6 syllables, 1 sentence: 0.39 * 6 + 11.8 - 15.59
    assert grade("The cat sat on the mat.") == pytest.approx(-1.45)
    # 2 words, 7 syllables: 0.39 * 2 + 11.8 * 3.5 - 15.59
    assert grade("Accessibility matters.") == pytest.approx(0.78 + 11.8 * 4 - 15.59)


def test_the_pages_are_plain(document: tuple[Document, StudyResult]) -> None:
    pages = list(pages_of(document[0]))
    assert len(pages) == 4
    for texts in pages:
        assert grade(" ".join(texts)) <= GRADE


def test_page_one_has_no_long_sentence_and_an_answer_of_150_words(
    document: tuple[Document, StudyResult],
) -> None:
    answer = [
        plain(block.text)
        for block in document[0].blocks
        if isinstance(block, Paragraph) and block.kind == "answer"
    ]
    assert len(" ".join(answer).split()) <= 150
    for part in re.split(r"(?<=[.?!])\s", " ".join(answer)):
        assert len(part.split()) <= MOST_WORDS, part


def test_nothing_is_set_against_itself(document: tuple[Document, StudyResult]) -> None:
    texts = " ".join(text for texts in pages_of(document[0]) for text in texts)
    pairs = re.findall(r"([\d.,]+(?:%| \w+)?), not (?:about )?([\d.,]+(?:%| \w+)?)", texts)
    assert pairs
    assert [pair for pair in pairs if pair[0].rstrip(".,") == pair[1].rstrip(".,")] == []


def test_buses_that_were_not_examined_are_named_as_unknown(
    document: tuple[Document, StudyResult],
) -> None:
    unknown = " ".join(list(pages_of(document[0]))[3])
    by_bus = document[1].study.transit is not None
    assert ("Buses and trains were not examined." in unknown) != by_bus


def test_which_buses_were_counted_is_said_on_page_4(
    document: tuple[Document, StudyResult],
) -> None:
    unknown = " ".join(list(pages_of(document[0]))[3])
    asked = document[1].study.transit
    assert (asked is not None) == ("Buses are those of" in unknown)
    if asked is not None:
        day, (first, last) = asked.date, asked.window
        assert f"Buses are those of {day:%A} {day.day} {day:%B %Y}, of a timetable for" in unknown
        assert f"from {first} to {last}, at the middle (p{asked.percentile:g})" in unknown
        assert "No trains are in the timetable." in unknown


def test_all_better_sets_close_a_site_that_may_not_exist(
    on_streets: StudyResult, found_on_streets: Findings
) -> None:
    found = found_on_streets.alternatives
    assert found is not None
    better = found.beating_council(strictly=False)
    assert better["closed_sites"].str.contains("thrybergh-rainbow").all()
    chosen = " ".join(list(pages_of(made(on_streets, found_on_streets)))[2])
    assert (
        f"Each of the {len(better)} closes Thrybergh Rainbow, which may not have been there: "
        "we take the chance that it was as 70 in 100." in chosen
    )


def test_a_venue_where_a_site_keeps_hours_is_no_new_place(
    on_streets: StudyResult, found_on_streets: Findings
) -> None:
    """Two centres are in schools that are venues, too; where Park View is, is not known."""
    venues, sites = on_streets.candidates, on_streets.sites
    assert venues is not None
    texts = " ".join(list(pages_of(made(on_streets, found_on_streets)))[2])
    tables = {**tabulate(on_streets), **further_tables(on_streets, found_on_streets)}
    behind = markdown(annex(on_streets, tables, found_on_streets))
    hosts = {"broom-valley": [], "wath-victoria": ["Wath Victoria Primary School"], "park-view": []}
    for site, on_page in hosts.items():
        gone = sites.loc[site]
        rough = gone["location_radius_m"] > 100
        near = venues[venues.distance(gone.geometry) <= 100]
        told = [
            f"{name} is no new place: within 100 m, {short_name(gone['name'])} keeps 10 hours"
            for name in near["name"]
        ]
        assert [name for name, words in zip(near["name"], told, strict=True) if words in texts] == (
            on_page
        )
        assert any(words in behind for words in told) != rough
    assert texts.count("is no new place") == 1


def test_a_figure_stands_with_what_it_counts(document: tuple[Document, StudyResult]) -> None:
    """Beside a number of families one of minutes could be read as one of them."""
    first, _, who, _ = (" ".join(texts) for texts in pages_of(document[0]))
    assert re.search(
        r"With a pushchair (?:about )?[\d,]+ would: \d+ minutes instead of \d+\.", first
    )
    unit = document[1].study.unit
    loads = re.findall(r"nearest for (?:about )?[\d,]+ (\S+) instead of [\d,]+", who)
    assert loads == [unit] * 3


def test_two_verdicts_side_by_side_are_explained(document: tuple[Document, StudyResult]) -> None:
    tests = " ".join(list(pages_of(document[0]))[1])
    drawn = document[1].uncertainty is not None
    words = "where fewer than nine in ten agree, a test is too close to call."
    assert (words in tests) == drawn


def test_no_place_is_named_in_a_template() -> None:
    named = re.compile(
        r"rotherham|newport|park view|broom valley|wath|under-fives|children.s|\bcentre",
        re.IGNORECASE,
    )
    for path in TEMPLATES.rglob("*.md.j2"):
        assert not named.search(path.read_text(encoding="utf-8")), path.name


def test_printed_they_are_four_pages(
    document: tuple[Document, StudyResult], tmp_path: Path
) -> None:
    report, result = document
    path = tmp_path / "report.html"
    path.write_text(page(report, Wording.of(result), result.provenance), encoding="utf-8")
    assert printed_pages(path, tmp_path) == 4


def test_neighbours_change_no_outcome_and_the_minutes_they_change_are_said(
    on_streets: StudyResult, found_on_streets: Findings
) -> None:
    border = " ".join(list(pages_of(made(on_streets, found_on_streets)))[3])
    weights, means = on_streets.origins["weight"], []
    for run in (on_streets.with_neighbours, on_streets):
        before, after = (
            run.nearest(name, "walk", full_time=True)["minutes"]
            for name in ("baseline", "deregister-sessions")
        )
        both = np.isfinite(before) & np.isfinite(after)
        means.append(np.average((after - before)[both], weights=weights[both]))
    assert f"{means[0]:.1f}" != f"{means[1]:.1f}"
    assert (
        "With them counted, no outcome changes. The average trip on foot then grows by "
        f"{means[0]:.1f} minutes, not {means[1]:.1f} minutes." in border
    )

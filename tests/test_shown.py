"""What results show of themselves in a notebook: true, escaped, no more than may be."""

from __future__ import annotations

import dataclasses
import html
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest

import toy_borough
from eh_access import (
    StudyResult,
    find_findings,
    find_maps,
    read_network,
    render_map,
    render_report,
)
from eh_access.criteria.criterion import Verdicts
from eh_access.criteria.judge import judge
from eh_access.measures.comparison import compare
from eh_access.measures.scenarios import BASELINE
from eh_access.notebook import Page
from eh_access.publish.notes import note_text

HOSTILE = "</script><img src=x onerror=alert(1)>"


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not [name for name, _ in attrs if name.startswith("on")]
        self.names.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def result(rotherham_estimate: StudyResult) -> StudyResult:
    return rotherham_estimate


def test_times_show_size_mode_reach_and_a_histogram() -> None:
    minutes = np.full((12, 4), np.inf)
    minutes[:9, 0] = [1, 2, 3, 12, 12, 12, 12, 12, 70]
    page = toy_borough.times_of(minutes)._repr_html_()
    words = Tags(page).words
    assert "12 origins by 4 sites" in words
    assert "on foot" in words
    assert "75.0% of origins reach a site" in words
    drawing = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])  # noqa: S314 - our own
    bars = {
        title.text.split(": ")[0]: title.text.split(": ")[1]
        for title in drawing.iter("{http://www.w3.org/2000/svg}title")
    }
    assert bars == {
        "0-5": "25%", "5-10": "0%", "10-15": "42%", "15-20": "0%", "20-25": "0%", "25-30": "0%",
        "30-45": "0%", "45-60": "0%", "60+": "8%", "none": "25%",
    }  # fmt: skip


def test_estimates_are_called_indicative() -> None:
    assert "INDICATIVE" not in toy_borough.times()._repr_html_()
    assert "INDICATIVE" in toy_borough.times(estimated=True)._repr_html_()


def test_no_origins_are_no_fault() -> None:
    none = toy_borough.times_of(np.empty((0, 4)), houses=[])
    assert "There are no origins" in none._repr_html_()


def test_a_comparison_shows_shares_and_no_counts_of_people() -> None:
    times = toy_borough.times()
    table = compare(times, times, toy_borough.origins(), sites_after=["A", "B", "C"], loser_min=1.0)
    words = Tags(table._repr_html_()).words
    assert f"{table.summary()['share_loses'].item():.0%}" in words
    assert f"{table.summary()['weight'].item():,.0f}" not in words


def test_everything_is_escaped(result: StudyResult) -> None:
    study = result.study.model_copy(update={"title": HOSTILE, "question": HOSTILE})
    criterion = result.verdicts[0].criterion.model_copy(update={"title": HOSTILE})
    first = result.verdicts[0]
    verdict = dataclasses.replace(
        first, criterion=criterion, settings=dataclasses.replace(first.settings, unit=HOSTILE)
    )
    found = dataclasses.replace(
        result, study=study, verdicts=Verdicts([dataclasses.replace(verdict, scenario="closed")])
    )
    for shown in (found, verdict):
        tags = Tags(shown._repr_html_())
        assert not {"img", "script"} & set(tags.names)
        assert HOSTILE in tags.words


def test_a_result_shows_every_verdict_but_the_baseline_s(result: StudyResult) -> None:
    page = result._repr_html_()
    rest = [verdict for verdict in result.verdicts if verdict.scenario != "baseline"]
    assert Tags(page).names.count("tr") == len(rest) + 1
    assert all(verdict.sentence in Tags(page).words for verdict in rest)
    assert "INDICATIVE" in page


def test_a_result_that_is_not_protected_shows_no_figure(result: StudyResult) -> None:
    page = dataclasses.replace(result, may_publish_origins=False)._repr_html_()
    assert "<table" not in page
    assert not [v for v in result.verdicts if v.sentence in Tags(page).words]


def test_a_verdict_shows_its_outcome_and_whose_yardstick_it_is() -> None:
    criterion = toy_borough.criterion()
    verdict = judge(criterion, toy_borough.case_of(BASELINE))
    words = Tags(verdict._repr_html_()).words
    assert f": {verdict.outcome}" in words
    assert criterion.source in words
    assert verdict.sentence in words


@pytest.mark.slow
def test_choices_and_sensitivity_show_where_they_stand(result: StudyResult) -> None:
    found = find_findings(result)
    assert found.alternatives is not None
    regret = found.alternatives.regret()
    shown = Tags(found.alternatives._repr_html_())
    assert shown.names.count("tr") == len(regret) + 1
    first = regret.iloc[0]
    assert f"{first['rank']} of {first['ranked']}" in shown.words
    tips = found.sensitivity.tipping
    turning = tips["turns_below"].notna() | tips["turns_above"].notna()
    assert Tags(found.sensitivity._repr_html_()).names.count("tr") == turning.sum() + 1 > 1


def test_plain_text_is_short_and_says_size_mode_and_reach() -> None:
    text = repr(toy_borough.times(estimated=True))
    assert len(text.splitlines()) < 12
    assert all(word in text for word in ("by 4 sites", "on foot", "INDICATIVE", "reach a site"))
    assert "There are no origins" in repr(toy_borough.times_of(np.empty((0, 4)), houses=[]))


def test_a_network_says_how_large_it_is_and_whence() -> None:
    assert re.fullmatch(
        r"<Network: 15,\d{3} nodes, 1\d,\d{3} streets, \d{3} km; .+>", repr(read_network("newport"))
    )


def test_no_result_prints_whole_frames(result: StudyResult) -> None:
    change = result.comparisons_full_time["deregister-closed", "walk"]
    longest = 250
    for shown in (result, change, result.times["walk"], result.verdicts, result.verdicts[-1]):
        assert len(repr(shown).splitlines()) < 30
        assert "DataFrame" not in repr(shown)
    share = change.summary()["share_loses"].item()
    assert f"{share:.0%}" in repr(change)
    closed = result.verdicts_for("deregister-closed")
    assert len(repr(closed).splitlines()) == 1 + len(closed)
    assert all(len(line) < longest for line in repr(result.verdicts).splitlines())


def test_plain_text_of_a_result_that_is_not_protected_has_no_figure(result: StudyResult) -> None:
    text = repr(dataclasses.replace(result, may_publish_origins=False))
    assert "no figures are shown" in text
    assert not [v for v in result.verdicts if v.criterion.id in text]


def test_a_page_shows_itself_in_a_frame_and_stays_a_text() -> None:
    page = Page('<html><body title="a">&amp;</body></html>')
    assert page == '<html><body title="a">&amp;</body></html>'
    assert repr(page) == "<page of 41 characters>"
    frame = page._repr_html_()
    assert html.unescape(frame.split('srcdoc="')[1].split('" title')[0]) == page


def test_maps_and_reports_are_pages(rotherham: StudyResult) -> None:
    assert isinstance(render_map(rotherham, find_maps(rotherham)), Page)
    assert isinstance(render_report(rotherham), Page)


def test_a_note_has_its_sentences(rotherham: StudyResult) -> None:
    assert [note.text for note in rotherham.notes] == [note_text(item) for item in rotherham.notes]

"""What is said twice is said the same way: percentages, files, colours, outcomes."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
import pytest

from eh_access.criteria.criterion import Outcome, Verdict
from eh_access.publish import tabulations
from eh_access.publish.charts import CHANGE, plot_change
from eh_access.publish.outputs import write_outputs
from eh_access.publish.tabulations import further_tables, ranks_in_words, tabulate
from eh_access.publish.wording import Wording
from eh_access.study.findings import Findings
from eh_access.study.result import StudyResult

SPACED = re.compile(r"\d[ \u00a0]%")
INLINE = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL)


@pytest.fixture(scope="module")
def found(found_on_streets: Findings) -> Findings:
    return found_on_streets


@pytest.fixture(scope="module")
def written(
    toy: StudyResult, toy_findings: Findings, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Path]:
    return write_outputs(toy, toy_findings, tmp_path_factory.mktemp("story"))


def test_a_percentage_is_written_without_a_space(
    written: Mapping[str, Path], rotherham_report: tuple[str, Path]
) -> None:
    for name, path in written.items():
        if name.endswith((".html", ".csv")):
            text = INLINE.sub("", path.read_text(encoding="utf-8"))
            assert not SPACED.search(text), (name, SPACED.search(text))
    with zipfile.ZipFile(written["report.docx"]) as document:
        assert not SPACED.search(document.read("word/document.xml").decode())
    with zipfile.ZipFile(written["tables.xlsx"]) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.endswith(".xml")]
    assert not any(SPACED.search(text) for text in sheets)
    printed, folder = rotherham_report
    assert "%" in printed
    pages = [(folder / name).read_text(encoding="utf-8") for name in ("report.html", "annex.html")]
    for text in (printed, *pages):
        assert not SPACED.search(INLINE.sub("", text))


def test_the_terminal_says_what_too_close_means_and_keeps_to_25_lines(
    rotherham: StudyResult, rotherham_report: tuple[str, Path]
) -> None:
    printed, _ = rotherham_report
    assert any(item.outcome == Outcome.TOO_CLOSE for item in rotherham.verdicts)
    assert "* not met before either; too close: it may be met or not\n" in printed
    assert len(printed.splitlines()) <= 25


def test_every_file_beside_the_report_is_named_in_it(written: Mapping[str, Path]) -> None:
    page = written["annex.html"].read_text(encoding="utf-8")
    listed = page.split('<h2 id="files">')[1].split("</ul>")[0]
    assert set(re.findall(r'href="([^"]+)"', listed)) == set(written) - {"annex.html"}


def test_the_readme_names_every_file_there_can_be(written: Mapping[str, Path]) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert [name for name in written if f"`{name}`" not in readme] == []


def test_the_map_has_the_colours_of_the_report(written: Mapping[str, Path]) -> None:
    page = written["map.html"].read_text(encoding="utf-8")
    assert json.dumps(list(CHANGE.colours), separators=(",", ":")) in page.replace(" ", "")


def said_of(verdict: Verdict) -> str:
    """Return the outcome, or what it points to, or nothing."""
    if verdict.outcome != Outcome.CANNOT_SAY:
        return str(verdict.outcome)
    return str(verdict.indication or "")


def test_sensitivity_says_of_each_outcome_what_the_verdict_says(
    rotherham: StudyResult, found: Findings
) -> None:
    tips = found.sensitivity.tipping.set_index(["scenario", "criterion"])["outcome"]
    for verdict in rotherham.verdicts:
        said, pair = said_of(verdict), (verdict.scenario, verdict.criterion.id)
        if verdict.scenario != "baseline" and verdict.outcome != Outcome.CANNOT_SAY:
            # the draws may leave too close to call what the figures alone point to
            close = verdict.outcome == Outcome.TOO_CLOSE
            assert set(tips.loc[[pair]]) == {said} or close, pair


def test_percentages_are_points_apart_and_no_set_is_best_without_a_figure(
    rotherham: StudyResult, found: Findings
) -> None:
    table = ranks_in_words(further_tables(rotherham, found)["choice"], Wording.of(rotherham))
    rows = table.frame.set_index("measure")
    shares = rows[rows["council"].str.endswith("%")]
    assert len(shares)
    assert shares["regret"].str.endswith(" percentage points").all()
    unknown = rows[rows["best"] == "not available"]
    assert (unknown["best_sites"] == "not available").all()


def test_an_estimate_s_assumptions_are_not_those_of_streets(
    rotherham_estimate: StudyResult,
) -> None:
    rows = tabulate(rotherham_estimate)["assumptions"].frame.set_index("what")
    car = " ".join(rows.loc["Speed by car"])
    assert "limit" not in car
    assert "junction" not in car
    assert "straight line" in car
    assert not rows["source"].str.contains(".;", regex=False).any()


def test_a_closed_site_is_drawn_apart_and_the_legend_lies_within_the_picture(
    rotherham: StudyResult,
) -> None:
    mpl.use("Agg")
    name = "deregister-closed"
    sites = rotherham.scenario_sites[name]
    change = rotherham.comparisons_full_time[name, "walk"]
    axes = plot_change(change, rotherham.origins, sites=sites)
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "site that is closed" in labels
    figure = axes.figure
    figure.canvas.draw()
    box = axes.get_legend().get_window_extent()
    assert box.x1 <= figure.bbox.x1
    assert box.y1 <= figure.bbox.y1
    # a table that does not say which are open is told by the change which it closes
    bare = plot_change(change, rotherham.origins, sites=sites.drop(columns="is_open"))
    assert "site that is closed" in [text.get_text() for text in bare.get_legend().get_texts()]


def test_an_estimate_places_nobody_on_a_network(rotherham_estimate: StudyResult) -> None:
    steps = tabulate(rotherham_estimate)["counts"].frame["step"]
    assert not steps.str.contains("network").any()
    assert steps.str.contains("origins with a place").any()


def test_a_table_of_sets_ends_with_the_best_of_them_and_the_choice_made(
    rotherham: StudyResult, found: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = further_tables(rotherham, found)["choices"]
    monkeypatch.setattr(tabulations, "MOST_SETS", 10)
    few = further_tables(rotherham, found)["choices"]
    chosen = every.frame[every.frame["is_council_choice"] == "yes"]
    assert len(every.frame) == len(found.tables()["alternatives.csv"])
    assert few.frame.head(10).equals(every.frame.head(10))
    assert few.frame.tail(-10).to_dict("list") == chosen.to_dict("list")
    assert f"all {len(every.frame)} stand in alternatives.csv" in few.title
    assert "alternatives.csv" not in every.title

"""One fact has one figure: on the map's page, in report, Word, workbook and CSV."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import docx
import numpy as np
import pandas as pd
import pytest

from pages import Node, read_page
from xlsx import sheets_of

CLOSED = "deregister-closed"
CLOSED_LABEL = "The three gone altogether"
SESSIONS_LABEL = "The three reduced to at most ten hours a week"
NAMES = ("Scenario", "Travelling", "Centres counted", "Centres counted: open for")
Rows = list[list[str]]
WORD_TEXT = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t"


@pytest.fixture(scope="module")
def folder(rotherham_report: tuple[str, Path]) -> Path:
    return rotherham_report[1]


@pytest.fixture(scope="module")
def page(folder: Path) -> Node:
    return read_page((folder / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def on_page(folder: Path, page: Node) -> dict[str, Rows]:
    """The tables of report and annex by caption, the header first; each is there once."""
    annex = read_page((folder / "annex.html").read_text(encoding="utf-8"))
    tables = [
        (
            next(table.all("caption")).text(),
            [[cell.text() for cell in row.children()] for row in table.all("tr")],
        )
        for table in (*page.all("table"), *annex.all("table"))
    ]
    assert len(dict(tables)) == len(tables)
    return dict(tables)


def in_workbook(folder: Path, sheet: str) -> pd.DataFrame:
    cells = sheets_of(folder / "tables.xlsx")[sheet][1]
    grid: dict[int, dict[str, Any]] = {}
    for address, value in cells.items():
        column, row = re.fullmatch(r"([A-Z]+)(\d+)", address).groups()
        grid.setdefault(int(row), {})[column] = value
    widest = max(len(line) for line in grid.values())
    lines = [line for _, line in sorted(grid.items()) if len(line) == widest]
    return pd.DataFrame([list(line.values()) for line in lines[1:]], columns=lines[0].values())


def captioned(tables: dict[str, Rows], *words: str) -> pd.DataFrame:
    for caption, rows in tables.items():
        if all(word in caption for word in words):
            return pd.DataFrame(rows[1:], columns=rows[0])
    pytest.fail(f"no table of {words}")


def number(text: str) -> float:
    return float(text.replace(",", "").rstrip("%"))


def _said(cell: Any) -> str:  # noqa: ANN401 - python-docx is untyped
    return "".join(text.text or "" for text in cell.iter(WORD_TEXT)).strip()


def test_word_has_every_table_of_the_page_cell_by_cell(folder: Path, page: Node) -> None:
    document = docx.Document(str(folder / "report.docx"))
    tables = list(page.all("table"))
    assert len(document.tables) == len(tables) > 1
    for printed, table in zip(document.tables, tables, strict=True):
        told = [[cell.text() for cell in row.children()] for row in table.all("tr")]
        found = [
            [_said(node) for node in row.tc_lst]
            for row in printed._tbl.tr_lst  # noqa: SLF001 - thousands of cells, read quickly
        ]
        assert found == told


def test_word_says_the_answer_in_the_same_words(folder: Path, page: Node) -> None:
    document = docx.Document(str(folder / "report.docx"))
    told = {" ".join(paragraph.text.split()) for paragraph in document.paragraphs}
    answer = next(node for node in page.all("div") if "answer" in node.classes)
    sentences = [node.text() for node in answer.all("p")]
    assert len(sentences) >= 5
    assert set(sentences) <= told


@pytest.mark.parametrize(
    ("sheet", "words", "header"),
    [
        ("within", ("Under-fives within 30 minutes",), "Share within after (%)"),
        ("affected", ("Under-fives who lose",), "Their mean after (minutes)"),
        ("keeping", ("If some kept full hours",), "Mean after (minutes)"),
        ("added_time", ("Minutes to the nearest centre",), "Mean added (minutes)"),
        ("readings", ("by what counts as open",), "Share within 30 minutes (%)"),
        ("tipping", ("Where an outcome turns",), "Highest value"),
    ],
)
def test_page_and_workbook_print_the_same_digits(
    folder: Path, on_page: dict[str, Rows], sheet: str, words: tuple[str, ...], header: str
) -> None:
    book = in_workbook(folder, sheet)
    if sheet == "tipping":
        book = book[book["Scenario"] == SESSIONS_LABEL]
    table = captioned(on_page, *words)
    named = [name for name in NAMES if name in table and name in book]
    if named:  # rows in which nothing changes stand in the workbook alone
        there = pd.MultiIndex.from_frame(table[named])
        book = book[pd.MultiIndex.from_frame(book[named].astype(str)).isin(there)]
    assert len(book) == len(table) > 0
    known = [text for text in table[header] if text != "not available"]
    assert [number(text) for text in known] == [
        value for value in book[header] if isinstance(value, (int, float))
    ]


def test_coverage_is_the_same_on_page_in_workbook_csv_and_map(
    folder: Path, on_page: dict[str, Rows]
) -> None:
    """Worked out afresh from origins.csv and from the minutes in the map's page."""
    verdicts = pd.read_csv(folder / "verdicts.csv")
    chosen = (verdicts["criterion"] == "walk-30") & (verdicts["scenario"] == CLOSED)
    verdict = verdicts[chosen].iloc[0]
    origins = pd.read_csv(folder / "origins.csv")
    walk = origins[(origins["scenario"] == CLOSED) & (origins["mode"] == "walk")]
    near = walk["minutes_full_time"] <= 30 + 1e-3
    share = walk.loc[near, "weight"].sum() / walk["weight"].sum()
    assert verdict["value"] == pytest.approx(share, abs=1e-6)
    table = captioned(on_page, "Under-fives within 30 minutes")
    table = table[table["Scenario"] == CLOSED_LABEL].iloc[0]
    printed = number(table["Share within after (%)"])
    assert printed == pytest.approx(100 * verdict["value"], abs=0.0501)
    matrix = captioned(on_page, "Outcome of each criterion").set_index("Criterion")[CLOSED_LABEL]
    asked = next(title for title in matrix.index if title.startswith("At least 90%"))
    assert f"{printed:.1f}%" in matrix[asked]
    assert on_map(folder) == pytest.approx(share, abs=1e-4)


def on_map(folder: Path) -> float:
    """Return the share within 30 minutes on foot of what stays open, from the map's own minutes."""
    text = (folder / "map.html").read_text(encoding="utf-8")
    found = re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    data = json.loads(found.group(1))
    closed = {"park-view", "broom-valley", "wath-victoria"}
    raw = np.frombuffer(base64.b64decode(data["modes"][0]["minutes"]), "<f4")
    ids = [site["id"] for site in data["sites"]]
    minutes = raw.reshape(len(ids), -1)[[site not in closed for site in ids]].min(axis=0)
    weight = np.asarray(data["origins"]["weight"], dtype=float)
    return float(weight[minutes <= 30 + 1e-3].sum() / weight.sum())


def test_ranks_are_those_of_the_csv(folder: Path, on_page: dict[str, Rows]) -> None:
    sets = pd.read_csv(folder / "alternatives.csv")
    scored = sets[sets["scored"]]
    council = scored[scored["is_council_choice"]].iloc[0]
    rank = 1 + int((scored["mean_min"] < council["mean_min"]).sum())
    row = captioned(on_page, "How the choice made ranks").iloc[0]
    assert row["Measure"] == "Mean minutes"
    assert row["Rank"] == f"{rank} of {len(scored)}"
    assert row["The choice made"] == f"{council['mean_min']:.1f} minutes"
    assert row["Distance from the best"] == (
        f"{council['mean_min'] - scored['mean_min'].min():.1f} minutes"
    )


def test_gaps_are_those_of_the_csv(folder: Path, on_page: dict[str, Rows]) -> None:
    table = pd.read_csv(folder / "fairness.csv")
    chosen = table[
        (table["scenario"] == "deregister-sessions")
        & (table["mode"] == "walk")
        & (table["sites"] == "full_time")
        & (table["group_kind"] == "imd_fifth")
    ]
    shown = captioned(on_page, "Minutes added, by the nation's fifth")
    for key, heading in (
        ("mean_change_min", "Mean added (minutes)"),
        ("gap_change_min", "Mean added, less that of all others (minutes)"),
        ("gap_change_low_min", "90% of draws from (minutes)"),
        ("gap_change_high_min", "to (minutes)"),
    ):
        told = [number(text) for text in shown[heading]]
        assert told == pytest.approx(list(chosen[key]), abs=0.0501)


def test_nothing_is_blank_or_nan(on_page: dict[str, Rows]) -> None:
    cells = [cell for rows in on_page.values() for row in rows for cell in row]
    assert "" not in cells
    assert not {cell for cell in cells if cell.lower() in {"nan", "inf", "-inf"}}

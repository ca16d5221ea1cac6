from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eh_access.publish.table import Column, Cover, Table, make_table
from eh_access.publish.tabulations import workbook_cover
from eh_access.publish.wording import Wording
from eh_access.publish.writers.workbook import write_workbook
from eh_access.study.result import StudyResult
from xlsx import MAIN, Book, sheets_of

COVER = Cover(title="T", intro=("i",), about=("a",), notes=("n",))


def cover_of(toy: StudyResult) -> Cover:
    return workbook_cover(toy.study, Wording.of(toy), toy.notes, toy.provenance)


@pytest.fixture(scope="module")
def path(
    toy: StudyResult, toy_tables: Mapping[str, Table], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("book") / "tables.xlsx"
    write_workbook(list(toy_tables.values()), path, cover=cover_of(toy))
    return path


@pytest.fixture(scope="module")
def book(path: Path) -> Book:
    return sheets_of(path)


def test_cover_contents_notes_and_then_a_table_a_sheet(
    book: Book, toy_tables: Mapping[str, Table]
) -> None:
    filled = [name for name, table in toy_tables.items() if len(table.frame)]
    assert list(book) == ["Cover", "Contents", "Notes", *filled]


def test_there_is_no_formula_and_no_merged_cell(book: Book) -> None:
    for root, _ in book.values():
        assert not list(root.iter(f"{MAIN}f"))
        assert not list(root.iter(f"{MAIN}mergeCell"))


def test_headings_are_frozen(book: Book) -> None:
    for name in list(book)[2:]:
        pane = next(book[name][0].iter(f"{MAIN}pane"))
        assert pane.get("state") == "frozen"


def test_every_figure_is_the_tables(book: Book, toy_tables: Mapping[str, Table]) -> None:
    for name in ("within", "added_time", "areas", "criteria"):
        table, cells = toy_tables[name], book[name][1]
        head = next(
            int(address[1:]) for address, text in cells.items() if text == table.columns[0].heading
        )
        for at, column in enumerate(table.columns):
            letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[at]
            assert cells[f"{letter}{head}"] == column.heading
            for row, value in enumerate(table.frame[column.key], head + 1):
                told = cells[f"{letter}{row}"]
                if column.is_number and np.isfinite(value):
                    assert told == value
                elif column.is_number:
                    assert str(told).startswith("[")
                else:
                    assert told == value


def test_the_warning_stands_on_the_cover(book: Book) -> None:
    assert "INDICATIVE" in " ".join(map(str, book["Cover"][1].values()))


def test_the_same_tables_give_the_same_bytes(
    toy: StudyResult, toy_tables: Mapping[str, Table], path: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.xlsx"
    write_workbook(list(toy_tables.values()), again, cover=cover_of(toy))
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('=HYPERLINK("http://example.org","x")', '=HYPERLINK("http://example.org","x")'),
        ("{=1+1}", "{=1+1}"),
        ("http://example.org", "http://example.org"),
        ("[here](http://example.org)", "[here] (http://example.org)"),
        ("[a](b) [c](d)", "[a] (b) [c] (d)"),
        ("$$note$$", "$ $note$ $"),
        ("***", "symbols: ***"),
        ("12", "12"),
        ("@SUM(1)", "@SUM(1)"),
    ],
)
def test_names_from_files_are_written_as_text(tmp_path: Path, name: str, shown: str) -> None:
    frame = pd.DataFrame({"site": [name], "n": [1.0]})
    columns = (Column("site", "Site"), Column("n", "N", "count"))
    write_workbook([make_table("s", "Sites", columns, frame)], tmp_path / "b.xlsx", cover=COVER)
    root, cells = sheets_of(tmp_path / "b.xlsx")["s"]
    assert shown in cells.values()
    assert not list(root.iter(f"{MAIN}f"))
    assert not list(root.iter(f"{MAIN}hyperlink"))


def test_out_of_reach_and_unknown_are_marked_in_words(tmp_path: Path) -> None:
    frame = pd.DataFrame({"who": ["a", "b", "c"], "t": [np.inf, -np.inf, np.nan]})
    columns = (Column("who", "Who"), Column("t", "T", "minutes"))
    write_workbook([make_table("s", "Times", columns, frame)], tmp_path / "b.xlsx", cover=COVER)
    cells = sheets_of(tmp_path / "b.xlsx")["s"][1]
    assert {"[not reached]", "[newly reached]", "[x]"} <= set(cells.values())


def test_a_table_without_rows_has_no_sheet(tmp_path: Path) -> None:
    frame = pd.DataFrame({"who": [], "t": []})
    columns = (Column("who", "Who"), Column("t", "T", "minutes"))
    write_workbook([make_table("s", "Times", columns, frame)], tmp_path / "b.xlsx", cover=COVER)
    assert list(sheets_of(tmp_path / "b.xlsx")) == ["Cover", "Contents", "Notes"]

"""The row of a fault is the row that a spreadsheet shows beside it."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from eh_access.errors import InputError
from eh_access.sources.fetch import UnusableError, read_csv
from eh_access.study.config import load_study
from eh_access.study.families import read_families
from eh_access.study.inputs import read_inputs
from eh_access.tables import row_numbers
from study_files import StudyFolder, write_study

HEADER = "site_id,name,hours_per_week,easting,northing,{column}"
WEST, EAST = "{west},West,30,440000,390000,{good}", "east,East,30,444000,390000,{bad}"
BLANK = ",,,,,"
LAYOUTS = {
    "plain": (HEADER, WEST, EAST),
    "blank rows": (HEADER, BLANK, WEST, "", EAST),
    "a title": ("Centres of the town", "", HEADER, WEST, EAST),
    "a header of two rows": ("Id,Name,Hours,,,", HEADER, WEST, EAST),
    "a heading and a total": ("Centres", HEADER, "North:", WEST, BLANK, EAST, "Total,2,,,,"),
    "a cell of two lines": (HEADER, WEST.replace("West", '"West\nCentre"'), EAST),
}
FAULTS = {
    "location_radius_m": ("10", "far", "is far; give a number"),
    "capacity": ("20", "-3", "capacity: is -3"),
    "is_open": ("yes", "shut", "is_open: is 'shut'"),
}
"""One that is found while the table is checked, and two that are found when it has been."""


@pytest.fixture
def toy(tmp_path: Path) -> StudyFolder:
    return write_study(tmp_path / "toy")


def faults(toy: StudyFolder) -> str:
    with pytest.raises(InputError) as caught:
        read_inputs(load_study(toy.toml))
    return str(caught.value)


@pytest.mark.parametrize("column", FAULTS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_row_has_the_number_a_spreadsheet_shows(
    toy: StudyFolder, suffix: str, layout: str, column: str
) -> None:
    good, bad, words = FAULTS[column]
    lines = [
        line.format(column=column, west="west", good=good, bad=bad) for line in LAYOUTS[layout]
    ]
    path = toy.path / "sites.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with path.open(encoding="utf-8", newline="") as file:
        cells = list(csv.reader(file))
    if suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in cells:
            book.active.append(row)
        book.save(path.with_suffix(suffix))
        toy.change("study.toml", '"sites.csv"', '"sites.xlsx"')
    [shown] = [number for number, row in enumerate(cells, 1) if row[:1] == ["east"]]
    found = faults(toy)
    assert f"row {shown} (site_id 'east')" in found
    assert words in found


def test_a_line_that_names_the_separator_is_none_that_excel_shows(toy: StudyFolder) -> None:
    path = toy.path / "sites.csv"
    text = path.read_text(encoding="utf-8").replace(",", ";").replace("444000", "far")
    path.write_text(f"sep=;\n{text}", encoding="utf-8")
    assert "sites.csv, row 3 (site_id 'east'), easting: 'far' is no number" in faults(toy)


def test_rows_that_are_left_out_do_not_shift_those_below(toy: StudyFolder) -> None:
    rows = [f"o{n},{440100 + 50 * n},390000,10,made up,{'A' if n < 11 else 'Z'}" for n in range(12)]
    rows[2] = rows[2].replace("390000", "north")
    table = ["origin_id,easting,northing,weight,weight_basis,area_id", *rows]
    (toy.path / "origins.csv").write_text("\n".join(table) + "\n", encoding="utf-8")
    assert "origins.csv, row 13 (origin_id 'o11'), area_id: no area 'Z'" in faults(toy)


def test_a_header_of_a_list_of_families_is_a_row(toy: StudyFolder) -> None:
    path = toy.path / "list.csv"
    path.write_text('note,easting,northing\n"a\nb",440000,390000\n,1,\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"list of families, row 3: "):
        read_families(path, load_study(toy.toml))


def test_a_blank_row_of_what_a_service_sent_is_a_row(tmp_path: Path) -> None:
    path = tmp_path / "sent.csv"
    path.write_text("a,b\n\n1,2\n3\n", encoding="utf-8")
    with pytest.raises(UnusableError, match="row 4 has 1 cells and the header 2"):
        read_csv(path)


def test_a_table_in_memory_is_counted_from_1(toy: StudyFolder) -> None:
    sites = read_inputs(load_study(toy.toml)).sites
    assert row_numbers(sites) == [1, 2]

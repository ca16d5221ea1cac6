"""The Excel workbook, laid out as the Analysis Function asks: tidy, plain, no formulas."""

from __future__ import annotations

import datetime as dt
import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from eh_access.publish.table import NOT_AVAILABLE
from eh_access.publish.tabulations import workbook_cover
from eh_access.publish.templates import shipped

if TYPE_CHECKING:
    from gptables import GPTable
    from gptables.core.wrappers import GPWorkbook

    from eh_access.publish.table import Column, Cover, Table
    from eh_access.publish.templates import Templates
    from eh_access.publish.writers.material import Material

NAME, WHAT = "tables.xlsx", "every table"

# A fixed date, so that the same tables give the same bytes; the manifest has the time of the run.
CREATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - xlsx knows no time zones
MISSING = "[x]"
SHEET_NAME_MAX = 31
CELL_MAX = 32_000
WIDE_COLUMN = 60
NARROW_COLUMN = 12
COVER_WIDTH = 100
A4 = 9
AS_TEXT = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
NUMBER_FORMATS = {
    "count": "#,##0",
    "percent": "0.0",
    "minutes": "0.0",
    "metres": "#,##0",
    "value": "0.0",
    "index": "0.000",
    "pounds": "0.00",
}


def write(material: Material, path: Path) -> None:
    """Write every table to one workbook."""
    result = material.result
    cover = workbook_cover(result.study, material.words, result.notes, result.provenance)
    write_workbook(
        list(material.tables.values()), path, cover=cover, templates=material.words.templates
    )


def write_workbook(
    tables: Sequence[Table], path: Path, *, cover: Cover, templates: Templates | None = None
) -> None:
    """Write tables to an Excel workbook: cover, contents, notes, then one table a sheet."""
    # Layout: Analysis Function, "Releasing statistics in spreadsheets". Text from files is always
    # written as text: a name that begins with ``=`` is a name, and no cell becomes a link.
    with warnings.catch_warnings():
        # it leaves its own theme file open as it loads
        warnings.simplefilter("ignore", ResourceWarning)
        import gptables  # noqa: PLC0415 - heavy

    phrase = partial((templates or shipped()).part, "workbook", facts={})
    notes = pd.DataFrame({"Note": [_safe(note) for note in cover.notes] or ["There are none."]})
    sheets = {"Notes": _plain_sheet(notes, gptables.GPTable, phrase("notes"))}
    filled = [table for table in tables if len(table.frame)]
    says = {key: phrase(part) for key, part in (("instructions", "table"), ("legend", "legend"))}
    sheets |= {_sheet_name(each.name): _sheet(each, gptables.GPTable, **says) for each in filled}
    with warnings.catch_warnings():
        # it warns when it is not the one to write the notes sheet, and uses pandas of old
        warnings.filterwarnings("ignore", message="No note text provided")
        warnings.simplefilter("ignore", DeprecationWarning)
        book = gptables.produce_workbook(
            str(path),
            sheets=sheets,
            cover=gptables.Cover(
                title=_safe(cover.title),
                intro=[_safe(text) for text in cover.intro],
                about=[_safe(text) for text in cover.about],
                width=COVER_WIDTH,
            ),
            auto_width=False,
            workbook_options=AS_TEXT,
        )
    _finish(book, sheets)
    book.set_properties({"title": cover.title, "created": CREATED})
    book.close()


def _sheet_name(name: str) -> str:
    """Return a name Excel takes: no special characters, at most 31 letters."""
    return re.sub(r"[^A-Za-z0-9 _-]", "_", name)[:SHEET_NAME_MAX]


def _safe(text: str) -> str:
    """Return text that neither Excel nor gptables will take for a link, a note or nothing."""
    # gptables turns ``[words](address)`` into a link and ``$$word$$`` into a reference, and
    # refuses cells without a letter or digit; a site's name may hold any of these.
    plain = text.replace("](", "] (").replace("$$", "$ $")[:CELL_MAX]
    return plain if re.search(r"[A-Za-z0-9]", plain) else f"symbols: {plain}"


def _cell(value: object, column: Column) -> str | float:
    """Return what goes into a cell: a number, a mark in words, or safe text."""
    if not column.is_number:
        return _safe(str(value))
    number = float(str(value))
    if math.isnan(number):
        return MISSING if column.at_nan == NOT_AVAILABLE else column.at_nan
    if math.isinf(number):
        return f"[{column.text(number)}]"
    return number


def _sheet(
    table: Table, make: Callable[..., GPTable], *, instructions: str, legend: str
) -> GPTable:
    """Return one tidy table as gptables wants it."""
    cells = {
        _safe(column.heading): pd.Series(
            [_cell(value, column) for value in table.frame[column.key]],
            dtype=object,
        )
        for column in table.columns
    }
    formats = [
        {
            "column": {
                "columns": [number],
                "format": {"num_format": NUMBER_FORMATS[column.kind]},
                "include_names": False,
            }
        }
        for number, column in enumerate(table.columns)
        if column.is_number
    ]
    return make(
        pd.DataFrame(cells),
        table_name=re.sub(r"[^A-Za-z0-9_]", "_", table.name),
        title=_safe(table.title),
        instructions=instructions,
        legend=[_safe(note) for note in (*table.notes, legend)],
        index_columns={2: 0},
        additional_formatting=formats,
    )


def _plain_sheet(frame: pd.DataFrame, make: Callable[..., GPTable], instructions: str) -> GPTable:
    """Return the sheet of notes, numbered."""
    numbered = frame.copy()
    numbered.insert(0, "Number", [str(number) for number in range(1, len(frame) + 1)])
    return make(
        numbered,
        table_name="notes",
        title="Notes",
        instructions=instructions,
        index_columns={2: 0},
    )


def _finish(book: GPWorkbook, sheets: Mapping[str, GPTable]) -> None:
    """Freeze each table's heading and first column, and give columns a readable width."""
    for worksheet in book.worksheets():
        worksheet.set_landscape()
        worksheet.fit_to_pages(1, 0)
        worksheet.set_paper(A4)
        if worksheet.name == "Contents":
            worksheet.set_column(0, 0, 24)
            worksheet.set_column(1, 1, WIDE_COLUMN * 2)
        if worksheet.name not in sheets:
            continue
        sheet = sheets[worksheet.name]
        worksheet.freeze_panes(sheet.data_range[0] + 1, 1)
        worksheet.repeat_rows(sheet.data_range[0])
        for number, heading in enumerate(sheet.table.columns):
            texts = sheet.table[heading].astype("str")
            longest = int(texts.str.len().max()) if len(texts) else 0
            word = max(len(part) for part in str(heading).split())
            width = min(max(longest, word, NARROW_COLUMN), WIDE_COLUMN) + 2
            worksheet.set_column(number, number, width)

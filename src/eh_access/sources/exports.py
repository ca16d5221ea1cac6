"""Tables as councils' own systems export them: workbooks and CSVs, made plain."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from eh_access.errors import BAD_ZIP, InputError
from eh_access.tables import COORDINATES, RANGES, usual_names

WORKBOOKS = (".xlsx", ".xlsm")
TEXTS = (".csv", ".tsv", ".txt")
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
HEAD_ROWS = 40
MOSTLY = 0.6
"""A header names at least so much of what a table is wide; titles do not."""

NUMBERS = (*COORDINATES, *RANGES, "capacity")
THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
TOTAL = re.compile(r"(column |grand )?totals?\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Export:
    """A table as text cells, and what had to be done to have it."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()  # of each row, as a spreadsheet shows it: the header is a row too
    sheet: str = ""  # of a workbook
    encoding: str = ""  # where it is not UTF-8
    separator: str = ""  # a word, where it is no comma
    above: int = 0  # rows left out above the header
    left_out: int = 0  # rows below it that are no data: blank, headings, totals, footnotes
    taken: tuple[tuple[str, str], ...] = ()  # columns of another name, and what they are to us

    @property
    def facts(self) -> dict[str, object]:
        """What is to be told of it; nothing where it is a plain table in our names."""
        names = ("sheet", "encoding", "separator", "above", "left_out", "taken")
        facts = {name: getattr(self, name) for name in names}
        return facts if any(facts.values()) else {}

    def text(self) -> str:
        """Return it as CSV."""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([self.header, *self.rows])
        return out.getvalue()


def split_layer(path: Path, name: str) -> tuple[Path, str, str | None]:
    """Return the path and name of a file and the layer asked for, of ``file.gpkg#layer``."""
    file, sign, layer = name.rpartition("#")
    if not sign or path.exists():
        return path, name, None
    return path.with_name(path.name.rpartition("#")[0]), file, layer


def read_export(
    data: bytes, name: str, sheet: str | None = None, *, private: bool = False
) -> Export:
    """Return the table in a workbook or a text file."""
    if Path(name).suffix.lower() in WORKBOOKS:
        rows, sheet = _sheet(data, name, sheet)
        export = Export(header=(), rows=(), sheet=sheet)
        return _plain(rows, export, f"{name}#{sheet}", private=private)
    text, encoding = _decoded(data, name)
    first, _, rest = text.partition("\n")
    stated = re.fullmatch(r"\"?sep=(.)\"?\s*", first.strip(), re.IGNORECASE)
    text, sign = (rest, stated[1]) if stated else (text, _separator(text))
    try:
        # a blank after the sign is no part of a cell, nor of what puts it in quotes
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=sign, skipinitialspace=True, strict=True
        )
        cells = list(reader)
    except csv.Error as error:
        raise InputError(
            f"{name}, line {reader.line_num}: not comma-separated values ({error}); correct it"
        ) from error
    export = Export(
        header=(),
        rows=(),
        encoding=encoding,
        separator=SEPARATORS.get(sign, ""),
        above=int(bool(stated)),
    )
    return _plain(cells, export, name, private=private)


def _decoded(data: bytes, name: str) -> tuple[str, str]:
    """Return text and its encoding where that is not UTF-8."""
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    wide, narrow = {"utf-16": "UTF-16"}, {"utf-8-sig": "", "cp1252": "Windows-1252"}
    for codec, called in (wide if is_wide else narrow).items():
        try:
            return data.decode(codec), called
        except UnicodeDecodeError as error:
            fault = error
    why = (
        "UTF-16 that is cut off; save it again as CSV UTF-8"
        if is_wide
        else f"not UTF-8 text, nor Windows-1252 (byte {fault.start}); save it as CSV UTF-8"
    )
    raise InputError(f"{name}: {why}") from fault


def _separator(text: str) -> str:
    """Return the sign between cells: the one most lines near the top have most of."""
    lines = [line for line in text.splitlines()[:HEAD_ROWS] if line.strip()]
    # a title may hold commas, an address too: what counts is in how many lines a sign stands
    return max(
        (",", *SEPARATORS), key=lambda sign: (sum(sign in line for line in lines), sign == ",")
    )


def _sheet(data: bytes, file: str, sheet: str | None) -> tuple[list[list[str]], str]:
    """Return the cells of a sheet as text, and its name."""
    import openpyxl  # noqa: PLC0415 - heavy, and needed by workbooks alone

    _refuse_large(data, file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which hold no cells
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            names = [item.title for item in book.worksheets if item.sheet_state == "visible"]
            chosen = sheet or (names[0] if len(names) == 1 else "")
            if chosen in names:
                rows = book[chosen].iter_rows(values_only=True)
                return [[_cell(value) for value in row] for row in rows], chosen
    except NOT_A_WORKBOOK as error:
        raise InputError(
            f"{file}: cannot be read as a workbook ({error}); save it again"
        ) from error
    listed = ", ".join(f"'{file}#{item}'" for item in names)
    fault = f"there is no sheet '{sheet}'" if sheet else f"it has {len(names)} sheets"
    raise InputError(f"{file}: {fault}; name one: {listed}")


MOST_UNZIPPED = 1 << 30
"""Bytes that a zip may hold: one that says little can hold very much."""


def _refuse_large(data: bytes, file: str) -> None:
    """Refuse a workbook that would not fit into memory once it is unpacked."""
    size, broken = 0, None
    with suppress(*BAD_ZIP), zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(item.file_size for item in archive.infolist())
        # in blocks: openpyxl unpacks at once what holds more than its head states
        broken = archive.testzip() if size <= MOST_UNZIPPED else None
    if broken is not None:
        raise InputError(f"{file}: {broken} in it is damaged; save it again")
    if size > MOST_UNZIPPED:
        raise InputError(
            f"{file}: would unpack to {size >> 20:,} MB, more than {MOST_UNZIPPED >> 20:,}; save "
            "the sheet that is wanted as CSV UTF-8"
        )


NOT_A_WORKBOOK = (*BAD_ZIP, TypeError, AttributeError, SyntaxError)
"""What openpyxl raises on what is none; a fault in its XML is a SyntaxError."""


def _cell(value: object) -> str:
    """Return a cell as text; a whole number has no decimals."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _plain(cells: Sequence[Sequence[str]], export: Export, name: str, *, private: bool) -> Export:
    """Return header and data of a grid of cells."""
    grid = [[cell.replace("\xa0", " ").strip() for cell in row] for row in cells]
    full = [row for row in grid if any(row)]
    if not full:
        raise InputError(f"{name}: there is no table in it; all cells are empty")
    width = max(sum(map(bool, row)) for row in full)
    top = next(
        place
        for place, row in enumerate(grid[:HEAD_ROWS] or grid)
        if sum(map(bool, row)) >= MOSTLY * width or place == HEAD_ROWS - 1
    )
    header, below = grid[top], list(enumerate(grid))[top + 1 :]
    if below and _continues(header, below[0][1]):
        header = [lower or upper for upper, lower in zip(header, below[0][1], strict=True)]
        below = below[1:]
    # of a table with its header on top nothing is taken for a title, a heading or a total
    untidy = bool(export.sheet or top or export.above)
    kept = {place + 1: row for place, row in below if any(row) and not (untidy and _is_aside(row))}
    if untidy:
        header, width = _named(header), len(header)
        # beyond the header only what is empty is no cell
        kept = {
            number: [*row[:width], *[""] * (width - len(row)), *filter(None, row[width:])]
            for number, row in kept.items()
        }
    faults = _uneven(header, kept, name, private=private)
    if faults:
        raise InputError(faults)
    left_out = len(below) - len(kept) if untidy else 0
    return replace(
        export,
        header=tuple(header),
        rows=tuple(tuple(row) for row in kept.values()),
        numbers=tuple(kept),
        above=export.above + top,
        left_out=left_out,
    )


def _continues(header: Sequence[str], row: Sequence[str]) -> bool:
    """Return whether a row is the second of a header with merged cells."""
    if len(row) != len(header) or any(re.search(r"\d", cell) for cell in row):
        return False
    gaps = [lower for upper, lower in zip(header, row, strict=True) if not upper]
    return bool(gaps) and all(gaps) and not all(row)


def _is_aside(row: Sequence[str]) -> bool:
    """Return whether a row is a heading, a total or a footnote."""
    filled = [cell for cell in row if cell]
    return len(filled) == 1 or bool(TOTAL.match(filled[0]))


def _named(header: Iterable[str]) -> list[str]:
    """Return names of columns, each once."""
    seen: dict[str, int] = {}
    names = []
    for cell in header:
        seen[cell] = seen.get(cell, 0) + 1
        names.append(f"{cell} ({seen[cell]})" if seen[cell] > 1 or not cell else cell)
    return names


SHOWN_ROWS = 20


def _uneven(
    header: Sequence[str], rows: Mapping[int, Sequence[str]], name: str, *, private: bool
) -> list[str]:
    """Return a fault for rows with more or fewer cells than the header."""
    faults = [
        (f"{name}, header: a name" if private else f"{name}, column '{column}'")
        + ": stands twice in the header; keep one"
        for column in sorted({column for column in header if list(header).count(column) > 1})
    ]
    wrong = [(number, row) for number, row in rows.items() if len(row) != len(header)]
    faults += [
        f"{name}, row {number}: has {len(row)} cells and the header {len(header)}; "
        "put a cell that holds a comma in quotes"
        for number, row in wrong[:SHOWN_ROWS]
    ]
    if len(wrong) > SHOWN_ROWS:
        more = len(wrong) - SHOWN_ROWS
        have = "row has" if more == 1 else "rows have"
        faults.append(f"{name}: {more} more {have} more or fewer cells than the header")
    return faults


def in_our_names(
    export: Export, role: str, stated: Mapping[str, str], counts: Sequence[str] = ()
) -> Export:
    """Return a table with the columns a role knows by our names, its numbers as numbers are.

    ``stated`` says which column of the file is which of ours; the rest goes by usual names.
    ``counts`` are further columns of numbers.
    """
    header = list(export.header)
    taken = usual_names(header, role, stated)
    renamed = [taken.get(column, column) for column in header]
    comma = export.separator == SEPARATORS[";"]
    numbers = [place for place, column in enumerate(renamed) if column in (*NUMBERS, *counts)]
    rows = [list(row) for row in export.rows]
    for row in rows:
        for place in numbers:
            row[place] = _number(row[place], comma=comma)
    return replace(
        export,
        header=tuple(renamed),
        rows=tuple(map(tuple, rows)),
        taken=tuple((theirs, ours) for theirs, ours in taken.items()),
    )


def _number(text: str, *, comma: bool) -> str:
    """Return a number without what spreadsheets put into it; anything else as it is."""
    if comma and DECIMAL_COMMA.fullmatch(text):
        return text.replace(",", ".")
    if THOUSANDS.fullmatch(text):
        return text.replace(",", "")
    return text

"""Files of a study into plain tables, each fault in words and each file with its digest."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio.errors

from eh_access.errors import InputError, SourceError
from eh_access.study.faults import BACKSLASH
from eh_access.study.records import InputFile
from eh_access.tables import CRS, points_from_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TEXT_COLUMNS = ("area_id", "site_id", "origin_id", "ward_code", "lsoa21cd", "postcode")
"""Read as text whatever they look like: an id of 007 is not 7."""
SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers")
SHOWN_ROWS = 20
FARTHEST_DEGREES = 180.0
COORDINATES: Sequence[tuple[str, str, str]] = (
    ("easting", "northing", CRS),
    ("longitude", "latitude", "EPSG:4326"),
)


@dataclass(frozen=True, eq=False)
class ReadTable:
    """A table as it stands in its file."""

    frame: pd.DataFrame  # with shapes where the file has them
    file: InputFile  # the file, by the name the study gives it


def read_table(path: Path, *, name: str, role: str) -> ReadTable:
    """Return the rows of a file: CSV with coordinates, or anything GDAL reads."""
    refuse_spreadsheet(path, name)
    data = read_bytes(path, name=name, role=role)
    if path.suffix.lower() == ".csv":
        frame = _points(_read_csv(data, name), name)
    else:
        frame = _read_shapes(path, name)
    file = InputFile(role=role, name=name, sha256=hashlib.sha256(data).hexdigest(), rows=len(frame))
    return ReadTable(frame, file)


def read_rows(path: Path, *, name: str, role: str) -> ReadTable:
    """Return the rows of a CSV that has no places in it."""
    refuse_spreadsheet(path, name)
    data = read_bytes(path, name=name, role=role)
    frame = _read_csv(data, name)
    file = InputFile(role=role, name=name, sha256=hashlib.sha256(data).hexdigest(), rows=len(frame))
    return ReadTable(frame, file)


def refuse_spreadsheet(path: Path, name: str) -> None:
    """Refuse a workbook where a plain table is wanted."""
    if path.suffix.lower() in SPREADSHEETS:
        raise InputError(
            f"{name}: is a spreadsheet ({path.suffix}), and a table here is a CSV; open it, save "
            "the sheet as 'CSV UTF-8 (comma delimited)', and name that file"
        )


def other_separator(header: str) -> str | None:
    """Return what to say of a header whose cells are not told apart by commas."""
    for sign, word in ((";", "semicolons (;)"), ("\t", "tabs"), ("|", "bars (|)")):
        if header.count(sign) > header.count(","):
            return (
                f"its columns are separated by {word}, not commas; save it as 'CSV UTF-8 (comma "
                "delimited)'. Excel takes the separator from the region set on the computer: "
                "choose English (United Kingdom) there, or replace the sign in a text editor"
            )
    return None


def read_bytes(path: Path, *, name: str, role: str) -> bytes:
    """Return a file's bytes."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        what = "correct the path, which begins at the study.toml's folder"
        if not name.isprintable():
            what = f"a backslash means something else in a TOML text: {BACKSLASH}"
        shown = name if name.isprintable() else repr(name)
        raise SourceError(f"{shown}: there is no such file (data.{role}); {what}") from error
    except OSError as error:
        raise SourceError(f"{name}: cannot be read ({error.strerror}); check its rights") from error
    if not data.strip():
        raise InputError(f"{name}: the file is empty; it should hold the {role}")
    return data


def _read_csv(data: bytes, name: str) -> pd.DataFrame:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}: not UTF-8 text (byte {error.start}); save it as CSV UTF-8"
        ) from error
    if (told := other_separator(text.lstrip().partition("\n")[0])) is not None:
        raise InputError(f"{name}: {told}")
    faults = list(_uneven_rows(text, name))
    if faults:
        raise InputError(faults)
    return pd.read_csv(
        io.StringIO(text),
        dtype=dict.fromkeys(TEXT_COLUMNS, "str"),
        # a place may be called "NA" or "None"; only an empty cell is missing
        keep_default_na=False,
        na_values=[""],
        skipinitialspace=True,
    )


def _uneven_rows(text: str, name: str) -> Iterator[str]:
    """Tell rows with more or fewer cells than the header: their cells stand in wrong columns."""
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    wrong = 0
    try:
        header = next(reader)
        for column in sorted({column for column in header if header.count(column) > 1}):
            yield f"{name}, column '{column}': stands twice in the header; keep one"
        for number, cells in enumerate((row for row in reader if row), 1):
            if len(cells) == len(header):
                continue
            wrong += 1
            if wrong <= SHOWN_ROWS:
                yield (
                    f"{name}, row {number}: has {len(cells)} cells and the header {len(header)}; "
                    "put a cell that holds a comma in quotes"
                )
    except csv.Error as error:
        yield f"{name}, line {reader.line_num}: not comma-separated values ({error}); correct it"
    if wrong > SHOWN_ROWS:
        more = wrong - SHOWN_ROWS
        have = "row has" if more == 1 else "rows have"
        yield f"{name}: {more} more {have} more or fewer cells than the header"


def _points(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the table with points where it has degrees; eastings are left to the checks."""
    # They tell row by row which coordinates are missing, swapped or no numbers.
    for x, y, crs in COORDINATES:
        if {x, y} & set(table.columns):
            return (
                table if crs == CRS else points_from_columns(table, x=x, y=y, crs=crs, source=name)
            )
    pairs = " or ".join(f"'{x}' and '{y}'" for x, y, _ in COORDINATES)
    found = ", ".join(f"'{column}'" for column in table.columns)
    raise InputError(f"{name}: no coordinates; add the columns {pairs} (there are {found})")


def _read_shapes(path: Path, name: str) -> gpd.GeoDataFrame:
    try:
        frame = gpd.read_file(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InputError(
            f"{name}: cannot be read as a map file; it may be cut off or of another kind: "
            "save it again as GeoJSON or GeoPackage"
        ) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{name}: holds rows but no shapes; save it again with its geometry")
    if frame.crs is not None and frame.crs.is_geographic and len(frame):
        farthest = np.abs(frame.total_bounds).max()
        if farthest > FARTHEST_DEGREES:
            raise InputError(
                f"{name}, geometry: coordinates such as {farthest:.0f} are no degrees, as "
                f"{frame.crs.to_string()} wants; if they are metres on the National Grid, state "
                f"{CRS} in the file"
            )
    return frame

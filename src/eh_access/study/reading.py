"""Files of a study into plain tables, each fault in words."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio.errors
import shapely

from eh_access.errors import InputError, SourceError
from eh_access.study.config import BACKSLASH
from eh_access.study.records import InputFile
from eh_access.tables import CRS, points_from_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eh_access.study.config import Study
    from eh_access.study.records import Inputs

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
    """Return a fault if a header is not separated by commas."""
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
    if (fault := other_separator(text.lstrip().partition("\n")[0])) is not None:
        raise InputError(f"{name}: {fault}")
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
    """Yield a fault for rows with more or fewer cells than the header."""
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
    # They report row by row which coordinates are missing, swapped or no numbers.
    for x, y, crs in COORDINATES:
        if {x, y} & set(table.columns):
            return (
                table if crs == CRS else points_from_columns(table, x=x, y=y, crs=crs, source=name)
            )
    pairs = " or ".join(f"'{x}' and '{y}'" for x, y, _ in COORDINATES)
    columns = ", ".join(f"'{column}'" for column in table.columns)
    raise InputError(f"{name}: no coordinates; add the columns {pairs} (there are {columns})")


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


ROLE = "postcodes"
POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}")
INWARD = 3
NEAR_M = 250.0
"""Outlines are simplified: a postcode this far outside one is still of the place."""


def plain_postcodes(codes: pd.Series | pd.Index) -> pd.Series:
    """Return postcodes in capitals, letters and digits alone."""
    upper = pd.Series(codes).astype("str").str.upper()
    return upper.str.replace(r"[^A-Z0-9]", "", regex=True)


def are_postcodes(codes: pd.Series | pd.Index) -> bool:
    """Return whether every one of some ids is a whole postcode."""
    return bool(len(codes)) and bool(plain_postcodes(codes).str.fullmatch(POSTCODE.pattern).all())


def places_of(frame: pd.DataFrame, name: str) -> gpd.GeoSeries | None:
    """Return where the postcodes of a table are."""
    column = "postcode" if "postcode" in frame else "origin_id"
    if column not in frame or not are_postcodes(frame[column]):
        return None
    placed = (
        frame if isinstance(frame, gpd.GeoDataFrame) else points_from_columns(frame, source=name)
    )
    points = placed.geometry.to_crs(CRS)
    points.index = pd.Index(plain_postcodes(frame[column]), name="postcode")
    known = points[np.isfinite(points.x.to_numpy())]
    return known[~known.index.duplicated(keep="last")]


def with_postcodes(study: Study, inputs: Inputs) -> Inputs:
    """Return a study's tables with the postcodes that a reader of its map may look up."""
    # Where the origins are postcodes themselves, or where counts are not public, there are none:
    # of a list of families nothing may be told apart, not even which table knew its postcodes.
    private = inputs.families or inputs.private is not None or not study.weights_public
    if private or are_postcodes(inputs.origins.index):
        return inputs
    others = [name for key, name in study.data.origins.items() if key != inputs.origins_name]
    for name in (*((study.data.postcodes,) if study.data.postcodes else ()), *others):
        if name not in others or study.resolve(name).is_file():
            read = read_table(study.resolve(name), name=name, role=ROLE)
            places = places_of(read.frame, name)
            if places is not None:
                return replace(
                    inputs,
                    postcodes=_of_the_place(places, inputs),
                    files=(*inputs.files, read.file),
                )
    return inputs


def _of_the_place(places: gpd.GeoSeries, inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the postcodes in the study's area, as people write them, in order."""
    outline = inputs.borough.buffer(NEAR_M)
    shapely.prepare(outline)
    own = places[shapely.intersects(outline, places.to_numpy())]
    written = own.index.str[:-INWARD] + " " + own.index.str[-INWARD:]
    index = pd.Index(written.astype("str"), name="origin_id")
    return gpd.GeoDataFrame(geometry=own.to_numpy(), index=index, crs=CRS).sort_index()

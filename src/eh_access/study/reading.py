"""Files of a study into plain tables, each fault in words."""

from __future__ import annotations

import csv
import glob
import hashlib
import io
import json
import re
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import pyproj
import shapely

from eh_access.errors import InputError, SourceError, did_you_mean
from eh_access.facts import Note, note
from eh_access.study.config import BACKSLASH
from eh_access.study.records import InputFile
from eh_access.tables import CRS, points_from_columns, without_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

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
    files: tuple[InputFile, ...]  # the file, by the name the study gives it, and its parts
    notes: tuple[Note, ...] = ()  # what was replaced in it

    @property
    def file(self) -> InputFile:
        """The file that the study names."""
        return self.files[0]


def read_table(path: Path, *, name: str, role: str, private: bool = False) -> ReadTable:
    """Return the rows of a file: CSV with coordinates, or shapes."""
    # of a private table no fault quotes a cell, nor its header, which may be the first family
    path, name, layer = split_layer(path, name)
    refuse_spreadsheet(path, name)
    data = read_bytes(path, name=name, role=role)
    parts = {name: data}
    if path.suffix.lower() == SHAPEFILE:
        parts |= _parts(path, name)
    if path.suffix.lower() == ".csv":
        frame = _points(_read_csv(data, name, private=private), name, private=private)
    elif path.suffix.lower() in JSON_SUFFIXES:
        frame = _in_degrees(_read_geojson(data, name), name, private=private)
    else:
        _refuse_open(path, name)
        frame = _in_degrees(_read_shapes(parts, name, layer), name, private=private)
    return _as_read(frame, parts, role)


def read_rows(path: Path, *, name: str, role: str) -> ReadTable:
    """Return the rows of a CSV that has no places in it."""
    refuse_spreadsheet(path, name)
    data = read_bytes(path, name=name, role=role)
    return _as_read(_read_csv(data, name), {name: data}, role)


def _as_read(frame: pd.DataFrame, parts: Mapping[str, bytes], role: str) -> ReadTable:
    """Return a table with the digests of its files, and without what nobody sees in its texts."""
    files = tuple(
        InputFile(role=role, name=name, sha256=hashlib.sha256(data).hexdigest(), rows=rows)
        for (name, data), rows in zip(
            parts.items(), [len(frame), *[None] * len(parts)], strict=False
        )
    )
    cleaned: Counter[str] = Counter()
    for column in [name for name in frame.columns if name not in TEXT_COLUMNS]:
        if frame[column].dtype == object or isinstance(frame[column].dtype, pd.StringDtype):
            plain = frame[column].map(lambda value: _plain(value, cleaned))
            frame = (
                frame.assign(**{column: plain.astype(frame[column].dtype)}) if cleaned else frame
            )
    if not cleaned:
        return ReadTable(frame, files)
    facts = {"file": files[0].name, "count": cleaned.total()}
    return ReadTable(frame, files, (note("warning", "text-cleaned", **facts),))


def _plain(value: object, cleaned: Counter[str]) -> object:
    if not isinstance(value, str) or (plain := without_controls(value)) == value:
        return value
    cleaned["cells"] += 1
    return plain


def split_layer(path: Path, name: str) -> tuple[Path, str, str | None]:
    """Return the path and name of a file and the layer asked for, of ``file.gpkg#layer``."""
    file, sign, layer = name.rpartition("#")
    if not sign or path.exists():
        return path, name, None
    return path.with_name(path.name.rpartition("#")[0]), file, layer


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


def _read_csv(data: bytes, name: str, *, private: bool = False) -> pd.DataFrame:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}: not UTF-8 text (byte {error.start}); save it as CSV UTF-8"
        ) from error
    if (fault := other_separator(text.lstrip().partition("\n")[0])) is not None:
        raise InputError(f"{name}: {fault}")
    faults = list(_uneven_rows(text, name, private=private))
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


def _uneven_rows(text: str, name: str, *, private: bool) -> Iterator[str]:
    """Yield a fault for rows with more or fewer cells than the header."""
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    wrong = 0
    try:
        header = next(reader)
        for column in sorted({column for column in header if header.count(column) > 1}):
            cell = "header: a name" if private else f"column '{column}'"
            yield f"{name}, {cell}: stands twice in the header; keep one"
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


def _points(table: pd.DataFrame, name: str, *, private: bool) -> pd.DataFrame:
    """Return the table with points where it has degrees; eastings are left to the checks."""
    # They report row by row which coordinates are missing, swapped or no numbers.
    for x, y, crs in COORDINATES:
        if {x, y} & set(table.columns):
            if crs == CRS:
                return table
            placed: pd.DataFrame = points_from_columns(
                table, x=x, y=y, crs=crs, source=name, private=private
            )
            return placed
    pairs = " or ".join(f"'{x}' and '{y}'" for x, y, _ in COORDINATES)
    columns = ", ".join(f"'{column}'" for column in table.columns)
    there = "" if private else f" (there are {columns})"
    raise InputError(f"{name}: no coordinates; add the columns {pairs}{there}")


SHAPEFILE = ".shp"
PARTS = (".shx", ".dbf", ".prj", ".cpg")
"""What a shapefile consists of besides: GDAL reads all of them."""


def _parts(path: Path, name: str) -> dict[str, bytes]:
    """Return the other files of a shapefile, by the study's name for each."""
    there = {part.suffix.lower(): part for part in path.parent.glob(f"{glob.escape(path.stem)}.*")}
    return {
        name[: -len(path.suffix)] + there[suffix].suffix: there[suffix].read_bytes()
        for suffix in PARTS
        if suffix in there
    }


def _is_geopackage(data: bytes) -> bool:
    return data.startswith(b"SQLite format 3\0") and data[68:72] in {b"GPKG", b"GP10", b"GP11"}


def _is_whole_shapefile(data: bytes) -> bool:
    # its head says how many words of two bytes there are; GDAL reads what there is
    return data.startswith(b"\0\0\x27\x0a") and len(data) >= 2 * int.from_bytes(data[24:28], "big")


def _is_whole_table(data: bytes) -> bool:
    """Return whether a dBase table holds the rows that its head says."""
    rows, head, row = (
        int.from_bytes(data[start:end], "little") for start, end in ((4, 8), (8, 10), (10, 12))
    )
    return len(data) >= head + rows * row


CONTENT: Mapping[str, Callable[[bytes], bool]] = {
    ".gpkg": _is_geopackage,
    SHAPEFILE: _is_whole_shapefile,
    ".fgb": lambda data: data.startswith(b"fgb\x03"),
}
"""Files of shapes that GDAL reads, and how each begins. GDAL chooses its driver by the content, and
some contents are orders to read other files or addresses: no others are handed to it."""

JSON_SUFFIXES = (".geojson", ".json")
NO_NETWORK = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
}


def _read_shapes(parts: Mapping[str, bytes], name: str, layer: str | None) -> gpd.GeoDataFrame:
    """Return the shapes of a file whose content is what its name says."""
    suffix = Path(name).suffix.lower()
    if suffix not in CONTENT:
        kinds = ", ".join((".csv", *JSON_SUFFIXES, *CONTENT))
        raise InputError(f"{name}: not a kind of table that can be read; give one of {kinds}")
    tables = [data for part, data in parts.items() if part.lower().endswith(".dbf")]
    if not CONTENT[suffix](parts[name]) or not all(map(_is_whole_table, tables)):
        raise InputError(f"{name}: {DAMAGED}")
    before = {key: pyogrio.get_gdal_config_option(key) for key in NO_NETWORK}
    pyogrio.set_gdal_config_options(NO_NETWORK)
    try:
        # GDAL is given the bytes that are digested, with no others beside them
        with tempfile.TemporaryDirectory(prefix="eh-access-") as folder:
            for part, data in parts.items():
                copy = Path(folder, "table").with_suffix(Path(part).suffix.lower())
                copy.write_bytes(_out_of_wal(data))
            source = Path(folder, "table").with_suffix(suffix)
            frame = gpd.read_file(source, layer=_layer(source, name, layer))
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FieldError,
        pyogrio.errors.GeometryError,
        pyproj.exceptions.CRSError,
        shapely.errors.ShapelyError,
        UnicodeDecodeError,
    ) as error:
        raise InputError(f"{name}: {DAMAGED}") from error
    finally:
        pyogrio.set_gdal_config_options(before)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{name}: holds rows but no shapes; save it again with its geometry")
    return frame


DAMAGED = (
    "cannot be read as a map file; it may be cut off or of another kind: save it again as GeoJSON "
    "or GeoPackage"
)


def _layer(source: Path, name: str, wanted: str | None) -> str:
    """Return the layer to read: the one asked for, or the only one that has shapes."""
    layers = pyogrio.list_layers(source)
    there = [str(layer) for layer, kind in layers if kind is not None]
    if wanted is not None and wanted not in there:
        raise InputError(f"{name}: no layer '{wanted}': {did_you_mean(wanted, there)}")
    if wanted is None and len(there) > 1:
        listed = ", ".join(f"'{layer}'" for layer in there)
        raise InputError(
            f"{name}: holds {len(there)} layers ({listed}); say which, as in '{name}#{there[0]}'"
        )
    if not there:
        raise InputError(f"{name}: holds rows but no shapes; save it again with its geometry")
    return wanted or there[0]


def _refuse_open(path: Path, name: str) -> None:
    """Refuse a GeoPackage of which another program holds rows beside the file."""
    for ending in ("-wal", "-journal"):
        beside = path.with_name(path.name + ending)
        if beside.is_file() and beside.stat().st_size:
            raise InputError(
                f"{name}: changes to it stand in {beside.name}, since a program such as QGIS has "
                "it open or stopped in the middle; save and close it there"
            )


def _out_of_wal(data: bytes) -> bytes:
    """Return a GeoPackage that says it has no log beside it: what was in it is merged."""
    return data[:18] + b"\1\1" + data[20:] if _is_geopackage(data) else data


GEOMETRIES = (
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
)
DEGREES = "EPSG:4326"


def _read_geojson(data: bytes, name: str) -> gpd.GeoDataFrame:
    """Return the features of a GeoJSON file, without GDAL."""
    # GDAL looks for several other formats in a JSON text, of which some read what they are told to
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InputError(f"{name}: {DAMAGED}") from error
    kind = content.get("type") if isinstance(content, dict) else None
    features: object
    if kind == "Feature":
        features = [content]
    elif kind in GEOMETRIES:
        features = [{"geometry": content}]
    elif kind == "FeatureCollection":
        features = content.get("features")
    else:
        features = None
    if not isinstance(features, list) or not all(isinstance(item, dict) for item in features):
        raise InputError(f"{name}: {DAMAGED}")
    rows = [item.get("properties") or {} for item in features]
    shapes = [item.get("geometry") for item in features]
    if not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{name}: {DAMAGED}")
    if not any(shapes):
        raise InputError(f"{name}: holds rows but no shapes; save it again with its geometry")
    texts = [None if shape is None else json.dumps(shape) for shape in shapes]
    geometry = shapely.from_geojson(texts, on_invalid="ignore")
    broken = np.flatnonzero(shapely.is_missing(geometry) & np.array([bool(t) for t in texts]))
    if len(broken):
        raise InputError(
            f"{name}, row {row + 1}, geometry: is no shape (a ring that is not closed, or numbers "
            "missing); repair it"
            for row in broken[:SHOWN_ROWS]
        )
    frame = pd.DataFrame(rows).drop(columns="geometry", errors="ignore")
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=_stated_crs(content, name))


CRS_NAME = re.compile(r"[\w:./-]{1,200}")


def _stated_crs(content: Mapping[str, object], name: str) -> pyproj.CRS | None:
    """Return the coordinate system a GeoJSON text states; longitude and latitude where none."""
    if "crs" not in content:
        return pyproj.CRS(DEGREES)
    stated = content["crs"]
    if stated is None:
        return None
    properties = stated.get("properties") if isinstance(stated, dict) else None
    called = str(properties.get("name")) if isinstance(properties, dict) else "not named"
    if called.rpartition(":")[2] == "CRS84":
        return pyproj.CRS(DEGREES)
    try:
        return pyproj.CRS(called if CRS_NAME.fullmatch(called) else "")
    except pyproj.exceptions.CRSError as error:
        raise InputError(
            f"{name}: its coordinate system ({called!r}) is none that is known; state {CRS} or "
            f"{DEGREES} in the file"
        ) from error


def _in_degrees(frame: gpd.GeoDataFrame, name: str, *, private: bool) -> gpd.GeoDataFrame:
    """Return shapes; InputError if they are said to be in degrees and cannot be."""
    if frame.crs is not None and frame.crs.is_geographic and len(frame):
        farthest = np.abs(frame.total_bounds).max()
        if farthest > FARTHEST_DEGREES:
            such = "" if private else f" such as {farthest:.0f}"
            raise InputError(
                f"{name}, geometry: coordinates{such} are no degrees, as "
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


FEW_ODD, ODD_SHARE = 3, 0.1
"""So many odd codes, or this share, may stand in a table of postcodes of which half are whole."""

ELSEWHERE = re.compile(r"(BT|JE|GY|IM)\d.*")
"""Postcodes whose grid references, where tables have any, are not of Great Britain's grid."""


def are_postcodes(codes: pd.Series | pd.Index) -> bool:
    """Return whether ids are whole postcodes, but for a few odd ones."""
    whole = plain_postcodes(codes).str.fullmatch(POSTCODE.pattern)
    odd = len(whole) - int(whole.sum())
    return bool(0 < len(whole) >= 2 * odd and odd <= max(FEW_ODD, ODD_SHARE * len(whole)))


@dataclass(frozen=True, eq=False)
class Postcodes:
    """Where the postcodes of a table are."""

    places: gpd.GeoSeries  # by postcode, letters and digits alone
    files: tuple[InputFile, ...]
    notes: tuple[Note, ...]  # what was set aside, and what was replaced


def postcodes_of(read: ReadTable) -> Postcodes | None:
    """Return where the postcodes of a table are; None if it is no table of postcodes."""
    frame, name = read.frame, read.file.name
    column = "postcode" if "postcode" in frame else "origin_id"
    if column not in frame or not are_postcodes(frame[column]):
        return None
    placed = (
        frame if isinstance(frame, gpd.GeoDataFrame) else points_from_columns(frame, source=name)
    )
    points = placed.geometry.to_crs(CRS)
    codes = plain_postcodes(frame[column])
    points.index = pd.Index(codes, name="postcode")
    odd = ~codes.str.fullmatch(POSTCODE.pattern).to_numpy(dtype=bool)
    elsewhere = codes.str.fullmatch(ELSEWHERE.pattern).to_numpy(dtype=bool)
    x, y = points.x.to_numpy(), points.y.to_numpy()
    unplaced = ~np.isfinite(x) | ((x == 0) & (y == 0))  # a publisher's nought is "not known"
    notes = list(read.notes)
    aside = np.zeros(len(codes), dtype=bool)
    for why, rows in (("odd", odd), ("elsewhere", elsewhere), ("unplaced", unplaced)):
        rows = rows & ~aside  # noqa: PLW2901 - each row is set aside for one reason
        aside |= rows
        if rows.any():
            named = tuple(frame[column][rows].astype(str).head(SHOWN_CODES))
            facts = {"file": name, "why": why, "count": int(rows.sum()), "of": len(codes)}
            notes.append(note("info", "postcodes-aside", **facts, examples=named))
    known = points[~aside]
    return Postcodes(known[~known.index.duplicated(keep="last")], read.files, tuple(notes))


SHOWN_CODES = 3


def read_postcodes(study: Study, name: str) -> Postcodes | None:
    """Return the postcodes of one of a study's tables; None if it has none."""
    postcodes = postcodes_of(read_table(study.resolve(name), name=name, role=ROLE))
    if postcodes is None and name == study.data.postcodes:
        raise InputError(
            f"{name}: holds no postcodes (data.postcodes): a column 'postcode' is needed, of whole "
            f"postcodes but for {FEW_ODD} or one in {1 / ODD_SHARE:.0f}"
        )
    return postcodes


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
            postcodes = read_postcodes(study, name)
            if postcodes is not None:
                return replace(
                    inputs,
                    postcodes=_of_the_place(postcodes.places, inputs),
                    files=(*inputs.files, *postcodes.files),
                    notes=(*inputs.notes, *postcodes.notes),
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

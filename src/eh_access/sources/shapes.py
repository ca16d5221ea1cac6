"""Files of shapes, read without any that GDAL would take for an order."""

from __future__ import annotations

import glob
import io
import json
import re
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import pyproj
import shapely

from eh_access.errors import BAD_ZIP, InputError, did_you_mean
from eh_access.network.unpacking import read_member
from eh_access.provenance import refuse_endless
from eh_access.sources.exports import MOST_UNZIPPED, TEXTS, WORKBOOKS
from eh_access.tables import CRS

SHOWN_ROWS = 20
FARTHEST_DEGREES = 180.0


def read_shapes(
    path: Path, data: bytes, *, name: str, layer: str | None = None, private: bool = False
) -> tuple[gpd.GeoDataFrame, dict[str, bytes]]:
    """Return the rows of a file of shapes, and the bytes of each file it consists of."""
    suffix = path.suffix.lower()
    parts = {name: data}
    if suffix in JSON_SUFFIXES:
        frame = _read_geojson(data, name)
    elif suffix == PARQUET:
        frame = _read_parquet(data, name)
    elif suffix == ZIP:
        held = _unzipped(data, name)
        frame = _read_with_gdal(held, next(iter(held)), layer)
    else:
        parts |= _parts(path, name) if suffix == SHAPEFILE else {}
        _refuse_open(path, name)
        frame = _read_with_gdal(parts, name, layer)
    return _in_degrees(frame, name, private=private), parts


SHAPEFILE = ".shp"
PARTS = (".shx", ".dbf", ".prj", ".cpg")
"""What a shapefile consists of besides: GDAL reads all of them."""


def _parts(path: Path, name: str) -> dict[str, bytes]:
    """Return the other files of a shapefile, by the study's name for each."""
    there = {part.suffix.lower(): part for part in path.parent.glob(f"{glob.escape(path.stem)}.*")}
    missing = [f"{path.stem}{suffix}" for suffix in (".shx", ".dbf") if suffix not in there]
    if missing:
        raise InputError(
            f"{name}: {' and '.join(missing)} beside it {'is' if len(missing) == 1 else 'are'} "
            "missing; a shapefile is .shp, .shx, .dbf and .prj together"
        )
    for part in there.values():
        refuse_endless(part)
    return {
        name[: -len(path.suffix)] + there[suffix].suffix: there[suffix].read_bytes()
        for suffix in PARTS
        if suffix in there
    }


PARQUET, ZIP = ".parquet", ".zip"
MOST_ROWS = 10_000_000
"""Rows of a file in which equal ones take hardly any room: five times the postcodes there are."""


def _unzipped(data: bytes, name: str) -> dict[str, bytes]:
    """Return the one shapefile in a zip, the shapes first."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            held = {item.filename: item.file_size for item in archive.infolist()}
            shapes = [member for member in held if member.lower().endswith(SHAPEFILE)]
            if len(shapes) == 1 and sum(held.values()) <= MOST_UNZIPPED:
                stem = shapes[0][: -len(SHAPEFILE)]
                parts = [stem + suffix for suffix in PARTS if stem + suffix in held]
                return {part: read_member(archive, part) for part in (shapes[0], *parts)}
    except InputError as error:
        raise InputError(f"{name}, {fault}" for fault in error.faults) from error
    except BAD_ZIP as error:
        raise InputError(f"{name}: {DAMAGED}") from error
    raise InputError(
        f"{name}: holds {len(shapes)} shapefiles, and a zip holds one, with its parts (.shp, "
        f".shx, .dbf, .prj), of at most {MOST_UNZIPPED >> 20:,} MB; make one of that alone"
    )


def _read_parquet(data: bytes, name: str) -> gpd.GeoDataFrame:
    """Return the shapes of a GeoParquet file."""
    import pyarrow as pa  # noqa: PLC0415 - heavy, and needed by this reader alone
    import pyarrow.parquet as pq  # noqa: PLC0415 - as above

    try:
        held = pq.read_metadata(io.BytesIO(data))
        groups = map(held.row_group, range(held.num_row_groups))
        size = sum(group.total_byte_size for group in groups)
        if size <= MOST_UNZIPPED and held.num_rows <= MOST_ROWS:
            return gpd.read_parquet(io.BytesIO(data))
    except (pa.ArrowException, pyproj.exceptions.CRSError, *BAD_ZIP, TypeError) as error:
        raise InputError(f"{name}: {DAMAGED}") from error
    raise InputError(
        f"{name}: holds {held.num_rows:,} rows of {size >> 20:,} MB, more than {MOST_ROWS:,} or "
        f"{MOST_UNZIPPED >> 20:,} MB; cut it to the area"
    )


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
STRICTLY = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "OGR_GEOMETRY_ACCEPT_UNCLOSED_RING": "NO",
}


def _read_with_gdal(parts: Mapping[str, bytes], name: str, layer: str | None) -> gpd.GeoDataFrame:
    """Return the shapes of a file whose content is what its name says."""
    suffix = Path(name).suffix.lower()
    if suffix not in CONTENT:
        kinds = ", ".join((*TEXTS, *WORKBOOKS, *JSON_SUFFIXES, *CONTENT, PARQUET, ZIP))
        raise InputError(f"{name}: not a kind of table that can be read; give one of {kinds}")
    tables = [data for part, data in parts.items() if part.lower().endswith(".dbf")]
    if not CONTENT[suffix](parts[name]) or not all(map(_is_whole_table, tables)):
        raise InputError(f"{name}: {DAMAGED}")
    before = {key: pyogrio.get_gdal_config_option(key) for key in STRICTLY}
    pyogrio.set_gdal_config_options(STRICTLY)
    try:
        # GDAL is given the bytes that are digested, with no others beside them
        with tempfile.TemporaryDirectory(prefix="eh-access-") as folder:
            for part, data in parts.items():
                copy = Path(folder, "table").with_suffix(Path(part).suffix.lower())
                copy.write_bytes(_out_of_wal(data))
            source = Path(folder, "table").with_suffix(suffix)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of shapes it leaves out, which the checks fault
                frame = gpd.read_file(source, layer=_layer(source, name, layer))
    except BY_GDAL as error:
        raise InputError(f"{name}: {DAMAGED}") from error
    finally:
        pyogrio.set_gdal_config_options(before)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{name}: holds rows but no shapes; save it again with its geometry")
    return frame


BY_GDAL = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    pyproj.exceptions.CRSError,
    shapely.errors.ShapelyError,
    UnicodeDecodeError,
    UnboundLocalError,  # of pyogrio, on a coordinate system that cannot be written out
)
"""What is raised on a damaged file of shapes."""

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
        refuse_endless(beside, beside.name)
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

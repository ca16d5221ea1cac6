"""One GeoPackage that opens coloured in QGIS: layers, their styles, licences and credits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import pyogrio

if TYPE_CHECKING:
    import geopandas as gpd

# A fixed date, so that the same tables give the same bytes; the manifest has the time of the run.
WRITTEN = "2000-01-01T00:00:00.000Z"
STYLES_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
    f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)
"""
METADATA_TABLES = """
CREATE TABLE IF NOT EXISTS gpkg_metadata (
    id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL,
    md_scope TEXT NOT NULL DEFAULT 'dataset', md_standard_uri TEXT NOT NULL,
    mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS gpkg_metadata_reference (
    reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
    timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
    CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
    CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id)
);
"""
METADATA_EXTENSION = (
    "gpkg_metadata",
    "http://www.geopackage.org/spec121/#extension_metadata",
    "read-write",
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Layer:
    """One layer to write."""

    name: str  # name of the layer
    title: str  # what it shows, for people
    frame: (
        gpd.GeoDataFrame
    )  # geometry in EPSG:27700 and columns; the index becomes the first column
    style: str = ""  # QGIS style (QML) it opens with, or "" for none


def write_geopackage(layers: Sequence[Layer], path: Path, *, metadata: str) -> None:
    """Write layers into one GeoPackage, styled and with its licences inside."""
    # Times of writing are fixed, so that the same layers give the same bytes with one version of
    # GDAL. Styles stand in ``layer_styles``, the table QGIS itself writes.
    path.unlink(missing_ok=True)
    with _fixed_date():
        for layer in layers:
            _write_layer(layer, path, is_first=layer is layers[0])
    with closing(sqlite3.connect(path)) as database, database:
        _write_styles(database, layers)
        _write_metadata(database, metadata)


def _write_layer(layer: Layer, path: Path, *, is_first: bool) -> None:
    """Write one layer; the index goes along as a column of its name."""
    # Programs older than GDAL 3.7 (QGIS 3.28 and before, on many desks) warn of the newest form.
    frame = layer.frame.reset_index() if layer.frame.index.name else layer.frame
    frame.to_file(
        path,
        layer=layer.name,
        driver="GPKG",
        engine="pyogrio",
        dataset_options={"VERSION": "1.3"} if is_first else {},
        layer_options={"DESCRIPTION": layer.title, "IDENTIFIER": layer.name},
    )


@contextmanager
def _fixed_date() -> Iterator[None]:
    """Let GDAL write one fixed date, and leave its settings as they were."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _write_styles(database: sqlite3.Connection, layers: Sequence[Layer]) -> None:
    """Embed the styles and list their table among the contents, as QGIS does."""
    database.execute(STYLES_TABLE)
    database.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
        " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner,"
        " update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '', ?)",
        [(item.name, item.name[:30], item.style, item.title, WRITTEN) for item in layers],
    )
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change,"
        " srs_id) VALUES ('layer_styles', 'attributes', 'layer_styles', 'QGIS styles', ?, 0)",
        (WRITTEN,),
    )


def _write_metadata(database: sqlite3.Connection, text: str) -> None:
    """Put licences and credits inside the file, where GeoPackage keeps such things."""
    database.executescript(METADATA_TABLES)
    database.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT,"
        " extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL)"
    )
    database.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, ?)",
        [
            ("gpkg_metadata", *METADATA_EXTENSION),
            ("gpkg_metadata_reference", *METADATA_EXTENSION),
        ],
    )
    database.execute(
        "INSERT INTO gpkg_metadata VALUES (1, 'dataset', 'https://www.dublincore.org/',"
        " 'text/plain', ?)",
        (text,),
    )
    database.execute(
        "INSERT INTO gpkg_metadata_reference VALUES ('geopackage', NULL, NULL, NULL, ?, 1, NULL)",
        (WRITTEN,),
    )


def graduated_style(column: str, classes: Sequence[tuple[float, float, str, str]]) -> str:
    """Return a QGIS style that colours polygons by a number."""
    ranges = "".join(
        f'<range lower="{lower}" upper="{upper}" label={quoteattr(label)} symbol="{number}"'
        ' render="true"/>'
        for number, (lower, upper, label, _) in enumerate(classes)
    )
    symbols = "".join(
        _symbol(number, "fill", "SimpleFill", _fill(colour))
        for number, (_, _, _, colour) in enumerate(classes)
    )
    return _qml(
        f'<renderer-v2 type="graduatedSymbol" attr={quoteattr(column)} graduatedMethod='
        f'"GraduatedColor"><ranges>{ranges}</ranges><symbols>{symbols}</symbols></renderer-v2>'
    )


def line_style(colour: str, width_mm: float) -> str:
    """Return a QGIS style that draws all lines alike."""
    options = {"line_color": _rgba(colour), "line_width": f"{width_mm:g}", "line_width_unit": "MM"}
    symbol = _symbol(0, "line", "SimpleLine", options)
    return _qml(f'<renderer-v2 type="singleSymbol"><symbols>{symbol}</symbols></renderer-v2>')


def categorised_style(
    column: str, categories: Mapping[str, tuple[str, str]], *, size_mm: float, marks: str = ""
) -> str:
    """Return a QGIS style that marks points by a word, each with its own shape and colour."""
    listed = "".join(
        f'<category value={quoteattr(value)} label={quoteattr(_in_words(value))} symbol="{number}"'
        ' render="true" type="string"/>'
        for number, value in enumerate(categories)
    )
    symbols = "".join(
        _symbol(number, "marker", "SimpleMarker", _mark(shape, colour, size_mm))
        for number, (shape, colour) in enumerate(categories.values())
    )
    return _qml(
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(column)}><categories>{listed}'
        f"</categories><symbols>{symbols}</symbols></renderer-v2>",
        labels=marks,
    )


def _in_words(value: str) -> str:
    """Return a value as a legend says it: ``loses_all`` is "loses all"."""
    return value.replace("_", " ")


def _symbol(number: int, kind: str, layer: str, options: Mapping[str, str]) -> str:
    """Return one symbol of a style."""
    listed = "".join(
        f'<Option type="QString" name="{key}" value="{value}"/>' for key, value in options.items()
    )
    return (
        f'<symbol name="{number}" type="{kind}" alpha="1" clip_to_extent="1"><layer class="{layer}"'
        f' enabled="1" locked="0" pass="0"><Option type="Map">{listed}</Option></layer></symbol>'
    )


def _fill(colour: str) -> dict[str, str]:
    return {
        "color": _rgba(colour),
        "style": "solid",
        "outline_color": "150,150,150,255",
        "outline_style": "solid",
        "outline_width": "0.1",
        "outline_width_unit": "MM",
    }


def _mark(shape: str, colour: str, size_mm: float) -> dict[str, str]:
    return {
        "name": shape,
        "color": _rgba(colour),
        "size": f"{size_mm:g}",
        "size_unit": "MM",
        "outline_color": "255,255,255,255",
        "outline_style": "solid",
        "outline_width": "0.2",
    }


def _rgba(colour: str) -> str:
    """Return ``#RRGGBB`` as QGIS writes colours."""
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"


def _qml(renderer: str, *, labels: str = "") -> str:
    """Return a whole style around a renderer."""
    labelling = (
        '<labeling type="simple"><settings calloutType="simple"><text-style '
        f'fieldName={quoteattr(labels)} fontSize="8" fontSizeUnit="Point" textColor="18,67,109,255"'
        '><text-buffer bufferDraw="1" bufferSize="0.9" bufferSizeUnits="MM" bufferOpacity="1"'
        ' bufferColor="255,255,255,255"/></text-style>'
        '<placement placement="6" dist="2" distUnits="MM"/></settings></labeling>'
        if labels
        else ""
    )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.28.0" styleCategories="Symbology|Labeling"'
        f' labelsEnabled="{int(bool(labels))}">{renderer}{labelling}</qgis>'
    )

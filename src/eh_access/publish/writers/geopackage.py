"""One GeoPackage that opens coloured in QGIS."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import jinja2
import numpy as np
import pandas as pd
import pyogrio
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from eh_access.measures.scenarios import open_sites, rough_areas
from eh_access.publish import charts
from eh_access.publish.attribution import credit_lines
from eh_access.publish.charts import CHANGE
from eh_access.publish.map_data import joined
from eh_access.publish.numbers import clause
from eh_access.publish.tabulations import AREA_FACTS, area_changes, display_areas
from eh_access.publish.wording import Wording
from eh_access.study.config import decided_scenario
from eh_access.study.result import BASELINE_NAME
from eh_access.tables import CRS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from eh_access.measures.comparison import Compared
    from eh_access.modes import TravelMode
    from eh_access.provenance import Provenance
    from eh_access.publish.tabulations import DisplayAreas
    from eh_access.publish.writers.material import Material
    from eh_access.study.config import Study
    from eh_access.study.findings import Maps
    from eh_access.study.result import StudyResult

NAME, WHAT = "results.gpkg", "layers for GIS"

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
    # geometry in EPSG:27700 and columns; the index becomes the first column
    frame: gpd.GeoDataFrame
    style: str = ""  # QGIS style (QML) it opens with, or "" for none
    title: str = ""  # what it shows, for people


def write(material: Material, path: Path) -> None:
    """Write the layers of a study."""
    result = material.result
    about = geopackage_metadata(result.study, material.words, result.provenance)
    write_geopackage(layers(result, material.findings.maps), path, metadata=about)


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
    names = ("lower", "upper", "label", "colour")
    looks = [dict(zip(names, each, strict=True)) for each in classes]
    return _style("fill", looks, column=column)


def line_style(colour: str, width_mm: float) -> str:
    """Return a QGIS style that draws all lines alike."""
    return _style("line", [{"colour": colour, "width": f"{width_mm:g}"}])


def categorised_style(
    column: str, categories: Mapping[str, tuple[str, str]], *, size_mm: float, marks: str = ""
) -> str:
    """Return a QGIS style that marks points by a word, each with its own shape and colour."""
    looks = [
        {"value": value, "shape": shape, "colour": colour, "size": f"{size_mm:g}"}
        for value, (shape, colour) in categories.items()
    ]
    return _style("marker", looks, column=column, labels=marks)


def _style(
    kind: str, looks: Iterable[Mapping[str, Any]], *, column: str = "", labels: str = ""
) -> str:
    """Return a style on one line, its colours ``#RRGGBB`` as QGIS writes them."""
    environment = jinja2.Environment(  # noqa: S701 - each text is quoted in the template
        loader=jinja2.PackageLoader("eh_access.publish"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["quoted"] = quoteattr
    in_qgis = [{**each, "colour": ",".join(map(str, _rgba(each["colour"])))} for each in looks]
    template = environment.get_template("qgis.j2")
    text = template.render(kind=kind, looks=in_qgis, column=column, labels=labels)
    return "".join(text.splitlines())


def _rgba(colour: str) -> tuple[int, ...]:
    return (*bytes.fromhex(colour[1:]), 255)


FULL_TIME = "full_time"
"""Stands in the names of columns about the nearest site that is open full-time."""

MAIN_ROADS = ("motorway", "trunk", "primary", "secondary")
SITE_COLUMNS = [
    *("name", "kind", "location_basis", "location_radius_m", "existence"),
    *("hours_per_week", "status"),
]
ISOCHRONE_COLOUR = "#BCD3EA"
STREET_COLOUR, STREET_DETAIL_M = "#8C8C8C", 1.0
ORIGIN_STYLE = {
    "loses_all": ("cross2", charts.DARK_PINK),
    "loses": ("triangle", charts.ORANGE),
    "unchanged": ("circle", "#BFBFBF"),
    "gains": ("square", charts.TURQUOISE),
    "gains_access": ("square", charts.TURQUOISE),
    "still_unreached": ("circle", charts.INK),
}


def slug(*parts: str) -> str:
    """Return words as the beginning of a column's name."""
    return "_".join(parts).replace("-", "_").lower()


def site_status(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, *, full_time_from_hours: float
) -> pd.Series:
    """Return what a scenario does to each site, in the words of the map's legend."""
    was, full_before, now, full_now = (
        open_sites(sites, full_time=full, full_time_from_hours=full_time_from_hours)
        for sites in (before, after)
        for full in (False, True)
    )
    ids = after.index[after.index.isin(was.union(now))]
    old, new = before.geometry.reindex(ids), after.geometry.reindex(ids)
    moved = ~(old.geom_equals(new, align=False) | (old.isna() & new.isna())).to_numpy()
    hours = before["hours_per_week"].reindex(ids), after["hours_per_week"].reindex(ids)
    same_hours = ((hours[0] == hours[1]) | (hours[0].isna() & hours[1].isna())).to_numpy()
    status = np.select(
        [
            ~ids.isin(now),
            ~ids.isin(was),
            moved,
            ids.isin(full_before) & ids.isin(full_now),
            ids.isin(full_before),
            same_hours,
        ],
        [charts.CLOSES, charts.OPENS, charts.MOVES, charts.STAYS, charts.REDUCED, charts.PART_TIME],
        default=charts.CHANGES,
    )
    return pd.Series(status, index=ids, dtype="str")


def layers(result: StudyResult, maps: Maps) -> list[Layer]:
    """Return every layer of a study."""
    result.refuse_private()
    study, modes = result.study, result.modes
    scenario = decided_scenario(study.scenarios)
    before, after = (
        result.scenario_sites[name] for name in (BASELINE_NAME, scenario or BASELINE_NAME)
    )
    full_time_from_hours = study.settings.full_time_from_hours
    status = site_status(before, after, full_time_from_hours=full_time_from_hours)
    drawn = [_sites_layer(after.assign(status=status))]
    drawn += _rough_layer(result.sites, result.borough)
    if result.neighbours is not None:
        drawn.append(_neighbours_layer(result.neighbours, study.site_word))
    if scenario is not None:
        changes = {by: result.comparisons_full_time[scenario, by].frame for by in modes}
        drawn.append(_origins_layer(result.origins, changes, study))
    shown = display_areas(result.origins, result.areas, public=study.weights_public)
    changed = None if scenario is None else slug(scenario, modes[0], "change_min")
    drawn.append(_areas_layer(result.comparisons_full_time, shown, changed, study))
    if maps.land is not None:
        mode, cutoff_min = result.times[modes[0]].mode, study.cutoff_min
        drawn.append(_isochrones_layer(maps.land, mode, cutoff_min))
    if maps.streets is not None:
        drawn.append(streets_layer(maps.streets))
    facts = {
        "scenario": scenario or BASELINE_NAME,
        "area": shown.word,
        "cutoff_min": study.cutoff_min,
        "mode": result.times[modes[0]].mode.label,
    }
    words = Wording.of(result)
    return [
        replace(
            layer,
            title=words.part("layers", layer.name, **facts),
            # every row says whether times are estimates
            frame=layer.frame.assign(estimated=result.estimated),
        )
        for layer in drawn
    ]


def _sites_layer(sites: gpd.GeoDataFrame) -> Layer:
    frame = sites.loc[sites["status"].notna(), [*SITE_COLUMNS, "geometry"]]
    style = categorised_style(
        "status",
        {
            charts.STAYS: ("circle", charts.DARK_BLUE),
            charts.REDUCED: ("square", charts.DARK_PINK),
            charts.CHANGES: ("hexagon", charts.DARK_PINK),
            charts.CLOSES: ("cross2", charts.DARK_PINK),
            charts.MOVES: ("diamond", charts.DARK_PINK),
            charts.OPENS: ("triangle", charts.TURQUOISE),
            charts.PART_TIME: ("pentagon", charts.DARK_BLUE),
        },
        size_mm=3.2,
        marks="name",
    )
    return Layer(name="sites", frame=frame, style=style)


def _neighbours_layer(neighbours: gpd.GeoDataFrame, site_word: str) -> Layer:
    """Return the sites just outside the area that others run."""
    word = f"a neighbour's {site_word}"
    frame = neighbours.assign(status=word)[[*SITE_COLUMNS, "geometry"]]
    style = categorised_style("status", {word: ("diamond", STREET_COLOUR)}, size_mm=3.2)
    return Layer(name="neighbours", frame=frame, style=style)


def _rough_layer(sites: gpd.GeoDataFrame, borough: BaseGeometry) -> list[Layer]:
    """Return where sites known only roughly may be, if there are any."""
    areas = rough_areas(sites, borough)
    if areas.empty:
        return []
    columns = ["name", "location_basis", "location_radius_m"]
    frame = gpd.GeoDataFrame(sites.loc[areas.index, columns], geometry=areas.boundary)
    style = line_style(charts.INK, 0.3)
    return [Layer(name="rough_sites", frame=frame, style=style)]


def _origins_layer(
    origins: gpd.GeoDataFrame, changes: Mapping[str, pd.DataFrame], study: Study
) -> Layer:
    """Return the origins with before, after and outcome by each mode."""
    frame = origins[["weight", "area_id", "geometry"]].copy()
    frame["weight"] = study.policy.shown(frame["weight"])
    for mode, rows in changes.items():
        for column in ("before_min", "after_min", "change_min", "site_after", "outcome"):
            values = rows[column].reindex(frame.index)
            values = values.round(4) if column.endswith("_min") else values
            frame[slug(mode, FULL_TIME, column)] = values
    shown = slug(next(iter(changes)), FULL_TIME, "outcome")
    style = categorised_style(shown, ORIGIN_STYLE, size_mm=1.4)
    return Layer(name="origins", frame=frame, style=style)


def _areas_layer(
    comparisons: Compared, shown: DisplayAreas, styled: str | None, study: Study
) -> Layer:
    """Return the areas with a group of columns for each scenario and mode."""
    frame = shown.areas[["name", "geometry"]].copy()
    by_mode = {
        mode: area_changes(
            comparisons, mode, shown, cutoff_min=study.near_min(mode), policy=study.policy
        )
        for mode in dict.fromkeys(by for _, by in comparisons)
    }
    for scenario, mode in comparisons:
        changes = by_mode[mode][scenario]
        frame["weight"] = changes["weight"]
        for column in [name for name in AREA_FACTS.values() if name != "weight"]:
            frame[slug(scenario, mode, column)] = changes[column]
    style = ""
    if styled is not None:
        bounds = (-1e6, *CHANGE.bounds, 1e6)
        classes = list(zip(bounds[:-1], bounds[1:], CHANGE.labels, CHANGE.colours, strict=True))
        style = graduated_style(styled, classes)
    return Layer(name="areas", frame=frame, style=style)


def _isochrones_layer(land: gpd.GeoDataFrame, mode: TravelMode, cutoff_min: float) -> Layer:
    """Return what lies within the cutoff of each site by the study's first mode."""
    words = f"within {cutoff_min:g} minutes {mode.label}"
    style = graduated_style("cutoff_min", [(0.0, cutoff_min, words, ISOCHRONE_COLOUR)])
    return Layer(name="isochrones", frame=land, style=style)


def streets_layer(lines: gpd.GeoDataFrame) -> Layer:
    """Return streets as lines: a row for what hangs together under one name, kind and OSM way."""
    alike = pd.DataFrame(lines[["name", "highway", "osm_way_id"]])
    street = _hanging_together(lines, alike.groupby(list(alike), sort=False).ngroup().to_numpy())
    order = np.argsort(street, kind="stable")
    whole = shapely.multilinestrings(lines.geometry.to_numpy()[order], indices=street[order])
    merged = shapely.line_merge(whole)
    simple = shapely.simplify(merged, STREET_DETAIL_M, preserve_topology=False)
    # a loop shorter than the detail is left as it is
    shapes = np.where(shapely.is_empty(simple), whole, simple)
    single = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    shapes[single] = shapely.multilinestrings(shapes[single][:, None])
    first = np.unique(street, return_index=True)[1]
    frame = gpd.GeoDataFrame(alike.take(first).reset_index(drop=True), geometry=shapes, crs=CRS)
    # no id where the source of the streets kept none
    frame["osm_way_id"] = frame["osm_way_id"].astype("Int64").mask(frame["osm_way_id"] == 0)
    frame.insert(3, "length_m", np.bincount(street, lines["length_m"]).round(2))
    return Layer(
        name="streets",
        frame=frame,
        style=line_style(STREET_COLOUR, 0.15),
    )


def _hanging_together(
    lines: gpd.GeoDataFrame, kind: NDArray[np.integer[Any]]
) -> NDArray[np.integer[Any]]:
    """Return a number for each edge, the same for edges of one kind that join at their ends."""
    nodes = np.concatenate([lines["edge_from"], lines["edge_to"]])
    ends = nodes + np.tile(kind * (nodes.max(initial=0) + 1), 2)
    corners, corner = np.unique(ends, return_inverse=True)
    edge_from, edge_to = np.split(corner, 2)
    joins = coo_array((np.ones(len(kind)), (edge_from, edge_to)), shape=(len(corners),) * 2)
    label: NDArray[np.integer[Any]] = connected_components(joins, directed=False)[1]
    return label[edge_from]


def main_roads(streets: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the main roads to find one's way by on a printed map."""
    lines = streets.geometry[streets["highway"].isin(MAIN_ROADS)].to_numpy()
    return gpd.GeoSeries(joined(lines, within_m=charts.SIMPLIFY_M), crs=CRS)


def geopackage_metadata(study: Study, words: Wording, provenance: Sequence[Provenance]) -> str:
    """Return what the GeoPackage says about itself: what, how, licences and credits."""
    lines = [study.title, study.question]
    if words.estimated:
        lines.append(words.accuracy)
    lines += [
        f"{study.weight_label}: {clause(study.weight_basis)}.",
        f"Criteria sha256: {study.criteria_sha256()}",
        *(() if study.policy.public else (f"A count or share with no value: {words.hidden_mark}",)),
        *(f"{item.title}: {item.publisher}, {item.licence}" for item in provenance),
        *credit_lines(provenance),
    ]
    return "\n".join(lines)

"""Files of a study: what they are by content, what they consist of, what is set aside in them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import sqlite3
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from eh_access.errors import EhAccessError, InputError, SourceError
from eh_access.network.osm import read_network
from eh_access.sources import ons
from eh_access.sources.fetch import Client
from eh_access.study.reading import (
    ReadTable,
    are_postcodes,
    postcodes_of,
    read_bytes,
    read_table,
)
from eh_access.transit.feed import read_feed

SHAPES = gpd.GeoDataFrame(
    {"area_id": ["a", "b"], "name": ["North", "South"]},
    geometry=[
        shapely.box(331000, 188000, 332000, 189000),
        shapely.box(331000, 187000, 332000, 188000),
    ],
    crs="EPSG:27700",
)


def read(path: Path, layer: str = "") -> pd.DataFrame:
    name = path.name + (f"#{layer}" if layer else "")
    return read_table(path.with_name(name), name=name, role="areas").frame


def geojson(folder: Path, **more: object) -> Path:
    content = json.loads(SHAPES.to_crs(4326).to_json()) | more
    path = folder / "areas.geojson"
    path.write_text(json.dumps(content))
    return path


# ------------------------------------------------------------------ layers and parts
@pytest.mark.parametrize("layers", [["a"], ["areas 2019", "areas 2024"], ["a", "b", "c"]])
def test_the_first_of_several_layers_is_never_taken(tmp_path: Path, layers: list[str]) -> None:
    path = tmp_path / "areas.gpkg"
    for number, layer in enumerate(layers):
        SHAPES.assign(name=layer).iloc[number % 2 :].to_file(path, layer=layer)
    if len(layers) == 1:
        assert len(read(path)) == 2
    else:
        with pytest.raises(InputError, match=rf"holds {len(layers)} layers \('{layers[0]}'.*#"):
            read(path)
    for layer in layers:
        assert set(read(path, layer)["name"]) == {layer}
    with pytest.raises(InputError, match="no layer 'areas'"):
        read(path, "areas")


def test_tables_without_shapes_are_no_layers(tmp_path: Path) -> None:
    path = tmp_path / "areas.gpkg"
    SHAPES.to_file(path, layer="areas")
    pyogrio.write_dataframe(pd.DataFrame({"style": ["blue"]}), path, layer="layer_styles")
    assert len(read(path)) == 2


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_a_file_open_elsewhere_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "areas.gpkg"
    SHAPES.to_file(path)
    beside = tmp_path / f"areas.gpkg{ending}"
    beside.touch()
    assert len(read(path)) == 2  # nothing is in it
    beside.write_bytes(b"rows")
    with pytest.raises(InputError, match=rf"changes to it stand in areas\.gpkg{ending}.*close it"):
        read(path)
    beside.unlink()
    os.mkfifo(beside)
    with pytest.raises(SourceError, match=rf"areas\.gpkg{ending}: is a pipe or a device"):
        read(path)


def test_rows_still_in_the_log_are_never_missed(tmp_path: Path) -> None:
    path = tmp_path / "areas.gpkg"
    SHAPES.to_file(path, layer="areas")
    with sqlite3.connect(path) as edit:
        edit.execute("pragma journal_mode=wal")
        for (trigger,) in edit.execute(
            "select name from sqlite_master where type='trigger'"
        ).fetchall():
            edit.execute(f'drop trigger "{trigger}"')
        edit.commit()
        edit.execute("pragma wal_checkpoint(TRUNCATE)")
        assert set(read(path)["name"]) == {"North", "South"}  # opened, and nothing in the log
        edit.execute("update areas set name = 'East'")
        edit.commit()
        with pytest.raises(InputError, match="changes to it stand in"):
            read(path)
    edit.close()  # merges the log
    assert set(read(path)["name"]) == {"East"}
    assert not (tmp_path / "areas.gpkg-shm").exists()


@pytest.mark.parametrize("part", [".shp", ".dbf", ".prj", ".shx", ".cpg"])
def test_every_part_of_a_shapefile_is_digested(tmp_path: Path, part: str) -> None:
    path = tmp_path / "areas.shp"
    SHAPES.to_file(path)
    files = read_table(path, name="areas.shp", role="areas").files
    of_part = {file.name: file.sha256 for file in files}[f"areas{part}"]
    content = path.with_suffix(part).read_bytes()
    assert of_part == hashlib.sha256(content).hexdigest()
    assert files[0].name == "areas.shp"
    assert [file.rows for file in files] == [2, None, None, None, None]


# ------------------------------------------------------------------ what a file is
@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """Listen on this machine and keep what is sent."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.05)
    heard: list[bytes] = []
    stop = threading.Event()

    def listen() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                heard.append(connection.recv(100))

    thread = threading.Thread(target=listen)
    thread.start()
    yield f"127.0.0.1:{server.getsockname()[1]}", heard
    stop.set()
    thread.join()
    server.close()


POINT = '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}'
VRT = '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>'
END = "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
ORDERS = {
    "VRT": f"{VRT}OTHER{END}",
    "VRT by address": f"{VRT}/vsicurl/http://HOST/a.geojson{END}",
    "WFS": "<OGRWFSDataSource><URL>http://HOST/wfs?</URL></OGRWFSDataSource>",
    "GDALG": '{"type": "gdal_streamed_alg", "command_line": "gdal vector read http://HOST/a"}',
    "GDALG hidden": '{"type": "gdal_streamed_alg", "command_line": "gdal vector read OTHER", '
    '"type": "FeatureCollection", "features": []}',
    "GML": '<?xml version="1.0"?><FeatureCollection xmlns:gml="http://www.opengis.net/gml" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://a http://HOST/a.xsd"/>',
    "XML entity": '<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY e SYSTEM "http://HOST/e">]>'
    '<osm version="0.6"><node id="1" lat="51" lon="-3"><tag k="highway" v="&e;"/></node></osm>',
    "address": "http://HOST/areas.geojson",
    "sub-dataset": "GPKG:OTHER:areas",
    "linked CRS": '{"type": "FeatureCollection", "crs": {"type": "link", "properties": {"href": '
    f'"http://HOST/crs"}}}}, "features": [{POINT}]}}',
    "service": '{"type": "FeatureCollection", "links": [{"rel": "next", "href": "http://HOST/2"}], '
    '"stac_version": "1.0.0", "features": []}',
}
SUFFIXES = (
    ".geojson",
    ".json",
    ".gpkg",
    ".shp",
    ".fgb",
    ".csv",
    ".vrt",
    ".gml",
    ".kml",
    ".xml",
    ".zip",
)


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("kind", ORDERS)
def test_no_content_makes_a_reader_reach_out(
    tmp_path: Path, kind: str, listener: tuple[str, list[bytes]]
) -> None:
    host, heard = listener
    other = tmp_path / "other.gpkg"
    SHAPES.to_file(other, layer="areas")
    text = ORDERS[kind].replace("HOST", host).replace("OTHER", str(other))
    for suffix in SUFFIXES:
        path = tmp_path / f"areas{suffix}"
        path.write_text(text)
        with pytest.raises(EhAccessError, match=rf"areas\{suffix}"):
            read(path)
    assert heard == []


def given_areas(path: Path) -> object:
    client = Client(have={"areas": path}, store=path.parent)
    return ons.lsoas(client, ons.Authority(code="E", name="X", outline=SHAPES.union_all()), CODES)


CODES = pd.Series(["E01000001"])
OTHERS: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "streets": (read_network, (".osm", ".osm.pbf", ".osm.gz", ".graphml", ".npz", ".gpkg")),
    "origins": (
        lambda path: read_table(path, name=path.name, role="origins", private=True),
        (".csv", ".xlsx", ".gpkg", ".geojson"),
    ),
    "sites": (
        lambda path: read_table(path, name=path.name, role="sites"),
        (".csv", ".xlsx", ".parquet", ".tsv", ".fgb"),
    ),
    "timetable": (read_feed, (".zip", ".txt")),
    "given in place of a service": (given_areas, (".geojson", ".gpkg", ".vrt", ".xml", ".csv")),
}


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("reader", OTHERS)
def test_nor_does_any_other_reader(
    tmp_path: Path, reader: str, listener: tuple[str, list[bytes]]
) -> None:
    host, heard = listener
    read_it, suffixes = OTHERS[reader]
    other = tmp_path / "other.gpkg"
    SHAPES.to_file(other, layer="areas")
    for text in ORDERS.values():
        for suffix in suffixes:
            path = tmp_path / f"town{suffix}"
            path.write_text(text.replace("HOST", host).replace("OTHER", str(other)))
            with pytest.raises(EhAccessError):
                read_it(path)
    assert heard == []


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize(
    "name", ["/vsicurl/http://{host}/a.geojson", "WFS:http://{host}/", "http://{host}/a.gpkg"]
)
def test_no_name_makes_a_reader_reach_out(name: str, listener: tuple[str, list[bytes]]) -> None:
    host, heard = listener
    name = name.format(host=host)
    with pytest.raises(EhAccessError, match="no such file"):
        read_table(Path(name), name=name, role="areas")
    assert heard == []


@pytest.mark.parametrize("kind", [".gpkg", ".shp", ".fgb", ".geojson"])
def test_files_are_read_whatever_their_kind(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"areas{kind}"
    SHAPES.to_file(path)
    frame = read(path)
    assert isinstance(frame, gpd.GeoDataFrame)
    assert frame["name"].tolist() == ["North", "South"]
    assert frame.crs == SHAPES.crs
    assert shapely.hausdorff_distance(frame.geometry.array, SHAPES.geometry.array).max() < 1e-6


# ------------------------------------------------------------------ damaged
RING = [[-3.0, 51.5], [-3.0, 51.6], [-2.9, 51.6], [-2.9, 51.5]]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": [RING]},
        {"type": "Polygon", "coordinates": [RING[:2]]},
        {"type": "Polygon", "coordinates": "nowhere"},
        {"type": "Point", "coordinates": [1]},
        {"type": "Potato", "coordinates": [1, 2]},
    ],
    ids=["not closed", "two points", "text", "one number", "no shape"],
)
def test_a_broken_shape_is_named_by_its_row(tmp_path: Path, geometry: dict[str, object]) -> None:
    good = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [-3, 51.5]},
        "properties": {},
    }
    bad = {"type": "Feature", "geometry": geometry, "properties": None}
    path = geojson(tmp_path, features=[good, bad])
    with pytest.raises(InputError, match=r"areas\.geojson, row 2, geometry: is no shape"):
        read(path)


@pytest.mark.parametrize(
    "text",
    [
        *("{", "[" * 100_000, "null", "[]", '{"type": "FeatureCollection"}', "\\xff"),
        *('{"type": "FeatureCollection", "features": [1]}', '{"type": "Topology"}'),
        '{"type": "FeatureCollection", "features": [{"properties": [1], "geometry": null}]}',
        '{"type": "FeatureCollection", "features": [{"properties": {}, "geometry": null}]}',
        f'{{"type": "FeatureCollection", "crs": 7, "features": [{POINT}]}}',
        f'{{"type": "FeatureCollection", "crs": {{"name": "EPSG:0"}}, "features": [{POINT}]}}',
    ],
)
def test_json_that_is_no_map_is_one_fault(tmp_path: Path, text: str) -> None:
    path = tmp_path / "areas.geojson"
    path.write_text(text)
    with pytest.raises(InputError, match=r"areas\.geojson"):
        read(path)


LAST_BYTES = 0.9


@pytest.mark.parametrize("kind", [".gpkg", ".shp", ".fgb", ".geojson"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.7, 0.97])
def test_a_cut_file_is_one_fault(tmp_path: Path, kind: str, share: float) -> None:
    path = tmp_path / f"areas{kind}"
    SHAPES.to_file(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    expected = pytest.raises(InputError, match=rf"areas\{kind}")
    # the last bytes of a GeoPackage or a shapefile hold nothing that matters
    with expected if share < LAST_BYTES else contextlib.suppress(InputError):
        read(path)


# ------------------------------------------------------------------ texts
@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\x1b", "\x07", "\u200f"])
def test_what_nobody_sees_is_replaced_and_counted(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "sites.csv"
    path.write_text(
        f"site_id,name,easting,northing\na,Park{sign} View,1,2\nb,Valley,3,4\nc,{sign}Hill,5,6\n",
        encoding="utf-8",
    )
    table = read_table(path, name="sites.csv", role="sites")
    assert table.frame["name"].tolist() == ["Park\ufffd View", "Valley", "\ufffdHill"]
    (note,) = table.notes
    assert dict(note.facts) == {"file": "sites.csv", "count": 2}
    assert "2 cells of sites.csv" in note.text


@pytest.mark.parametrize("name", ["Canolfan Tŷ Bryn", "Ivy 👩‍👧 Centre", "Straße 7", "مركز"])
def test_names_in_any_script_stay(tmp_path: Path, name: str) -> None:
    path = tmp_path / "sites.csv"
    path.write_text(f"site_id,name,easting,northing\na,{name},1,2\n", encoding="utf-8")
    table = read_table(path, name="sites.csv", role="sites")
    assert table.frame["name"].tolist() == [name]
    assert table.notes == ()


# ------------------------------------------------------------------ postcodes
def postcodes(folder: Path, *odd: str) -> ReadTable:
    good = [
        f"QX1 1A{letter},{331000 + row},188000" for row, letter in enumerate("ABDEFGHJLNPQRSTUWXYZ")
    ]
    path = folder / "pc.csv"
    path.write_text("\n".join(["postcode,easting,northing", *good, *odd]))
    return read_table(path, name="pc.csv", role="postcodes")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        *(("GIR 0AA,335000,393000", "odd"), ("NPT 1AA,331000,188000", "odd"), ("X,1,2", "odd")),
        *(
            ("BT1 1AA,333800,374000", "elsewhere"),
            ("JE2 3AB,,", "elsewhere"),
            ("IM1 1AA,0,0", "elsewhere"),
        ),
        *(("QX9 9ZZ,,", "unplaced"), ("QX9 9ZZ,0,0", "unplaced")),
    ],
)
def test_one_odd_postcode_is_set_aside_and_the_rest_kept(
    tmp_path: Path, row: str, why: str
) -> None:
    table = postcodes_of(postcodes(tmp_path, row))
    assert table is not None
    assert len(table.places) == 20
    (note,) = table.notes
    facts = dict(note.facts)
    assert (facts["why"], facts["count"], facts["of"]) == (why, 1, 21)
    assert facts["examples"] == (row.partition(",")[0],)
    assert "1 of the 21 postcodes in pc.csv" in note.text


@pytest.mark.parametrize(("metres", "kept"), [(0, 20), (99, 20), (101, 19), (5000, 19)])
def test_a_postcode_at_two_places_is_at_none(tmp_path: Path, metres: int, kept: int) -> None:
    row = f"qx11aa,{331000 + metres},188000"
    table = postcodes_of(postcodes(tmp_path, row, "QX9 9ZZ,0,0"))
    assert table is not None
    assert len(table.places) == kept
    apart = [dict(note.facts) for note in table.notes if dict(note.facts)["why"] == "apart"]
    assert [(facts["count"], facts["of"]) for facts in apart] == [(2, 22)] * (kept == 19)
    assert table.by_code.get("QX11AA", ()) == (None if kept == 19 else (331000 + metres, 188000))


def test_a_table_mostly_of_other_codes_is_none(tmp_path: Path) -> None:
    assert postcodes_of(postcodes(tmp_path, *["X,1,2"] * 4)) is None
    assert are_postcodes(pd.Index(["QX1 1AA"] * 19 + ["GIR 0AA"]))
    assert not are_postcodes(pd.Index(["QX1 1AA", "GIR 0AA", "NPT 1AA"]))
    assert not are_postcodes(pd.Index([]))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_shapefile_s_cut_table_is_a_fault(tmp_path: Path, share: float) -> None:
    SHAPES.to_file(tmp_path / "areas.shp")
    table = tmp_path / "areas.dbf"
    table.write_bytes(table.read_bytes()[: int(table.stat().st_size * share)])
    with pytest.raises(InputError, match=r"areas\.shp: cannot be read"):
        read(tmp_path / "areas.shp")


@pytest.mark.parametrize(
    ("role", "columns"),
    [
        (
            "sites",
            {"site_id": ["a"], "hours_per_week": [12.0], "location_basis": ["street"],
             "location_radius_m": [70.0]},
        ),
        ("sites", {"site_id": ["a"], "hours_per_week": [12.0], "hours_per_week_after": [3.0]}),
        ("origins", {"origin_id": ["a"], "weight_basis": ["ours"], "no_car_share": [0.5]}),
    ],
)  # fmt: skip
def test_a_shapefile_cuts_names_and_loses_no_column(
    tmp_path: Path, role: str, columns: dict[str, list[object]]
) -> None:
    """Its names have ten letters: hours were not known, and a place was known exactly."""
    table = gpd.GeoDataFrame(columns, geometry=[shapely.Point(331000, 188000)], crs=27700)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table.to_file(tmp_path / "a.shp")
    read = read_table(tmp_path / "a.shp", name="a.shp", role=role)
    for column in columns.keys() - {"hours_per_week_after"}:
        assert read.frame[column].tolist() == columns[column]
    assert "as-taken" in {note.topic for note in read.notes}


@pytest.mark.parametrize("role", ["sites", "areas", "origins"])
def test_what_may_never_end_is_refused(tmp_path: Path, role: str) -> None:
    os.mkfifo(tmp_path / "endless.csv")
    for path in (tmp_path / "endless.csv", Path("/dev/zero")):
        with pytest.raises(SourceError, match="is a pipe or a device"):
            read_bytes(path, name=path.name, role=role)


@pytest.mark.parametrize("part", ["shx", "dbf"])
def test_the_missing_part_of_a_shapefile_is_named(tmp_path: Path, part: str) -> None:
    shape = gpd.GeoDataFrame({"area_id": ["a"]}, geometry=[shapely.box(0, 0, 9, 9)], crs=27700)
    shape.to_file(tmp_path / "areas.shp")
    (tmp_path / f"areas.{part}").unlink()
    with pytest.raises(InputError, match=rf"areas\.shp: areas\.{part} beside it is missing"):
        read_table(tmp_path / "areas.shp", name="areas.shp", role="areas")

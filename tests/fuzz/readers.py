"""Every reader of the project: a sound file for it, how that goes wrong, and what is read of it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import openpyxl
import osmium
import osmnx
import pandas as pd
import pytest
import shapely

import official_server as official
from eh_access.batch.plan import make_plan
from eh_access.measures.opening_hours import windows_from_frame
from eh_access.measures.opening_text import windows_in
from eh_access.network.io import write_network
from eh_access.network.osm import read_network
from eh_access.network.terrain import Terrain, read_terrain, write_terrain
from eh_access.publish.verify import verify
from eh_access.sources import (
    deprivation,
    geofabrik,
    naptan,
    nhs,
    ons,
    openstreetmap,
    ordnance_survey,
    schools,
)
from eh_access.sources.fetch import SERVICES_VARIABLE, Client, in_words, read_json, services_path
from eh_access.sources.nomis import counts
from eh_access.study.challenge import read_challenge
from eh_access.study.config import load_study
from eh_access.study.families import read_families
from eh_access.study.inputs import read_inputs
from eh_access.study.reading import postcodes_of, read_rows, read_table
from eh_access.tables import check_areas, check_origins, check_sites
from eh_access.transit import reading as transit_store
from eh_access.transit.feed import read_feed
from eh_access.transit.reading import read_timetable
from fuzz import mutators as change
from fuzz.mutators import Chance, Grid
from osm_text import EAST, NORTH, PATH, ROAD, degrees, graph, node, relation, way
from study_files import write_study
from timetable_feeds import DATE, hostile, write_feed

Ids = frozenset[str]


@dataclass(frozen=True)
class Content:
    """A file gone wrong, and the ids of the rows in it that nothing is wrong with."""

    data: bytes
    ids: Ids = frozenset()


@dataclass(frozen=True)
class Outcome:
    """The ids that were read, and how many things are reported as left out or replaced."""

    ids: Collection[str] = frozenset()
    counted: int = 0


@dataclass(frozen=True)
class Reader:
    """A reader, the name of its file, how that goes wrong, and how it is read."""

    name: str
    make: Callable[[Chance], Content]
    read: Callable[[Path], Outcome]


# ------------------------------------------------------------------ streets
TOWN = (
    *(node(n, 100 * n, 0) for n in (1, 2)),
    node(3, 300, 0, tags={"barrier": "gate"}),
    *(node(4, 400, 0), node(5, 300, 200), node(6, 300, 100), node(7, 400, 100), node(8, 400, 200)),
    way(10, [1, 2, 3, 4], {**ROAD, "name": "High Street"}, more="version='2'"),
    way(11, [3, 6, 5], {**PATH, "incline": "5%", "width": "1.5"}),
    way(12, [4, 7], {**ROAD, "oneway": "yes", "access:conditional": "no @ (08:00-18:00)"}),
    way(13, [7, 8, 5], {"highway": "steps"}),
    way(14, [6, 7, 8, 5, 6], {}),
    relation(20, {14: "outer"}, {"type": "multipolygon", "highway": "pedestrian"}),
)
XML = ('<osm version="0.6">' + "".join(TOWN) + "</osm>").encode()


def whole_ways(data: bytes) -> Ids:
    """Return the ways of a map that are streets beyond doubt and complete."""
    root = ET.fromstring(data)  # noqa: S314 - our own
    if root.tag != "osm":
        return frozenset()
    seen = Counter((item.tag, item.get("id")) for item in root)
    nodes = {
        item.get("id")
        for item in root.iterfind("node")
        if seen["node", item.get("id")] == 1
        and {"lat", "lon", "id"} <= item.attrib.keys()
        and [item.get(key) for key in ("lat", "lon")] in PLACES
    }
    ways = set()
    for item in root.iterfind("way"):
        refs = [part.get("ref") for part in item.iterfind("nd")]
        tags = {part.get("k"): part.get("v") for part in item.iterfind("tag")}
        sound = len(set(refs)) > 1 and set(refs) <= nodes and item.get("action") is None
        if sound and seen["way", item.get("id")] == 1 and tags in SOUND:
            ways.add(str(item.get("id")))
    return frozenset(ways)


ROOT = ET.fromstring(XML)  # noqa: S314 - our own
PLACES = [[n.get(key) for key in ("lat", "lon")] for n in ROOT.iterfind("node")]
SOUND = [{t.get("k"): t.get("v") for t in w.iterfind("tag")} for w in ROOT.iterfind("way")][:4]


def as_osm(data: bytes, suffix: str) -> bytes:
    """Return a map in another of OpenStreetMap's formats."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"town{suffix}")
        with osmium.SimpleWriter(str(path)) as writer:
            for thing in osmium.FileProcessor(osmium.io.FileBuffer(data, "osm")):
                writer.add(thing)
        return path.read_bytes()


@cache
def pbf() -> bytes:
    return as_osm(XML, ".osm.pbf")


def osm_xml(chance: Chance) -> Content:
    data = change.xml_changed(XML, chance)
    if chance.seldom():
        return Content(change.bytes_changed(data, chance))
    return Content(data, whole_ways(data))


def osm_packed(chance: Chance, suffix: str) -> Content:
    import bz2  # noqa: PLC0415
    import gzip  # noqa: PLC0415

    data = (gzip if suffix == ".gz" else bz2).compress(osm_xml(chance).data)
    return Content(change.bytes_changed(data, chance) if chance.random() < 0.5 else data)


def osm_pbf(chance: Chance) -> Content:
    if chance.seldom():
        return Content(change.bytes_changed(pbf(), chance))
    return Content(change.pbf_changed(pbf(), chance))


@cache
def graphml() -> bytes:
    made = graph(
        {1: (0, 0), 2: (300, 0), 3: (300, 300)},
        [
            (1, 2, {**ROAD, "name": "High Street"}),
            (2, 3, {**PATH, "oneway": True, "osmid": [2, 3]}),
        ],
    )
    with tempfile.TemporaryDirectory() as folder:
        osmnx.save_graphml(made, Path(folder, "town.graphml"))
        return Path(folder, "town.graphml").read_bytes()


def streets(path: Path) -> Outcome:
    network = read_network(path)
    return Outcome(
        frozenset(map(str, network.edge_way.tolist())), sum(s.count for s in network.shortfalls)
    )


@cache
def npz() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "town.osm")
        path.write_bytes(XML)
        return write_network(read_network(path), Path(folder, "town.npz")).read_bytes()


def npz_member(data: bytes, chance: Chance) -> bytes:
    """Change an array, or the description where the array holds that."""
    array = data[128:]
    if array[:1] != b"{":
        return change.npy_changed(data, chance)
    text = change.json_bytes(json.loads(array), chance)
    out = io.BytesIO()
    np.lib.format.write_array(out, np.frombuffer(text, dtype=np.uint8), allow_pickle=False)
    return out.getvalue()


def archive(chance: Chance, whole: Callable[[], bytes]) -> Content:
    if chance.seldom():
        return Content(change.bytes_changed(whole(), chance))
    return Content(change.zip_changed(whole(), chance, npz_member))


def stored(path: Path) -> Outcome:
    """Recall streets whose digest is right: of what cannot be read there are none."""
    path.rename(path.with_name("k.npz"))
    digest = hashlib.sha256(path.with_name("k.npz").read_bytes()).hexdigest()
    path.with_name("k.sha256").write_text(digest)
    network = openstreetmap.recall(path.parent, "k")
    return Outcome(counted=network is None)


@cache
def terrain() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        hills = Terrain(height_m=np.zeros((3, 4), np.float32), west=EAST, south=NORTH, cell_m=50.0)
        return write_terrain(hills, Path(folder, "x.npz")).read_bytes()


def take(read: Callable[[Path], object], path: Path) -> Outcome:
    """Read a file that has no rows to lose."""
    read(path)
    return Outcome()


ELEMENTS: list[dict[str, Any]] = [
    *(
        {"type": "node", "id": n, "lat": lat, "lon": lon}
        for n in (1, 2, 3)
        for lon, lat in [degrees(150 * n, 100)]
    ),
    {"type": "way", "id": 7, "nodes": [1, 2, 3], "tags": {"highway": "residential", "name": "A"}},
    {"type": "way", "id": 8, "nodes": [3, 1], "tags": {"highway": "footway", "incline": "3%"}},
]


def overpass(chance: Chance) -> Content:
    data = change.json_bytes({"version": 0.6, "elements": ELEMENTS}, chance)
    return Content(change.bytes_changed(data, chance) if chance.seldom() else data)


AREA = shapely.box(EAST, NORTH, EAST + 600, NORTH + 200)


def downloaded(path: Path, server: Serving) -> Outcome:
    """Download streets from a server on this machine that answers with the file."""
    server.content = path.read_bytes()
    network = openstreetmap.download_network(
        AREA, buffer_m=0, cache_dir=path.parent / "store", retries=0, timeout_s=15
    )
    return Outcome(frozenset(map(str, network.edge_way.tolist())))


@dataclass
class Serving:
    """What a server on this machine answers, and where it is asked."""

    content: bytes = b""
    url: str = ""


@contextmanager
def serving() -> Iterator[Serving]:
    """Run a server that answers everything with one content."""
    state = Serving()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(200)
            self.send_header("Content-Length", str(len(state.content)))
            self.end_headers()
            self.wfile.write(state.content)

        do_GET = do_POST  # noqa: N815 - http.server's own name

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        state.url = f"http://127.0.0.1:{server.server_address[1]}/api"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


# ------------------------------------------------------------------ tables
ORIGINS: Grid = [
    ["origin_id", "easting", "northing", "weight", "weight_basis", "area_id", "imd_decile"],
    *([f"o{n}", str(441000 + n), "390000", str(n), "made up", "A", "3"] for n in range(6)),
]
SITES: Grid = [
    ["site_id", "name", "easting", "northing", "opening_hours", "hours_per_week", "existence"],
    ["a", "Park View", "440000", "390000", "Mon-Fri 9-5, Sat 10-1", "", "1"],
    ["b", "Valley", "441000", "390000", "daily 10:00-12:30", "", "0.5"],
    ["c", "Hill Top", "442000", "391000", "", "37.5", ""],
]
WINDOWS: Grid = [
    ["site_id", "weekday", "from", "to"],
    *(["a", day, "09:00", "17:00"] for day in ("mon", "tue", "wed")),
    ["b", "sat", "10:00", "12:30"],
]
POSTCODES: Grid = [
    ["postcode", "easting", "northing"],
    *([f"S60 1A{letter}", str(441000 + n), "390000"] for n, letter in enumerate("ABDEFG")),
]
FAMILIES: Grid = [["name", "postcode"], *([f"F{n}", "NP10 0AE"] for n in range(4))]


def grid(rows: Grid, chance: Chance) -> tuple[Grid, Ids]:
    """Return a table with something changed, and the ids in it."""
    changed = change.grid_changed(rows, chance)
    return changed, frozenset(row[0].strip() for row in changed[1:] if row and any(row))


def text_table(chance: Chance, rows: Grid) -> Content:
    changed, ids = grid(rows, chance)
    out = io.StringIO()
    sign = chance.choice([",", ",", ";", "\t", "|"])
    csv.writer(out, delimiter=sign, lineterminator=chance.choice(["\n", "\r\n"])).writerows(changed)
    data = out.getvalue().encode(chance.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"]))
    if chance.seldom():
        return Content(change.bytes_changed(data, chance))
    return Content(data, ids)


def workbook(chance: Chance) -> Content:
    changed, ids = grid(SITES, chance)
    book = openpyxl.Workbook()
    for row in changed:
        book.active.append([cell.replace("\x07", "?") for cell in row])
    out = io.BytesIO()
    book.save(out)
    if chance.random() < 0.5:
        return Content(change.zip_changed(out.getvalue(), chance, xml_member))
    return Content(out.getvalue(), ids)


def xml_member(data: bytes, chance: Chance) -> bytes:
    return (
        change.bytes_changed(data, chance) if chance.seldom() else change.xml_changed(data, chance)
    )


SHAPES = gpd.GeoDataFrame(
    {"area_id": ["A", "B"], "name": ["North", "South"]},
    geometry=[
        shapely.box(331000, 188000, 332000, 189000),
        shapely.box(331000, 187000, 332000, 188000),
    ],
    crs="EPSG:27700",
)


@cache
def shapes_as(suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"areas{suffix}")
        if suffix == ".parquet":
            SHAPES.to_parquet(path)
        else:
            SHAPES.to_file(path)
        if suffix != ".shp":
            return path.read_bytes()
        return official.zipped({part.name: part.read_bytes() for part in Path(folder).iterdir()})


@cache
def features() -> Any:  # noqa: ANN401 - JSON
    return json.loads(SHAPES.to_crs("EPSG:4326").to_json())


def geojson(chance: Chance) -> Content:
    data = change.json_bytes(features(), chance)
    return Content(change.bytes_changed(data, chance) if chance.seldom() else data)


def shape_rows(chance: Chance, suffix: str) -> Content:
    """Change a cell of a table with shapes, or the file."""
    if chance.random() < 0.7:
        return Content(change.bytes_changed(shapes_as(suffix), chance))
    rows = [["area_id", "name"], *SHAPES[["area_id", "name"]].to_numpy().tolist()]
    changed, ids = grid(rows, chance)
    header, *cells = changed
    frame = pd.DataFrame(cells, columns=header) if len(set(header)) == len(header) else None
    if frame is None or "geometry" in header or "" in header or not cells or "fid" in header:
        return Content(shapes_as(suffix))
    shapes = gpd.GeoDataFrame(frame, geometry=SHAPES.geometry.tolist()[:1] * len(frame), crs=27700)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"areas{suffix}")
        (shapes.to_parquet if suffix == ".parquet" else shapes.to_file)(path)
        return Content(path.read_bytes(), ids)


def zipped_shapes(chance: Chance) -> Content:
    if chance.seldom():
        return Content(change.bytes_changed(shapes_as(".shp"), chance))
    return Content(change.zip_changed(shapes_as(".shp"), chance, change.bytes_changed))


def left_out(read: Any) -> int:  # noqa: ANN401 - a table that was read
    """Return how many rows the notes of a table report as left out."""
    facts = [dict(note.facts) for note in read.notes]
    return sum(int(fact.get("left_out", 0)) + int(fact.get("above", 0)) for fact in facts)


def table(path: Path, role: str, check: Callable[..., gpd.GeoDataFrame]) -> Outcome:
    read = read_table(path, name=path.name, role=role)
    return Outcome(frozenset(check(read.frame, source=path.name).index), left_out(read))


def windows(path: Path) -> Outcome:
    read = read_rows(path, name=path.name, role="timetable")
    held = windows_from_frame(read.frame.astype(str), source=path.name)
    return Outcome(frozenset(held), left_out(read))


def postcodes(path: Path) -> Outcome:
    read = read_table(path, name=path.name, role="postcodes")
    known = postcodes_of(read)
    if known is None:
        return Outcome(counted=len(read.frame))  # no table of postcodes, and reported as that
    aside = sum(int(dict(note.facts).get("count", 0)) for note in known.notes)
    letters = {code[:-3] + " " + code[-3:] for code in known.places.index}
    return Outcome(letters, aside + left_out(read))


def families(chance: Chance) -> Content:
    return text_table(chance, FAMILIES)


def listed(path: Path) -> Outcome:
    found = read_families(path, load_study("newport"))
    return Outcome(counted=found.blank + found.rows)


def spoken(path: Path) -> Outcome:
    """Read opening hours in words: no week has more than 168 hours."""
    read = windows_in(path.read_text(encoding="utf-8", errors="replace"))
    assert read is None or sum(w.minutes for w in read) <= 168 * 60 * max(1, len(read) // 7)
    return Outcome(counted=read is None)


HOURS = (
    *("Mon-Fri 9-5, Sat 10-1", "daily 10:00-12:30", "24/7", "Tuesday 9am to 12 and 1pm-4pm"),
    *("weekdays 8.30-16.00; sunday closed", "M-F 9-5 (term time)", "37.5 hours per week", "closed"),
)


# ------------------------------------------------------------------ settings
@cache
def toy() -> Path:
    """Return a folder with the toy study, and the manifest of a run whose inputs changed since."""
    folder = Path(tempfile.mkdtemp(prefix="eh-access-fuzz-"))
    return write_study(folder).toml


def toml(chance: Chance, text: str) -> Content:
    for _ in range(chance.choice([1, 1, 2])):
        text = change.text_changed(text, chance)
    if chance.random() < 0.02:
        text += "x = " + "[" * 1500 + "]" * 1500
    data = text.encode("utf-8", "replace")
    return Content(change.bytes_changed(data, chance) if chance.seldom() else data)


SCENARIOS = """\
[[scenario]]
name = "theirs"
label = "Theirs"
close = ["east"]
set_hours = { west = 5 }
move = [{ site = "west", easting = 441000, northing = 390000 }]
streets = [{ change = "link", start = [441000, 390000], end = [441100, 390000], name = "New" }]
"""
PLAN = 'schema = 1\ntitle = "All"\nstudies = ["."]\nbuffer_m = 500\n'


def services(path: Path) -> Outcome:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SERVICES_VARIABLE, str(path))
        return take(lambda _: Client(store=path.parent), path)


def study(path: Path) -> Outcome:
    load_study(path)
    return Outcome()


def challenge(path: Path) -> Outcome:
    read_challenge(path, *toy_inputs())
    return Outcome()


@cache
def toy_inputs() -> tuple[Any, Any]:
    return (loaded := load_study(toy())), read_inputs(loaded)


def plan(path: Path) -> Outcome:
    make_plan(path, path.parent / "out")
    return Outcome()


@cache
def manifest_of_toy() -> Any:  # noqa: ANN401 - JSON
    """Return the manifest of the toy study, its table of sites another than now."""
    digests = {
        name: hashlib.sha256((toy().parent / name).read_bytes()).hexdigest()
        for name in ("study.toml", "areas.geojson", "origins.csv")
    }
    inputs = [
        {"role": role, "name": name, "sha256": digests[name], "rows": 1}
        for role, name in (
            ("study", "study.toml"),
            ("areas", "areas.geojson"),
            ("origins", "origins.csv"),
        )
    ]
    return {
        "manifest": 1, "started": "2026-11-30T10:00:00+00:00",
        "study": {"id": "toy", "file": "study.toml", "title": "A toy", "question": "Is it near?"},
        "basis": "estimate", "origins": "oa", "criteria": {"list": []}, "settings": {},
        "scenarios": {"assessed": ["baseline"]},
        "inputs": [*inputs, {"role": "sites", "name": "sites.csv", "sha256": "0" * 64, "rows": 2}],
        "outputs": {"report.html": "0" * 64}, "counts": [], "notes": [], "verdicts": {},
        "streets": {"how": "", "asked": "estimate", "dates": []}, "timetable": {},
        "provenance": [], "versions": {"python": "3.11"},
    }  # fmt: skip


def manifest(chance: Chance) -> Content:
    data = change.json_bytes(manifest_of_toy(), chance)
    return Content(change.bytes_changed(data, chance) if chance.seldom() else data)


def verified(path: Path) -> Outcome:
    """Check the inputs of a run one of whose tables has changed, so that none follows."""
    found = verify(path, study=toy())
    return Outcome(counted=len(found.changed_inputs))


# ------------------------------------------------------------------ timetables
@cache
def feed() -> Mapping[str, Grid]:
    tables: dict[str, Grid] = {}
    for name, rows in hostile(3).items():
        if rows:
            header = list(dict.fromkeys(key for row in rows for key in row))
            tables[name] = [header, *([str(row.get(key, "")) for key in header] for row in rows)]
    return tables


def gtfs(chance: Chance) -> Content:
    tables = dict(feed())
    name = chance.choice(list(tables))
    tables[name] = change.grid_changed(tables[name], chance)
    ids = frozenset(
        f"{kind} {row[tables[kind][0].index(key)].strip()}"
        for kind, key in (("trips", "trip_id"), ("stops", "stop_id"))
        if key in tables[kind][0]
        for row in tables[kind][1:]
        if any(row)
    )
    data = official.zipped({f"{name}.txt": official.table(rows) for name, rows in tables.items()})
    if chance.seldom():
        return Content(change.zip_changed(data, chance, change.bytes_changed))
    return Content(change.bytes_changed(data, chance)) if chance.seldom() else Content(data, ids)


@cache
def stored_timetable() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        feed = write_feed(Path(folder, "feed"), hostile(3))
        read_timetable(feed, DATE, cache_dir=Path(folder, "store"))
        return next(Path(folder, "store").glob("*.npz")).read_bytes()


def recalled(path: Path) -> Outcome:
    """Recall a timetable: of what cannot be read there is none."""
    return Outcome(counted=transit_store._recall(path) is None)  # noqa: SLF001 - its key is a digest


def timetable(path: Path) -> Outcome:
    tables = read_feed(path).tables
    return Outcome(
        {f"{kind} {row}" for kind in ("trips", "stops") for row in tables[kind][f"{kind[:-1]}_id"]}
    )


# ------------------------------------------------------------------ official services
CODES = pd.Series(list(official.LSOAS))
DISTRICT = official.square(0, 0, 2, 2)
AUTHORITY = ons.Authority(code=official.CODE, name=official.NAME, outline=DISTRICT)
PAGE = partial(official.answer, "", mood="well")

GIVEN: Mapping[str, tuple[str, Callable[[Client], object]]] = {
    "stops": (".csv", lambda client: naptan.stops(client, ("370",), DISTRICT)),
    "postcodes": (".zip", ordnance_survey.postcodes),
    "heights": (".zip", lambda client: ordnance_survey.heights(client, DISTRICT)),
    "deprivation": (".csv", lambda client: deprivation.deciles(client, CODES)),
    "schools": (".csv", schools.schools),
    "children": (".csv", lambda client: counts(client, "children", official.OLD_CODE, CODES)),
    "areas": (".geojson", lambda client: ons.lsoas(client, AUTHORITY, CODES)),
}
"""Files given in place of a service."""


@cache
def official_file(name: str) -> bytes:
    """Return what the service itself would give."""
    if name == "areas":
        rows = official.layers()[
            "Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5"
        ]
        return json.dumps({"type": "FeatureCollection", "features": rows}).encode()
    if name == "children":
        rows = [
            [code, age, count(code)]
            for age, count in official.CENSUS["NM_2020_1"].items()
            for code in official.LSOAS
        ]
        return official.table(
            [["GEOGRAPHY_CODE", "C2021_AGE_19_NAME", "OBS_VALUE"], *rows]
        ).encode()
    addresses = {"stops": "access-nodes?atcoAreaCodes=370", "postcodes": "CodePointOpen",
                 "heights": "Terrain50", "deprivation": "File_7_IoD2025",
                 "schools": "edubasealldata"}  # fmt: skip
    data = official.answer("", addresses[name], "well")
    assert isinstance(data, bytes)
    return data


def official_data(chance: Chance, name: str) -> Content:
    data, suffix = official_file(name), GIVEN[name][0]
    if chance.seldom():
        return Content(change.bytes_changed(data, chance))
    if suffix == ".zip":
        return Content(change.zip_changed(data, chance, change.bytes_changed))
    if suffix == ".geojson":
        return Content(change.json_bytes(json.loads(data), chance))
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"))))
    return Content(official.table(change.grid_changed(rows, chance)).encode())


def given(path: Path, name: str) -> Outcome:
    """Read a file given in place of a service."""
    GIVEN[name][1](Client(have={name: path}, store=path.parent))
    return Outcome()


ANSWERS: Mapping[str, tuple[Any, Callable[[Path], object]]] = {
    "page": (
        {"type": "FeatureCollection", "features": official.layers()["WD_MAY_2025_UK_BFC_V2"]},
        partial(ons._page, shapes=True, most=9),  # noqa: SLF001 - what a page is read with
    ),
    "count": ({"count": 7}, ons._count),  # noqa: SLF001 - as above
    "practices": (
        {"Organisations": [{"Name": "THE SURGERY", "OrgId": "C1", "PostCode": "S60 1AA"}]},
        partial(nhs._page, first=True),  # noqa: SLF001 - as above
    ),
    "regions": (
        official.geofabrik_index("http://x"),
        lambda path: geofabrik._index(read_json(path), shapely.box(-2, 53, -1, 54)),  # noqa: SLF001
    ),
}
"""Answers of services, and how each is read."""


def answer(chance: Chance, name: str) -> Content:
    data = change.json_bytes(ANSWERS[name][0], chance)
    return Content(change.bytes_changed(data, chance) if chance.seldom() else data)


def answered(path: Path, name: str) -> Outcome:
    with in_words():
        ANSWERS[name][1](path)
    return Outcome()


# ------------------------------------------------------------------ all of them
def readers(server: Serving) -> tuple[Reader, ...]:
    """Return every reader, quick ones often; ``server`` answers what is downloaded."""
    areas = partial(table, role="areas", check=check_areas)
    sites = partial(table, role="sites", check=check_sites)
    origins = partial(table, role="origins", check=check_origins)
    quick = (
        Reader("town.osm", osm_xml, streets),
        Reader("town.osm.gz", partial(osm_packed, suffix=".gz"), streets),
        Reader("town.osm.bz2", partial(osm_packed, suffix=".bz2"), streets),
        Reader("town.osm.pbf", osm_pbf, streets),
        Reader("town.graphml", lambda chance: Content(xml_member(graphml(), chance)), streets),
        Reader("town.npz", partial(archive, whole=npz), streets),
        Reader("stored.npz", partial(archive, whole=npz), stored),
        Reader("timetable.npz", partial(archive, whole=stored_timetable), recalled),
        Reader(
            "terrain.npz", partial(archive, whole=terrain), lambda path: take(read_terrain, path)
        ),
        Reader("origins.csv", partial(text_table, rows=ORIGINS), origins),
        Reader("sites.csv", partial(text_table, rows=SITES), sites),
        Reader("sites.xlsx", workbook, sites),
        Reader("hours.csv", partial(text_table, rows=WINDOWS), windows),
        Reader("postcodes.csv", partial(text_table, rows=POSTCODES), postcodes),
        Reader("hours.txt", lambda chance: toml(chance, chance.choice(HOURS)), spoken),
        Reader("areas.geojson", geojson, areas),
        *(
            Reader(f"areas{suffix}", partial(shape_rows, suffix=suffix), areas)
            for suffix in (".gpkg", ".fgb", ".parquet")
        ),
        Reader("areas.zip", zipped_shapes, areas),
        Reader("study.toml", lambda chance: toml(chance, toy().read_text()), study),
        Reader("theirs.toml", lambda chance: toml(chance, SCENARIOS), challenge),
        Reader("plan.toml", lambda chance: toml(chance, PLAN), plan),
        Reader("services.toml", lambda chance: toml(chance, services_path().read_text()), services),
        Reader("manifest.json", manifest, verified),
        *(
            Reader(f"{name}{suffix}", partial(official_data, name=name), partial(given, name=name))
            for name, (suffix, _) in GIVEN.items()
        ),
        *(
            Reader(f"{name}.json", partial(answer, name=name), partial(answered, name=name))
            for name in ANSWERS
        ),
    )
    dear = (
        Reader("overpass.json", overpass, partial(downloaded, server=server)),
        Reader("families.csv", partial(text_table, rows=FAMILIES), listed),
        Reader("feed.zip", gtfs, timetable),
    )
    return (*quick * 4, *dear)

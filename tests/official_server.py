"""Official services on this machine: a made authority of 4 by 4 km, in the shapes of the real ones.

Four LSOAs of 2 by 2 km, each of two output areas; two wards; a grid of streets every 500 m.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import tempfile
import threading
import urllib.parse
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import osmium
import shapely
from pyproj import Transformer

from eh_access.sources import fetch

WEST, SOUTH, SIDE = 440_000, 390_000, 2_000
NAME, CODE, OLD_CODE = "King's Testing", "E08000099", "E08000098"
NAMES = {
    "E08000016": "Barnsley",
    "E09000003": "Barnet",
    "E06000023": "Bristol, City of",
    "E06000010": "Kingston upon Hull, City of",
    "E07000240": "St Albans",
    "W06000022": "Newport",
    CODE: NAME,
}
LSOAS = {f"E0100000{n}": (n % 2, n // 2) for n in range(4)}
OAS = {f"E0000000{n}": f"E0100000{n // 2}" for n in range(8)}
WARDS = {"E05000001": "West End", "E05000002": "East & Hill"}
HOUSEHOLDS = {oa: 100 + 10 * n for n, oa in enumerate(OAS)}
NO_CAR = {oa: 10 * n for n, oa in enumerate(OAS)}
UNDER_FIVES = {lsoa: 40 + 10 * n for n, lsoa in enumerate(LSOAS)}
PAGE = 3
"""Rows the layers give at a time, so that there are pages."""

to_degrees = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
CENTRES = (
    # URN, name, code, status, closed, postcode, easting, northing
    ("20001", "Hilltop Children\u2019s Centre", "47", "Open", "", "S60 1AA", 440_700, 390_700),
    ("20002", "Dale Children's Centre", "48", "Open", "", "S60 1AB", 443_200, 393_300),
    ("20003", "Old Mill Centre", "47", "Closed", "31-08-2018", "S60 1AC", 441_000, 393_000),
    ("20004", "Over The Hill Centre", "47", "Open", "", "S60 9ZZ", 445_500, 392_000),
    ("20005", "Far Away Centre", "47", "Open", "", "", 540_000, 190_000),
    ("20006", "Postcode Only Centre", "47", "Open", "", "s601ad", "", ""),
)
SCHOOLS = (
    ("10001", "Caf\u00e9 Lane Primary", "1", "Open", "", "S60 1AA", 442_000, 392_000, "Primary"),
    ("10002", "Shut Primary", "1", "Closed", "31-08-2020", "S60 1AA", 442_500, 392_000, "Primary"),
    ("10003", "Big School", "1", "Open", "", "S60 1AB", 443_000, 391_000, "Secondary"),
)
POSTCODES = {
    "S60 1AA": (440_700, 390_700),
    "S60 1AB": (443_200, 393_300),
    "S60 1AD": (441_700, 391_300),
}


def square(column: int, row: int, columns: int = 1, rows: int = 1) -> shapely.Polygon:
    x, y = WEST + column * SIDE, SOUTH + row * SIDE
    return shapely.box(x, y, x + columns * SIDE, y + rows * SIDE)


def feature(told: dict[str, Any], shape: shapely.Geometry | None = None) -> dict[str, Any]:
    geometry = None
    if shape is not None:
        moved = shapely.transform(shape, to_degrees.transform, interleaved=False)
        geometry = shapely.geometry.mapping(moved)
    return {"type": "Feature", "properties": told, "geometry": geometry}


def layers() -> dict[str, list[dict[str, Any]]]:
    """Return every layer's rows, among them some of other places."""
    whole = square(0, 0, 2, 2)
    authorities = [
        feature({"LAD24CD": code, "LAD24NM": name}, whole if code == CODE else square(9, 9))
        for code, name in NAMES.items()
    ]
    lookup = [
        feature({"OA21CD": oa, "LSOA21CD": lsoa, "LAD22CD": OLD_CODE, "LAD22NM": NAME.upper()})
        for oa, lsoa in OAS.items()
    ]
    areas = [
        feature({"LSOA21CD": code, "LSOA21NM": f"Testing 00{n}A"}, square(*place))
        for n, (code, place) in enumerate(LSOAS.items())
    ]
    areas.append(feature({"LSOA21CD": "E01099999", "LSOA21NM": "Elsewhere 001A"}, square(2, 0)))
    centroids = []
    for n, (oa, lsoa) in enumerate(OAS.items()):
        x, y = (low + SIDE * place for low, place in zip((WEST, SOUTH), LSOAS[lsoa], strict=True))
        centroids.append(feature({"OA21CD": oa}, shapely.Point(x + 600 + 700 * (n % 2), y + 900)))
    wards = [
        feature({"WD25CD": code, "WD25NM": name, "LAD25NM": NAME}, square(n, 0, 1, 2))
        for n, (code, name) in enumerate(WARDS.items())
    ]
    return {
        "Local_Authority_Districts_December_2024_Boundaries_UK_BGC": authorities,
        "OA_LSOA_MSOA_EW_DEC_2021_LU_v3": lookup,
        "Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5": areas,
        "OA_PopCentroids_EW_2021_V4": centroids,
        "WD_MAY_2025_UK_BFC_V2": wards,
    }


def matches(row: dict[str, Any], where: str) -> bool:
    """Return whether a row meets the few conditions that are asked."""
    if where == "1=1":
        return True
    column, values = re.fullmatch(r"(\w+) ?(?:=|IN )\(?(.*?)\)?", where, re.DOTALL).groups()  # type: ignore[union-attr]
    allowed = [item.replace("''", "'") for item in re.findall(r"'((?:[^']|'')*)'", values)]
    return row["properties"][column] in allowed


def table(rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


CENSUS: dict[str, dict[str, Callable[[str], int]]] = {
    "NM_2020_1": {
        "Total": lambda _: 900,
        "Aged 4 years and under": lambda code: UNDER_FIVES[code],
        "Aged 5 to 9 years": lambda _: 50,
        "Aged 10 to 14 years": lambda _: 30,
        "Aged 15 to 19 years": lambda _: 20,
    },
    "NM_2063_1": {
        "Total: All households": lambda code: HOUSEHOLDS[code],
        "No cars or vans in household": lambda code: NO_CAR[code],
    },
    "NM_2041_1": {
        "Total: All usual residents": lambda _: 900,
        "Asian, Asian British or Asian Welsh": lambda _: 100,
        "Asian, Asian British or Asian Welsh: Indian": lambda _: 60,
        "Black, Black British, Black Welsh, Caribbean or African": lambda _: 50,
        "Mixed or Multiple ethnic groups": lambda _: 25,
        "Other ethnic group": lambda _: 5,
        "White": lambda _: 720,
    },
}
TITLES = {"TS021": ("NM_2041_1", "C2021_ETH_20", "TS021 - Ethnic group")}


def census(path: str, query: dict[str, str], mood: str) -> str:
    if path.endswith("def.sdmx.json"):
        word = query["search"].strip("*")
        listed = []
        if word in TITLES:
            number, dimension, title = TITLES[word]
            parts = [{"conceptref": "GEOGRAPHY"}, {"conceptref": dimension}]
            listed = [{"id": number, "name": {"value": title}, "components": {"dimension": parts}}]
        return json.dumps({"structure": {"keyfamilies": {"keyfamily": listed} if listed else None}})
    data = CENSUS[re.search(r"NM_\d+_\d", path)[0]]  # type: ignore[index]
    place, level = query["geography"].split("TYPE")
    assert place == OLD_CODE  # Nomis knows the code of the census
    codes = list(OAS if level == "150" else LSOAS)
    dimension = next((key for key in query if key.startswith("c2021_")), "")
    chosen = [int(item) for item in query[dimension].split(",")] if dimension else range(len(data))
    named = [name for number, name in enumerate(data) if number in chosen]
    header = [column.upper() for column in query["select"].split(",")]
    rows = [[code, name, data[name](code)] for name in named for code in codes]
    if mood == "cap":
        rows = rows[: len(rows) - 3]
    if mood == "renamed":
        rows = [[code, name.replace("Aged", "Age"), count] for code, name, count in rows]
    return table([header, *rows])


def gias(rows: Sequence[Sequence[object]]) -> bytes:
    header = ["URN", "LA (name)", "EstablishmentName", "TypeOfEstablishment (code)"]
    header += ["EstablishmentStatus (name)", "CloseDate", "Postcode", "Easting", "Northing"]
    header += ["PhaseOfEducation (name)"]
    told = [[row[0], NAME, *row[1:8], row[8] if len(row) > 8 else ""] for row in rows]
    return table([header, *told]).encode("cp1252")


@cache
def extract(*, north: bool) -> bytes:
    """Return a county's streets: every 500 m, each way across the border in both."""
    lines = range(-2_000, 2 * SIDE + 2_001, 500)
    split = 1_000

    def ref(x: int, y: int) -> int:
        return (x + 5_000) * 100_000 + y + 5_000

    ways = [((x, y), (x + 500, y)) for x in lines[:-1] for y in lines]
    ways += [((x, y), (x, y + 500)) for x in lines for y in lines[:-1]]
    ways = [
        way
        for way in ways
        if (max(p[1] for p in way) >= split if north else min(p[1] for p in way) <= split)
    ]
    text = ['<osm version="0.6">']
    for x, y in sorted({point for way in ways for point in way}, key=lambda p: ref(*p)):
        lon, lat = to_degrees.transform(WEST + x, SOUTH + y)
        text.append(f'<node id="{ref(x, y)}" version="1" lon="{lon:.7f}" lat="{lat:.7f}"/>')
    if north:
        for number, (x, y) in enumerate(((1_000, 1_200), (3_000, 2_900)), 1):
            lon, lat = to_degrees.transform(WEST + x, SOUTH + y)
            tags = f'<tag k="amenity" v="library"/><tag k="name" v="Library {number}"/>'
            text.append(
                f'<node id="9999999{number}99" version="1" lon="{lon}" lat="{lat}">{tags}</node>'
            )
    for way in sorted(ways, key=lambda way: (ref(*way[0]), ref(*way[1]))):
        number = ref(*way[0]) * 2 + (way[0][0] == way[1][0])
        refs = "".join(f'<nd ref="{ref(*point)}"/>' for point in way)
        text.append(
            f'<way id="{number}" version="1">{refs}<tag k="highway" v="residential"/></way>'
        )
    data = "\n".join([*text, "</osm>"]).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.osm.pbf")
        with osmium.SimpleWriter(str(path)) as writer:
            for thing in osmium.FileProcessor(osmium.io.FileBuffer(data, "osm")):
                writer.add(thing)
        return path.read_bytes()


def zipped(members: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@cache
def terrain() -> bytes:
    tiles = {}
    for name, x, y in (
        ("sk49", WEST, SOUTH),
        ("sk48", WEST, SOUTH - 10_000),
        ("sk39", WEST - 10_000, SOUTH),
    ):
        head = f"ncols 200\nnrows 200\nxllcorner {x}\nyllcorner {y}\ncellsize 50\n"
        grid = "\n".join(" ".join(str(100 + row % 7) for _ in range(200)) for row in range(200))
        tiles[f"data/{name[:2]}/{name}_OST50GRID_20260601.zip"] = zipped(
            {f"{name.upper()}.asc": head + grid}
        )
    return zipped(tiles)


@dataclass
class Official:
    """What the services are to do next, by a piece of the address, and what they were asked."""

    moods: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def mood(self, address: str) -> str:
        for piece, moods in self.moods.items():
            if piece in address and moods:
                return moods.pop(0)
        return "well"


def answer(url: str, address: str, mood: str) -> bytes | int:  # noqa: C901, PLR0911, PLR0912
    """Answer as the service at an address would; a number is a status."""
    split = urllib.parse.urlsplit(address)
    path = split.path
    query = dict(urllib.parse.parse_qsl(split.query))
    if "arcgis" in path:
        return arcgis(path, query, mood)
    if "nomisweb" in path:
        return census(path, query, mood).encode("utf-8-sig" if mood == "bom" else "utf-8")
    if "File_7_IoD2025" in path:
        header = [
            "LSOA code (2021)",
            "Index of Multiple Deprivation (IMD) Decile (where 1 is most deprived 10% of LSOAs)",
        ]
        if mood == "renamed":
            header[1] = "IMD 2025 tenth"
        rows = [[code, 1 + 3 * n] for n, code in enumerate(LSOAS)]
        return table([header, *rows]).encode("utf-8-sig")
    if "edubaseall" in path:
        today = f"{fetch.today():%Y%m%d}"
        if mood == "yesterday" and today in path:
            return 404
        return gias(CENTRES if "childrencentre" in path else SCHOOLS)
    if "ORD/2-0-0" in path:
        rows = [
            {"Name": "THE SURGERY", "OrgId": "C1", "PostCode": "S60 1AA"},
            {"Name": "DALE PRACTICE", "OrgId": "C2", "PostCode": "S60 1AB"},
        ]
        return json.dumps({"Organisations": [] if "Offset" in query else rows}).encode()
    if "CodePointOpen" in path:
        rows = [[code, 10, *place, "E92000001"] for code, place in POSTCODES.items()]
        return zipped({"Doc/licence.txt": "x", "Data/CSV/s.csv": table(rows)})
    if "Terrain50" in path:
        return terrain()
    if path.endswith("index-v1.json"):
        return json.dumps(geofabrik_index(url)).encode()
    if path.endswith(".md5"):
        return f"{hashlib.md5(extract(north='south-y' in path)).hexdigest()}  x.osm.pbf\n".encode()  # noqa: S324
    if path.endswith(".osm.pbf"):
        return extract(north="south-y" in path)
    if "gtfs-file" in path:
        return feed_file(mood)
    if "access-nodes" in path:
        assert query["atcoAreaCodes"] == "370"
        header = ["ATCOCode", "CommonName", "Easting", "Northing", "Status"]
        return table(
            [header, ["370000001", "Hill Top", WEST + 500, SOUTH + 500, "active"]]
        ).encode()
    return 404


def feed_file(mood: str) -> bytes:
    members: dict[str, bytes | str] = {**buses()}
    if mood == "bomb":
        members["shapes.txt"] = bytes(30_000_000)
    if mood == "away":
        members["../../stops.txt"] = "x"
    if mood == "bare":
        del members["calendar.txt"]
    if mood == "rail":
        members["routes.txt"] = f"{members['routes.txt']!s}2,Dearne Valley line,2\n"
    return zipped(members)


def buses() -> dict[str, str]:
    """Return a feed of one line that runs every half hour on weekdays of 2026."""
    places = {"370000001": (WEST + 500, SOUTH + 500), "370000002": (WEST + 2500, SOUTH + 2500)}
    stops = [["stop_id", "stop_name", "stop_lat", "stop_lon"]]
    for stop, place in places.items():
        lon, lat = to_degrees.transform(*place)
        stops.append([stop, f"Stop {stop[-1]}", lat, lon])
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    trips, calls = [["route_id", "service_id", "trip_id"]], []
    for half_hour in range(14, 38):
        hour, minute = divmod(half_hour * 30, 60)
        trips.append(["1", "wk", f"t{half_hour}"])
        for order, stop in enumerate(places):
            at = f"{hour:02}:{minute + 9 * order:02}:00"
            calls.append([f"t{half_hour}", at, at, stop, order])
    heads = ["trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"]
    week = ["wk", *"1111100", "20260101", "20261231"]
    tables = {
        "agency.txt": [
            ["agency_name", "agency_url", "agency_timezone"],
            ["Hill Buses", "https://example.org", "Europe/London"],
        ],
        "routes.txt": [["route_id", "route_short_name", "route_type"], ["1", "1", 3]],
        "calendar.txt": [["service_id", *days, "start_date", "end_date"], week],
        "stops.txt": stops,
        "trips.txt": trips,
        "stop_times.txt": [heads, *calls],
    }
    return {name: table(rows) for name, rows in tables.items()}


def arcgis(path: str, query: dict[str, str], mood: str) -> bytes:
    if path.endswith("/services"):
        listed = [{"name": "Rivers", "type": "FeatureServer"}]
        if mood == "newer":
            listed.append({"name": "WD_DEC_2026_UK_BGC", "type": "FeatureServer"})
        return json.dumps({"services": listed}).encode()
    name = path.partition("/services/")[2].partition("/")[0]
    gone = {"error": {"code": 400, "message": "Invalid URL"}}
    if name == "WD_DEC_2026_UK_BGC":
        name, mood = "WD_MAY_2025_UK_BFC_V2", "well"
    if mood == "gone":
        return json.dumps(gone).encode()
    rows = layers()[name]
    if not path.endswith("/query"):
        columns = [{"name": "FID"}, *({"name": key} for key in rows[0]["properties"])]
        if mood == "renamed":
            columns = [{"name": item["name"].replace("OA21CD", "OUTPUTAREA")} for item in columns]
        return json.dumps({"fields": columns}).encode()
    kept = [row for row in rows if matches(row, query["where"])]
    if "returnCountOnly" in query:
        return json.dumps({"count": len(kept)}).encode()
    start = int(query["resultOffset"])
    page = kept[start : start + PAGE]
    if mood == "short":
        page = []
    if query["returnGeometry"] == "false":
        page = [row | {"geometry": None} for row in page]
    wanted = query["outFields"].split(",")
    page = [row | {"properties": {key: row["properties"][key] for key in wanted}} for row in page]
    more = {"exceededTransferLimit": start + PAGE < len(kept)}
    return json.dumps({"type": "FeatureCollection", "properties": more, "features": page}).encode()


def geofabrik_index(url: str) -> dict[str, Any]:
    whole = square(-3, -3, 8, 8)
    halves = {"south-yorkshire": square(-3, 0, 8, 5), "derbyshire": square(-3, -3, 8, 3)}
    listed = [
        ("england", "great-britain", whole),
        ("wales", "great-britain", square(-99, -50)),
        ("kent", "england", square(30, -90)),
    ]
    listed += [(name, "england", shape) for name, shape in halves.items()]
    return {
        "type": "FeatureCollection",
        "features": [
            feature(
                {
                    "id": name,
                    "parent": parent,
                    "urls": {"pbf": f"{url}/geofabrik/{name}-latest.osm.pbf"},
                },
                shape,
            )
            for name, parent, shape in listed
        ],
    }


@contextmanager
def running(folder: Path) -> Iterator[Official]:
    """Run the services until the block ends; ``services.toml`` in the folder names them."""
    state = Official()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            mood = state.mood(self.path)
            if mood.isdigit():
                self.send_response(int(mood))
                self.send_header("Retry-After", "0")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            told = answer(state.url, self.path, mood)
            if isinstance(told, int):
                self.send_error(told)
                return
            if mood == "page":
                told = (
                    b"<!DOCTYPE html><html><head><title>Down for maintenance</title></head></html>"
                )
            self.send_response(200)
            if mood != "cut unannounced":
                self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told[: len(told) * 2 // 3] if mood.startswith("cut") else told)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    shipped = fetch.services_path().read_text(encoding="utf-8")
    (folder / "services.toml").write_text(shipped.replace("https:/", state.url), encoding="utf-8")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""A map server on this machine that answers as Overpass does, from Newport's real extract."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import osmium
import shapely

EXTRACT = Path(__file__).parents[2] / "shared/data/newport/newport-2023-06-13.osm.pbf"
NOT_BUILT = {"proposed", "razed", "abandoned", "demolished"}
FILTERS: dict[str, Callable[[dict[str, str]], bool]] = {
    '["highway"]': lambda tags: tags.get("highway", "razed") not in NOT_BUILT,
    '["railway"="platform"]': lambda tags: tags.get("railway") == "platform",
}
CURRENT = "2023-06-12T20:21:00Z"


@lru_cache(maxsize=1)
def extract() -> tuple[dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
    """Return the extract's nodes and highways as Overpass would write them."""
    nodes: dict[int, dict[str, Any]] = {}
    ways: dict[int, dict[str, Any]] = {}
    tagged: dict[int, dict[str, str]] = {}
    keys = osmium.filter.KeyFilter("highway", "barrier", "kerb", "railway")
    for thing in osmium.FileProcessor(str(EXTRACT)).with_locations().with_filter(keys):
        tags = dict(thing.tags)
        if isinstance(thing, osmium.osm.Node):
            tagged[thing.id] = tags
        elif isinstance(thing, osmium.osm.Way) and any(fits(tags) for fits in FILTERS.values()):
            for node in thing.nodes:
                place = {"lat": node.location.lat, "lon": node.location.lon}
                nodes[node.ref] = {"type": "node", "id": node.ref, **place}
            refs = [node.ref for node in thing.nodes]
            ways[thing.id] = {"type": "way", "id": thing.id, "nodes": refs, "tags": tags}
    for node_id in nodes.keys() & tagged.keys():
        nodes[node_id]["tags"] = tagged[node_id]
    return nodes, ways


def answer(query: str) -> dict[str, Any]:
    """Answer a query for the ways of one filter in one polygon, with all their nodes."""
    found: list[dict[str, Any]] = []
    corners = re.search(r"poly:'([^']+)'", query)
    fits = next((test for asked, test in FILTERS.items() if asked in query), None)
    if corners and fits is not None:
        numbers = [float(word) for word in corners[1].split()]
        polygon = shapely.Polygon(zip(numbers[1::2], numbers[::2], strict=True))
        shapely.prepare(polygon)
        nodes, ways = extract()
        wanted: set[int] = set()
        for way in ways.values():
            line = [(nodes[ref]["lon"], nodes[ref]["lat"]) for ref in way["nodes"]]
            if len(line) > 1 and fits(way["tags"]) and polygon.intersects(shapely.LineString(line)):
                found.append(way)
                wanted.update(way["nodes"])
        found += [nodes[ref] for ref in sorted(wanted)]
    return {"version": 0.6, "osm3s": {"timestamp_osm_base": CURRENT}, "elements": found}


class FakeServer:
    """What the server is to do next, and what it was asked."""

    def __init__(self) -> None:
        self.moods: list[str] = []
        self.queries: list[str] = []
        self.url = ""


@contextmanager
def running() -> Iterator[FakeServer]:
    """Run a server on this machine until the block ends."""
    state = FakeServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            query = urllib.parse.parse_qs(body)["data"][0]
            state.queries.append(query)
            mood = state.moods.pop(0) if state.moods else "well"
            self._send(json.dumps(answer(query)).encode(), mood)

        def do_GET(self) -> None:
            known = "Newport" in urllib.parse.unquote(self.path)
            self._send(json.dumps(PLACES if known else []).encode(), "well")

        def _send(self, content: bytes, mood: str) -> None:
            if mood.isdigit():
                self.send_error(int(mood))
                return
            if mood == "remark":
                content = content[:-1] + b', "remark": "runtime error: Query timed out"}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            if mood != "cut unannounced":
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if mood == "slow":
                time.sleep(3)
            self.wfile.write(content[: len(content) // 2] if mood.startswith("cut") else content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}/api"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


PLACES = [
    {
        "place_id": 1,
        "importance": 0.5,
        "lat": "51.585",
        "lon": "-2.995",
        "display_name": "Newport, Wales",
        "boundingbox": ["51.58", "51.59", "-3.0", "-2.99"],
        "geojson": shapely.geometry.mapping(shapely.box(-3.0, 51.58, -2.99, 51.59)),
    }
]

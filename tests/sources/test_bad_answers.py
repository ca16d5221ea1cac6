"""Answers that are no map, less than one, too large or too slow are never stored."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import shapely

from eh_access.errors import SourceError
from eh_access.sources import openstreetmap
from eh_access.sources.openstreetmap import download_network
from osm_text import degrees

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

AREA = shapely.box(331_000, 188_000, 331_400, 188_400)


def node(number: int) -> dict[str, Any]:
    lon, lat = degrees(40 * number, 200)
    return {"type": "node", "id": number, "lat": lat, "lon": lon}


WAY = {"type": "way", "id": 7, "nodes": [1, 2, 3, 4], "tags": {"highway": "residential"}}
WHOLE = [*map(node, range(1, 5)), WAY]


def text(elements: object, **more: object) -> bytes:
    return json.dumps({"version": 0.6, "elements": elements, **more}).encode()


@contextmanager
def answering(respond: Callable[[socketserver.StreamRequestHandler], None]) -> Iterator[str]:
    """Run a server that sends what a function writes."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length = 0
            while (line := self.rfile.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            self.rfile.read(length)
            try:
                respond(self)
            except OSError:
                return  # the other side has gone

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/api"
        finally:
            server.shutdown()
            thread.join()


def send(
    content: bytes, *, encoding: str = ""
) -> Callable[[socketserver.StreamRequestHandler], None]:
    extra = f"Content-Encoding: {encoding}\r\n" if encoding else ""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n{extra}Connection: close\r\n\r\n"
    return lambda handler: handler.wfile.write(head.encode() + content) and None


@pytest.fixture
def download(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    monkeypatch.setattr(openstreetmap, "PAUSE_S", 0.01)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)

    def fetch(url: str, timeout_s: float = 20.0, area: Any = AREA) -> Any:  # noqa: ANN401
        monkeypatch.setenv(openstreetmap.URL_VARIABLE, url)
        return download_network(
            area, buffer_m=0.0, cache_dir=tmp_path / "store", timeout_s=timeout_s, retries=1
        )

    return fetch


def nothing_is_stored(folder: Path) -> bool:
    return not list((folder / "store").glob("*"))


def test_a_whole_answer_is_taken(download: Callable[..., Any], tmp_path: Path) -> None:
    with answering(send(text(WHOLE))) as url:
        network = download(url)
    assert network.edge_count == 1
    assert network.not_recorded == ()  # every key was asked for
    assert not nothing_is_stored(tmp_path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "a page or nothing"),
        (b"<html><body>Accept our terms to use this network</body></html>", "is there a login"),
        (b"OK", "a page or nothing"),
        (b"{}", "no elements"),
        (text("none"), "no elements"),
        (text([1, 2]), "no elements"),
        (text([{"type": "node", "id": 1}]), "no elements"),
        (text([{**WAY, "nodes": None}]), "no elements"),
        (text([{**WAY, "id": 10**30}]), "no elements"),
        (text([{**node(1), "lat": 10**30}, *WHOLE[1:]]), "no elements"),
        (text([{**node(1), "lon": float("nan")}, *WHOLE[1:]]), "no elements"),
        (text([{**WAY, "tags": []}]), "no elements"),
        (text(WHOLE)[:-20] + b"}", "malformed"),
        (b"[" * 100_000 + b"]" * 100_000, "malformed"),
        (b'{"elements": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "malformed|no elements"),
        (text(WHOLE[:-1]), "4 points without their way"),
        (text(WHOLE[1:]), "0 points without their way, 1 missing"),
        (text(WHOLE[-1:]), "4 missing"),
        (text(WHOLE, remark="runtime error: Query timed out"), "stopped in the middle"),
    ],
)
def test_an_answer_that_is_no_map_is_a_failed_download(
    download: Callable[..., Any], tmp_path: Path, content: bytes, why: str
) -> None:
    with answering(send(content)) as url, pytest.raises(SourceError, match=why):
        download(url)
    assert nothing_is_stored(tmp_path)


@pytest.mark.parametrize("sent", ["plain", "gzip"])
def test_an_answer_may_not_be_endless(
    download: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    monkeypatch.setattr(openstreetmap, "MOST_BYTES", 2_000_000)
    monkeypatch.setattr(openstreetmap, "MOST_SENT_BYTES", 1_000_000)
    padded = text(WHOLE) + b" " * 3_000_000
    respond = send(gzip.compress(padded), encoding="gzip") if sent == "gzip" else send(padded)
    with answering(respond) as url, pytest.raises(SourceError, match="larger than 2 MB"):
        download(url)
    assert nothing_is_stored(tmp_path)


def slow_head(handler: socketserver.StreamRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(60):
        handler.wfile.write(f"X-Wait-{number}: 1\r\n".encode())
        time.sleep(0.25)


def slow_body(handler: socketserver.StreamRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(60):
        handler.wfile.write(b" ")
        time.sleep(0.25)


def silence(_: socketserver.StreamRequestHandler) -> None:
    time.sleep(15)


@pytest.mark.parametrize("respond", [slow_head, slow_body, silence])
def test_the_deadline_holds_for_the_whole_exchange(
    download: Callable[..., Any],
    tmp_path: Path,
    respond: Callable[[socketserver.StreamRequestHandler], None],
) -> None:
    begun = time.monotonic()
    with answering(respond) as url, pytest.raises(SourceError, match="could not be downloaded"):
        download(url, timeout_s=1.5)
    assert time.monotonic() - begun < 10  # 15 s without a deadline
    assert nothing_is_stored(tmp_path)


def town(east_km: range, north_km: range, *, ways: int = 9) -> list[dict[str, Any]]:
    """Return streets in the middle of each square kilometre."""
    elements: list[dict[str, Any]] = []
    for number, (x, y) in enumerate(itertools.product(east_km, north_km)):
        for row in range(ways):
            ends = [2 * (number * ways + row) + end + 1 for end in (0, 1)]
            for end in (0, 1):
                lon, lat = degrees(1000 * x + 500 + 90 * end, 1000 * y + 100 * row)
                elements.append({"type": "node", "id": ends[end], "lat": lat, "lon": lon})
            tags = {"highway": "residential"}
            elements.append({"type": "way", "id": ends[0], "nodes": ends, "tags": tags})
    return elements


DISTRICT = shapely.box(331_000, 188_000, 343_000, 198_000)


@pytest.mark.parametrize(
    ("elements", "why"),
    [
        (town(range(12), range(10)), ""),
        (town(range(0, 12, 5), range(0, 10, 5)), ""),  # hamlets five kilometres apart
        (town(range(5), range(10)), "2 of its 4 parts, the first around 338500"),
        (town(range(12), range(5)), "2 of its 4 parts"),
        (town(range(1, 3), range(1, 3)), "3 of its 4 parts"),
        (town(range(0, 12, 5), range(0, 10, 5), ways=1), "6 ways for 120 square km are too few"),
    ],
)
def test_an_answer_that_lacks_a_part_of_the_area_is_not_taken(
    download: Callable[..., Any], tmp_path: Path, elements: list[dict[str, Any]], why: str
) -> None:
    expected = pytest.raises(SourceError, match=why) if why else contextlib.nullcontext()
    with answering(send(text(elements))) as url, expected:
        download(url, area=DISTRICT)
    assert nothing_is_stored(tmp_path) == bool(why)

"""Downloads, against a real web server on this machine that serves Newport's real streets."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmnx
import pandas as pd
import pytest
import shapely

from eh_access.errors import InputError, SourceError
from eh_access.modes import DRIVE, MODES, WALK, TravelMode
from eh_access.network.cost import edge_cost
from eh_access.network.model import Network
from eh_access.network.osm import read_network
from eh_access.sources import openstreetmap
from eh_access.sources.openstreetmap import (
    buffer_for,
    cached_network,
    download_network,
    is_connected,
    place_outline,
)
from overpass_server import EXTRACT, FakeServer, extract, running

pytestmark = [
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(not EXTRACT.exists(), reason="the shared source data is not here"),
]

# 400 m in the middle of Newport, with the station, steps, gates, kerbs and one-way streets
AREA = shapely.box(330900, 188100, 331300, 188500)
BUFFER_M = 100.0


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    with running() as state:
        monkeypatch.setenv(openstreetmap.URL_VARIABLE, state.url)
        monkeypatch.setattr(openstreetmap, "PAUSE_S", 0.01)
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield state


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "streets"


@pytest.fixture(scope="module")
def one_download(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("once") / "streets"
    with running() as state, pytest.MonkeyPatch.context() as patch:
        patch.setenv(openstreetmap.URL_VARIABLE, state.url)
        download_network(AREA, buffer_m=BUFFER_M, cache_dir=folder)
    return folder


@pytest.fixture
def stored(one_download: Path, cache: Path) -> Path:
    """Return a folder in which the area's streets are stored."""
    return Path(shutil.copytree(one_download, cache))


def streets_inside(network: Network, area: shapely.Polygon) -> Counter[tuple[object, ...]]:
    """Return what is known of each edge that lies in an area, leaving out rings."""
    lines = shapely.linestrings(
        network.geometry_xy,
        indices=np.repeat(np.arange(network.edge_count), np.diff(network.geometry_start)),
    )
    costs = [edge_cost(network, mode) for mode in MODES.values()]
    inside = np.flatnonzero(shapely.contains_properly(area, lines))
    return Counter(
        (
            int(network.edge_way[edge]),
            round(float(network.length_m[edge]), 2),
            tuple(int(cost.forward_ds[edge]) for cost in costs),
            tuple(int(cost.backward_ds[edge]) for cost in costs),
            network.names[network.edge_name[edge]] if network.edge_name[edge] >= 0 else "",
        )
        for edge in inside
        if int(network.edge_way[edge]) not in rings()
    )


@lru_cache(maxsize=1)
def rings() -> set[int]:
    """Return closed ways: where one begins is lost in an osmnx graph, so it is cut elsewhere."""
    _, ways = extract()
    return {way_id for way_id, way in ways.items() if way["nodes"][0] == way["nodes"][-1]}


def metres_by_way(network: Network, area: shapely.Polygon) -> dict[int, float]:
    """Return the length of each way within an area, however it is cut into edges."""
    lines = shapely.linestrings(
        network.geometry_xy,
        indices=np.repeat(np.arange(network.edge_count), np.diff(network.geometry_start)),
    )
    within = pd.Series(shapely.length(shapely.intersection(lines, area)))
    sums = within.groupby(network.edge_way).sum().round(1)
    return dict(sums[sums > 0])


def test_download_gives_the_streets_the_extract_holds(server: FakeServer, cache: Path) -> None:
    network = download_network(AREA, buffer_m=BUFFER_M, cache_dir=cache)
    direct = read_network(EXTRACT, area=AREA.buffer(BUFFER_M))
    ours, theirs = streets_inside(network, AREA), streets_inside(direct, AREA)
    assert sum(theirs.values()) > 200
    assert ours == theirs
    assert metres_by_way(network, AREA) == pytest.approx(metres_by_way(direct, AREA))
    assert server.queries[0].count("way[") == 1
    (provenance,) = network.provenance
    assert provenance.date == "2023-06-12"
    assert provenance.attribution == "© OpenStreetMap contributors"
    assert len(provenance.sha256) == 64
    assert network.covered is not None
    assert network.covered.contains(AREA.buffer(BUFFER_M * 0.9))


def test_the_second_time_nothing_is_asked(server: FakeServer, stored: Path) -> None:
    # the same request in another CRS, as a table
    table = gpd.GeoDataFrame(geometry=[AREA], crs="EPSG:27700").to_crs("EPSG:3857")
    first = cached_network(AREA, buffer_m=BUFFER_M, cache_dir=stored)
    again = download_network(table, buffer_m=BUFFER_M, cache_dir=stored)
    assert not server.queries
    assert first is not None
    assert np.array_equal(first.geometry_xy, again.geometry_xy)
    assert first.provenance == again.provenance


@pytest.mark.parametrize(
    ("area", "buffer_m", "modes"),
    [
        (AREA, BUFFER_M + 1, list(MODES.values())),
        (shapely.box(AREA.bounds[0] + 2, *AREA.bounds[1:]), BUFFER_M, list(MODES.values())),
        (AREA, BUFFER_M, [WALK]),
    ],
    ids=["buffer", "area", "modes"],
)
def test_another_request_is_not_answered_from_the_store(
    stored: Path, area: shapely.Polygon, buffer_m: float, modes: list[TravelMode]
) -> None:
    assert cached_network(area, buffer_m=buffer_m, modes=modes, cache_dir=stored) is None


@pytest.mark.parametrize("mood", ["504", "429", "cut", "cut unannounced", "remark"])
def test_a_passing_fault_is_asked_again(server: FakeServer, cache: Path, mood: str) -> None:
    server.moods = [mood]
    network = download_network(AREA, buffer_m=BUFFER_M, cache_dir=cache)
    assert network.edge_count > 200
    assert len(server.queries) == 4  # one in vain, then highways, ferries and platforms


@pytest.mark.parametrize(
    ("mood", "told"),
    [("504", "504"), ("cut", "cut|broken|incomplete"), ("remark", "middle of its answer")],
)
def test_a_lasting_fault_ends_after_the_tries(
    server: FakeServer, cache: Path, mood: str, told: str
) -> None:
    server.moods = [mood] * 9
    with pytest.raises(SourceError, match=rf"(?is)asked 3 times.*({told}).*map file"):
        download_network(AREA, buffer_m=BUFFER_M, cache_dir=cache, retries=2)
    assert len(server.queries) == 3
    assert not cache.exists() or not list(cache.iterdir())


def test_the_time_limit_holds(server: FakeServer, cache: Path) -> None:
    server.moods = ["slow"] * 9
    with pytest.raises(SourceError, match="could not be downloaded"):
        download_network(AREA, buffer_m=BUFFER_M, cache_dir=cache, timeout_s=1.0)
    assert len(server.queries) == 1


def test_no_wait_outlasts_the_time_limit(
    server: FakeServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openstreetmap, "PAUSE_S", 1000.0)
    server.moods = ["504"]
    with pytest.raises(SourceError, match="asked once"):
        download_network(AREA, buffer_m=BUFFER_M, cache_dir=cache, timeout_s=30.0)


def test_an_area_without_streets_is_said_to_have_none(server: FakeServer, cache: Path) -> None:
    sea = shapely.box(200000, 100000, 201000, 101000)
    with pytest.raises(InputError, match="holds nothing"):
        download_network(sea, buffer_m=0, cache_dir=cache)
    assert len(server.queries) == 3


@pytest.mark.parametrize("harm", ["altered", "cut", "no digest", "another digest"])
def test_stored_streets_that_were_touched_are_not_used(stored: Path, harm: str) -> None:
    (path,) = stored.glob("*.npz")
    content = bytearray(path.read_bytes())
    if harm == "altered":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif harm == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "no digest":
        path.with_suffix(".sha256").unlink()
    else:
        path.with_suffix(".sha256").write_text("0" * 64)
    assert cached_network(AREA, buffer_m=BUFFER_M, cache_dir=stored) is None


def test_touched_streets_are_downloaded_again(server: FakeServer, stored: Path) -> None:
    (path,) = stored.glob("*.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    download_network(AREA, buffer_m=BUFFER_M, cache_dir=stored)
    assert len(server.queries) == 3
    assert path.read_bytes() == whole


@pytest.mark.parametrize("mood", ["well", "504"])
def test_nothing_global_stays_changed(
    server: FakeServer, cache: Path, monkeypatch: pytest.MonkeyPatch, mood: str
) -> None:
    def settings() -> dict[str, object]:
        return {name: value for name, value in vars(osmnx.settings).items() if name[0] != "_"}

    monkeypatch.chdir(cache.parent)
    before, resolver = settings(), socket.getaddrinfo
    server.moods = [mood]
    if mood == "well":
        download_network(AREA, buffer_m=BUFFER_M, cache_dir=cache, retries=0)
    else:
        with pytest.raises(SourceError, match="504"):
            download_network(AREA, buffer_m=BUFFER_M, cache_dir=cache, retries=0)
    assert settings() == before
    assert socket.getaddrinfo is resolver
    assert {path.name for path in cache.parent.iterdir()} <= {"streets"}


def test_a_folder_that_cannot_be_written_is_named_and_the_streets_used(
    server: FakeServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    network = download_network(AREA, buffer_m=BUFFER_M, cache_dir=in_the_way)
    assert network.edge_count
    assert server.queries
    assert "could not be stored for later runs" in caplog.text
    assert str(in_the_way) in caplog.text


def test_a_place_is_found_by_its_name(
    server: FakeServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osmnx.settings, "nominatim_url", server.url.removesuffix("api"))
    network = download_network(place_outline("Newport"), buffer_m=0, cache_dir=cache)
    east, north = network.node_x.mean(), network.node_y.mean()
    assert shapely.box(330400, 186900, 332100, 189600).contains(shapely.Point(east, north))
    with pytest.raises(InputError, match="Atlantis"):
        place_outline("Atlantis")
    with pytest.raises(InputError, match="no place was named"):
        place_outline("  ")


def test_is_connected_to_a_server_that_is_there(server: FakeServer) -> None:
    assert is_connected(timeout_s=2.0)
    assert not server.queries


def test_is_connected_is_false_when_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv(openstreetmap.URL_VARIABLE, f"http://127.0.0.1:{port}/api")
    assert not is_connected(timeout_s=2.0)


def test_is_connected_does_not_wait_for_a_name_that_is_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hold = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: hold.wait(5) and [])
    monkeypatch.setenv(openstreetmap.URL_VARIABLE, "http://slow.invalid/api")
    began = time.monotonic()
    assert not is_connected(timeout_s=0.2)
    assert time.monotonic() - began < 2
    hold.set()


def test_is_connected_knocks_at_the_proxy(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(openstreetmap.URL_VARIABLE, "http://far.invalid/api")
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/api"))
    monkeypatch.delenv("no_proxy", raising=False)
    assert is_connected(timeout_s=2.0)


def test_the_buffer_reaches_as_far_as_the_cutoff_and_10_km_at_most() -> None:
    assert buffer_for([WALK], 30) == 2400.0
    assert buffer_for([WALK, DRIVE], 60) == 10_000


@pytest.mark.parametrize("buffer_m", [-1.0, float("nan"), float("inf")])
def test_a_buffer_that_is_none_is_refused(buffer_m: float, cache: Path) -> None:
    with pytest.raises(InputError, match="buffer_m"):
        download_network(AREA, buffer_m=buffer_m, cache_dir=cache)

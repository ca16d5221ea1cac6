"""`eh-access timetable download`, from a web server on this machine."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import requests

import eh_access as eh
from eh_access.errors import InputError, SourceError
from eh_access.sources import bus_open_data, fetch
from eh_access.sources.fetch import Client
from official_server import Official, feed_file
from study_cli import run_cli

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.usefixtures("server")]

ALWAYS = 99


def test_a_region_s_timetable_is_had_with_its_dates_and_licence(tmp_path: Path) -> None:
    path = tmp_path / "buses.zip"
    ran = run_cli("timetable", "download", "yorkshire", "--out", path)
    assert ran.code == 0, ran.err
    assert path.read_bytes() == feed_file("well")
    told = " ".join(ran.out.split())
    assert "1 routes (none of them by train), 2026-01-01 to 2026-12-31." in told
    assert "Open Government Licence v3.0." in told
    assert hashlib.sha256(path.read_bytes()).hexdigest() in told
    assert eh.read_timetable(path, "2026-06-16").provenance[0].sha256 in told
    again = run_cli("timetable", "download", "yorkshire", "--out", path)
    assert again.code == 2
    assert "is there already" in again.err


def test_a_busy_service_is_asked_again_and_what_was_had_is_kept(
    client: Client, server: Official, tmp_path: Path
) -> None:
    server.moods = {"gtfs-file": ["429", "503", "cut", "rail"]}
    found = bus_open_data.download(client, "wales", tmp_path / "a.zip")
    assert (found.routes, found.rail) == (2, 1)
    assert len(server.asked) == 4
    bus_open_data.download(client, "wales", tmp_path / "b.zip")
    assert len(server.asked) == 4
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize(
    ("mood", "why"),
    [
        ("cut", "the connection failed"),
        ("cut unannounced", "damaged, cut off or locked"),
        ("429", "the service answered 429"),
        ("404", "the service answered 404"),
        ("page", r"a web page came back in place of data \('Down for maintenance'\)"),
        ("bomb", "shapes.txt would unpack to 28 MiB"),
        ("away", "points out of the archive"),
        ("bare", "no sound GTFS"),
    ],
)
def test_what_is_no_timetable_is_refused_and_leaves_nothing(
    mood: str, why: str, client: Client, server: Official, tmp_path: Path
) -> None:
    server.moods = {"gtfs-file": [mood] * ALWAYS}
    client.instead = "save it by hand"
    with pytest.raises(SourceError, match=rf"(?s){why}.*save it by hand") as caught:
        bus_open_data.download(client, "yorkshire", tmp_path / "out" / "x.zip")
    assert "/gtfs-file/yorkshire/" in str(caught.value)
    assert len(server.asked) <= 4
    assert not list(tmp_path.rglob("*x.zip*"))
    assert not list((tmp_path / "store").iterdir())


def test_no_connection_is_called_that() -> None:
    with pytest.raises(requests.ConnectionError) as caught:
        requests.get("http://127.0.0.1:1/feed", timeout=5)  # nobody serves there
    assert fetch.why_failed(caught.value).startswith("no connection to 127.0.0.1 (is this machine")


def test_regions_are_listed_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        bus_open_data.download(Client(), "atlantis", tmp_path / "a.zip")
    assert str(told.value).count("wales") == 1


def test_a_region_there_is_not_is_answered_with_those_there_are(
    client: Client, server: Official, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"did you mean 'yorkshire'\?.*wales, all"):
        bus_open_data.download(client, "yorkshir", tmp_path / "x.zip")
    assert not server.asked

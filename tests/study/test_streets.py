from __future__ import annotations

from pathlib import Path

import pytest

from eh_access.errors import SourceError
from eh_access.network.file import read_network_file
from eh_access.network.model import Network
from eh_access.network.osm import DEFAULT_MODES
from eh_access.sources import connection, download, store
from eh_access.sources.bundled import network_path
from eh_access.study.opening import open_study
from eh_access.study.streets import Streets, buffer_for, find_streets
from study_files import StudyFolder, write_study


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyFolder:
    monkeypatch.setattr(download, "default_folder", lambda: tmp_path / "store")
    study = write_study(tmp_path / "study")
    study.change("study.toml", 'source = "estimate"', 'source = "download"')
    return study


@pytest.fixture(scope="module")
def some_network() -> Network:
    return read_network_file(network_path("newport"))


def find(toy: StudyFolder, *, offline: bool = False) -> Streets:
    study, inputs = open_study(toy.toml)
    return find_streets(study, inputs.borough, offline=offline)


def test_offline_asks_nobody(toy: StudyFolder) -> None:
    """Sockets raise in the tests, so asking anybody would fail here."""
    streets = find(toy, offline=True)
    assert streets.network is None
    assert "none were to be downloaded" in streets.how
    assert streets.notes()[0].level == "warning"


def test_no_connection_is_one_line(toy: StudyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "is_connected", lambda _timeout_s: False)
    streets = find(toy)
    assert streets.network is None
    assert streets.how == "No streets are stored here, and there is no connection."


def test_a_server_that_gives_up_is_one_line(
    toy: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gives_up(*_area: object, **_options: object) -> Network:
        raise SourceError("the server is busy; try later\nand more")

    monkeypatch.setattr(connection, "is_connected", lambda _timeout_s: True)
    monkeypatch.setattr(download, "download_network", gives_up)
    streets = find(toy)
    assert streets.network is None
    assert streets.how == "The streets could not be downloaded: the server is busy; try later"


def test_streets_stored_earlier_are_used_without_a_connection(
    toy: StudyFolder, some_network: Network
) -> None:
    study, inputs = open_study(toy.toml)
    key = store.request_key(
        inputs.borough,
        buffer_m=buffer_for(study),
        modes=DEFAULT_MODES,
        filters=download.FILTERS,
    )
    folder = download.default_folder()
    folder.mkdir()
    store.keep(some_network, folder, key)
    streets = find(toy)
    assert streets.network is not None
    assert streets.network.edge_count == some_network.edge_count
    assert "stored here" in streets.how
    assert streets.file is not None
    assert streets.file.role == "streets"


def test_the_buffer_reaches_as_far_as_the_longest_walk(toy: StudyFolder) -> None:
    study, _ = open_study(toy.toml)
    assert buffer_for(study) == pytest.approx(2400)  # 30 minutes at 4.8 km/h
    toy.change("study.toml", "cutoff_min = 30", "cutoff_min = 60")
    assert buffer_for(open_study(toy.toml)[0]) == pytest.approx(4800)
    toy.change("study.toml", "[streets]", "[streets]\nbuffer_m = 100")
    assert buffer_for(open_study(toy.toml)[0]) == 100


def test_a_study_s_own_file_comes_first(toy: StudyFolder) -> None:
    toy.change("study.toml", 'source = "download"', 'source = "bundled:newport"')
    streets = find(toy)
    assert streets.network is not None
    assert streets.file is not None
    assert streets.file.name == "bundled:newport"
    assert streets.notes()[0].level == "info"

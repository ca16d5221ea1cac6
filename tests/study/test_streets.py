"""Which streets a study gets, by what it says and by what is asked for."""

from __future__ import annotations

import json
import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import shapely

from eh_access.errors import NotFoundError, SourceError
from eh_access.network.io import read_network_file
from eh_access.network.model import Network
from eh_access.network.osm import DEFAULT_MODES
from eh_access.sources import bundled, openstreetmap
from eh_access.sources.bundled import network_path
from eh_access.study.opening import open_study
from eh_access.study.streets import Streets, buffer_for, find_streets
from study_cli import run_cli
from study_files import TO_NEWPORT, StudyFolder, moved, write_study

HERE = "bundled:newport"
ASKED = 'source = "estimate"'


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyFolder:
    """A study that says nothing of streets, where no streets ship: west of Chester."""
    monkeypatch.setattr(openstreetmap, "default_folder", lambda: tmp_path / "store")
    study = moved(write_study(tmp_path / "study"), east_m=-100_000, north_m=-20_000)
    study.change("study.toml", f"[streets]\n{ASKED}\n", "")
    return study


@pytest.fixture
def in_newport(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyFolder:
    """The same where streets ship, though it does not name them."""
    monkeypatch.setattr(openstreetmap, "default_folder", lambda: tmp_path / "store")
    study = moved(write_study(tmp_path / "study"), **TO_NEWPORT)
    study.change("study.toml", f"[streets]\n{ASKED}\n", "")
    return study


@pytest.fixture(scope="module")
def some_network() -> Network:
    return read_network_file(network_path("newport"))


def find(
    study: StudyFolder, *, streets: str | Path | None = None, offline: bool = False
) -> Streets:
    question, inputs = open_study(study.toml)
    return find_streets(question, inputs.borough, streets=streets, offline=offline)


def keep(study: StudyFolder, network: Network) -> None:
    question, inputs = open_study(study.toml)
    asked = {
        "buffer_m": buffer_for(question),
        "modes": DEFAULT_MODES,
    }
    folder = openstreetmap.default_folder()
    folder.mkdir()
    openstreetmap.keep(network, folder, openstreetmap.request_key(inputs.borough, **asked))


# ---- nothing asked for: the best at hand ---------------------------------------------------------


def test_the_streets_that_ship_come_first_and_nobody_is_asked(in_newport: StudyFolder) -> None:
    """Sockets raise in the tests, so asking anybody would fail here."""
    streets = find(in_newport)
    assert streets.network is not None
    assert streets.file is not None
    assert streets.file.name == HERE
    assert (streets.asked, streets.notes()[0].level) == ("", "info")


def test_a_study_s_own_file_comes_before_those_that_ship(
    in_newport: StudyFolder, some_network: Network
) -> None:
    shutil.copy(network_path("newport"), in_newport.path / "mine.npz")
    in_newport.change("study.toml", "[settings]", '[streets]\nsource = "mine.npz"\n\n[settings]')
    streets = find(in_newport)
    assert streets.network is not None
    assert streets.network.edge_count == some_network.edge_count
    assert streets.file is not None
    assert (streets.file.name, streets.asked) == ("mine.npz", "mine.npz")


def test_where_none_ship_those_stored_are_used_without_a_connection(
    toy: StudyFolder, some_network: Network
) -> None:
    keep(toy, some_network)
    streets = find(toy)
    assert streets.network is not None
    assert streets.network.edge_count == some_network.edge_count
    assert "follow downloaded streets" in streets.how
    assert streets.file is not None
    assert (streets.file.role, streets.file.name) == ("streets", "download")


def test_a_download_that_was_stored_lies_on_the_ground_too(
    in_newport: StudyFolder, some_network: Network
) -> None:
    keep(in_newport, replace(some_network, heights=None, _memory={}))
    streets = find(in_newport, streets="download")
    assert streets.network is not None
    assert streets.network.heights is not None


def test_offline_asks_nobody(toy: StudyFolder) -> None:
    streets = find(toy, offline=True)
    assert streets.network is None
    assert "none were to be downloaded" in streets.how
    assert streets.notes()[0].level == "warning"


def test_no_connection_is_one_line(toy: StudyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openstreetmap, "is_connected", lambda _timeout_s: False)
    streets = find(toy)
    assert streets.network is None
    assert streets.how == "No downloaded streets are stored here, and there is no connection."


def test_a_server_that_gives_up_is_one_line(
    toy: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gives_up(*_area: object, **_options: object) -> Network:
        raise SourceError("the server is busy; try later\nand more")

    monkeypatch.setattr(openstreetmap, "is_connected", lambda _timeout_s: True)
    monkeypatch.setattr(openstreetmap, "download_network", gives_up)
    streets = find(toy)
    assert streets.network is None
    assert streets.how == "The streets could not be downloaded: the server is busy; try later"


# ---- asked for -----------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["study", "option"])
def test_bundled_means_those_of_the_area(in_newport: StudyFolder, said: str) -> None:
    if said == "study":
        in_newport.change("study.toml", "[settings]", '[streets]\nsource = "bundled"\n[settings]')
    streets = find(in_newport, streets=None if said == "study" else "bundled")
    assert streets.file is not None
    assert (streets.file.name, streets.asked) == (HERE, "bundled")


@pytest.mark.parametrize("said", ["study", "option"])
def test_bundled_where_none_ship_is_refused(toy: StudyFolder, said: str) -> None:
    if said == "study":
        toy.change("study.toml", "[settings]", '[streets]\nsource = "bundled"\n\n[settings]')
    with pytest.raises(NotFoundError, match=r"no streets of the study's area ship.*newport"):
        find(toy, streets=None if said == "study" else "bundled")


def test_an_estimate_is_to_be_had_where_streets_ship(in_newport: StudyFolder) -> None:
    streets = find(in_newport, streets="estimate")
    assert (streets.network, streets.file, streets.asked) == (None, None, "estimate")
    assert streets.notes()[0].level == "info"


def test_a_file_given_comes_before_all_and_its_folder_is_not_told(
    in_newport: StudyFolder, tmp_path: Path
) -> None:
    path = tmp_path / "elsewhere" / "mine.npz"
    path.parent.mkdir()
    shutil.copy(network_path("newport"), path)
    streets = find(in_newport, streets=path)
    assert streets.network is not None
    assert streets.file is not None
    assert (streets.file.name, streets.asked) == ("mine.npz", "mine.npz")


def test_a_download_that_fails_leaves_those_that_ship_and_says_so(
    in_newport: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openstreetmap, "is_connected", lambda _timeout_s: False)
    streets = find(in_newport, streets="download")
    assert streets.network is not None
    assert streets.file is not None
    assert streets.file.name == HERE
    assert "there is no connection. Instead: travel times follow real streets" in streets.how
    assert streets.notes()[0].level == "warning"
    out = in_newport.path / "out"
    ran = run_cli("report", in_newport.toml, "--streets", "download", "-o", out)
    assert ran.code == 0, ran.err
    assert "Instead: travel times follow real streets" in " ".join(ran.out.split())


@pytest.mark.parametrize("word", ["bundeld", "no-such.osm.pbf", ""])
def test_a_word_that_means_nothing_is_refused(in_newport: StudyFolder, word: str) -> None:
    ran = run_cli("report", in_newport.toml, "--streets", word, "-o", in_newport.path / "out")
    assert (ran.code, ran.out) == (2, "")
    assert f"there is no file '{word}', and it is none of bundled, download, estimate" in ran.err
    assert ("did you mean 'bundled'?" in ran.err) == (word == "bundeld")
    assert not (in_newport.path / "out").exists()


# ---- from the command line -----------------------------------------------------------------------


def told(folder: Path) -> dict[str, object]:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    named = [item["name"] for item in manifest["inputs"] if item["role"] == "streets"]
    return {**manifest["streets"], "named": named, "basis": manifest["basis"]}


def test_the_choice_stands_in_the_manifest_and_is_verified(
    in_newport: StudyFolder, tmp_path: Path
) -> None:
    path = tmp_path / "elsewhere" / "mine.npz"
    path.parent.mkdir()
    shutil.copy(network_path("newport"), path)
    for word, named, basis in (
        ("estimate", [], "estimated"),
        (path, ["mine.npz"], "streets"),
    ):
        out = in_newport.path / f"out {basis} {len(str(word))}"
        ran = run_cli("report", in_newport.toml, "--streets", word, "-o", out)
        assert ran.code == 0, ran.err
        found = told(out)
        asked = word.name if isinstance(word, Path) else word
        assert (found["asked"], found["named"], found["basis"]) == (asked, named, basis)
        given = ("--streets", path) if isinstance(word, Path) else ()
        checked = run_cli("verify", out, *given)
        assert checked.code == 0, checked.out + checked.err
        assert str(path.parent) not in (out / "manifest.json").read_text(encoding="utf-8")


def test_offline_still_works_and_says_what_to_write(in_newport: StudyFolder) -> None:
    ran = run_cli("report", in_newport.toml, "--offline", "-o", in_newport.path / "out", "--json")
    assert ran.code == 0
    assert "Write --streets bundled, or --streets estimate" in ran.err
    assert json.loads(ran.out)["basis"] == "streets"
    assert "--offline" not in run_cli("report", "--help").out


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_nobody_knocks_where_streets_ship(
    in_newport: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server listens on this machine; the same study without streets does knock at it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        monkeypatch.setenv("EH_ACCESS_OVERPASS_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        for streets in (None, "bundled", "estimate"):
            find(in_newport, streets=streets)
            with pytest.raises(TimeoutError):
                server.accept()
        for name in bundled.bundled_names("studies"):
            question, inputs = open_study(name)
            assert find_streets(question, inputs.borough).network is not None
        with pytest.raises(TimeoutError):
            server.accept()
        monkeypatch.setattr(bundled, "network_covering", lambda _area: None)
        monkeypatch.setattr(openstreetmap, "download_network", _refuse)
        assert find(in_newport).network is None
        server.accept()[0].close()


def _refuse(*_area: object, **_options: object) -> Network:
    raise SourceError("not in this test")


# ---- how far -------------------------------------------------------------------------------------


def test_the_buffer_reaches_as_far_as_the_longest_walk(toy: StudyFolder) -> None:
    study, _ = open_study(toy.toml)
    assert buffer_for(study) == pytest.approx(2400)  # 30 minutes at 4.8 km/h
    toy.change("study.toml", "cutoff_min = 30", "cutoff_min = 60")
    assert buffer_for(open_study(toy.toml)[0]) == pytest.approx(4800)
    toy.change("study.toml", "[settings]", "[streets]\nbuffer_m = 100\n\n[settings]")
    assert buffer_for(open_study(toy.toml)[0]) == 100


@pytest.mark.parametrize(("part", "ships"), [(1.0, True), (0.995, True), (0.9, False)])
def test_streets_ship_for_an_area_they_cover(
    some_network: Network, part: float, *, ships: bool
) -> None:
    assert some_network.covered is not None
    west, south, east, north = some_network.covered.buffer(-500).envelope.bounds
    wide = (east - west) / part - (east - west)
    inside = shapely.box(west, south, east, north)
    area = inside.union(shapely.box(east + 2000, south, east + 2000 + wide, north))
    assert (bundled.network_covering(area) == "newport") == ships

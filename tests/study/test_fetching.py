from __future__ import annotations

from pathlib import Path

import pytest

from eh_access.errors import SourceError
from eh_access.network.io import read_network_file
from eh_access.network.osm import DEFAULT_MODES
from eh_access.sources import openstreetmap
from eh_access.sources.bundled import network_path
from eh_access.study.opening import USUAL_BUFFER_M, fetch_network, open_study
from eh_access.study.streets import buffer_for
from study_files import write_study


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of this test's own, and no connection."""
    monkeypatch.setattr(openstreetmap, "default_folder", lambda: tmp_path / "store")
    monkeypatch.setattr(openstreetmap, "is_connected", lambda _timeout_s: False)
    (tmp_path / "store").mkdir()
    return tmp_path / "store"


@pytest.mark.parametrize("place", ["Barnsley, England", "rotherham"])
def test_without_a_connection_it_says_so_at_once(place: str) -> None:
    with pytest.raises(SourceError, match="cannot be reached; check the connection, or name a"):
        fetch_network(place)


@pytest.mark.parametrize("by", ["study.toml", "", "areas.geojson"])
def test_streets_stored_already_are_written_out(tmp_path: Path, folder: Path, by: str) -> None:
    toy = write_study(tmp_path / "study")
    study, inputs = open_study(toy.toml)
    buffer_m = USUAL_BUFFER_M if by == "areas.geojson" else buffer_for(study)
    key = openstreetmap.request_key(inputs.borough, buffer_m=buffer_m, modes=DEFAULT_MODES)
    town = read_network_file(network_path("newport"))
    openstreetmap.keep(town, folder, key)
    out = tmp_path / "streets.npz"
    fetch_network(str(toy.path / by), out=out)
    assert read_network_file(out).edge_count == town.edge_count


def test_a_study_with_faults_is_told_before_anything_is_fetched(tmp_path: Path) -> None:
    toy = write_study(tmp_path / "study")
    toy.change("study.toml", "threshold", "treshold")
    with pytest.raises(ValueError, match="did you mean 'threshold'"):
        fetch_network(str(toy.toml))

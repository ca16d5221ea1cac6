"""The bundled streets of Rotherham: as the source has them, as far as needed, as long as found."""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest
import shapely

from eh_access.modes import DRIVE, MODES, PUSHCHAIR, WALK, TravelMode
from eh_access.network.io import read_network_file
from eh_access.network.model import Network
from eh_access.network.osm import read_network
from eh_access.network.rules import evaluate
from eh_access.network.terrain import read_terrain, with_heights
from eh_access.routing.matrix import travel_time_matrix
from eh_access.sources import bundled

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ROOT / "data/networks/rotherham.npz"
SHARED = ROOT.parent / "shared"
EXTRACT = SHARED / "data/rotherham/streets/rotherham-2021-08.osm.pbf"
needs_shared = pytest.mark.skipif(
    not EXTRACT.exists(), reason="the source files (../shared/data) are not here"
)


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network_file(BUNDLED)


@pytest.fixture(scope="module")
def as_found(network: Network) -> Network:
    """The same streets straight from the source, every vertex kept."""
    found = read_network(EXTRACT, area=network.covered)
    return with_heights(found, read_terrain(ROOT / "data/terrain/rotherham.npz"))


@pytest.fixture(scope="module")
def centres() -> gpd.GeoDataFrame:
    """The borough's placed centres and its neighbours'."""
    tables = [bundled.load_sites(f"rotherham_{name}") for name in ("centres", "neighbours")]
    sites = pd.concat(tables)
    return sites[sites.geometry.notna()]


def test_it_reaches_five_kilometres_beyond_the_borough(network: Network) -> None:
    borough = bundled.load_areas("rotherham_borough").union_all()
    assert network.covered is not None
    assert network.covered.contains(borough.buffer(4980))
    assert borough.buffer(5020).contains(network.covered)


def test_it_is_small_and_credits_both_publishers(network: Network) -> None:
    assert BUNDLED.stat().st_size < 4_000_000
    lines = [line for entry in network.provenance for line in entry.attribution.splitlines()]
    assert lines[:2] == ["© OpenStreetMap contributors", "© OpenMapTiles"]
    assert bundled.load_sources()["networks/rotherham.npz"].rows == network.edge_count


def test_ids_of_the_source_are_not_passed_off_as_openstreetmaps(network: Network) -> None:
    assert not network.edge_way.any()


def test_keys_not_recorded_are_on_no_street(network: Network) -> None:
    carried = {key for tags in network.tag_sets for key in tags}
    assert not carried & set(network.not_recorded)
    assert {"highway", "oneway", "bridge", "tunnel"} <= carried
    lost = {"barrier", "kerb", "width", "surface", "access", "maxspeed", "foot", "smoothness"}
    assert lost <= set(network.not_recorded)


@pytest.mark.parametrize("mode", MODES.values(), ids=list(MODES))
def test_every_street_is_open_to_somebody(network: Network, mode: TravelMode) -> None:
    used = np.array([evaluate(tags, mode).is_open for tags in network.tag_sets])
    assert used[network.edge_tags].mean() > 0.4


@needs_shared
def test_the_build_gives_the_shipped_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT / "tools"), *sys.path])
    import build_rotherham  # noqa: PLC0415 - from the tools

    made = build_rotherham.build(SHARED, tmp_path)
    assert made.read_bytes() == BUNDLED.read_bytes()


@needs_shared
def test_no_key_said_to_be_lost_is_in_the_source(network: Network) -> None:
    tagged = osmium.FileProcessor(str(EXTRACT)).with_filter(osmium.filter.EmptyTagFilter())
    keys = {tag.k for thing in tagged for tag in thing.tags}
    assert not keys & set(network.not_recorded)


@needs_shared
def test_lines_are_simplified_and_lengths_are_not(network: Network, as_found: Network) -> None:
    assert np.array_equal(network.edge_from, as_found.edge_from)
    assert np.array_equal(network.edge_to, as_found.edge_to)
    assert network.heights is not None
    assert as_found.heights is not None
    assert np.array_equal(network.heights.metres, as_found.heights.metres, equal_nan=True)
    lines, found = (
        shapely.linestrings(
            streets.geometry_xy,
            indices=np.repeat(np.arange(streets.edge_count), np.diff(streets.geometry_start)),
        )
        for streets in (network, as_found)
    )
    # half a centimetre of rounding
    assert np.abs(network.length_m - shapely.length(found)).max() <= 0.0051
    assert shapely.hausdorff_distance(lines, found).max() <= 1.01
    assert len(network.geometry_xy) < 0.85 * len(as_found.geometry_xy)


@needs_shared
@pytest.mark.parametrize("mode", [WALK, PUSHCHAIR, DRIVE], ids=lambda mode: mode.name)
def test_simplified_lines_change_minutes_by_less_than_a_two_thousandth(
    network: Network, as_found: Network, centres: gpd.GeoDataFrame, mode: TravelMode
) -> None:
    homes = bundled.load_origins("rotherham_oa")
    ours, theirs = (
        travel_time_matrix(streets, homes, centres, mode=mode).minutes.astype(float)
        for streets in (network, as_found)
    )
    reached = np.isfinite(theirs)
    assert np.array_equal(np.isfinite(ours), reached)
    off = np.abs(ours[reached] / theirs[reached] - 1)
    assert off.mean() < 0.0005
    assert abs(ours[reached].sum() / theirs[reached].sum() - 1) < 0.0001


@needs_shared
@pytest.mark.parametrize("mode", [WALK, PUSHCHAIR, DRIVE], ids=lambda mode: mode.name)
def test_a_farther_reach_would_change_no_time_that_counts(
    as_found: Network, wider: Network, centres: gpd.GeoDataFrame, mode: TravelMode
) -> None:
    homes = bundled.load_origins("rotherham_oa")
    ours, theirs = (
        travel_time_matrix(streets, homes, centres, mode=mode).minutes
        for streets in (as_found, wider)
    )
    own = ~centres.index.isin(bundled.load_sites("rotherham_neighbours").index)
    assert np.array_equal(ours[:, own], theirs[:, own])
    assert np.array_equal(ours.min(axis=1), theirs.min(axis=1))


@pytest.fixture(scope="module")
def wider() -> Network:
    """All the source has: the borough and 6 km around it."""
    return with_heights(read_network(EXTRACT), read_terrain(ROOT / "data/terrain/rotherham.npz"))

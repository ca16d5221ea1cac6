"""An analyst with tables and a matrix of her own, by public names and what README and docs say."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest

import eh_access as eh

COMING_FROM = Path(__file__).parents[2] / "docs" / "how-to" / "coming-from.md"
OURS = re.compile(r"`((?:eh|times|network)\.[^`]+\))`")
BY_NETWORK = ("town.osm.pbf", "download_network")


@pytest.fixture(scope="module")
def network() -> eh.Network:
    return eh.read_network("newport")


@pytest.fixture(scope="module")
def homes() -> gpd.GeoDataFrame:
    """Forty places of her own: an id and a point in degrees, nothing else."""
    postcodes = eh.load_origins("newport_postcode").iloc[::50].head(40)
    points = postcodes.geometry.to_crs("EPSG:4326")
    return gpd.GeoDataFrame(geometry=points.array, index=postcodes.index, crs="EPSG:4326")


@pytest.fixture(scope="module")
def places() -> gpd.GeoDataFrame:
    sites = eh.load_sites("newport_sites")
    return gpd.GeoDataFrame(geometry=sites.geometry.array, index=sites.index, crs=sites.crs)


@pytest.fixture(scope="module")
def times(network: eh.Network, homes: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> eh.TravelTimes:
    return eh.travel_time_matrix(network, homes, places, mode="walk", cutoff_min=60)


def test_an_id_and_a_point_answer_who_loses(
    times: eh.TravelTimes, homes: gpd.GeoDataFrame, places: gpd.GeoDataFrame
) -> None:
    closed = places.index[:3].tolist()
    change = eh.compare(times, times, homes, closed=closed)
    wide = times.to_wide()
    added = wide.drop(columns=closed).min(axis=1) - wide.min(axis=1)
    assert set(change.losers().index) == set(added.index[added > 5])
    assert change.losers().to_geo(homes).crs == homes.crs


def test_every_pair_is_there_and_says_why_it_has_no_minutes(times: eh.TravelTimes) -> None:
    pairs = times.to_frame()
    assert {"from_id", "to_id", "travel_time_min", "reason"} <= set(pairs.columns)
    assert len(pairs) == 40 * 12
    missing = ~np.isfinite(pairs["travel_time_min"])
    assert (pairs["reason"].astype(str).str.len() > 0)[missing].all()


def test_a_matrix_of_another_tool_answers_the_same(
    times: eh.TravelTimes, homes: gpd.GeoDataFrame
) -> None:
    """r5py's columns: from_id, to_id, travel_time in whole minutes, missing where there is none."""
    matrix = times.to_frame().rename(columns={"travel_time_min": "travel_time"})
    matrix = matrix[["from_id", "to_id", "travel_time"]]
    matrix["travel_time"] = matrix["travel_time"].replace(np.inf, np.nan).round()
    other = eh.TravelTimes.from_frame(matrix, mode="walk", cutoff_min=60)
    share = eh.coverage(other, homes, cutoff_min=20)
    by_hand = (matrix.groupby("from_id", observed=True)["travel_time"].min() <= 20).mean()
    assert share == pytest.approx(by_hand)


def test_networkx_walks_the_same_minutes(
    network: eh.Network, homes: gpd.GeoDataFrame, places: gpd.GeoDataFrame
) -> None:
    graph = network.to_networkx("walk")
    home, place = homes.iloc[[0]], places.iloc[[0]]
    trip = eh.route(network, home, place, "walk")
    largest = max(nx.strongly_connected_components(graph), key=len)
    a, b = min(largest), max(largest)
    seconds = nx.shortest_path_length(graph, a, b, weight="travel_time")
    metres = nx.shortest_path_length(graph, a, b, weight="length")
    assert 0.4 < metres / seconds < 1.6  # a walk, uphill and down
    assert trip.to_frame().geometry.length.sum() > 0


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda t: t.assign(weight=np.nan), "weight"),
        (lambda t: t.assign(weight=-1.0), "weight"),
        (lambda t: t.set_axis(pd.Index(["same"] * len(t))), "more than once"),
        (
            lambda t: t.set_axis(pd.MultiIndex.from_product([["n"], range(len(t))])),
            "levels",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(
    times: eh.TravelTimes, homes: gpd.GeoDataFrame, spoil: object, sentence: str
) -> None:
    with pytest.raises(eh.InputError, match=sentence) as refused:
        eh.compare(times, times, spoil(homes), closed=["gaer-community-centre"])
    assert all(fault.startswith("origins") for fault in refused.value.faults)


def test_by_bus_and_back_again(
    network: eh.Network, homes: gpd.GeoDataFrame, places: gpd.GeoDataFrame, times: eh.TravelTimes
) -> None:
    timetable = eh.read_timetable(eh.timetable_path("newport"), "tuesday")
    walks, back = (
        eh.find_walks(network, timetable, homes, places, mode="walk", direction=direction)
        for direction in ("to_sites", "from_sites")
    )
    bus = eh.transit_times(timetable, walks, window=("09:30", "10:30"))
    by_bus = bus.to_travel_times()
    on_foot, either = times.to_wide(), by_bus.to_wide()
    assert (either <= on_foot + 0.11).all(axis=None)  # walking all the way always counts
    assert (either < on_foot - 5).any(axis=None)
    windows = {site: [eh.Window("tue", "10:00", "11:30")] for site in places.index}
    found = eh.visits(windows, walks, back, timetable=timetable, each_way_min=60)
    rows = found.to_frame()
    at_session = rows[rows["barrier"] == "none"]
    assert len(rows) == 40 * 12
    assert 0 < len(at_session) < len(rows)
    assert (at_session["out_leave"] < "10:00").all()
    assert (at_session["home_at"] > "11:30").all()
    with pytest.raises(eh.InputError, match="windows"):
        eh.visits(timetable, walks, back)
    with pytest.raises(eh.InputError, match="find_walks"):
        eh.visits(windows, timetable, back)
    with pytest.raises(eh.InputError, match="timetable"):
        eh.transit_times(walks, timetable, window="10:00")


def test_geoparquet_goes_back_to_geopandas(
    times: eh.TravelTimes, homes: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    change = eh.compare(times, times, homes, closed=["gaer-community-centre"])
    change.frame.to_geo(homes).to_parquet(tmp_path / "change.parquet")
    again = gpd.read_parquet(tmp_path / "change.parquet")
    assert again.crs == homes.crs
    assert again["weight"].sum() == 40


def test_what_stands_beside_the_names_of_other_tools_runs() -> None:
    network, homes, sites = eh.example_street()
    times = eh.travel_time_matrix(network, homes, sites, mode="walk")
    matrix = times.to_frame().rename(columns={"travel_time_min": "travel_time"})
    known = {"eh": eh, "network": network, "times": times, "matrix": matrix}
    known |= {"o": homes, "origins": homes, "d": sites, "sites": sites}
    known |= {"graph": network.to_networkx("walk"), "home": homes.iloc[[0]]}
    known |= {"site": sites.iloc[[0]]}
    rows = COMING_FROM.read_text(encoding="utf-8").splitlines()
    lines = [line for row in rows for line in OURS.findall(row.partition(" | ")[2])]
    ran = [line for line in lines if not any(word in line for word in BY_NETWORK)]
    assert len(ran) > 8
    for line in ran:
        assert eval(line.replace("keep=9", "keep=1"), known) is not None  # noqa: S307 - our page

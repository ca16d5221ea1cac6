"""Tables of one's own go all the way: in through one door, out with their places."""

from __future__ import annotations

import dataclasses
import inspect
import logging
import re
from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pandas as pd
import pytest

import eh_access as eh
from eh_access.arguments import GIVE
from eh_access.errors import InputError, NotFoundError
from eh_access.publish.interactive import external_references

IN_EVERY_DRAW = {"judge", "open_sites"}
"""Functions that are called thousands of times in a run, and check nothing they need not."""


def points(*ids: object, **columns: object) -> gpd.GeoDataFrame:
    """Return places in a row, 100 m apart along the street of `example_street`."""
    street = eh.example_street()[0]
    x = street.node_x[0] + 100.0 * np.arange(len(ids))
    y = np.full(len(ids), street.node_y[0])
    return gpd.GeoDataFrame(
        columns, geometry=gpd.points_from_xy(x, y), index=pd.Index(ids), crs="EPSG:27700"
    )


@pytest.fixture(scope="module")
def street() -> eh.Network:
    return eh.example_street()[0]


def test_ids_and_points_are_enough(street: eh.Network, caplog: pytest.LogCaptureFixture) -> None:
    homes, sites = points("a", "b", "c"), points("x", "y", "z")
    times = eh.travel_time_matrix(street, homes, sites, mode="walk")
    with caplog.at_level(logging.WARNING):
        change = eh.compare(times, times, homes, closed=["z"], loser_min=0.5)
    assert "origins have no column 'weight': each counts as one" in caplog.text
    assert change.frame["weight"].tolist() == [1.0, 1.0, 1.0]
    assert change.losers().index.tolist() == ["c"]
    assert eh.coverage(times, homes, cutoff_min=0.5, sites="x") == pytest.approx(1 / 3)
    after = eh.apply_scenario(sites, eh.Scenario.closing("z"))
    before = eh.apply_scenario(sites, eh.BASELINE)
    side = eh.Side(sites=before, times={"walk": times})
    ranked = eh.rank_alternatives(
        side, homes, close=1, options=eh.AlternativeOptions(council=("z",))
    )
    assert len(ranked.frame) == 3
    assert after["is_open"].tolist() == [True, True, False]


def test_columns_of_usual_names_are_taken_and_said(caplog: pytest.LogCaptureFixture) -> None:
    listed = pd.DataFrame(
        {"Centre ID": ["a"], "Centre name": ["A"], "Easting": [330000], "Northing": [190000]}
    )
    in_degrees = pd.DataFrame(
        {"LSOA21CD": ["W01"], "Lat": [51.603], "Long": [-3.012], "Children": [7]}
    )
    with caplog.at_level(logging.WARNING):
        sites, homes = eh.check_sites(listed), eh.check_origins(in_degrees)
        by_index = eh.check_origins(in_degrees.set_index("LSOA21CD"), source="homes.csv")
    assert sites.index.tolist() == ["a"]
    assert sites.loc["a", "name"] == "A"
    assert homes.geometry.distance(sites.geometry.iloc[0]).item() < 500
    assert homes["weight"].tolist() == by_index["weight"].tolist() == [7.0]
    assert homes["weight_basis"].tolist() == ["not stated"]
    assert by_index.index.tolist() == ["W01"]
    assert "sites: columns taken for ours: 'Centre ID' for site_id" in caplog.text
    assert "'Children' for weight" in caplog.text
    assert "homes.csv: columns taken for ours: 'LSOA21CD' for origin_id" in caplog.text


@pytest.mark.parametrize(
    ("column", "fault"),
    [
        ([1.0, np.nan, 1.0], "origins, weight: row 2 is nan"),
        ([1.0, 1.0, -3.0], "origins, weight: row 3 is -3"),
        ([1, pd.NA, 1], "origins, weight: row 2 is nan"),
        (["one", 1, 1], "origins, weight: give numbers of 0 or more"),
    ],
)
def test_weights_are_checked_at_every_door(
    column: list[object], fault: str, street: eh.Network
) -> None:
    homes, sites = points("a", "b", "c", weight=column), points("x")
    times = eh.travel_time_matrix(street, homes, sites, mode="walk")
    for use in (
        lambda: eh.compare(times, times, homes),
        lambda: eh.coverage(times, homes, cutoff_min=5),
        lambda: eh.choose_sites(times, homes, keep=1),
        lambda: eh.coverage_within(street, homes, sites, mode="walk", cutoffs_min=5),
    ):
        with pytest.raises(InputError, match=fault):
            use()


@pytest.mark.parametrize("name", ["Children", "under_5s", "Families"])
def test_a_count_of_a_usual_name_weighs_at_every_door(
    name: str, street: eh.Network, caplog: pytest.LogCaptureFixture
) -> None:
    homes, sites = points("a", "b", "c", **{name: [5, 0, 3]}), points("x", "z")
    times = eh.travel_time_matrix(street, homes, sites, mode="walk")
    with caplog.at_level(logging.WARNING):
        change = eh.compare(times, times, homes, closed="z")
    assert f"origins: columns taken for ours: '{name}' for weight" in caplog.text
    assert change.frame["weight"].tolist() == [5.0, 0.0, 3.0]
    assert eh.coverage(times, homes, cutoff_min=0.5, sites="x") == pytest.approx(5 / 8)
    with pytest.raises(InputError, match=f"origins, {name}: row 2 is -1"):
        eh.compare(times, times, points("a", "b", "c", **{name: [5, -1, 3]}))


def test_a_misspelt_weight_is_not_taken_for_none(street: eh.Network) -> None:
    homes = points("a", "b", wieght=[3.0, 4.0])
    times = eh.travel_time_matrix(street, homes, points("x"), mode="walk")
    with pytest.raises(InputError, match="column 'weight' is missing; did you mean 'wieght'"):
        eh.compare(times, times, homes)


@pytest.mark.parametrize(
    ("ids", "fault"),
    [
        (pd.Index(["a", "a"]), "1 id stands more than once, the first 'a'"),
        (pd.Index(["a", None]), "row 2 has no id"),
        (
            pd.MultiIndex.from_tuples([("S60", 1), ("S60", 2)], names=["area", "home"]),
            r"the index has 2 levels \(area, home\)",
        ),
    ],
)
def test_an_index_that_names_no_row_is_refused(
    ids: pd.Index, fault: str, street: eh.Network
) -> None:
    odd = points("a", "b").set_axis(ids)
    with pytest.raises(InputError, match=f"origins: {fault}"):
        eh.travel_time_matrix(street, odd, points("x"), mode="walk")
    with pytest.raises(InputError, match=f"sites: {fault}"):
        eh.travel_time_matrix(street, points("x"), odd, mode="walk")


def test_ids_of_another_type_are_named(street: eh.Network) -> None:
    times = eh.travel_time_matrix(street, points("a"), points(0, 1), mode="walk")
    with pytest.raises(NotFoundError, match="ids are of type int, this is str: give 0"):
        times.nearest("0")


def test_a_scenario_for_closed_sites_is_answered_with_what_to_give(street: eh.Network) -> None:
    homes = points("a", weight=[1.0])
    times = eh.travel_time_matrix(street, homes, points("x", "z"), mode="walk")
    with pytest.raises(InputError, match=r"closed is a Scenario; give ids of sites"):
        eh.compare(times, times, homes, closed=eh.Scenario.closing("z"))  # type: ignore[arg-type]


def test_results_find_their_places(street: eh.Network) -> None:
    homes = points("a", "b", "c", weight=[1.0, 2.0, 3.0], area_id=["n", "n", "s"])
    times = eh.travel_time_matrix(street, homes, points("x", "z"), mode="walk")
    change = eh.compare(times, times, homes, closed="z", loser_min=0.5)
    lost = change.losers().to_geo(homes)
    assert lost.crs == homes.crs
    assert lost.geometry.tolist() == homes.geometry[lost.index].tolist()
    assert lost["weight"].tolist() == change.losers()["weight"].tolist()
    assert "area_id" in lost.columns
    assert change.frame.to_geo(homes).columns.is_unique
    areas = gpd.GeoDataFrame(geometry=homes.buffer(50)[:2].set_axis(["n", "s"]))
    assert change.summary("area_id").to_geo(areas)["origins"].tolist() == [2, 1]
    with pytest.raises(NotFoundError, match="2 rows have no place, the first 'n'"):
        change.summary("area_id").to_geo(homes)


def test_pairs_come_back_as_they_went(street: eh.Network) -> None:
    times = eh.travel_time_matrix(street, points("a", "b"), points("x", "y"), mode="walk")
    long = times.to_frame().rename(columns={"travel_time_min": "travel_time"})
    again = eh.TravelTimes.from_frame(long, mode="walk", cutoff_min=times.cutoff_min)
    pd.testing.assert_frame_equal(
        again.to_wide(), times.to_wide(), check_names=False, check_index_type=False
    )


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"travel_time": [1, -2, 3]}, "row 2: 'travel_time' is no number of minutes"),
        ({"travel_time": [1, "soon", 3]}, "row 2: 'travel_time' is no number of minutes"),
        ({"to_id": ["x", None, "x"]}, "row 2: an id is empty"),
        ({"from_id": ["a", "a", "b"]}, "row 2: the pair stands in an earlier row already"),
    ],
)
def test_pairs_that_cannot_be_meant_are_refused(changed: dict[str, object], fault: str) -> None:
    frame = pd.DataFrame(
        {"from_id": ["a", "b", "c"], "to_id": ["x", "x", "x"], "travel_time": [1.0, 2.0, 3.0]}
    )
    with pytest.raises(InputError, match=fault):
        eh.TravelTimes.from_frame(frame.assign(**changed), mode="walk", cutoff_min=30)
    with pytest.raises(InputError, match="column 'to_id' is missing"):
        eh.TravelTimes.from_frame(frame.drop(columns="to_id"), mode="walk", cutoff_min=30)


def test_millions_of_pairs_fit_in_memory() -> None:
    fine = {"status": "ok", "reason": "", "offset_m": 0.0}
    origins, sites = (pd.DataFrame(fine, index=pd.RangeIndex(n).astype(str)) for n in (2500, 400))
    minutes = np.full((2500, 400), 5.0, dtype=np.float32)
    minutes[::7, 3] = np.inf
    times = eh.TravelTimes(
        minutes=minutes,
        origin_status=origins,
        site_status=sites,
        mode=eh.WALK,
        cutoff_min=30.0,
        method="made up",
    )
    frame = times.to_frame()
    assert frame.memory_usage(deep=True).sum() < 16e6  # bytes, for a million rows
    lost = frame[frame["status"] == "unreached"]
    assert len(lost) == len(range(0, 2500, 7))
    assert set(lost["to_id"]) == {"3"}
    assert set(lost["reason"]) == {"not reached within 30 minutes"}


@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_the_graph_of_networkx_is_as_quick(mode: str) -> None:
    newport = eh.read_network("newport")
    graph = newport.to_networkx(mode)
    assert graph.number_of_nodes() == newport.node_count
    start = int(newport.edge_from[newport.edge_count // 2])
    seconds = nx.single_source_dijkstra_path_length(graph, start, weight="travel_time")
    minutes = newport.one_to_all([start], mode=mode)[:, 0]
    assert set(seconds) == set(np.flatnonzero(np.isfinite(minutes)).tolist())
    assert max(abs(s / 60 - minutes[node]) for node, s in seconds.items()) < 1e-3


def test_streets_and_trips_draw_themselves(street: eh.Network) -> None:
    frame = street.to_frame()
    assert frame.geometry.length.round(6).tolist() == frame["length_m"].tolist()
    trip = eh.route(street, points("a").iloc[0], points("x", "y").iloc[1], "walk")
    for drawn in (street.plot(), trip.plot()):
        assert len(drawn.collections) >= 1
        plt.close(drawn.figure)
    for page in (street.explore(), trip.explore()):
        assert "LineString" in page.get_root().render()


def test_land_within_reach_is_one_page_that_needs_no_other_host(
    street: eh.Network, tmp_path: Path
) -> None:
    land = eh.isochrones(street, points("x"), mode="walk", cutoffs_min=[2, 5])
    land.explore().save(tmp_path / "land.html")
    page = (tmp_path / "land.html").read_text(encoding="utf-8")
    assert external_references(page) == ()
    assert page.count('"type": "Polygon"') == 2
    assert page.index('"cutoff_min": "5.0"') < page.index(
        '"cutoff_min": "2.0"'
    )  # the smaller on top
    assert len(land.plot("cutoff_min").collections) > 0
    plt.close("all")


def test_a_csv_has_blanks_where_nothing_is_reached_and_shares_name_what_they_are_of(
    street: eh.Network,
) -> None:
    homes = points("a", "b", "c", weight=[996.0, 1.0, 3.0])
    minutes = np.array([[1.0, 2.0], [np.inf, 4.0], [np.inf, 2.0]])
    walk = eh.travel_time_matrix(street, homes, points("x", "z"), mode="walk")
    times = dataclasses.replace(walk, minutes=minutes)
    change = eh.compare(times, times, homes, closed="z")
    written = change.losers().to_csv()
    assert written.splitlines()[1:] == ["b,4.0,,,1.0,z,,loses_all", "c,2.0,,,3.0,z,,loses_all"]
    pairs = times.to_frame().query("from_id == 'b'")
    assert pairs.to_csv(index=False).splitlines()[1].startswith("b,x,,unreached,not reached")
    assert np.isinf(change.losers()["after_min"]).all()  # in Python it is the number it was
    # 4 of 1,000 lose, all that they had: of all weight, not of those who lose
    assert "share of all weight that goes over 5 minutes further: under 1%" in repr(change)
    assert "share of all weight left out of reach: under 1%" in repr(change)
    assert "share of all weight that goes over 5 minutes less: 0%" in repr(change)


def test_a_first_argument_of_another_kind_is_answered_with_what_to_give() -> None:
    asked = 0
    for name in eh.__all__:
        function = getattr(eh, name)
        if not inspect.isfunction(function) or name in IN_EVERY_DRAW:
            continue
        first = next(iter(inspect.signature(function).parameters.values()), None)
        if first is not None and first.annotation in GIVE:
            with pytest.raises(InputError, match=rf"^{first.name}(:| is) an? .*; give "):
                function(3)
            asked += 1
    assert asked > 50


@pytest.mark.parametrize(
    ("use", "fault"),
    [
        (lambda t, h: eh.compare(t, t, h, closed="z", loser_min=np.nan), "loser_min is nan; give"),
        (lambda t, h: eh.compare(t, t, h, closed="z", loser_min=-1), "loser_min is -1; give"),
        (lambda t, h: eh.compare(t, t, h, closed="z").curve("x"), "cutoffs_min is 'x'; give"),
        (lambda t, h: eh.compare(t, t, h, closed="z").curve([-1]), "cutoffs_min is -1; give"),
        (lambda t, h: eh.coverage(t, h, cutoff_min=np.nan), "cutoff_min is nan; give"),
        (lambda t, h: eh.coverage(t, h, cutoff_min="30"), "cutoff_min is '30'; give"),
        (lambda t, h: eh.coverage(t, h, cutoff_min=300), "300, and times were worked out to 120"),
        (lambda t, _: eh.cumulative_opportunities(t, cutoff_min=[5]), r"cutoff_min is \[5\]; give"),
        (lambda t, h: eh.compare(t, t, h).losers().to_geo(3), "places: a int, no table of points"),
        (lambda t, h: t.plot(h, sites=pd.DataFrame({"x": [1]})), "sites: a DataFrame, no table"),
        (lambda *_: eh.Scenario.closing(), r"give ids, as in closing\('a', 'b'\)"),
        (lambda *_: eh.Scenario.closing(["a", "b"]), r"give ids, as in closing\('a', 'b'\)"),
        (lambda *_: eh.Scenario("s", (eh.Close("a"),)), "label is .*; give words"),
    ],
)
def test_what_cannot_be_meant_is_told(use: object, fault: str, street: eh.Network) -> None:
    homes = points("a", "b", "c")
    times = eh.travel_time_matrix(street, homes, points("x", "z"), mode="walk")
    with pytest.raises(InputError, match=fault):
        use(times, homes)


def test_latitude_for_longitude_is_no_estimate_of_nought() -> None:
    homes, sites, _ = eh.example_trips()
    homes = homes.to_crs("EPSG:4326")
    turned = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(homes.geometry.y, homes.geometry.x),
        index=homes.index,
        crs=homes.crs,
    )
    with pytest.raises(InputError, match=r"far outside Great Britain.*they look swapped"):
        eh.estimate_travel_times(turned, sites, mode="walk")


def test_sites_of_an_id_and_a_point_are_drawn_and_open(street: eh.Network) -> None:
    homes, sites = points("a", "b", "c"), points("x", "y", "z")
    times = eh.travel_time_matrix(street, homes.geometry, sites, mode="walk")
    change = eh.compare(times, times, homes.geometry, closed="z", loser_min=0.5)
    for result in (times, change):
        drawn = result.plot(homes, sites=sites)
        assert "z" in [text.get_text() for text in drawn.texts]
        assert '"place": "z"' in result.explore(homes, sites=sites).get_root().render()
        plt.close(drawn.figure)
    assert eh.open_sites(sites, full_time=True, full_time_from_hours=25).tolist() == ["x", "y", "z"]
    assert eh.hours_reachable(times, sites, cutoff_min=60, full_hours=25).tolist() == [75.0] * 3


def test_a_picture_in_a_notebook_says_in_words_what_it_shows(street: eh.Network) -> None:
    homes, sites = points("a", "b", "c"), points("x", "z")
    land = eh.isochrones(street, sites, mode="walk", cutoffs_min=[2, 5])
    times = eh.travel_time_matrix(street, homes, sites, mode="walk")
    trip = eh.route(street, homes.iloc[0], sites.iloc[1], "walk")
    for axes, words in (
        (land.plot(), "Land within reach, on foot.*within 2 minutes; within 5 minutes"),
        (land[land["cutoff_min"] == 5].plot(), "within 5 minutes"),
        (times.plot(homes), "Minutes to the nearest site, on foot.*under 10 minutes"),
        (street.plot(), "Streets © OpenStreetMap contributors"),
        (trip.plot(), "a to z, "),
    ):
        shown = axes.figure._repr_html_()
        assert re.match(rf'<img alt="[^"]*{words}[^"]*" ', shown)
        plt.close(axes.figure)


def test_a_source_is_shown_in_a_notebook_as_a_table() -> None:
    source = eh.Provenance(title="Streets", publisher="OpenStreetMap", licence="ODbL 1.0")
    assert "<td>licence</td><td>ODbL 1.0</td>" in source._repr_html_()
    assert "sha256" not in source._repr_html_()  # it was read from no file

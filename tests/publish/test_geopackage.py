from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from eh_access.measures.scenarios import rough_radius_m
from eh_access.network.model import Network
from eh_access.network.osm import read_network
from eh_access.publish.attribution import credit_lines
from eh_access.publish.table import Table
from eh_access.publish.wording import Wording
from eh_access.publish.writers.geopackage import (
    geopackage_metadata,
    layers,
    site_status,
    streets_layer,
    write_geopackage,
)
from eh_access.routing.isochrones import isochrones
from eh_access.sources import bundled
from eh_access.study import findings
from eh_access.study.config import load_study
from eh_access.study.findings import find_maps
from eh_access.study.result import StudyResult
from eh_access.study.run import run_study
from map_study import study_text, write_tables
from toys import grid_town


def write(result: StudyResult, path: Path) -> Path:
    about = geopackage_metadata(result.study, Wording.of(result), result.provenance)
    write_geopackage(layers(result, find_maps(result)), path, metadata=about)
    return path


@pytest.fixture(scope="module")
def path(toy: StudyResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(toy, tmp_path_factory.mktemp("gpkg") / "results.gpkg")


@pytest.fixture(scope="module")
def on_streets(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    folder = tmp_path_factory.mktemp("streets")
    write_tables(folder)
    (folder / "study.toml").write_text(study_text(), encoding="utf-8")
    return run_study(load_study(folder), network=grid_town(20, 20))


def rows_of(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def test_the_layers_open_in_the_national_grid(path: Path) -> None:
    names = [name for name, kind in pyogrio.list_layers(path) if kind is not None]
    assert names == ["sites", "rough_sites", "origins", "areas"]
    for name in names:
        assert gpd.read_file(path, layer=name).crs.to_epsg() == 27700


def test_lines_around_roughly_known_sites_stop_at_the_borough(path: Path, toy: StudyResult) -> None:
    lines = gpd.read_file(path, layer="rough_sites").set_index("site_id")
    rough = toy.sites[rough_radius_m(toy.sites) > 0]
    assert set(lines.index) == set(rough.index)
    assert lines.within(toy.borough.buffer(1)).all()
    for site, line in lines.geometry.items():
        radius_m = rough.loc[site, "location_radius_m"]
        away_m = rough.geometry[site].distance(shapely.points(shapely.get_coordinates(line)))
        assert away_m.max() <= radius_m + 0.01


def test_streets_are_there_when_routes_followed_them(
    on_streets: StudyResult, tmp_path: Path
) -> None:
    made = write(on_streets, tmp_path / "s.gpkg")
    streets = gpd.read_file(made, layer="streets")
    network = on_streets.network
    assert streets["length_m"].sum() == pytest.approx(
        network.length_m.sum(), abs=0.01 * len(streets)
    )
    # a bend of under a metre may be left out
    np.testing.assert_allclose(streets.length, streets["length_m"], rtol=0.02, atol=0.01)


def test_a_street_is_what_hangs_together_under_one_name_and_kind() -> None:
    network = read_network(bundled.network_path("newport"))
    streets = streets_layer(network.to_frame()).frame
    names = [*network.names, ""]
    by_street: dict[tuple[str, str, int], nx.Graph] = {}
    for edge in range(network.edge_count):
        tags = network.tag_sets[network.edge_tags[edge]]
        of_street = (
            names[network.edge_name[edge]],
            tags.get("highway", ""),
            int(network.edge_way[edge]),
        )
        graph = by_street.setdefault(of_street, nx.Graph())
        u, v = int(network.edge_from[edge]), int(network.edge_to[edge])
        known = graph.get_edge_data(u, v, {"metres": 0.0})["metres"]
        graph.add_edge(u, v, metres=known + network.length_m[edge])
    expected = sorted(
        (*of_street, round(graph.subgraph(part).size("metres"), 1))
        for of_street, graph in by_street.items()
        for part in nx.connected_components(graph)
    )
    columns = ["name", "highway", "osm_way_id"]
    found = sorted(
        (*row, round(metres, 1))
        for row, metres in zip(
            streets[columns].fillna({"osm_way_id": 0}).itertuples(index=False, name=None),
            streets["length_m"],
            strict=True,
        )
    )
    assert [row[:3] for row in found] == [row[:3] for row in expected]
    np.testing.assert_allclose([row[3] for row in found], [row[3] for row in expected], atol=0.11)


def test_streets_without_ids_say_so_with_no_id() -> None:
    streets = streets_layer(read_network(bundled.network_path("rotherham")).to_frame()).frame
    assert streets["osm_way_id"].isna().all()


def test_isochrones_lie_around_the_sites_that_have_a_place(
    on_streets: StudyResult, tmp_path: Path
) -> None:
    reached = gpd.read_file(write(on_streets, tmp_path / "i.gpkg"), layer="isochrones")
    sites = on_streets.sites.geometry.loc[reached["site_id"]]
    assert sorted(reached["site_id"]) == ["a", "b", "c"]
    assert (reached.distance(gpd.GeoSeries(sites.to_numpy(), crs=27700)) < 600).all()


def test_areas_hold_what_the_tables_print(path: Path, toy_tables: Mapping[str, Table]) -> None:
    areas = gpd.read_file(path, layer="areas").set_index("area_id")
    table = toy_tables["areas"].where(scenario="B keeps ten hours", mode="on foot").frame
    group = table["group"].str.split(" ").str[0]
    for column, key, factor in (
        ("sessions_walk_change_min", "mean_change_min", 1),
        ("sessions_walk_within_after_share", "within_share_after", 100),
        ("sessions_walk_loses_weight", "weight_loses", 1),
    ):
        told = areas.loc[group, column].to_numpy() * factor
        np.testing.assert_allclose(told, table[key], atol=0.0501 if key != "weight_loses" else 0.5)


def test_out_of_reach_is_infinite_in_the_file(toy: StudyResult, path: Path) -> None:
    origins = gpd.read_file(path, layer="origins").set_index("origin_id")
    expected = toy.comparisons_full_time["move-b", "walk"].frame["after_min"]
    told = origins.loc[expected.index, "walk_full_time_after_min"]
    np.testing.assert_allclose(told, expected, atol=1e-4)
    assert not told.isna().any()


def test_what_counts_full_time_sites_alone_says_so(path: Path) -> None:
    """The map's own switch has any open site too; whoever opens the file must know which it is."""
    columns = set(gpd.read_file(path, layer="origins").columns)
    timed = {name for name in columns if name.endswith(("_min", "_outcome", "site_after"))}
    assert timed
    assert all("_full_time_" in name for name in timed)
    told = dict(rows_of(path, "SELECT table_name, description FROM gpkg_contents"))
    for name in ("origins", "areas"):
        assert "nearest full-time" in told[name]


def test_every_row_says_whether_it_is_an_estimate(
    path: Path, on_streets: StudyResult, tmp_path: Path
) -> None:
    for file, estimated in ((path, True), (write(on_streets, tmp_path / "e.gpkg"), False)):
        for name, kind in pyogrio.list_layers(file):
            if kind is not None:
                assert set(gpd.read_file(file, layer=name)["estimated"]) == {estimated}
        told = dict(rows_of(file, "SELECT table_name, description FROM gpkg_contents"))
        assert ("INDICATIVE" in told["origins"]) is estimated


def test_a_site_without_a_place_is_a_row_without_one(path: Path) -> None:
    sites = gpd.read_file(path, layer="sites").set_index("site_id")
    assert sites.loc["u"].geometry is None
    assert sites.loc["u", "location_basis"] == "unknown"


def test_what_happens_to_each_site(toy: StudyResult) -> None:
    before, *others = toy.scenario_sites.values()
    status = {
        name: site_status(before, sites, full_time_from_hours=25.0)
        for name, sites in zip(toy.scenario_names[1:], others, strict=True)
    }
    assert status["close-b"]["b"] == "closes"
    assert status["sessions"]["b"] == "becomes part-time"
    assert status["move-b"]["b"] == "moves"
    assert (status["close-b"][["a", "c", "u"]] == "stays full-time").all()


def test_every_layer_brings_a_style_that_qgis_can_parse(path: Path) -> None:
    styles = rows_of(path, "SELECT f_table_name, styleQML, useAsDefault FROM layer_styles")
    assert [name for name, _, _ in styles] == ["sites", "rough_sites", "origins", "areas"]
    for name, qml, default in styles:
        renderer = ET.fromstring(qml).find("renderer-v2")  # noqa: S314 - our own file
        assert default
        if name == "rough_sites":  # all drawn alike
            assert renderer.get("type") == "singleSymbol"
            continue
        assert renderer.get("attr") in gpd.read_file(path, layer=name).columns
        symbols = {symbol.get("name") for symbol in renderer.iter("symbol")}
        used = {
            item.get("symbol") for kind in ("range", "category") for item in renderer.iter(kind)
        }
        assert used == symbols


def test_licences_and_credits_are_inside(toy: StudyResult, path: Path) -> None:
    ((text,),) = rows_of(path, "SELECT metadata FROM gpkg_metadata")
    assert all(line in text for line in credit_lines(toy.provenance))
    assert "INDICATIVE" in text


def test_the_same_result_gives_the_same_bytes(toy: StudyResult, path: Path, tmp_path: Path) -> None:
    assert write(toy, tmp_path / "again.gpkg").read_bytes() == path.read_bytes()


def test_gdals_settings_are_left_alone(toy: StudyResult, tmp_path: Path) -> None:
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2001-02-03T04:05:06.000Z"})
    try:
        write(toy, tmp_path / "x.gpkg")
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "2001-02-03T04:05:06.000Z"
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="ogrinfo is not installed")
def test_ogrinfo_opens_it_without_a_word_of_complaint(path: Path) -> None:
    done = subprocess.run(
        ["ogrinfo", "-so", "-al", str(path)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_a_place_is_drawn_once_however_many_scenarios_move_a_site_there(
    on_streets: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, drawn = on_streets.study, Counter[tuple[str, str, str]]()

    def counting(network: Network, sites: gpd.GeoDataFrame, **options: Any) -> gpd.GeoDataFrame:  # noqa: ANN401 - as given
        places = sites.geometry.to_wkt().items()
        drawn.update(
            (options["mode"].name, *place) for place in places if len(options["cutoffs_min"]) > 1
        )
        return isochrones(network, sites, **options)

    (move,) = (item for item in study.scenarios if item.name == "move-b")
    twice = (*study.scenarios, move.model_copy(update={"name": "again"}))
    again = replace(
        on_streets,
        study=study.model_copy(update={"scenarios": twice}),
        scenario_sites={**on_streets.scenario_sites, "again": on_streets.scenario_sites["move-b"]},
        moved={**on_streets.moved, "again": on_streets.moved["move-b"]},
    )
    monkeypatch.setattr(findings, "isochrones", counting)
    land = find_maps(again).isochrones
    assert set(drawn.values()) == {1}
    one, two = (
        land[land["scenario"] == name].drop(columns="scenario").reset_index(drop=True)
        for name in ("move-b", "again")
    )
    assert len(one) == len(again.modes) * len(findings.CUTOFFS_MIN)
    pd.testing.assert_frame_equal(one, two)

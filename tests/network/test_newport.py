"""The bundled streets of Newport, held against the extract they were made from."""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from eh_access.modes import DRIVE, MODES, PUSHCHAIR, WALK
from eh_access.network.cost import SLOPE_UNKNOWN, edge_cost
from eh_access.network.describe import describe
from eh_access.network.io import read_network_file
from eh_access.network.model import CLOSED_DS, Network
from eh_access.network.rules import evaluate

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
EXTRACT = SHARED / "data/newport/newport-2023-06-13.osm.pbf"
BUNDLED = ROOT / "data/networks/newport.npz"
needs_extract = pytest.mark.skipif(
    not EXTRACT.exists(), reason="the shared source data is not here"
)


@pytest.fixture(scope="module")
def newport() -> Network:
    return read_network_file(BUNDLED)


@pytest.fixture(scope="module")
def ways() -> pd.DataFrame:
    """Return every way of the extract that is a street, measured on the ellipsoid by itself."""
    geod, rows = Geod(ellps="WGS84"), []
    squares: dict[int, dict[str, str]] = {}
    areas = osmium.filter.TagFilter(("type", "multipolygon"))
    for area in osmium.FileProcessor(str(EXTRACT), osmium.osm.RELATION).with_filter(areas):
        assert isinstance(area, osmium.osm.Relation)
        if "highway" in area.tags:
            squares |= {item.ref: dict(area.tags) for item in area.members if item.type == "w"}
    for way in osmium.FileProcessor(str(EXTRACT)).with_locations():
        if isinstance(way, osmium.osm.Way):
            tags = dict(way.tags)
            if "highway" not in tags and way.id in squares:
                tags = {**squares[way.id], "area": "yes"}
            if "highway" in tags or tags.get("railway") == "platform":
                lon, lat = zip(*((n.location.lon, n.location.lat) for n in way.nodes), strict=True)
                rows.append((way.id, geod.line_length(lon, lat), tags))
    return pd.DataFrame(rows, columns=["way", "metres", "tags"]).set_index("way")


@needs_extract
def test_the_bundled_file_is_what_the_tool_makes(tmp_path: Path) -> None:
    path = ROOT / "tools/build_newport.py"
    spec = importlib.util.spec_from_file_location("build_newport", path)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.build(SHARED, tmp_path).read_bytes() == BUNDLED.read_bytes()


@needs_extract
def test_every_way_is_there_in_full_or_closed_to_all(newport: Network, ways: pd.DataFrame) -> None:
    # the figures of the extract's own description
    highways = ways[ways["tags"].map(lambda tags: "highway" in tags and "type" not in tags)]
    assert len(highways) == 8965
    assert highways["metres"].sum() / 1000 == pytest.approx(1020, abs=2)
    ours = pd.Series(newport.length_m).groupby(newport.edge_way).sum().drop(0)
    is_open = ways["tags"].map(
        lambda tags: any(evaluate(tags, mode).is_open for mode in MODES.values())
    )
    assert set(ours.index) == set(ways.index[is_open])
    # the grid's scale here is within 0.03 % of the ground's; a centimetre for each of the points
    metres = ways.loc[ours.index, "metres"]
    assert (np.abs(ours - metres) < 0.0004 * metres + 0.2).all()
    assert ours.sum() == pytest.approx(metres.sum(), rel=0.0004)
    closed = ways[~is_open]
    assert 0.03 < closed["metres"].sum() / ways["metres"].sum() < 0.08


@needs_extract
def test_names_tags_and_directions_are_those_of_the_ways(
    newport: Network, ways: pd.DataFrame
) -> None:
    drive = edge_cost(newport, DRIVE)
    checked = 0
    for edge in np.flatnonzero(newport.edge_way > 0)[::7].tolist():
        tags = ways.loc[int(newport.edge_way[edge]), "tags"]
        kept = newport.tag_sets[newport.edge_tags[edge]]
        assert kept.items() <= tags.items()
        name = int(newport.edge_name[edge])
        assert (newport.names[name] if name >= 0 else "") == tags.get("name", tags.get("ref", ""))
        if tags.get("highway") in {"primary", "secondary", "residential"} and len(kept) < 3:
            checked += 1
            assert drive.forward_ds[edge] < CLOSED_DS
            assert (drive.backward_ds[edge] == CLOSED_DS) == (tags.get("oneway") == "yes")
    assert checked > 200


def test_the_main_part_is_networkx_s_largest(newport: Network) -> None:
    for mode in (WALK, DRIVE):
        cost = edge_cost(newport, mode)
        graph = nx.DiGraph()
        ahead, back = cost.forward_ds < CLOSED_DS, cost.backward_ds < CLOSED_DS
        start, end = newport.edge_from.tolist(), newport.edge_to.tolist()
        graph.add_edges_from((start[e], end[e]) for e in np.flatnonzero(ahead).tolist())
        graph.add_edges_from((end[e], start[e]) for e in np.flatnonzero(back).tolist())
        largest = max(nx.strongly_connected_components(graph), key=len)
        expected = [
            bool(u in largest and v in largest and (a or b) and metres > 0)
            for u, v, a, b, metres in zip(start, end, ahead, back, newport.length_m, strict=True)
        ]
        assert cost.main.tolist() == expected
        assert np.mean(expected) > 0.5


def test_walking_speed_is_walking_speed(newport: Network) -> None:
    cost = edge_cost(newport, WALK.without_hills())
    is_open = (cost.forward_ds < CLOSED_DS) & (newport.length_m > 20)
    km_h = newport.length_m[is_open] / (cost.forward_ds[is_open] / 10) * 3.6
    assert km_h == pytest.approx(4.8, rel=0.005)
    assert (cost.forward_ds == cost.backward_ds).all()


def test_a_pushchair_goes_nowhere_one_cannot_walk(newport: Network) -> None:
    on_foot, pushed = edge_cost(newport, WALK), edge_cost(newport, PUSHCHAIR)
    assert (pushed.forward_ds >= on_foot.forward_ds).all()
    steps = [tags.get("highway") == "steps" for tags in newport.tag_sets]
    on_steps = np.array(steps)[newport.edge_tags]
    assert on_steps.sum() > 100
    # ramp=no is all that is tagged here
    assert (pushed.forward_ds[on_steps] == CLOSED_DS).all()


def test_the_file_is_small_and_says_where_it_comes_from(newport: Network) -> None:
    assert BUNDLED.stat().st_size < 3_000_000
    provenance, ground = newport.provenance
    assert ground.title == "OS Terrain 50"
    assert ground.attribution.startswith("Contains OS data © Crown copyright")
    assert provenance.date == "2023-06-12"
    assert provenance.licence.startswith("Open Database Licence")
    assert provenance.attribution == "© OpenStreetMap contributors"
    assert newport.covered is not None
    # about 10.4 km by 7.5 km, all of it inside the box of its streets
    assert newport.covered.area / 1e6 == pytest.approx(10.5 * 7.65, rel=0.03)
    assert shapely.box(
        newport.node_x.min(), newport.node_y.min(), newport.node_x.max(), newport.node_y.max()
    ).contains(newport.covered)


def test_describing_adds_up(newport: Network) -> None:
    told = describe(newport)
    assert told.classes["total_km"].sum() == pytest.approx(newport.length_m.sum() / 1000)
    assert told.classes["edges"].sum() == newport.edge_count
    for mode in MODES.values():
        cost = edge_cost(newport, mode)
        row = told.modes.loc[mode.name]
        assert told.classes[f"{mode.name}_km"].sum() == pytest.approx(row["open_km"])
        main_km = newport.length_m[cost.main].sum() / 1000
        assert row["main_share"] * row["open_km"] == pytest.approx(main_km)
        assert main_km + row["island_km"] <= row["open_km"] + 1e-6
        doubts = told.doubts[told.doubts["mode"] == mode.name]
        means = [evaluate(tags, mode, slopes_known=mode.counts_hills) for tags in newport.tag_sets]
        used = newport.edge_tags[cost.is_open].tolist()
        counted = Counter(doubt for row in used for doubt in means[row].counted)
        by_tags = doubts[doubts["doubt"] != SLOPE_UNKNOWN]
        assert dict(zip(by_tags["doubt"], by_tags["edges"], strict=True)) == counted
    assert told.modes.loc["drive", "one_way_km"] > told.modes.loc["walk", "one_way_km"] == 0
    assert ("Streets", "968 km") in told.facts()
    assert any("OpenStreetMap contributors, 2023-06-12" in text for _, text in told.facts())

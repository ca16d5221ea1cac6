"""Graphs as osmnx makes them from the same map give the same streets as the map does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import osmium
import osmnx
import pytest
import shapely

from eh_access.errors import InputError, SourceError
from eh_access.modes import CYCLE, DRIVE, MODES, PUSHCHAIR, WALK
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS, Network
from eh_access.network.osm import read_network
from eh_access.sources.openstreetmap import NODE_TAGS, WAY_TAGS
from ways import arcs_graph

EXTRACT = Path(__file__).parents[3] / "shared/data/newport/newport-2023-06-13.osm.pbf"
needs_extract = pytest.mark.skipif(
    not EXTRACT.exists(), reason="the shared source data is not here"
)
# half a kilometre of Newport, in degrees
WEST, SOUTH, EAST, NORTH = -3.0, 51.585, -2.992, 51.59


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a map of a few streets that are not rings: where a ring begins, osmnx forgets."""
    path = tmp_path_factory.mktemp("town") / "town.osm"
    wanted: set[int] = set()
    ways = []
    for way in (
        osmium.FileProcessor(str(EXTRACT))
        .with_locations()
        .with_filter(osmium.filter.KeyFilter("highway"))
    ):
        if not isinstance(way, osmium.osm.Way) or way.is_closed():
            continue
        inside = [
            WEST < node.location.lon < EAST and SOUTH < node.location.lat < NORTH
            for node in way.nodes
        ]
        if all(inside):
            ways.append(way.id)
            wanted.update(node.ref for node in way.nodes)
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in osmium.FileProcessor(str(EXTRACT)):
            if isinstance(thing, osmium.osm.Node) and thing.id in wanted:
                writer.add_node(thing)
            elif isinstance(thing, osmium.osm.Way) and thing.id in ways:
                writer.add_way(thing)
    return path


@pytest.fixture
def all_tags(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(osmnx.settings, "useful_tags_way", list(WAY_TAGS))
    monkeypatch.setattr(osmnx.settings, "useful_tags_node", list(NODE_TAGS))
    return iter(())


def times(network: Network, places: np.ndarray[Any, Any], mode: Any) -> np.ndarray[Any, Any]:  # noqa: ANN401
    """Return deciseconds between places that are nodes, -1 where one cannot get."""
    xy = np.column_stack([network.node_x, network.node_y])
    ends = [np.flatnonzero(np.hypot(*(xy - place).T) < 0.02).tolist() for place in places]
    graph = arcs_graph(network, mode)
    rows = []
    for here in ends:
        reach = nx.multi_source_dijkstra_path_length(graph, set(here), weight="ds")
        rows.append([min((reach[e] for e in there if e in reach), default=-1) for there in ends])
    return np.array(rows)


def some_junctions(network: Network, count: int = 40) -> np.ndarray[Any, Any]:
    ends = np.concatenate([network.edge_from, network.edge_to])
    busy = np.flatnonzero(np.bincount(ends) > 2)
    chosen = np.random.default_rng(7).choice(busy, min(count, len(busy)), replace=False)
    return np.column_stack([network.node_x[chosen], network.node_y[chosen]])


@needs_extract
@pytest.mark.usefixtures("all_tags")
@pytest.mark.parametrize("simplify", [False, True])
def test_an_osmnx_graph_gives_the_times_the_map_gives(town: Path, *, simplify: bool) -> None:
    graph = osmnx.graph_from_xml(town, bidirectional=False, simplify=False, retain_all=True)
    if simplify:
        # merge nothing that differs, as its documentation advises
        graph = osmnx.simplify_graph(
            graph,
            node_attrs_include=["barrier", "kerb", "highway"],
            edge_attrs_differ=["osmid"],
        )
    ours, direct = read_network(graph), read_network(town)
    assert direct.edge_count > 100
    assert ours.length_m.sum() == pytest.approx(direct.length_m.sum(), rel=1e-6)
    places = some_junctions(direct)
    for mode in (WALK, PUSHCHAIR, CYCLE, DRIVE):
        a, b = times(ours, places, mode), times(direct, places, mode)
        assert (a[~np.eye(len(places), dtype=bool)] > 0).any()
        # osmnx cuts one-way streets' nodes otherwise: a few roundings to deciseconds
        assert np.abs(a - b).max() <= 10


@needs_extract
@pytest.mark.usefixtures("all_tags")
def test_two_way_streets_are_not_doubled(town: Path) -> None:
    graph = osmnx.graph_from_xml(town, bidirectional=False, simplify=True, retain_all=True)
    ours, direct = read_network(graph), read_network(town)
    # a merged street is open or closed as a whole, so a few metres may come or go
    assert ours.length_m.sum() == pytest.approx(direct.length_m.sum(), rel=0.01)
    for mode in MODES.values():
        a, b = (
            float(n.length_m[edge_cost(n, mode).forward_ds < CLOSED_DS].sum())
            for n in (ours, direct)
        )
        # merged ways take the more restrictive tag
        assert b * 0.9 < a <= b * 1.01


@needs_extract
@pytest.mark.usefixtures("all_tags")
def test_graphml_gives_what_its_graph_gives(town: Path, tmp_path: Path) -> None:
    graph = osmnx.graph_from_xml(town, bidirectional=False, simplify=True, retain_all=True)
    path = tmp_path / "town.graphml"
    osmnx.save_graphml(graph, path)
    saved, direct = read_network(path), read_network(graph)
    assert saved.length_m.sum() == pytest.approx(direct.length_m.sum())
    for mode in MODES.values():
        a, b = edge_cost(saved, mode), edge_cost(direct, mode)
        assert sorted(a.forward_ds.tolist()) == sorted(b.forward_ds.tolist())
        assert sorted(a.backward_ds.tolist()) == sorted(b.backward_ds.tolist())
    assert len(saved.provenance[0].sha256) == 64
    assert saved.provenance[0].date == direct.provenance[0].date != ""


@needs_extract
@pytest.mark.usefixtures("all_tags")
def test_a_projected_graph_gives_the_same_streets(town: Path) -> None:
    graph = osmnx.graph_from_xml(town, bidirectional=False, simplify=True, retain_all=True)
    utm = read_network(osmnx.project_graph(graph))
    degrees = read_network(graph)
    assert np.sort(utm.length_m) == pytest.approx(np.sort(degrees.length_m), abs=0.05)


def by_hand(*edges: tuple[int, int, dict[str, object]]) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(crs="EPSG:27700")
    for node in {node for start, end, _ in edges for node in (start, end)}:
        graph.add_node(node, x=440000.0 + 100 * (node % 3), y=390000.0 + 100 * (node // 3))
    for start, end, data in edges:
        graph.add_edge(start, end, **data)
    return graph


ROAD = {"osmid": 5, "highway": "residential", "oneway": False, "reversed": False}


def test_a_street_that_stands_once_is_kept_once() -> None:
    there = (0, 1, ROAD)
    back = (1, 0, {**ROAD, "reversed": True})
    for edges in ([there], [there, back], [back, there], [back]):
        network = read_network(by_hand(*edges))
        assert network.length_m.tolist() == [100.0]
        assert edge_cost(network, DRIVE).backward_ds[0] < CLOSED_DS


def test_one_way_streets_keep_their_direction() -> None:
    network = read_network(by_hand((1, 0, {**ROAD, "oneway": True, "reversed": True})))
    cost = edge_cost(network, DRIVE)
    assert network.node_x[network.edge_from[0]] > network.node_x[network.edge_to[0]]
    assert (cost.forward_ds[0] < CLOSED_DS, cost.backward_ds[0]) == (True, CLOSED_DS)


def test_two_streets_between_the_same_corners_are_both_kept() -> None:
    bent = shapely.LineString([(440000, 390000), (440050, 390050), (440100, 390000)])
    edges = [(0, 1, ROAD), (1, 0, {**ROAD, "reversed": True})]
    edges += [
        (0, 1, {**ROAD, "geometry": bent}),
        (1, 0, {**ROAD, "geometry": bent.reverse(), "reversed": True}),
    ]
    network = read_network(by_hand(*edges))
    assert sorted(network.length_m.round(1).tolist()) == [100.0, 141.4]


def test_merged_ways_take_the_more_restrictive_tag() -> None:
    merged = {**ROAD, "osmid": [5, 6], "highway": ["footway", "steps"], "name": ["B", "A"]}
    network = read_network(by_hand((0, 1, merged)))
    assert network.tag_sets[0]["highway"] == "steps"
    assert network.names == ("A",)
    assert network.edge_way.tolist() == [5]


def test_pieces_of_one_way_become_one_edge() -> None:
    edges = [(0, 1, ROAD), (1, 2, ROAD), (2, 5, ROAD)]
    network = read_network(by_hand(*edges))
    assert network.length_m.tolist() == [300.0]
    assert network.node_count == 2


def test_a_ring_of_pieces_stays_whole() -> None:
    edges = [(0, 1, ROAD), (1, 4, ROAD), (4, 3, ROAD), (3, 0, ROAD)]
    assert read_network(by_hand(*edges)).length_m.tolist() == [400.0]


def test_a_graph_without_crs_or_places_is_refused() -> None:
    graph = by_hand((0, 1, ROAD))
    del graph.graph["crs"]
    with pytest.raises(InputError, match="no CRS"):
        read_network(graph)
    graph = by_hand((0, 1, ROAD))
    del graph.nodes[1]["x"]
    with pytest.raises(
        InputError, match="1 nodes have no x and y that are numbers, the first is 1"
    ):
        read_network(graph)


@pytest.mark.parametrize("x", [float("nan"), float("inf"), "abc", None])
def test_a_node_at_no_place_is_refused_rather_than_dropped(x: object) -> None:
    graph = by_hand((0, 1, ROAD), (1, 2, ROAD))
    graph.nodes[2]["x"] = x
    with pytest.raises(
        InputError, match="1 nodes have no x and y that are numbers, the first is 2"
    ):
        read_network(graph)


def test_a_graph_without_streets_is_refused() -> None:
    with pytest.raises(InputError, match="the graph: no street"):
        read_network(by_hand((0, 1, {"osmid": 1, "railway": "rail"})))


def test_graphml_from_elsewhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.graphml"
    nx.write_graphml(nx.path_graph(3), path)
    with pytest.raises(SourceError, match="was not written by osmnx"):
        read_network(path)

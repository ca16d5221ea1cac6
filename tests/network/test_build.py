"""From ways to edges: hand-worked cases, and properties against a graph built step by step."""

from __future__ import annotations

import random
from dataclasses import replace

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError
from eh_access.modes import CYCLE, DRIVE, MODES, PUSHCHAIR, WALK, TravelMode
from eh_access.network.area import as_polygon
from eh_access.network.build import RawWays, build_network
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS, Network
from eh_access.network.rules import evaluate
from ways import (
    EAST,
    GRID,
    NORTH,
    STEP_M,
    Way,
    arcs_graph,
    node_of,
    place,
    raw_ways,
    some_ways,
    street_by_street,
    streets,
)

FOOT = {"highway": "footway"}
ROAD = {"highway": "residential"}


def built(ways: list[Way]) -> Network | None:
    usable = any(
        evaluate(tags, mode).is_open and len(set(refs)) > 1
        for refs, tags in ways
        for mode in MODES.values()
    )
    return build_network(raw_ways(ways)) if usable else None


def test_ways_are_cut_where_they_meet_and_nowhere_else() -> None:
    # 0 - 1 - 2 - 3 crossed at 2 by 6 - 2 - (back along) 10
    network = build_network(raw_ways([([0, 1, 2, 3], ROAD), ([6, 2, 5], FOOT)]))
    assert network.node_count == 5
    assert network.edge_count == 4
    assert sorted(network.edge_way.tolist()) == [1, 1, 2, 2]
    assert np.diff(network.geometry_start).tolist().count(3) == 1


def test_a_way_that_only_touches_itself_keeps_its_loop() -> None:
    # a balloon: 0 - 1 - 2 - 6 - 5 - 1
    network = build_network(raw_ways([([0, 1, 2, 6, 5, 1], ROAD)]))
    assert network.node_count == 2
    loops = network.edge_from == network.edge_to
    assert loops.tolist().count(True) == 1
    assert network.length_m[loops][0] > 3 * STEP_M


def test_parallel_streets_are_both_kept() -> None:
    network = build_network(raw_ways([([0, 1], ROAD), ([0, 1], FOOT), ([0, 4, 1], ROAD)]))
    assert network.node_count == 2
    assert network.edge_count == 3


def test_an_edge_runs_the_way_its_way_does() -> None:
    for refs in ([0, 1, 2], [2, 1, 0]):
        network = build_network(raw_ways([(refs, {**ROAD, "oneway": "yes"})]))
        cost = edge_cost(network, DRIVE)
        assert cost.forward_ds[0] < CLOSED_DS
        assert cost.backward_ds[0] == CLOSED_DS
        start = network.node_x[network.edge_from[0]], network.node_y[network.edge_from[0]]
        assert start == pytest.approx(place(refs[0]), abs=0.01)


def test_a_place_the_file_lacks_cuts_the_way() -> None:
    raw = RawWays(crs="EPSG:27700")
    line = [(ref, *place(ref)) for ref in (0, 1, 2, 3)]
    lost = (9, float("nan"), float("nan"))
    raw.add(1, [*line[:2], lost, *line[2:]], tags=ROAD)
    network = build_network(raw)
    assert network.edge_count == 2
    assert network.length_m.sum() < 2.5 * STEP_M


def test_a_point_named_twice_in_a_row_is_one_point() -> None:
    once = build_network(raw_ways([([0, 1, 2], ROAD)]))
    twice = build_network(raw_ways([([0, 0, 1, 1, 2, 2], ROAD)]))
    assert streets(once) == streets(twice)


def test_degrees_become_metres_on_the_national_grid() -> None:
    raw = RawWays()
    # Caister water tower, the worked example of the Ordnance Survey's guide to coordinates:
    # 52 deg 39' 28.723" N, 1 deg 42' 57.787" E
    lat, lon = 52 + 39 / 60 + 28.723 / 3600, 1 + 42 / 60 + 57.787 / 3600
    raw.add(1, [(1, lon, lat), (2, lon, lat + 0.001)], tags=ROAD)
    network = build_network(raw)
    # 651409.804 E, 313177.450 N; where the OSTN15 grid is not installed, to about 2 m
    at = network.edge_from[0]
    assert network.node_x[at] == pytest.approx(651409.804, abs=2)
    assert network.node_y[at] == pytest.approx(313177.450, abs=2)


def test_only_streets_some_mode_may_use_are_kept() -> None:
    raw = [([0, 1], FOOT), ([1, 2], {"highway": "motorway"}), ([2, 3], {"highway": "raceway"})]
    assert build_network(raw_ways(raw)).edge_count == 2
    assert build_network(raw_ways(raw), modes=[WALK]).edge_way.tolist() == [1]
    assert build_network(raw_ways(raw), modes=[DRIVE]).edge_way.tolist() == [2]
    with pytest.raises(InputError, match="no street that may be used by car"):
        build_network(raw_ways(raw[:1]), modes=[DRIVE])


def test_a_street_left_out_no_longer_cuts_those_it_met() -> None:
    ways: list[Way] = [([0, 1, 2], FOOT), ([1, 5], {"highway": "motorway"})]
    assert build_network(raw_ways(ways)).edge_count == 3
    assert build_network(raw_ways(ways), modes=[WALK]).edge_count == 1


def test_an_area_keeps_the_ways_that_touch_it_whole() -> None:
    ways: list[Way] = [([0, 1, 2, 3], ROAD), ([12, 13], ROAD), ([8, 4], ROAD)]
    area = shapely.box(EAST - 5, NORTH - 60, EAST + 20, NORTH + 50)
    network = build_network(raw_ways(ways), area=area)
    assert sorted(set(network.edge_way.tolist())) == [1]
    assert network.covered is not None
    assert network.covered.equals(area)
    half = shapely.box(EAST - 5, NORTH - 60, EAST + 5, NORTH + 50)
    covered = build_network(raw_ways(ways), area=area, covered=half).covered
    assert covered is not None
    assert covered.equals(half)


def test_an_area_may_cross_a_street_between_its_points() -> None:
    ways: list[Way] = [([0, 3], ROAD)]
    middle = shapely.box(EAST + 1.4 * STEP_M, NORTH - 50, EAST + 1.6 * STEP_M, NORTH + 50)
    assert build_network(raw_ways(ways), area=middle).edge_count == 1


def test_an_area_with_no_streets_is_said_to_have_none() -> None:
    with pytest.raises(InputError, match="check the file or area"):
        build_network(raw_ways([([0, 1], ROAD)]), area=shapely.box(0, 0, 1000, 1000))


def test_areas_come_in_any_crs_but_must_have_one() -> None:
    square = gpd.GeoSeries([shapely.box(440000, 390000, 441000, 391000)], crs="EPSG:27700")
    turned = as_polygon(square.to_crs("EPSG:4326").to_frame("geometry"))
    assert turned.symmetric_difference(square.iloc[0]).area < 5
    with pytest.raises(InputError, match="no CRS"):
        as_polygon(square.set_crs(None, allow_override=True))
    with pytest.raises(InputError, match="looks like degrees"):
        as_polygon(shapely.box(-3, 51, -2, 52))
    with pytest.raises(InputError, match="no polygon"):
        as_polygon(shapely.Point(440000, 390000))


def test_arrays_cannot_be_written_to() -> None:
    network = build_network(raw_ways([([0, 1], ROAD)]))
    with pytest.raises(ValueError, match="read-only"):
        network.length_m[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        edge_cost(network, WALK).forward_ds[0] = 1


@given(some_ways(), st.sampled_from([WALK, PUSHCHAIR, CYCLE, replace(DRIVE, junction_delay_s=0)]))
def test_times_are_those_of_walking_each_street_step_by_step(
    ways: list[Way], mode: TravelMode
) -> None:
    network = built(ways)
    if network is None:
        return
    exact, ours = street_by_street(ways, mode), arcs_graph(network, mode)
    nodes = {ref: node_of(network, ref) for ref in range(GRID * GRID)}
    for ref, node in nodes.items():
        if node is None or ref not in exact:
            continue
        seconds = nx.single_source_dijkstra_path_length(exact, ref, weight="s")
        deciseconds = nx.single_source_dijkstra_path_length(ours, node, weight="ds")
        for other, there in nodes.items():
            if there is None or other not in exact:
                continue
            assert (other in seconds) == (there in deciseconds)
            if other in seconds:
                # half a decisecond and 2 cm for each edge of at most as many as there are
                slack = network.edge_count * 0.2
                assert deciseconds[there] / 10 == pytest.approx(seconds[other], abs=slack)


@given(some_ways(), st.randoms(use_true_random=False))
def test_the_order_of_ways_does_not_matter(ways: list[Way], shuffler: random.Random) -> None:
    network = built(ways)
    if network is None:
        return
    raw = raw_ways(ways)
    order = list(range(len(ways)))
    shuffler.shuffle(order)
    shuffled = RawWays(crs=raw.crs)
    for number in order:
        refs, tags = ways[number]
        shuffled.add(number + 1, [(ref, *place(ref)) for ref in refs], tags=tags)
    assert streets(build_network(shuffled)) == streets(network)


@given(some_ways(), st.data())
def test_splitting_a_way_changes_no_time(ways: list[Way], data: st.DataObject) -> None:
    network = built(ways)
    refs, tags = ways[number := data.draw(st.integers(0, len(ways) - 1))]
    at = data.draw(st.integers(0, len(refs) - 1))
    if network is None or not 0 < at < len(refs) - 1:
        return
    cut = [*ways[:number], (refs[: at + 1], tags), (refs[at:], tags), *ways[number + 1 :]]
    other = build_network(raw_ways(cut))
    assert other.length_m.sum() == pytest.approx(network.length_m.sum())
    places = {ref: (node_of(network, ref), node_of(other, ref)) for ref in range(GRID * GRID)}
    both = [(a, b) for a, b in places.values() if a is not None and b is not None]
    for mode in (WALK, DRIVE):
        before, after = arcs_graph(network, mode), arcs_graph(other, mode)
        for here, there in both[:4]:
            reach = nx.single_source_dijkstra_path_length(before, here, weight="ds")
            again = nx.single_source_dijkstra_path_length(after, there, weight="ds")
            assert [a in reach for a, _ in both] == [b in again for _, b in both]
            for a, b in both:
                if a in reach:
                    # the cut edge is rounded twice, and may be walked to and fro
                    assert reach[a] == pytest.approx(again[b], abs=2 * len(ways))


@given(some_ways())
def test_the_main_part_is_the_largest_in_which_all_reach_all(ways: list[Way]) -> None:
    network = built(ways)
    if network is None:
        return
    for mode in MODES.values():
        cost = edge_cost(network, mode)
        graph = arcs_graph(network, mode)
        sizes = {len(part): set() for part in nx.strongly_connected_components(graph)}
        for part in nx.strongly_connected_components(graph):
            sizes[len(part)] |= part
        largest = max(sizes)
        ends = set(network.edge_from[cost.main]) | set(network.edge_to[cost.main])
        assert ends <= sizes[largest]
        if largest > 1:
            assert ends
            assert nx.is_strongly_connected(graph.subgraph(int(end) for end in ends))


@given(some_ways())
def test_costs_are_sound(ways: list[Way]) -> None:
    network = built(ways)
    if network is None:
        return
    for mode in MODES.values():
        cost = edge_cost(network, mode)
        assert cost is edge_cost(network, mode)
        for ds in (cost.forward_ds, cost.backward_ds):
            assert ds.dtype == np.int32
            is_open = ds < CLOSED_DS
            assert (ds[is_open & (network.length_m > 0)] >= 1).all()
            assert (ds[~is_open] == CLOSED_DS).all()
        assert not (cost.main & ~cost.is_open).any()
        assert not (cost.main & (network.length_m == 0)).any()

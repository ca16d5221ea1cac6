"""Isochrones: right against areas worked by hand and against streets chopped into steps."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from eh_access.errors import InputError
from eh_access.modes import DRIVE, WALK, TravelMode
from eh_access.network.cost import edge_cost
from eh_access.network.io import read_network_file
from eh_access.network.model import CLOSED_DS, Network
from eh_access.network.snapping import snap
from eh_access.routing.isochrones import isochrones
from toys import (
    STREET,
    at,
    dead_end,
    grid_town,
    one_long_street,
    one_way_loop,
    parallel_edges,
    sites_at,
    toy_network,
    two_islands,
)

if TYPE_CHECKING:
    import geopandas as gpd

METHODS = ("contour", "edges")
CELL_M = 20.0
OFF_M = 100.0
STEP_M = 2.0
NEWPORT = Path(__file__).parents[2] / "data/networks/newport.npz"

Place = tuple[float, float]


def draw(network: Network, place: Place, **changes: Any) -> gpd.GeoDataFrame:  # noqa: ANN401
    """Draw one site on foot within 4 minutes, unless told otherwise."""
    asked: dict[str, Any] = {"mode": WALK, "cutoffs_min": [4.0]} | changes
    return isochrones(network, sites_at({"a": place}), **asked)


def reached(
    network: Network, place: Place, mode: TravelMode, cutoff_min: float, direction: str
) -> tuple[np.ndarray, np.ndarray]:
    """Chop every street into steps, let networkx walk them: places reached, and metres left."""
    cost, chopped, where = edge_cost(network, mode), nx.DiGraph(), {}
    door = snap(sites_at({"a": place}), network, mode)
    for edge in range(network.edge_count):
        first, last = network.geometry_start[edge : edge + 2]
        line = shapely.LineString(network.geometry_xy[first:last])
        steps = max(1, round(line.length / STEP_M))
        shares = set(np.linspace(0, 1, steps + 1)) | (
            {door.fraction[0]} & set(door.fraction if door.edge[0] == edge else ())
        )
        ordered = sorted(shares)
        names: list[Any] = [(edge, share) for share in ordered]
        names[0], names[-1] = int(network.edge_from[edge]), int(network.edge_to[edge])
        if door.edge[0] == edge:
            site = names[ordered.index(door.fraction[0])]
        for name, share in zip(names, ordered, strict=True):
            where[name] = line.interpolate(share, normalized=True).coords[0]
        for (u, s), (v, t) in zip(
            zip(names[:-1], ordered[:-1], strict=True),
            zip(names[1:], ordered[1:], strict=True),
            strict=True,
        ):
            ways = ((u, v, cost.forward_ds[edge]), (v, u, cost.backward_ds[edge]))
            for begin, end, ds in ways:
                if ds < CLOSED_DS:
                    known = chopped.get_edge_data(begin, end, {"minutes": np.inf})["minutes"]
                    chopped.add_edge(begin, end, minutes=min(known, (t - s) * ds / 600))
    searched = chopped.reverse() if direction == "to_sites" else chopped
    walk = mode.walk_speed_km_h * 1000 / 60
    found = nx.single_source_dijkstra_path_length(searched, site, weight="minutes")
    left = {
        name: (cutoff_min - minutes) * walk - door.offset_m[0] for name, minutes in found.items()
    }
    within = [name for name, metres in left.items() if metres >= 0]
    xy = np.array([where[name] for name in within]).reshape(-1, 2)
    return xy, np.minimum([left[name] for name in within], OFF_M)


def metres_outside(xy: np.ndarray, streets: np.ndarray, radius_m: np.ndarray) -> np.ndarray:
    """How far each place is from the nearest rim: the definition, by brute force."""
    away = np.hypot(*(xy[:, None, :] - streets[None, :, :]).transpose(2, 0, 1))
    return (away - radius_m).min(axis=1)


def check_everywhere(land: shapely.Geometry, streets: np.ndarray, radius_m: np.ndarray) -> None:
    """Compare a polygon with the definition on a fine lattice, sparing a cell along the rim."""
    low, high = streets.min(axis=0) - 160, streets.max(axis=0) + 160
    lattice = [np.arange(a, b, 13.7) for a, b in zip(low, high, strict=True)]
    xy = np.stack(np.meshgrid(*lattice), axis=-1).reshape(-1, 2)
    truth = metres_outside(xy, streets, radius_m)
    inside = shapely.contains_xy(land, xy[:, 0], xy[:, 1])
    assert (truth[inside] <= CELL_M).all()
    assert (truth[~inside] >= -CELL_M).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_straight_street_by_hand(method: str) -> None:
    """Two minutes are 160 m each way, or 60 m and then 100 m off the street.

    The land is a strip 120 m long and 200 m wide with half a disc of 100 m at either end.
    """
    land = draw(one_long_street(), (400, 0), cutoffs_min=[2.0], method=method)
    assert land.area[0] == pytest.approx(120 * 200 + np.pi * 100**2, rel=0.01)


@pytest.mark.parametrize("method", METHODS)
def test_the_walk_from_the_site_to_its_street_counts(method: str) -> None:
    beside = draw(one_long_street(), (400, 80), cutoffs_min=[3.0], method=method)
    on = draw(one_long_street(), (400, 0), cutoffs_min=[2.0], method=method)
    assert beside.geometry[0].symmetric_difference(on.geometry[0]).area < 1.0


@pytest.mark.parametrize("method", METHODS)
def test_less_than_the_way_off_the_street_is_a_disc(method: str) -> None:
    # one minute is 80 m, whichever way one walks
    land = draw(one_long_street(), (400, 0), cutoffs_min=[1.0], method=method)
    assert land.area[0] == pytest.approx(np.pi * 80**2, rel=0.02)
    assert land.geometry[0].centroid.distance(at(400, 0)) < 1


@pytest.mark.parametrize("method", METHODS)
def test_the_middle_of_a_large_block_is_a_hole(method: str) -> None:
    """A block of 400 m leaves 200 m by 200 m further than 100 m from any street."""
    land = draw(grid_town(2, 2, block_m=400), (0, 0), cutoffs_min=[60.0], method=method)
    polygon = land.geometry[0]
    assert len(polygon.interiors) == 1
    hole = shapely.Polygon(polygon.interiors[0])
    # a contour may cut each of the four square corners by half a cell
    assert hole.area == pytest.approx(200 * 200, abs=4 * CELL_M**2 / 2)
    whole = 600 * 600 - (4 - np.pi) * 100**2
    assert polygon.area == pytest.approx(whole - hole.area, rel=0.01)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("direction", ["to_sites", "from_sites"])
@pytest.mark.parametrize(
    ("streets", "place", "mode", "cutoff_min"),
    [
        (dead_end(), (60, 15), WALK, 3.0),
        (parallel_edges(), (160, 60), WALK, 2.5),
        (two_islands(), (20, 20), WALK, 2.2),
        (grid_town(4, 4), (250, 170), WALK, 4.0),
        (one_way_loop(), (80, -10), DRIVE, 0.7),
        (one_way_loop(), (80, -10), DRIVE, 1.6),
    ],
)
def test_every_place_against_chopped_streets(
    streets: Network, place: Place, mode: TravelMode, cutoff_min: float, direction: str, method: str
) -> None:
    land = draw(
        streets, place, mode=mode, cutoffs_min=[cutoff_min], direction=direction, method=method
    )
    check_everywhere(land.geometry[0], *reached(streets, place, mode, cutoff_min, direction))


def test_by_car_there_and_back_differ_on_a_one_way_loop() -> None:
    there = draw(one_way_loop(), (80, 0), mode=DRIVE, cutoffs_min=[0.5])
    back = draw(one_way_loop(), (80, 0), mode=DRIVE, cutoffs_min=[0.5], direction="from_sites")
    # to come to (80, 0) one passes node 0 in the west; to leave, node 1 in the east
    assert there.geometry[0].centroid.x < at(80, 0).x < back.geometry[0].centroid.x


def test_an_island_is_never_covered() -> None:
    land = draw(two_islands(), (0, 0), cutoffs_min=[1000.0])
    assert land.geometry[0].distance(at(560, 80)) > 200


def test_streets_two_reaches_apart_touch_without_harm() -> None:
    """Their rims meet along a line of raster points, the worst case for a contour."""
    streets = toy_network(
        [(0, 1, None, STREET), (2, 3, None, STREET), (0, 2, None, STREET)],
        [(0, 0), (600, 0), (0, 200), (600, 200)],
    )
    for method in METHODS:
        land = draw(streets, (0, 100), cutoffs_min=[30.0], method=method)
        assert land.is_valid[0]
        assert land.area[0] == pytest.approx(600 * 400 + 200 * 200 + np.pi * 100**2, rel=0.02)


@settings(max_examples=25)
@given(
    st.tuples(st.floats(0, 480), st.floats(0, 320)),
    st.lists(st.floats(0.5, 9), min_size=2, max_size=4, unique=True),
    st.sampled_from(METHODS),
    st.sampled_from([25.0, 60.0, 100.0]),
)
def test_isochrones_nest_and_are_valid(
    place: Place, cutoffs: list[float], method: str, off_m: float
) -> None:
    land = draw(grid_town(4, 3), place, cutoffs_min=cutoffs, method=method, max_off_street_m=off_m)
    assert land["cutoff_min"].tolist() == sorted(cutoffs)
    assert land.is_valid.all()
    for smaller, larger in zip(land.geometry[:-1], land.geometry[1:], strict=True):
        assert smaller.difference(larger).area < 1e-6


@settings(max_examples=25)
@given(st.tuples(st.floats(-90, 250), st.floats(-250, 90)), st.floats(1.2, 6))
def test_the_contour_is_within_a_tenth_of_the_truth(place: Place, cutoff_min: float) -> None:
    contour, truth = (
        draw(dead_end(), place, cutoffs_min=[cutoff_min], method=method) for method in METHODS
    )
    tiny = np.pi * CELL_M**2
    assert abs(contour.area[0] - truth.area[0]) <= 0.1 * truth.area[0] + tiny


@settings(max_examples=15)
@given(st.floats(0.1, 0.9))
def test_splitting_a_street_changes_nothing(share: float) -> None:
    whole = one_long_street()
    split = toy_network(
        [(0, 2, None, STREET), (2, 1, None, STREET)], [(0, 0), (800, 0), (800 * share, 0)]
    )
    one, two = draw(whole, (300, 20)), draw(split, (300, 20))
    # each street's deciseconds are rounded once: a hundredth of a second is millimetres
    assert one.geometry[0].symmetric_difference(two.geometry[0]).area < 100


def test_a_cutoff_asked_alone_gives_the_same_land() -> None:
    alone = draw(grid_town(3, 3), (100, 150), cutoffs_min=[3.0])
    among = draw(grid_town(3, 3), (100, 150), cutoffs_min=[5, 3, 1, 3])
    assert among["cutoff_min"].tolist() == [1.0, 3.0, 5.0]
    assert shapely.equals_exact(alone.geometry[0], among.geometry[1])


def test_a_coarser_raster_is_right_to_within_its_cells() -> None:
    coarse, exact = (
        draw(grid_town(3, 3), (100, 150), cell_m=cell_m, method=method).geometry[0]
        for cell_m, method in ((45.0, "contour"), (None, "edges"))
    )
    rim = shapely.points(shapely.get_coordinates(shapely.segmentize(coarse, 10.0)))
    assert shapely.distance(rim, exact.boundary).max() <= 45.0


@pytest.mark.parametrize("method", METHODS)
def test_land_outside_the_area_asked_about_is_left_out(method: str) -> None:
    streets = grid_town(3, 3)
    whole = draw(streets, (100, 150), method=method).geometry[0]
    # whole multiples of the cell, so that a contour is cut where the area ends
    area = shapely.box(439_980, 390_040, 440_160, 391_000)
    part = draw(streets, (100, 150), method=method, area=area).geometry[0]
    assert 0 < part.area < 0.9 * whole.area
    assert part.symmetric_difference(whole & area).area < 1.0


@pytest.mark.parametrize("method", METHODS)
def test_a_site_far_from_the_area_has_empty_land(method: str) -> None:
    area = shapely.box(300_000, 200_000, 301_000, 201_000)
    land = draw(grid_town(3, 3), (100, 150), method=method, area=area)
    assert land["status"].tolist() == ["ok"]
    assert land.is_empty.all()


def test_a_row_for_every_site_whatever_became_of_it(caplog: pytest.LogCaptureFixture) -> None:
    places = {"far": (400, 3000), "here": (400, 0), "lost": None, "off": (400, 240)}
    with caplog.at_level(logging.WARNING):
        land = isochrones(one_long_street(), sites_at(places), mode=WALK, cutoffs_min=[2, 5])
    assert land["site_id"].tolist() == [site for site in places for _ in range(2)]
    assert land["status"].tolist() == [
        *["off_network"] * 2,
        *["ok"] * 2,
        *["no_location"] * 2,
        *["unreached", "ok"],  # its own street is 3 minutes away
    ]
    assert (land.geometry.is_empty == (land["status"] != "ok")).all()
    assert land.crs == "EPSG:27700"
    assert list(land) == ["site_id", "cutoff_min", "mode", "status", "geometry"]
    for words in ("far: it is too far", "lost: its location is not known", "off: its own street"):
        assert words in caplog.text


def test_other_sites_change_nothing() -> None:
    streets = grid_town(3, 3)
    alone = isochrones(streets, sites_at({"b": (90, 40)}), mode=WALK, cutoffs_min=[3])
    both = isochrones(
        streets, sites_at({"a": (300, 300), "b": (90, 40)}), mode=WALK, cutoffs_min=[3]
    )
    assert shapely.equals_exact(alone.geometry[0], both.geometry[1])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cutoffs_min": []}, "cutoffs_min is empty"),
        ({"cutoffs_min": [5, 0]}, r"cutoffs_min holds 0\.0; give minutes above 0"),
        ({"cutoffs_min": [np.inf]}, "cutoffs_min holds inf"),
        ({"cutoffs_min": [np.nan]}, "cutoffs_min holds nan"),
        ({"max_off_street_m": 20.0}, "give 25 metres or more, or method='edges'"),
        ({"max_off_street_m": 0.0, "method": "edges"}, "give metres above 0"),
        ({"cell_m": 1.0}, "cell_m is 1.0; give 5 metres or more"),
        ({"method": "hull"}, "method is 'hull'; choose contour or edges"),
        ({"direction": "both"}, "direction is 'both'"),
    ],
)
def test_bad_settings_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw(one_long_street(), (400, 0), **changes)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        draw(one_long_street(), (0, 0), cutoffs_min=[-1], max_off_street_m=-1, method="hull")
    assert len(caught.value.faults) == 3


@pytest.mark.skipif(not NEWPORT.is_file(), reason="the bundled Newport network is not there")
def test_newport_stays_near_its_streets_and_true_to_their_buffers() -> None:
    streets = read_network_file(NEWPORT)
    middle = np.argmin(
        np.hypot(
            streets.node_x - np.median(streets.node_x), streets.node_y - np.median(streets.node_y)
        )
    )
    place = (streets.node_x[middle] - 440_000, streets.node_y[middle] - 390_000)
    contour = draw(streets, place, cutoffs_min=[5, 12])
    truth = draw(streets, place, cutoffs_min=[5, 12], method="edges")
    assert (contour.area / truth.area).to_numpy() == pytest.approx([1, 1], abs=0.1)
    for outline, exact in zip(contour.geometry, truth.geometry, strict=True):
        assert outline.is_valid
        rim = shapely.get_coordinates(shapely.segmentize(outline, 10.0))
        assert shapely.distance(shapely.points(rim), exact).max() < CELL_M

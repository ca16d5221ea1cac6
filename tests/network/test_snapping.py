"""Snapping: exact against an R-tree, honest about what could not be placed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError
from eh_access.modes import DRIVE, PUSHCHAIR, WALK
from eh_access.network.build import RawWays, build_network
from eh_access.network.snapping import AT_END_M, Snapped, segments_of, snap
from toys import (
    CRS,
    MOTORWAY,
    STEPS,
    STREET,
    at,
    crossroads,
    dead_end,
    diamond,
    grid_town,
    one_long_street,
    parallel_edges,
    points_at,
    toy_network,
    two_islands,
)

if TYPE_CHECKING:
    from eh_access.network.model import Network

Place = tuple[float, float]


def place_of(network: Network, snapped: Snapped) -> np.ndarray:
    """Where each placed point stands, worked out by shapely from edge and fraction."""
    lines = lines_of(network)[snapped.edge]
    return shapely.line_interpolate_point(lines, snapped.fraction, normalized=True)


def lines_of(network: Network) -> np.ndarray:
    owner = np.repeat(np.arange(network.edge_count), np.diff(network.geometry_start))
    return shapely.linestrings(network.geometry_xy, indices=owner)


@pytest.mark.parametrize("crs", [CRS, "EPSG:4326", "EPSG:3857"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_place_at_the_end_of_a_street_is_at_its_end_whatever_is_rounded(
    crs: str, seed: int
) -> None:
    """What is right at a junction is asked by whether the share along is 0 or 1."""
    chance = np.random.default_rng(seed)
    raw = RawWays(crs=CRS)
    for way in range(60):
        line = 331_234.56 + chance.normal(0, 30, (25, 2)).cumsum(axis=0)
        refs = [0, *range(25 * way + 1, 25 * way + 25)]
        raw.add(way, [(ref, x, y) for ref, (x, y) in zip(refs, line, strict=True)], tags=STREET)
    streets = build_network(raw)
    nodes = gpd.GeoSeries(shapely.points(streets.node_x, streets.node_y), crs=CRS)
    found = snap(nodes.to_crs(crs), streets, WALK)
    assert set(found.fraction.tolist()) == {0.0, 1.0}


def test_a_point_beside_the_middle_of_a_street() -> None:
    found = snap(points_at((200, 30)), one_long_street(), WALK)
    assert found.edge.tolist() == [0]
    assert found.fraction.tolist() == [0.25]
    assert found.offset_m.tolist() == [30.0]
    assert found.status.tolist() == ["ok"]
    assert np.isnan(found.nearer_unusable_m).all()


def test_a_point_beyond_the_end_of_a_street() -> None:
    found = snap(points_at((803, 4), (-30, -40)), one_long_street(), WALK)
    assert found.fraction.tolist() == [1.0, 0.0]
    assert found.offset_m.tolist() == [5.0, 50.0]


def test_the_fraction_is_measured_along_the_bends() -> None:
    # e1 runs 80 m north, 160 m east, 80 m south: (40, 90) is beside 80 + 40 of its 320 m
    found = snap(points_at((40, 90)), parallel_edges(), WALK)
    assert (found.edge[0], found.fraction[0], found.offset_m[0]) == (1, 0.375, 10.0)


def test_rows_stay_in_order_and_none_is_lost() -> None:
    points = points_at((200, 30), None, (400, 5000), (600, 10))
    points.loc[4] = shapely.Point()
    found = snap(points, one_long_street(), WALK)
    assert found.status.tolist() == ["ok", "no_location", "off_network", "ok", "no_location"]
    assert found.edge.tolist() == [0, -1, -1, 0, -1]
    np.testing.assert_array_equal(found.offset_m, [30, np.nan, 5000, 10, np.nan])
    np.testing.assert_array_equal(found.fraction, [0.25, np.nan, np.nan, 0.75, np.nan])


def test_the_limit_itself_is_still_near_enough() -> None:
    found = snap(points_at((400, 500), (400, 500.001)), one_long_street(), WALK)
    assert found.status.tolist() == ["ok", "off_network"]


def test_points_of_a_frame_an_array_and_another_system_agree() -> None:
    series = points_at((10, 20), (300, -7))
    frame = gpd.GeoDataFrame({"weight": [1.0, 2.0]}, geometry=series)
    array = np.column_stack([series.x, series.y])
    streets = diamond()
    plain = snap(series, streets, WALK).to_frame()
    pd.testing.assert_frame_equal(snap(frame, streets, WALK).to_frame(), plain)
    pd.testing.assert_frame_equal(snap(array, streets, WALK).to_frame(), plain)
    degrees = snap(series.to_crs("EPSG:4326"), streets, WALK).to_frame()
    pd.testing.assert_frame_equal(degrees, plain, atol=1e-3)


def test_ties_go_to_the_lowest_edge() -> None:
    # at the crossing itself, and on the bisector of two streets
    found = snap(points_at((0, 0), (30, 30), (-30, -30)), crossroads(), WALK)
    assert found.edge.tolist() == [0, 0, 2]
    assert found.offset_m.tolist() == [0.0, 30.0, 30.0]


def test_many_points_on_one_node_are_all_placed_alike() -> None:
    found = snap(points_at(*[(0, 0)] * 50), crossroads(), WALK)
    assert set(found.edge) == {0}
    assert set(found.fraction) == {0.0}


def test_an_island_is_passed_over_and_said_to_be_nearer() -> None:
    # the lone street is at x = 560; the triangle's nearest place is its corner (160, 0)
    found = snap(points_at((540, 0)), two_islands(), WALK)
    assert (found.edge[0], found.fraction[0], found.offset_m[0]) == (0, 1.0, 380.0)
    assert found.nearer_unusable_m.tolist() == [20.0]
    assert found.status.tolist() == ["ok"]


def test_nearer_unusable_is_told_also_for_points_off_the_network() -> None:
    found = snap(points_at((700, 80)), two_islands(), WALK, max_offset_m=100.0)
    assert found.status.tolist() == ["off_network"]
    assert found.nearer_unusable_m.tolist() == [140.0]


def test_a_pushchair_is_not_put_on_steps() -> None:
    streets = parallel_edges()
    below = points_at((80, -45))
    on_foot, pushing = snap(below, streets, WALK), snap(below, streets, PUSHCHAIR)
    assert (on_foot.edge[0], on_foot.offset_m[0]) == (2, 5.0)
    assert (pushing.edge[0], pushing.offset_m[0]) == (0, 45.0)
    assert pushing.nearer_unusable_m.tolist() == [5.0]
    assert np.isnan(on_foot.nearer_unusable_m[0])


def test_a_street_no_mode_may_use_takes_no_points() -> None:
    motorway = toy_network([(0, 1, None, MOTORWAY)], [(0, 0), (100, 0)])
    found = snap(points_at((50, 10)), motorway, WALK)
    assert (found.edge[0], found.offset_m[0], found.status[0]) == (-1, np.inf, "off_network")
    assert found.nearer_unusable_m.tolist() == [10.0]


def test_a_street_without_length_is_never_chosen() -> None:
    streets = toy_network([(0, 1, 0.0, STREET), (1, 2, None, STREET)], [(0, 0), (0, 0), (100, 0)])
    found = snap(points_at((0, 0), (-5, 0)), streets, WALK)
    assert found.edge.tolist() == [1, 1]
    assert np.isnan(found.nearer_unusable_m).all()


def test_a_network_without_streets_places_nothing() -> None:
    empty = toy_network([], [(0, 0)])
    found = snap(points_at((0, 0), None), empty, WALK)
    assert found.status.tolist() == ["off_network", "no_location"]


def test_no_points_give_no_rows() -> None:
    assert len(snap(np.empty((0, 2)), diamond(), WALK)) == 0


def test_the_frame_carries_the_ids() -> None:
    index = pd.Index(["a", "b"], name="origin_id")
    frame = snap(points_at((0, 0), None), diamond(), WALK).to_frame(index)
    assert frame.index.equals(index)
    assert list(frame) == ["edge", "fraction", "offset_m", "status", "nearer_unusable_m"]


def test_the_pieces_are_shared_and_the_answer_is_not() -> None:
    streets = parallel_edges()
    first = segments_of(streets)
    snap(points_at((0, 0)), streets, WALK)
    snap(points_at((0, 0)), streets, DRIVE)
    assert segments_of(streets) is first
    with pytest.raises(ValueError, match="read-only"):
        snap(points_at((0, 0)), streets, WALK).edge[0] = 3


def test_points_without_a_coordinate_system_are_refused() -> None:
    with pytest.raises(InputError, match=r"not stated; say which.*EPSG:27700"):
        snap(gpd.GeoSeries([at(0, 0)]), diamond(), WALK)


def test_lines_are_refused_with_their_rows() -> None:
    lines = gpd.GeoSeries(
        [at(0, 0), at(0, 0).buffer(5), shapely.LineString([(0, 0), (1, 1)])],
        index=["a", "b", "c"],
        crs=CRS,
    )
    with pytest.raises(InputError, match=r"row 2 \('b'\): is a Polygon") as caught:
        snap(lines, diamond(), WALK)
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize("limit", [-1.0, np.nan])
def test_a_limit_below_zero_is_refused(limit: float) -> None:
    with pytest.raises(InputError, match="max_offset_m is"):
        snap(points_at((0, 0)), diamond(), WALK, max_offset_m=limit)


def test_an_array_of_the_wrong_shape_is_refused() -> None:
    with pytest.raises(InputError, match="one row"):
        snap(np.zeros((2, 3)), diamond(), WALK)


@pytest.mark.parametrize("seed", [1903, 7, 5])
def test_the_nearest_street_is_found_among_all_of_them(seed: int) -> None:
    """A crooked road among motorways; places on it, near it and kilometres away, all tried."""
    rng = np.random.default_rng(seed)
    road = np.cumsum(rng.normal(0, 60, (81, 2)), axis=0)
    closed = rng.uniform(-1_000, 1_000, (40, 1, 2)) + rng.normal(0, 50, (40, 2, 2))
    streets = toy_network(
        [(n, n + 1, None, STREET) for n in range(80)]
        + [(81 + 2 * n, 82 + 2 * n, None, MOTORWAY) for n in range(40)],
        [tuple(xy) for xy in np.vstack([road, closed.reshape(-1, 2)])],
    )
    xy = np.vstack([rng.uniform(-3_000, 3_000, (300, 2)), road[:20], (road[1:] + road[:-1]) / 2])
    points = points_at(*map(tuple, xy))
    lines = lines_of(streets)
    away_m = shapely.distance(np.asarray(points.array)[:, None], lines)
    open_m, closed_m = away_m[:, :80].min(axis=1), away_m[:, 80:].min(axis=1)
    found = snap(points, streets, WALK, max_offset_m=np.inf)
    np.testing.assert_allclose(found.offset_m, open_m, rtol=0, atol=1e-9)
    np.testing.assert_allclose(away_m[np.arange(len(xy)), found.edge], open_m, rtol=0, atol=1e-9)
    nearer = closed_m < open_m
    np.testing.assert_allclose(found.nearer_unusable_m[nearer], closed_m[nearer], atol=1e-9)
    assert np.isnan(found.nearer_unusable_m[~nearer]).all()
    places = place_of(streets, found)
    np.testing.assert_allclose(
        shapely.distance(places, np.asarray(points.array)), open_m, rtol=0, atol=1e-6
    )


@given(st.floats(-1e-7, 1e-7), st.sampled_from([0.0, 800.0]))
def test_a_hair_from_the_end_of_a_street_is_its_end(off_m: float, end_m: float) -> None:
    found = snap(points_at((end_m + off_m, 30)), one_long_street(), WALK)
    assert found.fraction.tolist() == [end_m / 800.0]


@given(st.lists(st.tuples(st.integers(-20, 180), st.integers(-20, 180)), min_size=1, max_size=30))
def test_ties_go_to_the_lowest_of_all_edges_as_near(places: list[Place]) -> None:
    """On whole metres ties are many and distances exact: the lowest edge of all as near wins."""
    streets = grid_town(4, 4, block_m=40.0)
    lines = lines_of(streets)
    points = [at(*place) for place in places]
    found = snap(gpd.GeoSeries(points, crs=CRS), streets, WALK)
    expected = [int(np.argmin(shapely.distance(lines, point))) for point in points]
    assert found.edge.tolist() == expected


@given(st.lists(st.tuples(st.floats(-50, 250), st.floats(-100, 150)), min_size=1, max_size=20))
def test_the_place_is_as_far_away_as_is_said(places: list[Place]) -> None:
    streets = parallel_edges()
    points = gpd.GeoSeries([at(*place) for place in places], crs=CRS)
    found = snap(points, streets, WALK)
    away = shapely.distance(place_of(streets, found), np.asarray(points.array))
    np.testing.assert_allclose(away, found.offset_m, atol=AT_END_M)
    nearest = shapely.distance(np.asarray(points.array)[:, None], lines_of(streets)).min(axis=1)
    np.testing.assert_allclose(found.offset_m, nearest, atol=1e-6)


@given(st.lists(st.tuples(st.floats(-50, 400), st.floats(-300, 50)), min_size=1, max_size=10))
def test_splitting_a_street_moves_no_point(places: list[Place]) -> None:
    """e0 of the dead end, cut at 64 m: places and offsets stay."""
    whole = dead_end()
    split = toy_network(
        [(0, 4, None, STREET), (4, 1, None, STREET), (1, 2, None, STREET), (1, 3, None, STREET)],
        [(0, 0), (160, 0), (320, 0), (160, -240), (64, 0)],
    )
    points = gpd.GeoSeries([at(*place) for place in places], crs=CRS)
    before, after = snap(points, whole, WALK), snap(points, split, WALK)
    np.testing.assert_allclose(before.offset_m, after.offset_m, atol=1e-9)
    moved = shapely.distance(place_of(whole, before), place_of(split, after))
    # a point equally far from two streets may stand on either
    clear = moved < 1e-6
    lines = lines_of(whole)
    ways = (
        np.abs(
            shapely.distance(np.asarray(points.array)[:, None], lines) - before.offset_m[:, None]
        )
        < 1e-6
    ).sum(axis=1)
    assert (clear | (ways > 1)).all()


@given(st.permutations(range(6)))
def test_shuffled_points_get_the_same_places(order: list[int]) -> None:
    places = [(0, 0), (80, 45), (200, -30), (150, 70), (90, -60), (-20, 10)]
    streets = parallel_edges()
    plain = snap(points_at(*places), streets, WALK).to_frame()
    shuffled = snap(points_at(*[places[i] for i in order]), streets, WALK).to_frame()
    pd.testing.assert_frame_equal(shuffled, plain.iloc[list(order)].reset_index(drop=True))


def test_each_mode_has_its_own_nearest_street() -> None:
    streets = toy_network(
        [(0, 1, None, STREET), (2, 3, None, STEPS), (1, 3, None, STREET), (0, 2, None, STREET)],
        [(0, 0), (100, 0), (0, 50), (100, 50)],
    )
    between = points_at((50, 30))
    assert snap(between, streets, WALK).edge.tolist() == [1]
    assert snap(between, streets, PUSHCHAIR).edge.tolist() == [0]
    assert snap(between, streets, WALK).edge.tolist() == [1]

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
from eh_access.network.grid import build_grid, nearest_segments
from eh_access.network.snapping import Snapped, segments_of, snap
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


def test_the_grid_is_shared_and_the_answer_is_not() -> None:
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


COORDINATE = st.integers(-60, 60).map(float) | st.floats(-60, 60, width=32)
XY = st.tuples(COORDINATE, COORDINATE)
FAR = st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))


@given(
    st.lists(st.tuples(XY, XY, st.booleans()), min_size=1, max_size=40),
    st.lists(XY | FAR, min_size=1, max_size=20),
)
def test_the_grid_is_exact_against_an_r_tree(
    pieces: list[tuple[Place, Place, bool]], places: list[Place]
) -> None:
    """Crossing, touching, repeated and pointlike segments; points on the rim and far outside."""
    ends = np.array([[*a, *b] for a, b, _ in pieces])
    usable = np.array([flag for _, _, flag in pieces])
    xy = np.array(places)
    segment, share, distance_m, unusable_m = nearest_segments(build_grid(ends), xy, usable)
    lines, points = shapely.linestrings(ends.reshape(-1, 2, 2)), shapely.points(xy)
    tolerance = 1e-9 * (1 + np.abs(xy).max())
    for flag, ours in ((True, distance_m), (False, unusable_m)):
        rows = np.flatnonzero(usable == flag)
        if len(rows) == 0:
            assert np.isinf(ours).all()
            continue
        tree = shapely.STRtree(lines[rows])
        truth = shapely.distance(points, lines[rows][tree.nearest(points)])
        certain = truth < distance_m if not flag else np.ones(len(truth), dtype=bool)
        np.testing.assert_allclose(ours[certain], truth[certain], rtol=0, atol=tolerance)
        assert (ours >= truth - tolerance).all()
    if usable.any():
        assert usable[segment].all()
        stands = ends[segment, :2] + share[:, None] * (ends[segment, 2:] - ends[segment, :2])
        np.testing.assert_allclose(np.hypot(*(stands - xy).T), distance_m, rtol=0, atol=tolerance)
    else:
        assert (segment == -1).all()


@pytest.mark.parametrize("share_usable", [1.0, 0.5, 0.01])
def test_far_points_are_placed_as_exactly_as_near_ones(share_usable: float) -> None:
    """Hamlets of short streets far apart: squares are small, and what lies between is empty."""
    rng = np.random.default_rng(1903)
    hamlets = rng.uniform(0, 20_000, (5, 2))
    first = np.repeat(hamlets, 200, axis=0) + rng.normal(0, 150, (1000, 2))
    ends = np.hstack([first, first + rng.normal(0, 25, (1000, 2))])
    usable = rng.random(1000) < share_usable
    xy = rng.uniform(-3_000, 23_000, (4000, 2))
    segment, _, distance_m, unusable_m = nearest_segments(build_grid(ends), xy, usable)
    away_m = shapely.distance(
        shapely.points(xy)[:, None], shapely.linestrings(ends.reshape(-1, 2, 2))[None]
    )
    open_m = np.where(usable, away_m, np.inf)
    np.testing.assert_allclose(distance_m, open_m.min(axis=1), rtol=0, atol=1e-8)
    np.testing.assert_allclose(open_m[np.arange(4000), segment], distance_m, rtol=0, atol=1e-8)
    closed_m = np.where(usable, np.inf, away_m).min(axis=1)
    nearer = closed_m < distance_m - 1e-8
    np.testing.assert_allclose(unusable_m[nearer], closed_m[nearer], rtol=0, atol=1e-8)
    assert (unusable_m[~nearer] >= distance_m[~nearer] - 1e-8).all()


def test_every_square_knows_how_far_off_the_nearest_street_is() -> None:
    rng = np.random.default_rng(7)
    first = rng.choice([0.0, 400.0], (60, 2)) + rng.uniform(0, 30, (60, 2))
    laid = build_grid(np.hstack([first, first + 3]))
    filled = np.argwhere(np.diff(laid.start).reshape(laid.rows, laid.columns) > 0)
    every = np.stack(np.indices((laid.rows, laid.columns)), axis=-1).reshape(-1, 1, 2)
    king = np.abs(every - filled[None]).max(axis=2).min(axis=1)
    assert king.max() > 2
    assert np.array_equal(laid.away, king)


def test_the_order_of_points_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    first = rng.uniform(0, 100, (40, 2))
    laid = build_grid(
        np.vstack([np.hstack([first, first + 4]), [[5000.0, 5000.0, 5001.0, 5000.0]]])
    )
    xy, usable = rng.uniform(0, 5000, (500, 2)), np.ones(41, dtype=bool)
    shuffled = rng.permutation(500)
    for there, again in zip(
        nearest_segments(laid, xy, usable)[:3],
        nearest_segments(laid, xy[shuffled], usable)[:3],
        strict=True,
    ):
        assert np.array_equal(there[shuffled], again)


@given(st.lists(st.tuples(st.integers(-20, 180), st.integers(-20, 180)), min_size=1, max_size=30))
def test_ties_are_settled_alike_whatever_the_grid(places: list[Place]) -> None:
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
    np.testing.assert_allclose(away, found.offset_m, atol=1e-6)
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


def test_steps_and_streets_share_one_grid_but_not_one_mask() -> None:
    streets = toy_network(
        [(0, 1, None, STREET), (2, 3, None, STEPS), (1, 3, None, STREET), (0, 2, None, STREET)],
        [(0, 0), (100, 0), (0, 50), (100, 50)],
    )
    between = points_at((50, 30))
    assert snap(between, streets, WALK).edge.tolist() == [1]
    assert snap(between, streets, PUSHCHAIR).edge.tolist() == [0]
    assert snap(between, streets, WALK).edge.tolist() == [1]

"""Catchments: everybody goes to the nearest, and everybody is counted once."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import toy_borough
from eh_access.errors import InputError
from eh_access.measures.catchments import area_catchments, catchments
from eh_access.routing.travel_times import TravelTimes
from toys import CRS, origins_at

INF = np.inf


def times_of(minutes: list[list[float]], sites: list[str]) -> TravelTimes:
    houses = [f"o{number}" for number in range(len(minutes))]
    return toy_borough.times_of(np.array(minutes), houses=houses, centres=sites)


def homes(weights: list[float], areas: list[str]) -> gpd.GeoDataFrame:
    places = {f"o{i}": (float(i), 0.0) for i in range(len(weights))}
    return origins_at(places, weight=weights).assign(area_id=areas)


def areas_named(*names: str) -> gpd.GeoDataFrame:
    index = pd.Index(names, name="area_id")
    shapes = [shapely.box(0, 0, 1, 1)] * len(names)
    return gpd.GeoDataFrame({"name": names}, geometry=shapes, index=index, crs=CRS)


TIMES = times_of([[5, 9], [7, 7], [INF, 4], [INF, INF], [3, 8]], ["y", "x"])
HOMES = homes([10, 20, 5, 1, 0], ["north", "north", "north", "south", "west"])


def test_everybody_goes_to_the_nearest() -> None:
    found = catchments(TIMES, HOMES)
    # o1 is as near to both, and x sorts before y
    assert found["site_id"].tolist() == ["y", "x", "x", "", "y"]
    assert found["minutes"].tolist() == [5.0, 7.0, 4.0, INF, 3.0]
    assert found["weight"].tolist() == [10.0, 20.0, 5.0, 1.0, 0.0]
    assert found.index.name == "origin_id"


def test_closing_a_site_sends_its_people_elsewhere() -> None:
    assert catchments(TIMES.select(["x"]), HOMES)["site_id"].tolist() == ["x", "x", "x", "", "x"]


def test_weights_follow_the_ids_and_not_the_rows() -> None:
    pd.testing.assert_frame_equal(catchments(TIMES, HOMES.iloc[::-1]), catchments(TIMES, HOMES))
    pd.testing.assert_frame_equal(
        area_catchments(TIMES, HOMES.iloc[::-1]), area_catchments(TIMES, HOMES)
    )


def test_each_area_is_shared_out() -> None:
    shares = area_catchments(TIMES, HOMES)
    assert shares[["area_id", "site_id", "weight", "is_main"]].to_numpy().tolist() == [
        ["north", "x", 25.0, True],
        ["north", "y", 10.0, False],
        ["south", "", 1.0, True],
        ["west", "y", 0.0, True],
    ]
    assert shares["share"].tolist() == pytest.approx([25 / 35, 10 / 35, 1.0, 0.0])


def test_a_tie_goes_to_a_site_before_none_and_to_the_first() -> None:
    times = times_of([[INF, INF], [5, 9], [9, 5]], ["b", "a"])
    shares = area_catchments(times, homes([4, 4, 4], ["one"] * 3))
    assert shares["site_id"].tolist() == ["", "a", "b"]
    assert shares["is_main"].tolist() == [False, True, False]


def test_areas_without_origins_keep_a_row() -> None:
    shares = area_catchments(TIMES, HOMES, areas_named("west", "moor", "south", "north"))
    assert shares["area_id"].unique().tolist() == ["moor", "north", "south", "west"]
    moor = shares[shares["area_id"] == "moor"]
    assert moor[["site_id", "weight", "share", "is_main"]].to_numpy().tolist() == [
        ["", 0.0, 0.0, True]
    ]


def test_with_areas_each_origin_is_told_where_its_area_goes() -> None:
    found = catchments(TIMES, HOMES, areas_named("north", "south", "west"))
    assert found["area_id"].tolist() == ["north", "north", "north", "south", "west"]
    assert found["area_site_id"].tolist() == ["x", "x", "x", "", "y"]


def test_origins_outside_the_areas_are_a_fault() -> None:
    with pytest.raises(InputError, match="2 not among the areas given, for example 'south', 'west"):
        area_catchments(TIMES, HOMES, areas_named("north"))


def test_origins_of_another_table_are_a_fault() -> None:
    with pytest.raises(InputError, match="not those of the travel times"):
        catchments(TIMES, HOMES.iloc[:3])


def test_no_argument_is_changed() -> None:
    before = HOMES.copy()
    catchments(TIMES, HOMES, areas_named("north", "south", "west"))
    pd.testing.assert_frame_equal(HOMES, before)


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from([1.0, 2.5, 7.0, INF]), min_size=3, max_size=3),
            st.integers(0, 50),
            st.sampled_from("pqr"),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_served_and_unserved_are_the_whole(rows: list[tuple[list[float], int, str]]) -> None:
    times = times_of([minutes for minutes, _, _ in rows], ["c", "a", "b"])
    origins = homes([float(w) for _, w, _ in rows], [area for _, _, area in rows])
    found, shares = catchments(times, origins), area_catchments(times, origins)
    for (minutes, _, _), site, least in zip(rows, found["site_id"], found["minutes"], strict=True):
        near = [name for name, m in zip("cab", minutes, strict=True) if m == min(minutes) < INF]
        assert site == min(near, default="")
        assert least == min(minutes)
    assert shares["weight"].sum() == sum(w for _, w, _ in rows)
    by_area = shares.groupby("area_id")
    assert (by_area["is_main"].sum() == 1).all()
    heavy = by_area["weight"].sum() > 0
    assert by_area["share"].sum().to_numpy() == pytest.approx(heavy.astype(float).to_numpy())

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from eh_access.errors import InputError
from eh_access.tables import (
    CRS,
    check_areas,
    check_origins,
    check_private_origins,
    check_sites,
    points_from_columns,
)

AREA = shapely.box(430_000, 380_000, 460_000, 410_000)
BOWTIE = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


def sites(**changed: object) -> pd.DataFrame:
    """Return a good table of two sites, with columns changed."""
    columns: dict[str, object] = {
        "site_id": ["a", "b"],
        "name": ["A", "B"],
        "kind": ["centre", "centre"],
        "locality": ["North", None],
        "hours_per_week": [10.0, None],
        "location_basis": ["surveyed", "unknown"],
        "location_radius_m": [0.0, None],
        "easting": [440_000.0, None],
        "northing": [390_000.0, None],
    }
    return pd.DataFrame(columns | changed)


def origins(**changed: object) -> pd.DataFrame:
    """Return a good table of two origins, with columns changed."""
    columns: dict[str, object] = {
        "origin_id": ["x", "y"],
        "weight": [1.5, 0.0],
        "imd_decile": [1, 10],
        "no_car_share": [0.0, 1.0],
        "easting": [440_000, 441_000],
        "northing": [390_000, 391_000],
    }
    return pd.DataFrame(columns | changed)


def areas(shape: shapely.Geometry | None = AREA, crs: str | None = CRS) -> gpd.GeoDataFrame:
    """Return a table of one area."""
    geometry = gpd.GeoSeries([shape], crs=crs)
    return gpd.GeoDataFrame({"area_id": ["w"], "name": ["W"]}, geometry=geometry)


def test_good_sites_come_back_indexed_in_metres_with_unknown_place_empty() -> None:
    found = check_sites(sites(), within=AREA)
    assert found.index.tolist() == ["a", "b"]
    assert found.index.name == "site_id"
    assert found.crs.to_epsg() == 27700
    assert found.geometry["a"].equals(shapely.Point(440_000, 390_000))
    assert found.geometry["b"] is None
    assert np.isnan(found.loc["b", "hours_per_week"])
    assert "easting" not in found


def test_absent_optional_columns_are_added_and_others_kept() -> None:
    table = sites(note=["x", "y"]).drop(columns=["kind", "locality", "hours_per_week"])
    found = check_sites(table)
    assert found["note"].tolist() == ["x", "y"]
    assert found[["kind", "locality", "hours_per_week"]].isna().all(axis=None)
    assert found["existence"].tolist() == [1.0, 1.0]
    assert check_sites(sites(existence=[None, 0.6]))["existence"].tolist() == [1.0, 0.6]
    plain = check_origins(origins().drop(columns=["imd_decile", "no_car_share"]))
    assert plain["weight_basis"].tolist() == ["not stated"] * 2
    assert "imd_decile" not in plain


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"site_id": ["a", "a"]}, r"row 2 \(site_id 'a'\), site_id: 'a' stands in row 1 already"),
        ({"site_id": ["a", None]}, "row 2, site_id: is empty; give every row an id"),
        ({"site_id": [1, 1.0]}, "stands in row 1 already"),
        ({"name": ["A", " "]}, r"row 2 \(site_id 'b'\), name: is empty; fill it in"),
        ({"location_basis": ["surveid", "unknown"]}, "did you mean 'surveyed'"),
        ({"location_basis": [None, "unknown"]}, "row 1 .*location_basis: is empty"),
        ({"location_radius_m": [None, None]}, "row 1 .*location_radius_m: is empty"),
        (
            {"location_radius_m": [-1, None]},
            "location_radius_m: is -1.0; give a number from 0 to 100,",
        ),
        (
            {"location_radius_m": [1e12, None]},
            "is 1000000000000.0; give a number from 0 to 100,000",
        ),
        ({"existence": [0, None]}, "existence: is 0; give a number above 0, up to 1, or leave the"),
        ({"existence": [1.2, None]}, "existence: is 1.2; give a number from 0 to 1"),
        ({"existence": [-0.5, None]}, "existence: is -0.5; give a number from 0 to 1"),
        ({"existence": ["likely", None]}, "existence: is likely; give a number"),
        ({"hours_per_week": [169, None]}, "hours_per_week: is 169.0; give a number from 0 to 168"),
        ({"hours_per_week": ["ten", None]}, "hours_per_week: is ten; give a number"),
        ({"hours_per_week_after": [-1, None]}, "hours_per_week_after: is -1"),
        ({"location_basis": ["surveyed", "street"]}, "row 2 .*there are no coordinates; give them"),
        ({"easting": ["4400o0", None]}, "easting: '4400o0' is no number"),
        ({"easting": [None, None]}, "easting: is empty; give both coordinates or neither"),
        ({"easting": [390_000, None], "northing": [440_000, None]}, "look swapped: exchange"),
        ({"easting": [-1.35, None], "northing": [53.4, None]}, "look like longitude, latitude"),
        ({"easting": [53.4, None], "northing": [-1.35, None]}, "look like latitude, longitude"),
        ({"northing": [371_000, None]}, "lies 9.0 km outside the study area; correct"),
    ],
)
def test_each_fault_of_a_site_names_row_column_and_remedy(
    changed: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        check_sites(sites(**changed), source="sites.csv", within=AREA)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"weight": [1, -2]},
            r"row 2 \(origin_id 'y'\), weight: is -2; give a number from 0 to",
        ),
        ({"weight": [1, np.inf]}, "weight: is inf"),
        # sums of these would be infinite
        ({"weight": [1e308, 1e308]}, "weight: is 1e\\+308; give a number from 0 to 1,000,000,000$"),
        ({"weight": [1, None]}, "weight: is empty"),
        ({"imd_decile": [0, 10]}, "imd_decile: is 0; give a number from 1 to 10"),
        ({"imd_decile": [1.5, 10]}, "imd_decile: is 1.5"),
        ({"imd_decile": [None, 10]}, "imd_decile: is empty"),
        ({"no_car_share": [0.5, 27.0]}, "no_car_share: is 27.0; give a number from 0 to 1"),
        ({"easting": [440_000, None], "northing": [390_000, None]}, "row 2 .*no coordinates"),
        ({"easting": [1.3, 440_000], "northing": [53.0, 390_000]}, "look like longitude, latitude"),
    ],
)
def test_each_fault_of_an_origin_is_named(changed: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_origins(origins(**changed), within=AREA if "easting" not in changed else None)


def test_all_faults_come_in_one_error_one_each() -> None:
    table = origins(origin_id=["x", "x"], weight=[-1, "much"], imd_decile=[0, 11])
    with pytest.raises(InputError, match="5 faults") as caught:
        check_origins(table)
    assert len(caught.value.faults) == 5
    assert all(fault.startswith("origins, row ") for fault in caught.value.faults)


def test_a_fault_of_many_rows_is_listed_for_some_and_counted_for_the_rest() -> None:
    many = pd.DataFrame(
        {"origin_id": range(100), "weight": -1, "easting": 440_000, "northing": 390_000}
    )
    each = many.assign(weight=-1 - many.index)
    with pytest.raises(InputError, match="80 more rows have a fault of the same kind in weight"):
        check_origins(each)
    with pytest.raises(InputError) as caught:
        check_origins(many)
    (fault,) = caught.value.faults
    assert fault.startswith("origins, rows 1 (origin_id '0'), 2 (origin_id '1'), 3 ")
    assert "5 (origin_id '4') and 95 more, weight: is -1; give" in fault
    assert caught.value.rows == tuple(range(100))


@pytest.mark.parametrize("again", ["origin_id", "weight", "easting", "note"])
def test_a_column_that_stands_twice_is_refused(again: str) -> None:
    names = ["origin_id", "weight", "easting", "northing", "note"]
    frame = pd.DataFrame([["a", 1, 440_000, 390_000, "x"]], columns=names)
    twice = pd.concat([frame, frame[[again]]], axis="columns")
    with pytest.raises(InputError, match=f"origins: column '{again}' stands twice; keep one"):
        check_origins(twice)
    with pytest.raises(InputError, match="origins: a column stands twice; keep one"):
        check_private_origins(twice)
    frame.columns = pd.MultiIndex.from_product([["2021"], names])
    with pytest.raises(InputError, match="names of several levels"):
        check_origins(frame)


@pytest.mark.parametrize("kinds", [1, 2, 5])
def test_rows_with_the_same_fault_are_one_line(kinds: int) -> None:
    weights = [-1.0 - row % kinds for row in range(30)]
    frame = pd.DataFrame(
        {"origin_id": range(30), "weight": weights, "easting": 440_000, "northing": 390_000}
    )
    with pytest.raises(InputError) as caught:
        check_origins(frame.assign(no_car_share=2))
    assert len(caught.value.faults) == kinds + 1


def test_swapped_longitude_and_latitude_are_recognised() -> None:
    swapped = gpd.GeoSeries([shapely.Point(53.43, -1.35)], crs="EPSG:4326")
    frame = gpd.GeoDataFrame({"origin_id": ["x"], "weight": [1.0]}, geometry=swapped)
    with pytest.raises(InputError, match="longitude and latitude look swapped"):
        check_origins(frame, within=AREA)


def test_how_far_outside_is_the_callers_to_say() -> None:
    table = origins(northing=[390_000, 373_000])
    assert len(check_origins(table, within=AREA, max_outside_m=7000.0)) == 2
    with pytest.raises(InputError, match=r"row 2 .*7\.0 km outside"):
        check_origins(table, within=AREA, max_outside_m=6999.0)


def test_tables_without_rows_columns_or_coordinate_system_are_refused() -> None:
    with pytest.raises(InputError, match="there are no rows; give at least one"):
        check_origins(origins().iloc[:0])
    with pytest.raises(InputError, match=r"column 'weight' is missing; add it \(did you mean 'wei"):
        check_origins(origins().rename(columns={"weight": "weigth"}))
    with pytest.raises(InputError, match=r"column 'easting' is missing; add it \(known: 'imd"):
        check_origins(origins().drop(columns="easting"))
    with pytest.raises(InputError, match="for 'easting' did you mean 'eastng'"):
        check_origins(origins().rename(columns={"easting": "eastng", "northing": "up"}))
    with pytest.raises(InputError, match="coordinate system is not stated; say which"):
        check_areas(areas(crs=None))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (None, r"row 1 \(area_id 'w'\), geometry: there is no polygon"),
        (shapely.Polygon(), "there is no polygon"),
        (shapely.Point(1, 2), "is a Point; an area is a Polygon"),
        (BOWTIE, r"not valid \(Self-intersection.*make_valid"),
    ],
)
def test_faulty_areas_are_named(shape: shapely.Geometry | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_areas(areas(shape))


def test_areas_in_degrees_come_back_in_metres() -> None:
    found = check_areas(check_areas(areas()).reset_index().to_crs("EPSG:4326"))
    # the box's straight sides bend by under a metre on the way
    assert found.area["w"] == pytest.approx(AREA.area, rel=1e-6)
    assert found.crs.to_epsg() == 27700


def test_polygons_are_no_sites() -> None:
    frame = gpd.GeoDataFrame(sites().drop(columns=["easting", "northing"]), geometry=[AREA, None])
    with pytest.raises(InputError, match="is a Polygon; give a Point, for example its centroid"):
        check_sites(frame.set_crs(CRS))


def test_a_geometry_of_another_name_is_found() -> None:
    found = check_areas(areas().rename_geometry("shape"))
    assert found.geometry.name == "geometry"


def test_a_checked_table_passes_again_unchanged() -> None:
    for check, table in ((check_sites, sites()), (check_origins, origins())):
        once = check(table)
        pd.testing.assert_frame_equal(check(once), once)


def test_arguments_are_left_alone() -> None:
    for check, table in ((check_sites, sites()), (check_origins, origins())):
        before = table.copy(deep=True)
        check(table)
        pd.testing.assert_frame_equal(table, before)


def test_points_from_columns_leaves_a_missing_pair_empty_and_refuses_half_a_pair() -> None:
    table = pd.DataFrame({"x": [1.0, None], "y": [2.0, None], "k": [5, 6]}, index=["p", "q"])
    found = points_from_columns(table, x="x", y="y")
    assert found.index.tolist() == ["p", "q"]
    assert found.columns.tolist() == ["k", "geometry"]
    assert found.geometry["q"] is None
    with pytest.raises(InputError, match=r"t\.csv, row 2, y: is empty; give both coordinates"):
        points_from_columns(table.assign(x=[1.0, 2.0]), x="x", y="y", source="t.csv")
    with pytest.raises(InputError, match="column 'z' is missing"):
        points_from_columns(table, x="x", y="z")


COORDINATES = st.tuples(st.integers(430_000, 460_000), st.integers(380_000, 410_000))


@settings(deadline=None, max_examples=30)
@given(st.lists(COORDINATES, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_order_of_rows_and_coordinate_system_change_nothing(
    places: list[tuple[int, int]], random: object
) -> None:
    table = pd.DataFrame(places, columns=["easting", "northing"])
    table.insert(0, "origin_id", [f"o{number}" for number in range(len(table))])
    table["weight"] = np.arange(len(table), dtype=float)
    straight = check_origins(table, within=AREA)
    rows = list(range(len(table)))
    random.shuffle(rows)  # type: ignore[attr-defined]
    shuffled = check_origins(table.iloc[rows], within=AREA)
    pd.testing.assert_frame_equal(shuffled.loc[straight.index], straight)
    in_degrees = check_origins(straight.to_crs("EPSG:4326"), within=AREA)
    away_m = in_degrees.distance(straight)
    assert (away_m < 0.01).all()
    assert in_degrees["weight"].equals(straight["weight"])


def test_a_whole_table_given_the_wrong_way_round_is_told_so() -> None:
    places = pd.DataFrame({"easting": np.arange(390_000, 395_000), "northing": 440_000})
    table = places.assign(origin_id=[f"o{number:04}" for number in places.index], weight=1)
    with pytest.raises(InputError, match="look swapped") as caught:
        check_origins(table, within=AREA)
    assert "4980 more rows have a fault of the same kind in geometry" in caught.value.faults[-1]


def test_shapes_as_text_are_no_places(caplog: pytest.LogCaptureFixture) -> None:
    table = pd.DataFrame({"site_id": ["a"], "Easting": [440000.0], "Northing": [390000.0]})
    expected = check_sites(table)
    found = check_sites(table.assign(geometry="POINT (1 2)"))
    pd.testing.assert_frame_equal(found, expected)
    assert "'geometry' holds text, not shapes, and is not read" in caplog.text
    with pytest.raises(InputError, match="there is no geometry; give points, or columns"):
        check_sites(table.assign(geometry="POINT (1 2)")[["site_id", "geometry"]])


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("rows", [9, 10, 11, 50])
def test_rows_out_of_place_alike_are_one_line_with_one_total(rows: int, *, private: bool) -> None:
    east = 500_000 if not private else 500_000 + np.arange(rows)  # told without their numbers
    frame = pd.DataFrame(
        {"origin_id": range(rows), "weight": 1, "easting": east, "northing": 390_000}
    )
    check = check_private_origins if private else check_origins
    with pytest.raises(InputError) as caught:
        check(frame, within=AREA)
    (fault,) = caught.value.faults
    assert ("more" in fault) == (rows > 10)
    assert f" and {rows - 5} more, geometry: " in fault or rows <= 10
    assert rows > 10 or f"{rows}" in fault.partition(", geometry")[0]

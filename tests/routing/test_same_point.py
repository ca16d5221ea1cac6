"""Homes at a site's own point, and coordinates that cannot be meant."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from eh_access.arguments import SearchOptions
from eh_access.errors import InputError
from eh_access.modes import CYCLE, DRIVE, WALK, TravelMode
from eh_access.network.model import Network
from eh_access.network.osm import read_network
from eh_access.network.snapping import snap
from eh_access.routing.matrix import count_within, nearest_sites, travel_time_matrix
from eh_access.routing.route import route
from eh_access.tables import check_origins, check_sites
from osm_text import EAST, NORTH, ROAD, degrees, node, points, way, write


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """One street of 800 m."""
    folder: Path = tmp_path_factory.mktemp("street")
    return read_network(write(folder, node(1, 0, 0), node(2, 800, 0), way(10, [1, 2], ROAD)))


HOMES = points(at=(400, 28), beside=(400, 28.5), end=(0, 0))
SITES = points(b=(400, 28), a=(400, 28), far=(0, 10))


@pytest.mark.parametrize("mode", [WALK, CYCLE, DRIVE], ids=["walk", "cycle", "drive"])
@pytest.mark.parametrize("direction", ["to_sites", "from_sites"])
def test_a_home_at_the_site_s_own_point_is_there(
    street: Network, mode: TravelMode, direction: str
) -> None:
    times = travel_time_matrix(street, HOMES, SITES, mode=mode, direction=direction)  # type: ignore[arg-type]
    assert times.minutes[0, :2].tolist() == [0.0, 0.0]
    assert (times.minutes[1:, :2] > 0).all()
    # half a metre further, out of the house and in again: 28.5 and 28 m at 80 m a minute
    assert times.minutes[1, 0] == pytest.approx(56.5 / 80 + mode.parking_s / 60, abs=0.01)


@pytest.mark.parametrize("engine", ["queue", "hierarchy"])
@pytest.mark.parametrize("n", [1, 2])
def test_the_nearest_site_is_the_one_at_the_door(street: Network, engine: str, n: int) -> None:
    options = SearchOptions(engine=engine)  # type: ignore[arg-type]
    best = nearest_sites(street, HOMES, SITES, mode=WALK, n=n, options=options)
    assert best["minutes"].iloc[0] == 0.0
    assert best["site_id"].iloc[:n].tolist() == ["a", "b"][:n]
    within = count_within(street, HOMES, SITES, mode=WALK, cutoffs_min=[0.1], options=options)
    assert within[0.1].tolist() == [2, 0, 0]


def test_a_home_off_the_streets_stays_there(street: Network) -> None:
    far = points(at=(400, 900))
    times = travel_time_matrix(street, far, far, mode=WALK)
    assert times.origin_status["status"].tolist() == ["off_network"]
    assert np.isinf(times.minutes).all()


def test_degrees_and_metres_of_one_place_are_one_point(street: Network) -> None:
    same = gpd.GeoSeries([HOMES.geometry["at"]], index=["at"], crs=27700).to_crs(4326)
    times = travel_time_matrix(street, same, same, mode=WALK)  # type: ignore[arg-type]
    assert times.minutes.tolist() == [[0.0]]


@pytest.mark.parametrize("x", [10, 123, 400, 777])
def test_a_point_rounded_to_six_decimals_of_a_degree_is_the_same(street: Network, x: int) -> None:
    """As a CSV has it: up to 7 cm away, whose walk to the street and back took a minute."""
    site = points(s=(x, 40))
    at = site.to_crs(4326).geometry["s"]
    rounded = shapely.Point(round(at.x, 6), round(at.y, 6))
    home = gpd.GeoDataFrame(geometry=[rounded], index=["h"], crs=4326)
    assert not home.to_crs(27700).geometry["h"].equals(site.geometry["s"])
    assert travel_time_matrix(street, home, site, mode=WALK).minutes.tolist() == [[0.0]]
    assert route(street, home, site, WALK).minutes == 0.0


# ------------------------------------------------------------------ places that cannot be meant
LON, LAT = degrees(400, 0)


@pytest.mark.parametrize(
    ("x", "y", "crs", "remedy"),
    [
        (LAT, LON, 4326, "look swapped: exchange them"),
        (LON, LAT + 40, 4326, "system stated"),
        (NORTH + 3e6, EAST + 3e6, 27700, "system stated"),
        (LON * 1e6, LAT * 1e6, 3857, "system stated"),
        (-EAST, NORTH, 27700, "system stated"),
    ],
)
def test_coordinates_that_cannot_be_meant_are_refused(
    street: Network, x: float, y: float, crs: int, remedy: str
) -> None:
    homes = gpd.GeoDataFrame(geometry=[shapely.Point(x, y)], index=["a"], crs=crs)
    with pytest.raises(InputError, match=rf"row 1 \('a'\).*far outside Great Britain.*{remedy}"):
        travel_time_matrix(street, homes, SITES, mode=WALK)
    with pytest.raises(InputError, match="far outside Great Britain"):
        travel_time_matrix(street, HOMES, homes, mode=WALK)


@pytest.mark.parametrize(
    ("x", "y"), [(NORTH, EAST), (LON, LAT), (LAT, LON)], ids=["swapped", "degrees", "degrees back"]
)
def test_metres_that_no_point_of_the_place_has_are_refused(
    street: Network, x: float, y: float
) -> None:
    """They lie within the grid, and all of them hundreds of kilometres from the streets."""
    homes = gpd.GeoDataFrame(geometry=[shapely.Point(x, y)], index=["a"], crs=27700)
    with pytest.raises(InputError, match=r"the point is \d{3} km or more .*exchanged\?"):
        travel_time_matrix(street, homes, SITES, mode=WALK)
    some = pd.concat([homes, HOMES[["geometry"]]])  # one far off among others is unreached
    times = travel_time_matrix(street, some, SITES, mode=WALK)
    assert times.origin_status["status"].tolist() == ["off_network", "ok", "ok", "ok"]


# ------------------------------------------------------------------ forms of null and of points
@pytest.mark.parametrize(
    ("lone", "crs"),
    [
        (shapely.MultiPoint([(EAST + 400, NORTH + 28)]), 27700),
        (shapely.MultiPoint([(EAST + 400, NORTH + 28, 12.5)]), 27700),
        (shapely.MultiPoint([degrees(400, 28)]), 4326),
        (shapely.union_all([shapely.MultiPoint([(EAST + 400, NORTH + 28)] * 3)]), 27700),
    ],
    ids=["flat", "with a height", "in degrees", "one point thrice"],
)
def test_a_multipoint_of_one_is_a_point(
    street: Network, lone: shapely.MultiPoint, crs: int
) -> None:
    unplaced = [None, shapely.Point(), shapely.MultiPoint()]
    homes = gpd.GeoDataFrame(geometry=[lone, *unplaced], index=list("abcd"), crs=crs)
    at = snap(homes, street, WALK)
    assert at.status.tolist() == ["ok", *["no_location"] * 3]
    assert at.offset_m[0] == pytest.approx(28, abs=0.02)
    origins = check_origins(
        gpd.GeoDataFrame({"origin_id": ["a"], "weight": [1]}, geometry=[lone], crs=crs)
    )
    assert origins.geometry["a"].geom_type == "Point"


def test_a_multipoint_of_two_is_none(street: Network) -> None:
    two = shapely.MultiPoint([(EAST, NORTH), (EAST + 1, NORTH)])
    with pytest.raises(InputError, match="is a MultiPoint"):
        snap(gpd.GeoSeries([two], crs=27700), street, WALK)


@pytest.mark.parametrize("null", [None, pd.NA, float("nan"), pd.NaT])
@pytest.mark.parametrize("kind", [object, "string", "str"])
def test_every_form_of_null_is_an_empty_cell(null: object, kind: object) -> None:
    table = pd.DataFrame(
        {
            "site_id": ["a", "b"],
            "name": ["A", "B"],
            "kind": pd.Series(["hub", null], dtype=kind),  # type: ignore[call-overload]
            "location_basis": pd.Series(["surveyed", null], dtype=kind),  # type: ignore[call-overload]
            "location_radius_m": pd.Series([10, None], dtype="Int64"),
            "easting": pd.Series([331000, None], dtype="Int64"),
            "northing": [188000.0, None],
        }
    )
    with pytest.raises(InputError) as raised:
        check_sites(table)
    assert {fault.split(", ")[2].split(":")[0] for fault in raised.value.faults} == {
        "location_basis",
        "location_radius_m",
        "geometry",
    }
    table["location_basis"] = pd.Series(["surveyed", "unknown"], dtype=kind)  # type: ignore[call-overload]
    assert pd.isna(check_sites(table).loc["b", "kind"])


@pytest.mark.parametrize("null", [None, pd.NA, float("nan"), pd.NaT])
def test_numbers_without_one_number_are_not_known(null: object) -> None:
    """A column of nothing but NaT is one of dates, which pandas makes numbers of."""
    rows = {"site_id": ["a"], "easting": [EAST], "northing": [NORTH], "hours_per_week": [null]}
    assert pd.isna(check_sites(pd.DataFrame(rows))["hours_per_week"].item())
    weights = {"origin_id": ["a"], "easting": [EAST], "northing": [NORTH], "weight": [null]}
    with pytest.raises(InputError, match="weight: is empty"):
        check_origins(pd.DataFrame(weights))


@pytest.mark.parametrize("blank", ["town ", " town", "town\u00a0", "\ttown"])
def test_an_area_is_one_whatever_blanks_stand_round_it(blank: str) -> None:
    table = pd.DataFrame(
        {
            "origin_id": ["a", "b"],
            "weight": [1, 1],
            "area_id": ["town", blank],
            "easting": [331000, 331001],
            "northing": [188000, 188000],
        }
    )
    assert check_origins(table)["area_id"].tolist() == ["town", "town"]

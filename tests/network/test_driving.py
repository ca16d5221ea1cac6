"""Driving: waiting at junctions, slower hours, parking."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError
from eh_access.modes import ACTIVE_PLACES_PARKING_S, DRIVE, PUSHCHAIR, WALK, TravelMode
from eh_access.network.build import RawWays, build_network
from eh_access.network.cost import edge_cost
from eh_access.network.io import read_network_file
from eh_access.network.model import CLOSED_DS, Network
from eh_access.routing.estimate import estimate_travel_times
from eh_access.routing.matrix import travel_time_matrix

ROOT = Path(__file__).parents[2]
ROAD = {"highway": "residential", "maxspeed": "30 mph"}
M_PER_S = 30 * 1609.344 / 3600 * 0.8
MPH = 1609.344 / 3600


def crossing(**side: str) -> Network:
    """Return a road of two stretches of 200 m, and a side street where they meet."""
    raw = RawWays(crs="EPSG:27700")
    raw.add(1, [(1, 0.0, 0.0), (2, 200.0, 0.0)], tags=ROAD)
    raw.add(2, [(2, 200.0, 0.0), (3, 400.0, 0.0)], tags=ROAD)
    raw.add(3, [(2, 200.0, 0.0), (4, 200.0, 100.0)], tags=ROAD | side)
    return build_network(raw)


def seconds(network: Network, way: int, mode: TravelMode = DRIVE) -> float:
    (edge,) = np.flatnonzero(network.edge_way == way).tolist()
    return float(edge_cost(network, mode).forward_ds[edge]) / 10


def test_passing_a_junction_costs_the_delay_once() -> None:
    through = seconds(crossing(), 1) + seconds(crossing(), 2)
    assert through == pytest.approx(400 / M_PER_S + DRIVE.junction_delay_s, abs=0.1)
    none = replace(DRIVE, junction_delay_s=0.0)
    free = seconds(crossing(), 1, none) + seconds(crossing(), 2, none)
    assert free == pytest.approx(400 / M_PER_S, abs=0.1)


@pytest.mark.parametrize(
    ("side", "waits"),
    [
        ({"highway": "residential"}, True),
        ({"highway": "primary"}, True),
        ({"highway": "service"}, False),
        ({"highway": "track", "motor_vehicle": "yes"}, False),
        ({"highway": "footway"}, False),
        ({"highway": "residential", "access": "private"}, False),
        ({"highway": "trunk_link"}, False),
    ],
)
def test_where_one_waits(side: dict[str, str], *, waits: bool) -> None:
    delay = DRIVE.junction_delay_s / 2 if waits else 0.0
    assert seconds(crossing(**side), 1) == pytest.approx(200 / M_PER_S + delay, abs=0.06)


def test_nobody_waits_on_a_motorway() -> None:
    raw = RawWays(crs="EPSG:27700")
    for number, line in enumerate(([(1, 0.0), (2, 500.0)], [(2, 500.0), (3, 900.0)]), 1):
        raw.add(number, [(n, x, 0.0) for n, x in line], tags={"highway": "motorway"})
    raw.add(3, [(2, 500.0, 0.0), (4, 600.0, 90.0)], tags={"highway": "motorway_link"})
    assert seconds(build_network(raw), 1) == pytest.approx(500 / (59 * MPH), rel=0.01)


def test_walkers_wait_nowhere() -> None:
    assert seconds(crossing(), 1, WALK) == pytest.approx(150.0)


@given(st.floats(0, 60), st.floats(0.2, 2.0))
def test_delays_and_slow_hours_are_what_they_say(delay_s: float, factor: float) -> None:
    mode = replace(DRIVE, junction_delay_s=delay_s, speed_factor=factor)
    exact = 200 / (M_PER_S * factor) + delay_s / 2
    assert seconds(crossing(), 1, mode) == pytest.approx(exact, abs=0.051)


@pytest.fixture(scope="module")
def newport() -> Network:
    return read_network_file(ROOT / "data/networks/newport.npz")


def test_main_roads_come_to_the_measured_average(newport: Network) -> None:
    # Department for Transport: 25.2, 24.9 and 25.4 mph on local A roads in 2017, 2018, 2018/19
    kinds = np.array([tags.get("highway", "") for tags in newport.tag_sets])[newport.edge_tags]
    cost = edge_cost(newport, DRIVE)
    main = (kinds == "primary") & cost.main & (cost.forward_ds < CLOSED_DS)
    metres, ds = newport.length_m[main].sum(), cost.forward_ds[main].sum()
    assert metres / (ds / 10) / MPH == pytest.approx(25.2, abs=0.6)


def test_nothing_is_driven_above_the_limit(newport: Network) -> None:
    cost = edge_cost(newport, DRIVE)
    driven = (cost.forward_ds < CLOSED_DS) & (newport.length_m > 50)
    mph = newport.length_m[driven] / (cost.forward_ds[driven] / 10) / MPH
    assert mph.max() <= 70
    limits = np.array([tags.get("maxspeed", "") for tags in newport.tag_sets])
    in_thirty = (limits == "30 mph")[newport.edge_tags[driven]]
    assert in_thirty.sum() > 100
    assert mph[in_thirty].max() <= 30


def points(*places: tuple[float, float]) -> gpd.GeoDataFrame:
    x, y = zip(*places, strict=True)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs="EPSG:27700")


def test_parking_is_added_once_to_every_trip() -> None:
    homes, sites = points((10.0, 5.0), (390.0, 0.0)), points((300.0, -8.0))
    parked = replace(DRIVE, parking_s=ACTIVE_PLACES_PARKING_S)
    for direction in ("to_sites", "from_sites"):
        before = travel_time_matrix(crossing(), homes, sites, mode=DRIVE, direction=direction)
        after = travel_time_matrix(crossing(), homes, sites, mode=parked, direction=direction)
        gap = (after.minutes - before.minutes) * 60
        assert gap.ravel().tolist() == pytest.approx([160.0, 160.0], abs=1e-3)
    drive = estimate_travel_times(homes, sites, mode=DRIVE).minutes
    parked_min = estimate_travel_times(homes, sites, mode=parked).minutes
    assert ((parked_min - drive) * 60).ravel().tolist() == pytest.approx([160.0] * 2, abs=0.2)


def test_the_walk_at_each_end_is_walked() -> None:
    near, far = points((100.0, 0.0)), points((100.0, 80.0))
    site = points((300.0, 0.0))
    gap = (
        travel_time_matrix(crossing(highway="footway"), far, site, mode=DRIVE).minutes
        - travel_time_matrix(crossing(highway="footway"), near, site, mode=DRIVE).minutes
    )
    assert gap[0, 0] == pytest.approx(1.0, abs=0.01)  # 80 m at 4.8 km/h


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("junction_delay_s", -1.0, "junction_delay_s is -1.0; give seconds"),
        ("parking_s", float("nan"), "parking_s is nan"),
        ("speed_factor", 0.0, "speed_factor is 0.0; give a number from 0.05 to 2"),
    ],
)
def test_settings_out_of_bounds_are_named(field: str, value: float, told: str) -> None:
    with pytest.raises(InputError, match=told):
        replace(DRIVE, **{field: value})


@pytest.mark.parametrize("mode", [DRIVE, PUSHCHAIR, WALK])
def test_minutes_at_one_speed_are_metres_on_every_street(
    newport: Network, mode: TravelMode
) -> None:
    own, level = edge_cost(newport, mode), edge_cost(newport, mode.level())
    assert ((own.forward_ds < CLOSED_DS) == (level.forward_ds < CLOSED_DS)).all()
    assert ((own.backward_ds < CLOSED_DS) == (level.backward_ds < CLOSED_DS)).all()
    is_open = (level.forward_ds < CLOSED_DS) & (newport.length_m > 1)
    metres = level.forward_ds[is_open] / 10 * (mode.speed_km_h / 3.6)
    to_the_decisecond = mode.speed_km_h / 3.6 / 20
    assert np.abs(metres - newport.length_m[is_open]).max() <= to_the_decisecond + 1e-9


def test_distances_know_no_delays_hills_or_parking() -> None:
    level = replace(DRIVE, parking_s=160.0).level()
    assert (level.parking_s, level.junction_delay_s, level.speed_factor) == (0.0, 0.0, 1.0)
    assert not level.counts_hills
    assert not WALK.level().counts_hills
    assert level.walk_speed_km_h == level.speed_km_h == DRIVE.speed_km_h

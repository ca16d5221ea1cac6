"""A toy borough small enough to work out on paper.

Twelve houses stand 960 m apart along one straight road; four centres are at four of them. Walking
is 80 m a minute, so a step from house to house is 12 minutes on foot; a pushchair goes 60 m a
minute, so it is 16 minutes::

    house    h01  h02  h03  h04  h05  h06  h07  h08  h09  h10  h11  h12
    centre    A              B                   C                   D
    metres     0  960 1920 2880 3840 4800 5760 6720 7680 8640 9600 10560
    walk min   0   12   24   36   48   60   72   84   96  108  120  132    (from h01)
    weight    10    5    5   10   10   10   10   10   10    5    5   10    (in all 100)
    ward     |---- W1 ----| |---- W2 ----| |---- W3 ----| |---- W4 ----|
    weight         20             30             30             20
    decile     5    5    5    1    1    1    2    9    9    7    7    7
    no car   |---- 0.1 ---| |---- 0.4 ---| |---- 0.3 ---| |---- 0.2 ---|

Minutes on foot to the nearest centre, with all four open, and without B::

    house    h01  h02  h03  h04  h05  h06  h07  h08  h09  h10  h11  h12
    all        0   12   12    0   12   24   12    0   12   24   12    0
    nearest    A    A    B    B    B   B=C    C    C    C   C=D   D    D
    without B  0   12   24   36   36   24   12    0   12   24   12    0
    nearest    A    A    A    A    C    C    C    C    C   C=D   D    D
    added      0    0   12   36   24    0    0    0    0    0    0    0
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from eh_access.criteria.criterion import Case, Criterion, JudgeSettings, Side
from eh_access.measures.scenarios import BASELINE, Scenario, apply_scenario
from eh_access.modes import MODES, TravelMode
from eh_access.routing.estimate import estimate_travel_times
from eh_access.routing.travel_times import TravelTimes

STEP_M = 960.0
EAST, NORTH = 440_000.0, 390_000.0
HOUSES = [f"h{number:02d}" for number in range(1, 13)]
CENTRES = {"A": 0, "B": 3, "C": 7, "D": 11}
WEIGHTS = [10.0, 5, 5, 10, 10, 10, 10, 10, 10, 5, 5, 10]
WARDS = ["W1"] * 3 + ["W2"] * 3 + ["W3"] * 3 + ["W4"] * 3
DECILES = [5, 5, 5, 1, 1, 1, 2, 9, 9, 7, 7, 7]
NO_CAR = [0.1] * 3 + [0.4] * 3 + [0.3] * 3 + [0.2] * 3


def origins() -> gpd.GeoDataFrame:
    """Return the twelve houses."""
    return gpd.GeoDataFrame(
        {
            "weight": WEIGHTS,
            "area_id": WARDS,
            "weight_basis": "by hand",
            "ward_code": WARDS,
            "ward_name": [f"{ward[1]} Ward" for ward in WARDS],
            "imd_decile": DECILES,
            "no_car_share": NO_CAR,
        },
        geometry=gpd.points_from_xy(EAST + STEP_M * np.arange(12), np.full(12, NORTH)),
        index=pd.Index(HOUSES, name="origin_id"),
        crs="EPSG:27700",
    )


def sites(
    *,
    basis: Mapping[str, str] | None = None,
    radius_m: Mapping[str, float] | None = None,
) -> gpd.GeoDataFrame:
    """Return the four centres, by default surveyed and with full hours."""
    known = basis or {}
    kinds = [known.get(centre, "surveyed") for centre in CENTRES]
    points = gpd.GeoSeries(
        gpd.points_from_xy(
            [EAST + STEP_M * house for house in CENTRES.values()], [NORTH] * len(CENTRES)
        ),
        index=list(CENTRES),
        crs="EPSG:27700",
    )
    points[[kind == "unknown" for kind in kinds]] = None
    return gpd.GeoDataFrame(
        {
            "name": [f"Centre {centre}" for centre in CENTRES],
            "hours_per_week": np.nan,
            "location_basis": kinds,
            "location_radius_m": [(radius_m or {}).get(centre, 0.0) for centre in CENTRES],
        },
        geometry=points,
        index=pd.Index(list(CENTRES), name="site_id"),
    )


def times_of(
    minutes: np.ndarray,
    *,
    mode: TravelMode = MODES["walk"],
    houses: Sequence[str] = HOUSES,
    centres: Sequence[str] = tuple(CENTRES),
    **more: object,
) -> TravelTimes:
    """Return a table of times from its minutes; every house and centre is in order."""
    fine = {"status": "ok", "reason": "", "offset_m": 0.0}
    told = {"cutoff_min": 200.0, "method": "by hand"} | more
    return TravelTimes(
        minutes=np.array(minutes, dtype=np.float32),
        origin_status=pd.DataFrame([fine] * len(houses), index=pd.Index(houses, name="origin_id")),
        site_status=pd.DataFrame([fine] * len(centres), index=pd.Index(centres, name="site_id")),
        mode=mode,
        **told,
    )


def times(mode: str = "walk", **more: object) -> TravelTimes:
    """Return times along the road, at the mode's speed."""
    road = STEP_M * np.abs(np.arange(12)[:, None] - np.array(list(CENTRES.values())))
    travel = MODES[mode]
    return times_of(road / (travel.speed_km_h * 1000 / 60), mode=travel, **more)


def side(table: gpd.GeoDataFrame, *, estimated: bool = False) -> Side:
    """Return one side of a case: every mode there is, there and home."""
    modes = ("walk", "pushchair")
    return Side(
        sites=table,
        times={mode: times(mode, estimated=estimated) for mode in modes},
        times_back={
            mode: times(mode, estimated=estimated, direction="from_sites") for mode in modes
        },
        distances={"pushchair": times("pushchair", estimated=estimated)},
    )


def case_of(
    scenario: Scenario,
    *,
    table: gpd.GeoDataFrame | None = None,
    people: gpd.GeoDataFrame | None = None,
    estimated: bool = False,
) -> Case:
    """Return a scenario beside the baseline."""
    start = sites() if table is None else table
    return Case(
        scenario=scenario.name,
        origins=origins() if people is None else people,
        before=side(apply_scenario(start, BASELINE), estimated=estimated),
        after=side(apply_scenario(start, scenario), estimated=estimated),
        settings=JudgeSettings(full_time_from_hours=25.0),
    )


SPEEDS = {name: MODES[name] for name in ("walk", "pushchair", "drive")}


def estimated_side(
    people: gpd.GeoDataFrame, table: gpd.GeoDataFrame, modes: Mapping[str, TravelMode] = SPEEDS
) -> Side:
    """Return times worked out afresh, there and home."""
    return Side(
        sites=table,
        times={
            name: estimate_travel_times(people, table, mode=mode) for name, mode in modes.items()
        },
        times_back={
            name: estimate_travel_times(people, table, mode=mode, direction="from_sites")
            for name, mode in modes.items()
        },
    )


def criterion(**keys: object) -> Criterion:
    """Return a valid criterion, `walk-30` unless told otherwise."""
    usual: dict[str, object] = {
        "id": "walk-30",
        "title": "A walk to a site",
        "measure": "coverage",
        "mode": "walk",
        "threshold": 0.9,
        "source": "a test",
        "set_by": "the tests",
        "set_on": dt.date(2025, 1, 6),
    }
    if keys.get("measure", "coverage") == "coverage":
        usual |= {"cutoff_min": 30.0}
    return Criterion(**(usual | keys))


SEVEN: Mapping[str, Criterion] = {
    item.id: item
    for item in (
        criterion(sites="full_time", margin=0.02),
        criterion(
            id="pram-2500",
            measure="coverage_distance",
            mode="pushchair",
            within_m=2500.0,
            threshold=0.85,
        ),
        criterion(
            id="pushchair-added",
            measure="added_time",
            mode="pushchair",
            added_min=10.0,
            threshold=0.05,
        ),
        criterion(
            id="deprived-not-worse",
            measure="group_gap",
            group="most-deprived-fifth",
            threshold=0.0,
        ),
        criterion(
            id="no-car",
            measure="group_coverage",
            group="no-car-fifth",
            cutoff_min=30.0,
            also_modes=("transit",),
        ),
        criterion(
            id="even-spread", measure="area_loss", by="ward_code", cutoff_min=30.0, threshold=15.0
        ),
        criterion(
            id="sessions",
            measure="hours_reachable",
            cutoff_min=30.0,
            min_hours=10.0,
            threshold=1.0,
        ),
    )
}
"""A criterion of level, gap or area for each question, by id."""

FALLS: Mapping[str, Criterion] = {
    item.id: item
    for item in (
        criterion(id="walk-30-fall", measure="coverage_fall", cutoff_min=30.0, threshold=5.0),
        criterion(id="deprived-slope", measure="slope", by="imd_decile", threshold=0.0),
        criterion(
            id="deprived-fall",
            measure="fall_gap",
            group="most-deprived-fifth",
            cutoff_min=30.0,
            threshold=0.0,
        ),
        criterion(id="hours", measure="hours_fall", cutoff_min=30.0, threshold=0.1),
    )
}
"""Criteria of change, by id."""

EVERY = {**SEVEN, **FALLS}
"""One criterion of every kind there is, by id."""

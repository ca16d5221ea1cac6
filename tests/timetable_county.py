"""A made-up county: lines that wander between towns, as many as are wanted, and walks to them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

import eh_access as eh
from eh_access.transit.walks import Pairs, Walks

TRIPS, CALLS, STOPS, SIZE_M, TOWNS = 26_000, 40, 8_000, 40_000, 12
HOMES, SITES = 6_600, 40
EAST_M, NORTH_M = 420_000, 380_000
HALF, DIRECT_S = 0.5, 5400
PER_LINE, BUS_M_S, DETOUR, WALK_M_S = 45, 6.5, 1.3, 4.8 / 3.6 / 1.25


def county_tables(
    *, trips: int = TRIPS, stops: int = STOPS, size_m: float = SIZE_M, count: int = TOWNS
) -> dict[str, pd.DataFrame]:
    """Make a feed of lines that wander between so many towns; some 775,000 hops a weekday."""
    rng = np.random.default_rng(1)
    towns = rng.random((count, 2)) * size_m
    near = int(stops * 0.8)
    xy = towns[rng.integers(0, count, near)] + rng.normal(0, 2500, (near, 2))
    xy = np.clip(np.vstack([xy, rng.random((stops - near, 2)) * size_m]), 0, size_m)
    points = gpd.GeoSeries.from_xy(xy[:, 0] + EAST_M, xy[:, 1] + NORTH_M, crs=27700).to_crs(4326)
    tree = cKDTree(xy)
    runs, parts = [], []
    for line in range(round(trips / PER_LINE / 2)):
        a, b = towns[rng.choice(count, 2, replace=False)] + rng.normal(0, 2500, (2, 2))
        if rng.random() < HALF:
            b = a + rng.normal(0, 5000, 2)
        by = (a + b) / 2 + rng.normal(0, 2000, 2)
        s = np.linspace(0, 1, CALLS * 2)[:, None]
        path = tree.query((1 - s) ** 2 * a + 2 * s * (1 - s) * by + s**2 * b)[1]
        path = path[np.append(True, np.diff(path) != 0)][:CALLS]
        gaps = np.hypot(*np.diff(xy[path], axis=0).T) * DETOUR / BUS_M_S
        gaps = np.maximum(20, gaps).astype(int)
        for way in (1, -1):
            offsets = np.append(0, np.cumsum(gaps[::way]))
            start = 5 * 3600 + int(rng.integers(0, 1800))
            for bus in range(PER_LINE):
                trip = f"{line}_{way}_{bus}"
                runs.append((f"R{line}", "wk", trip))
                at = start + bus * (18 * 3600 // PER_LINE) + offsets
                parts.append((trip, path[::way], at))
    calls_of = [len(path) for _, path, _ in parts]
    at = pd.Series(np.concatenate([times for _, _, times in parts]))
    clock = (
        (at // 3600).astype(str).str.zfill(2) + ":" + (at // 60 % 60).astype(str).str.zfill(2)
        + ":" + (at % 60).astype(str).str.zfill(2)
    )  # fmt: skip
    calls = pd.DataFrame(
        {
            "trip_id": np.repeat([trip for trip, _, _ in parts], calls_of),
            "arrival_time": clock,
            "departure_time": clock,
            "stop_id": "S" + pd.Series(np.concatenate([s for _, s, _ in parts])).astype(str),
            "stop_sequence": pd.Series(np.concatenate([np.arange(n) for n in calls_of])).astype(
                str
            ),
        }
    )
    days = {day: [str(int(day[0] != "s"))] for day in (
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    )}  # fmt: skip
    ids = [f"S{number}" for number in range(stops)]
    places = {"stop_id": ids, "stop_lat": points.y, "stop_lon": points.x}
    routes = sorted({run[0] for run in runs})
    return {
        "stops": pd.DataFrame(places).astype(str),
        "routes": pd.DataFrame({"route_id": routes, "route_type": "3"}),
        "trips": pd.DataFrame(runs, columns=["route_id", "service_id", "trip_id"]),
        "stop_times": calls,
        "calendar": pd.DataFrame(
            {"service_id": ["wk"], **days, "start_date": "20230605", "end_date": "20240301"}
        ),
    }


def county_walks(timetable: eh.Timetable, *, homes: int = HOMES, sites: int = SITES) -> Walks:
    """Return walks in straight lines: the streets are not what is timed."""
    rng = np.random.default_rng(5)
    served, xy = timetable.served, timetable.stops[["x_m", "y_m"]].to_numpy()
    tree = cKDTree(xy[served])
    starts = xy[rng.choice(served, homes)] + rng.normal(0, 300, (homes, 2))
    doors = starts[rng.choice(homes, sites, replace=False)]

    def near(points: np.ndarray, seconds: float) -> Pairs:
        found = cKDTree(points).sparse_distance_matrix(
            tree, seconds * WALK_M_S, output_type="coo_matrix"
        )
        order = np.lexsort((found.col, found.row))
        ds = np.rint(found.data / WALK_M_S * 10).astype(np.int64)
        return Pairs(found.row[order].astype(np.int64), served[found.col[order]], ds[order])

    between = near(xy[served], 360)
    between = Pairs(served[between.frm], between.to, between.ds)
    apart = between.frm != between.to
    metres = np.hypot(*(starts[:, None] - doors[None]).transpose(2, 0, 1))
    minutes = np.where(metres / WALK_M_S <= DIRECT_S, metres / WALK_M_S / 60, np.inf)

    def status(count: int) -> pd.DataFrame:
        return pd.DataFrame({"status": "ok", "reason": "", "offset_m": 0.0}, index=np.arange(count))

    return Walks(
        walking=eh.TravelTimes(
            minutes=minutes.astype(np.float32), origin_status=status(homes),
            site_status=status(sites), mode=eh.WALK, cutoff_min=90.0, method="straight lines",
        ),
        access=near(starts, 900), egress=near(doors, 900),
        between=Pairs(*(values[apart] for values in between)),
        stops=timetable.stops.index, searched=np.ones(len(timetable.stops), bool),
        offset_m=np.zeros(len(served)), limits=eh.JourneyLimits(),
    )  # fmt: skip

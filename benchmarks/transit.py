"""Time journeys by timetable: Newport beside cafein in one run, and a made-up county.

python benchmarks/transit.py
"""

from __future__ import annotations

import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

import eh_access as eh
from eh_access.sources import bundled
from eh_access.transit.walks import Pairs, Walks
from measure import Spent, timed

Row = tuple[str, str, str]
NEWPORT = Path(__file__).resolve().parents[2] / "shared" / "data" / "newport"
DATE = "2023-06-20"
ALIGNED = eh.JourneyLimits(
    access_min=20, egress_min=20, direct_min=20, transfer_min=6, max_changes=2
)
SESSIONS = (
    ("09:30", "11:00"),
    ("10:00", "11:30"),
    ("13:00", "14:30"),
    ("15:00", "16:30"),
    ("18:00", "19:00"),
)
TRIPS, CALLS, STOPS, SIZE_M, TOWNS = 26_000, 40, 8_000, 40_000, 12
HOMES, SITES = 6_600, 40
EAST_M, NORTH_M = 420_000, 380_000
HALF, DIRECT_S, DAY_DS = 0.5, 5400, 864_000
PER_LINE, BUS_M_S, DETOUR, WALK_M_S = 45, 6.5, 1.3, 4.8 / 3.6 / 1.25
MB = 1024


def transit_rows() -> list[Row]:
    """Return what was measured, and the bar."""
    return [*newport_rows(), *county_rows()]


def ratio(theirs: Spent | None, ours: float) -> str:
    """Return how many times as long the other program takes."""
    return "" if theirs is None else f"; cafein {theirs.ms()} ms, {theirs.median / ours:,.0f} times"


def newport_rows() -> list[Row]:
    """Time Newport's 2,227 homes and 12 sites under aligned limits."""
    network = eh.read_network("newport")
    homes, sites = eh.load_origins("newport_postcode"), eh.load_sites("newport_sites")
    timetable = eh.read_timetable(bundled.timetable_path("newport"), DATE)

    def walks(direction: str = "to_sites") -> Walks:
        return eh.find_walks(network, timetable, homes, sites, limits=ALIGNED, direction=direction)

    tables = walks()
    windows = {site: [eh.Window("tue", *session) for session in SESSIONS] for site in sites.index}
    ways = (tables, walks("from_sites"))
    asked: dict[str, Callable[[], Any]] = {
        "walks": walks,
        "one": lambda: eh.transit_times(timetable, tables, window="10:00"),
        "window": lambda: eh.transit_times(timetable, tables, window=("10:00", "11:00")),
        "all": lambda: eh.transit_times(timetable, walks(), window=("10:00", "11:00")),
        "visits": lambda: eh.visits(windows, *ways, timetable=timetable),
        "read": lambda: eh.read_timetable(bundled.timetable_path("newport"), DATE),
    }
    spent = {name: timed(work, 2)[0] and timed(work, 7)[0] for name, work in asked.items()}
    peer = cafein_times(homes, sites)
    one, window, whole = (spent[name].median for name in ("one", "window", "all"))
    return [
        ("Newport: reading its timetable from the store, ms", spent["read"].ms(), ""),
        ("Newport: all walks, once, ms", spent["walks"].ms(), ""),
        (
            "Newport: one deadline, walks at hand, ms",
            spent["one"].ms() + ratio(peer.get("one"), one),
            "",
        ),
        (
            "Newport: deadlines of an hour, exact p10, p50, p90, walks at hand, ms",
            spent["window"].ms() + ratio(peer.get("window"), window),
            "30 times cafein",
        ),
        (
            "Newport: the same with all walks, ms",
            spent["all"].ms() + ratio(peer.get("window"), whole),
            "5 times cafein",
        ),
        ("Newport: there and back, 12 sites, 5 sessions each, ms", spent["visits"].ms(), "1,000"),
    ]


def cafein_times(homes: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> dict[str, Spent]:
    """Time cafein on the same question; nothing where it or the streets are not here."""
    if importlib.util.find_spec("cafein") is None or not NEWPORT.is_dir():
        return {}
    from cafein import TransportNetwork, TravelTimeMatrix

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = TransportNetwork.from_gtfs(
            str(NEWPORT / "newport-20230613_gtfs.zip"),
            osm_pbf=str(NEWPORT / "newport-2023-06-13.osm.pbf"),
            walking_speed_kmph=4.8, max_walking_time=6, snap_distance=150,
        )  # fmt: skip
        points = [
            gpd.GeoDataFrame(
                {"id": t.index.astype(str)}, geometry=t.geometry.to_crs(4326).to_numpy(), crs=4326
            )
            for t in (homes, sites)
        ]
        limits = {
            "max_rides": 3,
            "walking_speed_kmph": 4.8,
            "max_walking_time": 20,
            "snap_distance": 150,
        }

        def ask(**more: Any) -> Spent:
            work = lambda: TravelTimeMatrix(  # noqa: E731 - one question
                net, *points, arrival=f"{DATE} 10:00", **limits, **more
            )
            return timed(work, 1)[0] and timed(work, 3)[0]

        return {
            "one": ask(),
            "window": ask(arrival_time_window=60, percentiles=[10, 50, 90]),
        }


# ------------------------------------------------------------------ a made-up county


def county_rows() -> list[Row]:
    """Time a county in processes of their own, so that memory can be told."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for part in ("make", "ask"):
            command = [sys.executable, str(Path(__file__).resolve()), part, folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows += [tuple(row) for row in json.loads(done.stdout.splitlines()[-1])]
    return rows


def county_tables() -> dict[str, pd.DataFrame]:
    """Make lines that wander between towns, some 815,000 hops a weekday."""
    rng = np.random.default_rng(1)
    towns = rng.random((TOWNS, 2)) * SIZE_M
    near = int(STOPS * 0.8)
    xy = towns[rng.integers(0, TOWNS, near)] + rng.normal(0, 2500, (near, 2))
    xy = np.clip(np.vstack([xy, rng.random((STOPS - near, 2)) * SIZE_M]), 0, SIZE_M)
    points = gpd.GeoSeries.from_xy(xy[:, 0] + EAST_M, xy[:, 1] + NORTH_M, crs=27700).to_crs(4326)
    tree = cKDTree(xy)
    trips, parts = [], []
    for line in range(round(TRIPS / PER_LINE / 2)):
        a, b = towns[rng.choice(TOWNS, 2, replace=False)] + rng.normal(0, 2500, (2, 2))
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
                trips.append((f"R{line}", "wk", trip))
                at = start + bus * (18 * 3600 // PER_LINE) + offsets
                parts.append((trip, path[::way], at))
    count = [len(stops) for _, stops, _ in parts]
    at = pd.Series(np.concatenate([times for _, _, times in parts]))
    clock = (
        (at // 3600).astype(str).str.zfill(2) + ":" + (at // 60 % 60).astype(str).str.zfill(2)
        + ":" + (at % 60).astype(str).str.zfill(2)
    )  # fmt: skip
    calls = pd.DataFrame(
        {
            "trip_id": np.repeat([trip for trip, _, _ in parts], count),
            "arrival_time": clock,
            "departure_time": clock,
            "stop_id": "S" + pd.Series(np.concatenate([s for _, s, _ in parts])).astype(str),
            "stop_sequence": pd.Series(np.concatenate([np.arange(n) for n in count])).astype(str),
        }
    )
    days = {day: [str(int(day[0] != "s"))] for day in (
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    )}  # fmt: skip
    stops = {"stop_id": [f"S{i}" for i in range(STOPS)], "stop_lat": points.y, "stop_lon": points.x}
    routes = sorted({trip[0] for trip in trips})
    return {
        "stops": pd.DataFrame(stops).astype(str),
        "routes": pd.DataFrame({"route_id": routes, "route_type": "3"}),
        "trips": pd.DataFrame(trips, columns=["route_id", "service_id", "trip_id"]),
        "stop_times": calls,
        "calendar": pd.DataFrame(
            {"service_id": ["wk"], **days, "start_date": "20230605", "end_date": "20240301"}
        ),
    }


def county_walks(timetable: eh.Timetable) -> Walks:
    """Return walks in straight lines: the streets are not what is timed."""
    rng = np.random.default_rng(5)
    served, xy = timetable.served, timetable.stops[["x_m", "y_m"]].to_numpy()
    tree = cKDTree(xy[served])
    homes = xy[rng.choice(served, HOMES)] + rng.normal(0, 300, (HOMES, 2))
    sites = homes[rng.choice(HOMES, SITES, replace=False)]

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
    metres = np.hypot(*(homes[:, None] - sites[None]).transpose(2, 0, 1))
    minutes = np.where(metres / WALK_M_S <= DIRECT_S, metres / WALK_M_S / 60, np.inf)

    def status(count: int) -> pd.DataFrame:
        return pd.DataFrame({"status": "ok", "reason": "", "offset_m": 0.0}, index=np.arange(count))

    return Walks(
        walking=eh.TravelTimes(
            minutes=minutes.astype(np.float32), origin_status=status(HOMES),
            site_status=status(SITES), mode=eh.WALK, cutoff_min=90.0, method="straight lines",
        ),
        access=near(homes, 900), egress=near(sites, 900),
        between=Pairs(*(values[apart] for values in between)),
        stops=timetable.stops.index, searched=np.ones(len(timetable.stops), bool),
        offset_m=np.zeros(len(served)), limits=eh.JourneyLimits(),
    )  # fmt: skip


def make_county(folder: Path) -> list[Row]:
    """Write the county's feed and read it for the first time."""
    source = folder / "feed"
    source.mkdir()
    for name, table in county_tables().items():
        table.to_csv(source / f"{name}.txt", index=False)
    start = time.perf_counter()
    eh.read_timetable(source, DATE, cache_dir=folder)
    seconds = time.perf_counter() - start
    return [(f"county: reading {TRIPS:,} trips for the first time, s", f"{seconds:.1f}", "")]


def ask_county(folder: Path) -> list[Row]:
    """Read the county again and time its answers."""
    read, timetable = timed(lambda: eh.read_timetable(folder / "feed", DATE, cache_dir=folder), 3)
    walks = county_walks(timetable)
    eh.transit_times(timetable, walks, window=("09:30", "09:31"), percentiles=[50])  # compiles
    spent, times = timed(lambda: eh.transit_times(timetable, walks, window=("09:30", "15:00")), 3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MB
    hops = int(((timetable.dep_ds >= 0) & (timetable.dep_ds < DAY_DS)).sum())
    reached = np.isfinite(times.judged_min).mean()
    what = f"county, {hops:,} hops a day, {HOMES:,} homes, {SITES} sites ({reached:.0%} reached)"
    return [
        ("county: reading it again from the store, ms", read.ms(), "1,000"),
        (f"{what}: deadlines 9:30 to 15:00, exact p10, p50, p90, ms", spent.ms(), "5,000"),
        ("county: most memory of the process, MB", f"{peak:,}", "600"),
    ]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        part = {"make": make_county, "ask": ask_county}[sys.argv[1]]
        print(json.dumps(part(Path(sys.argv[2]))))
    else:
        for name, measured, bar in transit_rows():
            print(f"| {name} | {measured} | {bar} |")

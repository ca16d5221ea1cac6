"""Time journeys by timetable: Newport beside cafein in one run, and a made-up county.

python benchmarks/transit.py
"""

from __future__ import annotations

import importlib.util
import json
import statistics
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

import eh_access as eh
from eh_access.sources import bundled
from eh_access.transit.journeys import Search
from measure import Spent, timed

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from timetable_county import HOMES, SITES, TRIPS, county_tables, county_walks
from timetable_raptor import compare

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
DAY_DS = 864_000
KB_IN_MB = 1024


def transit_rows() -> list[Row]:
    """Return what was measured, and the bar."""
    return [*newport_rows(), *county_rows()]


def ratio(theirs: Spent | None, ours: Spent) -> str:
    """Return how many times as long the other program takes, by the clock and by the processor."""
    if theirs is None:
        return ""
    worked, own = (statistics.median(spent.processor) for spent in (theirs, ours))
    times = f"{theirs.median / ours.median:,.0f} times ({worked / own:,.0f} of the processor)"
    return f"; cafein {theirs.both()}: {times}"


def newport_rows() -> list[Row]:
    """Time Newport's 2,227 homes and 12 sites under aligned limits."""
    network = eh.read_network("newport")
    homes, sites = eh.load_origins("newport_postcode"), eh.load_sites("newport_sites")
    timetable = eh.read_timetable(bundled.timetable_path("newport"), DATE)

    def walks(direction: str = "to_sites") -> Any:
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
    one, window, whole = (spent[name] for name in ("one", "window", "all"))
    return [
        ("Newport: reading its timetable from the store, ms", spent["read"].both(), ""),
        ("Newport: all walks, once, ms", spent["walks"].both(), ""),
        (
            "Newport: one deadline, walks at hand, ms",
            spent["one"].both() + ratio(peer.get("one"), one),
            "",
        ),
        (
            "Newport: deadlines of an hour, exact p10, p50, p90, walks at hand, ms",
            spent["window"].both() + ratio(peer.get("window"), window),
            "30 times cafein",
        ),
        (
            "Newport: the same with all walks, ms",
            spent["all"].both() + ratio(peer.get("window"), whole),
            "5 times cafein",
        ),
        ("Newport: there and back, 12 sites, 5 sessions each, ms", spent["visits"].both(), "1,000"),
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
        for part in ("make", "ask", "prove"):
            command = [sys.executable, str(Path(__file__).resolve()), part, folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows += [tuple(row) for row in json.loads(done.stdout.splitlines()[-1])]
    return rows


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
    # not getrusage: it counts what the process that started this one held before
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    peak = int(status["VmHWM"].split()[0]) // KB_IN_MB
    hops = int(((timetable.dep_ds >= 0) & (timetable.dep_ds < DAY_DS)).sum())
    reached = np.isfinite(times.judged_min).mean()
    what = f"county, {hops:,} hops a day, {HOMES:,} homes, {SITES} sites ({reached:.0%} reached)"
    return [
        ("county: reading it again from the store, ms", read.both(), "1,000"),
        (f"{what}: deadlines 9:30 to 15:00, exact p10, p50, p90, ms", spent.both(), "5,000"),
        ("county: most memory of the process, MB", f"{peak:,}", "600"),
    ]


def prove_county(folder: Path) -> list[Row]:
    """Compare the scan with range RAPTOR, written from its paper, at the county's full size."""
    timetable = eh.read_timetable(folder / "feed", DATE, cache_dir=folder)
    walks = county_walks(timetable)
    compared = compare(
        Search(timetable, walks, boardings=3), sites=range(2), hours=(9, 10), each=40
    )
    what = "county: last departures from stops compared with range RAPTOR, all equal"
    return [(what, f"{compared:,}", "")]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        part = {"make": make_county, "ask": ask_county, "prove": prove_county}[sys.argv[1]]
        print(json.dumps(part(Path(sys.argv[2]))))
    else:
        for name, measured, bar in transit_rows():
            print(f"| {name} | {measured} | {bar} |")

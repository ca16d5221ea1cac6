"""Four councils on real streets: every third library of each closes.

Postcodes are the origins, with the under-fives of their census area shared out evenly; libraries
and community centres are the sites. From ../shared/data/south_yorkshire.

    python benchmarks/south_yorkshire.py FOLDER
    eh-access batch FOLDER/plan.toml --out FOLDER/results
    python benchmarks/south_yorkshire.py FOLDER --prove [--every 20]

The last does it itself, with made-up buses between the venues, and says whether each study is its
single run byte for byte, and how minutes near a border compare with those of the four as one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

SOURCE = Path(__file__).resolve().parents[2] / "shared" / "data" / "south_yorkshire"
EVERY = 3
SEED, NEAR_M, WITHIN_MIN = 20181022, 2000.0, 30.0
PLAN = """\
schema = 1
title = "Every third library in South Yorkshire closes"
template = "study.toml"
authorities = "authorities.geojson"
authority = "district_code"
buffer_m = 3000
"""
STUDY = """\
schema = 1
id = "{id}"
title = "{name}: every third library closes"
place = "{name}"
question = "Do libraries and community centres stay near under-fives in {name}?"
unit = "under-fives"
weight_label = "children aged 0 to 4"
weight_basis = "modelled: mid-2020 estimates by census area, shared evenly over its postcodes"
site_word = "venue"
weights_public = true

[data]
areas = "areas.geojson"
sites = "sites.csv"
origins = { postcode = "origins.csv" }

[streets]
source = "STREETS"

[settings]
modes = ["walk", "pushchair"]

[[scenario]]
name = "baseline"
label = "Before"

[[scenario]]
name = "every-third"
label = "Every third library closes"
close = CLOSED

[[criterion]]
id = "walk-30"
title = "Within a 30-minute walk"
measure = "coverage"
mode = "walk"
cutoff_min = 30
threshold = 0.9
source = "an illustration"
set_by = "nobody"
set_on = 2026-01-01

[[criterion]]
id = "poor-gap"
title = "The most deprived fifth walks no longer"
measure = "group_gap"
mode = "walk"
threshold = 2
group = "most-deprived-fifth"
source = "an illustration"
set_by = "nobody"
set_on = 2026-01-01

[[source]]
file = "STREETS"
title = "Streets"
publisher = "OpenStreetMap"
licence = "Open Database Licence (ODbL) 1.0"
attribution = "© OpenStreetMap contributors"
date = "2021-08-05"
"""


def write_plan(folder: Path, *, every: int = 1, as_one: bool = False, buses: bool = False) -> Path:
    """Write the plan, its template and the shared tables; return the plan's path."""
    folder.mkdir(parents=True, exist_ok=True)
    authorities = gpd.read_file(SOURCE / "boundaries" / "lad.geojson")
    if as_one:
        whole = authorities.dissolve()[["geometry"]]
        authorities = whole.assign(code="SY", name="South Yorkshire")
    authorities.assign(region="South Yorkshire").to_file(folder / "authorities.geojson")
    areas = gpd.read_file(SOURCE / "boundaries" / "lsoa21.geojson")
    areas = areas.rename(columns={"code": "area_id"})
    areas.assign(**{"district_code": "SY"} if as_one else {}).to_file(folder / "areas.geojson")
    _origins()[::every].to_csv(folder / "origins.csv", index=False)
    sites = _sites()
    sites.to_csv(folder / "sites.csv", index=False)
    closed = list(sites.loc[sites["kind"] == "library", "site_id"][::EVERY])
    streets = (SOURCE / "streets" / "south-yorkshire-2021-08.osm.pbf").as_posix()
    text = STUDY.replace("STREETS", streets).replace("CLOSED", str(closed).replace("'", '"'))
    if buses:
        _write_buses(gpd.GeoSeries.from_xy(sites["longitude"], sites["latitude"], crs=4326), folder)
        text = text.replace("\n[[scenario]]", TRANSIT, 1)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    return folder / "plan.toml"


TRANSIT = """
[transit]
feeds = ["buses"]
date = "tuesday"
arrive = ["09:30", "10:30"]

[[scenario]]"""
LINES, CALLS, EVERY_S, M_PER_S = 60, 8, 1800, 6.0


def _write_buses(places: gpd.GeoSeries, folder: Path) -> None:
    """Write a made-up feed: each line goes from one venue to the next nearest it has not met."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    from timetable_feeds import calendar, hms, write_feed

    points = places.to_crs(27700)
    at_m = np.column_stack([points.x, points.y])
    rng, trips, calls = np.random.default_rng(SEED), [], []
    for line, first in enumerate(rng.choice(len(at_m), LINES, replace=False).tolist()):
        path = [first]
        while len(path) < CALLS:
            gaps = np.hypot(*(at_m - at_m[path[-1]]).T)
            gaps[path] = np.inf
            path.append(int(gaps.argmin()))
        for start in range(7 * 3600, 19 * 3600, EVERY_S):
            for way in (1, -1):
                trip, stops = f"{line} {start} {way}", path[::way]
                trips.append({"route_id": f"r{line}", "service_id": "wk", "trip_id": trip})
                rides = np.hypot(*np.diff(at_m[stops], axis=0).T) / M_PER_S
                times = start + 60 * (line % 30) + np.cumsum([0, *rides]).astype(int)
                for place, (stop, time) in enumerate(zip(stops, times.tolist(), strict=True)):
                    call = {"trip_id": trip, "stop_id": f"v{stop}", "stop_sequence": place}
                    calls.append({**call, "arrival_time": hms(time), "departure_time": hms(time)})
    stops = [
        {"stop_id": f"v{n}", "stop_name": f"Venue {n}", "stop_lat": p.y, "stop_lon": p.x}
        for n, p in enumerate(places)
    ]
    routes = [{"route_id": f"r{line}", "route_type": 3} for line in range(LINES)]
    tables = {"stops": stops, "routes": routes, "trips": trips, "stop_times": calls}
    write_feed(folder / "buses", tables | {"calendar": [calendar("wk", range(5))]})


def prove(folder: Path, every: int) -> int:
    """Run the four apart, singly and as one, and print how they compare."""
    from eh_access.batch.run import Limits, run_batch
    from eh_access.batch.work import run_one, write_results

    limits = Limits(workers=2)
    plan = write_plan(folder / "four", every=every, buses=True)
    done = run_batch(plan, folder / "apart", limits=limits)
    one = write_plan(folder / "one", every=every, as_one=True, buses=True)
    whole = run_batch(one, folder / "together", limits=limits)
    failed = done.failed | whole.failed
    print(failed or "none failed")
    differ = 0
    for job in done.plan.jobs:
        single = folder / "single" / job.id
        single.mkdir(parents=True)
        for name in write_results(run_one(job.folder / "study" / "study.toml"), single):
            differ += (single / name).read_bytes() != (job.folder / name).read_bytes()
    print(f"{len(done.plan.jobs)} single runs: {differ} files differ from the batch's")
    keys = ["scenario", "mode", "origin_id"]
    apart = pd.concat([pd.read_parquet(job.folder / "origins.parquet") for job in done.plan.jobs])
    joint = gpd.read_parquet(whole.plan.jobs[0].folder / "origins.parquet").set_index(keys)
    lads = gpd.read_file(SOURCE / "boundaries" / "lad.geojson").to_crs(27700).geometry
    outer = shapely.union_all(lads.to_numpy()).boundary
    inner = shapely.difference(shapely.union_all(lads.boundary.to_numpy()), outer.buffer(100))
    both = joint.join(apart.set_index(keys)["minutes"].rename("apart"))
    both = both[both.geometry.dwithin(inner, NEAR_M)]
    for (scenario, mode), rows in both.groupby(["scenario", "mode"]):
        off = (rows["minutes"].fillna(np.inf) != rows["apart"].fillna(np.inf)).to_numpy()
        most = np.abs(rows["minutes"] - rows["apart"])[off].max() if off.any() else 0.0
        near = rows["minutes"].to_numpy() <= WITHIN_MIN
        print(
            f"{scenario}, {mode}: {len(rows):,} origins within {NEAR_M / 1000:g} km of a border, "
            f"{off.sum()} differ (by {most:.1f} minutes at most); of the {near.sum():,} within "
            f"{WITHIN_MIN:g} minutes {(off & near).sum()}"
        )
    return int(bool(failed or differ))


def _origins() -> pd.DataFrame:
    """Return live postcodes with the under-fives of their census area shared out evenly."""
    postcodes = pd.read_csv(SOURCE / "exports" / "onspd_like.csv", dtype="str")
    live = postcodes[postcodes["doterm"].isna() & postcodes["lsoa21"].notna()]
    people = pd.read_csv(SOURCE / "statistics" / "lsoa21_population.csv").set_index("lsoa21cd")
    deprived = pd.read_csv(SOURCE / "statistics" / "lsoa21_imd2025.csv").set_index("lsoa21cd")
    live = live[live["lsoa21"].isin(people.index)]
    shared = live.groupby("lsoa21")["lsoa21"].transform("size")
    return pd.DataFrame(
        {
            "origin_id": live["pcds"],
            "easting": live["oseast1m"].astype(int),
            "northing": live["osnrth1m"].astype(int),
            "weight": (live["lsoa21"].map(people["age0_4_modelled"]) / shared).round(4),
            "weight_basis": "census area, shared evenly",
            "area_id": live["lsoa21"],
            "imd_decile": live["lsoa21"].map(deprived["IMD_decile"]),
        }
    )


def _sites() -> gpd.GeoDataFrame:
    """Return libraries and community centres, on whichever side of the county's border."""
    places = pd.read_csv(SOURCE / "sites" / "osm_places.csv")
    kinds = places["subclass"].where(places["subclass"].isin(["library", "community_centre"]))
    kinds = kinds.fillna(places["class"].where(places["class"] == "library"))
    chosen = places[kinds.notna()].assign(kind=kinds[kinds.notna()])
    chosen = chosen.sort_values(["kind", "name", "lon"]).drop_duplicates(["name", "kind"])
    numbers = chosen.groupby("kind").cumcount() + 1
    return pd.DataFrame(
        {
            "site_id": chosen["kind"].str.replace("_", "-") + "-" + numbers.astype(str),
            "name": chosen["name"],
            "kind": chosen["kind"],
            "hours_per_week": "",
            "longitude": chosen["lon"],
            "latitude": chosen["lat"],
            "location_basis": "surveyed",
            "location_radius_m": 10,
        }
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--prove", action="store_true", help="run it, singly and as one, too")
    parser.add_argument("--every", type=int, default=1, help="take every so many postcodes")
    given = parser.parse_args()
    if given.prove:
        sys.exit(prove(given.folder, given.every))
    print(write_plan(given.folder, every=given.every))

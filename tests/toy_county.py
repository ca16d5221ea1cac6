"""A county on one straight road, small enough to work out on paper.

Two authorities of 6 km each; a home every 500 m with ten children; 80 m is a minute on foot::

    metres   0        1000            5800 | 6200     8500        11500    12000
    site              one              two |          three       four
             |------------- West --------- | ---------- East -----------------|

Site *two* closes. It is 200 m from the border, so families of East use it too. Where there are
buses, one runs from 500 m to 7300 and another, of East alone, from there to 11500.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from eh_access.network.build import RawWays, build_network
from eh_access.network.io import write_network
from timetable_feeds import calendar, hms, write_feed

EAST, NORTH = 440_000.0, 390_000.0
SITES_M = {"one": 1000.0, "two": 5800.0, "three": 8500.0, "four": 11500.0}
HOMES_M = 250.0 + 500.0 * np.arange(24)
BORDER_M, END_M = 6000.0, 12000.0
CHILDREN = 10.0
M_PER_MIN = 80.0
PLAN = """\
schema = 1
title = "Two closes"
template = "study.toml"
authorities = "authorities.geojson"
authority = "district"
buffer_m = 4000
"""
STUDY = """\
schema = 1
id = "{id}"
title = "{name}: two closes"
question = "Is it near in {name}?"
place = "{name}"
unit = "children"
weight_label = "children"
weight_basis = "made up"
weights_public = true

[data]
areas = "areas.geojson"
sites = "sites.csv"
origins = { homes = "homes.csv" }

[streets]
source = "road.npz"

[settings]
modes = ["walk"]
hills = false

[simulation]
draws = 100

[[scenario]]
name = "baseline"
label = "Before"

[[scenario]]
name = "two-closes"
label = "Two closes"
close = ["two"]

[[criterion]]
id = "walk-30"
measure = "coverage"
mode = "walk"
cutoff_min = 30
threshold = 0.9
source = "made up"
set_by = "nobody"
set_on = 2020-01-01

[[source]]
file = "homes.csv"
title = "Homes"
publisher = "nobody"
licence = "none"
"""


BUS_STOPS_M = (500, 5500, 7300, 8500, 11500)
BUSES = ((0, 1, 2), (2, 3, 4))
"""Stops of each line; a kilometre takes two minutes, and one may change from the first."""
TRANSIT = """
[transit]
feeds = ["buses"]
date = "tuesday"
arrive = ["09:30", "10:30"]

[[scenario]]"""


def write_buses(folder: Path) -> None:
    """Write a feed of both lines, every half an hour, and of one that runs far away."""
    lon, lat = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True).transform(
        [*(EAST + metres for metres in BUS_STOPS_M), EAST + 90_000, EAST + 91_000],
        [NORTH] * (len(BUS_STOPS_M) + 2),
    )
    stops = [
        {"stop_id": f"b{number}", "stop_name": f"B{number}", "stop_lat": y, "stop_lon": x}
        for number, (x, y) in enumerate(zip(lon, lat, strict=True))
    ]
    trips, calls = [], []
    at_m = (*BUS_STOPS_M, 90_000, 91_000)
    for line, path in enumerate((*BUSES, (5, 6))):
        for half_hour in range(14, 24):
            for way in (1, -1):
                trip = f"{line} {half_hour} {way}"
                trips.append({"route_id": f"r{line}", "service_id": "wk", "trip_id": trip})
                start = half_hour * 1800 + 900 * line  # the first takes 816 seconds
                stretch = path[::way]
                for place, stop in enumerate(stretch):
                    time = hms(start + abs(at_m[stop] - at_m[stretch[0]]) * 120 // 1000)
                    call = {"trip_id": trip, "stop_id": f"b{stop}", "stop_sequence": place}
                    calls.append({**call, "arrival_time": time, "departure_time": time})
    write_feed(
        folder,
        {
            "stops": stops,
            "routes": [{"route_id": f"r{line}", "route_type": 3} for line in range(3)],
            "trips": trips,
            "stop_times": calls,
            "calendar": [calendar("wk", range(5))],
        },
    )


def minutes_to_nearest(homes_m: np.ndarray, *closed: str) -> np.ndarray:
    """Return the minutes on foot, from distances along the road alone."""
    open_m = np.array([place for site, place in SITES_M.items() if site not in closed])
    return np.abs(homes_m[:, None] - open_m).min(axis=1) / M_PER_MIN


def children_who_lose(homes_m: np.ndarray) -> float:
    """Return how many walk over five minutes farther once *two* is closed."""
    added = minutes_to_nearest(homes_m, "two") - minutes_to_nearest(homes_m)
    return CHILDREN * float((added > 5).sum())


def write_county(folder: Path, *, buses: bool = False) -> Path:
    """Write the plan, the template and the shared tables; return the plan's path."""
    folder.mkdir(parents=True, exist_ok=True)
    halves = {"W": (0.0, BORDER_M), "E": (BORDER_M, END_M)}
    boxes = {
        code: shapely.box(EAST + west, NORTH - 500, EAST + east, NORTH + 500)
        for code, (west, east) in halves.items()
    }
    shapes = gpd.GeoSeries(list(boxes.values()), crs="EPSG:27700")
    names = {"code": ["W", "E"], "name": ["West", "East"], "region": ["North", "South"]}
    gpd.GeoDataFrame(names, geometry=shapes).to_file(folder / "authorities.geojson")
    areas = {"area_id": ["aw", "ae"], "name": ["Area W", "Area E"], "district": ["W", "E"]}
    gpd.GeoDataFrame({**areas, "county": "C"}, geometry=shapes).to_file(folder / "areas.geojson")
    west = HOMES_M < BORDER_M
    pd.DataFrame(
        {
            "origin_id": [f"h{metres:05.0f}" for metres in HOMES_M],
            "easting": EAST + HOMES_M,
            "northing": NORTH,
            "weight": CHILDREN,
            "weight_basis": "made up",
            "area_id": np.where(west, "aw", "ae"),
            "imd_decile": np.where(np.arange(len(HOMES_M)) % 2, 1, 9),
        }
    ).to_csv(folder / "homes.csv", index=False)
    pd.DataFrame(
        {
            "site_id": list(SITES_M),
            "name": [site.title() for site in SITES_M],
            "kind": "centre",
            "hours_per_week": 40,
            "easting": [EAST + metres for metres in SITES_M.values()],
            "northing": NORTH,
            "location_basis": "surveyed",
            "location_radius_m": 0,
        }
    ).to_csv(folder / "sites.csv", index=False)
    raw = RawWays(crs="EPSG:27700")
    corners = np.arange(0.0, END_M + 1, 250.0)
    for number, (start, end) in enumerate(pairwise(corners)):
        ends = [(number, EAST + start, NORTH), (number + 1, EAST + end, NORTH)]
        raw.add(number + 1, ends, tags={"highway": "footway"})
    write_network(build_network(raw), folder / "road.npz")
    text = STUDY.replace("\n[[scenario]]", TRANSIT, 1) if buses else STUDY
    (folder / "study.toml").write_text(text, encoding="utf-8")
    if buses:
        write_buses(folder / "buses")
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    return folder / "plan.toml"


def write_joint(folder: Path, *, buses: bool = False) -> Path:
    """Write the same county as one authority; return the plan's path."""
    plan = write_county(folder, buses=buses)
    both = shapely.box(EAST, NORTH - 500, EAST + END_M, NORTH + 500)
    names = {"code": ["C"], "name": ["County"]}
    shape = gpd.GeoSeries([both], crs="EPSG:27700")
    gpd.GeoDataFrame(names, geometry=shape).to_file(folder / "authorities.geojson")
    plan.write_text(PLAN.replace('"district"', '"county"'), encoding="utf-8")
    return plan

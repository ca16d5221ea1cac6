"""A small study with every trap for a map page in it: names that are HTML, a site nobody can
place, one placed roughly, one that moves, a place out of everyone's reach.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from eh_access.study.config import load_study
from eh_access.study.result import StudyResult
from eh_access.study.run import run_study

EAST, NORTH = 440_000, 390_000
BLOCK_M = 1000
SIDE = 3
IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT_END = "</script>"
FORMULA = "=1+1"
CRITERIA = """
measure = "coverage"
sites = "full_time"
cutoff_min = 20
threshold = 0.8
margin = 0.02
---
measure = "coverage_distance"
sites = "full_time"
within_m = 1500
threshold = 0.7
---
measure = "added_time"
sites = "full_time"
added_min = 5
threshold = 0.1
margin = 0.01
---
measure = "group_gap"
sites = "full_time"
group = "most-deprived-fifth"
threshold = 0.0
margin = 0.25
---
measure = "group_coverage"
also_modes = ["transit"]
sites = "full_time"
group = "no-car-fifth"
cutoff_min = 20
threshold = 0.5
---
measure = "area_loss"
sites = "full_time"
by = "ward_name"
cutoff_min = 20
threshold = 15
margin = 2
---
measure = "hours_reachable"
sites = "open"
cutoff_min = 20
min_hours = 10
threshold = 0.6
margin = 0.01
---
measure = "coverage_fall"
sites = "full_time"
cutoff_min = 20
threshold = 5
margin = 2
---
measure = "fall_gap"
sites = "full_time"
group = "most-deprived-fifth"
cutoff_min = 20
threshold = 0.0
margin = 2
---
measure = "slope"
sites = "full_time"
by = "imd_decile"
threshold = 0.0
margin = 0.1
---
measure = "hours_fall"
sites = "open"
cutoff_min = 20
threshold = 0.1
margin = 0.02
"""


def study_text() -> str:
    """Return the study as its file would say it."""
    head = f"""
schema = 1
id = "toy"
title = "A toy {IMAGE}"
place = "Toytown {SCRIPT_END}"
question = "Does {{{{ 7 * 7 }}}} stand as it is written?"
unit = "under-fives"
site_word = "centre"
weight_label = "children"
weight_basis = "by hand"
weights_public = true
[data]
areas = "areas.geojson"
wards = "areas.geojson"
sites = "sites.csv"
[data.origins]
toy = "origins.csv"
[streets]
source = "estimate"
place = "Toytown"
[settings]
modes = ["walk", "drive"]
cutoff_min = 20
search_min = 60
[[scenario]]
name = "baseline"
label = "Before"
[[scenario]]
name = "close-b"
label = "B closes {SCRIPT_END}"
close = ["b"]
[[scenario]]
name = "sessions"
label = "B keeps ten hours"
set_hours = {{ b = 10 }}
[[scenario]]
name = "move-b"
label = "B moves"
move = [{{ site = "b", easting = {EAST + 400}.0, northing = {NORTH + 300}.0 }}]
"""
    parts = [
        f'[[criterion]]\nid = "c{number}"\ntitle = "Yardstick {number}"\nmode = "walk"\n'
        f'source = "a test"\nset_by = "a test"\nset_on = 2025-01-06\n{body}'
        for number, body in enumerate(CRITERIA.split("---"), 1)
    ]
    return head + "\n".join(parts)


def write_tables(folder: Path) -> None:
    """Write the study's tables into a folder."""
    cells = [(column, row) for row in range(SIDE) for column in range(SIDE)]
    corner = [(EAST + column * BLOCK_M, NORTH + row * BLOCK_M) for column, row in cells]
    gpd.GeoDataFrame(
        {
            "area_id": [f"area-{number}" for number in range(len(cells))],
            "name": [
                SCRIPT_END if not number else f"Area {number}" for number in range(len(cells))
            ],
        },
        geometry=[shapely.box(x, y, x + BLOCK_M, y + BLOCK_M) for x, y in corner],
        crs="EPSG:27700",
    ).to_crs("EPSG:4326").to_file(folder / "areas.geojson", driver="GeoJSON")
    rows = [
        {
            "origin_id": f"S60 {number % 9 + 1}{'ABCDEFGH'[number // 9]}{'ABC'[place]}",
            "easting": x + 150 + 310 * place,
            "northing": y + 820 - 290 * place,
            "weight": 3 + (7 * number + 5 * place) % 11,
            "weight_basis": "by hand",
            "area_id": f"area-{number}",
            "ward_name": SCRIPT_END if number % SIDE == 0 else f"Ward {number % SIDE}",
            "imd_decile": 1 + number,
            "no_car_share": 0.05 * number,
        }
        for number, (x, y) in enumerate(corner)
        for place in range(3)
    ]
    pd.DataFrame(rows).to_csv(folder / "origins.csv", index=False)
    sites = [
        ("a", IMAGE, EAST + 2600, NORTH + 2500, "surveyed", 0),
        ("b", "Centre B", EAST + 500, NORTH + 2300, "estimate", 600),
        ("c", FORMULA, EAST + 2300, NORTH + 300, "postcode", 150),
        ("u", "Somewhere", None, None, "unknown", None),
    ]
    pd.DataFrame(
        [
            {
                "site_id": site,
                "name": name,
                "kind": "children's centre",
                "locality": "",
                "hours_per_week": None,
                "easting": easting,
                "northing": northing,
                "location_basis": basis,
                "location_radius_m": radius,
            }
            for site, name, easting, northing, basis, radius in sites
        ]
    ).to_csv(folder / "sites.csv", index=False)


def toy_result(folder: Path) -> StudyResult:
    """Return what the study finds."""
    write_tables(folder)
    (folder / "study.toml").write_text(study_text(), encoding="utf-8")
    return run_study(load_study(folder))

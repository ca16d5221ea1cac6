"""Four councils on real streets: every third library of each closes.

Postcodes are the origins, with the under-fives of their census area shared out evenly; libraries
and community centres are the sites. From ../shared/data/south_yorkshire.

    python benchmarks/south_yorkshire.py FOLDER
    eh-access batch FOLDER/plan.toml --out FOLDER/results
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd

SOURCE = Path(__file__).resolve().parents[2] / "shared" / "data" / "south_yorkshire"
EVERY = 3
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


def write_plan(folder: Path) -> Path:
    """Write the plan, its template and the shared tables; return the plan's path."""
    folder.mkdir(parents=True, exist_ok=True)
    gpd.read_file(SOURCE / "boundaries" / "lad.geojson").assign(region="South Yorkshire").to_file(
        folder / "authorities.geojson"
    )
    areas = gpd.read_file(SOURCE / "boundaries" / "lsoa21.geojson")
    areas.rename(columns={"code": "area_id"}).to_file(folder / "areas.geojson")
    _origins().to_csv(folder / "origins.csv", index=False)
    sites = _sites()
    sites.to_csv(folder / "sites.csv", index=False)
    closed = list(sites.loc[sites["kind"] == "library", "site_id"][::EVERY])
    streets = (SOURCE / "streets" / "south-yorkshire-2021-08.osm.pbf").as_posix()
    text = STUDY.replace("STREETS", streets).replace("CLOSED", str(closed).replace("'", '"'))
    (folder / "study.toml").write_text(text, encoding="utf-8")
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    return folder / "plan.toml"


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
    print(write_plan(Path(sys.argv[1])))

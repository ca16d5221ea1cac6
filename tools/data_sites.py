"""Rotherham's centres, youth centres, neighbours' centres and possible venues."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_write import to_grid, write_csv

BOROUGH = "E08000018"
STREETS_REACH_M = 5000
"""How far beyond the borough the shipped streets go, and so neighbours' centres."""

ORDER = (
    *("site_id", "name", "kind", "locality", "district", "hours_per_week", "hours_per_week_after"),
    *("status_before", "status_after", "easting", "northing", "location_basis"),
    *("location_radius_m", "existence", "address", "postcode", "evidence", "source"),
)

ASSUMED = "existence {share:g} is our assumption: {why}"

# ---------------------------------------------------------------- neighbours
OSM_SOURCE = "OpenStreetMap, August 2021 (ODbL), as vector tiles have it"
OSM_RADIUS_M = 50
CHILDRENS_CENTRE = re.compile(r"children'?s centre|family centre|sure ?start", re.IGNORECASE)
NEIGHBOURS = {
    # how sure we are that the place was such a centre in 2018: by what the name says
    "childrens centre": (0.8, "the name says children's centre"),
    "family centre": (0.7, "the name says family centre, not whom it serves"),
    "surestart": (0.6, "the name is that of the programme alone, on a nursery"),
}


def build(shared: Path, out: Path) -> None:
    """Write every table of Rotherham's sites below ``out``."""
    source, folder = shared / "rotherham", out / "sites"
    places = pd.read_csv(source / "points" / "osm_poi_2021.csv", keep_default_na=False)
    borough = _outline(source / "boundaries" / "lad.geojson")
    _write(_neighbours(places, borough, shared), folder / "rotherham_neighbours.csv")


def _write(frame: pd.DataFrame, path: Path) -> None:
    """Write a table of sites, columns in the one order."""
    write_csv(frame[[c for c in ORDER if c in frame]], path, sort_by="site_id")


def _outline(path: Path) -> shapely.Geometry:
    """Return the outline of a file of boundaries, in metres."""
    return shapely.transform(gpd.read_file(path).union_all(), to_grid)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _neighbours(places: pd.DataFrame, borough: shapely.Geometry, shared: Path) -> pd.DataFrame:
    """Return the children's and family centres beyond the border, as OpenStreetMap names them."""
    districts = gpd.read_file(shared / "south_yorkshire" / "boundaries" / "lad.geojson")
    shapes = shapely.transform(districts.geometry.to_numpy(), to_grid)
    points = shapely.points(places[["easting", "northing"]].to_numpy(dtype=float))
    away_m = shapely.distance(points, borough)
    near = (away_m > 0) & (away_m <= STREETS_REACH_M)
    named = places["name"].str.contains(CHILDRENS_CENTRE)
    found = places[near & named].copy()
    inside = shapely.contains(shapes[None, :], points[near & named][:, None])
    names = np.append(districts["name"].to_numpy(dtype=object), "")
    found["district"] = names[np.where(inside.any(axis=1), inside.argmax(axis=1), -1)]
    plain = found["name"].str.lower().str.replace(r"[^a-z ]", "", regex=True)
    sure = [next(NEIGHBOURS[word] for word in NEIGHBOURS if word in name) for name in plain]
    found["site_id"] = [slug(name) for name in found["name"]]
    found["kind"] = "children's centre"
    for column in ("locality", "hours_per_week", "hours_per_week_after", "address", "postcode"):
        found[column] = ""
    found["status_before"] = found["status_after"] = "named in 2021, not known since"
    found["location_basis"], found["location_radius_m"] = "surveyed", OSM_RADIUS_M
    found["existence"] = [share for share, _ in sure]
    found["evidence"] = [
        f"named in OpenStreetMap in August 2021, {metres:,.0f} m outside the borough; what it is "
        f"today, and its hours, are not known. {_capital(ASSUMED.format(share=share, why=why))}"
        for (share, why), metres in zip(sure, away_m[near & named], strict=True)
    ]
    found["source"] = OSM_SOURCE
    return found


def slug(name: str) -> str:
    """Return a name as an id: small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("'", "")).strip("-")

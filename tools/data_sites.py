"""Rotherham's centres, youth centres, neighbours' centres and other venues."""

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

# ---------------------------------------------------------------- centres
# That there were twelve is certain; nine are named by the papers, the press or a register. Three
# names fill up the twelve by elimination, so each may be wrong.
EXISTENCE = {
    "coleridge": (0.8, "a council planning area and a school bear the name"),
    "thrybergh-rainbow": (0.7, "nothing but elimination speaks for it"),
    "valley": (0.6, "nothing but elimination speaks for it, and no place is known"),
}
NOTES = {
    "rawmarsh": (
        "Existence 1: the register names it as a children's centre; elimination says only that it "
        "is among the nine that stay"
    ),
    "broom-valley": "The postcode's own point is {postcode_m} m away, so this is the site meant",
    "park-view": "The place drawn stays an estimate",
    "stepping-stones": (
        'OpenStreetMap names a nursery "Stepping Stones" in Maltby, {nursery_m} m away; nothing '
        "says that it is the centre"
    ),
}

# ---------------------------------------------------------------- candidates
REGISTER_RADIUS_M = 400
"""Postcodes of the older registers: some are the nearest one, inferred, and which is not told."""

SCHOOL_RADIUS_M = 100
"""Nine in ten of the 75 that OpenStreetMap has under the same name lie within this of its point."""

SAME_PLACE_M = 30
REGISTERS = {
    "GP practice": "public register of main GP surgeries, 2019",
    "library": "public register of libraries, 2023",
    "former children's centre": "public lists of former children's centres",
}
SCHOOLS = "Get Information About Schools, 24 May 2025 (OGL v3)"
INFERRED = (
    "name from a public register; point is the centroid of the postcode, which for some "
    "venues is the nearest one, inferred: which ones is not recorded"
)
COMMUNITY_CENTRE = re.compile(r"community cent(?:re|er)", re.IGNORECASE)

# ---------------------------------------------------------------- venues for young people
YOUTH_VENUES = ("library", "community centre")
LEISURE_CENTRE = re.compile(r"leisure (?:centre|complex)", re.IGNORECASE)

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
    sites = _early_help(source, places)
    for kind, name in (("children's centre", "centres"), ("youth centre", "youth")):
        _write(sites[sites["kind"] == kind], folder / f"rotherham_{name}.csv")
    _write(_neighbours(places, borough, shared), folder / "rotherham_neighbours.csv")
    inside = shapely.contains_xy(borough, places["easting"], places["northing"])
    candidates = _candidates(shared, places[inside], sites)
    _write(candidates, folder / "rotherham_candidates.csv")
    venues = _youth_venues(shared, places[inside], candidates)
    _write(venues, folder / "rotherham_youth_venues.csv")


def _write(frame: pd.DataFrame, path: Path) -> None:
    """Write a table of sites, columns in the one order."""
    write_csv(frame[[c for c in ORDER if c in frame]], path, sort_by="site_id")


def _outline(path: Path) -> shapely.Geometry:
    """Return the outline of a file of boundaries, in metres."""
    return shapely.transform(gpd.read_file(path).union_all(), to_grid)


def _early_help(source: Path, places: pd.DataFrame) -> pd.DataFrame:
    """Return centres and youth centres as found, with how likely it is that each was one."""
    path = source / "sites" / "early_help_sites.csv"
    sites = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("site_id")
    sites = sites.rename(columns={"hours_per_week_before": "hours_per_week"})
    sites["existence"] = 1.0
    for site, (share, why) in EXISTENCE.items():
        sites.loc[site, "existence"] = share
        sites.loc[site, "evidence"] += f". {_capital(ASSUMED.format(share=share, why=why))}"
    postcodes = pd.read_csv(source / "points" / "codepoint_open_2025_10.csv").set_index("postcode")
    nursery = places.set_index("name").loc["Stepping Stones"]
    measured = {
        "postcode_m": _apart_m(sites.loc["broom-valley"], postcodes.loc["S60 2QU"]),
        "nursery_m": _apart_m(sites.loc["stepping-stones"], nursery),
    }
    for site, note in NOTES.items():
        sites.loc[site, "evidence"] += f". {note.format(**measured)}"
    return sites.reset_index()


def _apart_m(one: pd.Series, other: pd.Series) -> int:
    """Return how far two rows lie apart, in whole metres."""
    x, y = (float(one[axis]) - float(other[axis]) for axis in ("easting", "northing"))
    return round(float(np.hypot(x, y)))


def _candidates(shared: Path, places: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Return the venues that could hold sessions; none is known to be available."""
    register = pd.read_csv(
        shared / "rotherham" / "sites" / "candidate_venues.csv", dtype=str, keep_default_na=False
    )
    older = _registered(register[register["kind"] != "primary school"].copy())
    named, subclass = places["name"], places["subclass"]
    is_library = (subclass == "library") | named.str.contains("library", case=False)
    _place_libraries(older, places[is_library])
    is_hall = (subclass == "community_centre") | named.str.contains(COMMUNITY_CENTRE)
    is_hall |= named.str.contains(CHILDRENS_CENTRE)
    placed = [older[older["location_basis"] == "surveyed"], sites[sites["easting"] != ""]]
    halls = _mapped(places[is_hall & ~is_library], pd.concat(placed))
    found = pd.concat([_schools(shared, "Primary"), older, halls], ignore_index=True)
    for column in ("locality", "hours_per_week", "address", "postcode"):
        found[column] = found[column].fillna("") if column in found else ""
    if repeated := found["site_id"][found["site_id"].duplicated()].tolist():
        raise ValueError(f"candidates: ids stand twice: {repeated}")
    return found


def _youth_venues(shared: Path, places: pd.DataFrame, candidates: pd.DataFrame) -> pd.DataFrame:
    """Return the public venues where young people may go; none is known to offer them anything."""
    leisure = places[
        (places["subclass"] == "sports_centre") & places["name"].str.contains(LEISURE_CENTRE)
    ].copy()
    leisure["site_id"] = [slug(name) for name in leisure["name"]]
    leisure["kind"] = "leisure centre"
    leisure["location_basis"], leisure["location_radius_m"] = "surveyed", OSM_RADIUS_M
    leisure["evidence"] = "a leisure centre of this name in OpenStreetMap in August 2021"
    leisure["source"] = OSM_SOURCE
    halls = candidates[candidates["kind"].isin(YOUTH_VENUES)]
    found = pd.concat([halls, leisure, _schools(shared, "Secondary")], ignore_index=True)
    for column in ("locality", "hours_per_week", "address", "postcode"):
        found[column] = found[column].fillna("")
    return found


def _registered(venues: pd.DataFrame) -> pd.DataFrame:
    """Return surgeries, libraries and former centres, at their postcodes."""
    venues["name"] = venues["name"].str.replace("'S ", "'s ")
    venues["location_basis"] = "postcode"
    venues["location_radius_m"] = REGISTER_RADIUS_M
    venues["evidence"] = INFERRED
    venues["source"] = venues["kind"].map(REGISTERS)
    return venues


def _place_libraries(venues: pd.DataFrame, mapped: pd.DataFrame) -> None:
    """Put libraries where the map has one within their radius, no better than the two agree."""
    for row in venues.index[venues["kind"] == "library"]:
        apart = mapped.apply(lambda place, row=row: _apart_m(place, venues.loc[row]), axis=1)
        if apart.min() > REGISTER_RADIUS_M:
            continue
        place = mapped.loc[apart.idxmin()]
        venues.loc[row, ["easting", "northing"]] = [str(place["easting"]), str(place["northing"])]
        venues.loc[row, "location_basis"] = "surveyed"
        venues.loc[row, "location_radius_m"] = max(OSM_RADIUS_M, int(apart.min()))
        venues.loc[row, "evidence"] = (
            f'name from a public register; "{place["name"]}" in OpenStreetMap, August 2021, '
            f"{apart.min()} m from the register's postcode"
        )
        venues.loc[row, "source"] += f"; {OSM_SOURCE}"


def _mapped(halls: pd.DataFrame, taken: pd.DataFrame) -> pd.DataFrame:
    """Return community centres and a former centre of the map that no other table has."""
    there = taken[["easting", "northing"]].to_numpy(dtype=float)
    here = halls[["easting", "northing"]].to_numpy(dtype=float)
    nearest_m = np.hypot(*(here[:, None] - there[None, :]).transpose(2, 0, 1)).min(axis=1)
    halls = halls[nearest_m > SAME_PLACE_M].copy()
    former = halls["name"].str.contains(CHILDRENS_CENTRE)
    halls["site_id"] = [slug(name) for name in halls["name"]]
    halls["kind"] = np.where(former, "former children's centre", "community centre")
    halls["location_basis"], halls["location_radius_m"] = "surveyed", OSM_RADIUS_M
    halls["evidence"] = np.where(
        former,
        "named in OpenStreetMap in August 2021, and not among the twelve: taken to be a former one",
        "a community centre or hall of this name in OpenStreetMap in August 2021",
    )
    halls["source"] = OSM_SOURCE
    return halls


def _schools(shared: Path, phase: str) -> pd.DataFrame:
    """Return the borough's schools of one phase; nursery schools here are centres already."""
    schools = pd.read_csv(shared / "south_yorkshire" / "sites" / "schools_2025.csv")
    schools = schools[(schools["district"] == BOROUGH) & (schools["phase"] == phase)].copy()
    wards = gpd.read_file(shared / "rotherham" / "boundaries" / "wards25.geojson")
    shapes = shapely.transform(wards.geometry.to_numpy(), to_grid)
    points = shapely.points(schools[["easting", "northing"]].to_numpy(dtype=float))
    ward = wards["name"].to_numpy()[
        shapely.contains(shapes[None, :], points[:, None]).argmax(axis=1)
    ]
    twice = schools["name"].duplicated(keep=False)
    schools["name"] = schools["name"].where(~twice, schools["name"] + " (" + ward + ")")
    schools["site_id"] = [slug(name) for name in schools["name"]]
    schools["kind"] = f"{phase.lower()} school"
    schools["location_basis"], schools["location_radius_m"] = "surveyed", SCHOOL_RADIUS_M
    schools["evidence"] = [f"open on 24 May 2025, URN {urn}" for urn in schools["urn"]]
    schools["source"] = SCHOOLS
    return schools


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

"""Newport's worked example: the covered area, its postcodes, and twelve illustrative sites."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import osmium
import pandas as pd
import shapely

import data_base
from data_write import to_grid, write_csv, write_geojson

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTRACT = "newport-2023-06-13.osm.pbf"
TIMETABLE = "newport-20230613_gtfs.zip"
CALLS = "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type"
STOPS = "stop_id,stop_name,stop_lat,stop_lon,wheelchair_boarding,location_type,parent_station"
FIRST_DAY = (1980, 1, 1, 0, 0, 0)
SITES = 12
PLACES = ("library", "community_centre", "social_centre")
APART_M = 400.0
INSIDE_M = 500.0
RADIUS_M = 30
EVIDENCE = (
    "illustrative: a real place on OpenStreetMap, chosen by rule to stand in for a delivery point; "
    "says nothing about any service of Newport City Council"
)


def build(shared: Path, out: Path) -> None:
    """Write every Newport table below ``out``."""
    source = shared / "newport"
    extract = source / EXTRACT
    corner = covered_area(extract)
    area = shapely.transform(corner, to_grid)
    properties = {"area_id": "newport-extract", "name": "Newport, area covered by the streets"}
    write_geojson(
        [(properties, corner)], out / "boundaries" / "newport_area.geojson", name="newport_area"
    )
    data_base.build(extract, corner, out)
    origins = _postcodes(source / "codepoint_open.csv", area)
    write_csv(origins, out / "origins" / "newport_postcode.csv", sort_by="origin_id")
    homes = origins[["easting", "northing"]].to_numpy(dtype=float)
    places = _choose(_places(extract, area), homes)
    write_csv(places, out / "sites" / "newport_sites.csv", sort_by="site_id")
    _write_timetable(source / TIMETABLE, out / "timetables" / "newport.zip")


def _write_timetable(source: Path, out: Path) -> None:
    """Write the feed without its shapes and the stops nobody calls at, the same bytes each time."""
    tables = {}
    with zipfile.ZipFile(source) as archive:
        for name in ("agency", "calendar", "feed_info", "routes", "stop_times", "stops", "trips"):
            with archive.open(f"{name}.txt") as file:
                tables[name] = pd.read_csv(file, dtype=str, keep_default_na=False)
    calls = tables["stop_times"]
    tables["stop_times"] = calls[CALLS.split(",")]
    stops = tables["stops"][STOPS.split(",")]
    tables["stops"] = stops[stops["stop_id"].isin(set(calls["stop_id"]))]
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w") as archive:  # not packed: packing differs between machines
        for name, table in tables.items():
            member = zipfile.ZipInfo(f"{name}.txt", FIRST_DAY)
            member.external_attr, member.create_system = 0o644 << 16, 3
            archive.writestr(member, table.to_csv(index=False, lineterminator="\n").encode())


def covered_area(extract: Path) -> shapely.Polygon:
    """Return the box, in degrees, within which the extract is complete.

    Its header does not state one. Whole ways and relations were kept, so their nodes reach far
    outside it; a node that belongs to neither was kept only for lying inside. The box of those
    nodes is therefore the largest that is certain.
    """
    member: set[int] = set()
    for item in osmium.FileProcessor(str(extract), osmium.osm.WAY | osmium.osm.RELATION):
        if isinstance(item, osmium.osm.Way):
            member.update(node.ref for node in item.nodes)
        elif isinstance(item, osmium.osm.Relation):
            member.update(part.ref for part in item.members if part.type == "n")
    alone = [
        (node.lon, node.lat)
        for node in osmium.FileProcessor(str(extract), osmium.osm.NODE)
        if isinstance(node, osmium.osm.Node) and node.id not in member
    ]
    return shapely.box(*shapely.MultiPoint(alone).bounds)


def _postcodes(path: Path, area: shapely.Polygon) -> pd.DataFrame:
    """Return the postcodes inside the area, one each: nobody is counted."""
    found = pd.read_csv(path).sort_values("postcode")
    inside = shapely.contains_xy(area, found["easting"], found["northing"])
    found = found[inside]
    frame = pd.DataFrame({"origin_id": found["postcode"]})
    frame[["easting", "northing"]] = found[["easting", "northing"]]
    frame["weight"] = 1
    frame["weight_basis"] = "one per postcode: not people"
    frame["area_id"] = found["ward"]
    frame["ward_code"] = found["ward"]
    frame["point_quality"] = found["quality"]
    return frame


def _places(extract: Path, area: shapely.Polygon) -> pd.DataFrame:
    """Return the named libraries and community centres well inside the area."""
    rows = []
    reader = osmium.FileProcessor(str(extract)).with_locations()
    for item in reader.with_filter(osmium.filter.KeyFilter("amenity")):
        if not isinstance(item, (osmium.osm.Node, osmium.osm.Way)):
            continue
        kind, name = item.tags.get("amenity"), item.tags.get("name")
        if kind not in PLACES or not name:
            continue
        if isinstance(item, osmium.osm.Node):
            rows.append((f"node {item.id}", kind, name, item.lon, item.lat))
        else:
            middle = shapely.Polygon([(node.lon, node.lat) for node in item.nodes]).centroid
            rows.append((f"way {item.id}", kind, name, middle.x, middle.y))
    frame = pd.DataFrame(rows, columns=["osm", "kind", "name", "lon", "lat"])
    xy = to_grid(frame[["lon", "lat"]].to_numpy(dtype=float)).round().astype(int)
    frame["easting"], frame["northing"] = xy[:, 0], xy[:, 1]
    well_inside = shapely.contains_xy(area.buffer(-INSIDE_M), xy[:, 0], xy[:, 1])
    return pd.DataFrame(frame[well_inside]).sort_values("osm").reset_index(drop=True)


def _choose(places: pd.DataFrame, homes: NDArray[np.float64]) -> pd.DataFrame:
    """Return the twelve sites: each time the place that most shortens the way from home.

    A place nearer than `APART_M` to one already chosen is passed over; ties go to the first.
    """
    spots = places[["easting", "northing"]].to_numpy(dtype=float)
    away_m = np.hypot(*(homes[:, None, :] - spots[None, :, :]).transpose(2, 0, 1))
    apart_m = np.hypot(*(spots[:, None, :] - spots[None, :, :]).transpose(2, 0, 1))
    chosen: list[int] = []
    nearest = np.full(len(homes), 1e6)
    for _ in range(SITES):
        means = np.minimum(away_m, nearest[:, None]).mean(axis=0).round(6)
        if chosen:
            means[(apart_m[:, chosen] < APART_M).any(axis=1)] = np.inf
        best = int(np.argmin(means))
        if not np.isfinite(means[best]):
            raise ValueError(f"only {len(chosen)} places are far enough apart")
        chosen.append(best)
        nearest = np.minimum(nearest, away_m[:, best])
    return _as_sites(places.iloc[chosen])


def _as_sites(places: pd.DataFrame) -> pd.DataFrame:
    """Return chosen places with the columns of a table of sites."""
    frame = pd.DataFrame({"site_id": places["name"].map(_slug), "name": places["name"]})
    frame["kind"] = places["kind"].str.replace("_", " ") + " (illustrative)"
    frame["locality"] = ""
    frame["hours_per_week"] = ""
    frame[["easting", "northing"]] = places[["easting", "northing"]]
    frame["location_basis"] = "surveyed"
    frame["location_radius_m"] = RADIUS_M
    frame["address"] = ""
    frame["postcode"] = ""
    frame["evidence"] = EVIDENCE
    frame["source"] = "OpenStreetMap " + places["osm"]
    if frame["site_id"].duplicated().any():
        raise ValueError("two of the chosen places have the same name")
    return frame


def _slug(name: str) -> str:
    """Return a name as an id: lower case, words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("'", "")).strip("-")

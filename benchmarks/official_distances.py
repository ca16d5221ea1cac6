"""Hold road kilometres to a doctor against the official ones, area by area.

    python benchmarks/official_distances.py

The Indices of Deprivation 2019 publish the mean road distance to a GP for each LSOA of 2011. Ours
are the shortest ways from output areas, weighted by households, in Rotherham: by street on foot and
by car, and estimated from straight lines. Prints the table of ``docs/method/agreement.md``. Needs
the source data beside the checkout.
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

import eh_access as eh
from eh_access.routing.estimate import WALK_FACTOR, WALK_FIXED_M, straight_line_m

SHARED = Path(__file__).resolve().parents[2] / "shared/data/rotherham"
CRS = "EPSG:27700"
CUTOFF_MIN = 600.0
FAR_M = 1000.0


def points(table: pd.DataFrame, x: str, y: str, crs: str = CRS) -> gpd.GeoDataFrame:
    """Return a table with points in metres."""
    at = gpd.points_from_xy(table[x], table[y], crs=crs).to_crs(CRS)
    return gpd.GeoDataFrame(table, geometry=at)


def read_homes() -> gpd.GeoDataFrame:
    """Return output areas with their households and the LSOA of 2011 they lie in."""
    table = pd.read_csv(SHARED / "statistics/oa21_points.csv", index_col="oa21cd")
    homes = points(table, "lon", "lat", "EPSG:4326")
    areas = gpd.read_file(SHARED / "boundaries/lsoa11.geojson").to_crs(CRS)
    homes["lsoa11"] = gpd.sjoin_nearest(homes, areas[["code", "geometry"]])["code"]
    return homes


def read_doctors() -> dict[str, gpd.GeoDataFrame]:
    """Return the main surgeries, and these with the doctors OpenStreetMap names besides."""
    venues = pd.read_csv(SHARED / "sites/candidate_venues.csv", index_col="site_id")
    main = points(venues[venues["kind"] == "GP practice"], "easting", "northing")
    named = pd.read_csv(SHARED / "points/osm_poi_2021.csv")
    more = points(named[named["subclass"].isin(["doctors", "clinic"])], "easting", "northing")
    more.index = [f"osm-{k}" for k in range(len(more))]
    both = gpd.GeoDataFrame(pd.concat([main, more])[["geometry"]], crs=CRS)
    return {f"{len(main)} main surgeries": main, f"and OpenStreetMap's {len(more)}": both}


def nearest_m(
    network: eh.Network, homes: gpd.GeoDataFrame, doctors: gpd.GeoDataFrame, mode: eh.TravelMode
) -> np.ndarray:
    """Return metres to the nearest doctor along streets, without the legs to the street."""
    times = eh.travel_time_matrix(network, homes, doctors, mode=mode.level(), cutoff_min=CUTOFF_MIN)
    metres = times.minutes.astype(np.float64) * (mode.speed_km_h * 1000 / 60)
    metres -= times.origin_status["offset_m"].to_numpy()[:, None]
    metres -= times.site_status["offset_m"].to_numpy()
    return np.asarray(np.nanmin(metres, axis=1))


def main() -> int:
    """Compare and print."""
    network = eh.read_network("rotherham")
    homes = read_homes()
    official = pd.read_csv(
        SHARED / "statistics/lsoa11_road_distance_gp_iod2019.csv", index_col="lsoa11cd"
    )["road_km_to_gp"]
    for which, doctors in read_doctors().items():
        lines = WALK_FIXED_M + WALK_FACTOR * straight_line_m(homes, doctors).min(axis=1)
        for name, metres in (
            ("estimate", lines),
            ("streets on foot", nearest_m(network, homes, doctors, eh.WALK)),
            ("streets by car", nearest_m(network, homes, doctors, eh.DRIVE)),
        ):
            table = homes.assign(load=metres * homes["households"]).groupby("lsoa11")
            ours = table["load"].sum() / table["households"].sum()
            off = (ours - official * 1000).dropna()
            r = np.corrcoef(ours[off.index], official[off.index])[0, 1]
            print(
                f"| {which}: {name} | {len(off)} | {r:.3f} | {off.mean():+.0f} m "
                f"| {off.abs().mean():.0f} m | {off.abs().median():.0f} m "
                f"| {(off.abs() > FAR_M).sum()} |"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())

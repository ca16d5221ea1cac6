"""The register of schools and children's centres: Get Information About Schools."""

from __future__ import annotations

import datetime as dt
from functools import partial

import geopandas as gpd
import pandas as pd

from eh_access.sources.fetch import Client, GoneError, Service, UnusableError, read_csv, today
from eh_access.tables import CRS

CENTRES = {"47": "children's centre", "48": "children's centre linked site"}
"""Kinds of establishment by code."""

OPEN = ("Open", "Open, but proposed to close")
TAUGHT = ("Nursery", "Primary", "Middle deemed primary", "All-through", "All through")
"""Phases of schools that young children go to; `school` means these and secondary ones."""

SECONDARY = ("Secondary", "Middle deemed secondary", "16 plus")
DAYS_BACK = 4
CREDIT = "Get Information About Schools"


def register(client: Client, name: str) -> pd.DataFrame:
    """Return the register of today, or of the last day that has one."""
    service = client.services[name]
    parse = partial(read_csv, fields=service.fields)
    with client.refusing(service):
        path = client.given(name)
        rows = _latest(client, service, parse) if path is None else parse(path)
    return rows.drop_duplicates("urn", ignore_index=True)


def _latest(client: Client, service: Service, parse: partial[pd.DataFrame]) -> pd.DataFrame:
    days = [today() - dt.timedelta(days=back) for back in range(DAYS_BACK)]
    for day in days:
        try:
            return client.get(service, parse, service.url.format(date=f"{day:%Y%m%d}"))
        except GoneError:
            continue  # it is put there some time each morning
    last = service.url.format(date=f"{days[-1]:%Y%m%d}")
    raise UnusableError(f"there is no file of the last {DAYS_BACK} days; the oldest asked: {last}")


def centres(client: Client) -> pd.DataFrame:
    """Return children's centres and linked sites, open or not, as sites."""
    both = [register(client, name) for name in ("childrens_centres", "schools")]
    rows = pd.concat(both, ignore_index=True).drop_duplicates("urn", ignore_index=True)
    rows = rows[rows["type"].str.strip().isin(CENTRES)]
    return _as_sites(rows, rows["type"].str.strip().map(CENTRES))


def schools(client: Client, *, secondary: bool = True) -> pd.DataFrame:
    """Return schools, open or not, as sites."""
    rows = register(client, "schools")
    phases = (*TAUGHT, *SECONDARY) if secondary else TAUGHT
    rows = rows[rows["phase"].str.strip().isin(phases)]
    return _as_sites(rows, rows["phase"].str.strip().str.lower() + " school")


def _as_sites(rows: pd.DataFrame, kind: pd.Series) -> pd.DataFrame:
    """Return rows of the register as sites without places that are points."""
    urn = rows["urn"].str.strip()
    return pd.DataFrame(
        {
            "name": rows["name"].str.strip(),
            "kind": kind,
            "authority": rows["authority"].str.strip(),
            "urn": urn,
            "status": rows["status"].str.strip(),
            "closed_on": rows["closed"].str.strip(),
            "is_open": rows["status"].str.strip().isin(OPEN),
            "postcode": rows["postcode"].str.strip(),
            "easting": pd.to_numeric(rows["easting"], errors="coerce"),
            "northing": pd.to_numeric(rows["northing"], errors="coerce"),
            "evidence": "URN " + urn,
            "source": CREDIT,
        }
    ).reset_index(drop=True)


def as_points(sites: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return sites with points where they have eastings and northings."""
    points = gpd.points_from_xy(sites["easting"], sites["northing"], crs=CRS)
    return gpd.GeoDataFrame(sites, geometry=points)

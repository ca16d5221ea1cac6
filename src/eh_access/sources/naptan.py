"""Stops and stations: the National Public Transport Access Nodes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from eh_access.sources.fetch import Client, read_csv
from eh_access.tables import CRS

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


def stops(client: Client, codes: Sequence[str], area: BaseGeometry) -> pd.DataFrame:
    """Return the stops in use in an area: ``stop_id``, ``name``, ``easting``, ``northing``."""
    service = client.services["stops"]
    query = {**service.query, "atcoAreaCodes": ",".join(codes)}
    if not codes and service.name not in client.have:
        raise client.refusal(service, "the timetable names no stop in the area to ask for")
    rows = client.read(service.name, partial(read_csv, fields=service.fields), **query)
    east, north = (pd.to_numeric(rows[axis], errors="coerce") for axis in ("easting", "northing"))
    inside = gpd.GeoSeries.from_xy(east, north, crs=CRS).within(area).to_numpy(dtype=bool)
    idle = rows["status"].str.casefold().isin({"inactive", "pending"})
    used = pd.Series(inside) & ~idle
    table = pd.DataFrame(
        {"stop_id": rows["code"], "name": rows["name"], "easting": east, "northing": north}
    )
    return table.loc[used].sort_values("stop_id", ignore_index=True)

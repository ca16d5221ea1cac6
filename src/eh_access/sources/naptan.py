"""Stops and stations: the National Public Transport Access Nodes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from eh_access.errors import InputError, SourceError
from eh_access.provenance import refuse_endless
from eh_access.sources.fetch import Client, UnusableError, load_services, read_csv
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
    return _in_use(rows, area)


def read_stops(path: Path, area: BaseGeometry | None = None) -> pd.DataFrame:
    """Return the same from a file of NaPTAN's, of all it holds where no area is given."""
    refuse_endless(path)
    try:
        rows = read_csv(path, fields=load_services()["stops"].fields)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnusableError as error:
        raise InputError(f"{path}: {error}. Give access nodes as NaPTAN publishes them") from error
    return _in_use(rows, area)


def _in_use(rows: pd.DataFrame, area: BaseGeometry | None) -> pd.DataFrame:
    east, north = (pd.to_numeric(rows[axis], errors="coerce") for axis in ("easting", "northing"))
    used = ~rows["status"].str.casefold().isin({"inactive", "pending"})
    if area is not None:
        used &= gpd.GeoSeries.from_xy(east, north, crs=CRS).within(area).to_numpy(dtype=bool)
    table = pd.DataFrame(
        {"stop_id": rows["code"], "name": rows["name"], "easting": east, "northing": north}
    )
    return table.loc[used].sort_values("stop_id", ignore_index=True)

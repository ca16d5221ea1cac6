"""Bus timetables as GTFS, from the Bus Open Data Service."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import shapely

from eh_access.network.area import to_degrees
from eh_access.sources.fetch import Client, UnusableError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

FILES = ("stops.txt", "trips.txt", "stop_times.txt")
ALL = "all"
AREA_DIGITS = 3


def timetable(client: Client, counties: Collection[str]) -> Path:
    """Return the GTFS file of the region that holds some counties, else of the country."""
    service = client.services["timetable"]
    with client.refusing(service):
        if (path := client.given(service.name)) is not None:
            _refuse_other(path)
            return path
        # where some of the counties lie elsewhere, so do some of the buses
        held = [name for name, listed in service.regions.items() if {*counties} & {*listed}]
        region = held[0] if len(held) == 1 else ALL
        client.ask(service, _refuse_other, service.url.format(region=region))
    return client.store / client.used[service.name][-1].sha256


def _refuse_other(path: Path) -> None:
    """Refuse what is no GTFS."""
    try:
        with zipfile.ZipFile(path) as archive:
            missing = [name for name in FILES if name not in archive.namelist()]
    except zipfile.BadZipFile as error:
        raise UnusableError(f"no whole zip file ({error}): cut off?") from error
    if missing:
        raise UnusableError(f"no GTFS: {', '.join(missing)} is not in it")


def stop_areas(gtfs: Path, area: BaseGeometry) -> tuple[str, ...]:
    """Return the area codes of the stops in an area: the first three digits of their codes."""
    inside = to_degrees(area)
    shapely.prepare(inside)
    codes: set[str] = set()
    with zipfile.ZipFile(gtfs) as archive, archive.open("stops.txt") as file:
        for row in csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline="")):
            code = row.get("stop_id", "")[:AREA_DIGITS]
            try:
                at = float(row["stop_lon"]), float(row["stop_lat"])
            except (KeyError, ValueError):
                continue  # a station's entrance may have no place
            if code.isdigit() and code not in codes and shapely.contains_xy(inside, *at):
                codes.add(code)
    return tuple(sorted(codes))

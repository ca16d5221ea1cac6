"""Bus timetables as GTFS, from the Bus Open Data Service."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import zipfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import shapely

from eh_access.errors import EhAccessError, InputError, SourceError, close_match
from eh_access.network.area import to_degrees
from eh_access.sources.fetch import Client, UnusableError
from eh_access.transit.feed import archive_names, numbers_of, read_tables, span_of
from eh_access.transit.gates import basic_kinds

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from eh_access.provenance import Provenance

FILES = ("stops", "routes", "trips", "stop_times")
RAIL = 2
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
        client.get(service, _refuse_other, service.url.format(region=region))
    return client.store / client.used[service.name][-1].sha256


def download(client: Client, region: str, path: Path) -> Download:
    """Put a region's GTFS file in place, and say what it holds."""
    service = client.services["timetable"]
    regions = (*service.regions, ALL)
    if region not in regions:
        hint = close_match(region, regions)
        there = f"{hint} There" if hint else "there"
        raise InputError(f"'{region}' is no region: {there} are {', '.join(regions)}.")
    if path.exists():
        raise InputError(f"{path}: is there already; move it away, or name another with --out")
    with client.refusing(service):
        about = client.get(service, _read_about, service.url.format(region=region))
        kept = client.store / client.used[service.name][-1].sha256
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kept, part)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SourceError(f"{path}: cannot be written ({error.strerror})") from error
    return replace(about, size=path.stat().st_size, source=client.provenance(service.name))


@dataclass(frozen=True, kw_only=True)
class Download:
    """What a file of timetables holds."""

    span: tuple[dt.date, dt.date]
    routes: int
    rail: int  # routes by train among them
    size: int = 0
    source: Provenance | None = None


def _read_about(path: Path) -> Download:
    """Return what a GTFS file holds, without reading its times."""
    _refuse_other(path)
    try:
        tables = read_tables(path, ("calendar", "calendar_dates", "routes"))
        kinds = basic_kinds(numbers_of(tables["routes"]["route_type"], 3))
        return Download(span=span_of(tables), routes=len(kinds), rail=int((kinds == RAIL).sum()))
    except (EhAccessError, KeyError, ValueError) as error:
        raise UnusableError(f"no sound GTFS: {error}") from error


def _refuse_other(path: Path) -> None:
    """Refuse what is no GTFS, or is unsafe to open."""
    try:
        names = archive_names(path)
    except EhAccessError as error:
        raise UnusableError(str(error)) from error
    missing = [f"{name}.txt" for name in FILES if name not in names]
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

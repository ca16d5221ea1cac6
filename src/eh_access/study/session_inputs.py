"""What a study says of hours, places and moves beyond its tables' own columns, checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from eh_access.analysis.timetable import windows_from_frame, with_hours
from eh_access.errors import EhAccessError, InputError, did_you_mean
from eh_access.study.faults import fault_at
from eh_access.study.reading import read_rows
from eh_access.study.street_changes import lines_of

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from eh_access.analysis.windows import Timetable
    from eh_access.study.config import Study
    from eh_access.study.records import InputFile

METRES_PER_KM = 1000.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Hours:
    """Sites with the hours of their windows, and what is at fault with hours, places and moves."""

    # as they were given, their hours those of the timetable where it names them
    sites: gpd.GeoDataFrame | None
    candidates: gpd.GeoDataFrame | None
    timetable: Timetable  # windows by site
    files: tuple[InputFile, ...] = ()  # the timetable's file, if there is one
    faults: tuple[str, ...] = ()  # sentences


def read_hours(
    study: Study,
    sites: gpd.GeoDataFrame | None,
    candidates: gpd.GeoDataFrame | None,
    borough: BaseGeometry | None,
) -> Hours:
    """Return what the study says of hours, places and moves, every fault in it told."""
    told: list[str] = []
    tables = {study.data.sites: sites, study.data.candidates or "": candidates}
    for source, table in tables.items():
        told += [] if table is None else capacity_faults(table, source=source)
    told += [] if borough is None else far_moves(study, borough)
    told += venue_faults(study, 0 if candidates is None else len(candidates))
    name = study.data.timetable
    timetable: Timetable = {}
    files: tuple[InputFile, ...] = ()
    if name is not None and sites is not None:
        try:
            read = read_rows(study.resolve(name), name=name, role="timetable")
            files = (read.file,)
            known = {*map(str, sites.index), *(() if candidates is None else candidates.index)}
            told += _strangers(read.frame, known, source=name)
            timetable = windows_from_frame(read.frame.astype(str), source=name)
            sites, candidates = (
                table if table is None else _timed(table, timetable, source=name)
                for table in (sites, candidates)
            )
        except EhAccessError as error:
            told += error.faults if isinstance(error, InputError) else [str(error)]
    return Hours(
        sites=sites, candidates=candidates, timetable=timetable, files=files, faults=tuple(told)
    )


def _timed(sites: gpd.GeoDataFrame, timetable: Timetable, *, source: str) -> gpd.GeoDataFrame:
    held = {site: windows for site, windows in timetable.items() if site in sites.index}
    return with_hours(sites, held, source=source)


def _strangers(rows: pd.DataFrame, known: set[str], *, source: str) -> Iterator[str]:
    """Tell each site of the timetable that is not there, where it first stands."""
    if "site_id" not in rows:
        return  # told with the other columns
    told: set[str] = set()
    for row, site in enumerate(rows["site_id"].astype(str), 1):
        if site not in known | told:
            told.add(site)
            hint = did_you_mean(site, known)
            yield f"{source}, row {row}, site_id: no site '{site}'; {hint}"


def capacity_faults(sites: gpd.GeoDataFrame, *, source: str) -> Iterator[str]:
    """Tell the sites whose capacity can serve nobody."""
    if "capacity" not in sites:
        return
    numbers = pd.to_numeric(sites["capacity"], errors="coerce")
    for row, (site, text) in enumerate(sites["capacity"].items(), 1):
        number = numbers.loc[site]
        if pd.isna(text):
            continue
        if not 0 < number < float("inf"):
            yield (
                f"{source}, row {row} (site_id '{site}'), capacity: is {text}; give a number above "
                "0, leave it empty if it is not known, or close the site"
            )


def capacities(sites: gpd.GeoDataFrame) -> dict[str, float]:
    """Return the places at each site of which they are known."""
    if "capacity" not in sites:
        return {}
    known = pd.to_numeric(sites["capacity"], errors="coerce").dropna()
    return {str(site): float(number) for site, number in known.items()}


def far_moves(study: Study, borough: BaseGeometry) -> Iterator[str]:
    """Tell the sites that a scenario moves too far outside the study's area."""
    from shapely import Point  # noqa: PLC0415 - only where a scenario moves a site

    lines, most = lines_of(study), study.data.max_outside_m
    for number, scenario in enumerate(study.scenarios):
        for place, item in enumerate(scenario.move):
            away_m = borough.distance(Point(item.easting, item.northing))
            if away_m > most:
                told = (
                    f"moves '{item.site}' to {item.easting:.0f}, {item.northing:.0f}, which lies "
                    f"{away_m / METRES_PER_KM:.1f} km outside the study area (at most "
                    f"{most / METRES_PER_KM:g} km); correct the coordinates, or make "
                    "data.max_outside_m larger"
                )
                where = ("scenario", number, "move", place)
                yield fault_at(study.file_name, lines, where, told)


def venue_faults(study: Study, candidates: int) -> Iterator[str]:
    """Tell numbers of venues for outreach that are more than there are candidates."""
    lines = lines_of(study)
    for place, number in enumerate(study.sessions.venues or ()):
        if number > candidates:
            venues = (
                "is 1 candidate venue" if candidates == 1 else f"are {candidates} candidate venues"
            )
            told = f"is {number}, but there {venues}; give at most so many"
            yield fault_at(study.file_name, lines, ("sessions", "venues", place), told)

"""The tables of a study, read and checked together."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.arguments import check_arguments
from eh_access.criteria.schema import FAULTY
from eh_access.criteria.titles import other_totals
from eh_access.errors import (
    EhAccessError,
    InputError,
    NotFoundError,
    SourceError,
    did_you_mean,
)
from eh_access.facts import Note, note
from eh_access.measures.opening_hours import windows_from_frame, with_hours
from eh_access.measures.scenarios import apply_scenario, open_sites
from eh_access.network.edit import AddLink, CloseStreet, SetSpeedLimit, StreetChange, change_streets
from eh_access.sources.exports import split_layer
from eh_access.study.config import Lines, Study, fault_at, scenario_of
from eh_access.study.families import (
    areas_of,
    postcode_tables,
    protect_counts,
    read_families,
    shared_out,
    with_families,
)
from eh_access.study.notes import timetable_warnings
from eh_access.study.reading import (
    MOST_ODD_SHARE,
    Places,
    place_rows,
    read_rows,
    read_table,
    with_postcodes,
)
from eh_access.study.records import InputFile, Inputs
from eh_access.tables import (
    ALL_ALIKE,
    CRS,
    GRID_EXTENT_M,
    ORIGIN_NUMBERS,
    SITE_ROLES,
    check_areas,
    check_origins,
    check_private_origins,
    check_sites,
    row_numbers,
)
from eh_access.transit.feed import source_digest
from eh_access.transit.tickets import check_tickets, lines_and_tickets

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from eh_access.criteria.schema import Fault, KeyPath
    from eh_access.measures.opening_hours import Openings
    from eh_access.network.model import Network
    from eh_access.study.config import ScenarioConfig, StreetChangeConfig, TransitSettings
    from eh_access.study.reading import Postcodes, ReadTable
    from eh_access.transit.timetable import Timetable as Buses

METRES_PER_MIN = 80.0
"""How far one walks in a minute at 4.8 km/h: stops within a walk of the area count."""

KINDS = ("water", "river", "coast", "rail")

log = logging.getLogger(__name__)


def check_base(frame: gpd.GeoDataFrame, *, source: str = "base") -> gpd.GeoDataFrame:
    """Return the shapes maps are drawn on."""
    if getattr(frame, "crs", None) is None or "kind" not in frame:
        raise InputError(f"{source}: needs a column kind ({', '.join(KINDS)}) and a known CRS")
    faults = [
        f"{source}, row {row}, kind: '{kind}' is not drawn; {did_you_mean(str(kind), KINDS)}"
        for row, kind in zip(
            row_numbers(frame), frame["kind"].astype(object).fillna(""), strict=True
        )
        if kind not in KINDS
    ]
    if faults:
        raise InputError(faults)
    kept = frame.loc[~(frame.geometry.isna() | frame.geometry.is_empty), ["kind", "geometry"]]
    return kept.to_crs(CRS).reset_index(drop=True)


def changed_networks(
    study: Study, areas: gpd.GeoDataFrame, network: Network | None, how: str
) -> dict[str, Network]:
    """Return the streets under each assessed scenario that changes some."""
    faults: list[Fault] = []
    networks: dict[str, Network] = {}
    for number, scenario in enumerate(study.scenarios):
        if not (scenario.assess and scenario.streets):
            continue
        where = ("scenario", number, "streets")
        if network is None:
            text = (
                f"scenario '{scenario.name}' changes streets, and there are none to change: "
                f"{how.strip().rstrip('.')}. Name a file of streets in streets.source, or set "
                "assess = false and say so in why_not"
            )
            faults.append((where, text))
            continue
        try:
            networks[scenario.name] = change_streets(network, street_changes(scenario, areas))
        except EhAccessError as error:
            faults += [(where, text) for text in error.faults]
    if faults:
        raise InputError(_with_lines(study, faults))
    return networks


def _with_lines(study: Study, faults: Iterable[Fault]) -> list[str]:
    """Return faults of a study's keys with the lines they stand in; none if it is no file."""
    path = Path(study.folder, study.file_name)
    lines = Lines(path.read_text(encoding="utf-8-sig") if path.is_file() else "")
    return [fault_at(study.file_name, lines, *fault) for fault in faults]


def street_changes(scenario: ScenarioConfig, areas: gpd.GeoDataFrame) -> tuple[StreetChange, ...]:
    """Return what a scenario changes on the streets."""
    unknown = [
        f"no area '{item.area}': {did_you_mean(item.area, areas.index)}"
        for item in scenario.streets
        if item.area is not None and item.area not in areas.index
    ]
    if unknown:
        raise InputError(unknown)
    return tuple(_change(item, areas) for item in scenario.streets)


def street_notes(study: Study, networks: Mapping[str, Network]) -> Iterator[Note]:
    """Yield a note for each scenario with changed streets."""
    for scenario in study.scenarios:
        if scenario.name not in networks:
            continue
        changes = tuple(
            item.title.removeprefix(TITLE)
            for item in networks[scenario.name].provenance
            if item.title.startswith(TITLE)
        )
        yield note("info", "changed-streets", scenario=scenario.label, changes=changes)


TITLE = "Change to the streets: "
"""What ``change_streets`` puts before a change in the provenance."""


def _change(item: StreetChangeConfig, areas: gpd.GeoDataFrame) -> StreetChange:
    if item.change == "link":
        assert item.start is not None  # noqa: S101 - cross-checked
        assert item.end is not None  # noqa: S101 - as above
        return AddLink(start=item.start, end=item.end, name=item.name or "", length_m=item.length_m)
    within = None if item.area is None else areas.geometry[item.area]
    if item.change == "limit":
        assert item.mph is not None  # noqa: S101 - cross-checked
        return SetSpeedLimit(way=item.way, name=item.street, within=within, mph=item.mph)
    return CloseStreet(
        way=item.way, name=item.street, within=within, to=item.closed_to or "everyone"
    )


METRES_PER_KM = 1000.0


def _strangers(rows: pd.DataFrame, known: set[str], *, source: str) -> Iterator[str]:
    """Yield a fault for each unknown site of the timetable."""
    if "site_id" not in rows:
        return  # reported with the other columns
    ids, numbers = rows["site_id"], row_numbers(rows)
    for row in np.flatnonzero(~ids.isin({*known, ""}) & ~ids.duplicated()):
        site = ids.iloc[row]
        hint = did_you_mean(site, known)
        yield f"{source}, row {numbers[row]}, site_id: no site '{site}'; {hint}"


def _capacity_faults(
    sites: gpd.GeoDataFrame, rows: Mapping[str, int], *, source: str
) -> Iterator[str]:
    """Yield a fault for each capacity that is not a number above 0."""
    if "capacity" not in sites:
        return
    numbers = pd.to_numeric(sites["capacity"], errors="coerce").tolist()
    for (site, text), number in zip(sites["capacity"].items(), numbers, strict=True):
        if pd.notna(text) and not 0 < number < float("inf"):
            yield (
                f"{source}, row {rows[str(site)]} (site_id '{site}'), capacity: is {text}; give a "
                "number above 0, leave it empty if it is not known, or close the site"
            )


def capacities(sites: gpd.GeoDataFrame) -> dict[str, float]:
    """Return the capacity of each site where it is known."""
    if "capacity" not in sites:
        return {}
    known = pd.to_numeric(sites["capacity"], errors="coerce").dropna()
    return {str(site): float(number) for site, number in known.items()}


def _far_places(study: Study, borough: BaseGeometry) -> Iterator[Fault]:
    """Yield the places of moves and doubts that lie farther out than any site may."""
    places: dict[KeyPath, tuple[str, float, float]] = {
        ("scenario", number, "move", place): (item.site, item.easting, item.northing)
        for number, scenario in enumerate(study.scenarios)
        for place, item in enumerate(scenario.move)
    }
    for site, tried in study.simulation.places.items():
        places |= {("simulation", "places", site, n): (site, *at) for n, at in enumerate(tried)}
    most_m = study.data.max_outside_m
    for path, (site, easting, northing) in places.items():
        away_m = borough.distance(shapely.Point(easting, northing))
        if away_m > most_m:
            text = (
                f"'{site}' at {easting:.0f}, {northing:.0f} lies {away_m / METRES_PER_KM:.1f} km "
                f"outside the study area (at most {most_m / METRES_PER_KM:g} km); give easting and "
                "northing in metres, or make data.max_outside_m larger"
            )
            yield path, text


def _venue_faults(study: Study, candidates: gpd.GeoDataFrame | None) -> Iterator[Fault]:
    """Yield each number of venues above the number of candidates with a place."""
    placed = 0 if candidates is None else int((candidates["location_basis"] != "unknown").sum())
    venues = "is 1 candidate venue" if placed == 1 else f"are {placed} candidate venues"
    for place, number in enumerate(study.sessions.venues or ()):
        if number > placed:
            text = f"is {number}, but there {venues}; give at most so many"
            yield ("sessions", "venues", place), text


SHOWN_ROWS = 5

Check = Callable[..., gpd.GeoDataFrame]


@dataclass(eq=False)
class _Reader:
    """Reads tables and collects their faults."""

    study: Study
    faults: list[str] = field(default_factory=list)
    files: list[InputFile] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    ids: dict[str, set[str]] = field(default_factory=dict)
    """Ids of sites by role, of tables with faults as well."""
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    """By role in which row of its file each site or origin stands, of tables without faults."""
    areas: gpd.GeoDataFrame | None = None
    left_out: gpd.GeoDataFrame | None = None
    """Origins that are in no figure: their areas, weights and places, as far as they are known."""

    @cached_property
    def postcode_tables(self) -> tuple[Postcodes, ...]:
        """Return tables of postcodes, the study's own first."""
        return tuple(postcode_tables(self.study))

    @cached_property
    def postcodes(self) -> Places:
        """Return where postcodes are, of the study's tables and those that ship."""
        known: dict[str, tuple[float, float] | None] = {}
        for table in self.postcode_tables:
            known = table.by_code | known
        return known

    @cached_property
    def area_points(self) -> Places:
        """Return each area's point: the mean of its postcodes, else one within its outline."""
        if self.areas is None:
            return {}
        inside = self.areas.geometry.representative_point()
        points = {str(area): (point.x, point.y) for area, point in inside.items()}
        # the study's own table where it has one: mixed with those that ship, some would count twice
        table = next(iter(self.postcode_tables), None)
        if table is not None:
            at = table.places
            known = gpd.GeoDataFrame({"x": at.x, "y": at.y}, geometry=at, crs=CRS)
            held = gpd.sjoin(known, self.areas[["geometry"]])
            means = held.groupby(self.areas.index.name)[["x", "y"]].mean()
            points |= {str(area): (x, y) for area, x, y in means.itertuples()}
        return points

    def read(self, role: str, name: str) -> ReadTable:
        """Return a table as it stands, its rows placed where they have no coordinates."""
        # a set of origins whose counts are not public is people's own
        private = role == "origins" and not self.study.weights_public
        columns = self.study.data.columns.get(role, {})
        table = read_table(
            self.study.resolve(name),
            name=name,
            role=role,
            columns=columns,
            counts=self.study.count_columns if role in ("origins", "areas") else (),
            private=private,
        )
        if private or role not in (*SITE_ROLES, "origins"):
            return table
        frame, notes = place_rows(
            table.frame,
            name=name,
            role=role,
            postcodes=lambda: self.postcodes,
            areas=lambda: self.area_points,
        )
        return replace(table, frame=frame, notes=(*table.notes, *notes))

    def take(
        self, role: str, name: str | None, check: Check, **options: object
    ) -> gpd.GeoDataFrame | None:
        """Return a checked table, or None where there is none or it has faults."""
        with gathering(self.faults):
            if name is not None:
                table = self.read(role, name)
                self.files += table.files
                self.notes += table.notes
                if "site_id" in table.frame:
                    self.ids[role] = set(table.frame["site_id"].dropna().astype(str).str.strip())
                check = partial(check, source=name, **options)
                if role == "origins":
                    return self.take_origins(table.frame, check)
                checked = check(table.frame)
                self.rows[role] = _rows_by_id(checked, table.frame)
                return checked
        return None

    def take_origins(self, frame: pd.DataFrame, check: Check) -> gpd.GeoDataFrame:
        """Return checked origins, with nobody of a group where the few have no count of it."""
        groups = self.study.data.groups if self.study.weights_public else {}
        own = set(groups).intersection(frame).difference(ORIGIN_NUMBERS)
        blank = {column: np.asarray(frame[column].isna(), dtype=bool) for column in sorted(own)}
        blank = {column: rows for column, rows in blank.items() if _few(frame, rows)}
        filled = {name: frame[name].astype(object).mask(rows, 0.0) for name, rows in blank.items()}
        points, odd = self.without_odd(frame.assign(**filled), check)
        self.rows["origins"] = _rows_by_id(points, frame[~odd])
        for column, rows in blank.items():
            if count := int((rows & ~odd).sum()):
                facts = {"count": count, "of": len(points), "group": groups[column]}
                self.notes.append(note("warning", "uncounted", **facts))
        return points

    def timed(
        self, name: str, *tables: gpd.GeoDataFrame | None
    ) -> tuple[Openings, list[gpd.GeoDataFrame | None]]:
        """Return the windows of a timetable, and tables of sites with the hours of theirs."""
        columns = self.study.data.columns.get("timetable")
        path = self.study.resolve(name)
        read = read_rows(path, name=name, role="timetable", columns=columns)
        self.files.append(read.file)
        known = {str(site) for table in tables if table is not None for site in table.index}
        rows = read.frame.astype(object).fillna("").astype(str)
        self.faults += _strangers(rows, known, source=name)
        timetable = windows_from_frame(rows, source=name)
        return timetable, [
            table
            if table is None
            else with_hours(
                table,
                {site: held for site, held in timetable.items() if site in table.index},
                source=name,
            )
            for table in tables
        ]

    def runs(
        self, borough: BaseGeometry | None, *sites: gpd.GeoDataFrame | None
    ) -> tuple[Buses | None, pd.DataFrame | None]:
        """Return what runs by timetable, and what those who run it charge, as far as known."""
        buses = charges = None
        asked, name = self.study.transit, self.study.data.tickets
        with gathering(self.faults, "transit: "):
            if asked is not None and borough is not None:
                buses = read_buses(self.study, asked, borough, *sites)
        with gathering(self.faults):
            if name is not None and buses is not None:
                table = read_rows(self.study.resolve(name), name=name, role="tickets")
                self.files += table.files
                self.notes += table.notes
                costs = check_tickets(table.frame, source=name)
                charges = lines_and_tickets(buses, costs, source=name)
        return buses, charges

    def without_odd(
        self, frame: pd.DataFrame, check: Check
    ) -> tuple[gpd.GeoDataFrame, NDArray[np.bool_]]:
        """Return checked origins without the few that have faults of their own, and which."""
        try:
            return check(frame), np.zeros(len(frame), dtype=bool)
        except InputError as error:
            # of people's own it could not be said what is left out
            odd = np.isin(np.arange(len(frame)), error.rows)
            if not (_few(frame, odd) and self.study.weights_public):
                raise
            weight = _stated_weight(frame)
            part, whole = float(weight[odd].sum()), float(weight.sum())
            few = len(error.faults) <= ALL_ALIKE
            shown, more = error.faults if few else error.faults[:SHOWN_ROWS], not few
            facts = {"count": int(odd.sum()), "of": len(frame), "faults": shown, "more": more}
            facts |= {"part": part, "whole": whole, "unit": self.study.unit}
            facts["unsaid"] = int(weight[odd].isna().sum())
            self.notes.append(note("warning", "odd-rows", **facts))
            named = pd.DataFrame(frame).reindex(columns=["area_id"]).assign(weight=weight)
            self.left_out = gpd.GeoDataFrame(named, geometry=_stated_places(frame))[odd]
        return check(frame[~odd]), odd


def _rows_by_id(checked: gpd.GeoDataFrame, frame: pd.DataFrame) -> dict[str, int]:
    """Return in which row of its file each row of a checked table stands, by its id."""
    return dict(zip(checked.index.astype(str), row_numbers(frame), strict=False))


def _stated_weight(frame: pd.DataFrame) -> pd.Series:
    """Return what each origin of an unchecked table weighs; nan where that cannot be read."""
    weight = pd.to_numeric(frame.get("weight", pd.Series(1.0, frame.index)), "coerce")
    return weight.where(np.isfinite(weight) & (weight >= 0))


def _stated_places(frame: pd.DataFrame) -> gpd.GeoSeries:
    """Return where the origins of an unchecked table are, as far as that can be read."""
    if isinstance(frame, gpd.GeoDataFrame):
        return frame.geometry.to_crs(CRS)
    at = frame.reindex(columns=["easting", "northing"]).apply(pd.to_numeric, errors="coerce")
    return gpd.GeoSeries.from_xy(at["easting"], at["northing"], crs=CRS)


def _few(frame: pd.DataFrame, rows: NDArray[np.bool_]) -> bool:
    """Return whether some origins are so few, and so few people live there, as may be missed."""
    weight = _stated_weight(frame)
    few = 0 < rows.sum() <= MOST_ODD_SHARE * len(frame)
    return bool(few and weight[rows].sum() <= MOST_ODD_SHARE * weight.sum())


@contextmanager
def gathering(faults: list[str], prefix: str = "") -> Iterator[None]:
    """Keep the faults of what is tried."""
    try:
        yield
    except EhAccessError as error:
        faults += [f"{prefix}{fault}" for fault in error.faults]


@check_arguments
def read_inputs(
    study: Study,
    *,
    origins: str | None = None,
    families: Path | None = None,
    protect: bool = True,
) -> Inputs:
    """Return the study's tables, checked, and made fit to publish from.

    Parameters
    ----------
    study
        The question.
    origins
        Which set of origins, by its name in ``data.origins``; the first if None.
    families
        A list of families to count in their place; the study's ``data.families`` if None.
    protect
        False to leave counts that are not public as they are: nothing worked out from them can
        be written or drawn. A list of families is protected always.

    Returns
    -------
    Inputs
        Everything the study reads but its streets.

    Raises
    ------
    InputError
        Every fault of every table and scenario, each with file, row and column or key.
    NotFoundError
        If the study has no such set of origins.

    Examples
    --------
    >>> from eh_access import load_study
    >>> len(read_inputs(load_study("rotherham")).sites)
    12
    """
    chosen = origins_name(study, origins)
    own = InputFile(role="study", name=study.file_name, sha256=study.file_sha256)
    reader = _Reader(study, files=[own])
    data = study.data
    counted = study.count_columns
    areas = reader.take("areas", data.areas, _areas_in_place, counts=counted)
    reader.areas = areas
    outline = reader.take("boundary", data.boundary, _areas_in_place) if data.boundary else areas
    borough = None if outline is None else outline.geometry.union_all()
    near = {"within": borough, "max_outside_m": data.max_outside_m}
    wards = reader.take("wards", data.wards, _areas_in_place)
    check = partial(check_origins, weighs=True) if study.weights_public else check_private_origins
    points = reader.take("origins", data.origins[chosen], check, counts=counted, **near)
    sites, candidates, youth, venues = (
        reader.take(role, getattr(data, role), check_sites, **near)
        for role in ("sites", "candidates", "youth", "youth_venues")
    )
    neighbours = reader.take("neighbours", data.neighbours, _check_neighbours, **near)
    base = reader.take("base", data.base, check_base)
    if points is not None and areas is not None:
        reader.faults += _origin_faults(points, areas, study, chosen, reader.rows["origins"])
        reader.notes += _origin_notes(points, areas, study) if study.weights_public else ()
    reader.faults += _clashes(reader.ids, study)
    faults = [*_unknown_sites(study, reader.ids), *_miscounted(study, reader.ids)]
    faults += _venue_faults(study, candidates)
    if borough is not None:
        faults += _far_places(study, borough)
    reader.faults += _with_lines(study, faults)
    for role, table in (("sites", sites), ("candidates", candidates)):
        if table is not None:
            reader.faults += _capacity_faults(table, reader.rows[role], source=getattr(data, role))
            reader.notes += _sites_twice(table)
    reader.faults += [] if sites is None else _shut(sites, reader.rows["sites"], source=data.sites)
    timetable: Openings = {}
    if data.timetable is not None and sites is not None:
        with gathering(reader.faults):
            timetable, (sites, candidates) = reader.timed(data.timetable, sites, candidates)
    buses, tickets = reader.runs(borough, sites, candidates, neighbours)
    if reader.faults or points is None or areas is None or sites is None or borough is None:
        raise InputError(reader.faults)
    by_area = [column for column in counted if column not in points]
    points = _with_counts(points, areas, by_area, left_out=reader.left_out)
    sites = _with_existence(study, sites)
    neighbours = None if neighbours is None else _with_existence(study, neighbours)
    assessed = [scenario for scenario in study.scenarios if scenario.assess]
    every_site = with_opened(sites.assign(is_open=True), candidates, assessed)
    if faults := [*impossible(study.scenarios, every_site)]:
        raise InputError(_with_lines(study, faults))
    tables = Inputs(
        origins_name=chosen,
        origins=points,
        areas=areas,
        sites=every_site,
        wards=wards,
        candidates=candidates,
        youth=youth,
        youth_venues=venues,
        neighbours=neighbours,
        borough=borough,
        base=base,
        timetable=timetable,
        buses=buses,
        tickets=tickets,
        files=(*reader.files, *_feed_files(study)),
        notes=(*reader.notes, *timetable_warnings(buses)),
    )
    listed = families or (study.resolve(data.families) if data.families else None)
    if not study.weights_public and (protect or listed is not None):
        tables = protect_counts(study, tables)
    if listed is None:
        return with_postcodes(study, tables)
    return with_families(study, tables, read_families(listed, study))


def write_new(path: Path, text: str) -> None:
    """Write a file where there is none yet."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"{path.as_posix()}: cannot be written ({error.strerror})") from error
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(
            f"{path.as_posix()}: is there already; give another name, or move it away first"
        ) from None
    except OSError as error:
        with suppress(OSError):
            path.unlink()  # what there is of it
        raise SourceError(f"{path.as_posix()}: cannot be written ({error.strerror})") from error


def write_fixed(study: Study) -> tuple[Note, ...]:
    """Write what can be put right of the tables of sites and origins beside them; say what."""
    reader = _Reader(study)
    data = study.data
    reader.areas = reader.take("areas", data.areas, _areas_in_place)
    roles = [(role, getattr(data, role)) for role in SITE_ROLES]
    if study.weights_public:  # of people's own no copies are made
        roles += [("origins", name) for name in data.origins.values()]
    lines = []
    for role, name in roles:
        table = None
        with suppress(EhAccessError):  # the check says why
            table = None if name is None else reader.read(role, name)
        if table is not None and (fixed := _fixed(table, reader.areas, data.max_outside_m)):
            frame, facts = fixed
            path = split_layer(study.resolve(name), name)[0].with_suffix(".fixed.csv")
            write_new(path, frame.to_csv(index=False, lineterminator="\n"))
            lines += [*table.notes, note("info", "fixed", file=name, written=path.name, **facts)]
    return tuple(lines)


def _fixed(
    table: ReadTable, areas: gpd.GeoDataFrame | None, most_m: float
) -> tuple[pd.DataFrame, dict[str, int]] | None:
    """Return a table with its coordinates in order and each row once; None if it was so already."""
    frame = pd.DataFrame(table.frame)
    if isinstance(table.frame, gpd.GeoDataFrame):
        at = table.frame.geometry.to_crs(CRS)
        frame = pd.DataFrame(table.frame.drop(columns=table.frame.active_geometry_name))
        frame = frame.assign(easting=at.x.round(1), northing=at.y.round(1))
    once = frame.drop_duplicates(ignore_index=True)
    swapped = np.zeros(len(once), dtype=bool)
    if areas is not None and {"easting", "northing"} <= set(once):
        near = areas.geometry.union_all().buffer(most_m)
        x, y = (pd.to_numeric(once[axis], errors="coerce") for axis in ("easting", "northing"))
        swapped = ~shapely.contains_xy(near, x, y) & shapely.contains_xy(near, y, x)
        turned = once.loc[swapped, ["northing", "easting"]].to_numpy()
        once.loc[swapped, ["easting", "northing"]] = turned
    facts = {"repeated": len(frame) - len(once), "swapped": int(swapped.sum())}
    return (once, facts) if table.notes or any(facts.values()) else None


def reach_of(
    asked: TransitSettings, borough: BaseGeometry, *sites: gpd.GeoDataFrame | None
) -> BaseGeometry:
    """Return a study's area and its sites with the stops a walk away from them."""
    # what calls near no home and near no site can only be changed to and from
    places = [table.geometry.dropna() for table in sites if table is not None]
    away = [point for points in places for point in points if not borough.covers(point)]
    whole = shapely.union_all([borough, *away]) if away else borough
    return whole.buffer(max(asked.access_min, asked.egress_min) * METRES_PER_MIN)


def read_buses(
    study: Study, asked: TransitSettings, borough: BaseGeometry, *sites: gpd.GeoDataFrame | None
) -> Buses:
    """Return what runs on the date asked for and calls within reach of a study's area or sites."""
    from eh_access.transit.reading import read_timetable  # noqa: PLC0415 - few studies have one

    around = reach_of(asked, borough, *sites)
    feeds = [study.resolve(feed) for feed in asked.feeds]
    timetable = read_timetable(feeds, asked.date, area=around)
    for scenario in study.scenarios:
        if scenario.assess:
            changed_buses(scenario, timetable)
    return timetable


def read_week(
    study: Study,
    buses: Buses,
    windows: Openings,
    borough: BaseGeometry,
    *sites: gpd.GeoDataFrame | None,
) -> list[Buses]:
    """Return what runs on each weekday with sessions, in the week of the study's date.

    Where nothing runs no session is counted, and that is said.
    """
    asked, week = study.transit, []
    assert asked is not None  # noqa: S101 - there is a timetable
    for day in sorted({window.day for held in windows.values() for window in held}):
        date = buses.date + dt.timedelta(days=day - buses.date.weekday())
        dated = asked.model_copy(update={"date": date})
        try:
            own = buses if date == buses.date else read_buses(study, dated, borough, *sites)
        except EhAccessError as error:
            log.warning("By timetable no session of %s is counted: %s", f"{date:%A %d %B}", error)
        else:
            week.append(own)
    return week


def _feed_files(study: Study) -> Iterator[InputFile]:
    """Yield the feeds of timetables a study reads."""
    for name in study.transit.feeds if study.transit else ():
        path = study.resolve(name)
        yield InputFile(role="feed", name=name, sha256=source_digest(path))


def changed_buses(scenario: ScenarioConfig, timetable: Buses) -> Buses:
    """Return what runs under a scenario: the same timetable unless it changes some."""
    if not scenario.timetable:
        return timetable
    from eh_access.transit.edit import change_timetable  # noqa: PLC0415 - few studies have one

    try:
        return change_timetable(timetable, [item.change() for item in scenario.timetable])
    except EhAccessError as error:
        where = f"scenario '{scenario.name}'"
        raise InputError(f"{where}: {fault}" for fault in error.faults) from error


def origins_name(study: Study, wanted: str | None) -> str:
    """Return the name of the set of origins to use."""
    names = study.data.origins
    if wanted is None:
        return next(iter(names))
    if wanted not in names:
        hint = did_you_mean(wanted, names)
        raise NotFoundError(f"{study.file_name}: data.origins has no '{wanted}'; {hint}")
    return wanted


def _areas_in_place(
    frame: gpd.GeoDataFrame, *, source: str, counts: Sequence[str] = ()
) -> gpd.GeoDataFrame:
    """Check areas, and that they lie on the National Grid."""
    areas = check_areas(frame, counts=counts, source=source)
    bounds = areas.bounds.to_numpy()
    west, south, east, north = GRID_EXTENT_M
    low, high = (west, south, west, south), (east, north, east, north)
    away = ~((bounds >= low) & (bounds <= high)).all(axis=1)
    if away.any():
        numbers = row_numbers(frame)
        raise InputError(
            f"{source}, row {numbers[row]} (area_id '{areas.index[row]}'), geometry: lies outside "
            "the British National Grid; check the order of its coordinates and its coordinate "
            "system"
            for row in np.flatnonzero(away)
        )
    return areas


def _origin_faults(
    points: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    study: Study,
    chosen: str,
    rows: Mapping[str, int],
) -> Iterator[str]:
    """Yield why origins that are sound in themselves cannot be counted."""
    name = study.data.origins[chosen]
    yield from _area_faults(points, areas, rows, name, private=not study.weights_public)
    yield from _uncounted(points, areas, study, rows, name)
    if not points["weight"].any():
        yield f"{name}, weight: is 0 in every row, so nobody would be counted; correct it"


def _area_faults(
    points: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    rows: Mapping[str, int],
    name: str,
    *,
    private: bool,
) -> Iterator[str]:
    """Yield faults for area ids of origins that no area has."""
    # Where no origin names any of the areas, they are grouped by something that has no outline
    # here (wards, say), and that is no fault.
    known = points["area_id"].isin(areas.index)
    unknown = ~known & points["area_id"].notna()
    if not known.any():
        return
    lost = points["area_id"][unknown]
    for origin, area in lost.head(SHOWN_ROWS).astype(str).items():
        label, fault = "", "there is no such area; correct it"
        if not private:
            label = f" (origin_id '{origin}')"
            fault = f"no area '{area}'; {did_you_mean(area, areas.index)}"
        yield f"{name}, row {rows[str(origin)]}{label}, area_id: {fault}"
    if len(lost) > SHOWN_ROWS:
        yield f"{name}, area_id: {len(lost) - SHOWN_ROWS} more name an area that is not there"


def _origin_notes(
    points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, study: Study
) -> Iterator[Note]:
    """Yield notes where some origins name no area and others do, and where they lie in none."""
    bare = int(points["area_id"].isna().sum())
    if bare and points["area_id"].isin(areas.index).any():
        yield note("warning", "in-no-area", count=bare, of=len(points))
    wanted = [column for column in study.count_columns if column not in points]
    bare = int(areas_of(points, areas).isna().sum()) if wanted else 0
    for column in wanted if bare else ():
        group = study.data.groups.get(column, column)
        yield note("warning", "uncounted", count=bare, of=len(points), group=group)


def _sites_twice(sites: gpd.GeoDataFrame) -> Iterator[Note]:
    """Yield a note for each place at which sites of one name stand under several ids."""
    names = sites["name"].astype(str).str.casefold()
    for _, same in sites.groupby([names, sites.geometry.to_wkb()]):
        if len(same) > 1:
            facts = {"name": str(same["name"].iloc[0]), "sites": tuple(map(str, same.index))}
            yield note("warning", "site-twice", **facts)


OPEN = frozenset({"true", "yes", "y", "1", "1.0", "open", "t", "", "nan", "none", "<na>"})
"""What a column says of a site that is open: nothing, or this."""


def _shut(sites: gpd.GeoDataFrame, rows: Mapping[str, int], *, source: str) -> Iterator[str]:
    """Yield a fault for each site that a column does not say is open: all that are listed are."""
    if "is_open" not in sites:
        return
    for site, text in sites["is_open"].astype(str).str.strip().str.casefold().items():
        if text not in OPEN:
            yield (
                f"{source}, row {rows[str(site)]} (site_id '{site}'), is_open: is '{text}', and "
                "all sites are open before the decision; write yes, or list it under "
                "data.candidates, where a scenario may open it, or remove it"
            )


def _uncounted(
    points: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    study: Study,
    rows: Mapping[str, int],
    name: str,
) -> Iterator[str]:
    """Yield a fault for each column of counts that neither table has, or that would lose people."""
    wanted = [column for column in study.count_columns if column not in points]
    held = areas_of(points, areas) if wanted else points["area_id"]
    bare = held.isna().to_numpy()
    for column in wanted:
        if column not in areas:
            hint = did_you_mean(column, points.columns)
            yield (
                f"{name}: column '{column}' is missing, and {study.data.areas} has none; add it "
                f"to one of them ({hint})"
            )
            continue
        empty = areas.index[(areas[column] > 0) & ~areas.index.isin(held)]
        if len(empty):
            yield (
                f"{study.data.areas}, {column}: {len(empty)} areas with people hold no origin, for "
                f"example '{empty[0]}', so they would be lost; give {column} by origin in {name}"
            )
        if bare.any() and not (study.weights_public and _few(points, bare)):
            shown = ", ".join(str(rows[str(origin)]) for origin in points.index[bare][:SHOWN_ROWS])
            more = f" and {bare.sum() - SHOWN_ROWS} more" if bare.sum() > SHOWN_ROWS else ""
            yield (
                f"{name}, row{'s' if bare.sum() > 1 else ''} {shown}{more}, area_id: names no area "
                f"and lies in none, so that nobody of {column} is counted there; correct it, or "
                f"give {column} by origin"
            )


def _with_counts(
    points: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    columns: Iterable[str],
    *,
    left_out: gpd.GeoDataFrame | None,
) -> gpd.GeoDataFrame:
    """Return origins with counts by area, shared out among all of an area's."""
    # what is left out takes its share with it: nobody is moved to the homes beside
    kept = points[["area_id", "weight", "geometry"]]
    homes = pd.concat([kept, *([] if left_out is None else [left_out])], ignore_index=True)
    homes = homes.assign(area_id=areas_of(homes, areas))
    shared = {column: shared_out(areas[column], homes) for column in columns}
    return points.assign(**{name: by[: len(points)].to_numpy() for name, by in shared.items()})


def _check_neighbours(
    frame: gpd.GeoDataFrame, *, within: BaseGeometry | None, source: str, max_outside_m: float
) -> gpd.GeoDataFrame:
    """Check that neighbours' sites have a place outside the study's area."""
    sites = check_sites(frame, source=source, within=within, max_outside_m=max_outside_m)
    faulty = {
        "where it stands is not known, so it can be in no figure; place it or remove the row": (
            sites.geometry.isna()
        ),
        "lies inside the study's area; list it under data.sites, or correct its coordinates": (
            shapely.within(np.asarray(sites.geometry), within)
        ),
    }
    faults = [
        f"{source}, row {row_numbers(frame)[row]} (site_id '{sites.index[row]}'): {what}"
        for what, rows in faulty.items()
        for row in np.flatnonzero(rows)
    ]
    if faults:
        raise InputError(faults)
    return sites


def _clashes(ids: Mapping[str, set[str]], study: Study) -> Iterator[str]:
    """Yield a fault for each id that stands in two tables."""
    own, candidates = ids.get("sites", set()), ids.get("candidates", set())
    for role, others in (("candidate", own), ("neighbour", own | candidates)):
        name = study.data.candidates if role == "candidate" else study.data.neighbours
        for site in sorted(others & ids.get(f"{role}s", set())):
            whose = "site" if site in own else "candidate"
            yield f"{name}, site_id: '{site}' is the id of a {whose} too; give the {role} its own"


def _unknown_sites(study: Study, ids: Mapping[str, set[str]]) -> Iterator[Fault]:
    """Yield each site that a scenario or a doubt names and no table has."""
    if ids.get("sites"):  # else the table could not be read or is empty, and that is reported
        for number, scenario in enumerate(study.scenarios):
            roles = ("sites", "candidates") if scenario.assess else ("sites", "candidates", "youth")
            known = set().union(*(ids.get(role, set()) for role in roles))
            for key, site in scenario.site_keys():
                if site in known:
                    continue
                text = f"no site '{site}' (scenario '{scenario.name}'); {did_you_mean(site, known)}"
                if site in ids.get("neighbours", set()):
                    text = (
                        f"'{site}' is one of data.neighbours, which others run: scenario "
                        f"'{scenario.name}' cannot change it; list it under data.sites if this "
                        "decision can"
                    )
                yield ("scenario", number, *key), text
    known = ids.get("sites", set()) | ids.get("neighbours", set())
    for doubt in ("existence", "places"):
        for site in getattr(study.simulation, doubt):
            if site not in known:
                text = f"no site '{site}'; {did_you_mean(site, known)}"
                yield ("simulation", doubt, site), text


def _miscounted(study: Study, ids: Mapping[str, set[str]]) -> Iterator[Fault]:
    """Yield words given by hand by which there are more or fewer sites than the table has."""
    total = len(ids.get("sites", ()))
    # of a study whose own file has faults some keys are not there
    words: dict[KeyPath, tuple[str, str]] = {
        ("title",): (getattr(study, "title", ""), ""),
        ("question",): (getattr(study, "question", ""), ""),
    }
    for first in study.scenarios[:1]:
        words["scenario", 0, "label"] = first.label, getattr(study, "site_word", "")
    for path, (text, word) in words.items():
        for other in other_totals(text, total, word=word) if total and text is not FAULTY else ():
            yield path, f"names '{other}', and data.sites has {total}; correct it"


def _with_existence(study: Study, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return sites with how likely each is there as the study states it."""
    stated = pd.Series(study.simulation.existence, dtype=np.float64).reindex(sites.index)
    return sites.assign(existence=stated.fillna(sites["existence"]))


def with_opened(
    sites: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame | None,
    scenarios: Iterable[ScenarioConfig],
) -> gpd.GeoDataFrame:
    """Return the sites with the candidates that scenarios name, closed."""
    named = {site for item in scenarios for _, site in item.site_keys()} - set(sites.index)
    extra = [] if candidates is None else [site for site in candidates.index if site in named]
    if candidates is None or not extra:
        return sites
    return pd.concat([sites, candidates.loc[extra].assign(is_open=False)])


def impossible(scenarios: Iterable[ScenarioConfig], sites: gpd.GeoDataFrame) -> Iterator[Fault]:
    """Yield why scenarios cannot be applied."""
    for number, scenario in enumerate(scenarios):
        if scenario.assess:
            try:
                after = apply_scenario(sites, scenario_of(scenario))
            except EhAccessError as error:
                yield from ((("scenario", number), fault) for fault in error.faults)
            else:
                for key, text in _without_effect(scenario, sites, after):
                    yield ("scenario", number, *key), text


def _without_effect(
    scenario: ScenarioConfig, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame
) -> Iterator[Fault]:
    """Yield sites that open and were open, that stay closed, or that stay as they were."""
    was, will_be = (
        open_sites(sites, full_time=False, full_time_from_hours=0.0) for sites in (before, after)
    )
    for key, site in scenario.site_keys():
        if key[0] == "open" and site in was:
            yield key, f"'{site}' is open already; remove it, or correct the id"
        elif site not in was and site not in will_be:
            remedy = "remove it" if key[0] == "close" else "open it too, with hours above 0"
            yield key, f"'{site}' is closed before and after; correct the id, or {remedy}"
        elif site not in was:  # what opens may be given the hours and the place that it had
            continue
        elif key[0] == "set_hours" and _equal("hours_per_week", site, before, after):
            yield key, f"'{site}' has these hours already; correct them, or remove it"
        elif key[0] == "move" and _equal("geometry", site, before, after):
            yield key, f"'{site}' stands there already; correct the place, or remove it"


def _equal(column: str, site: str, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> bool:
    """Return whether a site has the same in a column before and after."""
    return bool(before.loc[site, column] == after.loc[site, column])

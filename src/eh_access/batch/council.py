"""Make a study folder for a council of England out of official data."""

from __future__ import annotations

import json
import logging
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from eh_access.batch.cut import toml_text
from eh_access.errors import EhAccessError, InputError, SourceError, did_you_mean
from eh_access.network.io import write_network
from eh_access.network.osm import read_network
from eh_access.network.terrain import with_heights
from eh_access.sources import (
    bus_open_data,
    deprivation,
    geofabrik,
    naptan,
    nhs,
    nomis,
    ons,
    ordnance_survey,
    schools,
)
from eh_access.sources.exports import split_layer
from eh_access.sources.fetch import Client, ServiceError, today
from eh_access.study.config import load_study
from eh_access.study.inputs import read_inputs
from eh_access.study.reading import read_table
from eh_access.tables import CRS

if TYPE_CHECKING:
    from eh_access.provenance import Provenance
    from eh_access.study.reading import ReadTable

log = logging.getLogger(__name__)

WORDS = {"family-hub": "centre", "library": "library", "gp": "surgery", "school": "school"}
"""What a site of each kind is called."""

WHERE = "easting and northing (or longitude and latitude, or postcode)"
USED = ("area_id", "imd_decile", "no_car_share", "ward_name")
"""Columns of origins that a new study can do without, at a loss."""

TABLES: Mapping[str, str] = {
    "origins": f"origin_id, weight, {WHERE}; if had, {', '.join(USED)}",
    **dict.fromkeys(("sites", "candidates", "neighbours"), f"site_id, name, {WHERE}"),
}
"""What may be given whole in place of what several services hold, and its columns."""


AROUND_M = 5000.0
"""How far around the area streets and neighbours' sites are wanted."""

SURVEYED_M, POSTCODE_M = 50.0, 100.0
EQUALITY = ("ethnic_group", "disability", "lone_parents")
SITE_COLUMNS = (
    "site_id",
    "name",
    "kind",
    "hours_per_week",
    "status",
    "closed_on",
    "urn",
    "easting",
    "northing",
    "location_basis",
    "location_radius_m",
    "postcode",
    "evidence",
    "source",
)

T = TypeVar("T")


def replaceable(client: Client) -> dict[str, str]:
    """Return what ``--have`` may name, and what such a file must hold."""
    return {**{name: item.holds for name, item in client.services.items()}, **TABLES}


@dataclass(frozen=True, kw_only=True)
class NewStudy:
    """A folder that was made, and what it lacks."""

    folder: Path
    name: str  # of the authority
    sites: int
    lacking: tuple[EhAccessError, ...]  # why, for each thing that could not be had


@dataclass(kw_only=True)
class _Maker:
    """Collects what is had, what is lacking and what went wrong."""

    client: Client
    authority: ons.Authority
    kind: str
    folder: Path
    faults: list[str] = field(default_factory=list)
    lacking: list[EhAccessError] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)  # names of files by role
    credits: dict[str, tuple[str, ...]] = field(default_factory=dict)  # services by file
    groups: dict[str, str] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    postcodes: gpd.GeoDataFrame | None = None
    given: dict[str, ReadTable] = field(default_factory=dict)  # tables by role

    def needed(self, what: str, step: Callable[[], T]) -> T | None:
        """Do a step without which there is no study; its fault is told with the others."""
        self.client.progress(what)
        try:
            return step()
        except EhAccessError as error:
            self.faults += error.faults
            return None

    def wished(self, what: str, step: Callable[[], T]) -> T | None:
        """Do a step without which there still is a study; what is lacking is told in it."""
        self.client.progress(what)
        try:
            return step()
        except EhAccessError as error:
            log.info("%s", error)
            self.lacking.append(error)
            return None

    def table(self, role: str, frame: pd.DataFrame | None, *services: str) -> None:
        """Write a table, or copy the one that was given."""
        given = self.given.get(role)
        if given is not None:
            path, _, layer = split_layer(self.client.have[role], str(self.client.have[role]))
            for part in given.files:  # of a shapefile there are several
                beside = path.with_name(Path(part.name).name)
                shutil.copyfile(beside, self.folder / f"{role}{beside.suffix.lower()}")
            self.client.given(role)
            self.made[role] = f"{role}{path.suffix.lower()}" + (f"#{layer}" if layer else "")
        elif frame is not None and len(frame):
            self.made[role] = f"{role}.csv"
            text = frame.to_csv(index=False, lineterminator="\n")
            (self.folder / f"{role}.csv").write_text(text, encoding="utf-8", newline="")
            self.credits[f"{role}.csv"] = services

    def shapes(self, role: str, frame: gpd.GeoDataFrame, *services: str) -> None:
        """Write shapes in degrees."""
        self.made[role] = f"{role}.geojson"
        path = self.folder / f"{role}.geojson"
        frame.to_crs("EPSG:4326").to_file(path, driver="GeoJSON", COORDINATE_PRECISION=7)
        self.credits[f"{role}.geojson"] = services


def make_study(
    name: str,
    folder: Path,
    *,
    code: str | None = None,
    kind: str = "family-hub",
    client: Client | None = None,
) -> NewStudy:
    """Make the folder of a study: all of it, or none. Nothing that exists is overwritten."""
    if kind not in WORDS:
        raise InputError(f"--kind {kind}: {did_you_mean(kind, WORDS)}")
    if folder.exists():
        raise InputError(f"{folder}: is there already; name another folder with --out")
    client = Client() if client is None else client
    client.progress("Looking up the authority")
    authority = ons.find_authority(client, name, code)
    hidden = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(hidden, ignore_errors=True)
    try:
        hidden.mkdir(parents=True)
        maker = _Maker(client=client, authority=authority, kind=kind, folder=hidden)
        sites = _fill(maker)
        hidden.replace(folder)
    except OSError as error:
        if isinstance(error, EhAccessError):
            raise
        raise SourceError(f"{folder}: cannot be written ({error.strerror})") from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    return NewStudy(folder=folder, name=authority.name, sites=sites, lacking=tuple(maker.lacking))


def _fill(maker: _Maker) -> int:
    """Write everything into the folder; return the number of sites."""
    client, outline = maker.client, maker.authority.outline
    around = outline.buffer(AROUND_M)
    for role in [role for role in TABLES if role in client.have]:
        read = maker.needed(f"Your {role}", partial(_read_given, client.have[role], role))
        if read is not None:
            maker.given[role] = read
            maker.ids |= set(read.frame.get("site_id", pd.Series()).astype("str").str.strip())
    _homes(maker)
    maker.postcodes = maker.wished("Postcodes", lambda: ordnance_survey.postcodes(client))
    if maker.postcodes is not None:
        own = maker.postcodes[maker.postcodes.within(outline.buffer(250))]
        table = pd.DataFrame({"postcode": own["postcode"], **_east_north(own)})
        maker.table("postcodes", table.sort_values("postcode"), "postcodes")
    mapped = maker.wished("Streets", lambda: geofabrik.extracts(client, around))
    counties, extracts = mapped if mapped is not None else ((), [])
    sites = _sites(maker, extracts)
    shape = gpd.GeoDataFrame(
        {"area_id": [maker.authority.code], "name": [maker.authority.name]},
        geometry=[outline],
        crs=CRS,
    )
    maker.shapes("boundary", shape, "authorities")
    if maker.given and not maker.faults:
        _check_given(maker, sites)
    if not maker.faults:
        if mapped is not None:
            maker.wished("Streets and heights", lambda: _streets(maker, extracts))
        gtfs = maker.wished("Bus timetable", lambda: bus_open_data.timetable(client, counties))
        if gtfs is not None:
            shutil.copyfile(gtfs, maker.folder / "gtfs.zip")
            maker.credits["gtfs.zip"] = ("timetable",)
            codes = bus_open_data.stop_areas(gtfs, outline)
            stops = maker.wished("Stops", lambda: naptan.stops(client, codes, around))
            maker.table("stops", stops, "stops")
    if maker.faults:
        raise InputError(dict.fromkeys(maker.faults))
    (maker.folder / "SOURCES.toml").write_text(_sources_text(client), encoding="utf-8")
    (maker.folder / "study.toml").write_text(_study_text(maker, sites), encoding="utf-8")
    return len(sites)


def _read_given(path: Path, role: str) -> ReadTable:
    """Return a table as a study reads it."""
    try:
        return read_table(path, name=str(path), role=role)
    except InputError as error:
        raise InputError(_with_columns(error.faults, role)) from error


def _with_columns(faults: Sequence[str], role: str) -> list[str]:
    """Return faults of a table, the last with the columns that are wanted."""
    wanted = f"--have {role} wants the columns {TABLES[role]}"
    return [*faults[:-1], f"{faults[-1]}; {wanted}"] if faults else []


def _check_given(maker: _Maker, sites: pd.DataFrame) -> None:
    """Note the faults that `eh-access check` would find with the tables that were given."""
    (maker.folder / "study.toml").write_text(_study_text(maker, sites), encoding="utf-8")
    try:
        read_inputs(load_study(maker.folder))
    except InputError as error:
        own = {maker.made[role]: role for role in maker.given}
        by_file = {name: [f for f in error.faults if f.startswith(name)] for name in own}
        for name, faults in by_file.items():
            path = maker.client.have[own[name]]
            renamed = [f"{path}{fault.removeprefix(name)}" for fault in faults]
            maker.faults += _with_columns(renamed, own[name])
        maker.faults += [fault for fault in error.faults if not fault.startswith(tuple(own))]


def _homes(maker: _Maker) -> None:
    """Write areas, wards and origins: under-fives by LSOA, shared over output areas."""
    client, authority = maker.client, maker.authority
    lookup = maker.needed("Output areas", lambda: ons.output_areas(client, authority))
    wards = maker.needed("Wards", lambda: ons.wards(client, authority))
    if wards is not None:
        named = wards.rename(columns={"code": "area_id"})
        maker.shapes("wards", named, "wards")
    if lookup is None:
        return
    then, codes = str(lookup["code"].iloc[0]), lookup["lsoa"]
    shapes = maker.needed("Areas", lambda: ons.lsoas(client, authority, codes))
    if "origins" in client.have:
        _homes_given(maker, shapes, then)
        return
    children = maker.needed("Children", lambda: nomis.counts(client, "children", then, codes))
    cars = maker.needed("Cars", lambda: nomis.counts(client, "cars", then, lookup["oa"]))
    decile = maker.needed("Deprivation", lambda: deprivation.deciles(client, codes))
    points = maker.needed("Homes", lambda: ons.centroids(client, authority, lookup["oa"]))
    if points is None or shapes is None or wards is None:
        return
    if children is None or cars is None or decile is None:
        return
    held = cars.assign(lsoa=lookup.set_index("oa")["lsoa"]).groupby("lsoa").sum()
    areas = shapes.rename(columns={"code": "area_id"}).set_index("area_id")
    areas = areas.join(children).join(decile.rename("imd_decile"))
    areas["households"] = held["households"]
    areas["no_car_share"] = _share(held["no_car"], held["households"])
    areas, served = _with_groups(maker, areas, then)
    maker.shapes("areas", areas.reset_index(), "areas", "children", "cars", "deprivation", *served)
    origins = _origins(lookup, points, areas, wards, cars)
    maker.table("origins", origins, "centroids", "lookup", "children", "cars", "deprivation")


def _homes_given(maker: _Maker, shapes: gpd.GeoDataFrame | None, then: str) -> None:
    """Write areas and the origins that were given, which hold children, cars and deprivation."""
    table = maker.given.get("origins")
    if table is None or shapes is None:
        return
    name, frame = maker.client.have["origins"].name, table.frame
    areas = shapes.rename(columns={"code": "area_id"}).set_index("area_id")
    served: list[str] = []
    lacking = [column for column in USED if column not in frame]
    if lacking:
        text = f"{name} has no {', '.join(lacking)}, so nothing can be judged by them"
        maker.lacking.append(InputError(text))
    bare = areas.index.difference(frame.get("area_id", pd.Series(dtype="str")))
    if len(bare):
        text = f"{name} has no row whose area_id is '{bare[0]}'"
        more = f", nor {len(bare) - 1} more LSOAs" if len(bare) > 1 else ""
        maker.lacking.append(InputError(f"{text}{more}, so groups of the census are left out"))
    else:
        areas, served = _with_groups(maker, areas, then)
    maker.shapes("areas", areas.reset_index(), "areas", *served)
    maker.table("origins", None)


def _with_groups(
    maker: _Maker, areas: gpd.GeoDataFrame, then: str
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return areas with counts of groups, and the services that had them."""
    client, codes = maker.client, areas.index.to_series()
    served: list[str] = []
    for name in EQUALITY:
        step = maker.wished(
            client.services[name].title,
            partial(nomis.counts, client, name, then, codes),
        )
        if step is not None:
            areas = areas.join(step)
            maker.groups |= dict(client.services[name].groups)
            served.append(name)
    return areas, served


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Return shares; of nothing, none."""
    return (part / whole.where(whole > 0)).fillna(0.0).round(6)


def _origins(
    lookup: pd.DataFrame,
    points: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    wards: gpd.GeoDataFrame,
    cars: pd.DataFrame,
) -> pd.DataFrame:
    """Return output areas with the children of their LSOA shared out by households."""
    frame = points.rename(columns={"code": "origin_id"}).set_index("origin_id").join(cars)
    frame["area_id"] = lookup.set_index("oa")["lsoa"]
    whole = frame.groupby("area_id")["households"].transform("sum")
    many = frame.groupby("area_id")["households"].transform("size")
    share = (frame["households"] / whole.where(whole > 0)).fillna(1 / many)
    area = areas.loc[frame["area_id"]].set_index(frame.index)
    near = gpd.sjoin_nearest(frame[["geometry"]], wards.rename(columns={"code": "ward_code"}))
    near = near[~near.index.duplicated()]
    return pd.DataFrame(
        {
            **_east_north(frame),
            "weight": (area["under_fives"] * share).round(6),
            "weight_basis": "modelled",
            "age10_19": (area["age10_19"] * share).round(6),
            "area_id": frame["area_id"],
            "ward_code": near["ward_code"],
            "ward_name": near["name"],
            "imd_decile": area["imd_decile"],
            "no_car_share": _share(frame["no_car"], frame["households"]),
            "households": frame["households"],
        }
    ).reset_index()


def _east_north(points: gpd.GeoDataFrame) -> dict[str, pd.Series]:
    east, north = points.geometry.x.round(), points.geometry.y.round()
    return {"easting": east.astype("int64"), "northing": north.astype("int64")}


def _sites(maker: _Maker, extracts: list[Path]) -> pd.DataFrame:
    """Write sites, those closed, candidates and neighbours; return the sites."""
    client, kind = maker.client, maker.kind
    registers: dict[str, tuple[str, Callable[[], pd.DataFrame]]] = {
        "family-hub": ("childrens_centres", lambda: schools.centres(client)),
        "school": ("schools", lambda: schools.schools(client)),
        "gp": ("surgeries", lambda: nhs.surgeries(client)),
        "library": ("streets", lambda: _mapped(extracts, kind)),
    }
    source, read = registers[kind]
    own = pd.DataFrame()
    if "sites" in client.have:
        maker.table("sites", None)
        if "sites" in maker.given:
            own = pd.DataFrame(maker.given["sites"].frame)
    elif (chosen := maker.needed("Sites", read)) is not None:
        placed = _placed(maker, chosen)
        own = _table(maker, placed, "inside")
        if own.empty:
            maker.faults.append(
                f"no open {WORDS[kind]} of {maker.authority.name} is in "
                f"{client.services[source].title}; give your own with --have sites=FILE"
            )
        maker.table("sites", own, source)
        maker.table("closed", _table(maker, placed, "closed"), source)
        if "neighbours" not in client.have:
            maker.table("neighbours", _table(maker, placed, "near"), source)
    if "neighbours" in client.have:
        maker.table("neighbours", None)
    if "candidates" in client.have:
        maker.table("candidates", None)
    elif kind != "school":
        venues = maker.wished("Candidate venues", lambda: schools.schools(client, secondary=False))
        if venues is not None:
            rows = _table(maker, _placed(maker, venues), "inside")
            maker.table("candidates", rows, "schools")
    return own


def _mapped(paths: list[Path], kind: str) -> pd.DataFrame:
    if not paths:
        raise SourceError("there is no map to find them on; see what is said of the streets")
    return geofabrik.places(paths, kind)


def _placed(maker: _Maker, sites: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return sites at their own place, else at their postcode, with where they belong."""
    frame = sites.copy()
    known = frame["easting"].gt(0) & frame["northing"].gt(0)
    frame["location_basis"] = np.where(known, "surveyed", "unknown")
    frame["location_radius_m"] = np.where(known, SURVEYED_M, np.nan)
    if maker.postcodes is not None:
        plain = frame["postcode"].str.upper().str.replace(r"[^A-Z0-9]", "", regex=True)
        by_code = ~known & plain.isin(maker.postcodes.index)
        at = maker.postcodes.geometry.reindex(plain[by_code])
        frame.loc[by_code, "easting"] = at.x.to_numpy()
        frame.loc[by_code, "northing"] = at.y.to_numpy()
        frame.loc[by_code, "location_basis"] = "postcode"
        frame.loc[by_code, "location_radius_m"] = POSTCODE_M
    points = schools.as_points(frame)
    away_m = points.distance(maker.authority.outline).fillna(np.inf)
    inside = away_m.eq(0)
    if "authority" in frame:
        ours = frame["authority"].str.casefold().eq(maker.authority.name.casefold())
        inside |= frame["location_basis"].eq("unknown") & ours
    where = np.select(
        [inside & frame["is_open"], inside, frame["is_open"] & away_m.between(1, AROUND_M - 1)],
        ["inside", "closed", "near"],
        "elsewhere",
    )
    return points.assign(where=where)


def _table(maker: _Maker, sites: gpd.GeoDataFrame, where: str) -> pd.DataFrame:
    """Return the sites of one sort as a study wants them, each with an id of its own."""
    rows = pd.DataFrame(sites[sites["where"] == where].drop(columns="geometry"))
    rows = rows.sort_values(["name", "evidence"], ignore_index=True)
    return rows.assign(
        site_id=[_new_id(str(name), maker.ids) for name in rows["name"]],
        hours_per_week=np.nan,
        easting=rows["easting"].round().astype("Int64"),
        northing=rows["northing"].round().astype("Int64"),
    ).reindex(columns=list(SITE_COLUMNS))


def _new_id(name: str, taken: set[str]) -> str:
    """Return a short id made of a name, not yet taken."""
    base = slug(name) or "site"
    unique = base
    number = 2
    while unique in taken:
        unique, number = f"{base}-{number}", number + 1
    taken.add(unique)
    return unique


def slug(name: str) -> str:
    """Return a name in small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", re.sub("['\u2019]", "", name)).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "-", plain.decode().lower()).strip("-")


def _streets(maker: _Maker, extracts: list[Path]) -> None:
    """Write the streets in and around the area, with heights where those are had."""
    around = maker.authority.outline.buffer(AROUND_M)
    cut = maker.folder / "cut.osm.pbf"
    try:
        geofabrik.cut_streets(extracts, around, cut)
        network = read_network(cut, area=around, covered=around)
    finally:
        cut.unlink(missing_ok=True)
    services: tuple[str, ...] = ("streets",)
    terrain = maker.wished("Heights", lambda: ordnance_survey.heights(maker.client, around))
    if terrain is not None:
        network = with_heights(network, terrain)
        services = ("streets", "heights")
    write_network(network, maker.folder / "streets.npz")
    maker.made["streets"] = "streets.npz"
    maker.credits["streets.npz"] = services


def _toml(value: object) -> str:
    """Return a text or a table of texts as TOML."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(text)}" for key, text in value.items()) + " }"
    return json.dumps(str(value), ensure_ascii=False)


def _sources_text(client: Client) -> str:
    """Return every address asked, with date, digest, licence and credit."""
    entries = []
    for name in sorted(client.used):
        fields: dict[str, Any] = {"name": name}
        if name in TABLES:
            fields |= {"title": f"a study's table of {name}", **vars(client.used[name][0])}
        else:
            fields |= _credit(client.provenance(name))
        if len(client.used[name]) > 1:
            fields["answer"] = [vars(answer) for answer in dict.fromkeys(client.used[name])]
        entries.append(fields)
    return toml_text({"source": entries})


def _credit(item: Provenance) -> dict[str, str]:
    return {key: text for key, text in vars(item).items() if text}


TRANSIT = """[transit]
feeds = ["gtfs.zip"]
date = "tuesday" # the first of the feed in school term time
arrive = ["09:30", "10:30"] # EDIT ME: when families want to be there
sessions = [["10:00", "11:30"]] # EDIT ME: a session, to be at from beginning to end

"""
"""What a study says of its timetable."""


OWN_WEIGHTS = "EDIT ME: whom the table of origins that was given counts, and when"
CENSUS_WEIGHTS = (
    "modelled: Census 2021 counts by LSOA, shared over output areas by households. Census cells "
    "carry noise of about 10 per LSOA, and newer estates have grown since."
)
NOISE = "counts_sd = 5 # Census 2021 cells of an LSOA carry noise of about so much\n"


def _study_text(maker: _Maker, sites: pd.DataFrame) -> str:
    """Return the study.toml: files that are there, an example to change, criteria to edit."""
    template = Template((files("eh_access.batch") / "new_study.toml").read_text("utf-8"))
    roles = ("candidates", "neighbours", "postcodes")
    optional = "".join(
        f"{role} = {_toml(maker.made[role])}\n" for role in roles if role in maker.made
    )
    if maker.groups:
        optional += f"groups = {_toml(maker.groups)}\n"
    example = {"site_id": "EDIT-ME", "name": "EDIT ME"}
    if len(sites) and "site_id" in sites:
        example["site_id"] = str(sites["site_id"].iloc[0]).strip()
        example["name"] = str(sites.get("name", sites["site_id"]).iloc[0])
    streets = f"source = {_toml(maker.made['streets'])}\n" if "streets" in maker.made else ""
    own = "origins" in maker.given
    listed = {"note": [*_notes(maker)], "source": [*_source_entries(maker)]}
    return template.substitute(
        weight_basis=_toml(OWN_WEIGHTS if own else CENSUS_WEIGHTS),
        public="false # EDIT ME: true if these counts are published" if own else "true",
        noise="" if own else NOISE,
        id=slug(maker.authority.name)[:40].strip("-"),
        today=today().isoformat(),
        place=_toml(maker.authority.name),
        title=_toml(f"{maker.authority.name}: EDIT ME"),
        site_word=_toml(WORDS[maker.kind]),
        areas=_toml(maker.made["areas"]),
        wards=_toml(maker.made["wards"]),
        boundary=_toml("boundary.geojson"),
        sites=_toml(maker.made["sites"]),
        origins=_toml(maker.made["origins"]),
        optional=optional,
        streets=streets,
        transit=TRANSIT if "gtfs.zip" in maker.credits else "",
        by_bus='also_modes = ["transit"]\n' if "gtfs.zip" in maker.credits else "",
        site_id=_toml(example["site_id"]),
        label=_toml(f"EDIT ME: {example['name']} reduced to ten hours a week"),
        notes_and_sources=toml_text({key: rows for key, rows in listed.items() if rows}),
    )


def _notes(maker: _Maker) -> Iterator[dict[str, str]]:
    for error in maker.lacking:
        text = f"Not had: {error.what if isinstance(error, ServiceError) else error}"
        yield {"topic": "not-had", "level": "warning", "text": text}


def _source_entries(maker: _Maker) -> Iterator[dict[str, str]]:
    named = {*maker.made.values(), "boundary.geojson"}
    for file, services in maker.credits.items():
        for name in services:
            if file in named and name in maker.client.used:
                fields = _credit(maker.client.provenance(name))
                fields.pop("sha256", None)
                yield {"file": file, **fields}

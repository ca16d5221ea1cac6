"""Cut one authority's study out of tables and streets that many share."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.criteria.schema import as_tuples
from eh_access.errors import EhAccessError, InputError
from eh_access.network.io import clip_mapped, write_mapped, write_network
from eh_access.study.config import DataFiles, Study, read_toml, study_from_bytes
from eh_access.study.inputs import reach_of
from eh_access.study.reading import read_rows, read_table
from eh_access.study.streets import buffer_for, network_file, read_network
from eh_access.tables import CRS, points_from_columns, row_numbers
from eh_access.transit.feed import NEEDED, read_feed, write_feed

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from eh_access.network.model import Network

AUTHORITY = "authority"
BY_PLACE = ("youth", "youth_venues", "postcodes", "wards")
"""Tables whose rows belong to the authority they stand in."""
NEARBY = ("sites", "candidates", "neighbours")
"""Tables of sites, which serve whoever is near, on whichever side of a border."""
PLAIN = ("timetable", "tickets")
"""Tables without places: of sites' windows, and of what an operator's tickets cost."""
NOT_CUT = ("families", "base")
CHANGED = ("sites", "candidates")
LISTS, BY_SITE, MOVES = ("close", "open"), "set_hours", "move"
"""What a scenario does to sites."""
STREETS, FEED, SETTINGS = "streets", "feed", "settings.json"
TIMETABLE = "timetable.zip"
LARGE = ("stop_times", "frequencies")
"""Tables of timetables that are read in part."""


@dataclass(frozen=True, kw_only=True)
class Template:
    """One question to ask of many authorities."""

    path: Path  # its study.toml, in which {name}, {code}, {id} and {region} are blanks
    column: str  # column of its areas with the code of their authority
    buffer_m: float | None  # how far streets and neighbours' sites are wanted; None: as in a study

    def filled(self, authority: Mapping[str, Any]) -> str:
        """Return the template with the facts of one authority in its blanks."""
        text = read_toml(self.path).decode("utf-8-sig")
        for blank, value in authority.items():
            text = text.replace(f"{{{blank}}}", json.dumps(str(value), ensure_ascii=False)[1:-1])
        return text

    def study(self, authority: Mapping[str, Any]) -> Study:
        """Return the study of one authority on the shared tables."""
        return study_from_bytes(self.filled(authority).encode(), path=self.path)


def toml_text(table: Mapping[str, Any], head: str = "") -> str:
    """Return a table as TOML."""
    plain, below = [], []
    for key, value in table.items():
        bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
        name = key if bare else _toml_value(key)
        path = f"{head}.{name}" if head else name
        if isinstance(value, dict):
            below.append(f"\n[{path}]\n{toml_text(value, path)}")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            below += [f"\n[[{path}]]\n{toml_text(item, path)}" for item in value]
        else:
            plain.append(f"{name} = {_toml_value(value)}\n")
    return "".join([*plain, *below])


def _toml_value(value: object) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    # what JSON writes TOML reads, but for one sign
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


# ---- once for all ------------------------------------------------------------------------------


def share(template: Template, authorities: gpd.GeoDataFrame, into: Path, key: str) -> None:
    """Write the tables and streets that studies are cut from, whole or not at all."""
    study = template.study(authorities.iloc[0].drop("geometry"))
    sharing = _Sharing(template, study, authorities)
    tables = sharing.tables()
    if sharing.faults:
        raise InputError(dict.fromkeys(sharing.faults))
    partial = into.with_name(f".{into.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name, table in tables.items():
        # in the order of authorities, so that one of them is read without the others
        ordered = table.sort_values(AUTHORITY, kind="stable") if AUTHORITY in table else table
        ordered.to_parquet(partial / f"{name}.parquet", index=False, row_group_size=1000)
    if study.transit is not None:
        share_feeds([study.resolve(feed) for feed in study.transit.feeds], partial / FEED)
    streets = _streets(study)
    if streets is not None:
        write_mapped(streets, partial / STREETS)
    authorities.to_parquet(partial / "authorities.parquet", index=False)
    counts = tables[f"origins-{next(iter(study.data.origins))}"][AUTHORITY].value_counts()
    settings = {
        "key": key,
        "buffer_m": buffer_for(study) if template.buffer_m is None else template.buffer_m,
        "sets": list(study.data.origins),
        "public": study.weights_public,
        "origins": {str(code): int(count) for code, count in counts.items()},
    }
    (partial / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
    shutil.rmtree(into, ignore_errors=True)
    partial.rename(into)


def read_settings(shared: Path) -> dict[str, Any]:
    """Return what is written beside shared tables; nothing where there are none."""
    path = shared / SETTINGS
    settings: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return settings


def _streets(study: Study) -> Network | None:
    """Return the streets the template names; None for estimates."""
    source = study.streets.source
    if source in (None, "estimate"):
        return None
    if source == "download":
        raise InputError("streets.source: nothing is downloaded in a batch; name a file of streets")
    bundled = source.startswith("bundled:")
    return read_network(network_file(source) if bundled else study.resolve(source))


class _Sharing:
    """Reads shared tables and gives each row its authority."""

    def __init__(self, template: Template, study: Study, authorities: gpd.GeoDataFrame) -> None:
        self.template, self.data, self.study = template, study.data, study
        self.outlines = authorities.set_index("code").geometry
        self.faults = [
            f"data.{role}: cannot be cut for each authority; leave it out of the template"
            for role in NOT_CUT
            if getattr(self.data, role) is not None
        ]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table, those with faults left out."""
        frames: dict[str, pd.DataFrame] = {}
        areas = self._read("areas", self.data.areas)
        if areas is not None and self.template.column not in areas:
            self.faults.append(f"{self.data.areas}: there is no column '{self.template.column}'")
            areas = None
        if areas is not None:
            areas = areas.rename(columns={self.template.column: AUTHORITY})
            frames["areas"] = areas[areas[AUTHORITY].isin(self.outlines.index)]
            for name, file in self.data.origins.items():
                points = self._read(f"origins-{name}", file)
                if points is not None:
                    frames[f"origins-{name}"] = self._in_areas(points, areas, file)
        for role in BY_PLACE:
            table = self._read(role, getattr(self.data, role))
            if table is not None:
                frames[role] = self._placed(table, getattr(self.data, role))
        for role in NEARBY:
            table = self._read(role, getattr(self.data, role))
            if table is not None:
                self.faults += _unplaced(table, getattr(self.data, role))
                frames[role] = table
        return frames | self._plain()

    def _plain(self) -> dict[str, pd.DataFrame]:
        """Return the tables that have no places."""
        files = {role: getattr(self.data, role) for role in PLAIN}
        return {
            role: read_rows(self.study.resolve(file), name=file, role=role).frame
            for role, file in files.items()
            if file is not None
        }

    def _read(self, role: str, file: str | None) -> gpd.GeoDataFrame | None:
        if file is None:
            return None
        try:
            frame = read_table(self.study.resolve(file), name=file, role=role).frame
            if not isinstance(frame, gpd.GeoDataFrame):
                frame = points_from_columns(frame, source=file)
            return frame.to_crs(CRS)
        except EhAccessError as error:
            self.faults += error.faults
        return None

    def _in_areas(
        self, points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, file: str
    ) -> gpd.GeoDataFrame:
        """Return origins with the authority of their area, those of other authorities left out."""
        if "area_id" not in points:
            self.faults.append(f"{file}: there is no column 'area_id' to tell the authority by")
            return points.assign(**{AUTHORITY: ""})
        known = areas.set_index(areas["area_id"].astype(str))[AUTHORITY]
        unknown = np.flatnonzero(~points["area_id"].isin(known.index))
        if len(unknown):
            row, area = row_numbers(points)[unknown[0]], points["area_id"].iloc[unknown[0]]
            self.faults.append(
                f"{file}, row {row}, area_id: no area '{area}' "
                f"({len(unknown)} such rows); add it to {self.data.areas} or remove the rows"
            )
        points = points.assign(**{AUTHORITY: points["area_id"].map(known)})
        return points[points[AUTHORITY].isin(self.outlines.index)]

    def _placed(self, table: gpd.GeoDataFrame, file: str) -> gpd.GeoDataFrame:
        """Return rows with the authority they stand in, "" for none."""
        self.faults += _unplaced(table, file)
        placed = table.geometry[~(table.geometry.isna() | table.geometry.is_empty)]
        inside = gpd.GeoSeries(placed.representative_point(), crs=CRS)
        which, rows = self.outlines.sindex.query(inside, predicate="intersects")[::-1]
        areas = pd.Series(self.outlines.index[which], index=inside.index[rows]).sort_values()
        areas = areas[~areas.index.duplicated()]
        return table.assign(**{AUTHORITY: areas.reindex(table.index).fillna("")})


def _unplaced(table: gpd.GeoDataFrame, file: str) -> Iterator[str]:
    for row in np.flatnonzero(table.geometry.isna() | table.geometry.is_empty):
        number = row_numbers(table)[row]
        yield f"{file}, row {number}: has no place, so it belongs to no authority; place it"


def share_feeds(feeds: list[Path], into: Path) -> None:
    """Write timetables as one, to be cut from."""
    feed = read_feed(feeds)
    into.mkdir()
    places = feed.tables["stops"].assign(x_m=feed.xy_m[:, 0], y_m=feed.xy_m[:, 1])
    for name, table in (feed.tables | {"stops": places}).items():
        table.to_parquet(into / f"{name}.parquet", index=False)


# ---- for one authority -------------------------------------------------------------------------


def cut_study(template: Template, code: str, shared: Path, into: Path) -> Path:
    """Write one authority's study, complete in its folder; return its study.toml."""
    authorities = gpd.read_parquet(shared / "authorities.parquet")
    own = authorities[authorities["code"] == code].iloc[0]
    raw = tomllib.loads(template.filled(own.drop("geometry")))
    settings = read_settings(shared)
    buffer_m = float(settings["buffer_m"])
    into.mkdir(parents=True)
    cut = _Cut(shared, into, str(code), own.geometry, buffer_m)
    data, names = cut.tables(raw["data"], settings["sets"])
    raw["data"] = {k: v for k, v in (raw["data"] | data).items() if v is not None}
    stops: frozenset[str] = frozenset()
    if (shared / FEED).is_dir():
        transit = template.study(own.drop("geometry")).transit
        assert transit is not None  # noqa: S101 - its feeds were shared
        around = reach_of(transit, own.geometry.buffer(buffer_m))
        stops = cut_feeds(shared / FEED, around, into / TIMETABLE)
        names |= dict.fromkeys(raw["transit"]["feeds"], TIMETABLE)
        raw["transit"] = raw["transit"] | {"feeds": [TIMETABLE]}
    here = cut.site_ids, stops
    raw["scenario"] = [_changes_here(item, *here) for item in raw.get("scenario", [])]
    if (shared / STREETS).is_dir():
        streets = clip_mapped(shared / STREETS, own.geometry.buffer(buffer_m))
        write_network(streets, into / "streets.npz")
        names[raw["streets"]["source"]] = "streets.npz"
        raw["streets"] = raw["streets"] | {"source": "streets.npz"}
    for item in raw.get("source", []):
        item["file"] = names.get(item["file"], item["file"])
    path = into / "study.toml"
    path.write_text(toml_text(raw), encoding="utf-8", newline="\n")
    return path


@dataclass
class _Cut:
    """Writes the tables of one authority."""

    shared: Path
    into: Path
    code: str
    outline: BaseGeometry
    buffer_m: float
    site_ids: frozenset[str] = frozenset()

    def tables(
        self, data: Mapping[str, Any], origins: list[str]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the keys of ``[data]`` and what each shared file is called now."""
        given = DataFiles.model_validate(as_tuples(dict(data)))
        cut: dict[str, Any] = {"areas": self._shapes("areas", self._own("areas"))}
        names = {given.areas: cut["areas"]}
        cut["boundary"] = self._shapes(
            "boundary",
            gpd.GeoDataFrame(
                {"area_id": [self.code], "name": [self.code]}, geometry=[self.outline], crs=CRS
            ),
        )
        cut["origins"] = {
            name: self._points(f"origins-{name}", self._own(f"origins-{name}")) for name in origins
        }
        names |= {given.origins[name]: cut["origins"][name] for name in origins}
        for role in (*NEARBY, *BY_PLACE):
            file = getattr(given, role)
            if file is None:
                continue
            rows = self._near(role) if role in NEARBY else self._own(role)
            if role != "sites" and not len(rows):
                cut[role] = None
                continue
            write = self._shapes if role == "wards" else self._points
            cut[role] = names[file] = write(role, rows)
            if role in CHANGED:
                self.site_ids |= frozenset(rows["site_id"].astype(str))
        cut["max_outside_m"] = max(given.max_outside_m, self.buffer_m)
        for role in PLAIN:
            file = getattr(given, role)
            if file is None:
                continue
            rows = pd.read_parquet(self.shared / f"{role}.parquet")
            if "site_id" in rows:
                rows = rows[rows["site_id"].isin(self.site_ids)]
            cut[role] = names[file] = f"{role}.csv"
            rows.to_csv(self.into / f"{role}.csv", index=False, lineterminator="\n")
        return cut, names

    def _own(self, name: str) -> gpd.GeoDataFrame:
        path = self.shared / f"{name}.parquet"
        rows = gpd.read_parquet(path, filters=[(AUTHORITY, "==", self.code)])
        return rows.drop(columns=AUTHORITY)

    def _near(self, role: str) -> gpd.GeoDataFrame:
        """Return the sites within the buffer; neighbours, which no scenario changes, outside."""
        rows = gpd.read_parquet(self.shared / f"{role}.parquet")
        near = rows[rows.geometry.dwithin(self.outline, self.buffer_m)]
        return near[~near.geometry.within(self.outline)] if role == "neighbours" else near

    def _points(self, name: str, rows: gpd.GeoDataFrame) -> str:
        flat = pd.DataFrame(rows.drop(columns="geometry"))
        flat = flat.assign(easting=rows.geometry.x, northing=rows.geometry.y)
        flat.to_csv(self.into / f"{name}.csv", index=False, lineterminator="\n")
        return f"{name}.csv"

    def _shapes(self, name: str, rows: gpd.GeoDataFrame) -> str:
        rows.to_file(self.into / f"{name}.geojson", driver="GeoJSON", engine="pyogrio")
        return f"{name}.geojson"


def cut_feeds(shared: Path, area: BaseGeometry, into: Path) -> frozenset[str]:
    """Write what calls in an area as a feed of its own; return the ids of its stops."""
    # calendars and routes stay whole: a weekday is the same date everywhere, and a route that
    # is withdrawn may run elsewhere
    tables = {name: _stored(shared, name) for name in NEEDED if name not in LARGE}
    stops, trips, rules = (tables[name] for name in ("stops", "trips", "transfers"))
    inside = shapely.contains_xy(area, *stops[["x_m", "y_m"]].fillna(0).to_numpy().T)
    near = set(stops["stop_id"][inside])
    calls = trips["trip_id"].isin(_stored(shared, "stop_times", "stop_id", near)["trip_id"])
    # who stays seated in a vehicle of the area may leave it
    calls |= (trips["block_id"] != "") & trips["block_id"].isin(set(trips["block_id"][calls]))
    tables["trips"] = trips[calls]
    kept = set(tables["trips"]["trip_id"])
    tables |= {name: _stored(shared, name, "trip_id", kept) for name in LARGE}
    here = near | set(tables["stop_times"]["stop_id"])
    here |= set(stops["parent_station"][stops["stop_id"].isin(here)])
    tables["stops"] = stops[stops["stop_id"].isin(here)].drop(columns=["x_m", "y_m"])
    both = rules["from_stop_id"].isin(here) & rules["to_stop_id"].isin(here)
    tables["transfers"] = rules[both]
    write_feed(tables, into)
    return frozenset(tables["stops"]["stop_id"])


def _stored(
    shared: Path, name: str, column: str = "", wanted: AbstractSet[str] = frozenset()
) -> pd.DataFrame:
    """Return a shared table of timetables, or its rows with some ids."""
    filters = [(column, "in", wanted or {""})] if column else None
    return pd.read_parquet(shared / f"{name}.parquet", filters=filters)


def _changes_here(
    scenario: dict[str, Any], here: frozenset[str], stops: frozenset[str]
) -> dict[str, Any]:
    """Return a scenario with the changes at sites and stops that are here alone."""
    kept: dict[str, Any] = {
        key: [site for site in scenario.get(key, []) if site in here] for key in LISTS
    }
    hours = scenario.get(BY_SITE, {}).items()
    kept[BY_SITE] = {site: given for site, given in hours if site in here}
    kept[MOVES] = [item for item in scenario.get(MOVES, []) if item["site"] in here]
    kept["timetable"] = [
        item
        for item in scenario.get("timetable", [])
        if {*item.get("stops", []), *filter(None, [item.get("close_stop")])} <= stops
    ]
    left = {key: value for key, value in (scenario | kept).items() if key not in kept or value}
    changes = {*kept, "streets"}
    if changes & scenario.keys() and not changes & left.keys():
        left |= {"assess": False, "why_not": "It changes nothing here."}
        left.pop("decided", None)
    return left

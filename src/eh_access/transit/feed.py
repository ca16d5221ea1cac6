"""Read GTFS feeds: every text file checked, several merged, nothing half read."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from eh_access.errors import BAD_ZIP, InputError, SourceError
from eh_access.network.unpacking import MOST_RATIO, SMALL_BYTES, read_member
from eh_access.provenance import Provenance, file_sha256, refuse_endless
from eh_access.tables import CRS, FIRST_ROW

if TYPE_CHECKING:
    from numpy.typing import NDArray

Source: TypeAlias = "Path | str | Sequence[Path | str]"
Tables: TypeAlias = dict[str, pd.DataFrame]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DS_PER_S = 10
DAY_DS = 86_400 * DS_PER_S

MOST_BYTES = 16 * 2**30
SAME_STOP_M = 100.0
"""How far apart two feeds may place one stop."""
SHOWN_ROWS = 5
NO_PLACE_DEG = 1e-3
"""So near 0, 0 stands for a place that is not known."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "stops": ("stop_id", "stop_lat", "stop_lon"),
    "routes": ("route_id",),
    "trips": ("route_id", "service_id", "trip_id"),
    "stop_times": ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"),
    "calendar": ("service_id", *WEEKDAYS, "start_date", "end_date"),
    "calendar_dates": ("service_id", "date", "exception_type"),
    "frequencies": ("trip_id", "start_time", "end_time", "headway_secs"),
    "transfers": ("from_stop_id", "to_stop_id", "transfer_type"),
    "agency": (),
    "feed_info": (),
}
ALWAYS = ("stops", "routes", "trips", "stop_times")
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "agency": ("agency_id", "agency_name", "agency_timezone"),
    "stops": ("stop_name", "location_type", "parent_station", "wheelchair_boarding"),
    "routes": ("agency_id", "route_short_name", "route_long_name", "route_type"),
    "trips": ("block_id", "trip_headsign", "wheelchair_accessible"),
    "stop_times": ("pickup_type", "drop_off_type"),
    "frequencies": ("exact_times",),
    "transfers": (
        *("min_transfer_time", "from_route_id", "to_route_id", "from_trip_id", "to_trip_id"),
    ),
    "feed_info": ("feed_publisher_name", "feed_publisher_url", "feed_version"),
}
DRAWN: Mapping[str, tuple[str, ...]] = {
    "shapes": ("shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence"),
    "trips": ("trip_id", "shape_id"),
}
"""What says along which line a trip is drawn; read by checks alone, since it is large."""
UNIQUE = {"stops": "stop_id", "routes": "route_id", "trips": "trip_id", "calendar": "service_id"}
POINTS_TO = (
    ("trips", "route_id", ("routes",)),
    ("trips", "service_id", ("calendar", "calendar_dates")),
    ("stop_times", "trip_id", ("trips",)),
    ("stop_times", "stop_id", ("stops",)),
    ("frequencies", "trip_id", ("trips",)),
)
OWNS = (
    ("agency_id", ("agency",)),
    ("service_id", ("calendar", "calendar_dates")),
    ("route_id", ("routes",)),
    ("trip_id", ("trips", "stop_times", "frequencies")),
)
"""Ids that two feeds may use for different things, and the files that say what an id is."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Feed:
    """One or more GTFS feeds, checked and merged."""

    tables: Tables  # every file as text, columns that may be missing filled with ""
    # int32 columns trip, stop (rows of their tables), arr_s, dep_s, and int8 pickup, drop_off;
    # by trip and sequence, times between timepoints filled in
    calls: pd.DataFrame
    xy_m: NDArray[np.float64]  # each stop on the British National Grid, NaN without a place
    renamed: Mapping[str, int] = field(default_factory=dict)  # clashing ids, by kind
    provenance: tuple[Provenance, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of what was read."""
        return hashlib.sha256(" ".join(p.sha256 for p in self.provenance).encode()).hexdigest()

    @property
    def span(self) -> tuple[dt.date, dt.date]:
        """First and last date on which anything is said to run."""
        return span_of(self.tables)

    def services(self, date: dt.date) -> set[str]:
        """Return the services that run on a date: the calendar, then its exceptions."""
        day = f"{date:%Y%m%d}"
        calendar, dates = self.tables["calendar"], self.tables["calendar_dates"]
        runs = (calendar["start_date"] <= day) & (day <= calendar["end_date"])
        on = set(calendar["service_id"][runs & (calendar[WEEKDAYS[date.weekday()]] == "1")])
        today = dates[dates["date"] == day]
        on |= set(today["service_id"][today["exception_type"] == "1"])
        return on - set(today["service_id"][today["exception_type"] == "2"])


def paths_of(source: Source) -> list[Path]:
    """Return where the parts of a feed are."""
    several = [source] if isinstance(source, (str, Path)) else source
    if not isinstance(several, Sequence) or not all(isinstance(p, (str, Path)) for p in several):
        raise InputError(
            f"source is a {type(source).__name__}; give the path of a GTFS zip file or folder, "
            "or several in a list"
        )
    if not several:
        raise InputError("no feed is given; name a GTFS zip file or folder, or several")
    return [Path(path) for path in several]


def read_feed(source: Source) -> Feed:
    """Read a feed, or several as one; raise once with every fault."""
    paths = paths_of(source)
    parts: list[Tables] = []
    faults: list[str] = []
    for path in paths:
        tables = read_tables(path)
        try:
            parts.append(_check(tables, path.name))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    _refuse_clashing_places([path.name for path in paths], parts)
    renamed: dict[str, int] = {}
    tables = parts[0] if len(parts) == 1 else _merge(parts, renamed)
    return _made(tables, renamed, tuple(map(_provenance, paths, parts)))


def span_of(tables: Tables) -> tuple[dt.date, dt.date]:
    """Return the first and last date on which calendars say that anything runs."""
    days: list[str] = []
    if len(calendar := tables.get("calendar", pd.DataFrame())):
        days += [*calendar["start_date"], *calendar["end_date"]]
    if len(dates := tables.get("calendar_dates", pd.DataFrame())):
        days += [*dates.loc[dates["exception_type"] == "1", "date"]]
    return parse_date(min(days)), parse_date(max(days))


def feed_of(tables: Tables, name: str) -> Feed:
    """Return a feed made of tables of text, checked."""
    return _made(_check(tables, name), {}, ())


def _made(tables: Tables, renamed: dict[str, int], provenance: tuple[Provenance, ...]) -> Feed:
    return Feed(
        tables=tables,
        calls=_calls(tables),
        xy_m=_on_grid(tables["stops"]),
        renamed=renamed,
        provenance=provenance,
    )


def write_feed(tables: Tables, path: Path) -> None:
    """Write tables of text as a feed, the same bytes each time."""
    with zipfile.ZipFile(path, "w") as archive:  # not packed: packing differs between machines
        for name in sorted(tables):
            if len(tables[name]) or name in ALWAYS:
                member = zipfile.ZipInfo(f"{name}.txt")
                member.external_attr, member.create_system = 0o644 << 16, 3
                text = tables[name].to_csv(index=False, lineterminator="\n")
                archive.writestr(member, text.encode())


def source_digest(path: Path) -> str:
    """Return the SHA-256 of a zip file, or of a folder's files."""
    if path.is_file():
        return file_sha256(path)
    names = sorted({*_files_of(path)} & {*NEEDED})
    parts = [f"{name} {file_sha256(path / f'{name}.txt')}" for name in names]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


# ------------------------------------------------------------------ opening


def read_tables(
    path: Path,
    names: Collection[str] = tuple(NEEDED),
    *,
    columns: Mapping[str, tuple[str, ...]] | None = None,
) -> Tables:
    """Read text files of a zip file or folder, having refused what is unsafe."""
    with _readable(path):
        if path.is_dir():
            blobs = {n: (path / f"{n}.txt").read_bytes() for n in _files_of(path) if n in names}
        else:
            with zipfile.ZipFile(path) as archive:
                wanted = _members(archive, path).items()
                blobs = {
                    name: read_member(archive, info.filename, MOST_BYTES)
                    for name, info in wanted
                    if name in names
                }
    kept = columns or {n: (*NEEDED[n], *OPTIONAL.get(n, ())) for n in blobs}
    return {
        name: _parse(blob, f"{path.name}, {name}.txt", kept[name]) for name, blob in blobs.items()
    }


def archive_names(path: Path) -> tuple[str, ...]:
    """Return which files of a feed a zip file holds, having refused what is unsafe."""
    with _readable(path), zipfile.ZipFile(path) as archive:
        return tuple(_members(archive, path))


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Put in words why a feed cannot be read."""
    refuse_endless(path)
    try:
        yield
    except FileNotFoundError as error:
        raise SourceError(f"{path}: there is no such file or folder; check the path") from error
    except InputError:
        raise
    except BAD_ZIP as error:
        raise SourceError(
            f"{path}: cannot be read, or is damaged, cut off or locked ({error}); get it again"
        ) from error


def _files_of(folder: Path) -> list[str]:
    """Return the names of a folder's files that are wanted; links out of it are refused."""
    names = [name for name in {**NEEDED, **DRAWN} if (folder / f"{name}.txt").is_file()]
    away = [n for n in names if (folder / f"{n}.txt").resolve().parent != folder.resolve()]
    if away:
        raise InputError(f"{folder}: {away[0]}.txt is a link out of the folder; put the file in")
    return names


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """Return the wanted members of a zip file; bombs and paths out of it are refused."""
    wanted: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        where = PurePosixPath(info.filename.replace("\\", "/"))
        if where.is_absolute() or ".." in where.parts or ":" in info.filename:
            raise InputError(
                f"{path}: '{info.filename}' points out of the archive; get the feed again from "
                "its publisher"
            )
        packed = max(info.compress_size, 1)
        if info.file_size > SMALL_BYTES and info.file_size > MOST_RATIO * packed:
            raise InputError(
                f"{path}: {info.filename} would unpack to {info.file_size // 2**20:,} MiB, "
                f"{info.file_size // packed:,} times its packed size, which no timetable does; "
                "get the feed again from its publisher"
            )
        if where.suffix == ".txt" and where.stem in {*NEEDED, *DRAWN}:
            if len(where.parts) > 1:
                raise InputError(f"{path}: {where} lies in a folder; put the files at the top")
            wanted[where.stem] = info
    total = sum(info.file_size for info in wanted.values())
    if total > MOST_BYTES:
        raise InputError(f"{path}: would unpack to {total // 2**30} GiB; cut the feed to an area")
    return wanted


def _parse(blob: bytes, where: str, columns: Collection[str]) -> pd.DataFrame:
    """Read one file as text."""
    header = blob.partition(b"\n")[0].decode("utf-8-sig", "replace")
    names = [cell.strip(' "\r') for cell in header.split(",")]
    if again := next((name for name in names if name in columns and names.count(name) > 1), ""):
        raise InputError(f"{where}: column '{again}' stands twice in the header; keep one")
    try:
        frame = pd.read_csv(
            io.BytesIO(blob),
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            skipinitialspace=True,
            usecols=lambda name: name.strip() in columns,
        )
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except (UnicodeDecodeError, pd.errors.ParserError) as error:
        raise SourceError(f"{where}: is no table of text in UTF-8 ({error}); correct it") from error
    return frame.rename(columns=str.strip)


# ------------------------------------------------------------------ checking


def _check(tables: Tables, feed: str) -> Tables:
    """Return tables with every column, or raise with everything that is wrong in them."""
    faults = [f"{feed}: no {name}.txt; a feed needs it" for name in ALWAYS if name not in tables]
    if "calendar" not in tables and "calendar_dates" not in tables:
        faults.append(f"{feed}: neither calendar.txt nor calendar_dates.txt; a feed needs one")
    for name, frame in tables.items():
        missing = [column for column in NEEDED[name] if column not in frame]
        faults += [f"{feed}, {name}.txt: no column '{column}'; add it" for column in missing]
    if faults:
        raise InputError(faults)
    whole = {
        name: tables.get(name, pd.DataFrame(columns=[*needed], dtype=str)).assign(
            **{c: "" for c in OPTIONAL.get(name, ()) if c not in tables.get(name, ())}
        )
        for name, needed in NEEDED.items()
    }
    if not len(whole["calendar"]) and not (whole["calendar_dates"]["exception_type"] == "1").any():
        raise InputError(f"{feed}: its calendars name no date on which anything runs; get it again")
    note = _Faults(feed)
    for name, column in UNIQUE.items():
        again = whole[name][column].duplicated().to_numpy()
        note.rows(name, column, whole[name], again, "stands in an earlier row already")
    for name, column, others in POINTS_TO:
        known = set().union(*(whole[other][column] for other in others))
        lost = ~whole[name][column].isin(known).to_numpy()
        note.rows(name, column, whole[name], lost, f"is not in {' or '.join(others)}.txt")
    _check_values(whole, note)
    if note.faults:
        raise InputError(note.faults)
    return whole


@dataclass
class _Faults:
    """Faults of a feed, by file, row and column."""

    feed: str
    faults: list[str] = field(default_factory=list)

    def rows(
        self, name: str, column: str, frame: pd.DataFrame, bad: NDArray[np.bool_], problem: str
    ) -> None:
        """Note the first rows with a fault, and how many more have it."""
        rows = np.flatnonzero(bad)
        where = f"{self.feed}, {name}.txt"
        self.faults += [
            f"{where}, row {row + FIRST_ROW}, {column}: '{frame[column].iloc[row]}' {problem}"
            for row in rows[:SHOWN_ROWS]
        ]
        if len(rows) > SHOWN_ROWS:
            self.faults.append(f"{where}: {len(rows) - SHOWN_ROWS} more rows have that fault")


def _check_values(tables: Tables, note: _Faults) -> None:
    """Note what is no date, time, number or place."""
    for name, column in (
        ("calendar", "start_date"),
        ("calendar", "end_date"),
        ("calendar_dates", "date"),
    ):
        dates = pd.to_datetime(tables[name][column], format="%Y%m%d", errors="coerce")
        note.rows(name, column, tables[name], dates.isna().to_numpy(), "is no date as 20230613")
    for name, column, words in (
        *(("calendar", weekday, ("0", "1")) for weekday in WEEKDAYS),
        ("calendar_dates", "exception_type", ("1", "2")),
        ("stop_times", "pickup_type", ("", "0", "1", "2", "3")),
        ("stop_times", "drop_off_type", ("", "0", "1", "2", "3")),
        ("transfers", "transfer_type", ("", "0", "1", "2", "3", "4", "5")),
        ("frequencies", "exact_times", ("", "0", "1")),
        ("stops", "location_type", ("", "0", "1", "2", "3", "4")),
    ):
        bad = ~tables[name][column].isin(words).to_numpy()
        allowed = " or ".join(word for word in words if word)
        note.rows(name, column, tables[name], bad, f"is not one of {allowed}")
    twice = tables["calendar_dates"].duplicated(["service_id", "date"]).to_numpy()
    note.rows("calendar_dates", "date", tables["calendar_dates"], twice, "stands twice")
    for name, column, least, empty in (
        ("stop_times", "stop_sequence", 0, -1),
        ("frequencies", "headway_secs", 1, -1),
        ("transfers", "min_transfer_time", 0, 0),
        ("routes", "route_type", 0, 0),
    ):
        bad = numbers_of(tables[name][column], empty) < least
        note.rows(name, column, tables[name], bad, f"is no whole number of {least} or more")
    for name, column in (("frequencies", "start_time"), ("frequencies", "end_time")):
        bad = seconds_of(tables[name][column]) < 0
        note.rows(name, column, tables[name], bad, "is no time as 07:30:00")
    _check_frequencies(tables["frequencies"], note)
    stops = tables["stops"]
    for column, most in (("stop_lat", 90.0), ("stop_lon", 180.0)):
        value = pd.to_numeric(stops[column], errors="coerce").to_numpy(float)
        bad = (stops[column] != "").to_numpy() & ~(np.abs(value) <= most)
        note.rows("stops", column, stops, bad, "is no coordinate in degrees")
    _check_times(tables["stop_times"], note)


def _check_frequencies(often: pd.DataFrame, note: _Faults) -> None:
    """Note spans in which nothing would run, or a trip would run twice."""
    start, end = (seconds_of(often[column]) for column in ("start_time", "end_time"))
    known = (start >= 0) & (end >= 0)
    note.rows("frequencies", "end_time", often, known & (end <= start), "is not after its start")
    trip, _ = codes_of(often["trip_id"])
    order = np.lexsort((start, trip))
    again = np.zeros(len(often), bool)
    same = trip[order][1:] == trip[order][:-1]
    again[order[1:]] = same & (start[order][1:] < end[order][:-1])
    note.rows("frequencies", "start_time", often, again & known, "is before its trip's last end")


def _check_times(calls: pd.DataFrame, note: _Faults) -> None:
    """Note times that are none, missing at an end of a trip, or run backwards."""
    for column in ("arrival_time", "departure_time"):
        bad = (seconds_of(calls[column]) < 0) & (calls[column] != "").to_numpy()
        note.rows("stop_times", column, calls, bad, "is no time as 07:30:00")
    twice = calls.duplicated(["trip_id", "stop_sequence"]).to_numpy()
    note.rows("stop_times", "stop_sequence", calls, twice, "stands twice in its trip")
    if note.faults:
        return
    order, trip = _in_order(calls)
    arr, dep = _known_times(calls, order)
    bad = np.zeros(len(calls), bool)
    bad[order] = _at_ends(trip) & (arr < 0)
    note.rows("stop_times", "arrival_time", calls, bad, "is missing at an end of its trip")
    if note.faults:
        return
    arr, dep = _between_timepoints(arr, dep)
    early = arr > dep
    early[1:] |= (trip[1:] == trip[:-1]) & (arr[1:] < dep[:-1])
    bad[order] = early
    note.rows("stop_times", "arrival_time", calls, bad, "runs backwards in time")


# ------------------------------------------------------------------ calls


def _calls(tables: Tables) -> pd.DataFrame:
    """Return every call of every trip as numbers, in order; trips of one call are left out."""
    calls = tables["stop_times"]
    order, _ = _in_order(calls)
    trip = _rows_in(tables["trips"]["trip_id"], calls["trip_id"])[order]
    # by the order of trips.txt, so that the order of stop_times.txt changes nothing
    by_trip = np.argsort(trip, kind="stable")
    order, trip = order[by_trip], trip[by_trip]
    arr, dep = _between_timepoints(*_known_times(calls, order))
    frame = pd.DataFrame(
        {
            "trip": trip,
            "stop": _rows_in(tables["stops"]["stop_id"], calls["stop_id"])[order],
            "arr_s": arr,
            "dep_s": dep,
            "pickup": numbers_of(calls["pickup_type"], 0)[order].astype(np.int8),
            "drop_off": numbers_of(calls["drop_off_type"], 0)[order].astype(np.int8),
        }
    )
    several = np.bincount(trip, minlength=len(tables["trips"]))[trip] > 1
    return frame[several].reset_index(drop=True)


def _in_order(calls: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows by trip and sequence, and the trip of each, numbered as first met."""
    trip, _ = codes_of(calls["trip_id"])
    order = np.lexsort((numbers_of(calls["stop_sequence"], 0), trip))
    return order, trip[order]


def _at_ends(trip: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which calls are the first or last of their trip."""
    change = trip[1:] != trip[:-1]
    ends: NDArray[np.bool_] = (
        np.append(True, change)[: len(trip)] | np.append(change, True)[: len(trip)]
    )
    return ends


def _known_times(
    calls: pd.DataFrame, order: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return arrivals and departures, each standing in for the other, -1 between timepoints."""
    arr, dep = (seconds_of(calls[c])[order] for c in ("arrival_time", "departure_time"))
    return np.where(arr < 0, dep, arr), np.where(dep < 0, arr, dep)


def _between_timepoints(
    arr: NDArray[np.int64], dep: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Spread times evenly over the calls between two timepoints."""
    known = arr >= 0
    if known.all():
        return arr, dep
    place = np.arange(len(arr))
    before = np.maximum.accumulate(np.where(known, place, 0))
    after = np.minimum.accumulate(np.where(known, place, len(arr) - 1)[::-1])[::-1]
    steps = np.maximum(after - before, 1)
    spread = dep[before] + (arr[after] - dep[before]) * (place - before) // steps
    return np.where(known, arr, spread), np.where(known, dep, spread)


def codes_of(texts: pd.Series) -> tuple[NDArray[np.intp], pd.Index]:
    """Return each text as a number, and the distinct texts."""
    codes, distinct = pd.factorize(texts)
    return codes, pd.Index(distinct)


def seconds_of(texts: pd.Series) -> NDArray[np.int64]:
    """Return times of day as seconds after midnight, -1 for what is none."""
    codes, distinct = codes_of(texts)
    texts = distinct.to_series().astype(str).str.strip()
    parts = texts.str.extract(r"^(\d{1,3}):([0-5]\d):([0-5]\d)$").fillna("-1").astype(np.int64)
    hours, minutes, seconds = parts.to_numpy().T
    values = np.where(hours < 0, -1, hours * 3600 + minutes * 60 + seconds)
    return np.append(values, -1)[codes]


def numbers_of(texts: pd.Series, empty: int) -> NDArray[np.int64]:
    """Return whole numbers, ``empty`` for an empty text and -1 for what is none."""
    codes, distinct = codes_of(texts)
    words = distinct.to_series().astype(str).str.strip()
    good = words.str.fullmatch(r"\d{1,9}").to_numpy(bool)
    values = np.where(words == "", empty, -1)
    values[good] = words[good].astype(np.int64)
    return np.append(values, empty).astype(np.int64)[codes]


def parse_date(day: str) -> dt.date:
    """Return a date written as 20230613."""
    return dt.date(int(day[:4]), int(day[4:6]), int(day[6:]))


def _rows_in(known: pd.Series, texts: pd.Series) -> NDArray[np.intp]:
    """Return in which row of a table each id stands."""
    codes, distinct = codes_of(texts)
    rows: NDArray[np.intp] = pd.Index(known).get_indexer(distinct)[codes]
    return rows


def _on_grid(stops: pd.DataFrame) -> NDArray[np.float64]:
    """Return where stops lie on the British National Grid, NaN without a place."""
    return to_grid(stops["stop_lon"], stops["stop_lat"])


def to_grid(longitude: pd.Series, latitude: pd.Series) -> NDArray[np.float64]:
    """Return coordinates in degrees on the British National Grid, NaN without a place."""
    from pyproj import Transformer  # noqa: PLC0415 - keeps importing the package quick

    lon, lat = (pd.to_numeric(c, errors="coerce").to_numpy(float) for c in (longitude, latitude))
    unset = (np.abs(lon) < NO_PLACE_DEG) & (np.abs(lat) < NO_PLACE_DEG)
    onto = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    xy = np.column_stack(onto.transform(np.nan_to_num(lon), np.nan_to_num(lat)))
    xy[unset | np.isnan(lon) | np.isnan(lat) | ~np.isfinite(xy).all(axis=1)] = np.nan
    return xy


# ------------------------------------------------------------------ several feeds


def _merge(parts: Iterable[Tables], renamed: dict[str, int]) -> Tables:
    """Join feeds: what is the same stands once, ids used for different things are renamed."""
    first, *others = parts
    merged = dict(first)
    for number, other in enumerate(others, 2):
        part = dict(other)
        for key, owners in OWNS:
            mine, theirs = _prints(merged, key, owners), _prints(part, key, owners)
            both = mine.index.intersection(theirs.index)
            clash = both[(mine[both] != theirs[both]).to_numpy()]
            if len(clash):
                renamed[key] = renamed.get(key, 0) + len(clash)
                _rename(part, key, {old: f"{old}@{number}" for old in clash})
        for name, frame in part.items():
            joined = pd.concat([merged[name], frame], ignore_index=True).astype(str)
            subset = ["stop_id"] if name == "stops" else None
            merged[name] = joined.drop_duplicates(subset, ignore_index=True)
    return merged


def _prints(tables: Tables, key: str, owners: Sequence[str]) -> pd.Series:
    """Return a number for each id that differs where what it stands for differs."""
    parts = []
    for salt, name in enumerate(owners):
        frame = tables[name].astype(str)
        if key in frame and len(frame):
            rows = pd.util.hash_pandas_object(frame[sorted(map(str, frame))], index=False) * (
                2 * salt + 1
            )
            parts.append(rows.groupby(frame[key].to_numpy()).sum())
    if not parts:
        return pd.Series(dtype=np.uint64)
    joined = pd.concat(parts)
    return joined.groupby(joined.index).sum()


def _rename(tables: Tables, key: str, names: Mapping[str, str]) -> None:
    """Give ids of a feed other names wherever they stand."""
    for name, frame in tables.items():
        columns = [c for c in map(str, frame) if c == key or c.endswith(f"_{key}")]
        changed = {c: frame[c].astype(str).replace(names) for c in columns}
        tables[name] = frame.assign(**changed)


def _refuse_clashing_places(names: Sequence[str], parts: Sequence[Tables]) -> None:
    """Refuse feeds that place stops of the same ids far apart."""
    clashes: list[tuple[str, str, list[str]]] = []
    for (one, mine), (other, theirs) in combinations(zip(names, parts, strict=True), 2):
        both = mine["stops"].merge(theirs["stops"], on="stop_id", suffixes=("", "_2"))
        here, there = (
            to_grid(both[f"stop_lon{end}"], both[f"stop_lat{end}"]) for end in ("", "_2")
        )
        apart = np.hypot(*(here - there).T)
        bad = np.flatnonzero(apart > SAME_STOP_M)
        stops = [f"'{both['stop_id'].iloc[row]}' {apart[row]:,.0f} m" for row in bad]
        if stops:
            clashes.append((one, other, stops))
    if clashes:
        raise InputError(
            f"stops.txt: {one} and {other} place stops of the same id far apart, "
            f"{len(stops):,} in all, as {', '.join(stops[:SHOWN_ROWS])}; "
            "give one of them other stop ids"
            for one, other, stops in clashes
        )


def _provenance(path: Path, tables: Tables) -> Provenance:
    """Return what a feed says of its publisher."""
    info = tables["feed_info"]
    row = info.iloc[0] if len(info) else pd.Series("", index=OPTIONAL["feed_info"])
    return Provenance(
        title=f"Timetable {path.name}",
        publisher=row["feed_publisher_name"],
        licence="",
        date=row["feed_version"][:8],
        sha256=source_digest(path),
        url=row["feed_publisher_url"],
    )

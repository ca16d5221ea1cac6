"""Read the timetable of a date: from feeds, or from the store."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import platformdirs
import shapely

from eh_access.arguments import check_arguments
from eh_access.errors import SourceError
from eh_access.network.area import as_polygon
from eh_access.network.io import DAMAGE, read_about, read_array, write_archive
from eh_access.provenance import Provenance
from eh_access.transit.days import date_of
from eh_access.transit.feed import Feed, Source, paths_of, read_feed, source_digest
from eh_access.transit.gates import find_gates, stop_at_gates
from eh_access.transit.timetable import ARRAYS, FRAMES, Timetable, clip, day_of

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

log = logging.getLogger(__name__)

FORMAT = "eh_access timetable 6"


@check_arguments
def read_timetable(
    source: Source | Feed,
    date: dt.date | str,
    *,
    area: gpd.GeoDataFrame | BaseGeometry | None = None,
    on_request: bool = False,
    cache_dir: Path | str | None = None,
) -> Timetable:
    """Read what runs on one date from a GTFS feed; a second time it comes from the store.

    Parameters
    ----------
    source
        A zip file or folder, or several to be read as one feed: what stands in two of them counts
        once, and ids used for different things are kept apart.
    date
        The date, ``"2023-06-13"``, or a weekday such as ``"tuesday"`` for the first one of the
        feed in school term time that is no bank holiday. There is no default: never "today".
    area
        Keep the vehicles that call in it; None keeps all. Give the study's area with as much
        around it as families may ride: a GeoDataFrame in any CRS, or a geometry in EPSG:27700.
    on_request
        Whether calls that must be booked by phone (type 2) count.
    cache_dir
        Where to keep timetables; None is a folder of the user's own.

    Returns
    -------
    Timetable
        With what the checks found in ``gates``.

    Raises
    ------
    SourceError
        If a file is missing or damaged.
    InputError
        If the feed is not sound, nothing runs on the date or in the area, or stops have no place:
        each fault with file, row and column. Nothing is half read.

    Examples
    --------
    >>> from eh_access import timetable_path
    >>> read_timetable(timetable_path("newport"), "tuesday")
    <Timetable: Tuesday 06 June 2023, 176 trips of 16 routes, 655 stops>
    """
    polygon = None if area is None else as_polygon(area)
    if isinstance(source, Feed):
        return make_timetable(source, date, area=polygon, on_request=on_request)
    folder = _folder() if cache_dir is None else Path(cache_dir)
    paths = paths_of(source)
    if not all(path.exists() for path in paths):
        read_feed(paths)  # which says what is wrong
    wanted = [FORMAT, *map(source_digest, paths), str(date), str(on_request)]
    wanted.append("" if polygon is None else shapely.to_wkb(shapely.normalize(polygon), hex=True))
    key = hashlib.sha256("\n".join(wanted).encode()).hexdigest()[:32]
    stored = _recall(folder / f"{key}.npz")
    if stored is not None:
        return stored
    made = make_timetable(read_feed(paths), date, area=polygon, on_request=on_request)
    _keep(made, folder / f"{key}.npz")
    return made


def make_timetable(
    feed: Feed,
    date: dt.date | str,
    *,
    area: BaseGeometry | None = None,
    on_request: bool = False,
) -> Timetable:
    """Turn a feed into the timetable of one date, unless something forbids it."""
    timetable = clip(day_of(feed, date_of(feed, date), on_request=on_request), area)
    checked = replace(timetable, gates=find_gates(feed, timetable))
    stop_at_gates(checked)
    return checked


@check_arguments
def check_timetable(
    source: Source | Feed,
    date: dt.date | str,
    *,
    area: gpd.GeoDataFrame | BaseGeometry | None = None,
    holidays: Iterable[dt.date] = (),
) -> pd.DataFrame:
    """Return what must hold of a feed before its answers are believed, and whether it does.

    Parameters
    ----------
    source, date, area
        As for `read_timetable`.
    holidays
        Further dates on which buses may run otherwise: school holidays where they are known.

    Returns
    -------
    pandas.DataFrame
        A row for each check: ``gate`` (a stable word), ``severity`` (``ok``, ``note``, ``warn``,
        or ``stop``, at which `read_timetable` raises), ``value`` and ``limit`` (numbers), and
        ``detail`` (dates, ids or counts it is about).

    Raises
    ------
    SourceError
        If a file is missing or damaged.
    InputError
        If the feed is not sound.

    Examples
    --------
    >>> from eh_access.sources.bundled import bundled_path
    >>> gates = check_timetable(bundled_path("timetables/newport.zip"), "2023-08-28")
    >>> gates.set_index("gate").loc[["date", "trips", "holiday"], "severity"].tolist()
    ['ok', 'ok', 'warn']
    """
    feed = source if isinstance(source, Feed) else read_feed(source)
    timetable = day_of(feed, date_of(feed, date))
    return find_gates(feed, clip(timetable, None if area is None else as_polygon(area)), holidays)


def _folder() -> Path:
    return Path(platformdirs.user_cache_dir("eh_access", appauthor=False)) / "timetables"


def _keep(timetable: Timetable, path: Path) -> None:
    """Store a timetable; where the folder cannot be written it is read anew next time."""
    frames = {name: getattr(timetable, name).reset_index() for name in (*FRAMES, "gates")}
    about: dict[str, Any] = {
        "format": FORMAT,
        "date": timetable.date.isoformat(),
        "span": [day.isoformat() for day in timetable.span],
        "provenance": [asdict(entry) for entry in timetable.provenance],
        "texts": {},
    }
    arrays = {name: getattr(timetable, name) for name in ARRAYS}
    for name, frame in frames.items():
        about["texts"][name] = {}
        for column in frame:
            values = frame[column]
            if pd.api.types.is_numeric_dtype(values):
                arrays[f"{name}.{column}"] = values.to_numpy()
            else:
                codes, distinct = pd.factorize(values)
                arrays[f"{name}.{column}"] = codes.astype(np.int32)
                about["texts"][name][column] = [str(text) for text in distinct]
        about[name] = [str(column) for column in frame]
    try:
        write_archive(path, about, arrays)
    except SourceError as error:
        log.warning("the timetable is not stored: %s", error)


def _recall(path: Path) -> Timetable | None:
    """Return a stored timetable, or None if there is none that can be read."""
    if not path.is_file():
        return None
    try:
        with zipfile.ZipFile(path) as archive:  # which checks each part against its checksum
            about = read_about(archive)
            frames = {}
            for name in (*FRAMES, "gates"):
                frame = pd.DataFrame(
                    {column: read_array(archive, f"{name}.{column}") for column in about[name]}
                )
                for column, texts in about["texts"][name].items():
                    frame[column] = pd.Index(texts, dtype="str")[frame[column]]
                key = {"stops": "stop_id", "routes": "route_id"}.get(name, "index")
                frames[name] = frame.set_index(key)
            arrays = {name: read_array(archive, name) for name in ARRAYS}
        for name in ("trips", "transfers", "gates"):
            frames[name] = frames[name].rename_axis(index=None)
        first, last = map(dt.date.fromisoformat, about["span"])
        parts: dict[str, Any] = {**frames, **arrays}
        return Timetable(
            date=dt.date.fromisoformat(about["date"]),
            span=(first, last),
            provenance=tuple(Provenance(**entry) for entry in about["provenance"]),
            **parts,
        )
    except DAMAGE as error:
        log.warning("%s: the stored timetable is not used (%s)", path, error)
        return None

"""Files of a study into plain tables, each fault in words."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.errors import InputError, SourceError, did_you_mean
from eh_access.facts import Note, note
from eh_access.measures.opening_text import asides_in, hours_in
from eh_access.provenance import refuse_endless
from eh_access.sources.exports import (
    TEXTS,
    WORKBOOKS,
    Export,
    in_our_names,
    read_export,
    split_layer,
)
from eh_access.sources.shapes import read_shapes
from eh_access.study.config import BACKSLASH
from eh_access.study.records import InputFile
from eh_access.tables import (
    CRS,
    PAIRS,
    ROW,
    SITE_DEFAULTS,
    SITE_ROLES,
    WHY_UNPLACED,
    place_columns,
    points_from_columns,
    usual_names,
    without_controls,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from eh_access.study.config import Study
    from eh_access.study.records import Inputs

TEXT_COLUMNS = ("area_id", "site_id", "origin_id", "ward_code", "lsoa21cd", "postcode")
"""Read as text whatever they look like: an id of 007 is not 7."""
SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers")


@dataclass(frozen=True, eq=False)
class ReadTable:
    """A table as it stands in its file."""

    frame: pd.DataFrame  # with shapes where the file has them
    files: tuple[InputFile, ...]  # the file, by the name the study gives it, and its parts
    notes: tuple[Note, ...] = ()  # what was replaced in it

    @property
    def file(self) -> InputFile:
        """The file that the study names."""
        return self.files[0]


MOST_ODD_SHARE = 0.1
"""With more odd rows than this share, or more people in them, figures would be of another place."""


def read_table(
    path: Path,
    *,
    name: str,
    role: str,
    columns: Mapping[str, str] | None = None,
    counts: Sequence[str] = (),
    private: bool = False,
) -> ReadTable:
    """Return the rows of a file: CSV or workbook with coordinates, or shapes.

    ``columns`` says which of the file's columns is which of ours; the rest goes by usual names.
    ``counts`` are columns of numbers that only the study knows.
    """
    # of a private table no fault quotes a cell, nor its header, which may be the first family
    file, short, layer = split_layer(path, name)
    if file.suffix.lower() in (*TEXTS, *WORKBOOKS):
        read = read_rows(
            path, name=name, role=role, columns=columns, counts=counts, private=private
        )
        read = _without_wkt(read, short, private=private)
        if not private:
            read = replace(read, notes=(*read.notes, *_at_two_places(read, short)))
        return replace(read, frame=_points(read.frame, short, role, private=private))
    path, name = file, short
    refuse_spreadsheet(path, name)
    data = read_bytes(path, name=name, role=role)
    frame, parts = read_shapes(path, data, name=name, layer=layer, private=private)
    if frame.index.names == [None]:
        frame = frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name=ROW))
    taken = usual_names([str(column) for column in frame], role, columns)
    read = _as_read(frame.rename(columns=taken), parts, role)
    if not taken or private:
        return read
    facts = Export(header=(), rows=(), taken=tuple(taken.items())).facts
    return replace(read, notes=(note("info", "as-taken", file=name, **facts), *read.notes))


def read_rows(
    path: Path,
    *,
    name: str,
    role: str,
    columns: Mapping[str, str] | None = None,
    counts: Sequence[str] = (),
    private: bool = False,
) -> ReadTable:
    """Return the rows of a CSV or a workbook, wherever they may be."""
    path, name, sheet = split_layer(path, name)
    if path.suffix.lower() not in WORKBOOKS:
        refuse_spreadsheet(path, name)
    data = read_bytes(path, name=name, role=role)
    export = read_export(data, name, sheet, private=private)
    _refuse_absent(columns or {}, export, name, role, private=private)
    export = in_our_names(export, role, columns or {}, counts)
    frame, notes = _as_frame(export, name, role, private=private)
    read = _as_read(frame, {name: data}, role)
    return replace(read, notes=(*notes, *read.notes))


def _as_read(frame: pd.DataFrame, parts: Mapping[str, bytes], role: str) -> ReadTable:
    """Return a table with the digests of its files, and without what nobody sees in its texts."""
    files = tuple(
        InputFile(role=role, name=name, sha256=hashlib.sha256(data).hexdigest(), rows=rows)
        for (name, data), rows in zip(
            parts.items(), [len(frame), *[None] * len(parts)], strict=False
        )
    )
    count = 0
    for column in frame.columns.difference([*TEXT_COLUMNS], sort=False):
        cells = frame[column]
        if cells.dtype == object or isinstance(cells.dtype, pd.StringDtype):
            plain = cells.map(
                lambda cell: without_controls(cell) if isinstance(cell, str) else cell
            )
            changed = (plain != cells) & cells.notna()
            if changed.any():
                count += int(changed.sum())
                frame = frame.assign(**{column: plain.astype(cells.dtype)})
    if not count:
        return ReadTable(frame, files)
    return ReadTable(
        frame, files, (note("warning", "text-cleaned", file=files[0].name, count=count),)
    )


def _without_wkt(read: ReadTable, name: str, *, private: bool) -> ReadTable:
    """Return a table without a column of shapes as text, if other columns say where rows are."""
    # WKT does not say its coordinate system
    if "geometry" not in read.frame:
        return read
    count = int(read.frame["geometry"].notna().sum())
    frame = read.frame.drop(columns="geometry")
    placed = any({x, y} <= set(frame) for x, y, _ in PAIRS)
    if count and not placed:
        raise InputError(
            f"{name}: the column 'geometry' is text (WKT), which does not say its coordinate "
            "system; save the table as GeoJSON or GeoPackage, or give 'easting' and 'northing' (or "
            "'longitude' and 'latitude') for points; remove it where postcodes are to place rows"
        )
    notes = (note("info", "wkt-dropped", file=name, count=count),) if count and not private else ()
    return replace(read, frame=frame, notes=(*read.notes, *notes))


def refuse_spreadsheet(path: Path, name: str) -> None:
    """Refuse a workbook where a plain table is wanted."""
    if path.suffix.lower() in SPREADSHEETS:
        raise InputError(
            f"{name}: is a spreadsheet ({path.suffix}), and a table here is a CSV; open it, save "
            "the sheet as 'CSV UTF-8 (comma delimited)', and name that file"
        )


def other_separator(header: str) -> str | None:
    """Return a fault if a header is not separated by commas."""
    for sign, word in ((";", "semicolons (;)"), ("\t", "tabs"), ("|", "bars (|)")):
        if header.count(sign) > header.count(","):
            return (
                f"its columns are separated by {word}, not commas; save it as 'CSV UTF-8 (comma "
                "delimited)'. Excel takes the separator from the region set on the computer: "
                "choose English (United Kingdom) there, or replace the sign in a text editor"
            )
    return None


def read_bytes(path: Path, *, name: str, role: str) -> bytes:
    """Return a file's bytes."""
    refuse_endless(path, name)
    if path.is_dir():
        raise SourceError(f"{name}: is a folder; give a file in it (data.{role})")
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        what = "correct the path, which begins at the study.toml's folder"
        if not name.isprintable():
            what = f"a backslash means something else in a TOML text: {BACKSLASH}"
        shown = name if name.isprintable() else repr(name)
        raise SourceError(f"{shown}: there is no such file (data.{role}); {what}") from error
    except OSError as error:
        raise SourceError(f"{name}: cannot be read ({error.strerror}); check its rights") from error
    if not data.strip():
        raise InputError(f"{name}: the file is empty; it should hold the {role}")
    return data


def _refuse_absent(
    columns: Mapping[str, str], export: Export, name: str, role: str, *, private: bool
) -> None:
    """Refuse a table without columns that the study names."""
    absent = [theirs for theirs in columns.values() if theirs not in export.header]
    if absent:
        raise InputError(
            f"{name}: column '{theirs}' is missing, which data.columns.{role} names"
            + ("" if private else f"; {did_you_mean(theirs, export.header)}")
            for theirs in absent
        )


def _as_frame(
    export: Export, name: str, role: str, *, private: bool
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """Return a table's rows, and what had to be done to have them."""
    frame = pd.read_csv(
        io.StringIO(export.text()),
        dtype=dict.fromkeys(TEXT_COLUMNS, "str"),
        # a place may be called "NA" or "None"; only an empty cell is missing
        keep_default_na=False,
        na_values=[""],
    ).copy()  # in one piece, however many columns there are
    frame.index = pd.Index(export.numbers, name=ROW)
    if private:  # neither how many rows there are is told, nor what its columns are called
        return frame, (note("info", "private-aside", file=name),) if export.left_out else ()
    described = dict(export.facts)
    if role in SITE_ROLES:
        frame, hours = _with_hours(frame)
        described |= hours
    return frame, (note("info", "as-taken", file=name, **described),) if described else ()


def _with_hours(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, object]]:
    """Return sites with hours a week read from words, and how many were, in whole or in part."""
    blank = pd.Series([np.nan] * len(frame), index=frame.index)
    given, stated = frame.get("hours_per_week", blank), frame.get("opening_hours", blank)
    if pd.api.types.is_numeric_dtype(given) and stated.isna().all():
        return frame, {}
    hours: list[object] = []
    read = unread = other = 0
    asides: list[str] = []
    for number, words in zip(given, stated, strict=True):
        text = words if pd.isna(number) else number
        spoken = hours_in(str(text)) if isinstance(text, str) else None
        read += spoken is not None and not str(text).replace(".", "").isdigit()
        asides += asides_in(str(text))[:1] if spoken is not None else []
        unread += spoken is None and isinstance(words, str) and pd.isna(number)
        # words in the place of a number that cannot be read stay, and the checks fault their row
        hours.append(number if spoken is None else spoken)
        other += pd.notna(number) and _differ(hours[-1], words)
    facts: dict[str, object] = {"hours_read": read, "hours_unread": unread, "hours_other": other}
    facts |= {"hours_cut": len(asides), "aside": asides[0]} if asides else {}
    frame = frame.assign(hours_per_week=pd.Series(hours, index=frame.index))
    return frame, facts if any(facts.values()) else {}


def _differ(hours: object, words: object) -> bool:
    """Return whether opening times in words come to other hours a week than a number states."""
    spoken = hours_in(words) if isinstance(words, str) else None
    number = pd.to_numeric(pd.Series([hours]), errors="coerce").iloc[0]
    return spoken is not None and abs(spoken - number) > SAME_HOURS


SAME_HOURS = 0.5
"""Hours a week are rounded to this."""


def _at_two_places(read: ReadTable, name: str) -> tuple[Note, ...]:
    """Return a note where rows have degrees that are not where their easting and northing are.

    Many rows far apart are refused: then one of the pairs is not what it is taken for.
    """
    if not {column for pair in PAIRS for column in pair[:2]} <= set(read.frame):
        return ()
    on_grid, in_degrees = (
        gpd.GeoSeries.from_xy(
            *(pd.to_numeric(read.frame[axis], errors="coerce") for axis in (x, y)), crs=crs
        ).to_crs(CRS)
        for x, y, crs in PAIRS
    )
    away_m = on_grid.distance(in_degrees)
    apart = away_m[(away_m > POSTCODE_RADIUS_M) & np.isfinite(away_m)]
    if apart.empty:
        return ()
    far = np.flatnonzero(away_m > FAR_APART_M)
    if len(far) > MOST_ODD_SHARE * len(away_m):
        raise InputError(
            f"{name}: {len(far):,} of {len(away_m):,} rows have a longitude and latitude more than "
            f"{FAR_APART_M / 1000:g} km from their easting and northing, for example row "
            f"{away_m.index[far[0]]}; correct one pair, or remove it"
        )
    facts = {"file": name, "count": len(apart), "of": len(away_m), "most_km": apart.max() / 1000}
    return (note("warning", "two-places", **facts),)


def _points(table: pd.DataFrame, name: str, role: str, *, private: bool) -> pd.DataFrame:
    """Return the table with points where it has degrees; eastings are left to the checks."""
    # They report row by row which coordinates are missing, swapped or no numbers.
    for x, y, crs in PAIRS:
        if {x, y} & set(table.columns):
            if crs == CRS:
                return table
            placed: pd.DataFrame = points_from_columns(
                table, x=x, y=y, crs=crs, source=name, private=private
            )
            return placed
    if not private and ("postcode" in table or role == "origins"):  # placed by their names
        return table.assign(easting=np.nan, northing=np.nan)
    raise no_coordinates(table, name, role, private=private)


def no_coordinates(table: pd.DataFrame, name: str, role: str, *, private: bool) -> InputError:
    """Return the error for a table that says nowhere where its rows are."""
    by_name = not private and role in (*SITE_ROLES, "origins")
    wanted = place_columns(table.columns, or_postcode=by_name, private=private)
    return InputError(f"{name}: no coordinates; add the columns {wanted}")


POSTCODE_RADIUS_M = 100.0
FAR_APART_M = 1000.0
"""Farther than degrees of another datum are off."""
Places = Mapping[str, tuple[float, float] | None]
"""Easting and northing by name; None of a postcode that its table has at several places."""


def place_rows(
    frame: pd.DataFrame,
    *,
    name: str,
    role: str,
    postcodes: Callable[[], Places],
    areas: Callable[[], Places],
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """Return rows without coordinates at their postcode, or origins at their area's point."""
    if "geometry" in frame:
        bare = np.asarray(frame.geometry.isna() | frame.geometry.is_empty, dtype=bool)
    else:
        given = [frame[column].notna() for column in ("easting", "northing") if column in frame]
        bare = ~np.logical_or.reduce([np.asarray(known, dtype=bool) for known in given])
    if "location_basis" in frame:
        bare = bare & ~np.asarray(frame["location_basis"].eq("unknown"), dtype=bool)
    if not bare.any():
        return frame, ()
    at, how, several = _places_by_name(frame, role, bare, postcodes=postcodes, areas=areas)
    frame = _with_why(frame, several)
    if not at:
        coded = "postcode" in frame and frame["postcode"].notna().any()
        if bare.all() and "geometry" not in frame and not coded:  # else the checks name each row
            bare_of_them = frame.drop(columns=["easting", "northing"], errors="ignore")
            raise no_coordinates(bare_of_them, name, role, private=False)
        return frame, ()
    placed = frame.copy()
    rows, xy = placed.index[list(at)], np.array(list(at.values()))
    if "geometry" in frame:
        points = gpd.GeoSeries.from_xy(*xy.T, crs=CRS)
        placed.loc[rows, "geometry"] = points.to_crs(frame.crs).to_numpy()
    else:
        placed.loc[rows, ["easting", "northing"]] = xy
    if how == "area" and "area_id" not in placed:
        placed["area_id"] = placed["origin_id"]
    if role in SITE_ROLES:
        known_by = {"location_basis": "postcode", "location_radius_m": POSTCODE_RADIUS_M}
        for column, value in known_by.items():
            stated = pd.Series(placed.get(column, SITE_DEFAULTS[column]), index=placed.index)
            placed[column] = stated.mask(placed.index.isin(rows), value)
    return placed, (note("info", "placed", file=name, rows=len(at), how=how),)


def _with_why(frame: pd.DataFrame, why: Mapping[int, str]) -> pd.DataFrame:
    """Return rows with why some of them are nowhere, for the checks to say."""
    if not why:
        return frame
    column = pd.Series(why, dtype=object).reindex(range(len(frame)))
    return frame.assign(**{WHY_UNPLACED: column.to_numpy()})


def _places_by_name(
    frame: pd.DataFrame,
    role: str,
    bare: NDArray[np.bool_],
    *,
    postcodes: Callable[[], Places],
    areas: Callable[[], Places],
) -> tuple[dict[int, tuple[float, float]], str, dict[int, str]]:
    """Return where rows are by their number, by what that is known, and why some are nowhere."""
    rows = np.flatnonzero(bare)
    ways: list[tuple[str, str, Callable[[], Places]]] = [("postcode", "postcode", postcodes)]
    if role == "origins":
        ways += [
            ("origin_id", "postcode", postcodes),
            ("origin_id", "area", areas),
            ("area_id", "area", areas),
        ]
    several: dict[int, str] = {}
    for column, how, places in ways:
        if column not in frame:
            continue
        codes = written = frame[column].iloc[rows].astype("str")
        if how == "postcode":
            codes = plain_postcodes(codes)
            if not codes.str.fullmatch(POSTCODE.pattern).any():
                continue
        known = places()
        placed = {
            int(row): known[code] for row, code in zip(rows, codes, strict=True) if code in known
        }
        several |= {
            int(row): f"the postcode '{code}' stands twice in a table of postcodes, at places too "
            "far apart to be one"
            for row, code in zip(rows, written, strict=True)
            if placed.get(int(row), ()) is None
        }
        if at := {row: place for row, place in placed.items() if place is not None}:
            return at, how, several
    return {}, "", several


ROLE = "postcodes"
POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}")
INWARD = 3
NEAR_M = 250.0
"""Outlines are simplified: a postcode this far outside one is still of the place."""


def plain_postcodes(codes: pd.Series | pd.Index) -> pd.Series:
    """Return postcodes in capitals, letters and digits alone."""
    upper = pd.Series(codes).astype("str").str.upper()
    return upper.str.replace(r"[^A-Z0-9]", "", regex=True)


def written_postcode(plain: str) -> str:
    """Return a postcode as people write it."""
    return f"{plain[:-INWARD]} {plain[-INWARD:]}"


FEW_ODD, ODD_SHARE = 3, 0.1
"""So many odd codes, or this share, may stand in a table of postcodes of which half are whole."""

ELSEWHERE = re.compile(r"(BT|JE|GY|IM)\d.*")
"""Postcodes whose grid references, where tables have any, are not of Great Britain's grid."""


def are_postcodes(codes: pd.Series | pd.Index) -> bool:
    """Return whether ids are whole postcodes, but for a few odd ones."""
    whole = plain_postcodes(codes).str.fullmatch(POSTCODE.pattern)
    odd = len(whole) - int(whole.sum())
    return bool(0 < len(whole) >= 2 * odd and odd <= max(FEW_ODD, ODD_SHARE * len(whole)))


@dataclass(frozen=True, eq=False)
class Postcodes:
    """Where the postcodes of a table are."""

    places: gpd.GeoSeries  # by postcode, letters and digits alone
    files: tuple[InputFile, ...]
    notes: tuple[Note, ...]  # what was set aside, and what was replaced
    several: frozenset[str] = frozenset()  # set aside, for they stand at several places

    @property
    def by_code(self) -> dict[str, tuple[float, float] | None]:
        """Easting and northing by postcode; None where it stands at several places."""
        places = zip(self.places.x.tolist(), self.places.y.tolist(), strict=True)
        # None, and not left out: else the next table would say which of the places is meant
        return {**dict.fromkeys(self.several), **dict(zip(self.places.index, places, strict=True))}


def postcodes_of(read: ReadTable) -> Postcodes | None:
    """Return where the postcodes of a table are; None if it is no table of postcodes."""
    frame, name = read.frame, read.file.name
    column = "postcode" if "postcode" in frame else "origin_id"
    if column not in frame or not are_postcodes(frame[column]):
        return None
    placed = (
        frame if isinstance(frame, gpd.GeoDataFrame) else points_from_columns(frame, source=name)
    )
    points = placed.geometry.to_crs(CRS)
    codes = plain_postcodes(frame[column])
    points.index = pd.Index(codes, name="postcode")
    odd = ~codes.str.fullmatch(POSTCODE.pattern).to_numpy(dtype=bool)
    elsewhere = codes.str.fullmatch(ELSEWHERE.pattern).to_numpy(dtype=bool)
    x, y = points.x.to_numpy(), points.y.to_numpy()
    unplaced = ~np.isfinite(x) | ((x == 0) & (y == 0))  # a publisher's nought is "not known"
    notes = list(read.notes)
    aside = np.zeros(len(codes), dtype=bool)
    whys = {"odd": odd, "elsewhere": elsewhere, "unplaced": unplaced}
    whys["apart"] = _are_apart(codes, points[~unplaced])
    for why, rows in whys.items():
        rows = rows & ~aside  # noqa: PLW2901 - each row is set aside for one reason
        aside |= rows
        if rows.any():
            named = frame[column][rows].fillna("no code").astype(str).drop_duplicates()
            named = tuple(named.head(SHOWN_CODES))
            facts = {"file": name, "why": why, "count": int(rows.sum()), "of": len(codes)}
            notes.append(note("info", "postcodes-aside", **facts, examples=named))
    known = points[~aside]
    return Postcodes(
        known[~known.index.duplicated(keep="last")],
        read.files,
        tuple(notes),
        several=frozenset(codes[whys["apart"]]),
    )


def _are_apart(codes: pd.Series, points: gpd.GeoSeries) -> NDArray[np.bool_]:
    """Return which codes stand at places farther apart than a postcode is known to."""
    box = points.bounds.groupby(level=0).agg(
        {"minx": "min", "miny": "min", "maxx": "max", "maxy": "max"}
    )
    spread = np.hypot(box["maxx"] - box["minx"], box["maxy"] - box["miny"])
    return np.asarray(codes.isin(box.index[spread > POSTCODE_RADIUS_M]), dtype=bool)


SHOWN_CODES = 3


def read_postcodes(study: Study, name: str) -> Postcodes | None:
    """Return the postcodes of one of a study's tables; None if it has none."""
    try:
        own = study.data.columns.get(ROLE) if name == study.data.postcodes else None
        read = read_table(study.resolve(name), name=name, role=ROLE, columns=own)
        postcodes = postcodes_of(read)
    except InputError:
        if name == study.data.postcodes:
            raise
        return None  # homes placed by what they are called; their faults are told elsewhere
    if postcodes is None and name == study.data.postcodes:
        raise InputError(
            f"{name}: holds no postcodes (data.postcodes): a column 'postcode' is needed, of whole "
            f"postcodes but for {FEW_ODD} or one in {1 / ODD_SHARE:.0f}"
        )
    return postcodes


def with_postcodes(study: Study, inputs: Inputs) -> Inputs:
    """Return a study's tables with the postcodes that a reader of its map may look up."""
    # Where the origins are postcodes themselves, or where counts are not public, there are none:
    # of a list of families nothing may be told apart, not even which table knew its postcodes.
    private = inputs.families or inputs.private is not None or not study.weights_public
    if private or are_postcodes(inputs.origins.index):
        return inputs
    named = [study.data.postcodes] if study.data.postcodes else []
    others = [name for key, name in study.data.origins.items() if key != inputs.origins_name]
    for name in (*named, *(name for name in others if study.resolve(name).is_file())):
        if (postcodes := read_postcodes(study, name)) is not None:
            return replace(
                inputs,
                postcodes=_of_the_place(postcodes.places, inputs),
                files=(*inputs.files, *postcodes.files),
                notes=(*inputs.notes, *postcodes.notes),
            )
    return inputs


def _of_the_place(places: gpd.GeoSeries, inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the postcodes in the study's area, as people write them, in order."""
    outline = inputs.borough.buffer(NEAR_M)
    shapely.prepare(outline)
    own = places[shapely.intersects(outline, places.to_numpy())]
    index = pd.Index(own.index.map(written_postcode).astype("str"), name="origin_id")
    return gpd.GeoDataFrame(geometry=own.to_numpy(), index=index, crs=CRS).sort_index()

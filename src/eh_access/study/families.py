"""A list of families: read, placed, counted by area, and then forgotten.

No cell of it is ever put into a message, a log or a table: faults name rows and nothing else.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.analysis.numerals import number
from eh_access.errors import InputError, SourceError
from eh_access.sources.bundled import data_dir
from eh_access.study.pooling import safe_counts
from eh_access.study.postcodes import POSTCODE, places_of, plain_postcodes
from eh_access.study.protecting import hidden_of, note_of, refuse_nothing, spread
from eh_access.study.reading import other_separator, read_table, refuse_spreadsheet
from eh_access.study.records import InputFile, Note, StepCount
from eh_access.tables import CRS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eh_access.analysis.policy import Policy
    from eh_access.study.config import Study
    from eh_access.study.inputs import Inputs

NAME = "the list of families"
ROLE = "families"
SHOWN_ROWS = 20
UNIT = "families"
PAIRS = (("easting", "northing", CRS), ("longitude", "latitude", "EPSG:4326"))
GRID_M = (0.0, 0.0, 700_000.0, 1_300_000.0)
DEGREES = (-9.5, 49.0, 3.0, 61.5)


@dataclass(frozen=True, eq=False, kw_only=True)
class Families:
    """Where families live; for the counting alone."""

    points: np.ndarray  # metres, EPSG:27700, one row per family that could be placed
    rows: int  # rows of the list, those that could not be placed included
    # the postcode tables that were asked, whichever knew a postcode: that may tell of one
    tables: tuple[InputFile, ...] = ()
    blank: int = 0  # rows with nothing in them, skipped

    def __repr__(self) -> str:
        """Tell roughly how many there are and nothing else."""
        return f"Families(about {round(len(self.points), -1):,})"


def read_families(path: Path, study: Study) -> Families:
    """Return the places of a list of families."""
    refuse_spreadsheet(path, NAME)
    data = _bytes(path)
    cells = _cells(data)
    if "postcode" in cells.columns:
        points, tables = _by_postcode(cells, study)
    else:
        points, tables = _by_coordinates(cells), ()
    rows = len(cells.numbers)
    return Families(points=points, rows=rows, tables=tables, blank=cells.blank)


@dataclass(frozen=True)
class _Cells:
    """The columns that say where, the numbers of their rows, and how many rows were blank."""

    columns: dict[str, list[str]]
    numbers: list[int]
    blank: int


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{NAME} cannot be read ({error.strerror}); check the path and its rights"
        ) from None


def _cells(data: bytes) -> _Cells:
    """Return what says where; blank rows are nobody and keep their numbers."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{NAME}: not UTF-8 text; save it as CSV UTF-8") from None
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise InputError(f"{NAME}: not comma-separated values; save it as CSV") from None
    while table and not table[-1]:
        table.pop()  # the end of the file
    if not table:
        raise InputError(f"{NAME}: the file is empty; give one family a row")
    header = [cell.strip().lower() for cell in table[0]]
    wanted = _wanted(header, table[0])
    rows = {number: row for number, row in enumerate(table[1:], 1) if any(map(str.strip, row))}
    short = [number for number, row in rows.items() if len(row) != len(header)]
    if short:
        raise InputError(f"{NAME}, {_rows(short)}: more or fewer cells than the header has")
    if not rows:
        raise InputError(f"{NAME}: there are no rows; give one family a row")
    found = {name: [row[header.index(name)].strip() for row in rows.values()] for name in wanted}
    return _Cells(found, list(rows), len(table) - 1 - len(rows))


def _wanted(header: Sequence[str], given: Sequence[str]) -> tuple[str, ...]:
    for names in (("postcode",), *(pair[:2] for pair in PAIRS)):
        if set(names) <= set(header):
            return tuple(names)
    if (told := other_separator(",".join(given))) is not None:
        raise InputError(f"{NAME}: {told}")
    # the header is not quoted: where it is missing, the first row is a family
    raise InputError(
        f"{NAME}: its first row must name the column 'postcode', or 'easting' and 'northing', or "
        "'longitude' and 'latitude'"
    )


def _rows(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:SHOWN_ROWS])
    more = f" and {len(numbers) - SHOWN_ROWS} more" if len(numbers) > SHOWN_ROWS else ""
    return f"row {shown}" if len(numbers) == 1 else f"rows {shown}{more}"


def _by_postcode(cells: _Cells, study: Study) -> tuple[np.ndarray, tuple[InputFile, ...]]:
    plain = plain_postcodes(pd.Series(cells.columns["postcode"])).tolist()
    numbered = zip(cells.numbers, plain, strict=True)
    wrong = [row for row, code in numbered if not POSTCODE.fullmatch(code)]
    if wrong:
        raise InputError(f"{NAME}, {_rows(wrong)}, postcode: not a whole postcode; correct it")
    known: dict[str, tuple[float, float]] = {}
    asked = []
    for file, table in _postcode_tables(study):
        asked.append(file)
        known = table | known  # of two tables that know a postcode, the first counts
    places = [known[code] for code in plain if code in known]
    if not places:
        raise InputError(
            f"{NAME}: none of its postcodes is in the postcode tables at hand; name one of the "
            "place as data.postcodes in the study"
        )
    return np.array(places, dtype=np.float64), tuple(asked)


def _postcode_tables(study: Study) -> Iterator[tuple[InputFile, dict[str, tuple[float, float]]]]:
    """Yield tables of postcodes: the study's own, its origins by postcode, those that ship."""
    shipped = sorted((data_dir() / "origins").glob("*_postcode.csv"))
    names = [study.data.postcodes] if study.data.postcodes else []
    named = [(name, study.resolve(name)) for name in (*names, *study.data.origins.values())]
    named += [(f"bundled:origins/{path.name}", path) for path in shipped]
    seen: set[Path] = set()
    for name, path in named:
        if path.resolve() in seen or not path.is_file():
            continue
        seen.add(path.resolve())
        read = read_table(path, name=name, role="postcodes")
        places = places_of(read.frame, name)
        if places is not None and len(places):
            x, y = places.x.tolist(), places.y.tolist()
            yield read.file, dict(zip(places.index, zip(x, y, strict=True), strict=True))


def _by_coordinates(cells: _Cells) -> np.ndarray:
    columns = cells.columns
    first, second, crs = next(pair for pair in PAIRS if pair[0] in columns)
    x, y = (
        pd.to_numeric(pd.Series(columns[name]), errors="coerce").to_numpy(np.float64)
        for name in (first, second)
    )
    west, south, east, north = GRID_M if crs == CRS else DEGREES
    fits = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    if not fits.all():
        rows = [cells.numbers[row] for row in np.flatnonzero(~fits)]
        raise InputError(
            f"{NAME}, {_rows(rows)}: '{first}' and '{second}' are no place in Great Britain; give "
            "both, in that order"
        )
    places = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=crs).to_crs(CRS)
    return np.column_stack([places.x.to_numpy(), places.y.to_numpy()])


def with_families(study: Study, inputs: Inputs, families: Families) -> Inputs:
    """Return a study's tables with families in place of what its origins count."""
    # Each family belongs to the area of the public place nearest to it.
    public = inputs.origins
    away = shapely.distance(shapely.points(families.points), inputs.borough)
    inside = away <= study.data.max_outside_m
    points = gpd.GeoSeries(shapely.points(families.points[inside]), crs=CRS)
    spoken = for_families(study)
    if points.empty:
        raise InputError(f"{NAME}: nobody on it lives in or near the study's area")
    nearest = public.sindex.nearest(points.to_numpy(), return_all=False)[1]
    homes = public.iloc[nearest].drop(columns="geometry").reset_index(drop=True)
    exact = gpd.GeoDataFrame(homes.assign(weight=1.0, weight_basis="a list"), geometry=points)
    exact.index = pd.Index([str(number) for number in range(1, len(exact) + 1)], name="origin_id")
    areas = public.groupby("area_id", sort=True)
    counts = exact["weight"].groupby(exact["area_id"]).sum().reindex(sorted(areas.groups))
    wards = areas["ward_code"].first() if "ward_code" in public else None
    safe = safe_counts(counts.fillna(0.0), wards, rules=study.disclosure)
    refuse_nothing(safe, spoken)
    where = "at the study's own places, in proportion to what those count"
    lost = tuple(_lost(families, inside, spoken.policy))
    return replace(
        inputs,
        origins=spread(safe, public),
        private=exact,
        families=True,
        files=(
            *inputs.files,
            InputFile(role=ROLE, name=ROLE, sha256=safe.sha256, rows=safe.total),
            *families.tables,
        ),
        hidden=hidden_of(safe),
        notes=(*inputs.notes, note_of(spoken, safe, where), *lost),
        counts=(
            *inputs.counts,
            StepCount(
                step="families placed",
                rows_in=safe.total,
                rows_out=safe.total,
                note="the sum of the counts by area as rounded, not how many rows the list has"
                + ("; some are left out, see the notes" if lost else ""),
            ),
        ),
    )


def _lost(families: Families, inside: np.ndarray, policy: Policy) -> Iterator[Note]:
    unknown, away = families.rows - len(inside), int((~inside).sum())
    for count, why in (
        (unknown, "for their postcodes are in no table"),
        (away, "for they live far outside the study's area"),
    ):
        if count:
            told = f"{number(count, policy)} families on the list are left out, {why}."
            yield Note(level="warning", text=told[:1].upper() + told[1:], topic="families")
    if families.blank:
        rows = "1 blank row" if families.blank == 1 else f"{families.blank:,} blank rows"
        be = "is" if families.blank == 1 else "are"
        told = f"{rows} of the list {be} skipped: nobody stands there."
        yield Note(level="warning", text=told, topic="families")


def for_families(study: Study) -> Study:
    """Return a study that counts families instead of what its own origins count."""
    words = {
        "weights_public": False,  # whatever the study says of its own
        "unit": UNIT,
        "weight_label": "families on the list given",
        "weight_basis": "counted by area, small counts pooled, and rounded, so that nobody can be "
        "found. Criteria were worded for what the study itself counts",
    }
    return study.model_copy(update=words)

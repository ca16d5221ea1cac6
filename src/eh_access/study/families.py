"""Counts that are not public: pooled by area, then forgotten."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.criteria.criterion import JudgeSettings
from eh_access.criteria.draws import Pooling
from eh_access.errors import InputError, SourceError
from eh_access.facts import Note, note
from eh_access.provenance import refuse_endless
from eh_access.sources.bundled import data_dir
from eh_access.study.reading import (
    MOST_ODD_SHARE,
    NEAR_M,
    POSTCODE,
    Postcodes,
    are_postcodes,
    other_separator,
    plain_postcodes,
    postcodes_of,
    read_postcodes,
    read_table,
    refuse_spreadsheet,
)
from eh_access.study.records import Hidden, InputFile, StepCount
from eh_access.tables import CRS, FIRST_ROW, GRID_EXTENT_M, PAIRS

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Sequence

    from numpy.typing import NDArray

    from eh_access.privacy.policy import Policy
    from eh_access.study.config import DisclosureSettings, Study
    from eh_access.study.records import Inputs

POOLED = "pooled"
LEFT_OUT = "left out"
ALL_WARDS = "all wards"
FEWEST = 6
"""Small areas a ward must have to be a pool by itself: of fewer, the bounds would cut too much."""
MOST_ANYWHERE = 0.5
"""The largest part of a list that may be pooled over all wards: else an answer is of no place."""


def judge_settings(study: Study, hidden: Sequence[Hidden] | None) -> JudgeSettings:
    """Return what the criteria of a study share; ``hidden`` is None where counts are public."""
    return JudgeSettings(
        full_time_from_hours=study.settings.full_time_from_hours,
        unit=study.unit,
        place=study.site_word,
        least_weight=0.0 if study.policy.public else study.policy.least_base,
        round_to=0.0 if study.policy.public else study.policy.round_to,
        moved=None
        if hidden is None
        else tuple(item.cell for item in hidden if LEFT_OUT in item.rule),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class SafeCounts:
    """Counts by area that may be published."""

    counts: pd.Series  # by area, in the order given; 0 where they stay hidden
    # by area: what became of a count that is small (`POOLED`, `LEFT_OUT`), or "" where its own is
    # shown, rounded
    rules: pd.Series
    pooled: int  # how many areas were pooled with others, and how many stay hidden
    hidden: int
    pools: pd.Series  # by area: the ward it is pooled in, `ALL_WARDS`, or "" where its own is shown

    @property
    def sha256(self) -> str:
        """Digest of the counts as published: a digest of the exact ones could be guessed at."""
        text = "".join(f"{area} {count!r}\n" for area, count in self.counts.items())
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def total(self) -> int:
        """Their sum."""
        return round(float(self.counts.sum()))

    def hidden_areas(self) -> Iterator[tuple[str, str]]:
        """Yield each area whose own count is hidden, and whether it is pooled or left out."""
        for area, rule in self.rules.items():
            if rule:
                yield str(area), str(rule)


@dataclass(frozen=True, kw_only=True)
class _Lot:
    """Small areas that are pooled together or not at all."""

    rows: NDArray[np.intp]  # where they stand among all areas
    top: float  # the most that a reader knows they can come to


@dataclass(frozen=True, kw_only=True)
class _Bounds:
    """Between what small counts lie."""

    most: float  # the largest small count
    least: float  # the smallest: 1 where a reader knows that somebody lives in each area, else 0

    def enough(self, areas: int) -> float:
        """Return the least sum at which a pool of areas is shown."""
        # There, and just below, any one of them can have the most.
        return self.most + 1 + (areas - 1) * self.least

    def free(self, lots: Sequence[_Lot]) -> float:
        """Return the largest sum of some lots with which any one area can have the least."""
        short = [
            lot.top - min(lot.top, self.least + (len(lot.rows) - 1) * self.most) for lot in lots
        ]
        return sum(lot.top for lot in lots) - max(short)

    def part(
        self, counts: NDArray[np.float64], lots: Sequence[_Lot], rules: DisclosureSettings
    ) -> float | None:
        """Return the even part of each area of some lots; None where it may not be shown."""
        rows = _rows_of(lots)
        enough, most = self.enough(len(rows)), self.free(lots)
        whole = counts[rows].sum()
        if most < enough or whole < enough:
            return None
        return float(rounded(np.minimum(whole, most), rules)) / len(rows)


def _rows_of(lots: Sequence[_Lot]) -> NDArray[np.intp]:
    return np.concatenate([lot.rows for lot in lots])


def safe_counts(
    counts: pd.Series,
    wards: pd.Series | None,
    *,
    rules: DisclosureSettings,
    listed: bool = False,
) -> SafeCounts:
    """Return counts by area, rounded, with small ones pooled or left out."""
    # A count below the limit, nought included, is pooled with the others of its ward, if these
    # are six or more and together enough; the others with those of all wards, and left out where
    # these are too few. What is pooled is shared out evenly, so that nobody can tell an area with
    # one from an area with none. A pool in which nearly all counts are the largest small one is
    # shown as somewhat fewer than it is, or its sum would tell what is in it.
    held = counts.to_numpy(np.float64)
    small = held < rules.hide_below
    ward = np.full(len(held), "", dtype=object)
    if wards is not None:
        ward = wards.reindex(counts.index).astype("str").fillna("").to_numpy(dtype=object)
    least = 1.0 if listed and (held > 0).all() else 0.0
    bounds = _Bounds(most=rules.hide_below - 1.0, least=least)
    safe = rounded(np.where(small, 0.0, held), rules)
    why, pools = np.full((2, len(held)), "", dtype=object)
    lots: list[_Lot] = []
    for name in sorted(set(ward[small])):
        rows = np.flatnonzero(small & (ward == name))
        lot = _Lot(rows=rows, top=len(rows) * bounds.most)
        part = bounds.part(held, [lot], rules) if len(rows) >= FEWEST else None
        if part is not None:
            safe[rows], why[rows], pools[rows] = part, POOLED, name or ALL_WARDS
        elif len(rows) >= FEWEST:
            lots.append(replace(lot, top=bounds.enough(len(rows)) - 1))
        else:
            lots.append(lot)
    if lots:
        left, part = _rows_of(lots), bounds.part(held, lots, rules)
        safe[left], why[left] = part or 0.0, POOLED if part else LEFT_OUT
        pools[left] = ALL_WARDS if part else ""
    return SafeCounts(
        counts=pd.Series(safe, index=counts.index),
        rules=pd.Series(why, index=counts.index),
        pooled=int((why == POOLED).sum()),
        hidden=int((why == LEFT_OUT).sum()),
        pools=pd.Series(pools, index=counts.index),
    )


def rounded(
    counts: NDArray[np.float64] | np.float64, rules: DisclosureSettings
) -> NDArray[np.float64]:
    """Return counts rounded, halves up, so that the rule is the same for every count."""
    return np.asarray(np.floor(counts / rules.round_to + 0.5) * rules.round_to)


FEW_AREAS = 8
SQUARE_M = 1000
SQUARE = "km "
"""What the name of a square kilometre begins with."""
GROUP_COLUMNS = ("ward_code", "ward_name", "imd_decile", "no_car_share", "ruc21", "lsoa21cd")
"""Columns of origins that are facts about areas; others may be about people and are left out."""
AREA_COLUMNS = ("area_id", *GROUP_COLUMNS)


def spread(safe: SafeCounts, public: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return public places with each area's count shared among those in it."""
    return public.assign(weight=shared_out(safe.counts, public), weight_basis=basis_words(safe))


def shared_out(counts: pd.Series, origins: gpd.GeoDataFrame) -> pd.Series:
    """Return counts by area shared out to the origins there as their weight is."""
    by_area = origins.groupby("area_id")["weight"]
    whole, many = by_area.transform("sum"), by_area.transform("size")
    share = (origins["weight"] / whole.where(whole > 0)).fillna(1.0 / many)
    shared: pd.Series = (origins["area_id"].map(counts) * share).fillna(0.0)
    return shared


def areas_of(origins: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Return the area that each origin names, else the one it lies in; None where there is none."""
    shapes = np.asarray(origins.geometry.array)
    placed = np.flatnonzero(np.isfinite(shapely.get_x(shapes) + shapely.get_y(shapes)))
    rows, which = areas.sindex.nearest(shapes[placed], return_all=False, max_distance=NEAR_M)
    lies = np.full(len(origins), None, dtype=object)
    lies[placed[rows]] = areas.index.to_numpy()[which]
    named = origins["area_id"].astype(object)
    whole: pd.Series = named.where(named.isin(areas.index), pd.Series(lies, index=origins.index))
    return whole


def basis_words(safe: SafeCounts) -> str:
    """Return the text of ``weight_basis`` for safe counts."""
    return "counted by area and rounded" + (", small counts pooled" if safe.pooled else "")


def protect_counts(study: Study, inputs: Inputs) -> Inputs:
    """Return a study's tables with private counts by area instead of by origin."""
    exact = inputs.origins
    _refuse_persons(exact, study)
    known = exact["area_id"].isin(inputs.areas.index).all()
    _refuse_singling_out(exact, study, AREA_COLUMNS if known else GROUP_COLUMNS)
    unit = _units(exact, inputs.areas)
    counts = exact["weight"].groupby(unit.to_numpy(), sort=True).sum()
    asked = (item.by for item in study.criteria if item.by is not None)
    columns = [name for name in dict.fromkeys((*GROUP_COLUMNS, *asked)) if name in exact]
    groups = _group_values(exact, unit, columns)
    wards = groups.get("ward_code")
    safe = safe_counts(counts, wards, rules=study.disclosure, listed=True)
    refuse_nothing(safe, study)
    counted = {
        name: safe_counts(
            exact[name].groupby(unit.to_numpy(), sort=True).sum(), wards, rules=study.disclosure
        ).counts.to_numpy()
        for name in study.count_columns
        if name != "weight"
    }
    points = _points(safe.counts.index, inputs.areas)
    origins = gpd.GeoDataFrame(
        {
            "weight": safe.counts.to_numpy(),
            "area_id": _areas_at(points, inputs.areas),
            "weight_basis": basis_words(safe),
            **{name: groups[name].to_numpy() for name in groups},
        },
        geometry=points.to_numpy(),
        index=pd.Index(safe.counts.index.astype("str"), name="origin_id"),
        crs=CRS,
    ).assign(**counted)
    where = "small area" if len(inputs.areas) >= FEW_AREAS else "square kilometre"
    return replace(
        inputs,
        origins=origins,
        private=exact,
        pooling=Pooling(
            units=pd.Series(origins.index, index=origins.index),
            pools=safe.pools,
            most=study.disclosure.hide_below - 1.0,
        ),
        homes=origins.assign(weight=1.0),
        files=tuple(_without_counts(file, safe) for file in inputs.files),
        hidden=hidden_of(safe),
        notes=(*inputs.notes, note_of(study, safe, f"at one place in each {where}")),
        counts=(
            *inputs.counts,
            StepCount(
                step="origins counted by area",
                rows_in=len(origins),
                rows_out=len(origins),
                note="counts that are not public are never shown by origin; how many rows they "
                "had is not told",
            ),
        ),
    )


def hidden_of(safe: SafeCounts) -> tuple[Hidden, ...]:
    """Return the log entries of hidden counts."""
    return tuple(
        Hidden(table="counts by area", cell=area, figure="its own count", rule=how)
        for area, how in safe.hidden_areas()
    )


def _without_counts(file: InputFile, safe: SafeCounts) -> InputFile:
    """Return the record of a file of counts, fit to publish."""
    # not the digest of the exact ones, nor how many.
    # Who knows all of a list but one row can find that row by its digest.
    if file.role != "origins":
        return file
    return replace(file, sha256=safe.sha256, rows=None)


def _refuse_persons(exact: gpd.GeoDataFrame, study: Study) -> None:
    """Refuse a table with a row for each family."""
    # that an area stands in it would tell of somebody
    if len(exact) and (exact["weight"] == 1).all():
        raise InputError(
            f"every row of the origins counts 1: give a list of {study.unit} as data.families "
            "(or --families), so that they are counted at public places; origins are places, with "
            "a count each, 0 included"
        )


def _refuse_singling_out(exact: gpd.GeoDataFrame, study: Study, public: Collection[str]) -> None:
    """Refuse criteria that tell people apart by a column that may single some of them out."""
    # the areas of statistics are public, and those of them with few are left out; another column
    # may be a postcode, an id or a name, and its values would stand in the evidence
    least = study.disclosure.hide_below
    faults = []
    for item in study.criteria:
        if item.by is None or item.by in public or item.by not in exact:
            continue
        held = exact["weight"].groupby(exact[item.by].to_numpy()).sum()
        if are_postcodes(exact[item.by].dropna()) or (held < least).any():
            faults.append(
                f"criterion '{item.id}', by: the column '{item.by}' tells fewer than {least} "
                f"{study.unit} from the rest, and these counts are not public; name a column of "
                f"areas ({', '.join(public)}), or one whose every value stands for "
                f"{least} or more"
            )
    if faults:
        raise InputError(faults)


def note_of(study: Study, safe: SafeCounts, where: str) -> Note:
    """Return the note on safe counts."""
    return note(
        "warning",
        "disclosure",
        unit=study.unit,
        where=where,
        round_to=study.disclosure.round_to,
        hide_below=study.disclosure.hide_below,
        pooled=areas_counted(safe.rules[safe.rules == POOLED].index),
        left_out=areas_counted(safe.rules[safe.rules == LEFT_OUT].index),
    )


def areas_counted(names: Collection[str]) -> tuple[int, str]:
    """Return the number of some areas and their kind."""
    squares = all(str(name).startswith(SQUARE) for name in names)
    return len(names), "square kilometre" if squares else "area"


def refuse_nothing(safe: SafeCounts, study: Study) -> None:
    """Refuse counts that are all hidden."""
    if not safe.counts.sum() > 0:
        raise InputError(
            f"no area has {study.disclosure.hide_below} {study.unit} or more, and all together are "
            "too few to publish anything about without telling of some; give more, or state "
            "weights_public = true if these counts are published statistics"
        )


def _units(exact: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Return the area of each origin; its square kilometre where there are few areas."""
    if len(areas) < FEW_AREAS:
        east, north = (
            np.floor(line.to_numpy() / SQUARE_M).astype(int)
            for line in (exact.geometry.x, exact.geometry.y)
        )
        names = [f"{SQUARE}{x:03d} {y:04d}" for x, y in zip(east, north, strict=True)]
        return pd.Series(names, index=exact.index)
    placed = np.array(_areas_at(exact.geometry, areas), dtype=object)
    known = exact["area_id"].isin(areas.index).to_numpy()
    return pd.Series(np.where(known, exact["area_id"], placed).astype(str), index=exact.index)


def _areas_at(points: gpd.GeoSeries, areas: gpd.GeoDataFrame) -> list[str]:
    """Return the area in which each point lies, or the nearest one; ties to the first."""
    which, _ = areas.sindex.nearest(points.to_numpy(), return_all=False)[::-1]
    return [str(area) for area in areas.index[which]]


def _points(units: pd.Index, areas: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return a point in each area that depends on its outline alone."""
    if len(areas) >= FEW_AREAS:
        inside = areas.geometry.representative_point()
        return gpd.GeoSeries(inside.reindex(units).to_numpy(), crs=CRS)
    corners = np.array([[int(part) for part in str(unit).split()[1:]] for unit in units])
    middle = (corners + 0.5) * SQUARE_M
    return gpd.GeoSeries(shapely.points(middle), crs=CRS)


def _group_values(exact: gpd.GeoDataFrame, unit: pd.Series, columns: list[str]) -> pd.DataFrame:
    """Return each area's commonest value of a column, or the mean of a share."""
    names = unit.to_numpy()
    values = {}
    for column in columns:
        grouped = exact[column].groupby(names, sort=True)
        is_share = column == "no_car_share"
        values[column] = grouped.mean() if is_share else grouped.agg(_commonest)
    return pd.DataFrame(values, index=pd.Index(sorted(set(names))))


def _commonest(values: pd.Series) -> object:
    counts = values.dropna().value_counts()
    return min(counts.index[counts == counts.max()]) if len(counts) else None


NAME = "the list of families"
ROLE = "families"
SHOWN_ROWS = 20
UNIT = "families"
DEGREES = (-9.5, 49.0, 3.0, 61.5)


@dataclass(frozen=True, eq=False, kw_only=True)
class Families:
    """Where families live, for counting only."""

    points: np.ndarray  # metres, EPSG:27700, one row per family that could be placed
    rows: int  # rows of the list, those that could not be placed included
    # the postcode tables that were asked, whichever knew a postcode: that may tell of one
    tables: tuple[InputFile, ...] = ()
    blank: int = 0  # rows with nothing in them, skipped

    def __repr__(self) -> str:
        """Show roughly how many there are and nothing else."""
        return f"Families(about {round(len(self.points), -1):,})"


def read_families(path: Path, study: Study) -> Families:
    """Return the places of a list of families."""
    refuse_spreadsheet(path, NAME)
    cells, blank = _cells(_bytes(path))
    if "postcode" in cells:
        points, tables = _by_postcode(cells["postcode"], study)
    else:
        points, tables = _by_coordinates(cells), ()
    return Families(points=points, rows=len(cells), tables=tables, blank=blank)


def _bytes(path: Path) -> bytes:
    refuse_endless(path, NAME)
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{NAME} cannot be read ({error.strerror}); check the path and its rights"
        ) from None


def _cells(data: bytes) -> tuple[pd.DataFrame, int]:
    """Return the columns of places by the number of their row, and how many rows were blank."""
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
    if again := next((name for name in wanted if header.count(name) > 1), ""):
        raise InputError(f"{NAME}: column '{again}' stands twice in the header; keep one")
    rows = {
        number: row for number, row in enumerate(table[1:], FIRST_ROW) if any(map(str.strip, row))
    }
    short = [number for number, row in rows.items() if len(row) != len(header)]
    if short:
        raise InputError(f"{NAME}, {_rows(short)}: more or fewer cells than the header has")
    if not rows:
        raise InputError(f"{NAME}: there are no rows; give one family a row")
    cells = {name: [row[header.index(name)].strip() for row in rows.values()] for name in wanted}
    return pd.DataFrame(cells, index=list(rows)), len(table) - 1 - len(rows)


def _wanted(header: Sequence[str], given: Sequence[str]) -> tuple[str, ...]:
    for names in (("postcode",), *(pair[:2] for pair in PAIRS)):
        if set(names) <= set(header):
            return tuple(names)
    if (fault := other_separator(",".join(given))) is not None:
        raise InputError(f"{NAME}: {fault}")
    # the header is not quoted: where it is missing, the first row is a family
    raise InputError(
        f"{NAME}: its first row must name the column 'postcode', or 'easting' and 'northing', or "
        "'longitude' and 'latitude'"
    )


def _rows(numbers: Sequence[Hashable] | pd.Index) -> str:
    shown = ", ".join(str(number) for number in numbers[:SHOWN_ROWS])
    more = f" and {len(numbers) - SHOWN_ROWS} more" if len(numbers) > SHOWN_ROWS else ""
    return f"row {shown}" if len(numbers) == 1 else f"rows {shown}{more}"


def _by_postcode(codes: pd.Series, study: Study) -> tuple[np.ndarray, tuple[InputFile, ...]]:
    plain = plain_postcodes(codes)
    wrong = [row for row, code in plain.items() if not POSTCODE.fullmatch(code)]
    if len(wrong) > MOST_ODD_SHARE * len(plain):  # a few are left out, as those no table knows
        raise InputError(f"{NAME}, {_rows(wrong)}, postcode: not a whole postcode; correct it")
    known: dict[str, tuple[float, float] | None] = {}
    files: list[InputFile] = []
    for table in postcode_tables(study):
        files += table.files
        known = table.by_code | known  # of two tables that know a postcode, the first counts
    places = [place for code in plain if (place := known.get(code)) is not None]
    if not places:
        raise InputError(
            f"{NAME}: none of its postcodes is in the postcode tables at hand, at one place; name "
            "a table of the place as data.postcodes in the study"
        )
    return np.array(places, dtype=np.float64), tuple(files)


def postcode_tables(study: Study) -> Iterator[Postcodes]:
    """Yield tables of postcodes: the study's own, its origins by postcode, those that ship."""
    shipped = sorted((data_dir() / "origins").glob("*_postcode.csv"))
    names = [study.data.postcodes] if study.data.postcodes else []
    seen: set[Path] = set()
    for name in (*names, *study.data.origins.values()):
        path = study.resolve(name)
        if path.is_file() and path.resolve() not in seen:
            seen.add(path.resolve())
            if (table := read_postcodes(study, name)) is not None:
                yield table
    for path in shipped:
        if path.resolve() not in seen:
            read = read_table(path, name=f"bundled:origins/{path.name}", role="postcodes")
            if (table := postcodes_of(read)) is not None:
                yield table


def _by_coordinates(cells: pd.DataFrame) -> np.ndarray:
    first, second, crs = next(pair for pair in PAIRS if pair[0] in cells)
    x, y = (
        pd.to_numeric(cells[name], errors="coerce").to_numpy(np.float64) for name in (first, second)
    )
    west, south, east, north = GRID_EXTENT_M if crs == CRS else DEGREES
    fits = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    if (~fits).sum() > MOST_ODD_SHARE * len(fits):
        raise InputError(
            f"{NAME}, {_rows(cells.index[~fits])}: '{first}' and '{second}' are no place in Great "
            "Britain; give both, in that order"
        )
    places = gpd.GeoSeries(gpd.points_from_xy(x[fits], y[fits]), crs=crs).to_crs(CRS)
    return np.column_stack([places.x.to_numpy(), places.y.to_numpy()])


def with_families(study: Study, inputs: Inputs, families: Families) -> Inputs:
    """Return a study's tables with families in place of what its origins count."""
    # Each family belongs to the area of the public place nearest to it, of those in an area.
    public = inputs.origins[inputs.origins["area_id"].notna()]
    if public.empty:
        raise InputError(f"{NAME}: is counted by area, and no origin is in one; add area_id")
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
    _refuse_singling_out(exact, spoken, AREA_COLUMNS)
    areas = public.groupby("area_id", sort=True)
    counts = exact["weight"].groupby(exact["area_id"]).sum().reindex(sorted(areas.groups))
    wards = areas["ward_code"].first() if "ward_code" in public else None
    safe = safe_counts(counts.fillna(0.0), wards, rules=study.disclosure)
    refuse_nothing(safe, spoken)
    # a list says where only by its counts; in a table of origins the areas named say it too
    anywhere = safe.counts[safe.pools == ALL_WARDS].sum()
    if anywhere > safe.counts.sum() * MOST_ANYWHERE:
        raise InputError(
            f"{NAME}: has too few {spoken.unit} to tell one area from another: so that nobody can "
            f"be found, {anywhere / safe.counts.sum():.0%} would count as spread evenly over the "
            "whole area, and figures would say little of where they live; give a longer list"
        )
    where = "at the study's own places, in proportion to what those count"
    lost = tuple(_lost(families, inside, spoken.policy))
    return replace(
        inputs,
        origins=spread(safe, public),
        private=exact,
        pooling=Pooling(
            units=public["area_id"], pools=safe.pools, most=study.disclosure.hide_below - 1.0
        ),
        homes=public,
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
    for count, why in ((unknown, "no-postcode"), (away, "far-outside")):
        if count:
            shown = float(policy.shown(count))
            part = None if math.isnan(shown) else shown
            yield note("warning", "families", count=part, limit=policy.threshold, why=why)
    if families.blank:
        yield note("warning", "families", count=families.blank, limit=0, why="blank")


def for_families(study: Study) -> Study:
    """Return a study that counts families instead of what its own origins count."""
    worded = any("title" in item.model_fields_set for item in study.criteria)
    words = {
        "weights_public": False,  # whatever the study says of its own
        "unit": UNIT,
        "weight_label": "families on the list given",
        "weight_basis": "counted by area, small counts pooled, and rounded, so that nobody can be "
        "found" + (". Criteria were worded for what the study itself counts" if worded else ""),
    }
    return study.model_copy(update=words)

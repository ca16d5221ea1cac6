"""Nobody identifiable: counts that are not public become counts by area before anything is done.

Every time, verdict, table and map is then worked out from places anybody may know and counts that
are large and rounded. Whatever one run publishes is a function of those alone, so that no sum over
its tables and scenarios tells more than they do. Two runs on different lists are two publications:
this cannot see them together, and somebody who holds both learns how the pooled counts changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.errors import InputError
from eh_access.study.pooling import LEFT_OUT, POOLED, safe_counts
from eh_access.study.records import Hidden, InputFile, Note, StepCount
from eh_access.tables import CRS

if TYPE_CHECKING:
    from collections.abc import Collection

    from eh_access.study.config import Study
    from eh_access.study.inputs import Inputs
    from eh_access.study.pooling import SafeCounts

FEW_AREAS = 8
SQUARE_M = 1000
SQUARE = "km "
"""What the name of a square kilometre begins with."""
GROUP_COLUMNS = ("ward_code", "ward_name", "imd_decile", "no_car_share", "ruc21", "lsoa21cd")
"""Columns of origins that are facts about areas; others may be about people and are left out."""


def spread(safe: SafeCounts, public: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return public places with each area's count shared among those in it."""
    own = public["weight"].groupby(public["area_id"]).transform("sum")
    many = public.groupby("area_id")["weight"].transform("size")
    share = (public["weight"] / own.where(own > 0)).fillna(1.0 / many)
    weight = public["area_id"].map(safe.counts).fillna(0.0) * share
    return public.assign(weight=weight, weight_basis=basis_words(safe))


def basis_words(safe: SafeCounts) -> str:
    """Return how safe counts were come by, for ``weight_basis``."""
    return "counted by area and rounded" + (", small counts pooled" if safe.pooled else "")


def protect_counts(study: Study, inputs: Inputs) -> Inputs:
    """Return a study's tables with counts of its own by area in place of those by origin."""
    exact = inputs.origins
    _refuse_persons(exact, study)
    unit = _units(exact, inputs.areas)
    counts = exact["weight"].groupby(unit.to_numpy(), sort=True).sum()
    columns = [name for name in (*GROUP_COLUMNS, *_asked(study)) if name in exact]
    groups = _group_values(exact, unit, list(dict.fromkeys(columns)))
    wards = groups.get("ward_code")
    safe = safe_counts(counts, wards, rules=study.disclosure, listed=True)
    refuse_nothing(safe, study)
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
    )
    where = "small area" if len(inputs.areas) >= FEW_AREAS else "square kilometre"
    return replace(
        inputs,
        origins=origins,
        private=exact,
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
    """Return what became of each area's count, for the log of what was hidden."""
    rules = {
        "pooled": "primary (below the limit): pooled",
        "left out": "primary (below the limit), and its pool would tell it: left out",
    }
    return tuple(
        Hidden(table="counts by area", cell=area, figure="its own count", rule=rules[how])
        for area, how in safe.told()
    )


def _without_counts(file: InputFile, safe: SafeCounts) -> InputFile:
    """Return what may be said of a file of counts."""
    # not the digest of the exact ones, nor how many.
    # Who knows all of a list but one row can find that row by its digest.
    if file.role != "origins":
        return file
    return replace(file, sha256=safe.sha256, rows=None)


def _refuse_persons(exact: gpd.GeoDataFrame, study: Study) -> None:
    """Refuse a table with a row for each family: that an area is in it would tell of somebody."""
    if len(exact) and (exact["weight"] == 1).all():
        raise InputError(
            f"every row of the origins counts 1: give a list of {study.unit} as data.families "
            "(or --families), so that they are counted at public places; origins are places, with "
            "a count each, 0 included"
        )


def note_of(study: Study, safe: SafeCounts, where: str) -> Note:
    """Return what a reader must know about counts that were made safe."""
    rules = study.disclosure
    told = (
        f"So that nobody can be found, {study.unit} are counted by area and placed {where}, not "
        "where each lives: minutes and shares may differ by some points from those of exact "
        f"places; counts are rounded to the nearest {rules.round_to}"
    )
    if safe.pooled:
        pooled = areas_in_words(safe.rules[safe.rules == POOLED].index)
        told += f", and counts below {rules.hide_below} pooled ({pooled})"
    if safe.hidden:
        be = "is" if safe.hidden == 1 else "are"
        lost = areas_in_words(safe.rules[safe.rules == LEFT_OUT].index)
        told += f"; {lost} with fewer than {rules.hide_below} {be} left out"
    return Note(level="warning", text=f"{told}.", topic="disclosure")


def areas_in_words(names: Collection[str]) -> str:
    """Return how many areas there are, by the kind of area in which people were counted."""
    squares = all(str(name).startswith(SQUARE) for name in names)
    kind = "square kilometre" if squares else "area"
    return f"1 {kind}" if len(names) == 1 else f"{len(names):,} {kind}s"


def refuse_nothing(safe: SafeCounts, study: Study) -> None:
    """Refuse counts of which none may be used."""
    if not safe.counts.sum() > 0:
        raise InputError(
            f"there are fewer than {study.disclosure.hide_below} {study.unit} to count, too few to "
            "publish anything about; give more, or state weights_public = true if these counts are "
            "published statistics"
        )


def _asked(study: Study) -> tuple[str, ...]:
    """Return the columns by which criteria tell areas apart: the study itself publishes those."""
    return tuple(item.by for item in study.criteria if item.by is not None)


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
    """Return a place in each area that depends on its outline alone."""
    if len(areas) >= FEW_AREAS:
        inside = areas.geometry.representative_point()
        return gpd.GeoSeries(inside.reindex(units).to_numpy(), crs=CRS)
    corners = np.array([[int(part) for part in str(unit).split()[1:]] for unit in units])
    middle = (corners + 0.5) * SQUARE_M
    return gpd.GeoSeries(shapely.points(middle), crs=CRS)


def _group_values(exact: gpd.GeoDataFrame, unit: pd.Series, columns: list[str]) -> pd.DataFrame:
    """Return each area's value of the columns about areas: the commonest, of shares the mean."""
    names = unit.to_numpy()
    found = {}
    for column in columns:
        grouped = exact[column].groupby(names, sort=True)
        if column == "no_car_share":
            found[column] = grouped.mean()
        else:
            found[column] = grouped.agg(_commonest)
    return pd.DataFrame(found, index=pd.Index(sorted(set(names))))


def _commonest(values: pd.Series) -> object:
    counts = values.dropna().value_counts()
    return min(counts.index[counts == counts.max()]) if len(counts) else None

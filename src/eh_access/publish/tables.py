"""The tidy tables that every output shares, so that one fact has one figure wherever it stands.

A number is rounded once, here; report, workbook, GeoPackage and map print what they are given.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from eh_access.errors import InputError

Kind = Literal["text", "count", "percent", "minutes", "metres", "value", "index"]
DECIMALS: dict[str, int] = {
    "count": 0,
    "percent": 1,
    "minutes": 1,
    "metres": 0,
    "value": 1,
    "index": 3,
}
UNITS: dict[str, str] = {"percent": "%", "minutes": "minutes", "metres": "metres"}
NOT_REACHED = "not reached"
NOT_AVAILABLE = "not available"


@dataclass(frozen=True)
class Column:
    """One column of a published table."""

    key: str  # name of the column in the frame: stable, lower case, unit in the name
    label: str  # heading for a reader, without the unit
    kind: Kind = "text"  # what it holds; sets the unit, the decimals and the side it is aligned to
    # words for the unit where the kind does not give it, as "under-fives" for a count
    unit: str = ""
    at_infinity: str = NOT_REACHED  # what ``inf`` means here
    at_nan: str = NOT_AVAILABLE  # what a missing value means here

    @property
    def heading(self) -> str:
        """The label with its unit."""
        unit = self.unit or UNITS.get(self.kind, "")
        return f"{self.label} ({unit})" if unit else self.label

    @property
    def is_number(self) -> bool:
        """Whether values are numbers."""
        return self.kind != "text"

    def text(self, value: object) -> str:
        """Return a value as a reader sees it in a table."""
        if not self.is_number:
            return str(value)
        number = float(str(value))
        if math.isnan(number):
            return self.at_nan
        if math.isinf(number):
            return self.at_infinity if number > 0 else "newly reached"
        return f"{number:,.{DECIMALS[self.kind]}f}"


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """A table ready to publish."""

    name: str  # stable short name, used for sheets and anchors
    title: str  # caption: what is counted, where, and on what it is based
    columns: tuple[Column, ...]  # what to show, in order
    frame: pd.DataFrame  # the values, rounded; one row per fact, no index to speak of
    notes: tuple[str, ...] = ()  # what a reader must know to read it rightly
    headers: int = 1  # how many columns from the left name the row
    # what was hidden in it so that nobody can be found, and why; None for a table of no people
    hidden: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        lacking = [column.key for column in self.columns if column.key not in self.frame]
        if lacking:
            raise InputError(f"table '{self.name}' has no column {', '.join(lacking)}")

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield each row as the texts a reader sees."""
        keys = [column.key for column in self.columns]
        for values in self.frame[keys].itertuples(index=False, name=None):
            yield tuple(
                column.text(value) for column, value in zip(self.columns, values, strict=True)
            )

    def where(self, **values: str) -> Table:
        """Return the rows in which columns have given values, without those columns."""
        rows = pd.Series(data=True, index=self.frame.index)
        for key, value in values.items():
            rows &= self.frame[key] == value
        left = sum(column.key in values for column in self.columns[: self.headers])
        return replace(
            self,
            title=f"{self.title}: {', '.join(values.values())}",
            columns=tuple(column for column in self.columns if column.key not in values),
            frame=self.frame[rows].reset_index(drop=True),
            headers=max(self.headers - left, 1),
        )

    def without(self, *keys: str) -> Table:
        """Return the table without some columns."""
        kept = tuple(column for column in self.columns if column.key not in keys)
        return replace(self, columns=kept)

    def cell(self, key: str, **values: str) -> float:
        """Return one figure: the column ``key`` of the one row with these values."""
        found = self.where(**values).frame if values else self.frame
        return float(found[key].iloc[0]) if len(found) else math.nan


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame, each as its values by column."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def make_table(
    name: str,
    title: str,
    columns: tuple[Column, ...],
    frame: pd.DataFrame,
    *,
    notes: tuple[str, ...] = (),
    headers: int = 1,
) -> Table:
    """Return a table whose numbers are rounded to what will be shown."""
    lacking = [column.key for column in columns if column.key not in frame]
    if lacking:
        raise InputError(f"table '{name}' has no column {', '.join(lacking)}")
    shown = frame[[column.key for column in columns]].reset_index(drop=True)
    for column in columns:
        if column.is_number:
            values = shown[column.key].astype(float)
            values = values * 100 if column.kind == "percent" else values
            # adding zero turns a rounded -0.0 into 0.0
            shown[column.key] = values.round(DECIMALS[column.kind]) + 0.0
        else:
            texts = shown[column.key].astype("str").fillna("")
            shown[column.key] = texts.where(texts.str.strip() != "", "none")
    return Table(name=name, title=title, columns=columns, frame=shown, notes=notes, headers=headers)

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
    """One column of a published table.

    Parameters
    ----------
    key
        Name of the column in the frame: stable, lower case, unit in the name.
    label
        Heading for a reader, without the unit.
    kind
        What it holds; sets the unit, the decimals and the side it is aligned to.
    unit
        Words for the unit where the kind does not give it, as "under-fives" for a count.
    at_infinity
        What ``inf`` means here.
    at_nan
        What a missing value means here.

    Examples
    --------
    >>> Column("share_after", "Within 30 minutes after", "percent").heading
    'Within 30 minutes after (%)'
    """

    key: str
    label: str
    kind: Kind = "text"
    unit: str = ""
    at_infinity: str = NOT_REACHED
    at_nan: str = NOT_AVAILABLE

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
        """Return a value as a reader sees it in a table.

        Parameters
        ----------
        value
            As it stands in the frame.

        Returns
        -------
        str
            Never blank: ``inf`` is "not reached" and ``NaN`` is "not available".

        Examples
        --------
        >>> Column("n", "Children", "count").text(1243.0)
        '1,243'
        >>> Column("m", "Time", "minutes").text(float("inf"))
        'not reached'
        """
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
    """A table ready to publish.

    Parameters
    ----------
    name
        Stable short name, used for sheets and anchors.
    title
        Caption: what is counted, where, and on what it is based.
    columns
        What to show, in order.
    frame
        The values, rounded; one row per fact, no index to speak of.
    notes
        What a reader must know to read it rightly.
    headers
        How many columns from the left name the row.
    hidden
        What was hidden in it so that nobody can be found, and why; None for a table of no people.

    Raises
    ------
    InputError
        If the frame lacks a column.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    headers: int = 1
    hidden: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        lacking = [column.key for column in self.columns if column.key not in self.frame]
        if lacking:
            raise InputError(f"table '{self.name}' has no column {', '.join(lacking)}")

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield each row as the texts a reader sees.

        Yields
        ------
        tuple of str
            One text per column.
        """
        keys = [column.key for column in self.columns]
        for values in self.frame[keys].itertuples(index=False, name=None):
            yield tuple(
                column.text(value) for column, value in zip(self.columns, values, strict=True)
            )

    def where(self, **values: str) -> Table:
        """Return the rows in which columns have given values, without those columns.

        Parameters
        ----------
        **values
            Value by column.

        Returns
        -------
        Table
            Of the same figures; its title says which rows these are.

        Examples
        --------
        >>> frame = pd.DataFrame({"mode": ["on foot", "by car"], "n": [3.0, 5.0]})
        >>> table = make_table("t", "T", (Column("mode", "Mode"), Column("n", "N", "count")), frame)
        >>> list(table.where(mode="by car").rows()), table.where(mode="by car").title
        ([('5',)], 'T: by car')
        """
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
        """Return the table without some columns.

        Parameters
        ----------
        *keys
            Columns to leave out; they are not among the row's headers.

        Returns
        -------
        Table
            Of the same rows.
        """
        kept = tuple(column for column in self.columns if column.key not in keys)
        return replace(self, columns=kept)

    def cell(self, key: str, **values: str) -> float:
        """Return one figure: the column ``key`` of the one row with these values.

        Parameters
        ----------
        key
            Column wanted.
        **values
            Value by column; together they name one row.

        Returns
        -------
        float
            As it is printed; NaN where there is no such row.
        """
        found = self.where(**values).frame if values else self.frame
        return float(found[key].iloc[0]) if len(found) else math.nan


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame, each as its values by column.

    Parameters
    ----------
    frame
        Any frame; its index is left out.

    Returns
    -------
    list of dict
        One for each row, in order.

    Examples
    --------
    >>> records(pd.DataFrame({"n": [1, 2]}))
    [{'n': 1}, {'n': 2}]
    """
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
    """Return a table whose numbers are rounded to what will be shown.

    Parameters
    ----------
    name, title, columns, notes, headers
        As for `Table`.
    frame
        Values; shares are 0 to 1 and leave as percentages.

    Returns
    -------
    Table
        With a frame of the columns asked for alone; the caller's frame is untouched.

    Raises
    ------
    InputError
        If the frame lacks a column.

    Examples
    --------
    >>> frame = pd.DataFrame({"group": ["all"], "covered": [0.84312]})
    >>> columns = (Column("group", "Group"), Column("covered", "Covered", "percent"))
    >>> make_table("t", "Coverage", columns, frame).frame["covered"].item()
    84.3
    """
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

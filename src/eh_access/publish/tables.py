"""The tidy tables that every output shares, so that one fact has one figure wherever it stands.

A number is rounded once, here; report, workbook, GeoPackage and map print what they are given.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from eh_access.errors import InputError

Kind = Literal["text", "count", "percent", "minutes", "metres", "number"]
DECIMALS: dict[str, int] = {"count": 0, "percent": 1, "minutes": 1, "metres": 0, "number": 2}
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

    Examples
    --------
    >>> Column("share_after", "Within 30 minutes after", "percent").heading
    'Within 30 minutes after (%)'
    """

    key: str
    label: str
    kind: Kind = "text"
    unit: str = ""

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
            return NOT_AVAILABLE
        if math.isinf(number):
            return NOT_REACHED if number > 0 else "newly reached"
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
    return Table(
        name=name, title=title, columns=columns, frame=shown, notes=notes, headers=headers
    )

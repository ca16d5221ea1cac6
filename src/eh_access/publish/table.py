"""The tidy tables every output shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import pandas as pd

from eh_access.errors import InputError
from eh_access.privacy.policy import HIDDEN_MARK, Policy
from eh_access.study.redact import SUMMARY

Kind = Literal["text", "count", "percent", "minutes", "metres", "value", "index", "pounds"]
DECIMALS: dict[str, int] = {
    "count": 0,
    "percent": 1,
    "minutes": 1,
    "metres": 0,
    "value": 1,
    "index": 3,
    "pounds": 2,
}
UNITS: dict[str, str] = {"percent": "%", "minutes": "minutes", "metres": "metres", "pounds": "GBP"}
NOT_REACHED = "not reached"
NOT_AVAILABLE = "not available"

CHANGES = frozenset(
    {"within_share_change", "mean_change_min", "weight_loses", "weight_gains", "absorbed"}
)
"""Columns that are 0 where nothing changes."""


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


HEADERS_END = "---"
"""Stands in ``columns.md.j2`` after the columns that name a row."""


def read_column(key: str, label: str = "", kind: str = "text", *words: str) -> Column:
    """Return a column as a line of ``columns.md.j2`` describes it."""
    if not label or kind not in {"text", *DECIMALS} or len(words) > 3:  # noqa: PLR2004
        raise InputError(
            f"template 'columns': '{' | '.join((key, label, kind, *words))}' is no column; give "
            "key | heading | kind | unit | word for no end | word for none, the kind one of text, "
            f"{', '.join(DECIMALS)}"
        )
    return Column(key, label, cast("Kind", kind), *words)


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

    def folded(self, note: Callable[[int], str]) -> Table:
        """Return the table without the rows in which nothing changes; ``note`` of how many."""
        frame, still = self.frame, pd.Series(data=True, index=self.frame.index)
        keys = {column.key for column in self.columns}
        changes = keys & CHANGES
        for key in changes:
            still &= frame[key] == 0
        for key in keys:
            after = key.replace("before", "after")
            if "before" in key and after in keys and changes:
                # of nobody there is no mean, before or after
                still &= (frame[key] == frame[after]) | (frame[key].isna() & frame[after].isna())
        if not changes or not still.any():
            return self
        kept = frame[~still].reset_index(drop=True)
        return replace(self, frame=kept, notes=(*self.notes, note(int(still.sum()))))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame, each as its values by column."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


@dataclass(frozen=True, kw_only=True)
class Cover:
    """What the first sheet says."""

    title: str  # title of the workbook
    intro: tuple[str, ...]  # what it holds, and any warning that belongs on top
    about: tuple[str, ...]  # how it was made, licences and credits
    notes: tuple[str, ...]  # what must be said beside the figures; they become the notes sheet


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


PEOPLE = frozenset(
    {
        "value",
        "baseline_value",
        "counted_value",
        "counted_baseline_value",
        "weight",
        "covered_share",
        "coverage_lost_weight",
        "coverage_regained_share",
        "unreached_weight",
        *SUMMARY.parts,
        *SUMMARY.shares,
        *SUMMARY.changes,
        "share_within",
        "share_within_before",
        "lowest_value",
        "highest_value",
        "weight_within",
        "most_lost",
        "council",
        "theirs",
        "weight_unchanged",
        "weight_still_unreached",
        "share_gains",
        "share_unchanged",
        "weight_before",
        "weight_after",
        "absorbed",
    }
)
"""Columns of files in which a missing figure is a hidden one where counts are not public."""


def with_mark(column: Column) -> Column:
    """Return a column in which a missing figure of people is marked as hidden."""
    return replace(column, at_nan=HIDDEN_MARK) if column.key in PEOPLE else column


def with_marks(table: Table, mark: str) -> Table:
    """Return a table whose missing figures of people are marked as hidden; ``mark``: a note."""
    columns = tuple(with_mark(column) for column in table.columns)
    if columns == table.columns:
        return table
    notes = table.notes if mark in table.notes else (*table.notes, mark)
    return replace(table, columns=columns, notes=notes)


def for_file(frame: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Return a table for a file of text, ``[c]`` in place of each figure that is hidden."""
    if policy.public:
        return frame
    marked = frame.copy()
    for column in [name for name in frame if name in PEOPLE]:
        marked[column] = frame[column].astype(object).where(frame[column].notna(), HIDDEN_MARK)
    return marked


def hiding_rules(policy: Policy) -> dict[str, float] | None:
    """Return the rules by which the map's page hides small counts."""
    if policy.public:
        return None
    return {"below": policy.threshold, "step": policy.round_to, "base": policy.least_base}

"""Nobody identifiable: small counts hidden and rounded in every table, and between them.

A count below the threshold is hidden. So is what would tell it: another count of the same row or
column, a count in another table, or the same count under another scenario from which it differs
by less than the threshold. What is shown is rounded. Everything that leaves one study goes through
one `Disclosure`, which remembers what has been shown.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.count_tables import CountTable, Key, Nest
from eh_access.analysis.policy import Policy
from eh_access.analysis.suppression import CHANGE, NONE, SMALL, WORKED_OUT, Ledger

if TYPE_CHECKING:
    from eh_access.analysis.attack import Secret

LOG_COLUMNS = ("table", "row", "column", "reason")
REASONS: Mapping[str, str] = {
    SMALL: "the count is below the threshold",
    NONE: "the count is below the threshold",  # to tell zeros apart would be to tell a value
    CHANGE: "it differs from another scenario by less than the threshold",
    WORKED_OUT: "another hidden count could be worked out from it",
}
SMALL_BASE = "it is a share or a mean of too few"
RESTS_ON = "it rests on a hidden count"


@dataclass(frozen=True, eq=False)
class Protected:
    """A table as it may be published.

    Parameters
    ----------
    frame
        Counts rounded, shares from rounded counts, hidden figures NaN.
    hidden
        bool, of the frame's shape.
    log
        What was hidden in it and why, without any value: `LOG_COLUMNS`.
    """

    frame: pd.DataFrame
    hidden: pd.DataFrame
    log: pd.DataFrame


class Disclosure:
    """Guards all that one study publishes.

    Parameters
    ----------
    policy
        The rules.
    nests
        Areas that lie in others: a ward's count is then told by those of its parts.

    Examples
    --------
    >>> table = CountTable(
    ...     name="wards",
    ...     frame=pd.DataFrame({"ward": ["A", "B", "C", "all"], "children": [3, 41, 52, 96]}),
    ...     counts=("children",),
    ...     by=("ward",),
    ... )
    >>> Disclosure(Policy()).protect(table)[0].frame["children"].tolist()
    [nan, nan, 50.0, 95.0]
    """

    def __init__(self, policy: Policy, *, nests: Sequence[Nest] = ()) -> None:
        self.policy = policy
        self._nests = tuple(nests)
        self._ledger = Ledger(policy)
        self._places: dict[Key, int] = {}
        self._logs: list[pd.DataFrame] = []

    @property
    def log(self) -> pd.DataFrame:
        """What was hidden so far and why, without any value. For the body's own files."""
        empty = pd.DataFrame(columns=list(LOG_COLUMNS))
        return pd.concat(self._logs, ignore_index=True) if self._logs else empty

    @property
    def exposed(self) -> int:
        """How many hidden counts can be told too closely from what was published earlier.

        0 unless tables were protected in separate calls, and those shown first left no way out.
        """
        return len(self._ledger.told())

    def protect(self, *tables: CountTable) -> tuple[Protected, ...]:
        """Return tables as they may be published.

        Tables that are published together go in together: then least is hidden. What an earlier
        call has shown is taken to be known.

        Parameters
        ----------
        *tables
            In the order in which they matter: of two counts that differ by too little, the later
            is hidden.

        Returns
        -------
        tuple of Protected
            In the same order.

        Raises
        ------
        InputError
            If a count has two values, or parts are more than their total.
        """
        guarded = [table for table in tables if table.own or not self.policy.public]
        for table in guarded:
            self._enter(table)
        if guarded:
            for table in guarded:
                self._tie(table)
            self._tie_all()
            self._ledger.settle()
        done = tuple(
            self._shown(table) if table in guarded else _as_it_is(table) for table in tables
        )
        self._logs += [item.log for item in done if len(item.log)]
        return done

    def secrets(self) -> list[tuple[Secret, float, float]]:
        """Return each hidden quantity with the bounds a reader could work out: for an audit."""
        return [
            (secret, *puzzle.bounds(secret))
            for puzzle, asked in self._ledger.puzzles()
            for secret in asked
        ]

    def _enter(self, table: CountTable) -> None:
        """Put every count of a table into the ledger."""
        for column in table.counts:
            empty = np.zeros(len(table.frame), dtype=bool)
            if table.structural is not None:
                empty = table.structural[column].to_numpy(dtype=bool)
            for row, structural in zip(table.rows, empty, strict=True):
                key = table.key(column, row)
                value = float(str(row[column]))
                self._places[key] = self._ledger.add(key, value, structural=bool(structural))

    def _tie(self, table: CountTable) -> None:
        """Say which columns of a table are parts of others, and which are twins."""
        for row in table.rows:
            cells = {column: self._places[table.key(column, row)] for column in table.counts}
            for total, ways in table.parts.items():
                for way in ways:
                    self._ledger.add_line(cells[total], [cells[part] for part in way])
            for before, after in table.twins:
                self._pair(cells[before], cells[after])
        if table.scenario:
            self._tie_scenarios(table)

    def _tie_scenarios(self, table: CountTable) -> None:
        same: dict[Hashable, list[int]] = {}
        for key, number in self._places.items():
            column, told, where = key
            rest = tuple(item for item in told if item[0] != table.scenario)
            if len(rest) < len(told):
                same.setdefault((column, rest, where), []).append(number)
        for numbers in same.values():
            for place, later in enumerate(numbers):
                for earlier in numbers[:place]:
                    self._pair(earlier, later)

    def _pair(self, earlier: int, later: int) -> None:
        if earlier != later:
            self._ledger.pairs[(earlier, later)] = None

    def _tie_all(self) -> None:
        """Say which rows add up to which, in whatever table they stand."""
        groups: dict[tuple[Key, str], list[int]] = {}
        for (column, told, where), number in self._places.items():
            for item in where:
                above = tuple(other for other in where if other != item)
                groups.setdefault(((column, told, above), item[0]), []).append(number)
        true = self._ledger.values  # noqa: PD011 - a list, not a frame
        sums: dict[Key, float] = {}
        for (key, _), parts in groups.items():
            sums[key] = max(sums.get(key, 0.0), sum(true[part] for part in parts))
        for (key, _), parts in groups.items():
            total = self._places.get(key)
            if total is None:
                # no table has this total, yet two ways of cutting it tell of one another
                total = self._ledger.add_unpublished(key, sums[key])
            self._ledger.add_line(total, parts)
        for nest in self._nests:
            self._tie_nest(nest)

    def _tie_nest(self, nest: Nest) -> None:
        inside: dict[Key, list[int]] = {}
        for (column, told, where), number in self._places.items():
            labels = dict(where)
            if nest.inner in labels and labels[nest.inner] in nest.outer_of:
                rest = {name: label for name, label in where if name != nest.inner}
                rest[nest.outer] = nest.outer_of[labels[nest.inner]]
                inside.setdefault((column, told, tuple(sorted(rest.items()))), []).append(number)
        for key, parts in inside.items():
            if key in self._places:
                self._ledger.add_line(self._places[key], parts)

    def _shown(self, table: CountTable) -> Protected:
        """Return a table with what is hidden taken out."""
        frame = table.frame.copy()
        hidden = pd.DataFrame(data=False, index=frame.index, columns=frame.columns)
        entries: list[tuple[str, str, str, str]] = []
        rows = table.rows
        names = [", ".join(str(row[key]) for key in (*table.apart, *table.by)) for row in rows]
        for column in table.counts:
            numbers = [self._places[table.key(column, row)] for row in rows]
            shown = [self._ledger.is_shown(number) for number in numbers]
            true = np.asarray(table.frame[column], dtype=np.float64)
            frame[column] = [
                self.policy.rounded(value) if seen else np.nan
                for value, seen in zip(true, shown, strict=True)
            ]
            hidden[column] = [not seen for seen in shown]
            entries += [
                (table.name, name, column, REASONS[self._ledger.status[number]])
                for name, number, seen in zip(names, numbers, shown, strict=True)
                if not seen
            ]
        for column in (*table.shares, *table.rests):
            why = self._derived(table, column, frame, hidden)
            entries += [
                (table.name, name, column, reason)
                for name, reason in zip(names, why, strict=True)
                if reason
            ]
        return Protected(frame, hidden, pd.DataFrame(entries, columns=list(LOG_COLUMNS)))

    def _derived(
        self, table: CountTable, column: str, frame: pd.DataFrame, hidden: pd.DataFrame
    ) -> list[str]:
        """Hide a column of shares or other figures where it must be; return why, row by row."""
        share = table.shares.get(column)
        needs = table.rests[column] if share is None else (share.of, share.base)
        if share is not None and share.less:
            needs = (share.of, share.less, share.base)
        gone = hidden[list(needs)].any(axis=1).to_numpy()
        few = ~gone & (frame[needs[-1]].to_numpy(dtype=np.float64) < self.policy.least_base)
        if share is not None:
            top = frame[share.of] - (frame[share.less] if share.less else 0.0)
            frame[column] = (top / frame[share.base].where(frame[share.base] > 0)).to_numpy()
        frame[column] = frame[column].astype(float).where(~(gone | few))
        hidden[column] = gone | few
        return [RESTS_ON if g else SMALL_BASE if f else "" for g, f in zip(gone, few, strict=True)]


def suppress(
    table: pd.DataFrame,
    *,
    counts: Sequence[str],
    by: Sequence[str],
    margins: str = "all",
    threshold: int = 10,
    round_to: int = 5,
) -> Protected:
    """Return one table with small counts hidden, and what would tell them.

    For tables that go together, scenarios, shares or other rules use `Disclosure`.

    Parameters
    ----------
    table
        A row for each combination of keys.
    counts
        Columns of counts of people.
    by
        Key columns.
    margins
        What marks a total in a key column.
    threshold
        Counts below it are hidden, 0 included.
    round_to
        Counts shown are rounded to a multiple.

    Returns
    -------
    Protected
        The table, what is hidden, and the log.

    Raises
    ------
    InputError
        If a column is missing, a count is negative or not a number, or rows add up to more than
        their total.

    Examples
    --------
    >>> table = pd.DataFrame({"ward": ["A", "B", "all"], "children": [4, 60, 64]})
    >>> suppress(table, counts=["children"], by=["ward"]).frame["children"].tolist()
    [nan, nan, 65.0]
    """
    told = CountTable(name="table", frame=table, counts=tuple(counts), by=tuple(by), totals=margins)
    return Disclosure(Policy(threshold=threshold, round_to=round_to)).protect(told)[0]


def _as_it_is(table: CountTable) -> Protected:
    """Return a table of counts that are published statistics themselves."""
    hidden = pd.DataFrame(data=False, index=table.frame.index, columns=table.frame.columns)
    return Protected(table.frame.copy(), hidden, pd.DataFrame(columns=list(LOG_COLUMNS)))

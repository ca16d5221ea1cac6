"""Hide small counts in every table and between tables."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from eh_access.errors import EhAccessError, InputError
from eh_access.privacy.policy import Policy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Key = tuple[str, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]


@dataclass(frozen=True, kw_only=True)
class Share:
    """How a column of shares follows from counts; it is worked out anew from what is shown.

    Parameters
    ----------
    of
        The column counted.
    base
        The column it is a share of.
    less
        A column to take off first: a change between two shares.
    """

    of: str
    base: str
    less: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class CountTable:
    """A table about to be published, and what adds up in it.

    Parameters
    ----------
    name
        For the log.
    frame
        Its rows, before any rounding.
    counts
        Columns of counts of people.
    by
        Key columns over which rows add up: ``("ward",)``.
    totals
        In a key column, marks the row of all.
    apart
        Key columns over which nothing adds up, such as the mode.
    scenario
        The one of ``apart`` that tells scenarios apart: the same count in two of them is looked
        at for small differences.
    fixed
        Counts that do not depend on some of ``apart``: ``{"weight": ("scenario", "mode")}``.
    parts
        Columns that are parts of another, in one way or several:
        ``{"weight": (("loses", "gains", "unchanged"), ("within",))}``. Parts may leave a rest.
    twins
        Pairs of columns that are one count before and after.
    shares
        Columns of shares.
    rests
        Other columns of figures and the counts they rest on, the base last; hidden where one of
        those is, or the base is small.
    structural
        bool, index and columns of ``frame``: counts that are 0 because nobody could be counted.
    own
        Counts of a user's own: never exempt, whatever the policy.
    """

    name: str
    frame: pd.DataFrame
    counts: tuple[str, ...]
    by: tuple[str, ...] = ()
    totals: str = "all"
    apart: tuple[str, ...] = ()
    scenario: str = ""
    fixed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    twins: tuple[tuple[str, str], ...] = ()
    shares: Mapping[str, Share] = field(default_factory=dict)
    rests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    structural: pd.DataFrame | None = None
    own: bool = False

    def __post_init__(self) -> None:
        named = {*self.counts, *self.by, *self.apart, *self.shares, *self.rests}
        faults = [
            f"table '{self.name}' has no column '{column}'"
            for column in sorted(named - set(self.frame.columns))
        ]
        if not faults:
            faults = list(self._bad_values())
        if faults:
            raise InputError(faults)

    def _bad_values(self) -> Iterator[str]:
        for column in self.counts:
            values = self.frame[column].to_numpy(dtype=np.float64)
            if not (np.isfinite(values) & (values >= 0)).all():
                yield f"table '{self.name}', column '{column}': counts must be 0 or more"
        keys = [*self.apart, *self.by]
        if keys and self.frame.duplicated(keys).any():
            yield f"table '{self.name}': two rows have the same {', '.join(keys)}"

    @property
    def rows(self) -> list[dict[Hashable, object]]:
        """Its rows, each by column."""
        return self.frame.to_dict(orient="records")

    def key(self, column: str, row: Mapping[Hashable, object]) -> Key:
        """Return what a count is of, the same wherever it is published."""
        gone = self.fixed.get(column, ())
        told = tuple((name, str(row[name])) for name in sorted(self.apart) if name not in gone)
        where = tuple(
            (name, str(row[name])) for name in sorted(self.by) if str(row[name]) != self.totals
        )
        return column, told, where


@dataclass(frozen=True, kw_only=True)
class Nest:
    """Areas that lie wholly in others.

    Parameters
    ----------
    inner, outer
        Key columns of tables.
    outer_of
        By label of the inner: the label of the outer.
    """

    inner: str
    outer: str
    outer_of: Mapping[str, str]


ROUNDS = 4
INFEASIBLE = 2
UNBOUNDED = 3


@dataclass(frozen=True)
class Line:
    """Cells of which the first is the sum of the others."""

    total: int  # number of a cell
    parts: tuple[int, ...]  # numbers of cells

    @property
    def cells(self) -> tuple[int, ...]:
        """All of them, the total first."""
        return (self.total, *self.parts)


@dataclass(frozen=True)
class Secret:
    """A quantity that must not be worked out: one cell, or one less another."""

    plus: int  # numbers of cells; ``minus`` -1 for none
    minus: int = -1

    @property
    def cells(self) -> tuple[int, ...]:
        """The cells it is of."""
        return (self.plus,) if self.minus < 0 else (self.plus, self.minus)


@dataclass(frozen=True, eq=False)
class Puzzle:
    """What a reader does not know, and what ties it together."""

    unknown: tuple[int, ...]  # numbers of hidden cells that depend on one another
    lines: tuple[Line, ...]  # the lines they are in
    lows: Floats  # what is known of each anyhow
    highs: Floats
    # of all cells. Those not among the unknown are known to the last digit: what rounding hides
    # besides is not counted on
    values: Sequence[float]

    def ranges(self, secrets: Sequence[Secret], enough: float) -> Iterator[tuple[Secret, Line]]:
        """Yield each secret that can be bounded too closely, with a line that bounds it."""
        seen = self._glances(secrets)
        for secret in secrets:
            low, high = seen[secret]
            if high - low >= enough:
                continue
            cost = self._cost({secret: 1.0})
            least, most = self._solve(cost), self._solve(-cost)
            if (-most[0]) - least[0] >= enough - 1e-6:
                continue
            pull = np.maximum(np.abs(least[2]), np.abs(most[2]))
            # of equal pulls the line that comes first, so that two runs hide the same
            at = int(np.argmax(np.round(pull, 6))) if len(pull) else 0
            yield secret, self.lines[at]

    def bounds(self, secret: Secret) -> tuple[float, float]:
        """Return the least and the most a secret can be."""
        cost = self._cost({secret: 1.0})
        known = sum(
            sign * self.values[cell]
            for cell, sign in zip(secret.cells, (1, -1), strict=False)
            if cell not in self.unknown
        )
        return self._solve(cost)[0] + known, -self._solve(-cost)[0] + known

    def _glances(self, secrets: Sequence[Secret]) -> dict[Secret, tuple[float, float]]:
        """Return ranges seen on a few looks that move all secrets at once: most are wide enough."""
        seen = dict.fromkeys(secrets, (np.inf, -np.inf))
        signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(ROUNDS, len(secrets)))
        for row in [*signs, *-signs] if len(secrets) > ROUNDS else []:
            cost = self._cost(dict(zip(secrets, row, strict=True)))
            point = self._solve(cost)[1]
            if point is None:
                continue
            for secret in secrets:
                value = float(self._cost({secret: 1.0}) @ point)
                low, high = seen[secret]
                seen[secret] = (min(low, value), max(high, value))
        return seen

    def _cost(self, factors: Mapping[Secret, float]) -> Floats:
        cost = np.zeros(len(self.unknown))
        place = {cell: number for number, cell in enumerate(self.unknown)}
        for secret, factor in factors.items():
            for cell, sign in zip(secret.cells, (1.0, -1.0), strict=False):
                if cell in place:
                    cost[place[cell]] += sign * factor
        return cost

    def _solve(self, cost: Floats) -> tuple[float, Floats | None, Floats]:
        """Return the least of a cost, where it is reached, and how hard each line pulls."""
        matrix, sums = self._system()
        told = linprog(
            cost,
            A_eq=matrix if len(self.lines) else None,
            b_eq=sums if len(self.lines) else None,
            bounds=np.stack([self.lows, self.highs], axis=1),
            method="highs",
        )
        if told.status == UNBOUNDED:
            return -np.inf, None, np.zeros(len(self.lines))
        if told.x is None:
            raise EhAccessError(
                "the tables to be protected contradict one another: rows do not add up to their "
                "totals; check them"
            )
        pull = told.eqlin.marginals if len(self.lines) else np.zeros(0)
        return float(told.fun), np.asarray(told.x), np.asarray(pull)

    def _system(self) -> tuple[sparse.csr_array, Floats]:
        place = {cell: number for number, cell in enumerate(self.unknown)}
        rows, columns, factors = [], [], []
        sums = np.zeros(len(self.lines))
        for number, line in enumerate(self.lines):
            for cell, sign in zip(line.cells, (1.0, *([-1.0] * len(line.parts))), strict=True):
                if cell in place:
                    rows.append(number)
                    columns.append(place[cell])
                    factors.append(sign)
                else:
                    sums[number] -= sign * self.values[cell]
        shape = (len(self.lines), len(self.unknown))
        return sparse.csr_array((factors, (rows, columns)), shape=shape), sums


SAME = 1e-6
"""Sums of weights that differ by no more than this are the same."""

SMALL = "small"
NONE = "none"
CHANGE = "difference"
WORKED_OUT = "worked out"
UNPUBLISHED = "unpublished"


@dataclass(eq=False)
class Ledger:
    """Every cell of every table seen so far, whether it is shown, and what adds up to what."""

    policy: Policy  # the rules
    keys: dict[Hashable, int] = field(default_factory=dict)
    values: list[float] = field(default_factory=list)
    status: list[str] = field(default_factory=list)
    exempt: list[bool] = field(default_factory=list)
    frozen: list[bool] = field(default_factory=list)
    lines: dict[Line, None] = field(default_factory=dict)
    pairs: dict[tuple[int, int], None] = field(default_factory=dict)

    def add(self, key: Hashable, value: float, *, structural: bool = False) -> int:
        """Add a cell that is to be published, or find it; return its number."""
        number = self.keys.get(key)
        if number is None:
            number = self._new(value, "")
            self.keys[key] = number
            self.exempt[number] = structural
        elif abs(self.values[number] - value) > SAME * max(abs(value), 1.0):
            raise InputError(f"one count has two values, in two places: {key}; check the tables")
        elif self.status[number] == UNPUBLISHED:
            self.status[number] = ""
        return number

    def add_unpublished(self, key: Hashable, value: float) -> int:
        """Add a cell that no table shows but the others imply, or find it; return its number."""
        number = self.keys.get(key)
        if number is None:
            number = self._new(value, UNPUBLISHED)
            self.keys[key] = number
        return number

    def _new(self, value: float, status: str) -> int:
        self.values.append(float(value))
        self.status.append(status)
        self.exempt.append(False)
        self.frozen.append(False)
        return len(self.values) - 1

    def add_line(self, total: int, parts: list[int]) -> None:
        """Add what adds up; what the parts lack becomes a cell of its own."""
        parts = sorted(parts)
        rest = self.values[total] - sum(self.values[part] for part in parts)
        if rest < -SAME * max(abs(self.values[total]), 1.0):
            names = {number: key for key, number in self.keys.items()}
            raise InputError(
                f"the rows under {names[total]} add up to more than it; check the table"
            )
        if rest > SAME * max(abs(self.values[total]), 1.0):
            parts.append(self.add_unpublished(("rest", total, *parts), rest))
        if parts != [total]:
            self.lines[Line(total, tuple(parts))] = None

    def is_shown(self, number: int) -> bool:
        """Whether a cell is to be seen in a table."""
        return self.status[number] == ""

    def settle(self) -> None:
        """Hide all that must be; afterwards what is shown stays shown."""
        for number, value in enumerate(self.values):
            if self.is_shown(number) and not self.frozen[number]:
                self.status[number] = self._own_reason(number, value)
        for earlier, later in self.pairs:
            if self._is_small(self.values[earlier] - self.values[later]):
                shown = [
                    number
                    for number in (later, earlier)
                    if self.is_shown(number) and not self.frozen[number]
                ]
                if self.is_shown(earlier) and self.is_shown(later) and shown:
                    self.status[shown[0]] = CHANGE
        self._no_lone_cells()
        self._no_secret_told()
        self.frozen = [frozen or self.is_shown(n) for n, frozen in enumerate(self.frozen)]

    def _own_reason(self, number: int, value: float) -> str:
        if self.exempt[number] and value == 0:
            return ""
        if value == 0:
            return "" if self.policy.show_zeros or self.policy.threshold == 1 else NONE
        return SMALL if value < self.policy.threshold else ""

    def _is_small(self, value: float) -> bool:
        return SAME < abs(value) < self.policy.threshold

    def secrets(self) -> list[Secret]:
        """Return what must not be worked out."""
        cells = [
            Secret(number)
            for number, value in enumerate(self.values)
            if self.status[number] in (SMALL, NONE)
            or (self.status[number] == UNPUBLISHED and self._is_small(value))
        ]
        changes = [
            Secret(later, earlier)
            for earlier, later in self.pairs
            if self._is_small(self.values[earlier] - self.values[later])
            and not (self.is_shown(earlier) and self.is_shown(later))
        ]
        return [*cells, *changes]

    def _no_lone_cells(self) -> None:
        """Hide a second cell wherever one alone is hidden: it would be what the others lack."""
        again = True
        while again:
            again = False
            for line in self.lines:
                lone = [number for number in line.cells if not self.is_shown(number)]
                if len(lone) != 1 or not self._matters(lone[0]):
                    continue
                if self._hide_one(line):
                    again = True

    def _matters(self, number: int) -> bool:
        return self.status[number] != UNPUBLISHED or self._is_small(self.values[number])

    def _hide_one(self, line: Line) -> bool:
        """Hide the least of a line's shown cells, its total only if there is no other."""
        able = [
            (number == line.total, self.values[number] == 0, self.values[number], number)
            for number in line.cells
            if self.is_shown(number) and not self.frozen[number]
        ]
        if not able:
            return False
        self.status[min(able)[-1]] = WORKED_OUT
        return True

    def _no_secret_told(self) -> None:
        """Hide more until no secret can be told more closely than the policy allows."""
        again = True
        while again:
            again = False
            for puzzle, secrets in self.puzzles():
                for _, line in puzzle.ranges(secrets, self.policy.least_range):
                    nearby = (line, *puzzle.lines)
                    if any(self._hide_one(other) for other in nearby):
                        again = True
                        break
            if again:
                self._no_lone_cells()

    def told(self) -> list[Secret]:
        """Return the secrets that what is shown tells too closely: none, unless frozen cells do."""
        return [
            secret
            for puzzle, secrets in self.puzzles()
            for secret, _ in puzzle.ranges(secrets, self.policy.least_range)
        ]

    def puzzles(self) -> Iterator[tuple[Puzzle, list[Secret]]]:
        """Yield hidden cells that hang together, each lot with its secrets."""
        secrets = self.secrets()
        unknown = [number for number in range(len(self.values)) if not self.is_shown(number)]
        ties = [*(line.cells for line in self.lines), *(secret.cells for secret in secrets)]
        group_of = _groups(unknown, ties)
        members: dict[int, list[int]] = {}
        lines: dict[int, list[Line]] = {}
        asked: dict[int, list[Secret]] = {}
        for number in unknown:
            members.setdefault(group_of[number], []).append(number)
        for line in self.lines:
            held = next((number for number in line.cells if number in group_of), None)
            if held is not None:
                lines.setdefault(group_of[held], []).append(line)
        for secret in secrets:
            held = next(number for number in secret.cells if number in group_of)
            asked.setdefault(group_of[held], []).append(secret)
        for group, some in asked.items():
            yield self._puzzle(members[group], lines.get(group, [])), some

    def _puzzle(self, members: list[int], lines: list[Line]) -> Puzzle:
        known_small = np.array([self.status[number] in (SMALL, NONE) for number in members])
        large = np.array(
            [
                self.status[number] in (CHANGE, WORKED_OUT)
                and self.values[number] >= self.policy.threshold
                for number in members
            ]
        )
        whole = all(abs(value - round(value)) <= SAME for value in self.values)
        most = self.policy.threshold - (1.0 if whole else 0.0)
        least = 1.0 if whole and self.policy.show_zeros else 0.0
        return Puzzle(
            unknown=tuple(members),
            lines=tuple(lines),
            lows=np.where(known_small, least, np.where(large, float(self.policy.threshold), 0.0)),
            highs=np.where(known_small, most, np.inf),
            values=self.values,
        )


def _groups(unknown: list[int], ties: list[tuple[int, ...]]) -> dict[int, int]:
    """Return a group for each unknown cell: those of one tie are in one group."""
    root = {number: number for number in unknown}

    def find(number: int) -> int:
        while root[number] != number:
            root[number] = root[root[number]]
            number = root[number]
        return number

    for cells in ties:
        held = [number for number in cells if number in root]
        for number in held[1:]:
            root[find(number)] = find(held[0])
    return {number: find(number) for number in unknown}


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

"""Which counts to hide so that no small one can be worked out: the cells behind every table."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.attack import Line, Puzzle, Secret
from eh_access.errors import InputError

if TYPE_CHECKING:
    from eh_access.analysis.policy import Policy

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

"""Take small figures out of the tables a study publishes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from eh_access.privacy.policy import Policy

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

PRIMARY = "primary"
BASE = "base"
DIFFERENCE = "difference"
SECONDARY = "secondary"
RESTS = "rests"
HIDDEN_COLUMNS = ("table", "cell", "figure", "rule")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Which columns of a table are figures of people."""

    # column of everybody in a row; "" for a table in which all rows are of the same people
    base: str = "weight"
    parts: tuple[str, ...] = ()  # columns of counts of some of them
    # columns of shares of them, 0 to 1; each is worked out anew from rounded counts. Where the
    # part has a column too, its name: hidden there, hidden here
    shares: Mapping[str, str] = field(default_factory=dict)
    # columns of changes of shares, and the two shares: after, before
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()  # columns after, and before, of one share or count
    whole: float = np.nan  # what ``base`` is in a table without such a column
    keys: tuple[str, ...] = ()  # columns that name a row
    scenario: str = ""  # the one of them that tells scenarios apart, "" for none
    group: str = ""  # the one of them over which rows add up, "" for none


def hide_small(
    frame: pd.DataFrame, figures: Figures, policy: Policy, *, table: str = ""
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a table as it may be published, and what was hidden in it and why."""
    empty = pd.DataFrame(columns=list(HIDDEN_COLUMNS))
    if policy.public or frame.empty:
        return frame, empty
    work = _Hiding(frame, figures, policy)
    work.settle()
    return work.shown(), work.log(table)


def blurred(share: ArrayLike, base: ArrayLike, policy: Policy) -> Floats:
    """Return shares of one group of people as they are published."""
    exact = np.asarray(share, dtype=np.float64)
    if policy.public:
        return exact
    whole = np.broadcast_to(np.asarray(base, dtype=np.float64), exact.shape)
    return policy.share(exact * whole, whole)


class _Hiding:
    """A table and the rule by which each figure is hidden."""

    def __init__(self, frame: pd.DataFrame, figures: Figures, policy: Policy) -> None:
        self.frame, self.figures, self.policy = frame.reset_index(drop=True), figures, policy
        self.keys = [key for key in figures.keys if key in frame]
        named = figures.base in frame
        whole = self.frame[figures.base] if named else pd.Series(figures.whole, self.frame.index)
        self.base = whole.to_numpy(dtype=np.float64)
        self.counts = {
            name: self.frame[name].to_numpy(dtype=np.float64) for name in self._named("parts")
        }
        self.counts |= {
            name: np.nan_to_num(self.frame[name].to_numpy(dtype=np.float64)) * self.base
            for name in self._named("shares")
        }
        self.why = {
            name: np.full(len(self.frame), "", dtype=object)
            for name in (*([figures.base] if named else []), *self.counts, *self._named("changes"))
        }

    def _named(self, kind: str) -> list[str]:
        return [name for name in getattr(self.figures, kind) if name in self.frame]

    def _hide(self, name: str, rows: Bools, rule: str) -> None:
        self.why[name][rows & (self.why[name] == "")] = rule

    def settle(self) -> None:
        """Decide what is hidden and by which rule."""
        few = self.policy.few(self.base)
        if self.figures.base in self.why:
            self._hide(self.figures.base, few, PRIMARY)
        for name, counts in self.counts.items():
            self._hide(name, few, BASE)
            small = self.policy.small(counts) | self.policy.small(self.base - counts)
            self._hide(name, small, PRIMARY)
        for after, before in self.figures.pairs:
            if after in self.counts and before in self.counts:
                differ = self.policy.small(self.counts[after] - self.counts[before])
                self._hide(after, differ & (self.why[before] == ""), DIFFERENCE)
        self._between_scenarios()
        for name in [self.figures.base, *self.counts]:
            if name in self.why and self.figures.group in self.keys:
                self._second(name)
        self._hide_dependants()

    def _hide_dependants(self) -> None:
        """Hide shares with their parts, and changes with their shares."""
        for share, part in self.figures.shares.items():
            if share in self.why and part in self.why:
                self._hide(share, self.why[part] != "", RESTS)
                self._hide(part, self.why[share] != "", RESTS)
        for change, both in self.figures.changes.items():
            for share in both:
                if change in self.why and share in self.why:
                    self._hide(change, self.why[share] != "", RESTS)

    def _between_scenarios(self) -> None:
        """Hide the later of two scenarios' counts that differ by few."""
        if self.figures.scenario not in self.keys:
            return
        for rows in self._alike_but(self.figures.scenario):
            for name, counts in self.counts.items():
                for place, later in enumerate(rows):
                    gaps = counts[rows[:place]] - counts[later]
                    earlier = self.why[name][rows[:place]] == ""
                    if (self.policy.small(gaps) & earlier).any():
                        self._hide(name, self._all() == later, DIFFERENCE)

    def _alike_but(self, key: str) -> Iterable[Any]:
        """Return sets of rows that differ in one key alone."""
        same = [other for other in self.keys if other != key]
        return self.frame.groupby(same, sort=False).indices.values() if same else [self._all()]

    def _all(self) -> NDArray[np.intp]:
        return np.arange(len(self.frame))

    def _second(self, name: str) -> None:
        """Hide a second figure where one hidden figure follows from a total."""
        values = self.base if name == self.figures.base else self.counts[name]
        for rows in self._alike_but(self.figures.group):
            gone = self.why[name][rows] != ""
            if gone.sum() != 1 or len(rows) < 2:  # noqa: PLR2004 - one row adds up to nothing
                continue
            rest = rows[~gone]
            eligible = rest[values[rest] > 0] if (values[rest] > 0).any() else rest
            chosen = eligible[int(np.argmin(values[eligible]))]
            self._hide(name, self._all() == chosen, SECONDARY)

    def shown(self) -> pd.DataFrame:
        """Return the table without the hidden figures."""
        table = self.frame.copy()
        base, policy = self.figures.base, self.policy
        for name in self._named("parts"):
            table[name] = policy.shown(self.counts[name])
        for name in self._named("shares"):
            # one that was hidden before stays so: it is no share of nobody
            shares = policy.share(self.counts[name], self.base)
            table[name] = np.where(self.frame[name].isna(), np.nan, shares)
        for change, (after, before) in self.figures.changes.items():
            if change in table:
                table[change] = table[after] - table[before]
        if base in self.why:
            table[base] = policy.shown(self.base)
        for name, why in self.why.items():
            table[name] = table[name].astype(float).where(why == "")
        return table.set_axis(self.frame.index)

    def log(self, table: str) -> pd.DataFrame:
        """Return what was hidden and why."""
        keys = self.frame[self.keys].astype(str)
        cells = keys.agg(", ".join, axis=1) if self.keys else None
        figures: dict[tuple[str, str], list[str]] = {}
        for name, why in self.why.items():
            for row in np.flatnonzero(why != ""):
                cell = "all" if cells is None else str(cells[row])
                figures.setdefault((cell, why[row]), []).append(name)
        rows = [(table, cell, "; ".join(names), rule) for (cell, rule), names in figures.items()]
        return pd.DataFrame(rows, columns=list(HIDDEN_COLUMNS))


def joined_logs(logs: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return several logs as one."""
    some = [log for log in logs if len(log)]
    empty = pd.DataFrame(columns=list(HIDDEN_COLUMNS))
    return pd.concat(some, ignore_index=True).drop_duplicates() if some else empty

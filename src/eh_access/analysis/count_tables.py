"""Tables that are about to be published, and what adds up in them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from eh_access.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

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

"""Counts by area, made safe: small ones pooled so that not one of them can be worked out.

What a reader is taken to know: every published figure, this file, and which areas were pooled. A
pool of two areas that comes to 18 would tell two nines; so a pool must leave every count in it a
range of at least half the threshold, or the larger areas of its ward join it, or it is left out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eh_access.study.schema import DisclosureSettings

PRIMARY = "primary"
SECONDARY = "secondary"
LEFT_OUT = "left out"


@dataclass(frozen=True, eq=False, kw_only=True)
class SafeCounts:
    """Counts by area that may be published.

    Parameters
    ----------
    counts
        By area, in the order given; 0 where they stay hidden.
    rules
        By area: why its own count is not shown (`PRIMARY`, `SECONDARY`, `LEFT_OUT`), or "" where it
        is, rounded. Primary and secondary look alike in ``counts``; for the log, which must not
        tell them apart, use `told`.
    pooled, hidden
        How many areas were pooled with others, and how many stay hidden.
    """

    counts: pd.Series
    rules: pd.Series
    pooled: int
    hidden: int

    @property
    def sha256(self) -> str:
        """Digest of the counts as published: a digest of the exact ones could be guessed at."""
        text = "".join(f"{area} {count!r}\n" for area, count in self.counts.items())
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def total(self) -> int:
        """Their sum."""
        return round(float(self.counts.sum()))

    def told(self) -> Iterator[tuple[str, str]]:
        """Yield each area whose count is not shown by itself, and whether pooled or left out."""
        for area, rule in self.rules.items():
            if rule:
                yield str(area), "left out" if rule == LEFT_OUT else "pooled"


@dataclass(eq=False)
class _Pooling:
    """The work in hand: what is settled, and what is left."""

    counts: pd.Series
    ward: pd.Series
    rules: DisclosureSettings
    least: float
    found: pd.Series
    why: pd.Series
    left: list[str] = field(default_factory=list)

    def pool(self, lots: list[list[str]]) -> bool:
        """Pool lots of small areas, with the larger ones of their wards where they must be.

        Parameters
        ----------
        lots
            Small areas; those of one lot are known to be fewer than the limit together.

        Returns
        -------
        bool
            False if that would tell their counts all the same, or they are too few.
        """
        small = [area for lot in lots for area in lot]
        if len(small) < 2 or self.counts[small].sum() < self.rules.hide_below:  # noqa: PLR2004
            return False
        joined: list[str] = []
        if not self._wide(lots, small):
            joined = self._larger(small)
            if not joined:
                return False
        members = [*small, *joined]
        whole = rounded(pd.Series([self.counts[members].sum()]), self.rules).iloc[0]
        self.found[members] = whole / len(members)
        self.why[small], self.why[joined] = PRIMARY, SECONDARY
        return True

    def _wide(self, lots: list[list[str]], small: list[str]) -> bool:
        """Whether each count could be anything within half the limit or more."""
        limit, step = self.rules.hide_below, self.rules.round_to
        most = (limit - 1) * len(lots)
        whole = rounded(pd.Series([self.counts[small].sum()]), self.rules).iloc[0]
        low_sum, high_sum = max(limit, whole - step / 2), whole + step / 2
        low = max(self.least, low_sum - (most - (limit - 1)))
        high = min(limit - 1, high_sum - (len(small) - 1) * self.least)
        return bool(high - low >= (limit - 1) / 2)

    def _larger(self, small: list[str]) -> list[str]:
        """Return all larger areas of the ward of small ones: the least alone could be told.

        None where they are of several wards: that they would need it says that each is nearly as
        large as a small count can be.
        """
        wards = set(self.ward[small])
        if len(wards) > 1:
            return []
        free = self.counts[self.counts >= self.rules.hide_below]
        return [area for area in free.index if self.ward[area] in wards]


def safe_counts(
    counts: pd.Series,
    wards: pd.Series | None,
    *,
    rules: DisclosureSettings,
    listed: bool = False,
) -> SafeCounts:
    """Return counts by area of which none is small, none can be worked out, and all are rounded.

    A count below the limit, nought included, is pooled with the others of its ward; where those
    together are too few, with those of all wards. What is pooled is shared out evenly, so that
    nobody can tell an area with one from an area with none. Where a pool would tell its counts all
    the same, the larger areas of its ward join it (secondary suppression).

    Parameters
    ----------
    counts
        By area.
    wards
        Ward of each area, or None.
    rules
        ``hide_below`` and ``round_to``.
    listed
        Areas are there because somebody was counted in them, and a reader knows it.

    Returns
    -------
    SafeCounts
        Each count at least ``hide_below``, an even part of a pool of at least that, or, where no
        pool comes to so many, 0.

    Examples
    --------
    >>> from eh_access.study.schema import DisclosureSettings
    >>> counts = pd.Series({"a": 23.0, "b": 7.0, "c": 6.0, "d": 0.0})
    >>> safe_counts(counts, None, rules=DisclosureSettings()).counts.tolist()
    [25.0, 5.0, 5.0, 5.0]

    Two nines make 18, which nothing else does; so the larger area joins them:

    >>> two_nines = pd.Series({"a": 23.0, "b": 9.0, "c": 9.0})
    >>> [round(n, 1) for n in safe_counts(two_nines, None, rules=DisclosureSettings()).counts]
    [13.3, 13.3, 13.3]
    """
    small = counts < rules.hide_below
    ward = pd.Series("", index=counts.index) if wards is None else wards.reindex(counts.index)
    ward = ward.astype("str").fillna("")
    work = _Pooling(
        counts=counts,
        ward=ward,
        rules=rules,
        least=1.0 if listed and (counts > 0).all() else 0.0,
        found=rounded(counts.where(~small, 0.0), rules),
        why=pd.Series("", index=counts.index, dtype=object),
    )
    groups = [list(part.index) for _, part in counts[small].groupby(ward[small], sort=True)]
    lots = [group for group in groups if not work.pool([[area] for area in group])]
    # a lot that comes to the limit would have told too much by itself; where there is such a one,
    # none of the others may be pooled, or it would be known for what it is
    failed = any(counts[lot].sum() >= rules.hide_below for lot in lots)
    if lots and (failed or not work.pool(lots)):
        work.why[[area for lot in lots for area in lot]] = LEFT_OUT
    hidden = int((work.why == LEFT_OUT).sum())
    return SafeCounts(
        counts=work.found,
        rules=work.why,
        pooled=int((work.why != "").sum()) - hidden,
        hidden=hidden,
    )


def rounded(counts: pd.Series, rules: DisclosureSettings) -> pd.Series:
    """Return counts rounded, halves up, so that the rule is the same for every count.

    Parameters
    ----------
    counts
        0 or more.
    rules
        ``round_to``.

    Returns
    -------
    Series
        Multiples of ``round_to``.
    """
    steps = np.floor(counts.to_numpy(np.float64) / rules.round_to + 0.5)
    return pd.Series(steps * rules.round_to, index=counts.index)

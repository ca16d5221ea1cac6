"""Counts by area, made safe: small ones pooled so that not one of them can be worked out.

What a reader is taken to know: every published figure, this file, every count that is not small,
and which areas have a small one. Whatever he sees, each small area could still hold any number
below the limit. So nothing here that hangs on a small count may be seen but the sum of a pool,
rounded, and that only between bounds which leave every count in it free. Which areas a pool may
have follows from which areas are small; a pool below its least sum is not shown, one above its
most is shown as the most. Both bounds follow from the number of its areas alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eh_access.study.schema import DisclosureSettings

POOLED = "pooled"
LEFT_OUT = "left out"
FEWEST = 6
"""Small areas a ward must have to be a pool by itself: of fewer, the bounds would cut too much."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SafeCounts:
    """Counts by area that may be published."""

    counts: pd.Series  # by area, in the order given; 0 where they stay hidden
    # by area: what became of a count that is small (`POOLED`, `LEFT_OUT`), or "" where its own is
    # shown, rounded
    rules: pd.Series
    pooled: int  # how many areas were pooled with others, and how many stay hidden
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
                yield str(area), str(rule)


@dataclass(frozen=True, kw_only=True)
class _Lot:
    """Small areas that are pooled together or not at all."""

    areas: pd.Index  # their ids
    top: float  # the most that a reader knows they can come to


@dataclass(frozen=True, kw_only=True)
class _Bounds:
    """Between what small counts lie."""

    most: float  # the largest small count
    least: float  # the smallest: 1 where a reader knows that somebody lives in each area, else 0

    def enough(self, areas: int) -> float:
        """Return from which sum on a pool of so many areas is shown."""
        # There, and just below, any one of them can have the most.
        return self.most + 1 + (areas - 1) * self.least

    def free(self, lots: Sequence[_Lot]) -> float:
        """Return the largest sum of some lots with which any one area can have the least."""
        short = [
            lot.top - min(lot.top, self.least + (len(lot.areas) - 1) * self.most) for lot in lots
        ]
        return sum(lot.top for lot in lots) - max(short)

    def part(
        self, counts: pd.Series, lots: Sequence[_Lot], rules: DisclosureSettings
    ) -> float | None:
        """Return the even part of each area of some lots; None where it may not be shown."""
        members = [area for lot in lots for area in lot.areas]
        enough, most = self.enough(len(members)), self.free(lots)
        whole = float(counts[members].sum())
        if most < enough or whole < enough:
            return None
        told = rounded(pd.Series([min(whole, most)]), rules).iloc[0]
        return float(told) / len(members)


def safe_counts(
    counts: pd.Series,
    wards: pd.Series | None,
    *,
    rules: DisclosureSettings,
    listed: bool = False,
) -> SafeCounts:
    """Return counts by area of which none is small, none can be worked out, and all are rounded."""
    # A count below the limit, nought included, is pooled with the others of its ward, if these
    # are six or more and together enough; the others with those of all wards, and left out where
    # these are too few. What is pooled is shared out evenly, so that nobody can tell an area with
    # one from an area with none. A pool in which nearly all counts are the largest small one is
    # shown as somewhat fewer than it is, or its sum would tell what is in it.
    small = counts < rules.hide_below
    ward = pd.Series("", index=counts.index) if wards is None else wards.reindex(counts.index)
    ward = ward.astype("str").fillna("")
    least = 1.0 if listed and (counts > 0).all() else 0.0
    bounds = _Bounds(most=rules.hide_below - 1.0, least=least)
    found = rounded(counts.where(~small, 0.0), rules)
    why = pd.Series("", index=counts.index, dtype=object)
    lots: list[_Lot] = []
    for _, ids in sorted(counts[small].groupby(ward[small]).groups.items()):
        lot = _Lot(areas=ids, top=len(ids) * bounds.most)
        part = bounds.part(counts, [lot], rules) if len(ids) >= FEWEST else None
        if part is not None:
            found[ids], why[ids] = part, POOLED
        elif len(ids) >= FEWEST:
            lots.append(replace(lot, top=bounds.enough(len(ids)) - 1))
        else:
            lots.append(lot)
    if lots:
        left = [area for lot in lots for area in lot.areas]
        part = bounds.part(counts, lots, rules)
        found[left], why[left] = part or 0.0, POOLED if part else LEFT_OUT
    hidden = int((why == LEFT_OUT).sum())
    return SafeCounts(counts=found, rules=why, pooled=int((why == POOLED).sum()), hidden=hidden)


def rounded(counts: pd.Series, rules: DisclosureSettings) -> pd.Series:
    """Return counts rounded, halves up, so that the rule is the same for every count."""
    steps = np.floor(counts.to_numpy(np.float64) / rules.round_to + 0.5)
    return pd.Series(steps * rules.round_to, index=counts.index)

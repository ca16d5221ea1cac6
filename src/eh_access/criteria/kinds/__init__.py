"""Kinds of criterion: what several share, and a file for each."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import Kind
from eh_access.measures.basic import shares_where, within

if TYPE_CHECKING:
    from eh_access.criteria.criterion import Better, Bools, Counted, Criterion, Doubles, Unit

POINTS = 100.0


def near(criterion: Criterion, figure: Doubles) -> Bools:
    """Return which origins are within the criterion's minutes of a site."""
    return within(figure, criterion.cutoff_min or np.inf)


class ByOrigin(Kind):
    """A kind that classes origins: its value is the share of those who count, near a site."""

    unit: ClassVar[Unit] = "share"
    better: ClassVar[Better] = "higher"

    def counts(self, criterion: Criterion, _before: Doubles, after: Doubles) -> Bools:
        """Return which origins count."""
        return within(after, criterion.cutoff_min or np.inf)

    def value(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the share of weight that counts."""
        return shares_where(self.counts(criterion, before, after), counted.weights)

    def evidence(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> pd.DataFrame:
        """Return what every origin has before and after, and whether it counts."""
        rows: dict[str, Doubles | Bools] = {
            "weight": counted.weights,
            f"before_{self.figure}": before,
            f"after_{self.figure}": after,
        }
        if not self.of_change:
            rows["counted_before"] = self.counts(criterion, before, before)
        rows["counts"] = self.counts(criterion, before, after)
        return pd.DataFrame(rows, index=counted.origins.index)


class Gap(Kind):
    """A kind that sets what changes for a group against what changes elsewhere."""

    better = "lower"
    of_change = True
    compares = True

    @abstractmethod
    def change(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return what changes for those who are counted."""

    @abstractmethod
    def row(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> dict[str, float]:
        """Return the figures behind it by column, ``weight`` first."""

    def value(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the difference, infinities included."""
        inside, elsewhere = (
            self.change(criterion, before, after, whom) for whom in (counted, _others(counted))
        )
        with np.errstate(invalid="ignore"):
            return np.asarray(inside - elsewhere)

    def evidence(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> pd.DataFrame:
        """Return the figures in the group and elsewhere."""
        groups = {criterion.group: counted, "elsewhere": _others(counted)}
        rows = {name: self.row(criterion, before, after, whom) for name, whom in groups.items()}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("group")


def _others(counted: Counted) -> Counted:
    """Return those outside the group in the place of those in it."""
    return replace(counted, weights=counted.elsewhere)


for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

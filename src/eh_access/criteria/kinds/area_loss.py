"""How much coverage the area loses that loses most."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import Kind, register
from eh_access.criteria.kinds import POINTS, near
from eh_access.measures.basic import rounded_to, sums_by

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.criteria.criterion import Counted, Criterion, Doubles


@register
class AreaLoss(Kind):
    """Largest fall in coverage of any area, in points; areas told apart by ``by``."""

    name = "area_loss"
    unit = "points"
    better = "lower"
    needs = ("by", "cutoff_min")
    of_change = True

    def value(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> Doubles:
        """Return the largest fall; NaN when there is no area with weight."""
        if counted.areas.empty:
            return np.full(np.broadcast_shapes(before.shape, after.shape)[:-1], np.nan)
        falls = _falls(criterion, before, after, counted)
        return np.asarray(np.maximum(falls.max(axis=-1), 0.0) * POINTS)

    def evidence(
        self, criterion: Criterion, before: Doubles, after: Doubles, counted: Counted
    ) -> pd.DataFrame:
        """Return the shares of every area before and after, the largest fall first."""
        was, now = (_shares(criterion, figure, counted) for figure in (before, after))
        falls = _falls(criterion, before, after, counted)
        load = sums_by(counted.starts, counted.weights[counted.order])
        names = area_names(counted.origins, criterion.by or "area_id")
        rows = pd.DataFrame(
            {
                "name": [names.get(area, str(area)) for area in counted.areas],
                "weight": load,
                "share_before": was,
                "share_after": now,
                "fall_points": falls * POINTS,
            },
            index=counted.areas.rename(criterion.by),
        )
        return rows.iloc[np.argsort(-falls, kind="stable")]


def _falls(criterion: Criterion, before: Doubles, after: Doubles, counted: Counted) -> Doubles:
    """Return by how much the share served falls in each area."""
    was, now = (
        _shares(criterion, figure, counted, round_to=counted.round_to) for figure in (before, after)
    )
    return was - now


def _shares(
    criterion: Criterion, figure: Doubles, counted: Counted, *, round_to: float = 0.0
) -> Doubles:
    """Return the share served in each area."""
    load = counted.weights[..., counted.order]
    held = np.where(near(criterion, figure)[..., counted.order], load, 0.0)
    whole = sums_by(counted.starts, load)
    part = sums_by(counted.starts, held)
    if round_to > 0:
        part, whole = (rounded_to(round_to, counts) for counts in (part, whole))
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def area_names(origins: gpd.GeoDataFrame, by: str) -> dict[Hashable, str]:
    """Return the names of areas that a column of origins tells apart."""
    column = f"{by.removesuffix('_code').removesuffix('_id')}_name"
    if column not in origins.columns:
        return {}
    pairs = origins[[by, column]].dropna().drop_duplicates(by)
    return {code: str(name) for code, name in zip(pairs[by], pairs[column], strict=True)}

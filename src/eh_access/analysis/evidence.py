"""The rows behind a verdict, so that anybody can work its value out again."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.arrays import HALF_DECISECOND_MIN, change_of, mean_of, sums_by
from eh_access.analysis.readings import POINTS, area_shares, served

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.analysis.question import Question

_SUFFIX = {"coverage_distance": "m", "hours_reachable": "hours"}


def evidence_of(
    question: Question,
    origins: gpd.GeoDataFrame,
    *,
    before: NDArray[np.float64],
    after: NDArray[np.float64],
) -> pd.DataFrame:
    """Return the rows behind a verdict."""
    criterion, base = question.criterion, question.base
    if criterion.measure == "area_loss":
        return _by_area(question, origins, before, after)
    if criterion.measure == "group_gap":
        return _by_group(question, before, after)
    unit = _SUFFIX.get(criterion.measure, "min")
    rows = pd.DataFrame(
        {"weight": base.weights, f"before_{unit}": before, f"after_{unit}": after},
        index=origins.index,
    )
    if criterion.measure == "added_time":
        change = change_of(before, after)
        more = change > (criterion.added_min or 0.0) + HALF_DECISECOND_MIN
        return rows.assign(change_min=change, counts=more)
    return rows.assign(counted_before=served(criterion, before), counts=served(criterion, after))


def _by_area(
    question: Question,
    origins: gpd.GeoDataFrame,
    before: NDArray[np.float64],
    after: NDArray[np.float64],
) -> pd.DataFrame:
    criterion, base = question.criterion, question.base
    was = area_shares(criterion, before, base)
    now = area_shares(criterion, after, base)
    load = sums_by(base.starts, base.weights[base.order])
    policy = base.policy
    names = area_names(origins, criterion.by or "area_id")
    rows = pd.DataFrame(
        {
            "name": [names.get(area, str(area)) for area in base.areas],
            "weight": policy.shown(load),
            "share_before": policy.share(was * load, load),
            "share_after": policy.share(now * load, load),
            "fall_points": policy.points((was - now) * POINTS),
        },
        index=base.areas.rename(criterion.by),
    )
    return rows.iloc[np.argsort(now - was, kind="stable")]  # by the exact falls, the worst first


def _by_group(
    question: Question, before: NDArray[np.float64], after: NDArray[np.float64]
) -> pd.DataFrame:
    base = question.base
    reached = np.isfinite(before) | np.isfinite(after)
    change = change_of(before, after)
    rows = []
    for weights in (base.weights, base.elsewhere):
        asked = np.where(reached, weights, 0.0)
        rows.append(
            {
                "weight": float(asked.sum()),
                "mean_before_min": mean_of(before, asked),
                "mean_after_min": mean_of(after, asked),
                "mean_change_min": mean_of(change, asked),
            }
        )
    index = pd.Index([question.criterion.group, "elsewhere"], name="group")
    return pd.DataFrame(rows, index=index)


def area_names(origins: gpd.GeoDataFrame, by: str) -> dict[Hashable, str]:
    """Return the names of areas that a column of origins tells apart."""
    column = f"{by.removesuffix('_code').removesuffix('_id')}_name"
    if column not in origins.columns:
        return {}
    pairs = origins[[by, column]].dropna().drop_duplicates(by)
    return {code: str(name) for code, name in zip(pairs[by], pairs[column], strict=True)}

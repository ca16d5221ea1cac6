"""The figures printed about groups of people: how many, how long before and after, who loses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from eh_access.analysis.arrays import within

if TYPE_CHECKING:
    from eh_access.analysis.comparison import Comparison


def facts(
    comparison: Comparison, by: pd.Series | None = None, *, cutoff_min: float
) -> pd.DataFrame:
    """Return a comparison's summary with the share within a cutoff beside it."""
    summary = comparison.summary(by)
    frame = comparison.frame
    weight = frame["weight"].to_numpy(dtype=float)
    together = pd.Series("all", index=frame.index)
    group = (together if by is None else by).reindex(frame.index)
    near = pd.DataFrame(
        {
            f"within_{when}": weight * within(frame[f"{when}_min"].to_numpy(), cutoff_min)
            for when in ("before", "after")
        },
        index=frame.index,
    )
    found = summary.join(near.groupby(group.to_numpy(), dropna=False).sum())
    whole = found["weight"].where(found["weight"] > 0)
    for when in ("before", "after"):
        found[f"within_share_{when}"] = found[f"within_{when}"] / whole
    found["within_share_change"] = found["within_share_after"] - found["within_share_before"]
    return found

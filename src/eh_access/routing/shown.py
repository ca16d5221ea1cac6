"""What travel times show of themselves in a notebook."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from eh_access import _html

if TYPE_CHECKING:
    from eh_access.routing.types import TravelTimes

BINS_MIN = (0, 5, 10, 15, 20, 25, 30, 45, 60)


def times_html(times: TravelTimes) -> str:
    """Return how many, by what mode, how many are reached, and how far the nearest is.

    Parameters
    ----------
    times
        Any travel times, empty ones too.

    Returns
    -------
    str
        HTML, everything in it escaped.
    """
    origins, sites = times.minutes.shape
    size = f"TravelTimes: {origins:,} origins by {sites:,} sites, {times.mode.label}"
    parts = [_html.paragraph(size, strong=True)]
    if times.estimated:
        parts.append(_html.paragraph(_html.INDICATIVE, strong=True))
    if not origins:
        return "".join([*parts, _html.paragraph("There are no origins.")])
    nearest = times.nearest()["minutes"].to_numpy()
    reached = float(np.isfinite(nearest).mean())
    counts = np.histogram(nearest[np.isfinite(nearest)], bins=[*BINS_MIN, np.inf])[0]
    labels = [f"{low}-{high}" for low, high in pairwise(BINS_MIN)]
    says = (
        f"{reached:.1%} of origins reach a site within {times.cutoff_min:g} minutes; "
        "each weighs one here."
    )
    shares = [*(counts / origins).tolist(), 1.0 - reached]
    return "".join(
        [
            *parts,
            _html.paragraph(says),
            _html.bars([*labels, f"{BINS_MIN[-1]}+", "none"], shares, says=says),
            _html.paragraph(f"Minutes to the nearest site, share of origins. How: {times.method}"),
        ]
    )

"""What travel times show of themselves in a notebook."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from eh_access import _html

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.routing.types import TravelTimes

HEAD = 3
NOBODY = "There are no origins."
BINS_MIN = (0, 5, 10, 15, 20, 25, 30, 45, 60)


def times_html(times: TravelTimes) -> str:
    """Return how many, by what mode, how many are reached, and how far the nearest is."""
    origins = len(times.origin_ids)
    parts = [_html.paragraph(_size(times), strong=True)]
    if times.estimated:
        parts.append(_html.paragraph(_html.INDICATIVE, strong=True))
    if not origins:
        return "".join([*parts, _html.paragraph(NOBODY)])
    nearest = times.nearest()["minutes"].to_numpy()
    reached, says = _reached(times, nearest)
    counts = np.histogram(nearest[np.isfinite(nearest)], bins=[*BINS_MIN, np.inf])[0]
    labels = [f"{low}-{high}" for low, high in pairwise(BINS_MIN)]
    shares = [*(counts / origins).tolist(), 1.0 - reached]
    return "".join(
        [
            *parts,
            _html.paragraph(says),
            _html.bars([*labels, f"{BINS_MIN[-1]}+", "none"], shares, says=says),
            _html.paragraph(f"Minutes to the nearest site, share of origins. How: {times.method}"),
        ]
    )


def times_text(times: TravelTimes) -> str:
    """Return the same as plain text, short: size, mode, share reached, the first origins."""
    lines = [_size(times), *([_html.INDICATIVE] if times.estimated else [])]
    if not len(times.origin_ids):
        return "\n".join([*lines, NOBODY])
    nearest = times.nearest()
    lines.append(_reached(times, nearest["minutes"].to_numpy())[1])
    return "\n".join([*lines, "The nearest:", *_html.head(nearest, HEAD)])


def _size(times: TravelTimes) -> str:
    origins, sites = times.minutes.shape
    return f"TravelTimes: {origins:,} origins by {sites:,} sites, {times.mode.label}"


def _reached(times: TravelTimes, nearest_min: NDArray[np.float32]) -> tuple[float, str]:
    """Return the share of origins that reach a site, and the sentence that says so."""
    share = float(np.isfinite(nearest_min).mean())
    says = f"{share:.1%} of origins reach a site within {times.cutoff_min:g} minutes"
    return share, f"{says}; each weighs one here."

"""Snapping 100,000 points to Newport's streets: our grid beside shapely's R-tree.

``python benchmarks/snapping.py`` prints the rows; ``snapping_rows`` gives them to the page.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import shapely

import eh_access as eh
from eh_access.network.cost import edge_cost

POINTS = 100_000
SPREAD_M = 60.0
OUR_REPEATS, THEIR_REPEATS = 15, 3
BAR = 20.0


def timed(work: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Return the median seconds some work took, and its last result."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def points_near(network: eh.Network) -> np.ndarray:
    """Return points scattered round the bends of streets, in no order."""
    rng = np.random.default_rng(20181022)
    at = rng.integers(0, len(network.geometry_xy), POINTS)
    scattered: np.ndarray = network.geometry_xy[at] + rng.normal(0.0, SPREAD_M, (POINTS, 2))
    return scattered


def usable_lines(network: eh.Network, mode: eh.TravelMode) -> np.ndarray:
    """Return the lines a point may be placed on, as shapely draws them."""
    owner = np.repeat(np.arange(network.edge_count), np.diff(network.geometry_start))
    lines: np.ndarray = shapely.linestrings(network.geometry_xy, indices=owner)
    return lines[edge_cost(network, mode).main]


def snapping_rows() -> list[tuple[str, str, str]]:
    """Return rows of what was timed, how long it took, and the bar."""
    network, mode = eh.read_network("newport"), eh.WALK
    xy = points_near(network)
    points, lines = shapely.points(xy), usable_lines(network, mode)
    eh.snap(xy[:1], eh.read_network("newport"), mode)  # compiles, if nothing has
    first_s, _ = timed(lambda: eh.snap(xy[:1], network, mode, max_offset_m=np.inf), 1)
    ours_s, ours = timed(lambda: eh.snap(xy, network, mode, max_offset_m=np.inf), OUR_REPEATS)
    build_s, tree = timed(lambda: shapely.STRtree(lines), THEIR_REPEATS)
    near_s, near = timed(lambda: tree.nearest(points), THEIR_REPEATS)
    whole_s, away = timed(
        lambda: (
            shapely.distance(points, lines[near]),
            shapely.line_locate_point(lines[near], points, normalized=True),
        ),
        THEIR_REPEATS,
    )
    ratio, verdict = near_s / ours_s, "met" if near_s / ours_s >= BAR else "missed"
    return [
        (f"snap {POINTS:,} points, {mode.label}", f"{ours_s * 1e3:,.0f} ms", ""),
        ("lay the grid, once for a network", f"{first_s * 1e3:,.0f} ms", ""),
        ("shapely `STRtree.nearest`: the edge alone", f"{near_s * 1e3:,.0f} ms", ""),
        ("shapely, with offset and place on the edge", f"{(near_s + whole_s) * 1e3:,.0f} ms", ""),
        ("shapely, building the tree", f"{build_s * 1e3:,.1f} ms", ""),
        ("as fast as `STRtree.nearest`", f"{ratio:,.0f} x", f"{BAR:g} x: {verdict}"),
        ("largest difference in offset", f"{np.abs(away[0] - ours.offset_m).max():.1e} m", "0"),
    ]


if __name__ == "__main__":
    for row in snapping_rows():
        print(" | ".join(row))
    sys.exit(0)

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


def points_anywhere(network: eh.Network) -> np.ndarray:
    """Return points spread evenly over the box of the streets, farms and water too."""
    rng = np.random.default_rng(20181022)
    low, high = network.geometry_xy.min(axis=0), network.geometry_xy.max(axis=0)
    spread: np.ndarray = rng.uniform(low, high, (POINTS, 2))
    return spread


def snapping_rows() -> list[tuple[str, str, str]]:
    """Return rows of what was timed, how long it took, and the bar."""
    network, mode = eh.read_network("newport"), eh.WALK
    lines = usable_lines(network, mode)
    near, anywhere = points_near(network), points_anywhere(network)
    eh.snap(near[:1], eh.read_network("newport"), mode)  # compiles, if nothing has
    first_s, _ = timed(lambda: eh.snap(near[:1], network, mode, max_offset_m=np.inf), 1)
    build_s, tree = timed(lambda: shapely.STRtree(lines), THEIR_REPEATS)
    return [
        ("lay the grid, once for a network", f"{first_s * 1e3:,.0f} ms", ""),
        ("shapely, building the tree", f"{build_s * 1e3:,.1f} ms", ""),
        *_beside("round bends of streets", near, network, mode, (tree, lines)),
        *_beside(
            "evenly over the box, farms and water too", anywhere, network, mode, (tree, lines)
        ),
    ]


def _beside(
    where: str,
    xy: np.ndarray,
    network: eh.Network,
    mode: eh.TravelMode,
    theirs: tuple[shapely.STRtree, np.ndarray],
) -> list[tuple[str, str, str]]:
    """Return the rows of one kind of points."""
    points, (tree, lines) = shapely.points(xy), theirs
    ours_s, ours = timed(lambda: eh.snap(xy, network, mode, max_offset_m=np.inf), OUR_REPEATS)
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
        (f"snap {POINTS:,} points {where}, {mode.label}", f"{ours_s * 1e3:,.0f} ms", ""),
        ("shapely `STRtree.nearest`: the edge alone", f"{near_s * 1e3:,.0f} ms", ""),
        ("shapely, with offset and place on the edge", f"{(near_s + whole_s) * 1e3:,.0f} ms", ""),
        ("as fast as `STRtree.nearest`", f"{ratio:,.0f} x", f"{BAR:g} x: {verdict}"),
        ("largest difference in offset", f"{np.abs(away[0] - ours.offset_m).max():.1e} m", "0"),
    ]


if __name__ == "__main__":
    for row in snapping_rows():
        print(" | ".join(row))
    sys.exit(0)

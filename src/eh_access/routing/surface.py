"""Paint reached streets on a raster: how far each place is from the edge.

Imported inside the functions that use it, because it loads numba (see ``eh_access.compiled``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from eh_access.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit()
def trace(
    edges: NDArray[np.int64],
    spans: tuple[NDArray[np.float64], ...],
    starts: NDArray[np.int64],
    segments: tuple[NDArray[np.float64], ...],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both ends of the straight pieces of spans of edges, and the minutes there."""
    # A span runs from one share of its edge's line to another; it has minutes at its begin, and
    # minutes that a whole edge takes.
    firsts, lasts, begin_min, edge_min = spans
    ends, before_m, length_m, drawn_m = segments
    most = (starts[edges + 1] - starts[edges]).sum()
    traced, minutes = np.empty((most, 4)), np.empty((most, 2))
    count = 0
    for span in range(len(edges)):
        edge, first, last = edges[span], firsts[span], lasts[span]
        low, high = min(first, last), max(first, last)
        for segment in range(starts[edge], starts[edge + 1]):
            before, length = before_m[segment], length_m[segment]
            begin = min(max(before / drawn_m[edge], low), high)
            end = min(max((before + length) / drawn_m[edge], low), high)
            if length == 0.0 or begin >= end:
                continue
            if first > last:
                begin, end = end, begin
            x, y = ends[segment, 0], ends[segment, 1]
            step_x, step_y = ends[segment, 2] - x, ends[segment, 3] - y
            for place, share in enumerate((begin, end)):
                along = (share * drawn_m[edge] - before) / length
                traced[count, 2 * place] = x + along * step_x
                traced[count, 2 * place + 1] = y + along * step_y
                minutes[count, place] = begin_min[span] + abs(share - first) * edge_min[span]
            count += 1
    return traced[:count], minutes[:count]


@njit()
def paint(  # noqa: PLR0913, PLR0917 - a kernel takes plain arrays
    surface: NDArray[np.float64],
    corner: tuple[float, float],
    cell_m: float,
    ends: NDArray[np.float64],
    minutes: NDArray[np.float64],
    span_min: tuple[float, float],
    reach: tuple[float, float, float, float],
) -> None:
    """Lower a surface to the metres between each place and the rim of what pieces reach."""
    # Off the street one may go as far as the time left allows, which shrinks evenly along a
    # piece. A place's value is the least, over all places on all pieces, of its distance less the
    # radius there: below 0 inside, above 0 outside.
    rows, columns = surface.shape
    cutoff_min, walk_m_per_min, most_m, beyond = reach
    for number in range(len(ends)):
        begin, end = minutes[number, 0], minutes[number, 1]
        if begin > span_min[1] or end < span_min[0]:
            continue
        ax, ay = ends[number, 0] - corner[0], ends[number, 1] - corner[1]
        along_x, along_y = ends[number, 2] - ends[number, 0], ends[number, 3] - ends[number, 1]
        if end > begin:  # a piece that takes no time is either in or out as a whole
            first = (max(begin, span_min[0]) - begin) / (end - begin)
            share = (min(end, span_min[1]) - begin) / (end - begin) - first
            ax, ay = ax + first * along_x, ay + first * along_y
            along_x, along_y = share * along_x, share * along_y
            begin, end = max(begin, span_min[0]), min(end, span_min[1])
        radius = min(max((cutoff_min - begin) * walk_m_per_min, 0.0), most_m)
        last_radius = min(max((cutoff_min - end) * walk_m_per_min, 0.0), most_m)
        length = math.hypot(along_x, along_y)
        shrink = (radius - last_radius) / length if length > 0.0 else 0.0
        # With a radius that shrinks, the best place to leave the street lies before the nearest
        # one by `lean` metres for each metre of distance from it (set the derivative to zero);
        # if it shrinks as fast as one walks, the best place is the very beginning.
        lean = shrink / math.sqrt(1.0 - shrink * shrink) if shrink < 1.0 else math.inf
        unit_x = along_x / length if length > 0.0 else 0.0
        unit_y = along_y / length if length > 0.0 else 0.0
        margin = radius + beyond
        first_row = max(0, math.ceil((ay + min(0.0, along_y) - margin) / cell_m))
        last_row = min(rows - 1, math.floor((ay + max(0.0, along_y) + margin) / cell_m))
        first_column = max(0, math.ceil((ax + min(0.0, along_x) - margin) / cell_m))
        last_column = min(columns - 1, math.floor((ax + max(0.0, along_x) + margin) / cell_m))
        for row in range(first_row, last_row + 1):
            off_y = row * cell_m - ay
            for column in range(first_column, last_column + 1):
                off_x = column * cell_m - ax
                nearest = off_x * unit_x + off_y * unit_y
                if shrink > 0.0:
                    across = abs(off_y * unit_x - off_x * unit_y)
                    nearest = nearest - across * lean if shrink < 1.0 else 0.0
                leave = min(max(nearest, 0.0), length)
                away_x, away_y = off_x - leave * unit_x, off_y - leave * unit_y
                away = away_x * away_x + away_y * away_y
                # compared squared, because most streets lie behind others and change nothing
                nearer_than = surface[row, column] + radius - shrink * leave
                if nearer_than > 0.0 and away < nearer_than * nearer_than:
                    surface[row, column] = math.sqrt(away) - radius + shrink * leave

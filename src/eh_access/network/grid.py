"""A uniform grid over street segments; ``grid_search`` finds the nearest of them to a point.

Every square of the grid lists the segments that cross it, and knows how far off the nearest square
is that lists any. The grid is made once for a network.

Imported inside the functions that use it, because it loads numba (see ``eh_access._compiled``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from eh_access._compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLACK_M = 1e-6
"""Metres by which squares are taken larger than they are, so that rounding hides no segment."""

SEGMENTS_PER_SQUARE = 0.7
"""Squares are made so small that this many segments start in each, on average: measured best."""

LEAST_SQUARE_M = 1.0
FARTHEST = 255


class SegmentGrid(NamedTuple):
    """Segments and the grid over them, in metres from the grid's lower left corner."""

    # A named tuple, because compiled functions can take those as they are.

    corner: NDArray[np.float64]  # float64 (2,), where the grid begins
    square_m: float  # side of a square
    columns: int  # number of squares each way
    rows: int
    # int32 (columns * rows + 1,), where each square's list begins in ``listed``
    start: NDArray[np.int32]
    listed: NDArray[np.int32]  # int32, numbers of segments, square by square
    # float64, one row per row of ``listed``: x and y of both ends, from ``corner``. They stand in
    # the order of the squares, so that looking into one reads memory in a row
    ends: NDArray[np.float64]
    # uint8 (columns * rows,), how many squares off the nearest one that lists anything is, the
    # way a king moves; no more than ``FARTHEST``. All nearer ones are empty and are jumped
    away: NDArray[np.uint8]


def build_grid(ends: NDArray[np.float64]) -> SegmentGrid:
    """Lay a grid over segments."""
    corner = np.array([ends[:, [0, 2]].min(), ends[:, [1, 3]].min()])
    local = np.ascontiguousarray(ends - np.tile(corner, 2))
    width, height = local[:, [0, 2]].max(), local[:, [1, 3]].max()
    squares = max(1.0, len(local) / SEGMENTS_PER_SQUARE)
    # the second term keeps the count down when everything lies along one line
    square_m = max(LEAST_SQUARE_M, (width * height / squares) ** 0.5, (width + height) / squares)
    columns, rows = int(width // square_m) + 1, int(height // square_m) + 1
    start = np.zeros(columns * rows + 1, dtype=np.int32)
    _list_segments(local, square_m, columns, start[1:], np.empty(0, dtype=np.int32))
    np.cumsum(start, out=start)
    listed = np.empty(start[-1], dtype=np.int32)
    _list_segments(local, square_m, columns, start[:-1].copy(), listed)
    by_square = np.ascontiguousarray(local[listed])
    away = np.where(np.diff(start) > 0, 0, FARTHEST).astype(np.uint8)
    _spread(away, columns)
    return SegmentGrid(corner, float(square_m), columns, rows, start, listed, by_square, away)


@njit()
def _list_segments(
    ends: NDArray[np.float64],
    square_m: float,
    columns: int,
    place: NDArray[np.int32],
    listed: NDArray[np.int32],
) -> None:
    """Count the segments crossing each square in ``place``, or, given room, list them there."""
    counting = len(listed) == 0
    rows = len(place) // columns
    for number in range(len(ends)):
        ax, ay, bx, by = ends[number]
        low_y, high_y = min(ay, by), max(ay, by)
        first = max(0, int((low_y - SLACK_M) // square_m))
        last = min(rows - 1, int((high_y + SLACK_M) // square_m))
        for row in range(first, last + 1):
            # the stretch of the segment that lies in this row of squares
            from_x, to_x = ax, bx
            if by != ay and first != last:
                bottom = max(low_y, row * square_m - SLACK_M)
                top = min(high_y, (row + 1) * square_m + SLACK_M)
                from_x = ax + (bx - ax) * ((bottom - ay) / (by - ay))
                to_x = ax + (bx - ax) * ((top - ay) / (by - ay))
            left = max(0, int((min(from_x, to_x) - SLACK_M) // square_m))
            right = min(columns - 1, int((max(from_x, to_x) + SLACK_M) // square_m))
            for square in range(row * columns + left, row * columns + right + 1):
                if not counting:
                    listed[place[square]] = number
                place[square] += 1


@njit()
def _spread(away: NDArray[np.uint8], columns: int) -> None:
    """Work out how far each square is from the nearest that is 0: there, and back."""
    rows = len(away) // columns
    for turn in range(2):
        ahead = 1 - 2 * turn
        for step in range(len(away)):
            square = step if turn == 0 else len(away) - 1 - step
            row, column = square // columns, square % columns
            least = int(away[square])
            if 0 <= column - ahead < columns:
                least = min(least, away[square - ahead] + 1)
            if 0 <= row - ahead < rows:
                for c in range(max(0, column - 1), min(columns, column + 2)):
                    least = min(least, away[(row - ahead) * columns + c] + 1)
            away[square] = least

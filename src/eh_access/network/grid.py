"""A uniform grid over street segments: the nearest one to a point, exactly, in about a microsecond.

Every square of the grid lists the segments that cross it. A point looks into its own square, then
into the ring of squares round it, and so on, until what it has found is nearer than anything a
further ring could hold. The grid is made once for a network; which segments a mode may use is
given with each question.

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

LENIENCE = 1.0 + 1e-12
"""The same for the squares of long distances."""

SEGMENTS_PER_SQUARE = 0.7
"""Squares are made so small that this many segments start in each, on average: measured best."""

LEAST_SQUARE_M = 1.0


class SegmentGrid(NamedTuple):
    """Segments and the grid over them, in metres from the grid's lower left corner.

    A named tuple, because compiled functions can take those as they are.

    Parameters
    ----------
    corner
        float64 (2,), where the grid begins.
    square_m
        Side of a square.
    columns, rows
        Number of squares each way.
    start
        int32 (columns * rows + 1,), where each square's list begins in ``listed``.
    listed
        int32, numbers of segments, square by square.
    ends
        float64, one row per row of ``listed``: x and y of both ends, from ``corner``. They stand in
        the order of the squares, so that looking into one reads memory in a row.
    """

    corner: NDArray[np.float64]
    square_m: float
    columns: int
    rows: int
    start: NDArray[np.int32]
    listed: NDArray[np.int32]
    ends: NDArray[np.float64]


def build_grid(ends: NDArray[np.float64]) -> SegmentGrid:
    """Lay a grid over segments.

    Parameters
    ----------
    ends
        float64 (segments, 4): x and y of both ends in metres; at least one segment.

    Returns
    -------
    SegmentGrid
        The grid; building it takes about as long as snapping as many points.

    Examples
    --------
    >>> grid = build_grid(np.array([[0.0, 0.0, 100.0, 0.0], [0.0, 50.0, 100.0, 50.0]]))
    >>> grid.columns * grid.rows >= 2
    True
    """
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
    return SegmentGrid(corner, float(square_m), columns, rows, start, listed, by_square)


def nearest_segments(
    grid: SegmentGrid, xy: NDArray[np.float64], usable: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Find the nearest usable segment to each point, and the nearest of the others.

    Parameters
    ----------
    grid
        The grid.
    xy
        float64 (points, 2), metres; finite.
    usable
        bool per segment.

    Returns
    -------
    segment
        int32 per point, -1 if no segment is usable. Of several as near, the lowest number.
    share
        float64 per point, how far along the segment, 0 to 1.
    distance_m
        float64 per point, to that place; inf if there is none.
    unusable_m
        float64 per point, to the nearest segment that is not usable; right whenever it is less
        than ``distance_m``, otherwise no less than it (it may be inf).

    Examples
    --------
    >>> grid = build_grid(np.array([[0.0, 0.0, 100.0, 0.0], [0.0, 50.0, 100.0, 50.0]]))
    >>> usable = np.array([True, False])
    >>> segment, share, distance_m, unusable_m = nearest_segments(
    ...     grid, np.array([[25.0, 30.0]]), usable
    ... )
    >>> int(segment[0]), float(share[0]), float(distance_m[0]), float(unusable_m[0])
    (0, 0.25, 30.0, 20.0)
    """
    local = xy - grid.corner
    order = _by_square(grid, local)
    sorted_segment = np.empty(len(xy), dtype=np.int32)
    sorted_found = np.empty((len(xy), 3))
    _search(grid, local[order], usable, sorted_segment, sorted_found)
    segment, found = np.empty_like(sorted_segment), np.empty_like(sorted_found)
    segment[order], found[order] = sorted_segment, sorted_found
    return segment, found[:, 0], np.sqrt(found[:, 1]), np.sqrt(found[:, 2])


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
def _home(grid: SegmentGrid, x: float, y: float) -> tuple[int, int]:
    """Return column and row of the square a point is in; outside the grid, the nearest."""
    column = int(min(max(x / grid.square_m, 0.0), grid.columns - 1.0))
    row = int(min(max(y / grid.square_m, 0.0), grid.rows - 1.0))
    return column, row


@njit()
def _by_square(grid: SegmentGrid, xy: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return points square by square (a counting sort).

    Neighbours one after the other find the squares they share still in the processor's cache.
    """
    square = np.empty(len(xy), np.int32)
    place = np.zeros(grid.columns * grid.rows + 1, np.int32)
    for number in range(len(xy)):
        column, row = _home(grid, xy[number, 0], xy[number, 1])
        square[number] = row * grid.columns + column
        place[square[number] + 1] += 1
    for at in range(1, len(place)):
        place[at] += place[at - 1]
    order = np.empty(len(xy), np.int32)
    for number in range(len(xy)):
        order[place[square[number]]] = number
        place[square[number]] += 1
    return order


@njit()
def _look_into(
    grid: SegmentGrid,
    square: int,
    point: tuple[float, float],
    usable: NDArray[np.bool_],
    best: tuple[int, float, float, float],
) -> tuple[int, float, float, float]:
    """Return the best of what is known and what one square holds (squared distances)."""
    segment, share, nearest, unusable = best
    x, y = point
    for position in range(grid.start[square], grid.start[square + 1]):
        ax, ay = grid.ends[position, 0], grid.ends[position, 1]
        bx, by = grid.ends[position, 2], grid.ends[position, 3]
        along_x, along_y = bx - ax, by - ay
        off_x, off_y = x - ax, y - ay
        dot = off_x * along_x + off_y * along_y
        square_length = along_x * along_x + along_y * along_y
        where = 0.0
        if dot >= square_length:
            # measured from the very end, so that segments which share it tie exactly;
            # a segment without length is its end too
            where = 1.0
            off_x, off_y = x - bx, y - by
        elif dot > 0.0:
            where = dot / square_length
            off_x, off_y = off_x - where * along_x, off_y - where * along_y
        distance = off_x * off_x + off_y * off_y
        if distance <= nearest:
            number = grid.listed[position]
            if not usable[number]:
                unusable = min(unusable, distance)
            elif distance < nearest or number < segment:
                segment, share, nearest = number, where, distance
    return segment, share, nearest, unusable


@njit()
def _clear_m(grid: SegmentGrid, point: tuple[float, float], home: tuple[int, int, int]) -> float:
    """Return how near a square beyond the ring could come: to the rims not yet passed."""
    x, y = point
    column, row, ring = home
    clear = np.inf
    if column - ring > 0:
        clear = min(clear, x - (column - ring) * grid.square_m)
    if column + ring < grid.columns - 1:
        clear = min(clear, (column + ring + 1) * grid.square_m - x)
    if row - ring > 0:
        clear = min(clear, y - (row - ring) * grid.square_m)
    if row + ring < grid.rows - 1:
        clear = min(clear, (row + ring + 1) * grid.square_m - y)
    return max(0.0, clear - SLACK_M)


@njit()
def _search(
    grid: SegmentGrid,
    xy: NDArray[np.float64],
    usable: NDArray[np.bool_],
    segment: NDArray[np.int32],
    found: NDArray[np.float64],
) -> None:
    """Answer for each point: ``segment``, and in ``found`` its share and squared distances."""
    columns, rows, side = grid.columns, grid.rows, grid.square_m
    for number in range(len(xy)):
        x, y = xy[number, 0], xy[number, 1]
        column, row = _home(grid, x, y)
        best = (-1, 0.0, np.inf, np.inf)
        ring = 0
        clear = 0.0
        while best[2] >= clear * clear and clear < np.inf:
            low, high = max(0, column - ring), min(columns - 1, column + ring)
            for r in range(max(0, row - ring), min(rows - 1, row + ring) + 1):
                whole = abs(r - row) == ring
                # between its first and last row a ring has but two squares in each
                step = 1 if whole or ring == 0 else 2 * ring
                c = low if whole or low == column - ring else column + ring
                off_y = max(r * side - y, y - (r + 1) * side, 0.0)
                while c <= high:
                    off_x = max(c * side - x, x - (c + 1) * side, 0.0)
                    # a square may be passed by when even its nearest corner is too far
                    if off_x * off_x + off_y * off_y <= best[2] * LENIENCE + SLACK_M:
                        best = _look_into(grid, r * columns + c, (x, y), usable, best)
                    c += step
            clear = _clear_m(grid, (x, y), (column, row, ring))
            ring += 1
        segment[number] = best[0]
        found[number, 0], found[number, 1], found[number, 2] = best[1], best[2], best[3]

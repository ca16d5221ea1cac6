"""The nearest street segment to a point, by a uniform grid; compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from eh_access.compiled import njit

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
    # the order of the squares, so that scanning one reads memory in a row
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
    """Count the segments that cross each square in ``place``, or list them in ``listed``."""
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
    """Fill in each square's distance from the nearest that is 0, in two passes."""
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


LENIENCE = 1.0 + 1e-12
"""What ``SLACK_M`` is for near squares, for those of long distances."""

NEAR_RING = 2
"""Rings up to this one are scanned square by square."""

WORTH_CLIPPING = 8
"""Squares in a row from which on it pays to compute how far along it to scan."""

Best = tuple[int, float, float, float, int]
"""The nearest usable segment so far, the share along it, the squared distances to it and to the
nearest other, and its row of ``ends``."""


def nearest_segments(
    grid: SegmentGrid, xy: NDArray[np.float64], usable: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Find the nearest usable segment to each point, and the nearest of the others."""
    local = xy - grid.corner
    order = _by_square(grid, local)
    sorted_segment = np.empty(len(xy), dtype=np.int32)
    sorted_measured = np.empty((len(xy), 3))
    _search(grid, local[order], usable, sorted_segment, sorted_measured)
    segment, measured = np.empty_like(sorted_segment), np.empty_like(sorted_measured)
    segment[order], measured[order] = sorted_segment, sorted_measured
    return segment, measured[:, 0], np.sqrt(measured[:, 1]), np.sqrt(measured[:, 2])


@njit()
def _home(grid: SegmentGrid, x: float, y: float) -> tuple[int, int]:
    """Return column and row of the square a point is in; outside the grid, the nearest."""
    column = int(min(max(x / grid.square_m, 0.0), grid.columns - 1.0))
    row = int(min(max(y / grid.square_m, 0.0), grid.rows - 1.0))
    return column, row


@njit()
def _by_square(grid: SegmentGrid, xy: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return points square by square (a counting sort)."""
    # Neighbours one after the other find the squares they share still in the processor's cache.
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
def _scan_segments(
    grid: SegmentGrid,
    held: tuple[int, int],
    point: tuple[float, float],
    usable: NDArray[np.bool_],
    best: Best,
) -> Best:
    """Return the best segment so far or in some rows of ``ends``."""
    # ``held`` is the first of those rows and the one after the last.
    segment, share, nearest, unusable, at = best
    x, y = point
    for position in range(held[0], held[1]):
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
                segment, share, nearest, at = number, where, distance, position
    return segment, share, nearest, unusable, at


@njit()
def _clear_m(grid: SegmentGrid, point: tuple[float, float], home: tuple[int, int, int]) -> float:
    """Return the distance to the nearest square beyond the ring."""
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
def _scan_side(
    grid: SegmentGrid,
    side: tuple[int, int, int, bool],
    point: tuple[float, float],
    usable: NDArray[np.bool_],
    best: Best,
) -> Best:
    """Return the best segment so far or on one side of a ring of squares."""
    # ``side`` is the row it lies in, its first and last column and False; or, for a column, that,
    # its first and last row and True.
    line, first, last, upright = side
    along, across = (point[1], point[0]) if upright else point
    square_m = grid.square_m
    off = max(line * square_m - across, across - (line + 1) * square_m, 0.0)
    # whatever lies further along than this is too far
    room = best[2] * LENIENCE + SLACK_M - off * off
    if room < 0.0:
        return best
    if last - first > WORTH_CLIPPING and room < np.inf:
        reach = np.sqrt(room) + SLACK_M
        first = max(first, int(max((along - reach) // square_m, -1.0)))
        last = int(min((along + reach) // square_m, float(last)))
    at = first
    while at <= last:
        square = at * grid.columns + line if upright else line * grid.columns + at
        empty = int(grid.away[square])
        if empty == 0:
            beside = max(at * square_m - along, along - (at + 1) * square_m, 0.0)
            if beside * beside + off * off <= best[2] * LENIENCE + SLACK_M:
                held = (grid.start[square], grid.start[square + 1])
                best = _scan_segments(grid, held, point, usable, best)
        at += max(1, empty)
    return best


@njit()
def _scan_small_ring(
    grid: SegmentGrid,
    home: tuple[int, int, int],
    point: tuple[float, float],
    usable: NDArray[np.bool_],
    best: Best,
) -> Best:
    """Return the best segment so far or in a small ring, square by square."""
    x, y = point
    column, row, ring = home
    side = grid.square_m
    low, high = max(0, column - ring), min(grid.columns - 1, column + ring)
    for r in range(max(0, row - ring), min(grid.rows - 1, row + ring) + 1):
        whole = abs(r - row) == ring
        # between its first and last row a ring has but two squares in each
        step = 1 if whole or ring == 0 else 2 * ring
        c = low if whole or low == column - ring else column + ring
        off_y = max(r * side - y, y - (r + 1) * side, 0.0)
        while c <= high:
            off_x = max(c * side - x, x - (c + 1) * side, 0.0)
            # a square may be passed by when even its nearest corner is too far
            if off_x * off_x + off_y * off_y <= best[2] * LENIENCE + SLACK_M:
                square = r * grid.columns + c
                held = (grid.start[square], grid.start[square + 1])
                best = _scan_segments(grid, held, point, usable, best)
            c += step
    return best


@njit()
def _scan_large_ring(
    grid: SegmentGrid,
    home: tuple[int, int, int],
    point: tuple[float, float],
    usable: NDArray[np.bool_],
    best: Best,
) -> Best:
    """Return the best segment so far or in a large ring, side by side."""
    column, row, ring = home
    low, high = max(0, column - ring), min(grid.columns - 1, column + ring)
    bottom, top = max(0, row - ring + 1), min(grid.rows - 1, row + ring - 1)
    if row - ring >= 0:
        best = _scan_side(grid, (row - ring, low, high, False), point, usable, best)
    if row + ring < grid.rows:
        best = _scan_side(grid, (row + ring, low, high, False), point, usable, best)
    if column - ring >= 0:
        best = _scan_side(grid, (column - ring, bottom, top, True), point, usable, best)
    if column + ring < grid.columns:
        best = _scan_side(grid, (column + ring, bottom, top, True), point, usable, best)
    return best


@njit()
def _search(
    grid: SegmentGrid,
    xy: NDArray[np.float64],
    usable: NDArray[np.bool_],
    segment: NDArray[np.int32],
    measured: NDArray[np.float64],
) -> None:
    """Fill in each point's segment, and the share along it and squared distances."""
    before = -1
    for number in range(len(xy)):
        point = (xy[number, 0], xy[number, 1])
        column, row = _home(grid, point[0], point[1])
        # rings nearer than the first square that lists anything hold nothing
        ring = int(grid.away[row * grid.columns + column])
        best = (-1, 0.0, np.inf, np.inf, -1)
        if ring > NEAR_RING and before >= 0:
            # the last point's segment is not far from this one: little further need be scanned
            best = _scan_segments(grid, (before, before + 1), point, usable, best)
        clear = 0.0
        while best[2] >= clear * clear and clear < np.inf:
            if ring <= NEAR_RING:
                best = _scan_small_ring(grid, (column, row, ring), point, usable, best)
            else:
                best = _scan_large_ring(grid, (column, row, ring), point, usable, best)
            clear = _clear_m(grid, point, (column, row, ring))
            ring += 1
        segment[number], before = best[0], best[4]
        measured[number, 0], measured[number, 1], measured[number, 2] = best[1], best[2], best[3]

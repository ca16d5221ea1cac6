"""Sweep for any number of sites, in batches and on several threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from eh_access.routing.engine import sweep
from eh_access.routing.engine.sweep import gather, rows_of, ways_up
from eh_access.routing.threads import side_by_side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.routing.engine.hierarchy import Metric

PLACES_AT_ONCE = 1 << 16
"""Places gathered at one go, so that a batch of sites needs no more than this many rows."""
SHARES_PER_WORKER = 4
CELLS_PER_WORKER = 8_000_000
"""Nodes times lanes that are worth a thread: some two milliseconds of sweeping."""
PAST_CACHE_BYTES = 1 << 23
"""Results larger than this go straight to memory."""
IN_ORDER = np.empty(0, dtype=np.int32)
"""A row for every node, in the streets' own order."""
Places = tuple["NDArray[np.int32]", "NDArray[np.int32]"]


def lanes_for(sites: int, unit: int = sweep.OUT_LANES) -> int:
    """Return the number of lanes for some sites, in whole units."""
    return -(-sites // unit) * unit


def aligned_rows(rows: int, lanes: int) -> NDArray[np.float32]:
    """Return an uninitialised float32 array whose first row begins at a line of cache."""
    size = rows * lanes * 4
    raw = np.empty(size + sweep.LINE_BYTES, dtype=np.uint8)
    skip = -_address(raw) % sweep.LINE_BYTES
    return raw[skip : skip + size].view(np.float32).reshape(rows, lanes)


def _address(table: NDArray[Any]) -> int:
    """Return where an array's memory begins; ``table.ctypes`` takes ten times as long."""
    begin: int = table.__array_interface__["data"][0]
    return begin


def manner_of_writing(out: NDArray[np.float32]) -> int:
    """Return the fastest way to write minutes into a table."""
    return sweep.PAST_CACHE if out.nbytes > PAST_CACHE_BYTES else sweep.AS_MINUTES


def sweep_batch(
    metric: Metric,
    seeds: NDArray[np.int32],
    out: NDArray[np.float32],
    *,
    place: NDArray[np.int32] = IN_ORDER,
    how: int = sweep.AS_MINUTES,
    workers: int = 1,
) -> None:
    """Fill a batch's rows."""
    crooked = _address(out) % sweep.OUT_BYTES or out.strides[0] % sweep.OUT_BYTES
    if (crooked and out.size) or out.shape[1] != lanes_for(len(seeds)):
        raise ValueError("out must come from aligned_rows, as wide as lanes_for says")
    tree, lanes = metric.topology, lanes_for(len(seeds), sweep.LANES)
    units = sweep.known(out.shape[1] // sweep.OUT_LANES)
    slot, nodes, rows = ways_up(tree.parent, tree.top, tree.work_row, seeds)
    climbed = aligned_rows(rows, lanes)
    hinges = len(tree.top), tree.work_row
    sweep.climb(units, metric.climb, hinges, (slot, nodes), seeds, climbed)
    work = aligned_rows(tree.work_rows, lanes)
    target = out, place, sweep.known(how)
    sweep.sweep_top(units, metric.sweep, tree.top, climbed, work, target)
    workers = max(1, min(workers, len(tree.parent) * lanes // CELLS_PER_WORKER))
    count = 1 if workers == 1 else workers * SHARES_PER_WORKER
    shares = [tree.branches] if count == 1 else np.array_split(tree.branches, count)

    def sweep_share(branches: NDArray[np.int32]) -> None:
        own = work
        if workers > 1:
            own = aligned_rows(*work.shape)
            own[: len(tree.top)] = work[: len(tree.top)]
        tops_and_branches = len(tree.top), branches
        sweep.sweep_branches(units, metric.sweep, tops_and_branches, (slot, climbed), own, target)

    side_by_side(sweep_share, shares, workers=workers)


def _by_batches(
    metric: Metric, seeds: NDArray[np.int32], place: NDArray[np.int32], rows: int, workers: int
) -> NDArray[np.float32]:
    """Sweep all batches into one table of minutes."""
    out = aligned_rows(rows, lanes_for(len(seeds)))
    how = manner_of_writing(out)
    for first in range(0, len(seeds), sweep.MOST_LANES):
        batch = seeds[first : first + sweep.MOST_LANES]
        lanes = out[:, first : first + lanes_for(len(batch))]
        sweep_batch(metric, batch, lanes, place=place, how=how, workers=workers)
    return out[:, : len(seeds)]


def minutes_everywhere(
    metric: Metric,
    seeds: NDArray[np.int32],
    *,
    workers: int,
    rows: NDArray[np.integer] | None = None,
) -> NDArray[np.float32]:
    """Return the minutes between every node and every site."""
    nodes = len(metric.topology.parent)
    if rows is None:
        return _by_batches(metric, seeds, IN_ORDER, nodes, workers)
    place, once = rows_of(rows, nodes)
    minutes = _by_batches(metric, seeds, place, len(rows), workers)
    if not once:
        written = place[rows]
        again = np.flatnonzero(written != np.arange(len(rows)))
        minutes[again] = minutes[written[again]]
    return minutes


def deciseconds_in_blocks(
    metric: Metric, seeds: NDArray[np.int32], places: Places, *, workers: int
) -> Iterator[tuple[slice, slice, NDArray[np.int32]]]:
    """Yield the deciseconds between places and sites, a block at a time."""
    # Neither the times of all nodes and sites nor those of all places and sites are ever held: of
    # a batch of sites, the rows of the nodes beside a place.
    node, node_ds = places
    place, count = _rows_beside(node, len(metric.topology.parent))
    row = np.where(node >= 0, place[node], -1)
    times = aligned_rows(count, min(lanes_for(len(seeds)), sweep.MOST_LANES))
    for first in range(0, len(seeds), sweep.MOST_LANES):
        batch = seeds[first : first + sweep.MOST_LANES]
        rows = times[:, : lanes_for(len(batch))]
        sweep_batch(metric, batch, rows, place=place, how=sweep.AS_DS, workers=workers)
        for top in range(0, len(node), PLACES_AT_ONCE):
            some = slice(top, min(top + PLACES_AT_ONCE, len(node)))
            block = np.empty((some.stop - top, len(batch)), dtype=np.int32)
            gather(rows, row[some], node_ds[some], block)
            yield some, slice(first, first + len(batch)), block


def _rows_beside(node: NDArray[np.int32], nodes: int) -> tuple[NDArray[np.int32], int]:
    """Return the numbers, from 0, of the nodes beside any place (others: -1), and how many."""
    beside = np.zeros(nodes, dtype=bool)
    beside[node[node >= 0]] = True
    place = np.where(beside, np.cumsum(beside, dtype=np.int32) - 1, -1).astype(np.int32)
    return place, int(beside.sum())

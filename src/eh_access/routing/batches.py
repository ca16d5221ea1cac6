"""Sweeps for any number of sites: batches side by side in memory, branches side by side in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from eh_access.routing import sweep
from eh_access.routing.threads import side_by_side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.routing.hierarchy import Metric

MOST_LANES = sweep.LANES * sweep.MOST_VECTORS
PLACES_AT_ONCE = 1 << 16
"""Places gathered at one go, so that a batch of sites needs no more than this many rows."""
SHARES_PER_WORKER = 4
CELLS_PER_WORKER = 8_000_000
"""Nodes times lanes that are worth a thread: some two milliseconds of sweeping."""
Places = tuple["NDArray[np.int32]", "NDArray[np.int32]"]


def lanes_for(sites: int) -> int:
    """Return how many lanes a batch of so many sites takes."""
    return -(-sites // sweep.LANES) * sweep.LANES


def aligned_rows(rows: int, lanes: int) -> NDArray[np.float32]:
    """Return an uninitialised float32 array whose rows begin at lines of cache."""
    size = rows * lanes * 4
    raw = np.empty(size + sweep.LINE_BYTES, dtype=np.uint8)
    skip = -raw.ctypes.data % sweep.LINE_BYTES
    return raw[skip : skip + size].view(np.float32).reshape(rows, lanes)


def sweep_batch(
    metric: Metric,
    seeds: NDArray[np.int32],
    times: NDArray[np.float32],
    *,
    minutes: bool,
    workers: int,
) -> None:
    """Fill a batch's rows with deciseconds, or minutes.

    Parameters
    ----------
    metric
        A customised hierarchy.
    seeds
        int32 (sites, k, 2), no more sites than ``times`` has lanes.
    times
        float32 (nodes, lanes), from `aligned_rows` or columns of it.
    minutes
        Whether to turn deciseconds into minutes (``inf`` where there is no way).
    workers
        Threads to use.
    """
    tree = metric.topology
    fresh = np.empty(len(tree.parent), dtype=np.uint8)
    sweep.climb(metric.climb, tree.parent, seeds, times, fresh)
    sweep.sweep_top(metric.sweep, tree.loose, times, fresh)
    workers = max(1, min(workers, times.size // CELLS_PER_WORKER))
    count = 1 if workers == 1 else workers * SHARES_PER_WORKER
    shares = np.array_split(tree.blocks, count)

    def sweep_share(blocks: NDArray[np.int32]) -> None:
        sweep.sweep_branches(metric.sweep, blocks, times, fresh, minutes)

    side_by_side(sweep_share, shares, workers=workers)
    if minutes:
        sweep.top_to_minutes(tree.loose, times)


def minutes_everywhere(
    metric: Metric,
    seeds: NDArray[np.int32],
    *,
    workers: int,
    rows: NDArray[np.integer] | None = None,
) -> NDArray[np.float32]:
    """Return the minutes between every node and every site.

    Parameters
    ----------
    metric
        A customised hierarchy.
    seeds
        int32 (sites, k, 2): the nodes next to each site and the deciseconds to it; -1 as node
        where there are fewer.
    workers
        Threads to use.
    rows
        Nodes whose minutes are wanted, in the order wanted; None means all.

    Returns
    -------
    numpy.ndarray
        float32 (nodes or rows, sites), ``inf`` where there is no way.
    """
    out = aligned_rows(len(metric.topology.parent), lanes_for(len(seeds)))
    for first in range(0, len(seeds), MOST_LANES):
        batch = seeds[first : first + MOST_LANES]
        lanes = out[:, first : first + lanes_for(len(batch))]
        sweep_batch(metric, batch, lanes, minutes=True, workers=workers)
    if rows is None:
        return out[:, : len(seeds)]
    picked = np.empty((len(rows), len(seeds)), dtype=np.float32)
    sweep.pick_rows(out, rows, picked)
    return picked


def deciseconds_in_blocks(
    metric: Metric, seeds: NDArray[np.int32], places: Places, *, workers: int
) -> Iterator[tuple[slice, slice, NDArray[np.int32]]]:
    """Work out the deciseconds between places on the streets and sites, a block at a time.

    Neither the times of all nodes and sites nor those of all places and sites are ever held.

    Parameters
    ----------
    metric
        A customised hierarchy.
    seeds
        As for `minutes_everywhere`.
    places
        Two int32 (places, ends) arrays: the nodes next to each place (-1 for none) and the
        deciseconds between the two.
    workers
        Threads to use.

    Yields
    ------
    places, sites : slice
        Which rows and columns of the whole.
    block : numpy.ndarray
        int32 (places, sites), ``SEARCHED`` or more where there is no way.
    """
    node, node_ds = places
    width = min(lanes_for(len(seeds)), MOST_LANES)
    times = aligned_rows(len(metric.topology.parent), width)
    for first in range(0, len(seeds), MOST_LANES):
        batch = seeds[first : first + MOST_LANES]
        rows = times if lanes_for(len(batch)) == width else times[:, : lanes_for(len(batch))]
        sweep_batch(metric, batch, rows, minutes=False, workers=workers)
        for top in range(0, len(node), PLACES_AT_ONCE):
            some = slice(top, min(top + PLACES_AT_ONCE, len(node)))
            block = np.empty((some.stop - top, len(batch)), dtype=np.int32)
            sweep.gather(rows, node[some], node_ds[some], block)
            yield some, slice(first, first + len(batch)), block

"""Dijkstra's search with a queue of buckets, compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from eh_access.compiled import njit
from eh_access.network.model import CLOSED_DS
from eh_access.routing.threads import side_by_side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.routing.graph import SearchGraph

MOST_BUCKETS = 1024
"""Buckets in the ring; with more, the ring itself no longer fits the nearest cache."""


@njit()
def _put(slots: Any, ring: Any, following: Any, waiting: Any, bucket: Any, node: Any) -> None:
    """Queue a node in a bucket, in the first spare slot (``slots`` = [spare, fresh, queued])."""
    slot = slots[0]
    if slot >= 0:
        slots[0] = following[slot]
    else:
        slot = slots[1]
        slots[1] += 1
    waiting[slot] = node
    following[slot] = ring[bucket]
    ring[bucket] = slot
    slots[2] += 1


@njit()
def _grown(room: Any, least: Any) -> Any:
    """Return a copy with twice the room, or as much as is needed."""
    larger = np.empty(max(2 * len(room), least), dtype=room.dtype)
    larger[: len(room)] = room
    return larger


@njit()
def _search(graph: Any, seeds: Any, limit_ds: Any, shift: Any, time_ds: Any, room: Any) -> None:
    """Fill ``time_ds`` with the time from the seeds to each node."""
    # ``seeds`` holds (node, decisecond) rows no further apart in time than the dearest arc; rows
    # with a negative node are empty.
    start, arcs = graph
    ring, following, waiting = room
    time_ds[:] = CLOSED_DS
    ring[:] = -1
    mask = len(ring) - 1
    slots = np.array([-1, 0, 0], dtype=np.int64)
    bucket = np.int64(2**40)
    for k in range(len(seeds)):
        node, seed_ds = seeds[k, 0], seeds[k, 1]
        if node >= 0 and seed_ds <= limit_ds and seed_ds < time_ds[node]:
            time_ds[node] = seed_ds
            _put(slots, ring, following, waiting, (seed_ds >> shift) & mask, node)
            bucket = min(bucket, np.int64(seed_ds >> shift))
    while slots[2] > 0:
        slot = ring[bucket & mask]
        if slot < 0:
            bucket += 1
            continue
        node = waiting[slot]
        ring[bucket & mask] = following[slot]
        following[slot] = slots[0]
        slots[0] = slot
        slots[2] -= 1
        here_ds = time_ds[node]
        if here_ds >> shift != bucket:
            continue  # it was reached sooner, and has been visited since
        needed = slots[1] + start[node + 1] - start[node]
        if needed > len(waiting):  # nodes visited again and again within one bucket
            waiting, following = _grown(waiting, needed), _grown(following, needed)
        for k in range(start[node], start[node + 1]):
            head = arcs[k, 0]
            there_ds = here_ds + arcs[k, 1]
            if there_ds < time_ds[head] and there_ds <= limit_ds:
                time_ds[head] = there_ds
                _put(slots, ring, following, waiting, (there_ds >> shift) & mask, head)


@njit()
def _search_each(graph: Any, seeds: Any, limit_ds: Any, shift: Any, out: Any, room: Any) -> None:
    """Search from one site after another."""
    for site in range(len(seeds)):
        _search(graph, seeds[site], limit_ds, shift, out[site], room)


def search_from(
    graph: SearchGraph, seeds: NDArray[np.int32], *, limit_ds: int, workers: int
) -> NDArray[np.int32]:
    """Search from every site by the bucket queue."""
    nodes = len(graph.start) - 1
    dearest = max(graph.longest_ds, int(seeds[..., 1].max(initial=0)))
    shift = max(0, (dearest // MOST_BUCKETS).bit_length())
    buckets = 1 << ((dearest >> shift) + 2).bit_length()
    slots = len(graph.arcs) + seeds.shape[1] + 1
    workers = max(1, min(workers, len(seeds)))
    out = np.empty((len(seeds), nodes), dtype=np.int32)
    limit = np.int32(min(limit_ds, CLOSED_DS - 1))

    def search_share(sites: NDArray[np.intp]) -> None:
        room = (
            np.empty(buckets, dtype=np.int32),
            np.empty(slots, dtype=np.int32),
            np.empty(slots, dtype=np.int32),
        )
        share = slice(sites[0], sites[-1] + 1)
        arcs = (graph.start, graph.arcs)
        _search_each(arcs, seeds[share], limit, np.int32(shift), out[share], room)

    shares = [share for share in np.array_split(np.arange(len(seeds)), workers) if len(share)]
    side_by_side(search_share, shares, workers=workers)
    return out

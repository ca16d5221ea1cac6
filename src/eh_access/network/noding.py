"""Cutting ways into edges where they meet, where a barrier stands, and where places are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eh_access.network.raw import CARRIAGEWAYS, RawWays, stands_across_roads

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(eq=False)
class Pieces:
    """Edges in the making: their ends as node numbers, their vertices, the way they come from."""

    place: NDArray[np.int64]  # int64 (nodes, 2), centimetres
    node_ref: NDArray[np.int64]  # int64 (nodes,), OpenStreetMap ids
    start: NDArray[np.int64]  # int64 (edges,), node numbers
    end: NDArray[np.int64]
    way: NDArray[np.int64]  # int64 (edges,), row of the raw ways
    tags: NDArray[np.int64]  # int64 (edges,), row of the tag sets
    # int64 (edges + 1,), where each edge's vertices begin in ``vertices``
    vertex_start: NDArray[np.int64]
    vertices: NDArray[np.int64]  # int64 (vertices, 2), centimetres, end points included


def split_ways(
    raw: RawWays,
    xy: NDArray[np.float64],
    *,
    keep: NDArray[np.bool_],
    tag_rows: NDArray[np.int64],
) -> Pieces:
    """Cut ways into edges."""
    way = np.repeat(np.arange(len(raw)), np.array(raw.sizes))
    ref = np.array(raw.refs, dtype=np.int64)
    placed = np.isfinite(xy[:, 0])
    wanted = placed & keep[way]
    # a gap where the file lacks a point's place cuts the way in two
    run = (way + np.cumsum(~placed))[wanted]
    way, ref, vertex = way[wanted], ref[wanted], np.rint(xy[wanted]).astype(np.int64)
    again = np.zeros(len(ref), dtype=bool)
    again[1:] = (ref[1:] == ref[:-1]) & (run[1:] == run[:-1])
    way, ref, run, vertex = way[~again], ref[~again], run[~again], vertex[~again]
    _, first, number = np.unique(ref, return_index=True, return_inverse=True)

    begins = np.ones(len(ref), dtype=bool)
    begins[1:] = run[1:] != run[:-1]
    ends = np.roll(begins, -1)
    meets = np.bincount(number) > 1
    cut = meets[number] | begins | ends | _barred(raw, ref, way)
    stops = np.flatnonzero(cut)
    whole = ~ends[stops[:-1]]
    start, end = stops[:-1][whole], stops[1:][whole]

    at_node = np.unique(number[stops])
    node_of = np.full(len(first), -1, dtype=np.int64)
    node_of[at_node] = np.arange(len(at_node))
    sizes = end - start + 1
    vertex_start = np.concatenate([[0], np.cumsum(sizes)])
    index = np.arange(vertex_start[-1]) - np.repeat(vertex_start[:-1] - start, sizes)
    return Pieces(
        place=vertex[first[at_node]],
        node_ref=ref[first[at_node]],
        start=node_of[number[start]],
        end=node_of[number[end]],
        way=way[start],
        tags=tag_rows[way[start]],
        vertex_start=vertex_start,
        vertices=vertex[index],
    )


def on_carriageway(raw: RawWays) -> NDArray[np.bool_]:
    """Tell for each way whether it is a road for vehicles."""
    return np.array([tags.get("highway") in CARRIAGEWAYS for tags in raw.tags], dtype=bool)


def _barred(raw: RawWays, ref: NDArray[np.int64], way: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell for each point of each way whether a barrier stands in that way there."""
    across = [ref for ref, tags in raw.barriers.items() if stands_across_roads(tags)]
    at_kerb = [ref for ref, tags in raw.barriers.items() if not stands_across_roads(tags)]
    on_path = ~on_carriageway(raw)[way]
    return np.isin(ref, across) | (np.isin(ref, at_kerb) & on_path)

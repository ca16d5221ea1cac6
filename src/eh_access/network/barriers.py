"""Putting gates, bollards and kerbs in the way of those who cannot pass them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from eh_access.network.noding import Pieces, on_carriageway
from eh_access.network.raw import RawWays, stands_across_roads

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_WAY = -1
"""Row of the raw ways for an edge that stands for a barrier."""


def add_barriers(
    pieces: Pieces, raw: RawWays, tag_sets: Sequence[Mapping[str, str]]
) -> tuple[Pieces, list[Mapping[str, str]]]:
    """Give each way that ends at a barrier an end of its own, joined to it by a barrier edge."""
    # A kerb stands only in the way of those who leave the road: roads keep the shared node.
    sets = list(tag_sets)
    slots = np.concatenate([pieces.start, pieces.end])
    row_of, across = _barrier_rows(pieces.node_ref, raw, sets)
    ways_meeting = np.bincount(slots, minlength=len(pieces.node_ref))
    on_road = np.tile(on_carriageway(raw)[pieces.way], 2)
    row = row_of[slots]
    apart = (row >= 0) & (ways_meeting[slots] > 1) & (across[slots] | ~on_road)
    moved = np.flatnonzero(apart)
    if len(moved) == 0:
        return pieces, sets
    barrier = slots[moved]
    own_end = len(pieces.place) + np.arange(len(moved))
    slots[moved] = own_end
    edges = len(pieces.start)
    place = pieces.place[barrier]
    last = pieces.vertex_start[-1]
    added = replace(
        pieces,
        place=np.concatenate([pieces.place, place]),
        node_ref=np.concatenate([pieces.node_ref, pieces.node_ref[barrier]]),
        start=np.concatenate([slots[:edges], own_end]),
        end=np.concatenate([slots[edges:], barrier]),
        way=np.concatenate([pieces.way, np.full(len(moved), NO_WAY)]),
        tags=np.concatenate([pieces.tags, row[moved]]),
        vertex_start=np.concatenate([pieces.vertex_start, last + 2 * np.arange(1, len(moved) + 1)]),
        vertices=np.concatenate([pieces.vertices, np.repeat(place, 2, axis=0)]),
    )
    return added, sets


def _barrier_rows(
    node_ref: NDArray[np.int64], raw: RawWays, sets: list[Mapping[str, str]]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give each node the row of its barrier's tags (-1 without), and whether roads are stopped."""
    row_of = np.full(len(node_ref), -1, dtype=np.int64)
    across = np.zeros(len(node_ref), dtype=bool)
    barred = np.isin(node_ref, list(raw.barriers))
    rows: dict[tuple[tuple[str, str], ...], int] = {}
    keys = [tuple(sorted(raw.barriers[ref].items())) for ref in node_ref[barred].tolist()]
    for key in sorted(set(keys)):
        rows[key] = len(sets)
        sets.append(dict(key))
    row_of[barred] = [rows[key] for key in keys]
    across[barred] = [stands_across_roads(dict(key)) for key in keys]
    return row_of, across

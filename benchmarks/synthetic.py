"""Towns of any size that are like roads: for timing, and for holding answers against scipy's.

A lattice of crossings, each moved a little; streets are a random spanning tree of it and as many of
the other joins as bring the average crossing to Newport's number of streets. Every sixteenth line
is a main road, a tenth of the streets are one-way, some are steps, and each bends on its way.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from eh_access.network.build import edge_lengths
from eh_access.network.model import Network
from eh_access.network.ordering import order_nodes
from eh_access.provenance import Provenance

STREETS_PER_CROSSING = 1.24  # as in Newport's network
BLOCK_M, JITTER_M = 55.0, 18.0
MAIN_ROAD_EVERY = 16
BENDS = 2  # vertices between the ends of a street, about Newport's average
TAG_SETS: tuple[Mapping[str, str], ...] = (
    {"highway": "residential"},
    {"highway": "primary"},
    {"highway": "residential", "oneway": "yes"},
    {"highway": "footway"},
    {"highway": "steps"},
)
RESIDENTIAL, PRIMARY, ONE_WAY, FOOTWAY, STEPS = range(len(TAG_SETS))
SHARES = {ONE_WAY: 0.10, FOOTWAY: 0.15, STEPS: 0.01}


def synthetic_town(nodes: int, *, seed: int = 20181022) -> Network:
    """Return a town with about so many crossings; the same for the same seed."""
    rng = np.random.default_rng(seed)
    columns = max(2, round(nodes**0.5))
    rows = max(2, round(nodes / columns))
    count = rows * columns
    tail, head = _streets(rows, columns, rng)
    old = order_nodes(count, tail, head)
    new = np.empty(count, dtype=np.int32)
    new[old] = np.arange(count, dtype=np.int32)
    row, column = np.divmod(np.arange(count), columns)
    xy = np.stack([440_000.0 + BLOCK_M * column, 390_000.0 + BLOCK_M * row], axis=1)
    xy = np.round(xy + rng.uniform(-JITTER_M, JITTER_M, xy.shape), 2)
    main_road = ((row[tail] == row[head]) & (row[tail] % MAIN_ROAD_EVERY == 0)) | (
        (column[tail] == column[head]) & (column[tail] % MAIN_ROAD_EVERY == 0)
    )
    tags = _tags(main_road, rng)
    edge_from, edge_to = new[tail], new[head]
    order = np.lexsort((edge_to, edge_from))
    edge_from, edge_to, tags = edge_from[order], edge_to[order], tags[order]
    xy = np.ascontiguousarray(xy[old])
    start = np.arange(len(tags) + 1, dtype=np.int64) * (BENDS + 2)
    geometry = _bent(xy[edge_from], xy[edge_to], rng)
    return Network(
        node_x=xy[:, 0].copy(),
        node_y=xy[:, 1].copy(),
        edge_from=edge_from,
        edge_to=edge_to,
        length_m=edge_lengths(geometry, start),
        edge_tags=tags,
        tag_sets=TAG_SETS,
        edge_way=np.arange(1, len(tags) + 1, dtype=np.int64),
        edge_name=np.full(len(tags), -1, dtype=np.int32),
        names=(),
        geometry_start=start,
        geometry_xy=geometry,
        covered=None,
        provenance=(Provenance(title="A made-up town", publisher="benchmarks", licence="none"),),
    )


def _streets(rows: int, columns: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of a random spanning tree's streets and of some more."""
    number = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    tail = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    head = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    chance = rng.uniform(1, 2, len(tail))
    size = (number.size, number.size)
    joins = sparse.coo_array((chance, (tail, head)), shape=size).tocsr()
    tree = sparse.csgraph.minimum_spanning_tree(joins).tocoo()
    in_tree = np.isin(
        tail.astype(np.int64) * number.size + head,
        tree.row.astype(np.int64) * number.size + tree.col,
    )
    more = max(0, round(number.size * STREETS_PER_CROSSING) - len(tree.row))
    rest = np.flatnonzero(~in_tree)
    chosen = np.sort(rng.choice(rest, min(more, len(rest)), replace=False))
    kept = np.union1d(np.flatnonzero(in_tree), chosen)
    return tail[kept], head[kept]


def _tags(main_road: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    tags = np.full(len(main_road), RESIDENTIAL, dtype=np.int32)
    draw, before = rng.uniform(size=len(tags)), 0.0
    for row, share in SHARES.items():
        tags[(draw >= before) & (draw < before + share)] = row
        before += share
    tags[main_road] = PRIMARY
    return tags


def _bent(start: np.ndarray, end: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the vertices of streets with bends, in whole centimetres."""
    shares = np.linspace(0, 1, BENDS + 2)[None, :, None]
    line = start[:, None] + shares * (end - start)[:, None]
    line[:, 1:-1] += rng.uniform(-5, 5, (len(line), BENDS, 2))
    return np.round(line, 2).reshape(-1, 2)

"""From ways to a network: split at junctions, barriers put in the way, arrays in engine order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely

from eh_access.errors import InputError
from eh_access.modes import MODES, TravelMode
from eh_access.network.area import OFF_GRID, ElsewhereError, off_grid
from eh_access.network.barriers import add_barriers
from eh_access.network.model import Network, Provenance
from eh_access.network.noding import Pieces, split_ways
from eh_access.network.raw import MIN_POINTS, RawWays, to_metres
from eh_access.network.rules import evaluate

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

CM_PER_M = 100.0
"""Places are kept to the centimetre, so that a network read back from a file is the same."""

DEFAULT_MODES: tuple[TravelMode, ...] = tuple(MODES.values())


def build_network(
    raw: RawWays,
    *,
    modes: Sequence[TravelMode] = DEFAULT_MODES,
    area: BaseGeometry | None = None,
    covered: BaseGeometry | None = None,
    provenance: Sequence[Provenance] = (),
) -> Network:
    """Join ways into a network."""
    # Ways are split where they meet; parallel edges and loops are kept. Where a gate, bollard,
    # kerb or the like stands in the way, each way that ends there gets an end of its own, joined
    # to the barrier by an edge of no length that carries the barrier's tags: who may not pass is
    # stopped there, and both sides can still be reached.
    xy = _centimetres(raw)
    tag_rows, tag_sets = _distinct(raw.tags)
    used = _used_rows(tag_sets, modes)[tag_rows]
    if not used.any():
        wanted = ", ".join(mode.label for mode in modes)
        raise InputError(f"no street that may be used {wanted} was found; check the file or area")
    streets = used & np.array(["highway" in tags for tags in tag_sets])[tag_rows]
    _refuse_unplaced(raw, used)
    keep = _keep(raw, xy, tag_rows=used, area=area)
    _refuse_off_grid(raw, xy, streets & keep if keep.any() else used)
    if not keep.any():
        raise ElsewhereError("no street that may be used lies in the area; check the file or area")
    pieces = split_ways(raw, xy, keep=keep, tag_rows=tag_rows)
    pieces, tag_sets = add_barriers(pieces, raw, tag_sets)
    if area is not None:
        covered = area if covered is None else shapely.intersection(area, covered)
    return _network(pieces, raw, tag_sets, covered=covered, provenance=provenance)


def _centimetres(raw: RawWays) -> NDArray[np.float64]:
    """Project every point; NaN where its place is unknown."""
    xy = np.array([raw.xs, raw.ys], dtype=np.float64)
    known = np.isfinite(xy).all(axis=0)
    out = np.full_like(xy, np.nan)
    out[:, known] = np.rint(to_metres(xy[:, known], raw.crs) * CM_PER_M)
    return np.where(np.isfinite(out), out, np.nan).T


def _refuse_unplaced(raw: RawWays, used: NDArray[np.bool_]) -> None:
    """Refuse ways none of which can be drawn: the points they name are not there."""
    way = np.repeat(np.arange(len(raw)), np.array(raw.sizes))
    placed = np.isfinite(np.array(raw.xs)) & np.isfinite(np.array(raw.ys)) & used[way]
    if (np.bincount(way[placed], minlength=len(raw)) < MIN_POINTS).all():
        raise InputError(
            "the ways have no places: the nodes they run through are missing; get the data again "
            "with all nodes of its ways"
        )


def _refuse_off_grid(raw: RawWays, xy: NDArray[np.float64], streets: NDArray[np.bool_]) -> None:
    """Refuse streets that the grid does not reach; a ferry may sail beyond it."""
    way = np.repeat(np.arange(len(raw)), np.array(raw.sizes))
    placed = np.isfinite(np.array(raw.xs)) & np.isfinite(np.array(raw.ys)) & streets[way]
    off = placed & off_grid(xy[:, 0] / CM_PER_M, xy[:, 1] / CM_PER_M)
    if off.any():
        count = len(np.unique(way[off]))
        raise InputError(f"{count:,} of {int(streets.sum()):,} streets {OFF_GRID}")


def _distinct(
    rows: Sequence[Mapping[str, str]],
) -> tuple[NDArray[np.int64], list[Mapping[str, str]]]:
    """Give equal tag sets the same row; rows go by their text, so that they are stable."""
    keys: list[tuple[tuple[str, str], ...]] = [tuple(sorted(row.items())) for row in rows]
    distinct = sorted(set(keys))
    number = {key: row for row, key in enumerate(distinct)}
    return (
        np.fromiter((number[key] for key in keys), dtype=np.int64, count=len(keys)),
        [dict(key) for key in distinct],
    )


def _used_rows(
    tag_sets: Sequence[Mapping[str, str]], modes: Sequence[TravelMode]
) -> NDArray[np.bool_]:
    used = [any(evaluate(tags, mode).is_open for mode in modes) for tags in tag_sets]
    return np.array(used, dtype=bool)


def _keep(
    raw: RawWays,
    xy: NDArray[np.float64],
    *,
    tag_rows: NDArray[np.bool_],
    area: BaseGeometry | None,
) -> NDArray[np.bool_]:
    """Tell which ways are wanted: usable by some mode and touching the area."""
    keep = tag_rows
    if area is None or not keep.any():
        return keep
    way = np.repeat(np.arange(len(raw)), np.array(raw.sizes))
    placed = np.isfinite(xy[:, 0]) & keep[way]
    counts = np.bincount(way[placed], minlength=len(raw))
    keep = keep & (counts >= MIN_POINTS)
    placed &= keep[way]
    renumbered = np.cumsum(keep) - 1
    lines = shapely.linestrings(xy[placed] / CM_PER_M, indices=renumbered[way[placed]])
    shapely.prepare(area)
    touching = np.zeros(len(raw), dtype=bool)
    touching[np.flatnonzero(keep)] = shapely.intersects(area, lines)
    return touching


def _network(
    pieces: Pieces,
    raw: RawWays,
    tag_sets: Sequence[Mapping[str, str]],
    *,
    covered: BaseGeometry | None,
    provenance: Sequence[Provenance],
) -> Network:
    """Put nodes in the engine's order, sort edges by them, and drop what nothing refers to."""
    from eh_access.network.ordering import order_nodes  # noqa: PLC0415 - loads numba

    xy = pieces.place / CM_PER_M
    n = len(xy)
    edge_from, edge_to = pieces.start.astype(np.int32), pieces.end.astype(np.int32)
    old = order_nodes(n, edge_from, edge_to)
    new = np.empty(n, dtype=np.int32)
    new[old] = np.arange(n, dtype=np.int32)
    edge_from, edge_to = new[edge_from], new[edge_to]
    order = np.lexsort((edge_to, edge_from))
    sizes = np.diff(pieces.vertex_start)[order]
    start = np.concatenate([[0], np.cumsum(sizes)])
    index = np.arange(start[-1]) + np.repeat(pieces.vertex_start[:-1][order] - start[:-1], sizes)
    used, edge_tags = np.unique(pieces.tags[order], return_inverse=True)
    way = pieces.way[order]
    edge_name, names = _name_rows(way, raw)
    geometry = pieces.vertices[index] / CM_PER_M
    return Network(
        node_x=np.ascontiguousarray(xy[old, 0]),
        node_y=np.ascontiguousarray(xy[old, 1]),
        edge_from=edge_from[order],
        edge_to=edge_to[order],
        length_m=edge_lengths(geometry, start),
        edge_tags=edge_tags.astype(np.int32),
        tag_sets=tuple(tag_sets[row] for row in used),
        edge_way=np.where(way < 0, 0, np.array(raw.way_id, dtype=np.int64)[way]),
        edge_name=edge_name,
        names=names,
        geometry_start=start,
        geometry_xy=geometry,
        covered=covered,
        provenance=tuple(provenance),
    )


def _name_rows(way: NDArray[np.int64], raw: RawWays) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    texts = ["" if row < 0 else raw.names[row] for row in way.tolist()]
    names = sorted(set(texts) - {""})
    number = {name: row for row, name in enumerate(names)} | {"": -1}
    rows = np.fromiter((number[text] for text in texts), dtype=np.int32, count=len(texts))
    return rows, tuple(names)


def edge_lengths(
    vertices: NDArray[np.float64], vertex_start: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Measure edges along their vertices."""
    if len(vertex_start) == 1:
        return np.zeros(0)
    step = np.zeros(len(vertices))
    step[:-1] = np.hypot(*np.diff(vertices, axis=0).T)
    step[vertex_start[1:] - 1] = 0.0
    return np.add.reduceat(step, vertex_start[:-1])

"""From ways to a network: cut at junctions and barriers, in engine order."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

from eh_access.errors import InputError
from eh_access.modes import MODES, TravelMode
from eh_access.network.area import OFF_GRID_FAULT, ElsewhereError, off_grid, projection
from eh_access.network.describe import keys_never_seen
from eh_access.network.model import Network, parts_of, runs
from eh_access.network.provenance import Shortfall
from eh_access.network.rules import POINT_KEY, evaluate, parse_duration_min, rule_table
from eh_access.tables import CRS, without_controls

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from eh_access.provenance import Provenance

EXTRA_WAY_KEYS = frozenset({"route", "bridge", "tunnel", "area", "step_count", "footway"})
"""Tags no rule looks at yet, kept for describing and explaining."""

CARRIAGEWAYS = frozenset(
    {
        *("motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link"),
        *("secondary", "secondary_link", "tertiary", "tertiary_link", "unclassified"),
        *("residential", "living_street", "service", "road", "busway", "track"),
    }
)
"""Ways a kerb at a shared node does not stand across: one meets it only on leaving the road."""

MIN_POINTS = 2
"""A line has at least two points."""

WHEELS = frozenset({"stroller", "wheelchair"})
"""Tags that say of a crossing, without a word about its kerb, whether wheels can pass it."""

MANY_WAYS = 1_000
"""From so many ways on, a kind of tag that is on none of them was not recorded at all."""

FERRY_SPEED = "ferry:km_h"
"""A tag of our own, which no map can set."""

MAX_FERRY_KM_H = 100.0

LOW_KERBS = frozenset({"lowered", "flush", "no", "flat"})


Line: TypeAlias = list[tuple[int, float, float]]
"""The points of a way: id, and longitude and latitude, or x and y."""


@dataclass(eq=False)
class RawWays:
    """Ways with the points they run through; filled by a reader, used up by the builder."""

    crs: str = "EPSG:4326"  # what the coordinates are in
    # for each way: its OpenStreetMap id (0 where there is none), the tags that matter
    # (``kept_way_tags``), its name ("" where it has none) and its number of points
    way_id: array[int] = field(default_factory=lambda: array("q"))
    tags: list[Mapping[str, str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    sizes: array[int] = field(default_factory=lambda: array("q"))
    # for each point of each way, one way after the other: its id, and longitude and latitude (or
    # x and y in ``crs``); NaN where the place is not in the file
    refs: array[int] = field(default_factory=lambda: array("q"))
    xs: array[float] = field(default_factory=lambda: array("d"))
    ys: array[float] = field(default_factory=lambda: array("d"))
    # tags of the points that stand in the way, by id (``kept_point_tags``)
    barriers: dict[int, Mapping[str, str]] = field(default_factory=dict)
    # every key that a way or such a point carries, also those no rule looks at
    keys: set[str] = field(default_factory=set)
    # whether whoever made the source chose which keys to keep, as osmnx does
    has_chosen_keys: bool = False
    # what the reader left out or replaced, how many names held characters nobody sees, and how
    # many ferries have a crossing time that none has
    shortfalls: list[Shortfall] = field(default_factory=list)
    cleaned_names: int = 0
    untimed_ferries: int = 0

    def add(
        self, way_id: int, line: Sequence[tuple[int, float, float]], *, tags: Mapping[str, str]
    ) -> None:
        """Add a way: its id, its points as (id, x, y) and all its tags."""
        kept = kept_way_tags(tags)
        self.keys |= tags.keys()
        if tags.get("route") == "ferry":
            speed = ferry_speed(tags, [(x, y) for _, x, y in line], self.crs)
            self.untimed_ferries += "duration" in tags and not speed
            kept |= speed
        self.way_id.append(way_id)
        self.tags.append(kept)
        name = tags.get("name") or tags.get("ref") or ""
        self.names.append(without_controls(name))
        self.cleaned_names += self.names[-1] != name
        self.sizes.append(len(line))
        for ref, x, y in line:
            self.refs.append(ref)
            self.xs.append(x)
            self.ys.append(y)

    def add_point(self, ref: int, tags: Mapping[str, str]) -> None:
        """Add a point's tags, if it may be a barrier."""
        self.keys |= tags.keys()
        if kept := kept_point_tags(tags):
            self.barriers[ref] = kept

    def all_shortfalls(self) -> tuple[Shortfall, ...]:
        """Return what the reader left out or replaced, names included."""
        counts = {"names-cleaned": self.cleaned_names, "untimed-ferries": self.untimed_ferries}
        own = [Shortfall(kind=kind, count=n, of=len(self)) for kind, n in counts.items()]
        return tuple(item for item in (*self.shortfalls, *own) if item.count)

    def __len__(self) -> int:
        return len(self.way_id)


def joined(lines: Iterable[Line]) -> Iterator[Line]:
    """Join the pieces of one way up to its branches."""
    pieces = list(lines)
    leaving: defaultdict[int, list[int]] = defaultdict(list)
    for row, piece in enumerate(pieces):
        leaving[piece[0][0]].append(row)
    arriving = Counter(piece[-1][0] for piece in pieces)

    def goes_on(point: int) -> bool:
        return arriving[point] == 1 and len(leaving[point]) == 1

    heads = [row for row, piece in enumerate(pieces) if not goes_on(piece[0][0])]
    used: set[int] = set()
    for head in (*heads, *range(len(pieces))):
        row = head
        line: Line = []
        while row not in used:
            used.add(row)
            line += pieces[row][1:] if line else pieces[row]
            if goes_on(line[-1][0]):
                row = leaving[line[-1][0]][0]
        if line:
            yield line


def is_street(tags: Mapping[str, str]) -> bool:
    """Return whether a way is a highway, a ferry or a platform."""
    return "highway" in tags or tags.get("route") == "ferry" or tags.get("railway") == "platform"


def kept_way_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a way that a rule uses or that explain a trip."""
    keys = (rule_table().way_keys | EXTRA_WAY_KEYS) - {FERRY_SPEED}
    if tags.get("railway") != "platform":  # lines that were, and trams in the street
        keys = keys - {"railway"}
    return {key: tags[key] for key in sorted(keys & tags.keys())}


def ferry_speed(
    tags: Mapping[str, str], line: Sequence[tuple[float, float]], crs: str
) -> dict[str, str]:
    """Return a tag with the speed of a ferry, if its crossing time is known."""
    minutes = parse_duration_min(tags.get("duration", ""))
    if minutes is None or len(line) < MIN_POINTS or not np.isfinite(line).all():
        return {}  # a ferry that leaves the map cannot be measured
    x, y = to_metres(np.array(line).T, crs)
    km = float(np.hypot(np.diff(x), np.diff(y)).sum()) / 1000
    km_h = max(km / (minutes / 60), 0.1)
    return {FERRY_SPEED: f"{km_h:.1f}"} if km > 0 and km_h <= MAX_FERRY_KM_H else {}


def to_metres(xy: NDArray[np.float64], crs: str) -> NDArray[np.float64]:
    """Project coordinates (2, n) to the British National Grid, EPSG:27700."""
    if crs == CRS or xy.shape[1] == 0:
        return xy
    return np.vstack(projection(crs, CRS).transform(xy[0], xy[1]))


def kept_point_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a point that may be a barrier, else nothing."""
    crossing = tags.get("highway") == "crossing" or tags.get("barrier") == "kerb"
    known_low = tags.get("kerb") in LOW_KERBS
    if tags.get("barrier", "kerb") == "kerb" and (known_low or not (crossing or "kerb" in tags)):
        return {}
    keys = rule_table().point_keys - {"crossing"}
    if "barrier" not in tags and "kerb" not in tags:
        keys = keys & WHEELS  # a crossing's other tags are about the road
    kept = {key: tags[key] for key in sorted(keys & tags.keys())}
    if "barrier" not in kept and "kerb" not in kept:
        kept["crossing"] = "yes"
    return kept | {POINT_KEY: "yes"}


def stands_across_roads(tags: Mapping[str, str]) -> bool:
    """Return whether a point stops road traffic: a gate does, a kerb does not."""
    return tags.get("barrier", "kerb") != "kerb"


@dataclass(eq=False)
class Pieces:
    """Edges in the making: their ends as node numbers, their vertices, the way they come from."""

    place: NDArray[np.int64]  # int64 (nodes, 2), centimetres
    node_ref: NDArray[np.int64]  # int64 (nodes,), OpenStreetMap ids
    start: NDArray[np.int64]  # int64 (edges,), node numbers
    end: NDArray[np.int64]
    way: NDArray[np.int64]  # int64 (edges,), row of the raw ways
    # int64 (edges + 1,), where each edge's vertices begin in ``vertices``
    vertex_start: NDArray[np.int64]
    vertices: NDArray[np.int64]  # int64 (vertices, 2), centimetres, end points included


def split_ways(
    raw: RawWays, way: NDArray[np.int64], xy: NDArray[np.float64], *, keep: NDArray[np.bool_]
) -> Pieces:
    """Cut ways into edges, of points whose way and place (NaN if unknown) are given."""
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
    vertex_start, vertices = runs(start, end - start + 1)
    return Pieces(
        place=vertex[first[at_node]],
        node_ref=ref[first[at_node]],
        start=node_of[number[start]],
        end=node_of[number[end]],
        way=way[start],
        vertex_start=vertex_start,
        vertices=vertex[vertices],
    )


def on_carriageway(raw: RawWays) -> NDArray[np.bool_]:
    """Return which ways are roads for vehicles."""
    return np.array([tags.get("highway") in CARRIAGEWAYS for tags in raw.tags], dtype=bool)


def _barred(raw: RawWays, ref: NDArray[np.int64], way: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which points of which ways are barriers."""
    across = [ref for ref, tags in raw.barriers.items() if stands_across_roads(tags)]
    at_kerb = [ref for ref, tags in raw.barriers.items() if not stands_across_roads(tags)]
    on_path = ~on_carriageway(raw)[way]
    return np.isin(ref, across) | (np.isin(ref, at_kerb) & on_path)


NO_WAY = -1
"""Row of the raw ways for an edge that stands for a barrier."""


def add_barriers(
    pieces: Pieces, raw: RawWays
) -> tuple[Pieces, NDArray[np.int64], list[Mapping[str, str]]]:
    """Give each way that ends at a barrier its own end node and a barrier edge.

    Returns the edges, those of barriers last, with the row of tags of each of these.
    """
    # A kerb stands only in the way of those who leave the road: roads keep the shared node.
    nodes = len(pieces.node_ref)
    barred = np.flatnonzero(np.isin(pieces.node_ref, list(raw.barriers)))
    rows, tag_sets = _distinct([raw.barriers[ref] for ref in pieces.node_ref[barred].tolist()])
    row_of = np.full(nodes, -1, dtype=np.int64)
    row_of[barred] = rows
    across = np.zeros(nodes, dtype=bool)
    across[barred] = np.array([stands_across_roads(tags) for tags in tag_sets], dtype=bool)[rows]
    slots = np.concatenate([pieces.start, pieces.end])
    on_road = np.tile(on_carriageway(raw)[pieces.way], 2)
    meets = np.bincount(slots, minlength=nodes)[slots] > 1
    moved = np.flatnonzero((row_of[slots] >= 0) & meets & (across[slots] | ~on_road))
    barrier = slots[moved]
    own_end = nodes + np.arange(len(moved))
    slots[moved] = own_end
    start, end = slots.reshape(2, -1)
    place = pieces.place[barrier]
    ends_at = pieces.vertex_start[-1] + 2 * np.arange(1, len(moved) + 1)
    added = Pieces(
        place=np.concatenate([pieces.place, place]),
        node_ref=np.concatenate([pieces.node_ref, pieces.node_ref[barrier]]),
        start=np.concatenate([start, own_end]),
        end=np.concatenate([end, barrier]),
        way=np.concatenate([pieces.way, np.full(len(moved), NO_WAY)]),
        vertex_start=np.concatenate([pieces.vertex_start, ends_at]),
        vertices=np.concatenate([pieces.vertices, np.repeat(place, 2, axis=0)]),
    )
    return added, row_of[barrier], tag_sets


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
    way = np.repeat(np.arange(len(raw)), np.array(raw.sizes))
    degrees = np.array([raw.xs, raw.ys], dtype=np.float64)
    given = np.isfinite(degrees[0]) & np.isfinite(degrees[1])
    xy = np.full((len(given), 2), np.nan)
    xy[given] = np.rint(to_metres(degrees[:, given], raw.crs) * CM_PER_M).T
    xy[~np.isfinite(xy)] = np.nan
    tag_rows, tag_sets = _distinct(raw.tags)
    used = _used_rows(tag_sets, modes)[tag_rows]
    if not used.any():
        wanted = ", ".join(mode.label for mode in modes)
        raise InputError(f"no street that may be used {wanted} was found; check the file or area")
    if np.bincount(way[given & used[way]], minlength=1).max() < MIN_POINTS:
        raise InputError(
            "the ways have no places: the nodes they run through are missing; get the data again "
            "with all nodes of its ways"
        )
    keep = used if area is None else _touching(way, xy, used, area)
    # a ferry may sail beyond the grid
    streets = used & np.array(["highway" in tags for tags in tag_sets])[tag_rows]
    streets = streets & keep if keep.any() else used
    off = given & streets[way] & off_grid(*(xy.T / CM_PER_M))
    if off.any():
        count = len(np.unique(way[off]))
        raise InputError(f"{count:,} of {int(streets.sum()):,} streets {OFF_GRID_FAULT}")
    if not keep.any():
        raise ElsewhereError("no street that may be used lies in the area; check the file or area")
    pieces, barrier_rows, barrier_tags = add_barriers(split_ways(raw, way, xy, keep=keep), raw)
    edge_rows = tag_rows[pieces.way[pieces.way != NO_WAY]]
    edge_tags = np.concatenate([edge_rows, len(tag_sets) + barrier_rows])
    if area is not None:
        covered = area if covered is None else shapely.intersection(area, covered)
    network = _network(
        pieces,
        raw,
        edge_tags,
        [*tag_sets, *barrier_tags],
        covered=covered,
        provenance=tuple(provenance),
    )
    if len(raw) < MANY_WAYS and not raw.has_chosen_keys:
        return network
    return replace(network, not_recorded=keys_never_seen(raw.keys), _memory={})


def _distinct(
    rows: Sequence[Mapping[str, str]],
) -> tuple[NDArray[np.int64], list[Mapping[str, str]]]:
    """Give equal tag sets the same row, sorted by their text."""
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


def _touching(
    way: NDArray[np.int64],
    xy: NDArray[np.float64],
    used: NDArray[np.bool_],
    area: BaseGeometry,
) -> NDArray[np.bool_]:
    """Return which ways some mode may use touch the area."""
    placed = np.isfinite(xy[:, 0])
    lines = used & (np.bincount(way[placed], minlength=len(used)) >= MIN_POINTS)
    placed &= lines[way]
    row = (np.cumsum(lines) - 1)[way[placed]]
    shapely.prepare(area)
    touching = np.zeros(len(used), dtype=bool)
    touching[lines] = shapely.intersects(
        area, shapely.linestrings(xy[placed] / CM_PER_M, indices=row)
    )
    return touching


def _network(
    pieces: Pieces,
    raw: RawWays,
    edge_tags: NDArray[np.int64],
    tag_sets: Sequence[Mapping[str, str]],
    *,
    covered: BaseGeometry | None,
    provenance: tuple[Provenance, ...],
) -> Network:
    """Put nodes in the engine's order, sort edges by them and drop unused rows."""
    from eh_access.network.ordering import order_nodes  # noqa: PLC0415 - loads numba

    xy = pieces.place / CM_PER_M
    edge_from, edge_to = pieces.start.astype(np.int32), pieces.end.astype(np.int32)
    old = order_nodes(len(xy), edge_from, edge_to)
    new = np.empty(len(xy), dtype=np.int32)
    new[old] = np.arange(len(xy), dtype=np.int32)
    edge_from, edge_to = new[edge_from], new[edge_to]
    order = np.lexsort((edge_to, edge_from))
    start, vertices = parts_of(pieces.vertex_start, order)
    used, edge_tags = np.unique(edge_tags[order], return_inverse=True)
    way = pieces.way[order]
    edge_name, names = _name_rows(way, raw)
    geometry = pieces.vertices[vertices] / CM_PER_M
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
        provenance=provenance,
        shortfalls=raw.all_shortfalls(),
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

"""Read streets from OpenStreetMap files, osmnx graphs and GraphML."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import itertools
import logging
import math
import re
import warnings
import zlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from eh_access.arguments import check_arguments
from eh_access.errors import InputError, SourceError
from eh_access.network.area import as_polygon, to_degrees
from eh_access.network.build import (
    DEFAULT_MODES,
    RawWays,
    build_network,
    is_street,
    to_metres,
)
from eh_access.network.io import SUFFIX, read_network_file
from eh_access.network.provenance import Shortfall, osm_provenance
from eh_access.network.rules import number_in
from eh_access.network.unpacking import most_bytes, read_blocks
from eh_access.provenance import file_sha256

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.provenance import Provenance

NOT_TAGS = frozenset({"osmid", "geometry", "length", "reversed", "from", "to", "u", "v", "key"})
ONE_WAY = frozenset({"true", "yes", "1", "-1", "reverse", "t", "f"})

Line = list[tuple[int, float, float]]

RESTRICTIVE = ("steps", "no", "private", "-1", "yes")
"""Where osmnx has merged ways that differ, the value named first here is taken."""


def is_graph(source: Any) -> bool:  # noqa: ANN401 - anything may be asked about
    """Return whether something is a networkx graph, without importing networkx."""
    return all(hasattr(source, name) for name in ("nodes", "edges", "graph", "is_multigraph"))


NOT_OSMNX = (ValueError, LookupError, TypeError, AttributeError, StopIteration)
"""What osmnx raises on GraphML that it did not write."""


def read_graphml(path: Path) -> tuple[RawWays, Provenance]:
    """Read GraphML that osmnx wrote."""
    from xml.etree.ElementTree import ParseError  # noqa: PLC0415 - needed by this reader alone

    import networkx as nx  # noqa: PLC0415 - heavy, and needed by this reader alone
    import osmnx  # noqa: PLC0415 - as above

    as_written = {"oneway": str, "reversed": str}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of kinds of attributes that are not stated
            graph = osmnx.load_graphml(path, edge_dtypes=as_written)
        raw, provenance = read_graph(graph)
    except (ParseError, nx.NetworkXError, *NOT_OSMNX) as error:
        raise SourceError(
            f"{path}: the file is damaged or was not written by osmnx ({_first_line(error)}); save "
            "it again with osmnx.save_graphml"
        ) from error
    digest = file_sha256(path)
    return raw, osm_provenance(date=provenance.date, sha256=digest)


def read_graph(graph: Any) -> tuple[RawWays, Provenance]:  # noqa: ANN401 - a networkx graph
    """Read an osmnx graph, simplified or not."""
    # A two-way street stands in such a graph twice, once each way: it is taken once. Where osmnx
    # merged ways whose tags differ, the more restrictive value counts; an unsimplified graph
    # (``simplify=False``) keeps more.
    crs = graph.graph.get("crs")
    if crs is None:
        raise InputError("the graph has no CRS; set graph.graph['crs'], for example 'epsg:4326'")
    nodes = dict(graph.nodes(data=True))
    lost = [node for node, data in nodes.items() if not _has_place(data)]
    if lost:
        raise InputError(
            f"{len(lost)} nodes have no x and y that are numbers, the first is {lost[0]}"
        )
    try:
        CRS.from_user_input(crs)
    except CRSError as error:
        raise InputError(
            f"the graph's CRS is '{crs}', which is none; set graph.graph['crs'], for example "
            "'epsg:4326'"
        ) from error
    number = {node: row for row, node in enumerate(nodes, 1)}
    inner_ids = itertools.count(-1, -1)
    raw = RawWays(crs=str(crs), has_chosen_keys=True)
    directed = graph.is_directed()
    for node, data in nodes.items():
        raw.add_point(number[node], {key: str(value) for key, value in data.items()})
    pieces: defaultdict[tuple[int, tuple[tuple[str, str], ...]], list[Line]] = defaultdict(list)
    for start, end, data in _once(graph):
        tags = _tags(data) if directed else {**_tags(data), "oneway": "no"}
        if is_street(tags):
            ends = (number[start], nodes[start]), (number[end], nodes[end])
            pieces[_way_id(data), tuple(sorted(tags.items()))].append(_line(ends, data, inner_ids))
    for (way_id, tags_of), lines in pieces.items():
        for line in _joined(lines):
            raw.add(way_id, line, tags=dict(tags_of))
    if not directed:  # which way its one-way streets run is lost
        raw.keys.discard("oneway")
    return raw, osm_provenance(date=str(graph.graph.get("created_date", ""))[:10])


def _has_place(data: Mapping[str, Any]) -> bool:
    try:
        return math.isfinite(float(data["x"])) and math.isfinite(float(data["y"]))
    except (KeyError, TypeError, ValueError):
        return False


def _once(graph: Any) -> Iterator[tuple[Any, Any, Mapping[str, Any]]]:  # noqa: ANN401
    """Yield each street once, a two-way one along its way."""
    seen: set[tuple[Any, ...]] = set()
    edges = sorted(graph.edges(data=True), key=lambda edge: _is_true(edge[2].get("reversed")))
    for start, end, data in edges:
        if not _is_one_way(data):
            there = tuple(data["geometry"].coords) if "geometry" in data else (start, end)
            street = (str(sorted(_all(data.get("osmid")))), *min(there, there[::-1]))
            if street in seen:
                continue
            seen.add(street)
        yield start, end, data


def _all(value: Any) -> list[str]:  # noqa: ANN401 - attributes hold what they hold
    """Return the values an attribute holds; none for any form of null."""
    if hasattr(value, "tolist"):  # an array, or a number of numpy's own
        value = value.tolist()
    items = value if isinstance(value, (list, tuple, set)) else [value]
    return [str(item) for item in items if not _is_null(item)]


def _is_null(value: Any) -> bool:  # noqa: ANN401 - as above
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or value != value  # noqa: PLR0124 - NaN


def _is_true(value: Any) -> bool:  # noqa: ANN401 - attributes hold what they hold
    return all(item.lower() == "true" for item in _all(value))


def _is_one_way(data: Mapping[str, Any]) -> bool:
    return any(item.lower() in ONE_WAY for item in _all(data.get("oneway")))


def _way_id(data: Mapping[str, Any]) -> int:
    ids = [int(item) for item in _all(data.get("osmid")) if item.lstrip("-").isdigit()]
    return min(ids, default=0)


def _tags(data: Mapping[str, Any]) -> dict[str, str]:
    """Return an edge's OpenStreetMap tags; of several values, the more restrictive."""
    tags = {key: _strictest(key, values) for key, values in _values(data) if values}
    if _is_one_way(data):
        # osmnx has already turned ways that are one-way against their direction
        tags["oneway"] = "yes"
    elif tags.get("oneway", "").lower() in {"false", "nan"}:
        del tags["oneway"]  # osmnx writes this where nothing is tagged, too
    return tags


def _values(data: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for key, value in data.items():
        if key not in NOT_TAGS:
            yield key, sorted(set(_all(value)))


def _strictest(key: str, values: list[str]) -> str:
    """Return the more restrictive of some values: of limits and widths the lower number."""
    if ranked := [word for word in RESTRICTIVE if word in values]:
        return ranked[0]
    measured = [
        (number, value) for value in values if (number := number_in(key, value)) is not None
    ]
    if not measured:
        return values[0]
    return (max if key == "incline" else min)(measured)[1]


def _line(
    ends: tuple[tuple[int, Mapping[str, Any]], tuple[int, Mapping[str, Any]]],
    data: Mapping[str, Any],
    inner_ids: Iterator[int],
) -> Line:
    """Return an edge's points, with new ids for those between its ends."""
    (start, a), (end, b) = ends
    first, last = (start, float(a["x"]), float(a["y"])), (end, float(b["x"]), float(b["y"]))
    inner = list(data["geometry"].coords)[1:-1] if "geometry" in data else []
    return [first, *((next(inner_ids), float(x), float(y)) for x, y, *_ in inner), last]


def _joined(lines: Iterable[Line]) -> Iterator[Line]:
    """Join the pieces of one way up to its branches."""
    pieces = list(lines)
    leaving: defaultdict[int, list[int]] = defaultdict(list)
    arriving: defaultdict[int, int] = defaultdict(int)
    for row, piece in enumerate(pieces):
        leaving[piece[0][0]].append(row)
        arriving[piece[-1][0]] += 1
    heads = [
        row
        for row, piece in enumerate(pieces)
        if not (arriving[piece[0][0]] == 1 and len(leaving[piece[0][0]]) == 1)
    ]
    used = [False] * len(pieces)
    for head in [*heads, *range(len(pieces))]:
        if used[head]:
            continue
        row, line = head, list(pieces[head])
        used[row] = True
        while arriving[line[-1][0]] == 1 and len(leaving[line[-1][0]]) == 1:
            row = leaving[line[-1][0]][0]
            if used[row]:
                break
            used[row] = True
            line += pieces[row][1:]
        yield line


log = logging.getLogger(__name__)

KEPT_BEYOND = 100
"""Ways kept from beyond the area where it has none: enough to show where the file's ways lie."""

OSM_SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.xml", ".osm.gz", ".osm.bz2", ".xml")


@check_arguments
def read_network(
    source: str | Path | Any,  # noqa: ANN401 - a networkx graph, without importing networkx
    *,
    modes: Sequence[TravelMode] = DEFAULT_MODES,
    area: gpd.GeoDataFrame | BaseGeometry | None = None,
    covered: BaseGeometry | None = None,
) -> Network:
    """Read streets from a file or a graph.

    Parameters
    ----------
    source
        A path to OpenStreetMap data (``.osm.pbf``, ``.osm``), to GraphML written by osmnx, or to
        a network saved by this library (``.npz``); or an osmnx graph.
    modes
        Streets that none of these may use are left out. A saved network is read as it is.
    area
        Keep streets that touch this area: a GeoDataFrame in any CRS, or a geometry in EPSG:27700.
        A saved network is read as it is.
    covered
        Where the source's streets are complete (EPSG:27700), if it does not say so itself.

    Returns
    -------
    Network
        The streets, with where they came from.

    Raises
    ------
    SourceError
        If the file is missing, damaged, cut off, or not of a kind that can be read.
    InputError
        If it holds no streets that may be used in the area.

    Examples
    --------
    >>> read_network("no/such/place.osm.pbf")
    Traceback (most recent call last):
    ...
    eh_access.errors.SourceError: no/such/place.osm.pbf: there is no such file; check the path
    """
    polygon = None if area is None else as_polygon(area)
    if is_graph(source):
        raw, provenance = read_graph(source)
    elif not isinstance(source, (str, Path)):
        raise InputError(
            f"source is a {type(source).__name__}; give a path, the name of a bundled network, or "
            "a graph of osmnx"
        )
    else:
        path = Path(source)
        _check_file(path)
        name = path.name.lower()
        if name.endswith(SUFFIX):
            return read_network_file(path)
        if name.endswith(".graphml"):
            raw, provenance = read_graphml(path)
        elif name.endswith(OSM_SUFFIXES):
            raw, provenance, box = read_osm(path, area=polygon)
            covered = covered or box
        else:
            kinds = ", ".join((*OSM_SUFFIXES, ".graphml", SUFFIX))
            raise SourceError(f"{path}: not a kind of file that can be read; give one of {kinds}")
    try:
        network = build_network(
            raw, modes=modes, area=polygon, covered=covered, provenance=[provenance]
        )
    except InputError as error:
        where = "the graph" if is_graph(source) else str(source)
        raise type(error)([f"{where}: {fault}" for fault in error.faults]) from error
    for item in network.shortfalls:
        log.warning("%s: %s, %d of %d", network, item.kind.replace("-", " "), item.count, item.of)
    if raw.has_chosen_keys and network.not_recorded:
        log.warning("%s: never tagged: %s", network, ", ".join(network.not_recorded))
    return network


def _check_file(path: Path) -> None:
    if not path.exists():
        raise SourceError(f"{path}: there is no such file; check the path")
    if path.is_dir():
        raise SourceError(f"{path}: this is a folder; give a file")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty; get it again")


def read_osm(
    path: Path, *, area: BaseGeometry | None = None
) -> tuple[RawWays, Provenance, BaseGeometry | None]:
    """Read ways and barriers from an OpenStreetMap file."""
    import osmium  # noqa: PLC0415 - needed by this reader alone

    box = None if area is None else to_degrees(area).bounds
    try:
        deleted = _deleted_in_editor(path)  # first, since osmium unpacks whatever there is
        with osmium.io.Reader(str(path)) as reader:
            header = reader.header()
        if header.has_multiple_object_versions:
            _refuse_history(path)
        extract = _Extract(box=box, deleted=deleted)
        extract.read(path)
        if (lost := extract.refs_without_place()) and (
            min(lost) < 0 or header.get("sorting") != SORTED
        ):
            # ids below 0 and points that follow their ways are in no index of pyosmium
            places = _places(path, lost)
            if places:
                extract = _Extract(box=box, deleted=extract.deleted, places=places)
                extract.read(path)
        extract.settle(path)
        raw = extract.ways()
        covered = _box(header)
    except InputError:
        raise
    except (*DAMAGE, osmium.InvalidLocationError) as error:
        raise SourceError(
            f"{path}: the file is damaged, incomplete or not OpenStreetMap data "
            f"({_first_line(error)}); download it again"
        ) from error
    log.info("%s: %d ways read", path, len(raw))
    _refuse_incomplete(path, raw)
    date = header.get("osmosis_replication_timestamp") or extract.newest
    return raw, osm_provenance(date=date[:10], sha256=file_sha256(path)), covered


SORTED = "Type_then_ID"
"""What the head of a file says in which nodes come before ways, each kind by its number."""

DAMAGE = (RuntimeError, ValueError, OverflowError, EOFError, OSError, zlib.error)
"""What pyosmium and its decompressors raise on what they cannot read."""

REFUSED_SHARE = 0.1
"""From this share of a file's objects on, leaving them out or guessing would be another map."""

FEW = 10
"""So few objects are counted and reported, whatever share of a small map they are."""


def _refuse_incomplete(path: Path, raw: RawWays) -> None:
    """Refuse a file of which too much was left out or guessed."""
    for item in raw.shortfalls:
        if item.count <= max(FEW, REFUSED_SHARE * item.of):
            continue
        if item.kind == "several-versions":
            _refuse_history(path)
        if item.kind == "points-without-place":
            raise InputError(
                f"{path}: {item.count:,} of {item.of:,} points of its ways have no place, since "
                "their nodes are missing; get the data again with all nodes of its ways"
            )


def _refuse_history(path: Path) -> NoReturn:
    raise InputError(
        f"{path}: objects stand in it in several versions (a history, or extracts of different "
        "days joined); give the map as it was on one day (osmium time-filter)"
    )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


@dataclass(eq=False)
class _Extract:
    """Ways and barriers of a file, each object once: the newest version, with all its parts."""

    box: tuple[float, ...] | None
    deleted: frozenset[tuple[str, int]]  # what an editor has marked for deletion: n, w or r, id
    places: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    raw: RawWays = field(default_factory=RawWays)
    newest: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    # what stands in the file in several versions, and what is deleted: n, w or r, id
    several: set[tuple[str, int]] = field(default_factory=set)
    gone: set[tuple[str, int]] = field(default_factory=set)
    # by id: version of each way and barrier, and the rows of each way
    ways_read: dict[int, Version] = field(default_factory=dict)
    rows: dict[int, list[int]] = field(default_factory=dict)
    barriers: dict[int, Version] = field(default_factory=dict)
    replaced: set[int] = field(default_factory=set)
    beyond: list[tuple[int, Line, dict[str, str]]] = field(default_factory=list)
    rings: dict[int, dict[str, str]] = field(default_factory=dict)

    def read(self, path: Path) -> None:
        """Read a file: streets and barriers, then the rings of squares drawn as relations."""
        import osmium  # noqa: PLC0415 - needed by this reader alone

        keys = osmium.filter.KeyFilter("highway", "route", "barrier", "kerb", "railway")
        files = osmium.FileProcessor(str(path)).with_locations()
        for thing in files.with_filter(keys):
            self._take(thing)
        if self.rings:
            ways = osmium.filter.EntityFilter(osmium.osm.WAY)
            for way in osmium.FileProcessor(str(path)).with_locations().with_filter(ways):
                if way.id in self.rings and way.id not in self.rows:
                    self._add(way, self.rings[way.id])

    def _take(self, thing: Any) -> None:  # noqa: ANN401 - pyosmium has no public name
        if self._is_gone(thing):
            self.gone.add((thing.type_str(), thing.id))
            return
        tags = dict(thing.tags)
        if thing.is_node():
            known = self.barriers.get(thing.id)
            self._count_repeated(thing, known)
            if known is None or _version(thing) > known:
                self.barriers[thing.id] = _version(thing)
                self.raw.add_point(thing.id, tags)
        elif thing.is_way():
            if is_street(tags):
                self._add(thing, tags)
        elif tags.get("type") == "multipolygon" and is_street(tags):
            # people walk round the edge of a square, whether it is drawn as one way or as several
            ring = {**tags, "area": "yes"}
            self.rings |= {item.ref: ring for item in thing.members if item.type == "w"}

    def _add(self, way: Any, tags: dict[str, str]) -> None:  # noqa: ANN401 - as above
        line = [self._place(node) for node in way.nodes]
        if way.timestamp.year > NO_YEAR:
            self.newest = max(self.newest, way.timestamp.isoformat()[:10])
        if self.box is not None and not _may_touch(line, self.box):
            if len(self.beyond) < KEPT_BEYOND:
                self.beyond.append((way.id, line, tags))
            return
        known, here = self.ways_read.get(way.id), _version(way)
        self._count_repeated(way, known)
        if known is not None and here < known:
            return
        lines = [line]
        if known is not None:
            if here == known:  # extracts that were joined may each hold a part of it
                if not (more := self._new_parts(way.id, line)):
                    return
                lines = [*_joined([*self._lines(way.id), *more])]
            self.replaced.update(self.rows[way.id])
        self.ways_read[way.id] = here
        self.rows[way.id] = []
        for each in lines:
            self.rows[way.id].append(len(self.raw))
            self.raw.add(way.id, each, tags=tags)

    def _lines(self, way_id: int) -> list[Line]:
        """Return the lines of a way that were read before."""
        raw, lines = self.raw, []
        for row in self.rows[way_id]:
            first = sum(raw.sizes[:row])
            part = slice(first, first + raw.sizes[row])
            lines.append([*zip(raw.refs[part], raw.xs[part], raw.ys[part], strict=True)])
        return lines

    def _new_parts(self, way_id: int, line: Line) -> list[Line]:
        """Return the parts of a line that no line of the same way runs along."""
        there = {pair for old in self._lines(way_id) for pair in _stretches(old)}
        parts: list[Line] = []
        goes_on = False
        for (start, end), pair in zip(itertools.pairwise(line), _stretches(line), strict=True):
            if pair in there:
                goes_on = False
            elif goes_on:
                parts[-1].append(end)
            else:
                parts.append([start, end])
                goes_on = True
        return parts

    def settle(self, path: Path) -> None:
        """Take what was read as it was last: a later version may have no tags, or no place."""
        points, met = {*self.raw.refs}, array("q")
        gone = {number for kind, number in self.deleted if kind == "n"} & points
        for thing in self._things(path, points, self.rows):
            if thing.is_node():  # of these there are very many
                met.append(thing.id)
                if not thing.visible:
                    gone.add(thing.id)
            elif (here := _version(thing)) > self.ways_read[thing.id]:
                # it was passed over: no street, or elsewhere
                self.ways_read[thing.id] = here
                self.replaced.update(self.rows[thing.id])
                (self.several if thing.visible else self.gone).add(("w", thing.id))
        ids, times = np.unique(np.array(met, np.int64), return_counts=True)
        if odd := gone.union(ids[times > 1].tolist()):
            self._settle_points(path, odd)

    def _settle_points(self, path: Path, odd: set[int]) -> None:
        newest: dict[int, tuple[Version, tuple[float, float]]] = {}
        for node in self._things(path, odd, ()):
            known, here = newest.get(node.id), _version(node)
            is_gone, at = self._is_gone(node), node.location
            if is_gone:
                self.gone.add(("n", node.id))
            elif known is not None and here != known[0]:
                self.several.add(("n", node.id))
            if known is not None and here <= known[0]:
                continue
            place = (at.lon, at.lat) if at.valid() else NO_PLACE
            if is_gone and known is not None:
                place = known[1]  # a street runs there still: only what stood in its way is gone
            newest[node.id] = here, place
            self.raw.barriers.pop(node.id, None)
            self.raw.add_point(node.id, {} if is_gone else dict(node.tags))
        for row, ref in enumerate(self.raw.refs):
            if ref in newest:
                self.raw.xs[row], self.raw.ys[row] = newest[ref][1]

    def _things(self, path: Path, points: AbstractSet[int], ways: Iterable[int]) -> Iterator[Any]:
        """Yield every version of some nodes and ways."""
        import osmium  # noqa: PLC0415 - needed by this reader alone

        wanted = {"n": points, "w": {*ways}}
        kinds = osmium.osm.NODE | osmium.osm.WAY if wanted["w"] else osmium.osm.NODE
        things: Any = osmium.FileProcessor(str(path), kinds)
        if min(map(min, filter(None, wanted.values())), default=0) < 0:  # filters take no such ids
            things = (thing for thing in things if thing.id in wanted[thing.type_str()])
        else:
            for kind, ids in ((osmium.osm.NODE, points), (osmium.osm.WAY, wanted["w"])):
                only = osmium.filter.IdFilter(ids)
                only.enable_for(kind)
                things = things.with_filter(only)
        return iter(things)

    def _is_gone(self, thing: Any) -> bool:  # noqa: ANN401 - as above
        return not thing.visible or (thing.type_str(), thing.id) in self.deleted

    def _place(self, node: Any) -> tuple[int, float, float]:  # noqa: ANN401 - as above
        at = node.location
        lon, lat = (at.lon, at.lat) if at.valid() else self.places.get(node.ref, NO_PLACE)
        return node.ref, lon, lat

    def _count_repeated(self, thing: Any, known: Version | None) -> None:  # noqa: ANN401 - as above
        if known == _version(thing):
            self.counts["repeated-objects"] += 1
        elif known is not None:
            self.several.add((thing.type_str(), thing.id))

    def refs_without_place(self) -> set[int]:
        """Return the points of streets whose place was not read."""
        raw = self.raw
        lost = {ref for ref, x in zip(raw.refs, raw.xs, strict=True) if math.isnan(x)}
        return lost | {ref for _, line, _ in self.beyond for ref, lon, _ in line if math.isnan(lon)}

    def _all_counts(self) -> Counter[str]:
        several = len(self.several - self.gone)
        return self.counts + Counter(
            {"several-versions": several, "deleted-objects": len(self.gone)}
        )

    def ways(self) -> RawWays:
        """Return what was read, with counts of what was left out or replaced."""
        raw = self.raw.without(self.replaced)
        raw.shortfalls = [
            Shortfall(kind=kind, count=count, of=max(len(self.raw), count))
            for kind, count in sorted(self._all_counts().items())
        ]
        unplaced = sum(map(math.isnan, raw.xs))
        if unplaced:
            item = Shortfall(kind="points-without-place", count=unplaced, of=len(raw.xs))
            raw.shortfalls.append(item)
        if not len(raw):  # whoever builds with these can say why none is of use
            for way_id, line, tags in self.beyond:
                raw.add(way_id, line, tags=tags)
        return raw


NO_PLACE = float("nan"), float("nan")
NO_YEAR = 1970
"""The year of objects whose file gives no time."""
Version: TypeAlias = tuple[int, dt.datetime]


def _version(thing: Any) -> Version:  # noqa: ANN401 - pyosmium has no public name
    return thing.version, thing.timestamp


def _stretches(line: Line) -> list[frozenset[int]]:
    """Return the stretches of a line from point to point, whichever way they run."""
    return [frozenset((one[0], next_[0])) for one, next_ in itertools.pairwise(line)]


def _places(path: Path, wanted: set[int]) -> dict[int, tuple[float, float]]:
    """Return the places of some nodes, wherever in the file they stand."""
    import osmium  # noqa: PLC0415 - needed by this reader alone

    nodes: Any = osmium.FileProcessor(str(path), osmium.osm.NODE)
    return {
        node.id: (node.lon, node.lat)
        for node in nodes
        if node.id in wanted and node.location.valid()
    }


UNPACK: Mapping[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open}
OBJECT = re.compile(rb"<(n|w|r)(?:ode|ay|elation)\b([^>]*)>")
BETWEEN = re.compile(rb"<tag\b[^<]*>\s*(?:</tag>\s*)?<nd\b")
"""A tag before a point: what follows it is lost on pyosmium."""

MARKED = re.compile(rb"\baction\s*=\s*['\"]delete['\"]")
NUMBERED = re.compile(rb"\bid\s*=\s*['\"](-?\d{1,19})['\"]")


def _deleted_in_editor(path: Path) -> frozenset[tuple[str, int]]:
    """Return what JOSM has marked for deletion, which pyosmium reads like the rest."""
    if path.name.lower().endswith("pbf"):
        return frozenset()
    packed = UNPACK.get(path.suffix.lower())
    if packed is None:
        text: bytes | bytearray = path.read_bytes()
    else:
        with packed(path, "rb") as file:
            text = read_blocks(file, str(path), most_bytes(path.stat().st_size))
    if BETWEEN.search(text):
        raise InputError(
            f"{path}: tags stand between the points of a way, and points after them are not read; "
            "save it again with JOSM or osmium, which write points first"
        )
    if not MARKED.search(text):
        return frozenset()
    marked = (
        (kind, NUMBERED.search(rest)) for kind, rest in OBJECT.findall(text) if MARKED.search(rest)
    )
    return frozenset((kind.decode(), int(number[1])) for kind, number in marked if number)


def _may_touch(line: list[tuple[int, float, float]], box: tuple[float, ...]) -> bool:
    west, south, east, north = box
    lon, lat = [x for _, x, _ in line if x == x], [y for _, _, y in line if y == y]  # noqa: PLR0124
    return not lon or not (
        max(lon) < west or min(lon) > east or max(lat) < south or min(lat) > north
    )


def _box(header: Any) -> BaseGeometry | None:  # noqa: ANN401 - pyosmium has no public name
    box = header.box()
    if not box.valid():
        return None
    corners = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    edges = shapely.segmentize(shapely.box(*corners), 0.01)
    return shapely.transform(edges, _project)


def _project(lon_lat: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return to_metres(lon_lat.T, "EPSG:4326").T

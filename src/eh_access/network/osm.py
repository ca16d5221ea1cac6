"""Read streets: OpenStreetMap files here, other kinds by their own readers."""

from __future__ import annotations

import bz2
import datetime as dt
import functools
import gzip
import itertools
import logging
import math
import operator
import re
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import numpy as np
import shapely

from eh_access.errors import InputError, SourceError
from eh_access.network.area import as_polygon, projection, to_degrees
from eh_access.network.build import (
    DEFAULT_MODES,
    Line,
    RawWays,
    build_network,
    is_street,
    joined,
)
from eh_access.network.graphs import first_line, is_graph, read_graph, read_graphml
from eh_access.network.io import SUFFIX, read_network_file
from eh_access.network.provenance import Shortfall, osm_provenance
from eh_access.network.unpacking import most_bytes, read_blocks
from eh_access.provenance import file_sha256, refuse_endless
from eh_access.tables import CRS

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.provenance import Provenance

Place: TypeAlias = tuple[float, float]
Version: TypeAlias = tuple[int, dt.datetime]

log = logging.getLogger(__name__)

KEPT_BEYOND = 100
"""Ways kept from beyond the area where it has none: enough to show where the file's ways lie."""

OSM_SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.xml", ".osm.gz", ".osm.bz2", ".xml")


def read_network(
    source: str | Path | Any,  # noqa: ANN401 - a networkx graph, without importing networkx
    *,
    modes: Sequence[TravelMode] = DEFAULT_MODES,
    area: gpd.GeoDataFrame | BaseGeometry | None = None,
    covered: BaseGeometry | None = None,
) -> Network:
    """Read streets from a file or a graph; see `eh_access.read_network`."""
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
    refuse_endless(path)
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
        extract.settle(path)
        raw = extract.ways()
        covered = _box(header)
    except InputError:
        raise
    except (*DAMAGE, osmium.InvalidLocationError) as error:
        raise SourceError(
            f"{path}: the file is damaged, incomplete or not OpenStreetMap data "
            f"({first_line(error)}); download it again"
        ) from error
    log.info("%s: %d ways read", path, len(raw))
    _refuse_incomplete(path, raw)
    date = header.get("osmosis_replication_timestamp") or extract.newest
    return raw, osm_provenance(date=date[:10], sha256=file_sha256(path)), covered


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


@dataclass(eq=False)
class _Way:
    """A way: its newest version, and the lines it runs along; several if extracts hold parts."""

    version: Version
    tags: dict[str, str]
    lines: list[Line]


@dataclass(eq=False)
class _Square:
    """A square mapped as a relation: its newest version, and the ways it is drawn with."""

    version: Version
    tags: dict[str, str]
    ways: set[int]


@dataclass(eq=False)
class _Extract:
    """Ways and barriers of a file, each object once: the newest version, with all its parts."""

    box: tuple[float, ...] | None
    deleted: frozenset[tuple[str, int]]  # what an editor has marked for deletion: n, w or r, id
    newest: str = ""
    # how often more the newest version of an object stands in the file: n, w or r, id
    repeated: Counter[tuple[str, int]] = field(default_factory=Counter)
    # what stands in the file in several versions, and what is deleted: n, w or r, id
    several: set[tuple[str, int]] = field(default_factory=set)
    gone: set[tuple[str, int]] = field(default_factory=set)
    read_ways: dict[int, _Way] = field(default_factory=dict)
    barriers: dict[int, tuple[Version, dict[str, str]]] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)  # of points that stood elsewhere
    beyond: list[tuple[int, Line, dict[str, str]]] = field(default_factory=list)
    squares: dict[int, _Square] = field(default_factory=dict)

    def read(self, path: Path) -> None:
        """Read a file: streets and barriers, then the rings of squares drawn as relations."""
        import osmium  # noqa: PLC0415 - needed by this reader alone

        keys = osmium.filter.KeyFilter("highway", "route", "barrier", "kerb", "railway")
        files = osmium.FileProcessor(str(path)).with_locations()
        for thing in files.with_filter(keys):
            self._take(thing)
        if self.squares:
            self._add_rings(path)

    def _add_rings(self, path: Path) -> None:
        """Add the ways squares are drawn with, where they are no streets themselves."""
        for thing in self._things(path, {"r": self.squares}):
            if self._is_outdated(self.squares[thing.id].version, by=thing):
                self.squares[thing.id] = _Square(_version(thing), {}, set())
        rings = {
            way_id: square.tags
            for _, square in sorted(self.squares.items())
            for way_id in square.ways
        }
        for way in self._things(path, {"w": rings}):
            if self._is_gone(way):
                self.gone.add(("w", way.id))
            elif not is_street(dict(way.tags)):
                self._add(way, rings[way.id])

    def _take(self, thing: Any) -> None:  # noqa: ANN401 - pyosmium has no public name
        tags = dict(thing.tags)
        if self._is_gone(thing):
            self.gone.add((thing.type_str(), thing.id))
        elif thing.is_node():
            known, _ = self.barriers.get(thing.id, (None, None))
            if self._is_newer(thing, known):
                self.barriers[thing.id] = _version(thing), tags
        elif thing.is_way():
            if is_street(tags):
                self._add(thing, tags)
        elif tags.get("type") == "multipolygon" and is_street(tags):
            self._add_square(thing, tags)

    def _add_square(self, square: Any, tags: dict[str, str]) -> None:  # noqa: ANN401 - as above
        known, here = self.squares.get(square.id), _version(square)
        ways = {item.ref for item in square.members if item.type == "w"}
        if self._is_newer(square, None if known is None else known.version):
            # people walk round the edge of a square, whether it is drawn as one way or as several
            self.squares[square.id] = _Square(here, {**tags, "area": "yes"}, ways)
        elif known is not None and here == known.version:
            known.ways |= ways

    def _add(self, way: Any, tags: dict[str, str]) -> None:  # noqa: ANN401 - as above
        line = [(node.ref, *_place(node)) for node in way.nodes]
        if way.timestamp.year > NO_YEAR:
            self.newest = max(self.newest, way.timestamp.isoformat()[:10])
        if all(lon == lon for _, lon, _ in line) and self._is_beyond(line):  # noqa: PLR0124 - NaN
            if len(self.beyond) < KEPT_BEYOND:
                self.beyond.append((way.id, line, tags))
            return
        known, here = self.read_ways.get(way.id), _version(way)
        if self._is_newer(way, None if known is None else known.version):
            # a way of one point leads nowhere
            self.read_ways[way.id] = _Way(here, tags, [line] if len(line) > 1 else [])
        elif (
            known is not None and here == known.version and (parts := _new_parts(known.lines, line))
        ):
            # extracts that were joined may each hold a part of it
            known.lines = [*joined([*known.lines, *parts])]

    def _is_newer(self, thing: Any, known: Version | None) -> bool:  # noqa: ANN401 - as above
        """Return whether a thing is the first or newer; count it if it stands there again."""
        here, key = _version(thing), (thing.type_str(), thing.id)
        if known is None:
            return True
        if here == known:
            self.repeated[key] += 1
        else:
            self.several.add(key)
        if here > known:
            self.repeated.pop(key, None)
        return here > known

    def _is_outdated(self, known: Version, *, by: Any) -> bool:  # noqa: ANN401 - as above
        """Return whether a newer version was passed over: gone, no street, or elsewhere."""
        if (_version(by), not by.visible) <= (known, False):
            return False
        key = by.type_str(), by.id
        if by.visible:
            self.several.add(key)
            self.gone.discard(key)  # it was put back since
        else:
            self.gone.add(key)
        return True

    def _is_beyond(self, line: Line) -> bool:
        """Return whether a line keeps clear of the box, as far as its places are known."""
        lon, lat = [x for _, x, _ in line if x == x], [y for _, _, y in line if y == y]  # noqa: PLR0124
        if self.box is None or not lon:
            return False
        west, south, east, north = self.box
        return max(lon) < west or min(lon) > east or max(lat) < south or min(lat) > north

    def settle(self, path: Path) -> None:
        """Take what was read as it was last: a later version may have no tags, or no place."""
        lines = [line for way in self.read_ways.values() for line in way.lines]
        points, met = {ref for line in lines for ref, _, _ in line}, array("q")
        # ids below 0 and points that follow their ways are in no index of pyosmium
        lost = {ref for line in lines for ref, lon, _ in line if lon != lon}  # noqa: PLR0124 - NaN
        gone = {number for kind, number in self.deleted if kind == "n"} & points
        for thing in self._things(path, {"n": points, "w": self.read_ways}):
            if thing.is_node():  # of these there are very many
                met.append(thing.id)
                if not thing.visible:
                    gone.add(thing.id)
                elif thing.id in lost:
                    self.places[thing.id] = _place(thing)
            elif self._is_outdated(self.read_ways[thing.id].version, by=thing):
                self.read_ways[thing.id] = _Way(_version(thing), {}, [])
        ids, times = np.unique(np.array(met, np.int64), return_counts=True)
        if odd := gone.union(ids[times > 1].tolist()):
            self._settle_points(path, odd)

    def _settle_points(self, path: Path, odd: set[int]) -> None:
        """Take the newest version of points that stand there several times or are gone."""
        newest: dict[int, tuple[Version, bool]] = {}
        best: dict[int, tuple[bool, bool, Version]] = {}  # which version its place is taken from
        for node in self._things(path, {"n": odd}):
            is_gone, here, place = self._is_gone(node), _version(node), _place(node)
            known = newest.get(node.id)
            if is_gone:
                self.gone.add(("n", node.id))
            elif known is not None and here != known[0]:
                self.several.add(("n", node.id))
            # a street may run through a point that is gone: only what stood in its way is gone
            rank = not math.isnan(place[0]), not is_gone, here
            if node.id not in best or rank > best[node.id]:
                best[node.id], self.places[node.id] = rank, place
            if known is None or (here, is_gone) > known:
                newest[node.id] = here, is_gone
                self.barriers[node.id] = here, {} if is_gone else dict(node.tags)

    def _things(self, path: Path, wanted: Mapping[str, Collection[int]]) -> Iterator[Any]:
        """Yield every version of some objects, by n, w or r and id."""
        import osmium  # noqa: PLC0415 - needed by this reader alone

        bits = {"n": osmium.osm.NODE, "w": osmium.osm.WAY, "r": osmium.osm.RELATION}
        kinds = functools.reduce(operator.or_, (bits[kind] for kind in wanted))
        things: Any = osmium.FileProcessor(str(path), kinds)
        if min(map(min, filter(None, wanted.values())), default=0) < 0:  # filters take no such ids
            things = (thing for thing in things if thing.id in wanted[thing.type_str()])
        else:
            for kind, ids in wanted.items():
                only = osmium.filter.IdFilter(ids)
                only.enable_for(bits[kind])
                things = things.with_filter(only)
        return iter(things)

    def _is_gone(self, thing: Any) -> bool:  # noqa: ANN401 - as above
        return not thing.visible or (thing.type_str(), thing.id) in self.deleted

    def ways(self) -> RawWays:
        """Return what was read, with counts of what was left out or replaced."""
        raw = RawWays()
        for ref, (_, tags) in self.barriers.items():
            raw.add_point(ref, tags)
        for way_id, way in self.read_ways.items():
            for line in way.lines:
                placed = [(ref, *self.places.get(ref, (lon, lat))) for ref, lon, lat in line]
                if self._is_beyond(placed):
                    self.beyond.append((way_id, placed, way.tags))
                else:
                    raw.add(way_id, placed, tags=way.tags)
        counts = {
            "deleted-objects": len(self.gone),
            "repeated-objects": self.repeated.total(),
            "several-versions": len(self.several - self.gone),
        }
        raw.shortfalls = [
            Shortfall(kind=kind, count=count, of=max(len(raw), count))
            for kind, count in counts.items()
            if count
        ]
        if unplaced := sum(map(math.isnan, raw.xs)):
            item = Shortfall(kind="points-without-place", count=unplaced, of=len(raw.xs))
            raw.shortfalls.append(item)
        if not len(raw):  # whoever builds with these can say why none is of use
            for way_id, line, tags in self.beyond:
                raw.add(way_id, line, tags=tags)
        return raw


NO_YEAR = 1970
"""The year of objects whose file gives no time."""


def _version(thing: Any) -> Version:  # noqa: ANN401 - pyosmium has no public name
    return thing.version, thing.timestamp


def _place(node: Any) -> Place:  # noqa: ANN401 - as above
    """Return longitude and latitude; NaN where they are not known."""
    at = node.location
    return (at.lon, at.lat) if at.valid() else (math.nan, math.nan)


def _new_parts(lines: Iterable[Line], line: Line) -> list[Line]:
    """Return the parts of a line that no other line of the same way runs along."""
    there = {pair for old in lines for pair in _stretches(old)}
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


def _stretches(line: Line) -> list[frozenset[int]]:
    """Return the stretches of a line from point to point, whichever way they run."""
    return [frozenset((one[0], next_[0])) for one, next_ in itertools.pairwise(line)]


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


def _box(header: Any) -> BaseGeometry | None:  # noqa: ANN401 - pyosmium has no public name
    box = header.box()
    if not box.valid():
        return None
    corners = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    edges = shapely.segmentize(shapely.box(*corners), 0.01)
    return shapely.transform(edges, projection("EPSG:4326", CRS).transform, interleaved=False)

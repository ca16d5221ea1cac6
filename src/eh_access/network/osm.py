"""Read streets from OpenStreetMap files, osmnx graphs and GraphML."""

from __future__ import annotations

import itertools
import logging
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

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
from eh_access.network.provenance import osm_provenance
from eh_access.provenance import file_sha256

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
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


def read_graphml(path: Path) -> tuple[RawWays, Provenance]:
    """Read GraphML that osmnx wrote."""
    from xml.etree.ElementTree import ParseError  # noqa: PLC0415 - needed by this reader alone

    import osmnx  # noqa: PLC0415 - heavy, and needed by this reader alone

    as_written = {"oneway": str, "reversed": str}
    try:
        graph = osmnx.load_graphml(path, edge_dtypes=as_written)
        raw, provenance = read_graph(graph)
    except (ParseError, ValueError, KeyError, StopIteration) as error:
        raise SourceError(
            f"{path}: the file is damaged or was not written by osmnx ({error}); save it again "
            "with osmnx.save_graphml"
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
    number = {node: row for row, node in enumerate(nodes, 1)}
    inner_ids = itertools.count(-1, -1)
    raw = RawWays(crs=str(crs))
    for node, data in nodes.items():
        raw.add_point(number[node], {key: str(value) for key, value in data.items()})
    pieces: defaultdict[tuple[int, tuple[tuple[str, str], ...]], list[Line]] = defaultdict(list)
    for start, end, data in _once(graph):
        tags = _tags(data)
        if is_street(tags):
            ends = (number[start], nodes[start]), (number[end], nodes[end])
            pieces[_way_id(data), tuple(sorted(tags.items()))].append(_line(ends, data, inner_ids))
    for (way_id, tags_of), lines in pieces.items():
        for line in _joined(lines):
            raw.add(way_id, line, tags=dict(tags_of))
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
    items = value if isinstance(value, (list, tuple, set)) else [value]
    return [str(item) for item in items]


def _is_true(value: Any) -> bool:  # noqa: ANN401 - attributes hold what they hold
    return all(item.lower() == "true" for item in _all(value))


def _is_one_way(data: Mapping[str, Any]) -> bool:
    return any(item.lower() in ONE_WAY for item in _all(data.get("oneway")))


def _way_id(data: Mapping[str, Any]) -> int:
    ids = [int(item) for item in _all(data.get("osmid")) if item.lstrip("-").isdigit()]
    return min(ids, default=0)


def _tags(data: Mapping[str, Any]) -> dict[str, str]:
    """Return an edge's OpenStreetMap tags; of several values, the more restrictive."""
    tags = {}
    for key, value in data.items():
        if key in NOT_TAGS or value is None or value != value:  # noqa: PLR0124 - NaN
            continue
        values = sorted(set(_all(value)))
        ranked = [word for word in RESTRICTIVE if word in values]
        tags[key] = (ranked or values)[0]
    if _is_one_way(data):
        # osmnx has already turned ways that are one-way against their direction
        tags["oneway"] = "yes"
    elif tags.get("oneway", "").lower() in {"false", "nan"}:
        del tags["oneway"]  # osmnx writes this where nothing is tagged, too
    return tags


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
        return build_network(
            raw, modes=modes, area=polygon, covered=covered, provenance=[provenance]
        )
    except InputError as error:
        where = "the graph" if is_graph(source) else str(source)
        raise type(error)([f"{where}: {fault}" for fault in error.faults]) from error


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

    raw, newest = RawWays(), ""
    beyond: list[tuple[int, list[tuple[int, float, float]], dict[str, str]]] = []
    box = None if area is None else to_degrees(area).bounds
    try:
        with osmium.io.Reader(str(path)) as reader:
            header = reader.header()
        files = osmium.FileProcessor(str(path)).with_locations()
        keys = osmium.filter.KeyFilter("highway", "route", "barrier", "kerb")
        for thing in files.with_filter(keys):
            if isinstance(thing, osmium.osm.Node):
                raw.add_point(thing.id, dict(thing.tags))
            elif isinstance(thing, osmium.osm.Way) and is_street(tags := dict(thing.tags)):
                line = [_place(node) for node in thing.nodes]
                if box is None or _may_touch(line, box):
                    raw.add(thing.id, line, tags=tags)
                elif len(beyond) < KEPT_BEYOND:
                    beyond.append((thing.id, line, tags))
                newest = max(newest, thing.timestamp.isoformat()[:10])
    except (RuntimeError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{path}: the file is damaged, incomplete or not OpenStreetMap data ({error}); "
            "download it again"
        ) from error
    log.info("%s: %d ways read", path, len(raw))
    if not len(raw):  # whoever builds with these can say why none is of use
        for way_id, line, tags in beyond:
            raw.add(way_id, line, tags=tags)
    date = header.get("osmosis_replication_timestamp") or newest
    return raw, osm_provenance(date=date[:10], sha256=file_sha256(path)), _box(header)


def _place(node: Any) -> tuple[int, float, float]:  # noqa: ANN401 - pyosmium has no public name
    at = node.location
    return (node.ref, at.lon, at.lat) if at.valid() else (node.ref, float("nan"), float("nan"))


def _may_touch(line: list[tuple[int, float, float]], box: tuple[float, ...]) -> bool:
    west, south, east, north = box
    lon, lat = [x for _, x, _ in line if x == x], [y for _, _, y in line if y == y]  # noqa: PLR0124
    return bool(lon) and not (
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

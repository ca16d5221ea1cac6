"""Reading streets: OpenStreetMap files, osmnx graphs, GraphML and our own files."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from eh_access.errors import InputError, SourceError
from eh_access.network.area import as_polygon, to_degrees
from eh_access.network.build import DEFAULT_MODES, build_network
from eh_access.network.file import SUFFIX, read_network_file
from eh_access.network.graphs import is_graph, read_graph, read_graphml
from eh_access.network.provenance import file_sha256, osm_provenance
from eh_access.network.raw import RawWays, is_street, kept_point_tags, to_metres

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from shapely.geometry.base import BaseGeometry

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network, Provenance

log = logging.getLogger(__name__)

TOLD_BEYOND = 100
"""Ways kept from beyond the area where it has none: enough to say where the file's ways lie."""

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
                barrier = kept_point_tags(dict(thing.tags))
                if barrier:
                    raw.barriers[thing.id] = barrier
            elif isinstance(thing, osmium.osm.Way) and is_street(tags := dict(thing.tags)):
                line = [_place(node) for node in thing.nodes]
                if box is None or _may_touch(line, box):
                    raw.add(thing.id, line, tags=tags)
                elif len(beyond) < TOLD_BEYOND:
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

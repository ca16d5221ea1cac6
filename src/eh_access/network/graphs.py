"""Read streets from graphs of osmnx, and from the GraphML it writes."""

from __future__ import annotations

import itertools
import math
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyproj
import shapely
from pandas.api.types import is_scalar

from eh_access.errors import InputError, SourceError
from eh_access.network.build import Line, RawWays, is_street, joined
from eh_access.network.provenance import osm_provenance
from eh_access.network.rules import number_in
from eh_access.provenance import Provenance, file_sha256

NOT_TAGS = frozenset({"osmid", "geometry", "length", "reversed", "from", "to", "u", "v", "key"})
ONE_WAY = frozenset({"true", "yes", "1", "-1", "reverse", "t", "f"})

WAY_ID = re.compile(r"-?\d{1,18}")
"""What is no such number is no id of OpenStreetMap."""

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
            f"{path}: the file is damaged or was not written by osmnx ({first_line(error)}); save "
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
    at = {node: (number, *_xy(data)) for number, (node, data) in enumerate(nodes.items(), 1)}
    lost = [node for node, (_, x, y) in at.items() if not math.isfinite(x + y)]
    if lost:
        raise InputError(
            f"{len(lost)} nodes have no x and y that are numbers, the first is {lost[0]}"
        )
    try:
        crs = pyproj.CRS.from_user_input(crs).to_string()  # it may be a number or a mapping
    except pyproj.exceptions.CRSError as error:
        raise InputError(
            f"the graph's CRS is '{crs}', which is none; set graph.graph['crs'], for example "
            "'epsg:4326'"
        ) from error
    inner_ids = itertools.count(-1, -1)
    raw = RawWays(crs=crs, has_chosen_keys=True)
    directed = graph.is_directed()
    for node, data in nodes.items():
        raw.add_point(at[node][0], _single_values(data))
    pieces: defaultdict[tuple[int, tuple[tuple[str, str], ...]], list[Line]] = defaultdict(list)
    for start, end, data in _once(graph):
        tags = _tags(data) if directed else {**_tags(data), "oneway": "no"}
        if is_street(tags):
            between = [(next(inner_ids), x, y) for x, y, *_ in _course(data)[1:-1]]
            line = [at[start], *between, at[end]]
            pieces[_way_id(data), tuple(sorted(tags.items()))].append(line)
    for (way_id, tags_of), lines in pieces.items():
        for line in joined(lines):
            raw.add(way_id, line, tags=dict(tags_of))
    if not directed:  # which way its one-way streets run is lost
        raw.keys.discard("oneway")
    return raw, osm_provenance(date=str(graph.graph.get("created_date", ""))[:10])


def _xy(data: Mapping[str, Any]) -> tuple[float, float]:
    """Return the place of a node; NaN where it has none that is numbers."""
    try:
        return float(data["x"]), float(data["y"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return math.nan, math.nan


def _course(data: Mapping[str, Any]) -> list[tuple[float, ...]]:
    """Return the places an edge runs through; none where it runs straight."""
    course = data.get("geometry")
    if isinstance(course, shapely.LineString):
        return [*course.coords]
    if not _all(course):
        return []
    raise InputError(
        f"the geometry of edge {data.get('osmid')} is a {type(course).__name__}; give a LineString "
        "of shapely, or none where the edge runs straight"
    )


def _once(graph: Any) -> Iterator[tuple[Any, Any, Mapping[str, Any]]]:  # noqa: ANN401
    """Yield each street once, a two-way one along its way."""
    seen: set[tuple[Any, ...]] = set()
    edges = sorted(graph.edges(data=True), key=lambda edge: _is_true(edge[2].get("reversed")))
    for start, end, data in edges:
        if not _is_one_way(data):
            there = _course(data) or [start, end]
            street = (str(sorted(_all(data.get("osmid")))), *min(there, there[::-1], key=str))
            if street in seen:
                continue
            seen.add(street)
        yield start, end, data


def _all(value: Any) -> list[str]:  # noqa: ANN401 - attributes hold what they hold
    """Return the values an attribute holds; none for any form of null."""
    if hasattr(value, "tolist"):  # an array, or a number of numpy's own
        value = value.tolist()
    items = value if isinstance(value, (list, tuple, set)) else [value]
    return [str(item) for item in items if not (is_scalar(item) and pd.isna(item))]


def _is_true(value: Any) -> bool:  # noqa: ANN401 - attributes hold what they hold
    return all(item.lower() == "true" for item in _all(value))


def _is_one_way(data: Mapping[str, Any]) -> bool:
    return any(item.lower() in ONE_WAY for item in _all(data.get("oneway")))


def _way_id(data: Mapping[str, Any]) -> int:
    ids = [int(item) for item in _all(data.get("osmid")) if WAY_ID.fullmatch(item)]
    return min(ids, default=0)


def _single_values(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what is known; of several values, the more restrictive."""
    each = {key: sorted(set(_all(value))) for key, value in data.items()}
    return {key: _strictest(key, values) for key, values in each.items() if values}


def _tags(data: Mapping[str, Any]) -> dict[str, str]:
    """Return an edge's OpenStreetMap tags; of several values, the more restrictive."""
    tags = _single_values({key: value for key, value in data.items() if key not in NOT_TAGS})
    if _is_one_way(data):
        # osmnx has already turned ways that are one-way against their direction
        tags["oneway"] = "yes"
    elif tags.get("oneway", "").lower() in {"false", "nan"}:
        del tags["oneway"]  # osmnx writes this where nothing is tagged, too
    return tags


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


def first_line(error: Exception) -> str:
    """Return the first line of an error, or its kind."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__

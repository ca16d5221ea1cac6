"""Read and write networks: compact files, mapped folders, parts of them."""

from __future__ import annotations

import io
import json
import os
import tempfile
import tokenize
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from eh_access.arguments import check_arguments
from eh_access.errors import BAD_ZIP, EhAccessError, InputError, SourceError
from eh_access.modes import TravelMode, as_mode
from eh_access.network.area import OFF_GRID_FAULT, ElsewhereError, off_grid
from eh_access.network.build import CM_PER_M, edge_lengths
from eh_access.network.cost import DS_PER_S, edge_cost
from eh_access.network.model import CLOSED_DS, Heights, Network, parts_of, runs
from eh_access.network.provenance import Shortfall
from eh_access.network.unpacking import read_member
from eh_access.provenance import Provenance, refuse_endless
from eh_access.tables import CRS

if TYPE_CHECKING:
    import networkx as nx
    from numpy.typing import NDArray
    from scipy.sparse import csr_array
    from shapely.geometry.base import BaseGeometry

    from eh_access.network.model import Direction

NO_DATE = (1980, 1, 1, 0, 0, 0)
"""Stamped on every part, so that the same content always gives the same bytes."""

BITS, MORE, MOST_BYTES = 7, 128, 10
"""Of a packed number: bits to a byte, the bit that says more follow, bytes at most."""

DAMAGE = (
    *BAD_ZIP,
    *(OverflowError, TypeError, AttributeError, MemoryError, SyntaxError, tokenize.TokenError),
    shapely.errors.GEOSException,
)
"""What a cut-off or altered file makes its readers raise."""


def write_archive(path: Path, about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Write arrays and a description into one file."""
    text = json.dumps(about, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    parts = {"about": np.frombuffer(text.encode(), dtype=np.uint8), **arrays}
    beside = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as archive:
            for name, array in parts.items():
                info = zipfile.ZipInfo(f"{name}.npy", date_time=NO_DATE)
                info.external_attr, info.create_system = 0o644 << 16, 3
                with archive.open(info, "w") as member:
                    np.lib.format.write_array(
                        member, np.ascontiguousarray(array), allow_pickle=False
                    )
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except OSError as error:
        if beside:
            Path(beside).unlink(missing_ok=True)
        reason = error.strerror or error
        raise SourceError(f"{path}: cannot be written ({reason}); choose another folder") from error
    return path


def read_about(archive: zipfile.ZipFile) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return the description of an open archive."""
    return json.loads(read_array(archive, "about").tobytes())


def read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Return one array of an open archive."""
    content = io.BytesIO(read_member(archive, f"{name}.npy"))
    array: NDArray[Any] = np.lib.format.read_array(content, allow_pickle=False)
    return array


def pack(values: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
    """Write whole numbers in as few bytes as each needs."""
    # Seven bits to a byte, the lowest first, a set eighth bit where more follow; the sign is the
    # lowest bit (the "zigzag varint" of Protocol Buffers). Unlike a compressor's, the bytes do
    # not depend on who built the library.
    wide = values.astype(np.int64).ravel()
    folded = ((wide << 1) ^ (wide >> 63)).view(np.uint64)
    sizes = np.ones(len(folded), dtype=np.int64)
    for byte in range(1, MOST_BYTES):
        sizes += folded >= np.uint64(1) << np.uint64(BITS * byte)
    first = np.cumsum(sizes) - sizes
    out = np.empty(int(sizes.sum()), dtype=np.uint8)
    for byte in range(int(sizes.max(initial=0))):
        rows = np.flatnonzero(sizes > byte)
        low = (folded[rows] >> np.uint64(BITS * byte)).astype(np.uint8) & np.uint8(MORE - 1)
        out[first[rows] + byte] = low | np.where(sizes[rows] > byte + 1, MORE, 0).astype(np.uint8)
    return out


def unpack(packed: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Read whole numbers written by `pack`."""
    last = np.flatnonzero(packed < MORE)
    first = np.concatenate([[0], last[:-1] + 1])[: len(last)]
    sizes = last - first + 1
    longest = int(sizes.max(initial=0))
    if sizes.sum() != len(packed) or longest > MOST_BYTES:
        raise ValueError("numbers are cut off")
    folded = np.zeros(len(last), dtype=np.uint64)
    for byte in range(longest):
        rows = np.flatnonzero(sizes > byte)
        low = (packed[first[rows] + byte] & np.uint8(MORE - 1)).astype(np.uint64)
        folded[rows] |= low << np.uint64(BITS * byte)
    return (folded >> np.uint64(1)).view(np.int64) ^ -(folded & np.uint64(1)).view(np.int64)


SUFFIX = ".npz"
FORMAT = "eh_access network"
VERSION = 2
UNKNOWN_HEIGHT_CM = -32768

ARRAYS = (
    *("node_x_cm", "node_y_cm", "edge_from", "edge_to", "edge_tags", "edge_way", "edge_name"),
    *("inner_count", "inner_step_cm"),
)
OPTIONAL = ("length_cm", "height_count", "height_cm")
"""Whole numbers, packed; those in `CHANGES` as the change from one to the next."""

CHANGES = frozenset({"node_x_cm", "node_y_cm", "edge_from", "edge_way", "height_cm"})
LENGTHS = "length_m"
"""Lengths set by hand that are no whole centimetres, float64."""


@check_arguments
def write_network(network: Network, path: Path | str) -> Path:
    """Save a network, whole or not at all; places are kept to the centimetre.

    Parameters
    ----------
    network
        The streets.
    path
        Where to; a file that is there is replaced once the new one is complete.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    SourceError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from eh_access import example_street
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_network_file(write_network(example_street()[0], folder + "/n.npz")).length_m
    array([800.])
    """
    return write_archive(Path(path), *_pack(network))


def _pack(network: Network) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    nodes = np.rint(np.column_stack([network.node_x, network.node_y]) * CM_PER_M).astype(np.int32)
    vertices = np.rint(network.geometry_xy * CM_PER_M).astype(np.int64)
    start = network.geometry_start
    steps = np.diff(vertices, axis=0, prepend=vertices[:1])
    arrays: dict[str, NDArray[Any]] = {
        "node_x_cm": nodes[:, 0],
        "node_y_cm": nodes[:, 1],
        "edge_from": network.edge_from,
        "edge_to": network.edge_to.astype(np.int64) - network.edge_from,  # ends are near each other
        "edge_tags": network.edge_tags,
        "edge_way": network.edge_way,
        "edge_name": network.edge_name,
        "inner_count": np.diff(start) - 2,
        "inner_step_cm": steps[_is_inner(start)],
    }
    if network.heights is not None:
        arrays |= _height_arrays(network.heights)
    by_hand: dict[str, NDArray[Any]] = {}
    if not np.array_equal(edge_lengths(vertices / CM_PER_M, start), network.length_m):
        length_cm = np.rint(network.length_m * CM_PER_M)
        if np.array_equal(length_cm / CM_PER_M, network.length_m):
            arrays["length_cm"] = length_cm.astype(np.int64)
        else:
            by_hand[LENGTHS] = network.length_m
    packed = {
        name: pack(_changes(rows) if name in CHANGES else rows) for name, rows in arrays.items()
    }
    return _about(network), packed | by_hand


def _is_inner(start: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which vertices are no ends of their edge."""
    inner = np.ones(start[-1], dtype=bool)
    inner[start[:-1]] = inner[start[1:] - 1] = False
    return inner


def _about(network: Network) -> dict[str, Any]:
    about = {
        "format": FORMAT,
        "version": VERSION,
        "tag_sets": [dict(tags) for tags in network.tag_sets],
        "names": list(network.names),
        "provenance": [asdict(entry) for entry in network.provenance],
        "covered_wkb": None
        if network.covered is None
        else shapely.to_wkb(network.covered, hex=True),
        "heights_source": None if network.heights is None else network.heights.source,
        "not_recorded": list(network.not_recorded),
    }
    if network.shortfalls:
        about["shortfalls"] = [asdict(item) for item in network.shortfalls]
    return about


def _described(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a network that are no arrays."""
    covered = about["covered_wkb"]
    return {
        "tag_sets": tuple(about["tag_sets"]),
        "names": tuple(about["names"]),
        "covered": None if covered is None else shapely.from_wkb(covered),
        "provenance": tuple(Provenance(**entry) for entry in about["provenance"]),
        "not_recorded": tuple(about["not_recorded"]),
        "shortfalls": tuple(Shortfall(**item) for item in about.get("shortfalls", ())),
    }


def _changes(rows: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    changes: NDArray[np.int64] = rows.astype(np.int64)
    changes[1:] -= rows[:-1]
    return changes


def _height_arrays(heights: Heights) -> dict[str, NDArray[Any]]:
    centimetres = np.rint(heights.metres.astype(np.float64) * CM_PER_M)
    known = np.nan_to_num(centimetres, nan=UNKNOWN_HEIGHT_CM).astype(np.int64)
    return {"height_count": np.diff(heights.start), "height_cm": known}


def read_covered(path: Path) -> BaseGeometry | None:
    """Return the area covered by a saved network without reading its streets."""
    refuse_endless(path)
    try:
        with zipfile.ZipFile(path) as archive:
            covered = read_about(archive)["covered_wkb"]
        return None if covered is None else shapely.from_wkb(covered)
    except DAMAGE as error:
        raise SourceError(f"{path}: cannot be read ({error}); get it again") from error


@check_arguments
def read_network_file(path: Path | str) -> Network:
    """Read a saved network.

    Parameters
    ----------
    path
        A file written by ``write_network``.

    Returns
    -------
    Network
        Equal in every value to the one that was saved.

    Raises
    ------
    SourceError
        If the file is missing, cut off, damaged, or was not written by this library.
    InputError
        If streets in it lie off the grid.

    Examples
    --------
    >>> import tempfile
    >>> from eh_access import example_street
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_network_file(write_network(example_street()[0], Path(folder) / "street.npz"))
    <Network: 2 nodes, 1 streets, 1 km; made by hand>
    """
    path = Path(path)
    refuse_endless(path)
    try:
        with zipfile.ZipFile(path) as archive:
            about = read_about(archive)
            if about.get("format") != FORMAT:
                raise _not_ours(path)
            if (version := about.get("version")) != VERSION:
                raise SourceError(
                    f"{path}: written in version {version} of the network file, this library reads "
                    f"version {VERSION}; build it again from its source"
                )
            there = set(archive.namelist())
            optional = [name for name in OPTIONAL if f"{name}.npy" in there]
            arrays = {name: _read(archive, name) for name in (*ARRAYS, *optional)}
            if f"{LENGTHS}.npy" in there:
                arrays[LENGTHS] = read_array(archive, LENGTHS)
        network = _unpack(about, arrays)
    except FileNotFoundError as error:
        raise SourceError(f"{path}: there is no such file; check the path") from error
    except (KeyError, AttributeError) as error:
        raise _not_ours(path) from error
    except EhAccessError:
        raise
    except DAMAGE as error:
        raise SourceError(
            f"{path}: the network file is damaged or cut off ({error}); build or download it again"
        ) from error
    _refuse_off_grid(network, path)
    return network


MAPPED = (
    *("node_x", "node_y", "edge_from", "edge_to", "length_m", "edge_tags", "edge_way"),
    *("edge_name", "geometry_start", "geometry_xy"),
)
"""Arrays of a network that a folder holds one file each of."""


def write_mapped(network: Network, folder: Path) -> None:
    """Write a network as a folder of arrays, of which a reader loads only what it touches."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {name: getattr(network, name) for name in MAPPED}
    if network.heights is not None:
        arrays |= {"height_start": network.heights.start, "height_m": network.heights.metres}
    arrays |= dict(zip(SQUARES, _by_square(network), strict=True))
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    text = json.dumps(_about(network), ensure_ascii=False)
    (folder / "about.json").write_text(text, encoding="utf-8")


def read_mapped(folder: Path) -> Network:
    """Return the network of a folder that `write_mapped` made, its arrays left on disk."""
    array = partial(_left_on_disk, folder)
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    source = about["heights_source"]
    heights = source and Heights(array("height_start"), array("height_m"), source)
    arrays: dict[str, Any] = {name: array(name) for name in MAPPED}
    return Network(**arrays, heights=heights, **_described(about))


def _left_on_disk(folder: Path, name: str) -> NDArray[Any]:
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))


def clip_mapped(folder: Path, area: BaseGeometry) -> Network:
    """Return the streets of a folder that touch an area, having read those near it alone."""
    # nothing stays mapped afterwards: what was read would count as this process's memory
    keys, start, edges = (_left_on_disk(folder, name) for name in SQUARES)
    west, south, east, north = (np.asarray(area.bounds) // SQUARE_M).astype(int)
    columns, rows = np.arange(west, east + 1), np.arange(south, north + 1)
    wanted = (columns[:, None] * COLUMN + rows).ravel()
    held = [edges[start[at] : start[at + 1]] for at in np.flatnonzero(np.isin(keys, wanted))]
    near = np.unique(np.concatenate([edges[:0], *held]))
    return clip_network(read_mapped(folder), area, near)


SQUARES = ("square", "square_start", "square_edges")
SQUARE_M, COLUMN = 5000.0, 1_000_000
"""How wide a square is; the number of one is its column times this, and its row."""


def _by_square(network: Network) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Return the squares of the grid that hold streets, where each begins, and their edges."""
    low, high = [], []
    for xy in (network.node_x, network.node_y):
        one, other = xy[network.edge_from], xy[network.edge_to]
        # no point of a street is farther from both its ends
        half_m = network.length_m / 2
        low.append(((np.minimum(one, other) - half_m) // SQUARE_M).astype(np.int64))
        high.append(((np.maximum(one, other) + half_m) // SQUARE_M).astype(np.int64))
    tall = high[1] - low[1] + 1
    many = (high[0] - low[0] + 1) * tall
    edges = np.repeat(np.arange(network.edge_count, dtype=np.int32), many)
    _, place = runs(np.zeros_like(many), many)
    across, up = np.divmod(place, tall[edges])
    keys = (low[0][edges] + across) * COLUMN + low[1][edges] + up
    order = np.argsort(keys, kind="stable")
    squares, first = np.unique(keys[order], return_index=True)
    return squares, np.append(first, len(edges)), edges[order]


def clip_network(
    network: Network, area: BaseGeometry, near: NDArray[np.int32] | None = None
) -> Network:
    """Return the streets that touch an area (EPSG:27700), whole and in the same order.

    ``near`` are the edges that may, in order; all if None.
    """
    rows = np.arange(network.edge_count, dtype=np.int32) if near is None else near
    start, vertices = parts_of(network.geometry_start, rows)
    lines = shapely.linestrings(
        network.geometry_xy[vertices], indices=np.repeat(np.arange(len(rows)), np.diff(start))
    )
    shapely.prepare(area)
    edges = rows[shapely.intersects(area, lines)]
    if not len(edges):
        raise ElsewhereError("no street lies in the area; check the streets or the area")
    ends = np.concatenate([network.edge_from[edges], network.edge_to[edges]])
    nodes, ends = np.unique(ends, return_inverse=True)
    edge_from, edge_to = ends.astype(np.int32).reshape(2, -1)
    tags, edge_tags = np.unique(network.edge_tags[edges], return_inverse=True)
    named = network.edge_name[edges]
    names = np.unique(named[named >= 0])
    start, vertices = parts_of(network.geometry_start, edges)
    heights = None
    if network.heights is not None:
        height_start, points = parts_of(network.heights.start, edges)
        heights = Heights(height_start, network.heights.metres[points], network.heights.source)
    covered = network.covered
    return replace(
        network,
        node_x=network.node_x[nodes],
        node_y=network.node_y[nodes],
        edge_from=edge_from,
        edge_to=edge_to,
        length_m=network.length_m[edges],
        edge_tags=edge_tags.astype(np.int32),
        tag_sets=tuple(network.tag_sets[row] for row in tags),
        edge_way=network.edge_way[edges],
        edge_name=np.where(named < 0, -1, np.searchsorted(names, named)).astype(np.int32),
        names=tuple(network.names[row] for row in names),
        geometry_start=start,
        geometry_xy=network.geometry_xy[vertices],
        covered=area if covered is None else shapely.intersection(area, covered),
        heights=heights,
        _memory={},
    )


def _refuse_off_grid(network: Network, path: Path) -> None:
    """Refuse streets that the grid does not reach; a ferry may sail beyond it."""
    streets = np.array(["highway" in tags for tags in network.tag_sets], bool)[network.edge_tags]
    off = off_grid(network.node_x, network.node_y)
    count = int((streets & (off[network.edge_from] | off[network.edge_to])).sum())
    if count:
        raise InputError(f"{path}: {count:,} of {int(streets.sum()):,} streets {OFF_GRID_FAULT}")


def _read(archive: zipfile.ZipFile, name: str) -> NDArray[np.int64]:
    rows = unpack(read_array(archive, name))
    return np.cumsum(rows) if name in CHANGES else rows


def _not_ours(path: Path) -> SourceError:
    return SourceError(
        f"{path}: not a network saved by this library; read the OpenStreetMap file it came from"
    )


def _unpack(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Network:
    arrays["edge_to"] = arrays["edge_to"] + arrays["edge_from"]
    _check(about, arrays)
    nodes = np.column_stack([arrays["node_x_cm"], arrays["node_y_cm"]])
    edge_from, edge_to = (arrays[name].astype(np.int32) for name in ("edge_from", "edge_to"))
    start = np.concatenate([[0], np.cumsum(arrays["inner_count"] + 2)])
    steps = arrays["inner_step_cm"].reshape(-1, 2)
    vertices = _vertices(nodes, edge_from, edge_to, start=start, steps=steps)
    geometry = vertices / CM_PER_M
    lengths = arrays.get(LENGTHS)
    if "length_cm" in arrays:
        lengths = arrays["length_cm"] / CM_PER_M
    return Network(
        node_x=nodes[:, 0] / CM_PER_M,
        node_y=nodes[:, 1] / CM_PER_M,
        edge_from=edge_from,
        edge_to=edge_to,
        length_m=edge_lengths(geometry, start) if lengths is None else lengths,
        edge_tags=arrays["edge_tags"].astype(np.int32),
        edge_way=arrays["edge_way"],
        edge_name=arrays["edge_name"].astype(np.int32),
        geometry_start=start,
        geometry_xy=geometry,
        heights=_heights(about, arrays),
        **_described(about),
    )


def _heights(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Heights | None:
    if about.get("heights_source") is None:
        return None
    count, cm = arrays["height_count"], arrays["height_cm"]
    metres = np.where(cm == UNKNOWN_HEIGHT_CM, np.nan, cm / CM_PER_M).astype(np.float32)
    return Heights(np.concatenate([[0], np.cumsum(count)]), metres, about["heights_source"])


def _vertices(
    nodes: NDArray[np.int64],
    edge_from: NDArray[np.int32],
    edge_to: NDArray[np.int32],
    *,
    start: NDArray[np.int64],
    steps: NDArray[np.integer[Any]],
) -> NDArray[np.int64]:
    """Rebuild vertices: the first from its node, then steps, the last from its node."""
    vertices = np.zeros((int(start[-1]), 2), dtype=np.int64)
    if len(edge_from) == 0:
        return vertices
    vertices[_is_inner(start)] = steps
    walked = np.cumsum(vertices, axis=0)
    sizes = np.diff(start)
    vertices = walked + np.repeat(nodes[edge_from] - walked[start[:-1]], sizes, axis=0)
    vertices[start[1:] - 1] = nodes[edge_to]
    return vertices


def _check(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    """Refuse numbers that point outside the file."""
    texts = [text for tags in about["tag_sets"] for text in (*tags.keys(), *tags.values())]
    if not all(isinstance(text, str) for text in (*texts, *about["names"])):
        raise ValueError("tags or names are no texts")
    nodes, edges = len(arrays["node_x_cm"]), len(arrays["edge_from"])
    limits = {
        "edge_from": nodes,
        "edge_to": nodes,
        "edge_tags": len(about["tag_sets"]),
        "edge_name": len(about["names"]),
    }
    for name, limit in limits.items():
        rows = arrays[name]
        lowest = -1 if name == "edge_name" else 0
        if len(rows) != edges or (edges and not lowest <= rows.min() <= rows.max() < limit):
            raise ValueError(f"{name} does not fit the rest")
    of_height = arrays.get("height_count", np.zeros(0, np.int64))
    lengths = {
        "node_y_cm": nodes,
        **dict.fromkeys(("inner_count", "edge_way", "length_cm", LENGTHS, "height_count"), edges),
        "inner_step_cm": 2 * int(arrays["inner_count"].sum()),
        "height_cm": int(of_height.sum()),
    }
    for name, length in lengths.items():
        if name in arrays and arrays[name].shape != (length,):
            raise ValueError(f"{name} is not whole")
    for name, least in (("inner_count", 0), ("height_count", 2)):
        if edges and name in arrays and arrays[name].min() < least:
            raise ValueError(f"{name} holds numbers below {least}")


def street_matrix(network: Network, mode: TravelMode | str, *, direction: Direction) -> csr_array:
    """Return the seconds of every street; what `Network.to_csr` hands out."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - keeps importing the package quick

    if direction not in ("to_sites", "from_sites"):
        raise InputError(f"direction is '{direction}'; choose to_sites or from_sites")
    cost = edge_cost(network, as_mode(mode))
    tail = np.concatenate([network.edge_from, network.edge_to])
    head = np.concatenate([network.edge_to, network.edge_from])
    if direction == "to_sites":
        tail, head = head, tail
    ds = np.concatenate([cost.forward_ds, cost.backward_ds])
    usable = np.flatnonzero((ds < CLOSED_DS) & (tail != head))
    order = usable[np.lexsort((ds[usable], head[usable], tail[usable]))]
    tail, head, ds = tail[order], head[order], ds[order]
    first = np.ones(len(tail), dtype=bool)  # of parallel streets: the cheapest comes first
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    tail, head, ds = tail[first], head[first], ds[first]
    counts = np.bincount(tail, minlength=network.node_count)
    start = np.concatenate([[0], np.cumsum(counts)])
    size = (network.node_count, network.node_count)
    return csr_array((ds / DS_PER_S, head, start), shape=size)


def street_graph(network: Network, mode: TravelMode | str) -> nx.MultiDiGraph:
    """Return `Network.to_networkx`."""
    import networkx as nx  # noqa: PLC0415 - heavy

    cost = edge_cost(network, as_mode(mode))
    graph = nx.MultiDiGraph(crs=CRS)
    places = zip(network.node_x.tolist(), network.node_y.tolist(), strict=True)
    graph.add_nodes_from((node, {"x": x, "y": y}) for node, (x, y) in enumerate(places))
    ends = (network.edge_from, network.edge_to)
    for (tail, head), ds in ((ends, cost.forward_ds), (ends[::-1], cost.backward_ds)):
        for edge in np.flatnonzero(ds < CLOSED_DS).tolist():
            name, tags = int(network.edge_name[edge]), network.tag_sets[network.edge_tags[edge]]
            graph.add_edge(
                int(tail[edge]),
                int(head[edge]),
                length=float(network.length_m[edge]),
                travel_time=float(ds[edge]) / DS_PER_S,
                name=network.names[name] if name >= 0 else "",
                highway=tags.get("highway", ""),
                osmid=int(network.edge_way[edge]),
            )
    return graph

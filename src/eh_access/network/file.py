"""Our own network file: small, quick to read, and the same bytes for the same network."""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from eh_access.errors import SourceError
from eh_access.network.build import CM_PER_M, edge_lengths
from eh_access.network.model import Network, Provenance

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUFFIX = ".npz"
FORMAT = "eh_access network"
VERSION = 1
NO_DATE = (1980, 1, 1, 0, 0, 0)
"""Stamped on every part, so that the same network always gives the same bytes."""

DAMAGE = (
    zipfile.BadZipFile,
    EOFError,
    ValueError,
    OverflowError,
    NotImplementedError,
    shapely.errors.GEOSException,
)
"""What a cut-off or altered file makes the readers below raise."""

ARRAYS = (
    "node_cm",
    "edge_from",
    "edge_to",
    "edge_tags",
    "edge_way",
    "edge_name",
    "inner_count",
    "inner_step_cm",
)


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
    >>> from eh_access.network.build import build_network
    >>> from eh_access.network.raw import RawWays
    >>> raw = RawWays(crs="EPSG:27700")
    >>> raw.add(7, [(1, 0.0, 0.0), (2, 30.0, 40.0)], tags={"highway": "footway"})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_network_file(write_network(build_network(raw), folder + "/n.npz")).length_m
    array([50.])
    """
    path = Path(path)
    parts = _pack(network)
    beside = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as archive:
            for name, content in parts.items():
                archive.writestr(_member(name), content)
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except OSError as error:
        if beside:
            Path(beside).unlink(missing_ok=True)
        reason = error.strerror or error
        raise SourceError(f"{path}: cannot be written ({reason}); choose another folder") from error
    return path


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(f"{name}.npy", date_time=NO_DATE)
    info.compress_type = zipfile.ZIP_STORED
    info.external_attr = 0o644 << 16
    info.create_system = 3
    return info


def _pack(network: Network) -> dict[str, bytes]:
    nodes = np.rint(np.column_stack([network.node_x, network.node_y]) * CM_PER_M).astype(np.int32)
    vertices = np.rint(network.geometry_xy * CM_PER_M).astype(np.int64)
    start = network.geometry_start
    steps = np.diff(vertices, axis=0, prepend=vertices[:1])
    inner = np.ones(len(vertices), dtype=bool)
    inner[start[:-1]] = False
    inner[start[1:] - 1] = False
    arrays: dict[str, NDArray[Any]] = {
        "node_cm": nodes,
        "edge_from": network.edge_from,
        "edge_to": network.edge_to,
        "edge_tags": _small(network.edge_tags),
        "edge_way": network.edge_way,
        "edge_name": _small(network.edge_name),
        "inner_count": _small(np.diff(start) - 2),
        "inner_step_cm": _small(steps[inner]),
    }
    if not np.array_equal(edge_lengths(vertices / CM_PER_M, start), network.length_m):
        arrays["length_m"] = network.length_m  # set by hand, not measured along the street
    covered = None if network.covered is None else shapely.to_wkb(network.covered, hex=True)
    about = {
        "format": FORMAT,
        "version": VERSION,
        "tag_sets": [dict(tags) for tags in network.tag_sets],
        "names": list(network.names),
        "provenance": [asdict(entry) for entry in network.provenance],
        "covered_wkb": covered,
    }
    text = json.dumps(about, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    packed = {"about": np.frombuffer(text.encode(), dtype=np.uint8), **arrays}
    return {name: _npy(array) for name, array in packed.items()}


def _small(array: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """Use 16 bits where they are enough."""
    info = np.iinfo(np.int16)
    fits = array.size == 0 or (array.min() >= info.min and array.max() <= info.max)
    return array.astype(np.dtype("<i2") if fits else np.dtype("<i4"))


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


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

    Examples
    --------
    >>> import tempfile
    >>> from eh_access.network.model import Network
    >>> street = Network(
    ...     node_x=np.array([331_000.0, 331_080.0]),
    ...     node_y=np.array([188_000.0, 188_000.0]),
    ...     edge_from=np.array([0], dtype=np.int32),
    ...     edge_to=np.array([1], dtype=np.int32),
    ...     length_m=np.array([80.0]),
    ...     edge_tags=np.array([0], dtype=np.int32),
    ...     tag_sets=({"highway": "residential"},),
    ...     edge_way=np.array([1]),
    ...     edge_name=np.array([-1], dtype=np.int32),
    ...     names=(),
    ...     geometry_start=np.array([0, 2]),
    ...     geometry_xy=np.array([[331_000.0, 188_000.0], [331_080.0, 188_000.0]]),
    ...     covered=None,
    ...     provenance=(),
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_network_file(write_network(street, Path(folder) / "street.npz")).length_m.tolist()
    [80.0]
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(_array(archive, "about").tobytes())
            if about.get("format") != FORMAT:
                raise _not_ours(path)
            if about.get("version") != VERSION:
                found = about.get("version")
                raise SourceError(
                    f"{path}: written in version {found} of the network file, this library reads "
                    f"version {VERSION}; build it again from its source"
                )
            arrays = {name: _array(archive, name) for name in ARRAYS}
            if "length_m.npy" in archive.namelist():
                arrays["length_m"] = _array(archive, "length_m")
        return _unpack(about, arrays)
    except FileNotFoundError as error:
        raise SourceError(f"{path}: there is no such file; check the path") from error
    except (KeyError, AttributeError) as error:
        raise _not_ours(path) from error
    except DAMAGE as error:
        raise SourceError(
            f"{path}: the network file is damaged or cut off ({error}); build or download it again"
        ) from error


def _not_ours(path: Path) -> SourceError:
    return SourceError(
        f"{path}: not a network saved by this library; read the OpenStreetMap file it came from"
    )


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    content = io.BytesIO(archive.read(f"{name}.npy"))
    array: NDArray[Any] = np.lib.format.read_array(content, allow_pickle=False)
    return array


def _unpack(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Network:
    _check(about, arrays)
    nodes = arrays["node_cm"].astype(np.int64)
    edge_from, edge_to = arrays["edge_from"], arrays["edge_to"]
    count = arrays["inner_count"].astype(np.int64)
    start = np.concatenate([[0], np.cumsum(count + 2)])
    vertices = _vertices(nodes, edge_from, edge_to, start=start, steps=arrays["inner_step_cm"])
    geometry = vertices / CM_PER_M
    covered = about["covered_wkb"]
    measured = edge_lengths(geometry, start)
    return Network(
        node_x=nodes[:, 0] / CM_PER_M,
        node_y=nodes[:, 1] / CM_PER_M,
        edge_from=edge_from,
        edge_to=edge_to,
        length_m=arrays.get("length_m", measured),
        edge_tags=arrays["edge_tags"].astype(np.int32),
        tag_sets=tuple(about["tag_sets"]),
        edge_way=arrays["edge_way"],
        edge_name=arrays["edge_name"].astype(np.int32),
        names=tuple(about["names"]),
        geometry_start=start,
        geometry_xy=geometry,
        covered=None if covered is None else shapely.from_wkb(covered),
        provenance=tuple(Provenance(**entry) for entry in about["provenance"]),
    )


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
    inner = np.ones(len(vertices), dtype=bool)
    inner[start[:-1]] = False
    inner[start[1:] - 1] = False
    vertices[inner] = steps
    walked = np.cumsum(vertices, axis=0)
    sizes = np.diff(start)
    vertices = walked + np.repeat(nodes[edge_from] - walked[start[:-1]], sizes, axis=0)
    vertices[start[1:] - 1] = nodes[edge_to]
    return vertices


def _check(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    """Refuse numbers that point outside the file, which checksums would not notice."""
    nodes, edges = len(arrays["node_cm"]), len(arrays["edge_from"])
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
    counts, steps = arrays["inner_count"], arrays["inner_step_cm"]
    of_edges = [arrays[name] for name in ("edge_way", "length_m") if name in arrays]
    if any(len(array) != edges for array in (counts, *of_edges)):
        raise ValueError("edges are missing")
    if arrays["node_cm"].shape != (nodes, 2) or steps.shape != (int(counts.sum()), 2):
        raise ValueError("vertices are missing")
    if edges and counts.min() < 0:
        raise ValueError("an edge has a negative number of vertices")

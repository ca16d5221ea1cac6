"""Files of arrays: the same bytes for the same content, whole or not at all."""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from eh_access.errors import SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_DATE = (1980, 1, 1, 0, 0, 0)
"""Stamped on every part, so that the same content always gives the same bytes."""

BITS, MORE, MOST_BYTES = 7, 128, 10
"""Of a packed number: bits to a byte, the bit that says more follow, bytes at most."""

DAMAGE = (
    zipfile.BadZipFile,
    EOFError,
    ValueError,
    OverflowError,
    NotImplementedError,
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
                archive.writestr(_member(name), _npy(array))
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
    content = io.BytesIO(archive.read(f"{name}.npy"))
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


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(f"{name}.npy", date_time=NO_DATE)
    info.compress_type = zipfile.ZIP_STORED
    info.external_attr = 0o644 << 16
    info.create_system = 3
    return info


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()

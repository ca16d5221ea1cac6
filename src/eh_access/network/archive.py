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
    """Write arrays and a description into one file.

    Parameters
    ----------
    path
        Where to; a file that is there is replaced once the new one is complete.
    about
        What can be written as JSON; read back by `read_about`.
    arrays
        By name.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    SourceError
        If the file cannot be written.
    """
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


def small(array: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """Use 16 bits where they are enough."""
    info = np.iinfo(np.int16)
    fits = array.size == 0 or (array.min() >= info.min and array.max() <= info.max)
    return array.astype(np.dtype("<i2") if fits else np.dtype("<i4"))


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

"""Keeping downloaded streets: by what was asked for, checked when read, never half a file."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import shapely

from eh_access.errors import SourceError
from eh_access.network.file import VERSION, read_network_file, write_network
from eh_access.network.provenance import file_sha256

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network

log = logging.getLogger(__name__)

KEY_LENGTH = 32


def default_folder() -> Path:
    """Return where downloaded streets are kept unless a caller names another folder."""
    return Path(platformdirs.user_cache_dir("eh_access", appauthor=False)) / "streets"


def request_key(
    area: BaseGeometry, *, buffer_m: float, modes: Sequence[TravelMode], filters: Sequence[str]
) -> str:
    """Name a request by everything its answer depends on, and by nothing else."""
    rules = files("eh_access.network").joinpath("tag_rules.toml").read_bytes()
    outline = shapely.normalize(shapely.set_precision(area, 1.0))
    asked = {
        "area": shapely.to_wkb(outline, hex=True),
        "buffer_m": round(buffer_m),
        "modes": sorted({mode.rules for mode in modes}),
        "filters": list(filters),
        "rules": sha256(rules).hexdigest(),
        "version": VERSION,
    }
    return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:KEY_LENGTH]


def keep(network: Network, folder: Path, key: str) -> None:
    """Store streets and the digest that proves them whole."""
    path = write_network(network, folder / f"{key}.npz")
    beside = folder / f".{key}.sha256.part"
    try:
        beside.write_text(file_sha256(path) + "\n", encoding="ascii")
        beside.replace(folder / f"{key}.sha256")
    except OSError as error:
        raise SourceError(f"{folder}: cannot be written ({error.strerror})") from error


def recall(folder: Path, key: str) -> Network | None:
    """Return stored streets, or None if there are none or they are not as they were stored."""
    path, digest = folder / f"{key}.npz", folder / f"{key}.sha256"
    if not (path.is_file() and digest.is_file()):
        return None
    if file_sha256(path) != digest.read_text(encoding="ascii", errors="replace").strip():
        log.warning("%s: stored streets have been altered or cut off; not used", path)
        return None
    try:
        return read_network_file(path)
    except SourceError as error:
        log.warning("stored streets not used: %s", error)
        return None

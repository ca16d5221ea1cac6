"""Saying where streets come from, and what must be printed with them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from eh_access.network.model import Provenance

COPYRIGHT_URL = "https://www.openstreetmap.org/copyright"


def osm_provenance(*, date: str, sha256: str = "") -> Provenance:
    """Say that streets come from OpenStreetMap, and what must be printed with them."""
    return Provenance(
        title="Streets",
        publisher="OpenStreetMap contributors",
        licence="Open Database Licence (ODbL) 1.0",
        attribution="© OpenStreetMap contributors",
        date=date,
        sha256=sha256,
        url=COPYRIGHT_URL,
    )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 digest of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

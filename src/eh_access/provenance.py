"""Where data comes from, and whom to credit."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

from eh_access import notebook
from eh_access.errors import SourceError


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where data came from; travels with it into every output.

    Parameters
    ----------
    title, publisher, licence, attribution
        Plain words; the attribution is printed as it stands.
    date
        Date of the data (not of the download), ISO form, or "" when unknown.
    sha256
        Digest of the file it was read from, or "" when there was none.
    url
        Where the publisher offers it, or "".

    Examples
    --------
    >>> Provenance(title="Streets", publisher="OSM", licence="ODbL 1.0").date
    ''
    """

    title: str
    publisher: str
    licence: str
    attribution: str = ""
    date: str = ""
    sha256: str = ""
    url: str = ""

    def _repr_html_(self) -> str:
        rows = [(name, value) for name, value in vars(self).items() if value]
        return notebook.table(["source", ""], rows)


def refuse_endless(path: Path, name: str = "") -> None:
    """Refuse a pipe or a device: reading one may wait, or go on, for ever."""
    try:
        kind = path.stat().st_mode
    except (OSError, ValueError):
        return  # whoever opens it says why it cannot be read
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise SourceError(
            f"{name or path.as_posix()}: is a pipe or a device, which may never end; give a file"
        )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 digest of a file, in hexadecimal."""
    refuse_endless(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

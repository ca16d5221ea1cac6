"""Where data comes from, and whom to credit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from eh_access import notebook


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


def file_sha256(path: Path) -> str:
    """Return the SHA-256 digest of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

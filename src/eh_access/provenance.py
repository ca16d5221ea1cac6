"""Where data comes from, and whom to credit."""

from __future__ import annotations

from dataclasses import dataclass


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

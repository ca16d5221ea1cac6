"""The credit lines of every source that went into a result."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from eh_access.provenance import Provenance

OSM_COPYRIGHT_URL = "https://www.openstreetmap.org/copyright"
OSM_CREDIT = "© OpenStreetMap contributors"


def credit_lines(provenance: Iterable[Provenance]) -> tuple[str, ...]:
    """Return the credits to print, each once, in the order the sources are given."""
    printed: list[str] = []
    for source in provenance:
        lines = (line.strip() for line in source.attribution.splitlines())
        printed.extend(line for line in lines if line)
    return tuple(dict.fromkeys(printed))


def sources_frame(provenance: Iterable[Provenance]) -> pd.DataFrame:
    """Return the sources as a table, one row each, none twice."""
    columns = ["title", "publisher", "licence", "date", "attribution", "sha256", "url"]
    rows = [[str(getattr(source, column)) for column in columns] for source in provenance]
    frame = pd.DataFrame(rows, columns=columns, dtype="str").drop_duplicates(ignore_index=True)
    absent = {"date": "not stated", "attribution": "none asked for"}
    absent |= {"sha256": "not a file", "url": "none"}
    for column, word in absent.items():
        frame[column] = frame[column].where(frame[column] != "", word)
    return frame

"""What SOURCES.toml records about every shipped file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eh_access.errors import InputError, NotFoundError, SourceError, did_you_mean
from eh_access.network.model import Provenance

_INSTALLED = Path(__file__).resolve().parents[1] / "data"
_CHECKOUT = Path(__file__).resolve().parents[3] / "data"
_CREDIT = ("title", "publisher", "licence", "attribution", "date", "sha256", "url")
_FACTS = ("path", "derivation", "rows", "inputs")


@dataclass(frozen=True, kw_only=True)
class BundledFile:
    """What SOURCES.toml says about one shipped file."""

    path: str  # below `data_dir`, with forward slashes
    derivation: str  # how it was made from what its publisher offers
    rows: int  # origins, sites or areas; edges of a network
    inputs: Mapping[str, str]  # digest of each source file, by its name
    provenance: Provenance  # title, publisher, licence, credit, date and digest


def data_dir() -> Path:
    """Return the folder of shipped data, in an installed package or a checkout."""
    for folder in (_INSTALLED, _CHECKOUT):
        if (folder / "SOURCES.toml").is_file():
            return folder
    raise SourceError(
        f"the data that ships with eh_access is not in {_INSTALLED}; install the package again"
    )


def load_sources() -> dict[str, BundledFile]:
    """Return what SOURCES.toml says about every shipped file, by path below `data_dir`.

    Raises
    ------
    SourceError
        If SOURCES.toml cannot be read.
    InputError
        If entries lack what every entry must say: each fault is listed.

    Examples
    --------
    >>> load_sources()["origins/rotherham_oa.csv"].rows
    878
    """
    path = data_dir() / "SOURCES.toml"
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("file", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceError(f"{path.name} cannot be read ({error}); install again") from error
    faults = [
        f"{path.name}, entry {number} ({entry.get('path', 'no path')}): no '{key}'; add it"
        for number, entry in enumerate(entries, 1)
        for key in _CREDIT + _FACTS
        if key not in entry
    ]
    if faults:
        raise InputError(faults)
    return {
        entry["path"]: BundledFile(
            path=entry["path"],
            derivation=entry["derivation"],
            rows=entry["rows"],
            inputs={source["name"]: source["sha256"] for source in entry["inputs"]},
            provenance=Provenance(**{key: entry[key] for key in _CREDIT}),
        )
        for entry in entries
    }


def provenance_of(*relative: str) -> tuple[Provenance, ...]:
    """Return where shipped files came from, in the order asked for."""
    known = load_sources()
    unknown = [name for name in relative if name not in known]
    if unknown:
        hints = [f"'{name}': {did_you_mean(name, known)}" for name in unknown]
        raise NotFoundError("no source is recorded for " + "; ".join(hints))
    return tuple(known[name].provenance for name in relative)

"""No file that a study reads is ever written over by what is made of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from eh_access.errors import EhAccessError, InputError

if TYPE_CHECKING:
    from eh_access.study.config import Study

_FILES = (
    "areas",
    "sites",
    "boundary",
    "base",
    "wards",
    "candidates",
    "youth",
    "neighbours",
    "timetable",
    "families",
    "postcodes",
)
_NO_FILE = (None, "bundled", "download", "estimate")


def files_read(study: Study, *given: Path | None) -> tuple[Path, ...]:
    """Return every file a study reads, or would with another of its sets of origins."""
    found = [study.folder / study.file_name, *_resolved(study)]
    found += [path for path in given if path is not None]
    return tuple(path for path in found if path.is_file())


def _resolved(study: Study) -> Iterator[Path]:
    named = [getattr(study.data, key) for key in _FILES]
    named += study.data.origins.values()
    source = study.streets.source
    if source not in _NO_FILE and not source.startswith("bundled:"):
        named.append(source)
    for name in named:
        if name is None:
            continue
        try:
            yield study.resolve(name)
        except EhAccessError:
            continue  # nothing of that name ships, and that is told where it is read


def refuse_overwriting(folder: Path, names: Iterable[str], read: Iterable[Path]) -> None:
    """Refuse outputs that would replace a file that is read."""
    there = [path for path in read if path.is_file()]
    faults = [
        f"{path.as_posix()}: would be written over, and it is one of the files read; give another "
        "place with --out"
        for path in (folder / name for name in names)
        if path.is_file() and any(path.samefile(one) for one in there)
    ]
    if faults:
        raise InputError(dict.fromkeys(faults))

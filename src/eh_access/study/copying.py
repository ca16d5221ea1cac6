"""A study that ships, copied so that somebody can change it."""

from __future__ import annotations

from pathlib import Path

from eh_access.errors import InputError, SourceError
from eh_access.sources.bundled import study_path
from eh_access.study.config import BUNDLED

_UP = '"../'
"""How the studies that ship name the data that ship beside them."""


def study_text(name: str) -> str:
    """Return the text of a study that ships, fit to stand in any folder."""
    return study_path(name).read_text(encoding="utf-8").replace(_UP, f'"{BUNDLED}')


def write_study(name: str, path: Path) -> Path:
    """Write a copy of a study that ships."""
    text = study_text(name)
    file = path / "study.toml" if path.is_dir() else path
    try:
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
    except FileExistsError:
        raise InputError(f"{file.as_posix()}: is there already; give another name") from None
    except OSError as error:
        raise SourceError(f"{file.as_posix()}: cannot be written ({error.strerror})") from error
    return file

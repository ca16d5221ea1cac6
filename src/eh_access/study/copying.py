"""A study that ships, copied so that somebody can change it."""

from __future__ import annotations

from pathlib import Path

from eh_access.errors import InputError, SourceError
from eh_access.sources.bundled import study_path
from eh_access.study.config import BUNDLED

_UP = '"../'
"""How the studies that ship name the data that ship beside them."""


def study_text(name: str) -> str:
    """Return the text of a study that ships, fit to stand in any folder.

    Parameters
    ----------
    name
        For example ``"rotherham"``.

    Returns
    -------
    str
        TOML; the data it names are those in the package.

    Raises
    ------
    NotFoundError
        If none of that name ships; close names are suggested.

    Examples
    --------
    >>> 'sites = "bundled:sites/newport_sites.csv"' in study_text("newport")
    True
    """
    return study_path(name).read_text(encoding="utf-8").replace(_UP, f'"{BUNDLED}')


def write_study(name: str, path: Path) -> Path:
    """Write a copy of a study that ships.

    Parameters
    ----------
    name
        For example ``"rotherham"``.
    path
        The file to write, or an existing folder for a ``study.toml``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    NotFoundError
        If none of that name ships.
    InputError
        If there is such a file already: it may hold somebody's work.
    SourceError
        If it cannot be written.
    """
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

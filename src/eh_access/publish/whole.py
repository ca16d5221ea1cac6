"""Files written whole or not at all."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from eh_access.errors import SourceError


def write_whole(folder: Path, fill: Callable[[Path], Sequence[str]]) -> dict[str, Path]:
    """Write several files into a folder, or none of them.

    Everything is made in a hidden folder inside ``folder`` first. Only when all of it is there
    are the files moved into place; if anything fails, earlier files stay as they were.

    Parameters
    ----------
    folder
        Where the files are to be; made if it is not there.
    fill
        Writes the files into a folder it is given, and returns their names.

    Returns
    -------
    dict of str to Path
        The files by name, in the order ``fill`` gave.

    Raises
    ------
    SourceError
        If the folder cannot be made or written, or a file there is open in another program.

    Examples
    --------
    >>> def fill(new):
    ...     _ = (new / "a.txt").write_text("a")
    ...     return ["a.txt"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "made", fill)["a.txt"].read_text()
    'a'
    """
    made = _make_folder(folder)
    try:
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
    except OSError as error:
        _remove_made(made)
        raise SourceError(_cannot_write(folder, error)) from error
    try:
        new = partial / "new"
        new.mkdir()
        names = fill(new)
        return _move_into_place(names, new, folder, kept=partial / "old")
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        _remove_made(made)
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder and those above it; return the ones that were not there, innermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _remove_made(missing)
        raise SourceError(_cannot_write(folder, error)) from error
    return missing


def _remove_made(made: list[Path]) -> None:
    """Remove the folders a failed run made, so that it leaves nothing behind."""
    for path in made:
        with suppress(OSError):
            path.rmdir()


def _cannot_write(folder: Path, error: OSError) -> str:
    why = error.strerror or str(error)
    return (
        f"cannot write to the output folder '{folder}': {why}; "
        "give another folder with --out, or ask for the right to write there"
    )


def _move_into_place(
    names: Sequence[str], new: Path, folder: Path, *, kept: Path
) -> dict[str, Path]:
    """Move finished files into place; if one cannot be, put every earlier file back.

    Raises
    ------
    SourceError
        If a file cannot be replaced.
    """
    kept.mkdir()
    placed: list[str] = []
    name = ""
    try:
        for name in names:
            if (folder / name).is_dir():
                raise IsADirectoryError(errno.EISDIR, "it is a folder")
            with suppress(FileNotFoundError):
                (folder / name).replace(kept / name)
            (new / name).replace(folder / name)
            placed.append(name)
    except OSError as error:
        _put_back(folder, kept, placed)
        raise SourceError(
            f"cannot replace '{folder / name}': {error.strerror or error}; close it if another "
            "program has it open, or give another folder with --out. Nothing was changed"
        ) from error
    return {name: folder / name for name in names}


def _put_back(folder: Path, kept: Path, placed: list[str]) -> None:
    """Remove the new files that were placed, then restore every earlier one that was moved."""
    for name in placed:
        (folder / name).unlink(missing_ok=True)
    for earlier in kept.iterdir():
        earlier.replace(folder / earlier.name)

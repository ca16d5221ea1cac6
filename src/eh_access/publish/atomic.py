"""Write a set of files atomically."""

from __future__ import annotations

import errno
import json
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from eh_access.errors import SourceError

PREFIX = ".partial-"
YOUNG_S = 60.0
"""A hidden folder without a lock that is younger than this may be one just being made."""

logger = logging.getLogger(__name__)


@contextmanager
def partial_folder(folder: Path) -> Iterator[Path]:
    """Give a hidden folder to make files in; what is not finished is put back when it is left."""
    clear_leftovers(folder)
    partial = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
    try:
        with (partial / "lock").open("wb") as lock:
            take(lock)
            for name in ("new", "old"):
                (partial / name).mkdir()
            try:
                yield partial
            finally:
                _put_back_whole(partial, folder)
    finally:
        # never where earlier files could not be put back: they are in there
        if is_settled(partial):
            shutil.rmtree(partial, ignore_errors=True)


def _put_back_whole(partial: Path, folder: Path) -> None:
    """Put back; once more from the start if that is interrupted, and only then give way."""
    try:
        put_back(partial, folder)
    except OSError:
        raise
    except BaseException:
        put_back(partial, folder)
        raise


def note_names(partial: Path, names: Sequence[str]) -> None:
    """Write down what is to be moved; to be called before the first move."""
    (partial / "names").write_text(json.dumps(list(names)), encoding="utf-8")


def is_settled(partial: Path) -> bool:
    """Return whether a hidden folder may be removed: all is in place, or nothing was moved."""
    names = _names(partial)
    waiting = [name for name in names if (partial / "new" / name).exists()]
    return not waiting or (len(waiting) == len(names) and not _inside(partial / "old"))


def put_back(partial: Path, folder: Path) -> None:
    """Undo a move that was begun and not finished, so that every earlier file is where it was."""
    # It may be stopped at any point and done again. What was finished is left as it is.
    if is_settled(partial):
        return
    new, old = partial / "new", partial / "old"
    for name in _names(partial):
        if not (new / name).exists():
            (folder / name).replace(new / name)
        if (old / name).exists():
            (old / name).replace(folder / name)


def clear_leftovers(folder: Path) -> None:
    """Put back and remove what runs that were killed left in a folder."""
    # A folder that another run is at work in is not touched.
    for partial in sorted(folder.glob(f"{PREFIX}*")):
        with suppress(OSError):
            if _is_left(partial):
                logger.warning("removing what a run that was stopped left: %s", partial)
                put_back(partial, folder)
                shutil.rmtree(partial, ignore_errors=True)


def _is_left(partial: Path) -> bool:
    """Return whether nobody holds the lock of a hidden folder."""
    path = partial / "lock"
    if not path.exists():
        return time.time() - partial.stat().st_mtime > YOUNG_S
    with path.open("r+b") as lock:
        return take(lock)


def _names(partial: Path) -> list[str]:
    try:
        return [str(name) for name in json.loads((partial / "names").read_text(encoding="utf-8"))]
    except (OSError, ValueError):
        return []  # not written whole, so nothing was moved


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def take(lock: IO[bytes]) -> bool:
    """Take a lock until the file is closed, or the program ends in whatever way."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - only there is one

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - only there is one

            fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def write_whole(folder: Path, fill: Callable[[Path], Sequence[str]]) -> dict[str, Path]:
    """Write several files into a folder, or none of them."""
    # Everything is made in a hidden folder inside ``folder`` first. Only when all of it is there
    # are the files moved into place; if anything fails or interrupts, earlier files stay as they
    # were. What a run that was killed left is put back and removed first.
    made = _make_folder(folder)
    try:
        with ExitStack() as stack:
            try:
                partial = stack.enter_context(partial_folder(folder))
            except OSError as error:
                raise SourceError(_cannot_write(folder, error)) from error
            names = fill(partial / "new")
            return _move_into_place(names, partial, folder)
    except BaseException:  # an interrupt leaves no more behind than a fault
        _remove_made(made)
        raise


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


def _move_into_place(names: Sequence[str], partial: Path, folder: Path) -> dict[str, Path]:
    """Move finished files into place; whatever stops it, every earlier file is put back."""
    note_names(partial, names)
    name = ""
    try:
        for name in names:
            if (folder / name).is_dir():
                raise IsADirectoryError(errno.EISDIR, "it is a folder")
            with suppress(FileNotFoundError):
                (folder / name).replace(partial / "old" / name)
            (partial / "new" / name).replace(folder / name)
    except OSError as error:
        put_back(partial, folder)
        raise SourceError(
            f"cannot replace '{folder / name}': {error.strerror or error}; close it if another "
            "program has it open, or give another folder with --out. Nothing was changed"
        ) from error
    return {name: folder / name for name in names}

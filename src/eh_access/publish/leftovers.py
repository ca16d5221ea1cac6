"""The hidden folder files are made in, and what a run that was killed left of one.

A folder holds ``new`` (files not in place yet), ``old`` (earlier files that gave way), ``names``
(what is to be moved, written before the first move) and ``lock``, held by the run at work. Which
files have been moved is read from the folder itself, so that it cannot be wrong.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

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

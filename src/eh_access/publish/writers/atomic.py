"""Write a set of files atomically."""

from __future__ import annotations

import errno
import json
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from eh_access.errors import SourceError

PREFIX = ".partial-"
YOUNG_S = 60.0
"""A hidden folder without a lock that is younger than this may be one just being made."""

logger = logging.getLogger(__name__)


def write_whole(folder: Path, fill: Callable[[Path], Sequence[str]]) -> dict[str, Path]:
    """Write several files into a folder, or none of them."""
    # All is made in a hidden folder inside: "new" for what is made, "old" for earlier files that
    # give way, "names" once the first is moved. Whatever fails, interrupts or kills the run, the
    # earlier files are put back, if need be by the next run.
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for left in filter(_is_left, sorted(folder.glob(f"{PREFIX}*"))):
                logger.warning("removing what a run that was stopped left: %s", left)
                with suppress(OSError):
                    _settle(left, folder)
                    shutil.rmtree(left, ignore_errors=True)
            partial = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
            for name in ("new", "old"):
                (partial / name).mkdir()
        except OSError as error:
            raise SourceError(
                f"cannot write to the output folder '{folder}': {error.strerror or error}; give "
                "another folder with --out, or ask for the right to write there"
            ) from error
        try:
            with (partial / "lock").open("wb") as lock:
                take(lock)
                try:
                    names = fill(partial / "new")
                    _move(names, partial, folder)
                finally:
                    _settle_surely(partial, folder)
        finally:  # never where earlier files could not be put back: they are in there
            if not (partial / "names").exists():
                shutil.rmtree(partial, ignore_errors=True)
    except BaseException:  # an interrupt leaves no more behind than a fault
        for path in made:
            with suppress(OSError):
                path.rmdir()
        raise
    return {name: folder / name for name in names}


def _move(names: Sequence[str], partial: Path, folder: Path) -> None:
    """Move finished files into place, earlier ones out of it."""
    (partial / "names").write_text(json.dumps(list(names)), encoding="utf-8")
    name = ""
    try:
        for name in names:
            if (folder / name).is_dir():
                raise IsADirectoryError(errno.EISDIR, "it is a folder")
            with suppress(FileNotFoundError):
                (folder / name).replace(partial / "old" / name)
            (partial / "new" / name).replace(folder / name)
    except OSError as error:
        raise SourceError(
            f"cannot replace '{folder / name}': {error.strerror or error}; close it if another "
            "program has it open, or give another folder with --out. Nothing was changed"
        ) from error


def _settle_surely(partial: Path, folder: Path) -> None:
    """Settle; once more from the start if that is interrupted, and only then give way."""
    try:
        _settle(partial, folder)
    except OSError:
        raise
    except BaseException:
        _settle(partial, folder)
        raise


def _settle(partial: Path, folder: Path) -> None:
    """Put every earlier file back unless all were moved; then nothing in it counts any more."""
    # It may be stopped at any point and done again: what was finished is left as it is.
    new, old, listed = partial / "new", partial / "old", partial / "names"
    names: list[str] = []
    with suppress(OSError, ValueError):  # not written whole: nothing was moved
        names = json.loads(listed.read_text(encoding="utf-8"))
    if any((new / name).exists() for name in names):
        for name in names:
            if not (new / name).exists():
                (folder / name).replace(new / name)
            if (old / name).exists():
                (old / name).replace(folder / name)
    listed.unlink(missing_ok=True)


def _is_left(partial: Path) -> bool:
    """Return whether no run is at work in a hidden folder."""
    with suppress(OSError):
        if not (partial / "lock").exists():
            return time.time() - partial.stat().st_mtime > YOUNG_S
        with (partial / "lock").open("r+b") as lock:
            return take(lock)
    return False


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

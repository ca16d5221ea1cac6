"""Put a folder of files in place as one."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import IO

from eh_access.errors import BY_NUMBER, EhAccessError, SourceError
from eh_access.tables import NO_TEXT

HELD: ContextVar[frozenset[Path]] = ContextVar("HELD", default=frozenset())
"""Folders this run holds: a command takes one at its start and fills it at its end."""


@contextmanager
def hold(folder: Path) -> Iterator[Path]:
    """Keep other runs out of a folder; yield a hidden one beside it to make its files in."""
    place = folder.resolve()
    partial = place.with_name(f".{place.name}.partial")
    if place in HELD.get():
        yield partial
        return
    held = HELD.set(HELD.get() | {place})
    made = [path for path in partial.parents if not path.exists()]
    try:
        with _refusing(folder):
            _refuse_unfit(place)
            lock = _lock(partial)
        with lock:
            try:
                with _refusing(folder):
                    _put_back(partial, place)
                yield partial
            finally:
                with _refusing(folder):
                    _put_back(partial, place)
                if sys.platform == "win32":  # where no open file can be removed
                    lock.close()
                with suppress(OSError):
                    (partial / "lock").unlink()
                    partial.rmdir()
    finally:
        HELD.reset(held)
        for path in made:
            with suppress(OSError):  # it holds something now
                path.rmdir()


def write_whole(
    folder: Path, fill: Callable[[Path], Sequence[str]], *, owned: Collection[str] = ()
) -> dict[str, Path]:
    """Make files and put them in place as one folder; all else in it is kept, but for ``owned``."""
    with hold(folder) as partial, _refusing(folder):
        new, old, place = partial / "new", partial / "old", folder.resolve()
        new.mkdir()
        names = fill(new)
        ours = {*names, *owned}
        if place.exists():
            for name in ours:
                if (place / name).is_dir():
                    raise IsADirectoryError(errno.EISDIR, f"'{name}' in it is a folder")
            shutil.copytree(
                place,
                new,
                symlinks=True,
                ignore=lambda inside, _: ours if Path(inside) == place else (),
                copy_function=_link,
                dirs_exist_ok=True,
            )
            place.rename(old)
        new.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    return {name: folder / name for name in names}


def _put_back(partial: Path, place: Path) -> None:
    """Undo a swap that was stopped halfway, and remove what was made for it."""
    if (partial / "new").exists() and (partial / "old").exists():
        with suppress(OSError):
            place.rmdir()  # should somebody have made it anew
        (partial / "old").rename(place)
    for name in ("new", "old"):
        shutil.rmtree(partial / name, ignore_errors=True)


def _refuse_unfit(place: Path) -> None:
    """Refuse a folder that cannot give way to another as a whole."""
    if NO_TEXT.search(str(place)):  # which libraries in C take for the end of the path
        raise OSError(errno.EINVAL, "its path holds a line end or another sign nobody sees")
    if place.exists() and not place.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is a file")
    if place in (Path.cwd(), *Path.cwd().parents) or place.is_mount():
        raise OSError(errno.EBUSY, "it is replaced as a whole, and you are in it or it is a disk")


@contextmanager
def _refusing(folder: Path) -> Iterator[None]:
    """Say of an error of the file system what to do."""
    try:
        yield
    except EhAccessError:
        raise
    except OSError as error:
        why = BY_NUMBER.get(error.errno or 0, error.strerror or str(error))
        raise SourceError(
            f"cannot write to the output folder '{folder}': {why}; or close its files in other "
            "programs, or give another with --out"
        ) from error


def _link(source: str, target: str) -> None:
    """Give a file a second name, or copy it where that cannot be."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _lock(partial: Path) -> IO[bytes]:
    """Lock a hidden folder until the file is closed, or the program ends in whatever way."""
    while True:
        partial.mkdir(parents=True, exist_ok=True)
        lock = (partial / "lock").open("ab")
        if not _take(lock):
            lock.close()
            raise BlockingIOError(errno.EAGAIN, "another run is at work on it; wait for that")
        with suppress(OSError):
            if os.path.samestat(os.fstat(lock.fileno()), (partial / "lock").stat()):
                return lock
        lock.close()  # of a run that has just ended, and removed it


def _take(lock: IO[bytes]) -> bool:
    """Return whether nobody else has the lock."""
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

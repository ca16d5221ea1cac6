"""Files written whole or not at all."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from eh_access.errors import SourceError
from eh_access.publish.leftovers import note_names, partial_folder, put_back


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

"""Errors raised on purpose; each is also the builtin a caller would catch."""

from __future__ import annotations

import difflib
import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable

SHOWN_WORDS = 12
SHOWN_LETTERS = 200
DISK_FULL = "the disk is full, or your share of it; make room"
MEMORY = "there is not enough memory; close other programs, or raise the limit (ulimit -v)"
FILES = "too many files are open at once; raise the limit (ulimit -n)"
LARGE = "a file would be larger than the disk or a limit (ulimit -f) allows; make room or raise it"
BY_NUMBER = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: DISK_FULL,
    errno.EFBIG: LARGE,
    errno.EMFILE: FILES,
    errno.ENFILE: FILES,
    errno.ENOMEM: MEMORY,
    errno.ENAMETOOLONG: "a path is longer than is allowed here; give a shorter one",
    errno.EROFS: "the disk can only be read; give a place that can be written",
    errno.EACCES: "there is no right to do that; ask for it, or give another place",
    errno.EPERM: "there is no right to do that; ask for it, or give another place",
    errno.EIO: "the disk or the connection to it has a fault; try another place",
}
BY_WORDS = {
    "no space left": DISK_FULL,
    "disk is full": DISK_FULL,
    "disk i/o error": LARGE,
    "too many open files": FILES,
    "cannot allocate memory": MEMORY,
    "failed to map segment": MEMORY,
    "can't start new thread": MEMORY,
    "unable to allocate": MEMORY,
    "no compiled object yet": MEMORY,  # of numba, which could not finish one
}
"""How libraries in C, which have no numbers for it, say the same."""


BAD_ZIP = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(OSError, RuntimeError, ValueError, LookupError),
)
"""What Python raises on a zip file that is cut off, altered, locked or without a member."""


class EhAccessError(Exception):
    """Base of all errors raised on purpose, so that one ``except`` can catch them."""

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, a sentence each."""
        return (str(self),)


class InputError(EhAccessError, ValueError):
    """Input that cannot be used; carries every fault found, not only the first."""

    faults: tuple[str, ...] = ()

    def __init__(self, faults: Iterable[str] | str, *, rows: Iterable[int] = ()) -> None:
        given = (faults,) if isinstance(faults, str) else faults
        self.faults = tuple(map(in_short, given))
        # the rows of a table, from 0, without which there would be no fault; else none
        self.rows: tuple[int, ...] = tuple(rows)
        super().__init__(*self.faults)

    def __str__(self) -> str:
        if len(self.faults) == 1:
            return self.faults[0]
        listed = "\n".join(f"  {number}. {fault}" for number, fault in enumerate(self.faults, 1))
        return f"{len(self.faults)} faults:\n{listed}"


class NotFoundError(EhAccessError, LookupError):
    """A name or an id that is not there."""


class SourceError(EhAccessError, OSError):
    """A file or a download that is missing, damaged or out of reach."""

    def __str__(self) -> str:
        return in_short(str(self.args[0])) if self.args else ""


BEGIN_LETTERS, END_LETTERS = 700, 300


def in_short(text: str) -> str:
    """Return a text without its middle where it quotes a whole file."""
    left_out = len(text) - BEGIN_LETTERS - END_LETTERS
    if left_out <= 0:
        return text
    return f"{text[:BEGIN_LETTERS]} [{left_out:,} letters] {text[-END_LETTERS:]}"


def foreseen(error: BaseException) -> str:
    """Return what the computer lacks and what to do, where an error is about that; else ""."""
    if isinstance(error, MemoryError):
        return MEMORY
    if isinstance(error, OSError) and error.errno in BY_NUMBER:
        name = "" if error.filename is None else f"{str(error.filename)[:SHOWN_LETTERS]}: "
        return name + BY_NUMBER[error.errno]
    words = str(error).lower()
    known = next((remedy for sign, remedy in BY_WORDS.items() if sign in words), "")
    cause = error.__cause__ or error.__context__
    return known or ("" if cause is None else foreseen(cause))


def did_you_mean(wrong: str, known: Iterable[object], first: Iterable[object] = ()) -> str:
    """Return a hint naming the known words closest to a wrong one, or what there is."""
    words = sorted(str(word) for word in known)
    if hint := close_match(wrong, words):
        return hint
    words = list(dict.fromkeys([*sorted(str(word) for word in first), *words]))
    shown = ", ".join(f"'{word}'" for word in words[:SHOWN_WORDS])
    rest = len(words) - SHOWN_WORDS
    return f"known: {shown}" + (f" and {rest} more" if rest > 0 else "")


def close_match(wrong: str, known: Iterable[str]) -> str:
    """Return a hint naming the known words closest to a wrong one; "" where none is close."""
    spelt = {word.casefold(): word for word in known}
    close = difflib.get_close_matches(wrong.casefold(), spelt, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(repr(spelt[word]) for word in close)}?" if close else ""

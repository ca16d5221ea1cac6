"""Errors raised on purpose; each is also the builtin a caller would catch."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SHOWN_WORDS = 12


class EhAccessError(Exception):
    """Base of all errors raised on purpose, so that one ``except`` can catch them."""


class InputError(EhAccessError, ValueError):
    """Input that cannot be used; carries every fault found, not only the first."""

    def __init__(self, faults: Iterable[str] | str) -> None:
        self.faults: tuple[str, ...] = (faults,) if isinstance(faults, str) else tuple(faults)
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
        return str(self.args[0]) if self.args else ""


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
    close = difflib.get_close_matches(wrong, list(known), n=2, cutoff=0.6)
    return "did you mean " + " or ".join(f"'{word}'" for word in close) + "?" if close else ""

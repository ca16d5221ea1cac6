"""What is to be said beside figures, as facts without words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from eh_access.delegate import delegate


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many of those a study counts are meant, as it may be published."""

    unit: str  # what is counted, in the plural
    part: float | None  # None where it is too small to be shown
    whole: float
    all_but: bool = False  # then ``part`` is how many are not meant, since those are too few
    limit: int = 0  # what a part that is not shown is below
    places: int | None = None  # at how many places of how many, where places are no people
    of_places: int | None = None


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something a reader must be told beside the figures.

    Parameters
    ----------
    level
        ``"warning"`` when it could change how a figure is read, else ``"info"``.
    topic
        A short stable word for what it is about: ``"estimated"``, ``"unknown-site"``, ``"rim"``.
    facts
        What there is to say of it, by name; ``publish`` makes sentences of them.

    Examples
    --------
    >>> note("info", "speed", label="on foot", source="3 mph")
    Note(level='info', topic='speed', facts=(('label', 'on foot'), ('source', '3 mph')))
    """

    level: Literal["warning", "info"]
    topic: str
    facts: tuple[tuple[str, Any], ...] = ()

    @property
    def text(self) -> str:
        """One or two plain sentences, to be escaped by whoever prints them."""
        return str(delegate("note_text", self))


def note(level: Literal["warning", "info"], topic: str, **facts: Any) -> Note:  # noqa: ANN401
    """Return a note with its facts by name."""
    return Note(level=level, topic=topic, facts=tuple(facts.items()))

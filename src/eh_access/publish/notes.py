"""What notes, trips and choices say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from eh_access.publish import numbers
from eh_access.publish.templates import shipped

if TYPE_CHECKING:
    import pandas as pd

    from eh_access.facts import Note
    from eh_access.publish.templates import Templates


def note_text(note: Note, templates: Templates | None = None) -> str:
    """Return one or two plain sentences, to be escaped by whoever prints them."""
    facts = dict(note.facts)
    if facts.keys() == {"text"}:  # an officer's own words
        return str(facts["text"])
    macro = note.topic.replace("-", "_")
    text = (templates or shipped()).macro("notes.j2", macro, **facts)
    # a file keeps its name at the head of a sentence, too
    files = tuple(str(facts[key]) for key in ("file", "written") if key in facts)
    return text if text.startswith(files) else numbers.capital(text)


def phrase(facts: Mapping[str, Any], name: str, part: str) -> str:
    """Return a block of a template that ships, for results of earlier rooms."""
    return shipped().part(name, part, facts)


def note_rows(notes: Iterable[Note], templates: Templates | None = None) -> list[dict[str, str]]:
    """Return notes as a manifest keeps them."""
    return [
        {"level": note.level, "text": note_text(note, templates), "topic": note.topic}
        for note in notes
    ]


def text_about(notes: Iterable[Note], topic: str, templates: Templates | None = None) -> str:
    """Return what the first note about a topic says, or ""."""
    return next((note_text(note, templates) for note in notes if note.topic == topic), "")


def facts_about(notes: Iterable[Note], topic: str) -> dict[str, Any]:
    """Return the facts of the first note about a topic; none where there is no such note."""
    return next((dict(note.facts) for note in notes if note.topic == topic), {})


def gate_lines(gates: pd.DataFrame) -> list[str]:
    """Return what the checks of a timetable say, a line each, the gravest first."""
    order = ("stop", "warn", "note", "ok")
    rows = sorted(gates.to_dict("records"), key=lambda row: order.index(row["severity"]))
    return [
        f"{row['severity']:<5}"
        + shipped().macro(
            "gates.j2",
            row["gate"],
            row["severity"] == "ok",
            row["value"],
            row["limit"],
            row["detail"],
        )
        for row in rows
    ]

"""What the notes beside the figures say."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2

from eh_access.delegate import delegate
from eh_access.publish import numbers

if TYPE_CHECKING:
    import pandas as pd
    from jinja2.environment import TemplateModule

    from eh_access.facts import Count, Note

TEMPLATE = "notes.j2"
GATES = "gates.j2"


def note_text(note: Note) -> str:
    """Return one or two plain sentences, to be escaped by whoever prints them."""
    facts = dict(note.facts)
    if facts.keys() == {"text"}:  # an officer's own words
        return str(facts["text"])
    sentences = getattr(_sentences(), note.topic.replace("-", "_"))(**facts)
    text = " ".join(str(sentences).split())
    # a file keeps its name at the head of a sentence, too
    return text if text.startswith(str(facts.get("file", "\n"))) else numbers.capital(text)


def note_rows(notes: Iterable[Note]) -> list[dict[str, str]]:
    """Return notes as a manifest keeps them."""
    return [{"level": note.level, "text": note_text(note), "topic": note.topic} for note in notes]


def text_about(notes: Iterable[Note], topic: str) -> str:
    """Return what the first note about a topic says, or ""."""
    return next((note_text(note) for note in notes if note.topic == topic), "")


def facts_about(notes: Iterable[Note], topic: str) -> dict[str, Any]:
    """Return the facts of the first note about a topic; none where there is no such note."""
    return next((dict(note.facts) for note in notes if note.topic == topic), {})


def count_text(count: Count) -> str:
    """Return how many are meant."""
    if count.part is None:
        part = f"fewer than {count.limit}"
    elif 0 < count.part < 0.5:  # noqa: PLR2004 - half of one
        part = "under 1"
    else:
        part = f"{count.part:,.0f}"
    text = f"{'all but ' if count.all_but else ''}{part} of {count.whole:,.0f} {count.unit}"
    if count.places is None or count.of_places is None:
        return text
    return f"{text} (at {count.places:,} of {numbers.counted(count.of_places, 'place')})"


def gate_lines(gates: pd.DataFrame) -> list[str]:
    """Return what the checks of a timetable say, a line each, the gravest first."""
    macros = _sentences(GATES)
    order = ("stop", "warn", "note", "ok")
    rows = sorted(gates.to_dict("records"), key=lambda row: order.index(row["severity"]))
    return [
        f"{row['severity']:<5}"
        + str(
            getattr(macros, row["gate"])(
                row["severity"] == "ok", row["value"], row["limit"], row["detail"]
            )
        )
        for row in rows
    ]


@cache
def _sentences(template: str = TEMPLATE) -> TemplateModule:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("eh_access.publish"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - plain text; a page escapes it as it does all text
    )
    environment.filters |= {
        "by_mode": numbers.by_mode,
        "listed": numbers.listed,
        "counted": count_text,
        "clause": numbers.clause,
        "areas": lambda areas: numbers.counted(*areas),
        "missing": lambda reason: delegate("missing_clause", reason),
    }
    return environment.get_template(template).module

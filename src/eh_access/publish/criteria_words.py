"""What a report may say of when its criteria were fixed: what the manifest can show, no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eh_access.study.history import change_notes

if TYPE_CHECKING:
    from eh_access.study.results import StudyResult

DIGITS = 12


def fixed_sentence(result: StudyResult) -> str:
    """Return what the manifest shows of when the criteria were fixed."""
    # That they were set before anybody saw a result cannot be shown: a first run says nothing of
    # runs elsewhere.
    changed = " ".join(note.text for note in change_notes(result.criteria_history))
    if changed:
        return changed
    return (
        "Their digest was taken before travel times were worked out; it is "
        f"{result.criteria_sha256[:DIGITS]}, in full in the manifest."
    )

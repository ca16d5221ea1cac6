"""Criteria that change between runs: each run remembers those of the runs before it.

A yardstick that is altered after a result was seen is no yardstick, so every output says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eh_access.study.notes import joined, warnings_first
from eh_access.study.records import Note

if TYPE_CHECKING:
    from eh_access.study.config import Study
    from eh_access.study.result import StudyResult

MANIFEST_NAME = "manifest.json"
SHOWN_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class CriteriaVersion:
    """Criteria under which a study was run."""

    sha256: str  # their digest
    # when the first run with them began; "" for the present run, or where it was left unsaid
    since: str = ""
    changed: str = ""  # what differs from those before, in words; "" for the first


def with_history(result: StudyResult, folder: Path) -> StudyResult:
    """Return a result that remembers the criteria of the earlier runs in a folder."""
    if result.criteria_history:
        return result
    earlier = _earlier(folder, result.study.id)
    return remember(result, _history(earlier, result))


def remember(result: StudyResult, history: Sequence[CriteriaVersion]) -> StudyResult:
    """Return a result with a history of criteria and a warning for every change in it."""
    notes = warnings_first([*change_notes(history), *result.notes])
    return replace(result, criteria_history=tuple(history), notes=notes, _memory={})


def history_of(manifest: Mapping[str, Any]) -> tuple[CriteriaVersion, ...]:
    """Return the history of criteria that a manifest states."""
    listed = manifest.get("criteria", {}).get("history", [])
    return tuple(
        CriteriaVersion(**{key: str(item.get(key, "")) for key in ("sha256", "since", "changed")})
        for item in listed
        if isinstance(item, Mapping)
    )


def change_notes(history: Sequence[CriteriaVersion]) -> Iterator[Note]:
    """Yield a warning for every change of criteria."""
    for before, after in pairwise(history):
        when = before.since[:16].replace("T", " ")
        told = f"the run of {when} UTC" if when else "an earlier run"
        yield Note(
            level="warning",
            text=(
                f"CRITERIA CHANGED since {told}: {after.changed}. Their digest was "
                f"{before.sha256[:SHOWN_DIGITS]} and is {after.sha256[:SHOWN_DIGITS]}."
            ),
            topic="criteria-changed",
        )


def _earlier(folder: Path, study_id: str) -> Mapping[str, Any]:
    """Return the manifest that stands in a folder; nothing where there is none of this study."""
    try:
        found = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    same = isinstance(found, dict) and isinstance(found.get("study"), dict)
    return found if same and found["study"].get("id") == study_id else {}


def _history(earlier: Mapping[str, Any], result: StudyResult) -> list[CriteriaVersion]:
    known = list(history_of(earlier))
    digest = result.criteria_sha256
    if not known:
        return [CriteriaVersion(sha256=digest)]
    if known[-1].sha256 == digest:
        return known
    before = earlier.get("criteria", {}).get("list", [])
    return [*known, CriteriaVersion(sha256=digest, changed=_changes(before, result.study))]


def _changes(before: object, study: Study) -> str:
    """Return what differs between two sets of criteria, in words."""
    listed = before if isinstance(before, list) else []
    old = {item["id"]: item for item in listed if isinstance(item, dict) and "id" in item}
    new = {item.id: item.model_dump(mode="json") for item in study.criteria}
    told = [
        f"{name} ({joined(parts)})"
        for name in new
        if name in old
        and (
            parts := [
                f"{key} {_value(old[name].get(key))}, now {_value(value)}"
                for key, value in new[name].items()
                if old[name].get(key) != value
            ]
        )
    ]
    told += [f"{name} (added)" for name in new if name not in old]
    told += [f"{name} (removed)" for name in old if name not in new]
    return "; ".join(told) or "their order or wording"


def _value(value: object) -> str:
    return "not set" if value in (None, []) else json.dumps(value, ensure_ascii=False)

"""Somebody's scenario beside the council's as a reader sees it: rows of text, a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eh_access.publish import words

if TYPE_CHECKING:
    import pandas as pd

TOO_CLOSE = "too close"
"""How two figures compare that differ by less than the estimates are off on average."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of the comparison as it is printed."""

    what: str  # text
    wanted: str
    before: str
    council: str
    theirs: str
    better: str


def printed(table: pd.DataFrame) -> tuple[Line, ...]:
    """Return rows of a comparison as a reader sees them."""
    return tuple(_line(row) for row in table.to_dict("records"))


def _line(row: dict[Any, Any]) -> Line:
    unit = str(row["unit"])
    is_criterion = bool(row["council_outcome"])
    mode = "" if is_criterion else f" {row['mode']} ({row['sites']})"
    outcomes = {
        who: f" - {row[f'{who}_outcome']}" if is_criterion else "" for who in ("council", "theirs")
    }
    return Line(
        what=f"{row['what']}{mode}",
        wanted=f"{row['bound']} {_text(row['threshold'], unit)}" if is_criterion else "",
        before=_text(row["before"], unit),
        council=_text(row["council"], unit) + outcomes["council"],
        theirs=_text(row["theirs"], unit) + outcomes["theirs"],
        better={"council": "the council's"}.get(row["better"], str(row["better"])),
    )


def _text(value: float, unit: str) -> str:
    if math.isnan(value):
        return "not known"
    if math.isinf(value):
        return "no longer reached"
    texts = {"share": f"{value * 100:.1f}%", "count": f"{value:,.0f}", "min": f"{value:.1f} min"}
    return texts.get(unit, f"{value:.1f} points")


def verdict_in_words(table: pd.DataFrame) -> str:
    """Return how one of their scenarios compares by the criteria, in a sentence."""
    judged = table[table["council_outcome"] != ""]
    count = judged["better"].value_counts()
    theirs, council = int(count.get("theirs", 0)), int(count.get("council", 0))
    close = int(count.get(TOO_CLOSE, 0))
    rest = len(judged) - theirs - council - close
    told = [
        f"theirs does better on {theirs}",
        f"the council's on {council}",
        *([f"{close} differ by less than the estimates are off on average"] if close else []),
        f"on {rest} there is no difference that can be told",
    ]
    return f"By {words.counted(len(judged), 'criterion', 'criteria')}: {words.listed(told)}."

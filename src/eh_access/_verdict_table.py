"""The table of verdicts that the command line prints: criteria by scenarios, few words each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from eh_access.analysis.criteria import Criterion, Verdict
    from eh_access.study.results import StudyResult

CANNOT_SAY = "cannot say"
BEFORE_TOO = "*"
LETTERS = "AB"
"""What stands over scenarios in a table: their names would not fit."""
UNITS = {"points": "pts"}
STYLES = {"met": "green", "marginal": "yellow", "not met": "bold red", "cannot say": "dim"}


def verdict_table(result: StudyResult, names: Sequence[str]) -> Table:
    """Return a row for each criterion: before, and under some scenarios beside one another."""
    first = result.scenario_names[0]
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("criterion", no_wrap=True)
    table.add_column("before" if names else "value", justify="right", no_wrap=True)
    for letter, _ in zip(LETTERS, names, strict=False):
        table.add_column(letter, no_wrap=True)
    table.add_column("wanted")
    found = {(item.scenario, item.criterion.id): item for item in result.verdicts}
    for criterion in result.study.criteria:
        was = found[first, criterion.id]
        # what a change comes to where nothing changes is no news
        before = "-" if names and criterion.spec.of_change else _figure(was.value, was)
        if not names:
            before = f"{before} {_outcome(was)}"
        bound = "at least" if criterion.better == "higher" else "at most"
        wanted = f"{bound} {_measured(criterion.threshold, criterion.spec.unit)}"
        cells = [found.get((name, criterion.id)) for name in names]
        table.add_row(
            Text(criterion.id),
            Text(before),
            *(Text("") if cell is None else _found(cell) for cell in cells),
            Text(wanted + _fall(criterion)),
        )
    return table


def _found(verdict: Verdict) -> Text:
    """Return a figure and what comes of it, with the mark of what was missed before."""
    again = f" {BEFORE_TOO}" if verdict.not_met_before else ""
    style = STYLES.get(str(verdict.indication or verdict.outcome), "")
    return Text(f"{_figure(verdict.value, verdict)} {_outcome(verdict)}{again}", style=style)


def _outcome(verdict: Verdict) -> str:
    """Return an outcome; of one that cannot be said what it points to, in brackets."""
    if str(verdict.outcome) != CANNOT_SAY:
        return str(verdict.outcome)
    return f"({verdict.indication})" if verdict.indication else "?"


def _fall(criterion: Criterion) -> str:
    """Return the second test of a criterion that also bounds a fall, in few words."""
    if criterion.max_fall_points is None:
        return ""
    return f", fall at most {criterion.max_fall_points:g}"


def _figure(value: float, verdict: Verdict) -> str:
    """Return a figure, or the mark that it is hidden: where it led to something it is there."""
    known = verdict.indication is not None or str(verdict.outcome) != CANNOT_SAY
    from eh_access.analysis.policy import HIDDEN_MARK  # noqa: PLC0415 - quick start

    if math.isnan(value) and known:
        return HIDDEN_MARK
    return _measured(value, verdict.criterion.spec.unit)


def _measured(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return "-"
    if unit == "share":
        return f"{round(value * 100, 1):g}%"
    return f"{round(value, 1):g} {UNITS.get(unit, unit)}"

"""The criteria once more, with the sites counted that others run just outside the area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from eh_access.publish import words
from eh_access.publish.hiding import with_marks
from eh_access.publish.tables import Column, Table, make_table
from eh_access.publish.wording import Wording, scenario_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eh_access.analysis.criteria import Verdict
    from eh_access.study.results import StudyResult

Pair = tuple["Verdict", "Verdict"]


def pairs_of(result: StudyResult, scenario: str | None = None) -> list[Pair]:
    """Return each verdict without neighbours' sites and with them."""
    wider = result.with_neighbours
    if wider is None:
        return []
    return [
        (own, counted)
        for own, counted in zip(result.verdicts, wider.verdicts, strict=True)
        if own.scenario != "baseline" and scenario in (None, own.scenario)
    ]


def neighbour_table(result: StudyResult) -> Table | None:
    """Return value and outcome of each criterion, without neighbours' sites and with them."""
    if result.neighbours is None:
        return None
    said = Wording.of(result)
    rows = [
        {
            "scenario": scenario_label(result, own.scenario),
            "criterion": own.criterion.title,
            "baseline_value": said.scaled(own, own.baseline_value),
            "value": said.scaled(own, own.value),
            "outcome": said.outcome(own),
            "counted_baseline_value": said.scaled(own, counted.baseline_value),
            "counted_value": said.scaled(own, counted.value),
            "counted_outcome": said.outcome(counted),
            "unit": said.scale(own)[1],
        }
        for own, counted in pairs_of(result)
    ]
    columns = (
        Column("scenario", "Scenario"),
        Column("criterion", "Criterion"),
        Column("baseline_value", "Before", "value"),
        Column("value", "After", "value"),
        Column("outcome", "Outcome"),
        Column("counted_baseline_value", "Before, with neighbours", "value"),
        Column("counted_value", "After, with neighbours", "value"),
        Column("counted_outcome", "Outcome, with neighbours"),
        Column("unit", "Unit of the four"),
    )
    title = (
        f"The criteria without and with neighbours' {said.site}s counted, {said.place}{said.mark}"
    )
    frame = pd.DataFrame(rows, columns=[column.key for column in columns])
    made = make_table("neighbours", title, columns, frame, headers=2)
    return made if result.study.policy.public else with_marks(made)


def neighbour_sentence(result: StudyResult, pairs: Sequence[Pair]) -> str:
    """Return what counting neighbours' sites does to outcomes, in a sentence or two."""
    if not pairs or result.neighbours is None:
        return ""
    said = Wording.of(result)
    counted = f"With {words.counted(len(result.neighbours), f'neighbouring {said.site}')} counted"
    turned = [pair for pair in pairs if _outcome(pair[0]) != _outcome(pair[1])]
    if not turned:
        return f"{counted}, no outcome changes."
    told = words.listed(
        f"{words.quoted(own.criterion.title)} from {said.outcome(own)} to {said.outcome(other)}"
        for own, other in turned
    )
    change = "changes" if len(turned) == 1 else "change"
    return f"{counted}, {len(turned)} of {len(pairs)} outcomes {change}: {told}."


def _outcome(verdict: Verdict) -> tuple[object, object]:
    return verdict.outcome, verdict.indication

"""What changes on other streets: outcomes on both, and the areas whose minutes differ most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from eh_access.publish.hiding import with_marks
from eh_access.publish.layers import area_changes
from eh_access.publish.tables import Column, Table, make_table
from eh_access.publish.wording import Wording, headline, scenario_label
from eh_access.study.results import BASELINE_NAME

if TYPE_CHECKING:
    from eh_access.analysis.criteria import Verdict
    from eh_access.study.results import StudyResult

SHOWN_AREAS = 10
OUTCOMES, AREAS = "streets_outcomes", "streets_areas"
MINUTES = ("before_min", "after_min")


def compared_tables(result: StudyResult) -> list[Table]:
    """Return what changes on the streets that a run is compared with."""
    other = result.on_other_streets
    if other is None:
        return []
    words = Wording.of(result)
    tables = [_outcomes(result, other, words)]
    if (scenario := headline(result)) is not None:
        tables.append(_areas(result, other, words, scenario))
    return tables if result.study.policy.public else [with_marks(table) for table in tables]


def compared_sentence(result: StudyResult) -> str:
    """Say how many outcomes are the same on both sets of streets; "" where there is one set."""
    other = result.on_other_streets
    if other is None:
        return ""
    pairs = [
        (ours, theirs) for ours, theirs in _pairs(result, other) if ours.scenario != BASELINE_NAME
    ]
    same = sum(ours.outcome == theirs.outcome for ours, theirs in pairs)
    here, there = names(result)
    return (
        f"The study was run twice: on the streets of this report ({here}) and on others ({there}). "
        f"{same} of {len(pairs)} outcomes are the same on both."
    )


def names(result: StudyResult) -> tuple[str, str]:
    """Return what the two sets of streets are called: this run's, and the other."""
    found = []
    for role in ("streets", "streets compared"):
        file = next((item.name for item in result.inputs if item.role == role), "given in code")
        found.append(file)
    return found[0], found[1]


def _pairs(result: StudyResult, other: StudyResult) -> list[tuple[Verdict, Verdict]]:
    theirs = {(item.scenario, item.criterion.id): item for item in other.verdicts}
    return [(item, theirs[item.scenario, item.criterion.id]) for item in result.verdicts]


def _outcomes(result: StudyResult, other: StudyResult, words: Wording) -> Table:
    """Return each criterion's outcome on both; values only where what is counted is public."""
    here, there = names(result)
    rows = [
        {
            "scenario": scenario_label(result, ours.scenario),
            "criterion": ours.criterion.id,
            "title": ours.criterion.title,
            "other_value": words.value(theirs, theirs.value),
            "other_outcome": words.outcome(theirs),
            "value": words.value(ours, ours.value),
            "outcome": words.outcome(ours),
            "same": "same" if ours.outcome == theirs.outcome else "OTHER",
        }
        for ours, theirs in _pairs(result, other)
    ]
    values = result.study.policy.public
    columns = (
        Column("scenario", "Scenario"),
        Column("criterion", "Criterion"),
        Column("title", "What it asks"),
        *([Column("other_value", f"Value on {there}")] if values else []),
        Column("other_outcome", f"Outcome on {there}"),
        *([Column("value", f"Value on {here}")] if values else []),
        Column("outcome", f"Outcome on {here}"),
        Column("same", "Outcomes"),
    )
    title = f"Outcomes on two sets of streets, {words.place}{words.mark}"
    return make_table(OUTCOMES, title, columns, pd.DataFrame(rows), headers=3)


def _areas(result: StudyResult, other: StudyResult, words: Wording, scenario: str) -> Table:
    """Return the areas whose minutes to the nearest full-time site differ most."""
    mode = result.modes[0]
    here, there = names(result)
    ours, theirs = (area_changes(item, mode)[scenario] for item in (result, other))
    both = pd.DataFrame(
        {"area": ours["name"].astype("str"), "weight": ours["weight"]}
        | {key: ours[key] for key in MINUTES}
        | {f"other_{key}": theirs[key] for key in MINUTES}
    )
    differences = [both[key] - both[f"other_{key}"] for key in MINUTES]
    both["differs_min"] = pd.concat(differences, axis=1).abs().max(axis=1)
    most = both.sort_values(["differs_min", "area"], ascending=[False, True], kind="stable")
    columns = (
        Column("area", "Area"),
        Column("weight", words.Unit, "count"),
        Column("other_before_min", f"Before, on {there}", "minutes"),
        Column("other_after_min", f"After, on {there}", "minutes"),
        Column("before_min", f"Before, on {here}", "minutes"),
        Column("after_min", f"After, on {here}", "minutes"),
        Column("differs_min", "Most they differ", "minutes"),
    )
    title = (
        f"The {SHOWN_AREAS} areas that differ most between two sets of streets: mean minutes "
        f"{result.times[mode].mode.label} to the nearest full-time {words.site}, "
        f"{scenario_label(result, scenario)}, {words.place}{words.mark}"
    )
    rows = most.dropna(subset="differs_min").head(SHOWN_AREAS).reset_index(drop=True)
    return make_table(AREAS, title, columns, rows)

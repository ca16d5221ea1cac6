"""Small figures taken out of what is published, in one way for every file, and the log of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from eh_access.analysis.hiding import (
    BASE,
    DIFFERENCE,
    HIDDEN_COLUMNS,
    PRIMARY,
    ROUNDED,
    RULES,
    Figures,
    hide_small,
    joined_logs,
)
from eh_access.analysis.policy import HIDDEN_MARK, Policy
from eh_access.publish.tables import Column, Table, make_table

if TYPE_CHECKING:
    from eh_access.study.further import Findings
    from eh_access.study.results import StudyResult

HIDDEN_FILE = "hidden.csv"
FACTS = Figures(
    parts=(
        "within_before",
        "within_after",
        "weight_loses",
        "weight_gains",
        "weight_loses_all",
        "finite_weight",
    ),
    shares={
        "within_share_before": "within_before",
        "within_share_after": "within_after",
        "share_loses": "weight_loses",
    },
    changes={"within_share_change": ("within_share_after", "within_share_before")},
    pairs=(
        ("within_after", "within_before"),
        ("within_share_after", "within_share_before"),
    ),
    keys=("scenario", "mode", "sites", "group"),
    scenario="scenario",
    group="group",
)
"""Which columns of ``facts`` are figures of people."""
PEOPLE = frozenset(
    {
        "value",
        "baseline_value",
        "counted_value",
        "counted_baseline_value",
        "weight",
        "covered_share",
        "coverage_lost_weight",
        "coverage_regained_share",
        "unreached_weight",
        *FACTS.parts,
        *FACTS.shares,
        *FACTS.changes,
        "share_within",
        "share_within_before",
        "lowest_value",
        "highest_value",
        "weight_within",
        "council",
        "theirs",
        "weight_unchanged",
        "weight_still_unreached",
        "share_gains",
        "share_unchanged",
        "weight_before",
        "weight_after",
        "absorbed",
    }
)
"""Columns of files in which a missing figure is a hidden one where counts are not public."""
LOGGED_BY_CELL = ("fairness.csv",)
RULE_OF_FILES = f"{RULES[PRIMARY]}; or {RULES[BASE]}; or {RULES[DIFFERENCE]}"
NOTHING = "nothing"
WHY_NOTHING = "what is counted is public already, as the study declares (weights_public = true)"
MARK_NOTE = (
    f"{HIDDEN_MARK} stands for a figure that is hidden so that nobody can be found: of too few, or "
    "such that one of too few could be worked out from it."
)


def hidden_table(
    named: tuple[str, str],
    columns: tuple[Column, ...],
    frame: pd.DataFrame,
    policy: Policy,
    *,
    notes: tuple[str, ...] = (),
    headers: int = 1,
) -> Table:
    """Return a table of `FACTS` with what is small taken out, and marked."""
    shown, log = hide_small(frame, FACTS, policy, table=named[0])
    made = make_table(*named, columns, shown, notes=notes, headers=headers)
    return made if policy.public else replace(with_marks(made), hidden=log)


def with_mark(column: Column) -> Column:
    """Return a column in which a missing figure of people is marked as hidden."""
    return replace(column, at_nan=HIDDEN_MARK) if column.key in PEOPLE else column


def with_marks(table: Table) -> Table:
    """Return a table whose missing figures of people are marked as hidden."""
    columns = tuple(with_mark(column) for column in table.columns)
    if columns == table.columns:
        return table
    notes = table.notes if MARK_NOTE in table.notes else (*table.notes, MARK_NOTE)
    return replace(table, columns=columns, notes=notes)


def for_file(frame: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Return a table for a file of text, ``[c]`` in place of each figure that is hidden."""
    if policy.public:
        return frame
    told = frame.copy()
    for column in [name for name in frame if name in PEOPLE]:
        told[column] = frame[column].astype(object).where(frame[column].notna(), HIDDEN_MARK)
    return told


def hiding_rules(policy: Policy) -> dict[str, float] | None:
    """Return the rules by which the map's page hides small counts."""
    if policy.public:
        return None
    return {"below": policy.threshold, "step": policy.round_to, "base": policy.least_base}


def hidden_log(
    result: StudyResult,
    tables: Iterable[Table],
    findings: Findings,
    *,
    files: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Return ``hidden.csv``: what was hidden or rounded in this run, and by which rule."""
    if result.study.policy.public:
        return pd.DataFrame(
            [("every table", "every cell", NOTHING, WHY_NOTHING)], columns=list(HIDDEN_COLUMNS)
        )
    door = pd.DataFrame([vars(item) for item in result.hidden], columns=list(HIDDEN_COLUMNS))
    all_of_them = pd.DataFrame(
        [("every table", "every cell", "counts and shares", ROUNDED)], columns=list(HIDDEN_COLUMNS)
    )
    logs = [table.hidden for table in tables if table.hidden is not None]
    rest = [_of_file(name, frame) for name, frame in files.items() if name not in LOGGED_BY_CELL]
    return joined_logs([all_of_them, door, *logs, findings.hidden, *rest])


def _of_file(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a line on each column of a file in which figures are hidden."""
    gone = [
        (name, f"{int(frame[column].isna().sum()):,} rows", column, RULE_OF_FILES)
        for column in frame
        if column in PEOPLE and frame[column].isna().any()
    ]
    return pd.DataFrame(gone, columns=list(HIDDEN_COLUMNS))


def hidden_summary(log: pd.DataFrame) -> Table:
    """Return the log in few rows, for a report: how many cells of each table by each rule."""
    found = log.groupby(["table", "figure", "rule"], sort=False)["cell"].agg(_cells).reset_index()
    columns = (
        Column("table", "Table"),
        Column("figure", "Figure"),
        Column("rule", "Rule"),
        Column("cell", "Cells"),
    )
    title = "What was hidden so that nobody can be found, and by which rule"
    return make_table("hidden", title, columns, found, headers=2)


def _cells(cells: pd.Series) -> str:
    return str(cells.iloc[0]) if len(cells) == 1 else f"{len(cells):,} cells"

"""Tables of the other choices there were: every set ranked, and what each site's closing costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from eh_access.publish import words
from eh_access.publish.tables import NOT_AVAILABLE, Column, Kind, Table, make_table, records

if TYPE_CHECKING:
    from eh_access.analysis.alternatives import Alternatives
    from eh_access.publish.wording import Wording

KINDS: dict[str, Kind] = {"share": "percent", "min": "minutes", "weight": "count"}
SCALES: dict[str, tuple[float, int, str]] = {
    "share": (100.0, 1, "percent"),
    "min": (1.0, 1, "minutes"),
    "points": (1.0, 1, "percentage points"),
}
"""What a measure is multiplied by to be printed, its decimals and its unit."""
NO_BOUND = (
    "Not available: some families are put out of reach altogether, so that a mean or a difference "
    "of means has no bound; or the set could not be scored."
)
RANK_COLUMNS = ("council", "best", "regret")


def choice_tables(found: Alternatives, said: Wording) -> list[Table]:
    """Return the tables of the other choices."""
    tables = [_choices(found, said), _contributions(found, said)]
    return [_ranks(found, said), *tables] if len(found.regret()) else tables


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan


def _ranks(found: Alternatives, said: Wording) -> Table:
    names = dict(zip(found.singles["closed_sites"], found.singles["closed_names"], strict=True))
    rows = []
    for row in records(found.regret().reset_index()):
        scale, decimals, unit = SCALES.get(row["unit"], (1.0, 0, said.unit))
        figures = {key: round(_finite(row[key] * scale), decimals) for key in RANK_COLUMNS}
        best = words.listed(str(names.get(site, site)) for site in row["best_sites"].split("; "))
        if not math.isfinite(row["best"]):
            best = NOT_AVAILABLE  # where no set has a figure none of them is best
        told = {"measure": row["label"], "unit": unit, "best_sites": best}
        same = {key: row[key] for key in ("better", "rank", "ranked", "tied", "better_sets")}
        same["counted"] = "yes" if row["measure"] in found.counted else "no"
        rows.append(told | same | figures)
    columns = (
        Column("measure", "Measure"),
        Column("unit", "Unit"),
        Column("better", "Better is"),
        Column("council", "The choice made", "value"),
        Column("best", "The best set", "value"),
        Column("regret", "Distance from the best (of percentages, in points)", "value"),
        Column("rank", "Rank of the choice made", "count"),
        Column("ranked", "Of sets scored", "count"),
        Column("tied", "Joint with so many others", "count"),
        Column("better_sets", "Sets that do better", "count"),
        Column("best_sites", "The best set closes"),
        Column("counted", "Counted when sets are held against one another"),
    )
    title = (
        f"How the choice made ranks among all sets of {len(found.council)} {said.site}s, measure "
        f"by measure (1 is best; ties share the lowest rank){said.mark}"
    )
    return make_table("choice", title, columns, pd.DataFrame(rows), notes=_notes(found))


def ranks_in_words(table: Table) -> Table:
    """Return the table of ranks for a page: each figure with its unit, one column for the rank."""
    measures = [
        label if counted == "yes" else f"{label} (not counted: see the notes)"
        for label, counted in zip(table.frame["measure"], table.frame["counted"], strict=True)
    ]
    frame = pd.DataFrame({"measure": measures, "best_sites": table.frame["best_sites"]})
    for key in RANK_COLUMNS:
        pairs = zip(table.frame[key], table.frame["unit"], strict=True)
        frame[key] = [
            _with_unit(float(value), _apart(str(unit)) if key == "regret" else str(unit))
            for value, unit in pairs
        ]
    frame["rank"] = [
        f"{row['rank']:.0f} of {row['ranked']:.0f}{joint(row['tied'])}"
        for row in records(table.frame)
    ]
    columns = (
        Column("measure", "Measure"),
        Column("council", "The choice made"),
        Column("rank", "Rank"),
        Column("best", "The best set"),
        Column("regret", "Distance from the best"),
        Column("best_sites", "The best set closes"),
    )
    return make_table(table.name, table.title, columns, frame, notes=table.notes)


def _apart(unit: str) -> str:
    """Return the unit of a difference: two percentages are points apart."""
    return "percentage points" if unit == "percent" else unit


def joint(tied: float) -> str:
    """Return with how many others a rank is shared, to stand after it; "" if with none."""
    if not tied > 0:
        return ""
    return f" (joint, with {tied:,.0f} {'other' if tied == 1 else 'others'})"


def _with_unit(value: float, unit: str) -> str:
    if math.isnan(value):
        return NOT_AVAILABLE
    if unit == "percent":
        return f"{value:,.1f}%"
    return f"{value:,.1f} {unit}" if unit in {"minutes", "percentage points"} else f"{value:,.0f}"


def _choices(found: Alternatives, said: Wording) -> Table:
    frame = found.frame.reset_index()
    frame["set_number"] = frame["set_number"].astype("str")
    frame["scored_in_words"] = ["scored" if scored else "not scored" for scored in frame["scored"]]
    for key in ("in_pareto", "is_council_choice"):
        known = frame["scored"] if key == "in_pareto" else pd.Series(data=True, index=frame.index)
        frame[key] = [
            ("yes" if yes else "no") if sure else "not scored"
            for yes, sure in zip(frame[key].fillna(value=False), known, strict=True)
        ]
    columns = [
        Column("set_number", "Set"),
        Column("closed_names", f"{said.Sites} closed"),
        Column("is_council_choice", "The choice made"),
        Column("in_pareto", "None is as good on every measure counted and better on one"),
    ]
    for item in found.measures:
        frame[item.key] = [_finite(float(value)) for value in frame[item.key].astype(float)]
        unit = {"weight": said.unit, "points": "percentage points"}.get(item.unit, "")
        columns.append(Column(item.key, item.label, KINDS.get(item.unit, "value"), unit))
        columns.append(Column(f"rank_{item.key}", f"Rank: {item.label}", "count"))
        columns.append(Column(f"tied_{item.key}", f"Joint with others: {item.label}", "count"))
    columns += [
        Column(
            "better_than_council",
            "Better than the choice made on so many measures counted",
            "count",
        ),
        Column("worse_than_council", "Worse on so many", "count"),
        Column("scored_in_words", "Scored"),
        Column("reason", "Why not scored, where it is not"),
    ]
    title = (
        f"Every set of {len(found.sets[0])} {said.site}s that could close, {said.place}{said.mark}"
    )
    return make_table("choices", title, tuple(columns), frame, notes=_notes(found), headers=2)


def _contributions(found: Alternatives, said: Wording) -> Table:
    frame = found.contribution().reset_index()
    columns = [Column("name", said.Sites[:-1])]
    for item in found.measures:
        key = f"change_{item.key}"
        frame[key] = [_finite(float(value)) for value in frame[key].astype(float)]
        unit = {"weight": said.unit, "min": ""}.get(item.unit, "percentage points")
        columns.append(Column(key, f"Change in: {item.label}", KINDS.get(item.unit, "value"), unit))
    columns.append(Column("reason", "Why not scored, where it is not"))
    title = (
        f"What closing each {said.site} alone would change, the costliest in mean minutes first, "
        f"{said.place}{said.mark}"
    )
    return make_table("contributions", title, tuple(columns), frame, notes=_notes(found))


def _notes(found: Alternatives) -> tuple[str, ...]:
    sentences = (words.capital(words.clause(note)) + "." for note in found.notes)
    return (*sentences, NO_BOUND)

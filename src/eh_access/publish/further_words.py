"""What was found beyond the criteria, as sections of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eh_access.analysis.criteria import Outcome
from eh_access.analysis.fairness import KINDS, NOTES
from eh_access.analysis.robustness_words import NEITHER_WAY
from eh_access.publish import words
from eh_access.publish.further_tables import CONCENTRATION_SOURCE, GINI_SOURCE
from eh_access.publish.sections import Part, Section
from eh_access.publish.sure_limits import hours_at_the_edge, what_it_does_not_tell
from eh_access.publish.tables import records
from eh_access.publish.wording import FULL_TIME, Wording, headline, scenario_label
from eh_access.routing.estimate import ACCURACY

if TYPE_CHECKING:
    from eh_access.publish.tables import Table
    from eh_access.study.results import StudyResult

WORST_WARDS = 10
SHOWN_KINDS = ("imd_fifth", "no_car_fifth", "rural_urban", "ward")
GAP_COLUMNS = (
    "group",
    "weight",
    "mean_before_min",
    "mean_after_min",
    "mean_change_min",
    "gap_change_min",
    "gap_change_low_min",
    "gap_change_high_min",
)
UNKNOWNS_SHOWN = 6
CANNOT_SAY = Outcome.CANNOT_SAY.value
YARDSTICKS = ("threshold",)
"""Assumptions that somebody sets: they can be argued over, but not found out."""
MOST_TURNS = 3


def readings_section(result: StudyResult, tables: Mapping[str, Table]) -> Section:
    """Return the section that sets three readings of "open" side by side."""
    said = Wording.of(result)
    part = Part(
        paragraphs=(
            (
                f"A {said.site} that keeps a few hours a week is no loss to those who ask whether "
                "anything is open, and as good as gone to those who ask for full-time hours. Here "
                f"the same {said.unit} are counted under each scenario by what counts as open."
            ),
        ),
        table=tables["readings"],
        notes=tuple(note for note in tables["readings"].notes if note != ACCURACY),
    )
    return Section(anchor="readings", title="The same families, three readings", parts=(part,))


def gap_parts(result: StudyResult, tables: Mapping[str, Table]) -> tuple[Part, ...]:
    """Return for whom minutes are added: gaps between groups, and how evenly times are spread."""
    name, said = headline(result), Wording.of(result)
    if "gaps" not in tables or name is None:
        return ()
    row = _row(result, name)
    gaps = tables["gaps"].where(**row)
    parts = [
        Part(
            heading="Gaps between groups, and how sure they are",
            paragraphs=(
                (
                    "The gap is the mean added in a group less the mean added for all others: "
                    "above 0, the group bears more. Where the interval includes 0, it rests on "
                    "a few areas."
                ),
            ),
        )
    ]
    shown: list[str] = []
    for kind in SHOWN_KINDS:
        label = KINDS[kind].replace("site", said.site)
        table = gaps.where(kind=label)
        if not len(table.frame):
            continue
        shown.append(kind)
        if kind == "ward":
            order = ["mean_change_min", "group"]
            frame = table.frame.sort_values(order, ascending=[False, True], kind="stable")
            table = replace(table, frame=frame.head(WORST_WARDS).reset_index(drop=True))
            label = f"ward, the {len(table.frame)} with most added (sums are modelled)"
        title = f"Minutes added, by {label}: {', '.join(row.values())}{said.mark}"
        columns = tuple(column for column in table.columns if column.key in GAP_COLUMNS)
        parts.append(Part(table=replace(table, title=title, columns=columns, headers=1)))
    if not shown:
        return _evenness(tables, row)
    parts.append(Part(notes=(*said.short_notes, *NOTES)))
    return (*parts, *_evenness(tables, row))


def _row(result: StudyResult, scenario: str) -> dict[str, str]:
    return {
        "scenario": scenario_label(result, scenario),
        "mode": result.times[result.modes[0]].mode.label,
        "sites": FULL_TIME,
    }


def _evenness(tables: Mapping[str, Table], row: dict[str, str]) -> tuple[Part, ...]:
    """Return the Gini coefficient and the concentration indices in words."""
    table = tables["inequality"]
    keys = {column.key for column in table.columns}
    told = []
    for key, name, meaning in (
        ("gini", "Gini coefficient of the minutes", GINI_SOURCE),
        ("concentration_imd", "Concentration index by deprivation", CONCENTRATION_SOURCE),
        ("concentration_no_car", "Concentration index by households without a car", ""),
    ):
        if f"{key}_before" not in keys:
            continue
        before, after = (table.cell(f"{key}_{when}", **row) for when in ("before", "after"))
        told.append(f"{name}: {before:.3f} before, {after:.3f} after. {meaning}".strip())
    return (
        Part(
            heading="How evenly minutes are spread",
            bullets=tuple(told),
            table=table.where(mode=row["mode"]),
        ),
    )


def sure_section(result: StudyResult, tables: Mapping[str, Table]) -> Section | None:
    """Return the section on how far each outcome holds."""
    name, said = headline(result), Wording.of(result)
    if "robustness" not in tables or name is None:
        return None
    label = scenario_label(result, name)
    held = tables["robustness"].where(scenario=label).frame
    parts = [
        Part(
            paragraphs=(
                (
                    "Each criterion was asked again under other walking speeds, pushchair speeds, "
                    "driving times, limits for joining a street, counts, sets of origins and "
                    "thresholds, and with roughly known places elsewhere in their circles. Every "
                    "try compares the same families before and after. What is compared is what the "
                    "figures point to. Only settings that could matter are counted: "
                    "not the study's own, none that changes nothing a criterion looks at (driving "
                    "times where it asks about walking), and of those that do the same to it one."
                ),
                *what_it_does_not_tell(result),
            ),
            bullets=(
                *(f"{row['title']}: {_told(row)}" for row in records(held)),
                *hours_at_the_edge(result, name),
            ),
            table=tables["robustness"].without("criterion", "sentence"),
        )
    ]
    if "tipping" in tables:
        turning = tables["tipping"]
        turns = turning.frame["turns_below"].notna() | turning.frame["turns_above"].notna()
        shown = replace(turning, frame=turning.frame[turns].reset_index(drop=True))
        shown = replace(shown, columns=tuple(c for c in shown.columns if c.key in _TIPPING_SHOWN))
        nothing = () if turns.any() else ("No outcome turns within what was searched.",)
        parts.append(
            Part(
                heading="Tipping points",
                paragraphs=(
                    (
                        f"{int(turns.sum())} of {len(turns)} pairs of outcome and assumption turn "
                        "within the range searched; the rest stand; all are in the workbook."
                    ),
                    *nothing,
                ),
                table=shown if turns.any() else None,
            )
        )
    if "unknowns" in tables:
        parts.append(_first_unknown(tables["unknowns"], said))
    return Section(anchor="sure", title="How sure are we?", parts=tuple(parts))


_TIPPING_SHOWN = ("scenario", "title", "words", "told")


def _told(row: Mapping[str, Any]) -> str:
    """Return an outcome and how far it holds; one that points neither way says so itself."""
    if row["outcome"] == NEITHER_WAY:
        return words.uncapital(row["sentence"])
    return f"{row['outcome']}. {row['sentence']}"


def _first_unknown(table: Table, said: Wording) -> Part:
    return Part(
        heading="What to find out first",
        paragraphs=(
            most_important(table)
            or "No outcome hangs on any one of the assumptions or places tried, each moved alone.",
        ),
        table=replace(
            table,
            frame=table.frame.head(UNKNOWNS_SHOWN),
            title=f"What the outcomes hang on most, the first {UNKNOWNS_SHOWN}{said.mark}",
        ),
    )


def most_important(table: Table) -> str:
    """Return the one unknown that matters most, in a sentence."""
    yardsticks = table.frame["words"].isin(YARDSTICKS)
    unknown = table.frame[~yardsticks & (table.frame["differ"] > 0)]
    if unknown.empty:
        return ""
    first = unknown.iloc[0]
    return (
        f"Find out first: {first['words']}. Moved alone over {first['searched']}, it turns "
        f"{first['differ']:,.0f} of {first['tried']:,.0f} tries of "
        f"{words.quoted(first['title'])}; of {first['pairs']:.0f} distinct outcomes that it could "
        f"turn it turns {first['turned']:.0f}."
    )


def changes(result: StudyResult, tables: Mapping[str, Table]) -> tuple[str, ...]:
    """Return what would change the answer, from what was tried: for the first pages."""
    name = headline(result)
    if name is None or "robustness" not in tables:
        return ()
    found = [most_important(tables["unknowns"])] if "unknowns" in tables else []
    row = {"scenario": scenario_label(result, name)}
    if "tipping" in tables:
        tipping = tables["tipping"].where(**row).frame
        turning = tipping[tipping["turns_below"].notna() | tipping["turns_above"].notna()]
        found += [
            f"{words.capital(item['words'])}: {words.clause(item['title'])} {item['told']}."
            for item in records(turning.head(MOST_TURNS))
        ]
    held = tables["robustness"].where(**row).frame
    hours = hours_at_the_edge(result, name)
    if not len(held):
        return (*filter(None, found), *hours)
    unsaid = held["outcome"] == CANNOT_SAY
    pointing = held[~unsaid & (held["outcome"] != NEITHER_WAY)]
    steady = pointing["settings_agree"] == pointing["settings"]
    told = (
        f"{int(steady.sum())} of {words.counted(len(pointing), 'outcome')} "
        f"{'holds' if steady.sum() == 1 else 'hold'} in all other settings that could matter"
    )
    neither = len(held) - len(pointing) - int(unsaid.sum())
    if neither:
        told += f"; {neither} more point{'s' if neither == 1 else ''} neither way"
    if unsaid.any():
        told += (
            f"; of {int(unsaid.sum())} more nothing can be said, so it is not counted as holding"
        )
    if not any(item for item in found[1:]):
        told += ", and none turns at any speed or threshold within the range searched"
    return tuple(filter(None, [*found, *hours, f"Other assumptions: {told}."]))

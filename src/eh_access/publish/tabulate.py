"""From a study's result to the tables every output shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from eh_access.analysis.equality import fifths, imd_fifth
from eh_access.publish.background import background_tables
from eh_access.publish.facts import facts
from eh_access.publish.hiding import hidden_table, with_marks
from eh_access.publish.neighbours import neighbour_table
from eh_access.publish.squares import display_areas
from eh_access.publish.streets import street_tables
from eh_access.publish.streets_compared import compared_tables
from eh_access.publish.tables import Column, Table, make_table
from eh_access.publish.wording import (
    ANY_SITE,
    BASES,
    FULL_TIME,
    Wording,
    headline,
    scenario_label,
)

if TYPE_CHECKING:
    from eh_access.analysis.comparison import Comparison
    from eh_access.analysis.policy import Policy
    from eh_access.study.results import StudyResult


UNKNOWN = "not known"


def tabulate(result: StudyResult) -> Mapping[str, Table]:
    """Return every table of a study by name, in the order a reader wants them."""
    result.refuse_private()
    words = Wording.of(result)
    tables = [_criteria(result, words), _within(result, words), _added(result, words)]
    tables += [_grouped(result, words, *group) for group in groupings(result)]
    counted = neighbour_table(result)
    tables += [] if counted is None else [counted]
    tables += [*background_tables(result, words), *street_tables(result)]
    tables += compared_tables(result)
    return MappingProxyType({table.name: table for table in tables})


def groupings(result: StudyResult) -> Iterator[tuple[str, str, pd.Series]]:
    """Yield the groupings the origins allow: name of the table, its title, group per origin."""
    origins = result.origins
    if "imd_decile" in origins:
        labels = _fifth_labels("most deprived", "least deprived")
        fifth = imd_fifth(origins["imd_decile"])
        title = "the nation's fifth of areas by deprivation (IMD; not fifths of those here)"
        yield "deprivation", title, _named(fifth, labels)
    if "no_car_share" in origins:
        labels = _fifth_labels("fewest cars", "most cars")
        fifth = fifths(origins, "no_car_share", first="high")
        title = (
            f"local fifth of {result.study.unit} by households without a car (areas ranked; "
            f"each about a fifth of {result.study.unit}, not of the areas)"
        )
        yield "no_car", title, _named(fifth, labels)
    if "ward_name" in origins:
        names = origins["ward_name"].astype("str").fillna(UNKNOWN)
        yield "wards", "ward (modelled, not official ward counts)", names
    shown = display_areas(origins, result.areas, public=result.study.weights_public)
    codes = pd.Series(shown.area_of_origin, index=origins.index).astype("str")
    names = shown.areas["name"].astype("str").reindex(codes).fillna("").to_numpy()
    yield "areas", shown.word, codes.where(codes == names, codes + " " + names).str.strip()


def _named(fifth: pd.Series, labels: Mapping[int, str]) -> pd.Series:
    """Return fifths as words; where a fifth is not known, that."""
    return fifth.map(lambda value: labels[int(value)], na_action="ignore").fillna(UNKNOWN)


def _fifth_labels(first: str, last: str) -> dict[int, str]:
    return {1: f"1 ({first})", 2: "2", 3: "3", 4: "4", 5: f"5 ({last})"}


def _criteria(result: StudyResult, words: Wording) -> Table:
    """Return the verdicts, a row per scenario and criterion."""
    rows = [
        {
            "scenario": scenario_label(result, verdict.scenario),
            "criterion": verdict.criterion.id,
            "title": verdict.criterion.title,
            "outcome": words.outcome(verdict),
            "value": words.scaled(verdict, verdict.value),
            "baseline_value": words.scaled(verdict, verdict.baseline_value),
            "threshold": words.scaled(verdict, verdict.threshold),
            "unit": words.scale(verdict)[1],
            "basis": verdict.basis,
            "sentence": verdict.sentence,
            "reason": verdict.reason,
        }
        for verdict in result.verdicts
    ]
    columns = (
        Column("scenario", "Scenario"),
        Column("criterion", "Criterion"),
        Column("title", "What it asks"),
        Column("outcome", "Outcome"),
        Column("value", "Value", "value"),
        Column("baseline_value", "Value before", "value"),
        Column("threshold", "Threshold", "value"),
        Column("unit", "Unit of the three"),
        Column("basis", "Times from"),
        Column("sentence", "In words"),
        Column("reason", "Why it cannot be said, where it cannot"),
    )
    frame = pd.DataFrame(rows, columns=[column.key for column in columns])
    title = f"The criteria and their outcomes under each scenario, {words.place}{words.mark}"
    made = make_table("criteria", title, columns, frame, headers=3)
    return made if result.study.policy.public else with_marks(made)


def _cases(result: StudyResult) -> Iterator[tuple[dict[str, str], Comparison]]:
    """Yield each comparison with the words that name it."""
    for basis in BASES:
        chosen = result.comparisons_full_time if basis == FULL_TIME else result.comparisons
        for (scenario, mode), comparison in chosen.items():
            yield (
                {
                    "scenario": scenario_label(result, scenario),
                    "mode": result.times[mode].mode.label,
                    "sites": basis,
                },
                comparison,
            )


def _case_columns(words: Wording) -> tuple[Column, ...]:
    return (
        Column("scenario", "Scenario"),
        Column("mode", "Travelling"),
        Column("sites", f"{words.Sites} counted"),
    )


def _within(result: StudyResult, words: Wording) -> Table:
    """Return how many are within the cutoff, before and after."""
    cutoff = result.study.settings.cutoff_min
    rows = [
        {**case, **facts(comparison, cutoff_min=cutoff).iloc[0]}
        for case, comparison in _cases(result)
    ]
    columns = (
        *_case_columns(words),
        Column("within_before", "Within before", "count", words.unit),
        Column("within_after", "Within after", "count", words.unit),
        Column("within_share_before", "Share within before", "percent"),
        Column("within_share_after", "Share within after", "percent"),
        Column("within_share_change", "Change", "percent", "percentage points"),
        Column("weight", "All", "count", words.unit),
    )
    title = (
        f"{words.Unit} within {cutoff:g} minutes of the nearest {words.site}, before and after, "
        f"{words.place}{words.mark}"
    )
    return _make(("within", title), columns, rows, words, result.study.policy)


def _added(result: StudyResult, words: Wording) -> Table:
    """Return minutes to the nearest before and after, and for whom they are added or saved."""
    settings = result.study.settings
    rows = [
        {**case, **facts(comparison, cutoff_min=settings.cutoff_min).iloc[0]}
        for case, comparison in _cases(result)
    ]
    columns = (
        *_case_columns(words),
        Column("mean_before_min", "Mean before", "minutes"),
        Column("mean_after_min", "Mean after", "minutes"),
        Column("mean_change_min", "Mean added", "minutes"),
        Column("weight_loses", f"Lose: over {settings.loser_min:g} min added", "count", words.unit),
        Column("share_loses", "Share who lose", "percent"),
        Column("worst_change_min", "Most added", "minutes", at_infinity="no longer reached"),
        Column("weight_gains", f"Over {settings.loser_min:g} min saved", "count", words.unit),
        Column("weight_loses_all", "Reach none any more", "count", words.unit),
        Column("finite_weight", "Base of the means", "count", words.unit),
    )
    title = (
        f"Minutes to the nearest {words.site} before and after, and {words.unit} with minutes "
        f"added or saved, "
        f"{words.place}{words.mark}"
    )
    return _make(("added_time", title), columns, rows, words, result.study.policy)


def _grouped(
    result: StudyResult, words: Wording, name: str, title: str, groups: pd.Series
) -> Table:
    """Return before and after by a grouping, counting full-time sites."""
    settings = result.study.settings
    rows = [
        {**case, "group": str(group), **row}
        for case, comparison in _cases(result)
        if case["sites"] == FULL_TIME
        for group, row in facts(comparison, groups, cutoff_min=settings.cutoff_min).iterrows()
    ]
    columns = (
        Column("scenario", "Scenario"),
        Column("mode", "Travelling"),
        Column("group", words.capital(title.split(" (", maxsplit=1)[0].removeprefix("the "))),
        Column("weight", words.Unit, "count"),
        Column("within_share_before", f"Within {settings.cutoff_min:g} min before", "percent"),
        Column("within_share_after", f"Within {settings.cutoff_min:g} min after", "percent"),
        Column("within_share_change", "Change", "percent", "percentage points"),
        Column("mean_before_min", "Mean before", "minutes"),
        Column("mean_after_min", "Mean after", "minutes"),
        Column("mean_change_min", "Mean added", "minutes"),
        Column("weight_loses", f"Lose: over {settings.loser_min:g} min added", "count", words.unit),
        Column("share_loses", "Share who lose", "percent"),
    )
    full_title = (
        f"Before and after by {title}: {words.unit} and minutes to the nearest full-time "
        f"{words.site}, {words.place}{words.mark}"
    )
    return _make((name, full_title), columns, rows, words, result.study.policy)


def _make(
    named: tuple[str, str],
    columns: tuple[Column, ...],
    rows: list[dict[str, object]],
    words: Wording,
    policy: Policy,
) -> Table:
    """Return a table of facts, its columns there even when no scenario could be compared."""
    frame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=[item.key for item in columns])
    return hidden_table(named, columns, frame, policy, notes=words.table_notes, headers=3)


__all__ = ["ANY_SITE", "FULL_TIME", "groupings", "headline", "tabulate"]

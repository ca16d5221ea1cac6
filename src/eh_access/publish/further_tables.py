"""Tables of what the minutes say beyond the verdicts: readings, groups, assumptions, venues."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from eh_access.analysis.fairness import KINDS, NOTES
from eh_access.analysis.robustness_words import NEITHER_WAY
from eh_access.analysis.three_readings import LONG_WEEK_H
from eh_access.publish import words
from eh_access.publish.choice_tables import choice_tables
from eh_access.publish.hiding import with_marks
from eh_access.publish.tables import Column, Table, make_table, records
from eh_access.publish.wording import ANY_SITE, FULL_TIME, PRINTED, Wording, scenario_label

if TYPE_CHECKING:
    import pandas as pd

    from eh_access.analysis.criteria import Criterion
    from eh_access.study.further import Findings
    from eh_access.study.results import StudyResult

SITES = {"open": ANY_SITE, "full_time": FULL_TIME}
TIPPING_DIGITS = 3
GINI_SOURCE = (
    "Gini coefficient: 0 where all take as long, towards 1 where few have nearly all the minutes. "
    "It says how unequal times are, not how long: where everybody's grow, it can fall."
)
CONCENTRATION_SOURCE = (
    "Concentration index: below 0 where those who come first (the most deprived areas; those "
    "with most households without a car) travel longer, above 0 where they travel less. Method: "
    "Kakwani, Wagstaff and van Doorslaer 1997, Journal of Econometrics 77."
)


def further_tables(result: StudyResult, findings: Findings) -> Mapping[str, Table]:
    """Return the tables of what was found beyond the criteria, by name."""
    said = Wording.of(result)
    tables = [_readings(result, findings, said)]
    if len(findings.fairness):
        tables += [_gaps(result, findings, said), _inequality(result, findings, said)]
    if findings.alternatives is not None:
        tables += choice_tables(findings.alternatives, said)
    if findings.outreach:
        tables.append(_outreach(result, findings, said))
    tables += [_robustness(result, findings, said), _tipping(result, findings, said)]
    tables.append(_unknowns(result, findings, said))
    if not result.study.policy.public:
        tables = [with_marks(table) for table in tables]
    return MappingProxyType({table.name: table for table in tables if len(table.frame)})


def _labelled(result: StudyResult, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with scenarios, ways of travelling and sites counted in words."""
    told = frame.copy()
    told["scenario"] = [scenario_label(result, str(name)) for name in frame["scenario"]]
    if "mode" in frame:
        labels = {name: times.mode.label for name, times in result.times.items()}
        told["mode"] = [labels.get(str(name), str(name)) for name in frame["mode"]]
    return told


def _readings(result: StudyResult, findings: Findings, said: Wording) -> Table:
    frame = _labelled(result, findings.readings)
    columns = (
        Column("scenario", "Scenario"),
        Column("reading", f"{said.Sites} counted: open for"),
        Column("sites", f"{said.Sites}", "count"),
        Column("weight_within", "Within 30 minutes", "count", said.unit),
        Column("share_within", "Share within 30 minutes", "percent"),
        Column("share_within_before", "Before", "percent"),
        Column("weight_loses", _lose(result), "count", said.unit),
        Column("share_loses", "Share who lose", "percent"),
        Column("mean_change_min", "Mean added", "minutes"),
        *_hours_columns(frame, said),
        Column("finite_weight", "Base of the means", "count", said.unit),
    )
    mode = frame["mode"].iloc[0] if len(frame) else ""
    title = (
        f"The same {said.unit} under each scenario, by what counts as open, {mode}, "
        f"{said.place}{said.mark}"
    )
    notes = (*_hours_note(frame, said), *said.table_notes)
    return make_table("readings", title, columns, frame, notes=notes, headers=2)


def _hours_columns(frame: pd.DataFrame, said: Wording) -> tuple[Column, ...]:
    """Return the column of opening hours; two where they rest on hours nobody stated."""
    label = "Opening hours a week within 30 minutes, mean"
    if not (frame["sites_hours_unknown"] > 0).any():
        return (Column("mean_hours_within", label, "value"),)
    short, long = (f"{said.full_time_from_hours:g}", f"{LONG_WEEK_H:g}")
    return (
        Column("mean_hours_within", f"{label}, if hours not known are {short}", "value"),
        Column("mean_hours_within_long", f"The same if they are {long}", "value"),
    )


def _hours_note(frame: pd.DataFrame, said: Wording) -> tuple[str, ...]:
    unknown = int(frame["sites_hours_unknown"].max()) if len(frame) else 0
    if not unknown:
        return ()
    told = (
        f"The opening hours of {unknown} {said.site}s are not known, only that they are full-time: "
        f"means of hours are an assumption, shown for {said.full_time_from_hours:g} and for "
        f"{LONG_WEEK_H:g} hours a week each."
    )
    return (told,)


def _lose(result: StudyResult) -> str:
    return f"Lose: over {result.study.settings.loser_min:g} min added"


def _gaps(result: StudyResult, findings: Findings, said: Wording) -> Table:
    frame = _labelled(result, findings.fairness[findings.fairness["group_kind"] != "everyone"])
    frame["sites"] = frame["sites"].map(SITES)
    names = result.sites["name"].to_dict()
    frame["group"] = [
        str(names.get(group, group)) if kind == "nearest_before" else str(group)
        for kind, group in zip(frame["group_kind"], frame["group"], strict=True)
    ]
    frame["kind"] = [KINDS[str(kind)].replace("site", said.site) for kind in frame["group_kind"]]
    columns = (
        Column("scenario", "Scenario"),
        Column("mode", "Travelling"),
        Column("sites", f"{said.Sites} counted"),
        Column("kind", "Told apart by"),
        Column("group", "Group"),
        Column("weight", said.Unit, "count"),
        Column("areas", "Areas", "count"),
        Column("share_loses", "Share who lose", "percent"),
        Column("mean_before_min", "Mean before", "minutes"),
        Column("mean_after_min", "Mean after", "minutes"),
        Column("mean_change_min", "Mean added", "minutes"),
        Column("median_change_min", "Median added", "minutes"),
        Column("p90_change_min", "Nine in ten have at most so much added", "minutes"),
        Column("worst_change_min", "Most added", "minutes", at_infinity="no longer reached"),
        Column("gap_change_min", "Mean added, less that of all others", "minutes"),
        Column("gap_change_low_min", "95% interval from", "minutes"),
        Column("gap_change_high_min", "to", "minutes"),
        Column("finite_weight", "Base of the means", "count", said.unit),
    )
    title = f"Who gains and who loses, by group, {said.place}{said.mark}"
    notes = (*said.table_notes, *NOTES)
    return make_table("gaps", title, columns, frame, notes=notes, headers=5)


def _inequality(result: StudyResult, findings: Findings, said: Wording) -> Table:
    chosen = findings.fairness[findings.fairness["group_kind"] == "everyone"]
    frame = _labelled(result, chosen)
    frame["sites"] = frame["sites"].map(SITES)
    frame = frame.dropna(axis="columns", how="all")
    indices = (
        ("gini", "Gini coefficient"),
        ("concentration_imd", "Concentration by deprivation"),
        ("concentration_no_car", "Concentration by households without a car"),
    )
    columns = (
        Column("scenario", "Scenario"),
        Column("mode", "Travelling"),
        Column("sites", f"{said.Sites} counted"),
        *(
            Column(f"{key}_{when}", f"{label}, {when}", "index")
            for key, label in indices
            for when in ("before", "after")
            if f"{key}_{when}" in frame
        ),
    )
    title = (
        f"How evenly minutes to the nearest {said.site} are spread over {said.unit}, before and "
        f"after, {said.place}{said.mark}"
    )
    notes = (*said.table_notes, GINI_SOURCE, CONCENTRATION_SOURCE)
    return make_table("inequality", title, columns, frame, notes=notes, headers=3)


def _outreach(result: StudyResult, findings: Findings, said: Wording) -> Table:
    frame = findings.tables()["outreach.csv"].copy()
    limits = next(iter(result.times.values()))
    limit = limits.cutoff_min
    names = set(result.scenario_names)
    frame["mends"] = [
        scenario_label(result, name) if name in names else "nothing: venues alone"
        for name in frame["mends"]
    ]
    frame["proven"] = ["yes" if proven else "no" for proven in frame["proven"]]
    columns = (
        Column("mends", "Mends"),
        Column("sessions", "Venues", "count"),
        Column("aim", "Chosen for"),
        Column("venue_names", "Where"),
        Column("coverage_regained_share", "Lost cover given back", "percent"),
        Column("minutes_regained_share", "Added minutes given back", "percent"),
        Column("worst_added_min", "Most still added", "minutes", at_infinity="some are left out"),
        Column("covered_share", "Within 30 minutes then", "percent"),
        Column("mean_at_limit_min", f"Mean then, who reaches none counted at {limit:g}", "minutes"),
        Column("worst_min", "Longest then", "minutes", at_infinity="some are left out"),
        Column("proven", "Proven the best by the aim"),
    )
    mode = limits.mode.label
    tried = 0 if result.candidates is None else len(result.candidates)
    title = (
        f"The best venues for sessions, of {tried} libraries, schools and others tried, {mode}, "
        f"{said.place}{said.mark}"
    )
    return make_table("outreach", title, columns, frame, notes=said.table_notes, headers=3)


def _criteria(result: StudyResult) -> dict[str, Criterion]:
    return {item.id: item for item in result.study.criteria}


def _judged(result: StudyResult, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with scenarios in words and the title of each criterion."""
    told = _labelled(result, frame)
    criteria = _criteria(result)
    told["title"] = [criteria[str(name)].title for name in frame["criterion"]]
    return told


def _robustness(result: StudyResult, findings: Findings, said: Wording) -> Table:
    frame = _judged(result, findings.robustness.summary())
    scales = [PRINTED[_criteria(result)[str(name)].spec.unit] for name in frame["criterion"]]
    for key in ("lowest_value", "highest_value"):
        frame[key] = [
            value * scale if math.isfinite(value) else math.nan
            for value, (scale, _) in zip(frame[key], scales, strict=True)
        ]
    frame["unit"] = [unit for _, unit in scales]
    frame["sentence"] = [words.capital(str(text)) + "." for text in frame["sentence"]]
    for key in ("settings_agree", "positions_agree"):  # with neither way nothing can agree
        frame[key] = frame[key].astype(float).mask(frame["outcome"] == NEITHER_WAY)
    columns = (
        Column("scenario", "Scenario"),
        Column("criterion", "Criterion"),
        Column("title", "What it asks"),
        Column("outcome", "The figures point to"),
        Column("settings_agree", "Settings that agree", "count"),
        Column("settings", "Of settings that could matter", "count"),
        Column("settings_tried", "Other settings tried", "count"),
        Column("could_not_matter", "Assumptions that could not matter"),
        Column("positions_agree", "Sampled places that agree", "count"),
        Column("positions", "Of places tried", "count"),
        Column("lowest_value", "Lowest value", "value"),
        Column("highest_value", "Highest value", "value"),
        Column("unit", "Unit of the two"),
        Column("sentence", "In words"),
    )
    title = f"How far each outcome holds under other assumptions, {said.place}{said.mark}"
    return make_table("robustness", title, columns, frame, notes=said.table_notes, headers=3)


def _tipping(result: StudyResult, findings: Findings, said: Wording) -> Table:
    frame = _judged(result, findings.robustness.tipping_points())
    for key in ("turns_below", "turns_above"):
        frame[key] = [_significant(float(value)) for value in frame[key]]
    frame["told"] = [_turns(row) for row in records(frame)]
    columns = (
        Column("scenario", "Scenario"),
        Column("criterion", "Criterion"),
        Column("title", "What it asks"),
        Column("words", "Assumption"),
        Column("unit", "Unit"),
        Column("main_value", "In this study", "index"),
        Column("searched_from", "Searched from", "index"),
        Column("searched_to", "to", "index"),
        Column("turns_below", "Turns below", "index"),
        Column("turns_above", "Turns above", "index"),
        Column("told", "In words"),
    )
    title = (
        f"Where an outcome would turn as one assumption moves and all others stay, "
        f"{said.place}{said.mark}"
    )
    return make_table("tipping", title, columns, frame, notes=said.table_notes, headers=4)


def _significant(value: float) -> float:
    return float(f"{value:.{TIPPING_DIGITS}g}") if math.isfinite(value) else math.nan


def _turns(row: Mapping[str, Any]) -> str:
    """Return where an outcome turns, in words."""
    told = [
        f"turns to {row[f'outcome_{side}']} {side} {row[f'turns_{side}']:g} {row['unit']}"
        for side in ("below", "above")
        if not math.isnan(row[f"turns_{side}"])
    ]
    span = f"{row['searched_from']:g} to {row['searched_to']:g} {row['unit']}"
    return "; ".join(told) or f"stands from {span}"


def _unknowns(result: StudyResult, findings: Findings, said: Wording) -> Table:
    frame = findings.robustness.which_matters_most()
    criteria = _criteria(result)
    frame["title"] = [criteria[name].title if name else "none" for name in frame["criterion"]]
    columns = (
        Column("words", "What is not known for sure"),
        Column("searched", "Tried over"),
        Column("title", "The outcome it turns most often"),
        Column("differ", "Tries with another outcome", "count"),
        Column("tried", "Of tries", "count"),
        Column("share", "Share with another outcome", "percent"),
        Column("turned", "Outcomes that turn at all", "count"),
        Column("pairs", "Of distinct outcomes that could", "count"),
    )
    title = (
        "What the outcomes hang on most: each assumption moved alone over its range, and the "
        f"outcome it turns most often, {said.place}{said.mark}"
    )
    return make_table("unknowns", title, columns, frame, notes=said.table_notes)

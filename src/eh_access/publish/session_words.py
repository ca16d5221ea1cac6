"""Who would go where, how full sites become, sessions attended whole: tables and a section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from eh_access.publish import words
from eh_access.publish.hiding import with_marks
from eh_access.publish.sections import Part, Section
from eh_access.publish.tables import Column, Table, make_table
from eh_access.publish.wording import Wording, headline, scenario_label
from eh_access.routing.estimate import ACCURACY

if TYPE_CHECKING:
    from eh_access.study.further import Findings
    from eh_access.study.results import StudyResult


def session_tables(result: StudyResult, findings: Findings) -> dict[str, Table]:
    """Return the tables of sessions and of load, those there is something to say in."""
    tables = {}
    if len(findings.sessions):
        tables["sessions"] = _sessions(result, findings)
    if len(findings.load):
        tables["load"] = _load(result, findings)
    if result.study.policy.public:
        return tables
    return {name: with_marks(table) for name, table in tables.items()}


def session_section(result: StudyResult, tables: Mapping[str, Table]) -> Section | None:
    """Return the section on who would go where, and on sessions."""
    said, told = Wording.of(result), result.study.sessions
    parts = list(_load_parts(result, tables))
    if "sessions" in tables:
        stay = "from opening to closing"
        if told.stay_min is not None:
            stay = f"for {told.stay_min:g} minutes, or the whole of a shorter one"
        parts.append(
            Part(
                heading="Sessions a family can be at from beginning to end",
                paragraphs=(
                    (
                        f"A session counts if it is no more than {told.cutoff_min:g} minutes away, "
                        f"each way, and a family that leaves home from {told.day[0]} on can be "
                        f"there {stay} and be home by {told.day[1]}. Two sessions may be at one "
                        f"time. {said.Sites} whose times are not known, or not under a scenario "
                        "that changes their hours, are counted beside: there may be more."
                    ),
                ),
                table=tables["sessions"],
                notes=said.short_notes,
            )
        )
    title = "Who would go where" + (", and sessions" if "sessions" in tables else "")
    return Section(anchor="load", title=title, parts=tuple(parts)) if parts else None


def _load_parts(result: StudyResult, tables: Mapping[str, Table]) -> tuple[Part, ...]:
    """Return who would go where under the scenario the report answers about."""
    name = headline(result)
    if name is None or "load" not in tables:
        return ()
    said, told = Wording.of(result), result.study.sessions
    table = tables["load"].where(scenario=scenario_label(result, name))
    text = (
        f"If everybody goes to the nearest {said.site} that counts: how many come to each, before "
        "and after."
    )
    if len(result.scenario_names) > 2:  # noqa: PLR2004 - the baseline, and the one told here
        text += f" The other scenarios stand in the workbook, on the sheet {words.quoted('load')}."
    if any(column.key == "capacity" for column in table.columns):
        text += (
            " Beside it the places stated for each; the last column shares them among all who live "
            f"within {told.cutoff_min:g} minutes (the first step of the two-step floating "
            "catchment, Luo and Wang 2003)."
        )
    notes = tuple(note for note in table.notes if note != ACCURACY)
    heading = f"How many the {said.site}s that stay would take in"
    return (Part(heading=heading, paragraphs=(text,), table=table, notes=notes),)


def _mode(result: StudyResult, name: str) -> str:
    return result.times[name].mode.label


def _sessions(result: StudyResult, findings: Findings) -> Table:
    said, frame = Wording.of(result), findings.sessions.copy()
    mode = _mode(result, str(frame["mode"].iloc[0]))
    frame["scenario"] = [scenario_label(result, str(name)) for name in frame["scenario"]]
    columns = (
        Column("scenario", "Scenario"),
        Column("weight_any", "Can be at one a week or more", "count", said.unit),
        Column("share_any", "Share who can", "percent"),
        Column("mean_sessions", "Sessions a week, mean", "value"),
        Column("mean_hours", "Hours a week, mean", "value"),
        Column("mean_sessions_within", "Sessions near, whatever the day allows, mean", "value"),
        Column("sites_timed", f"{said.Sites} whose times are known", "count"),
        Column("sites_open", f"Of {said.site}s open", "count"),
    )
    title = f"Sessions that can be attended whole, there and back, {mode}, {said.place}{said.mark}"
    return make_table("sessions", title, columns, frame, notes=said.table_notes)


def _load(result: StudyResult, findings: Findings) -> Table:
    said, frame = Wording.of(result), findings.load.copy()
    mode = _mode(result, str(frame["mode"].iloc[0]))
    names = result.sites["name"].astype(str).to_dict()
    frame["scenario"] = [scenario_label(result, str(name)) for name in frame["scenario"]]
    frame["site"] = [names.get(site, site) for site in frame["site_id"]]
    columns: tuple[Column, ...] = (
        Column("scenario", "Scenario"),
        Column("site", said.Sites[:-1]),
        Column("weight_before", "Nearest to, before", "count", said.unit),
        Column("weight_after", "Nearest to, after", "count", said.unit),
        Column("absorbed", "Of them new", "count", said.unit),
    )
    if frame["capacity"].notna().any():
        columns += (
            Column("capacity", "Places, before", "value"),
            Column("per_place_before", f"{said.Unit} for each place, before", "value"),
            Column("per_place_after", "After", "value"),
            Column("places_per_hundred", "Places for each hundred near, after", "value"),
        )
    full = frame["sites"].iloc[0] == "full_time"
    counted = f"{'full-time' if full else 'open'} {said.site}s"
    notes = (_load_note(said), *said.table_notes) if full else said.table_notes
    title = f"Who would go where, {counted}, {mode}, {said.place}{said.mark}"
    return make_table("load", title, columns, frame, notes=notes, headers=2)


def _load_note(said: Wording) -> str:
    return (
        f"Only {said.site}s open {said.full_time_from_hours:g} hours a week or more are counted. "
        f"One cut to fewer keeps neither its {said.unit} nor its places here, though some would go "
        "to its sessions."
    )

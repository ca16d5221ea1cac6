"""Sessions that can be attended whole, and how full sites become: tables and their section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from eh_access.publish.sections import Part, Section
from eh_access.publish.tables import Column, Table, make_table
from eh_access.publish.wording import Wording, scenario_label

if TYPE_CHECKING:
    from eh_access.study.further import Findings
    from eh_access.study.results import StudyResult


def session_tables(result: StudyResult, findings: Findings) -> dict[str, Table]:
    """Return the tables of sessions and of load, those there is something to say in.

    Parameters
    ----------
    result, findings
        What a study found.

    Returns
    -------
    dict of str to Table
        ``sessions`` where there is a timetable, ``load`` where a capacity is known.
    """
    tables = {}
    if len(findings.sessions):
        tables["sessions"] = _sessions(result, findings)
    if len(findings.load):
        tables["load"] = _load(result, findings)
    return tables


def session_section(result: StudyResult, tables: Mapping[str, Table]) -> Section | None:
    """Return the section on sessions and load.

    Parameters
    ----------
    result
        What a study found.
    tables
        With those of `session_tables`.

    Returns
    -------
    Section or None
        None where there is neither a timetable nor a capacity.
    """
    said, told = Wording.of(result), result.study.sessions
    parts = []
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
    if "load" in tables:
        parts.append(
            Part(
                heading=f"How full the {said.site}s that stay would be",
                paragraphs=(
                    (
                        f"If everybody goes to the nearest open {said.site}: who comes to each, "
                        "before and after, against the places stated for it. The last column "
                        f"shares its places among all who live within {told.cutoff_min:g} minutes "
                        "(the first step of the two-step floating catchment, Luo and Wang 2003)."
                    ),
                ),
                table=tables["load"],
                notes=said.short_notes,
            )
        )
    title = "Sessions, and how full sites become".replace("sites", f"{said.site}s")
    return Section(anchor="sessions", title=title, parts=tuple(parts)) if parts else None


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
    columns = (
        Column("scenario", "Scenario"),
        Column("site", said.Sites[:-1]),
        Column("weight_before", "Nearest to, before", "count", said.unit),
        Column("weight_after", "Nearest to, after", "count", said.unit),
        Column("absorbed", "Of them new", "count", said.unit),
        Column("capacity", "Places", "value"),
        Column("per_place_before", f"{said.Unit} for each place, before", "value"),
        Column("per_place_after", "After", "value"),
        Column("places_per_hundred", "Places for each hundred near", "value"),
    )
    title = f"Who would go where, {mode}, {said.place}{said.mark}"
    return make_table("load", title, columns, frame, notes=said.table_notes, headers=2)

"""The tables behind the figures: sites, assumptions, sources, files and what was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from eh_access.publish.attribution import credit_lines, sources_frame
from eh_access.publish.streets import car_speeds, travel_assumptions
from eh_access.publish.tables import Column, Table, make_table
from eh_access.publish.words import clause
from eh_access.publish.workbook import Cover
from eh_access.routing.estimate import ACCURACY, DRIVE_FIXED_MIN, DRIVE_MIN_PER_KM

if TYPE_CHECKING:
    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.publish.wording import Wording
    from eh_access.study.results import StudyResult
    from eh_access.study.schema import Settings

FULL_HOURS = "full hours"
CLOSED = "closed"
BASIS_WORDS = {
    "surveyed": "surveyed",
    "postcode": "by postcode",
    "street": "by street",
    "estimate": "ESTIMATED",
    "unknown": "NOT KNOWN, left out",
}


def background_tables(result: StudyResult, words: Wording) -> list[Table]:
    """Return the tables that say what the figures stand on."""
    return [
        _sites(result, words),
        _assumptions(result),
        _sources(result),
        _inputs(result),
        _counts(result),
    ]


def hours_words(is_open: object, hours: object) -> str:
    """Return a site's hours in words."""
    number = float(str(hours))
    if not is_open or number == 0:
        return CLOSED
    return FULL_HOURS if pd.isna(number) else f"{number:g} hours a week"


def _sites(result: StudyResult, words: Wording) -> Table:
    """Return every site, how its place is known, and its hours under each scenario."""
    sites = result.sites
    frame = pd.DataFrame(
        {
            "site_id": sites.index.astype("str"),
            "name": sites["name"].to_numpy(),
            "location": sites["location_basis"].map(BASIS_WORDS).to_numpy(),
            "radius": sites["location_radius_m"].to_numpy(),
            "existence": 100 * sites["existence"].to_numpy(),
            "evidence": _column(sites, "evidence"),
            "source": _column(sites, "source"),
        }
    )
    columns = [
        Column("name", "Name"),
        Column("site_id", "Id"),
        Column("location", "How its place is known"),
        Column("radius", "May be off by", "metres"),
        Column("existence", "Chance it was there", "percent"),
    ]
    for scenario in result.scenarios:
        at = result.scenario_sites[scenario.name].reindex(sites.index)
        frame[f"hours {scenario.name}"] = [
            hours_words(is_open, hours)
            for is_open, hours in zip(at["is_open"], at["hours_per_week"], strict=True)
        ]
        columns.append(Column(f"hours {scenario.name}", scenario.label))
    columns += [Column("evidence", "Evidence"), Column("source", "Source")]
    title = f"{words.Sites}, how the place of each is known, and hours under each scenario"
    return make_table("sites", title, tuple(columns), frame)


def _column(frame: pd.DataFrame, name: str) -> list[str]:
    """Return a text column, "not stated" where it or a value is absent."""
    if name not in frame:
        return ["not stated"] * len(frame)
    return ["not stated" if pd.isna(value) else str(value) for value in frame[name]]


def _assumptions(result: StudyResult) -> Table:
    """Return every number somebody chose: speeds, cutoffs, thresholds; who and from where."""
    study, settings = result.study, result.study.settings
    rows = [
        (f"Speed {times.mode.label}", *_speed(times.mode, result.network))
        for times in result.times.values()
    ]
    rows += [
        (
            "Minutes shown first",
            f"{settings.cutoff_min:g} minutes",
            _setter(settings, "cutoff_min"),
        ),
        ("A time counts as out of reach beyond", f"{settings.search_min:g} minutes", "settings"),
        (
            "Minutes added or saved count from more than",
            f"{settings.loser_min:g} minutes",
            "settings",
        ),
        (
            "Full-time from",
            f"{settings.full_time_from_hours:g} hours a week",
            settings.full_time_assumption or _setter(settings, "full_time_from_hours"),
        ),
        (study.weight_label, study.unit, study.weight_basis),
    ]
    rows += travel_assumptions(result)
    rows += [
        (
            f"Criterion {item.id}: {item.title}",
            f"threshold {item.threshold:g}, marginal within {item.margin:g}",
            f"{clause(item.source)}; set by {item.set_by} on {item.set_on}",
        )
        for item in study.criteria
    ]
    frame = pd.DataFrame(rows, columns=["what", "value", "source"])
    columns = (Column("what", "Assumption"), Column("value", "Value"), Column("source", "Source"))
    return make_table("assumptions", "Assumptions, and where each comes from", columns, frame)


def _speed(mode: TravelMode, network: Network | None) -> tuple[str, str]:
    """Return a speed and where it is from; of an estimate by car neither limits nor junctions."""
    if not mode.uses_road_speeds:
        return f"{mode.speed_km_h:g} km/h", mode.source
    if network is not None:
        return car_speeds(network), mode.source
    fitted = f"{DRIVE_FIXED_MIN:g} minutes, and {DRIVE_MIN_PER_KM:g} for each km in a straight line"
    return fitted, "fitted to trips on real streets elsewhere; docs/method/estimate.md"


def _setter(settings: Settings, key: str) -> str:
    """Return whose number a setting is."""
    return "the study's settings" if key in settings.model_fields_set else "the default"


def _sources(result: StudyResult) -> Table:
    columns = (
        Column("title", "Data"),
        Column("publisher", "Publisher"),
        Column("licence", "Licence"),
        Column("date", "Date of the data"),
        Column("attribution", "Credit"),
        Column("url", "Address"),
    )
    frame = sources_frame(result.provenance)
    return make_table("sources", "Data, licences and credits", columns, frame)


def _inputs(result: StudyResult) -> Table:
    frame = pd.DataFrame(
        [
            (item.role, item.name, "-" if item.rows is None else f"{item.rows:,}", item.sha256)
            for item in result.inputs
        ],
        columns=["role", "name", "rows", "sha256"],
    )
    frame["rows"] = frame["rows"].replace("-", "no rows")
    columns = (
        Column("name", "File"),
        Column("role", "Role"),
        Column("rows", "Rows read"),
        Column("sha256", "SHA-256"),
    )
    return make_table("inputs", "Files read, with their digests", columns, frame)


def _counts(result: StudyResult) -> Table:
    frame = pd.DataFrame(
        [(item.step, item.rows_in, item.rows_out, item.note) for item in result.counts],
        columns=["step", "rows_in", "rows_out", "note"],
    )
    columns = (
        Column("step", "Step"),
        Column("rows_in", "In", "count", "rows"),
        Column("rows_out", "Out", "count", "rows"),
        Column("note", "Why they differ"),
    )
    return make_table("counts", "What went into each step and came out of it", columns, frame)


def workbook_cover(result: StudyResult) -> Cover:
    """Return the words of the workbook's cover and notes."""
    study = result.study
    intro = [study.question, f"Place: {study.place}. Counted: {study.weight_label}."]
    if result.estimated:
        intro.insert(0, ACCURACY)
    if study.illustrative:
        intro.insert(0, "ILLUSTRATIVE: a worked example, not a decision of anybody.")
    about = [
        f"{study.weight_label}: {clause(study.weight_basis)}.",
        "One row per place, scenario and mode is in origins.csv; digests are in manifest.json.",
        *credit_lines(result.provenance),
    ]
    notes = tuple(f"{note.level.upper()}: {note.text}" for note in result.notes)
    return Cover(title=study.title, intro=tuple(intro), about=tuple(about), notes=notes)

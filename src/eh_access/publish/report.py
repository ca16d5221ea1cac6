"""The report: one self-contained HTML file that answers first and shows its working after."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2

from eh_access.publish import charts, numbers, prose
from eh_access.publish.attribution import OSM_COPYRIGHT_URL, OSM_CREDIT, credit_lines, licence_url
from eh_access.publish.charts import CHANGE
from eh_access.publish.notes import note_text
from eh_access.publish.prose import (
    FILES,
    Further,
    Picture,
    accuracy_short,
    further,
    in_words,
    reasons,
)
from eh_access.publish.tabulations import (
    area_changes,
    compared_sentence,
    display_areas,
    neighbour_sentence,
    pairs_of,
    street_facts,
    tabulate,
)
from eh_access.publish.wording import FULL_TIME, Wording, fixed_sentence, headline, scenario_label
from eh_access.publish.writers import find_writers
from eh_access.publish.writers.geopackage import main_roads, site_status
from eh_access.publish.writers.material import Page

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.criteria.criterion import Verdict
    from eh_access.publish.table import Table
    from eh_access.study.findings import Findings
    from eh_access.study.result import StudyResult

SYMBOLS = {
    "met": "\N{CHECK MARK}",
    "too close to call": "\N{ALMOST EQUAL TO}",
    "not met": "\N{BALLOT X}",
}
CANNOT_SAY = "?"


def render_report(
    result: StudyResult,
    *,
    tables: Mapping[str, Table] | None = None,
    findings: Findings | None = None,
) -> str:
    """Return the report as one HTML page that fetches nothing.

    Parameters
    ----------
    result
        What a study found.
    tables
        From ``tabulate``, when at hand.
    findings
        From `find_findings`: fairness, other choices, venues and sensitivity; without them the
        report has no sections on these.

    Returns
    -------
    str
        HTML. Everything from a file is escaped.

    Examples
    --------
    >>> from eh_access.study.config import load_study
    >>> from eh_access.study.run import run_study
    >>> page = render_report(run_study(load_study("rotherham")))
    >>> "Park View" in page, "INDICATIVE" in page
    (True, False)
    """
    shared = tabulate(result) if tables is None else tables
    return report_page(result, shared, further(result, findings)).html


def _every_file() -> list[tuple[str, str]]:
    """Return what can lie beside the report, and what each file is."""
    named = {name for name, _ in FILES} | {"report.html"}
    return [
        *FILES,
        *((name, writer.WHAT) for name, writer in find_writers().items() if name not in named),
    ]


def report_page(result: StudyResult, tables: Mapping[str, Table], beyond: Further) -> Page:
    """Return the report as a page with its figures at hand."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("eh_access.publish"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"licence_url": licence_url, "note_text": note_text}
    context = report_context(result, tables, beyond)
    style = resources.files("eh_access.publish").joinpath("templates/report.css")
    css = style.read_text(encoding="utf-8")
    added = environment.list_templates(filter_func=lambda name: name.startswith("sections/"))
    page = environment.get_template("report.html.j2")
    html = page.render(context, css=css, added_sections=added)
    parts = [part for section in beyond.later for part in section.parts]
    found = [context["map"], context["chart"], *(part.picture for part in parts)]
    return Page(html=html, pictures=tuple(item for item in found if item is not None))


def report_context(
    result: StudyResult, tables: Mapping[str, Table], beyond: Further
) -> dict[str, Any]:
    """Return everything the report's template prints."""
    scenario, study = headline(result), result.study
    said = Wording.of(result)
    label = None if scenario is None else scenario_label(result, scenario)
    mode = result.times[result.modes[0]].mode.label
    return {
        "result": result,
        "notes": [note for note in result.notes if note.topic != "estimated"],
        "unknowns": [
            note_text(note)
            for note in result.notes
            if note.level == "warning" and note.topic not in {"estimated-site", "estimated"}
        ],
        "study": study,
        "said": said,
        "accuracy": said.accuracy,
        "accuracy_short": accuracy_short(said.accuracy),
        "scenario": label,
        "scenario_note": next((s.note for s in result.scenarios if s.name == scenario), ""),
        "mode": mode,
        "full_time": FULL_TIME,
        "answers": () if scenario is None else prose.answer(result, tables, scenario),
        "standings": () if scenario is None else prose.standings(result, scenario),
        "matrix": criteria_matrix(result, said),
        "told": in_words(result),
        "reasons": reasons(result),
        "files": [
            (name, what)
            for name, what in _every_file()
            if name not in beyond.absent
            and (name not in {"hidden.csv", "neighbours.csv"} or name[:-4] in tables)
        ],
        "rough": prose.rough_sentence(result),
        "full_time_only": sum(item.sites == "full_time" for item in result.study.criteria),
        "fixed": fixed_sentence(result),
        "compared": [scenario_label(result, name) for name in _compared(result)],
        "changes": ()
        if scenario is None
        else tuple(
            filter(
                None,
                (
                    *beyond.changes,
                    *prose.what_would_change(result, scenario),
                    neighbour_sentence(result, pairs_of(result, scenario)),
                ),
            )
        ),
        "across": neighbour_sentence(result, pairs_of(result)),
        "further": beyond,
        "deprived": "" if scenario is None else prose.deprived_sentence(result, tables, scenario),
        "map": None if scenario is None else _map(result, tables, scenario, beyond.streets),
        "chart": None if scenario is None else _chart(result, tables, said),
        "tables": tables,
        "wards": None if scenario is None else _worst_wards(tables, label, mode),
        "network": street_facts(result),
        "two_streets": compared_sentence(result),
        "credits": credit_lines(result.provenance),
        "osm_credit": OSM_CREDIT,
        "osm_copyright": OSM_COPYRIGHT_URL,
        "fingerprint": fingerprint(result),
    }


def _compared(result: StudyResult) -> list[str]:
    return [name for name in result.scenario_names if name != "baseline"]


def criteria_matrix(result: StudyResult, said: Wording) -> list[dict[str, Any]]:
    """Return the table of criteria: a row each, with the outcome under every scenario."""
    rows = []
    by_key = {(item.criterion.id, item.scenario): item for item in result.verdicts}
    for criterion in result.study.criteria:
        found = [by_key.get((criterion.id, name)) for name in _compared(result)]
        told = [item for item in found if item is not None]
        if not told:
            continue
        first = told[0]
        spec = criterion.kind
        sign = "at least" if spec.better == "higher" else "at most"
        rows.append(
            {
                "id": criterion.id,
                "title": criterion.title,
                "threshold": f"{sign} {said.value(first, first.threshold)}",
                "before": "a change" if spec.of_change else said.value(first, first.baseline_value),
                "cells": [None if item is None else _cell(item, said) for item in found],
            }
        )
    return rows


def _cell(verdict: Verdict, said: Wording) -> dict[str, Any]:
    outcome = str(verdict.outcome)
    points_to = "" if verdict.indication is None else str(verdict.indication)
    return {
        "outcome": outcome,
        "points_to": points_to,
        "symbol": SYMBOLS.get(outcome, CANNOT_SAY),
        "value": said.value(verdict, verdict.value),
        "before_too": _before_too(verdict),
    }


def _before_too(verdict: Verdict) -> str:
    """Return what to say of a yardstick that was missed before, "" of any other."""
    if not verdict.not_met_before:
        return ""
    return "not met before either" + ("" if verdict.direction else ", and unchanged")


def _map(
    result: StudyResult,
    tables: Mapping[str, Table],
    scenario: str,
    streets: gpd.GeoDataFrame | None,
) -> Picture:
    """Return the map of minutes added by area under the headline scenario."""
    said, mode = Wording.of(result), result.modes[0]
    changes = area_changes(result, mode)[scenario]
    status = site_status(result, scenario)
    sites = result.scenario_sites[scenario]
    shown = sites.loc[status.index].assign(status=status)
    svg = charts.map_svg(
        changes,
        shown,
        borough=result.borough,
        wards=result.wards,
        roads=None if streets is None else main_roads(streets),
    )
    worst = CHANGE.classes(changes["change_min"]) == charts.LAST_CLASS
    changed = shown.loc[shown["status"] != charts.STAYS, "name"]
    how = result.times[mode].mode.label
    word = display_areas(result.origins, result.areas, public=result.study.weights_public).word
    finding = (
        f"In {int(worst.sum())} of {len(changes)} {word}s {CHANGE.bounds[-1]:g} minutes or more "
        f"are added for {said.unit} {how} to the nearest full-time {said.site}"
    )
    around = f", around {numbers.listed(changed)}" if len(changed) else ""
    losers = prose.losers_sentence(result, tables, scenario)
    return Picture(
        svg=svg,
        alt=f"Map. {finding}{around}. {losers}",
        caption=(
            f"Mean minutes added {how} to the nearest full-time {said.site}, by {word}, weighted "
            f"by {said.unit}; {scenario_label(result, scenario)}{said.mark}."
        ),
    )


def _chart(result: StudyResult, tables: Mapping[str, Table], said: Wording) -> Picture | None:
    """Return the chart of the share within the cutoff by fifth of deprivation."""
    scenario = headline(result)
    if "deprivation" not in tables or scenario is None:
        return None
    label, mode = scenario_label(result, scenario), result.times[result.modes[0]].mode.label
    cutoff_min = result.study.settings.cutoff_min
    rows = tables["deprivation"].where(scenario=label, mode=mode).frame
    before, after = (list(rows[f"within_share_{when}"]) for when in ("before", "after"))
    told = "; ".join(
        f"{group}: {numbers.percentage(was)} before, {numbers.percentage(now)} after"
        for group, was, now in zip(rows["group"], before, after, strict=True)
    )
    heading = (
        f"{said.Unit} within {cutoff_min:g} minutes {mode} of a full-time {said.site}, by the "
        "nation's fifth of areas by deprivation"
    )
    return Picture(
        svg=charts.bars_svg(
            list(rows["group"]), before, after, axis_label=f"% of {said.unit} in the fifth"
        ),
        alt=f"Bar chart. {heading}. {told}.",
        caption=f"{heading}, before and after{said.mark}.",
    )


def _worst_wards(tables: Mapping[str, Table], label: str | None, mode: str) -> Table | None:
    """Return the wards by share who lose, the most first."""
    if "wards" not in tables or label is None:
        return None
    table = tables["wards"].where(scenario=label, mode=mode)
    order = table.frame.sort_values(
        ["share_loses", "group"], ascending=[False, True], kind="stable"
    )
    return replace(table, frame=order.reset_index(drop=True))


def fingerprint(result: StudyResult) -> str:
    """Return one digest of everything that went in: files, criteria and settings."""
    parts = sorted(f"{item.role} {item.name} {item.sha256}" for item in result.inputs)
    parts += [result.study.criteria_sha256(), result.study.settings.model_dump_json()]
    parts += [result.basis, result.origins_name]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()

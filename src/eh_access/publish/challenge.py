"""A consultee's scenario beside the council's."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from shapely import Point, distance

from eh_access.criteria.criterion import Outcome
from eh_access.privacy.policy import HIDDEN_MARK
from eh_access.publish.document import Document, Grid, explained
from eh_access.publish.notes import note_text
from eh_access.publish.outputs import write_csv
from eh_access.publish.table import for_file
from eh_access.publish.templates import shipped, study_templates
from eh_access.publish.wording import ANY_SITE, FULL_TIME, Wording
from eh_access.publish.writers.atomic import write_whole
from eh_access.publish.writers.html import page
from eh_access.study.redact import redact_table

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.criteria.criterion import Verdict, Verdicts
    from eh_access.facts import Note
    from eh_access.measures.comparison import Compared
    from eh_access.publish.templates import Templates
    from eh_access.study.challenge import Challenge
    from eh_access.study.config import ScenarioConfig, Study
    from eh_access.study.result import StudyResult

TOO_CLOSE = "too close"
"""How two figures compare that differ by less than the estimates are off on average."""
ABOUT = "about the same"
"""How two figures compare that differ by less than they can tell."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of the comparison as it is printed."""

    what: str  # text
    wanted: str
    before: str
    council: str
    theirs: str
    better: str


def printed(table: pd.DataFrame, study: Study) -> tuple[Line, ...]:
    """Return rows of a comparison as a reader sees them."""
    level = {item.id for item in study.criteria if not item.kind.of_change}
    public = study.policy.public
    return tuple(_line(row, level, public=public) for row in table.to_dict("records"))


def _line(row: dict[Any, Any], level: Collection[str], *, public: bool) -> Line:
    unit = str(row["unit"])
    is_criterion = bool(row["council_outcome"])
    # what was judged or counted has a value: where counts are protected it is hidden
    unjudged = {str(row[f"{who}_outcome"]) for who in ("council", "theirs")} & NOT_JUDGED
    none = "not known" if public or unjudged else HIDDEN_MARK
    mode = "" if is_criterion else f" {row['mode']} ({row['sites']})"
    outcomes = {
        who: f" - {row[f'{who}_outcome']}" if is_criterion else "" for who in ("council", "theirs")
    }
    return Line(
        what=f"{row['what']}{mode}",
        wanted=f"{row['bound']} {_text(row['threshold'], unit)}" if is_criterion else "",
        # a change has no figure before anything changes
        before=_text(row["before"], unit, none=none) if row["row"] in level else "not applicable",
        council=_text(row["council"], unit, none=none) + outcomes["council"],
        theirs=_text(row["theirs"], unit, none=none) + outcomes["theirs"],
        better={"council": "the council's"}.get(row["better"], str(row["better"])),
    )


def _text(value: float, unit: str, *, none: str = "not known") -> str:
    if math.isnan(value):
        return none
    if math.isinf(value):
        return "no longer reached"
    scale, decimals, mark = PRINTED[unit]
    # adding 0.0 turns a rounded -0.0 into 0.0
    return f"{round(value * scale, decimals) + 0.0:,.{decimals}f}{mark}"


def verdict_in_words(table: pd.DataFrame, templates: Templates | None = None) -> str:
    """Return how one of their scenarios compares by the criteria, in a sentence."""
    judged = table[(table["council_outcome"] != "") & ~table["counts_with"].isin(table["row"])]
    better = judged["better"].value_counts()
    theirs, council, close = (int(better.get(who, 0)) for who in ("theirs", "council", TOO_CLOSE))
    facts = {
        "judged": len(judged),
        "theirs": theirs,
        "council": council,
        "close": close,
        "rest": len(judged) - theirs - council - close,
    }
    return _word("answer", templates, **facts)


def _word(part: str, templates: Templates | None = None, **facts: object) -> str:
    return (templates or shipped()).part("challenge/words", part, facts)


COMPARISON_NAMES = ("comparison.html", "comparison.csv")
SAME = 1e-9
PRINTED = {
    "share": (100.0, 1, "%"),
    "count": (1.0, 0, ""),
    "min": (1.0, 1, " min"),
    "points": (1.0, 1, " points"),
}
"""Of each unit by what values are multiplied, their decimals, and what stands behind them."""
SIDES = ("council", "theirs")
NOT_JUDGED = {str(Outcome.CANNOT_SAY), "?"}
"""Outcomes, in full and in the terminal, of what has no value."""
DECIMALS = 9
FIGURES = {
    "share_loses": "share",
    "weight_loses": "count",
    "weight_loses_all": "count",
    "mean_change_min": "min",
    "worst_change_min": "min",
}
"""Figures that are set beside one another, and the unit of each."""


def comparison_table(
    challenge: Challenge,
    verdicts: Verdicts,
    compared: Mapping[str, Compared],
    *,
    study: Study,
    off: Mapping[str, Mapping[str, float]],
    alike: Collection[str] = (),
) -> pd.DataFrame:
    """Return their scenarios beside the council's, a row for each criterion and figure."""
    # where scenarios are alike as far as places are known, no figure can tell them apart
    council = challenge.council
    rows = [
        {"theirs_scenario": name, "council_scenario": council, **row}
        for name in challenge.theirs
        for row in (
            *_verdict_rows(verdicts.under(council), verdicts.under(name), off),
            *_figure_rows(compared, (council, name), study=study, off=off),
        )
    ]
    table = pd.DataFrame(rows)
    values = ["threshold", "before", "council", "theirs"]
    table[values] = table[values].astype(float).round(DECIMALS)
    untold = table["theirs_scenario"].isin(list(alike)) & table["better"].isin(SIDES)
    return table.assign(better=table["better"].mask(untold, ABOUT))


def within_radius(council: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame) -> bool:
    """Return whether sites differ by no more than how far each may be from where it is drawn."""
    columns = ["is_open", "hours_per_week"]
    if not council[columns].equals(theirs[columns]):
        return False
    apart = council.geometry.distance(theirs.geometry)
    radius = council["location_radius_m"].combine(theirs["location_radius_m"], np.fmax)
    still = council.geometry.geom_equals(theirs.geometry) | (
        council.geometry.isna() & theirs.geometry.isna()
    )
    return bool((still | (apart <= radius)).all())


def _verdict_rows(
    council: Verdicts, theirs: Verdicts, off: Mapping[str, Mapping[str, float]]
) -> Iterator[dict[str, object]]:
    for one, two in zip(council, theirs, strict=True):
        criterion, unit = one.criterion, one.criterion.kind.unit
        higher, by = criterion.better == "higher", off.get(criterion.mode, {}).get(unit, 0.0)
        better = _better(one.value, two.value, unit, higher=higher, off=by)
        yield {
            "row": criterion.id,
            "what": criterion.title,
            "mode": criterion.mode,
            "sites": FULL_TIME if criterion.sites == "full_time" else ANY_SITE,
            "unit": unit,
            "bound": "at least" if higher else "at most",
            "threshold": criterion.threshold,
            "before": one.baseline_value,
            "council": one.value,
            "theirs": two.value,
            "council_outcome": _outcome(one),
            "theirs_outcome": _outcome(two),
            "better": ABOUT if better in SIDES and _too_close(one) and _too_close(two) else better,
            "counts_with": criterion.counts_with or "",
        }


def _too_close(verdict: Verdict) -> bool:
    return Outcome.TOO_CLOSE in (verdict.outcome, verdict.indication)


def _outcome(verdict: Verdict) -> str:
    pointing = f" (points to {verdict.indication})" if verdict.indication else ""
    return f"{verdict.outcome}{pointing}"


def _figure_rows(
    compared: Mapping[str, Compared],
    scenarios: tuple[str, str],
    *,
    study: Study,
    off: Mapping[str, Mapping[str, float]],
) -> Iterator[dict[str, object]]:
    for sites, comparisons in compared.items():
        for mode in dict.fromkeys(mode for _, mode in comparisons):
            made = [comparisons[name, mode] for name in scenarios]
            both = pd.concat([each.summary() for each in made]).assign(scenario=list(scenarios))
            one, two = (row for _, row in redact_table(both, study.policy)[0].iterrows())
            for column, unit in FIGURES.items():
                by = off.get(mode, {}).get(unit, 0.0)
                yield {
                    "row": column,
                    "what": _word(column, loser_min=made[0].loser_min, unit=study.unit),
                    "mode": made[0].mode.label,
                    "sites": sites,
                    "unit": unit,
                    "bound": "",
                    "threshold": math.nan,
                    "before": 0.0,
                    "council": one[column],
                    "theirs": two[column],
                    "council_outcome": "",
                    "theirs_outcome": "",
                    "better": _better(one[column], two[column], unit, higher=False, off=by),
                    "counts_with": "",
                }


def _better(council: float, theirs: float, unit: str, *, higher: bool, off: float) -> str:
    if math.isnan(council) or math.isnan(theirs):
        return ""
    if (
        council == theirs
        or abs(council - theirs) < SAME
        or _text(council, unit) == _text(theirs, unit)
    ):  # what prints alike is not better
        return "same"
    if abs(council - theirs) <= off + SAME:
        return TOO_CLOSE
    scale, decimals, _ = PRINTED[unit]
    if abs(council - theirs) * scale < 10.0**-decimals:  # 0.449 and 0.451 print apart
        return ABOUT
    return "theirs" if (theirs > council) == higher else "council"


def _alike(
    scenarios: Iterable[ScenarioConfig],
    sites: Mapping[str, gpd.GeoDataFrame],
    council: str,
    theirs: str,
) -> bool:
    """Return whether two scenarios change the same, as far as it is known where sites are."""
    streets = [(it.streets, it.timetable) for it in scenarios if it.name in (council, theirs)]
    return streets[0] == streets[1] and within_radius(sites[council], sites[theirs])


def write_challenge(
    result: StudyResult, challenge: Challenge, out_dir: Path
) -> tuple[pd.DataFrame, dict[str, Path]]:
    """Write the comparison as a page and as CSV, or nothing; return its rows and the files."""
    result.refuse_private()
    words, weight = Wording.of(result), float(result.origins["weight"].sum())
    # by how much estimates of a change are off on average
    off = {
        mode: {
            "min": round(error.change_min, 1),
            "share": error.wrong_share,
            "points": 100 * error.wrong_share,
            "count": error.wrong_share * weight,
        }
        for mode, error in result.estimate_errors.items()
    }
    table = comparison_table(
        challenge,
        result.verdicts,
        {FULL_TIME: result.comparisons_full_time, ANY_SITE: result.comparisons},
        study=result.study,
        off=off,
        alike=[
            name
            for name in challenge.theirs
            if _alike(result.study.scenarios, result.scenario_sites, challenge.council, name)
        ],
    )
    errors = [
        {"mode": words.modes[mode], "minutes": each["min"], "points": each["points"]}
        for mode, each in off.items()
    ]
    document = challenge_document(
        table, challenge, study=result.study, words=words, notes=result.notes, errors=errors
    )

    def fill(folder: Path) -> Sequence[str]:
        text = page(document, words, result.provenance)
        (folder / "comparison.html").write_bytes(text.encode("utf-8"))
        write_csv(for_file(table, result.study.policy), folder / "comparison.csv")
        return COMPARISON_NAMES

    return table, write_whole(out_dir, fill)


def challenge_document(
    table: pd.DataFrame,
    challenge: Challenge,
    *,
    study: Study,
    words: Wording,
    notes: Iterable[Note],
    errors: Sequence[Mapping[str, object]],
) -> Document:
    """Return the comparison as a document."""
    templates = study_templates(study)
    close = TOO_CLOSE in set(table["better"])
    scenarios = {item.name: item for item in study.scenarios}
    sites = challenge.inputs.sites
    facts = {
        "study": study,
        "words": words,
        "estimated": words.estimated,
        "illustrative": study.illustrative,
        "accuracy": words.accuracy.removeprefix("INDICATIVE: "),
        "off": _word("off", templates, errors=errors) if close else "",
        "council": words.scenarios[challenge.council],
        "changes": _changes(scenarios[challenge.council], sites, words),
        "rerouted": any(
            scenarios[name].streets or scenarios[name].timetable
            for name in (challenge.council, *challenge.theirs)
        ),
        "parts": [
            {
                "label": scenarios[name].label,
                "note": scenarios[name].note,
                "changes": _changes(scenarios[name], sites, words),
                **_part(
                    table[table["theirs_scenario"] == name],
                    scenarios[name].label,
                    study,
                    templates,
                ),
            }
            for name in challenge.theirs
        ],
        "notes": [
            {"warning": note.level == "warning", "text": note_text(note, templates)}
            for note in notes
            if note.topic != "estimated"
        ],
    }
    title = _word("title", templates, study=study)
    hidden = words.part("tables", "hidden_short")
    blocks = tuple(explained(templates.blocks("challenge/page", facts), HIDDEN_MARK, hidden))
    return Document(name="comparison", title=title, blocks=blocks)


def _changes(scenario: ScenarioConfig, sites: gpd.GeoDataFrame, words: Wording) -> str:
    """Return what a scenario changes, in words."""
    names, points = sites["name"], sites.geometry
    touched = {site for _, site in scenario.site_keys()}
    by_hours: dict[float, list[str]] = {}
    for site, hours in scenario.set_hours.items():
        by_hours.setdefault(hours, []).append(names[site])
    facts = {
        "closed": [names[site] for site in scenario.close],
        "opened": [names[site] for site in scenario.open],
        "hours": list(by_hours.items()),
        "moved": [
            # NaN where the old place is not known
            (
                names[item.site],
                np.round(distance(points[item.site], Point(item.easting, item.northing))),
            )
            for item in scenario.move
        ],
        "stay": int((sites["is_open"] & ~sites.index.isin(touched)).sum()),
        "touched": len(touched),
        "streets": bool(scenario.streets),
        "timetable": bool(scenario.timetable),
        "site": words.site,
    }
    return _word("changes", words.templates, **facts)


def _part(table: pd.DataFrame, label: str, study: Study, templates: Templates) -> dict[str, object]:
    """Return one of their scenarios: the answer, the criteria and the figures as tables."""
    judged = table["council_outcome"] != ""

    def grid(name: str, rows: pd.DataFrame, heads: Sequence[str]) -> Grid:
        return Grid(
            caption=_word(f"{name}_title", templates, label=label),
            heads=tuple(_word(head, templates) for head in heads),
            rows=tuple(
                tuple(str(getattr(line, head)) for head in heads) for line in printed(rows, study)
            ),
        )

    return {
        "answer": verdict_in_words(table, templates),
        "close_outcome": bool(
            table[["council_outcome", "theirs_outcome"]]
            .isin([str(Outcome.TOO_CLOSE)])
            .any(axis=None)
        ),
        "criteria": grid("criteria", table[judged], HEADS),
        "figures": grid("figures", table[~judged], FIGURE_HEADS),
    }


HEADS = ("what", "wanted", "before", "council", "theirs", "better")
FIGURE_HEADS = ("what", "council", "theirs", "better")

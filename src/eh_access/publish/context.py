"""The facts that templates may use; no sentence is made here."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import (
    ASKED,
    MISSING_INPUTS,
    Likelihood,
    Outcome,
    ReasonKind,
)
from eh_access.criteria.uncertainty import SURE, likelihood_of
from eh_access.measures.scenarios import BASELINE, rough_radius_m
from eh_access.modes import TRANSIT, VISIT
from eh_access.numerals import shown as with_unit
from eh_access.planning.alternatives import BETWEEN
from eh_access.privacy.policy import HIDDEN_MARK
from eh_access.publish import charts, numbers
from eh_access.publish.attribution import OSM_COPYRIGHT_URL, OSM_CREDIT, credit_lines
from eh_access.publish.charts import CHANGE
from eh_access.publish.criteria_words import (
    assumption_words,
    chance_facts,
    criterion_facts,
    criterion_phrase,
    is_baseline,
    reason_clause,
    source_words,
    taken,
    turning_points,
    verdict_fact,
    within_margin,
)
from eh_access.publish.document import Document, Grid, Picture, Run, Words, explained
from eh_access.publish.notes import facts_about, note_text
from eh_access.publish.numbers import clause, in_100
from eh_access.publish.table import Column, Table, records
from eh_access.publish.tabulations import (
    HEADLINES,
    area_changes,
    compared_facts,
    display_areas,
    named_cases,
    ranks_in_words,
    same_questions,
    street_names,
    within_table,
)
from eh_access.publish.wording import (
    ANY_SITE,
    FULL_TIME,
    Wording,
)
from eh_access.publish.writers import writers_for
from eh_access.publish.writers.geopackage import main_roads, site_status
from eh_access.study.config import decided_scenario
from eh_access.study.redact import redact_table

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.criteria.criterion import Criterion, Verdict, Verdicts
    from eh_access.criteria.sensitivity import Sensitivity
    from eh_access.criteria.uncertainty import Source, Uncertainty
    from eh_access.facts import Note
    from eh_access.measures.comparison import Comparison
    from eh_access.planning.alternatives import Alternatives
    from eh_access.planning.outreach import Outreach
    from eh_access.privacy.policy import Policy
    from eh_access.provenance import Provenance
    from eh_access.publish.document import Emphasis
    from eh_access.publish.tabulations import Pair
    from eh_access.publish.templates import Templates
    from eh_access.study.config import Report, Study, YouthSettings
    from eh_access.study.findings import ExactHours, Findings, HoursKept
    from eh_access.study.records import InputFile
    from eh_access.study.result import StudyResult

Facts = Mapping[str, Any]
CLOSE = str(Outcome.TOO_CLOSE)
EMPHASIS: Mapping[str, Emphasis] = {"met": "met", CLOSE: "close", "not met": "not-met"}
SYMBOLS = {"met": "\N{CHECK MARK}", CLOSE: "\N{ALMOST EQUAL TO}", "not met": "\N{BALLOT X}"}
STANDINGS = (
    "met",
    "close",
    "change",
    "new",
    "close_before",
    "worse",
    "unchanged",
    "better",
    "unclear",
    "unsaid",
)
HOST_M = 100.0
"""Within so much of one another, a venue and a site are told as one place."""
FEWER = frozenset({"mean_min", "losers_weight"})
"""Measures by which a set is better where none is better by all: a shorter trip, fewer who lose."""
WARDS_NAMED = 4
WARDS_DRAWN = 10
MOST_OF_THEM = 0.95
"""Wards are named until so many of those who lose are told of."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Pages:
    """What a report's facts share: its tables, its words, the scenario it answers about."""

    tables: Mapping[str, Table]
    words: Wording
    shared: Facts  # what every template may use
    scenario: str  # the one the report answers about; "" where there is none
    compared: tuple[str, ...]  # the scenarios set beside the baseline
    sensitivity: Sensitivity | None = None  # where outcomes turn with what is assumed

    @property
    def templates(self) -> Templates:
        """The templates of the study."""
        return self.words.templates

    @property
    def row(self) -> dict[str, str]:
        """What names the rows of the headline: scenario, first mode."""
        return {"scenario": self.label, "mode": self.mode}

    @property
    def label(self) -> str:
        """The scenario in words."""
        return self.words.scenarios[self.scenario]

    @property
    def mode(self) -> str:
        """The first way of travelling, in words."""
        return next(iter(self.words.modes.values()))

    def labels(self, names: Iterable[str]) -> list[str]:
        """Return what scenarios are called."""
        return [self.words.scenarios[name] for name in names]

    def words_of(self, part: str, **facts: object) -> str:
        """Return the caption or the headings of a table."""
        return self.templates.part("grids", part, facts)

    def heads(self, part: str) -> tuple[str, ...]:
        """Return the headings of a table."""
        return tuple(self.words_of(part).split(" / "))

    def tried(self, verdict: Verdict) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return where a verdict turns as each assumption moves, and what each choice makes."""
        if self.sensitivity is None:
            return [], []
        frame = self.sensitivity.frame
        key = (verdict.scenario, verdict.criterion.id)
        tipping, choices = (
            [row for row in records(rows) if (row["scenario"], row["criterion"]) == key]
            for rows in (self.sensitivity.tipping, frame[frame["choice"] != ""])
        )
        return tipping, choices

    def rows(self, name: str, **values: str) -> list[dict[str, Any]]:
        """Return rows of a published table; none where there is no such table."""
        return records(self.tables[name].where(**values).frame) if name in self.tables else []


def pages_of(
    study: Study,
    words: Wording,
    tables: Mapping[str, Table],
    provenance: Iterable[Provenance],
) -> Pages:
    """Return what the facts of a study's report share."""
    return Pages(
        tables=tables,
        words=words,
        shared={
            "study": study,
            "words": words,
            "estimated": words.estimated,
            "illustrative": study.illustrative,
            "accuracy": words.accuracy,
            "credits": credit_lines(provenance),
            "cutoff_min": study.cutoff_min,
            "twice": VISIT in words.modes,
            "loser_min": study.settings.loser_min,
        },
        scenario=decided_scenario(study.scenarios) or "",
        compared=tuple(
            item.name for item in study.scenarios if item.assess and item.name != BASELINE.name
        ),
    )


def report(
    result: StudyResult,
    tables: Mapping[str, Table],
    findings: Findings | None = None,
) -> Document:
    """Return the report: four pages."""
    return _document(result.study.title, "report", report_facts(result, tables, findings))


def answer_sentence(result: StudyResult) -> str:
    """Return the answer's first sentence; "" where there is nothing to compare."""
    words = Wording.of(result)
    cases = [
        *named_cases(result.comparisons_full_time, FULL_TIME, words),
        *named_cases(result.comparisons, ANY_SITE, words),
    ]
    tables = {"within": within_table(cases, words, result.study.policy)}
    pages = pages_of(result.study, words, tables, result.provenance)
    if not pages.scenario:
        return ""
    facts = {
        **pages.shared,
        "headline": _headline(pages, result.verdicts, result.uncertainty),
        "hours": _hours(_changed(result.scenario_sites, pages)),
    }
    return words.templates.sentence("report/answer_first", facts)


def _document(title: str, name: str, facts: Facts) -> Document:
    templates = facts["words"].templates
    footer = templates.sentence("footer", facts)
    blocks = templates.blocks(name, facts)
    if name == "report":  # tables of the annex say it below themselves
        note = facts["words"].part("tables", "hidden_short")
        blocks = tuple(explained(blocks, HIDDEN_MARK, note))
    return Document(name=name, title=title, blocks=blocks, footer=footer)


def report_facts(
    result: StudyResult,
    tables: Mapping[str, Table],
    findings: Findings | None,
) -> dict[str, Any]:
    """Return what the report's four pages may use."""
    study, words = result.study, Wording.of(result)
    pages = pages_of(study, words, tables, result.provenance)
    unknown_hours = bool(result.sites["hours_per_week"].isna().any())
    pages = replace(
        pages,
        shared={**pages.shared, "unknown_hours": unknown_hours},
        sensitivity=None if findings is None else findings.sensitivity,
    )
    facts = {**pages.shared, "scenario": None}
    if not pages.scenario:
        return facts
    verdicts, sure = result.verdicts, result.uncertainty
    kept = () if findings is None else findings.maps.hours_kept
    areas = display_areas(result.origins, result.areas, public=study.weights_public)
    by_scenario = area_changes(
        result.comparisons_full_time,
        result.modes[0],
        areas,
        cutoff_min=study.near_min(result.modes[0]),
        policy=study.policy,
    )
    before, after = (result.scenario_sites[name] for name in (BASELINE.name, pages.scenario))
    status = site_status(before, after, full_time_from_hours=words.full_time_from_hours)
    sites = after.loc[status.index].assign(status=status)
    changes = changes_shaded(by_scenario[pages.scenario], public=study.policy.public)
    streets = None if findings is None else findings.maps.streets
    drawing = charts.map_svg(
        changes,
        sites,
        borough=result.borough,
        wards=result.wards,
        roads=None if streets is None else main_roads(streets),
    )
    labels = {item.id: item.label for item in study.criteria}
    facts |= {
        "scenario": pages.label,
        "scenario_note": next(item.note for item in study.scenarios if item.name == pages.scenario),
        "mode": pages.mode,
        "criteria": criteria_facts(pages, verdicts, sure, labels, kept),
        "headline": _headline(pages, verdicts, sure),
        "hours": _hours(_changed(result.scenario_sites, pages)),
        "affected": _affected(pages),
        "wards": _wards(pages),
        "kept": _kept(pages),
        "unassessed": [item.label for item in result.not_assessed],
        "map": _map(pages, drawing, changes, sites, word=areas.word),
        "curve": _curve(pages),
        "deprived": _ends(pages, "deprivation", verdicts),
        "no_car": _ends(pages, "no_car"),
        "fares": _fares(pages, "deprivation", "no_car"),
        "ward_picture": _ward_picture(pages),
        "load": _load(pages),
        "unknowns": {
            **_unknowns(result.notes, result.sites, words.templates),
            "after_results": [item.label for item in study.criteria if item.after_results],
            "tests": len(study.criteria),
            "by_timetable": not result.times.keys().isdisjoint({TRANSIT, VISIT}),
            "timetable": facts_about(result.notes, "timetable"),
        },
        "find_first": None
        if sure is None or sure.first is None
        else _find_first(sure.first, labels, words.templates),
        "sites": len(result.sites),
        "doubtful": 0 if sure is None else int((result.sites["existence"] < 1).sum()),
        "groups": pages.rows("groups", **pages.row, sites=FULL_TIME)[1:],
        "border": None
        if result.with_neighbours is None or result.neighbours is None
        else {
            **_border(
                same_questions(verdicts.under(pages.scenario), result.with_neighbours.verdicts),
                result.neighbours,
            ),
            "mode": pages.mode,
            "added": pages.rows("added_time", **pages.row, sites=FULL_TIME)[0]["mean_change_min"],
            "added_counted": _mean_added(
                result.with_neighbours.comparisons_full_time[pages.scenario, result.modes[0]],
                study.policy,
            ),
        },
        "alternatives": None,
        "venues": None,
        "exact_hours": [],
        "youth": None,
    }
    if findings is None:
        return facts
    if findings.alternatives is not None:
        facts["alternatives"] = _alternatives(findings.alternatives, result.sites)
    facts["venues"] = _venues(findings.outreach, pages, study.sessions.hours_per_week)
    if facts["venues"] is not None:
        named = [venue for row in facts["venues"]["rows"][:2] for venue in row["venues"]]
        kept_sites = _kept_sites(result.scenario_sites, pages)
        facts["venues"]["hosts"] = _hosts(named, result.candidates, kept_sites, pages)
    facts["exact_hours"] = _exact_hours(findings.exact_hours, result.sites["name"], pages)
    if study.youth is not None:
        facts["youth"] = _youth(findings.youth, study.youth, pages)
    return facts


# ---- what the criteria come to -----------------------------------------------------------------


def meaning(templates: Templates, verdict: Verdict, *, met: bool) -> str:
    """Return what a criterion takes "local" to mean, the fall it allows where that is kept."""
    criterion = verdict.criterion
    facts = criterion_facts(
        criterion,
        templates,
        unit=verdict.settings.unit,
        site=verdict.settings.place,
        mode=" or ".join(verdict.travel),
        estimated=verdict.basis == "estimated",
    )
    return criterion_phrase(criterion, "meaning", {**facts, "met": met}, templates)


def standing(verdict: Verdict, verdicts: Iterable[Verdict]) -> str:
    """Return what a criterion comes to under a scenario, the baseline beside it."""
    pointed = _pointed(verdict)
    if pointed != Outcome.NOT_MET:
        return "close" if pointed == CLOSE else pointed
    if verdict.not_met_before:
        return {0: "unchanged", 1: "worse", -1: "better"}[verdict.direction]
    before = {
        _pointed(other)
        for other in verdicts
        if other.scenario == BASELINE.name and other.criterion.id == verdict.criterion.id
    }
    if verdict.criterion.kind.of_change:
        return "change"
    if str(Outcome.MET) in before:
        return "new"
    return "close_before" if CLOSE in before else "unclear"


def _pointed(verdict: Verdict) -> str:
    """Return an outcome, or what the figures point to; "" for nothing."""
    if verdict.outcome == Outcome.CANNOT_SAY:
        return "" if verdict.indication is None else str(verdict.indication)
    return str(verdict.outcome)


def criteria_facts(
    pages: Pages,
    verdicts: Verdicts,
    sure: Uncertainty | None,
    labels: Mapping[str, str],
    kept: Iterable[HoursKept],
) -> dict[str, Any]:
    """Return the criteria's outcomes as a table, and how many come to what."""
    judged = verdicts.under(pages.scenario)
    counts = dict.fromkeys(STANDINGS, 0)
    counted = judged.counted()
    for verdict in counted:
        counts[standing(verdict, verdicts) or "unsaid"] += 1
    others = [
        {
            "label": other.criterion.label,
            "scenario": pages.words.scenarios[other.scenario],
            "outcome": _pointed(other) or str(Outcome.CANNOT_SAY),
        }
        for verdict in judged
        for other in verdicts
        if other.criterion.id == verdict.criterion.id
        and other.scenario not in {pages.scenario, BASELINE.name}
        and (other.outcome, other.indication) != (verdict.outcome, verdict.indication)
    ]
    grid = Grid(
        caption=pages.words_of("criteria", scenario=pages.label, words=pages.words),
        heads=pages.heads("criteria_heads"),
        rows=tuple(_criterion_row(pages, verdict, sure) for verdict in judged),
        numbers=frozenset({2, 3}),
    )
    return {
        "table": grid,
        "all": len(judged),
        "drawn": sure is not None,
        "counts": counts,
        "twins": [
            (item.criterion.label, labels[item.criterion.counts_with or ""])
            for item in judged
            if item not in counted
        ],
        "straight": [
            {
                "label": item.criterion.label,
                "after": pages.words.value(item, item.straight_line[0]),
                "before": pages.words.value(item, item.straight_line[1]),
            }
            for item in judged
            if item.straight_line is not None and not any(map(math.isnan, item.straight_line))
        ],
        "close_before": list(_close_before(counted, verdicts)),
        "full_time": sum(item.criterion.sites == "full_time" for item in judged),
        "any_site": [i.criterion.label for i in judged if i.criterion.sites != "full_time"],
        "others": others,
        "failed": [each.criterion.label for each in counted if _pointed(each) == Outcome.NOT_MET],
        "as_before": any(verdict.not_met_before for verdict in verdicts),
        "hours_kept": _with_none_kept(pages, judged, kept),
        "unknown_hours": any(_takes_unknown_hours(pages, item.criterion) for item in judged),
        "unknown_hours_unsaid": [
            item.criterion.label
            for item in judged
            # where an outcome turns by it, "how sure" says so
            if _takes_unknown_hours(pages, item.criterion) and not _turns(pages, item)
        ],
        "beyond": [
            verdict.criterion.label for verdict in judged if _beyond_its_range(verdict, sure)
        ],
        "areas": [
            verdict_fact(item, pages.templates)
            for item in judged
            if item.criterion.measure == "area_loss" and item.has_value and item.value > 0
        ],
        "longer": [
            row
            for row in pages.rows(
                "headlines", scenario=pages.label, figure=HEADLINES["share_longer"]
            )
            if not math.isnan(row["low"])
        ][:2],
    }


def _beyond_its_range(verdict: Verdict, sure: Uncertainty | None) -> bool:
    """Return whether a value, its places where the study has them, is outside its own range."""
    simulated = None if sure is None else sure.of(verdict.scenario, verdict.criterion.id)
    if simulated is None or math.isnan(simulated.value.low):
        return False
    return not simulated.value.low <= verdict.value <= simulated.value.high


def _close_before(
    counted: Iterable[Verdict], verdicts: Iterable[Verdict]
) -> Iterator[dict[str, Any]]:
    """Yield why each criterion that is not met now was too close to call before."""
    before = {item.criterion.id: item for item in verdicts if is_baseline(item)}
    for verdict in counted:
        if standing(verdict, verdicts) == "close_before":
            was = before[verdict.criterion.id]
            margin, chance = within_margin(was), chance_facts(was)
            split = bool(chance) and not margin and not chance["agree"]
            yield {
                "label": verdict.criterion.label,
                "margin": margin,
                "side": ("met" if chance["met"] else "not met") if split else "",
                "chance": chance["chance"] if split else "",
            }


def _with_none_kept(
    pages: Pages, verdicts: Iterable[Verdict], kept: Iterable[HoursKept]
) -> list[dict[str, str]]:
    """Return what criteria on any open site come to if no hours are kept where some are cut."""
    none = {
        item.verdict.criterion.id: item.verdict
        for item in kept
        if item.verdict.scenario == pages.scenario and item.hours == 0 and not item.neighbours
    }
    rows = [
        {
            "label": verdict.criterion.label,
            "none": pages.words.value(none[verdict.criterion.id], none[verdict.criterion.id].value),
            "value": pages.words.value(verdict, verdict.value),
        }
        for verdict in verdicts
        if verdict.criterion.id in none
    ]
    return [row for row in rows if row["none"] != row["value"]]


def _criterion_row(pages: Pages, verdict: Verdict, sure: Uncertainty | None) -> tuple[Words, ...]:
    criterion = verdict.criterion
    before, after = (
        pages.words.value(verdict, value).replace("percentage points", "points")
        for value in (verdict.baseline_value, verdict.value)
    )
    return (
        criterion.label,
        _wanted(criterion),
        "not applicable" if criterion.kind.of_change else before,
        after,
        outcome_run(verdict),
        _how_sure(pages, verdict, _drawn(pages, verdict, sure)),
    )


def _wanted(criterion: Criterion) -> str:
    sign = "at least" if criterion.better == "higher" else "at most"
    return f"{sign} {with_unit(criterion.threshold, criterion.kind.unit)}"


def _drawn(pages: Pages, verdict: Verdict, sure: Uncertainty | None) -> dict[str, Any] | None:
    """Return the range of nine in ten draws; None where none were made."""
    simulated = None if sure is None else sure.of(verdict.scenario, verdict.criterion.id)
    if simulated is None:
        return None
    # the unit stands in the columns beside it
    ends = [
        pages.words.value(verdict, value).split(" ")[0]
        for value in (simulated.value.low, simulated.value.high)
    ]
    return {"low": ends[0], "high": ends[1], "hidden": math.isnan(simulated.value.low)}


def outcome_run(verdict: Verdict) -> Words:
    """Return an outcome as a run that stands out; of an indication, that it is one."""
    outcome, pointed = str(verdict.outcome), _pointed(verdict)
    if not pointed:
        return (Run("? cannot say", "cannot-say"),)
    beside = ["as before"] if verdict.not_met_before else []
    runs: Words = (Run(f"{SYMBOLS[pointed]} {pointed}", EMPHASIS[pointed]),)
    if outcome != pointed:  # an estimate never says more than what it points to
        runs = (Run("? cannot say", "cannot-say"), Run(f", points to {pointed}"))
    return (*runs, Run(f" {', '.join(beside)}")) if beside else runs


def _how_sure(pages: Pages, verdict: Verdict, drawn: dict[str, Any] | None) -> str:
    criterion, templates = verdict.criterion, pages.templates
    tipping, choices = pages.tried(verdict)
    decisive = [reason for reason in verdict.reasons if reason.decisive]
    chance = chance_facts(verdict)
    own = {row["assumption"]: row["outcome"] for row in choices if row["is_main"]}
    turned = dict.fromkeys(
        row["assumption"] for row in choices if row["outcome"] != own[row["assumption"]]
    )
    facts = {
        "outcome": str(verdict.outcome),
        "missing": [
            clause(reason_clause(verdict, reason, templates))
            for reason in decisive
            if reason.kind in MISSING_INPUTS or reason.kind is ReasonKind.FURTHER_MODES_MISSING
        ],
        "drawn": drawn if chance else None,
        **chance,
        "estimated": verdict.basis == "estimated",
        "tried": len(tipping),
        "turning": [
            _assumed(pages, criterion, row["assumption"])
            or assumption_words(row["assumption"], templates)
            for row in tipping
            if turning_points(row)
        ],
        "yardsticks": sorted(assumption_words(name, templates) for name in ASKED),
        "rests": _turns(pages, verdict),
        "choices": [assumption_words(name, templates) for name in turned],
    }
    return templates.sentence("criteria/how_sure", facts)


# ---- page 1 ------------------------------------------------------------------------------------


def _headline(pages: Pages, verdicts: Verdicts, sure: Uncertainty | None) -> dict[str, Any]:
    """Return what the first criterion comes to, and the shares within the cutoff."""
    under = verdicts.under(pages.scenario)
    full_time, any_open = (
        pages.rows("within", **pages.row, sites=sites)[0] for sites in (FULL_TIME, ANY_SITE)
    )
    judged = [item for item in under if standing(item, verdicts)]
    # where the first cannot be judged, the first that can
    first = next(iter((*judged, *under)), None)
    stands = None if first is None else standing(first, verdicts)
    return {
        "standing": stands,
        "meaning": "" if first is None else meaning(pages.templates, first, met=stands == "met"),
        "value": "" if first is None else pages.words.value(first, first.value),
        "label": "" if first is None else first.criterion.label,
        "falls": first is not None and _is_fall_of_share(pages, first.criterion),
        "drawn": None if first is None else _drawn(pages, first, sure),
        "full_time": full_time,
        "any": any_open,
        "any_same": any_open["within_share_before"] == any_open["within_share_after"],
        "any_hidden": math.isnan(any_open["within_share_after"]),
        "hidden": math.isnan(full_time["within_share_after"]),
        "hours_lost": next(
            (
                {
                    "value": pages.words.value(item, item.value),
                    "drawn": _drawn(pages, item, sure),
                }
                for item in judged
                if item.criterion.measure == "hours_fall" and _pointed(item) == Outcome.NOT_MET
            ),
            None,
        ),
        "turns": [] if first is None else _turns(pages, first),
    }


def _turns(pages: Pages, verdict: Verdict) -> list[dict[str, Any]]:
    """Return what is assumed, not asked for, of which another value turns an outcome."""
    return [
        {"words": words, "outcome": row["outcome"], "turns": turns, **taken(row)}
        for row in pages.tried(verdict)[0]
        if (words := _assumed(pages, verdict.criterion, row["assumption"]))
        and (turns := turning_points(row))
    ]


def _assumed(pages: Pages, criterion: Criterion, name: str) -> str:
    """Return what is assumed in words; "" for a limit, which is asked for."""
    if name == "full_time_from_hours":
        unknown = _takes_unknown_hours(pages, criterion)
        return assumption_words("unknown_hours", pages.templates) if unknown else ""
    return "" if name in ASKED else assumption_words(name, pages.templates)


def _takes_unknown_hours(pages: Pages, criterion: Criterion) -> bool:
    """Return whether a criterion counts hours of which some are not known."""
    return criterion.kind.figure == "hours" and bool(pages.shared["unknown_hours"])


def _is_fall_of_share(pages: Pages, criterion: Criterion) -> bool:
    """Return whether a criterion asks how far the very share of the sentence before falls."""
    study, mode = pages.shared["study"], next(iter(pages.words.modes))
    asked = (criterion.measure, criterion.mode, criterion.cutoff_min, criterion.sites)
    alone = not criterion.also_modes and criterion.group is None
    return alone and asked == ("coverage_fall", mode, study.near_min(mode), "full_time")


def _changed(sites: Mapping[str, gpd.GeoDataFrame], pages: Pages) -> pd.DataFrame:
    """Return the sites that are full-time before and not after."""
    enough = pages.words.full_time_from_hours
    before, after = (sites[name] for name in (BASELINE.name, pages.scenario))
    full = [
        each["is_open"] & (each["hours_per_week"].isna() | (each["hours_per_week"] >= enough))
        for each in (before, after)
    ]
    gone = before.index[full[0].reindex(before.index)]
    lost = [site for site in gone if site not in after.index[full[1]]]
    return pd.DataFrame(after.loc[lost, ["is_open", "hours_per_week"]])


def _kept_sites(sites: Mapping[str, gpd.GeoDataFrame], pages: Pages) -> gpd.GeoDataFrame:
    """Return the sites that lose their full hours and keep some."""
    changed = _changed(sites, pages)
    return sites[pages.scenario].loc[changed.index[changed["is_open"]]]


def _hours(changed: pd.DataFrame) -> dict[str, Any]:
    """Return what hours sites keep that lose their full hours, if any do."""
    kept = changed[changed["is_open"]]
    hours = sorted({float(value) for value in kept["hours_per_week"]})
    return {
        "kept": numbers.measured(hours[0], "hour")
        if len(hours) == 1
        else f"{numbers.listed(map(numbers.plain, hours))} hours",
        "fork": len(kept) > 0,
    }


def _affected(pages: Pages) -> list[dict[str, Any]]:
    """Return by each way of travelling how many lose, and the minutes of those still in reach."""
    which = {"scenario": pages.label, "sites": FULL_TIME}
    added = {row["mode"]: row["weight_loses_all"] for row in pages.rows("added_time", **which)}
    return [
        row | {"weight_loses_all": added[row["mode"]]}
        for row in pages.rows("affected", **which)
        if row["weight_loses"] > 0
    ]


def _losing_wards(pages: Pages) -> pd.DataFrame:
    """Return the wards in which some lose, those with most first."""
    if "wards" not in pages.tables:
        return pd.DataFrame()
    frame = pages.tables["wards"].where(**pages.row).frame
    frame = frame[(frame["weight_loses"] > 0) & (frame["group"] != "not known")]
    return frame.sort_values(["weight_loses", "group"], ascending=[False, True], kind="stable")


def _wards(pages: Pages) -> dict[str, Any]:
    """Return the wards where most of those live who lose."""
    frame = _losing_wards(pages)
    if frame.empty:
        return {"named": []}
    hidden = pages.tables["wards"].where(**pages.row).frame["weight_loses"].isna().any()
    whole = frame["weight_loses"].sum()
    enough = int((frame["weight_loses"].cumsum() < MOST_OF_THEM * whole).sum()) + 1
    shown = frame.head(min(enough, WARDS_NAMED))
    return {
        "named": [str(name) for name in shown["group"]],
        "all": len(shown) == len(frame) and not hidden,
        "most": not hidden and bool(shown["weight_loses"].sum() > whole / 2),
        "hidden": bool(hidden),
    }


def _kept(pages: Pages) -> dict[str, Any] | None:
    """Return what keeping one of the sites would change, the best first, as a table too."""
    if "keeping" not in pages.tables:
        return None
    table = pages.tables["keeping"]
    short = [
        numbers.listed(map(numbers.short_name, name.split("; ")))
        for name in table.frame["scenario"]
    ]
    table = replace(table, frame=table.frame.assign(scenario=short), notes=())
    rows = records(table.frame)
    table = table.without("share_loses", "draws_fewest")
    none, ones = rows[0], [row for row in rows[1:] if " and " not in row["scenario"]]
    sites = len(ones)
    ones = [row for row in ones if math.isfinite(row["weight_loses"])]
    ones.sort(key=lambda row: (row["weight_loses"], row["scenario"]))
    if not ones or math.isnan(none["weight_loses"]):
        return {"table": table, "best": None}
    chance = ones[0].get("draws_fewest", math.nan) / 100
    return {
        "table": table,
        "best": ones[0],
        "none": none,
        "sites": sites,
        "sure": None if math.isnan(chance) else _sure(chance),
    }


def _sure(chance: float) -> dict[str, str]:
    """Return a chance as so many in 100, and in a word where there is one for it."""
    word = likelihood_of(chance)
    return {"chance": in_100(chance), "word": "" if word is Likelihood.TOO_CLOSE else str(word)}


def changes_shaded(changes: gpd.GeoDataFrame, *, public: bool) -> gpd.GeoDataFrame:
    """Return areas with what to shade where nobody is in reach both times, as on the map page."""
    if not public:  # no minutes may mean that they are hidden
        return changes
    none = changes["change_min"].isna() & (changes["weight"] > 0)
    instead = np.where(changes["weight_loses_all"] > 0, np.inf, 0.0)
    return changes.assign(change_min=changes["change_min"].mask(none, instead))


def _map(
    pages: Pages, svg: charts.Drawing, changes: pd.DataFrame, sites: pd.DataFrame, *, word: str
) -> Picture:
    """Return the map of minutes added by area."""
    worst = CHANGE.classes(changes["change_min"]) == charts.LAST_CLASS
    return _picture(
        pages,
        "map",
        svg,
        scenario=pages.label,
        mode=pages.mode,
        word=word,
        worst=int(worst.sum()),
        areas=len(changes),
        bound=CHANGE.bounds[-1],
        changed=list(sites.loc[sites["status"] != charts.STAYS, "name"]),
        affected=_affected(pages),
    )


def _picture(pages: Pages, name: str, svg: charts.Drawing, **facts: object) -> Picture:
    """Return a drawing with its alternative text and its caption."""
    alt, caption = (
        pages.templates.part("figures", f"{name}_{which}", {**pages.shared, **facts})
        for which in ("alt", "caption")
    )
    return Picture(svg=svg, alt=alt, caption=caption)


# ---- page 2 ------------------------------------------------------------------------------------


def _curve(pages: Pages) -> Picture | None:
    """Return the shares within shorter and longer limits before and after, by way of travelling."""
    if "curve" not in pages.tables:
        return None
    table = pages.tables["curve"].where(scenario=pages.label, sites=FULL_TIME)
    panels = []
    for mode in table.frame["mode"].unique():
        rows = table.frame[table.frame["mode"] == mode]
        minutes = [float(limit) for limit in rows["minutes"]]
        before, after = (list(rows[f"within_share_{when}"]) for when in ("before", "after"))
        panels.append((str(mode), minutes, before, after))
    if not panels:
        return None
    svg = charts.curves_svg(panels, unit=pages.words.unit)
    first = panels[0]
    falls = [was - now for was, now in zip(first[2], first[3], strict=True)]
    known = [number for number, fall in enumerate(falls) if math.isfinite(fall)]
    worst = max(known, key=lambda number: falls[number], default=None)
    return _picture(
        pages,
        "curve",
        svg,
        scenario=pages.label,
        mode=first[0],
        modes=[panel[0] for panel in panels],
        worst=None
        if worst is None
        else {
            "minutes": numbers.plain(first[1][worst]),
            "before": first[2][worst],
            "after": first[3][worst],
            "fall": falls[worst],
        },
    )


# ---- page 3 ------------------------------------------------------------------------------------


def _ends(pages: Pages, name: str, verdicts: Iterable[Verdict] = ()) -> dict[str, Any] | None:
    """Return how the first and last fifth fare, and the one that loses most."""
    rows = [row for row in pages.rows(name, **pages.row) if str(row["group"])[:1].isdigit()]
    known = [row for row in rows if math.isfinite(row["mean_change_min"])]
    if len(known) < 2 or known[0] is not rows[0]:  # noqa: PLR2004 - a comparison needs two
        return None
    rest = pd.DataFrame(rows[1:])
    judged = _judged_apart(pages, verdicts)
    hardest = max(known, key=lambda row: row["mean_change_min"])
    return {
        "first": rows[0],
        "hardest": hardest,
        "hardest_number": str(hardest["group"])[:1],
        "rest_before": _others(pages, rows[0], rest, "within_share_before")
        if judged is None
        else 100 * judged["share_before"],
        "rest_after": _others(pages, rows[0], rest, "within_share_after")
        if judged is None
        else 100 * judged["share_after"],
    }


def _judged_apart(pages: Pages, verdicts: Iterable[Verdict]) -> dict[str, Any] | None:
    """Return what all areas but the most deprived have where a test sets them apart."""
    study, mode = pages.shared["study"], next(iter(pages.words.modes))
    wanted = ("fall_gap", "most-deprived-fifth", mode, "full_time", study.near_min(mode))
    for verdict in verdicts:
        asked = verdict.criterion
        key = (asked.measure, asked.group, asked.mode, asked.sites, asked.cutoff_min)
        here = verdict.scenario == pages.scenario and not asked.also_modes
        if here and key == wanted and len(verdict.evidence):
            return records(verdict.evidence)[-1]
    return None


def _fares(pages: Pages, *names: str) -> list[dict[str, Any]]:
    """Return the shares of the first fifth, of fifths whose first is known."""
    fares = []
    for name in names:
        ends = _ends(pages, name)
        if ends is not None and not math.isnan(ends["first"]["within_share_change"]):
            before, after = (ends["first"][f"within_share_{when}"] for when in ("before", "after"))
            fares.append({"name": name, "before": before, "after": after})
    return fares


def _others(pages: Pages, first: dict[str, Any], rest: pd.DataFrame, key: str) -> float:
    """Return the share of all but the first group, wherever a reader could work it out."""
    known = _mean(rest, key)
    if not math.isnan(known):
        return known
    # one of the others is hidden: what all have less what the first has; hidden where either is
    whole = pages.tables["within"].where(**pages.row, sites=FULL_TIME).frame.iloc[0]
    held = whole["weight"] * whole[key] - first["weight"] * first[key]
    return float(np.clip(held / (whole["weight"] - first["weight"]), 0.0, 100.0))


def _mean(rows: pd.DataFrame, key: str) -> float:
    weights = rows["weight"].to_numpy(dtype=float)
    return float(np.average(rows[key].to_numpy(dtype=float), weights=weights))


def _ward_picture(pages: Pages) -> Picture | None:
    """Return the wards' mean minutes before and after as dots."""
    frame = _losing_wards(pages)
    frame = frame[np.isfinite(frame["mean_after_min"])] if len(frame) else frame
    if frame.empty:
        return None
    rows = frame.head(WARDS_DRAWN)
    svg = charts.dots_svg(
        list(rows["group"]),
        list(rows["mean_before_min"]),
        list(rows["mean_after_min"]),
        axis_label=f"Mean minutes {pages.mode} to the nearest full-time {pages.words.site}",
    )
    hidden = bool(pages.tables["wards"].where(**pages.row).frame["weight_loses"].isna().any())
    order = rows.assign(grown=rows["mean_after_min"] - rows["mean_before_min"])
    most = records(order.sort_values("grown", ascending=False, kind="stable"))[0]
    about = {"scenario": pages.label, "mode": pages.mode}
    return _picture(pages, "wards", svg, **about, count=len(rows), most=most, hidden=hidden)


def _load(pages: Pages) -> dict[str, Any] | None:
    """Return how many more each site that stays is nearest to."""
    rows = [
        row
        for row in pages.rows("load", scenario=pages.label)
        if row["weight_after"] > 0 or math.isnan(row["weight_after"])
    ]
    grown = [row for row in rows if row["absorbed"] > 0 and row["weight_before"] > 0]
    if not grown:
        return None
    grown.sort(key=lambda row: (-row["absorbed"], row["site"]))
    for row in grown:
        row["growth"] = 100 * row["weight_after"] / row["weight_before"] - 100
    lost = [
        row
        for row in pages.rows("load", scenario=pages.label)
        if row["weight_after"] == 0 and row["weight_before"] > 0
    ]
    svg = charts.slopes_svg(
        [numbers.short_name(row["site"]) for row in (*grown, *lost)],
        [row["weight_before"] for row in (*grown, *lost)],
        [row["weight_after"] for row in (*grown, *lost)],
        axis_label=pages.words.Unit,
    )
    picture = _picture(pages, "load", svg, mode=pages.mode, rows=grown, lost=len(lost))
    return {"rows": grown, "picture": picture}


def _alternatives(alternatives: Alternatives, sites: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return how the choice made ranks, and the nearest set that is better by every measure."""
    scored = alternatives.frame[alternatives.frame["scored"].astype(bool)]
    ours = scored[scored["is_council_choice"]]
    better, how = alternatives.beating_council(), "all"
    if better.empty:
        better, how = alternatives.beating_council(strictly=False), "some"
    if better.empty and len(ours) and set(scored) >= FEWER:
        rows = [scored[key] < ours[key].iloc[0] for key in sorted(FEWER)]
        better, how = scored[np.logical_and.reduce(rows)], "fewer"
    nearest = None
    if len(better) and len(ours):
        common = [
            len(set(alternatives.council) & set(alternatives.sets[number - 1]))
            for number in better.index
        ]
        order = better.assign(common=common).sort_values(
            ["common", "mean_min"], ascending=[False, True], kind="stable"
        )
        best = order.iloc[0]
        losers = float(best.get("losers_weight", math.nan))
        nearest = {
            "names": str(best["closed_names"]).split("; "),
            "mean": float(best["mean_min"]),
            "losers": losers,
            "hidden": math.isnan(losers + _first(ours, "losers_weight")),
            "doubts": doubted_sites(
                [frozenset(alternatives.sets[number - 1]) for number in order.index], sites
            ),
        }
    return {
        "scored": len(scored),
        "size": len(alternatives.council),
        "better": len(better),
        "how": how,
        "measures": len(alternatives.counted),
        "nearest": nearest,
        "rank": _first(ours, "rank_mean_min"),
        "mean": _first(ours, "mean_min"),
        "losers": _first(ours, "losers_weight"),
    }


def doubted_sites(sets: Sequence[frozenset[str]], sites: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the sites that may not exist which all sets, or else the first, close or keep."""
    # a site without a place counts in no figure, whoever keeps it
    doubtful = sites[(sites["existence"] < 1) & (sites["location_basis"] != "unknown")]
    rows = []
    for act in ("closes", "keeps"):
        alike = [
            [(site in chosen) == (act == "closes") for chosen in sets] for site in doubtful.index
        ]
        for of in sorted({len(sets), 1}, reverse=True):
            here = [each[0] and (len(sets) if all(each) else 1) == of for each in alike]
            if any(here):
                shown = doubtful[here]
                rows.append(
                    {
                        "act": act,
                        "of": of,
                        "sites": list(shown["name"]),
                        "chances": [in_100(chance) for chance in shown["existence"]],
                    }
                )
    return rows


def _first(rows: pd.DataFrame, key: str) -> float:
    return float(rows[key].iloc[0]) if len(rows) and key in rows else math.nan


def _venues(
    searches: Iterable[Outreach], pages: Pages, hours_per_week: float
) -> dict[str, Any] | None:
    """Return the venues that would give back most of what is lost by distance."""
    for search in searches:
        name = str(search.frame["mends"].iloc[0])
        if name not in pages.compared:
            continue
        chosen = search.frame[search.frame["objective"] == "maximal_cover"]
        rows = [
            {
                "names": str(row["venue_names"]).split(BETWEEN),
                "venues": str(row["venues"]).split(BETWEEN),
                "share": 100 * float(row["coverage_regained_share"]),
            }
            for row in records(chosen)
            if math.isfinite(row["coverage_regained_share"])
        ]
        if rows:
            hours = numbers.measured(hours_per_week, "hour")
            return {"scenario": pages.words.scenarios[name], "rows": rows, "hours": hours}
    return None


def _hosts(
    named: Iterable[str],
    venues: gpd.GeoDataFrame | None,
    kept: gpd.GeoDataFrame,
    pages: Pages,
) -> list[str]:
    """Return of each venue named that stands where a site keeps some hours that it does so."""
    if venues is None:
        return []
    placed = kept[kept["location_radius_m"] <= HOST_M]
    return [
        pages.words.part(
            "planning",
            "host",
            venue=venue["name"],
            site=site["name"],
            hours=site["hours_per_week"],
            within_m=HOST_M,
            scenario=pages.label,
        )
        for _, venue in venues.loc[sorted(set(named))].iterrows()
        for _, site in placed[placed.distance(venue.geometry) <= HOST_M].iterrows()
    ]


# ---- page 4 ------------------------------------------------------------------------------------


def _unknowns(
    notes: Iterable[Note], sites: gpd.GeoDataFrame, templates: Templates
) -> dict[str, Any]:
    """Return what the reader must know that no figure shows."""
    warnings = [note for note in notes if note.level == "warning" and note.topic != "estimated"]
    radius = pd.Series(rough_radius_m(sites), index=sites.index)
    rough = radius[radius > 0]
    worst = str(rough.idxmax()) if len(rough) else ""
    return {
        "notes": [
            # what is left out, and which way that errs, is told whole
            text if note.topic == "unknown-site" else first_sentence(text)
            for note in warnings
            for text in [note_text(note, templates)]
            if note.topic not in {"estimated-site", "not-assessed"}
        ],
        "rough": len(rough),
        "unlocated": int((sites["location_basis"] == "unknown").sum()),
        "sites": len(sites),
        "worst": str(sites["name"][worst]) if worst else "",
        "worst_m": float(rough[worst]) if worst else 0.0,
    }


def first_sentence(text: str) -> str:
    """Return the first sentence of a text."""
    return clause(text.split(". ", 1)[0]) + "."


def _find_first(source: Source, labels: Mapping[str, str], templates: Templates) -> dict[str, Any]:
    """Return the one thing to find out first, and what knowing it would settle."""
    return {
        "words": source_words(source, templates),
        "label": labels[source.criterion],
        "settles": source.right_then > source.right_now,
        "now": in_100(source.right_now),
        "then": in_100(source.right_then),
        "share": 100 * source.share,
    }


def _exact_hours(
    pairs: Iterable[ExactHours], names: pd.Series, pages: Pages
) -> list[dict[str, Any]]:
    """Return what criteria on hours would be if hours taken at their most were any fewer."""
    return [
        {
            "label": item.verdict.criterion.label,
            "hours": numbers.plain(item.verdict.criterion.min_hours or 0.0),
            "sites": [str(names[site]) for site in item.site_ids],
            "value": pages.words.value(item.verdict, item.verdict.value),
            "fewer": pages.words.value(item.verdict, item.fewer.value),
        }
        for item in pairs
        if item.verdict.scenario == pages.scenario
    ]


def _youth(bounds: pd.DataFrame, youth: YouthSettings, pages: Pages) -> dict[str, Any] | None:
    """Return between what the loss of youth centres lies, within the longest time asked about."""
    rows = pages.rows("youth")
    if not rows:
        return None
    longest = f"{max(youth.cutoffs_min):g}"
    together = [row for row in rows if row["minutes"] == longest][-1]
    if math.isnan(together["weight_within"]) or math.isnan(together["most_lost"]):
        return None
    mode = pages.words.modes[str(bounds["mode"].iloc[0])]
    title = pages.words.part("figures", "youth_title", unit=youth.unit, minutes=longest, mode=mode)
    table = pages.tables["youth"].where(minutes=longest).without("location", "radius")
    frame = table.frame.assign(name=table.frame["name"].map(numbers.short_name))
    return {
        "any": together,
        "unit": youth.unit,
        "table": replace(table, title=title, frame=frame, notes=(), headers=1),
        "mode": mode,
        "venues": not math.isnan(together["weight_venue_as_near"]),
    }


def _border(pairs: Sequence[Pair], neighbours: pd.DataFrame) -> dict[str, Any]:
    """Return what counting the neighbours' sites would change."""
    turned = [
        {"label": own.criterion.label, "outcome": _pointed(other) or "cannot say"}
        for own, other in pairs
        if (own.outcome, own.indication) != (other.outcome, other.indication)
    ]
    return {
        "names": [str(name) for name in neighbours["name"]],
        "count": len(neighbours),
        "turned": turned,
        "pairs": len(pairs),
    }


def _mean_added(comparison: Comparison, policy: Policy) -> float:
    """Return by how many minutes trips grow on average, as it may be published."""
    shown, _ = redact_table(comparison.summary().assign(scenario=""), policy)
    return float(shown["mean_change_min"].iloc[0])


# ---- the annex ---------------------------------------------------------------------------------

TABLES = (
    "origins.csv",
    "verdicts.csv",
    "neighbours.csv",
    "alternatives.csv",
    "sensitivity.csv",
    "uncertainty.csv",
    "doubts.csv",
    "curve.csv",
    "transit.csv",
    "fragility.csv",
    "fairness.csv",
    "outreach.csv",
    "hidden.csv",
)
"""Tables that can be written, each to a file of its own."""
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
TIPPING_SHOWN = frozenset(
    {"title", "words", "outcome", "lowest_value", "highest_value", "value_unit", "told"}
)
BEST_SHOWN, WORST_WARDS = 5, 10
MINUTES_APART = ("group_gap", "slope")
"""Kinds of criterion that another speed scales and never turns round."""
FIRST_MEASURES = ("mean_min", "p90_min", "mean_deprived_fifth_min", "losers_weight")


def annex(
    result: StudyResult,
    tables: Mapping[str, Table],
    findings: Findings | None = None,
) -> Document:
    """Return the annex: everything that is not on the report's four pages, each table once."""
    facts = annex_facts(result, tables, findings)
    return _document(f"{result.study.title}: annex", "annex", facts)


def annex_facts(
    result: StudyResult,
    tables: Mapping[str, Table],
    findings: Findings | None,
) -> dict[str, Any]:
    """Return what the annex may use."""
    study, verdicts, sure = result.study, result.verdicts, result.uncertainty
    words = Wording.of(result)
    templates = words.templates
    pages = pages_of(study, words, tables, result.provenance)
    row = pages.row if pages.scenario else None
    notes = [note for note in result.notes if note.topic != "estimated"]
    other, streets = result.on_other_streets, result.streets

    def folded(still: int) -> str:
        return words.part("tables", "folded", still=still)

    facts = {
        **pages.shared,
        "tables": {name: table.folded(folded) for name, table in tables.items()},
        "row": row,
        "compared": pages.labels(pages.compared),
        "matrix": matrix(pages, study.criteria, verdicts),
        "as_before": any(verdict.not_met_before for verdict in verdicts),
        "tests": facts_by_test(pages, study.criteria, verdicts),
        "reasons": reasons_grid(pages, verdicts),
        "warnings": [note_text(note, templates) for note in notes if note.level == "warning"],
        "notes": [note_text(note, templates) for note in notes if note.level != "warning"],
        "places": len(result.origins),
        "modes": [(item.mode.label, item.method) for item in result.times.values()],
        "bars": _bars(pages) if row else None,
        "gaps": _gap_tables(pages) if row else [],
        "by_timetable": None if "transit" not in tables else study.transit,
        "timetable_modes": [
            times.mode.label for name, times in result.times.items() if name in {TRANSIT, VISIT}
        ],
        "timed": None if "sessions" not in tables else study.sessions,
        "of_week": study.data.timetable is not None,
        "group_gaps": [item.label for item in study.criteria if item.measure in MINUTES_APART],
        "sensitive": _sensitive(tables, row),
        # a thousand draws of few would tell of them
        "strips": _strips(pages, verdicts.under(pages.scenario), sure)
        if row and sure is not None and study.policy.public
        else None,
        "draws": 0 if sure is None else sure.draws,
        "streets": []
        if streets is None
        else [("Stretches of street", f"{streets.classes['edges'].sum():,.0f}"), *streets.facts()],
        "two_streets": ""
        if other is None
        else words.part(
            "tables",
            "two_streets",
            **compared_facts(same_questions(verdicts, other.verdicts), street_names(result.inputs)),
        ),
        "sections": templates.names("sections"),
        "osm_credit": OSM_CREDIT,
        "osm_copyright": OSM_COPYRIGHT_URL,
        "fingerprint": fingerprint(study, result.inputs, result.basis, result.origins_name),
        "criteria_digest": study.criteria_sha256(),
        "choice": None,
        "mends": [],
        "hosts": [],
    }
    written = {"origins.csv", "verdicts.csv"}
    written |= set() if findings is None else set(findings.tables())
    written |= {"hidden.csv"} if "hidden" in tables else set()
    written |= set() if result.with_neighbours is None else {"neighbours.csv"}
    facts["files"] = _files(written, study.report)
    if findings is not None:
        names = result.sites["name"]
        if findings.alternatives is not None:
            facts["choice"] = _choice(pages, findings.alternatives, names)
        facts["mends"] = _mends(pages, findings.outreach)
        if row and facts["mends"]:
            sought = pd.concat([search.frame["venues"] for search in findings.outreach])
            named = sought.str.split(BETWEEN).explode()
            kept = _kept_sites(result.scenario_sites, pages)
            facts["hosts"] = _hosts(named, result.candidates, kept, pages)
    return facts


def _files(written: Collection[str], options: Report) -> dict[str, str]:
    """Return the files beside the annex, and of those that writers write what they are."""
    made = {name: item.WHAT for name, item in writers_for(options).items() if name != "annex.html"}
    there = [name for name in TABLES if name in written]
    return made | dict.fromkeys([*there, "manifest.json"], "")


def matrix(pages: Pages, criteria: Iterable[Criterion], verdicts: Iterable[Verdict]) -> Grid | None:
    """Return every criterion's outcome under every scenario."""
    names_, words = pages.compared, pages.words
    by_key = {(each.criterion.id, each.scenario): each for each in verdicts}
    rows = []
    for criterion in criteria:
        judged = [by_key.get((criterion.id, name)) for name in names_]
        first = next((item for item in judged if item is not None), None)
        if first is None:
            continue
        before = words.value(first, first.baseline_value)
        cells = [
            "not judged" if item is None else _cell(item, words.value(item, item.value))
            for item in judged
        ]
        change = criterion.kind.of_change
        before = "not applicable" if change else before
        rows.append((criterion.title, _wanted(criterion), before, *cells))
    if not rows:
        return None
    return Grid(
        caption=pages.words_of("matrix", words=words),
        heads=(*pages.heads("matrix_heads"), *pages.labels(names_)),
        rows=tuple(rows),
    )


def _cell(verdict: Verdict, value: str) -> Words:
    run = outcome_run(verdict)
    return (*((Run(run),) if isinstance(run, str) else run), Run(f": {value}"))


def facts_by_test(
    pages: Pages, criteria: Iterable[Criterion], verdicts: Iterable[Verdict]
) -> list[dict[str, Any]]:
    """Return what is so of each criterion, once for all scenarios of which the same is true."""
    compared, tests = pages.compared, []
    for criterion in criteria:
        names: dict[str, list[str]] = {}
        for verdict in verdicts:
            if verdict.criterion.id == criterion.id and verdict.scenario in compared:
                names.setdefault(verdict_fact(verdict, pages.templates), []).append(
                    verdict.scenario
                )
        lines = [
            {
                "scenarios": [] if len(where) == len(compared) else pages.labels(where),
                "fact": fact,
            }
            for fact, where in names.items()
        ]
        if lines:
            tests.append({"title": criterion.title, "lines": lines})
    return tests


def reasons_grid(pages: Pages, verdicts: Iterable[Verdict]) -> Grid | None:
    """Return what outcomes rest on: each reason once, with the criteria it was given for."""
    changes = [verdict for verdict in verdicts if verdict.scenario != BASELINE.name]
    given: dict[str, list[Verdict]] = {}
    for verdict in changes:
        for reason in verdict.reasons:
            given.setdefault(reason_clause(verdict, reason, pages.templates), []).append(verdict)
    if not given:
        return None
    return Grid(
        caption=pages.words_of("reasons"),
        heads=pages.heads("reasons_heads"),
        rows=tuple(
            (_whose(of_these, changes), f"{numbers.capital(reason).rstrip('.')}.")
            for reason, of_these in given.items()
        ),
    )


def _whose(given: list[Verdict], changes: list[Verdict]) -> str:
    """Return the criteria some verdicts belong to, with the scenarios where these are not all."""
    of_these = {(each.criterion.id, each.scenario) for each in given}
    if of_these == {(each.criterion.id, each.scenario) for each in changes}:
        return "all"
    scenarios: dict[str, list[str]] = {}
    for each in changes:
        scenarios.setdefault(each.criterion.id, []).append(each.scenario)
    lines = []
    for criterion, names_ in scenarios.items():
        here = [name for name in names_ if (criterion, name) in of_these]
        if here:
            lines.append(criterion + ("" if here == names_ else f" ({', '.join(here)})"))
    return ", ".join(lines)


def _bars(pages: Pages) -> Picture | None:
    """Return the chart of the share within the cutoff by fifth of deprivation."""
    if "deprivation" not in pages.tables:
        return None
    frame = pages.tables["deprivation"].where(**pages.row).frame
    before, after = (list(frame[f"within_share_{when}"]) for when in ("before", "after"))
    label = f"% of {pages.words.unit} in the fifth"
    svg = charts.bars_svg(list(frame["group"]), before, after, axis_label=label)
    return _picture(pages, "bars", svg, mode=pages.mode, rows=records(frame))


def _strips(pages: Pages, verdicts: Iterable[Verdict], sure: Uncertainty) -> Picture | None:
    """Return the draws of each criterion as strips."""
    rows, strips = [], []
    for verdict in verdicts:
        each = sure.of(verdict.scenario, verdict.criterion.id)
        if each is None or np.isnan(each.draws.value).any():
            continue
        scale, unit = pages.words.scale(verdict)
        ends = each.value
        strips.append(
            charts.Strip(
                label=verdict.criterion.label,
                unit=unit,
                draws=each.draws.value * scale,
                threshold=verdict.criterion.threshold * scale,
                ends=(ends.low * scale, ends.median * scale, ends.high * scale),
            )
        )
        rows.append({"label": verdict.criterion.label, "outcome": _called(each.probability)})
    if not rows:
        return None
    svg = charts.strips_svg(strips)
    return _picture(pages, "strips", svg, rows=rows, scenario=pages.label)


def _called(chance: float) -> str:
    """Return on which side of its threshold nine in ten draws of a criterion lie, or on both."""
    return "met" if chance >= SURE else "not met" if 1 - chance >= SURE else "both"


def _gap_tables(pages: Pages) -> list[Table]:
    """Return the gaps between groups under the scenario the report answers about."""
    if "gaps" not in pages.tables:
        return []
    row, words = {**pages.row, "sites": FULL_TIME}, pages.words
    gaps, shown = pages.tables["gaps"].where(**row), []
    for kind in SHOWN_KINDS:
        label = words.part("tables", f"kind_{kind}")
        table = gaps.where(kind=label)
        if not len(table.frame):
            continue
        if kind == "ward":
            order = ["mean_change_min", "group"]
            frame = table.frame.sort_values(order, ascending=[False, True], kind="stable")
            table = replace(table, frame=frame.head(WORST_WARDS).reset_index(drop=True))
            label = f"ward, the {len(table.frame)} with most added (sums are modelled)"
        title = f"Minutes added, by {label}: {', '.join(row.values())}{words.mark}"
        columns = tuple(column for column in table.columns if column.key in GAP_COLUMNS)
        shown.append(replace(table, title=title, columns=columns, headers=1))
    return shown


def _choice(pages: Pages, alternatives: Alternatives, names: pd.Series) -> dict[str, Any]:
    """Return the other choices there were: tables and the picture."""
    tables = pages.tables
    share = [item.key for item in alternatives.measures if item.unit == "share"][:1]
    there = {item.key for item in alternatives.measures}
    few = [key for key in (*FIRST_MEASURES, *share) if key in there]
    best, single = tables["choices"], tables["contributions"]
    shown = ["set_number", "closed_names", *few, "is_council_choice", "in_pareto"]
    top = min(BEST_SHOWN, len(best.frame))
    scored = alternatives.frame[alternatives.frame["scored"].astype(bool)]
    left = alternatives.frame[~alternatives.frame["scored"].astype(bool)]
    some, every = alternatives.beating_council(strictly=False), alternatives.beating_council()
    return {
        "sets": len(alternatives.frame),
        "scored": len(scored),
        "size": len(alternatives.council),
        "closed": [str(names[site]) for site in alternatives.council],
        "unscored": [
            (int(count), clause(str(reason)).removeprefix("cannot say: "))
            for reason, count in left["reason"].value_counts(sort=False).items()
        ],
        "every": len(every),
        "some": len(some),
        "measures": len(alternatives.counted),
        "uncounted": len(alternatives.measures) - len(alternatives.counted),
        "picture": _scatter(pages, alternatives),
        "ranks": ranks_in_words(tables["choice"], pages.words) if "choice" in tables else None,
        "top": top,
        "best": _columns(replace(best, frame=best.frame.head(top), headers=2), shown),
        "single": _columns(single, ["name", *(f"change_{key}" for key in few), "reason"]),
    }


def _columns(table: Table, keys: list[str]) -> Table:
    by_key: dict[str, Column] = {column.key: column for column in table.columns}
    return replace(table, columns=tuple(by_key[key] for key in keys if key in by_key))


def _scatter(pages: Pages, alternatives: Alternatives) -> Picture | None:
    """Return all sets by mean minutes and share covered, the choice made marked."""
    shares = [
        item for item in alternatives.measures if item.unit == "share" and item.better == "higher"
    ]
    scored = alternatives.frame[alternatives.frame["scored"].astype(bool)]
    if not shares or scored.empty:
        return None
    words, mode = pages.words, pages.mode
    minutes = scored["mean_min"].to_numpy(dtype=np.float64)
    covered = 100 * scored[shares[0].key].to_numpy(dtype=np.float64)
    chosen = scored["is_council_choice"].to_numpy(dtype=bool)
    if not all(math.isfinite(value) for value in minutes[chosen]):
        return None
    measure = f"{words.unit} covered ({shares[0].key.removesuffix('_share').replace('_', '-')})"
    svg = charts.scatter_svg(
        minutes,
        covered,
        marks=(scored["in_pareto"].to_numpy(dtype=bool), chosen),
        labels=(f"Mean minutes {mode}", f"% of {measure}"),
    )
    at = None
    if chosen.any():
        at = {
            "minutes": float(minutes[chosen][0]),
            "share": float(covered[chosen][0]),
            "shorter": int((minutes < minutes[chosen][0]).sum()),
            "more": int((covered > covered[chosen][0]).sum()),
        }
    return _picture(pages, "scatter", svg, mode=mode, at=at, sets=len(scored), measure=measure)


def _mends(pages: Pages, searches: Iterable[Outreach]) -> list[str]:
    """Return the scenarios, in words, for which venues were sought."""
    sought = {str(item.frame["mends"].iloc[0]) for item in searches}
    return pages.labels(name for name in pages.compared if name in sought)


def _sensitive(tables: Mapping[str, Table], row: Mapping[str, str] | None) -> dict[str, Any] | None:
    """Return where outcomes turn as one assumption moves, under the scenario answered about."""
    if "tipping" not in tables or row is None:
        return None
    table = tables["tipping"].where(scenario=row["scenario"])
    turns = table.frame["turns_below"].notna() | table.frame["turns_above"].notna()
    shown = replace(table, columns=tuple(c for c in table.columns if c.key in TIPPING_SHOWN))
    return {"table": shown, "turns": int(turns.sum()), "tried": len(turns)}


def fingerprint(study: Study, files: Iterable[InputFile], basis: str, origins: str) -> str:
    """Return one digest of everything that went in: files, criteria and settings."""
    parts = sorted(f"{item.role} {item.name} {item.sha256}" for item in files)
    parts += [study.criteria_sha256(), study.settings.model_dump_json(), basis, origins]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()

"""What was found, in words: the sections of the report."""

from __future__ import annotations

import base64
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import ASKED, Outcome
from eh_access.measures.equity import KINDS, NOTES
from eh_access.measures.scenarios import BASELINE, rough_radius_m
from eh_access.planning.three_readings import READINGS
from eh_access.publish import numbers
from eh_access.publish.charts import DARK_BLUE, GREY, INK, ORANGE, Drawing, blank_figure, drawn
from eh_access.publish.criteria_words import (
    ASSUMPTIONS,
    in_100,
    reason_clause,
    source_words,
    verdict_fact,
)
from eh_access.publish.notes import note_text
from eh_access.publish.numbers import capital, listed
from eh_access.publish.table import Column, Table, make_table, records, with_marks
from eh_access.publish.tabulations import (
    CONCENTRATION_SOURCE,
    GINI_SOURCE,
    further_tables,
    joint,
    ranks_in_words,
)
from eh_access.publish.wording import ANY_SITE, FULL_TIME, Wording, headline, scenario_label

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.criteria.criterion import Verdict
    from eh_access.planning.alternatives import Alternatives
    from eh_access.study.findings import Findings
    from eh_access.study.result import StudyResult


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure of the report."""

    svg: Drawing  # the drawing
    alt: str  # what it shows, the finding first
    caption: str  # printed below it

    @property
    def address(self) -> str:
        """The drawing as an address that needs no network."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg.encode()).decode()


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a section; what is empty is not printed."""

    heading: str = ""  # words, or none
    paragraphs: tuple[str, ...] = ()  # sentences
    bullets: tuple[str, ...] = ()
    picture: Picture | None = None  # one of each at most
    table: Table | None = None
    notes: tuple[str, ...] = ()  # in small print below


@dataclass(frozen=True, kw_only=True)
class Section:
    """One section of the report."""

    anchor: str  # its address on the page
    title: str  # its heading
    parts: tuple[Part, ...]  # what it holds, in order


WIDTH_IN, HEIGHT_IN = 7.4, 3.6


def scatter_svg(
    across: NDArray[np.float64],
    up: NDArray[np.float64],
    *,
    marks: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    labels: tuple[str, str],
) -> Drawing:
    """Return sets of sites as points, those unbeaten and the choice made marked apart."""
    unbeaten, chosen = marks
    others = ~unbeaten & ~chosen
    with blank_figure(WIDTH_IN, HEIGHT_IN) as (figure, axes):
        for rows, shape, colour, size, name in (
            (others, "o", GREY, 3.5, "other sets"),
            (unbeaten & ~chosen, "D", DARK_BLUE, 4.5, "beaten by none on every measure"),
            (chosen, "X", ORANGE, 11, "the choice made"),
        ):
            axes.plot(
                *(across[rows], up[rows]), marker=shape, color=colour, ms=size, ls="", label=name
            )[0].set_markeredgecolor(INK if shape == "X" else "white")
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False)
        return drawn(figure)


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
        text += (
            f" The other scenarios stand in the workbook, on the sheet {numbers.quoted('load')}."
        )
    if any(column.key == "capacity" for column in table.columns):
        text += (
            " Beside it the places stated for each; the last column shares them among all who live "
            f"within {told.cutoff_min:g} minutes (the first step of the two-step floating "
            "catchment, Luo and Wang 2003)."
        )
    notes = tuple(note for note in table.notes if note != said.accuracy)
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


def what_it_does_not_tell(result: StudyResult) -> tuple[str, ...]:
    """Return what the settings tried leave out."""
    sources = "the estimate of times itself" if result.estimated else "the map of streets"
    told = [
        (
            "A range of assumptions is no probability. Errors of "
            f"{sources} and of the counts are not among them."
        )
    ]
    gaps = [item.title for item in result.study.criteria if item.measure == "group_gap"]
    if gaps:
        listed = numbers.listed(numbers.quoted(title) for title in gaps)
        told.append(
            "Another speed multiplies all minutes alike. It can make a difference between two "
            "groups larger or smaller, never turn it round: that an outcome stands says "
            f"nothing on {listed}, where the question is which group has more added."
        )
    return tuple(told)


def hours_at_the_edge(result: StudyResult, findings: Findings, scenario: str) -> tuple[str, ...]:
    """Return which criteria about hours count sites that have exactly the hours asked for."""
    said, told = Wording.of(result), []
    for found in findings.exact_hours:
        now, item = found.verdict, found.verdict.criterion
        if now.scenario != scenario:
            continue
        names = numbers.listed(result.sites["name"][list(found.site_ids)].astype(str))
        told.append(
            f"{item.title}: it asks for {item.min_hours:g} hours a week, and {names} "
            f"{'has' if len(found.site_ids) == 1 else 'have'} exactly {item.min_hours:g} here, "
            "taken at the most that is allowed. Were it any fewer, it would be "
            f"{said.value(now, found.fewer.value)} instead of {said.value(now, now.value)} "
            f"(before any change {said.value(now, now.baseline_value)}; asked for "
            f"{said.value(now, now.threshold)})."
        )
    return tuple(told)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What was found of one criterion."""

    id: str  # the criterion's
    title: str
    # scenarios, in words, and the sentence that is true of them. Where every scenario compared
    # has the same sentence, they are ""
    lines: tuple[tuple[str, str], ...]


FILES = (
    ("map.html", "the map, to switch and to ask"),
    ("report.docx", "this report for Word"),
    ("tables.xlsx", "every table"),
    ("results.gpkg", "layers for GIS"),
    ("origins.csv", "place by place"),
    ("verdicts.csv", "criterion by criterion"),
    ("neighbours.csv", "the same with neighbours' sites counted"),
    ("alternatives.csv", "every other set of sites that could close, ranked"),
    ("sensitivity.csv", "the criteria with one assumption changed at a time"),
    ("uncertainty.csv", "how sure each outcome is"),
    ("doubts.csv", "what each doubt makes of it"),
    ("fairness.csv", "how every group fares"),
    ("outreach.csv", "where sessions would give back most"),
    ("hidden.csv", "what was hidden, and why"),
    ("manifest.json", "what went in and out"),
)
"""What can lie beside a report, and what it is."""


def in_words(result: StudyResult) -> list[Told]:
    """Return what was found of each criterion, once for all scenarios of which the same is true."""
    compared = [name for name in result.scenario_names if name != "baseline"]
    found = []
    for criterion in result.study.criteria:
        told: dict[str, list[str]] = {}
        for verdict in result.verdicts:
            if verdict.criterion.id == criterion.id and verdict.scenario in compared:
                told.setdefault(verdict_fact(verdict), []).append(verdict.scenario)
        lines = tuple(
            ("" if len(names) == len(compared) else _labels(result, names), sentence)
            for sentence, names in told.items()
        )
        if lines:
            found.append(Told(id=criterion.id, title=criterion.title, lines=lines))
    return found


def reasons(result: StudyResult) -> list[tuple[str, str]]:
    """Return what outcomes rest on: each reason once, with the criteria it was given for."""
    asked = [verdict for verdict in result.verdicts if verdict.scenario != "baseline"]
    given: dict[str, list[Verdict]] = {}
    for verdict in asked:
        for reason in verdict.reasons:
            given.setdefault(reason_clause(verdict, reason), []).append(verdict)
    return [
        (_whose(found, asked), f"{capital(reason).rstrip('.')}.") for reason, found in given.items()
    ]


def _whose(found: Iterable[Verdict], asked: Iterable[Verdict]) -> str:
    """Return the criteria some verdicts belong to, with the scenarios where these are not all."""
    of_these = {(each.criterion.id, each.scenario) for each in found}
    if of_these == {(each.criterion.id, each.scenario) for each in asked}:
        return "all"
    scenarios: dict[str, list[str]] = {}
    for each in asked:
        scenarios.setdefault(each.criterion.id, []).append(each.scenario)
    told = []
    for criterion, names in scenarios.items():
        here = [name for name in names if (criterion, name) in of_these]
        if here:
            told.append(criterion + ("" if here == names else f" ({', '.join(here)})"))
    return ", ".join(told)


def _labels(result: StudyResult, names: Iterable[str]) -> str:
    return listed(scenario_label(result, name) for name in names)


def accuracy_short(accuracy: str) -> str:
    """Return how far off estimates can be in two sentences, for the head of a page."""
    if not accuracy:
        return ""
    sentences = re.split(r"(?<=\.) (?=[A-Z])", accuracy)
    on_foot, change = sentences[2], sentences[3]
    return f"{on_foot.split(';')[0]}. {change}"


def what_would_change(result: StudyResult, scenario: str) -> tuple[str, ...]:
    """Return what could turn the answer: estimates, thin margins, places not known, assumptions."""
    verdicts, said = result.verdicts_for(scenario), Wording.of(result)
    found = []
    if result.estimated:
        found.append(
            "Real streets. With OpenStreetMap's streets for the place, times are worked out "
            "street by street, and each indication here becomes an outcome, or is corrected."
        )
    found += [
        f"{verdict.criterion.title}: {said.value(verdict, verdict.value)} against "
        f"{said.value(verdict, verdict.threshold)} is too close to call."
        for verdict in verdicts
        if Outcome.TOO_CLOSE in {verdict.outcome, verdict.indication}
    ]
    found += _uncertain(result)
    assumed = result.study.settings.full_time_assumption
    if assumed not in {note_text(note) for note in result.notes}:
        found.append(assumed)
    found += [_differs(result, verdict) for verdict in verdicts]
    return tuple(dict.fromkeys(text for text in found if text))


def _uncertain(result: StudyResult) -> list[str]:
    """Return what is not known of sites, and what of it would settle most."""
    sites = result.sites
    found = [
        f"Where {name} is: that is not known, and the figures leave it out."
        for name in sites.loc[sites["location_basis"] == "unknown", "name"]
    ]
    first = find_first(result)
    return [first, *found] if first else found


def find_first(result: StudyResult) -> str:
    """Return the one thing to find out first, and by how much it would help; "" for none."""
    source = None if result.uncertainty is None else result.uncertainty.first
    if source is None:
        return ""
    title = next(item.title for item in result.study.criteria if item.id == source.criterion)
    if source.right_then > source.right_now:
        return (
            f"Find out first: {source_words(source)}. Once that is known, the likelier outcome of "
            f"{numbers.quoted(title)} is right {in_100(source.right_then)} times on average, "
            f"{in_100(source.right_now)} now."
        )
    return (
        f"Find out first: {source_words(source)}. It alone makes {source.share:.0%} of the range "
        f"of {numbers.quoted(title)}, though no outcome hangs on it."
    )


def rough_sentence(result: StudyResult) -> str:
    """Return how many sites are known only roughly, and the worst, in a sentence; "" for none."""
    sites, said = result.sites, Wording.of(result)
    radius = pd.Series(rough_radius_m(sites), index=sites.index)
    rough = radius[radius > 0]
    if not len(rough):
        return ""
    worst = str(rough.idxmax())
    return (
        f"{len(rough)} of {len(sites)} {said.site}s are known only roughly, "
        f"{sites['name'][worst]} least well (within about {rough[worst]:,.0f} m)."
    )


def _differs(result: StudyResult, verdict: Verdict) -> str:
    """Return a line when another scenario comes out otherwise on the same criterion."""
    said = Wording.of(result)
    others = [
        other
        for other in result.verdicts
        if other.criterion.id == verdict.criterion.id
        and other.scenario not in {verdict.scenario, "baseline"}
        and (other.outcome, other.indication) != (verdict.outcome, verdict.indication)
    ]
    if not others:
        return ""
    told = numbers.listed(
        f"{said.outcome(other)} under {numbers.quoted(scenario_label(result, other.scenario))}"
        for other in others
    )
    return f"{verdict.criterion.title}: {said.outcome(verdict)} here, but {told}."


STANDINGS: Mapping[str, str] = {
    "met": "met",
    "too close to call": "too close to call",
    "new": "newly not met",
    "worse": "missed before and now worse",
    "unchanged": "missed before and unchanged",
    "better": "missed before and still, but by less",
    "unclear": "not met, where it cannot be said how it was before",
}
"""What a criterion comes to, in words and in the order told: the question is the change."""


def answer(result: StudyResult, tables: Mapping[str, Table], scenario: str) -> tuple[str, ...]:
    """Return the answer in three sentences."""
    return (
        _of_criteria(result, scenario),
        within_sentence(result, tables, scenario),
        losers_sentence(result, tables, scenario),
    )


def _of_criteria(result: StudyResult, scenario: str) -> str:
    """Return how the criteria come out, never as settled where times are estimated."""
    verdicts = result.verdicts_for(scenario)
    label = scenario_label(result, scenario)
    if not verdicts:
        return f"For {numbers.quoted(label)} no criterion was set, so nothing is judged."
    whole = numbers.counted(len(verdicts), "criterion", "criteria")
    if result.estimated:
        return (
            f"It cannot be said for certain whether services stay reasonably local under "
            f"{numbers.quoted(label)}: travel times are estimates. Of {whole} they point to:"
        )
    return f"Under {numbers.quoted(label)}, of {whole}:"


def standings(result: StudyResult, scenario: str) -> tuple[str, ...]:
    """Return what the criteria come to, a line for each of `STANDINGS` that there is."""
    counts = Counter(standing(result, verdict) for verdict in result.verdicts_for(scenario))
    told = [f"{counts[name]} {text}" for name, text in STANDINGS.items() if counts[name]]
    silent = "nothing either way" if result.estimated else "of which nothing can be said"
    return (*told, *([f"{counts['']} {silent}"] if counts[""] else []))


def standing(result: StudyResult, verdict: Verdict) -> str:
    """Return what a criterion comes to under a scenario, the baseline beside it."""
    pointed = _pointed(verdict)
    if pointed != Outcome.NOT_MET:
        return pointed
    if verdict.not_met_before:
        return {0: "unchanged", 1: "worse", -1: "better"}[verdict.direction]
    before = {
        _pointed(other)
        for other in result.verdicts_for(BASELINE.name)
        if other.criterion.id == verdict.criterion.id
    }
    return "new" if before & {str(Outcome.MET), str(Outcome.TOO_CLOSE)} else "unclear"


def _pointed(verdict: Verdict) -> str:
    """Return an outcome, or what the figures point to; "" for nothing."""
    if verdict.outcome == Outcome.CANNOT_SAY:
        return "" if verdict.indication is None else str(verdict.indication)
    return str(verdict.outcome)


def _row(result: StudyResult, scenario: str, sites: str) -> dict[str, str]:
    """Return what names the headline row of a table: scenario, first mode, sites counted."""
    return {
        "scenario": scenario_label(result, scenario),
        "mode": result.times[result.modes[0]].mode.label,
        "sites": sites,
    }


def within_sentence(result: StudyResult, tables: Mapping[str, Table], scenario: str) -> str:
    """Return how many are within the cutoff of a full-time site, before and after."""
    said = Wording.of(result)
    row, table = _row(result, scenario, FULL_TIME), tables["within"]
    before, after, whole = (
        table.cell(key, **row) for key in ("within_before", "within_after", "weight")
    )
    shares = [table.cell(f"within_share_{when}", **row) for when in ("before", "after")]
    cutoff, mode = result.study.settings.cutoff_min, row["mode"]
    # where rounding would hide a change, the exact counts stand
    same = numbers.about(before) == numbers.about(after) and before != after
    told = [numbers.whole(count) if same else numbers.about(count) for count in (before, after)]
    return numbers.capital(
        f"{told[0]} of {numbers.about(whole)} {said.unit} ({numbers.percentage(shares[0])}) "
        f"are within {cutoff:g} minutes {mode} of a full-time {said.site} before, and {told[1]} "
        f"({numbers.percentage(shares[1])}) after{said.hedge}."
    )


def losers_sentence(result: StudyResult, tables: Mapping[str, Table], scenario: str) -> str:
    """Return how many lose, counting full-time sites and counting any that is open."""
    said, table = Wording.of(result), tables["added_time"]
    row = _row(result, scenario, FULL_TIME)
    loses, share = (table.cell(key, **row) for key in ("weight_loses", "share_loses"))
    part_time = table.cell("weight_loses", **_row(result, scenario, ANY_SITE))
    more = result.study.settings.loser_min
    text = (
        f"{numbers.about(loses)} {said.unit} ({numbers.percentage(share)}) would need more than "
        f"{more:g} minutes longer {row['mode']} to the nearest full-time {said.site}"
    )
    if not (math.isclose(loses, part_time) or math.isnan(part_time)):
        few = (
            numbers.about(part_time).replace("no", "none", 1)
            if part_time == 0
            else numbers.about(part_time)
        )
        text += f"; counting any open {said.site}, however few its hours, {few} would"
    return numbers.capital(text) + "."


def deprived_sentence(result: StudyResult, tables: Mapping[str, Table], scenario: str) -> str:
    """Return what is added in the most and the least deprived fifth, and in the one hit hardest."""
    if "deprivation" not in tables:
        return ""
    said = Wording.of(result)
    row = _row(result, scenario, FULL_TIME)
    table = tables["deprivation"].where(scenario=row["scenario"], mode=row["mode"])
    groups = [group for group in table.frame["group"] if group[:1].isdigit()]
    if len(groups) < 2:  # noqa: PLR2004 - a comparison needs two
        return ""
    mean = {group: table.cell("mean_change_min", group=group) for group in groups}
    if not all(math.isfinite(value) for value in mean.values()):
        return ""
    hardest = max(groups, key=lambda group: mean[group])
    ends = (groups[0], groups[-1])
    told = f"hardest hit is fifth {hardest}, with {_change(mean[hardest])}"
    if mean[hardest] in {mean[group] for group in ends}:
        told = "no fifth between is hit harder"
    most, least = (f"{_change(mean[group])} in fifth {group}" for group in ends)
    return (
        f"By the nation's fifths of deprivation, on average for {said.unit} {row['mode']} to the "
        f"nearest full-time {said.site}: {most}, {least}; {told}."
    )


def _change(mean_min: float) -> str:
    """Return a change of minutes with the word for its direction."""
    if mean_min == 0:
        return "nothing added"
    return f"{abs(mean_min):.1f} minutes {'added' if mean_min > 0 else 'saved'}"


BEST_SHOWN = 5
MEAN = "mean_min"
FIRST_MEASURES = (MEAN, "p90_min", "mean_deprived_fifth_min", "losers_weight")


def choice_section(
    result: StudyResult, findings: Findings, tables: Mapping[str, Table]
) -> Section | None:
    """Return the section on the other choices there were."""
    found, said = findings.alternatives, Wording.of(result)
    if found is None:
        return None
    parts = [Part(paragraphs=_told(found, tables, said), picture=_scatter(found, result, said))]
    if "choice" in tables:
        parts.append(Part(table=ranks_in_words(tables["choice"]), notes=tables["choice"].notes))
    best = tables["choices"]
    shown = ["set_number", "closed_names", *_few(found), "is_council_choice", "in_pareto"]
    parts += [
        Part(
            heading=f"The {min(BEST_SHOWN, len(best.frame))} sets with the shortest mean trip",
            table=_columns(
                replace(best, frame=best.frame.head(BEST_SHOWN), headers=2),
                shown,
                title=f"The {min(BEST_SHOWN, len(best.frame))} sets whose closing leaves the "
                f"shortest mean trip, of {len(best.frame)}{said.mark}",
            ),
            paragraphs=("Every set stands in alternatives.csv and in the workbook.",),
        ),
        Part(
            heading=f"What each {said.site} contributes",
            paragraphs=(
                (
                    f"Each {said.site} closed alone, all others open. What one costs alone does "
                    "not add up to what several cost together."
                ),
            ),
            table=_columns(
                tables["contributions"],
                ["name", *(f"change_{key}" for key in _few(found)), "reason"],
                title=tables["contributions"].title,
            ),
        ),
    ]
    title = "Would another choice have done better?"
    return Section(anchor="choice", title=title, parts=tuple(parts))


def _few(found: Alternatives) -> list[str]:
    """Return the keys of the measures that short tables show."""
    share = [item.key for item in found.measures if item.unit == "share"][:1]
    there = {item.key for item in found.measures}
    return [key for key in (*FIRST_MEASURES, *share) if key in there]


def _columns(table: Table, keys: list[str], *, title: str) -> Table:
    by_key: dict[str, Column] = {column.key: column for column in table.columns}
    chosen = tuple(by_key[key] for key in keys if key in by_key)
    return replace(table, columns=chosen, title=title)


def _told(found: Alternatives, tables: Mapping[str, Table], said: Wording) -> tuple[str, ...]:
    """Return what is to be said of the choice made, each figure as the tables have it."""
    scored = found.frame["scored"].sum()
    sets, size = len(found.frame), len(found.council)
    names = dict(zip(found.singles["closed_sites"], found.singles["closed_names"], strict=True))
    chosen = numbers.listed(names.get(site, site) for site in found.council)
    told = [
        (
            f"{_sets(sets, size, said.site)} that could close. {scored:,} of them "
            f"{'was' if scored == 1 else 'were'} scored on the same measures, counting full-time "
            f"{said.site}s; the choice made closes {chosen} or leaves fewer hours there."
        )
    ]
    told.append(_not_scored(found))
    if "choice" not in tables:
        told.append("The choice made could not be scored, so it has no rank.")
        return tuple(filter(None, told))
    rank = tables["choice"].cell("rank", measure=_label(found, MEAN))
    tied = tables["choice"].cell("tied", measure=_label(found, MEAN))
    regret = tables["choice"].cell("regret", measure=_label(found, MEAN))
    every = len(found.beating_council())
    some = len(found.beating_council(strictly=False))
    row = found.frame[found.frame["is_council_choice"]].iloc[0]
    told.append(
        f"By mean minutes it ranks {rank:.0f} of {scored:,}{joint(tied)}: {regret:.1f} minutes "
        f"above the best set. {_count(every, 'set does', 'sets do')} better on every one of "
        f"{len(found.counted)} measures{_of_all(found)}; "
        f"{_count(some, 'set is', 'sets are').lower()} at least as good on all and better on one "
        f"or more. So the choice made is {'' if row['in_pareto'] else 'not '}among "
        f"those that nothing else beats all round (the Pareto set)."
    )
    told.append(
        "These measures know minutes alone: not what buildings cost or how good they are, who "
        "uses them, or what else is done there."
    )
    return tuple(filter(None, told))


def _sets(sets: int, size: int, site: str) -> str:
    """Return how many choices of so many sites there are; a "set of 1" is simply a site."""
    if size == 1:
        return f"There {'is' if sets == 1 else 'are'} {numbers.counted(sets, site)}"
    return f"There {'is' if sets == 1 else 'are'} {numbers.counted(sets, 'set')} of {size} {site}s"


def _count(number: int, one: str, more: str) -> str:
    return f"{number:,} {one}" if number == 1 else f"{f'{number:,}' if number else 'No'} {more}"


def _of_all(found: Alternatives) -> str:
    """Return how many measures are ranked but not counted, in brackets."""
    left = len(found.measures) - len(found.counted)
    if not left:
        return ""
    verb = "is" if left == 1 else "are"
    return (
        f" ({left} more {verb} ranked and not counted: the same for every set, or ranking the sets "
        "as another measure does)"
    )


def _label(found: Alternatives, key: str) -> str:
    return next(item.label for item in found.measures if item.key == key)


def _not_scored(found: Alternatives) -> str:
    left = found.frame[~found.frame["scored"].astype(bool)]
    if left.empty:
        return ""
    why = "; ".join(
        f"{count:,} because {numbers.clause(str(reason)).removeprefix('cannot say: ')}"
        for reason, count in left["reason"].value_counts(sort=False).items()
    )
    return f"{len(left):,} sets were not scored: {why}."


def _scatter(found: Alternatives, result: StudyResult, said: Wording) -> Picture | None:
    """Return all sets by mean minutes and share covered, the choice made marked."""
    shares = [item for item in found.measures if item.unit == "share" and item.better == "higher"]
    scored = found.frame[found.frame["scored"].astype(bool)]
    keys = [item.key for item in found.measures]
    if not shares or MEAN not in keys or scored.empty:
        return None
    share, mode = shares[0], result.times[result.modes[0]].mode.label
    minutes = scored[MEAN].to_numpy(dtype=np.float64)
    covered = 100 * scored[share.key].to_numpy(dtype=np.float64)
    chosen = scored["is_council_choice"].to_numpy(dtype=bool)
    pareto = scored["in_pareto"].to_numpy(dtype=bool)
    if not all(math.isfinite(value) for value in minutes[chosen]):
        return None
    rank = ""
    if chosen.any():
        at = (round(float(minutes[chosen][0]), 1) + 0.0, round(float(covered[chosen][0]), 1))
        fewer, more = (
            int((minutes < minutes[chosen][0]).sum()),
            int((covered > covered[chosen][0]).sum()),
        )
        rank = (
            f"The choice made leaves a mean of {at[0]:.1f} minutes {mode} and {at[1]:.1f}% "
            f"covered; {fewer:,} of {len(scored):,} sets leave a shorter mean, {more:,} cover more."
        )
    measure = f"{said.unit} covered ({share.key.removesuffix('_share').replace('_', '-')})"
    svg = scatter_svg(
        minutes,
        covered,
        marks=(pareto, chosen),
        labels=(f"Mean minutes {mode}", f"% of {measure}"),
    )
    return Picture(
        svg=svg,
        alt=f"Scatter chart. {rank} Better sets lie to the upper left.",
        caption=(
            f"All {len(scored):,} sets scored: mean minutes {mode} to the nearest full-time "
            f"{said.site} that stays, and the share of {measure}{said.mark}. Better is up and left."
        ),
    )


def outreach_section(
    result: StudyResult, findings: Findings, tables: Mapping[str, Table]
) -> Section | None:
    """Return the section on venues for outreach."""
    if "outreach" not in tables:
        return None
    said, table = Wording.of(result), tables["outreach"]
    parts = []
    mended = {str(found.frame["mends"].iloc[0]) for found in findings.outreach}
    parts.append(
        Part(
            paragraphs=(
                *_what_is_compared(result, said),
                *_not_mended(result, findings, mended, said),
            )
        )
    )
    for found in findings.outreach:
        name = str(found.frame["mends"].iloc[0])
        if name not in result.scenario_names:
            continue
        chosen = found.frame[found.frame["objective"] == "maximal_cover"]
        texts = tuple(numbers.capital(str(text)) for text in chosen["sentence"])
        label = scenario_label(result, name)
        parts.append(
            Part(
                heading=f"To mend: {label}{said.mark}",
                bullets=texts,
                table=table.where(mends=label),
            )
        )
    parts.append(Part(notes=said.short_notes))
    return Section(anchor="outreach", title="Where could outreach go?", parts=tuple(parts))


def _what_is_compared(result: StudyResult, said: Wording) -> tuple[str, ...]:
    hours = result.study.sessions.hours_per_week
    return (
        (
            "Venues are chosen so that nothing else of the same number does better by the aim "
            "named, in the columns beside it; whether that is proven stands in the table. To mend "
            "is to give back what was lost and no more: minutes below the time before, and cover "
            "that a family never had, do not count. So another choice can cover more of all "
            f"{said.unit}, or shorten their trips more. Whether a venue is free, fit or willing is "
            "not known here."
        ),
        (
            f"A venue open {hours:g} hours a week is not a {said.site} with full hours. What comes "
            f"back is distance alone: something is open as near as any open {said.site} was, but "
            f"for {hours:g} hours, and what else was done there does not come back."
        ),
    )


def _not_mended(
    result: StudyResult, findings: Findings, mended: set[str], said: Wording
) -> tuple[str, ...]:
    """Return which scenarios have nothing to mend by distance, and what they take all the same."""
    hours = result.study.sessions.hours_per_week
    told = []
    for config in result.scenarios:
        if config.name in mended or config.name == BASELINE.name:
            continue
        label = numbers.quoted(config.label)
        text = (
            f"Under {label} no family is farther than before from a {said.site} that is open at "
            "all, so by distance alone there is nothing for a venue to mend."
        )
        gone = _full_time_lost(findings, config.name)
        if gone > 0:
            verb = "are" if gone != 1 else "is"
            text += (
                f" But {gone:,.0f} {said.unit} {verb} no longer within 30 minutes of a full-time "
                f"{said.site}, and venues of {hours:g} hours a week give none of that back"
                f"."
            )
        told.append(text)
    return tuple(told)


def _full_time_lost(findings: Findings, scenario: str) -> float:
    """Return how many fewer are near full-time hours than before; NaN where that is hidden."""
    table = findings.readings
    full = table[table["reading"] == READINGS[-1]].set_index("scenario")["weight_within"]
    if not {scenario, BASELINE.name} <= set(full.index):
        return math.nan
    # of rounded figures, as the table of readings shows them
    return float(np.round(full[BASELINE.name]) - np.round(full[scenario]))


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
        notes=tuple(note for note in tables["readings"].notes if note != said.accuracy),
    )
    return Section(anchor="readings", title="The same families, three readings", parts=(part,))


def gap_parts(result: StudyResult, tables: Mapping[str, Table]) -> tuple[Part, ...]:
    """Return for whom minutes are added: gaps between groups, and how evenly times are spread."""
    name, said = headline(result), Wording.of(result)
    if "gaps" not in tables or name is None:
        return ()
    row = _further_words_row(result, name)
    gaps = tables["gaps"].where(**row)
    parts = [
        Part(
            heading="Gaps between groups, and how sure they are",
            paragraphs=(
                (
                    "The gap is the mean added in a group less the mean added for all others: "
                    "above 0, the group bears more. An interval that includes 0 does not rule out "
                    "no difference."
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


def _further_words_row(result: StudyResult, scenario: str) -> dict[str, str]:
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


def sure_section(
    result: StudyResult, findings: Findings, tables: Mapping[str, Table]
) -> Section | None:
    """Return the section on how far each outcome holds."""
    name = headline(result)
    if "tipping" not in tables or name is None:
        return None
    tipping = tables["tipping"].where(scenario=scenario_label(result, name))
    turns = _turning(tipping.frame)
    shown = replace(tipping, columns=tuple(c for c in tipping.columns if c.key in _TIPPING_SHOWN))
    part = Part(
        heading="One assumption at a time",
        paragraphs=(
            (
                "Each criterion was asked again with one assumption changed and all others as in "
                "this study. The same families are compared before and after."
            ),
            f"The outcome turns with {int(turns.sum())} of {len(turns)} assumptions.",
            *what_it_does_not_tell(result),
        ),
        bullets=hours_at_the_edge(result, findings, name),
        table=shown,
    )
    return Section(
        anchor="sure", title="How sure are we?", parts=(*_drawn(result, tables, name), part)
    )


def _drawn(result: StudyResult, tables: Mapping[str, Table], scenario: str) -> tuple[Part, ...]:
    """Return the part on what is not known, where it was drawn."""
    if "uncertainty" not in tables or result.uncertainty is None:
        return ()
    first = find_first(result)
    return (
        Part(
            heading="What is not known, drawn",
            paragraphs=(
                (
                    f"Where centres are, whether they were there and how many children live where "
                    f"were drawn {result.uncertainty.draws:,} times, before and after alike. "
                    "An outcome is called where at least 90 draws in 100 agree. Streets, and what "
                    "somebody chooses, were not drawn."
                ),
                *([first] if first else []),
            ),
            table=tables["uncertainty"].where(scenario=scenario_label(result, scenario)),
        ),
    )


_TIPPING_SHOWN = frozenset(
    {"title", "words", "outcome", "lowest_value", "highest_value", "value_unit", "told"}
)


def _turning(frame: pd.DataFrame) -> pd.Series:
    return frame["turns_below"].notna() | frame["turns_above"].notna()


def changes(
    result: StudyResult, findings: Findings, tables: Mapping[str, Table]
) -> tuple[str, ...]:
    """Return what would change the answer, from what was tried: for the first pages."""
    name = headline(result)
    if name is None or "tipping" not in tables:
        return ()
    tipping = tables["tipping"].where(scenario=scenario_label(result, name)).frame
    asked = [ASSUMPTIONS[name] for name in ASKED]  # argued over; the rest can be found out
    found = [
        f"{numbers.capital(row['words'])}: {numbers.clause(row['title'])} {row['told']}."
        for row in records(tipping[_turning(tipping) & ~tipping["words"].isin(asked)])
    ]
    return (*found[:MOST_TURNS], *hours_at_the_edge(result, findings, name))


@dataclass(frozen=True, eq=False, kw_only=True)
class Further:
    """What the report prints of a study's findings."""

    tables: Mapping[str, Table] = field(default_factory=dict)  # by name, for the workbook
    changes: tuple[str, ...] = ()  # what would change the answer
    readings: Section | None = None  # sections; None where there is nothing to say
    gaps: tuple[Part, ...] = ()  # parts that stand within the section on groups
    sessions: Section | None = None
    choice: Section | None = None
    outreach: Section | None = None
    sure: Section | None = None
    streets: gpd.GeoDataFrame | None = None  # what a printed map shows main roads of

    @property
    def later(self) -> tuple[Section, ...]:
        """The sections after the one on groups, in order."""
        sections = (self.sessions, self.choice, self.outreach, self.sure)
        return tuple(section for section in sections if section is not None)

    @property
    def absent(self) -> frozenset[str]:
        """The files that are not written, there being nothing to say in them."""
        there = {
            "alternatives.csv": self.choice,
            "sensitivity.csv": self.tables,
            "uncertainty.csv": self.tables.get("uncertainty"),
            "doubts.csv": self.tables.get("doubts"),
            "fairness.csv": self.tables,
            "outreach.csv": self.outreach,
        }
        return frozenset(name for name, found in there.items() if not found)


NOTHING = Further()
"""For a report without findings."""


def further(result: StudyResult, findings: Findings | None) -> Further:
    """Return what the report prints of a study's findings."""
    if findings is None:
        return NOTHING
    tables = {**further_tables(result, findings), **session_tables(result, findings)}
    return Further(
        tables=tables,
        changes=changes(result, findings, tables),
        readings=readings_section(result, tables),
        gaps=gap_parts(result, tables),
        sessions=session_section(result, tables),
        choice=choice_section(result, findings, tables),
        outreach=outreach_section(result, findings, tables),
        sure=sure_section(result, findings, tables),
        streets=findings.maps.streets,
    )

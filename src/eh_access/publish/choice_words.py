"""Would another choice have done better, and where could outreach go: the sections in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.scenarios import BASELINE
from eh_access.analysis.three_readings import READINGS
from eh_access.publish import charts, words
from eh_access.publish.choice_tables import joint, ranks_in_words
from eh_access.publish.sections import Part, Picture, Section
from eh_access.publish.wording import Wording, scenario_label

if TYPE_CHECKING:
    from eh_access.analysis.alternatives import Alternatives
    from eh_access.publish.tables import Column, Table
    from eh_access.study.further import Findings
    from eh_access.study.results import StudyResult

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
    chosen = words.listed(names.get(site, site) for site in found.council)
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
        return f"There {'is' if sets == 1 else 'are'} {words.counted(sets, site)}"
    return f"There {'is' if sets == 1 else 'are'} {words.counted(sets, 'set')} of {size} {site}s"


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
        f"{count:,} because {words.clause(str(reason)).removeprefix('cannot say: ')}"
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
    svg = charts.scatter_svg(
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
        texts = tuple(words.capital(str(text)) for text in chosen["sentence"])
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
        label = words.quoted(config.label)
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

"""The answer in plain English, built from the verdicts and the tables, promising no more."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from eh_access.analysis.arrays import ROUNDING
from eh_access.analysis.criteria import Outcome
from eh_access.analysis.scenarios import BASELINE
from eh_access.publish import words
from eh_access.publish.wording import ANY_SITE, FULL_TIME, Wording, scenario_label

if TYPE_CHECKING:
    from eh_access.analysis.criteria import Verdict
    from eh_access.publish.tables import Table
    from eh_access.study.results import StudyResult

STANDINGS: Mapping[str, str] = {
    "met": "met",
    "marginal": "marginal",
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
        return f"For {words.quoted(label)} no criterion was set, so nothing is judged."
    whole = words.counted(len(verdicts), "criterion", "criteria")
    if result.estimated:
        return (
            f"It cannot be said for certain whether services stay reasonably local under "
            f"{words.quoted(label)}: travel times are estimates. Of {whole} they point to:"
        )
    return f"Under {words.quoted(label)}, of {whole}:"


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
        if abs(verdict.worsened_by) <= ROUNDING:
            return "unchanged"
        return "worse" if verdict.worsened_by > 0 else "better"
    before = {
        _pointed(other)
        for other in result.verdicts_for(BASELINE.name)
        if other.criterion.id == verdict.criterion.id
    }
    return "new" if before & {str(Outcome.MET), str(Outcome.MARGINAL)} else "unclear"


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
    same = words.about(before) == words.about(after) and before != after
    told = [words.whole(count) if same else words.about(count) for count in (before, after)]
    return words.capital(
        f"{told[0]} of {words.about(whole)} {said.unit} ({words.percentage(shares[0])}) are within "
        f"{cutoff:g} minutes {mode} of a full-time {said.site} before, and {told[1]} "
        f"({words.percentage(shares[1])}) after{said.hedge}."
    )


def losers_sentence(result: StudyResult, tables: Mapping[str, Table], scenario: str) -> str:
    """Return how many lose, counting full-time sites and counting any that is open."""
    said, table = Wording.of(result), tables["added_time"]
    row = _row(result, scenario, FULL_TIME)
    loses, share = (table.cell(key, **row) for key in ("weight_loses", "share_loses"))
    part_time = table.cell("weight_loses", **_row(result, scenario, ANY_SITE))
    more = result.study.settings.loser_min
    text = (
        f"{words.about(loses)} {said.unit} ({words.percentage(share)}) would need more than "
        f"{more:g} minutes longer {row['mode']} to the nearest full-time {said.site}"
    )
    if not (math.isclose(loses, part_time) or math.isnan(part_time)):
        few = (
            words.about(part_time).replace("no", "none", 1)
            if part_time == 0
            else words.about(part_time)
        )
        text += f"; counting any open {said.site}, however few its hours, {few} would"
    return words.capital(text) + "."


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

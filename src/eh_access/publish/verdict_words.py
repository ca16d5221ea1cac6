"""The verdicts of a report in words: a line each, and each thing they rest on said once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eh_access.publish.wording import fact, scenario_label
from eh_access.publish.words import capital, listed
from eh_access.routing.estimate import ACCURACY

if TYPE_CHECKING:
    from eh_access.analysis.criteria import Verdict
    from eh_access.study.results import StudyResult


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
    ("robustness.csv", "the criteria under other assumptions and places"),
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
                told.setdefault(fact(verdict), []).append(verdict.scenario)
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
        for reason in _clauses(verdict.reason):
            given.setdefault(reason, []).append(verdict)
    return [
        (_whose(found, asked), f"{capital(reason).rstrip('.')}.") for reason, found in given.items()
    ]


def _clauses(reason: str) -> list[str]:
    """Return the reasons strung together in one text; "it is left out" goes on from before it."""
    return re.split(r"; (?!it is left out)", reason) if reason else []


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


def accuracy_short() -> str:
    """Return how far off estimates can be in two sentences, for the head of a page."""
    sentences = re.split(r"(?<=\.) (?=[A-Z])", ACCURACY)
    on_foot, change = sentences[2], sentences[3]
    return f"{on_foot.split(';')[0]}. {change}"

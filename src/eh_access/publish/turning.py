"""What could turn the answer, and what could not: for the first pages of the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from eh_access.analysis.rough import rough_radius_m
from eh_access.publish import words
from eh_access.publish.wording import Wording, scenario_label

if TYPE_CHECKING:
    from eh_access.analysis.criteria import Verdict
    from eh_access.study.results import StudyResult

TURNS = "it turns on where "
UNKNOWN = "its place could change the outcome"
"""How a verdict's reasons say what it hangs on (analysis/reasons)."""


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
        f"{verdict.criterion.title}: at {said.value(verdict, verdict.value)} it is within its "
        f"margin of the threshold, {said.value(verdict, verdict.threshold)}; small errors decide."
        for verdict in verdicts
        if "marginal" in {str(verdict.outcome), str(verdict.indication)}
    ]
    found += _uncertain(result, verdicts)
    assumed = result.study.settings.full_time_assumption
    if assumed not in {note.text for note in result.notes}:
        found.append(assumed)
    found += [_differs(result, verdict) for verdict in verdicts]
    return tuple(dict.fromkeys(text for text in found if text))


def _uncertain(result: StudyResult, verdicts: Sequence[Verdict]) -> list[str]:
    """Return what turns on where sites are, as the verdicts' own reasons say, and what does not."""
    sites = result.sites
    radius = pd.Series(rough_radius_m(sites), index=sites.index)
    rough = radius[radius > 0].sort_values(ascending=False, kind="stable")
    names = sites["name"]
    clauses = [verdict.reason.split("; ") for verdict in verdicts]
    turned = [" ".join(text for text in told if text.startswith(TURNS)) for told in clauses]
    turning = [site for site in rough.index if any(names[site] in text for text in turned)]
    found, whole = [], len(verdicts)
    if turning:
        listed = words.listed(f"{names[site]} (to within {rough[site]:,.0f} m)" for site in turning)
        count = _of_these(sum(map(bool, turned)), whole)
        found.append(f"Where these are, known only roughly: {listed}. {count} on this.")
    if len(rough) > len(turning):
        others = f"{len(rough) - len(turning)} others" if turning else f"{len(rough)} places"
        found.append(
            f"Not the {others} known only roughly: tried nearer and farther, no criterion turns."
        )
    for name in sites.loc[sites["location_basis"] == "unknown", "name"]:
        hangs = sum(any(UNKNOWN in t for t in told) and name in " ".join(told) for told in clauses)
        found.append(
            f"Where {name} is, which is not known: {_of_these(hangs, whole)} on this."
            if hangs
            else f"Not where {name} is, though that is not known: wherever tried, no outcome turns."
        )
    return found


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


def _of_these(count: int, whole: int) -> str:
    return f"{count} of {whole} criteria turn{'s' if count == 1 else ''}"


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
    told = words.listed(
        f"{said.outcome(other)} under {words.quoted(scenario_label(result, other.scenario))}"
        for other in others
    )
    return f"{verdict.criterion.title}: {said.outcome(verdict)} here, but {told}."

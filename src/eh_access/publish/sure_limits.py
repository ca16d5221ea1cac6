"""What trying other assumptions does not tell, and hours that stand exactly at what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eh_access.analysis.verdicts import judge
from eh_access.publish import words
from eh_access.publish.wording import Wording
from eh_access.study.cases import cases_of

if TYPE_CHECKING:
    from eh_access.study.results import StudyResult

A_LITTLE = 1e-6
"""By so small a share more hours are asked for than a site has that has exactly those asked."""


def what_it_does_not_tell(result: StudyResult) -> tuple[str, ...]:
    """Return what the settings tried leave out."""
    sources = "the estimate of times itself" if result.estimated else "the map of streets"
    told = [
        (
            "The settings are not drawn from anything, so “45 of 47” is no probability. Errors of "
            f"{sources} and of the counts are not among them, nor opening hours other than those "
            "given."
        )
    ]
    gaps = [item.title for item in result.study.criteria if item.measure == "group_gap"]
    if gaps:
        listed = words.listed(words.quoted(title) for title in gaps)
        told.append(
            "Another speed multiplies all minutes alike. It can make a difference between two "
            "groups larger or smaller, never turn it round: that such settings agree says "
            f"nothing on {listed}, where the question is which group has more added."
        )
    return tuple(told)


def hours_at_the_edge(result: StudyResult, scenario: str) -> tuple[str, ...]:
    """Return which criteria about hours count sites that have exactly the hours asked for."""
    case = next((item for item in cases_of(result) if item.scenario == scenario), None)
    if case is None:
        return ()
    said, sites, told = Wording.of(result), case.after.sites, []
    for item in result.study.criteria:
        if item.min_hours is None:
            continue
        exact = sites.index[sites["is_open"] & (sites["hours_per_week"] == item.min_hours)]
        if not len(exact):
            continue
        fewer = item.model_copy(update={"min_hours": item.min_hours * (1 + A_LITTLE)})
        now, then = judge(item, case), judge(fewer, case)
        names = words.listed(sites["name"][exact].astype(str))
        told.append(
            f"{item.title}: it asks for {item.min_hours:g} hours a week, and {names} "
            f"{'has' if len(exact) == 1 else 'have'} exactly {item.min_hours:g} here, taken at the "
            f"most that is allowed. Were it any fewer, it would be {said.value(now, then.value)} "
            f"instead of {said.value(now, now.value)} (before any change "
            f"{said.value(now, now.baseline_value)}; asked for {said.value(now, now.threshold)})."
        )
    return tuple(told)

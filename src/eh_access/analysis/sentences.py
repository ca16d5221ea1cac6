"""Verdicts in plain English, with counts of whoever the study counts."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.arrays import ROUNDING
from eh_access.analysis.equality import GROUPS
from eh_access.analysis.judgements import Finding, judgement
from eh_access.analysis.numerals import about, amount, count_of, percent, shown
from eh_access.analysis.readings import served

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from eh_access.analysis.case import Case
    from eh_access.analysis.criteria import Criterion
    from eh_access.analysis.question import Question

METRES_PER_KM = 1000.0
CODE = re.compile(r"[A-Z]\d{8}")
"""Of an area, as the statistics office writes it: what stands where no name is known."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Telling:
    """What the sentences are made from."""

    question: Question  # A criterion, and what it was asked of
    case: Case
    before: NDArray[np.float64]  # what each origin has: minutes, metres or hours a week
    after: NDArray[np.float64]
    travel: str  # how people travel, in words: "on foot"
    search_min: float  # how far minutes were searched
    evidence: pd.DataFrame  # the rows behind the verdict

    @property
    def criterion(self) -> Criterion:
        """The criterion."""
        return self.question.criterion

    @property
    def place(self) -> str:
        """What a site that counts is called."""
        full = self.criterion.sites == "full_time"
        return f"full-time {self.case.settings.place}" if full else self.case.settings.place

    @property
    def a_place(self) -> str:
        """The same with its article."""
        return f"{'an' if self.place[0].lower() in 'aeiou' else 'a'} {self.place}"

    @property
    def by_street(self) -> str:
        """Say that a distance goes along streets, where it does."""
        times = self.case.before.times.get(self.criterion.mode)
        return "" if times is not None and times.estimated else " by street"

    @property
    def be(self) -> str:
        """The verb: what is, or what would be."""
        return "are" if self.case.is_baseline else "would be"

    @property
    def have(self) -> str:
        """The verb: what they have, or would have."""
        return "have" if self.case.is_baseline else "would have"

    def count(self, condition: NDArray[np.bool_]) -> str:
        """Return how many of those who count meet a condition, in words."""
        weights = self.question.base.weights
        told = self.case.settings
        part, whole = float(weights[condition].sum()), float(weights.sum())
        return count_of(part, whole, told.unit, told.policy)

    def some(self, condition: NDArray[np.bool_]) -> str:
        """Return how many meet a condition as a number, or "" for none."""
        weight = float(self.question.base.weights[condition].sum())
        return about(weight, self.case.settings.policy) if weight > 0 else ""


def sentence(telling: Telling, finding: Finding) -> str:
    """Return a verdict in plain English: the facts, then what follows."""
    fact = _FACTS[telling.criterion.measure](telling)
    return f"{fact[:1].upper()}{fact[1:]} {judgement(telling.criterion, finding)}"


def _reach(telling: Telling) -> str:
    """Tell who is too far from a site, by time or by distance."""
    criterion = telling.criterion
    if criterion.within_m is not None:
        far = f"{criterion.within_m:g} m"
        if criterion.within_m >= METRES_PER_KM:
            far = f"{criterion.within_m / METRES_PER_KM:g} km"
        where = f"more than {far}{telling.by_street} from {telling.a_place}, {telling.travel}"
    else:
        where = (
            f"more than {criterion.cutoff_min:g} minutes {telling.travel} from {telling.a_place}"
        )
    return _unserved(telling, f"{telling.be} {where}", ("were nearer", "would be nearer"))


def _hours(telling: Telling) -> str:
    """Tell who has too few opening hours within reach."""
    criterion = telling.criterion
    both = "together" if criterion.there_and_back == "total" else "each way"
    what = (
        f"{telling.have} fewer than {criterion.min_hours:g} opening hours a week within "
        f"{criterion.cutoff_min:g} minutes {telling.travel}, there and back ({both})"
    )
    return _unserved(telling, what, ("had enough", "would have enough"))


def _unserved(telling: Telling, what: str, words: tuple[str, str]) -> str:
    """Tell who is not served; the words are for those who were before, and for those newly so."""
    had = served(telling.criterion, telling.before)
    has = served(telling.criterion, telling.after)
    told = f"{telling.count(~has)} {what}"
    if telling.criterion.group is not None:
        told = f"In {GROUPS[telling.criterion.group].words}, {told}"
    if telling.case.is_baseline:
        return f"{told}."
    lost, won = telling.some(had & ~has), telling.some(has & ~had)
    public = telling.case.settings.policy.public  # elsewhere "all" could tell what is hidden
    newly = "all" if public and lost == telling.some(~has) else lost
    told += f"; {newly} of them {words[0]} before" if lost else "; none of them newly"
    return f"{told}; {won} others {words[1]} than before." if won else f"{told}."


def _added(telling: Telling) -> str:
    """Tell whose trip grows by too much."""
    criterion = telling.criterion
    if telling.case.is_baseline:
        return "This is how things stand: nothing is added to any trip."
    more = telling.evidence["counts"].to_numpy(dtype=bool)
    told = (
        f"{telling.count(more)} would have more than {criterion.added_min:g} minutes added to the "
        f"trip {telling.travel} to the nearest {telling.place}"
    )
    lost = telling.some(np.isinf(telling.after) & np.isfinite(telling.before))
    longest = f"within {telling.search_min:g} minutes"
    return f"{told}; {lost} of them could no longer reach one {longest}." if lost else f"{told}."


def _group(telling: Telling) -> str:
    """Tell how much a group's trips grow beside everyone else's."""
    if telling.case.is_baseline:
        return "This is how things stand: nothing is added to any trip."
    inside, elsewhere = telling.evidence.to_dict("records")
    words = GROUPS[telling.criterion.group or ""].words
    unit, policy = telling.case.settings.unit, telling.case.settings.policy
    return (
        f"In {words} the trip {telling.travel} to the nearest {telling.place} would take "
        f"{_longer(inside['mean_change_min'])} on average "
        f"({about(inside['weight'], policy)} {unit}), "
        f"elsewhere {_longer(elsewhere['mean_change_min'])} "
        f"({about(elsewhere['weight'], policy)})."
    )


def _longer(minutes: float) -> str:
    if math.isnan(minutes):
        return "a time that is not known"
    if math.isinf(minutes):
        return (
            "for ever, as some lose all reach," if minutes > 0 else "less, as some come in reach,"
        )
    size = shown(abs(minutes), "min")
    if amount(size) == 0:
        return "no longer"
    return f"{size} {'longer' if minutes > 0 else 'less'}"


def _areas(telling: Telling) -> str:
    """Tell which area loses most coverage."""
    criterion, rows = telling.criterion, telling.evidence
    kind = (criterion.by or "area").split("_")[0]
    within = f"within {criterion.cutoff_min:g} minutes {telling.travel} of {telling.a_place}"
    if telling.case.is_baseline:
        return f"This is how things stand: no {kind} loses any of its share {within}."
    worst = rows.iloc[0]
    if worst["fall_points"] <= 0:
        return f"In no {kind} would the share of {telling.case.settings.unit} {within} fall."
    over = int((rows["fall_points"] > criterion.threshold + ROUNDING).sum())
    policy = telling.case.settings.policy
    shares = [float(worst[f"share_{when}"]) for when in ("before", "after")]
    # beside the fall, one share would tell the other where that is hidden
    hidden = not policy.public and any(map(math.isnan, shares))
    ends = "" if hidden else f", from {percent(shares[0])} to {percent(shares[1])}"
    many = f"{over} of {len(rows)} {kind}s" if over else f"no {kind}"
    return (
        f"{_called(worst, kind)} would lose most: the share of its {telling.case.settings.unit} "
        f"{within} "
        f"would fall by {shown(worst['fall_points'], 'points', near=criterion.threshold)}"
        f"{ends}; {many} "
        f"would lose more than {criterion.threshold:g} points."
    )


def _called(area: pd.Series, kind: str) -> str:
    """Return an area's name at the start of a sentence; a bare code says what it is a code of."""
    name = str(area["name"])
    return f"{kind.capitalize()} {name}" if CODE.fullmatch(name) else name


_FACTS: Mapping[str, Callable[[Telling], str]] = {
    "coverage": _reach,
    "coverage_distance": _reach,
    "group_coverage": _reach,
    "hours_reachable": _hours,
    "added_time": _added,
    "group_gap": _group,
    "area_loss": _areas,
}

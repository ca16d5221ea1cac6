"""One table of times to candidate venues, asked for the best of them again and again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.aligning import rows_of
from eh_access.analysis.alternative_sets import BETWEEN
from eh_access.analysis.arrays import within
from eh_access.analysis.hiding import blurred
from eh_access.analysis.optimum import (
    OBJECTIVES,
    Objective,
    Problem,
    Solution,
    solve,
)
from eh_access.analysis.policy import HIDDEN_MARK, PUBLIC, Policy
from eh_access.analysis.siting import figures

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from eh_access.analysis.scenarios import Scenario
    from eh_access.routing.types import TravelTimes

    Floats = NDArray[np.float64]

ALONE = ""
"""Stands for the scenario that is mended when none is: sessions on their own."""

ALONE_AIMS = {
    "p_median": "the shortest trip on average, {nothing}",
    "p_centre": "the shortest trip for the worst off",
    "maximal_cover": "the most within {cutoff:g} minutes",
    "lexicographic": "the shortest trip for the worst off, then for the next",
}
MENDING_AIMS = {
    "p_median": "the most added minutes given back, {nothing}",
    "p_centre": "the fewest minutes still added for whoever has most added",
    "maximal_cover": "the most lost cover given back",
    "lexicographic": "the fewest minutes still added for whoever has most, then for the next",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Loss:
    """What a scenario takes away, for outreach to give back.

    Parameters
    ----------
    scenario
        The scenario that is mended.
    before, after
        float (origins,): minutes to the nearest site that counts, in the order of the origins
        of the candidates' times; inf where none is reached.
    """

    scenario: Scenario
    before: Floats
    after: Floats


@dataclass(frozen=True, kw_only=True)
class OutreachOptions:
    """What a search for venues may be told.

    Parameters
    ----------
    sessions
        How many venues, each number tried.
    objectives
        What is made best, each tried.
    hours_per_week
        How long each venue is open in the scenarios that come out.
    cutoff_min
        Minutes within which people are covered.
    unit
        What is counted, in the plural.
    time_limit_s
        For each integer program.
    policy
        How counts are kept from identifying anybody.
    """

    sessions: tuple[int, ...] = (1, 2, 3, 4)
    objectives: tuple[Objective, ...] = OBJECTIVES
    hours_per_week: float = 10.0
    cutoff_min: float = 30.0
    unit: str = "under-fives"
    time_limit_s: float = 60.0
    policy: Policy = PUBLIC


@dataclass(eq=False)
class Search:
    """One table of times, asked again and again."""

    times: TravelTimes
    origins: gpd.GeoDataFrame
    mend: Loss | None
    told: OutreachOptions
    names: pd.Series | None
    weights: Floats = field(init=False)
    minutes: Floats = field(init=False)
    ids: list[str] = field(init=False)

    def __post_init__(self) -> None:
        weights = self.origins["weight"].to_numpy(dtype=np.float64)
        self.weights = weights[rows_of(self.times, self.origins)]
        reached = np.isfinite(self.times.minutes).any(axis=0)
        self.ids = sorted(str(site) for site in self.times.site_ids[np.flatnonzero(reached)])
        self.minutes = self.times.minutes[:, self.times.columns_of(self.ids)].astype(np.float64).T

    def row(self, sessions: int, objective: Objective) -> tuple[dict[str, object], list[str]]:
        """Return one row of the frame, and the venues."""
        solution = solve(self._problem(sessions), objective)
        venues = [self.ids[row] for row in solution.chosen]
        reach = self.minutes[list(solution.chosen)].min(axis=0)
        if self.mend is not None:
            reach = np.minimum(reach, self.mend.after)
        known = {} if self.names is None else self.names.astype(str).to_dict()
        titles = [known.get(site, site) for site in venues]
        got = figures(reach, self.weights, self.told.cutoff_min, limit_min=self.times.cutoff_min)
        row: dict[str, object] = {
            "mends": ALONE if self.mend is None else self.mend.scenario.name,
            "sessions": sessions,
            "objective": objective,
            "aim": self._aim(objective),
            "venues": BETWEEN.join(venues),
            "venue_names": BETWEEN.join(titles),
            **{str(key): round(float(value), 9) for key, value in got.items()},
            "worst_min": self._most(reach),
            "covered_share": self._share(float(got["covered_share"]), float(self.weights.sum())),
            "unreached_weight": float(self.told.policy.shown(round(got["unreached_weight"], 9))),
            **self._regained(reach),
            **_proof(solution),
            "basis": "estimated" if self.times.estimated else "streets",
        }
        row["sentence"] = _sentence(titles, row, self.told)
        return row, venues

    def _problem(self, sessions: int) -> Problem:
        base = np.full(len(self.weights), np.inf)
        minutes, limit = self.minutes, np.full(len(base), self.times.cutoff_min)
        counts = self.weights
        covers = within(minutes, self.told.cutoff_min)
        covered = np.zeros(len(base), dtype=bool)
        if self.mend is not None:
            before, after = self.mend.before, self.mend.after
            lost = within(before, self.told.cutoff_min) & ~within(after, self.told.cutoff_min)
            counts = np.where(lost, counts, 0.0)
            minutes, base = _added(minutes, before), _added(after, before)
            limit = _added(limit, before)
        hopeless = ~np.isfinite(np.minimum(base, minutes.min(axis=0)))
        return Problem(
            minutes=minutes,
            base=base,
            weights=np.where(hopeless, 0.0, self.weights),
            covers=covers,
            covered=covered,
            cover_weights=counts,
            choose=sessions,
            limit_min=limit,
            time_limit_s=self.told.time_limit_s,
        )

    def _aim(self, objective: Objective) -> str:
        """Return what is made best, in words that name it exactly."""
        aims = ALONE_AIMS if self.mend is None else MENDING_AIMS
        limit = self.times.cutoff_min
        return aims[objective].format(
            nothing=f"who reaches nothing within {limit:g} minutes counted with {limit:g}",
            cutoff=self.told.cutoff_min,
        )

    def _most(self, minutes: Floats) -> float:
        """Return the most minutes of those somebody could serve; inf if one of them is not."""
        able = np.isfinite(self.minutes).any(axis=0)
        if self.mend is not None:
            able |= np.isfinite(self.mend.after)
        return float(np.round(minutes[able & (self.weights > 0)].max(initial=0.0), 9))

    def _regained(self, reach: Floats) -> dict[str, float]:
        """Return how much of what was lost comes back; missing where nothing was lost."""
        told = dict.fromkeys(
            (
                "coverage_lost_weight",
                "coverage_regained_share",
                "minutes_lost",
                "minutes_regained_share",
                "worst_added_min",
            ),
            np.nan,
        )
        if self.mend is None:
            return told
        before, after, cutoff = self.mend.before, self.mend.after, self.told.cutoff_min
        lost = within(before, cutoff) & ~within(after, cutoff)
        gone = float(self.weights[lost].sum())
        limit = self.times.cutoff_min
        added, left = (
            float((_added(np.minimum(held, limit), before) * self.weights).sum())
            for held in (after, reach)
        )
        told["worst_added_min"] = self._most(_added(reach, before))
        told["coverage_lost_weight"] = float(self.told.policy.shown(gone))
        told["minutes_lost"] = added
        if gone > 0:
            back = lost & within(reach, cutoff)
            told["coverage_regained_share"] = self._share(
                float(self.weights[back].sum()) / gone, gone
            )
        if added > 0:
            told["minutes_regained_share"] = round(1.0 - left / added, 9)
        return told

    def _share(self, share: float, base: float) -> float:
        """Return a share as it is published."""
        return round(float(blurred(share, base, self.told.policy)), 9)


def _added(minutes: Floats, before: Floats) -> Floats:
    """Return minutes above those before; 0 for those who reached nothing then."""
    known = np.isfinite(before)
    return np.where(known, np.maximum(minutes - np.where(known, before, 0.0), 0.0), 0.0)


def _proof(solution: Solution) -> dict[str, object]:
    return {
        "proven": solution.proven,
        "gap_share": round(solution.gap, 9),
        "method": solution.method,
    }


def _sentence(names: list[str], row: dict[str, object], told: OutreachOptions) -> str:
    count = len(names)
    listed = names[0] if count == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    each = "" if count == 1 else " each"
    where = (
        f"{count} venue{'' if count == 1 else 's'} of {told.hours_per_week:g} hours a week{each}, "
        f"at {listed}"
    )
    aim = row["aim"]
    if row["mends"] == ALONE:
        return (
            f"{where}: {_covered(row['covered_share'], told.policy)} of {told.unit} within "
            f"{told.cutoff_min:g} minutes of one (chosen for {aim})."
        )
    within_words = f"of lost cover within {told.cutoff_min:g} minutes"
    parts = [
        f"{_percent(row[key])} {what}"
        for key, what in (
            ("coverage_regained_share", within_words),
            ("minutes_regained_share", "of added minutes"),
        )
        if not np.isnan(float(str(row[key])))
    ]
    if not parts:
        return f"{where}: nothing was lost that could be given back."
    return (
        f"{where}: by distance alone, {' and '.join(parts)} come{_s(len(parts))} back "
        f"(chosen for {aim})."
    )


def _s(count: int) -> str:
    return "s" if count == 1 else ""


def _covered(share: object, policy: Policy) -> str:
    hidden = not policy.public and np.isnan(float(str(share)))
    return HIDDEN_MARK if hidden else _percent(share)


def _percent(share: object) -> str:
    """Return a share in whole per cent, 100 and 0 kept for all and none."""
    value = float(str(share))
    if np.isnan(value):
        return "no share"
    whole = min(max(round(value * 100), 1), 99) if 0 < value < 1 else round(value * 100)
    return f"{whole}%"

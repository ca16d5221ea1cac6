"""Where sessions help most: venues alone or together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eh_access.arguments import check_arguments
from eh_access.delegate import delegate
from eh_access.errors import InputError, NotFoundError
from eh_access.facts import Note, note
from eh_access.measures.basic import weights_of, within
from eh_access.measures.scenarios import Open, Scenario, SetHours
from eh_access.planning.alternatives import BETWEEN
from eh_access.planning.optimum import OBJECTIVES, Objective, Problem, solve
from eh_access.planning.siting import figures, objective_faults

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.routing.travel_times import TravelTimes

    Floats = NDArray[np.float64]

ALONE = ""
"""Stands for the scenario that is mended when none is: sessions on their own."""

ALONE_AIMS = {
    "p_median": "the shortest trip on average, {nothing}",
    "maximal_cover": "the most within {cutoff:g} minutes",
}
MENDING_AIMS = {
    "p_median": "the most added minutes given back, {nothing}",
    "maximal_cover": "the most lost cover given back",
}


REGAINED = (
    "coverage_lost_weight",
    "coverage_regained_share",
    "minutes_lost",
    "minutes_regained_share",
    "worst_added_min",
)
"""Columns of what was lost and how much of it comes back."""


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
    """

    sessions: tuple[int, ...] = (1, 2, 3, 4)
    objectives: tuple[Objective, ...] = tuple(OBJECTIVES)
    hours_per_week: float = 10.0
    cutoff_min: float = 30.0
    unit: str = "under-fives"
    time_limit_s: float = 60.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Search:
    """One table of times, asked again and again."""

    times: TravelTimes
    mend: Loss | None
    options: OutreachOptions
    names: Mapping[Any, str]  # of venues, where they have any
    ids: list[str]  # of the venues that somebody can reach
    minutes: Floats  # float64 (venues, origins)
    weights: Floats

    def row(self, sessions: int, objective: Objective) -> tuple[dict[str, object], list[str]]:
        """Return one row of the frame, and the venues."""
        solution = solve(self._problem(sessions), objective)
        venues = [self.ids[row] for row in solution.chosen]
        reach = self.minutes[list(solution.chosen)].min(axis=0)
        if self.mend is not None:
            reach = np.minimum(reach, self.mend.after)
        got = figures(reach, self.weights, self.options.cutoff_min, limit_min=self.times.cutoff_min)
        row: dict[str, object] = {
            "mends": ALONE if self.mend is None else self.mend.scenario.name,
            "sessions": sessions,
            "objective": objective,
            "aim": self._aim(objective),
            "venues": BETWEEN.join(venues),
            "venue_names": BETWEEN.join(self.names.get(site, site) for site in venues),
            **{str(key): round(float(value), 9) for key, value in got.items()},
            "worst_min": self._most(reach),
            **dict(zip(REGAINED, self._regained(reach), strict=True)),
            "proven": solution.proven,
            "gap_share": round(solution.gap, 9),
            "method": solution.method,
            "basis": "estimated" if self.times.estimated else "streets",
        }
        return row, venues

    def _problem(self, sessions: int) -> Problem:
        base = np.full(len(self.weights), np.inf)
        minutes, limit = self.minutes, np.full(len(base), self.times.cutoff_min)
        counts = self.weights
        covers = within(minutes, self.options.cutoff_min)
        covered = np.zeros(len(base), dtype=bool)
        if self.mend is not None:
            before, after = self.mend.before, self.mend.after
            lost = within(before, self.options.cutoff_min) & ~within(after, self.options.cutoff_min)
            counts = np.where(lost, counts, 0.0)
            minutes, base = _added(minutes, before), _added(after, before)
            limit = _added(limit, before)
        unreached = ~np.isfinite(np.minimum(base, minutes.min(axis=0)))
        return Problem(
            minutes=minutes,
            base=base,
            weights=np.where(unreached, 0.0, self.weights),
            covers=covers,
            covered=covered,
            cover_weights=counts,
            choose=sessions,
            limit_min=limit,
            time_limit_s=self.options.time_limit_s,
        )

    def _aim(self, objective: Objective) -> str:
        """Return what is made best, in words that name it exactly."""
        aims = ALONE_AIMS if self.mend is None else MENDING_AIMS
        limit = self.times.cutoff_min
        return aims[objective].format(
            nothing=f"who reaches nothing within {limit:g} minutes counted with {limit:g}",
            cutoff=self.options.cutoff_min,
        )

    def _most(self, minutes: Floats) -> float:
        """Return the most minutes of those somebody could serve; inf if one of them is not."""
        reachable = np.isfinite(self.minutes).any(axis=0)
        if self.mend is not None:
            reachable |= np.isfinite(self.mend.after)
        return float(np.round(minutes[reachable & (self.weights > 0)].max(initial=0.0), 9))

    def _regained(self, reach: Floats) -> tuple[float, ...]:
        """Return how much of what was lost comes back; missing where nothing was lost."""
        if self.mend is None:
            return (np.nan,) * len(REGAINED)
        before, after, cutoff = self.mend.before, self.mend.after, self.options.cutoff_min
        lost = within(before, cutoff) & ~within(after, cutoff)
        gone = float(self.weights[lost].sum())
        back = float(self.weights[lost & within(reach, cutoff)].sum())
        added, left = (
            float((_added(np.minimum(held, self.times.cutoff_min), before) * self.weights).sum())
            for held in (after, reach)
        )
        return (
            gone,
            round(back / gone, 9) if gone > 0 else np.nan,
            added,
            round(1.0 - left / added, 9) if added > 0 else np.nan,
            self._most(_added(reach, before)),
        )


def _added(minutes: Floats, before: Floats) -> Floats:
    """Return minutes above those before; 0 for those who reached nothing then."""
    known = np.isfinite(before)
    return np.where(known, np.maximum(minutes - np.where(known, before, 0.0), 0.0), 0.0)


def with_sentences(outreach: Outreach, *, hidden: str = "no share") -> Outreach:
    """Return venues whose rows and scenarios say in words what their figures do."""
    rows = outreach.frame.to_dict("records")
    sentences = [
        _sentence({str(key): value for key, value in row.items()}, outreach.options, hidden)
        for row in rows
    ]
    scenarios = [
        replace(scenario, label=sentence)
        for scenario, sentence in zip(outreach.scenarios, sentences, strict=True)
    ]
    frame = outreach.frame.assign(sentence=sentences)
    return replace(outreach, frame=frame, scenarios=tuple(scenarios))


def _sentence(row: dict[str, object], options: OutreachOptions, hidden: str) -> str:
    regained = {
        name: "" if np.isnan(float(str(row[key]))) else _percent(row[key], hidden)
        for name, key in (
            ("cover", "coverage_regained_share"),
            ("minutes", "minutes_regained_share"),
        )
    }
    facts = {
        "names": str(row["venue_names"]).split(BETWEEN),
        "hours_per_week": options.hours_per_week,
        "alone": row["mends"] == ALONE,
        "covered": _percent(row["covered_share"], hidden),
        "unit": options.unit,
        "cutoff_min": options.cutoff_min,
        "aim": row["aim"],
        **regained,
    }
    return str(delegate("phrase", facts, "planning", "venues"))


def _percent(share: object, hidden: str) -> str:
    """Return a share in whole per cent, 100 and 0 kept for all and none."""
    value = float(str(share))
    if np.isnan(value):
        return hidden
    whole = min(max(round(value * 100), 1), 99) if 0 < value < 1 else round(value * 100)
    return f"{whole}%"


@dataclass(frozen=True, eq=False, kw_only=True)
class Outreach:
    """The best venues; made by `best_sessions`.

    Parameters
    ----------
    frame
        A row per number of venues and objective, index ``number`` from 1:

        - ``mends``: the scenario's name, "" if none; ``sessions``; ``objective``, and ``aim``: in
          words, what no other venues of the number do better by; ``venues`` and ``venue_names``,
          "; " between them;
        - ``mean_min`` (of those reached), ``mean_at_limit_min`` (of all, who reaches nothing
          counted at the end of the search: what the p-median makes least), ``worst_min`` (of all
          that some venue reaches; inf if one of them is left out), ``covered_share``,
          ``unreached_weight``: with the venues and, when mending, the sites that stay;
        - when mending: ``coverage_lost_weight`` (covered before, not after) and
          ``coverage_regained_share`` of it; ``minutes_lost`` (weight times minutes added, of those
          reached before; who is reached no more is counted at the end of the search) and
          ``minutes_regained_share`` of it; ``worst_added_min`` (the most still added above the time
          before; inf if one of those is left out). The aims of mending go by these three: minutes
          below the time before count for nothing. Missing when alone, or when nothing was lost;
        - ``proven``, ``gap_share``, ``method``, ``basis``, ``sentence``.
    scenarios
        Each row as a scenario, in order: what was mended, and the venues open.
    notes
        What must be said beside it.
    options
        How it was asked.
    """

    frame: pd.DataFrame
    scenarios: tuple[Scenario, ...]
    notes: tuple[Note, ...] = ()
    options: OutreachOptions = field(default_factory=OutreachOptions)

    def scenario(self, number: int) -> Scenario:
        """Return one row as a scenario; run it on sites from `with_candidates`.

        Parameters
        ----------
        number
            From the index of ``frame``.

        Returns
        -------
        Scenario
            The changes of what is mended, then each venue opened with its hours.

        Raises
        ------
        NotFoundError
            If there is no such row.
        """
        if not 1 <= number <= len(self.scenarios):
            raise NotFoundError(f"no row {number}: they run from 1 to {len(self.scenarios)}")
        return self.scenarios[number - 1]


@check_arguments
def best_sessions(
    times: TravelTimes,
    origins: gpd.GeoDataFrame,
    *,
    names: pd.Series | None = None,
    mend: Loss | None = None,
    options: OutreachOptions | None = None,
) -> Outreach:
    """Return the best venues for sessions, for each number of them and each objective.

    Parameters
    ----------
    times
        From origins to every candidate venue.
    origins
        With ``weight``.
    names
        Of the venues, by id; their ids if None.
    mend
        What a scenario takes away. None: the venues are all there is.
    options
        How many, by what objectives.

    Returns
    -------
    Outreach
        Proven the best, unless a row says otherwise.

    Raises
    ------
    InputError
        If a number of sessions is below 1 or more than there are venues, an objective is
        unknown, or what is to be mended is of other origins. All faults at once.

    Examples
    --------
    >>> from eh_access import WALK, estimate_travel_times, load_origins, load_sites
    >>> homes, venues = load_origins("rotherham_oa"), load_sites("rotherham_candidates")
    >>> times = estimate_travel_times(homes, venues, mode=WALK)
    >>> found = best_sessions(times, homes, options=OutreachOptions(sessions=(1,)))
    >>> found.frame["proven"].all().item(), len(found.scenarios)
    (True, 2)
    """
    asked = options or OutreachOptions()
    _check(times, mend, asked)
    reached = np.isfinite(times.minutes).any(axis=0)
    ids = sorted(str(site) for site in times.site_ids[np.flatnonzero(reached)])
    search = Search(
        times=times,
        mend=mend,
        options=asked,
        names={} if names is None else names.astype(str).to_dict(),
        ids=ids,
        minutes=times.minutes[:, times.columns_of(ids)].astype(np.float64).T,
        weights=weights_of(times, origins),
    )
    rows = [
        search.row(sessions, objective)
        for sessions in asked.sessions
        for objective in asked.objectives
    ]
    frame = pd.DataFrame([row for row, _ in rows])
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="number")
    scenarios = tuple(_as_scenario(venues, mend, row, asked) for row, venues in rows)
    notes = [note("info", "venues-unasked")]
    if times.estimated:
        notes.append(note("info", "venues-estimated"))
    return with_sentences(
        Outreach(frame=frame, scenarios=scenarios, notes=tuple(notes), options=asked)
    )


def outreach_frame(searches: Sequence[Outreach]) -> pd.DataFrame:
    """Return ``outreach.csv``: one row per scenario mended, number of venues and objective."""
    parts = [
        part.frame.assign(scenario=[scenario.name for scenario in part.scenarios])
        for part in searches
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def with_candidates(sites: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the sites with candidate venues beside them, closed until a scenario opens them."""
    both = sites.index.intersection(candidates.index).tolist()
    if both:
        raise InputError(f"candidates: {both[:5]} are sites already; give them other ids")
    opened = sites["is_open"] if "is_open" in sites else pd.Series(data=True, index=sites.index)
    return pd.concat([sites.assign(is_open=opened), candidates.assign(is_open=False)])


def _as_scenario(
    venues: list[str], mend: Loss | None, row: dict[str, object], options: OutreachOptions
) -> Scenario:
    base = () if mend is None else mend.scenario.changes
    opened = tuple(
        change
        for venue in venues
        for change in (Open(venue), SetHours(venue, options.hours_per_week))
    )
    stem = "outreach" if mend is None else mend.scenario.name
    name = f"{stem}-{row['objective']}-{row['sessions']}".replace("_", "-")
    return Scenario(name, name, (*base, *opened))


def _check(times: TravelTimes, mend: Loss | None, options: OutreachOptions) -> None:
    reachable = int(np.isfinite(times.minutes).any(axis=0).sum())
    faults = [
        f"sessions is {count}; give 1 to {reachable}, the venues somebody can reach"
        for count in options.sessions
        if not 1 <= count <= reachable
    ]
    faults += objective_faults(options.objectives)
    if not 0 <= options.hours_per_week <= 168:  # noqa: PLR2004 - hours in a week
        faults.append(f"hours_per_week is {options.hours_per_week:g}; give 0 to 168")
    if mend is not None and not len(mend.before) == len(mend.after) == len(times.origin_ids):
        faults.append("what is to be mended is of other origins than the candidates' times")
    if faults:
        raise InputError(faults)

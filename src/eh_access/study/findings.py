"""What the minutes say beyond the verdicts."""

from __future__ import annotations

import datetime as dt
import logging
import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
import pandas as pd

from eh_access.arguments import check_arguments
from eh_access.criteria.evaluate import cut_sites
from eh_access.criteria.judge import judge
from eh_access.criteria.sensitivity import Sensitivity, evaluated, sensitivity
from eh_access.criteria.uncertainty import outcomes_drawn, spread_of, weigh
from eh_access.errors import InputError
from eh_access.measures.basic import HALF_DECISECOND_MIN, change_of, weighted_mean, within
from eh_access.measures.bounds import loss_bounds
from eh_access.measures.catchments import floating_catchment, load_on_sites
from eh_access.measures.comparison import CURVE_MIN, Compared, Comparison, compare
from eh_access.measures.equity import fairness_frame
from eh_access.measures.opening_hours import clock_min, hours_of
from eh_access.measures.scenarios import Scenario, SetHours, apply_scenario, open_sites
from eh_access.modes import TRANSIT, VISIT, WAYS
from eh_access.planning.alternatives import (
    AlternativeOptions,
    Alternatives,
    rank_alternatives,
)
from eh_access.planning.outreach import (
    Loss,
    Outreach,
    OutreachOptions,
    best_sessions,
    outreach_frame,
)
from eh_access.planning.three_readings import readings_table
from eh_access.routing.isochrones import isochrones
from eh_access.study.config import decided_scenario, scenario_of
from eh_access.study.families import ROLE as FAMILIES_ROLE
from eh_access.study.inputs import capacities, changed_buses, read_buses, read_inputs, read_week
from eh_access.study.reading import are_postcodes
from eh_access.study.redact import (
    coarsening,
    hidden_falls,
    redact_alternatives,
    redact_outreach,
    redact_sensitivity,
    redact_tables,
    redact_values,
    redact_verdict,
)
from eh_access.study.result import BASELINE_NAME
from eh_access.study.travel import (
    Progress,
    Travel,
    changed_ways,
    compute_travel_times,
    find_visits,
    find_visits_of_a_week,
    journeys_to,
    on_streets,
    session_mode,
    sessions_of_the_day,
    silent,
    times_by,
    with_buses,
    with_columns,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from eh_access.criteria.criterion import Case, Criterion, Side, Verdict
    from eh_access.criteria.draws import Simulation
    from eh_access.criteria.uncertainty import Uncertainty
    from eh_access.measures.opening_hours import Openings
    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.privacy.policy import Policy
    from eh_access.routing.travel_times import TravelTimes
    from eh_access.study.config import ScenarioConfig, Settings, Study
    from eh_access.study.result import StudyResult
    from eh_access.transit.journeys import TransitTimes
    from eh_access.transit.timetable import Timetable as Buses
    from eh_access.transit.trips import JudgedTrip
    from eh_access.transit.visits import Visits

Attended: TypeAlias = "Mapping[str, Mapping[str, Visits]]"
"""Who can be at which sessions, by scenario with travel of its own and by mode."""

Held = TypeVar("Held")

SAME_HOURS = 1e-6
NEVER_DS = 2**30
"""Stands in journeys for no vehicle that leaves."""

LOW, MEDIAN, HIGH = 10.0, 50.0, 90.0
"""Percentiles of a window that tables tell."""
LOAD_COLUMNS = (
    "scenario",
    "mode",
    "sites",
    "site_id",
    "weight_before",
    "weight_after",
    "absorbed",
    "capacity",
    "per_place_before",
    "per_place_after",
    "places_per_hundred",
)
A_LITTLE = 1e-6
"""By which share of its hours a site that has exactly the hours asked for is tried with fewer."""

CUTOFFS_MIN = (10, 20, 30, 45, 60)
"""Of the isochrones on the map page."""

WALK_CELL_M, DRIVE_CELL_M = 30.0, 80.0
"""How far apart the points of the raster lie that isochrones are drawn on."""

BEYOND_M = 1000.0
"""How far beyond the study's area land is kept."""

FRAGILITY_COLUMNS = (
    "scenario",
    "criterion",
    "draw",
    "value",
    "baseline_value",
    "outcome",
)
LOSING_DRAWS, LOST_SHARE = 20, 0.1
"""How often departures are lost, and which part of each route's."""

HOUR_MIN, MORE_WALK_MIN, SATURDAY = 60, 5.0, 5

MOST_TRIPS = 5_000
"""In a look-up of postcodes: each takes some 60 bytes, and a millisecond to trace."""

MOST_MINUTES = 666_666
"""In a look-up of postcodes: a map may take 5 MB in all, streets included."""

log = logging.getLogger(__name__)


def sessions_table(
    study: Study, timetable: Openings, cases: Iterable[Case], by_timetable: Attended
) -> pd.DataFrame:
    """Return how many sessions a week can be attended whole, there and back within the day."""
    mode, rows = session_mode(study), []
    for case in cases:
        side, attended = case.after, dict(_of_scenario(by_timetable, case.scenario) or {})
        if timetable:
            ways = side.times[mode], side.times_back[mode]
            attended = {mode: find_visits(study, *ways, timetable)} | attended
        rows += [_sessions_row(case, *visited, timetable) for visited in attended.items()]
    return pd.DataFrame(rows)


def _of_scenario(held: Mapping[str, Held], scenario: str) -> Held | None:
    """Return what is held of a scenario: the baseline's where it has no travel of its own."""
    return held.get(scenario, held.get(BASELINE_NAME))


def _sessions_row(case: Case, mode: str, visited: Visits, timetable: Openings) -> dict[str, object]:
    """Return the figures of one scenario and mode."""
    weights, sites = case.origins["weight"], case.after.sites
    opened = open_sites(sites, full_time=False, full_time_from_hours=0.0)
    # where windows are given, those of the sites that keep their hours; else all have the same
    known = list(_kept(timetable, sites)) if timetable else list(opened)
    held = [site for site in opened if site in known]
    attended = visited.per_origin(held).reindex(case.origins.index)
    some = float(weights[attended["sessions"] > 0].sum())
    return {
        "scenario": case.scenario,
        "mode": mode,
        "each_way_min": visited.each_way_min,
        "weight": float(weights.sum()),
        "weight_any": some,
        "share_any": some / float(weights.sum()),
        "mean_sessions": weighted_mean(attended["sessions"], weights),
        "mean_hours": weighted_mean(attended["hours"], weights),
        "mean_sessions_within": weighted_mean(attended["sessions_within"], weights),
        "sites_timed": len(held),
        "sites_open": len(opened),
    }


def transit_table(
    journeys: Mapping[str, TransitTimes], cases: Iterable[Case], study: Study, attended: Attended
) -> pd.DataFrame:
    """Return how families get to the nearest site by timetable, by scenario.

    Beside it, at how many sessions a week they can be from beginning to end.
    """
    rows: list[dict[str, object]] = []
    for case in cases if journeys else ():
        times = journeys.get(case.scenario, journeys[BASELINE_NAME])
        weights = case.origins["weight"]
        visited = (_of_scenario(attended, case.scenario) or {}).get(TRANSIT)
        for sites in ("full_time", "open"):
            counted = study.settings.open_sites(case.after.sites, full_time=sites == "full_time")
            row: dict[str, object] = {"scenario": case.scenario, "sites": sites}
            row |= {"date": str(times.timetable.date), "percentile": times.judged}
            row |= _journeys(times, counted, weights, study.near_min(TRANSIT))
            for column, figure in {"sessions": "sessions", "session_hours": "hours"}.items():
                row[f"mean_{column}"] = (
                    math.nan
                    if visited is None
                    else weighted_mean(visited.per_origin(counted)[figure], weights)
                )
            rows.append(row)
    return pd.DataFrame(rows)


def _journeys(
    times: TransitTimes, ids: pd.Index, weights: pd.Series, cutoff_min: float
) -> dict[str, float]:
    """Return the figures of the journeys to the nearest of some sites."""
    columns = times.walks.walking.site_ids.get_indexer(ids.sort_values())
    judged = times.judged_min[:, columns]
    nearest, rows = columns[judged.argmin(axis=1)], np.arange(len(judged))
    reached = np.isfinite(judged.min(axis=1))
    rides = reached & (times.leave_ds[rows, nearest] < NEVER_DS)
    weight = weights.to_numpy(dtype=np.float64)
    total = float(weight.sum())
    near = {
        f"within_p{percentile:02g}": float(
            weight[within(times.minutes[:, columns, number].min(axis=1), cutoff_min)].sum()
        )
        for number, percentile in enumerate(times.percentiles)
        if percentile in (LOW, MEDIAN, HIGH)
    }
    return {
        "weight": total,
        **near,
        **{f"share_{name}": value / total for name, value in near.items()},
        "weight_by_vehicle": float(weight[rides].sum()),
        "weight_on_foot": float(weight[reached & ~rides].sum()),
        "weight_unreached": float(weight[~reached].sum()),
        **{
            f"mean_{name}": weighted_mean(
                pd.Series(part[rows, nearest][rides]), pd.Series(weight[rides])
            )
            for name, part in times.journeys.items()
        },
    }


def curve_table(compared: Mapping[str, Compared]) -> pd.DataFrame:
    """Return who is within each of several times, before and after, by scenario and mode."""
    parts = []
    for sites, comparisons in compared.items():
        for (scenario, mode), comparison in comparisons.items():
            each = (WAYS.get(mode, 1) * cutoff for cutoff in CURVE_MIN)
            curve = comparison.curve([one for one in each if one <= comparison.cutoff_min])
            parts.append(curve.assign(scenario=scenario, mode=mode, sites=sites))
    if not parts:
        return pd.DataFrame()
    whole = pd.concat(parts, ignore_index=True)
    first = ["scenario", "mode", "sites", "cutoff_min"]
    return whole[[*first, *(name for name in whole if name not in first)]]


def group_table(study: Study, compared: Mapping[str, Compared]) -> pd.DataFrame:
    """Return how each group counted fares beside everyone, by scenario and mode."""
    groups = study.data.groups
    rows = [
        {
            "scenario": scenario,
            "mode": mode,
            "sites": sites,
            "group": name,
            **counted.curve([study.near_min(mode)]).iloc[0],
            **counted.summary().iloc[0],
        }
        for sites, comparisons in compared.items()
        for (scenario, mode), everyone in (comparisons.items() if groups else ())
        for name, counted in (
            (study.unit, everyone),
            *((words, everyone.counting(column)) for column, words in groups.items()),
        )
    ]
    return pd.DataFrame(rows)


def youth_table(
    study: Study,
    origins: gpd.GeoDataFrame,
    centres: gpd.GeoDataFrame | None,
    venues: gpd.GeoDataFrame | None,
    *,
    network: Network | None,
) -> pd.DataFrame:
    """Return between what the loss lies where youth centres go and not all that stay are known."""
    asked = study.youth
    closed = {site for item in study.scenarios if not item.assess for site in item.close}
    lost = [] if centres is None else [site for site in centres.index if site in closed]
    if asked is None or centres is None or not lost:
        return pd.DataFrame()
    name = session_mode(study)

    def times_to(places: gpd.GeoDataFrame) -> TravelTimes:
        mode = study.settings.travel_modes()[name]
        return times_by(mode, origins, places, network=network, study=study)

    bounds = loss_bounds(
        times_to(centres),
        origins,
        weight=asked.weight,
        lost=lost,
        cutoffs_min=asked.cutoffs_min,
        venues=None if venues is None else times_to(venues),
    )
    return bounds.assign(mode=name)


def load_table(
    study: Study, cases: Sequence[Case], compared: Mapping[str, Compared]
) -> pd.DataFrame:
    """Return who goes where under each scenario, and how full sites become where that is known."""
    # Full-time sites are counted: one cut to a few hours keeps neither its families nor its
    # places. In a study that has no full-time site to begin with, any that is open counts.
    before = cases[0].after.sites
    known, full = capacities(before), len(study.settings.open_sites(before, full_time=True)) > 0
    basis = "full_time" if full else "open"
    mode, cutoff_min = session_mode(study), study.session_min
    parts = []
    for case in cases[1:]:
        frame = load_on_sites(compared[basis][case.scenario, mode], known)
        opened = study.settings.open_sites(case.after.sites, full_time=full)
        there = {site: known[site] for site in map(str, opened) if site in known}
        frame["per_place_after"] = frame["per_place_after"].where(frame.index.isin(opened))
        shared = pd.Series(dtype=float)
        if there:
            shared = 100.0 * floating_catchment(
                case.after.times[mode], case.origins, capacity=there, cutoff_min=cutoff_min
            ).sites["places_per_family"].replace(np.inf, np.nan)
        frame["places_per_hundred"] = shared.reindex(frame.index)
        parts.append(frame.reset_index().assign(scenario=case.scenario, mode=mode, sites=basis))
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=LOAD_COLUMNS)
    return whole[list(LOAD_COLUMNS)]


def _kept(timetable: Openings, sites: gpd.GeoDataFrame) -> Openings:
    """Return the windows of the sites that keep their hours."""
    hours = sites["hours_per_week"].astype(float)
    return {
        site: windows
        for site, windows in timetable.items()
        if site in hours.index and abs(hours[site] - hours_of(windows)) < SAME_HOURS
    }


@dataclass(frozen=True, eq=False, kw_only=True)
class ExactHours:
    """A verdict that counts sites with exactly the hours its criterion asks for."""

    verdict: Verdict
    fewer: Verdict  # were their hours any fewer
    site_ids: tuple[str, ...]  # the sites


@dataclass(frozen=True, eq=False, kw_only=True)
class Lookup:
    """Minutes from postcodes that are no origins, for readers of the map to look up."""

    postcodes: pd.Index
    minutes: Mapping[str, TravelTimes]  # by mode, to every site
    lengths: Mapping[str, TravelTimes]  # by the shortest way, by mode
    # by scenario that moves sites or changes streets, then by mode: to the sites that move, or all
    moved: Mapping[str, Mapping[str, TravelTimes]]
    # to neighbours' sites, by scenario with streets of its own, then by mode
    neighbours: Mapping[str, Mapping[str, TravelTimes]]
    # journeys by timetable, by scenario with times of its own
    by_timetable: Mapping[str, TransitTimes]


@dataclass(frozen=True, eq=False, kw_only=True)
class HoursKept:
    """A verdict if a scenario keeps another number of hours where it cuts them."""

    hours: float
    verdict: Verdict
    neighbours: bool  # whether neighbours' sites are counted


@dataclass(frozen=True, eq=False, kw_only=True)
class Maps:
    """What maps are drawn from beyond the result's own tables; made by `find_maps`.

    Parameters
    ----------
    streets
        Every stretch of street as a line (EPSG:27700) with ``name``, ``highway``, ``osm_way_id``,
        ``length_m`` and its ends, ``edge_from`` and ``edge_to``; None for estimates.
    isochrones
        As `isochrones` returns them, with ``scenario``, in the detail of the map page: the
        baseline's for every site and mode, a scenario's for the sites that it moves, or for all
        where it changes streets. None for estimates.
    land
        Land within the study's cutoff of each site by its first mode, in full detail; None for
        estimates.
    lengths
        The shortest ways to every site, neighbours' included, by mode; empty for estimates.
    lookup
        Minutes from postcodes that are no origins; None where there are none or too many.
    hours_kept
        The verdicts that change if fewer hours are kept where a scenario cuts them.
    trips
        The journeys by timetable to the nearest site, of those places a reader may look up that do
        not walk all the way: by scenario with times of its own, then by place and site.
    """

    streets: gpd.GeoDataFrame | None = None
    isochrones: gpd.GeoDataFrame | None = None
    land: gpd.GeoDataFrame | None = None
    lengths: Mapping[str, TravelTimes] = field(default_factory=dict)
    lookup: Lookup | None = None
    hours_kept: tuple[HoursKept, ...] = ()
    trips: Mapping[str, Mapping[tuple[int, str], JudgedTrip]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, kw_only=True)
class Findings:
    """What was asked of a study's minutes beyond its criteria; made by `find_findings`.

    Parameters
    ----------
    alternatives
        Every set of as many sites as the last scenario takes away, ranked; None where no scenario
        takes any away.
    sensitivity
        The criteria with one assumption changed at a time.
    uncertainty
        How sure each outcome is; None where times are estimated or all is known.
    fairness
        How every group fares: ``fairness.csv``.
    outreach
        The best venues for sessions, alone and to mend each scenario; empty without candidates.
    readings
        The scenarios beside one another by what "open" is taken to mean.
    curve
        Who is within each of several times, before and after, by mode: ``curve.csv``.
    sessions
        Sessions a week that can be attended whole, by scenario; empty without a timetable.
    transit
        How families get to the nearest site by timetable, by scenario: ``transit.csv``; empty
        without a timetable.
    fragility
        What the criteria by timetable come to when each route loses one departure in ten, over
        draws: ``fragility.csv``; empty without a timetable.
    limits
        How many can be at a whole session and home again, and the first limit in the way of the
        others, by scenario; empty where the study asks for no sessions by timetable.
    load
        Who goes where, and how full sites become; empty without scenarios.
    hidden
        What was hidden in the tables by group and by reading, and why: ``HIDDEN_COLUMNS``.
    youth
        Between what the loss of youth centres lies, as `loss_bounds` returns it, with ``mode``;
        empty where the study does not ask, or assesses it.
    groups
        How each group of ``data.groups`` fares beside everyone; empty where the study names none.
    exact_hours
        Which verdicts count sites that have exactly the hours asked for, and what they would be.
    maps
        What maps are drawn from.
    keeping
        Before and after if some of the sites that go kept full hours, by their ids: none of them
        first, then each, then each pair.
    best_kept
        By site, in which share of draws keeping it at full hours leaves fewest who lose; empty
        where nothing was drawn.
    """

    alternatives: Alternatives | None
    sensitivity: Sensitivity
    uncertainty: Uncertainty | None
    fairness: pd.DataFrame
    outreach: tuple[Outreach, ...]
    readings: pd.DataFrame
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    sessions: pd.DataFrame = field(default_factory=pd.DataFrame)
    transit: pd.DataFrame = field(default_factory=pd.DataFrame)
    fragility: pd.DataFrame = field(default_factory=pd.DataFrame)
    limits: pd.DataFrame = field(default_factory=pd.DataFrame)
    load: pd.DataFrame = field(default_factory=pd.DataFrame)
    youth: pd.DataFrame = field(default_factory=pd.DataFrame)
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    hidden: pd.DataFrame = field(default_factory=pd.DataFrame)
    exact_hours: tuple[ExactHours, ...] = ()
    maps: Maps = field(default_factory=Maps)
    keeping: Mapping[tuple[str, ...], Comparison] = field(default_factory=dict)
    best_kept: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables to be written, by the name of their file.

        Returns
        -------
        dict of str to pandas.DataFrame
            ``alternatives.csv``, ``sensitivity.csv``, ``uncertainty.csv``, ``doubts.csv``,
            ``curve.csv``, ``fairness.csv`` and ``outreach.csv``, those of them that there is
            something to say in.
        """
        tables = {
            "alternatives.csv": None
            if self.alternatives is None
            else self.alternatives.frame.reset_index(),
            "sensitivity.csv": self.sensitivity.frame,
            "uncertainty.csv": None if self.uncertainty is None else self.uncertainty.frame,
            "doubts.csv": None if self.uncertainty is None else self.uncertainty.sources_frame,
            "curve.csv": self.curve if len(self.curve) else None,
            "transit.csv": self.transit if len(self.transit) else None,
            "fragility.csv": self.fragility if len(self.fragility) else None,
            "fairness.csv": self.fairness,
            "outreach.csv": outreach_frame(self.outreach) if self.outreach else None,
        }
        return {name: frame for name, frame in tables.items() if frame is not None}


@check_arguments
def find_findings(result: StudyResult, *, progress: Progress | None = None) -> Findings:
    """Ask a study's minutes for more than its verdicts.

    Parameters
    ----------
    result
        From `run_study`.
    progress
        Called with a few words as each stage begins.

    Returns
    -------
    Findings
        The same for the same result.

    Raises
    ------
    InputError
        If the counts are not public and were not protected.

    Examples
    --------
    >>> from eh_access import find_findings, load_study, run_study
    >>> found = find_findings(run_study(load_study("rotherham")))
    >>> len(found.tables()["alternatives.csv"])
    220
    """
    result.refuse_private()
    tell = progress or silent
    study, cases, origins = result.study, result.cases(), result.origins
    compared = {"full_time": result.comparisons_full_time, "open": result.comparisons}
    decided = decided_scenario(study.scenarios)
    after = next((case.after for case in cases if case.scenario == decided), cases[0].before)
    lost = _lost_sites(cases[0].before.sites, after.sites, study.settings)
    tell("Ranking every other choice")
    gone = hidden_falls(result.verdicts)
    ranked = [item for item in study.criteria if (decided, item.id) not in gone]
    alternatives = _alternatives(study, cases[0], lost, ranked) if lost else None
    tell("Trying other assumptions")
    sensitive = find_sensitivity(result, progress=tell)
    tell("Looking for the best venues")
    venues = result.candidates
    outreach = (
        () if venues is None or venues.empty else _outreach(study, cases, venues, result.ways())
    )
    tell("Asking who gains and who loses")
    drawn = result.uncertainty if study.policy.public else None
    wider = (result.with_neighbours or result).cases()[1:]
    fairness = [
        fairness_frame(
            compared[sites],
            sites=sites,
            drawn={
                (case.scenario, mode): drawn.simulation.minutes(
                    case, mode, full_time=sites == "full_time"
                )
                for case in wider
                for mode in result.modes
            }
            if drawn is not None
            else {},
        )
        for sites in ("open", "full_time")
    ]
    readings = readings_table(
        cases,
        mode=session_mode(study),
        cutoff_min=study.cutoff_min,
        min_hours=study.sessions.hours_per_week,
        loser_min=study.settings.loser_min,
    )
    tell("Losing one departure in ten")
    fragile = summarise_fragility(
        *fragility_table(result), study.criteria, study.policy, hidden=gone
    )
    tell("Counting sessions")
    attended = of_the_day = attended_on_the_day(study, result.travel)
    if result.timetable and result.buses is not None:
        places = result.borough, result.sites, result.candidates, result.neighbours
        attended = attended_in_a_week(
            *(study, result.travel, origins, result.scenario_sites),
            windows=result.timetable,
            week=read_week(study, result.buses, result.timetable, *places),
        )
    keeping = keep_some(study, cases[0], after, lost)
    youth = youth_table(study, origins, result.youth, result.youth_venues, network=result.network)
    tables, hidden = redact_tables(
        {
            "fairness.csv": pd.concat(fairness, ignore_index=True),
            "readings": readings,
            "sessions": sessions_table(study, result.timetable, cases, attended),
            "load": load_table(study, cases, compared),
            "curve.csv": curve_table(compared),
            "transit.csv": transit_table(result.journeys, cases, study, attended),
            "limits": visit_limits_table(study, of_the_day, origins, result.scenario_sites),
            "youth": youth,
            "groups": group_table(study, compared),
        },
        study.policy,
    )
    return Findings(
        alternatives=alternatives,
        sensitivity=sensitive,
        uncertainty=result.uncertainty,
        outreach=outreach,
        fragility=fragile,
        **{name.removesuffix(".csv"): table for name, table in tables.items()},
        keeping=keeping,
        best_kept=pd.Series(dtype=float)
        if drawn is None
        else _best_kept(study, cases[0], keeping, lost, drawn.simulation),
        hidden=hidden,
        exact_hours=tuple(_exact_hours(study, cases)),
        maps=find_maps(result, progress=tell),
    )


@check_arguments
def find_maps(result: StudyResult, *, progress: Progress | None = None) -> Maps:
    """Compute what maps are drawn from, no more.

    Parameters
    ----------
    result, progress
        As for `find_findings`, of which this is one part.

    Returns
    -------
    Maps
        Streets, isochrones, shortest ways and the look-up of postcodes.

    Raises
    ------
    InputError
        If the counts are not public and were not protected.

    Examples
    --------
    >>> from eh_access import load_study, run_study
    >>> maps = find_maps(run_study(load_study("newport")))
    >>> list(maps.lengths), len(maps.land)
    (['pushchair', 'walk'], 12)
    """
    result.refuse_private()
    (progress or silent)("Drawing isochrones")
    study, network, points = result.study, result.network, result.postcodes
    wider, ways, sites = result.with_neighbours or result, result.ways(), result.scenario_sites
    modes = [times.mode for times in result.times.values()]
    kept = [
        verdict
        for counted in dict.fromkeys((result, wider))
        if study.policy.public  # else the page works them out, and hides what is small
        for verdict in _hours_kept(
            study.criteria,
            counted.cases()[1:],
            counted.uncertainty,
            neighbours=counted is not result,
        )
    ]
    lookup, journeys = None, result.journeys  # postcodes that are origins have their own
    if not are_postcodes(result.origins.index):
        if points is not None and len(points):
            lookup = find_lookup(study, points, sites, modes, ways, neighbours=result.neighbours)
        journeys = {} if lookup is None else dict(lookup.by_timetable)
    maps = Maps(
        lookup=lookup,
        trips=find_trips(journeys, sites, study.settings),
        hours_kept=tuple(kept),
    )
    if network is None:
        return maps
    located = result.sites[result.sites.geometry.notna()]
    street_modes = [times.mode for times in on_streets(result.times).values()]
    return replace(
        maps,
        streets=network.to_frame(),
        isochrones=_isochrones(
            study, sites, street_modes, ways, area=result.borough.buffer(BEYOND_M)
        ),
        land=isochrones(network, located, mode=modes[0], cutoffs_min=[study.cutoff_min]),
        lengths=_lengths(network, result.origins, wider.sites, study=study, known=wider.distances),
    )


@check_arguments
def find_sensitivity(result: StudyResult, *, progress: Progress | None = None) -> Sensitivity:
    """Ask the criteria again with one assumption changed at a time.

    Parameters
    ----------
    result, progress
        As for `find_findings`, of which this is one part.

    Returns
    -------
    Sensitivity
        Of every scenario compared with the baseline. Another set of origins, and neighbours'
        sites, are choices where the study has them.

    Raises
    ------
    InputError
        If the other set of origins cannot be used.

    Examples
    --------
    >>> from eh_access import load_study, run_study
    >>> found = find_sensitivity(run_study(load_study("newport")))
    >>> {"cutoff_min", "threshold"} <= set(found.frame["assumption"])
    True
    """
    study, tell = result.study, progress or silent
    cases = result.cases()[1:]
    choices: dict[str, dict[str, list[Case]]] = {}
    # a list of families stands for both sets of origins
    by_families = any(file.role == FAMILIES_ROLE for file in result.inputs)
    others = [name for name in study.data.origins if name != result.origins_name]
    if others and study.weights_public and not by_families and not result.moved:
        other = others[0]
        tell(f"Trying the origins of the set '{other}'")
        tables = read_inputs(study.without_counts(), origins=other)
        travel = compute_travel_times(
            study, tables.origins, tables.sites, network=result.network, buses=result.buses
        )
        moved = [
            replace(
                case,
                origins=tables.origins,
                before=travel.side(case.before.sites),
                after=travel.side(case.after.sites),
            )
            for case in cases
        ]
        choices["origins"] = {result.origins_name: cases, other: moved}
    if result.with_neighbours is not None:
        counted = result.with_neighbours.cases()[1:]
        choices["neighbours"] = {"left out": cases, "counted": counted}
    choices |= timetable_choices(result, tell)
    tried = sensitivity(study.criteria, cases, choices=choices)
    wider = result.with_neighbours or result
    hidden = hidden_falls((*result.verdicts, *wider.verdicts))
    return redact_sensitivity(tried, study.criteria, study.policy, hidden=hidden)


def _retimed(
    study: Study,
    cases: Sequence[Case],
    travel: Mapping[str, Travel],
    buses: Mapping[str, Buses],
    *,
    same_walks: bool,
) -> list[Case]:
    """Return every case, the baseline first, with journeys by other timetables."""
    origins, sites = cases[0].origins, {case.scenario: case.after.sites for case in cases}
    made = {
        name: with_buses(study, own, buses[name], origins, sites[name], same_walks=same_walks)
        for name, own in travel.items()
    }
    sides = {name: made.get(name, made[BASELINE_NAME]).side(there) for name, there in sites.items()}
    return [
        replace(case, before=sides[BASELINE_NAME], after=sides[case.scenario]) for case in cases
    ]


def timetable_choices(result: StudyResult, tell: Progress) -> dict[str, dict[str, list[Case]]]:
    """Return the cases on other days, in other windows and with other walks to stops."""
    asked, buses = result.study.transit, result.buses
    if asked is None or buses is None or not _by_timetable(result.study.criteria):
        return {}
    tell("Trying other days, windows and walks to stops")
    t0, t1 = (clock_min(text) for text in asked.window)
    windows = [
        tuple(f"{m // 60:02d}:{m % 60:02d}" for m in (t0 + by, t1 + by))
        for by in (-HOUR_MIN, HOUR_MIN)
        if t0 + by >= 0
    ]
    key = "arrive" if asked.by == "arrival" else "depart"
    saturday = buses.date + dt.timedelta(days=(SATURDAY - buses.date.weekday()) % 7 or 7)
    walk = max(asked.access_min, asked.egress_min)
    tried: dict[str, tuple[str, dict[str, dict[str, object]]]] = {
        "timetable_date": (
            f"{buses.date:%A} {buses.date}",
            {f"{saturday:%A} {saturday}": {"date": saturday}},
        ),
        "timetable_window": (
            "-".join(asked.window),
            {"-".join(window): {key: window} for window in windows},
        ),
        "stop_walk": (
            f"{walk:g} minutes",
            {
                f"{walk + more:g} minutes": {
                    name: max(getattr(asked, name) + more, 1.0)
                    for name in ("access_min", "egress_min")
                }
                for more in (-MORE_WALK_MIN, MORE_WALK_MIN)
                if walk + more > 0
            },
        ),
    }
    cases, travel = result.cases(), result.travel
    places = result.borough, result.sites, result.candidates, result.neighbours
    chosen = {}
    for name, (main, others) in tried.items():
        held = {main: cases[1:]}
        for label, change in others.items():
            other = asked.model_copy(update=change)
            study = result.study.model_copy(update={"transit": other})
            same_walks = name == "timetable_window"
            try:
                first = buses if name != "timetable_date" else read_buses(study, other, *places)
                runs = _runs(result.scenarios, travel, first)
                held[label] = _retimed(study, cases, travel, runs, same_walks=same_walks)[1:]
            except InputError:  # no such day in the feed, or no such route on it
                continue
        if len(held) > 1:
            chosen[name] = held
    return chosen


def _by_timetable(criteria: Iterable[Criterion]) -> list[Criterion]:
    """Return the criteria that ask for journeys by timetable."""
    return [item for item in criteria if {TRANSIT, VISIT} & {item.mode, *item.also_modes}]


def _runs(
    scenarios: Iterable[ScenarioConfig], names: Container[str], first: Buses
) -> dict[str, Buses]:
    """Return the timetable of each scenario named, from the one that it changes."""
    return {item.name: changed_buses(item, first) for item in scenarios if item.name in names}


def fragility_table(result: StudyResult) -> tuple[pd.DataFrame, pd.Series]:
    """Return what the criteria by timetable come to when each route loses departures, by draw.

    A timetable is a promise. In each draw every route loses one departure in ten, at least one;
    before and after lose the same. Beside the rows: how many each counts.
    """
    study, criteria = result.study, _by_timetable(result.study.criteria)
    if not criteria or result.by_timetable is None:
        return pd.DataFrame(columns=list(FRAGILITY_COLUMNS)), pd.Series(dtype=float)
    from eh_access.transit.edit import lose_departures  # noqa: PLC0415 - loads numba

    cases, travel = result.cases(), result.travel
    rows: list[dict[str, object]] = []
    for draw in range(-1, LOSING_DRAWS):  # first as promised
        drawn = cases
        if draw >= 0:
            seed = study.settings.seed + draw
            left = {
                name: lose_departures(own.buses, share=LOST_SHARE, seed=seed)
                for name, own in travel.items()
                if own.buses is not None
            }
            drawn = _retimed(study, cases, travel, left, same_walks=True)
        rows += [
            {"scenario": case.scenario, "draw": draw, **row}
            for case in drawn
            for item in criteria
            for row in evaluated(item, case)
        ]
    frame = pd.DataFrame(rows, columns=[*FRAGILITY_COLUMNS, "weight"])
    return frame[list(FRAGILITY_COLUMNS)], frame["weight"]


def attended_on_the_day(study: Study, travel: Mapping[str, Travel]) -> dict[str, dict[str, Visits]]:
    """Return visits of the day walking all the way and by timetable, by scenario."""
    attended: dict[str, dict[str, Visits]] = {}
    for name, own in travel.items():
        times, home, buses = own.by_timetable, own.walks_home, own.buses
        if study.transit is None or times is None or home is None or buses is None:
            continue
        there = times.walks
        sessions = sessions_of_the_day(study, buses, there.walking.site_ids)
        attended[name] = {
            study.transit.walking: find_visits(study, there.walking, home.walking, sessions),
            TRANSIT: find_visits(study, there, home, sessions, [buses]),
        }
    return attended


def attended_in_a_week(
    study: Study,
    travel: Mapping[str, Travel],
    origins: gpd.GeoDataFrame,
    sites: Mapping[str, gpd.GeoDataFrame],
    *,
    windows: Openings,
    week: Sequence[Buses],
) -> dict[str, dict[str, Visits]]:
    """Return visits of a week by timetable, by scenario."""
    if not week or study.sessions.stay_min:  # by timetable sessions are whole
        return {}
    days = [_runs(study.scenarios, travel, day) for day in week]
    return {
        name: {
            TRANSIT: find_visits_of_a_week(
                *(study, own.network, origins, sites[name]),
                windows=windows,
                week=[runs[name] for runs in days],
            )
        }
        for name, own in travel.items()
        if own.network is not None
    }


def visit_limits_table(
    study: Study,
    of_the_day: Attended,
    origins: gpd.GeoDataFrame,
    sites: Mapping[str, gpd.GeoDataFrame],
) -> pd.DataFrame:
    """Return how many can be at a whole session and home again, and what is in the way of others.

    Of somebody's visits to open sites the one that gets furthest counts: its first limit that
    breaks.
    """
    if not of_the_day:
        return pd.DataFrame()
    from eh_access.transit.visits import Barrier  # noqa: PLC0415 - loads numba

    weights = origins["weight"].to_numpy(dtype=np.float64)
    rows: list[dict[str, object]] = []
    for name, there in sites.items():
        visits = of_the_day.get(name, of_the_day[BASELINE_NAME])[TRANSIT]
        opened = study.settings.open_sites(there, full_time=False)
        of_open = visits.sessions["site_id"].isin(opened).to_numpy()
        barrier = visits.barrier[:, of_open]
        first = barrier.max(axis=1, initial=Barrier.NO_WAY_THERE)
        first[(barrier == Barrier.NONE).any(axis=1)] = Barrier.NONE
        rows += [
            {
                "scenario": name,
                "limit": limit.name.lower(),
                "weight": float(weights.sum()),
                "weight_stopped": float(weights[first == limit].sum()),
                "share_stopped": float(weights[first == limit].sum() / weights.sum()),
            }
            for limit in Barrier
        ]
    return pd.DataFrame(rows)


def summarise_fragility(
    drawn: pd.DataFrame,
    weight: pd.Series,
    criteria: Sequence[Criterion],
    policy: Policy,
    *,
    hidden: frozenset[tuple[str, str]] = frozenset(),
) -> pd.DataFrame:
    """Return the middle and the range of each criterion over the draws, beside what is promised."""
    frame = redact_values(drawn, weight, criteria, policy, hidden=hidden)
    rows = []
    for (scenario, criterion), part in frame.groupby(["scenario", "criterion"], sort=False):
        promised, losing = part.iloc[0], part.iloc[1:]
        spread = spread_of(losing["value"].to_numpy(np.float64))
        rows.append(
            {
                "scenario": scenario,
                "criterion": criterion,
                "draws": len(losing),
                "lost_share": LOST_SHARE,
                "value": promised["value"],
                "median": spread.median,
                "low": spread.low,
                "high": spread.high,
                "outcome": promised["outcome"],
                "draws_same": int((losing["outcome"] == promised["outcome"]).sum()),
            }
        )
    return pd.DataFrame(rows)


def _lost_sites(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, settings: Settings
) -> tuple[str, ...]:
    """Return the sites that a scenario takes away or leaves with fewer hours."""
    was, now = (settings.open_sites(sites, full_time=True) for sites in (before, after))
    return tuple(str(site) for site in was.difference(now))


MOST_KEPT = 2


def keep_some(
    study: Study, baseline: Case, after: Side, lost: Sequence[str]
) -> dict[tuple[str, ...], Comparison]:
    """Return before and after if some of the sites that go kept full hours: none, one, or two."""
    mode, settings, before = session_mode(study), study.settings, baseline.before
    was, now = (settings.open_sites(side.sites, full_time=True) for side in (before, after))
    return {
        kept: compare(
            before.times[mode],
            after.times[mode],
            baseline.origins,
            sites_before=was,
            sites_after=now.union(list(kept)),
            loser_min=settings.loser_min,
        )
        for size in range(min(MOST_KEPT, len(lost) - 1) + 1)
        for kept in combinations(lost, size)
    }


def _best_kept(
    study: Study,
    baseline: Case,
    keeping: Mapping[tuple[str, ...], Comparison],
    lost: Sequence[str],
    simulation: Simulation,
) -> pd.Series:
    """Return in which share of draws keeping each site leaves fewest who lose."""
    mode, settings, before = session_mode(study), study.settings, baseline.before
    was = settings.open_sites(before.sites, full_time=True)
    losers = {}
    for site in lost:
        gone = [other for other in lost if other != site]
        minutes = before.times[mode].nearest(was.difference(gone))["minutes"]
        if (site,) not in keeping or not np.array_equal(minutes, keeping[site,].frame["after_min"]):
            return pd.Series(dtype=float)  # more changes than hours: the draws are of the baseline
        sites = before.sites.assign(
            is_open=before.sites["is_open"] & ~before.sites.index.isin(gone)
        )
        case = replace(baseline, after=replace(before, sites=sites))
        each = simulation.minutes(case, mode, full_time=True)
        longer = change_of(each.before, each.after) > settings.loser_min + HALF_DECISECOND_MIN
        losers[site] = (longer * each.weights).sum(axis=1)
    table = pd.DataFrame(losers)
    return table.eq(table.min(axis=1), axis=0).mean()


def _alternatives(
    study: Study, baseline: Case, lost: tuple[str, ...], criteria: Sequence[Criterion]
) -> Alternatives:
    """Return every other set of as many sites, ranked."""
    ranked = rank_alternatives(
        baseline.before,
        baseline.origins,
        close=len(lost),
        criteria=criteria,
        options=AlternativeOptions(
            council=lost,
            mode=session_mode(study),
            loser_min=study.settings.loser_min,
            judging=baseline.settings,
            coarsen=coarsening(study.policy),
        ),
    )
    return redact_alternatives(ranked, study.policy)


def _outreach(
    study: Study, cases: Sequence[Case], venues: gpd.GeoDataFrame, ways: Mapping[str, Travel]
) -> tuple[Outreach, ...]:
    """Return the best venues, alone and to mend each scenario by which somebody goes further."""
    mode, settings = session_mode(study), study.settings
    origins, way = cases[0].origins, study.settings.travel_modes()[mode]

    @cache
    def to_venues(network: Network | None) -> TravelTimes:
        return times_by(way, origins, venues, network=network, study=study)

    before, *others = (
        case.after.times[mode]
        .nearest(settings.open_sites(case.after.sites, full_time=False))["minutes"]
        .to_numpy()
        for case in cases
    )
    mends: list[tuple[Loss | None, TravelTimes]] = [(None, to_venues(ways[BASELINE_NAME].network))]
    scenarios = {item.name: item for item in study.scenarios}
    for case, after in zip(cases[1:], others, strict=True):
        if np.any(after > before):
            loss = Loss(scenario=scenario_of(scenarios[case.scenario]), before=before, after=after)
            mends.append((loss, to_venues(ways[case.scenario].network)))
    numbers = study.sessions.numbers_of(len(venues))
    options = OutreachOptions(
        hours_per_week=study.sessions.hours_per_week, cutoff_min=study.cutoff_min, unit=study.unit
    )
    whole, policy = float(origins["weight"].sum()), study.policy
    best = []
    for mend, times in mends:
        # a venue that nobody reaches is no choice, nor one that the scenario has a use for already
        taken = mend.scenario.site_ids if mend else ()
        reached = np.asarray(np.isfinite(times.minutes).any(axis=0))
        offered = times.select([site for site in times.site_ids[reached] if site not in taken])
        sessions = tuple(number for number in numbers if number <= len(offered.site_ids))
        if sessions:
            chosen = replace(options, sessions=sessions)
            names = venues["name"]
            best.append(best_sessions(offered, origins, names=names, mend=mend, options=chosen))
    return tuple(redact_outreach(venue, whole, policy) for venue in best)


def _exact_hours(study: Study, cases: Iterable[Case]) -> Iterator[ExactHours]:
    """Yield the verdicts that count sites with exactly the hours their criterion asks for."""
    for case in cases:
        sites = case.after.sites
        for item in study.criteria:
            exact = sites.index[sites["is_open"] & (sites["hours_per_week"] == item.min_hours)]
            if item.min_hours is None or not len(exact):
                continue
            fewer = item.model_copy(update={"min_hours": item.min_hours * (1 + A_LITTLE)})
            verdict, less = (
                redact_verdict(judge(asked, case), study.policy) for asked in (item, fewer)
            )
            yield ExactHours(verdict=verdict, fewer=less, site_ids=tuple(exact))


def _hours_kept(
    criteria: Sequence[Criterion],
    cases: Iterable[Case],
    sure: Uncertainty | None,
    *,
    neighbours: bool,
) -> Iterator[HoursKept]:
    """Yield the verdicts that hang on how many hours are kept, from none up to those agreed."""
    for case in cases:
        cut = cut_sites(case)
        agreed = case.after.sites.loc[cut, "hours_per_week"].unique()
        if len(agreed) != 1:
            continue
        step = 1.0 if agreed[0] == round(agreed[0]) else 0.5
        for hours in np.arange(0.0, agreed[0], step):
            kept = Scenario("kept", "", tuple(SetHours(str(site), hours) for site in cut))
            sites = apply_scenario(case.after.sites, kept)
            other = replace(case, after=replace(case.after, sites=sites))
            for verdict in _verdicts_of(criteria, case, other, sure):
                yield HoursKept(hours=float(hours), verdict=verdict, neighbours=neighbours)


def _verdicts_of(
    criteria: Iterable[Criterion], case: Case, other: Case, sure: Uncertainty | None
) -> Iterator[Verdict]:
    """Yield the verdicts on a case with other hours whose sites are not all as in the study's."""
    enough = case.settings.full_time_from_hours
    was, now = (
        open_sites(one.after.sites, full_time=True, full_time_from_hours=enough)
        for one in (case, other)
    )
    changed = [item for item in criteria if item.sites == "open" or not was.equals(now)]
    drawn = {} if sure is None else outcomes_drawn(changed, other, sure.simulation.apart())
    for item in changed:
        yield weigh(judge(item, other), drawn.get(item.id))


def line_detail_m(mode: TravelMode) -> float:
    """Return how far a line drawn may run from the true one: a page is not measured on."""
    return 40.0 if mode.uses_road_speeds else 20.0


def _isochrones(
    study: Study,
    sites: Mapping[str, gpd.GeoDataFrame],
    modes: Sequence[TravelMode],
    ways: Mapping[str, Travel],
    *,
    area: BaseGeometry,
) -> gpd.GeoDataFrame | None:
    """Return isochrones as fine as the map page, each place on the same streets drawn once."""
    drawn: dict[tuple[Network, str, str, str], pd.DataFrame] = {}
    parts = []
    for config in study.scenarios:
        network = ways[config.name].network if config.name in ways else None
        if network is None:
            continue
        places = sites[config.name].sort_index()
        if config.name != BASELINE_NAME and not config.streets:
            places = places.loc[sorted({change.site for change in config.move})]
        points = places.geometry[places.geometry.notna()].to_wkt()
        for mode in modes:
            keys = {site: (network, mode.name, site, wkt) for site, wkt in points.items()}
            fresh = [site for site, key in keys.items() if key not in drawn]
            if fresh:
                land = isochrones(
                    network,
                    places.loc[fresh],
                    mode=mode,
                    cutoffs_min=CUTOFFS_MIN,
                    cell_m=DRIVE_CELL_M if mode.uses_road_speeds else WALK_CELL_M,
                    area=area,
                )
                drawn |= {keys[site]: rows for site, rows in land.groupby("site_id", sort=False)}
            parts += [drawn[key].assign(scenario=config.name) for key in keys.values()]
    return pd.concat(parts, ignore_index=True) if parts else None


def _lengths(
    network: Network | None,
    origins: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    study: Study,
    known: Mapping[str, TravelTimes],
) -> dict[str, TravelTimes]:
    """Return the shortest ways to every site by the modes that keep one speed."""
    if network is None:
        return {}
    return dict(known) | {
        name: times_by(mode.level(), origins, sites, network=network, study=study)
        for name, mode in study.settings.travel_modes().items()
        if name not in known and not mode.uses_road_speeds
    }


def find_lookup(
    study: Study,
    points: gpd.GeoDataFrame,
    sites: Mapping[str, gpd.GeoDataFrame],
    modes: Sequence[TravelMode],
    ways: Mapping[str, Travel],
    *,
    neighbours: gpd.GeoDataFrame | None,
) -> Lookup | None:
    """Return the minutes of postcodes that are no origins; None if too many for one page."""
    own, network = sites[BASELINE_NAME], ways[BASELINE_NAME].network
    tables = len(modes) * (1 if network is None else 2)  # minutes, and lengths
    if len(points) * len(own) * tables > MOST_MINUTES:
        log.warning(
            "The map has no look-up of postcodes: %s of them to %s sites are too much for one file",
            f"{len(points):,}",
            f"{len(own):,}",
        )
        return None

    journeys: dict[str, TransitTimes] = {}

    def minutes(places: gpd.GeoDataFrame, scenario: str) -> Mapping[str, TravelTimes]:
        way = ways[scenario]
        times = {
            mode.name: times_by(mode, points, places, network=way.network, study=study)
            for mode in modes
            if mode.name not in {TRANSIT, VISIT}
        }
        travel = Travel(times=times, times_back={}, distances={}, network=way.network)
        if way.buses is not None:
            travel = with_buses(study, travel, way.buses, points, places)
        if travel.by_timetable is not None:
            known = journeys.get(scenario if scenario in changed else BASELINE_NAME)
            if known is None:
                journeys[scenario] = travel.by_timetable
            elif scenario != BASELINE_NAME and scenario not in changed:
                # only the sites that move have times of their own: journeys go to all
                journeys[scenario] = journeys_to(known, travel.by_timetable, with_columns)
        return travel.times

    changed, moved = changed_ways(ways), {}
    first = minutes(own, BASELINE_NAME)
    for config in study.scenarios:
        if config.name in ways and (config.name in changed or config.move):
            places = sites[config.name].sort_index()
            if config.name not in changed:
                places = places.loc[sorted({item.site for item in config.move})]
            moved[config.name] = minutes(places, config.name)
    return Lookup(
        postcodes=points.index,
        minutes=first,
        lengths=_lengths(network, points, own, study=study, known={}),
        moved=moved,
        by_timetable=journeys,
        neighbours={}
        if neighbours is None
        else {name: minutes(neighbours.sort_index(), name) for name in (BASELINE_NAME, *changed)},
    )


def find_trips(
    known: Mapping[str, TransitTimes], sites: Mapping[str, gpd.GeoDataFrame], settings: Settings
) -> dict[str, dict[tuple[int, str], JudgedTrip]]:
    """Return the journeys to the nearest sites under every scenario, but walks all the way."""
    pairs: dict[str, set[tuple[int, int]]] = {}
    for scenario, there in sites.items() if known else ():
        name = scenario if scenario in known else BASELINE_NAME
        times = known[name]
        for full_time in (True, False):
            ids = settings.open_sites(there, full_time=full_time).sort_values()
            columns = times.walks.walking.site_ids.get_indexer(ids)
            if len(columns):
                nearest = columns[times.judged_min[:, columns].argmin(axis=1)]
                rides = np.flatnonzero(times.leave_ds[np.arange(len(nearest)), nearest] < NEVER_DS)
                pairs.setdefault(name, set()).update(
                    zip(rides.tolist(), nearest[rides].tolist(), strict=True)
                )
    if not 0 < sum(map(len, pairs.values())) <= MOST_TRIPS:
        return {}
    from eh_access.transit.trips import judged_trips  # noqa: PLC0415 - loads numba

    return {
        name: {
            (home, str(known[name].walks.walking.site_ids[door])): trip
            for (home, door), trip in judged_trips(known[name], sorted(wanted)).items()
        }
        for name, wanted in pairs.items()
    }

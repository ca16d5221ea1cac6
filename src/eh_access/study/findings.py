"""What the minutes say beyond the verdicts."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.criteria.evaluate import cut_sites
from eh_access.criteria.judge import judge
from eh_access.criteria.sensitivity import Sensitivity, evaluated, sensitivity
from eh_access.criteria.uncertainty import outcomes_drawn, spread_of, weigh
from eh_access.errors import InputError
from eh_access.measures.basic import weighted_mean, within
from eh_access.measures.bounds import loss_bounds
from eh_access.measures.catchments import floating_catchment, load_on_sites
from eh_access.measures.comparison import CURVE_MIN, Comparison, compare
from eh_access.measures.equity import DrawnMinutes, fairness_frame
from eh_access.measures.opening_hours import Day, clock_min, hours_of, whole_sessions
from eh_access.measures.scenarios import Scenario, SetHours, apply_scenario, open_sites
from eh_access.modes import TRANSIT, VISIT, WAYS
from eh_access.network.describe import street_lines
from eh_access.planning.alternatives import (
    AlternativeOptions,
    Alternatives,
    alternatives_frame,
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
from eh_access.study.inputs import capacities, changed_buses, read_buses, read_inputs
from eh_access.study.reading import are_postcodes
from eh_access.study.redact import (
    coarsening,
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
    compute_travel_times,
    find_family_walks,
    find_visits,
    on_streets,
    session_mode,
    times_by,
    times_by_transit,
    transit_tables,
    with_buses,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.criteria.criterion import Case, Criterion, Side, Verdict
    from eh_access.criteria.uncertainty import Uncertainty
    from eh_access.measures.opening_hours import Timetable
    from eh_access.modes import TravelMode
    from eh_access.network.model import Network
    from eh_access.routing.travel_times import TravelTimes
    from eh_access.study.config import Study
    from eh_access.study.result import StudyResult
    from eh_access.transit.journeys import TransitTimes
    from eh_access.transit.timetable import Timetable as Buses
    from eh_access.transit.trips import TransitTrip
    from eh_access.transit.walks import Walks

SAME_HOURS = 1e-6
NEVER_DS = 2**30
"""Stands in journeys for no vehicle that leaves."""

LOW, MEDIAN, HIGH = 10.0, 50.0, 90.0
"""Percentiles of a window that tables tell."""
TRANSIT_COLUMNS = (
    "scenario",
    "sites",
    "weight",
    "within_p10",
    "within_p50",
    "within_p90",
    "share_within_p10",
    "share_within_p50",
    "share_within_p90",
    "weight_by_vehicle",
    "weight_on_foot",
    "weight_unreached",
    "mean_changes",
    "mean_walk_min",
    "mean_ride_min",
    "mean_wait_min",
    "mean_spare_min",
)
SESSION_COLUMNS = (
    "scenario",
    "mode",
    "weight",
    "weight_any",
    "share_any",
    "mean_sessions",
    "mean_hours",
    "mean_sessions_within",
    "sites_timed",
    "sites_open",
)
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
HUNDRED = 100.0
HALF_HOUR = 0.5
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
LIMIT_COLUMNS = ("scenario", "limit", "weight", "weight_stopped", "share_stopped")
LOSING_DRAWS, LOST_SHARE = 20, 0.1
"""How often departures are lost, and which part of each route's."""

HOUR_MIN, MORE_WALK_MIN, SATURDAY = 60, 5.0, 5

MOST_TRIPS = 5_000
"""In a look-up of postcodes: each takes some 60 bytes, and a millisecond to trace."""

MOST_MINUTES = 666_666
"""In a look-up of postcodes: a map may take 5 MB in all, streets included."""

log = logging.getLogger(__name__)


def sessions_table(result: StudyResult) -> pd.DataFrame:
    """Return how many sessions a week can be attended whole, there and back within the day."""
    if not result.timetable:
        return pd.DataFrame(columns=list(SESSION_COLUMNS))
    told, mode = result.study.sessions, session_mode(result.study)
    weights = result.origins["weight"]
    rows = []
    for name in result.scenario_names:
        sites = result.scenario_sites[name]
        known = _kept(result.timetable, sites)
        back = result.moved[name].times_back if name in result.moved else result.times_back
        found = whole_sessions(
            result.times_for(name, mode),
            back[mode],
            sites,
            known,
            cutoff_min=told.cutoff_min,
            day=Day(*told.day, stay_min=told.stay_min or np.inf),
        ).reindex(result.origins.index)
        some = float(weights[found["sessions"] > 0].sum())
        opened = open_sites(sites, full_time=False, full_time_from_hours=0.0)
        rows.append(
            {
                "scenario": name,
                "mode": mode,
                "weight": float(weights.sum()),
                "weight_any": some,
                "share_any": some / float(weights.sum()),
                "mean_sessions": weighted_mean(found["sessions"], weights),
                "mean_hours": weighted_mean(found["hours"], weights),
                "mean_sessions_within": weighted_mean(found["sessions_within"], weights),
                "sites_timed": sum(site in known for site in opened),
                "sites_open": len(opened),
            }
        )
    return pd.DataFrame(rows, columns=list(SESSION_COLUMNS))


def transit_table(result: StudyResult) -> pd.DataFrame:
    """Return how families get to the nearest site by timetable, by scenario."""
    rows = []
    weights = result.origins["weight"].to_numpy(dtype=np.float64)
    for name in result.scenario_names:
        times = result.by_timetable_for(name)
        if times is None:
            continue
        for sites in ("full_time", "open"):
            ids = open_sites(
                result.scenario_sites[name],
                full_time=sites == "full_time",
                full_time_from_hours=result.study.settings.full_time_from_hours,
            )
            rows.append(
                {"scenario": name, "sites": sites, **_journeys(result, times, ids, weights)}
            )
    return pd.DataFrame(rows, columns=list(TRANSIT_COLUMNS))


def _journeys(
    result: StudyResult, times: TransitTimes, ids: pd.Index, weights: NDArray[np.float64]
) -> dict[str, float]:
    """Return the figures of the journeys to the nearest of some sites."""
    columns = times.walks.walking.site_ids.get_indexer(ids.sort_values())
    minutes = times.minutes[:, columns]
    judged = minutes[:, :, times.percentiles.index(times.judged)]
    nearest = columns[judged.argmin(axis=1)]
    rows = np.arange(len(nearest))
    reached = np.isfinite(judged.min(axis=1))
    rides = reached & (times.leave_ds[rows, nearest] < NEVER_DS)
    cutoff_min = result.study.near_min(TRANSIT)
    figures = {
        f"within_p{percentile:02g}": float(
            weights[within(minutes[:, :, number].min(axis=1), cutoff_min)].sum()
        )
        for number, percentile in enumerate(times.percentiles)
        if percentile in (LOW, MEDIAN, HIGH)
    }
    total = float(weights.sum())
    shares = {f"share_{name}": value / total for name, value in figures.items()}
    parts = {
        f"mean_{name}": weighted_mean(
            pd.Series(part[rows, nearest][rides]), pd.Series(weights[rides])
        )
        for name, part in times.journeys.items()
    }
    return {
        "weight": total,
        **figures,
        **shares,
        "weight_by_vehicle": float(weights[rides].sum()),
        "weight_on_foot": float(weights[reached & ~rides].sum()),
        "weight_unreached": float(weights[~reached].sum()),
        **parts,
    }


def curve_table(result: StudyResult) -> pd.DataFrame:
    """Return who is within each of several times, before and after, by scenario and mode."""
    parts = [
        comparison.curve([WAYS.get(mode, 1) * cutoff for cutoff in CURVE_MIN]).assign(
            scenario=scenario, mode=mode, sites=sites
        )
        for sites, comparisons in (
            ("full_time", result.comparisons_full_time),
            ("open", result.comparisons),
        )
        for (scenario, mode), comparison in comparisons.items()
    ]
    if not parts:
        return pd.DataFrame()
    whole = pd.concat(parts, ignore_index=True)
    first = ["scenario", "mode", "sites", "cutoff_min"]
    return whole[[*first, *(name for name in whole if name not in first)]]


def group_table(result: StudyResult) -> pd.DataFrame:
    """Return how each group counted fares beside everyone, by scenario and mode."""
    asked = result.study.data.groups
    if not asked:
        return pd.DataFrame()
    rows = [
        {
            "scenario": scenario,
            "mode": mode,
            "sites": sites,
            "group": name,
            **counted.curve([result.study.near_min(mode)]).iloc[0],
            **counted.summary().iloc[0],
        }
        for sites, comparisons in (
            ("full_time", result.comparisons_full_time),
            ("open", result.comparisons),
        )
        for (scenario, mode), everyone in comparisons.items()
        for name, counted in (
            (result.study.unit, everyone),
            *((words, everyone.counting(column)) for column, words in asked.items()),
        )
    ]
    return pd.DataFrame(rows)


def youth_table(result: StudyResult) -> pd.DataFrame:
    """Return between what the loss lies where youth centres go and not all that stay are known."""
    asked, centres = result.study.youth, result.youth
    closed = {site for config in result.not_assessed for site in config.close}
    lost = [] if centres is None else [site for site in centres.index if site in closed]
    if asked is None or centres is None or not lost:
        return pd.DataFrame()
    mode, network = session_mode(result.study), result.network
    way = result.times[mode].mode
    to_centres, to_venues = (
        None
        if places is None
        else times_by(way, result.origins, places, network=network, study=result.study)
        for places in (centres, result.youth_venues)
    )
    assert to_centres is not None  # noqa: S101 - there are centres
    found = loss_bounds(
        to_centres,
        result.origins,
        weight=asked.weight,
        lost=lost,
        cutoffs_min=asked.cutoffs_min,
        venues=to_venues,
    )
    return found.assign(mode=mode)


def load_table(result: StudyResult) -> pd.DataFrame:
    """Return who goes where under each scenario, and how full sites become where that is known."""
    # Full-time sites are counted: one cut to a few hours keeps neither its families nor its
    # places. In a study that has no full-time site to begin with, any that is open counts.
    known = capacities(result.sites)
    full = len(_counted(result, result.scenario_names[0], full_time=True)) > 0
    compared = result.comparisons_full_time if full else result.comparisons
    mode, cutoff_min = session_mode(result.study), result.study.sessions.cutoff_min
    parts = []
    for name in result.scenario_names[1:]:
        frame = load_on_sites(compared[name, mode], known)
        opened = _counted(result, name, full_time=full)
        there = {site: known[site] for site in map(str, opened) if site in known}
        frame["per_place_after"] = frame["per_place_after"].where(frame.index.isin(opened))
        shared = pd.Series(dtype=float)
        if there:
            shared = HUNDRED * floating_catchment(
                result.times_for(name, mode), result.origins, capacity=there, cutoff_min=cutoff_min
            ).sites["places_per_family"].replace(np.inf, np.nan)
        frame["places_per_hundred"] = shared.reindex(frame.index)
        basis = "full_time" if full else "open"
        parts.append(frame.reset_index().assign(scenario=name, mode=mode, sites=basis))
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=LOAD_COLUMNS)
    return whole[list(LOAD_COLUMNS)]


def _counted(result: StudyResult, name: str, *, full_time: bool) -> pd.Index:
    """Return the sites that count under a scenario."""
    hours = result.study.settings.full_time_from_hours
    sites = result.scenario_sites[name]
    return open_sites(sites, full_time=full_time, full_time_from_hours=hours)


def _kept(timetable: Timetable, sites: gpd.GeoDataFrame) -> Timetable:
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
    trips: Mapping[str, Mapping[tuple[int, str], TransitTrip]] = field(default_factory=dict)


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

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables to be written, by the name of their file.

        Returns
        -------
        dict of str to pandas.DataFrame
            ``alternatives.csv``, ``sensitivity.csv``, ``uncertainty.csv``, ``doubts.csv``,
            ``curve.csv``, ``fairness.csv`` and ``outreach.csv``, those of them that there is
            something to say in.
        """
        found = {
            "alternatives.csv": None
            if self.alternatives is None
            else alternatives_frame(self.alternatives),
            "sensitivity.csv": self.sensitivity.frame,
            "uncertainty.csv": None if self.uncertainty is None else self.uncertainty.frame,
            "doubts.csv": None if self.uncertainty is None else self.uncertainty.sources_frame,
            "curve.csv": self.curve if len(self.curve) else None,
            "transit.csv": self.transit if len(self.transit) else None,
            "fragility.csv": self.fragility if len(self.fragility) else None,
            "fairness.csv": self.fairness,
            "outreach.csv": outreach_frame(self.outreach) if self.outreach else None,
        }
        return {name: frame for name, frame in found.items() if frame is not None}


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
    >>> from eh_access.study.config import load_study
    >>> from eh_access.study.run import run_study
    >>> found = find_findings(run_study(load_study("rotherham")))
    >>> len(found.tables()["alternatives.csv"])
    220
    """
    result.refuse_private()
    tell = progress if progress is not None else _silent
    tell("Ranking every other choice")
    alternatives = _alternatives(result)
    tell("Trying other assumptions")
    sensitive = find_sensitivity(result, progress=tell)
    tell("Looking for the best venues")
    outreach = _outreach(result)
    tell("Asking who gains and who loses")
    cases = result.cases()
    fairness = [
        fairness_frame(
            comparisons, sites=sites, drawn=_drawn_minutes(result, full_time=sites == "full_time")
        )
        for sites, comparisons in (
            ("open", result.comparisons),
            ("full_time", result.comparisons_full_time),
        )
    ]
    mode = session_mode(result.study)
    readings = readings_table(
        cases,
        mode=mode,
        min_hours=result.study.sessions.hours_per_week,
        loser_min=result.study.settings.loser_min,
    )
    tell("Losing one departure in ten")
    fragile = _fragility(result)
    tables, hidden = redact_tables(
        {
            "fairness.csv": pd.concat(fairness, ignore_index=True),
            "readings": readings,
            "sessions": sessions_table(result),
            "load": load_table(result),
            "curve.csv": curve_table(result),
            "transit.csv": transit_table(result),
            "limits": visit_limits_table(result),
            "youth": youth_table(result),
            "groups": group_table(result),
        },
        result.study.policy,
    )
    return Findings(
        alternatives=alternatives,
        sensitivity=sensitive,
        uncertainty=result.uncertainty,
        fairness=tables["fairness.csv"],
        outreach=outreach,
        readings=tables["readings"],
        curve=tables["curve.csv"],
        sessions=tables["sessions"],
        transit=tables["transit.csv"],
        fragility=fragile,
        limits=tables["limits"],
        load=tables["load"],
        youth=tables["youth"],
        groups=tables["groups"],
        keeping=keep_some(result),
        hidden=hidden,
        exact_hours=tuple(_exact_hours(result, cases)),
        maps=find_maps(result, progress=tell),
    )


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
    >>> from eh_access.study.config import load_study
    >>> from eh_access.study.run import run_study
    >>> maps = find_maps(run_study(load_study("newport")))
    >>> list(maps.lengths), len(maps.land)
    (['pushchair', 'walk'], 12)
    """
    result.refuse_private()
    tell = progress if progress is not None else _silent
    tell("Drawing isochrones")
    wider, first = result.with_neighbours or result, result.times[result.modes[0]].mode
    located = result.sites[result.sites.geometry.notna()]
    cutoffs_min = [result.study.cutoff_min]
    lookup = _lookup(result)
    return Maps(
        streets=None if result.network is None else street_lines(result.network),
        isochrones=_isochrones(result),
        land=None
        if result.network is None
        else isochrones(result.network, located, mode=first, cutoffs_min=cutoffs_min),
        lengths=_lengths(
            result.network,
            result.origins,
            wider.sites,
            study=result.study,
            known=wider.distances,
        ),
        lookup=lookup,
        trips=_trips(result, lookup),
        hours_kept=tuple(_hours_kept(result)),
    )


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
    >>> from eh_access.study.config import load_study
    >>> from eh_access.study.run import run_study
    >>> found = find_sensitivity(run_study(load_study("newport")))
    >>> {"cutoff_min", "threshold"} <= set(found.frame["assumption"])
    True
    """
    study, tell = result.study, progress if progress is not None else _silent
    cases = result.cases()[1:]
    choices: dict[str, dict[str, list[Case]]] = {}
    other = _other_origins(result)
    if other is not None:
        tell(f"Trying the origins of the set '{other}'")
        tables = read_inputs(study.without_counts(), origins=other)
        travel = compute_travel_times(
            study,
            tables.origins,
            tables.sites,
            network=result.network,
            buses=result.buses,
            progress=_silent,
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
    choices |= timetable_choices(result, cases, tell)
    found = sensitivity(study.criteria, cases, choices=choices)
    return redact_sensitivity(found, study.criteria, study.policy)


def _timetable_sides(
    result: StudyResult,
    study: Study,
    buses: Callable[[str], Buses],
    walks: Mapping[str, tuple[Walks, Walks]] | None = None,
) -> dict[str, Side]:
    """Return sites and times of every scenario, journeys by timetable being made anew."""
    first = Travel(
        times=result.times,
        times_back=result.times_back,
        distances=result.distances,
        network=result.network,
    )
    made: dict[str, Travel] = {}
    for name in result.scenario_names:
        own = name if name in result.moved else BASELINE_NAME
        if own not in made:
            made[own] = with_buses(
                *(study, result.moved.get(own, first), buses(own)),
                *(result.origins, result.scenario_sites[own]),
                walks=None if walks is None else walks[own],
            )
    return {
        name: made[name if name in made else BASELINE_NAME].side(result.scenario_sites[name])
        for name in result.scenario_names
    }


def timetable_choices(
    result: StudyResult, cases: Sequence[Case], tell: Progress
) -> dict[str, dict[str, list[Case]]]:
    """Return the cases on other days, in other windows and with other walks to stops."""
    asked, buses = result.study.transit, result.buses
    if asked is None or buses is None or not _by_timetable(result):
        return {}
    tell("Trying other days, windows and walks to stops")
    t0, t1 = (clock_min(text) for text in asked.window)
    windows = [(t0 + by, t1 + by) for by in (-HOUR_MIN, HOUR_MIN) if t0 + by >= 0]
    key = "arrive" if asked.by == "arrival" else "depart"
    saturday = buses.date + dt.timedelta(days=(SATURDAY - buses.date.weekday()) % 7 or 7)
    walk = max(asked.access_min, asked.egress_min)
    tried: dict[str, dict[str, dict[str, object]]] = {
        "timetable_date": {f"{saturday:%A} {saturday}": {"date": saturday}},
        "timetable_window": {
            "-".join(window): {key: window}
            for window in (tuple(f"{m // 60:02d}:{m % 60:02d}" for m in ends) for ends in windows)
        },
        "stop_walk": {
            f"{walk + more:g} minutes": {
                "access_min": max(asked.access_min + more, 1.0),
                "egress_min": max(asked.egress_min + more, 1.0),
            }
            for more in (-MORE_WALK_MIN, MORE_WALK_MIN)
            if walk + more > 0
        },
    }
    walks = _family_walks(result)
    own = (f"{buses.date:%A} {buses.date}", "-".join(asked.window), f"{walk:g} minutes")
    found = {}
    for main, (name, others) in zip(own, tried.items(), strict=True):
        held = {main: list(cases)}
        for label, change in others.items():
            study = result.study.model_copy(update={"transit": asked.model_copy(update=change)})
            try:
                same = walks if name == "timetable_window" else None
                sides = _timetable_sides(result, study, _buses_of(result, study), same)
            except InputError:  # no such day in the feed, or no such route on it
                continue
            held[label] = _cases_with(cases, sides)
        if len(held) > 1:
            found[name] = held
    return found


def _by_timetable(result: StudyResult) -> list[Criterion]:
    """Return the criteria that ask for journeys by timetable."""
    return [
        item
        for item in result.study.criteria
        if {TRANSIT, VISIT} & {item.mode, *item.also_modes} and TRANSIT in result.times
    ]


def _buses_of(result: StudyResult, study: Study) -> Callable[[str], Buses]:
    """Return what gives a scenario's timetable on the day a study asks for."""
    asked, first = study.transit, result.buses
    assert asked is not None  # noqa: S101 - there is a timetable
    assert first is not None  # noqa: S101 - as above
    if asked.date != getattr(result.study.transit, "date", None):
        first = read_buses(
            study, result.borough, result.sites, result.candidates, result.neighbours
        )
    configs = {config.name: config for config in result.scenarios}

    def of(name: str) -> Buses:
        buses = changed_buses(configs[name], first)
        assert buses is not None  # noqa: S101 - as above
        return buses

    return of


def _cases_with(cases: Sequence[Case], sides: Mapping[str, Side]) -> list[Case]:
    return [
        replace(case, before=sides[BASELINE_NAME], after=sides[case.scenario]) for case in cases
    ]


def fragility_table(
    result: StudyResult, *, draws: int = LOSING_DRAWS, share: float = LOST_SHARE
) -> tuple[pd.DataFrame, pd.Series]:
    """Return what the criteria by timetable come to when each route loses departures, by draw.

    A timetable is a promise. In each draw every route loses one departure in ten, at least one;
    before and after lose the same. Beside the rows: how many each counts.
    """
    criteria, cases = _by_timetable(result), result.cases()
    rows: list[dict[str, object]] = []
    if not criteria or result.by_timetable is None or result.network is None:
        return pd.DataFrame(columns=list(FRAGILITY_COLUMNS)), pd.Series(dtype=float)
    from eh_access.transit.edit import lose_departures  # noqa: PLC0415 - loads numba

    walks = _family_walks(result)
    for draw in range(-1, draws):  # first as promised

        def losing(name: str, draw: int = draw) -> Buses:
            buses = result.buses_for(name)
            assert buses is not None  # noqa: S101 - there is a timetable
            return lose_departures(buses, share=share, seed=result.study.settings.seed + draw)

        drawn = cases
        if draw >= 0:
            drawn = _cases_with(cases, _timetable_sides(result, result.study, losing, walks))
        rows += [
            {"scenario": case.scenario, "draw": draw, **row}
            for case in drawn
            for item in criteria
            for row in evaluated(item, case)
        ]
    frame = pd.DataFrame(rows)
    return frame[list(FRAGILITY_COLUMNS)], frame["weight"]


def visit_limits_table(result: StudyResult) -> pd.DataFrame:
    """Return how many can be at a whole session and home again, and what is in the way of others.

    Of somebody's visits to open sites the one that gets furthest counts: its first limit that
    breaks.
    """
    asked, weights = result.study.transit, result.origins["weight"].to_numpy(dtype=np.float64)
    rows: list[dict[str, object]] = []
    if asked is None or not asked.sessions or result.by_timetable is None:
        return pd.DataFrame(columns=list(LIMIT_COLUMNS))
    from eh_access.transit.visits import Barrier  # noqa: PLC0415 - loads numba

    found = {
        name: find_visits(result.study, result.by_timetable_for(name), home)  # type: ignore[arg-type]
        for name, (_, home) in _family_walks(result).items()
    }
    for name in result.scenario_names:
        visits = found.get(name, found[BASELINE_NAME])
        opened = _counted(result, name, full_time=False)
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
    return pd.DataFrame(rows, columns=list(LIMIT_COLUMNS))


def _family_walks(result: StudyResult) -> dict[str, tuple[Walks, Walks]]:
    """Return the walks there and home, of every scenario with times of its own."""
    walks = {}
    for name in (BASELINE_NAME, *result.moved):
        times, network = result.by_timetable_for(name), result.network_for(name)
        if times is not None and network is not None:
            home = find_family_walks(
                *(result.study, times.timetable, network, result.origins),
                result.scenario_sites[name],
                direction="from_sites",
            )
            walks[name] = times.walks, home
    return walks


def _fragility(result: StudyResult) -> pd.DataFrame:
    """Return the middle and the range of each criterion over the draws, beside what is promised."""
    frame, weight = fragility_table(result)
    frame = redact_values(frame, weight, result.study.criteria, result.study.policy)
    rows = []
    for (scenario, criterion), part in frame.groupby(["scenario", "criterion"], sort=False):
        promised, drawn = part.iloc[0], part.iloc[1:]
        spread = spread_of(drawn["value"].to_numpy(np.float64))
        rows.append(
            {
                "scenario": scenario,
                "criterion": criterion,
                "draws": len(drawn),
                "lost_share": LOST_SHARE,
                "value": promised["value"],
                "median": spread.median,
                "low": spread.low,
                "high": spread.high,
                "outcome": promised["outcome"],
                "draws_same": int((drawn["outcome"] == promised["outcome"]).sum()),
            }
        )
    return pd.DataFrame(rows)


def _drawn_minutes(result: StudyResult, *, full_time: bool) -> dict[tuple[str, str], DrawnMinutes]:
    """Return minutes in every draw of what is not known, by scenario and mode; none if none is."""
    if result.uncertainty is None or not result.study.policy.public:
        return {}
    simulation = result.uncertainty.simulation
    return {
        (case.scenario, mode): simulation.minutes(case, mode, full_time=full_time)
        for case in (result.with_neighbours or result).cases()[1:]
        for mode in result.modes
    }


def _lost_sites(result: StudyResult) -> tuple[str, ...]:
    """Return the sites that the scenario decided on takes away or leaves with fewer hours."""
    enough = result.study.settings.full_time_from_hours
    before, after = (
        open_sites(result.scenario_sites[name], full_time=True, full_time_from_hours=enough)
        for name in (BASELINE_NAME, decided_scenario(result.study.scenarios) or BASELINE_NAME)
    )
    return tuple(str(site) for site in before.difference(after))


MOST_KEPT = 2


def keep_some(result: StudyResult) -> dict[tuple[str, ...], Comparison]:
    """Return before and after if some of the sites that go kept full hours: none, one, or two."""
    lost, decided = _lost_sites(result), decided_scenario(result.study.scenarios)
    if not lost or decided is None:
        return {}
    mode, settings = session_mode(result.study), result.study.settings
    before, after = (_counted(result, name, full_time=True) for name in (BASELINE_NAME, decided))
    return {
        kept: compare(
            result.times_for(BASELINE_NAME, mode),
            result.times_for(decided, mode),
            result.origins,
            sites_before=before,
            sites_after=after.union(list(kept)),
            loser_min=settings.loser_min,
        )
        for size in range(min(MOST_KEPT, len(lost) - 1) + 1)
        for kept in combinations(lost, size)
    }


def _alternatives(result: StudyResult) -> Alternatives | None:
    council = _lost_sites(result)
    if not council:
        return None
    found = rank_alternatives(
        result.side(BASELINE_NAME),
        result.origins,
        close=len(council),
        criteria=result.study.criteria,
        options=AlternativeOptions(
            council=council,
            mode=session_mode(result.study),
            loser_min=result.study.settings.loser_min,
            judging=result.judge_settings,
            coarsen=coarsening(result.study.policy),
        ),
    )
    return redact_alternatives(found, result.study.policy)


def _other_origins(result: StudyResult) -> str | None:
    """Return the study's other set of origins; none where a list of families stands for both."""
    by_families = any(file.role == FAMILIES_ROLE for file in result.inputs)
    if by_families or not result.study.weights_public or result.moved:
        return None
    names = [name for name in result.study.data.origins if name != result.origins_name]
    return names[0] if names else None


def _outreach(result: StudyResult) -> tuple[Outreach, ...]:
    venues = result.candidates
    mode = session_mode(result.study)
    if venues is None or not len(venues):
        return ()
    way = result.times[mode].mode
    plain = times_by(way, result.origins, venues, network=result.network, study=result.study)
    before = result.nearest(BASELINE_NAME, mode, full_time=False)["minutes"].to_numpy()
    mends: list[tuple[Loss | None, TravelTimes]] = [(None, plain)]
    for config in result.scenarios:
        after = result.nearest(config.name, mode, full_time=False)["minutes"].to_numpy()
        if not np.any(after > before):
            continue
        times, network = plain, result.network_for(config.name)
        if network is not result.network:
            times = times_by(way, result.origins, venues, network=network, study=result.study)
        loss = Loss(scenario=scenario_of(config), before=before, after=after)
        mends.append((loss, times))
    numbers = result.study.sessions.numbers_of(len(venues))
    options = OutreachOptions(
        hours_per_week=result.study.sessions.hours_per_week,
        unit=result.study.unit,
    )
    whole, policy = float(result.origins["weight"].sum()), result.study.policy
    found = []
    for mend, times in mends:
        # a venue that nobody reaches is no choice, nor one that the scenario has a use for already
        taken = mend.scenario.site_ids if mend else ()
        reached = np.asarray(np.isfinite(times.minutes).any(axis=0))
        offered = times.select(
            [
                site
                for site, is_reached in zip(times.site_ids, reached.tolist(), strict=True)
                if is_reached and site not in taken
            ]
        )
        sessions = tuple(number for number in numbers if number <= len(offered.site_ids))
        if sessions:
            told = replace(options, sessions=sessions)
            names = venues["name"]
            found.append(
                best_sessions(offered, result.origins, names=names, mend=mend, options=told)
            )
    return tuple(redact_outreach(venue, whole, policy) for venue in found)


def _exact_hours(result: StudyResult, cases: Sequence[Case]) -> Iterator[ExactHours]:
    """Yield the verdicts that count sites with exactly the hours their criterion asks for."""
    for case in cases:
        sites = case.after.sites
        for item in result.study.criteria:
            exact = sites.index[sites["is_open"] & (sites["hours_per_week"] == item.min_hours)]
            if item.min_hours is None or not len(exact):
                continue
            fewer = item.model_copy(update={"min_hours": item.min_hours * (1 + A_LITTLE)})
            verdict, less = (
                redact_verdict(judge(asked, case), result.study.policy) for asked in (item, fewer)
            )
            yield ExactHours(verdict=verdict, fewer=less, site_ids=tuple(exact))


def _hours_kept(result: StudyResult) -> Iterator[HoursKept]:
    """Yield the verdicts that hang on how many hours are kept, from none up to those agreed."""
    if not result.study.policy.public:
        return  # the page works them out, and hides what is small
    for counted in dict.fromkeys((result, result.with_neighbours or result)):
        for case in counted.cases()[1:]:
            cut = cut_sites(case)
            agreed = case.after.sites.loc[cut, "hours_per_week"].unique()
            if len(agreed) != 1:
                continue
            step = 1.0 if agreed[0] == round(agreed[0]) else HALF_HOUR
            for hours in np.arange(0.0, agreed[0], step):
                kept = Scenario("kept", "", tuple(SetHours(str(site), hours) for site in cut))
                sites = apply_scenario(case.after.sites, kept)
                other = replace(case, after=replace(case.after, sites=sites))
                for verdict in _verdicts_of(counted, case, other):
                    yield HoursKept(
                        hours=float(hours), verdict=verdict, neighbours=counted is not result
                    )


def _verdicts_of(result: StudyResult, case: Case, other: Case) -> Iterator[Verdict]:
    """Yield the verdicts on a case with other hours whose sites are not all as in the study's."""
    enough = case.settings.full_time_from_hours
    was, now = (
        open_sites(one.after.sites, full_time=True, full_time_from_hours=enough)
        for one in (case, other)
    )
    criteria = [
        item for item in result.study.criteria if item.sites == "open" or not was.equals(now)
    ]
    drawn = {}
    if result.uncertainty is not None:
        drawn = outcomes_drawn(criteria, other, result.uncertainty.simulation.apart())
    for item in criteria:
        yield weigh(judge(item, other), drawn.get(item.id))


def line_detail_m(mode: TravelMode) -> float:
    """Return how far a line drawn may run from the true one: a page is not measured on."""
    return 40.0 if mode.uses_road_speeds else 20.0


def _isochrones(result: StudyResult) -> gpd.GeoDataFrame | None:
    """Return isochrones as fine as the map page, each place on the same streets drawn once."""
    if result.network is None:
        return None
    area = result.borough.buffer(BEYOND_M)
    drawn: dict[tuple[Network, str, str, str], pd.DataFrame] = {}
    parts = []
    for config in result.scenarios:
        network = result.network_for(config.name)
        if network is None:
            continue
        sites = result.scenario_sites[config.name].sort_index()
        if config.name != BASELINE_NAME and not config.streets:
            sites = sites.loc[sorted({change.site for change in config.move})]
        places = sites.geometry[sites.geometry.notna()].to_wkt()
        for times in on_streets(result.times).values():
            keys = {site: (network, times.mode.name, site, wkt) for site, wkt in places.items()}
            fresh = [site for site, key in keys.items() if key not in drawn]
            if fresh:
                land = isochrones(
                    network,
                    sites.loc[fresh],
                    mode=times.mode,
                    cutoffs_min=CUTOFFS_MIN,
                    cell_m=DRIVE_CELL_M if times.mode.uses_road_speeds else WALK_CELL_M,
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


def _lookup(result: StudyResult) -> Lookup | None:
    """Return the minutes of postcodes that are no origins; None if too many for one page."""
    points = result.postcodes
    if are_postcodes(result.origins.index) or points is None or points.empty:
        return None
    tables = len(result.times) * (1 if result.network is None else 2)  # minutes, and lengths
    if len(points) * len(result.sites) * tables > MOST_MINUTES:
        log.warning(
            "The map has no look-up of postcodes: %s of them to %s sites are too much for one file",
            f"{len(points):,}",
            f"{len(result.sites):,}",
        )
        return None

    journeys: dict[str, TransitTimes] = {}

    def minutes(sites: gpd.GeoDataFrame, scenario: str) -> dict[str, TravelTimes]:
        network, buses = result.network_for(scenario), result.buses_for(scenario)
        found = {
            name: times_by(times.mode, points, sites, network=network, study=result.study)
            for name, times in on_streets(result.times).items()
        }
        if buses is not None and network is not None:
            own = times_by_transit(result.study, buses, network, points, sites)
            found |= transit_tables(result.study, own, network, points, sites)
            journeys.setdefault(scenario, own)
        return found

    changed = [
        name
        for name in result.moved
        if result.network_for(name) is not result.network
        or result.buses_for(name) is not result.buses
    ]
    moved = {}
    for config in result.scenarios:
        if config.name in result.moved:
            sites = result.scenario_sites[config.name].sort_index()
            whole = config.name in changed
            sites = sites if whole else sites.loc[sorted({item.site for item in config.move})]
            moved[config.name] = minutes(sites, config.name)
    across = result.neighbours
    return Lookup(
        postcodes=points.index,
        minutes=minutes(result.sites, BASELINE_NAME),
        lengths=_lengths(result.network, points, result.sites, study=result.study, known={}),
        moved=moved,
        by_timetable=journeys,
        neighbours={}
        if across is None
        else {name: minutes(across.sort_index(), name) for name in (BASELINE_NAME, *changed)},
    )


def _trips(
    result: StudyResult, lookup: Lookup | None
) -> dict[str, dict[tuple[int, str], TransitTrip]]:
    """Return the journeys to the nearest sites under every scenario, but walks all the way."""
    known = {} if lookup is None else lookup.by_timetable
    if are_postcodes(result.origins.index):
        of_origins = {name: result.by_timetable_for(name) for name in result.scenario_names}
        known = {
            name: times
            for name, times in of_origins.items()
            if times is not None and (name == BASELINE_NAME or name in result.moved)
        }
    pairs: dict[str, set[tuple[int, int]]] = {}
    for scenario in result.scenario_names if known else ():
        name = scenario if scenario in known else BASELINE_NAME
        times = known[name]
        for full_time in (True, False):
            ids = _counted(result, scenario, full_time=full_time).sort_values()
            columns = times.walks.walking.site_ids.get_indexer(ids)
            columns = columns[columns >= 0]
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


def _silent(_: str) -> None:
    """Say nothing."""

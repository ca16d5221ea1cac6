"""Sessions that can be attended whole, and how full sites become, from a study's minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.competition import floating_catchment, load_on_sites
from eh_access.analysis.measures import weighted_mean
from eh_access.analysis.scenarios import open_sites
from eh_access.analysis.sessions import Day, whole_sessions
from eh_access.analysis.windows import hours_of
from eh_access.study.session_inputs import capacities
from eh_access.study.travel import session_mode

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.analysis.windows import Timetable
    from eh_access.study.results import StudyResult

SAME_HOURS = 1e-6
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


def per_place(load: pd.DataFrame) -> pd.DataFrame:
    """Return a load table whose weight for each place follows from the weights it shows."""
    told = load.copy()
    for when in ("before", "after"):
        stated = load[f"per_place_{when}"].notna()
        told[f"per_place_{when}"] = (load[f"weight_{when}"] / load["capacity"]).where(stated)
    return told


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

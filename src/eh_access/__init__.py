"""Check whether services stay reasonably local when delivery points move, and for whom not.

Every public name can be had from here: ``from eh_access import load_study, run_study``. Each is
loaded when it is first asked for, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from eh_access._homes import HOMES as _HOMES
from eh_access._version import __version__
from eh_access.errors import EhAccessError, InputError, NotFoundError, SourceError

if TYPE_CHECKING:
    from eh_access.arguments import SearchOptions
    from eh_access.criteria.criterion import (
        Case,
        Criterion,
        JudgeSettings,
        Outcome,
        Side,
        Verdict,
        Verdicts,
    )
    from eh_access.criteria.evaluate import Assumptions
    from eh_access.criteria.judge import judge
    from eh_access.criteria.sensitivity import Sensitivity, sensitivity
    from eh_access.measures.basic import (
        coverage,
        coverage_by,
        cumulative_opportunities,
        nearest,
        nth_nearest,
        weighted_mean,
        weighted_quantile,
    )
    from eh_access.measures.catchments import (
        Decay,
        FloatingCatchment,
        absorption,
        area_catchments,
        catchments,
        exponential,
        floating_catchment,
        linear,
        load_on_sites,
        logistic,
        take_up,
    )
    from eh_access.measures.comparison import Comparison, compare
    from eh_access.measures.equity import (
        concentration_index,
        fairness_frame,
        fifths,
        gap,
        gini,
        imd_fifth,
    )
    from eh_access.measures.opening_hours import (
        Window,
        hours_reachable,
        nearest_open_for,
        whole_sessions,
        windows_from_frame,
        with_hours,
    )
    from eh_access.measures.scenarios import (
        BASELINE,
        Close,
        Move,
        Open,
        Scenario,
        SetHours,
        apply_scenario,
        open_sites,
    )
    from eh_access.modes import CYCLE, DRIVE, MODES, PUSHCHAIR, TODDLER, WALK, TravelMode, get_mode
    from eh_access.network.edit import AddLink, CloseStreet, SetSpeedLimit, change_streets
    from eh_access.network.io import read_network_file, write_network
    from eh_access.network.model import Network
    from eh_access.network.snapping import Snapped, snap
    from eh_access.network.terrain import Terrain, read_terrain, with_heights
    from eh_access.planning.alternatives import AlternativeOptions, Alternatives, rank_alternatives
    from eh_access.planning.outreach import Loss, Outreach, OutreachOptions, best_sessions
    from eh_access.planning.siting import Placement, SitingOptions, choose_sites
    from eh_access.planning.three_readings import readings_table
    from eh_access.privacy.policy import Policy
    from eh_access.provenance import Provenance
    from eh_access.publish.interactive import inline_map
    from eh_access.publish.outputs import write_outputs
    from eh_access.publish.report import render_report
    from eh_access.publish.writers.map import render_map
    from eh_access.routing.estimate import estimate_travel_times
    from eh_access.routing.examples import example_street, example_trips
    from eh_access.routing.isochrones import isochrones
    from eh_access.routing.matrix import (
        count_within,
        coverage_within,
        nearest_sites,
        node_times,
        travel_time_matrix,
    )
    from eh_access.routing.route import Route, route
    from eh_access.routing.search import minutes_from_nodes
    from eh_access.routing.travel_times import TravelTimes
    from eh_access.sources.bundled import load_areas, load_origins, load_sites, load_sources
    from eh_access.sources.openstreetmap import cached_network, download_network
    from eh_access.study.config import Study, load_study
    from eh_access.study.findings import (
        Findings,
        Maps,
        find_findings,
        find_maps,
        find_sensitivity,
    )
    from eh_access.study.inputs import read_inputs
    from eh_access.study.opening import check_study, open_study
    from eh_access.study.records import Inputs, Note
    from eh_access.study.result import StudyResult
    from eh_access.study.run import run_study
    from eh_access.study.streets import find_streets, read_network
    from eh_access.tables import check_areas, check_origins, check_sites, points_from_columns

_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "BASELINE",
    "CYCLE",
    "DRIVE",
    "MODES",
    "PUSHCHAIR",
    "TODDLER",
    "WALK",
    "AddLink",
    "AlternativeOptions",
    "Alternatives",
    "Assumptions",
    "Case",
    "Close",
    "CloseStreet",
    "Comparison",
    "Criterion",
    "Decay",
    "EhAccessError",
    "Findings",
    "FloatingCatchment",
    "InputError",
    "Inputs",
    "JudgeSettings",
    "Loss",
    "Maps",
    "Move",
    "Network",
    "NotFoundError",
    "Note",
    "Open",
    "Outcome",
    "Outreach",
    "OutreachOptions",
    "Placement",
    "Policy",
    "Provenance",
    "Route",
    "Scenario",
    "SearchOptions",
    "Sensitivity",
    "SetHours",
    "SetSpeedLimit",
    "Side",
    "SitingOptions",
    "Snapped",
    "SourceError",
    "Study",
    "StudyResult",
    "Terrain",
    "TravelMode",
    "TravelTimes",
    "Verdict",
    "Verdicts",
    "Window",
    "__version__",
    "absorption",
    "apply_scenario",
    "area_catchments",
    "best_sessions",
    "cached_network",
    "catchments",
    "change_streets",
    "check_areas",
    "check_origins",
    "check_sites",
    "check_study",
    "choose_sites",
    "compare",
    "concentration_index",
    "count_within",
    "coverage",
    "coverage_by",
    "coverage_within",
    "cumulative_opportunities",
    "download_network",
    "estimate_travel_times",
    "example_street",
    "example_trips",
    "exponential",
    "fairness_frame",
    "fifths",
    "find_findings",
    "find_maps",
    "find_sensitivity",
    "find_streets",
    "floating_catchment",
    "gap",
    "get_mode",
    "gini",
    "hours_reachable",
    "imd_fifth",
    "inline_map",
    "isochrones",
    "judge",
    "linear",
    "load_areas",
    "load_on_sites",
    "load_origins",
    "load_sites",
    "load_sources",
    "load_study",
    "logistic",
    "minutes_from_nodes",
    "nearest",
    "nearest_open_for",
    "nearest_sites",
    "node_times",
    "nth_nearest",
    "open_sites",
    "open_study",
    "points_from_columns",
    "rank_alternatives",
    "read_inputs",
    "read_network",
    "read_network_file",
    "read_terrain",
    "readings_table",
    "render_map",
    "render_report",
    "route",
    "run_study",
    "sensitivity",
    "snap",
    "take_up",
    "travel_time_matrix",
    "weighted_mean",
    "weighted_quantile",
    "whole_sessions",
    "windows_from_frame",
    "with_heights",
    "with_hours",
    "write_network",
    "write_outputs",
]


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for (PEP 562)."""
    if name not in _HOME:
        message = f"module '{__name__}' has no attribute '{name}'"
        raise AttributeError(message)
    value: object = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, for completion."""
    return sorted(__all__)

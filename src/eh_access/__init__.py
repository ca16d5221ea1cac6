"""Whether services stay reasonably local when delivery points move or close, and for whom not.

Every public name can be had from here: ``from eh_access import load_study, run_study``. Each is
loaded when it is first asked for, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from eh_access._version import __version__
from eh_access.errors import EhAccessError, InputError, NotFoundError, SourceError

if TYPE_CHECKING:
    from eh_access.analysis.case import Case, JudgeSettings, Side
    from eh_access.analysis.catchments import area_catchments, catchments
    from eh_access.analysis.comparison import Comparison, compare
    from eh_access.analysis.criteria import Criterion, Outcome, Verdict
    from eh_access.analysis.equality import fifths, gap, imd_fifth
    from eh_access.analysis.hours import hours_reachable
    from eh_access.analysis.isochrones import isochrones
    from eh_access.analysis.measures import (
        coverage,
        coverage_by,
        cumulative_opportunities,
        nearest,
        nth_nearest,
        weighted_mean,
        weighted_quantile,
    )
    from eh_access.analysis.scenarios import (
        BASELINE,
        Close,
        Move,
        Open,
        Scenario,
        SetHours,
        apply_scenario,
        open_sites,
    )
    from eh_access.analysis.verdicts import judge
    from eh_access.modes import (
        CYCLE,
        DRIVE,
        MODES,
        PUSHCHAIR,
        TODDLER,
        WALK,
        TravelMode,
        get_mode,
    )
    from eh_access.network.file import read_network_file, write_network
    from eh_access.network.model import Network, Provenance
    from eh_access.network.snapping import Snapped, snap
    from eh_access.network.terrain import Terrain, read_terrain, with_heights
    from eh_access.publish.map import render_map
    from eh_access.publish.outputs import write_outputs
    from eh_access.publish.report import render_report
    from eh_access.routing.estimate import estimate_travel_times
    from eh_access.routing.matrix import travel_time_matrix
    from eh_access.routing.types import TravelTimes
    from eh_access.sources.bundled import load_areas, load_origins, load_sites, load_sources
    from eh_access.sources.download import cached_network, download_network
    from eh_access.study.config import Study, load_study
    from eh_access.study.inputs import Inputs, read_inputs
    from eh_access.study.networks import read_network
    from eh_access.study.opening import check_study, open_study
    from eh_access.study.results import Note, StudyResult
    from eh_access.study.run import run_study
    from eh_access.study.streets import find_streets
    from eh_access.tables import check_areas, check_origins, check_sites, points_from_columns

_HOMES = {
    "analysis.case": ("Case", "JudgeSettings", "Side"),
    "analysis.catchments": ("area_catchments", "catchments"),
    "analysis.comparison": ("Comparison", "compare"),
    "analysis.criteria": ("Criterion", "Outcome", "Verdict"),
    "analysis.equality": ("fifths", "gap", "imd_fifth"),
    "analysis.hours": ("hours_reachable",),
    "analysis.isochrones": ("isochrones",),
    "analysis.measures": (
        "coverage",
        "coverage_by",
        "cumulative_opportunities",
        "nearest",
        "nth_nearest",
        "weighted_mean",
        "weighted_quantile",
    ),
    "analysis.scenarios": (
        "BASELINE",
        "Close",
        "Move",
        "Open",
        "Scenario",
        "SetHours",
        "apply_scenario",
        "open_sites",
    ),
    "analysis.verdicts": ("judge",),
    "modes": ("CYCLE", "DRIVE", "MODES", "PUSHCHAIR", "TODDLER", "TravelMode", "WALK", "get_mode"),
    "network.file": ("read_network_file", "write_network"),
    "network.model": ("Network", "Provenance"),
    "study.networks": ("read_network",),
    "network.snapping": ("Snapped", "snap"),
    "network.terrain": ("Terrain", "read_terrain", "with_heights"),
    "publish.map": ("render_map",),
    "publish.outputs": ("write_outputs",),
    "publish.report": ("render_report",),
    "routing.estimate": ("estimate_travel_times",),
    "routing.matrix": ("travel_time_matrix",),
    "routing.types": ("TravelTimes",),
    "sources.bundled": ("load_areas", "load_origins", "load_sites", "load_sources"),
    "sources.download": ("cached_network", "download_network"),
    "study.config": ("Study", "load_study"),
    "study.inputs": ("Inputs", "read_inputs"),
    "study.opening": ("check_study", "open_study"),
    "study.results": ("Note", "StudyResult"),
    "study.run": ("run_study",),
    "study.streets": ("find_streets",),
    "tables": ("check_areas", "check_origins", "check_sites", "points_from_columns"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "BASELINE",
    "CYCLE",
    "DRIVE",
    "MODES",
    "PUSHCHAIR",
    "TODDLER",
    "WALK",
    "Case",
    "Close",
    "Comparison",
    "Criterion",
    "EhAccessError",
    "InputError",
    "Inputs",
    "JudgeSettings",
    "Move",
    "Network",
    "NotFoundError",
    "Note",
    "Open",
    "Outcome",
    "Provenance",
    "Scenario",
    "SetHours",
    "Side",
    "Snapped",
    "SourceError",
    "Study",
    "StudyResult",
    "Terrain",
    "TravelMode",
    "TravelTimes",
    "Verdict",
    "__version__",
    "apply_scenario",
    "area_catchments",
    "cached_network",
    "catchments",
    "check_areas",
    "check_origins",
    "check_sites",
    "check_study",
    "compare",
    "coverage",
    "coverage_by",
    "cumulative_opportunities",
    "download_network",
    "estimate_travel_times",
    "fifths",
    "find_streets",
    "gap",
    "get_mode",
    "hours_reachable",
    "imd_fifth",
    "isochrones",
    "judge",
    "load_areas",
    "load_origins",
    "load_sites",
    "load_sources",
    "load_study",
    "nearest",
    "nth_nearest",
    "open_sites",
    "open_study",
    "points_from_columns",
    "read_inputs",
    "read_network",
    "read_network_file",
    "read_terrain",
    "render_map",
    "render_report",
    "run_study",
    "snap",
    "travel_time_matrix",
    "weighted_mean",
    "weighted_quantile",
    "with_heights",
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

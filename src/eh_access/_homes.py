"""Where each public name lives, so that the package can load it when it is first asked for."""

from __future__ import annotations

HOMES = {
    "analysis.alternatives": (
        "AlternativeOptions",
        "Alternatives",
        "rank_alternatives",
    ),
    "analysis.case": (
        "Case",
        "JudgeSettings",
        "Side",
    ),
    "analysis.catchments": (
        "area_catchments",
        "catchments",
    ),
    "analysis.comparison": (
        "Comparison",
        "compare",
    ),
    "analysis.competition": (
        "FloatingCatchment",
        "absorption",
        "floating_catchment",
        "load_on_sites",
    ),
    "analysis.count_tables": (
        "CountTable",
        "Nest",
        "Share",
    ),
    "analysis.criteria": (
        "Criterion",
        "Outcome",
        "Verdict",
    ),
    "analysis.disclosure": (
        "Disclosure",
        "Protected",
        "suppress",
    ),
    "analysis.equality": (
        "fifths",
        "gap",
        "imd_fifth",
    ),
    "analysis.fairness": ("fairness_frame",),
    "analysis.hours": ("hours_reachable",),
    "analysis.inequality": (
        "concentration_index",
        "gini",
    ),
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
    "analysis.outreach": (
        "Outreach",
        "best_sessions",
    ),
    "analysis.policy": ("Policy",),
    "analysis.robustness": (
        "Robustness",
        "robustness",
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
    "analysis.sessions": (
        "nearest_open_for",
        "whole_sessions",
    ),
    "analysis.settings_grid": ("Setting",),
    "analysis.siting": (
        "Placement",
        "SitingOptions",
        "choose_sites",
    ),
    "analysis.takeup": (
        "Decay",
        "TakeUp",
        "exponential",
        "linear",
        "logistic",
        "take_up",
    ),
    "analysis.three_readings": ("readings_table",),
    "analysis.timetable": (
        "windows_from_frame",
        "with_hours",
    ),
    "analysis.venues": (
        "Loss",
        "OutreachOptions",
    ),
    "analysis.verdict_list": ("Verdicts",),
    "analysis.verdicts": ("judge",),
    "analysis.windows": ("Window",),
    "modes": (
        "CYCLE",
        "DRIVE",
        "MODES",
        "PUSHCHAIR",
        "TODDLER",
        "WALK",
        "TravelMode",
        "get_mode",
    ),
    "network.changes": (
        "CloseStreet",
        "SetSpeedLimit",
        "change_streets",
    ),
    "network.file": (
        "read_network_file",
        "write_network",
    ),
    "network.links": ("AddLink",),
    "network.model": (
        "Network",
        "Provenance",
    ),
    "network.snapping": (
        "Snapped",
        "snap",
    ),
    "network.terrain": (
        "Terrain",
        "read_terrain",
        "with_heights",
    ),
    "publish.inline": ("inline_map",),
    "publish.map": ("render_map",),
    "publish.outputs": ("write_outputs",),
    "publish.report": ("render_report",),
    "routing.engine": (
        "SearchOptions",
        "minutes_from_nodes",
    ),
    "routing.estimate": ("estimate_travel_times",),
    "routing.examples": (
        "example_street",
        "example_trips",
    ),
    "routing.matrix": (
        "node_times",
        "travel_time_matrix",
    ),
    "routing.reductions": (
        "count_within",
        "coverage_within",
        "nearest_sites",
    ),
    "routing.route": (
        "Route",
        "route",
    ),
    "routing.types": ("TravelTimes",),
    "sources.bundled": (
        "load_areas",
        "load_origins",
        "load_sites",
        "load_sources",
    ),
    "sources.download": (
        "cached_network",
        "download_network",
    ),
    "study.config": (
        "Study",
        "load_study",
    ),
    "study.further": (
        "Findings",
        "find_further",
        "find_robustness",
    ),
    "study.inputs": (
        "Inputs",
        "read_inputs",
    ),
    "study.networks": ("read_network",),
    "study.opening": (
        "check_study",
        "open_study",
    ),
    "study.results": (
        "Note",
        "StudyResult",
    ),
    "study.run": ("run_study",),
    "study.streets": ("find_streets",),
    "tables": (
        "check_areas",
        "check_origins",
        "check_sites",
        "points_from_columns",
    ),
}

"""Which columns of the further tables are figures of people, for small ones to be hidden."""

from __future__ import annotations

from eh_access.analysis.hiding import Figures

FAIRNESS_FIGURES = Figures(
    parts=(
        "weight_loses",
        "weight_loses_all",
        "weight_gains",
        "weight_unchanged",
        "weight_still_unreached",
        "finite_weight",
    ),
    shares={
        "share_loses": "weight_loses",
        "share_gains": "weight_gains",
        "share_unchanged": "weight_unchanged",
    },
    keys=("scenario", "mode", "sites", "group_kind", "group"),
    scenario="scenario",
    group="group",
)
READING_FIGURES = Figures(
    parts=("weight_within", "weight_loses", "finite_weight"),
    shares={
        "share_within": "weight_within",
        "share_within_before": "",
        "share_loses": "weight_loses",
    },
    pairs=(("share_within", "share_within_before"),),
    keys=("scenario", "mode", "reading"),
    scenario="scenario",
)
SESSION_FIGURES = Figures(
    parts=("weight_any",),
    shares={"share_any": "weight_any"},
    keys=("scenario", "mode"),
    scenario="scenario",
)
LOAD_FIGURES = Figures(
    base="",
    parts=("weight_before", "weight_after", "absorbed"),
    pairs=(("weight_after", "weight_before"),),
    keys=("scenario", "mode", "site_id"),
    scenario="scenario",
    group="site_id",
)

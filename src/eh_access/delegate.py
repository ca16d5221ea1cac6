"""Methods whose work is done in a later room, found by name when called."""

from __future__ import annotations

import importlib
from typing import Any

DONE_IN = {
    "describe": "network.describe",
    "street_matrix": "network.io",
    "street_graph": "network.io",
    "street_frame": "network.describe",
    "explore_lines": "publish.interactive",
    "explore_reach": "publish.interactive",
    "plot_lines": "publish.charts",
    "plot_reach": "publish.charts",
    "minutes_from_nodes": "routing.search",
    "note_text": "publish.notes",
    "phrase": "publish.notes",
    "name_study": "publish.criteria_words",
    "name_scenarios": "publish.criteria_words",
    "verdict_sentence": "publish.criteria_words",
    "verdict_reason": "publish.criteria_words",
    "missing_clause": "publish.criteria_words",
    "verdict_text": "publish.criteria_words",
    "verdict_html": "publish.criteria_words",
    "verdicts_text": "publish.criteria_words",
    "verdicts_html": "publish.criteria_words",
    "sensitivity_text": "publish.criteria_words",
    "uncertainty_text": "publish.criteria_words",
    "sensitivity_html": "publish.criteria_words",
    "plot_times": "publish.charts",
    "plot_change": "publish.charts",
    "plot_verdicts": "publish.interactive",
    "explore_times": "publish.interactive",
    "explore_change": "publish.interactive",
    "explore_verdicts": "publish.interactive",
}


def delegate(name: str, result: object, *args: object, **options: object) -> Any:  # noqa: ANN401
    """Return what a later room makes of a result: a picture, or words."""
    room = importlib.import_module(f"eh_access.{DONE_IN[name]}")
    return getattr(room, name)(result, *args, **options)

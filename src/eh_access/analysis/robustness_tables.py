"""The tables that ``robustness`` returns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

import pandas as pd

from eh_access.analysis.robustness_words import sentence
from eh_access.analysis.settings_grid import Setting

if TYPE_CHECKING:
    from eh_access.analysis.answering import Answers
    from eh_access.analysis.case import Case
    from eh_access.analysis.criteria import Outcome
    from eh_access.analysis.lenses import Lens
    from eh_access.analysis.settings_grid import Sweep
    from eh_access.analysis.tipping import Swept

FRAME_COLUMNS = (
    "scenario",
    "criterion",
    "mode",
    "kind",
    "number",
    "walk_speed_km_h",
    "pushchair_speed_km_h",
    "drive_factor",
    "max_offset_m",
    "origins",
    "weights",
    "threshold_factor",
    "threshold",
    "value",
    "baseline_value",
    "outcome",
    "main_outcome",
    "agrees_with_main",
    "is_main",
    "touched",
    "repeats",
)
"""``robustness.csv``. ``kind`` is "setting" or "position", ``number`` counts within each; speeds
are NaN where a study has no such mode, ``max_offset_m`` is inf where the study's own limit holds;
``value`` is in the unit of the criterion's measure, NaN only where it cannot be worked out;
``is_main`` marks the study's own assumptions; ``touched`` says whether the setting changes anything
the criterion looks at, ``repeats`` whether it does to it what another row does that is counted:
settings that could matter are touched and no repeats."""

SWEEP_COLUMNS = (
    "scenario",
    "criterion",
    "assumption",
    "words",
    "searched",
    "tried",
    "differ",
    "touches",
)
"""``touches`` says whether any value of the assumption changes anything the criterion looks at."""

TIPPING_COLUMNS = (
    "scenario",
    "criterion",
    "assumption",
    "words",
    "unit",
    "main_value",
    "searched_from",
    "searched_to",
    "turns_below",
    "outcome_below",
    "turns_above",
    "outcome_above",
)


def frame_rows(
    lens: Lens, found: Answers, main: Outcome, *, kind: str, columns: dict[str, object]
) -> pd.DataFrame:
    """Return rows of the main table for one criterion of one scenario."""
    outcomes = [outcome.value for outcome in found.outcomes()]
    return pd.DataFrame(
        {
            "scenario": lens.case.scenario,
            "criterion": lens.criterion.id,
            "mode": lens.criterion.mode,
            "kind": kind,
            "value": found.value,
            "baseline_value": found.baseline_value,
            "outcome": outcomes,
            "main_outcome": main.value,
            "agrees_with_main": [outcome == main.value for outcome in outcomes],
            **columns,
        },
        index=pd.RangeIndex(len(outcomes)),
    )[list(FRAME_COLUMNS)]


def own_speeds(case: Case) -> dict[str, float]:
    """Return the study's speeds on foot and with a pushchair; NaN where it has no such mode."""
    speeds = {table.mode.rules: table.mode.speed_km_h for table in case.before.times.values()}
    return {
        "walk_speed_km_h": speeds.get("foot", math.nan),
        "pushchair_speed_km_h": speeds.get("pushchair", math.nan),
    }


def assumption_columns(
    case: Case, settings: Sequence[Setting], *, origins: str
) -> dict[str, object]:
    """Return the assumptions of settings as columns, the study's own spelt out."""
    told = {
        name: [getattr(item, name) for item in settings]
        for name in (field.name for field in fields(Setting))
    }
    for name, own in own_speeds(case).items():
        told[name] = [own if value is None else value for value in told[name]]
    return {**told, "origins": [name or origins for name in told["origins"]]}


def swept_row(lens: Lens, sweep: Sweep, told: Swept | None) -> dict[str, object]:
    """Return how often an outcome turns as one assumption moves."""
    return {
        "scenario": lens.case.scenario,
        "criterion": lens.criterion.id,
        "assumption": sweep.assumption,
        "words": sweep.words,
        "searched": f"{sweep.tried[0]:g} to {sweep.tried[-1]:g} {sweep.unit}",
        "tried": len(sweep.tried) if told is None else len(told.values),
        "differ": 0 if told is None else told.differ,
        "touches": told is not None,
    }


def tipping_row(lens: Lens, told: Swept) -> dict[str, object]:
    """Return where an outcome turns as one assumption moves."""
    (below, under), (above, over) = (
        (math.nan, "") if turn is None else (turn[0], turn[1].value)
        for turn in (told.below, told.above)
    )
    return {
        "scenario": lens.case.scenario,
        "criterion": lens.criterion.id,
        "assumption": told.sweep.assumption,
        "words": told.sweep.words,
        "unit": told.sweep.unit,
        "main_value": told.main,
        "searched_from": min(told.sweep.tried[0], told.main),
        "searched_to": max(told.sweep.tried[-1], told.main),
        "turns_below": below,
        "outcome_below": under,
        "turns_above": above,
        "outcome_above": over,
    }


def summary_frame(frame: pd.DataFrame, tipping: pd.DataFrame, sweeps: pd.DataFrame) -> pd.DataFrame:
    """Return how far each verdict holds."""
    rows = []
    for (scenario, criterion), part in frame.groupby(["scenario", "criterion"], sort=False):
        settings, positions = (part[part["kind"] == kind] for kind in ("setting", "position"))
        turns, moved = (
            table[(table["scenario"] == scenario) & (table["criterion"] == criterion)]
            for table in (tipping, sweeps)
        )
        outcome = str(part["main_outcome"].iloc[0])
        could = settings[settings["touched"].astype(bool) & ~settings["repeats"].astype(bool)]
        idle = moved.loc[~moved["touches"].astype(bool), "words"].tolist()
        rows.append(
            {
                "scenario": scenario,
                "criterion": criterion,
                "mode": part["mode"].iloc[0],
                "outcome": outcome,
                "settings": len(could),
                "settings_agree": int(could["agrees_with_main"].sum()),
                "settings_tried": int((~settings["is_main"].astype(bool)).sum()),
                "positions": len(positions),
                "positions_agree": int(positions["agrees_with_main"].sum()),
                "lowest_value": part["value"].min(),
                "highest_value": part["value"].max(),
                "could_not_matter": ", ".join(idle),
                "sentence": sentence(outcome, could, positions, turns, idle),
            }
        )
    return pd.DataFrame(rows)

"""Which assumption or place an outcome hangs on most."""

from __future__ import annotations

import numpy as np
import pandas as pd

from eh_access.analysis.criteria import Outcome
from eh_access.analysis.scenarios import BASELINE

MATTERS_COLUMNS = (
    "assumption",
    "words",
    "searched",
    "scenario",
    "criterion",
    "tried",
    "differ",
    "share",
    "turned",
    "pairs",
)
"""``scenario`` and ``criterion`` name the outcome that turns most often, "" where none does;
``tried``, ``differ`` and ``share`` are of it alone."""


def distinct_outcomes(frame: pd.DataFrame) -> set[tuple[str, str]]:
    """Return the outcomes that say something of their own, by scenario and criterion."""
    found: dict[tuple[str, bytes], tuple[str, str]] = {}
    for (scenario, criterion), part in frame.groupby(["scenario", "criterion"], sort=False):
        unsaid = part["main_outcome"].iloc[0] == Outcome.CANNOT_SAY.value
        if scenario == BASELINE.name or unsaid:
            continue
        values = part[["value", "baseline_value"]].to_numpy(dtype=np.float64)
        found.setdefault((str(criterion), values.tobytes()), (str(scenario), str(criterion)))
    return set(found.values())


def matters_frame(sweeps: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return assumptions and places by how often the outcome that hangs on them most turns."""
    counted = distinct_outcomes(frame)
    pairs = zip(sweeps["scenario"], sweeps["criterion"], strict=True)
    named = np.array([pair in counted for pair in pairs], dtype=bool)
    could = sweeps["touches"].astype(bool).to_numpy() & named
    rows = []
    for assumption, part in sweeps.groupby("assumption", sort=True):
        asked = part[could[part.index]]
        shares = asked["differ"] / asked["tried"]
        most = asked.loc[shares.idxmax()] if len(asked) else None
        turns = int((asked["differ"] > 0).sum())
        rows.append(
            {
                "assumption": assumption,
                "words": part["words"].iloc[0],
                "searched": part["searched"].iloc[0],
                "scenario": most["scenario"] if turns and most is not None else "",
                "criterion": most["criterion"] if turns and most is not None else "",
                "tried": 0 if most is None else int(most["tried"]),
                "differ": 0 if most is None else int(most["differ"]),
                "share": 0.0 if most is None else float(shares.max()),
                "turned": turns,
                "pairs": len(asked),
            }
        )
    table = pd.DataFrame(rows, columns=list(MATTERS_COLUMNS))
    table = table.sort_values(["share", "turned"], ascending=False, kind="stable")
    return table.reset_index(drop=True)

"""How far each outcome holds, in sentences; and what is said of one that points neither way."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

import pandas as pd

from eh_access.analysis.criteria import Outcome

NEITHER_WAY = "neither way"
"""The main outcome where a verdict cannot be said and points to none."""
WAYS = ("met", "marginal", "not met", "cannot say")
"""The outcomes of tries, in the order they are counted out."""


def pointing_neither_way(frame: pd.DataFrame, pairs: Collection[tuple[str, str]]) -> pd.DataFrame:
    """Return the rows with `NEITHER_WAY` as the main outcome of some, which no try agrees with."""
    named = pd.Series(
        [pair in pairs for pair in zip(frame["scenario"], frame["criterion"], strict=True)],
        index=frame.index,
        dtype=bool,
    )
    open_ = named & (frame["main_outcome"] != Outcome.CANNOT_SAY.value)
    return frame.assign(
        main_outcome=frame["main_outcome"].mask(open_, NEITHER_WAY),
        agrees_with_main=frame["agrees_with_main"].astype(bool) & ~open_,
    )


def _either_way(could: pd.DataFrame, positions: pd.DataFrame) -> str:
    """Return what the tries of an outcome that points neither way come to."""
    told = []
    for part, where in ((could, _could(could)), (positions, f"{len(positions)} sampled positions")):
        if len(part):
            counts = part["outcome"].value_counts()
            ways = [f"{counts[way]} {way}" for way in WAYS if way in counts]
            told.append(f"in {where}: {', '.join(ways)}")
    return "; ".join(["points neither way", *told])


def sentence(
    outcome: str,
    could: pd.DataFrame,
    positions: pd.DataFrame,
    turns: pd.DataFrame,
    idle: Sequence[str],
) -> str:
    """Return how far an outcome holds, in words."""
    left = [f"could not matter: {', '.join(idle)}"] if idle else []
    if outcome == NEITHER_WAY:
        return "; ".join([_either_way(could, positions), *left])
    if outcome == Outcome.CANNOT_SAY.value:
        told = f"nothing can be said in {int(could['agrees_with_main'].sum())} of {_could(could)}"
    elif could.empty:
        told = "no setting tried could matter"
    else:
        told = f"holds in {int(could['agrees_with_main'].sum())} of {_could(could)}"
    if len(positions):
        held = int(positions["agrees_with_main"].sum())
        told += f" and {held} of {len(positions)} sampled positions"
    found = [text for _, row in turns.iterrows() for text in _turns(row)]
    return "; ".join([told, *found, *left])


def _could(settings: pd.DataFrame) -> str:
    if len(settings) == 1:
        return "the 1 setting that could matter"
    return f"the {len(settings)} settings that could matter"


def _turns(row: pd.Series) -> Iterator[str]:
    for side in ("below", "above"):
        value, outcome = row[f"turns_{side}"], row[f"outcome_{side}"]
        if not math.isnan(value):
            yield f"turns to {outcome} {side} {value:.3g} {row['unit']} ({row['words']})"

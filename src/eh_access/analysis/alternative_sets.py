"""The rows of a ranking: each set's figures, its ranks, and what must be said beside them."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eh_access.analysis.ranking import pareto, ranks_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.analysis.scoring import Measure, Scorer

BETWEEN = "; "
"""Stands between the ids of a set in one cell of a table."""


def scored_sets(
    choices: Sequence[tuple[str, ...]], scorer: Scorer, sites: gpd.GeoDataFrame, basis: str
) -> pd.DataFrame:
    """Return a row per set: what closes, and its figures where it can be scored."""
    names = dict(zip(sites.index, sites["name"].astype(str), strict=True))
    kinds = dict(zip(sites.index, sites["location_basis"].astype(str), strict=True))
    places = {site: number for number, site in enumerate(scorer.site_ids)}
    closed = np.zeros((len(choices), len(places)), dtype=bool)
    for row, choice in enumerate(choices):
        closed[row, [places[site] for site in choice if site in places]] = True
    nowhere = [[names[site] for site in choice if site not in places] for choice in choices]
    scored = np.array([not lost for lost in nowhere], dtype=bool)
    values = np.full((len(choices), len(scorer.measures)), nan)
    values[scored] = scorer.score(closed[scored])
    frame = pd.DataFrame(
        {
            "closed_sites": [BETWEEN.join(choice) for choice in choices],
            "closed_names": [BETWEEN.join(names[site] for site in choice) for choice in choices],
            "scored": scored,
            "reason": [_why_not(lost) for lost in nowhere],
            "basis": basis,
            "estimated_places": [
                BETWEEN.join(site for site in choice if kinds[site] == "estimate")
                for choice in choices
            ],
        }
    )
    keys = [measure.key for measure in scorer.measures]
    return pd.concat([frame, pd.DataFrame(values, columns=keys)], axis=1)


def _why_not(names: list[str]) -> str:
    if not names:
        return ""
    return f"cannot say: where {' and '.join(names)} stands is not known"


def ranked(
    table: pd.DataFrame, measures: tuple[Measure, ...], council: tuple[str, ...]
) -> pd.DataFrame:
    """Return the table with ranks, the Pareto set, and how each compares with the council's."""
    scored = table["scored"].to_numpy()
    keys = [measure.key for measure in measures]
    signs = np.array([measure.sign for measure in measures])
    values = table.loc[scored, keys].to_numpy(dtype=np.float64)
    # a measure that has no value (nobody in the group) is the same for every set
    costs = np.where(np.isnan(values), 0.0, values * signs)
    ranks = np.full((len(table), len(keys)), nan)
    ranks[scored] = ranks_of(costs)
    best = np.zeros(len(table), dtype=bool)
    best[scored] = pareto(costs)
    numbered = pd.DataFrame(ranks, columns=[f"rank_{key}" for key in keys]).astype("Int64")
    is_council = table["closed_sites"] == BETWEEN.join(sorted(set(council)))
    told: dict[str, object] = {"in_pareto": best, "is_council_choice": is_council.to_numpy()}
    better, worse = _against(costs, is_council.to_numpy()[scored])
    for name, counts in (("better_than_council", better), ("worse_than_council", worse)):
        column = np.full(len(table), nan)
        column[scored] = counts
        told[name] = pd.array(column).astype("Int64")
    return pd.concat([table, numbered, pd.DataFrame(told)], axis=1)


def _against(
    costs: NDArray[np.float64], council: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return on how many measures each set is better and worse; missing if there is no choice."""
    if not council.any():
        return np.full(len(costs), nan), np.full(len(costs), nan)
    own = costs[council][0]
    better, worse = (costs < own).sum(axis=1), (costs > own).sum(axis=1)
    return better.astype(np.float64), worse.astype(np.float64)


def order(table: pd.DataFrame) -> NDArray[np.intp]:
    """Return rows by mean minutes, those not scored last, ties by what closes."""
    keys: list[NDArray[Any]] = [table["closed_sites"].to_numpy(dtype=str)]
    if "rank_mean_min" in table:
        keys.append(table["rank_mean_min"].to_numpy(dtype=np.float64, na_value=np.inf))
    keys.append(~table["scored"].to_numpy())
    return np.lexsort(keys)


def notes_on(
    table: pd.DataFrame, sites: gpd.GeoDataFrame, able: list[str], *, estimated: bool
) -> list[str]:
    """Return what must be said beside every ranking."""
    scored = int(table["scored"].sum())
    notes = [f"{scored} of {len(table)} sets could be scored."]
    kinds = sites["location_basis"].reindex(able)
    nowhere = sites.loc[kinds.index[kinds == "unknown"], "name"].astype(str).tolist()
    if nowhere:
        verb = "is" if len(nowhere) == 1 else "are"
        notes.append(
            f"It is not known where {', '.join(nowhere)} {verb}: sets that close it cannot be "
            "ranked, and in the others families near it look worse off than they are."
        )
    roughly = sites.loc[kinds.index[kinds == "estimate"], "name"].astype(str).tolist()
    if roughly:
        notes.append(f"Ranks rest on estimated places of {', '.join(roughly)}.")
    if estimated:
        notes.append("Travel times are straight-line estimates: ranks are indications.")
    return notes

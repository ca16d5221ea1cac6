"""The rows of a ranking: each set's figures, its ranks, and what must be said beside them."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eh_access.analysis.ranking import Told, pareto, ranks_of, ties_of, told_apart
from eh_access.errors import InputError, NotFoundError, did_you_mean

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.analysis.alternatives import AlternativeOptions
    from eh_access.analysis.case import Case
    from eh_access.analysis.scoring import Measure, Scorer

MOST_SETS = 200_000
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
    stand = "stands" if len(names) == 1 else "stand"
    return f"cannot say: where {' and '.join(names)} {stand} is not known"


def ranked(
    table: pd.DataFrame, measures: tuple[Measure, ...], council: tuple[str, ...]
) -> tuple[pd.DataFrame, Told]:
    """Return the table with ranks, the Pareto set, and how each compares with the council's."""
    # Sets are held against one another by the measures that say something of their own: one that
    # is the same for every set, or ranks them as another does, is ranked but not counted again.
    scored = table["scored"].to_numpy()
    keys = [measure.key for measure in measures]
    signs = np.array([measure.sign for measure in measures])
    values = table.loc[scored, keys].to_numpy(dtype=np.float64)
    # a measure that has no value for any set (nobody in the group) is the same for all; a set
    # without one that others have cannot be compared by it, and is last: it must never be the best
    none = np.isnan(values)
    costs = np.where(none, np.where(none.all(axis=0), 0.0, np.inf), values * signs)
    told_by = told_apart(costs)
    counted = costs[:, list(told_by.counted)]
    ranks = np.full((len(table), len(keys)), nan)
    ranks[scored] = ranks_of(costs)
    best = np.zeros(len(table), dtype=bool)
    best[scored] = pareto(counted)
    ties = np.full((len(table), len(keys)), nan)
    ties[scored] = ties_of(costs)
    named = (("rank", ranks), ("tied", ties))
    numbered = pd.DataFrame(
        {f"{word}_{key}": held[:, at] for at, key in enumerate(keys) for word, held in named},
    ).astype("Int64")
    lacking = np.full(len(table), "", dtype=object)
    lacking[scored] = [
        BETWEEN.join(key for key, flag in zip(keys, flags, strict=True) if flag)
        for flags in none & ~none.all(axis=0)
    ]
    is_council = table["closed_sites"] == BETWEEN.join(sorted(set(council)))
    told: dict[str, object] = {
        "not_comparable": lacking,
        "in_pareto": best,
        "is_council_choice": is_council.to_numpy(),
    }
    better, worse = _against(counted, is_council.to_numpy()[scored])
    for name, counts in (("better_than_council", better), ("worse_than_council", worse)):
        column = np.full(len(table), nan)
        column[scored] = counts
        told[name] = pd.array(column).astype("Int64")
    return pd.concat([table, numbered, pd.DataFrame(told)], axis=1), told_by


def notes_on_measures(measures: Sequence[Measure], told: Told) -> list[str]:
    """Return which measures are not counted, and which say little of their own."""
    left, right = "\N{LEFT SINGLE QUOTATION MARK}", "\N{RIGHT SINGLE QUOTATION MARK}"
    names = [f"{left}{item.label}{right} ({item.key})" for item in measures]
    notes = [
        f"{names[column]} is the same for every set, so it is left out of what sets are held "
        "against one another by."
        for column in told.constant
    ]
    notes += [
        f"{names[column]} ranks every set as {names[twin]} does: the two are counted once."
        for column, twin in told.same_as.items()
    ]
    notes += [
        f"{names[column]} has one value for {share:.0%} of the sets: it tells few of them apart."
        for column, share in told.saturated.items()
    ]
    notes += [
        f"{names[one]} and {names[other]} rank the sets nearly alike (rank correlation "
        f"{close:.3f}): to do better on both says little more than on one."
        for (one, other), close in told.alike.items()
    ]
    return notes


def notes_on_lacking(table: pd.DataFrame, measures: Sequence[Measure]) -> list[str]:
    """Return which measures have no value for some sets, and why."""
    held = [str(keys).split(BETWEEN) for keys in table["not_comparable"]]
    counts = {item.key: sum(item.key in keys for keys in held) for item in measures}
    left, right = "\N{LEFT SINGLE QUOTATION MARK}", "\N{RIGHT SINGLE QUOTATION MARK}"
    return [
        f"{count} of the sets scored put families out of reach, so that {left}{item.label}{right} "
        f"({item.key}) is a difference without a bound: they have no value by it, are not "
        "comparable and rank last."
        for item in measures
        if (count := counts[item.key])
    ]


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


def closable(case: Case, told: AlternativeOptions, close: int) -> list[str]:
    """Return the sites that may close, sorted; every fault of what was asked at once."""
    opened = case.open_sites(case.before, full_time=False)
    unknown = [site for site in (*told.council, *told.locked) if site not in opened]
    if unknown:
        raise NotFoundError(
            "\n".join(f"no open site '{site}': {did_you_mean(site, opened)}" for site in unknown)
        )
    able = [site for site in opened if site not in told.locked]
    faults = []
    if close < 1:
        faults.append(f"close is {close}; give 1 or more")
    elif close >= len(opened):
        faults.append(f"close is {close} of {len(opened)} open sites; at least one must stay open")
    elif close > len(able):
        faults.append(f"close is {close}, but only {len(able)} sites are not locked")
    elif comb(len(able), close) > MOST_SETS:
        faults.append(
            f"{comb(len(able), close):,} sets of {close} of {len(able)} are too many to list "
            f"(at most {MOST_SETS:,}); use choose_sites, which finds the best without listing"
        )
    named = len(set(told.council))
    if named and named != close:
        faults.append(f"the council's choice is of {named} sites, close is {close}")
    both = sorted(set(told.council) & set(told.locked))
    if both:
        faults.append(
            f"{', '.join(both)}: locked, and in the council's choice; keep one of the two"
        )
    if faults:
        raise InputError(faults)
    return able

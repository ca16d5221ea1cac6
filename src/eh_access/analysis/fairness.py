"""For whom: winners and losers by group, the gaps between groups, and how they change.

See ``resampling`` for the intervals and ``inequality`` for the indices.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.equality import fifths, imd_fifth
from eh_access.analysis.inequality import concentration_index, gini
from eh_access.analysis.resampling import COVERS, drawn_areas, gaps_between

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.analysis.comparison import Comparison

    Doubles = NDArray[np.float64]

NOT_KNOWN = "not known"
NO_SITE = "none reached"
RESAMPLES = 1000

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "everyone": "all families",
        "imd_fifth": "the nation's fifth of deprivation (1 is the most deprived)",
        "no_car_fifth": "local fifth of households without a car (1 has most without)",
        "ward": "ward (sums are modelled, not official counts)",
        "locality": "locality",
        "rural_urban": "rural-urban classification of the area",
        "nearest_before": "the site nearest now",
    }
)
"""The ways families are told apart, and what each is in words."""

UNITS: Mapping[str, str] = MappingProxyType(
    {
        "scenario": "name",
        "mode": "name",
        "sites": "open: any open site; full_time: those with full hours",
        "group_kind": "name",
        "group": "name",
        "origins": "count",
        "areas": "count",
        "weight": "weight",
        "weight_loses": "weight",
        "weight_loses_all": "weight",
        "weight_gains": "weight",
        "weight_unchanged": "weight",
        "weight_still_unreached": "weight",
        "share_loses": "share of the group",
        "share_gains": "share of the group",
        "share_unchanged": "share of the group",
        "finite_weight": "weight reached before and after: the base of means, gaps and indices",
        "mean_before_min": "minutes",
        "mean_after_min": "minutes",
        "mean_change_min": "minutes",
        "median_change_min": "minutes",
        "p90_change_min": "minutes",
        "worst_change_min": "minutes",
        "gap_before_min": "minutes: mean in the group less mean elsewhere",
        "gap_after_min": "minutes",
        "gap_change_min": "minutes",
        "gap_change_low_min": "minutes: lower end of the 95% interval",
        "gap_change_high_min": "minutes: upper end",
        "gini_before": "0 to 1",
        "gini_after": "0 to 1",
        "concentration_imd_before": "-1 to 1: below 0 the deprived travel longer; for everyone",
        "concentration_imd_after": "-1 to 1",
        "concentration_no_car_before": "-1 to 1: below 0 areas with fewer cars travel longer",
        "concentration_no_car_after": "-1 to 1",
        "loser_min": "minutes: more than so many added make a loser",
        "estimated": "whether times are straight-line estimates",
    }
)
"""The columns of the table and the unit of each."""

NOT_PROTECTED = (
    "The Index of Multiple Deprivation describes areas, not families, and deprivation is not a "
    "protected characteristic under the Equality Act 2010. Nor is living without a car."
)
NOT_SHOWN = (
    "Nothing here shows disability, ethnicity, pregnancy and maternity, or single parents: no "
    "count of them by small area is used. An equality analysis must look at them by other means."
)
AREAS_NOT_FAMILIES = (
    "Groups are made of areas: in a deprived area not every family is deprived, and in others "
    "some are. What holds for areas need not hold for the families in them."
)
NOTES = (NOT_PROTECTED, NOT_SHOWN, AREAS_NOT_FAMILIES, COVERS)
"""What must be said beside every table by group."""


def groupings(comparison: Comparison) -> dict[str, pd.Series]:
    """Return the ways in which a comparison's origins can be told apart."""
    columns, index = comparison.groups, comparison.frame.index
    found: dict[str, pd.Series] = {"everyone": pd.Series("everyone", index=index)}
    if _has(columns, "imd_decile"):
        found["imd_fifth"] = imd_fifth(columns["imd_decile"])
    if _has(columns, "no_car_share"):
        found["no_car_fifth"] = fifths(columns, "no_car_share", first="high")
    named = {
        "ward": "ward_name" if _has(columns, "ward_name") else "ward_code",
        "locality": "locality",
        "rural_urban": "ruc21",
    }
    found |= {kind: columns[name] for kind, name in named.items() if _has(columns, name)}
    found["nearest_before"] = comparison.frame["site_before"].replace("", NO_SITE)
    return {kind: _named(values).rename("group") for kind, values in found.items()}


def fairness_frame(
    comparisons: Mapping[tuple[str, str], Comparison],
    *,
    sites: str = "open",
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Return how every group fares under every scenario: ``fairness.csv``.

    Parameters
    ----------
    comparisons
        By (scenario, mode), each from ``comparison.compare``.
    sites
        Which sites they count, for the column of that name: ``"open"`` or ``"full_time"``.
    seed, resamples
        Of the bootstrap behind the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per scenario, mode, kind of group and group: the columns of `UNITS`. A figure
        without a base is NaN; so are concentration indices of any row but "everyone", and
        intervals of groups in fewer than five areas. The gap of "everyone" to everybody else is
        NaN as well.

    Raises
    ------
    InputError
        If there is not at least one resample.

    Examples
    --------
    >>> from eh_access import WALK, compare, estimate_travel_times, load_origins, load_sites
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, centres, mode=WALK)
    >>> fewer = compare(times, times, homes, sites_after=centres.index.drop("park-view"))
    >>> table = fairness_frame({("one-less", "walk"): fewer}, resamples=50)
    >>> by_fifth = table[table["group_kind"] == "imd_fifth"]
    >>> by_fifth["group"].tolist(), bool(by_fifth["weight"].sum() == homes["weight"].sum())
    (['1', '2', '3', '4', '5'], True)
    """
    parts = [
        _with_names(_groups_of(comparison, seed, resamples), scenario, mode, sites)
        for (scenario, mode), comparison in comparisons.items()
    ]
    if not parts:
        return pd.DataFrame(columns=list(UNITS))
    return pd.concat(parts, ignore_index=True)[list(UNITS)]


def _with_names(table: pd.DataFrame, scenario: str, mode: str, sites: str) -> pd.DataFrame:
    return table.assign(scenario=scenario, mode=mode, sites=sites)


def _groups_of(comparison: Comparison, seed: int, resamples: int) -> pd.DataFrame:
    frame, index = comparison.frame, comparison.frame.index
    by_area = comparison.groups.get("area_id", pd.Series(index, index=index))
    areas, listed = pd.factorize(by_area, sort=True)
    drawn = drawn_areas(len(listed), seed=seed, resamples=resamples)
    parts = []
    for kind, names in groupings(comparison).items():
        table = comparison.summary(names)
        numbers = table.index.get_indexer(pd.Index(names))
        table = table.assign(**_gaps(frame, numbers, areas, drawn, table.index))
        table["areas"] = pd.Series(by_area).groupby(names).nunique().reindex(table.index)
        for when in ("before", "after"):
            table[f"gini_{when}"] = _ginis(frame, numbers, len(table), when)
            for measure, rank in _ranks(comparison).items():
                spread = np.full(len(table), np.nan)
                if kind == "everyone":
                    spread[0] = concentration_index(*_reached(frame, when), rank_by=rank)
                table[f"concentration_{measure}_{when}"] = spread
        parts.append(table.rename_axis("group").reset_index().assign(group_kind=kind))
    told = pd.concat(parts, ignore_index=True)
    whole = told["weight"].where(told["weight"] > 0)
    return told.assign(
        share_unchanged=told["weight_unchanged"] / whole,
        loser_min=comparison.loser_min,
        estimated=comparison.estimated,
    )


def _reached(frame: pd.DataFrame, when: str) -> tuple[Doubles, Doubles]:
    """Return minutes, and weights of those reached both before and after, else 0."""
    before, after = frame["before_min"].to_numpy(), frame["after_min"].to_numpy()
    both = np.isfinite(before) & np.isfinite(after)
    minutes = before if when == "before" else after
    return np.where(both, minutes, 0.0), np.where(both, frame["weight"].to_numpy(), 0.0)


def _gaps(
    frame: pd.DataFrame,
    groups: NDArray[np.intp],
    areas: NDArray[np.intp],
    drawn: Doubles,
    names: pd.Index,
) -> dict[str, Doubles]:
    """Return the columns of gaps, every group against everybody else whose group is known."""
    before, weights = _reached(frame, "before")
    after, _ = _reached(frame, "after")
    known = np.where((names == NOT_KNOWN)[groups], -1, groups)
    gaps = partial(gaps_between, weights=weights, groups=known, areas=areas, count=len(names))
    change = gaps(after - before, drawn=drawn)
    return {
        "gap_before_min": gaps(before, drawn=drawn[:0]).gap,
        "gap_after_min": gaps(after, drawn=drawn[:0]).gap,
        "gap_change_min": change.gap,
        "gap_change_low_min": change.low,
        "gap_change_high_min": change.high,
    }


def _ginis(frame: pd.DataFrame, groups: NDArray[np.intp], count: int, when: str) -> Doubles:
    minutes, weights = _reached(frame, when)
    return np.array([gini(minutes, np.where(groups == at, weights, 0.0)) for at in range(count)])


def _ranks(comparison: Comparison) -> dict[str, Doubles]:
    """Return what families are lined up by, the worst placed first; NaN where not known."""
    missing = pd.Series(np.nan, index=comparison.frame.index)
    columns = comparison.groups
    return {
        "imd": _numbers(columns.get("imd_decile", missing)),
        "no_car": -_numbers(columns.get("no_car_share", missing)),
    }


def _numbers(values: pd.Series) -> Doubles:
    return np.asarray(values.to_numpy(np.float64, na_value=np.nan), dtype=np.float64)


def _has(columns: pd.DataFrame, name: str) -> bool:
    return name in columns.columns and bool(columns[name].notna().any())


def _named(values: pd.Series) -> pd.Series:
    return values.astype("object").where(values.notna(), NOT_KNOWN).astype(str)

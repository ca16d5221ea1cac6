"""How groups fare, and how unevenly minutes are spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from eh_access.arguments import check_arguments
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.measures.basic import ROUNDING, grouping, mean_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.measures.comparison import Comparison

    Doubles = NDArray[np.float64]

FIFTHS = 5
DECILES_IN_A_FIFTH = 2


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group that criteria can name."""

    column: str  # the column of origins it is drawn from
    words: str  # what to call it in a sentence, after "in"
    # ``"decile"``: the nation's deciles 1 and 2. ``"low"``, ``"high"``: the local fifth, by
    # weight, with the lowest or highest values
    rule: Literal["decile", "low", "high"]


GROUPS: Mapping[str, Group] = MappingProxyType(
    {
        "most-deprived-fifth": Group(
            column="imd_decile",
            words="areas among the most deprived fifth in England",
            rule="decile",
        ),
        "most-deprived-fifth-local": Group(
            column="imd_decile",
            words="the most deprived fifth here, by those counted",
            rule="low",
        ),
        "no-car-fifth": Group(
            column="no_car_share",
            words="the fifth with fewest cars, by those counted",
            rule="high",
        ),
    }
)
"""The groups that criteria can name."""


@check_arguments
def imd_fifth(decile: pd.Series) -> pd.Series:
    """Return the nation's fifth of deprivation: deciles 1 and 2 are fifth 1, the most deprived.

    Parameters
    ----------
    decile
        1 (most deprived) to 10, missing where unknown.

    Returns
    -------
    pandas.Series
        Int64, 1 to 5, missing where the decile is.

    Raises
    ------
    InputError
        If a decile is not a whole number from 1 to 10.

    Examples
    --------
    >>> import pandas as pd
    >>> imd_fifth(pd.Series([1, 2, 3, 10])).tolist()
    [1, 1, 2, 5]
    """
    known = decile.dropna()
    wrong = known[~known.isin(range(1, FIFTHS * DECILES_IN_A_FIFTH + 1))]
    if len(wrong):
        raise InputError(f"deciles run from 1 to 10; found {sorted(set(wrong.tolist()))[:5]}")
    return (decile.astype("Int64") + 1) // DECILES_IN_A_FIFTH


@check_arguments
def fifths(
    origins: gpd.GeoDataFrame, column: str, *, first: Literal["low", "high"] = "low"
) -> pd.Series:
    """Return local fifths: areas ranked by a value, each fifth about a fifth of the weight.

    Equal values stay together, so origins of one area do too. A value belongs to the fifth in
    which its weight begins when all are laid end to end; fifth 1 is therefore never empty, and
    holds at least a fifth of the weight.

    Parameters
    ----------
    origins
        With ``weight``.
    column
        The value, missing where unknown.
    first
        Whether fifth 1 is that of the lowest or of the highest values.

    Returns
    -------
    pandas.Series
        Int64, 1 to 5 by ``origin_id``, missing where the value is.

    Raises
    ------
    NotFoundError
        If there is no such column.

    Examples
    --------
    >>> import pandas as pd
    >>> origins = pd.DataFrame({"weight": [1.0] * 5, "no_car_share": [0.1, 0.5, 0.2, 0.4, 0.3]})
    >>> fifths(origins, "no_car_share", first="high").tolist()
    [5, 1, 4, 2, 3]
    """
    if column not in origins.columns:
        raise NotFoundError(f"origins have no column '{column}': {did_you_mean(column, origins)}")
    values = origins[column].astype("Float64")
    load = origins["weight"].groupby(values, sort=True).sum()
    if first == "high":
        load = load.iloc[::-1]
    whole = load.sum()
    begins = (load.cumsum() - load) / (whole if whole > 0 else 1.0)
    fifth = np.minimum(np.floor(begins * FIFTHS + ROUNDING) + 1, FIFTHS)
    placed: pd.Series = values.map(dict(zip(load.index, fifth, strict=True)))
    return placed.astype("Int64").rename(column)


def group_members(origins: gpd.GeoDataFrame, name: str) -> pd.Series:
    """Return who belongs to a named group."""
    if name not in GROUPS:
        raise NotFoundError(f"no group '{name}': {did_you_mean(name, GROUPS)}")
    group = GROUPS[name]
    if group.column not in origins.columns:
        raise NotFoundError(f"origins have no column '{group.column}', which {name} needs")
    if group.rule == "decile":
        return imd_fifth(origins[group.column]) == 1
    return fifths(origins, group.column, first=group.rule) == 1


@dataclass(frozen=True, kw_only=True)
class Gap:
    """How a group fares against everyone else."""

    inside_min: float  # mean added minutes; inf where any reach is lost
    elsewhere_min: float
    # the first less the second: above 0 the group fares worse. NaN where it cannot be told, for
    # one side has no weight, or both lose reach
    gap_min: float
    inside_weight: float  # the bases: weight reached before or after
    elsewhere_weight: float
    unknown_weight: float  # weight left out, of which membership is not known


@check_arguments
def gap(comparison: Comparison, group: str | pd.Series) -> Gap:
    """Return how a group fares against everyone else under a choice.

    Parameters
    ----------
    comparison
        From ``comparison.compare``.
    group
        One of `GROUPS`, or membership as booleans by ``origin_id`` (missing where unknown).

    Returns
    -------
    Gap
        Origins out of reach both before and after are in neither base.

    Raises
    ------
    NotFoundError
        If there is no such group, or the origins lack its column.
    InputError
        If the Series lacks origins.

    Examples
    --------
    >>> import pandas as pd
    >>> from eh_access import compare, example_trips
    >>> homes, sites, times = example_trips()
    >>> east_closes = compare(times, times, homes, sites_after=["west"])
    >>> found = gap(east_closes, pd.Series([False, True], index=homes.index))
    >>> round(found.inside_min, 2), found.elsewhere_min, round(found.gap_min, 2)
    (28.05, 0.0, 28.05)
    """
    frame = comparison.frame
    member = group_members(comparison.groups, group) if isinstance(group, str) else group
    member = grouping(member, comparison.groups, frame.index).astype("boolean")
    asked = (frame["outcome"] != "still_unreached").to_numpy()
    known = member.notna().to_numpy()
    inside = member.fillna(False).to_numpy(dtype=bool)
    change, weights = frame["change_min"].to_numpy(), frame["weight"].to_numpy()
    sides = (inside & asked, ~inside & known & asked)
    near, far = (mean_of(change[side], weights[side]) for side in sides)
    loads = [float(weights[side].sum()) for side in (*sides, ~known)]
    with np.errstate(invalid="ignore"):
        difference = float(np.subtract(near, far))
    return Gap(
        inside_min=near,
        elsewhere_min=far,
        gap_min=difference,
        inside_weight=loads[0],
        elsewhere_weight=loads[1],
        unknown_weight=loads[2],
    )


@check_arguments
def concentration_index(values: Doubles, weights: Doubles, rank_by: Doubles) -> float:
    """Return how far a total is held by those who rank low or high by something else.

    Families are lined up by ``rank_by``, lowest first. Below 0 the total leans to the low end,
    above 0 to the high end; 0 means that it follows the weight. With minutes ranked by decile of
    deprivation (1 is the most deprived), below 0 says that the deprived travel longer. Families
    of equal rank share the middle of their place, so that their order does not matter.

    Source: Kakwani, Wagstaff and van Doorslaer (1997), "Socioeconomic inequalities in health",
    Journal of Econometrics 77, with weights as in their equation for grouped data.

    Parameters
    ----------
    values
        (rows,), 0 or more, any unit; rows that are not finite are left out.
    weights
        (rows,), 0 or more; rows without weight do not count.
    rank_by
        (rows,); rows where it is NaN are left out.

    Returns
    -------
    float
        -1 to 1; 0 where every value is 0, NaN where there is no weight at all.

    Raises
    ------
    InputError
        If a value is below 0: the index has no meaning then.

    Examples
    --------
    >>> minutes, families = np.array([30.0, 10.0]), np.array([1.0, 1.0])
    >>> concentration_index(minutes, families, rank_by=np.array([1.0, 10.0]))
    -0.25
    """
    counted = np.isfinite(values) & ~np.isnan(rank_by) & (weights > 0)
    kept, load, rank = values[counted], weights[counted], rank_by[counted]
    if not len(kept):
        return float("nan")
    if (kept < 0).any():
        raise InputError(
            f"an index of inequality needs values of 0 or more; the least here is {kept.min():g}"
        )
    total = float(kept @ load)
    if total == 0:
        return 0.0
    places, place = np.unique(rank, return_inverse=True)
    share = np.bincount(place, weights=load, minlength=len(places)) / load.sum()
    middle = np.cumsum(share) - share / 2
    return float(2 * (kept * load) @ middle[place] / total - 1)


@check_arguments
def gini(values: Doubles, weights: Doubles) -> float:
    """Return how unevenly values are spread: 0 is the same for all, 1 all with one.

    Half the mean difference between two families, as a share of the mean. It is the concentration
    index of values ranked by themselves (Lerman and Yitzhaki 1989, "Improving the accuracy of
    estimates of Gini coefficients", Journal of Econometrics 42).

    Parameters
    ----------
    values
        (rows,), 0 or more, any unit; rows that are not finite are left out.
    weights
        (rows,), 0 or more.

    Returns
    -------
    float
        0 to 1; NaN where there is no weight at all.

    Raises
    ------
    InputError
        If a value is below 0.

    Examples
    --------
    >>> gini(np.array([0.0, 12.0]), np.array([1.0, 1.0]))
    0.5
    """
    return concentration_index(values, weights, rank_by=values) + 0.0


COVERED_SHARE = 0.90


@dataclass(frozen=True, eq=False, kw_only=True)
class DrawnMinutes:
    """Minutes before and after, and how many live where, in every draw of what is not known.

    Parameters
    ----------
    before, after
        float64 (draws, origins): minutes to the nearest site, in the order of the comparison.
    weights
        float64 (draws, origins), or (origins,) where they are not drawn.
    """

    before: Doubles
    after: Doubles
    weights: Doubles


def members(groups: NDArray[np.intp], count: int) -> Doubles:
    """Return who belongs to which group, (origins, groups); group -1 is not known."""
    member = np.zeros((len(groups), count))
    member[np.flatnonzero(groups >= 0), groups[groups >= 0]] = 1.0
    return member


def gaps_between(inside: Doubles, weight: Doubles) -> Doubles:
    """Return each group's mean less that of everybody else, from sums by group, (draws, groups)."""
    count = inside.shape[1]
    # not the whole less the group, which would leave a rest of rounding where there is nobody
    others = 1.0 - np.eye(count)
    other, other_weight = inside @ others, weight @ others
    with np.errstate(invalid="ignore", divide="ignore"):
        near = np.where(weight > 0, inside / weight, np.nan)
        far = np.where(other_weight > 0, other / other_weight, np.nan)
    return np.asarray(near - far)


def simultaneous(draws: Doubles) -> tuple[Doubles, Doubles]:
    """Return intervals that hold all figures of nine in ten draws at once, (figures,) each."""
    # The largest distance from the median, in standard deviations, over all figures of a draw:
    # nine draws in ten stay within its 90% quantile. A figure that lacks a value in any draw has no
    # interval.
    low, high = np.full((2, draws.shape[1]), np.nan)
    finite = np.isfinite(draws).all(axis=0)
    if not finite.any():
        return low, high
    kept = draws[:, finite]
    middle, spread = np.median(kept, axis=0), kept.std(axis=0)
    away = np.abs(kept - middle) / np.where(spread > 0, spread, 1.0)
    reach = np.quantile(away.max(axis=1), COVERED_SHARE, method="inverted_cdf") * spread
    low[finite], high[finite] = middle - reach, middle + reach
    return low, high


NOT_KNOWN = "not known"
NO_SITE = "none reached"

KINDS = (
    "everyone",
    "imd_fifth",
    "no_car_fifth",
    "ward",
    "locality",
    "rural_urban",
    "nearest_before",
)
"""The ways families are told apart."""

COLUMNS = (
    "scenario",
    "mode",
    "sites",
    "group_kind",
    "group",
    "origins",
    "areas",
    "weight",
    "weight_loses",
    "weight_loses_all",
    "weight_gains",
    "weight_unchanged",
    "weight_still_unreached",
    "share_loses",
    "share_gains",
    "share_unchanged",
    "finite_weight",
    "mean_before_min",
    "mean_after_min",
    "mean_change_min",
    "median_change_min",
    "p90_change_min",
    "worst_change_min",
    "gap_before_min",
    "gap_after_min",
    "gap_change_min",
    "gap_change_low_min",
    "gap_change_high_min",
    "gini_before",
    "gini_after",
    "concentration_imd_before",
    "concentration_imd_after",
    "concentration_no_car_before",
    "concentration_no_car_after",
    "loser_min",
    "estimated",
)


def groupings(comparison: Comparison) -> dict[str, pd.Series]:
    """Return the ways in which a comparison's origins can be told apart."""
    columns, index = comparison.groups, comparison.frame.index
    groups: dict[str, pd.Series] = {"everyone": pd.Series("everyone", index=index)}
    if _has(columns, "imd_decile"):
        groups["imd_fifth"] = imd_fifth(columns["imd_decile"])
    if _has(columns, "no_car_share"):
        groups["no_car_fifth"] = fifths(columns, "no_car_share", first="high")
    named = {
        "ward": "ward_name" if _has(columns, "ward_name") else "ward_code",
        "locality": "locality",
        "rural_urban": "ruc21",
    }
    groups |= {kind: columns[name] for kind, name in named.items() if _has(columns, name)}
    groups["nearest_before"] = comparison.frame["site_before"].replace("", NO_SITE)
    return {kind: _named(values).rename("group") for kind, values in groups.items()}


@check_arguments
def fairness_frame(
    comparisons: Mapping[tuple[str, str], Comparison],
    *,
    sites: str = "open",
    drawn: Mapping[tuple[str, str], DrawnMinutes] | None = None,
) -> pd.DataFrame:
    """Return how every group fares under every scenario: ``fairness.csv``.

    Parameters
    ----------
    comparisons
        By (scenario, mode), each from ``comparison.compare``.
    sites
        Which sites they count, for the column of that name: ``"open"`` or ``"full_time"``.
    drawn
        By (scenario, mode): the same minutes in every draw of what is not known. Without them
        there are no intervals.

    Returns
    -------
    pandas.DataFrame
        One row per scenario, mode, kind of group and group: the columns of `COLUMNS`. A figure
        without a base is NaN; so are concentration indices of any row but "everyone", and
        intervals where nothing was drawn. The gap of "everyone" to everybody else is NaN as well.

    Examples
    --------
    >>> from eh_access import WALK, compare, estimate_travel_times, load_origins, load_sites
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, centres, mode=WALK)
    >>> fewer = compare(times, times, homes, sites_after=centres.index.drop("park-view"))
    >>> table = fairness_frame({("one-less", "walk"): fewer})
    >>> by_fifth = table[table["group_kind"] == "imd_fifth"]
    >>> by_fifth["group"].tolist(), bool(by_fifth["weight"].sum() == homes["weight"].sum())
    (['1', '2', '3', '4', '5'], True)
    """
    drawn = drawn or {}
    parts = [
        _groups_of(comparison, drawn.get(key)).assign(scenario=key[0], mode=key[1], sites=sites)
        for key, comparison in comparisons.items()
    ]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def _groups_of(comparison: Comparison, drawn: DrawnMinutes | None) -> pd.DataFrame:
    frame, columns = comparison.frame, comparison.groups
    by_area = pd.Series(columns.get("area_id", frame.index.to_series()))
    # means are of those reached both before and after
    both = np.isfinite(frame[["before_min", "after_min"]].to_numpy()).all(axis=1)
    weights = np.where(both, frame["weight"], 0.0)
    minutes = {when: np.where(both, frame[f"{when}_min"], 0.0) for when in ("before", "after")}
    # what families are lined up by, the worst placed first
    ranks = {"imd": _numbers(columns, "imd_decile"), "no_car": -_numbers(columns, "no_car_share")}
    parts, families = [], []
    for kind, names in groupings(comparison).items():
        table = comparison.summary(names)
        numbers = table.index.get_indexer(pd.Index(names))
        known = np.where((table.index == NOT_KNOWN)[numbers], -1, numbers)
        member = members(known, len(table))
        families.append(member)
        table["areas"] = by_area.groupby(names).nunique().reindex(table.index)
        change = minutes["after"] - minutes["before"]
        for name, values in (*minutes.items(), ("change", change)):
            gaps = gaps_between((weights * values)[None] @ member, weights[None] @ member)
            table[f"gap_{name}_min"] = gaps[0]
        for when, values in minutes.items():
            loads = (np.where(numbers == at, weights, 0.0) for at in range(len(table)))
            table[f"gini_{when}"] = [gini(values, load) for load in loads]
            for measure, rank in ranks.items():
                of_all = kind == "everyone"
                spread = concentration_index(values, weights, rank_by=rank) if of_all else np.nan
                table[f"concentration_{measure}_{when}"] = spread
        parts.append(table.rename_axis("group").reset_index().assign(group_kind=kind))
    rows = pd.concat(parts, ignore_index=True)
    low, high = _intervals(drawn, families)
    return rows.assign(
        gap_change_low_min=low,
        gap_change_high_min=high,
        share_unchanged=rows["weight_unchanged"] / rows["weight"].where(rows["weight"] > 0),
        loser_min=comparison.loser_min,
        estimated=comparison.estimated,
    )


def _intervals(drawn: DrawnMinutes | None, families: Sequence[Doubles]) -> tuple[Doubles, Doubles]:
    """Return an interval for the gap in added minutes of every group, family by family."""
    count = sum(family.shape[1] for family in families)
    if drawn is None:
        low, high = np.full((2, count), np.nan)
        return low, high
    # of those reached both before and after
    both = np.isfinite(drawn.before) & np.isfinite(drawn.after)
    load = np.where(both, drawn.weights, 0.0)
    change = np.subtract(drawn.after, drawn.before, out=np.zeros(both.shape), where=both)
    every = np.concatenate(families, axis=1)
    inside, weight = (load * change) @ every, load @ every
    ends = np.cumsum([family.shape[1] for family in families])[:-1]
    parts = [np.split(sums, ends, axis=1) for sums in (inside, weight)]
    intervals = [simultaneous(gaps_between(*sums)) for sums in zip(*parts, strict=True)]
    low, high = (np.concatenate(side) for side in zip(*intervals, strict=True))
    return low, high


def _numbers(columns: pd.DataFrame, name: str) -> Doubles:
    """Return a column as numbers, NaN where it is not known."""
    if name not in columns:
        return np.full(len(columns), np.nan)
    return np.asarray(columns[name].to_numpy(np.float64, na_value=np.nan), dtype=np.float64)


def _has(columns: pd.DataFrame, name: str) -> bool:
    return name in columns.columns and bool(columns[name].notna().any())


def _named(values: pd.Series) -> pd.Series:
    return values.astype("object").where(values.notna(), NOT_KNOWN).astype(str)

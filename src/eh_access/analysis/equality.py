"""Fairness: who belongs to which group, and how the groups fare.

Deprivation and car ownership are facts about areas, not about the families in them, and neither is
a protected characteristic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np

from eh_access.analysis.aligning import grouping
from eh_access.analysis.arrays import ROUNDING, mean_of
from eh_access.errors import InputError, NotFoundError, did_you_mean

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from eh_access.analysis.comparison import Comparison

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
            words="the most deprived areas here (a fifth of those counted, not of the areas)",
            rule="low",
        ),
        "no-car-fifth": Group(
            column="no_car_share",
            words=(
                "the areas with most households without a car (about a fifth of those counted "
                "here, not of the areas)"
            ),
            rule="high",
        ),
    }
)
"""The groups that criteria can name."""


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
    unknown_weight: float = 0.0  # weight left out, of which membership is not known


def gap_between(
    change: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    inside: NDArray[np.bool_],
    elsewhere: NDArray[np.bool_],
) -> Gap:
    """Return the gap in mean change between two sets of origins."""
    near, far = (
        mean_of(change[inside], weights[inside]),
        mean_of(change[elsewhere], weights[elsewhere]),
    )
    with np.errstate(invalid="ignore"):
        difference = float(np.float64(near) - np.float64(far))
    return Gap(
        inside_min=near,
        elsewhere_min=far,
        gap_min=difference,
        inside_weight=float(weights[inside].sum()),
        elsewhere_weight=float(weights[elsewhere].sum()),
    )


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
    weights = frame["weight"].to_numpy()
    found = gap_between(
        frame["change_min"].to_numpy(),
        weights,
        inside=inside & asked,
        elsewhere=~inside & known & asked,
    )
    return Gap(**{**vars(found), "unknown_weight": float(weights[~known].sum())})

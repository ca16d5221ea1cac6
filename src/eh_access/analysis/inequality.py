"""How unevenly minutes are spread over families: the Gini and the concentration index.

Both work on weights, which is why they stand here in a few lines: PySAL's ``inequality`` counts
every row once. The tests hold them against it, with each row repeated as often as it weighs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eh_access.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]


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

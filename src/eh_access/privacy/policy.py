"""The rules by which small counts are hidden and rounded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eh_access.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

HIDDEN_MARK = "[c]"
"""Stands in place of a figure that is hidden so that nobody can be found, as the government's
guidance on statistics in spreadsheets asks ("c" for confidential)."""

NOBODY = 1e-6
"""Sums of weights that differ by no more than this are the same."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How small counts are kept from identifying anybody.

    No single threshold is the law; these are defaults for a council to change.

    Parameters
    ----------
    threshold
        Counts above 0 and below it are hidden, and so are differences between scenarios.
    round_to
        What is shown is rounded to the nearest multiple, halves up.
    least_base
        Percentages and means of fewer than so many are hidden.
    public
        Counts are themselves published statistics: everything is left as it is. Counts that a
        table says are people's own are never exempt.

    Raises
    ------
    InputError
        If a number makes no sense.

    Examples
    --------
    >>> Policy().rounded(12.5), Policy().rounded(37.0)
    (15.0, 35.0)
    """

    threshold: int = 10
    round_to: int = 5
    least_base: float = 30.0
    public: bool = False

    def __post_init__(self) -> None:
        faults = []
        if self.threshold < 1:
            faults.append(f"threshold is {self.threshold}; give 1 or more (1 hides nothing)")
        if self.round_to < 1:
            faults.append(
                f"round_to is {self.round_to}; give 1 or more (1 rounds to whole numbers)"
            )
        if not self.least_base >= 0:
            faults.append(f"least_base is {self.least_base:g}; give 0 or more")
        if self.round_to > self.threshold > 1:
            faults.append(
                f"round_to is {self.round_to}, above the threshold of {self.threshold}: counts "
                "that are shown could round to 0; give a multiple that is not above it"
            )
        if faults:
            raise InputError(faults)

    def rounded(self, value: float) -> float:
        """Return a count as it is shown.

        Parameters
        ----------
        value
            0 or more.

        Returns
        -------
        float
            A multiple of ``round_to``.
        """
        return math.floor(value / self.round_to + 0.5) * float(self.round_to)

    def _steps(self, counts: Floats) -> Floats:
        """Round halves up; what falls short of a half by the noise of a sum is a half."""
        steps = np.floor(counts / self.round_to + 0.5 + NOBODY)
        return np.asarray(steps * float(self.round_to))

    def small(self, values: ArrayLike) -> Bools:
        """Return which figures worked out from protected counts are too small to be shown.

        Parameters
        ----------
        values
            Counts or differences of counts; those of nobody are not small.

        Returns
        -------
        ndarray of bool
            None, where counts are public.

        Examples
        --------
        >>> Policy().small([0.0, 3.3, 9.99, 10.0, -4.0]).tolist()
        [False, True, True, False, True]
        """
        size = np.abs(np.asarray(values, dtype=np.float64))
        if self.public:
            return np.zeros(size.shape, dtype=bool)
        return np.asarray((size > NOBODY) & (size < self.threshold - NOBODY))

    def few(self, base: ArrayLike) -> Bools:
        """Return which groups are too few for any percentage, none at all included.

        Parameters
        ----------
        base
            Their counts.

        Returns
        -------
        ndarray of bool
            None, where counts are public.

        Examples
        --------
        >>> Policy(least_base=10).few([0.0, 9.0, 10.0]).tolist()
        [True, True, False]
        """
        counts = np.asarray(base, dtype=np.float64)
        if self.public:
            return np.zeros(counts.shape, dtype=bool)
        return np.asarray(counts < self.least_base - NOBODY)

    def shown(self, values: ArrayLike) -> Floats:
        """Return figures as they are published: NaN where too small, else rounded.

        Parameters
        ----------
        values
            Counts, 0 or more.

        Returns
        -------
        ndarray of float
            As they are, where counts are public.

        Examples
        --------
        >>> Policy().shown([0.0, 3.3, 12.6]).tolist()
        [0.0, nan, 15.0]
        """
        counts = np.asarray(values, dtype=np.float64)
        if self.public:
            return counts
        return np.where(self.small(counts), np.nan, self._steps(counts))

    def coarse(self, parts: ArrayLike, wholes: ArrayLike) -> Floats:
        """Return shares of rounded counts, none hidden: for ranking and judging many of them.

        Parameters
        ----------
        parts, wholes
            Counts; one broadcasts to the other.

        Returns
        -------
        ndarray of float
            0 to 1; exact where counts are public, NaN of nobody or of too few.

        Examples
        --------
        >>> Policy(least_base=10).coarse([3.0, 13.0], 50.0).tolist()
        [0.1, 0.3]
        """
        part, whole = np.broadcast_arrays(
            np.asarray(parts, np.float64), np.asarray(wholes, np.float64)
        )
        some = (whole > 0) & ~self.few(whole)
        top, base = part, whole
        if not self.public:
            top, base = self._steps(part), self._steps(whole)
        shares = _divided(top, base, some)
        return shares if self.public else np.minimum(shares, 1.0)

    def share(self, parts: ArrayLike, wholes: ArrayLike) -> Floats:
        """Return shares as they are published: of rounded counts, NaN where one of them is hidden.

        Parameters
        ----------
        parts, wholes
            Counts of the same shape. Those of a whole who are not in the part count too: a share
            of 99% would tell of them.

        Returns
        -------
        ndarray of float
            0 to 1; exact where counts are public, NaN of nobody.

        Examples
        --------
        >>> Policy(least_base=10).share([52.0, 297.0, 3.0], [104.0, 300.0, 6.0]).tolist()
        [0.47619047619047616, nan, nan]
        """
        part, whole = np.asarray(parts, np.float64), np.asarray(wholes, np.float64)
        some = whole > 0
        if self.public:
            return _divided(part, whole, some)
        gone = self.few(whole) | self.small(part) | self.small(whole - part)
        shares = _divided(self.shown(part), self.shown(whole), some & ~gone)
        return np.minimum(shares, 1.0)


def _divided(top: Floats, base: Floats, where: Bools) -> Floats:
    quotients: Floats = np.full(top.shape, np.nan)
    np.divide(top, base, out=quotients, where=where)
    return quotients


PUBLIC = Policy(public=True)
"""For counts that are published statistics."""

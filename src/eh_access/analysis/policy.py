"""The rules by which counts are hidden and rounded."""

from __future__ import annotations

import math
from dataclasses import dataclass

from eh_access.errors import InputError

LEAST_WITH_ZEROS = 4
"""With zeros shown, a hidden count is 1 to threshold less 1: from here on wide enough a range."""


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
    show_zeros
        Show counts of 0. By default they are hidden like small ones, unless nobody could be
        counted there at all, because "none" says something of everybody in an area.
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
    show_zeros: bool = False
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
        if self.show_zeros and 1 < self.threshold < LEAST_WITH_ZEROS:
            faults.append(
                f"show_zeros with a threshold of {self.threshold}: a hidden count would then be "
                f"told by being hidden; give a threshold of {LEAST_WITH_ZEROS} or more"
            )
        if faults:
            raise InputError(faults)

    @property
    def least_range(self) -> float:
        """How wide the range of a hidden count must stay to a reader who works at it."""
        return self.threshold / 2

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

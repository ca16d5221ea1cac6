"""A model, not a measurement: how many families might stop coming when the way grows longer.

No decay with travel time of families' use of children's centres was found that could be read, so
none is built in: whoever uses this chooses a decay, better several, and answers for them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.numerals import number, percent
from eh_access.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.analysis.comparison import Comparison

    Doubles = NDArray[np.float64]

LABEL = (
    "MODEL, not a measurement: it supposes that the share of families who come falls with travel "
    "time in the way stated, which was chosen and not observed here."
)
"""To be printed beside every figure of take-up."""


@dataclass(frozen=True, kw_only=True)
class Decay:
    """How the share who come falls with minutes, as a part of those who would come from the door.

    Parameters
    ----------
    words
        What it is and its parameters, for tables.
    share
        From minutes to a share: 1 at 0 minutes, never rising, 0 out of reach.
    """

    words: str
    share: Callable[[Doubles], Doubles]


def _positive(name: str, value: float, unit: str) -> None:
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"{name} is {value:g}; give {unit} above 0")


def exponential(half_min: float) -> Decay:
    """Return a decay that halves with every so many minutes.

    Parameters
    ----------
    half_min
        Minutes.

    Returns
    -------
    Decay
        2 to the power of minus minutes over ``half_min``.

    Raises
    ------
    InputError
        If it is not above 0.

    Examples
    --------
    >>> exponential(20).share(np.array([0.0, 20.0, 40.0, np.inf])).tolist()
    [1.0, 0.5, 0.25, 0.0]
    """
    _positive("half_min", half_min, "minutes")
    return Decay(
        words=f"exponential: half after every {half_min:g} minutes",
        share=lambda minutes: np.exp2(-minutes / half_min),
    )


def linear(none_min: float) -> Decay:
    """Return a decay that falls evenly, to nobody at so many minutes.

    Parameters
    ----------
    none_min
        Minutes.

    Returns
    -------
    Decay
        1 less minutes over ``none_min``, never below 0.

    Raises
    ------
    InputError
        If it is not above 0.

    Examples
    --------
    >>> linear(60).share(np.array([0.0, 15.0, 90.0, np.inf])).tolist()
    [1.0, 0.75, 0.0, 0.0]
    """
    _positive("none_min", none_min, "minutes")
    return Decay(
        words=f"linear: nobody from {none_min:g} minutes",
        share=lambda minutes: np.maximum(1 - minutes / none_min, 0.0),
    )


def logistic(middle_min: float, spread_min: float) -> Decay:
    """Return a decay that is flat near the door, steep about the middle, and flat far away.

    Parameters
    ----------
    middle_min
        Minutes about which it falls most.
    spread_min
        How gently: from the middle, so many minutes more divide those who come by those who do not
        by e.

    Returns
    -------
    Decay
        The logistic curve, scaled to 1 at 0 minutes.

    Raises
    ------
    InputError
        If either is not above 0.

    Examples
    --------
    >>> falls = logistic(30, 5).share(np.array([0.0, 30.0, np.inf]))
    >>> falls.round(3).tolist()
    [1.0, 0.501, 0.0]
    """
    _positive("middle_min", middle_min, "minutes")
    _positive("spread_min", spread_min, "minutes")

    def curve(minutes: Doubles) -> Doubles:
        # exp of a large number is inf in time, and the share then 0, as it should be
        with np.errstate(over="ignore"):
            return np.asarray(1 / (1 + np.exp((minutes - middle_min) / spread_min)))

    at_door = curve(np.zeros(1))[0]
    return Decay(
        words=f"logistic: about {middle_min:g} minutes, spread {spread_min:g}",
        share=lambda minutes: np.asarray(curve(minutes) / at_door),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class TakeUp:
    """Families who might stop coming, under each decay chosen; made by `take_up`.

    Parameters
    ----------
    frame
        A row per decay: ``decay``, ``at_door_share``, ``weight``, ``using_before``,
        ``using_after``, ``might_stop``, ``might_start`` and ``share_might_stop`` (of those using
        before). All in the unit of the weights but the shares.
    unit
        What is counted, in the plural.
    """

    frame: pd.DataFrame
    unit: str

    @property
    def low(self) -> float:
        """The fewest who might stop, over the decays."""
        return float(self.frame["might_stop"].min())

    @property
    def high(self) -> float:
        """The most who might stop, over the decays."""
        return float(self.frame["might_stop"].max())

    def sentence(self) -> str:
        """Return the range in plain English, its label with it."""
        share = float(self.frame["at_door_share"].iloc[0])
        decays = "; ".join(self.frame["decay"])
        return (
            f"{LABEL} Between {number(self.low)} and {number(self.high)} {self.unit} might stop "
            f"coming, if {percent(share)} would come from next door and their share falls as "
            f"follows: {decays}."
        )


def take_up(
    comparison: Comparison,
    decays: Sequence[Decay],
    *,
    at_door_share: float,
    unit: str = "under-fives",
) -> TakeUp:
    """Return how many might stop coming, as a range over the decays chosen.

    Everyone's share is that of the time to the nearest site. Those whose time grows might stop,
    those whose time shrinks might start; the two are not set off against each other.

    Parameters
    ----------
    comparison
        From ``comparison.compare``.
    decays
        At least one; there is no default.
    at_door_share
        Which share would come if they lived next door, 0 to 1; there is no default either.
    unit
        What the weights count, in the plural.

    Returns
    -------
    TakeUp
        A row per decay, in the order given.

    Raises
    ------
    InputError
        If there is no decay, one is not a falling share of 1 at the door, or the share is not
        above 0 and at most 1.

    Examples
    --------
    >>> from eh_access import WALK, compare, estimate_travel_times, load_origins, load_sites
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, centres, mode=WALK)
    >>> fewer = compare(times, times, homes, sites_after=centres.index.drop("park-view"))
    >>> told = take_up(fewer, [exponential(15), exponential(30)], at_door_share=0.9)
    >>> told.low < told.high
    True
    """
    faults = [] if decays else ["no decay was given; choose one, or better several"]
    if not 0 < at_door_share <= 1:
        faults.append(f"at_door_share is {at_door_share:g}; give a share above 0 and at most 1")
    faults += [fault for decay in decays for fault in _decay_faults(decay)]
    if faults:
        raise InputError(faults)
    frame = comparison.frame
    weights = frame["weight"].to_numpy(np.float64) * at_door_share
    rows = []
    for decay in decays:
        before, after = (
            decay.share(frame[f"{when}_min"].to_numpy(np.float64)) for when in ("before", "after")
        )
        using, stop = float(weights @ before), float(weights @ np.maximum(before - after, 0))
        rows.append(
            {
                "decay": decay.words,
                "at_door_share": at_door_share,
                "weight": float(frame["weight"].sum()),
                "using_before": using,
                "using_after": float(weights @ after),
                "might_stop": stop,
                "might_start": float(weights @ np.maximum(after - before, 0)),
                "share_might_stop": stop / using if using > 0 else 0.0,
            }
        )
    return TakeUp(frame=pd.DataFrame(rows), unit=unit)


def _decay_faults(decay: Decay) -> list[str]:
    """Return what is wrong with a decay somebody wrote themselves."""
    share = decay.share(np.array([0.0, 1.0, 5.0, 15.0, 30.0, 60.0, 120.0, np.inf]))
    fine = (
        abs(share[0] - 1) < 1e-9  # noqa: PLR2004 - rounding
        and share[-1] == 0
        and bool((np.diff(share) <= 0).all())
    )
    if fine:
        return []
    return [f"decay '{decay.words}': it must be 1 at 0 minutes, never rise, and be 0 out of reach"]

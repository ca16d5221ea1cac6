"""What the source of some streets never recorded, and how far off minutes are because of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from eh_access.network.rule_table import rule_table

if TYPE_CHECKING:
    from eh_access.modes import TravelMode
    from eh_access.network.model import Network

NOT_RECORDED = "not recorded in these streets"

GAPS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "who may use a way": frozenset(
            {"access", "foot", "bicycle", "vehicle", "motor_vehicle", "motorcar", "designation"}
        ),
        "barriers": frozenset({"barrier"}),
        "kerbs": frozenset({"kerb"}),
        "widths": frozenset({"width", "est_width", "maxwidth", "maxwidth:physical"}),
        "surfaces": frozenset({"surface", "smoothness", "tracktype"}),
        "pavements": frozenset({"sidewalk"}),
        "speed limits": frozenset({"maxspeed"}),
    }
)
"""What rules look for, in words, and OpenStreetMap's keys for it."""


def gaps(network: Network, mode: TravelMode) -> tuple[str, ...]:
    """Name what a mode's rules look for and the source of the streets never recorded.

    Parameters
    ----------
    network
        The streets; ``not_recorded`` says which keys their source dropped.
    mode
        The way of travelling.

    Returns
    -------
    tuple of str
        In the words of ``GAPS``; empty for streets with all their tags.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from eh_access import DRIVE, read_network
    >>> newport = read_network("newport")
    >>> gaps(newport, DRIVE), gaps(replace(newport, not_recorded=("kerb", "maxspeed")), DRIVE)
    ((), ('speed limits',))
    """
    rules = rule_table().rule_set(mode.rules)
    asked = {key for line in (*rules.ways, *rules.points) for key in line.looked_at()}
    lost = asked & set(network.not_recorded)
    if not mode.uses_road_speeds:
        lost -= GAPS["speed limits"]  # it only tells roads too fast to walk along
    return tuple(word for word, keys in GAPS.items() if keys & lost and keys & asked <= lost)


@dataclass(frozen=True, kw_only=True)
class Loss:
    """How far off times by one mode are for want of what was not recorded.

    Parameters
    ----------
    median_percent, tenth_percent
        Of the time to the nearest of twelve places: half of all homes are off by no more than the
        first, a tenth by more than the second.
    change_min
        How far off the change is on average, in minutes, when three of the twelve close.
    change_wrong_percent
        Homes for which the change is off by more than five minutes.
    """

    median_percent: float
    tenth_percent: float
    change_min: float
    change_wrong_percent: float

    def sentence(self, mode: TravelMode) -> str:
        """Return it as a sentence."""
        return (
            f"{mode.label.capitalize()} the time to the nearest of twelve places was off by "
            f"{self.median_percent:g}% in the middle case and by more than "
            f"{self.tenth_percent:g}% for one home in ten; the change when any three close "
            f"was off by {self.change_min:g} minutes on average, and by more than five minutes "
            f"for {self.change_wrong_percent:g}% of homes."
        )


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        "walk": Loss(
            median_percent=0.05, tenth_percent=0.26, change_min=0.06, change_wrong_percent=0.44
        ),
        "pushchair": Loss(
            median_percent=0.05, tenth_percent=1.12, change_min=0.1, change_wrong_percent=0.46
        ),
        "cycle": Loss(
            median_percent=0.12, tenth_percent=36.9, change_min=0.11, change_wrong_percent=0.0
        ),
        "drive": Loss(
            median_percent=4.8, tenth_percent=16.1, change_min=0.08, change_wrong_percent=0.0
        ),
    }
)
"""Measured on Newport's whole map with and without the tags that vector tiles lose, 2,222
postcodes, and every choice of three of twelve sites to close: ``benchmarks/lost_tags.py``."""


def losses(network: Network, modes: Iterable[TravelMode]) -> str:
    """Say once what the source of the streets never recorded, and what that does to minutes.

    Parameters
    ----------
    network
        The streets.
    modes
        The ways of travelling that are used.

    Returns
    -------
    str
        Some sentences; "" for streets with all their tags.
    """
    used = list(modes)
    lacking = list(dict.fromkeys(word for mode in used for word in gaps(network, mode)))
    if not lacking:
        return ""
    listed = " or ".join(filter(None, (", ".join(lacking[:-1]), lacking[-1])))
    by_class = " Car speeds go by class of road." if "speed limits" in lacking else ""
    first = (
        f"The source of these streets does not record {listed}: all count as open and passable."
        f"{by_class} What that does was measured on the whole map of another town, Newport, with "
        "and without what such a source drops."
    )
    return " ".join(
        [first, *(LOSSES[mode.name].sentence(mode) for mode in used if mode.name in LOSSES)]
    )

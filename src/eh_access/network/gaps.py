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
    """Name what a mode's rules look for and the source of the streets never recorded."""
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
    median_percent, tenth_percent, most_min
        Of the time to the nearest of twelve places: half of all homes are off by no more than the
        first, a tenth by more than the second, none by more than the third.
    change_min, affected_min
        How far off the change is on average when three of the twelve close, of all homes and of
        those whose time changes.
    change_wrong_percent
        Homes for which the change is off by more than five minutes.
    """

    median_percent: float
    tenth_percent: float
    most_min: float
    change_min: float
    affected_min: float
    change_wrong_percent: float

    def sentence(self, mode: TravelMode) -> str:
        """Return it as two sentences."""
        return (
            f"{mode.label.capitalize()} the time to the nearest of twelve places was off by "
            f"{self.median_percent:g}% in the middle case, by more than {self.tenth_percent:g}% "
            f"for one home in ten, and by {self.most_min:g} minutes at most. The change when "
            f"any three of them close was off by {self.change_min:g} minutes on average, by "
            f"{self.affected_min:g} for those affected, and by more than five minutes for "
            f"{self.change_wrong_percent:g}% of homes."
        )


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        "walk": Loss(
            median_percent=0.05,
            tenth_percent=0.26,
            most_min=13.8,
            change_min=0.06,
            affected_min=0.23,
            change_wrong_percent=0.44,
        ),
        "pushchair": Loss(
            median_percent=0.05,
            tenth_percent=1.12,
            most_min=18.6,
            change_min=0.10,
            affected_min=0.39,
            change_wrong_percent=0.46,
        ),
        "cycle": Loss(
            median_percent=0.12,
            tenth_percent=36.86,
            most_min=4.9,
            change_min=0.11,
            affected_min=0.41,
            change_wrong_percent=0.0,
        ),
        "drive": Loss(
            median_percent=4.78,
            tenth_percent=16.09,
            most_min=1.9,
            change_min=0.08,
            affected_min=0.32,
            change_wrong_percent=0.0,
        ),
    }
)
"""Measured by ``benchmarks/lost_tags.py`` on Newport's whole map with and without the tags that
vector tiles lose, over every choice of three of twelve sites: docs/method/agreement.md."""


def losses(network: Network, modes: Iterable[TravelMode]) -> str:
    """Say once what the source of the streets never recorded, and what that does to minutes."""
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

"""What slopes do to speed: on foot, with a pushchair, by bicycle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from eh_access.network.tag_values import parse_signed_slope

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.network.model import Network

STEEPEST = 0.4
"""Slopes are cut off here: beyond it stand cliffs, retaining walls and errors of the grid."""

TOBLER_RATE = 3.5
TOBLER_BEST = 0.05
"""Tobler's walker is quickest going down this slope."""

PUSHED_SHARE = 1.3
"""What a parent with a pushchair lifts uphill, as a multiple of the parent's own weight: 70 kg,
and 22 kg of child and pushchair. An assumption."""

CYCLE_UP_PER_SLOPE = 6.7
CYCLE_DOWN_PER_SLOPE = 4.5
CYCLE_SLOWEST = 0.25
CYCLE_QUICKEST = 1.25

Function = Callable[["NDArray[np.float64]"], "NDArray[np.float64]"]


def tobler(slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return walking speed on slopes as a share of that on the level."""
    # W. Tobler, Three presentations on geographical analysis and modeling, NCGIA Technical Report
    # 93-1 (1993): 6 exp(-3.5 |slope + 0.05|) km/h; divided here by its value on the level, so
    # that the mode's own speed holds there.
    return np.exp(-TOBLER_RATE * (np.abs(slope + TOBLER_BEST) - TOBLER_BEST))


def pushchair(slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the speed with a pushchair on slopes as a share of that on the level."""
    # An assumption: no measured speeds of pushchairs on slopes were found. Uphill Tobler's rate
    # grows with the weight that is lifted (``PUSHED_SHARE``). Downhill nothing is gained, since a
    # pushchair is held back, and steeper than 10% it slows at the greater rate.
    beyond = np.where(slope >= 0, slope, np.maximum(-slope - 2 * TOBLER_BEST, 0.0))
    return np.exp(-TOBLER_RATE * PUSHED_SHARE * beyond)


def bicycle(slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the speed of a bicycle on slopes as a share of that on the level."""
    # J. Parkin and J. Rotheram, Transport Policy 17 (2010) 335-341, give 22 km/h on the level and
    # 25 km/h down 3% (eighty-fifth percentiles): 4.5 per cent for each per cent downhill; and
    # that uphill counts for more. That it counts half as much again (6.7) is an assumption, as
    # are the bounds.
    rate = np.where(slope >= 0, CYCLE_UP_PER_SLOPE, CYCLE_DOWN_PER_SLOPE)
    return np.clip(1.0 - rate * slope, CYCLE_SLOWEST, CYCLE_QUICKEST)


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {"tobler": tobler, "pushchair": pushchair, "bicycle": bicycle}
)


def is_carried(tags: Mapping[str, str]) -> bool:
    """Tell whether people are carried, so that slopes do not matter: ferries, lifts, escalators."""
    moved = tags.get("conveying", "no") != "no"
    return moved or "ferry:km_h" in tags or tags.get("highway") == "elevator"


def slow_by_hills(
    network: Network, mode: TravelMode
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much longer each edge takes a mode than if it were level."""
    heights = network.heights
    if heights is None or mode.hill_function not in FUNCTIONS:
        raise ValueError("slow_by_hills needs heights and a hill function")
    speed = FUNCTIONS[mode.hill_function]

    def make() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        slope = slopes(network)
        both = [heights.mean_of_pieces(1.0 / speed(way * slope)) for way in (1.0, -1.0)]
        carried = np.array([is_carried(tags) for tags in network.tag_sets], dtype=bool)
        level = carried[network.edge_tags]
        return np.where(level, 1.0, both[0]), np.where(level, 1.0, both[1])

    return network.remember(("hills", mode.hill_function), make)


def slopes(network: Network) -> NDArray[np.float64]:
    """Return the slope of every piece of every edge, in the order of `Heights.steps`."""
    heights = network.heights
    if heights is None:
        raise ValueError("the network has no heights")
    pieces = heights.pieces
    run = np.repeat(network.length_m / np.maximum(pieces, 1), pieces)
    rise = heights.steps()
    found = np.divide(rise, run, out=np.zeros_like(rise), where=run > 0)
    tagged = np.array([_tagged(tags) for tags in network.tag_sets], dtype=np.float64)
    own = np.repeat(tagged[network.edge_tags], pieces)
    slope: NDArray[np.float64] = np.where(np.isnan(own), found, own)
    return np.clip(np.nan_to_num(slope, nan=0.0), -STEEPEST, STEEPEST)


def _tagged(tags: Mapping[str, Any]) -> float:
    percent = parse_signed_slope(tags.get("incline", ""))
    return np.nan if percent is None else percent / 100.0


def level_for_want_of_heights(network: Network) -> NDArray[np.bool_]:
    """Tell which edges count as level because their heights are not known."""
    named = [is_carried(tags) or not np.isnan(_tagged(tags)) for tags in network.tag_sets]
    asked: NDArray[np.bool_] = (network.length_m > 0) & ~np.array(named, dtype=bool)[
        network.edge_tags
    ]
    if network.heights is None:
        return asked
    asked &= np.isnan(network.heights.mean_of_pieces(network.heights.steps()))
    return asked

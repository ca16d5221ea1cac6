"""What every edge costs a mode, with hills and junctions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from eh_access.errors import InputError
from eh_access.network.model import CLOSED_DS, EdgeCost, Network
from eh_access.network.rules import TagCost, evaluate, parse_signed_slope

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.network.model import Heights

JUNCTION_ARMS = 3


STEEPEST = 0.4
"""Slopes are cut off here: beyond it stand cliffs, retaining walls and errors of the grid."""

TOBLER_RATE = 3.5
TOBLER_BEST = 0.05
"""Tobler's walker is quickest going down this slope."""

PUSHED_SHARE = 1.3
"""What a parent with a pushchair lifts uphill, as a multiple of the parent's own weight: 70 kg,
and 22 kg of child and pushchair. An assumption."""

WHEELED_SHARE = 2.2
"""The same for whoever pushes a wheelchair: 70 kg, and 85 kg of user and chair. An assumption."""

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


def pushed(slope: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return the speed of pushing on slopes as a share of that on the level."""
    # An assumption: no measured speeds of pushchairs on slopes were found. Uphill Tobler's rate
    # grows with the weight that is lifted (``share``). Downhill nothing is gained, since what is
    # pushed is held back, and steeper than 10% it slows at the greater rate.
    beyond = np.where(slope >= 0, slope, np.maximum(-slope - 2 * TOBLER_BEST, 0.0))
    return np.exp(-TOBLER_RATE * share * beyond)


def bicycle(slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the speed of a bicycle on slopes as a share of that on the level."""
    # J. Parkin and J. Rotheram, Transport Policy 17 (2010) 335-341, give 22 km/h on the level and
    # 25 km/h down 3% (eighty-fifth percentiles): 4.5 per cent for each per cent downhill; and
    # that uphill counts for more. That it counts half as much again (6.7) is an assumption, as
    # are the bounds.
    rate = np.where(slope >= 0, CYCLE_UP_PER_SLOPE, CYCLE_DOWN_PER_SLOPE)
    return np.clip(1.0 - rate * slope, CYCLE_SLOWEST, CYCLE_QUICKEST)


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "tobler": tobler,
        "pushchair": partial(pushed, share=PUSHED_SHARE),
        "wheelchair": partial(pushed, share=WHEELED_SHARE),
        "bicycle": bicycle,
    }
)
"""Speed on slopes as a share of that on the level, by the names modes have for it."""


def is_carried(tags: Mapping[str, str]) -> bool:
    """Return whether people are carried (ferries, lifts, escalators): slopes do not matter."""
    moved = tags.get("conveying", "no") != "no"
    return moved or "ferry:km_h" in tags or tags.get("highway") == "elevator"


def slow_by_hills(
    network: Network, mode: TravelMode
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much longer each edge takes a mode than if it were level, along it and back."""

    def make() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        longer = np.ones((2, network.edge_count))
        if network.heights is not None and mode.counts_hills:
            speed, slope = FUNCTIONS[mode.hill_function], slopes(network, network.heights)
            slow = [network.heights.mean_of_pieces(1.0 / speed(way * slope)) for way in (1, -1)]
            longer = np.where(_carried(network), longer, slow)
        return longer[0], longer[1]

    return network.remember(("hills", mode.hill_function), make)


def _carried(network: Network) -> NDArray[np.bool_]:
    """Return on which edges people are carried."""
    carried = np.array([is_carried(tags) for tags in network.tag_sets], dtype=bool)
    return carried[network.edge_tags]


def slopes(network: Network, heights: Heights) -> NDArray[np.float64]:
    """Return the slope of every piece of every edge, in the order of `Heights.steps`."""
    return np.clip(_slopes(network, heights), -STEEPEST, STEEPEST)


def _slopes(network: Network, heights: Heights) -> NDArray[np.float64]:
    """Return slopes as measured or tagged, however steep."""
    pieces = heights.pieces
    run = np.repeat(network.length_m / np.maximum(pieces, 1), pieces)
    rise = heights.steps()
    measured = np.divide(rise, run, out=np.zeros_like(rise), where=run > 0)
    own = np.repeat(_tagged_slopes(network), pieces)
    return np.nan_to_num(np.where(np.isnan(own), measured, own), nan=0.0)


def _tagged_slopes(network: Network) -> NDArray[np.float64]:
    """Return the slope each edge is tagged with; NaN for none."""
    percent = [parse_signed_slope(tags.get("incline", "")) for tags in network.tag_sets]
    return np.array(percent, dtype=np.float64)[network.edge_tags] / 100.0


def level_for_want_of_heights(network: Network) -> NDArray[np.bool_]:
    """Return which edges count as level because their heights are unknown."""
    level: NDArray[np.bool_] = network.length_m > 0
    level &= np.isnan(_tagged_slopes(network)) & ~_carried(network)
    if network.heights is not None:
        level &= np.isnan(network.heights.mean_of_pieces(network.heights.steps()))
    return level


def hill_doubts(network: Network, mode: TravelMode) -> dict[str, NDArray[np.bool_]]:
    """Return by doubt which edges count as level, and which as less steep than they are."""
    if not mode.counts_hills:
        return {}
    doubts = {SLOPE_UNKNOWN: level_for_want_of_heights(network)}
    if network.heights is not None:
        beyond = (np.abs(_slopes(network, network.heights)) > STEEPEST).astype(np.float64)
        doubts[TOO_STEEP] = (network.heights.mean_of_pieces(beyond) > 0) & ~_carried(network)
    return doubts


DS_PER_S = 10
LONGEST_DS = 2**24
"""Deciseconds one street may take at most, over 19 days: whole numbers up to here are exact in
32-bit floats too."""
SHOWN = 5
KM_H_PER_M_S = 3.6
SLOPE_UNKNOWN = "slope unknown, taken as level"
TOO_STEEP = f"steeper than {STEEPEST:.0%}, taken as {STEEPEST:.0%}"


def edge_cost(network: Network, mode: TravelMode) -> EdgeCost:
    """Return what each edge costs a mode both ways, computed once."""
    return network.remember(("cost", mode), lambda: _edge_cost(network, mode))


def _edge_cost(network: Network, mode: TravelMode) -> EdgeCost:
    costs = tag_costs(network, mode)
    km_h = np.array([(cost.forward_km_h, cost.backward_km_h) for cost in costs], dtype=np.float64)
    forward_km_h, backward_km_h = km_h.reshape(-1, 2)[network.edge_tags].T * mode.speed_factor
    waits_s = _waits_s(network, mode, costs)
    longer = slow_by_hills(network, mode)
    ahead = _exact_ds(network.length_m * longer[0], forward_km_h, waits_s)
    back = _exact_ds(network.length_m * longer[1], backward_km_h, waits_s)
    _refuse_endless(network, mode, np.fmax(ahead, back))
    forward, backward = _whole_ds(network, ahead), _whole_ds(network, back)
    main = _main_part(network, forward, backward) & (network.length_m > 0)
    main &= (forward < CLOSED_DS) | (backward < CLOSED_DS)
    for array in (forward, backward, main):
        array.flags.writeable = False
    return EdgeCost(forward, backward, main)


def tag_costs(network: Network, mode: TravelMode) -> list[TagCost]:
    """Apply the rules to each of a network's sets of tags, once for each mode."""
    known = mode.counts_hills and network.heights is not None
    return network.remember(
        ("tag_costs", mode),
        lambda: [evaluate(tags, mode, slopes_known=known) for tags in network.tag_sets],
    )


def _waits_s(network: Network, mode: TravelMode, costs: Sequence[TagCost]) -> NDArray[np.float64]:
    """Return the seconds of waiting at each street's ends that meet at least two others."""
    arms = np.array([cost.is_open and cost.waits for cost in costs], dtype=bool)
    is_arm = arms[network.edge_tags] & (network.length_m > 0)
    ends = np.stack([network.edge_from, network.edge_to])
    arms_at = np.bincount(ends[:, is_arm].ravel(), minlength=network.node_count)
    waits = (is_arm & (arms_at[ends] >= JUNCTION_ARMS)).sum(axis=0)
    return np.asarray(waits * (mode.junction_delay_s / 2))


def _exact_ds(
    length_m: NDArray[np.float64], km_h: NDArray[np.float64], waits_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the deciseconds of each edge, not rounded; NaN where closed."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ds = (length_m / (km_h / KM_H_PER_M_S) + waits_s) * DS_PER_S
    return np.where(km_h > 0, ds, np.nan)


def _refuse_endless(network: Network, mode: TravelMode, exact_ds: NDArray[np.float64]) -> None:
    """Raise InputError if a street takes longer than whole numbers can hold."""
    endless = np.flatnonzero(exact_ds > LONGEST_DS).tolist()
    if endless:
        faults = []
        for edge in endless[:SHOWN]:
            km, days = network.length_m[edge] / 1000, exact_ds[edge] / (DS_PER_S * 86_400)
            faults.append(
                f"edge {edge} (way {int(network.edge_way[edge])}), {km:,.10g} km long, takes "
                f"{days:,.0f} days {mode.label}; correct its length, or the speed of "
                f"{mode.speed_km_h:g} km/h"
            )
        if len(endless) > SHOWN:
            faults.append(f"{len(endless) - SHOWN} more edges take longer than 19 days")
        raise InputError(faults)


def _whole_ds(network: Network, exact_ds: NDArray[np.float64]) -> NDArray[np.int32]:
    """Round to whole deciseconds, at least 1 where there is a length; ``CLOSED_DS`` for NaN."""
    least = np.where(network.length_m > 0, np.maximum(np.rint(exact_ds), 1), 0)
    return np.where(np.isnan(exact_ds), CLOSED_DS, least).astype(np.int32)


def _main_part(
    network: Network, forward: NDArray[np.int32], backward: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Mark edges within the largest set of nodes that can all reach each other."""
    labels = strong_parts(network, forward, backward)
    main = np.bincount(labels).argmax() if len(labels) else -1
    inside: NDArray[np.bool_] = labels == main
    return inside[network.edge_from] & inside[network.edge_to]


def strong_parts(
    network: Network, forward: NDArray[np.int32], backward: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Find the sets of nodes that can all reach each other."""
    from scipy.sparse import coo_array  # noqa: PLC0415 - keeps importing the package quick
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    ahead, back = forward < CLOSED_DS, backward < CLOSED_DS
    tail = np.concatenate([network.edge_from[ahead], network.edge_to[back]])
    head = np.concatenate([network.edge_to[ahead], network.edge_from[back]])
    n = network.node_count
    links = coo_array((np.ones(len(tail), dtype=np.int32), (tail, head)), shape=(n, n)).tocsr()
    labels: NDArray[np.int32] = connected_components(links, directed=True, connection="strong")[1]
    return labels

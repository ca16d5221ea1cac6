"""What a network holds: kilometres by class and mode, islands, doubts, where it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.modes import MODES, TravelMode
from eh_access.network.cost import SLOPE_UNKNOWN, edge_cost, strong_parts, tag_costs
from eh_access.network.gaps import NOT_RECORDED, gaps
from eh_access.network.hills import level_for_want_of_heights, slopes
from eh_access.network.model import CLOSED_DS, Network, Provenance
from eh_access.network.rule_table import rule_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

M_PER_KM = 1000.0
STEEP = 0.08
"""From 8 per cent on, Inclusive Mobility calls a slope impassable for many wheelchair users."""


@dataclass(frozen=True, kw_only=True)
class Steepness:
    """How steep a network's streets are, by length; slopes in per cent, up or down alike."""

    source: str  # where heights come from
    median_percent: float  # half of the length is steeper than the first, a tenth than the second
    tenth_percent: float
    steep_km: float  # steeper than 8 per cent
    unknown_km: float  # without heights, taken as level


@dataclass(frozen=True, eq=False)
class NetworkDescription:
    """What a network holds, as tables."""

    # index ``street`` (the ``highway`` tag, or the kind of barrier crossing); columns ``edges``,
    # ``total_km`` and for each mode ``{mode}_km``, open in at least one direction
    classes: pd.DataFrame
    # index ``mode``; columns ``open_km``, ``one_way_km``, ``main_share`` (of the open kilometres,
    # those in the main part), ``islands`` (other parts of the network, each with open streets)
    # and ``island_km``
    modes: pd.DataFrame
    # columns ``mode``, ``doubt``, ``edges``, ``km``: what the tags leave open, taken as passable,
    # and what the streets' source never recorded
    doubts: pd.DataFrame
    steepness: Steepness | None  # how steep the streets are; None where heights are not known
    provenance: tuple[Provenance, ...]  # where streets and heights came from, with their date

    def facts(self) -> list[tuple[str, str]]:
        """Return the few facts a report prints, as label and text."""
        facts = [("Streets", f"{self.classes['total_km'].sum():,.0f} km")]
        for mode, row in self.modes.iterrows():
            text = (
                f"{row['open_km']:,.0f} km open, {row['main_share']:.1%} of them in one connected "
                f"part; {row['islands']:,.0f} islands ({row['island_km']:,.1f} km)"
            )
            known = MODES.get(str(mode))
            facts.append((known.label.capitalize() if known else str(mode), text))
        facts.append(("Slopes", self._slopes()))
        for source in self.provenance:
            date = f", {source.date}" if source.date else ""
            facts.append(("Source", f"{source.publisher}{date} ({source.licence})"))
        return facts

    def _slopes(self) -> str:
        hills = self.steepness
        if hills is None:
            return "heights are not known, so every street counts as level"
        unknown = f"; {hills.unknown_km:,.0f} km without heights" if hills.unknown_km else ""
        return (
            f"heights from {hills.source or 'a source not stated'}; half of the length steeper "
            f"than {hills.median_percent:.1f}%, a tenth steeper than {hills.tenth_percent:.1f}%, "
            f"{hills.steep_km:,.0f} km steeper than 8 %{unknown}"
        )


def describe(
    network: Network, *, modes: Sequence[TravelMode] = tuple(MODES.values())
) -> NetworkDescription:
    """Describe a network."""
    km = network.length_m / M_PER_KM
    kinds = [_kind(tags) for tags in network.tag_sets]
    frame = pd.DataFrame({"street": np.array(kinds, dtype=object)[network.edge_tags]})
    frame["edges"] = 1
    frame["total_km"] = km
    rows, doubts = [], []
    for mode in modes:
        cost = edge_cost(network, mode)
        is_open = (cost.forward_ds < CLOSED_DS) | (cost.backward_ds < CLOSED_DS)
        frame[f"{mode.name}_km"] = np.where(is_open, km, 0.0)
        rows.append(_connection(network, mode, is_open))
        doubts += _doubts(network, mode, is_open)
    return NetworkDescription(
        classes=frame.groupby("street").sum().sort_index(),
        modes=pd.DataFrame(rows).set_index("mode"),
        doubts=pd.DataFrame(doubts, columns=["mode", "doubt", "edges", "km"]),
        steepness=_steepness(network),
        provenance=network.provenance,
    )


def _steepness(network: Network) -> Steepness | None:
    heights = network.heights
    if heights is None:
        return None
    steep = np.abs(slopes(network))
    km = np.repeat(network.length_m / np.maximum(heights.pieces, 1), heights.pieces) / M_PER_KM
    order = np.argsort(steep, kind="stable")
    share = np.cumsum(km[order]) / max(km.sum(), 1e-9)
    median, tenth = (
        float(steep[order][np.searchsorted(share, part)]) if len(steep) else 0.0
        for part in (0.5, 0.9)
    )
    unknown = level_for_want_of_heights(network)
    return Steepness(
        source=heights.source,
        median_percent=100 * median,
        tenth_percent=100 * tenth,
        steep_km=float(km[steep > STEEP].sum()),
        unknown_km=float(network.length_m[unknown].sum()) / M_PER_KM,
    )


def _kind(tags: Mapping[str, str]) -> str:
    if "highway" in tags:
        return tags["highway"]
    return "ferry" if "route" in tags else "barrier: " + tags.get("barrier", "kerb or crossing")


def _connection(
    network: Network, mode: TravelMode, is_open: NDArray[np.bool_]
) -> dict[str, object]:
    cost = edge_cost(network, mode)
    km = network.length_m / M_PER_KM
    both = (cost.forward_ds < CLOSED_DS) & (cost.backward_ds < CLOSED_DS)
    parts = strong_parts(network, cost.forward_ds, cost.backward_ds)
    within = is_open & (parts[network.edge_from] == parts[network.edge_to]) & (km > 0)
    islands = np.unique(parts[network.edge_from][within & ~cost.main])
    open_km = float(km[is_open].sum())
    return {
        "mode": mode.name,
        "open_km": open_km,
        "one_way_km": float(km[is_open & ~both].sum()),
        "main_share": float(km[cost.main].sum()) / open_km if open_km else 0.0,
        "islands": len(islands),
        "island_km": float(km[within & ~cost.main].sum()),
    }


def _doubts(
    network: Network, mode: TravelMode, is_open: NDArray[np.bool_]
) -> list[tuple[str, str, int, float]]:
    rows = len(network.tag_sets)
    used = network.edge_tags[is_open]
    edges = np.bincount(used, minlength=rows)
    km = np.bincount(used, weights=network.length_m[is_open] / M_PER_KM, minlength=rows)
    found: dict[str, list[int]] = {}
    unasked = _never_recorded(network, mode)
    costs = tag_costs(network, mode)
    for row in np.flatnonzero(edges).tolist():
        for doubt in (item for item in costs[row].counted if item not in unasked):
            found.setdefault(doubt, []).append(row)
    told = [
        (mode.name, doubt, int(edges[at].sum()), float(km[at].sum())) for doubt, at in found.items()
    ]
    if mode.counts_hills and (level := level_for_want_of_heights(network) & is_open).any():
        level_km = float(network.length_m[level].sum()) / M_PER_KM
        told.append((mode.name, SLOPE_UNKNOWN, int(level.sum()), level_km))
    if lacking := gaps(network, mode):
        what = f"{', '.join(lacking)}: {NOT_RECORDED}"
        told.append((mode.name, what, int(edges.sum()), float(km.sum())))
    return sorted(told)


def _never_recorded(network: Network, mode: TravelMode) -> set[str]:
    """Return the doubts that would be about every street, since none could carry the tag."""
    rules = rule_table().rule_set(mode.rules)
    return {
        line.reason
        for line in (*rules.ways, *rules.points)
        if line.effect == "count" and line.missing and line.key in network.not_recorded
    }

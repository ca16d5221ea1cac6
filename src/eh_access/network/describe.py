"""What a network holds, and what its source never recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd

from eh_access.modes import MODES, TravelMode
from eh_access.network.cost import (
    edge_cost,
    hill_doubts,
    level_for_want_of_heights,
    slopes,
    strong_parts,
    tag_costs,
)
from eh_access.network.model import CLOSED_DS, Network
from eh_access.network.provenance import NetworkDescription, Steepness
from eh_access.network.rules import rule_table
from eh_access.network.snapping import edge_lines
from eh_access.tables import CRS

NOT_RECORDED = "not recorded in these streets"

GAPS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "who may use a way": frozenset(
            {"access", "foot", "bicycle", "vehicle", "motor_vehicle", "motorcar", "designation"}
        ),
        "who may walk, cycle or drive along a way": frozenset(
            {"foot", "bicycle", "vehicle", "motor_vehicle", "motorcar"}
        ),
        "barriers": frozenset({"barrier"}),
        "kerbs": frozenset({"kerb"}),
        "widths": frozenset({"width", "est_width", "maxwidth", "maxwidth:physical"}),
        "passage with wheels": frozenset({"wheelchair", "stroller"}),
        "surfaces": frozenset({"surface", "smoothness", "tracktype"}),
        "pavements": frozenset({"sidewalk"}),
        "speed limits": frozenset({"maxspeed"}),
        "one-way streets": frozenset({"oneway"}),
    }
)
"""What rules look for, in words, and OpenStreetMap's keys for it."""


def keys_never_seen(seen: AbstractSet[str]) -> tuple[str, ...]:
    """Return the keys of each kind in `GAPS` of which no street carries any."""
    return tuple(sorted(set().union(*(keys for keys in GAPS.values() if not keys & seen))))


def gaps(network: Network, mode: TravelMode) -> tuple[str, ...]:
    """Name what a mode's rules use and the source of the streets never recorded."""
    wanted = {key for line in rule_table().rule_set(mode.rules).lines for key in line.tag_keys()}
    lost = wanted & set(network.not_recorded)
    if not mode.uses_road_speeds:
        lost -= GAPS["speed limits"]  # it only tells roads too fast to walk along
    lacking = [keys for keys in GAPS.values() if keys & lost and keys & wanted <= lost]
    return tuple(
        word
        for word, keys in GAPS.items()
        if keys in lacking and not any(keys < wider for wider in lacking)
    )


@dataclass(frozen=True)
class Loss:
    """How far off times by one mode are for want of what was not recorded."""

    # of the time to the nearest of twelve places: half of all homes are off by no more than the
    # first, a tenth by more than the second, none by more than the third
    median_percent: float
    tenth_percent: float
    most_min: float
    # how far off the change is on average when three of the twelve close, of all homes and of
    # those whose time changes; and homes for which it is off by more than five minutes
    change_min: float
    affected_min: float
    change_wrong_percent: float


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        "walk": Loss(0.05, 0.26, 13.8, 0.06, 0.23, 0.44),
        "pushchair": Loss(0.05, 1.09, 18.6, 0.10, 0.39, 0.47),
        "wheelchair": Loss(0.05, 2.19, 24.2, 0.17, 0.66, 0.78),
        "cycle": Loss(0.12, 36.86, 4.9, 0.11, 0.41, 0.0),
        "drive": Loss(4.78, 16.08, 1.9, 0.08, 0.32, 0.0),
    }
)
"""Measured by ``benchmarks/lost_tags.py`` on Newport's whole map with and without the tags that
vector tiles lose, over every choice of three of twelve sites: docs/method/agreement.md."""


def not_recorded(network: Network, modes: Iterable[TravelMode]) -> tuple[str, ...]:
    """Return what the rules of some modes use and the source of the streets never recorded."""
    return tuple(dict.fromkeys(word for mode in modes for word in gaps(network, mode)))


M_PER_KM = 1000.0
STEEP = 0.08
"""From 8 per cent on, Inclusive Mobility calls a slope impassable for many wheelchair users."""


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
        frame[f"{mode.name}_km"] = np.where(edge_cost(network, mode).is_open, km, 0.0)
        rows.append(_connection(network, mode))
        doubts += _doubts(network, mode)
    return NetworkDescription(
        classes=frame.groupby("street").sum().sort_index(),
        modes=pd.DataFrame(rows).set_index("mode"),
        doubts=pd.DataFrame(doubts, columns=["mode", "doubt", "edges", "km"]),
        steepness=_steepness(network),
        provenance=network.provenance,
        not_recorded=frozenset(network.not_recorded),
        gaps={mode.name: gaps(network, mode) for mode in modes},
    )


def _steepness(network: Network) -> Steepness | None:
    heights = network.heights
    if heights is None:
        return None
    steep = np.abs(slopes(network, heights))
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
    if "railway" in tags:
        return tags["railway"]
    return "ferry" if "route" in tags else "barrier: " + tags.get("barrier", "kerb or crossing")


def _connection(network: Network, mode: TravelMode) -> dict[str, object]:
    cost = edge_cost(network, mode)
    km, is_open = network.length_m / M_PER_KM, cost.is_open
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


def _doubts(network: Network, mode: TravelMode) -> list[tuple[str, str, int, float]]:
    """Return mode, doubt, edges and kilometres of each doubt about open streets."""
    is_open = edge_cost(network, mode).is_open
    counted = [set(cost.counted) for cost in tag_costs(network, mode)]
    # doubts about every street, since none could carry the tag, are told once, below
    never_recorded = {
        line.reason
        for line in rule_table().rule_set(mode.rules).lines
        if line.effect == "count" and line.missing and line.key in network.not_recorded
    }
    touched = {
        doubt: np.array([doubt in row for row in counted], dtype=bool)[network.edge_tags]
        for doubt in set().union(*counted) - never_recorded
    } | hill_doubts(network, mode)
    touched = {doubt: edges & is_open for doubt, edges in touched.items()}
    touched = {doubt: edges for doubt, edges in touched.items() if edges.any()}
    if lacking := gaps(network, mode):
        touched[f"{', '.join(lacking)}: {NOT_RECORDED}"] = is_open
    km = network.length_m / M_PER_KM
    return sorted(
        (mode.name, doubt, int(edges.sum()), float(km[edges].sum()))
        for doubt, edges in touched.items()
    )


def street_frame(network: Network) -> gpd.GeoDataFrame:
    """Return `Network.to_frame`."""
    classes = pd.Series([tags.get("highway", "") for tags in network.tag_sets], dtype="str")
    names = np.array([*network.names, ""], dtype=object)  # the last serves for none: -1
    columns = {
        "edge_from": network.edge_from,
        "edge_to": network.edge_to,
        "length_m": network.length_m,
        "osm_way_id": network.edge_way,
        "name": pd.array(names[network.edge_name], dtype="str"),
        "highway": classes.iloc[network.edge_tags].array,
    }
    return gpd.GeoDataFrame(columns, geometry=edge_lines(network), crs=CRS)

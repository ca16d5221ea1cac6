"""What a network holds, and what its source never recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    rules = rule_table().rule_set(mode.rules)
    wanted = {key for line in (*rules.ways, *rules.points) for key in line.tag_keys()}
    lost = wanted & set(network.not_recorded)
    if not mode.uses_road_speeds:
        lost -= GAPS["speed limits"]  # it only tells roads too fast to walk along
    lacking = [keys for keys in GAPS.values() if keys & lost and keys & wanted <= lost]
    return tuple(
        word
        for word, keys in GAPS.items()
        if keys in lacking and not any(keys < wider for wider in lacking)
    )


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
            tenth_percent=1.09,
            most_min=18.6,
            change_min=0.10,
            affected_min=0.39,
            change_wrong_percent=0.47,
        ),
        "wheelchair": Loss(
            median_percent=0.05,
            tenth_percent=2.19,
            most_min=24.2,
            change_min=0.17,
            affected_min=0.66,
            change_wrong_percent=0.78,
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
            tenth_percent=16.08,
            most_min=1.9,
            change_min=0.08,
            affected_min=0.32,
            change_wrong_percent=0.0,
        ),
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
        not_recorded=frozenset(network.not_recorded),
        gaps={mode.name: gaps(network, mode) for mode in modes},
    )


def street_lines(network: Network) -> gpd.GeoDataFrame:
    """Return every edge as a line, with its name, kind, OSM way, length and ends."""
    kind = np.array([tags.get("highway", "") for tags in network.tag_sets], dtype=object)
    return gpd.GeoDataFrame(
        {
            "name": np.array([*network.names, ""], dtype=object)[network.edge_name],
            "highway": kind[network.edge_tags],
            "osm_way_id": network.edge_way,
            "length_m": network.length_m,
            "edge_from": network.edge_from,
            "edge_to": network.edge_to,
        },
        geometry=edge_lines(network),
        crs=CRS,
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
    if "railway" in tags:
        return tags["railway"]
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
    rows_by_doubt: dict[str, list[int]] = {}
    unasked = _never_recorded(network, mode)
    costs = tag_costs(network, mode)
    for row in np.flatnonzero(edges).tolist():
        for doubt in (item for item in costs[row].counted if item not in unasked):
            rows_by_doubt.setdefault(doubt, []).append(row)
    doubts = [
        (mode.name, doubt, int(edges[at].sum()), float(km[at].sum()))
        for doubt, at in rows_by_doubt.items()
    ]
    for doubt, at in hill_doubts(network, mode, is_open).items():
        at_km = float(network.length_m[at].sum()) / M_PER_KM
        doubts.append((mode.name, doubt, int(at.sum()), at_km))
    if lacking := gaps(network, mode):
        what = f"{', '.join(lacking)}: {NOT_RECORDED}"
        doubts.append((mode.name, what, int(edges.sum()), float(km.sum())))
    return sorted(doubts)


def _never_recorded(network: Network, mode: TravelMode) -> set[str]:
    """Return the doubts that apply to every street because none could carry the tag."""
    rules = rule_table().rule_set(mode.rules)
    return {
        line.reason
        for line in (*rules.ways, *rules.points)
        if line.effect == "count" and line.missing and line.key in network.not_recorded
    }


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

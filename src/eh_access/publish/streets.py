"""What the report says of the streets and of what was assumed about travelling on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from eh_access.modes import ACTIVE_PLACES_PARKING_S, MODES, TravelMode
from eh_access.network.gaps import NOT_RECORDED, gaps
from eh_access.publish.tables import Column, Table, make_table

if TYPE_CHECKING:
    from eh_access.network.model import Network
    from eh_access.study.results import StudyResult

HILLS = {
    "tobler": (
        "slower uphill and on steep descents",
        "W. Tobler, NCGIA Technical Report 93-1 (1993), as a share of the speed on the level",
    ),
    "pushchair": (
        "slower uphill than a walker, no faster downhill",
        "an assumption: Tobler's rate times 1.3, for the weight of child and pushchair",
    ),
    "bicycle": (
        "slower uphill, a little faster downhill",
        "J. Parkin and J. Rotheram, Transport Policy 17 (2010) 335-341; uphill an assumption",
    ),
}
"""What slopes do under each function of ``network/hills.py``, and the source; more of it in
``docs/method/hills.md``."""

PUSHCHAIR_CLOSED = (
    ("steps without a ramp", ("highway",)),
    ("escalators", ("conveying",)),
    ("stiles, kissing gates and turnstiles", ("barrier",)),
    ("gaps under 0.7 m", ("width", "maxwidth", "maxwidth:physical")),
    ("ways tagged as not passable with wheels", ("stroller", "wheelchair")),
    ("raised kerbs where they must be crossed", ("kerb",)),
    ("roads of 50 mph or more without a pavement", ("sidewalk",)),
    ("mountain paths", ("sac_scale",)),
    ("the roughest surfaces", ("smoothness",)),
)
"""What is closed to a pushchair, and the keys that say so of a street."""

PUSHCHAIR_SLOWED = (
    ("ramps beside steps to half the speed", ("ramp", "ramp:stroller", "ramp:wheelchair")),
    (
        "soft, loose and very rough surfaces to half the speed, rough ones to 0.7, uneven to 0.85",
        ("surface", "smoothness", "tracktype"),
    ),
)
"""What slows a pushchair, and the keys that say so of a street."""

PUSHCHAIR_SOURCE = (
    "OpenStreetMap's tags; each rule with its source in network/tag_rules.toml. What is not "
    "tagged counts as passable"
)
ESTIMATED = (
    "Hills, junctions, parking, pushchair barriers",
    "not counted one by one",
    "times are straight-line estimates, fitted to level streets",
)


def travel_assumptions(result: StudyResult) -> list[tuple[str, str, str]]:
    """Return what was assumed of hills, junctions, parking and pushchairs."""
    if result.network is None:
        return [ESTIMATED]
    rows = []
    for times in result.times.values():
        rows += _of_mode(times.mode, result.network)
    return rows


def _recorded(rules: Sequence[tuple[str, Sequence[str]]], network: Network) -> str:
    """Return what rules look for, and of which of it the streets can say nothing."""
    known = [what for what, keys in rules if not set(keys) <= set(network.not_recorded)]
    lost = [what for what, _ in rules if what not in known]
    told = [", ".join(known)] if known else []
    if lost:
        told.append(f"{NOT_RECORDED}: {', '.join(lost)}")
    return "; ".join(told)


def car_speeds(network: Network) -> str:
    """Return what car speeds go by."""
    if "maxspeed" in network.not_recorded:
        return f"by class of road: speed limits are {NOT_RECORDED}"
    return "by road"


def _of_mode(mode: TravelMode, network: Network) -> list[tuple[str, str, str]]:
    """Return what was assumed of one way of travelling."""
    rows = []
    knows_heights = network.heights is not None
    if mode.counts_hills:
        effect, source = HILLS[mode.hill_function]
        told = effect if knows_heights else "level: heights are not known"
        rows.append((f"Hills {mode.label}", told, source))
    else:
        rows.append((f"Hills {mode.label}", "every street counts as level", "the study's modes"))
    if mode.uses_road_speeds:
        rows += [
            (
                f"Junctions {mode.label}",
                f"{mode.junction_delay_s:g} seconds at each junction of three or more streets",
                (
                    "set so that main roads come to the mean speed that the Department for "
                    "Transport measures on local A roads; docs/method/driving.md"
                ),
            ),
            (
                f"Parking {mode.label}",
                f"{mode.parking_s:g} seconds a trip",
                f"Active Places Power adds {ACTIVE_PLACES_PARKING_S:g} seconds for both ends",
            ),
        ]
    if mode.rules == "pushchair":
        rows += [
            (f"Closed {mode.label}", _recorded(PUSHCHAIR_CLOSED, network), PUSHCHAIR_SOURCE),
            (f"Slowed {mode.label}", _recorded(PUSHCHAIR_SLOWED, network), PUSHCHAIR_SOURCE),
        ]
    elif lacking := gaps(network, mode):
        told = f"{NOT_RECORDED}: {', '.join(lacking)}"
        rows.append((f"Closed {mode.label}", told, "every way in the source counts as open"))
    return rows


def street_tables(result: StudyResult) -> list[Table]:
    """Return what the streets hold."""
    # by kind, by way of travelling, and what their tags leave open.
    if result.network is None:
        return []
    told = result.network.describe()
    labels = {name: mode.label for name, mode in MODES.items()}
    kinds = told.classes.sort_values("total_km", ascending=False, kind="stable").reset_index()
    modes = told.modes.reset_index()
    doubts = told.doubts.copy()
    for frame in (modes, doubts):
        frame["mode"] = [labels.get(str(name), str(name)) for name in frame["mode"]]
    place = result.study.place
    by_mode = [
        Column(f"{name}_km", f"Open {label}", "value", "km")
        for name, label in labels.items()
        if f"{name}_km" in kinds
    ]
    return [
        _made(
            ("street_kinds", f"Streets by kind (OpenStreetMap's), {place}"),
            (Column("street", "Kind"), Column("total_km", "Length", "value", "km"), *by_mode),
            kinds,
        ),
        _made(
            ("street_modes", f"Streets by way of travelling, {place}"),
            (
                Column("mode", "Travelling"),
                Column("open_km", "Open", "value", "km"),
                Column("one_way_km", "One way", "value", "km"),
                Column("main_share", "In one connected part", "percent"),
                Column("islands", "Islands", "count"),
                Column("island_km", "On islands", "value", "km"),
            ),
            modes,
        ),
        _made(
            ("street_doubts", f"What the map leaves open, taken as passable or level, {place}"),
            (
                Column("mode", "Travelling"),
                Column("doubt", "Not known"),
                Column("edges", "Stretches", "count"),
                Column("km", "Length", "value", "km"),
            ),
            doubts,
        ),
    ]


def _made(named: tuple[str, str], columns: tuple[Column, ...], frame: pd.DataFrame) -> Table:
    return make_table(*named, columns, frame)


def street_facts(result: StudyResult) -> pd.DataFrame | None:
    """Return what the streets say of themselves."""
    if result.network is None:
        return None
    facts = [("Stretches of street", f"{result.network.edge_count:,}")]
    return pd.DataFrame([*facts, *result.network.describe().facts()], columns=["what", "value"])

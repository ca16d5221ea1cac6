"""Collect what a reader must know beside the figures, warnings first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from eh_access.facts import Count, Note, note
from eh_access.measures.scenarios import rough_radius_m
from eh_access.modes import NO_HILLS, get_mode
from eh_access.routing.estimate import ACCURACY
from eh_access.study.travel import on_streets

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from eh_access.routing.travel_times import TravelTimes
    from eh_access.study.config import Study, TimetableChangeConfig, TransitSettings
    from eh_access.study.records import Inputs
    from eh_access.study.travel import Travel
    from eh_access.transit.timetable import Timetable

TERRAIN = "OS Terrain 50"
ON_FOOT = ("foot", "pushchair", "wheelchair")
MUCH_OFF_SHARE = 0.01
"""From this share of the weight on, origins out of place are a warning."""


def study_notes(study: Study, inputs: Inputs, travel: Travel) -> tuple[Note, ...]:
    """Return everything a reader must be told, warnings first."""
    tables = list(on_streets(travel.times).values())
    unknown = inputs.sites.loc[inputs.sites["location_basis"] == "unknown", "name"]
    notes = [
        *_estimated(tables),
        *inputs.notes,
        *(note("warning", "unknown-site", name=name) for name in unknown),
        *_rough_sites(inputs.sites),
        *(item for times in tables for item in _placing(study, inputs, times)),
        *_buses(study, travel),
        *_changed_timetables(study, travel),
        *(
            note("warning", "not-assessed", scenario=scenario.label, why=scenario.why_not)
            for scenario in study.scenarios
            if not scenario.assess
        ),
        *_shown_whole(study, inputs),
        *_assumptions(study, tables),
        *_hills(tables),
        *(note(item.level, item.topic, text=item.text) for item in study.notes),
    ]
    return warnings_first(notes)


def _buses(study: Study, travel: Travel) -> Iterator[Note]:
    """Tell which day's buses and trains are counted."""
    asked, buses = study.transit, travel.buses
    if asked is None or buses is None:
        return
    gates = buses.gates.set_index("gate")
    value = gates["value"]
    yield note(
        "info",
        "timetable",
        date=f"{buses.date:%A} {buses.date.day} {buses.date:%B %Y}",
        window=asked.window,
        by=asked.by,
        percentile=asked.percentile,
        trips=round(float(value["trips"])),
        routes=round(float(value["routes"])),
        span=tuple(map(str, buses.span)),
        rail=bool(value["rail"]),
        walking=get_mode(asked.walking).label,
        wheelchairs=_wheelchairs(asked, gates),
        access_min=asked.access_min,
        longest_min=asked.longest_min,
        max_changes=asked.max_changes,
    )


def timetable_warnings(buses: Timetable | None) -> Iterator[Note]:
    """Yield what to mind about a timetable and its date."""
    if buses is None:
        return
    warned = buses.gates[buses.gates["severity"] == "warn"]
    for facts in warned.drop(columns="severity").to_dict("records"):
        yield note("warning", "timetable-gate", **{str(key): facts[key] for key in facts})


def _changed_timetables(study: Study, travel: Travel) -> Iterator[Note]:
    """Yield a note for each scenario with a changed timetable."""
    buses = travel.buses
    if buses is None:
        return
    for scenario in study.scenarios:
        if scenario.assess and scenario.timetable:
            changes = tuple(_timetable_change(item, buses) for item in scenario.timetable)
            yield note("info", "changed-timetable", scenario=scenario.label, changes=changes)


def _timetable_change(item: TimetableChangeConfig, buses: Timetable) -> tuple[str | float, ...]:
    """Return the kind of a change and its facts, lines and stops by their names."""
    stops = buses.stops["name"]
    if item.close_stop is not None:
        name = stops[item.close_stop]
        # the two sides of a street often share a name
        return "stop", name, item.close_stop if (stops == name).sum() > 1 else ""
    route = str(item.withdraw or item.line)
    known = route in buses.routes.index
    line = tuple(buses.routes.loc[route, ["name", "operator"]]) if known else (route, "")
    if item.withdraw is not None:
        return "withdrawn", *line
    often = (*line, float(item.every_min or 0))
    if not item.stops:
        return "frequency", *often
    kind = "departures" if known else "line"
    ends = (stops[item.stops[0]], stops[item.stops[-1]])
    return kind, *often, *ends, item.both_ways, item.first, item.last


def _wheelchairs(asked: TransitSettings, gates: pd.DataFrame) -> tuple[str | int, ...]:
    """Tell, by wheelchair, how what the feed leaves open counts, and how much that is."""
    if not get_mode(asked.walking).by_wheelchair:
        return ()
    counts = gates.loc[["wheelchair_stops", "wheelchair_trips"], ["value", "limit"]].astype(int)
    return (asked.wheelchair_unknown, *counts.to_numpy().ravel().tolist())


def neighbour_notes(neighbours: gpd.GeoDataFrame, travel: Travel) -> Iterator[Note]:
    """Tell which sites others run just outside the area, and which figures count them."""
    names = neighbours["name"]
    yield note("info", "neighbours", names=tuple(names))
    yield from _rough_sites(neighbours)
    for times in on_streets(travel.times).values():
        yield from _lost_sites(names, times)


def warnings_first(notes: list[Note]) -> tuple[Note, ...]:
    """Return notes with warnings before the rest, each once, else in the order given."""
    return tuple(sorted(dict.fromkeys(notes), key=lambda item: item.level != "warning"))


def _estimated(tables: Iterable[TravelTimes]) -> Iterator[Note]:
    if any(times.estimated for times in tables):
        yield note("warning", "estimated", **ACCURACY)


def _rough_sites(sites: gpd.GeoDataFrame) -> Iterator[Note]:
    radius_m = rough_radius_m(sites)
    order = np.argsort(-radius_m, kind="stable")
    rough = tuple(
        (str(sites["name"].iloc[row]), float(radius_m[row])) for row in order[radius_m[order] > 0]
    )
    if rough:
        yield note("warning", "estimated-site", sites=rough)


def _placing(study: Study, inputs: Inputs, times: TravelTimes) -> Iterator[Note]:
    """Tell how many origins and sites could not be placed, or may have been cut short."""
    weight = inputs.origins["weight"].to_numpy(dtype=np.float64)
    label = times.mode.label
    status = times.origin_status["status"].to_numpy(dtype=str)
    for kind in ("off_network", "unreached"):
        rows = status == kind
        if rows.any():
            much = weight[rows].sum() > MUCH_OFF_SHARE * weight.sum()
            count = counted(study.unit, weight, rows)
            level: Literal["warning", "info"] = "warning" if much else "info"
            facts = {"count": count, "label": label, "cutoff_min": times.cutoff_min}
            yield note(level, kind, **facts)
    yield from _lost_sites(inputs.sites["name"], times)
    rim = times.touches_rim
    if rim is not None and rim.any():
        yield note("info", "rim", count=counted(study.unit, weight, rim), label=label)


def _lost_sites(names: pd.Series, times: TravelTimes) -> Iterator[Note]:
    """Tell which sites could not be placed on the streets."""
    lost = times.site_status.index[times.site_status["status"] == "off_network"]
    if len(lost):
        listed = tuple(str(names[site]) for site in lost)
        yield note("warning", "off-network-site", names=listed, label=times.mode.label)


def counted(unit: str, weight: NDArray[np.float64], rows: NDArray[np.bool_]) -> Count:
    """Return how many are meant, in the word of what the study counts."""
    part, whole = float(weight[rows].sum()), float(weight.sum())
    if bool((weight == 1).all()):
        return Count(unit=unit, part=part, whole=whole)
    places, of_places = int(rows.sum()), len(rows)
    return Count(unit=unit, part=part, whole=whole, places=places, of_places=of_places)


def _shown_whole(study: Study, inputs: Inputs) -> Iterator[Note]:
    """Tell that small counts are shown, where they are, and whose word it rests on."""
    if study.weights_public and inputs.private is None:
        yield note("info", "counts-shown", weights=study.weight_label)


def _assumptions(study: Study, tables: Iterable[TravelTimes]) -> Iterator[Note]:
    settings = study.settings
    if settings.full_time_assumption:
        yield note("info", "full-time", text=settings.full_time_assumption)
    elif "full_time_from_hours" not in settings.model_fields_set:
        yield note(
            "info",
            "full-time",
            site=study.site_word,
            hours=settings.full_time_from_hours,
            asked=any(criterion.sites == "full_time" for criterion in study.criteria),
        )
    yield note("info", "weights", label=study.weight_label, basis=study.weight_basis)
    for times in tables:
        mode = times.mode
        if mode.source and not times.estimated:
            yield note("info", "speed", label=mode.label, source=mode.source)
        if mode.parking_s:
            yield note("info", "parking", label=mode.label, seconds=mode.parking_s)


def _hills(tables: Sequence[TravelTimes]) -> Iterator[Note]:
    """Tell whether slopes count, and if not, why."""
    minding = [times for times in tables if times.mode.hill_function != NO_HILLS]
    labels = tuple(times.mode.label for times in minding)
    why = ""
    if not minding:
        if not any(times.mode.rules in ON_FOOT for times in tables):
            return
        why = "set so"
    elif any(times.estimated for times in minding):
        why = "estimated"
    elif all(source.title != TERRAIN for times in minding for source in times.provenance):
        why = "no heights"
    yield note("info", "hills", labels=labels, terrain=TERRAIN, not_counted=why)

"""Faults that lie between the keys of a study.toml: repeated names, modes nobody asked for.

They are looked for in the file as it was read, whatever its types, so that one run of the checks
finds everything there is to correct.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeGuard

from eh_access.analysis.windows import clock_min
from eh_access.errors import InputError, did_you_mean
from eh_access.modes import MODES
from eh_access.study.faults import Path
from eh_access.study.schema import BASELINE_NAME, Settings

Fault = tuple[Path, str]
WRITTEN_ON = dt.date(2026, 11, 22)
"""A clock that is behind the day this was written is wrong, and no reason to refuse a study."""

_CHANGES = ("close", "open", "set_hours", "move", "streets")
_WHERE = ("way", "street", "area")
_STREET_KEYS = {
    "close": (*_WHERE, "closed_to"),
    "limit": (*_WHERE, "mph"),
    "link": ("start", "end", "name", "length_m"),
}
"""Which keys belong to which change of streets."""


def cross_faults(raw: Mapping[str, Any]) -> list[Fault]:
    """Return the faults between keys."""
    settings = raw.get("settings")
    settings = settings if isinstance(settings, Mapping) else {}
    modes = settings.get("modes", list(Settings().modes))
    modes = modes if isinstance(modes, list) else []
    scenarios = list(_tables(raw, "scenario"))
    return [
        *_mode_faults(modes, settings.get("speed_km_h")),
        *_repeated("scenario", scenarios, "name"),
        *_repeated("criterion", list(_tables(raw, "criterion")), "id"),
        *_baseline_faults(scenarios),
        *_decided_faults(scenarios),
        *(fault for number, table in scenarios for fault in _scenario_faults(number, table)),
        *_criterion_modes(raw, modes),
        *_beyond_search(raw, settings),
        *_future_dates(raw),
        *_session_faults(raw.get("sessions")),
    ]


def challenge_faults(raw: Mapping[str, Any], taken: Collection[str]) -> list[Fault]:
    """Return the faults of scenarios that stand in a file of their own."""
    scenarios = list(_tables(raw, "scenario"))
    found = list(_repeated("scenario", scenarios, "name"))
    for number, table in scenarios:
        where: Path = ("scenario", number)
        name = table.get("name")
        if name in taken:
            told = f"'{name}' is a scenario of the study; give yours a name of its own"
            found.append(((*where, "name"), told))
        if table.get("assess") is False:
            found.append(((*where, "assess"), "is false, so there is nothing to run; remove it"))
        if table.get("decided") is True:
            found.append(((*where, "decided"), "is for the council's own study to say; remove it"))
        if not any(table.get(change) for change in _CHANGES):
            listed = ", ".join(_CHANGES)
            found.append((where, f"changes nothing; give at least one of {listed}"))
        found += [*_twice(number, table), *_street_faults(number, table)]
    return found


def _tables(raw: Mapping[str, Any], key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    value = raw.get(key)
    for number, table in enumerate(value if isinstance(value, list) else []):
        if isinstance(table, Mapping):
            yield number, table


def _mode_faults(modes: list[Any], speeds: object) -> Iterator[Fault]:
    for number, name in enumerate(modes):
        where = ("settings", "modes", number)
        if not isinstance(name, str):
            continue  # its type is told elsewhere
        if name not in MODES:
            yield where, f"no travel mode '{name}'; {did_you_mean(name, MODES)}"
        elif name in modes[:number]:
            yield where, f"'{name}' is listed twice; list each mode once"
    for name in speeds if isinstance(speeds, Mapping) else ():
        here: Path = ("settings", "speed_km_h", name)
        if name not in modes:
            known = [mode for mode in modes if isinstance(mode, str)]
            yield here, f"'{name}' is not one of settings.modes; {did_you_mean(name, known)}"
        elif name in MODES and MODES[name].uses_road_speeds:
            yield here, "its speeds come from each road's limit and class; remove this key"


def _repeated(key: str, tables: list[tuple[int, Mapping[str, Any]]], field: str) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for number, table in tables:
        name = table.get(field)
        if not isinstance(name, str):
            continue
        if name in first:
            told = f"'{name}' is used by {key}[{first[name] + 1}] too; give each its own"
            yield (key, number, field), told
        first.setdefault(name, number)


def _baseline_faults(scenarios: list[tuple[int, Mapping[str, Any]]]) -> Iterator[Fault]:
    if not scenarios:
        return
    number, first = scenarios[0]
    if first.get("name") != BASELINE_NAME:
        yield (
            ("scenario", number, "name"),
            f"the first scenario must be '{BASELINE_NAME}', how things stand before the decision",
        )
    elif first.get("assess") is False or any(first.get(change) for change in _CHANGES):
        yield (
            ("scenario", number),
            "the baseline is assessed and changes nothing; put changes in a scenario of their own",
        )


def _decided_faults(scenarios: list[tuple[int, Mapping[str, Any]]]) -> Iterator[Fault]:
    """Find more than one scenario that was decided, or one of which nothing can be said."""
    said = [(number, table) for number, table in scenarios if table.get("decided") is True]
    for place, (number, table) in enumerate(said):
        where: Path = ("scenario", number, "decided")
        if place:
            yield where, "is said of another scenario too; a report answers about one"
        elif number == 0 or table.get("assess") is False:
            yield where, "is said of one that is the baseline or not assessed; remove it"


def _scenario_faults(number: int, table: Mapping[str, Any]) -> Iterator[Fault]:
    if table.get("assess") is False and not table.get("why_not"):
        yield (
            ("scenario", number, "assess"),
            "is false without a reason; say in why_not which input is missing",
        )
    assessed = table.get("assess", True) is True and number > 0  # the first is the baseline
    if assessed and not any(table.get(change) for change in _CHANGES):
        listed = ", ".join(_CHANGES)
        yield ("scenario", number), f"changes nothing; give at least one of {listed}"
    yield from _twice(number, table)
    yield from _street_faults(number, table)


def _street_faults(number: int, scenario: Mapping[str, Any]) -> Iterator[Fault]:
    """Find changes of streets that lack a key, or have one that is another change's."""
    for place, table in _tables(scenario, "streets"):
        where: Path = ("scenario", number, "streets", place)
        change = table.get("change")
        if change not in _STREET_KEYS:
            continue  # told elsewhere
        known = _STREET_KEYS[change]
        for key in table:
            if key not in known and any(key in keys for keys in _STREET_KEYS.values()):
                yield (*where, key), f"is no key of change = '{change}'; remove it"
        if change == "link":
            for key in ("start", "end"):
                if key not in table:
                    yield where, f"a link has no {key}; give it as [easting, northing]"
        elif not any(key in table for key in _WHERE):
            yield where, "does not say which streets; give way, street or area"
        if change == "limit" and "mph" not in table:
            yield where, "has no mph; give the limit in miles per hour"


def _twice(number: int, table: Mapping[str, Any]) -> Iterator[Fault]:
    """Find sites that are told two things at once."""
    closed = table.get("close")
    closed = [site for site in closed if isinstance(site, str)] if isinstance(closed, list) else []
    for change in ("close", "open"):
        sites = table.get(change)
        sites = sites if isinstance(sites, list) else []
        for place, site in enumerate(sites):
            if site in sites[:place]:
                yield ("scenario", number, change, place), f"'{site}' is listed twice"
    moved = table.get("move")
    moved = (
        [item.get("site") for item in moved if isinstance(item, Mapping)]
        if isinstance(moved, list)
        else []
    )
    others: dict[str, list[Any]] = {
        "open": table["open"] if isinstance(table.get("open"), list) else [],
        "set_hours": list(table["set_hours"]) if isinstance(table.get("set_hours"), dict) else [],
        "move": moved,
    }
    for change, sites in others.items():
        for site in sites:
            if isinstance(site, str) and site in closed:
                yield (
                    ("scenario", number, change),
                    f"'{site}' is closed by the same scenario; keep one of the two",
                )


def _criterion_modes(raw: Mapping[str, Any], modes: list[Any]) -> Iterator[Fault]:
    for number, table in _tables(raw, "criterion"):
        name = table.get("mode")
        if not isinstance(name, str) or name in modes:
            continue
        where = ("criterion", number, "mode")
        if name in MODES:
            yield where, f"'{name}' is not one of settings.modes; add it there or use another"
        else:
            yield where, f"no travel mode '{name}'; {did_you_mean(name, MODES)}"


def _beyond_search(raw: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[Fault]:
    """Find minutes asked about that no time is worked out for: all would be out of reach."""
    most = settings.get("search_min", Settings().search_min)
    if not _is_number(most):
        return  # its type is told elsewhere
    told = f"lies beyond settings.search_min ({most:g}), up to which times are worked out"
    remedy = "make search_min larger, or this smaller"
    shown = settings.get("cutoff_min", Settings().cutoff_min)
    if _is_number(shown) and shown > most:
        yield ("settings", "cutoff_min"), f"{shown:g} {told}; {remedy}"
    for number, table in _tables(raw, "criterion"):
        for key in ("cutoff_min", "added_min"):
            value = table.get(key)
            if _is_number(value) and value > most:
                yield ("criterion", number, key), f"{value:g} {told}; {remedy}"


def _session_faults(told: object) -> Iterator[Fault]:
    day = told.get("day") if isinstance(told, Mapping) else None
    if not (isinstance(day, list) and len(day) == len(("from", "to"))):
        return  # told elsewhere
    times: list[int] = []
    for place, text in enumerate(day):
        try:
            times.append(clock_min(text))
        except InputError as error:
            yield ("sessions", "day", place), str(error)
    if len(times) == len(day) and times[0] >= times[1]:
        told_day = f"from {day[0]} to {day[1]} ends before it begins"
        yield ("sessions", "day"), f"{told_day}; give when a family can leave, then be home"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _future_dates(raw: Mapping[str, Any]) -> Iterator[Fault]:
    # somewhere on earth it is tomorrow
    today = max(dt.datetime.now(tz=dt.UTC).date(), WRITTEN_ON) + dt.timedelta(days=1)
    for number, table in _tables(raw, "criterion"):
        day = table.get("set_on")
        if isinstance(day, dt.date) and not isinstance(day, dt.datetime) and day > today:
            told = f"{day} has not come; give the day on which it was set"
            yield ("criterion", number, "set_on"), told

"""A study.toml becomes a Study, or every fault in it is listed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import tomllib
import types
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from eh_access.criteria.criterion import Criterion  # noqa: TC001 - pydantic reads it
from eh_access.criteria.titles import other_numbers
from eh_access.delegate import delegate
from eh_access.errors import InputError, SourceError, did_you_mean
from eh_access.measures.opening_hours import clock_min
from eh_access.measures.scenarios import Change, Close, Move, Open, Scenario, SetHours
from eh_access.modes import MODES, TravelMode, get_mode
from eh_access.privacy.policy import Policy
from eh_access.sources.bundled import bundled_path, study_path

Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=40)]
"""Short names stand in file names, links and column names: small letters, digits, hyphens."""
Hours = Annotated[float, Field(ge=0, le=168, allow_inf_nan=False)]
Minutes = Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)]
Speed = Annotated[float, Field(gt=0, le=200, allow_inf_nan=False)]
Easting = Annotated[float, Field(ge=0, le=700_000, allow_inf_nan=False)]
Northing = Annotated[float, Field(ge=0, le=1_300_000, allow_inf_nan=False)]
BASELINE_NAME = "baseline"


class Table(BaseModel):
    """A table of the file: no unknown keys, no silent conversion, no change afterwards."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True, ser_json_inf_nan="strings"
    )


class MoveTo(Table):
    """A site's new place, in metres on the British National Grid (EPSG:27700)."""

    site: Text
    easting: Easting
    northing: Northing
    location_radius_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class StreetChangeConfig(Table):
    """A change to the streets under one scenario: ``[[scenario.streets]]``."""

    # ``"close"`` streets, give them another speed ``"limit"``, or add a ``"link"``
    change: Literal["close", "limit", "link"]
    # which streets: an OpenStreetMap way id, a name as it is written, an ``area_id`` of the study
    # that holds the middle of each piece. Those that meet all that is given
    way: int | None = None
    street: Text | None = None
    area: Text | None = None
    # whom they are closed to
    closed_to: Literal["everyone", "foot", "bicycle", "motor_vehicle"] | None = None
    mph: Annotated[float, Field(gt=0, le=70, allow_inf_nan=False)] | None = None  # the new limit
    # where a link begins and ends: easting and northing
    start: tuple[Easting, Northing] | None = None
    end: tuple[Easting, Northing] | None = None
    name: Text | None = None  # what a link is called
    # of a link, where it is no straight line
    length_m: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = None


class ScenarioConfig(Table):
    """One scenario: what changes at which site, and on which streets."""

    name: Name  # A short name for files, a label for people, and what to say beside it
    label: str = ""  # left out: made from what the scenario changes
    note: str = ""
    # ids of sites that close, or of closed sites or candidates that open
    close: tuple[Text, ...] = ()
    open: tuple[Text, ...] = ()
    set_hours: dict[str, Hours] = Field(default_factory=dict)  # hours a week by site id
    move: tuple[MoveTo, ...] = ()  # sites that move
    # streets that close, get another limit or are added
    streets: tuple[StreetChangeConfig, ...] = ()
    # false when an input is missing: the scenario is then named, and not assessed
    assess: bool = True
    # the one the report answers about; the last that is assessed if none says so
    decided: bool = False
    why_not: str = ""  # which input is missing; must be given when ``assess`` is false

    def site_ids(self) -> tuple[str, ...]:
        """Return every site id the scenario names, in the order of its keys."""
        moved = tuple(item.site for item in self.move)
        return (*self.close, *self.open, *self.set_hours, *moved)


def decided_scenario(scenarios: Iterable[ScenarioConfig]) -> str | None:
    """Return the name of the scenario that was decided, else of the last."""
    held = [item for item in scenarios if item.assess and item.name != BASELINE_NAME]
    decided = [item for item in held if item.decided] or held[-1:]
    return decided[0].name if decided else None


def readable_part(table: Mapping[str, Any]) -> ScenarioConfig:
    """Return the keys without faults of a scenario, so that they can be checked."""
    try:
        return ScenarioConfig.model_validate(table)
    except ValidationError as error:
        faulty = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
    kept = {key: value for key, value in table.items() if key not in faulty}
    named = {"name": "not-readable", "label": "not readable", **kept, "assess": False}
    return ScenarioConfig.model_validate(named)


MOST_VENUES = 4
Number = Annotated[int, Field(ge=1, le=20)]


class Saving(Table):
    """A saving that the decision's papers name."""

    what: Text  # where it comes from
    pounds: Annotated[float, Field(ge=0, allow_inf_nan=False)]  # a year


class Duty(Table):
    """A law that bears on the decision: ``[[duty]]``."""

    law: Text  # its name and section
    asks: Text  # what it asks, in a sentence
    shows: Text  # what of that the study shows, and what not


class Report(Table):
    """How the report is written."""

    # a folder of templates to use in place of those that ship, by the same names
    templates: Text | None = None


class Decision(Table):
    """The decision a study is about, as its own papers state it."""

    title: Text  # what was decided, in a line
    body: str = ""  # who decided
    dates: tuple[Text, ...] = ()  # dates as found; where sources differ, all of them
    facts: tuple[Text, ...] = ()  # one plain sentence each
    sources: tuple[Text, ...] = ()  # where the facts stand
    savings: tuple[Saving, ...] = Field(default=(), alias="saving")


class DataFiles(Table):
    """The files of a study."""

    # paths beside the study.toml, or ``bundled:`` and a path in the package.

    areas: Text  # polygons with ``area_id`` and ``name``
    sites: Text  # the delivery points there are before the decision
    # one file or several by name; the first is used unless another is asked for
    origins: dict[Name, Text] = Field(min_length=1)
    # columns of the origins or the areas that count groups, and what each counts, in the plural
    groups: dict[Text, Text] = Field(default_factory=dict)
    # the outline of the study's area; without it, the areas taken together
    boundary: str | None = None
    # what maps are drawn on, if anything: shapes with ``kind`` water, river, coast or rail
    base: str | None = None
    wards: str | None = None  # further tables, where there are any
    candidates: str | None = None
    youth: str | None = None
    youth_venues: str | None = None  # other public venues where young people may go
    # sites outside the study's area that others run, in the shape of ``sites``: results are given
    # without them, and beside that with them
    neighbours: str | None = None
    # when sites are open: ``site_id``, ``weekday``, ``from``, ``to``, a row for each window
    timetable: str | None = None
    # A list of families to count in place of what the origins count; it is never written out
    families: str | None = None
    # where postcodes are (``postcode``, ``easting``, ``northing``): for such a list, and for
    # those who look theirs up on the map
    postcodes: str | None = None
    max_outside_m: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 5000.0


class YouthSettings(Table):
    """Whose way to the centres of ``data.youth`` is asked about."""

    weight: Text  # the column of the origins that counts them
    unit: Text  # what it counts, in the plural: ``"people aged 10 to 19"``
    cutoffs_min: tuple[Minutes, ...] = Field(default=(15.0, 20.0, 30.0), min_length=1)


class Streets(Table):
    """Where streets come from."""

    # ``"bundled"`` (those that ship for the area) or ``"bundled:NAME"``, ``"download"``,
    # ``"estimate"`` (none wanted), or a path to an .osm.pbf, GraphML or compact network file. If
    # None: those that ship, else stored ones, else a download
    source: Text | None = None
    place: str = ""  # the name of the place, for messages
    # how far streets are wanted beyond the study's area. None: as far as the fastest mode gets
    # within the longest cutoff that matters, at most 10 km
    buffer_m: Annotated[float, Field(ge=0, le=50_000, allow_inf_nan=False)] | None = None


class Settings(Table):
    """Numbers that apply to the whole study."""

    # ways of travelling, by name
    modes: tuple[str, ...] = Field(default=("walk", "pushchair", "drive"), min_length=1)
    speed_km_h: dict[str, Speed] = Field(default_factory=dict)  # speeds other than the modes' own
    hills: bool = True  # whether slopes count, where the streets know heights
    # seconds lost at each junction by car, other than the mode's own
    junction_delay_s: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] | None = None
    # seconds for parking and leaving by car, once a trip; Active Places Power takes 160
    parking_s: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = 0.0
    cutoff_min: Minutes = 30.0  # the minutes shown first on maps and in tables
    # how far times are worked out; beyond it a site counts as out of reach
    search_min: Minutes = 120.0
    loser_min: Minutes = 5.0  # an origin loses when its time to the nearest grows by more than this
    # from how many hours a week a site counts as full-time, and why
    full_time_from_hours: Hours = 25.0
    full_time_assumption: str = ""  # the assumption behind it, printed with the results
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 20181022  # for anything sampled

    def travel_modes(self) -> Mapping[str, TravelMode]:
        """Return the modes by name, as this study sets them."""
        return MappingProxyType({name: self._mode(name) for name in self.modes})

    def _mode(self, name: str) -> TravelMode:
        mode = get_mode(name)
        if name in self.speed_km_h:
            mode = mode.with_speed(self.speed_km_h[name])
        if not self.hills:
            mode = mode.without_hills()
        if not mode.uses_road_speeds:
            return mode
        delay_s = self.junction_delay_s
        return replace(
            mode,
            junction_delay_s=mode.junction_delay_s if delay_s is None else delay_s,
            parking_s=self.parking_s,
        )


LEAST_HIDDEN, MOST_HIDDEN = 3, 1000


class Sessions(Table):
    """What counts as a session."""

    day: tuple[Text, Text] = ("07:30", "19:30")  # from when to when a family can be away from home
    # how long a session lasts where a site is open for longer; without it the whole window
    stay_min: Minutes | None = None
    cutoff_min: Minutes = 30.0  # minutes each way within which a session is near
    # hours a week that count as some: between any hours and full-time. Venues for outreach are
    # open for as long
    hours_per_week: Annotated[float, Field(gt=0, le=168, allow_inf_nan=False)] = 10.0
    # numbers of venues tried for outreach; one to four, as far as there are so many
    venues: tuple[Number, ...] | None = Field(default=None, min_length=1)

    def numbers_of(self, venues: int) -> tuple[int, ...]:
        """Return the numbers of venues to try: those given, else one to four."""
        return self.venues or tuple(range(1, min(MOST_VENUES, venues) + 1))


class SimulationSettings(Table):
    """What is not known, and how it is drawn to say how sure each outcome is."""

    draws: Annotated[int, Field(ge=100, le=100_000)] = 1000
    # the standard error of a count by area, whose people are then shared out anew; 0: counts stand
    counts_sd: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 0.0
    # how likely a site is there, in place of ``existence`` in its table
    existence: dict[str, Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )
    # where a site may be, in place of its circle: eastings and northings of buildings
    places: dict[str, Annotated[tuple[tuple[Easting, Northing], ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )


class DisclosureSettings(Table):
    """How small counts that are not public are hidden."""

    hide_below: int = 10  # A count from 1 up to this is never shown by itself; 3 or more
    round_to: int = 5  # counts are rounded to the nearest multiple; not above ``hide_below``

    @field_validator("hide_below")
    @classmethod
    def _hides(cls, value: int) -> int:
        if not LEAST_HIDDEN <= value <= MOST_HIDDEN:
            why = "below that nothing is hidden; public counts need weights_public = true"
            raise ValueError(f"{value} is not {LEAST_HIDDEN} to {MOST_HIDDEN}: {why}")
        return value

    @field_validator("round_to")
    @classmethod
    def _rounds(cls, value: int, info: ValidationInfo) -> int:
        most = info.data.get("hide_below", MOST_HIDDEN)
        if not 1 <= value <= most:
            why = "a count that is shown could round to 0"
            raise ValueError(f"{value} is not 1 to hide_below ({most}): {why}")
        return value


class NoteConfig(Table):
    """A note to the reader."""

    text: Text
    level: Literal["warning", "info"] = "info"
    topic: Name = "not-known"


class SourceConfig(Table):
    """Where a file of the study came from; credited in every output."""

    file: Text  # the file's name as the study gives it under ``[data]`` or ``[streets]``
    title: Text  # as in `eh_access.network.model.Provenance`
    publisher: Text
    licence: Text
    attribution: str = ""
    date: str = ""
    url: str = ""


class StudyTables(Table):
    """Everything in a study.toml but its criteria, which ``analysis.criteria`` defines."""

    schema_version: Literal[1] = Field(alias="schema")  # the key ``schema``: 1
    id: Name  # A short name for files, and plain words
    title: Text
    question: Text
    place: Text
    unit: Text  # what is counted, in the plural: ``"under-fives"``
    weight_label: Text  # what the weights are, and how they were come by
    weight_basis: Text
    site_word: Text = "site"  # what a site is called, in the singular: ``"centre"``
    illustrative: bool = False  # nothing here is a real decision; every output then says so
    # the weights are published statistics, so that no small number needs hiding. Unless this is
    # said, they are counted by area, small ones pooled, before anything is worked out
    weights_public: bool = False
    # the tables of the file; ``scenario``, ``note`` and ``source`` in the singular
    decision: Decision | None = None
    data: DataFiles
    streets: Streets = Streets()
    settings: Settings = Settings()
    sessions: Sessions = Sessions()
    simulation: SimulationSettings = SimulationSettings()
    disclosure: DisclosureSettings = DisclosureSettings()
    youth: YouthSettings | None = None
    report: Report = Report()
    duties: tuple[Duty, ...] = Field(default=(), alias="duty")
    scenarios: tuple[ScenarioConfig, ...] = Field(alias="scenario", min_length=1)
    notes: tuple[NoteConfig, ...] = Field(default=(), alias="note")
    sources: tuple[SourceConfig, ...] = Field(default=(), alias="source")

    @property
    def count_columns(self) -> tuple[str, ...]:
        """Columns of the origins that count others than those the study is about."""
        young = () if self.youth is None else (self.youth.weight,)
        return tuple(dict.fromkeys((*young, *self.data.groups)))

    def without_counts(self) -> Self:
        """Return the study without those columns, for origins that need not have them."""
        data = self.data.model_copy(update={"groups": {}})
        return self.model_copy(update={"data": data, "youth": None})

    @property
    def policy(self) -> Policy:
        """The rules by which small counts are hidden in everything published."""
        below, step = self.disclosure.hide_below, self.disclosure.round_to
        public = self.weights_public
        return Policy(threshold=below, round_to=step, least_base=below, public=public)


KeyPath = tuple[str | int, ...]
BACKSLASH = "write paths with / (C:/data/sites.csv), or in single quotes ('C:\\data\\sites.csv')"
"""What to do about a Windows path in a TOML text."""
_HEADER = re.compile(r"^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_WORD = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEY = re.compile(rf"^\s*({_WORD}(?:\s*\.\s*{_WORD})*)\s*=")
_PART = re.compile(_WORD)
_WANTED = {
    "float_type": "give a number, without quotes",
    "float_parsing": "give a number, without quotes",
    "int_type": "give a whole number, without quotes",
    "int_from_float": "give a whole number",
    "string_type": "give text in quotes",
    "bool_type": "give true or false, without quotes",
    "dict_type": "give a table of keys and values",
    "model_type": "give a table of keys and values",
    "dataclass_type": "give a table of keys and values",
    "tuple_type": "give a list in square brackets",
    "date_type": "give a date, as in 2018-10-22",
    "date_from_datetime_inexact": "give a date without a time, as in 2018-10-22",
    "string_pattern_mismatch": "give small letters, digits and hyphens, a letter or digit first",
    "finite_number": "give a finite number",
}


class Lines:
    r"""The line of each key in a TOML text, for messages."""

    def __init__(self, text: str) -> None:
        self._line_of: dict[KeyPath, int] = {}
        counts: dict[KeyPath, int] = {}
        table: KeyPath = ()
        inside: str | None = None
        for number, line in enumerate(text.splitlines(), 1):
            quotes = [mark for mark in ('"""', "'''") if line.count(mark) % 2 == 1]
            if inside is not None:
                inside = None if inside in quotes else inside
                continue
            if header := _HEADER.match(line):
                table = _header_path(header[2], doubled=header[1] == "[[", counts=counts)
                self._line_of.setdefault(table, number)
            elif key := _KEY.match(line):
                self._line_of.setdefault((*table, *_parts(key[1])), number)
            inside = quotes[0] if quotes else None

    def of(self, path: KeyPath) -> int | None:
        """Return the line of a key, or of the nearest table above it that has one."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._line_of:
                return self._line_of[path[:length]]
        return None


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _header_path(dotted: str, *, doubled: bool, counts: dict[KeyPath, int]) -> KeyPath:
    """Return a table's path; a [[table]] gets its number, and tables below it carry that."""
    path: KeyPath = ()
    parts = _parts(dotted)
    for place, part in enumerate(parts):
        path = (*path, part)
        if doubled and place == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def key_path(path: Sequence[str | int]) -> str:
    """Return a path as a reader would write it, positions counted from 1."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


def fault_at(source: str, lines: Lines, path: KeyPath, text: str) -> str:
    """Return one fault with its file, line and key before it."""
    line = lines.of(path)
    where = f"{source}, line {line}" if line else source
    return f"{where}: {key_path(path)}: {text}" if path else f"{where}: {text}"


def in_words(
    error: ValidationError, model: type[BaseModel], *, at: KeyPath = ()
) -> list[tuple[KeyPath, str]]:
    """Return pydantic's findings as paths and plain sentences."""
    errors = list(error.errors(include_url=False))
    # a list whose every table has a fault is not empty
    below = {item["loc"][:length] for item in errors for length in range(len(item["loc"]))}
    errors = [item for item in errors if item["type"] != "too_short" or item["loc"] not in below]
    spelt: dict[KeyPath, list[str]] = {}
    for item in errors:
        if item["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            spelt.setdefault(_clean(item["loc"][:-1]), []).append(str(item["loc"][-1]))
    faults: list[tuple[KeyPath, str]] = []
    for item in errors:
        path = _clean(item["loc"])
        above, last = path[:-1], str(path[-1]) if path else ""
        if item["type"] == "missing" and _is_close(last, spelt.get(above, ())):
            continue
        if item["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            hint = did_you_mean(last, keys_of(model, above))
            faults.append(((*at, *path), f"no such key; {hint}"))
        elif item["type"] == "value_error":
            faults += [((*at, *path, *key), text) for key, text in _own_words(item["msg"])]
        else:
            faults.append(((*at, *path), _sentence(item)))
    return faults


def keys_of(model: type[BaseModel], path: KeyPath) -> tuple[str, ...]:
    """Return the keys a table may have, as they are spelt in the file."""
    here: type[BaseModel] | None = model
    for part in path:
        if here is None or isinstance(part, int):
            continue
        fields = {info.alias or name: info for name, info in here.model_fields.items()}
        here = _model_in(fields[part].annotation) if part in fields else None
    if here is None:
        return ()
    return tuple(info.alias or name for name, info in here.model_fields.items())


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the model inside an annotation such as ``tuple[Model, ...]`` or ``Model | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, list, Union, types.UnionType, Annotated):
        for inner in get_args(annotation):
            if (model := _model_in(inner)) is not None:
                return model
    return None


def _clean(loc: Iterable[str | int]) -> KeyPath:
    """Return a path without pydantic's own marks for keys of mappings."""
    return tuple(part for part in loc if part != "[key]")


def _is_close(word: str, others: Iterable[str]) -> bool:
    return any(did_you_mean(other, [word]).startswith("did you mean") for other in others)


def _own_words(message: str) -> Iterator[tuple[KeyPath, str]]:
    """Split a message of a model's own check, ``key: fault; key: fault``, into faults."""
    text = message.removeprefix("Value error, ")
    text = re.sub(r"^criterion '[^']*': ", "", text)
    for part in re.split(r"; (?=[a-z_]+: )", text):
        key, colon, rest = part.partition(": ")
        yield ((key,), rest) if colon and key.isidentifier() else ((), part)


def _sentence(item: Mapping[str, Any]) -> str:
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    shown = repr(value) if isinstance(value, (str, int, float, bool)) else "not what is wanted"
    if kind == "missing":
        return "missing; add it"
    if kind in ("string_too_short", "too_short"):
        return "is empty; fill it in"
    if kind == "literal_error":
        return f"is {shown}; give {context['expected']}"
    bounds = {
        "greater_than": ("gt", "more than"),
        "greater_than_equal": ("ge", "at least"),
        "less_than": ("lt", "less than"),
        "less_than_equal": ("le", "at most"),
    }
    if kind in bounds:
        name, words = bounds[kind]
        return f"is {shown}; give {words} {context[name]:g}"
    return f"is {shown}; {_WANTED.get(kind, item['msg'])}"


Fault = tuple[KeyPath, str]
WRITTEN_ON = dt.date(2026, 11, 30)
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
        *_counted_with(list(_tables(raw, "criterion"))),
        *_baseline_faults(scenarios),
        *_decided_faults(scenarios),
        *(fault for number, table in scenarios for fault in _scenario_faults(number, table)),
        *_criterion_modes(raw, modes),
        *_beyond_search(raw, settings),
        *_future_dates(raw),
        *_session_faults(raw.get("sessions")),
        *_youth_faults(raw),
    ]


def challenge_faults(raw: Mapping[str, Any], taken: Collection[str]) -> list[Fault]:
    """Return the faults of scenarios in a file of their own."""
    scenarios = list(_tables(raw, "scenario"))
    faults = list(_repeated("scenario", scenarios, "name"))
    for number, table in scenarios:
        where: KeyPath = ("scenario", number)
        name = table.get("name")
        if name in taken:
            text = f"'{name}' is a scenario of the study; give yours a name of its own"
            faults.append(((*where, "name"), text))
        if table.get("assess") is False:
            faults.append(((*where, "assess"), "is false, so there is nothing to run; remove it"))
        if table.get("decided") is True:
            faults.append(((*where, "decided"), "is for the council's own study to say; remove it"))
        if not any(table.get(change) for change in _CHANGES):
            listed = ", ".join(_CHANGES)
            faults.append((where, f"changes nothing; give at least one of {listed}"))
        faults += [*_twice(number, table), *_street_faults(number, table)]
    return faults


def _tables(raw: Mapping[str, Any], key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    value = raw.get(key)
    for number, table in enumerate(value if isinstance(value, list) else []):
        if isinstance(table, Mapping):
            yield number, table


def _mode_faults(modes: list[Any], speeds: object) -> Iterator[Fault]:
    for number, name in enumerate(modes):
        where = ("settings", "modes", number)
        if not isinstance(name, str):
            continue  # its type is checked elsewhere
        if name not in MODES:
            yield where, f"no travel mode '{name}'; {did_you_mean(name, MODES)}"
        elif name in modes[:number]:
            yield where, f"'{name}' is listed twice; list each mode once"
    for name in speeds if isinstance(speeds, Mapping) else ():
        here: KeyPath = ("settings", "speed_km_h", name)
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
            text = f"'{name}' is used by {key}[{first[name] + 1}] too; give each its own"
            yield (key, number, field), text
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
    """Find decided scenarios beyond the first, and any that cannot be judged."""
    decided = [(number, table) for number, table in scenarios if table.get("decided") is True]
    for place, (number, table) in enumerate(decided):
        where: KeyPath = ("scenario", number, "decided")
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
    if assessed:
        yield from _label_faults(number, table)
    yield from _twice(number, table)
    yield from _street_faults(number, table)


def _label_faults(number: int, table: Mapping[str, Any]) -> Iterator[Fault]:
    """Find a label given by hand that names other numbers than its scenario."""
    label, hours = table.get("label"), table.get("set_hours")
    if not isinstance(label, str):
        return  # its type is checked elsewhere
    changes = {change: table.get(change) for change in _CHANGES}
    sizes = [len(value) for value in changes.values() if isinstance(value, list | tuple | dict)]
    cut = (
        [value for value in hours.values() if _is_number(value)] if isinstance(hours, dict) else []
    )
    for other in other_numbers(label, {"sites": [*sizes, sum(sizes)], "hours": cut}):
        text = f"names '{other}', no number of its own; leave it out to have it made"
        yield ("scenario", number, "label"), text


def _street_faults(number: int, scenario: Mapping[str, Any]) -> Iterator[Fault]:
    """Find changes of streets with missing or misplaced keys."""
    for place, table in _tables(scenario, "streets"):
        where: KeyPath = ("scenario", number, "streets", place)
        change = table.get("change")
        if change not in _STREET_KEYS:
            continue  # checked elsewhere
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
    """Find sites with two changes in one scenario."""
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


def _counted_with(criteria: list[tuple[int, Mapping[str, Any]]]) -> Iterator[Fault]:
    """Find criteria that count with none, with themselves, or with one that counts with another."""
    partner = {table.get("id"): table.get("counts_with") for _, table in criteria}
    ids = [name for name in partner if isinstance(name, str)]
    for number, table in criteria:
        other = table.get("counts_with")
        if not isinstance(other, str):
            continue  # its type is checked elsewhere
        where = ("criterion", number, "counts_with")
        if other not in ids:
            yield where, f"no criterion '{other}'; {did_you_mean(other, ids)}"
        elif other == table.get("id"):
            yield where, f"'{other}' is the criterion itself; name another, or leave it out"
        elif partner[other] is not None:
            text = f"'{other}' counts with '{partner[other]}'; name that one"
            yield where, text


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
    """Find minutes beyond the longest time searched."""
    most = settings.get("search_min", Settings().search_min)
    if not _is_number(most):
        return  # its type is checked elsewhere
    text = f"lies beyond settings.search_min ({most:g}), up to which times are worked out"
    remedy = "make search_min larger, or this smaller"
    shown = settings.get("cutoff_min", Settings().cutoff_min)
    if _is_number(shown) and shown > most:
        yield ("settings", "cutoff_min"), f"{shown:g} {text}; {remedy}"
    for number, table in _tables(raw, "criterion"):
        for key in ("cutoff_min", "added_min"):
            value = table.get(key)
            if _is_number(value) and value > most:
                yield ("criterion", number, key), f"{value:g} {text}; {remedy}"


def _session_faults(sessions: object) -> Iterator[Fault]:
    day = sessions.get("day") if isinstance(sessions, Mapping) else None
    if not (isinstance(day, list) and len(day) == len(("from", "to"))):
        return  # checked elsewhere
    times: list[int] = []
    for place, text in enumerate(day):
        try:
            times.append(clock_min(text))
        except InputError as error:
            yield ("sessions", "day", place), str(error)
    if len(times) == len(day) and times[0] >= times[1]:
        span = f"from {day[0]} to {day[1]} ends before it begins"
        yield ("sessions", "day"), f"{span}; give when a family can leave, then be home"


def _youth_faults(raw: Mapping[str, Any]) -> Iterator[Fault]:
    data = raw.get("data")
    if "youth" in raw and isinstance(data, Mapping) and "youth" not in data:
        yield ("youth",), "needs data.youth, the table of the centres it is about; name it"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _future_dates(raw: Mapping[str, Any]) -> Iterator[Fault]:
    # somewhere on earth it is tomorrow
    today = max(dt.datetime.now(tz=dt.UTC).date(), WRITTEN_ON) + dt.timedelta(days=1)
    for number, table in _tables(raw, "criterion"):
        day = table.get("set_on")
        if isinstance(day, dt.date) and not isinstance(day, dt.datetime) and day > today:
            text = f"{day} has not come; give the day on which it was set"
            yield ("criterion", number, "set_on"), text


BUNDLED = "bundled:"


class Study(StudyTables):
    """One question: what is asked, of which data, under which scenarios, by which criteria.

    Its fields are the keys of a study.toml, and those of `StudyTables`.

    Parameters
    ----------
    criteria
        The yardsticks (``[[criterion]]``), fixed before any result is seen.
    folder
        Where relative paths in it begin.
    file_sha256
        Digest of the study.toml, or "" when it was built in code.
    """

    criteria: tuple[Criterion, ...] = Field(default=(), alias="criterion")
    folder: Path = Field(default=Path(), exclude=True)
    file_name: str = Field(default="study.toml", exclude=True)
    file_sha256: str = Field(default="", exclude=True)

    def resolve(self, name: str) -> Path:
        """Return the path of one of the study's files.

        Parameters
        ----------
        name
            As the study gives it: beside the study.toml, absolute, or ``bundled:`` and a path.

        Returns
        -------
        Path
            Where it is; it need not exist.
        """
        if name.startswith(BUNDLED):
            return bundled_path(name.removeprefix(BUNDLED))
        return self.folder / name

    def criteria_sha256(self) -> str:
        """Return the digest of the criteria: it changes when any yardstick does.

        Returns
        -------
        str
            Hexadecimal SHA-256 of the criteria as canonical JSON.
        """
        criteria = self.model_dump(mode="json", include={"criteria"}, by_alias=True)
        text = json.dumps(criteria, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def scenario_of(config: ScenarioConfig) -> Scenario:
    """Return a scenario of the file as typed changes."""
    changes: list[Change] = [Close(site_id=site) for site in config.close]
    changes += [Open(site_id=site) for site in config.open]
    changes += [
        SetHours(site_id=site, hours_per_week=hours) for site, hours in config.set_hours.items()
    ]
    changes += [
        Move(
            site_id=item.site,
            easting=item.easting,
            northing=item.northing,
            location_radius_m=item.location_radius_m,
        )
        for item in config.move
    ]
    return Scenario(name=config.name, label=config.label, changes=tuple(changes), note=config.note)


def load_study(path_or_name: str | Path) -> Study:
    """Return a study, from its file or by the name of one that ships with the package.

    Parameters
    ----------
    path_or_name
        Path of a study.toml, of a folder that holds one, or a bundled name: ``"rotherham"``.

    Returns
    -------
    Study
        Checked in itself; whether its tables agree is found when they are read.

    Raises
    ------
    InputError
        If the file is not what a study needs: every fault, with line and key.
    SourceError
        If there is no such file or it cannot be read.
    NotFoundError
        If there is no bundled study of that name.

    Examples
    --------
    >>> load_study("rotherham").unit
    'under-fives'
    """
    path = find_study(path_or_name)
    return study_from_bytes(read_toml(path), path=path)


def find_study(path_or_name: str | Path) -> Path:
    """Return the path of a study's file."""
    path = Path(path_or_name)
    if path.is_dir():
        path = path / "study.toml"
    if path.is_file():
        return path
    named = str(path_or_name)
    if path.suffix == "" and path.name == named and not path.is_dir():
        return study_path(named)
    raise SourceError(f"there is no study file {path.as_posix()}; give the path of a study.toml")


def study_from_bytes(data: bytes, *, path: Path) -> Study:
    """Return a study from the contents of its file."""
    raw, lines = parse_toml(data, path.as_posix())
    faults: list[tuple[KeyPath, str]] = []
    extra = {
        "folder": path.parent,
        "file_name": path.name,
        "file_sha256": hashlib.sha256(data).hexdigest(),
    }
    study: Study | None = None
    reserved = sorted(extra.keys() & raw.keys())
    faults += [((key,), "no such key; remove it") for key in reserved]
    try:
        study = Study.model_validate({**as_tuples(raw), **extra})
    except ValidationError as error:
        faults += in_words(error, Study)
    faults += cross_faults(raw)
    if faults or study is None:
        raise refusal(path.as_posix(), lines, faults)
    named: Study = delegate("name_study", study)
    return named


def refusal(source: str, lines: Lines, faults: Iterable[Fault]) -> InputError:
    """Return one error with all faults of a file, in the order of its lines."""
    ordered = sorted(faults, key=lambda fault: lines.of(fault[0]) or 0)
    return InputError(dict.fromkeys(fault_at(source, lines, *fault) for fault in ordered))


def read_toml(path: Path) -> bytes:
    """Return the bytes of a TOML file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{path.as_posix()}: cannot be read ({error.strerror}); check the path and its rights"
        ) from error


def parse_toml(data: bytes, source: str) -> tuple[dict[str, Any], Lines]:
    """Return what a TOML file holds, and where in it each key stands."""
    try:
        # line ends as a text editor sees them
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{source}: not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from error
    if not text.strip():
        raise InputError(f"{source}: the file is empty; see the bundled rotherham.toml for one")
    try:
        return tomllib.loads(text), Lines(text)
    except tomllib.TOMLDecodeError as error:
        what = "correct that line"
        if (line := re.search(r"line (\d+)", str(error))) is not None:
            what = BACKSLASH if "\\" in text.splitlines()[int(line[1]) - 1] else what
        raise InputError(f"{source}: not valid TOML: {error}; {what}") from error


def as_tuples(value: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
    """Return TOML's lists as tuples, which is what a frozen study keeps."""
    if isinstance(value, list):
        return tuple(as_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: as_tuples(item) for key, item in value.items()}
    return value

"""A study.toml becomes a Study, or every fault in it is listed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from eh_access.arguments import check_arguments
from eh_access.criteria.criterion import Criterion  # noqa: TC001 - pydantic reads it
from eh_access.criteria.schema import FAULTY, Fault, KeyPath, Table, key_path, read_table
from eh_access.criteria.titles import NOT_ITS_OWN, other_changes, other_numbers
from eh_access.delegate import delegate
from eh_access.errors import InputError, SourceError, did_you_mean
from eh_access.measures.opening_hours import clock_min
from eh_access.measures.scenarios import (
    Change,
    Close,
    Move,
    Open,
    Scenario,
    SetHours,
    open_sites,
)
from eh_access.modes import LABELS, MODES, TRANSIT, VISIT, WAYS, TravelMode, get_mode
from eh_access.privacy.policy import Policy
from eh_access.provenance import refuse_endless
from eh_access.sources.bundled import bundled_names, bundled_path, study_path
from eh_access.sources.exports import WORKBOOKS
from eh_access.tables import CONTROL

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from eh_access.transit.edit import TimetableChange
    from eh_access.transit.walks import JourneyLimits

LONGEST_NAME_BYTES = 255
"""What the file systems of Linux, macOS and Windows allow a folder or a file."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=40)]
"""Short names stand in file names, links and column names: small letters, digits, hyphens."""
Hours = Annotated[float, Field(ge=0, le=168, allow_inf_nan=False)]
Minutes = Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)]
Speed = Annotated[float, Field(gt=0, le=200, allow_inf_nan=False)]
Easting = Annotated[float, Field(ge=0, le=700_000, allow_inf_nan=False)]
Northing = Annotated[float, Field(ge=0, le=1_300_000, allow_inf_nan=False)]
BASELINE_NAME = "baseline"
USUAL_CUTOFF_MIN = 30.0
WRITTEN_ON = dt.date(2026, 11, 30)
"""A clock that is behind the day this was written is wrong, and no reason to refuse a study."""
UNSEEN = re.compile(f"(?![\t\n\r]){CONTROL}")
log = logging.getLogger(__name__)


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

    def cross_faults(self) -> Iterator[Fault]:
        """Yield keys that its kind of change lacks or has no use for."""
        if self.change not in _STREET_KEYS:
            return
        given = self.model_fields_set - {"change"}
        for key in sorted(given.difference(_STREET_KEYS[self.change])):
            yield (key,), f"is no key of change = '{self.change}'; remove it"
        if self.change == "link":
            for key in ("start", "end"):
                if key not in given:
                    yield (), f"a link has no {key}; give it as [easting, northing]"
        elif not given.intersection(_WHERE):
            yield (), "does not say which streets; give way, street or area"
        if self.change == "limit" and "mph" not in given:
            yield (), "has no mph; give the limit in miles per hour"


_WHERE = ("way", "street", "area")
_STREET_KEYS = {
    "close": (*_WHERE, "closed_to"),
    "limit": (*_WHERE, "mph"),
    "link": ("start", "end", "name", "length_m"),
}
"""Which keys belong to which change of streets."""


def _span_faults(
    path: KeyPath, span: Sequence[str], *, advice: str, may_be_one: bool = False
) -> Iterator[Fault]:
    """Yield what is wrong with two times of day."""
    minutes: list[int] = []
    for place, text in enumerate(span):  # one with a fault of its own is empty
        try:
            minutes.append(clock_min(text))
        except InputError as error:
            yield (*path, place), str(error)
    if len(minutes) == len(("from", "to")):
        first, last = minutes
        if first > last or (first == last and not may_be_one):
            yield path, f"from {span[0]} to {span[1]} ends before it begins; {advice}"


class TransitSettings(Table):
    """Buses and trains: which feeds, when, and how families get to stops."""

    feeds: Annotated[tuple[Text, ...], Field(min_length=1)]  # GTFS zip files or folders
    # ``2023-06-13``, or a weekday: its first date in the feed in school term time
    date: dt.date | Text
    arrive: tuple[Text, Text] | None = None  # be there by a moment of this window, or
    depart: tuple[Text, Text] | None = None  # leave at a moment of it: one of the two
    # how families walk to stops and from them; by wheelchair, stops and vehicles must take one
    walking: Literal["walk", "pushchair", "wheelchair"] = "walk"
    # by wheelchair: whether those of which the feed says nothing do
    wheelchair_unknown: Literal["usable", "unusable"] = "usable"
    percentile: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 50.0  # judged by
    # sessions of that day, from when to when, as they might be at any site: the mode ``visit`` asks
    # who can be at one from beginning to end and home again, each way within so many minutes
    sessions: tuple[tuple[Text, Text], ...] = ()
    each_way_min: Minutes = 60.0
    # most minutes of walking: to a stop, from one, between two, all the way; and of a journey
    access_min: Minutes = 15.0
    egress_min: Minutes = 15.0
    transfer_min: Minutes = 6.0
    direct_min: Minutes = 90.0
    longest_min: Minutes = 120.0
    max_changes: Annotated[int, Field(ge=0, le=6)] = 2
    # seconds of being at a stop before the vehicle is
    allowance_s: Annotated[float, Field(ge=0, le=1800, allow_inf_nan=False)] = 60.0

    def cross_faults(self) -> Iterator[Fault]:
        """Yield a window missing or given twice, and times of day that are none."""
        if (self.arrive is None) == (self.depart is None):
            yield (), 'give one of arrive and depart: a window, such as ["09:30", "10:30"]'
        for key, span in (("arrive", self.arrive), ("depart", self.depart)):
            yield from _span_faults((key,), span or (), advice="exchange the two", may_be_one=True)
        for place, held in enumerate(self.sessions):
            yield from _span_faults(("sessions", place), held, advice="exchange the two")

    @property
    def window(self) -> tuple[str, str]:
        """The clock times of the window."""
        window = self.arrive if self.depart is None else self.depart
        assert window is not None  # noqa: S101 - checked when it was made
        return window

    @property
    def by(self) -> Literal["arrival", "departure"]:
        """Whether the window is of arrivals or of departures."""
        return "arrival" if self.depart is None else "departure"

    @property
    def percentiles(self) -> tuple[float, ...]:
        """The percentiles told, the one judged by among them."""
        return tuple(sorted({10.0, 50.0, 90.0, self.percentile}))

    def limits(self) -> JourneyLimits:
        """Return how far families walk, how often they change, how long they travel."""
        from eh_access.transit.walks import JourneyLimits  # noqa: PLC0415 - few studies have one

        return JourneyLimits(**self.model_dump(include=set(JourneyLimits.__dataclass_fields__)))


class TimetableChangeConfig(Table):
    """One change to the timetable under a scenario: ``[[scenario.timetable]]``."""

    withdraw: Text | None = None  # the id of a route that no longer runs
    close_stop: Text | None = None  # the id of a stop that vehicles pass
    # the id of a line that is new, or of a route there is and its new frequency
    line: Text | None = None
    every_min: Minutes | None = None  # minutes from one departure to the next
    # of a new line: its stops in order, the minutes from the first to each, first and last
    # departure
    stops: tuple[Text, ...] = ()
    minutes: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] = ()
    first: Text = "07:00"
    last: Text = "19:00"
    both_ways: bool = True

    def cross_faults(self) -> Iterator[Fault]:
        """Yield no change or several, and a line without its frequency."""
        given = [name for name in (self.withdraw, self.close_stop, self.line) if name is not None]
        if len(given) != 1:
            yield (), "give one of withdraw, close_stop and line"
        if self.line is not None and self.every_min is None:
            yield ("every_min",), "is missing; give the minutes from one departure to the next"
        sound = FAULTY not in (self.stops, self.minutes)
        if sound and len(self.stops) != len(self.minutes):
            yield ("minutes",), "give as many as stops: minutes from the first stop to each"
        if not self.stops:
            for key in sorted(self.model_fields_set & {"first", "last", "both_ways"}):
                yield (key,), "is for a new line, which has stops and minutes; leave it out here"
        if self.line is None and self.every_min is not None:
            yield ("every_min",), "is for a line; leave it out here"

    def change(self) -> TimetableChange:
        """Return the change as the timetable takes it."""
        from eh_access.transit import edit  # noqa: PLC0415 - few studies have one

        if self.withdraw is not None:
            return edit.WithdrawRoute(self.withdraw)
        if self.close_stop is not None:
            return edit.CloseStop(self.close_stop)
        route_id, every_min = str(self.line), float(self.every_min or 0)
        if not self.stops:
            return edit.SetFrequency(route_id=route_id, every_min=every_min)
        line = {"stops", "minutes", "first", "last", "both_ways"}
        return edit.AddLine(route_id=route_id, every_min=every_min, **self.model_dump(include=line))


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
    timetable: tuple[TimetableChangeConfig, ...] = ()  # buses and trains that run otherwise
    # false when an input is missing: the scenario is then named, and not assessed
    assess: bool = True
    # the one the report answers about; the last that is assessed if none says so
    decided: bool = False
    why_not: str = ""  # which input is missing; must be given when ``assess`` is false

    def site_keys(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield each site that the scenario names, with its key in the file."""
        for key in ("close", "open"):
            yield from (((key, place), site) for place, site in enumerate(getattr(self, key)))
        yield from ((("set_hours", site), site) for site in self.set_hours)
        yield from ((("move", place, "site"), item.site) for place, item in enumerate(self.move))

    @property
    def changes(self) -> bool:
        """Whether it changes anything."""
        return any((self.close, self.open, self.set_hours, self.move, self.streets, self.timetable))

    def numbers(self) -> dict[str, list[float]]:
        """Return the numbers that its label and note may name, by their unit."""
        changes = (self.close, self.open, self.set_hours, self.move, self.streets)
        sizes = [len(change) for change in changes]
        shut = [0.0] if self.close and not self.open else []  # closed, a site keeps no hours
        return {"sites": [*sizes, sum(sizes)], "hours": [*shut, *self.set_hours.values()]}

    def cross_faults(self) -> Iterator[Fault]:
        """Yield sites with two changes, and a missing reason for not assessing."""
        if self.assess is False and not self.why_not:
            yield ("assess",), "is false without a reason; say in why_not which input is missing"
        moved = [item.site for item in self.move]
        for change in ("close", "open"):
            for place, site in _again(getattr(self, change)):
                yield (change, place), f"'{site}' is listed twice"
        for place, site in _again(moved):
            yield ("move", place, "site"), f"'{site}' is moved twice; keep one"
        closed = set(self.close)
        others = {"open": self.open, "set_hours": self.set_hours, "move": moved}
        for change, sites in others.items():
            for site in sites:
                if site in closed:
                    yield (change,), f"'{site}' is closed by the same scenario; keep one of the two"


def _again(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the names that stand before too, with their places."""
    listed = list(names)
    return ((place, name) for place, name in enumerate(listed) if name in listed[:place])


def decided_scenario(scenarios: Iterable[ScenarioConfig]) -> str | None:
    """Return the name of the scenario that was decided, else of the last."""
    held = [item for item in scenarios if item.assess and item.name != BASELINE_NAME]
    decided = [item for item in held if item.decided] or held[-1:]
    return decided[0].name if decided else None


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
    annex_docx: bool = False  # whether the annex is written for Word too


class Decision(Table):
    """The decision a study is about, as its own papers state it."""

    title: Text  # what was decided, in a line
    body: str = ""  # who decided
    dates: tuple[Text, ...] = ()  # dates as found; where sources differ, all of them
    facts: tuple[Text, ...] = ()  # one plain sentence each
    sources: tuple[Text, ...] = ()  # where the facts stand
    savings: tuple[Saving, ...] = Field(default=(), alias="saving")


NAMED_ROLES = (
    *("areas", "wards", "boundary", "origins", "sites", "candidates", "neighbours"),
    *("youth", "youth_venues", "base", "postcodes", "timetable"),
)
"""Tables whose columns a study may name."""


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
    # what tickets cost (``operator``, ``ticket``, ``cost_gbp``): printed, never routed on
    tickets: str | None = None
    # A list of families to count in place of what the origins count; it is never written out
    families: str | None = None
    # where postcodes are (``postcode``, ``easting``, ``northing``): for such a list, and for
    # those who look theirs up on the map
    postcodes: str | None = None
    # which column of a file is which of ours, by role: what has a usual name need not be said
    columns: dict[Name, dict[Text, Text]] = Field(default_factory=dict)
    max_outside_m: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 5000.0

    def cross_faults(self) -> Iterator[Fault]:
        """Yield columns of tables there are none of, and one that would be two of ours."""
        for role, named in self.columns.items() if isinstance(self.columns, dict) else ():
            if role not in NAMED_ROLES:
                yield ("columns", role), f"is no table; {did_you_mean(role, NAMED_ROLES)}"
            if isinstance(named, dict):
                theirs = list(named.items())
                for place, column in _again(column for _, column in theirs):
                    text = f"'{column}' is named twice; every column is one of ours"
                    yield ("columns", role, theirs[place][0]), text


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
    # the minutes shown first on maps and in tables; left out, those of the first criterion with any
    cutoff_min: Minutes | None = None
    # how far times are worked out; beyond it a site counts as out of reach
    search_min: Minutes = 120.0
    loser_min: Minutes = 5.0  # an origin loses when its time to the nearest grows by more than this
    # from how many hours a week a site counts as full-time, and why
    full_time_from_hours: Hours = 25.0
    full_time_assumption: str = ""  # the assumption behind it, printed with the results
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 20181022  # for anything sampled

    def cross_faults(self) -> Iterator[Fault]:
        """Yield unknown and repeated modes, speeds of others, and a cutoff beyond the search."""
        modes = list(self.modes)
        for place, name in enumerate(modes):
            if name not in MODES:
                yield ("modes", place), f"no travel mode '{name}'; {did_you_mean(name, MODES)}"
        for place, name in _again(modes):
            yield ("modes", place), f"'{name}' is listed twice; list each mode once"
        for name in self.speed_km_h:
            if name not in self.modes:
                hint = did_you_mean(name, modes)
                yield ("speed_km_h", name), f"'{name}' is not one of settings.modes; {hint}"
            elif name in MODES and MODES[name].uses_road_speeds:
                text = "its speeds come from each road's limit and class; remove this key"
                yield ("speed_km_h", name), text
        yield from self.beyond_search(("cutoff_min",), self.cutoff_min)

    def beyond_search(self, path: KeyPath, minutes: float | None) -> Iterator[Fault]:
        """Yield a fault of minutes up to which no times are worked out."""
        if minutes is not None and minutes > self.search_min:
            text = f"lies beyond settings.search_min ({self.search_min:g}), up to which times are"
            yield path, f"{minutes:g} {text} worked out; make search_min larger, or this smaller"

    def open_sites(self, sites: gpd.GeoDataFrame, *, full_time: bool) -> pd.Index:
        """Return the sites that count as open."""
        enough = self.full_time_from_hours
        return open_sites(sites, full_time=full_time, full_time_from_hours=enough)

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
    # minutes each way within which a session is near; without it those shown first
    cutoff_min: Minutes | None = None
    # hours a week that count as some: between any hours and full-time. Venues for outreach are
    # open for as long
    hours_per_week: Annotated[float, Field(gt=0, le=168, allow_inf_nan=False)] = 10.0
    # numbers of venues tried for outreach; one to four, as far as there are so many
    venues: tuple[Number, ...] | None = Field(default=None, min_length=1)

    def cross_faults(self) -> Iterator[Fault]:
        """Yield times of a day that are none, or that end before they begin."""
        yield from _span_faults(
            ("day",), self.day, advice="give when a family can leave, then be home"
        )

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

    def cross_faults(self) -> Iterator[Fault]:
        """Yield numbers by which nothing would be hidden, or rounded to nothing."""
        if self.hide_below < LEAST_HIDDEN or self.hide_below > MOST_HIDDEN:
            why = "below that nothing is hidden; public counts need weights_public = true"
            yield ("hide_below",), f"{self.hide_below} is not 3 to {MOST_HIDDEN}: {why}"
        elif self.round_to < 1 or self.round_to > self.hide_below:
            why = "a count that is shown could round to 0"
            yield (
                ("round_to",),
                f"{self.round_to} is not 1 to hide_below ({self.hide_below}): {why}",
            )


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


BACKSLASH = "write paths with / (C:/data/sites.csv), or in single quotes ('C:\\data\\sites.csv')"
"""What to do about a Windows path in a TOML text."""
_HEADER = re.compile(r"^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_WORD = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEY = re.compile(rf"^\s*({_WORD}(?:\s*\.\s*{_WORD})*)\s*=")
_PART = re.compile(_WORD)


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


def fault_at(source: str, lines: Lines, path: KeyPath, text: str) -> str:
    """Return one fault with its file, line and key before it."""
    line = lines.of(path)
    where = f"{source}, line {line}" if line else source
    return f"{where}: {key_path(path)}: {text}" if path else f"{where}: {text}"


BUNDLED = "bundled:"


class Study(Table):
    """One question: what is asked, of which data, under which scenarios, by which criteria.

    Its fields are the keys of a study.toml, tables that repeat in the plural (``scenarios``,
    ``criteria``); docs/how-to/own-study.md has each.

    Parameters
    ----------
    criteria
        The yardsticks (``[[criterion]]``), fixed before any result is seen.
    folder
        Where relative paths in it begin.
    file_sha256
        Digest of the study.toml, or "" when it was built in code.
    """

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
    transit: TransitSettings | None = None
    sessions: Sessions = Sessions()
    simulation: SimulationSettings = SimulationSettings()
    disclosure: DisclosureSettings = DisclosureSettings()
    youth: YouthSettings | None = None
    report: Report = Report()
    duties: tuple[Duty, ...] = Field(default=(), alias="duty")
    scenarios: tuple[ScenarioConfig, ...] = Field(alias="scenario", min_length=1)
    notes: tuple[NoteConfig, ...] = Field(default=(), alias="note")
    sources: tuple[SourceConfig, ...] = Field(default=(), alias="source")

    criteria: tuple[Criterion, ...] = Field(default=(), alias="criterion")
    folder: Path = Field(default=Path(), exclude=True)
    file_name: str = Field(default="study.toml", exclude=True)
    file_sha256: str = Field(default="", exclude=True)

    def __repr__(self) -> str:
        """Return the title and the size of the study."""
        size = f"{len(self.scenarios)} scenarios, {len(self.criteria)} criteria"
        return f"<Study {self.id}: {self.title}; {size}>"

    __str__ = __repr__

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
    def cutoff_min(self) -> float:
        """Minutes shown first on maps and in tables: those stated, else the first criterion's."""
        stated = self.settings.cutoff_min
        usual = min(USUAL_CUTOFF_MIN, self.settings.search_min)
        return next(iter(self._judged_min()), usual) if stated is None else stated

    @property
    def session_min(self) -> float:
        """Minutes each way within which a session is near: those stated, else those shown first."""
        stated = self.sessions.cutoff_min
        return self.cutoff_min if stated is None else stated

    def _judged_min(self) -> list[float]:
        """Return the minutes each way that criteria judge within."""
        one_way = [item.cutoff_min for item in self.criteria if item.mode not in WAYS]
        return [minutes for minutes in one_way if minutes is not None]

    @property
    def policy(self) -> Policy:
        """The rules by which small counts are hidden in everything published."""
        below, step = self.disclosure.hide_below, self.disclosure.round_to
        public = self.weights_public
        return Policy(threshold=below, round_to=step, least_base=below, public=public)

    def cutoffs_min(self, mode: str) -> tuple[float, ...]:
        """Return the cutoffs of the criteria that ask for a mode, its own before shared ones."""
        own = [item for item in self.criteria if item.mode == mode]
        shared = [item for item in self.criteria if mode in item.also_modes]
        return tuple(item.cutoff_min for item in (*own, *shared) if item.cutoff_min is not None)

    def near_min(self, mode: str) -> float:
        """Return within how many minutes a site counts as near by a mode."""
        asked = self.cutoffs_min(mode) if mode in {TRANSIT, VISIT} else ()
        return asked[0] if asked else self.cutoff_min * WAYS.get(mode, 1)

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

        Raises
        ------
        SourceError
            If a part of it is longer than a file's name can be.
        """
        if name.startswith(BUNDLED):
            return bundled_path(name.removeprefix(BUNDLED))
        path = self.folder / name
        if any(len(os.fsencode(part)) > LONGEST_NAME_BYTES for part in path.parts):
            raise SourceError(f"{name[:40]}...: no file has so long a name; correct the path")
        return path

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

    def _no_timetable(self, path: KeyPath, mode: str) -> Iterator[Fault]:
        """Yield a fault of a criterion that is judged by a timetable where there is none."""
        # as a further mode it is one that is missing: the criterion cannot be judged, and says so
        if path[-1] == "mode" and self.transit is None:
            yield path, f"'{mode}' needs a timetable: add [transit], or use another mode"
        elif mode == VISIT and self.transit is not None and not self.transit.sessions:
            yield path, f"'{mode}' needs to know when: add sessions under [transit]"

    def cross_faults(self) -> Iterator[Fault]:
        """Yield what no table shows alone."""
        yield from repeated("scenario", "name", [item.name for item in self.scenarios])
        yield from self._baseline_faults()
        yield from self._decided_faults()
        yield from changes_nothing(self.scenarios, first=1)
        yield from repeated("criterion", "id", [item.id for item in self.criteria])
        yield from self._criterion_faults()
        if self.data.tickets is not None and self.transit is None:
            yield ("data", "tickets"), "says what tickets cost, and no timetable says who runs what"
        yield from self._cutoff_faults()
        yield from self._word_faults()
        if self.youth is not None and self.data.youth is None:
            yield ("youth",), "needs data.youth, the table of the centres it is about; name it"

    def _cutoff_faults(self) -> Iterator[Fault]:
        """Yield a fault of minutes shown first within which no criterion judges."""
        stated, judged = self.settings.cutoff_min, self._judged_min()
        if stated is None or not judged or any(item is FAULTY for item in (stated, *judged)):
            return
        if stated not in judged:
            minutes = ", ".join(f"{each:g}" for each in sorted(set(judged)))
            text = f"is {stated:g}, and criteria judge within {minutes}"
            yield ("settings", "cutoff_min"), f"{text}; leave it out to follow them"

    def _word_faults(self) -> Iterator[Fault]:
        """Yield numbers in words given by hand that no criterion, scenario or setting has."""
        tables = [self.settings, *self.criteria, *self.scenarios]
        held = [self.title, self.question, self.criteria, self.scenarios, *tables]
        held += [value for table in tables for value in vars(table).values()]
        if any(value is FAULTY for value in held):
            return
        known = self._numbers()
        for key in ("title", "question"):
            text = getattr(self, key)
            others = [*other_numbers(text, known), *other_changes(text, known["sites"])]
            for other in others:
                yield (key,), f"names '{other}', which no criterion and no scenario has; correct it"
        for number, item in enumerate(self.scenarios):
            # one that is not assessed may be described by what others keep
            own = known | item.numbers() if item.assess and item.changes else known
            for key in ("label", "note"):
                for other in other_numbers(getattr(item, key), own):
                    yield (
                        ("scenario", number, key),
                        f"names '{other}', {NOT_ITS_OWN}, or leave it out",
                    )
        yield from self._hour_faults(known["hours"])

    def _hour_faults(self, judged: Iterable[float]) -> Iterator[Fault]:
        hours = [self.settings.full_time_from_hours, *judged]
        for other in other_numbers(self.settings.full_time_assumption, {"hours": hours}):
            text = f"names '{other}', and full_time_from_hours is {hours[0]:g}; correct it"
            yield ("settings", "full_time_assumption"), text
        usual = {"hours": [*hours, self.sessions.hours_per_week]}
        for number, item in enumerate(self.criteria):
            for key in ("title", "label") if item.min_hours is None else ():
                for other in other_numbers(getattr(item, key), usual):
                    yield ("criterion", number, key), f"names '{other}', {NOT_ITS_OWN}"

    def _numbers(self) -> dict[str, list[float]]:
        """Return the numbers that words about the whole study may name, by their unit."""
        minutes = [self.settings.loser_min, self.cutoff_min]
        known: dict[str, list[float]] = {"min": minutes, "hours": [], "sites": []}
        named = [item.numbers() for item in self.criteria]
        for numbers in (*named, *(item.numbers() for item in self.scenarios)):
            for unit, values in numbers.items():
                known.setdefault(unit, []).extend(values)
        return known

    def _baseline_faults(self) -> Iterator[Fault]:
        for first in [*self.scenarios][:1]:
            if first.name != BASELINE_NAME:
                text = "how things stand before the decision"
                yield (
                    ("scenario", 0, "name"),
                    f"the first scenario must be '{BASELINE_NAME}', {text}",
                )
            elif first.name == BASELINE_NAME and (first.assess is False or first.changes):
                text = "put changes in a scenario of their own"
                yield ("scenario", 0), f"the baseline is assessed and changes nothing; {text}"

    def _decided_faults(self) -> Iterator[Fault]:
        """Yield decided scenarios beyond the first, and any that cannot be judged."""
        decided = [(n, item) for n, item in enumerate(self.scenarios) if item.decided is True]
        for place, (number, item) in enumerate(decided):
            where: KeyPath = ("scenario", number, "decided")
            if place:
                yield where, "is said of another scenario too; a report answers about one"
            elif number == 0 or item.assess is False:
                yield where, "is said of one that is the baseline or not assessed; remove it"

    def _criterion_faults(self) -> Iterator[Fault]:
        """Yield criteria that do not fit the settings, the calendar or one another."""
        # somewhere on earth it is tomorrow
        today = max(dt.datetime.now(tz=dt.UTC).date(), WRITTEN_ON) + dt.timedelta(days=1)
        partners = {item.id: item.counts_with for item in self.criteria}
        for number, item in enumerate(self.criteria):
            where: KeyPath = ("criterion", number)
            for key, modes in (("mode", (item.mode,)), ("also_modes", item.also_modes)):
                for mode in modes:
                    if mode in MODES and mode not in self.settings.modes:
                        text = "is not one of settings.modes; add it there or use another"
                        yield (*where, key), f"'{mode}' {text}"
                    elif mode in (TRANSIT, VISIT):
                        yield from self._no_timetable((*where, key), mode)
                    # a further way that nobody has times for is no fault: the verdict says that
                    # it is missing
                    elif key == "mode" and mode is not FAULTY and mode not in MODES:
                        hint = did_you_mean(mode, LABELS)
                        yield (*where, key), f"no travel mode '{mode}'; {hint}"
            for key in ("cutoff_min", "added_min"):
                yield from self.settings.beyond_search((*where, key), getattr(item, key))
            if item.set_on > today:
                text = f"{item.set_on} has not come; give the day on which it was set"
                yield (*where, "set_on"), text
            if isinstance(other := item.counts_with, str):
                yield from (
                    ((*where, "counts_with"), text) for text in _partner(other, item.id, partners)
                )


def _partner(other: str, own: str, partners: Mapping[str, str | None]) -> Iterator[str]:
    """Yield why a criterion cannot count with another."""
    if other not in partners:
        if FAULTY not in partners:  # whose id may be the one that is meant
            yield f"no criterion '{other}'; {did_you_mean(other, partners)}"
    elif other == own:
        yield f"'{other}' is the criterion itself; name another, or leave it out"
    elif _is_text(partners[other]):
        yield f"'{other}' counts with '{partners[other]}'; name that one"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def repeated(key: str, field: str, names: Sequence[str]) -> Iterator[Fault]:
    """Yield names that an earlier table of the same kind has."""
    first: dict[str, int] = {}
    for number, name in enumerate(names):
        if name in first and name is not FAULTY:
            text = f"'{name}' is used by {key}[{first[name] + 1}] too; give each its own"
            yield (key, number, field), text
        first.setdefault(name, number)


def changes_nothing(scenarios: Iterable[ScenarioConfig], *, first: int) -> Iterator[Fault]:
    """Yield assessed scenarios without a change."""
    for number, item in enumerate(scenarios):
        if number >= first and item.assess is True and not item.changes:
            listed = "close, open, set_hours, move, streets, timetable"
            yield ("scenario", number), f"changes nothing; give at least one of {listed}"


def scenario_of(config: ScenarioConfig) -> Scenario:
    """Return a scenario of the file as typed changes."""
    changes: list[Change] = [
        *(Close(site) for site in config.close),
        *(Open(site) for site in config.open),
        *(SetHours(site, hours) for site, hours in config.set_hours.items()),
        *(
            Move(item.site, item.easting, item.northing, item.location_radius_m)
            for item in config.move
        ),
    ]
    return Scenario(name=config.name, label=config.label, changes=tuple(changes), note=config.note)


@check_arguments
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
    if isinstance(path_or_name, str) and path_or_name in bundled_names("studies"):
        if path.exists():
            log.warning("'%s' is the study that ships; for yours write ./%s", path, path)
        return study_path(path_or_name)
    if path.is_dir():
        path = path / "study.toml"
    refuse_endless(path)
    if path.is_file():
        return path
    named = str(path_or_name)
    if path.suffix == "" and path.name == named:
        return study_path(named)
    raise SourceError(f"there is no study file {path.as_posix()}; give the path of a study.toml")


def study_from_bytes(data: bytes, *, path: Path) -> Study:
    """Return a study from the contents of its file."""
    study, faults, lines = read_study(data, path=path)
    if faults:
        raise refusal(path.as_posix(), lines, faults)
    named: Study = delegate("name_study", study)
    return named


def read_study(data: bytes, *, path: Path) -> tuple[Study, list[Fault], Lines]:
    """Return a study with every fault in its file, and the lines of its keys."""
    values, lines = parse_toml(data, path.as_posix())
    study, faults = read_table(Study, values)
    origin = {
        "folder": path.parent,
        "file_name": path.name,
        "file_sha256": hashlib.sha256(data).hexdigest(),
    }
    return study.model_copy(update=origin), faults, lines


def refusal(source: str, lines: Lines, faults: Iterable[Fault]) -> InputError:
    """Return one error with all faults of a file, in the order of its lines."""
    ordered = sorted(faults, key=lambda fault: lines.of(fault[0]) or 0)
    return InputError(dict.fromkeys(fault_at(source, lines, *fault) for fault in ordered))


TABLES = (
    *(*WORKBOOKS, ".xls", ".xlsb", ".ods", ".numbers", ".csv", ".tsv"),
    *(".geojson", ".gpkg", ".shp", ".fgb", ".parquet"),
)
"""Endings of what is given in place of a study that is to name it."""


def read_toml(path: Path) -> bytes:
    """Return the bytes of a TOML file."""
    refuse_endless(path)
    if path.suffix.lower() in TABLES:
        raise InputError(
            f"{path.as_posix()}: is a table, and what is wanted is a file of settings (.toml) that "
            f'names it, as in sites = "{path.name}" under [data] of a study.toml; eh-access '
            "study rotherham --out mine.toml writes one to change"
        )
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
    lines = Lines(text)
    try:
        values = tomllib.loads(text)
        unseen = [*_unseen_signs(values)]
    except RecursionError:
        raise InputError(f"{source}: tables or lists inside one another too deep") from None
    except ValueError as error:
        what = "correct that line"
        if (line := re.search(r"line (\d+)", str(error))) is not None:
            what = BACKSLASH if "\\" in text.splitlines()[int(line[1]) - 1] else what
        raise InputError(f"{source}: not valid TOML: {error}; {what}") from error
    if unseen:
        raise refusal(source, lines, unseen)
    return values, lines


def _unseen_signs(value: object, path: KeyPath = ()) -> Iterator[Fault]:
    """Yield texts with signs nobody sees, which pages, paths and spreadsheets choke on."""
    if isinstance(value, str) and (signs := sorted(set(UNSEEN.findall(value)))):
        codes = ", ".join(f"U+{ord(sign):04X}" for sign in signs)
        yield path, f"holds a sign that cannot be seen ({codes}); remove it"
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unseen_signs(item, (*path, number))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _unseen_signs(item, (*path, key))
            yield from _unseen_signs(key, (*path, key))

"""The shape of a study.toml: what may stand in it, of which type, within which bounds.

The keys of the file are the names of the fields, so that a study can be built in code as well.
Faults are put into words in ``faults.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from eh_access.analysis.policy import Policy
from eh_access.modes import TravelMode, get_mode
from eh_access.study.scenario_tables import (
    BASELINE_NAME,
    Hours,
    Minutes,
    MoveTo,
    Name,
    ScenarioConfig,
    Speed,
    StreetChangeConfig,
    Table,
    Text,
)

__all__ = [
    "BASELINE_NAME",
    "DataFiles",
    "Decision",
    "DisclosureSettings",
    "MoveTo",
    "NoteConfig",
    "ScenarioConfig",
    "Sessions",
    "Settings",
    "SourceConfig",
    "StreetChangeConfig",
    "Streets",
    "StudyTables",
    "Table",
]
MOST_VENUES = 4
Number = Annotated[int, Field(ge=1, le=20)]


class Decision(Table):
    """The decision a study is about, as its own papers state it."""

    title: Text  # what was decided, in a line
    body: str = ""  # who decided
    dates: tuple[Text, ...] = ()  # dates as found; where sources differ, all of them
    facts: tuple[Text, ...] = ()  # one plain sentence each
    sources: tuple[Text, ...] = ()  # where the facts stand


class DataFiles(Table):
    """The files of a study."""

    # paths beside the study.toml, or ``bundled:`` and a path in the package.

    areas: Text  # polygons with ``area_id`` and ``name``
    sites: Text  # the delivery points there are before the decision
    # one file or several by name; the first is used unless another is asked for
    origins: dict[Name, Text] = Field(min_length=1)
    # the outline of the study's area; without it, the areas taken together
    boundary: str | None = None
    # what maps are drawn on, if anything: shapes with ``kind`` water, river, coast or rail
    base: str | None = None
    wards: str | None = None  # further tables, where there are any
    candidates: str | None = None
    youth: str | None = None
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
    """What a session is, for questions of hours rather than buildings."""

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
        """Return which numbers of so many venues are tried: those given, else one to four."""
        return self.venues or tuple(range(1, min(MOST_VENUES, venues) + 1))


class DisclosureSettings(Table):
    """How counts that are not public are kept from telling of anybody."""

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
    """Something the reader must know that no figure shows."""

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
    disclosure: DisclosureSettings = DisclosureSettings()
    scenarios: tuple[ScenarioConfig, ...] = Field(alias="scenario", min_length=1)
    notes: tuple[NoteConfig, ...] = Field(default=(), alias="note")
    sources: tuple[SourceConfig, ...] = Field(default=(), alias="source")

    @property
    def policy(self) -> Policy:
        """The rules by which small counts are hidden in everything published."""
        below, step = self.disclosure.hide_below, self.disclosure.round_to
        public = self.weights_public
        return Policy(threshold=below, round_to=step, least_base=below, public=public)

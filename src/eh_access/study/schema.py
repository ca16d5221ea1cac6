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
    """The decision a study is about, as its own papers state it.

    Parameters
    ----------
    title
        What was decided, in a line.
    body
        Who decided.
    dates
        Dates as found; where sources differ, all of them.
    facts
        One plain sentence each.
    sources
        Where the facts stand.
    """

    title: Text
    body: str = ""
    dates: tuple[Text, ...] = ()
    facts: tuple[Text, ...] = ()
    sources: tuple[Text, ...] = ()


class DataFiles(Table):
    """The files of a study: paths beside the study.toml, or ``bundled:`` and a path in the package.

    Parameters
    ----------
    areas
        Polygons with ``area_id`` and ``name``.
    sites
        The delivery points there are before the decision.
    origins
        One file or several by name; the first is used unless another is asked for.
    boundary
        The outline of the study's area; without it, the areas taken together.
    base
        What maps are drawn on, if anything: shapes with ``kind`` water, river, coast or rail.
    wards, candidates, youth
        Further tables, where there are any.
    neighbours
        Sites outside the study's area that others run, in the shape of ``sites``: results are
        given without them, and beside that with them.
    timetable
        When sites are open: ``site_id``, ``weekday``, ``from``, ``to``, a row for each window.
    families
        A list of families to count in place of what the origins count; it is never written out.
    postcodes
        Where postcodes are (``postcode``, ``easting``, ``northing``): for such a list, and for
        those who look theirs up on the map.
    """

    areas: Text
    sites: Text
    origins: dict[Name, Text] = Field(min_length=1)
    boundary: str | None = None
    base: str | None = None
    wards: str | None = None
    candidates: str | None = None
    youth: str | None = None
    neighbours: str | None = None
    timetable: str | None = None
    families: str | None = None
    postcodes: str | None = None
    max_outside_m: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 5000.0


class Streets(Table):
    """Where streets come from.

    Parameters
    ----------
    source
        ``"bundled"`` (those that ship for the area) or ``"bundled:NAME"``, ``"download"``,
        ``"estimate"`` (none wanted), or a path to an .osm.pbf, GraphML or compact network file.
        If None: those that ship, else stored ones, else a download.
    place
        The name of the place, for messages.
    buffer_m
        How far streets are wanted beyond the study's area. None: as far as the fastest mode gets
        within the longest cutoff that matters, at most 10 km.
    """

    source: Text | None = None
    place: str = ""
    buffer_m: Annotated[float, Field(ge=0, le=50_000, allow_inf_nan=False)] | None = None


class Settings(Table):
    """Numbers that apply to the whole study.

    Parameters
    ----------
    modes
        Ways of travelling, by name.
    speed_km_h
        Speeds other than the modes' own.
    hills
        Whether slopes count, where the streets know heights.
    junction_delay_s
        Seconds lost at each junction by car, other than the mode's own.
    parking_s
        Seconds for parking and leaving by car, once a trip; Active Places Power takes 160.
    cutoff_min
        The minutes shown first on maps and in tables.
    search_min
        How far times are worked out; beyond it a site counts as out of reach.
    loser_min
        An origin loses when its time to the nearest grows by more than this.
    full_time_from_hours
        From how many hours a week a site counts as full-time, and why.
    full_time_assumption
        The assumption behind it, printed with the results.
    seed
        For anything sampled.
    """

    modes: tuple[str, ...] = Field(default=("walk", "pushchair", "drive"), min_length=1)
    speed_km_h: dict[str, Speed] = Field(default_factory=dict)
    hills: bool = True
    junction_delay_s: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] | None = None
    parking_s: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = 0.0
    cutoff_min: Minutes = 30.0
    search_min: Minutes = 120.0
    loser_min: Minutes = 5.0
    full_time_from_hours: Hours = 25.0
    full_time_assumption: str = ""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 20181022

    def travel_modes(self) -> Mapping[str, TravelMode]:
        """Return the modes by name, as this study sets them.

        Returns
        -------
        Mapping of str to TravelMode
            In the order of ``modes``.

        Raises
        ------
        NotFoundError
            If a mode has no such name.
        """
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
    """What a session is, for questions of hours rather than buildings.

    Parameters
    ----------
    day
        From when to when a family can be away from home.
    stay_min
        How long a session lasts where a site is open for longer; without it the whole window.
    cutoff_min
        Minutes each way within which a session is near.
    hours_per_week
        Hours a week that count as some: between any hours and full-time. Venues for outreach are
        open for as long.
    venues
        Numbers of venues tried for outreach; one to four, as far as there are so many.
    """

    day: tuple[Text, Text] = ("07:30", "19:30")
    stay_min: Minutes | None = None
    cutoff_min: Minutes = 30.0
    hours_per_week: Annotated[float, Field(gt=0, le=168, allow_inf_nan=False)] = 10.0
    venues: tuple[Number, ...] | None = Field(default=None, min_length=1)

    def numbers_of(self, venues: int) -> tuple[int, ...]:
        """Return which numbers of so many venues are tried: those given, else one to four."""
        return self.venues or tuple(range(1, min(MOST_VENUES, venues) + 1))


class DisclosureSettings(Table):
    """How counts that are not public are kept from telling of anybody.

    Parameters
    ----------
    hide_below
        A count from 1 up to this is never shown by itself; 3 or more.
    round_to
        Counts are rounded to the nearest multiple; not above ``hide_below``.
    """

    hide_below: int = 10
    round_to: int = 5

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
    """Where a file of the study came from; credited in every output.

    Parameters
    ----------
    file
        The file's name as the study gives it under ``[data]`` or ``[streets]``.
    title, publisher, licence, attribution, date, url
        As in `eh_access.network.model.Provenance`.
    """

    file: Text
    title: Text
    publisher: Text
    licence: Text
    attribution: str = ""
    date: str = ""
    url: str = ""


class StudyTables(Table):
    """Everything in a study.toml but its criteria, which ``analysis.criteria`` defines.

    Parameters
    ----------
    schema_version
        The key ``schema``: 1.
    id, title, question, place
        A short name for files, and plain words.
    unit
        What is counted, in the plural: ``"under-fives"``.
    weight_label, weight_basis
        What the weights are, and how they were come by.
    site_word
        What a site is called, in the singular: ``"centre"``.
    illustrative
        Nothing here is a real decision; every output then says so.
    weights_public
        The weights are published statistics, so that no small number needs hiding. Unless this
        is said, they are counted by area, small ones pooled, before anything is worked out.
    decision, data, streets, settings, sessions, disclosure, scenarios, notes, sources
        The tables of the file; ``scenario``, ``note`` and ``source`` in the singular.
    """

    schema_version: Literal[1] = Field(alias="schema")
    id: Name
    title: Text
    question: Text
    place: Text
    unit: Text
    weight_label: Text
    weight_basis: Text
    site_word: Text = "site"
    illustrative: bool = False
    weights_public: bool = False
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

"""The shape of a ``[[scenario]]``: what may change at which site, and on which streets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

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
    label: Text
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
    """Return the name of the scenario a report answers about."""
    held = [item for item in scenarios if item.assess and item.name != BASELINE_NAME]
    said = [item for item in held if item.decided] or held[-1:]
    return said[0].name if said else None


def readable_part(table: Mapping[str, Any]) -> ScenarioConfig:
    """Return what can be read of a scenario that has faults, for its other keys to be checked."""
    try:
        return ScenarioConfig.model_validate(table)
    except ValidationError as error:
        faulty = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
    kept = {key: value for key, value in table.items() if key not in faulty}
    named = {"name": "not-readable", "label": "not readable", **kept, "assess": False}
    return ScenarioConfig.model_validate(named)

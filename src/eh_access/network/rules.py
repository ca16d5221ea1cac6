"""What a set of OpenStreetMap tags means to a mode: passage, speed, and why."""

from __future__ import annotations

import itertools
import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

from eh_access.errors import InputError, NotFoundError, did_you_mean

if TYPE_CHECKING:
    from eh_access.modes import TravelMode

MILE_KM = 1.609344
FOOT_M = 0.3048
INCH_M = 0.0254
METRES = {"": 1.0, "m": 1.0, "metres": 1.0, "meters": 1.0, "cm": 0.01, "mm": 0.001}
MAX_CROSSING_MIN = 48 * 60.0
MAX_SLOPE_PERCENT, MAX_SLOPE_DEGREES = 100.0, 45.0
MIN_WIDTH_M, MAX_WIDTH_M = 0.1, 100.0

_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
_SPEED = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|mp/h|knots)?\s*", re.IGNORECASE)
_FEET = re.compile(
    r"\s*(\d+)\s*(?:'|ft|feet)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|in|inches)?)?\s*", re.IGNORECASE
)
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")
_PERIOD = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def parse_speed_km_h(text: str) -> float | None:
    """Read a speed; a number without a unit is km/h."""
    match = _SPEED.fullmatch(text)
    if match is None:
        return None
    factor = {"mph": MILE_KM, "mp/h": MILE_KM, "knots": 1.852}.get((match[2] or "").lower(), 1.0)
    speed = float(match[1]) * factor
    return speed if speed > 0 else None


LEAST_LIMIT_KM_H, MOST_LIMIT_KM_H = MILE_KM, 70 * MILE_KM
"""Limits that a sign in Great Britain may show; those in whole km/h may be rounded up."""


def parse_limit_km_h(text: str) -> float | None:
    """Read a speed limit, the lowest of several; None for one that no road has."""
    read = [parse_speed_km_h(part) for part in text.split(";")]
    fit = [v for v in read if v and LEAST_LIMIT_KM_H <= v <= math.ceil(MOST_LIMIT_KM_H)]
    return min(fit, default=None)


def parse_width_m(text: str) -> float | None:
    """Read a width; a number without a unit is metres; None for one that no way has."""
    feet, match = _FEET.fullmatch(text), _NUMBER.match(text.strip())
    if feet is not None:
        metres = float(feet[1]) * FOOT_M + float(feet[2] or 0) * INCH_M
    elif match is not None:
        unit = text.strip()[match.end() :].strip().lower()
        metres = float(match[0].replace(",", ".")) * METRES.get(unit, math.nan)
    else:
        return None
    return metres if MIN_WIDTH_M <= metres <= MAX_WIDTH_M else None


def parse_slope_percent(text: str) -> float | None:
    """Read a slope, uphill or downhill alike."""
    signed = parse_signed_slope(text)
    return None if signed is None else abs(signed)


def parse_signed_slope(text: str) -> float | None:
    """Read a slope along its way, up above 0, down below; steeper than 1:1 is no slope."""
    ratio = re.fullmatch(r"\s*(\d+)\s*:\s*(\d+)\s*", text)
    if ratio is not None:
        percent = 100.0 * float(ratio[1]) / (float(ratio[2]) or math.nan)
    else:
        match = _NUMBER.match(text.strip())
        unit = "" if match is None else text.strip()[match.end() :].strip()
        if match is None or unit not in ("", "%", "°"):
            return None
        percent = float(match[0].replace(",", "."))
        if unit == "°":
            beyond = abs(percent) > MAX_SLOPE_DEGREES
            percent = math.inf if beyond else 100.0 * math.tan(math.radians(percent))
    return percent if abs(percent) <= MAX_SLOPE_PERCENT else None


def parse_duration_min(text: str) -> float | None:
    """Read a crossing time."""
    text = text.strip()
    clock, period = _CLOCK.fullmatch(text), _PERIOD.fullmatch(text)
    if clock is not None:
        minutes = float(clock[1]) * 60 + float(clock[2]) + float(clock[3] or 0) / 60
    elif period is not None:
        days, hours, mins, seconds = (float(part or 0) for part in period.groups())
        minutes = days * 1440 + hours * 60 + mins + seconds / 60
    elif re.fullmatch(r"\d+(?:\.\d+)?", text):
        minutes = float(text)
    else:
        return None
    return minutes if 0 < minutes <= MAX_CROSSING_MIN else None


SPEEDS = ("maxspeed", "maxspeed:forward", "maxspeed:backward", "maxspeed:type", "source:maxspeed")
"""Tags that say a speed limit, in figures or by name."""

NUMBERS = {
    "width": parse_width_m,
    "est_width": parse_width_m,
    "maxwidth": parse_width_m,
    "maxwidth:physical": parse_width_m,
    "incline": parse_slope_percent,
    **dict.fromkeys(SPEEDS, parse_limit_km_h),
}
"""How to read the number in each tag that a rule may compare."""

EFFECTS = frozenset(
    {
        *("allow", "deny", "count", "factor", "no_wait"),
        *("one_way", "one_way_back", "two_way"),
        *("limit", "limit_mph", "speed", "walk"),
    }
)
AMOUNT_EFFECTS = frozenset({"limit_mph", "factor"})
DIRECTIONS = {"both": (0, 1), "forward": (0,), "backward": (1,)}
Conditions: TypeAlias = tuple[tuple[str, frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One line of the table; see the head of ``tag_rules.toml`` for what each field means."""

    key: str
    effect: str
    reason: str
    source: str
    values: frozenset[str] = frozenset()
    missing: bool = False
    below: float | None = None
    at_least: float | None = None
    instead: tuple[str, ...] = ()
    where: Conditions = ()
    where_missing: tuple[str, ...] = ()
    unless: Conditions = ()
    amount: float = 0.0
    direction: str = "both"

    def tag_keys(self) -> Iterator[str]:
        """Yield the key of every tag the line depends on."""
        yield self.key
        yield from self.instead
        yield from (key for key, _ in self.where)
        yield from (key for key, _ in self.unless)
        yield from self.where_missing

    def applies_to(self, tags: Mapping[str, str]) -> bool:
        """Return whether the line applies to a set of tags."""
        if self.below is not None or self.at_least is not None:
            held = (number_in(key, tags[key]) for key in (self.key, *self.instead) if key in tags)
            number = next((number for number in held if number is not None), None)
            if number is None or (self.below is not None and number >= self.below):
                return False
            if self.at_least is not None and number < self.at_least:
                return False
        else:
            value = tags.get(self.key)
            if (value is None) != self.missing:
                return False
            if value is not None and not fits(value, self.values):
                return False
        return (
            all(key in tags and fits(tags[key], wanted) for key, wanted in self.where)
            and not any(key in tags for key in self.where_missing)
            and not any(key in tags and fits(tags[key], wanted) for key, wanted in self.unless)
        )


FIELDS = tuple(item.name for item in fields(RuleLine))
NEEDED = FIELDS[:4]


def fits(value: str, wanted: frozenset[str]) -> bool:
    """Return whether a tag's value, or one of several joined by semicolons, is wanted."""
    if "*" in wanted or value in wanted:
        return True
    return ";" in value and any(part.strip() in wanted for part in value.split(";"))


@dataclass(frozen=True)
class RuleSet:
    """The lines for one way of travelling, in the order they are read."""

    name: str
    label: str
    ways: tuple[RuleLine, ...]
    points: tuple[RuleLine, ...]

    @property
    def lines(self) -> tuple[RuleLine, ...]:
        """The lines for ways, then those for points."""
        return self.ways + self.points

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The tags whose numbers its lines look at."""
        return frozenset(key for line in self.lines for key in line.tag_keys() if key in NUMBERS)


@dataclass(frozen=True)
class RuleTable:
    """All rule sets, and what their lines refer to."""

    sets: Mapping[str, RuleSet]
    limits_km_h: Mapping[str, float]
    way_keys: frozenset[str]
    point_keys: frozenset[str]
    sources: Mapping[str, str]

    def rule_set(self, name: str) -> RuleSet:
        """Return a rule set by its name."""
        if name not in self.sets:
            raise NotFoundError(f"no rule set '{name}': {did_you_mean(name, self.sets)}")
        return self.sets[name]


_UNITS = ("%", "°", "'", r":\s*\d+", "mph", "mp/h", "km/h", "kmh", "kph", "knots", "ft", "feet")
_UNIT = "|".join((*_UNITS, *filter(None, METRES)))
_AMOUNT = re.compile(rf"[-+]?\d+(?:[.,]\d+)?(?:e\d+)?\s*(?:{_UNIT})?", re.IGNORECASE)
"""A number and a unit, whatever number it is."""


def out_of_bounds(key: str, value: str) -> str:
    """Say which number no street has, as this tag has it; nothing where it is read or is none."""
    amounts = (_AMOUNT.fullmatch(part.strip()) for part in value.split(";"))
    if number_in(key, value) is not None or not any(amounts):
        return ""
    what = "speed limit" if key in SPEEDS else "slope" if key == "incline" else "width"
    return f"{what} out of bounds"


def number_in(key: str, value: str) -> float | None:
    """Return the number that a tag's value says; None where it says none."""
    if key not in NUMBERS:
        return None
    named = rule_table().limits_km_h.get(value) if key in SPEEDS else None
    return named or NUMBERS[key](value)


@lru_cache(maxsize=1)
def rule_table() -> RuleTable:
    """Return the table that ships with the package."""
    text = files("eh_access.network").joinpath("tag_rules.toml").read_text(encoding="utf-8")
    return read_rule_table(text)


def read_rule_table(text: str) -> RuleTable:
    """Read and check a table of rules."""
    raw = tomllib.loads(text)
    sources, groups = raw.pop("sources", {}), raw.pop("groups", {})
    limits = {name: mph * MILE_KM for name, mph in raw.pop("named_limits_mph", {}).items()}
    raw.pop("version", None)
    groups = {name: frozenset(values) for name, values in groups.items()}
    groups["named_limits"] = frozenset(limits)
    faults: list[str] = []
    sets: dict[str, RuleSet] = {}
    for name, body in raw.items():
        own: dict[str, list[RuleLine]] = {"way": [], "point": []}
        for part, lines in own.items():
            for number, line in enumerate(body.get(part, []), 1):
                if wrong := _faults_of(line, sources, groups):
                    faults += [f"[[{name}.{part}]] line {number}: {fault}" for fault in wrong]
                else:
                    lines.append(_rule_line(line, groups))
        base = sets.get(body.get("inherits", ""))
        if "inherits" in body and base is None:
            faults.append(f"[{name}]: inherits '{body['inherits']}', which is not above it")
        before = (base.ways, base.points) if base else ((), ())
        ways, points = before[0] + tuple(own["way"]), before[1] + tuple(own["point"])
        sets[name] = RuleSet(name, body.get("label", name), ways, points)
    if faults:
        raise InputError(faults)
    return RuleTable(
        sets=sets,
        limits_km_h=limits,
        way_keys=frozenset(
            key for s in sets.values() for line in s.ways for key in line.tag_keys()
        ),
        point_keys=frozenset(
            key for s in sets.values() for line in s.points for key in line.tag_keys()
        ),
        sources=sources,
    )


def _faults_of(
    line: Mapping[str, Any], sources: Mapping[str, str], groups: Mapping[str, frozenset[str]]
) -> list[str]:
    """Return what is wrong with a line of the file."""
    faults = [f"unknown field '{f}': {did_you_mean(f, FIELDS)}" for f in line if f not in FIELDS]
    faults += [f"no {need}" for need in NEEDED if need not in line]
    for named, allowed in (("effect", EFFECTS), ("source", sources), ("direction", DIRECTIONS)):
        if named in line and line[named] not in allowed:
            hint = did_you_mean(line[named], allowed)
            faults.append(f"unknown {named} '{line[named]}': {hint}")
    conditions = (*line.get("where", {}).values(), *line.get("unless", {}).values())
    for value in itertools.chain(line.get("values", ()), *conditions):
        if value.startswith("@") and value[1:] not in groups:
            faults.append(f"unknown group '{value}': {did_you_mean(value[1:], groups)}")
    compared = "below" in line or "at_least" in line
    for key in (line.get("key"), *line.get("instead", ())) if compared else ():
        if key not in NUMBERS:
            faults.append(f"the tag '{key}' is not known to hold a number")
    if "instead" in line and not compared:
        faults.append("instead is for lines with below or at_least")
    if not compared and not line.get("missing") and not line.get("values"):
        faults.append("neither values nor below, at_least or missing")
    if (line.get("effect") in AMOUNT_EFFECTS) != ("amount" in line):
        faults.append("an amount is needed for limit_mph and factor, and only for them")
    return faults


def _rule_line(line: Mapping[str, Any], groups: Mapping[str, frozenset[str]]) -> RuleLine:
    """Return a line of the file with its groups of values written out."""

    def written_out(values: Iterable[str]) -> frozenset[str]:
        return frozenset().union(
            *(groups[value[1:]] if value.startswith("@") else {value} for value in values)
        )

    made: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in line.items()
    }
    made["values"] = written_out(line.get("values", ()))
    for name in ("where", "unless"):
        conditions = line.get(name, {}).items()
        made[name] = tuple((key, written_out(values)) for key, values in conditions)
    return RuleLine(**made)


POINT_KEY = "point"
"""Marks the tags of a gate, kerb or other point that stands in the way (not an OSM tag)."""

FORWARD, BACKWARD = 0, 1
PACE_EFFECTS = frozenset({"factor", "walk", "limit_mph", "limit", "speed"})
"""What a mode of one speed does not heed."""


@dataclass(frozen=True, slots=True)
class TagCost:
    """What one set of tags means to one mode."""

    forward_km_h: (
        float  # speed in the way's direction and against it; 0.0 where the mode may not go
    )
    backward_km_h: float
    reason: str = ""  # why it is closed or slowed, in plain words; "" where there is nothing to say
    # doubts that change nothing but are counted, for example ``"surface unknown"``
    counted: tuple[str, ...] = ()
    # whether one waits where it meets others; not so at driveways and slip roads
    waits: bool = field(default=True, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether the mode may use it in at least one direction."""
        return self.forward_km_h > 0 or self.backward_km_h > 0


def evaluate(
    tag_set: Mapping[str, str], mode: TravelMode, *, slopes_known: bool = False
) -> TagCost:
    """Apply the rules of ``tag_rules.toml`` to one set of tags."""
    # where slopes are known they slow every street by themselves; a tagged one still closes
    rule_set = rule_table().rule_set(mode.rules)
    is_point = POINT_KEY in tag_set
    state = _State(mode, may_go=[is_point] * 2, speed=[mode.speed_km_h] * 2)
    tag_set = open_at_times(tag_set)
    for line in rule_set.points if is_point else rule_set.ways:
        if slopes_known and line.key == "incline" and line.effect != "deny":
            continue
        if line.applies_to(tag_set):
            state.apply(line, tag_set)
    looked_at = rule_set.numbers | {"incline"} if slopes_known else rule_set.numbers
    for key in sorted(looked_at & tag_set.keys()):
        state.counted += filter(None, [out_of_bounds(key, tag_set[key])])
    return state.result(rule_set.label, tag_set)


CONDITION = ":conditional"
CLOSED = frozenset({"no", "private", "permit", "residents", "delivery"})
OPEN_IF = re.compile(r"\s*(yes|designated|permissive|destination|customers)\s*@\s*\(?([^;()]*)")
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "PH", "SH", "sunrise", "sunset", "dawn", "dusk")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
IS_TIME = re.compile(rf"\d{{1,2}}:\d\d|\b(?:{'|'.join((*DAYS, *MONTHS))})\b")


def open_at_times(tags: Mapping[str, str]) -> Mapping[str, str]:
    """Return tags in which what is closed but at certain times counts as what is closed at some."""
    # "no", with "yes @ (08:00-18:00)", and "yes", with "no @ (18:00-08:00)", are one street
    opened = {}
    for key, value in tags.items():
        who = key.removesuffix(CONDITION)
        if who != key and tags.get(who, tags.get("access")) in CLOSED:
            for part in re.split(r";(?![^(]*\))", value):
                match = OPEN_IF.match(part)
                if match and IS_TIME.search(match[2]):
                    opened[who] = match[1]
    return {**tags, **opened} if opened else tags


@dataclass(slots=True)
class _State:
    """The effects of the lines read so far, forward and backward."""

    mode: TravelMode
    may_go: list[bool]
    speed: list[float]
    one_way: tuple[bool, bool] = (True, True)
    factor: float = 1.0
    why_closed: str = ""
    why_slow: str = ""
    counted: list[str] = field(default_factory=list)
    waits: bool = True

    def apply(self, line: RuleLine, tags: Mapping[str, str]) -> None:
        if self.mode.one_speed and line.effect in PACE_EFFECTS:
            return
        if line.effect in {"allow", "deny"}:
            for way in DIRECTIONS[line.direction]:
                self.may_go[way] = line.effect == "allow"
            self.why_closed = line.reason if line.effect == "deny" else ""
        elif line.effect in {"one_way", "one_way_back", "two_way"}:
            self.one_way = (line.effect != "one_way_back", line.effect != "one_way")
        elif line.effect == "factor":
            if line.amount < self.factor:
                self.factor, self.why_slow = line.amount, line.reason
        elif line.effect == "count":
            self.counted.append(line.reason)
        elif line.effect == "no_wait":
            self.waits = False
        else:
            self._set_speed(line, tags)

    def _set_speed(self, line: RuleLine, tags: Mapping[str, str]) -> None:
        if line.effect == "walk":
            speed: float | None = min(self.mode.speed_km_h, self.mode.walk_speed_km_h)
            self.why_slow = line.reason
        elif line.effect == "limit_mph":
            speed = line.amount * MILE_KM
        elif line.effect == "limit":
            speed = number_in(line.key, tags[line.key])
            if speed is None:
                out = out_of_bounds(line.key, tags[line.key])
                self.counted.append(out or "speed limit not understood")
        else:
            speed = parse_speed_km_h(tags[line.key])
            self.why_slow = line.reason
        if speed is not None:
            for way in DIRECTIONS[line.direction]:
                self.speed[way] = speed

    def result(self, label: str, tags: Mapping[str, str]) -> TagCost:
        speeds = [
            self.speed[way] * self.factor if self.may_go[way] and self.one_way[way] else 0.0
            for way in (FORWARD, BACKWARD)
        ]
        if any(speeds):
            counted = tuple(dict.fromkeys(self.counted))
            return TagCost(speeds[FORWARD], speeds[BACKWARD], self.why_slow, counted, self.waits)
        kind = tags.get("highway") or tags.get("route") or "way"
        return TagCost(0.0, 0.0, self.why_closed or f"'{kind}' is not open {label}")

"""What a set of OpenStreetMap tags means to one mode: may it pass, how fast, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eh_access.network.rule_table import RuleLine, RuleTable, rule_table
from eh_access.network.tag_values import MILE_KM

if TYPE_CHECKING:
    from eh_access.modes import TravelMode

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


def evaluate(tag_set: Mapping[str, str], mode: TravelMode) -> TagCost:
    """Apply the rules of ``tag_rules.toml`` to one set of tags."""
    table = rule_table()
    rule_set = table.rule_set(mode.rules)
    is_point = POINT_KEY in tag_set
    state = _State(mode, is_open=is_point)
    for line in rule_set.points if is_point else rule_set.ways:
        if line.speaks_of(tag_set):
            state.apply(line, tag_set, table)
    return state.result(rule_set.label, tag_set)


@dataclass(slots=True)
class _State:
    """What the lines read so far have said, forward and backward."""

    mode: TravelMode
    is_open: bool
    may_go: list[bool] = field(default_factory=list)
    one_way: tuple[bool, bool] = (True, True)
    speed: list[float] = field(default_factory=list)
    factor: float = 1.0
    why_closed: str = ""
    why_slow: str = ""
    counted: list[str] = field(default_factory=list)
    waits: bool = True

    def __post_init__(self) -> None:
        self.may_go = [self.is_open, self.is_open]
        self.speed = [self.mode.speed_km_h, self.mode.speed_km_h]

    def apply(self, line: RuleLine, tags: Mapping[str, str], table: RuleTable) -> None:
        if self.mode.one_speed and line.effect in PACE_EFFECTS:
            return
        if line.effect in {"allow", "deny"}:
            for way in line.directions:
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
            self._set_speed(line, tags, table)

    def _set_speed(self, line: RuleLine, tags: Mapping[str, str], table: RuleTable) -> None:
        if line.effect == "walk":
            speed: float | None = min(self.mode.speed_km_h, self.mode.walk_speed_km_h)
            self.why_slow = line.reason
        elif line.effect == "limit_mph":
            speed = line.amount * MILE_KM
        elif line.effect == "limit":
            speed = table.limit_km_h(tags[line.key])
            if speed is None:
                self.counted.append("speed limit not understood")
        else:
            speed = float(tags[line.key])
            self.why_slow = line.reason
        if speed is not None:
            for way in line.directions:
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

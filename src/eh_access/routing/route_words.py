"""What a stretch of street is called when a trip is told in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from eh_access.network.rules import POINT_KEY

KINDS: Mapping[str, str] = {
    "footway": "footpath",
    "path": "path",
    "steps": "steps",
    "cycleway": "cycle track",
    "bridleway": "bridleway",
    "pedestrian": "pedestrian street",
    "track": "track",
    "service": "service road",
    "residential": "street",
    "living_street": "street",
    "unclassified": "road",
    "tertiary": "road",
    "secondary": "main road",
    "primary": "main road",
    "trunk": "trunk road",
    "motorway": "motorway",
    "corridor": "corridor",
    "elevator": "lift",
    "platform": "platform",
}
"""Plain words for the ``highway`` tag; slip roads take the word of their road."""

FOOTWAYS: Mapping[str, str] = {
    "sidewalk": "pavement",
    "crossing": "crossing",
    "traffic_island": "traffic island",
}
"""Plain words for the ``footway`` tag, more exact than "footpath"."""

BARRIERS: Mapping[str, str] = {
    "gate": "through a gate",
    "lift_gate": "past a lift gate",
    "swing_gate": "past a swing gate",
    "kissing_gate": "through a kissing gate",
    "wicket_gate": "through a wicket gate",
    "turnstile": "through a turnstile",
    "full-height_turnstile": "through a turnstile",
    "stile": "over a stile",
    "horse_stile": "over a stile",
    "step": "up or down a step",
    "bollard": "past bollards",
    "rising_bollard": "past bollards",
    "block": "past a block",
    "cycle_barrier": "through a cycle barrier",
    "motorcycle_barrier": "through a motorcycle barrier",
    "cattle_grid": "over a cattle grid",
    "height_restrictor": "under a height barrier",
    "entrance": "through an entrance",
    "toll_booth": "past a toll booth",
    "kerb": "over a kerb",
}
"""Plain words for passing a barrier."""


def is_point(tags: Mapping[str, str]) -> bool:
    """Whether tags are those of a point in the way: a gate, bollards, a kerb."""
    return POINT_KEY in tags


def kind_of(tags: Mapping[str, str]) -> str:
    """Say in plain words what kind of street or barrier some tags describe."""
    if is_point(tags):
        barrier = tags.get("barrier", "kerb")
        return BARRIERS.get(barrier, "past a barrier")
    if tags.get("route") == "ferry":
        return "ferry"
    highway = tags.get("highway", "")
    if highway == "steps" and tags.get("step_count", "").isdigit():
        return f"steps ({tags['step_count']})"
    if highway == "footway" and tags.get("footway", "") in FOOTWAYS:
        return FOOTWAYS[tags["footway"]]
    return KINDS.get(highway.removesuffix("_link"), "road")


def barrier_name(tags: Mapping[str, str]) -> str:
    """Name a barrier itself: "kissing gate", "bollard"."""
    barrier = tags.get("barrier", "kerb")
    return "barrier" if barrier == "yes" else barrier.replace("_", " ")


def barrier_closed(tags: Mapping[str, str], reason: str) -> str:
    """Say which barrier stops somebody, and why where its name does not tell."""
    name = barrier_name(tags)
    if "barrier" not in tags or name == "kerb":
        return reason
    if reason.startswith(("narrower", "closed", "not ")):
        return f"{name} {reason}"
    if reason.startswith("gate "):
        return f"{name}{reason.removeprefix('gate')}"
    return f"locked {name}" if reason == "locked gate" else name


def several(what: str, count: int) -> str:
    """Count things: "a stile", "2 gates narrower than 0.7 m"."""
    if count == 1:
        return f"{'an' if what[:1] in 'aeiou' else 'a'} {what}"
    noun, *more = re.split(r"(?= (?:narrower|closed|not) )", what, maxsplit=1)
    return f"{count} {noun}s{''.join(more)}"


def length_of(value: float, what: str) -> str:
    """Say how much of something: "29 m of steps", "38 m of street or path too rough for wheels"."""
    named = "street or path " if what.startswith(("not ", "narrower ", "too ", "closed ")) else ""
    return f"{metres(value)} of {named}{what}"


def metres(value: float) -> str:
    """Write a length: "29 m", "1,240 m"."""
    return f"{value:,.0f} m"


def listed(parts: Sequence[str]) -> str:
    """Join parts as a sentence does."""
    if len(parts) < 2:  # noqa: PLR2004 - one part needs no joining
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"

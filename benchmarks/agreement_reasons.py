"""Why an engine went another way: which streets only one of the two took, and what bars them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from eh_access.network.build import is_street, kept_way_tags
from eh_access.network.rules import evaluate

if TYPE_CHECKING:
    from eh_access.modes import TravelMode

OFF_M = 5.0
LEAST_M = 50.0
SIDEWALKS = ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right")
THEIR_OWN = "their own"
NO_TAG = "without a foot tag"
AS_QUICK_S = 1.0
Trip = dict[str, Any]


class Case(Protocol):
    """What is compared: an engine, a mode and whose rules."""

    @property
    def engine(self) -> str:
        """``"osrm"`` or ``"valhalla"``."""

    @property
    def mode(self) -> TravelMode:
        """How people travel."""

    @property
    def rules(self) -> str:
        """Whose rules, in words."""


@dataclass(frozen=True, eq=False)
class Streets:
    """Every street of a file: its tags, and which street joins two neighbouring points."""

    tags: Mapping[int, Mapping[str, str]]
    between: Mapping[tuple[int, int], int]
    place: Mapping[int, tuple[float, float]]

    @classmethod
    def read(cls, path: Path) -> Streets:
        """Read a file."""
        import osmium

        tags: dict[int, Mapping[str, str]] = {}
        between: dict[tuple[int, int], int] = {}
        place: dict[int, tuple[float, float]] = {}
        for way in osmium.FileProcessor(
            str(path), osmium.osm.WAY | osmium.osm.NODE
        ).with_locations():
            if isinstance(way, osmium.osm.Way) and is_street(own := dict(way.tags)):
                tags[way.id] = own
                for node in way.nodes:
                    if node.location.valid():
                        place[node.ref] = (node.location.lon, node.location.lat)
                for one, other in itertools.pairwise(node.ref for node in way.nodes):
                    between.setdefault((one, other), way.id)
                    between.setdefault((other, one), way.id)
        return cls(tags, between, place)

    def add_ways(self, trip: dict[str, Any]) -> None:
        """Give a trip that names its points the streets between them."""
        from agreement_engines import apart

        if "nodes" in trip and "ways" not in trip:
            trip["ways"] = [
                (self.between.get(two, 0), apart(self.place[two[0]], self.place[two[1]]))
                for two in itertools.pairwise(trip["nodes"])
                if two[0] in self.place and two[1] in self.place
            ]


def reason_of(own: Trip, other: Trip, streets: Streets, case: Case) -> str:
    """Say what explains the difference between our trip and theirs.

    Looked for in this order: a street that our rules close and theirs do not; one that theirs close
    and ours do not, which may also move a place to another street; a forbidden turn; and if there
    is none of these, how quick each takes the streets to be.
    """
    off_m = max(other["off_m"])
    moved = f"they begin or end {off_m:.0f} m away" if off_m > OFF_M else ""
    only_we, only_they = (
        {way: m for way, m in mine.items() if way not in yours}
        for mine, yours in itertools.permutations((metres_by_way(own), metres_by_way(other)))
    )
    closed: Counter[str] = Counter()
    for way, metres in only_they.items():
        tags = streets.tags.get(way, {})
        cost = evaluate(kept_way_tags(tags), case.mode)
        if tags and not cost.is_open:
            closed[f"{cost.reason} (way {way})"] += metres
    barred: Counter[str] = Counter()
    for way, metres in metres_by_way(own).items() if case.rules == THEIR_OWN else ():
        what = bar(case.engine, case.mode.rules, streets.tags.get(way, {}))
        if what and (way in only_we or what.endswith(NO_TAG)):
            barred[what] += metres
    if closed:
        why = "closed to us: " + listed(closed)
    elif barred:
        why = "closed or made dear to them: " + listed(barred)
    elif other.get("turned"):
        why = "a turn that is forbidden"
    else:
        ours, yours = (listed(by_class(ways, streets)) for ways in (only_we, only_they))
        if case.rules != THEIR_OWN and abs(own["seconds"] - other["seconds"]) < AS_QUICK_S:
            why = "two ways as quick"
        elif not ours:
            why = f"they go further and turn later: {yours}" if yours else "the same streets"
        else:
            why = f"speeds: we take {ours}, they {yours}"
    return "; ".join(part for part in (moved, why) if part)


def bar(engine: str, rules: str, tags: Mapping[str, str]) -> str:
    """Say what in an engine's own rules closes a street, or makes it dear; "" if nothing does.

    From OSRM's ``foot.lua`` and ``car.lua`` and from Valhalla's description of its costing.
    """
    highway = tags.get("highway", "")
    if rules == "foot":
        own = tags.get("foot") or tags.get("access")
        if own is None and (highway in {"cycleway", "bridleway"} or highway.startswith("trunk")):
            return f"{highway} {NO_TAG}"
        if engine == "osrm" and "separate" in {tags.get(key) for key in SIDEWALKS}:
            return "road whose pavement is drawn apart"
        if engine == "osrm" and own in {"destination", "customers"} and highway == "cycleway":
            return f"foot={own}"
    access = {tags.get(key) for key in ("access", "vehicle", "motor_vehicle", "motorcar")}
    if engine == "valhalla" or rules != "foot":
        if access & {"destination", "customers", "delivery"}:
            return "street for access only"
        if tags.get("service") in {"driveway", "alley", "parking_aisle"}:
            return tags["service"].replace("_", " ")
    return ""


def metres_by_way(trip: Trip) -> Counter[int]:
    """Add up the metres of a trip by way; gates belong to none."""
    out: Counter[int] = Counter()
    for way, metres in trip["ways"]:
        if way and metres > 0:
            out[way] += metres
    return out


def by_class(ways: Mapping[int, float], streets: Streets) -> Counter[str]:
    """Add up metres by class of street; short ones are left out."""
    out: Counter[str] = Counter()
    for way, metres in ways.items():
        tags = streets.tags.get(way, {})
        limit = f" ({tags['maxspeed']})" if "maxspeed" in tags else ""
        out[tags.get("highway", "?") + limit] += metres
    return Counter({what: metres for what, metres in out.items() if metres >= LEAST_M})


def listed(counted: Counter[str]) -> str:
    """Write the two largest."""
    return ", ".join(f"{metres:.0f} m {what}" for what, metres in counted.most_common(2))

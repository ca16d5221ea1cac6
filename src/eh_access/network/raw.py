"""Ways as read from OpenStreetMap, before they are joined into a network."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from pyproj import Transformer

from eh_access.network.rule_table import rule_table
from eh_access.network.rules import POINT_KEY
from eh_access.network.tag_values import parse_duration_min

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTRA_WAY_KEYS = frozenset({"route", "bridge", "tunnel", "area", "step_count", "footway"})
"""Tags no rule looks at yet, kept for describing and explaining."""

CARRIAGEWAYS = frozenset(
    {
        *("motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link"),
        *("secondary", "secondary_link", "tertiary", "tertiary_link", "unclassified"),
        *("residential", "living_street", "service", "road", "busway", "track"),
    }
)
"""Ways a kerb at a shared node does not stand across: one meets it only on leaving the road."""

MIN_POINTS = 2
"""A line has at least two points."""

WHEELS = frozenset({"stroller", "wheelchair"})
"""Tags that say of a crossing, without a word about its kerb, whether wheels can pass it."""

LOW_KERBS = frozenset({"lowered", "flush", "no", "flat"})


@dataclass(eq=False)
class RawWays:
    """Ways with the points they run through; filled by a reader, used up by the builder."""

    crs: str = "EPSG:4326"  # what the coordinates are in
    # for each way: its OpenStreetMap id (0 where there is none), the tags that matter
    # (``kept_way_tags``), its name ("" where it has none) and its number of points
    way_id: array[int] = field(default_factory=lambda: array("q"))
    tags: list[Mapping[str, str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    sizes: array[int] = field(default_factory=lambda: array("q"))
    # for each point of each way, one way after the other: its id, and longitude and latitude (or
    # x and y in ``crs``); NaN where the place is not in the file
    refs: array[int] = field(default_factory=lambda: array("q"))
    xs: array[float] = field(default_factory=lambda: array("d"))
    ys: array[float] = field(default_factory=lambda: array("d"))
    # tags of the points that stand in the way, by id (``kept_point_tags``)
    barriers: dict[int, Mapping[str, str]] = field(default_factory=dict)

    def add(
        self, way_id: int, line: Sequence[tuple[int, float, float]], *, tags: Mapping[str, str]
    ) -> None:
        """Add a way: its id, its points as (id, x, y) and all its tags."""
        kept = kept_way_tags(tags)
        if tags.get("route") == "ferry":
            kept |= ferry_speed(tags, [(x, y) for _, x, y in line], self.crs)
        self.way_id.append(way_id)
        self.tags.append(kept)
        self.names.append(tags.get("name") or tags.get("ref") or "")
        self.sizes.append(len(line))
        for ref, x, y in line:
            self.refs.append(ref)
            self.xs.append(x)
            self.ys.append(y)

    def __len__(self) -> int:
        return len(self.way_id)


def is_street(tags: Mapping[str, str]) -> bool:
    """Tell whether a way may be part of a network at all: a highway or a ferry."""
    return "highway" in tags or tags.get("route") == "ferry"


def kept_way_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a way that a rule looks at or that explain a trip."""
    keys = rule_table().way_keys | EXTRA_WAY_KEYS
    return {key: tags[key] for key in sorted(keys & tags.keys())}


def ferry_speed(
    tags: Mapping[str, str], line: Sequence[tuple[float, float]], crs: str
) -> dict[str, str]:
    """Return a tag with the speed of a ferry whose crossing time is known; else it stays closed."""
    minutes = parse_duration_min(tags.get("duration", ""))
    if minutes is None or len(line) < MIN_POINTS or not np.isfinite(line).all():
        return {}  # a ferry that leaves the map cannot be measured
    x, y = to_metres(np.array(line).T, crs)
    km = float(np.hypot(np.diff(x), np.diff(y)).sum()) / 1000
    return {"ferry:km_h": f"{max(km / (minutes / 60), 0.1):.1f}"} if km > 0 else {}


def to_metres(xy: NDArray[np.float64], crs: str) -> NDArray[np.float64]:
    """Project coordinates (2, n) to the British National Grid, EPSG:27700."""
    if crs == "EPSG:27700" or xy.shape[1] == 0:
        return xy
    transformer = Transformer.from_crs(crs, "EPSG:27700", always_xy=True)
    return np.vstack(transformer.transform(xy[0], xy[1]))


def kept_point_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a point if it may stand in somebody's way, else nothing."""
    crossing = tags.get("highway") == "crossing" or tags.get("barrier") == "kerb"
    known_low = tags.get("kerb") in LOW_KERBS
    if tags.get("barrier", "kerb") == "kerb" and (known_low or not (crossing or "kerb" in tags)):
        return {}
    keys = rule_table().point_keys - {"crossing"}
    if "barrier" not in tags and "kerb" not in tags:
        keys = keys & WHEELS  # a crossing's other tags are about the road
    kept = {key: tags[key] for key in sorted(keys & tags.keys())}
    if "barrier" not in kept and "kerb" not in kept:
        kept["crossing"] = "yes"
    return kept | {POINT_KEY: "yes"}


def stands_across_roads(tags: Mapping[str, str]) -> bool:
    """Tell whether a point stops those who stay on the road, as a gate does and a kerb does not."""
    return tags.get("barrier", "kerb") != "kerb"

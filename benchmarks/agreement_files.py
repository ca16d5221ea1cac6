"""The same streets in a form that every engine reads alike: our access rules, written out plainly.

Every way that is open to a mode under our rules becomes a plain street, every other is left out;
points that close a street to it become shut gates. What then still differs between engines is how
they join, measure and search, not how they read tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eh_access.network.build import is_street, kept_point_tags, kept_way_tags
from eh_access.network.rules import TagCost, evaluate

if TYPE_CHECKING:
    from eh_access.modes import TravelMode

SHUT = {"barrier": "gate", "access": "no", "foot": "no", "motor_vehicle": "no"}

PROFILE = """
api_version = 4
function setup()
  return {
    properties = { weight_name = 'duration', u_turn_penalty = 0, use_turn_restrictions = RESTRICT,
                   continue_straight_at_waypoint = false, max_speed_for_map_matching = 40 },
    restrictions = { 'motorcar', 'motor_vehicle', 'vehicle' },
  }
end
function process_node(profile, node, result)
  if node:get_value_by_key('barrier') == 'gate' then result.barrier = true end
end
function process_way(profile, way, result)
  local ahead = tonumber(way:get_value_by_key('ours:forward_km_h') or '0')
  local back = tonumber(way:get_value_by_key('ours:backward_km_h') or '0')
  if ahead > 0 then result.forward_mode = mode.driving; result.forward_speed = ahead end
  if back > 0 then result.backward_mode = mode.driving; result.backward_speed = back end
  result.name = way:get_value_by_key('name') or ''
end
function process_turn(profile, turn) turn.duration = 0; turn.weight = 0 end
return { setup = setup, process_way = process_way, process_node = process_node,
         process_turn = process_turn }
"""
"""An OSRM profile that takes our speeds as they are and lets nothing else count."""


def write_profile(path: Path, *, restrictions: bool) -> Path:
    """Write the OSRM profile for the plain files."""
    path.write_text(PROFILE.replace("RESTRICT", str(restrictions).lower()), encoding="utf-8")
    return path


def write_plain(source: Path, target: Path, mode: TravelMode, *, restrictions: bool = True) -> Path:
    """Write the streets a mode may use as plain streets."""
    import osmium

    target.unlink(missing_ok=True)
    highway = "footway" if mode.rules == "foot" else "residential"
    with osmium.SimpleWriter(str(target)) as writer:
        for thing in osmium.FileProcessor(str(source)):
            tags = dict(thing.tags)
            if isinstance(thing, osmium.osm.Node):
                writer.add_node(thing.replace(tags=plain_point(tags, mode)))
            elif isinstance(thing, osmium.osm.Way) and is_street(tags):
                cost = evaluate(kept_way_tags(tags), mode)
                if cost.is_open:
                    writer.add_way(thing.replace(tags=plain_way(cost, highway)))
            elif isinstance(thing, osmium.osm.Relation) and restrictions and "restriction" in tags:
                writer.add_relation(thing)
    return target


def plain_point(tags: Mapping[str, str], mode: TravelMode) -> dict[str, str]:
    """Return the tags of a shut gate where a point closes the way, and none elsewhere."""
    kept = kept_point_tags(tags)
    kerb = kept.get("barrier", "kerb") == "kerb"  # stands across no road, see ``network.barriers``
    return SHUT if kept and not kerb and not evaluate(kept, mode).is_open else {}


def plain_way(cost: TagCost, highway: str) -> dict[str, Any]:
    """Return tags that say no more than that a street is open, which way and how fast."""
    both = cost.forward_km_h > 0 and cost.backward_km_h > 0
    return {
        "highway": highway,
        "access": "yes",
        "foot": "yes",
        "oneway": "no" if both else "yes" if cost.forward_km_h > 0 else "-1",
        "ours:forward_km_h": f"{cost.forward_km_h:.6f}",
        "ours:backward_km_h": f"{cost.backward_km_h:.6f}",
    }

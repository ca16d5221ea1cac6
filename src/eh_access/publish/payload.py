"""What the map page carries: minutes, places, scenarios and words, as one compact JSON object.

Minutes travel as the 32-bit numbers the library itself uses, so that the page and the library
agree to the last digit on who is within a cutoff and who loses.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eh_access.analysis.case import ROUTE_DETOUR
from eh_access.analysis.equality import GROUPS, group_members
from eh_access.analysis.rough import rough_areas, rough_radius_m
from eh_access.publish import geojson
from eh_access.publish.attribution import OSM_CREDIT, credit_lines
from eh_access.publish.hiding import hiding_rules
from eh_access.publish.isochrone_shapes import isochrone_shapes, moved_shapes
from eh_access.publish.lengths import shortest_ways
from eh_access.publish.postcodes import postcode_table
from eh_access.publish.shading import CHANGE
from eh_access.publish.squares import DisplayAreas, display_areas
from eh_access.routing.estimate import ACCURACY

if TYPE_CHECKING:
    import geopandas as gpd
    import shapely
    from shapely.geometry.base import BaseGeometry

    from eh_access.analysis.criteria import Criterion, Verdict
    from eh_access.analysis.policy import Policy
    from eh_access.routing.types import TravelTimes
    from eh_access.study.results import StudyResult
    from eh_access.study.schema import ScenarioConfig

FORMAT = 3
SIMPLIFY_M = 15.0
CIRCLE_M = 1.0
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NO_SITE = -1


def build_payload(result: StudyResult) -> dict[str, Any]:
    """Return everything the map page needs to answer its reader, with no server behind it."""
    result.refuse_private()
    wider = result.with_neighbours or result
    own = result.sites.sort_index().index
    sites = wider.sites.loc[own.append(wider.sites.index.difference(own))]
    study = result.study
    shown = display_areas(result.origins, result.areas, public=result.study.weights_public)
    lengths = shortest_ways(wider)
    return {
        "format": FORMAT,
        "study": {
            "id": study.id,
            "title": study.title,
            "question": study.question,
            "place": study.place,
            "unit": study.unit,
            "site_word": study.site_word,
            "weight_label": study.weight_label,
            "hiding": hiding_rules(study.policy),
            "illustrative": study.illustrative,
        },
        "estimated": result.estimated,
        "accuracy": ACCURACY if result.estimated else "",
        "settings": {
            "cutoff_min": study.settings.cutoff_min,
            "loser_min": study.settings.loser_min,
            "search_min": study.settings.search_min,
            "full_time_from_hours": study.settings.full_time_from_hours,
            "detour": ROUTE_DETOUR,
        },
        "modes": [
            _mode(times, wider.times_back.get(name), lengths.get(name), sites.index)
            for name, times in wider.times.items()
        ],
        "sites": _sites(sites, result.borough, own=len(own)),
        "scenarios": [_scenario(wider, name, sites.index) for name in result.scenario_names],
        "origins": _origins(result.origins, shown, study.policy),
        "postcodes": postcode_table(result),
        "areas": _areas(shown.areas),
        "area_word": shown.word,
        "change": CHANGE.as_data(),
        "base": _base(result),
        "isochrones": isochrone_shapes(result),
        "columns": _columns(result),
        "criteria": [_criterion(criterion) for criterion in study.criteria],
        "verdicts": [
            _verdict(verdict, neighbours=found is not result)
            for found in dict.fromkeys((result, wider))
            for verdict in found.verdicts
        ],
        "notes": [{"level": note.level, "text": note.text} for note in result.notes],
        "credits": list(credit_lines(result.provenance)),
        "osm_credit": OSM_CREDIT,
    }


def safe_json(value: Mapping[str, Any]) -> str:
    r"""Return JSON that may stand inside a page's script whatever names are in it."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _number(value: object) -> float | None:
    """Return a number for JSON; None where there is none."""
    number = float(str(value)) if not pd.isna(value) else math.nan  # type: ignore[call-overload]
    return number if math.isfinite(number) else None


def _text(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]


def _mode(
    times: TravelTimes, back: TravelTimes | None, lengths: TravelTimes | None, site_ids: pd.Index
) -> dict[str, Any]:
    """Return a mode with its minutes; ``back`` is None if not known, "" if the same as there."""
    there = _packed(times, site_ids)
    home = None if back is None else _packed(back, site_ids)
    return {
        "name": times.mode.name,
        "label": times.mode.label,
        "speed_km_h": times.mode.speed_km_h,
        "uses_road_speeds": times.mode.uses_road_speeds,
        "estimated": times.estimated,
        "method": times.method,
        "minutes": there,
        "back": "" if home == there else home,
        "distances": None if lengths is None else _packed(lengths, site_ids),
    }


def _packed(times: TravelTimes, site_ids: pd.Index) -> str:
    """Return minutes, one site after the other, as little-endian float32 in base64."""
    minutes = times.select(site_ids).minutes.T
    return base64.b64encode(np.ascontiguousarray(minutes, "<f4").tobytes()).decode("ascii")


def _sites(sites: gpd.GeoDataFrame, borough: BaseGeometry, *, own: int) -> list[dict[str, Any]]:
    """Return the sites, lettered; those after the study's own are neighbours' and numbered."""
    places = geojson.to_degrees(sites.geometry)
    areas = rough_areas(sites, borough)
    shapes = geojson.encoded_polygons(areas.simplify(CIRCLE_M))
    rough_at = dict(zip(areas.index, shapes, strict=True))
    found = []
    rows = zip(sites.itertuples(), places, rough_radius_m(sites), strict=True)
    for number, (site, place, rough) in enumerate(rows):
        known = place is not None and not place.is_empty
        found.append(
            {
                "id": str(site.Index),
                "neighbour": number >= own,
                "letter": _letter(number) if number < own else str(number - own + 1),
                "name": str(site.name),
                "kind": _text(site.kind),
                "locality": _text(site.locality),
                "address": _text(getattr(site, "address", "")),
                "basis": str(site.location_basis),
                "radius_m": _number(site.location_radius_m),
                "rough_m": float(rough),
                "rough_at": rough_at.get(site.Index),
                "at": [round(place.y, 6), round(place.x, 6)] if known else None,
            }
        )
    return found


def _letter(number: int) -> str:
    """Return A to Z, then A2 to Z2, and so on."""
    turn = number // len(LETTERS)
    return LETTERS[number % len(LETTERS)] + (str(turn + 1) if turn else "")


def _scenario(result: StudyResult, name: str, site_ids: pd.Index) -> dict[str, Any]:
    described = next(item for item in result.scenarios if item.name == name)
    sites = result.scenario_sites[name].reindex(site_ids)
    return {
        "name": name,
        "label": described.label,
        "note": described.note,
        "open": [int(is_open) for is_open in sites["is_open"]],
        "hours": [_number(hours) for hours in sites["hours_per_week"]],
        "moved": _moved(result, described, site_ids),
    }


def _moved(
    result: StudyResult, described: ScenarioConfig, site_ids: pd.Index
) -> list[dict[str, Any]]:
    """Return the sites with minutes of their own under a scenario: all where streets change."""
    there = result.scenario_sites[described.name]
    moves = {change.site for change in described.move}
    chosen = there.index[there.geometry.notna()] if described.streets else pd.Index(sorted(moves))
    found = []
    for site in map(str, chosen):
        place = there.geometry[site]
        degrees = geojson.to_degrees([place]).iloc[0]
        across = result.neighbours is not None and site in result.neighbours.index
        found.append(
            {
                "site": int(site_ids.get_indexer(pd.Index([site]))[0]),
                "stays": site not in moves,
                "at": [round(degrees.y, 6), round(degrees.x, 6)],
                "easting": place.x,
                "northing": place.y,
                "radius_m": float(there.loc[site, "location_radius_m"]),
                "rough_m": float(rough_radius_m(there.loc[[site]])[0]),
                "minutes": {
                    mode: _packed(result.times_for(described.name, mode), pd.Index([site]))
                    for mode in result.modes
                },
                "isochrones": {} if across else moved_shapes(result, described.name, site, place),
            }
        )
    return found


def _origins(origins: gpd.GeoDataFrame, shown: DisplayAreas, policy: Policy) -> dict[str, Any]:
    places = geojson.to_degrees(origins.geometry)
    at = np.column_stack([places.y, places.x])
    wards, ward_names = _coded(origins.get("ward_name"), len(origins))
    number = {area: position for position, area in enumerate(shown.areas.index)}
    # counts that are not public travel as shares of their sum, for by place they are counts of few
    whole = 1.0 if policy.public else float(origins["weight"].sum())
    return {
        "whole": whole,
        "id": [str(origin) for origin in origins.index],
        "at": [int(value) for value in np.rint(at * geojson.STEPS_PER_DEGREE).ravel()],
        "weight": [float(weight) / whole for weight in origins["weight"]],
        "area": [number.get(area, NO_SITE) for area in shown.area_of_origin],
        "ward": wards,
        "ward_names": ward_names,
        "groups": _groups(origins),
    }


def _coded(column: pd.Series | None, length: int) -> tuple[list[int], list[str]]:
    """Return a column as numbers into a sorted list of its words."""
    if column is None:
        return [NO_SITE] * length, []
    words = sorted({str(word) for word in column.dropna()})
    number = {word: position for position, word in enumerate(words)}
    return [number.get(str(word), NO_SITE) for word in column], words


def _groups(origins: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """Return who may be asked about: members as a text of 1 (in), 0 (out) and ? (not known)."""
    groups = []
    for name, group in GROUPS.items():
        if group.column not in origins:
            continue
        members = group_members(origins, name).map({True: "1", False: "0"}).fillna("?")
        groups.append({"id": name, "label": group.words, "members": "".join(members)})
    return groups


def _columns(result: StudyResult) -> dict[str, Any]:
    """Return the columns by which criteria tell areas apart."""
    found = {}
    for criterion in result.study.criteria:
        if criterion.by is not None and criterion.by in result.origins:
            codes, names = _coded(result.origins[criterion.by], len(result.origins))
            found[criterion.by] = {"codes": codes, "names": names}
    return found


def _areas(areas: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    shapes = _outlines(areas.geometry)
    inside = geojson.to_degrees(areas.geometry.representative_point())
    return [
        {
            "id": str(area),
            "name": str(name),
            "at": [round(point.y, 5), round(point.x, 5)],
            "shape": shape,
        }
        for area, name, shape, point in zip(areas.index, areas["name"], shapes, inside, strict=True)
    ]


def _base(result: StudyResult) -> dict[str, Any]:
    """Return what is drawn under and over the figures whatever the reader chooses."""
    return {
        "borough": _outlines([result.borough]),
        "wards": _outlines(() if result.wards is None else result.wards.geometry),
        "streets": [] if result.network is None else geojson.street_lines(result.network),
        "water": _outlines(_of_kind(result.base, "water")),
        "rivers": geojson.encoded_lines(_of_kind(result.base, "river", "coast")),
        "rail": geojson.encoded_lines(_of_kind(result.base, "rail")),
    }


def _of_kind(base: gpd.GeoDataFrame | None, *kinds: str) -> list[shapely.Geometry]:
    return [] if base is None else list(base.loc[base["kind"].isin(kinds), "geometry"])


def _outlines(shapes: Iterable[shapely.Geometry]) -> list[list[list[str]]]:
    return geojson.encoded_polygons(geojson.simplified(shapes, within_m=SIMPLIFY_M))


def _criterion(criterion: Criterion) -> dict[str, Any]:
    """Return a criterion as the page needs it to judge a scenario made by hand."""
    told = criterion.model_dump(mode="json", exclude={"source", "set_by", "set_on"})
    return told | {"unit": criterion.spec.unit, "of_change": criterion.spec.of_change}


def _verdict(verdict: Verdict, *, neighbours: bool) -> dict[str, Any]:
    return {
        "neighbours": neighbours,
        "scenario": verdict.scenario,
        "criterion": verdict.criterion.id,
        "outcome": str(verdict.outcome),
        "indication": str(verdict.indication or ""),
        "sentence": verdict.sentence,
        "reason": verdict.reason,
        "value": _number(verdict.value),
        "baseline_value": _number(verdict.baseline_value),
    }

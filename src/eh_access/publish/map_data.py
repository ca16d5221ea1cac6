"""What the map page carries."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.measures.equity import GROUPS, group_members
from eh_access.measures.scenarios import open_sites, rough_areas, rough_radius_m
from eh_access.modes import TRANSIT, VISIT, WAYS
from eh_access.publish.attribution import OSM_CREDIT, credit_lines
from eh_access.publish.charts import CHANGE
from eh_access.publish.criteria_words import how_sure, verdict_reason, verdict_sentence
from eh_access.publish.notes import note_text
from eh_access.publish.table import hiding_rules
from eh_access.publish.tabulations import DisplayAreas, display_areas
from eh_access.publish.templates import study_templates
from eh_access.publish.wording import Wording, group_words
from eh_access.study.findings import CUTOFFS_MIN, line_detail_m
from eh_access.study.reading import are_postcodes
from eh_access.study.result import BASELINE_NAME
from eh_access.tables import CRS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from eh_access.criteria.criterion import Criterion, Side, Verdict
    from eh_access.modes import TravelMode
    from eh_access.privacy.policy import Policy
    from eh_access.publish.templates import Templates
    from eh_access.study.config import ScenarioConfig, Study
    from eh_access.study.findings import Lookup, Maps
    from eh_access.study.result import ShownTimes, StudyResult

STEPS_PER_DEGREE = 100_000
GROUP_BITS, MOST_GROUPS = 5, 6
FIRST_SIGN = ord("?")
DEGREES = "EPSG:4326"
MAX_STREET_POINTS = 120_000
STREET_CLASSES: tuple[tuple[str, ...], ...] = (
    ("motorway", "trunk", "primary", "secondary", "motorway_link", "trunk_link"),
    ("tertiary", "primary_link", "secondary_link"),
    ("unclassified", "residential", "living_street", "tertiary_link"),
    ("pedestrian", "footway", "path", "cycleway", "bridleway", "steps", "track"),
)
"""Kinds of street in the order in which a crowded map keeps them."""


def to_degrees(shapes: Iterable[BaseGeometry | None]) -> gpd.GeoSeries:
    """Return shapes on the British National Grid in degrees."""
    return gpd.GeoSeries(list(shapes), crs=CRS).to_crs(DEGREES)


def encoded_lines(shapes: Iterable[BaseGeometry]) -> list[str]:
    """Return lines, in one piece or several, as encoded polylines."""
    return encode(shapely.get_parts(to_degrees(shapes).to_numpy()))


def encoded_polygons(shapes: Iterable[BaseGeometry]) -> list[list[list[str]]]:
    """Return polygons, in one piece or several, as encoded polylines."""
    placed = to_degrees(shapes).to_numpy()
    parts, shape = shapely.get_parts(placed, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    polygons: list[list[list[str]]] = [[] for _ in placed]
    of_part: list[list[str]] = [[] for _ in parts]
    for number, owner in enumerate(shape):
        polygons[owner].append(of_part[number])
    for owner, text in zip(part, encode(rings), strict=True):
        of_part[owner].append(text)
    return polygons


def encode(lines: NDArray[np.object_]) -> list[str]:
    """Return lines or rings as encoded polylines."""
    lonlat, line = shapely.get_coordinates(lines, return_index=True)
    grid = np.rint(lonlat[:, ::-1] * STEPS_PER_DEGREE).astype(np.int64)
    begins = np.diff(line, prepend=-1) > 0
    moves = np.where(begins[:, None], grid, np.diff(grid, axis=0, prepend=0))
    kept = begins | moves.any(axis=1)
    numbers = np.bincount(line[kept], minlength=len(lines)).cumsum() * 2
    moves = moves[kept].ravel()
    bits = (moves << 1) ^ (moves >> 63)  # the sign goes last
    rest = bits[:, None] >> (GROUP_BITS * np.arange(MOST_GROUPS))
    used = rest > 0
    used[:, 0] = True
    more = rest >> GROUP_BITS > 0
    signs = (rest & 31 | more << GROUP_BITS) + FIRST_SIGN
    text = signs[used].astype(np.uint8).tobytes().decode("ascii")
    ends = np.concatenate([[0], used.sum(axis=1).cumsum()])
    return [text[a:b] for a, b in pairwise([0, *ends[numbers]])]


def simplified(shapes: Iterable[BaseGeometry], *, within_m: float) -> list[BaseGeometry]:
    """Return polygons with fewer points, still fitting their neighbours."""
    given = list(shapes)
    coarse = shapely.coverage_simplify(np.array(given, dtype=object), within_m)
    return [
        new if not new.is_empty and new.is_valid else old
        for new, old in zip(coarse, given, strict=True)
    ]


def street_layers(streets: gpd.GeoDataFrame, *, within_m: float = 8.0) -> list[dict[str, Any]]:
    """Return streets for a map's base, main roads first, as many as a page can carry."""
    edges = streets.geometry.to_numpy()
    layers: list[dict[str, Any]] = []
    points = 0
    for width, kinds in zip((1.8, 1.2, 0.7, 0.4), STREET_CLASSES, strict=True):
        lines = joined(edges[streets["highway"].isin(kinds)], within_m=within_m)
        points += int(shapely.get_num_coordinates(lines).sum())
        if points > MAX_STREET_POINTS:
            break
        if len(lines):
            layers.append({"width": width, "lines": encoded_lines(lines)})
    return layers


def joined(lines: NDArray[np.object_], *, within_m: float) -> NDArray[np.object_]:
    """Return lines with fewer points, those that meet end to end made one."""
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    # each by itself: to keep all clear of one another costs a hundred times as much
    simple: NDArray[np.object_] = shapely.simplify(merged, within_m, preserve_topology=False)
    return simple


Shape = list[list[str]]
"""Parts, each of rings as encoded polylines."""

IsochroneShapes = dict[tuple[str, str, str], list[Shape]]
"""By scenario, mode and site: a shape for each cutoff."""

NumberedShape = list[list[int | str]]
"""The same, rings that several shapes share by their number."""


def isochrone_shapes(land: gpd.GeoDataFrame, modes: Iterable[TravelMode]) -> IsochroneShapes:
    """Return isochrones as encoded polylines, by scenario, mode and site one for each cutoff."""
    detail_m = {mode.name: line_detail_m(mode) for mode in modes}
    tidy = [simpler(*pair) for pair in zip(land.geometry, land["mode"].map(detail_m), strict=True)]
    shapes: IsochroneShapes = {}
    keys = zip(land["scenario"], land["mode"], land["site_id"].astype(str), strict=True)
    for key, shape in zip(keys, encoded_polygons(tidy), strict=True):
        shapes.setdefault(key, []).append(shape)
    return shapes


def _baseline_isochrones(
    shapes: IsochroneShapes, modes: Sequence[TravelMode], site_ids: pd.Index
) -> dict[str, Any]:
    """Return the isochrones of every site before any change."""
    nothing: list[Shape] = [[] for _ in CUTOFFS_MIN]
    rings, numbered = _shared(
        {
            mode.name: [
                shapes.get((BASELINE_NAME, mode.name, str(site)), nothing) for site in site_ids
            ]
            for mode in modes
        }
    )
    return {
        "cutoffs": list(CUTOFFS_MIN),
        "detail_m": {mode.name: line_detail_m(mode) for mode in modes},
        "rings": rings,
        "modes": numbered,
    }


def _shared(
    shapes: dict[str, list[list[Shape]]],
) -> tuple[list[str], dict[str, list[list[NumberedShape]]]]:
    """Return the rings in more than one shape, and the shapes with their numbers in place."""
    times = Counter(
        ring
        for of_mode in shapes.values()
        for of_site in of_mode
        for shape in of_site
        for part in shape
        for ring in part
    )
    rings = [ring for ring, count in times.items() if count > 1]
    number = {ring: at for at, ring in enumerate(rings)}
    return rings, {
        mode: [
            [[[number.get(ring, ring) for ring in part] for part in shape] for shape in of_site]
            for of_site in of_mode
        ]
        for mode, of_mode in shapes.items()
    }


def simpler(shape: BaseGeometry, detail_m: float) -> BaseGeometry:
    """Return a shape with fewer points, without the parts and holes too small to be seen."""
    least_m2 = 10 * detail_m**2
    kept = []
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon" and part.area >= least_m2:
            rings = shapely.get_rings(part)
            large = shapely.area(shapely.polygons(rings[1:])) >= least_m2
            kept.append(shapely.polygons(rings[0], rings[1:][large]))
    coarse = shapely.simplify(shapely.MultiPolygon(kept), detail_m, preserve_topology=False)
    return shapely.orient_polygons(coarse)


STEPS_PER_MIN = 10_000
"""Minutes travel in ten-thousandths, the decimals of ``origins.csv``, in three bytes each."""
BYTES = 3
UNREACHED = 256**BYTES - 1
SHOWN = 2
"""Sites a look-up shows after a decision: the nearest, and the second."""
FIRST = ord("A")


def postcode_table(lookup: Lookup, ids: pd.Index, *, ranks: int) -> dict[str, Any]:
    """Return what the map page needs to answer for a postcode."""
    minutes = {name: _columns(times.to_wide(), ids) for name, times in lookup.minutes.items()}
    return {
        "ids": [str(code) for code in lookup.postcodes],
        "steps": STEPS_PER_MIN,
        "minutes": minutes,
        "lengths": {name: _columns(times.to_wide(), ids) for name, times in lookup.lengths.items()},
        "moved": {
            scenario: {
                name: {
                    at: text
                    for at, text in zip(
                        ids.get_indexer(times.site_ids),
                        _columns(times.to_wide(), times.site_ids),
                        strict=True,
                    )
                    if text != minutes[name][at]
                }
                for name, times in by_mode.items()
            }
            for scenario, by_mode in lookup.moved.items()
        },
        "across": {
            scenario: {name: _nearest(times.minutes, ranks) for name, times in by_mode.items()}
            for scenario, by_mode in lookup.neighbours.items()
        },
    }


def _trips(maps: Maps, site_ids: pd.Index) -> dict[str, Any]:
    """Return journeys by timetable: the moment each is for, its times and rides; names numbered."""
    names: dict[str, int] = {}

    def number(name: str) -> int:
        return names.setdefault(name, len(names))

    places = {
        scenario: {
            f"{home} {site_ids.get_loc(site)}": [
                trip.moment,
                round(trip.spare_min, 4),
                trip.leaves,
                trip.arrives,
                *(
                    (
                        *(number(leg.route), number(leg.start_name), leg.leaves),
                        *(number(leg.end_name), leg.arrives),
                    )
                    for leg in trip.legs
                    if leg.kind == "ride"
                ),
            ]
            for (home, site), trip in trips.items()
        }
        for scenario, trips in maps.trips.items()
    }
    return {"names": list(names), "of": places}


def _ranks(neighbours: gpd.GeoDataFrame | None, full_time_from_hours: float) -> int:
    """Return how many of the nearest it takes for two to count, whichever sites do."""
    if neighbours is None:
        return 0
    full = open_sites(neighbours, full_time=True, full_time_from_hours=full_time_from_hours)
    return min(len(neighbours), SHOWN + len(neighbours) - len(full))


def _nearest(minutes: NDArray[np.float32], ranks: int) -> list[tuple[str, str]]:
    """Return the nearest sites of each place and the minutes to them, rank by rank."""
    # each rank is which site, a character for each postcode (see `FIRST`), and the minutes to it
    order = np.argsort(minutes, axis=1, kind="stable")
    near = np.take_along_axis(minutes, order, axis=1)
    return [
        ("".join(chr(FIRST + site) for site in order[:, rank]), _steps(near[:, rank]))
        for rank in range(ranks)
    ]


def _columns(minutes: pd.DataFrame, site_ids: pd.Index) -> list[str]:
    """Return each site's minutes, in steps, three bytes each, in base64."""
    return [_steps(minutes[site].to_numpy()) for site in site_ids]


def _steps(column: NDArray[np.float32]) -> str:
    minutes = column.astype(np.float64)
    steps = np.rint(np.where(np.isfinite(minutes), minutes * STEPS_PER_MIN, UNREACHED))
    whole = np.minimum(steps, UNREACHED).astype("<u4")
    return base64.b64encode(whole.view(np.uint8).reshape(-1, 4)[:, :BYTES].tobytes()).decode()


FORMAT = 4
SIMPLIFY_M = 15.0
CIRCLE_M = 1.0
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NO_SITE = -1
COARSE_MIN = 5
"""Between the minutes a reader may choose of two ways together."""


def build_payload(result: StudyResult, maps: Maps) -> dict[str, Any]:
    """Return everything the map page needs to answer its reader, with no server behind it."""
    result.refuse_private()
    wider = result.with_neighbours or result
    own = result.sites.sort_index().index
    sites = wider.sites.loc[own.append(wider.sites.index.difference(own))]
    templates = study_templates(result.study)
    study, words = result.study, Wording.of(result)
    shown = display_areas(result.origins, result.areas, public=result.study.weights_public)
    modes = [times.mode for name, times in result.times.items() if name not in {TRANSIT, VISIT}]
    postcodes = {"ids": None} if are_postcodes(result.origins.index) else None
    if maps.lookup is not None:
        ranks = _ranks(result.neighbours, study.settings.full_time_from_hours)
        postcodes = postcode_table(maps.lookup, own, ranks=ranks)
    shapes = {} if maps.isochrones is None else isochrone_shapes(maps.isochrones, modes)
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
        "accuracy": words.accuracy,
        "protected": ""
        if study.policy.public or result.uncertainty is None
        else words.part("tables", "sure_protected"),
        "settings": {
            "cutoff_min": study.cutoff_min,
            "loser_min": study.settings.loser_min,
            "search_min": study.settings.search_min,
            "full_time_from_hours": study.settings.full_time_from_hours,
        },
        "modes": _modes(
            *(study, wider.times_at_percentiles(BASELINE_NAME), wider.side(BASELINE_NAME)),
            maps=maps,
            site_ids=sites.index,
        ),
        "sites": _sites(sites, result.borough, own=len(own)),
        "scenarios": [
            _scenario(
                *(config, wider.scenario_sites[config.name]),
                wider.times_at_percentiles(config.name),
                site_ids=sites.index,
                shapes=shapes,
            )
            for config in result.scenarios
        ],
        "origins": _origins(result.origins, shown, study.policy, templates),
        "postcodes": postcodes,
        "trips": _trips(maps, sites.index),
        "areas": _areas(shown.areas),
        "area_word": shown.word,
        "change": CHANGE.as_data(),
        "base": {
            "borough": _outlines([result.borough]),
            "wards": _outlines(() if result.wards is None else result.wards.geometry),
            "streets": [] if maps.streets is None else street_layers(maps.streets),
            "water": _outlines(_of_kind(result.base, "water")),
            "rivers": encoded_lines(_of_kind(result.base, "river", "coast")),
            "rail": encoded_lines(_of_kind(result.base, "rail")),
        },
        "isochrones": _baseline_isochrones(shapes, modes, own) if shapes else None,
        "columns": _columns_by(study.criteria, result.origins),
        "criteria": [_criterion(criterion) for criterion in study.criteria],
        "verdicts": [
            _verdict(verdict, templates, neighbours=run is not result)
            for run in dict.fromkeys((result, wider))
            for verdict in run.verdicts
        ],
        "hours_kept": [
            {"kept": item.hours, **_verdict(item.verdict, templates, neighbours=item.neighbours)}
            for item in maps.hours_kept
        ],
        "notes": [
            {"level": note.level, "text": note_text(note, templates)} for note in result.notes
        ],
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


LEAST_MIN, MOST_MIN = 10, 60
"""Of the minutes a reader may choose, each way."""


def _limits(study: Study, mode: str, searched_min: float) -> dict[str, float]:
    """Return from how many minutes to how many a reader may choose, and those shown first."""
    ways, near = WAYS.get(mode, 1), study.near_min(mode)
    asked = [near, *study.cutoffs_min(mode)]
    least = min(LEAST_MIN * ways, *(math.floor(minutes) for minutes in asked))
    most = max(MOST_MIN * ways, *(math.ceil(minutes) for minutes in asked))
    most = min(most, math.floor(searched_min))  # beyond it nobody is known to be within
    least = min(least, max(most - 1, 0))
    coarse = ways > 1 and all(minutes % COARSE_MIN == 0 for minutes in (*asked, least, most))
    return {"least": least, "most": most, "step": COARSE_MIN if coarse else 1, "first": near}


def _modes(
    study: Study,
    shown: ShownTimes,
    side: Side,
    *,
    maps: Maps,
    site_ids: pd.Index,
) -> list[dict[str, Any]]:
    """Return the modes with their minutes; ``back`` is None if not known, "" if as there."""
    modes = []
    for name, (times, percentile) in shown.items():
        there = _packed(times.select(site_ids).minutes)
        back, lengths = (
            _packed(known[name].select(site_ids).minutes) if name in known else None
            for known in (side.times_back, maps.lengths)
        )
        modes.append(
            {
                "name": name,
                "of": times.mode.name,
                "percentile": percentile,
                "limits": _limits(study, times.mode.name, times.cutoff_min),
                "label": times.mode.label,
                "speed_km_h": times.mode.speed_km_h,
                "uses_road_speeds": times.mode.uses_road_speeds,
                "estimated": times.estimated,
                "method": times.method,
                "minutes": there,
                "back": "" if back == there else back,
                "distances": lengths,
            }
        )
    return modes


def _packed(minutes: NDArray[np.float32]) -> str:
    """Return minutes, one site after the other, as little-endian float32 in base64."""
    return base64.b64encode(np.ascontiguousarray(minutes.T, "<f4").tobytes()).decode("ascii")


def _sites(sites: gpd.GeoDataFrame, borough: BaseGeometry, *, own: int) -> list[dict[str, Any]]:
    """Return the sites, lettered; those after the study's own are neighbours' and numbered."""
    places = to_degrees(sites.geometry)
    areas = rough_areas(sites, borough)
    shapes = encoded_polygons(areas.simplify(CIRCLE_M))
    rough_at = dict(zip(areas.index, shapes, strict=True))
    entries = []
    rows = zip(sites.itertuples(), places, rough_radius_m(sites), strict=True)
    for number, (site, place, rough) in enumerate(rows):
        known = place is not None and not place.is_empty
        entries.append(
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
    return entries


def _letter(number: int) -> str:
    """Return A to Z, then A2 to Z2, and so on."""
    turn = number // len(LETTERS)
    return LETTERS[number % len(LETTERS)] + (str(turn + 1) if turn else "")


def _scenario(
    described: ScenarioConfig,
    there: gpd.GeoDataFrame,
    shown: ShownTimes,
    *,
    site_ids: pd.Index,
    shapes: IsochroneShapes,
) -> dict[str, Any]:
    sites = there.reindex(site_ids)
    return {
        "name": described.name,
        "label": described.label,
        "note": described.note,
        "open": [int(is_open) for is_open in sites["is_open"]],
        "hours": [_number(hours) for hours in sites["hours_per_week"]],
        "moved": _payload_moved(described, there, shown, site_ids, shapes),
    }


def _payload_moved(
    described: ScenarioConfig,
    there: gpd.GeoDataFrame,
    shown: ShownTimes,
    site_ids: pd.Index,
    shapes: IsochroneShapes,
) -> list[dict[str, Any]]:
    """Return the sites with minutes of their own under a scenario: all where streets change."""
    moves = {change.site for change in described.move}
    whole = described.streets or described.timetable
    chosen = there.index[there.geometry.notna()] if whole else pd.Index(sorted(moves))
    moved = []
    for site in map(str, chosen):
        place = there.geometry[site]
        degrees = to_degrees([place]).iloc[0]
        drawn = {mode: shapes.get((described.name, mode, site)) for mode in shown}
        moved.append(
            {
                "site": int(site_ids.get_indexer(pd.Index([site]))[0]),
                "stays": site not in moves,
                "at": [round(degrees.y, 6), round(degrees.x, 6)],
                "easting": place.x,
                "northing": place.y,
                "radius_m": float(there.loc[site, "location_radius_m"]),
                "rough_m": float(rough_radius_m(there.loc[[site]])[0]),
                "minutes": {
                    mode: _packed(times.select([site]).minutes)
                    for mode, (times, _) in shown.items()
                },
                "isochrones": {mode: shape for mode, shape in drawn.items() if shape},
            }
        )
    return moved


def _origins(
    origins: gpd.GeoDataFrame, shown: DisplayAreas, policy: Policy, templates: Templates
) -> dict[str, Any]:
    places = to_degrees(origins.geometry)
    at = np.column_stack([places.y, places.x])
    wards, ward_names = _coded(origins.get("ward_name"), len(origins))
    number = {area: position for position, area in enumerate(shown.areas.index)}
    # counts that are not public travel as shares of their sum, for by place they are counts of few
    whole = 1.0 if policy.public else float(origins["weight"].sum())
    return {
        "whole": whole,
        "id": [str(origin) for origin in origins.index],
        "at": [int(value) for value in np.rint(at * STEPS_PER_DEGREE).ravel()],
        "weight": [float(weight) / whole for weight in origins["weight"]],
        "area": [number.get(area, NO_SITE) for area in shown.area_of_origin],
        "ward": wards,
        "ward_names": ward_names,
        "groups": _groups(origins, templates),
    }


def _coded(column: pd.Series | None, length: int) -> tuple[list[int], list[str]]:
    """Return a column as numbers into a sorted list of its words."""
    if column is None:
        return [NO_SITE] * length, []
    words = sorted({str(word) for word in column.dropna()})
    number = {word: position for position, word in enumerate(words)}
    return [number.get(str(word), NO_SITE) for word in column], words


def _groups(origins: gpd.GeoDataFrame, templates: Templates) -> list[dict[str, str]]:
    """Return who may be asked about: members as a text of 1 (in), 0 (out) and ? (not known)."""
    groups = []
    for name, group in GROUPS.items():
        if group.column not in origins:
            continue
        members = group_members(origins, name).map({True: "1", False: "0"}).fillna("?")
        label = group_words(name, templates)
        groups.append({"id": name, "label": label, "members": "".join(members)})
    return groups


def _columns_by(criteria: Iterable[Criterion], origins: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the columns by which criteria tell areas apart."""
    columns = {}
    for criterion in criteria:
        if criterion.by is not None and criterion.by in origins:
            codes, names = _coded(origins[criterion.by], len(origins))
            columns[criterion.by] = {"codes": codes, "names": names}
    return columns


def _areas(areas: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    shapes = _outlines(areas.geometry)
    inside = to_degrees(areas.geometry.representative_point())
    return [
        {
            "id": str(area),
            "name": str(name),
            "at": [round(point.y, 5), round(point.x, 5)],
            "shape": shape,
        }
        for area, name, shape, point in zip(areas.index, areas["name"], shapes, inside, strict=True)
    ]


def _of_kind(base: gpd.GeoDataFrame | None, *kinds: str) -> list[shapely.Geometry]:
    return [] if base is None else list(base.loc[base["kind"].isin(kinds), "geometry"])


def _outlines(shapes: Iterable[shapely.Geometry]) -> list[list[list[str]]]:
    return encoded_polygons(simplified(shapes, within_m=SIMPLIFY_M))


def _criterion(criterion: Criterion) -> dict[str, Any]:
    """Return a criterion as the page needs it to judge a scenario made by hand."""
    fields = criterion.model_dump(mode="json", exclude={"source", "set_by", "set_on"})
    kind = criterion.kind
    return fields | {"unit": kind.unit, "of_change": kind.of_change, "figure": kind.figure}


def _verdict(verdict: Verdict, templates: Templates, *, neighbours: bool) -> dict[str, Any]:
    return {
        "neighbours": neighbours,
        "scenario": verdict.scenario,
        "criterion": verdict.criterion.id,
        "outcome": str(verdict.outcome),
        "sure": how_sure(verdict, templates),
        "indication": str(verdict.indication or ""),
        "sentence": verdict_sentence(verdict, templates),
        "reason": verdict_reason(verdict, templates),
        "value": _number(verdict.value),
        "baseline_value": _number(verdict.baseline_value),
    }

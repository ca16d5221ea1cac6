"""What goes into the GeoPackage: the layers, their columns and their colours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from eh_access.analysis.hiding import hide_small
from eh_access.analysis.isochrones import isochrones
from eh_access.analysis.rough import rough_areas
from eh_access.analysis.scenarios import open_sites
from eh_access.publish import drawing, figures
from eh_access.publish.attribution import credit_lines
from eh_access.publish.facts import facts
from eh_access.publish.geojson import edge_lines, joined
from eh_access.publish.geopackage import Layer, categorised_style, graduated_style, line_style
from eh_access.publish.hiding import FACTS, MARK_NOTE
from eh_access.publish.shading import CHANGE
from eh_access.publish.squares import display_areas
from eh_access.publish.wording import headline
from eh_access.publish.words import clause
from eh_access.routing.estimate import ACCURACY
from eh_access.tables import CRS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.network.model import Network
    from eh_access.study.results import StudyResult

AREA_FACTS = {
    "weight": "weight",
    "within_share_before": "within_before_share",
    "within_share_after": "within_after_share",
    "mean_before_min": "before_min",
    "mean_after_min": "after_min",
    "mean_change_min": "change_min",
    "weight_loses": "loses_weight",
}
FULL_TIME = "full_time"
"""Stands in the names of columns about the nearest site that is open full-time."""

MAIN_ROADS = ("motorway", "trunk", "primary", "secondary")
SITE_COLUMNS = [
    *("name", "kind", "location_basis", "location_radius_m", "existence"),
    *("hours_per_week", "status"),
]
ISOCHRONE_COLOUR = "#BCD3EA"
STREET_COLOUR, STREET_DETAIL_M = "#8C8C8C", 1.0
ORIGIN_STYLE = {
    "loses_all": ("cross2", drawing.DARK_PINK),
    "loses": ("triangle", drawing.ORANGE),
    "unchanged": ("circle", "#BFBFBF"),
    "gains": ("square", drawing.TURQUOISE),
    "gains_access": ("square", drawing.TURQUOISE),
    "still_unreached": ("circle", drawing.INK),
}


def slug(*parts: str) -> str:
    """Return words as the beginning of a column's name."""
    return "_".join(parts).replace("-", "_").lower()


def site_status(result: StudyResult, scenario: str) -> pd.Series:
    """Return what a scenario does to each site, in the words of the map's legend."""
    full_from = result.study.settings.full_time_from_hours
    after = result.scenario_sites[scenario]
    before = result.scenario_sites["baseline"]
    was, full_before, now, full_now = (
        open_sites(sites, full_time=full, full_time_from_hours=full_from)
        for sites in (before, after)
        for full in (False, True)
    )
    ids = after.index[after.index.isin(was.union(now))]
    old, new = before.geometry.reindex(ids), after.geometry.reindex(ids)
    moved = ~(old.geom_equals(new, align=False) | (old.isna() & new.isna())).to_numpy()
    hours = before["hours_per_week"].reindex(ids), after["hours_per_week"].reindex(ids)
    same_hours = ((hours[0] == hours[1]) | (hours[0].isna() & hours[1].isna())).to_numpy()
    status = np.select(
        [
            ~ids.isin(now),
            ~ids.isin(was),
            moved,
            ids.isin(full_before) & ids.isin(full_now),
            same_hours,
        ],
        [figures.CLOSES, figures.OPENS, figures.MOVES, figures.STAYS, figures.PART_TIME],
        default=figures.CHANGES,
    )
    return pd.Series(status, index=ids, dtype="str")


def area_changes(result: StudyResult, mode: str) -> dict[str, gpd.GeoDataFrame]:
    """Return, by scenario, the areas to colour: before and after to the nearest full-time site."""
    # Means are weighted, over those who reach one both before and after; NaN where nobody does.
    shown = display_areas(result.origins, result.areas, public=result.study.weights_public)
    by = pd.Series(shown.area_of_origin, index=result.origins.index)
    # all scenarios at once, for one may tell of another
    found = pd.concat(
        facts(comparison, by, cutoff_min=result.study.settings.cutoff_min)
        .rename_axis("group")
        .reset_index()
        .assign(scenario=name)
        for (name, way), comparison in result.comparisons_full_time.items()
        if way == mode
    )
    told, _ = hide_small(found, FACTS, result.study.policy)
    outlines = shown.areas[["name", "geometry"]]
    return {
        str(scenario): outlines.join(
            rows.set_index("group")[list(AREA_FACTS)].rename(columns=AREA_FACTS).round(4)
        )
        for scenario, rows in told.groupby("scenario")
    }


def layers(result: StudyResult) -> list[Layer]:
    """Return every layer of a study."""
    result.refuse_private()
    scenario, mode = headline(result), result.modes[0]
    found = [_sites_layer(result, scenario), *_rough_layer(result)]
    if result.neighbours is not None:
        found.append(_neighbours_layer(result, result.neighbours))
    if scenario is not None:
        found.append(_origins_layer(result, scenario))
    found.append(_areas_layer(result, scenario, mode))
    if result.network is not None:
        found += [_isochrones_layer(result, result.network), streets_layer(result.network)]
    return [_marked(layer, estimated=result.estimated) for layer in found]


def _marked(layer: Layer, *, estimated: bool) -> Layer:
    """Return a layer whose every row, and whose description, say whether times are estimates."""
    title = f"{layer.title} (INDICATIVE: times are estimated)" if estimated else layer.title
    return replace(layer, title=title, frame=layer.frame.assign(estimated=estimated))


def _sites_layer(result: StudyResult, scenario: str | None) -> Layer:
    name = scenario or "baseline"
    sites = result.scenario_sites[name].assign(status=site_status(result, name))
    sites = sites[sites["status"].notna()]
    kept = [*SITE_COLUMNS, "geometry"]
    style = categorised_style(
        "status",
        {
            figures.STAYS: ("circle", drawing.DARK_BLUE),
            figures.CHANGES: ("square", drawing.DARK_PINK),
            figures.CLOSES: ("cross2", drawing.DARK_PINK),
            figures.MOVES: ("diamond", drawing.DARK_PINK),
            figures.OPENS: ("triangle", drawing.TURQUOISE),
            figures.PART_TIME: ("pentagon", drawing.DARK_BLUE),
        },
        size_mm=3.2,
        marks="name",
    )
    return Layer(name="sites", title=f"Sites under {name}", frame=sites[kept], style=style)


def _neighbours_layer(result: StudyResult, neighbours: gpd.GeoDataFrame) -> Layer:
    """Return the sites just outside the area that others run."""
    word = f"a neighbour's {result.study.site_word}"
    frame = neighbours.assign(status=word)[[*SITE_COLUMNS, "geometry"]]
    style = categorised_style("status", {word: ("diamond", STREET_COLOUR)}, size_mm=3.2)
    title = f"{result.study.site_word.capitalize()}s just outside the area that others run"
    return Layer(name="neighbours", title=title, frame=frame, style=style)


def _rough_layer(result: StudyResult) -> list[Layer]:
    """Return where sites known only roughly may be, if there are any."""
    areas = rough_areas(result.sites, result.borough)
    if areas.empty:
        return []
    columns = ["name", "location_basis", "location_radius_m"]
    frame = gpd.GeoDataFrame(result.sites.loc[areas.index, columns], geometry=areas.boundary)
    title = "Lines within which sites known only roughly lie, cut to the study's area"
    style = line_style(drawing.INK, 0.3)
    return [Layer(name="rough_sites", title=title, frame=frame, style=style)]


def _origins_layer(result: StudyResult, scenario: str) -> Layer:
    """Return the origins with before, after and outcome by each mode."""
    frame = result.origins[["weight", "area_id", "geometry"]].copy()
    frame["weight"] = result.study.policy.shown(frame["weight"])
    for mode in result.modes:
        rows = result.comparisons_full_time[scenario, mode].frame
        for column in ("before_min", "after_min", "change_min", "site_after", "outcome"):
            values = rows[column].reindex(frame.index)
            values = values.round(4) if column.endswith("_min") else values
            frame[slug(mode, FULL_TIME, column)] = values
    shown = slug(result.modes[0], FULL_TIME, "outcome")
    style = categorised_style(shown, ORIGIN_STYLE, size_mm=1.4)
    title = (
        f"Where {result.study.unit} are counted (points), under {scenario}: minutes to the nearest "
        f"full-time {result.study.site_word} before and after; inf = not reached"
    )
    return Layer(name="origins", title=title, frame=frame, style=style)


def _areas_layer(result: StudyResult, scenario: str | None, mode: str) -> Layer:
    """Return the areas with a group of columns for each scenario and mode."""
    shown = display_areas(result.origins, result.areas, public=result.study.weights_public)
    frame = shown.areas[["name", "geometry"]].copy()
    modes = dict.fromkeys(by for _, by in result.comparisons_full_time)
    by_mode = {name: area_changes(result, name) for name in modes}
    for compared, by in result.comparisons_full_time:
        changes = by_mode[by][compared]
        frame["weight"] = changes["weight"]
        for column in [name for name in AREA_FACTS.values() if name != "weight"]:
            frame[slug(compared, by, column)] = changes[column]
    style = ""
    if scenario is not None:
        bounds = (-1e6, *CHANGE.bounds, 1e6)
        classes = list(zip(bounds[:-1], bounds[1:], CHANGE.labels, CHANGE.colours, strict=True))
        style = graduated_style(slug(scenario, mode, "change_min"), classes)
    title = (
        f"Change by {shown.word}: minutes to the nearest full-time {result.study.site_word} before "
        "and after"
    )
    return Layer(name="areas", title=title, frame=frame, style=style)


def _isochrones_layer(result: StudyResult, network: Network) -> Layer:
    """Return what lies within the cutoff of each site by the study's first mode."""
    mode, cutoff = result.times[result.modes[0]].mode, result.study.settings.cutoff_min
    located = result.sites[result.sites.geometry.notna()]
    frame = isochrones(network, located, mode=mode, cutoffs_min=[cutoff])
    words = f"within {cutoff:g} minutes {mode.label}"
    style = graduated_style("cutoff_min", [(0.0, cutoff, words, ISOCHRONE_COLOUR)])
    title = f"Land {words} of each site before, along streets"
    return Layer(name="isochrones", title=title, frame=frame, style=style)


def streets_layer(network: Network) -> Layer:
    """Return streets as lines: a row for what hangs together under one name, kind and OSM way."""
    kind = np.array([tags.get("highway", "") for tags in network.tag_sets], dtype=object)
    alike = pd.DataFrame(
        {
            "name": np.array([*network.names, ""], dtype=object)[network.edge_name],
            "highway": kind[network.edge_tags],
            "osm_way_id": network.edge_way,
        }
    )
    street = _hanging_together(network, alike.groupby(list(alike), sort=False).ngroup().to_numpy())
    order = np.argsort(street, kind="stable")
    lines = shapely.multilinestrings(edge_lines(network)[order], indices=street[order])
    merged = shapely.line_merge(lines)
    simple = shapely.simplify(merged, STREET_DETAIL_M, preserve_topology=False)
    # a loop shorter than the detail is left as it is
    pieces, owner = shapely.get_parts(
        np.where(shapely.is_empty(simple), lines, simple), return_index=True
    )
    shapes = shapely.multilinestrings(pieces, indices=owner)
    first = np.unique(street, return_index=True)[1]
    frame = gpd.GeoDataFrame(alike.take(first).reset_index(drop=True), geometry=shapes, crs=CRS)
    frame.insert(3, "length_m", np.bincount(street, network.length_m).round(2))
    return Layer(
        name="streets",
        title="Streets used, from OpenStreetMap",
        frame=frame,
        style=line_style(STREET_COLOUR, 0.15),
    )


def _hanging_together(network: Network, kind: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """Return a number for each edge, the same for edges of one kind that join at their ends."""
    ends = np.concatenate([network.edge_from, network.edge_to]) + np.tile(
        kind * network.node_count, 2
    )
    corners, corner = np.unique(ends, return_inverse=True)
    edge_from, edge_to = np.split(corner, 2)
    joins = coo_array((np.ones(len(kind)), (edge_from, edge_to)), shape=(len(corners),) * 2)
    label: NDArray[np.integer[Any]] = connected_components(joins, directed=False)[1]
    return label[edge_from]


def main_roads(result: StudyResult) -> gpd.GeoSeries | None:
    """Return the main roads to find one's way by on a printed map, or None without streets."""
    if result.network is None:
        return None
    kind = np.array([tags.get("highway", "") for tags in result.network.tag_sets])
    lines = edge_lines(result.network)[np.isin(kind, MAIN_ROADS)[result.network.edge_tags]]
    return gpd.GeoSeries(joined(lines, within_m=figures.SIMPLIFY_M), crs=CRS)


def geopackage_metadata(result: StudyResult) -> str:
    """Return what the GeoPackage says about itself: what, how, licences and credits."""
    study = result.study
    lines = [study.title, study.question]
    if result.estimated:
        lines.append(ACCURACY)
    lines += [
        f"{study.weight_label}: {clause(study.weight_basis)}.",
        f"Criteria sha256: {study.criteria_sha256()}",
        *(() if study.policy.public else (f"A count or share with no value: {MARK_NOTE}",)),
        *(f"{item.title}: {item.publisher}, {item.licence}" for item in result.provenance),
        *credit_lines(result.provenance),
    ]
    return "\n".join(lines)

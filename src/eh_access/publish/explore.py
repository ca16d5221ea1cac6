"""Maps of results to move about in: every word escaped, nothing asked of a server."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eh_access.publish.drawing import GREY, INK
from eh_access.publish.plots import NOBODY, SITE_INK, located, nearest_of, titled
from eh_access.publish.shading import CHANGE, TIMES, Shading, shaded_shapes

if TYPE_CHECKING:
    import folium
    import geopandas as gpd

    from eh_access.analysis.comparison import Comparison
    from eh_access.routing.types import TravelTimes

DEGREES = "EPSG:4326"
NO_COLOUR = "#FFFFFF"


@dataclass(frozen=True, kw_only=True)
class Shaded:
    """One layer of a map."""

    name: str  # its name in the switch, if there are several
    values: pd.Series  # by origin, in the unit of the shading
    weights: pd.Series
    words: Callable[[float], str]  # A value in words


def explore_times(
    times: TravelTimes,
    origins: gpd.GeoDataFrame,
    *,
    areas: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    tiles: str | None = None,
) -> folium.Map:
    """Return `TravelTimes.explore`, whose parameters these are."""
    nearest, weights = nearest_of(times, origins)
    title = titled(f"{TIMES.title}, {times.mode.label}", estimated=times.estimated)
    layer = Shaded(name=TIMES.title, values=nearest, weights=weights, words=_reached_words)
    return page_of(TIMES, [layer], origins, title=title, over=(areas, sites, tiles))


def explore_change(
    comparison: Comparison,
    origins: gpd.GeoDataFrame,
    *,
    areas: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    tiles: str | None = None,
) -> folium.Map:
    """Return `Comparison.explore`, whose parameters these are."""
    frame = comparison.frame
    title = titled(f"{CHANGE.title}, {comparison.mode.label}", estimated=comparison.estimated)
    layer = Shaded(
        name=CHANGE.title, values=frame["change_min"], weights=frame["weight"], words=_added_words
    )
    return page_of(CHANGE, [layer], origins, title=title, over=(areas, sites, tiles))


Over = tuple["gpd.GeoDataFrame | None", "gpd.GeoDataFrame | None", "str | None"]


def page_of(
    shading: Shading, layers: list[Shaded], origins: gpd.GeoDataFrame, *, title: str, over: Over
) -> folium.Map:
    """Return a map of some layers, one shown at a time."""
    import folium  # noqa: PLC0415 - heavy

    areas, sites, tiles = over
    drawn = folium.Map(tiles=tiles, control_scale=True)
    for number, layer in enumerate(layers):
        shapes, values = shaded_shapes(layer.values, layer.weights, origins, areas)
        shown = shapes.to_crs(DEGREES)
        west, south, east, north = shown.total_bounds
        drawn.fit_bounds([[south, west], [north, east]])
        names = shapes.index if areas is None or "name" not in areas else areas["name"]
        rows = pd.DataFrame(
            {
                "place": [html.escape(str(name)) for name in names],
                "told": [NOBODY if np.isnan(value) else layer.words(value) for value in values],
                "colour": [
                    NO_COLOUR if found < 0 else shading.colours[found]
                    for found in shading.classes(values)
                ],
            },
            index=shapes.index,
        )
        holder = folium.FeatureGroup(
            html.escape(layer.name), overlay=len(layers) == 1, show=number == 0
        )
        holder.add_to(drawn)
        _add_layer(holder, shown, rows, {"place": "Place", "told": html.escape(shading.title)})
    if sites is not None:
        known = located(sites)
        dots = pd.DataFrame(
            {"place": [html.escape(str(name)) for name in known["name"]], "colour": SITE_INK},
            index=known.index,
        )
        group = folium.FeatureGroup("sites", control=False)
        group.add_to(drawn)
        _add_layer(group, known.geometry.to_crs(DEGREES), dots, {"place": "Site"})
    if len(layers) > 1:
        folium.LayerControl(position="bottomleft", collapsed=False).add_to(drawn)
    figure: Any = drawn.get_root()
    figure.html.add_child(folium.Element(_legend_html(shading, title)))
    return drawn


def _add_layer(
    holder: folium.FeatureGroup, shapes: gpd.GeoSeries, rows: pd.DataFrame, told: dict[str, str]
) -> None:
    """Add shapes with what is said of each; every word is escaped already."""
    import folium  # noqa: PLC0415 - heavy
    import geopandas as gpd  # noqa: PLC0415 - heavy

    table = gpd.GeoDataFrame(rows.reset_index(drop=True), geometry=list(shapes), crs=DEGREES)
    folium.GeoJson(
        table.to_json(drop_id=True),
        style_function=lambda feature: {
            "fillColor": feature["properties"]["colour"],
            "fillOpacity": 0.8,
            "color": INK,
            "weight": 0.6,
        },
        marker=folium.CircleMarker(radius=6, fill=True),
        tooltip=folium.GeoJsonTooltip(list(told), aliases=list(told.values()), localize=False),
    ).add_to(holder)


def _reached_words(minutes: float) -> str:
    return "out of reach" if np.isinf(minutes) else f"{minutes:.1f}"


def _added_words(minutes: float) -> str:
    if np.isinf(minutes):
        return "no longer reached by all" if minutes > 0 else "newly reached"
    return f"{minutes:+.1f}"


def _legend_html(shading: Shading, title: str) -> str:
    rows = "".join(
        f'<div><span style="display:inline-block;width:1em;height:1em;border:1px solid {INK};'
        f'background:{colour}"></span> {html.escape(label)}</div>'
        for label, colour in zip(shading.labels, shading.colours, strict=True)
    )
    heading = html.escape(title).replace("\n", "<br>")
    return (
        '<div style="position:fixed;top:.6em;right:.6em;z-index:9999;background:white;'
        f'padding:.6em;font:13px system-ui,sans-serif;color:{INK};border:1px solid {GREY}">'
        f"<strong>{heading}</strong>{rows}<div>north is up</div></div>"
    )

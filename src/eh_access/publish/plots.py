"""Pictures of results, for notebooks and for print: a scale bar, north, and a legend with units."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eh_access.analysis.rough import rough_radius_m
from eh_access.publish.attribution import OSM_CREDIT
from eh_access.publish.drawing import DARK_PINK, GREY, INK, SETTINGS
from eh_access.publish.shading import CHANGE, TIMES, Shading, shaded_shapes

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    from matplotlib.axes import Axes

    from eh_access.analysis.comparison import Comparison
    from eh_access.routing.types import TravelTimes

INDICATIVE = "INDICATIVE: estimated from straight lines, not along streets"
NOBODY = "nobody counted"
SITE_INK = DARK_PINK


def plot_change(
    comparison: Comparison,
    origins: gpd.GeoDataFrame,
    *,
    areas: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the minutes a choice adds: by area, or origin by origin.

    Parameters
    ----------
    comparison
        From `compare`.
    origins
        The origins compared: points, with ``area_id`` if there are areas.
    areas
        Polygons by ``area_id``; each takes the weighted mean of its origins, and the highest class
        if anybody there loses reach. None draws the origins themselves: where these are families
        of your own, such a picture shows where they live and must not leave the office.
    sites
        Points with ``name``, drawn on top.
    ax
        Where to draw; None makes a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        With what it shows in its title; INDICATIVE where times are estimates.

    Raises
    ------
    NotFoundError
        If the origins lack one of those compared.
    InputError
        If areas are given and no origin lies in any.

    Examples
    --------
    >>> from eh_access.study.config import load_study
    >>> from eh_access.study.run import run_study
    >>> result = run_study(load_study("rotherham"))
    >>> change = result.comparisons_full_time["deregister-closed", "walk"]
    >>> axes = plot_change(change, result.origins, areas=result.areas, sites=result.sites)
    >>> print(axes.get_title(loc="left"))
    Minutes added, on foot
    INDICATIVE: estimated from straight lines, not along streets
    >>> import matplotlib.pyplot as plt
    >>> plt.close(axes.figure)
    """
    frame = comparison.frame
    shapes = shaded_shapes(frame["change_min"], frame["weight"], origins, areas)
    title = f"{CHANGE.title}, {comparison.mode.label}"
    return _draw(CHANGE, shapes, sites, ax, _titled(title, estimated=comparison.estimated))


def plot_times(
    times: TravelTimes,
    origins: gpd.GeoDataFrame,
    *,
    areas: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the minutes to the nearest site: by area, or origin by origin.

    Parameters
    ----------
    times
        From `travel_time_matrix` or `estimate_travel_times`; ``times.select(ids)`` for some sites.
    origins
        The origins asked for: points with ``weight``, and ``area_id`` if there are areas.
    areas
        As for `plot_change`.
    sites
        Points with ``name``, drawn on top.
    ax
        Where to draw; None makes a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        With what it shows in its title; INDICATIVE where times are estimates.

    Raises
    ------
    NotFoundError
        If the origins lack one of those asked for.
    InputError
        If areas are given and no origin lies in any.

    Examples
    --------
    >>> from eh_access.modes import WALK
    >>> from eh_access.routing.estimate import estimate_travel_times
    >>> from eh_access.sources.bundled import load_origins, load_sites
    >>> origins, sites = load_origins("newport_postcode"), load_sites("newport_sites")
    >>> axes = plot_times(estimate_travel_times(origins, sites, mode=WALK), origins, sites=sites)
    >>> [text.get_text() for text in axes.get_legend().get_texts()][:2]
    ['under 10 minutes', '10 to 20 minutes']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(axes.figure)
    """
    nearest = times.nearest()["minutes"]
    weights = origins["weight"].reindex(nearest.index).fillna(0.0)
    shapes = shaded_shapes(nearest, weights, origins, areas)
    title = f"{TIMES.title}, {times.mode.label}"
    return _draw(TIMES, shapes, sites, ax, _titled(title, estimated=times.estimated))


def explore_change(
    comparison: Comparison,
    origins: gpd.GeoDataFrame,
    *,
    areas: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    tiles: str | None = None,
) -> folium.Map:
    """Return a map of the minutes a choice adds, to move about in.

    Parameters
    ----------
    comparison, origins, areas, sites
        As for `plot_change`.
    tiles
        A background of folium's, "OpenStreetMap" for instance; None asks no server for any.

    Returns
    -------
    folium.Map
        To show, to add to, or to keep with ``save``. `inline_map` makes it a page that works with
        the network unplugged.

    Raises
    ------
    NotFoundError
        If the origins lack one of those compared.
    InputError
        If areas are given and no origin lies in any.

    Examples
    --------
    >>> from eh_access.study.config import load_study
    >>> from eh_access.study.run import run_study
    >>> result = run_study(load_study("rotherham"))
    >>> change = result.comparisons_full_time["deregister-closed", "walk"]
    >>> page = explore_change(change, result.origins, areas=result.areas).get_root().render()
    >>> "1 to 5 minutes more" in page, "INDICATIVE" in page
    (True, True)
    """
    import folium  # noqa: PLC0415 - heavy

    frame = comparison.frame
    shapes, minutes = shaded_shapes(frame["change_min"], frame["weight"], origins, areas)
    shown = shapes.to_crs("EPSG:4326")
    west, south, east, north = shown.total_bounds
    drawn = folium.Map(tiles=tiles, control_scale=True)
    drawn.fit_bounds([[south, west], [north, east]])
    classes = CHANGE.classes(minutes)
    names = shapes.index if areas is None or "name" not in areas else areas["name"]
    rows = pd.DataFrame(
        {
            "place": [html.escape(str(name)) for name in names],
            "added": [_minutes_words(value) for value in minutes],
            "colour": ["#FFFFFF" if c < 0 else CHANGE.colours[c] for c in classes],
        },
        index=shapes.index,
    )
    _add_layer(drawn, shown, rows, {"place": "Place", "added": "Minutes added"})
    if sites is not None:
        known = _located(sites)
        dots = pd.DataFrame(
            {"place": [html.escape(str(name)) for name in known["name"]], "colour": SITE_INK},
            index=known.index,
        )
        _add_layer(drawn, known.geometry.to_crs("EPSG:4326"), dots, {"place": "Site"})
    title = _titled(f"{CHANGE.title}, {comparison.mode.label}", estimated=comparison.estimated)
    figure: Any = drawn.get_root()
    figure.html.add_child(folium.Element(_legend_html(CHANGE, title)))
    return drawn


def _add_layer(
    drawn: folium.Map, shapes: gpd.GeoSeries, rows: pd.DataFrame, told: dict[str, str]
) -> None:
    """Add shapes with what is said of each; every word is escaped already."""
    import folium  # noqa: PLC0415 - heavy
    import geopandas as gpd  # noqa: PLC0415 - heavy

    table = gpd.GeoDataFrame(rows.reset_index(drop=True), geometry=list(shapes), crs="EPSG:4326")
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
    ).add_to(drawn)


def _minutes_words(minutes: float) -> str:
    if np.isnan(minutes):
        return NOBODY
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


def _titled(title: str, *, estimated: bool) -> str:
    return f"{title}\n{INDICATIVE}" if estimated else f"{title}\n{OSM_CREDIT}"


def _located(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return sites[~(sites.geometry.isna() | sites.geometry.is_empty)]


def _draw(
    shading: Shading,
    shapes: tuple[gpd.GeoSeries, pd.Series],
    sites: gpd.GeoDataFrame | None,
    ax: Axes | None,
    title: str,
) -> Axes:
    import matplotlib as mpl  # noqa: PLC0415 - heavy
    from matplotlib import pyplot as plt  # noqa: PLC0415 - heavy
    from matplotlib.patches import Patch  # noqa: PLC0415 - heavy

    geometry, minutes = shapes
    classes = shading.classes(minutes)
    with mpl.rc_context(SETTINGS):
        axes = plt.subplots(figsize=(8.0, 7.0))[1] if ax is None else ax
        handles = []
        looks = zip(shading.labels, shading.colours, shading.hatches, strict=True)
        for number, (label, colour, hatch) in enumerate([*looks, (NOBODY, "white", "")]):
            chosen = geometry[classes == (number if number < len(shading.labels) else -1)]
            if not len(chosen):
                continue
            points = bool((chosen.geom_type == "Point").all())
            size: dict[str, Any] = {"markersize": 12} if points else {"hatch": hatch or None}
            edge = colour if points and colour != "white" else GREY
            chosen.plot(ax=axes, facecolor=colour, edgecolor=edge, linewidth=0.3, **size)
            handles.append(
                Patch(facecolor=colour, edgecolor=GREY, hatch=hatch or None, label=label)
            )
        if sites is not None:
            handles.append(_draw_sites(axes, _located(sites).to_crs("EPSG:27700")))
        axes.set_title(title, loc="left", fontsize=10)
        axes.legend(handles=handles, title=shading.title, loc="upper left",
                    bbox_to_anchor=(1.0, 1.0), frameon=False, alignment="left")  # fmt: skip
        _furnish(axes)
    return axes


def _draw_sites(axes: Axes, sites: gpd.GeoDataFrame) -> Any:  # noqa: ANN401 - an artist
    """Draw sites with their names; those known roughly wear their circle."""
    from matplotlib.patches import Circle  # noqa: PLC0415 - heavy
    from matplotlib.patheffects import withStroke  # noqa: PLC0415 - heavy

    for name, point in zip(sites["name"], sites.geometry, strict=True):
        # a name is text, never a formula to typeset
        text = str(name).replace("$", r"\$")
        label = axes.annotate(text, (point.x, point.y), (5, 4), textcoords="offset points")
        label.set(fontsize=7, path_effects=[withStroke(linewidth=2, foreground="white")])
    if "location_basis" in sites:
        for radius_m, point in zip(rough_radius_m(sites), sites.geometry, strict=True):
            # where a place is known only roughly, the circle it may lie in
            if radius_m > 0:
                circle = Circle((point.x, point.y), radius_m, fill=False, ls="--", ec=SITE_INK)
                axes.add_patch(circle)
    across, up = sites.geometry.x, sites.geometry.y
    style: dict[str, Any] = {"marker": "X", "ms": 9, "ls": "", "mec": "white", "color": SITE_INK}
    return axes.plot(across, up, label="site", zorder=5, **style)[0]


def _furnish(axes: Axes) -> None:
    """Add a scale bar and north; both ends of the bar lie on the map's own metres."""
    axes.set_aspect("equal")
    axes.set_axis_off()
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    sizes = (50_000, 20_000, 10_000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10)
    length_m = next((size for size in sizes if size <= (east - west) / 3), 5)
    y = south - 0.03 * (north - south)
    axes.plot([east - length_m, east], [y, y], color=INK, linewidth=2, solid_capstyle="butt")
    words = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m} m"  # noqa: PLR2004
    middle = (east - length_m / 2, y)
    axes.annotate(words, middle, (0, 3), textcoords="offset points", ha="center", fontsize=8)
    axes.annotate(
        "N",
        (0.03, 0.12),
        (0.03, 0.03),
        xycoords="axes fraction",
        ha="center",
        arrowprops={"arrowstyle": "-|>", "color": INK},
    )

"""Pictures of results, for notebooks and for print: a scale bar, north, and a legend with units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eh_access.analysis.rough import rough_radius_m
from eh_access.publish.attribution import OSM_CREDIT
from eh_access.publish.drawing import DARK_BLUE, DARK_PINK, GREY, INK, SETTINGS
from eh_access.publish.labels import write_names
from eh_access.publish.shading import CHANGE, TIMES, Shading, shaded_shapes

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

    from eh_access.analysis.comparison import Comparison
    from eh_access.routing.types import TravelTimes

INDICATIVE = "INDICATIVE: estimated from straight lines, not along streets"
NOBODY = "nobody counted"
SITE_INK = DARK_PINK
POINTS_PER_INCH = 72.0


def plot_change(
    comparison: Comparison,
    origins: gpd.GeoDataFrame,
    *,
    areas: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Return `Comparison.plot`, whose parameters these are."""
    frame = comparison.frame
    shapes = shaded_shapes(frame["change_min"], frame["weight"], origins, areas)
    title = f"{CHANGE.title}, {comparison.mode.label}"
    return _draw(CHANGE, shapes, sites, ax, titled(title, estimated=comparison.estimated))


def plot_times(
    times: TravelTimes,
    origins: gpd.GeoDataFrame,
    *,
    areas: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Return `TravelTimes.plot`, whose parameters these are."""
    nearest, weights = nearest_of(times, origins)
    shapes = shaded_shapes(nearest, weights, origins, areas)
    title = f"{TIMES.title}, {times.mode.label}"
    return _draw(TIMES, shapes, sites, ax, titled(title, estimated=times.estimated))


def nearest_of(times: TravelTimes, origins: gpd.GeoDataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the minutes to the nearest site and the weight of each origin asked for."""
    nearest = times.nearest()["minutes"]
    return nearest, origins["weight"].reindex(nearest.index).fillna(0.0)


def titled(title: str, *, estimated: bool) -> str:
    """Return a title with what must stand below it: that times are estimates, or the credit."""
    return f"{title}\n{INDICATIVE}" if estimated else f"{title}\n{OSM_CREDIT}"


def located(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the sites whose place is known at all."""
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
        axes = ax
        if axes is None:  # room is made for the legend beside the map
            axes = plt.subplots(figsize=(9.5, 7.0), layout="compressed")[1]
        handles = []
        looks = zip(shading.labels, shading.colours, shading.hatches, strict=True)
        for number, (label, colour, hatch) in enumerate([*looks, (NOBODY, "white", "")]):
            chosen = geometry[classes == (number if number < len(shading.labels) else -1)]
            if not len(chosen):
                continue
            points = bool((chosen.geom_type == "Point").all())
            size: dict[str, Any] = {"markersize": 16} if points else {"hatch": hatch or None}
            chosen.plot(ax=axes, facecolor=colour, edgecolor=GREY, linewidth=0.3, **size)
            handles.append(
                Patch(facecolor=colour, edgecolor=GREY, hatch=hatch or None, label=label)
            )
        if sites is not None:
            handles += _draw_sites(axes, located(sites).to_crs("EPSG:27700"))
        axes.set_title(title, loc="left", fontsize=10)
        axes.legend(handles=handles, title=shading.title, loc="upper left",
                    bbox_to_anchor=(1.0, 1.0), frameon=False, alignment="left")  # fmt: skip
        _furnish(axes)
    return axes


def _draw_sites(axes: Axes, sites: gpd.GeoDataFrame) -> list[Any]:
    """Draw sites with their names, those closed apart; those known roughly wear their circle."""
    from matplotlib.patches import Circle  # noqa: PLC0415 - heavy

    if "location_basis" in sites:
        for radius_m, point in zip(rough_radius_m(sites), sites.geometry, strict=True):
            # where a place is known only roughly, the circle it may lie in
            if radius_m > 0:
                circle = Circle((point.x, point.y), radius_m, fill=False, ls="--", ec=SITE_INK)
                axes.add_patch(circle)
    across, up = sites.geometry.x, sites.geometry.y
    closed = across.isna()  # none: a site that is drawn has a place
    if "is_open" in sites:
        closed = ~sites["is_open"].astype(bool)
    looks: tuple[tuple[pd.Series, str, dict[str, Any]], ...] = (
        (~closed, "site", {"marker": "o", "ms": 9, "color": DARK_BLUE}),
        (closed, "site that is closed", {"marker": "X", "ms": 11, "color": SITE_INK}),
    )
    marks = [
        axes.plot(across[chosen], up[chosen], label=label, zorder=5, ls="", mec="white", **style)[0]
        for chosen, label, style in looks
        if chosen.any()
    ]
    west, east = axes.get_xlim()
    width_pt = axes.get_window_extent().width * POINTS_PER_INCH / axes.figure.dpi
    places = list(zip(across, up, strict=True))
    write_names(axes, places, list(sites["name"]), points_per_metre=width_pt / (east - west))
    return marks


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

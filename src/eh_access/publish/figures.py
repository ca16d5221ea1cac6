"""Figures for print: the map of the change and its bars, the same every time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from eh_access.analysis.rough import rough_areas, rough_radius_m
from eh_access.publish import words
from eh_access.publish.drawing import (
    DARK_BLUE,
    DARK_PINK,
    GREY,
    INK,
    ORANGE,
    TURQUOISE,
    Drawing,
    blank_figure,
    drawn,
)
from eh_access.publish.labels import write_names
from eh_access.publish.shading import CHANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

UNCHANGED = 1
LAST_CLASS = len(CHANGE.labels) - 1
SIMPLIFY_M = 25.0
ROADS_BEYOND_M = 2000.0
WIDTH_IN, HEIGHT_IN = 7.4, 6.4
POINTS_PER_INCH = 72.0
STAYS, CHANGES, CLOSES = "stays full-time", "hours change", "closes"
MOVES, OPENS, PART_TIME = "moves", "opens", "part-time, as before"
MARKS = {
    STAYS: ("o", DARK_BLUE),
    PART_TIME: ("p", DARK_BLUE),
    CHANGES: ("s", DARK_PINK),
    CLOSES: ("X", DARK_PINK),
    MOVES: ("D", DARK_PINK),
    OPENS: ("^", TURQUOISE),
}


def map_svg(
    areas: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    borough: BaseGeometry,
    wards: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoSeries | None = None,
) -> Drawing:
    """Return a map of the minutes added in each area, with the sites on it."""
    with blank_figure(WIDTH_IN, HEIGHT_IN) as (figure, axes):
        counted = areas[areas["change_min"].notna()]
        classes = CHANGE.classes(counted["change_min"])
        shapes = counted.geometry.simplify(SIMPLIFY_M, preserve_topology=True)
        for number, colour in enumerate(CHANGE.colours):
            chosen = shapes[classes == number]
            if len(chosen):
                chosen.plot(
                    ax=axes,
                    facecolor=colour,
                    edgecolor="white" if number < LAST_CLASS else INK,
                    linewidth=0.3,
                    hatch=CHANGE.hatches[number] or None,
                )
        if wards is not None:
            wards.geometry.simplify(SIMPLIFY_M).boundary.plot(ax=axes, color=GREY, linewidth=0.4)
        if roads is not None and len(roads):
            seen = roads.clip_by_rect(*borough.buffer(ROADS_BEYOND_M).bounds)
            seen[~seen.is_empty].plot(ax=axes, color=GREY, linewidth=0.5)
        edge = gpd.GeoSeries([borough.simplify(SIMPLIFY_M)]).boundary
        edge.plot(ax=axes, color=INK, linewidth=1.0)
        located = sites[~(sites.geometry.isna() | sites.geometry.is_empty)]
        scale = _furnish(axes, shapes.total_bounds, located.total_bounds)
        _draw_rough(axes, located, borough)
        _draw_sites(axes, located, scale=scale)
        _map_legend(axes, sites, classes)
        return drawn(figure)


def _draw_rough(axes: Axes, sites: gpd.GeoDataFrame, borough: BaseGeometry) -> None:
    """Draw the circles that sites known only roughly may lie in, cut to the borough."""
    areas = rough_areas(sites, borough)
    for status, edge in areas.boundary.groupby(sites["status"]):
        colour = MARKS[str(status)][1]
        edge.plot(ax=axes, color="white", linewidth=3.0)
        edge.plot(ax=axes, color=colour, linewidth=1.2, linestyle="--")


def _draw_sites(axes: Axes, sites: gpd.GeoDataFrame, *, scale: float) -> None:
    """Draw sites with their names; ``scale`` is points of paper to a metre."""
    places = [(point.x, point.y) for point in sites.geometry]
    for row in sites.itertuples():
        shape, colour = MARKS[row.status]
        x, y = row.geometry.x, row.geometry.y
        axes.plot(x, y, marker=shape, color=colour, markersize=8, mec="white", mew=0.9, ls="")
    changed = [status != STAYS for status in sites["status"]]
    write_names(axes, places, list(sites["name"]), points_per_metre=scale, bold=changed)


def _furnish(axes: Axes, *bounds: NDArray[np.float64]) -> float:
    """Frame what is to be seen, with a scale bar and north; return points to a metre."""
    seen = [box for box in bounds if np.isfinite(box).all()]
    west, south = np.min([box[:2] for box in seen], axis=0)
    east, north = np.max([box[2:] for box in seen], axis=0)
    margin = 0.04 * max(east - west, north - south)
    axes.set_xlim(west - margin, east + margin)
    axes.set_ylim(south - 2 * margin, north + margin)
    axes.set_aspect("equal")
    axes.set_axis_off()
    length_m = next(size for size in (5000, 2000, 1000, 500, 200, 1) if size < (east - west) / 3)
    x, y = east - length_m, south - margin * 1.4
    axes.plot([x, x + length_m], [y, y], color=INK, linewidth=2, solid_capstyle="butt")
    label = f"{length_m / 1000:g} km"
    axes.annotate(label, (x + length_m / 2, y), (0, 3), textcoords="offset points", ha="center")
    # beside the scale, below all that is drawn: an arrow on the outline would not be seen
    pole = x - 0.6 * margin
    axes.annotate(
        "",
        (pole, y + 0.9 * margin),
        (pole, y - 0.2 * margin),
        arrowprops={"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 0},
    )
    axes.annotate("N", (pole, y), (-5, 0), textcoords="offset points", ha="right", va="center")
    across, up = east - west + 2 * margin, north - south + 3 * margin
    return float(min(WIDTH_IN / across, HEIGHT_IN / up) * POINTS_PER_INCH)


def _map_legend(axes: Axes, sites: gpd.GeoDataFrame, classes: NDArray[np.intp]) -> None:
    """Explain colours, patterns and marks in words."""
    from matplotlib.lines import Line2D  # noqa: PLC0415 - heavy
    from matplotlib.patches import Patch  # noqa: PLC0415 - heavy

    there = set(classes)
    handles: list[Any] = [
        Patch(
            facecolor=CHANGE.colours[number],
            edgecolor=GREY,
            hatch=CHANGE.hatches[number] or None,
            label=label,
        )
        for number, label in enumerate(CHANGE.labels)
        if number in there or number == UNCHANGED
    ]
    handles += [
        Line2D([], [], marker=shape, color=colour, ls="", mec="white", markersize=8, label=status)
        for status, (shape, colour) in MARKS.items()
        if (sites["status"] == status).any()
    ]
    if (rough_radius_m(sites) > 0).any():
        handles.append(Line2D([], [], color=GREY, ls="--", label="somewhere in this circle"))
    legend = axes.figure.legend(
        handles=handles,
        title="Mean minutes added, and sites",
        loc="outside upper left",
        ncols=4,
        frameon=False,
        fontsize=7.5,
        alignment="left",
    )
    legend.get_title().set_fontweight("bold")
    legend.get_title().set_fontsize(8)


def bars_svg(
    labels: Sequence[str],
    before: Sequence[float],
    after: Sequence[float],
    *,
    axis_label: str,
    target: tuple[float, str] | None = None,
) -> Drawing:
    """Return paired bars of percentages before and after, each with its figure."""
    count = len(labels)
    with blank_figure(7.4, 0.62 * count + 1.3) as (figure, axes):
        place = np.arange(count)
        for offset, values, colour, hatch, name in (
            (-0.19, before, DARK_BLUE, "", "before"),
            (0.19, after, ORANGE, "////", "after"),
        ):
            bars = axes.barh(
                place + offset,
                np.nan_to_num(values),
                0.36,
                color=colour,
                hatch=hatch,
                edgecolor="white",
            )
            bars.set_label(name)
            axes.bar_label(
                bars, [words.percentage(value) for value in values], padding=3, fontsize=8
            )
        if target is not None:
            axes.axvline(target[0], color=INK, linewidth=1, linestyle="--", label=target[1])
        axes.set_yticks(place, labels)
        axes.invert_yaxis()
        axes.set_xlim(0, 112)
        axes.set_xticks(range(0, 101, 20))
        axes.set_xlabel(axis_label)
        axes.tick_params(axis="y", length=0)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False)
        return drawn(figure)

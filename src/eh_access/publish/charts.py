"""Figures and pictures of results, the same every time."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import geopandas as gpd
import numpy as np
import pandas as pd

from eh_access.arguments import places
from eh_access.errors import InputError, NotFoundError
from eh_access.measures.scenarios import rough_areas, rough_radius_m
from eh_access.modes import LABELS
from eh_access.publish import numbers
from eh_access.publish.attribution import OSM_CREDIT, credit_lines
from eh_access.tables import complete_sites, weighted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from eh_access.measures.comparison import Comparison
    from eh_access.provenance import Provenance
    from eh_access.routing.travel_times import TravelTimes

DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE = "#12436D", "#28A197", "#801650", "#F46A25"
INK, GREY, PALE, LIGHT = "#222222", "#6B6B6B", "#F3F3F1", "#8FB0D3"
LONG_NUMBER = re.compile(r"([1-9]\d*\.\d\d)\d+")
"""Places finer than a hundredth of a point, which no eye can tell (scales below 1 stay exact)."""
SETTINGS: Any = {
    "svg.hashsalt": "eh_access",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
PNG_DPI = 150


class Drawing(str):
    """A figure as SVG, which is its text, with the same figure as PNG for Word."""

    __slots__ = ("_figure",)
    _figure: Figure | None  # what it was drawn from

    def __new__(cls, svg: str, figure: Figure | None = None) -> Self:
        """Return the text with the figure beside it."""
        made = super().__new__(cls, svg)
        made._figure = figure
        return made

    @property
    def png(self) -> bytes:
        """The same drawing as PNG; drawn when it is asked for, which a page never does."""
        import matplotlib as mpl  # noqa: PLC0415 - heavy

        if self._figure is None:
            return b""
        with mpl.rc_context(SETTINGS), _quiet(), io.BytesIO() as picture:
            self._figure.savefig(picture, format="png", dpi=PNG_DPI, metadata={"Software": None})
            return picture.getvalue()


@contextmanager
def _quiet() -> Iterator[None]:
    """Let a sign that the font lacks be drawn as a box; every name stands in the tables as well."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


@contextmanager
def blank_figure(width_in: float, height_in: float) -> Iterator[tuple[Figure, Axes]]:
    """Yield an empty figure that is part of no global state."""
    import matplotlib as mpl  # noqa: PLC0415 - heavy
    from matplotlib.figure import Figure  # noqa: PLC0415 - heavy

    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        yield figure, figure.add_subplot()


def drawn(figure: Figure) -> Drawing:
    """Return a figure as SVG without the date it was drawn, ready to be drawn as PNG."""
    with io.StringIO() as stream, _quiet():
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        # laid out once is enough
        figure.set_layout_engine("none")
        return Drawing(LONG_NUMBER.sub(r"\1", stream.getvalue()), figure)


def blank_axes(ax: Axes | None, size_in: tuple[float, float], layout: str) -> Axes:
    """Return axes to draw on: those given, or those of a new picture."""
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt  # noqa: PLC0415 - heavy

    from eh_access.publish.writers.picture import Picture  # noqa: PLC0415 - heavy

    axes: Axes = plt.figure(FigureClass=Picture, figsize=size_in, layout=layout).add_subplot()
    return axes


LETTER_WIDTH = 0.6
"""Mean width of a letter as a share of the font's size."""

GAP_PT = 6.0
NAME_PT = 7.0
Box = tuple[float, float, float, float]


def place_labels(
    places: Sequence[tuple[float, float]], texts: Sequence[str], *, size_pt: float
) -> list[tuple[float, float, str]]:
    """Return where each label goes beside its mark: the first of eight places that is free."""
    marks = [(x - GAP_PT / 2, y - GAP_PT / 2, x + GAP_PT / 2, y + GAP_PT / 2) for x, y in places]
    taken: list[Box] = []
    chosen = []
    for number, ((x, y), text) in enumerate(zip(places, texts, strict=True)):
        others = [*marks[:number], *marks[number + 1 :], *taken]
        width = LETTER_WIDTH * size_pt * len(text)
        options = [
            (dx, dy, side)
            for dy in (2.0, -size_pt - 1, size_pt + 2, -2 * size_pt)
            for dx, side in ((GAP_PT, "left"), (-GAP_PT, "right"))
        ]
        free = [at for at in options if not _overlaps(_box((x, y), at, width, size_pt), others)]
        best = (free or options)[0]
        taken.append(_box((x, y), best, width, size_pt))
        chosen.append(best)
    return chosen


def write_names(
    axes: Axes,
    places_m: Sequence[tuple[float, float]],
    names: Sequence[str],
    *,
    points_per_metre: float,
    bold: Sequence[bool] | None = None,
) -> None:
    """Write names beside marks on a map, each on a pale edge and none on another."""
    from matplotlib.patheffects import withStroke  # noqa: PLC0415 - heavy

    texts = [numbers.short_name(name) for name in names]
    on_paper = [(x * points_per_metre, y * points_per_metre) for x, y in places_m]
    offsets = place_labels(on_paper, texts, size_pt=NAME_PT)
    loud = [False] * len(texts) if bold is None else bold
    for place, text, (dx, dy, side), stands_out in zip(places_m, texts, offsets, loud, strict=True):
        axes.annotate(
            # a name is text, never a formula to typeset
            text.replace("$", r"\$"),
            place,
            xytext=(dx, dy),
            textcoords="offset points",
            ha=side,
            fontsize=NAME_PT,
            fontweight="bold" if stands_out else "normal",
            path_effects=[withStroke(linewidth=2.2, foreground="white")],
        )


def _box(
    mark: tuple[float, float], offset: tuple[float, float, str], width: float, height: float
) -> Box:
    x, y = mark[0] + offset[0], mark[1] + offset[1]
    left = x if offset[2] == "left" else x - width
    return left, y, left + width, y + height


def _overlaps(box: Box, others: Iterable[Box]) -> bool:
    return any(
        box[0] < right and left < box[2] and box[1] < top and bottom < box[3]
        for left, bottom, right, top in others
    )


OR_LOST = ", or out of reach"


@dataclass(frozen=True)
class Shading:
    """Classes of figures."""

    title: str  # what is shaded, with its unit
    bounds: tuple[float, ...]  # between classes; a value on a bound belongs to the class above
    labels: tuple[str, ...]  # one for each class, lowest first
    colours: tuple[str, ...]
    hatches: tuple[str, ...]

    @property
    def labels_apart(self) -> tuple[str, ...]:
        """The labels where what is out of reach has a class of its own, the last."""
        return (*(label.removesuffix(OR_LOST) for label in self.labels), "no longer reached")

    def as_data(self) -> dict[str, list[Any]]:
        """Return what the page of the map draws classes with, what is out of reach apart."""
        return {
            "bounds": list(self.bounds),
            "labels": list(self.labels_apart),
            "colours": list(self.colours),
        }

    def classes(self, figures: pd.Series) -> NDArray[np.intp]:
        """Return the class of each value, 0 the lowest; NaN, nobody counted, is -1."""
        values = figures.to_numpy(dtype=float)
        classes = np.searchsorted(self.bounds, values, side="right")
        return np.where(np.isnan(values), -1, classes)


CHANGE = Shading(
    "Minutes added",
    (-1.0, 1.0, 5.0, 10.0),
    (
        "at least 1 minute less",
        "under 1 minute either way",
        "1 to 5 minutes more",
        "5 to 10 minutes more",
        f"10 minutes or more{OR_LOST}",
    ),
    (TURQUOISE, PALE, "#FBC8AD", ORANGE, "#A33B08"),
    ("\\\\", "", "", "....", "////"),
)
TIMES = Shading(
    "Minutes to the nearest site",
    (10.0, 20.0, 30.0, np.finfo(float).max),
    ("under 10 minutes", "10 to 20 minutes", "20 to 30 minutes", "over 30 minutes", "out of reach"),
    ("#DCE6F0", "#8FB0D3", "#3F76AE", DARK_BLUE, DARK_PINK),
    ("", "", "", "....", "////"),
)
SHORT = Shading(
    "Share that falls short",
    (np.finfo(float).tiny, 0.5, 1.0),
    ("none", "under half", "half or more", "all"),
    (PALE, "#FBC8AD", ORANGE, "#A33B08"),
    ("", "", "....", "////"),
)

LOSING = Shading(
    "Share who lose",
    (np.finfo(float).tiny, 0.05, 0.1, 0.25),
    ("none", "under 5%", "5% to 10%", "10% to 25%", "25% or more"),
    (PALE, "#FDE3D3", "#FBC8AD", ORANGE, "#A33B08"),
    ("", "", "", "....", "////"),
)


def shaded_shapes(
    minutes: pd.Series,
    weights: pd.Series,
    origins: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame | None,
) -> tuple[gpd.GeoSeries, pd.Series]:
    """Return the shapes to shade and the minutes of each."""
    places("origins", origins)
    missing = minutes.index.difference(origins.index)
    if len(missing):
        raise NotFoundError(f"origins: {len(missing)} are missing, the first '{missing[0]}'")
    points = origins.loc[minutes.index]
    if areas is None:
        placed = ~(points.geometry.isna() | points.geometry.is_empty)
        return points.geometry[placed].to_crs("EPSG:27700"), minutes[placed]
    if "area_id" not in points or not points["area_id"].isin(areas.index).any():
        raise InputError(
            "origins: their 'area_id' names none of the areas; give the areas they were assigned "
            "to, or leave areas out to draw the origins themselves"
        )
    counted = weights > 0
    groups = points["area_id"][counted]
    whole = weights[counted].groupby(groups).sum()
    finite = minutes[counted].where(np.isfinite(minutes[counted]), 0.0)
    means = (finite * weights[counted]).groupby(groups).sum() / whole
    for endless in (-np.inf, np.inf):  # who loses reach outweighs who gains it
        means[(minutes[counted] == endless).groupby(groups).any()] = endless
    return areas.geometry.to_crs("EPSG:27700"), means.reindex(areas.index)


UNCHANGED = 1
LAST_CLASS = len(CHANGE.labels) - 1
SIMPLIFY_M = 25.0
ROADS_BEYOND_M = 2000.0
WIDTH_IN, HEIGHT_IN = 7.4, 6.4
POINTS_PER_INCH = 72.0
STAYS, REDUCED, CLOSES = "stays full-time", "becomes part-time", "closes"
MOVES, OPENS, PART_TIME = "moves", "opens", "part-time, as before"
CHANGES = "hours change"
MARKS = {
    STAYS: ("o", DARK_BLUE),
    PART_TIME: ("p", DARK_BLUE),
    REDUCED: ("s", DARK_PINK),
    CHANGES: ("h", DARK_PINK),
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
        outlines = areas.geometry.simplify(SIMPLIFY_M, preserve_topology=True)
        counted = areas["change_min"].notna()
        classes, shapes = CHANGE.classes(areas["change_min"][counted]), outlines[counted]
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
        bounds = outlines.total_bounds, edge.total_bounds, located.total_bounds
        scale = _furnish(axes, *bounds)
        _draw_rough(axes, located, borough)
        _draw_sites(axes, located, scale=scale)
        _map_legend(axes, sites, classes)
        return drawn(figure)


def shares_svg(shapes: gpd.GeoSeries, shares: pd.Series) -> Drawing:
    """Return a map of many areas by the share of their people who lose."""
    with blank_figure(WIDTH_IN, HEIGHT_IN) as (figure, axes):
        handles = _shade(axes, LOSING, shapes, shares, missing=("hidden", "xx"), linewidth=0.4)
        _furnish(axes, shapes.total_bounds)
        figure.legend(
            handles=handles,
            title=LOSING.title,
            loc="outside upper left",
            ncols=len(handles),
            frameon=False,
            fontsize=7.5,
            alignment="left",
        )
        return drawn(figure)


def _shade(
    axes: Axes,
    shading: Shading,
    shapes: gpd.GeoSeries,
    figures: pd.Series,
    *,
    missing: tuple[str, str],
    linewidth: float,
) -> list[Any]:
    """Shade shapes by their figures, return the legend; ``missing``: label and hatch of none."""
    from matplotlib.patches import Patch  # noqa: PLC0415 - heavy

    classes, handles = shading.classes(figures), []
    looks = zip(shading.labels, shading.colours, shading.hatches, strict=True)
    for number, (label, colour, hatch) in enumerate([*looks, (missing[0], "white", missing[1])]):
        chosen = shapes[classes == (number if number < len(shading.labels) else -1)]
        if not len(chosen):
            continue
        points = bool((chosen.geom_type == "Point").all())
        size: dict[str, Any] = {"markersize": 16} if points else {"hatch": hatch or None}
        chosen.plot(ax=axes, facecolor=colour, edgecolor=GREY, linewidth=linewidth, **size)
        handles.append(Patch(facecolor=colour, edgecolor=GREY, hatch=hatch or None, label=label))
    return handles


def _draw_rough(axes: Axes, sites: gpd.GeoDataFrame, borough: BaseGeometry) -> None:
    """Draw the circles that sites known only roughly may lie in, cut to the borough."""
    # no second line along the borough's own
    outlines = rough_areas(sites, borough).boundary.difference(borough.boundary.buffer(1.0))
    for status, edge in outlines.groupby(sites["status"]):
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


BEFORE_AFTER = ((DARK_BLUE, "o", "before"), (ORANGE, "D", "after"))
"""How before and after are told apart: colour and mark."""


def dots_svg(
    labels: Sequence[str], before: Sequence[float], after: Sequence[float], *, axis_label: str
) -> Drawing:
    """Return a row for each place: a dot before, a diamond after, and a line between."""
    with blank_figure(7.4, 0.21 * len(labels) + 0.75) as (figure, axes):
        place = np.arange(len(labels))
        axes.hlines(place, before, after, color=GREY, linewidth=1.2, zorder=1)
        for values, (colour, mark, name) in zip((before, after), BEFORE_AFTER, strict=True):
            axes.plot(values, place, ls="", marker=mark, ms=6, color=colour, label=name)
            for value, row in zip(values, place, strict=True):
                low = value == min(before[int(row)], after[int(row)])
                axes.annotate(
                    f"{value:.1f}",  # as the table has it: a whole number would be rounded twice
                    (value, row),
                    (-6 if low else 6, 0),
                    textcoords="offset points",
                    ha="right" if low else "left",
                    va="center",
                    fontsize=7.5,
                )
        axes.set_yticks(place, labels)
        axes.set_ylim(len(labels) - 0.4, -0.6)
        axes.set_xlim(0, 1.08 * max(*before, *after))
        axes.set_xlabel(axis_label)
        axes.tick_params(axis="y", length=0)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
        return drawn(figure)


def slopes_svg(
    labels: Sequence[str], before: Sequence[float], after: Sequence[float], *, axis_label: str
) -> Drawing:
    """Return a line for each place from its count before to its count after."""
    known = np.isfinite(before) & np.isfinite(after)
    ends = np.array([before, after])[:, known]
    names = [label for label, is_known in zip(labels, known, strict=True) if is_known]
    with blank_figure(7.4, 2.5) as (figure, axes):
        for was, now in ends.T:
            colour = ORANGE if now > was else GREY
            axes.plot([0, 1], [was, now], color=colour, marker="o", ms=4, linewidth=1.4)
        for at, values in enumerate(ends):
            for name, value, height in zip(
                names, values, spread(values, LABEL_ROOM * ends.max()), strict=True
            ):
                beside = at + (LABEL_GAP if at else -LABEL_GAP)
                axes.plot([at, beside], [value, height], color=GREY, linewidth=0.4)
                text = f" {value:,.0f}  {name}" if at else f"{name}  {value:,.0f} "
                side = "left" if at else "right"
                axes.text(beside, height, text, ha=side, va="center", fontsize=7.5)
        axes.set_xlim(-0.75, 1.75)
        axes.set_ylim(-0.12 * ends.max(), 1.08 * ends.max())
        axes.set_xticks([0, 1], ["before", "after"])
        axes.tick_params(axis="x", length=0)
        axes.spines["bottom"].set_visible(False)
        axes.set_ylabel(axis_label)
        axes.spines["left"].set_visible(False)
        axes.set_yticks([])
        return drawn(figure)


LABEL_ROOM, LABEL_GAP = 0.09, 0.04
"""Height of a label as a share of the largest value, and its distance from its line."""


def spread(values: NDArray[np.float64], apart: float) -> NDArray[np.float64]:
    """Return heights for labels, each near its value and none nearer to another than so much."""
    order = np.argsort(values, kind="stable")
    heights = values[order].astype(float)
    for _ in range(len(heights)):  # pushes neighbours apart by equal parts until none overlaps
        for low in range(len(heights) - 1):
            short = apart - (heights[low + 1] - heights[low])
            if short > 0:
                heights[low] -= short / 2
                heights[low + 1] += short / 2
    spread_out = np.empty_like(heights)
    spread_out[order] = heights
    return spread_out


def curves_svg(
    panels: Sequence[tuple[str, Sequence[float], Sequence[float], Sequence[float]]],
    *,
    unit: str,
) -> Drawing:
    """Return a small chart for each way of travelling: shares within more and more minutes."""
    across = min(len(panels), CURVES_ACROSS)
    down = -(-len(panels) // across)
    with blank_figure(7.4, 2.5 * down) as (figure, axes):
        axes.remove()
        grid = figure.subplots(down, across, sharey=True, squeeze=False)
        every = grid.ravel()
        for spare in every[len(panels) :]:
            spare.remove()
        for panel, (name, minutes, before, after) in zip(every, panels, strict=False):
            looks = zip((before, after), BEFORE_AFTER, ("-", "--"), strict=True)
            for values, (colour, mark, when), line in looks:
                panel.plot(minutes, values, color=colour, marker=mark, ms=4, ls=line, label=when)
            panel.set_title(name, fontsize=9, loc="left")
            panel.set_xticks(minutes, [f"{value:g}" for value in minutes], fontsize=7.5)
            panel.set_ylim(0, 104)
            panel.grid(axis="y", color="#DDDDDD", linewidth=0.6)
            panel.set_xlabel("minutes or less", fontsize=8)
        for first in grid[:, 0]:
            first.set_ylabel(f"% of {unit}")
        every[0].legend(loc="lower right", frameon=False, fontsize=8)
        return drawn(figure)


CURVES_ACROSS = 3
"""So many charts of curves stand side by side: with more, names and minutes would collide."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Strip:
    """One criterion in every draw; all figures as they are printed."""

    label: str
    unit: str
    draws: NDArray[np.float64]
    threshold: float
    ends: tuple[float, float, float]  # the low end of nine in ten draws, the middle, the high end


STRIP_BINS, STRIP_ROOM = 48, 0.06
"""Bars of a strip, and the room left and right of what is drawn as a share of its width."""


def strips_svg(strips: Sequence[Strip]) -> Drawing:
    """Return a strip for each criterion: its draws, their middle and range, the threshold."""
    from matplotlib.lines import Line2D  # noqa: PLC0415 - heavy

    looks: Any = {"color": ORANGE, "marker": "D", "ms": 5, "mec": INK, "mew": 0.6}
    limit: Any = {"color": INK, "ls": "--", "linewidth": 1.4}
    with blank_figure(7.4, 0.66 * len(strips) + 0.4) as (figure, axes):
        axes.remove()
        for panel, strip in zip(
            figure.subplots(len(strips), 1, squeeze=False)[:, 0], strips, strict=True
        ):
            low, middle, high = strip.ends
            seen = np.array([*strip.draws[np.isfinite(strip.draws)], strip.threshold])
            room = STRIP_ROOM * (np.ptp(seen) or 1.0)
            across = (seen.min(), seen.max() + room / 9)
            panel.hist(
                strip.draws, bins=STRIP_BINS, range=across, color=LIGHT, histtype="stepfilled"
            )
            tallest = panel.get_ylim()[1]
            panel.plot([low, high], [-0.22 * tallest] * 2, color=DARK_BLUE, linewidth=3)
            panel.plot(middle, -0.22 * tallest, **looks)
            panel.axvline(strip.threshold, **limit)
            panel.set_xlim(seen.min() - room, seen.max() + room)
            panel.set_ylim(-0.5 * tallest, tallest)
            panel.set_yticks([])
            panel.spines["left"].set_visible(False)
            panel.tick_params(axis="x", labelsize=7, length=2, pad=1)
            name = f"{strip.label}\n({strip.unit})"
            panel.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=7.5)
        handles = [
            Line2D([], [], color=LIGHT, linewidth=6, label="draws"),
            Line2D([], [], **limit, label="threshold"),
            Line2D([], [], color=DARK_BLUE, linewidth=3, label="nine in ten draws"),
            Line2D([], [], ls="", **looks, label="the middle one"),
        ]
        figure.legend(handles=handles, loc="outside upper right", ncols=4, frameon=False)
        return drawn(figure)


def scatter_svg(
    across: NDArray[np.float64],
    up: NDArray[np.float64],
    *,
    marks: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    labels: tuple[str, str],
) -> Drawing:
    """Return sets of sites as points, those unbeaten and the choice made marked apart."""
    unbeaten, chosen = marks
    others = ~unbeaten & ~chosen
    with blank_figure(7.4, 3.6) as (figure, axes):
        for rows, shape, colour, size, name in (
            (others, "o", GREY, 3.5, "other sets"),
            (unbeaten & ~chosen, "D", DARK_BLUE, 4.5, "beaten by none on every measure"),
            (chosen, "X", ORANGE, 11, "the choice made"),
        ):
            axes.plot(
                *(across[rows], up[rows]), marker=shape, color=colour, ms=size, ls="", label=name
            )[0].set_markeredgecolor(INK if shape == "X" else "white")
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False)
        return drawn(figure)


def bars_svg(
    labels: Sequence[str],
    before: Sequence[float],
    after: Sequence[float],
    *,
    axis_label: str,
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
                bars, [numbers.percentage(value) for value in values], padding=3, fontsize=8
            )
        axes.set_yticks(place, labels)
        axes.invert_yaxis()
        axes.set_xlim(0, 112)
        axes.set_xticks(range(0, 101, 20))
        axes.set_xlabel(axis_label)
        axes.tick_params(axis="y", length=0)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False)
        return drawn(figure)


INDICATIVE = "INDICATIVE: estimated from straight lines, not along streets"
NOBODY = "nobody counted"
SITE_INK = DARK_PINK
SITE, CLOSED_SITE = "site", "site that is closed"
MAP_IN = (9.5, 7.0)


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
    return _draw(CHANGE, shapes, marked(sites, comparison), ax, title_of(CHANGE, comparison))


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
    return _draw(TIMES, shapes, sites, ax, title_of(TIMES, times))


def nearest_of(times: TravelTimes, origins: gpd.GeoDataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the minutes to the nearest site and the weight of each origin asked for."""
    nearest = times.nearest()["minutes"]
    return nearest, weighted(origins)["weight"].reindex(nearest.index).fillna(0.0)


def titled(title: str, *, estimated: bool, provenance: Iterable[Provenance] = ()) -> str:
    """Return a title with what must stand below it: that times are estimates, or the credits."""
    owed = ", ".join(credit_lines(provenance)) or OSM_CREDIT
    return f"{title}\n{INDICATIVE if estimated else owed}"


def title_of(shading: Shading, shaded: Comparison | TravelTimes) -> str:
    """Return what a map is called that is shaded by times or a comparison."""
    return titled(
        f"{shading.title}, {shaded.mode.label}",
        estimated=shaded.estimated,
        provenance=shaded.provenance,
    )


def marked(sites: gpd.GeoDataFrame | None, comparison: Comparison) -> gpd.GeoDataFrame | None:
    """Return sites that say which are open after a choice, as those of a scenario do already."""
    if sites is None or "is_open" in sites:
        return sites
    return sites.assign(is_open=~sites.index.isin(comparison.closed))


def located(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the sites whose place is known at all."""
    places("sites", sites)
    known = complete_sites(sites)
    return known[~(known.geometry.isna() | known.geometry.is_empty)]


def _draw(
    shading: Shading,
    shapes: tuple[gpd.GeoSeries, pd.Series],
    sites: gpd.GeoDataFrame | None,
    ax: Axes | None,
    title: str,
) -> Axes:
    with _map_axes(ax, title) as axes:
        handles = _shade(axes, shading, *shapes, missing=(NOBODY, ""), linewidth=0.3)
        if sites is not None:
            handles += _plots_draw_sites(axes, located(sites).to_crs("EPSG:27700"))
        axes.legend(handles=handles, title=shading.title, loc="upper left",
                    bbox_to_anchor=(1.0, 1.0), frameon=False, alignment="left")  # fmt: skip
    return axes


@contextmanager
def _map_axes(ax: Axes | None, title: str) -> Iterator[Axes]:
    """Yield axes to draw a map on, with room for a legend beside; then add title, scale, north."""
    import matplotlib as mpl  # noqa: PLC0415 - heavy

    with mpl.rc_context(SETTINGS):
        axes = blank_axes(ax, MAP_IN, "compressed")
        yield axes
        axes.set_title(title, loc="left", fontsize=10)
        _plots_furnish(axes)


def plot_lines(
    lines: gpd.GeoDataFrame,
    *,
    title: str,
    provenance: Iterable[Provenance],
    ax: Axes | None,
    **style: Any,  # noqa: ANN401 - matplotlib's own
) -> Axes:
    """Draw streets or a way with a scale bar, north and the credits."""
    with _map_axes(ax, titled(title, estimated=False, provenance=provenance)) as axes:
        lines.plot(ax=axes, **style)
    return axes


def reach_colours(land: gpd.GeoDataFrame) -> dict[float, str]:
    """Return a colour for each cutoff, the shortest first and darkest."""
    import matplotlib as mpl  # noqa: PLC0415 - heavy

    ramp = mpl.colors.LinearSegmentedColormap.from_list("reach", [DARK_BLUE, "#DCE6F0"])
    cutoffs = sorted(set(land["cutoff_min"]))
    shades = ramp(np.linspace(0, 1, len(cutoffs)))
    return dict(zip(cutoffs, map(mpl.colors.to_hex, shades), strict=True))


def reach_title(land: gpd.GeoDataFrame) -> str:
    """Return what a map of land within reach is called."""
    modes = dict.fromkeys(LABELS.get(name, name) for name in land["mode"])
    return f"Land within reach, {', '.join(modes)}"


def reach_label(cutoff_min: float) -> str:
    """Return what stands beside a colour of such a map."""
    return f"within {cutoff_min:g} minutes"


def plot_reach(land: gpd.GeoDataFrame, *, ax: Axes | None) -> Axes:
    """Draw land within reach, the longest cutoffs below."""
    from matplotlib.patches import Patch  # noqa: PLC0415 - heavy

    colours = reach_colours(land)
    with _map_axes(ax, titled(reach_title(land), estimated=False)) as axes:
        for cutoff, colour in reversed(colours.items()):
            within = land[(land["cutoff_min"] == cutoff) & ~land.geometry.is_empty]
            if len(within):
                within.plot(ax=axes, facecolor=colour, edgecolor="white", linewidth=0.5)
        handles = [
            Patch(facecolor=colour, label=reach_label(cutoff)) for cutoff, colour in colours.items()
        ]
        axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return axes


def closed_of(sites: gpd.GeoDataFrame) -> pd.Series:
    """Return which sites are closed: none, unless their table says so."""
    every = pd.Series(data=False, index=sites.index)
    return every if "is_open" not in sites else every | ~sites["is_open"].astype(bool)


def _plots_draw_sites(axes: Axes, sites: gpd.GeoDataFrame) -> list[Any]:
    """Draw sites with their names, those closed apart; those known roughly wear their circle."""
    from matplotlib.patches import Circle  # noqa: PLC0415 - heavy

    if "location_basis" in sites:
        for radius_m, point in zip(rough_radius_m(sites), sites.geometry, strict=True):
            # where a place is known only roughly, the circle it may lie in
            if radius_m > 0:
                circle = Circle((point.x, point.y), radius_m, fill=False, ls="--", ec=SITE_INK)
                axes.add_patch(circle)
    across, up = sites.geometry.x, sites.geometry.y
    closed = closed_of(sites)
    looks: tuple[tuple[pd.Series, str, dict[str, Any]], ...] = (
        (~closed, SITE, {"marker": "o", "ms": 9, "color": DARK_BLUE}),
        (closed, CLOSED_SITE, {"marker": "X", "ms": 11, "color": SITE_INK}),
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


def _plots_furnish(axes: Axes) -> None:
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

"""Verdicts drawn: how far each is from its threshold, and where those live who fall short."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from eh_access.analysis.criteria import Outcome
from eh_access.errors import InputError
from eh_access.publish.drawing import DARK_BLUE, GREY, INK, ORANGE, SETTINGS
from eh_access.publish.explore import Shaded, page_of
from eh_access.publish.plots import titled
from eh_access.publish.shading import SHORT
from eh_access.publish.wording import PRINTED

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

    from eh_access.analysis.criteria import Verdict
    from eh_access.analysis.verdict_list import Verdicts

ROW_IN, FRAME_IN = 0.62, 1.3
UNIT_SIGNS = {"percent": "%", "minutes": " min", "percentage points": " points"}


def plot_verdicts(verdicts: Verdicts, *, ax: Axes | None = None) -> Axes:
    """Return `Verdicts.plot`, whose parameters these are."""
    import matplotlib as mpl  # noqa: PLC0415 - heavy
    from matplotlib import pyplot as plt  # noqa: PLC0415 - heavy

    with mpl.rc_context(SETTINGS):
        size = (8.0, FRAME_IN + ROW_IN * len(verdicts))
        axes = plt.subplots(figsize=size, layout="constrained")[1] if ax is None else ax
        several = len({verdict.scenario for verdict in verdicts}) > 1
        for row, verdict in enumerate(verdicts):
            _draw_row(axes, row, verdict)
        axes.set_yticks(
            range(len(verdicts)), [_row_label(verdict, several=several) for verdict in verdicts]
        )
        axes.set_ylim(len(verdicts) - 0.5, -0.8)
        axes.set_xlabel("percent, minutes or points, as each row says", loc="left")
        axes.tick_params(axis="y", length=0)
        estimated = any(verdict.basis == "estimated" for verdict in verdicts)
        axes.set_title(titled("Before, after and the threshold", estimated=estimated), loc="left",
                       fontsize=10)  # fmt: skip
        handles = [
            mpl.lines.Line2D([], [], label=label, ls="", marker=marker, color=colour, mfc=fill)
            for label, marker, colour, fill in (
                ("before", "o", DARK_BLUE, "white"),
                ("after", "D", ORANGE, ORANGE),
                ("threshold", "|", INK, INK),
            )
        ]
        axes.legend(handles=handles, loc="upper right", bbox_to_anchor=(1, -0.06), ncols=3,
                    frameon=False)  # fmt: skip
    return axes


def _draw_row(axes: Axes, row: int, verdict: Verdict) -> None:
    """Draw one verdict: from before to after, the threshold as a bar across, and words above."""
    factor, unit = PRINTED[verdict.criterion.spec.unit]
    sign = UNIT_SIGNS[unit]
    before, after, limit = (
        factor * value for value in (verdict.baseline_value, verdict.value, verdict.threshold)
    )
    if math.isfinite(before) and math.isfinite(after):
        axes.plot([before, after], [row, row], color=GREY, linewidth=1.5, zorder=1)
    axes.plot(limit, row, marker="|", markersize=16, mew=2.5, color=INK, zorder=2)
    axes.plot(before, row, marker="o", markersize=8, mfc="white", color=DARK_BLUE, zorder=3)
    axes.plot(after, row, marker="D", markersize=7, color=ORANGE, mec=INK, mew=0.5, zorder=4)
    told = [
        f"{value:.1f}{sign}" if math.isfinite(value) else "no figure" for value in (before, after)
    ]
    least = "at least" if verdict.criterion.spec.better == "higher" else "at most"
    words = f"{' → '.join(told)}; {least} {limit:g}{sign}: {_outcome(verdict)}"
    axes.annotate(
        words, (0.01, row - 0.24), xycoords=axes.get_yaxis_transform(), fontsize=8, va="bottom"
    )


def _outcome(verdict: Verdict) -> str:
    if verdict.outcome == Outcome.CANNOT_SAY and verdict.indication is not None:
        return f"{verdict.outcome}, points to {verdict.indication}"
    return str(verdict.outcome)


def _row_label(verdict: Verdict, *, several: bool) -> str:
    label = f"{verdict.criterion.id}\n{verdict.scenario}" if several else verdict.criterion.id
    return label.replace("$", r"\$")


def explore_verdicts(
    verdicts: Verdicts,
    origins: gpd.GeoDataFrame,
    *,
    areas: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    tiles: str | None = None,
) -> folium.Map:
    """Return `Verdicts.explore`, whose parameters these are."""
    layers = [
        Shaded(
            name=f"{verdict.criterion.id}, {verdict.scenario}",
            values=_short(verdict).astype(float),
            weights=verdict.evidence["weight"],
            words="{:.0%}".format,
        )
        for verdict in verdicts
        if "counts" in verdict.evidence
    ]
    if not layers:
        raise InputError("no verdict here rests on single origins, so none has a place to show")
    estimated = any(verdict.basis == "estimated" for verdict in verdicts)
    title = titled(SHORT.title, estimated=estimated)
    return page_of(SHORT, layers, origins, title=title, over=(areas, sites, tiles))


def _short(verdict: Verdict) -> pd.Series:
    """Return who falls short: is not served, or has more added than is allowed."""
    counts = verdict.evidence["counts"]
    return counts if verdict.criterion.spec.of_change else ~counts

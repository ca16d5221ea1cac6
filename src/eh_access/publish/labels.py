"""Where names go on a printed map, so that none lies on another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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

    texts = [_short(name) for name in names]
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


def _short(name: str) -> str:
    """Return a name without the words every site shares."""
    for common in (" Children's Centre", " Early Years Centre", " Centre", " Library"):
        name = name.removesuffix(common)
    return name


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

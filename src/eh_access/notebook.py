"""How results show themselves in a notebook, every word escaped."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

INDICATIVE = "INDICATIVE: estimated from straight lines, not along streets."
BAR_PX, HEIGHT_PX = 26, 60
FRAME_PX, TALLEST_PX = 640, 1400
"""Before its page is there; and for a long one, so far that a map's switches are in view."""
BLUE, PINK = "#12436D", "#801650"


def paragraph(text: str, *, strong: bool = False) -> str:
    """Return a paragraph."""
    inner = html.escape(text)
    return f"<p><strong>{inner}</strong></p>" if strong else f"<p>{inner}</p>"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; every cell is escaped."""
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def bars(labels: Sequence[str], shares: Sequence[float], *, says: str) -> str:
    """Return a small bar chart as SVG; the last bar stands for what is out of reach."""
    top = max([*shares, 1e-9])
    parts = []
    for number, (label, share) in enumerate(zip(labels, shares, strict=True)):
        tall = HEIGHT_PX * share / top
        colour = PINK if number == len(labels) - 1 else BLUE
        x = number * (BAR_PX + 4)
        parts.append(
            f'<rect x="{x}" y="{HEIGHT_PX + 2 - tall:.1f}" width="{BAR_PX}" height="{tall:.1f}" '
            f'fill="{colour}"><title>{html.escape(label)}: {share:.0%}</title></rect>'
            f'<text x="{x + BAR_PX / 2}" y="{HEIGHT_PX + 14}" font-size="9" fill="currentColor" '
            f'text-anchor="middle">{html.escape(label)}</text>'
        )
    wide, high = len(labels) * (BAR_PX + 4), HEIGHT_PX + 18
    return (
        f'<svg role="img" aria-label="{html.escape(says)}" width="{wide}" height="{high}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def number(value: float, decimals: int = 1) -> str:
    """Return a number for people."""
    if math.isnan(value):
        return "not known"
    return f"{value:,.{decimals}f}" if math.isfinite(value) else "out of reach"


def head(frame: pd.DataFrame, rows: int) -> list[str]:
    """Return the first rows of a table as lines of text, and how many follow."""
    shown = frame.head(rows).rename_axis(index=None)
    lines = shown.to_string(float_format="{:.1f}".format, line_width=100).splitlines()
    more = len(frame) - len(shown)
    return [*lines, f"... and {more:,} more"] if more else lines


def indicative(*, estimated: bool) -> list[str]:
    """Return the warning that times are estimates, where they are."""
    return [paragraph(INDICATIVE, strong=True)] if estimated else []


FIT = (
    "const page = this.contentDocument?.documentElement;"
    f"if (page) this.height = Math.min(page.scrollHeight, {TALLEST_PX})"
)
"""A frame as high as its page. A map that fills its frame keeps the height it has."""


class Page(str):
    """A whole HTML page that a notebook shows in a frame; otherwise a text like any other."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<page of {len(self):,} characters>"

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self)}" title="page" width="100%" height="{FRAME_PX}" '
            f'style="border:0" onload="{FIT}"></iframe>'
        )

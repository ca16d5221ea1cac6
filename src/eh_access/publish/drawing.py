"""How every figure is drawn: one look, no global state, the same bytes every time."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE = "#12436D", "#28A197", "#801650", "#F46A25"
INK, GREY, PALE = "#222222", "#6B6B6B", "#F3F3F1"
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

    __slots__ = ("png",)
    png: bytes  # the drawing as PNG

    def __new__(cls, svg: str, png: bytes = b"") -> Self:
        """Return the text with the picture beside it."""
        made = super().__new__(cls, svg)
        made.png = png
        return made


@contextmanager
def blank_figure(width_in: float, height_in: float) -> Iterator[tuple[Figure, Axes]]:
    """Yield an empty figure that is part of no global state."""
    import matplotlib as mpl  # noqa: PLC0415 - heavy
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415 - heavy
    from matplotlib.figure import Figure  # noqa: PLC0415 - heavy

    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        FigureCanvasSVG(figure)
        yield figure, figure.add_subplot()


def drawn(figure: Figure) -> Drawing:
    """Return a figure as SVG without the date it was drawn, and as PNG."""
    with io.StringIO() as stream, io.BytesIO() as picture, warnings.catch_warnings():
        # a sign the font lacks is drawn as a box; every name stands in the tables as well
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        # laid out once is enough
        figure.set_layout_engine("none")
        figure.savefig(picture, format="png", dpi=PNG_DPI, metadata={"Software": None})
        return Drawing(LONG_NUMBER.sub(r"\1", stream.getvalue()), picture.getvalue())

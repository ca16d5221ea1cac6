"""A figure of matplotlib's that a notebook shows with an alternative text."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator

from matplotlib.figure import Figure


class Picture(Figure):
    """A figure of matplotlib's that a notebook shows with its words as alternative text.

    Screen readers then read its titles, what its axes show and its legends. What ``plot`` draws is
    one; for a chart of your own ask for it by ``FigureClass``.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> figure, axes = plt.subplots(FigureClass=Picture)
    >>> line = axes.plot([10, 20, 30], [41, 68, 90], label="after")
    >>> names = axes.set_xlabel("minutes"), axes.set_ylabel("% of families"), axes.legend()
    >>> figure.alternative_text()
    'across: minutes; up: % of families; after'
    >>> plt.close(figure)
    """

    def alternative_text(self) -> str:
        """Return what the figure says in words.

        Returns
        -------
        str
            Titles, names of axes and legends, in that order.
        """
        return "; ".join(" ".join(text.split()) for text in self._words() if text.strip())

    def _words(self) -> Iterator[str]:
        for axes in self.axes:
            yield from (axes.get_title(loc=side) for side in ("left", "center", "right"))
            if axes.axison:
                named = (("across", axes.get_xlabel()), ("up", axes.get_ylabel()))
                yield from (f"{way}: {name}" for way, name in named if name)
            legend = axes.get_legend()
            yield from () if legend is None else (text.get_text() for text in legend.get_texts())

    def _repr_html_(self) -> str:
        with io.BytesIO() as stream:
            self.savefig(stream, format="png", dpi=self.dpi, bbox_inches="tight")
            content = base64.b64encode(stream.getvalue()).decode("ascii")
        words = html.escape(self.alternative_text())
        return f'<img alt="{words}" style="max-width:100%" src="data:image/png;base64,{content}"/>'

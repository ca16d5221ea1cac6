"""Charts of one study's choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eh_access.publish.drawing import DARK_BLUE, GREY, INK, ORANGE, Drawing, blank_figure, drawn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WIDTH_IN, HEIGHT_IN = 7.4, 3.6


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
    with blank_figure(WIDTH_IN, HEIGHT_IN) as (figure, axes):
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

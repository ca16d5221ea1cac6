"""Where an outcome turns as one assumption moves away from the study's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.answering import answers
from eh_access.analysis.readings import LEVELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.analysis.criteria import Outcome
    from eh_access.analysis.lenses import Lens
    from eh_access.analysis.settings_grid import Sweep

SECTIONS = 16
ROUNDS = 3
"""Each round cuts the span that holds a turn into so many sections and keeps the first that does:
three leave a four-thousandth of a step."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Swept:
    """One criterion of one scenario while one assumption moves over its range."""

    sweep: Sweep  # the assumption
    main: float  # its value in the study
    # what was tried (the study's own value left out), and the outcome there as a place in
    # ``readings.LEVELS``
    values: tuple[float, ...]
    levels: NDArray[np.int_]
    main_level: int  # the outcome under the study's own assumptions
    # the nearest value below and above the study's own at which the outcome is another, and that
    # outcome; None where it stands as far as was searched
    below: tuple[float, Outcome] | None
    above: tuple[float, Outcome] | None

    @property
    def differ(self) -> int:
        """At how many of the values tried the outcome is another."""
        return int((self.levels != self.main_level).sum())


def main_value(lens: Lens, sweep: Sweep) -> float:
    """Return what an assumption is in the study itself."""
    rules = {"walk_speed_km_h": "foot", "pushchair_speed_km_h": "pushchair"}
    if sweep.assumption not in rules:
        return math.inf if sweep.assumption == "max_offset_m" else 1.0
    speeds = (
        layer.mode.speed_km_h
        for layer in (*lens.before, *lens.after)
        if layer.mode.rules == rules[sweep.assumption]
    )
    return next(speeds, math.nan)


def swept(lens: Lens, sweep: Sweep) -> Swept | None:
    """Return where an outcome turns as one assumption moves; None if it is not touched by it."""
    main = main_value(lens, sweep)
    values = tuple(value for value in sweep.tried if value != main)
    settings = list(sweep.settings(values))
    if lens.missing or math.isnan(main) or not any(map(lens.touched, settings)):
        return None
    levels = answers(lens, settings).level
    level = int(answers(lens, list(sweep.settings([main]))).level[0])
    down = [at for at in reversed(range(len(values))) if values[at] < main]
    up = [at for at in range(len(values)) if values[at] > main]

    def turn(order: Sequence[int]) -> tuple[float, Outcome] | None:
        last = main
        for at in order:
            if levels[at] != level:
                return _first_turn(lens, sweep, (last, values[at]), level)
            last = values[at]
        return None

    return Swept(
        sweep=sweep,
        main=main,
        values=values,
        levels=levels,
        main_level=level,
        below=turn(down),
        above=turn(up),
    )


def _first_turn(
    lens: Lens, sweep: Sweep, span: tuple[float, float], level: int
) -> tuple[float, Outcome]:
    """Return the first value of a span with another outcome, to a small part of the span."""
    start, end = span
    found = int(answers(lens, list(sweep.settings([end]))).level[0])
    for _ in range(ROUNDS if math.isfinite(start) else 0):
        points = np.linspace(start, end, SECTIONS + 1).tolist()
        levels = answers(lens, list(sweep.settings(points))).level
        first = int(np.flatnonzero(levels != level)[0])
        start, end, found = points[max(first - 1, 0)], points[first], int(levels[first])
    return end, LEVELS[found]

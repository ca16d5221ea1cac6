"""What a criterion says under many settings at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.judgements import published
from eh_access.analysis.lenses import at_threshold
from eh_access.analysis.readings import LEVELS, MET, NO_VALUE, grade, read

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.analysis.criteria import Criterion, Outcome
    from eh_access.analysis.lenses import Figures, Lens
    from eh_access.analysis.readings import Base
    from eh_access.analysis.settings_grid import Setting

    Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Answers:
    """What a criterion says under each of several settings."""

    value: Doubles  # float64 (settings,): in the measure's unit; NaN where there is none
    baseline_value: Doubles
    level: NDArray[np.int_]  # int (settings,): the outcome, as a place in ``readings.LEVELS``

    def outcomes(self) -> list[Outcome]:
        """Return the outcomes."""
        return [LEVELS[int(level)] for level in self.level]


def answers(lens: Lens, settings: Sequence[Setting]) -> Answers:
    """Return what a criterion says under settings of one set of origins."""
    if lens.missing:
        return nothing(len(settings))
    value, baseline = np.empty(len(settings)), np.empty(len(settings))
    level = np.empty(len(settings), dtype=np.int_)
    groups: dict[tuple[str, float], list[int]] = {}
    for at, setting in enumerate(settings):
        groups.setdefault((setting.weights, setting.threshold_factor), []).append(at)
    for (weights, factor), rows in groups.items():
        pairs = [lens.figures(settings[at]) for at in rows]
        before, after = (np.stack(part) for part in zip(*pairs, strict=True))
        asked = at_threshold(lens.criterion, factor)
        found = graded(lens, (before, after), lens.base(weights), criterion=asked)
        value[rows], baseline[rows], level[rows] = found.value, found.baseline_value, found.level
    return Answers(value=value, baseline_value=baseline, level=level)


def graded(
    lens: Lens, figures: Figures, base: Base, *, criterion: Criterion | None = None
) -> Answers:
    """Return what a criterion says of figures, all of them at once."""
    asked = criterion or lens.criterion
    readings = read(asked, *figures, base)
    level = grade(asked, readings)
    if lens.withheld:
        sure = (level == MET) & (asked.max_fall_points is None)
        level = np.where(sure, level, NO_VALUE)
    baseline = np.broadcast_to(readings.baseline_value, readings.value.shape)
    told = published(asked, readings.value, baseline, base, lens.case.settings.policy)
    return Answers(
        value=told[0],
        baseline_value=told[1],
        level=level,
    )


def nothing(count: int) -> Answers:
    """Return answers where nothing can be said."""
    none = np.full(count, np.nan)
    return Answers(value=none, baseline_value=none, level=np.full(count, NO_VALUE))

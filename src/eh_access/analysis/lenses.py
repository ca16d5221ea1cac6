"""One criterion and one case, taken out of the tables once and looked at under many settings.

Minutes at one speed change in proportion to it, places too far from a street fall out, and a
sampled place is another column: none of it needs a route to be searched again.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from eh_access.analysis.question import missing_inputs, missing_modes
from eh_access.analysis.readings import base_of
from eh_access.analysis.settings_grid import Setting
from eh_access.analysis.views import View, look, tables_for
from eh_access.errors import NotFoundError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from eh_access.analysis.case import Case, Side
    from eh_access.analysis.criteria import Criterion
    from eh_access.analysis.readings import Base
    from eh_access.modes import TravelMode
    from eh_access.routing.types import TravelTimes

    Doubles = NDArray[np.float64]
    Figures = tuple[Doubles, Doubles]

MOST = {"share": 1.0, "points": 100.0, "min": np.inf}
"""The highest threshold there can be, by unit."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Layer:
    """What one mode adds to one side of a case."""

    mode: TravelMode  # how people travel
    view: View  # the side as the criterion sees it by this mode alone
    origin_offset_m: Doubles  # metres to the street; NaN where a place could not be put on one
    site_offset_m: Doubles

    def pace(self, setting: Setting) -> float:
        """Return by what its minutes are multiplied; metres never are."""
        if self.view.criterion.measure == "coverage_distance":
            return 1.0
        if self.mode.uses_road_speeds:
            return setting.drive_factor
        speed = {
            "foot": setting.walk_speed_km_h,
            "pushchair": setting.pushchair_speed_km_h,
        }.get(self.mode.rules)
        return 1.0 if speed is None else self.mode.speed_km_h / speed

    def too_far(self, limit_m: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which origins and which sites are farther from a street than a limit."""
        return self.origin_offset_m > limit_m, self.site_offset_m > limit_m

    def figure(self, pace: float, limit_m: float) -> Doubles:
        """Return what each origin has at a pace, places too far from a street left out."""
        origins, sites = self.too_far(limit_m)
        out = origins[:, None] | sites

        def changed(minutes: Doubles) -> Doubles:
            return np.where(out, np.inf, minutes * pace) if out.any() else minutes * pace

        view = self.view
        back = None if view.back is None else changed(view.back)
        return replace(view, there=changed(view.there), back=back).figure({})


@dataclass(frozen=True, eq=False, kw_only=True)
class Lens:
    """A criterion asked of a case, ready to be asked again under other settings."""

    criterion: Criterion  # what is asked, of what
    case: Case
    before: tuple[
        Layer, ...
    ]  # the two sides, a layer for each mode; empty when an input is missing
    after: tuple[Layer, ...]
    missing: tuple[str, ...] = ()  # which inputs are missing, in plain words
    withheld: bool = False  # A further mode (the bus) is missing, so that only "met" can be said
    _figures: dict[object, Figures] = field(default_factory=dict, repr=False)
    _bases: dict[str, Base] = field(default_factory=dict, repr=False)

    def figures(self, setting: Setting) -> Figures:
        """Return what each origin has before and after under a setting."""
        layers = (*self.before, *self.after)
        key = (tuple(layer.pace(setting) for layer in layers), setting.max_offset_m)
        if key not in self._figures:
            self._figures[key] = (
                _quickest(self.before, setting),
                _quickest(self.after, setting),
            )
        return self._figures[key]

    def base(self, weights: str) -> Base:
        """Return whom the criterion counts when a column says how many live where."""
        if weights not in self._bases:
            origins = self.case.origins
            if weights not in origins.columns:
                hint = did_you_mean(weights, origins.columns)
                raise NotFoundError(f"origins have no column '{weights}' to weigh by: {hint}")
            counted = origins.assign(weight=origins[weights].astype(float))
            self._bases[weights] = base_of(self.criterion, counted, self.case.settings.policy)
        return self._bases[weights]

    def effect(self, setting: Setting) -> Hashable:
        """Return what a setting changes for this criterion: settings of one effect are one."""
        layers = (*self.before, *self.after)
        limit_m = setting.max_offset_m
        far = any(part.any() for layer in layers for part in layer.too_far(limit_m))
        asked = at_threshold(self.criterion, setting.threshold_factor)
        return (
            setting.origins,
            setting.weights,
            tuple(layer.pace(setting) for layer in layers),
            limit_m if far else np.inf,
            (asked.threshold, asked.max_fall_points),
        )

    def touched(self, setting: Setting) -> bool:
        """Return whether a setting changes anything this criterion looks at."""
        return self.effect(setting) != self.effect(Setting())


def lens_of(criterion: Criterion, case: Case) -> Lens:
    """Return a criterion asked of a case, ready to be asked again."""
    missing = tuple(missing_inputs(criterion, case))
    return Lens(
        criterion=criterion,
        case=case,
        before=() if missing else _layers(criterion, case, case.before),
        after=() if missing else _layers(criterion, case, case.after),
        missing=missing,
        withheld=bool(missing_modes(criterion, case)),
    )


def at_threshold(criterion: Criterion, factor: float) -> Criterion:
    """Return a criterion whose threshold is multiplied, and the fall allowed moved alike."""
    threshold = min(criterion.threshold * factor, MOST[criterion.spec.unit])
    fall = criterion.max_fall_points
    fall = None if fall is None else max(fall * (2 - factor), 0.0)
    return criterion.model_copy(update={"threshold": threshold, "max_fall_points": fall})


def _layers(criterion: Criterion, case: Case, side: Side) -> tuple[Layer, ...]:
    return tuple(
        _layer(alone, case, side, tables_for(alone, side)[0])
        for alone in by_mode(criterion)
        if tables_for(alone, side)
    )


def by_mode(criterion: Criterion) -> list[Criterion]:
    """Return a criterion once for each of its modes, asking by that mode alone."""
    modes = (criterion.mode, *criterion.also_modes)
    return [criterion.model_copy(update={"mode": mode, "also_modes": ()}) for mode in modes]


def _layer(criterion: Criterion, case: Case, side: Side, table: TravelTimes) -> Layer:
    view = look(criterion, case, side)
    rows = table.origin_ids.get_indexer(case.origins.index)
    columns = table.columns_of(view.sites.ids)
    return Layer(
        mode=table.mode,
        view=view,
        origin_offset_m=_offsets(table.origin_status)[rows],
        site_offset_m=_offsets(table.site_status)[columns],
    )


def _offsets(status: pd.DataFrame) -> Doubles:
    return status["offset_m"].to_numpy(dtype=np.float64, na_value=np.nan)


def _quickest(layers: Sequence[Layer], setting: Setting) -> Doubles:
    parts = (layer.figure(layer.pace(setting), setting.max_offset_m) for layer in layers)
    return reduce(np.minimum, parts)

"""Evaluate a criterion under a set of assumptions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from eh_access.criteria.criterion import (
    ASKED,
    KINDS,
    Counted,
    Figure,
    Outcome,
    Reason,
    ReasonKind,
)
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.measures.basic import ROUNDING, ThereAndBack, metres, metres_per_minute
from eh_access.measures.equity import GROUPS, group_members
from eh_access.measures.opening_hours import reached
from eh_access.measures.scenarios import rough_radius_m

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.criteria.criterion import (
        Bools,
        Case,
        Criterion,
        Doubles,
        JudgeSettings,
        Side,
    )
    from eh_access.modes import TravelMode
    from eh_access.routing.travel_times import TravelTimes

    Places = np.ndarray[Any, np.dtype[np.intp]]

MAIN_WEIGHTS = "weight"

LEVELS = (Outcome.MET, Outcome.TOO_CLOSE, Outcome.NOT_MET, Outcome.CANNOT_SAY)
"""Outcomes by grade."""

MET, TOO_CLOSE, NOT_MET, CANNOT_SAY = range(len(LEVELS))


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """One set of assumptions; None is the study's own.

    Parameters
    ----------
    walk_speed_km_h, pushchair_speed_km_h
        Speeds on foot and with a pushchair. All minutes of the mode change in proportion, the way
        to and from the street too. Distances do not.
    drive_factor
        Driving minutes are multiplied by it: 1.25 is a quarter more.
    threshold, cutoff_min, within_m, added_min, min_hours
        What the criterion asks, in place of its own.
    full_time_from_hours
        From how many hours a week a site counts as full-time.
    agreed_hours
        Hours a week at the sites whose hours the scenario cuts: none closes them.
    weights
        The column of origins that says how many live there.

    Raises
    ------
    InputError
        If a number is below 0, or a speed, factor or hours that make a site full-time are 0.

    Examples
    --------
    >>> Assumptions(walk_speed_km_h=3.2).is_main
    False
    """

    walk_speed_km_h: float | None = None
    pushchair_speed_km_h: float | None = None
    drive_factor: float | None = None
    threshold: float | None = None
    cutoff_min: float | None = None
    within_m: float | None = None
    added_min: float | None = None
    min_hours: float | None = None
    full_time_from_hours: float | None = None
    agreed_hours: float | None = None
    weights: str = MAIN_WEIGHTS

    def __post_init__(self) -> None:
        faults = []
        for name in (field.name for field in fields(self) if field.name != "weights"):
            value = getattr(self, name)
            above = name not in MAY_BE_0
            if value is None or name == "threshold":  # a gap in minutes may be below 0
                continue
            if not (value > 0 or (value == 0 and not above)) or math.isinf(value):
                least = "a number above 0" if above else "a number of 0 or more"
                faults.append(f"assumption: {name} is {value}; give {least}")
        if faults:
            raise InputError(faults)

    @property
    def is_main(self) -> bool:
        """Whether every assumption is the study's own."""
        return self == MAIN


MAY_BE_0 = frozenset({"added_min", "agreed_hours"})

MAIN = Assumptions()


# ---- what a criterion sees of a case -----------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What of a side counts: which figure, by which modes, over which sites."""

    figure: Figure
    modes: tuple[str, ...]
    sites: Literal["open", "full_time"]
    # for hours a week alone
    cutoff_min: float = np.inf
    there_and_back: ThereAndBack = "each_way"


def tables_of(scope: Scope, side: Side) -> list[TravelTimes]:
    """Return the tables read on one side, the way home last; absent ones left out."""
    if scope.figure == "m":
        table = side.distances_by(scope.modes[0])
        return [] if table is None else [table]
    tables = [side.times[mode] for mode in scope.modes if mode in side.times]
    if scope.figure == "hours" and scope.modes[0] in side.times_back:
        tables.append(side.times_back[scope.modes[0]])
    return tables


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteList:
    """Sites as plain columns, in one order."""

    ids: pd.Index  # sorted
    names: NDArray[np.object_]
    hours: Doubles  # hours a week, full hours as a number
    radius_m: Doubles  # how far each may be from where it is drawn, if far enough to be tried


@dataclass(frozen=True, eq=False, kw_only=True)
class Layer:
    """What one mode adds to a view."""

    mode: TravelMode
    there: Doubles  # float64 (origins, sites), minutes or metres

    def pace(self, assumptions: Assumptions) -> float:
        """Return by what its minutes are multiplied."""
        if self.mode.uses_road_speeds:
            return assumptions.drive_factor or 1.0
        speed = {
            "foot": assumptions.walk_speed_km_h,
            "pushchair": assumptions.pushchair_speed_km_h,
        }.get(self.mode.rules)
        return 1.0 if speed is None else self.mode.speed_km_h / speed


@dataclass(frozen=True, eq=False, kw_only=True)
class View:
    """One side of a case: what each site is to each origin. The figure is the nearest."""

    scope: Scope
    sites: SiteList  # the open sites that count and whose place is known
    unknown: SiteList  # those whose place nobody knows: left out of ``there``
    layers: tuple[Layer, ...]
    there: Doubles  # float64 (origins, sites), minutes or metres by the quickest mode
    back: Doubles | None  # the way home, where hours are counted

    together: ClassVar[np.ufunc] = np.minimum
    nothing: ClassVar[float] = np.inf

    def figure(self, there: Doubles, _back: Doubles | None) -> Doubles:
        """Return what each origin has if its ways are these: minutes or metres to the nearest."""
        return np.asarray(there.min(axis=1, initial=np.inf))

    def gain(self, there: Doubles, _back: Doubles | None, _hours: Doubles | float) -> Doubles:
        """Return what sites are worth to an origin, by the way there."""
        return there

    def with_closed(self, closed: Bools) -> Doubles:
        """Return what each origin has under each of many sets of closures, (sets, sites)."""
        return nearest_left(self.there, closed)

    def under(self, assumptions: Assumptions) -> Doubles:
        """Return what each origin has at other speeds."""
        ways = [self._at_pace(layer, layer.there, assumptions) for layer in self.layers]
        back = None
        if self.back is not None:
            back = self._at_pace(self.layers[0], self.back, assumptions)
        return self.figure(reduce(np.minimum, ways), back)

    def _at_pace(self, layer: Layer, way: Doubles, assumptions: Assumptions) -> Doubles:
        pace = 1.0 if self.scope.figure == "m" else layer.pace(assumptions)
        return way if pace == 1 else way * pace


class HoursView(View):
    """One side of a case where the figure is the hours a week within reach."""

    together = np.add
    nothing = 0.0

    def figure(self, there: Doubles, back: Doubles | None) -> Doubles:
        """Return the hours a week each origin has if its ways are these."""
        return np.asarray(self.gain(there, back, self.sites.hours).sum(axis=1))

    def gain(self, there: Doubles, back: Doubles | None, hours: Doubles | float) -> Doubles:
        """Return the hours of sites that can be got to, and home from, in time."""
        scope = self.scope
        near = reached(there, back, scope.cutoff_min, there_and_back=scope.there_and_back)
        return np.where(near, hours, 0.0)

    def with_closed(self, closed: Bools) -> Doubles:
        """Return the hours left under each of many sets of closures."""
        weekly = self.gain(self.there, self.back, self.sites.hours)
        return np.asarray((~closed).astype(np.float64) @ weekly.T)


VIEWS: Mapping[Figure, type[View]] = {"min": View, "m": View, "hours": HoursView}


def view_of(scope: Scope, case: Case, side: Side) -> View:
    """Return what counts of one side of a case; its inputs must be there."""
    return stock_of(scope, case, side).view(scope, case.settings.full_time_from_hours)


@dataclass(frozen=True, eq=False, kw_only=True)
class Stock:
    """One side of a case as plain arrays, from which views are made for any hours."""

    sites: SiteList  # all; hours as stated, NaN for full ones
    is_open: Bools
    unknown: Bools  # those whose place nobody knows
    # of each table the mode, its values, and in it the rows of origins and the columns of sites
    tables: tuple[tuple[TravelMode, NDArray[np.floating[Any]], Places, Places], ...]

    def view(self, scope: Scope, enough: float) -> View:
        """Return what counts if so many hours a week make a site full-time."""
        stated = self.sites.hours
        full, full_time = np.isnan(stated), scope.sites == "full_time"
        # the sites of `open_sites`, which a table of them would be asked for many times over
        counts = self.is_open & (full | (stated >= enough if full_time else stated > 0))
        columns = vars(self.sites) | {"hours": np.where(full, enough, stated)}
        placed = counts & ~self.unknown
        known, unlocated = (
            SiteList(**{name: column[chosen] for name, column in columns.items()})
            for chosen in (placed, counts & self.unknown)
        )
        layers = [
            Layer(mode=mode, there=values[np.ix_(homes, places[placed])].astype(np.float64))
            for mode, values, homes, places in self.tables
        ]
        back = None
        if scope.figure == "hours":
            *layers, home = layers
            back = home.there
        return VIEWS[scope.figure](
            scope=scope,
            sites=known,
            unknown=unlocated,
            layers=tuple(layers),
            there=reduce(np.minimum, [layer.there for layer in layers]),
            back=back,
        )


def stock_of(scope: Scope, case: Case, side: Side) -> Stock:
    """Return one side of a case, everything needed taken out of the tables once."""
    rows = side.sites.loc[side.sites.index.sort_values()]
    return Stock(
        sites=SiteList(
            ids=rows.index,
            names=rows["name"].to_numpy(dtype=object),
            hours=rows["hours_per_week"].to_numpy(dtype=np.float64, na_value=np.nan),
            radius_m=rough_radius_m(rows),
        ),
        is_open=rows.get("is_open", pd.Series(True, rows.index)).to_numpy(dtype=bool),
        unknown=rows["location_basis"].to_numpy(dtype=object) == "unknown",
        tables=tuple(
            (
                table.mode,
                metres(table) if scope.figure == "m" else table.minutes,
                table.origin_status.index.get_indexer(case.origins.index),
                table.site_status.index.get_indexer(rows.index),
            )
            for table in tables_of(scope, side)
        ),
    )


def nearest_left(minutes: Doubles, closed: Bools) -> Doubles:
    """Return the least of each row over the columns that are not closed, for many sets."""
    origins, sites = minutes.shape
    most = int(closed.sum(axis=1).max(initial=0))
    order = np.argsort(minutes, axis=1, kind="stable")[:, : most + 1]
    left = np.full((len(closed), origins), np.inf)
    rows = np.arange(origins)
    gone = np.ascontiguousarray(closed)
    for place in range(min(most + 1, sites) - 1, -1, -1):
        column = order[:, place]
        left = np.where(gone[:, column], left, minutes[rows, column])
    return left


# ---- whom it counts ----------------------------------------------------------------------------


def counted_by(criterion: Criterion, origins: gpd.GeoDataFrame, settings: JudgeSettings) -> Counted:
    """Return whom a criterion counts; groups and areas of fewer than the least are left out."""
    least = settings.least_weight
    enough = least - ROUNDING
    weights = origins["weight"].to_numpy(dtype=np.float64)
    known = np.ones(len(weights), dtype=bool)
    inside = known
    order, starts, areas = np.arange(0), np.arange(0), pd.Index([])
    if criterion.group is not None:
        member = group_members(origins, criterion.group)
        known = member.notna().to_numpy(dtype=bool)
        inside = member.fillna(value=False).to_numpy(dtype=bool)
    if criterion.by is not None:
        codes, areas = pd.factorize(origins[criterion.by], sort=True)
        known = codes >= 0
        sums = np.bincount(codes[known], weights=weights[known], minlength=len(areas))
        many = known & (np.append(sums, 0.0) >= enough)[codes]  # code -1 is the last
        counted = np.flatnonzero(many & (weights > 0))
        order = counted[np.argsort(codes[counted], kind="stable")]
        present, starts = np.unique(codes[order], return_index=True)
        areas = pd.Index(areas)[present]
    held, rest = np.where(inside & known, weights, 0.0), np.where(~inside & known, weights, 0.0)
    few = least > 0 and bool(
        held.sum() < enough
        or (KINDS[criterion.measure].compares and rest.sum() < enough)
        or (criterion.by is not None and not len(order))
    )
    return Counted(
        origins=origins,
        weights=np.zeros_like(held) if few else held,
        elsewhere=np.zeros_like(rest) if few else rest,
        unknown_weight=float(weights[~known].sum()),
        order=order,
        starts=starts,
        areas=areas,
        round_to=settings.round_to,
        few=few,
    )


# ---- evaluating --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class Evaluation:
    """What a criterion comes to: one result, or one for each of several tries."""

    question: Question
    # float64 (..., origins): what each origin has, in minutes, metres or hours a week
    before: Doubles
    after: Doubles
    # float64 (...): in the criterion's unit; NaN where there is none
    value: Doubles
    baseline_value: Doubles
    level: NDArray[np.int_]  # (...): the outcome the figures point to, as a place in `LEVELS`
    counted: Counted  # whom it counts


@dataclass(frozen=True, eq=False, kw_only=True)
class Question:
    """A criterion and a case, everything needed taken out of the tables once."""

    criterion: Criterion
    case: Case
    scope: Scope
    missing: tuple[Reason, ...]  # inputs; with any, there are no views
    absent_modes: tuple[str, ...]  # further modes without times, so that only "met" can be said
    tables: tuple[TravelTimes, ...]  # those it reads, of both sides
    stocks: tuple[Stock, ...]  # before, after
    views: tuple[View, ...]  # what counts of them
    counted: dict[str, Counted]  # by the column of weights; others than the usual when asked for

    def under(self, assumptions: Assumptions) -> Evaluation:
        """Return what the criterion comes to under assumptions."""
        if assumptions == MAIN:
            before, after = (view.figure(view.there, view.back) for view in self.views)
            return self.of_figures(before, after)
        asked = self.varied(assumptions)
        before, after = (view.under(assumptions) for view in asked.views)
        return asked.of_figures(before, after, weights=assumptions.weights)

    def varied(self, assumptions: Assumptions) -> Question:
        """Return the question with what is asked, and which sites count, as assumed."""
        keys = {key: getattr(assumptions, key) for key in ASKED}
        keys = {key: value for key, value in keys.items() if value is not None}
        criterion = self.criterion.model_copy(update=keys)
        scope, views = scope_of(criterion), self.views
        if assumptions.full_time_from_hours is not None or assumptions.agreed_hours is not None:
            views = self._with_hours(scope, assumptions)
        elif scope != self.scope:
            views = tuple(replace(view, scope=scope) for view in views)
        return replace(self, criterion=criterion, scope=scope, views=views)

    def _with_hours(self, scope: Scope, assumptions: Assumptions) -> tuple[View, ...]:
        """Return both sides where other hours are kept, or others make a site full-time."""
        before, after = self.stocks
        if assumptions.agreed_hours is not None:
            cut = after.sites.ids.isin(cut_sites(self.case))
            hours = np.where(cut, assumptions.agreed_hours, after.sites.hours)
            after = replace(after, sites=replace(after.sites, hours=hours))
        enough = assumptions.full_time_from_hours or self.case.settings.full_time_from_hours
        return tuple(stock.view(scope, enough) for stock in (before, after))

    def of_figures(
        self,
        before: Doubles,
        after: Doubles,
        *,
        weights: str = MAIN_WEIGHTS,
        counted: Counted | None = None,
    ) -> Evaluation:
        """Return what the criterion comes to if origins had so much, all tries at once."""
        criterion = self.criterion
        counted = counted or self.counted.get(weights) or self._count(weights)
        kind = KINDS[criterion.measure]
        value = kind.value(criterion, before, after, counted)
        baseline = np.zeros(np.shape(value))
        if not kind.of_change:
            baseline = kind.value(criterion, before, before, counted)
        return Evaluation(
            question=self,
            before=before,
            after=after,
            value=value,
            baseline_value=baseline,
            level=grade(criterion, value, (before != after).any(axis=-1)),
            counted=counted,
        )

    def _count(self, weights: str) -> Counted:
        """Return whom it counts when another column says how many live where."""
        origins = self.case.origins
        if weights not in origins.columns:
            hint = did_you_mean(weights, origins.columns)
            raise NotFoundError(f"origins have no column '{weights}' to weigh by: {hint}")
        origins = origins.assign(weight=origins[weights].astype(float))
        self.counted[weights] = counted_by(self.criterion, origins, self.case.settings)
        return self.counted[weights]


def evaluate(criterion: Criterion, case: Case, assumptions: Assumptions = MAIN) -> Evaluation:
    """Return what a criterion comes to under a set of assumptions; its inputs must be there."""
    return prepare(criterion, case).under(assumptions)


def prepare(criterion: Criterion, case: Case) -> Question:
    """Return a criterion asked of a case, ready to be evaluated."""
    scope, sides = scope_of(criterion), (case.before, case.after)
    missing = missing_inputs(criterion, scope, case)
    further = scope.modes[1:]
    stocks = () if missing else tuple(stock_of(scope, case, side) for side in sides)
    return Question(
        criterion=criterion,
        case=case,
        scope=scope,
        missing=missing,
        absent_modes=tuple(
            mode for mode in further if any(mode not in side.times for side in sides)
        ),
        tables=tuple(table for side in sides for table in tables_of(scope, side)),
        stocks=stocks,
        views=tuple(stock.view(scope, case.settings.full_time_from_hours) for stock in stocks),
        counted=(
            {} if missing else {MAIN_WEIGHTS: counted_by(criterion, case.origins, case.settings)}
        ),
    )


def scope_of(criterion: Criterion) -> Scope:
    """Return what of a side a criterion looks at."""
    kind = KINDS[criterion.measure]
    return Scope(
        figure=kind.figure,
        modes=(criterion.mode, *criterion.also_modes),
        sites=criterion.sites,
        cutoff_min=(kind.figure == "hours" and criterion.cutoff_min) or np.inf,
        there_and_back=criterion.there_and_back or "each_way",
    )


def cut_sites(case: Case) -> pd.Index:
    """Return the sites that stay open under a scenario with fewer hours than before."""
    before, after = (
        side.sites["hours_per_week"].fillna(np.inf) for side in (case.before, case.after)
    )
    fewer = case.after.sites["is_open"] & (after < before.reindex(after.index))
    cut: pd.Index = case.after.sites.index[fewer]
    return cut


def missing_inputs(criterion: Criterion, scope: Scope, case: Case) -> tuple[Reason, ...]:
    """Return which inputs a criterion lacks; empty when it has them all."""
    missing: dict[Reason, None] = {}
    mode = scope.modes[0]
    for side in (case.before, case.after):
        tables = tables_of(scope, side)
        for kind, there in (
            (ReasonKind.DISTANCES_MISSING, tables if scope.figure == "m" else True),
            (ReasonKind.TIMES_MISSING, scope.figure == "m" or mode in side.times),
            (ReasonKind.TIMES_HOME_MISSING, scope.figure != "hours" or mode in side.times_back),
        ):
            if not there:
                missing[Reason(kind=kind, decisive=True, modes=(mode,))] = None
        for table in tables:
            reach = criterion.cutoff_min or 0.0
            if criterion.within_m is not None:
                reach = criterion.within_m / metres_per_minute(table)
            if table.cutoff_min < reach:
                reason = Reason(
                    kind=ReasonKind.TIMES_TOO_SHORT,
                    decisive=True,
                    modes=(table.mode.name,),
                    cutoff_min=table.cutoff_min,
                )
                missing[reason] = None
    columns = [criterion.by] if criterion.by else []
    columns += [GROUPS[criterion.group].column] if criterion.group else []
    for column in columns:
        if column not in case.origins.columns or case.origins[column].isna().all():
            missing[Reason(kind=ReasonKind.COLUMN_MISSING, decisive=True, column=column)] = None
        elif KINDS[criterion.measure].ordered and not is_numeric_dtype(case.origins[column]):
            raise InputError(
                f"criterion '{criterion.id}': by: the column '{column}' holds no numbers to draw a "
                "slope over; name one that does, such as imd_decile"
            )
    return tuple(missing)


def grade(criterion: Criterion, value: Doubles, changed: Bools) -> NDArray[np.int_]:
    """Return the outcome of each value, as a place in `LEVELS`."""
    # Met: the threshold is reached. Too close: within the margin of it on either side. Where
    # nothing changes, a measure of change is met or not, never too close.
    sign, margin = 1.0 if criterion.better == "higher" else -1.0, criterion.margin
    still = ~changed & KINDS[criterion.measure].of_change
    room = sign * (value - criterion.threshold)  # below none the test is failed
    passed = np.where(room >= -ROUNDING, MET, NOT_MET)
    close = (np.abs(room) <= margin + ROUNDING) & (margin > 0) & ~still
    return np.where(np.isnan(room), CANNOT_SAY, np.where(close, TOO_CLOSE, passed))

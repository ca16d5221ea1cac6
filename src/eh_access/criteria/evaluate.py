"""A criterion's value before and after, under any settings."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, reduce
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import Outcome, Reason, ReasonKind, rough_radius_m
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.measures.basic import (
    HALF_DECISECOND_MIN,
    ROUNDING,
    change_of,
    means_of,
    metres,
    metres_per_minute,
    shares_where,
    sums_by,
    within,
)
from eh_access.measures.equity import GROUPS, group_members
from eh_access.measures.opening_hours import reached, weekly_hours
from eh_access.privacy.hiding import blurred
from eh_access.privacy.policy import PUBLIC, Policy

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.criteria.criterion import Case, Criterion, Side
    from eh_access.modes import TravelMode
    from eh_access.routing.travel_times import TravelTimes

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

    Doubles = NDArray[np.float64]
    Figures = tuple[Doubles, Doubles]

MAIN_WEIGHTS = "weight"
SAME_SPEED = 1e-9


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One set of assumptions; as it stands, those of the study.

    Parameters
    ----------
    walk_speed_km_h, pushchair_speed_km_h
        Speeds on foot and with a pushchair; None as in the study. All minutes of the mode change
        in proportion, the way to and from the street too. Distances do not.
    drive_factor
        Driving minutes are multiplied by it: 1.25 is a quarter more.
    max_offset_m
        Families and sites farther than this from a street they may use are out of reach. No limit
        (inf) leaves the one under which the times were worked out.
    origins
        The name of the set of origins; "" is the study's first.
    weights
        The column of origins that says how many live there.
    threshold_factor
        The threshold is multiplied by it, and stays within what a share or points can be; the fall
        allowed beside it, if any, by 2 less the factor, so that both tests become stricter or laxer
        together where more is better.

    Raises
    ------
    InputError
        If a number is none or not above 0.

    Examples
    --------
    >>> Setting(walk_speed_km_h=3.2).is_main
    False
    """

    walk_speed_km_h: float | None = None
    pushchair_speed_km_h: float | None = None
    drive_factor: float = 1.0
    max_offset_m: float = math.inf
    origins: str = ""
    weights: str = MAIN_WEIGHTS
    threshold_factor: float = 1.0

    def __post_init__(self) -> None:
        numbers = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in ("origins", "weights")
        }
        faults = [
            f"setting: {name} is {value}; give a number above 0"
            for name, value in numbers.items()
            if value is not None and not value > 0
        ]
        if faults:
            raise InputError(faults)

    @property
    def is_main(self) -> bool:
        """Whether every assumption is the study's own."""
        return self == Setting()


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Speeds that go together in a grid, since no criterion is about two modes of one speed."""

    walk_speed_km_h: float | None = None  # as in `Setting`
    pushchair_speed_km_h: float | None = None
    drive_factor: float = 1.0


PACES = (
    Pace(),
    Pace(walk_speed_km_h=3.2, pushchair_speed_km_h=3.2, drive_factor=1.5),
    Pace(walk_speed_km_h=4.0, pushchair_speed_km_h=3.4, drive_factor=1.25),
    Pace(walk_speed_km_h=5.6, pushchair_speed_km_h=4.8, drive_factor=0.8),
)
"""The study's own, 2.0 to 3.5 miles an hour on foot (the range of a Welsh NHS study), 2.0 to 3.0
with a pushchair, and driving in a jam or on clear roads."""

THRESHOLD_FACTORS = (1.0, 0.8, 1.2)
TIGHT_OFFSET_M = 100.0


def settings_grid(
    *,
    origins: Sequence[str] = ("",),
    weights: Sequence[str] = (MAIN_WEIGHTS,),
    paces: Sequence[Pace] = PACES,
    threshold_factors: Sequence[float] = THRESHOLD_FACTORS,
    offsets_m: Sequence[float] = (math.inf, TIGHT_OFFSET_M),
) -> tuple[Setting, ...]:
    """Return every combination of paces, thresholds, weights and origins, each once."""
    # How far from a street a place may be takes turns over them rather than doubling them: with
    # two limits, each is met with every other assumption equally often (a balanced half of all).
    # With the four usual paces, three thresholds, two weights and two sets of origins there are
    # 48.
    heads = {
        "origins": origins,
        "weights": weights,
        "paces": paces,
        "threshold_factors": threshold_factors,
        "offsets_m": offsets_m,
    }
    faults = [
        f"settings: {name} is empty; give one at least" for name, held in heads.items() if not held
    ]
    if faults:
        raise InputError(faults)
    found: dict[Setting, None] = {}
    numbers = (range(len(held)) for held in (paces, weights, origins))
    for factor, (pace, weight, origin) in product(threshold_factors, list(product(*numbers))):
        setting = Setting(
            walk_speed_km_h=paces[pace].walk_speed_km_h,
            pushchair_speed_km_h=paces[pace].pushchair_speed_km_h,
            drive_factor=paces[pace].drive_factor,
            max_offset_m=offsets_m[_turn(pace, weight, origin) % len(offsets_m)],
            origins=origins[origin],
            weights=weights[weight],
            threshold_factor=factor,
        )
        found[setting] = None
    return tuple(found)


def _turn(*places: int) -> int:
    """Return whose turn it is: alike for each level of every heading."""
    # Of four paces the two bits of their number are added, so that turns differ between paces.
    return sum(place // 2 + place % 2 for place in places)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One assumption tried over a range, all others as in the study."""

    assumption: str  # the field of `Setting`
    words: str  # what it is called in a sentence; its unit
    unit: str
    tried: tuple[float, ...]  # its values, in ascending order

    def settings(self, values: Sequence[float]) -> Iterator[Setting]:
        """Yield a setting for each value of the assumption."""
        for value in values:
            yield replace(Setting(), **{self.assumption: value})  # type: ignore[arg-type]


def _steps(low: float, high: float, step: float) -> tuple[float, ...]:
    return tuple(round(low + step * at, 6) for at in range(round((high - low) / step) + 1))


SWEEPS = (
    Sweep(
        assumption="walk_speed_km_h",
        words="walking speed",
        unit="km/h",
        tried=_steps(3.2, 5.6, 0.1),
    ),
    Sweep(
        assumption="pushchair_speed_km_h",
        words="speed with a pushchair",
        unit="km/h",
        tried=_steps(3.2, 4.8, 0.1),
    ),
    Sweep(
        assumption="drive_factor",
        words="driving time",
        unit="times the study's",
        tried=_steps(0.8, 1.5, 0.05),
    ),
    Sweep(
        assumption="max_offset_m",
        words="farthest from a street",
        unit="m",
        tried=_steps(50.0, 500.0, 25.0),
    ),
    Sweep(
        assumption="threshold_factor",
        words="threshold",
        unit="times the study's",
        tried=_steps(0.8, 1.2, 0.02),
    ),
)
"""What is swept, and over which range: 2.0 to 3.5 miles an hour on foot, and so on."""

ROAD_SPEED_KM_H = 112.0
"""The highest speed limit in Britain: no drive between two places is quicker than a straight line
at this speed."""

METRES_PER_KM_H = 1000.0 / 60.0


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteList:
    """Sites as plain columns, in one order."""

    ids: pd.Index  # sorted
    names: NDArray[np.object_]  # what they are called
    hours: NDArray[np.float64]  # hours a week, full hours as a number
    # how far each may be from where it is drawn, from `rough_radius_m`
    radius_m: NDArray[np.float64]

    def where(self, chosen: NDArray[np.bool_]) -> SiteList:
        """Return some of them."""
        return SiteList(
            ids=self.ids[chosen],
            names=self.names[chosen],
            hours=self.hours[chosen],
            radius_m=self.radius_m[chosen],
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class View:
    """One side of a case, as one criterion sees it."""

    criterion: Criterion  # the criterion
    sites: SiteList  # the open sites that count and whose place is known
    # the open sites that count and whose place nobody knows: they are left out of ``there``
    unknown: SiteList
    # float64 (origins, sites), minutes or metres; ``back`` only where the criterion needs it
    there: NDArray[np.float64]
    back: NDArray[np.float64] | None
    # float64 (sites,): by how much, in the same unit, each may be nearer or farther than said
    slack: NDArray[np.float64]

    def figure(self, shift: Mapping[str, int]) -> NDArray[np.float64]:
        """Return what each origin has: minutes or metres to the nearest, or hours a week."""
        moved = np.array([shift.get(site, 0) for site in self.sites.ids]) * self.slack
        there = np.maximum(self.there + moved, 0.0)
        if self.criterion.measure != "hours_reachable":
            return np.asarray(there.min(axis=1, initial=np.inf))
        back = None if self.back is None else np.maximum(self.back + moved, 0.0)
        hours = np.where(self._reached(there, back), self.sites.hours, 0.0)
        return np.asarray(hours.sum(axis=1))

    def figures_alone(self, site_id: str) -> NDArray[np.float64]:
        """Return what each origin has with one site nearer by its slack, then with it farther."""
        found = np.flatnonzero(self.sites.ids == site_id)
        if not len(found):
            return np.broadcast_to(self._drawn, (2, len(self._drawn)))
        at = int(found[0])
        moved = np.array([[-1.0], [1.0]]) * self.slack[at]
        there = np.maximum(self.there[:, at] + moved, 0.0)
        if self.criterion.measure != "hours_reachable":
            nearest, first, second = self._two_nearest
            return np.asarray(np.minimum(np.where(nearest == at, second, first), there))
        back = None if self.back is None else np.maximum(self.back[:, at] + moved, 0.0)
        now = self._reached(self.there[:, at], None if self.back is None else self.back[:, at])
        less = np.where(now, self.sites.hours[at], 0.0)
        return self._drawn - less + np.where(self._reached(there, back), self.sites.hours[at], 0.0)

    @cached_property
    def _drawn(self) -> NDArray[np.float64]:
        """What each origin has with every site where it is drawn."""
        return self.figure({})

    @cached_property
    def _two_nearest(self) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
        """Which site is nearest to each origin, how far it is, and how far the nearest other."""
        nearest = self.there.argmin(axis=1)
        others = self.there.copy()
        others[np.arange(len(others)), nearest] = np.inf
        return nearest, self.there.min(axis=1), others.min(axis=1)

    def figure_with(
        self, site_id: str, figure: NDArray[np.float64], away: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return what each origin would have if a site of unknown place stood somewhere."""
        if site_id not in self.unknown.ids:
            return np.broadcast_to(figure, away.shape)
        if self.criterion.measure != "hours_reachable":
            return np.minimum(figure, away)
        hours = self.unknown.hours[self.unknown.ids.get_loc(site_id)]
        return figure + np.where(self._reached(away, away), hours, 0.0)

    def _reached(
        self, there: NDArray[np.float64], back: NDArray[np.float64] | None
    ) -> NDArray[np.bool_]:
        return reached(
            there,
            back,
            self.criterion.cutoff_min or np.inf,
            there_and_back=self.criterion.there_and_back or "each_way",
        )


def look(criterion: Criterion, case: Case, side: Side) -> View:
    """Return what a criterion sees of one side of a case; its inputs must be there."""
    counted, nowhere = _counted(criterion, case, side)
    sites = counted.where(~nowhere)
    tables = tables_for(criterion, side)
    rows = case.origins.index
    if criterion.measure == "coverage_distance":
        there = _block(tables[0], metres(tables[0]), rows, sites.ids)
        per_metre = 1.0
    else:
        blocks = [_block(table, table.minutes, rows, sites.ids) for table in tables]
        there = reduce(np.minimum, blocks)
        per_metre = 1.0 / metres_per_minute(tables[0])
    back = None
    if criterion.measure == "hours_reachable":
        home = side.times_back[criterion.mode]
        back = _block(home, home.minutes, rows, sites.ids)
    return View(
        criterion=criterion,
        sites=sites,
        unknown=counted.where(nowhere),
        there=there,
        back=back,
        slack=sites.radius_m * case.settings.detour * per_metre,
    )


def tables_for(criterion: Criterion, side: Side) -> list[TravelTimes]:
    """Return the tables a criterion reads on one side, its own mode first; absent ones left out."""
    if criterion.measure == "coverage_distance":
        table = side.distances_by(criterion.mode)
        return [] if table is None else [table]
    modes = (criterion.mode, *criterion.also_modes)
    return [side.times[mode] for mode in modes if mode in side.times]


def _counted(criterion: Criterion, case: Case, side: Side) -> tuple[SiteList, NDArray[np.bool_]]:
    """Return the open sites that count, and of which the place is unknown."""
    ids = case.open_sites(side, full_time=criterion.sites == "full_time")
    rows = side.sites.index.get_indexer(ids)
    basis = side.sites["location_basis"].to_numpy(dtype=object)[rows]
    stated = side.sites["hours_per_week"].to_numpy(dtype=np.float64, na_value=np.nan)[rows]
    counted = SiteList(
        ids=ids,
        names=side.sites["name"].to_numpy(dtype=object)[rows],
        hours=weekly_hours(stated, case.settings.full_time_from_hours),
        radius_m=rough_radius_m(side.sites)[rows],
    )
    return counted, basis == "unknown"


def straight_pace(criterion: Criterion, mode: TravelMode) -> float:
    """Return the figures' unit for each metre in a straight line: no way is shorter."""
    if criterion.measure == "coverage_distance":
        return 1.0
    by_road = mode.uses_road_speeds or criterion.also_modes
    speed_km_h = ROAD_SPEED_KM_H if by_road else mode.speed_km_h
    return 1.0 / (speed_km_h * METRES_PER_KM_H)


def _block(
    times: TravelTimes, values: NDArray[np.floating], origins: pd.Index, sites: pd.Index
) -> NDArray[np.float64]:
    """Return the rows of origins and the columns of sites, in their order."""
    chosen = values[:, times.columns_of(sites)].astype(np.float64)
    if times.origin_ids.equals(origins):
        return chosen
    return np.asarray(chosen[times.origin_ids.get_indexer(origins)])


LEVELS = (Outcome.MET, Outcome.MARGINAL, Outcome.NOT_MET, Outcome.CANNOT_SAY)
"""Outcomes by grade: the worse of two is the higher."""

MET, MARGINAL, NOT_MET, NO_VALUE = range(len(LEVELS))
POINTS = 100.0
HALF_DECIMETRE_M = 0.05
"""What half a decisecond is in metres, at the pace of a pushchair."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Base:
    """Whom a criterion counts."""

    weights: Floats  # float64 (origins,), 0 for those outside the group where there is one
    elsewhere: Floats  # float64 (origins,), weights of those known to be outside the group, else 0
    unknown_weight: float  # weight left out, as its group or its area is not known
    # origins sorted by area, those without weight or area left out; where each area begins
    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    areas: pd.Index  # the areas' names, sorted; empty unless the criterion tells areas apart
    few: bool = False  # whether there are too few to publish anything about: nobody is then counted
    policy: Policy = PUBLIC  # how counts are kept from identifying anybody


@dataclass(frozen=True, eq=False, kw_only=True)
class Readings:
    """Values of a criterion, of shape (...): one for each setting tried."""

    value: Floats  # after and before, in the measure's unit; NaN where there is none
    baseline_value: Floats
    changed: Bools  # whether anything at all changed


def base_of(criterion: Criterion, origins: gpd.GeoDataFrame, policy: Policy = PUBLIC) -> Base:
    """Return whom a criterion counts."""
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
        many = known & ~policy.few(np.append(sums, 0.0))[codes]  # code -1 is the last
        counted = np.flatnonzero(many & (weights > 0))
        order = counted[np.argsort(codes[counted], kind="stable")]
        present, starts = np.unique(codes[order], return_index=True)
        areas = pd.Index(areas)[present]
    held, rest = np.where(inside & known, weights, 0.0), np.where(~inside & known, weights, 0.0)
    compared = criterion.measure == "group_gap"
    apart = criterion.by is not None and not policy.public
    few = bool(
        policy.few(held.sum())
        or (compared and policy.few(rest.sum()))
        or (apart and not len(order))
    )
    return Base(
        weights=np.zeros_like(held) if few else held,
        elsewhere=np.zeros_like(rest) if few else rest,
        unknown_weight=float(weights[~known].sum()),
        order=order,
        starts=starts,
        areas=areas,
        few=few,
        policy=policy,
    )


def served(criterion: Criterion, figure: Floats) -> Bools:
    """Return which origins have what a criterion asks for."""
    if criterion.min_hours is not None:
        return np.asarray(figure >= criterion.min_hours - ROUNDING)
    if criterion.within_m is not None:
        return within(figure, criterion.within_m, spare=HALF_DECIMETRE_M)
    return within(figure, criterion.cutoff_min or np.inf)


def area_shares(criterion: Criterion, figure: Floats, base: Base) -> Floats:
    """Return the share served in each area."""
    load = base.weights[base.order]
    held = np.where(served(criterion, figure)[..., base.order], load, 0.0)
    return sums_by(base.starts, held) / sums_by(base.starts, load)


def read(criterion: Criterion, before: Floats, after: Floats, base: Base) -> Readings:
    """Return a criterion's value before and after."""
    none = np.zeros(before.shape[:-1])
    baseline = none
    if criterion.measure == "added_time":
        more = change_of(before, after) > (criterion.added_min or 0.0) + HALF_DECISECOND_MIN
        value = shares_where(more, base.weights)
    elif criterion.measure == "group_gap":
        value = _gap(before, after, base)
    elif criterion.measure == "area_loss":
        value = _most_lost(criterion, before, after, base)
    else:
        value = shares_where(served(criterion, after), base.weights)
        baseline = shares_where(served(criterion, before), base.weights)
    return Readings(
        value=np.asarray(value),
        baseline_value=np.asarray(baseline),
        changed=np.asarray((before != after).any(axis=-1)),
    )


def _most_lost(criterion: Criterion, before: Floats, after: Floats, base: Base) -> Floats:
    """Return the largest fall of any area in points; NaN when there is no area with weight."""
    if base.areas.empty:
        return np.full(before.shape[:-1], np.nan)
    lost = area_shares(criterion, before, base) - area_shares(criterion, after, base)
    return np.asarray(np.maximum(lost.max(axis=-1), 0.0) * POINTS)


def _gap(before: Floats, after: Floats, base: Base) -> Floats:
    """Return the mean added minutes in the group less those elsewhere, infinities included."""
    reached = np.isfinite(before) | np.isfinite(after)
    change = change_of(before, after)
    inside = means_of(change, np.where(reached, base.weights, 0.0))
    elsewhere = means_of(change, np.where(reached, base.elsewhere, 0.0))
    with np.errstate(invalid="ignore"):
        return np.asarray(inside - elsewhere)


def grade(criterion: Criterion, readings: Readings) -> NDArray[np.int_]:
    """Return the outcome of each reading, as a place in `LEVELS`."""
    # Met: the threshold is reached. Marginal: within the margin of it on either side. Where
    # nothing changes, a measure of change is met or not, never marginal. With ``max_fall_points``
    # the outcome is the worse of the two tests.
    sign = 1.0 if criterion.better == "higher" else -1.0
    room = sign * (readings.value - criterion.threshold)
    still = ~readings.changed if criterion.spec.of_change else np.zeros_like(readings.changed)
    first = _graded(room, criterion.margin, still)
    if criterion.max_fall_points is None:
        return first
    fall = (readings.baseline_value - readings.value) * POINTS
    second = _graded(criterion.max_fall_points - fall, criterion.margin * POINTS, fall <= 0)
    return np.maximum(first, second)


def _graded(room: Floats, margin: float, never_marginal: Bools) -> NDArray[np.int_]:
    """Return grades from how much room is left; below 0 the test is failed."""
    passed = np.where(room >= -ROUNDING, MET, NOT_MET)
    close = (np.abs(room) <= margin + ROUNDING) & (margin > 0) & ~never_marginal
    return np.where(np.isnan(room), NO_VALUE, np.where(close, MARGINAL, passed))


@dataclass(frozen=True, eq=False, kw_only=True)
class Question:
    """A criterion asked of a case, everything it needs taken out of the tables."""

    criterion: Criterion  # what is asked
    before: View  # what it sees of both sides
    after: View
    base: Base  # whom it counts

    def figures(
        self, shift: Mapping[str, int] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what each origin has before and after, sites shifted alike on both sides."""
        moved = shift or {}
        return self.before.figure(moved), self.after.figure(moved)

    def reading(self, shift: Mapping[str, int] | None = None) -> Readings:
        """Return the criterion's value, sites shifted alike on both sides."""
        return read(self.criterion, *self.figures(shift), self.base)

    def outcome(self, shift: Mapping[str, int] | None = None) -> Outcome:
        """Return the outcome the figures point to, sites shifted alike on both sides."""
        return LEVELS[int(grade(self.criterion, self.reading(shift)))]

    def earlier(self) -> Question:
        """Return the same criterion asked of the baseline itself."""
        return replace(self, after=self.before)


def ask(criterion: Criterion, case: Case) -> Question:
    """Return a criterion asked of a case; its inputs must be there."""
    return Question(
        criterion=criterion,
        before=look(criterion, case, case.before),
        after=look(criterion, case, case.after),
        base=base_of(criterion, case.origins, case.settings.policy),
    )


def missing_inputs(criterion: Criterion, case: Case) -> tuple[Reason, ...]:
    """Return which inputs a criterion lacks; empty when it has them all."""
    missing: dict[Reason, None] = {}
    for side in (case.before, case.after):
        missing |= dict.fromkeys(_missing_on(criterion, side))
    columns = [criterion.by] if criterion.by else []
    columns += [GROUPS[criterion.group].column] if criterion.group else []
    for column in columns:
        if column not in case.origins.columns or case.origins[column].isna().all():
            missing[Reason(kind=ReasonKind.COLUMN_MISSING, decisive=True, column=column)] = None
    return tuple(missing)


def _missing_on(criterion: Criterion, side: Side) -> Iterator[Reason]:
    def lacking(kind: ReasonKind, mode: str, cutoff_min: float = 0.0) -> Reason:
        return Reason(kind=kind, decisive=True, modes=(mode,), cutoff_min=cutoff_min)

    tables = tables_for(criterion, side)
    if criterion.measure == "coverage_distance":
        if not tables:
            yield lacking(ReasonKind.DISTANCES_MISSING, criterion.mode)
    elif criterion.mode not in side.times:
        yield lacking(ReasonKind.TIMES_MISSING, criterion.mode)
    if criterion.measure == "hours_reachable":
        if criterion.mode not in side.times_back:
            yield lacking(ReasonKind.TIMES_HOME_MISSING, criterion.mode)
        else:
            tables = [*tables, side.times_back[criterion.mode]]
    for table in tables:
        reach = criterion.cutoff_min or 0.0
        if criterion.within_m is not None:
            reach = criterion.within_m / metres_per_minute(table)
        if table.cutoff_min < reach:
            yield lacking(ReasonKind.TIMES_TOO_SHORT, table.mode.name, table.cutoff_min)


def missing_modes(criterion: Criterion, case: Case) -> list[str]:
    """Return the further modes of which a side has no times."""
    sides = (case.before, case.after)
    return [mode for mode in criterion.also_modes if any(mode not in side.times for side in sides)]


def published(
    criterion: Criterion, value: Floats, baseline: Floats, base: Base, policy: Policy
) -> tuple[Floats, Floats]:
    """Return a criterion's values as they are published."""
    if policy.public:
        return value, baseline
    whole = float(base.weights.sum())
    if criterion.spec.unit == "points":
        return policy.points(value), baseline
    if criterion.spec.unit != "share":
        return value, baseline
    told = blurred(value, whole, policy)
    if criterion.spec.of_change:
        return told, baseline
    differ = policy.small((value - baseline) * whole)
    return np.where(differ, np.nan, told), blurred(baseline, whole, policy)


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
    missing: tuple[Reason, ...] = ()  # which inputs are missing
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
    missing = missing_inputs(criterion, case)
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

"""Judge a case by a criterion: outcome, value, reasons, evidence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import (
    KINDS,
    Criterion,
    Outcome,
    Place,
    Reason,
    ReasonKind,
    Verdict,
)
from eh_access.criteria.evaluate import LEVELS, MAIN, METRES_PER_KM_H, prepare, tables_of
from eh_access.measures.basic import ROUNDING
from eh_access.measures.equity import GROUPS
from eh_access.measures.scenarios import BASELINE
from eh_access.modes import MODES

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.criteria.criterion import Case
    from eh_access.criteria.evaluate import Evaluation, Question

    Doubles = NDArray[np.float64]

MOST_PLACES = 1000
"""With more origins than this, an unknown site is tried at one of them in each area."""

PLACES_AT_ONCE = 200
SITES_AT_ONCE = 100
ROAD_SPEED_KM_H = 112.0
"""The highest speed limit in Britain: no drive between two places is quicker than a straight line
at this speed."""


def judge(criterion: Criterion, case: Case) -> Verdict:
    """Return what a criterion says of a scenario.

    Parameters
    ----------
    criterion
        What is asked.
    case
        The scenario beside the baseline, with the minutes there are.

    Returns
    -------
    Verdict
        With an outcome always; an input that is missing makes it "cannot say", never an error.

    Examples
    --------
    >>> import datetime as dt
    >>> import geopandas as gpd
    >>> from eh_access.criteria.criterion import Case, Side
    >>> from eh_access.measures.scenarios import Close, Scenario, apply_scenario
    >>> from eh_access.routing.estimate import estimate_travel_times
    >>> def at(ids, eastings, **columns):
    ...     places = gpd.points_from_xy(eastings, [390_000] * len(ids))
    ...     return gpd.GeoDataFrame(columns, geometry=places, index=ids, crs="EPSG:27700")
    >>> homes = at(["a", "b"], [440_565, 442_435], weight=[30.0, 10.0])
    >>> sites = at(
    ...     ["west", "east"],
    ...     [440_000, 443_000],
    ...     name=["West", "East"],
    ...     hours_per_week=np.nan,
    ...     location_basis="surveyed",
    ...     location_radius_m=0.0,
    ...     is_open=True,
    ... )
    >>> times = {"walk": estimate_travel_times(homes, sites, mode=MODES["walk"])}
    >>> closing = apply_scenario(sites, Scenario(name="one", label="One", changes=(Close("east"),)))
    >>> case = Case(
    ...     scenario="one",
    ...     origins=homes,
    ...     before=Side(sites=sites, times=times),
    ...     after=Side(sites=closing, times=times),
    ... )
    >>> criterion = Criterion(
    ...     id="walk-30",
    ...     title="A 30-minute walk",
    ...     measure="coverage",
    ...     mode="walk",
    ...     cutoff_min=30.0,
    ...     threshold=0.9,
    ...     source="an example",
    ...     set_by="nobody",
    ...     set_on=dt.date(2025, 1, 6),
    ... )
    >>> verdict = judge(criterion, case)
    >>> verdict.value, str(verdict.outcome), str(verdict.indication)  # the minutes are estimates
    (0.75, 'cannot say', 'not met')
    """
    question = prepare(criterion, case)
    estimated = any(table.estimated for table in question.tables)
    if question.missing:
        return Verdict(
            criterion=criterion,
            scenario=case.scenario,
            mode=criterion.mode,
            value=math.nan,
            baseline_value=math.nan,
            threshold=criterion.threshold,
            outcome=Outcome.CANNOT_SAY,
            indication=None,
            basis="estimated" if estimated else "streets",
            reasons=question.missing,
            not_met_before=False,
            worsened_by=math.nan,
            direction=0,
            evidence=pd.DataFrame(),
            settings=case.settings,
        )
    evaluation = question.under(MAIN)
    pointed = LEVELS[int(evaluation.level)]
    reasons = _reasons(evaluation, estimated=estimated)
    decisive = any(reason.decisive for reason in reasons)
    withheld = decisive and any(reason.withholds_indication for reason in reasons)
    value, baseline = (float(part) for part in evaluation.published())
    sign = -1.0 if criterion.better == "higher" else 1.0
    worsened_by = sign * (value - baseline) + 0.0
    worse = worsened_by
    if math.isnan(worse):  # the direction of a change may be told where its size may not
        worse = sign * float(evaluation.value - evaluation.baseline_value)
    evidence = KINDS[criterion.measure].evidence(
        criterion, case.origins, evaluation.before, evaluation.after, evaluation.counted
    )
    straight_line = None
    if criterion.within_m is not None:
        before_m, after_m = _straight_lines(question)
        evidence = evidence.assign(before_straight_m=before_m, after_straight_m=after_m)
        now, was = (float(part) for part in question.of_figures(before_m, after_m).published())
        straight_line = now, was
    labels = {name: mode.label for name, mode in MODES.items()}
    labels |= {table.mode.name: table.mode.label for table in question.tables}
    modes = [mode for mode in question.scope.modes if mode not in question.absent_modes]
    return Verdict(
        criterion=criterion,
        scenario=case.scenario,
        mode=criterion.mode,
        value=value,
        baseline_value=baseline,
        threshold=criterion.threshold,
        outcome=Outcome.CANNOT_SAY if decisive else pointed,
        indication=pointed if decisive and not withheld else None,
        basis="estimated" if estimated else "streets",
        reasons=reasons,
        not_met_before=(pointed is Outcome.NOT_MET and not withheld and _not_met_before(question)),
        worsened_by=worsened_by,
        direction=1 if worse > ROUNDING else -1 if worse < -ROUNDING else 0,
        evidence=evidence,
        straight_line=straight_line,
        settings=case.settings,
        travel=tuple(labels.get(mode, f"by {mode}") for mode in modes),
        search_min=min(table.cutoff_min for table in question.tables),
    )


def _straight_lines(question: Question) -> Iterator[Doubles]:
    """Yield the metres to the nearest site in a straight line, before and after."""
    case, homes = question.case, question.case.origins.geometry
    for view, side in zip(question.views, (case.before, case.after), strict=True):
        places = side.sites.geometry.loc[view.sites.ids]
        east, north = (
            getattr(homes, axis).to_numpy()[:, None] - getattr(places, axis).to_numpy()
            for axis in ("x", "y")
        )
        yield np.hypot(east, north).min(axis=1, initial=np.inf)


def _not_met_before(question: Question) -> bool:
    """Return whether the baseline is itself not met, wherever its sites may be."""
    if question.case.scenario == BASELINE.name:
        return False
    earlier = question.earlier().under(MAIN)
    if LEVELS[int(earlier.level)] is not Outcome.NOT_MET:
        return False
    reasons = [*_rough_places(earlier), *_unknown_places(earlier)]
    return not any(reason.decisive for reason in reasons)


# ---- reasons -----------------------------------------------------------------------------------


def _reasons(evaluation: Evaluation, *, estimated: bool) -> tuple[Reason, ...]:
    """Gather what a verdict stands on, the decisive reasons first."""
    question, pointed, reasons = evaluation.question, LEVELS[int(evaluation.level)], []
    if pointed is Outcome.CANNOT_SAY:
        reasons.append(_no_value(evaluation))
    if estimated:
        reasons.append(Reason(kind=ReasonKind.ESTIMATED_TIMES, decisive=True))
    if question.absent_modes:
        # More ways to travel can only bring sites nearer, so that a share reached without them is
        # reached. How far it falls is another matter.
        sure = pointed is Outcome.MET and not question.criterion.kind.of_change
        reasons.append(
            Reason(
                kind=ReasonKind.FURTHER_MODES_MISSING,
                decisive=not sure,
                modes=question.absent_modes,
            )
        )
    if pointed is not Outcome.CANNOT_SAY:
        reasons += _rough_places(evaluation)
        reasons += _unknown_places(evaluation)
    reasons += _left_out(evaluation)
    if question.case.settings.moved is not None:
        reasons.append(Reason(kind=ReasonKind.MOVED, areas=question.case.settings.moved))
    return tuple(sorted(reasons, key=lambda reason: not reason.decisive))


def _no_value(evaluation: Evaluation) -> Reason:
    """Return why a criterion has no value."""
    counted, kind = evaluation.counted, ReasonKind.NOT_COMPARABLE
    if counted.few:
        kind = ReasonKind.TOO_FEW
    elif not counted.weights.sum() > 0:
        kind = ReasonKind.NOBODY
    elif evaluation.question.criterion.group and not counted.elsewhere.sum() > 0:
        kind = ReasonKind.NOBODY_ELSEWHERE
    elif len(counted.areas) == 1:
        kind = ReasonKind.ONE_STEP
    column = evaluation.question.criterion.by or ""
    return Reason(kind=kind, decisive=True, column=column if kind is ReasonKind.ONE_STEP else "")


def _left_out(evaluation: Evaluation) -> Iterator[Reason]:
    """Yield who is left out, or may have been cut short."""
    counted, criterion = evaluation.counted, evaluation.question.criterion
    origins = evaluation.question.case.origins
    weights = counted.weights + counted.elsewhere
    if counted.unknown_weight > 0:
        column = GROUPS[criterion.group].column if criterion.group else criterion.by
        yield Reason(
            kind=ReasonKind.NOT_IN_GROUP_OR_AREA,
            column=column or "",
            weight=counted.unknown_weight,
        )
    off = np.zeros(len(origins), dtype=bool)
    rim = np.zeros(len(origins), dtype=bool)
    for table in evaluation.question.tables:
        rows = table.origin_status.index.get_indexer(origins.index)
        status = table.origin_status["status"].isin(["off_network", "no_location"])
        off |= status.to_numpy(dtype=bool)[rows]
        if table.touches_rim is not None:
            rim |= table.touches_rim[rows]
    for kind, where in ((ReasonKind.OFF_NETWORK, off), (ReasonKind.RIM, rim)):
        weight = float(weights[where].sum())
        if weight > 0:
            yield Reason(kind=kind, weight=weight)


# ---- sites known only roughly ------------------------------------------------------------------


def _rough_places(evaluation: Evaluation) -> Iterator[Reason]:
    """Yield what follows from sites whose place is known only roughly."""
    places: dict[str, Place] = {}
    for view in evaluation.question.views:
        rows = zip(view.sites.ids, view.sites.names, view.sites.radius_m.tolist(), strict=True)
        for site, name, radius_m in rows:
            if radius_m > 0:
                most = max(radius_m, places[site].radius_m) if site in places else radius_m
                places[site] = Place(site_id=site, name=name, radius_m=most)
    if not places:
        return
    turning = _turning_sites(evaluation, sorted(places))
    steady = sorted(places.keys() - set(turning), key=lambda site: (-places[site].radius_m, site))
    for kind, sites in (
        (ReasonKind.TURNS_ON_PLACES, turning),
        (ReasonKind.ROUGH_PLACES, steady),
    ):
        if sites:
            yield Reason(
                kind=kind,
                decisive=kind is ReasonKind.TURNS_ON_PLACES,
                places=tuple(places[site] for site in sites),
            )


def _turning_sites(evaluation: Evaluation, sites: list[str]) -> list[str]:
    """Return the roughly known sites that an outcome turns on."""
    # Every site is taken to be nearer, and farther, to everyone by its radius (by street): one at
    # a time and all at once, before and after alike.
    question, level = evaluation.question, evaluation.level
    alone: list[str] = []
    for start in range(0, len(sites), SITES_AT_ONCE):
        some = sites[start : start + SITES_AT_ONCE]
        before, after = (
            np.stack([view.shifted_alone(site) for site in some]) for view in question.views
        )
        turns = (question.of_figures(before, after).level != level).any(axis=1)
        alone += [site for site, turn in zip(some, turns, strict=True) if turn]
    if alone or len(sites) < 2:  # noqa: PLR2004 - one site alone is all of them together
        return alone
    before, after = (
        np.stack([view.shifted(dict.fromkeys(sites, sign)) for sign in (-1, 1)])
        for view in question.views
    )
    turns = (question.of_figures(before, after).level != level).any()
    return sites if turns else []


# ---- sites whose place nobody knows ------------------------------------------------------------


def _unknown_places(evaluation: Evaluation) -> Iterator[Reason]:
    """Yield what follows from sites whose place nobody knows: they are left out."""
    before, after = (view.unknown for view in evaluation.question.views)
    names = {
        **dict(zip(before.ids, before.names, strict=True)),
        **dict(zip(after.ids, after.names, strict=True)),
    }
    if not names:
        return
    rows = places_tried(evaluation.question.case.origins)
    turning = _turning_unknowns(evaluation, sorted(names), rows)
    for site in sorted(names):
        yield Reason(
            kind=ReasonKind.UNKNOWN_PLACE,
            decisive=site in turning,
            places=(Place(site_id=site, name=names[site], open_after=site in after.ids),),
            places_tried=len(rows),
        )


def _turning_unknowns(
    evaluation: Evaluation, sites: list[str], rows: NDArray[np.intp]
) -> list[str]:
    """Return the sites of unknown place whose being somewhere could change an outcome."""
    # Each is tried at the origins themselves, reached in a straight line at the mode's speed,
    # which is quicker than any street. Between those places nothing is tried. Several unknown
    # sites are also tried with one of each at every door, which no real places could better.
    question, level = evaluation.question, evaluation.level
    figures = (evaluation.before, evaluation.after)
    pace = _straight_pace(question)
    points = question.case.origins.geometry
    x, y = points.x.to_numpy(), points.y.to_numpy()
    turning = []
    for site in sites:
        for start in range(0, len(rows), PLACES_AT_ONCE):
            at = rows[start : start + PLACES_AT_ONCE, None]
            away = np.hypot(x[at] - x, y[at] - y) * pace
            before, after = (
                view.with_unknown(site, figure, away)
                for view, figure in zip(question.views, figures, strict=True)
            )
            if (question.of_figures(before, after).level != level).any():
                turning.append(site)
                break
    if turning or len(sites) == 1:
        return turning
    door = np.zeros((1, len(x)))
    for site in sites:
        before, after = (
            view.with_unknown(site, figure, door)[0]
            for view, figure in zip(question.views, figures, strict=True)
        )
        figures = before, after
    return sites if question.of_figures(*figures).level != level else []


def _straight_pace(question: Question) -> float:
    """Return the figures' unit for each metre in a straight line: no way is shorter."""
    scope, mode = question.scope, tables_of(question.scope, question.case.after)[0].mode
    if scope.figure == "m":
        return 1.0
    by_road = mode.uses_road_speeds or len(scope.modes) > 1
    return 1.0 / ((ROAD_SPEED_KM_H if by_road else mode.speed_km_h) * METRES_PER_KM_H)


def places_tried(origins: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Return the rows of the origins at which a site of unknown place is tried."""
    if len(origins) <= MOST_PLACES:
        return np.arange(len(origins))
    weights = origins["weight"].reset_index(drop=True)
    heaviest = weights.groupby(origins["area_id"].to_numpy(), sort=True).idxmax()
    return np.asarray(heaviest, dtype=np.intp)

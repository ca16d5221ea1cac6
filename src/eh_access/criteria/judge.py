"""Judge a case by a criterion: outcome, value, reasons, evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from eh_access.criteria.criterion import (
    KINDS,
    Case,
    Criterion,
    Outcome,
    Place,
    Reason,
    ReasonKind,
    Verdict,
)
from eh_access.criteria.evaluate import LEVELS, MAIN, prepare
from eh_access.errors import InputError
from eh_access.facts import Count
from eh_access.measures.basic import ROUNDING
from eh_access.measures.equity import GROUPS
from eh_access.measures.scenarios import BASELINE
from eh_access.modes import LABELS

if TYPE_CHECKING:
    import pandas as pd

    from eh_access.criteria.criterion import Doubles
    from eh_access.criteria.evaluate import Evaluation, Question


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
        Every site is taken to be where it is drawn; ``uncertainty.weigh`` takes in what is not
        known.

    Raises
    ------
    InputError
        If it is given something else than a criterion and a case.

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
    >>> times = {"walk": estimate_travel_times(homes, sites, mode="walk")}
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
    if not (isinstance(criterion, Criterion) and isinstance(case, Case)):
        given = f"{type(criterion).__name__} and {type(case).__name__}"
        raise InputError(f"{given}: give a Criterion and a Case")
    question = prepare(criterion, case)
    estimated = any(table.estimated for table in question.tables)
    if question.missing:
        return Verdict(
            criterion=criterion,
            scenario=case.scenario,
            mode=criterion.mode,
            threshold=criterion.threshold,
            outcome=Outcome.CANNOT_SAY,
            basis="estimated" if estimated else "streets",
            reasons=question.missing,
            settings=case.settings,
        )
    evaluation = question.under(MAIN)
    pointed = LEVELS[int(evaluation.level)]
    reasons = _reasons(evaluation, estimated=estimated)
    decisive = [reason.kind for reason in reasons if reason.decisive]
    # figures that could be otherwise, or are not there, point to no outcome; estimates do
    withheld = any(kind is not ReasonKind.ESTIMATED_TIMES for kind in decisive)
    value, baseline = float(evaluation.value), float(evaluation.baseline_value)
    worsened_by, direction = worsening(criterion, value, baseline)
    evidence = KINDS[criterion.measure].evidence(
        criterion, evaluation.before, evaluation.after, evaluation.counted
    )
    straight_line = None
    if criterion.within_m is not None:
        before_m, after_m = _straight_lines(question)
        evidence = evidence.assign(before_straight_m=before_m, after_straight_m=after_m)
        line = question.of_figures(before_m, after_m)
        straight_line = float(line.value), float(line.baseline_value)
    labels = dict(LABELS)
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
        direction=direction,
        evidence=evidence,
        weight=float(evaluation.counted.weights.sum()),
        counts=_counts(evidence, case.settings.unit),
        straight_line=straight_line,
        settings=case.settings,
        travel=tuple(labels.get(mode, f"by {mode}") for mode in modes),
        search_min=min(table.cutoff_min for table in question.tables),
        provenance=tuple(dict.fromkeys(s for table in question.tables for s in table.provenance)),
    )


def worsening(
    criterion: Criterion, value: float, baseline: float
) -> tuple[float, Literal[-1, 0, 1]]:
    """Return by how much a value is worse than the baseline's, and whether worse (1) or better."""
    worse = (-1.0 if criterion.better == "higher" else 1.0) * (value - baseline) + 0.0
    return worse, 1 if worse > ROUNDING else -1 if worse < -ROUNDING else 0


def _counts(evidence: pd.DataFrame, unit: str) -> dict[str, Count]:
    """Return how many count and how many do not, newly so or not, where rows are places."""
    if "counts" not in evidence:
        return {}
    flags = evidence.select_dtypes("bool")
    counts = flags["counts"].to_numpy()
    rows = {"counts": counts, "rest": ~counts}
    if "counted_before" in flags:
        had = flags["counted_before"].to_numpy()
        has = flags.get("counted_after", flags["counts"]).to_numpy()
        rows |= {"lost": had & ~has, "won": has & ~had}
    if {"before_min", "after_min"} <= set(evidence):
        before, after = (evidence[f"{when}_min"].to_numpy() for when in ("before", "after"))
        rows["unreached"] = np.isinf(after) & np.isfinite(before)
    weights = evidence["weight"].to_numpy(dtype=np.float64)
    whole = float(weights.sum())
    return {
        name: Count(unit=unit, part=float(weights[chosen].sum()), whole=whole)
        for name, chosen in rows.items()
    }


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
    """Return whether the baseline is itself not met."""
    if question.case.scenario == BASELINE.name:
        return False
    baseline = replace(question, views=(question.views[0], question.views[0]))
    return LEVELS[int(baseline.under(MAIN).level)] is Outcome.NOT_MET


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
        reasons += _places(evaluation)
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


def _places(evaluation: Evaluation) -> Iterator[Reason]:
    """Yield which sites are known only roughly, and which are left out as nobody knows where."""
    views = evaluation.question.views
    rough: dict[str, Place] = {}
    for view in views:
        rows = zip(view.sites.ids, view.sites.names, view.sites.radius_m.tolist(), strict=True)
        for site, name, radius_m in rows:
            if radius_m > 0:
                most = max(radius_m, rough[site].radius_m) if site in rough else radius_m
                rough[site] = Place(site_id=site, name=name, radius_m=most)
    if rough:
        widest = sorted(rough.values(), key=lambda place: (-place.radius_m, place.site_id))
        yield Reason(kind=ReasonKind.ROUGH_PLACES, places=tuple(widest))
    names = {
        str(site): str(name)
        for view in views
        for site, name in zip(view.unknown.ids, view.unknown.names, strict=True)
    }
    for site, name in sorted(names.items()):
        place = Place(site_id=site, name=name, open_after=site in views[1].unknown.ids)
        yield Reason(kind=ReasonKind.UNKNOWN_PLACE, places=(place,))

"""Judge a case by a criterion: outcome, value, reasons, sentence."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import (
    Criterion,
    Outcome,
    Place,
    Reason,
    ReasonKind,
    Verdict,
)
from eh_access.criteria.evaluate import (
    LEVELS,
    POINTS,
    Question,
    area_shares,
    ask,
    grade,
    missing_inputs,
    missing_modes,
    published,
    read,
    served,
    straight_pace,
    tables_for,
)
from eh_access.measures.basic import HALF_DECISECOND_MIN, ROUNDING, change_of, mean_of, sums_by
from eh_access.measures.equity import GROUPS
from eh_access.measures.scenarios import BASELINE
from eh_access.modes import MODES

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.criteria.criterion import Case
    from eh_access.modes import TravelMode
    from eh_access.routing.travel_times import TravelTimes

    Floats = NDArray[np.float64]

MOST_PLACES = 1000
"""With more origins than this, an unknown site is tried at one of them in each area."""

PLACES_AT_ONCE = 200
SITES_AT_ONCE = 100


def uncertain_sites(question: Question) -> pd.Series:
    """Return the sites that count and whose place is known only roughly, with their radius."""
    radius: dict[str, float] = {}
    for view in (question.before, question.after):
        for site, radius_m in zip(view.sites.ids, view.sites.radius_m, strict=True):
            radius[site] = max(radius.get(site, 0.0), float(radius_m))
    doubtful = {site: radius[site] for site in sorted(radius) if radius[site] > 0}
    return pd.Series(doubtful, dtype=np.float64)


def turning_sites(question: Question, uncertain: pd.Index, outcome: Outcome) -> list[str]:
    """Return the roughly known sites that an outcome turns on."""
    # Every site is taken to be nearer, and farther, to everyone by its radius (by street): one at
    # a time and all at once, before and after alike.
    target = LEVELS.index(outcome)
    alone: list[str] = []
    for start in range(0, len(uncertain), SITES_AT_ONCE):
        some = uncertain[start : start + SITES_AT_ONCE]
        before, after = (
            np.stack([view.figures_alone(site) for site in some])
            for view in (question.before, question.after)
        )
        grades = grade(question.criterion, read(question.criterion, before, after, question.base))
        alone += some[(grades != target).any(axis=1)].tolist()
    if alone or len(uncertain) < 2:  # noqa: PLR2004 - one site alone is all of them together
        return alone
    together = (dict.fromkeys(uncertain, sign) for sign in (-1, 1))
    turns = any(question.outcome(shift) != outcome for shift in together)
    return list(uncertain) if turns else []


def unknown_sites(question: Question) -> pd.DataFrame:
    """Return the sites that count and whose place nobody knows, sorted by id."""
    before, after = question.before.unknown, question.after.unknown
    names = dict(zip(before.ids, before.names, strict=True))
    names |= dict(zip(after.ids, after.names, strict=True))
    ids = sorted(names)
    return pd.DataFrame(
        {"name": [names[site] for site in ids], "open_after": [s in after.ids for s in ids]},
        index=pd.Index(ids, name="site_id"),
    )


def turning_unknowns(
    question: Question, unknown: pd.Index, case: Case, *, mode: TravelMode, outcome: Outcome
) -> list[str]:
    """Return the sites of unknown place whose being somewhere could change an outcome."""
    # Each is tried at the origins themselves, reached in a straight line at the mode's speed,
    # which is quicker than any street. Between those places nothing is tried. Several unknown
    # sites are also tried with one of each at every door, which no real places could better.
    figures = question.figures()
    target = LEVELS.index(outcome)
    places = places_tried(case.origins)
    pace = straight_pace(question.criterion, mode)
    x, y = case.origins.geometry.x.to_numpy(), case.origins.geometry.y.to_numpy()
    found = []
    for site in unknown:
        for start in range(0, len(places), PLACES_AT_ONCE):
            at = places[start : start + PLACES_AT_ONCE, None]
            away = np.hypot(x[at] - x, y[at] - y) * pace
            if _grades_differ(question, figures, site, away, target):
                found.append(site)
                break
    if found or len(unknown) == 1:
        return found
    door = np.zeros((1, len(x)))
    before, after = figures
    for site in unknown:
        before = question.before.figure_with(site, before, door)[0]
        after = question.after.figure_with(site, after, door)[0]
    reading = read(question.criterion, before, after, question.base)
    return list(unknown) if int(grade(question.criterion, reading)) != target else []


def _grades_differ(
    question: Question,
    figures: tuple[NDArray[np.float64], NDArray[np.float64]],
    site: str,
    away: NDArray[np.float64],
    target: int,
) -> bool:
    before = question.before.figure_with(site, figures[0], away)
    after = question.after.figure_with(site, figures[1], away)
    readings = read(question.criterion, before, after, question.base)
    return bool((grade(question.criterion, readings) != target).any())


def places_tried(origins: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Return the rows of the origins at which a site of unknown place is tried."""
    if len(origins) <= MOST_PLACES:
        return np.arange(len(origins))
    weights = origins["weight"].reset_index(drop=True)
    heaviest = weights.groupby(origins["area_id"].to_numpy(), sort=True).idxmax()
    return np.asarray(heaviest, dtype=np.intp)


def no_value(question: Question) -> Reason:
    """Return why a criterion has no value."""
    base, group = question.base, question.criterion.group
    kind = ReasonKind.NOT_COMPARABLE
    if base.few:
        kind = ReasonKind.TOO_FEW
    elif not base.weights.sum() > 0:
        kind = ReasonKind.NOBODY
    elif group and not base.elsewhere.sum() > 0:
        kind = ReasonKind.NOBODY_ELSEWHERE
    return Reason(kind=kind, decisive=True)


def on_further_modes(
    criterion: Criterion, modes: Sequence[str], pointed: Outcome
) -> Iterator[Reason]:
    """Yield what follows when the times of a further mode are missing."""
    # More ways to travel can only bring sites nearer, so that a share reached without them is
    # reached. How far it falls is another matter.
    if modes:
        sure = pointed is Outcome.MET and criterion.max_fall_points is None
        yield Reason(kind=ReasonKind.FURTHER_MODES_MISSING, decisive=not sure, modes=tuple(modes))


def on_rough_places(question: Question, pointed: Outcome) -> Iterator[Reason]:
    """Yield what follows from sites whose place is known only roughly."""
    radius = uncertain_sites(question)
    if radius.empty:
        return
    turning = turning_sites(question, radius.index, pointed)
    steady = radius[~radius.index.isin(turning)].sort_values(ascending=False, kind="stable")
    names = {
        site: name
        for view in (question.before, question.after)
        for site, name in zip(view.sites.ids, view.sites.names, strict=True)
    }
    for kind, sites in (
        (ReasonKind.TURNS_ON_PLACES, turning),
        (ReasonKind.ROUGH_PLACES, steady.index),
    ):
        places = tuple(
            Place(site_id=str(site), name=names[site], radius_m=radius[site]) for site in sites
        )
        if places:
            yield Reason(kind=kind, decisive=kind is ReasonKind.TURNS_ON_PLACES, places=places)


def on_unknown_places(question: Question, case: Case, pointed: Outcome) -> Iterator[Reason]:
    """Yield what follows from sites whose place nobody knows: they are left out."""
    unknown = unknown_sites(question)
    if unknown.empty:
        return
    mode = tables_for(question.criterion, case.after)[0].mode
    turning = turning_unknowns(question, unknown.index, case, mode=mode, outcome=pointed)
    tried = len(places_tried(case.origins))
    for site, row in unknown.iterrows():
        place = Place(site_id=str(site), name=row["name"], open_after=bool(row["open_after"]))
        yield Reason(
            kind=ReasonKind.UNKNOWN_PLACE,
            decisive=site in turning,
            places=(place,),
            places_tried=tried,
        )


def on_left_out(
    question: Question, origins: gpd.GeoDataFrame, tables: Iterable[TravelTimes]
) -> Iterator[Reason]:
    """Yield who is left out, or may have been cut short."""
    base, criterion = question.base, question.criterion
    weights = base.weights + base.elsewhere
    if base.unknown_weight > 0:
        column = GROUPS[criterion.group].column if criterion.group else criterion.by
        yield Reason(
            kind=ReasonKind.NOT_IN_GROUP_OR_AREA, column=column or "", weight=base.unknown_weight
        )
    off = np.zeros(len(origins), dtype=bool)
    rim = np.zeros(len(origins), dtype=bool)
    for table in tables:
        rows = table.origin_ids.get_indexer(origins.index)
        status = table.origin_status["status"].isin(["off_network", "no_location"])
        off |= status.to_numpy(dtype=bool)[rows]
        if table.touches_rim is not None:
            rim |= table.touches_rim[rows]
    for kind, where in ((ReasonKind.OFF_NETWORK, off), (ReasonKind.RIM, rim)):
        weight = float(weights[where].sum())
        if weight > 0:
            yield Reason(kind=kind, weight=weight)


_SUFFIX = {"coverage_distance": "m", "hours_reachable": "hours"}


def evidence_of(
    question: Question,
    origins: gpd.GeoDataFrame,
    *,
    before: NDArray[np.float64],
    after: NDArray[np.float64],
) -> pd.DataFrame:
    """Return the rows behind a verdict."""
    criterion, base = question.criterion, question.base
    if criterion.measure == "area_loss":
        return _by_area(question, origins, before, after)
    if criterion.measure == "group_gap":
        return _by_group(question, before, after)
    unit = _SUFFIX.get(criterion.measure, "min")
    rows = pd.DataFrame(
        {"weight": base.weights, f"before_{unit}": before, f"after_{unit}": after},
        index=origins.index,
    )
    if criterion.measure == "added_time":
        change = change_of(before, after)
        more = change > (criterion.added_min or 0.0) + HALF_DECISECOND_MIN
        return rows.assign(change_min=change, counts=more)
    return rows.assign(counted_before=served(criterion, before), counts=served(criterion, after))


def _by_area(
    question: Question,
    origins: gpd.GeoDataFrame,
    before: NDArray[np.float64],
    after: NDArray[np.float64],
) -> pd.DataFrame:
    criterion, base = question.criterion, question.base
    was = area_shares(criterion, before, base)
    now = area_shares(criterion, after, base)
    load = sums_by(base.starts, base.weights[base.order])
    policy = base.policy
    names = area_names(origins, criterion.by or "area_id")
    rows = pd.DataFrame(
        {
            "name": [names.get(area, str(area)) for area in base.areas],
            "weight": policy.shown(load),
            "share_before": policy.share(was * load, load),
            "share_after": policy.share(now * load, load),
            "fall_points": policy.points((was - now) * POINTS),
        },
        index=base.areas.rename(criterion.by),
    )
    return rows.iloc[np.argsort(now - was, kind="stable")]  # by the exact falls, the worst first


def _by_group(
    question: Question, before: NDArray[np.float64], after: NDArray[np.float64]
) -> pd.DataFrame:
    base = question.base
    reached = np.isfinite(before) | np.isfinite(after)
    change = change_of(before, after)
    rows = []
    for weights in (base.weights, base.elsewhere):
        asked = np.where(reached, weights, 0.0)
        rows.append(
            {
                "weight": float(asked.sum()),
                "mean_before_min": mean_of(before, asked),
                "mean_after_min": mean_of(after, asked),
                "mean_change_min": mean_of(change, asked),
            }
        )
    index = pd.Index([question.criterion.group, "elsewhere"], name="group")
    return pd.DataFrame(rows, index=index)


def area_names(origins: gpd.GeoDataFrame, by: str) -> dict[Hashable, str]:
    """Return the names of areas that a column of origins tells apart."""
    column = f"{by.removesuffix('_code').removesuffix('_id')}_name"
    if column not in origins.columns:
        return {}
    pairs = origins[[by, column]].dropna().drop_duplicates(by)
    return {code: str(name) for code, name in zip(pairs[by], pairs[column], strict=True)}


HARDLY = 1e-6
"""Stands for a change that may not be told: it has a direction and no size."""


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
    missing = missing_inputs(criterion, case)
    if missing:
        return _without(criterion, case, missing)
    question = ask(criterion, case)
    reading = question.reading()
    pointed = LEVELS[int(grade(criterion, reading))]
    tables = _tables(criterion, case)
    reasons = _reasons(question, case, pointed, tables)
    decisive = any(reason.decisive for reason in reasons)
    withheld = any(reason.withholds_indication for reason in reasons)
    exact = (reading.value, reading.baseline_value)
    policy = case.settings.policy
    value, baseline = (float(part) for part in published(criterion, *exact, question.base, policy))
    before, after = question.figures()
    return Verdict(
        criterion=criterion,
        scenario=case.scenario,
        mode=criterion.mode,
        value=value,
        baseline_value=baseline,
        threshold=criterion.threshold,
        outcome=Outcome.CANNOT_SAY if decisive else pointed,
        indication=pointed if decisive and not withheld else None,
        basis=_basis(tables),
        reasons=reasons,
        not_met_before=not withheld and _not_met_before(question, case, pointed),
        worsened_by=_worsened(criterion, (value, baseline), exact),
        evidence=evidence_of(question, case.origins, before=before, after=after),
        settings=case.settings,
        travel=_travel(criterion, case, tables),
        search_min=min(table.cutoff_min for table in tables),
    )


def _reasons(
    question: Question, case: Case, pointed: Outcome, tables: Sequence[TravelTimes]
) -> tuple[Reason, ...]:
    """Gather what a verdict stands on, the decisive reasons first."""
    criterion = question.criterion
    reasons: list[Reason] = []
    if pointed is Outcome.CANNOT_SAY:
        reasons.append(no_value(question))
    if _basis(tables) == "estimated":
        reasons.append(Reason(kind=ReasonKind.ESTIMATED_TIMES, decisive=True))
    reasons += on_further_modes(criterion, missing_modes(criterion, case), pointed)
    if pointed is not Outcome.CANNOT_SAY:
        reasons += on_rough_places(question, pointed)
        reasons += on_unknown_places(question, case, pointed)
    reasons += on_left_out(question, case.origins, tables)
    if case.settings.moved is not None:
        reasons.append(Reason(kind=ReasonKind.MOVED, areas=case.settings.moved))
    return tuple(sorted(reasons, key=lambda reason: not reason.decisive))


def _worsened(
    criterion: Criterion, told: tuple[float, float], exact: tuple[Floats, Floats]
) -> float:
    """Return by how much the published value is worse; where that is hidden, which way it goes."""
    sign = -1.0 if criterion.better == "higher" else 1.0
    worse = sign * (told[0] - told[1]) + 0.0
    true = sign * float(exact[0] - exact[1])
    return math.copysign(HARDLY, true) if math.isnan(worse) and abs(true) > ROUNDING else worse


def _without(criterion: Criterion, case: Case, missing: tuple[Reason, ...]) -> Verdict:
    """Return the verdict on a criterion of which inputs are missing."""
    return Verdict(
        criterion=criterion,
        scenario=case.scenario,
        mode=criterion.mode,
        value=math.nan,
        baseline_value=math.nan,
        threshold=criterion.threshold,
        outcome=Outcome.CANNOT_SAY,
        indication=None,
        basis=_basis(_tables(criterion, case)),
        reasons=missing,
        not_met_before=False,
        worsened_by=math.nan,
        evidence=pd.DataFrame(),
        settings=case.settings,
    )


def _not_met_before(question: Question, case: Case, pointed: Outcome) -> bool:
    """Return whether the baseline is itself not met, wherever its sites may be."""
    if case.scenario == BASELINE.name or pointed is not Outcome.NOT_MET:
        return False
    earlier = question.earlier()
    if earlier.outcome() is not Outcome.NOT_MET:
        return False
    reasons = [
        *on_rough_places(earlier, Outcome.NOT_MET),
        *on_unknown_places(earlier, case, Outcome.NOT_MET),
    ]
    return not any(reason.decisive for reason in reasons)


def _tables(criterion: Criterion, case: Case) -> list[TravelTimes]:
    tables = []
    for side in (case.before, case.after):
        tables += tables_for(criterion, side)
        if criterion.measure == "hours_reachable" and criterion.mode in side.times_back:
            tables.append(side.times_back[criterion.mode])
    return tables


def _basis(tables: Iterable[TravelTimes]) -> Literal["streets", "estimated"]:
    return "estimated" if any(table.estimated for table in tables) else "streets"


def _travel(criterion: Criterion, case: Case, tables: Iterable[TravelTimes]) -> tuple[str, ...]:
    """Return the labels of the modes people travel by: "on foot", "by bus"."""
    absent = missing_modes(criterion, case)
    known = {name: mode.label for name, mode in MODES.items()}
    known |= {table.mode.name: table.mode.label for table in tables}
    modes = [criterion.mode, *(mode for mode in criterion.also_modes if mode not in absent)]
    return tuple(known.get(mode, f"by {mode}") for mode in modes)

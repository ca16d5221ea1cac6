"""Judge a case by a criterion: outcome, value, reasons, sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import Criterion, Outcome, Verdict
from eh_access.criteria.evaluate import (
    LEVELS,
    POINTS,
    Finding,
    Question,
    area_shares,
    ask,
    grade,
    judgement,
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
from eh_access.modes import MODES
from eh_access.numerals import about, amount, count_of, number, percent, shown

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


MOST_NAMED = 3
"""Of the roughly known sites that nothing turns on, so many are named."""


@dataclass
class Reasons:
    """What was found while judging, in clauses."""

    causes: list[str] = field(default_factory=list)  # any of these makes the outcome "cannot say"
    # what is left out or estimated without changing the outcome
    notes: list[str] = field(default_factory=list)
    # whether the figures point to no outcome at all: something is missing, or they would point
    # elsewhere if a site stood elsewhere
    pointless: bool = False

    def text(self) -> str:
        """Return all of them in one line, causes first."""
        return "; ".join([*self.causes, *self.notes])


def no_value(question: Question, case: Case) -> str:
    """Return why a criterion has no value."""
    base, group, unit = question.base, question.criterion.group, case.settings.unit
    where = f"in {GROUPS[group].words}" if group else "here"
    if base.few:
        return f"there are too few {unit} {where} to publish anything about"
    if not base.weights.sum() > 0:
        return f"there are no {unit} {where}"
    if group and not base.elsewhere.sum() > 0:
        return f"there are no {unit} elsewhere to compare with"
    return "on both sides some are out of reach, so that their mean times cannot be compared"


def not_without(
    reasons: Reasons, criterion: Criterion, modes: Sequence[str], pointed: Outcome
) -> None:
    """Add what follows when the times of a further mode are missing."""
    # More ways to travel can only bring sites nearer, so that a share reached without them is
    # reached. How far it falls is another matter.
    if not modes:
        return
    named = " and ".join(modes)
    if pointed is Outcome.MET and criterion.max_fall_points is None:
        reasons.notes.append(f"{named} times are missing; it is met without them")
        return
    reasons.causes.append(f"{named} times are missing (there is no timetable)")
    reasons.pointless = True


def on_estimates(reasons: Reasons, question: Question, pointed: Outcome) -> None:
    """Add what follows from sites whose place is known only roughly."""
    radius = uncertain_sites(question)
    if radius.empty:
        return
    turning = turning_sites(question, radius.index, pointed)
    if turning:
        told = _listed(_placed(question, turning, radius))
        be = "is" if len(turning) == 1 else "are"
        reasons.causes.append(f"it turns on where {told} {be}")
        reasons.pointless = True
    steady = radius[~radius.index.isin(turning)].sort_values(ascending=False, kind="stable")
    if len(steady):
        named = _placed(question, steady.index[:MOST_NAMED].tolist(), radius)
        more = steady.iloc[MOST_NAMED:]
        if len(more):
            named.append(f"{len(more)} more (to within {more.max():,.0f} m or better)")
        told = f"known only roughly, but nothing turns on it: {_listed(named)}"
        reasons.notes.append(told)


def on_unknowns(reasons: Reasons, question: Question, case: Case, pointed: Outcome) -> None:
    """Add what follows from sites whose place nobody knows: they are left out."""
    unknown = unknown_sites(question)
    if unknown.empty:
        return
    mode = tables_for(question.criterion, case.after)[0].mode
    turning = turning_unknowns(question, unknown.index, case, mode=mode, outcome=pointed)
    for site, row in unknown.iterrows():
        effect = "overstates the harm" if row["open_after"] else "understates the harm"
        if case.is_baseline:
            effect = "understates what is near"
        told = f"it is not known where {row['name']} is; it is left out, which {effect}"
        if site in turning:
            reasons.causes.append(f"{told}, and its place could change the outcome")
            reasons.pointless = True
        else:
            tried = f"(at {number(len(places_tried(case.origins)))} places)"
            reasons.notes.append(f"{told}, but the outcome stands wherever it was tried {tried}")


def left_out(
    reasons: Reasons, question: Question, case: Case, tables: Iterable[TravelTimes]
) -> None:
    """Add who is left out, or may have been cut short."""
    base, unit, origins = question.base, case.settings.unit, case.origins
    policy = case.settings.policy
    weights = base.weights + base.elsewhere
    if base.unknown_weight > 0:
        criterion = question.criterion
        column = GROUPS[criterion.group].column if criterion.group else criterion.by
        count = number(base.unknown_weight, policy)
        told = f"{count} {unit} whose '{column}' is not known are left out"
        reasons.notes.append(told)
    off = np.zeros(len(origins), dtype=bool)
    rim = np.zeros(len(origins), dtype=bool)
    for table in tables:
        rows = table.origin_ids.get_indexer(origins.index)
        status = table.origin_status["status"].isin(["off_network", "no_location"])
        off |= status.to_numpy(dtype=bool)[rows]
        if table.touches_rim is not None:
            rim |= table.touches_rim[rows]
    if weights[off].sum() > 0:
        told = f"{number(weights[off].sum(), policy)} {unit} could not be placed on the streets"
        reasons.notes.append(f"{told} and count as out of reach")
    if weights[rim].sum() > 0:
        count = number(weights[rim].sum(), policy)
        told = f"the trips of {count} {unit} touch the rim of the streets"
        reasons.notes.append(f"{told} known and may be shorter in truth")


def _placed(question: Question, sites: Sequence[str], radius: pd.Series) -> list[str]:
    """Return "A (known to within 1,500 m)" for each site."""
    names = {
        site: name
        for view in (question.before, question.after)
        for site, name in zip(view.sites.ids, view.sites.names, strict=True)
    }
    return [f"{names[site]} (known to within {radius[site]:,.0f} m)" for site in sites]


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


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


METRES_PER_KM = 1000.0
CODE = re.compile(r"[A-Z]\d{8}")
"""Of an area, as the statistics office writes it: what stands where no name is known."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Telling:
    """What the sentences are made from."""

    question: Question  # A criterion, and what it was asked of
    case: Case
    before: NDArray[np.float64]  # what each origin has: minutes, metres or hours a week
    after: NDArray[np.float64]
    travel: str  # how people travel, in words: "on foot"
    search_min: float  # how far minutes were searched
    evidence: pd.DataFrame  # the rows behind the verdict

    @property
    def criterion(self) -> Criterion:
        """The criterion."""
        return self.question.criterion

    @property
    def place(self) -> str:
        """What a site that counts is called."""
        full = self.criterion.sites == "full_time"
        return f"full-time {self.case.settings.place}" if full else self.case.settings.place

    @property
    def a_place(self) -> str:
        """The same with its article."""
        return f"{'an' if self.place[0].lower() in 'aeiou' else 'a'} {self.place}"

    @property
    def by_street(self) -> str:
        """Say that a distance goes along streets, where it does."""
        times = self.case.before.times.get(self.criterion.mode)
        return "" if times is not None and times.estimated else " by street"

    @property
    def be(self) -> str:
        """The verb: what is, or what would be."""
        return "are" if self.case.is_baseline else "would be"

    @property
    def have(self) -> str:
        """The verb: what they have, or would have."""
        return "have" if self.case.is_baseline else "would have"

    def count(self, condition: NDArray[np.bool_]) -> str:
        """Return how many of those who count meet a condition, in words."""
        weights = self.question.base.weights
        told = self.case.settings
        part, whole = float(weights[condition].sum()), float(weights.sum())
        return count_of(part, whole, told.unit, told.policy)

    def some(self, condition: NDArray[np.bool_]) -> str:
        """Return how many meet a condition as a number, or "" for none."""
        weight = float(self.question.base.weights[condition].sum())
        return about(weight, self.case.settings.policy) if weight > 0 else ""


def sentence(telling: Telling, finding: Finding) -> str:
    """Return a verdict in plain English: the facts, then what follows."""
    fact = _FACTS[telling.criterion.measure](telling)
    return f"{fact[:1].upper()}{fact[1:]} {judgement(telling.criterion, finding)}"


def _reach(telling: Telling) -> str:
    """Tell who is too far from a site, by time or by distance."""
    criterion = telling.criterion
    if criterion.within_m is not None:
        far = f"{criterion.within_m:g} m"
        if criterion.within_m >= METRES_PER_KM:
            far = f"{criterion.within_m / METRES_PER_KM:g} km"
        where = f"more than {far}{telling.by_street} from {telling.a_place}, {telling.travel}"
    else:
        where = (
            f"more than {criterion.cutoff_min:g} minutes {telling.travel} from {telling.a_place}"
        )
    return _unserved(telling, f"{telling.be} {where}", ("were nearer", "would be nearer"))


def _hours(telling: Telling) -> str:
    """Tell who has too few opening hours within reach."""
    criterion = telling.criterion
    both = "together" if criterion.there_and_back == "total" else "each way"
    what = (
        f"{telling.have} fewer than {criterion.min_hours:g} opening hours a week within "
        f"{criterion.cutoff_min:g} minutes {telling.travel}, there and back ({both})"
    )
    return _unserved(telling, what, ("had enough", "would have enough"))


def _unserved(telling: Telling, what: str, words: tuple[str, str]) -> str:
    """Tell who is not served; the words are for those who were before, and for those newly so."""
    had = served(telling.criterion, telling.before)
    has = served(telling.criterion, telling.after)
    told = f"{telling.count(~has)} {what}"
    if telling.criterion.group is not None:
        told = f"In {GROUPS[telling.criterion.group].words}, {told}"
    if telling.case.is_baseline:
        return f"{told}."
    lost, won = telling.some(had & ~has), telling.some(has & ~had)
    public = telling.case.settings.policy.public  # elsewhere "all" could tell what is hidden
    newly = "all" if public and lost == telling.some(~has) else lost
    told += f"; {newly} of them {words[0]} before" if lost else "; none of them newly"
    return f"{told}; {won} others {words[1]} than before." if won else f"{told}."


def _added(telling: Telling) -> str:
    """Tell whose trip grows by too much."""
    criterion = telling.criterion
    if telling.case.is_baseline:
        return "This is how things stand: nothing is added to any trip."
    more = telling.evidence["counts"].to_numpy(dtype=bool)
    told = (
        f"{telling.count(more)} would have more than {criterion.added_min:g} minutes added to the "
        f"trip {telling.travel} to the nearest {telling.place}"
    )
    lost = telling.some(np.isinf(telling.after) & np.isfinite(telling.before))
    longest = f"within {telling.search_min:g} minutes"
    return f"{told}; {lost} of them could no longer reach one {longest}." if lost else f"{told}."


def _group(telling: Telling) -> str:
    """Tell how much a group's trips grow beside everyone else's."""
    if telling.case.is_baseline:
        return "This is how things stand: nothing is added to any trip."
    inside, elsewhere = telling.evidence.to_dict("records")
    words = GROUPS[telling.criterion.group or ""].words
    unit, policy = telling.case.settings.unit, telling.case.settings.policy
    return (
        f"In {words} the trip {telling.travel} to the nearest {telling.place} would take "
        f"{_longer(inside['mean_change_min'])} on average "
        f"({about(inside['weight'], policy)} {unit}), "
        f"elsewhere {_longer(elsewhere['mean_change_min'])} "
        f"({about(elsewhere['weight'], policy)})."
    )


def _longer(minutes: float) -> str:
    if math.isnan(minutes):
        return "a time that is not known"
    if math.isinf(minutes):
        return (
            "for ever, as some lose all reach," if minutes > 0 else "less, as some come in reach,"
        )
    size = shown(abs(minutes), "min")
    if amount(size) == 0:
        return "no longer"
    return f"{size} {'longer' if minutes > 0 else 'less'}"


def _areas(telling: Telling) -> str:
    """Tell which area loses most coverage."""
    criterion, rows = telling.criterion, telling.evidence
    kind = (criterion.by or "area").split("_")[0]
    within = f"within {criterion.cutoff_min:g} minutes {telling.travel} of {telling.a_place}"
    if telling.case.is_baseline:
        return f"This is how things stand: no {kind} loses any of its share {within}."
    worst = rows.iloc[0]
    if worst["fall_points"] <= 0:
        return f"In no {kind} would the share of {telling.case.settings.unit} {within} fall."
    over = int((rows["fall_points"] > criterion.threshold + ROUNDING).sum())
    policy = telling.case.settings.policy
    shares = [float(worst[f"share_{when}"]) for when in ("before", "after")]
    # beside the fall, one share would tell the other where that is hidden
    hidden = not policy.public and any(map(math.isnan, shares))
    ends = "" if hidden else f", from {percent(shares[0])} to {percent(shares[1])}"
    many = f"{over} of {len(rows)} {kind}s" if over else f"no {kind}"
    return (
        f"{_called(worst, kind)} would lose most: the share of its {telling.case.settings.unit} "
        f"{within} "
        f"would fall by {shown(worst['fall_points'], 'points', near=criterion.threshold)}"
        f"{ends}; {many} "
        f"would lose more than {criterion.threshold:g} points."
    )


def _called(area: pd.Series, kind: str) -> str:
    """Return an area's name at the start of a sentence; a bare code says what it is a code of."""
    name = str(area["name"])
    return f"{kind.capitalize()} {name}" if CODE.fullmatch(name) else name


_FACTS: Mapping[str, Callable[[Telling], str]] = {
    "coverage": _reach,
    "coverage_distance": _reach,
    "group_coverage": _reach,
    "hours_reachable": _hours,
    "added_time": _added,
    "group_gap": _group,
    "area_loss": _areas,
}

HARDLY = 1e-6
"""Stands for a change that may not be told: it has a direction and no size."""
ESTIMATED = "travel times are straight-line estimates"
ROW_COLUMNS = (
    "scenario",
    "criterion",
    "mode",
    "value",
    "baseline_value",
    "threshold",
    "outcome",
    "basis",
    "indication",
    "reason",
    "sentence",
    "not_met_before",
    "worsened_by",
)


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
    reasons = _reasons(question, case, pointed)
    policy = case.settings.policy
    exact = (reading.value, reading.baseline_value)
    value, baseline = (float(part) for part in published(criterion, *exact, question.base, policy))
    finding = Finding(
        value=value,
        baseline_value=baseline,
        outcome=Outcome.CANNOT_SAY if reasons.causes else pointed,
        indication=_indication(reasons, pointed),
        not_met_before=_not_met_before(question, case, pointed, pointless=reasons.pointless),
        worsened_by=_worsened(criterion, (value, baseline), exact),
        is_baseline=case.is_baseline,
        causes=tuple(reasons.causes),
    )
    before, after = question.figures()
    evidence = evidence_of(question, case.origins, before=before, after=after)
    telling = Telling(
        question=question,
        case=case,
        before=before,
        after=after,
        travel=_travel(criterion, case),
        search_min=min(table.cutoff_min for table in _tables(criterion, case)),
        evidence=evidence,
    )
    nothing = math.isnan(float(reading.value))
    told = judgement(criterion, finding) if nothing else sentence(telling, finding)
    return _verdict(
        criterion, case, finding, sentence=told, evidence=evidence, reason=reasons.text()
    )


def verdict_row(verdict: Verdict) -> dict[str, object]:
    """Return a verdict as a row of a table."""
    return {
        "scenario": verdict.scenario,
        "criterion": verdict.criterion.id,
        "mode": verdict.mode,
        "value": verdict.value,
        "baseline_value": verdict.baseline_value,
        "threshold": verdict.threshold,
        "outcome": verdict.outcome.value,
        "basis": verdict.basis,
        "indication": verdict.indication.value if verdict.indication else "",
        "reason": verdict.reason,
        "sentence": verdict.sentence,
        "not_met_before": verdict.not_met_before,
        "worsened_by": verdict.worsened_by,
    }


def verdicts_frame(verdicts: Iterable[Verdict]) -> pd.DataFrame:
    """Return verdicts as a table, one row each."""
    return pd.DataFrame([verdict_row(verdict) for verdict in verdicts], columns=list(ROW_COLUMNS))


def _reasons(question: Question, case: Case, pointed: Outcome) -> Reasons:
    """Gather what a verdict stands on, the gravest first."""
    criterion = question.criterion
    reasons = Reasons()
    if pointed is Outcome.CANNOT_SAY:
        reasons.causes.append(no_value(question, case))
        reasons.pointless = True
    if _estimated(criterion, case):
        reasons.causes.append(ESTIMATED)
    not_without(reasons, criterion, missing_modes(criterion, case), pointed)
    if pointed is not Outcome.CANNOT_SAY:
        on_estimates(reasons, question, pointed)
        on_unknowns(reasons, question, case, pointed)
    left_out(reasons, question, case, _tables(criterion, case))
    if case.settings.moved:
        reasons.notes.append(case.settings.moved)
    return reasons


def _worsened(
    criterion: Criterion, told: tuple[float, float], exact: tuple[Floats, Floats]
) -> float:
    """Return by how much the published value is worse; where that is hidden, which way it goes."""
    sign = -1.0 if criterion.better == "higher" else 1.0
    worse = sign * (told[0] - told[1]) + 0.0
    true = sign * float(exact[0] - exact[1])
    return math.copysign(HARDLY, true) if math.isnan(worse) and abs(true) > ROUNDING else worse


def _indication(reasons: Reasons, pointed: Outcome) -> Outcome | None:
    return pointed if reasons.causes and not reasons.pointless else None


def _without(criterion: Criterion, case: Case, missing: list[str]) -> Verdict:
    """Return the verdict on a criterion of which inputs are missing."""
    finding = Finding(
        value=math.nan,
        baseline_value=math.nan,
        outcome=Outcome.CANNOT_SAY,
        indication=None,
        not_met_before=False,
        worsened_by=math.nan,
        is_baseline=case.is_baseline,
        causes=tuple(missing),
    )
    return _verdict(
        criterion,
        case,
        finding,
        sentence=judgement(criterion, finding),
        evidence=pd.DataFrame(),
        reason="; ".join(missing),
    )


def _verdict(
    criterion: Criterion,
    case: Case,
    finding: Finding,
    *,
    sentence: str,
    evidence: pd.DataFrame,
    reason: str,
) -> Verdict:
    basis: Literal["streets", "estimated"] = "streets"
    if _estimated(criterion, case):
        basis = "estimated"
    return Verdict(
        criterion=criterion,
        scenario=case.scenario,
        mode=criterion.mode,
        value=finding.value,
        baseline_value=finding.baseline_value,
        threshold=criterion.threshold,
        outcome=finding.outcome,
        indication=finding.indication,
        basis=basis,
        reason=reason,
        sentence=sentence,
        not_met_before=finding.not_met_before,
        worsened_by=finding.worsened_by,
        evidence=evidence,
    )


def _not_met_before(question: Question, case: Case, pointed: Outcome, *, pointless: bool) -> bool:
    """Return whether the baseline is itself not met, wherever its sites may be."""
    if case.is_baseline or pointless or pointed is not Outcome.NOT_MET:
        return False
    earlier = question.earlier()
    if earlier.outcome() is not Outcome.NOT_MET:
        return False
    reasons = Reasons()
    on_estimates(reasons, earlier, Outcome.NOT_MET)
    on_unknowns(reasons, earlier, case, Outcome.NOT_MET)
    return not reasons.causes


def _tables(criterion: Criterion, case: Case) -> list[TravelTimes]:
    tables = []
    for side in (case.before, case.after):
        tables += tables_for(criterion, side)
        if criterion.measure == "hours_reachable" and criterion.mode in side.times_back:
            tables.append(side.times_back[criterion.mode])
    return tables


def _estimated(criterion: Criterion, case: Case) -> bool:
    return bool(np.any([table.estimated for table in _tables(criterion, case)]))


def _travel(criterion: Criterion, case: Case) -> str:
    """Return how people travel, in words: "on foot or by bus"."""
    modes = [criterion.mode]
    modes += [m for m in criterion.also_modes if m not in missing_modes(criterion, case)]
    labels = {table.mode.name: table.mode.label for table in _tables(criterion, case)}
    known = {name: mode.label for name, mode in MODES.items()} | labels
    return " or ".join(known.get(mode, f"by {mode}") for mode in modes)

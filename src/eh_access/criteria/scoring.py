"""Score many sets of closures by the arithmetic that judges one scenario.

Closing sites needs no routing. The nearest site that is left is among the k + 1 nearest when k
close, so a set costs a handful of look-ups for each origin, however many sites there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from eh_access.criteria.evaluate import MAIN_WEIGHTS, Scope, prepare, view_of
from eh_access.facts import Note, note
from eh_access.measures.basic import HALF_DECISECOND_MIN, ROUNDING, change_of, means_of
from eh_access.measures.equity import GROUPS, group_members

if TYPE_CHECKING:
    import pandas as pd

    from eh_access.criteria.criterion import Better, Bools, Case, Criterion, Doubles
    from eh_access.criteria.evaluate import Question, View

    Step = Callable[[Bools, dict[Scope, Doubles]], Doubles]
    """From closures to columns of values; those of one scope share what is in the memory."""

Unit = Literal["share", "min", "points", "weight"]
SETS_AT_ONCE = 64
DECIMALS = 9
"""Values are compared to so many places, so that the order of a sum cannot break a tie."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One figure by which sets are ranked."""

    key: str  # name of its column, ending in its unit: ``walk_30_share``
    label: str  # plain words
    unit: Unit  # ``"share"`` (0 to 1), ``"min"``, ``"points"`` or ``"weight"``
    better: Better  # whether a higher or a lower value is better
    counts_with: str = ""  # key of the measure it is counted once with; "" for none
    whole: float = math.nan  # of a share: how many it is of

    @property
    def sign(self) -> float:
        """What to multiply by so that lower is better."""
        return -1.0 if self.better == "higher" else 1.0


Coarsen = Callable[[Measure, "Doubles"], "Doubles"]
"""Rounds the values of a measure."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Scorer:
    """Ready to score any sets of closures."""

    site_ids: pd.Index  # the sites that can be told apart, sorted: columns of what `score` takes
    measures: tuple[Measure, ...]  # what is scored, in the order of the columns it returns
    steps: tuple[Step, ...]
    notes: tuple[Note, ...] = ()  # what could not be scored, and why
    coarsen: Coarsen | None = None  # what is done to figures before sets are compared

    def score(self, closed: Bools) -> Doubles:
        """Return every measure of every set."""
        parts = [
            self._some(closed[start : start + SETS_AT_ONCE])
            for start in range(0, len(closed), SETS_AT_ONCE)
        ]
        whole = np.concatenate(parts) if parts else np.empty((0, len(self.measures)))
        if self.coarsen is not None:
            columns = zip(self.measures, whole.T, strict=True)
            coarse = [self.coarsen(measure, values) for measure, values in columns]
            whole = np.stack(coarse, axis=1)
        return np.round(whole, DECIMALS) + 0.0  # adding zero turns -0.0 into 0.0

    def _some(self, closed: Bools) -> Doubles:
        memory: dict[Scope, Doubles] = {}
        blocks = [step(closed, memory) for step in self.steps]
        return np.concatenate(blocks, axis=1) if blocks else np.empty((len(closed), 0))


def quantiles_of(values: Doubles, weights: Doubles, share: float) -> Doubles:
    """Return `arrays.quantile_of` of many rows at once."""
    counted = weights > 0
    kept, load = values[:, counted], weights[counted]
    order = np.argsort(kept, axis=1)
    summed = np.cumsum(load[order], axis=1)
    bar = (share - ROUNDING) * summed[:, -1:]
    at = np.minimum((summed < bar).sum(axis=1), kept.shape[1] - 1)
    rows = np.arange(len(kept))
    return np.asarray(kept[rows, order[rows, at]])


def make_scorer(
    case: Case,
    criteria: tuple[Criterion, ...],
    *,
    mode: str,
    sites: Literal["open", "full_time"],
    loser_min: float,
    coarsen: Coarsen | None = None,
) -> Scorer:
    """Return what scores sets of closures of a baseline."""
    nearest = Scope(figure="min", modes=(mode,), sites=sites)
    view = view_of(nearest, case, case.before)
    every = view_of(replace(nearest, sites="open"), case, case.before).sites.ids
    # sets whose figures are rounded are not compared by a count, which may be of a few
    measures, step, notes = _minutes(view, case, loser_min, every, losers=coarsen is None)
    steps = [step]
    for criterion in criteria:
        question = prepare(criterion, case)
        if question.missing:
            notes.append(note("info", "not-scored", measure=criterion.id, reasons=question.missing))
            continue
        if question.absent_modes:
            absent = tuple(question.absent_modes)
            notes.append(note("info", "scored-without", measure=criterion.id, modes=absent))
        measures.append(_measure_of(question, criteria))
        steps.append(_judged(question, every))
    return Scorer(
        site_ids=every,
        measures=tuple(measures),
        steps=tuple(steps),
        notes=tuple(notes),
        coarsen=coarsen,
    )


def _measure_of(question: Question, criteria: tuple[Criterion, ...]) -> Measure:
    criterion, counted = question.criterion, question.counted[MAIN_WEIGHTS]
    partner = next((_key(item) for item in criteria if item.id == criterion.counts_with), "")
    return Measure(
        key=_key(criterion),
        label=criterion.label,
        unit=criterion.kind.unit,
        better=criterion.kind.better,
        counts_with=partner,
        whole=float(counted.weights.sum()),
    )


def _key(criterion: Criterion) -> str:
    return f"{criterion.id.replace('-', '_')}_{criterion.kind.unit}"


def _minutes(
    view: View, case: Case, loser_min: float, every: pd.Index, *, losers: bool
) -> tuple[list[Measure], Step, list[Note]]:
    """Return the measures of minutes: the same families in every set, those reached before."""
    weights = case.origins["weight"].to_numpy(dtype=np.float64)
    before = view.figure(view.there, view.back)
    base = np.where(np.isfinite(before), weights, 0.0)
    measures = [
        Measure(key="mean_min", label="Mean minutes", unit="min", better="lower"),
        Measure(
            key="p90_min", label="Minutes that nine in ten do not pass", unit="min", better="lower"
        ),
    ]
    parts = [base]
    notes: list[Note] = []
    for key, group in (
        ("mean_deprived_fifth_min", "most-deprived-fifth"),
        ("mean_no_car_fifth_min", "no-car-fifth"),
    ):
        column = GROUPS[group].column
        if column not in case.origins.columns or case.origins[column].isna().all():
            notes.append(note("info", "no-column", measure=key, column=column))
            continue
        member = group_members(case.origins, group).fillna(value=False).to_numpy(dtype=bool)
        label = f"Mean minutes in {GROUPS[group].words}"
        measures.append(Measure(key=key, label=label, unit="min", better="lower"))
        parts.append(np.where(member, base, 0.0))
    lost = f"Who lose more than {loser_min:g} minutes"
    if losers:
        measures.append(Measure(key="losers_weight", label=lost, unit="weight", better="lower"))
    else:
        notes.append(note("info", "losers-hidden"))
    left_out = float(weights.sum() - base.sum())
    if left_out > 0:
        notes.append(note("info", "never-reached", weight=left_out, limit=0))
    seen = every.get_indexer(view.sites.ids)
    width = len(measures)  # the caller adds those of the criteria

    def step(closed: Bools, memory: dict[Scope, Doubles]) -> Doubles:
        after = _left(view, closed[:, seen], memory)
        loses = change_of(before, after) > loser_min + HALF_DECISECOND_MIN
        if not base.any():
            return np.full((len(closed), width), math.nan)
        means = [means_of(after, part) for part in parts]
        columns = [means[0], quantiles_of(after, base, 0.9), *means[1:]]
        columns.append(np.where(loses, base, 0.0).sum(axis=1))
        return np.stack(columns[:width], axis=1)

    return measures, step, notes


def _judged(question: Question, every: pd.Index) -> Step:
    """Return what evaluates one criterion for many sets."""
    view = question.views[0]
    kind = question.criterion.kind
    before = view.figure(view.there, view.back)[None, :]
    seen = every.get_indexer(view.sites.ids)

    def step(closed: Bools, memory: dict[Scope, Doubles]) -> Doubles:
        evaluation = question.of_figures(before, _left(view, closed[:, seen], memory))
        value = evaluation.value
        if kind.of_change:
            # out of reach within a group, or elsewhere, leaves a difference without a bound
            value = np.where(np.isfinite(value), value, math.nan)
        return value.reshape(-1, 1)

    return step


def _left(view: View, closed: Bools, memory: dict[Scope, Doubles]) -> Doubles:
    """Return what each origin has under each set; criteria of one scope share the work."""
    if view.scope not in memory:
        memory[view.scope] = view.with_closed(closed)
    return memory[view.scope]

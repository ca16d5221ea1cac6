"""How sure outcomes are: criteria evaluated under every draw of what is not known."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.criteria.criterion import KINDS, Likelihood, Outcome
from eh_access.criteria.draws import SourceKind, drawn_weights
from eh_access.criteria.evaluate import CANNOT_SAY, MAIN, MAIN_WEIGHTS, MET, Scope, prepare
from eh_access.delegate import delegate
from eh_access.measures.basic import (
    HALF_DECISECOND_MIN,
    change_of,
    means_of,
    shares_where,
    within,
)

if TYPE_CHECKING:
    from eh_access.criteria.criterion import Bools, Case, Counted, Criterion, Doubles, Verdict
    from eh_access.criteria.draws import Drawn, Places, Simulation, SiteDoubt
    from eh_access.criteria.evaluate import Question

SURE = 0.90
"""From this chance on an outcome is called."""

COVERED = 0.90
LOW, HIGH = (1 - COVERED) / 2, (1 + COVERED) / 2
SHUFFLES = 20
LEAST_GAIN = 0.005
"""A gain in chance below this is not told from none."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The middle of what was drawn, and the range that holds nine in ten draws."""

    median: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """How wide the range is."""
        return self.high - self.low

    def share_of(self, whole: float) -> float:
        """Return its width over that of the range with all doubts."""
        return 0.0 if whole == 0 else self.width / whole


def spread_of(values: Doubles) -> Spread:
    """Return the spread of draws; each figure is one that was drawn."""
    # Where one has no value, or none that may be shown, there is no spread: that of the others
    # would hold fewer than nine in ten.
    if not len(values) or np.isnan(values).any():
        return Spread(median=math.nan, low=math.nan, high=math.nan)
    low, median, high = np.quantile(values, [LOW, 0.5, HIGH], method="inverted_cdf").tolist()
    return Spread(median=median, low=low, high=high)


@dataclass(frozen=True, eq=False, kw_only=True)
class Draws:
    """What a criterion comes to in every draw, (draws,)."""

    value: Doubles  # in the criterion's unit
    before: Doubles  # the baseline's
    weight: Doubles  # how many it counts

    @cached_property
    def spread(self) -> Spread:
        """The spread of the values."""
        return spread_of(self.value)

    def at(self, draws: Places) -> Draws:
        """Return some draws, in order, some of them more than once."""
        return Draws(value=self.value[draws], before=self.before[draws], weight=self.weight[draws])


@dataclass(frozen=True, eq=False, kw_only=True)
class Simulated:
    """One criterion under one scenario, in every draw."""

    scenario: str
    criterion: str
    mode: str
    draws: Draws
    met: Bools  # (draws,): which draws meet it
    probability: float  # how likely it is met: (1 + draws that meet it) / (draws + 2)
    probability_before: float  # how likely it was met before; 1 where it is of a change

    @property
    def value(self) -> Spread:
        """The spread of the values."""
        return self.draws.spread

    @cached_property
    def baseline(self) -> Spread:
        """The spread of the values before."""
        return spread_of(self.draws.before)

    @property
    def likelihood(self) -> Likelihood:
        """How sure the likelier of met and not met is, in words."""
        return likelihood_of(max(self.probability, 1 - self.probability))


@dataclass(frozen=True, eq=False, kw_only=True)
class Source:
    """What one doubt alone makes of a criterion, and what knowing it would settle."""

    scenario: str
    criterion: str
    kind: SourceKind
    site_id: str  # of counts there is no site
    name: str
    draws: Draws  # what the criterion comes to in every draw if all else is as in the study
    whole: float  # the width of the range that holds nine in ten draws with all doubts
    right_now: float  # how often the likelier of met and not met is right
    right_then: float  # how often it would be on average, were this one thing known

    @property
    def low(self) -> float:
        """Where the range begins that holds nine in ten draws."""
        return self.draws.spread.low

    @property
    def high(self) -> float:
        """Where it ends."""
        return self.draws.spread.high

    @property
    def share(self) -> float:
        """The width of that range over that of the range with all doubts."""
        return self.draws.spread.share_of(self.whole)


SOURCE_COLUMNS = (
    "scenario",
    "criterion",
    "kind",
    "site_id",
    "name",
    "low",
    "high",
    "share",
    "right_now",
    "right_then",
)
"""``doubts.csv``."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one doubt alone makes of a headline figure; the fields are those of `Source`."""

    kind: SourceKind
    site_id: str
    name: str
    low: float
    high: float
    share: float


@dataclass(frozen=True, kw_only=True)
class Headline:
    """A headline figure: its value in the study and in the draws, and what makes its range."""

    scenario: str
    mode: str
    figure: str
    unit: str
    value: float
    spread: Spread
    parts: tuple[Part, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Uncertainty:
    """How sure every outcome is, and what would make it surer; made by `simulate`."""

    draws: int
    simulated: tuple[Simulated, ...]  # every criterion under every scenario that has its inputs
    sources: tuple[Source, ...]  # what each doubt alone makes of each criterion
    headlines: tuple[Headline, ...]
    simulation: Simulation  # what was drawn, to ask further figures of

    def of(self, scenario: str, criterion: str) -> Simulated | None:
        """Return one criterion under one scenario; None where an input is missing."""
        pairs = {(item.scenario, item.criterion): item for item in self.simulated}
        return pairs.get((scenario, criterion))

    @property
    def frame(self) -> pd.DataFrame:
        """``uncertainty.csv``: a row for each scenario and criterion."""
        rows = [
            {
                "scenario": item.scenario,
                "criterion": item.criterion,
                "mode": item.mode,
                **_columns(item.value, ""),
                **_columns(item.baseline, "baseline_"),
                "probability_met": item.probability,
                "probability_met_before": item.probability_before,
                "likelihood": str(item.likelihood),
                "draws": self.draws,
            }
            for item in self.simulated
        ]
        return pd.DataFrame(rows)

    @property
    def sources_frame(self) -> pd.DataFrame:
        """``doubts.csv``: a row for each scenario, criterion and source of doubt."""
        rows = [{name: getattr(item, name) for name in SOURCE_COLUMNS} for item in self.sources]
        return pd.DataFrame([{**row, "kind": str(row["kind"])} for row in rows])

    @property
    def headlines_frame(self) -> pd.DataFrame:
        """A row for each scenario, mode and headline figure."""
        rows = [{**asdict(item), **_columns(item.spread, "")} for item in self.headlines]
        return pd.DataFrame(rows).drop(columns=["spread", "parts"], errors="ignore")

    @property
    def headline_parts_frame(self) -> pd.DataFrame:
        """A row for each scenario, mode, headline figure and source of doubt."""
        rows = [
            {
                "scenario": item.scenario,
                "mode": item.mode,
                "figure": item.figure,
                "unit": item.unit,
                **asdict(part),
                "kind": str(part.kind),
            }
            for item in self.headlines
            for part in item.parts
        ]
        return pd.DataFrame(rows)

    @property
    def first(self) -> Source | None:
        """The one thing to find out first: what settles most, else what makes most of a range."""
        if not self.sources:
            return None
        settling = max(self.sources, key=lambda item: item.right_then - item.right_now)
        if settling.right_then - settling.right_now > LEAST_GAIN:
            return settling
        # a share that is hidden comes last
        return max(self.sources, key=lambda item: np.nan_to_num(item.share, nan=-1.0))

    def __repr__(self) -> str:
        """Return a line for each criterion and scenario."""
        text: str = delegate("uncertainty_text", self)
        return text


def _columns(spread: Spread, prefix: str) -> dict[str, float]:
    return {f"{prefix}{name}": value for name, value in asdict(spread).items()}


def likelihood_of(chance: float) -> Likelihood:
    """Return a chance in words."""
    for least, word in (
        (0.99, Likelihood.ALMOST_CERTAIN),
        (SURE, Likelihood.VERY_LIKELY),
        (0.66, Likelihood.LIKELY),
    ):
        if chance >= least:
            return word
    return Likelihood.TOO_CLOSE


def weigh(verdict: Verdict, simulated: Simulated | None) -> Verdict:
    """Return a verdict as sure as the draws leave it, if it was drawn."""
    # met or not met only where at least nine in ten draws say so, else too close to call
    outcome = verdict.outcome
    if simulated is None or outcome is Outcome.CANNOT_SAY:
        return verdict
    chance = {
        Outcome.MET: simulated.probability,
        Outcome.NOT_MET: 1 - simulated.probability,
    }.get(outcome, 0.0)
    return replace(
        verdict,
        outcome=outcome if chance >= SURE else Outcome.TOO_CLOSE,
        probability=simulated.probability,
        not_met_before=verdict.not_met_before and 1 - simulated.probability_before >= SURE,
    )


# ---- simulating --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class _Asked:
    """A criterion of a case, and both its sides."""

    question: Question  # without a margin: an outcome is one of two
    counted: Counted  # as many as the study has
    drawn: Counted  # (draws, origins)
    before: Drawn
    after: Drawn
    drawn_before: Doubles  # (draws, origins)
    drawn_after: Doubles

    def level(self, before: Doubles, after: Doubles, counted: Counted) -> tuple[Draws, Bools]:
        """Return the values, and which meet the criterion."""
        evaluation = self.question.of_figures(before, after, counted=counted)
        values, baseline = evaluation.value, evaluation.baseline_value
        weight = np.broadcast_to(counted.weights.sum(axis=-1), values.shape)
        return Draws(value=values, before=baseline, weight=weight), evaluation.level == MET


def simulate(
    criteria: Sequence[Criterion],
    cases: Sequence[Case],
    simulation: Simulation,
    *,
    modes: Mapping[str, float] | None = None,
    loser_min: float = 5.0,
) -> Uncertainty:
    """Ask every criterion in every draw, and what each doubt alone makes of it."""
    # Times must follow streets: an estimate gets no probability. Headline figures are by ``modes``,
    # within so many minutes each.
    simulated: list[Simulated] = []
    sources: list[Source] = []
    memory: dict[object, tuple[Simulated, tuple[Source, ...]]] = {}
    for case in cases:
        for criterion in criteria:
            key, asked = _asked(criterion, case, simulation)
            if asked is None:
                continue
            if key not in memory:
                outcomes = _simulated(asked)
                parts = () if case.is_baseline else tuple(_sources(asked, simulation, outcomes))
                memory[key] = outcomes, parts
            own, parts = memory[key]
            simulated.append(replace(own, scenario=case.scenario))
            sources += [replace(part, scenario=case.scenario) for part in parts]
    return Uncertainty(
        draws=simulation.draws,
        simulated=tuple(simulated),
        sources=tuple(sources),
        headlines=tuple(
            headline
            for case in cases[1:]
            for mode, cutoff_min in (modes or {}).items()
            for headline in _headlines(case, mode, simulation, cutoff_min, loser_min)
        ),
        simulation=simulation,
    )


def outcomes_drawn(
    criteria: Sequence[Criterion], case: Case, simulation: Simulation
) -> dict[str, Simulated]:
    """Return each criterion of one case in every draw, by id; without an input it has none."""
    asked = {item.id: _asked(item, case, simulation)[1] for item in criteria}
    return {name: _simulated(question) for name, question in asked.items() if question is not None}


def _asked(
    criterion: Criterion, case: Case, simulation: Simulation
) -> tuple[object, _Asked | None]:
    question = prepare(criterion, case)
    if question.missing or int(question.under(MAIN).level) == CANNOT_SAY:
        return None, None
    scope = question.scope
    one, before, was = simulation.side(case, scope, case.before)
    two, after, now = simulation.side(case, scope, case.after)
    strict = replace(question, criterion=criterion.model_copy(update={"margin": 0.0}))
    counted = question.counted[MAIN_WEIGHTS]
    asked = _Asked(
        question=strict,
        counted=counted,
        drawn=drawn_weights(counted, simulation.weights),
        before=before,
        after=after,
        drawn_before=was,
        drawn_after=now,
    )
    return (criterion.id, one, two), asked


def _simulated(asked: _Asked) -> Simulated:
    question, counted = asked.question, asked.drawn
    draws, met = asked.level(asked.drawn_before, asked.drawn_after, counted)
    probability_before = 1.0
    if not KINDS[question.criterion.measure].of_change:
        still = question.of_figures(asked.drawn_before, asked.drawn_before, counted=counted)
        probability_before = _chance(still.level == MET)
    return Simulated(
        scenario=question.case.scenario,
        criterion=question.criterion.id,
        mode=question.criterion.mode,
        draws=draws,
        met=met,
        probability=_chance(met),
        probability_before=probability_before,
    )


def _chance(met: Bools) -> float:
    """Return how likely something is that some draws have: never quite 0 or 1."""
    return float(1 + met.sum()) / (met.size + 2)


def _sources(asked: _Asked, simulation: Simulation, all_: Simulated) -> Iterator[Source]:
    """Yield what each doubt alone makes of a criterion."""
    counted, met = asked.counted, all_.met

    def source(
        draws: Draws, right_then: float, kind: SourceKind, site_id: str = "", name: str = ""
    ) -> Source:
        return Source(
            scenario=all_.scenario,
            criterion=all_.criterion,
            kind=kind,
            site_id=site_id,
            name=name,
            draws=draws,
            whole=all_.draws.spread.width,
            right_now=_right(met),
            right_then=max(right_then, _right(met)),
        )

    for kind, doubt, group, before, after in _each_alone(simulation, asked.before, asked.after):
        draws, _ = asked.level(before, after, counted)
        right = _right(met) + _settled(met, group, len(before))
        yield source(draws.at(group), right, kind, doubt.site_id, doubt.name)
    if simulation.weights is not None:
        before, after = (side.figures({}, 1) for side in (asked.before, asked.after))
        draws, _ = asked.level(before, after, asked.drawn)
        _, as_counted = asked.level(asked.drawn_before, asked.drawn_after, counted)
        yield source(draws, _right(as_counted), SourceKind.COUNTS)


def _each_alone(
    simulation: Simulation, before: Drawn, after: Drawn
) -> Iterator[tuple[SourceKind, SiteDoubt, Places, Doubles, Doubles]]:
    """Yield each doubt that matters, the state of each draw, and both sides in each state."""
    sides = (before, after)
    matter = {option.site_id for side in sides for option in side.options if len(option.columns)}
    for doubt in simulation.doubts:
        if doubt.site_id not in matter:
            continue
        for kind, states in doubt.sources():
            levels, group = np.unique(states, return_inverse=True)
            was, now = (side.figures({doubt.site_id: levels}, len(levels)) for side in sides)
            yield kind, doubt, group, was, now


def _right(met: Bools) -> float:
    """Return how often the likelier of two outcomes is right."""
    return float(max(met.mean(), 1 - met.mean()))


def _settled(met: Bools, group: Places, count: int) -> float:
    """Return how much oftener the likelier outcome is right in each group than in all."""
    # A few draws of one group agree by chance more than many do; as much as they agree when
    # shuffled is taken off.
    sizes = np.bincount(group, minlength=count)

    def agree(some: Bools) -> float:
        inside = np.bincount(group, some, count)
        return float(np.maximum(inside, sizes - inside).sum() / len(some))

    random = np.random.default_rng(len(met))
    by_chance = np.mean([agree(random.permutation(met)) for _ in range(SHUFFLES)])
    return max(agree(met) - float(by_chance), 0.0)


# ---- headline figures --------------------------------------------------------------------------


def _headlines(
    case: Case, mode: str, simulation: Simulation, cutoff_min: float, loser_min: float
) -> Iterator[Headline]:
    """Yield headline figures of full-time sites by one mode."""
    figures = partial(_figures, cutoff_min=cutoff_min, loser_min=loser_min)
    scope = Scope(figure="min", modes=(mode,), sites="full_time")
    _, was, before = simulation.side(case, scope, case.before)
    _, now, after = simulation.side(case, scope, case.after)
    left, right = (side.figures({}, 1) for side in (was, now))
    stated = case.origins["weight"].to_numpy(dtype=np.float64)
    drawn = stated if simulation.weights is None else simulation.weights
    main, every = figures(left, right, stated), figures(before, after, drawn)
    alone = [
        ((kind, doubt.site_id, doubt.name), figures(one, two, stated), group)
        for kind, doubt, group, one, two in _each_alone(simulation, was, now)
    ]
    if simulation.weights is not None:
        counts = (SourceKind.COUNTS, "", ""), figures(left, right, drawn), np.arange(len(drawn))
        alone.append(counts)
    for figure, unit in FIGURES.items():
        spread = spread_of(every[figure])
        parts = []
        for (kind, site_id, name), values, group in alone:
            own = spread_of(values[figure][group])
            share = own.share_of(spread.width)
            parts.append(
                Part(kind=kind, site_id=site_id, name=name, low=own.low, high=own.high, share=share)
            )
        yield Headline(
            scenario=case.scenario,
            mode=mode,
            figure=figure,
            unit=unit,
            value=float(main[figure][0]),
            spread=spread,
            parts=tuple(parts),
        )


FIGURES = {
    "share_within_before": "share",
    "share_within": "share",
    "share_longer": "share",
    "mean_before_min": "min",
    "mean_min": "min",
}
"""Headline figures and their units; means are of those who reach a site before and after."""


def _figures(
    before: Doubles,
    after: Doubles,
    weights: Doubles,
    cutoff_min: float,
    loser_min: float,
) -> dict[str, Doubles]:
    load = np.where(np.isfinite(before) & np.isfinite(after), weights, 0.0)
    longer = change_of(before, after) > loser_min + HALF_DECISECOND_MIN
    return {
        "share_within_before": shares_where(within(before, cutoff_min), weights),
        "share_within": shares_where(within(after, cutoff_min), weights),
        "share_longer": shares_where(longer, weights),
        "mean_before_min": means_of(before, load),
        "mean_min": means_of(after, load),
    }

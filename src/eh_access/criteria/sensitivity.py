"""Sensitivity: one assumption at a time, and where an outcome turns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eh_access.arguments import check_arguments
from eh_access.criteria.criterion import ASKED, Outcome
from eh_access.criteria.evaluate import (
    LEVELS,
    MAIN,
    MAIN_WEIGHTS,
    Assumptions,
    cut_sites,
    prepare,
)
from eh_access.delegate import delegate
from eh_access.errors import InputError
from eh_access.modes import WAYS

if TYPE_CHECKING:
    from eh_access.criteria.criterion import Case, Criterion
    from eh_access.criteria.evaluate import Evaluation, Question

    Choices = Mapping[str, Mapping[str, Sequence[Case]]]


def _steps(low: float, high: float, step: float) -> tuple[float, ...]:
    return tuple(round(low + step * at, 6) for at in range(round((high - low) / step) + 1))


TRIED: Mapping[str, tuple[str, tuple[float, ...]]] = {
    "walk_speed_km_h": ("km/h", _steps(3.2, 5.6, 0.4)),
    "pushchair_speed_km_h": ("km/h", _steps(3.2, 4.8, 0.2)),
    "drive_factor": ("times", _steps(0.8, 1.5, 0.1)),
    "cutoff_min": ("min", _steps(10.0, 60.0, 5.0)),
    "within_m": ("m", _steps(1000.0, 4000.0, 250.0)),
    "added_min": ("min", _steps(0.0, 20.0, 2.5)),
    "min_hours": ("hours a week", _steps(5.0, 40.0, 5.0)),
    "full_time_from_hours": ("hours a week", _steps(5.0, 40.0, 5.0)),
    "agreed_hours": ("hours a week", _steps(0.0, 10.0, 1.0)),
}
"""The unit and the values tried of each assumption; speeds are 2.0 to 3.5 miles an hour on foot."""

AROUND: Mapping[str, tuple[float, ...]] = {
    "share": _steps(-0.2, 0.2, 0.05),
    "min": _steps(-3.0, 3.0, 0.5),
    "points": _steps(-15.0, 15.0, 2.5),
}
"""How far from the study's own a threshold is tried, by its unit."""

HIGHEST = {"share": 1.0, "points": 100.0, "min": math.inf}
OTHER_WEIGHTS = "age0_15"
ROUNDS = 14
"""Halvings of the step in which an outcome turns: a 16,000th of it is left."""

FRAME_COLUMNS = (
    "scenario",
    "criterion",
    "mode",
    "assumption",
    "unit",
    "step",
    "choice",
    "value",
    "baseline_value",
    "outcome",
    "is_main",
)
"""``sensitivity.csv``. ``step`` is the assumption's value, NaN where ``choice`` names it instead;
``is_main`` marks the study's own."""

TIPPING_COLUMNS = (
    "scenario",
    "criterion",
    "mode",
    "assumption",
    "unit",
    "main",
    "outcome",
    "lowest",
    "highest",
    "lowest_value",
    "highest_value",
    "turns_below",
    "outcome_below",
    "returns_below",
    "turns_above",
    "outcome_above",
    "returns_above",
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Sensitivity:
    """The value and outcome of every criterion as one assumption moves; made by `sensitivity`.

    Parameters
    ----------
    frame
        ``sensitivity.csv``: a row for each scenario, criterion, assumption and step. See
        `FRAME_COLUMNS`; values are in the unit of the criterion's measure.
    tipping
        A row for each scenario, criterion and assumption with steps: the range tried, the lowest
        and highest value in it, and the nearest value of the assumption on either side of the
        study's own at which the outcome is another (NaN where it stands), which one it is there,
        and whether it is the study's again further out.
    weight
        How many each row of ``frame`` counts.
    """

    frame: pd.DataFrame
    tipping: pd.DataFrame
    weight: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))

    def _repr_html_(self) -> str:
        text: str = delegate("sensitivity_html", self)
        return text

    def __repr__(self) -> str:
        """Return every tipping point, a line each."""
        text: str = delegate("sensitivity_text", self)
        return text


@check_arguments
def sensitivity(
    criteria: Sequence[Criterion], cases: Sequence[Case], *, choices: Choices | None = None
) -> Sensitivity:
    """Ask every criterion again with one assumption changed at a time.

    Parameters
    ----------
    criteria
        What is asked.
    cases
        The scenarios compared, under the study's own assumptions. Nothing is routed here.
    choices
        Assumptions that are other cases, such as another set of origins: by name, the cases of
        each choice, in the same order of scenarios. The study's own choice comes first.

    Returns
    -------
    Sensitivity
        An assumption a criterion does not depend on has no row. Nor has a criterion that lacks an
        input.

    Raises
    ------
    InputError
        If there are no criteria, or a choice holds other scenarios.

    Examples
    --------
    >>> from eh_access import WALK, Case, Close, Scenario, Side, apply_scenario
    >>> from eh_access import BASELINE, estimate_travel_times, load_origins, load_sites, load_study
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = {"walk": estimate_travel_times(homes, centres, mode=WALK)}
    >>> one_less = Scenario("one-less", "One fewer", (Close("arnold"),))
    >>> before, after = (
    ...     Side(sites=apply_scenario(centres, choice), times=times)
    ...     for choice in (BASELINE, one_less)
    ... )
    >>> case = Case(scenario="one-less", origins=homes, before=before, after=after)
    >>> found = sensitivity(load_study("rotherham").criteria[:1], [case])
    >>> found.tipping["assumption"].tolist()
    ['walk_speed_km_h', 'cutoff_min', 'full_time_from_hours', 'threshold']
    """
    if choices is not None and not isinstance(choices, Mapping):
        raise InputError(f"choices is a {type(choices).__name__}; give cases by the choice's name")
    choices = choices or {}
    _refuse(criteria, cases, choices)
    steps: list[dict[str, object]] = []
    tips: list[dict[str, object]] = []
    for number, case in enumerate(cases):
        for criterion in criteria:
            question = prepare(criterion, case)
            if question.missing:
                continue
            head = {"scenario": case.scenario, "criterion": criterion.id, "mode": criterion.mode}
            for name, unit, main, values in assumptions_of(question):
                rows = [
                    {"step": value, "choice": "", "is_main": value == main}
                    | _row(question.under(MAIN if value == main else _with(name, value)))
                    for value in values
                ]
                named = {**head, "assumption": name, "unit": unit}
                steps += [{**named, **row} for row in rows]
                turns = _turning(rows, main, partial(_outcome_at, question, name))
                tips.append({**named, "main": main, **turns})
            steps += [{**head, **row} for row in _chosen(question, choices, number)]
    return Sensitivity(
        frame=pd.DataFrame(steps, columns=list(FRAME_COLUMNS)),
        tipping=pd.DataFrame(tips, columns=list(TIPPING_COLUMNS)),
        weight=pd.Series([step["weight"] for step in steps], dtype=float),
    )


def as_tried(sensitivity: Sensitivity) -> Sensitivity:
    """Return outcomes that turn at values tried, not between them, by what ``frame`` shows."""
    steps = sensitivity.frame[sensitivity.frame["step"].notna()]
    key = ["scenario", "criterion", "assumption"]
    rows = {held: part.to_dict("records") for held, part in steps.groupby(key, sort=False)}
    tips = [
        {**tip, **_turning(rows[tuple(tip[name] for name in key)], tip["main"])}
        for tip in sensitivity.tipping.to_dict("records")
    ]
    return replace(sensitivity, tipping=pd.DataFrame(tips, columns=list(TIPPING_COLUMNS)))


def assumptions_of(
    question: Question,
) -> Iterator[tuple[str, str, float, tuple[float, ...]]]:
    """Yield each assumption a question depends on: name, unit, the study's own, values tried."""
    for name, (unit, tried) in TRIED.items():
        main = study_value(question, name)
        if math.isnan(main):
            continue
        most, ways = math.inf, 1
        if name == "agreed_hours":
            most = main
        if name == "cutoff_min":  # beyond the end of the search nothing is known
            most = min(table.cutoff_min for table in question.tables)
            ways = WAYS.get(question.criterion.mode, 1)
        steps = (ways * step for step in tried)
        yield name, unit, main, tuple(sorted({main, *(step for step in steps if step <= most)}))
    kind, main = question.criterion.kind, question.criterion.threshold
    least = -math.inf if kind.unit == "min" else 0.0
    around = {round(main + step, 6) for step in AROUND[kind.unit]}
    tried = tuple(value for value in around if least <= value <= HIGHEST[kind.unit])
    yield "threshold", kind.unit, main, tuple(sorted({main, *tried}))


def study_value(question: Question, name: str) -> float:
    """Return what an assumption is in the study; NaN where the question does not depend on it."""
    criterion, case = question.criterion, question.case
    if name in ASKED:
        value = getattr(criterion, name)
        return math.nan if value is None else float(value)
    if name == "full_time_from_hours":  # which stand for hours that are not known, too
        stated = case.before.sites["hours_per_week"].notna().all()
        hangs = criterion.sites == "full_time" or (question.scope.figure == "hours" and not stated)
        return case.settings.full_time_from_hours if hangs else math.nan
    if name == "agreed_hours":
        hours = case.after.sites.loc[cut_sites(case), "hours_per_week"].unique()
        return float(hours[0]) if criterion.sites == "open" and len(hours) == 1 else math.nan
    if question.scope.figure == "m":  # metres hang on no speed
        return math.nan
    modes = [layer.mode for view in question.views for layer in view.layers]
    if name == "drive_factor":
        return 1.0 if any(mode.uses_road_speeds for mode in modes) else math.nan
    rules = {"walk_speed_km_h": "foot", "pushchair_speed_km_h": "pushchair"}[name]
    return next((mode.speed_km_h for mode in modes if mode.rules == rules), math.nan)


def _with(name: str, value: float) -> Assumptions:
    return Assumptions(**{name: value})  # type: ignore[arg-type]


def _outcome_at(question: Question, name: str, value: float) -> str:
    return str(outcome_of(question.under(_with(name, value))))


def outcome_of(evaluation: Evaluation) -> Outcome:
    """Return what figures point to; without a further mode only "met" is sure."""
    question, outcome = evaluation.question, LEVELS[int(evaluation.level)]
    if question.absent_modes:
        sure = outcome is Outcome.MET and not question.criterion.kind.of_change
        return outcome if sure else Outcome.CANNOT_SAY
    return outcome


def _row(evaluation: Evaluation) -> dict[str, object]:
    return {
        "value": float(evaluation.value),
        "baseline_value": float(evaluation.baseline_value),
        "outcome": str(outcome_of(evaluation)),
        "weight": float(evaluation.counted.weights.sum()),
    }


def _turning(
    rows: Sequence[Mapping[Any, Any]], main: float, outcome_at: Callable[[float], str] | None = None
) -> dict[str, object]:
    """Return the range tried, and where the outcome turns on either side of the study's own."""
    # between the last step that holds and the first that turns, by halving; else at that first
    own = next(str(row["outcome"]) for row in rows if row["is_main"])
    turns: dict[str, object] = {}
    for side, part in (
        ("below", [row for row in rows[::-1] if row["step"] <= main]),
        ("above", [row for row in rows if row["step"] >= main]),
    ):
        turned, other, returns = math.nan, "", False
        first = next((at for at, row in enumerate(part) if row["outcome"] != own), None)
        if first is not None:
            returns = any(row["outcome"] == own for row in part[first:])
            kept, turned = part[first - 1]["step"], part[first]["step"]
            other = str(part[first]["outcome"])
            if outcome_at is not None:
                for _ in range(ROUNDS):
                    middle = (kept + turned) / 2
                    there = outcome_at(middle)
                    if there == own:
                        kept = middle
                    else:
                        turned, other = middle, there
        turns |= {
            f"turns_{side}": turned,
            f"outcome_{side}": other,
            f"returns_{side}": returns,
        }
    steps, values = ([row[name] for row in rows] for name in ("step", "value"))
    return {
        "outcome": own,
        "lowest": min(steps),
        "highest": max(steps),
        "lowest_value": np.fmin.reduce(values),
        "highest_value": np.fmax.reduce(values),
        **turns,
    }


def _chosen(question: Question, choices: Choices, number: int) -> Iterator[dict[str, object]]:
    """Yield what comes of each choice, the study's own first."""
    for name, held in choices.items():
        cases = {choice: some[number] for choice, some in held.items()}
        if all(_same_times(question, case) for case in cases.values()):
            continue
        asked = {
            choice: question if case is question.case else prepare(question.criterion, case)
            for choice, case in cases.items()
        }
        judged = {choice: it.under(MAIN) for choice, it in asked.items() if not it.missing}
        yield from _rows(name, judged)
    if OTHER_WEIGHTS in question.case.origins.columns:
        columns = (MAIN_WEIGHTS, OTHER_WEIGHTS)
        counted = {column: question.under(Assumptions(weights=column)) for column in columns}
        yield from _rows("weights", counted)


def _rows(name: str, evaluations: Mapping[str, Evaluation]) -> Iterator[dict[str, object]]:
    head = {"assumption": name, "unit": "", "step": np.nan}
    for place, (choice, evaluation) in enumerate(evaluations.items()):
        yield {**head, "choice": choice, "is_main": place == 0, **_row(evaluation)}


def evaluated(criterion: Criterion, case: Case) -> Iterator[dict[str, object]]:
    """Yield what a criterion comes to in a case; nothing where an input is missing."""
    question = prepare(criterion, case)
    if not question.missing:
        yield {"criterion": criterion.id, **_row(question.under(MAIN))}


def _same_times(question: Question, case: Case) -> bool:
    """Whether a case has the very times a question asks for, so that it answers the same."""
    own, asked = question.case, question.criterion
    return own.origins is case.origins and all(
        mine.times.get(mode) is theirs.times.get(mode)
        for mine, theirs in ((own.before, case.before), (own.after, case.after))
        for mode in (asked.mode, *asked.also_modes)
    )


def _refuse(criteria: Sequence[Criterion], cases: Sequence[Case], choices: Choices) -> None:
    faults = [] if criteria else ["no criteria were given; there is nothing to ask"]
    wanted = [case.scenario for case in cases]
    faults += [
        f"{name} '{choice}': scenarios are {got}, not {wanted}; give the same in the same order"
        for name, held in choices.items()
        for choice, some in held.items()
        if (got := [case.scenario for case in some]) != wanted
    ]
    if faults:
        raise InputError(faults)

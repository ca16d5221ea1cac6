"""The same criteria under other assumptions and places."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.criteria.criterion import Outcome
from eh_access.criteria.evaluate import (
    CANNOT_SAY,
    LEVELS,
    MAIN,
    MAIN_WEIGHTS,
    MET,
    Assumptions,
    at_threshold,
    prepare,
    view_of,
)
from eh_access.delegate import delegate
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.measures.scenarios import BASELINE, rough_radius_m
from eh_access.routing.travel_times import OFF_NETWORK

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import Point
    from shapely.geometry.base import BaseGeometry

    from eh_access.criteria.criterion import Case, Criterion, Side
    from eh_access.criteria.evaluate import Evaluation, Question, View

    Cases = Mapping[str, Sequence[Case]]
    Doubles = NDArray[np.float64]

# ---- what is tried -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Speeds that go together in a grid, since no criterion is about two modes of one speed."""

    walk_speed_km_h: float | None = None  # as in `Assumptions`
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
) -> tuple[Assumptions, ...]:
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
    grid: dict[Assumptions, None] = {}
    numbers = (range(len(held)) for held in (paces, weights, origins))
    for factor, (pace, weight, origin) in product(threshold_factors, list(product(*numbers))):
        setting = Assumptions(
            walk_speed_km_h=paces[pace].walk_speed_km_h,
            pushchair_speed_km_h=paces[pace].pushchair_speed_km_h,
            drive_factor=paces[pace].drive_factor,
            max_offset_m=offsets_m[_turn(pace, weight, origin) % len(offsets_m)],
            origins=origins[origin],
            weights=weights[weight],
            threshold_factor=factor,
        )
        grid[setting] = None
    return tuple(grid)


def _turn(*places: int) -> int:
    """Return whose turn it is: alike for each level of every heading."""
    # Of four paces the two bits of their number are added, so that turns differ between paces.
    return sum(place // 2 + place % 2 for place in places)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One assumption tried over a range, all others as in the study."""

    assumption: str  # the field of `Assumptions`
    words: str  # what it is called in a sentence; its unit
    unit: str
    tried: tuple[float, ...]  # its values, in ascending order

    def settings(self, values: Sequence[float]) -> Iterator[Assumptions]:
        """Yield a setting for each value of the assumption."""
        for value in values:
            yield replace(MAIN, **{self.assumption: value})  # type: ignore[arg-type]


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

POSITIONS = 100
MARK = "#"


def sample_id(site_id: str, sample: int) -> str:
    """Return the id of a site in one sampled place."""
    return f"{site_id}{MARK}{sample:03d}"


def sampled_sites(
    sites: gpd.GeoDataFrame,
    *,
    seed: int,
    count: int = POSITIONS,
    within: BaseGeometry | None = None,
) -> gpd.GeoDataFrame:
    """Return sampled places of every site that is known only roughly."""
    # Each place is drawn evenly from the disc of ``location_radius_m`` around where the site is
    # drawn, as far as it lies in the study's area. A site's draws depend on the seed and its id
    # alone: another site more or less, or another order of rows, changes nothing. Travel times to
    # the result are worked out like those to any sites, in one go, and handed to ``robustness``
    # as a ``Side``.
    if count < 1:
        raise InputError(f"count is {count}; give 1 or more sampled positions")
    radius = pd.Series(rough_radius_m(sites), index=sites.index)
    chosen = sites[radius.to_numpy() > 0].sort_index()
    rows = chosen.loc[np.repeat(chosen.index, count)].copy()
    places = [
        _in_disc(_draws(str(site), seed), count, centre=at, radius_m=radius[site], within=within)
        for site, at in chosen.geometry.items()
    ]
    xy = np.concatenate(places) if places else np.zeros((0, 2))
    rows["sample_of"] = rows.index.astype(str)
    rows["sample"] = np.tile(np.arange(count), len(chosen))
    names = [sample_id(*key) for key in zip(rows["sample_of"], rows["sample"], strict=True)]
    moved = gpd.points_from_xy(xy[:, 0], xy[:, 1], crs=rows.crs)
    rows[rows.geometry.name] = gpd.GeoSeries(moved, index=rows.index)
    rows.index = pd.Index(names, name="site_id", dtype=str)
    return rows.assign(
        is_open=True, hours_per_week=np.nan, location_basis="surveyed", location_radius_m=0.0
    )


def _draws(site_id: str, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, *site_id.encode()])


def _in_disc(
    draws: np.random.Generator,
    count: int,
    *,
    centre: Point,
    radius_m: float,
    within: BaseGeometry | None,
) -> NDArray[np.float64]:
    """Return points spread evenly over a disc, as far as it lies in the area, (count, 2)."""
    bounded = within is not None and within.intersects(centre)
    found = np.zeros((0, 2))
    while len(found) < count:
        angle, distance = draws.uniform(0, 2 * np.pi, count), np.sqrt(draws.uniform(0, 1, count))
        away = radius_m * np.stack([distance * np.cos(angle), distance * np.sin(angle)], axis=1)
        xy = np.array([centre.x, centre.y]) + away
        found = np.concatenate([found, xy[shapely.contains_xy(within, xy)] if bounded else xy])
    return found[:count]


Sides = tuple["Side", "Side"]
"""Times to the sampled places of sites, before and after; mostly the same."""


def sampled_names(question: Question, sides: Sides) -> dict[str, str]:
    """Return the sites a criterion counts that have sampled places, by id."""
    names: dict[str, str] = {}
    for view, side in zip(question.views, sides, strict=True):
        drawn = set(side.sites["sample_of"])
        rough = view.sites.radius_m > 0
        pairs = zip(view.sites.ids[rough], view.sites.names[rough], strict=True)
        names |= {str(site): str(name) for site, name in pairs if site in drawn}
    return dict(sorted(names.items()))


def usable_samples(sides: Sides) -> list[int]:
    """Return the samples in which every site is near a street it can be reached by."""
    every: set[int] = set()
    lost: set[int] = set()
    for side in sides:
        samples = side.sites["sample"]
        every |= set(samples.tolist())
        for _, table in side.tables():
            off = table.site_status["status"] == OFF_NETWORK
            lost |= set(samples.reindex(table.site_ids[off.to_numpy(dtype=bool)]).tolist())
    return sorted(int(sample) for sample in every - lost)


@dataclass(frozen=True, eq=False, kw_only=True)
class Displaced:
    """One side, and the ways to its roughly known sites in every sampled place."""

    view: View  # with every site where it is drawn
    sites: tuple[str, ...]  # those that have sampled places
    there: Doubles  # (origins, those sites, samples)
    back: Doubles | None

    def figures(self, wanted: Sequence[str]) -> Doubles:
        """Return what each origin has in every sample with some sites moved."""
        view = self.view
        at = [number for number, site in enumerate(self.sites) if site in wanted]
        columns = view.sites.ids.get_indexer(pd.Index([self.sites[n] for n in at], dtype=str))
        kept = view.there.copy()
        kept[:, columns] = np.inf
        back = None if self.back is None else self.back[:, at]
        gains = view.gain(self.there[:, at], back, view.sites.hours[columns][:, None])
        moved = view.together.reduce(gains, axis=1, initial=view.nothing).T
        return np.asarray(view.together(view.figure(kept, view.back), moved))


def displaced(question: Question, sides: Sides, samples: Sequence[int]) -> tuple[Displaced, ...]:
    """Return both sides with their sites in every sampled place, all of which are open."""
    scope = replace(question.scope, sites="open")
    return tuple(
        _displaced(view, view_of(scope, question.case, side), samples)
        for view, side in zip(question.views, sides, strict=True)
    )


def _displaced(view: View, sampled: View, samples: Sequence[int]) -> Displaced:
    drawn = {site.rpartition(MARK)[0] for site in sampled.sites.ids}
    rough = view.sites.ids[view.sites.radius_m > 0]
    sites = [site for site in rough if site in drawn]
    ids = [sample_id(site, sample) for site in sites for sample in samples]
    at = sampled.sites.ids.get_indexer(pd.Index(ids, dtype=str))
    shape = (len(view.there), len(sites), len(samples))
    return Displaced(
        view=view,
        sites=tuple(sites),
        there=sampled.there[:, at].reshape(shape),
        back=None if sampled.back is None else sampled.back[:, at].reshape(shape),
    )


# ---- what comes of it --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class Answers:
    """What a criterion says under each of several settings."""

    value: Doubles  # float64 (settings,): as published, in its unit; NaN where there is none
    baseline_value: Doubles
    level: NDArray[np.int_]  # int (settings,): the outcome, as a place in `LEVELS`

    def outcomes(self) -> list[Outcome]:
        """Return the outcomes."""
        return [LEVELS[int(level)] for level in self.level]


def answers(question: Question, settings: Sequence[Assumptions]) -> Answers:
    """Return what a criterion says under settings of one set of origins."""
    count = len(settings)
    value, baseline = np.full(count, np.nan), np.full(count, np.nan)
    level = np.full(count, CANNOT_SAY)
    groups: dict[tuple[str, float], list[int]] = {}
    for at, setting in enumerate(() if question.missing else settings):
        groups.setdefault((setting.weights, setting.threshold_factor), []).append(at)
    for (weights, factor), rows in groups.items():
        pairs = [question.figures(settings[at]) for at in rows]
        before, after = (np.stack(part) for part in zip(*pairs, strict=True))
        criterion = at_threshold(question.criterion, factor)
        some = answers_of(question.of_figures(before, after, criterion=criterion, weights=weights))
        value[rows], baseline[rows], level[rows] = some.value, some.baseline_value, some.level
    return Answers(value=value, baseline_value=baseline, level=level)


def answers_of(evaluation: Evaluation) -> Answers:
    """Return an evaluation as it may be published; without a further mode only "met" is sure."""
    question, level = evaluation.question, evaluation.level
    if question.absent_modes:
        sure = (level == MET) & (question.criterion.max_fall_points is None)
        level = np.where(sure, level, CANNOT_SAY)
    value, baseline = evaluation.published()
    return Answers(value=value, baseline_value=baseline, level=level)


SECTIONS = 16
ROUNDS = 3
"""Each round cuts the span that holds a turn into so many sections and keeps the first that does:
three leave a four-thousandth of a step."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Swept:
    """One criterion of one scenario while one assumption moves over its range."""

    sweep: Sweep  # the assumption
    main: float  # its value in the study
    # what was tried (the study's own value left out), and the outcome there as a place in
    # `LEVELS`
    values: tuple[float, ...]
    levels: NDArray[np.int_]
    main_level: int  # the outcome under the study's own assumptions
    # the nearest value below and above the study's own at which the outcome is another, and that
    # outcome; None where it stands as far as was searched
    below: tuple[float, Outcome] | None
    above: tuple[float, Outcome] | None

    @property
    def differ(self) -> int:
        """At how many of the values tried the outcome is another."""
        return int((self.levels != self.main_level).sum())


def main_value(question: Question, sweep: Sweep) -> float:
    """Return what an assumption is in the study itself."""
    rules = {"walk_speed_km_h": "foot", "pushchair_speed_km_h": "pushchair"}
    if sweep.assumption not in rules:
        return math.inf if sweep.assumption == "max_offset_m" else 1.0
    speeds = (
        layer.mode.speed_km_h
        for view in question.views
        for layer in view.layers
        if layer.mode.rules == rules[sweep.assumption]
    )
    return next(speeds, math.nan)


def swept(question: Question, sweep: Sweep) -> Swept | None:
    """Return where an outcome turns as one assumption moves; None if it is not touched by it."""
    main = main_value(question, sweep)
    values = tuple(value for value in sweep.tried if value != main)
    settings = list(sweep.settings(values))
    if (
        question.missing
        or math.isnan(main)
        or not any(question.effect(one) != question.effect(MAIN) for one in settings)
    ):
        return None
    levels = answers(question, settings).level
    level = int(answers(question, list(sweep.settings([main]))).level[0])
    down = [at for at in reversed(range(len(values))) if values[at] < main]
    up = [at for at in range(len(values)) if values[at] > main]

    def turn(order: Sequence[int]) -> tuple[float, Outcome] | None:
        last = main
        for at in order:
            if levels[at] != level:
                return _first_turn(question, sweep, (last, values[at]), level)
            last = values[at]
        return None

    return Swept(
        sweep=sweep,
        main=main,
        values=values,
        levels=levels,
        main_level=level,
        below=turn(down),
        above=turn(up),
    )


def _first_turn(
    question: Question, sweep: Sweep, span: tuple[float, float], level: int
) -> tuple[float, Outcome]:
    """Return the first value of a span with another outcome, to a small part of the span."""
    start, end = span
    level_there = int(answers(question, list(sweep.settings([end]))).level[0])
    for _ in range(ROUNDS if math.isfinite(start) else 0):
        points = np.linspace(start, end, SECTIONS + 1).tolist()
        levels = answers(question, list(sweep.settings(points))).level
        first = int(np.flatnonzero(levels != level)[0])
        start, end, level_there = points[max(first - 1, 0)], points[first], int(levels[first])
    return end, LEVELS[level_there]


NEITHER_WAY = "neither way"
"""The main outcome where a verdict cannot be said and points to none."""


def pointing_neither_way(frame: pd.DataFrame, pairs: Collection[tuple[str, str]]) -> pd.DataFrame:
    """Return the rows with `NEITHER_WAY` as the main outcome of some, which no try agrees with."""
    named = pd.Series(
        [pair in pairs for pair in zip(frame["scenario"], frame["criterion"], strict=True)],
        index=frame.index,
        dtype=bool,
    )
    open_ = named & (frame["main_outcome"] != Outcome.CANNOT_SAY.value)
    return frame.assign(
        main_outcome=frame["main_outcome"].mask(open_, NEITHER_WAY),
        agrees_with_main=frame["agrees_with_main"].astype(bool) & ~open_,
    )


MATTERS_COLUMNS = (
    "assumption",
    "words",
    "searched",
    "scenario",
    "criterion",
    "tried",
    "differ",
    "share",
    "turned",
    "pairs",
)
"""``scenario`` and ``criterion`` name the outcome that turns most often, "" where none does;
``tried``, ``differ`` and ``share`` are of it alone."""


def distinct_outcomes(frame: pd.DataFrame) -> set[tuple[str, str]]:
    """Return the outcomes that say something of their own, by scenario and criterion."""
    distinct: dict[tuple[str, bytes], tuple[str, str]] = {}
    for (scenario, criterion), part in frame.groupby(["scenario", "criterion"], sort=False):
        unsaid = part["main_outcome"].iloc[0] == Outcome.CANNOT_SAY.value
        if scenario == BASELINE.name or unsaid:
            continue
        values = part[["value", "baseline_value"]].to_numpy(dtype=np.float64)
        distinct.setdefault((str(criterion), values.tobytes()), (str(scenario), str(criterion)))
    return set(distinct.values())


def matters_frame(sweeps: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return assumptions and places by how often the outcome that hangs on them most turns."""
    counted = distinct_outcomes(frame)
    pairs = zip(sweeps["scenario"], sweeps["criterion"], strict=True)
    named = np.array([pair in counted for pair in pairs], dtype=bool)
    could = sweeps["touches"].astype(bool).to_numpy() & named
    rows = []
    for assumption, part in sweeps.groupby("assumption", sort=True):
        touched = part[could[part.index]]
        shares = touched["differ"] / touched["tried"]
        most = touched.loc[shares.idxmax()] if len(touched) else None
        turns = int((touched["differ"] > 0).sum())
        rows.append(
            {
                "assumption": assumption,
                "words": part["words"].iloc[0],
                "searched": part["searched"].iloc[0],
                "scenario": most["scenario"] if turns and most is not None else "",
                "criterion": most["criterion"] if turns and most is not None else "",
                "tried": 0 if most is None else int(most["tried"]),
                "differ": 0 if most is None else int(most["differ"]),
                "share": 0.0 if most is None else float(shares.max()),
                "turned": turns,
                "pairs": len(touched),
            }
        )
    table = pd.DataFrame(rows, columns=list(MATTERS_COLUMNS))
    table = table.sort_values(["share", "turned"], ascending=False, kind="stable")
    return table.reset_index(drop=True)


def checked(criteria: Sequence[Criterion], cases: Cases) -> list[str]:
    """Return the names of the sets of origins, once there is something to ask of each."""
    names = list(cases)
    faults = [] if criteria else ["no criteria were given; there is nothing to ask"]
    if not names or not cases[names[0]]:
        faults.append("no cases were given; there is nothing to ask about")
    else:
        wanted = [case.scenario for case in cases[names[0]]]
        faults += [
            f"origins '{name}': scenarios are {got}, those of '{names[0]}' are {wanted}; give the "
            "same in the same order"
            for name in names[1:]
            if (got := [case.scenario for case in cases[name]]) != wanted
        ]
    if faults:
        raise InputError(faults)
    return names


def usual(cases: Cases) -> tuple[Assumptions, ...]:
    """Return the usual grid, with as many origins and weights as there are."""
    names = list(cases)
    weights = [MAIN_WEIGHTS]
    if all("age0_15" in held[0].origins.columns for held in cases.values()):
        weights.append("age0_15")
    return settings_grid(origins=("", *names[1:2]), weights=weights)


def refuse_unknown(grid: Sequence[Assumptions], cases: Cases) -> None:
    """Refuse settings of sets of origins that are not there."""
    faults = {
        f"setting: no set of origins '{setting.origins}': {did_you_mean(setting.origins, cases)}"
        for setting in grid
        if setting.origins and setting.origins not in cases
    }
    if faults:
        raise NotFoundError("\n".join(sorted(faults)))


def repeats(grid: Sequence[Assumptions], effects: Sequence[Hashable]) -> list[bool]:
    """Return which settings do what another does that is counted for both, whatever their order."""
    ordered = sorted(range(len(grid)), key=lambda row: (not grid[row].is_main, repr(grid[row])))
    counted: dict[Hashable, int] = {}
    for row in ordered:
        counted.setdefault(effects[row], row)
    return [counted[effect] != row for row, effect in enumerate(effects)]


FRAME_COLUMNS = (
    "scenario",
    "criterion",
    "mode",
    "kind",
    "number",
    "walk_speed_km_h",
    "pushchair_speed_km_h",
    "drive_factor",
    "max_offset_m",
    "origins",
    "weights",
    "threshold_factor",
    "threshold",
    "value",
    "baseline_value",
    "outcome",
    "main_outcome",
    "agrees_with_main",
    "is_main",
    "touched",
    "repeats",
)
"""``robustness.csv``. ``kind`` is "setting" or "position", ``number`` counts within each; speeds
are NaN where a study has no such mode, ``max_offset_m`` is inf where the study's own limit holds;
``value`` is in the unit of the criterion's measure, NaN only where it cannot be worked out;
``is_main`` marks the study's own assumptions; ``touched`` says whether the setting changes anything
the criterion looks at, ``repeats`` whether it does to it what another row does that is counted:
settings that could matter are touched and no repeats."""

SWEEP_COLUMNS = (
    "scenario",
    "criterion",
    "assumption",
    "words",
    "searched",
    "tried",
    "differ",
    "touches",
)
"""``touches`` says whether any value of the assumption changes anything the criterion looks at."""

TIPPING_COLUMNS = (
    "scenario",
    "criterion",
    "assumption",
    "words",
    "unit",
    "main_value",
    "searched_from",
    "searched_to",
    "turns_below",
    "outcome_below",
    "turns_above",
    "outcome_above",
)


def frame_rows(
    question: Question, result: Answers, main: Outcome, *, kind: str, columns: dict[str, object]
) -> pd.DataFrame:
    """Return rows of the main table for one criterion of one scenario."""
    outcomes = [outcome.value for outcome in result.outcomes()]
    return pd.DataFrame(
        {
            "scenario": question.case.scenario,
            "criterion": question.criterion.id,
            "mode": question.criterion.mode,
            "kind": kind,
            "value": result.value,
            "baseline_value": result.baseline_value,
            "outcome": outcomes,
            "main_outcome": main.value,
            "agrees_with_main": [outcome == main.value for outcome in outcomes],
            **columns,
        },
        index=pd.RangeIndex(len(outcomes)),
    )[list(FRAME_COLUMNS)]


def own_speeds(case: Case) -> dict[str, float]:
    """Return the study's speeds on foot and with a pushchair; NaN where it has no such mode."""
    speeds = {table.mode.rules: table.mode.speed_km_h for table in case.before.times.values()}
    return {
        "walk_speed_km_h": speeds.get("foot", math.nan),
        "pushchair_speed_km_h": speeds.get("pushchair", math.nan),
    }


def assumption_columns(
    case: Case, settings: Sequence[Assumptions], *, origins: str
) -> dict[str, object]:
    """Return the assumptions of settings as columns, the study's own spelt out."""
    columns = {
        name: [getattr(item, name) for item in settings]
        for name in (field.name for field in fields(Assumptions))
    }
    for name, own in own_speeds(case).items():
        columns[name] = [own if value is None else value for value in columns[name]]
    return {**columns, "origins": [name or origins for name in columns["origins"]]}


def swept_row(question: Question, sweep: Sweep, result: Swept | None) -> dict[str, object]:
    """Return how often an outcome turns as one assumption moves."""
    return {
        "scenario": question.case.scenario,
        "criterion": question.criterion.id,
        "assumption": sweep.assumption,
        "words": sweep.words,
        "searched": f"{sweep.tried[0]:g} to {sweep.tried[-1]:g} {sweep.unit}",
        "tried": len(sweep.tried) if result is None else len(result.values),
        "differ": 0 if result is None else result.differ,
        "touches": result is not None,
    }


def tipping_row(question: Question, result: Swept) -> dict[str, object]:
    """Return where an outcome turns as one assumption moves."""
    (below, under), (above, over) = (
        (math.nan, "") if turn is None else (turn[0], turn[1].value)
        for turn in (result.below, result.above)
    )
    return {
        "scenario": question.case.scenario,
        "criterion": question.criterion.id,
        "assumption": result.sweep.assumption,
        "words": result.sweep.words,
        "unit": result.sweep.unit,
        "main_value": result.main,
        "searched_from": min(result.sweep.tried[0], result.main),
        "searched_to": max(result.sweep.tried[-1], result.main),
        "turns_below": below,
        "outcome_below": under,
        "turns_above": above,
        "outcome_above": over,
    }


def summary_frame(frame: pd.DataFrame, tipping: pd.DataFrame, sweeps: pd.DataFrame) -> pd.DataFrame:
    """Return how far each verdict holds."""
    rows = []
    for (scenario, criterion), part in frame.groupby(["scenario", "criterion"], sort=False):
        settings, positions = (part[part["kind"] == kind] for kind in ("setting", "position"))
        turns, moved = (
            table[(table["scenario"] == scenario) & (table["criterion"] == criterion)]
            for table in (tipping, sweeps)
        )
        outcome = str(part["main_outcome"].iloc[0])
        could = settings[settings["touched"].astype(bool) & ~settings["repeats"].astype(bool)]
        idle = moved.loc[~moved["touches"].astype(bool), "words"].tolist()
        rows.append(
            {
                "scenario": scenario,
                "criterion": criterion,
                "mode": part["mode"].iloc[0],
                "outcome": outcome,
                "settings": len(could),
                "settings_agree": int(could["agrees_with_main"].sum()),
                "settings_tried": int((~settings["is_main"].astype(bool)).sum()),
                "positions": len(positions),
                "positions_agree": int(positions["agrees_with_main"].sum()),
                "lowest_value": part["value"].min(),
                "highest_value": part["value"].max(),
                "could_not_matter": ", ".join(idle),
                "sentence": delegate("robustness_sentence", outcome, could, positions, turns, idle),
            }
        )
    return pd.DataFrame(rows)


PLACE_OF = "place of "
"""Before a site's id: the assumption that it is where it is drawn."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Robustness:
    """What the criteria say under every setting tried; made by `robustness`.

    Parameters
    ----------
    frame
        ``robustness.csv``: a row for each scenario, criterion, and setting of the grid
        (``kind`` is "setting") or sampled position ("position"). See `FRAME_COLUMNS`.
    sweeps
        One assumption at a time: a row for each scenario, criterion and assumption, with how many
        values of it were tried and at how many the outcome is another.
    tipping
        A row for each scenario, criterion and assumption with a range: where the outcome turns.
        None for what points neither way.

    What `robustness` was told to point neither way has `NEITHER_WAY` as its main outcome: no try
    agrees with that, and its sentence counts what the tries point to instead.
    """

    frame: pd.DataFrame
    sweeps: pd.DataFrame
    tipping: pd.DataFrame

    def _repr_html_(self) -> str:
        text: str = delegate("robustness_html", self)
        return text

    def __repr__(self) -> str:
        """Return how far each verdict holds, a line each."""
        text: str = delegate("robustness_text", self)
        return text

    def summary(self) -> pd.DataFrame:
        """Return how far each verdict holds, in numbers and in a sentence.

        Returns
        -------
        pandas.DataFrame
            A row per scenario and criterion: ``outcome`` (of the numbers, under the study's own
            assumptions), ``settings`` (those that could matter: the study's own is not among them,
            nor one that changes nothing the criterion looks at, nor one that does what an earlier
            one does), ``settings_agree`` of them, ``settings_tried`` (all but the study's own),
            ``positions`` and ``positions_agree``, ``lowest_value`` and ``highest_value`` over all
            tried, ``could_not_matter`` (the assumptions that touch nothing it looks at, in words),
            and ``sentence``: "holds in 20 of the 23 settings that could matter; turns to not met
            below 3.3 km/h (walking speed); could not matter: driving time".
        """
        return summary_frame(self.frame, self.tipping, self.sweeps)

    def tipping_points(self) -> pd.DataFrame:
        """Return where each outcome turns as one assumption moves, all others as in the study.

        Returns
        -------
        pandas.DataFrame
            ``scenario``, ``criterion``, ``assumption``, ``words``, ``unit``, ``main_value``,
            ``searched_from``, ``searched_to``, ``turns_below`` and ``turns_above`` (the nearest
            value on either side with another outcome; NaN where it stands as far as was
            searched), ``outcome_below`` and ``outcome_above`` ("" there). Assumptions that do not
            touch a criterion have no row.
        """
        return self.tipping.copy()

    def which_matters_most(self) -> pd.DataFrame:
        """Return the assumptions and places by how often an outcome hangs on them.

        The first row names the single unknown to find out first. Each is moved alone over its
        range, all others as in the study, and what counts is the share of all values tried at
        which an outcome is another: of that outcome which turns most often, so that those which
        stand do not thin it out. The share depends on the range tried, which stands beside it.

        Returns
        -------
        pandas.DataFrame
            ``assumption``, ``words``, ``searched``; ``scenario`` and ``criterion`` of the outcome
            that turns most often ("" where none does), ``tried``, ``differ`` and ``share`` of it;
            ``turned``, how many of ``pairs`` turn at any value. Those are the distinct outcomes
            it could turn: not the baseline's, none of which nothing can be said, and once where
            two scenarios are the same to a criterion. The highest share first.
        """
        return matters_frame(self.sweeps, self.frame)


def robustness(
    criteria: Sequence[Criterion],
    cases: Cases,
    *,
    settings: Sequence[Assumptions] | None = None,
    positions: Mapping[str, Side] | None = None,
    sweeps: Sequence[Sweep] = SWEEPS,
    neither: Collection[tuple[str, str]] = (),
) -> Robustness:
    """Ask the same criteria under other assumptions, and with roughly known sites in other places.

    Parameters
    ----------
    criteria
        What is asked.
    cases
        Scenarios by the name of their set of origins; the first set is the study's own, and every
        set holds the same scenarios. Nothing is routed here: each set brings its own times.
    settings
        The assumptions tried; None for the usual grid of 48 (fewer where there is no second set of
        origins or no column ``age0_15``). `Assumptions.origins` names a set, "" the first.
    positions
        Times to sampled places of the sites known only roughly (see
        ``positions.sampled_sites``), by scenario. That of the baseline serves both sides of every
        case; a scenario that moves such a site, or changes streets, needs one of its own.
    sweeps
        The assumptions moved one at a time.
    neither
        Scenario and criterion where the verdict points neither way, whatever the figures alone
        say: a place that is not known, or only roughly, could turn it.

    Returns
    -------
    Robustness
        The same for the same inputs, whatever the order of settings.

    Raises
    ------
    InputError
        If there are no cases or criteria, sets hold other scenarios, or sampled places lack times.
    NotFoundError
        If a setting names a set of origins or a column that is not there.

    Examples
    --------
    >>> from eh_access import BASELINE, WALK, Case, Close, Scenario, Side, apply_scenario
    >>> from eh_access import estimate_travel_times, load_origins, load_sites, load_study
    >>> homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = {"walk": estimate_travel_times(homes, centres, mode=WALK)}
    >>> one_less = Scenario("one-less", "One fewer", (Close("arnold"),))
    >>> before, after = (
    ...     Side(sites=apply_scenario(centres, choice), times=times)
    ...     for choice in (BASELINE, one_less)
    ... )
    >>> case = Case(scenario="one-less", origins=homes, before=before, after=after)
    >>> found = robustness(load_study("rotherham").criteria[:1], {"oa": [case]})
    >>> found.summary()["settings"].tolist()
    [23]
    """
    names = checked(criteria, cases)
    grid = tuple(settings) if settings is not None else usual(cases)
    refuse_unknown(grid, cases)
    rows: list[pd.DataFrame] = []
    alone: list[dict[str, object]] = []
    tips: list[dict[str, object]] = []
    for number, case in enumerate(cases[names[0]]):
        sides = _sides(case, positions or {})
        for criterion in criteria:
            questions = {name: prepare(criterion, cases[name][number]) for name in names}
            question = questions[names[0]]
            main = answers(question, [MAIN])
            rows.append(_on_grid(questions, grid, main))
            results = [(sweep, swept(question, sweep)) for sweep in sweeps]
            tips += [tipping_row(question, result) for _, result in results if result is not None]
            alone += [swept_row(question, sweep, result) for sweep, result in results]
            alone += _on_choices(questions, grid, main)
            if sides is not None:
                sampled, one_by_one = _on_positions(questions, sides, main)
                rows.append(sampled)
                alone += one_by_one
    frame = pd.concat([part for part in rows if len(part)], ignore_index=True)
    return Robustness(
        frame=pointing_neither_way(frame, neither),
        sweeps=pd.DataFrame(alone, columns=list(SWEEP_COLUMNS)),
        tipping=pd.DataFrame(
            [tip for tip in tips if (tip["scenario"], tip["criterion"]) not in neither],
            columns=list(TIPPING_COLUMNS),
        ),
    )


def _sides(case: Case, places: Mapping[str, Side]) -> tuple[Side, Side] | None:
    """Return times to sampled places for both sides of a case; None where nothing is sampled."""
    before = places.get(BASELINE.name)
    if before is None:
        return None
    after = places.get(case.scenario, before)
    faults = [
        f"sampled places for '{case.scenario}' lack {kind} by {mode}; work them out like the sites'"
        for ours, drawn in ((case.before, before), (case.after, after))
        for kind in ("times", "times_back", "distances")
        for mode in getattr(ours, kind)
        if mode not in getattr(drawn, kind)
    ]
    if faults:
        raise InputError(dict.fromkeys(faults))
    return None if before.sites.empty and after.sites.empty else (before, after)


def _on_grid(
    questions: Mapping[str, Question], grid: Sequence[Assumptions], main: Answers
) -> pd.DataFrame:
    """Return the rows of one criterion of one scenario under every setting."""
    first, count = next(iter(questions)), len(grid)
    question = questions[first]
    value, baseline = np.empty(count), np.empty(count)
    level = np.empty(count, dtype=np.int_)
    for name in dict.fromkeys(setting.origins for setting in grid):
        at = [row for row, setting in enumerate(grid) if setting.origins == name]
        some = answers(questions[name or first], [grid[row] for row in at])
        value[at], baseline[at], level[at] = some.value, some.baseline_value, some.level
    factors = [setting.threshold_factor for setting in grid]
    effects = [questions[setting.origins or first].effect(setting) for setting in grid]
    return frame_rows(
        question,
        Answers(value=value, baseline_value=baseline, level=level),
        main.outcomes()[0],
        kind="setting",
        columns={
            **assumption_columns(question.case, grid, origins=first),
            "number": np.arange(1, count + 1),
            "threshold": [at_threshold(question.criterion, factor).threshold for factor in factors],
            "is_main": [setting.is_main for setting in grid],
            "touched": [effect != question.effect(MAIN) for effect in effects],
            "repeats": repeats(grid, effects),
        },
    )


def _on_positions(
    questions: Mapping[str, Question], sides: tuple[Side, Side], main: Answers
) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    """Return the rows of every sampled position, and how often each site alone turns it."""
    first = next(iter(questions))
    question = questions[first]
    names = {} if question.missing else sampled_names(question, sides)
    if not names:
        return pd.DataFrame(columns=list(FRAME_COLUMNS)), []
    samples = usable_samples(sides)
    own = [MAIN] * len(samples)
    both = displaced(question, sides, samples)

    def moved(sites: Iterable[str]) -> Answers:
        before, after = (side.figures(sorted(sites)) for side in both)
        return answers_of(question.of_figures(before, after))

    rows = frame_rows(
        question,
        moved(names),
        main.outcomes()[0],
        kind="position",
        columns={
            **assumption_columns(question.case, own, origins=first),
            "number": [sample + 1 for sample in samples],
            "threshold": question.criterion.threshold,
            "is_main": False,
            "touched": True,
            "repeats": False,
        },
    )
    alone = [
        {
            "scenario": question.case.scenario,
            "criterion": question.criterion.id,
            "assumption": f"{PLACE_OF}{site}",
            "words": f"where {name} is",
            "searched": f"{len(samples)} sampled positions",
            "tried": len(samples),
            "differ": int((moved([site]).level != main.level[0]).sum()),
            "touches": True,
        }
        for site, name in names.items()
    ]
    return rows, alone


def _on_choices(
    questions: Mapping[str, Question], grid: Sequence[Assumptions], main: Answers
) -> Iterator[dict[str, object]]:
    """Yield how often an outcome turns with other weights, or other origins, alone."""
    first = next(iter(questions))
    question = questions[first]
    for assumption, words, own in (
        ("origins", "set of origins", ""),
        ("weights", "what a family is counted by", MAIN_WEIGHTS),
    ):
        values = dict.fromkeys(getattr(setting, assumption) for setting in grid)
        others = [value for value in values if value != own]
        if not others:
            continue
        levels = [
            answers(
                questions[value if assumption == "origins" else first],
                [replace(MAIN, **{assumption: value})],
            ).level[0]
            for value in others
        ]
        yield {
            "scenario": question.case.scenario,
            "criterion": question.criterion.id,
            "assumption": assumption,
            "words": words,
            "searched": ", ".join(others),
            "tried": len(others),
            "differ": sum(int(level != main.level[0]) for level in levels),
            "touches": True,
        }

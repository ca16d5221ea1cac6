"""The same criteria under other assumptions and places."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import reduce
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.criteria.criterion import Outcome, rough_radius_m
from eh_access.criteria.evaluate import (
    LEVELS,
    MAIN_WEIGHTS,
    SWEEPS,
    Answers,
    Setting,
    Sweep,
    View,
    answers,
    at_threshold,
    by_mode,
    graded,
    lens_of,
    look,
    settings_grid,
    tables_for,
)
from eh_access.delegate import delegate
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.measures.opening_hours import reached
from eh_access.measures.scenarios import BASELINE
from eh_access.routing.travel_times import OFF_NETWORK

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import Point
    from shapely.geometry.base import BaseGeometry

    from eh_access.criteria.criterion import Criterion, Side
    from eh_access.criteria.evaluate import Figures, Lens

    Doubles = NDArray[np.float64]
    from eh_access.criteria.criterion import Case

    Cases = Mapping[str, Sequence[Case]]
    from eh_access.criteria.criterion import Case

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


def sampled_names(lens: Lens, sides: Sides) -> dict[str, str]:
    """Return the sites a criterion counts that have sampled places."""
    found: dict[str, str] = {}
    for layers, side in zip((lens.before, lens.after), sides, strict=True):
        drawn = set(side.sites["sample_of"])
        for layer in layers[:1]:
            sites = layer.view.sites
            rough = sites.radius_m > 0
            told = zip(sites.ids[rough], sites.names[rough], strict=True)
            found |= {str(site): str(name) for site, name in told if site in drawn}
    return dict(sorted(found.items()))


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
    """A criterion asked of a case, and its sites in every sampled place; made by `displaced`."""

    before: tuple[Part, ...]  # the two sides, a part for each mode
    after: tuple[Part, ...]

    def figures(self, moved: Iterable[str]) -> Figures:
        """Return what each origin has with some sites in sampled places."""
        wanted = sorted(moved)
        before, after = (
            reduce(np.minimum, [part.figures(wanted) for part in parts])
            for parts in (self.before, self.after)
        )
        return before, after


def displaced(lens: Lens, sides: Sides, samples: Sequence[int]) -> Displaced:
    """Return a criterion's sites in every sampled place."""
    before, after = (
        tuple(
            _part(layer.view, look(alone, lens.case, side), samples)
            for layer, alone in zip(layers, _asked(lens, side), strict=True)
        )
        for layers, side in zip((lens.before, lens.after), sides, strict=True)
    )
    return Displaced(before=before, after=after)


def _asked(lens: Lens, side: Side) -> list[Criterion]:
    """Return the criterion by each mode for which there are times to sampled places, all open."""
    return [
        alone.model_copy(update={"sites": "open"})
        for alone in by_mode(lens.criterion)
        if tables_for(alone, side)
    ]


def _part(view: View, sampled: View, samples: Sequence[int]) -> Part:
    drawn = {site.rpartition(MARK)[0] for site in sampled.sites.ids}
    rough = view.sites.ids[view.sites.radius_m > 0]
    sites = [site for site in rough if site in drawn]
    ids = [sample_id(site, sample) for site in sites for sample in samples]
    at = sampled.sites.ids.get_indexer(pd.Index(ids, dtype=str))
    shape = (len(view.there), len(sites), len(samples))
    return Part(
        view=view,
        sites=tuple(sites),
        there=sampled.there[:, at].reshape(shape),
        back=None if sampled.back is None else sampled.back[:, at].reshape(shape),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Part:
    """One side by one mode, and the minutes that take the place of others in each sample."""

    view: View  # with every site where it is drawn
    sites: tuple[str, ...]  # those that have sampled places
    there: Doubles  # (origins, those sites, samples)
    back: Doubles | None

    def figures(self, wanted: Sequence[str]) -> Doubles:
        """Return what each origin has in every sample with some sites moved."""
        criterion = self.view.criterion
        at = [number for number, site in enumerate(self.sites) if site in wanted]
        columns = self.view.sites.ids.get_indexer(pd.Index([self.sites[n] for n in at], dtype=str))
        blank = self.view.there.copy()
        blank[:, columns] = np.inf
        rest = replace(self.view, there=blank).figure({})
        there = self.there[:, at]
        if criterion.measure != "hours_reachable":
            return np.asarray(np.minimum(rest, there.min(axis=1, initial=np.inf).T))
        near = reached(
            there,
            None if self.back is None else self.back[:, at],
            criterion.cutoff_min or np.inf,
            there_and_back=criterion.there_and_back or "each_way",
        )
        hours = self.view.sites.hours[columns][:, None]
        return np.asarray(rest + np.where(near, hours, 0.0).sum(axis=1).T)


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
    # ``readings.LEVELS``
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


def main_value(lens: Lens, sweep: Sweep) -> float:
    """Return what an assumption is in the study itself."""
    rules = {"walk_speed_km_h": "foot", "pushchair_speed_km_h": "pushchair"}
    if sweep.assumption not in rules:
        return math.inf if sweep.assumption == "max_offset_m" else 1.0
    speeds = (
        layer.mode.speed_km_h
        for layer in (*lens.before, *lens.after)
        if layer.mode.rules == rules[sweep.assumption]
    )
    return next(speeds, math.nan)


def swept(lens: Lens, sweep: Sweep) -> Swept | None:
    """Return where an outcome turns as one assumption moves; None if it is not touched by it."""
    main = main_value(lens, sweep)
    values = tuple(value for value in sweep.tried if value != main)
    settings = list(sweep.settings(values))
    if lens.missing or math.isnan(main) or not any(map(lens.touched, settings)):
        return None
    levels = answers(lens, settings).level
    level = int(answers(lens, list(sweep.settings([main]))).level[0])
    down = [at for at in reversed(range(len(values))) if values[at] < main]
    up = [at for at in range(len(values)) if values[at] > main]

    def turn(order: Sequence[int]) -> tuple[float, Outcome] | None:
        last = main
        for at in order:
            if levels[at] != level:
                return _first_turn(lens, sweep, (last, values[at]), level)
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
    lens: Lens, sweep: Sweep, span: tuple[float, float], level: int
) -> tuple[float, Outcome]:
    """Return the first value of a span with another outcome, to a small part of the span."""
    start, end = span
    found = int(answers(lens, list(sweep.settings([end]))).level[0])
    for _ in range(ROUNDS if math.isfinite(start) else 0):
        points = np.linspace(start, end, SECTIONS + 1).tolist()
        levels = answers(lens, list(sweep.settings(points))).level
        first = int(np.flatnonzero(levels != level)[0])
        start, end, found = points[max(first - 1, 0)], points[first], int(levels[first])
    return end, LEVELS[found]


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
    found: dict[tuple[str, bytes], tuple[str, str]] = {}
    for (scenario, criterion), part in frame.groupby(["scenario", "criterion"], sort=False):
        unsaid = part["main_outcome"].iloc[0] == Outcome.CANNOT_SAY.value
        if scenario == BASELINE.name or unsaid:
            continue
        values = part[["value", "baseline_value"]].to_numpy(dtype=np.float64)
        found.setdefault((str(criterion), values.tobytes()), (str(scenario), str(criterion)))
    return set(found.values())


def matters_frame(sweeps: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return assumptions and places by how often the outcome that hangs on them most turns."""
    counted = distinct_outcomes(frame)
    pairs = zip(sweeps["scenario"], sweeps["criterion"], strict=True)
    named = np.array([pair in counted for pair in pairs], dtype=bool)
    could = sweeps["touches"].astype(bool).to_numpy() & named
    rows = []
    for assumption, part in sweeps.groupby("assumption", sort=True):
        asked = part[could[part.index]]
        shares = asked["differ"] / asked["tried"]
        most = asked.loc[shares.idxmax()] if len(asked) else None
        turns = int((asked["differ"] > 0).sum())
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
                "pairs": len(asked),
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


def usual(cases: Cases) -> tuple[Setting, ...]:
    """Return the usual grid, with as many origins and weights as there are."""
    names = list(cases)
    weights = [MAIN_WEIGHTS]
    if all("age0_15" in held[0].origins.columns for held in cases.values()):
        weights.append("age0_15")
    return settings_grid(origins=("", *names[1:2]), weights=weights)


def refuse_unknown(grid: Sequence[Setting], cases: Cases) -> None:
    """Refuse settings of sets of origins that are not there."""
    faults = {
        f"setting: no set of origins '{setting.origins}': {did_you_mean(setting.origins, cases)}"
        for setting in grid
        if setting.origins and setting.origins not in cases
    }
    if faults:
        raise NotFoundError("\n".join(sorted(faults)))


def repeats(grid: Sequence[Setting], effects: Sequence[Hashable]) -> list[bool]:
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
    lens: Lens, found: Answers, main: Outcome, *, kind: str, columns: dict[str, object]
) -> pd.DataFrame:
    """Return rows of the main table for one criterion of one scenario."""
    outcomes = [outcome.value for outcome in found.outcomes()]
    return pd.DataFrame(
        {
            "scenario": lens.case.scenario,
            "criterion": lens.criterion.id,
            "mode": lens.criterion.mode,
            "kind": kind,
            "value": found.value,
            "baseline_value": found.baseline_value,
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
    case: Case, settings: Sequence[Setting], *, origins: str
) -> dict[str, object]:
    """Return the assumptions of settings as columns, the study's own spelt out."""
    told = {
        name: [getattr(item, name) for item in settings]
        for name in (field.name for field in fields(Setting))
    }
    for name, own in own_speeds(case).items():
        told[name] = [own if value is None else value for value in told[name]]
    return {**told, "origins": [name or origins for name in told["origins"]]}


def swept_row(lens: Lens, sweep: Sweep, told: Swept | None) -> dict[str, object]:
    """Return how often an outcome turns as one assumption moves."""
    return {
        "scenario": lens.case.scenario,
        "criterion": lens.criterion.id,
        "assumption": sweep.assumption,
        "words": sweep.words,
        "searched": f"{sweep.tried[0]:g} to {sweep.tried[-1]:g} {sweep.unit}",
        "tried": len(sweep.tried) if told is None else len(told.values),
        "differ": 0 if told is None else told.differ,
        "touches": told is not None,
    }


def tipping_row(lens: Lens, told: Swept) -> dict[str, object]:
    """Return where an outcome turns as one assumption moves."""
    (below, under), (above, over) = (
        (math.nan, "") if turn is None else (turn[0], turn[1].value)
        for turn in (told.below, told.above)
    )
    return {
        "scenario": lens.case.scenario,
        "criterion": lens.criterion.id,
        "assumption": told.sweep.assumption,
        "words": told.sweep.words,
        "unit": told.sweep.unit,
        "main_value": told.main,
        "searched_from": min(told.sweep.tried[0], told.main),
        "searched_to": max(told.sweep.tried[-1], told.main),
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
    settings: Sequence[Setting] | None = None,
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
        origins or no column ``age0_15``). `Setting.origins` names a set, "" the first.
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
            lenses = {name: lens_of(criterion, cases[name][number]) for name in names}
            lens = lenses[names[0]]
            main = answers(lens, [Setting()])
            rows.append(_on_grid(lenses, grid, main))
            found = [(sweep, swept(lens, sweep)) for sweep in sweeps]
            tips += [tipping_row(lens, told) for _, told in found if told is not None]
            alone += [swept_row(lens, sweep, told) for sweep, told in found]
            alone += _on_choices(lenses, grid, main)
            if sides is not None:
                sampled, one_by_one = _on_positions(lenses, sides, main)
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


def _on_grid(lenses: Mapping[str, Lens], grid: Sequence[Setting], main: Answers) -> pd.DataFrame:
    """Return the rows of one criterion of one scenario under every setting."""
    first, count = next(iter(lenses)), len(grid)
    lens = lenses[first]
    value, baseline = np.empty(count), np.empty(count)
    level = np.empty(count, dtype=np.int_)
    for name in dict.fromkeys(setting.origins for setting in grid):
        at = [row for row, setting in enumerate(grid) if setting.origins == name]
        told = answers(lenses[name or first], [grid[row] for row in at])
        value[at], baseline[at], level[at] = told.value, told.baseline_value, told.level
    factors = [setting.threshold_factor for setting in grid]
    effects = [lenses[setting.origins or first].effect(setting) for setting in grid]
    return frame_rows(
        lens,
        Answers(value=value, baseline_value=baseline, level=level),
        main.outcomes()[0],
        kind="setting",
        columns={
            **assumption_columns(lens.case, grid, origins=first),
            "number": np.arange(1, count + 1),
            "threshold": [at_threshold(lens.criterion, factor).threshold for factor in factors],
            "is_main": [setting.is_main for setting in grid],
            "touched": [effect != lens.effect(Setting()) for effect in effects],
            "repeats": repeats(grid, effects),
        },
    )


def _on_positions(
    lenses: Mapping[str, Lens], sides: tuple[Side, Side], main: Answers
) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    """Return the rows of every sampled position, and how often each site alone turns it."""
    first = next(iter(lenses))
    lens = lenses[first]
    names = {} if lens.missing else sampled_names(lens, sides)
    if not names:
        return pd.DataFrame(columns=list(FRAME_COLUMNS)), []
    samples, base = usable_samples(sides), lens.base(MAIN_WEIGHTS)
    own = [Setting()] * len(samples)
    places = displaced(lens, sides, samples)

    def moved(sites: Iterable[str]) -> Answers:
        return graded(lens, places.figures(sites), base)

    rows = frame_rows(
        lens,
        moved(names),
        main.outcomes()[0],
        kind="position",
        columns={
            **assumption_columns(lens.case, own, origins=first),
            "number": [sample + 1 for sample in samples],
            "threshold": lens.criterion.threshold,
            "is_main": False,
            "touched": True,
            "repeats": False,
        },
    )
    alone = [
        {
            "scenario": lens.case.scenario,
            "criterion": lens.criterion.id,
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
    lenses: Mapping[str, Lens], grid: Sequence[Setting], main: Answers
) -> Iterator[dict[str, object]]:
    """Yield how often an outcome turns with other weights, or other origins, alone."""
    first = next(iter(lenses))
    lens = lenses[first]
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
                lenses[value if assumption == "origins" else first],
                [replace(Setting(), **{assumption: value})],
            ).level[0]
            for value in others
        ]
        yield {
            "scenario": lens.case.scenario,
            "criterion": lens.criterion.id,
            "assumption": assumption,
            "words": words,
            "searched": ", ".join(others),
            "tried": len(others),
            "differ": sum(int(level != main.level[0]) for level in levels),
            "touches": True,
        }

"""Every set of sites that could close, scored and ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb, nan
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from eh_access import notebook
from eh_access.arguments import check_arguments, check_ids
from eh_access.criteria.criterion import Case, JudgeSettings, Side
from eh_access.criteria.scoring import Coarsen, Measure, make_scorer
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.facts import Note, note
from eh_access.measures.scenarios import BASELINE, Close, Scenario, SetHours, open_sites

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    import geopandas as gpd

    from eh_access.criteria.criterion import Criterion
    from eh_access.criteria.scoring import Scorer

MOSTLY = 0.5
"""A measure with one value for more than this share of all sets tells few of them apart."""
NEARLY = 0.99
"""From this rank correlation two measures say nearly the same."""


def ranks_of(costs: Floats) -> NDArray[np.int64]:
    """Return the rank of each value in its column: 1 is the least, ties share the lowest rank."""
    return pd.DataFrame(costs).rank(method="min").to_numpy(np.int64)


def ties_of(costs: Floats) -> NDArray[np.int64]:
    """Return how many others share the rank of each value in its column."""
    return pd.DataFrame(costs).rank(method="max").to_numpy(np.int64) - ranks_of(costs)


def least(keys: list[Floats]) -> NDArray[np.intp]:
    """Return the rows that are least by the first key, of those by the second, and so on."""
    rows = np.arange(len(keys[0]))
    for key in keys:
        values = key[rows]
        best = values.min()
        if np.isfinite(best):
            rows = rows[values <= best + 1e-9 * max(abs(best), 1.0)]
    return rows


def pareto(costs: Floats) -> NDArray[np.bool_]:
    """Return the Pareto set: choices that no other choice dominates."""
    if not len(costs):
        return np.zeros(0, dtype=bool)
    level = ranks_of(costs).astype(np.float64)  # order is all that counts, and ranks are finite
    # a choice can only be bettered by one of a lower sum of ranks, so the front grows in order
    order = np.argsort(level.sum(axis=1), kind="stable")
    front = np.empty_like(level)
    size = 0
    best = np.zeros(len(costs), dtype=bool)
    for row in order:
        known = front[:size]
        bettered = (known <= level[row]).all(axis=1) & (known < level[row]).any(axis=1)
        if not bettered.any():
            front[size] = level[row]
            size += 1
            best[row] = True
    return best


@dataclass(frozen=True, kw_only=True)
class CostColumns:
    """The columns of a table of costs by what they add; made by `classify_columns`."""

    counted: tuple[int, ...]  # columns that say something of their own
    constant: tuple[int, ...]  # columns with one value for every choice
    same_as: dict[int, int]  # columns that rank every choice as an earlier one does, by that one
    stated: dict[int, int]  # columns said to say nearly what a counted one does, by that one
    # counted columns with one value for most choices, by the share of choices that have it
    saturated: dict[int, float]
    # pairs of counted columns that rank nearly alike, with their rank correlation
    alike: dict[tuple[int, int], float]


def classify_columns(
    costs: Floats, stated: Mapping[int, int] = MappingProxyType({})
) -> CostColumns:
    """Sort columns of costs by what they add; some are stated to go with others."""
    ranks = ranks_of(costs)
    count, columns = ranks.shape
    if count < 2:  # noqa: PLR2004 - one choice is like no other
        every = tuple(range(columns))
        return CostColumns(
            counted=every, constant=(), same_as={}, stated={}, saturated={}, alike={}
        )
    constant = tuple(column for column in range(columns) if (ranks[:, column] == 1).all())
    aside = {
        column: other
        for column, other in stated.items()
        if column not in constant and other not in constant
    }
    counted: list[int] = []
    same_as: dict[int, int] = {}
    for column in range(columns):
        if column in constant or column in aside:
            continue
        twins = [held for held in counted if (ranks[:, held] == ranks[:, column]).all()]
        if twins:
            same_as[column] = twins[0]
        else:
            counted.append(column)
    shares = (ties_of(costs).max(axis=0) + 1) / count
    # Spearman's correlation: that of ranks, ties at their mean rank
    close = pd.DataFrame(costs).rank().corr().to_numpy()
    return CostColumns(
        counted=tuple(counted),
        constant=constant,
        same_as=same_as,
        stated=aside,
        saturated={column: float(shares[column]) for column in counted if shares[column] > MOSTLY},
        alike={
            pair: float(close[pair]) for pair in combinations(counted, 2) if close[pair] >= NEARLY
        },
    )


FEW_SETS = 5


def alternatives_html(alternatives: Alternatives) -> str:
    """Return a summary for a notebook: the choice made, or the first few sets."""
    frame = alternatives.frame
    parts = [
        notebook.paragraph(_sets(alternatives), strong=True),
        *notebook.indicative(estimated=alternatives.estimated),
    ]
    regret = alternatives.regret()
    if len(regret):
        columns = (regret[name].tolist() for name in ("label", "rank", "ranked", "council", "best"))
        rows = [
            (
                label,
                f"{rank:,} of {ranked:,}",
                notebook.number(council, 3),
                notebook.number(best, 3),
            )
            for label, rank, ranked, council, best in zip(*columns, strict=True)
        ]
        parts.append(notebook.table(["measure", "rank of the choice made", "it", "the best"], rows))
    else:
        first = frame[frame["scored"]].head(FEW_SETS)
        parts.append(
            notebook.table(["first by mean minutes"], [[n] for n in first["closed_names"]])
        )
    return "".join([*parts, *(notebook.paragraph(item.text) for item in alternatives.notes)])


def alternatives_text(alternatives: Alternatives) -> str:
    """Return how many sets there are, and the first few."""
    first = alternatives.frame[alternatives.frame["scored"]].head(FEW_SETS)
    lines = [_sets(alternatives), *([notebook.INDICATIVE] if alternatives.estimated else [])]
    return "\n".join([*lines, "First by mean minutes:", *(f"  {n}" for n in first["closed_names"])])


def _sets(alternatives: Alternatives) -> str:
    frame = alternatives.frame
    scored, best = int(frame["scored"].sum()), int(frame["in_pareto"].fillna(value=False).sum())
    return f"Alternatives: {len(frame):,} sets, {scored:,} of them scored, {best:,} unbeaten"


MOST_SETS = 200_000
BETWEEN = "; "
"""Stands between the ids of a set in one cell of a table."""


def scored_sets(
    choices: Sequence[tuple[str, ...]], scorer: Scorer, sites: gpd.GeoDataFrame, basis: str
) -> pd.DataFrame:
    """Return a row per set: what closes, and its figures where it can be scored."""
    names = dict(zip(sites.index, sites["name"].astype(str), strict=True))
    kinds = dict(zip(sites.index, sites["location_basis"].astype(str), strict=True))
    places = {site: number for number, site in enumerate(scorer.site_ids)}
    closed = np.zeros((len(choices), len(places)), dtype=bool)
    for row, choice in enumerate(choices):
        closed[row, [places[site] for site in choice if site in places]] = True
    unplaced = [[names[site] for site in choice if site not in places] for choice in choices]
    scored = np.array([not lost for lost in unplaced], dtype=bool)
    values = np.full((len(choices), len(scorer.measures)), nan)
    values[scored] = scorer.score(closed[scored])
    frame = pd.DataFrame(
        {
            "closed_sites": [BETWEEN.join(choice) for choice in choices],
            "closed_names": [BETWEEN.join(names[site] for site in choice) for choice in choices],
            "scored": scored,
            "reason": [_why_not(lost) for lost in unplaced],
            "basis": basis,
            "estimated_places": [
                BETWEEN.join(site for site in choice if kinds[site] == "estimate")
                for choice in choices
            ],
        }
    )
    keys = [measure.key for measure in scorer.measures]
    return pd.concat([frame, pd.DataFrame(values, columns=keys)], axis=1)


def _why_not(names: list[str]) -> str:
    if not names:
        return ""
    stand = "stands" if len(names) == 1 else "stand"
    return f"cannot say: where {' and '.join(names)} {stand} is not known"


def ranked(
    table: pd.DataFrame, measures: tuple[Measure, ...], council: tuple[str, ...]
) -> tuple[pd.DataFrame, CostColumns]:
    """Return the table with ranks, the Pareto set, and how each compares with the council's."""
    # Sets are held against one another by the measures that say something of their own: one that
    # is the same for every set, or ranks them as another does, is ranked but not counted again.
    scored = table["scored"].to_numpy()
    keys = [measure.key for measure in measures]
    signs = np.array([measure.sign for measure in measures])
    values = table.loc[scored, keys].to_numpy(dtype=np.float64)
    # a measure that has no value for any set (nobody in the group) is the same for all; a set
    # without one that others have cannot be compared by it, and is last: it must never be the best
    none = np.isnan(values)
    costs = np.where(none, np.where(none.all(axis=0), 0.0, np.inf), values * signs)
    stated = {
        at: keys.index(item.counts_with)
        for at, item in enumerate(measures)
        if item.counts_with in keys
    }
    classes = classify_columns(costs, stated)
    counted = costs[:, list(classes.counted)]
    is_council = table["closed_sites"] == BETWEEN.join(sorted(set(council)))
    better, worse = _against(counted, is_council.to_numpy()[scored])
    named = (("rank", ranks_of(costs)), ("tied", ties_of(costs)))
    numbered = {f"{word}_{key}": held[:, at] for at, key in enumerate(keys) for word, held in named}
    lacking = [
        BETWEEN.join(key for key, flag in zip(keys, flags, strict=True) if flag)
        for flags in none & ~none.all(axis=0)
    ]

    def of_all(columns: Mapping[str, Any], fill_value: str | float = nan) -> pd.DataFrame:
        frame = pd.DataFrame(columns, index=table.index[scored])
        return frame.reindex(table.index, fill_value=fill_value)

    parts = [
        table,
        of_all(numbered).astype("Int64"),
        of_all({"not_comparable": lacking}, fill_value=""),
        of_all({"in_pareto": pareto(counted)}, fill_value=False),
        is_council.rename("is_council_choice"),
        of_all({"better_than_council": better, "worse_than_council": worse}).astype("Int64"),
    ]
    return pd.concat(parts, axis=1), classes


def notes_on_measures(measures: Sequence[Measure], classes: CostColumns) -> list[Note]:
    """Return notes on measures that add nothing or little to the ranking."""
    names = [(item.label, item.key) for item in measures]
    notes = [note("info", "measure-constant", measure=names[at]) for at in classes.constant]
    twins = (("measure-twin", classes.same_as), ("measure-stated-twin", classes.stated))
    notes += [
        note("info", topic, measure=names[at], other=names[other])
        for topic, pairs in twins
        for at, other in pairs.items()
    ]
    notes += [
        note("info", "measure-saturated", measure=names[at], share=share)
        for at, share in classes.saturated.items()
    ]
    notes += [
        note("info", "measures-alike", measure=names[one], other=names[other], correlation=close)
        for (one, other), close in classes.alike.items()
    ]
    return notes


def notes_on_lacking(table: pd.DataFrame, measures: Sequence[Measure]) -> list[Note]:
    """Return notes on measures without a value for some sets."""
    held = [str(keys).split(BETWEEN) for keys in table["not_comparable"]]
    counts = {item.key: sum(item.key in keys for keys in held) for item in measures}
    return [
        note("info", "measure-unbounded", measure=(item.label, item.key), sets=counts[item.key])
        for item in measures
        if counts[item.key]
    ]


def _against(
    costs: NDArray[np.float64], council: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return on how many measures each set is better and worse than the council's."""
    if not council.any():
        return np.full(len(costs), nan), np.full(len(costs), nan)
    own = costs[council][0]
    better, worse = (costs < own).sum(axis=1), (costs > own).sum(axis=1)
    return better.astype(np.float64), worse.astype(np.float64)


def order(table: pd.DataFrame) -> NDArray[np.intp]:
    """Return rows by mean minutes, those not scored last, ties by what closes."""
    keys: list[NDArray[Any]] = [table["closed_sites"].to_numpy(dtype=str)]
    if "rank_mean_min" in table:
        keys.append(table["rank_mean_min"].to_numpy(dtype=np.float64, na_value=np.inf))
    keys.append(~table["scored"].to_numpy())
    return np.lexsort(keys)


def notes_on(
    table: pd.DataFrame, sites: gpd.GeoDataFrame, eligible: list[str], *, estimated: bool
) -> list[Note]:
    """Return the notes that every ranking needs."""
    notes = [note("info", "sets-scored", scored=int(table["scored"].sum()), sets=len(table))]
    kinds = sites["location_basis"].reindex(eligible)
    for basis, topic in (("unknown", "sets-unplaced"), ("estimate", "sets-rough")):
        names = sites.loc[kinds.index[kinds == basis], "name"].astype(str)
        if len(names):
            notes.append(note("info", topic, names=tuple(names)))
    if estimated:
        notes.append(note("info", "sets-estimated"))
    return notes


def closable(case: Case, options: AlternativeOptions, close: int) -> list[str]:
    """Return the sites that may close, sorted, or raise all faults of the options."""
    opened = open_sites(
        case.before.sites,
        full_time=False,
        full_time_from_hours=case.settings.full_time_from_hours,
    ).sort_values()
    unknown = [site for site in (*options.council, *options.locked) if site not in opened]
    if unknown:
        raise NotFoundError(
            "\n".join(f"no open site '{site}': {did_you_mean(site, opened)}" for site in unknown)
        )
    eligible = [site for site in opened if site not in options.locked]
    faults = []
    if close < 1:
        faults.append(f"close is {close}; give 1 or more")
    elif close >= len(opened):
        faults.append(f"close is {close} of {len(opened)} open sites; at least one must stay open")
    elif close > len(eligible):
        faults.append(f"close is {close}, but only {len(eligible)} sites are not locked")
    elif comb(len(eligible), close) > MOST_SETS:
        faults.append(
            f"{comb(len(eligible), close):,} sets of {close} of {len(eligible)} are too many to "
            f"list (at most {MOST_SETS:,}); use choose_sites, which finds the best without listing"
        )
    named = len(set(options.council))
    if named and named != close:
        faults.append(f"the council's choice is of {named} sites, close is {close}")
    both = sorted(set(options.council) & set(options.locked))
    if both:
        faults.append(
            f"{', '.join(both)}: locked, and in the council's choice; keep one of the two"
        )
    if faults:
        raise InputError(faults)
    return eligible


@dataclass(frozen=True, kw_only=True)
class AlternativeOptions:
    """What a ranking of alternatives may be told.

    Parameters
    ----------
    council
        Ids of the sites that were chosen to close, or none.
    locked
        Ids of sites that stay open in every set.
    mode
        By what mode minutes are counted; criteria have modes of their own.
    sites
        ``"full_time"``: minutes to the nearest site with full hours. A site that is reduced to
        fewer counts like one that is gone. ``"open"``: to the nearest that is open at all.
    loser_min
        More minutes than this lost make a loser.
    judging
        What the study's criteria share.
    coarsen
        Rounds the values of a measure before sets are compared, so that their order tells no more
        than their values. How many lose is then not counted.
    """

    council: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    mode: str = "walk"
    sites: Literal["full_time", "open"] = "full_time"
    loser_min: float = 5.0
    judging: JudgeSettings = field(default_factory=JudgeSettings)
    coarsen: Coarsen | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Alternatives:
    """Every set of sites that could have closed instead; made by `rank_alternatives`.

    Parameters
    ----------
    frame
        A row per set, index ``set_number`` from 1, those scored first and by mean minutes:

        - ``closed_sites``: ids, sorted, "; " between them; ``closed_names``;
        - ``scored``, and ``reason`` why not ("" if it is);
        - ``basis``: ``"streets"`` or ``"estimated"``;
        - ``estimated_places``: closed sites whose place is only estimated;
        - each measure under its key; ``rank_`` and the key: 1 is best, ties share the lowest;
          ``tied_`` and the key: with how many others;
        - ``not_comparable``: keys of the measures it has no value by though others have: families
          put out of reach leave a difference without a bound. It ranks last by these, not best;
        - ``in_pareto``: no other set is as good on every measure counted and better on one;
        - ``is_council_choice``; ``better_than_council``, ``worse_than_council``: on how many of
          the measures counted.

        Of a set that is not scored, figures and ranks are missing.
    measures
        What the sets are ranked by.
    counted
        Keys of the measures by which sets are held against one another: those that say something
        of their own. One that is the same for every set, or ranks all of them as an earlier one
        does, is ranked and not counted; ``notes`` says which.
    baseline
        Each measure with nothing closed, by key.
    singles
        Like ``frame``, without ranks: each site closed alone.
    council
        Ids of the council's choice, sorted; empty if none was named.
    estimated
        Whether times are straight-line estimates: ranks are then indications.
    notes
        What must be said beside the figures.
    """

    frame: pd.DataFrame
    measures: tuple[Measure, ...]
    counted: tuple[str, ...]
    baseline: pd.Series
    singles: pd.DataFrame
    council: tuple[str, ...]
    estimated: bool
    notes: tuple[Note, ...]
    sets: tuple[tuple[str, ...], ...] = field(repr=False)
    _repr_html_ = alternatives_html
    __repr__ = alternatives_text

    def contribution(self) -> pd.DataFrame:
        """Return what closing each site alone costs.

        Returns
        -------
        pandas.DataFrame
            Index ``site_id``, the costliest in mean minutes first; ``name``, ``scored``,
            ``reason``; each measure, and ``change_`` and the key: the measure less the baseline's.
        """
        costs = self.singles.set_index("closed_sites").rename_axis("site_id")
        costs = costs.rename(columns={"closed_names": "name"})
        keys = [measure.key for measure in self.measures]
        for key in keys:
            costs[f"change_{key}"] = _differences(costs[key], self.baseline[key])
        columns = ["name", "scored", "reason", *keys, *(f"change_{key}" for key in keys)]
        order = ["change_mean_min"] if "mean_min" in keys else []
        ranked = costs.sort_index().sort_values(
            ["scored", *order], ascending=[False] * (1 + len(order)), kind="stable"
        )
        return ranked[columns]

    def regret(self) -> pd.DataFrame:
        """Return how far the council's choice is from the best, measure by measure.

        Returns
        -------
        pandas.DataFrame
            Index ``measure``: ``label``, ``unit``, ``better``, ``council`` and ``best`` values,
            ``best_sites`` (the set that sorts first of the best), ``regret`` (0 or more, in the
            unit), ``rank`` of ``ranked`` sets, ``tied`` with how many others, and how many are
            ``better_sets``. Empty if the choice is not named, or could not be scored.
        """
        scored = self.frame[self.frame["scored"]]
        chosen = scored[scored["is_council_choice"]]
        if chosen.empty:
            return pd.DataFrame()
        rows = [self._regret_on(measure, scored, chosen.iloc[0]) for measure in self.measures]
        return pd.DataFrame(rows).set_index("measure")

    def _regret_on(
        self, measure: Measure, scored: pd.DataFrame, chosen: pd.Series
    ) -> dict[str, object]:
        rank = scored[f"rank_{measure.key}"]
        best = scored[rank == 1].sort_values("closed_sites").iloc[0]
        cost = measure.sign * np.array([chosen[measure.key], best[measure.key]], dtype=float)
        return {
            "measure": measure.key,
            "label": measure.label,
            "unit": measure.unit,
            "better": measure.better,
            "council": float(chosen[measure.key]),
            "best": float(best[measure.key]),
            "best_sites": best["closed_sites"],
            "regret": 0.0 if cost[0] == cost[1] else float(cost[0] - cost[1]),
            "rank": int(chosen[f"rank_{measure.key}"]),
            "ranked": len(scored),
            "tied": int(chosen[f"tied_{measure.key}"]),
            "better_sets": int((rank < chosen[f"rank_{measure.key}"]).sum()),
        }

    def beating_council(self, *, strictly: bool = True) -> pd.DataFrame:
        """Return the sets that do better than the council's choice.

        Parameters
        ----------
        strictly
            Better on every single measure counted; else as good on all and better on at least one.

        Returns
        -------
        pandas.DataFrame
            Rows of ``frame``.
        """
        better = self.frame["better_than_council"].fillna(0)
        if strictly:
            return self.frame[better == max(len(self.counted), 1)]
        worse = self.frame["worse_than_council"].fillna(1)
        return self.frame[(better > 0) & (worse == 0)]

    def scenario(self, set_number: int, *, hours_per_week: float | None = None) -> Scenario:
        """Return one set as a scenario that can be run like any other.

        Parameters
        ----------
        set_number
            From the index of ``frame``.
        hours_per_week
            Reduce the sites to so many hours instead of closing them.

        Returns
        -------
        Scenario
            Named ``alternative-`` and the number.

        Raises
        ------
        NotFoundError
            If there is no such set.
        """
        if not 1 <= set_number <= len(self.sets):
            raise NotFoundError(f"no set {set_number}: they run from 1 to {len(self.sets)}")
        sites = self.sets[set_number - 1]
        names = str(self.frame["closed_names"].loc[set_number])
        if hours_per_week is None:
            return Scenario(
                f"alternative-{set_number}", f"Closed: {names}", tuple(map(Close, sites))
            )
        changes = tuple(SetHours(site, hours_per_week) for site in sites)
        label = f"Reduced to {hours_per_week:g} hours a week: {names}"
        return Scenario(f"alternative-{set_number}", label, changes)


@check_arguments
def rank_alternatives(
    side: Side,
    origins: gpd.GeoDataFrame,
    *,
    close: int,
    criteria: Sequence[Criterion] = (),
    options: AlternativeOptions | None = None,
) -> Alternatives:
    """Score every set of sites that could close, and rank them on each measure.

    Parameters
    ----------
    side
        The baseline: its sites and all its minutes.
    origins
        With ``weight`` and the columns that groups need.
    close
        How many close.
    criteria
        Each becomes a measure, with the value its verdict would have. Those whose inputs are
        missing are left out, and ``notes`` says so.
    options
        The council's own choice, sites that must stay, the mode.

    Returns
    -------
    Alternatives
        Sets that close a site whose place nobody knows are there, not scored.

    Raises
    ------
    InputError
        If ``close`` is below 1, not below the number of open sites, more than can close, not
        the size of the council's choice, or makes too many sets. All faults at once.
    NotFoundError
        If the council's choice or a locked site is not open.

    Examples
    --------
    >>> from eh_access import WALK, estimate_travel_times, load_origins, load_sites
    >>> from eh_access.measures.scenarios import apply_scenario
    >>> homes, sites = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, sites, mode=WALK)
    >>> before = Side(sites=apply_scenario(sites, BASELINE), times={"walk": times})
    >>> found = rank_alternatives(before, homes, close=3)
    >>> len(found.frame), int(found.frame["scored"].sum())
    (220, 165)
    """
    options = options or AlternativeOptions()
    check_ids("origins", origins.index)
    case = Case(
        scenario=BASELINE.name, origins=origins, before=side, after=side, settings=options.judging
    )
    if options.mode not in side.times:
        raise NotFoundError(
            f"no times by '{options.mode}': {did_you_mean(options.mode, side.times)}"
        )
    eligible = closable(case, options, close)
    scorer = make_scorer(
        case,
        tuple(criteria),
        mode=options.mode,
        sites=options.sites,
        loser_min=options.loser_min,
        coarsen=options.coarsen,
    )
    estimated = any(table.estimated for _, table in side.tables())
    basis = "estimated" if estimated else "streets"
    singles = scored_sets([(site,) for site in eligible], scorer, side.sites, basis)
    choices = list(combinations(eligible, close))
    figures = scored_sets(choices, scorer, side.sites, basis)
    table, classes = ranked(figures, scorer.measures, options.council)
    rows = order(table)
    table = table.iloc[rows].set_axis(pd.RangeIndex(1, len(table) + 1, name="set_number"))
    nothing = scorer.score(np.zeros((1, len(scorer.site_ids)), dtype=bool))[0]
    return Alternatives(
        frame=table,
        measures=scorer.measures,
        baseline=pd.Series(nothing, index=[measure.key for measure in scorer.measures]),
        singles=singles,
        council=tuple(sorted(options.council)),
        estimated=estimated,
        counted=tuple(scorer.measures[column].key for column in classes.counted),
        notes=(
            *notes_on(table, side.sites, eligible, estimated=estimated),
            *notes_on_measures(scorer.measures, classes),
            *notes_on_lacking(table, scorer.measures),
            *scorer.notes,
        ),
        sets=tuple(choices[row] for row in rows),
    )


def _differences(values: pd.Series, start: float) -> pd.Series:
    """Return values less a start; 0 where both are the same infinity."""
    numbers = values.to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore"):
        change = np.where(numbers == start, 0.0, numbers - start)
    return pd.Series(np.round(change, 9) + 0.0, index=values.index)

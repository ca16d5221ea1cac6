"""Would another choice have done better? Every set of k sites to close, scored and ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from eh_access.analysis.alternative_sets import (
    closable,
    notes_on,
    notes_on_lacking,
    notes_on_measures,
    order,
    ranked,
    scored_sets,
)
from eh_access.analysis.case import Case, JudgeSettings, Side
from eh_access.analysis.scenarios import BASELINE, Close, Scenario, SetHours
from eh_access.analysis.scoring import Measure, make_scorer
from eh_access.analysis.shown import alternatives_html, alternatives_text
from eh_access.errors import NotFoundError, did_you_mean

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.analysis.criteria import Criterion


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
    """

    council: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    mode: str = "walk"
    sites: Literal["full_time", "open"] = "full_time"
    loser_min: float = 5.0
    judging: JudgeSettings = field(default_factory=JudgeSettings)


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
    notes: tuple[str, ...]
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
        found = self.singles.set_index("closed_sites").rename_axis("site_id")
        found = found.rename(columns={"closed_names": "name"})
        keys = [measure.key for measure in self.measures]
        for key in keys:
            found[f"change_{key}"] = _differences(found[key], self.baseline[key])
        columns = ["name", "scored", "reason", *keys, *(f"change_{key}" for key in keys)]
        order = ["change_mean_min"] if "mean_min" in keys else []
        ranked = found.sort_index().sort_values(
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
    >>> from eh_access.analysis.scenarios import apply_scenario
    >>> homes, sites = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, sites, mode=WALK)
    >>> before = Side(sites=apply_scenario(sites, BASELINE), times={"walk": times})
    >>> found = rank_alternatives(before, homes, close=3)
    >>> len(found.frame), int(found.frame["scored"].sum())
    (220, 165)
    """
    told = options or AlternativeOptions()
    case = Case(
        scenario=BASELINE.name, origins=origins, before=side, after=side, settings=told.judging
    )
    if told.mode not in side.times:
        raise NotFoundError(f"no times by '{told.mode}': {did_you_mean(told.mode, side.times)}")
    able = closable(case, told, close)
    scorer = make_scorer(
        case, tuple(criteria), mode=told.mode, sites=told.sites, loser_min=told.loser_min
    )
    estimated = any(table.estimated for _, table in side.tables())
    basis = "estimated" if estimated else "streets"
    singles = scored_sets([(site,) for site in able], scorer, side.sites, basis)
    choices = list(combinations(able, close))
    figures = scored_sets(choices, scorer, side.sites, basis)
    table, told_by = ranked(figures, scorer.measures, told.council)
    rows = order(table)
    table = table.iloc[rows].set_axis(pd.RangeIndex(1, len(table) + 1, name="set_number"))
    nothing = scorer.score(np.zeros((1, len(scorer.site_ids)), dtype=bool))[0]
    return Alternatives(
        frame=table,
        measures=scorer.measures,
        baseline=pd.Series(nothing, index=[measure.key for measure in scorer.measures]),
        singles=singles,
        council=tuple(sorted(told.council)),
        estimated=estimated,
        counted=tuple(scorer.measures[column].key for column in told_by.counted),
        notes=(
            *notes_on(table, side.sites, able, estimated=estimated),
            *notes_on_measures(scorer.measures, told_by),
            *notes_on_lacking(table, scorer.measures),
            *scorer.notes,
        ),
        sets=tuple(choices[row] for row in rows),
    )


def alternatives_frame(alternatives: Alternatives) -> pd.DataFrame:
    """Return ``alternatives.csv``: one row per set."""
    return alternatives.frame.reset_index()


def _differences(values: pd.Series, start: float) -> pd.Series:
    """Return values less a start; 0 where both are the same infinity."""
    numbers = values.to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore"):
        change = np.where(numbers == start, 0.0, numbers - start)
    return pd.Series(np.round(change, 9) + 0.0, index=values.index)

"""Which k of n sites serve people best, with a proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.arguments import check_arguments
from eh_access.delegate import delegate
from eh_access.errors import InputError, did_you_mean
from eh_access.measures.basic import rows_of, weights_of, within
from eh_access.measures.scenarios import Close, Open, Scenario
from eh_access.planning.optimum import OBJECTIVES, Objective, Problem, Solution, solve
from eh_access.tables import weighted

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.routing.travel_times import TravelTimes

SHOWN_AREAS = 5


@dataclass(frozen=True, kw_only=True)
class SitingOptions:
    """Settings of a choice of sites.

    Parameters
    ----------
    locked
        Sites that are chosen whatever else is; they count among the k.
    cutoff_min
        Minutes within which people are covered.
    unit
        What is counted, in the plural.
    time_limit_s
        For each integer program; when it is up, the best so far is given with its gap.
    """

    locked: tuple[str, ...] = ()
    cutoff_min: float = 30.0
    unit: str = "under-fives"
    time_limit_s: float = 60.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Placement:
    """The best k of n sites by one objective; made by `choose_sites`.

    Parameters
    ----------
    objective
        What was made best.
    chosen
        Ids, sorted, the locked ones among them.
    frame
        Index ``origin_id``: ``minutes`` (inf where none is reached), ``site_id``, ``weight``.
    figures
        ``mean_min`` and ``worst_min`` (of those reached), ``mean_at_limit_min`` (of all, who
        reaches nothing counted at the end of the search: what the p-median makes least),
        ``covered_share``, ``unreached_weight``.
    solution
        The value that was optimised, its bound and how it was found.
    unreachable
        By ``area_id``: ``origins`` and ``weight`` of those that no site at all can reach. No
        choice helps them; they are left out of the choosing.
    estimated
        Whether times are straight-line estimates.
    """

    objective: Objective
    chosen: tuple[str, ...]
    frame: pd.DataFrame
    figures: pd.Series
    solution: Solution
    unreachable: pd.DataFrame
    estimated: bool
    sets: int
    unit: str = "under-fives"
    _all_sites: tuple[str, ...] = field(default=(), repr=False)

    @property
    def proven(self) -> bool:
        """Whether no other choice can be better."""
        return self.solution.proven

    @property
    def gap(self) -> float:
        """How far from the best this can be, as a share of its value; 0 if proven."""
        return self.solution.gap

    @property
    def infeasible(self) -> str:
        """Who is left without any site, in plain English; "" if nobody is."""
        lost = self.unreachable["weight"]
        most = lost.iloc[:SHOWN_AREAS]
        facts = {
            "weight": float(lost.sum()),
            "unit": self.unit,
            "areas": len(lost),
            "most": [f"{area} ({weight:,.0f})" for area, weight in most.items()],
            "rest": len(lost) - len(most),
            "without": float(self.figures["unreached_weight"] - lost.sum()),
        }
        return str(delegate("phrase", facts, "planning", "infeasible"))

    def scenario(self, name: str, *, start_open: bool = True) -> Scenario:
        """Return the choice as a scenario that can be run like any other.

        Parameters
        ----------
        name
            For the scenario.
        start_open
            The sites are open at the start, so those not chosen close; else those chosen open.

        Returns
        -------
        Scenario
            Of `Close` or of `Open` changes.
        """
        if start_open:
            shut = tuple(Close(site) for site in self._all_sites if site not in self.chosen)
            return Scenario(name, f"Kept: {', '.join(self.chosen)}", shut)
        return Scenario(name, f"Opened: {', '.join(self.chosen)}", tuple(map(Open, self.chosen)))


@check_arguments
def choose_sites(
    times: TravelTimes,
    origins: gpd.GeoDataFrame,
    *,
    keep: int,
    objective: Objective = "p_median",
    options: SitingOptions | None = None,
) -> Placement:
    """Return the best k sites of those in a table of times.

    Parameters
    ----------
    times
        From origins to every site that could be chosen.
    origins
        With ``weight`` and ``area_id``.
    keep
        How many sites there are to be, those locked among them.
    objective
        ``"p_median"``: the shortest mean trip. ``"maximal_cover"``: the most within the cutoff.
    options
        Locked sites, the cutoff.

    Returns
    -------
    Placement
        Sites that nobody can reach, because nobody knows where they are, are never chosen
        unless locked.

    Raises
    ------
    InputError
        If ``keep`` is below 1, more than there are sites that can be reached, or fewer than are
        locked; if a locked site or the objective is unknown. All faults at once.

    Notes
    -----
    p-median: Hakimi (1964), in Elloumi's (2010) form. Maximal cover: Church and ReVelle (1974).

    Examples
    --------
    >>> from eh_access import WALK, estimate_travel_times, load_origins, load_sites
    >>> homes, sites = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    >>> times = estimate_travel_times(homes, sites, mode=WALK)
    >>> best = choose_sites(times, homes, keep=11)
    >>> best.proven, best.sets
    (True, 1)
    """
    options = options or SitingOptions()
    reachable = _check(times, keep, objective, options)
    weights = weights_of(times, origins)
    ids = sorted(str(site) for site in times.site_ids)
    locked = sorted(set(options.locked))
    free = [site for site in ids if site in reachable and site not in locked]
    minutes = times.minutes.astype(np.float64).T
    base = minutes[times.columns_of(locked)].min(axis=0, initial=np.inf)
    among = minutes[times.columns_of(free)]
    unreachable = ~np.isfinite(np.minimum(base, among.min(axis=0, initial=np.inf)))
    counted = np.where(unreachable, 0.0, weights)
    problem = Problem(
        minutes=among,
        base=base,
        weights=counted,
        covers=within(among, options.cutoff_min),
        covered=within(base, options.cutoff_min),
        cover_weights=counted,
        choose=keep - len(locked),
        limit_min=times.cutoff_min,
        time_limit_s=options.time_limit_s,
    )
    solution = solve(problem, objective)
    chosen = tuple(sorted([*locked, *(free[row] for row in solution.chosen)]))
    nearest = times.nearest(chosen)
    return Placement(
        objective=objective,
        chosen=chosen,
        frame=nearest.assign(weight=weights),
        figures=figures(
            nearest["minutes"].to_numpy(), weights, options.cutoff_min, limit_min=times.cutoff_min
        ),
        solution=solution,
        unreachable=_by_area(times, origins, unreachable & (weights > 0)),
        estimated=times.estimated,
        sets=problem.sets,
        unit=options.unit,
        _all_sites=tuple(ids),
    )


def objective_faults(objectives: Sequence[str]) -> list[str]:
    """Return the faults in names of objectives."""
    known = " or ".join(f"'{name}' ({what})" for name, what in OBJECTIVES.items())
    return [f"no objective '{name}': give {known}" for name in objectives if name not in OBJECTIVES]


def figures(
    minutes: NDArray[np.float64],
    weights: NDArray[np.float64],
    cutoff_min: float,
    *,
    limit_min: float,
) -> pd.Series:
    """Return five figures that summarise minutes by weight."""
    got = np.isfinite(minutes) & (weights > 0)
    whole, served = float(weights.sum()), float(weights[got].sum())
    paid = float((np.minimum(minutes, limit_min) * weights).sum())
    covered = float(weights[within(minutes, cutoff_min)].sum())
    return pd.Series(
        {
            "mean_min": float((minutes[got] * weights[got]).sum() / served) if served else np.nan,
            "worst_min": float(minutes[got].max()) if got.any() else np.nan,
            "mean_at_limit_min": paid / whole if whole else np.nan,
            "covered_share": covered / whole if whole else np.nan,
            "unreached_weight": whole - served,
        }
    )


def _by_area(
    times: TravelTimes, origins: gpd.GeoDataFrame, lost: NDArray[np.bool_]
) -> pd.DataFrame:
    """Return the origins that cannot be reached, summed by area, the most first."""
    rows = weighted(origins).iloc[rows_of(times, origins)][lost]
    areas = rows["area_id"].astype(str) if "area_id" in rows else rows.index.astype(str)
    table = rows["weight"].groupby(np.asarray(areas)).agg(["size", "sum"])
    table = table.set_axis(["origins", "weight"], axis=1).rename_axis("area_id")
    table = table.sort_index()
    return pd.DataFrame(table.sort_values("weight", ascending=False, kind="stable"))


def _check(times: TravelTimes, keep: int, objective: str, options: SitingOptions) -> set[str]:
    """Return the sites that somebody can reach, or raise all faults of the options."""
    faults = [
        f"locked: no site '{site}': {did_you_mean(site, times.site_ids)}"
        for site in options.locked
        if site not in times.site_ids
    ]
    faults += objective_faults([objective])
    got = np.flatnonzero(np.isfinite(times.minutes).any(axis=0))
    reachable = {str(site) for site in times.site_ids[got]}
    most = len(reachable | set(options.locked))
    if keep < 1:
        faults.append(f"keep is {keep}; at least one site must be there")
    elif keep > most:
        lost = len(times.site_ids) - len(reachable)
        why = f" ({lost} of {len(times.site_ids)} are nowhere anyone can reach)" if lost else ""
        faults.append(f"keep is {keep}, but there are only {most} sites to choose from{why}")
    if 1 <= keep < len(set(options.locked)):
        faults.append(f"keep is {keep}, but {len(set(options.locked))} sites are locked")
    if faults:
        raise InputError(faults)
    return reachable

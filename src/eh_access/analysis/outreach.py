"""Where should sessions go? The best venues for one to four, alone or to mend a scenario.

To mend is to bring each family back to where it was before, and no further: minutes below what it
had count for nothing, so venues go to those who lost, not to those who were always badly served.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.optimum import OBJECTIVES
from eh_access.analysis.scenarios import Open, Scenario, SetHours
from eh_access.analysis.venues import Loss, OutreachOptions, Search
from eh_access.errors import InputError, NotFoundError, did_you_mean

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.routing.types import TravelTimes

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Outreach:
    """The best venues; made by `best_sessions`.

    Parameters
    ----------
    frame
        A row per number of venues and objective, index ``number`` from 1:

        - ``mends``: the scenario's name, "" if none; ``sessions``; ``objective``, and ``aim``: in
          words, what no other venues of the number do better by; ``venues`` and ``venue_names``,
          "; " between them;
        - ``mean_min`` (of those reached), ``mean_at_limit_min`` (of all, who reaches nothing
          counted at the end of the search: what the p-median makes least), ``worst_min`` (of all
          that some venue reaches; inf if one of them is left out), ``covered_share``,
          ``unreached_weight``: with the venues and, when mending, the sites that stay;
        - when mending: ``coverage_lost_weight`` (covered before, not after) and
          ``coverage_regained_share`` of it; ``minutes_lost`` (weight times minutes added, of those
          reached before; who is reached no more is counted at the end of the search) and
          ``minutes_regained_share`` of it; ``worst_added_min`` (the most still added above the time
          before; inf if one of those is left out). The aims of mending go by these three: minutes
          below the time before count for nothing. Missing when alone, or when nothing was lost;
        - ``proven``, ``gap_share``, ``method``, ``basis``, ``sentence``.
    scenarios
        Each row as a scenario, in order: what was mended, and the venues open.
    notes
        What must be said beside it.
    """

    frame: pd.DataFrame
    scenarios: tuple[Scenario, ...]
    notes: tuple[str, ...] = ()

    def scenario(self, number: int) -> Scenario:
        """Return one row as a scenario; run it on sites from `with_candidates`.

        Parameters
        ----------
        number
            From the index of ``frame``.

        Returns
        -------
        Scenario
            The changes of what is mended, then each venue opened with its hours.

        Raises
        ------
        NotFoundError
            If there is no such row.
        """
        if not 1 <= number <= len(self.scenarios):
            raise NotFoundError(f"no row {number}: they run from 1 to {len(self.scenarios)}")
        return self.scenarios[number - 1]


def best_sessions(
    times: TravelTimes,
    origins: gpd.GeoDataFrame,
    *,
    names: pd.Series | None = None,
    mend: Loss | None = None,
    options: OutreachOptions | None = None,
) -> Outreach:
    """Return the best venues for sessions, for each number of them and each objective.

    Parameters
    ----------
    times
        From origins to every candidate venue.
    origins
        With ``weight``.
    names
        Of the venues, by id; their ids if None.
    mend
        What a scenario takes away. None: the venues are all there is.
    options
        How many, by what objectives.

    Returns
    -------
    Outreach
        Proven the best, unless a row says otherwise.

    Raises
    ------
    InputError
        If a number of sessions is below 1 or more than there are venues, an objective is
        unknown, or what is to be mended is of other origins. All faults at once.

    Examples
    --------
    >>> from eh_access import WALK, estimate_travel_times, load_origins, load_sites
    >>> homes, venues = load_origins("rotherham_oa"), load_sites("rotherham_candidates")
    >>> times = estimate_travel_times(homes, venues, mode=WALK)
    >>> found = best_sessions(times, homes, options=OutreachOptions(sessions=(1,)))
    >>> found.frame["proven"].all().item(), len(found.scenarios)
    (True, 4)
    """
    told = options or OutreachOptions()
    _check(times, mend, told)
    search = Search(times, origins, mend, told, names)
    found = [
        search.row(sessions, objective)
        for sessions in told.sessions
        for objective in told.objectives
    ]
    frame = pd.DataFrame([row for row, _ in found])
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="number")
    scenarios = tuple(_as_scenario(venues, mend, row, told) for row, venues in found)
    notes = ["A venue's place is its postcode's, and whether it is willing is not known."]
    if times.estimated:
        notes.append("Travel times are straight-line estimates: venues are indications.")
    return Outreach(frame=frame, scenarios=scenarios, notes=tuple(notes))


def outreach_frame(found: Sequence[Outreach]) -> pd.DataFrame:
    """Return ``outreach.csv``: one row per scenario mended, number of venues and objective."""
    parts = [
        part.frame.assign(scenario=[scenario.name for scenario in part.scenarios]) for part in found
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def with_candidates(sites: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the sites with candidate venues beside them, closed until a scenario opens them."""
    both = sites.index.intersection(candidates.index).tolist()
    if both:
        raise InputError(f"candidates: {both[:5]} are sites already; give them other ids")
    opened = sites["is_open"] if "is_open" in sites else pd.Series(data=True, index=sites.index)
    return pd.concat([sites.assign(is_open=opened), candidates.assign(is_open=False)])


def _as_scenario(
    venues: list[str], mend: Loss | None, row: dict[str, object], told: OutreachOptions
) -> Scenario:
    base = () if mend is None else mend.scenario.changes
    opened = tuple(
        change for venue in venues for change in (Open(venue), SetHours(venue, told.hours_per_week))
    )
    stem = "outreach" if mend is None else mend.scenario.name
    name = f"{stem}-{row['objective']}-{row['sessions']}".replace("_", "-")
    return Scenario(name, str(row["sentence"]), (*base, *opened))


def _check(times: TravelTimes, mend: Loss | None, told: OutreachOptions) -> None:
    able = int(np.isfinite(times.minutes).any(axis=0).sum())
    faults = [
        f"sessions is {count}; give 1 to {able}, the venues somebody can reach"
        for count in told.sessions
        if not 1 <= count <= able
    ]
    faults += [
        f"no objective '{name}': {did_you_mean(name, OBJECTIVES)}"
        for name in told.objectives
        if name not in OBJECTIVES
    ]
    if not 0 <= told.hours_per_week <= 168:  # noqa: PLR2004 - hours in a week
        faults.append(f"hours_per_week is {told.hours_per_week:g}; give 0 to 168")
    if mend is not None and not len(mend.before) == len(mend.after) == len(times.origin_ids):
        faults.append("what is to be mended is of other origins than the candidates' times")
    if faults:
        raise InputError(faults)

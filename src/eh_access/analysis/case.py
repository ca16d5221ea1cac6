"""What a judge is given: one scenario beside the baseline, with all the minutes there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eh_access.analysis.policy import PUBLIC, Policy
from eh_access.analysis.scenarios import BASELINE, open_sites
from eh_access.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from eh_access.routing.types import TravelTimes

ROUTE_DETOUR = 1.2
"""Metres of street for each metre in a straight line, where a place is known only roughly.

Fitted on walking routes in Newport, tested in Rutland; the same as the straight-line estimate's.
"""


@dataclass(frozen=True, kw_only=True)
class JudgeSettings:
    """Numbers and words that every criterion of a study shares.

    Parameters
    ----------
    full_time_from_hours
        From how many hours a week a site counts as full-time; full hours of unknown number count
        as so many.
    unit
        What is counted, in the plural: ``"under-fives"``, ``"postcodes"``.
    place
        What a site is called, in the singular: ``"centre"``.
    detour
        How much a roughly known place may be off by street, as a multiple of its radius.
    policy
        How counts of people are kept from identifying anybody, in figures and sentences.
    moved
        Where people were moved so that nobody can be found: what that does to values, in a clause
        for every reason.

    Examples
    --------
    >>> JudgeSettings(unit="postcodes").place
    'centre'
    """

    full_time_from_hours: float = 25.0
    unit: str = "under-fives"
    place: str = "centre"
    detour: float = ROUTE_DETOUR
    policy: Policy = PUBLIC
    moved: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Side:
    """Sites and minutes under one choice.

    Parameters
    ----------
    sites
        From ``apply_scenario``, with ``is_open``.
    times
        By mode: from every origin to every open site whose place is known, at least.
    times_back
        By mode: from the sites home. Only hours that can be reached need them.
    distances
        By mode: the shortest way by street, as times at the mode's one speed (see
        ``aligning.metres``). Where minutes are estimated they serve as they are.
    """

    sites: gpd.GeoDataFrame
    times: Mapping[str, TravelTimes]
    times_back: Mapping[str, TravelTimes] = field(default_factory=dict)
    distances: Mapping[str, TravelTimes] = field(default_factory=dict)

    def distances_by(self, mode: str) -> TravelTimes | None:
        """Return what distances by a mode are read from.

        Parameters
        ----------
        mode
            Name of a mode.

        Returns
        -------
        TravelTimes or None
            The distances given; else the times, if they are estimates at one speed, which are
            distances divided by it; else None.
        """
        if mode in self.distances:
            return self.distances[mode]
        times = self.times.get(mode)
        if times is not None and times.estimated and not times.mode.uses_road_speeds:
            return times
        return None

    def tables(self) -> Iterator[tuple[str, TravelTimes]]:
        """Yield every table of times with a name for messages."""
        for kind in ("times", "times_back", "distances"):
            for mode, times in getattr(self, kind).items():
                yield f"{kind}['{mode}']", times


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """One scenario, the baseline it is held against, and who lives where.

    Parameters
    ----------
    scenario
        Its name.
    origins
        With ``weight`` and the columns that groups and areas need.
    before, after
        The baseline and the scenario. Unless a site moves or opens, both hold the same times.
    settings
        What the study's criteria share.

    Raises
    ------
    InputError
        If a table of times is of other origins, goes the wrong way or lacks an open site.
    """

    scenario: str
    origins: gpd.GeoDataFrame
    before: Side
    after: Side
    settings: JudgeSettings = field(default_factory=JudgeSettings)

    def __post_init__(self) -> None:
        faults = [
            f"case '{self.scenario}': {fault}"
            for name, side in (("before", self.before), ("after", self.after))
            for fault in self._faults(name, side)
        ]
        if faults:
            raise InputError(faults)

    @property
    def is_baseline(self) -> bool:
        """Whether the scenario is the baseline itself."""
        return self.scenario == BASELINE.name

    def open_sites(self, side: Side, *, full_time: bool) -> pd.Index:
        """Return the sites that count.

        Parameters
        ----------
        side
            ``before`` or ``after``.
        full_time
            Only those with full hours.

        Returns
        -------
        pandas.Index
            Ids, sorted.
        """
        enough = self.settings.full_time_from_hours
        ids = open_sites(side.sites, full_time=full_time, full_time_from_hours=enough)
        return ids.sort_values()

    def _faults(self, name: str, side: Side) -> Iterator[str]:
        nowhere = side.sites.index[side.sites["location_basis"] == "unknown"]
        wanted = self.open_sites(side, full_time=False).difference(nowhere)
        for table, times in side.tables():
            where = f"{name}.{table}"
            direction = "from_sites" if table.startswith("times_back") else "to_sites"
            if times.direction != direction:
                yield f"{where} goes {times.direction}; give times {direction}"
            same = len(times.origin_ids) == len(self.origins)
            if not (same and times.origin_ids.isin(self.origins.index).all()):
                yield f"{where} is not of the same origins; work the times out for this table"
            lacking = wanted.difference(times.site_ids).tolist()
            if lacking:
                yield f"{where} lacks the open sites {lacking}; work the times out for them too"

"""What a choice changes at sites, applied to a copy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from shapely import Point

from eh_access.arguments import check_arguments, check_ids, no_such_id
from eh_access.errors import InputError, NotFoundError
from eh_access.tables import MOST_RADIUS_M, complete_sites

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

HOURS_IN_A_WEEK = 168.0


@dataclass(frozen=True)
class Close:
    """A site is gone altogether."""

    site_id: str


@dataclass(frozen=True)
class Open:
    """A site that was closed, or only a candidate, opens with the hours its row states."""

    site_id: str


@dataclass(frozen=True)
class Move:
    """A site moves to another place, in metres on the British National Grid (EPSG:27700).

    With a radius above 0 the new place is an estimate: verdicts that turn on it cannot be said.
    """

    site_id: str
    easting: float
    northing: float
    location_radius_m: float = 0.0

    def __post_init__(self) -> None:
        named = (("easting", self.easting), ("northing", self.northing))
        faults = [
            f"move of '{self.site_id}': {field} is {value}; give metres on the National Grid"
            for field, value in named
            if not (isinstance(value, Real) and math.isfinite(value))
        ]
        radius = self.location_radius_m
        if not (isinstance(radius, Real) and 0 <= radius <= MOST_RADIUS_M):
            faults.append(
                f"move of '{self.site_id}': location_radius_m is {radius}; "
                f"give 0 to {MOST_RADIUS_M:,.0f} metres"
            )
        if faults:
            raise InputError(faults)


@dataclass(frozen=True)
class SetHours:
    """A site's opening hours a week become another number; NaN means full hours."""

    site_id: str
    hours_per_week: float

    def __post_init__(self) -> None:
        hours = self.hours_per_week
        if not isinstance(hours, Real) or not (math.isnan(hours) or 0 <= hours <= HOURS_IN_A_WEEK):
            raise InputError(f"hours of '{self.site_id}': {hours} a week; give 0 to 168")


Change: TypeAlias = Close | Open | Move | SetHours


@dataclass(frozen=True)
class Scenario:
    """A choice: a name and what it changes.

    Parameters
    ----------
    name
        Short, for tables and files: ``"deregister-sessions"``.
    label
        For people.
    changes
        What changes, at most one of a kind for each site; a list will do.
    note
        What must be said beside it.

    Raises
    ------
    InputError
        If something else than a change stands among the changes, or a site is told two things
        that cannot both be.

    Examples
    --------
    >>> Scenario("one-less", "One fewer", (Close("park-view"),)).site_ids
    ('park-view',)
    """

    name: str
    label: str
    changes: tuple[Change, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        named = isinstance(self.name, str) and self.name
        faults = [] if named else ["a scenario has no name; give it one"]
        if not isinstance(self.label, str):
            faults.append(f"label is {self.label!r}; give words, and changes after them")
        object.__setattr__(self, "changes", _as_changes(self.name, self.changes))
        kinds_by_site: dict[str, list[type[Change]]] = {}
        for change in self.changes:
            kinds_by_site.setdefault(change.site_id, []).append(type(change))
        for site, kinds in kinds_by_site.items():
            where = f"scenario '{self.name}': site '{site}'"
            if len(set(kinds)) < len(kinds):
                faults.append(f"{where} is told the same kind of change twice; keep one")
            if Close in kinds and len(set(kinds)) > 1:
                faults.append(f"{where} is closed and changed as well; keep one of the two")
        if faults:
            raise InputError(faults)

    @classmethod
    def closing(cls, *site_ids: str, name: str = "closed", label: str = "") -> Scenario:
        """Return a scenario in which some sites close altogether.

        Parameters
        ----------
        *site_ids
            The sites that close.
        name, label
            As of any scenario; the label names the sites if none is given.

        Returns
        -------
        Scenario
            One that closes them and changes nothing else.

        Raises
        ------
        InputError
            If no site is named, or one twice.

        Examples
        --------
        >>> Scenario.closing("park-view", "broom-valley").label
        'Closed: park-view, broom-valley'
        """
        if not site_ids or any(isinstance(site, (list, tuple, set)) for site in site_ids):
            raise InputError(f"closing holds {site_ids!r}; give ids, as in closing('a', 'b')")
        label = label or f"Closed: {', '.join(map(str, site_ids))}"
        return cls(name, label, tuple(Close(site) for site in site_ids))

    @property
    def site_ids(self) -> tuple[str, ...]:
        """The sites it names, each once, in the order of its changes."""
        return tuple(dict.fromkeys(change.site_id for change in self.changes))


def _as_changes(name: str, changes: object) -> tuple[Change, ...]:
    """Return changes as a tuple; InputError for anything that is no change."""
    remedy = 'give changes, such as (Close("a"), SetHours("b", 10))'
    if isinstance(changes, (Change, str)) or not isinstance(changes, Iterable):
        raise InputError(f"scenario '{name}': changes are {changes!r}; {remedy}")
    given = tuple(changes)
    wrong = [item for item in given if not isinstance(item, Change)]
    if wrong:
        raise InputError(f"scenario '{name}': {item!r} is no change; {remedy}" for item in wrong)
    return given


BASELINE = Scenario("baseline", "Before the decision")
"""How things stand: nothing changes."""


@check_arguments
def apply_scenario(sites: gpd.GeoDataFrame, scenario: Scenario) -> gpd.GeoDataFrame:
    """Return the sites as they would be under a scenario.

    Parameters
    ----------
    sites
        Points with ids as index. A column ``is_open`` may say which are open at the start, without
        it all are; without ``hours_per_week`` all have full hours.
    scenario
        What changes. `BASELINE` changes nothing but adds the column.

    Returns
    -------
    geopandas.GeoDataFrame
        A new table of the same rows in the same order, with ``is_open``.

    Raises
    ------
    NotFoundError
        If it names sites that are not there; each is listed with close matches.
    InputError
        If it leaves no site open, when there is nothing to travel to; or if two sites have one id.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> sites = gpd.GeoDataFrame(
    ...     {"hours_per_week": [float("nan")] * 2},
    ...     geometry=gpd.points_from_xy([0, 1], [0, 1]),
    ...     index=pd.Index(["a", "b"], name="site_id"),
    ... )
    >>> apply_scenario(sites, Scenario("s", "S", (Close("a"),)))["is_open"].tolist()
    [False, True]
    """
    check_ids("sites", sites.index)
    missing = [site for site in scenario.site_ids if site not in sites.index]
    if missing:
        raise NotFoundError(
            "\n".join(
                f"scenario '{scenario.name}': no site '{site}': {no_such_id(site, sites.index)}"
                for site in missing
            )
        )
    changed = complete_sites(sites)
    changed["is_open"] = sites["is_open"].astype(bool) if "is_open" in sites.columns else True
    changed["hours_per_week"] = changed["hours_per_week"].astype(float)
    for change in scenario.changes:
        _apply(changed, change)
    if scenario.changes and not (changed["is_open"] & (changed["hours_per_week"] != 0)).any():
        raise InputError(
            f"scenario '{scenario.name}' leaves no site open; keep one, or there is nothing "
            "to travel to"
        )
    return changed


def open_sites(
    sites: gpd.GeoDataFrame, *, full_time: bool, full_time_from_hours: float
) -> pd.Index:
    """Return the sites that count as open.

    Parameters
    ----------
    sites
        From `apply_scenario`; without ``is_open`` all are open. A site of 0 hours is not.
    full_time
        Only those with full hours: ``hours_per_week`` is NaN, or enough.
    full_time_from_hours
        How many hours a week are enough.

    Returns
    -------
    pandas.Index
        Site ids, in the order of the table.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"hours_per_week": [float("nan"), 10.0]}, index=["a", "b"])
    >>> open_sites(sites, full_time=True, full_time_from_hours=25.0).tolist()
    ['a']
    """
    if not hasattr(sites, "columns"):
        raise InputError(f"sites is a {type(sites).__name__}; give a GeoDataFrame")
    if not isinstance(full_time_from_hours, Real):
        raise InputError(f"full_time_from_hours is {full_time_from_hours!r}; give hours")
    stated = sites.get("hours_per_week", np.nan)
    hours = pd.Series(stated, sites.index).to_numpy(float, na_value=np.nan)
    enough = hours >= full_time_from_hours if full_time else hours > 0
    is_open = np.asarray(sites["is_open"] if "is_open" in sites.columns else True, dtype=bool)
    chosen: pd.Index = sites.index[is_open & (np.isnan(hours) | enough)]
    return chosen


ROUGH_FROM_M = 100.0
"""A place known to within this, or worse, is rough, however it is known: over a minute's walk."""


def rough_radius_m(sites: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return how far each site may be from where it is drawn, if far enough to be tried."""
    basis = sites["location_basis"].to_numpy(dtype=object)
    radius = np.nan_to_num(
        sites["location_radius_m"].to_numpy(dtype=np.float64, na_value=np.nan), nan=0.0
    )
    rough = (basis == "estimate") | ((basis != "unknown") & (radius >= ROUGH_FROM_M))
    return np.where(rough, radius, 0.0)


def rough_areas(sites: gpd.GeoDataFrame, within: BaseGeometry) -> gpd.GeoSeries:
    """Return where each site known only roughly may be."""
    radius_m = rough_radius_m(sites)
    chosen = radius_m > 0
    discs = sites.geometry[chosen].buffer(radius_m[chosen])
    inside = sites.geometry[chosen].intersects(within)
    return discs.where(~inside, discs.intersection(within))


def _apply(sites: gpd.GeoDataFrame, change: Change) -> None:
    """Write one change into the copy that apply_scenario made."""
    match change:
        case Close(site_id):
            sites.loc[site_id, "is_open"] = False
        case Open(site_id):
            sites.loc[site_id, "is_open"] = True
        case SetHours(site_id, hours):
            sites.loc[site_id, "hours_per_week"] = hours
        case Move(site_id, easting, northing, radius_m):
            sites.loc[[site_id], sites.geometry.name] = Point(easting, northing)
            sites.loc[site_id, "location_basis"] = "estimate" if radius_m > 0 else "surveyed"
            sites.loc[site_id, "location_radius_m"] = radius_m

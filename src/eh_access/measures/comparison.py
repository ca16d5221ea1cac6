"""Before and after, origin by origin: who loses, who gains."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eh_access import notebook
from eh_access.arguments import check_arguments, number
from eh_access.delegate import delegate
from eh_access.errors import InputError
from eh_access.frames import ResultFrame
from eh_access.measures.basic import (
    HALF_DECISECOND_MIN,
    change_of,
    grouping,
    mean_of,
    quantile_of,
    searched,
    shares_where,
    weights_of,
    within,
)
from eh_access.measures.scenarios import Scenario
from eh_access.numerals import percent

if TYPE_CHECKING:
    from collections.abc import Hashable

    import folium
    import geopandas as gpd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from eh_access.measures.basic import SiteIds
    from eh_access.modes import TravelMode
    from eh_access.provenance import Provenance
    from eh_access.routing.travel_times import TravelTimes

CURVE_MIN = (10.0, 15.0, 20.0, 30.0, 45.0, 60.0)
"""Minutes at which the share within is published, so that a reader can set a threshold."""
HEAD = 3
DESCRIBED = ("before_min", "after_min", "change_min", "site_after", "outcome")


def comparison_html(comparison: Comparison) -> str:
    """Return who loses and by how much, in shares: counts are for tables that are protected."""
    title = _size(comparison)
    parts = [
        notebook.paragraph(title, strong=True),
        *notebook.indicative(estimated=comparison.estimated),
    ]
    if not len(comparison.frame):
        return "".join(parts)
    return "".join(
        [*parts, notebook.table(["to the nearest site", "weighted"], _shares(comparison))]
    )


def comparison_text(comparison: Comparison) -> str:
    """Return the same as plain text, and the first origins with their minutes."""
    lines = [_size(comparison), *([notebook.INDICATIVE] if comparison.estimated else [])]
    if not len(comparison.frame):
        return "\n".join(lines)
    lines += [f"{label}: {value}" for label, value in _shares(comparison)]
    return "\n".join([*lines, *notebook.head(comparison.frame[list(DESCRIBED)], HEAD)])


def _size(comparison: Comparison) -> str:
    return f"Comparison: {len(comparison.frame):,} origins, {comparison.mode.label}"


def _shares(comparison: Comparison) -> list[tuple[str, str]]:
    """Return what a comparison comes to, in words and as text."""
    row = comparison.summary().iloc[0]
    lost = float(row["weight_loses_all"]) / float(row["weight"]) if row["weight"] else math.nan
    limit = f"{comparison.loser_min:g} minutes"
    return [
        (f"share of all weight that goes over {limit} further", _share(row.share_loses)),
        ("share of all weight left out of reach", _share(lost)),
        (f"share of all weight that goes over {limit} less", _share(row.share_gains)),
        ("mean minutes before", notebook.number(row.mean_before_min)),
        ("mean minutes after", notebook.number(row.mean_after_min)),
        ("mean minutes added", notebook.number(row.mean_change_min)),
        ("added minutes of nine in ten, at most", notebook.number(row.p90_change_min)),
    ]


def _share(value: float) -> str:
    return percent(value) if math.isfinite(value) else "not known"


LOSES = ("loses", "loses_all")
GAINS = ("gains", "gains_access")
OUTCOMES = ("loses_all", "loses", "unchanged", "gains", "gains_access", "still_unreached")


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """Every origin before and after a choice; made by `compare`.

    Parameters
    ----------
    frame
        Index ``origin_id``; ``before_min``, ``after_min`` (minutes to the nearest open site, inf
        where none is reached), ``change_min`` (0 where none is reached either way, inf where reach
        is lost, -inf where it is gained; never NaN), ``weight``, ``site_before``, ``site_after``
        ("" where none) and ``outcome``, one of `OUTCOMES`.
    groups
        The origins' other columns, by which `summary` can group.
    loser_min
        Minutes by which a time must grow for an origin to lose (or shrink for it to gain).
    mode
        How people travel.
    cutoff_min
        How far times were worked out: nobody is known to be within more.
    closed
        The sites that were open and no longer are.
    estimated
        Whether any of the times is a straight-line estimate.
    provenance
        Where the streets came from; empty for an estimate.
    """

    frame: ResultFrame
    groups: pd.DataFrame
    loser_min: float
    mode: TravelMode
    cutoff_min: float
    closed: tuple[Hashable, ...]
    estimated: bool
    provenance: tuple[Provenance, ...] = ()
    _repr_html_ = comparison_html
    __repr__ = comparison_text

    def counting(self, column: str) -> Comparison:
        """Return the same change for those that another column of the origins counts.

        Parameters
        ----------
        column
            A column of counts, 0 or more.

        Returns
        -------
        Comparison
            With the column in place of ``weight``.

        Raises
        ------
        NotFoundError
            If the origins have no such column.

        Examples
        --------
        >>> from eh_access import example_trips
        >>> homes, sites, times = example_trips()
        >>> homes = homes.assign(lone_parent=[1.0, 9.0])
        >>> compared = compare(times, times, homes, sites_after=["west"])  # east closes
        >>> float(compared.counting("lone_parent").curve([30])["within_share_after"].iloc[0])
        0.1
        """
        counts = grouping(column, self.groups, self.frame.index).astype(np.float64)
        return replace(self, frame=self.frame.assign(weight=counts))

    def losers(self) -> ResultFrame:
        """Return the origins that lose, worst first; those that now reach none stand last."""
        return self._of(LOSES, ascending=False)

    def winners(self) -> ResultFrame:
        """Return the origins that gain, the greatest gain first; those newly in reach last."""
        return self._of(GAINS, ascending=True)

    def curve(self, cutoffs_min: float | Sequence[float] | None = None) -> pd.DataFrame:
        """Return how many are within each of several times, before and after.

        Parameters
        ----------
        cutoffs_min
            Minutes; exactly as many is within. None for 10, 15, 20, 30, 45 and 60, as far as times
            were worked out.

        Returns
        -------
        pandas.DataFrame
            A row for each: ``cutoff_min``; ``weight``, of all; ``within_before`` and
            ``within_after``, of those within; ``within_share_before``, ``within_share_after`` and
            ``within_share_change``, NaN where there is no weight.

        Raises
        ------
        InputError
            If times were not worked out as far as a cutoff.

        Examples
        --------
        >>> from eh_access import example_trips
        >>> homes, sites, times = example_trips()
        >>> compared = compare(times, times, homes, sites_after=["west"])  # east closes
        >>> compared.curve([10, 30])[["cutoff_min", "within_share_before", "within_share_after"]]
           cutoff_min  within_share_before  within_share_after
        0        10.0                  1.0                0.75
        1        30.0                  1.0                0.75
        """
        weights = self.frame["weight"].to_numpy(np.float64)
        if cutoffs_min is None:
            cutoffs_min = [cutoff for cutoff in CURVE_MIN if cutoff <= self.cutoff_min]
        given = cutoffs_min if isinstance(cutoffs_min, Iterable) else [cutoffs_min]
        cutoffs_min = [searched(one, self.cutoff_min, name="cutoffs_min") for one in given]
        rows = pd.DataFrame({"cutoff_min": cutoffs_min})
        rows["weight"] = float(weights.sum())
        for when in ("before", "after"):
            minutes = self.frame[f"{when}_min"].to_numpy(np.float64)
            near = np.array([within(minutes, cutoff) for cutoff in cutoffs_min])
            near = near.reshape(len(cutoffs_min), len(weights))  # of none, too
            rows[f"within_{when}"] = np.where(near, weights, 0.0).sum(axis=1)
            rows[f"within_share_{when}"] = shares_where(near, weights)
        change = rows["within_share_after"] - rows["within_share_before"]
        return rows.assign(within_share_change=change)

    def _of(self, outcomes: tuple[str, ...], *, ascending: bool) -> ResultFrame:
        rows = self.frame[self.frame["outcome"].isin(outcomes)].sort_index()
        # whose minutes are not known both times has no change to be sorted by
        known = rows.assign(change_min=rows["change_min"].where(np.isfinite(rows["change_min"])))
        order = known.sort_values("change_min", ascending=ascending, kind="stable").index
        return rows.loc[order]

    def summary(self, by: str | pd.Series | None = None) -> ResultFrame:
        """Return what the change means for each group, its base beside every figure.

        Parameters
        ----------
        by
            A column of the origins, a Series indexed by ``origin_id``, or None for all together.

        Returns
        -------
        pandas.DataFrame
            A row per group, sorted, origins of unknown group last:

            - ``origins``, ``weight``: the whole group;
            - ``weight_loses``, ``weight_gains``, ``weight_unchanged``, ``weight_still_unreached``:
              they add up to ``weight``; ``weight_loses_all`` is a part of the first, and
              ``share_loses``, ``share_gains`` are shares of the whole;
            - ``finite_weight``: those reached both before and after, the base of
              ``mean_before_min``, ``mean_after_min`` and ``mean_change_min``;
            - ``median_change_min``, ``p90_change_min``, ``worst_change_min``: of all but those out
              of reach both before and after; inf where so many lose all reach.

            A figure without a base is NaN.

        Raises
        ------
        NotFoundError
            If the origins have no such column.
        InputError
            If the Series lacks origins.
        """
        together = pd.Series("all", index=self.frame.index, name="group")
        groups = grouping(together if by is None else by, self.groups, self.frame.index)
        codes, labels = pd.factorize(groups, sort=True, use_na_sentinel=False)
        # one pass over plain arrays: a table of hundreds of groups asks this hundreds of times
        columns = {name: self.frame[name].to_numpy() for name in _SUMMED}
        ends = np.cumsum(np.bincount(codes, minlength=len(labels)))
        members = np.split(np.argsort(codes, kind="stable"), ends[:-1]) if len(labels) else []
        rows = [_row({name: part[at] for name, part in columns.items()}) for at in members]
        index = pd.Index(labels, name=groups.name or "group")
        order = np.argsort(index.isna(), kind="stable")
        return ResultFrame(rows, index=index).iloc[order]

    @check_arguments
    def plot(
        self,
        origins: gpd.GeoDataFrame,
        *,
        areas: gpd.GeoDataFrame | None = None,
        sites: gpd.GeoDataFrame | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw the minutes a choice adds, for print: scale bar, north, a legend with units.

        Parameters
        ----------
        origins
            The origins compared: points, with ``area_id`` if there are areas.
        areas
            Polygons by ``area_id``; each takes the weighted mean of its origins, and the highest
            class if anybody there loses reach. None draws the origins themselves: of
            families of your own such a picture shows where they live and must not leave the
            office.
        sites
            Points with ``name``, drawn on top; roughly known ones wear their circle.
        ax
            Where to draw; None makes a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            With what it shows in its title; INDICATIVE where times are estimates.

        Raises
        ------
        NotFoundError
            If the origins lack one of those compared.
        InputError
            If areas are given and no origin lies in any.

        Examples
        --------
        >>> from eh_access import load_study, run_study
        >>> result = run_study(load_study("rotherham"))
        >>> change = result.comparisons_full_time["deregister-closed", "walk"]
        >>> axes = change.plot(result.origins, areas=result.areas, sites=result.sites)
        >>> print(axes.get_title(loc="left").splitlines()[0])
        Minutes added, on foot
        >>> import matplotlib.pyplot as plt
        >>> plt.close(axes.figure)
        """
        drawn: Axes = delegate("plot_change", self, origins, areas=areas, sites=sites, ax=ax)
        return drawn

    @check_arguments
    def explore(
        self,
        origins: gpd.GeoDataFrame,
        *,
        areas: gpd.GeoDataFrame | None = None,
        sites: gpd.GeoDataFrame | None = None,
        tiles: str | None = None,
    ) -> folium.Map:
        """Return a map of the minutes a choice adds, to move about in.

        Parameters
        ----------
        origins, areas, sites
            As for `plot`.
        tiles
            A background of folium's, "OpenStreetMap" for instance; None asks no server for any.

        Returns
        -------
        folium.Map
            To show, to add to, or to keep with ``save``; `inline_map` makes it a page that works
            with the network unplugged.

        Raises
        ------
        NotFoundError
            If the origins lack one of those compared.
        InputError
            If areas are given and no origin lies in any.

        Examples
        --------
        >>> from eh_access import load_study, run_study
        >>> result = run_study(load_study("rotherham"))
        >>> change = result.comparisons_full_time["deregister-closed", "walk"]
        >>> page = change.explore(result.origins, areas=result.areas).get_root().render()
        >>> "1 to 5 minutes more" in page, "INDICATIVE" in page
        (True, False)
        """
        drawn: folium.Map = delegate(
            "explore_change", self, origins, areas=areas, sites=sites, tiles=tiles
        )
        return drawn


Compared = Mapping[tuple[str, str], Comparison]
"""Before and after, by scenario and mode."""
_SUMMED = ("before_min", "after_min", "change_min", "weight", "outcome")


def _row(rows: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """Return the figures of one group, given its columns."""
    weights, change, outcome = rows["weight"], rows["change_min"], rows["outcome"]
    load = {name: float(weights[outcome == name].sum()) for name in OUTCOMES}
    whole = float(weights.sum())
    loses, gains = load["loses"] + load["loses_all"], load["gains"] + load["gains_access"]
    before, after = rows["before_min"], rows["after_min"]
    finite = np.isfinite(before) & np.isfinite(after)
    asked = (outcome != "still_unreached") & (weights > 0)
    return {
        "origins": len(weights),
        "weight": whole,
        "weight_loses": loses,
        "weight_loses_all": load["loses_all"],
        "weight_gains": gains,
        "weight_unchanged": load["unchanged"],
        "weight_still_unreached": load["still_unreached"],
        "share_loses": loses / whole if whole > 0 else np.nan,
        "share_gains": gains / whole if whole > 0 else np.nan,
        "finite_weight": float(weights[finite].sum()),
        "mean_before_min": mean_of(before[finite], weights[finite]),
        "mean_after_min": mean_of(after[finite], weights[finite]),
        "mean_change_min": mean_of(change[finite], weights[finite]),
        "median_change_min": quantile_of(change[asked], weights[asked], 0.5),
        "p90_change_min": quantile_of(change[asked], weights[asked], 0.9),
        "worst_change_min": float(change[asked].max()) if asked.any() else np.nan,
    }


@check_arguments
def compare(  # noqa: PLR0913 - before, after, of whom, and what is open or closed
    before: TravelTimes,
    after: TravelTimes,
    origins: gpd.GeoDataFrame,
    *,
    sites_before: SiteIds | None = None,
    sites_after: SiteIds | None = None,
    closed: SiteIds = (),
    loser_min: float = 5.0,
) -> Comparison:
    """Return every origin's time to its nearest open site before and after.

    Closing sites needs no routing: ``before`` and ``after`` may be one table, told apart by the
    sites that are open.

    Parameters
    ----------
    before, after
        Travel times of the same origins, by one mode.
    origins
        With ``weight``, and any columns to group by.
    sites_before, sites_after
        The sites that are open; None means all of the table.
    closed
        The sites that are gone afterwards: a short way for ``sites_after``.
    loser_min
        More minutes than this lost make a loser, more gained a winner; exactly as many do not.

    Returns
    -------
    Comparison
        In the order of ``before``.

    Raises
    ------
    InputError
        If the tables are not of the same origins, or of different modes; if both ``sites_after``
        and ``closed`` are given; or if a weight is missing or negative.
    NotFoundError
        If a site is not in its table.

    Examples
    --------
    >>> from eh_access import example_trips
    >>> homes, sites, times = example_trips()
    >>> compared = compare(times, times, homes, closed=["east"])
    >>> compared.frame[["before_min", "after_min", "site_after", "outcome"]].round(1)
       before_min  after_min site_after    outcome
    a        10.0       10.0       west  unchanged
    b        10.0       38.0       west      loses
    >>> float(compared.summary()["share_loses"].item())
    0.25
    """
    loser_min = number("loser_min", loser_min, low=0, unit="minutes")
    weights = weights_of(before, origins)
    weights_of(after, origins)  # raises when its origins are others
    if before.mode.name != after.mode.name:
        raise InputError(
            f"before is by {before.mode.name}, after by {after.mode.name}; compare one mode"
        )
    if isinstance(closed, Scenario):
        raise InputError(
            "closed is a Scenario; give ids of sites, as in closed=['a', 'b'], or the sites it "
            "leaves open as sites_after"
        )
    if len(gone := after.columns_of(closed)):
        if sites_after is not None:
            raise InputError("both sites_after and closed are given; keep one of the two")
        stood = after.site_ids if sites_before is None else pd.Index(sites_before)
        sites_after = stood[~stood.isin(after.site_ids[gone])]
    stood = before.site_ids[before.columns_of(sites_before)]
    opened = after.site_ids[after.columns_of(sites_after)]
    was = before.nearest(sites_before)
    now = after.nearest(sites_after).reindex(was.index)
    old, new = was["minutes"].to_numpy(), now["minutes"].to_numpy()
    change = change_of(old, new)
    frame = ResultFrame(
        {
            "before_min": old,
            "after_min": new,
            "change_min": change,
            "weight": weights,
            "site_before": was["site_id"],
            "site_after": now["site_id"],
            "outcome": _outcomes(old, new, change, loser_min),
        },
        index=was.index,
    )
    shape = getattr(origins, "active_geometry_name", None)
    groups = pd.DataFrame(origins.drop(columns=[] if shape is None else shape)).loc[was.index]
    return Comparison(
        frame=frame,
        groups=groups,
        loser_min=loser_min,
        mode=before.mode,
        cutoff_min=min(before.cutoff_min, after.cutoff_min),
        closed=tuple(stood[~stood.isin(opened)]),
        estimated=before.estimated or after.estimated,
        provenance=tuple(dict.fromkeys((*before.provenance, *after.provenance))),
    )


def _outcomes(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    change: NDArray[np.float64],
    loser_min: float,
) -> NDArray[np.object_]:
    more = loser_min + HALF_DECISECOND_MIN
    return np.select(
        [
            np.isinf(before) & np.isinf(after),
            np.isinf(after),
            np.isinf(before),
            change > more,
            change < -more,
        ],
        ["still_unreached", "loses_all", "gains_access", "loses", "gains"],
        default="unchanged",
    ).astype(object)

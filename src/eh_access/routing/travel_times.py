"""Travel times: every origin by every site, nothing lost."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eh_access import notebook
from eh_access.arguments import check_arguments, no_such_id, number
from eh_access.delegate import delegate
from eh_access.errors import InputError, NotFoundError, did_you_mean
from eh_access.frames import MinutesFrame, ResultFrame
from eh_access.modes import as_mode
from eh_access.network import model

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from eh_access.modes import TravelMode
    from eh_access.provenance import Provenance

HEAD = 3
NOBODY = "There are no origins."
BINS_MIN = (0, 5, 10, 15, 20, 25, 30, 45, 60)


def times_html(times: TravelTimes) -> str:
    """Return how many, by what mode, how many are reached, and how far the nearest is."""
    origins = len(times.origin_ids)
    parts = [notebook.paragraph(_size(times), strong=True)]
    if times.estimated:
        parts.append(notebook.paragraph(notebook.INDICATIVE, strong=True))
    if not origins:
        return "".join([*parts, notebook.paragraph(NOBODY)])
    nearest = times.nearest()["minutes"].to_numpy()
    reached, says = _reached(times, nearest)
    counts = np.histogram(nearest[np.isfinite(nearest)], bins=[*BINS_MIN, np.inf])[0]
    labels = [f"{low}-{high}" for low, high in pairwise(BINS_MIN)]
    shares = [*(counts / origins).tolist(), 1.0 - reached]
    return "".join(
        [
            *parts,
            notebook.paragraph(says),
            notebook.bars([*labels, f"{BINS_MIN[-1]}+", "none"], shares, says=says),
            notebook.paragraph(f"Minutes to the nearest site (share). How: {times.method}"),
        ]
    )


def times_text(times: TravelTimes) -> str:
    """Return the same as plain text, short: size, mode, share reached, the first origins."""
    lines = [_size(times), *([notebook.INDICATIVE] if times.estimated else [])]
    if not len(times.origin_ids):
        return "\n".join([*lines, NOBODY])
    nearest = times.nearest()
    lines.append(_reached(times, nearest["minutes"].to_numpy())[1])
    return "\n".join([*lines, "The nearest:", *notebook.head(nearest, HEAD)])


def _size(times: TravelTimes) -> str:
    origins, sites = times.minutes.shape
    return f"TravelTimes: {origins:,} origins by {sites:,} sites, {times.mode.label}"


def _reached(times: TravelTimes, nearest_min: NDArray[np.float32]) -> tuple[float, str]:
    """Return the share of origins that reach a site, and the sentence that says so."""
    share = float(np.isfinite(nearest_min).mean())
    says = f"{share:.1%} of origins reach a site within {times.cutoff_min:g} minutes"
    return share, f"{says}; each weighs one here."


def _categories(words: pd.Index, codes: NDArray[np.intp]) -> pd.Categorical:
    """Return words by their numbers, each word kept once."""
    return pd.Categorical.from_codes(codes, pd.Index(words))


Direction = model.Direction
DIRECTIONS: tuple[Direction, ...] = ("to_sites", "from_sites")

OK = "ok"
OFF_NETWORK = "off_network"
NO_LOCATION = "no_location"
UNREACHED = "unreached"


def with_unreached(
    status: pd.DataFrame, minutes: NDArray[np.floating[Any]], cutoff_min: float
) -> pd.DataFrame:
    """Return the statuses of origins, of those that reach no site that they do not."""
    lost = (status["status"] == OK).to_numpy() & ~np.isfinite(minutes).any(axis=1)
    return status.assign(
        status=status["status"].mask(lost, UNREACHED),
        reason=status["reason"].mask(lost, f"no site within {cutoff_min:g} minutes"),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class TravelTimes:
    """Minutes between every origin and every site by one mode.

    A site that cannot be reached within the cutoff is ``inf`` minutes away; there is no ``NaN``.
    Every origin and every site asked for is here, whatever became of it: see the statuses.

    Parameters
    ----------
    minutes
        float32 (origins, sites).
    origin_status, site_status
        One row per origin and per site, in the order of ``minutes``, with columns ``status``
        (``ok``, ``off_network``, ``no_location``, and for origins ``unreached``), ``reason``
        (plain words, "" when ok) and ``offset_m`` (metres from the point to its street).
    mode
        How people travel.
    cutoff_min
        The upper bound of the search in minutes.
    direction
        ``"to_sites"`` or ``"from_sites"``.
    estimated
        True when there were no streets and the times are straight-line estimates.
    method
        One sentence on how the times were made.
    touches_rim
        bool per origin: its search reached the rim of the streets known, so a shorter way may
        have been cut off.
    provenance
        Where the streets came from; empty for an estimate.

    Raises
    ------
    InputError
        If the parts do not fit one another.

    Examples
    --------
    >>> from eh_access.modes import WALK
    >>> fine = {"status": "ok", "reason": "", "offset_m": 0.0}
    >>> times = TravelTimes(
    ...     minutes=np.array([[5.0, 9.0], [np.inf, 4.0]], dtype=np.float32),
    ...     origin_status=pd.DataFrame([fine, fine], index=pd.Index(["a", "b"], name="origin_id")),
    ...     site_status=pd.DataFrame([fine, fine], index=pd.Index(["x", "y"], name="site_id")),
    ...     mode=WALK,
    ...     cutoff_min=30.0,
    ...     method="by hand",
    ... )
    >>> times.nearest()
               minutes site_id
    origin_id
    a              5.0       x
    b              4.0       y
    """

    minutes: NDArray[np.float32]
    origin_status: pd.DataFrame
    site_status: pd.DataFrame
    mode: TravelMode
    cutoff_min: float
    direction: Direction = "to_sites"
    estimated: bool = False
    method: str
    touches_rim: NDArray[np.bool_] | None = None
    provenance: tuple[Provenance, ...] = ()
    _repr_html_ = times_html
    __repr__ = times_text

    def __post_init__(self) -> None:
        expected = (len(self.origin_status), len(self.site_status))
        if self.minutes.shape != expected:
            raise InputError(f"minutes have shape {self.minutes.shape}, the statuses {expected}")
        if np.isnan(self.minutes).any():
            raise InputError("minutes hold NaN; a site out of reach is inf minutes away")
        own = self.minutes.view()  # the caller's own array stays writeable
        own.flags.writeable = False
        object.__setattr__(self, "minutes", own)

    @property
    def origin_ids(self) -> pd.Index:
        """Ids of the origins, in the order of the rows of ``minutes``."""
        return self.origin_status.index

    @property
    def site_ids(self) -> pd.Index:
        """Ids of the sites, in the order of the columns of ``minutes``."""
        return self.site_status.index

    def columns_of(
        self, site_ids: Hashable | Sequence[Hashable] | pd.Index | None
    ) -> NDArray[np.intp]:
        """Return the column numbers of sites.

        Parameters
        ----------
        site_ids
            Ids, a single one, or None for every site.

        Returns
        -------
        numpy.ndarray
            Column numbers, in the order asked for.

        Raises
        ------
        NotFoundError
            If a site is not in the table.
        """
        if site_ids is None:
            return np.arange(len(self.site_ids))
        if isinstance(site_ids, str) or not isinstance(site_ids, Iterable):
            site_ids = [site_ids]
        columns = self.site_ids.get_indexer(pd.Index(site_ids))
        missing = [site for site, column in zip(site_ids, columns, strict=True) if column < 0]
        if missing:
            hints = [f"no site '{site}': {no_such_id(site, self.site_ids)}" for site in missing]
            raise NotFoundError("; ".join(hints))
        return columns

    def select(self, site_ids: Hashable | Sequence[Hashable] | pd.Index) -> TravelTimes:
        """Return the same times for some of the sites: what closing the others leaves.

        Parameters
        ----------
        site_ids
            The sites to keep, in the order wanted.

        Returns
        -------
        TravelTimes
            A new table; this one is untouched. No routing is done.

        Raises
        ------
        NotFoundError
            If a site is not in the table.
        """
        columns = self.columns_of(site_ids)
        return replace(
            self, minutes=self.minutes[:, columns], site_status=self.site_status.iloc[columns]
        )

    def nearest(
        self, site_ids: Hashable | Sequence[Hashable] | pd.Index | None = None
    ) -> ResultFrame:
        """Return each origin's nearest site and the minutes to it.

        Parameters
        ----------
        site_ids
            The sites that are open; None means all.

        Returns
        -------
        ResultFrame
            Indexed by origin: ``minutes`` (``inf`` if none is reached) and ``site_id`` ("" if
            none). Of sites equally near, the one whose id sorts first.

        Raises
        ------
        NotFoundError
            If a site is not in the table.
        """
        columns = self.columns_of(site_ids)
        names = self.site_ids[columns].astype(str)
        order = np.argsort(names.to_numpy(), kind="stable")
        columns, sorted_names = columns[order], names.to_numpy()[order]
        if len(columns) == 0:
            best = np.full(len(self.origin_ids), np.inf, dtype=np.float32)
            chosen = np.full(len(self.origin_ids), "", dtype=object)
        else:
            open_minutes = self.minutes[:, columns]
            at = open_minutes.argmin(axis=1)
            best = open_minutes[np.arange(len(at)), at]
            chosen = np.where(np.isfinite(best), sorted_names[at], "")
        return ResultFrame(
            {"minutes": best.astype(np.float64), "site_id": pd.array(chosen, dtype="str")},
            index=self.origin_ids,
        )

    def to_wide(self) -> pd.DataFrame:
        """Return minutes as a frame with a row per origin and a column per site."""
        return pd.DataFrame(self.minutes, index=self.origin_ids, columns=self.site_ids)

    def to_frame(self) -> MinutesFrame:
        """Return one row per pair, all of one origin's sites together.

        Returns
        -------
        pandas.DataFrame
            ``from_id``, ``to_id``, ``travel_time_min`` (float32, ``inf`` where out of reach),
            ``status`` and ``reason`` of the pair; all but the minutes are categories, so that
            millions of rows fit in memory. For times from the sites, ``from_id`` is the site.
        """
        origins, sites = self.minutes.shape
        origin = _categories(self.origin_ids, np.repeat(np.arange(origins), sites))
        site = _categories(self.site_ids, np.tile(np.arange(sites), origins))
        start, end = (origin, site) if self.direction == "to_sites" else (site, origin)
        lost = {"status": UNREACHED, "reason": f"not reached within {self.cutoff_min:g} minutes"}
        because = pd.concat([self.origin_status, self.site_status, pd.DataFrame([lost])])
        ends_ok = (because["status"] == OK).to_numpy()
        placed = ends_ok[:origins] | (self.origin_status["status"] == UNREACHED).to_numpy()
        row = np.repeat(np.arange(origins)[:, None], sites, axis=1)
        site_row = np.arange(origins, origins + sites)
        row = np.where(placed[:, None] & ~ends_ok[site_row], site_row, row)
        row[~np.isfinite(self.minutes) & ends_ok[row]] = len(because) - 1
        frame = {"from_id": start, "to_id": end, "travel_time_min": self.minutes.ravel()}
        for column in ("status", "reason"):
            codes, words = pd.factorize(because[column])
            frame[column] = _categories(words, codes[row.ravel()])
        return MinutesFrame(frame)

    @classmethod
    @check_arguments
    def from_frame(  # noqa: PLR0913 - the names of the columns, which every tool has its own of
        cls,
        frame: pd.DataFrame,
        *,
        mode: TravelMode | str,
        cutoff_min: float,
        origin: str = "from_id",
        site: str = "to_id",
        minutes: str = "travel_time",
        method: str = "read from a table",
    ) -> TravelTimes:
        """Return travel times that another tool worked out, from a row for each pair.

        Parameters
        ----------
        frame
            A row for each pair, once; the columns are called as r5py and r5r call them unless you
            say otherwise. A pair that has no row, or no minutes (NaN), is out of reach.
        mode
            How people travel.
        cutoff_min
            The upper bound of the search; longer times are out of reach.
        origin, site, minutes
            The columns that hold the ids of each, and the minutes between.
        method
            One sentence on how the times were made.

        Returns
        -------
        TravelTimes
            Origins and sites in the order in which they first stand in the table. A place that
            stands in no row cannot be known of: compare with tables of the same places.

        Raises
        ------
        InputError
            If a column is missing, an id is empty, a pair stands twice, or minutes are negative
            or no numbers.

        Examples
        --------
        >>> frame = pd.DataFrame(
        ...     {"from_id": ["a", "b", "b"], "to_id": ["x", "x", "y"], "travel_time": [5, 12, None]}
        ... )
        >>> times = TravelTimes.from_frame(frame, mode="walk", cutoff_min=30)
        >>> times.to_wide()
           x    y
        a   5.0  inf
        b  12.0  inf
        """
        cutoff_min = number("cutoff_min", cutoff_min, low=0, may_be_low=False, unit="minutes")
        names = (origin, site, minutes)
        lacking = [name for name in names if name not in frame.columns]
        if lacking:
            raise InputError(
                f"column '{name}' is missing; {did_you_mean(name, frame.columns)}"
                for name in lacking
            )
        values = pd.to_numeric(frame[minutes], errors="coerce").to_numpy(dtype=np.float64)
        odd = (np.isnan(values) & frame[minutes].notna().to_numpy()) | (values < 0)
        blank = frame[[origin, site]].isna().any(axis=1).to_numpy()
        twice = frame.duplicated([origin, site]).to_numpy() & ~blank
        faults = [
            f"row {rows[0] + 1}{f' and {len(rows) - 1} more' * (len(rows) > 1)}: {fault}"
            for bad, fault in (
                (odd, f"'{minutes}' is no number of minutes, 0 or more"),
                (blank, "an id is empty"),
                (twice, "the pair stands in an earlier row already"),
            )
            if len(rows := np.flatnonzero(bad))
        ]
        if faults:
            raise InputError(faults)
        row, origin_ids = pd.factorize(frame[origin].to_numpy())
        column, site_ids = pd.factorize(frame[site].to_numpy())
        table = np.full((len(origin_ids), len(site_ids)), np.inf, dtype=np.float32)
        table[row, column] = np.where(values <= cutoff_min, values, np.inf)
        fine = {"status": OK, "reason": "", "offset_m": 0.0}
        origin_status = pd.DataFrame(fine, index=pd.Index(origin_ids))
        return cls(
            minutes=table,
            origin_status=with_unreached(origin_status, table, cutoff_min),
            site_status=pd.DataFrame(fine, index=pd.Index(site_ids)),
            mode=as_mode(mode),
            cutoff_min=cutoff_min,
            method=method,
        )

    @check_arguments
    def plot(
        self,
        origins: gpd.GeoDataFrame,
        *,
        areas: gpd.GeoDataFrame | None = None,
        sites: gpd.GeoDataFrame | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw the minutes to the nearest site for print: scale bar, north, a legend with units.

        Parameters
        ----------
        origins
            The origins asked for: points with ``weight``, and ``area_id`` if there are areas.
        areas
            Polygons by ``area_id``; each takes the weighted mean of its origins, or "out of reach"
            if anybody there reaches none. None draws the origins themselves: of
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
            If the origins lack one of those asked for.
        InputError
            If areas are given and no origin lies in any.

        Examples
        --------
        >>> from eh_access import WALK, estimate_travel_times, load_origins, load_sites
        >>> origins, sites = load_origins("newport_postcode"), load_sites("newport_sites")
        >>> axes = estimate_travel_times(origins, sites, mode=WALK).plot(origins, sites=sites)
        >>> [text.get_text() for text in axes.get_legend().get_texts()][:2]
        ['under 10 minutes', '10 to 20 minutes']
        >>> import matplotlib.pyplot as plt
        >>> plt.close(axes.figure)
        """
        drawn: Axes = delegate("plot_times", self, origins, areas=areas, sites=sites, ax=ax)
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
        """Return a map of the minutes to the nearest site, to move about in.

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
            If the origins lack one of those asked for.
        InputError
            If areas are given and no origin lies in any.

        Examples
        --------
        >>> from eh_access import WALK, estimate_travel_times, load_origins, load_sites
        >>> origins, sites = load_origins("newport_postcode"), load_sites("newport_sites")
        >>> page = estimate_travel_times(origins, sites, mode=WALK).explore(origins.head(9))
        Traceback (most recent call last):
        eh_access.errors.NotFoundError: origins: ... are missing, the first '...'
        >>> page = estimate_travel_times(origins.head(9), sites, mode=WALK).explore(origins)
        >>> "INDICATIVE" in page.get_root().render()
        True
        """
        drawn: folium.Map = delegate(
            "explore_times", self, origins, areas=areas, sites=sites, tiles=tiles
        )
        return drawn

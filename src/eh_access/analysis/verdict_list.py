"""Several verdicts together: a tuple that can be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eh_access import _pens
from eh_access.analysis.criteria import Verdict
from eh_access.analysis.shown import verdicts_html, verdicts_text

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    from matplotlib.axes import Axes


class Verdicts(tuple[Verdict, ...]):
    """What criteria say of scenarios: an ordinary tuple of `Verdict`, with pictures.

    Parameters
    ----------
    verdicts
        From `judge`, in the order wanted.

    Examples
    --------
    >>> Verdicts([])
    0 verdicts
    """

    __slots__ = ()
    _repr_html_ = verdicts_html
    __repr__ = verdicts_text

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw each verdict as a line: before, after, and the threshold between them.

        Parameters
        ----------
        ax
            Where to draw; None makes a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            A row for each verdict in the unit its criterion has: percent, minutes or percentage
            points. Rows without a figure say so. INDICATIVE where any rests on estimates.

        Examples
        --------
        >>> from eh_access import load_study, run_study
        >>> axes = run_study(load_study("rotherham")).verdicts_for("deregister-closed").plot()
        >>> print(axes.get_title(loc="left").splitlines()[-1])
        INDICATIVE: estimated from straight lines, not along streets
        >>> import matplotlib.pyplot as plt
        >>> plt.close(axes.figure)
        """
        drawn: Axes = _pens.draw("plot_verdicts", self, ax=ax)
        return drawn

    def explore(
        self,
        origins: gpd.GeoDataFrame,
        *,
        areas: gpd.GeoDataFrame | None = None,
        sites: gpd.GeoDataFrame | None = None,
        tiles: str | None = None,
    ) -> folium.Map:
        """Return a map of where each verdict comes from, one at a time.

        Parameters
        ----------
        origins
            The origins judged: points, with ``area_id`` if there are areas.
        areas
            Polygons by ``area_id``, shaded by the share of weight that falls short. None draws the
            origins themselves: where these are families of your own, such a map shows where they
            live and must not leave the office.
        sites
            Points with ``name``, drawn on top.
        tiles
            A background of folium's, "OpenStreetMap" for instance; None asks no server for any.

        Returns
        -------
        folium.Map
            With a switch between the verdicts that rest on single origins: beyond what their
            criterion asks, or gaining more minutes than it allows. Verdicts that rest on
            groups (a gap, a ward) have no place of their own and are left out.

        Raises
        ------
        NotFoundError
            If the origins lack one of those judged.
        InputError
            If no verdict rests on origins, or areas are given and no origin lies in any.

        Examples
        --------
        >>> from eh_access import load_study, run_study
        >>> result = run_study(load_study("rotherham"))
        >>> found = result.verdicts_for("deregister-closed")
        >>> page = found.explore(result.origins, areas=result.areas).get_root().render()
        >>> "walk-30" in page, "even-spread" in page
        (True, False)
        """
        drawn: folium.Map = _pens.draw(
            "explore_verdicts", self, origins, areas=areas, sites=sites, tiles=tiles
        )
        return drawn

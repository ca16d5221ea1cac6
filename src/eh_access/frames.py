"""Tables of results that find their way back to a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eh_access.arguments import check_arguments
from eh_access.errors import NotFoundError, did_you_mean

if TYPE_CHECKING:
    import geopandas as gpd


class MinutesFrame(pd.DataFrame):
    """A table like any other, in whose CSV what is out of reach is blank."""

    @property
    def _constructor(self) -> type[MinutesFrame]:
        return MinutesFrame

    def to_csv(self, *args: Any, **named: Any) -> Any:  # noqa: ANN401 - as pandas has it
        """Write as pandas does, but infinite minutes as blanks: another column says why.

        A spreadsheet takes ``inf`` for text, and a sum over the column leaves it out silently.

        Parameters
        ----------
        *args, **named
            As for `pandas.DataFrame.to_csv`.

        Returns
        -------
        str or None
            The text where no file is named.
        """
        finite = pd.DataFrame(self).copy()
        for place, kind in enumerate(finite.dtypes):
            if kind.kind == "f":
                column = finite.iloc[:, place]
                finite.isetitem(place, column.where(~np.isinf(column)).array)
        return finite.to_csv(*args, **named)


class ResultFrame(MinutesFrame):
    """A table with a row for each origin, site or area, like any other, and `to_geo`.

    Examples
    --------
    >>> from eh_access import compare, example_trips
    >>> homes, sites, times = example_trips()
    >>> lost = compare(times, times, homes, closed=["east"]).losers()
    >>> lost.to_geo(homes)[["change_min", "geometry"]].round(1)
       change_min               geometry
    b        28.0  POINT (442435 390000)
    """

    @property
    def _constructor(self) -> type[ResultFrame]:
        return ResultFrame

    @check_arguments
    def to_geo(self, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the same rows with the geometry of their places, to draw or to write.

        Parameters
        ----------
        places
            The origins, sites or areas whose ids index this table. Their other columns come
            along; a column that both have is this table's.

        Returns
        -------
        geopandas.GeoDataFrame
            These rows in this order, in the coordinate system of ``places``. A row of no id (those
            whose area is not known) has no geometry.

        Raises
        ------
        NotFoundError
            If a row's place is not there.
        """
        known = self.index[self.index.notna()]
        missing = known[~known.isin(places.index)]
        if len(missing):
            raise NotFoundError(
                f"{len(missing)} rows have no place, the first '{missing[0]}': "
                f"{did_you_mean(str(missing[0]), places.index)}"
            )
        shape = places.active_geometry_name
        others = places.drop(columns=self.columns.intersection(places.columns).difference([shape]))
        rows = others.reindex(self.index)
        rows[self.columns] = self
        return rows[[*self.columns, *others.columns]]

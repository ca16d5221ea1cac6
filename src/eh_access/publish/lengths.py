"""How long the shortest ways are, for those who look up a postcode on the map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from eh_access.study.travel import times_by

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.routing.types import TravelTimes
    from eh_access.study.results import StudyResult


def shortest_ways(
    result: StudyResult, origins: gpd.GeoDataFrame | None = None
) -> Mapping[str, TravelTimes]:
    """Return the shortest ways to every site, by mode."""
    if result.network is None:
        return {}
    found = dict(result.distances) if origins is None else {}
    for name, times in result.times.items():
        if name not in found and not times.mode.uses_road_speeds:
            found[name] = times_by(
                times.mode.level(),
                result.origins if origins is None else origins,
                result.sites,
                network=result.network,
                study=result.study,
            )
    return found

"""How long the shortest ways are, for those who look up a postcode on the map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from eh_access.routing.matrix import travel_time_matrix

if TYPE_CHECKING:
    from eh_access.routing.types import TravelTimes
    from eh_access.study.results import StudyResult


def shortest_ways(result: StudyResult) -> Mapping[str, TravelTimes]:
    """Return the shortest ways from every origin to every site, by mode.

    Parameters
    ----------
    result
        What a study found.

    Returns
    -------
    Mapping of str to TravelTimes
        As minutes at the mode's one speed, so that minutes are metres; for modes that go at each
        road's own speed nothing is said. Empty for estimates, whose minutes are metres already.
    """
    if result.network is None:
        return {}
    found = dict(result.distances)
    for name, times in result.times.items():
        if name not in found and not times.mode.uses_road_speeds:
            found[name] = travel_time_matrix(
                result.network,
                result.origins,
                result.sites,
                mode=times.mode.level(),
                cutoff_min=times.cutoff_min,
            )
    return found

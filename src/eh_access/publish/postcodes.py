"""The postcodes a reader may look up on the map: minutes from each to every site, by every mode.

Where the study's origins are postcodes the page has their minutes already; else they are worked
out here, by the same travel times as the study's own.
"""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eh_access.analysis.scenarios import open_sites
from eh_access.publish.lengths import shortest_ways
from eh_access.study.postcodes import are_postcodes
from eh_access.study.results import BASELINE_NAME
from eh_access.study.travel import times_by

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.routing.types import TravelTimes
    from eh_access.study.results import StudyResult

STEPS_PER_MIN = 10_000
"""Minutes travel in ten-thousandths, the decimals of ``origins.csv``, in three bytes each."""
BYTES = 3
UNREACHED = 256**BYTES - 1
SHOWN = 2
"""Sites a look-up shows after a decision: the nearest, and the second."""
FIRST = ord("A")
MOST_BYTES = 2_000_000
"""Of minutes: a map may take 5 MB in all, streets included."""

_log = logging.getLogger(__name__)


def postcode_table(result: StudyResult) -> dict[str, Any] | None:
    """Return what the map page needs to answer for a postcode."""
    if are_postcodes(result.origins.index):
        return {"ids": None}
    points = result.postcodes
    if points is None or points.empty:
        return None
    tables = len(result.times) * (1 if result.network is None else 2)  # minutes, and lengths
    size = len(points) * len(result.sites) * tables * BYTES
    if size > MOST_BYTES:
        _log.warning(
            "The map has no look-up of postcodes: %s of them to %s sites are too much for one file",
            f"{len(points):,}",
            f"{len(result.sites):,}",
        )
        return None
    site_ids = result.sites.sort_index().index
    minutes = {
        name: _columns(
            times_by(times.mode, points, result.sites, network=result.network, study=result.study),
            site_ids,
        )
        for name, times in result.times.items()
    }
    lengths = shortest_ways(result, points)
    return {
        "ids": [str(code) for code in points.index],
        "steps": STEPS_PER_MIN,
        "minutes": minutes,
        "lengths": {name: _columns(lengths[name], site_ids) for name in lengths},
        "moved": {name: _moved(result, name, points, minutes) for name in result.moved},
        "across": _across(result, points),
    }


def _across(
    result: StudyResult, points: gpd.GeoDataFrame
) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """Return the nearest neighbours' sites of each postcode, by scenario, mode and rank."""
    # As many as it takes for two of them to count, whichever sites do. Each rank is which site, a
    # character for each postcode (see `FIRST`), and the minutes to it. Scenarios that leave
    # streets as they are have none of their own.
    if result.neighbours is None:
        return {}
    sites = result.neighbours.sort_index()
    enough = result.study.settings.full_time_from_hours
    full = open_sites(sites, full_time=True, full_time_from_hours=enough)
    ranks = range(min(len(sites), SHOWN + len(sites) - len(full)))
    streets = {
        name: result.network_for(name)
        for name in result.scenario_names
        if name == BASELINE_NAME or result.network_for(name) is not result.network
    }
    found: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for scenario, network in streets.items():
        found[scenario] = {}
        for name, times in result.times.items():
            there = times_by(times.mode, points, sites, network=network, study=result.study)
            order = np.argsort(there.minutes, axis=1, kind="stable")
            near = np.take_along_axis(there.minutes, order, axis=1)
            found[scenario][name] = [
                ("".join(chr(FIRST + site) for site in order[:, rank]), _steps(near[:, rank]))
                for rank in ranks
            ]
    return found


def _columns(times: TravelTimes, site_ids: pd.Index) -> list[str]:
    return [packed(times, str(site)) for site in site_ids]


def _moved(
    result: StudyResult, scenario: str, points: gpd.GeoDataFrame, before: dict[str, list[str]]
) -> dict[str, dict[int, str]]:
    """Return the columns that differ from the baseline's under a scenario, by mode and site."""
    sites = result.scenario_sites[scenario].sort_index()
    network = result.network_for(scenario)
    moved = {
        change.site for item in result.scenarios if item.name == scenario for change in item.move
    }
    same_streets = network is result.network
    found: dict[str, dict[int, str]] = {}
    for name, times in result.times.items():
        asked = sites.loc[sorted(moved)] if same_streets else sites
        minutes = times_by(times.mode, points, asked, network=network, study=result.study)
        columns = {sites.index.get_loc(site): packed(minutes, site) for site in asked.index}
        found[name] = {at: text for at, text in columns.items() if text != before[name][at]}
    return found


def packed(times: TravelTimes, site: str) -> str:
    """Return one site's minutes, in steps, three bytes each, in base64."""
    return _steps(times.select(pd.Index([site])).minutes[:, 0])


def _steps(column: NDArray[np.float32]) -> str:
    minutes = column.astype(np.float64)
    steps = np.rint(np.where(np.isfinite(minutes), minutes * STEPS_PER_MIN, UNREACHED))
    whole = np.minimum(steps, UNREACHED).astype("<u4")
    return base64.b64encode(whole.view(np.uint8).reshape(-1, 4)[:, :BYTES].tobytes()).decode()

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

from eh_access.publish.lengths import shortest_ways
from eh_access.study.postcodes import are_postcodes
from eh_access.study.travel import times_by

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.routing.types import TravelTimes
    from eh_access.study.results import StudyResult

STEPS_PER_MIN = 10_000
"""Minutes travel in ten-thousandths, the decimals of ``origins.csv``, in three bytes each."""
BYTES = 3
UNREACHED = 256**BYTES - 1
MOST_BYTES = 2_000_000
"""Of minutes: a map may take 5 MB in all, streets included."""

_log = logging.getLogger(__name__)


def postcode_table(result: StudyResult) -> dict[str, Any] | None:
    """Return what the map page needs to answer for a postcode.

    Parameters
    ----------
    result
        What a study found.

    Returns
    -------
    dict or None
        ``ids`` is None where the origins are the postcodes. Else they are listed, with ``minutes``
        by mode and site, ``lengths`` (of the shortest ways, as minutes at the mode's one speed)
        and, in ``moved``, the columns that differ under a scenario. None where there is nothing to
        look up, or too much to carry.
    """
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
    }


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
    """Return one site's minutes, in steps, three bytes each, in base64.

    Parameters
    ----------
    times
        From postcodes to sites.
    site
        Which.

    Returns
    -------
    str
        Little-endian; the greatest number stands for those not reached.
    """
    minutes = times.select(pd.Index([site])).minutes[:, 0].astype(np.float64)
    steps = np.rint(np.where(np.isfinite(minutes), minutes * STEPS_PER_MIN, UNREACHED))
    whole = np.minimum(steps, UNREACHED).astype("<u4")
    return base64.b64encode(whole.view(np.uint8).reshape(-1, 4)[:, :BYTES].tobytes()).decode()

"""Windows from a table, and the hours a week they give to sites."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from eh_access.analysis.windows import Timetable, Window, check_windows, hours_of
from eh_access.errors import InputError, NotFoundError, did_you_mean

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

WINDOW_COLUMNS = ("site_id", "weekday", "from", "to")
SAME_HOURS = 1e-6


def windows_from_frame(
    frame: pd.DataFrame, *, source: str = "timetable"
) -> dict[str, list[Window]]:
    """Return a timetable from a table with one row for each window.

    Parameters
    ----------
    frame
        Columns ``site_id``, ``weekday``, ``from`` and ``to``.
    source
        What to call it in messages.

    Returns
    -------
    dict of str to list of Window
        As from `check_windows`.

    Raises
    ------
    InputError
        Every column that is missing, every row that is no window, every overlap.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame([("library", "mon", "09:30", "11:30")], columns=WINDOW_COLUMNS)
    >>> windows_from_frame(rows)
    {'library': [Window(weekday='mon', opens='09:30', closes='11:30')]}
    """
    missing = [name for name in WINDOW_COLUMNS if name not in frame.columns]
    if missing:
        raise InputError(f"{source}: no column '{name}'; add it" for name in missing)
    faults: list[str] = []
    timetable: dict[str, list[Window]] = {}
    for row, (site, *told) in enumerate(frame[list(WINDOW_COLUMNS)].itertuples(index=False), 1):
        try:
            window = Window(*told)
        except InputError as error:
            at = f"{source}, row {row} (site_id '{site}')"
            faults += [f"{at}{_of_column(text)}" for text in error.faults]
        else:
            timetable.setdefault(str(site), []).append(window)
    try:
        ordered = check_windows(timetable, source=source)
    except InputError as error:
        faults += error.faults
    if faults:
        raise InputError(faults)
    return ordered


def _of_column(fault: str) -> str:
    """Return a fault of a window by the column it stands in."""
    for field, column in (("opens", "from"), ("closes", "to")):
        if fault.startswith(f"{field}: "):
            return f", {column}: {fault.removeprefix(f'{field}: ')}"
    return f": {fault}"


def with_hours(
    sites: gpd.GeoDataFrame, timetable: Timetable, *, source: str = "timetable"
) -> gpd.GeoDataFrame:
    """Return sites whose ``hours_per_week`` are those of their windows.

    Parameters
    ----------
    sites
        Index ``site_id``, with ``hours_per_week`` (NaN where not known).
    timetable
        Windows by site. A site that is not in it keeps the hours its row states.
    source
        What to call the timetable in messages.

    Returns
    -------
    geopandas.GeoDataFrame
        A new table.

    Raises
    ------
    NotFoundError
        If the timetable names sites that are not there.
    InputError
        If windows overlap, or make other hours than the row states.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"hours_per_week": [float("nan"), 10.0]}, index=["library", "hall"])
    >>> with_hours(sites, {"library": [Window("mon", "09:30", "11:30")]})["hours_per_week"].tolist()
    [2.0, 10.0]
    """
    unknown = [site for site in sorted(timetable) if site not in sites.index]
    if unknown:
        told = (f"{source}: no site '{s}': {did_you_mean(s, sites.index)}" for s in unknown)
        raise NotFoundError("\n".join(told))
    hours = {site: hours_of(held) for site, held in check_windows(timetable, source=source).items()}
    stated = sites["hours_per_week"].astype(float)
    faults = [
        f"{source}, site '{site}': its windows make {made:g} hours a week, its row states "
        f"{stated[site]:g}; keep one of the two"
        for site, made in hours.items()
        if not (math.isnan(stated[site]) or abs(stated[site] - made) < SAME_HOURS)
    ]
    if faults:
        raise InputError(faults)
    return sites.assign(hours_per_week=[hours.get(site, stated[site]) for site in sites.index])

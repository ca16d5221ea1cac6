"""Closed, cut to some hours, or with sessions elsewhere, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from eh_access.arguments import check_arguments
from eh_access.errors import InputError
from eh_access.measures.basic import weighted_mean
from eh_access.measures.comparison import compare
from eh_access.measures.opening_hours import hours_reachable, open_for
from eh_access.measures.scenarios import open_sites

if TYPE_CHECKING:
    import geopandas as gpd

    from eh_access.criteria.criterion import Case

LONG_WEEK_H = 37.0
"""What full hours, number unknown, may come to as well: a full week of those who work there."""
READINGS = ("any hours", "at least {hours:g} hours a week", "full-time hours")
"""What "open" can be taken to mean, the loosest first."""


@check_arguments
def readings_table(
    cases: Iterable[Case],
    *,
    mode: str = "walk",
    cutoff_min: float = 30.0,
    min_hours: float = 10.0,
    loser_min: float = 5.0,
) -> pd.DataFrame:
    """Return scenarios beside one another for the same families, by what "open" is taken to mean.

    A centre that keeps ten hours a week is no loss to those who ask whether anything is open, and
    as good as gone to those who ask for full-time hours. Both readings stand side by side, and a
    scenario that closes it altogether beside them.

    Parameters
    ----------
    cases
        Scenarios of one study, in the order wanted: of the same origins and one baseline.
    mode
        How people travel, by name.
    cutoff_min
        Minutes within which a site is near.
    min_hours
        Hours a week for the reading between the two.
    loser_min
        More minutes than this lost make a loser.

    Returns
    -------
    pandas.DataFrame
        One row per scenario and reading: ``scenario``, ``mode``, ``reading``, ``sites`` (how many
        count), ``weight``, ``weight_within``, ``share_within``, ``share_within_before``,
        ``weight_loses``, ``share_loses``, ``mean_min`` and ``mean_before_min`` (over
        ``finite_weight``, those reached before and after), ``mean_change_min``,
        ``mean_hours_within`` (hours a week of all open sites within the cutoff, there and back
        where times home are given; the same for every reading, full hours of which the number is
        not known being the study's ``full_time_from_hours``), ``mean_hours_within_long`` (the same
        with `LONG_WEEK_H` for those), ``sites_hours_unknown`` (of how many open sites that is so)
        and ``estimated``.

    Raises
    ------
    InputError
        If the cases are of other origins than the first, or lack times by the mode.

    Examples
    --------
    >>> readings_table([]).columns[:3].tolist()
    ['scenario', 'mode', 'reading']
    """
    held = list(cases)
    faults = [
        f"case '{case.scenario}': no times by {mode}"
        for case in held
        if not (mode in case.before.times and mode in case.after.times)
    ]
    faults += [
        f"case '{case.scenario}' is of other families than '{held[0].scenario}'"
        for case in held[1:]
        if not case.origins.index.equals(held[0].origins.index)
    ]
    if faults:
        raise InputError(faults)
    rows = [
        row for case in held for row in _readings_of(case, mode, cutoff_min, min_hours, loser_min)
    ]
    return pd.DataFrame(rows, columns=list(READING_COLUMNS))


READING_COLUMNS = (
    "scenario",
    "mode",
    "reading",
    "sites",
    "weight",
    "weight_within",
    "share_within",
    "share_within_before",
    "weight_loses",
    "share_loses",
    "finite_weight",
    "mean_min",
    "mean_before_min",
    "mean_change_min",
    "mean_hours_within",
    "mean_hours_within_long",
    "sites_hours_unknown",
    "estimated",
)


def _readings_of(
    case: Case, mode: str, cutoff_min: float, min_hours: float, loser_min: float
) -> list[dict[str, object]]:
    full = case.settings.full_time_from_hours
    sides = (case.before, case.after)
    before, after = (side.times[mode] for side in sides)
    placed = case.after.sites.loc[_placed(case.after.sites, case.after.sites.index)]
    opened = open_sites(placed, full_time=False, full_time_from_hours=full)
    short, long = (
        weighted_mean(
            hours_reachable(
                after,
                placed,
                cutoff_min=cutoff_min,
                full_hours=unknown,
                times_back=case.after.times_back.get(mode),
            ),
            case.origins["weight"],
        )
        for unknown in (full, LONG_WEEK_H)
    )
    rows = []
    for reading, least in zip(READINGS, (0.0, min_hours, full), strict=True):
        chosen = [open_for(side.sites, least, full) for side in sides]
        known = [_placed(side.sites, ids) for side, ids in zip(sides, chosen, strict=True)]
        compared = compare(
            before,
            after,
            case.origins,
            sites_before=known[0],
            sites_after=known[1],
            loser_min=loser_min,
        )
        totals, near = compared.summary().iloc[0], compared.curve(cutoff_min).iloc[0]
        rows.append(
            {
                **{str(name): value for name, value in totals.items()},
                "scenario": case.scenario,
                "mode": mode,
                "reading": reading.format(hours=min_hours),
                "sites": len(chosen[1]),
                "weight_within": near["within_share_after"] * totals["weight"],
                "share_within": near["within_share_after"],
                "share_within_before": near["within_share_before"],
                "mean_min": totals["mean_after_min"],
                "mean_hours_within": short,
                "mean_hours_within_long": long,
                "sites_hours_unknown": int(placed.loc[opened, "hours_per_week"].isna().sum()),
                "estimated": compared.estimated,
            }
        )
    return rows


def _placed(sites: gpd.GeoDataFrame, ids: Sequence[str] | pd.Index) -> pd.Index:
    """Return the sites whose place is known."""
    placed: pd.Index = pd.Index(ids)[(sites.loc[ids, "location_basis"] != "unknown").to_numpy(bool)]
    return placed

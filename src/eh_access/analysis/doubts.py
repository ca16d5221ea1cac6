"""Whether a verdict turns on where a site is, when that is an estimate or not known at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.readings import LEVELS, grade, read
from eh_access.analysis.views import straight_pace

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from eh_access.analysis.case import Case
    from eh_access.analysis.criteria import Outcome
    from eh_access.analysis.question import Question
    from eh_access.modes import TravelMode

MOST_PLACES = 1000
"""With more origins than this, an unknown site is tried at one of them in each area."""

PLACES_AT_ONCE = 200
SITES_AT_ONCE = 100


def uncertain_sites(question: Question) -> pd.Series:
    """Return the sites that count and whose place is known only roughly, with their radius."""
    radius: dict[str, float] = {}
    for view in (question.before, question.after):
        for site, radius_m in zip(view.sites.ids, view.sites.radius_m, strict=True):
            radius[site] = max(radius.get(site, 0.0), float(radius_m))
    doubtful = {site: radius[site] for site in sorted(radius) if radius[site] > 0}
    return pd.Series(doubtful, dtype=np.float64)


def turning_sites(question: Question, uncertain: pd.Index, outcome: Outcome) -> list[str]:
    """Return the roughly known sites that an outcome turns on."""
    # Every site is taken to be nearer, and farther, to everyone by its radius (by street): one at
    # a time and all at once, before and after alike.
    target = LEVELS.index(outcome)
    alone: list[str] = []
    for start in range(0, len(uncertain), SITES_AT_ONCE):
        some = uncertain[start : start + SITES_AT_ONCE]
        before, after = (
            np.stack([view.figures_alone(site) for site in some])
            for view in (question.before, question.after)
        )
        grades = grade(question.criterion, read(question.criterion, before, after, question.base))
        alone += some[(grades != target).any(axis=1)].tolist()
    if alone or len(uncertain) < 2:  # noqa: PLR2004 - one site alone is all of them together
        return alone
    together = (dict.fromkeys(uncertain, sign) for sign in (-1, 1))
    turns = any(question.outcome(shift) != outcome for shift in together)
    return list(uncertain) if turns else []


def unknown_sites(question: Question) -> pd.DataFrame:
    """Return the sites that count and whose place nobody knows, sorted by id."""
    before, after = question.before.unknown, question.after.unknown
    names = dict(zip(before.ids, before.names, strict=True))
    names |= dict(zip(after.ids, after.names, strict=True))
    ids = sorted(names)
    return pd.DataFrame(
        {"name": [names[site] for site in ids], "open_after": [s in after.ids for s in ids]},
        index=pd.Index(ids, name="site_id"),
    )


def turning_unknowns(
    question: Question, unknown: pd.Index, case: Case, *, mode: TravelMode, outcome: Outcome
) -> list[str]:
    """Return the sites of unknown place whose being somewhere could change an outcome."""
    # Each is tried at the origins themselves, reached in a straight line at the mode's speed,
    # which is quicker than any street. Between those places nothing is tried. Several unknown
    # sites are also tried with one of each at every door, which no real places could better.
    figures = question.figures()
    target = LEVELS.index(outcome)
    places = places_tried(case.origins)
    pace = straight_pace(question.criterion, mode)
    x, y = case.origins.geometry.x.to_numpy(), case.origins.geometry.y.to_numpy()
    found = []
    for site in unknown:
        for start in range(0, len(places), PLACES_AT_ONCE):
            at = places[start : start + PLACES_AT_ONCE, None]
            away = np.hypot(x[at] - x, y[at] - y) * pace
            if _grades_differ(question, figures, site, away, target):
                found.append(site)
                break
    if found or len(unknown) == 1:
        return found
    door = np.zeros((1, len(x)))
    before, after = figures
    for site in unknown:
        before = question.before.figure_with(site, before, door)[0]
        after = question.after.figure_with(site, after, door)[0]
    reading = read(question.criterion, before, after, question.base)
    return list(unknown) if int(grade(question.criterion, reading)) != target else []


def _grades_differ(
    question: Question,
    figures: tuple[NDArray[np.float64], NDArray[np.float64]],
    site: str,
    away: NDArray[np.float64],
    target: int,
) -> bool:
    before = question.before.figure_with(site, figures[0], away)
    after = question.after.figure_with(site, figures[1], away)
    readings = read(question.criterion, before, after, question.base)
    return bool((grade(question.criterion, readings) != target).any())


def places_tried(origins: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Return the rows of the origins at which a site of unknown place is tried."""
    if len(origins) <= MOST_PLACES:
        return np.arange(len(origins))
    weights = origins["weight"].reset_index(drop=True)
    heaviest = weights.groupby(origins["area_id"].to_numpy(), sort=True).idxmax()
    return np.asarray(heaviest, dtype=np.intp)

"""A criterion asked again with roughly known sites in places drawn from their discs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eh_access.analysis.hours import reached
from eh_access.analysis.lenses import by_mode
from eh_access.analysis.positions import MARK, sample_id
from eh_access.analysis.views import View, look, tables_for
from eh_access.routing.types import OFF_NETWORK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.analysis.case import Side
    from eh_access.analysis.criteria import Criterion
    from eh_access.analysis.lenses import Figures, Lens

    Doubles = NDArray[np.float64]

Sides = tuple["Side", "Side"]
"""Times to the sampled places of sites, before and after; mostly the same."""


def sampled_names(lens: Lens, sides: Sides) -> dict[str, str]:
    """Return the sites a criterion counts that have sampled places."""
    found: dict[str, str] = {}
    for layers, side in zip((lens.before, lens.after), sides, strict=True):
        drawn = set(side.sites["sample_of"])
        for layer in layers[:1]:
            sites = layer.view.sites
            rough = sites.radius_m > 0
            told = zip(sites.ids[rough], sites.names[rough], strict=True)
            found |= {str(site): str(name) for site, name in told if site in drawn}
    return dict(sorted(found.items()))


def usable_samples(sides: Sides) -> list[int]:
    """Return the samples in which every site is near a street it can be reached by."""
    every: set[int] = set()
    lost: set[int] = set()
    for side in sides:
        samples = side.sites["sample"]
        every |= set(samples.tolist())
        for _, table in side.tables():
            off = table.site_status["status"] == OFF_NETWORK
            lost |= set(samples.reindex(table.site_ids[off.to_numpy(dtype=bool)]).tolist())
    return sorted(int(sample) for sample in every - lost)


@dataclass(frozen=True, eq=False, kw_only=True)
class Displaced:
    """A criterion asked of a case, and its sites in every sampled place; made by `displaced`."""

    before: tuple[Part, ...]  # the two sides, a part for each mode
    after: tuple[Part, ...]

    def figures(self, moved: Iterable[str]) -> Figures:
        """Return what each origin has with some sites in sampled places, all else as in the study."""
        wanted = sorted(moved)
        before, after = (
            reduce(np.minimum, [part.figures(wanted) for part in parts])
            for parts in (self.before, self.after)
        )
        return before, after


def displaced(lens: Lens, sides: Sides, samples: Sequence[int]) -> Displaced:
    """Return a criterion's sites in every sampled place."""
    before, after = (
        tuple(
            _part(layer.view, look(alone, lens.case, side), samples)
            for layer, alone in zip(layers, _asked(lens, side), strict=True)
        )
        for layers, side in zip((lens.before, lens.after), sides, strict=True)
    )
    return Displaced(before=before, after=after)


def _asked(lens: Lens, side: Side) -> list[Criterion]:
    """Return the criterion by each mode for which there are times to sampled places, all open."""
    return [
        alone.model_copy(update={"sites": "open"})
        for alone in by_mode(lens.criterion)
        if tables_for(alone, side)
    ]


def _part(view: View, sampled: View, samples: Sequence[int]) -> Part:
    drawn = {site.rpartition(MARK)[0] for site in sampled.sites.ids}
    rough = view.sites.ids[view.sites.radius_m > 0]
    sites = [site for site in rough if site in drawn]
    ids = [sample_id(site, sample) for site in sites for sample in samples]
    at = sampled.sites.ids.get_indexer(pd.Index(ids, dtype=str))
    shape = (len(view.there), len(sites), len(samples))
    return Part(
        view=view,
        sites=tuple(sites),
        there=sampled.there[:, at].reshape(shape),
        back=None if sampled.back is None else sampled.back[:, at].reshape(shape),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Part:
    """One side by one mode, and the minutes that take the place of others in each sample."""

    view: View  # with every site where it is drawn
    sites: tuple[str, ...]  # those that have sampled places
    there: Doubles  # (origins, those sites, samples)
    back: Doubles | None

    def figures(self, wanted: Sequence[str]) -> Doubles:
        """Return what each origin has in every sample with some sites moved."""
        criterion = self.view.criterion
        at = [number for number, site in enumerate(self.sites) if site in wanted]
        columns = self.view.sites.ids.get_indexer(pd.Index([self.sites[n] for n in at], dtype=str))
        blank = self.view.there.copy()
        blank[:, columns] = np.inf
        rest = replace(self.view, there=blank).figure({})
        there = self.there[:, at]
        if criterion.measure != "hours_reachable":
            return np.asarray(np.minimum(rest, there.min(axis=1, initial=np.inf).T))
        near = reached(
            there,
            None if self.back is None else self.back[:, at],
            criterion.cutoff_min or np.inf,
            there_and_back=criterion.there_and_back or "each_way",
        )
        hours = self.view.sites.hours[columns][:, None]
        return np.asarray(rest + np.where(near, hours, 0.0).sum(axis=1).T)

"""What is not known, drawn many times: places, existence, counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from eh_access.criteria.evaluate import Scope, view_of
from eh_access.errors import InputError
from eh_access.measures.equity import DrawnMinutes
from eh_access.measures.scenarios import rough_radius_m
from eh_access.routing.travel_times import OFF_NETWORK

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import Point
    from shapely.geometry.base import BaseGeometry

    from eh_access.criteria.criterion import Bools, Case, Counted, Doubles, Side
    from eh_access.criteria.evaluate import View

    Places = NDArray[np.intp]

DRAWS = 1000
PLACES = 128
"""Places tried of each site; all draws share them, so that each is routed once."""

APART_M = 1000.0
"""A site of unknown place is not within so much of another."""

MARK = "#"
ABSENT = -1
AS_GIVEN = 0
"""A site's state in a draw: absent, where the study has it, or at one of its places from 1 on."""

# ---- places ------------------------------------------------------------------------------------


def sample_id(site_id: str, sample: int) -> str:
    """Return the id of a site in one sampled place."""
    return f"{site_id}{MARK}{sample:03d}"


def sampled_sites(
    sites: gpd.GeoDataFrame,
    *,
    seed: int,
    count: int = PLACES,
    within: BaseGeometry | None = None,
    origins: gpd.GeoDataFrame | None = None,
    stated: Mapping[str, Sequence[tuple[float, float]]] | None = None,
) -> gpd.GeoDataFrame:
    """Return sampled places of every site that is known only roughly, or not at all."""
    # A roughly known place is drawn evenly from the disc of ``location_radius_m`` around where the
    # site is drawn, as far as it lies in the study's area; one that nobody knows from where people
    # are counted, not near another site; one with stated places evenly from those. A site's draws
    # depend on the seed and its id alone: another site more or less, or another order of rows,
    # changes nothing.
    if count < 1:
        raise InputError(f"count is {count}; give 1 or more sampled positions")
    stated = stated or {}
    radius = pd.Series(rough_radius_m(sites), index=sites.index)
    unknown = sites["location_basis"] == "unknown"
    wanted = (radius > 0) | (unknown & (origins is not None)) | sites.index.isin(list(stated))
    chosen = sites[wanted.to_numpy(dtype=bool)].sort_index()
    places = []
    for site, at in chosen.geometry.items():
        draws = _draws(str(site), seed)
        if str(site) in stated:
            given = np.array(stated[str(site)], dtype=np.float64)
            places.append(given[draws.permutation(count) % len(given)])
        elif unknown[site] and origins is not None:
            places.append(_where_people_are(draws, count, origins, sites.geometry[~unknown]))
        else:
            disc = {"centre": at, "radius_m": radius[site], "within": within}
            places.append(_in_disc(draws, count, **disc))
    xy = np.concatenate(places) if places else np.zeros((0, 2))
    rows = chosen.loc[np.repeat(chosen.index, count)].copy()
    rows["sample_of"] = rows.index.astype(str)
    rows["sample"] = np.tile(np.arange(count), len(chosen))
    names = [sample_id(*key) for key in zip(rows["sample_of"], rows["sample"], strict=True)]
    moved = gpd.points_from_xy(xy[:, 0], xy[:, 1], crs=rows.crs)
    rows[rows.geometry.name] = gpd.GeoSeries(moved, index=rows.index)
    rows.index = pd.Index(names, name="site_id", dtype=str)
    return rows.assign(
        is_open=True, hours_per_week=np.nan, location_basis="surveyed", location_radius_m=0.0
    )


def _draws(name: str, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, *name.encode()])


def _in_disc(
    draws: np.random.Generator,
    count: int,
    *,
    centre: Point,
    radius_m: float,
    within: BaseGeometry | None,
) -> Doubles:
    """Return points spread evenly over a disc, as far as it lies in the area, (count, 2)."""
    bounded = within is not None and within.intersects(centre)
    # a Halton sequence lies more evenly than random points: as many say more
    from scipy.stats import qmc  # noqa: PLC0415 - keeps starting quick

    sequence = qmc.Halton(2, rng=draws)
    points = np.zeros((0, 2))
    while len(points) < count:
        turn, share = sequence.random(count).T
        angle, distance = 2 * np.pi * turn, np.sqrt(share)
        away = radius_m * np.stack([distance * np.cos(angle), distance * np.sin(angle)], axis=1)
        xy = np.array([centre.x, centre.y]) + away
        points = np.concatenate([points, xy[shapely.contains_xy(within, xy)] if bounded else xy])
    return points[:count]


def _where_people_are(
    draws: np.random.Generator, count: int, origins: gpd.GeoDataFrame, others: gpd.GeoSeries
) -> Doubles:
    """Return points drawn by how many are counted there, none near another site, (count, 2)."""
    points = shapely.get_coordinates(origins.geometry.array)
    weights = origins["weight"].to_numpy(dtype=np.float64)
    near = np.zeros(len(points), dtype=bool)
    for at in others:
        near |= np.hypot(points[:, 0] - at.x, points[:, 1] - at.y) < APART_M
    apart = np.where(near, 0.0, weights)
    chance = apart if apart.sum() > 0 else weights
    # every so many people along a curve that keeps neighbours together
    order = np.argsort(origins.geometry.hilbert_distance().to_numpy(), kind="stable")
    steps = np.cumsum(chance[order]) / chance.sum()
    wanted = (np.arange(count) + draws.uniform()) / count
    at = np.minimum(np.searchsorted(steps, wanted), len(points) - 1)
    return np.asarray(points[order[at]])


# ---- what is drawn -----------------------------------------------------------------------------


class SourceKind(StrEnum):
    """What a doubt is about."""

    PLACE = "place"  # where a site is
    SITE = "site"  # whether a site is there, and where
    EXISTENCE = "existence"  # whether a site is there
    NEIGHBOUR = "neighbour"  # whether a site over the border is there
    COUNTS = "counts"  # how many live where


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteDoubt:
    """A site of which something is not known, in every draw."""

    site_id: str
    name: str
    is_unlocated: bool
    is_neighbour: bool
    places: Places | None  # int (draws,): which of its sampled places, from 1; None if not sampled
    exists: Bools  # bool (draws,)

    @property
    def states(self) -> Places:
        """The site's state in every draw."""
        there = np.full(len(self.exists), AS_GIVEN) if self.places is None else self.places
        return np.where(self.exists, there, ABSENT)

    def sources(self) -> Iterator[tuple[SourceKind, Places]]:
        """Yield what is in doubt, and the site's state in every draw if that alone were."""
        if self.is_unlocated:
            yield SourceKind.PLACE if self.exists.all() else SourceKind.SITE, self.states
            return
        if self.places is not None:
            yield SourceKind.PLACE, self.places
        if not self.exists.all():
            kind = SourceKind.NEIGHBOUR if self.is_neighbour else SourceKind.EXISTENCE
            yield kind, np.where(self.exists, AS_GIVEN, ABSENT)


def draw_sites(
    sites: gpd.GeoDataFrame,
    sampled: Side | None,
    *,
    seed: int,
    draws: int = DRAWS,
    neighbours: Collection[str] = (),
) -> tuple[SiteDoubt, ...]:
    """Draw where each site is and whether it is there, as far as that is not known."""
    usable = {} if sampled is None else usable_places(sampled)
    doubts = []
    for site, row in sites.sort_index().iterrows():
        site_id, random = str(site), _draws(f"{site} is there", seed)
        spots, chance = usable.get(site_id), float(row.get("existence", 1.0))
        places = None
        if spots is not None and len(spots):  # each as often as any other
            places = spots[random.permutation(draws) % len(spots)] + 1
        if places is None and chance == 1:
            continue
        doubts.append(
            SiteDoubt(
                site_id=site_id,
                name=str(row["name"]),
                is_unlocated=row["location_basis"] == "unknown",
                is_neighbour=site_id in neighbours,
                places=places,
                exists=random.random(draws) < chance,
            )
        )
    return tuple(doubts)


def usable_places(sampled: Side) -> dict[str, Places]:
    """Return which sampled places of each site are near a street they can be reached by."""
    off: set[str] = set()
    for _, table in sampled.tables():
        lost = table.site_status["status"] == OFF_NETWORK
        off |= set(table.site_ids[lost.to_numpy(dtype=bool)])
    kept = sampled.sites[~sampled.sites.index.isin(list(off))]
    return {
        str(site): part.to_numpy(dtype=np.intp)
        for site, part in kept.groupby("sample_of")["sample"]
    }


@dataclass(frozen=True, eq=False, kw_only=True)
class Pooling:
    """How private counts were made public."""

    units: pd.Series  # by origin: the area it was counted in
    pools: pd.Series  # by such an area: what it is pooled with, "" where its own count is shown
    most: float  # the largest count that is pooled


def draw_weights(
    origins: gpd.GeoDataFrame,
    *,
    sd: float,
    seed: int,
    draws: int = DRAWS,
    pooling: Pooling | None = None,
) -> Doubles | None:
    """Draw how many live where, (draws, origins); None where counts are taken as they stand."""
    # An area's count is off by a normal error; its people are shared out anew as if each chose an
    # origin by itself, as likely as the weights have it (a Dirichlet). Areas of a pool have any
    # small counts that come to its sum, each way as likely.
    if sd == 0:
        return None
    random = _draws("counts", seed)
    order = np.argsort(origins.index.to_numpy(dtype=str), kind="stable")
    units = origins["area_id"] if pooling is None else pooling.units
    codes, areas = pd.factorize(units.to_numpy()[order], sort=True)
    weights = origins["weight"].to_numpy(dtype=np.float64)[order]
    whole = np.bincount(codes, weights, len(areas))
    drawn = np.maximum(whole + random.normal(0.0, sd, (draws, len(areas))), 0.0)
    if pooling is not None:
        pools = pooling.pools.reindex(areas).to_numpy()
        for pool in sorted(set(pools) - {""}):
            held = np.flatnonzero(pools == pool)
            shares = random.dirichlet(np.ones(len(held)), draws)
            drawn[:, held] = _at_most(shares * whole[held].sum(), pooling.most)
    parts = random.standard_gamma(weights, (draws, len(weights)))
    by_area = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[by_area], np.arange(len(areas)))
    sums = np.add.reduceat(parts[:, by_area], starts, axis=1)
    counts = np.empty_like(parts)
    scale = np.divide(drawn, sums, out=np.zeros_like(sums), where=sums > 0)
    counts[:, order] = parts * scale[:, codes]
    return counts


def _at_most(counts: Doubles, most: float) -> Doubles:
    """Return counts, (draws, areas), with what is above the most moved to where there is room."""
    below = np.minimum(counts, most)
    room, above = most - below, (counts - below).sum(axis=1, keepdims=True)
    moved: Doubles = below + room * above / np.maximum(room.sum(axis=1, keepdims=True), 1e-9)
    return moved


# ---- what each origin has in every draw --------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class Options:
    """What a doubtful site is worth to the origins it may matter to, in each of its states."""

    site_id: str
    columns: Places  # the origins
    gains: Doubles  # float64 (states, columns): as given, at each place, and last if absent


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawn:
    """One side of a case under any states of its doubtful sites."""

    view: View
    certain: Doubles  # float64 (origins,): what the sites beyond doubt give
    options: tuple[Options, ...]

    def figures(self, states: Mapping[str, Places], rows: int) -> Doubles:
        """Return what each origin has, (rows, origins); a site without states is as given."""
        given = self.certain.copy()
        for option in self.options:
            if option.site_id not in states:
                at = option.columns
                given[at] = self.view.together(given[at], option.gains[AS_GIVEN])
        figures = np.repeat(given[None, :], rows, axis=0)
        for option in self.options:
            if option.site_id in states:
                at, gained = option.columns, option.gains[states[option.site_id]]
                figures[:, at] = self.view.together(figures[:, at], gained)
        return figures


@dataclass(frozen=True, eq=False, kw_only=True)
class Simulation:
    """What is drawn, ready to be evaluated."""

    doubts: tuple[SiteDoubt, ...]  # the sites of which something is not known
    sampled: Mapping[str, Side]  # times to their places, by scenario; the baseline's for others
    weights: Doubles | None = None  # float64 (draws, origins); None if counts are not drawn
    draws: int = DRAWS
    _memory: dict[object, Any] = field(default_factory=dict, repr=False)

    @property
    def states(self) -> dict[str, Places]:
        """The state of every doubtful site in every draw."""
        return {doubt.site_id: doubt.states for doubt in self.doubts}

    def apart(self) -> Simulation:
        """Return the same draws with a memory of their own, which goes when they do."""
        return replace(self, _memory=dict(self._memory))

    def side(self, case: Case, scope: Scope, side: Side) -> tuple[object, Drawn, Doubles]:
        """Return a side under any states, and what each origin has in every draw."""
        view = view_of(scope, case, side)
        sites = (view.sites, view.unknown)
        hours = [tuple(some.hours) for some in sites] if scope.figure == "hours" else []
        key = (scope, id(side.times), *(tuple(some.ids) for some in sites), *hours)
        if key not in self._memory:
            drawn = self._drawn(case, view, side)
            self._memory[key] = drawn, drawn.figures(self.states, self.draws)
        return key, *self._memory[key]

    def minutes(self, case: Case, mode: str, *, full_time: bool) -> DrawnMinutes:
        """Return minutes to the nearest site before and after, in every draw."""
        scope = Scope(figure="min", modes=(mode,), sites="full_time" if full_time else "open")
        before, after = (self.side(case, scope, side)[2] for side in (case.before, case.after))
        stated = case.origins["weight"].to_numpy(dtype=np.float64)
        weights = stated if self.weights is None else self.weights
        return DrawnMinutes(before=before, after=after, weights=weights)

    def _drawn(self, case: Case, view: View, side: Side) -> Drawn:
        ids = view.sites.ids
        doubtful = ids.isin([doubt.site_id for doubt in self.doubts])
        kept = view.there.copy()
        kept[:, doubtful] = np.inf
        certain = view.figure(kept, view.back)
        return Drawn(
            view=view,
            certain=certain,
            options=tuple(self._options(case, view, side, certain)),
        )

    def _options(self, case: Case, view: View, side: Side, certain: Doubles) -> Iterator[Options]:
        name = case.scenario if case.scenario in self.sampled else "baseline"
        places = self.sampled.get(name)
        there = None
        if places is not None and len(places.sites):
            there = view_of(replace(view.scope, sites="open"), case, places)
        nothing = np.full((1, len(certain)), view.nothing)
        for doubt in self.doubts:
            given, hours = nothing, 0.0
            if doubt.site_id in view.sites.ids:
                at = int(np.flatnonzero(view.sites.ids == doubt.site_id)[0])
                hours = float(view.sites.hours[at])
                back = None if view.back is None else view.back[:, at]
                given = view.gain(view.there[:, at], back, hours)[None, :]
            elif doubt.site_id in view.unknown.ids:
                hours = float(view.unknown.hours[view.unknown.ids == doubt.site_id][0])
            else:
                continue
            gains = [given]
            if doubt.places is not None and there is not None:
                count = int(doubt.places.max())
                moved = _is_moved(case, side, doubt.site_id)
                gains.append(
                    np.repeat(given, count, axis=0)
                    if moved
                    else _gains_at_places(view, there, doubt.site_id, count, hours)
                )
            every = np.concatenate([*gains, nothing])
            columns = np.flatnonzero((view.together(every, certain) != certain).any(axis=0))
            yield Options(
                site_id=doubt.site_id,
                columns=columns,
                gains=every[:, columns],
            )


def drawn_weights(counted: Counted, weights: Doubles | None) -> Counted:
    """Return whom a criterion counts when other numbers live there."""
    if weights is None:
        return counted
    return replace(
        counted,
        weights=np.where(counted.weights > 0, weights, 0.0),
        elsewhere=np.where(counted.elsewhere > 0, weights, 0.0),
    )


def _is_moved(case: Case, side: Side, site_id: str) -> bool:
    """Return whether a scenario puts a site elsewhere, so that its sampled places are not its."""
    was, now = case.before.sites.geometry.get(site_id), side.sites.geometry.get(site_id)
    return was is not None and now is not None and not was.equals(now)


def _gains_at_places(view: View, there: View, site_id: str, count: int, hours: float) -> Doubles:
    """Return what a site is worth at each of its sampled places, (places, origins)."""
    ids = [sample_id(site_id, number) for number in range(count)]
    at = there.sites.ids.get_indexer(pd.Index(ids, dtype=str))
    back = None if there.back is None else there.back[:, at].T
    return view.gain(there.there[:, at].T, back, hours)

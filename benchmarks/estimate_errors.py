"""Fit the estimate by car on Newport, and measure every estimate on streets it has not seen.

    python benchmarks/estimate_errors.py

The fit is by least absolute deviations over all homes and sites of the bundled study of Newport.
Errors are measured there and, without another fit, on Rotherham's streets. The tables are those of
``docs/method/estimate.md``.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

import eh_access as eh
from eh_access.routing.estimate import straight_line_m

if TYPE_CHECKING:
    import geopandas as gpd

CUTOFF_MIN = 600.0
CLOSED = 3
LOSES_MIN = 5.0
HALF_DS = 0.5 / 600
DEREGISTERED = ("park-view", "broom-valley", "wath-victoria")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Town:
    """A place with streets: homes that count for so much, and the sites they go to."""

    name: str
    network: eh.Network
    homes: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    weight: Floats

    @classmethod
    def load(cls, name: str, streets: str, homes: str, sites: str) -> Town:
        """Read a town from bundled files; sites of unknown place are left out."""
        origins, places = eh.load_origins(homes), eh.load_sites(sites)
        located = places[~(places.geometry.isna() | places.geometry.is_empty)]
        weight = origins["weight"].to_numpy(dtype=np.float64)
        return cls(name, eh.read_network(streets), origins, located, weight)

    def minutes(self, mode: eh.TravelMode) -> tuple[Floats, Floats, Floats]:
        """Return minutes by street, the estimates and weights, of homes that reach every site."""
        common = {"mode": mode, "cutoff_min": CUTOFF_MIN}
        streets = eh.travel_time_matrix(self.network, self.homes, self.sites, **common)
        lines = eh.estimate_travel_times(self.homes, self.sites, **common)
        reached = np.isfinite(streets.minutes).all(axis=1)
        both = (table.minutes[reached].astype(np.float64) for table in (streets, lines))
        return (*both, self.weight[reached] / self.weight[reached].sum())


def fit_by_car(town: Town) -> tuple[float, float]:
    """Return minutes and minutes per km that leave the least absolute error of all pairs."""
    times = eh.travel_time_matrix(
        town.network, town.homes, town.sites, mode=eh.DRIVE, cutoff_min=CUTOFF_MIN
    )
    km = straight_line_m(town.homes, town.sites) / 1000
    reached = np.isfinite(times.minutes)
    x, y = km[reached], times.minutes[reached].astype(np.float64)

    def error(formula: Floats) -> float:
        return float(np.abs(y - formula[0] - formula[1] * x).mean())

    fixed, per_km = minimize(error, (1.0, 2.0), method="Nelder-Mead", tol=1e-9).x
    print(f"{len(y):,} pairs of {town.name}: {fixed:.3f} minutes + {per_km:.3f} minutes per km")
    return float(fixed), float(per_km)


def quantile(values: Floats, weight: Floats, share: float) -> float:
    """Return the value below which so large a share of the weight lies."""
    order = np.argsort(values)
    below = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(below, share * below[-1])])


def levels(town: Town, mode: eh.TravelMode) -> tuple[str, ...]:
    """Return how far off times are: of pairs, and to the nearest site."""
    streets, lines, weight = town.minutes(mode)
    share = np.abs(lines / streets - 1).ravel()
    each = np.repeat(weight, streets.shape[1])
    off = lines.min(axis=1) - streets.min(axis=1)
    return (
        f"{mode.label}, {town.name}",
        f"{np.median((streets / lines).ravel()):.2f}",
        f"{quantile(share, each, 0.5):.0%}, {quantile(share, each, 0.9):.0%}",
        f"{weight @ np.abs(off):.1f}",
        f"{weight @ off:+.1f}",
        f"{quantile(np.abs(off), weight, 0.9):.1f}",
    )


def changes(town: Town, mode: eh.TravelMode, sets: Sequence[tuple[int, ...]]) -> tuple[str, ...]:
    """Return how far off the change is over some choices of sites that close."""
    streets, lines, weight = town.minutes(mode)
    found = []
    for closed in sets:
        kept = np.setdiff1d(np.arange(streets.shape[1]), closed)
        added, told = (table[:, kept].min(1) - table.min(1) for table in (streets, lines))
        off, affected = np.abs(told - added), added > HALF_DS
        truly, called = (change > LOSES_MIN + HALF_DS for change in (added, told))
        rows = (off, affected, off * affected, truly, called, truly & called)
        found.append([weight @ row for row in rows])
    off, affected, of_affected, truly, called, both = np.mean(found, axis=0)
    return (
        f"{mode.label}, {town.name}",
        f"{len(sets)}",
        f"{off:.2f}",
        f"{affected:.0%}",
        f"{of_affected / affected:.1f}",
        f"{truly:.1%}",
        f"{both / truly:.0%}" if truly else "",
        f"{both / called:.0%}" if called else "",
        f"{1 - (truly + called - 2 * both):.0%}",
    )


def main() -> int:
    """Fit, measure and print."""
    newport = Town.load("Newport", "newport", "newport_postcode", "newport_sites")
    rotherham = Town.load("Rotherham", "rotherham", "rotherham_oa", "rotherham_centres")
    fit_by_car(newport)
    cases = [
        (town, mode) for mode in (eh.WALK, eh.PUSHCHAIR, eh.DRIVE) for town in (newport, rotherham)
    ]
    print("\nto the nearest: minutes; pairs: streets over estimate, and the share they are off")
    for town, mode in cases:
        print("| " + " | ".join(levels(town, mode)) + " |")
    print(f"\nthe change when any {CLOSED} close")
    for town, mode in cases:
        every = list(itertools.combinations(range(len(town.sites)), CLOSED))
        print("| " + " | ".join(changes(town, mode, every)) + " |")
    print("\nthe change when the three of the decision close")
    for mode in (eh.WALK, eh.PUSHCHAIR, eh.DRIVE):
        closed = tuple(np.flatnonzero(rotherham.sites.index.isin(DEREGISTERED)))
        print("| " + " | ".join(changes(rotherham, mode, [closed])) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())

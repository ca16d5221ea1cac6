"""Isochrones of Newport's twelve sites: how long they take, and how true they are.

``python benchmarks/isochrones.py`` prints the rows; ``isochrone_rows`` gives them to the page.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
import shapely

import eh_access as eh

CUTOFFS_MIN = {"walk": (10, 20, 30), "drive": (5, 10, 15)}
OFF_STREET_M = 100.0
CELL_M = OFF_STREET_M / 5
REPEATS = 5
BAR_S, BAR_SHARE = 2.0, 0.1


def isochrone_rows(*, truth: bool = True) -> list[tuple[str, str, str]]:
    """Return rows of what was measured, and the bar; the truth takes half a minute."""
    network, sites = eh.read_network("newport"), eh.load_sites("newport_sites")
    rows = []
    for mode in (eh.WALK, eh.DRIVE):
        cutoffs = CUTOFFS_MIN[mode.name]
        eh.isochrones(network, sites, mode=mode, cutoffs_min=cutoffs)  # compiles, if nothing has
        seconds = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            drawn = eh.isochrones(network, sites, mode=mode, cutoffs_min=cutoffs)
            seconds.append(time.perf_counter() - start)
        spent = statistics.median(seconds)
        verdict = "met" if spent < BAR_S else "missed"
        what = f"{len(sites)} sites x {len(cutoffs)} cutoffs, {mode.label}"
        rows.append((what, f"{spent:.2f} s", f"under {BAR_S:g} s: {verdict}"))
    if truth:
        cutoffs = CUTOFFS_MIN["walk"]
        drawn = eh.isochrones(network, sites, mode=eh.WALK, cutoffs_min=cutoffs)
        exact = eh.isochrones(network, sites, mode=eh.WALK, cutoffs_min=cutoffs, method="edges")
        share = np.abs(drawn.area / exact.area - 1).max()
        rims = [shapely.points(shapely.get_coordinates(land)) for land in drawn.geometry]
        beyond = max(
            shapely.distance(rim, land).max()
            for rim, land in zip(rims, exact.geometry, strict=True)
        )
        rows += [
            (
                "largest difference in area from exact buffers, on foot",
                f"{share:.2%}",
                f"{BAR_SHARE:.0%}: {'met' if share <= BAR_SHARE else 'missed'}",
            ),
            (
                f"furthest outside them (raster of {CELL_M:g} m)",
                f"{beyond:.1f} m",
                f"{CELL_M:g} m: {'met' if beyond <= CELL_M else 'missed'}",
            ),
        ]
    return rows


if __name__ == "__main__":
    for row in isochrone_rows():
        print(" | ".join(row))
    sys.exit(0)

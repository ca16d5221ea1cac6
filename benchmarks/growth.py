"""How cost grows with the streets and with the sites, as a plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scipy.sparse.csgraph import dijkstra

import eh_access as eh
from eh_access.routing.search import minutes_from_nodes
from measure import ONE, QUEUE, chosen_sites, measure, timed

SITE_COUNTS = (1, 4, 16, 64, 250, 1000)
SCIPY_SITES, QUEUE_SITES = 2, 4
Line = list[tuple[float, float]]


def by_size(towns: Sequence[eh.Network], sites: int) -> dict[str, Line]:
    """Return milliseconds by number of nodes, for each part of the work."""
    lines: dict[str, Line] = {}
    for town in towns:
        parts = measure(town, sites, repeats=9)
        matrix = town.to_csr(eh.WALK)
        scipy = timed(lambda: dijkstra(matrix, indices=parts.sites[:SCIPY_SITES]))[0]  # noqa: B023
        for name, seconds in (
            (f"{sites} sites, hierarchy", parts.ask.median),
            (f"nearest of {sites}", parts.nearest.median),
            ("customise", parts.customise.median),
            ("topology", parts.topology.median),
            (f"{sites} sites, queue", parts.queue_per_site.median * sites),
            (f"{sites} sites, scipy", scipy.median / SCIPY_SITES * sites),
        ):
            lines.setdefault(name, []).append((town.node_count, seconds * 1e3))
    return lines


def by_sites(town: eh.Network) -> dict[str, Line]:
    """Return milliseconds by number of sites."""
    lines: dict[str, Line] = {"hierarchy": [], "queue": [], "scipy": []}
    matrix = town.to_csr(eh.WALK)
    few = chosen_sites(town, QUEUE_SITES)
    queue = timed(lambda: minutes_from_nodes(town, few, mode=eh.WALK, options=QUEUE), 3)[0]
    scipy = timed(lambda: dijkstra(matrix, indices=few))[0]
    for count in SITE_COUNTS:
        sites = chosen_sites(town, count)
        spent = timed(
            lambda sites=sites: minutes_from_nodes(town, sites, mode=eh.WALK, options=ONE), 5
        )[0]
        lines["hierarchy"].append((count, spent.median * 1e3))
        lines["queue"].append((count, queue.median / QUEUE_SITES * count * 1e3))
        lines["scipy"].append((count, scipy.median / QUEUE_SITES * count * 1e3))
    return lines


def draw(lines: dict[str, Line], path: Path, *, across: str, title: str) -> None:
    """Draw lines on scales of powers of ten."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "eh_access"
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    marks = ("o", "s", "^", "D", "v", "x")
    colours = ("#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1")
    for (name, points), mark, colour in zip(lines.items(), marks, colours, strict=False):
        x, y = zip(*points, strict=True)
        axes.plot(x, y, marker=mark, color=colour, label=name)
        axes.annotate(name, (x[-1], y[-1]), (6, 0), textcoords="offset points", va="center")
    axes.set(xscale="log", yscale="log", xlabel=across, ylabel="milliseconds, one thread")
    axes.set_title(title)
    axes.margins(x=0.35)
    axes.set_xlim(left=min(x for line in lines.values() for x, _ in line) / 1.3)
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)

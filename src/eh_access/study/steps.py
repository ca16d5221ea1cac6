"""How many rows went into each step of a run and came out, so that none is lost unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eh_access.study.records import StepCount

if TYPE_CHECKING:
    from eh_access.study.config import Study
    from eh_access.study.inputs import Inputs
    from eh_access.study.travel import Travel

PLACED = {False: "placed on the network", True: "with a place"}
"""What is asked of origins before minutes are; an estimate has no network to place them on."""


def step_counts(
    study: Study, inputs: Inputs, travel: Travel, *, verdicts: int
) -> tuple[StepCount, ...]:
    """Return how many rows went into each step and came out."""
    rows = {file.role: file.rows for file in inputs.files if file.rows is not None}
    checked = {"areas": len(inputs.areas), "origins": len(inputs.origins)}
    if inputs.neighbours is not None:
        checked["neighbours"] = len(inputs.neighbours)
    read = [
        StepCount(step=f"{role} checked", rows_in=rows.get(role, count), rows_out=count)
        for role, count in checked.items()
    ]
    added = len(inputs.sites) - rows.get("sites", len(inputs.sites))
    sites = StepCount(
        step="sites checked",
        rows_in=rows.get("sites", len(inputs.sites)),
        rows_out=len(inputs.sites),
        note=_added(added),
    )
    placed = [
        StepCount(
            step=f"{mode}: origins {PLACED[times.estimated]}",
            rows_in=len(inputs.origins),
            rows_out=int(
                (~times.origin_status["status"].isin(("off_network", "no_location"))).sum()
            ),
            note="any others keep their rows, with a status",
        )
        for mode, times in travel.times.items()
    ]
    timed = [
        StepCount(
            step=f"{mode}: pairs of origin and site timed",
            rows_in=len(inputs.origins) * len(inputs.sites),
            rows_out=int(times.minutes.size),
        )
        for mode, times in travel.times.items()
    ]
    judged = StepCount(
        step="criteria judged, under every scenario",
        rows_in=len(study.criteria) * sum(item.assess for item in study.scenarios),
        rows_out=verdicts,
    )
    return (*read, sites, *inputs.counts, *placed, *timed, judged)


def _added(candidates: int) -> str:
    if not candidates:
        return ""
    many = "1 candidate" if candidates == 1 else f"{candidates} candidates"
    return f"with {many} that a scenario opens"

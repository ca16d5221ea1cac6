"""The figures that pages on method quote of Rotherham are those the code gives today."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from eh_access.modes import WALK
from eh_access.planning.three_readings import readings_table
from eh_access.routing.matrix import travel_time_matrix
from eh_access.study.result import StudyResult

METHOD = Path(__file__).resolve().parents[1] / "docs" / "method"


def test_what_one_two_and_three_venues_cover(rotherham: StudyResult) -> None:
    """Every set tried one by one, with minutes alone taken from the library."""
    assert rotherham.network is not None
    assert rotherham.candidates is not None
    times = travel_time_matrix(
        rotherham.network, rotherham.origins, rotherham.candidates, mode=WALK, cutoff_min=30
    )
    weight = rotherham.origins["weight"].to_numpy()
    within = np.isfinite(times.minutes)
    venues = within.shape[1]
    covered = weight @ within
    best = [covered.max()]
    both = within.T.astype(float) * weight @ within.astype(float)
    best.append((covered[:, None] + covered[None, :] - both).max())
    three = 0.0
    for one, two in combinations(range(venues), 2):
        either = within[:, one] | within[:, two]
        left = weight * ~either
        three = max(three, weight[either].sum() + (left @ within).max())
    best.append(three)
    text = " ".join((METHOD / "alternatives.md").read_text(encoding="utf-8").split())
    one, two, three = (f"{value / weight.sum():.1%}" for value in best)
    assert (
        f"One venue of Rotherham's {venues} covers {one} at most within 30 minutes' walk, "
        f"two {two}, three {three};"
    ) in text


@pytest.mark.parametrize("scenario", ["baseline", "deregister-closed", "deregister-sessions"])
def test_what_each_reading_of_open_gives(rotherham: StudyResult, scenario: str) -> None:
    table = readings_table(rotherham.cases(), mode="walk", min_hours=10.0, loser_min=5.0)
    shares = table.loc[table["scenario"] == scenario, "share_within"]
    name = "before" if scenario == "baseline" else f"`{scenario}`"
    row = f"| {name} | {' | '.join(f'{share:.1%}' for share in shares)} |"
    assert row in (METHOD / "sessions.md").read_text(encoding="utf-8")

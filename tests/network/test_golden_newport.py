"""Newport's walking minutes against a program that shares nothing with the library.

tests/golden/newport_walk.csv is written by tools/make_golden.py: its own tag rules, pyosmium,
shapely and networkx, from the OpenStreetMap extract. Make it anew when the extract changes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from eh_access import WALK, load_origins, load_sites, read_network, travel_time_matrix

GOLDEN = Path(__file__).parent.parent / "golden" / "newport_walk.csv"


def test_walking_minutes_on_level_ground_are_those_of_another_program() -> None:
    golden = pd.read_csv(GOLDEN).pivot_table("minutes", "origin_id", "site_id")
    homes = load_origins("newport_postcode").loc[golden.index]
    sites = load_sites("newport_sites").loc[golden.columns]
    times = travel_time_matrix(
        read_network("newport"), homes, sites, mode=WALK.level(), cutoff_min=600
    )
    ours = times.to_wide().to_numpy(dtype=float)
    theirs = golden.to_numpy()
    assert len(golden) > 50
    assert np.isfinite(ours).all()
    apart = pd.DataFrame(np.abs(ours - theirs), index=golden.index, columns=golden.columns)
    # lengths are stored in centimetres and times in deciseconds on every street of a trip
    worst = apart.max(axis=1).nlargest(10)
    assert (worst < 0.1).all(), f"minutes apart, worst first:\n{worst}"

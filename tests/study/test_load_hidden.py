"""A hidden load cannot be worked out from the places of a site."""

from __future__ import annotations

import numpy as np
import pandas as pd

from eh_access.privacy.policy import Policy
from eh_access.study.findings import LOAD_COLUMNS
from eh_access.study.redact import redact_tables


def test_weight_for_each_place_rests_on_the_weights_that_are_shown() -> None:
    exact = pd.DataFrame(
        {
            "scenario": "closed",
            "mode": "walk",
            "sites": "full_time",
            "site_id": ["east", "north", "west"],
            "weight_before": [52.0, 7.0, 41.0],
            "weight_after": [93.0, 7.0, 0.0],
            "absorbed": [41.0, 0.0, 0.0],
            "capacity": [20.0, 8.0, 10.0],
            "per_place_before": [52 / 20, 7 / 8, 41 / 10],
            "per_place_after": [93 / 20, 7 / 8, np.nan],
            "places_per_hundred": np.nan,
        },
        columns=list(LOAD_COLUMNS),
    )
    shown, log = redact_tables({"load": exact}, Policy())
    told = shown["load"].set_index("site_id")
    assert told["absorbed"].isna().all()  # of a site that stays, its growth
    assert len(log) > 0
    # 7 is hidden, and with it its share of the 8 places; a second too, or the sum would tell it
    assert np.isnan(told.loc["north", ["weight_before", "per_place_before"]].astype(float)).all()
    assert told["weight_before"].isna().sum() == 2
    assert (told["per_place_before"].isna() == told["weight_before"].isna()).all()
    # what is shown is the rounded count over the places: the exact one cannot be had from it
    assert told.loc["east", "per_place_before"] == 50 / 20
    assert pd.isna(told["per_place_after"]["west"])

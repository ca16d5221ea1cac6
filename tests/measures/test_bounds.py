"""Bounds of a loss: by hand, and whatever stays in the end lies between them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError, NotFoundError
from eh_access.measures.basic import coverage
from eh_access.measures.bounds import ANY_LOST, BOUND_COLUMNS, loss_bounds
from eh_access.routing.travel_times import TravelTimes
from strategies_analysis import World, worlds
from toy_borough import times_of
from toys import origins_at

INF = np.inf
#  minutes to:        north, south, stays
HOUSES = ["h0", "h1", "h2", "h3"]
HOMES = origins_at(dict.fromkeys(HOUSES, (0.0, 0.0))).assign(young=[10.0, 20.0, 5.0, 40.0])


def table(minutes: list[list[float]], sites: list[str]) -> TravelTimes:
    return times_of(np.array(minutes), houses=HOUSES[: len(minutes)], centres=sites)


TIMES = table([[10, 25, 90], [15, 14, 12], [30, INF, 31], [INF, INF, 5]], ["n", "s", "k"])
VENUES = table([[10], [14.5], [29], [1]], ["hall"])


def test_a_town_by_hand() -> None:
    found = loss_bounds(
        TIMES, HOMES, weight="young", lost=["n", "s"], cutoffs_min=[15, 30], venues=VENUES
    )
    rows = [
        # n within 15: homes 0 and 1; the hall is as near to both; home 1 keeps k within 15
        ("n", 15.0, 75.0, 30.0, 30.0, 0.0, 10.0),
        # within 30: home 2 too, to whom the hall is nearer
        ("n", 30.0, 75.0, 35.0, 35.0, 0.0, 15.0),
        # s within 15: home 1, to whom the hall is half a minute farther
        ("s", 15.0, 75.0, 20.0, 0.0, 0.0, 0.0),
        # within 30: home 0 too, to whom the hall is nearer
        ("s", 30.0, 75.0, 30.0, 10.0, 0.0, 10.0),
        # either: to home 1 s is the nearer, and the hall is not as near
        (ANY_LOST, 15.0, 75.0, 30.0, 10.0, 0.0, 10.0),
        (ANY_LOST, 30.0, 75.0, 35.0, 15.0, 0.0, 15.0),
    ]
    pd.testing.assert_frame_equal(found, pd.DataFrame(rows, columns=list(BOUND_COLUMNS)))


def test_nothing_is_said_of_venues_without_any() -> None:
    found = loss_bounds(TIMES, HOMES, weight="young", lost=["n"], cutoffs_min=[15])
    assert found["weight_venue_as_near"].isna().all()


@given(data=st.data(), world=worlds(most_sites=5))
def test_whatever_stays_the_loss_lies_between(data: st.DataObject, world: World) -> None:
    first, *others = world.sites
    stays = data.draw(st.lists(st.sampled_from(others), unique=True)) if others else []
    known = data.draw(st.lists(st.sampled_from(stays), unique=True)) if stays else []
    whole = world.origins["weight"].sum()
    bounds = loss_bounds(
        world.times.select([first, *known]),
        world.origins,
        weight="weight",
        lost=[first],
        cutoffs_min=[30],
    )
    within = [
        np.nan_to_num(coverage(world.times, world.origins, cutoff_min=30, sites=sites)) * whole
        for sites in ([first, *stays], stays)
    ]
    lost = within[0] - within[1]
    row = bounds.iloc[-1]
    assert row["least_lost"] - 1e-9 <= lost <= row["most_lost"] + 1e-9
    assert row["most_lost"] <= row["weight_within"] <= row["weight"]
    if set(stays) == set(known):  # nothing is left unknown
        assert lost == pytest.approx(row["most_lost"], abs=1e-9)


def test_the_order_of_rows_says_nothing() -> None:
    asked = {"weight": "young", "lost": ["n"], "cutoffs_min": [30], "venues": VENUES}
    pd.testing.assert_frame_equal(
        loss_bounds(TIMES, HOMES.iloc[::-1], **asked), loss_bounds(TIMES, HOMES, **asked)
    )


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(NotFoundError, match="no column 'yuong': did you mean 'young'"):
        loss_bounds(TIMES, HOMES, weight="yuong", lost=["n"], cutoffs_min=[15])
    with pytest.raises(NotFoundError, match="'z'"):
        loss_bounds(TIMES, HOMES, weight="young", lost=["z"], cutoffs_min=[15])
    with pytest.raises(InputError, match="the origins are not those"):
        loss_bounds(
            TIMES,
            HOMES,
            weight="young",
            lost=["n"],
            cutoffs_min=[15],
            venues=table([[1]], ["hall"]),
        )

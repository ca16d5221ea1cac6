"""Fused answers against the same questions put to the whole table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eh_access.arguments import SearchOptions
from eh_access.errors import InputError
from eh_access.measures import basic
from eh_access.modes import DRIVE, WALK
from eh_access.network.cost import edge_cost
from eh_access.network.model import Network
from eh_access.routing.matrix import (
    count_within,
    coverage_within,
    nearest_from_nodes,
    nearest_sites,
    travel_time_matrix,
)
from oracles import scipy_minutes
from strategies_routing import towns
from toys import crossroads, diamond, grid_town, one_long_street, origins_at, sites_at

ENGINES = ("queue", "hierarchy")


@st.composite
def jobs(draw: st.DrawFn) -> dict:
    place = st.tuples(st.integers(0, 1200), st.integers(0, 1200))
    homes = draw(st.lists(place, min_size=1, max_size=8))
    doors = draw(st.lists(st.none() | place, min_size=1, max_size=6))
    names = draw(st.permutations([f"s{k}" for k in range(len(doors))]))
    weights = draw(st.lists(st.integers(0, 9), min_size=len(homes), max_size=len(homes)))
    return {
        "origins": origins_at(dict(enumerate(homes)), weight=weights),
        "sites": sites_at(dict(zip(names, doors, strict=True))),
        "mode": draw(st.sampled_from([WALK, DRIVE])),
        "direction": draw(st.sampled_from(["to_sites", "from_sites"])),
    }


@settings(max_examples=60)
@given(town=towns(), job=jobs(), cutoff_min=st.sampled_from([3.0, 7.5, 60.0]))
def test_fused_answers_equal_those_from_the_whole_table(
    town: Network, job: dict, cutoff_min: float
) -> None:
    assume(edge_cost(town, job["mode"]).main.any())
    whole = travel_time_matrix(town, **job, cutoff_min=cutoff_min)
    counts = basic.cumulative_opportunities(whole, cutoff_min=cutoff_min)
    share = basic.coverage(whole, job["origins"], cutoff_min=cutoff_min)
    second = basic.nth_nearest(whole, 2)
    for engine in ENGINES:
        how = job | {"options": SearchOptions(engine=engine)}
        nearest = nearest_sites(town, **how, cutoff_min=cutoff_min)
        assert nearest.equals(whole.nearest())
        two = nearest_sites(town, **how, n=2, cutoff_min=cutoff_min)
        assert two.xs(1, level="rank").equals(nearest)
        assert two.xs(2, level="rank")["minutes"].equals(second)
        assert count_within(town, **how, cutoffs_min=[cutoff_min])[cutoff_min].equals(
            counts.rename(cutoff_min)
        )
        covered = coverage_within(town, **how, cutoffs_min=[cutoff_min])[cutoff_min]
        assert np.array_equal(covered, share, equal_nan=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_more_sites_than_fit_a_batch(engine: str) -> None:
    town = grid_town(9, 8)
    rng = np.random.default_rng(7)
    homes = origins_at({k: tuple(rng.uniform(0, 1200, 2)) for k in range(50)})
    sites = sites_at({f"s{k:03}": tuple(rng.uniform(0, 1200, 2)) for k in range(150)})
    how = {"mode": WALK, "options": SearchOptions(engine=engine)}
    whole = travel_time_matrix(town, homes, sites, **how)
    assert nearest_sites(town, homes, sites, **how).equals(whole.nearest())
    third = nearest_sites(town, homes, sites, n=3, **how).xs(3, level="rank")["minutes"]
    assert third.equals(basic.nth_nearest(whole, 3))
    cutoffs = [5.0, 12.0]
    counted = count_within(town, homes, sites, cutoffs_min=cutoffs, **how)
    for cutoff in cutoffs:
        expected = basic.cumulative_opportunities(whole, cutoff_min=cutoff)
        assert counted[cutoff].tolist() == expected.tolist()


def test_ties_go_to_the_site_that_sorts_first_whatever_the_order_given() -> None:
    home = origins_at({"middle": (0, 0)})
    for names in (["b", "a", "c"], ["c", "b", "a"]):
        places = dict(zip(names, [(160, 0), (0, 160), (-160, 0)], strict=True))
        for engine in ENGINES:
            found = nearest_sites(
                crossroads(),
                home,
                sites_at(places),
                mode=WALK,
                options=SearchOptions(engine=engine),
            )
            assert found.loc["middle"].tolist() == [2.0, "a"]


def test_by_hand_fewer_sites_than_asked_for() -> None:
    home, sites = origins_at({"quarter": (200, 0)}), sites_at({"half": (400, 0)})
    two = nearest_sites(one_long_street(), home, sites, mode=WALK, n=2)
    assert two["minutes"].tolist() == [2.5, np.inf]
    assert two["site_id"].tolist() == ["half", ""]


@pytest.mark.parametrize("direction", ["to_sites", "from_sites"])
def test_nearest_of_nodes_against_scipy(direction: str) -> None:
    town = grid_town(7, 6)
    nodes = [40, 3, 17, 3]
    minutes, which = nearest_from_nodes(town, nodes, mode=DRIVE, direction=direction)
    theirs = scipy_minutes(town, DRIVE, nodes, direction)
    assert np.array_equal(np.rint(minutes * 600), np.rint(theirs.min(axis=1) * 600))
    assert np.array_equal(which, np.rint(theirs * 600).argmin(axis=1))


def test_what_cannot_be_asked() -> None:
    job = {"origins": origins_at({"w": (0, 0)}), "sites": sites_at({"e": (192, 0)}), "mode": WALK}
    with pytest.raises(InputError, match="n is 0"):
        nearest_sites(diamond(), **job, n=0)
    with pytest.raises(InputError, match="give one or more"):
        count_within(diamond(), **job, cutoffs_min=[])
    with pytest.raises(InputError, match="no column 'weight'"):
        coverage_within(
            diamond(), **job | {"origins": job["origins"][["geometry"]]}, cutoffs_min=[5]
        )


def test_who_is_exactly_at_a_cutoff_is_within() -> None:
    homes = origins_at({"near": (-160, 0), "far": (160, 0)}, weight=[3.0, 1.0])
    # 160 m to the crossing and 160 m on: two minutes and two
    share = coverage_within(
        crossroads(), homes, sites_at({"s": (-160, 0)}), mode=WALK, cutoffs_min=[3.9, 4.0]
    )
    assert share.tolist() == [0.75, 1.0]

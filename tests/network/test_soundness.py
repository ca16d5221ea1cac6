"""Lengths, speeds and numbers of nodes that compiled code must never see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eh_access.errors import InputError
from eh_access.modes import CYCLE, DRIVE, PUSHCHAIR, WALK
from eh_access.network.cost import LONGEST_DS, edge_cost
from eh_access.network.model import CLOSED_DS, Network
from toys import STREET, diamond, toy_network


def with_length(length_m: float) -> Network:
    return toy_network([(0, 1, length_m, STREET)], [(0, 0), (80, 0)])


@pytest.mark.parametrize("length_m", [np.nan, np.inf, -1.0])
def test_a_length_that_is_none_is_refused_with_its_edge_and_way(length_m: float) -> None:
    lengths = diamond().length_m.copy()
    lengths[2] = length_m
    with pytest.raises(InputError, match=rf"edge 2 \(way 3\): length_m is {length_m}; give metres"):
        replace(diamond(), length_m=lengths)


@pytest.mark.parametrize("name", ["edge_from", "edge_to", "edge_tags"])
@pytest.mark.parametrize("number", [-1, 10**6])
def test_an_edge_that_names_what_is_not_there_is_refused(name: str, number: int) -> None:
    rows = getattr(diamond(), name).copy()
    rows[1] = number
    with pytest.raises(InputError, match=rf"edge 1 \(way 2\): {name} is {number}; there are"):
        replace(diamond(), **{name: rows})


def test_of_many_faults_the_first_are_shown_and_the_rest_counted() -> None:
    edges = [(0, 1, 80.0, STREET)] * 9
    town = toy_network(edges, [(0, 0), (80, 0)])
    with pytest.raises(InputError, match="4 more edges have a fault in length_m"):
        replace(town, length_m=np.full(9, np.nan))


def test_arrays_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match="network: length_m must have"):
        replace(diamond(), length_m=np.ones(1))


def test_a_street_of_nineteen_days_is_the_longest_there_may_be() -> None:
    # 4.8 km/h are 2 / 15 m a decisecond
    longest = edge_cost(with_length(LONGEST_DS * 2 / 15), WALK.without_hills())
    assert longest.forward_ds.tolist() == [LONGEST_DS]
    with pytest.raises(InputError, match=r"edge 0 \(way 1\), 2,237 km long, takes 19 days on foot"):
        edge_cost(with_length(2_237_000.0), WALK)


@pytest.mark.parametrize("length_m", [1e9, 1e12, 1e300])
def test_no_length_comes_to_minutes_below_nought(length_m: float) -> None:
    with pytest.raises(InputError, match=r"correct its length, or the speed of 4.8 km/h"):
        with_length(length_m).one_to_all([0], mode=WALK)


@pytest.mark.parametrize("mode", [WALK, PUSHCHAIR, CYCLE, DRIVE], ids=lambda mode: mode.name)
def test_the_slowest_speeds_there_may_be_keep_minutes_in_order(mode: object) -> None:
    slow = replace(mode, speed_km_h=0.1, walk_speed_km_h=0.1, speed_factor=0.05)
    cost = edge_cost(with_length(100.0), slow)
    assert ((cost.forward_ds > 0) & (cost.forward_ds < CLOSED_DS)).all()


@pytest.mark.parametrize("speed", [1e-6, 0.0999, 0.0, -3.0, np.nan, np.inf, 201.0, "4", None, True])
def test_a_speed_nobody_goes_at_is_refused(speed: object) -> None:
    with pytest.raises(InputError, match=r"speed_km_h is .*; give a speed in km/h from 0.1 to 200"):
        WALK.with_speed(speed)

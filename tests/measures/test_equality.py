from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError, NotFoundError
from eh_access.measures.comparison import compare
from eh_access.measures.equity import GROUPS, fifths, gap, group_members, imd_fifth
from toy_borough import origins, times, times_of


def test_national_fifths_are_pairs_of_deciles() -> None:
    assert imd_fifth(pd.Series(range(1, 11))).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_unknown_decile_stays_unknown() -> None:
    found = imd_fifth(pd.Series([1.0, None]))
    assert found[0] == 1
    assert found[1] is pd.NA


@pytest.mark.parametrize("wrong", [0, 11, 2.5])
def test_deciles_out_of_bounds(wrong: float) -> None:
    with pytest.raises(InputError, match="run from 1 to 10"):
        imd_fifth(pd.Series([1, wrong]))


def table(values: list[float | None], weights: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"weight": weights, "value": values})


def test_even_weights_give_even_fifths() -> None:
    found = fifths(table([float(v) for v in range(10)], [1.0] * 10), "value")
    assert found.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_ties_stay_together_and_the_first_fifth_is_never_empty() -> None:
    # the tie holds 6 of 10: it begins at 0, so it is fifth 1; the next begins at 0.6, in fifth 4
    found = fifths(table([1, 1, 1, 2, 3], [2.0, 2, 2, 2, 2]), "value")
    assert found.tolist() == [1, 1, 1, 4, 5]


def test_highest_first() -> None:
    assert fifths(table([1, 2], [1.0, 9]), "value", first="high").tolist() == [5, 1]


def test_origins_without_weight_or_value() -> None:
    found = fifths(table([1, 9, None], [1.0, 0.0, 5.0]), "value")
    assert found.tolist()[:2] == [1, 5]  # the second begins where all the weight is behind it
    assert found[2] is pd.NA
    assert fifths(table([1, 2], [0.0, 0.0]), "value").tolist() == [1, 1]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 9)), min_size=1, max_size=30))
def test_first_fifth_holds_a_fifth_and_order_is_kept(rows: list[tuple[int, int]]) -> None:
    data = table([float(value) for value, _ in rows], [float(weight) for _, weight in rows])
    found = fifths(data, "value")
    assert found.between(1, 5).all()
    assert data.loc[found == 1, "weight"].sum() >= data["weight"].sum() / 5 - 1e-9
    by_value = pd.DataFrame({"value": data["value"], "fifth": found}).sort_values("value")
    assert by_value["fifth"].is_monotonic_increasing
    assert len(by_value.drop_duplicates()) == data["value"].nunique()


def test_named_groups() -> None:
    people = origins()
    members = {name: people.index[group_members(people, name)].tolist() for name in GROUPS}
    assert members == {
        "most-deprived-fifth": ["h04", "h05", "h06", "h07"],
        # deciles from 1 up: the 30 of decile 1 begin at 0; decile 2 begins at 0.3, in fifth 2
        "most-deprived-fifth-local": ["h04", "h05", "h06"],
        "no-car-fifth": ["h04", "h05", "h06"],
    }


def test_unknown_group_or_column() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'no-car-fifth'"):
        group_members(origins(), "nocar-fifth")
    with pytest.raises(NotFoundError, match="no column 'no_car_share'"):
        group_members(origins().drop(columns="no_car_share"), "no-car-fifth")
    with pytest.raises(NotFoundError, match="no column 'valu'"):
        fifths(table([1], [1.0]), "valu")


def test_gap_leaves_out_the_unknown_and_says_how_many() -> None:
    people = origins().assign(imd_decile=[None, 5, 5, 1, 1, 1, 2, 9, 9, 7, 7, 7])
    found = gap(
        compare(times(), times(), people, sites_after=["A", "C", "D"]), "most-deprived-fifth"
    )
    assert found.unknown_weight == 10
    assert (found.inside_min, found.elsewhere_min) == (15, 60 / 50)


def test_gap_where_one_side_loses_all_reach() -> None:
    minutes = times().minutes.copy()
    minutes[3:6] = math.inf  # the deprived ward is cut off
    lost = times_of(minutes)
    found = gap(compare(times(), lost, origins()), "most-deprived-fifth")
    assert found.inside_min == found.gap_min == math.inf
    minutes[0] = math.inf
    assert math.isnan(gap(compare(times(), times_of(minutes), origins()), "no-car-fifth").gap_min)


def test_gap_of_ones_own_group() -> None:
    inside = pd.Series(origins().index == "h04", index=origins().index)
    found = gap(compare(times(), times(), origins(), sites_after=["A", "C", "D"]), inside)
    assert (found.inside_min, found.inside_weight, found.elsewhere_weight) == (36, 10, 90)

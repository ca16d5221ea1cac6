"""Nobody identifiable: rules by example, and a reader who works at it with linear programs.

The attacker here shares no code with what it attacks. It takes the tables as they are published,
knows the rules (threshold, rounding, that rows add up, which hidden counts are small) and asks for
the least and the most each hidden count can be.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from eh_access.errors import InputError
from eh_access.privacy.disclosure import CountTable, Disclosure, Nest, Protected, Share, suppress
from eh_access.privacy.policy import Policy

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def shown(protected: Protected, column: str = "n") -> list[float | None]:
    return [None if math.isnan(value) else value for value in protected.frame[column]]


def wards(counts: dict[str, float], **more: object) -> CountTable:
    frame = pd.DataFrame({"ward": list(counts), "n": list(counts.values())})
    return CountTable(name="wards", frame=frame, counts=("n",), by=("ward",), **more)


# ---- the rules by example ----------------------------------------------------------------------


def test_small_counts_go_and_the_rest_are_rounded() -> None:
    found = suppress(
        pd.DataFrame({"ward": list("ABC"), "n": [9, 10, 63]}), counts=["n"], by=["ward"]
    )
    assert shown(found) == [None, 10, 65]  # no total: nothing else tells the nine
    assert found.hidden["n"].tolist() == [True, False, False]
    assert found.log.to_dict("records") == [
        {
            "table": "table",
            "row": "A",
            "column": "n",
            "reason": "the count is below the threshold",
        }
    ]


def test_a_total_takes_a_second_count_with_it() -> None:
    found = Disclosure(Policy()).protect(wards({"A": 3, "B": 41, "C": 52, "all": 96}))[0]
    assert shown(found) == [None, None, 50, 95]  # the smaller of the two others
    assert found.log["reason"].tolist() == [
        "the count is below the threshold",
        "another hidden count could be worked out from it",
    ]


def test_two_small_counts_that_must_both_be_nine() -> None:
    # 9 + 9 = 18: both are below ten, so were they all that is hidden both would be told
    found = Disclosure(Policy()).protect(wards({"A": 9, "B": 9, "C": 40, "all": 58}))[0]
    assert shown(found) == [None, None, None, 60]


def test_a_table_of_two_keys_needs_four_hidden() -> None:
    counts = {("A", "x"): 4, ("A", "y"): 30, ("B", "x"): 25, ("B", "y"): 41}
    rows = [(ward, kind, n) for (ward, kind), n in counts.items()]
    rows += [(ward, "all", sum(n for (w, _), n in counts.items() if w == ward)) for ward in "AB"]
    rows += [("all", kind, sum(n for (_, k), n in counts.items() if k == kind)) for kind in "xy"]
    rows += [("all", "all", 100)]
    table = pd.DataFrame(rows, columns=["ward", "kind", "n"])
    found = suppress(table, counts=["n"], by=["ward", "kind"])
    assert shown(found) == [None, None, None, None, 35, 65, 30, 70, 100]


def test_none_is_hidden_like_few_unless_nobody_could_be_counted() -> None:
    table = {"A": 0, "B": 30, "C": 40}
    assert shown(Disclosure(Policy()).protect(wards(table))[0]) == [None, 30, 40]
    assert shown(Disclosure(Policy(show_zeros=True)).protect(wards(table))[0]) == [0, 30, 40]
    nobody = pd.DataFrame({"n": [True, False, False]})
    told = Disclosure(Policy()).protect(wards(table, structural=nobody))[0]
    assert shown(told) == [0, 30, 40]


def test_the_log_does_not_tell_none_from_few() -> None:
    log = Disclosure(Policy()).protect(wards({"A": 0, "B": 4, "C": 40}))[0].log
    assert len(set(log["reason"])) == 1
    assert log.columns.tolist() == ["table", "row", "column", "reason"]


def scenarios(before: int, after: int, other: int = 60) -> CountTable:
    frame = pd.DataFrame(
        {
            "scenario": ["baseline", "closed"] * 2,
            "ward": ["A", "A", "B", "B"],
            "n": [before, after, other, other],
        }
    )
    return CountTable(
        name="s",
        frame=frame,
        counts=("n",),
        by=("ward",),
        apart=("scenario",),
        scenario="scenario",
    )


@pytest.mark.parametrize(
    ("after", "expected"),
    [(40, 40), (37, None), (31, None), (30, 30), (49, None), (50, 50)],
)
def test_a_small_difference_between_scenarios_is_hidden(after: int, expected: float | None) -> None:
    found = Disclosure(Policy()).protect(scenarios(40, after))[0]
    assert shown(found) == [40, expected, 60, 60]
    if expected is None:
        assert found.log["reason"].tolist() == [
            "it differs from another scenario by less than the threshold"
        ]


def test_before_and_after_in_one_row() -> None:
    frame = pd.DataFrame({"ward": ["A", "B"], "was": [40, 40], "now": [37, 20]})
    table = CountTable(
        name="t", frame=frame, counts=("was", "now"), by=("ward",), twins=(("was", "now"),)
    )
    found = Disclosure(Policy()).protect(table)[0]
    assert shown(found, "was") == [40, 40]
    assert shown(found, "now") == [None, 20]


def test_who_is_not_counted_is_counted_too() -> None:
    # 37 of 40 within half an hour: three are not, though no column says so
    frame = pd.DataFrame({"ward": ["A", "B"], "all_of_them": [40, 80], "near": [37, 50]})
    table = CountTable(
        name="t",
        frame=frame,
        counts=("all_of_them", "near"),
        by=("ward",),
        parts={"all_of_them": (("near",),)},
    )
    found = Disclosure(Policy()).protect(table)[0]
    assert shown(found, "near") == [None, 50]


def test_a_count_that_depends_on_no_scenario_is_one_count() -> None:
    frame = pd.DataFrame({"scenario": ["a", "b"], "n": [40, 41]})
    told = {"name": "t", "counts": ("n",), "apart": ("scenario",), "scenario": "scenario"}
    with pytest.raises(InputError, match="one count has two values"):
        Disclosure(Policy()).protect(CountTable(frame=frame, fixed={"n": ("scenario",)}, **told))
    assert shown(Disclosure(Policy()).protect(CountTable(frame=frame, **told))[0]) == [40, None]


def test_linked_tables_share_their_totals() -> None:
    # by ward and by fifth, one total: the fifths would tell it and the wards the rest
    fifths = pd.DataFrame({"fifth": ["1", "2"], "n": [50, 46]})
    second = CountTable(name="fifths", frame=fifths, counts=("n",), by=("fifth",))
    first = wards({"A": 3, "B": 41, "C": 52})
    found = Disclosure(Policy()).protect(first, second)
    assert shown(found[0]) == [None, None, 50]
    assert shown(found[1]) == [50, 45]
    alone = Disclosure(Policy()).protect(first)
    assert shown(alone[0]) == [None, 40, 50]  # no total, nothing to work it out from


def test_areas_that_lie_in_others() -> None:
    areas = pd.DataFrame({"area": ["A1", "A2", "A3", "B1"], "n": [4, 30, 40, 60]})
    inner = CountTable(name="areas", frame=areas, counts=("n",), by=("area",))
    nest = Nest(inner="area", outer="ward", outer_of={"A1": "A", "A2": "A", "A3": "A", "B1": "B"})
    found = Disclosure(Policy(), nests=[nest]).protect(wards({"A": 74, "B": 60}), inner)
    assert shown(found[0]) == [75, 60]
    assert shown(found[1]) == [None, None, 40, 60]


def test_what_was_published_stays_known() -> None:
    guard = Disclosure(Policy())
    first = guard.protect(wards({"A": 41, "all": 96}))[0]
    assert shown(first) == [40, 95]
    later = wards({"A": 41, "B": 3, "C": 52, "all": 96})
    assert shown(guard.protect(later)[0]) == [40, None, None, 95]
    assert guard.exposed == 0
    assert len(guard.log) == 2


def test_shares_follow_what_is_shown() -> None:
    frame = pd.DataFrame(
        {
            "ward": list("ABCD"),
            "n": [203, 22, 203, 203],
            "near": [101, 15, 6, 150],
            "share": [101 / 203, 15 / 22, 6 / 203, 150 / 203],
            "mean_min": [12.0, 13.0, 14.0, 15.0],
        }
    )
    table = CountTable(
        name="t",
        frame=frame,
        counts=("n", "near"),
        by=("ward",),
        shares={"share": Share(of="near", base="n")},
        rests={"mean_min": ("n",)},
    )
    found = Disclosure(Policy()).protect(table)[0]
    # 100 of 205, not 101 of 203; 22 are too few for a share; six are hidden, so is their share
    assert shown(found, "share") == [pytest.approx(100 / 205), None, None, pytest.approx(150 / 205)]
    assert shown(found, "mean_min") == [12, None, 14, 15]
    reasons = found.log.set_index(["column", "row"])["reason"]
    assert reasons["share", "B"] == "it is a share or a mean of too few"
    assert reasons["share", "C"] == "it rests on a hidden count"


def test_published_statistics_are_left_alone_but_never_a_users_own() -> None:
    counts = {"A": 3, "B": 41}
    public = Policy(public=True)
    assert shown(Disclosure(public).protect(wards(counts))[0]) == [3, 41]
    assert shown(Disclosure(public).protect(wards(counts, own=True))[0]) == [None, 40]


def test_the_tables_given_are_untouched_and_two_runs_agree() -> None:
    table = wards({"A": 3, "B": 41, "C": 52, "all": 96})
    before = table.frame.copy()
    first, second = (Disclosure(Policy()).protect(table)[0] for _ in range(2))
    pd.testing.assert_frame_equal(table.frame, before)
    pd.testing.assert_frame_equal(first.frame, second.frame)


# ---- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"threshold": 0}, "threshold is 0"),
        ({"round_to": 0}, "round_to is 0"),
        ({"least_base": -1.0}, "least_base is -1"),
        ({"round_to": 20}, "round_to is 20, above the threshold of 10"),
        ({"threshold": 3, "round_to": 1, "show_zeros": True}, "threshold of 4 or more"),
    ],
)
def test_rules_that_make_no_sense(keys: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Policy(**keys)


def test_tables_that_make_no_sense() -> None:
    frame = pd.DataFrame({"ward": ["A", "A"], "n": [-1.0, math.nan]})
    with pytest.raises(InputError) as caught:
        CountTable(name="t", frame=frame, counts=("n",), by=("ward",))
    assert len(caught.value.faults) == 2
    with pytest.raises(InputError, match="no column 'm'"):
        CountTable(name="t", frame=frame, counts=("m",), by=("ward",))
    with pytest.raises(InputError, match="add up to more"):
        Disclosure(Policy()).protect(wards({"A": 30, "B": 40, "all": 60}))


# ---- a reader who works at it -------------------------------------------------------------------


class Attacker:
    """Knows the published tables and the rules; the unknowns are the finest cells."""

    def __init__(self, cells: list[tuple[str, ...]], policy: Policy) -> None:
        self.number = {cell: place for place, cell in enumerate(cells)}
        self.policy = policy
        self.rows: list[np.ndarray] = []
        self.lows: list[float] = []
        self.highs: list[float] = []

    def row(self, members: list[tuple[str, ...]], sign: float = 1.0) -> np.ndarray:
        found = np.zeros(len(self.number))
        for cell in members:
            found[self.number[cell]] += sign
        return found

    def learn(self, members: list[tuple[str, ...]], printed: float, *, small: bool | None) -> None:
        """Take one figure as it is printed; of a hidden one, whether it is small, if known."""
        step, least = self.policy.round_to, self.policy.threshold
        if math.isnan(printed):
            low, high = 0.0, math.inf
            if small is not None:
                low, high = (0.0, least - 1.0) if small else (least, math.inf)
            if small and self.policy.show_zeros:
                low = 1.0
        elif printed == 0:
            low = high = 0.0
        else:
            low = max(printed - step // 2, least)
            high = printed + math.ceil(step / 2) - 1
        self.rows.append(self.row(members))
        self.lows.append(low)
        self.highs.append(high)

    def whole_numbers(self, row: np.ndarray) -> list[int]:
        """Return the whole numbers that a sum of cells can be."""
        matrix = np.array([*self.rows, *(-item for item in self.rows)])
        limits = np.array([*self.highs, *(-low for low in self.lows)])
        kept = np.isfinite(limits)
        ends = []
        for sign in (1.0, -1.0):
            told = linprog(sign * row, A_ub=matrix[kept], b_ub=limits[kept], bounds=(0, None))
            assert told.status in (0, 3), told.message
            ends.append(told.fun * sign if told.status == 0 else -sign * 1e6)
        return list(range(math.ceil(ends[0] - 1e-6), math.floor(min(ends[1], 1e4) + 1e-6) + 1))


@st.composite
def cross_tables(draw: st.DrawFn) -> dict[tuple[str, ...], int]:
    """Return counts by scenario, ward and kind, small ones common."""
    places = draw(st.integers(2, 3))
    kinds = draw(st.integers(1, 3))
    many = draw(st.integers(1, 2))
    count = st.one_of(st.integers(0, 12), st.integers(0, 60))
    return {
        (f"s{s}", f"w{w}", f"k{k}"): draw(count)
        for s, w, k in product(range(many), range(places), range(kinds))
    }


def margins(counts: dict[tuple[str, ...], int], keep: tuple[bool, bool]) -> pd.DataFrame:
    """Return a table of counts by ward and kind, or by one of them, with its totals."""
    rows: dict[tuple[str, str, str], int] = {}
    for (scenario, ward, kind), n in counts.items():
        for own in product(
            *[
                (label, "all") if k else ("all",)
                for label, k in zip((ward, kind), keep, strict=True)
            ]
        ):
            rows[(scenario, *own)] = rows.get((scenario, *own), 0) + n
    return pd.DataFrame(
        [(*key, n) for key, n in rows.items()], columns=["scenario", "ward", "kind", "n"]
    )


def table_of(frame: pd.DataFrame, name: str) -> CountTable:
    return CountTable(
        name=name,
        frame=frame,
        counts=("n",),
        by=("ward", "kind"),
        apart=("scenario",),
        scenario="scenario",
    )


def attack(
    counts: dict[tuple[str, ...], int],
    published: list[Protected],
    truth: list[CountTable],
    policy: Policy,
    *,
    has_log: bool = True,
) -> None:
    """Fail if any hidden small count, or small difference, can be told as one number.

    One who has the log knows of every hidden count whether it is small.
    """
    attacker = Attacker(list(counts), policy)
    sums: dict[tuple[str, ...], tuple[list[tuple[str, ...]], int, bool]] = {}
    for table, found in zip(truth, published, strict=True):
        for row, printed in zip(table.frame.itertuples(index=False), found.frame["n"], strict=True):
            members = [
                cell
                for cell in counts
                if cell[0] == row.scenario
                and row.ward in ("all", cell[1])
                and row.kind in ("all", cell[2])
            ]
            small = row.n < policy.threshold and not (row.n == 0 and policy.show_zeros)
            assert math.isnan(printed) or not small
            known = small if has_log and (small or row.n > 0) else None
            attacker.learn(members, printed, small=known)
            sums[(row.scenario, row.ward, row.kind)] = (members, row.n, math.isnan(printed))
    for (scenario, *where), (members, n, hidden) in sums.items():
        if hidden and n < policy.threshold and not (n == 0 and policy.show_zeros):
            able = attacker.whole_numbers(attacker.row(members))
            assert n in able
            assert len(able) > 1, f"{scenario} {where} is told to be {able}"
        first = sums.get(("s0", *where))
        if scenario != "s0" and first is not None and 0 < abs(n - first[1]) < policy.threshold:
            assert hidden or first[2], "a small difference is printed"
            change = attacker.row(members) - attacker.row(first[0])
            able = attacker.whole_numbers(change)
            assert len(able) > 1, f"the change of {where} is told to be {able}"


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(
    counts=cross_tables(),
    threshold=st.sampled_from([5, 10]),
    step=st.sampled_from([1, 5]),
    zeros=st.booleans(),
)
def test_no_hidden_count_can_be_worked_out(
    counts: dict[tuple[str, ...], int], threshold: int, step: int, *, zeros: bool
) -> None:
    policy = Policy(threshold=threshold, round_to=step, show_zeros=zeros)
    truth = [
        table_of(margins(counts, keep), name)
        for name, keep in (("both", (True, True)), ("ward", (True, False)), ("kind", (False, True)))
    ]
    published = list(Disclosure(policy).protect(*truth))
    attack(counts, published, truth, policy)


@settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
@given(counts=cross_tables(), order=st.permutations([(True, True), (True, False), (False, True)]))
def test_nor_from_tables_published_one_after_another(
    counts: dict[tuple[str, ...], int], order: list[tuple[bool, bool]]
) -> None:
    policy = Policy(round_to=1)
    guard = Disclosure(policy)
    truth = [table_of(margins(counts, keep), str(keep)) for keep in order]
    published = [guard.protect(table)[0] for table in truth]
    # where the first tables left no way out, only those who are told which hidden counts are small
    # can tell more; the tables do not say it, and `exposed` warns
    attack(counts, published, truth, policy, has_log=guard.exposed == 0)


@settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
@given(counts=cross_tables())
def test_what_is_large_and_alone_is_shown(counts: dict[tuple[str, ...], int]) -> None:
    # hiding everything would pass every other test: where all is large and one scenario is
    # published, nothing is hidden
    large = {cell: n + 10 for cell, n in counts.items() if cell[0] == "s0"}
    table = table_of(margins(large, (True, True)), "both")
    found = Disclosure(Policy()).protect(table)[0]
    assert not found.hidden.any(axis=None)
    assert found.log.empty
    assert (found.frame["n"] - table.frame["n"]).abs().max() <= 2

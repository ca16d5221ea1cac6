"""Every alternative of the toy borough worked out on paper, and properties of the ranking.

Two of the four centres close. Steps of 12 minutes to the nearest of the two that stay, by house::

    house    h01 h02 h03 h04 h05 h06 h07 h08 h09 h10 h11 h12   weight x steps
    weight    10   5   5  10  10  10  10  10  10   5   5  10
    before     0   1   1   0   1   2   1   0   1   2   1   0
    A, B go    7   6   5   4   3   2   1   0   1   2   1   0   250
    A, C go    3   2   1   0   1   2   3   4   3   2   1   0   190
    A, D go    3   2   1   0   1   2   1   0   1   2   3   4   160
    B, C go    0   1   2   3   4   5   5   4   3   2   1   0   270
    B, D go    0   1   2   3   3   2   1   0   1   2   3   4   180
    C, D go    0   1   1   0   1   2   3   4   5   6   7   8   305
"""

from __future__ import annotations

import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access import WALK, estimate_travel_times, load_origins, load_sites
from eh_access.criteria.criterion import Case, JudgeSettings, Side
from eh_access.criteria.evaluate import nearest_left
from eh_access.criteria.judge import judge
from eh_access.criteria.scoring import make_scorer, quantiles_of
from eh_access.errors import InputError, NotFoundError
from eh_access.measures.basic import quantile_of
from eh_access.measures.scenarios import BASELINE, Close, Scenario, apply_scenario
from eh_access.planning.alternatives import (
    AlternativeOptions,
    Alternatives,
    classify_columns,
    pareto,
    rank_alternatives,
    ranks_of,
    ties_of,
)
from toy_borough import SEVEN, case_of, origins, side, sites, times, times_of

PAIRS = ["A; B", "A; C", "A; D", "B; C", "B; D", "C; D"]
BY_HAND = {
    # the sum of weight x steps, x 12 minutes / 100
    "mean_min": ([30.0, 22.8, 19.2, 32.4, 21.6, 36.6], [4, 3, 1, 5, 2, 6]),
    # weight reached step by step: A, B: 20 45 60 70 80 85 90, so 6 steps; A, C: 20 40 60 90;
    # A, D: 20 55 75 90; B, C: 20 30 40 60 80 100; B, D: 20 45 65 90; C, D: 20 40 50 60 70 80 85 90
    "p90_min": ([72.0, 36.0, 36.0, 60.0, 36.0, 84.0], [5, 1, 1, 4, 1, 6]),
    # h04 to h07, each 10: steps 4 3 2 1, 0 1 2 3, 0 1 2 1, 3 4 5 5, 3 3 2 1, 0 1 2 3
    "mean_deprived_fifth_min": ([30.0, 18.0, 12.0, 51.0, 27.0, 18.0], [5, 2, 1, 6, 4, 2]),
    # h04 to h06
    "mean_no_car_fifth_min": ([36.0, 12.0, 12.0, 48.0, 32.0, 12.0], [5, 1, 1, 6, 4, 1]),
    # one step more is 12 minutes: A, B: h01-h05; A, C: h01 h02 h07-h09; A, D: h01 h02 h11 h12;
    # B, C: h03-h09; B, D: h03-h05 h11 h12; C, D: h07-h12
    "losers_weight": ([40.0, 45.0, 30.0, 65.0, 40.0, 50.0], [2, 4, 1, 6, 2, 5]),
    # two steps are 24 minutes, three are 36
    "walk_30_share": ([0.6, 0.6, 0.75, 0.4, 0.65, 0.5], [3, 3, 1, 6, 2, 5]),
}


def ranking(
    council: tuple[str, ...] = (), criteria: tuple[str, ...] = ("walk-30",)
) -> Alternatives:
    return rank_alternatives(
        side(apply_scenario(sites(), BASELINE)),
        origins(),
        close=2,
        criteria=[SEVEN[name] for name in criteria],
        options=AlternativeOptions(council=council),
    )


def test_where_nobody_reaches_any_site_every_set_says_so() -> None:
    nobody = times_of(np.full_like(times().minutes, np.inf))
    start = Side(sites=apply_scenario(sites(), BASELINE), times={"walk": nobody})
    table = rank_alternatives(start, origins(), close=2, criteria=[SEVEN["walk-30"]]).frame
    assert (table["walk_30_share"] == 0.0).all()
    assert table["mean_min"].isna().all()


def test_a_criterion_of_areas_that_nobody_names_leaves_the_sets_without_its_value() -> None:
    homes = origins().assign(ward_code=None)
    spread = SEVEN["even-spread"]
    found = rank_alternatives(
        side(apply_scenario(sites(), BASELINE)),
        homes.assign(**{spread.by: None}),
        close=2,
        criteria=[SEVEN["walk-30"], spread],
    )
    assert len(found.frame) == len(PAIRS)


# ---- on paper ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", list(BY_HAND))
def test_every_alternative_and_its_rank(key: str) -> None:
    table = ranking().frame.set_index("closed_sites").loc[PAIRS]
    values, ranks = BY_HAND[key]
    assert table[key].tolist() == pytest.approx(values)
    assert table[f"rank_{key}"].tolist() == ranks


def test_the_measures_are_those_worked_out() -> None:
    assert [measure.key for measure in ranking().measures] == list(BY_HAND)


def test_sets_come_best_first_and_one_is_best_in_everything() -> None:
    table = ranking().frame
    assert table["closed_sites"].tolist() == ["A; D", "B; D", "A; C", "A; B", "B; C", "C; D"]
    assert table["in_pareto"].tolist() == [True] + [False] * 5  # A, D has rank 1 on all six
    assert table["closed_names"].iloc[0] == "Centre A; Centre D"
    assert table["scored"].all()
    assert table["basis"].eq("streets").all()


def test_against_the_choice_of_the_council() -> None:
    found = ranking(council=("C", "B"))
    assert found.frame.set_index("closed_sites")["is_council_choice"].idxmax() == "B; C"
    # B, C: 32.4 60 51 48 65 0.4. A, C and A, D and B, D are better in all six; A, B has the
    # longer p90 (72), C, D the longer mean (36.6) and p90 (84)
    assert found.beating_council()["closed_sites"].tolist() == ["A; D", "B; D", "A; C"]
    table = found.frame.set_index("closed_sites").loc[PAIRS]
    assert table["better_than_council"].tolist() == [5, 6, 6, 0, 6, 4]
    assert table["worse_than_council"].tolist() == [1, 0, 0, 0, 0, 2]


def test_as_good_is_not_better() -> None:
    found = ranking(council=("B", "D"))
    assert found.beating_council().empty  # A, D ties on the 90th percentile
    assert found.beating_council(strictly=False)["closed_sites"].tolist() == ["A; D"]


def test_a_twin_is_counted_once_and_a_constant_not_at_all() -> None:
    """Two more criteria: the first again under another name, and one every set meets in full."""
    again = SEVEN["walk-30"].model_copy(update={"id": "again", "threshold": 0.5})
    far = SEVEN["walk-30"].model_copy(update={"id": "far", "label": "Far", "cutoff_min": 120.0})
    found = rank_alternatives(
        side(apply_scenario(sites(), BASELINE)),
        origins(),
        close=2,
        criteria=[SEVEN["walk-30"], again, far],
        options=AlternativeOptions(council=("C", "B")),
    )
    plain = ranking(council=("C", "B"))
    assert [measure.key for measure in found.measures] == [*BY_HAND, "again_share", "far_share"]
    assert found.frame["far_share"].eq(1.0).all()  # C, D leaves h12 eight steps, 96 minutes, away
    assert found.counted == plain.counted == tuple(BY_HAND)
    columns = ["closed_sites", "better_than_council", "worse_than_council", "in_pareto"]
    assert found.frame[columns].equals(plain.frame[columns])
    # were "far" counted, no set could be better on every measure
    assert found.beating_council()["closed_sites"].tolist() == ["A; D", "B; D", "A; C"]
    told = "\n".join(note.text for note in found.notes)
    assert "(again_share) ranks every set as " in told
    assert "Far\N{RIGHT SINGLE QUOTATION MARK} (far_share) is the same for every set" in told
    # the title of both is one text, but the ranks of both still stand in the table
    assert found.frame["rank_again_share"].equals(found.frame["rank_walk_30_share"])


def test_which_columns_say_something_of_their_own() -> None:
    costs = np.array(
        [
            # falls  again  same  mostly  nearly none
            [9.0, 90.0, 4.0, 1.0, np.inf],
            [7.0, 60.0, 4.0, 1.0, 1.0],
            [5.0, 59.0, 4.0, 1.0, 2.0],
            [3.0, -np.inf, 4.0, 0.0, 3.0],
        ]
    )
    found = classify_columns(costs)
    assert (found.counted, found.constant, found.same_as) == ((0, 3, 4), (2,), {1: 0})
    assert found.saturated == {3: 0.75}
    assert found.alike == {}
    assert classify_columns(costs[:1]).counted == (0, 1, 2, 3, 4)


def test_a_measure_said_to_go_with_another_is_counted_once_with_it() -> None:
    costs = np.array([[1.0, 3.0, 4.0], [2.0, 1.0, 4.0], [3.0, 2.0, 4.0]])
    assert classify_columns(costs).counted == (0, 1)
    found = classify_columns(costs, {1: 0})
    assert (found.counted, found.stated) == ((0,), {1: 0})
    # one that goes with a constant has nobody to be counted with
    assert classify_columns(costs, {1: 2}).counted == (0, 1)


def test_criteria_that_count_together_are_one_measure() -> None:
    near = SEVEN["walk-30"]
    pram = SEVEN["pram-2500"].model_copy(update={"counts_with": "walk-30", "label": "By street"})
    found = rank_alternatives(
        side(apply_scenario(sites(), BASELINE)), origins(), close=2, criteria=[pram, near]
    )
    assert {"walk_30_share", "pram_2500_share"} <= set(found.frame)
    assert "walk_30_share" in found.counted
    assert "pram_2500_share" not in found.counted
    assert any("By street" in note.text and "counted once" in note.text for note in found.notes)
    alone = rank_alternatives(
        side(apply_scenario(sites(), BASELINE)), origins(), close=2, criteria=[pram]
    )
    assert "pram_2500_share" in alone.counted


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=2, max_size=9))
def test_leaving_out_what_says_nothing_new_leaves_the_pareto_set(
    rows: list[tuple[int, ...]],
) -> None:
    costs = np.array(rows, dtype=float)
    wide = np.column_stack([costs, costs[:, 0] * 2 + 1, np.full(len(costs), 7.0)])
    found = classify_columns(wide)
    assert set(found.counted) <= {0, 1, 2}
    assert pareto(wide[:, list(found.counted)]).tolist() == pareto(costs).tolist()


def test_nearly_alike_is_spearmans_correlation() -> None:
    spearmanr = pytest.importorskip("scipy.stats").spearmanr
    drawn = np.random.default_rng(5).integers(0, 40, 200).astype(float)
    costs = np.column_stack([drawn, drawn + (np.arange(200) % 40 == 0), -drawn])
    found = classify_columns(costs)
    assert list(found.alike) == [(0, 1)]
    assert found.alike[0, 1] == pytest.approx(spearmanr(costs[:, 0], costs[:, 1]).statistic)


def test_regret() -> None:
    table = ranking(council=("B", "C")).regret()
    assert table["best_sites"].eq("A; D").sum() >= 4
    assert table.loc["mean_min", ["council", "best", "regret"]].tolist() == pytest.approx(
        [32.4, 19.2, 13.2]
    )
    assert table.loc["walk_30_share", "regret"] == pytest.approx(0.35)  # 0.75 - 0.4
    assert table["rank"].tolist() == [5, 4, 6, 6, 6, 6]
    assert table["better_sets"].tolist() == [4, 3, 5, 5, 5, 5]
    assert ranking(council=("A", "D")).regret()["regret"].eq(0).all()
    assert ranking().regret().empty


def test_each_site_alone() -> None:
    table = ranking().contribution()
    # weight x minutes added: A 420, B 660, C 960, D 600, as in test_toy_borough
    assert table["change_mean_min"].to_dict() == pytest.approx(
        {"C": 9.6, "B": 6.6, "D": 6.0, "A": 4.2}
    )
    assert table.index.tolist() == ["C", "B", "D", "A"]
    assert table["name"].tolist() == ["Centre C", "Centre B", "Centre D", "Centre A"]
    assert ranking().baseline["mean_min"] == pytest.approx(9.0)


def test_ties_are_told() -> None:
    table = ranking(council=("B", "C")).frame
    for key in BY_HAND:
        held = table[f"rank_{key}"].value_counts()
        assert (table[f"tied_{key}"] + 1).tolist() == held[table[f"rank_{key}"]].tolist()
    costs = np.array([[100.0], [100.0], [3.0], [100.0]])
    assert ties_of(costs).ravel().tolist() == [2, 2, 0, 2]


def test_out_of_reach_elsewhere_is_not_the_best_for_a_group() -> None:
    # h12 is not deprived and reaches D alone: a set that closes D adds it minutes without end,
    # so "added for the deprived less added elsewhere" would be minus infinity: the best of all
    minutes = times().minutes.copy()
    minutes[11, :3] = np.inf
    start = Side(sites=apply_scenario(sites(), BASELINE), times={"walk": times_of(minutes)})
    gap = SEVEN["deprived-not-worse"]
    options = AlternativeOptions(council=("A", "B"))
    found = rank_alternatives(start, origins(), close=2, criteria=[gap], options=options)
    key = f"{gap.id.replace('-', '_')}_min"
    frame = found.frame.set_index("closed_sites")
    lost = [name for name in frame.index if "D" in name]
    assert frame.loc[lost, key].isna().all()
    assert frame.loc[lost, f"rank_{key}"].eq(4).all()  # joint last of six
    assert frame.loc[lost, f"tied_{key}"].eq(2).all()
    assert frame.loc[lost, "not_comparable"].eq(key).all()
    kept = frame.drop(lost)
    assert kept["not_comparable"].eq("").all()
    assert sorted(kept[f"rank_{key}"]) == [1, 2, 3]
    assert int(found.regret().loc[key, "rank"]) == int(kept.loc["A; B", f"rank_{key}"])
    assert any(
        "3 of the sets scored put families out of reach" in note.text for note in found.notes
    )


# ---- the same figures as a verdict --------------------------------------------------------------


def test_every_set_has_the_values_its_verdicts_have() -> None:
    found = ranking(criteria=tuple(SEVEN))
    keys = [measure.key for measure in found.measures[5:]]
    assert len(keys) == len(SEVEN)
    for number, row in found.frame.iterrows():
        case = case_of(found.scenario(number))
        values = [judge(item, case).value for item in SEVEN.values()]
        assert row[keys].tolist() == pytest.approx(values), row["closed_sites"]


def test_a_set_is_a_scenario_like_any_other() -> None:
    found = ranking()
    assert found.scenario(1) == Scenario(
        "alternative-1", "Closed: Centre A; Centre D", (Close("A"), Close("D"))
    )
    reduced = apply_scenario(sites(), found.scenario(1, hours_per_week=10.0))
    assert reduced["hours_per_week"].fillna(-1.0).tolist() == [10.0, -1.0, -1.0, 10.0]
    with pytest.raises(NotFoundError, match="no set 7: they run from 1 to 6"):
        found.scenario(7)


# ---- what cannot be said ------------------------------------------------------------------------


def test_a_site_nobody_can_place_is_not_ranked() -> None:
    table = sites(basis={"B": "unknown"})
    found = rank_alternatives(
        side(apply_scenario(table, BASELINE)),
        origins(),
        close=2,
        options=AlternativeOptions(council=("B", "C")),
    )
    rows = found.frame.set_index("closed_sites")
    assert rows["scored"].sum() == 3  # of six, those without B
    assert not rows.loc["B; C", "scored"]
    assert rows.loc["B; C", "reason"] == "cannot say: where Centre B stands is not known"
    assert rows.loc["B; C"].isna()[["mean_min", "rank_mean_min", "better_than_council"]].all()
    assert rows.loc[rows["scored"], "rank_mean_min"].max() <= 3
    assert found.notes[0].text == "3 of 6 sets could be scored."
    assert "not known where Centre B is" in found.notes[1].text
    assert found.regret().empty  # the choice itself cannot be scored
    assert found.beating_council().empty
    assert found.contribution()["scored"].tolist() == [True, True, True, False]


def test_estimates_are_labelled() -> None:
    table = sites(basis={"C": "estimate"}, radius_m={"C": 500.0})
    found = rank_alternatives(
        side(apply_scenario(table, BASELINE), estimated=True), origins(), close=2
    )
    assert found.estimated
    assert found.frame["basis"].eq("estimated").all()
    rows = found.frame.set_index("closed_sites")["estimated_places"]
    assert rows[rows != ""].to_dict() == {"A; C": "C", "B; C": "C", "C; D": "C"}
    assert any("indications" in note.text for note in found.notes)


def test_criteria_without_their_inputs_are_left_out_aloud() -> None:
    people = origins().drop(columns=["imd_decile"])
    found = rank_alternatives(
        side(apply_scenario(sites(), BASELINE)),
        people,
        close=2,
        criteria=[SEVEN["deprived-not-worse"], SEVEN["no-car"]],
    )
    assert [measure.key for measure in found.measures] == [
        "mean_min",
        "p90_min",
        "mean_no_car_fifth_min",
        "losers_weight",
        "no_car_share",
    ]
    told = " ".join(note.text for note in found.notes)
    assert "Not scored: mean_deprived_fifth_min" in told
    assert "Not scored: deprived-not-worse (the column 'imd_decile'" in told
    assert "Scored without times by bus or train: no-car" in told


def test_families_nobody_reached_before_are_in_no_mean() -> None:
    minutes = np.array([[5.0, 9.0], [np.inf, np.inf], [np.inf, 7.0]])
    houses, centres = ["h1", "h2", "h3"], ["A", "B"]
    table = times_of(minutes, houses=houses, centres=centres)
    people = origins().iloc[:3].set_axis(houses).assign(weight=[10.0, 30.0, 10.0])
    known = apply_scenario(sites().loc[centres], BASELINE)
    found = rank_alternatives(Side(sites=known, times={"walk": table}), people, close=1)
    rows = found.frame.set_index("closed_sites")
    assert rows.loc["A", "mean_min"] == 8.0  # 9 and 7, the 30 left out
    assert rows.loc["B", "mean_min"] == np.inf  # h3 loses all
    assert rows["rank_mean_min"].to_dict() == {"A": 1, "B": 2}
    assert any("30 by weight reach no site even before" in note.text for note in found.notes)


# ---- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"close": 0}, "close is 0; give 1 or more"),
        ({"close": -1}, "close is -1; give 1 or more"),
        ({"close": 4}, "at least one must stay open"),
        ({"close": 9}, "close is 9 of 4 open sites"),
        ({"close": 3, "locked": ("A", "B")}, "only 2 sites are not locked"),
        ({"close": 2, "council": ("A",)}, "the council's choice is of 1 sites, close is 2"),
        ({"close": 1, "council": ("A",), "locked": ("A",)}, "keep one of the two"),
    ],
)
def test_one_clear_message(keys: dict[str, object], message: str) -> None:
    told = dict(keys)
    close = int(str(told.pop("close")))
    before = side(apply_scenario(sites(), BASELINE))
    with pytest.raises(InputError, match=message):
        rank_alternatives(before, origins(), close=close, options=AlternativeOptions(**told))


def test_unknown_sites_are_named_with_close_matches() -> None:
    with pytest.raises(NotFoundError, match="no open site 'E'"):
        ranking(council=("E", "A"))


def test_too_many_sets_to_list() -> None:
    count = 40
    houses = [f"h{number:02d}" for number in range(1, 13)]
    centres = [f"s{number:02d}" for number in range(count)]
    table = times_of(np.ones((12, count)), houses=houses, centres=centres)
    many = sites().iloc[[0] * count].set_axis(centres).assign(is_open=True)
    with pytest.raises(InputError, match="658,008 sets of 5 of 40 are too many"):
        rank_alternatives(Side(sites=many, times={"walk": table}), origins(), close=5)


# ---- properties and speed ----------------------------------------------------------------------


@given(st.data())
def test_nearest_left_is_the_least_of_what_is_left(data: st.DataObject) -> None:
    people, places = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 6))
    cells = st.one_of(st.just(np.inf), st.floats(0, 100))
    drawn = data.draw(st.lists(cells, min_size=people * places, max_size=people * places))
    minutes = np.array(drawn).reshape(people, places)
    closed = np.array(
        data.draw(st.lists(st.lists(st.booleans(), min_size=places, max_size=places), min_size=1))
    )
    expected = [
        [min((row[s] for s in range(places) if not gone[s]), default=np.inf) for row in minutes]
        for gone in closed
    ]
    assert nearest_left(minutes, closed).tolist() == expected


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), min_size=1, max_size=12),
    st.sampled_from([0.1, 0.5, 0.9, 1.0]),
)
def test_quantiles_are_those_of_one_row(rows: list[tuple[int, int]], share: float) -> None:
    values = np.array([float(value) for value, _ in rows])
    weights = np.array([float(weight) for _, weight in rows])
    weights[0] += 1
    found = quantiles_of(np.stack([values, values[::-1]]), weights, share)
    assert found[0] == quantile_of(values, weights, share)
    assert found[1] == quantile_of(values[::-1], weights, share)


@given(
    st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, 2.0, np.inf])] * 3), min_size=1, max_size=12)
)
def test_nothing_betters_the_pareto_set_and_something_betters_the_rest(
    rows: list[tuple[float, ...]],
) -> None:
    def betters(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
        return all(a <= b for a, b in zip(one, other, strict=True)) and one != other

    expected = [not any(betters(other, row) for other in rows) for row in rows]
    assert pareto(np.array(rows)).tolist() == expected
    ranks = ranks_of(np.array(rows))
    for column in range(3):
        values = [row[column] for row in rows]
        assert ranks[:, column].tolist() == [1 + sum(v < own for v in values) for own in values]


def test_two_runs_give_the_same_table() -> None:
    first, second = (ranking(criteria=tuple(SEVEN)).frame for _ in range(2))
    assert first.to_csv() == second.to_csv()
    assert first.index.name == "set_number"


def test_rotherham_in_fifty_milliseconds() -> None:
    homes, centres = load_origins("rotherham_oa"), load_sites("rotherham_centres")
    times = estimate_travel_times(homes, centres, mode=WALK, cutoff_min=180.0)
    before = Side(sites=apply_scenario(centres, BASELINE), times={"walk": times})
    case = Case(
        scenario=BASELINE.name,
        origins=homes,
        before=before,
        after=before,
        settings=JudgeSettings(),
    )
    scorer = make_scorer(case, (), mode="walk", sites="full_time", loser_min=5.0)
    known = len(scorer.site_ids)
    closed = np.zeros((220, known), dtype=bool)
    for row, gone in enumerate(list(combinations(range(known), 3)) + [(0, 1, 2)] * 55):
        closed[row, list(gone)] = True
    took = []
    for _ in range(15):
        start = time.thread_time()  # what else the machine does is not counted
        scorer.score(closed)
        took.append(time.thread_time() - start)
    assert len(homes) == 878
    assert len(scorer.measures) >= 4
    assert min(took) < 0.05

"""The best sites: against every set tried by hand, against integer programs, against spopt."""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eh_access import WALK, estimate_travel_times, load_origins, load_sites
from eh_access.errors import InputError
from eh_access.measures.scenarios import BASELINE, apply_scenario, open_sites
from eh_access.planning import optimum
from eh_access.planning.optimum import (
    OBJECTIVES,
    Objective,
    Problem,
    solve,
    solve_branches,
    solve_program,
    try_every_set,
)
from eh_access.planning.siting import SitingOptions, choose_sites
from toy_borough import origins, sites, times, times_of


def problem_of(minutes: np.ndarray, weights: np.ndarray, choose: int, **more: object) -> Problem:
    base = np.full(minutes.shape[1], np.inf)
    told: dict[str, object] = {"base": base, "limit_min": 400.0} | more
    return Problem(
        minutes=minutes,
        weights=weights,
        covers=minutes <= 30.0,
        covered=np.asarray(told["base"]) <= 30.0,
        cover_weights=weights,
        choose=choose,
        **told,
    )


def merit(problem: Problem, chosen: tuple[int, ...], objective: Objective) -> tuple[float, ...]:
    """Return what makes a choice good, worked out without the code under test; less is better."""
    least = problem.base.copy()
    for row in chosen:
        least = np.minimum(least, problem.minutes[row])
    people = list(zip(least, problem.weights, strict=True))
    mean = round(sum(w * min(m, problem.limit_min) for m, w in people), 6)
    if objective == "p_median":
        return (mean,)
    return sum(w for m, w in people if m > 30.0), mean


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    people, places = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    level = st.integers(0, 12).map(lambda tens: 5.0 * tens)
    cell = st.one_of(level, st.just(np.inf))
    drawn = draw(st.lists(cell, min_size=people * places, max_size=people * places))
    weights = np.array(
        draw(st.lists(st.integers(0, 5).map(float), min_size=people, max_size=people))
    )
    minutes = np.array(drawn).reshape(places, people)
    extra = st.one_of(st.just(np.inf), st.integers(0, 20).map(lambda tens: 5.0 * tens))
    base = np.array(draw(st.lists(extra, min_size=people, max_size=people)))
    hopeless = np.isinf(np.minimum(base, minutes.min(axis=0)))
    weights = np.where(hopeless, 0.0, weights)  # as choose_sites does
    return problem_of(minutes, weights, draw(st.integers(1, places)), base=base)


@pytest.mark.parametrize("objective", OBJECTIVES)
@given(problem=problems())
def test_trying_every_set_finds_the_best(objective: Objective, problem: Problem) -> None:
    found = try_every_set(problem, objective)
    sets = combinations(range(len(problem.minutes)), problem.choose)
    # of equally good sets the one that sorts first, and that is the first listed
    assert found.chosen == min(sets, key=lambda chosen: merit(problem, chosen, objective))
    assert (found.proven, found.gap) == (True, 0)


@pytest.mark.parametrize("objective", OBJECTIVES)
@settings(max_examples=60)
@given(problem=problems())
def test_integer_programs_agree_with_trying_every_set(
    objective: Objective, problem: Problem
) -> None:
    listed, programmed = try_every_set(problem, objective), solve_program(problem, objective)
    own, other = (merit(problem, item.chosen, objective) for item in (listed, programmed))
    assert programmed.proven
    assert programmed.value == pytest.approx(listed.value)
    assert own == pytest.approx(other)  # ties by the mean included


@pytest.mark.parametrize("objective", OBJECTIVES)
@given(problem=problems())
def test_branch_and_bound_agrees_with_trying_every_set(
    objective: Objective, problem: Problem
) -> None:
    listed, found = try_every_set(problem, objective), solve_branches(problem, objective)
    assert found is not None
    own, other = (merit(problem, item.chosen, objective) for item in (listed, found))
    assert own == pytest.approx(other)
    assert found.value == pytest.approx(listed.value)
    assert found.proven


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_search_that_takes_too_long_is_left_to_the_integer_program(
    objective: Objective, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes, weights = sixty()
    problem = problem_of(minutes[:15], weights, 3)
    monkeypatch.setattr(optimum, "MOST_STEPS", 3)
    monkeypatch.setattr(optimum, "MOST_LISTED", 0)
    assert solve_branches(problem, objective) is None
    found = solve(problem, objective)
    assert found.method == "integer program"
    assert found.value == pytest.approx(try_every_set(problem, objective).value)


def test_out_of_time_it_says_how_far_from_the_best_it_can_be() -> None:
    hurried = replace(problem_of(*sixty(), choose=10), time_limit_s=0.0)
    found, best = solve(hurried, "p_median"), solve(problem_of(*sixty(), choose=10), "p_median")
    assert not found.proven
    assert found.bound <= best.value <= found.value
    assert found.gap == pytest.approx((found.value - found.bound) / found.value)
    assert len(set(found.chosen)) == 10


# ---- the toy borough, on paper: see test_alternatives for the steps ------------------------------


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_two_of_four(objective: Objective) -> None:
    # keeping B and C: 19.2 minutes on average, no more than 48, 75 of 100 within 30. Three pairs
    # share the 48; of these A, D and B, D and A, C gone leave 15, 25 and 30 children at 36
    best = choose_sites(times(), origins(), keep=2, objective=objective)
    assert best.chosen == ("B", "C")
    assert best.figures.to_dict() == pytest.approx(
        {
            "mean_min": 19.2,
            "worst_min": 48.0,
            "mean_at_limit_min": 19.2,
            "covered_share": 0.75,
            "unreached_weight": 0.0,
        }
    )
    assert (best.proven, best.gap, best.sets, best.infeasible) == (True, 0.0, 6, "")


def test_locked_sites_stay_and_count() -> None:
    best = choose_sites(times(), origins(), keep=2, options=SitingOptions(locked=("A",)))
    assert best.chosen == ("A", "C")  # B, D gone: 180; beside B, C gone 270 and C, D gone 305
    assert best.sets == 3


def test_a_choice_is_a_scenario() -> None:
    best = choose_sites(times(), origins(), keep=2)
    after = apply_scenario(sites(), best.scenario("kept"))
    assert open_sites(after, full_time=False, full_time_from_hours=25).tolist() == ["B", "C"]
    closed = apply_scenario(sites(), BASELINE).assign(is_open=False)
    opened = apply_scenario(closed, best.scenario("new", start_open=False))
    assert opened["is_open"].tolist() == [False, True, True, False]
    assert best.frame["site_id"].tolist() == list("BBBBBBCCCCCC")


def test_infeasible_names_who_and_where() -> None:
    minutes = times().minutes.copy()
    minutes[[0, 1, 11]] = np.inf
    best = choose_sites(times_of(minutes), origins(), keep=1)
    assert best.infeasible == (
        "Infeasible for 25 under-fives in 2 areas, whom no site reaches whatever is chosen: "
        "W1 (15), W4 (10)."
    )
    assert best.unreachable.to_dict() == {
        "origins": {"W1": 2, "W4": 1},
        "weight": {"W1": 15.0, "W4": 10.0},
    }
    assert best.figures["unreached_weight"] == 25.0


def test_too_few_sites_leave_some_without() -> None:
    minutes = np.array([[5.0, np.inf], [np.inf, 5.0]])
    people = origins().iloc[:2].set_axis(["h1", "h2"])
    best = choose_sites(times_of(minutes, houses=["h1", "h2"], centres=["A", "B"]), people, keep=1)
    assert best.chosen == ("A",)  # reaches 10, B only 5
    assert best.infeasible == "5 under-fives can reach a site, but none chosen."


@pytest.mark.parametrize(
    ("keep", "options", "message"),
    [
        (0, SitingOptions(), "keep is 0; at least one site must be there"),
        (-2, SitingOptions(), "keep is -2"),
        (5, SitingOptions(), "keep is 5, but there are only 4 sites"),
        (2, SitingOptions(locked=("Z",)), "locked: no site 'Z'"),
        (1, SitingOptions(locked=("A", "B")), "keep is 1, but 2 sites are locked"),
    ],
)
def test_one_clear_message(keep: int, options: SitingOptions, message: str) -> None:
    with pytest.raises(InputError, match=message):
        choose_sites(times(), origins(), keep=keep, options=options)


def test_every_fault_at_once() -> None:
    with pytest.raises(InputError) as caught:
        choose_sites(
            times(), origins(), keep=9, objective="nearest", options=SitingOptions(locked=("Z",))
        )
    assert len(caught.value.faults) == 3
    assert (
        "no objective 'nearest': give 'p_median' (shortest mean trip) or 'maximal_cover' (most "
        "within the cutoff)"
    ) in caught.value.faults


# ---- real size, and another program ------------------------------------------------------------


def sixty() -> tuple[np.ndarray, np.ndarray]:
    """Return minutes from Rotherham's homes to sixty venues, and weights."""
    homes, venues = load_origins("rotherham_oa"), load_sites("rotherham_candidates")
    table = estimate_travel_times(homes, venues, mode=WALK, cutoff_min=400.0)
    picked = np.sort(np.random.default_rng(4).choice(len(venues), 60, replace=False))
    return table.minutes[:, picked].T.astype(float), homes["weight"].to_numpy(float)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_ten_of_sixty_is_proven(objective: Objective) -> None:
    problem = problem_of(*sixty(), choose=10)
    start = time.process_time()
    found = solve(problem, objective)
    assert time.process_time() - start < 60
    assert (found.method, found.proven) == ("integer program", True)
    # exchanging one site for another does no better
    own = merit(problem, found.chosen, objective)
    for gone in found.chosen[:2]:
        for new in sorted(set(range(60)) - set(found.chosen))[::3]:
            other = tuple(sorted({*found.chosen, new} - {gone}))
            assert own <= merit(problem, other, objective)


@pytest.mark.parametrize("choose", [2, 5])
def test_spopt_agrees(choose: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        locate = pytest.importorskip("spopt.locate", reason="spopt is not installed")
        pulp = pytest.importorskip("pulp")
        minutes, weights = sixty()
        some = np.random.default_rng(1).choice(len(weights), 60, replace=False)
        minutes, weights = minutes[:15, some], weights[some]
        solver = pulp.PULP_CBC_CMD(msg=False)
        median = locate.PMedian.from_cost_matrix(minutes.T, weights, p_facilities=choose)
        median = median.solve(solver)
        cover = locate.MCLP.from_cost_matrix(
            minutes.T, weights, service_radius=30.0, p_facilities=choose
        ).solve(solver)
    whole = problem_of(minutes, weights, choose)
    monkeypatch.setattr(optimum, "MOST_LISTED", 0)
    for branched, method in ((5, "branch and bound"), (0, "integer program")):
        monkeypatch.setattr(optimum, "MOST_BRANCHED", branched)
        least = solve(whole, "p_median")
        assert least.method == method
        assert least.value == pytest.approx(median.problem.objective.value())
        served = weights.sum() - solve(whole, "maximal_cover").value
        assert served == pytest.approx(cover.problem.objective.value())


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_few_of_sixty_three_ways(objective: Objective) -> None:
    problem = problem_of(*sixty(), choose=3)  # 34,220 sets
    found = solve(problem, objective)
    assert found.method == "branch and bound"
    assert found.chosen == try_every_set(problem, objective).chosen
    programmed = solve_program(problem, objective)
    assert (programmed.chosen, programmed.proven) == (found.chosen, True)


def test_figures_are_those_of_the_nearest() -> None:
    best = choose_sites(times(), origins(), keep=3)
    minutes = times().to_wide()[list(best.chosen)].min(axis=1)
    assert best.frame["minutes"].tolist() == minutes.tolist()
    assert isinstance(best.figures, pd.Series)
    assert best.figures["mean_min"] == pytest.approx(
        float((minutes * origins()["weight"]).sum() / 100)
    )

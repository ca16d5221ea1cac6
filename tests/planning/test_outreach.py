"""Where sessions should go: the toy borough on paper, and bad input.

B closes. Minutes on foot before and after, and with a session at house h05::

    house    h01  h02  h03  h04  h05  h06  h07 ...
    weight    10    5    5   10   10   10   10
    before     0   12   12    0   12   24   12
    after      0   12   24   36   36   24   12
    h05        0   12   24   12    0   12   12
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from eh_access import WALK, estimate_travel_times, load_origins, load_sites
from eh_access.errors import InputError, NotFoundError
from eh_access.measures.scenarios import (
    BASELINE,
    Close,
    Open,
    Scenario,
    SetHours,
    apply_scenario,
    open_sites,
)
from eh_access.planning.outreach import (
    Loss,
    Outreach,
    OutreachOptions,
    best_sessions,
    outreach_frame,
    with_candidates,
)
from toy_borough import HOUSES, STEP_M, origins, sites, times, times_of

CLOSED = Scenario("closed", "B is gone", (Close("B"),))
VENUES = {"v01": 0, "v03": 2, "v05": 4, "v12": 11}


def venue_times(**more: object) -> object:
    road = STEP_M * np.abs(np.arange(12)[:, None] - np.array(list(VENUES.values())))
    return times_of(road / 80.0, houses=HOUSES, centres=list(VENUES), **more)


def loss() -> Loss:
    return Loss(
        scenario=CLOSED,
        before=times().nearest()["minutes"].to_numpy(),
        after=times().nearest(["A", "C", "D"])["minutes"].to_numpy(),
    )


def mended(**keys: object) -> Outreach:
    told = {"sessions": (1,), "objectives": ("p_median",)} | keys
    return best_sessions(venue_times(), origins(), mend=loss(), options=OutreachOptions(**told))


def test_what_one_session_gives_back() -> None:
    # lost: h03 12 x 5, h04 36 x 10, h05 24 x 10 = 660; h04 and h05 are no longer within 30.
    # v05: left over are h03 12 x 5 and h04 12 x 10 = 180. v03: h04 12 x 10, h05 12 x 10 = 240
    row = mended().frame.loc[1]
    assert (row["venues"], row["mends"], row["proven"]) == ("v05", "closed", True)
    assert row["coverage_lost_weight"] == 20.0
    assert row["coverage_regained_share"] == 1.0
    assert row["minutes_lost"] == pytest.approx(660)
    assert row["minutes_regained_share"] == pytest.approx(480 / 660)
    assert row["sentence"] == (
        "1 venue of 10 hours a week, at v05: by distance alone, 100% of lost cover within 30 "
        "minutes and 73% of added minutes come back (chosen for the most added minutes given "
        "back, who reaches nothing within 200 minutes counted with 200)."
    )


def test_mending_serves_those_who_lost_not_the_badly_served() -> None:
    # h06 and h10 were 24 minutes away all along: nobody owes them anything, so with two sessions
    # the second goes to h03, not to v12 or v01 where a centre stands
    assert mended(sessions=(2,)).frame.loc[1, "venues"] == "v03; v05"


def test_lost_cover_given_back_and_of_equals_the_shorter_trips() -> None:
    # cover: v03 and v05 both give all of it back. v05 leaves 15 children with 12 minutes more,
    # v03 leaves 20
    assert mended(objectives=("maximal_cover",)).frame.loc[1, "venues"] == "v05"


def test_alone_the_venues_are_all_there_is() -> None:
    found = best_sessions(
        venue_times(),
        origins(),
        options=OutreachOptions(sessions=(1,), objectives=("p_median",)),
    )
    row = found.frame.loc[1]
    # steps to v05 (h05): 4 3 2 1 0 1 2 3 4 5 6 7 by weight: 40 15 10 10 0 10 20 30 40 25 30 70
    assert (row["venues"], row["mean_min"]) == ("v05", pytest.approx(300 * 12 / 100))
    assert row["covered_share"] == pytest.approx(0.45)  # two steps: h03 to h07
    assert np.isnan(row["coverage_regained_share"])
    assert row["sentence"] == (
        "1 venue of 10 hours a week, at v05: 45% of under-fives within 30 minutes of one (chosen "
        "for the shortest trip on average, who reaches nothing within 200 minutes counted with "
        "200)."
    )
    assert found.scenario(1).name == "outreach-p-median-1"


# ---- against every set, from what a reader sees ------------------------------------------------

AIMS = {
    "p_median": ("mean_at_limit_min", "minutes_regained_share"),
    "maximal_cover": ("covered_share", "coverage_regained_share"),
}
"""The columns that say how good a row is by its aim: alone, and when mending."""


def merits(
    table: np.ndarray, weights: np.ndarray, limit: float, mend: Loss | None, size: int
) -> dict[str, float]:
    """Return the best by each column of any so many venues, by plain loops over every set."""
    best: dict[str, float] = {}
    able = np.isfinite(table).any(axis=1)
    if mend is not None:
        able |= np.isfinite(mend.after)
    able &= weights > 0
    for chosen in combinations(range(table.shape[1]), size):
        reach = table[:, chosen].min(axis=1)
        if mend is None:
            got = {
                "mean_at_limit_min": (weights * np.minimum(reach, limit)).sum() / weights.sum(),
                "worst_min": reach[able].max(),
                "covered_share": -weights[reach <= 30].sum() / weights.sum(),
            }
        else:
            reach = np.minimum(reach, mend.after)
            had = np.isfinite(mend.before)
            start = np.where(had, mend.before, 0.0)
            more = np.where(had, np.maximum(reach - start, 0), 0)
            left = np.where(had, np.maximum(np.minimum(reach, limit) - start, 0), 0) @ weights
            gone = np.where(had, np.minimum(mend.after, limit) - start, 0) @ weights
            lost = (mend.before <= 30) & (mend.after > 30)
            got = {
                "minutes_regained_share": left / gone - 1,
                "worst_added_min": more[able].max(),
                "coverage_regained_share": -weights[lost & (reach <= 30)].sum()
                / weights[lost].sum(),
            }
        best = {key: min(value, best.get(key, np.inf)) for key, value in got.items()}
    return {key: -value if key.endswith("share") else value for key, value in best.items()}


def holds(found: Outreach, best: dict[str, float], size: int) -> None:
    rows = found.frame[found.frame["sessions"] == size].set_index("objective")
    mends = bool(rows["mends"].iloc[0])
    for objective, columns in AIMS.items():
        if objective in rows.index:
            column = columns[mends]
            assert rows.loc[objective, column] == pytest.approx(best[column]), (objective, size)
            assert rows.loc[objective, "proven"]


@pytest.mark.parametrize("mending", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_no_venues_do_better_by_the_aim_named_even_where_some_are_out_of_reach(
    seed: int, *, mending: bool
) -> None:
    drawn = np.random.default_rng(seed)
    minutes = drawn.integers(1, 90, (12, 7)).astype(float)
    minutes[minutes > 60] = np.inf  # so most sets leave somebody beyond the search
    people = origins()
    weights = people["weight"].to_numpy(float)
    mend = None
    if mending:
        before = drawn.integers(1, 60, 12).astype(float)
        before[drawn.integers(0, 12)] = np.inf
        after = np.where(drawn.random(12) < 0.6, before + drawn.integers(5, 50, 12), before)
        mend = Loss(scenario=CLOSED, before=before, after=np.where(after > 60, np.inf, after))
    table = times_of(minutes, centres=list("abcdefg"), cutoff_min=60.0)
    found = best_sessions(table, people, mend=mend, options=OutreachOptions(sessions=(1, 2, 3)))
    for size in (1, 2, 3):
        holds(found, merits(minutes, weights, 60.0, mend, size), size)


def test_most_covered_is_not_given_up_to_reach_one_family_more() -> None:
    # "far" reaches all but covers only the first; "near" covers two of three and leaves one out
    minutes = np.array([[5.0, 40.0], [5.0, 40.0], [np.inf, 20.0]])
    people = origins().iloc[:3].assign(weight=[10.0, 10.0, 10.0])
    table = times_of(minutes, houses=list(people.index), centres=["near", "far"], cutoff_min=60.0)
    told = OutreachOptions(sessions=(1,))
    rows = best_sessions(table, people, options=told).frame.set_index("objective")
    assert rows.loc["maximal_cover", "venues"] == "near"
    assert rows.loc["p_median", "venues"] == "near"  # 5 + 5 + 60 against 40 + 40 + 20
    assert rows.loc["p_median", "mean_at_limit_min"] == pytest.approx(70 / 3)
    assert rows.loc["maximal_cover", "worst_min"] == np.inf  # who is left out is told
    assert rows.loc["maximal_cover", "unreached_weight"] == 10.0


@pytest.mark.parametrize("size", [1, 2])
def test_rotherham_s_venues_against_every_set(size: int) -> None:
    homes, venues = load_origins("rotherham_oa"), load_sites("rotherham_candidates")
    table = estimate_travel_times(homes, venues, mode=WALK)
    found = best_sessions(table, homes, options=OutreachOptions(sessions=(size,)))
    minutes, weights = table.minutes.astype(float), homes["weight"].to_numpy(float)
    holds(found, merits(minutes, weights, table.cutoff_min, None, size), size)


def test_a_row_is_a_scenario_that_runs() -> None:
    scenario = mended(hours_per_week=6.0).scenario(1)
    assert scenario.changes == (Close("B"), Open("v05"), SetHours("v05", 6.0))
    venues = sites().iloc[[0, 1, 2, 3]].set_axis(list(VENUES))
    together = with_candidates(apply_scenario(sites(), BASELINE), venues)
    assert open_sites(together, full_time=False, full_time_from_hours=25).tolist() == list("ABCD")
    after = apply_scenario(together, scenario)
    assert open_sites(after, full_time=False, full_time_from_hours=25).tolist() == [
        "A",
        "C",
        "D",
        "v05",
    ]
    with pytest.raises(NotFoundError, match="no row 2"):
        mended().scenario(2)


def test_the_table_has_every_row() -> None:
    parts = [mended(sessions=(1, 2)), mended(objectives=("maximal_cover",))]
    table = outreach_frame(parts)
    assert table["sessions"].tolist() == [1, 2, 1]
    assert table["scenario"].tolist() == [
        "closed-p-median-1",
        "closed-p-median-2",
        "closed-maximal-cover-1",
    ]
    assert outreach_frame([]).empty


def test_nothing_lost_nothing_to_give_back() -> None:
    same = loss().before
    unharmed = Loss(scenario=BASELINE, before=same, after=same)
    found = best_sessions(
        venue_times(), origins(), mend=unharmed, options=OutreachOptions(sessions=(1,))
    )
    assert found.frame["sentence"].str.endswith("nothing was lost that could be given back.").all()


def test_estimates_are_labelled() -> None:
    found = best_sessions(
        venue_times(estimated=True), origins(), options=OutreachOptions(sessions=(1,))
    )
    assert found.frame["basis"].eq("estimated").all()
    assert any("indications" in note.text for note in found.notes)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"sessions": (0,)}, "sessions is 0; give 1 to 4"),
        ({"sessions": (5,)}, "sessions is 5; give 1 to 4"),
        ({"objectives": ("p_centre", "closest")}, "no objective 'closest': give 'p_median'"),
        ({"hours_per_week": 170.0}, "hours_per_week is 170; give 0 to 168"),
    ],
)
def test_one_clear_message(keys: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        mended(**keys)


def test_another_study_cannot_be_mended() -> None:
    other = Loss(scenario=CLOSED, before=np.zeros(3), after=np.zeros(3))
    with pytest.raises(InputError, match="other origins"):
        best_sessions(venue_times(), origins(), mend=other)


def test_ids_that_clash() -> None:
    with pytest.raises(InputError, match="are sites already"):
        with_candidates(sites(), sites())


def test_more_sessions_never_give_back_less() -> None:
    homes = load_origins("rotherham_oa")
    centres, venues = load_sites("rotherham_centres"), load_sites("rotherham_candidates")
    gone = ["park-view", "broom-valley", "wath-victoria"]
    table = estimate_travel_times(homes, centres, mode=WALK, cutoff_min=180.0)
    stay = [site for site in centres.index if site not in gone]
    lost = Loss(
        scenario=Scenario("deregister-closed", "Gone", tuple(map(Close, gone))),
        before=table.nearest()["minutes"].to_numpy(),
        after=table.nearest(stay)["minutes"].to_numpy(),
    )
    found = best_sessions(
        estimate_travel_times(homes, venues, mode=WALK, cutoff_min=180.0),
        homes,
        names=venues["name"],
        mend=lost,
    )
    assert len(found.frame) == 8
    assert found.frame["proven"].all()
    for objective, column in (
        ("p_median", "minutes_regained_share"),
        ("maximal_cover", "coverage_regained_share"),
    ):
        rows = found.frame[found.frame["objective"] == objective]
        assert rows[column].is_monotonic_increasing
        assert rows[column].iloc[-1] > 0.9
        # no other objective beats the one that asks for it
        best = found.frame.groupby("sessions")[column].max()
        assert rows.set_index("sessions")[column].to_numpy() == pytest.approx(best.to_numpy())

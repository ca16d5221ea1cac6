"""Where sessions should go: the toy borough on paper, and bad input.

B closes. Minutes on foot before and after, and with a session at house h05::

    house    h01  h02  h03  h04  h05  h06  h07 ...
    weight    10    5    5   10   10   10   10
    before     0   12   12    0   12   24   12
    after      0   12   24   36   36   24   12
    h05        0   12   24   12    0   12   12
"""

from __future__ import annotations

import numpy as np
import pytest

from eh_access import WALK, estimate_travel_times, load_origins, load_sites
from eh_access.analysis.outreach import (
    Outreach,
    best_sessions,
    outreach_frame,
    with_candidates,
)
from eh_access.analysis.scenarios import (
    BASELINE,
    Close,
    Open,
    Scenario,
    SetHours,
    apply_scenario,
    open_sites,
)
from eh_access.analysis.venues import Loss, OutreachOptions
from eh_access.errors import InputError, NotFoundError
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
        "1 session at v05 gives back 100 % of lost cover within 30 minutes and 73 % of added "
        "minutes (chosen for the shortest trip on average)."
    )


def test_mending_serves_those_who_lost_not_the_badly_served() -> None:
    # h06 and h10 were 24 minutes away all along: nobody owes them anything, so with two sessions
    # the second goes to h03, not to v12 or v01 where a centre stands
    assert mended(sessions=(2,)).frame.loc[1, "venues"] == "v03; v05"


@pytest.mark.parametrize("objective", ["p_centre", "maximal_cover", "lexicographic"])
def test_other_objectives(objective: str) -> None:
    # added minutes left: v05 12 (h03, h04) and none beyond; v03 12 (h04, h05); cover: both give
    # all of it back. For the worst off v05 leaves 15 children at 12, v03 leaves 20
    assert mended(objectives=(objective,)).frame.loc[1, "venues"] == "v05"


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
        "1 session at v05: 45 % of under-fives within 30 minutes "
        "(chosen for the shortest trip on average)."
    )
    assert found.scenario(1).name == "outreach-p-median-1"


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
    parts = [mended(sessions=(1, 2)), mended(objectives=("p_centre",))]
    table = outreach_frame(parts)
    assert table["sessions"].tolist() == [1, 2, 1]
    assert table["scenario"].tolist() == [
        "closed-p-median-1",
        "closed-p-median-2",
        "closed-p-centre-1",
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
    assert any("indications" in note for note in found.notes)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"sessions": (0,)}, "sessions is 0; give 1 to 4"),
        ({"sessions": (5,)}, "sessions is 5; give 1 to 4"),
        ({"objectives": ("p_centre", "closest")}, "no objective 'closest'"),
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
    assert len(found.frame) == 16
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

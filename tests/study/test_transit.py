"""A study that has a timetable: times by transit, there and back, and every kind of bad input."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eh_access as eh
from eh_access.errors import InputError
from eh_access.modes import TRANSIT, VISIT
from eh_access.publish.context import annex
from eh_access.publish.document import markdown
from eh_access.publish.notes import facts_about, gate_lines, note_rows, text_about
from eh_access.publish.tabulations import tabulate, tickets_table
from eh_access.publish.wording import Wording
from eh_access.publish.writers.logs import write_logs
from eh_access.sources.bundled import bundled_path, study_path
from eh_access.study import findings
from eh_access.study.config import study_from_bytes
from eh_access.study.findings import (
    attended_in_a_week,
    attended_on_the_day,
    curve_table,
    find_lookup,
    find_trips,
    fragility_table,
    sessions_table,
    timetable_choices,
    transit_table,
    visit_limits_table,
)
from eh_access.study.inputs import read_inputs, read_week
from eh_access.study.manifest import build_manifest
from eh_access.study.notes import study_notes
from eh_access.study.travel import compute_travel_times
from eh_access.terminal import check_lines
from eh_access.transit.edit import WithdrawRoute, change_timetable
from eh_access.transit.reading import check_timetable
from eh_access.transit.visits import Barrier
from study_cli import run_cli

TEXT = study_path("newport").read_text("utf-8")
TIMETABLE = TEXT[TEXT.index("[transit]") : TEXT.index("[[scenario]]")]


def without_route(route: str) -> str:
    """Return the study with a scenario in which a route is withdrawn."""
    scenario = f'[[scenario]]\nname = "cut"\n\n[[scenario.timetable]]\nwithdraw = "{route}"\n\n'
    return TEXT.replace("[[criterion]]", f"{scenario}[[criterion]]", 1)


MOVED = """[[scenario]]
name = "moved"
move = [{ site = "pillgwenlly-library", easting = 331500.0, northing = 188500.0 }]

"""


SHORT = """[[criterion]]
id = "bus-22"
measure = "coverage"
mode = "transit"
sites = "full_time"
cutoff_min = 22
threshold = 0.9
margin = 0.02
source = "A test: some postcodes are within it by bus alone."
set_by = "a test"
set_on = 2026-11-30

"""


def study_of(text: str) -> eh.Study:
    return study_from_bytes(text.encode(), path=study_path("newport"))


@pytest.fixture(scope="module")
def newport() -> eh.StudyResult:
    return eh.run_study(study_of(TEXT))


@pytest.fixture(scope="module")
def timetable() -> eh.Timetable:
    return eh.read_timetable(bundled_path("timetables/newport.zip"), "2023-06-13")


def test_the_times_of_a_study_are_those_of_its_parts(
    newport: eh.StudyResult, timetable: eh.Timetable
) -> None:
    assert newport.network is not None
    some, sites = newport.origins.iloc[::40], newport.sites
    walks = eh.find_walks(newport.network, timetable, some, sites, mode="walk")
    own = eh.transit_times(timetable, walks, window=("09:30", "10:30")).to_travel_times()
    of_study = newport.times[TRANSIT].to_wide().loc[some.index]
    np.testing.assert_array_equal(of_study.to_numpy(), own.minutes)


def test_nobody_takes_longer_than_walking(newport: eh.StudyResult) -> None:
    on_foot = newport.times["walk"].minutes
    reached = on_foot <= 90
    assert (newport.times[TRANSIT].minutes[reached] <= on_foot[reached] + 1e-3).all()


def test_walks_with_a_pushchair_never_shorten_a_journey(newport: eh.StudyResult) -> None:
    pushed = study_of(TEXT.replace("[transit]\n", '[transit]\nwalking = "pushchair"\n'))
    assert newport.network is not None
    times = compute_travel_times(
        *(pushed, newport.origins.iloc[::20], newport.sites),
        network=newport.network,
        buses=newport.buses,
    ).times[TRANSIT]
    on_foot = newport.times[TRANSIT].minutes[::20]
    assert (times.minutes >= on_foot - 1e-3).all()
    assert (times.minutes > on_foot + 1).any()


def test_the_note_on_buses_reads_no_text_back(newport: eh.StudyResult) -> None:
    """What a check says of itself is for readers; facts come from the timetable."""
    buses = newport.buses
    assert buses is not None
    wordless = replace(
        newport.travel["baseline"], buses=replace(buses, gates=buses.gates.assign(detail=""))
    )
    notes = study_notes(newport.study, read_inputs(newport.study), wordless)
    assert facts_about(notes, "timetable") == facts_about(newport.notes, "timetable")
    assert facts_about(notes, "timetable")["span"] == tuple(map(str, buses.span))


def test_by_wheelchair_what_says_nothing_counts_as_the_study_says(newport: eh.StudyResult) -> None:
    """Newport says of no departure whether it takes a wheelchair."""
    found, told, some = {}, {}, newport.origins.iloc[::40]
    for unknown in ("usable", "unusable"):
        keys = f'walking = "wheelchair"\nwheelchair_unknown = "{unknown}"\n'
        text = TEXT.replace("[transit]\n", f"[transit]\n{keys}")
        study = study_of(text.replace('modes = ["walk"', 'modes = ["wheelchair", "walk"', 1))
        travel = compute_travel_times(
            *(study, some, newport.sites),
            network=newport.network,
            buses=newport.buses,
        )
        found[unknown] = travel.times[TRANSIT].minutes
        notes = study_notes(study, replace(read_inputs(study), origins=some), travel)
        told[unknown] = " ".join(text_about(notes, "timetable").split())
    wheeled = travel.times["wheelchair"].minutes
    reached = wheeled <= 90
    np.testing.assert_array_equal(found["unusable"][reached], wheeled[reached])
    assert np.isinf(found["unusable"][~reached]).all()
    assert (found["usable"] <= found["unusable"]).all()
    assert (found["usable"] < found["unusable"] - 1).any()
    for unknown, text in told.items():
        assert "waiting and walking (by wheelchair) included" in text
        assert f"176 of 176 departures do not say: they count as {unknown}." in text


def test_a_visit_is_out_and_home_within_the_day(
    newport: eh.StudyResult, timetable: eh.Timetable
) -> None:
    some, sites = newport.origins.iloc[::80], newport.sites.iloc[:4]
    ways = [
        eh.find_walks(newport.network, timetable, some, sites, mode="walk", direction=direction)
        for direction in ("to_sites", "from_sites")
    ]
    minutes = newport.times[VISIT].to_wide().loc[some.index, sites.index]
    for origin in some.index:
        for site in sites.index:
            best = np.inf
            for opens, closes in (("10:00", "11:30"), ("13:30", "15:00")):
                out = eh.explain_trip(timetable, ways[0], origin, site, arrive_by=before(opens))
                home = eh.explain_trip(timetable, ways[1], origin, site, depart_after=after(closes))
                if not (out.legs and home.legs):
                    continue
                going, coming = (
                    clock(opens) - clock(out.leaves),
                    clock(home.arrives) - clock(closes),
                )
                if going <= 60 and coming <= 60 and clock(out.leaves) >= 450:
                    best = min(best, going + coming)
            found = minutes.loc[origin, site]
            assert found == best or found == pytest.approx(best, abs=0.05)


def clock(text: str) -> float:
    hours, minutes, *seconds = (float(part) for part in text.split(":"))
    return hours * 60 + minutes + sum(seconds) / 60


def before(text: str) -> str:
    """Return five minutes before, to settle in."""
    at = dt.datetime.combine(dt.date(2023, 6, 13), dt.time.fromisoformat(text))
    return f"{at - dt.timedelta(minutes=5):%H:%M}"


def after(text: str) -> str:
    at = dt.datetime.combine(dt.date(2023, 6, 13), dt.time.fromisoformat(text))
    return f"{at + dt.timedelta(minutes=5):%H:%M}"


@pytest.fixture(scope="module")
def cut(timetable: eh.Timetable) -> eh.StudyResult:
    """Return the study with a route withdrawn in one scenario, and a site moved in another."""
    text = without_route(busiest(timetable))
    return eh.run_study(study_of(text.replace("[[criterion]]", f"{MOVED}{SHORT}[[criterion]]", 1)))


def busiest(timetable: eh.Timetable) -> str:
    return str(timetable.trips["route_id"].mode().iloc[0])


def test_annex_and_log_tell_what_runs_no_more(
    cut: eh.StudyResult, timetable: eh.Timetable, tmp_path: Path
) -> None:
    line, operator = timetable.routes.loc[busiest(timetable), ["name", "operator"]]
    manifest = build_manifest(cut, {}, notes=note_rows(cut.notes))
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    write_logs(tmp_path / "manifest.json", tmp_path)
    log = (tmp_path / "assurance-statement.md").read_text(encoding="utf-8")
    for page in (log, markdown(annex(cut, tabulate(cut)))):
        assert f"(line {line} ({operator}) no longer runs)" in page.replace("\\", "")


def test_a_withdrawn_route_is_a_scenario(
    newport: eh.StudyResult, cut: eh.StudyResult, timetable: eh.Timetable
) -> None:
    route = busiest(timetable)
    before, after = cut.times[TRANSIT].minutes, cut.times_for("cut", TRANSIT).minutes
    assert (after >= before - 1e-3).all()
    assert (after > before + 1).any()
    np.testing.assert_array_equal(cut.times_for("cut", "walk").minutes, cut.times["walk"].minutes)
    np.testing.assert_array_equal(before, newport.times[TRANSIT].minutes)
    changed = change_timetable(timetable, [WithdrawRoute(route)])
    some = cut.origins.iloc[::100]
    walks = eh.find_walks(cut.network, changed, some, cut.sites, mode="walk")
    own = eh.transit_times(changed, walks, window=("09:30", "10:30")).to_travel_times()
    np.testing.assert_array_equal(after[::100], own.minutes)


def table_of_journeys(result: eh.StudyResult) -> pd.DataFrame:
    attended = attended_on_the_day(result.study, result.travel)
    return transit_table(result.journeys, result.cases(), result.study, attended)


def test_journeys_to_a_site_that_moves_are_told_like_all_others(cut: eh.StudyResult) -> None:
    own = cut.travel_for("moved").by_timetable
    assert own is not None
    sites = cut.scenario_sites["moved"]
    ways = {"network": cut.network, "buses": cut.buses}
    travel = compute_travel_times(cut.study, cut.origins, sites, **ways)
    assert travel.by_timetable is not None
    whole = travel.by_timetable
    for kind in ("access", "egress", "between"):
        moved = getattr(cut.travel_for("moved").walks_home, kind)
        np.testing.assert_array_equal(moved, getattr(travel.walks_home, kind))
    for name in ("minutes", "share_reachable", "leave_ds", "reach_ds", "moment_ds", "status"):
        np.testing.assert_array_equal(getattr(own, name), getattr(whole, name))
    for part, values in whole.journeys.items():
        np.testing.assert_array_equal(own.journeys[part], values)
    np.testing.assert_array_equal(own.judged_min, cut.times_for("moved", TRANSIT).minutes)
    assert set(table_of_journeys(cut)["scenario"]) == set(cut.scenario_names)
    compared = {"full_time": cut.comparisons_full_time, "open": cut.comparisons}
    visit = curve_table(compared).query("mode == 'visit'")
    assert set(visit["cutoff_min"]) == {20, 30, 40, 60, 90, 120}
    at_most = visit.query("cutoff_min == 120 and sites == 'open'").set_index("scenario")
    for verdict in cut.verdicts:
        if verdict.criterion.mode == VISIT and verdict.scenario != "baseline":
            assert at_most["within_share_after"][verdict.scenario] == verdict.value


def share_within_22(result: eh.StudyResult, scenario: str, times: eh.TransitTimes) -> float:
    hours = result.scenario_sites[scenario]["hours_per_week"].fillna(99)
    full = (result.scenario_sites[scenario]["is_open"] & (hours >= 25)).to_numpy()
    return float((times.judged_min[:, full].min(axis=1) <= 22 + 1e-3).mean())


def test_of_criteria_that_cannot_be_judged_there_is_no_fragility(
    cut: eh.StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "evaluated", lambda *_: ())  # as where their column is missing
    monkeypatch.setattr(findings, "LOSING_DRAWS", 0)
    told, weight = fragility_table(cut)
    assert list(told) == list(findings.FRAGILITY_COLUMNS)
    assert len(told) == len(weight) == 0


def test_when_departures_are_lost_criteria_are_judged_by_what_still_runs(
    cut: eh.StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "LOSING_DRAWS", 2)
    monkeypatch.setattr(findings, "LOST_SHARE", 0.5)
    told, _ = fragility_table(cut)
    told = told[told["criterion"] == "bus-22"].set_index(["scenario", "draw"])["value"]
    assert cut.buses is not None
    assert cut.by_timetable is not None
    for draw in (0, 1):
        left = eh.lose_departures(cut.buses, share=0.5, seed=cut.study.settings.seed + draw)
        of_day = cut.buses.trips.iloc[cut.buses.of_the_day]
        per_route = of_day["route_id"].value_counts()
        runs = left.trips.iloc[left.of_the_day]["route_id"].value_counts()
        gone = per_route.sub(runs, fill_value=0)
        assert (gone == np.ceil(per_route / 2).reindex(gone.index)).all()
        own = eh.transit_times(left, cut.by_timetable.walks, window=("09:30", "10:30"))
        for scenario in ("baseline", "illustrative-closed"):
            assert told[scenario, draw] == share_within_22(cut, scenario, own)
    promised = told.xs(-1, level="draw").sort_index()
    worst = told.drop(-1, level="draw").groupby("scenario").min()
    best = told.drop(-1, level="draw").groupby("scenario").max()
    assert (best <= promised).all()
    assert worst["illustrative-closed"] < promised["illustrative-closed"]


def test_other_days_windows_and_walks_are_assumptions_of_journeys_by_timetable(
    cut: eh.StudyResult,
) -> None:
    cases, asked = cut.cases()[1:2], [*cut.study.criteria]
    every = timetable_choices(cut, lambda _: None)
    choices = {
        name: {choice: some[:1] for choice, some in held.items()} for name, held in every.items()
    }
    found = eh.sensitivity(asked, cases, choices=choices).frame
    tried = found[found["assumption"].isin(choices)]
    assert set(tried["criterion"]) == {"bus-22", "visit", "walk-or-bus-30"}
    own = tried[tried["criterion"] == "bus-22"].set_index(["assumption", "choice"])["value"]
    tries = {"timetable_date": 2, "timetable_window": 3, "stop_walk": 3}
    assert own.groupby("assumption").size().to_dict() == tries
    assert cut.by_timetable is not None
    walks, buses = cut.by_timetable.walks, cut.by_timetable.timetable
    later = eh.transit_times(buses, walks, window=("10:30", "11:30"))
    saturday = eh.read_timetable(bundled_path("timetables/newport.zip"), "2023-06-17")
    limits = eh.JourneyLimits(access_min=20, egress_min=20)
    for choice, times in {
        ("timetable_window", "10:30-11:30"): later,
        ("timetable_date", "Saturday 2023-06-17"): eh.transit_times(
            saturday,
            eh.find_walks(cut.network, saturday, cut.origins, cut.sites, mode="walk"),
            window=("09:30", "10:30"),
        ),
        ("stop_walk", "20 minutes"): eh.transit_times(
            buses,
            eh.find_walks(cut.network, buses, cut.origins, cut.sites, mode="walk", limits=limits),
            window=("09:30", "10:30"),
        ),
    }.items():
        assert own[choice] == share_within_22(cut, "illustrative-closed", times)
    assert len(set(own)) > 1


def test_the_table_of_journeys_adds_up(newport: eh.StudyResult) -> None:
    table = table_of_journeys(newport).set_index(["scenario", "sites"])
    whole = table[["weight_by_vehicle", "weight_on_foot", "weight_unreached"]].sum(axis=1)
    assert whole.tolist() == table["weight"].tolist()
    assert set(table["date"]) == {"2023-06-13"}
    assert set(table["percentile"]) == {50.0}
    assert (table["within_p10"] >= table["within_p50"]).all()
    assert (table["within_p50"] >= table["within_p90"]).all()
    verdicts = {(v.scenario, v.criterion.id): v.value for v in newport.verdicts}
    shares = table["share_within_p50"].xs("full_time", level="sites")
    assert shares["illustrative-closed"] == verdicts["illustrative-closed", "walk-or-bus-30"]


def test_sessions_are_counted_for_each_family_and_by_what_is_in_the_way(
    newport: eh.StudyResult,
) -> None:
    study, sites, origins = newport.study, newport.scenario_sites, newport.origins
    of_the_day = attended_on_the_day(study, newport.travel)
    told = sessions_table(study, {}, newport.cases(), of_the_day).set_index(["scenario", "mode"])
    limits = visit_limits_table(study, of_the_day, origins, sites).set_index(["scenario", "limit"])
    journeys = table_of_journeys(newport).set_index(["scenario", "sites"])
    frame = of_the_day["baseline"][TRANSIT].to_frame()
    for scenario, there in sites.items():
        opened = there.index[there["is_open"]]
        kept = frame[frame["site_id"].isin(opened)]
        # by the minutes of the mode "visit", made apart
        reached = np.isfinite(newport.times[VISIT].to_wide()[opened]).any(axis=1)
        assert limits["weight_stopped"][scenario, "none"] == reached.sum()
        assert told["weight_any"][scenario, TRANSIT] == reached.sum()
        assert limits.loc[scenario, "weight_stopped"].sum() == len(origins)
        # the one that gets furthest, among those with none that is possible
        order = [barrier.name.lower() for barrier in Barrier]
        stopped = kept[~kept["possible"].groupby(level=0).transform("any")]
        furthest = stopped["barrier"].map(order.index).groupby(level=0).max()
        for limit, count in furthest.value_counts().items():
            assert limits["weight_stopped"][scenario, order[limit]] == count
        each = kept["possible"].groupby(level=0).sum()
        assert told["mean_sessions"][scenario, TRANSIT] == pytest.approx(each.mean())
        assert told["mean_hours"][scenario, TRANSIT] == pytest.approx(1.5 * each.mean())
        assert journeys["mean_sessions"][scenario, "open"] == pytest.approx(each.mean())
        assert told["mean_sessions"][scenario, "walk"] < each.mean()
    closed = told.xs(TRANSIT, level="mode")["mean_sessions"]
    assert closed["illustrative-closed"] < closed["baseline"]


def test_sessions_of_a_week_go_by_what_runs_on_their_own_day(newport: eh.StudyResult) -> None:
    assert newport.buses is not None
    windows = [eh.Window("tue", "10:00", "11:30"), eh.Window("sun", "10:00", "11:30")]
    timetable = dict.fromkeys(newport.sites.index, windows)
    some = replace(newport, origins=newport.origins.iloc[::40])
    [(mode, found)] = attended_in_a_week(
        *(some.study, {"baseline": some.travel_for("baseline")}),
        *(some.origins, some.scenario_sites),
        windows=timetable,
        week=read_week(some.study, newport.buses, timetable, some.borough, some.sites),
    )["baseline"].items()
    assert mode == TRANSIT
    assert found.sessions["weekday"].tolist() == ["tue"] * 12 + ["sun"] * 12
    days = np.split(found.leave_min, 2, axis=1)
    for date, window, leave in zip(("2023-06-13", "2023-06-18"), windows, days, strict=True):
        runs = eh.read_timetable(bundled_path("timetables/newport.zip"), date)
        ways = [
            eh.find_walks(some.network, runs, some.origins, some.sites, direction=way)
            for way in ("to_sites", "from_sites")
        ]
        own = eh.visits({key: [window] for key in timetable}, *ways, timetable=runs)
        np.testing.assert_array_equal(leave, own.leave_min)
    assert (days[0] != days[1]).any()


STOPS = ("The Three Mughals", "Thornbury Park Shops")  # 5310AWB30348 and 5310AWB30355
CHANGES = """
[[scenario]]
name = "more"

[[scenario.timetable]]
line = "63700"
every_min = 15

[[scenario.timetable]]
line = "63700"
stops = ["5310AWB30348", "5310AWB30355"]
minutes = [0, 3]
every_min = 1
both_ways = false
last = "07:05"

[[scenario.timetable]]
line = "Shuttle"
stops = ["5310AWB30348", "5310AWB30355"]
minutes = [0, 3]
every_min = 20

[[scenario]]
name = "less"

[[scenario.timetable]]
withdraw = "12871"

[[scenario.timetable]]
close_stop = "5310AWB30344"

[[scenario.timetable]]
close_stop = "1800MABS0A1"
"""


def test_changed_timetables_are_told_by_the_names_passengers_know(newport: eh.StudyResult) -> None:
    study = study_of(TEXT.replace("[[criterion]]", f"{CHANGES}\n[[criterion]]", 1))
    told = [
        item.text
        for item in study_notes(study, read_inputs(study), newport.travel_for("baseline"))
        if item.topic == "changed-timetable"
    ]
    one, other = STOPS
    changes = {
        "more": "line 1 (Newport Bus) runs every 15 minutes; more departures of line 1 (Newport "
        f"Bus) from {one} to {other}, every minute from 07:00 to 07:05; a new line Shuttle runs "
        f"from {one} to {other} and back, every 20 minutes from 07:00 to 19:00",
        "less": "line R1 (Stagecoach South Wales) no longer runs; nothing stops at Vancouver Drive "
        "(stop 5310AWB30344); nothing stops at Manchester Airport The Station (Stand A)",
    }
    assert [text.translate({0x2018: "'", 0x2019: "'"}) for text in told] == [
        f"Times by bus or train under 'Buses and trains changed ({name}) (illustrative)' follow a "
        f"changed timetable ({text}); the baseline's follow the timetable as it is."
        for name, text in changes.items()
    ]


def test_a_label_made_for_two_scenarios_has_their_names() -> None:
    one, two = (
        f'[[scenario]]\nname = "{name}"\nclose = ["{site}"]\n\n'
        for name, site in (("a", "gaer-community-centre"), ("b", "rogerstone-library"))
    )
    studies = [
        study_of(TEXT.replace("[[criterion]]", f"{more}[[criterion]]", 1))
        for more in (one, one + two)
    ]
    labels = [{item.name: item.label for item in study.scenarios} for study in studies]
    assert labels[0]["a"] == "One site closed (illustrative)"
    assert (labels[1]["a"], labels[1]["b"]) == (
        "One site closed (a) (illustrative)",
        "One site closed (b) (illustrative)",
    )


def test_a_look_up_tells_journeys_to_every_site_where_one_moves(cut: eh.StudyResult) -> None:
    own, sites, ways = cut.travel_for("moved").by_timetable, cut.scenario_sites, cut.ways()
    assert own is not None
    every = {"baseline": own, "moved": own}
    expected = find_trips(every, sites, cut.study.settings)["moved"]
    rows = sorted({home for home, _ in expected})
    modes = [times.mode for times in cut.times.values()]
    points = cut.origins[["geometry"]].iloc[rows]
    lookup = find_lookup(cut.study, points, sites, modes, ways, neighbours=None)
    assert lookup is not None
    moved = lookup.by_timetable["moved"]
    np.testing.assert_array_equal(moved.judged_min, own.judged_min[rows])
    trips = find_trips(lookup.by_timetable, sites, cut.study.settings)["moved"]
    assert {site for _, site in trips} - {"pillgwenlly-library"}
    assert len(trips) == len(expected)
    for (home, site), trip in trips.items():
        assert trip == expected[rows[home], site]


def test_an_estimate_has_no_buses() -> None:
    study = study_of(TEXT.replace('source = "bundled:newport"', 'source = "estimate"'))
    result = eh.run_study(study)
    assert result.estimated
    assert TRANSIT not in result.times
    outcomes = {v.criterion.id: str(v.outcome) for v in result.verdicts}
    assert outcomes["visit"] == "cannot say"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('arrive = ["09:30", "10:30"]', "", "give one of arrive and depart"),
        ('arrive = ["09:30", "10:30"]', 'arrive = ["10:30", "09:30"]', "before it begins"),
        ('arrive = ["09:30", "10:30"]', 'arrive = ["half past", "10:30"]', "transit.arrive"),
        ("date = 2023-06-13", "date = 2031-06-13", "2031-06-13 lies outside the feed, which runs"),
        ("date = 2023-06-13", 'date = "tusday"', "did you mean 'tuesday'"),
        ("timetables/newport.zip", "timetables/nowhere.zip", "nowhere.zip"),
        ("sessions = [[", "sessions = [] #", "add sessions under .transit."),
        (TIMETABLE, "", "'visit' needs a timetable"),
        ("[data]", '[data]\ntickets = "nowhere.csv"', "nowhere.csv"),
        ("[transit]", "[transit]\nmax_walk = 3", "max_walk"),
        *(
            (
                "[[criterion]]",
                f'[[scenario]]\nname = "x"\n[[scenario.timetable]]\n{keys}\n\n[[criterion]]',
                fault,
            )
            for keys, fault in (
                ('line = "1"\nevery_min = 9\nfirst = "08:00"', "first: is for a new line"),
                ('withdraw = "1"\nboth_ways = false', "both_ways: is for a new line"),
                ('withdraw = "1"\nevery_min = 9', "every_min: is for a line"),
            )
        ),
        ("[transit]", "[transit]\nlongest_min = -3", "longest_min"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(old: str, new: str, fault: str) -> None:
    assert old in TEXT
    with pytest.raises((InputError, eh.SourceError), match=fault):
        read_inputs(study_of(TEXT.replace(old, new, 1)))


def test_a_route_that_is_not_there_is_refused_with_its_scenario() -> None:
    with pytest.raises(InputError, match=r"scenario 'cut': .*nowhere"):
        read_inputs(study_of(without_route("nowhere")))


def priced(folder: Path, rows: str) -> eh.Study:
    """Return Newport's study with a table of what tickets cost."""
    table = folder / "tickets.csv"
    table.write_text(rows, "utf-8")
    return study_of(TEXT.replace("[data]", f'[data]\ntickets = "{table.as_posix()}"', 1))


def test_what_tickets_cost_is_printed_and_changes_no_time(
    newport: eh.StudyResult, tmp_path: Path
) -> None:
    rows = "operator,ticket,cost_gbp\nNewport Bus,Single,£2.20\nNewport Bus,Day,5\n"
    study = priced(tmp_path, f"{rows}Ferry & Co,Single,1.05\n")
    inputs = read_inputs(study)
    table = tickets_table(inputs.tickets, Wording.of(newport))
    assert [(row[0], *row[2:]) for row in table.rows()] == [
        ("Ferry & Co", "Single", "1.05"),
        ("First Bristol, Bath & the West", "not given", "not given"),
        ("Megabus", "not given", "not given"),
        ("Newport Bus", "Single", "2.20"),
        ("Newport Bus", "Day", "5.00"),
        ("Stagecoach South Wales", "not given", "not given"),
    ]
    lines = {row[0]: row[1] for row in table.rows()}
    assert (lines["Ferry & Co"], lines["Megabus"]) == ("none here", "M10, M34, M36, M7")
    assert [file.rows for file in inputs.files if file.role == "tickets"] == [3]
    again = eh.run_study(study, inputs=inputs)
    assert all(
        np.array_equal(again.times[mode].minutes, newport.times[mode].minutes)
        for mode in newport.times
    )
    values = [[verdict.value for verdict in ran.verdicts] for ran in (again, newport)]
    assert values[0] == values[1]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("operator,cost_gbp\nNewport Bus,2\n", "tickets.csv: has no column ticket"),
        ("operator,ticket,cost_gbp\n,Single,2\n", "row 2, operator: is empty"),
        ("operator,ticket,cost_gbp\nMegabus,Single,220\n", "row 2, cost_gbp: '220' is no price"),
        ("operator,ticket,cost_gbp\nMegabus,Single,-1\n", "row 2, cost_gbp: '-1' is no price"),
        ("operator,ticket,cost_gbp\nMegabus,Single,\n", "row 2, cost_gbp: "),
        (
            "operator,ticket,cost_gbp\nMegabus,Single,2\nMegabus,Single,3\n",
            "row 3: the same operator and ticket",
        ),
        (
            "operator,ticket,cost_gbp\nNewport Buses,Single,2\n",
            "row 2, operator: nothing of 'Newport Buses' calls here; did you mean 'Newport Bus'",
        ),
        (
            "operator,ticket,cost_gbp\nNewport Bus,Single,2\nNewport Buss,Week,15\n",
            "row 3, operator: nothing of 'Newport Buss' calls here; did you mean 'Newport Bus'",
        ),
    ],
)
def test_what_is_no_price_is_refused_with_its_row(tmp_path: Path, rows: str, fault: str) -> None:
    with pytest.raises(InputError, match=re.escape(fault)):
        read_inputs(priced(tmp_path, rows))


def test_prices_need_a_timetable() -> None:
    text = TEXT.replace(TIMETABLE, "").replace("[data]", '[data]\ntickets = "tickets.csv"', 1)
    with pytest.raises(InputError, match=r"data\.tickets: says what tickets cost, and no"):
        study_of(text)


def test_a_journey_at_the_command_line_is_told_in_legs() -> None:
    ends = ("--from", "NP10 0AE", "--to", "rogerstone-library", "--mode", "transit")
    ran = run_cli("trip", "newport", *ends, "--arrive", "10:00", "--quiet")
    assert ran.code == 0
    assert "Newport Bus" in ran.out
    assert "no change" in ran.out.replace("\n", " ")
    neither = run_cli("trip", "newport", *ends)
    assert (neither.code, "give either --arrive or --depart" in neither.err) == (2, True)
    walking = run_cli("trip", "newport", *ends[:4], "--arrive", "10:00")
    assert (walking.code, "go with --mode transit" in walking.err) == (2, True)


def test_a_bank_holiday_is_said_wherever_its_buses_are_counted(newport: eh.StudyResult) -> None:
    monday = study_of(TEXT.replace("date = 2023-06-13", "date = 2023-08-28"))
    warned = gate_lines(check_timetable(bundled_path("timetables/newport.zip"), "2023-08-28"))
    said = {line.removeprefix("warn").strip() for line in warned if line.startswith("warn")}
    assert any("2023-08-28 is a bank holiday" in line for line in said)
    tables = read_inputs(monday)
    tables = replace(tables, origins=tables.origins.iloc[:1])
    assert said <= {line.strip(" !") for line in check_lines(monday, {"postcode": tables})}
    travel = compute_travel_times(
        monday, tables.origins, tables.sites, network=newport.network, buses=tables.buses
    )
    assert said <= {item.text for item in study_notes(monday, tables, travel)}
    told = run_cli(
        *("trip", "newport", "--from", "331000,188000", "--to", "pillgwenlly-library"),
        *("--mode", "transit", "--arrive", "10:00", "--date", "2023-08-28"),
    )
    assert told.code == 0, told.err
    assert all(f"! {line}" in told.out for line in said)
    usual = set(check_lines(study_of(TEXT), {"postcode": read_inputs(study_of(TEXT))}))
    assert not any("holiday" in line for line in usual)


def test_two_runs_give_the_same_times(newport: eh.StudyResult) -> None:
    again = compute_travel_times(
        *(newport.study, newport.origins, newport.sites),
        network=replace(newport.network, _memory={}),  # type: ignore[type-var]
        buses=newport.buses,
    )
    for mode in (TRANSIT, VISIT):
        assert again.times[mode].minutes.tobytes() == newport.times[mode].minutes.tobytes()

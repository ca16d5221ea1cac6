from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eh_access.criteria.criterion import Outcome
from eh_access.network.model import Network
from eh_access.publish.notes import note_text
from eh_access.publish.tabulations import further_tables
from eh_access.routing.estimate import ACCURACY
from eh_access.study.config import load_study
from eh_access.study.findings import find_findings
from eh_access.study.records import NEIGHBOUR_COLUMNS, ORIGINS_COLUMNS, VERDICTS_COLUMNS
from eh_access.study.result import StudyResult
from eh_access.study.run import run_study
from eh_access.study.streets import own_streets
from eh_access.study.travel import compute_travel_times
from study_files import SITES, TO_NEWPORT, StudyFolder, moved, write_study

# walking metres = 122 + 1.20 x straight line, at 4.8 km/h: 80 m a minute


def walked(line_m: float) -> float:
    return (122 + 1.2 * line_m) / 80


@pytest.fixture
def toy(tmp_path: Path) -> StudyFolder:
    return write_study(tmp_path)


def rows(result: StudyResult, scenario: str, mode: str) -> pd.DataFrame:
    table = result.origins_table()
    chosen = (table["scenario"] == scenario) & (table["mode"] == mode)
    return table[chosen].set_index("origin_id")


# ------------------------------------------------------------------ the toy, worked by hand


def test_closing_a_site_sends_its_families_to_the_other(toy: StudyFolder) -> None:
    result = run_study(load_study(toy.toml))
    before, after = rows(result, "baseline", "walk"), rows(result, "one-less", "walk")
    assert before.loc["a", "minutes"] == pytest.approx(walked(100), abs=0.001)
    assert after.loc["a", "minutes"] == pytest.approx(walked(3900), abs=0.001)
    assert list(after["nearest_site_id"]) == ["east"] * 3
    assert before.loc["c", "minutes"] == after.loc["c", "minutes"]
    change = result.comparisons[("one-less", "walk")].frame.loc["a", "change_min"]
    assert change == pytest.approx(walked(3900) - walked(100), abs=0.01)


def test_ten_hours_a_week_is_open_and_not_full_time(toy: StudyFolder) -> None:
    toy.change("study.toml", 'close = ["west"]', "set_hours = { west = 10 }")
    result = run_study(load_study(toy.toml))
    after = rows(result, "one-less", "walk")
    assert after.loc["a", "nearest_site_id"] == "west"
    assert after.loc["a", "nearest_full_time_site_id"] == "east"
    assert after.loc["a", "minutes_full_time"] == pytest.approx(walked(3900), abs=0.001)
    assert result.comparisons[("one-less", "walk")].losers().empty
    assert list(result.comparisons_full_time[("one-less", "walk")].losers().index) == ["a"]


def test_full_time_begins_where_the_study_says(toy: StudyFolder) -> None:
    toy.change("study.toml", 'close = ["west"]', "set_hours = { west = 10 }")
    toy.change("study.toml", "[settings]", "[settings]\nfull_time_from_hours = 10")
    after = rows(run_study(load_study(toy.toml)), "one-less", "walk")
    assert after.loc["a", "nearest_full_time_site_id"] == "west"


def test_a_site_that_moves_is_timed_where_it_goes(toy: StudyFolder) -> None:
    moved = 'move = [{ site = "west", easting = 442000, northing = 390000 }]'
    toy.change("study.toml", 'close = ["west"]', moved)
    result = run_study(load_study(toy.toml))
    after = rows(result, "one-less", "walk")
    assert after.loc["b", "nearest_site_id"] == "west"
    assert after.loc["b", "minutes"] == pytest.approx(walked(100), abs=0.001)
    assert after.loc["a", "minutes"] == pytest.approx(walked(1900), abs=0.001)
    # the baseline keeps its own times
    assert rows(result, "baseline", "walk").loc["a", "minutes"] == pytest.approx(
        walked(100), abs=0.001
    )
    assert result.times_for("one-less", "walk") is not result.times["walk"]
    assert result.times_for("baseline", "walk") is result.times["walk"]


def test_a_candidate_that_opens_is_a_site_from_then_on(toy: StudyFolder) -> None:
    sites = (toy.path / "sites.csv").read_text(encoding="utf-8").splitlines()
    library = "library,Library,library,,442000,390100,surveyed,10"
    (toy.path / "candidates.csv").write_text(
        "\n".join([sites[0], library, library.replace("library,L", "spare,L")]) + "\n", "utf-8"
    )
    toy.change("study.toml", "[data]", '[data]\ncandidates = "candidates.csv"')
    toy.change("study.toml", 'close = ["west"]', 'close = ["west"]\nopen = ["library"]')
    result = run_study(load_study(toy.toml))
    assert "spare" not in result.sites.index
    assert not result.sites.loc["library", "is_open"]
    assert rows(result, "baseline", "walk").loc["b", "minutes"] > 30
    after = rows(result, "one-less", "walk").loc["b"]
    assert after["nearest_site_id"] == "library"
    assert after["minutes"] == pytest.approx(walked(0), abs=0.001)


@pytest.mark.parametrize(
    ("minutes", "within", "with_library"), [(30, 50 / 60, 1.0), (20, 30 / 60, 40 / 60)]
)
def test_what_is_near_follows_the_study_throughout(
    toy: StudyFolder, minutes: int, within: float, with_library: float
) -> None:
    # by the estimate, 122 m and 1.2 times the line at 80 m a minute: b is 25 minutes from the east
    # and 23 from the library, a 15 from the library, c 3 from the east; 20, 10 and 30 children
    toy.change("origins.csv", "b,442000,390100", "b,442435,390000")
    header, library = SITES.splitlines()[0], "library,Library,library,,441000,390000,surveyed,10"
    (toy.path / "candidates.csv").write_text(f"{header}\n{library}\n", "utf-8")
    toy.change("study.toml", "[data]", '[data]\ncandidates = "candidates.csv"')
    toy.change("study.toml", "cutoff_min = 30", f"cutoff_min = {minutes}")
    result = run_study(load_study(toy.toml))
    findings = find_findings(result)
    assert result.study.session_min == minutes
    readings = findings.readings
    assert set(readings.loc[readings["scenario"] == "one-less", "share_within"]) == {within}
    outreach = findings.tables()["outreach.csv"]
    [covered] = set(outreach.loc[outreach["mends"] == "one-less", "covered_share"])
    assert covered == pytest.approx(with_library)
    headings = " ".join(
        column.heading.lower()
        for table in further_tables(result, findings).values()
        for column in table.columns
    )
    assert headings.count(f"within {minutes} minutes") >= 4
    assert f"within {50 - minutes} minutes" not in headings


def test_out_of_reach_is_a_row_with_a_status(toy: StudyFolder) -> None:
    toy.change("study.toml", "[settings]", "[settings]\nsearch_min = 31")
    table = rows(run_study(load_study(toy.toml)), "baseline", "walk")
    assert np.isinf(table.loc["b", "minutes"])
    assert table.loc["b", ["nearest_site_id", "status"]].tolist() == ["", "unreached"]
    assert table.loc[["a", "c"], "status"].tolist() == ["ok", "ok"]


def test_an_empty_change_changes_nothing(toy: StudyFolder) -> None:
    """Hours set to what counts as full-time already."""
    toy.change("study.toml", 'close = ["west"]', "set_hours = { west = 40 }")
    result = run_study(load_study(toy.toml))
    same = rows(result, "one-less", "walk").drop(columns="scenario")
    pd.testing.assert_frame_equal(same, rows(result, "baseline", "walk").drop(columns="scenario"))


def test_the_search_can_be_asked_for_another_speed(toy: StudyFolder) -> None:
    toy.change("study.toml", "[settings]", "[settings]\nspeed_km_h = { walk = 2.4 }")
    table = rows(run_study(load_study(toy.toml)), "baseline", "walk")
    assert table.loc["a", "minutes"] == pytest.approx(2 * walked(100), abs=0.002)


def test_each_stage_is_told(toy: StudyFolder) -> None:
    told: list[str] = []
    run_study(load_study(toy.toml), progress=told.append)
    assert told[0] == "Reading the tables"
    assert "Working out travel times with a pushchair" in told


# ------------------------------------------------------------------ Rotherham, estimated


def test_the_tables_are_whole(rotherham: StudyResult) -> None:
    table = rotherham.origins_table()
    assert list(table) == [*ORIGINS_COLUMNS, *NEIGHBOUR_COLUMNS]
    assert len(table) == 878 * 3 * 3
    assert not table.isna().any().any()
    weights = table.groupby(["scenario", "mode"])["weight"].sum()
    assert np.allclose(weights, 14637, atol=0.01)
    verdicts = rotherham.verdicts_table()
    assert list(verdicts) == list(VERDICTS_COLUMNS)
    assert len(verdicts) == 3 * len(rotherham.study.criteria)


def test_an_estimate_never_says_met(rotherham_estimate: StudyResult) -> None:
    assert rotherham_estimate.estimated
    assert rotherham_estimate.basis == "estimated"
    assert {verdict.outcome for verdict in rotherham_estimate.verdicts} == {Outcome.CANNOT_SAY}
    assert {verdict.basis for verdict in rotherham_estimate.verdicts} == {"estimated"}
    (note,) = [note for note in rotherham_estimate.notes if note.topic == "estimated"]
    assert (note.level, dict(note.facts)) == ("warning", dict(ACCURACY))
    assert note_text(note).startswith("INDICATIVE: no street network was used.")
    assert not [note for note in rotherham_estimate.notes if note.topic == "not-recorded"]


def test_rotherham_stands_on_its_streets(rotherham: StudyResult) -> None:
    assert rotherham.basis == "streets"
    assert Outcome.NOT_MET in {verdict.outcome for verdict in rotherham.verdicts}
    assert {verdict.basis for verdict in rotherham.verdicts} == {"streets"}
    assert not [note for note in rotherham.notes if note.topic == "estimated"]
    (limits,) = [note_text(note) for note in rotherham.notes if note.topic == "not-recorded"]
    assert (
        "does not record who may use a way, barriers, pavements, kerbs, widths, "
        "passage with wheels, surfaces" in limits
    )
    assert "Car speeds go by class of road" in limits
    assert limits.count("three of them close was off by") == len(rotherham.modes)


def test_what_must_be_said_is_said(rotherham: StudyResult) -> None:
    by_topic: dict[str, str] = {}
    for note in rotherham.notes:
        by_topic[note.topic] = by_topic.get(note.topic, "") + note_text(note)
    assert "Valley Children's Centre" in by_topic["unknown-site"]
    assert "overstates harm" in by_topic["unknown-site"]
    assert "Park View Children's Centre (within about 1,500 m)" in by_topic["estimated-site"]
    assert "six of the eleven youth centres" in by_topic["not-assessed"]
    assert "Which venues were used, and for how many hours" in by_topic["not-assessed"]
    assert "not in any figure" in by_topic["mitigation"]
    assert "Small counts are not hidden" in by_topic["counts-shown"]
    assert "weights_public = true" in by_topic["counts-shown"]
    levels = [note.level for note in rotherham.notes]
    assert levels == sorted(levels, reverse=True)  # warnings first


def test_a_scenario_that_cannot_be_assessed_is_named_and_left_alone(
    rotherham: StudyResult,
) -> None:
    assert [scenario.name for scenario in rotherham.not_assessed] == ["outreach", "youth"]
    for name in ("outreach", "youth"):
        assert name not in rotherham.scenario_sites
        assert not rotherham.verdicts_for(name)
    assert [item.name for item in rotherham.scenarios] == list(rotherham.scenario_names)


def test_coverage_is_what_origins_csv_says(rotherham: StudyResult) -> None:
    """Independent of the analysis: plain sums over the table that is published."""
    table = rotherham.origins_table()
    verdicts = {(item.scenario, item.criterion.id): item for item in rotherham.verdicts}
    for scenario in rotherham.scenario_names:
        walk = table[(table["scenario"] == scenario) & (table["mode"] == "walk")]
        near = walk.loc[walk["minutes_full_time"] <= 30, "weight"].sum() / walk["weight"].sum()
        assert verdicts[(scenario, "walk-30")].value == pytest.approx(near, abs=1e-9)
    before = table[(table["scenario"] == "baseline") & (table["mode"] == "pushchair")]
    after = table[(table["scenario"] == "deregister-closed") & (table["mode"] == "pushchair")]
    added = after["minutes_full_time"].to_numpy() - before["minutes_full_time"].to_numpy()
    share = before["weight"].to_numpy()[added > 10].sum() / before["weight"].sum()
    value = verdicts[("deregister-closed", "pushchair-added")].value
    assert value == pytest.approx(share, abs=1e-9)


def test_sessions_keep_what_closing_takes(rotherham: StudyResult) -> None:
    sessions = rows(rotherham, "deregister-sessions", "walk")
    before, closed = (
        rows(rotherham, "baseline", "walk"),
        rows(rotherham, "deregister-closed", "walk"),
    )
    assert (sessions["minutes"] == before["minutes"]).all()
    assert (sessions["minutes_full_time"] == closed["minutes_full_time"]).all()
    assert (closed["minutes"] >= before["minutes"]).all()


def test_every_input_is_credited(rotherham: StudyResult) -> None:
    licences = {item.licence for item in rotherham.provenance}
    assert "not stated in the study" not in licences
    roles = [file.role for file in rotherham.inputs]
    wanted = [
        "study",
        "areas",
        "boundary",
        "wards",
        "origins",
        "sites",
        "candidates",
        "youth",
        "youth_venues",
    ]
    assert roles == [*wanted, "neighbours", "postcodes", "streets"]
    assert all(len(file.sha256) == 64 for file in rotherham.inputs)


def test_files_nobody_speaks_for_say_so_and_a_study_can_speak(toy: StudyFolder) -> None:
    titles = {item.title: item for item in run_study(load_study(toy.toml)).provenance}
    assert titles["sites: sites.csv"].licence == "not stated in the study"
    source = (
        '\n[[source]]\nfile = "sites.csv"\ntitle = "Our list"\npublisher = "Us"\nlicence = "CC0"\n'
    )
    toy.toml.write_text(toy.toml.read_text("utf-8") + source, "utf-8")
    titles = {item.title: item for item in run_study(load_study(toy.toml)).provenance}
    assert titles["Our list"].licence == "CC0"


def test_a_caller_cannot_change_the_result_through_its_tables(rotherham: StudyResult) -> None:
    table = rotherham.origins_table()
    table["minutes"] = 0.0
    assert rotherham.origins_table()["minutes"].max() > 0


# ------------------------------------------------------------------ Newport, on real streets


def test_real_streets_give_real_verdicts(newport: StudyResult) -> None:
    assert not newport.estimated
    assert isinstance(newport.network, Network)
    assert Outcome.MET in {verdict.outcome for verdict in newport.verdicts}
    assert {verdict.basis for verdict in newport.verdicts} == {"streets"}
    table = newport.origins_table()
    assert not table["estimated"].any()
    assert len(table) == 2227 * 3 * 5  # scenarios, and modes: two of them by timetable
    assert [file.role for file in newport.inputs][-2:] == ["feed", "streets"]
    assert any(note.topic == "rim" for note in newport.notes)
    assert any("llustrative" in note_text(note) for note in newport.notes)


def test_postcodes_off_the_streets_stay_rows_with_a_reason(newport: StudyResult) -> None:
    lost = newport.origins_table().query("status == 'off_network'")
    assert len(lost)
    assert np.isinf(lost["minutes"]).all()
    told = [note_text(note) for note in newport.notes if note.topic == "off_network"]
    on_foot = lost[(lost["mode"] == "walk") & (lost["scenario"] == "baseline")]
    assert any(f"{len(on_foot)} of 2,227 postcodes are too far" in text for text in told)


def test_every_note_begins_with_a_capital_and_ends_a_sentence(
    rotherham: StudyResult, newport: StudyResult
) -> None:
    texts = [note_text(note) for result in (rotherham, newport) for note in result.notes]
    assert [text for text in texts if text[0].islower() or text[-1] not in ".)"] == []
    assert not [text for text in texts if " origins " in text]


def test_where_many_live_at_one_place_the_note_tells_both(toy: StudyFolder) -> None:
    toy.change("study.toml", "[settings]", "[settings]\nsearch_min = 31")
    told = [
        note_text(note)
        for note in run_study(load_study(toy.toml)).notes
        if note.topic == "unreached"
    ]
    assert told[0].startswith("20 of 60 under-fives (at 1 of 3 places) are out of reach")


def test_streets_that_nobody_asked_for_are_no_warning(toy: StudyFolder) -> None:
    notes = run_study(load_study(toy.toml)).notes
    assert [note.level for note in notes if note.topic == "streets"] == ["info"]


def test_streets_may_be_given(newport: StudyResult, toy: StudyFolder) -> None:
    result = run_study(load_study(moved(toy, **TO_NEWPORT).toml), network=newport.network)
    assert not result.estimated
    assert "Travel times follow the streets given" in result.streets_how


def test_the_shortest_way_is_never_longer_than_the_quickest(newport: StudyResult) -> None:
    """A pushchair's quickest way may go round rough ground; its shortest does not."""
    assert newport.network is not None
    study = newport.study
    origins, sites = newport.origins.iloc[::20], newport.sites
    travel = compute_travel_times(
        *(study, origins, sites),
        network=newport.network,
        buses=None,
    )
    quickest = travel.times["pushchair"].minutes
    shortest = travel.distances["pushchair"].minutes
    assert (shortest <= quickest + 0.5).all()  # each street's deciseconds are rounded
    # hills carry some of the farthest over the two hours searched, and none of the others
    lost = np.isfinite(shortest) & ~np.isfinite(quickest)
    assert not (np.isfinite(quickest) & ~np.isfinite(shortest)).any()
    assert shortest[lost].min() > 90
    assert lost.mean() < 0.05
    metres = shortest[np.isfinite(shortest)] * 60  # 3.6 km/h is 60 m a minute
    line = np.hypot(
        origins.geometry.x.to_numpy()[:, None] - sites.geometry.x.to_numpy(),
        origins.geometry.y.to_numpy()[:, None] - sites.geometry.y.to_numpy(),
    )[np.isfinite(shortest)]
    assert (metres >= line - 15).all()  # no street is shorter than the straight line
    assert set(travel.times_back) == {"walk"}


def test_a_study_that_wants_a_download_makes_no_connection_by_itself(toy: StudyFolder) -> None:
    toy.change("study.toml", 'source = "estimate"', 'source = "download"')
    assert own_streets(load_study(toy.toml)) is None

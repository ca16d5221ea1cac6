"""What must hold of answers: each check on the town of one street, by hand, and on Newport."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from eh_access import (
    JourneyLimits,
    Timetable,
    WithdrawRoute,
    change_timetable,
    example_buses,
    find_walks,
)
from eh_access.errors import InputError
from eh_access.publish.notes import gate_lines
from eh_access.transit.answers import find_answer_gates, find_line_gates, find_stop_gates
from study_cli import run_cli

NETWORK, HOMES, SITES, TIMETABLE = example_buses()
NAPTAN = Path(__file__).parents[3] / "shared/data/newport/naptan_531.csv"


def gates_of(
    timetable: Timetable = TIMETABLE,
    area: shapely.Polygon | None = None,
    sites: gpd.GeoDataFrame = SITES,
    **limits: float,
) -> pd.DataFrame:
    walks = find_walks(NETWORK, timetable, HOMES, sites, limits=JourneyLimits(**limits))  # type: ignore[arg-type]
    gates = find_answer_gates(timetable, walks, window="10:00", area=area)
    assert all(len(line) > 15 for line in gate_lines(gates))
    return gates.set_index("gate")


def test_stops_within_the_walk_are_counted() -> None:
    # homes stand 160 m from a stop, two minutes; both sites at one
    assert gates_of().loc["stops_near_origins", ["severity", "value"]].tolist() == ["ok", 1.0]
    near = gates_of(access_min=1.9, egress_min=1.0)
    assert near.loc["stops_near_origins", ["severity", "value"]].tolist() == ["warn", 0.0]
    assert near.loc["stops_near_sites", ["severity", "value"]].tolist() == ["ok", 1.0]
    moved = SITES.set_geometry(SITES.translate(xoff=-500))  # off the street, and 500 m along it
    far = gates_of(sites=moved, egress_min=6.0)
    assert far.loc["stops_near_sites", ["severity", "value"]].tolist() == ["warn", 0.0]


def test_a_stop_off_the_streets_is_named() -> None:
    stops = TIMETABLE.stops.assign(y_m=TIMETABLE.stops["y_m"] + [0, 0, 200])
    away = replace(TIMETABLE, stops=stops)
    row = gates_of(away).loc["off_street"]
    assert row[["severity", "value", "detail"]].tolist() == ["warn", 1, "east_end"]
    west = shapely.box(439_000, 389_000, 442_000, 391_000)  # streets are complete here alone
    assert gates_of(away, west).loc["off_street", "severity"] == "ok"
    assert gates_of().loc["off_street", "severity"] == "ok"


def test_a_timetable_that_decides_nothing_stops() -> None:
    # three of four pairs walk, and a to the east end differs by the hour: no bus before 9
    row = gates_of().loc["on_foot"]
    assert row[["severity", "value"]].tolist() == ["note", 0.75]
    assert gates_of().loc["time_of_day", ["severity", "value"]].tolist() == ["ok", 0.5]
    nothing = change_timetable(TIMETABLE, [WithdrawRoute("1")])
    gates = gates_of(nothing)
    assert gates.loc["on_foot", ["severity", "value"]].tolist() == ["warn", 1.0]
    assert gates.loc["time_of_day", ["severity", "value"]].tolist() == ["stop", 0.0]


def test_stops_are_compared_with_those_there_are() -> None:
    stops = TIMETABLE.stops
    known = pd.DataFrame(
        {
            "stop_id": ["west_end", "school", "idle one", "idle two"],
            "easting": [stops["x_m"].iloc[0] + 99, stops["x_m"].iloc[1] + 101, 440_000, 440_000],
            "northing": 390_000.0,
        }
    )
    gates = find_stop_gates(TIMETABLE, known)
    assert all(len(line) > 15 for line in gate_lines(gates))
    rows = gates.set_index("gate")[["severity", "value", "detail"]].T
    assert rows["stops_served"].tolist() == ["warn", 0.5, "4"]
    assert rows["stops_strange"].tolist() == ["note", 1, "east_end"]
    assert rows["stops_moved"].tolist() == ["warn", 1, "school"]
    west = shapely.box(439_000, 389_000, 441_000, 391_000)
    near = find_stop_gates(TIMETABLE, known, area=west).set_index("gate")
    assert near["value"].tolist() == [0.25, 0, 0]
    with pytest.raises(InputError, match="no stops in use to compare with"):
        find_stop_gates(TIMETABLE, known.iloc[:0])


def test_a_stop_far_from_the_line_of_its_trips_is_named() -> None:
    ends = TIMETABLE.points.to_crs("EPSG:4326").geometry
    trips = pd.DataFrame({"trip_id": TIMETABLE.trips["trip_id"].unique(), "shape_id": "s"})
    shapes = pd.DataFrame(
        {
            "shape_id": "s",
            "shape_pt_lat": ends.y.iloc[:2].astype(str).to_numpy(),
            "shape_pt_lon": ends.x.iloc[:2].astype(str).to_numpy(),
            "shape_pt_sequence": ["1", "2"],
        }
    )
    gates = find_line_gates(TIMETABLE, [{"shapes": shapes, "trips": trips}])
    assert all(len(line) > 15 for line in gate_lines(gates))
    # the line ends at the school, 2,400 m before the east end
    assert gates[["severity", "value", "detail"]].iloc[0].tolist() == ["warn", 1, "east_end"]
    assert find_line_gates(TIMETABLE, [{"trips": trips}]).empty


@pytest.mark.skipif(not NAPTAN.is_file(), reason="../shared/data is not beside the checkout")
def test_newport_s_timetable_is_checked_with_its_study_and_naptan() -> None:
    ran = run_cli("timetable", "check", "--study", "newport", "--naptan", NAPTAN)
    assert ran.code == 0
    text = ran.out
    # the file has 695 stops in use within reach of the city; counted here by other means
    listed = pd.read_csv(NAPTAN)
    assert (listed["Status"] == "active").sum() >= 695
    assert "of the 695 stops that NaPTAN lists as in use are called at" in text
    for words in ("of origins have a stop", "of sites have a stop", "the time of day makes"):
        assert words in text


def test_what_is_missing_for_a_check_is_said(tmp_path: Path) -> None:
    for words, told in (
        ((), "give a feed and --date, or a study that has both"),
        (("--study", "rotherham"), "it has no timetable; add"),
        (("--study", "newport", "--naptan", tmp_path / "no.csv"), "no.csv: cannot be read"),
        (("--study", "newport", "--naptan", __file__), "Give access nodes as NaPTAN"),
    ):
        ran = run_cli("timetable", "check", *words)
        assert ran.code == 2
        assert told in ran.err

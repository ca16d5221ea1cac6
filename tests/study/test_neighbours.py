"""Sites just over the border: results without them, and the same with them counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eh_access.criteria.criterion import Case
from eh_access.criteria.judge import judge
from eh_access.measures.basic import coverage
from eh_access.measures.equity import fifths
from eh_access.measures.scenarios import BASELINE, Close, Scenario, apply_scenario
from eh_access.modes import MODES
from eh_access.publish.tabulations import tabulate
from eh_access.study.config import load_study
from eh_access.study.records import NEIGHBOUR_COLUMNS, NEIGHBOUR_MINUTES, ORIGINS_COLUMNS
from eh_access.study.result import StudyResult
from eh_access.study.run import run_study
from eh_access.study.travel import Travel, joined_travel, side_by_side
from study_cli import run_cli
from study_files import SITES, StudyFolder, write_study
from toy_borough import EAST, HOUSES, NORTH, SEVEN, STEP_M, case_of, times_of
from toy_borough import origins as houses
from toy_borough import sites as centres
from xlsx import sheets_of

HEADER = SITES.split("\n", maxsplit=1)[0]
OVER = "over,Over Centre,centre,,438900,390000,surveyed,10"
"""100 m west of the toy's area: 1,200 m from a, 5,000 m from c."""


def with_neighbours(toy: StudyFolder, *rows: str) -> StudyFolder:
    """Give the toy study a table of neighbours."""
    (toy.path / "neighbours.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    toy.change("study.toml", "[data]", '[data]\nneighbours = "neighbours.csv"')
    return toy


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return write_study(tmp_path_factory.mktemp("alone") / "study")


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return with_neighbours(write_study(tmp_path_factory.mktemp("beside") / "study"), OVER)


@pytest.fixture(scope="module")
def result(beside: StudyFolder) -> StudyResult:
    return run_study(load_study(beside.toml))


# ---- the toy borough: N stands one step beyond h12, and D closes --------------------------------

CLOSED = Scenario("closed", "D is gone", (Close("D"),))


def wider_case() -> Case:
    """Return the toy borough with N counted, before and after D closes."""
    place = gpd.points_from_xy([EAST + 12 * STEP_M], [NORTH])
    n = centres().iloc[[0]].set_geometry(gpd.GeoSeries(place, index=["A"], crs="EPSG:27700"))
    n.index = pd.Index(["N"], name="site_id")
    table = pd.concat([centres(), n])

    def to_n(mode: str, direction: str = "to_sites") -> object:
        metres = STEP_M * (12 - np.arange(12))[:, None]
        speed = MODES[mode].speed_km_h * 1000 / 60
        return times_of(metres / speed, mode=MODES[mode], centres=["N"], direction=direction)

    more = Travel(
        times={mode: to_n(mode) for mode in ("walk", "pushchair")},
        times_back={mode: to_n(mode, "from_sites") for mode in ("walk", "pushchair")},
        distances={"pushchair": to_n("pushchair")},
    )
    narrow = case_of(CLOSED)
    own = Travel(
        times=narrow.before.times,
        times_back=narrow.before.times_back,
        distances=narrow.before.distances,
    )
    travel = joined_travel(own, more, side_by_side)
    return replace(
        narrow,
        before=travel.side(apply_scenario(table, BASELINE)),
        after=travel.side(apply_scenario(table, CLOSED)),
    )


@pytest.mark.parametrize(
    ("name", "without", "counted"),
    [
        # D gone: h11 (5) is 36 minutes from C and 24 from N, h12 (10) is 48 from C and 12 from N
        ("walk-30", 0.85, 1.0),
        # h11 is 2,880 m from C and 1,920 from N, h12 3,840 and 960
        ("pram-2500", 0.85, 1.0),
        # 16 minutes a step: h11 16 -> 48 or 32, h12 0 -> 64 or 16: more than 10 either way
        ("pushchair-added", 0.15, 0.15),
        # all who lose live elsewhere, 60 in all: (24 x 5 + 48 x 10) / 60, or 12 x 15 / 60
        ("deprived-not-worse", -10.0, -3.0),
        ("even-spread", 75.0, 0.0),  # W4: 15 of its 20
        ("sessions", 0.85, 1.0),
    ],
)
def test_the_toy_borough_with_a_neighbour(name: str, without: float, counted: float) -> None:
    assert judge(SEVEN[name], case_of(CLOSED)).value == pytest.approx(without)
    assert judge(SEVEN[name], wider_case()).value == pytest.approx(counted)


# ---- whatever the minutes are -------------------------------------------------------------------

MINUTES = st.one_of(
    st.floats(0, 90, width=32), st.integers(0, 90).map(float), st.just(float("inf"))
)


@given(
    own=arrays(np.float32, (12, 4), elements=MINUTES),
    others=arrays(np.float32, (12, 3), elements=MINUTES),
    cutoff=st.floats(1, 89),
)
def test_a_neighbour_never_makes_anything_farther(
    own: np.ndarray, others: np.ndarray, cutoff: float
) -> None:
    def told(minutes: np.ndarray) -> pd.DataFrame:
        lost = ~np.isfinite(minutes).any(axis=1)
        status = np.where(lost, "unreached", "ok")
        return pd.DataFrame(
            {"status": status, "reason": "", "offset_m": 0.0},
            index=pd.Index(HOUSES, name="origin_id"),
        )

    base = replace(times_of(own), origin_status=told(own))
    more = replace(times_of(others, centres=["x", "y", "z"]), origin_status=told(others))
    travel = [Travel(times={"walk": each}, times_back={}, distances={}) for each in (base, more)]
    both = joined_travel(*travel, side_by_side).times["walk"]
    assert (both.nearest()["minutes"] <= base.nearest()["minutes"]).all()
    assert coverage(both, houses(), cutoff_min=cutoff) >= coverage(
        base, houses(), cutoff_min=cutoff
    )
    reached = np.isfinite(both.nearest()["minutes"])
    assert (both.origin_status["status"] == np.where(reached, "ok", "unreached")).all()
    pd.testing.assert_frame_equal(both.select(base.site_ids).to_wide(), base.to_wide())


# ---- a study that lists one ---------------------------------------------------------------------


def test_a_neighbour_is_counted_where_it_says_so(result: StudyResult) -> None:
    """West closes; a then has 3,900 m to east in a straight line, or 1,200 m over the border."""
    walk = 4.8 * 1000 / 60
    rows = result.origins_table().query("scenario == 'one-less' and mode == 'walk'")
    a = rows.set_index("origin_id").loc["a"]
    assert a["minutes_full_time"] == pytest.approx((122 + 1.2 * 3900) / walk, abs=1e-3)
    for column in NEIGHBOUR_MINUTES:
        assert a[column] == pytest.approx((122 + 1.2 * 1200) / walk, abs=1e-3)
    # within half an hour: c (30 of 60) alone, and with the neighbour a (10) too
    own, counted = result.verdicts[1], result.with_neighbours.verdicts[1]
    assert own.value == pytest.approx(30 / 60)
    assert counted.value == pytest.approx(40 / 60)
    table = tabulate(result)["neighbours"]
    assert table.where(scenario="The west closed").frame["value"].item() == 50.0
    assert table.where(scenario="The west closed").frame["counted_value"].item() == 66.7


def test_results_without_neighbours_are_what_they_were(
    alone: StudyFolder, beside: StudyFolder
) -> None:
    out = {}
    for study in (alone, beside):
        out[study] = study.path.parent / "out"
        assert run_cli("report", study.toml, "-o", out[study]).code == 0
    same = ("verdicts.csv", "alternatives.csv", "fairness.csv")
    for name in same:
        assert (out[alone] / name).read_bytes() == (out[beside] / name).read_bytes(), name
    before, after = (pd.read_csv(out[study] / "origins.csv") for study in (alone, beside))
    assert list(after) == [*ORIGINS_COLUMNS, *NEIGHBOUR_COLUMNS]
    pd.testing.assert_frame_equal(after[list(ORIGINS_COLUMNS)], before)
    assert not (out[alone] / "neighbours.csv").exists()
    for name in ("report.html", "annex.html"):
        page = (out[alone] / name).read_text(encoding="utf-8")
        assert "neighbour" not in page.casefold().replace("neighbourhood", "")
    # and where there are any, every output has them
    counted = pd.read_csv(out[beside] / "neighbours.csv").set_index("scenario")
    assert counted.loc["one-less", "value"] == pytest.approx(40 / 60)
    report = (out[beside] / "annex.html").read_text(encoding="utf-8")
    assert "Over Centre, just outside the area" in report
    layers = [name for name, _ in pyogrio.list_layers(out[beside] / "results.gpkg")]
    assert layers[:2] == ["sites", "neighbours"]
    point = gpd.read_file(out[beside] / "results.gpkg", layer="neighbours").geometry.item()
    assert (point.x, point.y) == (438900, 390000)
    assert "neighbours" in sheets_of(out[beside] / "tables.xlsx")


def test_alike_near_sites_go_by_id_whoever_runs_them(tmp_path: Path) -> None:
    twin = "aa,Twin,centre,,439000,393900,surveyed,10"
    toy = with_neighbours(write_study(tmp_path), twin)
    toy.change("sites.csv", "440000,390000", "439000,389500")
    toy.change("origins.csv", "440100,390000", "439000,391700")
    toy.change(
        "areas.geojson",
        "[442500,391000],\n  [439000,391000]",
        "[442500,391800],\n  [439000,391800]",
    )
    counted = run_study(load_study(toy.toml)).with_neighbours
    # 2,200 m to west, which is older, and as far to aa, whose id sorts first
    assert counted.nearest("baseline", "walk", full_time=True).loc["a", "site_id"] == "aa"


# ---- Rotherham and its six neighbours ------------------------------------------------------------


def test_rotherhams_criteria_come_out_of_its_table_of_origins(rotherham: StudyResult) -> None:
    """Plain pandas on what origins.csv holds gives what neighbours.csv holds."""
    table = rotherham.origins_table().set_index(["scenario", "mode", "origin_id"]).sort_index()
    minutes = table["minutes_full_time_with_neighbours"]
    weight = table["weight"].loc["baseline", "walk"]
    people = rotherham.origins.loc[weight.index]
    half = 0.5 / 600  # of the search's smallest step: exactly 30 minutes is within 30
    verdicts = rotherham.with_neighbours.verdicts_table().set_index(["scenario", "criterion"])
    for scenario in ("deregister-closed", "deregister-sessions"):

        def added(mode: str, scenario: str = scenario) -> pd.Series:
            return minutes.loc[scenario, mode] - minutes.loc["baseline", mode]

        def within(scenario: str) -> pd.Series:
            return weight.where(minutes.loc[scenario, "walk"] <= 30 + half, 0.0)

        longer = added("pushchair") > 10 + half
        decile = people["imd_decile"].astype(float)
        line = np.polyfit(decile, added("walk"), 1, w=np.sqrt(weight))
        wards = people["ward_name"]
        before, after = (within(when).groupby(wards).sum() for when in ("baseline", scenario))
        fall = (before - after) / weight.groupby(wards).sum()
        no_car = fifths(people, "no_car_share", first="high") == 1
        expected = {
            "walk-30": within(scenario).sum() / weight.sum(),
            "pushchair-added": weight[longer].sum() / weight.sum(),
            "deprived-not-worse": -line[0],
            "no-car": within(scenario)[no_car].sum() / weight[no_car].sum(),
            "even-spread": 100 * fall.max(),
        }
        for criterion, value in expected.items():
            told = verdicts.loc[(scenario, criterion), "value"]
            assert told == pytest.approx(value, abs=1e-5), criterion  # four decimals of a minute


def test_rotherhams_neighbours_only_ever_help(rotherham: StudyResult) -> None:
    table = rotherham.origins_table()
    for own, counted in zip(("minutes", "minutes_full_time"), NEIGHBOUR_MINUTES, strict=True):
        assert (table[counted] <= table[own]).all()
        assert (table[counted] < table[own]).any()
    times = rotherham.with_neighbours.times["walk"].to_wide()
    ours = times[list(rotherham.sites.index)].min(axis=1)
    theirs = times[list(rotherham.neighbours.index)].min(axis=1)
    walk = table.query("scenario == 'baseline' and mode == 'walk'").set_index("origin_id")
    expected = np.minimum(ours, theirs)[walk.index]
    assert np.allclose(walk["minutes_with_neighbours"], expected, atol=1e-4)
    assert len(rotherham.neighbours) == 6
    assert rotherham.neighbours["existence"].between(0.5, 0.95).all()


# ---- what cannot be used ------------------------------------------------------------------------


def test_every_fault_of_a_neighbour_is_told_at_once(tmp_path: Path) -> None:
    rows = [
        "west,Same Id,centre,,438900,390000,surveyed,10",
        "within,Inside,centre,,442000,390000,surveyed,10",
        "lost,Nowhere,centre,,,,unknown,",
    ]
    toy = with_neighbours(write_study(tmp_path), *rows)
    toy.change("study.toml", 'close = ["west"]', 'close = ["west", "within"]')
    ran = run_cli("check", toy.toml)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    for told in (
        "neighbours.csv, site_id: 'west' is the id of a site too; give the neighbour its own",
        "neighbours.csv, row 3 (site_id 'within'): lies inside the study's area; list it under",
        "neighbours.csv, row 4 (site_id 'lost'): where it stands is not known, so it can be in no",
        "'within' is one of data.neighbours, which others run: scenario 'one-less' cannot change",
    ):
        assert told in " ".join(ran.err.split())


def test_a_neighbour_too_far_off_is_told_with_its_distance(tmp_path: Path) -> None:
    toy = with_neighbours(write_study(tmp_path), OVER.replace("438900", "430000"))
    ran = run_cli("check", toy.toml)
    assert ran.code == 2
    assert "neighbours.csv, row 2 (site_id 'over')" in " ".join(ran.err.split())
    assert "outside" in ran.err

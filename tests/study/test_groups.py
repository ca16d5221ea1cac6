"""Groups counted by origin or area: figures by hand, one message for each bad count."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from eh_access.errors import InputError
from eh_access.publish.context import annex, report
from eh_access.publish.document import markdown
from eh_access.publish.tabulations import further_tables, tabulate
from eh_access.study.config import load_study
from eh_access.study.findings import find_findings, group_table
from eh_access.study.inputs import read_inputs
from eh_access.study.opening import open_study
from eh_access.study.result import StudyResult
from eh_access.study.run import run_study
from eh_access.study.streets import Streets
from study_files import StudyFolder, write_study


@pytest.fixture
def toy(tmp_path: Path) -> StudyFolder:
    made = write_study(tmp_path / "study")
    groups = '[data]\ngroups = { lone_parent = "lone parents" }'
    made.change("study.toml", "[data]", groups)
    with_column(made, ["6", "3", "1"])
    return made


def with_column(toy: StudyFolder, counts: list[str]) -> None:
    path = toy.path / "origins.csv"
    pd.read_csv(path).assign(lone_parent=counts).to_csv(path, index=False)


def by_area(toy: StudyFolder, counts: list[float]) -> None:
    path = toy.path / "origins.csv"
    pd.read_csv(path).drop(columns="lone_parent").to_csv(path, index=False)
    path = toy.path / "areas.geojson"
    areas = gpd.read_file(path).assign(lone_parent=counts)
    path.unlink()
    areas.to_file(path, driver="GeoJSON")


def pages(result: StudyResult) -> tuple[str, str]:
    findings = find_findings(result)
    tables = {**tabulate(result), **further_tables(result, findings)}
    return tuple(markdown(make(result, tables, findings)) for make in (report, annex))


def test_a_town_by_hand(toy: StudyFolder) -> None:
    result = run_study(load_study(toy.toml))
    found = group_table(result.study, {"open": result.comparisons})
    asked = (found["mode"] == "walk") & (found["sites"] == "open")
    everyone, lone = (
        found[asked & (found["group"] == who)].iloc[0] for who in ("under-fives", "lone parents")
    )
    # on foot (122 + 1.2 metres) / 80: a is 100 m from west, 3.0 minutes, and 3,900 m from east,
    # 60.0; b 2,002.5 m from either, 31.6; c 100 m from east. West closes: a alone loses 57.0
    assert (lone["weight"], lone["within_before"], lone["within_after"]) == (10, 7, 1)
    assert lone["within_share_change"] == pytest.approx(-0.6)
    assert lone["mean_change_min"] == pytest.approx(0.6 * 1.2 * 3800 / 80, abs=0.01)
    assert (lone["weight_loses"], everyone["weight_loses"]) == (6, 10)
    assert (everyone["weight"], everyone["within_before"], everyone["within_after"]) == (60, 40, 30)


def test_counts_by_area_are_shared_as_the_weight_is(toy: StudyFolder) -> None:
    by_area(toy, [9.0, 1.0])
    origins = read_inputs(load_study(toy.toml)).origins
    assert origins["lone_parent"].tolist() == pytest.approx([3, 6, 1])  # a, b: 10 to 20


def twenty(toy: StudyFolder, areas: dict[int, str], odd: dict[int, str] | None = None) -> None:
    """Write twenty homes of weight 1, ten in each area; some name another area, or are odd."""
    rows = []
    for row in range(20):
        x = 440000 + 100 * row if row < 10 else 443000 + 100 * (row - 10)
        area = areas.get(row, "A" if row < 10 else "B")
        rows.append((odd or {}).get(row, f"h{row},{x},390000,1,made up,{area}"))
    header = "origin_id,easting,northing,weight,weight_basis,area_id,lone_parent"
    text = "\n".join([header, *(f"{row}," for row in rows)]) + "\n"
    (toy.path / "origins.csv").write_text(text, encoding="utf-8")
    by_area(toy, [100.0, 50.0])


@pytest.mark.parametrize("bare", [(), (0,), (0, 1, 10, 11), range(18), range(20)])
def test_homes_that_name_no_area_count_where_they_lie(
    toy: StudyFolder, bare: tuple[int, ...]
) -> None:
    twenty(toy, dict.fromkeys(bare, ""))
    inputs = read_inputs(load_study(toy.toml))
    assert inputs.origins["lone_parent"].tolist() == pytest.approx([10.0] * 10 + [5.0] * 10)
    assert not [note for note in inputs.notes if note.topic == "uncounted"]


@pytest.mark.parametrize(
    ("odd", "lost"),
    [
        ("h3,440300,,1,made up,A", 10.0),  # nowhere, and its area is named
        ("h3,470000,390000,1,made up,A", 10.0),
        ("h3,470000,390000,1,made up,", 0.0),  # nobody knows of which area it is
        (",440300,390000,1,made up,", 10.0),  # without an id, and where it stands is known
    ],
)
def test_a_home_that_is_left_out_takes_its_share_with_it(
    toy: StudyFolder, odd: str, lost: float
) -> None:
    twenty(toy, {}, {3: odd})
    origins = read_inputs(load_study(toy.toml)).origins
    assert len(origins) == 19
    assert origins["lone_parent"].sum() == pytest.approx(150 - lost)
    assert origins.loc["h12", "lone_parent"] == pytest.approx(5)


@pytest.mark.parametrize("away", [1, 2, 3])
def test_homes_in_no_area_have_no_count_by_area_and_few_may_be(toy: StudyFolder, away: int) -> None:
    odd = {row: f"h{row},440000,392000,1,made up," for row in range(away)}
    twenty(toy, {}, odd)
    if away > 2:
        with pytest.raises(InputError, match=r"origins\.csv, rows 2, 3, 4, area_id: names no area"):
            read_inputs(load_study(toy.toml))
        return
    inputs = read_inputs(load_study(toy.toml))
    assert inputs.origins["lone_parent"].sum() == pytest.approx(150)
    assert inputs.origins["lone_parent"].iloc[:away].tolist() == [0.0] * away
    [told] = [note.text for note in inputs.notes if note.topic == "uncounted"]
    assert told.startswith(f"{away} of 20 origins ha")
    toy.change("study.toml", "weights_public = true", "weights_public = false")
    with pytest.raises(InputError, match="names no area"):
        read_inputs(load_study(toy.toml))


@pytest.mark.parametrize("counts", [["6", "-3", "1"], ["6", "", "1"], ["6", "x", "1"]])
def test_a_count_that_is_none_is_one_message(toy: StudyFolder, counts: list[str]) -> None:
    with_column(toy, counts)
    told = r"origins.csv, row 3 \(origin_id 'b'\), lone_parent: is .*; give a number from 0"
    with pytest.raises(InputError, match=told) as raised:
        open_study(toy.toml)
    assert len(raised.value.faults) == 1


def test_a_count_of_an_area_that_is_none_is_one_message(toy: StudyFolder) -> None:
    by_area(toy, [9.0, -1.0])
    told = r"areas.geojson, row 2 \(area_id 'B'\), lone_parent: is -1.0; give a number from 0"
    with pytest.raises(InputError, match=told) as raised:
        open_study(toy.toml)
    assert len(raised.value.faults) == 1


def test_a_column_that_neither_table_has_is_one_message(toy: StudyFolder) -> None:
    toy.change("study.toml", "lone_parent =", "loan_parent =")
    told = "origins.csv: column 'loan_parent' is missing, and areas.geojson has none"
    with pytest.raises(InputError, match=told) as raised:
        open_study(toy.toml)
    assert len(raised.value.faults) == 1


def test_pages_have_the_groups_or_name_the_tables_of_the_census(
    toy: StudyFolder, tmp_path: Path
) -> None:
    short, long = pages(run_study(load_study(toy.toml)))
    assert "Lone parents" in short
    assert "lone parents" in long
    assert "TS021" not in short + long
    for page in pages(run_study(load_study(write_study(tmp_path / "bare").toml))):
        assert all(table in page for table in ("TS021", "TS038", "TS003"))


@pytest.mark.parametrize("groups", [True, False])
def test_no_count_of_groups_is_denied_where_there_is_one(*, groups: bool) -> None:
    """The notes of the studies that ship are true of a study that counts groups as well."""
    study = load_study("rotherham")
    if groups:
        data = study.data.model_copy(update={"groups": {"age0_15": "people under 16"}})
        study = study.model_copy(update={"data": data})
    result = run_study(study, streets=Streets(network=None, how="estimated"))
    findings = find_findings(result)
    tables = {**tabulate(result), **further_tables(result, findings)}
    told = pages(result)
    notes = [line for table in tables.values() for line in table.notes]
    denied = [each for each in (*told, *notes) if "no count of them by small area" in each]
    assert bool(denied) is not groups
    assert not [each for each in told if "are not used here" in each]


def test_small_groups_are_hidden_where_counts_are_not_public(toy: StudyFolder) -> None:
    toy.change("study.toml", "weights_public = true", "weights_public = false")
    with_column(toy, ["3", "3", "1"])
    result = run_study(load_study(toy.toml))
    findings = find_findings(result)
    found = findings.groups
    lone = found[found["group"] == "lone parents"]
    figures = ["weight", "within_before", "within_after", "weight_loses", "mean_change_min"]
    assert len(lone)
    assert lone[figures].isna().to_numpy().all()
    everyone = found[found["group"] == "under-fives"]
    assert np.all(everyone["weight"] % 5 == 0)
    # nor does any one origin carry a count of few
    assert set(result.origins["lone_parent"]) == {0.0}
    shown = further_tables(result, findings)["groups"]
    assert any("lone parents" in row and "[c]" in row for row in shown.rows())

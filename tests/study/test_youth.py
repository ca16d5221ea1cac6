"""Youth centres: bounds while it is not known which stay, before and after once it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eh_access.errors import InputError
from eh_access.measures.bounds import ANY_LOST
from eh_access.sources.bundled import bundled_path
from eh_access.study.config import load_study
from eh_access.study.findings import youth_table
from eh_access.study.opening import open_study
from eh_access.study.run import run_study
from study_files import StudyFolder, write_study

YOUTH = """[youth]
weight = "young"
unit = "people aged 10 to 19"
cutoffs_min = [30]

[[scenario]]
name = "youth"
label = "A youth centre goes"
close = ["lodge"]
assess = false
why_not = "Which stay is not known."

[[criterion]]"""
HEAD = "site_id,name,easting,northing,location_basis,location_radius_m\n"


@pytest.fixture
def toy(tmp_path: Path) -> StudyFolder:
    made = write_study(tmp_path / "study")
    made.change("study.toml", "[[criterion]]", YOUTH)
    made.change("study.toml", "[data]", '[data]\nyouth = "youth.csv"')
    (made.path / "youth.csv").write_text(f"{HEAD}lodge,Lodge,440000,390000,surveyed,10\n")
    _young(made, ["7", "8", "9"])
    return made


def _young(toy: StudyFolder, counts: list[str]) -> None:
    path = toy.path / "origins.csv"
    pd.read_csv(path).assign(young=counts).to_csv(path, index=False)


def bounds_of(toy: StudyFolder) -> pd.DataFrame:
    result = run_study(load_study(toy.toml))
    places = (result.origins, result.youth, result.youth_venues)
    return youth_table(result.study, *places, network=result.network)


def test_bounds_by_hand(toy: StudyFolder) -> None:
    # a lives 100 m from the lodge, (122 + 120) / 80 = 3 minutes; b 2,002 m, 31.6; c 3,900 m
    found = bounds_of(toy)
    assert found["site_id"].tolist() == ["lodge", ANY_LOST]
    assert found["weight_within"].tolist() == [7, 7]
    assert found["most_lost"].tolist() == [7, 7]
    assert found["weight"].tolist() == [24, 24]


def test_one_known_to_stay_takes_off_the_most(toy: StudyFolder) -> None:
    with (toy.path / "youth.csv").open("a") as file:
        file.write("hall,Hall,440200,390000,surveyed,10\n")
    assert bounds_of(toy)["most_lost"].tolist() == [0, 0]


def test_a_column_that_is_not_there_is_named(toy: StudyFolder) -> None:
    toy.change("study.toml", 'weight = "young"', 'weight = "yuong"')
    with pytest.raises(
        InputError, match=r"column 'yuong' is missing, and areas.geojson has none; add it .*'young'"
    ):
        open_study(toy.toml)


def test_bounds_without_centres_are_refused(toy: StudyFolder) -> None:
    toy.change("study.toml", 'youth = "youth.csv"', "")
    with pytest.raises(InputError, match=r"youth: needs data\.youth, the table of the centres"):
        load_study(toy.toml)


def test_once_the_six_are_known_there_is_a_before_and_after(tmp_path: Path) -> None:
    """Rotherham's five and six places made up for the six: a study as any other."""
    made = write_study(tmp_path / "study")
    made.change("study.toml", 'label = "The west closed"', "")
    made.change("study.toml", "west", '", "'.join(_five().index))
    made.change("study.toml", "areas.geojson", "bundled:boundaries/rotherham_lsoa21.geojson")
    six = pd.DataFrame(
        {
            "name": [f"Made up {number}" for number in range(6)],
            "easting": [442900, 440500, 445800, 449000, 452000, 446500],
            "northing": [392900, 395000, 399300, 385500, 394000, 387600],
            "location_basis": "surveyed",
            "location_radius_m": 50,
        },
        index=pd.Index([f"stays-{number}" for number in range(6)], name="site_id"),
    )
    pd.concat([_five(), six]).to_csv(made.path / "sites.csv")
    origins = pd.read_csv(bundled_path("origins/rotherham_oa.csv"))
    young = origins.assign(weight=origins["age10_19"])
    young.to_csv(made.path / "origins.csv", index=False)
    result = run_study(load_study(made.toml))
    frame = result.comparisons["one-less", "walk"].frame.loc[origins["origin_id"]]
    assert frame["weight"].sum() == pytest.approx(31_021)
    assert (frame["after_min"] >= frame["before_min"]).all()
    near = [frame[when].to_numpy() <= 30 for when in ("before_min", "after_min")]
    lost = young["weight"].to_numpy()[near[0] & ~near[1]].sum()
    home = origins[["easting", "northing"]].to_numpy()
    metres = np.hypot(
        *(home[:, None] - _five()[["easting", "northing"]].to_numpy()).transpose(2, 0, 1)
    ).min(axis=1)
    most = young["weight"].to_numpy()[(122 + 1.2 * metres) / 80 <= 30].sum()
    assert 0 < lost < most


def _five() -> pd.DataFrame:
    table = pd.read_csv(bundled_path("sites/rotherham_youth.csv")).set_index("site_id")
    return table[["name", "easting", "northing", "location_basis", "location_radius_m"]]

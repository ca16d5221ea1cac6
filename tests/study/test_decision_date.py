"""The study as at the decision: the same question of older figures, and what could not be had."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from eh_access.sources.bundled import load_areas, load_origins
from eh_access.study.config import load_study
from eh_access.study.run import run_study

DATA = Path(__file__).parents[2] / "data"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "rotherham"


def test_it_asks_what_the_study_of_today_asks() -> None:
    then, now = load_study("rotherham-2018"), load_study("rotherham")
    assert then.scenarios == now.scenarios
    for part in ("decision", "duties", "settings", "simulation", "sessions", "streets"):
        assert getattr(then, part) == getattr(now, part), part
    for ours, theirs in zip(then.criteria, now.criteria, strict=True):
        assert ours.model_copy(update={"source": ""}) == theirs.model_copy(update={"source": ""})
        assert ours.source == theirs.source.replace("Deprivation 2025", "Deprivation 2019")


def test_what_could_not_be_had_is_named() -> None:
    (note,) = [item for item in load_study("rotherham-2018").notes if item.topic == "dates"]
    assert note.level == "warning"
    for lacking in ("children of 2018", "Deprivation 2015", "Census 2011", "streets of 2018"):
        assert lacking in note.text


def test_its_title_claims_no_more_than_page_4_says() -> None:
    study = load_study("rotherham-2018")
    assert "on data nearest to 2018" in study.title
    (note,) = [item for item in study.notes if item.topic == "dates"]
    first = note.text.split(". ")[0]  # what page 4 prints
    for year in ("October 2018", "mid-2020", "2019", "2021"):
        assert year in first


def test_wards_are_the_21_of_the_day_and_hold_the_points_counted_there() -> None:
    wards, homes = load_areas("rotherham_wards13"), load_origins("rotherham_oa_2018")
    assert len(wards) == 21
    assert "Wingfield" in set(wards["name"])
    joined = gpd.sjoin(homes, wards[["geometry"]], predicate="within")
    assert len(joined) == len(homes)
    assert (joined["area_id_right"] == homes.loc[joined.index, "ward_code"]).all()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the source files (../shared/data) are not here")
def test_children_and_deciles_are_those_of_the_sources() -> None:
    homes = pd.read_csv(DATA / "origins" / "rotherham_oa_2018.csv")
    people = pd.read_csv(SHARED / "statistics" / "lsoa11_population_mid2020.csv")
    people = people.set_index("lsoa11cd")
    for column, source in (("weight", "age0_4"), ("age0_15", "age0_15")):
        sums = homes.groupby("area_id")[column].sum()
        assert np.allclose(sums, people.loc[sums.index, source], atol=1e-6)
    decile = pd.read_csv(SHARED / "statistics" / "lsoa11_imd2019.csv").set_index("lsoa11cd")
    assert (homes["area_id"].map(decile["IMD_decile"]) == homes["imd_decile"]).all()


def test_its_figures_come_out_of_its_table_of_origins() -> None:
    result = run_study(load_study("rotherham-2018"))
    table = result.origins_table().query("mode == 'walk'").set_index(["scenario", "origin_id"])
    facts = pd.read_csv(DATA / "origins" / "rotherham_oa_2018.csv").set_index("origin_id")
    weight = facts["weight"]
    was, now = (
        table.loc[name, "minutes_full_time"].reindex(facts.index)
        for name in ("baseline", "deregister-closed")
    )
    near = pd.DataFrame({"was": was <= 30.0009, "now": now <= 30.0009}).mul(weight, axis=0)
    line = np.polyfit(facts["imd_decile"], now - was, 1, w=np.sqrt(weight))
    wards = near.groupby(facts["ward_name"]).sum()
    fall = (wards["was"] - wards["now"]) / weight.groupby(facts["ward_name"]).sum() * 100
    expected = {
        "walk-30": near["now"].sum() / weight.sum(),
        "walk-30-fall": (near["was"] - near["now"]).sum() / weight.sum() * 100,
        "deprived-not-worse": -line[0],
        "even-spread": fall.max(),
    }
    found = {each.criterion.id: each.value for each in result.verdicts_for("deregister-closed")}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-4), name

"""The tutorial's last part, on the real files it speaks of: from raw exports to a verdict."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from eh_access.study.opening import open_study
from eh_access.study.run import run_study
from eh_access.study.streets import find_streets
from study_cli import run_cli

PAGE = Path(__file__).parents[1] / "docs/tutorial.md"
DATA = Path(__file__).parents[2] / "shared/data/south_yorkshire"
FILES = (
    "exports/sites.xlsx",
    "exports/nomis_like.csv",
    "exports/onspd_like.csv",
    "boundaries/lsoa21.geojson",
    "streets/south-yorkshire-2021-08.osm.pbf",
)
STREETS = Path(FILES[-1]).name
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the shared source data is not here"),
]


def test_from_raw_exports_to_a_verdict(tmp_path: Path) -> None:
    for file in FILES:
        shutil.copy(DATA / file, tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    study = tmp_path / "exports.toml"
    text = re.search(r"```toml exports.toml\n(.*?)```", page, re.DOTALL)
    assert text
    study.write_text(text[1], encoding="utf-8")
    ran = run_cli("check", study)
    assert ran.code == 2
    told = " ".join(ran.err.split())
    assert "2 faults" in told
    assert "look swapped: exchange them" in told
    assert "(site_id 'BAR014')" in told
    # the map was found sound, and is read no second time to mend tables
    assert STREETS in text[1]
    study.write_text(text[1].replace(STREETS, "estimate"), encoding="utf-8")
    ran = run_cli("check", study, "--fix")
    for words in ("'Easting (X)' for easting", "47 rows that hold no data", "exchanged"):
        assert words in ran.out
    counts = tmp_path / "nomis_like.fixed.csv"
    assert counts.read_text(encoding="utf-8").count(",-,") == 3
    counts.write_text(re.sub(r",-,", ",300,", counts.read_text(encoding="utf-8")), encoding="utf-8")
    own = text[1].replace("sites.xlsx#Venues", "sites.fixed.csv")
    own = own.replace("nomis_like.csv", "nomis_like.fixed.csv")
    own = own.replace('[data.columns.origins]\nweight = "Aged 15 years and under"\n', "")
    study.write_text(own, encoding="utf-8")
    question, inputs = open_study(study)
    # an officer's list, read, against the places it was made of
    expected = pd.read_csv(DATA / "exports/expected_sites.csv").set_index("ref")
    sites = inputs.sites.loc[expected.index]
    surveyed = sites["location_basis"] != "postcode"
    assert surveyed.sum() == 97
    for axis, at in (("easting", sites.geometry.x), ("northing", sites.geometry.y)):
        assert (at - expected[axis])[surveyed].abs().max() < 1
        assert (at - expected[axis])[~surveyed].abs().max() < 600  # the postcode's own place
    assert len(inputs.origins) == 860
    streets = find_streets(question, inputs.borough)
    result = run_study(question, inputs=inputs, streets=streets)
    assert not result.estimated
    values = {verdict.scenario: verdict.value for verdict in result.verdicts}
    assert 0.5 < values["example"] < values["baseline"] < 1

"""Small inputs from public reports of faults, as studies: the value is the one worked by hand."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from eh_access.publish.notes import note_text
from eh_access.study.opening import open_study
from eh_access.study.run import run_study
from eh_access.study.streets import find_streets
from osm_text import EAST, NORTH
from study_cli import run_cli
from study_files import StudyFolder

CASES = Path(__file__).resolve().parents[2] / "shared" / "data" / "cases"
pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason="the small inputs (../shared/data/cases) are not here"
)
if TYPE_CHECKING:
    from eh_access.study.result import StudyResult

Place = tuple[float, float]


def study_of(case: str, folder: Path) -> StudyFolder:
    """Return a copy of a case's study, with few draws of what is not known."""
    shutil.copytree(CASES / case, folder)
    study = StudyFolder(folder)
    with study.toml.open("a", encoding="utf-8") as file:
        file.write("\n[simulation]\ndraws = 100\n")
    return study


def town(folder: Path, streets: Path, mode: str, *, home: Place, site: Place) -> StudyFolder:
    """Return a study of one home, two sites at one place and a case's streets, all level."""
    study = study_of("base", folder)
    shutil.copy(streets, folder)
    study.change("study.toml", 'source = "bundled:newport"', f'source = "{streets.name}"')
    study.change("study.toml", '["walk", "pushchair"]', f'["{mode}"]\nhills = false')
    study.change("study.toml", 'mode = "walk"', f'mode = "{mode}"')
    x, y = EAST + home[0], NORTH + home[1]
    (folder / "homes.csv").write_text(
        f"origin_id,easting,northing,weight,weight_basis,area_id\nh,{x},{y},1,made up,town\n"
    )
    x, y = EAST + site[0], NORTH + site[1]
    rows = [f"{name},{name},hub,,{x},{y},surveyed,1" for name in ("north", "south")]
    head = "site_id,name,kind,hours_per_week,easting,northing,location_basis,location_radius_m"
    (folder / "sites.csv").write_text("\n".join([head, *rows]))
    return study


def answered(study: StudyFolder, families: Path | None = None) -> StudyResult:
    """Check a study and run it, as a report does."""
    checked = run_cli("check", study.toml)
    assert checked.code == 0, checked.err
    question, inputs = open_study(study.toml, families=families)
    return run_study(question, inputs=inputs, streets=find_streets(question, inputs.borough))


def nearest_min(result: StudyResult) -> list[float]:
    """Return the minutes of the home to the nearest site open, before and after."""
    rows = result.origins_table()
    return rows["minutes"].round(2).tolist()


def notes(result: StudyResult) -> str:
    return " ".join(note_text(note) for note in result.notes)


HOME_AND_SITE = {
    "01-josm-negative-ids/town.osm": ((0, 5), (800, 400), "walk"),
    "04-ways-twice/one.osm": ((0, 5), (800, 0), "drive"),
    "04-ways-twice/two.osm": ((0, 5), (800, 0), "drive"),
    "06-square-as-relation/town.osm": ((5, 0), (295, 0), "walk"),
    "08-onto-a-ferry/town.osm": ((-900, 60), (-1000, -2500), "walk"),
    "11-osmnx-default-tags/town.osm": ((0, 10), (800, 10), "walk"),
    "11-osmnx-default-tags/town.graphml": ((10, 0), (790, 0), "drive"),
    "13-merged-limits/town.osm": ((0, 0), (2000, 0), "drive"),
}


@pytest.mark.parametrize(
    ("file", "minutes", "said"),
    [
        ("01-josm-negative-ids/town.osm", 11.21, ""),
        ("04-ways-twice/one.osm", 1.31, ""),
        ("04-ways-twice/two.osm", 1.31, "stand more than once"),
        ("06-square-as-relation/town.osm", 4.88, ""),
        ("08-onto-a-ferry/town.osm", 55.5, ""),
        ("11-osmnx-default-tags/town.osm", 29.75, ""),
        # its bollard is not in the file, so that it is driven past, and that is said
        ("11-osmnx-default-tags/town.graphml", 1.21, "barriers"),
        ("13-merged-limits/town.osm", 10.87, ""),
    ],
)
def test_a_town_on_its_streets(tmp_path: Path, file: str, minutes: float, said: str) -> None:
    home, site, mode = HOME_AND_SITE[file]
    result = answered(town(tmp_path / "study", CASES / file, mode, home=home, site=site))
    assert nearest_min(result) == [minutes, minutes]
    assert said in notes(result)


def test_of_limits_that_osmnx_merged_the_lower_is_driven(tmp_path: Path) -> None:
    import osmnx  # noqa: PLC0415 - heavy

    streets = osmnx.graph_from_xml(
        CASES / "13-merged-limits" / "town.osm", simplify=True, retain_all=True
    )
    osmnx.save_graphml(streets, tmp_path / "town.graphml")
    streets = tmp_path / "town.graphml"
    result = answered(town(tmp_path / "study", streets, "drive", home=(0, 0), site=(2000, 0)))
    # 2,000 m at 0.8 of 5 mph
    assert nearest_min(result) == [round(2000 / (0.8 * 5 * 1609.344 / 60), 2)] * 2


def share(result: StudyResult) -> float:
    """Return the share within reach once the north hub closes, in per cent."""
    rows = result.verdicts_table().set_index("scenario")
    return round(100 * float(rows.loc["north-closed", "value"]), 1)


def refused(study: StudyFolder, *words: str) -> None:
    """The command line checks it as it reports: refused, saying why."""
    for command in (["check", study.toml], ["report", study.toml, "--out", study.path / "out"]):
        ran = run_cli(*command)
        assert ran.code == 2
        assert [word for word in words if word not in ran.err] == []


def test_of_two_layers_none_is_taken_unless_it_is_named(tmp_path: Path) -> None:
    study = study_of("15-gpkg-two-layers/study", tmp_path / "study")
    refused(study, "sites_2019", "sites_2024")
    study.change("study.toml", '"sites.gpkg"', '"sites.gpkg#sites_2024"')
    base = answered(study_of("base", tmp_path / "base"))
    assert share(answered(study)) == share(base) == 78.6


def test_rows_in_the_log_of_an_open_file_are_never_missed(tmp_path: Path) -> None:
    study = study_of("16-gpkg-open-in-qgis/study", tmp_path / "study")
    edit = sqlite3.connect(study.path / "homes.gpkg")
    edit.execute("pragma journal_mode=wal")
    edit.execute("update homes set weight = 15 where origin_id = 'h4'")
    edit.commit()
    edit.execute("pragma wal_checkpoint(TRUNCATE)")
    before = answered(study)
    edit.execute("update homes set weight = 900 where origin_id = 'h4'")
    edit.commit()
    refused(study, "homes.gpkg-wal")
    edit.close()  # merges the log
    after = answered(study)
    assert (share(before), share(after)) == (78.6, 98.7)
    digests = [{file.name: file.sha256 for file in result.inputs} for result in (before, after)]
    assert digests[0]["homes.gpkg"] != digests[1]["homes.gpkg"]


def test_one_odd_postcode_is_left_out_and_counted(tmp_path: Path) -> None:
    study = study_of("18-gir-0aa/study", tmp_path / "study")
    result = answered(study)
    assert share(result) == 78.6
    assert "1 of the 3 postcodes in pc.csv" in notes(result)
    assert "GIR 0AA" in notes(result)
    counted = answered(study, families=study.path / "list.csv")
    assert counted.origins["weight"].sum() == 60

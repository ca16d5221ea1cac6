"""Each kind of bad input, from the command line: one clear message, code 2, nothing written."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import osmnx
import pytest
import shapely

from eh_access.errors import EhAccessError, InputError
from eh_access.network.io import write_network
from eh_access.network.osm import read_network
from eh_access.study.config import NAMED_ROLES
from eh_access.study.opening import check_study, open_study
from eh_access.study.run import run_study
from street_files import osm_text, street_graph, write_streets
from study_cli import Ran, run_cli
from study_files import AREAS, StudyFolder, write_study
from toys import toy_network

NEWPORT_PBF = Path(__file__).resolve().parents[2] / "shared" / "data" / "newport"


@pytest.fixture
def toy(tmp_path: Path) -> StudyFolder:
    return write_study(tmp_path / "study")


def refused(toy: StudyFolder, *words: str) -> Ran:
    """Run the study, and hold it to the rules for everything that cannot be used."""
    out = toy.path.parent / "results"
    before = sorted(path.name for path in toy.path.parent.rglob("*"))
    ran = run_cli("report", toy.toml, "--out", out)
    assert ran.code == 2, ran
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert ran.err.startswith("1 fault; nothing was written.\n- "), ran.err
    assert len(ran.err.strip().splitlines()) == 2
    for word in words:
        assert word in ran.err, ran.err
    assert sorted(path.name for path in toy.path.parent.rglob("*")) == before
    checked = run_cli("check", toy.toml)
    assert (checked.code, checked.err) == (2, ran.err)
    return ran


def test_the_toy_itself_is_sound(toy: StudyFolder) -> None:
    ran = run_cli("check", toy.toml)
    assert (ran.code, ran.err) == (0, "")
    assert "no faults" in ran.out


def test_swapped_coordinates(toy: StudyFolder) -> None:
    toy.change("sites.csv", "440000,390000", "390000,440000")
    refused(toy, "sites.csv, row 2 (site_id 'west')", "look swapped: exchange them")


def test_swapped_degrees(toy: StudyFolder) -> None:
    toy.change("origins.csv", "easting,northing", "longitude,latitude")
    toy.change("origins.csv", "440100,390000", "53.406,-1.398")
    toy.change("origins.csv", "442000,390100", "-1.369,53.407")
    toy.change("origins.csv", "443900,390000", "-1.341,53.405")
    refused(toy, "origins.csv, row 2 (origin_id 'a')", "longitude and latitude look swapped")


def test_missing_coordinates(toy: StudyFolder) -> None:
    toy.change("sites.csv", "440000,390000", ",")
    refused(toy, "sites.csv, row 2 (site_id 'west'), geometry", "no coordinates; give them")


def test_half_a_coordinate(toy: StudyFolder) -> None:
    toy.change("origins.csv", "442000,390100", "442000,")
    refused(toy, "origins.csv, row 3 (origin_id 'b'), northing: is empty")


def test_coordinates_that_are_no_numbers(toy: StudyFolder) -> None:
    toy.change("origins.csv", "442000,390100", "north of here,390100")
    refused(toy, "origins.csv, row 3 (origin_id 'b'), easting: 'north of here' is no number")


def test_outside_the_area(toy: StudyFolder) -> None:
    toy.change("sites.csv", "444000,390000", "464000,390000")
    refused(toy, "sites.csv, row 3 (site_id 'east')", "19.0 km outside the study area")


def test_just_outside_the_area_is_allowed_and_the_distance_is_the_study_s(
    toy: StudyFolder,
) -> None:
    toy.change("sites.csv", "444000,390000", "447000,390000")
    assert run_cli("check", toy.toml).code == 0
    toy.change("study.toml", "[data]", "[data]\nmax_outside_m = 1000")
    refused(toy, "2.0 km outside the study area")


def test_duplicate_id(toy: StudyFolder) -> None:
    toy.change("sites.csv", "east,East", "west,East")
    refused(toy, "sites.csv, row 3", "site_id: 'west' stands in row 2 already; every id may")


def test_unknown_site_in_a_scenario(toy: StudyFolder) -> None:
    toy.change("study.toml", 'close = ["west"]', 'close = ["wset"]')
    refused(
        toy, "study.toml, line 28: scenario[2].close[1]: no site 'wset'", "did you mean 'west'?"
    )


def test_a_scenario_that_closes_everything(toy: StudyFolder) -> None:
    toy.change("study.toml", 'close = ["west"]', 'close = ["west", "east"]')
    refused(toy, "study.toml, line 25: scenario[2]", "leaves no site open; keep one")


def test_negative_weight(toy: StudyFolder) -> None:
    toy.change("origins.csv", "442000,390100,20", "442000,390100,-20")
    refused(toy, "origins.csv, row 3 (origin_id 'b'), weight: is -20; give a number from 0 to")


def test_no_coordinate_system(toy: StudyFolder) -> None:
    areas = gpd.read_file(toy.path / "areas.geojson")
    with pytest.warns(UserWarning, match="crs"):
        areas.set_crs(None, allow_override=True).to_file(toy.path / "areas.shp")
    (toy.path / "areas.prj").unlink(missing_ok=True)
    toy.change("study.toml", "areas.geojson", "areas.shp")
    refused(toy, "areas.shp: the coordinate system is not stated; say which")


def test_degrees_where_metres_are_needed(toy: StudyFolder) -> None:
    toy.change("sites.csv", "440000,390000", "-1.398,53.406")
    refused(toy, "sites.csv, row 2 (site_id 'west')", "look like longitude, latitude", "EPSG:4326")


def test_metres_where_degrees_are_stated(toy: StudyFolder) -> None:
    plain = AREAS.replace('"crs": {"type": "name"', '"was": {"type": "name"')
    (toy.path / "areas.geojson").write_text(plain, encoding="utf-8")
    refused(toy, "areas.geojson, geometry: coordinates such as 445000", "state EPSG:27700")


def test_a_polygon_with_swapped_degrees(toy: StudyFolder) -> None:
    areas = gpd.read_file(toy.path / "areas.geojson").to_crs("EPSG:4326").iloc[:1]
    swapped = areas.set_geometry(shapely.transform(areas.geometry, lambda xy: xy[:, ::-1]))
    swapped.to_file(toy.path / "areas.geojson", driver="GeoJSON")
    refused(toy, "areas.geojson, row 1 (area_id 'A'), geometry: lies outside the British")


def test_a_column_that_stands_twice(toy: StudyFolder) -> None:
    toy.change("origins.csv", "weight_basis,area_id", "weight,area_id")
    refused(toy, "origins.csv, column 'weight': stands twice in the header; keep one")


def test_a_polygon_that_is_not_valid(toy: StudyFolder) -> None:
    bow = "[[439000,389000],[442500,391000],[442500,389000],\n  [439000,391000],[439000,389000]]"
    old = AREAS[AREAS.index("[[439000") : AREAS.index("]]}}") + 1]
    assert not shapely.Polygon(eval(bow)).is_valid  # noqa: S307 - a literal of this test
    toy.change("areas.geojson", old, bow)
    refused(toy, "areas.geojson, row 1 (area_id 'A'), geometry", "not valid (Self-intersection")


@pytest.mark.parametrize("name", ["sites.csv", "origins.csv", "areas.geojson", "study.toml"])
def test_an_empty_file(toy: StudyFolder, name: str) -> None:
    (toy.path / name).write_bytes(b"")
    refused(toy, name, "the file is empty")


def test_a_table_of_nothing_but_its_header(toy: StudyFolder) -> None:
    path = toy.path / "sites.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    refused(toy, "sites.csv: there are no rows; give at least one")


def test_a_file_that_is_not_there(toy: StudyFolder) -> None:
    (toy.path / "sites.csv").unlink()
    refused(toy, "sites.csv: there is no such file (data.sites); correct the path")


def test_a_map_file_cut_off(toy: StudyFolder) -> None:
    (toy.path / "areas.geojson").write_text(AREAS[: len(AREAS) // 2], encoding="utf-8")
    refused(toy, "areas.geojson: cannot be read as a map file; it may be cut off")


def test_an_osm_file_cut_off_in_the_middle(toy: StudyFolder) -> None:
    found = sorted(NEWPORT_PBF.glob("*.osm.pbf"))
    if not found:
        pytest.skip("the OSM extract is not there (../shared/data/newport)")
    data = found[0].read_bytes()
    (toy.path / "town.osm.pbf").write_bytes(data[: len(data) // 2])
    toy.change("study.toml", 'source = "estimate"', 'source = "town.osm.pbf"')
    refused(toy, "town.osm.pbf", "incomplete", "download it again")


@pytest.mark.parametrize("name", ["town.osm.pbf", "town.npz", "town.graphml"])
@pytest.mark.parametrize("data", [b"", b"not a network at all"])
def test_a_network_file_that_is_none(toy: StudyFolder, name: str, data: bytes) -> None:
    (toy.path / name).write_bytes(data)
    toy.change("study.toml", 'source = "estimate"', f'source = "{name}"')
    refused(toy, name)


ROTHERHAM, NEWPORT, PARIS = (-1.37, 53.405), (-3.0, 51.58), (2.35, 48.85)
GRID = "the British National Grid (EPSG:27700, eastings 0 to 700"
KINDS = ("osm", "graphml", "npz")


def with_streets(toy: StudyFolder, path: Path) -> None:
    toy.change("study.toml", 'source = "estimate"', f'source = "{path.name}"')


@pytest.mark.parametrize("kind", KINDS)
def test_streets_of_the_place_itself_are_sound(toy: StudyFolder, kind: str) -> None:
    with_streets(toy, write_streets(toy.path, kind, *ROTHERHAM))
    ran = run_cli("check", toy.toml)
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("buffer", ["", "buffer_m = 5000\n"])
def test_streets_of_another_place(toy: StudyFolder, kind: str, buffer: str) -> None:
    path = write_streets(toy.path, kind, *NEWPORT)
    with_streets(toy, path)
    toy.change("study.toml", "[streets]\n", f"[streets]\n{buffer}")
    km = "5" if buffer else "2.4"  # a walk of 30 minutes
    refused(toy, f"{path.name}: no street within {km} km of the study's area; give streets of Toy")


def test_streets_that_come_near_no_home(toy: StudyFolder) -> None:
    path = toy.path / "far.osm"
    path.write_text(osm_text(ROTHERHAM[0] + 0.02, ROTHERHAM[1] + 0.01), encoding="utf-8")
    with_streets(toy, path)
    ran = run_cli("report", toy.toml, "--out", toy.path / "out")
    assert (ran.code, ran.out) == (2, "")
    assert "come near none of the 3 origins (the first: " in ran.err
    assert "give streets of the study's area" in ran.err
    assert not (toy.path / "out").exists()


@pytest.mark.parametrize("kind", ["osm", "graphml"])
def test_streets_outside_great_britain(toy: StudyFolder, kind: str) -> None:
    path = write_streets(toy.path, kind, *PARIS)
    with_streets(toy, path)
    refused(toy, f"{path.name}: 3 of 3 streets lie outside {GRID}", "give streets of Great Britain")


def test_saved_streets_outside_great_britain(toy: StudyFolder) -> None:
    street = (0, 1, None, {"highway": "residential"})
    far = toy_network([street], [(600_000, 0), (600_100, 0)])
    path = write_network(far, toy.path / "far.npz")
    with_streets(toy, path)
    refused(toy, f"{path.name}: 1 of 1 streets lie outside {GRID}")


def test_a_graph_of_another_place_or_country(toy: StudyFolder) -> None:
    study, inputs = open_study(toy.toml)
    elsewhere = re.escape("the streets given: no street within 2.4 km of the study's area")
    with pytest.raises(InputError, match=f"^{elsewhere}"):
        run_study(study, inputs=inputs, network=read_network(street_graph(*NEWPORT)))
    abroad = re.escape(f"the graph: 3 of 3 streets lie outside {GRID}")
    for area in (None, inputs.borough):
        with pytest.raises(InputError, match=f"^{abroad}"):
            read_network(street_graph(*PARIS), area=area)


def test_streets_whose_points_are_missing(toy: StudyFolder) -> None:
    path = toy.path / "town.osm"
    path.write_text(osm_text(*ROTHERHAM, with_nodes=False), encoding="utf-8")
    with_streets(toy, path)
    refused(toy, "town.osm: the ways have no places: the nodes they run through are missing")


def test_a_graph_whose_points_are_missing(toy: StudyFolder) -> None:
    told = "1 nodes have no x and y that are numbers, the first is 1"
    graph = street_graph(*ROTHERHAM)
    del graph.nodes[1]["x"]
    with pytest.raises(InputError, match=told):
        read_network(graph)
    osmnx.save_graphml(graph, toy.path / "town.graphml")
    with_streets(toy, toy.path / "town.graphml")
    refused(toy, "town.graphml", told)


def test_a_misspelt_key(toy: StudyFolder) -> None:
    toy.change("study.toml", "threshold = 0.9", "treshold = 0.9")
    refused(toy, "study.toml, line 36: criterion[1].treshold: no such key", "mean 'threshold'?")


def test_a_misspelt_column(toy: StudyFolder) -> None:
    toy.change("origins.csv", "weight,", "wieght,")
    refused(toy, "origins.csv: column 'weight' is missing; add it (did you mean 'wieght'")


def test_a_row_with_too_many_cells(toy: StudyFolder) -> None:
    toy.change("origins.csv", "made up,A\nb", "made up,A,what,is,this\nb")
    refused(toy, "origins.csv, row 2: has 9 cells and the header 6; put a cell that holds")


def test_a_criterion_that_names_no_measure(toy: StudyFolder) -> None:
    toy.change("study.toml", 'measure = "coverage"', 'measure = "nearness"')
    refused(toy, "study.toml, line 33: criterion[1].measure: is 'nearness'", "'coverage'")


def test_a_criterion_without_a_measure(toy: StudyFolder) -> None:
    toy.change("study.toml", 'measure = "coverage"\n', "")
    refused(toy, "criterion[1].measure")


def test_a_criterion_that_lacks_what_its_measure_needs(toy: StudyFolder) -> None:
    toy.change("study.toml", "cutoff_min = 30\n", "")
    refused(toy, "criterion[1].cutoff_min: coverage needs it; add it")


def test_a_criterion_by_a_mode_the_study_has_not(toy: StudyFolder) -> None:
    toy.change("study.toml", 'mode = "walk"', 'mode = "drive"')
    refused(toy, "criterion[1].mode: 'drive' is not one of settings.modes")


def test_more_hours_than_a_week_has(toy: StudyFolder) -> None:
    toy.change("study.toml", 'close = ["west"]', "set_hours = { west = 169 }")
    refused(toy, "scenario[2].set_hours.west", "168")


def test_more_hours_than_a_week_has_in_the_table(toy: StudyFolder) -> None:
    toy.change("sites.csv", "centre,,440000", "centre,169,440000")
    refused(toy, "sites.csv, row 2 (site_id 'west'), hours_per_week: is 169", "from 0 to 168")


def test_a_scenario_that_changes_nothing(toy: StudyFolder) -> None:
    toy.change("study.toml", 'close = ["west"]\n', "")
    refused(toy, "scenario[2]: changes nothing; give at least one of close")


FILES_OF_A_STUDY = ("sites.csv", "origins.csv", "areas.geojson", "study.toml", ".")


@pytest.mark.parametrize("file", FILES_OF_A_STUDY)
@pytest.mark.parametrize("role", [*NAMED_ROLES, "tickets", "families"])
def test_a_file_in_the_place_of_another_is_read_or_refused(
    toy: StudyFolder, role: str, file: str
) -> None:
    if role == "origins":
        toy.change("study.toml", 'oa = "origins.csv"', f'oa = "{file}"')
    elif role in {"areas", "sites"}:
        toy.change("study.toml", f'{role} = "{role}.', f'{role} = "{file}" # "{role}.')
    else:
        toy.change("study.toml", "[data]", f'[data]\n{role} = "{file}"')
    ran = run_cli("check", toy.toml)
    assert ran.code in {0, 2}, ran.err
    assert file != "." or ran.code == 2


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("{ site = { name = 'kind' } }", "data.columns.site: is no table; did you mean 'sites'"),
        ("{ sites = { name = 'kind', site_id = 'kind' } }", "site_id: 'kind' is named twice"),
        ("{ timetable = { from = 'opens' } }", "column 'opens' is missing"),
        ("{ postcodes = { postcode = 'code' } }", "column 'code' is missing"),
    ],
)
def test_names_of_columns_that_name_none(toy: StudyFolder, columns: str, words: str) -> None:
    more = "timetable = 'hours.csv'\npostcodes = 'postcodes.csv'"
    (toy.path / "hours.csv").write_text("site_id,weekday,from,to\nwest,mon,09:00,10:00\n")
    (toy.path / "postcodes.csv").write_text("postcode,easting,northing\nS60 1AA,440000,390000\n")
    toy.change("study.toml", "[data]", f"[data]\n{more}")
    assert run_cli("check", toy.toml).code == 0
    toy.change("study.toml", "[data]", f"[data]\ncolumns = {columns}")
    refused(toy, words)


def with_candidate(toy: StudyFolder, changes: str) -> None:
    """Offer a hall, closed until it is opened, and let a scenario change something."""
    header, west, east = (toy.path / "sites.csv").read_text().splitlines()
    (toy.path / "candidates.csv").write_text(
        f"{header}\n{west.replace('west', 'hall')}\n", encoding="utf-8"
    )
    toy.change("sites.csv", east, east.replace("centre,,", "centre,0,"))
    toy.change("sites.csv", west, west.replace("centre,,", "centre,20,"))
    toy.change("study.toml", "[data]", '[data]\ncandidates = "candidates.csv"')
    toy.change("study.toml", 'close = ["west"]', changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ('open = ["west"]', "scenario[2].open[1]: 'west' is open already"),
        ('open = ["hall", "west"]', "scenario[2].open[2]: 'west' is open already"),
        ('open = ["west"]\nset_hours = { west = 5 }', "scenario[2].open[1]: 'west' is open"),
        ('close = ["hall"]', "scenario[2].close[1]: 'hall' is closed before and after"),
        ('close = ["east"]', "scenario[2].close[1]: 'east' is closed before and after"),
        ("set_hours = { hall = 5 }", "scenario[2].set_hours.hall: 'hall' is closed before"),
        ('open = ["east"]', "scenario[2].open[1]: 'east' is closed before and after"),
        ("set_hours = { east = 0 }", "scenario[2].set_hours.east: 'east' is closed before"),
        (
            'move = [{ site = "hall", easting = 441000, northing = 390000 }]',
            "scenario[2].move[1].site: 'hall' is closed before and after",
        ),
        ("set_hours = { west = 20 }", "scenario[2].set_hours.west: 'west' has these hours already"),
        (
            'move = [{ site = "west", easting = 440000, northing = 390000 }]',
            "scenario[2].move[1].site: 'west' stands there already",
        ),
    ],
)
def test_a_change_without_effect(toy: StudyFolder, changes: str, words: str) -> None:
    with_candidate(toy, changes)
    refused(toy, words)


@pytest.mark.parametrize(
    "changes",
    [
        'open = ["hall"]\nset_hours = { hall = 5 }',
        'open = ["hall"]\nmove = [{ site = "hall", easting = 441000, northing = 390000 }]',
        'open = ["east"]\nset_hours = { east = 5 }',
        "set_hours = { east = 5 }",
        "set_hours = { west = 19.5 }",
        'open = ["hall"]\nset_hours = { hall = 20 }',
        'move = [{ site = "west", easting = 440001, northing = 390000 }]',
        'set_hours = { west = 0 }\nopen = ["hall"]',
    ],
)
def test_a_change_with_an_effect(toy: StudyFolder, changes: str) -> None:
    with_candidate(toy, changes)
    assert run_cli("check", toy.toml).code == 0


def test_a_scenario_that_moves_a_site_it_closes(toy: StudyFolder) -> None:
    moved = 'close = ["west"]\nmove = [{ site = "west", easting = 441000, northing = 390000 }]'
    toy.change("study.toml", 'close = ["west"]', moved)
    refused(toy, "'west' is closed by the same scenario; keep one of the two")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "hide_below = 0",
            ("disclosure.hide_below", "0 is not 3 to 1000", "weights_public = true"),
        ),
        ("hide_below = 2", ("disclosure.hide_below", "below that nothing is hidden")),
        ("round_to = 0", ("disclosure.round_to", "0 is not 1 to hide_below (10)")),
        ("hide_below = 5\nround_to = 10", ("disclosure.round_to", "could round to 0")),
        ('hide_below = "10"', ("disclosure.hide_below",)),
        ("below = 10", ("disclosure.below",)),
    ],
)
def test_disclosure_that_hides_nothing(toy: StudyFolder, line: str, words: tuple[str, ...]) -> None:
    toy.change("study.toml", "[settings]", f"[disclosure]\n{line}\n\n[settings]")
    refused(toy, *words)


def test_counts_too_few_to_publish(toy: StudyFolder) -> None:
    toy.change("study.toml", "weights_public = true", "weights_public = false")
    table = (toy.path / "origins.csv").read_text(encoding="utf-8")
    few = table.replace(",10,", ",1,").replace(",20,", ",2,").replace(",30,", ",3,")
    (toy.path / "origins.csv").write_text(few, encoding="utf-8")
    refused(toy, "no area has 10 under-fives or more, and all together are too few to publish")


def test_an_unknown_set_of_origins(toy: StudyFolder) -> None:
    ran = run_cli("report", toy.toml, "--origins", "ao")
    assert ran.code == 2
    assert "data.origins has no 'ao'; " in ran.err


def test_a_study_that_is_not_there(tmp_path: Path) -> None:
    ran = run_cli("report", tmp_path / "absent.toml")
    assert ran.code == 2
    assert "there is no study file" in ran.err


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_an_output_folder_that_cannot_be_written(toy: StudyFolder, below: str) -> None:
    taken = toy.path.parent / "results"
    taken.write_text("mine", encoding="utf-8")
    ran = run_cli("report", toy.toml, "--out", taken / below)
    assert ran.code == 2
    assert "cannot write to the output folder" in ran.err
    assert "give another with --out" in ran.err
    assert taken.read_text(encoding="utf-8") == "mine"


def test_faults_of_every_file_are_told_together(toy: StudyFolder) -> None:
    toy.change("study.toml", "threshold = 0.9", "treshold = 0.9")
    toy.change("study.toml", 'close = ["west"]', 'close = ["wset"]')
    toy.change("sites.csv", "east,East Centre", "east,")
    toy.change("origins.csv", "442000,390100,20", "442000,390100,-20")
    ran = run_cli("report", toy.toml, "--out", toy.path / "results")
    assert ran.code == 2
    assert ran.err.startswith("4 faults; nothing was written.\n")
    for word in ("criterion[1].treshold", "'wset'", "sites.csv, row 3", "origins.csv, row 3"):
        assert word in ran.err
    assert not (toy.path / "results").exists()


@pytest.mark.parametrize("minutes", ["200", "1e9", "120.5"])
def test_minutes_beyond_those_worked_out(toy: StudyFolder, minutes: str) -> None:
    """Nothing is within reach that was not looked for: the verdict would be about the search."""
    toy.change("study.toml", "cutoff_min = 30\nthreshold", f"cutoff_min = {minutes}\nthreshold")
    refused(toy, "criterion", "cutoff_min", "beyond settings.search_min (120)")


def test_a_search_shorter_than_the_minutes_asked_about(toy: StudyFolder) -> None:
    modes = 'modes = ["walk", "pushchair"]\n'
    toy.change("study.toml", modes, modes + "search_min = 20\n")
    ran = run_cli("check", toy.toml)
    assert ran.code == 2
    assert ran.err.startswith("1 fault")
    assert "30 lies beyond settings.search_min (20)" in ran.err


def test_as_many_minutes_as_are_worked_out_are_sound(toy: StudyFolder) -> None:
    toy.change("study.toml", "cutoff_min = 30\nthreshold", "cutoff_min = 120\nthreshold")
    assert run_cli("check", toy.toml).code == 0


def test_a_criterion_set_in_the_future(toy: StudyFolder) -> None:
    toy.change("study.toml", "set_on = 2020-01-01", "set_on = 2999-01-01")
    refused(toy, "set_on", "2999-01-01 has not come")


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\u200b", "\u202e"])
def test_signs_nobody_sees_in_an_id(toy: StudyFolder, sign: str) -> None:
    toy.change("sites.csv", "east,East", f"ea{sign}st,East")
    refused(toy, "sites.csv", "cannot be seen" if sign != "\x00" else "")


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_folder_is_not_the_one_you_are_in(
    toy: StudyFolder, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = toy.path.parent / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    ran = run_cli("report", toy.toml, "--out", empty)
    assert ran.code == 2
    assert "--out" in ran.err
    assert "it is empty" in ran.err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('sites = "sites.csv"', 'sites = "NAME"'),
        ('areas = "areas.geojson"', 'areas = "NAME"'),
        ('oa = "origins.csv"', 'oa = "NAME"'),
        ("[data]", '[data]\nboundary = "NAME"'),
        ("[data]", '[data]\npostcodes = "NAME"'),
        ('source = "estimate"', 'source = "NAME"'),
        ("[settings]", '[report]\ntemplates = "NAME"\n[settings]'),
    ],
)
@pytest.mark.parametrize("name", ["long " * 60, f"{'long/' * 3}{'é' * 128}.osm.pbf"])
def test_a_name_longer_than_any_file_has(toy: StudyFolder, old: str, new: str, name: str) -> None:
    toy.change("study.toml", old, new.replace("NAME", name))
    with pytest.raises(EhAccessError, match="so long a name"):
        check_study(toy.toml)

"""A study of any council from official services, against real web servers on this machine."""

from __future__ import annotations

import tomllib
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import official_server as official
from eh_access.batch.council import make_study, replaceable
from eh_access.errors import InputError, NotFoundError, SourceError
from eh_access.network.io import read_network_file
from eh_access.sources import (
    bus_open_data,
    deprivation,
    fetch,
    geofabrik,
    nhs,
    nomis,
    ons,
    ordnance_survey,
    schools,
)
from eh_access.sources.fetch import Client, given_files
from eh_access.study.config import Study, load_study
from eh_access.study.inputs import read_inputs
from official_server import CODE, LSOAS, NAME, OAS, OLD_CODE, Official
from study_cli import run_cli

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.usefixtures("server")]

ALWAYS = 99


@pytest.fixture
def authority(client: Client) -> ons.Authority:
    return ons.find_authority(client, NAME)


lsoas = pd.Series(list(LSOAS))
oas = pd.Series(list(OAS))


@pytest.mark.slow
def test_one_command_makes_a_study_that_the_next_reports_on(tmp_path: Path) -> None:
    folder, out = tmp_path / "made", tmp_path / "out"
    ran = run_cli("new", NAME, "--out", folder)
    assert ran.code == 0, ran.err
    origins = pd.read_csv(folder / "origins.csv").set_index("origin_id")
    # 40 under-fives of an LSOA in two output areas of 100 and 110 households
    assert origins.loc["E00000000", "weight"] == pytest.approx(40 * 100 / 210, abs=1e-6)
    by_lsoa = origins.groupby("area_id")["weight"].sum()
    assert by_lsoa.to_dict() == pytest.approx(official.UNDER_FIVES, abs=1e-5)
    assert origins.loc["E00000007", "no_car_share"] == pytest.approx(70 / 170, abs=1e-6)
    assert set(origins["ward_name"]) == set(official.WARDS.values())
    assert set(origins["weight_basis"]) == {"modelled"}
    areas = gpd.read_file(folder / "areas.geojson").set_index("area_id")
    assert areas.loc["E01000000", "ethnic_minority"] == 100 + 50 + 25 + 5
    assert areas.loc["E01000003", "imd_decile"] == 10
    sites = pd.read_csv(folder / "sites.csv", dtype={"urn": "str"}).set_index("urn")
    assert list(sites.index) == ["20002", "20001", "20006"]
    assert sites.loc["20001", "name"] == "Hilltop Children\u2019s Centre"
    assert sites.loc["20006", "location_basis"] == "postcode"
    closed = pd.read_csv(folder / "closed.csv")
    assert closed[["name", "closed_on"]].to_numpy().tolist() == [["Old Mill Centre", "31-08-2018"]]
    assert list(pd.read_csv(folder / "neighbours.csv")["name"]) == ["Over The Hill Centre"]
    assert list(pd.read_csv(folder / "candidates.csv")["name"]) == ["Caf\u00e9 Lane Primary"]
    assert len(pd.read_csv(folder / "stops.csv")) == 1
    assert (folder / "gtfs.zip").is_file()
    network = read_network_file(folder / "streets.npz")
    # a grid of 17 by 17 streets of 500 m, of which two extracts hold overlapping halves
    assert network.edge_count == 2 * 16 * 17
    assert network.heights is not None
    told = tomllib.loads((folder / "SOURCES.toml").read_text(encoding="utf-8"))["source"]
    assert {item["name"] for item in told} > {"areas", "schools", "streets", "heights"}
    assert all(len(item["sha256"]) == 64 and item["licence"] for item in told)
    study = (folder / "study.toml").read_text(encoding="utf-8")
    assert "disability" in study  # which this server does not have
    assert str(tmp_path) not in study
    fewer = study.replace("[simulation]\n", "[simulation]\ndraws = 100\n")  # quicker
    (folder / "study.toml").write_text(fewer, encoding="utf-8")
    ran = run_cli("report", folder, "--out", out)
    assert ran.code == 0, ran.err
    assert "ILLUSTRATIVE" in ran.out
    assert (out / "report.html").is_file()


@pytest.mark.parametrize(
    "text", ["[" * 5_000, "a = " + "[" * 5_000, "x", "a = 1", '[a]\nno_such = "key"', "\x00"]
)
def test_addresses_that_are_none_are_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "services.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv(fetch.SERVICES_VARIABLE, str(tmp_path / "services.toml"))
    with pytest.raises(SourceError, match=r"services\.toml: cannot be read as a list of services"):
        Client()


def test_nothing_that_exists_is_overwritten(server: Official, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    ran = run_cli("new", NAME, "--out", tmp_path / "made")
    assert ran.code == 2
    assert "is there already" in ran.err
    assert not server.asked


@pytest.mark.parametrize(
    ("wrong", "offered", "not_offered"),
    [
        ("Bristol", "'Bristol, City of' (E06000023)", "Barnet"),
        ("Barn", "'Barnet' (E09000003), 'Barnsley' (E08000016)", "St Albans"),
        ("Saint Albans", "'St Albans'", "Barnet"),
        ("hull", "'Kingston upon Hull, City of'", "Barnet"),
        ("Atlantis", "full name as in official lists", "Barnet"),
    ],
)
def test_a_name_is_exact_or_there_is_a_list_to_choose_from(
    client: Client, wrong: str, offered: str, not_offered: str
) -> None:
    with pytest.raises(NotFoundError) as caught:
        ons.find_authority(client, wrong)
    assert offered in str(caught.value)
    assert not_offered not in str(caught.value)


def test_an_exact_name_needs_no_capitals_and_a_code_no_name(client: Client) -> None:
    assert ons.find_authority(client, " barnsley ").code == "E08000016"
    assert ons.find_authority(client, "", "e08000016").name == "Barnsley"
    with pytest.raises(NotFoundError, match="codes change"):
        ons.find_authority(client, "", "E08000038")
    with pytest.raises(InputError, match="not in England"):
        ons.find_authority(client, "Newport")


def test_an_apostrophe_in_a_name_is_asked_for_as_the_service_wants_it(
    client: Client, authority: ons.Authority
) -> None:
    assert authority.code == CODE
    assert set(ons.output_areas(client, authority)["code"]) == {OLD_CODE}
    assert list(ons.wards(client, authority)["name"]) == ["West End", "East & Hill"]


PASSING = ("429", "503", "page", "cut announced", "cut unannounced", "short")


@pytest.mark.parametrize("mood", PASSING)
def test_what_fails_once_is_asked_again(
    client: Client, server: Official, authority: ons.Authority, mood: str
) -> None:
    server.moods = {"Boundaries_EW_BGC_V5/FeatureServer/0/query": ["well", mood]}
    found = ons.lsoas(client, authority, lsoas)
    assert list(found["code"]) == list(LSOAS)
    assert not server.moods["Boundaries_EW_BGC_V5/FeatureServer/0/query"]


FAILING = {
    "429": "answered 429",
    "page": "a web page came back in place of data ('Down for maintenance')",
    "cut announced": "the connection failed",
    "cut unannounced": "cut off",
    "short": "no rows on a page where up to 8 were to come",
    "renamed": "no column like",
    "gone": "no layer is called like",
}


@pytest.mark.parametrize(("mood", "why"), FAILING.items())
def test_what_goes_on_failing_is_told_with_address_cause_and_remedy(
    client: Client, server: Official, authority: ons.Authority, mood: str, why: str
) -> None:
    place = "OA_PopCentroids_EW_2021_V4/FeatureServer/0"
    # what the layer holds and how many rows it has are asked before the rows themselves
    server.moods = {place: [*(["well", "well"] if mood == "short" else []), *[mood] * ALWAYS]}
    with pytest.raises(SourceError) as caught:
        ons.centroids(client, authority, oas)
    told = str(caught.value)
    assert why in told
    assert server.url in told
    assert "--have centroids=FILE: a point for each output area" in told
    assert "last confirmed: never from here" in told


def test_a_layer_of_a_later_year_is_found_where_ours_is_gone(
    client: Client, server: Official, authority: ons.Authority
) -> None:
    server.moods = {"WD_MAY_2025": ["gone"], "/services?f=json": ["newer"]}
    assert len(ons.wards(client, authority)) == 2


def test_a_missing_output_area_is_told(client: Client, authority: ons.Authority) -> None:
    with pytest.raises(SourceError, match="1 of 9 are missing, for example E00000777"):
        ons.centroids(client, authority, pd.concat([oas, pd.Series(["E00000777"])]))


@pytest.mark.parametrize(
    ("mood", "why"),
    [
        ("cap", "9 cells came back and 12 were expected"),
        ("renamed", "no category is called 'Aged 4 years and under'"),
        ("page", "a web page came back"),
        ("cut unannounced", "cut off|were expected"),
        ("503", "answered 503"),
    ],
)
def test_counts_of_the_census_are_whole_or_refused(
    client: Client, server: Official, mood: str, why: str
) -> None:
    server.moods = {"NM_2020_1": [mood] * ALWAYS}
    with pytest.raises(SourceError, match=why):
        nomis.counts(client, "children", OLD_CODE, lsoas)


def test_no_request_is_for_more_cells_than_the_cap(
    client: Client, server: Official, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = nomis.counts(client, "cars", OLD_CODE, oas)
    monkeypatch.setattr(nomis, "CELLS", 8)
    server.asked.clear()
    parted = nomis.counts(client, "cars", OLD_CODE, oas)
    assert len(server.asked) == 2
    pd.testing.assert_frame_equal(whole, parted)


def test_a_byte_order_mark_is_no_part_of_a_column(client: Client, server: Official) -> None:
    server.moods = {"NM_2063_1": ["bom"]}
    assert (
        nomis.counts(client, "cars", OLD_CODE, oas)["households"].to_dict() == official.HOUSEHOLDS
    )


def test_a_renamed_column_of_a_file_is_told_with_those_there_are(
    client: Client, server: Official
) -> None:
    server.moods = {"File_7": ["renamed"] * ALWAYS}
    with pytest.raises(
        SourceError, match=r"renamed\? There are LSOA code \(2021\), IMD 2025 tenth"
    ):
        deprivation.deciles(client, lsoas)


def test_the_register_of_yesterday_serves_until_todays_is_there(
    client: Client, server: Official
) -> None:
    server.moods = {"edubaseallchildrencentre": ["yesterday"] * ALWAYS}
    found = schools.centres(client)
    assert "Hilltop Children\u2019s Centre" in set(found["name"])  # windows-1252
    assert found.loc[found["urn"] == "20003", "is_open"].tolist() == [False]
    server.moods = {"edubaseall": ["404"] * ALWAYS}
    with pytest.raises(SourceError, match="no file of the last 4 days"):
        schools.centres(Client(store=client.store / "other"))


def test_a_second_run_asks_only_for_what_the_first_did_not_get(
    server: Official, tmp_path: Path
) -> None:
    store, folder = tmp_path / "store", tmp_path / "made"
    server.moods = {"File_7": ["503"] * ALWAYS, "edubaseallchildrencentre": ["404"] * ALWAYS}
    with pytest.raises(InputError) as caught:
        make_study(NAME, folder, client=Client(store=store))
    assert len(caught.value.faults) == 2  # both in one round
    assert not folder.exists()
    assert not list(tmp_path.glob(".made*"))
    server.moods = {}
    server.asked.clear()
    have = {"streets": _extract(tmp_path)}
    make_study(NAME, folder, client=Client(store=store, have=have))
    again = [address for address in server.asked if "NM_2020" in address or "arcgis" in address]
    assert not again
    assert sum("File_7" in address for address in server.asked) == 1


def _extract(folder: Path) -> Path:
    path = folder / "own.osm.pbf"
    path.write_bytes(official.extract(north=True))
    return path


def test_an_answer_that_was_altered_in_the_store_is_asked_for_again(
    client: Client, server: Official
) -> None:
    first = deprivation.deciles(client, lsoas)
    for path in client.store.iterdir():
        path.write_bytes(path.read_bytes().replace(b"E01000000,1", b"E01000000,9"))
    assert deprivation.deciles(client, lsoas).equals(first)
    assert sum("File_7" in address for address in server.asked) == 2


def test_an_answer_of_last_month_is_asked_for_again(
    client: Client, server: Official, monkeypatch: pytest.MonkeyPatch
) -> None:
    deprivation.deciles(client, lsoas)
    later = fetch.today() + pd.Timedelta(days=30)
    monkeypatch.setattr(fetch, "today", lambda: later)
    deprivation.deciles(client, lsoas)
    assert sum("File_7" in address for address in server.asked) == 2


def test_an_answer_larger_than_allowed_is_left(client: Client, tmp_path: Path) -> None:
    text = (tmp_path / "services.toml").read_text(encoding="utf-8")
    (tmp_path / "services.toml").write_text(text.replace("most_mb = 200", "most_mb = 0.0001"))
    small = Client(store=client.store)
    with pytest.raises(SourceError, match=r"larger than 0\.0001 MB, the most allowed"):
        ordnance_survey.postcodes(small)


def test_a_file_serves_in_place_of_a_service(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "deciles.csv"
    rows = "\n".join(f"{code},5" for code in LSOAS)
    path.write_text(
        f"LSOA code (2021),Index of Multiple Deprivation (IMD) Decile (1 most)\n{rows}\n"
    )
    client.have = given_files([f"deprivation={path}"], replaceable(client))
    assert set(deprivation.deciles(client, lsoas)) == {5}
    with pytest.raises(InputError, match="did you mean 'deprivation'"):
        given_files([f"depravation={path}"], replaceable(client))
    with pytest.raises(InputError, match="there is no file"):
        given_files(["deprivation=nowhere.csv"], replaceable(client))


def _book(path: Path, rows: dict[str, list[object]], *sheets: str) -> Path:
    with pd.ExcelWriter(path) as book:
        for sheet in sheets:
            pd.DataFrame(rows).to_excel(book, sheet_name=sheet, index=False)
    return path


VENUES = {
    "Site Ref ": ["007", "8"],
    "Venue name": ["Caf\u00e9", "Dale"],
    "Easting ": [440_700, 443_000],
    "Northing": [390_700, 393_000],
}


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("sites", "a,b\n1,2\n", "no coordinates"),
        ("sites", "site_id,name,easting,northing\n", "there are no rows"),
        ("sites", "name,postcode\nCaf\u00e9,S60 1AA\n", "column 'site_id' is missing"),
        ("sites", "site_id,name,postcode\nA,Dale,S60 1AA\nA,Hill,S60 1AB\n", "'A' stands in row 2"),
        ("origins", "a,b\n1,2\n", "no coordinates"),
        ("origins", "origin_id,easting,northing\nA,440600,390900\n", "column 'weight' is missing"),
        ("neighbours", "a,b\n1,2\n", "no coordinates"),
        ("candidates", "", "the file is empty"),
    ],
)
def test_a_table_that_is_none_is_refused_by_the_name_it_was_given_by(
    client: Client, tmp_path: Path, file: str, text: str, why: str
) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(text.encode("cp1252"))
    client.have = given_files([f"{file}={path}"], replaceable(client))
    with pytest.raises(InputError) as caught:
        make_study(NAME, tmp_path / "made", client=client)
    told = str(caught.value)
    assert told.startswith(str(path))
    assert why in told
    assert f"--have {file} wants the columns {'origin' if file == 'origins' else 'site'}_id" in told
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("kind", ["windows", "workbook", "shapes"])
def test_own_sites_are_read_as_a_study_reads_them(
    client: Client, tmp_path: Path, kind: str
) -> None:
    given = _book(tmp_path / "own.xlsx", VENUES, "Old", "New")
    if kind == "windows":
        given = tmp_path / "own.csv"
        text = "Centre ID,Centre,pcds\n007,Caf\u00e9,S60 1AA\n8,Dale,s601ab\n"
        given.write_bytes(text.encode("cp1252"))
    if kind == "shapes":
        given = tmp_path / "own.shp"
        points = gpd.points_from_xy(VENUES["Easting "], VENUES["Northing"], crs=27700)
        names = {"Site Ref": VENUES["Site Ref "], "Venue name": VENUES["Venue name"]}
        gpd.GeoDataFrame(names, geometry=points).to_file(given)
    sheet = "#New" if kind == "workbook" else ""
    client.have = given_files([f"sites={given}{sheet}"], replaceable(client))
    made = make_study(NAME, tmp_path / "made", client=client)
    assert made.sites == 2
    sites = read_inputs(load_study(made.folder)).sites
    assert sites["name"].to_dict() == {"007": "Caf\u00e9", "8": "Dale"}
    assert (sites.geometry["007"].x, sites.geometry["007"].y) == (440_700, 390_700)
    assert "007" in (made.folder / "study.toml").read_text(encoding="utf-8")


def test_of_two_sheets_one_is_to_be_named(client: Client, tmp_path: Path) -> None:
    client.have = {"sites": _book(tmp_path / "own.xlsx", VENUES, "Old", "New")}
    with pytest.raises(InputError, match=r"own\.xlsx: it has 2 sheets; name one: .*own\.xlsx#Old"):
        make_study(NAME, tmp_path / "made", client=client)


HOMES = {
    "origin_id": ["a", "b", "c", "d"],
    "easting": [441_000, 443_000, 441_000, 443_000],
    "northing": [391_000, 391_000, 393_000, 393_000],
    "weight": [10, 20, 30, 40],
    "area_id": list(LSOAS),
    "imd_decile": [1, 4, 7, 10],
    "no_car_share": [0.1, 0.2, 0.3, 0.4],
    "ward_name": ["West", "East", "West", "East"],
}


def published(folder: Path) -> Study:
    """Return a study made with own origins, whose counts are private until its officer says not."""
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count("weights_public = false # EDIT ME") == 1
    path.write_text(text.replace("weights_public = false", "weights_public = true"), "utf-8")
    return load_study(folder)


def test_own_origins_stand_in_for_all_the_services_they_are_made_of(
    client: Client, server: Official, tmp_path: Path
) -> None:
    silent = ("NM_2020", "NM_2063", "File_7", "OA_PopCentroids")
    server.moods = {name: ["500"] * ALWAYS for name in silent}
    path = tmp_path / "homes.csv"
    pd.DataFrame(HOMES).to_csv(path, index=False)
    client.have = {"origins": path}
    made = make_study(NAME, tmp_path / "made", client=client)
    assert not [address for address in server.asked if any(name in address for name in silent)]
    inputs = read_inputs(published(made.folder))
    assert inputs.origins["weight"].tolist() == [10, 20, 30, 40]
    # 180 of each LSOA, whose one origin has them all
    assert inputs.origins["ethnic_minority"].tolist() == [180] * 4
    text = (made.folder / "study.toml").read_text(encoding="utf-8")
    assert "EDIT ME: whom the table of origins" in text
    assert "Census 2021 c" not in text  # whose noise is not that of the table
    assert not any("homes.csv" in str(error) for error in made.lacking)


def test_what_own_origins_lack_is_told(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "homes.csv"
    few = pd.DataFrame(HOMES).drop(columns=["imd_decile", "ward_name"]).iloc[:3]
    few.to_csv(path, index=False)
    client.have = {"origins": path}
    made = make_study(NAME, tmp_path / "made", client=client)
    told = [str(error) for error in made.lacking]
    assert told == [
        "homes.csv has no imd_decile, ward_name, so nothing can be judged by them",
        "homes.csv has no row whose area_id is 'E01000003', so groups of the census are left out",
    ]
    note = "Not had: homes.csv has no imd_decile"
    assert note in (made.folder / "study.toml").read_text(encoding="utf-8")
    assert len(read_inputs(published(made.folder)).origins) == 3


def test_surgeries_come_by_postcode_and_libraries_from_the_map(
    client: Client, tmp_path: Path
) -> None:
    for kind, names in (
        ("gp", {"The Surgery", "Dale Practice"}),
        ("library", {"Library 1", "Library 2"}),
    ):
        folder = tmp_path / kind
        make_study(NAME, folder, kind=kind, client=client)
        assert set(pd.read_csv(folder / "sites.csv")["name"]) == names
    with pytest.raises(InputError, match="did you mean 'library'"):
        make_study(NAME, tmp_path / "x", kind="libary", client=client)


def test_the_extract_is_the_file_its_digest_is_of(
    client: Client, server: Official, authority: ons.Authority
) -> None:
    names, paths = geofabrik.extracts(client, authority.outline.buffer(3000))
    assert names == ("south-yorkshire", "derbyshire")
    assert len(paths) == 2
    other = Client(store=client.store / "other")
    server.moods = {
        "derbyshire-latest.osm.pbf.md5": ["well"] * ALWAYS,
        "derbyshire-latest.osm.pbf": ["cut unannounced"] * ALWAYS,
    }
    with pytest.raises(SourceError, match=r"not the file that its \.md5 is of"):
        geofabrik.extracts(other, authority.outline.buffer(3000))


def test_a_timetable_is_of_the_region_of_all_the_counties_or_of_the_country(
    client: Client, server: Official
) -> None:
    bus_open_data.timetable(client, ("south-yorkshire", "west-yorkshire"))
    assert server.asked[-1].endswith("/yorkshire/")
    bus_open_data.timetable(client, ("south-yorkshire", "derbyshire"))
    assert server.asked[-1].endswith("/all/")


def test_practices_without_a_known_key_are_refused(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "gp.csv"
    path.write_text("OrgId,Title,PostCode\nA,B,C\n")
    client.have = {"surgeries": path}
    with pytest.raises(SourceError, match="no column like Name"):
        nhs.surgeries(client)

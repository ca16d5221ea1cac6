from __future__ import annotations

import csv
import hashlib
import json
import math
import re
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from eh_access.criteria.draws import sampled_sites
from eh_access.measures.scenarios import rough_areas
from eh_access.sources import bundled

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
SHARED = ROOT.parent / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the source files (../shared/data) are not here"
)
WRITTEN_BY_HAND = {"SOURCES.toml", "LICENCES.md"}


def rows_of(relative: str) -> list[dict[str, str]]:
    """Return a shipped table as plain text, read by nothing of ours."""
    with (DATA / relative).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def areas_of(name: str) -> dict[str, dict[str, object]]:
    """Return the properties of shipped areas by id."""
    text = (DATA / "boundaries" / name).read_text(encoding="utf-8")
    features = json.loads(text)["features"]
    return {feature["properties"]["area_id"]: feature["properties"] for feature in features}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_shipped_file_is_described_and_every_description_has_its_file() -> None:
    shipped = {
        path.relative_to(DATA).as_posix()
        for path in DATA.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    studies = {name for name in shipped if name.startswith("studies/")}
    assert shipped - studies - WRITTEN_BY_HAND == set(bundled.load_sources())


def test_digests_counts_licences_and_credits() -> None:
    for name, entry in bundled.load_sources().items():
        path = DATA / name
        source = entry.provenance
        assert digest(path) == source.sha256, f"{name}: run tools/build_data.py"
        assert all([source.title, source.publisher, source.licence, source.attribution, source.url])
        assert all([entry.derivation, entry.inputs]), name
        if path.suffix == ".csv":
            assert entry.rows == len(rows_of(name))
        elif path.suffix == ".geojson":
            assert entry.rows == len(areas_of(path.name))
        else:
            assert entry.rows > 0


def test_every_source_has_its_date_or_says_why_there_is_none() -> None:
    for name, entry in bundled.load_sources().items():
        date = entry.provenance.date
        dated = re.fullmatch(r"\d{4}(-\d{2}){0,2}( .*)?", date)
        assert dated or date == "edition not stated in the copy used", name


def test_licences_note_names_every_licence_and_credit() -> None:
    note = " ".join((DATA / "LICENCES.md").read_text(encoding="utf-8").split())
    for entry in bundled.load_sources().values():
        assert entry.provenance.licence.split(" (")[0] in note
        for credit in entry.provenance.attribution.splitlines():
            assert credit in note


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("origins/rotherham_oa.csv", 878),
        ("origins/rotherham_postcode.csv", 6587),
        ("sites/rotherham_centres.csv", 12),
        ("sites/rotherham_youth.csv", 5),
        ("sites/rotherham_candidates.csv", 182),
        ("sites/rotherham_youth_venues.csv", 66),
        ("sites/rotherham_neighbours.csv", 6),
        ("sites/newport_sites.csv", 12),
        ("boundaries/rotherham_lsoa21.geojson", 170),
        ("boundaries/rotherham_wards.geojson", 25),
        ("boundaries/rotherham_borough.geojson", 1),
    ],
)
def test_counts_are_those_of_the_sources(name: str, count: int) -> None:
    assert bundled.load_sources()[name].rows == count


@pytest.mark.parametrize("name", ["rotherham_oa", "rotherham_postcode"])
@pytest.mark.parametrize(
    ("column", "of_area"), [("weight", "under_fives"), ("age0_15",) * 2, ("age10_19",) * 2]
)
def test_modelled_children_add_up_to_every_areas_census_count(
    name: str, column: str, of_area: str
) -> None:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of(f"origins/{name}.csv"):
        sums[row["area_id"]] += Decimal(row[column])
        assert row["weight_basis"] == "modelled"
    areas = areas_of("rotherham_lsoa21.geojson")
    # exact decimals: not a child is lost or made, in any area
    assert sums == {code: Decimal(str(area[of_area])) for code, area in areas.items()}


def test_the_whole_borough_has_the_census_count_at_every_level() -> None:
    assert areas_of("rotherham_borough.geojson")["E08000018"]["under_fives"] == 14_637
    wards = areas_of("rotherham_wards.geojson").values()
    total = sum(Decimal(str(ward["under_fives_modelled"])) for ward in wards)
    assert total == 14_637


def test_ward_sums_are_those_of_the_points_inside_and_say_they_are_modelled() -> None:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of("origins/rotherham_oa.csv"):
        sums[row["ward_code"]] += Decimal(row["weight"])
    for code, ward in areas_of("rotherham_wards.geojson").items():
        assert sums[code] == Decimal(str(ward["under_fives_modelled"]))
        counts = set(ward) - {"area_id", "name"}
        assert all(column.endswith("_modelled") for column in counts)


def test_postcodes_of_an_area_share_equally() -> None:
    shares: defaultdict[str, list[Decimal]] = defaultdict(list)
    for row in rows_of("origins/rotherham_postcode.csv"):
        shares[row["area_id"]].append(Decimal(row["weight"]))
    assert len(shares) == 170
    for found in shares.values():
        assert max(found) - min(found) <= Decimal("0.0001")


def test_origins_lie_where_their_area_is() -> None:
    areas = bundled.load_areas("rotherham_lsoa21")
    for name in ("rotherham_oa", "rotherham_postcode"):
        origins = bundled.load_origins(name)
        own = gpd.GeoSeries(areas.geometry.loc[origins["area_id"]].to_numpy(), crs=areas.crs)
        away_m = gpd.GeoSeries(origins.geometry.to_numpy(), crs=areas.crs).distance(own)
        # the boundaries are generalised: a point near one may lie just outside
        assert (away_m < 60).all()
        assert (away_m > 5).sum() <= len(origins) // 100


def test_group_columns_are_those_of_the_area() -> None:
    areas = areas_of("rotherham_lsoa21.geojson")
    for name in ("rotherham_oa", "rotherham_postcode"):
        for row in rows_of(f"origins/{name}.csv"):
            area = areas[row["area_id"]]
            assert int(row["imd_decile"]) == area["imd_decile"]
            assert float(row["no_car_share"]) == area["no_car_share"]
            assert row["ruc21"] == area["ruc21"]


def test_the_decision_is_in_the_table_of_centres() -> None:
    centres = rows_of("sites/rotherham_centres.csv")
    leaving = {row["site_id"]: row for row in centres if row["status_after"] == "deregistered"}
    assert set(leaving) == {"park-view", "broom-valley", "wath-victoria"}
    assert {row["hours_per_week_after"] for row in leaving.values()} == {"10"}
    assert {row["hours_per_week"] for row in centres} == {""}
    assert [row["site_id"] for row in centres if not row["easting"]] == ["valley"]
    bases = Counter(row["location_basis"] for row in centres)
    assert bases == {"surveyed": 9, "estimate": 2, "unknown": 1}


def test_only_what_rests_on_elimination_may_not_have_been_a_centre() -> None:
    centres = {row["site_id"]: row for row in rows_of("sites/rotherham_centres.csv")}
    doubted = {site: row["existence"] for site, row in centres.items() if row["existence"] != "1"}
    assert doubted == {"coleridge": "0.8", "thrybergh-rainbow": "0.7", "valley": "0.6"}
    for site, share in doubted.items():
        assert f"Existence {share} is our assumption" in centres[site]["evidence"]
        assert "by elimination" in centres[site]["evidence"]
    # retained by elimination, and a centre beyond doubt
    assert "Existence 1: the register names it" in centres["rawmarsh"]["evidence"]
    assert {row["existence"] for row in rows_of("sites/rotherham_youth.csv")} == {"1"}


@needs_shared
def test_centres_stand_where_the_source_has_them_and_no_better() -> None:
    source = pd.read_csv(
        SHARED / "rotherham" / "sites" / "early_help_sites.csv", dtype=str, keep_default_na=False
    ).set_index("site_id")
    schools = pd.read_csv(SHARED / "south_yorkshire" / "sites" / "schools_2025.csv")
    registered = set(zip(schools["easting"], schools["northing"], strict=True))
    places = pd.read_csv(SHARED / "rotherham" / "points" / "osm_poi_2021.csv")
    for name in ("centres", "youth"):
        for row in rows_of(f"sites/rotherham_{name}.csv"):
            given = source.loc[row["site_id"]]
            same = ("easting", "northing", "location_basis", "location_radius_m", "source")
            assert [row[column] for column in same] == [given[column] for column in same]
            assert row["evidence"].startswith(given["evidence"])
            if "Get Information About Schools" in row["source"]:
                assert (int(row["easting"]), int(row["northing"])) in registered
            elif "OpenStreetMap" in row["source"]:
                away_m = np.hypot(
                    places["easting"] - int(row["easting"]),
                    places["northing"] - int(row["northing"]),
                )
                assert away_m.min() <= float(row["location_radius_m"])


@needs_shared
def test_distances_told_of_centres_are_those_of_the_sources() -> None:
    evidence = {row["site_id"]: row["evidence"] for row in rows_of("sites/rotherham_centres.csv")}
    at = {
        row["site_id"]: (int(row["easting"]), int(row["northing"]))
        for row in rows_of("sites/rotherham_centres.csv")
        if row["easting"]
    }
    points = SHARED / "rotherham" / "points"
    nursery = pd.read_csv(points / "osm_poi_2021.csv").set_index("name").loc["Stepping Stones"]
    postcode = pd.read_csv(points / "codepoint_open_2025_10.csv").set_index("postcode")
    (former,) = [
        row
        for row in rows_of("sites/rotherham_candidates.csv")
        if row["site_id"] == "kimberworth-children-s-centre"
    ]
    for site, other, words in (
        ("stepping-stones", nursery, "in Maltby, {} m away"),
        ("broom-valley", postcode.loc["S60 2QU"], "own point is {} m away"),
        ("park-view", former, "point is {} m from Kimberworth Children's Centre"),
    ):
        x, y = at[site]
        metres = round(math.hypot(x - int(other["easting"]), y - int(other["northing"])))
        assert words.format(metres) in evidence[site]


@needs_shared
def test_the_parts_of_a_circle_over_the_border_are_no_places() -> None:
    borough = bundled.load_areas("rotherham_borough").union_all()
    centres = bundled.load_sites("rotherham_centres")
    areas = rough_areas(centres, borough)
    assert areas.within(borough.buffer(1)).all()
    whole = np.pi * centres.loc["park-view", "location_radius_m"] ** 2
    assert areas["park-view"].area < 0.99 * whole
    assert sampled_sites(centres, seed=1, within=borough).within(borough).all()


def test_candidates_state_what_their_place_is_worth() -> None:
    for row in rows_of("sites/rotherham_candidates.csv"):
        radius = int(row["location_radius_m"])
        if row["location_basis"] == "postcode":
            assert radius == 400
            assert "inferred" in row["evidence"]
        else:
            assert row["location_basis"] == "surveyed"
            assert radius == 100 if "URN" in row["evidence"] else 50 <= radius <= 400
        mapped = "OpenStreetMap" in row["source"]
        assert mapped == ("OpenStreetMap" in row["evidence"])


@needs_shared
def test_candidates_are_counted_like_the_sources() -> None:
    ours = pd.read_csv(DATA / "sites" / "rotherham_candidates.csv")
    counts = ours["kind"].value_counts().to_dict()
    schools = pd.read_csv(SHARED / "south_yorkshire" / "sites" / "schools_2025.csv")
    schools = schools[schools["district"] == "E08000018"]
    phases = schools["phase"].value_counts()
    assert len(schools) == 128
    assert counts["primary school"] == phases["Primary"] == 96
    # the figures of the derivation: what is left out
    assert (phases["Secondary"], phases["Nursery"]) == (16, 3)
    assert phases["Not applicable"] + phases["16 plus"] == 13
    older = pd.read_csv(SHARED / "rotherham" / "sites" / "candidate_venues.csv")["kind"]
    assert counts["GP practice"] == (older == "GP practice").sum() == 31
    assert counts["library"] == (older == "library").sum() == 15
    former = (older == "former children's centre").sum()
    assert counts["former children's centre"] == former + 1 == 8
    places = pd.read_csv(SHARED / "rotherham" / "points" / "osm_poi_2021.csv")
    borough = gpd.read_file(SHARED / "rotherham" / "boundaries" / "lad.geojson").to_crs(27700)
    at = gpd.GeoSeries.from_xy(places["easting"], places["northing"], crs=27700)
    names = places["name"].str.lower()
    halls = (places["subclass"] == "community_centre") | names.str.contains("community cent")
    halls &= at.within(borough.union_all())
    youth = [row["name"] for row in rows_of("sites/rotherham_youth.csv")]
    surrendered = names.str.replace("&", "and").isin([name.lower() for name in youth])
    left_out = halls & (surrendered | names.str.contains("library"))
    assert left_out.sum() == 4
    assert counts["community centre"] == (halls & ~left_out).sum() == 32
    moved = ours[(ours["kind"] == "library") & (ours["location_basis"] == "surveyed")]
    assert len(moved) == 8
    assert ours["kind"].map(counts).notna().all()


@needs_shared
def test_venues_for_young_people_are_the_registers_own() -> None:
    ours = pd.read_csv(DATA / "sites" / "rotherham_youth_venues.csv")
    candidates = pd.read_csv(DATA / "sites" / "rotherham_candidates.csv")
    kinds = ours["kind"].value_counts().to_dict()
    for kind in ("library", "community centre"):
        assert set(ours["name"][ours["kind"] == kind]) == set(
            candidates["name"][candidates["kind"] == kind]
        )
    schools = pd.read_csv(SHARED / "south_yorkshire" / "sites" / "schools_2025.csv")
    here = schools[(schools["district"] == "E08000018") & (schools["phase"] == "Secondary")]
    assert set(ours["name"][ours["kind"] == "secondary school"]) == set(here["name"])
    assert kinds["leisure centre"] == 3
    assert ours.index.size == kinds["library"] + kinds["community centre"] + len(here) + 3


@needs_shared
def test_nine_in_ten_schools_lie_where_the_map_has_them() -> None:
    ours = pd.read_csv(DATA / "sites" / "rotherham_candidates.csv")
    schools = ours[ours["kind"] == "primary school"]
    places = pd.read_csv(SHARED / "rotherham" / "points" / "osm_poi_2021.csv")
    mapped = places[places["subclass"] == "school"]
    pairs = schools.merge(mapped, on="name", suffixes=("", "_map"))
    away_m = np.hypot(
        pairs["easting"] - pairs["easting_map"], pairs["northing"] - pairs["northing_map"]
    )
    away_m = away_m[away_m < 1500].groupby(pairs["site_id"]).min()  # names are shared by towns
    assert len(away_m) == 75
    assert away_m.quantile(0.9) < 100


@needs_shared
def test_neighbours_are_all_the_centres_the_map_names_within_reach() -> None:
    source = SHARED / "rotherham"
    places = pd.read_csv(source / "points" / "osm_poi_2021.csv")
    points = gpd.GeoSeries.from_xy(places["easting"], places["northing"], crs=27700)
    borough = gpd.read_file(source / "boundaries" / "lad.geojson").to_crs(27700).union_all()
    near = (points.distance(borough) > 0) & (points.distance(borough) <= 5000)
    words = places["name"].str.lower().str.replace("'", "")
    kinds = ("childrens centre", "family centre", "surestart")
    named = pd.Series([any(kind in name for kind in kinds) for name in words])
    ours = pd.read_csv(DATA / "sites" / "rotherham_neighbours.csv")
    assert set(ours["name"]) == set(places.loc[near & named, "name"])
    assert ours["existence"].between(0, 1, inclusive="neither").all()
    assert ours["evidence"].str.contains("Existence 0.[678] is our assumption").all()
    districts = gpd.read_file(SHARED / "south_yorkshire" / "boundaries" / "lad.geojson")
    at = gpd.GeoDataFrame(
        ours, geometry=gpd.points_from_xy(ours["easting"], ours["northing"]), crs=27700
    )
    joined = at.sjoin(districts[["name", "geometry"]].to_crs(27700), lsuffix="ours")
    assert (joined["district"] == joined["name_right"]).all()
    assert len(joined) == len(ours)


def test_no_site_id_is_used_twice_across_rotherhams_tables() -> None:
    ids = Counter(
        row["site_id"]
        for name in ("centres", "youth", "candidates", "neighbours")
        for row in rows_of(f"sites/rotherham_{name}.csv")
    )
    assert max(ids.values()) == 1


def test_newport_is_labelled_as_what_it_is() -> None:
    origins = rows_of("origins/newport_postcode.csv")
    assert {(row["weight"], row["weight_basis"]) for row in origins} == {
        ("1", "one per postcode: not people")
    }
    assert not {"imd_decile", "no_car_share", "ward_name"} & set(origins[0])
    area = bundled.load_areas("newport_area").union_all()
    assert bundled.load_origins("newport_postcode").within(area.buffer(1)).all()
    sites = bundled.load_sites("newport_sites")
    assert sites.within(area).all()
    assert sites["kind"].str.contains("illustrative").all()
    assert sites["evidence"].str.startswith("illustrative").all()
    places = sites.geometry.to_numpy()
    apart_m = [a.distance(b) for i, a in enumerate(places) for b in places[i + 1 :]]
    assert min(apart_m) >= 400


def test_files_are_small_sorted_and_end_their_lines_alike() -> None:
    assert (DATA / "origins" / "rotherham_postcode.csv").stat().st_size < 1_000_000
    for path in [*DATA.glob("*/*.csv"), *DATA.glob("*/*.geojson"), DATA / "SOURCES.toml"]:
        content = path.read_bytes()
        assert b"\r" not in content
        assert content.endswith(b"\n")
    for path in DATA.glob("*/*.csv"):
        ids = [next(iter(row.values())) for row in rows_of(path.relative_to(DATA).as_posix())]
        assert ids == sorted(ids)


def test_geojson_is_in_degrees_wound_as_the_standard_says() -> None:
    for path in (DATA / "boundaries").glob("*.geojson"):
        frame = gpd.read_file(path)
        west, south, east, north = frame.total_bounds
        assert -4 < west < east < -1
        assert 51 < south < north < 54
        for shape in frame.geometry.explode():
            assert shape.geom_type == "LineString" or shape.exterior.is_ccw
            assert shapely.get_coordinates(shape).round(6).tolist() == (
                shapely.get_coordinates(shape).tolist()
            )


@needs_shared
def test_nothing_ships_as_it_was_found() -> None:
    found = {digest(path) for path in SHARED.rglob("*") if path.is_file()}
    shipped = {digest(path) for path in DATA.rglob("*") if path.is_file()}
    assert not found & shipped


@needs_shared
def test_points_agree_with_the_usual_transformation() -> None:
    source = pd.read_csv(SHARED / "rotherham" / "statistics" / "oa21_points.csv")
    usual = gpd.GeoSeries.from_xy(source["lon"], source["lat"], crs="EPSG:4326").to_crs(27700)
    ours = bundled.load_origins("rotherham_oa").loc[source["oa21cd"]].geometry
    away_m = gpd.GeoSeries(ours.to_numpy(), crs=27700).distance(usual)
    # half a metre of rounding each way, and up to some metres if pyproj has the finer grid
    assert away_m.max() < 6


@needs_shared
def test_output_areas_share_by_households() -> None:
    source = pd.read_csv(SHARED / "rotherham" / "statistics" / "oa21_points.csv")
    census = pd.read_csv(SHARED / "rotherham" / "statistics" / "lsoa21_population.csv")
    counts = source["lsoa21cd"].map(census.set_index("lsoa21cd")["age0_4"])
    share = source["households"] / source.groupby("lsoa21cd")["households"].transform("sum")
    ours = bundled.load_origins("rotherham_oa")["weight"].loc[source["oa21cd"]].to_numpy()
    assert abs(ours - (counts * share).to_numpy()).max() <= 0.0001


@needs_shared
def test_the_build_gives_the_shipped_bytes_again(tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "tools" / "build_data.py"), "--tables-only"]
    script += ["--shared", str(SHARED.parent), "--out", str(tmp_path)]
    subprocess.run(script, check=True, capture_output=True, timeout=120)
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    built = {path.relative_to(tmp_path).as_posix(): digest(path) for path in made}
    assert built == {name: digest(DATA / name) for name in built}
    assert set(bundled.load_sources()) <= set(built)


@needs_shared
def test_the_inputs_recorded_are_those_that_are_there() -> None:
    for entry in bundled.load_sources().values():
        for name, recorded in entry.inputs.items():
            assert digest(SHARED / name) == recorded

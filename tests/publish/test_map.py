from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from eh_access.publish.interactive import external_references
from eh_access.publish.map_data import (
    STEPS_PER_DEGREE,
    build_payload,
    encode,
    encoded_polygons,
    safe_json,
    simpler,
    street_layers,
    to_degrees,
)
from eh_access.publish.tabulations import SQUARE_M, display_areas
from eh_access.publish.writers.map import render_map
from eh_access.study.findings import find_maps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eh_access.study.result import StudyResult
from map_study import FORMULA, IMAGE, SCRIPT_END, toy_result
from toys import grid_town


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    return toy_result(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def page(result: StudyResult) -> str:
    return render_map(result, find_maps(result))


@pytest.fixture(scope="module")
def payload(page: str) -> dict[str, Any]:
    found = re.search(
        r'<script type="application/json" id="eh-data">(.*?)</script>', page, re.DOTALL
    )
    return json.loads(found[1])


def walked(text: str) -> NDArray[np.float64]:
    """Decode a polyline, latitude first, one sign after the other."""
    moves, bits, shift = [], 0, 0
    for sign in text:
        group = ord(sign) - 63
        bits |= (group & 31) << shift
        shift += 5
        if group < 32:
            moves.append(~(bits >> 1) if bits & 1 else bits >> 1)
            bits = shift = 0
    return np.cumsum(np.array(moves).reshape(-1, 2), axis=0) / STEPS_PER_DEGREE


def test_nothing_would_be_fetched(page: str) -> None:
    assert external_references(page) == ()


def test_two_runs_give_the_same_page(result: StudyResult, page: str) -> None:
    assert render_map(result, find_maps(result)) == page


def test_names_from_files_stay_text(page: str, payload: dict[str, Any]) -> None:
    assert IMAGE not in page
    assert page.count(SCRIPT_END) == page.count("<script")
    assert {site["name"] for site in payload["sites"]} >= {IMAGE, FORMULA}
    assert payload["areas"][0]["name"] == SCRIPT_END
    assert payload["study"]["question"] == "Does {{ 7 * 7 }} stand as it is written?"


def test_minutes_in_the_page_are_the_librarys_to_the_last_bit(
    result: StudyResult, payload: dict[str, Any]
) -> None:
    for mode in payload["modes"]:
        packed = np.frombuffer(base64.b64decode(mode["minutes"]), dtype="<f4")
        ids = [site["id"] for site in payload["sites"]]
        shape = (len(ids), len(payload["origins"]["id"]))
        expected = result.times[mode["name"]].select(ids).minutes
        assert (expected == packed.reshape(shape).T).all()
        assert np.isinf(packed.reshape(shape)[ids.index("u")]).all()


def test_sites_stand_in_the_order_in_which_ties_go(payload: dict[str, Any]) -> None:
    ids = [site["id"] for site in payload["sites"]]
    assert ids == sorted(ids)


def test_a_moved_site_brings_its_own_minutes(result: StudyResult, payload: dict[str, Any]) -> None:
    scenario = next(item for item in payload["scenarios"] if item["name"] == "move-b")
    (move,) = scenario["moved"]
    packed = np.frombuffer(base64.b64decode(move["minutes"]["walk"]), dtype="<f4")
    assert (packed == result.times_for("move-b", "walk").select(["b"]).minutes[:, 0]).all()
    assert (packed != result.times["walk"].select(["b"]).minutes[:, 0]).any()


def test_an_estimate_says_so_in_the_page(page: str, payload: dict[str, Any]) -> None:
    assert payload["estimated"]
    assert payload["accuracy"].startswith("INDICATIVE: no street network was used.")
    assert 'id="banner"' in page


def test_every_credit_is_in_the_page(result: StudyResult, payload: dict[str, Any]) -> None:
    asked = {line for source in result.provenance for line in source.attribution.splitlines()}
    assert asked - {""} <= set(payload["credits"])


def test_weights_and_groups_are_those_of_the_origins(
    result: StudyResult, payload: dict[str, Any]
) -> None:
    assert payload["origins"]["weight"] == result.origins["weight"].tolist()
    deprived = payload["origins"]["groups"][0]
    assert deprived["id"] == "most-deprived-fifth"
    assert [member == "1" for member in deprived["members"]] == (
        result.origins["imd_decile"] <= 2
    ).tolist()


def test_uncertain_and_unknown_sites_are_told_apart(payload: dict[str, Any]) -> None:
    sites = {site["id"]: site for site in payload["sites"]}
    assert sites["b"]["radius_m"] == 600
    assert sites["u"]["at"] is None
    assert sites["u"]["radius_m"] is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_safe_json_is_the_same_data_without_a_way_out_of_the_script(value: dict[str, Any]) -> None:
    text = safe_json(value)
    assert json.loads(text) == value
    assert not set("<>&") & set(text)
    assert text.isascii()


def test_json_refuses_what_no_browser_reads() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        safe_json({"minutes": float("inf")})


def test_lines_are_written_as_google_writes_them() -> None:
    # the example of the algorithm's own description
    line = shapely.LineString([(-120.2, 38.5), (-120.95, 40.7), (-126.453, 43.252)])
    assert encode(np.array([line])) == ["_p~iF~ps|U_ulLnnqC_mqNvxq`@"]


@given(
    st.lists(
        st.lists(
            st.tuples(st.floats(-8, 2, allow_nan=False), st.floats(49, 61, allow_nan=False)),
            min_size=2,
            max_size=12,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_lines_decoded_never_stray_over_a_metre(
    lines: list[list[tuple[float, float]]],
) -> None:
    texts = encode(np.array([shapely.LineString(line) for line in lines]))
    within = 0.5 / STEPS_PER_DEGREE + 1e-9
    for line, text in zip(lines, texts, strict=True):
        found = walked(text)
        assert np.abs(found[0] - line[0][::-1]).max() <= within
        assert np.abs(found[-1] - line[-1][::-1]).max() <= within
        assert (np.diff(found, axis=0) != 0).any(axis=1).all()


def test_a_hole_stays_a_hole() -> None:
    ring = shapely.Polygon(
        [(0, 0), (0, 400), (400, 400), (400, 0)], [[(100, 100), (100, 200), (200, 200), (200, 100)]]
    )
    ((outer, hole),), (other,) = encoded_polygons([ring, shapely.box(0, 0, 400, 400)])
    assert set(map(tuple, walked(outer))) == set(map(tuple, walked(other[0])))
    assert np.ptp(walked(outer)[:, 0]) == pytest.approx(4 * np.ptp(walked(hole)[:, 0]), abs=3e-5)


def test_streets_of_a_town_are_drawn_where_they_are() -> None:
    town = grid_town(4, 3)
    (layer,) = street_layers(town.to_frame())
    points = np.vstack([walked(line) for line in layer["lines"]])
    corners = to_degrees(
        [shapely.Point(x, y) for x, y in zip(town.node_x, town.node_y, strict=True)]
    )
    assert points[:, 0].min() == pytest.approx(corners.y.min(), abs=1e-5)
    assert points[:, 1].max() == pytest.approx(corners.x.max(), abs=1e-5)
    drawn = shapely.MultiLineString([walked(line)[:, ::-1] for line in layer["lines"]])
    streets = to_degrees(
        [
            shapely.LineString([(town.node_x[u], town.node_y[u]), (town.node_x[v], town.node_y[v])])
            for u, v in zip(town.edge_from, town.edge_to, strict=True)
        ]
    )
    assert drawn.length == pytest.approx(shapely.length(streets.to_numpy()).sum(), rel=0.01)


def test_a_study_in_one_piece_is_coloured_by_squares() -> None:
    xy = np.array([(331_100, 188_100), (331_499.9, 188_499.9), (331_500, 188_000)])
    origins = gpd.GeoDataFrame(
        {"area_id": "all"},
        geometry=gpd.points_from_xy(xy[:, 0], xy[:, 1]),
        index=pd.Index(["p", "q", "r"]),
        crs="EPSG:27700",
    )
    areas = gpd.GeoDataFrame(
        {"name": ["Newport"]},
        geometry=[shapely.box(331_000, 188_000, 332_000, 189_000)],
        index=pd.Index(["all"]),
        crs="EPSG:27700",
    )
    shown = display_areas(origins, areas)
    assert shown.area_of_origin.tolist() == ["ST 310 880", "ST 310 880", "ST 315 880"]
    assert (shown.areas.area == SQUARE_M**2).all()
    for point, area in zip(origins.geometry, shown.area_of_origin, strict=True):
        assert shown.areas.loc[area, "geometry"].intersects(point)


def test_small_areas_are_shown_as_they_are(result: StudyResult) -> None:
    shown = display_areas(result.origins, result.areas)
    assert shown.areas is result.areas
    assert shown.area_of_origin.tolist() == result.origins["area_id"].tolist()


def test_the_payload_is_plain_data(result: StudyResult) -> None:
    safe_json(build_payload(result, find_maps(result)))


def test_an_estimate_carries_no_isochrones_and_no_streets_lengths(payload: dict[str, Any]) -> None:
    assert payload["isochrones"] is None
    assert [mode["distances"] for mode in payload["modes"]] == [None, None]


@given(st.integers(0, 10**6))
def test_a_simpler_shape_stays_within_its_detail_and_is_wound_one_way(seed: int) -> None:
    rng = np.random.default_rng(seed)
    discs = shapely.buffer(shapely.points(rng.uniform(0, 2000, (6, 2))), rng.uniform(150, 400, 6))
    shape = shapely.union_all(discs)
    found = simpler(shape, 20.0)
    assert found.is_valid
    # only what lies within the detail of the true line, and holes too small to see, may differ
    assert shapely.difference(found, shape.buffer(20.0)).area <= 10 * 20.0**2 * 6
    assert shapely.difference(shape.buffer(-21.0), found).area <= 10 * 20.0**2 * 6
    for part in shapely.get_parts(found):
        assert part.exterior.is_ccw
        assert not any(hole.is_ccw for hole in part.interiors)

"""What stops and slows a wheelchair: streets by hand, and all of Newport's by other code."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest

from eh_access.modes import PUSHCHAIR, WHEELCHAIR
from eh_access.network.build import RawWays, build_network
from eh_access.network.cost import edge_cost
from eh_access.network.describe import NOT_RECORDED, describe, gaps
from eh_access.network.model import Network
from eh_access.network.rules import evaluate
from eh_access.network.terrain import Terrain, with_heights
from eh_access.routing.matrix import travel_time_matrix
from eh_access.study.streets import read_network
from toys import doubts_about
from ways import metres, town

FOOTWAY = {"highway": "footway", "surface": "asphalt"}
LEVEL = WHEELCHAIR.without_hills()


@pytest.fixture(scope="module")
def newport() -> Network:
    return read_network("newport")


@pytest.mark.parametrize(
    "way",
    [
        {"highway": "steps", "ramp": "yes"},  # a pushchair goes up these
        {**FOOTWAY, "wheelchair": "no", "stroller": "yes"},
        {**FOOTWAY, "width": "0.8"},
        {**FOOTWAY, "smoothness": "bad"},
        {"highway": "path", "surface": "grass"},
        {**FOOTWAY, "incline": "10%"},
    ],
)
def test_ways_a_wheelchair_goes_round_and_a_pushchair_does_not(way: dict[str, str]) -> None:
    assert metres(town(way), PUSHCHAIR.without_hills()) == pytest.approx(100)
    assert metres(town(way), LEVEL) == pytest.approx(300)


@pytest.mark.parametrize(
    ("point", "length_m"),
    [
        ({"kerb": "raised", "stroller": "yes"}, 300),
        ({"kerb": "raised", "wheelchair": "yes"}, 100),
        ({"kerb": "lowered"}, 100),
        ({"barrier": "gate", "width": "0.8"}, 300),
        ({"barrier": "gate", "width": "1.0"}, 100),
        ({"barrier": "kissing_gate", "wheelchair": "yes"}, 100),
        ({"barrier": "cattle_grid"}, 300),
    ],
)
def test_gates_and_kerbs(point: dict[str, str], length_m: float) -> None:
    assert metres(town(FOOTWAY, point), LEVEL) == pytest.approx(length_m)


def rising(slope: float, tags: dict[str, str]) -> Network:
    """Return 100 m of a street that rises evenly."""
    raw = RawWays(crs="EPSG:27700")
    raw.add(1, [(1, 0.0, 0.0), (2, 100.0, 0.0)], tags=tags)
    ground = np.array([[50.0, 50.0 + slope * 400]] * 2, dtype=np.float32)
    return with_heights(
        build_network(raw), Terrain(height_m=ground, west=0.0, south=0.0, cell_m=400)
    )


def test_a_hill_slows_and_a_tagged_one_may_close() -> None:
    # 100 m up 5 % at 2.8 km/h: 128.6 s on the level, and 3.5 x 2.2 x 0.05 more in the exponent
    street = {"highway": "residential", "sidewalk": "both"}
    cost = edge_cost(rising(0.05, street), WHEELCHAIR)
    both = sorted((cost.forward_ds[0] / 10, cost.backward_ds[0] / 10))
    assert both == pytest.approx([128.6, 128.6 * math.exp(0.385)], abs=0.1)
    # the heights are those of the ground about it; a tag is of the street
    assert edge_cost(rising(0.12, street), WHEELCHAIR).main.all()
    assert not edge_cost(rising(0.02, {**street, "incline": "12%"}), WHEELCHAIR).main.any()


def test_what_is_unknown_is_passable_and_counted() -> None:
    notes = doubts_about(town({"highway": "footway"}), WHEELCHAIR)
    for doubt in (
        "surface unknown",
        "width unknown",
        "no word on whether a wheelchair can pass",
        "pavement and dropped kerbs unknown",  # of the road round it
        "slope unknown, taken as level",
    ):
        assert notes[doubt] >= 1


def test_what_tiles_do_not_carry_is_said() -> None:
    rotherham = read_network("rotherham")
    lost = gaps(rotherham, WHEELCHAIR)
    assert {"kerbs", "widths", "surfaces", "barriers", "passage with wheels"} <= set(lost)
    told = describe(rotherham, modes=[WHEELCHAIR]).doubts.set_index("doubt")
    (row,) = (doubt for doubt in told.index if str(doubt).endswith(NOT_RECORDED))
    assert "passage with wheels" in str(row)
    # told once of every street, rather than street by street
    assert "no word on whether a wheelchair can pass" not in told.index


# ------------------------------------------------------------------ Newport, by other code

CLOSED = "no private permit residents employees military agricultural forestry delivery emergency"
OPEN = "yes designated permissive official public destination customers"
WAYS = """trunk trunk_link primary primary_link secondary secondary_link tertiary tertiary_link
unclassified residential living_street service road pedestrian footway path steps cycleway bridleway
track corridor elevator platform"""
SOFT = "sand mud grass pebblestone rock stone rocky woodchips stepping_stones"
ROUGH = "gravel dirt earth ground unpaved cobblestone unhewn_cobblestone soil grass_paver clay"
PUBLIC = (
    "public_footpath public_bridleway restricted_byway byway_open_to_all_traffic public_footway"
)
STOPS = """stile kissing_gate turnstile full-height_turnstile cycle_barrier motorcycle_barrier
horse_stile log debris jersey_barrier chain rope step v_stile ladder squeeze_stile cattle_grid"""
WALLS = "wall fence hedge retaining_wall city_wall guard_rail ditch"


def is_in(value: str, words: str) -> bool:
    return any(part.strip() in words.split() for part in value.split(";"))


def number(text: str) -> float:
    found = re.match(r"[-+]?\d+(\.\d+)?", text)
    return float(found[0]) if found else math.nan


def km_h(tags: dict[str, str]) -> float:  # noqa: C901, PLR0911, PLR0912 - one rule after another
    """Say how fast a wheelchair gets along a level way or past a gate, 0.0 for not at all."""
    wheels = is_in(tags.get("wheelchair", ""), "yes designated limited")
    kind, access = tags.get("barrier", ""), tags.get("access", "")
    for key, may in (("foot:conditional", "foot"), ("access:conditional", "access")):
        if "yes @" in tags.get(key, "") or "destination @" in tags.get(key, ""):
            tags = {**tags, may: "yes"}
    foot = tags.get("foot", "")
    if tags.get("wheelchair") == "no" or tags.get("stroller") == "no":
        return 0.0
    if is_in(tags.get("opening_hours", ""), "closed off"):
        return 0.0
    if "point" in tags:
        own_way = (
            "bollard lift_gate swing_gate height_restrictor block cycle_barrier toll_booth chain"
        )
        if is_in(kind, WALLS) or (is_in(kind, STOPS) and not wheels):
            return 0.0
        if tags.get("locked") == "yes" or (is_in(access, CLOSED) and not is_in(kind, own_way)):
            return 2.8 if is_in(foot, OPEN) else 0.0
        if is_in(foot, CLOSED) or (is_in(tags.get("kerb", ""), "raised regular") and not wheels):
            return 0.0
        opening = tags.get("maxwidth:physical") or tags.get("maxwidth")
        if not opening and is_in(kind, "gate wicket_gate hampshire_gate swing_gate entrance"):
            opening = tags.get("width")
        return 0.0 if opening and number(opening) < 0.9 else 2.8
    street = tags.get("highway", "")
    if street == "steps" and tags.get("ramp:wheelchair") != "yes":
        return 0.0
    if not (is_in(street, WAYS) or tags.get("railway") == "platform" or is_in(foot, OPEN)):
        return 0.0
    if is_in(
        street, "motorway motorway_link construction proposed planned abandoned razed disused"
    ):
        return 0.0
    if tags.get("motorroad") == "yes" and not is_in(foot, OPEN):
        return 0.0
    if is_in(access, CLOSED) and not (
        is_in(foot, OPEN) or is_in(tags.get("designation", ""), PUBLIC)
    ):
        return 0.0
    if is_in(foot, CLOSED + " use_sidepath") or is_in(tags.get("construction", ""), "yes major"):
        return 0.0
    if any(number(tags.get(key, "")) < 0.9 for key in ("width", "maxwidth:physical")):
        return 0.0
    if "width" not in tags and number(tags.get("est_width", "")) < 0.9:
        return 0.0
    if is_in(tags.get("smoothness", ""), "bad very_bad horrible very_horrible impassable"):
        return 0.0
    if "sac_scale" in tags and tags["sac_scale"] != "hiking":
        return 0.0
    if abs(number(tags.get("incline", ""))) >= 8.4:
        return 0.0
    bare = "surface" not in tags and "smoothness" not in tags
    soft = is_in(tags.get("surface", ""), SOFT) or (
        bare and is_in(tags.get("tracktype", ""), "grade4 grade5")
    )
    if soft and not wheels:
        return 0.0
    fast = any(
        number(tags.get(key, "")) >= 50 and "mph" in tags.get(key, "")
        for key in ("maxspeed", "maxspeed:forward", "maxspeed:backward")
    )
    if fast and is_in(tags.get("sidewalk", ""), "no none") and not is_in(foot, "yes designated"):
        return 0.0
    shares = [1.0]
    shares += [0.5] * (soft or street == "steps" or is_in(tags.get("surface", ""), ROUGH))
    shares += [0.85] * is_in(tags.get("surface", ""), "sett compacted fine_gravel")
    shares += [0.7] * (bare and tags.get("tracktype") == "grade3")
    shares += [0.7] * (abs(number(tags.get("incline", ""))) >= 5)
    return 2.8 * min(shares)


def test_every_street_of_newport_means_what_other_code_says(newport: Network) -> None:
    wrong = {
        str(dict(tags)): (evaluate(tags, LEVEL).forward_km_h, km_h(dict(tags)))
        for tags in newport.tag_sets
        if evaluate(tags, LEVEL).forward_km_h != pytest.approx(km_h(dict(tags)))
    }
    assert not wrong
    closed = sum(not km_h(dict(tags)) for tags in newport.tag_sets)
    assert closed > 50  # of 764: there is something to be wrong about


def test_minutes_in_newport_are_those_of_networkx(newport: Network) -> None:
    speed = np.array([km_h(dict(tags)) for tags in newport.tag_sets])[newport.edge_tags]
    graph = nx.Graph()
    ends = zip(newport.edge_from.tolist(), newport.edge_to.tolist(), strict=True)
    for edge, (a, b) in enumerate(ends):
        # a gate is an edge of no length
        minutes = newport.length_m[edge] / speed[edge] * 0.06 if speed[edge] else math.inf
        if minutes < graph.get_edge_data(a, b, {"minutes": math.inf})["minutes"]:
            graph.add_edge(a, b, minutes=minutes)
    part = sorted(max(nx.connected_components(graph), key=len))
    rng = np.random.default_rng(13)
    nodes = rng.choice(part, 44, replace=False)
    places = gpd.GeoDataFrame(
        index=[f"n{node}" for node in nodes],
        geometry=gpd.points_from_xy(newport.node_x[nodes], newport.node_y[nodes]),
        crs="EPSG:27700",
    )
    homes, sites = places.iloc[4:], places.iloc[:4]
    ours = travel_time_matrix(newport, homes, sites, mode=LEVEL, cutoff_min=600).minutes
    for column, site in enumerate(nodes[:4].tolist()):
        theirs = nx.single_source_dijkstra_path_length(graph, site, weight="minutes")
        assert ours[:, column] == pytest.approx([theirs[n] for n in nodes[4:].tolist()], abs=0.3)
    brisker = replace(PUSHCHAIR.without_hills(), speed_km_h=2.8, walk_speed_km_h=2.8)
    pushed = travel_time_matrix(newport, homes, sites, mode=brisker, cutoff_min=600).minutes
    assert (ours >= pushed - 0.01).all()
    assert (ours > pushed + 1).any()

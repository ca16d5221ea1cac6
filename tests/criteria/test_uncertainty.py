from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from eh_access.criteria.uncertainty import sampled_sites
from eh_access.errors import InputError
from eh_access.measures.scenarios import rough_areas
from toy_borough import sites

ROUGH = {"basis": {"B": "estimate", "C": "estimate"}, "radius_m": {"B": 1500.0, "C": 600.0}}

# ---- places ------------------------------------------------------------------------------------


def test_samples_fill_the_disc_evenly() -> None:
    start = sites(**ROUGH)
    drawn = sampled_sites(start, seed=11, count=4000)
    for site, radius in ROUGH["radius_m"].items():
        away = drawn[drawn["sample_of"] == site].distance(start.geometry[site])
        assert away.max() <= radius
        # in an even disc a share s of the points lies within sqrt(s) of the radius
        assert np.median(away) == pytest.approx(radius * math.sqrt(0.5), rel=0.03)
        east = drawn[drawn["sample_of"] == site].geometry.x - start.geometry[site].x
        assert abs(east.mean()) < radius * 0.03


def test_places_stop_at_the_areas_edge_and_fill_what_is_left() -> None:
    start = sites(**ROUGH)
    at = start.geometry["B"]
    east = shapely.box(at.x - 200, at.y - 5000, at.x + 5000, at.y + 5000)
    drawn = sampled_sites(start.loc[["B"]], seed=11, count=4000, within=east)
    assert drawn.within(east).all()
    assert len(drawn) == 4000
    # evenly: as many in each half of what is left as its share of the land
    left = at.buffer(1500, quad_segs=64).intersection(east)
    near = left.intersection(at.buffer(700, quad_segs=64))
    assert drawn.within(near).mean() == pytest.approx(near.area / left.area, abs=0.02)
    # an area around the whole disc changes no draw, and one that the site is not in bounds nothing
    free = sampled_sites(start.loc[["B"]], seed=11, count=50)
    wide, elsewhere = at.buffer(9000), shapely.box(0, 0, 1, 1)
    for within in (wide, elsewhere):
        again = sampled_sites(start.loc[["B"]], seed=11, count=50, within=within)
        assert again.geometry.geom_equals(free.geometry).all()


def test_the_circle_drawn_is_where_places_are_tried() -> None:
    start = sites(**ROUGH)
    at = start.geometry["B"]
    east = shapely.box(at.x - 200, at.y - 5000, at.x + 5000, at.y + 5000)
    areas = rough_areas(start, east)
    assert set(areas.index) == {"B", "C"}
    drawn = sampled_sites(start.loc[["B"]], seed=11, count=500, within=east)
    assert drawn.within(areas["B"].buffer(10)).all()  # a circle of straight pieces
    half = np.pi * 1500**2 / 2 + 2 * 200 * 1500
    assert areas["B"].area == pytest.approx(half, rel=0.02)


def test_a_site_s_samples_are_its_own() -> None:
    start = sites(**ROUGH)
    drawn = sampled_sites(start, seed=11, count=5)
    shuffled = sampled_sites(start.iloc[[3, 1, 0, 2]], seed=11, count=5)
    alone = sampled_sites(start.loc[["C"]], seed=11, count=5)
    assert drawn.geometry.equals(shuffled.geometry)
    assert drawn.loc[alone.index].geometry.equals(alone.geometry)
    other = sampled_sites(start, seed=12, count=5)
    assert not drawn.geometry.geom_equals(other.geometry).any()


def test_nothing_is_sampled_where_all_is_known() -> None:
    known = sites(basis={"B": "unknown", "C": "postcode"}, radius_m={"C": 99.0})
    assert sampled_sites(known, seed=1).empty
    rough = sites(basis={"B": "unknown", "C": "postcode"}, radius_m={"C": 150.0})
    assert set(sampled_sites(rough, seed=1)["sample_of"]) == {"C"}


def test_there_must_be_a_sample() -> None:
    with pytest.raises(InputError, match="count is 0; give 1 or more"):
        sampled_sites(sites(), seed=1, count=0)

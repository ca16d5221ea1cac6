"""Pictures of results: the right class in the right place, furnished, escaped, self-contained."""

from __future__ import annotations

import dataclasses
import html
import importlib
import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import Circle
from shapely import Point, box

import toy_borough
from eh_access import Close, Scenario, Verdicts, inline_map, judge
from eh_access.delegate import DONE_IN
from eh_access.errors import InputError, NotFoundError
from eh_access.measures.comparison import Comparison, compare
from eh_access.provenance import Provenance
from eh_access.publish.charts import CHANGE, SHORT, TIMES, Shading, shaded_shapes
from eh_access.publish.interactive import external_references

HOSTILE = "<img src=x onerror=alert(1)></script>`${alert(1)}$x$"


@pytest.fixture(autouse=True)
def _nothing_pops_up() -> Iterator[None]:
    mpl.use("Agg")
    yield
    plt.close("all")


@pytest.fixture
def origins() -> gpd.GeoDataFrame:
    return toy_borough.origins()


@pytest.fixture
def change(origins: gpd.GeoDataFrame) -> Comparison:
    """Centre D closes: houses of the fourth ward go further."""
    times = toy_borough.times()
    return compare(times, times, origins, sites_after=["A", "B", "C"])


def wards(origins: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    names = sorted(set(origins["area_id"]))
    shapes = [
        box(*origins[origins["area_id"] == name].geometry.buffer(100).total_bounds)
        for name in names
    ]
    return gpd.GeoDataFrame(
        {"name": [HOSTILE, *names[1:]]},
        geometry=shapes,
        index=pd.Index(names, name="area_id"),
        crs="EPSG:27700",
    )


@pytest.mark.parametrize(
    ("added", "number"),
    [(-1.5, 0), (-1.0, 1), (0.0, 1), (1.0, 2), (5.0, 3), (10.0, 4), (np.inf, 4), (np.nan, -1)],
)
def test_a_change_falls_in_its_class(added: float, number: int) -> None:
    assert CHANGE.classes(pd.Series([added])).tolist() == [number]


def test_only_what_is_out_of_reach_is_called_so() -> None:
    found = TIMES.classes(pd.Series([9.9, 10.0, 29.9, 30.0, 1000.0, np.inf]))
    assert found.tolist() == [0, 1, 2, 3, 3, 4]


@pytest.mark.parametrize("shading", [CHANGE, TIMES], ids=["change", "times"])
def test_no_two_classes_look_the_same_and_the_worst_differ_in_pattern(shading: Shading) -> None:
    looks = list(zip(shading.colours, shading.hatches, strict=True))
    assert len(set(looks)) == len(looks) == len(shading.labels) == len(shading.bounds) + 1
    assert all(shading.hatches[-2:])
    assert len(set(shading.hatches[-2:])) == 2


def test_an_area_takes_the_weighted_mean_and_lost_reach_outweighs_it() -> None:
    ids = list("abcdef")
    places = gpd.GeoDataFrame(
        {"area_id": ["one", "one", "two", "two", "three", "three"]},
        geometry=[Point(0, 0)] * 6,
        index=ids,
        crs="EPSG:27700",
    )
    areas = gpd.GeoDataFrame(
        geometry=[box(0, 0, 1, 1)] * 4, index=["one", "two", "three", "four"], crs="EPSG:27700"
    )
    added = pd.Series([2.0, 10.0, 1.0, np.inf, np.inf, 3.0], index=ids)
    weights = pd.Series([3.0, 1.0, 5.0, 1.0, 0.0, 2.0], index=ids)
    _, found = shaded_shapes(added, weights, places, areas)
    # (3*2 + 1*10) / 4 = 4; somebody in two loses reach; nobody lives where three's is lost
    assert found[["one", "two", "three"]].tolist() == [4.0, np.inf, 3.0]
    assert np.isnan(found["four"])


def test_a_picture_says_what_where_and_which_way(
    change: Comparison, origins: gpd.GeoDataFrame
) -> None:
    axes = change.plot(origins, areas=wards(origins), sites=toy_borough.sites())
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    written = [text.get_text() for text in axes.texts]
    assert axes.get_legend().get_title().get_text() == "Minutes added"
    assert "under 1 minute either way" in legend
    assert {"N", "Centre A"} <= set(written)
    assert any(text.endswith((" m", " km")) for text in written)
    assert "OpenStreetMap" in axes.get_title(loc="left")
    assert "INDICATIVE" not in axes.get_title(loc="left")


def test_the_scale_bar_is_as_long_as_it_says(change: Comparison, origins: gpd.GeoDataFrame) -> None:
    axes = change.plot(origins)
    said = next(t.get_text() for t in axes.texts if t.get_text().endswith((" m", " km")))
    metres = float(said.split()[0]) * (1000 if said.endswith("km") else 1)
    assert np.ptp(axes.lines[-1].get_xdata()) == pytest.approx(metres)


def test_estimates_are_indicative_in_every_picture(
    change: Comparison, origins: gpd.GeoDataFrame
) -> None:
    rough = dataclasses.replace(change, estimated=True)
    assert "INDICATIVE" in rough.plot(origins).get_title(loc="left")
    times = toy_borough.times(estimated=True)
    assert "INDICATIVE" in times.plot(origins).get_title(loc="left")
    assert "INDICATIVE" in rough.explore(origins).get_root().render()


def test_a_picture_names_everyone_whose_streets_it_shows(origins: gpd.GeoDataFrame) -> None:
    tiles = Provenance(
        title="Streets",
        publisher="x",
        licence="ODbL",
        attribution="© OpenStreetMap contributors\n© OpenMapTiles",
    )
    times = dataclasses.replace(toy_borough.times(), provenance=(tiles,))
    closed = compare(times, times, origins, sites_after=["A", "B", "C"])
    for axes in (times.plot(origins), closed.plot(origins)):
        assert "© OpenStreetMap contributors, © OpenMapTiles" in axes.get_title(loc="left")
    for page in (times.explore(origins), closed.explore(origins)):
        assert "© OpenMapTiles" in page.get_root().render()


def test_a_site_known_roughly_wears_its_circle(
    change: Comparison, origins: gpd.GeoDataFrame
) -> None:
    sites = toy_borough.sites(basis={"B": "estimate", "C": "unknown"}, radius_m={"B": 300.0})
    axes = change.plot(origins, sites=sites)
    circles = [patch for patch in axes.patches if isinstance(patch, Circle)]
    assert [circle.radius for circle in circles] == [300.0]
    assert "Centre C" not in [text.get_text() for text in axes.texts]


def test_names_are_text_in_pictures_and_maps(change: Comparison, origins: gpd.GeoDataFrame) -> None:
    sites = toy_borough.sites()
    sites["name"] = HOSTILE
    axes = change.plot(origins, areas=wards(origins), sites=sites)
    axes.figure.canvas.draw()  # a formula that cannot be set would raise here
    drawn = change.explore(origins, areas=wards(origins), sites=sites)
    page = inline_map(drawn, title=HOSTILE)
    assert "<img src=x" not in page
    assert "onerror=alert(1)&gt;" in page
    assert external_references(page) == ()


def test_a_picture_is_drawn_where_it_is_asked_to_be(origins: gpd.GeoDataFrame) -> None:
    _, axes = plt.subplots()
    before = plt.rcParams["font.size"]
    assert toy_borough.times().plot(origins, sites=toy_borough.sites(), ax=axes) is axes
    assert plt.rcParams["font.size"] == before


def test_origins_and_areas_that_do_not_fit_are_refused(
    change: Comparison, origins: gpd.GeoDataFrame
) -> None:
    with pytest.raises(NotFoundError, match="origins: 2 are missing"):
        change.plot(origins.iloc[2:])
    with pytest.raises(InputError, match="names none of the areas"):
        change.plot(origins, areas=wards(origins).set_index(pd.Index(list("wxyz"))))


def test_every_pen_is_where_it_is_said_to_be() -> None:
    for name, home in DONE_IN.items():
        assert callable(getattr(importlib.import_module(f"eh_access.{home}"), name))


def test_names_of_places_near_one_another_do_not_cover_one_another(
    change: Comparison, origins: gpd.GeoDataFrame
) -> None:
    sites = toy_borough.sites()
    sites.geometry = [Point(point.x, sites.geometry.iloc[0].y) for point in sites.geometry]
    axes = change.plot(origins, sites=sites)
    axes.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts if "Centre" in text.get_text()]
    assert len(boxes) == len(sites)
    overlaps = [
        (one, two) for one, two in itertools.combinations(boxes, 2) if one.fully_overlaps(two)
    ]
    assert overlaps == []


def test_times_can_be_explored_with_every_class_in_the_legend(origins: gpd.GeoDataFrame) -> None:
    page = toy_borough.times().explore(origins, sites=toy_borough.sites()).get_root().render()
    assert all(label in page for label in TIMES.labels)
    assert "Centre A" in page


def test_what_is_explored_is_saved_and_shown_as_one_page_that_fetches_nothing(
    origins: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    drawn = toy_borough.times().explore(origins, sites=toy_borough.sites())
    drawn.save(tmp_path / "map.html")
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert external_references(page) == ()
    with io.BytesIO() as held:
        drawn.save(held, close_file=False)
        assert held.getvalue().decode("utf-8") == page
    assert html.escape(page[:200]) in drawn._repr_html_()


@pytest.fixture
def verdicts() -> Verdicts:
    """Within 30 minutes, minutes added, and a gap between groups, when centre D closes."""
    told = [
        toy_borough.criterion(),
        toy_borough.criterion(id="added", measure="added_time", better="lower", added_min=1.0,
                              threshold=0.05, cutoff_min=None),
        toy_borough.criterion(id="gap", measure="group_gap", group="most-deprived-fifth",
                              better="lower", threshold=0.0, margin=0.0, cutoff_min=None),
    ]  # fmt: skip
    scenario = Scenario("d-closed", "D closed", (Close("D"),))
    return Verdicts(judge(item, toy_borough.case_of(scenario)) for item in told)


def test_verdicts_stay_a_tuple_of_verdicts(verdicts: Verdicts) -> None:
    assert verdicts == tuple(verdicts)
    assert [verdict.criterion.id for verdict in verdicts][1:] == ["added", "gap"]


def test_a_row_for_each_verdict_with_its_figures_in_its_unit(verdicts: Verdicts) -> None:
    axes = verdicts.plot()
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [
        verdict.criterion.id for verdict in verdicts
    ]
    written = [text.get_text() for text in axes.texts]
    assert f"{100 * verdicts[0].value:.1f}%" in written[0]
    assert f"{verdicts[2].value:.1f} min" in written[2]
    assert all(
        str(verdict.outcome) in text for verdict, text in zip(verdicts, written, strict=True)
    )


def test_where_verdicts_come_from_is_those_who_fall_short(
    verdicts: Verdicts, origins: gpd.GeoDataFrame
) -> None:
    page = verdicts.explore(origins).get_root().render()
    assert "added, d-closed" in page
    assert "gap, d-closed" not in page
    far = verdicts[0].evidence["after_min"] > 30
    assert 0 < int(far.sum()) < len(far)
    # one shape for each origin and layer; the colour of those who fall short is the last class's
    layer = Verdicts(verdicts[:1]).explore(origins).get_root().render()
    assert layer.count(f'"colour": "{SHORT.colours[-1]}"') == int(far.sum())
    more = verdicts[1].evidence["change_min"] > 1
    layer = Verdicts(verdicts[1:2]).explore(origins).get_root().render()
    assert layer.count(f'"colour": "{SHORT.colours[-1]}"') == int(more.sum())


def test_verdicts_without_a_place_are_not_drawn_on_a_map(
    verdicts: Verdicts, origins: gpd.GeoDataFrame
) -> None:
    with pytest.raises(InputError, match="none has a place"):
        Verdicts(verdicts[2:]).explore(origins)


def test_a_map_tells_the_sites_that_close_from_those_that_stay() -> None:
    origins, sites, times = toy_borough.origins(), toy_borough.sites(), toy_borough.times()
    change = compare(times, times, origins, closed=["B"])
    assert change.closed == ("B",)
    page = change.explore(origins, sites=sites).get_root().render()
    assert page.count('"kind": "site that is closed"') == 1
    assert page.count('"kind": "site"') == len(sites) - 1
    assert "</span> site that is closed</div>" in page  # in the legend

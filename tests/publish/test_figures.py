from __future__ import annotations

import warnings

import geopandas as gpd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from eh_access.publish import charts
from eh_access.publish.charts import (
    bars_svg,
    blank_figure,
    dots_svg,
    drawn,
    map_svg,
    place_labels,
)
from eh_access.publish.tabulations import area_changes, display_areas
from eh_access.publish.writers.geopackage import site_status
from eh_access.study.result import StudyResult
from map_study import FORMULA

places = st.lists(
    st.tuples(st.floats(0, 500), st.floats(0, 500)), min_size=1, max_size=8, unique=True
)


def drawn_of(toy: StudyResult, scenario: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the areas and the sites of a scenario, to be drawn."""
    shown = display_areas(toy.origins, toy.areas)
    comparisons, policy = toy.comparisons_full_time, toy.study.policy
    areas = area_changes(comparisons, "walk", shown, cutoff_min=30.0, policy=policy)[scenario]
    before, after = (toy.scenario_sites[name] for name in ("baseline", scenario))
    status = site_status(before, after, full_time_from_hours=25.0)
    return areas, after.loc[status.index].assign(status=status)


def test_the_map_is_the_same_twice_and_takes_names_as_they_are(toy: StudyResult) -> None:
    areas, sites = drawn_of(toy, "move-b")
    sites.loc["a", "name"] = "$\\frac{1}{$ & <b>"
    assert FORMULA in set(sites["name"])
    drawn = [map_svg(areas, sites, borough=toy.borough, wards=toy.wards) for _ in range(2)]
    assert drawn[0] == drawn[1]


def test_a_place_where_nobody_is_counted_is_no_place_without_change(toy: StudyResult) -> None:
    areas, sites = drawn_of(toy, "move-b")
    empty = areas.assign(change_min=areas["change_min"].where(areas.index != areas.index[0]))
    drawn = [map_svg(some, sites, borough=toy.borough) for some in (areas, empty)]
    assert len(drawn[1]) < len(drawn[0])


@pytest.mark.parametrize("beyond_m", [0.0, 3000.0])
def test_the_scale_bar_stands_clear_of_the_outline(
    toy: StudyResult, monkeypatch: pytest.MonkeyPatch, beyond_m: float
) -> None:
    areas, sites = drawn_of(toy, "move-b")
    outline = toy.borough.buffer(beyond_m)  # a boundary may lie beyond the areas
    figures: list[Figure] = []
    monkeypatch.setattr(charts, "drawn", figures.append)
    map_svg(areas, sites, borough=outline)
    [axes] = figures[0].axes
    [bar] = [line for line in axes.lines if line.get_linewidth() == 2]
    assert max(bar.get_ydata()) < outline.bounds[1]
    assert axes.get_ylim()[0] < min(bar.get_ydata())


def test_every_rough_place_wears_its_circle(toy: StudyResult) -> None:
    areas, sites = drawn_of(toy, "close-b")
    drawn = {}
    for radius in (0.0, 99.0, 100.0, 400.0):
        rough = sites.assign(location_basis="postcode", location_radius_m=radius)
        drawn[radius] = map_svg(areas, rough, borough=toy.borough)
    assert drawn[0.0] == drawn[99.0]
    assert len(set(drawn.values())) == 3


def test_bars_print_their_figures_the_same_twice() -> None:
    drawn = [bars_svg(["a", "b"], [10.0, 20.0], [5.0, 20.0], axis_label="%") for _ in range(2)]
    assert drawn[0] == drawn[1]


@given(places)
def test_a_label_is_moved_only_when_its_first_place_is_taken(
    marks: list[tuple[float, float]],
) -> None:
    found = place_labels(marks, ["Name"] * len(marks), size_pt=7)
    assert len(found) == len(marks)
    assert place_labels(marks[:1], ["Name"], size_pt=7) == [(6.0, 2.0, "left")]


def test_two_marks_side_by_side_get_labels_apart() -> None:
    first, second = place_labels([(0, 0), (15, 0)], ["Rogerstone", "Cefn Wood"], size_pt=7)
    assert (first[1], first[2]) != (second[1], second[2])


def test_a_name_in_signs_the_font_lacks_warns_nobody() -> None:
    with blank_figure(2, 2) as (figure, axes), warnings.catch_warnings():
        warnings.simplefilter("error")
        axes.set_title("\u5317\u4eac \U0001f3e0")
        assert drawn(figure).startswith("<")


def test_dots_print_the_table_s_own_decimal() -> None:
    # 76.52 stands in the table as 76.5: a whole number of that would be 76, and 77 is right
    figure = dots_svg(["Hoober"], [25.4], [76.5], axis_label="Minutes")._figure  # noqa: SLF001 - text is drawn as paths
    assert figure is not None
    assert {text.get_text() for text in figure.axes[0].texts} == {"25.4", "76.5"}

"""A planner in Jupyter: one study, other cutoffs, other closures, a map to pass on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import nbformat
import pytest

import eh_access as eh

RUN = Path(__file__).resolve().parents[2] / "tools" / "run_notebooks.py"
CLOSED = ["gaer-community-centre", "rogerstone-library"]
CELLS = """
import eh_access as eh
homes, sites = eh.load_origins("newport_postcode"), eh.load_sites("newport_sites")
times = eh.travel_time_matrix(eh.read_network("newport"), homes, sites, mode="walk", cutoff_min=60)
---
times
---
change = eh.compare(times, times, homes, closed=["gaer-community-centre"])
change
---
change.losers()
---
change.explore(homes, sites=sites)
"""


@pytest.fixture(scope="module")
def homes() -> gpd.GeoDataFrame:
    return eh.load_origins("newport_postcode")


@pytest.fixture(scope="module")
def sites() -> gpd.GeoDataFrame:
    return eh.load_sites("newport_sites")


@pytest.fixture(scope="module")
def times(homes: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> dict[str, eh.TravelTimes]:
    streets = eh.read_network("newport")
    return {
        mode: eh.travel_time_matrix(streets, homes, sites, mode=mode, cutoff_min=60)
        for mode in ("walk", "pushchair")
    }


@pytest.fixture(scope="module")
def change(times: dict[str, eh.TravelTimes], homes: gpd.GeoDataFrame) -> eh.Comparison:
    return eh.compare(times["walk"], times["walk"], homes, closed=CLOSED)


def test_the_study_that_ships_says_what_it_asks() -> None:
    study = eh.load_study("newport")
    assert "Newport" in repr(study)
    assert len(repr(study)) < 200
    assert {"baseline", "illustrative-closed"} <= {scenario.name for scenario in study.scenarios}


def test_a_shorter_limit_set_in_python_is_said_throughout() -> None:
    study = eh.load_study("newport")
    walk = next(item for item in study.criteria if item.id == "walk-30")
    settings = study.settings.model_copy(update={"modes": ("walk",)})
    criteria = (walk.model_copy(update={"cutoff_min": 20.0}),)
    changed = {"criteria": criteria, "settings": settings, "transit": None}
    result = eh.run_study(study.model_copy(update=changed))
    page = eh.render_report(result)
    words = re.sub(r"<(style|script).*?</\1>|<[^>]+>|base64,[^\"]+", " ", page, flags=re.DOTALL)
    assert "within 20 minutes on foot" in words
    assert "Within a 20-minute walk" in words
    assert not re.search(r"30[ -]min", words)


def test_a_longer_walk_and_a_shorter_list(
    times: dict[str, eh.TravelTimes], homes: gpd.GeoDataFrame, sites: gpd.GeoDataFrame
) -> None:
    open_after = sites.index.difference(CLOSED)
    shares = [
        [
            eh.coverage(times["walk"], homes, cutoff_min=cutoff, sites=kept)
            for cutoff in (10, 20, 30)
        ]
        for kept in (sites.index, open_after)
    ]
    before, after = shares
    assert before == sorted(before)
    assert all(less <= more for less, more in zip(after, before, strict=True))
    assert after[0] < before[0]


def test_a_pushchair_is_slower(times: dict[str, eh.TravelTimes]) -> None:
    on_foot, pushed = (times[mode].nearest()["minutes"] for mode in ("walk", "pushchair"))
    assert (pushed >= on_foot).all()


def test_a_misspelt_site_is_answered_with_its_name(
    times: dict[str, eh.TravelTimes], homes: gpd.GeoDataFrame
) -> None:
    with pytest.raises(eh.NotFoundError, match="did you mean 'gaer-community-centre'"):
        eh.compare(times["walk"], times["walk"], homes, closed=["gaer-comunity-centre"])


def test_those_who_lose_go_to_gis(
    change: eh.Comparison, homes: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    losers = change.losers()
    finite = losers["change_min"].tolist()
    assert finite == sorted(finite, reverse=True)
    losers.to_geo(homes).to_file(tmp_path / "losers.gpkg")
    again = gpd.read_file(tmp_path / "losers.gpkg")
    assert len(again) == len(losers)
    assert again.crs == homes.crs


def test_the_map_is_one_file_that_needs_no_network(
    change: eh.Comparison, homes: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    change.explore(homes, sites=sites).save(tmp_path / "map.html")
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"?(?:https?:)?//", page)
    assert "INDICATIVE" not in page
    assert [path.name for path in tmp_path.iterdir()] == ["map.html"]


def test_a_notebook_shows_results_as_they_are(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in CELLS.split("---")]
    )
    nbformat.write(notebook, tmp_path / "planner.ipynb")
    # a process of its own: the kernel speaks through sockets, which the suite blocks
    command = [sys.executable, str(RUN), "--out", str(tmp_path / "out"), tmp_path / "planner.ipynb"]
    subprocess.run(command, check=True, capture_output=True)
    notebook = nbformat.read(tmp_path / "out" / "planner" / "planner.ipynb", as_version=4)
    shown = [
        "".join(output["data"].get("text/html", "") for output in cell.outputs if "data" in output)
        for cell in notebook.cells[1:]
    ]
    assert "on foot" in shown[0]
    assert "<table" in shown[1]
    assert "maesglas-community-centre" in shown[2]
    assert shown[3].startswith("<iframe")
    assert not [output for cell in notebook.cells for output in cell.outputs if "text" in output]

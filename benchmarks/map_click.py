"""How long the map page takes to answer a click: 5,000 homes and 40 sites, and Rotherham's own.

``python benchmarks/map_click.py`` prints the rows; ``map_click_rows`` gives them to the page.
A click closes or opens one site. The time runs from the click to the next frame drawn, with every
figure, colour and table row worked out again; the yardsticks, judged again one by one with sites of
doubtful place tried elsewhere, follow and are timed by themselves. Medians and the worst are told.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from playwright.sync_api import Browser, sync_playwright

import eh_access as eh
from eh_access.publish.writers.map import render_map
from eh_access.sources.bundled import study_path
from eh_access.study.opening import open_study

ORIGINS, SITES, SIDE = 5_000, 40, 15
ESTIMATED_EVERY = 20
EAST, NORTH, CELL_M = 430_000, 380_000, 1_000
BAR_MS = 100.0
VIEWS = ("change", "catchments", "coverage")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CLICKS = """async (count) => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const settled = async () => {
    while (!start.api.settled) await new Promise((go) => setTimeout(go));
  };
  const found = [];
  for (let i = 0; i < count; i += 1) {
    await settled();
    await drawn();
    const buttons = document.querySelectorAll("#centres button:not(.unplaced)");
    const from = performance.now();
    buttons[(i * 7) % buttons.length].click();
    await drawn();
    const seen = performance.now() - from;
    await settled();
    found.push([seen, performance.now() - from]);
  }
  return found;
}"""


def write_study(folder: Path) -> Path:
    """Write a made-up study of a square town into a folder, with every kind of yardstick."""
    rng = np.random.default_rng(20181022)
    span = SIDE * CELL_M
    cells = [(column, row) for row in range(SIDE) for column in range(SIDE)]
    names = [f"area-{number:03d}" for number in range(len(cells))]
    corners = [(EAST + column * CELL_M, NORTH + row * CELL_M) for column, row in cells]
    gpd.GeoDataFrame(
        {"area_id": names, "name": names},
        geometry=[shapely.box(x, y, x + CELL_M, y + CELL_M) for x, y in corners],
        crs="EPSG:27700",
    ).to_crs("EPSG:4326").to_file(folder / "areas.geojson", driver="GeoJSON")
    x, y = rng.uniform(0, span - 1, (2, ORIGINS))
    cell = (y // CELL_M * SIDE + x // CELL_M).astype(int)
    pd.DataFrame(
        {
            "origin_id": [f"home-{number:04d}" for number in range(ORIGINS)],
            "easting": np.round(EAST + x, 1),
            "northing": np.round(NORTH + y, 1),
            "weight": rng.integers(1, 30, ORIGINS),
            "weight_basis": "made up",
            "area_id": [names[number] for number in cell],
            "ward_name": [f"Ward {number % 25:02d}" for number in cell],
            "imd_decile": cell % 10 + 1,
            "no_car_share": np.round(cell % 17 / 20, 2),
        }
    ).to_csv(folder / "origins.csv", index=False)
    place = rng.uniform(0, span, (2, SITES))
    estimated = np.arange(SITES) % ESTIMATED_EVERY == 0
    pd.DataFrame(
        {
            "site_id": [f"site-{number:02d}" for number in range(SITES)],
            "name": [f"Site {number:02d}" for number in range(SITES)],
            "kind": "made up",
            "locality": "",
            "hours_per_week": None,
            "easting": np.round(EAST + place[0], 1),
            "northing": np.round(NORTH + place[1], 1),
            "location_basis": np.where(estimated, "estimate", "surveyed"),
            "location_radius_m": np.where(estimated, 500, 0),
        }
    ).to_csv(folder / "sites.csv", index=False)
    (folder / "study.toml").write_text(study_text(), encoding="utf-8")
    return folder


def study_text() -> str:
    """Return the made-up study, with the yardsticks of Rotherham's."""
    head = """
schema = 1
id = "synthetic"
title = "A made-up town"
place = "Nowhere"
question = "How fast is the map?"
unit = "under-fives"
site_word = "site"
weight_label = "made up"
weight_basis = "made up"
weights_public = true
[data]
areas = "areas.geojson"
sites = "sites.csv"
[data.origins]
homes = "origins.csv"
[streets]
source = "estimate"
place = "Nowhere"
[settings]
modes = ["walk", "pushchair", "drive"]
cutoff_min = 30
[[scenario]]
name = "baseline"
label = "Before"
[[scenario]]
name = "one-closed"
label = "One closed"
close = ["site-01"]
"""
    rotherham = tomllib.loads(study_path("rotherham").read_text(encoding="utf-8"))
    tables = []
    for criterion in rotherham["criterion"]:
        lines = [f"{key} = {_toml(value)}" for key, value in criterion.items()]
        tables.append("\n".join(["[[criterion]]", *lines]))
    return "\n".join([head, *tables]) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, list | str | bool):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def clicks_ms(browser: Browser, page_file: Path, *, view: str, count: int) -> list[list[float]]:
    """Return milliseconds to the figures and to the yardsticks, for each click but the first."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, offline=True, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{page_file.as_uri()}#view={view}")
    page.wait_for_selector("#facts tbody tr")
    found: list[list[float]] = page.evaluate(CLICKS, count + 1)
    context.close()
    return found[1:]


def opening_ms(browser: Browser, page_file: Path) -> float:
    """Return the milliseconds from asking for the page to its figures."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    page = context.new_page()
    page.goto(page_file.as_uri())
    page.wait_for_selector("#facts tbody tr")
    took: float = page.evaluate("() => performance.getEntriesByType('navigation')[0].loadEventEnd")
    context.close()
    return took


def map_click_rows(*, count: int = 12) -> list[tuple[str, str, str]]:
    """Return rows of what was timed, how long it took, and the bar."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        return [("clicks on the map", "no Chromium here", "")]
    rows = []
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as started:
        folder = Path(temporary)
        cases = [
            (f"{ORIGINS:,} homes x {SITES} sites", str(write_study(folder)), None, "estimate"),
            ("Rotherham, every postcode", "rotherham", "postcode", "estimate"),
            ("Rotherham, on its streets", "rotherham", None, "bundled"),
        ]
        browser = started.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        for words, name, origins, asked in cases:
            study, inputs = open_study(name, origins=origins)
            streets = eh.find_streets(study, inputs.borough, streets=asked)
            page_file = folder / "map.html"
            result = eh.run_study(study, inputs=inputs, streets=streets)
            page_file.write_text(render_map(result, eh.find_maps(result)), encoding="utf-8")
            size = page_file.stat().st_size / 1e6
            opened = opening_ms(browser, page_file)
            rows.append(
                (f"opening the map ({size:.1f} MB): {words}", f"{opened:.0f} ms", "2000 ms")
            )
            for view in VIEWS:
                took = clicks_ms(browser, page_file, view=view, count=count)
                seen, judged = ([each[i] for each in took] for i in (0, 1))
                told = (
                    f"{statistics.median(seen):.0f} ms, at worst {max(seen):.0f} ms; "
                    f"yardsticks after {statistics.median(judged):.0f} ms"
                )
                rows.append((f"a click, {view}: {words}", told, f"{BAR_MS:.0f} ms"))
        browser.close()
    return rows


def main() -> int:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=12, help="clicks for each view")
    for row in map_click_rows(count=parser.parse_args().count):
        print(" | ".join(row))
    return 0


if __name__ == "__main__":
    sys.exit(main())

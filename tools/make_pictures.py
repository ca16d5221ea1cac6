"""Draw the documentation's pictures from the real outputs: maps, a report, results, QGIS.

``make pictures`` runs the studies into a folder of its own and takes screenshots with Chromium,
which must be installed; where QGIS is, it draws the GeoPackage. Run it when the look has changed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE, PHONE, PAGE = (1440, 900), (360, 740), (1200, 1060)
PICTURES_OF = {
    # picture: study, page and what is chosen in it, size of the window
    "map": ("rotherham", "map.html", WIDE),
    "map-phone": ("rotherham", "map.html", PHONE),
    "map-isochrones": ("newport", "map.html#view=isochrones&mode=pushchair&minutes=20", WIDE),
    "report": ("rotherham", "report.html", PAGE),
}
SETTLE_MS = 1500
PLOT_DPI = 90
CLI = "import sys; from eh_access.cli import main; sys.exit(main())"


def find_chromium() -> str:
    """Return the path of an installed Chromium or Chrome."""
    for name in BROWSERS:
        path = shutil.which(name)
        if path:
            return path
    message = "Chromium is not installed; on Debian and Ubuntu: apt install chromium"
    raise SystemExit(message)


def run_study(study: str, out: Path) -> None:
    """Write the outputs of a study, from what is on this machine already."""
    command = [sys.executable, "-c", CLI, "report", study, "--quiet"]
    subprocess.run([*command, "--out", str(out)], check=True)


def take(browser: Browser, address: str, picture: Path, size: tuple[int, int]) -> None:
    """Save what a reader sees first of one page; nothing is fetched from anywhere."""
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, offline=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    page.wait_for_timeout(SETTLE_MS)
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=picture)
    context.close()
    print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size / 1e3:.0f} kB")


def draw_results() -> None:
    """Save results as they draw themselves."""
    import matplotlib as mpl  # noqa: PLC0415 - once a backend is chosen

    import eh_access as eh  # noqa: PLC0415 - same

    mpl.use("Agg")
    result = eh.run_study(eh.load_study("rotherham"))
    change = result.comparisons_full_time["deregister-closed", "walk"]
    drawn = {
        "plot-change": change.plot(
            result.origins, areas=result.areas, sites=result.scenario_sites["deregister-closed"]
        ),
        "plot-verdicts": result.verdicts_for("deregister-sessions").plot(),
    }
    for name, axes in drawn.items():
        figure = axes.get_figure(root=True)
        assert figure is not None  # noqa: S101 - it was drawn a moment ago
        figure.savefig(PICTURES / f"{name}.png", dpi=PLOT_DPI, bbox_inches="tight")


def draw_in_qgis(folder: Path) -> None:
    """Save the GeoPackage as QGIS shows it; where there is no QGIS the picture stays as it is."""
    tool = Path(__file__).with_name("qgis_picture.py")
    given = [str(folder / "results.gpkg"), str(PICTURES / "qgis.png"), "sites", "origins", "areas"]
    python = Path("/usr/bin/python3")
    if not python.exists() or subprocess.run([python, tool, *given], check=False).returncode:
        print("qgis.png: QGIS (python3-qgis) is not installed, or could not draw it")


def main() -> int:
    """Run the studies and take the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--from", dest="folder", type=Path, help="outputs that are there already, one folder each"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = options.folder or Path(temporary)
        for study in sorted({study for study, _, _ in PICTURES_OF.values()}):
            if not (folder / study).is_dir():
                run_study(study, folder / study)
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=["--no-sandbox"] if sys.platform == "linux" else [],
        )
        for name, (study, page, size) in PICTURES_OF.items():
            address = (folder / study).resolve().as_uri() + f"/{page}"
            take(browser, address, PICTURES / f"{name}.png", size)
        browser.close()
        draw_results()
        draw_in_qgis(folder / "rotherham")
    return 0


if __name__ == "__main__":
    sys.exit(main())

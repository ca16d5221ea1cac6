"""The map: one HTML file that answers its reader with the network unplugged."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eh_access.arguments import check_arguments
from eh_access.notebook import Page
from eh_access.publish.context import answer_sentence
from eh_access.publish.interactive import inline_page, leaflet_files
from eh_access.publish.map_data import build_payload, safe_json
from eh_access.publish.writers.html import digest

if TYPE_CHECKING:
    from eh_access.publish.writers.material import Material
    from eh_access.study.findings import Maps
    from eh_access.study.result import StudyResult

NAME, WHAT = "map.html", "the map, to switch and to ask"
MAP_NAME = "eh_map"
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
SCRIPTS_HERE = "allowed-scripts"
"""Stands in the page's policy until all its scripts are in it: no other may run."""
SCRIPTS = (
    "map_core.js",
    "map_criteria.js",
    "map_canvas.js",
    "map_base.js",
    "map_isochrones.js",
    "map_sites.js",
    "map_keys.js",
    "map_draw.js",
    "map_figures.js",
    "map_table.js",
    "map_curve.js",
    "map_postcode.js",
    "map_controls.js",
    "map.js",
)


def write(material: Material, path: Path) -> None:
    """Write the map."""
    path.write_bytes(render_map(material.result, material.findings.maps).encode("utf-8"))


@check_arguments
def render_map(result: StudyResult, maps: Maps) -> Page:
    """Return the map of a study as one self-contained HTML page.

    The page carries the minutes of every origin and site and works out every figure itself, with
    the library's own sums, when its reader changes a switch or closes a centre.

    Parameters
    ----------
    result
        What a study found.
    maps
        From `find_maps`, or the ``maps`` of what `find_findings` returns.

    Returns
    -------
    str
        HTML, which a notebook shows as it is; the same for the same result, byte for byte.

    Raises
    ------
    SourceError
        If Leaflet's files cannot be read.

    Examples
    --------
    >>> from eh_access import find_maps, load_study, run_study
    >>> result = run_study(load_study("rotherham"))
    >>> page = render_map(result, find_maps(result))
    >>> page.startswith("<!DOCTYPE html>"), 'src="http' in page
    (True, False)
    """
    import folium  # noqa: PLC0415 - heavy
    import jinja2  # noqa: PLC0415 - heavy
    from markupsafe import Markup  # noqa: PLC0415 - heavy

    west, south, east, north = result.areas.to_crs("EPSG:4326").total_bounds
    drawn = folium.Map(
        [round((south + north) / 2, 4), round((west + east) / 2, 4)],
        zoom_start=11,
        tiles=None,
        control_scale=True,
        zoom_snap=0.25,
    )
    figure: Any = drawn.get_root()
    figure.render()

    def piece(element: Any) -> Markup:  # noqa: ANN401 - a branca element
        # folium names a map at random; two runs must give the same page
        text = element.render()
        return Markup(text.replace(drawn.get_name(), MAP_NAME))  # noqa: S704 - folium's own words

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    # everything marked safe is this package's own text, or JSON without < > &
    page = environment.from_string(_template("map.html.j2")).render(
        head=piece(figure.header),
        body=piece(figure.html),
        script=piece(figure.script),
        css=Markup(_template("map.css")),  # noqa: S704
        app=Markup("\n".join(_template(name) for name in SCRIPTS)),  # noqa: S704
        payload=Markup(safe_json(build_payload(result, maps))),  # noqa: S704
        answer=answer_sentence(result),
        map_name=MAP_NAME,
        scripts=SCRIPTS_HERE,
    )
    title = f"{result.study.title}: map"
    whole = inline_page(page, title=title, lang="en-GB", files=leaflet_files())
    return Page(whole.replace(SCRIPTS_HERE, " ".join(map(digest, SCRIPT.findall(whole))), 1))


@cache
def _template(name: str) -> str:
    folder = files("eh_access.publish") / "templates"
    return (folder / name).read_text(encoding="utf-8")

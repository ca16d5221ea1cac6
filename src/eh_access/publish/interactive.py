"""Maps of results to move about in, in one file."""

from __future__ import annotations

import base64
import copy
import html
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pandas as pd
from xstatic.pkg import leaflet

from eh_access.criteria.criterion import Outcome
from eh_access.errors import InputError, SourceError
from eh_access.notebook import Page
from eh_access.publish.charts import (
    CHANGE,
    CLOSED_SITE,
    DARK_BLUE,
    GREY,
    INK,
    NOBODY,
    ORANGE,
    SETTINGS,
    SHORT,
    SITE,
    SITE_INK,
    TIMES,
    Shading,
    blank_axes,
    closed_of,
    located,
    marked,
    nearest_of,
    reach_colours,
    reach_label,
    reach_title,
    shaded_shapes,
    title_of,
    titled,
)
from eh_access.publish.wording import PRINTED

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    from matplotlib.axes import Axes

    from eh_access.criteria.criterion import Verdict, Verdicts
    from eh_access.measures.comparison import Comparison
    from eh_access.provenance import Provenance
    from eh_access.routing.travel_times import TravelTimes

UNUSED_BY_LEAFLET: Mapping[str, str] = {
    "jquery": "$(",
    "bootstrap": "bootstrap.",
    "leaflet.awesome-markers": "L.AwesomeMarkers",
    "leaflet.awesome.rotate": "L.AwesomeMarkers",
    "glyphicon": "L.AwesomeMarkers",
    "fontawesome": "L.AwesomeMarkers",
}
"""Files folium always asks for, with the words a script would hold if it used them."""

MEDIA_TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".gif": "image/gif"}
VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
FETCHING_ATTRIBUTES = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
TAG = re.compile(
    r"<!--.*?-->|<(?:(?P<script>script)|(?P<tag>html|head|link|meta))\b"
    r"""(?P<given>(?:[^>"']|"[^"]*"|'[^']*')*)>(?(script)(?P<code>.*?)</script\s*>)""",
    re.DOTALL | re.IGNORECASE,
)
"""A tag whose place is taken by another, or a whole script; comments are passed over."""
ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(["']?)((?<=")[^"]*|(?<=')[^']*|[^\s"'>]+)""")
CSS_URL = re.compile(r"""url\(\s*(["']?)(?P<url>[^"')]*)\1\s*\)|@import\s+(["'])(?P<at>[^"']+)""")
STRING = re.compile(r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`""", re.DOTALL)
"""A text in a script: what people wrote there is no code, whatever it looks like."""
SOURCE_MAP = re.compile(r"^\s*//[#@] sourceMappingURL=.*$", re.MULTILINE)


@cache
def leaflet_files() -> Mapping[str, str]:
    """Return Leaflet's script and style sheet, its images inside the latter."""
    folder = Path(leaflet.BASE_DIR)
    try:
        script = (folder / "leaflet.js").read_text(encoding="utf-8")
        style = (folder / "leaflet.css").read_text(encoding="utf-8")
        style = CSS_URL.sub(lambda match: _image_inside(match, folder), style)
    except OSError as error:
        raise SourceError(
            f"Leaflet's files cannot be read ({error}); install XStatic-Leaflet again"
        ) from error
    return {"leaflet.js": SOURCE_MAP.sub("", script).strip(), "leaflet.css": style}


def inline_map(
    folium_map: Any,  # noqa: ANN401 - folium ships no types and must not be imported here
    *,
    title: str,
    lang: str = "en-GB",
    files: Mapping[str, str] | None = None,
) -> Page:
    """Return a folium map as one HTML page that fetches nothing when it is opened.

    Parameters
    ----------
    folium_map
        A ``folium.Map``. One without tiles stays silent; a tile layer asks its server by itself.
    title
        Title of the page, in plain text.
    lang
        Language of the page.
    files
        Text of further scripts and style sheets by file name, for plugins; they win over
        Leaflet's own. Folium's popups need jQuery's.

    Returns
    -------
    str
        The page, which a notebook shows as it is.

    Raises
    ------
    InputError
        If it is no folium map, or if the page would still fetch something; every such reference
        is named.
    SourceError
        If Leaflet's files cannot be read.

    Examples
    --------
    >>> import folium
    >>> page = inline_map(folium.Map([53.4, -1.3], tiles=None), title="Rotherham")
    >>> external_references(page)
    ()
    """
    if not hasattr(folium_map, "get_root"):
        raise InputError(f"folium_map is a {type(folium_map).__name__}; give a folium.Map")
    page = folium_map.get_root().render()
    return inline_page(page, title=title, lang=lang, files={**leaflet_files(), **(files or {})})


def inline_page(page: str, *, title: str, lang: str, files: Mapping[str, str]) -> Page:
    """Return a page with its scripts and style sheets inside."""
    own_scripts: list[str] = []
    left_out: dict[str, str] = {}

    def inside(match: re.Match[str]) -> str:
        """Return a tag as it is to stand: text for an address, or nothing where it is not used."""
        tag = (match["tag"] or match["script"] or "").lower()
        given = {
            name: html.unescape(value) for name, _, value in ATTRIBUTE.findall(match["given"] or "")
        }
        if tag == "html":
            return f'<html lang="{html.escape(lang)}">'
        if tag == "head":
            return f"<head>\n<title>{html.escape(title)}</title>"
        if tag == "meta" and given.get("name") == "viewport":
            return VIEWPORT
        if tag == "link" and "stylesheet" in given.get("rel", ""):
            kind, address = "style", given.get("href", "")
        elif tag == "script" and "src" in given:
            kind, address = "script", given["src"]
        else:
            if tag == "script" and "json" not in given.get("type", ""):
                own_scripts.append(match["code"])
            return match[0]
        name = address.rsplit("/", 1)[-1]
        if name in files:
            text = files[name].replace(f"</{kind}", f"<\\/{kind}")
            return f"<{kind}>{text}</{kind}>"
        unused = [word for word in UNUSED_BY_LEAFLET if word in address.casefold()][:1]
        left_out.update((word, UNUSED_BY_LEAFLET[word]) for word in unused)
        return "" if unused else match[0]

    rewritten = TAG.sub(inside, page)
    scripts = STRING.sub("", "".join(own_scripts))
    faults = [
        f"the page uses {name} ({word!r}), which is left out; give its text in files"
        for name, word in left_out.items()
        if word in scripts
    ]
    faults += [
        f"the page would fetch {reference}; give its text in files, or leave it out"
        for reference in external_references(rewritten)
    ]
    if faults:
        raise InputError(faults)
    return Page(rewritten)


def external_references(page: str) -> tuple[str, ...]:
    """Return everything a page would fetch when it is opened."""
    # Links that a reader may follow are no such thing. What scripts do cannot be seen here: that
    # is for a browser with the network cut.
    scanner = _Scanner()
    scanner.feed(page)
    scanner.close()
    return tuple(scanner.found)


def _image_inside(match: re.Match[str], folder: Path) -> str:
    address = match["url"] or ""
    if address.startswith(("#", "data:")):
        return match[0]
    content = base64.b64encode((folder / address).read_bytes()).decode("ascii")
    return f'url("data:{MEDIA_TYPES[Path(address).suffix]};base64,{content}")'


def _stands_alone(address: str) -> bool:
    return address.strip() == "" or address.strip().startswith(("#", "data:", "blob:"))


class _Scanner(HTMLParser):
    """Collects what a browser would fetch: attributes of tags, and addresses in styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        for name, value in attrs:
            if name in FETCHING_ATTRIBUTES.get(tag, ()) and not _stands_alone(value or ""):
                self.found.append(value or "")
            elif name == "style":
                self._scan_style(value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._scan_style(data)

    def _scan_style(self, text: str) -> None:
        addresses = (match["url"] or match["at"] or "" for match in CSS_URL.finditer(text))
        self.found.extend(address for address in addresses if not _stands_alone(address))


DEGREES = "EPSG:4326"
NO_COLOUR = "#FFFFFF"


@dataclass(frozen=True, kw_only=True)
class Shaded:
    """One layer of a map."""

    name: str  # its name in the switch, if there are several
    values: pd.Series  # by origin, in the unit of the shading
    weights: pd.Series
    words: Callable[[float], str]  # A value in words


def explore_times(
    times: TravelTimes,
    origins: gpd.GeoDataFrame,
    *,
    areas: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    tiles: str | None = None,
) -> folium.Map:
    """Return `TravelTimes.explore`, whose parameters these are."""
    nearest, weights = nearest_of(times, origins)
    layer = Shaded(name=TIMES.title, values=nearest, weights=weights, words=_reached_words)
    title, over = title_of(TIMES, times), (areas, sites, tiles)
    return page_of(TIMES, [layer], origins, title=title, over=over)


def explore_change(
    comparison: Comparison,
    origins: gpd.GeoDataFrame,
    *,
    areas: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    tiles: str | None = None,
) -> folium.Map:
    """Return `Comparison.explore`, whose parameters these are."""
    frame = comparison.frame
    layer = Shaded(
        name=CHANGE.title, values=frame["change_min"], weights=frame["weight"], words=_added_words
    )
    title, over = title_of(CHANGE, comparison), (areas, marked(sites, comparison), tiles)
    return page_of(CHANGE, [layer], origins, title=title, over=over)


SITE_COLOURS = {SITE: DARK_BLUE, CLOSED_SITE: SITE_INK}

Over = tuple["gpd.GeoDataFrame | None", "gpd.GeoDataFrame | None", "str | None"]


def _blank_map(title: str, tiles: str | None) -> folium.Map:
    """Return an empty map that is saved and shown as one page that holds all it needs."""
    import folium  # noqa: PLC0415 - heavy

    class WholeMap(folium.Map):
        """A map that needs no other host, but for tiles that were asked for."""

        def page(self) -> Page:
            """Return the map as one page."""
            # folium adds to a map each time it is rendered
            return inline_map(copy.deepcopy(self), title=title.partition("\n")[0])

        # folium's own signature
        def save(
            self,
            outfile: str | bytes | Path | BinaryIO,
            close_file: bool = True,  # noqa: FBT001, FBT002
            **_: Any,  # noqa: ANN401
        ) -> None:
            """Write the map to a file, by its path or open for bytes."""
            data = self.page().encode("utf-8")
            if isinstance(outfile, (str, bytes, Path)):
                Path(os.fsdecode(outfile)).write_bytes(data)
                return
            outfile.write(data)
            if close_file:
                outfile.close()

        def _repr_html_(self, **_: object) -> str:
            return self.page()._repr_html_()

    return WholeMap(tiles=tiles, control_scale=True)


def _fit(drawn: folium.Map, shapes: gpd.GeoSeries | gpd.GeoDataFrame) -> None:
    """Show all shapes."""
    west, south, east, north = shapes.total_bounds
    drawn.fit_bounds([[south, west], [north, east]], padding=(12, 12))


def page_of(
    shading: Shading, layers: list[Shaded], origins: gpd.GeoDataFrame, *, title: str, over: Over
) -> folium.Map:
    """Return a map of some layers, one shown at a time."""
    import folium  # noqa: PLC0415 - heavy

    areas, sites, tiles = over
    drawn = _blank_map(title, tiles)
    key = list(zip(shading.labels, shading.colours, strict=True))
    for number, layer in enumerate(layers):
        shapes, values = shaded_shapes(layer.values, layer.weights, origins, areas)
        shown = shapes.to_crs(DEGREES)
        _fit(drawn, shown)
        names = shapes.index if areas is None or "name" not in areas else areas["name"]
        rows = pd.DataFrame(
            {
                "place": [html.escape(str(name)) for name in names],
                "told": [NOBODY if np.isnan(value) else layer.words(value) for value in values],
                "colour": [
                    NO_COLOUR if shade < 0 else shading.colours[shade]
                    for shade in shading.classes(values)
                ],
            },
            index=shapes.index,
        )
        holder = folium.FeatureGroup(
            html.escape(layer.name), overlay=len(layers) == 1, show=number == 0
        )
        holder.add_to(drawn)
        _add_layer(holder, shown, rows, {"place": "Place", "told": html.escape(shading.title)})
    if sites is not None:
        known = located(sites)
        kinds = closed_of(known).map({False: SITE, True: CLOSED_SITE})
        dots = pd.DataFrame(
            {
                "place": [html.escape(str(name)) for name in known["name"]],
                "kind": kinds,
                "colour": kinds.map(SITE_COLOURS),
            },
            index=known.index,
        )
        key += [each for each in SITE_COLOURS.items() if (kinds == each[0]).any()]
        group = folium.FeatureGroup("sites", control=False)
        group.add_to(drawn)
        _add_layer(
            group, known.geometry.to_crs(DEGREES), dots, {"place": "Site", "kind": ""}, radius_px=9
        )
    if len(layers) > 1:
        folium.LayerControl(position="bottomleft", collapsed=False).add_to(drawn)
    _add_legend(drawn, title, key)
    return drawn


def _add_layer(
    holder: folium.FeatureGroup,
    shapes: gpd.GeoSeries,
    rows: pd.DataFrame,
    labels: dict[str, str],
    *,
    radius_px: int = 6,
) -> None:
    """Add shapes with what is said of each; every word is escaped already."""
    import folium  # noqa: PLC0415 - heavy
    import geopandas as gpd  # noqa: PLC0415 - heavy

    table = gpd.GeoDataFrame(rows.reset_index(drop=True), geometry=list(shapes), crs=DEGREES)
    folium.GeoJson(
        table.to_json(drop_id=True),
        style_function=lambda feature: {
            "fillColor": feature["properties"]["colour"],
            "fillOpacity": 0.8,
            "color": INK,
            "weight": 0.6,
        },
        marker=folium.CircleMarker(radius=radius_px, fill=True),
        tooltip=folium.GeoJsonTooltip(list(labels), aliases=list(labels.values()), localize=False),
    ).add_to(holder)


def _reached_words(minutes: float) -> str:
    return "out of reach" if np.isinf(minutes) else f"{minutes:.1f}"


def _added_words(minutes: float) -> str:
    if np.isinf(minutes):
        return "no longer reached by all" if minutes > 0 else "newly reached"
    return f"{minutes:+.1f}"


def _add_legend(drawn: folium.Map, title: str, key: Iterable[tuple[str, str]]) -> None:
    """Add a title and what each colour stands for."""
    import folium  # noqa: PLC0415 - heavy

    rows = "".join(
        f'<div><span style="display:inline-block;width:1em;height:1em;border:1px solid {INK};'
        f'background:{colour}"></span> {html.escape(label)}</div>'
        for label, colour in key
    )
    heading = html.escape(title).replace("\n", "<br>")
    box = (
        '<div style="position:fixed;top:.6em;right:.6em;z-index:9999;background:white;'
        f"max-width:45%;padding:.6em;font:13px system-ui,sans-serif;color:{INK};"
        f'border:1px solid {GREY}">'
        f"<strong>{heading}</strong>{rows}<div>north is up</div></div>"
    )
    figure: Any = drawn.get_root()
    figure.html.add_child(folium.Element(box))


ROW_IN, FRAME_IN = 0.62, 1.3
UNIT_SIGNS = {"percent": "%", "minutes": " min", "percentage points": " points"}


def plot_verdicts(verdicts: Verdicts, *, ax: Axes | None = None) -> Axes:
    """Return `Verdicts.plot`, whose parameters these are."""
    import matplotlib as mpl  # noqa: PLC0415 - heavy

    with mpl.rc_context(SETTINGS):
        axes = blank_axes(ax, (8.0, FRAME_IN + ROW_IN * len(verdicts)), "constrained")
        several = len({verdict.scenario for verdict in verdicts}) > 1
        for row, verdict in enumerate(verdicts):
            _draw_row(axes, row, verdict)
        axes.set_yticks(
            range(len(verdicts)), [_row_label(verdict, several=several) for verdict in verdicts]
        )
        axes.set_ylim(len(verdicts) - 0.5, -0.8)
        axes.set_xlabel("percent, minutes or points, as each row says", loc="left")
        axes.tick_params(axis="y", length=0)
        title = _titled_verdicts("Before, after and the threshold", verdicts)
        axes.set_title(title, loc="left", fontsize=10)
        handles = [
            mpl.lines.Line2D([], [], label=label, ls="", marker=marker, color=colour, mfc=fill)
            for label, marker, colour, fill in (
                ("before", "o", DARK_BLUE, "white"),
                ("after", "D", ORANGE, ORANGE),
                ("threshold", "|", INK, INK),
            )
        ]
        axes.legend(handles=handles, loc="upper right", bbox_to_anchor=(1, -0.06), ncols=3,
                    frameon=False)  # fmt: skip
    return axes


def _titled_verdicts(title: str, verdicts: Verdicts) -> str:
    """Return a title with what must stand below it, of all verdicts."""
    estimated = any(verdict.basis == "estimated" for verdict in verdicts)
    used = [source for verdict in verdicts for source in verdict.provenance]
    return titled(title, estimated=estimated, provenance=used)


def _draw_row(axes: Axes, row: int, verdict: Verdict) -> None:
    """Draw one verdict: from before to after, the threshold as a bar across, and words above."""
    factor, unit = PRINTED[verdict.criterion.kind.unit]
    sign = UNIT_SIGNS[unit]
    before, after, limit = (
        factor * value for value in (verdict.baseline_value, verdict.value, verdict.threshold)
    )
    if math.isfinite(before) and math.isfinite(after):
        axes.plot([before, after], [row, row], color=GREY, linewidth=1.5, zorder=1)
    axes.plot(limit, row, marker="|", markersize=16, mew=2.5, color=INK, zorder=2)
    axes.plot(before, row, marker="o", markersize=8, mfc="white", color=DARK_BLUE, zorder=3)
    axes.plot(after, row, marker="D", markersize=7, color=ORANGE, mec=INK, mew=0.5, zorder=4)
    lines = [
        f"{value:.1f}{sign}" if math.isfinite(value) else "no figure" for value in (before, after)
    ]
    least = "at least" if verdict.criterion.kind.better == "higher" else "at most"
    words = f"{' → '.join(lines)}; {least} {limit:g}{sign}: {_outcome(verdict)}"
    axes.annotate(
        words, (0.01, row - 0.24), xycoords=axes.get_yaxis_transform(), fontsize=8, va="bottom"
    )


def _outcome(verdict: Verdict) -> str:
    if verdict.outcome == Outcome.CANNOT_SAY and verdict.indication is not None:
        return f"{verdict.outcome}, points to {verdict.indication}"
    return str(verdict.outcome)


def _row_label(verdict: Verdict, *, several: bool) -> str:
    label = f"{verdict.criterion.id}\n{verdict.scenario}" if several else verdict.criterion.id
    return label.replace("$", r"\$")


def explore_verdicts(
    verdicts: Verdicts,
    origins: gpd.GeoDataFrame,
    *,
    areas: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    tiles: str | None = None,
) -> folium.Map:
    """Return `Verdicts.explore`, whose parameters these are."""
    layers = [
        Shaded(
            name=f"{verdict.criterion.id}, {verdict.scenario}",
            values=_short(verdict).astype(float),
            weights=verdict.evidence["weight"],
            words="{:.0%}".format,
        )
        for verdict in verdicts
        if "counts" in verdict.evidence
    ]
    if not layers:
        raise InputError("no verdict here rests on single origins, so none has a place to show")
    title, over = _titled_verdicts(SHORT.title, verdicts), (areas, sites, tiles)
    return page_of(SHORT, layers, origins, title=title, over=over)


def _short(verdict: Verdict) -> pd.Series:
    """Return who falls short: is not served, or has more added than is allowed."""
    counts = verdict.evidence["counts"]
    return counts if verdict.criterion.kind.of_change else ~counts


def explore_lines(
    lines: gpd.GeoDataFrame,
    *,
    title: str,
    provenance: Iterable[Provenance] = (),
    tiles: str | None = None,
) -> folium.Map:
    """Return streets or stretches of a way as lines that tell their row."""
    heading = titled(title, estimated=False, provenance=provenance)
    return _map_of_rows(lines, pd.Series(INK, index=lines.index), heading, tiles=tiles)


def explore_reach(land: gpd.GeoDataFrame, *, tiles: str | None = None) -> folium.Map:
    """Return land within reach as shapes that tell their row, the longest cutoffs below."""
    largest_first = land.sort_values("cutoff_min", ascending=False, kind="stable")
    colours = reach_colours(land)
    heading = titled(reach_title(land), estimated=False)
    key = [(reach_label(cutoff), colour) for cutoff, colour in colours.items()]
    shades = largest_first["cutoff_min"].map(colours)
    return _map_of_rows(largest_first, shades, heading, tiles=tiles, key=key)


def _map_of_rows(
    shapes: gpd.GeoDataFrame,
    colours: pd.Series,
    title: str,
    *,
    tiles: str | None,
    key: Iterable[tuple[str, str]] = (),
) -> folium.Map:
    """Return shapes on a map, each in its colour and with its row to be read."""
    import folium  # noqa: PLC0415 - heavy

    drawn = _blank_map(title, tiles)
    there = ~(shapes.geometry.isna() | shapes.geometry.is_empty)
    shown = shapes[there].to_crs(DEGREES)
    _fit(drawn, shown)
    facts = shown.drop(columns=shown.geometry.name).round(1).astype(object)
    rows = facts.where(facts.notna(), "not known").map(lambda value: html.escape(str(value)))
    folium.GeoJson(
        shown[[shown.geometry.name]]
        .join(rows)
        .assign(_colour=colours[there])
        .to_json(drop_id=True),
        style_function=lambda feature: {
            "color": feature["properties"]["_colour"],
            "weight": 4 if "Line" in feature["geometry"]["type"] else 1,
            "fillOpacity": 0.6,
        },
        tooltip=folium.GeoJsonTooltip(list(rows.columns)),
    ).add_to(drawn)
    _add_legend(drawn, title, key)
    return drawn

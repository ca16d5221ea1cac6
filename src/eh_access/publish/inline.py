"""A folium map as one file: every script, style sheet and image inside, nothing fetched.

Folium writes pages that load Leaflet, jQuery, Bootstrap and icon fonts from content networks. A
page sent round by e-mail or opened on a locked-down machine then shows nothing. Here the page is
rewritten: what Leaflet needs comes from the files of the ``XStatic-Leaflet`` package, what the
page does not use is left out, and anything that would still be fetched is an error, not a gap.
This module needs nothing else of this package but its errors.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from xstatic.pkg import leaflet

from eh_access.errors import InputError, SourceError

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
CSS_URL = re.compile(r"""url\(\s*(["']?)(?P<url>[^"')]*)\1\s*\)|@import\s+(["'])(?P<at>[^"']+)""")
SOURCE_MAP = re.compile(r"^\s*//[#@] sourceMappingURL=.*$", re.MULTILINE)


@cache
def leaflet_files() -> Mapping[str, str]:
    """Return Leaflet's script and style sheet, its images inside the latter."""
    folder = Path(leaflet.BASE_DIR)
    try:
        script = (folder / "leaflet.js").read_text(encoding="utf-8")
        style = (folder / "leaflet.css").read_text(encoding="utf-8")
        style = CSS_URL.sub(lambda found: _image_inside(found, folder), style)
    except OSError as error:
        message = f"Leaflet's files cannot be read ({error}); install XStatic-Leaflet again"
        raise SourceError(message) from error
    return {"leaflet.js": SOURCE_MAP.sub("", script).strip(), "leaflet.css": style}


def inline_map(
    folium_map: Any,  # noqa: ANN401 - folium ships no types and must not be imported here
    *,
    title: str,
    lang: str = "en-GB",
    files: Mapping[str, str] | None = None,
) -> str:
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
        The page.

    Raises
    ------
    InputError
        If the page would still fetch something; every such reference is named.
    SourceError
        If Leaflet's files cannot be read.

    Examples
    --------
    >>> import folium
    >>> page = inline_map(folium.Map([53.4, -1.3], tiles=None), title="Rotherham")
    >>> external_references(page)
    ()
    """
    page = folium_map.get_root().render()
    return inline_page(page, title=title, lang=lang, files={**leaflet_files(), **(files or {})})


def inline_page(page: str, *, title: str, lang: str, files: Mapping[str, str]) -> str:
    """Return a page with its scripts and style sheets inside."""
    rewriter = _Rewriter(title=title, lang=lang, files=files)
    rewriter.feed(page)
    rewriter.close()
    rewritten = "".join(rewriter.parts)
    scripts = "".join(rewriter.own_scripts)
    faults = [
        f"the page uses {name} ({word!r}), which is left out; give its text in files"
        for name, word in rewriter.left_out.items()
        if word in scripts
    ]
    faults += [
        f"the page would fetch {reference}; give its text in files, or leave it out"
        for reference in external_references(rewritten)
    ]
    if faults:
        raise InputError(faults)
    return rewritten


def external_references(page: str) -> tuple[str, ...]:
    """Return everything a page would fetch when it is opened."""
    # Links that a reader may follow are no such thing. What scripts do cannot be seen here: that
    # is for a browser with the network cut.
    scanner = _Scanner()
    scanner.feed(page)
    scanner.close()
    return tuple(scanner.found)


def _image_inside(found: re.Match[str], folder: Path) -> str:
    address = found["url"] or ""
    if address.startswith(("#", "data:")):
        return found[0]
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
        addresses = (found["url"] or found["at"] or "" for found in CSS_URL.finditer(text))
        self.found.extend(address for address in addresses if not _stands_alone(address))


class _Rewriter(HTMLParser):
    """Copies a page as it stands, but for scripts, style sheets, language, title and viewport."""

    def __init__(self, *, title: str, lang: str, files: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self.own_scripts: list[str] = []
        self.left_out: dict[str, str] = {}
        self._title = html.escape(title)
        self._lang = html.escape(lang)
        self._files = files
        self._skip_end = False
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._in_script = tag == "script"
        if tag == "html":
            self.parts.append(f'<html lang="{self._lang}">')
        elif tag == "head":
            self.parts.append(f"<head>\n<title>{self._title}</title>")
        elif tag == "meta" and given.get("name") == "viewport":
            self.parts.append(VIEWPORT)
        elif tag == "script" and "src" in given:
            self._replace(given["src"], kind="script")
        elif tag == "link" and "stylesheet" in given.get("rel", ""):
            self._replace(given.get("href", ""), kind="style")
        else:
            self.parts.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False
        if tag == "script" and self._skip_end:
            self._skip_end = False
        else:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
        if self._in_script:
            self.own_scripts.append(data)

    def handle_comment(self, data: str) -> None:
        self.parts.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.parts.append(f"<!{decl}>")

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")

    def _replace(self, address: str, *, kind: str) -> None:
        """Put the file's text in place of its tag, or nothing when the page does not use it."""
        self._skip_end = kind == "script"
        self._in_script = False
        name = address.rsplit("/", 1)[-1]
        if name in self._files:
            text = self._files[name].replace(f"</{kind}", f"<\\/{kind}")
            self.parts.append(f"<{kind}>{text}</{kind}>")
            return
        unused = _unused(address, UNUSED_BY_LEAFLET)
        if unused:
            self.left_out[unused] = UNUSED_BY_LEAFLET[unused]
            return
        self.parts.append(self.get_starttag_text() or "")
        self._skip_end = False


def _unused(address: str, names: Iterable[str]) -> str:
    """Return the name that an address is of, or ""."""
    return next((name for name in names if name in address.casefold()), "")

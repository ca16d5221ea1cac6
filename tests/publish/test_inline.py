from __future__ import annotations

import re

import folium
import pytest
from folium.plugins import Fullscreen

from eh_access.errors import InputError
from eh_access.publish.interactive import (
    external_references,
    inline_map,
    inline_page,
    leaflet_files,
)

REMOTE = "https://a.example/x"


def plain_map() -> folium.Map:
    return folium.Map([53.4, -1.3], tiles=None)


def test_a_folium_map_fetches_a_dozen_files_and_an_inlined_one_none() -> None:
    assert len(external_references(plain_map().get_root().render())) >= 10
    assert external_references(inline_map(plain_map(), title="A map")) == ()


def test_leaflet_is_inside_with_its_images() -> None:
    page = inline_map(plain_map(), title="A map")
    assert leaflet_files()["leaflet.js"] in page
    style = leaflet_files()["leaflet.css"]
    assert style.count("data:image/png;base64,") == 3
    assert "images/" not in style
    assert style in page
    assert "sourceMappingURL" not in page


def test_what_is_drawn_on_the_map_is_kept() -> None:
    drawn = plain_map()
    folium.Circle([53.43, -1.35], radius=500, tooltip="Here").add_to(drawn)
    page = inline_map(drawn, title="A map")
    assert "L.circle(" in page
    assert "Here" in page


@pytest.mark.parametrize(
    "tag",
    [
        f'<img src="{REMOTE}">',
        f'<img srcset="{REMOTE}">',
        f'<script src="{REMOTE}"></script>',
        f'<link rel="icon" href="{REMOTE}">',
        f'<iframe src="{REMOTE}"></iframe>',
        f"<style>p {{ background: url({REMOTE}) }}</style>",
        f"<style>p {{ background: url('{REMOTE}') }}</style>",
        f'<style>@import "{REMOTE}";</style>',
        f'<p style="background: url({REMOTE})">',
        f'<svg><image href="{REMOTE}"/></svg>',
        f'<video poster="{REMOTE}"></video>',
        f'<object data="{REMOTE}"></object>',
    ],
)
def test_whatever_would_be_fetched_is_found(tag: str) -> None:
    assert external_references(tag) == (REMOTE,)
    with pytest.raises(InputError, match=re.escape(REMOTE)):
        inline_page(tag, title="t", lang="en", files={})


@pytest.mark.parametrize(
    "tag",
    [
        f'<a href="{REMOTE}">',
        '<img src="data:image/png;base64,AA==">',
        "<rect fill='url(#p)'>",
        "<style>p { fill: url(#p) }</style>",
        f'<script>const a = "<img src={REMOTE}>";</script>',
    ],
)
def test_links_and_what_is_inside_are_not_taken_for_fetching(tag: str) -> None:
    assert external_references(tag) == ()


def test_a_map_that_uses_what_is_left_out_is_refused_by_name() -> None:
    drawn = plain_map()
    folium.Marker([53.4, -1.3], icon=folium.Icon()).add_to(drawn)
    with pytest.raises(InputError, match="awesome-markers"):
        inline_map(drawn, title="A map")


def test_a_plugin_needs_its_files() -> None:
    drawn = plain_map()
    Fullscreen().add_to(drawn)
    with pytest.raises(InputError, match=r"Control\.FullScreen\.min\.js") as caught:
        inline_map(drawn, title="A map")
    names = {fault.split(";")[0].rsplit("/", 1)[-1] for fault in caught.value.faults}
    page = inline_map(drawn, title="A map", files=dict.fromkeys(names, "/* the plugin */"))
    assert page.count("/* the plugin */") == len(names)


def test_the_page_has_a_language_a_title_and_may_be_zoomed() -> None:
    page = inline_map(plain_map(), title="<b> & co", lang="cy")
    assert '<html lang="cy">' in page
    assert "<title>&lt;b&gt; &amp; co</title>" in page
    assert "user-scalable" not in page
    assert "maximum-scale" not in page


def test_a_file_cannot_end_its_own_script_early() -> None:
    page = inline_page(
        '<script src="a.js"></script>', title="t", lang="en", files={"a.js": 'x = "</script>";'}
    )
    assert page == '<script>x = "<\\/script>";</script>'


def test_the_rest_of_a_page_stays_as_it_is() -> None:
    kept = '<!DOCTYPE html><!-- c --><p CLASS="a">1 &lt; 2 &#233; <br/></p><script>a < b</script>'
    assert inline_page(kept, title="t", lang="en", files={}) == kept

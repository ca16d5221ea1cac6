"""A document as one web page that fetches nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from html import escape
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from eh_access.arguments import check_arguments
from eh_access.notebook import Page
from eh_access.publish.attribution import OSM_COPYRIGHT_URL, OSM_CREDIT, credit_lines
from eh_access.publish.context import report
from eh_access.publish.document import (
    SECTION,
    Block,
    Bullets,
    Document,
    Grid,
    Heading,
    PageBreak,
    Paragraph,
    Picture,
    Words,
    longest_word,
    plain,
)
from eh_access.publish.tabulations import further_tables, tabulate
from eh_access.publish.wording import Wording

if TYPE_CHECKING:
    from eh_access.provenance import Provenance
    from eh_access.publish.table import Table
    from eh_access.publish.writers.material import Material
    from eh_access.study.findings import Findings
    from eh_access.study.result import StudyResult

NAME, WHAT = "report.html", "the answer in four pages"

UNSAFE = re.compile(r"\s*(?!https?:|mailto:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
"""An address that a browser would run, or open with another program."""

LONG_WORD = 24
"""Longer ones may break anywhere."""


def write(material: Material, path: Path) -> None:
    """Write the report as a page."""
    path.write_bytes(
        page(material.report, material.words, material.result.provenance).encode("utf-8")
    )


@check_arguments
def render_report(
    result: StudyResult,
    *,
    tables: Mapping[str, Table] | None = None,
    findings: Findings | None = None,
) -> Page:
    """Return the report as one HTML page that fetches nothing.

    Parameters
    ----------
    result
        What a study found.
    tables
        From ``tabulate`` and ``further_tables``, when at hand.
    findings
        From `find_findings`: other choices, venues and how sure; without them the report says
        nothing of these.

    Returns
    -------
    str
        HTML, which a notebook shows as it is. Everything from a file is escaped.

    Raises
    ------
    InputError
        If the study names templates of its own and one is faulty.

    Examples
    --------
    >>> from eh_access import load_study, run_study
    >>> page = render_report(run_study(load_study("rotherham")))
    >>> "Park View" in page, "INDICATIVE" in page
    (True, False)
    """
    shared = dict(tabulate(result)) if tables is None else tables
    if tables is None and findings is not None:
        shared = {**shared, **further_tables(result, findings)}
    document = report(result, shared, findings)
    return Page(page(document, Wording.of(result), result.provenance))


def digest(text: str) -> str:
    """Return a script or style sheet as a content security policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def page(
    document: Document,
    words: Wording,
    provenance: Iterable[Provenance],
    *,
    contents: bool = False,
) -> str:
    """Return a document of a study as a page."""
    marks = ["INDICATIVE: "] * words.estimated + ["Illustrative: "] * words.illustrative
    return render_page(
        document,
        place=words.place,
        mark="".join(marks),
        provenance=provenance,
        contents=contents,
    )


def render_page(
    document: Document,
    *,
    place: str,
    mark: str,
    provenance: Iterable[Provenance],
    contents: bool = False,
) -> str:
    """Return a document as a page; everything from a file is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("eh_access.publish"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    css = resources.files("eh_access.publish").joinpath("templates/page.css").read_text("utf-8")
    sections = [
        (plain(block.text), anchor_of(block))
        for block in document.blocks
        if isinstance(block, Heading) and block.level == SECTION
    ]
    return environment.get_template("page.html.j2").render(
        document=document,
        place=place,
        mark=mark,
        css=css,
        style_digest=digest(css),
        body=html_blocks(document.blocks),
        contents=sections if contents else [],
        credits=credit_lines(provenance),
        osm_credit=OSM_CREDIT,
        osm_copyright=OSM_COPYRIGHT_URL,
    )


def html_blocks(blocks: Iterable[Block]) -> str:
    """Return blocks as HTML, each section in an element of its own."""
    parts: list[str] = []
    inside, broken, answering = False, False, False
    for block in blocks:
        answer = isinstance(block, Paragraph) and block.kind == "answer"
        if answer != answering:
            parts.append('<div class="answer">\n' if answer else "</div>\n")
            answering = answer
        if isinstance(block, PageBreak):
            broken = True
            continue
        if isinstance(block, Heading) and block.level == SECTION:
            new_page = ' class="new-page"' if broken else ""
            parts.append("</section>\n" if inside else "")
            parts.append(f'<section{new_page} aria-labelledby="{escape(anchor_of(block))}">\n')
            inside, broken = True, False
        parts.append(_html(block) + "\n")
    return "".join([*parts, "</div>\n" if answering else "", "</section>\n" if inside else ""])


def _html(block: Heading | Paragraph | Bullets | Grid | Picture) -> str:
    if isinstance(block, Heading):
        anchor = anchor_of(block)
        name = f' id="{escape(anchor)}"' if block.level == SECTION or block.anchor else ""
        return f"<h{block.level}{name}>{_html_runs(block.text)}</h{block.level}>"
    if isinstance(block, Paragraph):
        return (
            f"<p{_class(block.kind if block.kind != 'answer' else '')}>{_html_runs(block.text)}</p>"
        )
    if isinstance(block, Bullets):
        items = "\n".join(f"<li>{_html_runs(item)}</li>" for item in block.items)
        return f"<ul>\n{items}\n</ul>"
    if isinstance(block, Grid):
        return _html_grid(block)
    # on a phone it is scrolled, by keys as well: shrunk to fit, its words could not be read
    return (
        f'<figure tabindex="0"><img src="{block.address}" alt="{escape(block.alt)}">'
        f"<figcaption>{escape(block.caption)}</figcaption></figure>"
    )


def _html_runs(words: Words) -> str:
    if isinstance(words, str):
        return escape(words, quote=False)
    parts = []
    for run in words:
        text = escape(run.text, quote=False)
        if run.emphasis == "strong":
            text = f"<strong>{text}</strong>"
        elif run.emphasis:
            text = f'<span class="tag {run.emphasis}">{text}</span>'
        linked = run.href and not UNSAFE.match(run.href)
        parts.append(f'<a href="{escape(run.href)}">{text}</a>' if linked else text)
    return "".join(parts)


def _html_grid(grid: Grid) -> str:
    # on a phone the rows of a wide table become blocks; the roles keep them a table for who listens
    def opened(tag: str, role: str, *attributes: str) -> str:
        return "".join([f"<{tag}", f' role="{role}"' if grid.is_wide else "", *attributes, ">"])

    lines = [
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(grid.caption)}">',
        opened("table", "table", _class("stacked" if grid.is_wide else "")),
        f"<caption>{escape(grid.caption, quote=False)}</caption>",
    ]
    heads = [
        opened("th", "columnheader", ' scope="col"', _cell_class(grid, n, head))
        + f"{escape(head, quote=False)}</th>"
        for n, head in enumerate(grid.heads)
    ]
    lines.append(opened("thead", "rowgroup") + opened("tr", "row") + "".join(heads))
    lines.append("</tr></thead>" + opened("tbody", "rowgroup"))
    for row in grid.rows:
        cells = [
            opened("th", "rowheader", ' scope="row"', _cell_class(grid, n, cell), _label(grid, n))
            + f"{_html_runs(cell)}</th>"
            if n < grid.headers
            else opened("td", "cell", _cell_class(grid, n, cell), _label(grid, n))
            + f"{_html_runs(cell)}</td>"
            for n, cell in enumerate(row)
        ]
        lines.append(opened("tr", "row") + f"{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody></table></div>"])


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _cell_class(grid: Grid, column: int, cell: Words) -> str:
    """Return the class of a cell: a number, or what no space breaks, such as a digest."""
    names = ["num"] if column in grid.numbers else []
    return _class(" ".join([*names, *(["long"] if longest_word(cell) > LONG_WORD else [])]))


def _label(grid: Grid, column: int) -> str:
    return f' data-label="{escape(grid.heads[column])}"' if grid.is_wide else ""


def anchor_of(heading: Heading) -> str:
    """Return a heading's address on the page."""
    return heading.anchor or re.sub(r"[^a-z0-9]+", "-", plain(heading.text).lower()).strip("-")

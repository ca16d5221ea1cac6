"""The report as a Word document: the same page, read back and set with Word's own styles."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from eh_access.publish import word_parts
from eh_access.publish.page_tree import LEFT_OUT, Node, read_page
from eh_access.publish.word_tables import add_table, needs_sideways

if TYPE_CHECKING:
    from eh_access.publish.report import Page
    from eh_access.publish.sections import Picture

FIXED = datetime(2000, 1, 1)  # noqa: DTZ001 - a document's date, the same in every run
EARLIEST = (1980, 1, 1, 0, 0, 0)
CREATOR = "eh_access"
ABOUT = "docProps/app.xml"
LISTS = {"ul": "List Bullet", "ol": "List Number"}


def word_report(page: Page) -> bytes:
    """Return the report as a Word document."""
    tree = read_page(page.html)
    made = word_parts.blank_document()
    title = next(tree.all("h1")).text()
    about = made.core_properties
    about.title, about.author, about.last_modified_by = title, CREATOR, CREATOR
    about.created = about.modified = FIXED
    about.language, about.comments, about.revision = "en-GB", "", 1
    writer = _Writer(made, page.pictures)
    blocks = list(_blocks(tree))
    for place, node in enumerate(blocks):
        if node.tag == "h2":
            writer.turn(sideways=_begins_wide(blocks[place + 1 :]))
        writer.add(node)
    writer.turn(sideways=False)
    warning = "INDICATIVE: estimated travel times. " if _is_estimated(tree) else ""
    word_parts.add_footer(made, f"{title}. {warning}")
    stream = io.BytesIO()
    made.save(stream)
    return _packed(stream.getvalue())


def _is_estimated(tree: Node) -> bool:
    return any(node.text().startswith("INDICATIVE") for node in tree.all("title", "strong"))


def _blocks(node: Node) -> Iterator[Node]:
    """Yield what becomes one block of the document each, in reading order."""
    for item in node.children():
        if item.tag in LEFT_OUT or "skip" in item.classes:
            continue
        if item.tag in {"html", "body", "main", "header", "section", "footer"} or (
            item.tag == "div" and "banner" not in item.classes
        ):
            yield from _blocks(item)
        else:
            yield item


def _cells(table: Node) -> tuple[list[Node], list[list[Node]]]:
    """Return the cells of a table's header and of its rows."""
    heads = list(next(table.all("thead")).all("th"))
    return heads, [list(row.children()) for row in next(table.all("tbody")).all("tr")]


def _begins_wide(blocks: Iterable[Node]) -> bool:
    """Return whether the first figure or table of a section is a table that needs a wide page."""
    for node in blocks:
        if node.tag in {"h2", "figure"}:
            return False
        if node.tag == "table":
            return needs_sideways(*_cells(node))
    return False


class _Writer:
    """Adds blocks to a document, and turns the page where a table is wide."""

    def __init__(self, made: Any, pictures: Iterable[Picture]) -> None:  # noqa: ANN401 - untyped
        self.made = made
        self.pictures = {item.address: item for item in pictures}
        self.sideways = False
        self.counts = {"Table": 0, "Figure": 0}

    def add(self, node: Node) -> None:
        """Add one block."""
        if node.tag in {"h1", "h2", "h3", "h4"}:
            self.made.add_heading(node.text(), level=int(node.tag[1]) - 1)
        elif node.tag == "figure":
            self._figure(node)
        elif node.tag == "table":
            self._table(node)
        elif node.tag in LISTS:
            for item in node.all("li"):
                word_parts.add_runs(self.made.add_paragraph(style=LISTS[node.tag]), item)
        elif node.tag == "dl":
            self._pairs(node)
        elif "banner" in node.classes:
            for item in node.all("p"):
                word_parts.add_runs(self.made.add_paragraph(style="Intense Quote"), item)
        else:
            word_parts.add_runs(self.made.add_paragraph(), node)

    def turn(self, *, sideways: bool) -> None:
        """Go on on pages that stand upright or sideways."""
        if self.sideways != sideways:
            word_parts.turn(self.made, sideways=sideways)
            self.sideways = sideways

    def _pairs(self, node: Node) -> None:
        for item in node.children():
            if item.tag == "dt":
                paragraph = self.made.add_paragraph()
                word_parts.add_runs(paragraph, item)
                paragraph.add_run(": ")
            else:
                if not paragraph.text.endswith(" "):
                    paragraph.add_run(" ")
                word_parts.add_runs(paragraph, item)

    def _number(self, kind: str) -> int:
        self.counts[kind] += 1
        return self.counts[kind]

    def _figure(self, node: Node) -> None:
        self.turn(sideways=False)
        image = next(node.all("img"))
        picture = self.pictures[image.attributes["src"]]
        number = self._number("Figure")
        word_parts.add_picture(self.made, picture.svg.png, alt=picture.alt, number=number)
        caption = next(node.all("figcaption")).text()
        word_parts.add_caption(self.made, "Figure", number, caption)

    def _table(self, node: Node) -> None:
        heads, rows = _cells(node)
        # what follows in the same section stays sideways, so that pages are not left half empty
        self.turn(sideways=self.sideways or needs_sideways(heads, rows))
        number = self._number("Table")
        caption = next(node.all("caption")).text()
        word_parts.add_caption(self.made, "Table", number, caption, above=True)
        add_table(self.made, heads, rows, sideways=self.sideways)


def _packed(data: bytes) -> bytes:
    """Return a document with one fixed date on all its parts, and who made it."""
    # The template of python-docx was made with Word, and says so of what is made from it.
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for item in old.infolist():
            part = zipfile.ZipInfo(item.filename, EARLIEST)
            part.compress_type = zipfile.ZIP_DEFLATED
            held = old.read(item.filename)
            if item.filename == ABOUT:
                held = re.sub(rb"(?<=<Application>)[^<]*", CREATOR.encode(), held)
                held = re.sub(rb"<AppVersion>[^<]*</AppVersion>", b"", held)
            new.writestr(part, held)
    return stream.getvalue()

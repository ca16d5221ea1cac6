"""The report as a Word document."""

from __future__ import annotations

import copy
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eh_access.publish.charts import DARK_BLUE, GREY

if TYPE_CHECKING:
    from eh_access.publish.prose import Picture
    from eh_access.publish.writers.material import Material, Page

NAME, WHAT = "report.docx", "this report for Word"
VOID = frozenset({"meta", "link", "img", "br"})
LEFT_OUT = frozenset({"style", "script", "nav", "head"})
SPACE = re.compile(r"\s+")


@dataclass(eq=False)
class Node:
    """One element of a page."""

    tag: str  # its name
    attributes: dict[str, str] = field(default_factory=dict)  # by name; "" where one has no value
    inside: list[Node | str] = field(default_factory=list)  # texts and elements, in order

    @property
    def classes(self) -> frozenset[str]:
        """The names of its classes."""
        return frozenset(self.attributes.get("class", "").split())

    def children(self) -> Iterator[Node]:
        """Yield the elements straight inside it."""
        yield from (item for item in self.inside if isinstance(item, Node))

    def all(self, *tags: str) -> Iterator[Node]:
        """Yield the elements of some names inside it, however deep, in reading order."""
        for item in self.children():
            if item.tag in tags:
                yield item
            yield from item.all(*tags)

    def runs(self, *, bold: bool = False, italic: bool = False) -> Iterator[tuple[str, bool, bool]]:
        """Yield the texts inside it as they are read out, each with whether it stands out."""
        if self.attributes.get("aria-hidden") == "true":
            return
        bold = bold or self.tag in {"strong", "b", "th", "dt"} or "tag" in self.classes
        italic = italic or self.tag in {"em", "i"}
        if "small" in self.classes:
            yield ". ", bold, italic
        for item in self.inside:
            if isinstance(item, str):
                yield SPACE.sub(" ", item), bold, italic
            else:
                yield from item.runs(bold=bold, italic=italic)

    def text(self) -> str:
        """Return what it says, spaces tidied."""
        told = "".join(text for text, _, _ in self.runs())
        return SPACE.sub(" ", told).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[Node] = [Node("page")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read_page(html: str) -> Node:
    """Return a page as a tree."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.open[0]


Docx = Any
"""python-docx is untyped."""

FONT = "Arial"
BODY_PT, SMALL_PT = 10.5, 9.0
A4_MM = (210, 297)
MARGIN_MM = 20
PICTURE_MM = 165
FIRST_PICTURE_MM = 100


def blank_document() -> Docx:
    """Return an empty A4 document in British English with plain styles."""
    import docx  # noqa: PLC0415 - heavy
    from docx.oxml.ns import qn  # noqa: PLC0415 - heavy
    from docx.shared import Mm, Pt, RGBColor  # noqa: PLC0415 - heavy

    made = docx.Document()
    blue, grey = RGBColor.from_string(DARK_BLUE[1:]), RGBColor.from_string(GREY[1:])
    looks = {
        "Normal": (BODY_PT, None, False),
        "Title": (22, blue, True),
        "Heading 1": (15, blue, True),
        "Heading 2": (12, blue, True),
        "Heading 3": (11, blue, True),
        "Caption": (SMALL_PT, grey, True),
        "Intense Quote": (BODY_PT, None, True),
    }
    for name, (size, colour, bold) in looks.items():
        style = made.styles[name]
        style.font.name, style.font.size, style.font.bold = FONT, Pt(size), bold
        style.font.italic = False
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in [key for key in fonts.attrib if key.endswith("Theme")]:
            del fonts.attrib[theme]
        for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(script), FONT)
        if colour is not None:
            style.font.color.rgb = colour
    made.styles["Intense Quote"].font.color.rgb = RGBColor(0, 0, 0)
    made.styles["Intense Quote"].paragraph_format.left_indent = Mm(4)
    made.styles["Intense Quote"].paragraph_format.right_indent = Mm(0)
    language = element("w:lang", {"w:val": "en-GB"})
    made.styles["Normal"].element.get_or_add_rPr().append(language)
    _set_page(made.sections[0], sideways=False)
    return made


def element(name: str, attributes: dict[str, str] | None = None) -> Docx:
    """Return an element of the document's own language."""
    from docx.oxml import OxmlElement  # noqa: PLC0415 - heavy
    from docx.oxml.ns import qn  # noqa: PLC0415 - heavy

    made = OxmlElement(name)
    for key, value in (attributes or {}).items():
        made.set(qn(key), value)
    return made


def _set_page(section: Docx, *, sideways: bool) -> None:
    from docx.enum.section import WD_ORIENT  # noqa: PLC0415 - heavy
    from docx.shared import Mm  # noqa: PLC0415 - heavy

    across, down = reversed(A4_MM) if sideways else A4_MM
    section.orientation = WD_ORIENT.LANDSCAPE if sideways else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(across), Mm(down)
    section.left_margin = section.right_margin = Mm(MARGIN_MM)
    section.top_margin = section.bottom_margin = Mm(MARGIN_MM)


def turn(made: Docx, *, sideways: bool) -> None:
    """Begin a new page, upright or turned sideways."""
    from docx.enum.section import WD_SECTION  # noqa: PLC0415 - heavy

    _set_page(made.add_section(WD_SECTION.NEW_PAGE), sideways=sideways)


def add_runs(paragraph: Docx, node: Node, *, size_pt: float | None = None) -> None:
    """Add what an element says to a paragraph, bold and italic kept."""
    from docx.shared import Pt  # noqa: PLC0415 - heavy

    if node.classes & {"credits", "notes", "kicker"}:
        size_pt = SMALL_PT
    so_far = paragraph.text
    for text, bold, italic in node.runs():
        words = text if so_far and not so_far.endswith(" ") else text.lstrip()
        if so_far.rstrip().endswith((".", "?", ":")) and words.startswith(". "):
            words = words[1:]
        if not words:
            continue
        run = paragraph.add_run(words)
        run.bold, run.italic = bold or None, italic or None
        if size_pt is not None:
            run.font.size = Pt(size_pt)
        so_far += words


def add_caption(made: Docx, kind: str, number: int, text: str, *, above: bool = False) -> None:
    """Add a caption that Word can list: "Table 3. What it shows"."""
    caption = made.add_paragraph(f"{kind} ", style="Caption")
    _field(caption, f"SEQ {kind} \\* ARABIC", str(number))
    caption.add_run(f". {text}")
    caption.paragraph_format.keep_with_next = above


def _field(paragraph: Docx, code: str, shown: str) -> None:
    """Add a field that Word works out, with what it comes to now."""
    field = element("w:fldSimple", {"w:instr": code})
    run = copy.deepcopy(paragraph.add_run(shown)._r)  # noqa: SLF001 - no other way
    paragraph._p.remove(paragraph.runs[-1]._r)  # noqa: SLF001 - no other way
    field.append(run)
    paragraph._p.append(field)  # noqa: SLF001 - no other way


def add_picture(made: Docx, png: bytes, *, alt: str, number: int) -> None:
    """Add a figure with its alternative text."""
    from docx.shared import Mm  # noqa: PLC0415 - heavy

    first = number == 1  # stands on the first page, below the answer
    shape = made.add_picture(io.BytesIO(png), width=Mm(FIRST_PICTURE_MM if first else PICTURE_MM))
    made.paragraphs[-1].paragraph_format.keep_with_next = True
    about = shape._inline.docPr  # noqa: SLF001 - no other way
    about.set("descr", alt)
    about.set("name", f"Figure {number}")


def add_footer(made: Docx, text: str) -> None:
    """Put a line with the page's number at the foot of every page."""
    from docx.shared import Pt  # noqa: PLC0415 - heavy

    line = made.sections[0].footer.paragraphs[0]
    line.add_run(f"{text}Page ")
    _field(line, "PAGE", "1")
    line.add_run(" of ")
    _field(line, "NUMPAGES", "1")
    line.style.font.size = Pt(SMALL_PT)


UPRIGHT_MM, SIDEWAYS_MM = (side - 2 * MARGIN_MM for side in A4_MM)
TABLE_PT, FINE_PT, MANY_COLUMNS = 8.0, 7.0, 8
"""Tables of many columns are set smaller, so that they fit an upright page."""
LETTER_MM_PER_PT = 0.2
"""A bold letter of Arial is a little under 0.6 of its size wide."""
SIDE_MM, PADDING_MM = 1.0, 2.6
"""Room left and right of a cell's text; both together with the lines between."""
TWIPS_PER_MM = 56.7
LONGEST_WORD = 16
"""Longer words, such as digests, may break."""
FEW_LETTERS, LINES = 24, 5
"""Short texts are to stand on one line, long ones on some."""


def needs_sideways(heads: Sequence[Node], rows: Sequence[Sequence[Node]]) -> bool:
    """Return whether a table's words would break on an upright page."""
    return sum(least for least, _ in _asked(heads, rows)) > UPRIGHT_MM


def add_table(
    made: Docx, heads: Sequence[Node], rows: Sequence[Sequence[Node]], *, sideways: bool
) -> None:
    """Add a table whose header row repeats on every page and whose rows stay whole."""
    from docx.shared import Mm  # noqa: PLC0415 - heavy

    table = made.add_table(rows=1 + len(rows), cols=len(heads), style="Table Grid")
    table.autofit = False
    sides = element("w:tblCellMar")
    for side in ("left", "right"):
        twips = str(round(SIDE_MM * TWIPS_PER_MM))
        sides.append(element(f"w:{side}", {"w:w": twips, "w:type": "dxa"}))
    table._tbl.tblPr.append(sides)  # noqa: SLF001 - no other way
    widths = [Mm(width) for width in _widths(_asked(heads, rows), sideways=sideways)]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    size_pt = _size_pt(heads)
    # asked for once: python-docx works all cells out again at every look
    lines = list(table.rows)
    for line, cells in zip(lines, [heads, *rows], strict=True):
        line._tr.get_or_add_trPr().append(element("w:cantSplit"))  # noqa: SLF001 - no other way
        for place, node, width in zip(line.cells, cells, widths, strict=True):
            place.width = width
            paragraph = place.paragraphs[0]
            paragraph.paragraph_format.space_after = Mm(0)
            if "num" in node.classes:
                paragraph.alignment = 2
            add_runs(paragraph, node, size_pt=size_pt)
    header = lines[0]._tr.get_or_add_trPr()  # noqa: SLF001 - no other way
    header.append(element("w:tblHeader"))
    made.add_paragraph()


def _size_pt(heads: Sequence[Node]) -> float:
    return TABLE_PT if len(heads) < MANY_COLUMNS else FINE_PT


def _asked(heads: Sequence[Node], rows: Sequence[Sequence[Node]]) -> list[tuple[float, float]]:
    """Return the least each column needs and what it would like, in millimetres."""
    letter = LETTER_MM_PER_PT * _size_pt(heads)
    asked = []
    for head, *cells in zip(heads, *rows, strict=True):
        least = min(max(map(_word, (head, *cells))), LONGEST_WORD)
        wish = max([least, *map(_wish, cells)])
        asked.append((least * letter + PADDING_MM, wish * letter + PADDING_MM))
    return asked


def _widths(asked: list[tuple[float, float]], *, sideways: bool) -> list[float]:
    """Return widths that fill the page: the least for all, the rest by what each would like."""
    room = SIDEWAYS_MM if sideways else UPRIGHT_MM
    least = sum(low for low, _ in asked)
    if least > room:
        return [room * low / least for low, _ in asked]
    more = sum(wish - low for low, wish in asked)
    if not more:
        return [room * low / least for low, _ in asked]
    return [low + (room - least) * (wish - low) / more for low, wish in asked]


def _word(node: Node) -> int:
    """Return the letters of a cell's longest word."""
    return max((len(part) for part in node.text().split()), default=0)


def _wish(node: Node) -> int:
    """Return how many letters wide a cell would like to be."""
    length = len(node.text())
    return max(min(length, FEW_LETTERS), length // LINES)


FIXED = datetime(2000, 1, 1)  # noqa: DTZ001 - a document's date, the same in every run
EARLIEST = (1980, 1, 1, 0, 0, 0)
CREATOR = "eh_access"
ABOUT = "docProps/app.xml"
LISTS = {"ul": "List Bullet", "ol": "List Number"}


def write(material: Material, path: Path) -> None:
    """Write the report for Word."""
    path.write_bytes(word_report(material.page))


def word_report(page: Page) -> bytes:
    """Return the report as a Word document."""
    tree = read_page(page.html)
    made = blank_document()
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
    add_footer(made, f"{title}. {warning}")
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
                add_runs(self.made.add_paragraph(style=LISTS[node.tag]), item)
        elif node.tag == "dl":
            self._pairs(node)
        elif "banner" in node.classes:
            for item in node.all("p"):
                add_runs(self.made.add_paragraph(style="Intense Quote"), item)
        else:
            add_runs(self.made.add_paragraph(), node)

    def turn(self, *, sideways: bool) -> None:
        """Go on on pages that stand upright or sideways."""
        if self.sideways != sideways:
            turn(self.made, sideways=sideways)
            self.sideways = sideways

    def _pairs(self, node: Node) -> None:
        for item in node.children():
            if item.tag == "dt":
                paragraph = self.made.add_paragraph()
                add_runs(paragraph, item)
                paragraph.add_run(": ")
            else:
                if not paragraph.text.endswith(" "):
                    paragraph.add_run(" ")
                add_runs(paragraph, item)

    def _number(self, kind: str) -> int:
        self.counts[kind] += 1
        return self.counts[kind]

    def _figure(self, node: Node) -> None:
        self.turn(sideways=False)
        image = next(node.all("img"))
        picture = self.pictures[image.attributes["src"]]
        number = self._number("Figure")
        add_picture(self.made, picture.svg.png, alt=picture.alt, number=number)
        caption = next(node.all("figcaption")).text()
        add_caption(self.made, "Figure", number, caption)

    def _table(self, node: Node) -> None:
        heads, rows = _cells(node)
        # what follows in the same section stays sideways, so that pages are not left half empty
        self.turn(sideways=self.sideways or needs_sideways(heads, rows))
        number = self._number("Table")
        caption = next(node.all("caption")).text()
        add_caption(self.made, "Table", number, caption, above=True)
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

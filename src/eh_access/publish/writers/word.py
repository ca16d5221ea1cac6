"""A document as a Word file."""

from __future__ import annotations

import copy
import io
import re
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eh_access.publish.charts import DARK_BLUE, GREY
from eh_access.publish.document import (
    SECTION,
    Block,
    Bullets,
    Document,
    Grid,
    Heading,
    PageBreak,
    Picture,
    Run,
    Words,
    longest_word,
    plain,
)

if TYPE_CHECKING:
    from eh_access.publish.writers.material import Material

NAME, WHAT = "report.docx", "the same for Word"
Docx = Any
"""python-docx is untyped."""

FONT = "Arial"
BODY_PT, SMALL_PT = 10.5, 9.0
A4_MM = (210, 297)
MARGIN_MM = 20
PICTURE_MM = 130


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


def add_runs(
    paragraph: Docx, words: Words, *, size_pt: float | None = None, bold: bool = False
) -> None:
    """Add words to a paragraph, what stands out in bold."""
    from docx.shared import Pt  # noqa: PLC0415 - heavy

    for part in (Run(words),) if isinstance(words, str) else words:
        run = paragraph.add_run(part.text)
        run.bold = bold or bool(part.emphasis) or None
        if size_pt is not None:
            run.font.size = Pt(size_pt)


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

    shape = made.add_picture(io.BytesIO(png), width=Mm(PICTURE_MM))
    made.paragraphs[-1].paragraph_format.keep_with_next = True
    about = shape._inline.docPr  # noqa: SLF001 - no other way
    about.set("descr", alt)
    about.set("name", f"Figure {number}")


def add_footer(made: Docx, text: str) -> None:
    """Put a line with the page's number at the foot of every page."""
    from docx.shared import Pt  # noqa: PLC0415 - heavy

    line = made.sections[0].footer.paragraphs[0]
    line.add_run(f"{text} Page ".lstrip())
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


def needs_sideways(grid: Grid) -> bool:
    """Return whether a table's words would break on an upright page."""
    return sum(least for least, _ in _asked(grid)) > UPRIGHT_MM


def add_table(made: Docx, grid: Grid, *, sideways: bool) -> None:
    """Add a table whose header row repeats on every page and whose rows stay whole."""
    from docx.shared import Mm  # noqa: PLC0415 - heavy

    table = made.add_table(rows=1 + len(grid.rows), cols=len(grid.heads), style="Table Grid")
    table.autofit = False
    sides = element("w:tblCellMar")
    for side in ("left", "right"):
        twips = str(round(SIDE_MM * TWIPS_PER_MM))
        sides.append(element(f"w:{side}", {"w:w": twips, "w:type": "dxa"}))
    table._tbl.tblPr.append(sides)  # noqa: SLF001 - no other way
    widths = [Mm(width) for width in _widths(_asked(grid), sideways=sideways)]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    size_pt = _size_pt(grid)
    # asked for once: python-docx works all cells out again at every look
    lines = list(table.rows)
    for number, (line, cells) in enumerate(zip(lines, [grid.heads, *grid.rows], strict=True)):
        line._tr.get_or_add_trPr().append(element("w:cantSplit"))  # noqa: SLF001 - no other way
        for column, (place, words, width) in enumerate(zip(line.cells, cells, widths, strict=True)):
            place.width = width
            paragraph = place.paragraphs[0]
            paragraph.paragraph_format.space_after = Mm(0)
            if column in grid.numbers:
                paragraph.alignment = 2
            bold = number == 0 or column < grid.headers
            add_runs(paragraph, words, size_pt=size_pt, bold=bold)
    header = lines[0]._tr.get_or_add_trPr()  # noqa: SLF001 - no other way
    header.append(element("w:tblHeader"))
    made.add_paragraph()


def _size_pt(grid: Grid) -> float:
    return TABLE_PT if len(grid.heads) < MANY_COLUMNS else FINE_PT


def _asked(grid: Grid) -> list[tuple[float, float]]:
    """Return the least each column needs and what it would like, in millimetres."""
    letter = LETTER_MM_PER_PT * _size_pt(grid)
    asked = []
    for head, *cells in zip(grid.heads, *grid.rows, strict=True):
        least = min(max(map(longest_word, (head, *cells))), LONGEST_WORD)
        wish = max([least, *(_wish(plain(cell)) for cell in cells)])
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


def _wish(text: str) -> int:
    """Return how many letters wide a cell would like to be."""
    return max(min(len(text), FEW_LETTERS), len(text) // LINES)


FIXED = datetime(2000, 1, 1)  # noqa: DTZ001 - a document's date, the same in every run
EARLIEST = (1980, 1, 1, 0, 0, 0)
CREATOR = "eh_access"
ABOUT = "docProps/app.xml"


def write(material: Material, path: Path) -> None:
    """Write the report for Word."""
    path.write_bytes(word(material.report))


def word(document: Document) -> bytes:
    """Return a document as a Word file with real headings and header rows."""
    made = blank_document()
    about = made.core_properties
    about.title, about.author, about.last_modified_by = document.title, CREATOR, CREATOR
    about.created = about.modified = FIXED
    about.language, about.comments, about.revision = "en-GB", "", 1
    made.add_heading(document.title, level=0)
    writer = _Writer(made)
    for place, block in enumerate(document.blocks):
        if isinstance(block, Heading) and block.level == SECTION:
            writer.turn(sideways=_begins_wide(document.blocks[place + 1 :]))
        writer.add(block)
    writer.turn(sideways=False)
    add_footer(made, document.footer)
    stream = io.BytesIO()
    made.save(stream)
    return _packed(stream.getvalue())


def _begins_wide(blocks: Iterable[Block]) -> bool:
    """Return whether the first figure or table of a section is a table that needs a wide page."""
    for block in blocks:
        if isinstance(block, Picture) or (isinstance(block, Heading) and block.level == SECTION):
            return False
        if isinstance(block, Grid):
            return needs_sideways(block)
    return False


STYLES = {"banner": "Intense Quote"}
SMALL = {"note", "kicker"}


class _Writer:
    """Adds blocks to a document, and turns the page where a table is wide."""

    def __init__(self, made: Docx) -> None:
        self.made = made
        self.sideways = False
        self.new_page = False
        self.counts = {"Table": 0, "Figure": 0}

    def add(self, block: Block) -> None:
        """Add one block."""
        if isinstance(block, PageBreak):
            self.new_page = True
        elif isinstance(block, Heading):
            heading = self.made.add_heading(plain(block.text), level=block.level - 1)
            heading.paragraph_format.page_break_before = self.new_page or None
            self.new_page = False
        elif isinstance(block, Picture):
            self.turn(sideways=False)
            number = self._number("Figure")
            add_picture(self.made, block.svg.png, alt=block.alt, number=number)
            add_caption(self.made, "Figure", number, block.caption)
        elif isinstance(block, Grid):
            # what follows in the same section stays sideways, so that no page is left half empty
            self.turn(sideways=self.sideways or needs_sideways(block))
            add_caption(self.made, "Table", self._number("Table"), block.caption, above=True)
            add_table(self.made, block, sideways=self.sideways)
        elif isinstance(block, Bullets):
            for item in block.items:
                add_runs(self.made.add_paragraph(style="List Bullet"), item)
        else:
            paragraph = self.made.add_paragraph(style=STYLES.get(block.kind))
            add_runs(paragraph, block.text, size_pt=SMALL_PT if block.kind in SMALL else None)

    def turn(self, *, sideways: bool) -> None:
        """Go on on pages that stand upright or sideways."""
        from docx.enum.section import WD_SECTION  # noqa: PLC0415 - heavy

        if self.sideways != sideways:
            _set_page(self.made.add_section(WD_SECTION.NEW_PAGE), sideways=sideways)
            self.sideways = sideways

    def _number(self, kind: str) -> int:
        self.counts[kind] += 1
        return self.counts[kind]


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

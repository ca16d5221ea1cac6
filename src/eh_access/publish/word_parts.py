"""The parts a Word document is made of, where python-docx has no words for them."""

from __future__ import annotations

import copy
import io
from typing import TYPE_CHECKING, Any

from eh_access.publish.drawing import DARK_BLUE, GREY

if TYPE_CHECKING:
    from eh_access.publish.page_tree import Node

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

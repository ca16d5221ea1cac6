"""Tables of a Word document: columns as wide as their words, header rows that repeat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eh_access.publish.word_parts import A4_MM, MARGIN_MM, Docx, add_runs, element

if TYPE_CHECKING:
    from eh_access.publish.page_tree import Node

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

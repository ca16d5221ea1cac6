"""Plain documents of headings, paragraphs and tables, as Markdown and as Word."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

FIXED = datetime(2000, 1, 1)  # noqa: DTZ001 - a document's date, the same in every run
EARLIEST = (1980, 1, 1, 0, 0, 0)
CREATOR = "eh_access"


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A heading below the title."""

    text: str  # words


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A paragraph."""

    text: str  # words


@dataclass(frozen=True, kw_only=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]  # one line each


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table with a row of headings."""

    caption: str  # what it shows
    heads: tuple[str, ...]  # headings of the columns
    rows: tuple[tuple[str, ...], ...]  # cells; the first of each row heads it


Block = Heading | Paragraph | Bullets | Grid


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document."""

    name: str  # for its file, without an ending
    title: str  # on top of it
    blocks: tuple[Block, ...]  # what follows


def markdown(document: Document) -> str:
    r"""Return a document as Markdown."""
    parts = [f"# {_escaped(document.title)}"]
    parts += ["\n".join(_lines(block)) for block in document.blocks]
    return "\n\n".join(parts) + "\n"


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"## {_escaped(block.text)}"
    elif isinstance(block, Paragraph):
        yield _escaped(block.text)
    elif isinstance(block, Bullets):
        yield from (f"- {_escaped(item)}" for item in block.items)
    else:
        yield f"**{_escaped(block.caption)}**"
        yield ""
        yield _row(block.heads)
        yield _row(["---"] * len(block.heads), raw=True)
        yield from (_row(row) for row in block.rows)


def _row(cells: Sequence[str], *, raw: bool = False) -> str:
    told = cells if raw else [_escaped(cell) or " " for cell in cells]
    return f"| {' | '.join(told)} |"


def _escaped(text: str) -> str:
    plain = " ".join(text.split())
    for sign in "\\`*_[]<>|#":
        plain = plain.replace(sign, f"\\{sign}")
    return plain


def word(document: Document) -> bytes:
    """Return a document as a Word file with real headings and header rows."""
    import docx  # noqa: PLC0415 - heavy

    made = docx.Document()
    about = made.core_properties
    about.title, about.author, about.last_modified_by = document.title, CREATOR, CREATOR
    about.created = about.modified = FIXED
    about.language, about.comments = "en-GB", ""
    _speak_british(made)
    made.add_heading(document.title, level=0)
    for block in document.blocks:
        _add(made, block)
    stream = io.BytesIO()
    made.save(stream)
    return _dated(stream.getvalue())


def _speak_british(made: Any) -> None:  # noqa: ANN401 - python-docx is untyped
    """Say what language the text is in, for spelling and for screen readers."""
    from docx.oxml import OxmlElement  # noqa: PLC0415 - heavy
    from docx.oxml.ns import qn  # noqa: PLC0415 - heavy

    properties = made.styles["Normal"].element.get_or_add_rPr()
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    properties.append(language)


def _add(made: Any, block: Block) -> None:  # noqa: ANN401 - python-docx is untyped
    if isinstance(block, Heading):
        made.add_heading(block.text, level=1)
    elif isinstance(block, Paragraph):
        made.add_paragraph(block.text)
    elif isinstance(block, Bullets):
        for item in block.items:
            made.add_paragraph(item, style="List Bullet")
    else:
        _add_grid(made, block)


def _add_grid(made: Any, block: Grid) -> None:  # noqa: ANN401 - python-docx is untyped
    from docx.oxml import OxmlElement  # noqa: PLC0415 - heavy

    caption = made.add_paragraph(block.caption, style="Caption")
    caption.paragraph_format.keep_with_next = True
    table = made.add_table(rows=1, cols=len(block.heads), style="Table Grid")
    header = table.rows[0]
    # repeated on every page, and told as a header by screen readers
    header._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - no other way
    for cell, text in zip(header.cells, block.heads, strict=True):
        cell.text = ""
        cell.paragraphs[0].add_run(text).bold = True
    for row in block.rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    made.add_paragraph()


def _dated(data: bytes) -> bytes:
    """Return a zipped file with one fixed date on all its parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for item in old.infolist():
            part = zipfile.ZipInfo(item.filename, EARLIEST)
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, old.read(item.filename))
    return stream.getvalue()

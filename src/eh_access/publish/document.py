"""A document as blocks, and the same blocks as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from eh_access.publish.charts import Drawing
    from eh_access.publish.table import Table

Emphasis = Literal["", "strong", "met", "not-met", "close", "cannot-say"]
Kind = Literal["", "question", "answer", "also", "banner", "note", "kicker"]
ANSWER_WORDS = 150
"""How long an answer may be that is read aloud: about a minute."""


@dataclass(frozen=True)
class Run:
    """Words that stand out alike and lead to the same place."""

    text: str  # the words
    emphasis: Emphasis = ""  # how they stand out; each outcome has one of its own
    href: str = ""  # where they lead, if anywhere


Words = str | tuple[Run, ...]


def plain(words: Words) -> str:
    """Return words without looks and links."""
    return words if isinstance(words, str) else "".join(run.text for run in words)


PHONE, SPACING = 34, 1
"""Letters of a table side by side on a screen of 320 pixels, and what the room between takes."""


def longest_word(words: Words) -> int:
    """Return the letters of the longest word."""
    return max(map(len, plain(words).split()), default=0)


SECTION = 2
"""The level of a heading that begins a section."""


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A heading below the title."""

    text: Words
    level: int = SECTION  # or 3, a part of one
    anchor: str = ""  # its address on the page


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A paragraph."""

    text: Words
    kind: Kind = ""  # what it is on the page

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(plain(self.text).split())


@dataclass(frozen=True, kw_only=True)
class Bullets:
    """A list."""

    items: tuple[Words, ...]  # one line each


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table with a row of headings."""

    caption: str  # what it shows
    heads: tuple[str, ...]  # headings of the columns
    rows: tuple[tuple[Words, ...], ...]  # cells
    numbers: frozenset[int] = frozenset()  # columns of numbers, aligned to the right
    headers: int = 1  # how many columns from the left name the row

    @classmethod
    def with_heads(
        cls, caption: str, heads: str | Sequence[str], rows: Sequence[Sequence[Words]]
    ) -> Grid:
        """Return a table whose headings may be one text, with " / " between them."""
        names = heads.split(" / ") if isinstance(heads, str) else heads
        return cls(caption=caption, heads=tuple(names), rows=tuple(map(tuple, rows)))

    @cached_property  # every cell of the page asks
    def is_wide(self) -> bool:
        """Whether its longest words do not stand side by side on a phone."""
        columns = zip(self.heads, *self.rows, strict=True)
        return sum(SPACING + max(map(longest_word, cells)) for cells in columns) > PHONE

    @classmethod
    def of(cls, table: Table) -> Grid:
        """Return a published table as a block."""
        return cls(
            caption=table.title,
            heads=tuple(column.heading for column in table.columns),
            rows=tuple(table.rows()),
            numbers=frozenset(n for n, column in enumerate(table.columns) if column.is_number),
            headers=table.headers,
        )


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure with the text that stands for it."""

    svg: Drawing  # the drawing
    alt: str  # what it shows, the finding first
    caption: str  # printed below it

    @property
    def address(self) -> str:
        """The drawing as an address that needs no network."""
        import base64  # noqa: PLC0415 - only for pages

        return "data:image/svg+xml;base64," + base64.b64encode(self.svg.encode()).decode()


@dataclass(frozen=True)
class PageBreak:
    """What follows begins a new page."""


Block = Heading | Paragraph | Bullets | Grid | Picture | PageBreak


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document."""

    name: str  # for its file, without an ending
    title: str  # on top of it
    blocks: tuple[Block, ...]  # what follows
    footer: str = ""  # at the foot of every page, before its number


def fitted(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield blocks, of the sentences that an answer may lack those that it has room for."""
    paragraphs = [block for block in blocks if isinstance(block, Paragraph)]
    room = ANSWER_WORDS - sum(each.words for each in paragraphs if each.kind == "answer")
    for block in blocks:
        if not isinstance(block, Paragraph) or block.kind != "also":
            yield block
        elif block.words <= room:
            room -= block.words
            yield replace(block, kind="answer")


def explained(blocks: Sequence[Block], mark: str, words: str) -> Iterator[Block]:
    """Yield blocks, and below the first of each page that holds a mark what it means."""
    noted = False
    for block in blocks:
        yield block
        noted = noted and not isinstance(block, PageBreak)
        if not noted and any(mark in plain(text) for text in _texts(block)):
            yield Paragraph(text=words, kind="note")
            noted = True


def _texts(block: Block) -> Iterator[Words]:
    if isinstance(block, Heading | Paragraph):
        yield block.text
    elif isinstance(block, Bullets):
        yield from block.items
    elif isinstance(block, Grid):
        yield from (cell for row in block.rows for cell in row)


def markdown(document: Document) -> str:
    """Return a document as Markdown."""
    parts = [f"# {_escaped(document.title)}"]
    parts += [text for block in document.blocks if (text := "\n".join(_lines(block)))]
    return "\n\n".join(parts) + "\n"


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"{'#' * block.level} {_marked(block.text)}"
    elif isinstance(block, Paragraph):
        yield _marked(block.text)
    elif isinstance(block, Bullets):
        yield from (f"- {_marked(item)}" for item in block.items)
    elif isinstance(block, Picture):
        yield f"Figure: {_escaped(block.alt)}"
    elif isinstance(block, Grid):
        yield f"**{_escaped(block.caption)}**"
        yield ""
        yield _row([_escaped(head) for head in block.heads])
        yield _row(["---"] * len(block.heads))
        yield from (_row([_marked(cell) for cell in row]) for row in block.rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell or ' ' for cell in cells)} |"


def _marked(words: Words) -> str:
    if isinstance(words, str):
        return _escaped(words)
    parts = []
    for run in words:
        text = _escaped(run.text, tidy=False)
        text = f"**{text}**" if run.emphasis else text
        parts.append(f"[{text}]({run.href})" if run.href else text)
    return " ".join("".join(parts).split())


def _escaped(text: str, *, tidy: bool = True) -> str:
    text = " ".join(text.split()) if tidy else text
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return text

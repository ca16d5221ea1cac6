"""A page of ours read back into a tree, so that what is printed elsewhere says just the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

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

"""A web page as a tree, and as sheets of paper, for tests that read what a writer wrote."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

VOID = frozenset({"meta", "link", "img", "br"})
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

    def words(self) -> str:
        """Return what it says."""
        return "".join(item if isinstance(item, str) else item.words() for item in self.inside)

    def text(self) -> str:
        """Return what it says, spaces tidied."""
        return SPACE.sub(" ", self.words()).strip()


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


def printed_pages(path: Path, folder: Path) -> int:
    """Return on how many sheets a page prints; skip where there is no browser."""
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("Chromium is not installed")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync")
    quiet = ("--disable-background-networking", "--disable-component-update")
    out = folder / "printed.pdf"
    subprocess.run(
        [
            *(browser, *flags, *quiet, f"--user-data-dir={folder / 'profile'}"),
            *("--no-pdf-header-footer", f"--print-to-pdf={out}", path.as_uri()),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return len(re.findall(rb"/Type\s*/Page[^s]", out.read_bytes()))

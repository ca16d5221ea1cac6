"""What a section of the report is made of, whatever it is printed on."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eh_access.publish.drawing import Drawing
    from eh_access.publish.tables import Table


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure of the report."""

    svg: Drawing  # the drawing
    alt: str  # what it shows, the finding first
    caption: str  # printed below it

    @property
    def address(self) -> str:
        """The drawing as an address that needs no network."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg.encode()).decode()


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a section; what is empty is not printed."""

    heading: str = ""  # words, or none
    paragraphs: tuple[str, ...] = ()  # sentences
    bullets: tuple[str, ...] = ()
    picture: Picture | None = None  # one of each at most
    table: Table | None = None
    notes: tuple[str, ...] = ()  # in small print below


@dataclass(frozen=True, kw_only=True)
class Section:
    """One section of the report."""

    anchor: str  # its address on the page
    title: str  # its heading
    parts: tuple[Part, ...]  # what it holds, in order

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
    """A figure of the report.

    Parameters
    ----------
    svg
        The drawing.
    alt
        What it shows, the finding first.
    caption
        Printed below it.
    """

    svg: Drawing
    alt: str
    caption: str

    @property
    def address(self) -> str:
        """The drawing as an address that needs no network."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg.encode()).decode()


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a section; what is empty is not printed.

    Parameters
    ----------
    heading
        Words, or none.
    paragraphs, bullets
        Sentences.
    picture, table
        One of each at most.
    notes
        In small print below.
    """

    heading: str = ""
    paragraphs: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    picture: Picture | None = None
    table: Table | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """One section of the report.

    Parameters
    ----------
    anchor
        Its address on the page.
    title
        Its heading.
    parts
        What it holds, in order.
    """

    anchor: str
    title: str
    parts: tuple[Part, ...]

"""The annex as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eh_access.publish.writers.html import page

if TYPE_CHECKING:
    from eh_access.publish.writers.material import Material

NAME, WHAT = "annex.html", "everything behind the answer"


def write(material: Material, path: Path) -> None:
    """Write the annex as a page, with its contents on top."""
    text = page(material.annex, material.words, material.result.provenance, contents=True)
    path.write_bytes(text.encode("utf-8"))

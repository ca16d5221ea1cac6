"""The report as one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eh_access.publish.writers.material import Material

NAME, WHAT = "report.html", "the answer in words, tables and charts"


def write(material: Material, path: Path) -> None:
    """Write the page of the report."""
    path.write_bytes(material.page.html.encode("utf-8"))

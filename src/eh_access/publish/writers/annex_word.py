"""The annex as a Word file, where a study asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eh_access.publish.writers.word import word

if TYPE_CHECKING:
    from eh_access.publish.writers.material import Material

NAME, WHAT = "annex.docx", "the annex for Word"
OPTION = "annex_docx"


def write(material: Material, path: Path) -> None:
    """Write the annex for Word."""
    path.write_bytes(word(material.annex))

"""What stands in a workbook, read from the file's own XML."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
Book = dict[str, tuple[ET.Element, dict[str, Any]]]


def sheets_of(path: Path) -> Book:
    """Return the cells of each sheet by address, read from the file's own XML."""
    with zipfile.ZipFile(path) as book:
        shared = ET.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314 - our own file
        texts = ["".join(part.text or "" for part in item.iter(f"{MAIN}t")) for item in shared]
        names = [
            item.get("name")
            for item in ET.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet")  # noqa: S314
        ]
        found = {}
        for number, name in enumerate(names, 1):
            root = ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314
            cells = {}
            for cell in root.iter(f"{MAIN}c"):
                value = cell.find(f"{MAIN}v")
                if value is not None:
                    is_text = cell.get("t") == "s"
                    cells[cell.get("r")] = texts[int(value.text)] if is_text else float(value.text)
            found[name] = (root, cells)
        return found

"""Writers: one file for each output, found by its name.

A writer is a module of this folder with ``NAME`` (the file it writes), ``WHAT`` (what that file is,
in a few words) and ``write(material, path)``. One with ``OPTION`` writes only where that key of a
study's ``[report]`` is true.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from eh_access.publish.writers.material import Material
    from eh_access.study.config import Report


class Writer(Protocol):
    """What a module that writes an output has."""

    NAME: str
    WHAT: str

    @staticmethod
    def write(material: Material, path: Path) -> None:
        """Write the output."""


FIRST = ("report.html", "annex.html", "report.docx", "map.html", "tables.xlsx", "results.gpkg")


@cache
def find_writers() -> dict[str, Writer]:
    """Return the writers in this folder, by the name of what they write, as they are to be read."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    writers = {module.NAME: cast("Writer", module) for module in modules if hasattr(module, "NAME")}
    return {name: writers[name] for name in (*FIRST, *writers)}


def writers_for(options: Report) -> dict[str, Writer]:
    """Return the writers that a study's ``[report]`` asks for."""
    return {
        name: writer
        for name, writer in find_writers().items()
        if not (option := getattr(writer, "OPTION", "")) or getattr(options, option)
    }

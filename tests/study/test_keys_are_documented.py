"""Every key a study.toml may have stands in the page that says how to write one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eh_access.study.config import Study
from study_files import every_key

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "own-study.md"


KEYS = sorted(set(every_key(Study)))


def passage(tables: tuple[str, ...]) -> str:
    """Return what the page says of a table: from its name to that of the next."""
    page = PAGE.read_text(encoding="utf-8")
    page = page[page.index("## Every key there is") :]
    if not tables:
        return page.split("**`[", maxsplit=1)[0]
    name = ".".join(tables[:2] if tables[1:] in {("streets",), ("timetable",)} else tables[:1])
    found = re.search(rf"\*\*`\[+{re.escape(name)}\]+`\*\*", page)
    assert found, f"[{name}] is not in own-study.md"
    return page[found.end() :].split("**`[", maxsplit=1)[0]


def test_the_whole_schema_is_looked_through() -> None:
    wanted = {
        ("schema",),
        ("data", "timetable"),
        ("sessions", "day"),
        ("scenario", "streets", "mph"),
        ("scenario", "move", "easting"),
        ("criterion", "threshold"),
        ("note", "level"),
        ("source", "licence"),
    }
    assert wanted <= set(KEYS)


@pytest.mark.parametrize("key", KEYS, ids=".".join)
def test_every_key_is_documented(key: tuple[str, ...]) -> None:
    if len(key) == 1 and any(other[:1] == key and len(other) > 1 for other in KEYS):
        assert passage(key)
        return
    assert re.search(rf"[`{{ ]{re.escape(key[-1])}(`| = )", passage(key[:-1])), key

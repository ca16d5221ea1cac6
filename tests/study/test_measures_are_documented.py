"""What a criterion can ask stands in the page that says how to write one, and its examples work."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from eh_access.criteria.criterion import KINDS, Criterion
from eh_access.criteria.schema import as_tuples
from eh_access.measures.basic import ThereAndBack
from eh_access.measures.equity import GROUPS

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "own-study.md"
CODE = re.compile(r"`([^`]+)`")
COMMON = {
    "id": "x",
    "title": "X",
    "mode": "walk",
    "source": "made up",
    "set_by": "nobody",
    "set_on": "2026-11-22",
}


def rows(header: str) -> dict[str, list[str]]:
    """Return the rows of the table with such a header, by what stands first in each."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(header))
    found = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        first, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        found[CODE.findall(first)[0]] = cells
    return found


TABLE = rows("| `measure` | its value |")


def test_every_measure_is_listed_and_no_other() -> None:
    assert sorted(TABLE) == sorted(KINDS)


@pytest.mark.parametrize("measure", KINDS)
def test_what_a_measure_needs_and_may_have(measure: str) -> None:
    _, needs, may, _ = TABLE[measure]
    assert tuple(CODE.findall(needs)) == KINDS[measure].needs
    assert tuple(CODE.findall(may)) == KINDS[measure].may


def example(measure: str) -> dict[str, object]:
    text = "\n".join(CODE.findall(TABLE[measure][-1]))
    day = tomllib.loads(f"set_on = {COMMON['set_on']}")
    return {**COMMON, **day, **as_tuples(tomllib.loads(text)), "measure": measure}


@pytest.mark.parametrize("measure", KINDS)
def test_the_example_is_one_and_needs_what_is_said(measure: str) -> None:
    assert Criterion.model_validate(example(measure)).measure == measure
    for key in KINDS[measure].needs:
        less = {name: value for name, value in example(measure).items() if name != key}
        with pytest.raises(ValidationError, match=f"{key}: {measure} needs it"):
            Criterion.model_validate(less)


def test_the_values_of_keys() -> None:
    values = rows("| key | its values |")
    quoted = {key: set(re.findall(r'`"([^"]+)"`', cells[0])) for key, cells in values.items()}
    assert quoted["group"] == set(GROUPS)
    assert quoted["there_and_back"] == set(get_args(ThereAndBack))
    assert quoted["sites"] == set(get_args(Criterion.model_fields["sites"].annotation))
    assert all(group.column in values["group"][0] for group in GROUPS.values())
    further = {key for spec in KINDS.values() for key in spec.may} | {"group", "by"}
    assert further <= set(values)

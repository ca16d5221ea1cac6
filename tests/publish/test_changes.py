"""What prints alike before and after is said not to change, wherever two figures stand together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eh_access.publish.context import annex, report
from eh_access.publish.document import markdown
from eh_access.publish.tabulations import further_tables, tabulate
from eh_access.publish.templates import shipped
from eh_access.study.config import load_study
from eh_access.study.findings import find_findings
from eh_access.study.run import run_study
from map_study import study_text, write_tables

FIGURE = r"((?:about )?\d[\d.,]*(?:%| points?| minutes?)?)"
TWICE = re.compile(
    rf"from {FIGURE} to \1(?![\d.,%]*\d)|{FIGURE}(?: instead of|, not) \2(?![\d.,%]*\d)"
    rf"|{FIGURE} before, \3 after|{FIGURE}, \4 before|[^.]* by 0\.0 [^.]*"
)


@pytest.mark.parametrize(
    ("macro", "differ", "alike"),
    [
        ("moves", "goes from 94.8% to 94.4%", "stays at 94.8%"),
        ("instead", " instead of 94.4%", ", as before"),
        ("was", "94.4% before", "as before"),
        ("both", "94.8% before, 94.4% after", "94.8% before and after"),
        ("against", ", not 94.4%", " either way"),
    ],
)
def test_two_figures_that_print_alike_are_no_change(macro: str, differ: str, alike: str) -> None:
    template = shipped()
    assert template.macro("changes.md.j2", macro, "94.8%", "94.4%") == differ.strip()
    assert template.macro("changes.md.j2", macro, "94.8%", "94.8%") == alike.strip()


def test_an_average_grows_shrinks_or_stays() -> None:
    says = [shipped().macro("changes.md.j2", "grows", by) for by in (1.5, -1.5, 0.0)]
    assert says == ["grows by 1.5 minutes", "shrinks by 1.5 minutes", "stays as it is"]


def test_nothing_that_stays_the_same_is_told_as_a_change(tmp_path: Path) -> None:
    write_tables(tmp_path)
    text = study_text()
    kept = text[: text.index('[[scenario]]\nname = "close-b"')]
    longer = '[[scenario]]\nname = "longer"\nlabel = "A opens longer"\nset_hours = { a = 40 }\n'
    (tmp_path / "study.toml").write_text(
        kept + longer + text[text.index("[[criterion]]") :], encoding="utf-8"
    )
    result = run_study(load_study(tmp_path / "study.toml"))
    findings = find_findings(result)
    tables = {**tabulate(result), **further_tables(result, findings)}
    pages = markdown(report(result, tables, findings))
    assert " stays at " in pages
    assert "as before" in pages
    for document in (pages, markdown(annex(result, tables, findings))):
        prose = "\n".join(line for line in document.splitlines() if not line.startswith("|"))
        assert [found[0] for found in TWICE.finditer(prose)] == []

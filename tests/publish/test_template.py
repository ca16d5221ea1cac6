"""Templates: what they may say, what a study may put in their place, and what goes wrong."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import InputError
from eh_access.facts import note
from eh_access.publish import templates
from eh_access.publish.document import Bullets, Grid, Heading, PageBreak, Paragraph, Run, plain
from eh_access.publish.notes import note_text
from eh_access.publish.outputs import write_outputs
from eh_access.publish.table import Column, make_table
from eh_access.publish.templates import Templates, study_templates
from eh_access.publish.writers.html import html_blocks
from eh_access.study.config import load_study
from eh_access.study.findings import find_findings
from eh_access.study.result import StudyResult
from map_study import toy_result
from study_cli import run_cli
from study_files import write_study

UNSAID = {"one_way_km"}
"""Given to a phrase on streets, which is always as it ships."""
TOY = """## Heading [#here]

One **bold** {{ word }},
[a link](annex.html).

- first
- second
---

answer| Read aloud.
"""


def blocks_of(folder: Path, text: str, **facts: Any) -> tuple[Any, ...]:  # noqa: ANN401 - facts
    (folder / "footer.md.j2").write_text(text, encoding="utf-8")
    return Templates(folder).blocks("footer", facts)


def test_the_signs(tmp_path: Path) -> None:
    heading, words, items, new_page, answer = blocks_of(tmp_path, TOY, word="word")
    assert heading == Heading(text="Heading", level=2, anchor="here")
    assert words == Paragraph(
        text=(
            Run("One "),
            Run("bold", "strong"),
            Run(" word, "),
            Run("a link", href="annex.html"),
            Run("."),
        )
    )
    assert items == Bullets(items=("first", "second"))
    assert new_page == PageBreak()
    assert answer == Paragraph(text="Read aloud.", kind="answer")


def test_a_sign_whose_words_are_left_out_is_no_block(tmp_path: Path) -> None:
    text = "note| {{ word }}\n\nWords.\n\nbanner|\n"
    assert blocks_of(tmp_path, text, word="") == (Paragraph(text="Words."),)
    small = Paragraph(text="x", kind="note")
    assert blocks_of(tmp_path, text, word="x") == (small, Paragraph(text="Words."))


@given(st.text(st.characters(exclude_categories=("Cs", "Co", "Cc")), max_size=40))
def test_a_value_is_never_more_than_text(
    tmp_path_factory: pytest.TempPathFactory, value: str
) -> None:
    folder = tmp_path_factory.mktemp("values")
    found = blocks_of(folder, "## A {{ word }}\n\nIs {{ word }}.\n\n- {{ word }}!\n", word=value)
    assert [type(block) for block in found] == [Heading, Paragraph, Bullets]
    assert " ".join(plain(found[1].text).split()) == " ".join(f"Is {value}.".split())


def test_a_table_is_a_block_and_its_notes_are_printed_once(tmp_path: Path) -> None:
    import pandas as pd  # noqa: PLC0415 - for one table

    columns = (Column("a", "A"), Column("n", "N", "count"))
    frame = pd.DataFrame({"a": ["x"], "n": [1.0]})
    table = make_table("t", "A table", columns, frame, notes=("Modelled.",))
    found = blocks_of(tmp_path, "{{ table }}\n\n{{ table }}\n", table=table)
    assert [type(block) for block in found] == [Grid, Paragraph, Grid]
    assert found[0].rows == (("x", "1"),)
    assert found[0].numbers == {1}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("line\n{% if %}", "line 2"),
        ("{{ share }}", "needs a filter"),
        ("{{ word|nothing }}", "No filter named 'nothing'"),
        ("{{ word.what.ever }}", "has no attribute"),
        ('{% include "not/there.md.j2" %}', "which is not there"),
        ("{{ word }", "line 1"),
    ],
)
def test_a_fault_is_one_message_with_its_place(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(InputError, match=match) as raised:
        blocks_of(tmp_path, text, word="word", share=0.5)
    assert "footer" in str(raised.value)
    assert len(raised.value.faults) == 1


def test_a_folder_that_is_not_there_and_a_name_of_no_template(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        Templates(tmp_path / "nowhere")
    (tmp_path / "anser.md.j2").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"'.*anser.md.j2' has the name of no template") as caught:
        Templates(tmp_path)
    assert "did you mean 'annex.md.j2' or 'report/answer.md.j2'?" in str(caught.value)
    assert "docs/how-to/report-in-your-words.md lists them all" in str(caught.value)
    assert str(caught.value).count(".md.j2") <= 3


def test_every_fault_of_own_templates_is_found_before_they_are_filled_in(tmp_path: Path) -> None:
    (tmp_path / "sections").mkdir()
    texts = {
        "footer.md.j2": "{{ study.title }}\n{{ stdy.title }}",
        "report.md.j2": "{% if %}",
        "sections/own.md.j2": "{% set here = 1 %}{{ here }}{% for x in scenarios %}{{ x }}"
        "{% endfor %}{{ zzzzzz }}{{ range(3)|length }}",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Templates(tmp_path).check()
    syntax, footer, own = caught.value.faults
    assert footer.startswith(
        "template 'footer.md.j2', line 2: there is no fact 'stdy'; did you mean"
    )
    assert "no fact 'zzzzzz'; no template that ships asks for one" in own
    assert "report.md.j2', line 1: " in syntax


def test_a_copy_of_every_template_that_ships_is_sound(tmp_path: Path) -> None:
    shipped = Path(templates.__file__).parent
    for path in shipped.rglob("*.j2"):
        if path.name.endswith(templates.ENDING) or path.name in templates.OF_SENTENCES:
            copy = tmp_path / path.relative_to(shipped)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    Templates(tmp_path).check()


def test_no_fact_is_given_to_a_template_that_check_would_not_know(
    toy: tuple[StudyResult, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: set[str] = set()
    for name in ("_filled", "_named"):
        through = getattr(Templates, name)

        def noted(self: Templates, *args: Any, through: Any = through) -> str:  # noqa: ANN401
            given.update(args[-1])
            return str(through(self, *args))

        monkeypatch.setattr(Templates, name, noted)
    result, _ = toy
    write_outputs(result, find_findings(result), tmp_path)
    assert {"study", "headline", "criterion"} <= given
    assert given <= templates.shipped().facts() | UNSAID


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyResult, Path]:
    folder = tmp_path_factory.mktemp("own-words")
    return toy_result(folder), folder


def test_a_study_has_templates_of_its_own(tmp_path: Path) -> None:
    toy = write_study(tmp_path / "toy")
    (words := toy.path / "our-words" / "report").mkdir(parents=True)
    (words / "unknown.md.j2").write_text(
        "---\n\n## What {{ study.place }} does not know\n\n**Ask us.**\n", encoding="utf-8"
    )
    toy.change("study.toml", '"Toytown"', '"Toytown </script>"')
    toy.change("study.toml", "[settings]", '[report]\ntemplates = "our-words"\n\n[settings]')
    ran = run_cli("report", toy.toml, "--out", tmp_path / "out")
    assert ran.code == 0, ran.err
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "What Toytown &lt;/script&gt; does not know" in page
    assert "<strong>Ask us.</strong>" in page
    (words / "unknown.md.j2").write_text("{{ nobody }}", encoding="utf-8")
    ran = run_cli("report", toy.toml, "--out", tmp_path / "again")
    assert ran.code != 0
    assert "'nobody' is undefined" in ran.err
    checked = run_cli("check", toy.toml)
    assert (checked.code, "there is no fact 'nobody'" in checked.err) == (2, True)
    assert "Traceback" not in ran.err
    assert not (tmp_path / "again" / "report.html").exists()


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x"]
)
def test_an_address_that_would_run_is_no_link(address: str) -> None:
    assert html_blocks([Paragraph(text=(Run("words", href=address),))]) == "<p>words</p>\n"


@pytest.mark.parametrize("address", ["annex.html#x", "https://a.org", "#here", "mailto:a@b.org"])
def test_an_address_to_read_at_is_a_link(address: str) -> None:
    assert f'href="{address}"' in html_blocks([Paragraph(text=(Run("words", href=address),))])


def test_check_reads_a_study_s_templates(tmp_path: Path) -> None:
    toy = write_study(tmp_path / "toy")
    (toy.path / "own").mkdir()
    (toy.path / "own" / "footer.md.j2").write_text("{% if %}", encoding="utf-8")
    toy.change("study.toml", "[settings]", '[report]\ntemplates = "own"\n\n[settings]')
    ran = run_cli("check", toy.toml)
    assert (ran.code, "footer.md.j2" in ran.err) == (2, True)


def test_titles_reasons_and_notes_follow_a_study_s_own_templates(tmp_path: Path) -> None:
    toy = write_study(tmp_path / "toy")
    (own := toy.path / "own" / "criteria").mkdir(parents=True)
    blocks = ("title", "label", "meaning", "fact")
    lines = [f"{{% block {name} %}}Our {name}{{% endblock %}}" for name in blocks]
    (own / "coverage.md.j2").write_text("\n".join(lines), encoding="utf-8")
    (toy.path / "own" / "notes.j2").write_text(
        "{% macro unknown_site(name) %}Nobody knows {{ name }}.{% endmacro %}", encoding="utf-8"
    )
    toy.change("study.toml", 'title = "Near on foot"\n', "")
    toy.change("study.toml", "[settings]", '[report]\ntemplates = "own"\n\n[settings]')
    study = load_study(toy.toml)
    assert [(item.title, item.label) for item in study.criteria] == [("Our title", "Our label")]
    templates = study_templates(study)
    assert templates.part("criteria/coverage", "fact", {}) == "Our fact"
    unknown = note("warning", "unknown-site", name="Valley")
    assert note_text(unknown, templates) == "Nobody knows Valley."


def test_no_item_runs_into_the_next() -> None:
    """A line that ends with a tag of Jinja loses its own end, so a blank one must follow it."""
    folder = Path(templates.__file__).parent
    for path in sorted(folder.rglob("*.md.j2")):
        lines = [*path.read_text("utf-8").splitlines(), ""]
        for line, after in pairwise(lines):
            item = re.match(r"- |[a-z]+\| ", line)
            assert not (item and line.endswith("%}") and after), f"{path.name}: {line}"

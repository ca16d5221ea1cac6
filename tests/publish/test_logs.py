"""The logs say what the manifest says, in Markdown and in Word, with real headings and headers."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn

from eh_access.publish.document import Document, Grid, Paragraph, markdown
from eh_access.publish.notes import note_rows
from eh_access.publish.writers.logs import LOG_NAMES
from eh_access.publish.writers.word import word
from eh_access.study.manifest import build_manifest
from eh_access.study.result import StudyResult
from study_cli import run_cli


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, rotherham_estimate: StudyResult) -> Path:
    folder = tmp_path_factory.mktemp("run")
    manifest = build_manifest(rotherham_estimate, {}, notes=note_rows(rotherham_estimate.notes))
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    ran = run_cli("log", folder / "manifest.json")
    assert (ran.code, ran.err) == (0, "")
    assert "check every line, complete and sign" in ran.out
    return folder


def words_of(path: Path) -> str:
    made = docx.Document(str(path))
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in made.paragraphs), *cells])


def text_of(run: Path, name: str) -> str:
    return (run / "logs" / name).read_text(encoding="utf-8").replace("\\", "")


def test_four_documents_in_two_forms(run: Path) -> None:
    assert sorted(path.name for path in (run / "logs").iterdir()) == sorted(LOG_NAMES)


def test_every_input_and_every_step_is_in_the_data_log(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    for told in (text_of(run, "data-log.md"), words_of(run / "logs" / "data-log.docx")):
        for item in manifest["inputs"]:
            assert item["sha256"] in told
            assert item["name"] in told
        for item in manifest["counts"]:
            assert item["step"] in told
        for item in manifest["provenance"]:
            assert item["licence"] in told


def test_every_yardstick_and_scenario_is_in_the_decisions_log(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    told = text_of(run, "decisions-log.md")
    for item in manifest["criteria"]["list"]:
        assert item["source"] in told
        assert item["set_by"] in told
    assert "Which six of the eleven youth centres stay is not known" in told
    assert "20181022" in told


def test_every_warning_is_a_known_limit(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    told = text_of(run, "assurance-statement.md")
    warnings = [note["text"] for note in manifest["notes"] if note["level"] == "warning"]
    assert len(warnings) > 3
    assert [text for text in warnings if text not in told] == []
    assert "cannot say (points to not met)" in told
    assert "[to be completed]" in told


def test_what_was_assumed_is_said(run: Path) -> None:
    told = text_of(run, "assumptions-log.md")
    for words in ("full-time from 25 hours", "walking metres = 122 + 1.20", "Census 2021 counts"):
        assert words in told


@pytest.mark.parametrize("name", [name for name in LOG_NAMES if name.endswith(".docx")])
def test_word_files_have_real_headings_and_table_headers(run: Path, name: str) -> None:
    made = docx.Document(str(run / "logs" / name))
    styles = [paragraph.style.name for paragraph in made.paragraphs]
    assert styles[0] == "Title"
    assert styles.count("Heading 1") >= 1
    assert made.tables
    for table in made.tables:
        properties = table.rows[0]._tr.trPr  # noqa: SLF001 - python-docx shows it nowhere else
        assert properties.find(qn("w:tblHeader")) is not None
    assert made.core_properties.title
    assert made.core_properties.language == "en-GB"


def test_two_runs_give_the_same_bytes(run: Path, tmp_path: Path) -> None:
    assert run_cli("log", run, "--out", tmp_path, "--quiet").out == ""
    for name in LOG_NAMES:
        assert (tmp_path / name).read_bytes() == (run / "logs" / name).read_bytes()


def test_signs_of_markdown_stay_text() -> None:
    grid = Grid(caption="T", heads=("a", "b"), rows=(("x|y", "<b>*z*"),))
    told = markdown(Document(name="d", title="D", blocks=(Paragraph(text="[a](b)"), grid)))
    assert r"\[a\](b)" in told
    assert r"| x\|y | \<b\>\*z\* |" in told


def test_word_bytes_depend_on_the_document_alone() -> None:
    document = Document(name="d", title="D", blocks=(Paragraph(text="One."),))
    assert word(document) == word(document)


def test_a_manifest_that_is_none(tmp_path: Path) -> None:
    ran = run_cli("log", tmp_path / "manifest.json")
    assert ran.code == 2
    assert "cannot be read" in ran.err
    assert not (tmp_path / "logs").exists()


def test_criteria_set_after_results_are_named(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    late = [item["label"] for item in manifest["criteria"]["list"] if item["after_results"]]
    assert len(late) == 3
    text = text_of(run, "assurance-statement.md")
    assert (
        f"3 of 9 were set after results by earlier ones had been seen: {'; '.join(late)}." in text
    )
    assert text_of(run, "decisions-log.md").count("(after results)") == 3

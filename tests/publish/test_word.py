from __future__ import annotations

import dataclasses
import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import docx
import pytest

from eh_access.publish.context import report
from eh_access.publish.document import Document, Grid, Heading, Picture, plain
from eh_access.publish.outputs import write_outputs
from eh_access.publish.tabulations import tabulate
from eh_access.publish.writers import writers_for
from eh_access.publish.writers.word import word
from eh_access.study.config import Report
from eh_access.study.findings import Findings
from eh_access.study.result import StudyResult
from pages import read_page


@pytest.fixture(scope="module")
def made(toy: StudyResult) -> Document:
    return report(toy, tabulate(toy))


@pytest.fixture(scope="module")
def data(made: Document) -> bytes:
    return word(made)


def test_the_annex_is_written_for_word_where_a_study_asks_for_it(
    toy: StudyResult, toy_findings: Findings, tmp_path: Path
) -> None:
    asked = toy.study.model_copy(update={"report": Report(annex_docx=True)})
    written = write_outputs(dataclasses.replace(toy, study=asked), toy_findings, tmp_path)
    page = read_page(written["annex.html"].read_text(encoding="utf-8"))
    document = docx.Document(str(written["annex.docx"]))
    assert len(document.tables) == len(list(page.all("table"))) > 5
    heads = [node.text() for node in page.all("h2")]
    styled = [line.text for line in document.paragraphs if line.style.name == "Heading 1"]
    assert styled == heads
    assert "annex.docx" in [link.text() for link in page.all("a")]
    assert "annex.docx" in written["manifest.json"].read_text(encoding="utf-8")
    assert "annex.docx" not in writers_for(toy.study.report)


def xml(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return parts.read("word/document.xml").decode("utf-8")


def test_two_runs_give_the_same_bytes_and_no_clock_is_read(made: Document, data: bytes) -> None:
    assert word(made) == data
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert {item.date_time for item in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert docx.Document(io.BytesIO(data)).core_properties.created.year == 2000


def test_the_program_named_in_it_is_the_one_that_made_it(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        about = parts.read("docProps/app.xml").decode("utf-8")
    assert "<Application>eh_access</Application>" in about
    assert "Microsoft" not in about
    assert "AppVersion" not in about


def test_headings_are_those_of_the_page_in_order(made: Document, data: bytes) -> None:
    levels = {"Title": 1, "Heading 1": 2, "Heading 2": 3}
    found = [
        (levels[paragraph.style.name], paragraph.text)
        for paragraph in docx.Document(io.BytesIO(data)).paragraphs
        if paragraph.style.name in levels
    ]
    blocks = [block for block in made.blocks if isinstance(block, Heading)]
    assert found == [(1, made.title), *((block.level, plain(block.text)) for block in blocks)]


def test_every_table_repeats_its_header_and_has_a_numbered_caption(
    made: Document, data: bytes
) -> None:
    document, text = docx.Document(io.BytesIO(data)), xml(data)
    assert len(document.tables) == sum(isinstance(block, Grid) for block in made.blocks) > 0
    assert text.count("<w:tblHeader/>") == len(document.tables)
    assert text.count("SEQ Table") == len(document.tables)


def test_every_picture_has_its_alternative_text(made: Document, data: bytes) -> None:
    told = re.findall(r'<wp:docPr [^>]*descr="([^"]*)"', xml(data))
    assert len(told) == sum(isinstance(block, Picture) for block in made.blocks) > 0
    assert all(len(text) > 40 for text in told)


def test_every_page_has_its_number(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        foot = "".join(
            parts.read(name).decode("utf-8") for name in parts.namelist() if "footer" in name
        )
    assert "PAGE" in foot
    assert "NUMPAGES" in foot


def test_libreoffice_opens_it(data: bytes, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "report.docx").write_bytes(data)
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    command = [office, home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run(
        [*command, str(tmp_path / "report.docx")], check=True, capture_output=True, timeout=120
    )
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")

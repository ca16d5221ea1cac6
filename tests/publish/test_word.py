from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import docx
import pytest

from eh_access.publish.prose import NOTHING
from eh_access.publish.report import Page, report_page
from eh_access.publish.tabulations import tabulate
from eh_access.publish.writers.word import read_page, word_report
from eh_access.study.result import StudyResult


@pytest.fixture(scope="module")
def page(toy: StudyResult) -> Page:
    return report_page(toy, tabulate(toy), NOTHING)


@pytest.fixture(scope="module")
def data(page: Page) -> bytes:
    return word_report(page)


def xml(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return parts.read("word/document.xml").decode("utf-8")


def test_two_runs_give_the_same_bytes_and_no_clock_is_read(page: Page, data: bytes) -> None:
    assert word_report(page) == data
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert {item.date_time for item in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert docx.Document(io.BytesIO(data)).core_properties.created.year == 2000


def test_the_program_named_in_it_is_the_one_that_made_it(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        about = parts.read("docProps/app.xml").decode("utf-8")
    assert "<Application>eh_access</Application>" in about
    assert "Microsoft" not in about
    assert "AppVersion" not in about


def test_headings_are_those_of_the_page_in_order(page: Page, data: bytes) -> None:
    levels = {"Title": "h1", "Heading 1": "h2", "Heading 2": "h3"}
    found = [
        (levels[paragraph.style.name], " ".join(paragraph.text.split()))
        for paragraph in docx.Document(io.BytesIO(data)).paragraphs
        if paragraph.style.name in levels
    ]
    tree = read_page(page.html)
    assert found == [(node.tag, node.text()) for node in tree.all("h1", "h2", "h3")]


def test_every_table_repeats_its_header_and_has_a_numbered_caption(data: bytes) -> None:
    document, text = docx.Document(io.BytesIO(data)), xml(data)
    assert len(document.tables) > 5
    assert text.count("<w:tblHeader/>") == len(document.tables)
    assert text.count("SEQ Table") == len(document.tables)


def test_every_picture_has_its_alternative_text(page: Page, data: bytes) -> None:
    told = re.findall(r'<wp:docPr [^>]*descr="([^"]*)"', xml(data))
    assert len(told) == len(page.pictures) > 0
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

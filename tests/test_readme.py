"""What the README and the guides tell a reader to type is typed here, and every link is followed.

Fenced blocks: ``python`` blocks of a page run one after another in one process; ``sh`` lines that
begin with ``eh-access`` run as they stand; ``toml NAME`` and ``csv NAME`` blocks become the file
NAME in the reader's folder first, a workbook where NAME is one, beside a timetable, ``gtfs.zip``.
Commands that need a connection or a fresh machine are checked, not run.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from study_cli import run_cli
from study_files import write_study

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\S*)[ ]?(.*?)\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
KNOWN_BLOCKS = {"python", "sh", "powershell", "toml", "text", "csv", "html"}
ADDED = ROOT / "docs" / "how-to" / "extend.md"
"""Its blocks are files of the library: ``test_extend.py`` writes and runs them."""
WHOLE = {
    "eh-access report newport --out out/newport",
    "eh-access report study.toml --out out/my-town",
}
"""Reports that are written here, beside Rotherham's."""
CLI = [sys.executable, "-c", "import sys; from eh_access.cli import main; sys.exit(main())"]


@dataclass(frozen=True)
class Block:
    language: str
    title: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*found) for found in FENCE.findall(page.read_text(encoding="utf-8"))]


def commands(page: Path) -> Iterator[str]:
    for block in blocks(page):
        if block.language in {"sh", "powershell"}:
            for line in block.text.replace("\\\n", " ").splitlines():
                command = line.split(" #")[0].strip()
                if command and not command.startswith("#"):
                    yield command


def pages_with(*, start: str | None = None, language: str | None = None) -> list[Path]:
    if language:
        pages = [page for page in PAGES if page != ADDED]
        return [page for page in pages if any(b.language == language for b in blocks(page))]
    return [page for page in PAGES if any(c.startswith(start or "") for c in commands(page))]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prepare(page: Path, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Write the page's files into a reader's folder, and go there."""
    for block in blocks(page):
        if block.title.endswith(".xlsx"):
            pd.read_csv(io.StringIO(block.text)).to_excel(folder / block.title, index=False)
        elif block.language in {"toml", "csv"} and block.title:
            (folder / block.title).write_text(block.text, encoding="utf-8")
    for feed in ("gtfs.zip", "yorkshire_gtfs.zip"):
        shutil.copy(ROOT / "data" / "timetables" / "newport.zip", folder / feed)
    patch.chdir(folder)
    patch.setenv("COLUMNS", "100")


def call(*words: str) -> str:
    """Run a command in this process, as `test_cli.py` has tried it as a program."""
    done = run_cli(*words)
    assert done.code == 0, f"{words}\n{done.out}\n{done.err}"
    return done.out


def test_links_lead_somewhere() -> None:
    missing = []
    for page in PAGES:
        targets = [link.split("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8"))]
        local = [target for target in targets if target and "://" not in target]
        missing += [(name(page), target) for target in local if not (page.parent / target).exists()]
    assert missing == []


def test_every_block_is_of_a_kind_that_is_tested() -> None:
    kinds = {(name(page), block.language) for page in PAGES for block in blocks(page)}
    assert {kind for kind in kinds if kind[1] not in KNOWN_BLOCKS} == set()


def test_toml_is_toml() -> None:
    for page in PAGES:
        for block in blocks(page):
            if block.language == "toml":
                tomllib.loads(block.text)


@pytest.mark.slow
@pytest.mark.examples
@pytest.mark.parametrize("page", pages_with(language="python"), ids=name)
def test_python_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(page, tmp_path, monkeypatch)
    script = "\n".join(block.text for block in blocks(page) if block.language == "python")
    if "write_outputs" in script:  # the same lines on a study of three homes
        toy = write_study(tmp_path / "toy").path
        script = script.replace('load_study("rotherham")', f"load_study({str(toy)!r})")
    exec(compile(script, page.name, "exec"), {"__name__": "__main__"})  # noqa: S102 - our own page


@pytest.fixture(scope="module")
def ran() -> set[str]:
    """Commands that ran already: some stand on several pages, and each need run only once."""
    return set()


@pytest.fixture(scope="module")
def desk(
    tmp_path_factory: pytest.TempPathFactory, rotherham_report: tuple[str, Path], ran: set[str]
) -> Path:
    """One folder for all pages: what a command wrote is there for those that need not run again."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(rotherham_report[1], folder / "out" / "rotherham")
    ran.add("eh-access report")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_with(start="eh-access"), ids=name)
def test_commands_run(
    page: Path, desk: Path, ran: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(page, desk, monkeypatch)
    done: set[str] = set()  # of this page: another has its own study.toml
    for command in commands(page):
        words = shlex.split(command.replace("/manifest.json", ""))  # both forms are tested below
        if words[0] != "eh-access" or shlex.join(words) in ran:
            continue
        ran.add(shlex.join(words))
        if words[1:3] in (["network", "download"], ["timetable", "download"]):
            # needs a connection: only that it is there
            words = [*words[:3], "--help"]
        elif words[1] in {"new", "batch"}:  # a connection, or a plan of the reader's own
            words = [*words[:2], "--help"]  # tests/sources and tests/batch run them
        elif words[1] == "report" and shlex.join(words) not in WHOLE:
            # read as a report is, up to routing: tests/study runs variants, tests/sources downloads
            offered = call("report", "--help")
            assert [word for word in words if word.startswith("--") and word not in offered] == []
            study = words[2] if words[2][0] != "-" else "rotherham"
            words = ["eh-access", "check", study]
        if words[1] in {"check", "new", "batch"} and shlex.join(words) in done:
            continue  # several commands are tried by the same one
        done.add(shlex.join(words))
        call(*words[1:])


def test_every_other_command_is_one_we_know() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for command in [command for page in PAGES for command in commands(page)]:
        words = shlex.split(command.replace("\\", "/"))
        program = Path(words[0]).name.removesuffix(".exe")
        if program == "make":
            asked = {word for word in words[1:] if "=" not in word and not word.startswith("-")}
            assert asked <= targets, command
        elif program in {"python", "python3", "py", "pip"}:
            named = [word for word in words if word.startswith(("requirements", "tools"))]
            assert [word for word in named if not (ROOT / word).exists()] == [], command
        else:
            known = {"eh-access", "pre-commit", "git", "cd", "docker", "srun", "dask"}
            assert program in known, command


def test_readme_names_the_two_commands_that_do_everything() -> None:
    assert {"make report", "make test"} <= set(commands(ROOT / "README.md"))


def test_readme_shows_the_help_as_it_is(tmp_path: Path) -> None:
    """Every command that the program offers is in the README."""
    done = subprocess.run(
        [*CLI, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    offered = [word for word in ("report", "check", "network") if word in done.stdout]
    assert offered == ["report", "check", "network"]
    assert [word for word in offered if f"eh-access {word}" not in readme] == []

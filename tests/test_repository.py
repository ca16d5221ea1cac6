"""What must hold of the repository as a whole, whatever the code in it does."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import eh_access

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
LARGEST_BYTES = 3_000_000
TEXT = {
    "", ".cff", ".cfg", ".css", ".csv", ".geojson", ".html", ".ini", ".ipynb", ".j2", ".js",
    ".json", ".md", ".py", ".svg", ".toml", ".txt", ".yaml", ".yml",
}  # fmt: skip
# Put together from pieces, so that this file does not hold what it looks for.
MACHINE_PATHS = [
    "/" + "work/",
    "/" + "root/",
    "/" + "home/",
    "/" + "Users/",
    "/" + "opt/",
    "C:" + "\\Users",
]
REGISTRIES = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "conda" + ".anaconda",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "deb.debian" + ".org",
]


def tracked_files() -> list[Path]:
    """Every file that is in the repository or would be added to it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what belongs to the repository is not known")
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def lines_holding(needles: list[str]) -> list[str]:
    found = []
    for path in tracked_files():
        if path.suffix not in TEXT:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found += [
                f"{path.relative_to(ROOT)}:{number}: {needle}"
                for needle in needles
                if needle in line
            ]
    return found


def test_no_file_names_a_folder_of_somebody_s_machine() -> None:
    assert lines_holding(MACHINE_PATHS) == []


def test_no_file_names_a_package_registry() -> None:
    assert lines_holding(REGISTRIES) == []


def test_no_file_is_larger_than_three_megabytes() -> None:
    sizes = {path.relative_to(ROOT).as_posix(): path.stat().st_size for path in tracked_files()}
    assert {name: size for name, size in sizes.items() if size > LARGEST_BYTES} == {}


def test_no_file_is_a_copy_of_the_source_data() -> None:
    if not SHARED.is_dir():
        pytest.skip("the source data is not beside the checkout (../shared/data)")
    digest = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path.relative_to(SHARED).as_posix()
        for path in SHARED.rglob("*")
        if path.is_file() and path.stat().st_size
    }
    copies = {
        path.relative_to(ROOT).as_posix(): digest[found]
        for path in tracked_files()
        if (found := hashlib.sha256(path.read_bytes()).hexdigest()) in digest
    }
    assert copies == {}


def test_one_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = eh_access.__version__
    assert project["version"] == version
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## [{version}] - " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("LICENSE", ["MIT License"]),
        (
            "data/LICENCES.md",
            ["Open Government Licence", "Open Database License", "Royal Mail", "Crown copyright"],
        ),
    ],
)
def test_licences_are_there(path: str, words: list[str]) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert [word for word in words if word not in text] == []


def test_every_decision_is_in_the_list_and_is_dated() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    records = sorted(folder.glob("[0-9]*.md"))
    assert len(records) >= 5
    assert [path.name for path in records if f"]({path.name})" not in listed] == []
    texts = {path.name: path.read_text(encoding="utf-8") for path in records}
    dated = re.compile(r"^20\d\d-\d\d-\d\d\b", re.MULTILINE)
    assert [name for name, text in texts.items() if not dated.search(text)] == []


def public_objects() -> list[tuple[str, object]]:
    return [(name, getattr(eh_access, name)) for name in eh_access.__all__ if name[0] != "_"]


def test_everything_public_says_what_it_is() -> None:
    bare = [
        name
        for name, thing in public_objects()
        if (inspect.isfunction(thing) or inspect.isclass(thing)) and not inspect.getdoc(thing)
    ]
    assert bare == []


def test_every_public_function_shows_an_example() -> None:
    functions = [(name, thing) for name, thing in public_objects() if inspect.isfunction(thing)]
    assert len(functions) > 20
    assert [name for name, thing in functions if ">>>" not in (inspect.getdoc(thing) or "")] == []


def test_no_modules_import_in_a_circle_and_no_room_is_full() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "measure_code.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_importing_loads_nothing_heavy() -> None:
    heavy = ["folium", "osmnx", "matplotlib", "networkx", "gptables", "docx"]
    code = f"import sys, eh_access; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


def test_each_public_name_resolves_and_is_listed_once() -> None:
    names = list(eh_access.__all__)
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(eh_access, name)] == []


# ------------------------------------------------------------------ rooms


@pytest.fixture(scope="module")
def counter() -> ModuleType:
    return tool("measure_code")


def test_no_modules_import_one_another_in_a_circle(counter: ModuleType) -> None:
    assert counter.find_circles(counter.read_trees()) == []


def test_a_circle_would_be_noticed(counter: ModuleType) -> None:
    trees = {
        "eh_access.one": ast.parse("from eh_access.two import b"),
        "eh_access.two": ast.parse("if TYPE_CHECKING:\n    from eh_access.one import a"),
    }
    assert counter.find_circles(trees) == [["eh_access.one", "eh_access.two"]]


def test_no_room_is_too_full(counter: ModuleType) -> None:
    assert counter.full_rooms() == {}


def test_every_module_says_in_one_short_line_what_it_is(counter: ModuleType) -> None:
    lines = {
        name: (ast.get_docstring(tree) or "").split("\n")[0]
        for name, tree in counter.read_trees().items()
    }
    assert {name: line for name, line in lines.items() if not 0 < len(line.split()) <= 14} == {}


# ------------------------------------------------------------------ locks and commands


def tool(name: str) -> ModuleType:
    """Load a script of tools/ as a module."""
    spec = importlib.util.spec_from_file_location(f"{name}_tool", ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def lock() -> ModuleType:
    return tool("lock")


def test_locks_fit_the_project(lock: ModuleType) -> None:
    assert lock.check() == []


@pytest.mark.parametrize(
    "change",
    [
        ("runtime", r"(?m)^numpy==.*\n(?: .*\n)+", "", "runtime.txt: numpy is missing"),
        ("runtime", r"(?m)^typer==\S+", "typer==0.1.0", "typer is pinned to 0.1.0"),
        ("build", r"(?m)^(pluggy==\S+) \\\n(?: .*\n)+", r"\1\n", "pluggy has no hash"),
        ("dev", r"(?m)^shapely==\S+", "shapely==2.1.1", "shapely differs from runtime.txt"),
        ("build", r"(?m)^pluggy==", "pluggy>=", "pluggy is not pinned to one version"),
    ],
    ids=lambda change: change[3],
)
def test_a_lock_that_does_not_fit_is_noticed(
    lock: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: tuple[str, str, str, str],
) -> None:
    name, old, new, fault = change
    folder = tmp_path / "requirements"
    shutil.copytree(ROOT / "requirements", folder)
    path = folder / f"{name}.txt"
    before = path.read_text(encoding="utf-8")
    path.write_text(re.sub(old, new, before), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != before
    monkeypatch.setattr(lock, "FOLDER", folder)
    assert any(fault in found for found in lock.check())


def test_what_builds_the_package_is_what_is_locked_for_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["build-system"]["requires"] == project["dependency-groups"]["build"]


def test_make_help_lists_every_target() -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^  ([a-z-]+) - ", done.stdout, re.MULTILINE)
    assert sorted(listed) == sorted(phony.group(1).split())


def test_ci_script_is_executable_and_parses() -> None:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_hooks_download_nothing() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (\S+)", text) == ["local"]
    assert set(re.findall(r"language: (\S+)", text)) == {"system"}


def test_every_wrong_edit_still_has_its_line_and_its_tests() -> None:
    """Edits whose line has moved on would prove nothing, unnoticed."""
    checker = tool("mutation_check")
    mutants = tomllib.loads((ROOT / "tools" / "mutants.toml").read_text("utf-8"))["mutant"]
    there = {path.name for path in (ROOT / "tests").rglob("*.py")}
    lost = [each["what"] for each in mutants if checker.find_place(each, ROOT / "src") is None]
    assert lost == []
    assert [each["what"] for each in mutants if not {*each["tests"]} & there] == []


def test_every_broken_rule_of_timetables_still_has_its_text() -> None:
    """A rule whose text has moved on would be told of only when all are broken again."""
    transit = ROOT / "src" / "eh_access" / "transit"
    lost = [
        what
        for what, module, text, _ in tool("break_timetable_rules").RULES
        if text not in (transit / f"{module}.py").read_text("utf-8")
    ]
    assert lost == []

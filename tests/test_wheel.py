"""The built wheel works by itself: in another environment, from another folder, no checkout near.

The new environment takes third-party packages from the running one through a .pth file; eh_access
itself can only come from the wheel, since that file names no folder that holds it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import eh_access

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = "Scripts" if os.name == "nt" else "bin"


def run(command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    run([*command, *options, str(ROOT)], folder)
    (built,) = folder.glob("eh_access-*.whl")
    return built


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the commands of an environment in which only the wheel is installed."""
    folder = tmp_path_factory.mktemp("clean")
    run([sys.executable, "-m", "venv", "--without-pip", "venv"], folder)
    target = folder / "venv" / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    install = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    install += ["--python", str(folder / "venv"), "install", "--quiet", "--no-deps", "--no-index"]
    run([*install, str(wheel)], folder)
    third_party = folder / "third_party"
    third_party.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "eh_access" not in entry.name and not entry.name.endswith(".pth"):
            (third_party / entry.name).symlink_to(entry)
    (target / "third_party.pth").write_text(f"{third_party}\n", encoding="utf-8")
    return folder / "venv" / SCRIPTS


def test_all_data_and_licences_are_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    data = [path for path in (ROOT / "data").rglob("*") if path.is_file()]
    assert len(data) > 10
    missing = {f"eh_access/data/{path.relative_to(ROOT / 'data').as_posix()}" for path in data}
    assert missing - names == set()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "eh_access/py.typed" in names
    assert [name for name in names if name.startswith(("tests/", "data/", "src/"))] == []


def test_templates_are_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    folder = ROOT / "src"
    kept = [path for path in folder.rglob("*") if path.suffix not in {".py", ".pyc", ".typed"}]
    wanted = {path.relative_to(folder).as_posix() for path in kept if path.is_file()}
    assert wanted - names == set()


def test_library_and_data_come_from_the_wheel(clean: Path, tmp_path: Path) -> None:
    code = "import eh_access.sources.bundled as b; print(b.__file__); print(b.data_dir())"
    places = run([str(clean / "python"), "-c", code], tmp_path).stdout.splitlines()
    assert [Path(place).is_relative_to(clean.parent) for place in places] == [True, True]


def test_installed_command_says_its_version(clean: Path, tmp_path: Path) -> None:
    done = run([str(clean / "eh-access"), "--version"], tmp_path)
    assert eh_access.__version__ in done.stdout


def test_installed_command_finds_a_way_on_real_streets(clean: Path, tmp_path: Path) -> None:
    """`make wheel-check`, which the checks of every commit run, makes a whole report."""
    command = [str(clean / "eh-access"), "trip", "newport", "--from", "NP10 0AE"]
    done = run([*command, "--to", "rogerstone-library"], tmp_path)
    assert "Rogerstone" in done.stdout
    assert "min" in done.stdout

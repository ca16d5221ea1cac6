"""Lock the requirements: every package pinned with its hashes, for every platform.

``python tools/lock.py`` writes the files from pyproject.toml (needs a connection and uv, itself
locked in lock.txt; ``make lock`` sees to both). ``--upgrade`` takes newer releases.
``python tools/lock.py --check`` needs no connection: it says whether the files still fit
pyproject.toml, each other and the packages installed beside it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--quiet",
)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Lock:
    """One file of requirements: what goes in, and which file it must agree with."""

    name: str
    groups: tuple[str, ...] = ()
    library: bool = True
    agrees_with: str = ""


LOCKS = (
    Lock("runtime"),
    Lock("build", groups=("build",), library=False),
    Lock("dev", groups=("dev",), agrees_with="runtime"),
    Lock("docs", groups=("dev", "docs"), agrees_with="dev"),
    Lock("bench", groups=("dev", "bench"), agrees_with="dev"),
    Lock("lab", groups=("lab",), agrees_with="runtime"),
    Lock("lock", groups=("lock",), library=False),
)


def read_project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def wanted(lock: Lock, project: dict[str, Any]) -> list[Requirement]:
    """Return what pyproject.toml asks of one lock file."""
    lines: list[str] = list(project["project"]["dependencies"]) if lock.library else []
    for group in lock.groups:
        lines += project["dependency-groups"][group]
    return [Requirement(line) for line in lines]


def read_lock(path: Path) -> tuple[dict[str, list[Requirement]], list[str]]:
    """Return the pins of one file by package, and its faults."""
    pins: dict[str, list[Requirement]] = {}
    faults: list[str] = []
    for entry in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if not entry.strip() or entry.lstrip().startswith("#"):
            continue
        head = entry.split("--hash", 1)[0].strip()
        try:
            pin = Requirement(head)
        except InvalidRequirement:
            faults.append(f"{path.name}: '{head[:60]}' is not a pinned package")
            continue
        if not re.fullmatch(r"==[^*,]+", str(pin.specifier)):
            faults.append(f"{path.name}: {pin.name} is not pinned to one version")
        if not HASH.search(entry):
            faults.append(f"{path.name}: {pin.name} has no hash")
        pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    return pins, faults


def version_here(pins: Iterable[Requirement]) -> str | None:
    """Return the version pinned for this Python and platform, or None if there is none."""
    for pin in pins:
        if pin.marker is None or pin.marker.evaluate():
            return str(pin.specifier).removeprefix("==")
    return None


def check_wanted(lock: Lock, pins: dict[str, list[Requirement]]) -> list[str]:
    """Return the faults of one lock file against pyproject.toml."""
    faults = []
    for need in wanted(lock, read_project()):
        found = pins.get(canonicalize_name(need.name))
        if found is None:
            faults.append(f"{lock.name}.txt: {need.name} is missing; run make lock")
            continue
        faults += [
            f"{lock.name}.txt: {need.name} is pinned to {version}, "
            f"pyproject.toml asks for {need.specifier}; run make lock"
            for version in (str(pin.specifier).removeprefix("==") for pin in found)
            if not need.specifier.contains(version, prereleases=True)
        ]
    return faults


def check_closure(lock: Lock, pins: dict[str, list[Requirement]]) -> list[str]:
    """Return faults of what the installed packages ask for in their turn.

    Packages that are not installed, or in another version than the one pinned, are passed over:
    nothing can be said of them without a connection.
    """
    faults = []
    for name, found in sorted(pins.items()):
        pinned = version_here(found)
        try:
            installed = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if pinned is None or installed.version != pinned:
            continue
        for line in installed.requires or []:
            need = Requirement(line)
            if need.marker is not None and not need.marker.evaluate({"extra": ""}):
                continue
            locked = version_here(pins.get(canonicalize_name(need.name), []))
            if locked is None:
                faults.append(f"{lock.name}.txt: {need.name}, which {name} needs, is missing")
            elif not need.specifier.contains(locked, prereleases=True):
                faults.append(
                    f"{lock.name}.txt: {name} needs {need.name}{need.specifier}, pinned {locked}"
                )
    return faults


def check() -> list[str]:
    """Return every fault of the lock files, without a connection."""
    faults: list[str] = []
    read: dict[str, dict[str, list[Requirement]]] = {}
    for lock in LOCKS:
        path = FOLDER / f"{lock.name}.txt"
        if not path.exists():
            faults.append(f"{path.name} is missing; run make lock")
            continue
        pins, found = read_lock(path)
        read[lock.name] = pins
        faults += found + check_wanted(lock, pins) + check_closure(lock, pins)
        if "://" in path.read_text(encoding="utf-8"):
            faults.append(f"{path.name} names an address; locks name packages and hashes alone")
        for name, base in sorted(read.get(lock.agrees_with, {}).items()):
            # only versions must agree: another group may want a package on more platforms
            if {str(pin.specifier) for pin in base} != {
                str(p.specifier) for p in pins.get(name, [])
            }:
                faults.append(f"{path.name}: {name} differs from {lock.agrees_with}.txt")
    return faults


def write(*, upgrade: bool) -> None:
    """Write every lock file with uv."""
    project = read_project()
    for lock in LOCKS:
        path = FOLDER / f"{lock.name}.txt"
        command = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, "-", "-o", str(path)]
        if lock.agrees_with:
            command += ["--constraint", str(FOLDER / f"{lock.agrees_with}.txt")]
        if upgrade:
            command.append("--upgrade")
        lines = "\n".join(str(need) for need in wanted(lock, project))
        subprocess.run(command, input=lines, text=True, check=True, cwd=ROOT)
        print(f"wrote {path.relative_to(ROOT)}")


def main() -> int:
    """Write the locks, or check them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only check; needs no connection")
    parser.add_argument("--upgrade", action="store_true", help="take newer releases")
    options = parser.parse_args()
    if not options.check:
        write(upgrade=options.upgrade)
    faults = check()
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"{len(LOCKS)} lock files fit pyproject.toml and each other")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""Build everything under data/ that is derived from the source files, byte for byte the same.

    python tools/build_data.py [--shared PATH] [--out PATH] [--check]

Writes boundaries, origins, sites, heights, the bundled network and SOURCES.toml. With ``--check``
it builds into a temporary folder and says which shipped files differ (exit code 1).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

import data_newport
import data_rotherham
import data_sites
from data_write import sha256

ROOT = Path(__file__).resolve().parents[1]
ABOUT = Path(__file__).with_name("data_about.toml")
MORE_FOLLOWS = 128
"""Of a packed number every byte but the last is this or more."""

HEAD = """# Where every shipped file came from: written by tools/build_data.py, not by hand.
# rows: origins, sites or areas; edges of a network; points of a grid of heights.
# inputs: the source files and their digests.
"""


def build(shared: Path, out: Path, *, networks: bool = True) -> None:
    """Write every derived file below ``out``.

    Parameters
    ----------
    shared
        Folder whose ``data`` holds the source files (``rotherham/``, ``newport/``).
    out
        Folder to write to; what else it holds stays.
    networks
        Whether to build the network too; if not, the one that ships is copied.
    """
    data_rotherham.build(shared / "data", out)
    data_sites.build(shared / "data", out)
    data_newport.build(shared / "data", out)
    if networks:
        _build_networks(shared, out)
    elif out != ROOT / "data":
        _copy_networks(out)
    (out / "SOURCES.toml").write_bytes(sources_text(shared, out).encode())


def _build_networks(shared: Path, out: Path) -> None:
    """Write heights and the bundled network, with the builders beside this script."""
    # the network is built by the library of this checkout, installed or not
    sys.path.insert(0, str(ROOT / "src"))
    import build_newport  # noqa: PLC0415 - needs the library, which the tables do not
    import build_rotherham  # noqa: PLC0415 - same
    import build_terrain  # noqa: PLC0415 - same

    build_terrain.build(shared, out)
    build_newport.build(shared, out)
    build_rotherham.build(shared, out)


def _copy_networks(out: Path) -> None:
    """Copy the shipped networks and heights, so that they can be described."""
    for folder in ("networks", "terrain"):
        for path in sorted((ROOT / "data" / folder).glob("*.npz")):
            (out / folder).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, out / folder / path.name)


def sources_text(shared: Path, out: Path) -> str:
    """Return SOURCES.toml: what `data_about.toml` says, with digests and row counts."""
    about = tomllib.loads(ABOUT.read_text(encoding="utf-8"))["file"]
    blocks = [HEAD]
    for entry in sorted(about, key=lambda entry: str(entry["path"])):
        path = out / entry["path"]
        if path.exists():
            blocks.append(_block(entry, path, shared / "data"))
    return "\n".join(blocks)


def _block(entry: dict[str, Any], path: Path, found: Path) -> str:
    """Return one file's entry."""
    lines = ["[[file]]"]
    lines += [f"{key} = {_quoted(entry[key])}" for key in entry if key != "inputs"]
    lines += [f'sha256 = "{sha256(path)}"', f"rows = {count_rows(path)}", "inputs = ["]
    for name in entry["inputs"]:
        lines.append(f'  {{ name = {_quoted(name)}, sha256 = "{sha256(found / name)}" }},')
    return "\n".join([*lines, "]", ""])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def count_rows(path: Path) -> int:
    """Return how many rows, features or edges a shipped file holds."""
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            if "height_dm" in arrays:
                return arrays["height_dm"].size
            last_bytes = arrays["edge_from"] < MORE_FOLLOWS
            return int(last_bytes.sum())
    if path.suffix == ".zip":  # a timetable: its calls
        with zipfile.ZipFile(path) as archive:
            return len(archive.read("stop_times.txt").splitlines()) - 1
    if path.suffix == ".geojson":
        return len(json.loads(path.read_text(encoding="utf-8"))["features"])
    return len(path.read_text(encoding="utf-8").splitlines()) - 1


def differing(shared: Path, *, networks: bool) -> list[str]:
    """Return the shipped files that a fresh build would change."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        build(shared, fresh, networks=networks)
        made = sorted(path for path in fresh.rglob("*") if path.is_file())
        return [
            path.relative_to(fresh).as_posix()
            for path in made
            if not (shipped := ROOT / "data" / path.relative_to(fresh)).exists()
            or shipped.read_bytes() != path.read_bytes()
        ]


def main() -> int:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--out", type=Path, default=ROOT / "data")
    parser.add_argument("--check", action="store_true", help="compare with what ships")
    parser.add_argument("--tables-only", action="store_true", help="do not rebuild the network")
    given = parser.parse_args()
    if not (given.shared / "data").is_dir():
        print(f"no source files in {given.shared / 'data'}: say where they are with --shared")
        return 2
    if given.check:
        changed = differing(given.shared, networks=not given.tables_only)
        print("\n".join(f"differs: {name}" for name in changed) or "everything as shipped")
        return 1 if changed else 0
    build(given.shared, given.out, networks=not given.tables_only)
    return 0


if __name__ == "__main__":
    sys.exit(main())

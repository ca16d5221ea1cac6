"""Every output of a study, written whole or not at all."""

from __future__ import annotations

import errno
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from eh_access.errors import SourceError
from eh_access.publish.background import workbook_cover
from eh_access.publish.geopackage import write_geopackage
from eh_access.publish.layers import geopackage_metadata, layers
from eh_access.publish.map import render_map
from eh_access.publish.report import render_report
from eh_access.publish.tabulate import tabulate
from eh_access.publish.workbook import write_workbook
from eh_access.study.history import with_history
from eh_access.study.manifest import build_manifest

if TYPE_CHECKING:
    import pandas as pd

    from eh_access.study.results import StudyResult

logger = logging.getLogger(__name__)

OUTPUT_NAMES = (
    "report.html",
    "map.html",
    "tables.xlsx",
    "results.gpkg",
    "origins.csv",
    "verdicts.csv",
    "manifest.json",
)


def write_outputs(
    result: StudyResult, out_dir: str | Path, *, started: datetime | None = None
) -> dict[str, Path]:
    """Write report, map, workbook, GeoPackage, CSVs and manifest, or nothing.

    Everything is made in a hidden folder inside ``out_dir`` first. Only when all of it is there
    are the files moved into place; if anything fails, earlier files stay as they were.

    Parameters
    ----------
    result
        What a study found.
    out_dir
        Folder for the files; made if it is not there.
    started
        When the run began; goes into the manifest alone, so that all else is reproducible.

    Returns
    -------
    dict of str to Path
        The files by name, in the order a reader should open them.

    Raises
    ------
    SourceError
        If the folder cannot be made or written, or a file there is open in another program.

    Examples
    --------
    >>> import tempfile
    >>> from eh_access.study.config import load_study
    >>> from eh_access.study.run import run_study
    >>> result = run_study(load_study("rotherham"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_outputs(result, folder)
    ...     sorted(written) == sorted(OUTPUT_NAMES), written["verdicts.csv"].is_file()
    (True, True)
    """
    result.refuse_private()
    folder = Path(out_dir)
    result = with_history(result, folder)
    made = _make_folder(folder)
    try:
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
    except OSError as error:
        _remove_made(made)
        raise SourceError(_cannot_write(folder, error)) from error
    try:
        new = partial / "new"
        new.mkdir()
        _write_all(result, new, started=started)
        return _move_into_place(new, folder, kept=partial / "old")
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        _remove_made(made)
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    r"""Write a table as CSV: UTF-8, ``\n`` line ends, shortest exact numbers, ``inf`` spelt out.

    Parameters
    ----------
    frame
        The table; its index is not written.
    path
        The file to write.

    Examples
    --------
    >>> import math, tempfile
    >>> import pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "t.csv"
    ...     write_csv(pd.DataFrame({"minutes": [12.5, math.inf, math.nan]}), path)
    ...     path.read_bytes()
    b'minutes\n12.5\ninf\nnan\n'
    """
    text = frame.to_csv(index=False, lineterminator="\n", na_rep="nan")
    path.write_bytes(text.encode("utf-8"))


def _write_all(result: StudyResult, folder: Path, *, started: datetime | None) -> None:
    """Write every output into one folder, the manifest last because it describes the others."""
    tables = tabulate(result)
    steps: Mapping[str, Callable[[Path], None]] = {
        "report.html": lambda path: _write_text(render_report(result, tables=tables), path),
        "map.html": lambda path: _write_text(render_map(result), path),
        "tables.xlsx": lambda path: write_workbook(
            list(tables.values()), path, cover=workbook_cover(result)
        ),
        "results.gpkg": lambda path: write_geopackage(
            layers(result), path, metadata=geopackage_metadata(result)
        ),
        "origins.csv": lambda path: write_csv(result.origins_table(), path),
        "verdicts.csv": lambda path: write_csv(result.verdicts_table(), path),
    }
    for name, write in steps.items():
        logger.info("writing %s", name)
        write(folder / name)
    written = {name: folder / name for name in steps}
    manifest = build_manifest(result, written, started=started)
    _write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", folder / "manifest.json")


def _write_text(text: str, path: Path) -> None:
    path.write_bytes(text.encode("utf-8"))


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder and those above it; return the ones that were not there, innermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _remove_made(missing)
        raise SourceError(_cannot_write(folder, error)) from error
    return missing


def _remove_made(made: list[Path]) -> None:
    """Remove the folders a failed run made, so that it leaves nothing behind."""
    for path in made:
        with suppress(OSError):
            path.rmdir()


def _cannot_write(folder: Path, error: OSError) -> str:
    why = error.strerror or str(error)
    return (
        f"cannot write to the output folder '{folder}': {why}; "
        "give another folder with --out, or ask for the right to write there"
    )


def _move_into_place(new: Path, folder: Path, *, kept: Path) -> dict[str, Path]:
    """Move finished files into place; if one cannot be, put every earlier file back.

    Raises
    ------
    SourceError
        If a file cannot be replaced.
    """
    kept.mkdir()
    placed: list[str] = []
    name = ""
    try:
        for name in OUTPUT_NAMES:
            if (folder / name).is_dir():
                raise IsADirectoryError(errno.EISDIR, "it is a folder")
            with suppress(FileNotFoundError):
                (folder / name).replace(kept / name)
            (new / name).replace(folder / name)
            placed.append(name)
    except OSError as error:
        _put_back(folder, kept, placed)
        raise SourceError(
            f"cannot replace '{folder / name}': {error.strerror or error}; close it if another "
            "program has it open, or give another folder with --out. Nothing was changed"
        ) from error
    return {name: folder / name for name in OUTPUT_NAMES}


def _put_back(folder: Path, kept: Path, placed: list[str]) -> None:
    """Remove the new files that were placed, then restore every earlier one that was moved."""
    for name in placed:
        (folder / name).unlink(missing_ok=True)
    for earlier in kept.iterdir():
        earlier.replace(folder / earlier.name)

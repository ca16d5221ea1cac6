"""Every output of a study, written whole or not at all."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from eh_access.arguments import check_arguments
from eh_access.privacy.hiding import (
    BASE,
    DIFFERENCE,
    HIDDEN_COLUMNS,
    PRIMARY,
    RESTS,
    SECONDARY,
    joined_logs,
)
from eh_access.publish.context import TABLES, annex, report
from eh_access.publish.notes import note_rows
from eh_access.publish.table import PEOPLE, for_file
from eh_access.publish.tabulations import further_tables, plain_table, tabulate
from eh_access.publish.wording import Wording
from eh_access.publish.writers import find_writers, writers_for
from eh_access.publish.writers.atomic import write_whole
from eh_access.publish.writers.material import Material
from eh_access.study.families import LEFT_OUT, POOLED
from eh_access.study.manifest import build_manifest
from eh_access.study.opening import files_read, refuse_overwriting
from eh_access.study.records import status_of

if TYPE_CHECKING:
    from eh_access.publish.table import Table
    from eh_access.study.findings import Findings
    from eh_access.study.records import Hidden
    from eh_access.study.result import StudyResult

logger = logging.getLogger(__name__)

OUTPUT_NAMES = (*find_writers(), *TABLES, "manifest.json")
"""Every file there can be; a study without neighbours, say, has no ``neighbours.csv``."""

HIDDEN_FILE = "hidden.csv"
LOGGED_BY_CELL = ("curve.csv", "fairness.csv")

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n")
"""What a spreadsheet takes for the beginning of a formula."""

OUT_OF_REACH = "out of reach"


@check_arguments
def write_outputs(
    result: StudyResult,
    findings: Findings,
    out_dir: str | Path,
    *,
    started: datetime | None = None,
) -> dict[str, Path]:
    """Write report, map, workbook, GeoPackage, CSVs and manifest, or nothing.

    Everything is made in a hidden folder beside ``out_dir``, which takes its place as one when all
    is there; what else was in it comes along. If anything fails, it stays as it was.

    Parameters
    ----------
    result
        From `run_study`.
    findings
        From `find_findings`, of the same result.
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
        If the folder cannot be made or replaced, another run is at work on it, or a file there is
        open in another program.
    InputError
        If a file there is one that the study reads.

    Examples
    --------
    >>> import tempfile
    >>> from eh_access import find_findings, load_study, run_study
    >>> result = run_study(load_study("rotherham"))
    >>> findings = find_findings(result)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_outputs(result, findings, folder)
    ...     set(written) <= set(OUTPUT_NAMES), written["verdicts.csv"].is_file()
    (True, True)
    """
    result.refuse_private()
    folder = Path(out_dir)
    refuse_overwriting(folder, OUTPUT_NAMES, files_read(result.study))
    policy = result.study.policy
    figures = tabulate(result)
    files = {
        "origins.csv": result.origins_table(),
        "verdicts.csv": result.verdicts_table(),
        **findings.tables(),
    }
    if result.with_neighbours is not None:
        files["neighbours.csv"] = result.with_neighbours.verdicts_table()
    words = Wording.of(result)
    rule = partial(words.part, "hidden")
    hidden = (
        _nothing_hidden(rule)
        if policy.public
        else _hidden_log((result.hidden, figures.values(), findings.hidden), files=files, rule=rule)
    )
    rows = hidden.groupby(["table", "figure", "rule"], sort=False)["cell"].agg(_cells).reset_index()
    summary = plain_table("hidden", rows, words)
    tables = {**figures, "hidden": summary, **further_tables(result, findings)}
    material = Material(
        result=result,
        findings=findings,
        words=words,
        tables=tables,
        report=report(result, tables, findings),
        annex=annex(result, tables, findings),
    )
    return write_whole(
        folder,
        lambda new: _write_all(material, files, hidden, new, started=started),
        owned=OUTPUT_NAMES,  # those of an earlier run are no part of this answer
    )


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    r"""Write a table as CSV: UTF-8, ``\n`` line ends, shortest exact numbers; no value is blank."""
    # Text that a spreadsheet would take for a formula is marked as text: see `guarded`.
    text = guarded(without_infinities(frame)).to_csv(index=False, lineterminator="\n")
    path.write_bytes(text.encode("utf-8"))


def without_infinities(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with blanks for infinities, and the reason in a column beside."""
    # A spreadsheet takes ``inf`` for text, and a sum over the column leaves it out without a word.
    finite = frame.copy()
    for name in frame.select_dtypes("float"):
        infinite = np.isinf(frame[name].to_numpy())
        if not infinite.any():
            continue
        finite[name] = frame[name].where(~infinite)
        if status_of(str(name)) not in frame:
            beside = list(finite).index(name) + 1
            finite.insert(beside, f"{name}_reason", np.where(infinite, OUT_OF_REACH, ""))
    return finite


def guarded(frame: pd.DataFrame) -> pd.DataFrame:
    r"""Return a table of which no text is run as a formula when a spreadsheet opens it."""
    # Text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end gets an apostrophe
    # before it, and one that begins with apostrophes and then one of these another apostrophe. So
    # whoever reads the file gets the text back by taking one apostrophe from what begins so. Line
    # ends in texts become ``\n``. Numbers stay. Source: OWASP, "CSV Injection".
    marked = frame.copy()
    for place, kind in enumerate(frame.dtypes):
        if is_numeric_dtype(kind):
            continue
        column = frame.iloc[:, place]
        # a text stands in many rows, and hardly any begins so
        texts = column.unique() if isinstance(kind, pd.StringDtype) else column
        if any(_plain(text) is not text for text in texts):
            column = column.map(_plain)
        marked.isetitem(place, column.to_numpy(dtype=object))
    return marked


def _plain(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")  # a bare \r would end the row
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


def _write_all(
    material: Material,
    files: Mapping[str, pd.DataFrame],
    hidden: pd.DataFrame,
    folder: Path,
    *,
    started: datetime | None,
) -> tuple[str, ...]:
    """Write every output into one folder, the manifest last because it describes the others."""
    result, policy = material.result, material.result.study.policy
    steps: dict[str, Callable[[Path], None]] = {
        name: partial(writer.write, material)
        for name, writer in writers_for(result.study.report).items()
    }
    for name, frame in files.items():
        steps[name] = partial(write_csv, for_file(frame, policy))
    steps[HIDDEN_FILE] = partial(write_csv, hidden)
    for name, write in steps.items():
        logger.info("writing %s", name)
        write(folder / name)
    written = {name: folder / name for name in steps}
    notes = note_rows(result.notes, material.words.templates)
    manifest = build_manifest(result, written, notes=notes, started=started)
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_bytes(text.encode("utf-8"))
    return (*steps, "manifest.json")


RULES: Mapping[str, str] = {
    PRIMARY: "primary",
    BASE: "base",
    DIFFERENCE: "difference",
    SECONDARY: "secondary",
    RESTS: "rests",
    POOLED: "pooled",
    LEFT_OUT: "left_out",
}
"""The block of ``hidden.md.j2`` that says what each rule is."""


def _nothing_hidden(rule: Callable[[str], str]) -> pd.DataFrame:
    """Return ``hidden.csv`` where what is counted is public."""
    row = ("every table", "every cell", "nothing", rule("public"))
    return pd.DataFrame([row], columns=list(HIDDEN_COLUMNS))


def _hidden_log(
    logged: tuple[Iterable[Hidden], Iterable[Table], pd.DataFrame],
    *,
    files: Mapping[str, pd.DataFrame],
    rule: Callable[[str], str],
) -> pd.DataFrame:
    """Return ``hidden.csv``: what was hidden or rounded in this run, and by which rule."""
    areas, tables, findings = logged
    door = pd.DataFrame([vars(item) for item in areas], columns=list(HIDDEN_COLUMNS))
    rounded = ("every table", "every cell", "counts and shares", rule("rounded"))
    all_of_them = pd.DataFrame([rounded], columns=list(HIDDEN_COLUMNS))
    logs = [table.hidden for table in tables if table.hidden is not None]
    of_files = rule("of_files")
    rest = [
        _of_file(name, frame, of_files)
        for name, frame in files.items()
        if name not in LOGGED_BY_CELL
    ]
    log = joined_logs([all_of_them, door, *logs, findings, *rest])
    return log.assign(rule=log["rule"].replace({key: rule(part) for key, part in RULES.items()}))


def _of_file(name: str, frame: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Return a line on each column of a file in which figures are hidden."""
    gone = [
        (name, f"{int(frame[column].isna().sum()):,} rows", column, rule)
        for column in frame
        if column in PEOPLE and frame[column].isna().any()
    ]
    return pd.DataFrame(gone, columns=list(HIDDEN_COLUMNS))


def _cells(cells: pd.Series) -> str:
    """Return cells in which a rule hides a figure, for a report: how many, or which one."""
    return str(cells.iloc[0]) if len(cells) == 1 else f"{len(cells):,} cells"

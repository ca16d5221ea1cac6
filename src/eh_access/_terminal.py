"""What the command line prints: progress, the table of verdicts, faults."""

from __future__ import annotations

import json
import logging
import math
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from eh_access._stopping import Stopped
from eh_access._verdict_table import BEFORE_TOO, LETTERS, verdict_table
from eh_access.errors import EhAccessError, InputError, SourceError

if TYPE_CHECKING:
    from eh_access.study.results import StudyResult

INDICATIVE = "INDICATIVE ONLY: travel times are straight-line estimates, not real streets."


class CompilingHandler(logging.Handler):
    """Passes on what is said of compiling, and keeps it from being said twice."""

    def __init__(self, tell: Callable[[str, int], None]) -> None:
        super().__init__(logging.DEBUG)
        self._tell = tell
        self._log = logging.getLogger("eh_access._compiled")
        self._before = (self._log.level, self._log.propagate)

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one message on."""
        self._tell(record.getMessage(), record.levelno)

    def begin(self) -> None:
        """Listen."""
        self._log.addHandler(self)
        self._log.setLevel(logging.DEBUG)
        self._log.propagate = False

    def end(self) -> None:
        """Stop listening, and leave the log as it was."""
        self._log.removeHandler(self)
        self._log.setLevel(self._before[0])
        self._log.propagate = self._before[1]


class Terminal:
    """Progress on a terminal, silence in a pipe; a context in which work is done."""

    # That code is being compiled, which happens once on each computer, is said in a pipe too.

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._console = Console(stderr=True)
        self._quiet = quiet
        self._verbose = verbose and not quiet
        self._stage = ""
        self._compiling = None if self._verbose else CompilingHandler(self._tell_compiling)
        shown = self._console.is_terminal and not quiet and not verbose
        self._progress = Progress(
            SpinnerColumn("line"),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not shown,
        )
        self._handler: logging.Handler | None = None
        self._log = logging.getLogger("eh_access")

    def __enter__(self) -> Self:
        if self._verbose:
            self._handler = RichHandler(console=self._console, show_path=False)
            self._log.addHandler(self._handler)
            self._log.setLevel(logging.INFO)
        if self._compiling is not None:
            self._compiling.begin()
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()
        if self._compiling is not None:
            self._compiling.end()
        if isinstance(error, Stopped):
            error.working = True  # nothing is in place before the work is done
        if self._handler is not None:
            self._log.removeHandler(self._handler)

    def stage(self, name: str) -> None:
        """Say what is being done now."""
        self._log.info(name)
        self._stage = name
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        self._progress.add_task(name, total=None)

    def _tell_compiling(self, message: str, level: int) -> None:
        """Say above the line of progress that compiling begins, and in it how far it is."""
        if self._quiet:
            return
        if level >= logging.WARNING:
            self._console.print(Text(message), soft_wrap=True)
            return
        part = message.partition(":")[0]
        line = f"{self._stage}: {part}" if level == logging.INFO else self._stage
        for task in self._progress.task_ids:
            self._progress.update(task, description=line)


def refuse_unusable(folder: Path) -> None:
    """Refuse an output folder that cannot be written, before any work is done for it."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        return
    why = "there is no right to write there" if nearest.is_dir() else f"'{nearest}' is a file"
    raise SourceError(
        f"cannot write to the output folder '{folder}': {why}; give another with --out"
    )


def show_faults(error: EhAccessError) -> None:
    """Print every fault of an error, one a line, to standard error."""
    faults = error.faults if isinstance(error, InputError) else (str(error),)
    count = f"{len(faults)} faults" if len(faults) > 1 else "1 fault"
    lines = [f"{count}; nothing was written.", *(f"- {fault}" for fault in faults)]
    sys.stderr.write("\n".join(lines) + "\n")


def show_report(result: StudyResult, files: Mapping[str, Path]) -> None:
    """Print the scenarios that were decided on, what must be said of them, and where the files are."""
    console = Console()
    console.print(Text(result.study.title, style="bold"))
    if result.estimated:
        console.print(Text(INDICATIVE, style="bold red"))
    if result.study.illustrative:
        console.print(Text("ILLUSTRATIVE: not a decision anybody has taken.", style="bold"))
    before = result.scenario_names[0]
    decided = [item for item in result.scenarios if item.name != before]
    for first in range(0, len(decided), len(LETTERS)):
        together = decided[first : first + len(LETTERS)]
        console.print()
        for letter, scenario in zip(LETTERS, together, strict=False):
            console.print(Text(f"{letter}: {scenario.label} ({scenario.name})", style="bold"))
        console.print(verdict_table(result, [scenario.name for scenario in together]))
    if not decided:
        console.print()
        console.print(verdict_table(result, []))
    for line in _key(result):
        console.print(Text(line))
    told = [f"Not assessed: {item.label}." for item in result.not_assessed]
    told += [
        f"! {_first_sentence(note.text)}"
        for note in result.notes
        if note.level == "warning" and note.topic != "not-assessed"
    ]
    if told:
        console.print()
        for text in told:
            console.print(Text(text, style="yellow" if text.startswith("!") else ""))
        console.print(Text("All of it in full, and what was found in words: the report."))
    console.print()
    show_files(console, files)


def _key(result: StudyResult) -> list[str]:
    """Return what marks in the table mean."""
    asked = [verdict for verdict in result.verdicts if verdict.scenario != result.scenario_names[0]]
    told = []
    if any(verdict.not_met_before for verdict in asked):
        told.append(f"{BEFORE_TOO} not met before either")
    if any(verdict.indication for verdict in result.verdicts):
        told.append(
            "Every outcome is 'cannot say', since times are estimated; in brackets stands what "
            "they point to, ? for neither way."
        )
    return told


def _first_sentence(text: str) -> str:
    return text.split(". ", 1)[0].rstrip(".") + "."


def show_files(console: Console, files: Mapping[str, Path]) -> None:
    """Print where files are; a terminal that knows links can open them."""
    width = max(map(len, files), default=0)
    for name, path in files.items():
        place = path.resolve()
        console.print(
            Text(f"  {name:{width}} ", style=f"link {place.as_uri()}"),
            Text(str(path)),
            soft_wrap=True,
        )


def report_json(result: StudyResult, files: Mapping[str, Path]) -> str:
    """Return what a machine wants to know of a run."""
    told = {
        "study": result.study.id,
        "basis": result.basis,
        "indicative": result.estimated,
        "origins": result.origins_name,
        "verdicts": [
            {key: plain(value) for key, value in row.items()}
            for row in result.verdicts_table().to_dict("records")
        ],
        "notes": [{"level": note.level, "text": note.text} for note in result.notes],
        "files": {name: path.as_posix() for name, path in files.items()},
    }
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:  # noqa: ANN401 - a cell of a table
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

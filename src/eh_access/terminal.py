"""What the command line prints: progress, verdicts, comparisons, faults."""

from __future__ import annotations

import json
import logging
import math
import os
import platform
import re
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from eh_access._version import __version__
from eh_access.errors import EhAccessError, InputError, SourceError
from eh_access.privacy.policy import HIDDEN_MARK
from eh_access.publish.notes import note_text, phrase
from eh_access.publish.numbers import short_name
from eh_access.study.families import UNIT
from eh_access.study.notes import timetable_warnings
from eh_access.study.streets import ROLE as STREETS
from eh_access.tables import without_controls

if TYPE_CHECKING:
    import pandas as pd

    from eh_access.batch.run import Batch
    from eh_access.criteria.criterion import Verdict, Verdicts
    from eh_access.facts import Note
    from eh_access.publish.challenge import Line
    from eh_access.publish.verify import Verification
    from eh_access.routing.route import Route
    from eh_access.sources.bus_open_data import Download
    from eh_access.study.config import Study
    from eh_access.study.records import Inputs
    from eh_access.study.result import StudyResult
    from eh_access.transit.timetable import Timetable
    from eh_access.transit.trips import TransitTrip
    from eh_access.transit.visits import Visits

SIGNALS = (signal.SIGINT, signal.SIGTERM)
WAIT_S = 0.05
FIRST_YEAR = 1980
"""Zip, and so Word, Excel and compact networks, know no earlier date."""


class Stopped(BaseException):
    """Somebody wants the program to stop; no exception, so that nothing on the way takes it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number
        self.working = False


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn Ctrl-C and requests to end into `Stopped`, also where Python would swallow them."""
    # An exception in a callback of compiled code, or while something is being thrown away, is
    # printed and forgotten. One of ours is raised once more, a moment later.
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's alone
        return
    earlier = {number: signal.getsignal(number) for number in SIGNALS}
    hook = sys.unraisablehook

    def unraisable(lost: sys.UnraisableHookArgs) -> None:
        if not isinstance(lost.exc_value, Stopped):
            hook(lost)
            return
        number = signal.Signals(lost.exc_value.code - 128)
        again = threading.Timer(WAIT_S, _send, [number])
        again.daemon = True
        again.start()

    sys.unraisablehook = unraisable
    for number, handler in earlier.items():
        if handler != signal.SIG_IGN:  # as nohup sets it: to be ignored still
            signal.signal(number, _stop)
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in earlier.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _stop(number: int, _: FrameType | None) -> None:
    raise Stopped(number) from None


def _send(number: signal.Signals) -> None:
    """Send a signal to the main thread, so that a call it waits in ends."""
    if sys.platform == "win32":
        signal.raise_signal(number)
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, number)


CANNOT_SAY, TOO_CLOSE = "cannot say", "too close to call"
BEFORE_TOO = "*"
LEAST = "\N{LESS-THAN OR EQUAL TO}"
LETTERS = "AB"
"""What stands over scenarios in a table: their names would not fit."""
UNITS = {"points": "pts"}
STYLES = {"met": "green", TOO_CLOSE: "yellow", "not met": "bold red", "cannot say": "dim"}


def _text(text: str, style: str = "") -> Text:
    """Return a text to print, without signs that would steer the terminal."""
    return Text(without_controls(text), style=style)


def echo(line: str, *, err: bool = False) -> None:
    """Print one line, without signs that would steer the terminal."""
    typer.echo(without_controls(line), err=err)


def _table(*columns: str) -> Table:
    """Return an empty table; "<" or ">" before a column keeps it on one line, left or right."""
    table = Table(show_edge=False, pad_edge=False)
    for column in columns:
        side: Literal["left", "right"] = "right" if column.startswith(">") else "left"
        # what is too wide goes on below: a name that is cut off is nobody's
        table.add_column(
            column.lstrip("<>"), justify=side, no_wrap=column[0] in "<>", overflow="fold"
        )
    return table


def verdict_table(verdicts: Verdicts, first: str, names: Sequence[str]) -> Table:
    """Return a row for each criterion: before, and under some scenarios beside one another."""
    letters = (f"<{letter}" for letter in LETTERS[: len(names)])
    table = _table("<criterion", ">before" if names else ">value", *letters, "wanted")
    cells_by_scenario = {(item.scenario, item.criterion.id): item for item in verdicts}
    for was in verdicts:
        if was.scenario != first:
            continue
        criterion = was.criterion
        # what a change comes to where nothing changes is no news
        before = "-" if names and criterion.kind.of_change else _figure(was.value, was)
        if not names:
            before = f"{before} {_outcome(was)}"
        bound = "\N{GREATER-THAN OR EQUAL TO}" if criterion.better == "higher" else LEAST
        wanted = f"{bound} {_measured(criterion.threshold, criterion.kind.unit)}"
        cells = [cells_by_scenario.get((name, criterion.id)) for name in names]
        table.add_row(
            _text(criterion.id),
            _text(before),
            *(_text("") if cell is None else _cell(cell) for cell in cells),
            _text(wanted),
        )
    return table


def _cell(verdict: Verdict) -> Text:
    """Return a figure and what comes of it, with the mark of what was missed before."""
    again = f" {BEFORE_TOO}" if verdict.not_met_before else ""
    style = STYLES.get(str(verdict.indication or verdict.outcome), "")
    return _text(f"{_figure(verdict.value, verdict)} {_outcome(verdict)}{again}", style=style)


def _outcome(verdict: Verdict) -> str:
    """Return an outcome; of one that cannot be said what it points to, in brackets."""
    if str(verdict.outcome) != CANNOT_SAY:
        return str(verdict.outcome).removesuffix(" to call")
    return f"({verdict.indication.removesuffix(' to call')})" if verdict.indication else "?"


def _figure(value: float, verdict: Verdict) -> str:
    """Return a figure, or the mark that it is hidden: where it led to something it is there."""
    known = verdict.indication is not None or str(verdict.outcome) != CANNOT_SAY
    if math.isnan(value) and known:
        return HIDDEN_MARK
    return _measured(value, verdict.criterion.kind.unit)


def _measured(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return "-"
    if unit == "share":
        return f"{round(value * 100, 1):g}%"
    return f"{round(value, 1):g} {UNITS.get(unit, unit)}"


class Terminal:
    """Progress on a terminal, silence in a pipe; a context in which work is done."""

    # That code is being compiled, which happens once on each computer, is said in a pipe too.

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._console = Console(stderr=True)
        self._quiet = quiet
        self._verbose = verbose and not quiet
        self._stage = ""
        self._progress = Progress(
            SpinnerColumn("line"),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=quiet or verbose or not self._console.is_terminal,
        )
        self._handler = RichHandler(console=self._console, show_path=False)
        self._log = logging.getLogger("eh_access")
        self._compiling = logging.getLogger("eh_access.compiled")
        self._level = self._compiling.level

    def __enter__(self) -> Self:
        if self._verbose:
            self._log.addHandler(self._handler)
            self._log.setLevel(logging.INFO)
        else:
            self._compiling.addFilter(self._tell_compiling)
            self._compiling.setLevel(logging.DEBUG)
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()
        self._log.removeHandler(self._handler)
        self._compiling.removeFilter(self._tell_compiling)
        self._compiling.setLevel(self._level)
        if isinstance(error, Stopped):
            error.working = True  # nothing is in place before the work is done

    def stage(self, name: str) -> None:
        """Say what is being done now."""
        self._log.info(name)
        self._stage = name
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        self._progress.add_task(name, total=None)

    def _tell_compiling(self, record: logging.LogRecord) -> bool:
        """Say above the line of progress that compiling begins, and in it how far it is."""
        message = record.getMessage()
        if record.levelno < logging.WARNING:
            part = f": {message.partition(':')[0]}" if record.levelno == logging.INFO else ""
            for task in self._progress.task_ids:
                self._progress.update(task, description=f"{self._stage}{part}")
        elif not self._quiet:
            self._console.print(_text(message), soft_wrap=True)
        return False  # nobody else says it again


def refuse_unusable_computer() -> None:
    """Refuse to begin where no file can be named or dated."""
    try:
        Path.cwd()
    except OSError as error:
        raise SourceError("the folder you are in is gone; go to one that is there (cd)") from error
    if (year := time.localtime(time.time()).tm_year) < FIRST_YEAR:
        raise SourceError(
            f"this computer's clock says {year}; set it: no archive holds such a date"
        )


def flush_output() -> None:
    """Print what is left to be printed; where that cannot be, nothing is left to be tried again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def show_faults(error: EhAccessError) -> None:
    """Print every fault of an error, one a line, to standard error."""
    faults = error.faults if isinstance(error, InputError) else (str(error),)
    count = f"{len(faults)} faults" if len(faults) > 1 else "1 fault"
    print_error([f"{count}; nothing was written.", *(f"- {fault}" for fault in faults)])


def print_error(lines: Sequence[str]) -> None:
    """Print lines to standard error, without signs that would steer the terminal."""
    text = "".join(f"{without_controls(line)}\n" for line in lines)
    with suppress(OSError):  # there is no further place to say so
        sys.stderr.write(text)
        sys.stderr.flush()


def show_fault_of_ours(error: Exception) -> None:
    """Print that the program is at fault, and write what its makers need to know."""
    # frames and types alone: a message may hold a postcode, and so may an argument
    frames = [
        f"{Path(*Path(frame.filename).parts[-3:]).as_posix()}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    about = f"eh_access {__version__}, Python {platform.python_version()}, {platform.platform()}"
    lines = [about, type(error).__qualname__, *frames]
    place = ""
    with (
        suppress(OSError),
        tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", prefix="eh-access-fault-", suffix=".txt", delete=False
        ) as file,
    ):
        file.write("\n".join(lines) + "\n")
        place = file.name
    send = [f"Please send {place}"] if place else ["Please send these lines", *lines]
    print_error(
        [
            f"A fault in eh-access, not in what it was given ({type(error).__name__}).",
            "Nothing was written, and earlier results are as they were.",
            *send[:-1],
            f"{send[-1]} to its makers: it holds places in the program and versions, no data.",
        ]
    )


def _phrase(part: str, **facts: object) -> str:
    """Return a phrase of the terminal's template."""
    return phrase(facts, "terminal", part)


def _show_other_streets(console: Console, notes: Iterable[Note]) -> None:
    """Print which streets were used in place of those asked for."""
    for item in notes:
        if item.topic == STREETS and item.level == "warning":
            console.print(_text(note_text(item), style="yellow"))


def show_replaced(folder: Path, file: str) -> None:
    """Print that the results of another study of the same id are about to be replaced."""
    echo(_phrase("replaced", folder=str(folder), file=file), err=True)


def show_report(result: StudyResult, files: Mapping[str, Path]) -> None:
    """Print the answer's sentence, the verdicts of the scenarios, and where the files are."""
    from eh_access.publish.context import answer_sentence  # noqa: PLC0415 - heavy

    console = Console()
    console.print(_text(result.study.title, style="bold"))
    if result.estimated:
        console.print(_text(_phrase("indicative"), style="bold red"))
    if result.study.illustrative:
        console.print(_text(_phrase("illustrative"), style="bold"))
    _show_other_streets(console, result.notes)
    if answer := answer_sentence(result):
        console.print(_text(answer))
    before = result.scenario_names[0]
    decided = [item for item in result.scenarios if item.name != before]
    for first in range(0, len(decided), len(LETTERS)):
        together = decided[first : first + len(LETTERS)]
        console.print()
        for letter, scenario in zip(LETTERS, together, strict=False):
            console.print(_text(f"{letter}: {scenario.label} ({scenario.name})", style="bold"))
        console.print(verdict_table(result.verdicts, before, [item.name for item in together]))
    if not decided:
        console.print()
        console.print(verdict_table(result.verdicts, before, []))
    for line in _key(result.verdicts, before):
        console.print(_text(line))
    warnings = sum(note.level == "warning" for note in result.notes)
    if warnings:
        console.print(_text(_phrase("warnings", count=warnings), style="yellow"))
    console.print()
    _show_first(console, files)


SHOWN_FIRST = ("report.html", "map.html")


def _show_first(console: Console, files: Mapping[str, Path]) -> None:
    """Print where the files that people open first are, and the folder of all."""
    show_files(console, {name: files[name] for name in SHOWN_FIRST if name in files})
    folder = next(iter(files.values())).parent
    console.print(_text(f"  and {len(files) - len(SHOWN_FIRST)} more in {folder}"), soft_wrap=True)


def _key(verdicts: Verdicts, first: str) -> list[str]:
    """Return what marks in the table mean."""
    marks = []
    if any(verdict.not_met_before for verdict in verdicts if verdict.scenario != first):
        marks.append(_phrase("before_too", sign=BEFORE_TOO))
    if any(TOO_CLOSE in {verdict.outcome, verdict.indication} for verdict in verdicts):
        marks.append(_phrase("too_close"))
    lines = ["; ".join(marks)] if marks else []
    if any(verdict.indication for verdict in verdicts):
        lines.append(_phrase("cannot_say"))
    return lines


def show_files(console: Console, files: Mapping[str, Path]) -> None:
    """Print where files are; a terminal that knows links can open them."""
    width = max(map(len, files), default=0)
    for name, path in files.items():
        place = path.resolve()
        console.print(
            _text(f"  {name:{width}} ", style=f"link {place.as_uri()}"),
            _text(str(path)),
            soft_wrap=True,
        )


def report_json(result: StudyResult, files: Mapping[str, Path]) -> str:
    """Return what a machine wants to know of a run."""
    return _json(
        study=result.study.id,
        basis=result.basis,
        indicative=result.estimated,
        origins=result.origins_name,
        verdicts=_rows(result.verdicts_table()),
        notes=[{"level": note.level, "text": note_text(note)} for note in result.notes],
        files=_places(files),
    )


def _json(**facts: object) -> str:
    return json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON takes them: no number that is not finite."""
    return [
        {
            str(key): None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in row.items()
        }
        for row in table.to_dict("records")
    ]


def _places(files: Mapping[str, Path]) -> dict[str, str]:
    return {name: path.as_posix() for name, path in files.items()}


WIDTHS = {"": 18, "before": 8, "council's": 16, "theirs": 16, "better": 9}
"""Of the columns of a comparison, in letters: with the lines between them a terminal of 80."""


def show_challenge(
    table: pd.DataFrame, files: Mapping[str, Path], *, study: Study, mode: str, estimated: bool
) -> None:
    """Print somebody's scenarios beside the council's."""
    from eh_access.publish.challenge import verdict_in_words  # noqa: PLC0415 - heavy

    console = Console()
    console.print(_text(study.title, style="bold"))
    if estimated:
        console.print(_text(_phrase("indicative"), style="bold red"))
    labels = {item.name: item.label for item in study.scenarios}
    for name, rows in table.groupby("theirs_scenario", sort=False):
        council = str(rows["council_scenario"].iloc[0])
        title = f"{labels[str(name)]} ({name}) beside {labels[council]} ({council})"
        console.print()
        console.print(_text(title, style="bold"))
        shown = _table()
        for column, width in WIDTHS.items():
            shown.add_column(column, width=width)
        for line in _in_short(rows, study):
            cells = (line.what, line.before, line.council, line.theirs, line.better)
            shown.add_row(*map(Text, cells))
        console.print(shown)
        console.print(_text(verdict_in_words(rows)))
    console.print()
    about = _phrase("challenge", mode=mode, site=study.site_word, estimated=estimated)
    console.print(_text(about))
    show_files(console, files)


def _in_short(table: pd.DataFrame, study: Study) -> tuple[Line, ...]:
    """Return what fits a terminal: criteria by their ids, figures by the first mode alone."""
    # Of what an estimate only points to, the outcome stands in brackets; "?" for nothing.
    from eh_access.publish.challenge import printed  # noqa: PLC0415 - heavy
    from eh_access.publish.wording import FULL_TIME  # noqa: PLC0415 - heavy

    judged = table["council_outcome"] != ""
    figures = table[~judged]
    first = figures["mode"].iloc[0]
    figures = figures[(figures["mode"] == first) & (figures["sites"] == FULL_TIME)]
    outcomes = [f"{who}_outcome" for who in ("council", "theirs")]
    criteria = table[judged].copy()
    criteria["what"] = criteria["row"]
    for column in outcomes:
        hints = criteria[column].str.replace(f"{CANNOT_SAY} (points to ", "(", regex=False)
        criteria[column] = hints.str.replace(CANNOT_SAY, "?", regex=False)
    return tuple(
        _shortened(line, row["what"])
        for rows in (criteria, figures)
        for line, row in zip(printed(rows, study), rows.to_dict("records"), strict=True)
    )


def _shortened(line: Line, what: str) -> Line:
    before, council, theirs = (
        text.replace(" - ", " ").replace(" points", " pts")
        for text in (line.before, line.council, line.theirs)
    )
    before = before.replace("not applicable", "-")  # as in the table of a report
    better = line.better.removeprefix("the ")
    return replace(line, what=what, before=before, council=council, theirs=theirs, better=better)


def show_trip(trip: Route) -> None:
    """Print a trip: each stretch of street, then the whole in a sentence."""
    console = Console()
    table = _table("street", ">metres", ">minutes", ">slope", "slowed by")
    for step in trip.steps.itertuples(index=False):
        slope = "" if math.isnan(step.slope_share) else f"{step.slope_share:+.0%}"
        cells = (step.street, f"{step.metres:,.0f}", f"{step.seconds / 60:.1f}", slope)
        table.add_row(*map(_text, (*cells, step.slowed_by)))
    console.print(table)
    console.print(_text(trip.sentence()))


def show_journey(trip: TransitTrip, buses: Timetable, names: pd.Series) -> None:
    """Print a journey by timetable, with the names of sites: its legs, then the whole."""
    console = Console()
    day = f"{buses.date:%A} {buses.date}"
    show_date(buses)
    if not trip.legs:
        console.print(_text(phrase({"day": day}, "trips", "no_journey")))
        return
    table = _table(">leaves", ">arrives", ">minutes", "how", "from", "to")
    for leg in trip.legs:
        line = f"{leg.route} {leg.operator} towards {leg.headsign}" if leg.route else "walk"
        ends = (
            leg.start_name or leg.start,
            leg.end_name or str(names.get(leg.end, leg.end)),
        )
        table.add_row(*map(_text, (leg.leaves, leg.arrives, f"{leg.minutes:.1f}", line, *ends)))
    console.print(table)
    facts = {
        "day": day,
        "leaves": trip.leaves,
        "arrives": trip.arrives,
        "minutes": f"{trip.minutes:.1f}",
        "walk": f"{trip.walk_min:.1f}",
        "ride": f"{trip.ride_min:.1f}",
        "wait": f"{trip.wait_min:.1f}",
        "changes": trip.changes,
    }
    console.print(_text(phrase(facts, "trips", "journey")))


def show_date(buses: Timetable | None) -> None:
    """Print what to mind about a timetable and its date."""
    for item in timetable_warnings(buses):
        echo(f"! {note_text(item)}")


def show_visits(visited: Visits, names: pd.Series, when: str) -> None:
    """Print the sessions of one family: when to leave, when home, and what is in the way."""
    from eh_access.transit.journeys import clock_without_seconds  # noqa: PLC0415 - loads numba

    console = Console()
    table = _table("site", "<session", ">leave", ">home", ">out", ">back", "in the way")
    for row in visited.to_frame().to_dict("records"):
        ways = [f"{m:.0f}" if math.isfinite(m) else "" for m in (row["out_min"], row["home_min"])]
        limit = "" if row["possible"] else phrase({}, "tables", f"limit_{row['barrier']}")
        session = f"{row['weekday']} {row['opens']}-{row['closes']}"
        # whoever goes by them is early, never late
        leave = clock_without_seconds(row["out_leave"])
        times = leave, clock_without_seconds(row["home_at"], later=True)
        cells = (str(names[row["site_id"]]), session, *times, *ways, limit)
        table.add_row(*map(_text, cells))
    console.print(table)
    count, hours, _ = visited.per_origin().iloc[0]
    whole = visited.sessions["hours"]
    settle, leaving = visited.spare_min
    spare = {"settle": settle, "leaving": leaving}
    console.print(_text(phrase(spare, "trips", "visit_minutes")))
    console.print(
        _text(
            f"{when}, each way within {visited.each_way_min:g} minutes: {count:g} of {len(whole)} "
            f"sessions, {hours:g} of {whole.sum():g} hours."
        )
    )


def show_batch(batch: Batch) -> None:
    """Print which studies of a batch failed, and where its results are."""
    console = Console()
    studies = len(batch.plan.jobs)
    done = f"{studies - len(batch.failed)} of {studies} studies done."
    console.print(_text(batch.plan.title, style="bold"))
    console.print(_text(done))
    for name, reason in batch.failed.items():
        console.print(_text(f"- {name}: {reason}", style="red"), soft_wrap=True)
    show_files(console, batch.files)


def show_timetable(downloaded: Download, path: Path) -> None:
    """Print what a file of timetables holds, and whose it is."""
    console = Console()
    first, last = downloaded.span
    source = downloaded.source
    assert source is not None  # noqa: S101 - it was downloaded
    trains = f"{downloaded.rail:,} of them by train" if downloaded.rail else "none of them by train"
    size = f"{downloaded.size / 1e6:,.1f} MB"
    lines = [
        f"{path}: {size}, {downloaded.routes:,} routes ({trains}), {first} to {last}.",
        f"{source.title}, {source.publisher}, {source.date}. {source.licence}.",
        f"{source.attribution}. {source.url}",
        f"sha256 {source.sha256}",
        f"Next: eh-access timetable check {path} --date tuesday",
    ]
    for line in lines:
        console.print(_text(line), soft_wrap=True)


def show_logs(files: Mapping[str, Path]) -> None:
    """Print where drafts are, and that they are drafts."""
    console = Console()
    console.print(_text(_phrase("drafts")))
    show_files(console, files)


def challenge_json(table: pd.DataFrame, files: Mapping[str, Path]) -> str:
    """Return a comparison of scenarios for machines."""
    return _json(rows=_rows(table), files=_places(files))


def verification_lines(verification: Verification) -> Iterator[str]:
    """Yield what a check of a run found."""
    if verification.identical:
        yield _phrase("identical", count=len(verification.files))
    elif verification.changed_inputs:
        yield _phrase("changed_inputs")
        yield from (f"- {name}" for name in verification.changed_inputs)
    else:
        wrong = [item for item in verification.files if item.state != "same"]
        yield _phrase("differs", wrong=len(wrong), count=len(verification.files))
        for item in wrong:
            yield f"- {item.line()}"
            yield from (f"    {line}" for line in item.detail)
    if verification.other_versions:
        yield "Versions that differ: " + "; ".join(verification.other_versions) + "."


def verification_json(verification: Verification) -> str:
    """Return what a check of a run found, for machines."""
    return _json(
        identical=verification.identical,
        changed_inputs=verification.changed_inputs,
        files=[
            {"name": item.name, "state": item.state, "detail": item.detail}
            for item in verification.files
        ],
        other_versions=verification.other_versions,
    )


def check_lines(study: Study, inputs: Mapping[str, Inputs]) -> Iterator[str]:
    """Yield what there is in a study without faults."""
    yield f"{study.title}: no faults."
    for name, tables in inputs.items():
        weight = tables.origins["weight"].sum()
        unit = UNIT if tables.families else study.unit
        rows = "1 row" if len(tables.origins) == 1 else f"{len(tables.origins):,} rows"
        yield f"  origins '{name}': {rows}, {weight:,.0f} {unit}"
    first = next(iter(inputs.values()))
    located = int((first.sites["location_basis"] != "unknown").sum())
    yield f"  sites: {len(first.sites)}, of which {located} have a known or estimated place"
    yield f"  areas: {len(first.areas):,}"
    assessed = sum(scenario.assess for scenario in study.scenarios)
    yield f"  scenarios: {len(study.scenarios)}, of which {assessed} can be assessed"
    yield f"  criteria: {len(study.criteria)}"
    notes = [note_text(note) for tables in inputs.values() for note in tables.notes]
    if idle := _named_in_vain(study, first.sites["name"]):
        notes.append(_phrase("named_in_vain", names=idle))
    yield from (f"  ! {text}" for text in dict.fromkeys(notes))


def _named_in_vain(study: Study, names: pd.Series) -> list[str]:
    """Return the sites that the question or the decision names and that no scenario changes."""
    decided = () if study.decision is None else (study.decision.title, *study.decision.facts)
    touched = {site for scenario in study.scenarios for _, site in scenario.site_keys()}
    changed = {short_name(name) for site, name in names.items() if site in touched}
    # the longest first: "Broom Valley" does not name the Valley
    longest = sorted(map(short_name, names), key=len, reverse=True)
    any_name = rf"\b(?:{'|'.join(map(re.escape, longest))})\b"
    spoken_of = re.findall(any_name, " ".join([study.question, *decided]))
    return [name for name in dict.fromkeys(spoken_of) if name not in changed]

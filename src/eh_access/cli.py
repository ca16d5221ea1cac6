"""The command line: parse, call, print."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eh_access._version import __version__
from eh_access.errors import EhAccessError, InputError, foreseen
from eh_access.terminal import (
    Stopped,
    Terminal,
    challenge_json,
    check_lines,
    echo,
    flush_output,
    print_error,
    refuse_unusable_computer,
    report_json,
    show_batch,
    show_challenge,
    show_date,
    show_fault_of_ours,
    show_faults,
    show_journey,
    show_logs,
    show_replaced,
    show_report,
    show_timetable,
    show_trip,
    show_visits,
    stoppable,
    verification_json,
    verification_lines,
)

if TYPE_CHECKING:
    from typer.models import OptionInfo


def studies(incomplete: str) -> list[str]:
    """Return the names of the studies that ship, for completion in the shell."""
    from eh_access.sources.bundled import bundled_names

    return [name for name in bundled_names("studies") if name.startswith(incomplete)]


def path_given(given: str) -> Path:
    """Return a path; nothing at all, as a variable that is not set leaves it, is none."""
    if not given.strip():
        raise typer.BadParameter("it is empty; give a path")
    return Path(given)


StudyArgument = Annotated[
    str,
    typer.Argument(
        metavar="STUDY",
        help=(
            "rotherham, rotherham-2018, newport, the path of a study.toml, or of a folder that "
            "holds one."
        ),
        autocompletion=studies,
    ),
]


def _out(text: str) -> OptionInfo:
    """Return ``--out``, whatever it is that is written."""
    option: OptionInfo = typer.Option("--out", "-o", parser=path_given, metavar="PATH", help=text)
    return option


Out = Annotated[Path | None, _out("Folder for the results; one in out/ if not given.")]
LogsOut = Annotated[Path | None, _out("Folder for the logs; logs/ beside the manifest.")]
NetworkOut = Annotated[Path | None, _out("Also write a compact network file (.npz) here.")]
FolderOut = Annotated[Path | None, _out("Folder to make; named after the council if not given.")]
StudyOut = Annotated[Path | None, _out("The study.toml to write; it is printed if not given.")]


def _offline(given: bool) -> bool:
    """Say what to write instead, once this release."""
    if given:
        echo(
            "--offline will go in the next release: streets that ship or are stored are used "
            "without a connection anyway. Write --streets bundled, or --streets estimate for "
            "none.",
            err=True,
        )
    return given


StreetsWanted = Annotated[
    str | None,
    typer.Option(
        "--streets",
        metavar="bundled|download|estimate|FILE",
        help="Which streets: those that ship, OpenStreetMap's of today, straight-line estimates, "
        "or a file of streets. If not given: the study's own or those that ship, else stored "
        "ones, else a download.",
        parser=str,
    ),
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Make no connection.", hidden=True, callback=_offline)
]
Origins = Annotated[
    str | None,
    typer.Option("--origins", help="Which set of origins: oa or postcode, or the study's own."),
]
Families = Annotated[
    Path | None,
    typer.Option(
        "--families",
        help="CSV of families' postcodes or coordinates, to count in place of the study's "
        "origins. Counted by area; never written out.",
    ),
]
ManifestArgument = Annotated[
    Path,
    typer.Argument(metavar="MANIFEST", help="The manifest.json of a run, or the folder it is in."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more on the way.")]
Json = Annotated[bool, typer.Option("--json", help="Print the results as JSON for machines.")]

DIFFERS = 1
BAD_INPUT = 2
NOT_ALL = 3
OUR_FAULT = 70
EXAMPLES = """Examples:

  eh-access report                                  Rotherham, results in out/rotherham

  eh-access report newport --out results            the other example, illustrative

  eh-access report --streets download               the same on OpenStreetMap's streets of today

  eh-access report my-area/study.toml               your own study

  eh-access check my-area/study.toml                list every fault of a study and its files

  eh-access report --families list.csv              count a list of families, named nowhere

  eh-access verify out/rotherham/manifest.json      run it again and compare every output

  eh-access log out/rotherham/manifest.json         assumptions, data and decisions logs, Word too

  eh-access challenge theirs.toml                   another scenario beside the council's

  eh-access trip newport --from "NP10 0AE" --to rogerstone-library    one trip, street by street

  eh-access study rotherham --out mine.toml         a study to change and run as your own

  eh-access new "Barnsley"                          a study folder for a council, from official data

  eh-access network download "Barnsley, England"    fetch and store the streets of a place

  eh-access batch studies --out results --workers 4    every study in a folder, and their sum

The exit code is 0 when the command did its work, whatever the verdicts; 1 when verify found a
difference; 2 when something it was given cannot be used: every fault is then listed, and nothing
has been written; 3 when some studies of a batch have no results; and 70 for a fault of the program
itself, with a file about it to send.
"""

REPORT_EXAMPLES = """Examples:

  eh-access report                                  Rotherham, results in out/rotherham

  eh-access report newport --out results            the other example, illustrative

  eh-access report my-area/study.toml --open        your own study, its report in the browser

  eh-access report --streets town.osm.pbf           on the streets of a file

  eh-access report --origins postcode --json        by postcode, results for machines

  eh-access report --families list.csv              count a list of families, named nowhere
"""

app = typer.Typer(
    name="eh-access",
    help="Answer whether services stay reasonably local when delivery points move or close.",
    epilog=EXAMPLES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
network_app = typer.Typer(help="Get streets and keep them.", no_args_is_help=True)
app.add_typer(network_app, name="network")
timetable_app = typer.Typer(help="Get timetables and check them.", no_args_is_help=True)
app.add_typer(timetable_app, name="timetable")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"eh-access {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Answer whether services stay reasonably local when delivery points move or close."""


@app.command(epilog=REPORT_EXAMPLES)
def report(
    study: StudyArgument = "rotherham",
    *,
    out: Out = None,
    streets: StreetsWanted = None,
    offline: Offline = False,
    origins: Origins = None,
    families: Families = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: Json = False,
    open_report: Annotated[
        bool, typer.Option("--open", help="Open the report in the browser when done.")
    ] = False,
) -> None:
    """Run a study and write report, map, workbook, GeoPackage, CSVs and manifest."""
    from eh_access.publish.outputs import OUTPUT_NAMES, write_outputs
    from eh_access.publish.writers.atomic import hold
    from eh_access.study.findings import find_findings
    from eh_access.study.manifest import file_of_results, started_now
    from eh_access.study.opening import (
        files_read,
        open_study,
        refuse_overwriting,
        refuse_unanswerable,
    )
    from eh_access.study.run import run_study
    from eh_access.study.streets import find_streets, street_file

    with Terminal(quiet=quiet or as_json, verbose=verbose) as terminal:
        started = started_now()
        question, inputs = open_study(study, origins=origins, families=families)
        folder = out if out is not None else Path("out") / question.id
        refuse_overwriting(
            folder, OUTPUT_NAMES, files_read(question, families, street_file(streets))
        )
        refuse_unanswerable(question)
        with hold(folder):
            earlier = file_of_results(folder)
            if out is None and earlier not in {"", question.file_name} and not quiet:
                show_replaced(folder, earlier)
            terminal.stage("Looking for streets")
            network = find_streets(question, inputs.borough, streets=streets, offline=offline)
            result = run_study(question, inputs=inputs, streets=network, progress=terminal.stage)
            findings = find_findings(result, progress=terminal.stage)
            terminal.stage("Writing the results")
            files = write_outputs(result, findings, folder, started=started)
    if as_json:
        typer.echo(report_json(result, files))
    elif not quiet:
        show_report(result, files)
    if open_report:
        typer.launch(files["report.html"].resolve().as_uri())


@app.command()
def verify(
    manifest: ManifestArgument,
    *,
    study: Annotated[
        Path | None,
        typer.Option("--study", help="The study.toml, if it is not near the manifest."),
    ] = None,
    families: Families = None,
    streets: Annotated[
        Path | None,
        typer.Option("--streets", help="The file of streets, if it is not near the manifest."),
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: Json = False,
) -> None:
    """Run a study again from its manifest and say what differs; the exit code is 1 if any does."""
    from eh_access.publish.verify import verify as verify_run

    with Terminal(quiet=quiet or as_json, verbose=verbose) as terminal:
        verification = verify_run(
            manifest, study=study, families=families, streets=streets, progress=terminal.stage
        )
    if as_json:
        typer.echo(verification_json(verification))
    elif not quiet:
        for line in verification_lines(verification):
            echo(line)
    if not verification.identical:
        raise typer.Exit(DIFFERS)


@app.command()
def log(
    manifest: ManifestArgument,
    *,
    out: LogsOut = None,
    quiet: Quiet = False,
) -> None:
    """Draft the AQuA Book's logs and assurance statement, in Markdown and Word."""
    from eh_access.publish.writers.logs import LOG_NAMES, write_logs
    from eh_access.study.opening import refuse_overwriting

    beside = manifest if manifest.is_dir() else manifest.parent
    folder = out if out is not None else beside / "logs"
    refuse_overwriting(folder, LOG_NAMES, [manifest])
    files = write_logs(manifest, folder)
    if not quiet:
        show_logs(files)


@app.command()
def challenge(
    theirs: Annotated[
        Path,
        typer.Argument(metavar="THEIRS", help="Scenarios in TOML, such as the map page saves."),
    ],
    *,
    study: Annotated[
        str,
        typer.Option("--study", "-s", help="The council's study.", autocompletion=studies),
    ] = "rotherham",
    against: Annotated[
        str | None,
        typer.Option(
            "--against", help="Which of its scenarios; the one decided, or the last assessed."
        ),
    ] = None,
    out: Out = None,
    streets: StreetsWanted = None,
    offline: Offline = False,
    origins: Origins = None,
    families: Families = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: Json = False,
) -> None:
    """Run somebody's scenario beside the council's and write the comparison."""
    from eh_access.publish.challenge import COMPARISON_NAMES, write_challenge
    from eh_access.publish.writers.atomic import hold
    from eh_access.study.challenge import read_challenge
    from eh_access.study.opening import files_read, open_study, refuse_overwriting
    from eh_access.study.run import run_study
    from eh_access.study.streets import find_streets, street_file

    with Terminal(quiet=quiet or as_json, verbose=verbose) as terminal:
        question, inputs = open_study(study, origins=origins, families=families)
        both = read_challenge(theirs, question, inputs, against=against)
        folder = out if out is not None else Path("out") / f"{question.id}-challenge"
        read = files_read(question, families, theirs, street_file(streets))
        refuse_overwriting(folder, COMPARISON_NAMES, read)
        with hold(folder):
            terminal.stage("Looking for streets")
            network = find_streets(
                both.study, both.inputs.borough, streets=streets, offline=offline
            )
            result = run_study(
                both.study, inputs=both.inputs, streets=network, progress=terminal.stage
            )
            table, files = write_challenge(result, both, folder)
    if as_json:
        typer.echo(challenge_json(table, files))
    elif not quiet:
        mode = result.times[result.modes[0]].mode.label
        show_challenge(table, files, study=result.study, mode=mode, estimated=result.estimated)


@app.command()
def trip(
    study: StudyArgument,
    *,
    start: Annotated[
        str, typer.Option("--from", metavar="POSTCODE|E,N", help="Where the trip begins.")
    ],
    site: Annotated[str, typer.Option("--to", metavar="SITE", help="The id of a site.")],
    mode: Annotated[
        str | None,
        typer.Option(
            "--mode",
            help="How: on foot, or the study's first, if not given; transit for buses and trains.",
        ),
    ] = None,
    arrive: Annotated[
        str | None, typer.Option("--arrive", metavar="HH:MM", help="By transit: be there by.")
    ] = None,
    depart: Annotated[
        str | None, typer.Option("--depart", metavar="HH:MM", help="By transit: set out at.")
    ] = None,
    date: Annotated[
        str | None,
        typer.Option("--date", help="By transit: a date or a weekday; the study's if not given."),
    ] = None,
    streets: StreetsWanted = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Explain one trip: streets by name, metres, slope and what slowed it."""
    from eh_access.modes import TRANSIT
    from eh_access.study.opening import (
        explain_transit_trip,
        explain_trip,
        open_study,
        with_candidates,
    )
    from eh_access.study.streets import find_streets

    with Terminal(quiet=quiet, verbose=verbose) as terminal:
        question, inputs = open_study(study)
        terminal.stage("Looking for streets")
        network = find_streets(question, inputs.borough, streets=streets)
        terminal.stage("Looking for the way")
        if mode == TRANSIT:
            journey, buses = explain_transit_trip(
                *(question, inputs, network.network),
                start=start,
                site=site,
                arrive_by=arrive,
                depart_after=depart,
                date=date,
            )
        elif arrive or depart or date:
            raise InputError("--arrive, --depart and --date go with --mode transit")
        else:
            way = explain_trip(question, inputs, network.network, start=start, site=site, mode=mode)
    if mode == TRANSIT:
        show_journey(journey, buses, with_candidates(inputs)["name"])
    else:
        show_trip(way)


@app.command()
def visits(
    study: StudyArgument,
    *,
    start: Annotated[
        str, typer.Option("--from", metavar="POSTCODE|E,N", help="Where the family lives.")
    ],
    mode: Annotated[
        str | None,
        typer.Option(
            "--mode", help="How: transit where there is a timetable, else on foot, if not given."
        ),
    ] = None,
    streets: StreetsWanted = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List the sessions a family can be at and get home from, and what is in the way of others."""
    from eh_access.modes import LABELS, TRANSIT
    from eh_access.study.opening import explain_sessions, open_study
    from eh_access.study.streets import find_streets

    with Terminal(quiet=quiet, verbose=verbose) as terminal:
        question, inputs = open_study(study)
        terminal.stage("Looking for streets")
        network = find_streets(question, inputs.borough, streets=streets).network
        terminal.stage("Counting sessions")
        visited, how = explain_sessions(question, inputs, network, start=start, mode=mode)
    when = (
        "a week" if inputs.buses is None or inputs.timetable else f"{inputs.buses.date:%A %d %B %Y}"
    )
    show_visits(visited, inputs.sites["name"], f"{LABELS[how]}, {when}")
    show_date(inputs.buses if how == TRANSIT else None)


@app.command()
def check(
    study: StudyArgument,
    *,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write corrected copies of tables beside them.")
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Check a study, its tables and its streets, and list every fault."""
    from eh_access.publish.notes import note_text
    from eh_access.study.config import load_study
    from eh_access.study.inputs import write_fixed
    from eh_access.study.opening import check_study

    with Terminal(quiet=quiet, verbose=verbose) as terminal:
        for fixed in write_fixed(load_study(study)) if fix else ():
            echo(note_text(fixed), err=quiet)
        terminal.stage("Checking")
        question, inputs = check_study(study)
        folder = question.report.templates
        if folder is not None:
            from eh_access.publish.templates import Templates

            Templates(question.resolve(folder)).check()
    if not quiet:
        for line in check_lines(question, inputs):
            echo(line)


@app.command("study")
def copy_study(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A study that ships: rotherham, rotherham-2018, newport.",
            autocompletion=studies,
        ),
    ],
    *,
    out: StudyOut = None,
) -> None:
    """Copy a study that ships, to change it: its data stay where they are."""
    from eh_access.study.opening import study_text, write_study

    if out is None:
        typer.echo(study_text(name), nl=False)
    else:
        echo(f"Written to {write_study(name, out)}; change it, then: eh-access check {out}")


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A council's name, as in official lists.")
    ] = "",
    *,
    code: Annotated[
        str | None, typer.Option("--code", help="Its code instead, for example E08000016.")
    ] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="What sites to list: family-hub, library, gp or school.")
    ] = "family-hub",
    out: FolderOut = None,
    have: Annotated[
        list[str] | None,
        typer.Option("--have", metavar="NAME=FILE", help="A file in place of a service; repeats."),
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a study folder for a council in England, from official data."""
    from eh_access.batch.council import make_study, replaceable, slug
    from eh_access.sources.fetch import Client, given_files

    if not name.strip() and code is None:
        raise typer.BadParameter("give a council's name, or --code")
    folder = out or Path(slug(name or code or ""))
    with Terminal(quiet=quiet, verbose=verbose) as terminal:
        client = Client(progress=terminal.stage)
        client.have = given_files(have or [], replaceable(client))
        made = make_study(name, folder, code=code, kind=kind, client=client)
    if quiet:
        return
    echo(f"{made.name}: {made.sites} sites. Written to {made.folder}")
    for error in made.lacking:
        echo(f"Not had: {error}", err=True)
    echo(f"Change study.toml at every EDIT ME; then: eh-access report {made.folder}")


@network_app.command("download")
def network_download(
    place: Annotated[
        str,
        typer.Argument(
            metavar="PLACE",
            help="A place by name, a study (rotherham, or a path), or a map file of the area.",
        ),
    ],
    *,
    out: NetworkOut = None,
    buffer_m: Annotated[
        float | None,
        typer.Option("--buffer-m", min=0, max=50_000, help="How far beyond the area, in metres."),
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Download the streets of a place from OpenStreetMap and store them for later runs."""
    from eh_access.study.opening import fetch_network

    with Terminal(quiet=quiet, verbose=verbose) as terminal:
        terminal.stage(f"Downloading the streets of {place}")
        network = fetch_network(place, out=out, buffer_m=buffer_m)
    if not quiet:
        echo(f"{network.edge_count:,} stretches of street, {network.node_count:,} junctions.")
        echo(f"Written to {out}" if out is not None else "Stored for later runs.")


@app.command()
def batch(
    plan: Annotated[
        Path,
        typer.Argument(metavar="PLAN", help="A plan.toml, or a folder of studies.", exists=True),
    ],
    *,
    out: Annotated[Path, _out("Folder for the results.")],
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", min=1, metavar="N", help="Processes; one on each processor if not given."
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS",
            help="A Dask scheduler, tcp://HOST:PORT or its .json file, or 'local'.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a batch that was stopped.")
    ] = False,
    time_limit: Annotated[
        float | None,
        typer.Option("--time-limit", min=0, metavar="MIN", help="Minutes for one study."),
    ] = None,
    memory_limit: Annotated[
        float | None,
        typer.Option("--memory-limit", min=1, metavar="MB", help="Memory for one worker."),
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run many studies, or one question for many authorities, and add them up."""
    from eh_access.batch.run import Limits, run_batch

    limits = Limits(
        workers=workers or os.cpu_count() or 1,
        cluster=cluster,
        time_limit_min=time_limit,
        memory_limit_mb=memory_limit,
    )
    try:
        with Terminal(quiet=quiet, verbose=verbose) as terminal:
            done = run_batch(plan, out, resume=resume, limits=limits, progress=terminal.stage)
    except Stopped as stopped:
        echo(
            f"Stopped; the studies that are done are kept. Go on: eh-access batch {plan} "
            f"--out {out} --resume",
            err=True,
        )
        raise typer.Exit(stopped.code) from None
    if not quiet:
        show_batch(done)
    if done.failed:
        raise typer.Exit(NOT_ALL)


@timetable_app.command("check")
def timetable_check(
    feeds: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FEED...]",
            help="A GTFS zip file or folder, or several to be read as one; the study's if none.",
        ),
    ] = None,
    *,
    date: Annotated[
        str | None,
        typer.Option(
            "--date",
            help="A date, 2023-06-13, or a weekday of school term time; the study's if not given.",
        ),
    ] = None,
    study: Annotated[
        str | None,
        typer.Option(
            "--study",
            help="Check its answers, too: to the homes and sites of a study, by name or path.",
            autocompletion=studies,
        ),
    ] = None,
    naptan: Annotated[
        Path | None,
        typer.Option("--naptan", metavar="FILE", help="Compare its stops with NaPTAN's (CSV)."),
    ] = None,
    streets: StreetsWanted = None,
) -> None:
    """Check a timetable for a date, and say what would make its answers wrong."""
    from eh_access.publish.notes import gate_lines
    from eh_access.study.opening import check_timetables

    gates = check_timetables(feeds or (), date, study=study, streets=streets, naptan=naptan)
    for line in gate_lines(gates):
        echo(line)
    if (gates["severity"] == "stop").any():
        raise typer.Exit(BAD_INPUT)


@timetable_app.command("download")
def timetable_download(
    region: Annotated[
        str, typer.Argument(metavar="REGION", help="yorkshire, south_east, wales, ..., or all.")
    ],
    *,
    out: Annotated[Path | None, _out("Where to: REGION_gtfs.zip here if not given.")] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Download a region's bus timetables from the Bus Open Data Service."""
    from eh_access.sources.bus_open_data import download
    from eh_access.sources.fetch import Client

    path = out or Path(f"{region}_gtfs.zip")
    with Terminal(quiet=quiet, verbose=verbose) as terminal:
        terminal.stage(f"Downloading the timetables of {region}")
        instead = f"get the file with a browser and save it as {path}"
        downloaded = download(Client(progress=terminal.stage, instead=instead), region, path)
    if not quiet:
        show_timetable(downloaded, path)


def main() -> None:
    """Run the command line; whatever goes wrong is put in words, never as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # a terminal or a pipe that lacks a sign gets a question mark, not a crash
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            reconfigure(errors="replace")
    sys.exit(_run())


def _run() -> int:
    """Return the exit code."""
    try:
        with stoppable():
            try:
                refuse_unusable_computer()
                app(prog_name="eh-access")
            except SystemExit as ended:
                flush_output()
                return int(ended.code or 0)
    except EhAccessError as error:
        logging.getLogger(__name__).debug("stopped", exc_info=error)
        show_faults(error)
        return BAD_INPUT
    except Stopped as stopped:
        done = "Stopped; nothing was written, and earlier results are as they were."
        echo(done if stopped.working else "Stopped.", err=True)
        return stopped.code
    except Exception as error:  # noqa: BLE001 - the one place where whatever is left ends
        if why := foreseen(error):
            print_error(["1 fault; results are written whole or not at all.", f"- {why}"])
            return BAD_INPUT
        show_fault_of_ours(error)
        return OUR_FAULT
    return 0

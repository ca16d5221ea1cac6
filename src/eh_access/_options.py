"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from typer.models import OptionInfo


def studies(incomplete: str) -> list[str]:
    """Return the names of the studies that ship, for completion in the shell."""
    from eh_access.sources.bundled import bundled_names  # noqa: PLC0415 - quick start

    return [name for name in bundled_names("studies") if name.startswith(incomplete)]


def path_given(given: str) -> Path:
    """Return a path; nothing at all, as a variable that is not set leaves it, is none."""
    if not given.strip():
        raise typer.BadParameter("it is empty; give a path, or '.' for the folder you are in")
    return Path(given)


StudyArgument = Annotated[
    str,
    typer.Argument(
        metavar="STUDY",
        help="rotherham, newport, the path of a study.toml, or of a folder that holds one.",
        autocompletion=studies,
    ),
]


def _out(told: str) -> OptionInfo:
    """Return ``--out``, whatever it is that is written."""
    option: OptionInfo = typer.Option("--out", "-o", parser=path_given, metavar="PATH", help=told)
    return option


Out = Annotated[Path | None, _out("Folder for the results; one in out/ if not given.")]
LogsOut = Annotated[Path | None, _out("Folder for the logs; logs/ beside the manifest.")]
NetworkOut = Annotated[Path | None, _out("Also write a compact network file (.npz) here.")]
StudyOut = Annotated[Path | None, _out("The study.toml to write; it is printed if not given.")]


def _offline(given: bool) -> bool:  # noqa: FBT001 - typer gives it so
    """Say what to write instead, once this release."""
    if given:
        typer.echo(
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

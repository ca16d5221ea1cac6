"""The command ``eh-access new``: a study folder for any council of England."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eh_access.terminal import Terminal

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A local authority's name, as in official lists.")
]
Code = Annotated[
    str | None, typer.Option("--code", help="Its code instead, for example E08000016.")
]
Kind = Annotated[
    str, typer.Option("--kind", help="What sites to list: family-hub, library, gp or school.")
]
Have = Annotated[
    list[str] | None,
    typer.Option("--have", metavar="NAME=FILE", help="A file in place of a service; may repeat."),
]
FolderOut = Annotated[
    Path | None, typer.Option("--out", "-o", help="The folder to make; named after the council.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more on the way.")]


def new(  # noqa: PLR0913 - each is an option of the command
    name: Name = "",
    *,
    code: Code = None,
    kind: Kind = "family-hub",
    out: FolderOut = None,
    have: Have = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a study folder for a council in England, from official data."""
    from eh_access.sources.council import make_study, replaceable, slug  # noqa: PLC0415 - quick start
    from eh_access.sources.fetch import Client, given_files  # noqa: PLC0415 - quick start

    if not name.strip() and code is None:
        raise typer.BadParameter("give a council's name, or --code")
    folder = out or Path(slug(name or code or ""))
    with Terminal(quiet=quiet, verbose=verbose) as terminal:
        client = Client(progress=terminal.stage)
        client.have = given_files(have or [], replaceable(client))
        made = make_study(name, folder, code=code, kind=kind, client=client)
    if quiet:
        return
    typer.echo(f"{made.name}: {made.sites} sites. Written to {made.folder}")
    for error in made.lacking:
        typer.echo(f"Not had: {error}", err=True)
    typer.echo(f"Change study.toml at every EDIT ME; then: eh-access report {made.folder}")

"""The command line as a user meets it: exit code, standard output, standard error."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from unittest import mock

from eh_access import cli

COMPILING = "compiling (once)"


@dataclass(frozen=True)
class Ran:
    """What one command did."""

    code: int
    out: str
    err: str


def run_cli(*arguments: object) -> Ran:
    """Run one command in this process, the way the installed command does."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    words = ["eh-access", *map(str, arguments)]
    with (
        mock.patch.object(sys, "argv", words),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
    # whether code must still be compiled depends on what ran before; `test_compiled` is about it
    said = [line for line in err.getvalue().splitlines(keepends=True) if COMPILING not in line]
    return Ran(code, out.getvalue(), "".join(said))

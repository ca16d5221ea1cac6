"""Run notebooks from top to bottom and keep copies with their results.

``python tools/run_notebooks.py --out out/notebooks notebooks/*.ipynb``

Each runs in a kernel of this interpreter, in a folder of its own below ``--out``, so that it finds
nothing but what the library brings. The kernel is spoken to through files (ipc), not ports, where
the system can do that. A cell that fails stops the run with the cell and its error.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

TIMEOUT_S = 600


def run(path: Path, out: Path) -> Path:
    """Run one notebook; return the copy that holds its results."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    folder = (out / path.stem).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kernel") as sockets:
        config = Config()
        if os.name == "posix":
            config.AsyncKernelManager.transport = "ipc"
            config.AsyncKernelManager.ip = str(Path(sockets) / "k")
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=TIMEOUT_S,
            resources={"metadata": {"path": str(folder)}},
            config=config,
        )
        client.execute()
    result = folder / path.name
    nbformat.write(notebook, result)  # type: ignore[no-untyped-call]
    return result


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for copies with results")
    options = parser.parse_args()
    for path in options.notebooks:
        try:
            print(f"{path} -> {run(path, options.out)}")
        except CellExecutionError as error:
            print(f"{path}: a cell failed\n{error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What several tests of studies share."""

from __future__ import annotations

import pytest

from private_run import PrivateRun, the_list
from study_cli import run_cli


@pytest.fixture(scope="session")
def private_run(tmp_path_factory: pytest.TempPathFactory) -> PrivateRun:
    """All that one run with a list wrote and printed; nobody is to change it."""
    folder = tmp_path_factory.mktemp("private")
    path = folder / "our families.csv"
    rows = [f"Zebedee,{code}" for code in the_list()["origin_id"]]
    path.write_text("\n".join(["child,postcode", *rows]) + "\n", encoding="utf-8")
    out = folder / "out"
    words = ("--streets", "estimate", "--verbose")
    ran = run_cli("report", "rotherham", "--families", path, "-o", out, *words)
    assert ran.code == 0, ran.err
    return PrivateRun(out, ran)

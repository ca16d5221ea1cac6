"""`eh-access timetable check` says in words what the checks found."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from eh_access import check_timetable
from eh_access.cli import app
from eh_access.publish.notes import gate_lines
from eh_access.sources.bundled import timetable_path
from timetable_feeds import DATE, hostile, write_feed

NEWPORT = str(timetable_path("newport"))


def run(*words: str) -> tuple[int, list[str]]:
    done = CliRunner().invoke(app, ["timetable", "check", *words])
    return done.exit_code, done.output.splitlines()


def test_a_sound_timetable_is_called_so() -> None:
    code, lines = run(NEWPORT, "--date", "2023-06-13")
    assert code == 0
    assert "ok   176 trips run on Tuesday 2023-06-13." in lines
    assert (
        "note There are no trains in the feed: where families take one, times are too long."
        in lines
    )


def test_the_gravest_comes_first_and_ends_with_an_error() -> None:
    code, lines = run(NEWPORT, "--date", "2024-06-11")
    assert code != 0
    assert lines[0].startswith("stop The date lies outside the feed's dates: 2024-06-11")


def test_a_bank_holiday_is_a_warning() -> None:
    code, lines = run(NEWPORT, "--date", "2023-08-28")
    assert code == 0
    assert lines[0].startswith("warn 2023-08-28 is a bank holiday")


@pytest.mark.parametrize("seed", range(3))
def test_every_check_has_its_sentence(seed: int, tmp_path: Path) -> None:
    gates = check_timetable(write_feed(tmp_path / "f", hostile(seed)), DATE)
    for severity in ("ok", "warn"):
        lines = gate_lines(gates.assign(severity=severity))
        assert len(lines) == len(gates) > 20
        assert all(line.endswith((".", ").")) and len(line) > 15 for line in lines)

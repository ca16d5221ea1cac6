"""What a computer lacks and what is handed in broken: one clear message, never a traceback."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from eh_access import cli
from eh_access.batch.plan import Plan
from eh_access.batch.run import Batch
from eh_access.batch.work import Outcome
from eh_access.terminal import show_batch
from study_cli import run_cli
from study_files import StudyFolder, write_study

EH = f"{sys.executable} -m eh_access"
CLOCK = f"""{sys.executable} -c 'import time; time.time = lambda: 9.0
from eh_access.cli import main; main()' check study.toml"""
pytestmark = pytest.mark.skipif(os.name == "nt", reason="limits and devices are POSIX")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return write_study(tmp_path_factory.mktemp("toy") / "study")


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    source = str(Path(__file__).resolve().parents[1] / "src")
    return subprocess.run(
        ["bash", "-c", line.replace("EH", EH).replace("LONG", "a" * 300)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": source},
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("EH check study.toml >/dev/full", "the disk is full"),
        ("EH study newport >/dev/full", "the disk is full"),
        ("EH --help >/dev/full", "the disk is full"),
        ("EH timetable check feed.zip >/dev/full 2>&1", ""),
        ("EH check absent.toml 2>&-", ""),
        ("EH verify absent.json >&- 2>&-", ""),
        ("EH log absent.json <&- >&- 2>&-", ""),
        ("EH check absent.toml 2>/dev/full", ""),
        ("EH challenge absent.toml 2>/dev/full", ""),
        ("EH trip absent.toml --from A --to b 2>/dev/full", ""),
        ("mkdir gone; cd gone; rmdir ../gone; EH check rotherham", "the folder you are in is gone"),
        ("mkdir gone; cd gone; rmdir ../gone; EH new Barnsley", "the folder you are in is gone"),
        ("mkdir gone; cd gone; rmdir ../gone; EH batch . --out x", "the folder you are in is gone"),
        ("EH check LONG.toml", "a path is longer than is allowed"),
        ("EH verify LONG/manifest.json", "a path is longer than is allowed"),
        ("EH report study.toml -q --out LONG", "a path is longer than is allowed"),
        ("EH timetable check LONG.zip --date 2024-01-02", "File name too long"),
        (
            "EH check $'a\\nb\\e[31m'.toml",
            "there is no study file a b\N{REPLACEMENT CHARACTER}[31m.toml; give",
        ),
        ("EH report study.toml -q --out $'a\\nb'", "its path holds a line end"),
        ("EH verify $'a\\nb.json'", "- a b.json: "),
        (
            "EH timetable check $'a\\n\\e[2Jb.zip' --date 2024-01-02",
            "- a \N{REPLACEMENT CHARACTER}[2Jb.zip: ",
        ),
        ("ulimit -v 3000000; EH check study.toml", "raise the limit (ulimit -v)"),
        ("ulimit -n 8; EH report study.toml -q --out files", "raise the limit (ulimit -n)"),
        ("ulimit -n 6; EH check newport", ""),
        ("ulimit -n 5; EH check newport", "raise the limit (ulimit -n)"),
        ("ulimit -f 20; EH report study.toml -q --out large", "a limit (ulimit -f) allows"),
        ("ulimit -f 0; EH study rotherham --out copy.toml", "cannot be written (File too large)"),
        (CLOCK, "this computer's clock says 1970; set it"),
    ],
)
def test_what_the_computer_lacks_is_one_sentence(toy: StudyFolder, line: str, words: str) -> None:
    ran = shell(line, toy.path)
    assert ran.returncode == 2, ran
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr + ran.stdout
    # with no file left to open, what is hidden stays for the next run to remove
    assert sorted(path.name for path in toy.path.glob("[!.]*")) == [
        *("areas.geojson", "origins.csv", "sites.csv", "study.toml"),
    ]


STEERING = "a\nb\x1b[31m\x9b2J\u202ec"
SEEN = "a b\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}2J\N{REPLACEMENT CHARACTER}c"


def test_no_path_steers_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    copied = run_cli("study", "newport", "--out", f"{STEERING}.toml")
    folder = tmp_path / STEERING
    folder.mkdir()
    batch = Batch(
        plan=Plan(title=STEERING, jobs=()),
        outcomes={"one": Outcome(id="one", reason=f"{folder}: is damaged")},
        files={"total.csv": folder / "total.csv"},
        seconds={},
    )
    with redirect_stdout(io.StringIO()) as shown:
        show_batch(batch)
    for printed in (copied.out, shown.getvalue()):
        assert SEEN in printed
        assert not set(printed) & set(STEERING) - {*"ab[31m2Jc", "\n"}
    assert copied.out.count("\n") == 1


SHORT = """
import resource, sys, threading, time
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
from eh_access import cli
from eh_access.batch.plan import Plan
from eh_access.batch.run import Batch
from eh_access.batch.work import Outcome
from eh_access.terminal import show_batch
from eh_access.__main__ import main
def run(**_):
    threading.Thread(target=time.sleep, args=(60,)).start()  # as libraries hang once it is short
    bytearray(8 << 30)
cli.app = run
main()
"""


def test_short_of_memory_it_says_so_and_ends(toy: StudyFolder) -> None:
    source = str(Path(__file__).resolve().parents[1] / "src")
    ran = subprocess.run(
        [sys.executable, "-c", SHORT],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        cwd=toy.path,
        env={**os.environ, "PYTHONPATH": source},
    )
    assert ran.returncode == 2, ran
    assert ran.stderr.count("there is not enough memory") == 1
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("after_s", [0.15, 0.4, 0.8])
def test_ctrl_c_in_the_first_second(toy: StudyFolder, after_s: float) -> None:
    hear = "import signal, runpy; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    run = "import sys; sys.argv = ['eh-access', 'check', 'rotherham']\nprint('begun', flush=True)\n"
    main = "from eh_access.__main__ import main; main()"
    source = str(Path(__file__).resolve().parents[1] / "src")
    with subprocess.Popen(
        [sys.executable, "-c", hear + run + main],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=toy.path,
        env={**os.environ, "PYTHONPATH": source},
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "begun\n"
        time.sleep(after_s)
        running.send_signal(signal.SIGINT)
        _, faults = running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGINT
    assert faults.startswith("Stopped")
    assert len(faults.splitlines()) == 1


def test_a_fault_of_ours_names_a_file_without_data(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(**_: object) -> None:
        raise KeyError("S60 1AA")

    monkeypatch.setattr(cli, "app", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ran = run_cli("check", "S60 1AA")
    (file,) = tmp_path.iterdir()
    text = file.read_text(encoding="utf-8")
    assert ran.code == 70
    assert str(file) in ran.err
    assert "S60" not in text + ran.err
    assert "KeyError" in text
    assert "test_no_traceback.py" in text


BROKEN = ["", "[" * 5000, '{"a": 1}', "null", "5", '{"inputs": 5}', "\ud800"]


@pytest.mark.parametrize("command", ["verify", "log"])
def test_a_manifest_that_is_none(tmp_path: Path, command: str) -> None:
    for number, text in enumerate(BROKEN):
        path = tmp_path / f"{number}.json"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        ran = run_cli(command, path)
        assert ran.code == 2, (text[:20], ran)
        assert ran.err.startswith("1 fault; nothing was written.\n- ")


def test_a_manifest_with_any_one_part_of_another_kind(toy: StudyFolder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "manifest.json").parent.mkdir()
    (out / "manifest.json").write_text("left by somebody", encoding="utf-8")
    assert run_cli("report", toy.toml, "-q", "--out", out).code == 0
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    for key in manifest:
        if key == "manifest":
            continue
        for value in (7, None, ["x"], {"x": []}):
            path = tmp_path / "changed.json"
            path.write_text(json.dumps({**manifest, key: value}), encoding="utf-8")
            ran = run_cli("log", path, "--out", tmp_path / "logs")
            assert ran.code in (0, 2), (key, value, ran)
            assert "A fault in eh-access" not in ran.err
    for name in ("../study.toml", "/dev/zero", "a\x00b", ""):
        manifest["study"]["file"] = name
        path.write_text(json.dumps(manifest), encoding="utf-8")
        assert "'study.file' is" in run_cli("verify", path).err

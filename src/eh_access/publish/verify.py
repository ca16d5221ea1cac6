"""Run again from a manifest and compare every byte."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from eh_access.provenance import file_sha256
from eh_access.publish.outputs import write_outputs
from eh_access.study.findings import find_findings
from eh_access.study.manifest import find_source, read_manifest, run_again, versions
from eh_access.tables import FIRST_ROW

State = Literal["same", "differs", "altered", "missing", "new"]
SHOWN_COLUMNS = 6
WORDS: Mapping[State, str] = {
    "same": "the same",
    "differs": "comes out otherwise",
    "altered": "altered since it was written",
    "missing": "is not written any more",
    "new": "was not written then",
}


@dataclass(frozen=True, kw_only=True)
class FileCheck:
    """What became of one output."""

    name: str  # its name
    # the same; comes out otherwise; altered since it was written, though the run gives the same
    # again; written then and not now, or now and not then
    state: State
    # where it first differs, one line each; empty where that cannot be told
    detail: tuple[str, ...] = ()

    def line(self) -> str:
        """Return it as a line for a terminal."""
        return f"{self.name}: {WORDS[self.state]}"


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What a check found."""

    changed_inputs: tuple[str, ...]  # inputs that are not what they were; then nothing was run
    files: tuple[FileCheck, ...]  # every output
    other_versions: tuple[str, ...]  # libraries whose version is another than then, in words

    @property
    def identical(self) -> bool:
        """Whether everything is as it was, byte for byte."""
        return not self.changed_inputs and all(item.state == "same" for item in self.files)


def verify(
    manifest: Path,
    *,
    study: Path | None = None,
    families: Path | None = None,
    streets: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> Verification:
    """Run a study again as its manifest says, and compare every output."""
    tell = progress or (lambda _stage: None)
    tell("Checking the inputs")
    recorded = read_manifest(manifest)
    folder = manifest if manifest.is_dir() else manifest.parent
    source = find_source(recorded, folder, study=study, families=families, streets=streets)
    other = tuple(_other_versions(recorded))
    if source.changed:
        return Verification(changed_inputs=source.changed, files=(), other_versions=other)
    result = run_again(recorded, source, progress=progress)
    findings = find_findings(result, progress=progress)
    tell("Writing everything again")
    with tempfile.TemporaryDirectory(prefix="eh-access-") as again:
        written = write_outputs(result, findings, Path(again) / "outputs")
        tell("Comparing")
        files = tuple(_checks(recorded["outputs"], folder, written))
    return Verification(changed_inputs=(), files=files, other_versions=other)


def _checks(
    stated: Mapping[str, str], folder: Path, written: Mapping[str, Path]
) -> Iterator[FileCheck]:
    now = {name: path for name, path in written.items() if name != "manifest.json"}
    for name in sorted({*stated, *now}):
        beside = folder / name
        if name not in now:
            yield FileCheck(name=name, state="missing")
        elif name not in stated:
            yield FileCheck(name=name, state="new")
        elif file_sha256(now[name]) != stated[name]:
            yield FileCheck(name=name, state="differs", detail=_detail(beside, now[name]))
        elif beside.is_file() and file_sha256(beside) != stated[name]:
            yield FileCheck(name=name, state="altered", detail=_detail(beside, now[name]))
        else:
            yield FileCheck(name=name, state="same")


def _detail(old: Path, new: Path) -> tuple[str, ...]:
    """Return where a file that lies beside the manifest differs from the one written now."""
    if not old.is_file():
        return ()
    if old.suffix == ".csv":
        return tuple(csv_differences(old.read_bytes(), new.read_bytes()))
    before, after = old.read_bytes(), new.read_bytes()
    if len(before) != len(after):
        return (f"{len(before):,} bytes then, {len(after):,} now",)
    at = next((n for n, (a, b) in enumerate(zip(before, after, strict=True)) if a != b), None)
    return () if at is None else (f"first at byte {at:,} of {len(before):,}",)


def csv_differences(old: bytes, new: bytes) -> Iterator[str]:
    r"""Yield which columns of a table differ, and where each first does."""
    try:
        before, after = (
            pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False) for data in (old, new)
        )
    except ValueError:
        yield "no longer a table"
        return
    gone = [column for column in before if column not in after]
    fresh = [column for column in after if column not in before]
    yield from (f"column '{column}' was there, and is not" for column in gone)
    yield from (f"column '{column}' is there, and was not" for column in fresh)
    if len(before) != len(after):
        yield f"{len(before):,} rows then, {len(after):,} now"
    rows = min(len(before), len(after))
    shown = 0
    for column in (name for name in before if name in after):
        was, now = before[column].to_numpy()[:rows], after[column].to_numpy()[:rows]
        unequal = (was != now).nonzero()[0]
        if len(unequal) and shown < SHOWN_COLUMNS:
            shown += 1
            first = int(unequal[0])
            yield (
                f"column '{column}': {len(unequal):,} of {rows:,} rows differ, first row "
                f"{first + FIRST_ROW}: '{was[first]}' then, '{now[first]}' now"
            )


def _other_versions(manifest: Mapping[str, Any]) -> Iterator[str]:
    now = versions()
    for name, then in manifest["versions"].items():
        if now.get(name, "not installed") != then:
            yield f"{name} was {then}, here {now.get(name, 'not installed')}"

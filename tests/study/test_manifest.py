from __future__ import annotations

import datetime as dt
import json
import platform
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eh_access.errors import InputError
from eh_access.provenance import file_sha256
from eh_access.study.config import load_study
from eh_access.study.manifest import (
    build_manifest,
    frame_sha256,
    started_now,
    versions,
)
from eh_access.study.run import run_study
from study_files import write_study


def test_a_manifest_is_plain_json_and_names_no_folder(tmp_path: Path) -> None:
    toy = write_study(tmp_path / "study")
    result = run_study(load_study(toy.toml))
    written = tmp_path / "origins.csv"
    written.write_bytes(b"x")
    started = dt.datetime(2018, 10, 22, tzinfo=dt.UTC)
    manifest = build_manifest(result, {"origins.csv": written}, started=started)
    text = json.dumps(manifest, allow_nan=False)
    assert str(tmp_path) not in text
    assert manifest["started"] == "2018-10-22T00:00:00+00:00"
    # the well-known digest of the letter x
    x = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert manifest["outputs"] == {"origins.csv": x}
    assert manifest["criteria"]["sha256"] == load_study(toy.toml).criteria_sha256()
    assert manifest["criteria"]["set_on"] == {"walk-30": "2020-01-01"}
    placed = [item for item in manifest["counts"] if "origins with a place" in item["step"]]
    assert [(item["rows_in"], item["rows_out"]) for item in placed] == [(3, 3), (3, 3)]


def test_the_manifest_itself_is_not_among_its_outputs(tmp_path: Path) -> None:
    toy = write_study(tmp_path / "study")
    result = run_study(load_study(toy.toml))
    manifest = build_manifest(result, {"manifest.json": tmp_path / "manifest.json"})
    assert manifest["outputs"] == {}
    assert manifest["started"] == ""


def test_the_clock_can_be_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert started_now() == dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    gone_by = dt.datetime.now(tz=dt.UTC) - started_now()
    assert dt.timedelta(0) <= gone_by < dt.timedelta(seconds=5)


@pytest.mark.parametrize("seconds", ["", "soon", "1e9", "9" * 30])
def test_a_clock_fixed_to_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", seconds)
    with pytest.raises(InputError, match="give whole seconds since 1970"):
        started_now()


def test_a_digest_sees_every_cell_and_no_index() -> None:
    frame = pd.DataFrame({"a": [1.0, np.inf], "b": ["x", ""]})
    digest = frame_sha256(frame)
    assert frame_sha256(frame.set_axis([7, 8])) == digest
    assert frame_sha256(frame.assign(a=[1.0, 2.0])) != digest
    assert frame_sha256(frame.iloc[::-1]) != digest


def test_a_large_file_is_read_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"a" * 1_000_000)
    # the published test vector for a million letters a (FIPS 180-2)
    known = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    assert file_sha256(path) == known


def test_versions_name_what_the_figures_stand_on() -> None:
    found = versions()
    assert found["python"] == platform.python_version()
    assert found["pandas"] == pd.__version__
    assert found["numpy"] == np.__version__
    assert "not installed" not in found.values()

"""Ranges hold the truth and calls are right, on a few of the decisions of the benchmark."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "calibration.py"
DECISIONS = 12


@pytest.mark.slow
def test_true_values_lie_in_their_ranges_and_calls_are_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = importlib.util.spec_from_file_location("calibration", PATH)
    assert spec is not None
    assert spec.loader is not None
    calibration = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, calibration)  # its dataclass looks itself up
    spec.loader.exec_module(calibration)
    world = calibration.open_world(every=12)
    decisions = [calibration.decide(world, number, draws=400) for number in range(DECISIONS)]
    found = pd.concat(decisions, ignore_index=True)
    assert len(found) == len(world.study.criteria) * DECISIONS
    inside = found["true"].between(found["low"] - 1e-9, found["high"] + 1e-9)
    # nine in ten, of some seventy values in twelve groups that go together
    assert 0.8 <= inside.mean() <= 1.0
    called = np.maximum(found["chance"], 1 - found["chance"]) >= 0.9
    right = (found["chance"] >= 0.5) == found["met"]
    assert called.sum() >= 10
    assert right[called].mean() >= 0.9
    assert (found["high"] > found["low"]).mean() > 0.9

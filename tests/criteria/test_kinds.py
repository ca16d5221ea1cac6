"""A kind of criterion is one class; judging by one touches few functions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import eh_access
from eh_access import load_study, run_study, write_outputs
from eh_access.criteria.criterion import KINDS, Counted, Criterion, Kind, Outcome, register
from eh_access.criteria.evaluate import Assumptions, evaluate, scope_of, stock_of
from eh_access.criteria.judge import judge
from eh_access.criteria.sensitivity import sensitivity
from eh_access.measures.scenarios import BASELINE, Close, Scenario, open_sites
from eh_access.study.findings import find_findings
from study_files import write_study
from toy_borough import EVERY, case_of, criterion, sites

PACKAGE = str(Path(eh_access.__file__).parent)
CLOSED = Scenario("closed", "B is gone", (Close("B"),))


class MeanTime(Kind):
    """The mean minutes to the nearest site."""

    name = "mean_time"
    unit = "min"
    better = "lower"
    needs = ()

    def value(
        self,
        _criterion: Criterion,
        _before: NDArray[np.float64],
        after: NDArray[np.float64],
        counted: Counted,
    ) -> NDArray[np.float64]:
        return np.asarray(np.average(after, axis=-1, weights=counted.weights))

    def evidence(
        self,
        _criterion: Criterion,
        before: NDArray[np.float64],
        after: NDArray[np.float64],
        counted: Counted,
    ) -> pd.DataFrame:
        columns = {"weight": counted.weights, "before_min": before, "after_min": after}
        return pd.DataFrame(columns, index=counted.origins.index)


@pytest.fixture
def mean_time() -> Iterator[None]:
    register(MeanTime)
    yield
    del KINDS["mean_time"]


@pytest.mark.usefixtures("mean_time")
def test_a_new_kind_is_judged_and_varied_like_any_other() -> None:
    item = criterion(measure="mean_time", cutoff_min=None, threshold=20.0)
    verdict, case = judge(item, case_of(CLOSED)), case_of(CLOSED)
    weights = case.origins["weight"].to_numpy()
    nearest = case.after.times["walk"].nearest(["A", "C", "D"])["minutes"].to_numpy()
    assert verdict.value == pytest.approx(float(np.average(nearest, weights=weights)))
    assert verdict.outcome is (Outcome.MET if verdict.value <= 20 else Outcome.NOT_MET)
    assert verdict.sentence.startswith(f"A walk to a site: {round(verdict.value, 1):g} minutes, ")
    # twice as fast takes half as long
    walk = case.after.times["walk"].mode.speed_km_h
    quick = evaluate(item, case, Assumptions(walk_speed_km_h=2 * walk))
    assert float(quick.value) == pytest.approx(verdict.value / 2)
    tips = sensitivity([item], [case]).tipping.set_index("assumption")
    assert tips.loc["threshold", "outcome"] == str(verdict.outcome)


@pytest.mark.usefixtures("mean_time")
def test_a_study_asks_a_new_kind_and_its_files_answer(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "toy")
    folder.change("study.toml", 'measure = "coverage"', 'measure = "mean_time"')
    folder.change("study.toml", "cutoff_min = 30\nthreshold = 0.9\n", "threshold = 20.0\n")
    result = run_study(load_study(folder.toml))
    (verdict,) = result.verdicts_for("one-less")
    minutes = result.nearest("one-less", "walk", full_time=False)["minutes"]
    weights = result.origins["weight"]
    assert verdict.value == pytest.approx((minutes * weights).sum() / weights.sum())
    write_outputs(result, find_findings(result), tmp_path / "out")
    row = pd.read_csv(tmp_path / "out" / "verdicts.csv").set_index("scenario").loc["one-less"]
    assert row["value"] == pytest.approx(verdict.value)
    annex = (tmp_path / "out" / "annex.html").read_text(encoding="utf-8")
    assert f"Near on foot: {round(verdict.value, 1):g} minutes, " in annex


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="'coverage'"):
        criterion(measure="mean_time")


@pytest.mark.parametrize("name", list(EVERY))
@pytest.mark.parametrize("scenario", [BASELINE, CLOSED], ids=lambda item: item.name)
def test_a_verdict_is_the_evaluation_under_the_studys_own_assumptions(
    name: str, scenario: Scenario
) -> None:
    case = case_of(scenario)
    verdict, evaluation = judge(EVERY[name], case), evaluate(EVERY[name], case)
    assert (verdict.value, verdict.baseline_value) == (
        float(evaluation.value),
        float(evaluation.baseline_value),
    )


@pytest.mark.parametrize("hours", [None, 0.0, 9.9, 10.0, 40.0])
@pytest.mark.parametrize("enough", [5.0, 10.0, 25.0])
@pytest.mark.parametrize("which", ["open", "full_time"])
def test_the_sites_that_count_are_the_open_ones_whatever_hours_are_enough(
    hours: float | None, enough: float, which: str
) -> None:
    table = sites().assign(hours_per_week=[hours, 10.0, np.nan, np.nan])
    case = case_of(CLOSED, table=table)
    scope = replace(scope_of(next(iter(EVERY.values()))), sites=which)
    for side in (case.before, case.after):
        view = stock_of(scope, case, side).view(scope, enough)
        counted = open_sites(
            side.sites, full_time=which == "full_time", full_time_from_hours=enough
        )
        assert [*view.sites.ids, *view.unknown.ids] == counted.tolist()


@dataclass
class Trace:
    """The functions of the package that were called, by file."""

    called: set[tuple[str, str]]

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        inner = code.co_qualname.rpartition(".")[2].startswith("<")
        if event == "call" and code.co_filename.startswith(PACKAGE) and not inner:
            self.called.add((code.co_filename, code.co_qualname))


def test_judging_a_share_calls_few_functions_in_few_files() -> None:
    study = load_study("newport")
    item = next(item for item in study.criteria if item.id == "walk-30")
    case = run_study(study).cases()[1]
    trace = Trace(set())
    sys.setprofile(trace)
    try:
        judge(item, case)
    finally:
        sys.setprofile(None)
    assert 5 < len(trace.called) < 25, sorted(trace.called)
    assert len({file for file, _ in trace.called}) <= 5

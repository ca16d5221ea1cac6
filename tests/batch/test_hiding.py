"""No file of a batch gives a small count away, and every sum is over one set of studies."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from attack import Lines, ranges
from eh_access.batch.plan import Job
from eh_access.batch.reduce import SETS, reduce_studies
from eh_access.batch.work import COUNTED, OWN, summarise
from eh_access.measures.comparison import Comparison
from eh_access.modes import WALK
from eh_access.privacy.policy import Policy
from eh_access.publish.tabulations import DEPRIVATION
from eh_access.publish.wording import ANY_SITE, FULL_TIME

POLICY, STEP, LIMIT, NEAR_MIN, MOST = Policy(), 5, 10, 30.0, 1e5
SCENARIOS = ("some", "closed")
FIFTHS = ["1 (most deprived)", "2", "3", "4", "5 (least deprived)"]
OUTCOMES = ("loses", "loses_all", "gains", "gains_access", "unchanged", "still_unreached")
COUNTS = {
    "weight": OUTCOMES,
    "weight_loses": ("loses", "loses_all"),
    "weight_loses_all": ("loses_all",),
    "weight_gains": ("gains", "gains_access"),
    "weight_unchanged": ("unchanged",),
    "weight_still_unreached": ("still_unreached",),
    "finite_weight": ("loses", "gains", "unchanged"),
    "within_before": ("near_before",),
    "within_after": ("near_after",),
}
"""Every column of people, and whom it counts."""
SHARES = {
    "share_loses": "weight_loses",
    "share_gains": "weight_gains",
    "within_share_before": "within_before",
    "within_share_after": "within_after",
}
CHANGES = {"within_share_change": ("within_share_after", "within_share_before")}
KEYS = {"by", "group", "counted", "scenario", "mode", "sites"}
OF_PLACES = {"origins"} | {
    f"{figure}_min"
    for figure in (
        *("mean_before", "mean_after", "mean_change"),
        *("median_change", "p90_change", "worst_change"),
    )
}
"""Columns about places: how many there are, which every file lists, and minutes."""


class Town:
    """Homes with made-up weights, fifths and minutes, before and after two choices."""

    def __init__(self, seed: int, homes: int = 60) -> None:
        rng = np.random.default_rng(seed)
        self.id = f"town-{seed}"
        self.weight = rng.integers(0, 24, homes) + rng.choice([0, 1 / 3, 0.5, 0.875], homes)
        self.fifth = rng.choice(FIFTHS, homes, p=[0.5, 0.2, 0.15, 0.1, 0.05])
        self.before = np.where(rng.random(homes) < 0.04, np.inf, rng.uniform(1, 45, homes))
        self.after = {}
        for scenario, part in zip(SCENARIOS, (0.1, 0.12), strict=True):
            longer = np.where(rng.random(homes) < part, rng.uniform(0, 20, homes), 0.0)
            minutes = np.maximum(self.before + np.where(rng.random(homes) < 0.02, -9, longer), 0.5)
            minutes[rng.random(homes) < 0.02] = np.inf
            self.after[scenario] = minutes

    def outcomes(self, scenario: str) -> np.ndarray:
        before, after = self.before, self.after[scenario]
        with np.errstate(invalid="ignore"):
            added = after - before
        cases = [
            np.isinf(before) & np.isinf(after),
            np.isinf(after),
            np.isinf(before),
            added > 5,
            added < -5,
        ]
        names = ["still_unreached", "loses_all", "gains_access", "loses", "gains"]
        return np.select(cases, names, default="unchanged").astype(object)

    def comparison(self, scenario: str) -> Comparison:
        both = np.isinf(self.before) & np.isinf(self.after[scenario])
        with np.errstate(invalid="ignore"):
            change = np.where(both, 0.0, self.after[scenario] - self.before)
        columns = {"before_min": self.before, "after_min": self.after[scenario]}
        columns |= {"change_min": change, "weight": self.weight}
        frame = pd.DataFrame({**columns, "outcome": self.outcomes(scenario)})
        return Comparison(
            frame=frame,
            groups=pd.DataFrame(index=frame.index),
            loser_min=5.0,
            mode=WALK,
            cutoff_min=60.0,
            closed=(),
            estimated=False,
        )

    def summary(self) -> pd.DataFrame:
        compared = {(name, "walk"): self.comparison(name) for name in SCENARIOS}
        study: Any = SimpleNamespace(near_min=lambda _: NEAR_MIN, policy=POLICY)
        cases = {(OWN, FULL_TIME): compared, (OWN, ANY_SITE): compared}
        return summarise({**cases, (COUNTED, FULL_TIME): compared}, pd.Series(self.fifth), study)

    def count(self, row: pd.Series, column: str) -> float:
        """Return whom a cell counts, from the homes alone."""
        inside = np.full(len(self.weight), row["group"] == "all") | (self.fifth == row["group"])
        if column.startswith("within_"):
            minutes = self.before if column.endswith("before") else self.after[row["scenario"]]
            inside &= minutes <= NEAR_MIN
        else:
            inside &= np.isin(self.outcomes(row["scenario"]), COUNTS[column])
        return float(self.weight[inside].sum())


def few(count: float) -> bool:
    return 1e-6 < abs(count) < LIMIT - 1e-6


def check_cell(shown: float, exact: float, whole: float, cell: tuple[object, ...]) -> None:
    """Fail where a cell shows a small count or its complement, or is not rounded."""
    if few(exact) or few(whole - exact) or whole < POLICY.least_base:
        assert math.isnan(shown), cell
    elif not math.isnan(shown):
        assert shown % STEP == 0, cell
        assert abs(shown - exact) <= STEP / 2 + 1e-3, cell


@pytest.mark.parametrize("seed", range(8))
def test_no_column_of_a_study_shows_a_small_count_or_all_but_one(seed: int) -> None:
    town = Town(seed)
    table = town.summary()
    # a column that is none of these is new: who counts what in it, and is it hidden?
    everything = {*KEYS, *OF_PLACES, *COUNTS, *SHARES, *CHANGES}
    assert set(table) - {"worst_change_min_reason"} == everything
    assert set(table["by"]) == {"all", DEPRIVATION}
    for number, row in table.iterrows():
        whole = town.count(row, "weight")
        for column in COUNTS:
            check_cell(row[column], town.count(row, column), whole, (number, column))
        for share, part in SHARES.items():
            # hidden with its part; else of rounded counts, though that of all may be hidden
            expected = row[part] / float(POLICY.shown(whole)) if whole else math.nan
            assert row[share] == pytest.approx(expected, nan_ok=True), (number, share)
        for change, (after, before) in CHANGES.items():
            assert row[change] == pytest.approx(row[after] - row[before], nan_ok=True), number
    hidden = table[list(COUNTS)].isna()
    assert hidden.to_numpy().any()
    assert not hidden.to_numpy().all()


class Reader:
    """What a reader knows of the people behind every cell, as lines for a linear program."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.number: dict[tuple[object, ...], int] = {}
        self.lines: Lines = []
        self.hidden: list[tuple[pd.Series, str]] = []
        groups = [group for group in table["group"].unique() if group != "all"]
        for scenario in SCENARIOS:
            for part in (*OUTCOMES, "near_before", "near_after"):
                self.adds_up([(scenario, group, part) for group in groups], (scenario, "all", part))
        for _, row in table.iterrows():
            self.read(row)

    def variable(self, *key: object) -> int:
        return self.number.setdefault(key, len(self.number))

    def adds_up(self, parts: list[tuple[object, ...]], whole: tuple[object, ...]) -> None:
        line = dict.fromkeys([self.variable(*part) for part in parts], 1.0)
        self.lines.append(({**line, self.variable(*whole): -1.0}, 0.0, 0.0))

    def read(self, row: pd.Series) -> None:
        place = (row["scenario"], row["group"])
        for column, parts in COUNTS.items():
            self.adds_up([(*place, part) for part in parts], (*place, column))
            shown = row[column] if column != "weight" else all_of(row)
            if math.isnan(shown):
                self.hidden.append((row, column))
                continue
            slack = STEP / 2 if shown else 0.0  # none is shown as none, exactly
            cell = {self.variable(*place, column): 1.0}
            self.lines.append((cell, shown - slack, shown + slack))
        whole = self.variable(*place, "weight")
        for near in ("near_before", "near_after"):
            self.lines.append(({self.variable(*place, near): -1.0, whole: 1.0}, 0.0, MOST))
        if row["scenario"] != SCENARIOS[0]:  # what was before is so under each scenario
            for same in ("weight", "near_before"):
                self.adds_up([(SCENARIOS[0], row["group"], same)], (*place, same))

    def ranges(self) -> list[tuple[float, float]]:
        asked = [self.variable(row["scenario"], row["group"], name) for row, name in self.hidden]
        return ranges([0.0] * len(self.number), [MOST] * len(self.number), self.lines, asked)


def all_of(row: pd.Series) -> float:
    """Return how many a group has: its own cell, or what a count and its share come to."""
    told = [row[part] / row[share] for share, part in SHARES.items() if row[share] > 0]
    return next((whole for whole in [row["weight"], *told] if not math.isnan(whole)), math.nan)


@pytest.mark.parametrize("seed", range(5))
def test_no_small_hidden_cell_of_a_study_has_one_value(seed: int) -> None:
    """All columns, fifths and their total, two scenarios, at once."""
    town = Town(seed)
    table = town.summary()
    reader = Reader(table[(table["counted"] == OWN) & (table["sites"] == FULL_TIME)])
    small = 0
    for (row, column), (low, high) in zip(reader.hidden, reader.ranges(), strict=True):
        exact, whole = town.count(row, column), town.count(row, "weight")
        assert low - 1e-6 <= exact <= high + 1e-6, (row, column)
        # others are hidden to hide these, and none at all is shown anyhow
        if few(exact) or (few(whole - exact) and exact > 0):
            assert math.floor(high + 1e-6) - math.ceil(low - 1e-6) >= 1, (row, column, low, high)
            small += 1
    assert small >= 5


# ---- sums --------------------------------------------------------------------------------------


def write_job(folder: Path, study: str, summary: pd.DataFrame) -> Job:
    """Write what a batch reads of a study that is done; return its job."""
    job = Job(
        id=study,
        name=study.title(),
        code="",
        region="North" if study[-1] in "0123" else "South",
        key="",
        size=1,
        study="",
        out=str(folder),
    )
    job.folder.mkdir(parents=True)
    summary.to_parquet(job.folder / "summary.parquet", index=False)
    facts = {"decided": "closed", "mode": "walk", "unit": "children", "public": False}
    facts |= {"threshold": LIMIT, "round_to": STEP, "least_base": POLICY.least_base}
    outline = gpd.GeoDataFrame([facts], geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:27700")
    outline.to_parquet(job.folder / "outline.parquet")
    return job


def test_each_sum_is_of_one_named_set_of_studies(tmp_path: Path) -> None:
    towns = {town.id: town for town in map(Town, range(8))}
    own = {study: town.summary() for study, town in towns.items()}
    reduction = reduce_studies([write_job(tmp_path, study, own[study]) for study in own])
    everything = {"studies", "left_out", "left_out_studies", "figures", "unit"}
    everything |= {*KEYS, *COUNTS, *SHARES, *CHANGES} - {"scenario"}
    assert set(reduction.national) == everything
    left_out = 0
    for place, row in reduction.national.iterrows():
        fifth = row["by"] == DEPRIVATION
        rows = {}
        for study, table in own.items():
            if row["by"] == "region" and (study[-1] in "0123") != (row["group"] == "North"):
                continue
            asked = {"by": DEPRIVATION if fifth else "all", "scenario": "closed"}
            asked |= {key: row[key] for key in ("counted", "mode", "sites")}
            asked |= {"group": row["group"] if fifth else "all"}
            mine = table[(table[list(asked)] == pd.Series(asked)).all(axis=1)]
            rows |= {study: mine.iloc[0]} if len(mine) else {}
        gone = [name for name in row["left_out_studies"].split("; ") if name]
        assert (len(gone), len(rows)) == (row["left_out"], row["left_out"] + row["studies"])
        needed = SETS[row["figures"]]
        for study in rows:  # who is left out hides what is asked, and nobody else does
            assert (study in gone) == bool(rows[study][list(needed)].isna().any()), (place, study)
        left_out += len(gone)
        near = {"within_before", "within_after"}
        summed = {"weight"} | (near if row["figures"] == "within" else set(COUNTS) - near)
        for column in COUNTS:
            parts = [rows[study][column] for study in rows if study not in gone]
            expected = sum(parts) if parts and column in summed else math.nan
            assert row[column] == pytest.approx(expected, nan_ok=True) or (
                math.isnan(row[column]) and hidden_again(expected, row["weight"])
            ), (place, column)
            if not math.isnan(row[column]):
                assert not few(row[column])
                assert not few(row["weight"] - row[column])
        for share, part in SHARES.items():
            expected = row[part] / row["weight"]
            assert row[share] == pytest.approx(expected, nan_ok=True), (place, share)
    assert left_out > 0


def hidden_again(total: float, whole: float) -> bool:
    """Return whether a sum is hidden by the rules or stands by one that is, to hide it."""
    return math.isnan(whole) or total < LIMIT or whole < POLICY.least_base


def by_hand(**figures: float) -> pd.DataFrame:
    """Return a summary of one row; what is not given is 0."""
    keys = {"by": "all", "group": "all", "counted": OWN, "scenario": "closed"}
    keys |= {"mode": "walk", "sites": FULL_TIME}
    return pd.DataFrame([{**keys, **dict.fromkeys(COUNTS, 0.0), **figures}])


def test_before_is_of_the_same_studies_as_after(tmp_path: Path) -> None:
    """A large town hides how many were near before: it counts in neither column.

    Summed by column 100 of 200 became 80 + 410 of 630. Who loses is known in both towns.
    """
    jobs = [
        write_job(tmp_path, "small", by_hand(
            weight=200, weight_loses=20, within_before=100, within_after=80, finite_weight=200)),
        write_job(tmp_path, "large", by_hand(
            weight=430, weight_loses=40, within_before=np.nan, within_after=410,
            finite_weight=np.nan)),
    ]  # fmt: skip
    nation = reduce_studies(jobs).national.query("by == 'nation'").set_index("figures")
    within, lose = nation.loc["within"], nation.loc["lose"]
    assert (within["studies"], within["left_out_studies"]) == (1, "large")
    assert within[["weight", "within_before", "within_after"]].tolist() == [200, 100, 80]
    assert within[["within_share_before", "within_share_after"]].tolist() == [0.5, 0.4]
    assert within["within_share_change"] == pytest.approx(-0.1)
    assert (lose["studies"], lose["left_out"], lose["left_out_studies"]) == (2, 0, "")
    assert lose[["weight", "weight_loses"]].tolist() == [630, 60]
    assert lose["share_loses"] == pytest.approx(60 / 630)
    # of 630 people as many as 200 are known to reach a site: that is no sum of the same two
    assert math.isnan(lose["finite_weight"])


def test_where_all_hide_a_figure_its_sum_is_hidden(tmp_path: Path) -> None:
    few_lose = by_hand(weight=200, weight_loses=np.nan, within_before=100, within_after=100)
    nation = reduce_studies([write_job(tmp_path, "only", few_lose)]).national
    lose = nation[(nation["by"] == "nation") & (nation["figures"] == "lose")].iloc[0]
    assert (lose["studies"], lose["left_out"]) == (0, 1)
    assert lose[["weight", "weight_loses", "share_loses"]].isna().all()

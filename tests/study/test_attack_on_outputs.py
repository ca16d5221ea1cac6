"""A reader with linear programs works at everything one private run published.

He knows the rules and reads the log of what was hidden. He asks for the least and the most that
each true count, and each figure hidden in a table, can be.
"""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

from attack import Lines, known_of_counts, ranges
from private_run import DATA, LIMIT, MARK, STEP, PrivateRun, the_list


def test_the_attacker_finds_what_a_row_tells() -> None:
    # 3 + a + b is 10 to 12, a is at most 4: b is 3 to 9, and a told apart only by its own limit
    lines: Lines = [({0: 1.0, 1: 1.0}, 7.0, 9.0)]
    assert ranges([0.0, 0.0], [4.0, 9.0], lines, [0, 1]) == [(0.0, 4.0), (3.0, 9.0)]
    assert ranges([4.0, 0.0], [4.0, 9.0], [({0: 1.0, 1: 1.0}, 9.0, 9.0)], [1]) == [(5.0, 5.0)]


def true_counts(areas: pd.Index) -> pd.Series:
    """How many families live in each area: that of the output area nearest to the postcode."""
    public, homes = pd.read_csv(DATA / "origins/rotherham_oa.csv"), the_list()
    tree = cKDTree(public[["easting", "northing"]])
    nearest = tree.query(homes[["easting", "northing"]])[1]
    return public["area_id"].iloc[nearest].value_counts().reindex(areas).fillna(0)


def test_no_area_s_true_count_can_be_worked_out(private_run: PrivateRun) -> None:
    """From the exact numbers of the map, which every other output is worked out from.

    The true counts, by the public place nearest each postcode, solve the same equations; yet each
    that is below the limit could be anything from none to the most there is below it.
    """
    told, log = private_run.payload(), pd.read_csv(private_run.out / "hidden.csv")
    table = pd.read_csv(private_run.out / "origins.csv", dtype=str).drop_duplicates("origin_id")
    area = table.set_index("origin_id")["area_id"].reindex(told["origins"]["id"])
    weight = pd.Series(told["origins"]["weight"], index=area.index) * told["origins"]["whole"]
    shown = weight.groupby(area.to_numpy()).sum().round(6)
    hidden = log[log["table"] == "counts by area"].set_index("cell")["rule"].reindex(shown.index)
    ward = pd.Series([told["origins"]["ward"][n] for n in range(len(area))], index=area.to_numpy())
    of_ward = ward.groupby(level=0).first()
    pooled = hidden.str.contains(": pooled").fillna(value=False)
    assert any(pooled[names.index].all() for _, names in of_ward.groupby(of_ward)), "wholly pooled"
    place = {name: number for number, name in enumerate(shown.index)}
    lows, highs, lines = known_of_counts(shown, hidden, of_ward.reindex(shown.index))
    true = true_counts(shown.index)
    assert all(
        low <= true[name] <= high for name, low, high in zip(place, lows, highs, strict=True)
    )
    for factors, low, high in lines:
        assert low <= sum(true.iloc[list(factors)]) <= high
    secret = [place[name] for name in shown.index if isinstance(hidden[name], str)]
    assert len(secret) > 100
    found = ranges(lows, highs, lines, secret)
    assert max(low for low, _ in found) <= 1e-6
    assert min(high for _, high in found) >= LIMIT - 1 - 1e-6


def counted(row: pd.Series, whole: str, part: str, share: str) -> tuple[float, float] | None:
    """Between which numbers a count must lie, from its own column or from its share."""
    if part and row[part] != MARK:
        return float(row[part]) - STEP / 2, float(row[part]) + STEP / 2
    if row[share] == MARK:
        return None
    told, slack = float(row[share]) / 100 * row[whole], STEP / 2 + 0.0006 * row[whole]
    return told - slack, told + slack


@pytest.mark.parametrize("mode", ["on foot", "by car"])
def test_no_hidden_cell_of_the_tables_by_group_has_one_value(
    private_run: PrivateRun, mode: str
) -> None:
    """Before, after and losers by fifth and ward, with their totals, both scenarios at once."""
    log = pd.read_csv(private_run.out / "hidden.csv")
    few = set(
        log.loc[
            log["figure"].str.contains("^weight(?:;|$)") & log["rule"].str.startswith("primary"),
            "cell",
        ]
    )
    tables = {name: private_run.sheet(name) for name in ("deprivation", "no_car", "wards")}
    within, added = private_run.sheet("within"), private_run.sheet("added_time")
    unknown: dict[tuple[str, ...], int] = {}
    lows: list[float] = []
    highs: list[float] = []
    lines: Lines = []
    secret: dict[tuple[str, ...], int] = {}

    def cell(key: tuple[str, ...], bounds: tuple[float, float] | None, most: float) -> int:
        low, high = bounds or (0.0, most)
        if key not in unknown:
            unknown[key] = len(lows)
            lows.append(max(low, 0.0))
            highs.append(high)
        if bounds is None:
            secret[key] = unknown[key]
        else:
            lows[unknown[key]] = max(lows[unknown[key]], low)
            highs[unknown[key]] = min(highs[unknown[key]], high)
        return unknown[key]

    for scenario in within["Scenario"].unique():
        rows = [
            t[
                (t["Scenario"] == scenario)
                & (t["Travelling"] == mode)
                & (t["Centres counted"] == "full-time only")
            ].iloc[0]
            for t in (within, added)
        ]
        all_of_them = float(rows[0]["All (families)"])
        totals = {
            "before": counted(
                rows[0], "All (families)", "Within before (families)", "Share within before (%)"
            ),
            "after": counted(
                rows[0], "All (families)", "Within after (families)", "Share within after (%)"
            ),
            "loses": counted(
                rows[1].rename({}), "", "Lose: over 5 min added (families)", "Share who lose (%)"
            ),
            "weight": (all_of_them - STEP / 2, all_of_them + STEP / 2),
        }
        for name, table in tables.items():
            group_of = table.columns[2]
            some = table[(table["Scenario"] == scenario) & (table["Travelling"] == mode)]
            sums: dict[str, list[int]] = {}
            for _, row in some.iterrows():
                group = str(row[group_of])
                known = row["Families"] != MARK
                told = f"{scenario}, {mode}, full-time only, {group}"
                bounds = (
                    (float(row["Families"]) - STEP / 2, float(row["Families"]) + STEP / 2)
                    if known
                    else None
                )
                weight = cell(
                    (name, group, "weight"), bounds, LIMIT if told in few else all_of_them
                )
                sums.setdefault("weight", []).append(weight)
                for what, part, share in (
                    ("before", "", "Within 30 min before (%)"),
                    ("after", "", "Within 30 min after (%)"),
                    ("loses", "Lose: over 5 min added (families)", "Share who lose (%)"),
                ):
                    key = (name, group, what) + ((scenario,) if what != "before" else ())
                    number = cell(
                        key, counted(row, "Families", part, share) if known else None, all_of_them
                    )
                    lines.append(({weight: 1.0, number: -1.0}, 0.0, all_of_them))
                    sums.setdefault(what, []).append(number)
            for what, numbers in sums.items():
                total = cell(
                    ("all", what) + ((scenario,) if what in {"after", "loses"} else ()),
                    totals[what],
                    all_of_them,
                )
                lines.append(({**dict.fromkeys(numbers, 1.0), total: -1.0}, 0.0, 0.0))
                # all but a hidden group are hidden as well: the one would tell the other
                gone = [number for number in numbers if number in secret.values()]
                key = ("all but", name, what, scenario)
                rests = [cell((*key, str(number)), None, all_of_them) for number in gone]
                lines += [
                    ({rest: 1.0, number: 1.0, total: -1.0}, 0.0, 0.0)
                    for rest, number in zip(rests, gone, strict=True)
                ]
    assert len(secret) > 10
    found = ranges(lows, highs, lines, list(secret.values()))
    for key, (low, high) in zip(secret, found, strict=True):
        assert math.floor(high + 1e-6) - math.ceil(low - 1e-6) >= 1, (key, low, high)
    assert np.median([high - low for low, high in found]) >= STEP


def test_all_other_areas_are_hidden_only_where_nobody_could_work_them_out(
    private_run: PrivateRun,
) -> None:
    """What the page says of them follows from the total and the first fifth, or is not there."""
    page = re.sub(r"<[^>]+>", " ", (private_run.out / "report.html").read_text("utf-8"))
    told = re.search(
        r"most deprived fifth of areas the share[^.]*? goes from (\S+) to (\S+)\. "
        r"In all other areas it goes from (\S+) to (\S+)\.",
        re.sub(r"\s+", " ", page),
    )
    assert told is not None
    first, others = told.groups()[:2], told.groups()[2:]
    for one, rest in zip(first, others, strict=True):
        assert (rest == MARK) == (one == MARK), told[0]


def test_nobody_is_told_who_is_new_at_a_site(private_run: PrivateRun) -> None:
    """Of a site that stays, those new are its growth: shown, they would tell what is hidden."""
    load = private_run.sheet("load")
    (column,) = [name for name in load if name.startswith("Of them new")]
    assert (load[column] == MARK).all()

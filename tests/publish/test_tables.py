from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eh_access.errors import InputError
from eh_access.publish.table import Column, Table, make_table
from eh_access.publish.tabulations import display_areas, groupings, tabulate
from eh_access.publish.templates import Templates
from eh_access.publish.wording import Wording
from eh_access.study.result import StudyResult

COLUMNS = (Column("who", "Who"), Column("share", "Share", "percent"), Column("t", "T", "minutes"))


def some_table(**changes: list[Any]) -> Table:
    frame = pd.DataFrame({"who": ["a", "b"], "share": [0.12345, np.nan], "t": [1.26, np.inf]})
    return make_table("t", "Title", COLUMNS, frame.assign(**changes))


def test_numbers_are_rounded_once_and_never_blank() -> None:
    assert list(some_table().rows()) == [
        ("a", "12.3", "1.3"),
        ("b", "not available", "not reached"),
    ]


def test_a_rounded_minus_zero_is_zero() -> None:
    assert next(some_table(t=[-0.04, 0.0]).rows())[2] == "0.0"


def test_blank_words_are_said() -> None:
    assert [row[0] for row in some_table(who=["", None]).rows()] == ["none", "none"]


def test_the_callers_frame_is_untouched() -> None:
    frame = pd.DataFrame({"who": ["a"], "share": [0.5], "t": [1.0]})
    before = frame.copy()
    make_table("t", "Title", COLUMNS, frame)
    pd.testing.assert_frame_equal(frame, before)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputError, match="no column share"):
        make_table("t", "Title", COLUMNS, pd.DataFrame({"who": ["a"], "t": [1.0]}))


def columns_of(toy: StudyResult, folder: Path, text: str) -> tuple[tuple[Column, ...], int]:
    """Read the columns of a table from a template of a council's own."""
    shared = "{% block shared %}who | Who{% endblock %}"
    own = f"{{% block within %}}\n{text}\n{{% endblock %}}"
    (folder / "columns.md.j2").write_text(shared + own, encoding="utf-8")
    return replace(Wording.of(toy), templates=Templates(folder)).columns("within")


def test_a_template_has_the_columns_of_a_table(toy: StudyResult, tmp_path: Path) -> None:
    lines = [
        "who",
        "under | {{ words.unit }}",
        "---",
        "t | Time | minutes | | never",
        "n | {{ '|' }} | count | {{ words.unit }}",
    ]
    columns, headers = columns_of(toy, tmp_path, "\n".join(lines))
    assert columns == (
        Column("who", "Who"),
        Column("under", "under-fives"),
        Column("t", "Time", "minutes", at_infinity="never"),
        Column("n", "|", "count", "under-fives"),
    )
    assert headers == 2
    assert columns_of(toy, tmp_path, "who")[1] == 1


@pytest.mark.parametrize(
    "line", ["whom", "a | A | colour", "a | A | text | b | c | d | e", "a | | text"]
)
def test_a_column_that_is_none_is_named(toy: StudyResult, tmp_path: Path, line: str) -> None:
    with pytest.raises(InputError, match=rf"'{line.partition(' ')[0]} \|.*is no column; give key"):
        columns_of(toy, tmp_path, line)


def by_hand(toy: StudyResult, scenario: str, mode: str, cutoff: float) -> tuple[float, float]:
    """Under-fives within a cutoff of a full-time site, from the rows of origins.csv."""
    rows = toy.origins_table()
    rows = rows[(rows["scenario"] == scenario) & (rows["mode"] == mode)]
    return rows.loc[rows["minutes_full_time"] <= cutoff, "weight"].sum(), rows["weight"].sum()


@pytest.mark.parametrize("mode", ["walk", "drive"])
@pytest.mark.parametrize("scenario", ["close-b", "sessions", "move-b"])
def test_within_agrees_with_the_rows_of_origins_csv(
    toy: StudyResult, toy_tables: Mapping[str, Table], scenario: str, mode: str
) -> None:
    label = next(item.label for item in toy.scenarios if item.name == scenario)
    row = {"scenario": label, "mode": toy.times[mode].mode.label, "sites": "full-time only"}
    for when, name in (("before", "baseline"), ("after", scenario)):
        near, whole = by_hand(toy, name, mode, 20)
        assert toy_tables["within"].where(**row).frame[f"within_{when}"].item() == round(near)
        share = toy_tables["within"].where(**row).frame[f"within_share_{when}"].item()
        assert share == pytest.approx(100 * near / whole, abs=0.05)


def test_ten_hour_sessions_count_among_any_open_and_not_among_full_time(
    toy_tables: Mapping[str, Table],
) -> None:
    row = {"scenario": "B keeps ten hours", "mode": "on foot"}
    added = toy_tables["added_time"]
    assert added.where(**row, sites="any open").frame["weight_loses"].item() == 0
    assert added.where(**row, sites="full-time only").frame["weight_loses"].item() > 0


def test_losers_agree_with_the_rows_of_origins_csv(
    toy: StudyResult, toy_tables: Mapping[str, Table]
) -> None:
    rows = toy.origins_table()
    rows = rows[rows["mode"] == "walk"].set_index(["scenario", "origin_id"])
    before, after = rows.loc["baseline"], rows.loc["close-b"]
    more = after["minutes_full_time"] - before["minutes_full_time"] > 5
    label = next(item.label for item in toy.scenarios if item.name == "close-b")
    row = {"scenario": label, "mode": "on foot", "sites": "full-time only"}
    told = toy_tables["added_time"].where(**row).frame["weight_loses"].item()
    assert told == before.loc[more, "weight"].sum()


def test_every_grouping_holds_everybody(toy: StudyResult, toy_tables: Mapping[str, Table]) -> None:
    shown = display_areas(toy.origins, toy.areas)
    names = [name for name, _ in groupings(toy.origins, shown)]
    assert names == ["deprivation", "no_car", "wards", "areas"]
    for name in names:
        table = toy_tables[name].where(scenario="B moves", mode="on foot")
        assert table.frame["weight"].sum() == toy.origins["weight"].sum()


def test_the_criteria_are_the_verdicts_in_the_unit_they_are_printed_in(
    toy: StudyResult, toy_tables: Mapping[str, Table]
) -> None:
    csv, table = toy.verdicts_table(), toy_tables["criteria"].frame
    factor = table["unit"].map({"percent": 100.0, "minutes": 1.0, "percentage points": 1.0})
    np.testing.assert_allclose(table["value"], csv["value"] * factor, atol=0.0501)
    assert list(table["criterion"]) == list(csv["criterion"])


def test_nothing_estimated_is_called_met(toy: StudyResult, toy_tables: Mapping[str, Table]) -> None:
    assert toy.estimated
    assert toy_tables["criteria"].frame["outcome"].str.startswith("cannot say").all()
    figures = ("criteria", "within", "added_time", "deprivation", "no_car", "wards", "areas")
    assert all("INDICATIVE" in toy_tables[name].title for name in figures)


def test_each_site_says_how_its_place_is_known(toy_tables: Mapping[str, Table]) -> None:
    told = toy_tables["sites"].frame.set_index("site_id")["location"]
    assert dict(told) == {
        "a": "surveyed",
        "b": "ESTIMATED",
        "c": "by postcode",
        "u": "NOT KNOWN, left out",
    }


def test_no_share_is_printed_above_the_whole(rotherham: StudyResult) -> None:
    """Shares become percentages once, in every table of every study."""
    tables = tabulate(rotherham)
    seen = 0
    for table in tables.values():
        for column in (column for column in table.columns if column.kind == "percent"):
            values = table.frame[column.key].dropna()
            assert values.between(-100, 100).all(), (table.name, column.key)
            seen += len(values)
    assert seen > 100
    chances = tables["sites"].frame.set_index("site_id")["existence"]
    assert (chances == rotherham.sites["existence"].mul(100).rename_axis("site_id")).all()
    others = tables["neighbour_sites"].frame
    assert others["existence"].between(1, 100).all()
    assert (others["evidence"] != "none").all()

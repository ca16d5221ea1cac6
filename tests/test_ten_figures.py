"""Ten figures of the bundled study on its streets, worked out again in plain pandas.

The minutes come from the ``origins.csv`` the command writes, what is known of each place from the
file the study reads. Two figures rest on what that table does not hold, metres and the way home:
for these the library is asked for a table of its own. That the minutes are right is held elsewhere
(``test_streets_independently.py``).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

import eh_access as eh
from eh_access.routing.travel_times import Direction

DATA = Path(__file__).parent.parent / "data"
CLOSED, SESSIONS = "deregister-closed", "deregister-sessions"
DEREGISTERED = ["park-view", "broom-valley", "wath-victoria"]
SPARE = 0.0009  # minutes: rounding in the table, and half a decisecond
CLOSED_LABEL = "The three gone altogether"


@dataclass(frozen=True)
class Written:
    """What one run of the command wrote."""

    folder: Path

    def origins(self, scenario: str, mode: str) -> pd.DataFrame:
        """Return one scenario's rows beside the baseline's, and the facts of each place."""
        table = pd.read_csv(self.folder / "origins.csv")
        chosen = table[table["mode"] == mode].set_index("origin_id")
        assert not chosen["estimated"].any()
        facts = pd.read_csv(DATA / "origins" / "rotherham_oa.csv").set_index("origin_id")
        was, now = (chosen[chosen["scenario"] == name] for name in ("baseline", scenario))
        return facts[["ward_name", "imd_decile", "no_car_share"]].assign(
            weight=was["weight"],
            was=was["minutes_full_time"],
            now=now["minutes_full_time"],
            any_now=now["minutes"],
            added=now["minutes_full_time"] - was["minutes_full_time"],
        )

    def verdict(self, criterion: str, scenario: str = CLOSED) -> pd.Series:
        """Return one row of verdicts.csv."""
        table = pd.read_csv(self.folder / "verdicts.csv")
        return table[(table["criterion"] == criterion) & (table["scenario"] == scenario)].iloc[0]

    def table(self, *words: str) -> pd.DataFrame:
        """Return the first table of report and annex of which the caption holds some words."""
        pages = [self.folder / name for name in ("report.html", "annex.html")]
        page = "".join(path.read_text(encoding="utf-8") for path in pages)
        for found in re.findall(r"<table.*?</table>", page, re.DOTALL):
            told = _text(re.findall(r"<caption.*?</caption>", found, re.DOTALL)[0])
            if all(word in told for word in words):
                lines = re.findall(r"<tr.*?</tr>", found, re.DOTALL)
                cells = [re.findall(r"<t[hd].*?</t[hd]>", line, re.DOTALL) for line in lines]
                rows = [[_text(cell) for cell in line] for line in cells]
                return pd.DataFrame(rows[1:], columns=rows[0])
        pytest.fail(f"the report has no table of {words}")


def _text(markup: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<.*?>", "", markup))).strip()


def cell(row: pd.Series, heading: str) -> str:
    """Return what stands under the heading that begins so."""
    return next(row[name] for name in row.index if name.startswith(heading))


def closed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the scenario in which the three are gone."""
    return table[table["Scenario"] == CLOSED_LABEL]


def share(part: pd.Series, weight: pd.Series) -> float:
    return float(weight[part].sum() / weight.sum())


def mean(values: pd.Series, weight: pd.Series) -> float:
    return float((values * weight).sum() / weight.sum())


@pytest.fixture(scope="session")
def written(rotherham_report: tuple[str, Path]) -> Written:
    return Written(rotherham_report[1])


@pytest.fixture(scope="session")
def walk(written: Written) -> pd.DataFrame:
    return written.origins(CLOSED, "walk")


@pytest.fixture(scope="session")
def pushchair(written: Written) -> pd.DataFrame:
    return written.origins(CLOSED, "pushchair")


def by_street(mode: eh.TravelMode, direction: Direction = "to_sites") -> pd.DataFrame:
    """Minutes from every home to every centre of known place, and back."""
    sites = eh.load_sites("rotherham_centres")
    known = sites[~(sites.geometry.isna() | sites.geometry.is_empty)]
    network, homes = eh.read_network("rotherham"), eh.load_origins("rotherham_oa")
    times = eh.travel_time_matrix(network, homes, known, mode=mode, direction=direction)
    return pd.DataFrame(times.minutes, index=homes.index, columns=known.index)


def test_page_1_with_everything_found_is_read_aloud_in_150_words(written: Written) -> None:
    page = (written.folder / "report.html").read_text(encoding="utf-8")
    answer = re.findall(r'<div class="answer">.*?</div>', page, re.DOTALL)[0]
    assert 100 < len(_text(answer.replace("</p>", " ")).split()) <= 150


def test_1_everyone_is_counted(written: Written, walk: pd.DataFrame) -> None:
    assert walk["weight"].sum() == pytest.approx(14_637, abs=0.01)
    table = closed(written.table("Under-fives within 30 minutes"))
    assert set(table.filter(like="All (").iloc[:, 0]) == {f"{walk['weight'].sum():,.0f}"}


def test_2_within_a_30_minute_walk(written: Written, walk: pd.DataFrame) -> None:
    verdict, fall = written.verdict("walk-30"), written.verdict("walk-30-fall")
    was, now = (share(walk[column] <= 30 + SPARE, walk["weight"]) for column in ("was", "now"))
    assert (verdict["baseline_value"], verdict["value"]) == pytest.approx((was, now), abs=1e-6)
    assert fall["value"] == pytest.approx((was - now) * 100, abs=1e-4)
    row = closed(written.table("Under-fives within 30 minutes")).iloc[0]
    assert row["Travelling"] == "on foot"
    whole = walk["weight"].sum()
    assert cell(row, "Within before (") == f"{was * whole:,.0f}"
    assert cell(row, "Within after (") == f"{now * whole:,.0f}"
    assert float(cell(row, "Share within after")) == pytest.approx(now * 100, abs=0.051)


def test_the_curve_is_the_share_within_each_of_six_times(written: Written) -> None:
    curve = pd.read_csv(written.folder / "curve.csv")
    assert len(curve) == 2 * 3 * 2 * 6  # scenarios, modes, sites counted, times
    for mode in ("walk", "pushchair", "drive"):
        people = written.origins(SESSIONS, mode)
        rows = curve.query("scenario == @SESSIONS and mode == @mode and sites == 'full_time'")
        assert rows["cutoff_min"].tolist() == [10, 15, 20, 30, 45, 60]
        for row in rows.itertuples():
            was, now = (
                share(people[column] <= row.cutoff_min + SPARE, people["weight"])
                for column in ("was", "now")
            )
            assert (row.within_share_before, row.within_share_after) == pytest.approx(
                (was, now), abs=1e-6
            )


def test_3_within_pram_pushing_distance_by_street(written: Written, walk: pd.DataFrame) -> None:
    verdict = written.verdict("pram-2500")
    metres = by_street(eh.PUSHCHAIR.level()) * 60  # 3.6 km/h everywhere
    left = metres.drop(columns=DEREGISTERED)
    was, now = (
        share(nearest <= 2500 + 0.06, walk["weight"])
        for nearest in (metres.min(axis=1), left.min(axis=1))
    )
    assert (verdict["baseline_value"], verdict["value"]) == pytest.approx((was, now), abs=1e-6)
    homes, sites = eh.load_origins("rotherham_oa"), eh.load_sites("rotherham_centres")
    known = sites[~(sites.geometry.isna() | sites.geometry.is_empty)]
    lines = pd.DataFrame({name: homes.distance(at) for name, at in known.geometry.items()})
    straight = [
        share(nearest <= 2500, walk["weight"])
        for nearest in (lines.min(axis=1), lines.drop(columns=DEREGISTERED).min(axis=1))
    ]
    found = verdict["straight_line_baseline_value"], verdict["straight_line_value"]
    assert found == pytest.approx(tuple(straight), abs=1e-6)


def test_4_more_than_ten_minutes_added_with_a_pushchair(
    written: Written, pushchair: pd.DataFrame
) -> None:
    value = share(pushchair["added"] > 10 + SPARE, pushchair["weight"])
    assert written.verdict("pushchair-added")["value"] == pytest.approx(value, abs=1e-6)


def test_5_the_deprived_against_the_rest(written: Written, walk: pd.DataFrame) -> None:
    weight, decile = walk["weight"], walk["imd_decile"]
    off = decile - mean(decile, weight)
    slope = (weight * off * walk["added"]).sum() / (weight * off**2).sum()
    value = written.verdict("deprived-not-worse")["value"]
    assert value == pytest.approx(-slope, abs=1e-4)
    deprived = decile <= 2
    falls = [
        share(walk["was"][who] <= 30 + SPARE, weight[who])
        - share(walk["now"][who] <= 30 + SPARE, weight[who])
        for who in (deprived, ~deprived)
    ]
    value = written.verdict("deprived-fall")["value"]
    assert value == pytest.approx((falls[0] - falls[1]) * 100, abs=1e-4)


def test_6_where_most_households_have_no_car(written: Written, walk: pd.DataFrame) -> None:
    load = walk.groupby("no_car_share")["weight"].sum().sort_index(ascending=False)
    begins = (load.cumsum() - load) / load.sum()
    inside = walk["no_car_share"].isin(begins.index[begins < 0.2])
    group = walk[inside]
    verdict = written.verdict("no-car")
    was, now = (share(group[column] <= 30 + SPARE, group["weight"]) for column in ("was", "now"))
    assert (verdict["baseline_value"], verdict["value"]) == pytest.approx((was, now), abs=1e-6)


def test_7_the_ward_that_loses_most(written: Written, walk: pd.DataFrame) -> None:
    near = walk[["was", "now"]].le(30 + SPARE).mul(walk["weight"], axis=0)
    sums = near.groupby(walk["ward_name"]).sum()
    fall = (sums["was"] - sums["now"]) / walk.groupby("ward_name")["weight"].sum() * 100
    value = written.verdict("even-spread")["value"]
    assert value == pytest.approx(fall.max(), abs=1e-4)


def test_8_opening_hours_within_reach_there_and_back(written: Written, walk: pd.DataFrame) -> None:
    # full hours, of unknown number, count as 25; those under the agreement are ten, or none
    there, back = by_street(eh.WALK), by_street(eh.WALK, "from_sites")
    near = (there <= 30 + SPARE) & (back <= 30 + SPARE)
    gone = near.columns.isin(DEREGISTERED)
    was = mean((near * 25.0).sum(axis=1), walk["weight"])
    for scenario, kept in ((SESSIONS, 10.0), (CLOSED, 0.0)):
        hours = pd.Series(25.0, index=near.columns).where(~gone, kept)
        now = mean((near * hours).sum(axis=1), walk["weight"])
        value = written.verdict("hours", scenario)["value"]
        assert value == pytest.approx((was - now) / was, abs=1e-6)
    steps = pd.read_csv(written.folder / "sensitivity.csv").query(
        "criterion == 'hours' and scenario == @SESSIONS and assumption == 'agreed_hours'"
    )
    assert steps["step"].tolist() == list(range(11))
    for kept, value in zip(steps["step"], steps["value"], strict=True):
        hours = pd.Series(25.0, index=near.columns).where(~gone, kept)
        now = mean((near * hours).sum(axis=1), walk["weight"])
        assert value == pytest.approx((was - now) / was, abs=1e-5)
        row = written.table("each number of hours kept").set_index("Hours a week kept")
        assert float(row.loc[f"{kept:g}", "Value"]) == pytest.approx(100 * value, abs=0.051)


def test_9_who_loses_and_the_mean_walk(written: Written, walk: pd.DataFrame) -> None:
    row = closed(written.table("Minutes to the nearest centre")).iloc[0]
    assert row["Travelling"] == "on foot"
    loses = walk["weight"][walk["added"] > 5 + SPARE].sum()
    assert cell(row, "Lose") == f"{loses:,.0f}"
    for column, heading in (("was", "before"), ("now", "after")):
        told = float(cell(row, f"Mean {heading}"))
        assert told == pytest.approx(mean(walk[column], walk["weight"]), abs=0.051)
    assert float(cell(row, "Most added")) == pytest.approx(walk["added"].max(), abs=0.051)


def test_10_the_most_deprived_fifth_in_the_report(written: Written, walk: pd.DataFrame) -> None:
    row = written.table("Before and after by", "depriv").iloc[0]
    group = walk[walk["imd_decile"] <= 2]
    assert row["Under-fives"] == f"{group['weight'].sum():,.0f}"
    assert cell(row, "Lose") == (f"{group['weight'][group['added'] > 5 + SPARE].sum():,.0f}")
    added = float(cell(row, "Mean added"))
    assert added == pytest.approx(mean(group["added"], group["weight"]), abs=0.051)

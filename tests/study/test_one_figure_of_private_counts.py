"""A run with a private list: one figure for one thing, none hidden that others tell."""

from __future__ import annotations

import html
import re
import zipfile

import pandas as pd
import pytest

from eh_access.publish.document import Bullets, Grid, PageBreak, Paragraph, explained
from eh_access.study.config import load_study
from private_run import MARK, PrivateRun

SCENARIO = "deregister-sessions"
LABEL = next(each.label for each in load_study("rotherham").scenarios if each.name == SCENARIO)
FULL = {"Scenario": LABEL, "Travelling": "on foot"}
NUMBER = r"(-?[\d.]+)"
FALLS = ("walk-30-fall", "deprived-fall", "even-spread")


def words_of(run: PrivateRun, name: str) -> str:
    """What a page says, on one line."""
    text = re.sub(
        r"<(script|style|svg).*?</\1>", " ", (run.out / name).read_text("utf-8"), flags=re.DOTALL
    )
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def verdicts(run: PrivateRun) -> pd.DataFrame:
    table = pd.read_csv(run.out / "verdicts.csv", dtype=str, keep_default_na=False)
    return table[table["scenario"] == SCENARIO].set_index("criterion")


def row_of(run: PrivateRun, sheet: str, **which: str) -> pd.Series:
    table = run.sheet(sheet)
    for column, value in which.items():
        table = table[table[column.replace("_", " ")] == value]
    return table.iloc[0]


def same(one: object, other: object) -> bool:
    """Whether two figures are one, to the decimal printed; the mark is the same as the mark."""
    if MARK in {one, other}:
        return one == other
    return abs(float(str(one)) - float(str(other))) <= 0.051


def test_the_fall_is_one_figure_in_every_output(private_run: PrivateRun) -> None:
    wanted = verdicts(private_run).loc["walk-30-fall", "value"]
    within = row_of(private_run, "within", **FULL, Centres_counted="full-time only")
    told = {
        "within": -within["Change (percentage points)"],
        "its shares": within["Share within before (%)"] - within["Share within after (%)"],
        "criteria": row_of(private_run, "criteria", Scenario=LABEL, Criterion="walk-30-fall")[
            "Value"
        ],
        "choice": row_of(private_run, "choice", Measure="Fall within 30 minutes' walk")[
            "The choice made"
        ],
    }
    sheet = private_run.sheet("neighbours")
    told["neighbours"] = sheet.loc[sheet["Scenario"] == LABEL, "After"].iloc[0]
    tried = pd.read_csv(private_run.out / "sensitivity.csv")
    own = tried[(tried["scenario"] == SCENARIO) & (tried["criterion"] == "walk-30-fall")]
    told |= {f"tried {n}": value for n, value in enumerate(own.loc[own["is_main"], "value"])}
    sets = pd.read_csv(private_run.out / "alternatives.csv")
    told["alternatives"] = sets.loc[sets["is_council_choice"], "walk_30_fall_points"].iloc[0]
    told["map"], sentence = next(
        (verdict["value"], verdict["sentence"])
        for verdict in private_run.payload()["verdicts"]
        if (verdict["scenario"], verdict["criterion"]) == (SCENARIO, "walk-30-fall")
        and not verdict["neighbours"]
    )
    told["map, in words"] = re.search(rf"{NUMBER} points against", sentence)[1]
    curve = pd.read_csv(private_run.out / "curve.csv", dtype=str)
    at = curve[
        (curve["scenario"] == SCENARIO)
        & (curve["mode"] == "walk")
        & (curve["sites"] == "full_time")
        & (curve["cutoff_min"].astype(float) == 30)
    ].iloc[0]
    told["curve"] = 100 * (float(at["within_share_before"]) - float(at["within_share_after"]))
    for name in ("report.html", "annex.html"):
        page = words_of(private_run, name)
        told[name] = re.search(
            rf"{NUMBER} (?:percentage )?points \? cannot say|: {NUMBER} percentage", page
        )
        told[name] = next(filter(None, told[name].groups()))
    told["printed"] = re.search(rf"walk-30-fall[^\d]*{NUMBER} pts", private_run.ran.out)[1]
    with zipfile.ZipFile(private_run.out / "report.docx") as parts:
        text = re.sub(r"<[^>]+>", " ", parts.read("word/document.xml").decode())
    told["word"] = re.search(rf"not applicable\s+{NUMBER} points", text)[1]
    assert len(told) > 14
    assert {name: value for name, value in told.items() if not same(value, wanted)} == {}


def test_a_difference_of_falls_follows_from_the_shares_beside_it(private_run: PrivateRun) -> None:
    value = verdicts(private_run).loc["deprived-fall", "value"]
    shares = re.search(
        r"most deprived fifth of areas the share[^.]*? goes from (\S+)% to (\S+)%\. "
        r"In all other areas it goes from (\S+)% to (\S+)%\.",
        words_of(private_run, "report.html"),
    )
    assert (shares is None) == (value == MARK)
    assert shares is not None
    first, then, rest, rest_then = map(float, shares.groups())
    assert float(value) == pytest.approx((first - then) - (rest - rest_then), abs=0.21)
    sides = re.search(
        rf"would fall by {NUMBER} points, elsewhere by {NUMBER} points",
        words_of(private_run, "annex.html"),
    )
    assert sides is not None
    assert float(value) == pytest.approx(float(sides[1]) - float(sides[2]), abs=0.11)
    row = private_run.sheet("deprivation").query(
        f"Scenario == '{LABEL}' and Travelling == 'on foot'"
    )
    assert -row["Change (percentage points)"].iloc[0] == pytest.approx(float(sides[1]), abs=0.051)


def test_the_worst_fall_is_the_largest_that_is_shown_of_any_ward(private_run: PrivateRun) -> None:
    table = verdicts(private_run).loc["even-spread"]
    wards = private_run.sheet("wards").query(f"Scenario == '{LABEL}' and Travelling == 'on foot'")
    falls = -pd.to_numeric(wards.set_index("Ward")["Change (percentage points)"], errors="coerce")
    assert float(table["value"]) == pytest.approx(falls.max(), abs=0.051)
    named = re.findall(rf"(?:next|and|, )\s*([A-Z][\w& ]+?) \({NUMBER} points\)", table["sentence"])
    worst = (
        table["sentence"].split(" would lose")[0].removeprefix("Of the wards that can be shown, ")
    )
    named.append((worst, str(falls.max())))
    for ward, points in named:
        # a fall that is told is of two shares that are
        assert falls[ward] == pytest.approx(float(points), abs=0.51), ward


def test_of_a_hidden_fall_no_table_of_what_was_tried_has_a_figure(private_run: PrivateRun) -> None:
    told = pd.read_csv(private_run.out / "verdicts.csv", dtype=str, keep_default_na=False)
    gone = told[told["criterion"].isin(FALLS) & (told["value"] == MARK)]
    tried = pd.read_csv(private_run.out / "sensitivity.csv", dtype=str, keep_default_na=False)
    for _, row in gone.iterrows():
        here = (tried["scenario"] == row["scenario"]) & (tried["criterion"] == row["criterion"])
        assert set(tried.loc[here, "value"]) <= {MARK}


def test_what_is_counted_is_families_in_every_output(private_run: PrivateRun) -> None:
    texts = {path.name: path.read_bytes() for path in private_run.out.iterdir()}
    for name in ("tables.xlsx", "report.docx"):
        with zipfile.ZipFile(private_run.out / name) as parts:
            texts |= {f"{name}/{part}": parts.read(part) for part in parts.namelist()}
    texts["printed"] = (private_run.ran.out + private_run.ran.err).encode()
    found = {
        name: body[match.start() - 60 : match.end() + 20]
        for name, body in texts.items()
        for match in re.finditer(rb"(?i)under[- ]?fives?\b|children are counted", body)
        # the title of a source
        if not body[: match.start()].endswith(b"with modelled children ")
    }
    assert found == {}


def test_the_worst_and_the_most_are_said_of_the_wards_that_can_be_shown(
    private_run: PrivateRun,
) -> None:
    wards = private_run.sheet("wards")
    wards = wards[(wards["Scenario"] == LABEL) & (wards["Travelling"] == "on foot")]
    assert (wards == MARK).any(axis=None)  # or there is nothing to say of
    text = words_of(private_run, "report.html")
    assert re.search(r"Of the wards that can be shown, [\w ]+ would lose most", text)
    assert re.search(
        r"The \d+ wards with most families who lose, of those that can be shown:", text
    )


def test_a_page_with_the_mark_says_once_what_it_means(private_run: PrivateRun) -> None:
    why = "because alone or beside other figures it could tell about too few families."
    said = f"{MARK}: hidden, {why}"
    pages = re.split(r'class="[^"]*new-page', (private_run.out / "report.html").read_text("utf-8"))
    assert len(pages) == 4
    assert any(MARK in page for page in pages)
    for page in pages:
        text = html.unescape(
            re.sub(r"<[^>]+>", "", re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL))
        )
        assert text.count(said) == (MARK in text)


def test_the_note_stands_below_the_first_of_a_page_that_holds_the_mark() -> None:
    grid = Grid.with_heads("c", "a / b", [("x", MARK)])
    blocks = (
        Paragraph(text="x"),
        grid,
        grid,
        PageBreak(),
        Bullets(items=("y", f"z {MARK}")),
        PageBreak(),
    )
    note = Paragraph(text="what", kind="note")
    assert tuple(explained(blocks, MARK, "what")) == (
        *(*blocks[:2], note, *blocks[2:5]),
        *(note, blocks[5]),
    )

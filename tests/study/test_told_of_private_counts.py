"""What sentences tell of counts that are not public, on real streets, from end to end."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from attack import Lines, ranges
from eh_access.privacy.policy import PUBLIC, Policy
from eh_access.publish.numbers import count_text
from eh_access.study import notes
from eh_access.study.redact import redact_count
from pages import printed_pages
from private_run import LIMIT, STEP, PrivateRun
from study_cli import Ran, run_cli

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "own-study.md"
FAR = [(326_500, 184_500, 11), (326_500, 185_500, 3), (328_500, 184_500, 4)]
"""Fields and water some kilometres from the streets of Newport: few live there."""

BY_AREA = """
[[criterion]]
id = "even"
title = "No area loses more than 15 points"
measure = "area_loss"
mode = "walk"
by = "area_id"
cutoff_min = 30
threshold = 15
source = "made up"
set_by = "nobody"
set_on = 2026-11-22
"""


@dataclass(frozen=True)
class Told:
    """All sentences of one run."""

    out: Path
    ran: Ran
    notes: list[dict[str, str]]
    verdicts: pd.DataFrame
    page: str

    @property
    def everything(self) -> str:
        listed = [note["text"] for note in self.notes]
        cells = self.verdicts["sentence"].tolist() + self.verdicts["reason"].fillna("").tolist()
        return "\n".join([self.page, self.ran.out, *listed, *cells])


def homes() -> str:
    """Many homes in town, some of them in squares with few, and a few far from every street."""
    rng = np.random.default_rng(7)
    town = zip(rng.integers(329_000, 335_000, 90), rng.integers(186_000, 190_500, 90), strict=True)
    places = [(int(x), int(y), 1 + n % 17) for n, (x, y) in enumerate(town)] + FAR
    rows = [f"h{n},{x},{y},{count},ours,town" for n, (x, y, count) in enumerate(places)]
    return "\n".join(["origin_id,easting,northing,weight,weight_basis,area_id", *rows]) + "\n"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("own")
    page = PAGE.read_text(encoding="utf-8")
    for name, text in re.findall(r"```(?:csv|toml) (\S+)\n(.*?)```", page, re.DOTALL):
        (folder / name).write_text(text, encoding="utf-8")
    study = (folder / "study.toml").read_text(encoding="utf-8")
    assert "weights_public = true\n" in study
    study = study.replace("weights_public = true\n", "") + BY_AREA
    study = study.replace("children aged 0 to 4", "the youngest")
    study = study.replace(
        "\n[settings]\n", "\n[simulation]\nexistence = { east = 0.95 }\n\n[settings]\n"
    )
    (folder / "study.toml").write_text(study, encoding="utf-8")
    (folder / "homes.csv").write_text(homes(), encoding="utf-8")
    out = folder / "out"
    ran = run_cli("report", folder, "--out", out)
    assert ran.code == 0, ran.err
    pages = [(out / name).read_text(encoding="utf-8") for name in ("report.html", "annex.html")]
    markup = "\n".join(pages)
    plain = re.sub(r"<(script|style|svg).*?</\1>", " ", markup, flags=re.DOTALL)
    plain = html.unescape(re.sub(r"<[^>]+>", " ", plain))
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return Told(
        out, ran, manifest["notes"], pd.read_csv(out / "verdicts.csv"), re.sub(r"\s+", " ", plain)
    )


def test_no_sentence_tells_a_count_from_one_to_nine(told: Told) -> None:
    small = re.findall(r".{40}(?<![\d,.])[1-9](?: of [\d,]+)? children\b.{20}", told.everything)
    assert small == []
    assert "of 46 places" not in told.everything
    assert not re.search(r"\(at [\d,]+ of", told.everything)


def test_it_says_how_few_are_off_the_streets_in_the_words_of_the_policy(told: Told) -> None:
    texts = [note["text"] for note in told.notes if "too far from any street" in note["text"]]
    assert texts
    for text in texts:
        assert re.match(r"(Fewer than 10|\d*[05]) of [\d,]*[05] children are too far", text), text


def test_the_same_total_is_told_everywhere(told: Told) -> None:
    totals = set(re.findall(r"(?:\d|fewer than \d+) of ([\d,]+) children\b", told.everything))
    assert len(totals) == 1, totals
    assert all(int(total.replace(",", "")) % 5 == 0 for total in totals)


def test_how_many_are_off_the_streets_is_the_same_in_notes_and_reasons(told: Told) -> None:
    for mode in ("on foot", "with a pushchair"):
        of = [n["text"] for n in told.notes if n["text"].endswith(f"placed {mode}; they count as")]
        assert len({text.split(" of ")[0] for text in of}) <= 1
    reasons = " ".join(told.verdicts["reason"].fillna(""))
    noted = {
        n["text"].split(" of ")[0].lower() for n in told.notes if "placed on foot" in n["text"]
    }
    reasoned = set(re.findall(r"(fewer than \d+|[\d,]+) children could not be placed", reasons))
    assert reasoned == noted


def test_no_hidden_share_is_told_by_the_fall_beside_the_other(told: Told) -> None:
    assert not re.search(r"from [^;.]* to \[c\]|from \[c\] to", told.everything)


def test_every_reason_says_that_places_were_moved(told: Told) -> None:
    reasons = told.verdicts["reason"].fillna("")
    assert reasons.str.contains("placed at public places, not where each lives").all()
    assert reasons.str.contains("differs from that of exact places").all()
    note = next(note["text"] for note in told.notes if note["topic"] == "disclosure")
    assert "not where each lives" in note
    assert "differ from those of exact places" in note
    lost = re.search(r"(\d+ [a-z ]+) with fewer than 10 (is|are) left out", note)
    assert (lost is None) == (not reasons.str.contains("left out: the value").any())
    if lost is not None:
        assert reasons.str.contains(lost[0]).all()


def test_beside_how_sure_it_says_that_the_draws_hold_what_protection_moves(told: Told) -> None:
    assert (told.out / "uncertainty.csv").exists()
    report = (told.out / "report.html").read_text(encoding="utf-8")
    told_first = re.search(r'<div class="answer">(.*?)</div>', report, re.DOTALL)
    assert told_first
    parts = re.findall(r"<p>(.*?)</p>", told_first[1], re.DOTALL)
    answer = [html.unescape(re.sub(r"<[^>]+>", "", part)) for part in parts]
    says = "Children were counted by area to protect them;"
    assert any(part.startswith(says) for part in answer)
    assert len(" ".join(answer).split()) <= 150
    assert max(len(part.split()) for part in re.split(r"(?<=[.?!])\s", " ".join(answer))) <= 30
    # below the table of tests, above the annex's and below it
    says = "The draws also share out anew the children whose counts were rounded and pooled"
    assert told.page.count(says) >= 3
    assert str(PrivateRun(told.out, told.ran).payload()["protected"]).startswith(says)


def test_check_says_it_too(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, text in re.findall(r"```(?:csv|toml) (\S+)\n(.*?)```", page, re.DOTALL):
        (tmp_path / name).write_text(text.replace("weights_public = true\n", ""), encoding="utf-8")
    ran = run_cli("check", tmp_path)
    assert ran.code == 0, ran.err
    assert "not where each lives" in ran.out
    assert "1 square kilometre with fewer than 10 is left out" in ran.out


def test_no_square_s_own_count_can_be_worked_out(told: Told) -> None:
    """The attack on a list, on a study's own origins: each small count may be from one to nine."""
    payload = PrivateRun(told.out, told.ran).payload()
    weight = np.array(payload["origins"]["weight"]) * payload["origins"]["whole"]
    shown = pd.Series(weight, index=payload["origins"]["id"]).round(6)
    log = pd.read_csv(told.out / "hidden.csv")
    rules = log[log["table"] == "counts by area"].set_index("cell")["rule"].reindex(shown.index)
    pool = np.flatnonzero(rules.str.contains(": pooled").fillna(value=False))
    hidden = np.flatnonzero(rules.notna())
    assert len(hidden) >= 2
    lows = [1.0 if row in hidden else max(LIMIT, n - STEP / 2) for row, n in enumerate(shown)]
    highs = [LIMIT - 1.0 if row in hidden else n + STEP / 2 for row, n in enumerate(shown)]
    whole = float(shown.iloc[pool].sum())
    # a pool that would leave no count the least there is, is shown as less than it is
    most = 1 + (len(pool) - 1) * (LIMIT - 1)
    cut = np.inf if whole >= STEP * np.floor(most / STEP + 0.5) else whole + STEP / 2
    lines: Lines = [(dict.fromkeys(pool.tolist(), 1.0), whole - STEP / 2, cut)] if len(pool) else []
    homes_ = pd.read_csv(told.out.parent / "homes.csv")
    names = [
        f"km {x // 1000:03d} {y // 1000:04d}"
        for x, y in zip(homes_["easting"], homes_["northing"], strict=True)
    ]
    true = homes_["weight"].groupby(names).sum().reindex(shown.index)
    assert all(lo <= n <= hi for lo, n, hi in zip(lows, true, highs, strict=True))
    found = ranges(lows, highs, lines, hidden.tolist())
    assert max(low for low, _ in found) <= 1 + 1e-6
    assert min(high for _, high in found) >= LIMIT - 1 - 1e-6


def test_public_counts_are_told_whole_with_their_places() -> None:
    weight, rows = np.array([3.0, 902.0]), np.array([True, False])

    def counted(
        unit: str, weight: NDArray[np.float64], rows: NDArray[np.bool_], policy: Policy
    ) -> str:
        return count_text(redact_count(notes.counted(unit, weight, rows), policy))

    assert counted("families", weight, rows, PUBLIC) == "3 of 905 families (at 1 of 2 places)"
    assert counted("families", weight, rows, Policy()) == "fewer than 10 of 905 families"
    assert counted("families", weight, ~rows, Policy()) == "all but fewer than 10 of 905 families"
    middle = np.array([147.0, 758.0])
    assert counted("families", middle, rows, Policy()) == "145 of 905 families"


def test_a_report_on_private_counts_prints_on_four_pages(
    private_run: PrivateRun, tmp_path: Path
) -> None:
    assert printed_pages(private_run.out / "report.html", tmp_path) == 4

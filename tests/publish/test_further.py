"""What the report says beyond the criteria, of the bundled study on straight-line times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eh_access import StudyResult
from eh_access.publish.context import annex, doubted_sites, report, report_facts
from eh_access.publish.document import markdown
from eh_access.publish.table import Table
from eh_access.publish.tabulations import further_tables, joint, ranks_in_words, tabulate
from eh_access.publish.wording import Wording
from eh_access.sources.bundled import bundled_path
from eh_access.study.config import load_study
from eh_access.study.findings import Findings, find_findings
from eh_access.study.run import run_study
from map_study import toy_result


@dataclass(frozen=True, eq=False)
class Told:
    result: StudyResult
    findings: Findings
    tables: Mapping[str, Table]

    @property
    def facts(self) -> Mapping[str, Any]:
        return report_facts(self.result, self.tables, self.findings)


@pytest.fixture(scope="module")
def told(rotherham_estimate: StudyResult) -> Told:
    result, findings = rotherham_estimate, find_findings(rotherham_estimate)
    return Told(result, findings, {**tabulate(result), **further_tables(result, findings)})


def test_keeping_one_is_worked_out_afresh(told: Told) -> None:
    times, weights = told.result.times["walk"], told.result.origins["weight"].to_numpy()
    gone = {"park-view", "broom-valley", "wath-victoria"}
    before = told.result.nearest("baseline", "walk", full_time=True)["minutes"].to_numpy()
    names = told.result.sites["name"]
    frame = told.tables["keeping"].frame.set_index("scenario")
    assert len(frame) == 1 + 3 + 3
    for kept in gone:
        stay = [site for site in times.site_ids if site not in gone - {kept}]
        after = times.nearest(stay)["minutes"].to_numpy()
        lose = weights[after - before > 5 + 1e-3].sum()
        assert frame.loc[names[kept], "weight_loses"] == round(lose)
    best = told.facts["kept"]["best"]
    ones = frame.loc[[names[site] for site in gone], "weight_loses"]
    assert best["weight_loses"] == ones.min()


def test_the_nearest_better_set_is_better_on_every_measure(told: Told) -> None:
    found = told.findings.alternatives
    assert found is not None
    nearest = told.facts["alternatives"]["nearest"]
    row = found.frame[found.frame["closed_names"] == "; ".join(nearest["names"])].iloc[0]
    ours = found.frame[found.frame["is_council_choice"]].iloc[0]
    for item in found.measures:
        if item.key in found.counted:
            assert item.sign * row[item.key] < item.sign * ours[item.key]


def test_better_sets_say_which_of_their_sites_may_not_exist(told: Told) -> None:
    found = told.findings.alternatives
    assert found is not None
    better = [set(found.sets[number - 1]) for number in found.beating_council().index]
    alike = set.intersection(*better) & {"thrybergh-rainbow", "coleridge"}
    text = markdown(report(told.result, told.tables, told.findings))
    assert (len(better), alike) == (1, {"thrybergh-rainbow"})
    assert (
        "The set named closes Thrybergh Rainbow, which may not have been there: "
        "we take the chance that it was as 70 in 100." in text
    )


def test_a_site_all_sets_close_is_told_from_one_the_first_keeps() -> None:
    sites = pd.DataFrame(
        {
            "name": ["A", "B", "C", "D"],
            "existence": [0.7, 0.8, 1.0, 0.5],
            "location_basis": ["surveyed", "surveyed", "surveyed", "unknown"],
        },
        index=["a", "b", "c", "d"],
    )
    # both close a; the first alone keeps b; c was surely there; d is in no figure
    assert doubted_sites([frozenset("ac"), frozenset("ab")], sites) == [
        {"act": "closes", "of": 2, "sites": ["A"], "chances": ["70 in 100"]},
        {"act": "keeps", "of": 1, "sites": ["B"], "chances": ["80 in 100"]},
    ]
    # the only one there is: nothing is said twice
    assert [(row["act"], row["of"]) for row in doubted_sites([frozenset("ab")], sites)] == [
        ("closes", 1)
    ]


def test_keeping_one_is_said_of_one_and_by_the_places_as_they_are_known(told: Told) -> None:
    text = markdown(report(told.result, told.tables, told.findings))
    assert re.search(r"By estimated places, keeping [\w ]+ is best: about [\d,]+ lose", text)
    assert "Of keeping one at full hours, " in text
    assert "leaves fewest who lose, by the places as we have them: " in text


def test_distance_alone_is_never_called_a_full_time_service(told: Told) -> None:
    page = markdown(report(told.result, told.tables, told.findings))
    assert "10 hours a week are not a full-time centre" in page
    assert "what comes back is distance alone" in markdown(
        annex(told.result, told.tables, told.findings)
    )


def test_the_venues_shown_are_the_best_by_the_columns_shown(told: Told) -> None:
    frame = told.tables["outreach"].frame
    for (mends, _), rows in frame.groupby(["mends", "sessions"]):
        alone = str(mends).startswith("nothing")
        for starts, column, sign in (
            ("the shortest trip on average", "mean_at_limit_min", -1),
            ("the most within", "covered_share", 1),
            ("the most lost cover", "coverage_regained_share", 1),
            ("the most added minutes", "minutes_regained_share", 1),
        ):
            asked = rows[rows["aim"].str.startswith(starts)]
            assert len(asked) in (
                {0} if ("added" in starts or "lost" in starts) == alone else {1, 2}
            )
            values = sign * rows[column].astype(float)
            for at in asked.index:
                assert values[at] >= values.max() or np.isclose(values[at], values.max())


def test_ranks_shared_with_others_say_so(told: Told) -> None:
    found = told.findings.alternatives
    assert found is not None
    ranks = ranks_in_words(told.tables["choice"], Wording.of(told.result)).frame
    ranks = ranks.set_index("measure")["rank"]
    frame = found.frame[found.frame["scored"]]
    own = frame[frame["is_council_choice"]].iloc[0]
    for item in found.measures:
        others = int((frame[item.key] == own[item.key]).sum()) - 1
        held = next(rank for label, rank in ranks.items() if str(label).startswith(item.label))
        assert held == f"{own[f'rank_{item.key}']} of {len(frame)}{joint(others)}"
    assert any("joint, with 81 others" in rank for rank in ranks)


def test_hours_exactly_at_what_is_asked_are_told(tmp_path: Path) -> None:
    toy_result(tmp_path)
    study = tmp_path / "study.toml"
    text = study.read_text("utf-8").replace("{ b = 10 }", "{ b = 10 }\ndecided = true")
    study.write_text(text, encoding="utf-8")
    result = run_study(load_study(tmp_path))
    findings = find_findings(result)
    tables = {**tabulate(result), **further_tables(result, findings)}
    facts = report_facts(result, tables, findings)
    (found,) = facts["exact_hours"]
    # with any fewer hours B alone is not enough, as if it were closed: the others have full hours
    closed, kept = (
        next(item.value for item in result.verdicts_for(name) if item.criterion.min_hours)
        for name in ("close-b", "sessions")
    )
    assert closed < kept
    assert (found["fewer"], found["value"]) == (f"{100 * closed:.1f}%", f"{100 * kept:.1f}%")
    page = markdown(report(result, tables, findings))
    assert f"With any fewer it would be {100 * closed:.1f}%" in page


def test_a_range_is_no_probability_and_leaves_errors_out(told: Told) -> None:
    text = markdown(annex(told.result, told.tables, told.findings))
    assert "is no probability" in text
    assert "Errors of the estimate of times" in text
    assert "never turn it round" in text


def test_near_a_youth_centre_is_what_a_ruler_finds(told: Told) -> None:
    # minutes of an estimate are (122 + 1.20 x metres in a line) / 80, on foot: METHOD
    origins = pd.read_csv(bundled_path("origins/rotherham_oa.csv"))
    centres = pd.read_csv(bundled_path("sites/rotherham_youth.csv"))
    venues = pd.read_csv(bundled_path("sites/rotherham_youth_venues.csv"))
    home, centre, venue = (
        frame[["easting", "northing"]].to_numpy() for frame in (origins, centres, venues)
    )
    apart = np.hypot(*(home[:, None] - centre[None]).transpose(2, 0, 1))
    to_venue = np.hypot(*(home[:, None] - venue[None]).transpose(2, 0, 1)).min(axis=1)
    people = origins["age10_19"].to_numpy()
    shown = told.tables["youth"].frame.set_index(["name", "minutes"])
    for cutoff in (15, 20, 30):
        each = dict(zip(centres["name"], apart.T, strict=True)) | {"any of them": apart.min(axis=1)}
        for name, metres in each.items():
            near = (122 + 1.20 * metres) / 80 <= cutoff
            row = shown.loc[(name, str(cutoff))]
            assert row["weight_within"] == pytest.approx(people[near].sum(), abs=0.51)
            as_near = people[near & (to_venue <= metres)].sum()
            assert row["weight_venue_as_near"] == pytest.approx(as_near, abs=0.51)
            assert (row["least_lost"], row["most_lost"]) == (0, row["weight_within"])
    assert told.facts["youth"]["any"]["most_lost"] == shown.loc[("any of them", "30"), "most_lost"]
    page = markdown(report(told.result, told.tables, told.findings))
    assert "nobody loses by it" in page
    behind = markdown(annex(told.result, told.tables, told.findings))
    assert "Maltby Linx Youth Centre" in behind

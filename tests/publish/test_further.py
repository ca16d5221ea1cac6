"""What the report says beyond the criteria, of the bundled study on straight-line times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from eh_access import StudyResult
from eh_access.publish.prose import (
    Further,
    Section,
    further,
    hours_at_the_edge,
    what_it_does_not_tell,
)
from eh_access.publish.table import Table
from eh_access.publish.tabulations import joint, ranks_in_words
from eh_access.study.findings import Findings, find_findings

SESSIONS = "deregister-sessions"


@dataclass(frozen=True, eq=False)
class Told:
    result: StudyResult
    findings: Findings
    said: Further

    @property
    def tables(self) -> Mapping[str, Table]:
        return self.said.tables


@pytest.fixture(scope="module")
def told(rotherham_estimate: StudyResult) -> Told:
    findings = find_findings(rotherham_estimate)
    return Told(rotherham_estimate, findings, further(rotherham_estimate, findings))


def text_of(section: Section | None) -> str:
    assert section is not None
    return "\n".join("\n".join((*part.paragraphs, *part.bullets)) for part in section.parts)


def test_nothing_is_lost_by_distance_is_never_all_that_is_said(told: Told) -> None:
    minutes = {
        name: told.result.nearest(name, "walk", full_time=True)["minutes"].to_numpy()
        for name in ("baseline", SESSIONS)
    }
    weights = told.result.origins["weight"].to_numpy()
    near = {name: weights[held <= 30].sum() for name, held in minutes.items()}
    lost = round(near["baseline"]) - round(near[SESSIONS])
    assert lost > 0
    text = text_of(told.said.outreach)
    assert f"{lost:,.0f} under-fives are no longer within 30 minutes of a full-time centre" in text
    assert "venues of 10 hours a week give none of that back" in text
    assert "A venue open 10 hours a week is not a centre with full hours" in text
    assert "nothing is lost" not in text


def test_the_venues_shown_are_the_best_by_the_columns_shown(told: Told) -> None:
    frame = told.tables["outreach"].frame
    assert "chosen for the most within" not in text_of(told.said.outreach)
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
    ranks = ranks_in_words(told.tables["choice"]).frame.set_index("measure")["rank"]
    frame = found.frame[found.frame["scored"]]
    own = frame[frame["is_council_choice"]].iloc[0]
    for item in found.measures:
        others = int((frame[item.key] == own[item.key]).sum()) - 1
        held = next(rank for label, rank in ranks.items() if str(label).startswith(item.label))
        assert held == f"{own[f'rank_{item.key}']} of {len(frame)}{joint(others)}"
    assert any("joint, with 81 others" in rank for rank in ranks)


def test_a_range_is_no_probability_and_leaves_errors_out(told: Told) -> None:
    text = text_of(told.said.sure)
    assert "is no probability" in text
    assert "Errors of the estimate of times itself" in text
    assert "never turn it round" in text
    assert all(sentence in text for sentence in what_it_does_not_tell(told.result))


def test_hours_exactly_at_what_is_asked_are_told(told: Told) -> None:
    (text,) = hours_at_the_edge(told.result, told.findings, SESSIONS)
    assert text in told.said.changes
    assert text in text_of(told.said.sure)
    # by hand: without the three, the rest all with full hours, each way within 30 minutes
    gone = ["park-view", "broom-valley", "wath-victoria"]
    times = told.result.times["walk"]
    stay = [site for site in times.site_ids if site not in gone]
    near = times.nearest(stay)["minutes"].to_numpy() <= 30
    # two of the three, each with a little less than ten hours, have ten between them
    near |= (times.to_wide()[gone].to_numpy() <= 30).sum(axis=1) >= 2
    weights = told.result.origins["weight"].to_numpy()
    assert f"it would be {100 * weights[near].sum() / weights.sum():.1f}% instead of" in text
    assert hours_at_the_edge(told.result, told.findings, "deregister-closed") == ()

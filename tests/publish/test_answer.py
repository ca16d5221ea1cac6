"""The headline answers the question that is asked: what changes, and what cannot be said."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping

import pytest

from eh_access.criteria.criterion import Outcome, Verdict
from eh_access.publish.prose import (
    answer,
    deprived_sentence,
    standing,
    standings,
    what_would_change,
)
from eh_access.publish.report import criteria_matrix, render_report
from eh_access.publish.table import Table
from eh_access.publish.tabulations import tabulate
from eh_access.publish.wording import Wording
from eh_access.routing.estimate import MEASURED
from eh_access.study.result import StudyResult

MET, TOO_CLOSE, NOT_MET = Outcome.MET, Outcome.TOO_CLOSE, Outcome.NOT_MET
Pointed = Outcome | None
Told = tuple[Pointed, Pointed, bool, float]


@pytest.fixture(scope="module")
def rotherham(rotherham_estimate: StudyResult) -> StudyResult:
    """Return the study on estimates: there are outcomes that only point."""
    return rotherham_estimate


@pytest.fixture(scope="module")
def tables(rotherham: StudyResult) -> Mapping[str, Table]:
    return tabulate(rotherham)


def test_the_headline_tells_what_changed_from_what_was_missed_before(
    rotherham: StudyResult, tables: Mapping[str, Table]
) -> None:
    # walk-30 and pram-2500 were missed before and get worse; all else is of the change
    first = answer(rotherham, tables, "deregister-sessions")[0]
    verdicts = rotherham.verdicts_for("deregister-sessions")
    assert first.endswith(f"Of {len(verdicts)} criteria they point to:")
    missed = [item.criterion.id for item in verdicts if item.not_met_before]
    assert missed == ["walk-30", "pram-2500"]
    pointed = [item.indication for item in verdicts]
    assert set(pointed) == {Outcome.NOT_MET}
    assert standings(rotherham, "deregister-sessions") == (
        f"{len(verdicts) - 2} newly not met",
        "2 missed before and now worse",
    )


def test_on_its_streets_rotherham_s_headline_says_what_is_too_close(
    on_streets: StudyResult,
) -> None:
    result = on_streets
    scenario = "deregister-sessions"
    verdicts = result.verdicts_for(scenario)
    said = answer(result, tabulate(result), scenario)[0]
    assert "point to" not in said
    close = sum(item.outcome == Outcome.TOO_CLOSE for item in verdicts)
    assert 0 < close < len(verdicts)
    assert f"{close} too close to call" in standings(result, scenario)


def test_a_place_known_roughly_is_named_whatever_its_basis_says(rotherham: StudyResult) -> None:
    for scenario in ("deregister-closed", "deregister-sessions"):
        (verdict,) = [
            item for item in rotherham.verdicts_for(scenario) if item.criterion.id == "walk-30"
        ]
        assert "known only roughly: Park View Children's Centre" in verdict.reason
        # Thrybergh Rainbow's host school is inferred: 800 m, whatever its basis says
        assert "Thrybergh Rainbow Children's Centre (known to within 800 m)" in verdict.reason


def verdicts_of(result: StudyResult, cases: list[Told]) -> tuple[Verdict, ...]:
    """Return verdicts of B closing: pointed before, pointed after, missed before, worsened by."""
    afters = result.verdicts_for("close-b")[: len(cases)]
    befores = result.verdicts_for("baseline")[: len(cases)]
    found = []
    for (was, now, missed, worse), before, after in zip(cases, befores, afters, strict=True):
        assert before.criterion.id == after.criterion.id
        found.append(dataclasses.replace(before, indication=was, outcome=Outcome.CANNOT_SAY))
        found.append(
            dataclasses.replace(
                after,
                indication=now,
                outcome=Outcome.CANNOT_SAY,
                not_met_before=missed,
                worsened_by=worse,
                direction=0 if worse == 0 else 1 if worse > 0 else -1,
            )
        )
    return tuple(found)


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ((MET, NOT_MET, False, 0.1), "new"),
        ((TOO_CLOSE, NOT_MET, False, 0.1), "new"),
        ((NOT_MET, NOT_MET, True, 0.1), "worse"),
        ((NOT_MET, NOT_MET, True, 0.0), "unchanged"),
        ((NOT_MET, NOT_MET, True, -0.1), "better"),
        ((None, NOT_MET, False, 0.1), "unclear"),
        ((NOT_MET, MET, False, -0.1), "met"),
        ((MET, TOO_CLOSE, False, 0.1), "too close to call"),
        ((NOT_MET, None, False, 0.1), ""),
    ],
)
def test_standing(toy: StudyResult, case: Told, told: str) -> None:
    made = dataclasses.replace(toy, verdicts=verdicts_of(toy, [case]))
    assert standing(made, made.verdicts_for("close-b")[0]) == told
    settled = tuple(
        dataclasses.replace(
            item, outcome=item.indication or Outcome.CANNOT_SAY, indication=None, basis="streets"
        )
        for item in made.verdicts
    )
    real = dataclasses.replace(toy, verdicts=settled, estimated=False)
    assert standing(real, real.verdicts_for("close-b")[0]) == told


def test_on_streets_the_headline_says_the_same(
    toy: StudyResult, toy_tables: Mapping[str, Table]
) -> None:
    cases = [
        (MET, NOT_MET, False, 0.1),
        (NOT_MET, NOT_MET, True, 0.0),
        (None, None, False, 0.0),
        (MET, MET, False, 0.0),
    ]
    settled = tuple(
        dataclasses.replace(item, outcome=item.indication or Outcome.CANNOT_SAY, indication=None)
        for item in verdicts_of(toy, cases)
    )
    real = dataclasses.replace(toy, verdicts=settled, estimated=False)
    assert answer(real, toy_tables, "close-b")[0].endswith("of 4 criteria:")
    assert standings(real, "close-b") == (
        "1 met",
        "1 newly not met",
        "1 missed before and unchanged",
        "1 of which nothing can be said",
    )


def test_one_criterion_is_not_criteria(toy: StudyResult, toy_tables: Mapping[str, Table]) -> None:
    one = dataclasses.replace(toy, verdicts=verdicts_of(toy, [(MET, NOT_MET, False, 0.1)]))
    assert answer(one, toy_tables, "close-b")[0].endswith("Of 1 criterion they point to:")


def test_no_output_says_before_either_of_the_baseline_or_of_what_cannot_be_said(
    rotherham: StudyResult, tables: Mapping[str, Table]
) -> None:
    rows = tables["criteria"].frame
    missed = rows[rows["outcome"].str.contains("before")]
    assert set(missed["criterion"]) == {"walk-30", "pram-2500"}
    assert not missed["scenario"].str.startswith("Before").any()
    csv = rotherham.verdicts_table()
    assert set(csv.loc[csv["not_met_before"], "criterion"]) == set(missed["criterion"])
    assert not csv.loc[csv["scenario"] == "baseline", "not_met_before"].any()


def test_the_matrix_tells_unchanged_and_neither_way(rotherham: StudyResult) -> None:
    rows = {row["id"]: row for row in criteria_matrix(rotherham, Wording.of(rotherham))}
    last = {name: row["cells"][-1] for name, row in rows.items()}
    assert last["walk-30"]["before_too"] == "not met before either"
    assert last["even-spread"]["before_too"] == last["no-car"]["before_too"] == ""
    page = render_report(rotherham)
    turned = [item for item in rotherham.verdicts if item.scenario != "baseline"]
    neither = [item for item in turned if item.outcome == "cannot say" and not item.indication]
    assert page.count("; points neither way") == len(neither)


def test_the_fifth_hit_hardest_is_named(
    rotherham: StudyResult, tables: Mapping[str, Table]
) -> None:
    frame = rotherham.comparisons_full_time["deregister-sessions", "walk"].frame
    fifth = (rotherham.origins["imd_decile"].astype(int) + 1) // 2
    moved = frame["change_min"] * frame["weight"]
    mean = moved.groupby(fifth).sum() / frame["weight"].groupby(fifth).sum()
    assert mean.idxmax() == 2  # neither the most nor the least deprived
    told = deprived_sentence(rotherham, tables, "deregister-sessions")
    assert f"{mean[1]:.1f} minutes added in fifth 1 (most deprived)" in told
    assert f"{mean[5]:.1f} minutes added in fifth 5 (least deprived)" in told
    assert f"hardest hit is fifth 2, with {mean[2]:.1f} minutes added" in told


def test_minutes_are_added_or_saved_and_never_gained(
    rotherham: StudyResult, tables: Mapping[str, Table]
) -> None:
    page = re.sub(r"<style.*?</style>|data:[^\"]*", "", render_report(rotherham), flags=re.DOTALL)
    assert not re.findall(r"[^.]*\bgain(?:s|ed|ing)?\b[^.]*", page, flags=re.IGNORECASE)
    headings = [column.heading for table in tables.values() for column in table.columns]
    assert not [text for text in headings if "gain" in text.lower()]
    assert "Over 5 min saved (under-fives)" in headings


def test_every_fifth_says_what_it_is_a_fifth_of(
    rotherham: StudyResult, tables: Mapping[str, Table]
) -> None:
    assert "local fifth of under-fives by households" in tables["no_car"].title
    assert "the nation's fifth of areas" in tables["deprivation"].title
    labels = [column.label for name in ("no_car", "deprivation") for column in tables[name].columns]
    assert "Local fifth of under-fives by households without a car" in labels
    assert "Nation's fifth of areas by deprivation" in labels
    told = [item.sentence for item in rotherham.verdicts if item.criterion.id == "no-car"]
    assert all("about a fifth of those counted here, not of the areas" in text for text in told)
    # and so it is: 27 of 170 areas, not 34
    share = rotherham.origins.groupby("area_id")["no_car_share"].first()
    chosen = tables["no_car"].frame["weight"][0]
    ranked = rotherham.origins.sort_values("no_car_share", ascending=False, kind="stable")
    held = ranked[ranked["weight"].cumsum() <= chosen]["area_id"].nunique()
    assert (held, len(share)) == (27, 170)


def test_what_to_find_out_first_is_the_doubt_that_would_settle_most(
    on_streets: StudyResult, rotherham: StudyResult
) -> None:
    told = what_would_change(on_streets, "deregister-sessions")
    (first,) = [text for text in told if text.startswith("Find out first")]
    found = on_streets.uncertainty
    assert found is not None
    gains = found.sources_frame.assign(gain=lambda t: t["right_then"] - t["right_now"])
    most = gains.loc[gains["gain"].idxmax()]
    assert str(most["name"]) in first
    assert f"right {math.floor(100 * most['right_then'] + 1e-9)} in 100" in first
    assert f"{math.floor(100 * most['right_now'] + 1e-9)} in 100 now" in first
    assert any("Where Valley Children's Centre is" in text for text in told)
    # an estimate is not drawn
    told = what_would_change(rotherham, "deregister-sessions")
    assert not any(text.startswith("Find out first") for text in told)


def test_the_accuracy_of_the_estimate_is_stated_for_each_way_of_travelling(
    rotherham_estimate: StudyResult,
) -> None:
    walking, others = Wording.of(rotherham_estimate).accuracy.split("With a pushchair")
    pushing, driving = others.split("by car")
    assert "On foot, against real streets" in walking
    for rules, told in (("foot", walking), ("pushchair", pushing), ("motorcar", driving)):
        _, error = MEASURED[rules]
        for minutes in (
            error.nearest_min,
            error.worst_tenth_min,
            error.affected_min,
            error.change_min,
        ):
            assert re.search(rf"\b{minutes:g}\b", told)
        assert f"{error.detected_share:.0%}" in told


def test_counts_that_are_modelled_are_called_so(
    rotherham: StudyResult, tables: Mapping[str, Table]
) -> None:
    assert all("modelled counts)" in tables[name].title for name in ("within", "added_time"))
    told = answer(rotherham, tables, "deregister-sessions")[1]
    assert told.endswith("(estimated times and modelled counts).")  # once, on the first figures

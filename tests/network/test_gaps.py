"""What the source of streets never recorded: named where a rule needs it, and nowhere else."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from eh_access.modes import CYCLE, DRIVE, MODES, PUSHCHAIR, WALK, TravelMode
from eh_access.network.build import RawWays, build_network
from eh_access.network.describe import LOSSES, NOT_RECORDED, gaps, not_recorded
from eh_access.network.io import read_network_file
from eh_access.network.model import Network
from eh_access.publish.tabulations import WHEELED, tabulate
from eh_access.publish.templates import shipped
from eh_access.sources.bundled import network_path
from eh_access.study.result import StudyResult

AGREEMENT = Path(__file__).resolve().parents[2] / "docs" / "method" / "agreement.md"


@pytest.fixture(scope="module")
def newport() -> Network:
    return read_network_file(network_path("newport"))


def without(network: Network, *keys: str) -> Network:
    return replace(network, not_recorded=keys, _memory={})


@pytest.mark.parametrize(
    ("lost", "mode", "named"),
    [
        ((), PUSHCHAIR, ()),
        (("kerb",), PUSHCHAIR, ("kerbs",)),
        (("kerb",), WALK, ()),  # no rule for walkers looks at a kerb
        (("surface",), PUSHCHAIR, ()),  # smoothness and tracktype still tell
        (("surface", "smoothness", "tracktype"), PUSHCHAIR, ("surfaces",)),
        (("surface", "smoothness"), CYCLE, ("surfaces",)),  # tracks are nothing to its rules
        (("maxspeed",), DRIVE, ("speed limits",)),
        (("maxspeed",), WALK, ()),  # nobody walks faster where cars may
        (("barrier", "maxspeed"), DRIVE, ("barriers", "speed limits")),
    ],
)
def test_what_a_mode_s_rules_look_for_in_vain(
    newport: Network, lost: tuple[str, ...], mode: TravelMode, named: tuple[str, ...]
) -> None:
    assert gaps(without(newport, *lost), mode) == named


def test_streets_with_all_their_tags_lose_nothing(newport: Network) -> None:
    assert not_recorded(newport, MODES.values()) == ()
    assert not newport.describe().doubts["doubt"].str.contains(NOT_RECORDED).any()


def test_a_doubt_about_every_street_is_told_once(newport: Network) -> None:
    lost = without(newport, "surface", "smoothness", "tracktype", "width", "kerb")
    doubts = lost.describe().doubts
    rows = doubts[doubts["mode"] == "pushchair"].set_index("doubt")
    assert "surface unknown" in set(newport.describe().doubts["doubt"])
    assert not {"surface unknown", "width unknown"} & set(rows.index)
    told = f"kerbs, surfaces: {NOT_RECORDED}"  # widths are tagged in other ways, too
    open_km = lost.describe().modes.loc["pushchair", "open_km"]
    assert rows.loc[told, "km"] == pytest.approx(open_km)


def test_losses_are_the_measured_ones() -> None:
    """The tables of the documentation are what the script prints."""
    part = AGREEMENT.read_text(encoding="utf-8").split("## What vector tiles lose")[1]
    nearest, change = part.split("| 2,222 postcodes")[1].split("| the change when")
    for mode in MODES.values():
        (row,) = (line for line in nearest.splitlines() if line.startswith(f"| {mode.label} |"))
        off, most = row.split(" | ")[1:3]
        median, tenth, _ = re.findall(r"[\d.]+", off)
        loss = LOSSES[mode.name]
        assert (loss.median_percent, loss.tenth_percent) == (float(median), float(tenth))
        assert loss.most_min == float(most)
        (row,) = (line for line in change.splitlines() if line.startswith(f"| {mode.label} |"))
        mean, affected, wrong = (cell.split(",")[0] for cell in row.split(" | ")[1:4])
        assert (loss.change_min, loss.affected_min) == (float(mean), float(affected))
        assert loss.change_wrong_percent == float(wrong.rstrip("%"))


def rules_of_pushchairs(what: str) -> str:
    rules = WHEELED["pushchair"][what]
    return ", ".join(shipped().part("assumptions", rule, {}) for rule in rules)


def test_rotherham_s_assumptions_say_what_its_streets_lack(rotherham: StudyResult) -> None:
    rows = tabulate(rotherham)["assumptions"].frame.set_index("what")["value"]
    assert rows["Speed by car"] == f"by class of road: speed limits are {NOT_RECORDED}"
    known, lost = rows["Closed with a pushchair"].split(f"; {NOT_RECORDED}: ")
    for what in ("stiles", "kerbs", "gaps under 0.7 m", "roughest surfaces", "without a pavement"):
        assert what in lost
        assert what not in known
    assert known == "steps without a ramp"
    assert rows["Slowed with a pushchair"] == f"{NOT_RECORDED}: {rules_of_pushchairs('Slowed')}"
    assert "barriers" in rows["Closed on foot"]


def test_newport_s_assumptions_are_whole(newport: Network, rotherham: StudyResult) -> None:
    whole = replace(rotherham, streets=newport.describe())
    rows = tabulate(whole)["assumptions"].frame.set_index("what")["value"]
    assert rows["Closed with a pushchair"] == rules_of_pushchairs("Closed")
    assert rows["Speed by car"] == "by road"
    assert not rows.str.contains(NOT_RECORDED).any()


@pytest.mark.parametrize(
    ("count", "tags", "missing"),
    [
        (1_000, {"surface": "asphalt", "maxspeed": "30 mph", "access": "yes"}, "barrier"),
        (1_000, {"tracktype": "grade1"}, "maxspeed"),
        (999, {}, None),  # a village may have no kerb
    ],
)
def test_a_file_whose_streets_carry_no_tag_of_a_kind_did_not_record_it(
    count: int, tags: dict[str, str], missing: str | None
) -> None:
    raw = RawWays(crs="EPSG:27700")
    for row in range(count):
        line = [(2 * row, 331000.0 + row, 188000.0), (2 * row + 1, 331000.0 + row, 188050.0)]
        raw.add(row + 1, line, tags={"highway": "residential", **tags})
    lost = build_network(raw).not_recorded
    assert (missing in lost) is (missing is not None)
    assert not set(tags) & set(lost)
    if "tracktype" in tags:
        assert not {"surface", "smoothness"} & set(lost)  # one of the kind is recorded
    raw.add_point(1, {"barrier": "kerb", "kerb": "lowered"})  # nothing in the way, but seen
    assert not {"barrier", "kerb"} & set(build_network(raw).not_recorded)

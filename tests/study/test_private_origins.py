"""A study's own private counts: no fault names a home, no criterion singles one out."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from attack import known_of_counts, ranges
from eh_access.study.config import load_study
from eh_access.study.inputs import read_inputs
from private_run import LIMIT
from study_cli import run_cli
from study_files import StudyFolder, write_study

HOMES = """\
origin_id,easting,northing,weight,weight_basis,area_id
rose-cottage-zebedee,440101,390003,12,ours,A
the-old-mill,442007,390109,25,ours,A
c,443911,390007,30,ours,B
"""
BY = """
[[criterion]]
id = "even"
title = "No street loses more"
measure = "area_loss"
mode = "walk"
by = "BY"
cutoff_min = 30
threshold = 15
source = "made up"
set_by = "nobody"
set_on = 2026-11-22
"""
SECRETS = ("zebedee", "old-mill", "440101", "442007", "390109", "443911", "0401010", "ZE1 8ED")


def private_study(folder: Path, homes: str = HOMES, more: str = "") -> StudyFolder:
    toy = write_study(folder)
    toy.change("study.toml", "weights_public = true", "weights_public = false")
    (toy.path / "origins.csv").write_text(homes, encoding="utf-8")
    toml = toy.path / "study.toml"
    toml.write_text(toml.read_text("utf-8") + more, encoding="utf-8")
    return toy


FAULTS = {
    "a count below none": ("440101,390003,12", "440101,390003,-77", "row 2, weight: give a number"),
    "a word for a count": ("390109,25", "390109,zebedee", "row 3, weight: give a number"),
    "far outside": ("440101,390003", "0401010,390003", "row 2, geometry: correct the coordinates"),
    "swapped": ("442007,390109", "390109,442007", "row 3, geometry: easting and northing look"),
    "no number": ("440101,", "ZE1 8ED,", "row 2, easting: give a coordinate"),
    "an id twice": ("the-old-mill", "rose-cottage-zebedee", "row 3, origin_id: every id may stand"),
    "no such area": ("25,ours,A", "25,ours,zebedee", "row 3, area_id: there is no such area"),
    "no header": (HOMES.splitlines()[0] + "\n", "", "no coordinates; add the columns"),
    "a cell too many": ("25,ours,A", "25,ours,A,zebedee", "row 3: has 7 cells"),
}


@pytest.mark.parametrize(
    ("command", "name"), [*(("check", name) for name in FAULTS), ("report", "far outside")]
)
def test_no_fault_of_private_counts_names_a_home(tmp_path: Path, command: str, name: str) -> None:
    old, new, text = FAULTS[name]
    assert old in HOMES
    toy = private_study(tmp_path, HOMES.replace(old, new, 1))
    out = ["--out", tmp_path / "out"] if command == "report" else []
    ran = run_cli(command, toy.toml, *out)
    assert ran.code == 2, ran.out
    told = re.sub(r"\s+", " ", ran.out + ran.err)
    assert text in told, told
    told = told.replace(str(tmp_path), "")
    assert [secret for secret in SECRETS if secret in told] == []


def test_rows_left_out_of_private_counts_are_told_without_how_many(tmp_path: Path) -> None:
    rows = HOMES + "the-old-mill-annexe,,,,,\nTotal,,,67,,\n"
    told = []
    for more in ("", "zebedee's shed,,,,,\n"):
        toy = private_study(tmp_path / str(len(more)), f"Our register,,,,,\n{rows}{more}")
        ran = run_cli("check", toy.toml)
        told.append(re.sub(r"\s+", " ", ran.out + ran.err).replace(str(toy.path), ""))
        assert ran.code == 0, told
    assert "Rows of origins.csv that hold no data" in told[0]
    assert "were left out" in told[0]
    assert told[0] == told[1]  # one row more or less is not to be seen
    assert [secret for secret in SECRETS if secret in told[0]] == []


def test_faults_of_public_counts_say_all() -> None:
    """The same table, public: what stands there helps to find it."""
    import pandas as pd  # noqa: PLC0415

    from eh_access.errors import InputError  # noqa: PLC0415
    from eh_access.tables import check_origins, check_private_origins  # noqa: PLC0415

    rows = {"origin_id": ["mill"], "weight": [-7], "easting": [440000], "northing": [390000]}
    with pytest.raises(InputError, match=r"\(origin_id 'mill'\), weight: is -7; give"):
        check_origins(pd.DataFrame(rows))
    with pytest.raises(InputError, match="row 1, weight: give") as caught:
        check_private_origins(pd.DataFrame(rows))
    assert "mill" not in str(caught.value)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("postcode", ["ZE1 8ED", "ZE1 8ED", "ZE1 9ZZ"]),
        ("family", ["zebedee", "dougal", "florence"]),
        ("street", ["Mill Lane", "Mill Lane", "High Street"]),
    ],
)
def test_a_criterion_by_a_column_that_singles_out_is_refused(
    tmp_path: Path, column: str, values: list[str]
) -> None:
    head, *rows = HOMES.replace("443911,390007,30", "443911,390007,7").splitlines()
    lines = [f"{head},{column}", *(f"{row},{v}" for row, v in zip(rows, values, strict=True))]
    toy = private_study(tmp_path, "\n".join(lines) + "\n", BY.replace("BY", column))
    ran = run_cli("check", toy.toml)
    told = re.sub(r"\s+", " ", ran.out + ran.err)
    assert ran.code == 2, told
    assert f"criterion 'even', by: the column '{column}' tells fewer than 10" in told
    assert not [value for value in values if value in told]


def test_one_whose_every_value_stands_for_ten_is_not(tmp_path: Path) -> None:
    head, *rows = HOMES.splitlines()
    sides = ("west", "west", "east")
    lines = [f"{head},side", *(f"{row},{v}" for row, v in zip(rows, sides, strict=True))]
    toy = private_study(tmp_path, "\n".join(lines) + "\n", BY.replace("BY", "side"))
    ran = run_cli("check", toy.toml)
    assert ran.code == 0, ran.err


# ------------------------------------------------------------------ attacks


def county(folder: Path, seed: int) -> tuple[StudyFolder, pd.Series]:
    """Write a study of 36 areas in six wards, and return the true counts of its areas."""
    chance = np.random.default_rng(seed)
    features, rows = [], ["origin_id,easting,northing,weight,weight_basis,area_id,ward_code"]
    true = {}
    for number in range(36):
        x, y = 440_000 + 1000 * (number % 6), 390_000 + 1000 * (number // 6)
        shape = shapely.geometry.mapping(shapely.box(x, y, x + 1000, y + 1000))
        area = f"A{number:02d}"
        told = {"area_id": area, "name": area}
        features.append({"type": "Feature", "properties": told, "geometry": shape})
        weights = chance.integers(0, chance.choice([4, 9, 30]), 3)
        weights[0] += 1
        true[area] = int(weights.sum())
        for home, weight in enumerate(weights):
            place = f"{x + 101 + 7 * home},{y + 203 + 11 * home}"
            rows.append(f"zebedee-{area}-{home},{place},{weight},ours,{area},W{number // 6}")
    toy = private_study(folder, "\n".join(rows) + "\n")
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    shapes = {"type": "FeatureCollection", "crs": crs, "features": features}
    (toy.path / "areas.geojson").write_text(json.dumps(shapes), encoding="utf-8")
    return toy, pd.Series(true)


@pytest.mark.parametrize("seed", range(6))
def test_no_true_count_can_be_worked_out_from_what_is_published(tmp_path: Path, seed: int) -> None:
    """Everything that is written counts what these tables count.

    The true counts solve the attacker's equations; yet each below the limit could be anything from
    one, since the table lists nobody's area in vain, to the most there is below it.
    """
    toy, true = county(tmp_path, seed)
    inputs = read_inputs(load_study(toy.toml))
    shown = inputs.origins["weight"]
    assert shown.index.tolist() == true.index.tolist()
    rule = pd.Series({item.cell: item.rule for item in inputs.hidden}).reindex(shown.index)
    lows, highs, lines = known_of_counts(shown, rule, inputs.origins["ward_code"], least=1.0)
    assert all(low <= one <= high for low, one, high in zip(lows, true, highs, strict=True))
    for factors, low, high in lines:
        assert low <= true.iloc[list(factors)].sum() <= high
    secret = np.flatnonzero(rule.notna()).tolist()
    assert len(secret) > 5
    assert set(secret) == set(np.flatnonzero(true < LIMIT))
    found = ranges(lows, highs, lines, secret)
    assert max(low for low, _ in found) <= 1 + 1e-6
    assert min(high for _, high in found) >= LIMIT - 1 - 1e-6


def test_nothing_of_an_origin_stands_in_what_is_published(tmp_path: Path) -> None:
    """Neither ids nor places, nor a digest or a number of rows by which one more could be found."""
    toy, _ = county(tmp_path, 1)
    inputs = read_inputs(load_study(toy.toml))
    (file,) = [item for item in inputs.files if item.role == "origins"]
    content = (toy.path / "origins.csv").read_bytes()
    assert file.rows is None
    assert file.sha256 != hashlib.sha256(content).hexdigest()
    told = repr([inputs.notes, inputs.counts, inputs.hidden, inputs.files])
    told += inputs.origins.to_csv()
    exact = pd.read_csv(toy.path / "origins.csv")
    places = [f"{row.easting}" for row in exact.itertuples()]
    assert [secret for secret in ("zebedee", *places) if secret in told] == []
    # one origin moved within its area, and a digest of it, change nothing that is published
    other = exact.assign(easting=exact["easting"] + 13)
    other.to_csv(toy.path / "origins.csv", index=False)
    again = read_inputs(load_study(toy.toml))
    assert again.origins.to_csv() == inputs.origins.to_csv()
    assert [item.sha256 for item in again.files] == [item.sha256 for item in inputs.files]

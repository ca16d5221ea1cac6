"""Reduce a batch to national tables, a ranked page and a map."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from eh_access.batch.work import ALL, COUNTED, OWN
from eh_access.batch.work import FIGURES as STUDY_FIGURES
from eh_access.modes import MODES
from eh_access.privacy.hiding import hide_small
from eh_access.privacy.policy import HIDDEN_MARK, PUBLIC, Policy
from eh_access.provenance import Provenance
from eh_access.publish import charts, numbers
from eh_access.publish.document import Document, Picture
from eh_access.publish.outputs import write_csv
from eh_access.publish.table import NOT_AVAILABLE, Column, Table, make_table, with_marks
from eh_access.publish.tabulations import DEPRIVATION
from eh_access.publish.templates import Templates, shipped
from eh_access.publish.wording import FULL_TIME
from eh_access.publish.writers.html import render_page

if TYPE_CHECKING:
    from eh_access.batch.plan import Job, Plan

NATION, REGION = "nation", "region"
KEYS = ["by", "group", "unit", "counted", "mode", "sites"]
"""What sums are by: who counts under-fives and who counts postcodes are not added up."""
WITHIN, LOSE = "within", "lose"
SETS = {
    WITHIN: ("weight", "within_before", "within_after"),
    LOSE: ("weight", "weight_loses"),
}
"""The figures that a study must publish to be in a row, by what the row is about."""
FIGURES = replace(STUDY_FIGURES, keys=(*KEYS, "figures"), scenario="")
TABLES = ("studies.csv", "authorities.csv", "national.csv", "authorities.parquet")
OUTPUTS = (*TABLES, "map.svg", "report.html")


@dataclass(frozen=True, eq=False, kw_only=True)
class Reduction:
    """What the studies of a batch come to."""

    about: gpd.GeoDataFrame  # a row for each study: its outline and what it is about
    authorities: pd.DataFrame  # figures of each study, by mode, sites and manner of counting
    national: pd.DataFrame  # their sums by nation, region and fifth
    policy: Policy  # the strictest of theirs


def reduce_studies(jobs: Sequence[Job]) -> Reduction:
    """Return the figures of studies that are done, and their sums."""
    about = pd.concat(
        [
            gpd.read_parquet(job.folder / "outline.parquet").assign(
                study=job.id, name=job.name, region=job.region
            )
            for job in jobs
        ]
    ).set_index("study")
    rows = pd.concat(
        [pd.read_parquet(job.folder / "summary.parquet").assign(study=job.id) for job in jobs],
        ignore_index=True,
    )
    rows = rows[rows["scenario"] == rows["study"].map(about["decided"])]
    rows = rows.join(about[["name", "region", "unit"]], on="study")
    policy = _strictest(about)
    return Reduction(
        about=about,
        authorities=rows[rows["by"] == ALL].drop(columns=["by", "group"]),
        national=_sums(rows, policy),
        policy=policy,
    )


def _strictest(about: pd.DataFrame) -> Policy:
    """Return rules that keep those of every study."""
    private = about[~about["public"].astype(bool)]
    if private.empty:
        return PUBLIC
    return Policy(
        threshold=int(private["threshold"].max()),
        round_to=int(private["round_to"].max()),
        least_base=float(private["least_base"].max()),
    )


def _sums(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Return sums by nation, region and fifth, as they may be published."""
    # A function of what the studies publish tells nothing that they do not.
    together = rows[rows["by"] == ALL]
    parts = (
        together.assign(by=NATION, group=ALL),
        together[together["region"] != ""].assign(by=REGION, group=together["region"]),
        rows[rows["by"] == DEPRIVATION],
    )
    every = pd.concat(parts, ignore_index=True)
    sums = pd.concat([_sums_of(every, figures) for figures in SETS])
    shown, _ = hide_small(sums.sort_values(list(FIGURES.keys)), FIGURES, policy, table=NATION)
    return shown.reset_index(drop=True)


def _sums_of(rows: pd.DataFrame, figures: str) -> pd.DataFrame:
    """Return sums of some figures, each over the same studies: those that publish what is asked."""
    # Before of some studies and after of others would read as a change that nobody makes.
    asked = list(SETS[figures])
    rest = [part for part in FIGURES.parts if part not in {*SETS[WITHIN], *SETS[LOSE]}]
    summed = asked + (rest if figures == LOSE else [])
    known = rows[asked].notna().all(axis=1)
    inside, outside = rows[known].groupby(KEYS), rows[~known].groupby(KEYS)["study"]
    sums = inside[summed].sum().round(6)
    sums = sums.where(inside[summed].count().eq(inside.size(), axis=0))  # of all of them, or none
    sums = sums.reindex(rows.groupby(KEYS).size().index)
    for share, part in FIGURES.shares.items():
        if part in sums:
            sums[share] = sums[part] / sums["weight"].where(sums["weight"] > 0)
    for change, (after, before) in FIGURES.changes.items():
        if after in sums:
            sums[change] = sums[after] - sums[before]
    sums.insert(0, "figures", figures)
    sums.insert(1, "studies", inside.size().reindex(sums.index, fill_value=0))
    sums.insert(2, "left_out", outside.size().reindex(sums.index, fill_value=0))
    names = outside.agg(lambda ids: "; ".join(sorted(ids)))
    sums.insert(3, "left_out_studies", names.reindex(sums.index, fill_value=""))
    return sums.reset_index()


# ---- files -------------------------------------------------------------------------------------


def write_reduction(plan: Plan, reasons: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """Write the tables, the page and the map of a batch; return the files' names."""
    jobs = sorted(plan.jobs, key=lambda job: job.id)
    states = pd.DataFrame(
        {
            "study": [job.id for job in jobs],
            "name": [job.name for job in jobs],
            "region": [job.region for job in jobs],
            "state": ["failed" if reasons.get(job.id) else "done" for job in jobs],
            "reason": [reasons.get(job.id, "") for job in jobs],
        }
    )
    write_csv(states, folder / "studies.csv")
    done = [job for job in jobs if not reasons.get(job.id)]
    reduction = reduce_studies(done) if done else None
    facts = {"title": plan.title, "studies": len(jobs), "done": len(done)}
    facts |= {"failed": _failed(states), **_no_figures()}
    if reduction is not None:
        write_csv(reduction.authorities, folder / "authorities.csv")
        write_csv(reduction.national, folder / "national.csv")
        ranked = _ranked(reduction)
        shapes = reduction.about[["name", "region", "geometry"]].join(
            ranked.set_index("study")[["weight", "weight_loses", "share_loses"]]
        )
        shapes.reset_index().to_parquet(folder / "authorities.parquet", index=False)
        picture = charts.shares_svg(shapes.geometry, shapes["share_loses"])
        (folder / "map.svg").write_text(picture, encoding="utf-8")
        facts |= _figures(reduction, ranked)
        facts["picture"] = _picture(picture, ranked, facts)
    document = Document(name="batch", title=plan.title, blocks=Templates().blocks("batch", facts))
    page = render_page(
        document,
        place=numbers.counted(len(jobs), "study", "studies"),
        mark="INDICATIVE: " if facts["estimated"] else "",
        provenance=_provenance(done),
    )
    (folder / "report.html").write_bytes(page.encode("utf-8"))
    return tuple(name for name in OUTPUTS if (folder / name).is_file())


def _provenance(jobs: Sequence[Job]) -> list[Provenance]:
    """Return where everything that the studies read came from."""
    sources: dict[Provenance, None] = {}
    for job in jobs:
        manifest = json.loads((job.folder / "manifest.json").read_text(encoding="utf-8"))
        sources |= dict.fromkeys(Provenance(**entry) for entry in manifest["provenance"])
    return list(sources)


def _no_figures() -> dict[str, Any]:
    keys = ("nation", "ranked", "regions", "fifths", "picture")
    return {**dict.fromkeys(keys), "estimated": False, "neighbours": False, "illustrative": 0}


def _failed(states: pd.DataFrame) -> Table | None:
    failed = states[states["state"] == "failed"]
    if failed.empty:
        return None
    columns = (Column("name", "Study"), Column("reason", "Why"))
    return make_table("failed", "Studies without results", columns, failed)


def _first(reduction: Reduction) -> pd.DataFrame:
    """Return the figures the page shows: each study's first mode, full-time sites."""
    rows = reduction.authorities
    first = rows["mode"] == rows["study"].map(reduction.about["mode"])
    return rows[first & (rows["sites"] == FULL_TIME)]


def _ranked(reduction: Reduction) -> pd.DataFrame:
    """Return a row for each study, most of whose people lose first."""
    rows = _first(reduction)
    own = rows[rows["counted"] == OWN].sort_values(["share_loses", "name"], ascending=[False, True])
    counted = rows[rows["counted"] == COUNTED].set_index("study")["share_loses"]
    about = reduction.about.loc[own["study"]]
    rank = own["share_loses"].rank(method="min", ascending=False).map("{:.0f}".format)
    unknown = NOT_AVAILABLE if reduction.policy.public else HIDDEN_MARK
    return own.assign(
        rank=rank.where(own["share_loses"].notna(), unknown),
        with_neighbours=own["study"].map(counted),
        met=[f"{met} of {n}" for met, n in zip(about["met"], about["criteria"], strict=True)],
    ).reset_index(drop=True)


def _picture(svg: charts.Drawing, ranked: pd.DataFrame, facts: Mapping[str, Any]) -> Picture:
    """Return the map with its alternative text and its caption."""
    known = ranked[ranked["share_loses"] > 0]
    worst = None
    if len(known):
        worst = {"name": known["name"].iloc[0], "share": 100 * float(known["share_loses"].iloc[0])}
    alt, caption = (
        Templates().part(
            "figures", f"shares_{which}", {**facts, "authorities": len(ranked), "worst": worst}
        )
        for which in ("alt", "caption")
    )
    return Picture(svg=svg, alt=alt, caption=caption)


def _figures(reduction: Reduction, ranked: pd.DataFrame) -> dict[str, Any]:
    """Return the facts of the page."""
    about = reduction.about
    unit = _common(about["unit"], "")
    modes = about["mode"].value_counts().sort_index().sort_values(ascending=False).index
    neighbours = bool(ranked["with_neighbours"].notna().any())
    regional = bool((about["region"] != "").any())
    figures = (
        *([Column("unit", "What is counted")] if not unit else []),
        Column("weight", "All", "count", unit),
        Column("weight_loses", "Lose", "count", unit),
        Column("share_loses", "Share who lose", "percent"),
        Column("weight_loses_all", "Reach none any more", "count", unit),
    )
    columns = (
        Column("rank", "Rank"),
        Column("name", "Authority"),
        *([Column("region", "Region")] if regional else []),
        *figures,
        *([Column("with_neighbours", "With neighbours' sites", "percent")] if neighbours else []),
        Column("met", "Criteria met"),
    )
    sums = reduction.national
    sums = sums[(sums["sites"] == FULL_TIME) & (sums["counted"] == OWN)]
    sums = sums[(sums["mode"] == modes[0]) & (sums["unit"] == unit) & (sums["figures"] == LOSE)]
    return {
        "unit": unit,
        "units": sorted(about["unit"].unique()),
        "illustrative": int(about["illustrative"].sum()),
        "loser_min": float(about["loser_min"].max()),
        "public": reduction.policy.public,
        "nation": _nation(sums[sums["by"] == NATION], about["name"]),
        "ranked": _table(
            ("ranked", "Authorities by the share who lose"),
            columns,
            ranked,
            reduction.policy,
            headers=2,
        ),
        **{
            name: _sum_table((name, title), figures, sums[sums["by"] == by], reduction.policy)
            for name, title, by in (
                ("regions", "By region", REGION),
                ("fifths", "By the nation's fifth of areas by deprivation", DEPRIVATION),
            )
        },
        "estimated": bool(about["estimated"].any()),
        "neighbours": neighbours,
        "modes": len(modes),
        "mode": MODES[str(modes[0])].label,
        "site": _common(about["site_word"], "site"),
    }


def _nation(sums: pd.DataFrame, names: pd.Series) -> dict[str, Any] | None:
    """Return the facts of the sum over all authorities; None where there is none."""
    if sums.empty:
        return None
    row = sums.iloc[0]
    return {
        "weight": float(row["weight"]),
        "weight_loses": float(row["weight_loses"]),
        "share": 100 * float(row["share_loses"]),
        "hidden": bool(pd.isna(row["share_loses"])),
        "studies": int(row["studies"]),
        "left_out": [str(names[study]) for study in row["left_out_studies"].split("; ") if study],
    }


def _common(words: pd.Series, otherwise: str) -> str:
    """Return the word that all have, else another."""
    return str(words.iloc[0]) if (words == words.iloc[0]).all() else otherwise


def _sum_table(
    named: tuple[str, str], figures: tuple[Column, ...], rows: pd.DataFrame, policy: Policy
) -> Table | None:
    if rows.empty:
        return None
    columns = (Column("group", "Group"), *figures)
    if rows["left_out"].any():
        columns += (Column("left_out", "Left out", "count", "authorities"),)
    return _table(named, columns, rows.sort_values("group"), policy)


def _table(
    named: tuple[str, str],
    columns: tuple[Column, ...],
    rows: pd.DataFrame,
    policy: Policy,
    *,
    headers: int = 1,
) -> Table:
    made = make_table(*named, columns, rows, headers=headers)
    if policy.public:
        return made
    return with_marks(made, shipped().part("tables", "hidden_mark", {}))

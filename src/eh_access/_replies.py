"""What the commands beside ``report`` print: checks, comparisons, verifications."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eh_access._terminal import INDICATIVE, plain, show_files
from eh_access._verdict_table import CANNOT_SAY
from eh_access.study.families import UNIT

if TYPE_CHECKING:
    import pandas as pd

    from eh_access.publish.challenge_words import Line
    from eh_access.publish.verifying import Verification
    from eh_access.study.config import Study
    from eh_access.study.inputs import Inputs
    from eh_access.study.results import StudyResult

WIDTHS = {"": 18, "before": 8, "council's": 16, "theirs": 16, "better": 9}
"""Of the columns of a comparison, in letters: with the lines between them a terminal of 80."""


def show_challenge(result: StudyResult, table: pd.DataFrame, files: Mapping[str, Path]) -> None:
    """Print somebody's scenarios beside the council's."""
    from eh_access.publish.challenge_words import verdict_in_words  # noqa: PLC0415 - heavy

    console = Console()
    console.print(Text(result.study.title, style="bold"))
    if result.estimated:
        console.print(Text(INDICATIVE, style="bold red"))
    labels = {item.name: item.label for item in result.study.scenarios}
    for name, rows in table.groupby("theirs_scenario", sort=False):
        council = str(rows["council_scenario"].iloc[0])
        title = f"{labels[str(name)]} ({name}) beside {labels[council]} ({council})"
        console.print()
        console.print(Text(title, style="bold"))
        shown = Table(show_edge=False, pad_edge=False)
        for column, width in WIDTHS.items():
            shown.add_column(column, width=width)
        for line in _in_short(rows):
            cells = (line.what, line.before, line.council, line.theirs, line.better)
            shown.add_row(*map(Text, cells))
        console.print(shown)
        console.print(Text(verdict_in_words(rows)))
    console.print()
    mode = result.times[result.modes[0]].mode.label
    told = f"Minutes here are {mode} to the nearest full-time {result.study.site_word}."
    if result.estimated:
        told += " In brackets: what the estimate points to; ? is neither way."
    console.print(Text(f"{told} Other ways, and any open {result.study.site_word}, in the files:"))
    show_files(console, files)


def _in_short(table: pd.DataFrame) -> tuple[Line, ...]:
    """Return what fits a terminal: criteria by their ids, figures by the first mode alone."""
    # Of what an estimate only points to, the outcome stands in brackets; "?" for nothing.
    from eh_access.publish.challenge_words import printed  # noqa: PLC0415 - heavy
    from eh_access.publish.wording import FULL_TIME  # noqa: PLC0415 - heavy

    judged = table["council_outcome"] != ""
    figures = table[~judged]
    first = figures["mode"].iloc[0]
    figures = figures[(figures["mode"] == first) & (figures["sites"] == FULL_TIME)]
    outcomes = [f"{who}_outcome" for who in ("council", "theirs")]
    criteria = table[judged].copy()
    criteria["what"] = criteria["row"]
    for column in outcomes:
        hints = criteria[column].str.replace(f"{CANNOT_SAY} (points to ", "(", regex=False)
        criteria[column] = hints.str.replace(CANNOT_SAY, "?", regex=False)
    return tuple(
        _shortened(line, row["what"])
        for rows in (criteria, figures)
        for line, row in zip(printed(rows), rows.to_dict("records"), strict=True)
    )


def _shortened(line: Line, what: str) -> Line:
    before, council, theirs = (
        text.replace(" - ", " ").replace(" points", " pts")
        for text in (line.before, line.council, line.theirs)
    )
    better = line.better.removeprefix("the ")
    return replace(line, what=what, before=before, council=council, theirs=theirs, better=better)


def show_logs(files: Mapping[str, Path]) -> None:
    """Print where drafts are, and that they are drafts."""
    console = Console()
    console.print(Text("Drafts from the manifest: check every line, complete and sign them."))
    show_files(console, files)


def challenge_json(table: pd.DataFrame, files: Mapping[str, Path]) -> str:
    """Return a comparison of scenarios for machines."""
    rows = [{key: plain(value) for key, value in row.items()} for row in table.to_dict("records")]
    told = {"rows": rows, "files": {name: path.as_posix() for name, path in files.items()}}
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)


def verification_lines(found: Verification) -> Iterator[str]:
    """Yield what a check of a run found."""
    if found.identical:
        yield f"Identical: all {len(found.files)} outputs come out the same, byte for byte."
    elif found.changed_inputs:
        yield "Differs: these inputs are not what they were, so nothing was run."
        yield from (f"- {name}" for name in found.changed_inputs)
    else:
        wrong = [item for item in found.files if item.state != "same"]
        yield f"Differs: {len(wrong)} of {len(found.files)} outputs."
        for item in wrong:
            yield f"- {item.line()}"
            yield from (f"    {line}" for line in item.detail)
    if found.other_versions:
        yield "Versions that differ: " + "; ".join(found.other_versions) + "."


def verification_json(found: Verification) -> str:
    """Return what a check of a run found, for machines."""
    told = {
        "identical": found.identical,
        "changed_inputs": list(found.changed_inputs),
        "files": [
            {"name": item.name, "state": item.state, "detail": list(item.detail)}
            for item in found.files
        ],
        "other_versions": list(found.other_versions),
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def check_lines(study: Study, inputs: Mapping[str, Inputs]) -> Iterator[str]:
    """Yield what there is in a study without faults."""
    yield f"{study.title}: no faults."
    for name, tables in inputs.items():
        weight = tables.origins["weight"].sum()
        unit = UNIT if tables.families else study.unit
        rows = "1 row" if len(tables.origins) == 1 else f"{len(tables.origins):,} rows"
        yield f"  origins '{name}': {rows}, {weight:,.0f} {unit}"
    first = next(iter(inputs.values()))
    located = int((first.sites["location_basis"] != "unknown").sum())
    yield f"  sites: {len(first.sites)}, of which {located} have a known or estimated place"
    yield f"  areas: {len(first.areas):,}"
    assessed = sum(scenario.assess for scenario in study.scenarios)
    yield f"  scenarios: {len(study.scenarios)}, of which {assessed} can be assessed"
    yield f"  criteria: {len(study.criteria)}"
    told = [note.text for tables in inputs.values() for note in tables.notes]
    yield from (f"  ! {text}" for text in dict.fromkeys(told))

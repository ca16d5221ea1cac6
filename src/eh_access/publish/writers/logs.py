"""Drafts of the logs the AQuA Book asks for, from a manifest alone.

HM Treasury, The Aqua Book: guidance on producing quality analysis, asks for logs of assumptions,
data and decisions, and for a statement of assurance. What a machine knows is filled in; what only
people can say is left open and marked so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eh_access.errors import InputError
from eh_access.publish.document import (
    Block,
    Bullets,
    Document,
    Grid,
    Heading,
    Paragraph,
    markdown,
)
from eh_access.publish.writers.atomic import write_whole
from eh_access.publish.writers.word import word
from eh_access.study.manifest import read_manifest

OPEN = "[to be completed]"
SHOWN_DIGITS = 12
NAMES = ("assumptions-log", "data-log", "decisions-log", "assurance-statement")
LOG_NAMES = tuple(f"{name}{ending}" for name in NAMES for ending in (".md", ".docx"))
DRAFT = (
    "A draft, filled in by eh_access from the manifest of the run. Check every line, complete what "
    f"is marked {OPEN}, and sign."
)
SETTINGS: Mapping[str, tuple[str, str]] = {
    "cutoff_min": ("{} minutes count as near, on maps and in tables", "A reading aid"),
    "loser_min": ("A family loses when its way grows by more than {} minutes", "Who is counted"),
    "search_min": ("Beyond {} minutes a site counts as out of reach", "Means and the worst off"),
    "full_time_from_hours": (
        "A site counts as full-time from {} hours a week",
        "Every criterion on full-time sites",
    ),
}
ASSUMED = (
    "estimated",
    "full-time",
    "weights",
    "speed",
    "streets",
    "rim",
    "estimated-site",
    "unknown-site",
    "off_network",
    "off-network-site",
    "disclosure",
)
"""Topics of notes that are assumptions; the rest are limits alone."""


def write_logs(manifest: Path, out_dir: Path) -> dict[str, Path]:
    """Write drafts of the logs as Markdown and as Word, or nothing."""
    recorded = read_manifest(manifest)
    try:
        documents = logs(recorded)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{manifest.as_posix()}: lacks something the logs name, or holds it in another form; "
            "run the study again with eh-access report"
        ) from error

    def fill(folder: Path) -> Sequence[str]:
        for document in documents:
            (folder / f"{document.name}.md").write_bytes(markdown(document).encode("utf-8"))
            (folder / f"{document.name}.docx").write_bytes(word(document))
        return LOG_NAMES

    return write_whole(out_dir, fill)


def logs(manifest: Mapping[str, Any]) -> tuple[Document, ...]:
    """Return the four documents."""
    makers = (_assumptions, _data, _decisions, _assurance)
    titles = ("Assumptions log", "Data log", "Decisions log", "Assurance statement")
    return tuple(
        Document(
            name=name,
            title=f"{title}: {manifest['study']['title']}",
            blocks=(*_opening(manifest), *maker(manifest)),
        )
        for name, title, maker in zip(NAMES, titles, makers, strict=True)
    )


def _opening(manifest: Mapping[str, Any]) -> Iterator[Block]:
    run = manifest["started"] or "not stated"
    yield Paragraph(text=DRAFT)
    yield Paragraph(text=f"Question: {manifest['study']['question']}")
    yield Paragraph(
        text=f"Run: {run}. eh_access {manifest['versions']['eh_access']}. Criteria "
        f"{manifest['criteria']['sha256'][:SHOWN_DIGITS]} (SHA-256, first {SHOWN_DIGITS} digits), "
        f"fixed {manifest['criteria']['hashed']}."
    )
    if manifest["basis"] == "estimated":
        yield Paragraph(
            text="INDICATIVE ONLY: travel times are straight-line estimates, not real streets."
        )


def _notes(manifest: Mapping[str, Any]) -> list[Mapping[str, str]]:
    return list(manifest["notes"])


def _assumptions(manifest: Mapping[str, Any]) -> Iterator[Block]:
    settings = manifest["settings"]
    rows = [
        (words.format(f"{settings[key]:g}"), "a setting of the study", effect)
        for key, (words, effect) in SETTINGS.items()
    ]
    rows += [
        (note["text"], f"found by the run ({note['topic']})", _effect(note))
        for note in _notes(manifest)
        if note["topic"] in ASSUMED
    ]
    speeds = settings["speed_km_h"]
    rows += [
        (f"Speed {mode}: {speed:g} km/h", "a setting of the study", "Every time by this mode")
        for mode, speed in speeds.items()
    ]
    yield Heading(text="Assumptions")
    yield Grid(
        caption="What was assumed, where it comes from and what it bears on",
        heads=("No.", "Assumption", "Where it comes from", "Bears on", "Owner", "Quality"),
        rows=tuple((f"A{n}", *row, OPEN, OPEN) for n, row in enumerate(rows, 1)),
    )


def _effect(note: Mapping[str, str]) -> str:
    return "How figures are read: a warning" if note["level"] == "warning" else "Background"


def _data(manifest: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(text="Files that were read")
    yield Grid(
        caption="Every input, with the digest by which it is known again",
        heads=("Role", "File", "Rows", "SHA-256"),
        rows=tuple(
            (
                item["role"],
                item["name"],
                "" if item["rows"] is None else f"{item['rows']:,}",
                item["sha256"],
            )
            for item in manifest["inputs"]
        ),
    )
    yield Heading(text="Where the data come from")
    yield Grid(
        caption="Publishers, licences and dates",
        heads=("Data", "Publisher", "Licence", "Date", "Fit for this use"),
        rows=tuple(
            (item["title"], item["publisher"], item["licence"], item["date"], OPEN)
            for item in manifest["provenance"]
        ),
    )
    dates = ", ".join(filter(None, manifest["streets"]["dates"])) or "none"
    yield Paragraph(text=f"Streets: {manifest['streets']['how']} Dates: {dates}.")
    date = manifest["timetable"].get("date")
    used = f"buses and trains of {date}" if date else "none was used, so no times by bus"
    yield Paragraph(text=f"Timetable: {used}.")
    study = manifest["study"]
    yield Paragraph(text=f"What is counted: {study['weight_label']} ({study['weight_basis']})")
    yield Heading(text="Rows in and out of every step")
    yield Grid(
        caption="Nothing may get lost: where the two differ, the note says why",
        heads=("Step", "In", "Out", "Note"),
        rows=tuple(
            (item["step"], f"{item['rows_in']:,}", f"{item['rows_out']:,}", item["note"])
            for item in manifest["counts"]
        ),
    )


def _decisions(manifest: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(text="Yardsticks")
    yield Grid(
        caption="Each criterion: what it asks, who chose it, when, and after which source",
        heads=("Criterion", "What it asks", "Threshold", "Whose", "Set by", "Set on", "Source"),
        rows=tuple(
            (
                item["id"],
                item["title"],
                f"{item['threshold']:g} (margin {item['margin']:g})",
                item["whose"],
                item["set_by"],
                item["set_on"] + (" (after results)" if item.get("after_results") else ""),
                item["source"],
            )
            for item in manifest["criteria"]["list"]
        ),
    )
    yield Heading(text="Scenarios")
    yield Grid(
        caption="What was compared with the state before, and what could not be",
        heads=("Scenario", "What it is", "Assessed", "Why"),
        rows=tuple(
            (
                item["name"],
                item["label"],
                "yes" if item["assess"] else "no",
                item["note"] if item["assess"] else item["why_not"],
            )
            for item in manifest["scenarios"]["list"]
        ),
    )
    decision = manifest["study"].get("decision")
    if decision:
        yield Heading(text="The decision this is about")
        yield Paragraph(text=f"{decision['title']} ({decision['body']})")
        yield Bullets(items=(*decision["dates"], *decision["facts"]))
    yield Heading(text="Decisions about the analysis")
    yield Grid(
        caption="Choices made by people, to be recorded here",
        heads=("Date", "Decision", "Reason", "Who"),
        rows=(
            ("", f"Seed {manifest['settings']['seed']} for anything sampled", OPEN, OPEN),
            (OPEN, OPEN, OPEN, OPEN),
        ),
    )


def _fixed(criteria: Sequence[Mapping[str, Any]]) -> str:
    """Return when the criteria were set, and which after results had been seen."""
    late = [item["label"] for item in criteria if item.get("after_results")]
    text = "The criteria were fixed by their digest before any travel time of this run was known."
    if not late:
        return text
    were = "was" if len(late) == 1 else "were"
    seen = "set after results by earlier ones had been seen"
    return f"{text} {len(late)} of {len(criteria)} {were} {seen}: {'; '.join(late)}."


def _assurance(manifest: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(text="Purpose and responsibility")
    yield Grid(
        caption="Who stands for what",
        heads=("Role", "Name", "Date"),
        rows=tuple(
            (role, OPEN, OPEN)
            for role in ("Commissioner", "Senior responsible officer", "Analyst", "Assurer")
        ),
    )
    yield Heading(text="What was found")
    criteria = [item["id"] for item in manifest["criteria"]["list"]]
    scenarios = list(manifest["verdicts"])
    yield Grid(
        caption="Outcome of each criterion under each scenario",
        heads=("Criterion", *scenarios),
        rows=tuple(
            (name, *(manifest["verdicts"][item].get(name, "") for item in scenarios))
            for name in criteria
        ),
    )
    yield Heading(text="What was done to check it")
    yield Bullets(
        items=(
            f"All {len(manifest['inputs'])} inputs were checked before anything was worked out.",
            f"The digests of inputs and of all {len(manifest['outputs'])} outputs are kept.",
            _fixed(manifest["criteria"]["list"]),
            f"eh-access verify manifest.json repeats the run. Done by whom, and when: {OPEN}",
            f"Independent review of method and code: {OPEN}",
        )
    )
    yield Heading(text="Known limits")
    limits = [note["text"] for note in _notes(manifest) if note["level"] == "warning"]
    yield Bullets(items=tuple(limits) or ("The run gave no warning.",))
    yield Heading(text="Further notes")
    yield Bullets(
        items=tuple(note["text"] for note in _notes(manifest) if note["level"] != "warning")
        or ("None.",)
    )
    yield Heading(text="Versions")
    yield Bullets(items=tuple(f"{name} {number}" for name, number in manifest["versions"].items()))
    yield Heading(text="Statement")
    yield Paragraph(
        text=f"This analysis is / is not fit for the purpose stated above, within these limits: "
        f"{OPEN}"
    )

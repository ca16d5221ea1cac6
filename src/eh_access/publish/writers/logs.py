"""Drafts of the logs the AQuA Book asks for, from a manifest alone.

HM Treasury, The Aqua Book: guidance on producing quality analysis, asks for logs of assumptions,
data and decisions, and for a statement of assurance. What a machine knows is filled in; what only
people can say is left open and marked so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eh_access.criteria.criterion import KINDS
from eh_access.errors import InputError
from eh_access.publish.document import Document, markdown
from eh_access.publish.templates import shipped
from eh_access.publish.writers.atomic import write_whole
from eh_access.publish.writers.word import word
from eh_access.study.manifest import read_manifest

SHOWN_DIGITS = 12
NAMES = ("assumptions-log", "data-log", "decisions-log", "assurance-statement")
LOG_NAMES = tuple(f"{name}{ending}" for name in NAMES for ending in (".md", ".docx"))
SETTINGS = ("cutoff_min", "loser_min", "search_min", "full_time_from_hours")
ROLES = ("Commissioner", "Senior responsible officer", "Analyst", "Assurer")
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
    facts = _facts(manifest)
    return tuple(
        Document(
            name=name,
            title=phrase(name.replace("-", "_"), study=manifest["study"]),
            blocks=shipped().blocks(f"logs/{name}", facts),
        )
        for name in NAMES
    )


def phrase(part: str, **facts: object) -> str:
    """Return a phrase of the logs."""
    return shipped().part("logs/words", part, facts)


def _facts(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the drafts may use: the manifest, and the rows of their tables."""
    criteria, scenarios = manifest["criteria"]["list"], manifest["scenarios"]["list"]
    open_, judged = phrase("open"), list(manifest["verdicts"])
    return {
        **manifest,
        "open": open_,
        "digest": manifest["criteria"]["sha256"][:SHOWN_DIGITS],
        "assumed": [
            (f"A{number}", *row, open_, open_) for number, row in enumerate(_assumed(manifest), 1)
        ],
        "files": [
            (item["role"], item["name"], _whole(item["rows"]), item["sha256"])
            for item in manifest["inputs"]
        ],
        "publishers": [
            (item["title"], item["publisher"], item["licence"], item["date"], open_)
            for item in manifest["provenance"]
        ],
        "steps": [
            (item["step"], _whole(item["rows_in"]), _whole(item["rows_out"]), item["note"])
            for item in manifest["counts"]
        ],
        "yardsticks": [
            (
                item["id"],
                item["title"],
                phrase("threshold", item=item, unit=KINDS[item["measure"]].unit),
                item["whose"],
                item["set_by"],
                phrase("set_on", item=item),
                item["source"],
            )
            for item in criteria
        ],
        "compared": [
            (item["name"], item["label"], "yes", item["note"])
            if item["assess"]
            else (item["name"], item["label"], "no", item["why_not"])
            for item in scenarios
        ],
        "chosen": [
            ("", phrase("seed", value=manifest["settings"]["seed"]), open_, open_),
            (open_,) * 4,
        ],
        "roles": [(role, open_, open_) for role in ROLES],
        "judged": judged,
        "outcomes": [
            (item["id"], *(manifest["verdicts"][name].get(item["id"], "") for name in judged))
            for item in criteria
        ],
        "late": [item["label"] for item in criteria if item.get("after_results")],
    }


def _whole(rows: int | None) -> str:
    return "" if rows is None else f"{rows:,}"


def _assumed(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what was assumed, where it comes from and what it bears on."""
    settings, setting = manifest["settings"], phrase("setting")
    for key in SETTINGS:
        yield phrase(key, value=f"{settings[key]:g}"), setting, phrase(f"{key}_bears")
    for note in manifest["notes"]:
        if note["topic"] in ASSUMED:
            known = note["level"] == "warning"
            bears = phrase("warning" if known else "info")
            yield note["text"], phrase("noted", topic=note["topic"]), bears
    for mode, speed in settings["speed_km_h"].items():
        yield phrase("speed", mode=mode, value=f"{speed:g}"), setting, phrase("speed_bears")

"""What the documentation site needs beyond docs/: the README and its kin, and the reference.

mkdocs calls these functions while it builds (see mkdocs.yml). The pages live in the repository's
root so that they are found there; on the site they stand beside the rest, with their links turned.
The reference has one page for each room of the library, from the docstrings.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File, Files

import eh_access

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.nav import Navigation

ROOT = Path(__file__).resolve().parent.parent
FROM_ROOT = {
    "README.md": "README.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "data/LICENCES.md": "LICENCES.md",
}
ROOMS = {
    "tables": "Tables: what areas, sites and origins must hold",
    "modes": "Modes: how families travel",
    "network": "Network: streets",
    "routing": "Routing: minutes",
    "measures": "Measures: what the minutes add up to",
    "criteria": "Criteria: is it local?",
    "planning": "Planning: what else could be done",
    "privacy": "Privacy: small counts",
    "study": "Study: one question from file to verdict",
    "sources": "Sources: where data comes from",
    "publish": "Publish: what people see",
}
MENU = (
    "index.md",
    "tutorial.md",
    "how-to/",
    "method/",
    "architecture.md",
    "faq.md",
    "gallery.md",
    "reference/",
    "decisions/",
    "benchmarks.md",
    "readme-of-the-project.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENCES.md",
)
GITHUB_ANCHOR = re.compile(r"(\]: #\w+)---")
"""In the changelog: a heading's dash is three hyphens of its anchor there, and one on the site."""
NOWHERE = "](\0)"
UNLINKED = re.compile(r"\[([^\]\[]*)\]\(\0\)")
LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)]*)?\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not files under docs/."""
    for path, name in FROM_ROOT.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        if path == "README.md":
            text = f"---\ntitle: README\n---\n{text}"
            name = "readme-of-the-project.md"  # noqa: PLW2901 - README.md would be the front page
        files.append(File.generated(config, name, content=text))
    listed = []
    for room, title in ROOMS.items():
        names = public_names(room)
        body = "\n\n".join(f"::: {home}.{name}" for home, name in names)
        files.append(
            File.generated(config, f"reference/{room}.md", content=f"# {title}\n\n{body}\n")
        )
        shown = ", ".join(f"`{name}`" for _, name in names)
        listed.append(f"| [{title}]({room}.md) | {shown} |")
    table = "\n".join(["| room | public names |", "|---|---|", *listed])
    index = f"# Reference\n\nEvery public name; import any of them from `eh_access`.\n\n{table}\n"
    files.append(File.generated(config, "reference/index.md", content=index))
    return files


def on_nav(nav: Navigation, **_: Any) -> Navigation:  # noqa: ANN401 - mkdocs' own
    """Put the menu in the order of a reader: first what teaches, last what is looked up."""

    def place(item: Any) -> tuple[int, str]:  # noqa: ANN401 - a page, or a section of pages
        page = item
        while getattr(page, "children", None):
            page = page.children[0]
        name = page.file.src_uri
        at = [number for number, start in enumerate(MENU) if name.startswith(start)]
        return (at[0] if at else len(MENU), name)

    nav.items.sort(key=place)
    return nav


def public_names(room: str) -> list[tuple[str, str]]:
    """Return (module, name) of a room's public names."""
    stub = ast.parse(Path(eh_access.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    return [
        (f"eh_access.{node.module}", alias.name)
        for node in stub.body
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == room
        for alias in node.names
    ]


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:  # noqa: ANN401 - mkdocs' own
    """Turn links that leave docs/ to where their pages stand on the site."""
    here = page.file.src_uri
    from_root = {name: path for path, name in FROM_ROOT.items()}
    from_root["readme-of-the-project.md"] = "README.md"
    folder = (ROOT / from_root[here]).parent if here in from_root else (ROOT / "docs" / here).parent
    up = "../" * here.count("/")

    def turn(match: re.Match[str]) -> str:
        target = match[2]
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        try:
            path = (folder / target).resolve().relative_to(ROOT).as_posix()
        except ValueError:
            return match[0]
        if path == "README.md":
            return f"{match[1]}{up}readme-of-the-project.md{match[3]}"
        if path in FROM_ROOT:
            return f"{match[1]}{up}{FROM_ROOT[path]}{match[3]}"
        if path.startswith("docs/"):
            return (
                f"{match[1]}{up}{path.removeprefix('docs/')}{match[3]}"
                if here in from_root
                else match[0]
            )
        # what the site does not hold: its words stay, without a link that leads nowhere
        return NOWHERE if (ROOT / path).exists() else match[0]

    turned = LINK.sub(turn, GITHUB_ANCHOR.sub(r"\1-", markdown))
    return UNLINKED.sub(r"\1", turned)

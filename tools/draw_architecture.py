"""Draw the rooms of the library and what they import, from the code's own imports.

    python tools/draw_architecture.py [--out docs/pictures/architecture.svg]

A room is a folder of ``src/eh_access``; the files beside the folders are the base, which every room
may import. An arrow goes from a room to one that it imports; it is the wider the more names of
files import so. Type-only imports count.
"""

from __future__ import annotations

import argparse
from collections import Counter
from html import escape
from pathlib import Path

import networkx as nx

from measure_code import PACKAGE, ROOT, SOURCE, files, imported_modules, module_name, read_trees

OUT = ROOT / "docs" / "pictures" / "architecture.svg"
DOORS = (
    "cli",
    "cli_batch",
    "terminal",
)  # the files beside the rooms that call them, not the other way round
WORDS = {
    "sources": "data",
    "network": "streets",
    "routing": "minutes",
    "transit": "timetables",
    "measures": "sums of minutes",
    "privacy": "small counts",
    "criteria": "is it local?",
    "planning": "what else?",
    "study": "one question",
    "batch": "many questions",
    "publish": "files for people",
    "cli": "commands",
}
BOX, GAP, HIGH, MARGIN = 116, 20, 66, 16
ROW_Y = 190


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    options.out.write_text(draw(*count_imports()), "utf-8")


def room_of(module: str) -> str:
    """Return the room of a module, ``cli`` for the doors, or "" for the base."""
    parts = module.split(".")
    if len(parts) > 1 and parts[1] in DOORS:
        return "cli"
    return parts[1] if len(parts) > 1 and (SOURCE / parts[1]).is_dir() else ""


def count_imports() -> tuple[Counter[tuple[str, str]], Counter[str], Counter[str]]:
    """Return how often a room imports another, and the files and lines of each."""
    arrows: Counter[tuple[str, str]] = Counter()
    for module, targets in imported_modules(read_trees()).items():
        for target in targets:
            arrows[room_of(module), room_of(target)] += 1
    held: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for path in files():
        if path.name != "__init__.py":
            held[room_of(module_name(path))] += 1
        lines[room_of(module_name(path))] += len(path.read_text("utf-8").splitlines())
    between = {pair: n for pair, n in arrows.items() if "" not in pair and pair[0] != pair[1]}
    return Counter(between), held, lines


def order(arrows: Counter[tuple[str, str]], rooms: list[str]) -> list[str]:
    """Return the rooms so that every import points left."""
    graph = nx.DiGraph()
    graph.add_nodes_from(rooms)
    graph.add_edges_from((target, room) for room, target in arrows)
    place = list(WORDS)
    rank = {room: place.index(room) if room in place else len(place) for room in rooms}
    return list(nx.lexicographical_topological_sort(graph, key=rank.__getitem__))


def draw(arrows: Counter[tuple[str, str]], held: Counter[str], lines: Counter[str]) -> str:
    """Return the picture as SVG."""
    rooms = order(arrows, sorted(room for room in held if room))
    left = {room: MARGIN + at * (BOX + GAP) for at, room in enumerate(rooms)}
    width = 2 * MARGIN + len(rooms) * (BOX + GAP) - GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {ROW_Y + 2 * HIGH + 34}"',
        'font-family="Arial, sans-serif" role="img" aria-labelledby="title">',
        f'<title id="title">{escape(_told(arrows, rooms))}</title>',
        '<rect width="100%" height="100%" fill="#fff"/>',
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"',
        'markerHeight="7" markerUnits="userSpaceOnUse" orient="auto">',
        '<path d="M0 0 8 4 0 8z" fill="#12436D"/></marker></defs>',
    ]
    for (room, target), count in sorted(arrows.items()):
        parts.append(_arrow(left, rooms, room, target, count))
    sizes = {room: f"{held[room]} files, {lines[room]:,} lines" for room in held}
    for room in rooms:
        words = (room, WORDS.get(room, ""), sizes[room])
        parts.append(_box((left[room], ROW_Y, BOX), words, fill="#E8EEF4"))
    place = (MARGIN, ROW_Y + HIGH + 18, width - 2 * MARGIN)
    words = ("the base: every room may import it", _base(), sizes[""])
    return "\n".join([*parts, _box(place, words, fill="#F3F3F3"), "</svg>", ""])


def _told(arrows: Counter[tuple[str, str]], rooms: list[str]) -> str:
    """Return the picture in words, for who cannot see it."""
    told = [
        f"{room} imports {', '.join(target for target in rooms if (room, target) in arrows)}"
        for room in rooms
        if any(pair[0] == room for pair in arrows)
    ]
    return f"Rooms of {PACKAGE} from left to right. {'; '.join(told)}; all import the base."


def _base() -> str:
    names = (path.stem for path in files() if path.parent == SOURCE and path.stem[0] != "_")
    return ", ".join(name for name in names if name not in DOORS)


def _arrow(left: dict[str, int], rooms: list[str], room: str, target: str, count: int) -> str:
    """Return an arc from a room to one it imports, the higher the further it goes."""
    steps = rooms.index(room) - rooms.index(target)
    x1, x2 = left[room] + BOX / 2 - 5 * steps, left[target] + BOX / 2 + 5 * steps
    top = ROW_Y - 22 * abs(steps) - 18
    wide = min(1 + count / 8, 5)
    return (
        f'<path d="M{x1:g} {ROW_Y} C{x1:g} {top:g} {x2:g} {top:g} {x2:g} {ROW_Y - 2}" fill="none" '
        f'stroke="#12436D" stroke-opacity="0.55" stroke-width="{wide:.2f}" '
        f'marker-end="url(#head)"><title>{room} imports {target}: {count}</title></path>'
    )


def _box(place: tuple[float, float, float], words: tuple[str, str, str], *, fill: str) -> str:
    """Return a box with a name, what it is and how large."""
    x, y, wide = place
    lines = zip(words, (20, 38, 54), ('15" font-weight="bold', "11.5", "10.5"), strict=True)
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{HIGH}" rx="4" fill="{fill}" '
        'stroke="#12436D"/>'
    ) + "".join(
        f'<text x="{x + wide / 2:g}" y="{y + down:g}" text-anchor="middle" '
        f'font-size="{size}">{escape(text)}</text>'
        for text, down, size in lines
    )


if __name__ == "__main__":
    main()

"""Count the structure of the code: files, lines, circles, full rooms, English in Python.

    python tools/measure_code.py [--check | --trace | --table BEFORE [--into FILE]]

Type-only imports and imports inside functions count. With ``--check`` it exits with 1 where a
circle, a room of more than 15 files or a sentence outside the templates is found, or where more
functions are handed a whole `StudyResult` than may; ``make check`` runs it so. ``--trace`` lists
the functions of ours that are called while one criterion is judged. ``--table`` prints the counts
as Markdown beside those of an earlier checkout; ``--into FILE`` puts the table into a decision
record.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import networkx as nx

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "eh_access"
SOURCE = ROOT / "src" / PACKAGE
MOST_FILES = 15
MOST_RESULTS = 24
"""Functions that may be handed a whole result; all others take the parts they need."""
ROOMS_SINCE = ("transit", "batch")
"""Rooms for what the house did not do before it was built anew."""
ENGLISH_WORDS = 8
TABLE = re.compile(r"(<!-- table -->\n).*?(<!-- end of table -->)", re.DOTALL)
WORDLESS = ("network", "routing", "transit", "measures", "criteria", "planning", "privacy")
WORDLESS += ("publish", "terminal", "notebook", "analysis")  # the last: in earlier checkouts
MARKUP = re.compile(r"\s*(<|CREATE |INSERT |const )")
"""How texts for machines begin: HTML, SQL, scripts."""


def main() -> int:
    """Print the counts; return 1 where the structure is not sound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--json", action="store_true", help="the counts, for another program")
    parser.add_argument("--table", type=Path, metavar="BEFORE", help="an earlier checkout")
    parser.add_argument("--into", type=Path, help="a record with a place for the table")
    parser.add_argument("--source", type=Path, default=SOURCE, help="the package to measure")
    options = parser.parse_args()
    source = options.source.resolve()
    if options.trace:
        print("\n".join(called := trace(source.parent)))
        print(in_files(called))
        return 0
    if options.table is not None:
        counted = table(options.table)
        if options.into is not None:
            text = options.into.read_text("utf-8")
            options.into.write_text(TABLE.sub(rf"\1{counted}\n\2", text), "utf-8")
        print(counted)
        return 0
    trees = read_trees(source)
    if options.json:
        counts = _counts(trees, source)
        circles = find_circles(trees)
        counts["circles"] = ", ".join(str(len(circle)) for circle in circles) or "none"
        counts["rooms over 15 files"] = len(full_rooms(source))
        counts["largest room"] = largest_room(source)
        counts["judging one criterion"] = in_files(trace(source.parent))
        print(json.dumps(counts))
        return 0
    if not options.check:
        for what, count in _counts(trees, source).items():
            print(f"{what}: {count:,}")
    unsound = list(find_unsound(trees, source))
    print(*unsound, sep="\n", end="\n" if unsound else "")
    return int(options.check and bool(unsound))


def find_unsound(trees: dict[str, ast.Module], source: Path) -> Iterator[str]:
    """Yield where the structure is not sound."""
    for circle in find_circles(trees):
        yield f"circle: {', '.join(circle)}"
    for room, count in full_rooms(source).items():
        yield f"room over {MOST_FILES} files: {room} ({count})"
    for module, count in english_outside_templates(trees).items():
        yield f"sentences outside templates: {module} ({count})"
    if (takers := results_taken(trees)) > MOST_RESULTS:
        yield f"functions handed a StudyResult: {takers}, more than {MOST_RESULTS}"


def files(source: Path = SOURCE) -> list[Path]:
    """Return every file of the package, sorted."""
    return sorted(source.rglob("*.py"))


def read_trees(source: Path = SOURCE) -> dict[str, ast.Module]:
    """Return every module of the package, read, by its dotted name."""
    return {module_name(path, source): ast.parse(path.read_text("utf-8")) for path in files(source)}


def module_name(path: Path, source: Path = SOURCE) -> str:
    """Return the dotted name of a file."""
    parts = (PACKAGE, *path.relative_to(source).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


def find_circles(trees: dict[str, ast.Module]) -> list[list[str]]:
    """Return the modules that import one another in a circle, largest circle first."""
    graph = nx.DiGraph(imported_modules(trees))
    parts = nx.strongly_connected_components(graph)
    return sorted((sorted(part) for part in parts if len(part) > 1), key=len, reverse=True)


def imported_modules(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Return which modules of ours each module imports."""
    return {
        name: {
            module
            for target in _imports(tree)
            if (module := next((t for t in target if t in trees and t not in {name, PACKAGE}), ""))
        }
        for name, tree in trees.items()
    }


def _imports(tree: ast.Module) -> list[tuple[str, str]]:
    """Return what is imported, as a module of that name or the module it is a name of."""
    return [
        (f"{node.module}.{alias.name}", node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        for alias in node.names
    ]


def full_rooms(source: Path = SOURCE) -> dict[str, int]:
    """Return rooms with more files than one can keep in mind; ``__init__`` does not count."""
    return {room: count for room, count in _rooms(source).items() if count > MOST_FILES}


def largest_room(source: Path = SOURCE) -> str:
    """Return the fullest room and its count of files."""
    room, count = max(_rooms(source).items(), key=lambda item: item[1])
    return f"{room} ({count})"


def _rooms(source: Path) -> dict[str, int]:
    """Return how many files each room holds, without its ``__init__``."""
    rooms = Counter(path.parent for path in files(source) if path.name != "__init__.py")
    names = {room: room.relative_to(source).as_posix() for room in rooms}
    return {"the base" if name == "." else name: rooms[room] for room, name in names.items()}


JUDGE = """
import sys
import geopandas as gpd
import numpy as np
import eh_access as eh

homes, _, times = eh.example_trips()
sites = gpd.GeoDataFrame(
    {"name": ["East", "West"], "kind": "centre", "hours_per_week": np.nan, "is_open": True,
     "location_basis": "surveyed", "location_radius_m": 0.0},
    geometry=gpd.points_from_xy([443_000, 440_000], [390_000] * 2),
    index=["east", "west"], crs="EPSG:27700",
)
scenario = eh.Scenario(name="one", label="One", changes=(eh.Close("east"),))
closing = eh.apply_scenario(sites, scenario)
case = eh.Case(
    scenario="one", origins=homes,
    before=eh.Side(sites=sites, times={"walk": times}),
    after=eh.Side(sites=closing, times={"walk": times}),
)
criterion = eh.Criterion.model_validate(
    dict(id="walk-30", title="A 30-minute walk", measure="coverage", mode="walk", cutoff_min=30.0,
         threshold=0.9, source="an example", set_by="nobody", set_on="2025-01-06"), strict=False)
eh.judge(criterion, case)  # what is loaded once is loaded
called = set()

def note(frame, event, _):
    file, name = frame.f_code.co_filename, frame.f_code.co_qualname
    if event == "call" and "eh_access" in file and not name.endswith(">"):
        called.add(file.split("eh_access/")[-1] + " " + name)

sys.setprofile(note)
eh.judge(criterion, case)
sys.setprofile(None)
print("\\n".join(sorted(called)))
"""


def trace(source: Path = SOURCE.parent) -> list[str]:
    """Return our functions that run while "share within 30 minutes" is judged, as file and name."""
    done = subprocess.run(
        [sys.executable, "-c", JUDGE],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split("\n")[:-1]


def in_files(called: list[str]) -> str:
    """Return how many functions in how many files."""
    return f"{len(called)} functions in {len({name.split()[0] for name in called})} files"


def table(before: Path) -> str:
    """Return the counts of an earlier checkout and of this one as a table in Markdown."""
    counts = [_counts_of(folder / "src" / PACKAGE) for folder in (before, ROOT)]
    rows = [
        f"| {what} | {_cell(counts[0][what])} | {_cell(counts[1][what])} |" for what in counts[0]
    ]
    return "\n".join(["| counted | before | after |", "|---|---|---|", *rows])


def _counts_of(source: Path) -> dict[str, int | str]:
    """Return the counts of a checkout, whose own tools may be older."""
    command = [sys.executable, __file__, "--json", "--source", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    counts: dict[str, int | str] = json.loads(done.stdout)
    return counts


def _cell(count: float | str) -> str:
    return count if isinstance(count, str) else f"{count:,}"


def _counts(trees: dict[str, ast.Module], source: Path) -> dict[str, int | str]:
    """Return what there is how much of."""
    texts = [path.read_text("utf-8").splitlines() for path in files(source)]
    nodes = [node for tree in trees.values() for node in ast.walk(tree)]
    comments = sum(line.lstrip().startswith("#") for text in texts for line in text)
    docstrings = sum(_docstring_lines(node) for node in nodes)
    return {
        "files": len(texts),
        "lines": sum(map(len, texts)),
        "lines of code alone": sum(line.strip() != "" for text in texts for line in text)
        - comments
        - docstrings,
        "lines of transit and batch": sum(
            len(text)
            for path, text in zip(files(source), texts, strict=True)
            if path.relative_to(source).parts[0] in ROOMS_SINCE
        ),
        "comment lines": comments,
        "docstring lines": docstrings,
        "classes": sum(isinstance(node, ast.ClassDef) for node in nodes),
        "functions": sum(isinstance(node, ast.FunctionDef) for node in nodes),
        "functions handed a StudyResult": results_taken(trees),
        "English strings outside templates": sum(english_outside_templates(trees).values()),
    }


def results_taken(trees: dict[str, ast.Module]) -> int:
    """Return how many functions are handed a whole result."""
    return sum(_takes(node, "StudyResult") for tree in trees.values() for node in ast.walk(tree))


def _docstring_lines(node: ast.AST) -> int:
    if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) or not node.body:
        return 0
    first = node.body[0]
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or first.lineno) - first.lineno + 1 if said else 0


def _takes(node: ast.AST, kind: str) -> bool:
    """Whether a function has an argument of a type."""
    if not isinstance(node, ast.FunctionDef):
        return False
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return any(isinstance(a.annotation, ast.Name) and a.annotation.id == kind for a in arguments)


def english_outside_templates(trees: dict[str, ast.Module]) -> dict[str, int]:
    """Return the modules with strings for people that belong in templates, and how many."""
    counts = {
        name: english_strings(tree)
        for name, tree in trees.items()
        if set(name.split(".")[1:2]) & set(WORDLESS)
    }
    return {name: count for name, count in counts.items() if count}


def english_strings(tree: ast.Module) -> int:
    """Count strings of more than eight words outside docstrings, errors, logs and markup."""
    excused = {id(child) for node in ast.walk(tree) if _excused(node) for child in ast.walk(node)}
    whole = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    excused |= {id(part) for node in whole for part in node.values}
    texts = [_text(node) for node in ast.walk(tree) if id(node) not in excused]
    return sum(
        len(re.findall(r"[a-z]{2,}", text)) > ENGLISH_WORDS and not MARKUP.match(text)
        for text in texts
    )


def _text(node: ast.AST) -> str:
    """Return what a string says, a space for each value in it; "" for any other node."""
    if isinstance(node, ast.JoinedStr):
        return " ".join(map(_text, node.values))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _excused(node: ast.AST) -> bool:
    """Whether a node is a docstring, a log, an error or a fault, which is gathered into one."""
    if isinstance(node, ast.FunctionDef):
        return "fault" in node.name
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(t, ast.Name) and "fault" in t.id.lower() for t in targets)
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        return called.endswith("Error") or re.match(r"log|print_error|\w*fault", called) is not None
    return isinstance(node, ast.Raise) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


if __name__ == "__main__":
    sys.exit(main())

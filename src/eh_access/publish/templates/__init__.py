"""Templates: prose with blanks, filled in with facts and read as blocks."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import jinja2.meta

from eh_access import numerals
from eh_access.delegate import delegate
from eh_access.errors import InputError, close_match
from eh_access.provenance import refuse_endless
from eh_access.publish import numbers
from eh_access.publish.document import (
    Block,
    Bullets,
    Grid,
    Heading,
    PageBreak,
    Paragraph,
    Run,
    Words,
    fitted,
    plain,
)
from eh_access.publish.table import Table

if TYPE_CHECKING:
    from eh_access.publish.document import Emphasis, Kind
    from eh_access.study.config import Study

MARKS = "*#[](){}|-`\\~"
"""What a template writes for structure; in a value each of these is only a letter."""
ASIDE = {ord(mark): chr(0xE000 + number) for number, mark in enumerate(MARKS)}
BACK = {ord(put): chr(mark) for mark, put in ASIDE.items()}
BLOCK = re.compile("\ue0fe(\\d+)\ue0ff")
INLINE = re.compile(r"\*\*(?P<strong>.+?)\*\*|\[(?P<text>[^\]]+)\]\((?P<href>[^)\s]+)\)")
KINDS: Mapping[str, Kind] = {
    kind: kind for kind in ("question", "answer", "also", "banner", "note", "kicker")
}
KIND = re.compile(rf"({'|'.join(KINDS)})\|(?: |$)")
NEW_PAGE = "---"
ENDING = ".md.j2"
UNDEFINED = re.compile("'(\\w+)' is undefined")
OF_SENTENCES = ("notes.j2", "gates.j2")
"""Templates of macros, a sentence or two each."""
FILTERS: Mapping[str, Callable[..., object]] = {
    "about": numbers.about,
    "whole": numbers.whole,
    "percentage": numbers.percentage,
    "minutes": numbers.minutes,
    "listed": numbers.listed,
    "clause": numbers.clause,
    "counted": numbers.counted,
    "capital": numbers.capital,
    "uncapital": numbers.uncapital,
    "quoted": numbers.quoted,
    "plain": numbers.plain,
    "round": numbers.rounded,
    "a": numbers.with_article,
    "short": numbers.short_name,
    "counted_as": numbers.measured,
    "metres": numbers.metres,
    "the": numbers.the,
    "spelled": numbers.spelled,
    "manner": numbers.manner,
    "by_mode": numbers.by_mode,
    "without_article": numbers.without_article,
    "shown": numerals.shown,
    "percent": numerals.percent,
    "of_whole": numbers.count_text,
    "areas": lambda areas: numbers.counted(*areas),
    "grid": lambda rows, caption, heads: Grid.with_heads(caption, heads, rows),
    "missing": lambda reason: str(delegate("missing_clause", reason)),
}
TESTS: Mapping[str, Callable[[float], bool]] = {"unknown": math.isnan, "unbounded": math.isinf}


@cache
def shipped() -> Templates:
    """Return the templates that ship, read once."""
    return Templates()


def study_templates(study: Study) -> Templates:
    """Return the templates of a study: those that ship, and its own in their place."""
    folder = study.report.templates
    return shipped() if folder is None else Templates(study.resolve(folder))


class Templates:
    """The templates of a study: those that ship, and a council's own in their place.

    Parameters
    ----------
    folder
        Where a council's own templates are, by the same names; None for none.

    Raises
    ------
    InputError
        If the folder is not there, or holds a file that is no template's.
    """

    def __init__(self, folder: Path | None = None) -> None:
        shipped = jinja2.PackageLoader("eh_access.publish")
        self._folder = folder
        own = [] if folder is None else [_own_loader(folder, shipped)]
        self._blocks: list[Block] = []
        self._noted: set[str] = set()
        self._environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader([*own, shipped]),
            autoescape=False,  # noqa: S701 - nothing here becomes HTML: `document` escapes
            undefined=jinja2.StrictUndefined,
            finalize=self._value,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(FILTERS)
        self._environment.tests.update(TESTS)
        # sentences for notes: their numbers are as each writes them, and nothing becomes a block
        self._plain = self._environment.overlay(finalize=None)
        self._known = frozenset(self._environment.list_templates())

    def check(self) -> None:
        """Read a council's own templates.

        Raises
        ------
        InputError
            If any has a fault of syntax, or asks for a fact that no template that ships asks for.
        """
        known = shipped().facts()
        faults: list[str] = []
        for name in filter(self._is_own, self._known):
            try:
                with self._faults(name.removesuffix(ENDING), {}):
                    self._environment.get_template(name)
                    asked = self._asked(name)
            except InputError as error:
                faults += error.faults
                continue
            faults += [
                f"template '{name}', line {line}: there is no fact '{fact}'; "
                f"{close_match(fact, known) or 'no template that ships asks for one'}"
                f"{self._whose(name)}"
                for fact, line in asked.items()
                if fact not in known
            ]
        if faults:
            raise InputError(sorted(faults))

    def facts(self) -> frozenset[str]:
        """Return every fact that a template asks for, a macro among them by its parameters."""
        facts = {*self._environment.globals}
        for name in self._known:
            if name.endswith(ENDING) or name in OF_SENTENCES:
                read = self._parsed(name)
                names = read.find_all(jinja2.nodes.Name)
                facts |= jinja2.meta.find_undeclared_variables(read)
                facts |= {item.name for item in names if item.ctx == "param"}
        return frozenset(facts)

    def _is_own(self, name: str) -> bool:
        """Return whether a council has a template of its own of a name."""
        return self._folder is not None and (self._folder / name).is_file()

    def _parsed(self, name: str) -> jinja2.nodes.Template:
        assert self._environment.loader is not None  # noqa: S101 - it has one
        text, _, _ = self._environment.loader.get_source(self._environment, name)
        return self._environment.parse(text)

    def _asked(self, name: str) -> dict[str, int]:
        """Return the facts a template asks for, and the line where it first does."""
        read = self._parsed(name)
        facts = jinja2.meta.find_undeclared_variables(read)
        names = read.find_all(jinja2.nodes.Name)
        lines = [(item.lineno, item.name) for item in names if item.name in facts]
        return {name: line for line, name in sorted(lines, reverse=True)}

    def blocks(self, name: str, facts: Mapping[str, Any]) -> tuple[Block, ...]:
        """Return a template, filled in, as blocks.

        Raises
        ------
        InputError
            If the template is faulty, or asks for a fact there is not.
        """
        self._blocks, self._noted = [], set()
        return tuple(fitted(_read(self._filled(name, facts), self._blocks, where=name)))

    def sentence(self, name: str, facts: Mapping[str, Any]) -> str:
        """Return a template of a sentence or two, filled in, on one line."""
        return plain(_runs(" ".join(self._filled(name, facts).split())))

    def part(self, name: str, part: str, facts: Mapping[str, Any]) -> str:
        """Return one named block of a template, filled in, on one line."""
        return " ".join(self._named(name, part, facts).split()).translate(BACK)

    def rows(self, name: str, part: str, facts: Mapping[str, Any]) -> list[list[str]]:
        """Return one named block of a template, filled in: by line what stands between bars."""
        lines = filter(str.strip, self._named(name, part, facts).splitlines())
        return [[cell.strip().translate(BACK) for cell in line.split("|")] for line in lines]

    def _named(self, name: str, part: str, facts: Mapping[str, Any]) -> str:
        with self._faults(name, facts):
            there = name + ENDING in self._known
            used = name if there else f"{name.rpartition('/')[0]}/other"
            template = self._environment.get_template(used + ENDING)
            if part not in template.blocks:
                raise InputError(f"template '{used}' lacks the block '{part}'")
            return "".join(template.blocks[part](template.new_context(dict(facts))))

    def macro(self, name: str, macro: str, /, *given: object, **facts: object) -> str:
        """Return what a macro of a template says, on one line."""
        with self._faults(name, facts):
            sentences = getattr(self._plain.get_template(name).module, macro)
            return " ".join(str(sentences(*given, **facts)).split())

    def names(self, folder: str) -> list[str]:
        """Return the templates in a folder, sorted."""
        return sorted(
            self._environment.list_templates(
                filter_func=lambda name: name.startswith(f"{folder}/") and name.endswith(ENDING)
            )
        )

    def _filled(self, name: str, facts: Mapping[str, Any]) -> str:
        with self._faults(name, facts):
            return self._environment.get_template(name + ENDING).render(facts)

    @contextmanager
    def _faults(self, name: str, facts: Mapping[str, Any]) -> Iterator[None]:
        """Turn what goes wrong with a template into one clear message."""
        try:
            yield
        except jinja2.TemplateSyntaxError as error:
            place = f"template '{error.filename or name}', line {error.lineno}"
            raise InputError(f"{place}: {error.message}") from error
        except jinja2.TemplateNotFound as error:
            raise InputError(f"template '{name}' asks for '{error.message}', which is not there"
                             ) from error  # fmt: skip
        except (
            jinja2.TemplateError,
            TypeError,
            ValueError,
            AttributeError,
            ArithmeticError,
            LookupError,
        ) as error:
            line = _line_of(error)
            misspelt = UNDEFINED.match(str(error))
            hint = close_match(misspelt[1], facts) if misspelt else ""
            hint = hint or f"the facts it may use are {', '.join(sorted(facts))}"
            whose = self._whose(name if name in OF_SENTENCES else name + ENDING)
            raise InputError(f"template '{name}'{line}: {error}; {hint}{whose}") from error

    def _whose(self, name: str) -> str:
        return f" (in '{self._folder}')" if self._is_own(name) else ""

    def _value(self, value: object) -> str:
        """Return what a value of the facts is in the text: letters, a whole number, or a block."""
        if isinstance(value, jinja2.Undefined):
            return str(value)  # raises, and names what is missing
        if isinstance(value, Table):
            notes = [note for note in value.notes if note not in self._noted]
            self._noted |= set(notes)
            below = self._value(Paragraph(text=" ".join(notes), kind="note")) if notes else ""
            return self._value(Grid.of(value)) + below
        if isinstance(value, Block):
            self._blocks.append(value)
            return f"\n\n\ue0fe{len(self._blocks) - 1}\ue0ff\n\n"
        if isinstance(value, float):
            raise TypeError(f"the number {value!r} needs a filter, such as |minutes or |about")
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            return set_aside(str(value))
        raise TypeError(f"{type(value).__name__} is no text, number, table or figure")


def set_aside(text: str) -> str:
    """Return a value with every sign that a template writes for structure made a mere letter."""
    return re.sub(r"\s+", " ", text).translate(ASIDE)


def _own_loader(folder: Path, shipped: jinja2.BaseLoader) -> jinja2.BaseLoader:
    if not folder.is_dir():
        raise InputError(f"[report] templates: there is no folder '{folder}'")
    known = [
        name for name in shipped.list_templates() if name.endswith(ENDING) or name in OF_SENTENCES
    ]
    there = sorted(folder.rglob("*"))
    for path in there:
        refuse_endless(path)
    own = [path.relative_to(folder).as_posix() for path in there if path.is_file()]
    faults = [
        f"[report] templates: '{folder / name}' has the name of no template; "
        f"{_like(name, known) or 'give it one'} (docs/how-to/report-in-your-words.md lists "
        "them all)"
        for name in own
        if name not in known and not name.startswith("sections/")
    ]
    if faults:
        raise InputError(faults)
    return jinja2.FileSystemLoader(folder)


def _like(name: str, known: Iterable[str]) -> str:
    """Return a hint naming the templates whose own names, folders apart, are closest to one."""
    stems = {each: each.rpartition("/")[2].removesuffix(ENDING) for each in [*known, name]}
    near = difflib.get_close_matches(stems.pop(name), stems.values(), n=2)
    like = [repr(each) for each, stem in stems.items() if stem in near]
    return f"did you mean {' or '.join(like)}?" if like else ""


def _line_of(error: BaseException) -> str:
    """Return where in a template an error arose, as far as that is known."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(ENDING):
            place = f", {Path(trace.tb_frame.f_code.co_filename).name} line {trace.tb_lineno}"
        trace = trace.tb_next
    return place


# ---- from text to blocks -----------------------------------------------------------------------


def _read(text: str, held: list[Block], *, where: str) -> list[Block]:
    """Return the blocks of a filled-in template."""
    blocks: list[Block] = []
    for part in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        while lines:
            blocks.append(_block(lines, held, where=where))
    # a sign whose words are all left out says nothing
    return [block for block in blocks if not isinstance(block, Paragraph) or block.text]


def _block(lines: list[str], held: list[Block], *, where: str) -> Block:
    """Take the lines of one block from the front, and return it."""
    first = lines.pop(0)
    if (known := BLOCK.fullmatch(first)) is not None:
        return held[int(known[1])]
    if BLOCK.search(first):
        raise InputError(f"template '{where}': a table or figure needs a line of its own")
    if first == NEW_PAGE:
        return PageBreak()
    if first.startswith("#"):
        signs, _, words = first.partition(" ")
        words, _, anchor = words.partition(" [#")
        return Heading(text=_plain_runs(words), level=len(signs), anchor=anchor.removesuffix("]"))
    if first.startswith("- "):
        items = [first[2:]]
        while lines and not _begins(lines[0]):
            line = lines.pop(0)
            if line.startswith("- "):
                items.append(line[2:])
            else:
                items[-1] += f" {line}"
        return Bullets(items=tuple(_runs(item) for item in items))
    kind: Kind = ""
    if (sign := KIND.match(first)) is not None:
        kind, first = KINDS[sign[1]], first[sign.end() :]
    while lines and not _begins(lines[0]) and not lines[0].startswith("- "):
        first += f" {lines.pop(0)}"
    return Paragraph(text=_runs(first), kind=kind)


def _begins(line: str) -> bool:
    """Return whether a line begins a block by itself."""
    marked = line.startswith("#") or line == NEW_PAGE or KIND.match(line) is not None
    return marked or BLOCK.fullmatch(line) is not None


def _plain_runs(text: str) -> Words:
    return plain(_runs(text))


def _runs(text: str) -> Words:
    """Return words with what stands out and what leads elsewhere."""
    runs: list[Run] = []
    at = 0
    for match in INLINE.finditer(text):
        runs.append(Run(text[at : match.start()].translate(BACK)))
        emphasis: Emphasis = "strong" if match["strong"] else ""
        words = match["strong"] or match["text"]
        runs.append(Run(words.translate(BACK), emphasis, (match["href"] or "").translate(BACK)))
        at = match.end()
    runs.append(Run(text[at:].translate(BACK)))
    kept = tuple(run for run in runs if run.text)
    return kept[0].text if len(kept) == 1 and kept[0] == Run(kept[0].text) else kept

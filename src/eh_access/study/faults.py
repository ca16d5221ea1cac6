"""Faults of a study.toml in words: which key, on which line, what to write instead."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from eh_access.errors import did_you_mean

Path = tuple[str | int, ...]
BACKSLASH = "write paths with / (C:/data/sites.csv), or in single quotes ('C:\\data\\sites.csv')"
"""What to do about a Windows path in a TOML text."""
_HEADER = re.compile(r"^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_WORD = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEY = re.compile(rf"^\s*({_WORD}(?:\s*\.\s*{_WORD})*)\s*=")
_PART = re.compile(_WORD)
_WANTED = {
    "float_type": "give a number, without quotes",
    "float_parsing": "give a number, without quotes",
    "int_type": "give a whole number, without quotes",
    "int_from_float": "give a whole number",
    "string_type": "give text in quotes",
    "bool_type": "give true or false, without quotes",
    "dict_type": "give a table of keys and values",
    "model_type": "give a table of keys and values",
    "dataclass_type": "give a table of keys and values",
    "tuple_type": "give a list in square brackets",
    "date_type": "give a date, as in 2018-10-22",
    "date_from_datetime_inexact": "give a date without a time, as in 2018-10-22",
    "string_pattern_mismatch": "give small letters, digits and hyphens, a letter or digit first",
    "finite_number": "give a finite number",
}


class Lines:
    r"""Where each key of a TOML text stands, for messages alone."""

    def __init__(self, text: str) -> None:
        self._found: dict[Path, int] = {}
        counts: dict[Path, int] = {}
        table: Path = ()
        inside: str | None = None
        for number, line in enumerate(text.splitlines(), 1):
            quotes = [mark for mark in ('"""', "'''") if line.count(mark) % 2 == 1]
            if inside is not None:
                inside = None if inside in quotes else inside
                continue
            if header := _HEADER.match(line):
                table = _header_path(header[2], doubled=header[1] == "[[", counts=counts)
                self._found.setdefault(table, number)
            elif key := _KEY.match(line):
                self._found.setdefault((*table, *_parts(key[1])), number)
            inside = quotes[0] if quotes else None

    def of(self, path: Path) -> int | None:
        """Return the line of a key, or of the nearest table above it that has one."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._found:
                return self._found[path[:length]]
        return None


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _header_path(dotted: str, *, doubled: bool, counts: dict[Path, int]) -> Path:
    """Return a table's path; a [[table]] gets its number, and tables below it carry that."""
    path: Path = ()
    parts = _parts(dotted)
    for place, part in enumerate(parts):
        path = (*path, part)
        if doubled and place == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def key_path(path: Sequence[str | int]) -> str:
    """Return a path as a reader would write it, positions counted from 1."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


def fault_at(source: str, lines: Lines, path: Path, text: str) -> str:
    """Return one fault with its file, line and key before it."""
    line = lines.of(path)
    where = f"{source}, line {line}" if line else source
    return f"{where}: {key_path(path)}: {text}" if path else f"{where}: {text}"


def in_words(
    error: ValidationError, model: type[BaseModel], *, at: Path = ()
) -> list[tuple[Path, str]]:
    """Return pydantic's findings as paths and plain sentences."""
    found = list(error.errors(include_url=False))
    # a list whose every table has a fault is not empty
    below = {item["loc"][:length] for item in found for length in range(len(item["loc"]))}
    found = [item for item in found if item["type"] != "too_short" or item["loc"] not in below]
    spelt: dict[Path, list[str]] = {}
    for item in found:
        if item["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            spelt.setdefault(_clean(item["loc"][:-1]), []).append(str(item["loc"][-1]))
    faults: list[tuple[Path, str]] = []
    for item in found:
        path = _clean(item["loc"])
        above, last = path[:-1], str(path[-1]) if path else ""
        if item["type"] == "missing" and _is_close(last, spelt.get(above, ())):
            continue
        if item["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            hint = did_you_mean(last, keys_of(model, above))
            faults.append(((*at, *path), f"no such key; {hint}"))
        elif item["type"] == "value_error":
            faults += [((*at, *path, *key), told) for key, told in _own_words(item["msg"])]
        else:
            faults.append(((*at, *path), _sentence(item)))
    return faults


def keys_of(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """Return the keys a table may have, as they are spelt in the file."""
    here: type[BaseModel] | None = model
    for part in path:
        if here is None or isinstance(part, int):
            continue
        fields = {info.alias or name: info for name, info in here.model_fields.items()}
        here = _model_in(fields[part].annotation) if part in fields else None
    if here is None:
        return ()
    return tuple(info.alias or name for name, info in here.model_fields.items())


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the model inside an annotation such as ``tuple[Model, ...]`` or ``Model | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, list, Union, types.UnionType, Annotated):
        for inner in get_args(annotation):
            if (model := _model_in(inner)) is not None:
                return model
    return None


def _clean(loc: Iterable[str | int]) -> Path:
    """Return a path without pydantic's own marks for keys of mappings."""
    return tuple(part for part in loc if part != "[key]")


def _is_close(word: str, others: Iterable[str]) -> bool:
    return any(did_you_mean(other, [word]).startswith("did you mean") for other in others)


def _own_words(message: str) -> Iterator[tuple[Path, str]]:
    """Split what a model's own check says, ``key: fault; key: fault``, into its faults."""
    told = message.removeprefix("Value error, ")
    told = re.sub(r"^criterion '[^']*': ", "", told)
    for part in re.split(r"; (?=[a-z_]+: )", told):
        key, colon, rest = part.partition(": ")
        yield ((key,), rest) if colon and key.isidentifier() else ((), part)


def _sentence(item: Mapping[str, Any]) -> str:
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    shown = repr(value) if isinstance(value, (str, int, float, bool)) else "not what is wanted"
    if kind == "missing":
        return "missing; add it"
    if kind in ("string_too_short", "too_short"):
        return "is empty; fill it in"
    if kind == "literal_error":
        return f"is {shown}; give {context['expected']}"
    bounds = {
        "greater_than": ("gt", "more than"),
        "greater_than_equal": ("ge", "at least"),
        "less_than": ("lt", "less than"),
        "less_than_equal": ("le", "at most"),
    }
    if kind in bounds:
        name, words = bounds[kind]
        return f"is {shown}; give {words} {context[name]:g}"
    return f"is {shown}; {_WANTED.get(kind, item['msg'])}"

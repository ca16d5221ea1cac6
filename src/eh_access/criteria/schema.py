"""Tables of keys whose faults are found all at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from eh_access.errors import close_match, did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

KeyPath = tuple[str | int, ...]
Fault = tuple[KeyPath, str]
AnyTable = TypeVar("AnyTable", bound="Table")

_FAULTS = {
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
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


class _Faulty:
    """Stands for a value that has a fault: empty, compared as false, and so all it consists of."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __contains__(self, _: object) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the like of what it stands for
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object) -> Any:  # noqa: ANN401 - as above
        return self

    def _compare(self, _: object) -> bool:
        return False

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _compare
    __hash__ = object.__hash__


FAULTY: Any = _Faulty()


class _Gathering:
    """The faults of tables that are being read."""

    def __init__(self) -> None:
        self.open: list[list[Fault]] = []  # of the tables around the key being read, innermost last
        self.tables: list[tuple[Table, list[Fault]]] = []


class Table(BaseModel):
    """A table of keys: none unknown, no silent conversion, no change afterwards.

    Checks between keys stand in ``cross_faults``. Pydantic does not come to them where a key has a
    fault of its own; `read_table` does, with `FAULTY` in the place of what that key holds.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True, ser_json_inf_nan="strings"
    )

    def cross_faults(self) -> Iterator[Fault]:
        """Yield what no key shows alone, each fault with its path below this table."""
        return iter(())

    @classmethod
    def key_of(cls, name: str) -> str:
        """Return how a field is spelt in a file."""
        return cls.model_fields[name].alias or name

    @classmethod
    def keys(cls) -> dict[str, bool]:
        """Return the keys a file may have, and whether it must have them."""
        return {
            cls.key_of(name): info.is_required()
            for name, info in cls.model_fields.items()
            if not info.exclude
        }

    @field_validator("*", mode="wrap")
    @classmethod
    def _read_key(
        cls,
        value: Any,  # noqa: ANN401 - whatever a file holds
        handler: ValidatorFunctionWrapHandler,
        info: ValidationInfo,
    ) -> Any:  # noqa: ANN401 - as above
        gathering: _Gathering | None = info.context
        if gathering is None:
            return handler(value)
        if value is FAULTY:
            return FAULTY
        try:
            return handler(value)
        except ValidationError as error:
            key = cls.key_of(info.field_name or "")
            gathering.open[-1] += [
                ((key, *(part for part in _place(item) if part != "[key]")), _sentence(item))
                for item in error.errors(include_url=False)
            ]
            return FAULTY

    @model_validator(mode="wrap")
    @classmethod
    def _read_keys(
        cls,
        value: Any,  # noqa: ANN401 - whatever a file holds
        handler: ModelWrapValidatorHandler[Self],
        info: ValidationInfo,
    ) -> Self:
        gathering: _Gathering | None = info.context
        if gathering is None:
            table = handler(value)
            if crossed := list(table.cross_faults()):
                raise ValueError("; ".join(f"{key_path(path)}: {text}" for path, text in crossed))
            return table
        if not isinstance(value, Mapping):
            return handler(value)
        known = cls.keys()
        open_ended = cls.model_config.get("extra") == "ignore"
        unknown = [] if open_ended else [key for key in value if key not in known]
        absent = [key for key in known if key not in value]
        misspelt = [key for key in absent if any(close_match(word, [key]) for word in unknown)]
        missing = [key for key in absent if known[key] and key not in misspelt]
        faults: list[Fault] = [
            *(((key,), f"no such key; {did_you_mean(key, known)}") for key in unknown),
            *(((key,), "missing; add it") for key in missing),
        ]
        gathering.open.append(faults)
        held = {key: item for key, item in value.items() if key in known}
        table = handler(held | dict.fromkeys((*misspelt, *missing), FAULTY))
        gathering.open.pop()
        own = {path for path, _ in faults}
        faults += [(path, text) for path, text in table.cross_faults() if path not in own]
        gathering.tables.append((table, faults))
        return table


def read_table(model: type[AnyTable], values: Mapping[str, Any]) -> tuple[AnyTable, list[Fault]]:
    """Return a table and every fault in it; what has one is `FAULTY`."""
    gathering = _Gathering()
    table = model.model_validate(as_tuples(values), context=gathering)
    by_table = {id(each): faults for each, faults in gathering.tables}
    return table, list(_faults_in(table, (), by_table))


def key_path(path: Iterable[str | int]) -> str:
    """Return a path as a reader would write it, positions counted from 1."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


def as_tuples(value: Any) -> Any:  # noqa: ANN401 - whatever a file holds
    """Return lists as tuples, which is what a frozen table keeps."""
    if isinstance(value, list):
        return tuple(as_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: as_tuples(item) for key, item in value.items()}
    return value


def _faults_in(
    value: object, path: KeyPath, by_table: Mapping[int, list[Fault]]
) -> Iterator[Fault]:
    """Yield the faults of a table and of those below it, each with its whole path."""
    if isinstance(value, Table):
        for below, text in by_table.get(id(value), ()):
            yield (*path, *below), text
        for name in type(value).model_fields:
            here = (*path, value.key_of(name))
            yield from _faults_in(getattr(value, name), here, by_table)
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _faults_in(item, (*path, number), by_table)


def _place(item: ErrorDetails) -> KeyPath:
    """Return where a fault is: of a list that is too short, the list."""
    return item["loc"][:-1] if item["type"] == "missing" else item["loc"]


def _sentence(item: ErrorDetails) -> str:
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    shown = repr(value) if isinstance(value, (str, int, float, bool)) else "not what is wanted"
    if kind in ("string_too_short", "too_short"):
        return "is empty; fill it in"
    if kind in ("missing", "too_long"):  # of lists those of two alone have a length
        texts = value and all(isinstance(part, str) for part in value)
        return f"holds {len(value)}; two {'times' if texts else 'values'} are wanted"
    if kind == "literal_error":
        near = close_match(str(value), re.findall(r"'(.*?)'", context["expected"]))
        return f"is {shown}; {near or 'give ' + context['expected']}"
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"is {shown}; give {words} {context[name]:g}"
    return f"is {shown}; {_FAULTS.get(kind, item['msg'])}"

"""Change a file as files go wrong: by what it is made of, or byte by byte."""

from __future__ import annotations

import copy
import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np

NUMBERS = ("0", "-1", "1", "0.5", "1e308", "-1e-9", "nan", "inf", "99999999999999999999", "007")
TEXTS = (
    *("", " ", "x", "None", "true", "no", "=1+1", "\u00e4\U0001f600", "\u202edab", "a" * 3000),
    *("'; DROP TABLE x;--", "../../x", "/vsicurl/x", "</script>", "2020-13-45", "25:61:00", "\x07"),
)

Grid = list[list[str]]
Change = Callable[[Any, "Chance"], Any]


class Chance(random.Random):
    """A seeded chance that knows an address nobody is to be asked at."""

    def __init__(self, seed: str, host: str) -> None:
        super().__init__(seed)
        self.reaching = (
            f"http://{host}/x",
            f"/vsicurl/http://{host}/a.geojson",
            f"WFS:http://{host}/",
            f"<OGRWFSDataSource><URL>http://{host}/wfs?</URL></OGRWFSDataSource>",
            f"<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>/vsicurl/http://{host}/a.csv",
            f'<!DOCTYPE a [<!ENTITY e SYSTEM "http://{host}/e">]>',
        )

    def odd(self) -> str:
        """Return a number or a text of the kinds that are mishandled."""
        return self.choice(self.choice((NUMBERS, TEXTS, self.reaching)))

    def seldom(self) -> bool:
        """Return whether a file is to be damaged byte by byte as well."""
        return self.random() < 0.2


def bytes_changed(data: bytes, chance: Chance) -> bytes:
    """Cut, repeat, flip or insert some bytes."""
    at, end = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    end = min(end, at + chance.choice((1, 4, 64, 4096)))
    how = chance.randrange(6)
    if how == 0:
        return data[:at]
    if how == 1:
        return data[:at] + data[end:]
    if how == 2:
        return data[:end] + data[at:end] * chance.choice((1, 2, 50)) + data[end:]
    if how == 3:
        return data[:at] + chance.odd().encode() + data[at:]
    if how == 4:
        return data[:at] + chance.randbytes(end - at) + data[end:]
    flipped = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 20))):
        if flipped:
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


TOKEN = re.compile(r"-?\d[\d.:/-]*|\w+")


def text_changed(text: str, chance: Chance) -> str:
    """Replace a word or a number, or drop, repeat or move a line."""
    if chance.random() < 0.5:
        tokens = list(TOKEN.finditer(text))
        if tokens:
            token = chance.choice(tokens)
            return text[: token.start()] + chance.odd() + text[token.end() :]
    lines = text.splitlines(keepends=True)
    return "".join(items_changed(lines, chance, lambda line: f"{line.rstrip()}{chance.odd()}\n"))


def items_changed(items: Sequence[Any], chance: Chance, change: Callable[[Any], Any]) -> list[Any]:
    """Drop, repeat, move or change one of some items."""
    changed = list(items)
    if not changed:
        return changed
    at, how = chance.randrange(len(changed)), chance.randrange(5)
    if how == 0:
        del changed[at]
    elif how == 1:
        changed.insert(at, copy.deepcopy(changed[at]))
    elif how == 2:
        changed.insert(chance.randrange(len(changed)), changed.pop(at))
    else:
        changed[at] = change(changed[at])
    return changed


def json_changed(value: Any, chance: Chance) -> Any:  # noqa: ANN401 - any part of it
    """Change one thing anywhere in a JSON value."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(list(value))
        if chance.random() < 0.1:
            return {name: item for name, item in value.items() if name != key}
        if chance.random() < 0.1:
            return {(chance.odd() if name == key else name): item for name, item in value.items()}
        return {**value, key: json_changed(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        return items_changed(value, chance, lambda item: json_changed(item, chance))
    odd = (None, True, -1, 1.5, 10**30, float("nan"), [], {}, [[]], {"a": 1}, chance.odd())
    return chance.choice(odd)


def json_bytes(value: Any, chance: Chance) -> bytes:  # noqa: ANN401 - as above
    """Write a JSON value with one thing changed, at times nested without end."""
    if chance.random() < 0.02:
        return b"[" * 100_000 + b"]" * 100_000
    return json.dumps(json_changed(value, chance)).encode()


def xml_changed(data: bytes, chance: Chance) -> bytes:
    """Change one element: its name, text, an attribute, or where and how often it stands."""
    root = ET.fromstring(data)  # noqa: S314 - our own
    parents = [element for element in root.iter() if len(element)]
    parent = chance.choice(parents)

    def changed(element: ET.Element) -> ET.Element:
        element = copy.deepcopy(element)
        inner = chance.choice(list(element.iter()))
        key = chance.choice([*inner.attrib, "text", "tag"])
        if key in inner.attrib:
            if chance.random() < 0.3:
                del inner.attrib[key]
            else:
                inner.set(key, _xml_text(chance.odd()))
        elif key == "text":
            inner.text = _xml_text(chance.odd())
        else:
            inner.tag = chance.choice(["way", "node", "relation", "x", root.tag])
        return element

    parent[:] = items_changed(list(parent), chance, changed)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _xml_text(text: str) -> str:
    return text.replace("\x07", "?")  # no XML may hold it


def grid_changed(grid: Grid, chance: Chance) -> Grid:
    """Change one cell, row or column of a table."""
    how = chance.random()
    if how < 0.6:
        row = chance.randrange(len(grid))
        cells = list(grid[row])
        cells[chance.randrange(len(cells))] = chance.odd()
        return [*grid[:row], cells, *grid[row + 1 :]]
    if how < 0.75:
        column = chance.randrange(len(grid[0]))
        if chance.random() < 0.5:
            return [row[:column] + row[column + 1 :] for row in grid]
        odd = chance.odd()
        return [grid[0], *([*row[:column], odd, *row[column + 1 :]] for row in grid[1:])]
    return items_changed(grid, chance, lambda row: ["" for _ in row])


def zip_changed(data: bytes, chance: Chance, inner: Change) -> bytes:
    """Change one member of a zip file, or which members there are."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]

    def changed(member: tuple[str, bytes]) -> tuple[str, bytes]:
        name, content = member
        if chance.random() < 0.1:
            return chance.choice(["../x.txt", "/x", "a/" + name, name.upper()]), content
        return name, inner(content, chance)

    out = io.BytesIO()
    with zipfile.ZipFile(
        out, "w", chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    ) as new:
        names: set[str] = set()
        for name, content in items_changed(members, chance, changed):
            if name not in names:  # Python warns of the second, which is no matter of ours
                names.add(name)
                new.writestr(name, content)
    return out.getvalue()


def npy_changed(data: bytes, chance: Chance) -> bytes:
    """Change one array: its values, size, shape or kind."""
    array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    how = chance.randrange(6)
    if how == 0 and len(array) and array.dtype == np.uint8:
        array = array.copy()
        array[chance.randrange(len(array))] ^= np.uint8(1 << chance.randrange(8))
    elif how == 1:
        array = array[: chance.randrange(len(array) + 1)]
    elif how == 2:
        with np.errstate(invalid="ignore"):
            array = array.astype(chance.choice(["f8", "i4", "U3", "?", "c16", "M8[s]"]))
    elif how == 3:
        array = array.reshape(1, -1)
    elif how == 4:
        array = np.concatenate([array, array])
    else:
        return bytes_changed(data, chance)
    out = io.BytesIO()
    np.lib.format.write_array(out, array, allow_pickle=False)
    return out.getvalue()


def pbf_changed(data: bytes, chance: Chance) -> bytes:
    """Change the unpacked content of one block of an OpenStreetMap PBF."""
    blocks = []
    at = 0
    while at < len(data):
        (head,) = struct.unpack_from(">I", data, at)
        kind, fields = _fields(data[at + 4 : at + 4 + head]), at + 4 + head
        size = int(kind[3])
        blob = _fields(data[fields : fields + size])
        blocks.append((bytes(kind[1]), zlib.decompress(blob[3]) if 3 in blob else blob[1]))
        at = fields + size

    def packed(block: tuple[bytes, bytes]) -> bytes:
        packed = zlib.compress(block[1])
        blob = b"\x10" + _varint(len(block[1])) + b"\x1a" + _varint(len(packed)) + packed
        head = b"\x0a" + _varint(len(block[0])) + block[0] + b"\x18" + _varint(len(blob))
        return struct.pack(">I", len(head)) + head + blob

    changed = items_changed(
        blocks, chance, lambda block: (block[0], bytes_changed(block[1], chance))
    )
    return b"".join(map(packed, changed))


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def _fields(data: bytes) -> dict[int, Any]:
    """Return the fields of a message of Protocol Buffers, numbers and bytes."""
    fields: dict[int, Any] = {}
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = number()
        value: Any = number()
        if key & 7 == 2:
            value, at = data[at : at + value], at + value
        fields[key >> 3] = value
    return fields

"""Unpack files, but none that would fill the memory."""

from __future__ import annotations

from functools import partial
from typing import IO, TYPE_CHECKING

from eh_access.errors import InputError

if TYPE_CHECKING:
    import zipfile

SMALL_BYTES = 1 << 24
MOST_RATIO = 200
"""What maps and tables pack to: about a tenth. Only what is small may be a smaller part."""

MOST_BYTES = 4 << 30
BLOCK = 1 << 20


def most_bytes(packed: int, most: int = MOST_BYTES) -> int:
    """Return how many bytes some packed ones may unpack to."""
    return min(most, max(SMALL_BYTES, MOST_RATIO * packed))


def read_blocks(file: IO[bytes], name: str, most: int) -> bytearray:
    """Return the content of an unpacking file; InputError once it is longer than that."""
    data = bytearray()
    for block in iter(partial(file.read, BLOCK), b""):
        data += block
        if len(data) > most:
            raise InputError(
                f"{name}: unpacks to more than {most >> 20:,} MB, which no such file does; get it "
                "again, or cut it to the area"
            )
    return data


def read_member(archive: zipfile.ZipFile, name: str, most: int = MOST_BYTES) -> bytes:
    """Return the content of a file in a zip."""
    # its head may state less than it holds, and `ZipFile.read` unpacks all at once
    info = archive.getinfo(name)
    with archive.open(info) as file:
        where = f"{archive.filename}, {name}" if archive.filename else name
        return bytes(read_blocks(file, where, most_bytes(info.compress_size, most)))

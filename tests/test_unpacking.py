"""Packed files that would fill the memory are refused before they do, whatever their heads say."""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eh_access.errors import EhAccessError, InputError
from eh_access.network import unpacking
from eh_access.network.io import read_network_file
from eh_access.network.osm import read_network
from eh_access.network.terrain import read_terrain
from eh_access.sources import shapes
from eh_access.sources.exports import read_export
from eh_access.study.reading import read_table
from osm_text import PATH, node, way, write

BLANK = b" " * (2 * unpacking.SMALL_BYTES)


@cache
def zipped(names: tuple[str, ...], *, stated: int | None = None) -> bytes:
    """Return a zip of blanks; ``stated`` is how many bytes its heads say a member has."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, BLANK)
    data = out.getvalue()
    size = len(BLANK).to_bytes(4, "little")
    return data if stated is None else data.replace(size, stated.to_bytes(4, "little"))


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_a_packed_map_without_end_is_refused_early(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"town.osm{suffix}"
    path.write_bytes(pack(b'<osm version="0.6">' + BLANK))
    with pytest.raises(EhAccessError, match=rf"town\.osm\{suffix}: unpacks to more than"):
        read_network(path)


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_a_packed_map_of_a_usual_size_is_read(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    whole = write(tmp_path, node(1, 0, 0), node(2, 400, 0), way(10, [1, 2], PATH))
    path = tmp_path / f"packed.osm{suffix}"
    path.write_bytes(pack(whole.read_bytes()))
    assert read_network(path).edge_count == 1


def test_no_more_is_unpacked_than_is_allowed() -> None:
    """What is refused has not been unpacked: a file without end would never be."""
    taken = itertools.count()

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            next(taken)
            return b" " * size

    with pytest.raises(InputError, match="unpacks to more than 16 MB"):
        unpacking.read_blocks(Endless(), "x", unpacking.most_bytes(1000))  # type: ignore[arg-type]
    assert next(taken) <= unpacking.SMALL_BYTES // unpacking.BLOCK + 1


READERS: dict[str, tuple[tuple[str, ...], Callable[[Path], object]]] = {
    "town.npz": (("about.npy",), read_network_file),
    "hills.npz": (("about.npy",), read_terrain),
    "areas.zip": (
        ("a.shp", "a.dbf"),
        lambda path: read_table(path, name=path.name, role="areas"),
    ),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("stated", [None, 1000], ids=["says so", "says less"])
def test_a_zip_without_end_is_one_message(name: str, stated: int | None, tmp_path: Path) -> None:
    names, read = READERS[name]
    path = tmp_path / name
    path.write_bytes(zipped(names, stated=stated))
    with pytest.raises(EhAccessError, match=name.replace(".", r"\.")) as refused:
        read(path)
    assert ("unpacks to more than" in str(refused.value)) == (stated is None)


def test_a_workbook_that_says_less_than_it_holds_is_refused() -> None:
    names = ("[Content_Types].xml", "xl/workbook.xml", "xl/sharedStrings.xml")
    with pytest.raises(InputError, match=r"a\.xlsx: \S+ in it is damaged"):
        read_export(zipped(names, stated=1000), "a.xlsx")


def test_rows_that_take_no_room_are_counted_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "MOST_ROWS", 1000)
    path = tmp_path / "areas.parquet"
    pq.write_table(pa.Table.from_pandas(pd.DataFrame({"area_id": np.zeros(2000)})), path)
    with pytest.raises(InputError, match=r"areas\.parquet: holds 2,000 rows"):
        read_table(path, name=path.name, role="areas")

"""Our own network file: equal when read back, the same bytes each time, and loud when damaged."""

from __future__ import annotations

import dataclasses
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from eh_access.errors import SourceError
from eh_access.modes import MODES, WALK
from eh_access.network.build import build_network
from eh_access.network.cost import edge_cost
from eh_access.network.io import pack, read_network_file, unpack, write_network
from eh_access.network.model import Network
from eh_access.network.osm import read_network
from eh_access.network.provenance import osm_provenance
from eh_access.network.rules import evaluate
from toys import diamond
from ways import BARRIERS, GRID, Way, raw_ways, some_ways


def assert_equal(a: Network, b: Network) -> None:
    for field in dataclasses.fields(Network):
        one, other = getattr(a, field.name), getattr(b, field.name)
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype, field.name
            assert np.array_equal(one, other), field.name
        elif field.name == "covered":
            assert (one is None) == (other is None)
            assert one is None or one.equals_exact(other, 0)
        elif field.name != "_memory":
            assert one == other, field.name


@pytest.fixture
def network() -> Network:
    ways: list[Way] = [
        ([0, 1, 2, 6], {"highway": "residential", "name": "Stryd yr Eglwys"}),
        ([2, 5], {"highway": "steps"}),
    ]
    return build_network(
        raw_ways(ways, barriers={1: BARRIERS[0]}),
        covered=shapely.box(440000, 390000, 441000, 391000),
        provenance=[osm_provenance(date="2023-06-12", sha256="ab")],
    )


@pytest.fixture
def saved(network: Network, tmp_path: Path) -> Path:
    return write_network(network, tmp_path / "streets.npz")


@given(some_ways(), st.dictionaries(st.integers(0, GRID * GRID - 1), st.sampled_from(BARRIERS)))
def test_a_network_read_back_is_the_one_that_was_saved(
    ways: list[Way], barriers: dict[int, dict[str, str]]
) -> None:
    usable = (evaluate(tags, mode).is_open for _, tags in ways for mode in MODES.values())
    if not any(usable) or all(len(set(refs)) == 1 for refs, _ in ways):
        return
    network = build_network(raw_ways(ways, barriers=barriers))
    with tempfile.TemporaryDirectory() as folder:
        path = write_network(network, Path(folder) / "n.npz")
        again = read_network_file(path)
        assert_equal(network, again)
        assert write_network(again, Path(folder) / "m.npz").read_bytes() == path.read_bytes()


def test_covered_names_and_provenance_come_back(network: Network, saved: Path) -> None:
    again = read_network_file(saved)
    assert_equal(network, again)
    assert again.names == ("Stryd yr Eglwys",)
    assert again.provenance[0].attribution == "© OpenStreetMap contributors"
    assert_equal(read_network(saved), again)


def test_lengths_set_by_hand_come_back(tmp_path: Path) -> None:
    network = diamond()
    # whole centimetres are kept in few bytes, anything else as it is
    for lengths in (np.rint(network.length_m * 2), network.length_m * np.pi):
        by_hand = dataclasses.replace(network, length_m=lengths, _memory={})
        assert_equal(read_network_file(write_network(by_hand, tmp_path / "d.npz")), by_hand)


def test_keys_the_source_dropped_come_back(network: Network, tmp_path: Path) -> None:
    bare = dataclasses.replace(network, not_recorded=("barrier", "width"), _memory={})
    assert_equal(read_network_file(write_network(bare, tmp_path / "n.npz")), bare)


def test_long_steps_between_vertices_fit(tmp_path: Path) -> None:
    ways: list[Way] = [([0, 15], {"highway": "footway"})]
    raw = raw_ways(ways)
    raw.add(9, [(0, 440000, 390000), (77, 465000, 390000), (3, 440000, 391000)], tags=ways[0][1])
    network = build_network(raw)
    assert_equal(read_network_file(write_network(network, tmp_path / "n.npz")), network)


def numbers_in(packed: bytes) -> list[int]:
    """Read packed numbers one byte at a time, as the format is described."""
    numbers, number, bits = [], 0, 0
    for byte in packed:
        number += (byte % 128) << bits
        bits += 7
        if byte < 128:
            numbers.append(-(number // 2) - 1 if number % 2 else number // 2)
            number, bits = 0, 0
    assert not bits
    return numbers


WHOLE = st.integers(-(2**63), 2**63 - 1) | st.integers(-200, 200)


@given(st.lists(WHOLE))
def test_whole_numbers_of_any_size_come_back(numbers: list[int]) -> None:
    packed = pack(np.array(numbers, dtype=np.int64))
    assert numbers_in(packed.tobytes()) == numbers
    assert unpack(packed).tolist() == numbers


@pytest.mark.parametrize("cut", [[128], [0, 255, 255], [128] * 10 + [0]])
def test_numbers_cut_off_or_too_long_are_refused(cut: list[int]) -> None:
    with pytest.raises(ValueError, match="cut off"):
        unpack(np.array(cut, dtype=np.uint8))


def test_it_can_be_read_without_us(network: Network, saved: Path) -> None:
    with np.load(saved, allow_pickle=False) as arrays:
        starts = np.cumsum(numbers_in(arrays["edge_from"].tobytes()))
        ends = starts + numbers_in(arrays["edge_to"].tobytes())
        x_cm = np.cumsum(numbers_in(arrays["node_x_cm"].tobytes()))
    assert np.array_equal(starts, network.edge_from)
    assert np.array_equal(ends, network.edge_to)
    assert np.array_equal(x_cm / 100, network.node_x)


def test_the_same_bytes_whenever_and_wherever(network: Network, tmp_path: Path) -> None:
    first = write_network(network, tmp_path / "a.npz")
    second = write_network(network, tmp_path / "deep" / "er" / "b.npz")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_nothing_half_written_is_left(network: Network, tmp_path: Path) -> None:
    in_the_way = tmp_path / "taken.npz"
    in_the_way.mkdir()
    (in_the_way / "something").touch()
    with pytest.raises(SourceError, match=r"taken\.npz: cannot be written"):
        write_network(network, in_the_way)
    assert list(tmp_path.iterdir()) == [in_the_way]


def test_a_file_that_cannot_be_finished_leaves_the_old_one(
    network: Network, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(SourceError, match="No space left"):
        write_network(network, saved)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


@given(st.data())
def test_any_cut_is_noticed(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_network(diamond(), Path(folder) / "n.npz")
        content = path.read_bytes()
        path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
        with pytest.raises(SourceError, match=r"n\.npz: .*(damaged|not a network)"):
            read_network_file(path)


@given(st.data())
def test_any_altered_content_is_noticed(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_network(diamond(), Path(folder) / "n.npz")
        content = bytearray(path.read_bytes())
        with zipfile.ZipFile(path) as archive:
            spans = [
                (info.header_offset + 30 + len(info.filename), info.file_size)
                for info in archive.infolist()
            ]
        start, size = data.draw(st.sampled_from(spans))
        content[start + data.draw(st.integers(0, size - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        with pytest.raises(SourceError, match=r"n\.npz: .*damaged"):
            read_network_file(path)


def test_a_foreign_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    np.savez(path, x=np.arange(3))
    with pytest.raises(SourceError, match="not a network saved by this library"):
        read_network_file(path)
    path.write_bytes(b"PK, or so it says")
    with pytest.raises(SourceError, match="damaged or cut off"):
        read_network_file(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.npz: there is no such file"):
        read_network_file(tmp_path / "gone.npz")


def rewritten(path: Path, name: str, content: bytes) -> Path:
    """Replace one part, checksum and all, as a faulty program would."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    parts[name] = content
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    return path


def test_another_version_says_so(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        about = archive.read("about.npy")
    newer = about.replace(b'"version":2', b'"version":9')
    with pytest.raises(SourceError, match=r"version 9 of the network file.*build it again"):
        read_network_file(rewritten(saved, "about.npy", newer))


@pytest.mark.parametrize("name", ["edge_from", "edge_to", "edge_tags", "edge_name", "inner_count"])
def test_numbers_that_point_outside_are_refused(saved: Path, name: str, tmp_path: Path) -> None:
    with np.load(saved) as arrays:
        wrong = unpack(arrays[name]) + 1000
    np.save(tmp_path / "wrong.npy", pack(wrong))
    with pytest.raises(SourceError, match="damaged"):
        read_network_file(rewritten(saved, f"{name}.npy", (tmp_path / "wrong.npy").read_bytes()))


def test_walking_is_the_same_on_a_saved_network(network: Network, saved: Path) -> None:
    before, after = edge_cost(network, WALK), edge_cost(read_network_file(saved), WALK)
    assert np.array_equal(before.forward_ds, after.forward_ds)
    assert np.array_equal(before.main, after.main)

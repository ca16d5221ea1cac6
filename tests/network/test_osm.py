"""Reading map files: whole ones, cut ones, empty ones and those that are something else."""

from __future__ import annotations

import math
from pathlib import Path

import osmium
import pytest
import shapely

from eh_access.errors import InputError, SourceError
from eh_access.modes import DRIVE, WALK
from eh_access.network.cost import edge_cost
from eh_access.network.model import CLOSED_DS
from eh_access.network.osm import read_network
from toys import doubts_about

EXTRACT = Path(__file__).parents[3] / "shared/data/newport/newport-2023-06-13.osm.pbf"
needs_extract = pytest.mark.skipif(
    not EXTRACT.exists(), reason="the shared source data is not here"
)

MAP = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">{bounds}
  <node id="1" lat="53.4300" lon="-1.3600" timestamp="2024-01-05T10:00:00Z"/>
  <node id="2" lat="53.4310" lon="-1.3600" timestamp="2024-01-05T10:00:00Z">
    <tag k="barrier" v="bollard"/></node>
  <node id="3" lat="53.4320" lon="-1.3600" timestamp="2024-01-05T10:00:00Z"/>
  <node id="4" lat="53.4320" lon="-1.3500" timestamp="2024-01-05T10:00:00Z"/>
  <way id="10" timestamp="2024-02-03T10:00:00Z"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
    <tag k="highway" v="residential"/><tag k="name" v="Ship Hill"/></way>
  <way id="11" timestamp="2024-01-05T10:00:00Z"><nd ref="3"/><nd ref="4"/>
    <tag k="route" v="ferry"/><tag k="duration" v="00:04"/></way>
  <way id="12" timestamp="2025-01-05T10:00:00Z"><nd ref="1"/><nd ref="4"/>
    <tag k="power" v="line"/></way>
</osm>
"""


def a_map(folder: Path, content: str = MAP, *, bounds: str = "") -> Path:
    path = folder / "town.osm"
    path.write_text(content.replace("{bounds}", bounds), encoding="utf-8")
    return path


def test_a_small_map_in_full(tmp_path: Path) -> None:
    network = read_network(a_map(tmp_path))
    assert network.names == ("Ship Hill",)
    road = network.edge_way == 10
    # one thousandth of a degree of latitude is 111.3 m here (WGS84 ellipsoid)
    assert network.length_m[road] == pytest.approx([111.3, 111.3], abs=0.2)
    drive, walk = edge_cost(network, DRIVE), edge_cost(network, WALK)
    posts = network.length_m == 0
    assert posts.sum() == 2
    assert (drive.forward_ds[posts] == CLOSED_DS).all()
    assert (walk.forward_ds[posts] == 0).all()
    # the ferry takes its four minutes, and only on foot
    ferry = network.edge_way == 11
    assert walk.forward_ds[ferry] / 600 == pytest.approx([4.0], rel=0.01)
    assert (drive.forward_ds[ferry] == CLOSED_DS).all()
    assert doubts_about(network, WALK)["ferry: waiting not counted"] == 1
    (provenance,) = network.provenance
    assert provenance.date == "2024-02-03"
    assert provenance.url == "https://www.openstreetmap.org/copyright"
    assert network.covered is None


@pytest.mark.parametrize(
    ("before", "after"),
    [('<nd ref="4"/>', '<nd ref="4"/><nd ref="99"/>'), ("00:04", "a while"), ("duration", "x")],
    ids=["leaves the map", "time not understood", "no time"],
)
def test_a_ferry_whose_speed_is_not_known_is_left_out(
    tmp_path: Path, before: str, after: str
) -> None:
    network = read_network(a_map(tmp_path, MAP.replace(before, after, 1)))
    assert set(network.edge_way.tolist()) == {0, 10}


def test_the_box_in_a_maps_head_is_what_it_covers(tmp_path: Path) -> None:
    bounds = '<bounds minlat="53.42" minlon="-1.37" maxlat="53.44" maxlon="-1.34"/>'
    covered = read_network(a_map(tmp_path, bounds=bounds)).covered
    assert covered is not None
    # 0.03 deg of longitude and 0.02 deg of latitude on the ellipsoid
    width = 0.03 * 111_320 * math.cos(math.radians(53.43))
    assert covered.area == pytest.approx(width * 0.02 * 111_300, rel=0.005)


def test_an_area_leaves_out_the_rest(tmp_path: Path) -> None:
    network = read_network(a_map(tmp_path))
    at = shapely.Point(network.node_x[0], network.node_y[0]).buffer(3000)
    assert read_network(a_map(tmp_path), area=at).edge_count == network.edge_count
    with pytest.raises(InputError, match=r"town\.osm: no street"):
        read_network(a_map(tmp_path), area=shapely.box(0, 0, 1000, 1000))


@pytest.mark.parametrize("suffix", [".osm.pbf", ".osm.gz", ".osm.bz2"])
def test_other_kinds_of_map_file_say_the_same(tmp_path: Path, suffix: str) -> None:
    plain = a_map(tmp_path)
    other = tmp_path / f"town{suffix}"
    with osmium.SimpleWriter(str(other)) as writer:
        for thing in osmium.FileProcessor(str(plain)):
            writer.add(thing)
    a, b = read_network(plain), read_network(other)
    assert a.length_m.tolist() == b.length_m.tolist()
    assert a.tag_sets == b.tag_sets


@needs_extract
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_off_in_the_middle_is_refused(tmp_path: Path, share: float) -> None:
    whole = EXTRACT.read_bytes()
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(SourceError, match=r"cut\.osm\.pbf: the file is damaged, incomplete"):
        read_network(cut)


def test_a_cut_xml_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="damaged, incomplete"):
        read_network(a_map(tmp_path, MAP[: len(MAP) // 2]))


@pytest.mark.parametrize("name", ["a.osm.pbf", "a.osm", "a.graphml", "a.npz"])
def test_an_empty_file_is_bad_input(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(InputError, match="the file is empty"):
        read_network(tmp_path / name)


@pytest.mark.parametrize("name", ["a.osm.pbf", "a.osm", "a.graphml", "a.npz"])
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"site_id,easting,northing\nA,1,2\n" * 50)
    with pytest.raises(SourceError, match=f"{name}: .*(damaged|not a network)"):
        read_network(tmp_path / name)


def test_a_map_without_streets_is_bad_input(tmp_path: Path) -> None:
    bare = MAP.replace("highway", "waterway").replace('v="ferry"', 'v="bus"')
    with pytest.raises(InputError, match=r"town\.osm: no street that may be used"):
        read_network(a_map(tmp_path, bare))


def test_a_wrong_path_or_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no\.osm: there is no such file"):
        read_network(tmp_path / "no.osm")
    with pytest.raises(SourceError, match="this is a folder"):
        read_network(tmp_path)
    (tmp_path / "streets.shp").write_text("x")
    with pytest.raises(SourceError, match=r"not a kind of file that can be read.*\.osm\.pbf"):
        read_network(tmp_path / "streets.shp")

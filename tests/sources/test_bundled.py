from __future__ import annotations

from pathlib import Path

import pytest

from eh_access.errors import InputError, NotFoundError, SourceError
from eh_access.sources import bundled


def test_every_bundled_table_keeps_its_contract() -> None:
    borough = bundled.load_areas("rotherham_borough").union_all()
    for name in bundled.bundled_names("boundaries"):
        if name != "newport_base":  # lines and water for the map to draw, no areas
            assert not bundled.load_areas(name).empty
    for name in bundled.bundled_names("origins"):
        assert bundled.load_origins(name).index.is_monotonic_increasing
    for name in bundled.bundled_names("sites"):
        sites = bundled.load_sites(name)
        if name.startswith("rotherham"):
            known = sites.geometry.notna()
            outside_m = sites.geometry[known].distance(borough)
            if name.endswith("neighbours"):
                assert ((outside_m > 0) & (outside_m <= 5000)).all()
            else:
                assert (outside_m == 0).all()


def test_names_are_those_of_the_contract() -> None:
    assert bundled.bundled_names("boundaries") == (
        "newport_area",
        "newport_base",
        "rotherham_borough",
        "rotherham_lsoa11",
        "rotherham_lsoa21",
        "rotherham_wards",
        "rotherham_wards13",
    )
    assert bundled.bundled_names("sites") == (
        "newport_sites",
        "rotherham_candidates",
        "rotherham_centres",
        "rotherham_neighbours",
        "rotherham_youth",
        "rotherham_youth_venues",
    )


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (lambda: bundled.load_areas("rotherham_wrds"), "no bundled areas .*'rotherham_wards'"),
        (lambda: bundled.load_origins("rotherham_ao"), "did you mean 'rotherham_oa'"),
        (lambda: bundled.load_sites("centres"), "no bundled sites 'centres': "),
        (lambda: bundled.network_path("newprt"), "no bundled network 'newprt'"),
        (lambda: bundled.study_path("rotheram"), "no bundled study 'rotheram'"),
        (lambda: bundled.bundled_names("orgins"), "no bundled folder .*did you mean 'origins'"),
        (lambda: bundled.bundled_path("SOURCES.tml"), "did you mean 'SOURCES.toml'"),
        (lambda: bundled.load_sites("../origins/rotherham_oa"), "no bundled sites"),
    ],
)
def test_an_unknown_name_suggests_what_there_is(load, message) -> None:  # noqa: ANN001
    with pytest.raises(NotFoundError, match=message):
        load()


def test_shipped_tables_credit_their_publishers() -> None:
    sources = bundled.load_sources()
    sites, origins = sources["sites/newport_sites.csv"], sources["origins/rotherham_oa.csv"]
    assert sites.provenance.attribution == "© OpenStreetMap contributors"
    assert sites.provenance.licence == "Open Database License 1.0"
    assert origins.provenance.publisher.startswith("Office for National Statistics")


def test_postcodes_and_ids_stay_text_and_unknown_hours_stay_unknown() -> None:
    centres = bundled.load_sites("rotherham_centres")
    assert centres.loc["broom-valley", "postcode"] == "S60 2QU"
    assert centres["hours_per_week"].isna().all()
    assert centres.loc["valley"].geometry is None


def test_missing_and_damaged_data_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundled, "_INSTALLED", tmp_path)
    monkeypatch.setattr(bundled, "_CHECKOUT", tmp_path)
    with pytest.raises(SourceError, match="install the package again"):
        bundled.data_dir()
    sources = tmp_path / "SOURCES.toml"
    sources.write_text('[[file]]\npath = "a.csv"\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"entry 1 \(a.csv\): no 'licence'; add it"):
        bundled.load_sources()
    sources.write_bytes(b"[[file")
    with pytest.raises(SourceError, match=r"SOURCES.toml cannot be read"):
        bundled.load_sources()

"""GDAL and spreadsheets end a text at its first null character: no text is read cut short."""

from __future__ import annotations

import json
import zipfile

import pytest

from avs_coverage import InputError, find_territory_name, load_structures
from avs_coverage.loaders.indicators import read_indicators


def geojson(*names):
    features = [
        {
            "type": "Feature",
            "properties": {"nom": name, "type": "CS", "code_insee": "03185"},
            "geometry": {"type": "Point", "coordinates": [2.6, 46.34]},
        }
        for name in names
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def refused(path):
    with pytest.raises(InputError) as caught:
        load_structures(path, find_territory_name("allier"))
    return caught.value.faults


def test_a_geojson_with_a_null_character_is_refused_and_says_where(tmp_path):
    (tmp_path / "liste.geojson").write_text(geojson("Sain", "Centre\0 caché"), encoding="utf-8")
    (fault,) = refused(tmp_path / "liste.geojson")
    assert fault.code == "AVS-376"
    assert "Centre" in fault.what
    assert "caché" in fault.what or "cach" in fault.what


def test_a_zipped_geojson_as_well(tmp_path):
    with zipfile.ZipFile(tmp_path / "liste.zip", "w") as archive:
        archive.writestr("liste.geojson", geojson("Centre\0 caché"))
    (fault,) = refused(tmp_path / "liste.zip")
    assert fault.code == "AVS-376"


def test_a_backslash_before_u0000_is_no_null_character(tmp_path):
    (tmp_path / "liste.geojson").write_text(geojson("Centre \\u0000", "B\x01"), encoding="utf-8")
    found = load_structures(tmp_path / "liste.geojson", find_territory_name("allier")).structures
    assert [one.name for one in found] == ["Centre \\u0000", "B"]  # other control characters are left out


def test_a_null_character_far_into_a_table_is_refused_at_its_line(tmp_path):
    rows = [f"{n:05};{n}" for n in range(20_000)]
    rows[15_000] = "03185;1\x002"
    (tmp_path / "i.csv").write_text("\n".join(["code_insee;nb", *rows]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_indicators(tmp_path / "i.csv", ["03185"])
    (fault,) = caught.value.faults
    assert (fault.code, fault.line) == ("AVS-302", 15_002)

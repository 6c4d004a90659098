"""GeoPackage: what GDAL and QGIS read back is what the report says."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pyogrio
import pytest

from avs_coverage import Report, build_report, find_territory_name
from avs_coverage.inventory import Structure
from avs_coverage.reports import gpkg_file
from avs_coverage.reports.geo_layers import LAYER_NAMES, geo_layers, layers
from avs_coverage.reports.gpkg_file import write_gpkg
from tests.gis.helpers import assert_same, rows
from tests.worlds import cover, territory

# The oldest pyproj allowed warns of an array of one point, which geopandas hands it: nothing is amiss.
pytestmark = pytest.mark.filterwarnings("ignore:Conversion of an array with ndim:DeprecationWarning")


@pytest.mark.full
def test_a_geopackage_gives_back_the_same_values(report, gpkg):
    frames = geo_layers(report)
    assert [name for name, _ in pyogrio.list_layers(gpkg)][:6] == list(LAYER_NAMES)
    geometry = dict.fromkeys(LAYER_NAMES, "MultiPolygon") | {"structures": "Point", "liens": "LineString"}
    kinds = {"string": "TEXT", "Int64": "INTEGER", "float64": "REAL", "boolean": "BOOLEAN"}
    for name, frame in frames.items():
        assert_same(frame, pyogrio.read_dataframe(gpkg, layer=name))
        info = pyogrio.read_info(gpkg, layer=name)
        assert info["geometry_type"] == geometry[name]
        with closing(sqlite3.connect(gpkg)) as database:
            declared = {row[1]: row[2] for row in database.execute(f'PRAGMA table_info("{name}")')}
        assert {column: declared[column] for column in frame.columns.drop("geometry")} == {
            column: kinds[str(kind)] for column, kind in frame.dtypes.drop("geometry").items()
        }
        assert list(info["fields"]) == list(frame.columns.drop("geometry"))


def test_a_geopackage_is_valid(report, gpkg):
    assert gpkg.read_bytes()[:16] == b"SQLite format 3\x00"
    assert gpkg.read_bytes()[68:72] == b"GPKG"
    assert rows(gpkg, "PRAGMA user_version") == [(10400,)] or rows(gpkg, "PRAGMA user_version") == [(10200,)]
    assert rows(gpkg, "PRAGMA integrity_check") == [("ok",)]
    assert rows(gpkg, "PRAGMA foreign_key_check") == []
    assert rows(gpkg, "PRAGMA freelist_count") == [(0,)]
    srs = geo_layers(report)["communes"].crs.to_epsg()
    contents = rows(gpkg, "SELECT table_name, data_type, srs_id, last_change FROM gpkg_contents")
    moment = f"{report.coverage.on}T00:00:00.000Z"
    features = [(name, "features", srs, moment) for name in LAYER_NAMES]
    assert contents == [*features, ("layer_styles", "attributes", 0, moment)]
    assert rows(gpkg, "SELECT table_name, column_name, srs_id, z, m FROM gpkg_geometry_columns") == [
        (name, "geom", srs, 0, 0) for name in LAYER_NAMES
    ]
    known = {row[0] for row in rows(gpkg, "SELECT srs_id FROM gpkg_spatial_ref_sys")}
    assert known >= {-1, 0, 4326, srs}
    # Every extension told is there, and every table of an extension is told.
    told = rows(gpkg, "SELECT table_name, column_name, extension_name FROM gpkg_extensions")
    assert {row for row in told if row[2] == "gpkg_schema"} == {
        ("gpkg_data_columns", None, "gpkg_schema"),
        ("gpkg_data_column_constraints", None, "gpkg_schema"),
    }
    assert {row[0] for row in told if row[2] == "gpkg_rtree_index"} == set(LAYER_NAMES)
    for name in LAYER_NAMES:
        indexed = rows(gpkg, f'SELECT count(*) FROM "rtree_{name}_geom_rowid"')
        assert indexed == rows(gpkg, f'SELECT count(geom) FROM "{name}"')


def test_a_geopackage_names_its_columns_in_french(report, gpkg):
    for layer in layers(report):
        what = "column_name, title, description FROM gpkg_data_columns"
        found = rows(gpkg, f"SELECT {what} WHERE table_name = '{layer.name}' ORDER BY rowid")
        columns = [row[1] for row in rows(gpkg, f'PRAGMA table_info("{layer.name}")')]
        assert [row[0] for row in found] == columns[2:]  # after fid and geom
        assert [row[1:] for row in found] == [(column.label, column.meaning) for column in layer.columns]


def test_aliases_are_words():
    report = build_report(find_territory_name("lozere"))
    for layer in layers(report):
        for column in layer.columns:
            assert column.label[0].isupper()
            assert "_" not in column.label
            assert column.meaning


def test_a_null_character_does_not_cut_a_text_short(tmp_path):
    made = territory({"03185": ""})
    report = Report(cover(made, Structure("a", "avant\0après", "CS", seat="03185")))
    write_gpkg(report, tmp_path / "x.gpkg")
    back = pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="structures")
    assert list(back["nom"]) == ["avant\N{REPLACEMENT CHARACTER}après"]


def testgdal_options_of_the_process_come_back():
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        with gpkg_file.gdal_options(OGR_CURRENT_DATE="x"):
            assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "x"
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "2000-01-01T00:00:00.000Z"
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})

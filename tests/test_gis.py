"""Layers for a GIS: GeoPackage, GeoJSON and GeoParquet give back what the report says."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import pairwise
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from avs_coverage import OutputError, Report, build_report, find_territory_name
from avs_coverage.coverage import Coverage
from avs_coverage.indicators import Indicator
from avs_coverage.inventory import Inventory, Structure
from avs_coverage.messages import joined
from avs_coverage.projection import project, reproject
from avs_coverage.reports import gpkg_file
from avs_coverage.reports.geo_layers import LAYER_NAMES, geo_layers, layers
from avs_coverage.reports.geojson_file import write_geojson
from avs_coverage.reports.geoparquet_file import write_geoparquet
from avs_coverage.reports.gpkg_file import write_gpkg
from avs_coverage.reports.palette import STATUS_COLOURS, rgb
from avs_coverage.rules import get_rule
from tests.conftest import ROOT
from tests.worlds import DAY, cover, structure, territory

# The oldest pyproj allowed warns of an array of one point, which geopandas hands it: nothing is amiss.
pytestmark = pytest.mark.filterwarnings("ignore:Conversion of an array with ndim:DeprecationWarning")

HOSTILE = [
    "L'Étoile \"d'or\"; DROP TABLE communes;--",
    "<script>alert(1)</script> & ]]> <!--",
    "=1+1\ttab\nligne " + "très long " * 2000,
]


@pytest.fixture(scope="module")
def world() -> Report:
    """Return a small world of real communes: own points, a chef-lieu, an unlocated one, hostile texts."""
    made = territory({"03185": "E", "03095": "E", "03190": "E", "03001": ""}, [("03190", "03001")])
    x_m, y_m = project(2.6025, 46.3401, 2154)
    here = {"x_m": x_m, "y_m": y_m, "has_point": True, "longitude": 2.6025, "latitude": 46.3401}
    placed = Structure("a", HOSTILE[0], "CS", seat="03185", seat_epci="E", note=HOSTILE[2], **here)
    coarse = structure("b", "EVS", "03095", world=made, acf=True, seat_quality="certain", capacity=12)
    lost = structure("c", "EVS", status="a_confirmer")
    found = cover(made, placed, coarse, lost, rule="declared")
    values = pd.Series([1.0, 2.5, float("nan"), 4.0], index=made.communes.index)
    states = pd.Series(["connu", "connu", "secret", "connu"], index=made.communes.index)
    classes = pd.Series(["x", "", HOSTILE[0], HOSTILE[1]], index=made.communes.index)
    headers = ["Statut", "FID", HOSTILE[0], "date"]
    natures = ["inconnue", "inconnue", "classe", "classe"]
    indicators = tuple(
        Indicator(name, HOSTILE[1], nature, "", "s", "", "f.csv", series, states)
        for name, nature, series in zip(headers, natures, [values, values, classes, classes], strict=True)
    )
    coverage = Coverage(made.with_indicators(indicators), found.inventory, found.rule, found.on, found.found)
    return Report(coverage)


@pytest.fixture(scope="module")
def lozere() -> Report:
    return build_report(find_territory_name("lozere"))


@pytest.fixture(scope="module", params=["allier", "world", "lozere"])
def report(request: pytest.FixtureRequest) -> Report:
    return request.getfixturevalue(request.param)


def plain(values: pd.Series) -> list[object]:
    return [None if pd.isna(value) else value for value in values]


def assert_same(frame: gpd.GeoDataFrame, back: gpd.GeoDataFrame) -> None:
    """Compare a layer and what is read back: names, rows, every value, the projection, every shape."""
    assert list(back.columns) == list(frame.columns)
    assert len(back) == len(frame)
    assert back.crs == frame.crs
    for name in frame.columns.drop("geometry"):
        assert plain(back[name]) == plain(frame[name]), name
    assert list(back.geometry.isna()) == list(frame.geometry.isna())
    one, other = frame.geometry.dropna(), back.geometry.dropna()
    assert list(one.geom_type) == list(other.geom_type)
    assert one.geom_equals_exact(other, 1e-6).all()


# --- The layers


def test_no_row_is_lost(report):
    found = geo_layers(report)
    assert tuple(found) == LAYER_NAMES
    coverage = report.coverage
    assert list(found["communes"]["code_insee"]) == list(coverage.territory.communes.index)
    assert len(found["zones_blanches"]) + len(found["couverture_a_preciser"]) == len(report.zones)
    assert list(found["qpv"]["code_qpv"]) == [view.qpv.code for view in report.qpv]
    assert list(found["structures"]["id"]) == [one.id for one in coverage.inventory.structures]
    assert len(found["liens"]) == len(coverage.links)


def test_communes_without_a_contour_keep_their_row():
    report = build_report(find_territory_name("85"))
    communes = geo_layers(report)["communes"]
    assert len(communes) == 253
    assert list(communes[communes.geometry.isna()]["code_insee"]) == ["85165", "85212"]


def test_the_columns_are_those_of_the_records(report):
    for layer in layers(report):
        names = [column.name for column in layer.columns]
        assert len({name.casefold() for name in names}) == len(names)
        assert len({column.label.casefold() for column in layer.columns}) == len(names)
        for record in layer.records:
            assert set(record) == set(names)
        keys = [tuple(record[name] for name in layer.key) for record in layer.records]
        assert len(set(keys)) == len(keys)
        assert "geom" not in {name.casefold() for name in names}


def test_the_values_are_those_of_the_csv(allier, run, tmp_path):
    for name in ("communes", "qpv", "zones"):
        assert run(name, "allier", "--csv", f"{name}.csv", "--csv-dialect", "standard").returncode == 0
    found = geo_layers(allier)
    both = pd.concat([found["zones_blanches"], found["couverture_a_preciser"]])
    for name, frame in (("communes", found["communes"]), ("qpv", found["qpv"]), ("zones", both)):
        table = pd.read_csv(tmp_path / f"{name}.csv", dtype=str, keep_default_na=False)
        assert set(table.columns) <= set(frame.columns)
        for column in table.columns:
            written = [_cell(value) for value in plain(frame[column])]
            assert written == list(table[column]), (name, column)


def _cell(value: object) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "oui" if value else "non"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def test_types_do_not_depend_on_values(allier, lozere):
    full, empty = geo_layers(allier), geo_layers(lozere)
    for name in LAYER_NAMES:
        assert full[name].dtypes.to_dict() == empty[name].dtypes.to_dict(), name
    assert len(empty["zones_blanches"]) == len(empty["liens"]) == 0
    assert set(empty["communes"]["statut"]) == {""}
    assert empty["communes"]["nb_cs"].isna().all()  # unknown, not zero


def test_a_zone_is_the_union_of_its_communes(allier):
    found = geo_layers(allier)
    contours = found["communes"].set_index("code_insee").geometry
    for name in ("zones_blanches", "couverture_a_preciser"):
        for _, zone in found[name].iterrows():
            codes = zone["communes"].split("|")
            assert zone.geometry.area == pytest.approx(contours[codes].area.sum(), rel=1e-3)
            assert contours[codes].representative_point().within(zone.geometry).all()
            assert zone["communes_sans_contour"] == ""


def test_a_zone_says_which_of_its_communes_are_not_drawn():
    made = territory({"85165": "", "85212": "", "85001": ""}, [("85165", "85001")], departement="85")
    report = Report(cover(made, departements=frozenset({"85"})))
    zones = geo_layers(report)["zones_blanches"].set_index("commune_principale")
    assert list(zones["nb_communes"]) == [2, 1]
    assert list(zones["communes_sans_contour"]) == ["85165", "85212"]
    assert zones.geometry["85165"].area > 1e6
    assert zones.geometry["85212"] is None


def test_structures_and_links_are_drawn_where_the_structure_is(world):
    found = geo_layers(world)
    placed, coarse, lost = found["structures"].itertuples()
    assert gpd.GeoSeries([placed.geometry], crs=2154).to_crs(4326)[0].distance(
        shapely.Point(2.6025, 46.3401)
    ) == pytest.approx(0, abs=1e-7)
    assert (placed.position, coarse.position, lost.position) == ("point", "chef_lieu", "inconnue")
    assert (coarse.geometry.x, coarse.geometry.y) == (2000, 0)  # the chef-lieu of its seat
    assert lost.geometry is None
    assert list(found["structures"]["comptee"]) == [True, True, False]
    links = found["liens"].set_index(["structure", "code_insee"])
    own = links.loc[("a", "03185")]
    chef_lieu = world.coverage.territory.rows["03185"]
    assert own.geometry.coords[:] == [(placed.geometry.x, placed.geometry.y), (chef_lieu.x_m, chef_lieu.y_m)]
    assert (own["niveau"], own["fondement"], own["part"]) == ("etabli", "siege", 1.0)
    at_home = links.loc[("b", "03095")]
    assert at_home.geometry is None  # from the chef-lieu to itself
    assert links.loc[("b", "03190")]["niveau"] == "possible"
    assert links["certain"].equals(links["niveau"].isin(["etabli", "certain"]).astype("boolean"))


def test_a_structure_of_another_projection_is_put_in_that_of_the_layers():
    made = territory({"03185": ""})
    x_m, y_m = project(55.45, -20.88, 2975)
    far = Structure("far", "Saint-Denis", "CS", seat="97411", x_m=x_m, y_m=y_m, has_point=True)
    report = Report(cover(made, far))
    point = geo_layers(report)["structures"].geometry[0]
    assert (point.x, point.y) == pytest.approx([v[0] for v in reproject([x_m], [y_m], 2975, 2154)], rel=1e-9)


def test_the_projection_is_the_legal_one(allier):
    assert geo_layers(allier)["communes"].crs.to_epsg() == 2154
    reunion = build_report(find_territory_name("974"))
    frames = geo_layers(reunion)
    assert {frame.crs.to_epsg() for frame in frames.values()} == {2975}
    assert len(frames["communes"]) == 24


def test_a_territory_of_several_projections_is_in_wgs84(monkeypatch):
    made = territory({"03185": "", "97411": ""})
    made.communes.loc["97411", "departement"] = "974"
    made = type(made)(type(made.name)("region", "x", "Deux", ("03", "974")), made.communes, **{})
    made.__dict__["neighbours"] = pd.DataFrame(columns=["code", "voisin"])
    report = Report(Coverage.compute(made, Inventory((), frozenset(), "", ""), get_rule("declared"), DAY))
    communes = geo_layers(report)["communes"]
    assert communes.crs.to_epsg() == 4326
    west, south, east, north = communes.total_bounds
    assert west < 3
    assert east > 55
    assert south < -20
    assert north > 46


# --- GeoPackage


@pytest.fixture(scope="module")
def gpkg(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("gpkg") / "x.gpkg"
    write_gpkg(report, path)
    return path


def rows(path, query):
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


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


QGIS_STYLE_TABLE = [
    ("id", "INTEGER"), ("f_table_catalog", "TEXT(256)"), ("f_table_schema", "TEXT(256)"),
    ("f_table_name", "TEXT(256)"), ("f_geometry_column", "TEXT(256)"), ("styleName", "TEXT(30)"),
    ("styleQML", "TEXT"), ("styleSLD", "TEXT"), ("useAsDefault", "BOOLEAN"), ("description", "TEXT"),
    ("owner", "TEXT(30)"), ("ui", "TEXT(30)"), ("update_time", "DATETIME"),
]  # fmt: skip


def test_styles_are_where_qgis_looks_for_them(report, gpkg):
    described = rows(gpkg, "PRAGMA table_info(layer_styles)")
    assert [(name, kind) for _, name, kind, *_ in described] == QGIS_STYLE_TABLE
    assert [name for _, name, _, _, _, is_key in described if is_key] == ["id"]
    # What QGIS asks for when it opens a layer (QgsOgrProviderMetadata::loadStyle).
    for name in LAYER_NAMES:
        query = (
            f"SELECT useAsDefault, styleName, update_time FROM layer_styles WHERE f_table_schema='' AND "
            f"f_table_name='{name}' AND f_geometry_column='geom' AND f_table_catalog=''"
        )
        ((default, title, moment),) = rows(gpkg, query)
        assert default == 1
        assert 0 < len(title) <= 30
        assert moment == f"{report.coverage.on}T00:00:00.000Z"


def test_styles_are_read_back(report, gpkg):
    frames = geo_layers(report)
    shapes = {"MultiPolygon": ("2", "fill"), "Point": ("0", "marker"), "LineString": ("1", "line")}
    for layer in layers(report):
        ((text,),) = rows(gpkg, f"SELECT styleQML FROM layer_styles WHERE f_table_name='{layer.name}'")
        assert text.startswith("<!DOCTYPE qgis ")
        root = ElementTree.fromstring(text)
        assert root.tag == "qgis"
        assert root.get("version", "").startswith("3.")
        number, kind = shapes[layer.geometry]
        assert root.findtext("layerGeometryType") == number
        renderer = root.find("renderer-v2")
        symbols = {symbol.get("name"): symbol for symbol in renderer.findall("symbols/symbol")}
        assert {symbol.get("type") for symbol in symbols.values()} == {kind}
        for symbol in symbols.values():
            (drawn,) = symbol.findall("layer")
            options = {o.get("name"): o.get("value") for o in drawn.findall("Option/Option")}
            assert options == {prop.get("k"): prop.get("v") for prop in drawn.findall("prop")}
            assert options
        if renderer.get("type") == "categorizedSymbol":
            attribute = renderer.get("attr")
            categories = renderer.findall("categories/category")
            assert {category.get("symbol") for category in categories} == set(symbols)
            assert all(category.get("label") for category in categories)
            values = {category.get("value") for category in categories}
            assert set(frames[layer.name][attribute]) <= values
        else:
            assert renderer.get("type") == "singleSymbol"
            assert list(symbols) == ["0"]
        aliases = [(a.get("field"), a.get("name")) for a in root.findall("aliases/alias")]
        assert aliases == [(column.name, column.label) for column in layer.columns]


def test_categories_cover_every_value_that_may_come(gpkg):
    def values(name):
        ((text,),) = rows(gpkg, f"SELECT styleQML FROM layer_styles WHERE f_table_name='{name}'")
        return {
            c.get("value") for c in ElementTree.fromstring(text).findall("renderer-v2/categories/category")
        }

    assert values("communes") == {"cs_seul", "cs_et_evs", "evs_seul", "aucune", ""}
    assert values("structures") == {"CS", "EVS"}
    assert values("liens") == {"etabli", "certain", "possible"}


# --- GeoJSON and GeoParquet


def test_geoparquet_gives_back_the_same_values(report, tmp_path):
    paths = write_geoparquet(report, tmp_path / "dossier")
    assert [path.name for path in paths] == [f"{name}.parquet" for name in LAYER_NAMES]
    for name, frame in geo_layers(report).items():
        back = gpd.read_parquet(tmp_path / "dossier" / f"{name}.parquet")
        assert_same(frame, back)


def test_geojson_gives_back_the_same_values(report, tmp_path):
    write_geojson(report, tmp_path)
    for layer in layers(report):
        path = tmp_path / f"{layer.name}.geojson"
        document = json.loads(path.read_bytes())
        features = document["features"]
        assert [one["properties"] for one in features] == json.loads(
            json.dumps(
                [{column.name: record[column.name] for column in layer.columns} for record in layer.records]
            )
        )
        assert [one["id"] for one in features] == [
            "/".join(record[name] for name in layer.key) for record in layer.records
        ]
        if features:
            back = gpd.GeoDataFrame.from_features(features, crs=4326)
            shapes = layer.frame.to_crs(4326).geometry
            assert list(back.geometry.isna()) == list(shapes.isna())
            far = shapely.hausdorff_distance(back.geometry.dropna().values, shapes.dropna().values)
            assert (far < 1.5e-6).all()
        if any(one["geometry"] for one in features):
            read = pyogrio.read_dataframe(path)
            assert len(read) == len(features)
            assert read.crs.to_epsg() == 4326


def test_geojson_follows_rfc_7946(report, tmp_path):
    for path in write_geojson(report, tmp_path):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert document["type"] == "FeatureCollection"
        assert "crs" not in document
        assert len({one["id"] for one in document["features"]}) == len(document["features"])
        corners = []
        for feature in document["features"]:
            assert feature["type"] == "Feature"
            assert set(feature) == {"type", "id", "properties", "geometry"}
            geometry = feature["geometry"]
            if geometry is None:
                continue
            assert shapely.is_valid(shapely.geometry.shape(geometry))
            corners += _positions(geometry["coordinates"])
            for polygon in geometry["coordinates"] if geometry["type"] == "MultiPolygon" else ():
                for rank, ring in enumerate(polygon):
                    assert ring[0] == ring[-1]
                    assert len(ring) >= 4
                    assert (_signed_area(ring) > 0) == (rank == 0)  # right-hand rule
        if corners:
            west, south, east, north = document["bbox"]
            assert (west, east) == (min(x for x, _ in corners), max(x for x, _ in corners))
            assert (south, north) == (min(y for _, y in corners), max(y for _, y in corners))
            assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in corners)
            assert all(round(value, 6) == value for corner in corners for value in corner)
        else:
            assert "bbox" not in document


def _positions(coordinates):
    if isinstance(coordinates[0], float):
        return [tuple(coordinates)]
    return [position for part in coordinates for position in _positions(part)]


def _signed_area(ring):
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))


def test_lists_are_lists_in_geojson_and_joined_elsewhere(allier, tmp_path):
    write_geojson(allier, tmp_path)
    zone = json.loads((tmp_path / "zones_blanches.geojson").read_bytes())["features"][0]["properties"]
    assert isinstance(zone["communes"], list)
    assert geo_layers(allier)["zones_blanches"]["communes"][0] == "|".join(zone["communes"])
    assert zone["completude"] == {"CS": "10/20", "EVS": "8/12"}
    assert joined(zone["completude"]) == "CS=10/20|EVS=8/12"


# --- Every format


def test_hostile_headers_keep_their_values_beside_the_columns_of_the_tool(world):
    frame = geo_layers(world)["communes"]
    assert {"statut", "Statut_2", "FID_2", HOSTILE[0], "date", "date_2"} <= set(frame.columns)
    assert plain(frame["Statut_2"]) == [1.0, 2.5, None, 4.0]
    assert plain(frame["date_2"]) == ["x", None, HOSTILE[0], HOSTILE[1]]
    assert set(frame["date"]) == {"2022-12-31"}
    assert plain(frame["Statut_etat"]) == ["connu", "connu", "secret", "connu"]


SCRIPT = """
import sys
from pathlib import Path
from avs_coverage import build_report, find_territory_name
from avs_coverage.reports.geojson_file import write_geojson
from avs_coverage.reports.geoparquet_file import write_geoparquet
from avs_coverage.reports.gpkg_file import write_gpkg
report = build_report(find_territory_name("allier"))
folder = Path(sys.argv[1])
write_gpkg(report, folder / "x.gpkg")
write_geojson(report, folder)
write_geoparquet(report, folder)
"""


def test_same_inputs_same_bytes(tmp_path):
    digests = []
    for seed, zone, locale in (("1", "Asia/Tokyo", "C"), ("2", "America/Cayenne", "fr_FR.UTF-8")):
        folder = tmp_path / seed
        folder.mkdir()
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", SCRIPT, str(folder)], check=True, env=env, timeout=120)
        digests.append({path.name: hashlib.sha256(path.read_bytes()).digest() for path in folder.iterdir()})
    assert digests[0] == digests[1]
    assert len(digests[0]) == 13


def test_an_existing_file_is_refused_and_then_replaced(lozere, tmp_path):
    writers = {
        "x.gpkg": lambda force: write_gpkg(lozere, tmp_path / "x.gpkg", force),
        "qpv.geojson": lambda force: write_geojson(lozere, tmp_path, force),
        "qpv.parquet": lambda force: write_geoparquet(lozere, tmp_path, force),
    }
    for name, write in writers.items():
        (tmp_path / name).write_text("mien")
        before = set(tmp_path.iterdir())
        with pytest.raises(OutputError, match="existe déjà"):
            write(False)
        assert (tmp_path / name).read_text() == "mien"
        assert set(tmp_path.iterdir()) == before  # not one file of several
        write(True)
        assert (tmp_path / name).stat().st_size > 100


def test_a_failure_midway_leaves_the_old_file(lozere, tmp_path, monkeypatch):
    path = tmp_path / "x.gpkg"
    path.write_text("mien")
    real = pyogrio.write_dataframe

    def failing(frame, *arguments, layer, **more):
        if layer == "structures":
            raise pyogrio.errors.FeatureError("database or disk is full")
        return real(frame, *arguments, layer=layer, **more)

    monkeypatch.setattr(pyogrio, "write_dataframe", failing)
    with pytest.raises(OutputError, match="faute de place"):
        write_gpkg(lozere, path, force=True)
    assert path.read_text() == "mien"
    assert [one.name for one in tmp_path.iterdir()] == ["x.gpkg"]
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_a_null_character_does_not_cut_a_text_short(tmp_path):
    made = territory({"03185": ""})
    report = Report(cover(made, Structure("a", "avant\0après", "CS", seat="03185")))
    write_gpkg(report, tmp_path / "x.gpkg")
    back = pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="structures")
    assert list(back["nom"]) == ["avant\N{REPLACEMENT CHARACTER}après"]


def test_gdal_options_of_the_process_come_back():
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        with gpkg_file._gdal_options(OGR_CURRENT_DATE="x"):
            assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "x"
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "2000-01-01T00:00:00.000Z"
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


# Machado, Oliveira and Fernandes (IEEE TVCG, 2009), severity 1.0, on linear RGB.
_BLINDNESS = {
    "protanopie": [
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)
    ],
    "deuteranopie": [
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)
    ],
    "tritanopie": [
        (1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)
    ],
    "aucune": [(1, 0, 0), (0, 1, 0), (0, 0, 1)],
}  # fmt: skip


@pytest.mark.parametrize("kind", _BLINDNESS)
def test_the_colours_of_statuses_are_told_apart_by_everyone(kind):
    seen = {}
    for status, colour in STATUS_COLOURS.items():
        linear = [((c / 255 + 0.055) / 1.055) ** 2.4 if c > 10 else c / 255 / 12.92 for c in rgb(colour)]
        mixed = [sum(a * b for a, b in zip(line, linear, strict=True)) for line in _BLINDNESS[kind]]
        seen[status] = _lab([min(max(value, 0), 1) for value in mixed])
    for one, first in seen.items():
        for other, second in seen.items():
            if one < other:
                assert sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5 > 20, (one, other)


def _lab(linear):
    matrix = [(0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)]
    white = (0.9505, 1.0, 1.089)
    xyz = [
        sum(a * b for a, b in zip(line, linear, strict=True)) / w
        for line, w in zip(matrix, white, strict=True)
    ]
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)

"""Boundaries of communes in the columns of every official edition, and what is wrong with some."""

from __future__ import annotations

import json
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, Point, Polygon, box

from avs_coverage import InputError, Territory
from avs_coverage.gazetteer import Gazetteer
from avs_coverage.loaders.boundaries import read_boundaries_file

# Montluçon and Domérat side by side, near their chefs-lieux; Vichy apart.
SQUARES = {
    "03185": box(2.58, 46.30, 2.64, 46.38),
    "03101": box(2.52, 46.30, 2.58, 46.38),
    "03310": box(3.40, 46.10, 3.46, 46.14),
}
NAMES = {"03185": "Montluçon", "03101": "Domérat", "03310": "Vichy"}
PARIS = box(2.25, 48.82, 2.41, 48.90)


def frame(columns, shapes=None, codes=None):
    codes = list(codes or SQUARES)
    rows = [
        {name: value(code) if callable(value) else value for name, value in columns.items()} for code in codes
    ]
    return gpd.GeoDataFrame(rows, geometry=list(shapes or (SQUARES[code] for code in codes)), crs=4326)


ADMIN_EXPRESS_3 = {
    "ID": lambda code: f"COMMUNE_{code}",
    "NOM": NAMES.get,
    "NOM_M": lambda code: NAMES[code].upper(),
    "INSEE_COM": str,
    "STATUT": "Commune simple",
    "POPULATION": 10,
    "INSEE_CAN": "01",
    "INSEE_ARR": "2",
    "INSEE_DEP": "03",
    "INSEE_REG": "84",
    "SIREN_EPCI": "200071082",
}
ADMIN_EXPRESS_2 = {
    "ID": str,
    "NOM_COM": NAMES.get,
    "NOM_COM_M": NAMES.get,
    "INSEE_COM": str,
    "STATUT": "Commune simple",
    "CODE_EPCI": "200071082",
}
ADMIN_EXPRESS_4 = {
    "cleabs": str,
    "code_insee": str,
    "nom_officiel": NAMES.get,
    "statut": "Commune simple",
    "population": 10,
    "code_insee_du_departement": "03",
    "code_insee_de_la_region": "84",
    "codes_siren_des_epci": "200071082/NR",
    "superficie_cadastrale": 2000,
}
GEO_API = {"nom": NAMES.get, "code": str, "population": 10, "codeEpci": "200071082", "surface": 2000.0}
ETALAB = {"code": str, "nom": NAMES.get, "departement": "03", "region": "84", "epci": "200071082"}
PLAIN = {"code": str, "nom": NAMES.get}


def read(path, wanted=tuple(SQUARES)):
    return read_boundaries_file(path, wanted)


def warned(found):
    """The codes of the warnings, but for the areas: the squares of these tests are no real communes."""
    return [fault.code for fault in found.warnings if fault.code != "AVS-935"]


def refused(path, wanted=tuple(SQUARES)):
    with pytest.raises(InputError) as caught:
        read(path, wanted)
    return [fault.code for fault in caught.value.faults]


def saved(tmp_path, made, name, **more):
    path = tmp_path / name
    made.to_parquet(path) if name.endswith("parquet") else made.to_file(path, **more)
    return path


def check(found, edition):
    """One square of 0.06° by 0.08° at 46.34° N is 41.1 km²; the two neighbours see each other."""
    assert found.format == edition
    assert sorted(found.frame.index) == sorted(SQUARES)
    assert found.frame.loc["03185", "superficie_km2"] == pytest.approx(41.06, abs=0.05)
    assert [tuple(pair) for pair in found.neighbours.to_numpy()] == [("03101", "03185"), ("03185", "03101")]
    assert found.rows_read == found.rows_used == 3


@pytest.mark.parametrize("columns", [ADMIN_EXPRESS_3, ADMIN_EXPRESS_2], ids=["3.x", "2.x"])
@pytest.mark.parametrize("epsg", [4326, 2154])
def test_admin_express_in_capitals_is_a_shapefile(tmp_path, columns, epsg):
    path = saved(tmp_path, frame(columns).to_crs(epsg), "COMMUNE.shp", encoding="utf-8")
    found = read(path)
    # A Lambert-93 straight edge is not a straight edge in degrees: areas agree to 0.1 %.
    assert found.format == "ADMIN EXPRESS 1.x à 3.x"
    assert found.frame["superficie_km2"].sum() == pytest.approx(102.8, abs=0.3)
    assert len(found.neighbours) == 2


def test_a_whole_archive_of_admin_express_is_read_zipped(tmp_path):
    saved(tmp_path, frame(ADMIN_EXPRESS_3), "COMMUNE.shp")
    departement = frame({"INSEE_DEP": "03", "NOM": "Allier"}, [MultiPolygon(SQUARES.values())], ["03"])
    saved(tmp_path, departement, "DEPARTEMENT.shp")
    with zipfile.ZipFile(tmp_path / "edition.zip", "w") as archive:
        for path in sorted(tmp_path.glob("*.*")):
            if path.suffix != ".zip":
                archive.write(path, f"1_DONNEES/{path.name}")
    check(read(tmp_path / "edition.zip"), "ADMIN EXPRESS 1.x à 3.x")


def test_admin_express_4_is_known_by_its_columns_among_its_layers(tmp_path):
    path = saved(tmp_path, frame(ADMIN_EXPRESS_4), "ade.gpkg", layer="commune")
    others = {
        "departement": {"code_insee": "03", "nom_officiel": "Allier"},
        "canton": {"code_insee": "0301", "nom_officiel": "Canton", "code_insee_du_departement": "03"},
        "commune_associee_ou_deleguee": {
            "code_insee": str,
            "nom_officiel": NAMES.get,
            "code_insee_de_la_commune_de_rattachement": "03185",
        },
    }
    for layer, columns in others.items():
        frame(columns).to_file(path, layer=layer)
    points = frame({"nom_officiel": "Mairie", "code_insee_de_la_commune": str}, [Point(2.6, 46.3)] * 3)
    points.to_file(path, layer="chef_lieu_de_commune")
    check(read(path), "ADMIN EXPRESS 4.0")


def test_admin_express_4_is_also_a_geoparquet_whose_geometry_has_another_name(tmp_path):
    made = frame(ADMIN_EXPRESS_4).rename_geometry("geometrie")
    check(read(saved(tmp_path, made, "commune.parquet")), "ADMIN EXPRESS 4.0")


@pytest.mark.parametrize(
    ("columns", "edition"),
    [
        (GEO_API, "geo.api.gouv.fr"),
        (ETALAB, "contours administratifs, Etalab"),
        (PLAIN, "couche de communes"),
    ],
)
def test_geojson_editions(tmp_path, columns, edition):
    check(read(saved(tmp_path, frame(columns), "communes.geojson")), edition)


def test_the_name_of_a_file_says_nothing(tmp_path):
    geojson = saved(tmp_path, frame(PLAIN), "a.geojson").rename(tmp_path / "a.csv")
    gpkg = saved(tmp_path, frame(ADMIN_EXPRESS_4), "b.gpkg").rename(tmp_path / "b.txt")
    check(read(geojson), "couche de communes")
    check(read(gpkg), "ADMIN EXPRESS 4.0")


def test_points_where_contours_were_meant_are_refused_with_the_call(tmp_path):
    made = frame(GEO_API, [shape.centroid for shape in SQUARES.values()])
    path = saved(tmp_path, made, "communes.geojson")
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.faults[0].code == "AVS-352"
    assert "departements/03/communes?" in caught.value.faults[0].hint
    assert "geometry=contour" in caught.value.faults[0].hint
    (tmp_path / "communes.json").write_text(json.dumps([{"code": "03185", "nom": "Montluçon"}]), "utf-8")
    assert refused(tmp_path / "communes.json") == ["AVS-352"]


def test_a_7z_is_named_with_what_to_do(tmp_path, run):
    (tmp_path / "ADMIN-EXPRESS.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(50))
    assert refused(tmp_path / "ADMIN-EXPRESS.7z") == ["AVS-351"]
    done = run("zones", "allier", "--communes", "ADMIN-EXPRESS.7z")
    assert done.returncode == 3
    assert "décompressez-la (7-Zip)" in done.stderr.decode()


def test_arrondissements_beside_their_commune_are_never_counted_twice(tmp_path):
    codes = [str(code) for code in range(75101, 75121)]
    strips = [box(2.25 + 0.008 * i, 48.82, 2.25 + 0.008 * (i + 1), 48.90) for i in range(20)]
    columns = {
        "code": str,
        "nom": "Paris",
        "departement": "75",
        "region": "11",
        "epci": "200054781",
        "plm": lambda code: code == "75056",
        "commune": lambda code: None if code == "75056" else "75056",
    }
    made = frame(columns, [PARIS, *strips], ["75056", *codes])
    found = read(saved(tmp_path, made, "communes.geojson"), ["75056"])
    assert found.frame["superficie_km2"].to_dict() == {"75056": pytest.approx(104.4, abs=0.2)}
    assert (found.rows_read, found.rows_used) == (21, 1)
    assert "20 arrondissements municipaux" in found.set_aside[0].what
    alone = frame(columns, strips, codes)
    joined = read(saved(tmp_path, alone, "arrondissements.geojson"), ["75056"])
    assert joined.frame["superficie_km2"].to_dict() == {"75056": pytest.approx(104.4, abs=0.2)}
    # Version 2.x writes the arrondissement in INSEE_COM and its commune in INSEE_RATT.
    old = frame({"INSEE_COM": str, "INSEE_RATT": "75056"}, strips, codes)
    assert list(read(saved(tmp_path, old, "ARR.shp"), ["75056"]).frame.index) == ["75056"]


def test_an_invalid_geometry_is_repaired_and_said(tmp_path):
    bow_tie = Polygon([(2.58, 46.30), (2.64, 46.38), (2.64, 46.30), (2.58, 46.38)])
    made = frame(PLAIN, [bow_tie, SQUARES["03101"], SQUARES["03310"]])
    found = read(saved(tmp_path, made, "communes.geojson"))
    warning = next(fault for fault in found.warnings if fault.code == "AVS-919")
    assert "Montluçon" in warning.what
    assert found.frame.geometry.is_valid.all()
    # Two triangles that meet in the middle hold half of the square.
    assert found.frame.loc["03185", "superficie_km2"] == pytest.approx(20.5, abs=0.1)


@pytest.mark.full
def test_merged_communes_are_joined_and_a_split_one_is_refused(tmp_path):
    # 14513 Pont-Farcy is a part of 50592 Tessy-Bocage since 2018.
    west, east = box(-1.10, 48.92, -1.05, 48.98), box(-1.05, 48.92, -1.00, 48.98)
    made = frame({"code": str, "nom": "x"}, [west, east], ["50592", "14513"])
    found = read(saved(tmp_path, made, "communes.geojson"), ["50592"])
    assert list(found.frame.index) == ["50592"]
    assert warned(found) == ["AVS-909"]
    assert found.frame["superficie_km2"].iloc[0] == pytest.approx(48.6, abs=0.4)
    # 60455 was merged, then split again: nobody can tell whose its contour is.
    split = frame({"code": str, "nom": "x"}, [box(2.9, 45.0, 3.0, 45.1)], ["60455"])
    today = Gazetteer().movements.passage("60455").today
    assert refused(saved(tmp_path, split, "split.geojson"), today) == ["AVS-329"]
    # Elsewhere, it concerns nobody: a national file of 2018 serves the Allier.
    national = pd.concat([frame(PLAIN), split.assign(nom="x")])
    assert len(read(saved(tmp_path, national, "france.geojson")).frame) == 3


def test_other_communes_are_counted_and_missing_ones_named(tmp_path):
    path = saved(tmp_path, frame(PLAIN), "communes.geojson")
    found = read(path, ["03185", "03190"])
    assert (found.rows_read, found.rows_used) == (3, 1)
    assert "2 lignes d'un autre territoire" in found.set_aside[0].what
    assert warned(found) == ["AVS-921"]
    assert "Moulins" in found.warnings[0].what
    assert refused(path, ["48095"]) == ["AVS-355"]


def test_a_layer_without_projection_is_read_by_its_coordinates_or_refused(tmp_path):
    lambert = frame(ADMIN_EXPRESS_3).to_crs(2154)
    path = saved(tmp_path, lambert, "COMMUNE.shp")
    path.with_suffix(".prj").unlink()
    found = read(path)
    assert warned(found) == ["AVS-920"]
    assert found.frame["superficie_km2"].sum() == pytest.approx(102.8, abs=0.3)
    text = json.loads(lambert.rename(columns={"INSEE_COM": "code"}).to_json(drop_id=True))
    text.pop("crs", None)
    (tmp_path / "lambert.geojson").write_text(json.dumps(text), "utf-8")
    assert warned(read(tmp_path / "lambert.geojson")) == ["AVS-920"]
    mercator = saved(tmp_path, frame(ADMIN_EXPRESS_3).to_crs(3857), "M.shp")
    mercator.with_suffix(".prj").unlink()
    assert refused(mercator) == ["AVS-354"]


def test_contours_far_from_their_chef_lieu_are_refused(tmp_path):
    swapped = frame(PLAIN, [box(46.30, 2.58, 46.38, 2.64), SQUARES["03101"], SQUARES["03310"]])
    assert refused(saved(tmp_path, swapped, "swapped.geojson")) == ["AVS-370"]


def test_polygons_that_overlap_tell_areas_and_no_neighbours(tmp_path):
    made = frame(PLAIN, [box(2.57, 46.30, 2.64, 46.38), SQUARES["03101"], SQUARES["03310"]])
    found = read(saved(tmp_path, made, "communes.geojson"))
    assert found.neighbours is None
    assert found.label.endswith("superficies seules")


def test_one_commune_in_several_rows_is_joined(tmp_path):
    halves = [box(2.58, 46.30, 2.61, 46.38), box(2.61, 46.30, 2.64, 46.38), SQUARES["03101"]]
    made = frame({"code": str}, halves, ["03185", "03185", "03101"])
    found = read(saved(tmp_path, made, "communes.geojson"), ["03185", "03101"])
    assert found.frame.loc["03185", "superficie_km2"] == pytest.approx(41.06, abs=0.05)
    assert "AVS-930" in [fault.code for fault in found.warnings]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "AVS-353"),
        (b"code;nom\n03185;x\n", "AVS-353"),
        (b'{"type":"FeatureCollection","features":[{"type"', "AVS-371"),
        (b"SQLite format 3\0" + bytes(200), "AVS-371"),
        (b"PK\x03\x04" + bytes(40), "AVS-353"),
        (b"PAR1" + bytes(40), "AVS-353"),
        (b"\x00\x00\x27\x0a" + bytes(100), "AVS-371"),
    ],
)
def test_what_is_no_layer_of_communes_is_refused(tmp_path, content, code):
    (tmp_path / "x.geojson").write_bytes(content)
    assert refused(tmp_path / "x.geojson") == [code]


def test_a_missing_file_is_said(tmp_path):
    assert refused(tmp_path / "absent.gpkg") == ["AVS-301"]


def test_the_report_uses_the_contours_and_says_so(run, tmp_path):
    saved(tmp_path, frame(PLAIN), "contours.geojson")
    done = run("report", "allier", "--communes", "contours.geojson", "--json")
    made = json.loads(done.stdout)
    assert made["territoire"]["superficie_km2"] == pytest.approx(102.8, abs=0.3)
    assert made["sources"]["couches_utilisateur"] == [
        "contours : contours.geojson (couche de communes), 3 communes, 314 sans contour, superficies et "
        "voisinage"
    ]
    assert made["territoire"]["communes_sans_superficie"] == 314
    page = run("report", "allier", "--communes", "contours.geojson").stdout.decode()
    assert "(superficie connue de 3 communes seulement)" in " ".join(page.split())
    assert any("Superficie non connue" in text for text in made["sources"]["avertissements"])
    assert "AVS-921" in done.stderr.decode()


def test_neighbours_of_the_file_replace_those_of_its_communes_alone(tmp_path):
    # In the file Désertines (03098) touches Domérat, which no embedded pair says; other pairs stand.
    west = Polygon([(2.52, 46.30), (2.58, 46.30), (2.58, 46.36), (2.58, 46.42), (2.52, 46.42)])
    shapes = [box(2.58, 46.30, 2.64, 46.36), west, box(2.58, 46.36, 2.64, 46.42)]
    joined = frame({"code": str}, shapes, ["03185", "03101", "03098"])
    before = Territory.find("allier")
    after = before.with_boundaries(read(saved(tmp_path, joined, "c.geojson"), before.communes.index))
    pairs = [set(map(tuple, t.neighbours[["code", "voisin"]].to_numpy())) for t in (before, after)]
    assert pairs[1] - pairs[0] == {("03098", "03101"), ("03101", "03098")}
    assert pairs[0] <= pairs[1]


def test_some_arrondissements_are_not_their_commune(tmp_path):
    """Two strips of twenty are not Paris: with nothing else the file is refused, and says what is missing."""
    strips = [box(2.25, 48.82, 2.258, 48.90), box(2.258, 48.82, 2.266, 48.90)]
    made = frame({"code": str, "nom": "Paris"}, strips, ["75101", "75102"])
    with pytest.raises(InputError) as caught:
        read(saved(tmp_path, made, "arrondissements.geojson"), ["75056"])
    assert [(fault.code, "75103" in fault.what) for fault in caught.value.faults] == [("AVS-344", True)]
    both = frame({"code": str, "nom": "x"}, [*strips, SQUARES["03185"]], ["75101", "75102", "03185"])
    found = read(saved(tmp_path, both, "communes.geojson"), ["75056", "03185"])
    assert list(found.frame.index) == ["03185"]
    assert "AVS-933" in [warning.code for warning in found.warnings]
    assert (found.rows_read, found.rows_used) == (3, 1)


def test_contours_that_touch_nowhere_leave_the_embedded_neighbourhood(tmp_path):
    """The two squares shrunk by some 20 m touch no more: that does not make islands of them."""
    shrunk = [shape.buffer(-0.0002) for shape in SQUARES.values()]
    found = read(saved(tmp_path, frame(PLAIN, shrunk), "communes.geojson"))
    assert found.neighbours is None
    assert "superficies seules" in found.label
    named = Territory.find("allier").with_boundaries(found)
    assert len(named.neighbours) == len(Territory.find("allier").neighbours)


def test_areas_that_are_not_those_of_the_communes_are_said(tmp_path):
    """Vichy has 5.9 km²; its square has 20.6: nobody should take one for the other unawares."""
    found = read(saved(tmp_path, frame(PLAIN), "communes.geojson"))
    [warning] = [w for w in found.warnings if w.code == "AVS-935"]
    assert "Vichy (03310), 20,6 au lieu de 5,9" in warning.what.replace("\u202f", " ")


@pytest.mark.parametrize("shape", [Point(3.43, 46.12), Point(3.43, 46.12).buffer(0.01).exterior])
def test_a_point_or_a_line_among_polygons_is_no_contour(tmp_path, shape):
    shapes = [*list(SQUARES.values())[:2], shape]
    found = read(saved(tmp_path, frame(PLAIN, shapes), "communes.geojson"))
    assert sorted(found.frame.index) == ["03101", "03185"]
    assert "AVS-919" not in [warning.code for warning in found.warnings]
    assert "AVS-921" in [warning.code for warning in found.warnings]
    assert (found.rows_read, found.rows_used) == (3, 2)


def test_a_compressed_layer_is_called_so(tmp_path):
    (tmp_path / "communes.geojson.gz").write_bytes(b"\x1f\x8b\x08\x00")
    with pytest.raises(InputError) as caught:
        read(tmp_path / "communes.geojson.gz")
    assert [(fault.code, "gzip" in fault.what) for fault in caught.value.faults] == [("AVS-371", True)]

"""Structures and perimeters of QPV: inside, near, at the limit, undecidable; never what is declared."""

from __future__ import annotations

import csv
import io
import json

import geopandas as gpd
import pytest
import shapely
from pyproj import Transformer
from shapely.geometry import box

from avs_coverage import qpv_perimeters
from avs_coverage.embedded import data_dir
from avs_coverage.qpv import embedded_quarters
from avs_coverage.qpv_location import QpvLocation
from avs_coverage.qpv_perimeters import embedded_perimeters

# A square of 1 km near Montluçon, in Lambert 93.
WEST, SOUTH = 669_000, 6_582_000
TO_DEGREES = Transformer.from_crs(2154, 4326, always_xy=True).transform
HEADER = "id;nom;type;code_insee;longitude;latitude;qpv_desservis"


def row(id, commune, point=None, qpv=""):
    x, y = ("", "") if point is None else (f"{value:.7f}" for value in TO_DEGREES(*point))
    return f"{id};{id};CS;{commune};{x};{y};{qpv}"


@pytest.fixture
def folder(tmp_path):
    """Make the user's own perimeter, and structures in it, 200 m and 400 m from it, and without a point."""
    square = box(WEST, SOUTH, WEST + 1000, SOUTH + 1000)
    columns = {"code_qp": ["QN00304M"], "lib_qp": ["Rive Gauche"], "insee_com": ["03185"]}
    gpd.GeoDataFrame(columns, geometry=[square], crs=2154).to_crs(4326).to_file(tmp_path / "qp.geojson")
    rows = [
        HEADER,
        row("dedans", "03185", (WEST + 500, SOUTH + 500)),
        row("a200", "03185", (WEST + 1200, SOUTH + 500)),
        row("a400", "03185", (WEST + 1400, SOUTH + 500)),
        row("sans", "03185"),
        row("loin", "03310"),
    ]
    (tmp_path / "liste.csv").write_text("\n".join(rows), encoding="utf-8")
    return tmp_path


COMMAND = ("qpv", "allier", "--date", "2026", "--qpv", "qp.geojson", "--structures", "liste.csv")


def asked(run, *more):
    return json.loads(run(*COMMAND, "--json", *more).stdout)["qpv"][0]


def test_structures_are_inside_near_or_not_to_be_told(run, folder):
    found = asked(run)
    assert found["structure_a_proximite"] == "dans_le_perimetre"
    assert (found["structure_proche"], found["distance_m"]) == ("dedans", 0)
    assert found["structures_dedans"] == ["dedans"]
    assert found["structures_proches"] == ["a200"]
    # Seated in the quarter's commune without a point of its own; the one of Vichy is out of question.
    assert found["structures_indecidables"] == ["sans"]
    # The user's own perimeter is taken as it is.
    assert (found["seuil_m"], found["incertitude_m"]) == (300, 0)
    assert asked(run, "--distance", "450")["structures_proches"] == ["a200", "a400"]


def test_the_page_prints_the_distance(run, folder):
    page = run(*COMMAND, "--distance", "450").stdout.decode()
    assert "à 450 m au plus" in page
    assert run(*COMMAND, "--distance", "-3").returncode == 2


def six(generation):
    """Return a list with one structure well inside each of the six perimeters of the Allier."""
    codes = sorted(c for c, q in embedded_quarters(["03"]).items() if q.generation == generation)
    shapes = embedded_perimeters(set(codes))
    assert len(codes) == len(shapes) == 6
    rows = [HEADER]
    for code in codes:
        centre = shapely.maximum_inscribed_circle(shapes[code].shape, tolerance=1).coords[0]
        rows.append(row(f"in-{code}", embedded_quarters(["03"])[code].communes[0], centre))
    return rows


@pytest.mark.parametrize(
    ("generation", "day", "people"), [(2015, "2022-12-31", 13_462), (2024, "2026-01-01", 13_066)]
)
def test_with_a_point_in_all_six_perimeters_the_answer_is_not_that_nothing_is_known(
    run, tmp_path, generation, day, people
):
    (tmp_path / "liste.csv").write_text("\n".join(six(generation)), encoding="utf-8")
    done = run("report", "allier", "--date", day, "--structures", "liste.csv", "--json")
    qpv = json.loads(done.stdout)["qpv"]
    near = qpv["proximite"]
    assert near["par_statut"]["dans_le_perimetre"] == 6
    assert near["dans_le_perimetre"]["qpv"] == {"nombre": 6, "minorant": 6, "majorant": 6}
    assert near["a_proximite"]["habitants"] == {"nombre": people, "minorant": people, "majorant": people}
    # What is declared stays apart: nobody declares to serve anything.
    assert qpv["synthese"]["nb_avec_structure"] == 0
    page = run("qpv", "allier", "--date", day, "--structures", "liste.csv").stdout.decode()
    assert "0 avec structure" in page
    assert "6 sur 6 avec une structure dans le périmètre" in page


def test_both_relations_stand_side_by_side_in_every_medium(run, tmp_path):
    (tmp_path / "liste.csv").write_text("\n".join(six(2024)), encoding="utf-8")
    options = ("allier", "--date", "2026", "--structures", "liste.csv")
    assert run("export", *options, "-o", "out", "--format", "csv,gpkg,geojson", "--csv-dialect",
               "standard").returncode == 0  # fmt: skip
    read = {
        name: list(csv.DictReader(io.StringIO((tmp_path / "out" / name).read_text(encoding="utf-8-sig"))))
        for name in ("qpv.csv", "synthese.csv")
    }
    assert {(r["desservi"], r["structure_a_proximite"]) for r in read["qpv.csv"]} == {
        ("non_renseigne", "dans_le_perimetre")
    }
    counts = {(r["mesure"], r["statut"]): (r["numerateur"], r["denominateur"]) for r in read["synthese.csv"]}
    assert counts["qpv", "avec_structure"] == ("0", "6")
    assert counts["qpv", "dans_le_perimetre"] == counts["qpv", "a_proximite"] == ("6", "6")
    assert counts["habitants_qpv", "dans_le_perimetre"] == ("13066", "13066")
    layer = gpd.read_file(next((tmp_path / "out").rglob("*.gpkg")), layer="qpv").set_index("code_qpv")
    shapes = embedded_perimeters(set(layer.index))
    assert len(layer) == 6
    assert all(layer.geometry[code].equals(one.shape) for code, one in shapes.items())
    for code, perimeter in shapes.items():
        assert layer.crs.to_epsg() == 2154
        assert layer.area[code] == perimeter.shape.area
    page = run("explain", *options, "QN00304M").stdout.decode()
    assert "Dans le périmètre : « in-QN00304M »" in page
    assert "Être à côté n'est pas desservir" in page


@pytest.fixture
def square_quarter(monkeypatch):
    """Make the embedded perimeter of Rive Gauche a square of 1 km, known to 8 m."""
    square = box(WEST, SOUTH, WEST + 1000, SOUTH + 1000)

    def one(codes):
        return {c: qpv_perimeters.Perimeter(square, 8.0) for c in codes if c == "QN00304M"}

    monkeypatch.setattr(qpv_perimeters, "embedded_perimeters", one)


# By hand: the east side is at WEST + 1000, the corner at (WEST + 1000, SOUTH + 1000).
@pytest.mark.parametrize(
    ("point", "status", "metres", "limit"),
    [
        ((1240, 500), "a_proximite", 240, False),
        ((1144, 1192), "a_proximite", 240, False),  # 144 east, 192 north of the corner
        ((992.5, 500), "a_proximite", 0, True),  # 7.5 m inside, which 8 m may turn to outside
        ((1007, 500), "a_proximite", 7, True),
        ((991, 500), "dans_le_perimetre", 0, False),
        ((1291, 500), "a_proximite", 291, False),  # 291 + 8 = 299
        ((1296, 500), "indecidable", 296, False),
        ((1305, 500), "indecidable", 305, False),
        ((1309, 500), "aucune_connue", 309, False),  # 309 - 8 = 301
    ],
)
def test_what_the_uncertainty_of_the_perimeter_decides(
    run, tmp_path, square_quarter, point, status, metres, limit
):
    text = "\n".join([HEADER, row("un", "03185", (WEST + point[0], SOUTH + point[1]))])
    (tmp_path / "liste.csv").write_text(text, encoding="utf-8")
    made = run("qpv", "allier", "--date", "2026", "--structures", "liste.csv", "--json")
    found = {one["code_qpv"]: one for one in json.loads(made.stdout)["qpv"]}["QN00304M"]
    assert (found["structure_a_proximite"], found["distance_m"]) == (status, metres)
    assert found["incertitude_m"] == 8
    assert found["structures_limite"] == (["un"] if limit else [])
    page = run("qpv", "allier", "--date", "2026", "--structures", "liste.csv").stdout.decode()
    if status == "a_proximite":
        plain = page.replace("\u202f", " ").replace("\xa0", " ")
        assert f"à {metres} m ± 8 m (un)" in plain
        assert ("dedans ou dehors : indécidable" in plain) == limit


def statuses(run, tmp_path, rows, *more):
    (tmp_path / "liste.csv").write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    done = run("qpv", "allier", "--date", "2026", "--structures", "liste.csv", "--json", *more)
    return {one["code_qpv"]: one["structure_a_proximite"] for one in json.loads(done.stdout)["qpv"]}


def test_none_is_near_needs_the_place_of_every_structure_within_reach(run, tmp_path):
    far = row("loin", "03185", (WEST + 20_000, SOUTH))  # with coordinates, far from every quarter
    assert set(statuses(run, tmp_path, [far]).values()) == {"aucune_connue"}
    # At Vichy without coordinates: nothing can be said of the quarters of Vichy, all of Moulins'.
    found = statuses(run, tmp_path, [far, row("vichy", "03310")])
    assert found["QN00302I"] == found["QN00301M"] == "indecidable"
    assert found["QN00303M"] == found["QN00304M"] == "aucune_connue"
    # Of unknown seat: it may be anywhere.
    assert set(statuses(run, tmp_path, [far, row("perdue", "")]).values()) == {"indecidable"}


def test_none_is_established_only_by_a_whole_list(monkeypatch):
    place = QpvLocation("QN00304M", 300.0, 8.0)
    assert place.status == "aucune_connue"
    assert QpvLocation("QN00304M", 300.0, 8.0, is_whole=True).status == "aucune"
    assert QpvLocation("QN00304M", 300.0, None).status == "perimetre_inconnu"
    assert QpvLocation("QN00304M", 300.0, 8.0, is_listed=False).status == "non_renseigne"


def test_the_report_reads_no_perimeter_where_nothing_is_to_be_measured(run, tmp_path, monkeypatch):
    (tmp_path / "liste.csv").write_text("\n".join(six(2024)), encoding="utf-8")

    def fail(codes):
        raise AssertionError("perimeters were read")

    monkeypatch.setattr(qpv_perimeters, "embedded_perimeters", fail)
    page = run("report", "allier").stdout.decode()
    assert "rien ne l'exclut d'aucun quartier (6 indécidables)" in page
    assert run("qpv", "allier", "--json").returncode == 0
    assert run("report", "allier", "--json").returncode == 0
    assert (
        run("qpv", "allier", "--date", "2026", "--structures", "liste.csv").returncode == 1
    )  # which needs them


def test_with_or_without_measuring_the_answer_is_the_same(run, tmp_path):
    """One structure with a point, far away, makes the tool measure; the rest of the list is as before."""
    lost, here, far = row("perdue", ""), row("vichy", "03310"), row("loin", "03185", (WEST + 20_000, SOUTH))
    blind = statuses(run, tmp_path, [lost, here])
    assert blind == statuses(run, tmp_path, [lost, here, far])
    done = run("qpv", "allier", "--date", "2026", "--structures", "liste.csv", "--json")
    found = {one["code_qpv"]: one["structures_indecidables"] for one in json.loads(done.stdout)["qpv"]}
    assert found["QN00302I"] == ["perdue", "vichy"]
    assert found["QN00304M"] == ["perdue"]


def test_perimeters_are_read_of_the_departement_asked_alone(monkeypatch):
    asked = []
    read = qpv_perimeters.read_parquet

    def spy(name, departements, *more):
        asked.append((name, sorted(departements)))
        return read(name, departements, *more)

    monkeypatch.setattr(qpv_perimeters, "read_parquet", spy)
    assert set(embedded_perimeters({"QN00304M", "QP003004"})) == {"QN00304M", "QP003004"}
    assert asked == [("qpv_perimeters.parquet", ["03"])]
    assert (data_dir() / "qpv_perimeters.parquet").stat().st_size < 1_200_000


def in_mayotte(run, tmp_path, seat, degrees):
    header = "id;nom;type;code_insee;siege;longitude;latitude"
    (tmp_path / "l.csv").write_text(f"{header}\nA;Alpha;CS;97611;{seat};{degrees}\n", encoding="utf-8")
    command = ("qpv", "mayotte", "--structures", "l.csv", "--date", "2026-01-01")
    found = json.loads(run(*command, "--json").stdout)["qpv"]
    return {one["code_qpv"]: one for one in found}, run(*command).stdout.decode()


@pytest.mark.parametrize("degrees", [";", "45,2279;-12,7806"])
def test_a_quarter_that_is_a_commune_holds_what_is_seated_there(run, tmp_path, degrees):
    found, page = in_mayotte(run, tmp_path, "certain", degrees)
    assert [code for code, one in found.items() if one["structures_dedans"]] == ["QN97661C"]
    assert found["QN97661C"]["structure_a_proximite"] == "dans_le_perimetre"
    assert found["QN97661C"]["structures_indecidables"] == []
    assert "dans le périmètre : Alpha" in page
    assert "sa population est celle de la commune" in page


def test_a_deduced_seat_puts_nothing_inside(run, tmp_path):
    found, _ = in_mayotte(run, tmp_path, "deduit", ";")
    assert found["QN97661C"]["structures_dedans"] == []
    assert found["QN97661C"]["structure_a_proximite"] == "indecidable"


def test_a_seat_says_nothing_of_a_quarter_that_is_a_part_of_its_commune(run, folder):
    assert "sans" not in asked(run)["structures_dedans"]

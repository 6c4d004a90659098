"""QPV in the columns of every official edition, perimeters and tables."""

from __future__ import annotations

import json
import zipfile
from datetime import date

import geopandas as gpd
import pytest
from shapely.geometry import Polygon, box

from avs_coverage import InputError, Territory
from avs_coverage.loaders.quarters import read_quarters
from avs_coverage.qpv import embedded_quarters, official_qpv

# Near Montluçon and near Vichy; one in Bourg-en-Bresse, in another département.
SHAPES = {
    2024: {"QN00304M": box(2.58, 46.33, 2.60, 46.34), "QN00301M": box(3.42, 46.12, 3.44, 46.13)},
    2015: {"QP003004": box(2.58, 46.33, 2.60, 46.34), "QP003001": box(3.42, 46.12, 3.44, 46.13)},
}
ELSEWHERE = {2024: "QN00101M", 2015: "QP001001"}
NAMES = {"04": "Rive Gauche", "01": "Cœur d’Agglo – Vichy"}


def layer(generation, columns):
    shapes = {**SHAPES[generation], ELSEWHERE[generation]: box(5.22, 46.2, 5.23, 46.21)}
    rows = [
        {name: value(code) if callable(value) else value for name, value in columns.items()}
        for code in shapes
    ]
    return gpd.GeoDataFrame(rows, geometry=list(shapes.values()), crs=4326)


def name(code):
    return NAMES.get("04" if "04" in code[5:] else "01", "")


def communes_of(code):
    return {"QN00304M": "03185", "QN00301M": "03095, 03310"}.get(code, "01053")


QP2024 = {
    "fid": lambda code: int(code[2:7]),
    "code_qp": str,
    "lib_qp": name,
    "insee_reg": "84",
    "lib_reg": "Auvergne-Rhône-Alpes",
    "insee_dep": "03",
    "lib_dep": "Allier",
    "insee_com": communes_of,
    "lib_com": "x",
    "siren_epci": "200071082",
}
QP2015 = {
    "CODE_QP": str,
    "NOM_QP": name,
    "COMMUNE_QP": lambda code: "Cusset, Vichy" if code.endswith("3001") else "Montluçon",
}


def read(*paths, departements=("03",)):
    return read_quarters(paths, departements)


def refused(*paths, departements=("03",)):
    with pytest.raises(InputError) as caught:
        read(*paths, departements=departements)
    return [fault.code for fault in caught.value.faults]


def table(tmp_path, text, name="qpv.csv", encoding="utf-8"):
    (tmp_path / name).write_bytes(text.encode(encoding))
    return tmp_path / name


def check(found, generation):
    codes = sorted(SHAPES[generation])
    assert sorted(found.quarters) == sorted(found.perimeters.index) == codes
    assert found.quarters[codes[0]].communes == ("03095", "03310")
    assert found.quarters[codes[1]].communes == ("03185",)
    assert {qpv.generation for qpv in found.quarters.values()} == {generation} == found.listed
    assert found.quarters[codes[0]].name == "Cœur d’Agglo – Vichy"
    assert (found.rows_read, found.rows_used) == (3, 2)


@pytest.mark.parametrize("separator", [", ", "; ", "/"])
@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp", "parquet"])
def test_perimeters_of_2024_with_several_communes_in_a_cell(tmp_path, separator, suffix):
    columns = {**QP2024, "insee_com": lambda code: communes_of(code).replace(", ", separator)}
    path = tmp_path / f"qp.{suffix}"
    made = layer(2024, columns)
    made.to_parquet(path) if suffix == "parquet" else made.to_file(
        path, **{"encoding": "utf-8"} if suffix == "shp" else {}
    )
    check(read(path), 2024)


def test_perimeters_of_2015_without_cpg_are_cp1252(tmp_path):
    path = tmp_path / "QP_METROPOLE_LB93.shp"
    layer(2015, QP2015).to_crs(2154).to_file(path, encoding="cp1252")
    path.with_suffix(".cpg").unlink()
    check(read(path), 2015)


def test_the_official_zip_holds_the_same_quarters_in_several_folders(tmp_path):
    layer(2024, QP2024).to_file(tmp_path / "a.geojson")
    layer(2024, QP2024).to_crs(2154).to_file(tmp_path / "b.shp", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "qp.zip", "w") as archive:
        archive.write(tmp_path / "a.geojson", "GEOJSON/QP2024_France_Hexagonale_Outre_Mer_WGS84.geojson")
        for path in tmp_path.glob("b.*"):
            archive.write(path, f"SHP/QP2024_France_hexagonale_LB93{path.suffix}")
    check(read(tmp_path / "qp.zip"), 2024)


@pytest.mark.parametrize(
    "columns",
    [
        {
            "code_qp": str,
            "nom_qp": name,
            "commune_qp": QP2015["COMMUNE_QP"],
            "code_insee": "",
            "nom_dep": "Allier",
        },
        {
            "code_quartier": str,
            "quartier_prioritaire": name,
            "noms_des_communes_concernees": QP2015["COMMUNE_QP"],
        },
    ],
)
def test_other_names_of_the_columns_of_2015(tmp_path, columns):
    layer(2015, columns).to_file(tmp_path / "qp.geojson")
    check(read(tmp_path / "qp.geojson"), 2015)


def test_overseas_codes_and_codes_without_their_zero(tmp_path):
    columns = {"code_qp": lambda _: "QN97401M", "lib_qp": "x", "insee_com": "97411"}
    made = layer(2024, columns).iloc[:1].set_geometry([box(55.44, -20.90, 55.46, -20.88)])
    made.to_file(tmp_path / "qp.geojson")
    assert read(tmp_path / "qp.geojson", departements=("974",)).quarters["QN97401M"].communes == ("97411",)
    found = read(table(tmp_path, "code_qp;insee_com\nQN00101M;1053\n"), departements=("01",))
    assert found.quarters["QN00101M"].communes == ("01053",)
    assert [warning.code for warning in found.warnings] == ["AVS-918"]


def test_municipal_arrondissements_are_their_commune(tmp_path):
    text = "CODE_QP;NOM_QP;COMMUNE_QP\nQP075001;A;Paris 18e Arrondissement, Paris 19e Arrondissement\n"
    found = read(table(tmp_path, text), departements=("75",))
    assert found.quarters["QP075001"].communes == ("75056",)
    coded = read(table(tmp_path, "code_qp;insee_com\nQN07501M;75118\n"), departements=("75",))
    assert coded.quarters["QN07501M"].communes == ("75056",)


POPULATIONS = (
    "\ufeffCODGEO;LIBGEO;POP_MUN;POP_COM_QP;LIB_COM;TX_F\r\n"
    "QP003004;Rive Gauche;2\u202f648;1;Montluçon;51,0\r\n"
    "QP003001;Coeur D'Agglo;3 706;1;Cusset, Vichy;52,1\r\n"
    "QP001001;Grande Reyssouze;6\u202f490;1;Bourg-en-Bresse;55,3\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_table_of_populations_completes_the_list(tmp_path, encoding):
    text = POPULATIONS if encoding == "utf-8" else POPULATIONS.replace("\ufeff", "").replace("\u202f", "\xa0")
    found = read(table(tmp_path, text, encoding=encoding))
    assert {code: qpv.population for code, qpv in found.quarters.items()} == {
        "QP003004": 2648,
        "QP003001": 3706,
    }
    assert found.listed == frozenset()
    whole = found.over(embedded_quarters(["03"]))
    assert len([q for q in whole.values() if q.generation == 2015]) == 6
    # Four quarters are not in the table: their population is unknown, not that of another source.
    assert sum(q.population is None for q in whole.values() if q.generation == 2015) == 4


def test_a_population_of_2024_joins_its_perimeters(tmp_path):
    layer(2024, QP2024).to_file(tmp_path / "qp.geojson")
    text = "code_qp;lib_qp;pop_mun\nQN00304M;Rive Gauche;2500\nQN00301M;Cœur;nd\n"
    found = read(tmp_path / "qp.geojson", table(tmp_path, text))
    assert found.quarters["QN00304M"].population == 2500
    assert found.quarters["QN00301M"].population is None
    assert len(found.labels) == 2


def test_quarters_lost_with_the_official_list_are_named(tmp_path):
    layer(2024, QP2024).to_file(tmp_path / "qp.geojson")
    warning = read(tmp_path / "qp.geojson").warnings[0]
    assert warning.code == "AVS-931"
    assert "Bien-Assis (QN00306M)" in warning.what


def test_what_cannot_be_read_is_refused_with_all_its_faults(tmp_path):
    text = "code_qp;population\nQP003004;beaucoup\nXX;3\nQP003001;5\nQP003001;6\n"
    assert refused(table(tmp_path, text)) == ["AVS-319", "AVS-326", "AVS-373"]
    assert refused(table(tmp_path, "code_qp;population\nQP001001;5\n")) == ["AVS-372"]
    assert refused(table(tmp_path, "nom;population\nA;5\n")) == ["AVS-350"]
    two = [table(tmp_path, f"code_qp;population\nQP003001;{n}\n", f"{n}.csv") for n in (5, 6)]
    assert refused(*two) == ["AVS-373"]


def test_a_layer_of_anything_else_is_refused_with_what_was_read(tmp_path):
    gpd.GeoDataFrame({"nom": ["x"]}, geometry=[box(0, 0, 1, 1)], crs=4326).to_file(tmp_path / "x.geojson")
    assert refused(tmp_path / "x.geojson") == ["AVS-374"]


def test_an_invalid_perimeter_is_repaired_and_a_misplaced_one_refused(tmp_path):
    made = layer(2024, QP2024)
    bow_tie = Polygon([(2.58, 46.33), (2.60, 46.34), (2.60, 46.33), (2.58, 46.34)])
    made.set_geometry([bow_tie, *made.geometry[1:]]).to_file(tmp_path / "qp.geojson")
    assert "AVS-919" in [warning.code for warning in read(tmp_path / "qp.geojson").warnings]
    made.set_geometry([box(46.33, 2.58, 46.34, 2.60), *made.geometry[1:]]).to_file(tmp_path / "far.geojson")
    assert refused(tmp_path / "far.geojson") == ["AVS-370"]


def test_the_report_counts_the_quarters_of_the_file_and_says_so(run, tmp_path):
    layer(2024, QP2024).to_file(tmp_path / "qp.geojson")
    made = json.loads(run("qpv", "allier", "--date", "2026", "--qpv", "qp.geojson", "--json").stdout)
    assert [quarter["code_qpv"] for quarter in made["qpv"]] == ["QN00301M", "QN00304M"]
    assert made["couches_utilisateur"] == ["QPV : qp.geojson (périmètres, génération 2024), 2 quartiers"]
    page = run("qpv", "allier", "--qpv", str(table(tmp_path, POPULATIONS))).stdout.decode()
    assert "QPV : qpv.csv (table, génération 2015), 2 quartiers, population : colonne POP_MUN" in page
    # In 2022 the perimeters of 2024 are not in force: the page does not say that they are used.
    done = run("qpv", "allier", "--qpv", "qp.geojson", "--date", "2022-12-31", "--json")
    assert json.loads(done.stdout)["couches_utilisateur"] == []
    assert "Non utilisé au 31/12/2022, où la génération 2024" in done.stderr.decode()


def test_another_generation_than_the_one_in_force_changes_nothing(tmp_path):
    layer(2024, QP2024).to_file(tmp_path / "qp.geojson")
    before = Territory.find("allier")
    after = before.with_quarters(read(tmp_path / "qp.geojson"))

    assert official_qpv(after, date(2022, 12, 31)) == official_qpv(before, date(2022, 12, 31))


def test_a_table_of_names_leaves_the_populations_that_are_known(tmp_path):
    before = Territory.find("allier")
    text = "code_qp;lib_qp\nQP003004;Un autre nom\n"
    after = before.with_quarters(read(table(tmp_path, text)))
    day = date(2022, 12, 31)
    known, named = ({q.code: q for q in official_qpv(t, day)} for t in (before, after))
    assert named["QP003004"].name == "Un autre nom"
    assert {c: q.population for c, q in named.items()} == {c: q.population for c, q in known.items()}


def test_a_code_whose_departement_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        read(table(tmp_path, "code_qp;population\nQP003004;5\nQP099001;7\n"))
    assert [(fault.code, fault.line) for fault in caught.value.faults] == [("AVS-326", 3)]


def test_a_quarter_without_a_shape_is_said(tmp_path):
    made = layer(2024, QP2024)
    made.loc[0, "geometry"] = None
    made.to_file(tmp_path / "qp.gpkg")
    found = read(tmp_path / "qp.gpkg")
    assert [w.code for w in found.warnings if w.code == "AVS-934"] == ["AVS-934"]
    assert len(found.quarters) == 2
    assert len(found.perimeters) == 1

"""The build step of the QPV, on made files: the traps of the sources, and the same bytes twice."""

from __future__ import annotations

import csv
import gzip
import json

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import box, mapping

from avs_coverage.projection import LAMBERT_93
from tools.build_data.qpv import CommuneFinder, build_qpv, read_2015, read_2024, write_perimeters
from tools.build_data.tables import write_by_departement

COG = "TYPECOM,COM,DEP,LIBELLE,COMPARENT\n"
BOW_TIE = shapely.Polygon([(2.60, 46.33), (2.62, 46.35), (2.62, 46.33), (2.60, 46.35), (2.60, 46.33)])


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path):
    """Make a COG of four communes, quarters of both generations, and their populations."""
    cog = COG + "COM,03185,03,Montluçon,\nCOM,93066,93,Saint-Denis,\nCOMD,93059,,Pierrefitte,93066\n"
    cog += "COM,97602,976,Bandraboua,\nCOM,97604,976,Bouéni,\nCOM,87085,87,Limoges,\n"
    moved = "MOD,DATE_EFF,TYPECOM_AV,COM_AV,LIBELLE_AV,TYPECOM_AP,COM_AP\n"
    moved += "32,2025-01-01,COM,93059,Pierrefitte-sur-Seine,COM,93066\n"
    quarters = [
        ("QN00304M", "Rive Gauche", ["03185"], BOW_TIE),
        ("QN09336I", "Les Poètes", ["93059"], box(2.36, 48.96, 2.37, 48.97)),
        ("QN97654C", "Bouéni", ["97602"], box(45.07, -12.92, 45.10, -12.89)),
        ("QN98701N", "Mahina", ["98725"], box(-149.5, -17.52, -149.4, -17.50)),
    ]
    body = {
        "qpvs": [
            {"code": code, "label": name, "insee": communes, "g": [mapping(shape)["coordinates"]]}
            for code, name, communes, shape in quarters
        ]
    }
    with gzip.open(tmp_path / "qpv.json.gz", "wt", encoding="utf-8") as file:
        json.dump(body, file)
    old = gpd.GeoDataFrame(
        {
            "CODE_QP": ["QP003004", "QP976009", "QP987001"],
            "NOM_QP": ["Rive Gauche", "Bouéni – Œil", "Ailleurs"],
            "COMMUNE_QP": ["Montluçon", "Boueni", "Mahina"],
        },
        geometry=[
            box(2.60, 46.33, 2.61, 46.34),
            box(45.08, -12.91, 45.09, -12.90),
            box(-149.5, -17.52, -149.4, -17.5),
        ],
        crs=4326,
    )
    old.to_file(tmp_path / "qp2015.shp", encoding="cp1252")
    (tmp_path / "qp2015.cpg").unlink()  # as the official one, which has none
    demography = "CODGEO;LIBGEO;POP_MUN;LIB_COM\nQP003004;Rive Gauche;2 648;Montluçon\n"
    people = "COG,codeQPV,popMuniQPV\n03185,QN00304M,1538\n03186,QN00304M,1538\n93059,QN09336I,2000\n"
    return {
        "cog_communes": write(tmp_path / "cog.csv", cog),
        "movements": write(tmp_path / "mvt.csv", moved),
        "qpv_2015": write(tmp_path / "demo.csv", demography),
        "qpv_2015_perimeters": tmp_path / "qp2015.shp",
        "qpv_2024": tmp_path / "qpv.json.gz",
        "qpv_2024_populations": write(tmp_path / "pop.csv", people),
    }  # fmt: skip


@pytest.fixture
def contours():
    return gpd.GeoDataFrame(
        {"code": ["03185", "93066", "97602", "97604"]},
        geometry=[box(2.5, 46.3, 2.7, 46.4), box(2.3, 48.9, 2.4, 49.0), box(45.1, -12.75, 45.2, -12.6),
                  box(45.05, -12.95, 45.15, -12.88)],
        crs=4326,
    )  # fmt: skip


def build(files, contours, folder):
    folder.mkdir()
    finder = CommuneFinder(files["cog_communes"], files["movements"])
    generations = {2015: read_2015(files, finder, contours), 2024: read_2024(files, finder, contours)}
    write_by_departement(build_qpv(generations, finder), folder / "qpv.parquet")
    write_perimeters(generations, folder / "qpv_perimeters.parquet")
    return generations


def test_the_traps_of_the_sources_are_set_right(files, contours, tmp_path, capsys):
    found = build(files, contours, tmp_path / "data")
    new = found[2024].set_index("code")
    assert new["communes"].to_dict() == {"QN00304M": "03185", "QN09336I": "93066", "QN97654C": "97604"}
    assert "QN97654C: declares ['97602'], lies in ['97604']" in capsys.readouterr().out
    assert new.loc["QN00304M", "population"] == 1538
    assert new["population"].isna().to_dict()["QN97654C"]
    assert new.geometry.is_valid.all()
    old = found[2015].set_index("code")
    assert old["nom"].to_dict() == {"QP003004": "Rive Gauche", "QP976009": "Bouéni – Œil"}
    assert old["communes"].to_dict() == {"QP003004": "03185", "QP976009": "97604"}


def test_two_builds_give_the_same_bytes_and_coordinates_to_the_metre(files, contours, tmp_path, monkeypatch):
    for name in ("one", "two"):
        build(files, contours, tmp_path / name)
    for name in ("qpv.parquet", "qpv_perimeters.parquet"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()

    from avs_coverage import embedded, qpv_perimeters

    embedded._read_parquet.cache_clear()
    monkeypatch.setattr(embedded, "data_dir", lambda: tmp_path / "one")
    read = qpv_perimeters.embedded_perimeters({"QP003004", "QN00304M"})
    embedded._read_parquet.cache_clear()
    square = gpd.GeoSeries([box(2.60, 46.33, 2.61, 46.34)], crs=4326).to_crs(LAMBERT_93).iloc[0]
    assert shapely.hausdorff_distance(read["QP003004"].shape, square) < 0.75  # half a metre each way
    assert len(shapely.get_parts(read["QN00304M"].shape)) == 2  # the two halves of the bow tie


def test_two_populations_for_one_code_are_refused(files, contours, tmp_path):
    with files["qpv_2024_populations"].open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["03185", "QN00304M", 1539])
    with pytest.raises(ValueError, match="two populations"):
        build(files, contours, tmp_path / "data")

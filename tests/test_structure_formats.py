"""Structures as people hold them: official files, geographic files, foreign columns."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import xlsxwriter
from shapely.geometry import Point, box

from avs_coverage import InputError, UsageError, find_territory_name
from avs_coverage.inventory import CLOSED_STATUS, STATUSES, ZONES
from avs_coverage.loaders.columns import STRUCTURE_COLUMNS
from avs_coverage.loaders.structure_table import parse_mapping, read_structure_table
from avs_coverage.loaders.structures import load_structures

ALLIER = find_territory_name("allier")
MONTLUCON, VICHY = (2.6035, 46.3403), (3.4245, 46.1278)

# The columns of BPE25.csv, in their order, less those that the tool does not read.
BPE = (
    '"AN";"NOMRS";"CNOMRS";"DEPCOM";"TYPEQU";"SIRET";"LAMBERT_X";"LAMBERT_Y";"LONGITUDE";"LATITUDE";'
    '"EPSG";"QUALITE_GEOLOC";"QP2024"\n'
    '"2025";"CENTRE SOCIAL DU PARC";"_Z";"03185";"D506";"";"";"";"2.6035";"46.3403";"2154";"11";"_Z"\n'
    '"2025";"BOULANGERIE";"";"03185";"B203";"";"";"";"2.6";"46.3";"2154";"11";"_Z"\n'
    '"2025";"EVS DU LAC";"";"03310";"D508";"";"";"";"3.40";"46.10";"2154";"33";"_Z"\n'
    '"2025";"";"";"75118";"D506";"";"";"";"";"";"2154";"_Z";"_Z"\n'
)  # fmt: skip
INCLUSION_V0 = (
    "id,siret,nom,commune,code_postal,code_insee,longitude,latitude,typologie,source\n"
    "a,,Centre A,Montluçon,03100,03185,2.6035,46.3403,CSC,dora\n"
    "b,,Espace B,Vichy,03200,03310,,,EVS,dora\n"
    "c,,Mairie,Vichy,03200,03310,,,MUNI,dora\n"
)
INCLUSION_V1 = (
    "source,id,nom,commune,code_insee,longitude,latitude,reseaux_porteurs\n"
    "dora,dora--a,Centre A,Montluçon,03185,,,\"['fcsf', 'x']\"\n"
    "dora,dora--b,Espace de vie sociale du Lac,Vichy,03310,,,['caf']\n"
    "dora,dora--c,Caf de l'Allier,Moulins,03190,,,['caf']\n"
)


def load(path, **more):
    return load_structures(path, ALLIER, **more)


def brief(inventory):
    return [(s.type, s.seat, s.has_point, s.area) for s in inventory.structures]


def write(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_bpe_gives_d506_and_d508_and_refuses_points_drawn_at_random(tmp_path):
    inventory = load(write(tmp_path, "peu importe.txt", BPE))
    assert brief(inventory) == [
        ("CS", "03185", True, "inconnue"),
        ("EVS", "03310", False, "inconnue"),  # quality 33: the chef-lieu stands for it
        ("CS", "75056", False, "inconnue"),  # an arrondissement of Paris
    ]
    assert [s.line for s in inventory.structures] == [2, 4, 5]
    assert inventory.structures[2].name == "CS sans nom"
    assert (inventory.rows_read, inventory.rows_set_aside) == (4, 1)
    assert {w.code for w in inventory.warnings} == {"AVS-902", "AVS-910", "AVS-911"}
    assert "Base permanente" in inventory.source


def test_the_bpe_as_parquet_and_as_a_workbook_give_the_same_structures(tmp_path):
    import io

    frame = pd.read_csv(io.StringIO(BPE), sep=";", dtype=str, keep_default_na=False)
    frame.to_parquet(tmp_path / "bpe.parquet")
    frame.to_excel(tmp_path / "bpe.xlsx", index=False, engine="xlsxwriter")
    expected = brief(load(write(tmp_path, "bpe.csv", BPE)))
    for name in ("bpe.parquet", "bpe.xlsx"):
        inventory = load(tmp_path / name)
        assert brief(inventory) == expected, name
        assert (inventory.rows_read, inventory.rows_set_aside) == (4, 1)


def test_data_inclusion_v0_says_cs_and_evs_and_all_are_to_be_confirmed(tmp_path):
    inventory = load(write(tmp_path, "structures.csv", INCLUSION_V0))
    assert [(s.id, s.type, s.status) for s in inventory.structures] == [
        ("a", "CS", "a_confirmer"),
        ("b", "EVS", "a_confirmer"),
    ]
    assert (inventory.rows_read, inventory.rows_set_aside) == (3, 1)
    assert [w.code for w in inventory.warnings] == ["AVS-912"]


def test_data_inclusion_v1_knows_federated_centres_and_evs_by_their_name_alone(tmp_path):
    inventory = load(write(tmp_path, "structures.csv", INCLUSION_V1))
    assert [(s.id, s.type) for s in inventory.structures] == [("dora--a", "CS"), ("dora--b", "EVS")]
    assert inventory.rows_set_aside == 1
    assert [w.code for w in inventory.warnings] == ["AVS-913"]


def points(**columns):
    frame = pd.DataFrame(
        {"nom": ["A", "B"], "type": ["CS", "EVS"], "code_insee": ["03185", "03310"], **columns}
    )
    return gpd.GeoDataFrame(frame, geometry=[Point(MONTLUCON), Point(VICHY)], crs=4326)


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "lambert.gpkg", "renamed.txt"])
def test_points_of_a_geographic_file_place_the_structures(tmp_path, name):
    frame = points() if name != "lambert.gpkg" else points().to_crs(2154)
    frame.to_file(tmp_path / name.replace("renamed.txt", "renamed.gpkg"))
    if name == "renamed.txt":
        (tmp_path / "renamed.gpkg").rename(tmp_path / name)
    inventory = load(tmp_path / name)
    assert brief(inventory) == [("CS", "03185", True, "inconnue"), ("EVS", "03310", True, "inconnue")]
    first = inventory.structures[0]
    assert first.x_m == pytest.approx(669_500, abs=2_000)
    assert first.y_m == pytest.approx(6_582_500, abs=2_000)


def test_a_feature_without_a_point_stands_at_its_chef_lieu(tmp_path):
    features = [
        {"type": "Feature", "geometry": None, "properties": {"nom": "A", "type": "CS", "code_insee": "03185"}}
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    assert brief(load(write(tmp_path, "a.json", text))) == [("CS", "03185", False, "inconnue")]


def test_polygons_are_refused_where_points_are_meant(tmp_path):
    frame = gpd.GeoDataFrame({"nom": ["A"]}, geometry=[box(2, 46, 3, 47)], crs=4326)
    frame.to_file(tmp_path / "a.geojson")
    with pytest.raises(InputError) as caught:
        load(tmp_path / "a.geojson")
    assert caught.value.faults[0].code == "AVS-330"
    assert "Polygon" in caught.value.faults[0].what


def test_a_broken_geojson_is_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        load(write(tmp_path, "a.geojson", '{"type": "FeatureCollection", "features": [{"type"'))
    assert caught.value.faults[0].code == "AVS-371"


def test_foreign_columns_are_read_through_a_mapping_typed_or_saved(tmp_path):
    path = write(tmp_path, "liste.csv", "lib_structure;categorie;dep_com;nom\nA;Centre social;03185;Dupont\n")
    columns = "nom=lib_structure,type=categorie,code_insee=dep_com"
    saved = write(tmp_path, "map.toml", 'nom = "lib_structure"\ntype = "categorie"\ncode_insee = "dep_com"\n')
    for text in (columns, str(saved)):
        structure = load(path, mapping=parse_mapping(text)).structures[0]
        assert (structure.name, structure.type, structure.seat) == ("A", "CS", "03185")


@pytest.mark.parametrize("text", ["nom", "nom=", "inconnu=x", "nom=a,inconnu=b"])
def test_a_mapping_that_is_not_understood_is_refused_with_the_columns(text):
    with pytest.raises(UsageError) as caught:
        parse_mapping(text)
    assert "communes_desservies" in caught.value.faults[0].hint


def test_an_ods_is_read_as_a_workbook(tmp_path):
    pytest.importorskip("odf")
    frame = pd.DataFrame({"nom": ["A"], "type": ["CS"], "code_insee": ["03185"]})
    frame.to_excel(tmp_path / "a.ods", index=False, engine="odf")
    assert brief(load(tmp_path / "a.ods")) == [("CS", "03185", False, "inconnue")]


def test_the_senacs_fields_have_their_columns(tmp_path):
    text = "Structure;Type;Ville;Date du 1er agrément;Population de la zone de compétence\n" \
           "A;Centre social;Montluçon;01/09/1998;11 500\n"  # fmt: skip
    structure = load(write(tmp_path, "senacs.csv", text)).structures[0]
    assert structure.first.isoformat() == "1998-09-01"  # SENACS gives the first agreement
    assert structure.area_population == 11_500


def test_the_published_table_schema_is_that_of_the_loader():
    path = Path(__file__).parent.parent / "docs" / "structures.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    fields = {field["name"]: field for field in schema["fields"]}
    assert list(fields) == [name for name in STRUCTURE_COLUMNS if name != "comptee"]
    assert all(field["description"] for field in fields.values())
    assert fields["zone"]["constraints"]["enum"] == list(ZONES)
    assert fields["statut"]["constraints"]["enum"] == [*STATUSES, CLOSED_STATUS]
    assert {name for name, f in fields.items() if f.get("constraints", {}).get("required")} == {"nom", "type"}


def test_a_format_is_recognised_by_its_columns_never_by_its_name(tmp_path):
    own = "nom;type;code_insee\nA;CS;03185\n"
    assert read_structure_table(write(tmp_path, "BPE25.csv", own)).format.startswith("liste de structures")
    assert read_structure_table(write(tmp_path, "liste.csv", INCLUSION_V1)).format == "data.inclusion"


def test_a_mapping_to_an_absent_header_is_refused_with_the_near_one(tmp_path):
    path = write(tmp_path, "liste.csv", "lib_structure;categorie;code_insee\nA;CS;03185\n")
    with pytest.raises(InputError) as caught:
        load_structures(path, find_territory_name("allier"), None, {"nom": "lib_structures", "type": "zzz"})
    assert [fault.code for fault in caught.value.faults] == ["AVS-343", "AVS-343"]
    assert "lib_structure »" in caught.value.faults[0].hint


def test_a_mapping_takes_the_row_that_names_most_headers_and_no_column_twice(tmp_path):
    text = "Structures;;\nlib_structure;categorie;code_insee\nA;CS;03185\n"
    path = write(tmp_path, "liste.csv", text.replace("Structures", "categorie"))
    mapping = {"nom": "lib_structure", "type": "categorie"}
    assert len(load_structures(path, find_territory_name("allier"), None, mapping)) == 1
    with pytest.raises(UsageError):
        parse_mapping("nom=a,nom=b")


def book(path, **sheets):
    with xlsxwriter.Workbook(path) as made:
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)
    return path


HEAD = ["nom", "type", "code_insee"]


def test_the_sheet_that_lists_structures_is_read_wherever_it_is(tmp_path):
    rows = [HEAD, ["A", "CS", "03185"]]
    path = book(
        tmp_path / "x.xlsx", Lisezmoi=[["Bonjour"], ["à tous"]], Liste=rows, communes=[["code_insee", "nom"]]
    )
    assert [s.name for s in load(path).structures] == ["A"]


def test_two_sheets_or_layers_that_list_structures_are_refused(tmp_path):
    path = book(tmp_path / "x.xlsx", CS=[HEAD, ["A", "CS", "03185"]], EVS=[HEAD, ["B", "EVS", "03310"]])
    with pytest.raises(InputError) as caught:
        load(path)
    assert [(f.code, "« CS » et « EVS »" in f.what) for f in caught.value.faults] == [("AVS-386", True)]
    layer = gpd.GeoDataFrame(
        {"nom": ["A"], "type": ["CS"], "code_insee": ["03185"]}, geometry=[Point(2.6, 46.34)], crs=4326
    )
    for name in ("cs", "evs"):
        layer.to_file(tmp_path / "x.gpkg", layer=name)
    with pytest.raises(InputError) as caught:
        load(tmp_path / "x.gpkg")
    assert [fault.code for fault in caught.value.faults] == ["AVS-386"]


def test_a_cell_in_error_is_found_in_the_sheet_that_is_read(tmp_path):
    """Its file is sheet2.xml: the tabs are in another order than their files."""
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as made:
        made.add_worksheet("Notes").write(0, 0, "rien")
        sheet = made.add_worksheet("Liste")
        sheet.write_row(0, 0, [*HEAD, "capacite"])
        sheet.write_row(1, 0, ["A", "CS", "03185"])
        sheet.write_formula(1, 3, "=NA()", None, "#N/A")
    with pytest.raises(InputError) as caught:
        load(path)
    assert [(f.code, f.line, f.column) for f in caught.value.faults] == [("AVS-336", 2, "capacite")]


BPE_2024 = (
    "AN;NOMRS;TYPEQU;DEPCOM;LONGITUDE;LATITUDE;QUALITE_GEOLOC\n"
    "2024;CS É;D506;03185;2.6;46.34;11\n2024;Police;A101;03310;;;11\n"
)


def test_the_bpe_is_read_in_its_zip_and_in_the_encoding_of_windows(tmp_path):
    with zipfile.ZipFile(tmp_path / "BPE24.zip", "w") as archive:
        archive.writestr("Varmod.csv", "a;b\n")
        archive.writestr("BPE24.csv", BPE_2024)
    (tmp_path / "bpe.csv").write_bytes(BPE_2024.encode("cp1252"))
    for name in ("BPE24.zip", "bpe.csv"):
        found = load(tmp_path / name)
        assert [s.name for s in found.structures] == ["CS É"]
        assert "AVS-941" in [warning.code for warning in found.warnings]


def test_an_edition_without_evs_does_not_say_that_there_are_none(run, tmp_path):
    (tmp_path / "bpe.csv").write_text(BPE_2024, encoding="utf-8")
    page = " ".join(run("report", "allier", "--structures", "bpe.csv").stdout.decode().split())
    assert "leur nombre est inconnu, et non nul" in page
    record = json.loads(run("check", "bpe.csv", "--json").stdout)["fichiers"][0]
    assert record["colonnes"]["nom"] == "NOMRS"


def test_data_inclusion_is_read_as_parquet_or_json_and_an_id_belongs_to_its_source(tmp_path):
    rows = [
        {"id": "1", "source": source, "nom": "CS", "code_insee": "03185", "reseaux_porteurs": ["fcsf"]}
        for source in ("dora", "soliguide")
    ]
    (tmp_path / "x.json").write_text(json.dumps(rows), encoding="utf-8")
    pd.DataFrame(rows).to_parquet(tmp_path / "x.parquet")
    for name in ("x.json", "x.parquet"):
        assert [s.id for s in load(tmp_path / name).structures] == ["dora--1", "soliguide--1"]


def test_a_name_too_long_is_explained_in_french(run):
    done = run("check", "x" * 300)
    assert done.returncode == 3
    assert "nom trop long" in " ".join(done.stdout.decode().split())

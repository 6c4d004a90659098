"""What tools/fuzz found, each as small as it goes: all ended in an internal error, a hang or a warning."""

from __future__ import annotations

import io
import json
import lzma
import warnings
import zipfile

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shapely.geometry import Point, Polygon, box

from avs_coverage import InputError, UsageError, find_territory_name, gazetteer
from avs_coverage.loaders.boundaries import read_boundaries_file
from avs_coverage.loaders.figures import read_figures
from avs_coverage.loaders.geo_file import is_json_without_geometry
from avs_coverage.loaders.grid import read_grid
from avs_coverage.loaders.indicators import read_indicators
from avs_coverage.loaders.populations import read_populations
from avs_coverage.loaders.quarters import read_quarters
from avs_coverage.loaders.structure_table import parse_mapping
from avs_coverage.loaders.structures import load_structures
from avs_coverage.loaders.table_file import read_rows
from avs_coverage.study import read_study
from tests.bad_files.helpers import workbook
from tests.test_grid import text_of
from tests.test_indicators import DOSSIER
from tests.test_populations import SINCE_2021
from tests.test_structure_formats import BPE, INCLUSION_V1
from tools.fuzz.seeds import as_csv, as_ods, as_xlsx, as_zip

ALLIER = find_territory_name("allier")
DEEP = 100_000
LIST = [["nom", "type", "code_insee"], ["A", "CS", "03185"]]


def codes(caught):
    return {fault.code for fault in caught.value.faults}


def refused(read, *arguments):
    with pytest.raises((InputError, UsageError)) as caught:
        read(*arguments)
    return codes(caught)


def test_brackets_in_brackets_without_end_are_no_json(tmp_path, run):
    (tmp_path / "m.json").write_text("[" * DEEP, encoding="utf-8")
    assert not is_json_without_geometry(tmp_path / "m.json")
    assert refused(load_structures, tmp_path / "m.json", ALLIER) <= {"AVS-302", "AVS-303"}
    result = run("replay", "m.json")
    assert result.returncode == 3
    assert b"AVS-395" in result.stderr


@pytest.mark.parametrize("text", ["a = " + "[" * 90_000, "a = " + "9" * 5000], ids=["deep", "number"])
def test_toml_without_end_is_not_toml(tmp_path, text):
    (tmp_path / "avs.toml").write_text(text, encoding="utf-8")
    assert refused(read_study, str(tmp_path)) == {"AVS-331"}
    assert refused(parse_mapping, str(tmp_path / "avs.toml")) == {"AVS-211"}


def test_a_mapping_too_long_for_the_name_of_a_file_is_not_understood():
    assert refused(parse_mapping, "9" * 400) == {"AVS-211"}


@pytest.mark.parametrize("folder", ["~personne-de-ce-nom/etude", "./" + "a" * 400, "./a\0b"])
def test_a_study_folder_that_cannot_be_is_not_one(folder):
    assert refused(read_study, folder) == {"AVS-340"}


def test_points_of_a_geoparquet_are_structures(tmp_path):
    frame = gpd.GeoDataFrame(
        {"nom": ["A"], "type": ["CS"]}, geometry=[Point(2.6035, 46.3403)], crs=4326
    ).assign(code_insee="03185")
    frame.to_parquet(tmp_path / "points.parquet")
    (found,) = load_structures(tmp_path / "points.parquet", ALLIER).structures
    assert (found.name, found.seat, found.has_point) == ("A", "03185", True)


def test_a_row_of_an_ods_repeated_a_million_times_is_refused_and_blank_ones_are_not(tmp_path):
    (tmp_path / "x.ods").write_bytes(as_ods(LIST, repeat=1_000_000))
    assert refused(read_rows, tmp_path / "x.ods") == {"AVS-302"}
    content = as_ods([*LIST, ["", "", ""]], repeat=1_048_574)
    blank = b'<table:table-cell table:number-columns-repeated="16384"/>'
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    cell = b'<table:table-cell office:value-type="string"><text:p></text:p></table:table-cell>'
    assert members["content.xml"].count(cell) == 3
    members["content.xml"] = members["content.xml"].replace(cell * 3, blank)
    with zipfile.ZipFile(tmp_path / "y.ods", "w") as archive:  # as LibreOffice ends a sheet
        for name, data in members.items():
            archive.writestr(name, data)
    assert [row.cells for row in read_rows(tmp_path / "y.ods")] == [tuple(row) for row in LIST]


def test_a_cell_far_below_a_small_table_is_refused_with_where_it_is(tmp_path):
    cells = [(line, column, text) for line, row in enumerate(LIST) for column, text in enumerate(row)]
    (tmp_path / "x.xlsx").write_bytes(workbook(*cells, (199_999, 2, "x")))
    with pytest.raises(InputError, match="ligne 200000, colonne 3") as caught:
        read_rows(tmp_path / "x.xlsx")
    assert codes(caught) == {"AVS-302"}


def test_a_corner_that_is_nowhere_leaves_no_contour_and_no_warning_of_numpy(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lost = Polygon([(2.5, 46.3), (float("nan"), 46.3), (2.6, 46.4)])
        shapes = [box(2.58, 46.30, 2.64, 46.38), lost]
    frame = gpd.GeoDataFrame({"code": ["03185", "03101"]}, geometry=shapes, crs=4326)
    frame.to_parquet(tmp_path / "c.parquet")
    found = read_boundaries_file(tmp_path / "c.parquet", None)
    assert (found.rows_read, found.rows_used) == (2, 1)
    assert sum(fault.rows for fault in found.set_aside) == 1
    quarters = gpd.GeoDataFrame({"code_qp": ["QN00304M"]}, geometry=[lost], crs=4326)
    quarters.to_parquet(tmp_path / "q.parquet")
    assert "AVS-934" in {warning.code for warning in read_quarters([tmp_path / "q.parquet"], ["03"]).warnings}


def test_a_workbook_takes_the_indicators_of_a_user(tmp_path, run):
    (tmp_path / "i.csv").write_text("CODGEO;P22_POP\n03185;100\n", encoding="utf-8")
    result = run("export", "allier", "--indicators", "i.csv", "-o", "sortie", "--format", "xlsx")
    assert result.returncode == 0, result.stderr.decode()


def test_a_cell_refused_in_a_commune_that_stands_twice_hides_no_other_fault(tmp_path):
    header, row, *_ = DOSSIER.splitlines()
    rows = [row.replace("33000", name) for name in ("Vichy", "Cusset")]
    (tmp_path / "i.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    assert refused(read_indicators, tmp_path / "i.csv", None) == {"AVS-319", "AVS-338"}


def twice(rows, name):
    """Return rows with the column of that name a second time, its cells changed."""
    place = rows[0].index(name)
    return [[*row, row[place] if not line else "1"] for line, row in enumerate(rows)]


@pytest.mark.parametrize("write", [as_csv, as_xlsx], ids=["csv", "xlsx"])
@pytest.mark.parametrize(
    ("text", "mark", "name"),
    [(BPE, ";", "LONGITUDE"), (INCLUSION_V1, ",", "code_insee")],
    ids=["bpe", "inclusion"],
)
def test_a_column_twice_in_a_foreign_list_is_refused(tmp_path, text, mark, name, write):
    import csv

    (tmp_path / "x").write_bytes(write(twice(list(csv.reader(text.splitlines(), delimiter=mark)), name)))
    assert refused(load_structures, tmp_path / "x", ALLIER) == {"AVS-305"}


def test_a_column_twice_is_refused_in_a_workbook_as_in_a_csv(tmp_path):
    rows = [["code_insee", "PMUN", "PMUN"], ["03185", "100", "200"]]
    for name, content in (("x.csv", as_csv(rows)), ("x.xlsx", as_xlsx(rows))):
        (tmp_path / name).write_bytes(content)
        assert refused(read_populations, [tmp_path / name], None) == {"AVS-305"}


def test_a_parquet_whose_notes_of_pandas_are_damaged_is_read(tmp_path):
    frame = pa.Table.from_pandas(pd.DataFrame({"CODGEO": ["03185"], "P22_POP": ["100"]}))
    pq.write_table(frame.replace_schema_metadata({"pandas": b'{"index'}), tmp_path / "x.parquet")
    assert read_indicators(tmp_path / "x.parquet", None).rows_read == 1


def test_a_null_character_in_a_file_of_the_settings_is_refused(tmp_path):
    settings = f'territoire = "allier"\nstructures = {json.dumps("a" + chr(0))}\n'
    (tmp_path / "avs.toml").write_text(settings, encoding="utf-8")
    assert refused(read_study, str(tmp_path)) == {"AVS-332"}


@pytest.fixture
def replayed(tmp_path, run):
    """Replay the manifest of an export after a change; give the exit code and what is said."""
    run("export", "200071082", "-o", "sortie", "--format", "json")
    path = tmp_path / "sortie" / "manifest.json"

    def _replayed(change):
        record = json.loads(path.read_bytes())
        change(record)
        path.write_text(json.dumps(record), encoding="utf-8")
        result = run("replay", "sortie/manifest.json")
        return result.returncode, result.stderr.decode()

    return _replayed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda record: record.pop("formats"), "il manque « formats »"),
        (lambda record: record.update(formats=[["csv"]]), "« formats[0] » n'est pas de la bonne nature"),
        (lambda record: record.update(regles=[]), "« regles » est vide"),
        (lambda record: record.update(sorties={}), "« sorties » n'est pas une liste"),
        (lambda record: record["sorties"].append(3), "« sorties[1] » n'est pas un objet"),
        (lambda record: record["outil"].pop("version"), "il manque « outil.version »"),
        (lambda record: record.pop("millesimes"), "il manque « millesimes »"),
        (lambda record: record.update(millesimes=3), "« millesimes » n'est pas un objet"),
        (lambda record: record["options"].update(colonnes="nom"), "« options.colonnes » n'est pas un objet"),
        (lambda record: record["options"].update(sans_voisines=0), "« options.sans_voisines » n'est pas"),
        (
            lambda record: record["entrees"].append(
                {"role": "x", "fichier": "y", "sha256": "", "colonnes": []}
            ),
            "rôle inconnu",
        ),
    ],
)
def test_a_manifest_that_lacks_something_or_holds_it_otherwise_is_refused(replayed, change, said):
    code, err = replayed(change)
    assert code == 3, err
    assert "AVS-395" in err
    assert said in err


def test_a_manifest_as_it_was_written_is_whole(replayed):
    assert replayed(lambda record: None) == (0, "")


@pytest.mark.parametrize("kind", ["structures", "zones", "qpv"])
def test_blank_rows_by_the_thousand_are_set_aside_as_one(tmp_path, run, kind):
    head = {
        "structures": "nom;type;code_insee\nA;CS;03185\n",
        "zones": "structure;commune\nA;03185\n",
        "qpv": "code_qp;population;nom_qp\nQN00304M;10;x\n",
    }[kind]
    (tmp_path / "x.csv").write_text(head + ";;\n" * 5_000, encoding="utf-8")
    (found,) = json.loads(run("check", "x.csv", "--json").stdout)["fichiers"]
    assert (found["nature"], found["accepte"]) == (kind, True)
    assert (found["lignes_lues"], found["lignes_utilisees"], found["lignes_mises_de_cote"]) == (
        5_001,
        1,
        5_000,
    )
    (aside,) = found["mises_de_cote"]
    assert "5\u202f000 lignes vides" in aside["message"]


def test_five_thousand_digits_are_no_place_of_a_cell_and_no_year(tmp_path):
    (tmp_path / "g.csv").write_text(text_of(2021).replace("N2594400", "N" + "9" * 5_000), encoding="utf-8")
    assert refused(read_grid, tmp_path / "g.csv", ["03185", "01001"]) >= {"AVS-360"}
    (tmp_path / "f.csv").write_text(f"indicateur;valeur;annee\nnb_cs;20;{'9' * 5_000}\n", encoding="utf-8")
    assert refused(read_figures, tmp_path / "f.csv", ALLIER) == {"AVS-393"}


def test_a_zip_packed_by_lzma_and_damaged_is_refused(tmp_path):
    content = bytearray(as_zip({"x.csv": SINCE_2021.encode() * 20}, zipfile.ZIP_LZMA))
    start = content.index(b"x.csv") + 5 + 9  # behind the name, and the properties of LZMA
    content[start + 5 : start + 60] = b"\xff" * 55
    (tmp_path / "x.zip").write_bytes(bytes(content))
    with zipfile.ZipFile(tmp_path / "x.zip") as archive, pytest.raises(lzma.LZMAError):
        archive.read("x.csv")
    assert refused(read_populations, [tmp_path / "x.zip"], None) == {"AVS-302"}


def test_a_zip_whose_names_are_not_text_is_refused(tmp_path):
    content = as_zip({"é.csv": SINCE_2021.encode()}).replace("é.csv".encode(), b"\xdc..csv")
    (tmp_path / "x.zip").write_bytes(content)
    assert refused(load_structures, tmp_path / "x.zip", ALLIER) == {"AVS-302"}


def test_names_that_are_not_their_codes_are_looked_up_in_one_table(tmp_path, monkeypatch):
    made = []
    make = gazetteer._Names.__init__
    monkeypatch.setattr(gazetteer._Names, "__init__", lambda *of: made.append(of) or make(*of))
    rows = "".join(f"A{n};CS;03185;Montlu\n" for n in range(50))
    (tmp_path / "x.csv").write_text("nom;type;code_insee;commune\n" + rows, encoding="utf-8")
    load_structures(tmp_path / "x.csv", ALLIER)
    assert len(made) == 1

"""Populations in the columns of each vintage of INSEE's file, its zip, and plain tables."""

from __future__ import annotations

import json
import zipfile

import pytest

from avs_coverage import InputError, Territory
from avs_coverage.loaders import table_frame
from avs_coverage.loaders.populations import read_populations

SINCE_2021 = (
    "REG;Région;DEP;CODARR;CODCAN;CODCOM;COM;Commune;PMUN;PCAP;PTOT\r\n"
    "84;Auvergne-Rhône-Alpes;03;2;08;185;03185;Montluçon;33147;1;33148\r\n"
    "84;Auvergne-Rhône-Alpes;03;1;01;310;03310;Vichy;25115;1;25116\r\n"
)
UP_TO_2020 = (
    "CODREG;REG;CODDEP;CODARR;CODCAN;CODCOM;COM;PMUN;PCAP;PTOT\r\n"
    "84;Auvergne-Rhône-Alpes;03;2;08;185;Montluçon;34 361;1;34362\r\n"
    "84;Auvergne-Rhône-Alpes;03;1;01;310;Vichy;24 166;1;24167\r\n"
)
MAYOTTE = "CODREG;REG;DEP;CODARR;CODCAN;CODCOM;COM;PMUN;PCAP;PTOT\n06;;976;;;601;;5192;192;5384\n"
PARIS = "REG;Région;DEP;CODARR;CODCAN;CODCOM;COM;Commune;PMUN;PCAP;PTOT\n" + "".join(
    f"11;Île-de-France;75;1;99;{n};75{n};Paris;{n};1;{n + 1}\n" for n in range(101, 121)
)


def read(tmp_path, text, wanted=None, name="donnees_communes.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return read_populations([path], wanted)


def refused(tmp_path, text, wanted=None):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, wanted)
    return [(fault.code, fault.line) for fault in caught.value.faults]


def test_com_is_the_code_since_2021_and_the_name_before(tmp_path):
    assert read(tmp_path, SINCE_2021).values == {"03185": 33147, "03310": 25115}
    assert read(tmp_path, UP_TO_2020).values == {"03185": 34361, "03310": 24166}
    assert read(tmp_path, UP_TO_2020, encoding="latin-1").values == {"03185": 34361, "03310": 24166}


def test_overseas_codes_are_two_figures_of_the_departement_and_three_of_the_commune(tmp_path):
    assert read(tmp_path, MAYOTTE).values == {"97601": 5192}


def test_municipal_arrondissements_are_summed_into_their_commune(tmp_path):
    found = read(tmp_path, PARIS, ["75056"])
    assert found.values == {"75056": 2210}  # 20 × 100 + 1 + 2 + … + 20
    assert (found.rows_read, found.rows_used) == (20, 20)


def test_a_commune_of_which_a_part_is_missing_is_refused_and_the_part_named(tmp_path):
    """Paris without its first arrondissement; Tessy-Bocage (50592) without the part 14513 has it still."""
    assert refused(tmp_path, PARIS.replace("75101", "75102", 1), ["75056"])[0][0] == "AVS-338"
    lines = PARIS.splitlines(keepends=True)
    path = tmp_path / "p.csv"
    path.write_text(lines[0] + "".join(lines[2:]))
    with pytest.raises(InputError) as caught:
        read_populations([path], ["75056"])
    assert [(f.code, "75101" in f.what) for f in caught.value.faults] == [("AVS-344", True)]
    # The old part alone, among codes of today: 14513 is not 50592.
    path.write_text("code;pmun\n03185;100\n14513;500\n")
    with pytest.raises(InputError) as caught:
        read_populations([path], None)
    assert [(f.code, "50592" in f.what) for f in caught.value.faults] == [("AVS-344", True)]


def test_a_plain_table_keyed_by_commune_is_enough(tmp_path):
    assert read(tmp_path, "code_insee,population\n03185,100\n").values == {"03185": 100}


def test_the_zip_of_insee_is_read_as_it_is(tmp_path):
    path = tmp_path / "ensemble.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadonnees_communes.csv", "a;b\n1;2\n")
        archive.writestr("donnees_communes.csv", SINCE_2021)
    assert read_populations([path], ["03185", "03310"]).values == {"03185": 33147, "03310": 25115}


def test_merged_communes_are_summed_and_the_label_says_how_many_codes_moved(tmp_path):
    # 14513 Pont-Farcy is a part of 50592 Tessy-Bocage since 2018.
    found = read(tmp_path, "code;pmun\n50592;1000\n14513;500\n")
    assert found.values == {"50592": 1500}
    assert "1 code d'un COG antérieur ramené au COG 2026" in found.label
    assert [warning.code for warning in found.warnings] == ["AVS-909"]


def test_what_cannot_be_a_population_is_refused_with_its_line(tmp_path):
    text = "code;pmun\n03185;s\n03310;\n99999;5\n60455;7\n03190;1\n03190;2\n"
    assert refused(tmp_path, text) == [
        ("AVS-319", 2),
        ("AVS-319", 3),
        ("AVS-314", 4),
        ("AVS-329", 5),
        ("AVS-338", 7),
    ]


def test_an_unknown_population_is_not_zero(tmp_path):
    assert refused(tmp_path, SINCE_2021, ["03185", "03190"]) == [("AVS-339", 0)]


def test_a_file_without_the_columns_is_refused(tmp_path):
    assert refused(tmp_path, "nom;habitants\nA;1\n") == [("AVS-350", 0)]
    assert refused(tmp_path, "") == [("AVS-302", 0)]


def test_the_report_uses_the_file_and_says_so(run, tmp_path):
    allier = Territory.find("allier").communes
    lines = [f"{code};{population * 2}" for code, population in allier["population"].items()]
    (tmp_path / "pop.csv").write_text("\n".join(["code_insee;PMUN", *lines]), encoding="utf-8")
    made = json.loads(run("report", "allier", "--population", "pop.csv", "--json").stdout)
    assert made["territoire"]["population"] == 2 * 333_298
    assert made["sources"]["couches_utilisateur"] == ["population : pop.csv, colonne PMUN"]
    inhabitants = [r for r in made["synthese"] if r["mesure"] == "habitants"]
    assert {r["denominateur"] for r in inhabitants} == {2 * 333_298}
    text = run("communes", "allier", "--population", "pop.csv", "--covered-by", "cs").stdout.decode()
    assert "à la place de la donnée embarquée" in text


def test_a_row_with_more_cells_than_headers_is_refused(tmp_path):
    """« 2,915 » in a file whose separator is a comma is two cells: reading 2 inhabitants would be a lie."""
    rows = "code_insee,population\n03001,2,915\n03002,300\n03003,1,050\n"
    assert refused(tmp_path, rows) == [("AVS-306", 2), ("AVS-306", 4)]
    moved = "code_insee,population,note,x\n03001,2,915,,\n03002,300,,\n"
    assert refused(tmp_path, moved) == [("AVS-306", 2)]
    # Excel ends every row with as many separators: nothing is lost there.
    assert read(tmp_path, "code_insee;population\n03001;2915;;\n03002;300;;\n").values["03001"] == 2915


def test_a_header_on_two_lines_loses_no_row(tmp_path):
    text = '"Code\nINSEE";"Population\nmunicipale"\n03001;2915\n03002;300\n'
    found = read(tmp_path, text)
    assert found.values == {"03001": 2915, "03002": 300}
    assert (found.rows_read, found.rows_used) == (2, 2)


def test_a_header_that_stands_twice_is_refused(tmp_path):
    assert refused(tmp_path, "code_insee;pmun;pmun\n03001;1;2\n") == [("AVS-305", 1)]


def test_a_table_with_millions_of_blank_lines_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(table_frame, "MAX_ROWS", 150_000)
    path = tmp_path / "p.csv"
    path.write_text("code_insee;population\n03001;12\n" + ";\n" * 200_000, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_populations([path], ["03001"])
    assert [fault.code for fault in caught.value.faults] == ["AVS-302"]
    path.write_text("code_insee;population\n03001;12\n" + ";\n" * 100_000, encoding="utf-8")
    assert read_populations([path], ["03001"]).values == {"03001": 12}

"""``check`` says everything of a file in one run, ``error`` explains each code."""

from __future__ import annotations

import json

import pytest

from avs_coverage import InputError, find_territory_name, load_structures
from avs_coverage.faults import CATALOGUE

TERRIBLE = (
    "Liste des structures;;;;\n"
    ";;;;\n"
    "Nom;Type;Code INSEE;zone;commune;agrement_debut;longitude;latitude;Divers\n"
    ";CS;3185;;;;;;\n"
    "Beta;MJC;03310;;;31/02/2022;;;\n"
    "Gamma;EVS;99999;complète;;;;;\n"
    "Delta;EVS;;;Vichi;;;;\n"
    "Epsilon;CS;03310;;;;46,1;3,4;\n"
    "Zeta;CS;03310;peut-être;;;3,4;;x;y\n"
    "Total;;;;;;;;\n"
)


def write(tmp_path, text=TERRIBLE):
    (tmp_path / "liste.csv").write_text(text, encoding="cp1252")
    return tmp_path / "liste.csv"


def test_a_terrible_list_shows_all_its_faults_in_one_run(run, tmp_path):
    write(tmp_path)
    result = run("check", "liste.csv", "--territory", "allier", "--json")
    assert result.returncode == 3
    made = json.loads(result.stdout)
    assert made["accepte"] is False
    assert made["encodage"] == "Windows-1252, séparateur « ; »"
    assert (made["lignes_lues"], made["structures"], made["lignes_mises_de_cote"]) == (7, 6, 1)
    assert [(f["ligne"], f["code"], f["colonne"]) for f in made["fautes"]] == [
        (4, "AVS-311", "nom"),
        (5, "AVS-317", "agrement_debut"),
        (5, "AVS-312", "type"),
        (6, "AVS-314", "code_insee"),
        (6, "AVS-320", "zone"),
        (7, "AVS-315", "commune"),
        (8, "AVS-323", "longitude"),
        (9, "AVS-306", ""),
        (9, "AVS-327", "latitude"),
        (9, "AVS-313", "zone"),
    ]
    assert {w["code"] for w in made["avertissements"]} >= {"AVS-901", "AVS-906"}
    assert all(f["aide"] for f in made["fautes"])


def test_check_refuses_exactly_what_report_refuses(run, tmp_path):
    path = write(tmp_path)
    made = json.loads(run("check", "liste.csv", "--territory", "allier", "--json").stdout)
    with pytest.raises(InputError) as caught:
        load_structures(path, find_territory_name("allier"))
    assert [fault.to_record() for fault in caught.value.faults] == made["fautes"]


def test_a_right_list_is_accepted_with_what_was_matched(run, tmp_path):
    write(tmp_path, "Nom;Type;Code INSEE\nA;CS;03185\n;;\n")
    result = run("check", "liste.csv")
    text = result.stdout.decode()
    assert result.returncode == 0
    assert "code_insee ← « Code INSEE »" in text
    assert "2 lignes lues : 1 structure, 1 ligne mise de côté." in text
    assert "Liste acceptée." in text


def test_a_file_that_is_no_table_is_refused(run, tmp_path):
    (tmp_path / "liste.csv").write_bytes(b"\x00\x01\x02")
    result = run("check", "liste.csv")
    assert result.returncode == 3
    assert b"AVS-302" in result.stderr


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_code_is_explained_in_whole_sentences(code):
    from avs_coverage.faults import describe

    text = describe(code)
    assert text.startswith(code)
    assert "aide : " in text
    assert "{" not in text


def test_error_prints_one_code_and_refuses_an_unknown_one(run):
    assert "constat" in run("error", "314").stdout.decode()
    result = run("error", "AVS-999")
    assert result.returncode == 2
    assert b"AVS-314" in result.stderr

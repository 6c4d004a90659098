"""``check`` says everything of a file in one run, ``error`` explains each code."""

from __future__ import annotations

import json

import pytest

from avs_coverage import InputError, Territory, find_territory_name, load_structures
from avs_coverage.catalogue import CATALOGUE

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


def only(result):
    made = json.loads(result.stdout)
    (record,) = made["fichiers"]
    assert made["accepte"] == record["accepte"]
    return record


def test_a_terrible_list_shows_all_its_faults_in_one_run(run, tmp_path):
    write(tmp_path)
    result = run("check", "liste.csv", "--territory", "allier", "--json")
    assert result.returncode == 3
    made = only(result)
    assert made["accepte"] is False
    assert made["encodage"] == "Windows-1252, séparateur « ; »"
    assert (made["lignes_lues"], made["lignes_utilisees"], made["lignes_mises_de_cote"]) == (7, 6, 1)
    assert [(f["ligne"], f["code"], f["colonne"]) for f in made["fautes"]] == [
        (4, "AVS-311", "nom"),
        (5, "AVS-317", "agrement_debut"),
        (5, "AVS-312", "type"),
        (6, "AVS-314", "code_insee"),
        (6, "AVS-320", "zone"),
        (7, "AVS-315", "commune"),
        (8, "AVS-323", "longitude"),
        (9, "AVS-306", "J"),
        (9, "AVS-327", "latitude"),
        (9, "AVS-313", "zone"),
    ]
    assert {w["code"] for w in made["avertissements"]} >= {"AVS-901", "AVS-906"}
    assert all(f["aide"] for f in made["fautes"])


def test_check_refuses_exactly_what_report_refuses(run, tmp_path):
    path = write(tmp_path)
    made = only(run("check", "liste.csv", "--territory", "allier", "--json"))
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
    assert "Fichier accepté." in text


def test_a_file_that_is_no_table_is_refused(run, tmp_path):
    (tmp_path / "liste.csv").write_bytes(b"\x00\x01\x02")
    result = run("check", "liste.csv")
    assert result.returncode == 3
    assert b"AVS-302" in result.stdout
    record = only(run("check", "liste.csv", "--json"))
    assert [fault["code"] for fault in record["fautes"]] == ["AVS-302"]


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


def test_other_files_are_known_by_what_they_hold(run, tmp_path):
    files = {
        "a": ("REG;DEP;CODCOM;COM;Commune;PMUN\n84;03;185;03185;Montluçon;33147\n", "population", 1),
        "b": ("CODGEO;LIBGEO;POP_MUN;LIB_COM\nQP003004;Rive Gauche;2648;Montluçon\n", "qpv", 1),
        "c": ("code_qp;lib_qp;insee_com\nQN00304M;Rive Gauche;03185\n", "qpv", 1),
        "e": ("CODGEO;NBMENFISC21;MED21\n03185;1;2\n", "indicateurs", 1),
        "f": ("code_insee;enfants\n03185;12\n", "indicateurs", 1),
        "g": ("idcar_200m,lcog_geo,ind\nCRS3035RES200mN2594600E3811200,03185,4\n", "carreaux", 1),
        "h": ("origine;destination;minutes\n03185;03310;70\n", "temps", 1),
        "d": ("Nom;Type;Code INSEE\nA;CS;03185\n", "structures", 1),
    }
    for name, (text, nature, used) in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        record = only(run("check", name, "--json"))
        assert (record["nature"], record["lignes_utilisees"], record["accepte"]) == (nature, used, True), name


def test_a_folder_is_checked_with_every_file_that_it_names(run, tmp_path):
    run("init", "allier", "etude", "--example")
    folder = tmp_path / "etude"
    (folder / "qpv.csv").write_text("code_qp;population\nQP003004;deux\n", encoding="utf-8")
    with (folder / "avs.toml").open("a", encoding="utf-8") as settings:
        settings.write('qpv = ["qpv.csv"]\n')
    result = run("check", "etude", "--json")
    made = json.loads(result.stdout)
    assert result.returncode == 3
    assert [(f["nature"], f["accepte"]) for f in made["fichiers"]] == [("structures", True), ("qpv", False)]
    assert made["accepte"] is False


@pytest.mark.parametrize(
    ("text", "nature", "used", "accepted"),
    [
        # INSEE's BPE: two of its three rows are structures of the AVS.
        (
            "AN;TYPEQU;DEPCOM;NOMRS;LONGITUDE;LATITUDE;QUALITE_GEOLOC\n"
            "2024;D506;03185;CS A;;;11\n2024;D508;03310;EVS B;;;11\n2024;A101;03190;Police;;;11\n",
            "structures",
            2,
            True,
        ),
        ("code_insee;nom;population\n03185;Montluçon;33147\n", "population", 1, True),
        ("structure;commune\nCS A;03185\nCS A;Domérat\n", "zones", 2, True),
        # Headers that nobody knows, rows that say what they are.
        ("lib_structure;categorie_avs;codgeo\nA;CS;03185\nB;EVS;03310\n", "structures", 0, False),
    ],
)
def test_a_file_is_known_by_its_rows_where_its_headers_say_little(
    run, tmp_path, text, nature, used, accepted
):
    (tmp_path / "x").write_text(text, encoding="utf-8")
    record = only(run("check", "x", "--json"))
    assert (record["nature"], record["lignes_utilisees"], record["accepte"]) == (nature, used, accepted)
    if not accepted:
        assert any("--map" in fault["aide"] for fault in record["fautes"])


def test_what_is_refused_was_read_all_the_same(run, tmp_path):
    (tmp_path / "x").write_text("code_insee;PMUN\n03185;beaucoup\n03999;3\n63113;5\n", encoding="utf-8")
    record = only(run("check", "x", "--territory", "allier", "--json"))
    assert record["accepte"] is False
    assert (record["lignes_lues"], record["lignes_mises_de_cote"]) == (3, 1)


def test_every_nature_says_how_it_is_written_and_which_columns_it_takes(run, tmp_path):
    files = {
        "pop": ("code_insee,PMUN\n03185,1\n", {"code_insee": "code_insee", "population": "PMUN"}),
        "ind": ("CODGEO,enfants\n03185,12\n", {"code_insee": "CODGEO"}),
        "car": (
            "idcar_200m,lcog_geo,ind\nCRS3035RES200mN2594600E3811200,03185,4\n",
            {"idcar_200m": "idcar_200m", "lcog_geo": "lcog_geo", "ind": "ind"},
        ),
        "temps": (
            "from,to,duree\n03185,03310,70\n",
            {"origine": "from", "destination": "to", "minutes": "duree"},
        ),
        "qpv": ("code_qp,population\nQP003004,9\n", {"code_qpv": "code_qp", "population": "population"}),
    }
    for name, (text, columns) in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        record = only(run("check", name, "--json"))
        assert record["encodage"] == "UTF-8, séparateur « , »", name
        assert record["colonnes"] == columns, name


def test_a_mapping_is_shown_with_the_headers_of_the_file(run, tmp_path):
    (tmp_path / "x.csv").write_text("LIB;CAT;INSEE\nA;MJC;03185\n", encoding="utf-8")
    record = only(run("check", "x.csv", "--map", "nom=LIB,type=CAT,code_insee=INSEE", "--json"))
    assert record["colonnes"] == {"nom": "LIB", "type": "CAT", "code_insee": "INSEE"}
    assert [fault["colonne"] for fault in record["fautes"]] == ["CAT"]


def test_a_json_without_contours_gives_the_call_to_make(run, tmp_path):
    (tmp_path / "c.json").write_text('[{"nom": "Montluçon", "code": "03185"}]', encoding="utf-8")
    record = only(run("check", "c.json", "--json"))
    assert record["nature"] == "communes"
    assert "geometry=contour" in record["fautes"][0]["aide"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ("territoire =", "AVS-331"),
        ('territoire = "allier"\nstructures = ""', "AVS-332"),
        ('territoire = "allier"\nstructures = ["a.csv"]', "AVS-332"),
        ('territoire = "allier"\npopulation = [3]', "AVS-332"),
    ],
)
def test_settings_that_say_nothing_are_refused(run, tmp_path, settings, code):
    (tmp_path / "avs.toml").write_text(settings, encoding="utf-8")
    done = run("report", ".")
    assert done.returncode == 3
    text = done.stderr.decode()
    assert code in text
    assert "line" not in text.replace("ligne", "")


def test_a_folder_that_is_no_study_is_called_so(run, tmp_path):
    done = run("report", "./rien")
    assert done.returncode == 3
    assert "AVS-340" in done.stderr.decode()
    assert "Excel" not in done.stderr.decode()


def study(tmp_path, settings, **files):
    (tmp_path / "avs.toml").write_text(settings, encoding="utf-8")
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")


def test_a_folder_is_checked_as_a_report_reads_it(run, tmp_path):
    """Columns asked for, populations that complete each other, settings: as in report."""
    codes = sorted(Territory.find("allier").communes.index)
    first, second = (
        "code_insee;PMUN\n" + "".join(f"{code};10\n" for code in of) for of in (codes[:9], codes[9:])
    )
    study(
        tmp_path,
        'territoire = "allier"\nregle = "declared"\npopulation = ["a.csv", "b.csv"]\n'
        'indicateurs = ["i.csv=nb"]\n',
        a=first, b=second, i="code_insee;nb;texte\n03185;3;x\n03310;4;7\n",
    )  # fmt: skip
    made = json.loads(run("check", ".", "--json").stdout)
    assert made["accepte"], made
    assert [(f["nature"], f["lignes_lues"]) for f in made["fichiers"]] == [
        ("population", 317),
        ("indicateurs", 2),
    ]
    assert run("report", ".").returncode == 0


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('regle = "foo"', "AVS-202"),
        ('date = "hier"', "AVS-201"),
        ('indicateurs = ["i.csv=absente"]', "AVS-356"),
        ('qpv = ["q.csv", "r.csv"]', "AVS-373"),
        ('communes = "nulle-part.shp"', "AVS-301"),
    ],
)
def test_what_a_report_refuses_check_refuses(run, tmp_path, line, code):
    study(
        tmp_path,
        f'territoire = "allier"\n{line}\n',
        i="code_insee;nb\n03185;3\n",
        q="code_qp;population\nQP003004;5\n",
        r="code_qp;population\nQP003004;6\n",
    )
    made = run("check", ".", "--json")
    assert made.returncode == 3
    codes = [fault["code"] for found in json.loads(made.stdout)["fichiers"] for fault in found["fautes"]]
    assert codes == [code]
    assert run("report", ".").returncode in (2, 3)


def test_service_areas_are_a_file_of_their_own(run, tmp_path):
    study(
        tmp_path,
        'territoire = "allier"\nstructures = "s.csv"\nzones = "z.csv"\n',
        s="nom;type;code_insee\nA;CS;03185\n",
        z="structure;commune\nA;03101\nB;03310\n;\nA;99999\n",
    )
    made = json.loads(run("check", ".", "--json").stdout)
    assert [(f["nature"], f["lignes_lues"], f["lignes_mises_de_cote"]) for f in made["fichiers"]] == [
        ("structures", 1, 0), ("zones", 4, 1),
    ]  # fmt: skip
    assert made["fichiers"][0]["fautes"] == []
    assert [(f["code"], f["ligne"]) for f in made["fichiers"][1]["fautes"]] == [
        ("AVS-324", 3),
        ("AVS-314", 5),
    ]


def test_made_data_say_so_when_they_are_checked(run, tmp_path):
    run("init", "allier", "ex", "--example")
    assert "DONNÉES FICTIVES" in run("check", "./ex").stdout.decode().splitlines()[0]
    assert json.loads(run("check", "./ex", "--json").stdout)["fichiers"][0]["fictif"] is True


def test_numbers_of_cs_and_evs_are_indicators_and_not_a_list(run, tmp_path):
    (tmp_path / "x.csv").write_text("code_insee;CS;EVS\n03185;2;1\n", encoding="utf-8")
    assert only(run("check", "x.csv", "--json"))["nature"] == "indicateurs"


def test_a_broken_name_beside_its_code_is_mended(run, tmp_path):
    text = "nom;type;code_insee;commune\nA;CS;03185;MontluÃ§on\n"
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    assert only(run("check", "x.csv", "--json"))["avertissements"] == []

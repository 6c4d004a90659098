"""The commands: exit codes, streams and encodings as real processes, what they write in this one."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
UTF8 = {**os.environ, "PYTHONIOENCODING": "utf-8"}  # where the encoding is not what is tested
MADE = "id;nom;type;code_insee;communes_desservies\nA;Alpha;CS;03185;03185|03101\nB;Beta;EVS;03310;03310\n"


def out(result):
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode("utf-8")


def err(result, code):
    assert result.returncode == code, (result.returncode, result.stderr.decode())
    text = result.stderr.decode("utf-8")
    assert "Traceback" not in text
    assert result.stdout == b""
    return text


# --- exit codes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "Commandes"),
        (["repot", "allier"], 2, "peut-être report"),
        (["report"], 2, "TERRITOIRE"),
        (["report", "allier", "creuse"], 2, "AVS-209"),
        (["report", "allier", "--reg", "x"], 2, "AVS-206"),
        (["report", "allier", "--rule"], 2, "AVS-208"),
        (["report", "allier", "--rule", "rayon"], 2, "declared, implantation"),
        (["report", "allier", "--date", "demain"], 2, "2022-12-31"),
        (["report", "allier", "--service-areas", "z.csv"], 2, "--structures"),
        (["communes", "allier", "--covered-by", "mjc"], 2, "only-evs"),
        (["communes", "allier", "--uncovered=peut-etre"], 2, "possible"),
        (["communes", "allier", "--uncovered", "--covered-by", "cs"], 2, "AVS-210"),
        (["communes", "allier", "--csv", "a.csv", "--csv-dialect", "us"], 2, "excel-fr"),
        (["report", "allier", "--structures", "absent.csv"], 3, "introuvable"),
        (["report", "alier"], 4, "Allier (03)"),
        (["report", "./etude"], 3, "avs-coverage init"),
        (["communes", "allier", "--csv", "absent/a.csv"], 5, "AVS-502"),
    ],
)
def test_a_refusal_says_what_to_do_and_has_its_exit_code(process, arguments, code, said):
    text = err(process(*arguments), code)
    assert said in text
    assert "Usage:" not in text
    assert "Error" not in text


def test_an_existing_file_is_refused_without_force_and_left_as_it_was(run, tmp_path):
    target = tmp_path / "communes.csv"
    target.write_text("déjà là", encoding="utf-8")
    assert "--force" in err(run("communes", "allier", "--csv", "communes.csv"), 5)
    assert target.read_text(encoding="utf-8") == "déjà là"
    assert run("communes", "allier", "--csv", "communes.csv", "--force").returncode == 0
    assert target.read_bytes().startswith(b"\xef\xbb\xbfcode_insee;")
    assert [path.name for path in tmp_path.iterdir()] == ["communes.csv"]


def test_a_bug_shows_its_trace_only_under_debug(process, tmp_path):
    environment = {"AVS_TEST_BREAK": "1"}
    hook = "import avs_coverage.territory_names as t\nt.find_territory_name = None\n"
    (tmp_path / "sitecustomize.py").write_text(hook, encoding="utf-8")
    environment["PYTHONPATH"] = f"{tmp_path}{':' if sys.platform != 'win32' else ';'}{ROOT}"
    quiet = process("report", "allier", **environment)
    assert quiet.returncode == 1
    assert b"Traceback" not in quiet.stderr
    assert b"--debug" in quiet.stderr
    loud = process("--debug", "report", "allier", **environment)
    assert loud.returncode == 1
    assert b"Traceback" in loud.stderr


@pytest.mark.full
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stdout_is_an_error_and_a_closed_pipe_is_not():
    import subprocess

    command = f'"{sys.executable}" -m avs_coverage report allier'
    full = subprocess.run(f"{command} > /dev/full", shell=True, cwd=ROOT, capture_output=True, check=False)
    assert full.returncode == 5
    assert b"AVS-505" in full.stderr
    pipe = subprocess.run(
        ["bash", "-c", f"{command} | head -n 1; exit ${{PIPESTATUS[0]}}"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert pipe.returncode == 0
    assert pipe.stderr == b""


# --- outputs ----------------------------------------------------------------------------------


def test_report_json_has_its_published_names(run):
    made = json.loads(out(run("report", "allier", "--json")))
    assert list(made) == [
        "schema", "version", "territoire", "date", "inventaire", "regle", "synthese",
        "multiplicite", "autres_regles", "epci", "qpv", "zones", "indicateurs", "populations_de_zone",
        "publie", "sources",
    ]  # fmt: skip
    assert (made["schema"], made["version"], made["date"]) == ("avs-coverage/report", 5, "2022-12-31")
    record = made["synthese"][0]
    assert record == {
        "regle": "declared",
        "parametres": {},
        "mesure": "communes",
        "statut": "cs",
        "numerateur": 8,
        "denominateur": 317,
        "part": pytest.approx(8 / 317),
        "minorant": 7,
        "majorant": 171,
    }
    by = {(r["mesure"], r["statut"]): r for r in made["synthese"]}
    assert len(by) == 12
    for measure in ("communes", "habitants"):
        total = by[measure, "avs"]["denominateur"]
        assert by[measure, "avs"]["numerateur"] + by[measure, "aucune"]["numerateur"] == total


def test_unknown_figures_are_null_in_json(run):
    made = json.loads(out(run("report", "lozere", "--json")))
    assert {record["part"] for record in made["synthese"]} == {None}
    assert {record["majorant"] for record in made["synthese"]} == {None}
    assert made["inventaire"]["departements"] == []
    assert made["date"] == "2026-01-01"


def test_csv_for_a_french_excel_and_for_programs_hold_the_same_table(run, tmp_path):
    run("communes", "allier", "--csv", "fr.csv")
    run("communes", "allier", "--csv", "en.csv", "--csv-dialect", "standard")
    raw = (tmp_path / "fr.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    french = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))
    english = list(csv.DictReader(io.StringIO((tmp_path / "en.csv").read_text(encoding="utf-8"))))
    assert list(french[0]) == [
        "code_insee", "nom", "departement", "epci", "nom_epci", "population", "superficie_km2", "statut",
        "nb_cs", "nb_evs", "structures", "statut_minorant", "statut_majorant",
        "habitants_couverts", "habitants_couverts_minorant", "habitants_couverts_majorant", "territoire",
        "date", "regle", "parametres", "fictif", "couches_utilisateur", "completude", "positions",
        "hors_fourchette",
    ]  # fmt: skip
    assert len(french) == len(english) == 317
    assert french[0]["code_insee"] == "03001"
    for one, other in zip(french, english, strict=True):
        assert one.pop("superficie_km2").replace(",", ".") == other.pop("superficie_km2")
        assert one == other
    assert sum(int(row["population"]) for row in french) == 333_298
    assert {row["statut"] for row in french} == {"cs_seul", "cs_et_evs", "evs_seul", "aucune"}


def test_an_empty_listing_still_has_its_header(run, tmp_path):
    run("communes", "lozere", "--uncovered", "--csv", "vide.csv")
    text = (tmp_path / "vide.csv").read_text(encoding="utf-8-sig")
    assert text.count("\n") == 1
    assert text.startswith("code_insee;nom;")


def test_uncovered_communes_come_by_inhabitants(run):
    rows = json.loads(out(run("communes", "allier", "--uncovered", "--json")))["communes"]
    populations = [row["population"] for row in rows]
    assert len(rows) == 302
    assert populations == sorted(populations, reverse=True)
    assert rows[0]["nom"] == "Moulins"
    sure = json.loads(out(run("communes", "allier", "--uncovered=possible", "--json")))["communes"]
    assert len(sure) == 84
    assert sure[0]["nom"] == "Gannat"


def test_every_listing_gives_the_same_rows_as_csv_and_as_json(run, tmp_path):
    for name, count in (("communes", 317), ("qpv", 6), ("zones", 12), ("structures", 22)):
        rows = json.loads(out(run(name, "allier", "--json")))[name]
        out(run(name, "allier", "--csv", f"{name}.csv"))
        text = (tmp_path / f"{name}.csv").read_text(encoding="utf-8-sig")
        table = list(csv.DictReader(io.StringIO(text), delimiter=";"))
        assert len(rows) == len(table) == count
        stamp = {"territoire", "date", "regle", "parametres", "fictif", "couches_utilisateur"}
        stamp |= {"completude", "positions", "hors_fourchette"}
        assert set(table[0]) - set(rows[0]) == (stamp if name != "structures" else set())
        assert set(rows[0]) <= set(table[0])


def test_an_exported_list_of_structures_reads_back_as_the_same_inventory(run, tmp_path):
    first = out(run("structures", "allier", "--csv", "structures.csv", "--json"))
    second = out(
        run("structures", "allier", "--structures", "structures.csv", "--date", "2022-12-31", "--json")
    )
    assert json.loads(first)["structures"] == json.loads(second)["structures"]


def test_the_dates_of_agreements_read_back_as_they_were(run, tmp_path):
    head = MADE.splitlines()[0] + ";acf;acf_debut;ps_jeunes;ps_jeunes_debut"
    (tmp_path / "liste.csv").write_text(f"{head}\nA;Alpha;CS;03185;03185;;2020;oui;01/09/2021\n", "utf-8")
    first = run("structures", "allier", "--structures", "liste.csv", "--csv", "s.csv", "--json").stdout
    (row,) = json.loads(first)["structures"]
    assert (row["acf"], row["acf_debut"], row["ps_jeunes_debut"]) == (True, "2020-01-01", "2021-09-01")
    assert json.loads(run("structures", "allier", "--structures", "s.csv", "--json").stdout)[
        "structures"
    ] == [row]


def test_qpv_without_structure(run):
    made = out(run("qpv", "allier", "--without-structure"))
    assert "Moulins-Sud" in made
    assert "Bien-Assis" not in made
    assert "Vichy (Centre)" in made


def test_a_made_list_with_complete_areas_gives_counts_worked_out_by_hand(run, tmp_path):
    # Alpha, a CS, serves Montluçon and Domérat; Beta, an EVS, serves Vichy: 2 + 1 communes of 317.
    (tmp_path / "liste.csv").write_text(MADE, encoding="utf-8")
    made = json.loads(out(run("report", "allier", "--structures", "liste.csv", "--json")))
    counts = {r["statut"]: r for r in made["synthese"] if r["mesure"] == "communes"}
    assert {status: r["numerateur"] for status, r in counts.items()} == {
        "cs": 2, "evs_seul": 1, "avs": 3, "aucune": 314,
    }  # fmt: skip
    assert all(r["minorant"] == r["numerateur"] == r["majorant"] for r in made["synthese"])
    assert made["date"] == "2026-01-01"
    assert made["inventaire"]["completude"][0]["publies"] is None  # published for 2022, not 2026


def test_all_faults_of_a_file_come_at_once_with_line_column_and_value(run, tmp_path):
    (tmp_path / "liste.csv").write_text(
        "nom;type;code_insee\n;CS;03185\nBeta;MJC;03310\nGamma;EVS;99999\n", encoding="utf-8"
    )
    text = err(run("report", "allier", "--structures", "liste.csv"), 3)
    assert "3 fautes" in text
    for code, place, value in (
        ("AVS-311", "ligne 2", "nom"),
        ("AVS-312", "ligne 3", "« MJC »"),
        ("AVS-314", "ligne 4", "« 99999 »"),
    ):
        assert code in text
        assert place in text
        assert value in text


@pytest.mark.full
def test_two_runs_give_the_same_bytes_whatever_the_hash_seed():
    code = (
        "from avs_coverage.commands import main_program\n"
        "for line in ('report allier', 'report allier --json', 'zones allier --json'):\n"
        "    assert main_program(line.split()) == 0\n"
        "    print('=====')"
    )
    command = [sys.executable, "-c", code]
    one, two = (
        subprocess.run(
            command, capture_output=True, cwd=ROOT, check=True, env={**UTF8, "PYTHONHASHSEED": seed}
        ).stdout.split(b"=====")
        for seed in ("1", "2")
    )
    assert one == two
    assert all(text.strip() for text in one[:3])


# --- streams and encodings --------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8", "latin-1"])
@pytest.mark.parametrize("command", [["report", "allier"], ["communes", "2a", "--json"], ["--help"]])
def test_no_encoding_of_the_output_is_a_reason_to_fail(run, encoding, command):
    # As processes: tests/bad_files/test_processes.py.
    result = run(*command, encoding=encoding)
    assert result.returncode == 0, result.stderr
    text = result.stdout.decode(encoding)
    assert "?" not in text.replace("à ?", "").replace("« ? »", "").replace('" ? "', "").replace("a ?", "")
    if command[0] == "communes":
        assert json.loads(text)["communes"][0]["nom"] == "Afa"
    if command[0] == "report":
        assert "24,2" in text
        assert ("Montlucon" if encoding == "ascii" else "Montluçon") in text


def test_the_c_locale_is_no_reason_to_fail(process):
    assert "Montluçon" in out(process("report", "allier", LC_ALL="C"))


def test_a_pipe_never_cuts_nor_wraps_a_cell(process):
    text = out(process("report", "allier", COLUMNS="40"))
    assert (
        "MJC-Centre social de Montluçon (Fontbouillant, L'Embarcadère), à 10,5\N{NO-BREAK SPACE}" not in text
    )
    assert "MJC-Centre social de Montluçon (Fontbouillant, L'Embarcadère), à 10,5 km" in text
    assert "…" not in text
    assert "\x1b" not in text


def test_errors_go_to_stderr_and_results_to_stdout(process, tmp_path):
    (tmp_path / "liste.csv").write_text(MADE.replace("03185;0", "3185;0"), encoding="utf-8")
    result = process("report", "allier", "--structures", "liste.csv", "--json")
    json.loads(result.stdout)
    assert "AVS-901" in result.stderr.decode()


def test_markup_and_control_characters_of_a_name_are_text(run, tmp_path):
    name = "Foyer [red]\x1b[31m{x} %s"
    (tmp_path / "liste.csv").write_text(f"nom;type;code_insee\n{name};CS;03185\n", encoding="utf-8")
    text = out(run("structures", "allier", "--structures", "liste.csv"))
    assert "Foyer [red][31m{x} %s" in text
    assert "\x1b" not in text


# --- help -------------------------------------------------------------------------------------

ENGLISH = (
    "Options:",
    "Usage:",
    "Show this",
    "Commands",
    "Error",
    "default",
    "required",
    "Try ",
    "TEXT",
    "PATH",
)


@pytest.mark.parametrize("command", [[], ["report"], ["communes"], ["qpv"], ["zones"], ["structures"]])
def test_help_is_in_french(run, command):
    text = out(run(*command, "--help"))
    assert "Afficher cette aide." in text
    assert text.startswith("Usage : avs-coverage")
    found = [word for word in ENGLISH if word in text]
    assert found == []


def test_version_tells_the_vintages_of_the_data(process):
    text = out(process("--version"))
    assert text.startswith("avs-coverage 0.")
    assert "COG au 1er janvier 2026" in text


def test_help_imports_neither_pandas_nor_rich():
    import subprocess

    code = (
        "import sys; from avs_coverage.commands import main_program; main_program(['report', '--help']); "
        "print([m for m in ('pandas', 'numpy', 'geopandas', 'pyarrow', 'rich') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=ROOT, check=True, env=UTF8
    )
    assert result.stdout.strip().endswith("[]")


def test_a_report_does_not_pay_for_what_it_does_not_use():
    code = (
        "import sys; from avs_coverage.commands import main_program; "
        "[main_program([c, '03', '--json']) for c in ('report', 'communes', 'qpv', 'access', 'groups')]; "
        "print([m for m in ('pydantic', 'geopandas', 'shapely', 'pyproj', 'rapidfuzz') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=ROOT, check=True, env=UTF8
    )
    assert result.stdout.strip().endswith("[]")


@pytest.mark.full
def test_cli_py_runs_from_a_checkout(tmp_path):
    import subprocess

    result = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "qpv", "03", "--json"],
        capture_output=True, cwd=tmp_path, check=True,
    )  # fmt: skip
    assert len(json.loads(result.stdout)["qpv"]) == 6

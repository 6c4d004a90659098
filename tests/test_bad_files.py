"""Bad files through the commands: read whole or refused in French with exit code 3, never a crash."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from avs_coverage.commands import main_program
from avs_coverage.errors import InputError
from avs_coverage.loaders.structures import load_structures
from avs_coverage.territory_names import find_territory_name

COMMANDS = ["report", "communes", "zones", "structures", "qpv"]
THREE = "nom;type;code_insee"
GOOD = f"{THREE};communes_desservies\nA;CS;03185;03185|03101\nB;EVS;03310;\n"
ALLIER = find_territory_name("allier")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, the current one, and a function that writes a file in it."""
    monkeypatch.chdir(tmp_path)

    def _write(content, name="liste.csv"):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return _write


@pytest.fixture
def tell(capsys):
    """Run a command in this process: exit code, stdout, stderr."""

    def _tell(*arguments):
        code = main_program(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _tell


def workbook(*cells):
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, column, value in cells:
            sheet.write(line, column, value)
    return stream.getvalue()


def zipped(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


SHEET = [(0, 0, "nom"), (0, 1, "type"), (0, 2, "code_insee"), (1, 0, "A"), (1, 1, "CS"), (1, 2, "03185")]
BOOK = workbook(*SHEET)


# --- refused: exit 3, in French, nothing on stdout


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "vide.csv", "AVS-303"),
        (b"\xef\xbb\xbf", "bom.csv", "AVS-303"),
        (b"\xff\xfe", "bom16.csv", "AVS-303"),
        (b"\n\n\n", "blanc.csv", "AVS-303"),
        (bytes(range(256)) * 8, "binaire.csv", "AVS-302"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "image.csv", "AVS-302"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "rapport.csv", "AVS-303"),
        (f"{THREE}\nA\0B;CS;03185\n".encode(), "nul.csv", "AVS-302"),
        (GOOD.encode("utf-16-le"), "utf16-sans-bom.csv", "AVS-302"),
        (b"<html><table><tr><td>nom</td></tr></table></html>", "tableau.xls", "AVS-302"),
        (b"<html><table><tr><td>nom</td></tr></table></html>", "tableau.csv", "AVS-303"),
        (BOOK[: len(BOOK) // 2], "coupe.xlsx", "AVS-302"),
        (BOOK[:-30], "coupe.xlsx", "AVS-302"),
        (workbook(), "sans-ligne.xlsx", "AVS-303"),
        (zipped(), "zip-vide.xlsx", "AVS-302"),
        (zipped(lisezmoi="x"), "archive.zip", "AVS-302"),
        (zipped(xl__workbook_xml="<workbook/>"), "creux.xlsx", "AVS-302"),
        (zipped(word__document_xml="<w/>", _rels="x"), "lettre.docx", "AVS-302"),
        (GOOD.encode(), "texte.xlsx", "AVS-302"),
        (b"A" * 3_000_000, "une-cellule.csv", "AVS-302"),
        (f"{THREE}\n".encode() + b"A" * 3_000_000 + b";CS;03185\n", "nom-immense.csv", "AVS-302"),
        (f'{THREE}\n"'.encode() + b"A;CS;03185\n" * 200_000, "guillemet.csv", "AVS-302"),
        (f"{THREE};Nom\nA;CS;03185;B\n".encode(), "deux-fois.csv", "AVS-305"),
        (f"{THREE}\nA;CS;03185;{{}}\n".encode(), "trop.csv", "AVS-306"),
        (f"{THREE}\n".encode(), "entetes.csv", "AVS-307"),
        (f"{THREE}\n{{0}};%s;{{value!r}}\n".encode(), "gabarit.csv", "AVS-315"),
        (f"{THREE}\n[red]A[/red];[bold]CS;03185\n".encode(), "balises.csv", "AVS-312"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_french(here, tell, content, name, code):
    exit_code, out, err = tell("report", "allier", "--structures", here(content, name))
    assert (exit_code, out) == (3, "")
    assert f"erreur {code} : " in err
    assert "  aide : " in err
    assert name in err
    assert "Traceback" not in err
    assert len(err) < 5_000


OUTPUTS = [[], ["--json"], ["--csv", "sortie.csv"]]
EVERY_WAY = [(c, o) for c in COMMANDS for o in OUTPUTS if (c, o) != ("report", OUTPUTS[2])]


@pytest.mark.parametrize(("command", "output"), EVERY_WAY)
def test_every_command_refuses_alike_and_writes_nothing(here, tell, command, output):
    here(f"{THREE}\nA;MJC;03185\n")
    exit_code, out, err = tell(command, "allier", "--structures", "liste.csv", *output)
    assert (exit_code, out) == (3, "")
    assert (
        "erreur AVS-312 : le type « MJC » n'est pas reconnu\n  où : liste.csv, ligne 2, colonne « type »"
        in err
    )
    assert [path.name for path in Path().iterdir()] == ["liste.csv"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("absent.csv", "introuvable"),
        (".", "dossier"),
        ("liste.csv/x", "pas un dossier"),
        ("x" * 300, "trop long"),
    ],
)
def test_a_path_that_is_no_file_is_refused(here, tell, path, reason):
    here(GOOD)
    for option in (["--structures", path], ["--structures", "liste.csv", "--service-areas", path]):
        exit_code, out, err = tell("report", "allier", *option)
        assert (exit_code, out) == (3, "")
        assert "erreur AVS-301 : " in err
        assert reason in err


@pytest.mark.parametrize("option", ["--structures", "--service-areas"])
def test_a_file_without_the_right_to_read_is_refused(here, tell, monkeypatch, option):
    secret = here(GOOD, "secret.csv")
    can, read = os.access, Path.read_bytes

    def reading(path):
        if path.name == secret:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(
        os, "access", lambda path, mode, **more: Path(path).name != secret and can(path, mode, **more)
    )
    monkeypatch.setattr(Path, "read_bytes", reading)
    before = [] if option == "--structures" else ["--structures", here(GOOD)]
    exit_code, _, err = tell("report", "allier", *before, option, secret)
    assert "accès refusé" in err
    assert exit_code == 3


def test_a_hundred_faults_are_printed_and_the_others_counted(here, tell):
    here(f"{THREE}\n" + "A;MJC;03185\n" * 150)
    _, _, err = tell("report", "allier", "--structures", "liste.csv")
    assert err.startswith("150 fautes : rien n'a été calculé.\n")
    assert err.count("erreur AVS-312") == 100
    assert "et 50 autres fautes" in err


def test_many_warnings_do_not_drown_the_report(here, tell):
    here(f"{THREE}\n" + "".join(f"Centre {n};CS;3185\n" for n in range(500)))
    exit_code, _, err = tell("report", "allier", "--structures", "liste.csv")
    assert exit_code == 0
    assert err.count("\n") <= 450


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("agrement_debut", "31/02/2022", "AVS-317"),
        ("agrement_fin", "0000-00-00", "AVS-317"),
        ("longitude;latitude", "46,3406;2,6036", "AVS-323"),
        ("longitude;latitude", "2,6;91", "AVS-323"),
        ("longitude;latitude", "0;-90", "AVS-323"),
        ("longitude;latitude", "nan;nan", "AVS-319"),
        ("longitude;latitude", "inf;-inf", "AVS-319"),
        ("longitude;latitude", "1e999;1", "AVS-319"),
        ("longitude;latitude", f"{'9' * 400};1", "AVS-319"),
        ("population_zone", "-5", "AVS-319"),
        ("capacite", "1e999", "AVS-319"),
        ("qpv_desservis", "QP", "AVS-326"),
        ("qpv_desservis", "QN97|QP2A", "AVS-326"),
        ("qpv_desservis", "{qpv}", "AVS-326"),
        ("communes_desservies", "²²²²²", "AVS-314"),
        ("communes_desservies", "\u202e58130", "AVS-315"),
        ("zone", "%s", "AVS-313"),
    ],
)
def test_an_impossible_value_is_a_fault_never_a_crash(here, tell, header, value, code):
    here(f"{THREE};{header}\nA;CS;03185;{value}\n")
    exit_code, out, err = tell("report", "allier", "--structures", "liste.csv", "--json")
    assert (exit_code, out) == (3, "")
    assert f"erreur {code} : " in err
    assert "ligne 2, colonne" in err
    assert "\u202e" not in err


# --- taken: what a name may hold


COLUMNS = ["id", "nom", "type", "code_insee", "communes_desservies", "gestionnaire", "note", "source"]
WEIRD = [
    ["[red]x[/red]", "[bold red]Nom[/bold red]", "CS", "03185", "epci", "[link=x]", "[/]", "[blink]s"],
    ["{0}", "{value} {} %s %d {zz!r:>10} {{", "EVS", "03190", "", "%(x)s", "{note}", "{source}"],
    ["=1+1", "=cmd|'/C calc'!A0", "CS", "03310", "", "@SUM(A1)", "+1", "-2"],
    [
        "é/\\\"',:ñ",
        "😀👩‍👩‍👧 مركز «\u202eeuqitiloP»",
        "EVS",
        "03095",
        "Vichy,Cusset",
        "汉字",
        "\u200b",
        "\ufeffx",
    ],
    ["esc", "A\x1b[31m\x07\x08B", "CS", "03185", "", "\x1b]0;titre\x07", "\x7f", "\x9b31m"],
    ["long", "N" * 5000, "EVS", "03185", "", "", "n" * 20000, "s" * 3000],
    ["outremer", "Kaz", "CS", "97411", "", "", "", ""],
    ["ailleurs", "Centre", "CS", "63113", "63113|03310", "", "", ""],
    ["nan", "NaN", "EVS", "", "", "None", "null", "NULL"],
    ["total", "Total", "CS", "75118", "", "Total", "Total", "Total"],
]


@pytest.fixture
def weird(here):
    stream = io.StringIO()
    csv.writer(stream, delimiter=";").writerows([COLUMNS, *WEIRD])
    return here(stream.getvalue())


@pytest.mark.parametrize("command", COMMANDS)
def test_odd_names_and_ids_are_printed_not_obeyed(weird, tell, command):
    exit_code, out, err = tell(command, "allier", "--structures", weird)
    assert exit_code == 0, err
    assert "\x1b" not in out + err
    assert "\x07" not in out + err
    assert "\u202e" not in out + err
    if command == "structures":
        assert all(f"\n{row[0]} " in out for row in WEIRD)
        assert "[bold red]Nom[/bold red]" in out
        assert "{value} {} %s %d {zz!r:>10} {{" in out
        assert "N" * 5000 in out
        assert "10 lignes lues : 10 structures, 0 ligne mise de côté" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_odd_names_and_ids_make_valid_json(weird, tell, command):
    exit_code, out, _ = tell(command, "allier", "--structures", weird, "--json")
    assert exit_code == 0
    record = json.loads(out)
    if command == "structures":
        assert [row["nom"] for row in record["structures"]] == [row[1].strip() for row in WEIRD]
        assert [row["id"] for row in record["structures"]] == [row[0] for row in WEIRD]
    else:
        assert record["schema"] == f"avs-coverage/{command}"


@pytest.mark.parametrize("dialect", ["excel-fr", "standard"])
@pytest.mark.parametrize("command", COMMANDS[1:])
def test_odd_names_and_ids_make_a_csv_that_runs_nothing(weird, tell, command, dialect):
    arguments = [command, "allier", "--structures", weird, "--csv", "sortie.csv", "--csv-dialect", dialect]
    exit_code, _, err = tell(*arguments)
    assert exit_code == 0, err
    with Path("sortie.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";" if dialect == "excel-fr" else ","))
    assert len({len(row) for row in rows}) == 1
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]
    assert len(rows) == {"communes": 318, "structures": 11}.get(command, len(rows)) > 1


@pytest.mark.parametrize("dialect", ["excel-fr", "standard"])
def test_the_csv_of_structures_is_read_back_as_the_same_structures(weird, tell, dialect):
    tell("structures", "allier", "--structures", weird, "--csv", "sortie.csv", "--csv-dialect", dialect)
    before = load_structures(Path(weird), ALLIER).structures
    after = load_structures(Path("sortie.csv"), ALLIER).structures
    assert [structure.to_record() for structure in after] == [structure.to_record() for structure in before]


def test_a_point_comes_back_from_the_csv_of_structures(here, tell):
    here(f"{THREE};longitude;latitude\nA;CS;03185;2,6100;46,3500\n")
    tell("structures", "allier", "--structures", "liste.csv", "--csv", "sortie.csv")
    (before,) = load_structures(Path("liste.csv"), ALLIER).structures
    (after,) = load_structures(Path("sortie.csv"), ALLIER).structures
    assert before.has_point
    assert (after.has_point, round(after.x_m), round(after.y_m)) == (
        True,
        round(before.x_m),
        round(before.y_m),
    )


def test_the_csv_of_structures_is_read_back_without_a_warning(here, tell):
    here(GOOD)
    tell("structures", "allier", "--structures", "liste.csv", "--csv", "sortie.csv")
    assert load_structures(Path("sortie.csv"), ALLIER).warnings == ()


def test_a_name_on_two_lines_stays_on_one_row_of_a_piped_table(here, tell):
    here(f'{THREE}\n"Centre\nsocial";CS;03185\nB;EVS;03310\n')
    _, out, _ = tell("structures", "allier", "--structures", "liste.csv")
    rows = [line for line in out.splitlines() if "confirmée" in line]
    assert [row.split()[0] for row in rows] == ["CS-03185-centre-social", "EVS-03310-b"]


def test_the_name_of_the_file_may_be_odd(here, tell):
    name = here(GOOD, "[red]liste{0} %s 'é.csv")
    exit_code, out, _ = tell("report", "allier", "--structures", name)
    assert exit_code == 0
    assert name in out
    assert "2 lignes lues : 2 structures" in out
    assert (
        json.loads(tell("report", "allier", "--structures", name, "--json")[1])["inventaire"]["titre"] == name
    )


@pytest.mark.parametrize(
    ("territory", "rule", "seat"),
    [
        ("allier", "declared", "03310"),
        ("974", "declared", "97411"),
        ("200071082", "implantation", "03185"),
        ("region:84", "declared", "63113"),
        ("france", "implantation", "75056"),
    ],
)
def test_a_list_that_reaches_everywhere_is_taken_for_any_territory(weird, tell, territory, rule, seat):
    arguments = ["communes", territory, "--structures", weird, "--rule", rule, "--covered-by", "cs", "--json"]
    exit_code, out, _ = tell(*arguments)
    assert exit_code == 0
    codes = {row["code_insee"] for row in json.loads(out)["communes"]}
    assert seat in codes


# --- rows are counted, whatever becomes of them


def test_a_report_says_how_many_rows_it_read_and_which_it_set_aside(here, tell):
    here(f"Titre\n{THREE}\nA;CS;03185\n\nTotal;;1\n;;\nB;EVS;03310\n")
    _, out, _ = tell("report", "allier", "--structures", "liste.csv")
    assert "5 lignes lues : 2 structures, 3 lignes mises de côté." in out
    assert (
        "Lignes mises de côté : liste.csv, ligne 4 (ligne vide), liste.csv, ligne 5 (ligne de total) "
        "et liste.csv, ligne 6 (ligne vide)."
    ) in out
    inventory = json.loads(tell("report", "allier", "--structures", "liste.csv", "--json")[1])["inventaire"]
    assert (inventory["lignes_lues"], inventory["structures"]) == (5, 2)
    assert [row["ligne"] for row in inventory["lignes_mises_de_cote"]] == [4, 5, 6]


def test_an_input_is_never_changed(here, tell):
    here(GOOD)
    for command in COMMANDS:
        assert tell(command, "allier", "--structures", "liste.csv")[0] == 0
    assert Path("liste.csv").read_bytes() == GOOD.encode()


def test_the_output_is_never_the_input(here, tell):
    here(GOOD)
    tell("structures", "allier", "--structures", "liste.csv", "--csv", "liste.csv", "--force")
    assert Path("liste.csv").read_text(encoding="utf-8") == GOOD


# --- size


def steps(content, folder):
    """Count the lines of the loaders that are run to read a list."""
    path, count = folder / "grande.csv", 0
    path.write_text(content, encoding="utf-8")

    def inside(frame, event, argument):
        nonlocal count
        count += event == "line"
        return inside

    def enter(frame, event, argument):
        return inside if f"{os.sep}loaders{os.sep}" in frame.f_code.co_filename else None

    previous = sys.gettrace()
    sys.settrace(enter)
    try:
        load_structures(path, ALLIER)
    except InputError:
        pass
    finally:
        sys.settrace(previous)
    return count


@pytest.mark.parametrize(
    "row",
    [
        "Centre {n};CS;03185;",
        pytest.param("Centre;CS;03185;"),
        pytest.param("Centre {n};MJC;03185;"),
        "Centre {n};EVS;Montluçon;epci",
        ";;;",
    ],
    ids=["names", "one name", "faults", "epci", "blank"],
)
def test_the_work_grows_as_the_rows_do(tmp_path, row):
    def rows(number):
        return "nom;type;commune;communes_desservies\n" + "".join(
            row.format(n=n) + "\n" for n in range(number)
        )

    steps(rows(2), tmp_path)  # reads what is read once
    few, many = steps(rows(60), tmp_path), steps(rows(480), tmp_path)
    assert 0 < few < many < 11 * few


def test_five_thousand_rows_are_all_counted(here, tell):
    rows = "".join(f"Centre {n};{'CS' if n % 2 else 'EVS'};{3001 + n % 100:05}\n" for n in range(5_000))
    here(f"{THREE}\n{rows}\n")
    arguments = ["communes", "allier", "--structures", "liste.csv", "--rule", "implantation", "--json"]
    exit_code, out, err = tell(*arguments)
    assert exit_code == 0, err
    assert sum(row["nb_cs"] + row["nb_evs"] for row in json.loads(out)["communes"]) == 5_000


limited = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a shell that limits memory")


@limited
@pytest.mark.parametrize(
    "stray",
    [
        pytest.param((1_048_575, 16_383)),
        (1, 16_383),
    ],
    ids=["last corner", "last column"],
)
def test_a_stray_cell_far_away_does_not_abort_the_program(tmp_path, stray):
    (tmp_path / "liste.xlsx").write_bytes(workbook(*SHEET, (*stray, " ")))
    command = [sys.executable, "-m", "avs_coverage", "structures", "allier", "--structures", "liste.xlsx"]
    root = Path(__file__).parent.parent
    result = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -v 12000000; exec {shlex.join(command)}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert result.returncode in (0, 3), result.stderr.decode(errors="replace")[:500]
    assert b"Traceback" not in result.stderr


# --- as real processes


def test_odd_names_are_written_in_ascii(weird, run):
    result = run("structures", "allier", "--structures", weird, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    out = result.stdout.decode("ascii")
    assert all(f"\n{row[0]} " in out for row in WEIRD if row[0].isascii())
    assert b"Traceback" not in result.stderr


def test_a_refusal_is_written_in_ascii_too(here, run):
    result = run(
        "report", "allier", "--structures", here(f"{THREE}\n😀é;É€ß;03185\n"), PYTHONIOENCODING="ascii"
    )
    assert result.returncode == 3
    assert b'le type " E?' in result.stderr
    assert result.stdout == b""


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are text there")
def test_a_name_that_is_not_utf8_is_no_obstacle(tmp_path):
    name = os.fsdecode(b"liste\xff.csv")
    (tmp_path / name).write_text(GOOD, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-m", "avs_coverage", "report", "allier", "--structures", name, "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONUTF8": "1"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    assert json.loads(result.stdout)["inventaire"]["titre"] == "liste?.csv"


@pytest.mark.skipif(sys.platform == "win32", reason="no /dev/stdin")
def test_a_list_may_come_through_a_pipe(tmp_path):
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "avs_coverage",
            "structures",
            "allier",
            "--structures",
            "/dev/stdin",
            "--json",
        ],
        input=GOOD.encode(),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONUTF8": "1"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    assert [row["nom"] for row in json.loads(result.stdout)["structures"]] == ["A", "B"]

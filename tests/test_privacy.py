"""What a deliverable tells of people and of the machine: no folder, no account, no remark in a report."""

from __future__ import annotations

import csv
import json
import socket
import zipfile

import pytest

from avs_coverage.export import FORMATS
from avs_coverage.loaders.personal_data import looks_personal
from tests.test_security import texts_of

PLACE = "200071082"
NOTE, DOUBT = "REMARQUE-CANARI", "DOUTE-CANARI"
FOLDER = "home_jean.dupont"
HEADER = "id;nom;type;statut;code_insee;gestionnaire;doute;note;source\n"
REPORTS = {".html", ".md", ".pdf", ".docx", ".svg", ".png"}


@pytest.fixture(scope="module")
def remis(tmp_path_factory):
    """Export every format from a list that stands in somebody's folder; give the folder of the export."""
    from avs_coverage.commands import main_program

    folder = tmp_path_factory.mktemp("machine-de-marie")
    (folder / FOLDER).mkdir()
    listed = folder / FOLDER / "liste.csv"
    listed.write_text(
        f"{HEADER}cs-1;MJC;CS;confirme;03185;ville;{DOUBT};{NOTE};SDAVS\n"
        "cs-2;Foyer;CS;a_confirmer;03185;;;;SDAVS\n",
        encoding="utf-8",
    )
    indicators = folder / FOLDER / "ind.csv"
    indicators.write_text("code_insee;A\n03185;3\n03101;4\n", encoding="utf-8")
    words = ("export", PLACE, "--structures", str(listed), "--indicators", f"{indicators}=A",
             "--format", ",".join(FORMATS), "-o", str(folder / "remis"))  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name in ("USER", "LOGNAME", "USERNAME"):
            patch.setenv(name, "jean.dupont")
        assert main_program(words) == 0
    return folder / "remis"


def everything(path):
    """Return all that a file holds: its bytes, those of its members, its texts as one opens it."""
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            content += b"".join(archive.read(name) for name in archive.namelist())
    if path.suffix == ".pdf":
        from pypdf import PdfReader

        content += repr(PdfReader(path).metadata).encode()
    return content + "\n".join(texts_of(path)).encode()


@pytest.mark.full
def test_no_folder_no_account_and_no_machine_is_in_a_deliverable(remis):
    machine = socket.gethostname().encode()
    told = [str(remis.parent), FOLDER, "jean.dupont", "machine-de-marie"]
    found = {
        (path.name, word)
        for path in remis.iterdir()
        for content in [everything(path)]
        for word in [*(text.encode() for text in told), *([machine] if len(machine) > 6 else [])]
        if word in content
    }
    assert found == set()
    assert {path.suffix for path in remis.iterdir()} >= {*REPORTS, ".xlsx", ".gpkg", ".parquet", ".geojson"}


def test_a_remark_stays_in_the_data_and_a_doubt_goes_where_the_structure_is_described(remis):
    holds = {
        word: {path.name for path in remis.iterdir() if word.encode() in everything(path)}
        for word in (NOTE, DOUBT)
    }
    data = {
        "structures.csv",
        f"avs-{PLACE}.xlsx",
        f"avs-{PLACE}.gpkg",
        "structures.geojson",
        "structures.parquet",
    }
    assert holds[NOTE] == data
    described = {f"avs-{PLACE}.{suffix}" for suffix in ("html", "pdf", "docx")}
    assert holds[DOUBT] == data | described


def test_the_doubts_of_the_embedded_list_are_a_column_and_are_said(run):
    told = json.loads(run("structures", "allier", "--json").stdout)["structures"]
    doubts = {one["id"]: one["doute"] for one in told if one["doute"]}
    assert doubts["03-CS-13"] == "agrément non établi"
    assert len(doubts) == 10
    said = run("explain", "allier", "03-CS-13").stdout.decode()
    assert "Doute : agrément non établi." in said
    assert "03-CS-13, doute : agrément non établi." in run("structures", "allier").stdout.decode()


def test_a_folder_of_study_says_no_other_of_the_machine(run, tmp_path):
    (tmp_path / FOLDER).mkdir()
    assert run("init", PLACE, str(tmp_path / FOLDER / "mon étude")).returncode == 0
    for path in (tmp_path / FOLDER / "mon étude").iterdir():
        assert FOLDER.encode() not in path.read_bytes(), path.name
    text = (tmp_path / FOLDER / "mon étude" / "LISEZMOI.txt").read_bytes().decode("utf-8-sig")
    assert 'avs-coverage check "./mon étude"' in text


# --- what looks like an e-mail or a telephone number --------------------------------------------


def test_personal_data_that_would_go_out_are_warned_of_once_and_never_quoted(run, tmp_path):
    rows = [
        "a;A;CS;confirme;03185;;;Mme Martin 06 12 34 56 78 martin@exemple.fr;",
        "b;B;CS;confirme;03185;accueil@exemple.fr;;;",
        "c;C;EVS;confirme;03185;mairie;;rien;SDAVS 2023",
    ]
    (tmp_path / "l.csv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    given = ("--structures", "l.csv")
    for words in (
        ("report", PLACE, *given),
        ("export", PLACE, *given, "-o", "x", "--format", "csv"),
        ("structures", PLACE, *given, "--csv", "s.csv"),
    ):
        said = run(*words).stderr.decode()
        assert said.count("AVS-946") == 1, words
        assert "2 lignes" in said
        assert "gestionnaire" in said
        assert "lignes 2 et 3" in said
        assert not looks_personal(said)
    checked = run("check", "l.csv")
    page = checked.stdout.decode()
    assert (checked.returncode, "AVS-946" in page, looks_personal(page)) == (0, True, False)
    with (tmp_path / "x" / "structures.csv").open(encoding="utf-8-sig") as file:  # what is given goes out
        assert "martin@exemple.fr" in next(csv.DictReader(file, delimiter=";"))["note"]


def test_the_texts_of_figures_and_of_indicators_go_out_too(run, tmp_path):
    (tmp_path / "f.csv").write_text(
        "indicateur;valeur;annee;source\nnb_communes;21;2022;Mme Martin 06 12 34 56 78\n", encoding="utf-8"
    )
    (tmp_path / "i.csv").write_text("code_insee;contact\n03185;0612345678\n03101;m@x.fr\n", encoding="utf-8")
    said = run("audit", PLACE, "--figures", "f.csv").stderr.decode()
    assert (said.count("AVS-946"), "source ; ligne 2" in said, looks_personal(said)) == (1, True, False)
    said = run("report", PLACE, "--indicators", "i.csv=contact").stderr.decode()
    assert (said.count("AVS-946"), "contact ; lignes 2 et 3" in said, looks_personal(said)) == (
        1,
        True,
        False,
    )


@pytest.mark.parametrize(
    "text",
    ["0612345678", "06.12.34.56.78", "06-12-34-56-78", "+33 6 12 34 56 78", "+33 (0)4 70 12 34 56",
     "0033612345678", "0262 12 34 56", "+262 262 12 34 56", "tél. 04\u00a070\u00a012\u00a034\u00a056",
     "x.y+z@mairie-de-la-ville.gouv.fr"],
)  # fmt: skip
def test_numbers_and_addresses_are_seen(text):
    assert looks_personal(text)


@pytest.mark.parametrize(
    "text",
    ["", "SIRET 01234567800012", "https://site.fr/doc/0123456789/x", "2023-01-01", "RNA W031234567", "a@b",
     "@asso", "5 640 habitants en 2020", "03185", "x" * 200_000, "x." * 100_000, "@" * 100_000],
)  # fmt: skip
def test_others_are_not(text):
    assert not looks_personal(text)


def test_the_embedded_list_holds_none(run):
    from avs_coverage.embedded import data_dir

    done = run("check", str(data_dir() / "structures_03.csv"), "--territory", "allier")
    assert (done.returncode, b"AVS-946" in done.stdout) == (0, False)

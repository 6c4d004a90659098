"""What ``replay`` believes of a manifest: nothing that leads out, nothing empty, no text raw."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from avs_coverage.manifest import request_of
from avs_coverage.manifest_inputs import input_paths
from avs_coverage.manifest_shape import Known, unusable
from avs_coverage.paths import leads_out
from avs_coverage.reports.text import without_controls

LIST = "nom;type;code_insee\nA;CS;03185\n"
OTHER = "nom;type;code_insee\nB;EVS;03310\n"
PLACE = "200071082"


def write(path, text=LIST):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def exported(run, tmp_path):
    """Export from a list that stands elsewhere; give its manifest, and what replays it changed."""
    write(tmp_path / "home_jean.dupont" / "secret" / "liste.csv")
    given = ("--structures", "home_jean.dupont/secret/liste.csv", "-o", "remis", "--format", "json")
    assert run("export", PLACE, *given).returncode == 0
    path = tmp_path / "remis" / "manifest.json"
    record = json.loads(path.read_bytes())

    def replayed(change, *words):
        changed = json.loads(json.dumps(record))
        change(changed)
        path.write_text(json.dumps(changed), encoding="utf-8")
        return run("replay", "remis/manifest.json", *words)

    return record, replayed


# --- where the inputs are -----------------------------------------------------------------------


def test_no_folder_of_the_machine_is_in_a_manifest_and_in_tells_where_the_files_are(exported):
    record, replayed = exported
    assert record["version"] == 2
    assert record["entrees"][0]["fichier"] == "liste.csv"
    assert "dupont" not in json.dumps(record)
    lost = replayed(lambda record: None)
    assert (lost.returncode, b"AVS-396" in lost.stderr, b"--in DOSSIER" in lost.stderr) == (3, True, True)
    for folder in (".", "home_jean.dupont", "home_jean.dupont/secret"):
        same = replayed(lambda record: None, "--in", folder)
        assert (same.returncode, same.stderr) == (0, b""), folder
        assert "Identique : 1 fichier refait, mêmes octets." in same.stdout.decode()
    nowhere = replayed(lambda record: None, "--in", "absent")
    assert (nowhere.returncode, b"AVS-301" in nowhere.stderr) == (3, True)


def test_a_study_folder_moves_with_its_subfolders(run, tmp_path):
    write(tmp_path / "etude" / "listes" / "structures.csv")
    settings = f'territoire = "{PLACE}"\nstructures = "listes/structures.csv"\n'
    write(tmp_path / "etude" / "avs.toml", settings)
    assert run("export", "./etude", "-o", "etude/remis", "--format", "json").returncode == 0
    record = json.loads((tmp_path / "etude" / "remis" / "manifest.json").read_bytes())
    assert record["entrees"][0]["fichier"] == "listes/structures.csv"
    (tmp_path / "etude").rename(tmp_path / "recue")
    done = run("replay", "recue/remis/manifest.json", "--in", "recue")
    assert (done.returncode, b"Identique" in done.stdout) == (0, True), done.stderr.decode()


def test_what_stands_in_the_folder_of_the_manifest_is_found_there(run, tmp_path):
    write(tmp_path / "x" / "sources" / "liste.csv")
    given = ("--structures", "x/sources/liste.csv", "-o", "x", "--format", "json")
    assert run("export", PLACE, *given).returncode == 0
    record = json.loads((tmp_path / "x" / "manifest.json").read_bytes())
    assert record["entrees"][0]["fichier"] == "sources/liste.csv"
    for words in ((), ("--in", "."), ("--in", "x", "--in", str(tmp_path))):  # the same file, told thrice
        done = run("replay", "x/manifest.json", *words)
        assert (done.returncode, b"Identique" in done.stdout) == (0, True), done.stderr.decode()
    write(tmp_path / "x" / "sources" / "liste.csv", OTHER)
    done = run("replay", "x/manifest.json", "--in", "x", "--in", str(tmp_path))
    assert (done.returncode, b"sources/liste.csv est autre" in done.stdout) == (6, True), done.stderr.decode()
    (tmp_path / "x" / "sources").rename(tmp_path / "vraies")
    (tmp_path / "x" / "sources").symlink_to(tmp_path / "vraies")
    assert run("replay", "x/manifest.json").returncode == 3  # a link of the folder is not followed


def test_two_files_of_one_name_are_told_apart_by_their_fingerprints(run, tmp_path):
    for folder, column in (("un", "A"), ("deux", "B")):
        write(tmp_path / folder / "ind.csv", f"code_insee;{column}\n03185;3\n03101;4\n")
    given = ("--indicators", "un/ind.csv=A", "--indicators", "deux/ind.csv=B")
    assert run("export", PLACE, *given, "-o", "x", "--format", "json").returncode == 0
    record = json.loads((tmp_path / "x" / "manifest.json").read_bytes())
    assert [one["fichier"] for one in record["entrees"]] == ["ind.csv", "ind.csv"]
    done = run("replay", "x/manifest.json", "--in", "deux", "--in", "un")
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    write(tmp_path / "deux" / "ind.csv", "code_insee;B\n03185;9\n03101;4\n")
    done = run("replay", "x/manifest.json", "--in", ".")  # the one that is left is the other, changed
    assert done.returncode == 6
    assert done.stdout.decode().count("Le fichier lu ind.csv est autre.") == 1
    write(tmp_path / "trois" / "ind.csv", "code_insee;B\n03185;7\n")
    done = run("replay", "x/manifest.json", "--in", ".")
    assert (done.returncode, b"AVS-399" in done.stderr) == (3, True)


def test_a_fingerprint_that_is_not_that_of_the_file_is_said_even_where_the_outputs_are_the_same(exported):
    _, replayed = exported
    done = replayed(lambda record: record["entrees"][0].update(sha256="0" * 64), "--in", ".")
    assert (done.returncode, done.stdout.decode()) == (6, "Le fichier lu liste.csv est autre.\n")


def test_a_path_that_a_former_version_wrote_is_looked_for_by_its_name_where_the_user_says(exported):
    _, replayed = exported

    def former(record):
        record["version"] = 1
        record["entrees"][0]["fichier"] = "../home_jean.dupont/secret/liste.csv"

    refused = replayed(former)
    assert (refused.returncode, b"--in DOSSIER" in refused.stderr) == (3, True)
    assert replayed(former, "--in", "home_jean.dupont").returncode == 0


FOREIGN = [
    "/etc/passwd", r"\\serveur\partage\liste.csv", "//serveur/partage/liste.csv", r"C:\Users\x\liste.csv",
    "C:liste.csv", r"\\?\C:\liste.csv", r"\\.\NUL", "sous/../../liste.csv", r"..\liste.csv", "NUL", "aux.csv",
    "sous/con", "COM1.csv", "a\0b", "..", "",
]  # fmt: skip


@pytest.fixture
def touched(monkeypatch):
    """Return the paths that the system is asked of, as text."""
    found = []

    def spied(of):
        def _spied(path, *rest, **more):
            found.append(os.fspath(path) if isinstance(path, (str, os.PathLike)) else "")
            return of(path, *rest, **more)

        return _spied

    for name in ("stat", "lstat", "open", "readlink", "scandir"):
        monkeypatch.setattr(os, name, spied(getattr(os, name)))
    return found


@pytest.mark.parametrize("name", FOREIGN)
def test_a_path_that_leads_out_is_refused_before_it_is_touched(tmp_path, touched, name):
    entry = {"role": "structures", "fichier": name, "sha256": hashlib.sha256(b"").hexdigest(), "colonnes": []}
    touched.clear()
    with pytest.raises(ValueError, match="sort de son dossier"):
        input_paths([entry], tmp_path, [tmp_path])
    assert touched == []


@pytest.mark.parametrize(
    "name", [r"\\serveur\partage\l.csv", "//serveur/partage/l.csv", "C:l.csv", "nul", "x/.."]
)
def test_a_study_that_names_a_share_or_a_device_is_refused_before_it_is_touched(tmp_path, touched, name):
    from avs_coverage.study import read_study

    write(tmp_path / "avs.toml", f"territoire = 'allier'\nstructures = '{name}'\n")
    touched.clear()
    if name == "x/..":  # inside, and a folder: the loader says so
        assert read_study(str(tmp_path)).files.structures
        return
    with pytest.raises(ValueError, match="hors du dossier"):
        read_study(str(tmp_path))
    assert [path for path in touched if "serveur" in path or path.endswith(("l.csv", "nul"))] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipe has a name here")
def test_links_and_pipes_are_not_followed(exported, tmp_path):
    record, replayed = exported
    (tmp_path / "tel").mkdir()
    (tmp_path / "tel" / "liste.csv").symlink_to(tmp_path / "home_jean.dupont" / "secret" / "liste.csv")
    assert replayed(lambda record: None, "--in", "tel").returncode == 3
    (tmp_path / "tel" / "liste.csv").unlink()
    os.mkfifo(tmp_path / "tel" / "liste.csv")
    assert replayed(lambda record: None, "--in", "tel").returncode == 3
    out = tmp_path / "remis" / record["sorties"][0]["fichier"]
    out.rename(tmp_path / "ailleurs")
    out.symlink_to(tmp_path / "ailleurs")
    done = replayed(lambda record: None, "--in", "home_jean.dupont")
    assert (done.returncode, "n'est plus celui de cet export" in done.stdout.decode()) == (6, True)


def test_the_columns_of_a_manifest_are_no_part_of_a_path(run, tmp_path):
    write(tmp_path / "paye.csv", "code_insee;revenu_secret\n03185;4242\n")
    write(tmp_path / "x" / "in" / "ok.csv", "code_insee;A\n03185;3\n")
    given = ("--indicators", "x/in/ok.csv=A", "-o", "x", "--format", "json")
    assert run("export", PLACE, *given).returncode == 0
    (tmp_path / "x" / "in" / "ok.csv=").mkdir()
    (tmp_path / "x" / "in" / "ok.csv=B").symlink_to(tmp_path / "paye.csv")
    path = tmp_path / "x" / "manifest.json"
    record = json.loads(path.read_bytes())
    before = record["entrees"][0]["colonnes"]
    assert before == ["A"]
    for columns in (["/../../../paye.csv=revenu_secret"], ["B"], ["B=revenu_secret"]):
        record["entrees"][0]["colonnes"] = columns
        request = request_of(record, [tmp_path / "x" / "in" / "ok.csv"])
        assert request.files.indicators == ((tmp_path / "x" / "in" / "ok.csv", tuple(columns)),)
        path.write_text(json.dumps(record), encoding="utf-8")
        done = run("replay", "x/manifest.json")
        assert done.returncode == 3, done.stdout.decode()  # the file has no such column
        assert b"ok.csv" in done.stderr
    record["entrees"][0]["colonnes"] = before
    path.write_text(json.dumps(record), encoding="utf-8")
    assert run("replay", "x/manifest.json").returncode == 0


def test_a_manifest_that_is_a_link_to_elsewhere_is_not_read(exported, run, tmp_path):
    (tmp_path / "recu").mkdir()
    (tmp_path / "recu" / "manifest.json").symlink_to(tmp_path / "remis" / "manifest.json")
    done = run("replay", "recu/manifest.json", "--in", ".")
    assert (done.returncode, b"AVS-395" in done.stderr, b"lien" in done.stderr) == (3, True, True)
    (tmp_path / "remis" / "dernier.json").symlink_to("manifest.json")
    assert run("replay", "remis/dernier.json", "--in", ".").returncode == 0


# --- what it says -------------------------------------------------------------------------------

KNOWN = Known(("csv", "json"), ("excel-fr",), ("grid",), ("structures",), ("qpv",))
SHA = "0" * 64
ENTRY = {"role": "structures", "fichier": "l.csv", "sha256": SHA, "colonnes": []}


def whole():
    return {
        "version": 2, "regles": ["declared"], "date": "2022-12-31", "formats": ["csv"], "csv": "excel-fr",
        "options": {"population_par": "", "part_commune": 0.5, "grace_mois": 12},
        "sorties": [{"fichier": "a.csv", "sha256": SHA}], "entrees": [dict(ENTRY)],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"sorties": []}, "« sorties » est vide"),
        ({"formats": []}, "« formats » est vide"),
        ({"regles": []}, "« regles » est vide"),
        ({"formats": ["csv", "../../x"]}, "format inconnu : ../../x"),
        ({"formats": ["csv", "csv"]}, "format donné deux fois : csv"),
        ({"csv": "zzz"}, "format de CSV inconnu : zzz"),
        ({"version": 3}, "version 3 du schéma"),
        *(
            ({"date": day}, "« date » n'est pas un jour, de 1900 à 2099")
            for day in ("", "0001-01-01", "1899-12-31", "2100-01-01", "2022-02-30", "31/12/2022")
        ),
        ({"date": "1900-01-01"}, ""),
        ({"date": "2099-12-31"}, ""),
        (
            {"options": {"population_par": "x", "part_commune": 0.5, "grace_mois": 12}},
            "« options.population_par » inconnu : x",
        ),
        *(
            (
                {"options": {"population_par": "", "part_commune": part, "grace_mois": 12}},
                "« options.part_commune » n'est pas une part",
            )
            for part in (float("nan"), float("inf"), 0, -1, 1.5)
        ),
        (
            {"sorties": [{"fichier": "../a.csv", "sha256": SHA}]},
            "le fichier produit « ../a.csv » n'est pas un nom seul",
        ),
        (
            {"sorties": [{"fichier": "x/a.csv", "sha256": SHA}]},
            "le fichier produit « x/a.csv » n'est pas un nom seul",
        ),
        (
            {"sorties": [{"fichier": "/a", "sha256": SHA}]},
            "le fichier produit « /a » n'est pas un nom seul",
        ),
        ({"sorties": [{"fichier": "a", "sha256": "X"}]}, "l'empreinte de « a » n'en est pas une"),
        ({"sorties": [{"fichier": "a", "sha256": SHA}] * 2}, "fichier produit donné deux fois : a"),
        ({"entrees": [{**ENTRY, "role": "x"}]}, "rôle inconnu : x"),
        ({"entrees": [ENTRY, ENTRY]}, "rôle donné deux fois : structures"),
        ({"entrees": [{**ENTRY, "role": "qpv"}] * 2}, ""),
    ],
)  # fmt: skip
def test_a_manifest_that_is_emptied_or_unknown_vouches_for_nothing(change, said):
    assert unusable({**whole(), **change}, KNOWN) == said


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.update(sorties=[], formats=[]),
        lambda record: record.update(formats=["../../x", "json"]),
        lambda record: record["options"].update(part_commune=float("nan")),
        lambda record: record["options"].update(part_commune=1e999),
        lambda record: record.update(date="0001-01-01"),
        lambda record: record["options"].update(grace_mois=-5),
        lambda record: record["options"].update(grace_mois=1_000_000_000),
        lambda record: record.update(regles=["zzz"]),
        lambda record: record.update(version="2"),
        lambda record: record["sorties"][0].update(fichier="/etc/hostname"),
    ],
)
def test_identical_is_said_of_no_such_manifest(exported, change):
    done = exported[1](change, "--in", ".")
    assert (done.returncode, done.stdout) == (3, b""), done.stderr.decode()
    assert b"AVS-395" in done.stderr


def test_texts_of_a_manifest_reach_the_screen_as_all_others(exported):
    hostile = "\x1b[31mX\x07\u202e\x9b2J"

    def change(record):
        record["outil"] = {"version": hostile, "bibliotheques": {hostile: hostile}}
        record["millesimes"][hostile] = hostile
        record["sorties"][0]["sha256"] = "0" * 64
        record["donnees_de_l_outil"].append({"fichier": hostile, "sha256": hostile})

    done = exported[1](change, "--in", ".")
    text = (done.stdout + done.stderr).decode()
    assert done.returncode == 6
    assert "Version de l'outil" in text
    assert without_controls(text) == text
    for place in ("fichier", "role"):
        done = exported[1](lambda record, place=place: record["entrees"][0].update({place: hostile}))
        text = (done.stdout + done.stderr).decode()
        assert (done.returncode, without_controls(text)) == (3, text)


def test_a_name_is_judged_the_same_on_every_system():
    assert [name for name in FOREIGN if name and not leads_out(name)] == []
    for name in (
        "liste.csv",
        "sous/liste.csv",
        "conte.csv",
        "nulle part.csv",
        "a..b.csv",
        "com10.csv",
        "été.csv",
    ):
        assert not leads_out(name), name
    assert Path("sous/liste.csv").as_posix() == "sous/liste.csv"

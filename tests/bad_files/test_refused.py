"""Bad files through the commands: refused: exit 3, in French, on stdout nothing but the faults in JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.bad_files.helpers import (
    BOOK,
    COMMANDS,
    GOOD,
    THREE,
    workbook,
    zipped,
)


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "vide.csv", "AVS-302"),
        (b"\xef\xbb\xbf", "bom.csv", "AVS-302"),
        (b"\xff\xfe", "bom16.csv", "AVS-303"),
        (b"\n\n\n", "blanc.csv", "AVS-302"),
        (bytes(range(256)) * 8, "binaire.csv", "AVS-302"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "image.csv", "AVS-302"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "rapport.csv", "AVS-302"),
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


def codes_of(out):
    """Return the codes of the faults that stdout tells in JSON; none where it is empty."""
    return [fault["code"] for fault in json.loads(out)["fautes"]] if out else []


OUTPUTS = [[], ["--json"], ["--csv", "sortie.csv"]]


EVERY_WAY = [(c, o) for c in COMMANDS for o in OUTPUTS if (c, o) != ("report", OUTPUTS[2])]


@pytest.mark.parametrize(("command", "output"), EVERY_WAY)
def test_every_command_refuses_alike_and_writes_nothing(here, tell, command, output):
    here(f"{THREE}\nA;MJC;03185\n")
    exit_code, out, err = tell(command, "allier", "--structures", "liste.csv", *output)
    assert exit_code == 3
    assert codes_of(out) == (["AVS-312"] if output == ["--json"] else [])
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
    can, opened = os.access, Path.open

    def opening(path, *arguments, **options):
        if path.name == secret:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    monkeypatch.setattr(
        os, "access", lambda path, mode, **more: Path(path).name != secret and can(path, mode, **more)
    )
    monkeypatch.setattr(Path, "open", opening)
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
        ("communes_desservies", "\u202e58999", "AVS-314"),
        ("zone", "%s", "AVS-313"),
    ],
)
def test_an_impossible_value_is_a_fault_never_a_crash(here, tell, header, value, code):
    here(f"{THREE};{header}\nA;CS;03185;{value}\n")
    exit_code, out, err = tell("report", "allier", "--structures", "liste.csv", "--json")
    assert exit_code == 3
    assert set(codes_of(out)) == {code}
    assert f"erreur {code} : " in err
    assert "ligne 2, colonne" in err
    assert "\u202e" not in err

"""Names and places that mean something else on Windows, told on every system; what is staged fits there."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from avs_coverage.paths import not_for_windows, sqlite_uri
from avs_coverage.reports import output
from avs_coverage.reports.output import staging, staging_mode, staging_name, write_atomically

PLACE = "200071082"
MAX_PATH = 259
"""The characters of a path on Windows, the final null aside."""
REFUSED = [
    "CON", "con.csv", "PRN.txt", "AUX", "nul", "NUL.tar.gz", "COM1", "com9.csv", "LPT1.x", "COM\u00b9.csv",
    "CONIN$", "conout$", "nom:flux.csv", "a?.csv", "a*.csv", 'a".csv', "a<b.csv", "a>b.csv", "a|b.csv",
    "a\\b.csv", "point.", "espace ", "retour\n.csv", "AUX .csv",
]  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_windows_does_not_take_is_refused_as_an_output(run, tmp_path, name):
    for words in (
        ("communes", PLACE, "--csv", name),
        ("export", PLACE, "-o", name, "--format", "json"),
        ("export", PLACE, "-o", f"{name}/remis", "--format", "json"),
        ("init", PLACE, name),
    ):
        done = run(*words)
        assert (done.returncode, b"AVS-510" in done.stderr) == (5, True), (words, done.stderr.decode())
    assert list(tmp_path.iterdir()) == []


def test_other_names_are_taken():
    for name in (
        "communes.csv",
        "auxerre.csv",
        "con fini.csv",
        "com10.csv",
        "nul part.csv",
        ".avs~x1z",
        "é.csv",
        "a.b",
    ):
        assert not_for_windows(name) == "", name


def test_a_folder_that_is_there_is_not_the_tool_s_to_name(run, tmp_path):
    (tmp_path / "aux").mkdir()
    assert run("communes", PLACE, "--csv", "aux/c.csv").returncode == 0
    assert run("export", PLACE, "-o", "aux/../x", "--format", "json").returncode == 0


def test_what_is_staged_has_hardly_more_characters_than_what_it_becomes(tmp_path):
    with staging(tmp_path) as staged:
        over = len(str(staged / "communes.csv")) - len(str(tmp_path / "communes.csv"))
    assert over == len(staging_name()) + 1 == 9
    # A folder that Windows can make (12 characters kept for a name of 8.3) holds the longest names.
    assert MAX_PATH - 12 - 1 - len(staging_name()) - 1 - len("communes_non_couvertes.csv") > 200


def test_a_staging_folder_of_another_command_is_neither_taken_nor_removed(tmp_path, monkeypatch):
    names = iter([".avs~abc", ".avs~abc", ".avs~abd"])
    monkeypatch.setattr(output, "staging_name", lambda: next(names))
    (tmp_path / ".avs~abc").mkdir()
    (tmp_path / ".avs~abc" / "a").write_text("à l'autre", encoding="utf-8")
    with staging(tmp_path) as staged:
        assert staged.name == ".avs~abd"
    assert [path.name for path in tmp_path.iterdir()] == [".avs~abc"]
    assert (tmp_path / ".avs~abc" / "a").exists()


def test_no_private_rights_are_left_on_what_windows_renames(tmp_path, monkeypatch):
    """Python makes of 0o700, and of it alone, a list of rights there that renamed files keep."""
    assert (staging_mode("nt"), staging_mode("posix")) == (0o777, 0o700)
    asked = []
    mkdir = Path.mkdir

    def watched(self, mode=0o777, **options):
        asked.append((self.parent, mode))
        return mkdir(self, mode, **options)

    monkeypatch.setattr(Path, "mkdir", watched)
    monkeypatch.setattr(output, "staging_mode", lambda system: staging_mode("nt"))
    write_atomically(tmp_path / "a.csv", b"a", force=False)
    write_atomically(tmp_path / "a.csv", b"b", force=True)
    assert asked
    assert {mode for _, mode in asked} == {0o777}


@pytest.mark.skipif(os.name == "nt", reason="rights are lists there")
def test_what_is_written_follows_the_umask_and_what_is_staged_is_seen_by_nobody(tmp_path):
    before = os.umask(0o027)
    try:
        with staging(tmp_path) as staged:
            assert staged.stat().st_mode & 0o777 == 0o700
        write_atomically(tmp_path / "a.csv", b"a", force=False)
    finally:
        os.umask(before)
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PureWindowsPath(r"\\serveur\partage\a b.gpkg"), "file:////serveur/partage/a%20b.gpkg?mode=ro"),
        (PureWindowsPath(r"C:\cartes\a.gpkg"), "file:///C:/cartes/a.gpkg?mode=ro"),
        (PurePosixPath("/cartes/a?b#c.gpkg"), "file:///cartes/a%3Fb%23c.gpkg?mode=ro"),
    ],
)
def test_sqlite_opens_a_file_on_a_share(path, uri):
    assert sqlite_uri(path) == uri
    with pytest.raises(sqlite3.OperationalError) as raised:
        sqlite3.connect(uri, uri=True)
    assert "authority" not in str(
        raised.value
    )  # it is looked for, where « file://serveur » is refused unread


def test_sqlite_opens_a_name_with_the_signs_of_an_address(tmp_path):
    path = tmp_path / "a ?#%20é.db"
    sqlite3.connect(path).execute("create table t (a)").connection.close()
    opened = sqlite3.connect(sqlite_uri(path), uri=True)
    assert opened.execute("select name from sqlite_master").fetchall() == [("t",)]
    opened.close()

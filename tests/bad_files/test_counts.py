"""Bad files through the commands: rows are counted, whatever becomes of them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bad_files.helpers import (
    COMMANDS,
    GOOD,
    THREE,
)


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

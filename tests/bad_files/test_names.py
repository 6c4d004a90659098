"""Bad files through the commands, taken: what a name may hold."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from avs_coverage.loaders.structures import load_structures
from avs_coverage.reports.text import without_controls
from tests.bad_files.helpers import (
    ALLIER,
    COMMANDS,
    GOOD,
    THREE,
    WEIRD,
)


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
        rows = sorted(WEIRD, key=lambda row: row[0])  # by id, whatever the order of the list
        names = [row["nom"] for row in record["structures"]]
        assert names == [without_controls(row[1].strip()) for row in rows]
        assert [row["id"] for row in record["structures"]] == [row[0] for row in rows]
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
    assert [one.to_record() for one in after] == [
        one.to_record() for one in sorted(before, key=lambda one: one.id)
    ]


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


def test_a_code_is_read_in_its_own_order_and_not_as_it_would_show(here, tell):
    here(f"{THREE};communes_desservies\nA;CS;03185;\u202e58130\n")  # shows as 03185
    _, out, _ = tell("structures", "allier", "--structures", "liste.csv", "--json")
    assert json.loads(out)["structures"][0]["communes_desservies"] == ["58130"]


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

"""Lists of structures: no row is lost."""

from __future__ import annotations

import pytest

from tests.loaders.helpers import (
    AREAS,
    LIST,
    THREE,
    as_csv,
    said,
    workbook,
)


def test_titles_are_passed_over_and_blank_and_total_rows_are_set_aside_and_counted(load):
    found = load(
        "Caf de l'Allier\n\nStructures agréées\nnom;type;code_insee\n"
        "A;CS;03185\n;;\nTOTAL CS;;1\n\nB;EVS;03310\nSous-total;;\nTotaux : 2;;\n"
    )
    assert [structure.name for structure in found.structures] == ["A", "B"]
    assert [structure.line for structure in found.structures] == [5, 9]
    assert found.rows_read == 7
    assert [(fault.line, fault.values["value"]) for fault in found.set_aside] == [
        (6, "ligne vide"),
        (7, "ligne de total"),
        (8, "ligne vide"),
        (10, "ligne de total"),
        (11, "ligne de total"),
    ]
    assert all(fault.code == "AVS-907" and fault.file == "liste.csv" for fault in found.set_aside)


@pytest.mark.parametrize("name", ["Total", "Totem", "Total Énergie solidaire"])
def test_a_structure_whose_name_begins_like_a_total_is_kept(load, name):
    assert [s.name for s in load(f"{THREE}\n{name};CS;03185\n").structures] == [name]


def test_a_named_row_without_a_type_is_a_fault_whatever_its_note_says(refuse):
    faults = refuse(f"{THREE};note\nA;;03185;Total des agréments à vérifier\nB;CS;03310;\n")
    assert said(faults) == [("AVS-312", 2, "type", "")]


def test_short_rows_are_read_as_if_their_last_cells_were_empty(load):
    found = load(f"{THREE};note;source\nA;CS;03185\nB;EVS;03310;n\n")
    assert [(s.name, s.note, s.source) for s in found.structures] == [("A", "", ""), ("B", "n", "")]


def test_empty_cells_beyond_the_header_are_no_fault(load):
    assert len(load(f"{THREE}\nA;CS;03185;;;\n")) == 1


BEYOND = [["nom", "type", "code_insee", "", ""], ["A", "CS", "03185"], ["B", "CS", "03310", "", "perdu"]]


@pytest.mark.parametrize("content", [as_csv(BEYOND), workbook(BEYOND)], ids=["CSV", "XLSX"])
def test_a_cell_under_an_empty_header_is_not_dropped_silently(attempt, content):
    found, faults = attempt(content)
    assert faults or found.warnings


def test_rows_read_add_up_with_service_areas_too(load):
    found = load(LIST, f"{AREAS}\na;03185\na;03101\n\nb;03310\n")
    assert (found.rows_read, len(found), found.rows_set_aside) == (3, 3, 0)


def test_a_structure_of_another_departement_or_overseas_is_kept_and_widens_the_list(load):
    found = load(f"{THREE}\nA;CS;97411\nB;EVS;2a004\nC;CS;63113\n")
    assert [structure.seat for structure in found.structures] == ["97411", "2A004", "63113"]
    assert found.departements == {"03", "974", "2A", "63"}


def test_a_commune_served_across_the_border_does_not_widen_the_list(load):
    found = load(f"{THREE};communes_desservies\nA;CS;03185;03185|63113\nB;EVS;;58086\n")
    assert found.departements == {"03", "58"}

"""Lists of structures: service areas."""

from __future__ import annotations

import pytest

from avs_coverage.loaders.structures import load_structures
from tests.loaders.helpers import (
    ALLIER,
    AREAS,
    LIST,
    THREE,
    said,
    workbook,
)


def test_a_second_file_adds_the_communes_of_each_structure(load):
    found = load(
        "id;nom;type;code_insee;communes_desservies;zone\n"
        "a;Alpha;CS;03185;03185;\nb;Bêta;EVS;03310;;\nc;Gamma;EVS;03190;;\nd;Delta;CS;03103;;partielle\n",
        "Commune ; Identifiant\n03101;a\nMontluçon;ALPHA\n3095;beta\nVichy;b\n\nDonjon;d\n",
    )
    assert {s.id: (s.area, s.communes) for s in found.structures} == {
        "a": ("complete", ("03185", "03101")),
        "b": ("complete", ("03095", "03310")),
        "c": ("inconnue", ()),
        "d": ("partielle", ("03103",)),
    }
    assert [len(s.communes_epci) for s in found.structures] == [2, 2, 0, 1]
    assert said(found.warnings) == [("AVS-901", 4, "commune", "3095"), ("AVS-907", 6, "", "ligne vide")]
    assert {fault.file for fault in found.warnings} == {"zones.csv"}


def test_a_zone_said_complete_may_be_filled_by_the_second_file(load):
    found = load(f"{THREE};zone\nA;CS;03185;complete\n", f"{AREAS}\nA;03185\n")
    assert (found.structures[0].area, found.structures[0].communes) == ("complete", ("03185",))


def test_an_id_wins_over_a_name(load):
    found = load("id;nom;type;code_insee\nB;A;CS;03185\nx;B;CS;03310\n", f"{AREAS}\nB;03101\n")
    assert [structure.communes for structure in found.structures] == [("03101",), ()]


def test_the_second_file_may_be_a_workbook(write):
    areas = write(workbook([["Structure", "Code commune"], ["Alpha", 3101], ["b", "03310"]]), "zones.xlsx")
    found = load_structures(write(LIST), ALLIER, areas)
    assert [structure.communes for structure in found.structures] == [("03101",), ("03310",), ()]


def test_a_short_row_of_the_second_file_is_a_fault_not_a_crash(refuse):
    faults = refuse(LIST, "structure;adresse;note;commune\na\n")
    assert said(faults) == [("AVS-337", 2, "commune", "")]


@pytest.mark.parametrize("named", ["نادي", "", "?"])
def test_an_area_never_goes_to_a_structure_that_it_does_not_name(refuse, named):
    faults = refuse("nom;type;code_insee\nمركز;CS;03185\n", f"{AREAS}\n{named};03310\n")
    assert said(faults) == [("AVS-324", 2, "structure", named)]


def test_what_the_second_file_says_too_much_is_not_dropped_silently(attempt):
    found, faults = attempt(LIST, f"{AREAS}\na;03185;03101\n")
    assert [fault.code for fault in faults] == ["AVS-306"] or found.structures[0].communes == (
        "03185",
        "03101",
    )

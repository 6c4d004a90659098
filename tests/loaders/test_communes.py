"""Lists of structures: communes."""

from __future__ import annotations

import pytest

from avs_coverage.loaders.structures import load_structures
from tests.loaders.helpers import (
    ALLIER,
    THREE,
    said,
    workbook,
)


@pytest.mark.parametrize(
    ("typed", "code", "warned"),
    [
        ("03185", "03185", []),
        ("03 185", "03185", []),
        ("3185", "03185", ["AVS-901"]),
        ("3185.0", "03185", ["AVS-901"]),
        ("2a004", "2A004", []),
        ("97411", "97411", []),
        ("75101", "75056", ["AVS-902"]),
        ("75120", "75056", ["AVS-902"]),
        ("69381", "69123", ["AVS-902"]),
        ("69389", "69123", ["AVS-902"]),
        ("13201", "13055", ["AVS-902"]),
        ("13216", "13055", ["AVS-902"]),
        ("75056", "75056", []),
        ("01059", "01453", ["AVS-909"]),
    ],
)
def test_a_commune_is_known_by_its_code(load, typed, code, warned):
    found = load(f"{THREE};communes_desservies\nA;CS;{typed};{typed}\n")
    assert (found.structures[0].seat, found.structures[0].communes) == (code, (code,))
    assert [fault.code for fault in found.warnings] == warned * 2
    assert [fault.column for fault in found.warnings] == ["code_insee", "communes_desservies"] * len(warned)


@pytest.mark.parametrize(
    "typed", ["75121", "69380", "69390", "13200", "13217", "0318", "318", "00000", "²²²²²"]
)
def test_a_code_beside_the_arrondissements_or_too_short_is_unknown(refuse, typed):
    assert said(refuse(f"{THREE}\nA;CS;{typed}\n")) == [("AVS-314", 2, "code_insee", typed)]


def test_a_former_code_that_lost_its_zero_is_known(load):
    found = load(f"{THREE}\nA;CS;1059\n")
    assert found.structures[0].seat == "01453"
    assert [fault.code for fault in found.warnings] == ["AVS-901", "AVS-909"]


def test_a_code_cell_of_excel_is_a_code(write):
    rows = [["nom", "type", "code_insee"], ["A", "CS", 3185], ["B", "CS", 63113], ["C", "CS", "2A004"]]
    found = load_structures(write(workbook(rows), "liste.xlsx"), ALLIER)
    assert [s.seat for s in found.structures] == ["03185", "63113", "2A004"]
    assert said(found.warnings) == [("AVS-901", 2, "code_insee", "3185")]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Montluçon", "03185"),
        ("MONTLUCON", "03185"),
        ("st pourçain/sioule", ""),
        ("St Pourçain sur Sioule", "03254"),
        ("Ste-Thérence", "03261"),
        ("Le Donjon", "03103"),
        ("donjon", "03103"),
        ("Donjon (Le)", "03103"),
        ("La Chapelle", "03056"),
        ("Bourbon-l’Archambault", "03036"),
        ("Bourbon l Archambault", "03036"),
        ("Mont", ""),
    ],
)
def test_a_commune_is_known_by_its_exact_name_alone(load, refuse, typed, code):
    text = f"nom;type;commune\nA;CS;{typed}\n"
    if code:
        found = load(text)
        assert found.structures[0].seat == code
        assert found.warnings == ()
    else:
        assert said(refuse(text)) == [("AVS-315", 2, "commune", typed)]


def test_an_article_tells_two_communes_of_one_departement_apart(load):
    found = load("nom;type;commune\nA;CS;Vergné\nB;CS;La Vergne\n", territory="17")
    assert [structure.seat for structure in found.structures] == ["17464", "17465"]


@pytest.mark.parametrize(
    ("code", "name", "warned"),
    [
        ("03310", "VICHY CEDEX", []),
        ("03310", "vichy", []),
        ("75118", "Paris 18e", ["AVS-902"]),
        ("69381", "Lyon 1er arrondissement", ["AVS-902"]),
        ("13055", "Marseille 3", []),
        ("03103", "Donjon", []),
        ("03310", "Cusset", ["AVS-905"]),
        ("03310", "?", ["AVS-905"]),
    ],
)
def test_the_code_stands_and_a_name_that_says_otherwise_is_a_warning(load, code, name, warned):
    found = load(f"{THREE};commune\nA;CS;{code};{name}\n")
    assert found.structures[0].seat == {"75118": "75056", "69381": "69123"}.get(code, code)
    assert [fault.code for fault in found.warnings] == warned


def test_the_communes_served_are_looked_for_around_the_seat_too(only):
    structure = only(f"{THREE};communes_desservies", "A;CS;63113;Clermont-Ferrand|Vichy")
    assert structure.communes == ("63113", "03310")

"""Lists of structures: one list, whatever the file."""

from __future__ import annotations

from datetime import date

import pytest

from avs_coverage.errors import InputError
from avs_coverage.loaders.structures import load_structures
from tests.loaders.helpers import (
    ALLIER,
    HEADER,
    ROWS,
    TYPED_ROWS,
    as_csv,
    said,
    workbook,
)

HEADER += ["capacite", "longitude", "latitude"]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    path = tmp_path_factory.mktemp("reference") / "liste.csv"
    path.write_text(as_csv(ROWS), encoding="utf-8", newline="")
    return load_structures(path, ALLIER)


def test_the_reference_list_reads_as_worked_out_by_hand(reference):
    centre, espace = reference.structures
    assert (centre.id, centre.name, centre.type) == ("A1", "Centre « L'Étoile » ; été, œuvre", "CS")
    assert (centre.seat, centre.seat_name, centre.seat_epci) == ("03185", "Montluçon", "200071082")
    assert (centre.communes, centre.area, centre.status) == (("03185", "03101"), "complete", "confirme")
    assert (centre.start, centre.acf, centre.capacity) == (date(2015, 9, 1), True, 1120)
    assert centre.has_point
    assert abs(centre.x_m - 669_705) < 500  # the chef-lieu of Montluçon: a point taken in its centre
    assert abs(centre.y_m - 6_582_430) < 500
    assert centre.line == 2
    assert (espace.id, espace.name) == ("EVS-03310-espace-d-ebreuil", "Espace d’Ébreuil")
    assert (espace.status, espace.communes) == ("a_confirmer", ("03310", "03095", "03190"))
    assert (espace.start, espace.acf, espace.capacity) == (date(2020, 1, 1), False, None)
    assert (espace.has_point, espace.x_m, espace.y_m) == (False, 733_006, 6_559_123)
    assert espace.line == 4
    assert (reference.rows_read, len(reference), len(reference.set_aside)) == (4, 2, 2)
    assert said(reference.set_aside) == [
        ("AVS-907", 3, "", "ligne vide"),
        ("AVS-907", 5, "", "ligne de total"),
    ]
    assert reference.warnings == ()
    assert reference.departements == {"03"}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le-bom", "utf-16-be-bom"]
)
@pytest.mark.parametrize("delimiter", [";", ",", "\t"], ids=["semicolon", "comma", "tab"])
def test_the_encoding_and_the_separator_change_nothing(load, reference, encoding, delimiter):
    text = as_csv(ROWS, delimiter)
    if encoding.endswith("-bom"):
        content = ("\ufeff" + text).encode(encoding.removesuffix("-bom"))
    else:
        content = text.encode(encoding)
    found = load(content)
    assert found.structures == reference.structures
    assert found.set_aside == reference.set_aside
    assert found.rows_read == 4


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_the_end_of_lines_changes_nothing(load, reference, newline):
    assert load(as_csv(ROWS, newline=newline)).structures == reference.structures


def test_a_last_line_without_an_end_is_read(load, reference):
    assert load(as_csv(ROWS[:-1]).rstrip("\r\n")).structures == reference.structures


@pytest.mark.parametrize("name", ["liste.xlsx", "liste.XLSX", "liste.csv", "liste"])
@pytest.mark.parametrize("rows", [ROWS, TYPED_ROWS], ids=["text cells", "typed cells"])
def test_a_workbook_is_known_by_its_content_and_gives_the_same_structures(write, reference, rows, name):
    found = load_structures(write(workbook(rows, more_sheets=["Notice"]), name), ALLIER)
    assert found.structures == reference.structures
    assert [fault.line for fault in found.set_aside] == [3, 5]
    assert found.rows_read == 4


def test_a_workbook_that_starts_lower_keeps_the_line_numbers_of_the_sheet(write):
    rows = [["nom", "type", "code_insee"], ["A", "CS", "03185"], ["B", "MJC", "03185"]]
    with pytest.raises(InputError) as caught:
        load_structures(write(workbook(rows, first_line=7), "liste.xlsx"), ALLIER)
    assert said(caught.value.faults) == [("AVS-312", 9, "type", "MJC")]


def test_the_order_and_the_wording_of_columns_change_nothing(load, reference):
    renamed = ["Identifiant", "NOM DE LA STRUCTURE", "Type-structure", "Fiabilité", "Code commune (INSEE)"]
    renamed += ["Zone d’intervention", "Date agrément", "Animation collective Familles"]
    renamed += ["Capacité d'accueil", "LNG", "lat."]
    width = len(HEADER)
    rows = [renamed, *([*row, *[""] * (width - len(row))] for row in ROWS[1:])]
    mixed = [row[::-1] for row in rows]
    assert load(as_csv(mixed)).structures == reference.structures

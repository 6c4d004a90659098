"""Lists of structures: headers and values."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from avs_coverage.errors import InputError
from avs_coverage.loaders.cells import parse_count, parse_date, parse_number, parse_type, parse_yes_no
from avs_coverage.loaders.structures import load_structures
from tests.loaders.helpers import (
    ALLIER,
    THREE,
    workbook,
)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("ID Structure", "id"),
        ("Fiabilité", "status"),
        ("qualité  siège", "seat_quality"),
        ("QUALITÉ_ZONE", "area"),
        ("Zone de compétence", "communes"),
        ("Communes-couvertes", "communes"),
        ("Quartiers desservis", "qpv"),
        ("Date du 1er agrément", "first"),
        ("Ouverture", "first"),
        ("Année de création", "created"),
        ("Date agrément", "start"),
        ("Fin agrément", "end"),
        ("Date de fermeture", "closed_on"),
        ("Agrément ACF", "acf"),
        ("Date ACF", "acf_start"),
        ("PS Jeune", "ps_jeunes"),
        ("Début PS jeunes", "ps_jeunes_start"),
        ("Itinérance", "itinerant"),
        ("Mode de gestion", "manager"),
        ("Population de la zone de compétence", "area_population"),
        ("CAPACITÉ D’ACCUEIL", "capacity"),
        ("Observations", "note"),
        ("Sources", "source"),
    ],
)
def test_a_column_is_known_by_its_other_names(only, header, field):
    cells = {
        "id": ("x-1", "x-1"),
        "status": ("A CONFIRMER", "a_confirmer"),
        "seat_quality": ("Déduit", "deduit"),
        "area": ("Partielle", "partielle"),
        "communes": ("Vichy|3190", ("03310", "03190")),
        "qpv": ("qp003001, QP003002", ("QP003001", "QP003002")),
        "first": ("1/9/1998", date(1998, 9, 1)),
        "created": ("1998", 1998),
        "closed_on": ("2022", date(2022, 12, 31)),
        "start": ("1/9/2022", date(2022, 9, 1)),
        "end": ("2022", date(2022, 12, 31)),
        "acf": ("X", True),
        "acf_start": ("2021", date(2021, 1, 1)),
        "ps_jeunes": ("Non", False),
        "ps_jeunes_start": ("01/09/2021", date(2021, 9, 1)),
        "itinerant": ("VRAI", True),
        "manager": ("Commune", "Commune"),
        "area_population": ("5 640", 5640),
        "capacity": ("12", 12),
        "note": ("à voir", "à voir"),
        "source": ("SDAVS", "SDAVS"),
    }
    typed, expected = cells[field]
    structure = only(f"Raison sociale;Catégorie;CODGEO;{header}", f"A;D506;03310;{typed}")
    assert getattr(structure, field) == expected
    assert (structure.name, structure.type, structure.seat) == ("A", "CS", "03310")


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("CS", "CS"),
        ("csc", "CS"),
        ("Centre Social", "CS"),
        ("centre socio-culturel", "CS"),
        ("CENTRE SOCIOCULTUREL", "CS"),
        ("MJC - Centre social", "CS"),
        ("D506", "CS"),
        ("EVS", "EVS"),
        ("Espace de  Vie sociale", "EVS"),
        ("d508", "EVS"),
        ("MJC", ""),
        ("C", ""),
        ("", ""),
    ],
)
def test_types_are_read_in_their_usual_wordings_and_no_other(typed, kind):
    assert parse_type(typed) == kind


@pytest.mark.parametrize(
    ("row", "area", "communes"),
    [
        ("A;CS;03310;;", "inconnue", ()),
        ("A;CS;03310;;03310", "complete", ("03310",)),
        ("A;CS;03310;partielle;03310", "partielle", ("03310",)),
        ("A;CS;03310;Estimée;Cusset", "estimee", ("03095",)),
        ("A;CS;03310;partielle;", "partielle", ()),
        ("A;CS;03310;inconnue;", "inconnue", ()),
        ("A;CS;;;Vichy", "complete", ("03310",)),
        ("A;CS;;;", "inconnue", ()),
        ('A;CS;03310;;"03310;Vichy,3310|VICHY"', "complete", ("03310",)),
        ('A;CS;03310;;" ;,|"', "inconnue", ()),
    ],
)
def test_the_area_is_complete_where_communes_are_named_else_unknown(only, row, area, communes):
    structure = only(f"{THREE};zone;communes_desservies", row)
    assert (structure.area, structure.communes) == (area, communes)
    assert len(structure.communes_epci) == len(communes)


VAL_DE_CHER = ("03010", "03111", "03158", "03193", "03213", "03297", "03301")


@pytest.mark.parametrize("keyword", ["epci", "EPCI", "Épci ", "epci|03297", "03297;epci"])
def test_epci_stands_for_every_commune_of_the_seats_epci(only, keyword):
    structure = only(f"{THREE};communes_desservies", f'A;CS;03297;"{keyword}"')
    assert sorted(structure.communes) == list(VAL_DE_CHER)
    assert set(structure.communes_epci) == {"240300566"}
    assert structure.area == "complete"


def test_epci_goes_beyond_the_departement(only):
    structure = only(f"{THREE};communes_desservies", "A;CS;03063;epci")  # CC Le Grand Charolais
    assert len(structure.communes) == 44
    assert {code[:2] for code in structure.communes} == {"03", "71"}


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("2022", date(2022, 1, 1), date(2022, 12, 31)),
        ("2022-09-01", date(2022, 9, 1), date(2022, 9, 1)),
        ("2022-9-1", date(2022, 9, 1), date(2022, 9, 1)),
        ("01/09/2022", date(2022, 9, 1), date(2022, 9, 1)),
        ("1.9.2022", date(2022, 9, 1), date(2022, 9, 1)),
        ("01-09-2022", date(2022, 9, 1), date(2022, 9, 1)),
        ("2022-09-01 00:00:00", date(2022, 9, 1), date(2022, 9, 1)),
        ("29/02/2024", date(2024, 2, 29), date(2024, 2, 29)),
        ("29/02/2023", None, None),
        ("31/02/2022", None, None),
        ("2022-13-01", None, None),
        ("09/2022", None, None),
        ("01/09/22", None, None),
        ("0000-01-01", None, None),
        ("2022-09-01 10:30:00", None, None),
        ("44805", None, None),
        ("1850", None, None),
        ("", None, None),
    ],
)
def test_a_year_alone_is_its_first_day_or_its_last(typed, first, last):
    assert parse_date(typed) == first
    assert parse_date(typed, end=True) == last


def test_date_cells_and_year_cells_of_excel_are_dates(write):
    rows = [
        ["nom", "type", "code_insee", "agrement_debut", "agrement_fin"],
        ["A", "CS", "03185", datetime(2022, 9, 1), datetime(2026, 8, 31)],
        ["B", "CS", "03185", 2022, 2024],
        ["C", "CS", "03185", "01/09/2022", None],
    ]
    found = load_structures(write(workbook(rows), "liste.xlsx"), ALLIER)
    assert [(s.start, s.end) for s in found.structures] == [
        (date(2022, 9, 1), date(2026, 8, 31)),
        (date(2022, 1, 1), date(2024, 12, 31)),
        (date(2022, 9, 1), None),
    ]


def test_an_agreement_may_last_one_day(only):
    structure = only(f"{THREE};agrement_debut;agrement_fin", "A;CS;03185;2022-09-01;01/09/2022")
    assert structure.is_open(date(2022, 9, 1))
    assert not structure.is_open(date(2022, 9, 2))


@pytest.mark.parametrize(
    ("typed", "number", "count"),
    [
        ("5640", 5640.0, 5640),
        ("5 640", 5640.0, 5640),
        ("5\u202f640", 5640.0, 5640),
        ("5640,0", 5640.0, 5640),
        ("+3", 3.0, 3),
        ("0", 0.0, 0),
        ("-1", -1.0, None),
        ("3,427", 3.427, None),
        ("1e3", None, None),
        ("1e999", None, None),
        ("inf", None, None),
        ("nan", None, None),
        ("1.2.3", None, None),
        ("0x10", None, None),
        ("1_000", None, None),
        ("9" * 400, None, None),
        ("", None, None),
    ],
)
def test_numbers_are_plain_decimal_numbers(typed, number, count):
    assert parse_number(typed) == number
    assert parse_count(typed) == count


@pytest.mark.parametrize("typed", ["2.6034567890123456", "0,68483912345678912"])
def test_a_coordinate_written_in_full_precision_is_a_number(typed):
    assert parse_number(typed) == pytest.approx(float(typed.replace(",", ".")))


def test_a_coordinate_computed_in_excel_is_read(write):
    rows = [
        ["nom", "type", "code_insee", "longitude", "latitude"],
        ["A", "CS", "37261", 0.6848912345678912, 47.39],
    ]
    (structure,) = load_structures(write(workbook(rows), "liste.xlsx"), ALLIER).structures
    assert structure.has_point


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("oui", True),
        ("O", True),
        ("x", True),
        ("1", True),
        ("Non", False),
        ("0", False),
        ("FAUX", False),
        ("peut-être", None),
        ("2", None),
        ("", None),
    ],
)
def test_yes_and_no(typed, answer):
    assert parse_yes_no(typed) is answer


@pytest.mark.parametrize("text", ["#REF!", "#VALEUR!", "#DIV/0!", "#NOM?"])
def test_a_cell_in_error_of_a_csv_is_no_name(refuse, text):
    [fault] = refuse(f"nom;type;code_insee\n{text};CS;03185\n")[:1]
    assert (fault.code, fault.line, fault.column) == ("AVS-336", 2, "nom")


def test_a_date_that_excel_made_a_number_is_explained(refuse):
    """45000 days after 1899-12-30 is 2023-03-15."""
    [fault] = refuse("nom;type;code_insee;agrement_debut\nA;CS;03185;45000\n")
    assert fault.code == "AVS-346"
    assert "15/03/2023" in fault.hint


def test_two_right_accents_and_a_wrong_byte_are_a_damaged_utf8(write):
    from avs_coverage.loaders.table_file import read_rows

    with pytest.raises(InputError) as caught:
        read_rows(write("nom;type\nÉcole été".encode() + b"\xe9;CS\n"))
    assert [fault.code for fault in caught.value.faults] == ["AVS-342"]


@pytest.mark.parametrize("column", ["acf", "ps_jeunes"])
def test_a_date_says_yes_and_contradicts_a_no(only, refuse, column):
    header = f"nom;type;code_insee;{column};{column}_debut"
    made = only(header, "A;CS;03310;;01/09/2021")
    assert getattr(made, column) is True
    held = made.has_acf if column == "acf" else made.has_ps_jeunes
    assert (held(date(2021, 8, 31)), held(date(2021, 9, 1))) == (False, True)
    (fault,) = refuse(f"{header}\nA;CS;03310;non;2021\n")
    assert (fault.code, fault.line, fault.column) == ("AVS-387", 2, f"{column}_debut")
    assert column in fault.what


def test_an_agreement_without_a_date_is_held_whatever_the_day(only):
    made = only("nom;type;code_insee;acf;ps_jeunes", "A;CS;03310;oui;")
    assert (made.has_acf(date(1990, 1, 1)), made.has_ps_jeunes(date(2022, 1, 1))) == (True, None)

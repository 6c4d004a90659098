"""Lists of structures and service areas: what is read, what is refused, and that no row is lost."""

from __future__ import annotations

import contextlib
import csv
import io
import random
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from avs_coverage.errors import InputError
from avs_coverage.faults import CATALOGUE
from avs_coverage.loaders.cells import parse_count, parse_date, parse_number, parse_type, parse_yes_no
from avs_coverage.loaders.structures import load_structures
from avs_coverage.loaders.table_file import read_rows
from avs_coverage.names import normalise
from avs_coverage.territory_names import find_territory_name

ALLIER = find_territory_name("allier")


@pytest.fixture
def write(tmp_path):
    def _write(content, name="liste.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


@pytest.fixture
def load(write):
    def _load(content, areas=None, territory="allier"):
        path = None if areas is None else write(areas, "zones.csv")
        return load_structures(write(content), find_territory_name(territory), path)

    return _load


@pytest.fixture
def refuse(load):
    def _refuse(content, areas=None, territory="allier"):
        with pytest.raises(InputError) as caught:
            load(content, areas, territory)
        return caught.value.faults

    return _refuse


@pytest.fixture
def attempt(load):
    """Return the inventory and no fault, or None and the faults."""

    def _attempt(content, areas=None):
        try:
            return load(content, areas), ()
        except InputError as error:
            return None, error.faults

    return _attempt


@pytest.fixture
def only(load):
    def _only(header, row, **more):
        (structure,) = load(f"{header}\n{row}\n", **more).structures
        return structure

    return _only


def said(faults):
    return [(fault.code, fault.line, fault.column, fault.values.get("value", "")) for fault in faults]


def workbook(rows, first_line=1, formats=None, more_sheets=()):
    """Return the bytes of an XLSX with these rows, from that line on."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet("Liste")
        for line, row in enumerate(rows, first_line - 1):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(line, column, value)
                elif isinstance(value, str):
                    sheet.write_string(line, column, value)
                elif value is not None:
                    sheet.write(line, column, value)
        for name in more_sheets:
            book.add_worksheet(name).write(0, 0, "autre feuille")
    return stream.getvalue()


def as_csv(rows, delimiter=";", newline="\r\n"):
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=newline).writerows(rows)
    return stream.getvalue()


# --- one list, whatever the file --------------------------------------------------------------

HEADER = ["id", "nom", "type", "statut", "code_insee", "communes_desservies", "agrement_debut", "acf"]
HEADER += ["capacite", "longitude", "latitude"]
FIRST = ["A1", "Centre « L'Étoile » ; été, œuvre", "CS"]
ROWS = [
    HEADER,
    [*FIRST, "", "03185", "03185;03101", "2015-09-01", "oui", "1 120", "2,6036", "46,3406"],
    [""] * len(HEADER),
    ["", "Espace d’Ébreuil", "EVS", "à confirmer", "03310", "Vichy, Cusset | Moulins", "2020", "non"],
    ["Total", "2"],
]
TYPED_ROWS = [
    HEADER,
    [*FIRST, None, 3185, "03185;3101", datetime(2015, 9, 1), True, 1120, 2.6036, 46.3406],
    [None],
    [None, "Espace d’Ébreuil", "EVS", "à confirmer", 3310.0, "Vichy, Cusset | Moulins", 2020, False],
    ["Total", 2],
]


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


# --- table_file.read_rows -------------------------------------------------------------------


def test_rows_carry_their_line_even_after_a_cell_on_several_lines(write):
    rows = read_rows(write('a;b\n"deux\nlignes";c\nd;e\n'))
    assert [(row.line, row.cells) for row in rows] == [
        (1, ("a", "b")),
        (2, ("deux\nlignes", "c")),
        (4, ("d", "e")),
    ]


def test_cells_are_stripped_and_a_row_of_spaces_is_blank(write):
    rows = read_rows(write("  a ;\u00a0b\u00a0\n ; \u202f\n"))
    assert rows[0].cells == ("a", "b")
    assert [row.is_blank for row in rows] == [False, True]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a;b,c;d", ("a", "b,c", "d")),
        ("a,b;c,d,e", ("a", "b;c", "d", "e")),
        ("a\tb;c", ("a\tb", "c")),
        ('"a,b,c,d";e', ("a,b,c,d", "e")),
        ("a", ("a",)),
        ("sep=,\na,b", ("sep=", "")),
    ],
)
def test_the_separator_is_the_one_found_most_often_outside_quotes(write, text, cells):
    assert read_rows(write(text))[0].cells == cells


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3185.0, "3185"),
        (2.5, "2.5"),
        (True, "oui"),
        (False, "non"),
        (datetime(2022, 9, 1), "2022-09-01"),
        (datetime(2022, 9, 1, 10, 30), "2022-09-01T10:30:00"),
        ("  texte ", "texte"),
        ("'=cmd()", "=cmd()"),
    ],
)
def test_a_typed_cell_is_read_as_a_user_would_have_typed_it(write, value, text):
    assert read_rows(write(workbook([[value]]), "a.xlsx"))[0].cells == (text,)


@pytest.mark.parametrize("cell", ["'=1+1", "'+33", "'-2", "'@x"])
def test_the_apostrophe_that_exports_add_is_taken_back(write, cell):
    assert read_rows(write(f"{cell};'quote'"))[0].cells == (cell[1:], "'quote'")


def test_an_empty_file_has_no_row(write):
    assert read_rows(write(b"")) == []


def test_a_sheet_without_a_cell_has_no_row(write):
    assert read_rows(write(workbook([]), "vide.xlsx")) == []


def test_a_comma_in_a_title_above_the_header_does_not_decide_the_separator(load):
    found = load("Liste des structures, Allier, 2022\nnom;type;code_insee\nA;CS;03185\n")
    assert [structure.name for structure in found.structures] == ["A"]


def test_decimal_commas_in_rows_of_uneven_length_do_not_decide_the_separator(load):
    rows = ["A;CS;03185;2,60;46,34", "B;CS;03185;2,60;46,34;n", "C;EVS;03185;2,60;46,34;n;s"]
    found = load("\n".join([f"{THREE};longitude;latitude;note;source", *rows]))
    assert [(s.name, s.note, s.source) for s in found.structures] == [
        ("A", "", ""),
        ("B", "n", ""),
        ("C", "n", "s"),
    ]


def test_a_quote_never_closed_loses_no_row(attempt):
    found, faults = attempt('nom;type;code_insee;note\nA;CS;03185;"à revoir\nB;CS;03190;\nC;EVS;03310;\n')
    names = [structure.name for structure in found.structures] if found else []
    assert names == ["A", "B", "C"] or {fault.line for fault in faults} == {2}


def test_an_error_cell_of_a_workbook_is_not_silently_empty(write):
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["nom", "type", "code_insee", "communes_desservies"])
        sheet.write_row(1, 0, ["A", "CS", "03185"])
        sheet.write_formula(1, 3, "=VLOOKUP(1,B:C,2)", None, "#N/A")
    with pytest.raises(InputError) as caught:
        load_structures(write(stream.getvalue(), "liste.xlsx"), ALLIER)
    assert [(f.line, f.column) for f in caught.value.faults] == [(2, "communes_desservies")]


# --- faults: the code, where, the value, what to do -------------------------------------------

THREE = "nom;type;code_insee"
LIST = "id;nom;type;code_insee\na;Alpha;CS;03185\nb;Bêta;CS;03310\nc;BETA;EVS;03190\n"
AREAS = "structure;commune"
FAULTS = [
    ("binary", b"nom;type\0;code", None, [("AVS-302", 0, "", "")]),
    ("undefined in cp1252", b"nom;type;code_insee\n\x81\xe9;CS;03185", None, [("AVS-302", 0, "", "")]),
    ("odd UTF-16", b"\xff\xfenom", None, [("AVS-302", 0, "", "")]),
    ("empty", b"", None, [("AVS-303", 0, "", "")]),
    ("no header", "Alpha;CS;03185\n", None, [("AVS-303", 0, "", "")]),
    ("header after line 20", "\n" * 20 + f"{THREE}\nA;CS;03185\n", None, [("AVS-303", 0, "", "")]),
    ("no type", "nom;code_insee\nA;03185\n", None, [("AVS-304", 1, "type", "")]),
    (
        "neither type nor seat",
        "titre\nnom;note\nA;x\n",
        None,
        [("AVS-304", 2, "type", ""), ("AVS-304", 2, "code_insee", "")],
    ),
    ("no name", "type;commune\nCS;Vichy\n", None, [("AVS-304", 1, "nom", "")]),
    (
        "a column twice",
        "nom;type;code_insee;Libellé\nA;CS;03185;B\n",
        None,
        [("AVS-305", 1, "", "« nom » et « Libellé »")],
    ),
    ("a cell too many", f"{THREE}\nA;CS;03185;;x\n", None, [("AVS-306", 2, "", "")]),
    ("no row", f"{THREE}\n", None, [("AVS-307", 0, "", "")]),
    ("only rows set aside", f"titre\n{THREE}\n;;\nTotal;;\n", None, [("AVS-307", 0, "", "")]),
    ("no name in a row", f"{THREE}\n;CS;03185\n", None, [("AVS-311", 2, "nom", "")]),
    ("no type in a row", f"{THREE}\nA;;03185\n", None, [("AVS-312", 2, "type", "")]),
    ("unknown type", f"{THREE}\nA;MJC;03185\n", None, [("AVS-312", 2, "type", "MJC")]),
    ("status", f"{THREE};statut\nA;CS;03185;oui\n", None, [("AVS-313", 2, "statut", "oui")]),
    ("area", f"{THREE};zone\nA;CS;03185;totale\n", None, [("AVS-313", 2, "zone", "totale")]),
    ("seat quality", f"{THREE};siege\nA;CS;03185;sûr\n", None, [("AVS-313", 2, "siege", "sûr")]),
    ("yes or no", f"{THREE};acf\nA;CS;03185;bof\n", None, [("AVS-313", 2, "acf", "bof")]),
    ("name known", f"{THREE};nom_connu\nA;CS;03185;?\n", None, [("AVS-313", 2, "nom_connu", "?")]),
    ("code", f"{THREE}\nA;CS;99999\n", None, [("AVS-314", 2, "code_insee", "99999")]),
    ("code too long", f"{THREE}\nA;CS;031850\n", None, [("AVS-314", 2, "code_insee", "031850")]),
    ("former parent", f"{THREE}\nA;CS;60455\n", None, [("AVS-329", 2, "code_insee", "60455")]),
    ("name", "nom;type;commune\nA;CS;Vichi\n", None, [("AVS-315", 2, "commune", "Vichi")]),
    (
        "two communes of one name",
        f"{THREE};communes_desservies\nA;CS;35198;Moulins\n",
        None,
        [("AVS-316", 2, "communes_desservies", "Moulins")],
    ),
    (
        "no such day",
        f"{THREE};agrement_debut\nA;CS;03185;31/02/2022\n",
        None,
        [("AVS-317", 2, "agrement_debut", "31/02/2022")],
    ),
    (
        "no date",
        f"{THREE};fin agrément\nA;CS;03185;bientôt\n",
        None,
        [("AVS-317", 2, "agrement_fin", "bientôt")],
    ),
    (
        "end before start",
        f"{THREE};agrement_debut;agrement_fin\nA;CS;03185;2022;2021\n",
        None,
        [("AVS-318", 2, "agrement_fin", "2021")],
    ),
    ("negative", f"{THREE};capacite\nA;CS;03185;-1\n", None, [("AVS-319", 2, "capacite", "-1")]),
    (
        "a half",
        f"{THREE};population_zone\nA;CS;03185;0,5\n",
        None,
        [("AVS-319", 2, "population_zone", "0,5")],
    ),
    (
        "not degrees",
        f"{THREE};longitude;latitude\nA;CS;03185;nan;1e999\n",
        None,
        [("AVS-319", 2, "longitude", "nan"), ("AVS-319", 2, "latitude", "1e999")],
    ),
    (
        "complete but empty",
        f"{THREE};zone\nA;CS;03185;complète\n",
        None,
        [("AVS-320", 2, "zone", "complète")],
    ),
    ("estimated but empty", f"{THREE};zone\nA;CS;03185;ESTIMEE\n", None, [("AVS-320", 2, "zone", "estimée")]),
    (
        "one id twice",
        "id;nom;type;code_insee\na;A;CS;03185\n\na;B;CS;03310\n",
        None,
        [("AVS-321", 4, "id", "a")],
    ),
    (
        "epci without a seat",
        f"{THREE};communes_desservies\nA;CS;;epci\n",
        None,
        [("AVS-322", 2, "communes_desservies", "")],
    ),
    (
        "epci of an island that has none",
        f"{THREE};communes_desservies\nA;CS;29083;epci\n",
        None,
        [("AVS-322", 2, "communes_desservies", "")],
    ),
    (
        "swapped coordinates",
        f"{THREE};longitude;latitude\nA;CS;03185;46,34;2,60\n",
        None,
        [("AVS-323", 2, "longitude", "46.34 ; 2.6")],
    ),
    (
        "Lambert 93",
        f"{THREE};longitude;latitude\nA;CS;03185;669705;6582430\n",
        None,
        [("AVS-323", 2, "longitude", "669705.0 ; 6582430.0")],
    ),
    (
        "another commune",
        f"{THREE};longitude;latitude\nA;CS;03185;3,4265;46,1278\n",
        None,
        [("AVS-323", 2, "longitude", "3.4265 ; 46.1278")],
    ),
    (
        "unknown QPV",
        f"{THREE};qpv\nA;CS;03185;QP999999\n",
        None,
        [("AVS-326", 2, "qpv_desservis", "QP999999")],
    ),
    (
        "malformed QPV",
        f"{THREE};qpv\nA;CS;03185;QP0|Presles\n",
        None,
        [("AVS-326", 2, "qpv_desservis", "QP0"), ("AVS-326", 2, "qpv_desservis", "PRESLES")],
    ),
    (
        "a longitude alone",
        f"{THREE};longitude;latitude\nA;CS;03185;2,60;\n",
        None,
        [("AVS-327", 2, "latitude", "")],
    ),
    ("a latitude alone", f"{THREE};longitude;latitude\nA;CS;;;46\n", None, [("AVS-327", 2, "longitude", "")]),
    ("a bar in an id", "id;nom;type;code_insee\na|b;A;CS;03185\n", None, [("AVS-328", 2, "id", "a|b")]),
    ("areas: no column", LIST, "structure\na\n", [("AVS-304", 1, "commune", "")]),
    ("areas: no header", LIST, "a;03185\n", [("AVS-303", 0, "", "")]),
    ("areas: unknown", LIST, f"{AREAS}\n\nGamma;03185\n", [("AVS-324", 3, "structure", "Gamma")]),
    ("areas: of two", LIST, f"{AREAS}\nbêta;03185\n", [("AVS-325", 2, "structure", "bêta")]),
    (
        "areas: communes",
        LIST,
        f"{AREAS}\na;99999\na;Vichi\na;\n",
        [
            ("AVS-314", 2, "commune", "99999"),
            ("AVS-315", 3, "commune", "Vichi"),
            ("AVS-337", 4, "commune", ""),
        ],
    ),
]
WARNINGS = [
    ("lost zero", f"{THREE}\nA;CS;3185\n", [("AVS-901", 2, "code_insee", "3185")]),
    ("lost zero, Excel text", f"{THREE}\nA;CS;3185.0\n", [("AVS-901", 2, "code_insee", "3185.0")]),
    ("arrondissement", f"{THREE}\nA;CS;75118\n", [("AVS-902", 2, "code_insee", "75118")]),
    ("no seat", f"{THREE}\nA;CS;\n", [("AVS-903", 2, "code_insee", "A")]),
    (
        "area without its seat",
        f"{THREE};communes_desservies\nA;CS;03185;03310\n",
        [("AVS-904", 2, "communes_desservies", "A")],
    ),
    ("name and code", f"{THREE};commune\nA;CS;03185;Vichy\n", [("AVS-905", 2, "commune", "Vichy")]),
    ("columns", f"Liste\n{THREE};adresse;;siret\nA;CS;03185;x;;y\n", [("AVS-906", 2, "", "adresse, siret")]),
    ("twice", f"{THREE}\nÉtoile;CS;03185\netoile;CS;03185\n", [("AVS-908", 3, "nom", "etoile")]),
    ("former code", f"{THREE}\nA;CS;01059\n", [("AVS-909", 2, "code_insee", "01059")]),
]


@pytest.mark.parametrize(
    ("content", "areas", "expected"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_fault_says_what_where_and_what_to_do(refuse, content, areas, expected):
    faults = refuse(content, areas)
    assert said(faults) == expected
    for fault in faults:
        text = f"{fault.what} {fault.why} {fault.hint}"
        assert fault.hint.strip()
        assert "{" not in text
        assert Path(fault.file).name == ("liste.csv" if areas is None else "zones.csv")
        assert (f"ligne {fault.line}" in fault.where) == (fault.line > 0)
        assert fault.values.get("value", "") in text or fault.code == "AVS-311"


@pytest.mark.parametrize(("content", "expected"), [w[1:] for w in WARNINGS], ids=[w[0] for w in WARNINGS])
def test_a_warning_says_what_where_and_what_to_do_and_refuses_nothing(load, content, expected):
    found = load(content)
    assert said(found.warnings) == expected
    assert len(found) == found.rows_read > 0
    assert all(w.hint and "{" not in w.what + w.why + w.hint for w in found.warnings)


def test_every_fault_of_the_lists_is_made_by_some_file_here():
    made = {code for *_, faults in (*FAULTS, *WARNINGS) for code, *_ in faults}
    elsewhere = {"AVS-301", "AVS-907"}  # no content, and rows set aside: tested below
    wanted = {code for code in CATALOGUE if "AVS-301" <= code <= "AVS-329" or "AVS-901" <= code <= "AVS-909"}
    assert wanted - made == elsewhere


@pytest.mark.parametrize(
    ("name", "reason"),
    [("absent.csv", "introuvable"), (".", "dossier"), ("liste.csv/x.csv", "n'est pas un dossier")],
)
def test_a_path_that_is_no_file_is_refused_by_its_name(write, name, reason):
    path = write("x").parent / name
    with pytest.raises(InputError) as caught:
        read_rows(path)
    (fault,) = caught.value.faults
    assert (fault.code, fault.values["value"]) == ("AVS-301", str(path))
    assert reason in fault.what
    assert fault.hint


def test_a_file_without_the_right_to_read_is_refused(write, monkeypatch):
    def refused(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(InputError) as caught:
        read_rows(write("x"))
    assert "accès refusé" in caught.value.faults[0].what


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"nom;type;code_insee\nA;CS;03185\n", "liste.xlsx"),
        (b"", "liste.ods"),
        (b"PK\x05\x06" + bytes(18), "liste.xlsx"),
        (workbook(ROWS)[:2000], "liste.xlsx"),
        (workbook(ROWS)[:2000], "liste.csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "liste.xls"),
    ],
    ids=["CSV named XLSX", "empty ODS", "empty zip", "cut", "cut, named CSV", "hollow XLS"],
)
def test_what_is_no_workbook_is_refused(write, content, name):
    with pytest.raises(InputError) as caught:
        read_rows(write(content, name))
    assert [fault.code for fault in caught.value.faults] == ["AVS-302"]


TERRIBLE = """Structures du département
id;nom;type;code_insee;statut;zone;longitude;latitude;agrement_debut;agrement_fin;acf;capacite;desserte;qpv
a;;CS;03185
b;B;MJC;03185
c|d;C;CS;03185
e;E;CS;99999
f;F;CS;03185;peut-être
g;G;CS;03185;;complete
h;H;CS;03185;;;46,34;2,60

i;I;CS;03185;;;2,60;
j;J;CS;03185;;;est;46,34
k;K;CS;03185;;;;;31/02/2022
l;L;CS;03185;;;;;2022;2021
m;M;CS;03185;;;;;;;;-3
n;N;CS;03185;;;;;;;;;Vichi
o;O;CS;35198;;;;;;;;;Moulins
p;P;CS;;;;;;;;;;epci
a;Q;CS;03185
r;R;CS;03185;;;;;;;;;;QP999999
s;S;CS;03185;;;;;;;;;;;de trop
t;T;CS;60455
u;;CSS;99998;sûr;;;;;;bof
Total;21
v;V;CS;03185
""".replace("desserte", "communes_desservies")
TERRIBLE_FAULTS = [
    ("AVS-311", 3, "nom", ""),
    ("AVS-312", 4, "type", "MJC"),
    ("AVS-328", 5, "id", "c|d"),
    ("AVS-314", 6, "code_insee", "99999"),
    ("AVS-313", 7, "statut", "peut-être"),
    ("AVS-320", 8, "zone", "complète"),
    ("AVS-323", 9, "longitude", "46.34 ; 2.6"),
    ("AVS-327", 11, "latitude", ""),
    ("AVS-319", 12, "longitude", "est"),
    ("AVS-317", 13, "agrement_debut", "31/02/2022"),
    ("AVS-318", 14, "agrement_fin", "2021"),
    ("AVS-319", 15, "capacite", "-3"),
    ("AVS-315", 16, "communes_desservies", "Vichi"),
    ("AVS-316", 17, "communes_desservies", "Moulins"),
    ("AVS-322", 18, "communes_desservies", ""),
    ("AVS-321", 19, "id", "a"),
    ("AVS-326", 20, "qpv_desservis", "QP999999"),
    ("AVS-306", 21, "", ""),
    ("AVS-329", 22, "code_insee", "60455"),
    ("AVS-311", 23, "nom", ""),
    ("AVS-312", 23, "type", "CSS"),
    ("AVS-313", 23, "acf", "bof"),
    ("AVS-313", 23, "statut", "sûr"),
    ("AVS-314", 23, "code_insee", "99998"),
]


def test_all_faults_of_a_terrible_file_come_in_one_go_by_line(refuse):
    faults = refuse(TERRIBLE)
    assert [fault.line for fault in faults] == sorted(fault.line for fault in faults)
    assert sorted(said(faults), key=lambda fault: (fault[1], fault)) == TERRIBLE_FAULTS


def test_a_terrible_workbook_has_the_same_faults_at_the_same_lines(write):
    rows = [line.split(";") for line in TERRIBLE.replace("de trop", "").splitlines()]
    with pytest.raises(InputError) as caught:
        load_structures(write(workbook(rows), "liste.xlsx"), ALLIER)
    assert sorted(said(caught.value.faults), key=lambda fault: (fault[1], fault)) == [
        fault for fault in TERRIBLE_FAULTS if fault[0] != "AVS-306"
    ]


def test_the_faults_of_both_files_come_in_one_go(refuse):
    listing = "id;nom;type;code_insee\na;A;CS;03185\nb;B;MJC;03310\n"
    faults = refuse(listing, f"{AREAS}\na;99999\n")
    assert sorted((f.file, *row[:3]) for f, row in zip(faults, said(faults), strict=True)) == [
        ("liste.csv", "AVS-312", 3, "type"),
        ("zones.csv", "AVS-314", 2, "commune"),
    ]


def test_an_unknown_commune_proposes_close_names_and_takes_none(refuse):
    (fault,) = refuse("nom;type;commune\nA;CS;St-Pourcin s. Sioule\n")
    assert "« St-Pourcin s. Sioule » est introuvable" in fault.what
    assert "Saint-Pourçain-sur-Sioule (03254)" in fault.hint
    assert "code INSEE" in fault.hint


def test_an_unknown_structure_of_the_areas_proposes_close_names(refuse):
    (fault,) = refuse(LIST, f"{AREAS}\nAlpa;03185\n")
    assert "Alpha" in fault.hint


def test_the_hint_for_an_unknown_structure_ends_well_where_no_name_is_close(refuse):
    (fault,) = refuse(LIST, f"{AREAS}\nzzzzzz;03185\n")
    assert not fault.hint.rstrip().endswith(";")


def test_a_commune_of_two_departements_is_never_chosen(refuse):
    (fault,) = refuse(f"{THREE};communes_desservies\nA;CS;35198;Moulins\n")
    assert fault.values["choices"] == "Moulins (03190), Moulins (35198)"


def test_braces_and_percents_in_a_value_are_printed_as_they_are(refuse):
    (fault,) = refuse(f"{THREE}\nA;{{0}} %s {{value}} {{;03185\n")
    assert fault.what == "le type « {0} %s {value} { » n'est pas reconnu"


# --- no row is lost -----------------------------------------------------------------------------


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


# --- headers and values ---------------------------------------------------------------------------


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
        ("Date du 1er agrément", "start"),
        ("Fermeture", "end"),
        ("Agrément ACF", "acf"),
        ("PS Jeune", "ps_jeunes"),
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
        "start": ("1/9/2022", date(2022, 9, 1)),
        "end": ("2022", date(2022, 12, 31)),
        "acf": ("X", True),
        "ps_jeunes": ("Non", False),
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


# --- communes ---------------------------------------------------------------------------------------


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


# --- coordinates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "longitude", "latitude"),
    [("03185", "2,6036", "46,3406"), ("97411", "55,4504", "-20,8789"), ("97105", "-61,73", "16,00")],
)
def test_a_point_is_projected_as_its_seats_departement_is(only, code, longitude, latitude):
    structure = only(f"{THREE};longitude;latitude", f"A;CS;{code};{longitude};{latitude}")
    without = only(THREE, f"A;CS;{code}")
    assert structure.has_point
    assert not without.has_point
    assert 0 < abs(structure.x_m - without.x_m) < 7_000
    assert abs(structure.y_m - without.y_m) < 7_000


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [
        ("200", "46"),
        ("2,6", "91"),
        ("0", "90"),
        ("0", "-90"),
        ("-999", "0"),
        ("0", "0"),
        ("999999999999999", "5"),
    ],
)
def test_an_impossible_point_is_a_fault(refuse, longitude, latitude):
    faults = refuse(f"{THREE};longitude;latitude\nA;CS;03185;{longitude};{latitude}\n")
    assert [(fault.code, fault.line, fault.column) for fault in faults] == [("AVS-323", 2, "longitude")]
    assert "inf" not in faults[0].what


def test_a_point_without_a_seat_is_not_dropped_silently(load):
    found = load(f"{THREE};longitude;latitude\nA;CS;;2,6036;46,3406\n")
    assert found.structures[0].has_point or "longitude" in {fault.column for fault in found.warnings}


def test_a_projection_is_made_once(load, monkeypatch):
    import pyproj

    made = []
    original = pyproj.Transformer.from_crs

    def counted(*arguments, **options):
        made.append(arguments)
        return original(*arguments, **options)

    monkeypatch.setattr(pyproj.Transformer, "from_crs", counted)
    rows = "".join(f"Centre {n};CS;03185;2,6036;46,3406\n" for n in range(5))
    found = load(f"{THREE};longitude;latitude\n{rows}")
    assert all(structure.has_point for structure in found.structures)
    assert len(made) <= 1


# --- ids --------------------------------------------------------------------------------------------------


def test_a_made_id_says_type_seat_and_name(load):
    found = load("nom;type;code_insee\nL'Étoile d'Or;CS;3185\nB;EVS;\nÉ;CS;03310\n")
    assert [s.id for s in found.structures] == ["CS-03185-l-etoile-d-or", "EVS-sans-siege-b", "CS-03310-e"]


def test_a_made_id_never_takes_one_that_is_written(load):
    found = load("id;nom;type;code_insee\n;A;CS;03185\nCS-03185-a;B;CS;03310\n;A;CS;03185\n")
    ids = [structure.id for structure in found.structures]
    assert ids[1] == "CS-03185-a"
    assert len(set(ids)) == 3


@pytest.mark.parametrize("id", ["é à", "a;b", "{0}", "[red]", "%s", "../x", "O'Neil", "=1+1", "😀", "a,b"])
def test_an_odd_id_is_kept_as_it_is(load, id):
    found = load(as_csv([["id", "nom", "type", "code_insee"], [id, "A", "CS", "03185"]]))
    assert found.structures[0].id == id


SAME_START = "Centre social et culturel intercommunal de la "
TWINS = [
    [(f"{SAME_START}Sioule", "CS", "03185"), (f"{SAME_START}Besbre", "CS", "03185")],
    [("مركز", "CS", "03185"), ("نادي", "CS", "03185")],
]


@pytest.mark.parametrize("rows", TWINS, ids=["40 letters", "not Latin"])
def test_the_order_of_rows_does_not_decide_who_has_which_id(load, rows):
    def ids(ordered):
        return {s.name: s.id for s in load(as_csv([THREE.split(";"), *ordered])).structures}

    assert ids(rows) == ids(rows[::-1])


def test_two_names_in_another_script_are_two_names(load):
    assert load(as_csv([THREE.split(";"), *TWINS[1]])).warnings == ()


# --- service areas ------------------------------------------------------------------------------------------


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


# --- properties --------------------------------------------------------------------------------------------

CODES = ("03185", "3310", "Le Donjon", "97411", "75118", "2A004", "")
LETTERS = "abcdefgxyzéèàçœÉŒ'’\"-;,|\t\n ()=+@{}%[]/\\123"
names = st.text(LETTERS, min_size=1, max_size=30).filter(lambda text: normalise(text) != "")
rows_of_structures = st.lists(
    st.tuples(
        names, st.sampled_from(["CS", "evs"]), st.sampled_from(CODES), st.sampled_from(["", "epci", "Vichy"])
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda row: normalise(row[0]),
).map(lambda rows: [row if row[2] or row[3] != "epci" else (*row[:3], "") for row in rows])
blank_rows = st.sampled_from(
    [[], [""], ["", "", "", ""], [" ", "\u00a0", "", "\t"], ["", "", "", "", "", ""]]
)
WIDE = ["nom", "type", "code_insee", "communes_desservies"]


def essence(inventory):
    """Return the structures as a set, without their lines."""
    return {repr(sorted({**vars(structure), "line": 0}.items())) for structure in inventory.structures}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("properties")


def load_in(folder, content, name="liste.csv", areas=None):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    if areas is not None:
        (folder / "zones.csv").write_bytes(areas)
    return load_structures(path, ALLIER, None if areas is None else folder / "zones.csv")


@settings(max_examples=30)
@given(rows=rows_of_structures, blanks=st.lists(st.tuples(st.integers(0, 9), blank_rows), max_size=6))
def test_blank_rows_anywhere_lose_no_structure(folder, rows, blanks):
    mixed = list(rows)
    for position, blank in blanks:
        mixed.insert(min(position, len(mixed)), blank)
    plain = load_in(folder, as_csv([WIDE, *rows]))
    found = load_in(folder, as_csv([["Titre"], [], WIDE, *mixed]))
    assert found.rows_read == len(mixed) == len(found) + len(found.set_aside)
    assert (len(found), len(found.set_aside)) == (len(rows), len(blanks))
    assert essence(found) == essence(plain)
    assert [s.name for s in found.structures] == [
        name.strip()[1:] if name.strip()[:2] in ("'=", "'+", "'-", "'@") else name.strip()
        for name, *_ in rows
    ]


@settings(max_examples=30)
@given(rows=rows_of_structures, seed=st.integers(0, 1000))
def test_the_order_of_rows_changes_no_structure(folder, rows, seed):
    shuffled = random.Random(seed).sample(rows, len(rows))
    before, after = (load_in(folder, as_csv([WIDE, *order])) for order in (rows, shuffled))
    assert essence(before) == essence(after)
    assert before.departements == after.departements
    assert len(before.warnings) == len(after.warnings)


@settings(max_examples=30)
@given(rows=rows_of_structures)
def test_a_workbook_gives_the_structures_of_the_csv(folder, rows):
    clean = [[cell.replace("\t", " ") for cell in row] for row in rows]
    from_csv = load_in(folder, as_csv([WIDE, *clean]))
    assert essence(load_in(folder, workbook([WIDE, *clean]), "liste.xlsx")) == essence(from_csv)


NASTY = [
    "",
    "CS",
    "EVS",
    "A",
    "03185",
    "3310",
    "Vichy",
    "epci",
    "75118",
    "99999",
    "{}",
    "{0!r:>9}",
    "%s",
    "1e999",
]
NASTY += [
    "nan",
    "31/02/2022",
    "2022",
    "2A004",
    "²",
    "QP0",
    "QP2A",
    "QN97",
    "qp003001",
    "|",
    ";",
    '"',
    "'=x",
    "Total",
]
NASTY += [
    "oui",
    "complete",
    "partielle",
    "46,34",
    "2,60",
    "-0",
    "\u202e",
    "[red]",
    "مركز",
    "a" * 300,
    "0",
    "\x1b[31m",
]
EVERYTHING = [
    *HEADER,
    "zone",
    "siege",
    "agrement_fin",
    "itinerant",
    "qpv_desservis",
    "population_zone",
    "nom_connu",
]
grids = st.lists(st.lists(st.sampled_from(NASTY), max_size=len(EVERYTHING) + 1), max_size=5)


@settings(max_examples=30)
@given(grid=grids)
def test_any_cells_are_read_whole_or_refused_whole(folder, grid):
    found, faults = None, ()
    try:
        found = load_in(folder, as_csv([EVERYTHING, *grid]))
    except InputError as error:
        faults = error.faults
    assert (found is None) == bool(faults)
    assert all(fault.code in CATALOGUE and fault.what and fault.hint.strip() for fault in faults)
    assert all(0 <= fault.line <= len(grid) + 1 for fault in faults)
    if found:
        assert found.rows_read == len(grid) == len(found) + len(found.set_aside)
        assert len({structure.id for structure in found.structures}) == len(found)


@settings(max_examples=30)
@given(name=st.text(st.characters(exclude_categories=("Cs", "Cc", "Nd", "Nl", "No")), max_size=12))
def test_any_text_as_a_commune_is_refused_or_is_one_of_allier(folder, name):
    content = as_csv([["nom", "type", "commune"], ["A", "CS", name]])
    seat, codes = "", set()
    try:
        seat = load_in(folder, content).structures[0].seat
    except InputError as error:
        codes = {fault.code for fault in error.faults}
    assert codes <= {"AVS-314", "AVS-315", "AVS-316", "AVS-329"}
    assert seat[:2] in ("03", "")


def taken_whole(inventory):
    return inventory.rows_read == len(inventory) + len(inventory.set_aside)


@settings(max_examples=50)
@given(
    content=st.binary(max_size=300),
    head=st.sampled_from([b"", THREE.encode() + b"\nA;CS;03185\n", b"\xff\xfe", b"PK"]),
)
@pytest.mark.parametrize("name", ["liste.csv", "liste.xlsx"])
def test_any_bytes_are_read_or_refused(folder, content, head, name):
    with contextlib.suppress(InputError):
        assert taken_whole(load_in(folder, head + content, name))


WORKBOOK = workbook(TYPED_ROWS)


@settings(max_examples=50)
@given(
    changes=st.lists(st.tuples(st.integers(0, len(WORKBOOK) - 1), st.integers(0, 255)), max_size=6),
    length=st.integers(0, len(WORKBOOK)) | st.just(len(WORKBOOK)),
)
def test_a_damaged_workbook_is_read_or_refused(folder, changes, length):
    damaged = bytearray(WORKBOOK)
    for position, value in changes:
        damaged[position] = value
    with contextlib.suppress(InputError):
        assert taken_whole(load_in(folder, bytes(damaged[:length]), "liste.xlsx"))


@settings(max_examples=30)
@given(content=st.binary(max_size=200))
def test_any_bytes_as_service_areas_are_read_or_refused(folder, content):
    with contextlib.suppress(InputError):
        assert len(load_in(folder, LIST, areas=AREAS.encode() + b"\na;03185\n" + content)) == 3


# --- files known by their content --------------------------------------------------------------------------


def test_a_list_of_ones_own_is_not_taken_for_the_bpe(load):
    found = load("nom;typequ;depcom\nCentre A;D506;03185\nCentre B;CS;03310\n")
    assert [(structure.name, structure.type) for structure in found.structures] == [
        ("Centre A", "CS"),
        ("Centre B", "CS"),
    ]


BPE = "TYPEQU;DEPCOM;NOMRS;LONGITUDE;LATITUDE\n"


@pytest.mark.parametrize(
    "content",
    [
        f"{BPE}D506;03185\n",
        f"{BPE}D506;03185;A;;;x\n",
        f'{BPE}D506;03185;"A;;\n',
        f"{BPE}D506;03185;Été;;\n".encode("cp1252"),
        "TYPEQU;DEPCOM;TYPEQU\nD506;03185;D508\n",
        "Extrait TYPEQU DEPCOM\nnom;type;code_insee\nA;CS;03185\n",
    ],
    ids=["short row", "long row", "open quote", "cp1252", "header twice", "title"],
)
def test_a_bad_bpe_is_read_or_refused(attempt, content):
    found, faults = attempt(content)
    assert faults or len(found) == 1


GEOJSON = '{"type":"FeatureCollection","features":[%s]}'
POINT = '{"type":"Feature","properties":{"nom":"A","type":"CS","code_insee":"03185"},"geometry":%s}'


def test_a_geojson_is_known_by_its_content_whatever_its_name(load):
    found = load(GEOJSON % POINT % '{"type":"Point","coordinates":[2.6036,46.3406]}')
    assert found.structures[0].has_point


@settings(max_examples=30)
@given(content=st.binary(max_size=100), cut=st.integers(0, 200))
@pytest.mark.parametrize(
    "head",
    [
        (GEOJSON % POINT % '{"type":"Point","coordinates":[2.6,46.34]}').encode(),
        b"source;code_insee;nom;typologie\nx;03185;A;CS\n",
        b"source,code_insee,nom,reseaux_porteurs\nx,03185,A,fcsf\n",
        b"SQLite format 3\0",
        b"PAR1",
    ],
    ids=["GeoJSON", "data.inclusion v0", "data.inclusion v1", "GeoPackage", "Parquet"],
)
def test_any_bytes_after_a_known_beginning_are_read_or_refused(folder, head, content, cut):
    with contextlib.suppress(InputError):
        found = load_in(folder, head[:cut] + content, "liste.geojson")
        assert found.rows_read == len(found) + found.rows_set_aside

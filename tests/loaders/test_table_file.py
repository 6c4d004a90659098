"""Lists of structures: table_file.read_rows."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
import xlsxwriter

from avs_coverage.errors import InputError
from avs_coverage.loaders.structures import load_structures
from avs_coverage.loaders.table_file import read_rows
from tests.loaders.helpers import (
    ALLIER,
    THREE,
    workbook,
)


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


@pytest.mark.parametrize(
    "cell", ["'=1+1", "'+33", "'-2", "'@x", "'\uff1d1+1", "'\uff0b33", "'\uff0d2", "'\uff20x"]
)
def test_the_apostrophe_that_exports_add_is_taken_back(write, cell):
    assert read_rows(write(f"{cell};'quote'"))[0].cells == (cell[1:], "'quote'")


@pytest.mark.parametrize(
    ("content", "word"), [(b"", "vide"), (b"\n \n", "vide"), (b"%PDF-1.7", "PDF"), (b"\x1f\x8b\x08", "gzip")]
)
def test_what_is_no_table_is_called_by_its_name(write, content, word):
    with pytest.raises(InputError) as caught:
        read_rows(write(content))
    assert [(fault.code, word in fault.what) for fault in caught.value.faults] == [("AVS-302", True)]


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


UTF8 = "".join(f"Structure d'été n° {n};CS;03185\n" for n in range(200)).encode()


def test_a_byte_of_another_encoding_in_a_utf8_file_is_said_with_its_line(write):
    damaged = b"nom;type;code_insee\n" + UTF8.replace("été n° 150;".encode(), b"\xe9t\xe9 n\xb0 150;")
    with pytest.raises(InputError) as caught:
        read_rows(write(damaged))
    (fault,) = caught.value.faults
    assert (fault.code, fault.line) == ("AVS-342", 152)


def test_a_file_of_windows_is_still_read_as_such(write):
    text = "nom;type;code_insee\nCentre d'été — « Œuvre » ;CS;03185\n"
    assert read_rows(write(text.encode("cp1252")))[1].cells[0] == "Centre d'été — « Œuvre »"


@pytest.mark.parametrize("content", [b";" * 30_000_000, b"nom;type\n" + b"a;" * 1_000_000])
def test_a_line_without_end_is_refused_before_it_is_read(write, content):
    with pytest.raises(InputError) as caught:
        read_rows(write(content))
    assert caught.value.faults[0].code == "AVS-302"
    assert "cellules" in caught.value.faults[0].what


@pytest.mark.parametrize("content", [b"\xd0\xcf\x11\xe0" + bytes(600), b"PK\x03\x04" + bytes(20)])
def test_a_damaged_workbook_is_refused_in_french(write, content):
    with pytest.raises(InputError) as caught:
        read_rows(write(content))
    text = caught.value.faults[0].what
    assert "classeur" in text or "binaire" in text
    assert not set(text.lower().split()) & {"error", "file", "invalid", "not", "the"}


def test_a_workbook_whose_bytes_changed_is_refused_and_never_read_otherwise(write):
    content = bytearray(
        workbook([["nom", "type", "code_insee"], *([f"S{n}", "CS", "03185"] for n in range(60))])
    )
    content[len(content) // 2] ^= 0x10
    with pytest.raises(InputError) as caught:
        read_rows(write(bytes(content), "liste.xlsx"))
    assert caught.value.faults[0].code == "AVS-302"


def test_a_long_list_between_quotes_is_one_cell(write):
    served = "|".join(["03185"] * 10) + ";" * 20_001
    assert read_rows(write(f'nom;communes_desservies\nA;"{served}"\n'))[1].cells[1] == served

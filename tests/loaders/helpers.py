"""What the tests of loaders share: small lists, and files made of them."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

import xlsxwriter
from hypothesis import strategies as st

from avs_coverage.loaders.structures import load_structures
from avs_coverage.names import normalise
from avs_coverage.territory_names import find_territory_name

ALLIER = find_territory_name("allier")


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


HEADER = ["id", "nom", "type", "statut", "code_insee", "communes_desservies", "agrement_debut", "acf"]


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


THREE = "nom;type;code_insee"


LIST = "id;nom;type;code_insee\na;Alpha;CS;03185\nb;Bêta;CS;03310\nc;BETA;EVS;03190\n"


AREAS = "structure;commune"


LETTERS = "abcdefgxyzéèàçœÉŒ'’\"-;,|\t\n ()=+@{}%[]/\\123"


names = st.text(LETTERS, min_size=1, max_size=30).filter(lambda text: normalise(text) != "")


def load_in(folder, content, name="liste.csv", areas=None):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    if areas is not None:
        (folder / "zones.csv").write_bytes(areas)
    return load_structures(path, ALLIER, None if areas is None else folder / "zones.csv")

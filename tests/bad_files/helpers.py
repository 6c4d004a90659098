"""What the tests of bad files share: a good list, and files made wrong."""

from __future__ import annotations

import io
import zipfile

import xlsxwriter

from avs_coverage.territory_names import find_territory_name

COMMANDS = ["report", "communes", "zones", "structures", "qpv"]


THREE = "nom;type;code_insee"


GOOD = f"{THREE};communes_desservies\nA;CS;03185;03185|03101\nB;EVS;03310;\n"


ALLIER = find_territory_name("allier")


def workbook(*cells):
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, column, value in cells:
            sheet.write(line, column, value)
    return stream.getvalue()


def zipped(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


SHEET = [(0, 0, "nom"), (0, 1, "type"), (0, 2, "code_insee"), (1, 0, "A"), (1, 1, "CS"), (1, 2, "03185")]


BOOK = workbook(*SHEET)


COLUMNS = ["id", "nom", "type", "code_insee", "communes_desservies", "gestionnaire", "note", "source"]


WEIRD = [
    ["[red]x[/red]", "[bold red]Nom[/bold red]", "CS", "03185", "epci", "[link=x]", "[/]", "[blink]s"],
    ["{0}", "{value} {} %s %d {zz!r:>10} {{", "EVS", "03190", "", "%(x)s", "{note}", "{source}"],
    ["=1+1", "=cmd|'/C calc'!A0", "CS", "03310", "", "@SUM(A1)", "+1", "-2"],
    [
        "é/\\\"',:ñ",
        "😀👩‍👩‍👧 مركز «\u202eeuqitiloP»",
        "EVS",
        "03095",
        "Vichy,Cusset",
        "汉字",
        "\u200b",
        "\ufeffx",
    ],
    ["esc", "A\x1b[31m\x07\x08B", "CS", "03185", "", "\x1b]0;titre\x07", "\x7f", "\x9b31m"],
    ["long", "N" * 5000, "EVS", "03185", "", "", "n" * 20000, "s" * 3000],
    ["outremer", "Kaz", "CS", "97411", "", "", "", ""],
    ["ailleurs", "Centre", "CS", "63113", "63113|03310", "", "", ""],
    ["nan", "NaN", "EVS", "", "", "None", "null", "NULL"],
    ["total", "Total", "CS", "75118", "", "Total", "Total", "Total"],
]

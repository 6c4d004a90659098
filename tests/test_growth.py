"""Small files that would fill the memory are refused before they do; large real ones are read."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
import zlib
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from avs_coverage.errors import InputError
from avs_coverage.growth import MOST_BYTES, SMALL_BYTES, excess
from avs_coverage.loaders.bpe import read_bpe
from avs_coverage.loaders.structure_table import read_structure_table
from avs_coverage.loaders.table_file import read_rows
from avs_coverage.loaders.table_frame import read_frame
from avs_coverage.loaders.workbook import read_sheets
from tests.bounded import run_bounded
from tests.old_workbooks import book, cell, number, old_workbook, record, shared, shared_texts, stored
from tests.test_populations import SINCE_2021
from tools.fuzz.seeds import as_ods, as_xlsx, as_zip

LIST = [["nom", "type", "code_insee"], ["A", "CS", "03185"]]
MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
CELL = b'<table:table-cell office:value-type="string"><text:p>A<'
STRINGS, SHEET = "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"
MOST_MEGABYTES = 500


def changed(content: bytes, **members: bytes) -> bytes:
    """Return a workbook some members of which are others."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    return as_zip(found | members)


def xlsx(**members: bytes) -> bytes:
    return changed(as_xlsx(LIST), **members)


def sheet(rows: bytes) -> bytes:
    return b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (MAIN, rows)


def strings(inner: bytes) -> bytes:
    return b"<sst %s>%s</sst>" % (MAIN, inner)


def ods(old: bytes, new: bytes) -> bytes:
    content = as_ods(LIST)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read("content.xml")
    assert old in text
    return changed(content, **{"content.xml": text.replace(old, new)})


def repeated(text: str, times: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * times, pa.int32()), [text])


def parquet(table: pa.Table, **options: object) -> bytes:
    made = io.BytesIO()
    pq.write_table(table, made, **options)
    return made.getvalue()


def understated() -> bytes:
    """Return a zip whose member says 100 bytes and the checksum of those, and swells to 300 MB."""
    head = b"nom;type;code_insee\n".ljust(100, b"x")
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = (
        packed.compress(head) + b"".join(packed.compress(bytes(1 << 20)) for _ in range(300)) + packed.flush()
    )
    made = bytearray(as_zip({"xl/workbook.xml": head}))
    start = made.index(b"xl/workbook.xml") + len("xl/workbook.xml")
    old = struct.unpack("<I", made[18:22])[0]
    made[18:22] = struct.pack("<I", len(body))
    directory = made.index(b"PK\x01\x02")
    made[directory + 20 : directory + 24] = struct.pack("<I", len(body))
    made[start : start + old] = body
    end = made.index(b"PK\x05\x06")
    offset = made.index(b"PK\x01\x02", start + len(body))
    made[end + 16 : end + 20] = struct.pack("<I", offset)
    return bytes(made)


def old(cells: bytes, **sheets: bytes) -> bytes:
    return stored(book({"A": cells, **sheets}))


def in_circle(table: list[int]) -> None:
    table[8] = 8  # the sector of the directory is followed by itself


BOMBS = {
    "coin.xls": lambda: old(number(0, 0) + number(65_535, 255)),
    "coin_lointain.xls": lambda: old(number(0, 0) + number(65_535, 65_535)),
    "coin_annonce.xls": lambda: old(record(0x200, struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 0xFFFF, 0))),
    "cercle.xls": lambda: stored(book({"A": number(0, 0)}), in_circle),
    "texte_repete.xls": lambda: stored(
        book(
            {"A": b"".join(shared(row, column) for row in range(500) for column in range(200))},
            shared_texts(b"a" * 8_000),
        )
    ),
    "feuilles.xls": lambda: old(b"", **{f"S{n}": number(60_000, 9) for n in range(100)}),
    "octets.zip": lambda: as_zip({"donnees_communes.csv": b"COM;PMUN\n" + b"1;2\n" * 15_000_000}),
    "ligne.zip": lambda: as_zip({"x.csv": b"COM;PMUN\n" + b"a" * 45_000_000}),
    "cellules.zip": lambda: as_zip({"x.csv": b"COM;PMUN\n" + (b";" * 30_000 + b"\n") * 1_500}),
    "membres.zip": lambda: as_zip({f"{n}.csv": b"a;b\n" for n in range(3_000)}),
    "bpe.zip": lambda: as_zip({"BPE25.csv": b"TYPEQU;DEPCOM;NOMRS\n" + b"D506;03185;\n" * 4_000_000}),
    "codage.zip": lambda: as_zip({"x.csv": b"COM;PMUN\n" + b"1;2\n" * 90_000}, zipfile.ZIP_BZIP2),
    "chaines.xlsx": lambda: xlsx(**{STRINGS: strings(b"<si><t>a</t></si>" * 2_500_000)}),
    "chaine_repetee.xlsx": lambda: xlsx(
        **{
            STRINGS: strings(b"<si><t>" + b"a" * 1_000_000 + b"</t></si>"),
            SHEET: sheet(
                b"".join(b"<row><c t='s' r='A%d'><v>0</v></c></row>" % n for n in range(1, 4000))
            ),
        },
    ),
    "balises.xlsx": lambda: xlsx(**{SHEET: sheet(b"<x/>" * 4_000_000)}),
    "coin.xlsx": lambda: xlsx(**{SHEET: sheet(b"<row r='999999'><c\nr='XFA999999'/></row>")}),
    "sans_nom.xlsx": lambda: xlsx(
        **{SHEET: sheet((b"<row>" + b"<c/>" * 3_000 + b"</row>") * 2_000)}
    ),
    "entites.xlsx": lambda: xlsx(
        **{STRINGS: b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + strings(b"<si><t>&a;</t></si>")}
    ),
    "espaces.ods": lambda: ods(b"<text:p>A<", b'<text:p><text:s text:c="1500000000"/>A<'),
    "repetee.ods": lambda: ods(
        b'<table:table-row>' + CELL,
        b'<table:table-row table:number-rows-repeated="10000">' + CELL[:-1] + b"A" * 300_000 + b"<",
    ),
    "valeur_repetee.ods": lambda: ods(
        CELL,
        b'<table:table-cell office:value-type="float" table:number-columns-repeated="90000000"/>' + CELL,
    ),
    "pages.parquet": lambda: parquet(
        pa.table({"COM": ["x" * 110_000_000], "PMUN": [1]}), compression="zstd", use_dictionary=False
    ),
    "texte_repete.parquet": lambda: parquet(
        pa.table({"COM": repeated("x" * 900_000, 3_000), "PMUN": [1] * 3_000}), compression="zstd"
    ),
    "lignes.parquet": lambda: parquet(
        pa.table(dict.fromkeys(("nom", "type"), pa.array([None] * 300_000, pa.string())))
    ),
}  # fmt: skip


LARGE = {
    "objets.json": lambda: b"[" + b'{"a":1},' * 2_500_000 + b"{}]",
    "nombres.json": lambda: b"[" + b"1," * 10_000_000 + b"1]",
    "cles.json": lambda: b"[{" + b",".join(b'"%d":1' % n for n in range(3_100_000)) + b"}]",
    "carre.json": lambda: b"[" + b",".join(b'{"%d":1}' % n for n in range(30_000)) + b"]",
    "lignes.csv": lambda: b"nom;type;code_insee\n" + b"A;CS;03185\n" * 1_000_000,
    "courtes.csv": lambda: b"nom;type;code_insee\n" + b"a\n" * 10_000_000,
    "vides.csv": lambda: b"nom;type;code_insee\n" + b"\r" * 20_000_000,
    "colonnes.parquet": lambda: parquet(
        pa.table({f"c{n}": pa.array([1] * 20_000, pa.int8()) for n in range(600)})
    ),
}  # fmt: skip
"""Not packed: each byte of theirs takes twenty in memory, or more."""


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="memory is not measured there")
def test_many_small_things_are_refused_before_they_are_made(tmp_path):
    for name, make in LARGE.items():
        (tmp_path / name).write_bytes(make())
    for name, done in zip(LARGE, run_bounded(tmp_path, [("check", name) for name in LARGE]), strict=True):
        assert done.code == 3, (name, done.out[:300], done.err[:300])
        assert done.megabytes <= MOST_MEGABYTES - 200, name


@pytest.mark.full
def test_lines_left_blank_to_the_end_of_a_spreadsheet_are_no_structures(tmp_path):
    content = b"nom;type;code_insee\nA;CS;03185\n" + b";;\n" * 1_000_000
    (tmp_path / "x.csv").write_bytes(content)
    assert sum(not row.is_blank for row in read_rows(tmp_path / "x.csv")) == 2


def test_a_large_list_in_json_is_read(tmp_path):
    one = b'{"nom": "A, [b] {c}", "type": "CS", "code_insee": "03185", "note": null}'
    (tmp_path / "x.json").write_bytes(b"\xef\xbb\xbf\n[" + b",".join([one] * 50_000) + b"]")
    rows = read_structure_table(tmp_path / "x.json").rows
    assert (len(rows), rows[-1].cells) == (50_001, ("A, [b] {c}", "CS", "03185", ""))


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="memory is not measured there")
def test_bombs_of_every_kind_are_refused_in_little_memory(tmp_path):
    for name, make in BOMBS.items():
        (tmp_path / name).write_bytes(make())
        assert (tmp_path / name).stat().st_size < 2_000_000, name
    commands = [("check", name) for name in BOMBS]
    others = ("octets.zip", "cellules.zip", "pages.parquet", "texte_repete.parquet")
    commands += [("communes", "200071082", "--population", name) for name in others]
    others = ("bpe.zip", "chaine_repetee.xlsx", "espaces.ods", "lignes.parquet", "texte_repete.parquet")
    commands += [("structures", "200071082", "--structures", name) for name in others]
    for words, done in zip(commands, run_bounded(tmp_path, commands, 280), strict=True):
        assert done.code == 3, (words, done.out[:300], done.err[:300])
        assert done.megabytes <= MOST_MEGABYTES, words


def test_a_footer_that_says_less_than_the_pages_is_not_believed(tmp_path):
    content = parquet(
        pa.table({"COM": ["x" * 90_000_000], "PMUN": [1]}), compression="zstd", use_dictionary=False
    )
    (tmp_path / "x.parquet").write_bytes(content)
    total = pq.read_metadata(tmp_path / "x.parquet").row_group(0).column(0).total_uncompressed_size

    def varint(value):
        value *= 2
        made = b""
        while value >= 128:
            made, value = made + bytes([value % 128 + 128]), value // 128
        return made + bytes([value])

    footer = content.rindex(varint(total))
    lying = (
        content[:footer]
        + b"\x80" * (len(varint(total)) - 1)
        + b"\x00"
        + content[footer + len(varint(total)) :]
    )
    (tmp_path / "x.parquet").write_bytes(lying)
    assert pq.read_metadata(tmp_path / "x.parquet").row_group(0).column(0).total_uncompressed_size == 0
    with pytest.raises(InputError) as caught:
        read_frame(tmp_path / "x.parquet", lambda header: header)
    assert [fault.code for fault in caught.value.faults] == ["AVS-310"]


def test_growth_is_bounded_by_ratio_and_by_total():
    assert excess(1, [SMALL_BYTES]) == ""
    assert excess(1, [SMALL_BYTES, 1])
    assert excess(1_000_000, [150_000_000, 50_000_000]) == ""
    assert excess(1_000_000, [150_000_000, 50_000_001])
    assert excess(10**9, [MOST_BYTES + 1])
    assert excess(1000, [200_001], small=0)


def test_equal_rows_that_shrink_to_a_three_hundredth_are_read(tmp_path):
    rows = b"code_insee;valeur;nom;x\n" + b"01001;12,5;Commune de quelque part;abc\n" * 35_000
    (tmp_path / "x.zip").write_bytes(as_zip({"x.csv": rows}))
    assert len(rows) > 300 * (tmp_path / "x.zip").stat().st_size
    assert len(read_frame(tmp_path / "x.zip", lambda header: header)) == 35_000


@pytest.mark.full
def test_a_large_sheet_of_equal_cells_and_one_of_blank_cells_are_read(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "x.xlsx", {"constant_memory": True}) as book:
        filled, blank = book.add_worksheet("a"), book.add_worksheet("b")
        colour = book.add_format({"bg_color": "yellow"})
        for row in range(20_000):
            filled.write_row(row, 0, ["x", 1, 1, 1, 1, 1, 1, 1, 1, 1])
            for column in range(10):
                blank.write_blank(row, column, None, colour)
    rows = read_rows(tmp_path / "x.xlsx")
    assert len(rows) == 20_000
    assert {row.cells for row in rows} == {("x", *["1"] * 9)}


def test_an_old_workbook_is_read_as_its_cells_are(tmp_path):
    days = [["nom", "debut", "x"], ["'=1 é", date(2024, 5, 6), 2.5], ["B", "", 12.0]]
    sheets = {
        "A": b"".join(cell(r + 2, c, value) for r, row in enumerate(days) for c, value in enumerate(row)),
        "Vide": b"",
        "C": number(0, 0, 3) + number(0, 1, 45_418.25, form=2),
    }
    (tmp_path / "liste.csv").write_bytes(stored(book(sheets)))  # known by its content
    read = list(read_sheets(tmp_path / "liste.csv"))
    assert [(name, [row.cells for row in rows]) for name, rows in read] == [
        ("A", [("", "", "")] * 2 + [("nom", "debut", "x"), ("=1 é", "2024-05-06", "2.5"), ("B", "", "12")]),
        ("Vide", []),
        ("C", [("3", "2024-05-06T06:00:00")]),
    ]
    assert [row.line for row in read[0][1]] == [1, 2, 3, 4, 5]


def test_an_old_workbook_of_twenty_thousand_rows_is_read(tmp_path):
    rows = [["nom", "type", "code_insee"], *[[f"Structure {n}", "CS", "03185"] for n in range(20_000)]]
    (tmp_path / "x.xls").write_bytes(old_workbook(rows))
    read = read_rows(tmp_path / "x.xls")
    assert (len(read), read[-1].cells) == (20_001, ("Structure 19999", "CS", "03185"))


def test_an_old_workbook_that_would_swell_is_said_to(tmp_path):
    (tmp_path / "x.xls").write_bytes(BOMBS["coin.xls"]())
    with pytest.raises(InputError) as caught:
        read_rows(tmp_path / "x.xls")
    assert [fault.code for fault in caught.value.faults] == ["AVS-310"]
    assert "hors du tableau" in str(caught.value)


def test_a_long_note_and_many_short_texts_are_read(tmp_path):
    rows = [["nom", "type", "code_insee", "note"], ["A", "CS", "03185", "n" * 30_000]]
    rows += [[f"B{n % 50}", "EVS", "03185", ""] for n in range(10_000)]
    (tmp_path / "x.xlsx").write_bytes(as_xlsx(rows))
    read = read_rows(tmp_path / "x.xlsx")
    assert (len(read), read[1].cells[3]) == (len(rows), "n" * 30_000)


@pytest.mark.full
def test_a_workbook_whose_directory_understates_a_part_is_refused(tmp_path):
    (tmp_path / "x.xlsx").write_bytes(understated())
    (done,) = run_bounded(tmp_path, [("check", "x.xlsx")])
    assert done.code == 3
    assert done.megabytes < MOST_MEGABYTES / 2


def test_two_parts_of_one_name_are_refused(tmp_path):
    content = as_xlsx(LIST)
    made = io.BytesIO(content)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr(SHEET.upper(), sheet(b""))
    (tmp_path / "x.xlsx").write_bytes(made.getvalue())
    with pytest.raises(InputError) as caught:
        read_rows(tmp_path / "x.xlsx")
    assert "deux parties" in str(caught.value)


def test_a_cell_in_error_is_found_however_its_sheet_is_written(tmp_path):
    rows = (
        b"<row r='1'><c r='A1' t='inlineStr'><is><t>nom</t></is></c>"
        b"<c t='inlineStr'><is><t>n</t></is></c></row>"
        b'<row><c\tt="e"\n><v>#N/A</v></c><c r="B2" t=\'e\'><v>#REF!</v></c></row>'
    )
    (tmp_path / "x.xlsx").write_bytes(xlsx(**{SHEET: sheet(rows)}))
    assert [row.cells for row in read_rows(tmp_path / "x.xlsx")] == [("nom", "n"), ("#N/A", "#N/A")]


def test_a_real_bpe_and_real_populations_pass(tmp_path):
    bpe = b"TYPEQU;DEPCOM;NOMRS;QUALITE_GEOLOC\n" + b"B203;03185;;11\n" * 60_000 + b"D506;03185;A;11\n"
    (tmp_path / "BPE25.zip").write_bytes(as_zip({"BPE25.csv": bpe}))
    assert len(read_bpe(tmp_path / "BPE25.zip")[0]) == 2
    (tmp_path / "ensemble.zip").write_bytes(as_zip({"donnees_communes.csv": SINCE_2021.encode()}))
    assert len(read_frame(tmp_path / "ensemble.zip", lambda header: header)) == SINCE_2021.count("\n") - 1
